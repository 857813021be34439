/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of the cpu probe. */
#ifndef KEISOKU_PROBE_CPU_H
#define KEISOKU_PROBE_CPU_H

#include "../core/root.h"

/* One range of a list such as "0-3,8,10-11" (what /sys calls cpulist): moves *cursor past it.  1: a
 * range, 0: the end, -EBADMSG: not such a list. */
int next_cpu_range(const char **cursor, uint64_t *ret_first, uint64_t *ret_last);

/* How many numbers a list names; an empty one names none.  -EBADMSG. */
int cpu_list_count(const char *text, uint64_t *ret_count);

/* The value of "FIELD : value" in the first block of /proc/cpuinfo that has it; false when there is
 * none. */
bool cpuinfo_find(const char *text, const char *field, struct strbuf *value);

/* Whether one of the words of a field ("flags", "Features") is word. */
bool cpuinfo_has_word(const char *text, const char *field, const char *word);

/* The first blocks of /proc/cpuinfo: all processors have the same names and flags, and the file
 * grows with their number. */
int cpuinfo_read_head(const struct root *root, struct strbuf *text);

#endif
