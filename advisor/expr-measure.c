/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured: counters and gauges, over the window, per interval, over subjects. */
#include "expr-evaluator.h"

#include "statistics.h"

/* ---- metrics ---- */

static bool is_frozen(const struct program *program, const struct op *op, subject_id subject,
		      const struct expr_context *outer)
{
	struct expr_context context;
	struct value frozen;

	if (op->frozen == 0)
		return false;
	expr_context_init(&context, outer->snapshot, subject);
	frozen = expr_evaluate_op(program, (uint16_t)(op->frozen - 1), &context);
	return value_is_true(&frozen);
}

static void look(const struct program *program, struct op *op, subject_id subject, const struct expr_context *context)
{
	const struct series *series = snapshot_metric_symbol(context->snapshot, subject, op->symbol);

	op->sight.subject = subject;
	op->sight.series = series;
	if (!series || series->samples == 0)
		op->sight.kind = SIGHT_NONE;
	else if (series->frozen)
		op->sight.kind = SIGHT_SWITCHED_OFF;
	else
		op->sight.kind = is_frozen(program, op, subject, context) ? SIGHT_FROZEN : SIGHT_SERIES;
}

static const struct series *find_series(const struct program *program, struct op *op, struct expr_context *context)
{
	subject_id subject = subject_of(op, context);
	struct expr_missing *list = context->missing;
	size_t causes = list ? list->count : 0;

	if (op->sight.subject != subject)
		look(program, op, subject, context);
	switch (op->sight.kind) {
	case SIGHT_SERIES:
		return op->sight.series;
	case SIGHT_NONE:
		(void)expr_missing(context, subject, op->entry, op->key, NULL, false);
		return NULL;
	case SIGHT_SWITCHED_OFF:
		(void)expr_missing(context, subject, op->entry, op->key, "frozen: a switch keeps it from counting", true);
		return NULL;
	case SIGHT_FROZEN:
		(void)expr_missing(context, subject, op->entry, op->key, op->text, true);
		if (list && list->count > causes)
			list->items[causes].frozen = true;
		break;
	}
	return NULL;
}

static long double uptime_of(const struct op *op, const struct expr_context *context)
{
	const struct series *uptime = snapshot_metric_symbol(context->snapshot, SUBJECT_HOST, op->uptime);

	return uptime && uptime->samples > 0 ? uptime->last : 0;
}

static struct value counter_since_boot(const struct op *op, const struct series *series, struct expr_context *context)
{
	long double total = (long double)series->last_counter * op->entry->unit.scale;

	if (series->last_counter != 0)
		context->counters_not_zero = true;
	if (op->code != OP_RATE)
		return value_number(unit_to_base((long double)series->last_counter, &op->entry->unit));

	long double uptime = uptime_of(op, context);
	if (!(uptime > 0))
		return expr_missing(context, SUBJECT_HOST, NULL, "uptime", NULL, true);
	return value_number(total / uptime);
}

struct value expr_evaluate_counter(const struct program *program, struct op *op, struct expr_context *context)
{
	const struct series *series = find_series(program, op, context);
	const struct window *window = snapshot_window_get(context->snapshot);
	double value;

	if (!series)
		return value_unknown;
	if (op->code == OP_TOTAL) {
		context->used_total = true;
		return counter_since_boot(op, series, context);
	}
	if (context->slot != SLOT_WHOLE) {
		context->used_live = true;
		value = series_slot_value(context->snapshot, series, context->slot);
		if (isnan(value))
			return expr_missing(context, subject_of(op, context), op->entry, op->key, "no sample in some intervals",
				       false);
		if (op->code == OP_DELTA)
			value *= window->slot_seconds[context->slot];
		return value_number(unit_to_base(value, &op->entry->unit));
	}
	if (!window->live) {
		context->used_since_boot = true;
		return counter_since_boot(op, series, context);
	}
	context->used_live = true;
	if (series->samples < 2)
		return expr_missing(context, subject_of(op, context), op->entry, op->key, "only one sample in the window", false);
	value = series->delta;
	if (op->code == OP_RATE)
		value = window->duration_sec > 0 ? value / window->duration_sec : NAN;
	return value_number(unit_to_base(value, &op->entry->unit));
}

struct value expr_evaluate_gauge(const struct program *program, struct op *op, struct expr_context *context)
{
	const struct series *series = find_series(program, op, context);
	double value;

	if (!series)
		return value_unknown;
	context->used_gauge = true;
	if (context->slot != SLOT_WHOLE) {
		value = series_slot_value(context->snapshot, series, context->slot);
		if (isnan(value))
			return expr_missing(context, subject_of(op, context), op->entry, op->key, "no sample in some intervals",
				       false);
	} else if (snapshot_window_get(context->snapshot)->live) {
		value = series->sum / series->samples;
		/* The mean of equal values is that value, however it was rounded. */
		if (series->min == series->max)
			value = series->last;
	} else {
		value = series->last;
	}
	return value_number(unit_to_base(value, &op->entry->unit));
}

