/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

static void stand_in(struct amount *amount, const struct amount *from)
{
	if (!amount->given && from->given && !from->wrong)
		*amount = *from;
}

struct amount limit_range_default_limit(const struct limit_range_item *item, enum resource resource)
{
	struct amount limit = item->default_limit.of[resource];

	stand_in(&limit, &item->max.of[resource]);
	return limit;
}

struct amount limit_range_default_request(const struct limit_range_item *item, enum resource resource)
{
	struct amount limit = limit_range_default_limit(item, resource), request = item->default_request.of[resource];

	stand_in(&request, &limit);
	stand_in(&request, &item->min.of[resource]);
	return request;
}

void limit_range_admit(const struct limit_range *range, enum resource resource, struct resources *resources)
{
	for (uint32_t i = 0; i < range->n_items; i++) {
		const struct limit_range_item *item = &range->items[i];
		struct amount limit, request;

		if (item->type != LIMIT_RANGE_CONTAINER)
			continue;
		limit = limit_range_default_limit(item, resource);
		request = limit_range_default_request(item, resource);
		stand_in(&resources->limits.of[resource], &limit);
		stand_in(&resources->requests.of[resource], &request);
	}
}
