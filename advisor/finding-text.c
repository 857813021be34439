/* SPDX-License-Identifier: Apache-2.0 */
/* A judgement in words and numbers: reason, confidence, evidence, what is missing, what is to be changed. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "../core/strbuf.h"
#include "action.h"
#include "rule.h"

#define WINDOW_MEASURE 30	/* seconds: what to ask for when nothing was measured */
#define WINDOW_SURE 60		/* and when it was too little */

/* "host", "block sda" */
const char *finding_subject_name(const struct snapshot *snapshot, subject_id subject, struct arena *arena)
{
	const struct subject *s = snapshot_subject_get(snapshot, subject);

	if (s->kind == SUBJECT_KIND_HOST)
		return "host";
	return arena_formatf(arena, "%s %s", subject_kind_name(s->kind), s->name);
}

/* A control group of a pod or of one of its containers, by the names that the cluster knows. */
static const char *subject_is(const struct snapshot *snapshot, subject_id subject, struct arena *arena)
{
	const char *pod = snapshot_text(snapshot, subject, "pod_name"), *namespace = snapshot_text(snapshot, subject, "pod_namespace");
	const char *container = snapshot_text(snapshot, subject, "container_name");

	if (!pod || !namespace)
		return NULL;
	return arena_formatf(arena, "%s%s%spod %s/%s", container ? "container " : "", container ? container : "", container ? " of " : "",
			     namespace, pod);
}

static const char *expand(const struct text *text, struct expr_context *context, struct arena *arena)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	if (text->count == 0)
		return NULL;
	text_expand(text, context, &out);
	return arena_strndup(arena, out.buf, out.len);
}

const char *inert_text(const struct said *said, struct expr_context *context, struct arena *arena)
{
	const char *say = expand(&said->say, context, arena);

	return say ? say : arena_strdup(arena, program_text(said->when));
}

/* What filling one finding needs at every step. */
struct filling {
	struct rulebook *rulebook;
	const struct rule *rule;
	const struct snapshot *snapshot;
	const struct window *window;
	subject_id subject;
	const struct judgement *judgement;
	struct arena *arena;
	struct finding *finding;
};

static struct expr_context context_of(const struct filling *filling, const struct rule_proposal *proposal)
{
	struct expr_context context;

	judgement_context(filling->judgement, proposal, filling->snapshot, filling->subject, &context);
	return context;
}

/* ---- what is missing ---- */

static const char *missing_why(const struct snapshot *snapshot, const struct expr_missing *missing, size_t index,
			       struct arena *arena)
{
	const char *why = missing->items[index].why, *key = missing->items[index].key;
	const struct entry *entry = missing->items[index].entry;
	const struct setting *setting = snapshot_get(snapshot, missing->items[index].subject, key);
	bool metric = entry && (entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG);

	if (missing->items[index].frozen)
		return arena_formatf(arena, "frozen: %s", why);
	if (setting && setting->absence == UNREADABLE)
		return arena_formatf(arena, "unreadable: %s", setting_error_text(setting));
	if (setting && setting->absence == UNPARSABLE)
		return "unparsable";
	if (why)
		return why;
	if (setting && setting->absence == ABSENT)
		return "absent";
	if (setting && setting->absence == UNSUPPORTED)
		return "not supported by this kernel";
	return metric ? "not measured" : "not captured";
}

static const char *missing_how(const struct snapshot *snapshot, const struct expr_missing *missing, size_t index,
			       struct arena *arena)
{
	const struct entry *entry = missing->items[index].entry;
	const struct setting *setting =
		snapshot_get(snapshot, missing->items[index].subject, missing->items[index].key);
	bool metric = entry && (entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG);

	if (missing->items[index].frozen)
		return arena_formatf(arena, "it counts again when this no longer holds: %s", missing->items[index].why);
	if (setting && setting->absence == UNREADABLE)
		return "run as root";
	if (entry && entry->class == ENTRY_LOG)
		return "run where the kernel log can be read";
	if (setting && (setting->absence == ABSENT || setting->absence == UNSUPPORTED))
		return entry && entry->since ? arena_formatf(arena, "a kernel that has it (since %s)", entry->since)
					     : "a kernel or a device that has it";
	if (metric)
		return arena_formatf(arena, "keisoku advise --window %us", WINDOW_MEASURE);
	if (!entry || setting)
		return "look at it by hand";
	return "keisoku capture on the host itself";
}

