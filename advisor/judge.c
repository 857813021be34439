/* SPDX-License-Identifier: Apache-2.0 */
/* One rule on one subject: which status, and why.  The order of the questions is the order of this file, and of
 * "Statuses" in docs/rule-authors-guide.md.  Until the condition holds nothing is allocated. */
#include <errno.h>
#include <math.h>

#include "../core/strbuf.h"
#include "rule.h"

/* Clocks are not exact: a window of 29.7 s is one of 30 s. */
#define WINDOW_SLACK 0.98

struct judging {
	struct rulebook *rulebook;
	const struct rule *rule;
	const struct snapshot *snapshot;
	const struct window *window;
	subject_id subject;
	struct expr_context context;
	struct arena *arena;
	struct judgement *out;
};

static void conclude(struct judging *judging, enum status status, enum cause cause)
{
	judging->out->status = status;
	judging->out->cause = cause;
}

uint32_t window_intervals(const struct window *window)
{
	return window->live && window->ticks > 0 ? window->ticks - 1 : 0;
}

static void note_basis(struct judging *judging)
{
	const struct expr_context *context = &judging->context;
	struct judgement *out = judging->out;

	out->used_live = context->used_live;
	out->used_gauge = context->used_gauge;
	out->used_since_boot = context->used_since_boot;
	out->used_total = context->used_total;
}

static const struct setting *missing_setting(const struct judging *judging, size_t index)
{
	const struct expr_missing *missing = &judging->out->missing;

	return snapshot_get(judging->snapshot, missing->items[index].subject, missing->items[index].key);
}

/* A device or control group that was looked at and does not show a key does not have it: another kind of device, a
 * controller that is not enabled.  Of the host that is not known: a probe may not have run.  Samplers say themselves what
 * they did not find. */
static bool subject_lacks(const struct judging *judging, subject_id subject, const struct setting *setting, bool metric)
{
	if (snapshot_subject_get(judging->snapshot, subject)->kind == SUBJECT_KIND_HOST)
		return false;
	if (setting)
		return setting->absence == ABSENT || setting->absence == UNSUPPORTED;
	return !metric && rulebook_captured(judging->rulebook, subject);
}

static bool entry_is_metric(const struct entry *entry)
{
	return entry && (entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG);
}

static bool missing_is_lacking(const struct judging *judging, size_t index)
{
	const struct expr_missing *missing = &judging->out->missing;
	subject_id subject = missing->items[index].subject;
	const struct entry *entry = missing->items[index].entry;

	return entry && !missing->items[index].why && subject == judging->subject &&
	       subject_lacks(judging, subject, missing_setting(judging, index), entry_is_metric(entry));
}

/* Unreadable when something is there that could not be read; otherwise it has not been measured or captured. */
static void conclude_unknown(struct judging *judging)
{
	enum status status = STATUS_UNMEASURED;
	size_t lacking = 0;

	for (size_t i = 0; i < judging->out->missing.count; i++) {
		const struct setting *setting = missing_setting(judging, i);
		const struct entry *entry = judging->out->missing.items[i].entry;

		lacking += missing_is_lacking(judging, i);
		if (setting && (setting->absence == UNREADABLE || setting->absence == UNPARSABLE ||
				(setting->absence == PRESENT && entry && !entry_is_metric(entry))))
			status = STATUS_UNREADABLE;
	}
	if (lacking > 0 && lacking == judging->out->missing.count)
		conclude(judging, STATUS_NOT_APPLICABLE, CAUSE_LACKS);
	else
		conclude(judging, status, CAUSE_MISSING);
}

/* ---- the tunables ---- */

static void read_targets(struct judging *judging)
{
	const struct rule *rule = judging->rule;
	struct judgement *out = judging->out;

	for (size_t i = 0; i < rule->n_changes; i++) {
		struct rule_proposal *proposal = &out->proposals[i];
		const struct setting *setting;

		proposal->change = &rule->changes[i];
		proposal->subject = rule->changes[i].self ? judging->subject : SUBJECT_HOST;
		setting = snapshot_get_symbol(judging->snapshot, proposal->subject, rule->targets[i]);
		proposal->setting = setting;
		proposal->current = (struct value){ .type = VALUE_UNKNOWN };
		proposal->proposed = proposal->current;
		proposal->raw = NULL;
		proposal->already = proposal->left_out = false;
		if (setting && setting->absence == PRESENT)
			proposal->current = value_of_setting(rule->changes[i].tunable, setting->raw, setting->raw_length);
	}
	out->n_proposals = rule->n_changes;
}

