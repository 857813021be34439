/* SPDX-License-Identifier: Apache-2.0 */
/* The expression language of rules.  docs/rule-authors-guide.md is its manual.
 *
 * A program is compiled once, with every type and dimension checked at the place it stands, and evaluated any number
 * of times; evaluation allocates nothing, never loops without bound and cannot fail: what is not known is VALUE_UNKNOWN
 * and its causes are collected.  Logic is three-valued (Kleene): false and unknown is false. */
#ifndef KEISOKU_EXPR_H
#define KEISOKU_EXPR_H

#include "../core/finding.h"

#define EXPR_TEXT_MAX 4096	/* bytes of one expression */
#define EXPR_NODES_MAX 400	/* literals, keys, operators and calls in it */
#define EXPR_DEPTH_MAX 40	/* of nesting */
#define EXPR_LIST_MAX 16	/* items of a list that an expression makes */

enum value_type { VALUE_UNKNOWN, VALUE_BOOL, VALUE_NUMBER, VALUE_TEXT, VALUE_LIST };

struct value {
	enum value_type type;
	bool boolean;
	long double number;		/* in base units; exact for every 64-bit integer */
	const char *text;		/* TEXT, LIST (of a setting: its raw text): lent from program or snapshot */
	size_t length;
	const long double *items;	/* LIST made by an expression: lent from the context; else NULL */
	size_t n_items;
};

struct expr_type {
	enum value_type type : 8;
	enum value_type item : 8;	/* LIST: NUMBER or TEXT */
	struct dimension dimension;
	bool ratio;			/* print as percent */
	bool frequency;			/* print in hertz */
	bool exact;			/* of a tunable: print all of it */
	bool scaled;			/* in percent or the like: a bare literal beside it is a mistake */
};

/* "bytes", "text", "true or false", "a list of pages"; buffer of at least 96 bytes; returns it. */
const char *expr_type_describe(struct expr_type type, char *buffer, size_t size);
struct expr_type expr_type_of_entry(const struct entry *entry);

struct program;

/* What names mean while compiling. */
struct expr_scope {
	const struct registry *registry;
	enum subject_kind about;	/* what self is */
	const struct entry *target;	/* the tunable behind current and proposed; NULL: neither may be used */
	bool proposed;			/* proposed may be used */
	bool settings_only;		/* metrics may not be used */
};

/* -EINVAL after diag_error() with file, line and column inside the expression. */
int expr_compile(const struct expr_scope *scope, const struct node *text, struct diag *diag,
		 struct program **ret_program);
/* The same for a piece of a scalar: length bytes from offset on. */
int expr_compile_piece(const struct expr_scope *scope, const struct node *text, size_t offset, size_t length,
		       struct diag *diag, struct program **ret_program);
void program_free(struct program *program);
DEFINE_FREE_PTR(program)
struct expr_type program_type(const struct program *program);

/* What a program looks at, known when it is compiled. */
struct program_uses {
	bool counters, gauges;		/* metrics that a window measures */
	bool totals;			/* total(): since boot, whatever the window */
	bool intervals;			/* p95() and the like */
	bool self;			/* of the scope, not of any() and the like */
	bool current, proposed;
};
struct program_uses program_uses(const struct program *program);

#define MISSING_MAX 16
struct expr_missing {			/* causes of an unknown, without duplicates */
	struct {
		subject_id subject;
		const struct entry *entry;	/* NULL: not a key, why says it */
		const char *key;
		const char *why;		/* lent; NULL: look it up in the snapshot */
		bool frozen;			/* why is the condition that stops it from counting */
	} items[MISSING_MAX];
	size_t count;
};