void missing_fill(const struct snapshot *snapshot, const struct expr_missing *missing, struct arena *arena,
		  struct missing **ret_items, size_t *ret_count)
{
	struct missing *items;

	if (missing->count == 0)
		return;
	items = arena_alloc(arena, missing->count * sizeof(*items));
	for (size_t i = 0; i < missing->count; i++) {
		items[i].key = arena_strdup(arena, missing->items[i].key);
		items[i].why = missing_why(snapshot, missing, i, arena);
		items[i].how = missing_how(snapshot, missing, i, arena);
	}
	*ret_items = items;
	*ret_count = missing->count;
}

static bool is_unreadable(const struct filling *filling)
{
	const struct expr_missing *missing = &filling->judgement->missing;

	for (size_t i = 0; i < missing->count; i++) {
		const struct setting *setting =
			snapshot_get(filling->snapshot, missing->items[i].subject, missing->items[i].key);

		if (setting && setting->absence == UNREADABLE)
			return true;
	}
	return false;
}

/* ---- evidence ---- */

static enum basis basis_of(const struct expr_context *context, const struct window *window)
{
	if (context->used_since_boot || (context->used_total && !context->used_live))
		return BASIS_SINCE_BOOT;
	if (context->used_live)
		return BASIS_LIVE;
	if (context->used_gauge)
		return window->live ? BASIS_LIVE : BASIS_INSTANT;
	return BASIS_SETTING;
}

static double uptime_of(const struct snapshot *snapshot)
{
	const struct series *uptime = snapshot_metric(snapshot, SUBJECT_HOST, "uptime");

	return uptime && uptime->samples > 0 ? uptime->last : 0;
}

static const struct series *series_of(const struct filling *filling, const struct program *program)
{
	const char *key;
	bool self;

	if (!program_entry(program, &key, &self))
		return NULL;
	return snapshot_metric(filling->snapshot, self ? filling->subject : SUBJECT_HOST, key);
}

static const char *source_of(const struct filling *filling, const struct program *program)
{
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
	const struct setting *setting;
	const struct entry *entry;
	const char *key;
	bool self;

	entry = program_entry(program, &key, &self);
	if (!entry)
		return NULL;
	setting = snapshot_get(filling->snapshot, self ? filling->subject : SUBJECT_HOST, key);
	if (entry->source)
		return entry->source;
	if (!setting)
		return NULL;
	setting_origin(filling->snapshot, setting, &origin);
	return origin.len ? arena_strndup(filling->arena, origin.buf, origin.len) : NULL;
}

static void add_evidence(struct filling *filling, const struct program *program, bool of_condition)
{
	struct finding *finding = filling->finding;
	struct evidence *evidence = &finding->evidence[finding->n_evidence];
	struct expr_context context = context_of(filling, NULL);
	struct value value = program_evaluate(program, &context);
	const struct series *series = series_of(filling, program);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < finding->n_evidence; i++)
		if (streq(finding->evidence[i].expression, program_text(program)))
			return;
	finding->n_evidence++;
	value_format(&text, &value, program_type(program));
	evidence->expression = arena_strdup(filling->arena, program_text(program));
	evidence->value = arena_strndup(filling->arena, text.buf, text.len);
	evidence->known = value.type != VALUE_UNKNOWN;
	evidence->number = value.type == VALUE_NUMBER ? (double)value.number
			   : value.type == VALUE_BOOL ? value.boolean
						      : NAN;
	evidence->basis = basis_of(&context, filling->window);
	evidence->share = NAN;
	evidence->source = source_of(filling, program);
	if (evidence->basis == BASIS_SINCE_BOOT)
		evidence->window_sec = uptime_of(filling->snapshot);
	if (evidence->basis != BASIS_LIVE)
		return;
	evidence->window_sec = filling->window->duration_sec;
	evidence->samples = window_intervals(filling->window);
	if (series && series->samples > 0)
		evidence->samples = series->kind == METRIC_COUNTER ? series->samples - 1 : series->samples;
	if (of_condition)
		evidence->share = filling->judgement->share;
}

