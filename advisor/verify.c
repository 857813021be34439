/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include <math.h>

#include "../core/strbuf.h"
#include "compare.h"
#include "expr-compiler.h"
#include "interval-compare.h"
#include "rule.h"

#define CRITERIA_MAX 8
/* Less than this share of the load before proves nothing; policy default. */
#define LOAD_ENOUGH 0.5
/* Outside of these the quantity is looked at per unit of load too. */
#define LOAD_LESS 0.8
#define LOAD_MORE 1.25
/* A smaller change of what the criterion measures is not what the action was for, unless the criterion is met. */
#define SMALL_EFFECT 0.1

enum { BEFORE, AFTER, WINDOWS };

struct measured {			/* one expression in both windows */
	double values[WINDOWS][SLOT_MAX];
	size_t counts[WINDOWS];
};

/* One reason of one action, while it is looked at. */
struct trial {
	const struct planned_action *planned;
	const struct planned_reason *reason;
	const struct entry *entry;	/* of the action's setting */
	const struct rule *rule;	/* NULL: not known any more */
	struct program *own;		/* compiled from the plan, when there is no rule */
	const struct program *condition;
	bool wanted;			/* what condition should be */
	const struct program *load_program;
	struct criterion criteria[CRITERIA_MAX];
	struct measured *measured;	/* one for each criterion, and the load */
	size_t n_criteria;
	enum truth truth[WINDOWS];
	double load_ratio;
	struct verified_reason *out;
};

struct verifying {
	struct rulebook *rulebook;
	const struct plan_document *plan;
	struct verification *out;
	struct diag *diag;
	struct trial *trials;
	size_t n_trials;
};

static const struct snapshot *snapshot_of(const struct verifying *verifying, int window)
{
	return window == BEFORE ? verifying->out->before.snapshot : verifying->out->after.snapshot;
}

/* ---- what to look at ---- */

static subject_id find_subject(const struct snapshot *snapshot, enum subject_kind kind, const char *name)
{
	return kind == SUBJECT_KIND_HOST ? SUBJECT_HOST : snapshot_find_subject(snapshot, kind, name);
}

/* The subject of the finding: "rule@sda"; a rule about a device may set a key of the host. */
static subject_id trial_subject(const struct trial *trial, const struct snapshot *snapshot)
{
	const char *at = trial->reason->finding ? strchr(trial->reason->finding, '@') : NULL;

	if (trial->rule && at)
		return find_subject(snapshot, trial->rule->about, at + 1);
	return find_subject(snapshot, trial->planned->kind, trial->planned->subject);
}

/* The load of the rule itself, or of its resource. */
static const struct program *find_load(const struct rulebook *rulebook, const struct rule *rule)
{
	struct use_rule *const *rows;
	size_t count = rulebook_use_rules(rulebook, &rows);

	if (!rule || rule->load)
		return rule ? rule->load : NULL;
	for (size_t i = 0; rule->resource && i < count; i++)
		if (streq(rows[i]->resource, rule->resource) && rows[i]->load &&
		    (rows[i]->about == rule->about || !program_uses(rows[i]->load).self))
			return rows[i]->load;
	return NULL;
}

static void compile_own(struct verifying *verifying, struct trial *trial)
{
	struct expr_scope scope = {
		.registry = rulebook_registry(verifying->rulebook),
		.about = trial->planned->kind,
		.target = trial->entry,
	};

	const struct node *node = trial->reason->criterion_node;

	if (node && expr_compile(&scope, node, verifying->diag, &trial->own) == 0 &&
	    program_type(trial->own).type != VALUE_BOOL) {
		program_free(trial->own);
		trial->own = NULL;
	}
	trial->condition = trial->own;
	trial->wanted = true;
}

static void trial_prepare(struct verifying *verifying, struct trial *trial)
{
	trial->rule = rulebook_find(verifying->rulebook, trial->reason->rule);
	trial->load_program = find_load(verifying->rulebook, trial->rule);
	if (trial->rule) {
		trial->wanted = trial->rule->verify != NULL;
		trial->condition = trial->wanted ? trial->rule->verify : trial->rule->when;
	} else {
		compile_own(verifying, trial);
	}
	if (trial->condition)
		trial->n_criteria = program_criteria(trial->condition, trial->wanted, trial->criteria, CRITERIA_MAX);
	trial->measured = xcalloc(trial->n_criteria + 1, sizeof(*trial->measured));
}

