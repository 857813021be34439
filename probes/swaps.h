/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/swaps, line by line. */
#ifndef KEISOKU_SWAPS_H
#define KEISOKU_SWAPS_H

#include "../core/strbuf.h"

struct swap_area {
	struct strbuf name; /* "/dev/sda2", "/swap file": the kernel's octal escapes are undone */
	const char *kind;   /* "partition", "file", "zram" */
	uint64_t size_kib;
	uint64_t used_kib;
	int64_t priority;
};

/* Reads the next area and moves *cursor past it; 0 at the end, 1 for an area, -EBADMSG for a line
 * that makes no sense (which is passed over too).  The heading is skipped. */
int next_swap_area(const char **cursor, struct swap_area *area);

/* Undoes \ooo as /proc writes it for blanks, tabs, newlines and backslashes in names. */
void octal_unescape(struct strbuf *out, const char *text, size_t length);

#endif
