/* SPDX-License-Identifier: Apache-2.0 */
/* What `sysctl -a` printed. */
#include <stdint.h>
#include <stdlib.h>

#include "../../probes/sysctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* net.ipv6.conf.INTERFACE.stable_secret */
static bool is_secret(const char *key)
{
	static const char parent[] = "net.ipv6.conf.";
	const char *dot = starts_with(key, parent) ? strchr(key + strlen(parent), '.') : NULL;

	return dot && streq(dot, ".stable_secret");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();

	sysctl_parse_listing(snapshot, (const char *)data, size, "listing");
	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(snapshot, i);

		if (is_secret(snapshot_key_name(snapshot, setting->key)) &&
		    setting->absence == PRESENT)
			abort();
	}
	return 0;
}
