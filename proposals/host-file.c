/* SPDX-License-Identifier: Apache-2.0 */
/* Files that have a place on a host: each is given to the probe that reads it there, in a root that holds nothing else, so that
 * a proposed file is understood exactly as an installed one. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <regex.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/boot.h"
#include "../core/scratch.h"
#include "../probes/config-file.h"
#include "../probes/probe.h"
#include "../probes/sysctl-line.h"
#include "../probes/udev-rule.h"
#include "reader.h"

/* Which probe reads a file, and what is proposed by it. */
struct host_file {
	const char *pattern;		/* of its path */
	const char *probe;		/* its name; NULL: read here */
	const char *form;
	unsigned int when;
};

#define FOREIGN_LINE_MAX ((size_t)4096)	/* of a line, as far as it is looked at */
#define BOTH (PROPOSED_NOW | PROPOSED_BOOT)

static const struct host_file host_files[] = {
	{ "/etc/tmpfiles.d/*.conf", "boot-tmpfiles", "tmpfiles.d", PROPOSED_BOOT },
	{ "/run/tmpfiles.d/*.conf", "boot-tmpfiles", "tmpfiles.d", PROPOSED_BOOT },
	{ "/usr/lib/tmpfiles.d/*.conf", "boot-tmpfiles", "tmpfiles.d", PROPOSED_BOOT },
	{ "/usr/local/lib/tmpfiles.d/*.conf", "boot-tmpfiles", "tmpfiles.d", PROPOSED_BOOT },
	{ "/etc/udev/rules.d/*.rules", "boot-udev", "udev", PROPOSED_BOOT },
	{ "/run/udev/rules.d/*.rules", "boot-udev", "udev", PROPOSED_BOOT },
	{ "/usr/lib/udev/rules.d/*.rules", "boot-udev", "udev", PROPOSED_BOOT },
	{ "/lib/udev/rules.d/*.rules", "boot-udev", "udev", PROPOSED_BOOT },
	{ "/etc/modprobe.d/*.conf", "boot-module", "modprobe.d", PROPOSED_BOOT },
	{ "/usr/lib/modprobe.d/*.conf", "boot-module", "modprobe.d", PROPOSED_BOOT },
	{ "/lib/modprobe.d/*.conf", "boot-module", "modprobe.d", PROPOSED_BOOT },
	{ "/etc/modules", "boot-module", "modules-load.d", PROPOSED_BOOT },
	{ "/etc/modules-load.d/*.conf", "boot-module", "modules-load.d", PROPOSED_BOOT },
	{ "/usr/lib/modules-load.d/*.conf", "boot-module", "modules-load.d", PROPOSED_BOOT },
	{ "/etc/fstab", "boot-fstab", "fstab", PROPOSED_BOOT },
	{ "/etc/security/limits.conf", "limits", "limits", BOTH },
	{ "/etc/security/limits.d/*.conf", "limits", "limits", BOTH },
	{ "/etc/default/grub", "boot-cmdline", "kernel-command-line", PROPOSED_BOOT },
	{ "/etc/default/grub.d/*.cfg", "boot-cmdline", "kernel-command-line", PROPOSED_BOOT },
	{ "/etc/kernel/cmdline", "boot-cmdline", "kernel-command-line", PROPOSED_BOOT },
	{ "/boot/loader/entries/*.conf", "boot-cmdline", "kernel-command-line", PROPOSED_BOOT },
	{ "/etc/systemd/system.conf", "limits", "systemd", PROPOSED_BOOT },
	{ "/etc/systemd/system.conf.d/*.conf", "limits", "systemd", PROPOSED_BOOT },
	{ "/run/systemd/system.conf.d/*.conf", "limits", "systemd", PROPOSED_BOOT },
	{ "/usr/lib/systemd/system.conf.d/*.conf", "limits", "systemd", PROPOSED_BOOT },
	{ "/usr/local/lib/systemd/system.conf.d/*.conf", "limits", "systemd", PROPOSED_BOOT },
	{ "/lib/systemd/system.conf.d/*.conf", "limits", "systemd", PROPOSED_BOOT },
	{ "/etc/rc.local", NULL, "shell", PROPOSED_BOOT },
	{ "/etc/rc.d/rc.local", NULL, "shell", PROPOSED_BOOT },
	{ "/etc/crontab", NULL, "cron", PROPOSED_BOOT },
	{ "/etc/cron.d/*", NULL, "cron", PROPOSED_BOOT },
	{ "/var/spool/cron/*", NULL, "cron", PROPOSED_BOOT },
	{ "/var/spool/cron/crontabs/*", NULL, "cron", PROPOSED_BOOT },
	{ "/etc/systemd/system/*.d/*.conf", "unit", "systemd", BOTH },
	{ "/etc/systemd/system/*.*", "unit", "systemd", BOTH },
	{ "/usr/lib/systemd/system/*.d/*.conf", "unit", "systemd", BOTH },
	{ "/usr/lib/systemd/system/*.*", "unit", "systemd", BOTH },
	{ "/run/systemd/system/*.d/*.conf", "unit", "systemd", BOTH },
};

