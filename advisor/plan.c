/* SPDX-License-Identifier: Apache-2.0 */
/* Recommendations to a plan: what several findings want of one setting is made one action, contradictions are shown and
 * left out, and what cannot be given back is said. */
#include "../core/plan.h"

#include <nettle/sha2.h>
#include <stdlib.h>

#include "../core/strbuf.h"
#include "rule.h"

/* What findings want of one setting. */
struct wish {
	const struct change *change;	/* of the finding whose value wins; NULL: conflict or satisfied */
	struct plan_reason *reasons;
	size_t n_reasons, capacity;
	bool conflict;
	const char *why;		/* of the conflict */
};

struct making {
	struct rulebook *rulebook;
	const struct snapshot *snapshot;
	const struct plan_options *options;
	struct plan *plan;
	struct wish *wishes;
	size_t n_wishes, wishes_capacity;
};

static void leave_out(struct making *making, const struct change *change, const struct finding *finding,
		      unsigned int forbidden, const char *reason)
{
	struct plan *plan = making->plan;

	GROW(plan->left_out, plan->left_out_capacity, plan->n_left_out + 1);
	plan->left_out[plan->n_left_out++] = (struct plan_left_out){
		.key = change->key, .from = change->from, .to = change->to, .finding = finding,
		.forbidden = forbidden, .reason = reason,
	};
}

/* ---- several wishes for one setting ---- */

/* -1: all items of a are at or below those of b, 1: at or above, 0: equal, 2: cannot be compared or both ways. */
static int compare_values(const struct entry *entry, const char *a, const char *b)
{
	struct value x = value_of_setting(entry, a, strlen(a)), y = value_of_setting(entry, b, strlen(b));
	long double p, q;
	int order = 0;

	if (streq(a, b))
		return 0;
	if (x.type == VALUE_NUMBER && y.type == VALUE_NUMBER)
		return number_compare(x.number, y.number);
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

static void wish_reason(struct wish *wish, const struct finding *finding, const struct change *change)
{
	GROW(wish->reasons, wish->capacity, wish->n_reasons + 1);
	wish->reasons[wish->n_reasons++] = (struct plan_reason){ .finding = finding, .to = change->to };
}

/* The farther one in the same direction satisfies both; anything else is a contradiction. */
static void wish_join(struct wish *wish, const struct finding *finding, const struct change *change)
{
	const struct entry *entry = change->tunable;
	int old_way = compare_values(entry, wish->change->to, change->from);
	int new_way = compare_values(entry, change->to, change->from);
	int order = compare_values(entry, change->to, wish->change->to);

	wish_reason(wish, finding, change);
	if (order == 0 || wish->conflict)
		return;
	if (order == 2 || old_way != new_way || old_way == 2) {
		wish->conflict = true;
		wish->why = old_way == -new_way && old_way != 0 ? "one wants more of it and the other less" :
								  "they want different values";
		return;
	}
	if (order == new_way)
		wish->change = change;
}

static void collect(struct making *making, const struct finding *finding, const struct change *change)
{
	for (size_t i = 0; i < making->n_wishes; i++) {
		struct wish *wish = &making->wishes[i];

		if (wish->change->subject == change->subject && streq(wish->change->key, change->key)) {
			wish_join(wish, finding, change);
			return;
		}
	}
	GROW(making->wishes, making->wishes_capacity, making->n_wishes + 1);
	making->wishes[making->n_wishes] = (struct wish){ .change = change };
	wish_reason(&making->wishes[making->n_wishes++], finding, change);
}

/* ---- actions ---- */

static struct plan_reason *keep_reasons(struct plan *plan, const struct wish *wish)
{
	struct plan_reason *reasons = arena_alloc(&plan->arena, wish->n_reasons * sizeof(*reasons));

	memcpy(reasons, wish->reasons, wish->n_reasons * sizeof(*reasons));
	return reasons;
}

static void add_conflict(struct making *making, const struct wish *wish)
{
	struct plan *plan = making->plan;

	GROW(plan->conflicts, plan->conflicts_capacity, plan->n_conflicts + 1);
	plan->conflicts[plan->n_conflicts++] = (struct plan_conflict){
		.key = wish->change->key, .from = wish->change->from, .reason = wish->why,
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

static void add_action(struct making *making, const struct wish *wish)
{
	const struct change *change = wish->change;
	const struct finding *finding = wish->reasons[0].finding;
	unsigned int classes = change_classes(change->tunable);
	struct plan *plan = making->plan;
	struct action action;
	const char *reason;

	if (classes & making->options->forbidden) {
		classes &= making->options->forbidden;
		leave_out(making, change, finding, classes, forbidden_reason(making, classes));
		return;
	}
	if (action_plan(making->snapshot, rulebook_registry(making->rulebook), change, &plan->arena, &action,
			&reason) < 0) {
		leave_out(making, change, finding, 0, reason);
		return;
	}
	action.subject_name = finding_subject_name(making->snapshot, change->subject, &plan->arena);
	action.from_text = change->from_text;
	action.to_text = change->to_text;
	action.classes = classes;
	action.reasons = keep_reasons(plan, wish);
	action.n_reasons = wish->n_reasons;
	action.takes_effect = finding ? finding->takes_effect : takes_effect_name(change->tunable->takes_effect);
	action.write_effect = change->tunable->write_effect;
	GROW(plan->actions, plan->actions_capacity, plan->n_actions + 1);
	plan->actions[plan->n_actions++] = action;
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

void plan_make(struct rulebook *rulebook, const struct snapshot *snapshot, const struct finding_list *findings,
	       const struct plan_options *options, struct plan *plan)
{
	struct making making = { .rulebook = rulebook, .snapshot = snapshot, .options = options, .plan = plan };

	plan->snapshot = snapshot;
	plan->host = snapshot_text(snapshot, SUBJECT_HOST, "host.name");
	plan->machine = snapshot_text(snapshot, SUBJECT_HOST, "host.machine");
	plan->kernel = snapshot_text(snapshot, SUBJECT_HOST, "kernel.release");
	for (size_t i = 0; i < findings->count; i++)
		for (size_t j = 0; findings->items[i].status == STATUS_RECOMMEND && j < findings->items[i].n_changes; j++)
			collect(&making, &findings->items[i], &findings->items[i].changes[j]);
	for (size_t i = 0; i < making.n_wishes; i++) {
		if (making.wishes[i].conflict)
			add_conflict(&making, &making.wishes[i]);
		else
			add_action(&making, &making.wishes[i]);
		free(making.wishes[i].reasons);
	}
	free(making.wishes);
	for (size_t i = 0; i < plan->n_actions; i++)
		plan->actions[i].number = (uint32_t)(i + 1);
	identify(plan);
}
