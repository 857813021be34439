/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel command line of the next boot, from what the boot loader reads: grub.cfg, entries of the Boot Loader Specification,
 * unified kernel images:
 *
 *	linux /boot/vmlinuz-6.1.0-13-amd64 root=UUID=… ro quiet mitigations=off
 *	options root=/dev/vda1 ro $tuned_params
 *
 * Each argument is cmdline.NAME, and one that sets a sysctl its key too.  Where several entries could be booted and it is not
 * known which, an argument counts that all of them have; others are unresolved.  What /etc/default/grub and /etc/kernel/cmdline
 * say reaches the loader only through such a file: where none was made yet, as in an image, theirs are the arguments, each with
 * that condition as its why. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../core/parse.h"
#include "boot-draft.h"
#include "config-file.h"
#include "grub-default.h"
#include "probe.h"
#include "sysctl-cmdline.h"
#include "uki.h"

#define KERNEL_CMDLINE "/etc/kernel/cmdline"
#define ENTRIES_MAX 256
#define ARGUMENTS_MAX 512
#define GRUB_MAX (4U << 20)
#define CMDLINE_MAX (64U << 10)

struct entry {
	char *path, *raw, *title, *options;
	unsigned int line;
};

struct cmdline_probe {
	const struct root *root;
	struct boot_draft draft;
	struct entry *entries;
	size_t count, capacity;
	struct strbuf environment;	/* grubenv */
	bool bls, saved;		/* grub.cfg reads entries of its own; it boots what was saved */
	char *default_entry;		/* title or number; NULL: not said */
	const char *unread;		/* a file that is there and cannot be read */
	int error;			/* why: negative errno; 0: there is none */
};

/* ---- grub ---- */

/* "kernelopts=root=… ro" among the lines of grubenv. */
static char *environment_get(const struct cmdline_probe *probe, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = probe->environment.buf; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, n) == 0 && line[n] == '=')
			return xstrndup(line + n + 1, strcspn(line + n + 1, "\n"));
	}
	return NULL;
}

/* $kernelopts and ${tuned_params}; what is not set is empty, as in GRUB. */
static char *expand(const struct cmdline_probe *probe, const char *options)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	while (*options) {
		size_t brace, length;
		CLEANUP(free_ptr) char *name = NULL;
		CLEANUP(free_ptr) char *value = NULL;

		if (*options != '$') {
			strbuf_add_char(&out, *options++);
			continue;
		}
		brace = options[1] == '{';
		length = strspn(options + 1 + brace, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		name = xstrndup(options + 1 + brace, length);
		value = environment_get(probe, name);
		strbuf_add_string(&out, value ? value : "");
		options += 1 + brace + length;
		options += brace && *options == '}';
	}
	return strbuf_steal(&out);
}

static void add_entry(struct cmdline_probe *probe, const struct boot_site *site, const char *title, const char *options)
{
	struct entry *entry;

	if (probe->count == ENTRIES_MAX)
		return;
	GROW(probe->entries, probe->capacity, probe->count + 1);
	entry = &probe->entries[probe->count++];
	*entry = (struct entry){
		.path = xstrdup(site->path), .line = site->line, .raw = xstrndup(site->text ? site->text : "", site->length),
		.title = xstrdup(title), .options = expand(probe, options),
	};
}

/* The word in quotes or without them. */
static char *unquoted(const char *text)
{
	size_t length;

	if (*text == '\'' || *text == '"')
		return xstrndup(text + 1, strcspn(text + 1, *text == '"' ? "\"" : "'"));
	length = strcspn(text, " \t{;");
	return xstrndup(text, length);
}

