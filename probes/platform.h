/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of the platform probe. */
#ifndef KEISOKU_PROBE_PLATFORM_H
#define KEISOKU_PROBE_PLATFORM_H

#include "../core/base.h"

/* What the firmware says; "" where it says nothing. */
struct dmi {
	const char *sys_vendor;
	const char *product_name;
	const char *bios_vendor;
	const char *bios_version;
	const char *chassis_asset_tag;
};

/* "kvm", "vmware" …; NULL when nothing in it names a hypervisor. */
const char *dmi_virtualization(const struct dmi *dmi);

/* "amazon", "google" …; NULL when nothing in it names a cloud. */
const char *dmi_cloud(const struct dmi *dmi);

/* The container that a line of /proc/1/cgroup speaks of: "12:pids:/kubepods/burstable/pod…"; NULL:
 * none. */
const char *cgroup_container(const char *text);

/* The value of NAME in the zero-separated /proc/PID/environ; false when it is not there.  Lends a
 * piece of the text. */
bool environ_find(const char *text, size_t length, const char *name, const char **ret_value,
		  size_t *ret_length);

#endif
