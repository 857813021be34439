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

/* What is never read below /proc/sys is not read from a file either. */
static bool is_secret(const char *key)
{
	return streq(key, "net.ipv4.tcp_fastopen_key") || streq(key, "net.core.netdev_rss_key") ||
	       ends_with(key, ".stable_secret");
}

static void add_assignment(struct sysctl_files *files, enum source source, const char *key, const char *path, size_t line,
			   const char *text, size_t length)
{
	if (files->count == LINES_MAX)
		return;
	GROW(files->items, files->capacity, files->count + 1);
	files->items[files->count] = (struct assignment){
		.key = xstrdup(key),
		.text = is_secret(key) ? xasprintf("%s:%zu\t%s = (left out)", path, line, key)
				       : xasprintf("%s:%zu\t%.*s", path, line, (int)length, text),
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

static bool is_tuned(const struct sysctl_files *files, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (files->items[i].source == SOURCE_TUNED)
			return true;
	return false;
}

/* Returns the assignment that counts. */
static const struct assignment *record_key(struct sysctl_files *files, size_t from, size_t to)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT, text = STRBUF_INIT;
	const struct assignment *last = &files->items[from];
	bool tuned = is_tuned(files, from, to);

	for (unsigned int place = 0; place <= 4; place++)
		for (size_t i = from; i < to; i++)
			if (rank(&files->items[i], files->tuned_last, tuned) == place) {
				last = &files->items[i];
				strbuf_addf(&text, "%s%s", text.len ? "\n" : "", last->text);
			}
	strbuf_addf(&name, OWNER_LINES "%s", files->items[from].key);
	snapshot_set(files->snapshot, SUBJECT_HOST, name.buf, text.buf, text.len, "sysctl.d");
	return last;
}

/* ---- keys that run with another value than their line says ---- */

/* Keys that matter, that the kernel takes as they are written, and that nothing but a person or a tool changes: not
 * vm.min_free_kbytes, which khugepaged raises, nor nf_conntrack_max, which kube-proxy sets. */
static const char *const watched[] = {
	"fs.aio-max-nr",
	"fs.inotify.max_user_instances",
	"fs.inotify.max_user_watches",
	"net.core.default_qdisc",
	"net.core.netdev_max_backlog",
	"net.core.rmem_max",
	"net.core.somaxconn",
	"net.core.wmem_max",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.tcp_congestion_control",
	"net.ipv4.tcp_max_syn_backlog",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_wmem",
	"vm.dirty_background_ratio",
	"vm.dirty_ratio",
	"vm.max_map_count",
	"vm.swappiness",
};

static bool is_watched(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
		if (streq(watched[i], key))
			return true;
	return false;
}

/* Words with one blank between them, up to a comment.  false: not something to compare, such as a variable or 0x10. */
static bool plain_words(const char *value, size_t length, struct strbuf *out)
{
	strbuf_reset(out);
	for (size_t i = 0; i < length && value[i] != '#' && value[i] != ';'; i++) {
		char c = value[i];
		bool blank = c == ' ' || c == '\t';
		bool letter = (c >= 'a' && c <= 'z') || c == '_' || c == '-';

		if (!blank && !letter && (c < '0' || c > '9'))
			return false;
		if (!blank)
			strbuf_add_char(out, c);
		else if (out->len > 0 && out->buf[out->len - 1] != ' ')
			strbuf_add_char(out, ' ');
	}
	strbuf_trim(out);
	for (const char *c = out->buf; *c; c++)
		if (*c == '0' && (c == out->buf || c[-1] == ' ') && c[1] && c[1] != ' ')
			return false;
	return out->len > 0;
}

/* What TuneD says is in force only while it runs, and it takes it back when it stops: not compared. */
static void add_drift(const struct sysctl_files *files, const struct assignment *last, struct strbuf *drift)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, key = STRBUF_INIT, running = STRBUF_INIT,
					      words = STRBUF_INIT, said = STRBUF_INIT;
	const char *tab = strchr(last->text, '\t'), *value;
	size_t length;

	if (last->source == SOURCE_TUNED || !is_watched(last->key) || !tab ||
	    !sysctl_line_parse(tab + 1, &key, &value, &length) || !plain_words(value, length, &said))
		return;
	strbuf_addf(&path, "/proc/sys/%s", last->key);
	for (char *c = path.buf; *c; c++)
		*c = *c == '.' ? '/' : *c;
	if (root_read_line(files->root, path.buf, &running) < 0 ||
	    !plain_words(running.buf, running.len, &words) || streq(words.buf, said.buf))
		return;
	strbuf_addf(drift, "%s%s is %s, not %s (%.*s)", drift->len ? "; " : "", last->key, words.buf, said.buf,
		    (int)(tab - last->text), last->text);
}

static int sysctl_file_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct sysctl_files files = { .root = root, .snapshot = snapshot };
	CLEANUP(strbuf_release) struct strbuf drift = STRBUF_INIT;

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
		add_drift(&files, record_key(&files, i, next), &drift);
	}
	snapshot_set_string(snapshot, SUBJECT_HOST, "sysctl.drift", drift.len ? drift.buf : "none", "sysctl.d, /proc/sys");
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
	"/proc/sys/fs/aio-max-nr",
	"/proc/sys/fs/inotify/max_user_instances",
	"/proc/sys/fs/inotify/max_user_watches",
	"/proc/sys/net/core/default_qdisc",
	"/proc/sys/net/core/netdev_max_backlog",
	"/proc/sys/net/core/rmem_max",
	"/proc/sys/net/core/somaxconn",
	"/proc/sys/net/core/wmem_max",
	"/proc/sys/net/ipv4/ip_local_port_range",
	"/proc/sys/net/ipv4/tcp_congestion_control",
	"/proc/sys/net/ipv4/tcp_max_syn_backlog",
	"/proc/sys/net/ipv4/tcp_rmem",
	"/proc/sys/net/ipv4/tcp_wmem",
	"/proc/sys/vm/dirty_background_ratio",
	"/proc/sys/vm/dirty_ratio",
	"/proc/sys/vm/max_map_count",
	"/proc/sys/vm/swappiness",
	NULL,
};

const struct probe probe_sysctl_file = {
	.name = "sysctl-file",
	.summary = "which lines of which files set sysctls, and which are not in force",
	.paths = sysctl_file_paths,
	.read = sysctl_file_read,
};