static void read_grub_line(struct cmdline_probe *probe, const struct boot_site *site, const char *text, char **title)
{
	static const char *const commands[] = { "linux", "linux16", "linuxefi" };
	const char *cursor = text, *word;
	size_t length;

	if (!next_word(&cursor, &word, &length))
		return;
	cursor += strspn(cursor, " \t");
	if (length == 9 && memcmp(word, "menuentry", 9) == 0) {
		free(*title);
		*title = unquoted(cursor);
	}
	probe->bls |= length == 6 && memcmp(word, "blscfg", 6) == 0;
	if (length == 3 && memcmp(word, "set", 3) == 0 && starts_with(cursor, "default=")) {
		CLEANUP(free_ptr) char *value = unquoted(cursor + strlen("default="));

		probe->saved |= strstr(value, "saved_entry") != NULL;
		if (*value != '$') {
			free(probe->default_entry);
			probe->default_entry = steal_ptr(&value);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (length == strlen(commands[i]) && memcmp(word, commands[i], length) == 0 &&
		    next_word(&cursor, &word, &length))
			add_entry(probe, site, *title ? *title : "", cursor);
}

static bool read_grub(struct cmdline_probe *probe)
{
	static const char *const files[] = { "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/efi/EFI/fedora/grub.cfg" };
	static const char *const environments[] = { "/boot/grub/grubenv", "/boot/grub2/grubenv" };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr) char *title = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(environments) && probe->environment.len == 0; i++)
		if (root_read_limit(probe->root, environments[i], CMDLINE_MAX, &probe->environment) < 0)
			strbuf_reset(&probe->environment);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(config_lines_release) struct config_lines lines = { .text = STRBUF_INIT };

		int r = root_read_limit(probe->root, files[i], GRUB_MAX, &text);

		if (r < 0 && r != -ENOENT && r != -ENOTDIR) {
			probe->unread = files[i];
			probe->error = r;
		}
		if (r < 0)
			continue;
		probe->error = 0;
		lines = (struct config_lines)CONFIG_LINES_INIT(&text, true);
		while (config_lines_next(&lines))
			read_grub_line(probe, &(struct boot_site){ files[i], lines.first, lines.raw, lines.raw_length },
				       lines.text.buf, &title);
		return true;
	}
	return false;
}

/* ---- Boot Loader Specification ---- */

static void read_bls_file(struct cmdline_probe *probe, const char *path, const char *id)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf options = STRBUF_INIT;
	CLEANUP(config_lines_release) struct config_lines lines = { .text = STRBUF_INIT };
	struct boot_site site = { .path = path };

	if (root_read_limit(probe->root, path, CMDLINE_MAX, &text) < 0)
		return;
	lines = (struct config_lines)CONFIG_LINES_INIT(&text, false);
	while (config_lines_next(&lines)) {
		const char *line = lines.text.buf;

		if (!starts_with(line, "options") || (line[7] != ' ' && line[7] != '\t'))
			continue;
		if (options.len == 0)
			site = (struct boot_site){ path, lines.first, lines.raw, lines.raw_length };
		strbuf_addf(&options, "%s%s", options.len ? " " : "", line + 8);
	}
	if (site.line > 0)
		add_entry(probe, &site, id, options.buf);
}

static void read_bls(struct cmdline_probe *probe)
{
	static const char *const directories[] = { "/boot/loader/entries", "/efi/loader/entries", "/boot/efi/loader/entries" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

		(void)root_list_limit(probe->root, directories[i], ENTRIES_MAX, &list);
		for (size_t n = 0; n < list.count; n++) {
			const char *name = list.entries[n].name;
			CLEANUP(free_ptr) char *path = xasprintf("%s/%s", directories[i], name);
			CLEANUP(free_ptr) char *id = xstrdup(name);

			if (!ends_with(name, ".conf"))
				continue;
			id[strlen(id) - strlen(".conf")] = '\0';
			read_bls_file(probe, path, id);
		}
	}
}

/* ---- unified kernel images ---- */

