/* SPDX-License-Identifier: Apache-2.0 */
/* What a condition measures, interval by interval, and which way of it is better: for the comparison of a window before
 * with one after. */
#include "expr-evaluator.h"

static bool is_interval_function(enum op_code code)
{
	return code >= OP_PERCENTILE && code <= OP_SHARE;
}

/* "p95(rate(x))" is about rate(x). */
static uint16_t measured_root(const struct program *program)
{
	uint16_t root = program->root;

	while (is_interval_function(program->ops[root].code))
		root = child_of(program, &program->ops[root], 0);
	return root;
}

bool program_is_measured(const struct program *program)
{
	return program->ops[measured_root(program)].slots_differ;
}

size_t program_intervals(const struct program *program, struct expr_context *context, double *values)
{
	const struct window *window = snapshot_window_get(context->snapshot);
	uint16_t root = measured_root(program);
	uint32_t slots = window->live ? MIN(window->slot_count, (uint32_t)SLOT_MAX) : 0;

	for (context->slot = 0; context->slot < slots; context->slot++) {
		struct value value = expr_evaluate_op(program, root, context);

		values[context->slot] = NAN;
		if (value.type == VALUE_NUMBER)
			values[context->slot] = (double)value.number;
		else if (value.type == VALUE_BOOL)
			values[context->slot] = value.boolean;
	}
	context->slot = SLOT_WHOLE;
	return slots;
}

/* Which way the left side of a comparison has to go to make it true: 1 up, -1 down, 0 neither. */
static int wish_of(enum op_code code)
{
	switch ((int)code) {
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_EQUAL:			/* "== 0": what is counted should stop */
		return -1;
	case OP_GREATER:
	case OP_GREATER_EQUAL:
	case OP_NOT_EQUAL:
		return 1;
	default:
		return 0;
	}
}

struct collecting {
	const struct program *program;
	struct criterion *items;
	size_t count, max;
};

static bool side_is_measured(const struct program *program, uint16_t index)
{
	struct program view = *program;

	view.root = index;
	return program_is_measured(&view);
}

static struct program *make_view(const struct program *program, uint16_t index)
{
	struct program *view = xcalloc(1, sizeof(*view));

	*view = *program;
	view->terms = NULL;
	view->term_count = 0;
	view->root = index;
	view->text = xstrndup(program->text + program->ops[index].offset, program->ops[index].length);
	return view;
}

static bool has_key(const struct program *program, uint16_t index)
{
	const struct op *op = &program->ops[index];

	if (op->entry)
		return true;
	for (uint16_t i = 0; i < op->count; i++)
		if (has_key(program, child_of(program, op, i)))
			return true;
	return false;
}

static void add_criterion(struct collecting *collecting, uint16_t measured, uint16_t limit, bool more)
{
	const struct program *program = collecting->program;

	if (collecting->count >= collecting->max)
		return;
	collecting->items[collecting->count++] = (struct criterion){
		.measured = make_view(program, measured),
		.limit = has_key(program, limit) ? make_view(program, limit) : NULL,
		.more_is_better = more,
	};
}

static void collect(struct collecting *collecting, uint16_t index, bool wanted)
{
	const struct program *program = collecting->program;
	const struct op *op = &program->ops[index];
	int wish = wish_of(op->code);

	if (op->code == OP_AND || op->code == OP_OR || op->code == OP_NOT) {
		for (uint16_t i = 0; i < op->count; i++)
			collect(collecting, child_of(program, op, i), op->code == OP_NOT ? !wanted : wanted);
		return;
	}
	if (wish == 0)
		return;
	wish = wanted ? wish : -wish;
	if (side_is_measured(program, child_of(program, op, 0)))
		add_criterion(collecting, child_of(program, op, 0), child_of(program, op, 1), wish > 0);
	else if (side_is_measured(program, child_of(program, op, 1)))
		add_criterion(collecting, child_of(program, op, 1), child_of(program, op, 0), wish < 0);
}

size_t program_criteria(const struct program *program, bool wanted, struct criterion *ret, size_t max)
{
	struct collecting collecting = { .program = program, .items = ret, .max = max };

	collect(&collecting, program->root, wanted);
	return collecting.count;
}

static void free_view(struct program **view)
{
	if (*view)
		free((char *)(*view)->text);
	free(*view);
	*view = NULL;
}

void criterion_release(struct criterion *criterion)
{
	free_view(&criterion->measured);
	free_view(&criterion->limit);
}
