/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation: a walk over the ops of a program, bounded by its depth.  Nothing is allocated, nothing fails: what is not
 * known is unknown, and why is noted in the context. */
#include "expr-evaluator.h"

static struct value value_text(const char *text, size_t length)
{
	return (struct value){ .type = VALUE_TEXT, .text = text, .length = length };
}

void expr_context_init(struct expr_context *context, const struct snapshot *snapshot, subject_id self)
{
	memset(context, 0, offsetof(struct expr_context, list));
	context->snapshot = snapshot;
	context->self = context->target = self;
	context->slot = SLOT_WHOLE;
}

struct value expr_missing(struct expr_context *context, subject_id subject, const struct entry *entry, const char *key,
			    const char *why, bool hard)
{
	struct expr_missing *list = context->missing;

	context->hard_unknown = context->hard_unknown || hard;
	if (!list || list->count >= MISSING_MAX)
		return value_unknown;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].subject == subject && streq(list->items[i].key, key))
			return value_unknown;
	list->items[list->count].subject = subject;
	list->items[list->count].entry = entry;
	list->items[list->count].key = key;
	list->items[list->count].frozen = false;
	list->items[list->count++].why = why;
	return value_unknown;
}

/* ---- settings ---- */

static struct value evaluate_setting(const struct op *op, struct expr_context *context)
{
	subject_id subject = subject_of(op, context);
	const struct setting *setting = snapshot_get_symbol(context->snapshot, subject, op->symbol);
	struct value value;

	if (!setting || setting->absence != PRESENT)
		return expr_missing(context, subject, op->entry, op->key, NULL,
			       setting && setting->absence != ABSENT && setting->absence != UNSUPPORTED);
	value = value_of_setting(op->entry, setting->raw, setting->raw_length);
	if (value.type == VALUE_UNKNOWN)
		return expr_missing(context, subject, op->entry, op->key, "its text makes no sense", true);
	return value;
}

static struct value evaluate_target(const struct op *op, const struct value *value, struct expr_context *context)
{
	if (value->type == VALUE_UNKNOWN)
		return expr_missing(context, context->target, op->entry, context->target_key ? context->target_key : op->key,
			       NULL, true);
	return *value;
}

static struct value evaluate_index(const struct program *program, const struct op *op, struct expr_context *context)
{
	struct value list = evaluate_child(program, op, 0, context);
	long double number;

	if (list.type == VALUE_UNKNOWN)
		return list;
	if (!value_list_item(op->entry, &list, op->index, &number))
		return expr_missing(context, subject_of(op, context), op->entry, op->key, "it has fewer items", true);
	return value_number(number);
}

/* What is there of every subject of these kinds that was looked at as a whole: what else it does not have is not there. */
static const char *const marks[SUBJECT_KIND_COUNT] = {
	[SUBJECT_KIND_CGROUP] = "version",
	[SUBJECT_KIND_CONTAINER] = "workload",
	[SUBJECT_KIND_WORKLOAD] = "kind",
	[SUBJECT_KIND_NODE] = "unschedulable",
};

/* Keys of a pattern, the files of a group and the members of an object are found by listing them: where they were listed, a key that is
 * not among them is not there. */
static bool was_listed(const struct snapshot *snapshot, subject_id subject, const struct entry *entry)
{
	const char *star = strchr(entry->key, '*');
	size_t length = star ? (size_t)(star - entry->key) : 0;
	const struct setting *setting = length > 0 ? snapshot_subject_settings(snapshot, subject) : NULL;

	if (marks[entry->about] && (entry->class == ENTRY_TUNABLE || entry->class == ENTRY_FACT))
		return snapshot_get(snapshot, subject, marks[entry->about]) != NULL;
	while (setting && strncmp(snapshot_key_name(snapshot, setting->key), entry->key, length) != 0)
		setting = snapshot_setting_before(snapshot, setting);
	return setting != NULL;
}

