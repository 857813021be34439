/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/netstat, snmp and snmp6. */
#include "sampler-file.h"

extern const struct sampler sampler_netstat;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"/proc/net/netstat",
		"/proc/net/snmp",
		"/proc/net/snmp6",
		NULL,
	};

	return fuzz_sampler_files(&sampler_netstat, paths, data, size);
}