static void read_uki(struct cmdline_probe *probe)
{
	static const char *const directories[] = { "/boot/EFI/Linux", "/efi/EFI/Linux", "/boot/efi/EFI/Linux" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

		(void)root_list_limit(probe->root, directories[i], ENTRIES_MAX, &list);
		for (size_t n = 0; n < list.count; n++) {
			CLEANUP(free_ptr) char *path = xasprintf("%s/%s", directories[i], list.entries[n].name);
			CLEANUP(strbuf_release) struct strbuf cmdline = STRBUF_INIT;
			CLEANUP(close_fd) int fd = -1;
			struct boot_site site = { .path = path };
			int r;

			if (!ends_with(path, ".efi"))
				continue;
			r = root_open_fd(probe->root, path, O_RDONLY, &fd);
			r = r < 0 ? r : uki_cmdline(fd, CMDLINE_MAX, &cmdline);
			if (r == 0) {
				add_entry(probe, &site, list.entries[n].name, cmdline.buf);
			} else if (r != -ENODATA) {
				struct boot_line *line =
					boot_draft_add(&probe->draft, &site, SUBJECT_KIND_HOST, "", "", "");

				line->fate = BOOT_UNRESOLVED;
				line->why = boot_draft_format(&probe->draft, "its command line cannot be read: %s",
							      strerror(-r));
			}
		}
	}
}

/* ---- which one is booted ---- */

static const struct entry *find_title(const struct cmdline_probe *probe, const char *title)
{
	for (size_t i = 0; i < probe->count; i++)
		if (streq(probe->entries[i].title, title))
			return &probe->entries[i];
	return NULL;
}

/* NULL: it is not known. */
static const struct entry *booted(const struct cmdline_probe *probe)
{
	CLEANUP(free_ptr) char *saved = environment_get(probe, "saved_entry");
	const char *wanted = probe->saved && saved && *saved ? saved : probe->default_entry;

	if (probe->count == 1)
		return probe->entries;
	if (!wanted || (probe->saved && !saved && probe->bls))
		return NULL;
	return streq(wanted, "0") && !probe->bls ? probe->entries : find_title(probe, wanted);
}

static bool has_argument(const struct entry *entry, const struct cmdline_argument *wanted)
{
	CLEANUP(cmdline_argument_release) struct cmdline_argument argument = CMDLINE_ARGUMENT_INIT;
	const char *cursor = entry->options;

	while (cmdline_next(&cursor, &argument))
		if (streq(argument.name.buf, wanted->name.buf) && streq(argument.value.buf, wanted->value.buf))
			return true;
	return false;
}

static bool all_have(const struct cmdline_probe *probe, const struct cmdline_argument *argument)
{
	for (size_t i = 0; i < probe->count; i++)
		if (!has_argument(&probe->entries[i], argument))
			return false;
	return true;
}

/* Those that count each time they are given. */
static bool accumulates(const char *name)
{
	static const char *const names[] = { "console", "earlycon", "earlyprintk", "ip", "module_blacklist", "modprobe.blacklist" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(names[i], name))
			return true;
	return starts_with(name, "rd.") || starts_with(name, "systemd.");
}

static struct boot_line *add_argument(struct cmdline_probe *probe, const struct boot_site *site, const char *key,
				      const char *value, bool known)
{
	struct boot_line *line = boot_draft_add(&probe->draft, site, SUBJECT_KIND_HOST, "", key, value);

	if (!known) {
		line->fate = BOOT_UNRESOLVED;
		line->why = "not every entry of the boot loader has it, and which one is booted is not known";
	}
	return line;
}

/* Of a line that no kernel would take (COMMAND_LINE_SIZE), the rest. */
static void tell_rest(struct cmdline_probe *probe, const struct boot_site *site, const char *cursor)
{
	struct boot_line *line;

	if (!cursor[strspn(cursor, " \t\n")])
		return;
	line = boot_draft_add(&probe->draft, site, SUBJECT_KIND_HOST, "", "", "");
	line->fate = BOOT_UNRESOLVED;
	line->why = boot_draft_format(&probe->draft, "it has more than %d arguments; those that follow were not looked at", ARGUMENTS_MAX);
}