/* What the kernel reads a value from: the whole text is one. */
static bool is_kernel_file(const char *path)
{
	return starts_with(path, "/proc/sys/") || starts_with(path, "/sys/");
}

const char *const sysctl_files[SYSCTL_FILES] = {
	"/etc/sysctl.conf", "/etc/sysctl.d/*", "/run/sysctl.d/*", "/usr/lib/sysctl.d/*", "/usr/local/lib/sysctl.d/*", "/lib/sysctl.d/*",
};

static const struct host_file sysctl_file = { .form = "sysctl.d", .when = BOTH };

bool is_sysctl_file(const char *file)
{
	for (size_t i = 0; i < SYSCTL_FILES; i++)
		if (fnmatch(sysctl_files[i], file, FNM_PATHNAME) == 0)
			return true;
	return false;
}

bool sysctl_file_is_overlooked(const char *file)
{
	return (starts_with(file, "/etc/sysctl.d/") || strstr(file, "lib/sysctl.d/")) && !ends_with(file, ".conf");
}

static const struct host_file *host_file_find(const char *path)
{
	if (is_sysctl_file(path))
		return &sysctl_file;
	for (size_t i = 0; i < ARRAY_SIZE(host_files); i++)
		if (fnmatch(host_files[i].pattern, path, FNM_PATHNAME) == 0)
			return &host_files[i];
	return NULL;
}

/* What every item of a text has in common. */
static struct proposed common(const struct proposed_text *text, const char *form, unsigned int when)
{
	return (struct proposed){
		.path = text->path,
		.form = text->form ? text->form : form,
		.via = text->via ? text->via : text->file,
		.kind = SUBJECT_KIND_HOST,
		.when = text->when ? text->when : when,
		.file = text->file,
		.appended = text->use == TEXT_APPENDS,
		.optional = text->optional,
		.condition = text->condition,
	};
}

static void set_line(struct proposed *item, const struct proposed_text *text, unsigned int line)
{
	item->line = item->last_line = proposed_text_line(text, line > 0 ? line - 1 : 0);
	item->file_line = text->use == TEXT_REPLACES ? line : 0;
}

/* ---- sysctl lines ---- */

static void add_sysctl(struct reading *reading, struct proposed *item, const struct sysctl_line *line)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	bool named = sysctl_key_of_path(line->path.buf, &key);

	item->optional |= line->optional;
	item->key = key.buf;
	item->value = line->value.buf;
	item->pattern = strpbrk(key.buf, "*?[") != NULL;
	item->why = line->why;
	if (line->kind == SYSCTL_LINE_INVALID) {
		item->fate = PROPOSED_BROKEN;
	} else if (line->kind == SYSCTL_LINE_EXCLUDE) {
		item->fate = PROPOSED_UNCLEAR;
		item->why = "the line only takes its key out of patterns of other lines";
	} else if (!named) {
		item->fate = PROPOSED_BROKEN;
		item->why = "the name leaves /proc/sys or names nothing";
	} else if (sysctl_file_is_overlooked(item->file)) {
		item->fate = PROPOSED_BROKEN;
		item->why = "neither boot nor sysctl --system reads the file: of sysctl.d only names that end in .conf count";
	}
	(void)proposal_add(reading->proposal, item);
}

