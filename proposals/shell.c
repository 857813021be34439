/* SPDX-License-Identifier: Apache-2.0 */
/* Shell scripts.  Which shell reads one: the one that its first line names; else bash for *.bash, sh for everything else. */
#include <regex.h>

#include "shell-run.h"

/* ---- what it is ---- */

/* "#!/bin/sh -e", "#!/usr/bin/env bash": the line without its end; false: there is none. */
static bool shebang(const char *text, size_t length, struct strbuf *line)
{
	size_t n = 0;

	if (length < 3 || memcmp(text, "#!", 2) != 0)
		return false;
	while (n < length && n < 256 && text[n] && text[n] != '\n')
		n++;
	strbuf_add(line, text + 2, n - 2);
	strbuf_trim(line);
	return true;
}

/* The program of a first line: "bash". */
static void interpreter(const char *line, struct strbuf *name)
{
	size_t n = strcspn(line, " \t");
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	const char *slash;

	strbuf_add(&path, line, n);
	line += n;
	if (ends_with(path.buf, "/env")) {
		line += strspn(line, " \t");
		if (starts_with(line, "-S "))
			line += 3;
		strbuf_reset(&path);
		strbuf_add(&path, line, strcspn(line, " \t"));
	}
	slash = strrchr(path.buf, '/');
	strbuf_add_string(name, slash ? slash + 1 : path.buf);
}

static bool is_shell(const char *name)
{
	static const char *const names[] = { "sh", "bash", "dash", "ash", "ksh", "ksh93", "mksh", "zsh" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(names[i], name))
			return true;
	return false;
}

/* A line that only a script that sets something has. */
static bool has_command(const char *text, size_t length)
{
	static const char pattern[] = "(^|[;&|[:blank:]])(sysctl[[:blank:]]+(-[a-z-]+[[:blank:]]+)*-?-?w|modprobe[[:blank:]]+[a-z]|"
				      "echo[[:blank:]].*>>?[[:blank:]]*\"?/(proc/sys|sys|etc)/)";
	CLEANUP(free_ptr) char *copy = xstrndup(text, strnlen(text, MIN(length, (size_t)16 << 10)));
	bool found;
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0)
		return false;
	found = regexec(&regex, copy, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

static unsigned int recognise(const struct reader *reader, const char *path, const char *text, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT, name = STRBUF_INIT;

	(void)reader;
	if (shebang(text, length, &line)) {
		interpreter(line.buf, &name);
		return is_shell(name.buf) ? MINE : NOT_MINE;
	}
	if (ends_with(path, ".sh") || ends_with(path, ".bash") || ends_with(path, "/rc.local"))
		return MINE_BY_NAME;
	/* Other forms hold commands, too: whoever is sure of its own comes first. */
	return has_command(text, length) ? MINE_BY_CONTENT / 2 : NOT_MINE;
}

/* ---- reading ---- */

/* Files that were written and need something more to take effect, or never run. */
static void finish(struct shell_run *run)
{
	struct proposal *proposal = run->reading->proposal;

	for (size_t i = 0; i < run->n_files; i++) {
		struct shell_file *file = run->files[i];

		if (file->script && !file->ran) {
			run->uncalled = true;
			run->function = file->path;
			run->ended = 0;
			shell_run_file(run, NULL, file->path, 0);
			run->uncalled = false;
			run->function = NULL;
		}
		if (run->grub || !starts_with(file->path, "/etc/default/grub"))
			continue;
		for (size_t n = file->first; n < file->end; n++) {
			if (proposal->items[n].fate != PROPOSED_SETS)
				continue;
			proposal->items[n].fate = PROPOSED_BROKEN;
			proposal->items[n].why = "GRUB reads its own configuration, which is not made anew after this";
			proposal->items[n].instead = "update-grub, or grub2-mkconfig, afterwards";
		}
	}
}

static void release(struct shell_run *run)
{
	shell_deletions_release(run);
	for (size_t i = 0; i < run->n_files; i++) {
		free(run->files[i]->path);
		shell_stream_release(&run->files[i]->text);
		free(run->files[i]);
	}
	free(run->files);
	free(run->functions);
	strbuf_release(&run->condition);
	strbuf_release(&run->directory);
	shell_variables_release(run);
}

/* Lines that end with CR LF are read as if they did not, and everything that they set is said to be broken. */
static bool without_carriage_returns(const struct proposed_text *text, struct strbuf *out)
{
	const char *at = text->text, *end = at + text->length;

	if (!memmem(text->text, text->length, "\r\n", 2))
		return false;
	while (at < end) {
		const char *next = memmem(at, (size_t)(end - at), "\r\n", 2);

		strbuf_add(out, at, (size_t)((next ? next : end) - at));
		at = next ? next + 1 : end;
	}
	return true;
}

void read_shell(struct reading *reading, const struct proposed_text *text, const char *shell)
{
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT, line = STRBUF_INIT;
	struct shell_run run = {
		.reading = reading, .given = text, .condition = STRBUF_INIT, .directory = STRBUF_INIT,
		.dialect = ends_with(shell, "bash") || ends_with(shell, "ksh") || ends_with(shell, "zsh") ? SHELL_BASH : SHELL_POSIX,
	};
	const char *options;

	if (reading->depth >= READING_DEPTH_MAX) {
		read_unclear(reading, text, 0, "texts stand in each other more than %d deep", READING_DEPTH_MAX);
		return;
	}
	reading->depth++;
	run.carriage = without_carriage_returns(text, &plain);
	/* "#!/bin/sh -e" */
	if (shebang(text->text, text->length, &line) && (options = strstr(line.buf, " -")))
		run.errexit = strchr(options, 'e') != NULL;
	shell_follow_text(&run, run.carriage ? plain.buf : text->text, run.carriage ? plain.len : text->length, text, false);
	finish(&run);
	shell_deletions_tell(&run);
	release(&run);
	reading->depth--;
}

static bool parses(const struct proposed_text *text, enum shell_dialect dialect)
{
	CLEANUP(shell_parser_free_ptr) struct shell_parser *parser = shell_parser_new(text->text, text->length, dialect);
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;

	while (shell_parser_next(parser, &arena))
		if (!shell_parser_has_functions(parser))
			arena_release(&arena);
	return !shell_parser_error(parser);
}

/* A script that names no shell is carried out by the one that calls it: by bash if only bash can. */
static const char *unnamed_shell(const struct proposed_text *text)
{
	if (ends_with(text->path, ".bash"))
		return "bash";
	return !parses(text, SHELL_POSIX) && parses(text, SHELL_BASH) ? "bash" : "sh";
}

static void read_script(const struct reader *reader, struct reading *reading, const struct proposed_text *text)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT, name = STRBUF_INIT;

	(void)reader;
	if (shebang(text->text, text->length, &line))
		interpreter(line.buf, &name);
	else
		strbuf_add_string(&name, unnamed_shell(text));
	read_shell(reading, text, name.buf);
}

const struct reader reader_shell = {
	.name = "shell",
	.summary = "scripts for sh and bash, followed and never run",
	.recognise = recognise,
	.read = read_script,
};
