/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/dev: one tick over the bytes, one over their first half. */
#include "sampler-file.h"

extern const struct sampler sampler_netdev;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_sampler_file(&sampler_netdev, "/proc/net/dev", data, size);
}
