/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parser, the compiler and the evaluator of expressions; nobody else includes this. */
#ifndef KEISOKU_EXPR_INTERNAL_H
#define KEISOKU_EXPR_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "expr.h"

/* The source of an expression: where its first byte stands in a file, for messages. */
struct expr_source {
	const char *text;
	size_t length;
	const struct node *node;
	size_t offset;			/* of text in the scalar */
	struct diag *diag;
};

/* -EINVAL after diag_error() at byte offset of the expression. */
int expr_error(const struct expr_source *source, size_t offset, const char *format, ...) FORMAT_PRINTF(3, 4);

enum ast_kind {
	AST_NUMBER, AST_TEXT, AST_BOOL, AST_LIST, AST_KEY, AST_CALL, AST_INDEX, AST_NEGATE, AST_NOT, AST_AND, AST_OR,
	AST_BINARY, AST_IF,
};

enum binary { BINARY_ADD, BINARY_SUBTRACT, BINARY_MULTIPLY, BINARY_DIVIDE, BINARY_LESS, BINARY_LESS_EQUAL, BINARY_EQUAL,
	      BINARY_NOT_EQUAL, BINARY_GREATER_EQUAL, BINARY_GREATER, BINARY_IN, BINARY_MATCH };

struct ast {
	enum ast_kind kind;
	enum binary binary;
	uint32_t offset, length;	/* the whole node in the source */
	uint32_t name_offset, name_length;	/* KEY, CALL, TEXT: without quotes */
	uint16_t first, next;		/* first child, next sibling; 0: none */
	uint16_t count;			/* of children */
	uint8_t depth;			/* of the tree below */
	bool boolean;
	bool has_unit, ratio;		/* NUMBER */
	bool quoted_name;		/* KEY in backticks */
	long double number;		/* in base units */
	struct dimension dimension;
};

/* Node 0 is not used, so that 0 says "none". */
struct ast_tree {
	struct ast nodes[EXPR_NODES_MAX + 1];
	uint16_t count;
	uint16_t root;
};

int expr_parse(const struct expr_source *source, struct ast_tree *tree);

enum op_code {
	OP_NUMBER, OP_TEXT, OP_BOOL, OP_MAKE_LIST,
	OP_SETTING, OP_CURRENT, OP_PROPOSED, OP_INDEX, OP_GAUGE, OP_RATE, OP_DELTA, OP_TOTAL,
	OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE, OP_NEGATE,
	OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL, OP_EQUAL, OP_NOT_EQUAL,
	OP_EQUAL_TEXT, OP_NOT_EQUAL_TEXT, OP_EQUAL_BOOL, OP_NOT_EQUAL_BOOL,
	OP_IN_NUMBERS, OP_IN_TEXTS, OP_IN_SETTING_NUMBERS, OP_IN_SETTING_WORDS, OP_MATCH,
	OP_NOT, OP_AND, OP_OR, OP_IF,
	OP_MIN, OP_MAX, OP_CLAMP, OP_ROUND_UP, OP_NEXT_POWER_OF_2, OP_FLOOR, OP_ABS,
	OP_PERCENTILE, OP_INTERVAL_MIN, OP_INTERVAL_MAX, OP_MEAN, OP_LAST, OP_SHARE,
	OP_ANY, OP_ALL, OP_COUNT, OP_SUM, OP_SMALLEST, OP_LARGEST, OP_AT,
	OP_HAS, OP_VALID, OP_OFFERS, OP_KERNEL,
};

struct regex {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

/* The answer of a subject function, over the window or in one interval: the same for every subject a rule is about, so that
 * many subjects of one kind are not looked at again for each of another. */
struct memo {
	bool valid;
	struct value value;
	bool used_live, used_gauge, used_since_boot, used_total, counters_not_zero;
};

/* The series of one subject, kept from one interval to the next. */
struct sight {
	subject_id subject;		/* SUBJECT_NONE: none yet */
	enum { SIGHT_SERIES, SIGHT_NONE, SIGHT_SWITCHED_OFF, SIGHT_FROZEN } kind;
	const struct series *series;
};

/* There are eight thousand of them in the rules: their order leaves no gaps. */
struct op {
	enum op_code code : 8;
	bool self;				/* keys: of self, not of the host; subject functions: those that belong to self */
	bool constant_true;			/* a literal "true" */
	bool slots_differ;			/* its value may differ between intervals */
	bool key_owned, text_owned;
	uint16_t children;			/* index of the first in program->children */
	struct expr_type type;
	uint16_t count;
	uint16_t frozen;			/* metrics: the condition that stops them from counting, + 1; 0: none */
	uint32_t offset, length;		/* in the source */
	uint32_t symbol;			/* of key; set by program_bind() */
	uint32_t uptime;			/* RATE: symbol of the host's uptime */
	uint32_t n_memos;
	long double number;			/* NUMBER; KERNEL: the version */
	struct memo *memos;			/* subject functions: of the whole window, then of each interval */
	const struct entry *entry;		/* keys; CURRENT and PROPOSED: the target */
	const char *key;
	size_t index;				/* INDEX; PERCENTILE: 50, 95, 99; subject functions: the kind */
	const char *text;			/* TEXT; metrics with frozen: its text */
	size_t text_length;
	struct regex *regex;
	struct sight sight;
};

struct program {
	struct op *ops;
	uint16_t *children;
	const char *text;
	uint16_t root;
	uint16_t op_count, child_count;
	struct program_uses uses;
	struct program *terms;			/* each with the ops of this one and its own root and text */
	size_t term_count;
};

struct value expr_evaluate_op(const struct program *program, uint16_t index, struct expr_context *context);

#endif
