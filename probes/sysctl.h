/* SPDX-License-Identifier: Apache-2.0 */
/* The output of `sysctl -a`, as a sosreport keeps it. */
#ifndef KEISOKU_SYSCTL_H
#define KEISOKU_SYSCTL_H

#include "../core/snapshot.h"

/* Records "key = value" lines as settings of the host, origin "FILE:LINE".  A key that already has
 * a value keeps it: the file itself counts more than what a command printed about it. */
void sysctl_parse_listing(struct snapshot *snapshot, const char *text, size_t length,
			  const char *file);

#endif
