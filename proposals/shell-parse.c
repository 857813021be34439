/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of the shell (XCU 2.9, 2.10): lists, pipelines, compound commands, redirections, here-documents. */
#include "shell-parse.h"

#include <ctype.h>
#include <stdarg.h>

#include "shell-lex.h"

/* ---- the text ---- */

/* Whether a line that is no comment says "shopt -s extglob", or the first one "#!/bin/bash -O extglob".  bash looks at each line with what
 * those before it have switched. */
static bool switches_patterns_on(const char *text)
{
	const char *option = text;

	while ((option = strstr(option, "extglob")) != NULL) {
		const char *begin = option, *word;
		bool first;

		while (begin > text && begin[-1] != '\n')
			begin--;
		first = begin == text && starts_with(text, "#!");
		begin += strspn(begin, " \t");
		word = first ? "-O" : "shopt";
		if ((first || *begin != '#') && memmem(begin, (size_t)(option - begin), word, strlen(word)))
			return true;
		option += strcspn(option, "\n");
	}
	return false;
}

struct shell_parser *shell_parser_new(const char *text, size_t length, enum shell_dialect dialect)
{
	struct shell_parser *p = xcalloc(1, sizeof(*p));
	char *out = p->copy = xmalloc(length + 1);

	for (size_t i = 0; i < length; i++)
		if (text[i])
			*out++ = text[i];
	*out = '\0';
	p->zeros = length - (size_t)(out - p->copy);
	p->at = p->copy;
	p->end = out;
	p->line = 1;
	p->dialect = dialect;
	p->rescans = 4 * length + 4096;
	p->extended = dialect == SHELL_BASH && switches_patterns_on(p->copy);
	return p;
}

void shell_parser_free(struct shell_parser *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->pending_capacity; i++)
		strbuf_release(&p->pending[i].delimiter);
	free(p->pending);
	free(p->copy);
	arena_release(&p->kept);
	free(p);
}

const struct shell_error *shell_parser_error(const struct shell_parser *p)
{
	return p->failed ? &p->error : NULL;
}

bool shell_parser_has_functions(const struct shell_parser *p)
{
	return p->functions;
}

size_t shell_parser_zeros(const struct shell_parser *p)
{
	return p->zeros;
}

void shell_fail(struct shell_parser *p, uint32_t line, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	va_list arguments;

	if (p->failed)
		return;
	va_start(arguments, format);
	strbuf_vaddf(&why, format, arguments);
	va_end(arguments);
	p->failed = true;
	p->error = (struct shell_error){ .line = line, .noticed = p->line, .why = arena_strdup(&p->kept, why.buf) };
	p->at = p->end;
}

bool shell_enter(struct shell_parser *p)
{
	p->exceeded |= p->depth == SHELL_NESTING_MAX;
	if (p->depth == SHELL_NESTING_MAX)
		shell_fail(p, p->line, "commands and words are nested more than %d deep", SHELL_NESTING_MAX);
	if (p->failed)
		return false;
	p->depth++;
	return true;
}

void shell_leave(struct shell_parser *p)
{
	p->depth--;
}

void *shell_alloc(struct shell_parser *p, size_t size)
{
	p->exceeded |= ++p->pieces > SHELL_PIECES_MAX;
	if (p->pieces > SHELL_PIECES_MAX)
		shell_fail(p, p->line, "a command has more than %d words and redirections", SHELL_PIECES_MAX);
	return arena_alloc(p->arena, size);
}

void shell_pass(struct shell_parser *p, size_t count)
{
	for (const char *end = p->at + count; p->at < end; p->at++)
		p->line += *p->at == '\n';
}

char shell_peek(struct shell_parser *p)
{
	while (p->end - p->at > 1 && p->at[0] == '\\' && p->at[1] == '\n')
		shell_pass(p, 2);
	return p->at < p->end ? *p->at : '\0';
}

bool shell_at(struct shell_parser *p, const char *text)
{
	size_t length = strlen(text);

	(void)shell_peek(p);
	return (size_t)(p->end - p->at) >= length && memcmp(p->at, text, length) == 0;
}

bool shell_is_metacharacter(char c)
{
	return strchr(" \t\n;&|<>()", c) != NULL;
}

void shell_skip_blanks(struct shell_parser *p)
{
	while (shell_peek(p) == ' ' || (p->at < p->end && *p->at == '\t'))
		shell_pass(p, 1);
	if (p->at < p->end && *p->at == '#') {
		const char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));

		p->at = newline ? newline : p->end;
	}
}

/* ---- here-documents ---- */

static bool ends_with_backslash(const char *start, const char *end)
{
	size_t n = 0;

	while (end > start && *--end == '\\')
		n++;
	return n % 2 == 1;
}