static void set_target(struct expr_context *context, const struct rule_proposal *proposal)
{
	context->current = proposal->current;
	context->proposed = proposal->proposed;
	context->target = proposal->subject;
	context->target_key = proposal->change->key;
}

void judgement_context(const struct judgement *judgement, const struct rule_proposal *proposal,
		       const struct snapshot *snapshot, subject_id subject, struct expr_context *context)
{
	expr_context_init(context, snapshot, subject);
	if (!proposal && judgement->n_proposals == 1)
		proposal = &judgement->proposals[0];
	if (proposal)
		set_target(context, proposal);
}

static enum inert target_inert(struct judging *judging, const struct rule_proposal *proposal, const struct said **ret_said)
{
	const struct compiled_entry *compiled =
		rulebook_compiled(judging->rulebook, judging->snapshot, proposal->change->tunable);
	struct expr_context context;

	/* What a policy wants, it wants for the day when it is not inert too. */
	if (!compiled || (compiled->n_inert == 0 && !compiled->inert_bad) || judging->rule->expects)
		return INERT_NO;
	expr_context_init(&context, judging->snapshot, proposal->subject);
	set_target(&context, proposal);
	return compiled_inert(compiled, &context, ret_said);
}

/* False when no tunable of the rule could have an effect here. */
static bool judge_targets(struct judging *judging)
{
	struct judgement *out = judging->out;
	size_t alive = 0;

	for (size_t i = 0; i < out->n_proposals; i++) {
		struct rule_proposal *proposal = &out->proposals[i];
		const struct setting *setting = proposal->setting;
		enum inert inert;

		if ((setting && (setting->absence == ABSENT || setting->absence == UNSUPPORTED)) ||
		    (!setting && subject_lacks(judging, proposal->subject, NULL, false))) {
			proposal->left_out = true;
			out->change = proposal->change;
			conclude(judging, STATUS_NOT_APPLICABLE, CAUSE_NO_TUNABLE);
			continue;
		}
		inert = target_inert(judging, proposal, &out->inert);
		if (inert == INERT_YES) {
			proposal->left_out = true;
			out->change = proposal->change;
			conclude(judging, STATUS_NOT_APPLICABLE, CAUSE_INERT);
			continue;
		}
		if (inert == INERT_UNKNOWN)
			out->doubts |= DOUBT_INERT;
		alive++;
	}
	return out->n_proposals == 0 || alive > 0;
}

/* ---- the condition ---- */

static struct value count_intervals(struct judging *judging)
{
	const struct rule *rule = judging->rule;
	struct expr_context *context = &judging->context;
	struct judgement *out = judging->out;
	uint32_t slots = judging->window->slot_count, known = 0, yes = 0, step = 1;
	struct expr_missing *missing = context->missing;
	struct value value = { .type = VALUE_UNKNOWN };

	/* Nothing moved in the whole window: one interval speaks for all. */
	if (program_is_still(rule->when, context))
		step = slots;
	for (uint32_t slot = 0; slot < slots; slot += step) {
		size_t causes = missing ? missing->count : 0;

		context->slot = slot;
		value = program_evaluate(rule->when, context);
		if (value.type != VALUE_UNKNOWN && missing)
			missing->count = causes;
		known += value.type != VALUE_UNKNOWN ? step : 0;
		yes += value_is_true(&value) ? step : 0;
	}
	context->slot = SLOT_WHOLE;
	out->intervals = known;
	if (known == 0 || known * 2 < slots)
		return (struct value){ .type = VALUE_UNKNOWN };
	/* What is missing in just the intervals that matter must not pass for an answer. */
	if (yes < rule->held * known - 1e-9 && yes + (slots - known) >= rule->held * slots - 1e-9)
		return (struct value){ .type = VALUE_UNKNOWN };
	if (missing)
		missing->count = 0;
	out->share = (double)yes / known;
	return (struct value){ .type = VALUE_BOOL, .boolean = yes > 0 && out->share >= rule->held - 1e-9 };
}

