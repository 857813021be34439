/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/fs/xfs/stat. */
#include "sampler-file.h"

extern const struct sampler sampler_xfs_stat;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/fs/xfs/stat",
		NULL,
	};

	return fuzz_sampler_files(&sampler_xfs_stat, paths, data, size);
}
