/* SPDX-License-Identifier: Apache-2.0 */
#include "setting-file.h"

#include <fcntl.h>

int setting_file_read(const struct root *root, struct snapshot *snapshot, subject_id subject,
		      const char *key, const char *path, struct strbuf *text)
{
	int r = root_read(root, path, text);

	snapshot_set_read(snapshot, subject, key, r, text->buf, text->len, path);
	return r;
}

void setting_files_read(const struct root *root, struct snapshot *snapshot,
			const struct setting_file *files, size_t count)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < count; i++)
		(void)setting_file_read(root, snapshot, SUBJECT_HOST, files[i].key, files[i].path,
					&text);
}

static bool name_listed(const char *const names[], const char *name)
{
	for (; names && *names; names++) {
		if (streq(*names, name))
			return true;
	}
	return false;
}

int setting_directory_read(const struct root *root, struct snapshot *snapshot, subject_id subject,
			   const char *prefix, const char *directory, const char *const skip[])
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(close_fd) int fd = -1;
	int r;

	r = root_list_limit(root, directory, SETTING_DIRECTORY_MAX, &list);
	if (r < 0 && list.count == 0)
		return r;
	if (r < 0)
		(void)diag_warning(snapshot_notes(snapshot), &(struct place){ .file = directory },
				   "only %zu entries are read: %s", list.count, strerror(-r));
	r = root_open_fd(root, directory, O_DIRECTORY, &fd);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		const char *name = list.entries[i].name;

		if (list.entries[i].type != DT_REG || name_listed(skip, name))
			continue;
		r = root_read_at(root, fd, name, &text);
		strbuf_reset(&key);
		strbuf_addf(&key, "%s%s", prefix, name);
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", directory, name);
		snapshot_set_read(snapshot, subject, key.buf, r, text.buf, text.len, path.buf);
	}
	return 0;
}