/* The end of the document; *ret_next: after the line that ends it. */
static const char *find_delimiter(struct shell_parser *p, const struct shell_pending *pending, const char **ret_next)
{
	const struct shell_redirection *redirection = pending->redirection;
	bool continued = false;

	for (const char *line = p->at; line < p->end;) {
		const char *newline = memchr(line, '\n', (size_t)(p->end - line));
		const char *end = newline ? newline : p->end, *text = line;

		while (redirection->strip_tabs && text < end && *text == '\t')
			text++;
		if (!continued && (size_t)(end - text) == pending->delimiter.len &&
		    memcmp(text, pending->delimiter.buf, pending->delimiter.len) == 0) {
			*ret_next = newline ? newline + 1 : p->end;
			return line;
		}
		continued = !redirection->literal && ends_with_backslash(line, end);
		line = newline ? newline + 1 : p->end;
	}
	pending->redirection->unterminated = true;
	*ret_next = p->end;
	return p->end;
}

/* <<- takes the tabs at the beginning of each line away. */
static const char *strip_tabs(struct shell_parser *p, const char *start, const char *end, size_t *ret_length)
{
	char *text = arena_alloc(p->arena, (size_t)(end - start) + 1), *out = text;
	bool begins = true;

	for (const char *at = start; at < end; at++) {
		if (begins && *at == '\t')
			continue;
		begins = *at == '\n';
		*out++ = *at;
	}
	*ret_length = (size_t)(out - text);
	return text;
}

static void read_document(struct shell_parser *p, struct shell_pending *pending)
{
	struct shell_redirection *redirection = pending->redirection;
	const char *next, *all = p->end, *start = p->at, *end = find_delimiter(p, pending, &next);
	size_t length = (size_t)(end - start);
	uint32_t line = p->line;

	if (redirection->strip_tabs)
		start = strip_tabs(p, start, end, &length);
	if (redirection->literal) {
		redirection->body = shell_alloc(p, sizeof(*redirection->body));
		*redirection->body = (struct shell_part){ .kind = SHELL_PART_QUOTED, .text = start, .length = (uint32_t)length,
							  .line = line };
	} else if (shell_enter(p)) {
		const char *resume = p->at;
		size_t outer = p->outer_pending;

		p->outer_pending = p->n_pending;
		p->at = start;
		p->end = start + length;
		redirection->body = shell_parse_document(p);
		p->at = p->failed ? all : resume;
		p->end = all;
		p->line = p->failed ? p->line : line;
		p->outer_pending = outer;
		shell_leave(p);
	}
	if (!p->failed)
		shell_pass(p, (size_t)(next - p->at));
}

/* A new line: the documents that the line before it began stand there. */
static void pass_newline(struct shell_parser *p, size_t first_pending)
{
	shell_pass(p, 1);
	for (size_t i = first_pending; i < p->n_pending && !p->failed; i++)
		read_document(p, &p->pending[i]);
	p->n_pending = MIN(p->n_pending, first_pending);
}

static void expect_document(struct shell_parser *p, struct shell_redirection *redirection)
{
	struct shell_pending *pending;
	size_t before = p->pending_capacity;
	bool quoted;

	GROW(p->pending, p->pending_capacity, p->n_pending + 1);
	for (size_t i = before; i < p->pending_capacity; i++)
		p->pending[i] = (struct shell_pending){ .delimiter = STRBUF_INIT };
	pending = &p->pending[p->n_pending++];
	pending->redirection = redirection;
	strbuf_reset(&pending->delimiter);
	shell_unquoted(redirection->word->parts, &pending->delimiter, &quoted);
	redirection->literal = quoted;
}

/* ---- redirections ---- */

static const struct redirection_name {
	const char *text;
	unsigned char kind;
	bool bash;
} redirection_names[] = {
	{ "&>>", SHELL_APPEND_BOTH, true },
	{ "&>", SHELL_WRITE_BOTH, true },
	{ "<<<", SHELL_HERE_STRING, true },
	{ "<<-", SHELL_HERE_DOCUMENT, false },
	{ "<<", SHELL_HERE_DOCUMENT, false },
	{ "<&", SHELL_COPY_INPUT, false },
	{ "<>", SHELL_READ_WRITE, false },
	{ "<", SHELL_READ, false },
	{ ">>", SHELL_APPEND, false },
	{ ">&", SHELL_COPY_OUTPUT, false },
	{ ">|", SHELL_CLOBBER, false },
	{ ">", SHELL_WRITE, false },
};

/* "2>" and "{name}>": the length of what stands before the operator. */
static size_t descriptor_length(const struct shell_parser *p)
{
	const char *at = p->at;
	size_t n;

	while (at < p->end && isdigit((unsigned char)*at))
		at++;
	if (at == p->at && at < p->end && *at == '{' && p->dialect == SHELL_BASH) {
		n = shell_name_length(at + 1, (size_t)(p->end - at - 1));
		if (n > 0 && at + n + 1 < p->end && at[n + 1] == '}')
			at += n + 2;
	}
	return at < p->end && (*at == '<' || *at == '>') ? (size_t)(at - p->at) : 0;
}

