/* SPDX-License-Identifier: Apache-2.0 */
/* Types and dimensions of expressions, and what may meet what. */
#include "expr-compiler.h"

#include <stdio.h>

const char *expr_type_describe(struct expr_type type, char *buffer, size_t size)
{
	char dimension[64];

	switch (type.type) {
	case VALUE_BOOL:
		snprintf(buffer, size, "true or false");
		break;
	case VALUE_TEXT:
		snprintf(buffer, size, "text");
		break;
	case VALUE_NUMBER:
		snprintf(buffer, size, "%s",
			 type.scaled ? "percent" : dimension_describe(type.dimension, dimension, sizeof(dimension)));
		break;
	case VALUE_LIST:
		if (type.item == VALUE_TEXT)
			snprintf(buffer, size, "a list of words");
		else
			snprintf(buffer, size, "a list of %s",
				 dimension_equal(type.dimension, (struct dimension){ 0 })
					 ? "numbers"
					 : dimension_describe(type.dimension, dimension, sizeof(dimension)));
		break;
	case VALUE_UNKNOWN:
		snprintf(buffer, size, "nothing");
		break;
	}
	return buffer;
}

static bool unit_text_is_ratio(const char *text)
{
	static const char *const names[] = { "%", "percent", "permille", "per10000", "ratio" };

	for (size_t i = 0; text && i < ARRAY_SIZE(names); i++)
		if (streq(names[i], text))
			return true;
	return false;
}

struct expr_type expr_type_of_entry(const struct entry *entry)
{
	struct expr_type type = { .type = VALUE_NUMBER, .dimension = entry->unit.dimension };

	type.ratio = unit_text_is_ratio(entry->unit_text);
	type.scaled = type.ratio && entry->unit.scale < 1;
	type.frequency = entry->unit_text && ends_with(entry->unit_text, "Hz");
	type.exact = entry->class == ENTRY_TUNABLE;
	if (entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG)
		return type;

	switch (entry->format) {
	case FORMAT_BOOL:
		return type_bool;
	case FORMAT_TEXT:
	case FORMAT_ENUM:
		return type_text;
	case FORMAT_LIST:
		type.type = VALUE_LIST;
		type.item = VALUE_NUMBER;
		return type;
	case FORMAT_WORDS:
		return (struct expr_type){ .type = VALUE_LIST, .item = VALUE_TEXT };
	case FORMAT_HEX:
		return type_plain;
	case FORMAT_INTEGER:
	case FORMAT_REAL:
	case FORMAT_QUANTITY:
		break;
	}
	return type;
}

/* A rate: per second.  Seconds per second are a share of the time. */
struct expr_type expr_type_per_second(struct expr_type type)
{
	static const struct dimension second = { .seconds = 1 }, none = { 0 };

	type.ratio = type.dimension.seconds == 1;
	type.scaled = type.frequency = type.exact = false;
	type.dimension = dimension_divide(type.dimension, second);
	type.ratio = type.ratio && dimension_equal(type.dimension, none);
	return type;
}

bool expr_is_plain_literal(const struct ast *ast)
{
	return (ast->kind == AST_NUMBER && !ast->has_unit);
}

static const char *dimension_hint(struct dimension a, struct dimension b)
{
	static const struct dimension none = { 0 };

	if (dimension_equal(a, none) || dimension_equal(b, none))
		return "; write the unit";
	if (dimension_equal(dimension_multiply(a, (struct dimension){ .bytes = 1, .pages = -1 }), b) ||
	    dimension_equal(dimension_multiply(b, (struct dimension){ .bytes = 1, .pages = -1 }), a))
		return "; multiply pages by page_size";
	if (dimension_equal(dimension_multiply(a, (struct dimension){ .seconds = -1 }), b) ||
	    dimension_equal(dimension_multiply(b, (struct dimension){ .seconds = -1 }), a))
		return "; one of them is per second";
	return "";
}

/* Both must be numbers of one dimension; verb: "compare", "add".  *into becomes the type of both together. */
int expr_unify(struct compiler *compiler, const struct ast *at, const char *verb, const struct ast *left,
			 struct expr_type *into, const struct ast *right, struct expr_type other)
{
	char a[96], b[96];

	if (into->type != other.type || (into->type != VALUE_NUMBER))
		return fail(compiler, at, "cannot %s %s with %s", verb, expr_type_describe(*into, a, sizeof(a)),
			    expr_type_describe(other, b, sizeof(b)));
	if (!dimension_equal(into->dimension, other.dimension))
		return fail(compiler, at, "cannot %s %s with %s%s", verb, expr_type_describe(*into, a, sizeof(a)),
			    expr_type_describe(other, b, sizeof(b)), dimension_hint(into->dimension, other.dimension));
	if ((into->scaled && expr_is_plain_literal(right)) || (other.scaled && expr_is_plain_literal(left))) {
		const struct ast *literal = into->scaled ? right : left;

		return fail(compiler, literal, "cannot %s percent with a plain number: write %.*s%%", verb,
			    ast_text(compiler, literal));
	}
	into->ratio = into->ratio || other.ratio;
	into->scaled = into->scaled || other.scaled;
	return 0;
}

int expr_need_type(struct compiler *compiler, const struct ast *ast, int op, enum value_type wanted,
		     const char *where)
{
	char found[96];
	struct expr_type type = compiler->ops[op].type;

	if (type.type == wanted)
		return 0;
	return fail(compiler, ast, "%s: expected %s, found %s", where,
		    wanted == VALUE_BOOL ? "a condition" : wanted == VALUE_NUMBER ? "a number" : "text",
		    expr_type_describe(type, found, sizeof(found)));
}
