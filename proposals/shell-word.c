/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the shell and what stands in them (XCU 2.2 Quoting, 2.6 Word Expansions): "a$b"'c'\d$(e)${f:-g}$((h)). */
#include <ctype.h>

#include "shell-lex.h"

/* Where a part stands: what ends it, and which characters mean something. */
enum context {
	IN_WORD,
	IN_TEST,		/* of [[ … ]] */
	IN_MATCH,		/* of [[ … =~ … ]] */
	IN_QUOTES,		/* "…" */
	IN_BRACES,		/* ${name:-…} */
	IN_QUOTED_BRACES,	/* "${name:-…}" */
	IN_DOCUMENT,		/* a here-document */
	IN_ARITHMETIC,		/* $((…)) */
	CONTEXT_COUNT,
};

static const struct context_rules {
	const char *ends;	/* with any of them, outside of parentheses */
	const char *special;	/* what begins something else */
	const char *escaped;	/* after a backslash; NULL: anything */
	bool quoted;		/* what stands there is neither split nor a pattern */
} rules[CONTEXT_COUNT] = {
	[IN_WORD] = { " \t\n;&|<>()", "\\'\"$`", NULL, false },
	[IN_TEST] = { " \t\n;&|<>()", "\\'\"$`", NULL, false },
	[IN_MATCH] = { " \t\n;&|<>()", "\\'\"$`", NULL, false },
	[IN_QUOTES] = { "\"", "\\$`", "$`\"\\\n", true },
	[IN_BRACES] = { "}", "\\'\"$`", NULL, false },
	[IN_QUOTED_BRACES] = { "}", "\\\"$`", "$`\"\\}\n", true },
	[IN_DOCUMENT] = { "", "\\$`", "$`\\\n", true },
	[IN_ARITHMETIC] = { "", "\\$`", "$`\\\n", false },
};

struct parts {
	struct shell_part *first, **end;
};

#define PARTS(name) struct parts name = { .first = NULL, .end = &(name).first }

static struct shell_part *add_part(struct shell_parser *p, struct parts *parts, enum shell_part_kind kind, const char *text,
				   size_t length)
{
	struct shell_part *part = shell_alloc(p, sizeof(*part));

	part->kind = kind;
	part->text = text;
	part->length = (uint32_t)length;
	part->line = p->line;
	*parts->end = part;
	parts->end = &part->next;
	return part;
}

static void parse_parts(struct shell_parser *p, struct parts *parts, enum context context);

size_t shell_name_length(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && (isalnum((unsigned char)text[n]) || text[n] == '_'))
		n++;
	return n > 0 && isdigit((unsigned char)text[0]) ? 0 : n;
}

/* ---- quotes ---- */

static void parse_single(struct shell_parser *p, struct parts *parts)
{
	uint32_t line = p->line;
	const char *start = p->at + 1, *end = memchr(start, '\'', (size_t)(p->end - start));

	if (!end) {
		shell_fail(p, line, "the quotation that ' begins is not closed");
		return;
	}
	(void)add_part(p, parts, SHELL_PART_QUOTED, start, (size_t)(end - start));
	shell_pass(p, (size_t)(end + 1 - p->at));
}

