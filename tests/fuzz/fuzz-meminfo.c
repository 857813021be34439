/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/meminfo. */
#include "sampler-file.h"

extern const struct sampler sampler_meminfo;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/meminfo",
		NULL,
	};

	return fuzz_sampler_files(&sampler_meminfo, paths, data, size);
}
