/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a Dockerfile: comments go, a line that ends with the escape character goes on, and here-documents belong to the
 * instruction above them (docs.docker.com/reference/dockerfile/). */
#include "dockerfile.h"

#define SEARCHES_MAX 100		/* for ends of here-documents that are not there */

struct parse {
	struct dockerfile *file;
	const struct proposed_text *text;
	const char *at, *end;
	size_t index;			/* of the line at "at" */
	char escape;
	unsigned int searches;
};

void dockerfile_script_release(struct dockerfile_script *script)
{
	strbuf_release(&script->text);
	free(script->lines);
}

void dockerfile_script_line(struct dockerfile_script *script, unsigned int line)
{
	GROW(script->lines, script->capacity, script->n_lines + 1);
	script->lines[script->n_lines++] = line;
}

void dockerfile_release(struct dockerfile *file)
{
	for (size_t i = 0; i < file->count; i++) {
		struct instruction *instruction = &file->instructions[i];

		for (size_t n = 0; n < instruction->n_heres; n++) {
			free(instruction->heres[n].name);
			dockerfile_script_release(&instruction->heres[n].script);
		}
		free(instruction->heres);
		free(instruction->name);
		free(instruction->arguments);
		dockerfile_script_release(&instruction->script);
	}
	free(file->instructions);
}

size_t dockerfile_word(const char *text)
{
	char quote = '\0';
	size_t n = 0;

	for (; text[n]; n++) {
		if (quote)
			quote = text[n] == quote ? '\0' : quote;
		else if (text[n] == '"' || text[n] == '\'')
			quote = text[n];
		else if (text[n] == '\\' && text[n + 1])
			n++;
		else if (text[n] == ' ' || text[n] == '\t')
			break;
	}
	return n;
}

/* ---- lines ---- */

struct line {
	const char *text;
	size_t length;			/* without its end */
	unsigned int number;		/* in what was given */
};

static bool take_line(struct parse *parse, struct line *line)
{
	const char *newline;

	if (parse->at >= parse->end)
		return false;
	newline = memchr(parse->at, '\n', (size_t)(parse->end - parse->at));
	line->text = parse->at;
	line->length = (size_t)((newline ? newline : parse->end) - parse->at);
	line->number = proposed_text_line(parse->text, parse->index++);
	parse->at = newline ? newline + 1 : parse->end;
	if (line->length > 0 && line->text[line->length - 1] == '\r')
		line->length--;
	return true;
}

static size_t blanks(const struct line *line)
{
	size_t n = 0;

	while (n < line->length && (line->text[n] == ' ' || line->text[n] == '\t'))
		n++;
	return n;
}

static bool is_comment(const struct line *line)
{
	size_t n = blanks(line);

	return n < line->length && line->text[n] == '#';
}

/* Whether it goes on; *ret_length without what says so. */
static bool continues(const struct parse *parse, const struct line *line, size_t *ret_length)
{
	size_t n = line->length;

	while (n > 0 && (line->text[n - 1] == ' ' || line->text[n - 1] == '\t'))
		n--;
	*ret_length = line->length;
	if (n == 0 || line->text[n - 1] != parse->escape)
		return false;
	*ret_length = n - 1;
	return true;
}

/* "# escape=`", before anything else. */
static void read_directive(struct parse *parse, const struct line *line)
{
	CLEANUP(free_ptr) char *text = xstrndup(line->text, MIN(line->length, (size_t)200));
	const char *at = text + strspn(text, "# \t");

	if (strncasecmp(at, "escape", 6) == 0) {
		at += 6 + strspn(at + 6, " \t=");
		parse->escape = *at == '`' ? '`' : '\\';
	}
}

/* ---- here-documents ---- */

static bool is_end(const struct line *line, const struct here_document *here)
{
	const char *text = line->text;
	size_t length = line->length;

	while (here->tabs && length > 0 && *text == '\t') {
		text++;
		length--;
	}
	return length == strlen(here->name) && memcmp(text, here->name, length) == 0;
}

/* Its lines, up to the one that is its name; false: there is none. */
static bool take_body(struct parse *parse, struct here_document *here)
{
	struct parse before = *parse;
	struct line line;

	while (take_line(parse, &line)) {
		size_t tabs = 0;

		if (is_end(&line, here))
			return true;
		while (here->tabs && tabs < line.length && line.text[tabs] == '\t')
			tabs++;
		dockerfile_script_line(&here->script, line.number);
		strbuf_add(&here->script.text, line.text + tabs, line.length - tabs);
		strbuf_add_char(&here->script.text, '\n');
		if (here->script.text.len > DOCKERFILE_TEXT_MAX)
			break;
	}
	before.searches++;
	*parse = before;
	return false;
}

/* "<<EOF", "<<-EOF", "3<<'EOF'" */
static bool begins_here(const char *word, size_t length, struct here_document *here)
{
	size_t at = 0, n = 0;

	while (at < length && word[at] >= '0' && word[at] <= '9')
		at++;
	if (length - at < 3 || word[at] != '<' || word[at + 1] != '<')
		return false;
	at += 2;
	*here = (struct here_document){ .script = { .text = STRBUF_INIT } };
	here->tabs = word[at] == '-';
	at += here->tabs;
	here->name = xstrndup(word + at, length - at);
	for (size_t i = 0; here->name[i]; i++) {
		here->quoted |= here->name[i] == '"' || here->name[i] == '\'';
		if (!strchr("\"'", here->name[i]))
			here->name[n++] = here->name[i];
	}
	here->name[n] = '\0';
	if (n > 0 && n < 200 && !strpbrk(here->name, "<>|&;$()"))
		return true;
	free(here->name);
	return false;
}

