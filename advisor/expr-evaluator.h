/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the evaluator share: settings, operators and choices in expr-evaluate.c, what was measured in
 * expr-measure.c. */
#ifndef KEISOKU_EXPR_EVALUATOR_H
#define KEISOKU_EXPR_EVALUATOR_H

#include <math.h>

#include "expr-internal.h"

static const struct value value_unknown = { .type = VALUE_UNKNOWN };

static inline struct value value_bool(bool boolean)
{
	return (struct value){ .type = VALUE_BOOL, .boolean = boolean };
}

static inline struct value value_number(long double number)
{
	if (isnan(number))
		return value_unknown;
	return (struct value){ .type = VALUE_NUMBER, .number = number };
}

static inline uint16_t child_of(const struct program *program, const struct op *op, unsigned int nth)
{
	return program->children[op->children + nth];
}

static inline struct value evaluate_child(const struct program *program, const struct op *op, unsigned int nth,
				   struct expr_context *context)
{
	return expr_evaluate_op(program, child_of(program, op, nth), context);
}

static inline subject_id subject_of(const struct op *op, const struct expr_context *context)
{
	return op->self ? context->self : SUBJECT_HOST;
}

/* Notes why something is unknown.  hard: more than a subject of many that does not have it. */
struct value expr_missing(struct expr_context *context, subject_id subject, const struct entry *entry, const char *key,
			  const char *why, bool hard);

/* The subject that at() names, or SUBJECT_NONE and the unknown value that says why. */
struct value expr_find_at(const struct program *program, const struct op *op, struct expr_context *context,
			  subject_id *ret_subject);
struct value expr_evaluate_counter(const struct program *program, struct op *op, struct expr_context *context);
struct value expr_evaluate_gauge(const struct program *program, struct op *op, struct expr_context *context);
struct value expr_evaluate_intervals(const struct program *program, const struct op *op, struct expr_context *context);
struct value expr_evaluate_subjects(const struct program *program, const struct op *op, struct expr_context *context);

#endif
