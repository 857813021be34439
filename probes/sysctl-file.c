/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of files that set sysctls, in the order in which they are applied (core/owner.h says how they are kept).
 *
 * Files of the sysctl.d directories are merged by name, and one in /etc hides its namesakes (sysctl.d(5)).  sysctl(8) reads
 * /etc/sysctl.conf last.  TuneD sets what its profile says afterwards, and then applies the files of /run and /etc once
 * more, unless tuned-main.conf has reapply_sysctl off.  Patterns are left to whoever resolves them as each loader does. */
#include <errno.h>
#include <stdlib.h>

#include "../core/owner.h"
#include "../core/parse.h"
#include "probe.h"
#include "sysctl-line.h"

#define TUNED_MAIN "/etc/tuned/tuned-main.conf"
#define TUNED_PROFILE "/etc/tuned/active_profile"
#define INCLUDES_MAX 32
#define LINES_MAX 20000
#define FILES_MAX 1000

static const char *const sysctl_directories[] = {
	"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d",
};
static const char *const tuned_directories[] = {
	"/etc/tuned", "/etc/tuned/profiles", "/usr/lib/tuned", "/usr/lib/tuned/profiles",
};

enum source { SOURCE_LIBRARY, SOURCE_TUNED, SOURCE_ETC, SOURCE_CONF };

struct assignment {
	char *key, *text;		/* text: "PATH:LINE\tthe line" */
	enum source source;
	size_t order;
};

struct sysctl_files {
	const struct root *root;
	struct snapshot *snapshot;
	struct assignment *items;
	size_t count, capacity;
	size_t includes;
	bool tuned_last;
};

/* ---- lines ---- */

/* As systemd and procps do: where the first separator is a slash, slashes separate and dots belong to names. */
static void normalise(struct strbuf *key)
{
	char *first = strpbrk(key->buf, "./");

	if (!first || *first == '.')
		return;
	for (char *c = key->buf; *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
}

bool sysctl_line_parse(const char *line, struct strbuf *key, const char **ret_value, size_t *ret_length)
{
	size_t length = strcspn(line, "\n");
	const char *equals;

	strbuf_reset(key);
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	equals = memchr(line, '=', length);
	if (!equals || *line == '#' || *line == ';')
		return false;
	strbuf_add(key, *line == '-' ? line + 1 : line, (size_t)(equals - line) - (*line == '-'));
	strbuf_trim(key);
	if (key->len == 0 || strpbrk(key->buf, "*?[ \t") || strlen(key->buf) != key->len)
		return false;
	normalise(key);
	length -= (size_t)(equals + 1 - line);
	line = equals + 1;
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	while (length > 0 && strchr(" \t\r", line[length - 1]))
		length--;
	*ret_value = line;
	*ret_length = length;
	return true;
}

static void add_assignment(struct sysctl_files *files, enum source source, const char *key, const char *path, size_t line,
			   const char *text, size_t length)
{
	if (files->count == LINES_MAX)
		return;
	GROW(files->items, files->capacity, files->count + 1);
	files->items[files->count] = (struct assignment){
		.key = xstrdup(key),
		.text = xasprintf("%s:%zu\t%.*s", path, line, (int)length, text),
		.source = source,
		.order = files->count,
	};
	files->count++;
}

static void read_lines(struct sysctl_files *files, enum source source, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, key = STRBUF_INIT;
	const char *cursor, *value;
	size_t number = 1, length;

	if (strpbrk(path, "\n\t") || root_read(files->root, path, &text) < 0)
		return;
	cursor = text.buf;
	do {
		if (sysctl_line_parse(cursor, &key, &value, &length))
			add_assignment(files, source, key.buf, path, number, cursor, strcspn(cursor, "\n"));
		number++;
	} while (next_line(&cursor));
}

/* ---- sysctl.d ---- */

struct named {
	char *name;
	const char *directory;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static bool has_name(const struct named *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (streq(names[i].name, name))
			return true;
	return false;
}

static void list_directory(struct sysctl_files *files, const char *directory, struct named *names, size_t *count)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	(void)root_list_limit(files->root, directory, FILES_MAX, &list);
	for (size_t i = 0; i < list.count && *count < FILES_MAX; i++) {
		const char *name = list.entries[i].name;

		if (ends_with(name, ".conf") && !has_name(names, *count, name))
			names[(*count)++] = (struct named){ .name = xstrdup(name), .directory = directory };
	}
}

static void read_directories(struct sysctl_files *files)
{
	struct named *names = xcalloc(FILES_MAX, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sysctl_directories); i++)
		list_directory(files, sysctl_directories[i], names, &count);
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(free_ptr) char *path = xasprintf("%s/%s", names[i].directory, names[i].name);
		bool library = starts_with(path, "/usr/") || starts_with(path, "/lib/");

		read_lines(files, library ? SOURCE_LIBRARY : SOURCE_ETC, path);
		free(names[i].name);
	}
	free(names);
	read_lines(files, SOURCE_CONF, "/etc/sysctl.conf");
}

/* ---- TuneD ---- */

static void read_profile(struct sysctl_files *files, const char *name, size_t length);

