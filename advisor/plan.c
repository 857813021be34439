/* SPDX-License-Identifier: Apache-2.0 */
/* Recommendations to a plan: what several findings want of one setting is made one action, contradictions are shown and
 * left out, and what cannot be given back is said.
 *
 * The plan is then tried on the snapshot: what rules that look at settings alone make of the planned values belongs to it
 * too.  Rules that measure are not asked to judge old measurements under new settings: that takes another window. */
#include "../core/plan.h"

#include <nettle/sha2.h>
#include <stdlib.h>

#include "action.h"
#include "plan-making.h"
#include "trial.h"

#define TRIALS_MAX 4

/* ---- wishes ---- */

const char *change_setting_key(const struct change *change)
{
	return action_setting_key(change);
}

struct wish *making_find(const struct making *making, subject_id subject, const char *key)
{
	for (size_t i = 0; i < making->n_wishes; i++)
		if (making->wishes[i].change->subject == subject &&
		    streq(change_setting_key(making->wishes[i].change), key))
			return &making->wishes[i];
	return NULL;
}

int plan_compare(const struct entry *entry, const char *a, const char *b)
{
	struct value x = value_of_setting(entry, a, strlen(a)), y = value_of_setting(entry, b, strlen(b));
	int order = 0;
	long double p, q;

	if (streq(a, b))
		return 0;
	if (x.type == VALUE_NUMBER && y.type == VALUE_NUMBER)
		return number_compare(x.number, y.number);
	if (x.type == VALUE_BOOL && y.type == VALUE_BOOL)
		return x.boolean == y.boolean ? 0 : 2;
	if (x.type != VALUE_LIST || y.type != VALUE_LIST || value_list_count(&x) != value_list_count(&y))
		return 2;
	for (size_t i = 0; i < value_list_count(&x); i++) {
		int one;

		if (!value_list_item(entry, &x, i, &p) || !value_list_item(entry, &y, i, &q))
			return 2;
		one = number_compare(p, q);
		if (one != 0 && order != 0 && one != order)
			return 2;
		order = one ? one : order;
	}
	return order;
}

static void add_reason(struct wish *wish, const struct finding *finding, const struct change *change)
{
	GROW(wish->reasons, wish->capacity, wish->n_reasons + 1);
	wish->reasons[wish->n_reasons++] = (struct plan_reason){ .finding = finding, .to = change->to };
}

/* The farther one in the same direction satisfies both; anything else is a contradiction. */
static void join(struct wish *wish, const struct finding *finding, const struct change *change)
{
	const struct entry *entry = change->tunable;
	int old_way = plan_compare(entry, wish->change->to, wish->change->from);
	int new_way = plan_compare(entry, change->to, wish->change->from);
	int order = plan_compare(entry, change->to, wish->change->to);

	add_reason(wish, finding, change);
	if (order == 0 || wish->conflict)
		return;
	if (order == 2 || old_way != new_way || old_way == 2 || old_way == 0) {
		wish->conflict = (old_way == 1 && new_way == -1) || (old_way == -1 && new_way == 1) ?
					 "one wants more of it and the other less" :
					 "they want different values";
		return;
	}
	if (order == new_way)
		wish->change = change;
}

struct wish *making_add(struct making *making, const struct finding *finding, const struct change *change)
{
	struct wish *wish = making_find(making, change->subject, change_setting_key(change));

	if (wish) {
		join(wish, finding, change);
		return wish;
	}
	GROW(making->wishes, making->wishes_capacity, making->n_wishes + 1);
	wish = &making->wishes[making->n_wishes++];
	*wish = (struct wish){ .change = change };
	add_reason(wish, finding, change);
	return wish;
}

void making_leave_out(struct making *making, struct wish *wish, unsigned int forbidden, const char *reason)
{
	struct plan *plan = making->plan;

	wish->left_out = true;
	GROW(plan->left_out, plan->left_out_capacity, plan->n_left_out + 1);
	plan->left_out[plan->n_left_out++] = (struct plan_left_out){
		.key = wish->change->key, .from = wish->change->from, .to = wish->change->to,
		.finding = wish->n_reasons > 0 ? wish->reasons[0].finding : NULL, .forbidden = forbidden, .reason = reason,
	};
}

static const char *value_text(struct making *making, const struct entry *entry, const char *raw)
{
	struct value value = value_of_setting(entry, raw, strlen(raw));
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	long double item;

	if (value.type == VALUE_LIST && entry->format == FORMAT_LIST) {
		for (size_t i = 0; value_list_item(entry, &value, i, &item); i++) {
			struct value number = { .type = VALUE_NUMBER, .number = item };

			strbuf_add_string(&text, i > 0 ? ", " : "");
			value_format(&text, &number, expr_type_of_entry(entry));
		}
	} else if (value.type == VALUE_UNKNOWN) {
		strbuf_add_string(&text, raw);
	} else {
		value_format(&text, &value, expr_type_of_entry(entry));
	}
	return arena_strdup(&making->plan->arena, text.buf);
}