/* What a program is evaluated against. */
struct expr_context {
	const struct snapshot *snapshot;
	subject_id self;
	struct value current, proposed;
	subject_id target;		/* whose setting current is, and its key */
	const char *target_key;
	uint32_t slot;			/* of the window, for conditions per interval; SLOT_WHOLE: the window */
	struct expr_missing *missing;	/* may be NULL */
	/* set by evaluation: what the answer rests on.  The caller clears them. */
	bool used_live;			/* a counter over the window */
	bool used_gauge;
	bool used_since_boot;		/* a counter since boot, for want of a window */
	bool used_total;		/* total() */
	bool counters_not_zero;		/* one of the counters used since boot is not zero */
	bool hard_unknown;		/* an unknown that is more than a subject not having it */
	long double list[EXPR_LIST_MAX];
};
#define SLOT_WHOLE UINT32_MAX

void expr_context_init(struct expr_context *context, const struct snapshot *snapshot, subject_id self);

/* Resolves the keys of a program in one snapshot's symbol table; once per snapshot, before evaluation. */
void program_bind(struct program *program, const struct snapshot *snapshot);
struct value program_evaluate(const struct program *program, struct expr_context *context);
/* True, false, or neither: unknown. */
static inline bool value_is_true(const struct value *value)
{
	return value->type == VALUE_BOOL && value->boolean;
}
static inline bool value_is_false(const struct value *value)
{
	return value->type == VALUE_BOOL && !value->boolean;
}

/* The measured subexpressions and settings of a program ("rate(x)", "vm.swappiness"), for evidence. */
size_t program_terms(const struct program *program);
const struct program *program_term(const struct program *program, size_t index);
const char *program_text(const struct program *program);
/* The text of a program that is nothing but a text; else NULL. */
const char *program_literal_text(const struct program *program, size_t *ret_length);
/* Notes every metric of a program as missing, with one reason: what would have to be measured. */
void program_missing_metrics(const struct program *program, struct expr_context *context, const char *why);
/* Whether every interval of the window gives the same answer, because nothing it measures has moved. */
bool program_is_still(const struct program *program, const struct expr_context *context);
/* Whether its value can be asked for in each interval of a window: it looks at metrics, inside p95() and the like too. */
bool program_is_measured(const struct program *program);
/* Its value in each interval of the window, NAN where that is not known; inside p95() and the like, what those look at.
 * values has room for SLOT_MAX; their count is returned. */
size_t program_intervals(const struct program *program, struct expr_context *context, double *values);

/* The measured side of one comparison inside a condition: "rate(a) / rate(b)" of "rate(a) / rate(b) < 25% and …". */
struct criterion {
	struct program *measured;	/* refers to the condition it came from */
	struct program *limit;		/* what it is compared with, where that is more than a number: else NULL */
	bool more_is_better;
};
/* wanted: what the condition should be, so that it is known which way is better.  Release each with criterion_release(). */
size_t program_criteria(const struct program *program, bool wanted, struct criterion *ret, size_t max);
void criterion_release(struct criterion *criterion);
/* The key a program looks at first; NULL: none. */
const struct entry *program_entry(const struct program *program, const char **ret_key, bool *ret_self);
const struct entry *program_term_entry(const struct program *program, size_t index);

/* Parses the raw text of a setting as its entry says.  VALUE_UNKNOWN when it does not fit. */
struct value value_of_setting(const struct entry *entry, const char *raw, size_t length);
/* Item index of a list: of its raw text or of its items.  False when there is no such item. */
bool value_list_item(const struct entry *entry, const struct value *value, size_t index, long double *ret_number);
size_t value_list_count(const struct value *value);
/* A value as the raw text to write into the tunable: in its unit, rounded to its type.
 * -EINVAL: not a value of it; -ERANGE: outside its range. */
int value_to_raw(const struct entry *entry, const struct value *value, struct strbuf *out);
/* Equal as far as the number goes: 64-bit integers exactly, fractions to 12 digits. */
bool number_equal(long double a, long double b);
/* -1, 0, 1 */
int number_compare(long double a, long double b);
/* A value for people: "4.0 KiB", "15 %", "mq-deadline". */
void value_format(struct strbuf *out, const struct value *value, struct expr_type type);
/* A number of a unit in base units, and back. */
long double unit_to_base(long double number, const struct unit *unit);
long double unit_from_base(long double number, const struct unit *unit);

#endif