static struct value judge_condition(struct judging *judging)
{
	struct value value;

	if (judging->rule->held > 0 && judging->window->live && judging->window->slot_count > 0)
		value = count_intervals(judging);
	else
		value = program_evaluate(judging->rule->when, &judging->context);
	note_basis(judging);
	return value;
}

/* How often it held, for rules that look at the whole window: worth knowing, not deciding. */
static void note_share(struct judging *judging)
{
	const struct program *when = judging->rule->when;
	struct judgement *out = judging->out;
	struct expr_context context = judging->context;

	if (!isnan(out->share) || !judging->window->live || program_uses(when).intervals || !out->used_live)
		return;
	context.missing = NULL;
	for (context.slot = 0; context.slot < judging->window->slot_count; context.slot++) {
		struct value value = program_evaluate(when, &context);

		if (value.type == VALUE_UNKNOWN)
			continue;
		out->share = (isnan(out->share) ? 0 : out->share) + value_is_true(&value);
		out->intervals++;
	}
	if (out->intervals > 0)
		out->share /= out->intervals;
}

static void note_window_doubts(struct judging *judging)
{
	struct judgement *out = judging->out;
	const struct window *window = judging->window;
	bool measured = out->used_live || (out->used_gauge && window->live);

	if (out->used_since_boot || (out->used_total && !measured))
		out->doubts |= DOUBT_SINCE_BOOT;
	if (out->used_gauge && !window->live)
		out->doubts |= DOUBT_INSTANT;
	if (!measured)
		return;
	if (window->duration_sec < judging->rule->window_sec * WINDOW_SLACK)
		out->doubts |= DOUBT_SHORT;
	if (window_intervals(window) < RULE_INTERVALS_MIN)
		out->doubts |= DOUBT_FEW;
}

/* What is one for the whole host is seen from inside a container, but is not the container's to set, and what else runs
 * on the host is not seen from there. */
static void note_container_doubt(struct judging *judging)
{
	const struct setting *container = snapshot_get(judging->snapshot, SUBJECT_HOST, "platform.container");
	struct judgement *out = judging->out;

	if (!container || container->absence != PRESENT || streq(container->raw, "none"))
		return;
	for (size_t i = 0; i < out->n_proposals; i++) {
		enum scope scope = out->proposals[i].change->tunable->scope;

		if (!out->proposals[i].left_out && (scope == SCOPE_GLOBAL || scope == SCOPE_DEVICE))
			out->doubts |= DOUBT_CONTAINER;
	}
}

static void judge_false(struct judging *judging)
{
	if (judging->out->used_since_boot && judging->context.counters_not_zero) {
		program_missing_metrics(judging->rule->when, &judging->context, "only its average since boot is known");
		conclude(judging, STATUS_UNMEASURED, CAUSE_AVERAGE);
		return;
	}
	note_window_doubts(judging);
	/* What total() did not count since boot has not happened: nothing is thin about that. */
	if (!judging->out->used_since_boot)
		judging->out->doubts &= ~(unsigned int)DOUBT_SINCE_BOOT;
	conclude(judging, STATUS_SATISFIED, CAUSE_DOES_NOT_HOLD);
}

/* ---- the proposal ---- */

bool value_same(const struct entry *entry, const struct value *a, const struct value *b)
{
	long double x, y;

	if (a->type != b->type)
		return false;
	if (a->type == VALUE_NUMBER)
		return number_equal(a->number, b->number);
	if (a->type == VALUE_BOOL)
		return a->boolean == b->boolean;
	if (a->type == VALUE_TEXT || entry->format == FORMAT_WORDS)
		return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
	if (value_list_count(a) != value_list_count(b))
		return false;
	for (size_t i = 0; value_list_item(entry, a, i, &x) && value_list_item(entry, b, i, &y); i++)
		if (!number_equal(x, y))
			return false;
	return true;
}

