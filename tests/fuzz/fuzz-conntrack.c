/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/stat/nf_conntrack, a header and hexadecimal rows; neighbour tables are read by the same code. */
#include "sampler-file.h"

extern const struct sampler sampler_conntrack;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/net/stat/nf_conntrack",
		"/proc/sys/net/netfilter/nf_conntrack_count",
		NULL,
	};

	return fuzz_sampler_files(&sampler_conntrack, paths, data, size);
}
