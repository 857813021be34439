/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/stat, loadavg, uptime and softirqs. */
#include "sampler-file.h"

extern const struct sampler sampler_stat;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/stat",
		"/proc/loadavg",
		"/proc/uptime",
		"/proc/softirqs",
		NULL,
	};

	return fuzz_sampler_files(&sampler_stat, paths, data, size);
}