static struct measured *load_of(const struct trial *trial)
{
	return &trial->measured[trial->n_criteria];
}

static void trial_release(struct trial *trial)
{
	for (size_t i = 0; i < trial->n_criteria; i++)
		criterion_release(&trial->criteria[i]);
	program_free(trial->own);
	free(trial->measured);
}

/* ---- measuring ---- */

static void trial_context(const struct trial *trial, const struct snapshot *snapshot, struct expr_context *context)
{
	subject_id target = find_subject(snapshot, trial->planned->kind, trial->planned->subject);
	const struct setting *setting =
		target == SUBJECT_NONE ? NULL : snapshot_get(snapshot, target, trial->planned->setting);

	expr_context_init(context, snapshot, trial_subject(trial, snapshot));
	context->target = target;
	context->target_key = trial->planned->setting;
	if (setting && setting->absence == PRESENT && trial->entry)
		context->current = value_of_setting(trial->entry, setting->raw, setting->raw_length);
}

static enum truth truth_of(const struct trial *trial, struct expr_context *context)
{
	struct value value = program_evaluate(trial->condition, context);

	/* An average since boot says nothing of what happened after the change. */
	if (value.type != VALUE_BOOL || context->used_since_boot)
		return TRUTH_UNKNOWN;
	return value.boolean == trial->wanted ? TRUTH_YES : TRUTH_NO;
}

static void trial_measure(const struct verifying *verifying, struct trial *trial, int window)
{
	const struct snapshot *snapshot = snapshot_of(verifying, window);
	struct expr_context context;
	double limits[SLOT_MAX];

	trial->truth[window] = TRUTH_UNKNOWN;
	if (trial_subject(trial, snapshot) == SUBJECT_NONE || !trial->condition)
		return;
	trial_context(trial, snapshot, &context);
	if (trial->own)
		program_bind(trial->own, snapshot);
	trial->truth[window] = truth_of(trial, &context);
	for (size_t i = 0; i < trial->n_criteria; i++) {
		struct measured *measured = &trial->measured[i];

		measured->counts[window] =
			program_intervals(trial->criteria[i].measured, &context, measured->values[window]);
		if (!trial->criteria[i].limit)
			continue;
		/* A limit that the action moved: what counts is how near the quantity comes to it. */
		(void)program_intervals(trial->criteria[i].limit, &context, limits);
		for (size_t k = 0; k < measured->counts[window]; k++)
			measured->values[window][k] = limits[k] != 0 ? measured->values[window][k] / limits[k] : NAN;
	}
	if (trial->load_program)
		load_of(trial)->counts[window] =
			program_intervals(trial->load_program, &context, load_of(trial)->values[window]);
}

/* ---- comparing ---- */

static void compare_measured(const struct measured *measured, struct interval_comparison *ret)
{
	struct intervals before = { .values = measured->values[BEFORE], .count = measured->counts[BEFORE] };
	struct intervals after = { .values = measured->values[AFTER], .count = measured->counts[AFTER] };

	intervals_compare(&before, &after, ret);
}

static struct verified_quantity *add_quantity(struct verifying *verifying, struct trial *trial, enum quantity_role role,
					      const char *expression, struct expr_type type,
					      const struct measured *measured)
{
	struct verified_quantity *quantity = &trial->out->quantities[trial->out->n_quantities++];

	*quantity = (struct verified_quantity){
		.role = role,
		.expression = arena_strdup(&verifying->out->arena, expression),
		.dimension = type.dimension, .ratio = type.ratio,
	};
	compare_measured(measured, &quantity->values);
	return quantity;
}

/* "a", "a / (b * 2)" */
static void add_criterion(struct verifying *verifying, struct trial *trial, size_t index)
{
	const struct criterion *criterion = &trial->criteria[index];
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct expr_type type = program_type(criterion->measured);
	struct verified_quantity *quantity;

	strbuf_add_string(&text, program_text(criterion->measured));
	if (type.type == VALUE_BOOL)
		type = type_ratio;
	if (criterion->limit) {
		strbuf_addf(&text, strchr(program_text(criterion->limit), ' ') ? " / (%s)" : " / %s",
			    program_text(criterion->limit));
		type = type_ratio;
	}
	quantity = add_quantity(verifying, trial, ROLE_CRITERION, text.buf, type, &trial->measured[index]);
	quantity->more_is_better = criterion->more_is_better;
}