struct value expr_find_at(const struct program *program, const struct op *op, struct expr_context *context,
			  subject_id *ret_subject)
{
	const struct op *name = &program->ops[child_of(program, op, 0)];
	struct value value = evaluate_child(program, op, 0, context);
	char text[1024];

	*ret_subject = SUBJECT_NONE;
	if (value.type == VALUE_UNKNOWN)
		return value;
	if (value.length < sizeof(text)) {
		memcpy(text, value.text, value.length);
		text[value.length] = '\0';
		*ret_subject = snapshot_find_subject(context->snapshot, (enum subject_kind)op->index, text);
	}
	if (*ret_subject == SUBJECT_NONE)
		return expr_missing(context, subject_of(name, context), NULL, name->key ? name->key : "at()",
				    "nothing of that name was captured", true);
	return value;
}

/* Every metric below an op, with one reason. */
static void missing_below(const struct program *program, uint16_t index, struct expr_context *context, const char *why)
{
	const struct op *op = &program->ops[index];
	subject_id outer = context->self, subject = SUBJECT_NONE;

	if (op->code == OP_GAUGE || op->code == OP_RATE || op->code == OP_DELTA || op->code == OP_TOTAL)
		(void)expr_missing(context, subject_of(op, context), op->entry, op->key, why, true);
	if (op->code == OP_AT)
		(void)expr_find_at(program, op, context, &subject);
	if (subject != SUBJECT_NONE)
		context->self = subject;
	for (uint16_t i = 0; i < op->count; i++)
		missing_below(program, child_of(program, op, i), context, why);
	context->self = outer;
}

/* ---- functions over intervals ---- */

/* Whether an op has the same value in every interval, because nothing it measures has moved. */
static bool op_is_still(const struct program *program, uint16_t index, const struct expr_context *context)
{
	const struct op *op = &program->ops[index];
	const struct series *series;

	if (!op->slots_differ)
		return true;
	if (op->code >= OP_ANY && op->code <= OP_AT)
		return false;
	if (op->code == OP_GAUGE || op->code == OP_RATE || op->code == OP_DELTA) {
		series = snapshot_metric_symbol(context->snapshot, subject_of(op, context), op->symbol);
		return !series || (!series->slots && series->first_slot == 0);
	}
	for (uint16_t i = 0; i < op->count; i++)
		if (!op_is_still(program, child_of(program, op, i), context))
			return false;
	return true;
}

static struct value reduce_numbers(const struct op *op, long double *values, const double *seconds, size_t count)
{
	long double sum = 0, weight = 0, extreme = values[0];

	if (op->code == OP_PERCENTILE)
		return value_number(percentile(values, count, (unsigned int)op->index));
	if (op->code == OP_LAST)
		return value_number(values[count - 1]);
	for (size_t i = 0; i < count; i++) {
		sum += values[i] * seconds[i];
		weight += seconds[i];
		if (op->code == OP_INTERVAL_MAX ? values[i] > extreme : values[i] < extreme)
			extreme = values[i];
	}
	if (op->code != OP_MEAN)
		return value_number(extreme);
	return weight > 0 ? value_number(sum / weight) : value_unknown;
}

struct value expr_evaluate_intervals(const struct program *program, const struct op *op, struct expr_context *context)
{
	const struct window *window = snapshot_window_get(context->snapshot);
	long double values[SLOT_MAX];
	double seconds[SLOT_MAX];
	uint32_t outer = context->slot, slots = window->slot_count;
	size_t count = 0, yes = 0;

	if (!window->live || window->slot_count == 0) {
		/* An average since boot has a mean, but says nothing of single intervals. */
		bool counters = op->constant_true;

		if (op->code == OP_MEAN || (op->code == OP_LAST && !counters))
			return evaluate_child(program, op, 0, context);
		missing_below(program, child_of(program, op, 0), context, "needs a measured window");
		return value_unknown;
	}
	if (op_is_still(program, child_of(program, op, 0), context))
		slots = 1;
	for (uint32_t slot = 0; slot < slots && slot < SLOT_MAX; slot++) {
		struct value value;

		context->slot = slot;
		value = evaluate_child(program, op, 0, context);
		if (value.type == VALUE_UNKNOWN)
			continue;
		yes += value_is_true(&value);
		seconds[count] = window->slot_seconds[slot];
		values[count++] = value.number;
	}
	context->slot = outer;
	if (count == 0)
		return value_unknown;
	if (op->code == OP_SHARE)
		return value_number((long double)yes / (long double)count);
	return reduce_numbers(op, values, seconds, count);
}

/* ---- functions over subjects ---- */

#define OWNED_MAX 1000		/* of one subject; of more the answer is unknown */

struct tally {
	uint32_t known, yes, hard, left_out;
	long double sum, smallest, largest;
};

/* Those that an op goes through: all of a kind, or those of self. */
struct crowd {
	const subject_id *owned;
	uint32_t count;
};

static struct crowd crowd_of(const struct op *op, const struct expr_context *context)
{
	enum subject_kind kind = (enum subject_kind)op->index;
	struct crowd crowd = { .owned = NULL };