static void add_arguments(struct cmdline_probe *probe, const struct entry *entry, bool certain)
{
	CLEANUP(cmdline_argument_release) struct cmdline_argument argument = CMDLINE_ARGUMENT_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	struct boot_site site = { entry->path, entry->line, entry->raw, strlen(entry->raw) };
	const char *cursor = entry->options;

	for (size_t n = 0; n < ARGUMENTS_MAX && cmdline_next(&cursor, &argument); n++) {
		bool known = certain || all_have(probe, &argument);

		if (accumulates(argument.name.buf))
			continue;
		strbuf_reset(&key);
		strbuf_addf(&key, "cmdline.%s", argument.name.buf);
		(void)add_argument(probe, &site, key.buf, argument.value.buf, known);
		if (argument.value.len > 0 && sysctl_cmdline_key(argument.name.buf, &key))
			add_argument(probe, &site, key.buf, argument.value.buf, known)->loader = BOOT_KERNEL;
	}
	tell_rest(probe, &site, cursor);
}

/* ---- what the boot loader's files will be made from ---- */

/* Several of one maker make one command line together. */
struct promise {
	const char *maker;		/* "grub.cfg" */
	struct boot_site site;
	const char *arguments;
	bool known;
};

#define PROMISES_MAX (GRUB_VARIABLE_COUNT + 1)

static bool is_promised(const struct promise *promises, size_t count, const char *maker, const struct cmdline_argument *argument)
{
	for (size_t i = 0; i < count; i++) {
		struct entry entry = { .options = (char *)promises[i].arguments };

		if (streq(promises[i].maker, maker) && has_argument(&entry, argument))
			return true;
	}
	return false;
}

static bool all_promise(const struct promise *promises, size_t count, const struct cmdline_argument *argument)
{
	for (size_t i = 0; i < count; i++)
		if (!is_promised(promises, count, promises[i].maker, argument))
			return false;
	return true;
}

static void settle_promise(struct cmdline_probe *probe, const struct promise *promise, bool by_all, struct boot_line *line)
{
	line->why = boot_draft_format(&probe->draft, "%s is not there yet; made from this file, it will have the argument",
				      promise->maker);
	if (by_all)
		return;
	line->fate = BOOT_UNRESOLVED;
	line->why = "neither grub.cfg nor an entry of the boot loader is there yet, and the files from which they are made differ";
}

static void add_promise(struct cmdline_probe *probe, const struct promise *promises, size_t count, const struct promise *promise)
{
	CLEANUP(cmdline_argument_release) struct cmdline_argument argument = CMDLINE_ARGUMENT_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const char *cursor = promise->arguments;
	struct boot_line *line;
	bool promised;

	if (!promise->known) {
		line = boot_draft_add(&probe->draft, &promise->site, SUBJECT_KIND_HOST, "", "", "");
		line->fate = BOOT_UNRESOLVED;
		line->why = boot_draft_format(&probe->draft, "%s is not there yet, and only a shell can tell what this line will put "
					      "into it", promise->maker);
		return;
	}
	for (size_t n = 0; n < ARGUMENTS_MAX && cmdline_next(&cursor, &argument); n++) {
		if (accumulates(argument.name.buf))
			continue;
		strbuf_reset(&key);
		strbuf_addf(&key, "cmdline.%s", argument.name.buf);
		promised = all_promise(promises, count, &argument);
		settle_promise(probe, promise, promised,
			       boot_draft_add(&probe->draft, &promise->site, SUBJECT_KIND_HOST, "", key.buf, argument.value.buf));
		if (argument.value.len == 0 || !sysctl_cmdline_key(argument.name.buf, &key))
			continue;
		line = boot_draft_add(&probe->draft, &promise->site, SUBJECT_KIND_HOST, "", key.buf, argument.value.buf);
		line->loader = BOOT_KERNEL;
		settle_promise(probe, promise, promised, line);
	}
	tell_rest(probe, &promise->site, cursor);
}

