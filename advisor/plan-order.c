/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a plan: what another action would move or needs goes first or last as it must; among the rest, cheap and
 * reversible ones first, and what cannot be undone at the very end, when everything else has succeeded. */
#include <stdlib.h>

#include "plan-making.h"

/* Writing a moves b without meaning to: b is written afterwards, or it would not stay. */
static bool moves(const struct action *a, const struct action *b)
{
	for (size_t i = 0; i < a->n_coupled; i++)
		if (*b->path && streq(a->coupled[i].path, b->path))
			return true;
	return false;
}

static bool precedes(const struct making *making, const struct action *a, const struct action *b)
{
	if (plan_must_precede(making, a, b))
		return true;
	return moves(a, b) && !moves(b, a) && !plan_must_precede(making, b, a);
}

static unsigned int cost(const struct action *action)
{
	if (!action_is_live(action))
		return 3;
	if (action->classes & CHANGE_ONE_WAY)
		return 5;
	if (action->classes & CHANGE_REBOOT_TO_UNDO)
		return 4;
	return action->classes & CHANGE_SIDE_EFFECT ? 2 : 1;
}

/* The cheapest action that no other one has to precede; in a circle, the cheapest. */
static size_t choose(const struct making *making, const struct action *actions, const bool *done, size_t count)
{
	size_t best = count, cheapest = count;

	for (size_t i = 0; i < count; i++) {
		bool waits = false;

		if (done[i])
			continue;
		for (size_t j = 0; j < count && !waits; j++)
			waits = j != i && !done[j] && precedes(making, &actions[j], &actions[i]);
		if (!waits && (best == count || cost(&actions[i]) < cost(&actions[best])))
			best = i;
		if (cheapest == count || cost(&actions[i]) < cost(&actions[cheapest]))
			cheapest = i;
	}
	return best < count ? best : cheapest;
}

void plan_order(struct making *making)
{
	struct plan *plan = making->plan;
	size_t count = plan->n_actions;
	struct action *ordered = xcalloc(count + 1, sizeof(*ordered));
	bool *done = xcalloc(count + 1, sizeof(*done));

	for (size_t i = 0; i < count; i++) {
		size_t next = choose(making, plan->actions, done, count);

		done[next] = true;
		ordered[i] = plan->actions[next];
		ordered[i].number = (uint32_t)(i + 1);
	}
	if (count > 0)
		memcpy(plan->actions, ordered, count * sizeof(*ordered));
	free(ordered);
	free(done);
}
