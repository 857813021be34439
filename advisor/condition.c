/* SPDX-License-Identifier: Apache-2.0 */
/* A condition as the ways in which it can hold, each a list of facts: comparisons in one spelling, so that
 * "vm.x * 4 > a" and "a / vm.x < 1" are about the same thing. */
#include "condition.h"

#include <math.h>

#include "../core/strbuf.h"
#include "bounds.h"

static void trim_parentheses(const char **text, size_t *length)
{
	for (;;) {
		int depth = 0;
		size_t i;

		while (*length > 0 && (**text == ' ' || **text == '\n'))
			(*text)++, (*length)--;
		while (*length > 0 && ((*text)[*length - 1] == ' ' || (*text)[*length - 1] == '\n'))
			(*length)--;
		if (*length < 2 || **text != '(')
			return;
		for (i = 0; i < *length; i++) {
			depth += ((*text)[i] == '(') - ((*text)[i] == ')');
			if (depth == 0)
				break;
		}
		if (i + 1 != *length)
			return;
		(*text)++;
		*length -= 2;
	}
}

/* The text of an op in one spelling: without parentheses around it, with single blanks.  "current" is the tunable. */
static void add_text(const struct program *program, uint16_t index, struct strbuf *out)
{
	const struct op *op = op_at(program, index);
	const char *text = program->text + op->offset;
	size_t length = op->length;

	if (op->code == OP_INDEX) {
		add_text(program, child_at(program, op, 0), out);
		strbuf_addf(out, "[%zu]", op->index);
		return;
	}
	if (op->code == OP_CURRENT) {
		strbuf_addf(out, "%s%s", op->entry->about == SUBJECT_KIND_HOST ? "" : "self.", op->key);
		return;
	}
	trim_parentheses(&text, &length);
	for (size_t i = 0; i < length; i++)
		if (text[i] != ' ' && text[i] != '\n')
			strbuf_add_char(out, text[i]);
		else if (i > 0 && text[i - 1] != ' ' && text[i - 1] != '\n')
			strbuf_add_char(out, ' ');
}

/* Whether its value may differ from one interval to the next.  How much memory and swap there is does not. */
static bool op_measures(const struct program *program, uint16_t index)
{
	const struct op *op = op_at(program, index);

	if (op->entry && (streq(op->entry->id, "meminfo.MemTotal") || streq(op->entry->id, "meminfo.SwapTotal")))
		return false;
	if (op->entry && (op->entry->class == ENTRY_METRIC || op->entry->class == ENTRY_LOG))
		return true;
	for (unsigned int i = 0; i < op->count; i++)
		if (op_measures(program, child_at(program, op, i)))
			return true;
	return false;
}

static struct fact *add_fact(struct alternative *way)
{
	if (way->count >= FACTS_MAX) {
		way->partial = true;
		return NULL;
	}
	way->facts[way->count] = (struct fact){ .low = -INFINITY, .high = INFINITY };
	return &way->facts[way->count++];
}

static bool constant_of(const struct program *program, uint16_t index, long double *ret_number)
{
	struct bounds bounds = bounds_of(program, index);

	*ret_number = bounds.low;
	return op_at(program, index)->type.type == VALUE_NUMBER && bounds.low == bounds.high && !isinf(bounds.low);
}

static enum op_code mirrored(enum op_code code)
{
	static const enum op_code mirrors[] = {
		[OP_LESS] = OP_GREATER, [OP_LESS_EQUAL] = OP_GREATER_EQUAL, [OP_GREATER] = OP_LESS,
		[OP_GREATER_EQUAL] = OP_LESS_EQUAL, [OP_EQUAL] = OP_EQUAL, [OP_NOT_EQUAL] = OP_NOT_EQUAL,
	};

	return mirrors[code];
}

static enum op_code opposite(enum op_code code)
{
	static const enum op_code opposites[] = {
		[OP_LESS] = OP_GREATER_EQUAL, [OP_LESS_EQUAL] = OP_GREATER, [OP_GREATER] = OP_LESS_EQUAL,
		[OP_GREATER_EQUAL] = OP_LESS, [OP_EQUAL] = OP_NOT_EQUAL, [OP_NOT_EQUAL] = OP_EQUAL,
	};

	return opposites[code];
}