static void read_sysctl_lines(struct reading *reading, const struct proposed_text *text)
{
	CLEANUP(sysctl_line_release) struct sysctl_line line = SYSCTL_LINE_INIT;
	struct sysctl_cursor cursor = SYSCTL_CURSOR(text->text, text->length);
	CLEANUP(strbuf_release) struct strbuf shown = STRBUF_INIT;

	while (sysctl_next_line(SYSCTL_SYSTEMD, &cursor)) {
		struct proposed item = common(text, "sysctl.d", BOTH);

		sysctl_line_parse(SYSCTL_SYSTEMD, cursor.line, cursor.length, &line);
		if (line.kind == SYSCTL_LINE_EMPTY)
			continue;
		strbuf_reset(&shown);
		strbuf_add(&shown, cursor.line, cursor.length);
		item.text = shown.buf;
		set_line(&item, text, cursor.number);
		add_sysctl(reading, &item, &line);
	}
}

/* ---- files that a probe reads ---- */

static int make_directories(int directory, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf part = STRBUF_INIT;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		strbuf_reset(&part);
		strbuf_add(&part, path, (size_t)(slash - path));
		if (mkdirat(directory, part.buf, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int put_file(const struct scratch *scratch, const char *file, const struct proposed_text *text)
{
	const char *path = file + strspn(file, "/");
	CLEANUP(close_fd) int fd = -1;
	size_t done = 0;
	int r = make_directories(scratch->fd, path);

	if (r < 0)
		return r;
	fd = openat(scratch->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (done < text->length) {
		ssize_t n = write(fd, text->text + done, text->length - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* A drop-in says something about a unit that is installed where it is going to be: "/etc/systemd/system/x.service.d/y.conf". */
static int put_unit(const struct scratch *scratch, const struct proposed_text *text)
{
	static const char empty[] = "[Unit]\n";
	const struct proposed_text unit = { .text = empty, .length = sizeof(empty) - 1 };
	const char *end = strstr(text->file, ".d/");
	CLEANUP(free_ptr) char *file = NULL;

	if (!end || !strstr(text->file, "/systemd/system/") || !ends_with(text->file, ".conf"))
		return 0;
	file = xstrndup(text->file, (size_t)(end - text->file));
	return put_file(scratch, file, &unit);
}

static const struct probe *probe_find(const char *name)
{
	for (size_t i = 0; probes[i]; i++)
		if (streq(probes[i]->name, name))
			return probes[i];
	return NULL;
}

static int run_probe(const struct host_file *known, const struct proposed_text *text, struct snapshot *snapshot)
{
	CLEANUP(scratch_free_ptr) struct scratch *scratch = NULL;
	CLEANUP(root_free_ptr) struct root *root = NULL;
	const struct probe *probe = probe_find(known->probe);
	struct probe_options options = { 0 };
	int r = probe ? scratch_new(&scratch) : -ENOENT;

	if (r == 0)
		r = put_file(scratch, text->file, text);
	if (r == 0)
		r = put_unit(scratch, text);
	if (r == 0)
		r = root_open(scratch->path, &root);
	return r == 0 ? probe->read(root, &options, snapshot) : r;
}

/* What became of a line within its own file. */
static void set_fate(struct proposed *item, const struct boot_line *line)
{
	item->why = line->why;
	switch (line->fate) {
	case BOOT_WINS:
	case BOOT_SHADOWED:
	case BOOT_MASKED:
	case BOOT_EXCLUDED:
		item->fate = PROPOSED_SETS;
		item->why = "";
		break;
	case BOOT_INVALID:
	case BOOT_IGNORED:
		item->fate = PROPOSED_BROKEN;
		break;
	case BOOT_UNRESOLVED:
		item->fate = line->pattern && *line->pattern ? PROPOSED_SETS : PROPOSED_UNCLEAR;
		break;
	case BOOT_FATE_COUNT:
		break;
	}
}

static void add_boot_line(struct reading *reading, const struct proposed_text *text, const struct host_file *known,
			  const struct boot_line *line)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	struct proposed item = common(text, known->form, known->when);

	set_line(&item, text, line->line);
	item.file_line = line->line;	/* by which lines are found again; see read_probed() */
	item.text = line->text;
	item.kind = line->kind;
	item.subject = line->subject;
	item.key = line->key;
	if (line->kind == SUBJECT_KIND_HOST && *line->key == '/') {
		read_file_key(reading, line->key, &key);
		item.key = key.buf;
	}
	item.value = line->value;
	/* The star of a limit is everybody. */
	item.pattern = !streq(line->source, "limits") && (strpbrk(line->subject, "*?[") || strpbrk(line->key, "*?["));
	item.optional |= line->optional;
	set_fate(&item, line);
	(void)proposal_add(reading->proposal, &item);
}

/* "defaults,noatime,commit=30": each option is a setting of its own. */
static void add_options(struct reading *reading, const struct proposed_text *text, const struct host_file *known,
			const struct boot_line *line)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT, value = STRBUF_INIT;
	const char *option = line->value;
	bool more = true;

	while (more) {
		size_t length = strcspn(option, ","), name = strcspn(option, ",=");
		struct boot_line one = *line;

		strbuf_reset(&key);
		strbuf_reset(&value);
		strbuf_addf(&key, "options.%.*s", (int)name, option);
		if (name < length)
			strbuf_add(&value, option + name + 1, length - name - 1);
		else
			strbuf_add_string(&value, "true");
		one.key = key.buf;
		one.value = value.buf;
		if (length > 0 && !streq(key.buf, "options.defaults"))
			add_boot_line(reading, text, known, &one);
		more = option[length] == ',';
		option += length + 1;
	}
}

/* Where a file stands whose place is not told by its name, and what its lines look like. */
static const struct form {
	const char *name;
	const char *directory, *suffix;	/* suffix NULL: directory is the file */
	const char *line;		/* POSIX extended: each line that is not empty and no comment; NULL: told by its name only */
} forms[] = {
	{ "sysctl.d", "/etc/sysctl.d/", ".conf", "^-?[a-z0-9_]+[./][][a-zA-Z0-9_.*?/:@+-]+[[:blank:]]*=" },
	{ "udev", "/etc/udev/rules.d/", ".rules",
	  "^[A-Z_]+([{][^}]*[}])?[[:blank:]]*(==|!=|[+:-]?=)[[:blank:]]*[ei]?\"" },
	{ "tmpfiles.d", "/etc/tmpfiles.d/", ".conf", "^[a-zA-Z][-+!=~^$?]*[[:blank:]]+[\"']?[/%]" },
	{ "modprobe.d", "/etc/modprobe.d/", ".conf", "^(options|blacklist|install|remove|alias|softdep|weakdep)[[:blank:]]" },
	{ "modules-load.d", "/etc/modules-load.d/", ".conf", NULL },
	{ "fstab", "/etc/fstab", NULL,
	  "^[^[:blank:]]+[[:blank:]]+(/[^[:blank:]]*|none|swap)[[:blank:]]+[a-z0-9_.,]+[[:blank:]]+[^[:blank:]]+" },
	{ "limits", "/etc/security/limits.d/", ".conf",
	  "^[^[:blank:]]+[[:blank:]]+(soft|hard|-)[[:blank:]]+[a-z]+[[:blank:]]+[^[:blank:]]+$" },
	{ "kernel-command-line", "/etc/default/grub", NULL, NULL },
	{ "systemd", "/etc/systemd/system/", "", NULL },
};

static const struct form *form_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (streq(forms[i].name, name))
			return &forms[i];
	return NULL;
}

/* Whose probe keeps lines that set something only, and passes over those that are no line at all. */
static bool passes_over(const char *form)
{
	return streq(form, "udev") || streq(form, "tmpfiles.d");
}

static void tell_foreign_lines(struct reading *reading, const struct proposed_text *text, const struct form *form)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const char *at = text->text, *end = at + text->length;
	bool continued = false;
	regex_t regex;

	if (regcomp(&regex, form->line, REG_EXTENDED | REG_NOSUB) != 0)
		return;
	for (size_t number = 0; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at)), *next = newline ? newline : end;
		bool begins = !continued;

		strbuf_reset(&line);
		strbuf_add(&line, at, MIN((size_t)(next - at), FOREIGN_LINE_MAX));
		continued = next > at && next[-1] == '\\';
		at = newline ? newline + 1 : end;
		strbuf_trim(&line);
		if (begins && line.len > 0 && line.buf[0] != '#' && regexec(&regex, line.buf, 0, NULL, 0) != 0)
			read_unclear(reading, text, number, "it is no line of a %s file, and is passed over: %.80s", form->name, line.buf);
	}
	regfree(&regex);
}

/* What a rule asks of a device: its attributes are compared with those of the host, the rest is a condition. */
static void add_asking(struct proposal *proposal, struct proposed *item, const struct udev_rule *rule)
{
	CLEANUP(strbuf_release) struct strbuf condition = STRBUF_INIT;
	bool device = item->kind == SUBJECT_KIND_BLOCK || item->kind == SUBJECT_KIND_INTERFACE;

	if (device)
		item->where = arena_strdup(&proposal->arena, rule->where.buf);
	else
		strbuf_add_string(&condition, rule->where.buf);
	if (rule->conditions.len > 0)
		strbuf_addf(&condition, "%s%s", condition.len > 0 ? ", " : "", rule->conditions.buf);
	if (starts_with(item->why, "whether "))
		strbuf_addf(&condition, "%sno earlier GOTO jumps over it", condition.len > 0 ? ", " : "");
	if (condition.len > 0)
		item->condition = arena_strdup(&proposal->arena, condition.buf);
}

/* The items from first on by the lines that they stand in: of line N they are next[…] from heads[N] on, 0 at the end. */
static void index_by_line(const struct proposal *proposal, size_t first, size_t lines, size_t *heads, size_t *next)
{
	for (size_t i = proposal->count; i-- > first;) {
		size_t line = proposal->items[i].file_line;

		if (line == 0 || line > lines)
			continue;
		next[i - first] = heads[line];
		heads[line] = i + 1;
	}
}

static void tell_line(struct reading *reading, const struct proposed_text *text, const struct config_lines *at, const char *form,
		      const char *why)
{
	struct proposed item = common(text, form, PROPOSED_BOOT);
	CLEANUP(free_ptr) char *line = xstrndup(at->raw, MIN(at->raw_length, FOREIGN_LINE_MAX));

	set_line(&item, text, at->first);
	item.text = line;
	item.fate = PROPOSED_UNCLEAR;
	item.why = why;
	(void)proposal_add(reading->proposal, &item);
}

static size_t count_lines(const char *text)
{
	size_t count = 1;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

/* Each rule once more, for what no device of a root without any could answer; one that writes what no probe knows is told. */
static void ask_rules(struct reading *reading, const struct proposed_text *text, size_t first)
{
	struct proposal *proposal = reading->proposal;
	size_t count = proposal->count;
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	CLEANUP(free_ptr) size_t *heads = NULL, *next = xcalloc(count - first + 1, sizeof(*next));
	size_t n_lines;

	strbuf_add(&copy, text->text, strnlen(text->text, text->length));
	n_lines = count_lines(copy.buf);
	heads = xcalloc(n_lines + 2, sizeof(*heads));
	index_by_line(proposal, first, n_lines, heads, next);

	CLEANUP(config_lines_release) struct config_lines lines = CONFIG_LINES_INIT(&copy, true);
	while (config_lines_next(&lines)) {
		CLEANUP(udev_rule_release) struct udev_rule rule = UDEV_RULE_INIT;

		if (!*lines.text.buf || *lines.text.buf == '#' || lines.first > n_lines)
			continue;
		if (!udev_rule_read(lines.text.buf, &rule)) {
			if (heads[lines.first] == 0)
				tell_line(reading, text, &lines, "udev",
					  "udev cannot read it: expected KEY==\"VALUE\" or KEY=\"VALUE\", with commas between");
			continue;
		}
		for (size_t i = heads[lines.first]; i > 0; i = next[i - 1 - first])
			add_asking(proposal, &proposal->items[i - 1], &rule);
		if (rule.sets && heads[lines.first] == 0)
			tell_line(reading, text, &lines, "udev", "it writes what is not judged here, or not when a device comes");
	}
}

/* Directives that set what programs get, and that no probe reads. */
static bool is_resource_directive(const char *name, size_t length)
{
	static const char *const names[] = {
		"AllowedCPUs", "AllowedMemoryNodes", "BlockIO*", "CPUAffinity", "CPUQuotaPeriodSec", "CPUSchedulingP*", "CPUShares",
		"DefaultCPU*", "DefaultIO*", "DefaultLimit*", "DefaultMemory*", "DefaultOOM*", "DefaultTasks*", "IODevice*", "IOReadBandwidthMax",
		"IOReadIOPSMax", "IOSchedulingClass", "IOSchedulingPriority", "IOWriteBandwidthMax", "IOWriteIOPSMax", "Limit*",
		"ManagedOOM*", "MemoryKSM", "MemoryLimit", "MemoryZSwapMax", "NUMAMask", "NUMAPolicy", "Nice", "OOMPolicy", "Startup*",
		"TimerSlackNSec", "CPUWeight", "CPUQuota", "IOWeight", "Memory*", "OOMScoreAdjust", "TasksMax",
	};
	CLEANUP(free_ptr) char *copy = xstrndup(name, length);

	for (size_t i = 0; length < 64 && !ends_with(copy, "Accounting") && i < ARRAY_SIZE(names); i++)
		if (fnmatch(names[i], copy, 0) == 0)
			return true;
	return false;
}

/* What a unit or system.conf says of processors, memory, input and output and limits, and nobody has understood. */
static void tell_directives(struct reading *reading, const struct proposed_text *text, size_t first)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	CLEANUP(free_ptr) bool *known = NULL;
	size_t n_lines;

	strbuf_add(&copy, text->text, strnlen(text->text, text->length));
	n_lines = count_lines(copy.buf);
	known = xcalloc(n_lines + 2, sizeof(*known));
	for (size_t i = first; i < reading->proposal->count; i++)
		if (reading->proposal->items[i].file_line <= n_lines)
			known[reading->proposal->items[i].file_line] = true;

	CLEANUP(config_lines_release) struct config_lines lines = CONFIG_LINES_INIT(&copy, true);
	while (config_lines_next(&lines)) {
		size_t name = strspn(lines.text.buf, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

		if (name == 0 || lines.text.buf[name + strspn(lines.text.buf + name, " \t")] != '=' ||
		    !is_resource_directive(lines.text.buf, name))
			continue;
		if (lines.first <= n_lines && !known[lines.first])
			tell_line(reading, text, &lines, "systemd", "what it sets is not judged here");
	}
}

/* "DefaultLimitNOFILE=65536" at the end of system.conf: that file has one section. */
static bool continues_section(const struct proposed_text *text)
{
	const char *at = text->text;

	if (text->use == TEXT_REPLACES || !ends_with(text->file, "/systemd/system.conf"))
		return false;
	while (*at && strchr("#;\n", *at))
		at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
	return *at != '[';
}

static void read_probed(struct reading *reading, const struct proposed_text *text, const struct host_file *known)
{
	static const char section[] = "[Manager]\n";
	CLEANUP(strbuf_release) struct strbuf whole = STRBUF_INIT;
	struct proposed_text given = *text;
	unsigned int shift = continues_section(text);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;
	size_t first = reading->proposal->count;
	int r;

	if (reading->files++ >= READING_FILES_MAX) {
		read_unclear(reading, text, 0, "more files than are read at once");
		return;
	}
	/* Probes leave longer files alone, as what is no configuration. */
	if (text->length > ROOT_READ_MAX) {
		read_unclear(reading, text, 0, "it has more than %u bytes, and is not read as %s", ROOT_READ_MAX, text->file);
		return;
	}
	if (shift) {
		strbuf_add_string(&whole, section);
		strbuf_add(&whole, text->text, text->length);
		given.text = whole.buf;
		given.length = whole.len;
	}
	r = run_probe(known, &given, snapshot);
	if (r < 0) {
		read_unclear(reading, text, 0, "it could not be read as %s: %s", text->file, strerror(-r));
		return;
	}
	boot = boot_read(snapshot);
	for (size_t i = 0; i < boot_count(boot); i++) {
		struct boot_line line = *boot_at(boot, i);

		if (!streq(line.path, text->file) || (line.kind == SUBJECT_KIND_MOUNT && streq(line.key, "fstype")))
			continue;
		line.line -= MIN(line.line, shift);
		if (line.kind == SUBJECT_KIND_MOUNT && streq(line.key, "options"))
			add_options(reading, text, known, &line);
		else
			add_boot_line(reading, text, known, &line);
	}
	if (streq(known->form, "udev"))
		ask_rules(reading, text, first);
	else if (streq(known->form, "systemd"))
		tell_directives(reading, text, first);
	else if (passes_over(known->form))
		tell_foreign_lines(reading, text, form_find(known->form));
	for (size_t i = first; i < reading->proposal->count && text->use != TEXT_REPLACES; i++)
		reading->proposal->items[i].file_line = 0;
}

bool host_file_known(const char *file)
{
	return host_file_find(file) && !strstr(file, "/../");
}

/* ---- commands in files ---- */

/* "1": one line of the text, or a part of it, as a script of its own. */
static void read_command(struct reading *reading, const struct proposed_text *text, const char *command, size_t line,
			 const char *condition)
{
	const unsigned int place = proposed_text_line(text, line);
	struct proposed_text inner = *text;

	inner.text = command;
	inner.length = strlen(command);
	inner.first = place;
	inner.lines = NULL;
	inner.form = text->form ? text->form : "shell";
	inner.when = text->when ? text->when : PROPOSED_BOOT;
	inner.condition = condition ? condition : text->condition;
	read_shell(reading, &inner, "sh");
}

/* The start of the next line. */
static const char *line_copy(const char *at, const char *end, struct strbuf *line)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;

	strbuf_reset(line);
	strbuf_add(line, at, strnlen(at, (size_t)(stop - at)));
	strbuf_trim(line);
	return newline ? newline + 1 : end;
}

static const char *skip_word(const char *at)
{
	at += strcspn(at, " \t");
	return at + strspn(at, " \t");
}

/* "@reboot root echo 1 > /proc/…", "*\/5 * * * * root …"; a table of one user has no name in it. */
static void read_cron_line(struct reading *reading, const struct proposed_text *text, const char *at, size_t number)
{
	CLEANUP(strbuf_release) struct strbuf condition = STRBUF_INIT;
	const char *start = at;
	bool reboot = starts_with(at, "@reboot");

	if (!*at || *at == '#' || (*at != '@' && *at != '*' && !(*at >= '0' && *at <= '9')))
		return;
	for (int fields = *at == '@' ? 1 : 5; fields > 0; fields--)
		at = skip_word(at);
	strbuf_addf(&condition, "each time cron runs it: %.*s", (int)(at - start), start);
	strbuf_trim(&condition);
	if (!starts_with(text->file, "/var/spool/"))
		at = skip_word(at);
	read_command(reading, text, at, number, reboot ? NULL : condition.buf);
}

static void read_cron(struct reading *reading, const struct proposed_text *text)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const char *at = text->text, *end = at + text->length;

	for (size_t number = 0; at < end; number++) {
		at = line_copy(at, end, &line);
		read_cron_line(reading, text, line.buf, number);
	}
}

