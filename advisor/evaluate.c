/* SPDX-License-Identifier: Apache-2.0 */
/* Every rule on every subject of its kind. */
#include "rule.h"

struct run {
	struct rulebook *rulebook;
	const struct snapshot *snapshot;
	const struct evaluate_options *options;
	struct finding_list *findings;
};

static bool is_kept(const struct run *run, enum status status)
{
	return run->options->keep_all || (status != STATUS_SATISFIED && status != STATUS_NOT_APPLICABLE);
}

static const struct waiver *find_waiver(const struct run *run, const struct rule *rule, subject_id subject,
					enum status status)
{
	struct arena *arena = &run->findings->arena;
	const struct subject *s = snapshot_subject_get(run->snapshot, subject);

	if (!run->options->waivers || status == STATUS_SATISFIED || status == STATUS_NOT_APPLICABLE)
		return NULL;
	return waivers_find(run->options->waivers, rule->id, s->kind == SUBJECT_KIND_HOST ? "host" : s->name,
			    finding_subject_name(run->snapshot, subject, arena), run->options->today);
}

static void evaluate_one(struct run *run, const struct rule *rule, subject_id subject, struct judgement *judgement)
{
	struct finding_list *list = run->findings;
	const struct waiver *waiver;
	struct finding *finding;

	rule_judge(run->rulebook, rule, run->snapshot, subject, &list->arena, judgement);
	waiver = find_waiver(run, rule, subject, judgement->status);
	list->counts[waiver ? STATUS_WAIVED : judgement->status]++;
	if (!is_kept(run, judgement->status))
		return;

	GROW(list->items, list->capacity, list->count + 1);
	finding = &list->items[list->count++];
	*finding = (struct finding){ 0 };
	finding_fill(run->rulebook, rule, run->snapshot, subject, judgement, &list->arena, finding);
	if (waiver) {
		finding->status = STATUS_WAIVED;
		finding->waiver = waiver_text(waiver, &list->arena);
	}
}

void evaluate(struct rulebook *rulebook, const struct snapshot *snapshot, const struct evaluate_options *options,
	      struct diag *diag, struct finding_list *ret_findings)
{
	struct run run = { .rulebook = rulebook, .snapshot = snapshot, .options = options, .findings = ret_findings };
	struct judgement *judgement = xcalloc(1, sizeof(*judgement));
	struct rule *const *rules;
	size_t count = rulebook_rules(rulebook, &rules);

	rulebook_bind(rulebook, snapshot);
	for (size_t i = 0; i < count; i++) {
		uint32_t subjects = snapshot_kind_count(snapshot, rules[i]->about);

		if (options->only_rule && !streq(options->only_rule, rules[i]->id))
			continue;
		for (uint32_t s = 0; s < subjects; s++)
			evaluate_one(&run, rules[i], snapshot_kind_get(snapshot, rules[i]->about, s), judgement);
	}
	free(judgement);
	finding_list_sort(ret_findings);
	if (options->waivers)
		waivers_report(options->waivers, options->today, options->only_rule == NULL, diag);
}
