/* SPDX-License-Identifier: Apache-2.0 */
#include "grub-default.h"

#include <errno.h>

#include "../core/parse.h"
#include "config-file.h"

#define DIRECTORY "/etc/default/grub.d"
#define FILES_MAX 200
#define VALUE_MAX (64U << 10)

static const char *const names[GRUB_VARIABLE_COUNT] = {
	[GRUB_LINUX] = "GRUB_CMDLINE_LINUX",
	[GRUB_LINUX_DEFAULT] = "GRUB_CMDLINE_LINUX_DEFAULT",
};

static size_t name_length(const char *text)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
}

static struct grub_variable *find_variable(struct grub_default *settings, const char *name, size_t length)
{
	for (size_t i = 0; i < GRUB_VARIABLE_COUNT; i++)
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return &settings->variables[i];
	return NULL;
}

/* "$NAME" and "${NAME}" of the variables that are followed here; false for any other expansion. */
static bool expand(struct grub_default *settings, const char **cursor, struct strbuf *out)
{
	bool brace = (*cursor)[1] == '{';
	const char *name = *cursor + 1 + brace;
	size_t length = name_length(name);
	const struct grub_variable *variable = find_variable(settings, name, length);

	if (!variable || (variable->set && !variable->known) || (brace && name[length] != '}'))
		return false;
	if (variable->set)
		strbuf_add_string(out, variable->value.buf);
	*cursor = name + length + brace;
	return true;
}

/* The word that is assigned, up to a blank, a semicolon or a comment; false: a shell would have to be asked. */
static bool take_word(struct grub_default *settings, const char *text, struct strbuf *out)
{
	char quote = '\0';

	while (*text && (quote || !strchr(" \t;", *text))) {
		if (*text == '`' && quote != '\'')
			return false;
		if (*text == '$' && quote != '\'') {
			if (!expand(settings, &text, out) || out->len > VALUE_MAX)
				return false;
			continue;
		}
		if (quote ? *text == quote : *text == '"' || *text == '\'') {
			quote = quote ? '\0' : *text;
			text++;
			continue;
		}
		if (*text == '\\' && quote != '\'') {
			/* "\$tuned_params" is for GRUB to expand. */
			if (!quote || !text[1] || text[1] == '$')
				return false;
			text += strchr("\\\"`", text[1]) != NULL;
		}
		strbuf_add_char(out, *text++);
	}
	if (quote)
		return false;
	text += strspn(text, " \t;");
	return *text == '\0' || *text == '#';
}

struct reading {
	struct grub_default *settings;
	const char *path;
	unsigned int depth;	/* of conditions and loops */
};

static void assign(struct reading *reading, const struct config_lines *lines, struct grub_variable *variable, const char *value,
		   bool appends)
{
	CLEANUP(strbuf_release) struct strbuf word = STRBUF_INIT;
	bool known = take_word(reading->settings, value, &word) && reading->depth == 0 &&
		     (!appends || !variable->set || variable->known);

	if (!appends)
		strbuf_reset(&variable->value);
	strbuf_add(&variable->value, word.buf, word.len);
	variable->set = true;
	variable->known = known;
	free(variable->path);
	free(variable->text);
	variable->path = xstrdup(reading->path);
	variable->line = lines->first;
	variable->text = xstrndup(lines->raw, lines->raw_length);
}

static bool begins_with_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	return starts_with(line, word) && (line[n] == '\0' || strchr(" \t;", line[n]));
}

static void follow_depth(struct reading *reading, const char *line)
{
	static const char *const opening[] = { "if", "case", "for", "while", "until", "{" };
	static const char *const closing[] = { "fi", "esac", "done", "}" };

	for (size_t i = 0; i < ARRAY_SIZE(opening); i++)
		reading->depth += begins_with_word(line, opening[i]);
	for (size_t i = 0; i < ARRAY_SIZE(closing); i++)
		if (begins_with_word(line, closing[i]) && reading->depth > 0)
			reading->depth--;
}

static void read_line(struct reading *reading, const struct config_lines *lines)
{
	const char *line = lines->text.buf;
	struct grub_variable *variable;
	size_t length;

	if (*line == '#')
		return;
	follow_depth(reading, line);
	if (begins_with_word(line, "export"))
		line += strlen("export") + strspn(line + strlen("export"), " \t");
	length = name_length(line);
	variable = find_variable(reading->settings, line, length);
	if (variable && line[length] == '=')
		assign(reading, lines, variable, line + length + 1, false);
	else if (variable && line[length] == '+' && line[length + 1] == '=')
		assign(reading, lines, variable, line + length + 2, true);
	else if (strstr(line, "GRUB_CMDLINE_LINUX") && (strstr(line, "&&") || strstr(line, "||") || begins_with_word(line, "unset")))
		for (size_t i = 0; i < GRUB_VARIABLE_COUNT; i++)
			if (strstr(line, names[i]))
				assign(reading, lines, &reading->settings->variables[i], "$", false);
}

static int read_file(struct grub_default *settings, const struct root *root, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(config_lines_release) struct config_lines lines = { .text = STRBUF_INIT };
	struct reading reading = { .settings = settings, .path = path };
	int r = root_read(root, path, &text);

	if (r < 0)
		return r;
	lines = (struct config_lines)CONFIG_LINES_INIT(&text, true);
	while (config_lines_next(&lines))
		read_line(&reading, &lines);
	return 0;
}

void grub_default_read(const struct root *root, struct grub_default *settings)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	settings->error = read_file(settings, root, "/etc/default/grub");
	if (settings->error < 0)
		return;
	(void)root_list_limit(root, DIRECTORY, FILES_MAX, &list);
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(free_ptr) char *path = xasprintf(DIRECTORY "/%s", list.entries[i].name);

		if (ends_with(path, ".cfg"))
			(void)read_file(settings, root, path);
	}
}

void grub_default_release(struct grub_default *settings)
{
	for (size_t i = 0; i < GRUB_VARIABLE_COUNT; i++) {
		strbuf_release(&settings->variables[i].value);
		free(settings->variables[i].path);
		free(settings->variables[i].text);
	}
}