static const struct redirection_name *redirection_at(struct shell_parser *p, size_t skip)
{
	const char *at = p->at + skip;
	size_t left = (size_t)(p->end - at);

	/* <(…) is a word. */
	if (p->dialect == SHELL_BASH && skip == 0 && left > 1 && at[1] == '(' && (*at == '<' || *at == '>'))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(redirection_names); i++) {
		const struct redirection_name *name = &redirection_names[i];

		if (name->bash && p->dialect != SHELL_BASH)
			continue;
		if (left >= strlen(name->text) && memcmp(at, name->text, strlen(name->text)) == 0)
			return name;
	}
	return NULL;
}

/* false: none stands here. */
static bool parse_redirection(struct shell_parser *p, struct shell_redirection ***end)
{
	size_t skip = shell_peek(p) ? descriptor_length(p) : 0;
	const struct redirection_name *name = p->at < p->end ? redirection_at(p, skip) : NULL;
	struct shell_redirection *redirection;

	if (!name)
		return false;
	redirection = shell_alloc(p, sizeof(*redirection));
	redirection->kind = name->kind;
	redirection->line = p->line;
	redirection->strip_tabs = streq(name->text, "<<-");
	redirection->descriptor = skip == 0 ? -1 : *p->at == '{' ? -2 : skip > 4 ? 9999 : atoi(p->at);
	shell_pass(p, skip + strlen(name->text));
	shell_skip_blanks(p);
	redirection->word = shell_parse_word(p, WORD_OF_COMMAND);
	if (!redirection->word) {
		shell_fail(p, redirection->line, "a word is expected after %s", name->text);
		return true;
	}
	if (redirection->kind == SHELL_HERE_DOCUMENT)
		expect_document(p, redirection);
	**end = redirection;
	*end = &redirection->next;
	return true;
}

static void parse_redirections(struct shell_parser *p, struct shell_node *node)
{
	struct shell_redirection **end = &node->redirections;

	while (*end)
		end = &(*end)->next;
	do
		shell_skip_blanks(p);
	while (parse_redirection(p, &end) && !p->failed);
}

/* ---- reserved words ---- */

enum reserved {
	NOT_RESERVED,
	R_IF, R_THEN, R_ELIF, R_ELSE, R_FI, R_WHILE, R_UNTIL, R_FOR, R_SELECT, R_DO, R_DONE, R_CASE, R_IN, R_ESAC, R_OPEN,
	R_CLOSE, R_NOT, R_FUNCTION, R_TIME, R_COPROC, R_TEST, R_TEST_END,
};

static const struct reserved_word {
	const char *text;
	enum reserved word;
	bool closes;		/* it ends the list before it */
	bool bash;
} reserved_words[] = {
	{ "if", R_IF, false, false },
	{ "then", R_THEN, true, false },
	{ "elif", R_ELIF, true, false },
	{ "else", R_ELSE, true, false },
	{ "fi", R_FI, true, false },
	{ "while", R_WHILE, false, false },
	{ "until", R_UNTIL, false, false },
	{ "for", R_FOR, false, false },
	{ "select", R_SELECT, false, true },
	{ "do", R_DO, true, false },
	{ "done", R_DONE, true, false },
	{ "case", R_CASE, false, false },
	{ "in", R_IN, true, false },
	{ "esac", R_ESAC, true, false },
	{ "{", R_OPEN, false, false },
	{ "}", R_CLOSE, true, false },
	{ "!", R_NOT, false, false },
	{ "function", R_FUNCTION, false, true },
	{ "time", R_TIME, false, true },
	{ "coproc", R_COPROC, false, true },
	{ "[[", R_TEST, false, true },
	{ "]]", R_TEST_END, false, true },
};

static const struct reserved_word *reserved_at(struct shell_parser *p)
{
	size_t n = 0;

	if (!shell_peek(p))
		return NULL;
	while (n < 10 && p->at + n < p->end && !shell_is_metacharacter(p->at[n]))
		n++;
	for (size_t i = 0; i < ARRAY_SIZE(reserved_words); i++) {
		const struct reserved_word *word = &reserved_words[i];

		if (strlen(word->text) == n && memcmp(word->text, p->at, n) == 0 && (!word->bash || p->dialect == SHELL_BASH))
			return word;
	}
	return NULL;
}

static bool at_reserved(struct shell_parser *p, enum reserved word)
{
	const struct reserved_word *found = reserved_at(p);

	return found && found->word == word;
}

/* What stands at the cursor, for a message. */
static void fail_here(struct shell_parser *p, const char *expected, uint32_t since)
{
	size_t n = 0;

	if (p->failed)
		return;
	if (shell_peek(p) == '\n') {
		shell_fail(p, p->line, "the line ends where %s is expected", expected);
		return;
	}
	while (p->at + n < p->end && n < 20 && (n == 0 || !shell_is_metacharacter(p->at[n])))
		n++;
	if (n == 0)
		shell_fail(p, since, "%s is missing: the text ends before it", expected);
	else
		shell_fail(p, p->line, "'%.*s' stands where %s is expected", (int)n, p->at, expected);
}

