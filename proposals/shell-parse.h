/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of the shell: what POSIX says of it (XCU chapter 2), and what scripts for bash use beyond that.  A script
 * becomes a tree; nothing is expanded and nothing is run.
 *
 *	struct shell_parser *parser = shell_parser_new(text, length, SHELL_BASH);
 *	while ((node = shell_parser_next(parser, &arena)))
 *		…
 *	error = shell_parser_error(parser);
 *
 * A shell reads a script one complete command at a time, and has carried out everything before a line that it cannot
 * parse.  So does the parser: what it gave before an error stands.  Its work grows with the length of the text and its stack
 * with SHELL_NESTING_MAX, whatever the text is. */
#ifndef KEISOKU_SHELL_PARSE_H
#define KEISOKU_SHELL_PARSE_H

#include "../core/arena.h"
#include "../core/strbuf.h"

enum shell_dialect {
	SHELL_POSIX,		/* as dash reads it */
	SHELL_BASH,
};

#define SHELL_NESTING_MAX 200		/* of commands and words in each other */
#define SHELL_PIECES_MAX 4000000	/* words, their parts and redirections of one complete command */

/* ---- words ---- */

enum shell_part_kind {
	SHELL_PART_TEXT,	/* plain characters: patterns, braces and a tilde in them mean something */
	SHELL_PART_QUOTED,	/* characters that stand for themselves; perhaps none: "" is a word */
	SHELL_PART_PARAMETER,	/* $name, ${name…} */
	SHELL_PART_COMMAND,	/* $(…), `…` */
	SHELL_PART_ARITHMETIC,	/* $((…)) */
	SHELL_PART_PROCESS,	/* <(…), >(…) */
};

/* Of ${name…}. */
enum shell_operator {
	SHELL_PLAIN,
	SHELL_LENGTH,		/* ${#name} */
	SHELL_DEFAULT,		/* -: word instead */
	SHELL_ASSIGN,		/* = */
	SHELL_ERROR,		/* ? */
	SHELL_ALTERNATIVE,	/* + */
	SHELL_PREFIX,		/* # */
	SHELL_LONGEST_PREFIX,	/* ## */
	SHELL_SUFFIX,		/* % */
	SHELL_LONGEST_SUFFIX,	/* %% */
	SHELL_OTHER,		/* what bash has beyond that: /, ^, a slice, an element of an array, !name */
};

struct shell_part {
	struct shell_part *next;
	const char *text;		/* TEXT, QUOTED: characters; PARAMETER: its name; otherwise as written */
	uint32_t length;
	uint32_t line;			/* from 1, of its first character */
	unsigned char kind;		/* enum shell_part_kind */
	bool quoted;			/* an expansion inside "…": neither split nor a pattern */
	unsigned char operator;		/* enum shell_operator */
	bool colon;			/* an empty value counts as unset */
	const char *source;		/* PARAMETER, COMMAND, ARITHMETIC: as written, with its $ */
	uint32_t source_length;
	union {
		struct shell_part *word;	/* of the operator; ARITHMETIC: the expression */
		struct shell_node *script;	/* COMMAND, PROCESS; NULL: empty */
	};
};

struct shell_word {
	struct shell_word *next;
	struct shell_part *parts;
	const char *source;		/* as written */
	uint32_t length;
	uint32_t line;
};

/* ---- commands ---- */

enum shell_redirection_kind {
	SHELL_READ,		/* < */
	SHELL_WRITE,		/* > */
	SHELL_CLOBBER,		/* >| */
	SHELL_APPEND,		/* >> */
	SHELL_READ_WRITE,	/* <> */
	SHELL_HERE_DOCUMENT,	/* <<, <<- */
	SHELL_HERE_STRING,	/* <<< */
	SHELL_COPY_INPUT,	/* <& */
	SHELL_COPY_OUTPUT,	/* >& */
	SHELL_WRITE_BOTH,	/* &> */
	SHELL_APPEND_BOTH,	/* &>> */
};