/* "ExecStart=-/bin/sh -c 'echo never > /sys/…'": systemd's quotes are near enough to those of a shell. */
static void read_unit_commands(struct reading *reading, const struct proposed_text *text)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT, more = STRBUF_INIT;
	const char *at = text->text, *end = at + text->length;

	for (size_t number = 0, lines; at < end; number += lines) {
		const char *command;

		at = line_copy(at, end, &line);
		for (lines = 1; at < end && ends_with(line.buf, "\\"); lines++) {
			line.buf[line.len - 1] = ' ';
			at = line_copy(at, end, &more);
			strbuf_add(&line, more.buf, more.len);
		}
		command = strchr(line.buf, '=');
		if (!command || !starts_with(line.buf, "ExecStart"))
			continue;
		command++;
		command += strspn(command, " \t-@:+!");
		if (*command)
			read_command(reading, text, command, number, NULL);
	}
}

/* ---- any of them ---- */

static void read_script_file(struct reading *reading, const struct proposed_text *text)
{
	struct proposed_text script = *text;

	script.form = text->form ? text->form : "shell";
	script.when = text->when ? text->when : PROPOSED_BOOT;
	read_shell(reading, &script, starts_with(text->text, "#!/bin/bash") ? "bash" : "sh");
}

static bool read_kernel_file(struct reading *reading, const struct proposed_text *text)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	struct proposed item = common(text, "write", PROPOSED_NOW);

	strbuf_add(&value, text->text, strnlen(text->text, text->length));
	strbuf_trim(&value);
	item.file = "";
	item.appended = false;
	item.text = value.buf;
	item.line = item.last_line = proposed_text_line(text, 0);
	return read_write(reading, &item, text->file, value.buf);
}