/* Passes the word, or fails.  what: for the message. */
static bool expect(struct shell_parser *p, enum reserved word, const char *what, uint32_t since)
{
	const struct reserved_word *found;

	shell_skip_blanks(p);
	found = reserved_at(p);
	if (found && found->word == word) {
		shell_pass(p, strlen(found->text));
		return true;
	}
	fail_here(p, what, since);
	return false;
}

static void skip_newlines(struct shell_parser *p, size_t first_pending)
{
	shell_skip_blanks(p);
	while (shell_peek(p) == '\n') {
		pass_newline(p, first_pending);
		shell_skip_blanks(p);
	}
}

/* ---- simple commands ---- */

static struct shell_node *new_node(struct shell_parser *p, enum shell_node_kind kind)
{
	struct shell_node *node = shell_alloc(p, sizeof(*node));

	node->kind = kind;
	node->line = node->last_line = p->line;
	node->source = p->at;
	return node;
}

static void end_node(const struct shell_parser *p, struct shell_node *node)
{
	const char *end = p->at;

	/* Another text was parsed meanwhile (a command in backquotes that failed). */
	if (end < node->source)
		return;
	while (end > node->source && strchr(" \t\n", end[-1]))
		end--;
	node->length = (uint32_t)(end - node->source);
	node->last_line = node->line;
	for (const char *at = node->source; at < end; at++)
		node->last_line += *at == '\n';
}

/* "name=" or "name+=", in bash "name[…]=" too: the length of the name, or 0. */
static size_t assignment_length(const struct shell_parser *p, size_t *ret_operator)
{
	size_t left = (size_t)(p->end - p->at), n = shell_name_length(p->at, left);

	if (n > 0 && n < left && p->at[n] == '[' && p->dialect == SHELL_BASH) {
		size_t limit = MIN(left, n + 4096);

		while (n < limit && p->at[n] != ']' && p->at[n] != '\n')
			n++;
		n += n < limit && p->at[n] == ']';
	}
	if (n == 0 || n >= left)
		return 0;
	*ret_operator = p->at[n] == '+' && p->dialect == SHELL_BASH ? 2 : 1;
	return n + *ret_operator <= left && p->at[n + *ret_operator - 1] == '=' ? n : 0;
}

/* (a b c), over several lines */
static struct shell_word *parse_elements(struct shell_parser *p, uint32_t since)
{
	struct shell_word *first = NULL, **end = &first;

	shell_pass(p, 1);
	skip_newlines(p, p->n_pending);
	while ((*end = shell_parse_word(p, WORD_OF_COMMAND)) && !p->failed) {
		end = &(*end)->next;
		skip_newlines(p, p->n_pending);
	}
	if (shell_peek(p) == ')')
		shell_pass(p, 1);
	else
		fail_here(p, "')' of the array", since);
	return first;
}

static void parse_assignment(struct shell_parser *p, struct shell_assignment ***end, size_t name, size_t operator)
{
	struct shell_assignment *assignment = shell_alloc(p, sizeof(*assignment));

	assignment->name = arena_strndup(p->arena, p->at, name);
	assignment->append = operator == 2;
	assignment->line = p->line;
	shell_pass(p, name + operator);
	if (p->dialect == SHELL_BASH && p->at < p->end && *p->at == '(') {
		assignment->array = true;
		assignment->value = parse_elements(p, assignment->line);
	} else if (p->at < p->end && !shell_is_metacharacter(*p->at)) {
		assignment->value = shell_parse_word(p, WORD_OF_COMMAND);
	}
	**end = assignment;
	*end = &assignment->next;
}

static bool word_is(const struct shell_word *word, const char *text)
{
	return word->length == strlen(text) && memcmp(word->source, text, word->length) == 0;
}