static void parse_double(struct shell_parser *p, struct parts *parts)
{
	uint32_t line = p->line;

	if (!shell_enter(p))
		return;
	shell_pass(p, 1);
	(void)add_part(p, parts, SHELL_PART_QUOTED, p->at, 0);
	parse_parts(p, parts, IN_QUOTES);
	if (p->at == p->end)
		shell_fail(p, line, "the quotation that \" begins is not closed");
	else
		shell_pass(p, 1);
	shell_leave(p);
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* At most most digits of this base after *at. */
static unsigned int scan_digits(const char **at, const char *end, int base, int most)
{
	unsigned int value = 0;

	for (; most > 0 && *at < end && digit_value(**at) < base; most--, (*at)++)
		value = value * (unsigned int)base + (unsigned int)digit_value(**at);
	return value;
}

static void add_utf8(struct strbuf *out, unsigned int c)
{
	if (c >= 0x800) {
		strbuf_add_char(out, (char)(0xe0 | (c >> 12 & 0x0f)));
		strbuf_add_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
		strbuf_add_char(out, (char)(0x80 | (c & 0x3f)));
	} else if (c >= 0x80) {
		strbuf_add_char(out, (char)(0xc0 | c >> 6));
		strbuf_add_char(out, (char)(0x80 | (c & 0x3f)));
	} else {
		strbuf_add_char(out, (char)c);
	}
}

/* at: after a backslash; returns what follows. */
static const char *decode_escape(const char *at, const char *end, struct strbuf *out)
{
	static const char names[] = "abeEfnrtv", values[] = "\a\b\033\033\f\n\r\t\v";
	char c = *at++;
	const char *name = strchr(names, c);

	if (name && c)
		strbuf_add_char(out, values[name - names]);
	else if (c == 'x')
		strbuf_add_char(out, (char)scan_digits(&at, end, 16, 2));
	else if (c == 'u')
		add_utf8(out, scan_digits(&at, end, 16, 4));
	else if (c >= '0' && c <= '7' && at--)
		strbuf_add_char(out, (char)scan_digits(&at, end, 8, 3));
	else {
		if (!strchr("\\'\"?", c))
			strbuf_add_char(out, '\\');
		strbuf_add_char(out, c);
	}
	return at;
}

/* $'a\tb' */
static void parse_ansi(struct shell_parser *p, struct parts *parts)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *at = p->at + 2;

	while (at < p->end && *at != '\'') {
		if (*at == '\\' && at + 1 < p->end)
			at = decode_escape(at + 1, p->end, &text);
		else
			strbuf_add_char(&text, *at++);
	}
	if (at == p->end) {
		shell_fail(p, p->line, "the quotation that $' begins is not closed");
		return;
	}
	/* A zero byte ends the string. */
	(void)add_part(p, parts, SHELL_PART_QUOTED, arena_strdup(p->arena, text.buf), strlen(text.buf));
	shell_pass(p, (size_t)(at + 1 - p->at));
}

/* false: the backslash is a character like any other. */
static bool parse_escape(struct shell_parser *p, struct parts *parts, const struct context_rules *rule)
{
	char c = p->at + 1 < p->end ? p->at[1] : '\0';

	if (!c || (rule->escaped && !strchr(rule->escaped, c)))
		return false;
	if (c != '\n')
		(void)add_part(p, parts, SHELL_PART_QUOTED, p->at + 1, 1);
	shell_pass(p, 2);
	return true;
}

/* ---- commands and arithmetic in words ---- */

/* What is left of the text is set aside while a part of it, or another text, is parsed. */
struct set_aside {
	const char *at, *end;
	uint32_t line;
};

static struct set_aside narrow(struct shell_parser *p, const char *text, size_t length)
{
	struct set_aside aside = { .at = p->at, .end = p->end, .line = p->line };

	p->at = text;
	p->end = text + length;
	return aside;
}

static void widen(struct shell_parser *p, const struct set_aside *aside)
{
	p->at = p->failed ? aside->end : aside->at;
	p->end = aside->end;
	p->line = aside->line;
}

/* Whether the text up to ")" and another one at once is an arithmetic expression: its length. */
static bool find_arithmetic(struct shell_parser *p, const char *start, size_t *ret_length)
{
	unsigned int open = 0;

	for (const char *at = start; at < p->end && p->rescans > 0; at++, p->rescans--) {
		if (*at == '\\' && at + 1 < p->end)
			at++;
		else if (*at == '(')
			open++;
		else if (*at == ')' && open > 0)
			open--;
		else if (*at == ')') {
			*ret_length = (size_t)(at - start);
			return at + 1 < p->end && at[1] == ')';
		}
	}
	return false;
}

bool shell_parse_arithmetic(struct shell_parser *p, struct shell_part **ret_expression, const char **ret_text,
			    uint32_t *ret_length)
{
	PARTS(parts);
	struct set_aside aside;
	const char *start = p->at;
	size_t length;

	if (!find_arithmetic(p, start, &length) || !shell_enter(p))
		return false;
	aside = narrow(p, start, length);
	parse_parts(p, &parts, IN_ARITHMETIC);
	widen(p, &aside);
	shell_leave(p);
	*ret_expression = parts.first;
	*ret_text = start;
	*ret_length = (uint32_t)length;
	if (!p->failed)
		shell_pass(p, length + 2);
	return true;
}

static void set_source(struct shell_part *part, const char *start, const char *end)
{
	part->source = start;
	part->source_length = (uint32_t)(end - start);
}

