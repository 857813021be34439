/* SPDX-License-Identifier: Apache-2.0 */
/* Rules asked twice: about the host as it is, and about the same measurements with the proposal's settings. */
#include <stdlib.h>

#include "plan-making.h"
#include "review-making.h"
#include "trial.h"

/* ---- the two evaluations ---- */

/* The strings of the findings live as long as the review's. */
static void evaluate_into(struct reviewing *reviewing, struct finding_list *list)
{
	struct evaluate_options options = { .keep_all = true };
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	list->arena = reviewing->findings->arena;
	evaluate(reviewing->rulebook, reviewing->snapshot, &options, &diag, list);
	reviewing->findings->arena = list->arena;
	list->arena = (struct arena)ARENA_INIT;
}

static void try_proposal(struct reviewing *reviewing, struct trial *trial)
{
	for (size_t i = 0; i < reviewing->n_asked; i++) {
		struct asked *asked = &reviewing->asked[i];

		if (proposed_sets(asked->item) && asked->subject != SUBJECT_NONE && asked->entry && !asked->beaten_by_item &&
		    !asked->refusal && !asked->idle)
			asked->tried = trial_set(trial, asked->entry, asked->subject, asked->key, asked->item->value);
	}
}

static void note_inert(struct reviewing *reviewing, struct asked *asked)
{
	const char *condition = NULL;

	if (asked->setting && asked->setting->absence == PRESENT &&
	    rulebook_inert(reviewing->rulebook, reviewing->snapshot, asked->entry, asked->subject, &reviewing->findings->arena,
			   &condition) == INERT_YES)
		asked->inert = condition;
}

/* Values that are proposed together are looked at together. */
static void note_hazards(struct reviewing *reviewing, struct asked *asked)
{
	const struct compiled_entry *compiled =
		asked->entry ? rulebook_compiled(reviewing->rulebook, reviewing->snapshot, asked->entry) : NULL;

	if (!compiled || asked->item->fate != PROPOSED_SETS || asked->subject == SUBJECT_NONE || asked->idle)
		return;
	for (size_t i = 0; i < compiled->n_hazards && i < 64; i++)
		if (review_hazard(reviewing, asked, &compiled->hazards[i], asked->item->value))
			asked->hazards |= (uint64_t)1 << i;
	note_inert(reviewing, asked);
}

/* ---- which rule looks at which setting ---- */

static bool rule_sets(const struct rule *rule, const struct finding *finding, const struct asked *asked)
{
	for (size_t i = 0; i < rule->n_changes; i++) {
		const struct rule_change *change = &rule->changes[i];

		if ((change->self ? finding->subject : SUBJECT_HOST) == asked->subject && streq(change->key, asked->key))
			return true;
	}
	return false;
}

static bool program_looks_at(const struct program *program, const struct entry *entry)
{
	for (size_t i = 0; i < program_terms(program); i++)
		if (program_term_entry(program, i) == entry)
			return true;
	return false;
}

static const struct change *change_of(const struct finding *finding, const struct asked *asked)
{
	for (size_t i = 0; i < finding->n_changes; i++)
		if (finding->changes[i].subject == asked->subject && streq(change_setting_key(&finding->changes[i]), asked->key))
			return &finding->changes[i];
	return NULL;
}

static bool asks(const struct finding *finding)
{
	return finding && finding->status == STATUS_RECOMMEND;
}

/* The one that says more stays: measured rather than read, then the more severe one. */
static void keep(const struct finding **slot, const struct finding *finding)
{
	bool better = *slot && finding_measures(finding) && !finding_measures(*slot);
	bool worse = *slot && !finding_measures(finding) && finding_measures(*slot);

	if (!*slot || better || (!worse && finding->severity > (*slot)->severity))
		*slot = finding;
}

static const struct finding *same_finding(const struct finding_list *list, const struct finding *finding)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].subject == finding->subject && streq(list->items[i].rule, finding->rule))
			return &list->items[i];
	return NULL;
}

/* What a rule wants of the setting, beside what is proposed.  A list of which one number grows and another shrinks, as a range
 * does that becomes wider, goes no way; it is right where the rule asks for nothing any more. */
