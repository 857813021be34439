/* SPDX-License-Identifier: Apache-2.0 */
/* A profile of TuneD and what it sets. */
#include "proposal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_fuzzed("tuned", data, size, false);
	return 0;
}
