/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/pressure. */
#include "sampler-file.h"

extern const struct sampler sampler_pressure;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/pressure/cpu",
		"/proc/pressure/io",
		"/proc/pressure/irq",
		"/proc/pressure/memory",
		NULL,
	};

	return fuzz_sampler_files(&sampler_pressure, paths, data, size);
}