struct shell_redirection {
	struct shell_redirection *next;
	unsigned char kind;		/* enum shell_redirection_kind */
	bool literal;			/* HERE_DOCUMENT: nothing is expanded in it */
	bool strip_tabs;		/* <<- */
	bool unterminated;		/* HERE_DOCUMENT: the text ends before it does */
	int descriptor;			/* -1: the usual one; -2: {name} */
	uint32_t line;
	struct shell_word *word;	/* file, descriptor, string, or what the document ends with */
	struct shell_part *body;	/* HERE_DOCUMENT */
};

struct shell_assignment {
	struct shell_assignment *next;
	const char *name;		/* with its subscript, as written */
	bool append;			/* += */
	bool array;			/* (…): the words are its elements */
	struct shell_word *value;	/* NULL: empty */
	uint32_t line;
};

enum shell_node_kind {
	SHELL_COMMAND,		/* assignments, words, redirections; any of them may be missing */
	SHELL_PIPELINE,		/* of its children */
	SHELL_LIST,		/* its children one after the other, joined as their .join says */
	SHELL_SUBSHELL,		/* ( body ) */
	SHELL_GROUP,		/* { body } */
	SHELL_IF,		/* condition, body, otherwise: what follows else, or an IF for elif */
	SHELL_WHILE,		/* condition, body */
	SHELL_UNTIL,
	SHELL_FOR,		/* name, words (has_in: even when there are none), body */
	SHELL_FOR_ARITHMETIC,	/* for ((…)) */
	SHELL_SELECT,
	SHELL_CASE,		/* words: one; branches */
	SHELL_FUNCTION,		/* name, body */
	SHELL_TEST,		/* [[ … ]] */
	SHELL_ARITHMETIC,	/* (( … )) */
};

enum shell_join {
	SHELL_THEN,		/* ; or a new line, or the first */
	SHELL_AND,
	SHELL_OR,
};

struct shell_branch {
	struct shell_branch *next;
	struct shell_word *patterns;
	struct shell_node *body;	/* NULL: nothing */
	uint32_t line;
};

struct shell_node {
	struct shell_node *next;	/* in the pipeline or list */
	unsigned char kind;		/* enum shell_node_kind */
	unsigned char join;		/* enum shell_join: with what comes before it in a list */
	bool negated, background, has_in;
	bool both;			/* in a pipeline: its errors go with its output, |& */
	uint32_t line, last_line;	/* from 1 */
	const char *source;		/* as written */
	uint32_t length;
	const char *name;
	struct shell_assignment *assignments;
	struct shell_word *words;
	struct shell_redirection *redirections;
	struct shell_branch *branches;
	struct shell_node *children, *condition, *body, *otherwise;
};

struct shell_error {
	uint32_t line;			/* where it begins: the quote that is not closed */
	uint32_t noticed;		/* where it was noticed: the end of the text */
	const char *why;		/* "the quotation that ' begins is not closed" */
};

struct shell_parser;

/* text is copied.  Zero bytes are left out, as shells leave them out. */
struct shell_parser *shell_parser_new(const char *text, size_t length, enum shell_dialect dialect);
void shell_parser_free(struct shell_parser *parser);
DEFINE_FREE_PTR(shell_parser)

/* The next complete command, allocated in arena; its texts are lent by the parser too.  NULL at the end and at an error. */
struct shell_node *shell_parser_next(struct shell_parser *parser, struct arena *arena);
const struct shell_error *shell_parser_error(const struct shell_parser *parser);	/* NULL: none */
/* Whether a function was defined by any command so far: its tree has to stay. */
bool shell_parser_has_functions(const struct shell_parser *parser);
size_t shell_parser_zeros(const struct shell_parser *parser);	/* zero bytes that were left out */

/* "name", of letters, digits and underscores, at the start of text: its length, or 0. */
size_t shell_name_length(const char *text, size_t length);

#endif
