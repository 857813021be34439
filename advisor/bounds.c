/* SPDX-License-Identifier: Apache-2.0 */
#include "bounds.h"

#include <math.h>

static const struct bounds anything = { .low = -INFINITY, .high = INFINITY, .can_hold = true, .can_fail = true };

static struct bounds between(long double low, long double high)
{
	/* infinity less infinity says nothing */
	return (struct bounds){ .low = isnan(low) ? -INFINITY : low, .high = isnan(high) ? INFINITY : high,
				.can_hold = true, .can_fail = true };
}

static struct bounds condition(bool can_hold, bool can_fail)
{
	return (struct bounds){ .low = -INFINITY, .high = INFINITY, .can_hold = can_hold, .can_fail = can_fail };
}

/* A range is of what can be written; what is read may be outside it: vm.dirty_bytes is 0 where it is not used, cpu.weight
 * where another setting has taken its place. */
static void widen_by_default(const struct entry *entry, const struct node *node, struct bounds *bounds)
{
	struct value value;

	if (!node)
		return;
	for (uint32_t i = 0; i < node->count; i++)
		widen_by_default(entry, node->kind == NODE_SEQUENCE ? node_get(&node->items[i], "value") : NULL, bounds);
	if (node->kind != NODE_SCALAR)
		return;
	value = value_of_setting(entry, node->text, strlen(node->text));
	if (value.type != VALUE_NUMBER)
		return;
	bounds->low = fminl(bounds->low, value.number);
	bounds->high = fmaxl(bounds->high, value.number);
}

static struct bounds bounds_of_entry(const struct entry *entry, bool written)
{
	bool metric = entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG;
	struct bounds bounds = anything;

	/* A clock may be behind; what the kernel counts is never less than nothing. */
	if (metric && !(entry->unit.dimension.seconds == 1 && entry->metric_kind == METRIC_GAUGE))
		bounds.low = 0;
	if (metric || !entry->has_range)
		return bounds;
	if (entry->range_min != INT64_MIN)
		bounds.low = unit_to_base((long double)entry->range_min, &entry->unit);
	if (entry->range_max != UINT64_MAX && entry->unlimited.count == 0 && entry->about != SUBJECT_KIND_CGROUP)
		bounds.high = unit_to_base((long double)entry->range_max, &entry->unit);
	if (!written && entry->node) {
		widen_by_default(entry, node_get(entry->node, "default"), &bounds);
		bounds.low = fminl(bounds.low, 0);
	}
	return bounds;
}

/* 0 times infinity: nothing of however much is nothing. */
static long double times(long double a, long double b)
{
	return a == 0 || b == 0 ? 0 : a * b;
}

static struct bounds spread(const long double values[4])
{
	long double low = INFINITY, high = -INFINITY;

	for (int i = 0; i < 4; i++) {
		if (isnan(values[i]))
			return anything;
		low = fminl(low, values[i]);
		high = fmaxl(high, values[i]);
	}
	return between(low, high);
}

static struct bounds product(struct bounds a, struct bounds b)
{
	const long double values[] = { times(a.low, b.low), times(a.low, b.high), times(a.high, b.low),
				       times(a.high, b.high) };

	return spread(values);
}

/* Divided by zero is unknown, and so is no value of it. */
static struct bounds quotient(struct bounds a, struct bounds b)
{
	if (b.low < 0 && b.high > 0)
		return anything;
	if (b.low == 0)
		return product(a, between(b.high == 0 ? INFINITY : 1 / b.high, INFINITY));
	if (b.high == 0)
		return product(a, between(-INFINITY, 1 / b.low));
	return product(a, between(1 / b.high, 1 / b.low));
}

static struct bounds compare(enum op_code code, struct bounds a, struct bounds b)
{
	bool meet = a.low <= b.high && b.low <= a.high;
	bool same = a.low == a.high && b.low == b.high && number_equal(a.low, b.low);

	switch ((int)code) {
	case OP_LESS:
		return condition(a.low < b.high, a.high >= b.low);
	case OP_LESS_EQUAL:
		return condition(a.low <= b.high, a.high > b.low);
	case OP_GREATER:
		return condition(a.high > b.low, a.low <= b.high);
	case OP_GREATER_EQUAL:
		return condition(a.high >= b.low, a.low < b.high);
	case OP_EQUAL:
		return condition(meet, !same);
	default:
		return condition(!same, meet);
	}
}

static struct bounds bounds_of_extreme(const struct program *program, const struct op *op)
{
	struct bounds all = bounds_of(program, child_at(program, op, 0));

	for (unsigned int i = 1; i < op->count; i++) {
		struct bounds one = bounds_of(program, child_at(program, op, i));

		all.low = op->code == OP_MIN ? fminl(all.low, one.low) : fmaxl(all.low, one.low);
		all.high = op->code == OP_MIN ? fminl(all.high, one.high) : fmaxl(all.high, one.high);
	}
	return all;
}

static struct bounds bounds_of_logic(const struct program *program, const struct op *op)
{
	bool and = op->code == OP_AND;
	struct bounds all = condition(and, !and);

	for (unsigned int i = 0; i < op->count; i++) {
		struct bounds one = bounds_of(program, child_at(program, op, i));

		all.can_hold = and ? all.can_hold && one.can_hold : all.can_hold || one.can_hold;
		all.can_fail = and ? all.can_fail || one.can_fail : all.can_fail && one.can_fail;
	}
	return all;
}

