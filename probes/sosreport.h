/* SPDX-License-Identifier: Apache-2.0 */
/* What the output of a command in a sosreport says of a file that is not in it. */
#ifndef KEISOKU_SOSREPORT_H
#define KEISOKU_SOSREPORT_H

#include "../core/root.h"

/* Replaces text with what the file would read as: below /proc/sys from "sysctl -a", /proc/uptime from "uptime" (to the
 * minute).  -ENOENT for other files, and when the output does not say it. */
int sosreport_read(const struct root *root, const char *path, struct strbuf *text);

/* " 17:03:31 up 3 days,  2:14,  1 user,  load average: 0.09, 0.09, 0.02": in seconds. */
int sosreport_uptime_parse(const char *text, uint64_t *ret_seconds);

#endif