/* $(( expression )) */
static bool parse_expression(struct shell_parser *p, struct parts *parts, bool quoted)
{
	const char *start = p->at, *text;
	uint32_t length, line = p->line;
	struct shell_part *expression, *part;

	shell_pass(p, 3);
	if (!shell_parse_arithmetic(p, &expression, &text, &length)) {
		if (!p->failed)
			p->at = start;
		return false;
	}
	part = add_part(p, parts, SHELL_PART_ARITHMETIC, text, length);
	part->line = line;
	part->quoted = quoted;
	part->word = expression;
	set_source(part, start, p->at);
	return true;
}

/* Where a part begins that spans several lines is where its first character stands. */
static void add_script(struct shell_parser *p, struct parts *parts, const struct shell_part *found)
{
	struct shell_part *part = add_part(p, parts, found->kind, found->text, found->length);

	part->line = found->line;
	part->quoted = found->quoted;
	part->script = found->script;
	part->source = found->source;
	part->source_length = found->source_length;
}

/* $(…), <(…) and >(…): two characters, a list and a parenthesis. */
static void parse_command(struct shell_parser *p, struct parts *parts, enum shell_part_kind kind, bool quoted)
{
	struct shell_part part = { .kind = kind, .line = p->line, .quoted = quoted, .text = p->at };

	if (!shell_enter(p))
		return;
	shell_pass(p, 2);
	part.script = shell_parse_list(p);
	if (shell_peek(p) == ')')
		shell_pass(p, 1);
	else if (p->at < p->end)
		shell_fail(p, p->line, "'%c' where a command or ')' is expected; '%.2s' stands at line %u", *p->at, part.text,
			   part.line);
	else
		shell_fail(p, part.line, "the parenthesis that %.2s begins is not closed", part.text);
	part.length = (uint32_t)(p->at - part.text);
	set_source(&part, part.text, p->at);
	add_script(p, parts, &part);
	shell_leave(p);
}

/* Within `…`, a backslash before $, ` or another one goes; in "…" also before ". */
static char *unescape_backquotes(struct shell_parser *p, const char *start, const char *end, bool quoted, size_t *ret_length)
{
	char *text = arena_alloc(p->arena, (size_t)(end - start) + 1), *out = text;

	for (const char *at = start; at < end; at++) {
		if (*at == '\\' && at + 1 < end && strchr(quoted ? "$`\\\"" : "$`\\", at[1]))
			at++;
		*out++ = *at;
	}
	*ret_length = (size_t)(out - text);
	return text;
}

static void parse_backquotes(struct shell_parser *p, struct parts *parts, bool quoted)
{
	struct shell_part part = { .kind = SHELL_PART_COMMAND, .line = p->line, .quoted = quoted, .text = p->at };
	const char *start = p->at + 1, *end = start;
	struct set_aside aside;
	size_t length, pending = p->n_pending;

	while (end < p->end && *end != '`')
		end += *end == '\\' && end + 1 < p->end ? 2 : 1;
	if (end == p->end) {
		shell_fail(p, p->line, "the command that ` begins is not closed");
		return;
	}
	if (!shell_enter(p))
		return;
	aside = narrow(p, unescape_backquotes(p, start, end, quoted, &length), 0);
	p->end = p->at + length;
	part.script = shell_parse_list(p);
	if (!p->failed && p->at < p->end)
		shell_fail(p, p->line, "'%c' where a command is expected", *p->at);
	/* bash reads it when it comes there: a mistake in it leaves nothing of it, and the script goes on. */
	if (p->failed && p->dialect == SHELL_BASH && !p->exceeded) {
		p->failed = false;
		p->n_pending = pending;
		part.script = NULL;
	}
	widen(p, &aside);
	if (!p->failed)
		shell_pass(p, (size_t)(end + 1 - p->at));
	part.length = (uint32_t)(end + 1 - part.text);
	set_source(&part, part.text, end + 1);
	add_script(p, parts, &part);
	shell_leave(p);
}

/* ---- parameters ---- */

static const struct operator_name {
	char text[3];
	unsigned char operator;
} operators[] = {
	{ "##", SHELL_LONGEST_PREFIX }, { "%%", SHELL_LONGEST_SUFFIX }, { "#", SHELL_PREFIX },	  { "%", SHELL_SUFFIX },
	{ "-", SHELL_DEFAULT },		{ "=", SHELL_ASSIGN },		{ "?", SHELL_ERROR }, { "+", SHELL_ALTERNATIVE },
};

