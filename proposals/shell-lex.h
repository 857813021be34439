/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the parser share: shell-word.c reads words, shell-parse.c commands. */
#ifndef KEISOKU_SHELL_LEX_H
#define KEISOKU_SHELL_LEX_H

#include "shell-parse.h"

/* A here-document whose body begins after the end of this line. */
struct shell_pending {
	struct shell_redirection *redirection;
	struct strbuf delimiter;
};

struct shell_parser {
	char *copy;			/* the text without zero bytes */
	const char *at, *end;		/* of what is parsed now: all of it, or a part */
	uint32_t line;
	enum shell_dialect dialect;
	struct arena *arena;
	unsigned int depth;
	size_t pieces;
	size_t rescans;			/* characters that may still be read twice */
	struct shell_pending *pending;
	size_t n_pending, pending_capacity;
	size_t outer_pending;		/* those before it belong to lines around the document that is read */
	bool extended;			/* the script switches patterns like @(a|b) on */
	bool failed;
	bool exceeded;			/* failed because of a limit of ours */
	bool functions;
	size_t zeros;
	struct shell_error error;
	struct arena kept;		/* of the error, and of texts in backquotes */
};

/* Remembers the first error; nothing is parsed after it.  why is formatted. */
void shell_fail(struct shell_parser *parser, uint32_t line, const char *format, ...) FORMAT_PRINTF(3, 4);

/* Into the next level of nesting; false (and failed) when there are too many.  Left by shell_leave(). */
bool shell_enter(struct shell_parser *parser);
void shell_leave(struct shell_parser *parser);

void *shell_alloc(struct shell_parser *parser, size_t size);	/* one piece more */

/* The character at the cursor, after any continued lines; '\0' at the end. */
char shell_peek(struct shell_parser *parser);
/* Whether the text at the cursor is this one; it is not passed. */
bool shell_at(struct shell_parser *parser, const char *text);
/* Passes count characters and counts lines. */
void shell_pass(struct shell_parser *parser, size_t count);
void shell_skip_blanks(struct shell_parser *parser);	/* and a comment */
bool shell_is_metacharacter(char c);			/* it ends a word; '\0' too */

enum shell_word_place {
	WORD_OF_COMMAND,
	WORD_OF_TEST,			/* in [[ … ]] parentheses may stand in it */
	WORD_OF_MATCH,			/* after =~: at its beginning, too */
};

/* A word at the cursor, or NULL (no error) when there is none. */
struct shell_word *shell_parse_word(struct shell_parser *parser, enum shell_word_place place);
/* What a here-document expands, until the end of the text. */
struct shell_part *shell_parse_document(struct shell_parser *parser);
/* "expression))": from after "((" on; false when it is none but two parentheses that open; the cursor stays then. */
bool shell_parse_arithmetic(struct shell_parser *parser, struct shell_part **ret_expression, const char **ret_text,
			    uint32_t *ret_length);
/* The text of a word after its quotes are gone: what a here-document ends with. */
void shell_unquoted(const struct shell_part *parts, struct strbuf *out, bool *ret_quoted);

/* A list of commands until what closes it, which stays.  NULL: none. */
struct shell_node *shell_parse_list(struct shell_parser *parser);

#endif
