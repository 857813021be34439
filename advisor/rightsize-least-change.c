/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that are not worth a rollout go.  A change is small when both what it adds or takes as a share, or as an amount, is small; what mends
 * harm (a kill, throttling, a missing request) is never small. */
#include "workload-view.h"

static int64_t difference(int64_t from, int64_t to)
{
	return from > to ? from - to : to - from;
}

/* One of request and limit; a value that appears or goes is no small change. */
static bool is_small(const struct rightsize_options *options, enum resource resource, int64_t from, int64_t to)
{
	int64_t least = resource == RESOURCE_CPU ? options->least_cpu_milli : options->least_memory_bytes;
	int64_t by;

	if (from == to)
		return true;
	if (from <= 0 || to < 0)
		return false;
	by = difference(from, to);
	return by < least || (double)by < options->least_change * (double)from;
}

/* What was wrong, and not only dear. */
static bool mends_harm(const struct sizing *sizing)
{
	return sizing->severity >= SEVERITY_HIGH || sizing->cause == CAUSE_LIMIT_TOO_LOW || sizing->cause == CAUSE_NO_REQUEST ||
	       sizing->cause == CAUSE_HEAP_ABOVE_LIMIT;
}

static void drop_small(struct rightsizing *rightsizing, struct sizing *sizing, enum resource resource)
{
	const struct rightsize_options *options = &rightsizing->options;

	if (!sizing_changes(sizing) || mends_harm(sizing))
		return;
	if (!is_small(options, resource, sizing->request_from, sizing->request_to) ||
	    !is_small(options, resource, sizing->limit_from, sizing->limit_to))
		return;
	/* What bounded the proposal is of no interest any more. */
	sizing->n_consequences = 0;
	sizing_withdraw(rightsizing, sizing, STATUS_SATISFIED,
			arena_formatf(&rightsizing->arena, "%s would do instead of %s: too small a change to be worth a rollout",
				      size_text(&rightsizing->arena, resource, sizing->request_to),
				      size_text(&rightsizing->arena, resource, sizing->request_from)));
}

void rightsize_least_change(struct rightsizing *rightsizing)
{
	for (size_t i = 0; i < rightsizing->n_rows; i++)
		for (int resource = 0; resource < 2; resource++)
			drop_small(rightsizing, &rightsizing->rows[i].of[resource], resource);
}
