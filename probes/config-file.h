/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration that is merged from the same directory of /etc, /run, /usr/local/lib and /usr/lib: files are read in the order of
 * their names, and of two with the same name the one in the earlier directory hides the other. */
#ifndef KEISOKU_CONFIG_FILE_H
#define KEISOKU_CONFIG_FILE_H

#include "../core/root.h"

struct config_file {
	char *path, *name;
	struct strbuf text;
	int error;			/* negative errno: it could not be read */
	bool null;			/* a link to /dev/null: it hides its namesakes and says nothing */
	char *hidden_by;		/* path; NULL: it is read */
	bool lost;			/* below /run of what runs now: gone when it boots, and hides nothing then */
};

struct config_files {
	struct config_file *items;	/* by name; hidden ones before the one that is read */
	size_t count, capacity;
	size_t bytes;			/* of all texts */
	bool truncated;			/* there are more of them than anybody has */
};

#define CONFIG_FILES_INIT { 0 }
#define CONFIG_FILES_MAX 2000
#define CONFIG_BYTES_MAX (16U << 20)

/* Whether root is a system that has not booted: what stands below /run of it is not there after boot. */
bool config_run_is_lost(const struct root *root);

/* "tmpfiles.d", ".conf": from /etc/tmpfiles.d, /run/tmpfiles.d, /usr/local/lib/tmpfiles.d, /usr/lib/tmpfiles.d and
 * /lib/tmpfiles.d, where that is a directory of its own. */
void config_files_read(const struct root *root, const char *directory, const char *suffix, struct config_files *files);
/* The same from directories by their paths, first one first.  lost: what stands there now is not there after boot. */
struct config_directory {
	const char *path;
	bool lost;
};
void config_files_list(const struct root *root, const struct config_directory *directories, size_t count, const char *suffix,
		       struct config_files *files);
/* One more, read after the others. */
void config_files_add(const struct root *root, const char *path, struct config_files *files);
void config_files_release(struct config_files *files);

/* Lines of a file: ended by a backslash they go on in the next one, where the format has that.
 *
 *	CLEANUP(config_lines_release) struct config_lines lines = CONFIG_LINES_INIT(&file->text, true);
 *	while (config_lines_next(&lines))
 *		… lines.text.buf, lines.first, lines.raw, lines.raw_length … */
struct config_lines {
	const char *cursor, *end;
	bool joins;
	unsigned int number;		/* of the next line */
	struct strbuf text;		/* joined, without white space at either end */
	unsigned int first;		/* number of its first line */
	const char *raw;		/* the first line as it stands */
	size_t raw_length;
};

#define CONFIG_LINES_INIT(file_text, joins_lines)                                                                      \
	{                                                                                                               \
		.cursor = (file_text)->buf, .end = (file_text)->buf + (file_text)->len, .joins = (joins_lines),         \
		.number = 1, .text = STRBUF_INIT                                                                        \
	}
bool config_lines_next(struct config_lines *lines);
void config_lines_release(struct config_lines *lines);

#endif
