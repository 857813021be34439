/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that systemd-tmpfiles writes at boot, tmpfiles.d(5):
 *
 *	w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise
 *
 * Lines that create ("f", "f+") are carried out before those that write ("w"), whose paths may be patterns.  Of either kind
 * the first line for a path counts, whichever file it stands in ("w+" appends: each is written); patterns that match the same
 * file are written one after another.  The argument is the rest of the line with its escapes, and quotes belong to it.  "f"
 * leaves a file alone that is there, which is so of every setting. */
#include <errno.h>

#include "../core/parse.h"
#include "boot-draft.h"
#include "boot-path.h"
#include "config-file.h"
#include "probe.h"

/* The next word, with quotes taken off; NULL at the end of the line. */
static char *take_word(const char **cursor)
{
	CLEANUP(strbuf_release) struct strbuf word = STRBUF_INIT;
	const char *c = *cursor + strspn(*cursor, " \t");
	char quote = '\0';

	if (!*c)
		return NULL;
	for (; *c && (quote || (*c != ' ' && *c != '\t')); c++) {
		if (quote ? *c == quote : *c == '"' || *c == '\'')
			quote = quote ? '\0' : *c;
		else if (*c == '\\' && c[1])
			strbuf_add_char(&word, *++c);
		else
			strbuf_add_char(&word, *c);
	}
	*cursor = c;
	return strbuf_steal(&word);
}

/* "\n", "\t", "\\", "\x41": false for an escape that there is not. */
static bool unescape(const char *text, struct strbuf *out)
{
	static const char names[] = "abfnrtv\\\"'s", values[] = "\a\b\f\n\r\t\v\\\"' ";
	uint64_t number;

	for (; *text; text++) {
		const char *name;

		if (*text != '\\') {
			strbuf_add_char(out, *text);
			continue;
		}
		name = text[1] ? strchr(names, text[1]) : NULL;
		if (name) {
			strbuf_add_char(out, values[name - names]);
			text++;
		} else if (text[1] == 'x' && text[2] && text[3]) {
			char digits[3] = { text[2], text[3], '\0' };

			if (parse_hex(digits, &number) < 0 || number == 0)
				return false;
			strbuf_add_char(out, (char)number);
			text += 3;
		} else {
			return false;
		}
	}
	return true;
}

struct tmpfiles_line {
	char type;
	bool appends, truncates, optional, credential, encoded;
	char *path;
	const char *argument;		/* lent from the text */
};

#define TYPES "fFwdDevqQpLcbCxXrRzZtThHaAm"

/* 0: not of a type that writes; -EINVAL: not a line of tmpfiles.d. */
static int parse_line(const char *text, struct tmpfiles_line *line)
{
	CLEANUP(free_ptr) char *type = take_word(&text);

	if (!type || !*type || !strchr(TYPES, *type))
		return -EINVAL;
	line->type = *type;
	for (const char *c = type + 1; *c; c++) {
		if (!strchr("!-+=~^$?", *c))
			return -EINVAL;
		line->appends |= *c == '+';
		line->optional |= *c == '-';
		line->encoded |= *c == '~';
		line->credential |= *c == '^';
	}
	line->truncates = line->type == 'F' || (line->type == 'f' && line->appends);
	line->path = take_word(&text);
	if (!line->path || *line->path != '/')
		return -EINVAL;
	for (unsigned int i = 0; i < 4; i++) {	/* mode, user, group, age */
		CLEANUP(free_ptr) char *word = take_word(&text);

		if (!word)
			break;
	}
	line->argument = text + strspn(text, " \t");
	return line->type == 'w' || line->type == 'f' || line->type == 'F';
}

/* "%%" is a percent sign, any other specifier something of the running system; false for those. */
static bool expand(const char *text, struct strbuf *out)
{
	for (; *text; text++) {
		if (*text == '%' && text[1] != '%')
			return false;
		text += *text == '%';
		strbuf_add_char(out, *text);
	}
	return true;
}

static bool has_pattern(const char *path)
{
	return path[strcspn(path, "*?[{")] != '\0';
}

struct tmpfiles_probe {
	struct boot_draft draft;
	char *types;			/* of the line that each boot line comes from */
	size_t capacity;
};

static bool creates(char type)
{
	return type != 'w';
}

/* Of lines of one kind with the same path, but for those that append, only the first is carried out. */
static void shadow_duplicate(struct tmpfiles_probe *probe, struct boot_line *line)
{
	size_t index = (size_t)(line - probe->draft.lines);

	for (size_t i = 0; i < index; i++) {
		const struct boot_line *other = &probe->draft.lines[i];

		if (other->fate != BOOT_MASKED && other->fate != BOOT_SHADOWED && other->fate != BOOT_INVALID &&
		    creates(probe->types[i]) == creates(probe->types[index]) && streq(other->pattern, line->pattern)) {
			line->fate = BOOT_SHADOWED;
			line->why = boot_draft_place(&probe->draft, other);
			return;
		}
	}
}

static struct boot_line *add(struct tmpfiles_probe *probe, char type, const struct boot_site *site,
			     const struct boot_about *about, const char *value)
{
	struct boot_line *line = boot_draft_add(&probe->draft, site, about->kind, about->subject.buf, about->key.buf, value);

	GROW(probe->types, probe->capacity, probe->draft.count + 1);
	probe->types[line - probe->draft.lines] = type;
	return line;
}

