/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/sockstat and sockstat6. */
#include "sampler-file.h"

extern const struct sampler sampler_sockstat;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/net/sockstat",
		"/proc/net/sockstat6",
		NULL,
	};

	return fuzz_sampler_files(&sampler_sockstat, paths, data, size);
}