static void take_heres(struct parse *parse, struct instruction *instruction)
{
	for (const char *at = instruction->arguments; *at && parse->searches < SEARCHES_MAX; at += dockerfile_word(at)) {
		struct here_document here;

		at += strspn(at, " \t");
		if (!begins_here(at, dockerfile_word(at), &here))
			continue;
		if (!take_body(parse, &here)) {
			free(here.name);
			dockerfile_script_release(&here.script);
			continue;
		}
		GROW(instruction->heres, instruction->heres_capacity, instruction->n_heres + 1);
		instruction->heres[instruction->n_heres++] = here;
	}
}

static void append_script(struct dockerfile_script *to, const struct dockerfile_script *from)
{
	for (size_t i = 0; i < from->n_lines; i++)
		dockerfile_script_line(to, from->lines[i]);
	strbuf_add(&to->text, from->text.buf, from->text.len);
}

/* RUN <<EOF: the here-document is the script.  RUN cat <<EOF: the shell reads it. */
static void place_heres(struct instruction *instruction)
{
	struct dockerfile_script *script = &instruction->script;
	const char *first = instruction->arguments + strspn(instruction->arguments, " \t");
	bool alone = true;

	if (instruction->n_heres == 0)
		return;
	for (const char *at = first; *at && alone; at += dockerfile_word(at)) {
		at += strspn(at, " \t");
		alone = !*at || starts_with(at, "<<");
	}
	if (alone) {
		strbuf_reset(&script->text);
		script->n_lines = 0;
	}
	for (size_t i = 0; i < instruction->n_heres; i++) {
		const struct here_document *here = &instruction->heres[i];

		append_script(script, &here->script);
		if (alone)
			continue;
		dockerfile_script_line(script, here->script.n_lines ? here->script.lines[here->script.n_lines - 1] : instruction->line);
		strbuf_addf(&script->text, "%s\n", here->name);
	}
}

/* ---- instructions ---- */

/* "--mount=type=cache,target=/x --network=none": options of RUN itself. */
static size_t flags_length(const char *arguments)
{
	size_t n = strspn(arguments, " \t");

	while (starts_with(arguments + n, "--")) {
		n += dockerfile_word(arguments + n);
		n += strspn(arguments + n, " \t\\\n");
	}
	return n;
}

static void add_piece(struct instruction *instruction, struct strbuf *joined, const char *text, size_t length, unsigned int line, bool more)
{
	dockerfile_script_line(&instruction->script, line);
	strbuf_add(&instruction->script.text, text, length);
	strbuf_add_string(&instruction->script.text, more ? "\\\n" : "\n");
	strbuf_add(joined, text, length);
}

static void finish(struct parse *parse, struct instruction *instruction, struct strbuf *joined)
{
	bool run = streq(instruction->name, "RUN");
	size_t flags = run ? flags_length(joined->buf) : 0;

	/* In the script they are blanks, so that its lines stay. */
	for (size_t i = 0, left = flags; run && left > 0 && i < instruction->script.text.len; i++) {
		char *c = &instruction->script.text.buf[i];

		if (*c == '\\' && c[1] == '\n') {
			i++;
			continue;
		}
		*c = ' ';
		left--;
	}
	instruction->arguments = xstrdup(joined->buf + flags);
	if (run || streq(instruction->name, "COPY") || streq(instruction->name, "ADD"))
		take_heres(parse, instruction);
	if (run)
		place_heres(instruction);
}

static void take_instruction(struct parse *parse, struct line line)
{
	CLEANUP(strbuf_release) struct strbuf joined = STRBUF_INIT;
	struct instruction instruction = {
		.line = line.number, .index = (uint32_t)parse->index, .script = { .text = STRBUF_INIT },
	};
	size_t begin = blanks(&line), name = begin, length;
	bool more = continues(parse, &line, &length);

	while (name < length && line.text[name] != ' ' && line.text[name] != '\t')
		name++;
	instruction.name = xstrndup(line.text + begin, name - MIN(begin, name));
	for (char *c = instruction.name; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	add_piece(&instruction, &joined, line.text + name, length - MIN(name, length), line.number, more);
	while (more && take_line(parse, &line)) {
		if (is_comment(&line) || blanks(&line) == line.length)
			continue;
		more = continues(parse, &line, &length);
		add_piece(&instruction, &joined, line.text, length, line.number, more);
	}
	finish(parse, &instruction, &joined);
	GROW(parse->file->instructions, parse->file->capacity, parse->file->count + 1);
	parse->file->instructions[parse->file->count++] = instruction;
}

void dockerfile_parse(struct dockerfile *file, const struct proposed_text *text)
{
	struct parse parse = { .file = file, .text = text, .at = text->text, .end = text->text + text->length, .escape = '\\' };
	bool directives = true;
	struct line line;

	while (take_line(&parse, &line)) {
		if (is_comment(&line)) {
			if (directives)
				read_directive(&parse, &line);
			continue;
		}
		directives = false;
		if (blanks(&line) < line.length)
			take_instruction(&parse, line);
	}
	for (size_t i = 0; i < file->count; i++)
		if (streq(file->instructions[i].name, "FROM"))
			file->last_stage = &file->instructions[i];
}
