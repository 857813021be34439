/* SPDX-License-Identifier: Apache-2.0 */
#include "proposal.h"

void proposal_release(struct proposal *proposal)
{
	free(proposal->items);
	arena_release(&proposal->arena);
	diag_release(&proposal->diag);
	*proposal = (struct proposal)PROPOSAL_INIT;
}

static const char *copied(struct proposal *proposal, const char *text)
{
	return text && *text ? arena_strdup(&proposal->arena, text) : "";
}

/* One line can set a hundred thousand options: what is as it was in the item before is kept once. */
static const char *copied_once(struct proposal *proposal, const char *text, const char *before)
{
	return text && before && streq(text, before) ? before : copied(proposal, text);
}

struct proposed *proposal_add(struct proposal *proposal, const struct proposed *item)
{
	static const struct proposed none = { 0 };
	const struct proposed *last;
	struct proposed *added;

	if (proposal->count == PROPOSED_MAX) {
		proposal->left_out++;
		return NULL;
	}
	GROW(proposal->items, proposal->capacity, proposal->count + 1);
	last = proposal->count ? &proposal->items[proposal->count - 1] : &none;
	added = &proposal->items[proposal->count++];
	*added = *item;
	if (item->fate == PROPOSED_SETS && !(item->key && *item->key)) {
		added->fate = PROPOSED_UNCLEAR;
		added->why = "it names no setting";
	}
	/* A difference may have its hunks in any order, and what is read out of them goes on from one to the next. */
	if (item->last_line > 0 && item->last_line < item->line)
		added->last_line = item->line;
	added->path = copied_once(proposal, item->path, last->path);
	added->text = copied_once(proposal, item->text, last->text);
	added->form = copied(proposal, item->form);
	added->via = copied(proposal, item->via);
	added->subject = copied(proposal, item->subject);
	added->key = copied(proposal, item->key);
	added->otherwise = copied(proposal, item->otherwise);
	added->value = copied(proposal, item->value);
	added->where = copied(proposal, item->where);
	added->spread_why = copied(proposal, item->spread_why);
	added->file = copied(proposal, item->file);
	added->condition = copied(proposal, item->condition);
	added->before = copied(proposal, item->before);
	added->why = copied(proposal, added->why);
	added->instead = copied(proposal, item->instead);
	return added;
}