/* What one unit of load brought: intervals without load say nothing. */
static const struct verified_quantity *add_per_load(struct verifying *verifying, struct trial *trial, size_t index)
{
	CLEANUP(free_ptr) struct measured *divided = xcalloc(1, sizeof(*divided));
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct expr_type type = program_type(trial->criteria[index].measured), load = program_type(trial->load_program);
	struct verified_quantity *quantity;

	for (int window = 0; window < WINDOWS; window++) {
		divided->counts[window] = MIN(trial->measured[index].counts[window], load_of(trial)->counts[window]);
		for (size_t i = 0; i < divided->counts[window]; i++) {
			double busy = load_of(trial)->values[window][i];

			divided->values[window][i] = busy > 0 ? trial->measured[index].values[window][i] / busy : NAN;
		}
	}
	strbuf_addf(&text, "(%s) / (%s)", trial->out->quantities[index].expression, program_text(trial->load_program));
	if (trial->criteria[index].limit)
		type = type_ratio;
	type.dimension = dimension_divide(type.dimension, load.dimension);
	type.ratio = dimension_equal(type.dimension, unit_none.dimension);
	quantity = add_quantity(verifying, trial, ROLE_PER_LOAD, text.buf, type, divided);
	quantity->more_is_better = trial->criteria[index].more_is_better;
	return quantity;
}

/* After to before, of the mean and of the peaks: the smaller of both.  NAN: not measured, or there was none before. */
static double load_ratio(const struct interval_comparison *load)
{
	double ratio;

	if (load->before.count == 0 || load->after.count == 0 || !(load->before.mean > 0))
		return NAN;
	ratio = load->after.mean / load->before.mean;
	if (load->before.p95 > 0)
		ratio = MIN(ratio, load->after.p95 / load->before.p95);
	return ratio;
}

/* 1: better, -1: worse, 0: neither or not known. */
static int direction(const struct verified_quantity *quantity)
{
	if (quantity->values.change == CHANGE_MORE)
		return quantity->more_is_better ? 1 : -1;
	if (quantity->values.change == CHANGE_LESS)
		return quantity->more_is_better ? -1 : 1;
	return 0;
}

static bool is_small(const struct verified_quantity *quantity)
{
	return fabs(quantity->values.after.mean - quantity->values.before.mean) <
	       SMALL_EFFECT * fabs(quantity->values.before.mean);
}

/* ---- judging ---- */

static void conclude(struct verifying *verifying, struct trial *trial, enum verdict verdict, const char *format, ...)
	FORMAT_PRINTF(4, 5);

static void conclude(struct verifying *verifying, struct trial *trial, enum verdict verdict, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	trial->out->verdict = verdict;
	trial->out->say = arena_strndup(&verifying->out->arena, text.buf, text.len);
}

static void judge_setting(struct verifying *verifying, struct trial *trial)
{
	if (!trial->condition)
		conclude(verifying, trial, VERDICT_APPLIED, "no criterion was given: there is nothing to measure");
	else if (trial->truth[AFTER] == TRUTH_YES)
		conclude(verifying, trial, VERDICT_APPLIED, "its criterion looks at settings alone, and holds");
	else if (trial->truth[AFTER] == TRUTH_NO)
		conclude(verifying, trial, VERDICT_NO_EFFECT, "its criterion looks at settings alone, and does not hold");
	else
		conclude(verifying, trial, VERDICT_UNMEASURED, "what its criterion looks at is not known");
}

static void judge_worse(struct verifying *verifying, struct trial *trial, size_t index)
{
	const struct verified_quantity *each;

	if (trial->truth[AFTER] == TRUTH_YES) {
		conclude(verifying, trial, VERDICT_NO_EFFECT, "further from what is wanted than before, but within its criterion");
		return;
	}
	if (trial->load_ratio > LOAD_MORE) {
		each = add_per_load(verifying, trial, index);
		if (each->values.change != CHANGE_UNKNOWN && direction(each) >= 0) {
			conclude(verifying, trial, VERDICT_NO_EFFECT,
				 "more of it, but not more for each unit of load, which is now %.0f %% of what it was",
				 trial->load_ratio * 100);
			return;
		}
	}
	if (is_small(&trial->out->quantities[index]))
		conclude(verifying, trial, VERDICT_NO_EFFECT, "worse by less than %.0f %% of what it was", SMALL_EFFECT * 100);
	else
		conclude(verifying, trial, VERDICT_WORSE, "worse, by more than noise explains");
}