static struct value evaluate_has(const struct op *op, struct expr_context *context)
{
	subject_id subject = subject_of(op, context);
	const struct setting *setting;

	if (op->entry->class == ENTRY_METRIC || op->entry->class == ENTRY_LOG) {
		const struct series *series = snapshot_metric_symbol(context->snapshot, subject, op->symbol);

		if (series && series->samples > 0)
			return value_bool(true);
		/* A tick samples all there is. */
		if (snapshot_window_get(context->snapshot)->ticks > 0)
			return value_bool(false);
	}
	setting = snapshot_get_symbol(context->snapshot, subject, op->symbol);
	if (!setting && was_listed(context->snapshot, subject, op->entry))
		return value_bool(false);
	if (!setting)
		return expr_missing(context, subject, op->entry, op->key, NULL, false);
	return value_bool(setting->absence != ABSENT && setting->absence != UNSUPPORTED);
}

/* Whether a text that is there says anything. */
static struct value evaluate_valid(const struct op *op, struct expr_context *context)
{
	subject_id subject = subject_of(op, context);
	const struct setting *setting = snapshot_get_symbol(context->snapshot, subject, op->symbol);

	if (setting && setting->absence == UNPARSABLE)
		return value_bool(false);
	if (!setting || setting->absence != PRESENT)
		return expr_missing(context, subject, op->entry, op->key, NULL,
				    setting && setting->absence != ABSENT && setting->absence != UNSUPPORTED);
	return value_bool(value_of_setting(op->entry, setting->raw, setting->raw_length).type != VALUE_UNKNOWN);
}

/* "none [mq-deadline] kyber": the words, brackets left out */
static bool words_hold(const char *raw, size_t length, const char *word, size_t word_length, const char *separators)
{
	for (size_t i = 0, end; i < length; i = end + 1) {
		for (end = i; end < length && raw[end] && !strchr(separators, raw[end]); end++)
			;
		if (end - i == word_length && memcmp(raw + i, word, word_length) == 0)
			return true;
	}
	return false;
}

static struct value evaluate_offers(const struct program *program, const struct op *op, struct expr_context *context)
{
	subject_id subject = subject_of(op, context);
	const struct setting *setting = snapshot_get_symbol(context->snapshot, subject, op->symbol);
	struct value word = evaluate_child(program, op, 0, context);

	if (word.type == VALUE_UNKNOWN)
		return word;
	if (!setting)
		return expr_missing(context, subject, op->entry, op->key, NULL, false);
	if (setting->absence == ABSENT || setting->absence == UNSUPPORTED)
		return value_bool(false);
	if (setting->absence != PRESENT)
		return expr_missing(context, subject, op->entry, op->key, NULL, true);
	return value_bool(words_hold(setting->raw, setting->raw_length, word.text, word.length, " \t\n,[]"));
}

/* "6.1.0-13-amd64" as 6 0001 0000 */
static struct value evaluate_kernel(const struct op *op, struct expr_context *context)
{
	const struct setting *setting = snapshot_get_symbol(context->snapshot, SUBJECT_HOST, op->symbol);
	long double version = 0;
	const char *raw;

	if (!setting || setting->absence != PRESENT || !(setting->raw[0] >= '0' && setting->raw[0] <= '9'))
		return expr_missing(context, SUBJECT_HOST, NULL, "kernel.osrelease", NULL, true);
	raw = setting->raw;
	for (int part = 0; part < 3; part++) {
		unsigned int number = 0;

		for (; *raw >= '0' && *raw <= '9' && number < 1000; raw++)
			number = number * 10 + (unsigned int)(*raw - '0');
		version = version * 10000 + number;
		raw += *raw == '.';
	}
	return value_bool(version >= op->number);
}

/* ---- operators ---- */

/* What an answer rests on. */
struct basis_flags {
	bool live, gauge, since_boot, total, not_zero;
};