static struct bounds bounds_of_choice(const struct program *program, const struct op *op)
{
	struct bounds when = bounds_of(program, child_at(program, op, 0));
	struct bounds a = bounds_of(program, child_at(program, op, 1)), b = bounds_of(program, child_at(program, op, 2));

	if (!when.can_fail)
		return a;
	if (!when.can_hold)
		return b;
	return (struct bounds){ fminl(a.low, b.low), fmaxl(a.high, b.high), a.can_hold || b.can_hold,
				a.can_fail || b.can_fail };
}

static struct bounds bounds_of_member(const struct program *program, const struct op *op)
{
	struct bounds left = bounds_of(program, child_at(program, op, 0));

	for (unsigned int i = 1; i < op->count; i++) {
		struct bounds item = bounds_of(program, child_at(program, op, i));

		if (item.low <= left.high && left.low <= item.high)
			return condition(true, true);
	}
	return condition(false, true);
}

/* Of numbers, what changes them a little. */
static struct bounds bounds_of_plain(const struct program *program, const struct op *op)
{
	struct bounds a = bounds_of(program, child_at(program, op, 0)), b = anything;

	if (op->count > 1)
		b = bounds_of(program, child_at(program, op, 1));
	switch ((int)op->code) {
	case OP_ADD:
		return between(a.low + b.low, a.high + b.high);
	case OP_SUBTRACT:
		return between(a.low - b.high, a.high - b.low);
	case OP_MULTIPLY:
		return product(a, b);
	case OP_DIVIDE:
		return quotient(a, b);
	case OP_NEGATE:
		return between(-a.high, -a.low);
	case OP_CLAMP: {
		struct bounds top = bounds_of(program, child_at(program, op, 2));

		return between(fminl(fmaxl(a.low, b.low), top.low), fminl(fmaxl(a.high, b.high), top.high));
	}
	case OP_ROUND_UP:
		return between(a.low, a.high + fmaxl(b.high, 0));
	case OP_NEXT_POWER_OF_2:
		return between(fmaxl(a.low, 0), 2 * a.high);
	case OP_FLOOR:
		return between(floorl(a.low), floorl(a.high));
	case OP_ABS:
		return between(a.low >= 0 ? a.low : 0, fmaxl(fabsl(a.low), fabsl(a.high)));
	default:
		return a;
	}
}

static struct bounds bounds_of_subjects(const struct program *program, const struct op *op)
{
	struct bounds body = bounds_of(program, child_at(program, op, 0));

	/* Of no subjects at all: false, true, 0 and 0. */
	if (op->code == OP_ANY)
		return condition(body.can_hold, true);
	if (op->code == OP_ALL)
		return condition(true, body.can_fail);
	if (op->code == OP_COUNT)
		return between(0, body.can_hold ? INFINITY : 0);
	if (op->code == OP_SMALLEST || op->code == OP_LARGEST)
		return body;
	return between(body.low < 0 ? -INFINITY : 0, body.high > 0 ? INFINITY : 0);
}

struct bounds bounds_of(const struct program *program, uint16_t index)
{
	const struct op *op = op_at(program, index);

	switch ((int)op->code) {
	case OP_NUMBER:
		return between(op->number, op->number);
	case OP_BOOL:
		return condition(op->number != 0, op->number == 0);
	case OP_SETTING:
	case OP_CURRENT:
	case OP_PROPOSED:
	case OP_GAUGE:
	case OP_INDEX:
		return op->type.type == VALUE_NUMBER ? bounds_of_entry(op->entry, op->code == OP_PROPOSED) : anything;
	case OP_RATE:
	case OP_DELTA:
	case OP_TOTAL:
		return between(0, INFINITY);
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
	case OP_EQUAL:
	case OP_NOT_EQUAL:
		return compare(op->code, bounds_of(program, child_at(program, op, 0)),
			       bounds_of(program, child_at(program, op, 1)));
	case OP_IN_NUMBERS:
		return bounds_of_member(program, op);
	case OP_NOT: {
		struct bounds inner = bounds_of(program, child_at(program, op, 0));

		return condition(inner.can_fail, inner.can_hold);
	}
	case OP_AND:
	case OP_OR:
		return bounds_of_logic(program, op);
	case OP_IF:
		return bounds_of_choice(program, op);
	case OP_MIN:
	case OP_MAX:
		return bounds_of_extreme(program, op);
	case OP_SHARE:
		return between(0, 1);
	case OP_ANY:
	case OP_ALL:
	case OP_COUNT:
	case OP_SUM:
	case OP_SMALLEST:
	case OP_LARGEST:
		return bounds_of_subjects(program, op);
	case OP_ADD:
	case OP_SUBTRACT:
	case OP_MULTIPLY:
	case OP_DIVIDE:
	case OP_NEGATE:
	case OP_CLAMP:
	case OP_ROUND_UP:
	case OP_NEXT_POWER_OF_2:
	case OP_FLOOR:
	case OP_ABS:
	case OP_PERCENTILE:
	case OP_INTERVAL_MIN:
	case OP_INTERVAL_MAX:
	case OP_MEAN:
	case OP_LAST:
		return bounds_of_plain(program, op);
	default:
		return anything;
	}
}
