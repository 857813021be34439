/* SPDX-License-Identifier: Apache-2.0 */
#include "config-file.h"

#include <errno.h>

static const char *const bases[] = { "/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib" };

bool config_run_is_lost(const struct root *root)
{
	return root->layout == ROOT_TREE && !root_exists(root, "/proc/sys/kernel") && !root_exists(root, "/proc/version");
}

void config_files_add(const struct root *root, const char *path, struct config_files *files)
{
	CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct config_file *file;

	if (files->count == CONFIG_FILES_MAX || files->bytes > CONFIG_BYTES_MAX) {
		files->truncated = true;
		return;
	}
	GROW(files->items, files->capacity, files->count + 1);
	file = &files->items[files->count++];
	*file = (struct config_file){ .path = xstrdup(path), .name = xstrdup(strrchr(path, '/') + 1), .text = STRBUF_INIT };
	file->null = root_readlink(root, path, &target) == 0 && streq(target.buf, "/dev/null");
	file->error = file->null ? 0 : root_read(root, path, &file->text);
	files->bytes += file->text.len;
}

struct ranked {
	struct config_file file;
	size_t rank;		/* in the order of directories */
};

/* The one that hides its namesakes comes last. */
static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = strcmp(x->file.name, y->file.name);

	if (order == 0)
		order = (int)y->file.lost - (int)x->file.lost;
	return order ? order : (x->rank < y->rank) - (x->rank > y->rank);
}

static void sort_by_name(struct config_files *files)
{
	struct ranked *sorted = xcalloc(files->count + 1, sizeof(*sorted));

	for (size_t i = 0; i < files->count; i++)	/* they were added directory by directory */
		sorted[i] = (struct ranked){ .file = files->items[i], .rank = i };
	qsort(sorted, files->count, sizeof(*sorted), compare);
	for (size_t i = 0; i < files->count; i++)
		files->items[i] = sorted[i].file;
	free(sorted);
	for (size_t i = files->count; i-- > 0;) {
		const struct config_file *next = i + 1 < files->count ? &files->items[i + 1] : NULL;

		if (next && !next->lost && streq(next->name, files->items[i].name))
			files->items[i].hidden_by = xstrdup(next->hidden_by ? next->hidden_by : next->path);
	}
}

static void add_directory(const struct root *root, const struct config_directory *directory, const char *suffix,
			  struct config_files *files)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	if (root_list_limit(root, directory->path, CONFIG_FILES_MAX, &list) == -E2BIG)
		files->truncated = true;
	for (size_t i = 0; i < list.count; i++) {
		if (!ends_with(list.entries[i].name, suffix) || list.entries[i].type == DT_DIR)
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", directory->path, list.entries[i].name);
		config_files_add(root, path.buf, files);
		if (files->truncated)
			return;
		files->items[files->count - 1].lost = directory->lost;
	}
}

void config_files_list(const struct root *root, const struct config_directory *directories, size_t count, const char *suffix,
		       struct config_files *files)
{
	for (size_t i = 0; i < count; i++)
		add_directory(root, &directories[i], suffix, files);
	sort_by_name(files);
}

void config_files_read(const struct root *root, const char *directory, const char *suffix, struct config_files *files)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		if (streq(bases[i], "/lib") && root_readlink(root, "/lib", &path) == 0)
			continue;	/* the files of /usr/lib once more */
		if (streq(bases[i], "/run") && config_run_is_lost(root))
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", bases[i], directory);
		add_directory(root, &(struct config_directory){ .path = path.buf }, suffix, files);
	}
	sort_by_name(files);
}

void config_files_release(struct config_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		free(files->items[i].name);
		free(files->items[i].hidden_by);
		strbuf_release(&files->items[i].text);
	}
	free(files->items);
}

bool config_lines_next(struct config_lines *lines)
{
	bool goes_on = true;

	if (lines->cursor >= lines->end)
		return false;
	strbuf_reset(&lines->text);
	lines->first = lines->number;
	lines->raw = lines->cursor;
	while (goes_on && lines->cursor < lines->end) {
		const char *line = lines->cursor;
		const char *newline = memchr(line, '\n', (size_t)(lines->end - line));
		size_t length = (size_t)((newline ? newline : lines->end) - line);

		if (line == lines->raw)
			lines->raw_length = length;
		lines->cursor = newline ? newline + 1 : lines->end;
		lines->number++;
		goes_on = lines->joins && length > 0 && line[length - 1] == '\\';
		strbuf_add(&lines->text, line, length - goes_on);
	}
	strbuf_trim(&lines->text);
	return true;
}

void config_lines_release(struct config_lines *lines)
{
	strbuf_release(&lines->text);
}