static struct basis_flags flags_get(const struct expr_context *context)
{
	return (struct basis_flags){ context->used_live, context->used_gauge, context->used_since_boot,
				     context->used_total, context->counters_not_zero };
}

static void flags_set(struct expr_context *context, struct basis_flags flags)
{
	context->used_live = flags.live;
	context->used_gauge = flags.gauge;
	context->used_since_boot = flags.since_boot;
	context->used_total = flags.total;
	context->counters_not_zero = flags.not_zero;
}

static struct basis_flags flags_either(struct basis_flags a, struct basis_flags b)
{
	return (struct basis_flags){ a.live || b.live, a.gauge || b.gauge, a.since_boot || b.since_boot,
				     a.total || b.total, a.not_zero || b.not_zero };
}

/* One operand decides alone: the answer rests on it, not on the others.  An operand that decides by an average since boot
 * yields to one that decides by something better. */
static struct value evaluate_logic(const struct program *program, const struct op *op, struct expr_context *context)
{
	static const struct basis_flags none = { false };
	struct basis_flags outer = flags_get(context), all = outer, weak = none;
	bool deciding = op->code == OP_OR, unknown = false, decided = false;

	for (uint16_t i = 0; i < op->count; i++) {
		struct value value;
		struct basis_flags own;

		flags_set(context, none);
		value = evaluate_child(program, op, i, context);
		own = flags_get(context);
		all = flags_either(all, own);
		if (value.type == VALUE_UNKNOWN) {
			unknown = true;
		} else if (value.boolean == deciding && own.since_boot && own.not_zero) {
			weak = decided ? weak : own;
			decided = true;
		} else if (value.boolean == deciding) {
			flags_set(context, flags_either(outer, own));
			return value;
		}
	}
	flags_set(context, decided ? flags_either(outer, weak) : all);
	if (decided)
		return value_bool(deciding);
	return unknown ? value_unknown : value_bool(!deciding);
}

static struct value evaluate_if(const struct program *program, const struct op *op, struct expr_context *context)
{
	struct value condition = evaluate_child(program, op, 0, context);

	if (condition.type == VALUE_UNKNOWN)
		return condition;
	return evaluate_child(program, op, condition.boolean ? 1 : 2, context);
}

static struct value evaluate_in(const struct program *program, const struct op *op, struct expr_context *context)
{
	struct value left = evaluate_child(program, op, 0, context), list;
	bool unknown = false;
	long double number;

	if (left.type == VALUE_UNKNOWN)
		return left;
	if (op->code == OP_IN_SETTING_WORDS || op->code == OP_IN_SETTING_NUMBERS) {
		list = evaluate_child(program, op, 1, context);
		if (list.type == VALUE_UNKNOWN)
			return list;
		if (op->code == OP_IN_SETTING_WORDS)
			return value_bool(words_hold(list.text, list.length, left.text, left.length, " \t\n,"));
		for (size_t i = 0; value_list_item(program->ops[child_of(program, op, 1)].entry, &list, i, &number); i++)
			if (number_equal(left.number, number))
				return value_bool(true);
		return value_bool(false);
	}
	for (uint16_t i = 1; i < op->count; i++) {
		struct value item = evaluate_child(program, op, i, context);

		if (item.type == VALUE_UNKNOWN)
			unknown = true;
		else if (op->code == OP_IN_NUMBERS ? number_equal(left.number, item.number)
						   : left.length == item.length &&
							     memcmp(left.text, item.text, item.length) == 0)
			return value_bool(true);
	}
	return unknown ? value_unknown : value_bool(false);
}

static struct value evaluate_match(const struct program *program, const struct op *op, struct expr_context *context)
{
	struct value left = evaluate_child(program, op, 0, context);
	int r;

