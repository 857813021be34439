/* SPDX-License-Identifier: Apache-2.0 */
/* Which setting a file of /proc/sys or /sys is, in the words of a snapshot. */
#ifndef KEISOKU_BOOT_PATH_H
#define KEISOKU_BOOT_PATH_H

#include "../core/snapshot.h"
#include "../core/strbuf.h"

struct boot_about {
	enum subject_kind kind;
	struct strbuf subject, key;
};

#define BOOT_ABOUT_INIT { .subject = STRBUF_INIT, .key = STRBUF_INIT }
void boot_about_release(struct boot_about *about);

/* "/proc/sys/vm/swappiness" is vm.swappiness of the host, "/sys/block/sd*\/queue/scheduler" scheduler of the block devices
 * "sd*", "/sys/module/M/parameters/P" module.M.P.  A file of /sys that belongs to no subject keeps its path as its key; the
 * registry says which tunable has it.  False: it is below neither, or it is not written canonically. */
bool boot_path_about(const char *path, struct boot_about *about);

#endif
