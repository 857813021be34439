/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: every item has a line of the text. */
#include "proposal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_fuzzed("kubernetes", data, size, false);
	return 0;
}
