/* SPDX-License-Identifier: Apache-2.0 */
/* A dmesg text as the log of a tree, matched with a plain pattern and one that could run wild. */
#include "sampler-file.h"

extern const struct sampler sampler_kernel_log;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct log_pattern patterns[] = {
		{ .key = "log.oom_kill", .pattern = "^(?:Memory cgroup out of memory|Out of memory): Kill(?:ed)? process" },
		{ .key = "log.wild", .pattern = "(a+)+$" },
	};
	static const struct probe_options options = { .patterns = patterns, .n_patterns = ARRAY_SIZE(patterns) };

	return fuzz_sampler_file_with(&sampler_kernel_log, &options, "/var/log/dmesg", data, size);
}
