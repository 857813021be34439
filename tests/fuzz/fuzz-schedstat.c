/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/schedstat. */
#include "sampler-file.h"

extern const struct sampler sampler_schedstat;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/schedstat",
		NULL,
	};

	return fuzz_sampler_files(&sampler_schedstat, paths, data, size);
}