static void judge_better(struct verifying *verifying, struct trial *trial, size_t index)
{
	const char *unknown_load = isnan(trial->load_ratio) ? "; whether the load was the same is not known" : "";
	const struct verified_quantity *each;

	if (trial->load_ratio < LOAD_ENOUGH) {
		conclude(verifying, trial, VERDICT_NO_LOAD,
			 "better, but with %.0f %% of the load there was before, which proves nothing", trial->load_ratio * 100);
		return;
	}
	if (trial->load_ratio < LOAD_LESS) {
		each = add_per_load(verifying, trial, index);
		if (each->values.change != CHANGE_UNKNOWN && direction(each) <= 0) {
			conclude(verifying, trial, VERDICT_NO_LOAD, "it fell no more than the load did, which is %.0f %% of what it was",
				 trial->load_ratio * 100);
			return;
		}
	}
	if (trial->truth[AFTER] == TRUTH_YES)
		conclude(verifying, trial, VERDICT_HELPED, "its criterion holds now%s", unknown_load);
	else if (is_small(&trial->out->quantities[index]))
		conclude(verifying, trial, VERDICT_NO_EFFECT, "better by less than %.0f %% of what it was", SMALL_EFFECT * 100);
	else
		conclude(verifying, trial, VERDICT_HELPED, "better, by more than noise explains, but its criterion does not hold "
			 "yet%s", unknown_load);
}

static void judge_same(struct verifying *verifying, struct trial *trial)
{
	if (trial->load_ratio < LOAD_ENOUGH)
		conclude(verifying, trial, VERDICT_NO_LOAD, "no difference beyond noise, with %.0f %% of the load there was before",
			 trial->load_ratio * 100);
	else if (trial->truth[AFTER] == TRUTH_YES && trial->truth[BEFORE] == TRUTH_YES)
		conclude(verifying, trial, VERDICT_NO_EFFECT, "its criterion held before already");
	else if (trial->truth[AFTER] == TRUTH_YES)
		conclude(verifying, trial, VERDICT_NO_EFFECT,
			 "its criterion holds now, but the difference is within noise: measure for longer, before and after");
	else
		conclude(verifying, trial, VERDICT_NO_EFFECT, "the difference is within noise, and its criterion does not hold");
}

static void judge_measured(struct verifying *verifying, struct trial *trial)
{
	const struct verified_quantity *quantities = trial->out->quantities;
	size_t unknown = 0, better = SIZE_MAX, worse = SIZE_MAX;
	const char *why = NULL;

	for (size_t i = 0; i < trial->n_criteria; i++) {
		if (quantities[i].values.change == CHANGE_UNKNOWN) {
			unknown++;
			why = why ? why : quantities[i].values.why;
		} else if (direction(&quantities[i]) > 0 && better == SIZE_MAX) {
			better = i;
		} else if (direction(&quantities[i]) < 0 && worse == SIZE_MAX) {
			worse = i;
		}
	}
	if (unknown == trial->n_criteria)
		conclude(verifying, trial, VERDICT_UNMEASURED, "%s",
			 verifying->out->windows ? why : "both snapshots need a measured window");
	else if (worse != SIZE_MAX && (better == SIZE_MAX || trial->truth[AFTER] != TRUTH_YES))
		judge_worse(verifying, trial, worse);
	else if (better != SIZE_MAX)
		judge_better(verifying, trial, better);
	else
		judge_same(verifying, trial);
}