struct change *making_change(struct making *making, const struct entry *entry, subject_id subject, const char *key,
			     const char *to)
{
	struct arena *arena = &making->plan->arena;
	struct change *change = arena_alloc(arena, sizeof(*change));
	const char *from = snapshot_text(making->snapshot, subject, key);

	*change = (struct change){
		.tunable = entry,
		.subject = subject,
		.key = key,
		.from = from ? from : "",
		.to = arena_strdup(arena, to),
	};
	if (subject != SUBJECT_HOST)
		change->key = arena_formatf(arena, "%s %s", snapshot_subject_get(making->snapshot, subject)->name, key);
	change->from_text = value_text(making, entry, change->from);
	change->to_text = value_text(making, entry, to);
	change->classes = action_classes(making->snapshot, change, arena);
	return change;
}

bool plan_differs(const struct making *making, const struct change *change)
{
	const char *now = action_now(making->snapshot, change, &making->plan->arena);

	return !streq(now, change->to) && plan_compare(change->tunable, now, change->to) != 0;
}

/* ---- trying it on the snapshot ---- */

/* The wishes, and the zeroes that writing one of a pair leaves in the other. */
static void try_wishes(struct making *making, struct trial *trial)
{
	for (size_t i = 0; i < making->n_wishes; i++) {
		const struct change *change = making->wishes[i].change;

		if (wish_counts(&making->wishes[i]))
			trial_set(trial, change->tunable, change->subject, change_setting_key(change), change->to);
	}
}

/* A finding about settings alone.  True when it adds or changes something. */
static bool follow(struct making *making, const struct finding *finding, const struct change *seen)
{
	const char *key = change_setting_key(seen);
	struct wish *wish = making_find(making, seen->subject, key);
	struct change *change = arena_alloc(&making->plan->arena, sizeof(*change));
	const char *raw = snapshot_text(making->snapshot, seen->subject, key);

	*change = *seen;
	change->from = raw ? raw : seen->from;
	if (wish && (!wish_counts(wish) || streq(wish->change->to, change->to)))
		return false;
	if (!wish && plan_compare(change->tunable, change->to, change->from) == 0)
		return false;
	change->from_text = value_text(making, change->tunable, change->from);
	making_add(making, finding, change);
	return true;
}

static bool judge_again(struct making *making)
{
	struct finding_list *findings;
	struct plan *plan = making->plan;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct evaluate_options options = { 0 };
	struct trial trial = { .snapshot = making->snapshot };
	bool changed = false;

	try_wishes(making, &trial);
	GROW(plan->trials, plan->trials_capacity, plan->n_trials + 1);
	findings = xcalloc(1, sizeof(*findings));
	plan->trials[plan->n_trials++] = findings;
	evaluate(making->rulebook, making->snapshot, &options, &diag, findings);
	trial_end(&trial);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		for (size_t j = 0; finding->status == STATUS_RECOMMEND && !finding_measures(finding) && j < finding->n_changes; j++)
			changed = follow(making, finding, &finding->changes[j]) || changed;
	}
	return changed;
}

/* ---- actions ---- */

static struct plan_reason *keep_reasons(struct plan *plan, const struct wish *wish)
{
	struct plan_reason *reasons = arena_alloc(&plan->arena, (wish->n_reasons + 1) * sizeof(*reasons));

	if (wish->n_reasons > 0)
		memcpy(reasons, wish->reasons, wish->n_reasons * sizeof(*reasons));
	return reasons;
}

static void add_conflict(struct making *making, const struct wish *wish)
{
	struct plan *plan = making->plan;

	GROW(plan->conflicts, plan->conflicts_capacity, plan->n_conflicts + 1);
	plan->conflicts[plan->n_conflicts++] = (struct plan_conflict){
		.key = wish->change->key, .from = wish->change->from, .reason = wish->conflict,
		.sides = keep_reasons(plan, wish), .n_sides = wish->n_reasons,
	};
}

static const char *forbidden_reason(struct making *making, unsigned int classes)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (unsigned int bit = 0; bit < CHANGE_CLASS_COUNT; bit++)
		if (classes & (1U << bit))
			strbuf_addf(&text, "%s%s", text.len ? ", " : "forbidden: ", change_class_name(bit));
	return arena_strdup(&making->plan->arena, text.buf);
}

static void leave_forbidden_out(struct making *making)
{
	for (size_t i = 0; i < making->n_wishes; i++) {
		struct wish *wish = &making->wishes[i];
		unsigned int classes = action_classes(making->snapshot, wish->change, &making->plan->arena) &
				       making->options->forbidden;

		if (classes && wish_counts(wish))
			making_leave_out(making, wish, classes, forbidden_reason(making, classes));
	}
}

