/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that are loaded at boot, and the parameters that they are given.
 *
 * modules-load.d(5), one module a line, is module.NAME.loaded = true.  modprobe.d(5):
 *
 *	options nf_conntrack hashsize=65536 expect_hashsize=256
 *	blacklist pcspkr
 *	install dccp /bin/false
 *
 * is module.nf_conntrack.hashsize = 65536 and so on, module.pcspkr.blacklist = true (its aliases load it no more, its name does) and
 * module.dccp.loaded with the command that stands for loading it.  Options reach the module when it is loaded; one that is
 * built in does not read them, and takes those of the kernel command line.  A list may name a module that the kernel does not have,
 * as far as modules.dep and modules.alias say which ones it has. */
#include <errno.h>

#include "../core/parse.h"
#include "boot-draft.h"
#include "config-file.h"
#include "probe.h"

#define BUILTIN_MAX (4U << 20)
#define INDEX_MAX (16U << 20)

struct module_probe {
	struct boot_draft draft;
	struct strbuf builtin;		/* "kernel/net/…/nf_conntrack.ko" lines of modules.builtin; empty: not known */
	struct strbuf dependencies;	/* "kernel/net/…/nf_nat.ko: kernel/net/…/nf_conntrack.ko …" of modules.dep */
	struct strbuf alias;		/* "alias ip_conntrack nf_conntrack" of modules.alias; empty: not known */
	struct strbuf builtin_info;	/* "nf_conntrack.alias=ip_conntrack", NUL, of modules.builtin.modinfo; empty: not known */
	struct strbuf own_aliases;	/* of modprobe.d, each with a blank before and behind it */
	struct strbuf key;
	struct snapshot *snapshot;
};

/* The kernel knows no difference between "-" and "_" in the name of a module. */
static char *module_name(const char *word, size_t length)
{
	char *name = xstrndup(word, length);

	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return name;
}

