/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/sys/fs. */
#include "sampler-file.h"

extern const struct sampler sampler_file_state;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/sys/fs/file-nr",
		"/proc/sys/fs/dentry-state",
		"/proc/sys/fs/inode-nr",
		"/proc/sys/fs/aio-nr",
		NULL,
	};

	return fuzz_sampler_files(&sampler_file_state, paths, data, size);
}
