/* SPDX-License-Identifier: Apache-2.0 */
/* Boot lines while a probe reads them: kept until it is known which of them count, then left in the snapshot. */
#ifndef KEISOKU_BOOT_DRAFT_H
#define KEISOKU_BOOT_DRAFT_H

#include "../core/arena.h"
#include "../core/boot.h"

/* A line of a file.  text and length: the line as it stands there. */
struct boot_site {
	const char *path;
	unsigned int line;
	const char *text;
	size_t length;
};

struct boot_draft {
	const char *source;		/* of every line */
	struct boot_line *lines;
	size_t count, capacity;
	bool full;
	struct arena arena;
};

#define BOOT_DRAFT_MAX 20000

void boot_draft_release(struct boot_draft *draft);

/* Strings are copied.  The line wins until something else is known; it may be changed until the next one is added.
 * Beyond BOOT_DRAFT_MAX lines all are given the same place, which is not kept. */
struct boot_line *boot_draft_add(struct boot_draft *draft, const struct boot_site *site, enum subject_kind kind,
				 const char *subject, const char *key, const char *value);

/* "PATH:LINE" in the arena. */
const char *boot_draft_place(struct boot_draft *draft, const struct boot_line *line);
const char *boot_draft_format(struct boot_draft *draft, const char *format, ...) FORMAT_PRINTF(2, 3);

/* Of the lines that win and are about the same (subject, key), all but the last one, or all but the first, are
 * shadowed. */
enum boot_precedence { BOOT_LAST_COUNTS, BOOT_FIRST_COUNTS };
void boot_draft_settle(struct boot_draft *draft, enum boot_precedence precedence);

/* As the part name of the snapshot's boot lines. */
void boot_draft_store(const struct boot_draft *draft, struct snapshot *snapshot, const char *name);

#endif