static bool is_name(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

/* The name of the module in "kernel/net/sched/sch_fq.ko.xz", of this length; NULL: it is none. */
static char *name_of_path(const char *path, size_t length)
{
	const char *end = path + length, *base = end, *suffix;

	while (base > path && base[-1] != '/')
		base--;
	for (suffix = base; suffix + 3 <= end && memcmp(suffix, ".ko", 3) != 0;)
		suffix++;
	return suffix + 3 <= end && suffix > base ? module_name(base, (size_t)(suffix - base)) : NULL;
}

/* The next line of one of these files with a module; *ret_rest is what comes after its path. */
static char *next_module(const char **cursor, const char **ret_rest)
{
	while (*cursor && **cursor) {
		const char *line = *cursor;
		size_t length = strcspn(line, ":\n");
		char *name = name_of_path(line, length);

		*ret_rest = line + length + (line[length] == ':');
		*cursor = line + strcspn(line, "\n");
		*cursor += **cursor == '\n';
		if (name)
			return name;
	}
	return NULL;
}

static bool has_module(const struct strbuf *file, const char *wanted)
{
	const char *cursor = file->buf, *rest;
	char *name;

	while ((name = next_module(&cursor, &rest))) {
		bool same = streq(name, wanted);

		free(name);
		if (same)
			return true;
	}
	return false;
}

/* The name as it stands at the beginning of text, "-" or "_". */
static bool is_same_name(const char *text, const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((text[i] == '-' ? '_' : text[i]) != name[i])
			return false;
	return true;
}

/* "alias ip_conntrack nf_conntrack" */
static bool is_alias(const struct module_probe *probe, const char *name)
{
	static const char command[] = "alias ";
	CLEANUP(free_ptr) char *own = xasprintf(" %s ", name);
	CLEANUP(free_ptr) char *built_in = xasprintf(".alias=%s", name);
	const char *line = probe->alias.buf;
	size_t n = strlen(name);

	if (strstr(probe->own_aliases.buf, own) ||
	    memmem(probe->builtin_info.buf, probe->builtin_info.len, built_in, strlen(built_in) + 1))
		return true;
	do {
		const char *word = line + strlen(command);

		if (starts_with(line, command) && strcspn(word, " \n") == n && is_same_name(word, name, n))
			return true;
	} while (next_line(&line) && *line);
	return false;
}

static bool is_missing(const struct module_probe *probe, const char *name)
{
	return probe->dependencies.len > 0 && probe->alias.len > 0 && probe->builtin.len > 0 && probe->builtin_info.len > 0 &&
	       !has_module(&probe->builtin, name) && !has_module(&probe->dependencies, name) && !is_alias(probe, name);
}

static struct boot_line *add(struct module_probe *probe, const char *source, const struct boot_site *site, const char *module,
			     const char *what, const char *value)
{
	struct boot_line *line;

	strbuf_reset(&probe->key);
	if (module)
		strbuf_addf(&probe->key, "module.%s.%s", module, what);
	line = boot_draft_add(&probe->draft, site, SUBJECT_KIND_HOST, "", probe->key.buf, value);
	line->source = source;
	return line;
}

/* The file as a whole; true: its lines count. */
static bool file_is_read(struct module_probe *probe, const char *source, const struct config_file *file)
{
	struct boot_site site = { .path = file->path };
	struct boot_line *line;

	if (!file->hidden_by && !file->null && file->error == 0)
		return true;
	line = add(probe, source, &site, NULL, NULL, "");
	if (file->hidden_by) {
		line->fate = BOOT_MASKED;
		line->why = boot_draft_format(&probe->draft, "%s", file->hidden_by);
	} else if (file->null) {
		line->fate = BOOT_IGNORED;
		line->why = "a link to /dev/null";
	} else {
		line->fate = BOOT_UNRESOLVED;
		line->why = boot_draft_format(&probe->draft, "it cannot be read: %s", strerror(-file->error));
	}
	return false;
}

/* ---- modules-load.d ---- */

/* Those that it needs are loaded with it. */
static void add_dependencies(struct module_probe *probe, const struct boot_site *site, const char *module)
{
	const char *cursor = probe->dependencies.buf, *rest, *word;
	size_t length;
	char *name;

	while ((name = next_module(&cursor, &rest))) {
		CLEANUP(free_ptr) char *line = streq(name, module) ? xstrndup(rest, strcspn(rest, "\n")) : NULL;
		const char *words = line;

		free(name);
		while (words && next_word(&words, &word, &length)) {
			CLEANUP(free_ptr) char *needed = name_of_path(word, length);

			if (needed && is_name(needed))
				(void)add(probe, "modules-load", site, needed, "loaded", "true");
		}
		if (line)
			return;
	}
}

static void read_module_list(struct module_probe *probe, const struct config_file *file)
{
	CLEANUP(config_lines_release) struct config_lines lines = CONFIG_LINES_INIT(&file->text, false);

	if (!file_is_read(probe, "modules-load", file))
		return;
	while (config_lines_next(&lines)) {
		struct boot_site site = { file->path, lines.first, lines.raw, lines.raw_length };
		CLEANUP(free_ptr) char *name = module_name(lines.text.buf, strlen(lines.text.buf));
		struct boot_line *line;

		if (!*name || *name == '#' || *name == ';')
			continue;
		line = add(probe, "modules-load", &site, is_name(name) ? name : NULL, "loaded",
			   is_name(name) ? "true" : "");
		if (!is_name(name)) {
			line->fate = BOOT_INVALID;
			line->why = "one module a line, without parameters";
		} else if (is_missing(probe, name)) {
			line->fate = BOOT_IGNORED;
			line->why = "the kernel that is installed has no such module";
		} else {
			add_dependencies(probe, &site, name);
		}
	}
}

/* ---- modprobe.d ---- */

static void read_options(struct module_probe *probe, const struct boot_site *site, const char *module, const char *cursor)
{
	const char *word;
	size_t length;

	while (next_word(&cursor, &word, &length)) {
		CLEANUP(free_ptr) char *option = xstrndup(word, length);
		char *equals = strchr(option, '=');
		struct boot_line *line;

		/* A value in quotes may hold blanks. */
		if (equals && equals[1] == '"' && !strchr(equals + 2, '"')) {
			const char *close = memchr(word + length, '"', strlen(word + length));

			if (close) {
				cursor = close + 1;
				free(option);
				option = xstrndup(word, (size_t)(cursor - word));
				equals = strchr(option, '=');
			}
		}
		if (equals)
			*equals = '\0';
		line = add(probe, "modprobe", site, module, option, equals ? equals + 1 : "");
		if (has_module(&probe->builtin, module)) {
			line->fate = BOOT_IGNORED;
			line->why = "the module is built into the kernel: only the kernel command line gives it parameters";
		}
	}
}

static void read_modprobe_line(struct module_probe *probe, const struct boot_site *site, const char *text)
{
	static const char *const others[] = { "alias", "softdep", "weakdep", "remove", "config", "include" };
	const char *cursor = text, *word;
	CLEANUP(free_ptr) char *module = NULL;
	CLEANUP(free_ptr) char *command = NULL;
	struct boot_line *line;
	size_t length;

	if (!next_word(&cursor, &word, &length) || *word == '#')
		return;
	command = xstrndup(word, length);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (streq(command, others[i]))
			return;
	if (next_word(&cursor, &word, &length))
		module = module_name(word, length);
	cursor += strspn(cursor, " \t");
	if (module && is_name(module) && streq(command, "options")) {
		read_options(probe, site, module, cursor);
	} else if (module && is_name(module) && streq(command, "blacklist")) {
		(void)add(probe, "modprobe", site, module, "blacklist", "true");
	} else if (module && is_name(module) && streq(command, "install")) {
		line = add(probe, "modprobe", site, module, "loaded", cursor);
		line->fate = BOOT_UNRESOLVED;
		line->why = "a command runs in place of loading the module";
	} else {
		line = add(probe, "modprobe", site, NULL, NULL, "");
		line->fate = BOOT_INVALID;
		line->why = "modprobe.d knows no such command, or the name of a module is missing";
	}
}

static void read_modprobe_file(struct module_probe *probe, const struct config_file *file)
{
	CLEANUP(config_lines_release) struct config_lines lines = CONFIG_LINES_INIT(&file->text, true);

	if (!file_is_read(probe, "modprobe", file))
		return;
	while (config_lines_next(&lines))
		read_modprobe_line(probe, &(struct boot_site){ file->path, lines.first, lines.raw, lines.raw_length },
				   lines.text.buf);
}

/* ---- both ---- */

/* What there is of the kernel that was captured, or of the only one that is installed. */
static void read_index(const struct root *root, struct module_probe *probe)
{
	const struct {
		const char *name;
		size_t max;
		struct strbuf *text;
	} files[] = {
		{ "modules.builtin", BUILTIN_MAX, &probe->builtin },
		{ "modules.dep", INDEX_MAX, &probe->dependencies },
		{ "modules.alias", INDEX_MAX, &probe->alias },
		{ "modules.builtin.modinfo", INDEX_MAX, &probe->builtin_info },
	};
	const char *release = snapshot_text(probe->snapshot, SUBJECT_HOST, "kernel.osrelease");
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	if (!release && root_list_limit(root, "/usr/lib/modules", 64, &list) == 0 && list.count == 1)
		release = list.entries[0].name;
	if (!release && list.count == 0 && root_list_limit(root, "/lib/modules", 64, &list) == 0 && list.count == 1)
		release = list.entries[0].name;
	if (!release || strchr(release, '/') || *release == '.')
		return;
	snapshot_set_string(probe->snapshot, SUBJECT_HOST, "modules.release", release, "/lib/modules");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(free_ptr) char *path = xasprintf("/lib/modules/%s/%s", release, files[i].name);

		if (root_read_limit(root, path, files[i].max, files[i].text) < 0)
			strbuf_reset(files[i].text);
	}
}