	crowd.count = op->self ? snapshot_owned(context->snapshot, context->self, kind, &crowd.owned)
			       : snapshot_kind_count(context->snapshot, kind);
	return crowd;
}

static subject_id crowd_get(const struct op *op, const struct expr_context *context, const struct crowd *crowd, uint32_t nth)
{
	return op->self ? crowd->owned[nth] : snapshot_kind_get(context->snapshot, (enum subject_kind)op->index, nth);
}

/* A subject that simply does not have the setting or metric is left out; one that could not be read counts as unknown. */
static void tally_subjects(const struct program *program, const struct op *op, struct expr_context *context,
			   struct tally *tally)
{
	struct crowd crowd = crowd_of(op, context);
	subject_id outer = context->self;
	bool outer_hard = context->hard_unknown;

	if (op->self && crowd.count > OWNED_MAX) {
		(void)expr_missing(context, outer, NULL, subject_kind_name((enum subject_kind)op->index), "there are too many of them",
				   true);
		tally->hard++;
		crowd.count = 0;
	}
	for (uint32_t i = 0; i < crowd.count; i++) {
		size_t causes = context->missing ? context->missing->count : 0;
		struct value value;

		context->self = crowd_get(op, context, &crowd, i);
		context->hard_unknown = false;
		value = evaluate_child(program, op, 0, context);
		if (value.type == VALUE_UNKNOWN) {
			tally->hard += context->hard_unknown;
			tally->left_out += !context->hard_unknown;
			/* When all are left out, the first one says what was missing. */
			if (!context->hard_unknown && context->missing && i > 0)
				context->missing->count = causes;
			continue;
		}
		tally->known++;
		tally->yes += value_is_true(&value);
		tally->sum += value.number;
		tally->smallest = tally->known > 1 ? fminl(tally->smallest, value.number) : value.number;
		tally->largest = tally->known > 1 ? fmaxl(tally->largest, value.number) : value.number;
		if ((op->code == OP_ANY && value_is_true(&value)) || (op->code == OP_ALL && value_is_false(&value)))
			break;
	}
	context->self = outer;
	context->hard_unknown = outer_hard;
}

static struct value evaluate_tally(const struct op *op, const struct tally *tally, struct expr_context *context)
{
	bool unknown = tally->hard > 0 || (tally->known == 0 && tally->left_out > 0);

	context->hard_unknown = context->hard_unknown || tally->hard > 0;
	if (op->code == OP_ANY && tally->yes > 0)
		return value_bool(true);
	if (op->code == OP_ALL && tally->yes < tally->known)
		return value_bool(false);
	if (unknown)
		return value_unknown;
	if (op->code == OP_COUNT)
		return value_number(tally->yes);
	if (op->code == OP_SUM)
		return value_number(tally->sum);
	if (op->code == OP_SMALLEST || op->code == OP_LARGEST)
		return tally->known > 0 ? value_number(op->code == OP_SMALLEST ? tally->smallest : tally->largest)
					: expr_missing(context, SUBJECT_HOST, NULL, subject_kind_name((enum subject_kind)op->index),
						       "there is none", false);
	return value_bool(op->code == OP_ALL);
}

struct value expr_evaluate_subjects(const struct program *program, const struct op *op, struct expr_context *context)
{
	uint32_t nth = context->slot == SLOT_WHOLE || !op->slots_differ ? 0 : context->slot + 1;
	bool keep = nth < op->n_memos && !op->self;
	struct memo *memo = &op->memos[keep ? nth : 0], once;
	struct tally tally = { 0 };
	struct expr_context inner;
	struct value value;

	if (op->code == OP_COUNT && op->constant_true)
		return value_number(crowd_of(op, context).count);
	if (!keep)
		memo = &once;
	if (!keep || !memo->valid) {
		memcpy(&inner, context, offsetof(struct expr_context, list));
		inner.used_live = inner.used_gauge = inner.used_since_boot = inner.used_total = false;
		inner.counters_not_zero = false;
		tally_subjects(program, op, &inner, &tally);
		value = evaluate_tally(op, &tally, &inner);
		context->hard_unknown = inner.hard_unknown;
		*memo = (struct memo){
			.valid = keep && value.type != VALUE_UNKNOWN,
			.value = value,
			.used_live = inner.used_live,
			.used_gauge = inner.used_gauge,
			.used_since_boot = inner.used_since_boot,
			.used_total = inner.used_total,
			.counters_not_zero = inner.counters_not_zero,
		};
	}
	context->used_live |= memo->used_live;
	context->used_gauge |= memo->used_gauge;
	context->used_since_boot |= memo->used_since_boot;
	context->used_total |= memo->used_total;
	context->counters_not_zero |= memo->counters_not_zero;
	return memo->value;
}

void program_missing_metrics(const struct program *program, struct expr_context *context, const char *why)
{
	missing_below(program, program->root, context, why);
}

bool program_is_still(const struct program *program, const struct expr_context *context)
{
	return op_is_still(program, program->root, context);
}
