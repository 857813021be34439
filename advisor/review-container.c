/* SPDX-License-Identifier: Apache-2.0 */
/* What a changed request or limit of a container means, by what the old and the new manifest say and nothing else: no cluster is captured. */
#include "../core/quantity.h"
#include "review-making.h"

#define NEIGHBOURS 64		/* items before and after that may be of the same container */

enum { REQUEST_CPU, REQUEST_MEMORY, LIMIT_CPU, LIMIT_MEMORY, AMOUNTS };

static const char *const amount_keys[AMOUNTS] = { "requests.cpu", "requests.memory", "limits.cpu", "limits.memory" };

/* NULL: not given. */
struct resources_said {
	const char *then[AMOUNTS], *now[AMOUNTS];
};

static void note(const struct proposed *item, struct resources_said *said)
{
	for (size_t i = 0; i < AMOUNTS; i++) {
		if (!streq(item->key, amount_keys[i]))
			continue;
		if (item->fate == PROPOSED_REMOVED || item->fate == PROPOSED_STANDS)
			said->then[i] = item->value;
		else if (*item->before)
			said->then[i] = item->before;
		if (item->fate != PROPOSED_REMOVED)
			said->now[i] = item->value;
	}
}

static struct resources_said look_around(const struct reviewing *reviewing, const struct asked *asked)
{
	const struct proposal *proposal = reviewing->proposal;
	size_t first = asked->position > NEIGHBOURS ? asked->position - NEIGHBOURS : 0;
	size_t end = MIN(proposal->count, asked->position + NEIGHBOURS);
	struct resources_said said = { .then = { NULL } };

	for (size_t i = first; i < end; i++) {
		const struct proposed *item = &proposal->items[i];

		if (item->kind == asked->item->kind && streq(item->subject, asked->item->subject))
			note(item, &said);
	}
	return said;
}

static bool read_amount(const char *text, struct quantity *ret_quantity)
{
	return text && quantity_parse(text, ret_quantity) == 0 && ret_quantity->nano > 0;
}

/* A request that is left out is the limit. */
static bool is_guaranteed(const char *const said[AMOUNTS])
{
	for (size_t i = REQUEST_CPU; i <= REQUEST_MEMORY; i++) {
		const char *limit_text = said[i + LIMIT_CPU], *request_text = said[i] ? said[i] : limit_text;
		struct quantity request, limit;

		if (!read_amount(request_text, &request) || !read_amount(limit_text, &limit) || quantity_compare(&request, &limit) != 0)
			return false;
	}
	return true;
}

static bool asks_for_something(const char *const said[AMOUNTS])
{
	struct quantity quantity;

	for (size_t i = 0; i < AMOUNTS; i++)
		if (read_amount(said[i], &quantity))
			return true;
	return false;
}

static void remark_share(struct reviewing *reviewing, struct asked *asked)
{
	struct quantity then, now;
	double share;

	if (asked->item->fate != PROPOSED_SETS || !read_amount(asked->item->before, &then) || !read_amount(asked->item->value, &now))
		return;
	share = quantity_real(&now) / quantity_real(&then);
	if (streq(asked->key, "requests.cpu"))
		review_remark(asked, review_say(reviewing, "%.0f %% of before is set aside, and its weight beside its neighbours on a busy node "
						"goes the same way", share * 100));
	else if (streq(asked->key, "requests.memory") && share < 1)
		review_remark(asked, review_say(reviewing, "when a node runs short of memory, pods that use more than they ask for are evicted "
						"first: from now on above %s", asked->item->value));
	else if (streq(asked->key, "limits.memory") && share < 1)
		review_remark(asked, review_say(reviewing, "it is killed at %s, where %s were allowed", asked->item->value, asked->item->before));
}

void review_container(struct reviewing *reviewing, struct asked *asked)
{
	struct resources_said said;

	if (asked->item->kind != SUBJECT_KIND_CONTAINER || asked->item->pattern || !asked->key)
		return;
	said = look_around(reviewing, asked);
	if (is_guaranteed(said.then) && !is_guaranteed(said.now))
		review_remark(asked, "its requests are its limits no longer: pods that were Guaranteed become Burstable, lose processors of their "
				     "own, and are killed earlier when memory runs out");
	else if (asks_for_something(said.then) && is_guaranteed(said.now) && !is_guaranteed(said.then))
		review_remark(asked, "its requests become its limits: pods whose containers are all so become Guaranteed");
	if (asks_for_something(said.then) && !asks_for_something(said.now))
		review_remark(asked, "it asks for nothing any more: pods of such containers alone are BestEffort, the first to go");
	remark_share(reviewing, asked);
}
