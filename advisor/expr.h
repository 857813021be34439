/* SPDX-License-Identifier: Apache-2.0 */
/* The expression language of rules.  docs/rule-authors-guide.md is its manual.
 *
 * A program is compiled once, with every type and dimension checked at the place it stands, and evaluated any number
 * of times; evaluation allocates nothing, never loops without bound and cannot fail: what is not known is VALUE_UNKNOWN
 * and its causes are collected.  Logic is three-valued (Kleene): false and unknown is false. */
#ifndef KEISOKU_EXPR_H
#define KEISOKU_EXPR_H

#include "../core/finding.h"

enum value_type { VALUE_UNKNOWN, VALUE_BOOL, VALUE_NUMBER, VALUE_TEXT, VALUE_LIST };

struct value {
	enum value_type type;
	bool boolean;
	long double number;		/* in base units; exact for every 64-bit integer */
	const char *text;		/* TEXT, LIST (of a setting: its raw text): lent from program or snapshot */
	size_t length;
};

struct expr_type {
	enum value_type type;
	struct dimension dimension;
	bool ratio;			/* print as percent */
};

struct program;

/* What names mean while compiling. */
struct expr_scope {
	const struct registry *registry;
	enum subject_kind about;	/* what self is */
	const struct entry *target;	/* the tunable behind current and proposed; NULL: neither may be used */
	bool proposed;			/* proposed may be used */
};

/* -EINVAL after diag_error() with file, line and column inside the expression. */
int expr_compile(const struct expr_scope *scope, const struct node *text, struct diag *diag,
		 struct program **ret_program);
void program_free(struct program *program);
DEFINE_FREE_PTR(program)
struct expr_type program_type(const struct program *program);

#define MISSING_MAX 16
struct expr_missing {			/* causes of an unknown, without duplicates */
	struct { subject_id subject; const struct entry *entry; const char *key; } items[MISSING_MAX];
	size_t count;
};

/* What a program is evaluated against. */
struct expr_context {
	const struct snapshot *snapshot;
	subject_id self;
	struct value current, proposed;
	uint32_t slot;			/* of the window, for conditions per interval; SLOT_WHOLE: the window */
	struct expr_missing *missing;	/* may be NULL */
	/* set by evaluation: what the answer rests on */
	bool used_counter, used_gauge, used_since_boot;
	bool counters_all_zero;
};
#define SLOT_WHOLE UINT32_MAX

/* Resolves the keys of a program in one snapshot's symbol table; once per snapshot, before evaluation. */
void program_bind(struct program *program, const struct snapshot *snapshot);
struct value program_evaluate(const struct program *program, struct expr_context *context);

/* The metric subexpressions of a program ("rate(x)"), for evidence. */
size_t program_terms(const struct program *program);
const struct program *program_term(const struct program *program, size_t index);
const char *program_text(const struct program *program);
const struct entry *program_term_entry(const struct program *program, size_t index);

/* Parses the raw text of a setting as its entry says.  VALUE_UNKNOWN when it does not fit. */
struct value value_of_setting(const struct entry *entry, const char *raw, size_t length);
/* A value as the raw text to write into the tunable: in its unit, rounded to its type. -EINVAL, -ERANGE. */
int value_to_raw(const struct entry *entry, const struct value *value, struct strbuf *out);

#endif