bool read_host_file(struct reading *reading, const struct proposed_text *text)
{
	const struct host_file *known = text->file ? host_file_find(text->file) : NULL;

	if (!text->file || strstr(text->file, "/../"))
		return false;
	if (is_kernel_file(text->file))
		return read_kernel_file(reading, text);
	if (!known)
		return false;
	if (streq(known->form, "shell"))
		read_script_file(reading, text);
	else if (streq(known->form, "cron"))
		read_cron(reading, text);
	else if (known->probe)
		read_probed(reading, text, known);
	else
		read_sysctl_lines(reading, text);
	if (streq(known->form, "systemd") && streq(known->probe, "unit"))
		read_unit_commands(reading, text);
	return true;
}

/* ---- as readers of their own ---- */

/* Nearly every line that says something looks so; a few may be mistakes, and will be told. */
static bool lines_match(const char *pattern, const char *text, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const char *end = text + length;
	size_t said = 0, good = 0;
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline ? newline : end;

		strbuf_reset(&line);
		strbuf_add(&line, text, (size_t)(next - text));
		strbuf_trim(&line);
		text = newline ? newline + 1 : end;
		if (line.len == 0 || line.buf[0] == '#' || line.buf[0] == ';')
			continue;
		said++;
		good += line.len < 4096 && regexec(&regex, line.buf, 0, NULL, 0) == 0;
	}
	regfree(&regex);
	return good > 0 && good * 4 >= said * 3;
}