static void trial_judge(struct verifying *verifying, struct trial *trial)
{
	struct verified_reason *out = trial->out;
	struct arena *arena = &verifying->out->arena;

	*out = (struct verified_reason){
		.finding = trial->reason->finding, .rule = trial->reason->rule, .title = trial->reason->title,
		.before = trial->truth[BEFORE], .after = trial->truth[AFTER], .load_ratio = NAN,
		/* each criterion, one divided by the load, and the load */
		.quantities = arena_alloc(arena, (trial->n_criteria + 2) * sizeof(*out->quantities)),
	};
	if (trial->condition)
		out->criterion = trial->wanted ? arena_strdup(arena, program_text(trial->condition)) :
						 arena_formatf(arena, "not (%s)", program_text(trial->condition));
	for (size_t i = 0; i < trial->n_criteria; i++)
		add_criterion(verifying, trial, i);
	trial->load_ratio = NAN;
	if (trial->load_program && trial->n_criteria > 0) {
		struct interval_comparison load;

		compare_measured(load_of(trial), &load);
		out->load_ratio = trial->load_ratio = load_ratio(&load);
	}
	if (trial->n_criteria == 0)
		judge_setting(verifying, trial);
	else if (trial_subject(trial, verifying->out->after.snapshot) == SUBJECT_NONE)
		conclude(verifying, trial, VERDICT_UNMEASURED, "what it is about is not there any more");
	else
		judge_measured(verifying, trial);
	if (trial->load_program && trial->n_criteria > 0)
		(void)add_quantity(verifying, trial, ROLE_LOAD, program_text(trial->load_program),
				   program_type(trial->load_program), load_of(trial));
}

/* ---- was it applied ---- */

/* Tabs are blanks; of a choice the word in brackets alone. */
static void normalise(const char *raw, bool choice, struct strbuf *out)
{
	const char *open = choice ? strchr(raw, '[') : NULL, *close = open ? strchr(open, ']') : NULL;

	if (close) {
		strbuf_add(out, open + 1, (size_t)(close - open - 1));
		return;
	}
	for (; *raw; raw++)
		strbuf_add_char(out, *raw == '\t' ? ' ' : *raw);
}

static bool same_text(const char *a, const char *b, bool choice)
{
	CLEANUP(strbuf_release) struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;

	normalise(a, choice, &x);
	normalise(b, choice, &y);
	return streq(x.buf, y.buf);
}

/* "Y" and 1, "0x10" and 16. */
static bool same_number(const struct entry *entry, const char *a, const char *b)
{
	struct value x, y;

	if (!entry)
		return false;
	x = value_of_setting(entry, a, strlen(a));
	y = value_of_setting(entry, b, strlen(b));
	if (x.type != y.type)
		return false;
	if (x.type == VALUE_BOOL)
		return x.boolean == y.boolean;
	return x.type == VALUE_NUMBER && number_equal(x.number, y.number);
}

static bool is_applied(const struct planned_action *planned, const struct entry *entry, const char *found)
{
	const char *expected = planned->reads_back ? planned->reads_back : planned->to;

	if (same_text(found, expected, planned->choice) || same_number(entry, found, expected) ||
	    same_text(found, planned->to, planned->choice) || same_number(entry, found, planned->to))
		return true;
	/* The kernel rounds it in its own way: that it moved is all there is to see. */
	return planned->live && !planned->reads_back && !same_text(found, planned->from, planned->choice);
}

static void look_at_setting(struct verifying *verifying, const struct planned_action *planned,
			    const struct entry *entry, struct verified_action *out)
{
	const struct snapshot *snapshot = verifying->out->after.snapshot;
	subject_id subject = find_subject(snapshot, planned->kind, planned->subject);
	const struct setting *setting = subject == SUBJECT_NONE ? NULL : snapshot_get(snapshot, subject, planned->setting);
	struct arena *arena = &verifying->out->arena;

	if (subject == SUBJECT_NONE)
		out->found_text = "what it belongs to is not there any more";
	else if (!setting)
		out->found_text = "not captured";
	else if (setting->absence != PRESENT)
		out->found_text = setting->absence == UNREADABLE ?
			arena_formatf(arena, "unreadable: %s", setting_error_text(setting)) : absence_name(setting->absence);
	if (out->found_text)
		return;
	out->found = setting->raw;
	out->found_text = setting_value_text(entry, setting, arena);
	out->applied = is_applied(planned, entry, setting->raw);
}

/* ---- the whole ---- */

static const char *not_applied_text(const struct verifying *verifying, const struct planned_action *planned,
				    const struct verified_action *action)
{
	struct arena *arena = &verifying->out->arena;

	if (!action->found)
		return arena_formatf(arena, "it has no value to look at: %s", action->found_text);
	if (!planned->live)
		return "it counts from the next boot or start on, and that has not been";
	if (same_text(action->found, planned->from, planned->choice))
		return "it still has the value from before";
	return arena_formatf(arena, "it has another value than the planned one: %s", action->found_text);
}