static void fill_evidence(struct filling *filling)
{
	const struct rule *rule = filling->rule;
	size_t terms = program_terms(rule->when);

	filling->finding->evidence =
		arena_alloc(filling->arena, (terms + rule->n_evidence + 1) * sizeof(*filling->finding->evidence));
	for (size_t i = 0; i < terms; i++)
		add_evidence(filling, program_term(rule->when, i), true);
	for (size_t i = 0; i < rule->n_evidence; i++)
		add_evidence(filling, rule->evidence[i], false);
}

/* ---- changes ---- */

static const char *value_text(const struct filling *filling, const struct entry *entry, const struct value *value)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	long double item;

	if (value->type == VALUE_LIST && entry->format == FORMAT_LIST) {
		struct expr_type type = expr_type_of_entry(entry);

		for (size_t i = 0; value_list_item(entry, value, i, &item); i++) {
			struct value number = { .type = VALUE_NUMBER, .number = item };

			strbuf_add_string(&text, i > 0 ? ", " : "");
			value_format(&text, &number, type);
		}
	} else {
		value_format(&text, value, expr_type_of_entry(entry));
	}
	return arena_strndup(filling->arena, text.buf, text.len);
}

static void fill_hazards(const struct filling *filling, const struct rule_proposal *proposal, struct change *change)
{
	const struct compiled_entry *compiled = rulebook_compiled(filling->rulebook, filling->snapshot, change->tunable);
	struct expr_context context = context_of(filling, proposal);
	const char **hazards;

	if (!compiled || compiled->n_hazards == 0)
		return;
	context.self = proposal->subject;
	hazards = arena_alloc(filling->arena, compiled->n_hazards * sizeof(*hazards));
	for (size_t i = 0; i < compiled->n_hazards; i++) {
		struct value value = program_evaluate(compiled->hazards[i].when, &context);

		if (value_is_true(&value))
			hazards[change->n_hazards++] = compiled->hazards[i].say;
	}
	change->hazards = hazards;
}

static void add_change(struct filling *filling, const struct rule_proposal *proposal)
{
	struct change *change = &filling->finding->changes[filling->finding->n_changes++];
	const struct entry *entry = proposal->change->tunable;

	*change = (struct change){
		.tunable = entry,
		.subject = proposal->subject,
		.from = arena_strndup(filling->arena, proposal->setting->raw, proposal->setting->raw_length),
		.to = proposal->raw,
		.from_text = value_text(filling, entry, &proposal->current),
		.to_text = value_text(filling, entry, &proposal->proposed),
	};
	if (proposal->subject == SUBJECT_HOST)
		change->key = arena_strdup(filling->arena, proposal->change->key);
	else
		change->key = arena_formatf(filling->arena, "%s %s",
					    snapshot_subject_get(filling->snapshot, proposal->subject)->name,
					    proposal->change->key);
	change->classes = action_classes(filling->snapshot, change, filling->arena);
	fill_hazards(filling, proposal, change);
	action_commands(filling->snapshot, rulebook_registry(filling->rulebook), change, filling->arena);
}

static void fill_changes(struct filling *filling)
{
	const struct judgement *judgement = filling->judgement;

	filling->finding->changes =
		arena_alloc(filling->arena, (judgement->n_proposals + 1) * sizeof(*filling->finding->changes));
	for (size_t i = 0; i < judgement->n_proposals; i++)
		if (!judgement->proposals[i].left_out && !judgement->proposals[i].already)
			add_change(filling, &judgement->proposals[i]);
}

/* ---- confidence ---- */

struct irregularities {
	uint32_t resets, wraps, gaps;
};

static struct irregularities find_irregularities(const struct filling *filling)
{
	const struct program *when = filling->rule->when;
	struct irregularities sum = { 0 };

	for (size_t i = 0; i < program_terms(when); i++) {
		const struct series *series = series_of(filling, program_term(when, i));

		sum.resets += series ? series->resets : 0;
		sum.wraps += series ? series->wraps : 0;
		sum.gaps += series ? series->gaps : 0;
	}
	return sum;
}

static void add_count(struct strbuf *out, uint32_t count, const char *one, const char *many)
{
	if (count > 0)
		strbuf_addf(out, ", %u %s", count, count == 1 ? one : many);
}