static size_t promise_grub(const struct grub_default *settings, struct promise *promises)
{
	size_t count = 0;

	for (size_t i = 0; i < GRUB_VARIABLE_COUNT; i++) {
		const struct grub_variable *variable = &settings->variables[i];

		if (variable->set)
			promises[count++] = (struct promise){
				.maker = "grub.cfg", .arguments = variable->known ? variable->value.buf : "", .known = variable->known,
				.site = { variable->path, variable->line, variable->text, strlen(variable->text) },
			};
	}
	return count;
}

/* Images get their grub.cfg, their entries or their unified image when they are installed: until then what these are made from
 * counts, and says so.  Where the boot loader's own files are there, it does not: whether they will be made anew is not known. */
static void read_promises(struct cmdline_probe *probe)
{
	CLEANUP(grub_default_release) struct grub_default grub = GRUB_DEFAULT_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct promise promises[PROMISES_MAX];
	size_t count;

	grub_default_read(probe->root, &grub);
	count = promise_grub(&grub, promises);
	if (root_read_limit(probe->root, KERNEL_CMDLINE, CMDLINE_MAX, &text) == 0) {
		strbuf_trim(&text);
		for (char *c = text.buf; c && *c; c++)
			*c = *c == '\n' ? ' ' : *c;
		promises[count++] = (struct promise){
			.maker = "an entry of the boot loader", .arguments = text.buf, .known = true,
			.site = { KERNEL_CMDLINE, 1, text.buf, text.len },
		};
	}
	for (size_t i = 0; i < count; i++)
		add_promise(probe, promises, count, &promises[i]);
}

static void add_unread(struct cmdline_probe *probe)
{
	struct boot_line *line = boot_draft_add(&probe->draft, &(struct boot_site){ .path = probe->unread }, SUBJECT_KIND_HOST, "", "", "");

	line->fate = BOOT_UNRESOLVED;
	line->why = boot_draft_format(&probe->draft, "it cannot be read: %s", strerror(-probe->error));
}

static int read_cmdline(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct cmdline_probe probe = { .root = root, .draft = { .source = "cmdline" }, .environment = STRBUF_INIT };
	const struct entry *entry;
	bool grub;

	(void)options;
	grub = read_grub(&probe);
	if (!grub || probe.bls)
		read_bls(&probe);
	read_uki(&probe);
	entry = booted(&probe);
	for (size_t i = 0; i < probe.count; i++)
		if (!entry || entry == &probe.entries[i])
			add_arguments(&probe, &probe.entries[i], entry != NULL);
	if (probe.error < 0)
		add_unread(&probe);
	else if (!grub && probe.count == 0 && probe.draft.count == 0)
		read_promises(&probe);
	boot_draft_settle(&probe.draft, BOOT_LAST_COUNTS);
	boot_draft_store(&probe.draft, snapshot, "cmdline");
	for (size_t i = 0; i < probe.count; i++) {
		free(probe.entries[i].path);
		free(probe.entries[i].raw);
		free(probe.entries[i].title);
		free(probe.entries[i].options);
	}
	free(probe.entries);
	free(probe.default_entry);
	strbuf_release(&probe.environment);
	boot_draft_release(&probe.draft);
	return 0;
}

static const char *const paths[] = {
	"/boot/grub/grub.cfg", "/boot/grub/grubenv", "/boot/grub2/grub.cfg", "/boot/grub2/grubenv",
	"/boot/efi/EFI/fedora/grub.cfg", "/boot/loader/entries/*.conf", "/efi/loader/entries/*.conf",
	"/boot/efi/loader/entries/*.conf", "/etc/default/grub", "/etc/default/grub.d/*.cfg",
	KERNEL_CMDLINE, NULL,
};

const struct probe probe_boot_cmdline = {
	.name = "boot-cmdline",
	.summary = "the kernel command line of the next boot: grub.cfg, loader entries, unified kernel images",
	.paths = paths,
	.read = read_cmdline,
};
