/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that are one file each, as most of /proc and /sys are. */
#ifndef KEISOKU_SETTING_FILE_H
#define KEISOKU_SETTING_FILE_H

#include "../core/root.h"
#include "../core/snapshot.h"

struct setting_file {
	const char *key;
	const char *path;
};

/* Records the file as the setting key, or why it has no value; path is its origin.  Returns what
 * root_read() said; text holds what was read. */
int setting_file_read(const struct root *root, struct snapshot *snapshot, subject_id subject,
		      const char *key, const char *path, struct strbuf *text);

/* Settings of the host, row by row. */
void setting_files_read(const struct root *root, struct snapshot *snapshot,
			const struct setting_file *files, size_t count);

/* Every file of a directory: prefix + its name is the key.  Files whose name is in skip
 * (NULL-terminated; may be NULL) are left alone.  Directories and links are not followed.  A
 * directory that cannot be listed is a negative errno and records nothing; of more than
 * SETTING_DIRECTORY_MAX entries, which no honest one has, the rest is left out with a note. */
#define SETTING_DIRECTORY_MAX 256
int setting_directory_read(const struct root *root, struct snapshot *snapshot, subject_id subject,
			   const char *prefix, const char *directory, const char *const skip[]);

#endif
