/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/vmstat. */
#include "sampler-file.h"

extern const struct sampler sampler_vmstat;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/vmstat",
		"/proc/sys/vm/numa_stat",
		NULL,
	};

	return fuzz_sampler_files(&sampler_vmstat, paths, data, size);
}