static void weigh(const struct reviewing *reviewing, struct asked *asked, const struct finding *finding, const char *wanted)
{
	int theirs = plan_compare(asked->entry, wanted, asked->now), ours = plan_compare(asked->entry, asked->item->value, asked->now);
	const struct finding *after = same_finding(&reviewing->tried, finding);
	bool solved = (theirs == 2 || ours == 2) && asked->tried && after && after->status == STATUS_SATISFIED;
	bool same_way = solved || (theirs == ours && theirs != 2) || review_same(asked->entry, wanted, asked->item->value);
	const struct finding **slot = same_way ? &asked->for_it : &asked->against_it;

	if (!*slot || finding->severity > (*slot)->severity)
		asked->wanted = wanted;
	keep(slot, finding);
}

static void take_before(const struct reviewing *reviewing, struct asked *asked, const struct finding *finding)
{
	const struct change *change = change_of(finding, asked);

	switch (finding->status) {
	case STATUS_RECOMMEND:
		if (change && asked->now)
			weigh(reviewing, asked, finding, change->to);
		break;
	case STATUS_SUSPECT:
		keep(&asked->hint, finding);
		break;
	case STATUS_SATISFIED:
		if (finding_measures(finding))
			keep(&asked->quiet, finding);
		break;
	case STATUS_ELSEWHERE:
		keep(&asked->elsewhere, finding);
		break;
	case STATUS_UNMEASURED:
	case STATUS_UNREADABLE:
		keep(&asked->unmeasured, finding);
		break;
	case STATUS_NOT_APPLICABLE:
	case STATUS_WAIVED:
	case STATUS_COUNT:
		break;
	}
}

/* A problem that is there only with the proposal. */
static void take_tried(const struct reviewing *reviewing, struct asked *asked, const struct finding *finding, bool sets)
{
	const struct change *change = change_of(finding, asked);

	if (!asks(finding) || !asked->tried || asks(same_finding(&reviewing->before, finding)))
		return;
	/* Of settings alone nothing was measured: it is what goes with the change, or should. */
	if (!finding_measures(finding)) {
		review_remark(asked, arena_formatf(&reviewing->findings->arena, "with it: %s", finding->because ? finding->because : finding->title));
		return;
	}
	/* What a rule makes of a value that was lowered too far is no better than what is there now. */
	if (sets && change)
		asked->wanted = asked->now && plan_compare(asked->entry, asked->item->value, asked->now) == -1 ? asked->now : change->to;
	keep(&asked->against_it, finding);
}

/* The rule of each finding; NULL where it looks at no setting. */
static const struct rule **rules_of(const struct reviewing *reviewing, const struct finding_list *list)
{
	const struct rule **rules = xcalloc(list->count + 1, sizeof(struct rule *));

	for (size_t i = 0; i < list->count; i++)
		rules[i] = rulebook_find(reviewing->rulebook, list->items[i].rule);
	return rules;
}

static void meet_rules(const struct reviewing *reviewing, const struct rule *const *before, const struct rule *const *tried,
		       struct asked *asked)
{
	for (size_t i = 0; i < reviewing->before.count; i++)
		if (before[i] && rule_sets(before[i], &reviewing->before.items[i], asked))
			take_before(reviewing, asked, &reviewing->before.items[i]);
	for (size_t i = 0; i < reviewing->tried.count; i++) {
		const struct finding *finding = &reviewing->tried.items[i];
		bool sets = asks(finding) && tried[i] && rule_sets(tried[i], finding, asked);

		if (sets || (asks(finding) && tried[i] && tried[i]->when && program_looks_at(tried[i]->when, asked->entry)))
			take_tried(reviewing, asked, finding, sets);
	}
}

void review_measure(struct reviewing *reviewing)
{
	struct trial trial = { .snapshot = reviewing->snapshot };
	const struct rule **before, **tried;

	evaluate_into(reviewing, &reviewing->before);
	try_proposal(reviewing, &trial);
	evaluate_into(reviewing, &reviewing->tried);
	for (size_t i = 0; i < reviewing->n_asked; i++)
		note_hazards(reviewing, &reviewing->asked[i]);
	trial_end(&trial);
	rulebook_bind(reviewing->rulebook, reviewing->snapshot);
	before = rules_of(reviewing, &reviewing->before);
	tried = rules_of(reviewing, &reviewing->tried);
	for (size_t i = 0; i < reviewing->n_asked; i++)
		if (reviewing->asked[i].entry && reviewing->asked[i].subject != SUBJECT_NONE &&
		    reviewing->asked[i].item->fate == PROPOSED_SETS)
			meet_rules(reviewing, before, tried, &reviewing->asked[i]);
	free(before);
	free(tried);
}