static void add_action(struct making *making, struct wish *wish)
{
	const struct change *change = wish->change;
	const struct finding *finding = wish->n_reasons > 0 ? wish->reasons[0].finding : NULL;
	struct plan *plan = making->plan;
	struct action action;
	const char *reason;

	if (action_plan(making->snapshot, making->registry, change, &plan->arena, &action, &reason) < 0) {
		making_leave_out(making, wish, 0, reason);
		return;
	}
	action.subject_name = finding_subject_name(making->snapshot, change->subject, &plan->arena);
	action.from_text = change->from_text;
	action.to_text = change->to_text;
	action.classes = action_classes(making->snapshot, change, &plan->arena);
	action.hazards = change->hazards;
	action.n_hazards = change->n_hazards;
	action.reasons = keep_reasons(plan, wish);
	action.n_reasons = wish->n_reasons;
	action.kept_with = wish->kept_with;
	action.takes_effect = finding ? finding->takes_effect : takes_effect_name(change->tunable->takes_effect);
	action.write_effect = change->tunable->write_effect;
	GROW(plan->actions, plan->actions_capacity, plan->n_actions + 1);
	plan->actions[plan->n_actions++] = action;
}

static void add_actions(struct making *making)
{
	for (size_t i = 0; i < making->n_wishes; i++) {
		struct wish *wish = &making->wishes[i];

		if (wish->conflict)
			add_conflict(making, wish);
		else if (!wish->left_out)
			add_action(making, wish);
		free(wish->reasons);
	}
	free(making->wishes);
	plan_order(making);
	action_chain_files(making->plan);
	action_settle_kubelet(making->plan);
}

/* ---- identity ---- */

static void hash_text(struct sha256_ctx *context, const char *text)
{
	sha256_update(context, text ? strlen(text) + 1 : 1, (const uint8_t *)(text ? text : ""));
}

static void identify(struct plan *plan)
{
	struct sha256_ctx context;
	uint8_t digest[8];

	sha256_init(&context);
	hash_text(&context, plan->machine);
	hash_text(&context, plan->kernel);
	for (size_t i = 0; i < plan->n_actions; i++) {
		hash_text(&context, plan->actions[i].key);
		hash_text(&context, plan->actions[i].raw);
		hash_text(&context, plan->actions[i].write.value);
	}
	sha256_digest(&context, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		plan->id[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		plan->id[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
}

static void name_host(struct plan *plan, const struct snapshot *snapshot)
{
	const char *machine = snapshot_text(snapshot, SUBJECT_HOST, "host.machine");

	plan->snapshot = snapshot;
	plan->host = snapshot_text(snapshot, SUBJECT_HOST, "host.name");
	/* "machine-1" of a redacted snapshot names nobody. */
	plan->machine = machine && strlen(machine) == 32 && strspn(machine, "0123456789abcdef") == 32 ? machine : NULL;
	plan->kernel = snapshot_text(snapshot, SUBJECT_HOST, "kernel.release");
}

void plan_make(struct rulebook *rulebook, struct snapshot *snapshot, const struct finding_list *findings,
	       const struct plan_options *options, struct plan *plan)
{
	struct making making = {
		.rulebook = rulebook, .registry = rulebook_registry(rulebook), .snapshot = snapshot,
		.options = options, .plan = plan,
	};

	name_host(plan, snapshot);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		for (size_t j = 0; finding->status == STATUS_RECOMMEND && j < finding->n_changes; j++)
			making_add(&making, finding, &finding->changes[j]);
	}
	for (unsigned int trial = 0; making.n_wishes > 0 && trial < TRIALS_MAX; trial++) {
		leave_forbidden_out(&making);
		plan_constrain(&making);
		if (!judge_again(&making))
			break;
	}
	leave_forbidden_out(&making);
	plan_constrain(&making);
	add_actions(&making);
	rulebook_bind(rulebook, snapshot);
	identify(plan);
}

void plan_make_asked(struct rulebook *rulebook, struct snapshot *snapshot, const struct plan_request *requests,
		     size_t n_requests, const struct plan_options *options, struct plan *plan)
{
	struct making making = {
		.rulebook = rulebook, .registry = rulebook_registry(rulebook), .snapshot = snapshot,
		.options = options, .plan = plan,
	};

	name_host(plan, snapshot);
	plan->asked = true;
	for (size_t i = 0; i < n_requests; i++)
		making_add(&making, NULL, making_change(&making, requests[i].tunable, requests[i].subject,
							requests[i].key, requests[i].value));
	leave_forbidden_out(&making);
	plan_constrain(&making);
	for (size_t i = 0; i < making.n_wishes; i++) {
		struct wish *wish = &making.wishes[i];

		if (wish_counts(wish) && !plan_differs(&making, wish->change))
			making_leave_out(&making, wish, 0, "it is so already");
	}
	add_actions(&making);
	identify(plan);
}