	if (left.type == VALUE_UNKNOWN)
		return left;
	r = pcre2_match(op->regex->code, (PCRE2_SPTR)left.text, left.length, 0, 0, op->regex->match, op->regex->limits);
	if (r >= 0 || r == PCRE2_ERROR_NOMATCH)
		return value_bool(r >= 0);
	return expr_missing(context, context->self, NULL, "=~", "the regular expression needs too long on this text", true);
}

static struct value evaluate_list(const struct program *program, const struct op *op, struct expr_context *context)
{
	long double items[EXPR_LIST_MAX];

	for (uint16_t i = 0; i < op->count; i++) {
		struct value item = evaluate_child(program, op, i, context);

		if (item.type == VALUE_UNKNOWN)
			return item;
		items[i] = item.number;
	}
	memcpy(context->list, items, op->count * sizeof(items[0]));
	return (struct value){ .type = VALUE_LIST, .text = "", .items = context->list, .n_items = op->count };
}

static struct value compare(const struct op *op, const struct value *a, const struct value *b)
{
	bool same_text = a->length == b->length && a->text && b->text && memcmp(a->text, b->text, a->length) == 0;
	int order = number_compare(a->number, b->number);

	switch ((int)op->code) {	/* the others never come here */
	case OP_LESS:
		return value_bool(order < 0);
	case OP_LESS_EQUAL:
		return value_bool(order <= 0);
	case OP_GREATER:
		return value_bool(order > 0);
	case OP_GREATER_EQUAL:
		return value_bool(order >= 0);
	case OP_EQUAL:
		return value_bool(order == 0);
	case OP_NOT_EQUAL:
		return value_bool(order != 0);
	case OP_EQUAL_TEXT:
		return value_bool(same_text);
	case OP_NOT_EQUAL_TEXT:
		return value_bool(!same_text);
	case OP_EQUAL_BOOL:
		return value_bool(a->boolean == b->boolean);
	default:
		return value_bool(a->boolean != b->boolean);
	}
}

static long double next_power_of_2(long double number)
{
	long double power = 1;

	while (power < number && power < 0x1p100L)
		power *= 2;
	return power;
}

static struct value calculate(const struct program *program, const struct op *op, const struct value *values,
			      struct expr_context *context)
{
	long double a = values[0].number, b = op->count > 1 ? values[1].number : 0;

	switch ((int)op->code) {
	case OP_ADD:
		return value_number(a + b);
	case OP_SUBTRACT:
		return value_number(a - b);
	case OP_MULTIPLY:
		return value_number(a * b);
	case OP_DIVIDE:
	case OP_ROUND_UP:
		if (b == 0)
			return expr_missing(context, context->self, NULL, program->text, "it divides by zero here", false);
		return value_number(op->code == OP_DIVIDE ? a / b : ceill(a / b) * b);
	case OP_NEGATE:
		return value_number(-a);
	case OP_MIN:
	case OP_MAX:
		for (uint16_t i = 1; i < op->count; i++)
			if (op->code == OP_MIN ? values[i].number < a : values[i].number > a)
				a = values[i].number;
		return value_number(a);
	case OP_CLAMP:
		a = a < b ? b : a;
		return value_number(a > values[2].number ? values[2].number : a);
	case OP_NEXT_POWER_OF_2:
		return value_number(next_power_of_2(a));
	case OP_FLOOR:
		return value_number(floorl(a));
	default:
		return value_number(fabsl(a));
	}
}

static struct value evaluate_operator(const struct program *program, const struct op *op, struct expr_context *context)
{
	struct value values[EXPR_LIST_MAX];

	values[0] = values[1] = value_unknown;
	for (uint16_t i = 0; i < op->count; i++) {
		values[i] = evaluate_child(program, op, i, context);
		if (values[i].type == VALUE_UNKNOWN)
			return values[i];
	}
	if (op->code >= OP_LESS && op->code <= OP_NOT_EQUAL_BOOL)
		return compare(op, &values[0], &values[1]);
	return calculate(program, op, values, context);
}

static struct value evaluate_at(const struct program *program, const struct op *op, struct expr_context *context)
{
	subject_id outer = context->self, subject;
	struct value value;