static unsigned int recognise(const struct reader *reader, const char *path, const char *text, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	const struct form *form = form_find(reader->name);
	const struct host_file *known = host_file_of(path, &file) ? host_file_find(file.buf) : NULL;

	if (known)
		return streq(known->form, reader->name) ? MINE_BY_NAME : NOT_MINE;
	if (streq(reader->name, "sysctl.d") && (streq(path, "sysctl.conf") || ends_with(path, "/sysctl.conf")))
		return MINE_BY_NAME;
	return form && form->line && lines_match(form->line, text, length) ? MINE_BY_CONTENT : NOT_MINE;
}

static void place_file(const struct form *form, const char *path, struct strbuf *file)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	if (host_file_of(path, file) && host_file_find(file->buf))
		return;
	strbuf_reset(file);
	strbuf_add_string(file, streq(name, "sysctl.conf") ? "/etc/" : form->directory);
	if (!form->suffix)
		return;
	strbuf_add_string(file, *name ? name : "proposed");
	if (!ends_with(name, form->suffix))
		strbuf_add_string(file, form->suffix);
}

/* "etc/sysctl.d/60-web", "etc/sysctl.d/60-web.conf.off": it stands where such files are, and none of those who read them takes it. */
static bool is_overlooked(const struct form *form, const char *path, struct strbuf *file)
{
	const char *name = form->directory + strlen(form->directory) - 1, *found;

	if (!form->suffix || !*form->suffix || !host_file_of(path, file) || host_file_find(file->buf))
		return false;
	while (name[-1] != '/')
		name--;
	found = strstr(file->buf, name);
	return found && found > file->buf && found[-1] == '/';
}

