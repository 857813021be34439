/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a sysctl.d file (sysctl.d(5), sysctl.conf(5)). */
#ifndef KEISOKU_SYSCTL_LINE_H
#define KEISOKU_SYSCTL_LINE_H

#include "../core/strbuf.h"

/* "-net/ipv4/ip_forward = 1" gives the key net.ipv4.ip_forward and where its value begins, with its length.  False for
 * comments, empty lines, patterns, and lines that assign nothing. */
bool sysctl_line_parse(const char *line, struct strbuf *key, const char **ret_value, size_t *ret_length);

#endif