/* export x=(1 2): these take arrays as their arguments; eval x=(1 2) is parsed as if it did. */
static bool declares(const struct shell_word *command)
{
	static const char *const names[] = { "declare", "typeset", "local", "export", "readonly", "eval", "let" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (word_is(command, names[i]))
			return true;
	return false;
}

static bool takes_array(struct shell_parser *p, const struct shell_node *node, size_t name, size_t operator)
{
	return node->words && name > 0 && p->dialect == SHELL_BASH && p->at + name + operator < p->end &&
	       p->at[name + operator] == '(' && declares(node->words);
}

static void parse_body(struct shell_parser *p, struct shell_node *node);

/* name () compound-command */
static bool parse_parentheses(struct shell_parser *p, struct shell_node *node)
{
	const struct shell_word *word = node->words;
	bool plain = word && !word->next && !node->assignments && !node->redirections && word->parts && !word->parts->next &&
		     word->parts->kind == SHELL_PART_TEXT;

	if (!plain || (p->dialect == SHELL_POSIX && shell_name_length(word->source, word->length) != word->length)) {
		fail_here(p, "a word, a redirection or the end of the command", node->line);
		return false;
	}
	shell_pass(p, 1);
	shell_skip_blanks(p);
	if (shell_peek(p) != ')') {
		fail_here(p, "')'", node->line);
		return false;
	}
	shell_pass(p, 1);
	node->name = arena_strndup(p->arena, word->source, word->length);
	node->words = NULL;
	parse_body(p, node);
	return true;
}

static void parse_simple(struct shell_parser *p, struct shell_node *node)
{
	struct shell_assignment **assignments = &node->assignments;
	struct shell_redirection **redirections = &node->redirections;
	struct shell_word **words = &node->words;

	while (!p->failed) {
		size_t operator = 0, name;

		shell_skip_blanks(p);
		if (!shell_peek(p))
			break;
		if (parse_redirection(p, &redirections))
			continue;
		name = assignment_length(p, &operator);
		if (name > 0 && (!node->words || takes_array(p, node, name, operator))) {
			parse_assignment(p, &assignments, name, operator);
			continue;
		}
		if (*p->at == '(') {
			(void)parse_parentheses(p, node);
			break;
		}
		*words = shell_parse_word(p, WORD_OF_COMMAND);
		if (!*words)
			break;
		words = &(*words)->next;
	}
	if (!node->words && !node->assignments && !node->redirections && !node->name)
		fail_here(p, "a command", node->line);
}

/* ---- compound commands ---- */

/* A list that may not be empty. */
static struct shell_node *parse_some(struct shell_parser *p, uint32_t since)
{
	struct shell_node *list = shell_parse_list(p);

	if (!list)
		fail_here(p, "a command", since);
	return list;
}

static void parse_if(struct shell_parser *p, struct shell_node *node)
{
	uint32_t since = node->line;

	shell_pass(p, strlen("if"));
	node->kind = SHELL_IF;
	node->condition = parse_some(p, since);
	if (!expect(p, R_THEN, "'then'", since))
		return;
	node->body = parse_some(p, since);
	if (at_reserved(p, R_ELIF)) {
		if (!shell_enter(p))
			return;
		shell_pass(p, strlen("el"));
		node->otherwise = new_node(p, SHELL_IF);
		node->otherwise->line = since;
		parse_if(p, node->otherwise);
		end_node(p, node->otherwise);
		shell_leave(p);
		return;
	}
	if (at_reserved(p, R_ELSE)) {
		shell_pass(p, strlen("else"));
		node->otherwise = parse_some(p, since);
	}
	(void)expect(p, R_FI, "'fi'", since);
}

static void parse_do(struct shell_parser *p, struct shell_node *node)
{
	if (!expect(p, R_DO, "'do'", node->line))
		return;
	node->body = parse_some(p, node->line);
	(void)expect(p, R_DONE, "'done'", node->line);
}

static void parse_while(struct shell_parser *p, struct shell_node *node)
{
	node->kind = *p->at == 'u' ? SHELL_UNTIL : SHELL_WHILE;
	shell_pass(p, strlen("while"));
	node->condition = parse_some(p, node->line);
	parse_do(p, node);
}

/* What stands between the words of for and its body. */
static void parse_separator(struct shell_parser *p)
{
	shell_skip_blanks(p);
	if (shell_peek(p) == ';')
		shell_pass(p, 1);
	skip_newlines(p, p->outer_pending);
}

static void parse_loop_body(struct shell_parser *p, struct shell_node *node)
{
	parse_separator(p);
	if (p->dialect == SHELL_BASH && at_reserved(p, R_OPEN)) {
		shell_pass(p, 1);
		node->body = parse_some(p, node->line);
		(void)expect(p, R_CLOSE, "'}'", node->line);
		return;
	}
	parse_do(p, node);
}

static void parse_for_words(struct shell_parser *p, struct shell_node *node)
{
	struct shell_word **end = &node->words;

	skip_newlines(p, p->outer_pending);
	if (!at_reserved(p, R_IN))
		return;
	shell_pass(p, strlen("in"));
	node->has_in = true;
	do
		shell_skip_blanks(p);
	while ((*end = shell_parse_word(p, WORD_OF_COMMAND)) && (end = &(*end)->next) && !p->failed);
	if (!strchr(";\n", shell_peek(p)))
		fail_here(p, "';' or a new line", node->line);
}

/* for name in words; do …; done, and for ((…;…;…)) */
static void parse_for(struct shell_parser *p, struct shell_node *node)
{
	size_t n;

	node->kind = *p->at == 's' ? SHELL_SELECT : SHELL_FOR;
	shell_pass(p, node->kind == SHELL_FOR ? strlen("for") : strlen("select"));
	shell_skip_blanks(p);
	if (p->dialect == SHELL_BASH && node->kind == SHELL_FOR && shell_at(p, "((")) {
		struct shell_part *expression;
		const char *text;
		uint32_t length;

		shell_pass(p, 2);
		node->kind = SHELL_FOR_ARITHMETIC;
		if (!shell_parse_arithmetic(p, &expression, &text, &length))
			fail_here(p, "an expression and '))'", node->line);
		parse_loop_body(p, node);
		return;
	}
	(void)shell_peek(p);
	n = shell_name_length(p->at, (size_t)(p->end - p->at));
	if (n == 0 || (p->at + n < p->end && !shell_is_metacharacter(p->at[n]))) {
		fail_here(p, "the name of a variable", node->line);
		return;
	}
	node->name = arena_strndup(p->arena, p->at, n);
	shell_pass(p, n);
	parse_for_words(p, node);
	parse_loop_body(p, node);
}

static void parse_branch(struct shell_parser *p, struct shell_branch *branch, uint32_t since)
{
	struct shell_word **end = &branch->patterns;

	if (shell_peek(p) == '(') {
		shell_pass(p, 1);
		shell_skip_blanks(p);
	}
	while ((*end = shell_parse_word(p, WORD_OF_COMMAND)) && !p->failed) {
		end = &(*end)->next;
		shell_skip_blanks(p);
		if (shell_peek(p) != '|')
			break;
		shell_pass(p, 1);
		shell_skip_blanks(p);
	}
	if (!branch->patterns || shell_peek(p) != ')') {
		fail_here(p, branch->patterns ? "')' after the pattern" : "a pattern or 'esac'", since);
		return;
	}
	shell_pass(p, 1);
	branch->body = shell_parse_list(p);
}

static bool pass_branch_end(struct shell_parser *p)
{
	static const char *const ends[] = { ";;&", ";;", ";&" };

	shell_skip_blanks(p);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (shell_at(p, ends[i]) && (p->dialect == SHELL_BASH || i == 1)) {
			shell_pass(p, strlen(ends[i]));
			return true;
		}
	return false;
}

static void parse_case(struct shell_parser *p, struct shell_node *node)
{
	struct shell_branch **end = &node->branches;

	node->kind = SHELL_CASE;
	shell_pass(p, strlen("case"));
	shell_skip_blanks(p);
	node->words = shell_parse_word(p, WORD_OF_COMMAND);
	if (!node->words)
		fail_here(p, "a word", node->line);
	skip_newlines(p, p->outer_pending);
	if (!expect(p, R_IN, "'in'", node->line))
		return;
	skip_newlines(p, p->outer_pending);
	while (!p->failed && !at_reserved(p, R_ESAC)) {
		*end = shell_alloc(p, sizeof(**end));
		(*end)->line = p->line;
		parse_branch(p, *end, node->line);
		end = &(*end)->next;
		if (!pass_branch_end(p))
			break;
		skip_newlines(p, p->outer_pending);
	}
	(void)expect(p, R_ESAC, "'esac'", node->line);
}

static void parse_group(struct shell_parser *p, struct shell_node *node)
{
	node->kind = SHELL_GROUP;
	shell_pass(p, 1);
	node->body = parse_some(p, node->line);
	(void)expect(p, R_CLOSE, "'}'", node->line);
}

/* "((…))" in bash, where it is one; otherwise "(…)". */
static void parse_subshell(struct shell_parser *p, struct shell_node *node)
{
	const char *start = p->at;
	uint32_t length;

	if (p->dialect == SHELL_BASH && p->end - p->at > 1 && p->at[1] == '(') {
		struct shell_part *expression;
		const char *text;

		shell_pass(p, 2);
		if (shell_parse_arithmetic(p, &expression, &text, &length)) {
			node->kind = SHELL_ARITHMETIC;
			return;
		}
		if (!p->failed)
			p->at = start;
	}
	node->kind = SHELL_SUBSHELL;
	shell_pass(p, 1);
	node->body = parse_some(p, node->line);
	if (shell_peek(p) == ')')
		shell_pass(p, 1);
	else
		fail_here(p, "')'", node->line);
}

/* function name [()] compound-command */
static void parse_function(struct shell_parser *p, struct shell_node *node)
{
	struct shell_word *word;

	shell_pass(p, strlen("function"));
	shell_skip_blanks(p);
	word = shell_parse_word(p, WORD_OF_COMMAND);
	if (!word) {
		fail_here(p, "the name of a function", node->line);
		return;
	}
	node->name = arena_strndup(p->arena, word->source, word->length);
	shell_skip_blanks(p);
	if (shell_peek(p) == '(') {
		const char *start = p->at;

		shell_pass(p, 1);
		shell_skip_blanks(p);
		if (shell_peek(p) == ')')
			shell_pass(p, 1);
		else
			p->at = start;
	}
	parse_body(p, node);
}

/* ---- [[ … ]] ---- */

static void parse_test_or(struct shell_parser *p, uint32_t since);

static void parse_test_word(struct shell_parser *p, enum shell_word_place place, uint32_t since)
{
	shell_skip_blanks(p);
	if (!shell_parse_word(p, place))
		fail_here(p, "a word", since);
}

/* An operator between two words; false: the first word stands alone. */
static bool pass_test_operator(struct shell_parser *p, enum shell_word_place *ret_place)
{
	const char *start;
	struct shell_word *word;

	shell_skip_blanks(p);
	*ret_place = WORD_OF_TEST;
	if (shell_peek(p) == '<' || (p->at < p->end && *p->at == '>')) {
		shell_pass(p, 1);
		return true;
	}
	start = p->at;
	word = at_reserved(p, R_TEST_END) ? NULL : shell_parse_word(p, WORD_OF_TEST);
	if (word && word_is(word, "=~"))
		*ret_place = WORD_OF_MATCH;
	if (!word)
		p->at = start;
	return word != NULL;
}

static void parse_test_primary(struct shell_parser *p, uint32_t since)
{
	enum shell_word_place place;

	skip_newlines(p, p->n_pending);
	while (at_reserved(p, R_NOT)) {
		shell_pass(p, 1);
		skip_newlines(p, p->n_pending);
	}
	if (shell_peek(p) == '(' && shell_enter(p)) {
		shell_pass(p, 1);
		parse_test_or(p, since);
		skip_newlines(p, p->n_pending);
		if (shell_peek(p) == ')')
			shell_pass(p, 1);
		else
			fail_here(p, "')'", since);
		shell_leave(p);
		return;
	}
	if (at_reserved(p, R_TEST_END)) {
		fail_here(p, "a condition", since);
		return;
	}
	/* "-f $x" is taken as a word with the operator between: what they are is not judged here. */
	parse_test_word(p, WORD_OF_TEST, since);
	if (!p->failed && pass_test_operator(p, &place)) {
		shell_skip_blanks(p);
		if (!at_reserved(p, R_TEST_END) && !strchr("&|)\n", shell_peek(p)))
			parse_test_word(p, place, since);
		else if (place == WORD_OF_MATCH && shell_peek(p) == '(')
			parse_test_word(p, place, since);
	}
}

static void parse_test_or(struct shell_parser *p, uint32_t since)
{
	bool more = true;

	while (more && !p->failed) {
		parse_test_primary(p, since);
		skip_newlines(p, p->n_pending);
		more = shell_at(p, "&&") || shell_at(p, "||");
		if (more)
			shell_pass(p, 2);
	}
}

static void parse_test(struct shell_parser *p, struct shell_node *node)
{
	node->kind = SHELL_TEST;
	shell_pass(p, 2);
	parse_test_or(p, node->line);
	(void)expect(p, R_TEST_END, "']]'", node->line);
}

/* ---- commands, pipelines, lists ---- */

static const struct compound {
	enum reserved word;
	void (*parse)(struct shell_parser *p, struct shell_node *node);
} compounds[] = {
	{ R_IF, parse_if },	  { R_WHILE, parse_while }, { R_UNTIL, parse_while },	    { R_FOR, parse_for },
	{ R_SELECT, parse_for },  { R_CASE, parse_case },   { R_OPEN, parse_group },	    { R_FUNCTION, parse_function },
	{ R_TEST, parse_test },
};

/* false: it is a simple command. */
static bool parse_compound(struct shell_parser *p, struct shell_node *node)
{
	const struct reserved_word *reserved = reserved_at(p);

	if (!reserved && shell_peek(p) == '(') {
		parse_subshell(p, node);
		return true;
	}
	for (size_t i = 0; reserved && i < ARRAY_SIZE(compounds); i++)
		if (compounds[i].word == reserved->word) {
			compounds[i].parse(p, node);
			return true;
		}
	if (reserved && reserved->closes)
		fail_here(p, "a command", node->line);
	return false;
}

static struct shell_node *parse_one(struct shell_parser *p)
{
	struct shell_node *node;

	shell_skip_blanks(p);
	node = new_node(p, SHELL_COMMAND);
	if (!shell_enter(p))
		return node;
	if (!parse_compound(p, node)) {
		parse_simple(p, node);
	} else if (node->kind != SHELL_COMMAND) {
		parse_redirections(p, node);
		if (!p->failed && !strchr(";&|\n)", shell_peek(p)) && p->at < p->end)
			fail_here(p, "a redirection or the end of the command", node->line);
	}
	end_node(p, node);
	shell_leave(p);
	return node;
}

/* What a function does: a compound command; dash takes any. */
static void parse_body(struct shell_parser *p, struct shell_node *node)
{
	node->kind = SHELL_FUNCTION;
	p->functions = true;
	skip_newlines(p, p->outer_pending);
	node->body = parse_one(p);
	if (!p->failed && p->dialect == SHELL_BASH && node->body->kind == SHELL_COMMAND)
		shell_fail(p, node->body->line, "a function is { … }, ( … ) or another compound command");
}

static struct shell_node *parse_pipeline(struct shell_parser *p)
{
	struct shell_node *pipeline, **end;
	bool both;

	shell_skip_blanks(p);
	pipeline = new_node(p, SHELL_PIPELINE);
	end = &pipeline->children;
	for (const struct reserved_word *word = reserved_at(p);
	     word && (word->word == R_NOT || word->word == R_TIME || word->word == R_COPROC); word = reserved_at(p)) {
		pipeline->negated ^= word->word == R_NOT;
		pipeline->background |= word->word == R_COPROC;
		shell_pass(p, strlen(word->text));
		shell_skip_blanks(p);
		if (word->word == R_TIME && shell_at(p, "-p "))
			shell_pass(p, 2);
		shell_skip_blanks(p);
	}
	do {
		*end = parse_one(p);
		shell_skip_blanks(p);
		both = shell_at(p, "|&") && p->dialect == SHELL_BASH;
		if (shell_at(p, "||") || shell_peek(p) != '|' || p->failed)
			break;
		(*end)->both = both;
		end = &(*end)->next;
		shell_pass(p, both ? 2 : 1);
		skip_newlines(p, p->outer_pending);
		/* Reserved words that introduce a pipeline stand before it only. */
		if (at_reserved(p, R_NOT))
			fail_here(p, "a command", pipeline->line);
	} while (!p->failed);
	end_node(p, pipeline);
	if (!pipeline->children->next && !pipeline->negated && !pipeline->background)
		return pipeline->children;
	return pipeline;
}

/* a && b || c */
static struct shell_node *parse_and_or(struct shell_parser *p)
{
	struct shell_node *first = parse_pipeline(p), **end = &first->next, *list;
	enum shell_join join;

	shell_skip_blanks(p);
	if (p->failed || (!shell_at(p, "&&") && !shell_at(p, "||")))
		return first;
	while (!p->failed && (shell_at(p, "&&") || shell_at(p, "||"))) {
		join = *p->at == '&' ? SHELL_AND : SHELL_OR;
		shell_pass(p, 2);
		skip_newlines(p, p->outer_pending);
		*end = parse_pipeline(p);
		(*end)->join = join;
		end = &(*end)->next;
		shell_skip_blanks(p);
	}
	list = shell_alloc(p, sizeof(*list));
	*list = (struct shell_node){ .kind = SHELL_LIST, .line = first->line, .source = first->source, .children = first };
	end_node(p, list);
	return list;
}

/* Passes ";" or "&" after a command; true: another command may follow on this line. */
static bool pass_separator(struct shell_parser *p, struct shell_node *node)
{
	shell_skip_blanks(p);
	if (shell_at(p, ";;") || (p->dialect == SHELL_BASH && shell_at(p, ";&")) || shell_at(p, "&&"))
		return false;
	if (shell_peek(p) != ';' && (p->at == p->end || *p->at != '&'))
		return false;
	node->background = *p->at == '&';
	shell_pass(p, 1);
	return true;
}

static bool list_ends(struct shell_parser *p)
{
	const struct reserved_word *reserved = reserved_at(p);

	return p->failed || p->at == p->end || *p->at == ')' || shell_at(p, ";;") ||
	       (p->dialect == SHELL_BASH && shell_at(p, ";&")) || (reserved && reserved->closes);
}

struct shell_node *shell_parse_list(struct shell_parser *p)
{
	struct shell_node *list, **end;
	size_t first_pending = p->n_pending;

	skip_newlines(p, first_pending);
	if (list_ends(p) || !shell_enter(p))
		return NULL;
	list = new_node(p, SHELL_LIST);
	end = &list->children;
	while (!list_ends(p)) {
		*end = parse_and_or(p);
		if (!pass_separator(p, *end)) {
			shell_skip_blanks(p);
			if (!list_ends(p) && shell_peek(p) != '\n')
				fail_here(p, "';', '&' or a new line", list->line);
		}
		end = &(*end)->next;
		skip_newlines(p, first_pending);
	}
	end_node(p, list);
	shell_leave(p);
	return list->children && !list->children->next ? list->children : list;
}

/* ---- the whole text ---- */

struct shell_node *shell_parser_next(struct shell_parser *p, struct arena *arena)
{
	struct shell_node *list, **end;

	p->arena = arena;
	p->pieces = 0;
	skip_newlines(p, p->outer_pending);
	if (p->failed || p->at == p->end)
		return NULL;
	list = new_node(p, SHELL_LIST);
	end = &list->children;
	do {
		if (list_ends(p)) {
			fail_here(p, "a command", p->line);
			break;
		}
		*end = parse_and_or(p);
		if (!pass_separator(p, *end))
			break;
		end = &(*end)->next;
		shell_skip_blanks(p);
	} while (!p->failed && shell_peek(p) && *p->at != '\n');
	end_node(p, list);
	if (!p->failed && shell_peek(p) && *p->at != '\n')
		fail_here(p, "';', '&' or a new line", list->line);
	if (p->at < p->end && !p->failed)
		pass_newline(p, 0);
	for (size_t i = 0; i < p->n_pending; i++)
		p->pending[i].redirection->unterminated = true;
	p->n_pending = 0;
	if (p->failed)
		return NULL;
	return list->children->next || list->children->background ? list : list->children;
}
