/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration format of systemd, systemd.syntax(7), and the drop-in directories beside every file of it. */
#ifndef KEISOKU_UNIT_FILE_H
#define KEISOKU_UNIT_FILE_H

#include "../core/root.h"

/* Walks the assignments of a text: lines ended by a backslash are joined, comments left out.
 *
 *	CLEANUP(unit_file_release) struct unit_file file = UNIT_FILE_INIT(text);
 *	while (unit_file_next(&file))
 *		… file.section.buf, file.key.buf, file.value.buf, file.line … */
struct unit_file {
	const char *cursor;
	unsigned int next_line;
	struct strbuf section;		/* without brackets; "" before the first */
	struct strbuf key, value;	/* value "": an empty assignment, which resets */
	unsigned int line;		/* of the key, from 1 */
	const char *raw;		/* that line as it stands, and its length */
	size_t raw_length;
	bool broken;			/* ended at a section's name without its bracket: systemd reads no further */
	struct strbuf joined;
};

#define UNIT_FILE_INIT(text)                                                                                          \
	{                                                                                                              \
		.cursor = (text), .next_line = 1, .section = STRBUF_INIT, .key = STRBUF_INIT, .value = STRBUF_INIT,    \
		.joined = STRBUF_INIT                                                                                  \
	}

bool unit_file_next(struct unit_file *file);
void unit_file_release(struct unit_file *file);

/* Files in the order in which they are read, the last assignment wins. */
struct unit_paths {
	char **items;
	size_t count, capacity;
};

#define UNIT_PATHS_INIT { 0 }
#define UNIT_DROPINS_MAX 256

void unit_paths_add(struct unit_paths *paths, const char *path);
void unit_paths_release(struct unit_paths *paths);
const char *unit_base_name(const char *path);	/* what is after the last slash */

/* Adds the drop-ins NAME.conf of directories, sorted by NAME; of two with the same name the one in the earlier
 * directory counts.  More than UNIT_DROPINS_MAX: -E2BIG, the first ones are there. */
int unit_dropins_add(const struct root *root, const struct unit_paths *directories, struct unit_paths *paths);

/* Values, in the form that the properties on the bus have. */
enum unit_value {
	UNIT_VALUE_COUNT,	/* a plain number, or "infinity" */
	UNIT_VALUE_SIZE,	/* bytes: K M G T P E (1024), "1.5G", "1G 512M", "infinity" */
	UNIT_VALUE_SHARE,	/* as COUNT, or a percentage, which is kept as it is written */
	UNIT_VALUE_SIZE_SHARE,	/* as SIZE, or a percentage */
	UNIT_VALUE_WEIGHT,	/* 1..10000 */
	UNIT_VALUE_CPU_WEIGHT,	/* the same, or "idle" (0) */
	UNIT_VALUE_QUOTA,	/* CPUQuota=: a percentage of one CPU, becomes microseconds per second */
	UNIT_VALUE_ADJUST,	/* -1000..1000 */
	UNIT_VALUE_BOOL,	/* "yes", "no" */
	UNIT_VALUE_TEXT,
};

/* Replaces out with the property's form of text.  -EINVAL: systemd would ignore the assignment. */
int unit_value_parse(enum unit_value kind, const char *text, struct strbuf *out);

/* "1024:524288", "65536": a resource limit's two halves; hard is soft when there is one.  -ERANGE: soft is above hard. */
int unit_limit_parse(enum unit_value kind, const char *text, struct strbuf *soft, struct strbuf *hard);

#endif