static void set_range(struct fact *fact, enum op_code code, long double number)
{
	fact->kind = code == OP_NOT_EQUAL ? FACT_NOT : FACT_RANGE;
	if (code == OP_NOT_EQUAL)
		fact->low = number;
	if (code == OP_GREATER || code == OP_GREATER_EQUAL || code == OP_EQUAL)
		fact->low = number;
	if (code == OP_LESS || code == OP_LESS_EQUAL || code == OP_EQUAL)
		fact->high = number;
	fact->low_open = code == OP_GREATER;
	fact->high_open = code == OP_LESS;
}

/* ---- products: 10% * a / b is 0.1 of "a ^1 b ^-1" ---- */

#define FACTORS_MAX 8

struct product {
	long double number;
	struct { char *text; int power; } factors[FACTORS_MAX];
	size_t count;
	bool failed;
};

static void product_release(struct product *product)
{
	for (size_t i = 0; i < product->count; i++)
		free(product->factors[i].text);
	product->count = 0;
}

static void multiply_by(struct product *product, char *text, int power)
{
	for (size_t i = 0; i < product->count; i++)
		if (streq(product->factors[i].text, text)) {
			product->factors[i].power += power;
			free(text);
			return;
		}
	if (product->count == FACTORS_MAX) {
		product->failed = true;
		free(text);
		return;
	}
	product->factors[product->count].text = text;
	product->factors[product->count++].power = power;
}

static void gather_product(const struct program *program, uint16_t index, int power, struct product *product)
{
	const struct op *op = op_at(program, index);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	long double number;

	if (constant_of(program, index, &number)) {
		product->failed = product->failed || number <= 0;
		product->number *= power > 0 ? number : 1 / number;
		return;
	}
	if (op->code == OP_MULTIPLY || op->code == OP_DIVIDE) {
		gather_product(program, child_at(program, op, 0), power, product);
		gather_product(program, child_at(program, op, 1), op->code == OP_MULTIPLY ? power : -power, product);
		return;
	}
	if (op->code == OP_FLOOR) {
		gather_product(program, child_at(program, op, 0), power, product);
		return;
	}
	add_text(program, index, &text);
	multiply_by(product, strbuf_steal(&text), power);
}

static void sort_factors(struct product *product)
{
	for (size_t i = 1; i < product->count; i++)
		for (size_t j = i; j > 0 && strcmp(product->factors[j - 1].text, product->factors[j].text) > 0; j--) {
			__typeof__(product->factors[0]) factor = product->factors[j];

			product->factors[j] = product->factors[j - 1];
			product->factors[j - 1] = factor;
		}
}

