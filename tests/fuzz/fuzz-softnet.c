/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/softnet_stat, with the list of CPUs that old rows need. */
#include "sampler-file.h"

extern const struct sampler sampler_softnet;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/net/softnet_stat",
		"/sys/devices/system/cpu/online",
		NULL,
	};

	return fuzz_sampler_files(&sampler_softnet, paths, data, size);
}