/* "measured for 60 s in 60 intervals, held in 35 % of them, 2 ticks came late"; true when nothing speaks against it */
static bool describe_window(const struct filling *filling, struct strbuf *out)
{
	const struct window *window = filling->window;
	const struct judgement *judgement = filling->judgement;
	struct irregularities odd = find_irregularities(filling);
	uint32_t intervals = window_intervals(window);
	double held = filling->rule->held;

	strbuf_add_string(out, "measured for ");
	quantity_format(out, round(window->duration_sec * 10) / 10, (struct dimension){ .seconds = 1 }, false);
	strbuf_addf(out, " in %u interval%s", intervals, intervals == 1 ? "" : "s");
	if (!isnan(judgement->share))
		strbuf_addf(out, ", held in %.0f %% of them", judgement->share * 100);
	add_count(out, window->missed, "tick came late", "ticks came late");
	add_count(out, odd.resets, "counter was reset", "counters were reset");
	add_count(out, odd.wraps, "counter wrapped", "counters wrapped");
	add_count(out, odd.gaps, "sample is missing", "samples are missing");
	if (window->suspended_sec > 0)
		strbuf_addf(out, ", the host slept for %.0f s", window->suspended_sec);
	if (window->interrupted)
		strbuf_add_string(out, ", the measurement was interrupted");
	return intervals >= 3 * RULE_INTERVALS_MIN && window->missed * 10 <= intervals && odd.resets == 0 && odd.gaps == 0 &&
	       window->suspended_sec == 0 && !window->interrupted &&
	       (held == 0 || isnan(judgement->share) || judgement->share >= 1.5 * held ||
		judgement->share < held / 1.5);
}

static void fill_confidence(struct filling *filling)
{
	const struct judgement *judgement = filling->judgement;
	struct finding *finding = filling->finding;
	CLEANUP(strbuf_release) struct strbuf reason = STRBUF_INIT;
	bool sure = true;

	finding->confidence = CONFIDENCE_HIGH;
	if (judgement->cause == CAUSE_MISSING || judgement->cause == CAUSE_CURRENT || judgement->cause == CAUSE_AVERAGE) {
		finding->confidence = CONFIDENCE_LOW;
		finding->confidence_reason = "the evidence is incomplete";
		return;
	}
	if (judgement->used_live || (judgement->used_gauge && filling->window->live)) {
		sure = describe_window(filling, &reason);
	} else if (judgement->used_since_boot || judgement->used_total) {
		strbuf_add_string(&reason, judgement->used_since_boot ? "an average since boot" : "counted since boot");
	} else if (judgement->used_gauge) {
		strbuf_add_string(&reason, "read once");
	} else {
		strbuf_add_string(&reason, "rests on settings alone");
	}
	if (judgement->doubts & (DOUBT_SINCE_BOOT | DOUBT_INSTANT | DOUBT_SHORT | DOUBT_FEW))
		finding->confidence = CONFIDENCE_LOW;
	else if (!sure || judgement->doubts)
		finding->confidence = CONFIDENCE_MEDIUM;
	finding->confidence_reason = arena_strndup(filling->arena, reason.buf, reason.len);
}

/* ---- reason ---- */

static void add_doubt(struct strbuf *out, const struct filling *filling, enum doubt doubt, const char *text)
{
	if (filling->judgement->doubts & doubt)
		strbuf_addf(out, "%s%s", out->len ? "; " : "", text);
}

static const char *doubt_reason(const struct filling *filling)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf window = STRBUF_INIT;

	strbuf_addf(&window, "measured for %.0f s, but the rule needs %.0f s", filling->window->duration_sec,
		    filling->rule->window_sec);
	add_doubt(&out, filling, DOUBT_SINCE_BOOT, "only averages since boot are known, not what happens now");
	add_doubt(&out, filling, DOUBT_INSTANT, "read once, not measured over a window");
	add_doubt(&out, filling, DOUBT_SHORT, window.buf);
	if (!(filling->judgement->doubts & DOUBT_SHORT))
		add_doubt(&out, filling, DOUBT_FEW, "fewer than 10 intervals were measured");
	add_doubt(&out, filling, DOUBT_INERT, "whether changing it does anything here is not known");
	add_doubt(&out, filling, DOUBT_ELSEWHERE, "another cause could not be excluded");
	add_doubt(&out, filling, DOUBT_RANGE, "the proposal was outside the range of the tunable and was cut to it");
	add_doubt(&out, filling, DOUBT_CONTAINER,
		  "this was read in a container, and the setting belongs to the whole host: judge it there");
	return arena_strndup(filling->arena, out.buf, out.len);
}