static void parse_operator(struct shell_parser *p, struct shell_part *part)
{
	bool colon = *p->at == ':' && p->at + 1 < p->end && strchr("-=?+", p->at[1]);

	part->operator = SHELL_OTHER;
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		size_t length = strlen(operators[i].text);

		if (colon && !strchr("-=?+", operators[i].text[0]))
			continue;
		if ((size_t)(p->end - p->at) >= length + colon && memcmp(p->at + colon, operators[i].text, length) == 0) {
			part->operator = operators[i].operator;
			part->colon = colon;
			shell_pass(p, length + colon);
			return;
		}
	}
}

static size_t parameter_length(const char *text, size_t length)
{
	size_t n = shell_name_length(text, length);

	if (n > 0 || length == 0)
		return n;
	while (n < length && isdigit((unsigned char)text[n]))
		n++;
	return n > 0 ? n : (size_t)(strchr("@*#?-$!", text[0]) != NULL);
}

/* After "${": an optional "#", the name. */
static void parse_name(struct shell_parser *p, struct shell_part *part)
{
	size_t left = (size_t)(p->end - p->at), n;

	if (left > 1 && p->at[0] == '#' && parameter_length(p->at + 1, left - 1) > 0 && !strchr("-?", p->at[1])) {
		part->operator = SHELL_LENGTH;
		shell_pass(p, 1);
		left--;
	}
	n = left > 0 && p->at[0] == '!' && left > 1 && p->at[1] != '}' ? 0 : parameter_length(p->at, left);
	part->text = p->at;
	part->length = (uint32_t)n;
	shell_pass(p, n);
	if (n == 0)
		part->operator = SHELL_OTHER;
}

/* ${name:-word} */
static void parse_braced(struct shell_parser *p, struct parts *parts, bool quoted)
{
	const char *start = p->at;
	struct shell_part *part = add_part(p, parts, SHELL_PART_PARAMETER, start, 0);
	bool literal;

	if (!shell_enter(p))
		return;
	part->quoted = quoted;
	shell_pass(p, 2);
	parse_name(p, part);
	if (p->at < p->end && *p->at != '}') {
		PARTS(word);

		if (part->operator == SHELL_PLAIN)
			parse_operator(p, part);
		else
			part->operator = SHELL_OTHER;
		/* In "${x:-'a'}" a single quote is a character, in "${x#'a'}" it quotes. */
		literal = part->operator >= SHELL_DEFAULT && part->operator <= SHELL_ALTERNATIVE;
		parse_parts(p, &word, quoted && literal ? IN_QUOTED_BRACES : IN_BRACES);
		part->word = word.first;
	}
	if (p->at < p->end)
		shell_pass(p, 1);
	else
		shell_fail(p, part->line, "the brace that ${ begins is not closed");
	set_source(part, start, p->at);
	shell_leave(p);
}

/* $name; false: the dollar sign stands for itself. */
static bool parse_parameter(struct shell_parser *p, struct parts *parts, bool quoted)
{
	const char *name = p->at + 1;
	size_t n = parameter_length(name, (size_t)(p->end - name));
	struct shell_part *part;

	if (n == 0)
		return false;
	/* $12 is $1 and a 2. */
	if (isdigit((unsigned char)*name))
		n = 1;
	part = add_part(p, parts, SHELL_PART_PARAMETER, name, n);
	part->quoted = quoted;
	set_source(part, p->at, name + n);
	shell_pass(p, n + 1);
	return true;
}

static bool parse_dollar(struct shell_parser *p, struct parts *parts, enum context context)
{
	bool quoted = rules[context].quoted, words = strchr(rules[context].special, '\'') != NULL;
	char c = p->at + 1 < p->end ? p->at[1] : '\0';

	if (c == '(') {
		bool twice = p->at + 2 < p->end && p->at[2] == '(';

		if (!twice || !parse_expression(p, parts, quoted))
			parse_command(p, parts, SHELL_PART_COMMAND, quoted);
		return true;
	}
	if (c == '{')
		parse_braced(p, parts, quoted);
	else if (words && p->dialect == SHELL_BASH && c == '\'')
		parse_ansi(p, parts);
	else if (words && p->dialect == SHELL_BASH && c == '"')
		shell_pass(p, 1);
	else
		return parse_parameter(p, parts, quoted);
	return true;
}

/* ---- all of them ---- */