static void add_line(struct tmpfiles_probe *probe, const struct boot_site *site, const struct tmpfiles_line *parsed,
		     const struct boot_about *about)
{
	struct boot_draft *draft = &probe->draft;
	CLEANUP(strbuf_release) struct strbuf escaped = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	bool expanded = expand(parsed->argument, &escaped), valid = unescape(escaped.buf, &value);
	struct boot_line *line;

	strbuf_trim(&value);
	line = add(probe, parsed->type, site, about, value.buf);
	line->optional = parsed->optional;
	line->pattern = boot_draft_format(draft, "%s", parsed->path);	/* for a while, pattern or not */
	if (!parsed->appends || parsed->truncates)
		shadow_duplicate(probe, line);
	if (line->fate == BOOT_SHADOWED)
		return;
	if (!valid) {
		line->fate = BOOT_INVALID;
		line->why = "an escape in the argument that there is not";
	} else if (parsed->encoded || parsed->credential || !expanded) {
		line->fate = BOOT_UNRESOLVED;
		line->why = parsed->credential ? "the value is a credential of the running system" :
			    parsed->encoded ? "the value is encoded in Base64" :
					      "a specifier stands for something of the running system";
	} else if (parsed->type == 'f' && !parsed->truncates) {
		line->fate = BOOT_IGNORED;
		line->why = "f leaves a file alone that is there; w writes into it";
	}
}

static void read_line(struct tmpfiles_probe *probe, const struct boot_site *site, const char *text)
{
	CLEANUP(boot_about_release) struct boot_about about = BOOT_ABOUT_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct tmpfiles_line parsed = { 0 };
	struct boot_line *line;
	int r = parse_line(text, &parsed);

	if (r > 0 && expand(parsed.path, &path)) {
		if (boot_path_about(path.buf, &about))
			add_line(probe, site, &parsed, &about);
	} else if (r > 0 && (starts_with(parsed.path, "/proc/") || starts_with(parsed.path, "/sys/"))) {
		line = add(probe, 'w', site, &about, "");
		line->fate = BOOT_UNRESOLVED;
		line->why = "a specifier in the path stands for something of the running system";
	} else if (r < 0 && (strstr(text, "/proc/sys/") || strstr(text, " /sys/") || strstr(text, "\t/sys/"))) {
		line = add(probe, 'w', site, &about, "");
		line->fate = BOOT_INVALID;
		line->why = "expected TYPE PATH MODE USER GROUP AGE ARGUMENT";
	}
	free(parsed.path);
}

/* A file that hides another, or is hidden, is worth a word only where it has a setting in it. */
static bool file_is_read(struct tmpfiles_probe *probe, const struct config_file *file)
{
	CLEANUP(boot_about_release) struct boot_about about = BOOT_ABOUT_INIT;
	struct boot_site site = { .path = file->path };
	struct boot_line *line;

	if (file->error < 0 && !file->hidden_by) {
		line = add(probe, 'w', &site, &about, "");
		line->fate = BOOT_UNRESOLVED;
		line->why = boot_draft_format(&probe->draft, "it cannot be read: %s", strerror(-file->error));
	}
	return file->error == 0 && !file->null;
}

static void read_file(struct tmpfiles_probe *probe, const struct config_file *file)
{
	struct boot_draft *draft = &probe->draft;
	CLEANUP(config_lines_release) struct config_lines lines = CONFIG_LINES_INIT(&file->text, false);
	size_t first = draft->count;

	if (!file_is_read(probe, file))
		return;
	while (config_lines_next(&lines)) {
		struct boot_site site = { file->path, lines.first, lines.raw, lines.raw_length };

		if (*lines.text.buf && *lines.text.buf != '#')
			read_line(probe, &site, lines.text.buf);
	}
	for (size_t i = first; file->hidden_by && i < draft->count; i++) {
		draft->lines[i].fate = BOOT_MASKED;
		draft->lines[i].why = boot_draft_format(draft, "%s", file->hidden_by);
	}
}

/* Those that create first, as they are carried out. */
static void order(struct tmpfiles_probe *probe)
{
	struct boot_line *lines = xcalloc(probe->draft.count + 1, sizeof(*lines));
	size_t count = 0;

	for (int writes = 0; writes < 2; writes++)
		for (size_t i = 0; i < probe->draft.count; i++)
			if (creates(probe->types[i]) == !writes)
				lines[count++] = probe->draft.lines[i];
	if (count > 0)
		memcpy(probe->draft.lines, lines, count * sizeof(*lines));
	free(lines);
}

static int read_tmpfiles(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct tmpfiles_probe probe = { .draft = { .source = "tmpfiles" } };
	CLEANUP(config_files_release) struct config_files files = CONFIG_FILES_INIT;

	(void)options;
	config_files_read(root, "tmpfiles.d", ".conf", &files);
	for (size_t i = 0; i < files.count; i++)
		read_file(&probe, &files.items[i]);
	for (size_t i = 0; i < probe.draft.count; i++)
		if (!has_pattern(probe.draft.lines[i].pattern))
			probe.draft.lines[i].pattern = "";
	order(&probe);
	boot_draft_settle(&probe.draft, BOOT_LAST_COUNTS);
	boot_draft_store(&probe.draft, snapshot, "tmpfiles");
	boot_draft_release(&probe.draft);
	free(probe.types);
	return 0;
}

static const char *const paths[] = {
	"/etc/tmpfiles.d/*.conf", "/run/tmpfiles.d/*.conf", "/usr/local/lib/tmpfiles.d/*.conf", "/usr/lib/tmpfiles.d/*.conf",
	"/lib/tmpfiles.d/*.conf", NULL,
};

const struct probe probe_boot_tmpfiles = {
	.name = "boot-tmpfiles",
	.summary = "settings that systemd-tmpfiles writes at boot",
	.paths = paths,
	.read = read_tmpfiles,
};
