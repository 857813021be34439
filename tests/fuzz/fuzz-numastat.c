/* SPDX-License-Identifier: Apache-2.0 */
/* numastat and meminfo of a NUMA node. */
#include "sampler-file.h"

extern const struct sampler sampler_numastat;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/sys/devices/system/node/node0/numastat",
		"/sys/devices/system/node/node0/meminfo",
		"/proc/sys/vm/numa_stat",
		NULL,
	};

	return fuzz_sampler_files(&sampler_numastat, paths, data, size);
}