/* left CODE right as a range of one product; what is compared is taken to be positive. */
static bool compare_products(const struct program *left_program, uint16_t left, enum op_code code,
			     const struct program *right_program, uint16_t right, struct fact *fact)
{
	CLEANUP(product_release) struct product product = { .number = 1 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int turn = 0;

	gather_product(left_program, left, 1, &product);
	gather_product(right_program, right, -1, &product);
	sort_factors(&product);
	for (size_t i = 0; i < product.count; i++) {
		int power = product.factors[i].power;

		if (power == 0)
			continue;
		if (turn == 0)
			turn = power > 0 ? 1 : -1;
		strbuf_addf(&text, "%s%s ^%d", text.len ? " " : "", product.factors[i].text, power * turn);
	}
	if (product.failed || turn == 0)
		return false;
	set_range(fact, turn > 0 ? code : mirrored(code), turn > 0 ? 1 / product.number : product.number);
	fact->text = strbuf_steal(&text);
	return true;
}

/* "a < 5", "5 > a", "a * b < 10% * c"; else the difference of both against nothing. */
static void set_comparison(const struct program *left_program, uint16_t left, enum op_code code,
			   const struct program *right_program, uint16_t right, struct fact *fact)
{
	CLEANUP(strbuf_release) struct strbuf a = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	long double number;

	fact->measured = op_measures(left_program, left) || op_measures(right_program, right);
	if (compare_products(left_program, left, code, right_program, right, fact))
		return;
	add_text(left_program, left, &a);
	add_text(right_program, right, &b);
	if (constant_of(right_program, right, &number)) {
		set_range(fact, code, number);
		strbuf_add_string(&a, " ^1");
	} else if (constant_of(left_program, left, &number)) {
		set_range(fact, mirrored(code), number);
		strbuf_reset(&a);
		strbuf_addf(&a, "%s ^1", b.buf);
	} else if (strcmp(a.buf, b.buf) < 0) {
		set_range(fact, code, 0);
		strbuf_addf(&a, " against %s", b.buf);
	} else {
		set_range(fact, mirrored(code), 0);
		strbuf_addf(&b, " against %s", a.buf);
		strbuf_reset(&a);
		strbuf_add_string(&a, b.buf);
	}
	fact->text = strbuf_steal(&a);
}

static void add_comparison(const struct program *program, const struct op *op, enum op_code code,
			   struct alternative *way)
{
	struct fact *fact = add_fact(way);

	if (fact)
		set_comparison(program, child_at(program, op, 0), code, program, child_at(program, op, 1), fact);
}

static void add_text_fact(const struct program *program, const struct op *op, bool equal, struct alternative *way)
{
	const struct op *value = op_at(program, child_at(program, op, 1));
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct fact *fact;

	way->partial = way->partial || value->code != OP_TEXT;
	fact = value->code == OP_TEXT ? add_fact(way) : NULL;
	if (!fact)
		return;
	add_text(program, child_at(program, op, 0), &text);
	fact->kind = equal ? FACT_TEXT : FACT_NOT_TEXT;
	fact->value = value->text;
	fact->value_length = value->text_length;
	fact->text = strbuf_steal(&text);
}

static void add_truth(const struct program *program, uint16_t index, bool positive, struct alternative *way)
{
	const struct op *op = op_at(program, index);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct fact *fact;

	/* "x == false", "x == 1" of a switch */
	if (op->code == OP_EQUAL_BOOL || op->code == OP_NOT_EQUAL_BOOL) {
		const struct op *value = op_at(program, child_at(program, op, 1));

		if (value->code == OP_BOOL || value->code == OP_NUMBER) {
			positive = (positive == (op->code == OP_EQUAL_BOOL)) == (value->number != 0);
			index = child_at(program, op, 0);
		}
	}
	fact = add_fact(way);
	if (!fact)
		return;
	add_text(program, index, &text);
	fact->kind = FACT_TRUTH;
	fact->positive = positive;
	fact->measured = op_measures(program, index);
	fact->text = strbuf_steal(&text);
}

static void copy_way(struct alternative *to, const struct alternative *from)
{
	for (size_t i = 0; i < from->count; i++) {
		struct fact *fact = add_fact(to);

		if (!fact)
			return;
		*fact = from->facts[i];
		fact->text = xstrdup(from->facts[i].text);
	}
	to->partial = to->partial || from->partial;
}

static void release_way(struct alternative *way)
{
	for (size_t i = 0; i < way->count; i++)
		free(way->facts[i].text);
	way->count = 0;
}

void condition_release(struct condition *condition)
{
	for (size_t i = 0; i < condition->count; i++)
		release_way(&condition->ways[i]);
	free(condition->ways);
	*condition = (struct condition){ 0 };
}

void condition_join(struct condition *left, const struct condition *right)
{
	struct condition joined = { 0 };

	/* What is too complicated is left out: fewer facts are still true. */
	if (right->count == 0 || left->count * right->count > ALTERNATIVES_MAX) {
		for (size_t i = 0; right->count > 0 && i < left->count; i++)
			left->ways[i].partial = true;
		return;
	}
	joined.ways = xcalloc(left->count * right->count, sizeof(*joined.ways));
	for (size_t i = 0; i < left->count; i++)
		for (size_t j = 0; j < right->count; j++) {
			struct alternative *way = &joined.ways[joined.count++];

			copy_way(way, &left->ways[i]);
			copy_way(way, &right->ways[j]);
		}
	condition_release(left);
	*left = joined;
}

static void condition_either(struct condition *left, struct condition *right)
{
	left->ways = xrealloc(left->ways, (left->count + right->count) * sizeof(*left->ways));
	memcpy(left->ways + left->count, right->ways, right->count * sizeof(*left->ways));
	left->count += right->count;
	free(right->ways);
	*right = (struct condition){ 0 };
}

static void condition_of_op(const struct program *program, uint16_t index, bool positive, struct condition *out);

static void condition_of_list(const struct program *program, const struct op *op, bool positive, bool joined,
			      struct condition *out)
{
	condition_of_op(program, child_at(program, op, 0), positive, out);
	for (unsigned int i = 1; i < op->count; i++) {
		CLEANUP(condition_release) struct condition one = { 0 };

		condition_of_op(program, child_at(program, op, i), positive, &one);
		if (joined) {
			condition_join(out, &one);
			continue;
		}
		if (out->count + one.count > ALTERNATIVES_MAX) {
			/* One way that says nothing stands for all of them. */
			condition_release(out);
			out->ways = xcalloc(1, sizeof(*out->ways));
			out->ways[0].partial = true;
			out->count = 1;
			return;
		}
		condition_either(out, &one);
	}
}

static void condition_of_op(const struct program *program, uint16_t index, bool positive, struct condition *out)
{
	const struct op *op = op_at(program, index);

	if (op->code == OP_NOT) {
		condition_of_op(program, child_at(program, op, 0), !positive, out);
		return;
	}
	if (op->code == OP_AND || op->code == OP_OR) {
		condition_of_list(program, op, positive, (op->code == OP_AND) == positive, out);
		return;
	}
	out->ways = xcalloc(1, sizeof(*out->ways));
	out->count = 1;
	if (op->code == OP_LESS || op->code == OP_LESS_EQUAL || op->code == OP_GREATER || op->code == OP_GREATER_EQUAL ||
	    op->code == OP_EQUAL || op->code == OP_NOT_EQUAL)
		add_comparison(program, op, positive ? op->code : opposite(op->code), &out->ways[0]);
	else if (op->code == OP_EQUAL_TEXT || op->code == OP_NOT_EQUAL_TEXT)
		add_text_fact(program, op, (op->code == OP_EQUAL_TEXT) == positive, &out->ways[0]);
	else if (op->code != OP_BOOL || (op->number != 0) != positive)
		add_truth(program, index, positive, &out->ways[0]);
}

void condition_of(const struct program *program, struct condition *condition)
{
	*condition = (struct condition){ 0 };
	if (program)
		condition_of_op(program, program->root, true, condition);
}

/* ---- what a proposal wants ---- */

/* The item of a list that stands at index in it, or current itself. */
static void set_current_text(const struct entry *entry, const char *key, bool self, int index, struct fact *fact,
			     const struct program *to, uint16_t limit, enum op_code code)
{
	/* A program of one op, or of two, that says "current" or "current[index]". */
	struct op ops[2] = {
		{ .code = OP_CURRENT, .entry = entry, .key = key, .self = self, .type = { .type = VALUE_NUMBER } },
		{ .code = OP_INDEX, .entry = entry, .key = key, .index = (size_t)MAX(index, 0), .count = 1,
		  .type = { .type = VALUE_NUMBER } },
	};
	uint16_t children[1] = { 0 };
	struct program current = { .ops = ops, .children = children, .text = "", .op_count = 2 };

	set_comparison(&current, index < 0 ? 0 : 1, code, to, limit, fact);
}

/* "2 * current", "current / 2": no limit at all */
static bool is_multiple_of_current(const struct program *to, const struct op *op, bool raise)
{
	uint16_t left, right;
	long double number;

	if (op->code != OP_MULTIPLY && op->code != OP_DIVIDE)
		return false;
	left = child_at(to, op, 0);
	right = child_at(to, op, 1);
	if (constant_of(to, left, &number) && op->code == OP_MULTIPLY)
		left = right;
	else if (!constant_of(to, right, &number))
		return false;
	if (op_at(to, left)->code == OP_INDEX)
		left = child_at(to, op_at(to, left), 0);
	return op_at(to, left)->code == OP_CURRENT && (number > 1) == ((op->code == OP_MULTIPLY) == raise);
}

static void add_limits(const struct program *to, uint16_t index, bool raise, const struct entry *entry, const char *key,
		       bool self, int item, struct alternative *way)
{
	const struct op *op = op_at(to, index);
	enum op_code inward = raise ? OP_MIN : OP_MAX, outward = raise ? OP_MAX : OP_MIN;
	struct fact *fact;

	if (op->code == OP_CLAMP) {
		add_limits(to, child_at(to, op, raise ? 2 : 1), raise, entry, key, self, item, way);
		return;
	}
	/* max(current, x): x decides */
	if (op->code == outward && op->count == 2) {
		for (unsigned int i = 0; i < 2; i++) {
			const struct op *child = op_at(to, child_at(to, op, i));

			if (child->code == OP_CURRENT || (child->code == OP_INDEX && (int)child->index == item))
				add_limits(to, child_at(to, op, 1 - i), raise, entry, key, self, item, way);
		}
		return;
	}
	if (op->code == inward) {
		for (unsigned int i = 0; i < op->count; i++)
			add_limits(to, child_at(to, op, i), raise, entry, key, self, item, way);
		return;
	}
	if (op->type.type != VALUE_NUMBER || is_multiple_of_current(to, op, raise))
		return;
	fact = add_fact(way);
	if (fact)
		set_current_text(entry, key, self, item, fact, to, index, raise ? OP_LESS : OP_GREATER);
}

void condition_of_proposal(const struct program *to, bool raise, const struct entry *entry, const char *key, bool self,
			   struct condition *condition)
{
	const struct op *root = op_at(to, to->root);
	size_t count = root->code == OP_MAKE_LIST ? root->count : 1;

	/* One item of a list that moves is enough. */
	condition->ways = xcalloc(count, sizeof(*condition->ways));
	condition->count = count;
	for (size_t i = 0; i < count; i++)
		add_limits(to, root->code == OP_MAKE_LIST ? child_at(to, root, (unsigned int)i) : to->root, raise, entry, key,
			   self, root->code == OP_MAKE_LIST ? (int)i : -1, &condition->ways[i]);
}

/* ---- what follows ---- */

static bool same_value(const struct fact *a, const struct fact *b)
{
	return a->value_length == b->value_length && memcmp(a->value, b->value, a->value_length) == 0;
}

/* The end of the range of inner is within that of outer. */
static bool range_within(const struct fact *inner, const struct fact *outer)
{
	if (inner->low < outer->low || inner->high > outer->high)
		return false;
	if (inner->low == outer->low && outer->low_open && !inner->low_open)
		return false;
	return !(inner->high == outer->high && outer->high_open && !inner->high_open);
}

static bool ranges_apart(const struct fact *a, const struct fact *b)
{
	if (a->low > b->high || b->low > a->high)
		return true;
	return (a->low == b->high && (a->low_open || b->high_open)) || (b->low == a->high && (b->low_open || a->high_open));
}

static bool range_without(const struct fact *range, long double number)
{
	struct fact point = { .low = number, .high = number };

	return ranges_apart(range, &point);
}

static bool fact_implies(const struct fact *a, const struct fact *b)
{
	if (!streq(a->text, b->text))
		return false;
	if (a->kind == FACT_RANGE && b->kind == FACT_RANGE)
		return range_within(a, b);
	if (a->kind == FACT_RANGE && b->kind == FACT_NOT)
		return range_without(a, b->low);
	if (a->kind == FACT_TEXT && b->kind == FACT_NOT_TEXT)
		return !same_value(a, b);
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case FACT_NOT:
		return a->low == b->low;
	case FACT_TEXT:
	case FACT_NOT_TEXT:
		return same_value(a, b);
	case FACT_TRUTH:
		return a->positive == b->positive;
	case FACT_RANGE:
		break;
	}
	return false;
}