static const char *missing_reason(const struct filling *filling)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	const struct finding *finding = filling->finding;

	for (size_t i = 0; i < finding->n_missing; i++)
		strbuf_addf(&out, "%s%s (%s)", i > 0 ? ", " : "not known: ", finding->missing[i].key, finding->missing[i].why);
	if (finding->n_missing == 0)
		strbuf_add_string(&out, "the answer is not known");
	return arena_strndup(filling->arena, out.buf, out.len);
}

static const char *already_reason(const struct filling *filling)
{
	struct expr_context context = context_of(filling, NULL);
	const char *already = expand(&filling->rule->already, &context, filling->arena);
	const struct judgement *judgement = filling->judgement;
	const struct rule_proposal *first = &judgement->proposals[0];

	if (already)
		return already;
	return arena_formatf(filling->arena, "%s is already %s", first->change->key,
			     value_text(filling, first->change->tunable, &first->current));
}

static const char *inert_reason(const struct filling *filling)
{
	const struct judgement *judgement = filling->judgement;
	const struct rule_proposal *of = NULL;
	struct expr_context context;

	for (size_t i = 0; i < judgement->n_proposals; i++)
		if (judgement->proposals[i].change == judgement->change)
			of = &judgement->proposals[i];
	context = context_of(filling, of);
	if (of)
		context.self = of->subject;
	return arena_formatf(filling->arena, "changing %s does nothing here: %s", judgement->change->key,
			     inert_text(judgement->inert, &context, filling->arena));
}

static const char *does_not_hold(const struct filling *filling)
{
	const struct rule *rule = filling->rule;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "does not hold: %s", program_text(rule->when));
	if (!isnan(filling->judgement->share) && rule->held > 0)
		strbuf_addf(&out, " (in %.0f %% of the intervals, needed in %.0f %%)", filling->judgement->share * 100,
			    rule->held * 100);
	if (filling->judgement->doubts)
		strbuf_addf(&out, "; %s", doubt_reason(filling));
	return arena_strndup(filling->arena, out.buf, out.len);
}

static const char *reason_of(const struct filling *filling)
{
	const struct judgement *judgement = filling->judgement;
	struct expr_context context = context_of(filling, NULL);

	switch (judgement->cause) {
	case CAUSE_WHERE:
		return filling->rule->where_note ? filling->rule->where_note
						 : arena_formatf(filling->arena, "only where %s",
								 program_text(filling->rule->where));
	case CAUSE_NO_TUNABLE:
		return arena_formatf(filling->arena, "there is no %s here", judgement->change->key);
	case CAUSE_LACKS:
		return arena_formatf(filling->arena, "it has no %s", judgement->missing.items[0].key);
	case CAUSE_INERT:
		return inert_reason(filling);
	case CAUSE_MISSING:
	case CAUSE_CURRENT:
		return missing_reason(filling);
	case CAUSE_AVERAGE:
		return "only averages since boot are known: they do not show that it never happens";
	case CAUSE_DOES_NOT_HOLD:
		return does_not_hold(filling);
	case CAUSE_ELSEWHERE:
		return expand(&judgement->said->say, &context, filling->arena);
	case CAUSE_ALREADY:
		return already_reason(filling);
	case CAUSE_NOT_WRITABLE:
		return arena_formatf(filling->arena, "the proposal is no value of %s", judgement->change->key);
	case CAUSE_NOT_OFFERED:
		return arena_formatf(filling->arena, "%s does not offer the proposal here", judgement->change->key);
	case CAUSE_HOLDS:
		break;
	}
	return judgement->doubts ? doubt_reason(filling) : filling->finding->confidence_reason;
}

/* ---- the whole ---- */

/* Whether measuring longer would tell what is missing. */
static bool is_measurable(const struct filling *filling)
{
	const struct finding *finding = filling->finding;

	for (size_t i = 0; i < finding->n_missing; i++)
		if (starts_with(finding->missing[i].how, "keisoku advise"))
			return true;
	return finding->n_missing == 0;
}