/* Congestion controls, queueing disciplines and I/O schedulers are loaded by writing their names. */
static bool is_value(const char *name)
{
	return starts_with(name, "tcp_") || starts_with(name, "sch_") || streq(name, "bfq") || streq(name, "kyber_iosched") ||
	       streq(name, "mq_deadline");
}

static void add_names(const struct strbuf *file, bool values, struct strbuf *out)
{
	const char *cursor = file->buf, *rest;
	char *name;

	while (cursor && (name = next_module(&cursor, &rest))) {
		if (!values || is_value(name))
			strbuf_addf(out, "%s%s", out->len ? " " : "", name);
		free(name);
	}
}

/* Names of modules decide whether a key or a value of it is there.  What is built in is kept of an image; what runs says that by
 * itself. */
static void store_names(struct module_probe *probe)
{
	CLEANUP(strbuf_release) struct strbuf values = STRBUF_INIT, builtin = STRBUF_INIT;

	if (probe->builtin.len == 0 || probe->dependencies.len == 0)
		return;
	add_names(&probe->builtin, true, &values);
	add_names(&probe->dependencies, true, &values);
	snapshot_set_string(probe->snapshot, SUBJECT_HOST, "modules.values", values.buf, "/lib/modules");
	if (snapshot_text(probe->snapshot, SUBJECT_HOST, "kernel.osrelease"))
		return;
	add_names(&probe->builtin, false, &builtin);
	snapshot_set_string(probe->snapshot, SUBJECT_HOST, "modules.builtin", builtin.buf, "/lib/modules");
}