static bool facts_exclude(const struct fact *a, const struct fact *b)
{
	if (!streq(a->text, b->text))
		return false;
	if (a->kind == FACT_RANGE && b->kind == FACT_RANGE)
		return ranges_apart(a, b);
	if (a->kind == FACT_RANGE && b->kind == FACT_NOT)
		return a->low == a->high && a->low == b->low;
	if (a->kind == FACT_TEXT && b->kind == FACT_TEXT)
		return !same_value(a, b);
	if (a->kind == FACT_TEXT && b->kind == FACT_NOT_TEXT)
		return same_value(a, b);
	return a->kind == FACT_TRUTH && b->kind == FACT_TRUTH && a->positive != b->positive;
}

static bool way_implies(const struct alternative *left, const struct alternative *right)
{
	for (size_t i = 0; i < right->count; i++) {
		bool found = false;

		for (size_t j = 0; j < left->count && !found; j++)
			found = fact_implies(&left->facts[j], &right->facts[i]);
		if (!found)
			return false;
	}
	return right->count > 0 && !right->partial;
}

static bool ways_exclude(const struct alternative *left, const struct alternative *right, bool measured)
{
	for (size_t i = 0; i < left->count; i++)
		for (size_t j = 0; j < right->count; j++) {
			const struct fact *a = &left->facts[i], *b = &right->facts[j];

			if (!measured && (a->measured || b->measured))
				continue;
			if (facts_exclude(a, b) || facts_exclude(b, a))
				return true;
		}
	return false;
}

bool condition_implies(const struct condition *left, const struct condition *right)
{
	for (size_t i = 0; i < left->count; i++) {
		bool found = false;

		for (size_t j = 0; j < right->count && !found; j++)
			found = way_implies(&left->ways[i], &right->ways[j]);
		if (!found)
			return false;
	}
	return left->count > 0;
}

bool condition_excludes(const struct condition *left, const struct condition *right, bool measured)
{
	for (size_t i = 0; i < left->count; i++)
		for (size_t j = 0; j < right->count; j++)
			if (!ways_exclude(&left->ways[i], &right->ways[j], measured))
				return false;
	return left->count > 0 && right->count > 0;
}