static bool is_process(const struct shell_parser *p, enum context context)
{
	return context == IN_WORD && p->dialect == SHELL_BASH && p->end - p->at > 1 && (*p->at == '<' || *p->at == '>') &&
	       p->at[1] == '(';
}

/* Characters that mean nothing here. */
static void parse_plain(struct shell_parser *p, struct parts *parts, enum context context)
{
	const struct context_rules *rule = &rules[context];
	const char *start = p->at;
	size_t n = 1;	/* the first is a special one that turned out to stand for itself, or plain */

	while (start + n < p->end && !strchr(rule->special, start[n]) && !strchr(rule->ends, start[n]))
		n++;
	(void)add_part(p, parts, rule->quoted ? SHELL_PART_QUOTED : SHELL_PART_TEXT, start, n);
	shell_pass(p, n);
}

/* One part, whatever it is; false: the character stands for itself. */
static bool parse_special(struct shell_parser *p, struct parts *parts, enum context context)
{
	const struct context_rules *rule = &rules[context];

	if (!strchr(rule->special, *p->at))
		return false;
	switch (*p->at) {
	case '\\':
		return parse_escape(p, parts, rule);
	case '\'':
		parse_single(p, parts);
		return true;
	case '"':
		parse_double(p, parts);
		return true;
	case '`':
		parse_backquotes(p, parts, rule->quoted);
		return true;
	default:
		return parse_dollar(p, parts, context);
	}
}

/* @(a|b), where extglob is on. */
static bool is_extended(const struct shell_parser *p, const struct parts *parts, enum context context)
{
	return p->extended && context == IN_WORD && parts->first && strchr("?*+@!", p->at[-1]);
}

/* [[ $x =~ ^(a|b)$ ]]: parentheses and what is between them belong to the word; and so does the bar of ^a$|^b$. */
static bool parse_group(struct shell_parser *p, struct parts *parts, enum context context, unsigned int *open)
{
	bool begins = *p->at == '(' && (context == IN_MATCH || (context == IN_TEST && parts->first) || is_extended(p, parts, context));

	if (context == IN_MATCH && *p->at == '|' && parts->first)
		begins = true;
	if (!begins && (*open == 0 || !strchr("()|<>&; \t", *p->at)))
		return false;
	if (*p->at == '(')
		(*open)++;
	else if (*p->at == ')')
		(*open)--;
	(void)add_part(p, parts, SHELL_PART_TEXT, p->at, 1);
	shell_pass(p, 1);
	return true;
}

static void parse_parts(struct shell_parser *p, struct parts *parts, enum context context)
{
	const char *ends = rules[context].ends;
	unsigned int open = 0;

	while (p->at < p->end) {
		if (is_process(p, context)) {
			parse_command(p, parts, SHELL_PART_PROCESS, false);
			continue;
		}
		if (parse_group(p, parts, context, &open))
			continue;
		if (strchr(ends, *p->at))
			break;
		if (!parse_special(p, parts, context))
			parse_plain(p, parts, context);
	}
}

struct shell_word *shell_parse_word(struct shell_parser *p, enum shell_word_place place)
{
	static const enum context contexts[] = { IN_WORD, IN_TEST, IN_MATCH };
	enum context context = contexts[place];
	const char *start;
	struct shell_word *word;
	PARTS(parts);

	if (!shell_peek(p) || (strchr(rules[context].ends, *p->at) && !is_process(p, context) &&
			       !(context == IN_MATCH && *p->at == '(')))
		return NULL;
	word = shell_alloc(p, sizeof(*word));
	word->line = p->line;
	start = word->source = p->at;
	parse_parts(p, &parts, context);
	word->parts = parts.first;
	word->length = (uint32_t)(p->at - start);
	return word;
}

struct shell_part *shell_parse_document(struct shell_parser *p)
{
	PARTS(parts);

	parse_parts(p, &parts, IN_DOCUMENT);
	return parts.first;
}

void shell_unquoted(const struct shell_part *parts, struct strbuf *out, bool *ret_quoted)
{
	*ret_quoted = false;
	for (; parts; parts = parts->next) {
		if (parts->kind == SHELL_PART_TEXT || parts->kind == SHELL_PART_QUOTED)
			strbuf_add(out, parts->text, parts->length);
		else
			strbuf_add(out, parts->source, parts->source_length);
		*ret_quoted |= parts->kind == SHELL_PART_QUOTED;
	}
}