/* Nowhere further in the direction than the current value is. */
static bool is_behind(const struct entry *entry, enum direction direction, const struct value *current,
		      const struct value *proposed)
{
	int wanted = direction == DIRECTION_RAISE ? 1 : -1;
	long double x, y;

	if (direction == DIRECTION_ANY)
		return false;
	if (current->type == VALUE_NUMBER)
		return number_compare(proposed->number, current->number) != wanted;
	for (size_t i = 0; value_list_item(entry, current, i, &x) && value_list_item(entry, proposed, i, &y); i++)
		if (number_compare(y, x) == wanted)
			return false;
	return true;
}

/* "none [mq-deadline]" offers two; a file that shows one word offers nobody knows what. */
static bool is_offered(const struct setting *setting, const struct value *value)
{
	const char *raw = setting->raw;

	if (!strchr(raw, '['))
		return true;
	for (size_t n; *raw; raw += n + (raw[n] != '\0')) {
		const char *word = raw;

		n = strcspn(raw, " \t");
		if (n > 2 && word[0] == '[' && word[n - 1] == ']' && n - 2 == value->length &&
		    memcmp(word + 1, value->text, value->length) == 0)
			return true;
		if (n == value->length && memcmp(word, value->text, n) == 0)
			return true;
	}
	return false;
}

static long double range_edge(const struct entry *entry, long double number)
{
	long double raw = unit_from_base(number, &entry->unit);

	if (raw < (long double)entry->range_min)
		return unit_to_base((long double)entry->range_min, &entry->unit);
	return unit_to_base((long double)entry->range_max, &entry->unit);
}

/* The proposal as it will be written, and read back as the value it then is. */
static int write_proposal(struct judging *judging, struct rule_proposal *proposal, struct value value)
{
	const struct entry *entry = proposal->change->tunable;
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	int r = value_to_raw(entry, &value, &raw);

	if (r == -ERANGE && value.type == VALUE_NUMBER && entry->has_range) {
		judging->out->doubts |= DOUBT_RANGE;
		value.number = range_edge(entry, value.number);
		strbuf_reset(&raw);
		r = value_to_raw(entry, &value, &raw);
	}
	if (r < 0)
		return r;
	proposal->raw = arena_strndup(judging->arena, raw.buf, raw.len);
	proposal->proposed = value_of_setting(entry, proposal->raw, raw.len);
	return proposal->proposed.type == VALUE_UNKNOWN ? -EINVAL : 0;
}

/* What would be proposed, for texts that name it. */
static void propose_quietly(struct judging *judging)
{
	struct judgement *out = judging->out;
	unsigned int doubts = out->doubts;

	judging->context.missing = NULL;
	for (size_t i = 0; i < out->n_proposals; i++) {
		struct value value = { .type = VALUE_UNKNOWN };

		set_target(&judging->context, &out->proposals[i]);
		if (out->proposals[i].current.type != VALUE_UNKNOWN)
			value = program_evaluate(out->proposals[i].change->to, &judging->context);
		if (value.type != VALUE_UNKNOWN)
			(void)write_proposal(judging, &out->proposals[i], value);
	}
	out->doubts = doubts;
}

/* True when another cause is known to be behind it. */
static bool judge_elsewhere(struct judging *judging)
{
	const struct rule *rule = judging->rule;
	struct expr_context context = judging->context;

	context.missing = NULL;
	for (size_t i = 0; i < rule->n_elsewhere; i++) {
		struct value value = program_evaluate(rule->elsewhere[i].when, &context);

		if (value_is_true(&value)) {
			judging->out->said = &rule->elsewhere[i];
			propose_quietly(judging);
			conclude(judging, STATUS_ELSEWHERE, CAUSE_ELSEWHERE);
			return true;
		}
		if (value.type == VALUE_UNKNOWN)
			judging->out->doubts |= DOUBT_ELSEWHERE;
	}
	return false;
}