static const char *next_step(const struct filling *filling)
{
	const struct judgement *judgement = filling->judgement;
	enum status status = filling->finding->status;
	double wanted = status == STATUS_SUSPECT ? WINDOW_SURE : WINDOW_MEASURE;
	bool unreadable = is_unreadable(filling);

	if (status != STATUS_SUSPECT && status != STATUS_UNMEASURED && status != STATUS_UNREADABLE)
		return NULL;
	/* No window makes a proposal fit, or a text make sense, or a kernel count what it does not. */
	if (judgement->cause == CAUSE_NOT_WRITABLE ||
	    (judgement->doubts && !(judgement->doubts & ~(unsigned int)(DOUBT_RANGE | DOUBT_CONTAINER))))
		return NULL;
	if (status != STATUS_SUSPECT && !unreadable && !is_measurable(filling))
		return NULL;
	return arena_formatf(filling->arena, "%skeisoku advise --window %.0fs", unreadable ? "sudo " : "",
			     fmax(wanted, ceil(filling->rule->window_sec)));
}

static const char *takes_effect(const struct filling *filling)
{
	const struct finding *finding = filling->finding;
	const char *note = filling->rule->takes_effect_note;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < finding->n_changes; i++) {
		const char *name = takes_effect_name(finding->changes[i].tunable->takes_effect);

		if (!strstr(out.buf, name))
			strbuf_addf(&out, "%s%s", out.len ? ", " : "", name);
	}
	if (note)
		strbuf_addf(&out, "%s%s", out.len ? ": " : "", note);
	return out.len ? arena_strndup(filling->arena, out.buf, out.len) : NULL;
}

static void fill_identity(struct filling *filling)
{
	const struct subject *subject = snapshot_subject_get(filling->snapshot, filling->subject);
	const struct rule *rule = filling->rule;
	struct finding *finding = filling->finding;

	finding->id = arena_formatf(filling->arena, "%s@%s", rule->id,
				    subject->kind == SUBJECT_KIND_HOST ? "host" : subject->name);
	finding->rule = rule->id;
	finding->title = rule->title;
	finding->subject = filling->subject;
	finding->subject_name = finding_subject_name(filling->snapshot, filling->subject, filling->arena);
	finding->subject_is = subject_is(filling->snapshot, filling->subject, filling->arena);
	finding->severity = rule->severity;
	finding->resource = rule->resource;
	finding->use_kind = rule->use_kind;
	finding->references = &rule->references;
	finding->place = node_place(rule->node);
	finding->verify_measure = rule->verify ? program_text(rule->verify) : NULL;
}

void finding_fill(struct rulebook *rulebook, const struct rule *rule, const struct snapshot *snapshot,
		  subject_id subject, const struct judgement *judgement, struct arena *arena, struct finding *finding)
{
	struct filling filling = {
		.rulebook = rulebook,
		.rule = rule,
		.snapshot = snapshot,
		.window = snapshot_window_get(snapshot),
		.subject = subject,
		.judgement = judgement,
		.arena = arena,
		.finding = finding,
	};
	bool holds = judgement->cause == CAUSE_HOLDS || judgement->cause == CAUSE_ELSEWHERE ||
		     judgement->cause == CAUSE_ALREADY;
	struct expr_context context = context_of(&filling, NULL);

	finding->status = judgement->status;
	fill_identity(&filling);
	fill_confidence(&filling);
	missing_fill(snapshot, &judgement->missing, arena, &finding->missing, &finding->n_missing);
	if (judgement->cause != CAUSE_WHERE && judgement->cause != CAUSE_NO_TUNABLE && judgement->cause != CAUSE_LACKS)
		fill_evidence(&filling);
	if (judgement->cause == CAUSE_HOLDS) {
		fill_changes(&filling);
		finding->advice = expand(&rule->advise, &context, arena);
		finding->side_effects = expand(&rule->side_effects, &context, arena);
		finding->takes_effect = takes_effect(&filling);
	}
	if (holds)
		finding->because = expand(&rule->because, &context, arena);
	finding->reason = reason_of(&filling);
	finding->next_step = next_step(&filling);
}