static void read_own_aliases(struct module_probe *probe, const struct config_file *file)
{
	CLEANUP(config_lines_release) struct config_lines lines = CONFIG_LINES_INIT(&file->text, true);

	while (config_lines_next(&lines)) {
		const char *cursor = lines.text.buf, *word;
		CLEANUP(free_ptr) char *name = NULL;
		size_t length;

		if (!next_word(&cursor, &word, &length) || length != 5 || memcmp(word, "alias", 5) != 0 ||
		    !next_word(&cursor, &word, &length))
			continue;
		name = module_name(word, length);
		strbuf_addf(&probe->own_aliases, " %s ", name);
	}
}

static int read_modules(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct module_probe probe = {
		.builtin = STRBUF_INIT, .dependencies = STRBUF_INIT, .alias = STRBUF_INIT, .builtin_info = STRBUF_INIT,
		.own_aliases = STRBUF_INIT, .key = STRBUF_INIT, .snapshot = snapshot,
	};
	CLEANUP(config_files_release) struct config_files lists = CONFIG_FILES_INIT;
	CLEANUP(config_files_release) struct config_files files = CONFIG_FILES_INIT;

	(void)options;
	read_index(root, &probe);
	store_names(&probe);
	config_files_read(root, "modules-load.d", ".conf", &lists);
	config_files_read(root, "modprobe.d", ".conf", &files);
	for (size_t i = 0; i < files.count; i++)
		read_own_aliases(&probe, &files.items[i]);
	for (size_t i = 0; i < lists.count; i++)
		read_module_list(&probe, &lists.items[i]);
	for (size_t i = 0; i < files.count; i++)
		read_modprobe_file(&probe, &files.items[i]);
	boot_draft_settle(&probe.draft, BOOT_LAST_COUNTS);
	boot_draft_store(&probe.draft, snapshot, "modules");
	boot_draft_release(&probe.draft);
	strbuf_release(&probe.builtin);
	strbuf_release(&probe.dependencies);
	strbuf_release(&probe.alias);
	strbuf_release(&probe.builtin_info);
	strbuf_release(&probe.own_aliases);
	strbuf_release(&probe.key);
	return 0;
}

static const char *const paths[] = {
	"/etc/modules",		/* a link of Debian's modules-load.d leads there */
	"/etc/modules-load.d/*.conf", "/run/modules-load.d/*.conf", "/usr/local/lib/modules-load.d/*.conf",
	"/usr/lib/modules-load.d/*.conf", "/lib/modules-load.d/*.conf",
	"/etc/modprobe.d/*.conf", "/run/modprobe.d/*.conf", "/usr/local/lib/modprobe.d/*.conf", "/usr/lib/modprobe.d/*.conf",
	"/lib/modprobe.d/*.conf", "/lib/modules/*/modules.builtin", "/lib/modules/*/modules.builtin.modinfo", "/lib/modules/*/modules.dep",
	"/lib/modules/*/modules.alias", NULL,
};

const struct probe probe_boot_module = {
	.name = "boot-module",
	.summary = "modules that are loaded at boot, and their parameters: modules-load.d, modprobe.d",
	.paths = paths,
	.read = read_modules,
};
