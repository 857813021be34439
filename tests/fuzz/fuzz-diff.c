/* SPDX-License-Identifier: Apache-2.0 */
/* A unified difference, whose files are read by the readers of their forms. */
#include "proposal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_fuzzed("diff", data, size, true);
	return 0;
}