static void tell_overlooked(struct reading *reading, const struct proposed_text *text, const struct form *form, const char *file)
{
	struct proposed item = common(text, form->name, PROPOSED_BOOT);
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	strbuf_addf(&why, "nobody reads %s: in such a directory itself only files whose names end in %s are read", file, form->suffix);
	item.line = item.last_line = proposed_text_line(text, 0);
	item.fate = PROPOSED_BROKEN;
	item.file = "";
	item.appended = false;
	item.why = why.buf;
	(void)proposal_add(reading->proposal, &item);
}

/* A file whose place is not known is read as if it stood where such files are put. */
static void read_form(const struct reader *reader, struct reading *reading, const struct proposed_text *text)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	const struct form *form = form_find(reader->name);
	struct proposed_text placed = *text;

	if (!text->file && form && is_overlooked(form, text->path, &file)) {
		tell_overlooked(reading, text, form, file.buf);
		return;
	}
	if (!text->file && form) {
		place_file(form, text->path, &file);
		placed.file = file.buf;
	}
	if (!read_host_file(reading, &placed))
		read_unclear(reading, text, 0, "no program reads %s as %s", placed.file ? placed.file : text->path, reader->name);
}

#define FORM(id, name_, summary_)                                                                                      \
	const struct reader reader_##id = { .name = name_, .summary = summary_, .recognise = recognise, .read = read_form }

FORM(sysctl, "sysctl.d", "sysctl.conf and files of sysctl.d");
FORM(udev, "udev", "rules of udev");
FORM(tmpfiles, "tmpfiles.d", "files of tmpfiles.d");
FORM(modprobe, "modprobe.d", "options of kernel modules");
FORM(modules_load, "modules-load.d", "kernel modules to load at boot");
FORM(fstab, "fstab", "file systems and their mount options");
FORM(limits, "limits", "limits.conf and files of limits.d");
FORM(command_line, "kernel-command-line", "arguments of the kernel, as GRUB, BLS entries and /etc/kernel/cmdline have them");
FORM(systemd, "systemd", "unit files, drop-ins and system.conf");