	value = expr_find_at(program, op, context, &subject);
	if (subject == SUBJECT_NONE)
		return value;
	context->self = subject;
	value = evaluate_child(program, op, 1, context);
	context->self = outer;
	return value;
}

static struct value evaluate_op(const struct program *program, struct op *op, struct expr_context *context)
{
	struct value value;

	switch (op->code) {
	case OP_NUMBER:
		return value_number(op->number);
	case OP_TEXT:
		return value_text(op->text, op->text_length);
	case OP_BOOL:
		return value_bool(op->number != 0);
	case OP_MAKE_LIST:
		return evaluate_list(program, op, context);
	case OP_SETTING:
		return evaluate_setting(op, context);
	case OP_CURRENT:
		return evaluate_target(op, &context->current, context);
	case OP_PROPOSED:
		return evaluate_target(op, &context->proposed, context);
	case OP_INDEX:
		return evaluate_index(program, op, context);
	case OP_GAUGE:
		return expr_evaluate_gauge(program, op, context);
	case OP_RATE:
	case OP_DELTA:
	case OP_TOTAL:
		return expr_evaluate_counter(program, op, context);
	case OP_NOT:
		value = evaluate_child(program, op, 0, context);
		value.boolean = !value.boolean;
		return value;
	case OP_AND:
	case OP_OR:
		return evaluate_logic(program, op, context);
	case OP_IF:
		return evaluate_if(program, op, context);
	case OP_IN_NUMBERS:
	case OP_IN_TEXTS:
	case OP_IN_SETTING_NUMBERS:
	case OP_IN_SETTING_WORDS:
		return evaluate_in(program, op, context);
	case OP_MATCH:
		return evaluate_match(program, op, context);
	case OP_PERCENTILE:
	case OP_INTERVAL_MIN:
	case OP_INTERVAL_MAX:
	case OP_MEAN:
	case OP_LAST:
	case OP_SHARE:
		return expr_evaluate_intervals(program, op, context);
	case OP_ANY:
	case OP_ALL:
	case OP_COUNT:
	case OP_SUM:
	case OP_SMALLEST:
	case OP_LARGEST:
		return expr_evaluate_subjects(program, op, context);
	case OP_AT:
		return evaluate_at(program, op, context);
	case OP_HAS:
		return evaluate_has(op, context);
	case OP_VALID:
		return evaluate_valid(op, context);
	case OP_OFFERS:
		return evaluate_offers(program, op, context);
	case OP_KERNEL:
		return evaluate_kernel(op, context);
	case OP_ADD:
	case OP_SUBTRACT:
	case OP_MULTIPLY:
	case OP_DIVIDE:
	case OP_NEGATE:
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
	case OP_EQUAL:
	case OP_NOT_EQUAL:
	case OP_EQUAL_TEXT:
	case OP_NOT_EQUAL_TEXT:
	case OP_EQUAL_BOOL:
	case OP_NOT_EQUAL_BOOL:
	case OP_MIN:
	case OP_MAX:
	case OP_CLAMP:
	case OP_ROUND_UP:
	case OP_NEXT_POWER_OF_2:
	case OP_FLOOR:
	case OP_ABS:
		break;
	}
	return evaluate_operator(program, op, context);
}

struct value expr_evaluate_op(const struct program *program, uint16_t index, struct expr_context *context)
{
	size_t causes = context->missing ? context->missing->count : 0;
	bool hard = context->hard_unknown;
	struct value value = evaluate_op(program, &program->ops[index], context);

	/* What was missing below a known answer did not matter. */
	if (value.type != VALUE_UNKNOWN) {
		if (context->missing)
			context->missing->count = causes;
		context->hard_unknown = hard;
	}
	return value;
}

struct value program_evaluate(const struct program *program, struct expr_context *context)
{
	return expr_evaluate_op(program, program->root, context);
}