static bool conclude_current(struct judging *judging, const struct rule_proposal *proposal)
{
	const struct setting *setting = proposal->setting;
	struct expr_missing *missing = &judging->out->missing;

	missing->count = 1;
	missing->items[0].subject = proposal->subject;
	missing->items[0].entry = proposal->change->tunable;
	missing->items[0].key = proposal->change->key;
	missing->items[0].why = setting && setting->absence == PRESENT ? "its text makes no sense" : NULL;
	judging->out->change = proposal->change;
	conclude(judging, setting ? STATUS_UNREADABLE : STATUS_UNMEASURED, CAUSE_CURRENT);
	return false;
}

static bool judge_proposal(struct judging *judging, struct rule_proposal *proposal)
{
	const struct rule_change *change = proposal->change;
	struct expr_context *context = &judging->context;
	struct value value;

	if (proposal->current.type == VALUE_UNKNOWN)
		return conclude_current(judging, proposal);
	set_target(context, proposal);
	value = program_evaluate(change->to, context);
	if (value.type == VALUE_UNKNOWN) {
		conclude_unknown(judging);
		return false;
	}
	judging->out->change = change;
	if (write_proposal(judging, proposal, value) < 0) {
		conclude(judging, STATUS_UNREADABLE, CAUSE_NOT_WRITABLE);
		return false;
	}
	if (change->tunable->format == FORMAT_ENUM && !is_offered(proposal->setting, &proposal->proposed)) {
		conclude(judging, STATUS_NOT_APPLICABLE, CAUSE_NOT_OFFERED);
		return false;
	}
	proposal->already = value_same(change->tunable, &proposal->current, &proposal->proposed) ||
			    is_behind(change->tunable, change->direction, &proposal->current, &proposal->proposed);
	return true;
}

/* False when the rule ends here. */
static bool judge_proposals(struct judging *judging)
{
	struct judgement *out = judging->out;
	size_t to_do = 0;

	for (size_t i = 0; i < out->n_proposals; i++) {
		if (out->proposals[i].left_out)
			continue;
		if (!judge_proposal(judging, &out->proposals[i]))
			return false;
		to_do += !out->proposals[i].already;
	}
	if (out->n_proposals == 0 || to_do > 0)
		return true;
	conclude(judging, STATUS_ELSEWHERE, CAUSE_ALREADY);
	return false;
}

static void judge_true(struct judging *judging)
{
	note_share(judging);
	note_window_doubts(judging);
	note_container_doubt(judging);
	if (judge_elsewhere(judging) || !judge_proposals(judging))
		return;
	conclude(judging, judging->out->doubts ? STATUS_SUSPECT : STATUS_RECOMMEND, CAUSE_HOLDS);
}

void rule_judge(struct rulebook *rulebook, const struct rule *rule, const struct snapshot *snapshot, subject_id subject,
		struct arena *arena, struct judgement *ret)
{
	struct judging judging = {
		.rulebook = rulebook,
		.rule = rule,
		.snapshot = snapshot,
		.window = snapshot_window_get(snapshot),
		.subject = subject,
		.arena = arena,
		.out = ret,
	};
	struct value value;

	memset(ret, 0, offsetof(struct judgement, missing));
	ret->missing.count = 0;
	ret->share = NAN;
	read_targets(&judging);
	judgement_context(ret, NULL, snapshot, subject, &judging.context);
	judging.context.missing = &ret->missing;

	if (rule->where) {
		value = program_evaluate(rule->where, &judging.context);
		if (value.type == VALUE_UNKNOWN)
			return conclude_unknown(&judging);
		if (!value.boolean)
			return conclude(&judging, STATUS_NOT_APPLICABLE, CAUSE_WHERE);
	}
	if (!judge_targets(&judging))
		return;

	judging.context.used_live = judging.context.used_gauge = judging.context.used_since_boot = false;
	judging.context.used_total = judging.context.counters_not_zero = false;
	value = judge_condition(&judging);
	if (rule->expects && value.type == VALUE_BOOL)
		value.boolean = !value.boolean;
	if (value.type == VALUE_UNKNOWN)
		conclude_unknown(&judging);
	else if (value.boolean)
		judge_true(&judging);
	else
		judge_false(&judging);
}