/* Of "include = a, b" each. */
static void read_includes(struct sysctl_files *files, const char *names, size_t length)
{
	const char *end = names + length;

	while (names < end) {
		size_t n = strcspn(names, ", \t\n");

		n = n > (size_t)(end - names) ? (size_t)(end - names) : n;
		if (n > 0)
			read_profile(files, names, n);
		names += n ? n : 1;
	}
}

static bool is_section(const char *line, const char *name)
{
	size_t length = strlen(name);

	return *line == '[' && strncmp(line + 1, name, length) == 0 && line[1 + length] == ']';
}

/* [sysctl]
 * vm.swappiness=10 */
static void read_sections(struct sysctl_files *files, const char *path, const char *cursor)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	bool in_main = false, in_sysctl = false;
	const char *value;
	size_t number = 1, length;

	do {
		if (*cursor == '[') {
			in_main = is_section(cursor, "main");
			in_sysctl = is_section(cursor, "sysctl");
		} else if (sysctl_line_parse(cursor, &key, &value, &length)) {
			if (in_main && streq(key.buf, "include"))
				read_includes(files, value, length);
			else if (in_sysctl)
				add_assignment(files, SOURCE_TUNED, key.buf, path, number, cursor, strcspn(cursor, "\n"));
		}
		number++;
	} while (next_line(&cursor));
}

static void read_profile(struct sysctl_files *files, const char *name, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (memchr(name, '/', length) || files->includes++ >= INCLUDES_MAX)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(tuned_directories); i++) {
		CLEANUP(free_ptr) char *path = xasprintf("%s/%.*s/tuned.conf", tuned_directories[i], (int)length, name);

		if (root_read(files->root, path, &text) < 0)
			continue;
		read_sections(files, path, text.buf);
		return;
	}
}

static bool is_off(const char *value, size_t length)
{
	static const char *const words[] = { "0", "false", "False", "no", "off" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (length == strlen(words[i]) && memcmp(value, words[i], length) == 0)
			return true;
	return false;
}

static void read_tuned(struct sysctl_files *files)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, key = STRBUF_INIT;
	const char *cursor, *value;
	size_t length;

	if (root_read(files->root, TUNED_MAIN, &text) == 0) {
		cursor = text.buf;
		do {
			if (sysctl_line_parse(cursor, &key, &value, &length) && streq(key.buf, "reapply_sysctl"))
				files->tuned_last = is_off(value, length);
		} while (next_line(&cursor));
	}
	if (root_read(files->root, TUNED_PROFILE, &text) == 0)
		read_includes(files, text.buf, text.len);
}

/* ---- all of one key ---- */

static unsigned int rank(const struct assignment *assignment, bool tuned_last, bool tuned)
{
	if (assignment->source == SOURCE_TUNED)
		return tuned_last ? 4 : 1;
	if (assignment->source == SOURCE_CONF)
		return 3;
	return tuned && assignment->source == SOURCE_ETC ? 2 : 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct assignment *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static void record_key(struct sysctl_files *files, size_t from, size_t to)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT, text = STRBUF_INIT;
	bool tuned = false;

	for (size_t i = from; i < to; i++)
		tuned = tuned || files->items[i].source == SOURCE_TUNED;
	for (unsigned int place = 0; place <= 4; place++)
		for (size_t i = from; i < to; i++)
			if (rank(&files->items[i], files->tuned_last, tuned) == place)
				strbuf_addf(&text, "%s%s", text.len ? "\n" : "", files->items[i].text);
	strbuf_addf(&name, OWNER_LINES "%s", files->items[from].key);
	snapshot_set(files->snapshot, SUBJECT_HOST, name.buf, text.buf, text.len, "sysctl.d");
}

static int sysctl_file_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct sysctl_files files = { .root = root, .snapshot = snapshot };

	(void)options;
	read_directories(&files);
	read_tuned(&files);
	if (files.count == LINES_MAX)
		(void)diag_warning(snapshot_notes(snapshot), NULL, "more than %d lines set sysctls; the rest is not seen",
				   LINES_MAX);
	if (files.count > 0)
		qsort(files.items, files.count, sizeof(*files.items), compare_keys);
	for (size_t i = 0, next; i < files.count; i = next) {
		for (next = i + 1; next < files.count && streq(files.items[next].key, files.items[i].key);)
			next++;
		record_key(&files, i, next);
	}
	for (size_t i = 0; i < files.count; i++) {
		free(files.items[i].key);
		free(files.items[i].text);
	}
	free(files.items);
	return 0;
}

static const char *const sysctl_file_paths[] = {
	"/etc/sysctl.conf",
	"/etc/sysctl.d/*.conf",
	"/run/sysctl.d/*.conf",
	"/usr/local/lib/sysctl.d/*.conf",
	"/usr/lib/sysctl.d/*.conf",
	"/lib/sysctl.d/*.conf",
	TUNED_PROFILE,
	TUNED_MAIN,
	"/etc/tuned/*/tuned.conf",
	"/etc/tuned/profiles/*/tuned.conf",
	"/usr/lib/tuned/*/tuned.conf",
	"/usr/lib/tuned/profiles/*/tuned.conf",
	NULL,
};

const struct probe probe_sysctl_file = {
	.name = "sysctl-file",
	.summary = "which lines of which files set sysctls",
	.paths = sysctl_file_paths,
	.read = sysctl_file_read,
};