static void judge_action(struct verifying *verifying, const struct planned_action *planned, struct verified_action *out)
{
	size_t worst = 0;

	for (size_t i = 1; i < out->n_reasons; i++)
		if (out->reasons[i].verdict < out->reasons[worst].verdict)
			worst = i;
	if (!out->applied) {
		out->verdict = VERDICT_NOT_APPLIED;
		out->say = not_applied_text(verifying, planned, out);
	} else if (out->n_reasons == 0) {
		out->verdict = VERDICT_APPLIED;
		out->say = "no rule asked for it: there is nothing to measure";
	} else {
		out->verdict = out->reasons[worst].verdict;
		out->say = out->reasons[worst].say;
	}
	verifying->out->counts[out->verdict]++;
}

static void fill_action(struct verifying *verifying, const struct planned_action *planned, struct verified_action *out)
{
	const struct registry *registry = rulebook_registry(verifying->rulebook);
	struct arena *arena = &verifying->out->arena;

	*out = (struct verified_action){
		.number = planned->number, .key = planned->key,
		.from = planned->from, .to = planned->to, .from_text = planned->from_text, .to_text = planned->to_text,
		.takes_effect = planned->takes_effect,
		.reasons = arena_alloc(arena, (planned->n_reasons + 1) * sizeof(*out->reasons)),
		.n_reasons = planned->n_reasons,
	};
	out->subject_name = planned->kind == SUBJECT_KIND_HOST ? "host" :
		arena_formatf(arena, "%s %s", subject_kind_name(planned->kind), planned->subject);
	look_at_setting(verifying, planned, registry_find_key(registry, planned->kind, planned->setting), out);
}

static void make_trials(struct verifying *verifying)
{
	const struct registry *registry = rulebook_registry(verifying->rulebook);
	const struct plan_document *plan = verifying->plan;
	size_t count = 0;

	for (size_t i = 0; i < plan->n_actions; i++)
		count += plan->actions[i].n_reasons;
	verifying->trials = xcalloc(count, sizeof(*verifying->trials));
	for (size_t i = 0; i < plan->n_actions; i++) {
		const struct planned_action *planned = &plan->actions[i];
		const struct entry *entry = registry_find_key(registry, planned->kind, planned->setting);

		fill_action(verifying, planned, &verifying->out->actions[i]);
		for (size_t k = 0; k < planned->n_reasons; k++) {
			struct trial *trial = &verifying->trials[verifying->n_trials++];

			*trial = (struct trial){
				.planned = planned, .reason = &planned->reasons[k], .entry = entry,
				.out = &verifying->out->actions[i].reasons[k],
			};
			trial_prepare(verifying, trial);
		}
	}
}

void verify_plan(struct rulebook *rulebook, const struct plan_document *plan, const struct compared_side *before,
		 const struct compared_side *after, struct diag *diag, struct verification *ret)
{
	struct verifying verifying = { .rulebook = rulebook, .plan = plan, .out = ret, .diag = diag };

	*ret = (struct verification){
		.plan_id = plan->id, .before = *before, .after = *after, .n_actions = plan->n_actions,
		.windows = snapshot_window_get(before->snapshot)->live && snapshot_window_get(after->snapshot)->live,
	};
	ret->actions = arena_alloc(&ret->arena, (plan->n_actions + 1) * sizeof(*ret->actions));
	ret->n_identity = compare_identity(before->snapshot, after->snapshot, ret->identity, ARRAY_SIZE(ret->identity));
	make_trials(&verifying);
	for (int window = 0; window < WINDOWS; window++) {
		rulebook_bind(rulebook, snapshot_of(&verifying, window));
		for (size_t i = 0; i < verifying.n_trials; i++)
			trial_measure(&verifying, &verifying.trials[i], window);
	}
	for (size_t i = 0; i < verifying.n_trials; i++)
		trial_judge(&verifying, &verifying.trials[i]);
	for (size_t i = 0; i < plan->n_actions; i++)
		judge_action(&verifying, &plan->actions[i], &ret->actions[i]);
	for (size_t i = 0; i < verifying.n_trials; i++)
		trial_release(&verifying.trials[i]);
	free(verifying.trials);
}
