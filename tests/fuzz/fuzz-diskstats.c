/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/diskstats: one tick over the bytes, one over their first half. */
#include "sampler-file.h"

extern const struct sampler sampler_diskstats;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_sampler_file(&sampler_diskstats, "/proc/diskstats", data, size);
}
