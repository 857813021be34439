/* SPDX-License-Identifier: Apache-2.0 */
/* What the LimitRanges of a namespace make of a container, and what they refuse.
 *
 * Defaults: SetDefaults_LimitRangeItem() of pkg/apis/core/v1/defaults.go (max stands in for default, default for defaultRequest, min for the rest),
 * mergeContainerResources() of plugin/pkg/admission/limitranger/admission.go.  Bounds: minConstraint(), maxConstraint() and
 * limitRequestRatioConstraint() there. */
#include "workload-view.h"

/* -1: not given. */
struct range {
	int64_t min, max, default_limit, default_request;
	double ratio;
	const struct limit_range *object;
};

static double amount_real(const struct amount *amount)
{
	return amount->given && !amount->wrong ? quantity_real(&amount->quantity) : -1;
}

static struct range range_of(const struct limit_range *object, const struct limit_range_item *item, enum resource resource)
{
	struct range range = {
		.min = amount_size(&item->min.of[resource], resource),
		.max = amount_size(&item->max.of[resource], resource),
		.default_limit = amount_size(&item->default_limit.of[resource], resource),
		.default_request = amount_size(&item->default_request.of[resource], resource),
		.ratio = amount_real(&item->max_ratio.of[resource]),
		.object = object,
	};

	if (item->type != LIMIT_RANGE_CONTAINER)
		return range;
	if (range.default_limit < 0)
		range.default_limit = range.max;
	if (range.default_request < 0)
		range.default_request = range.default_limit;
	if (range.default_request < 0)
		range.default_request = range.min;
	return range;
}

void limit_range_default(const struct cluster_view *view, uint32_t namespace, struct workload_container *container)
{
	if (container->type == CONTAINER_EPHEMERAL)
		return;
	CHAIN_EACH(&view->limit_ranges, namespace, i) {
		const struct limit_range *object = &view->cluster->limit_ranges[i];

		for (uint32_t item = 0; item < object->n_items; item++) {
			if (object->items[item].type != LIMIT_RANGE_CONTAINER)
				continue;
			for (int r = 0; r < 2; r++) {
				struct range range = range_of(object, &object->items[item], r);

				if (!container->resources.limits.of[r].given && range.default_limit >= 0)
					container->resources.limits.of[r] = amount_of(r, range.default_limit);
				if (!container->resources.requests.of[r].given && range.default_request >= 0)
					container->resources.requests.of[r] = amount_of(r, range.default_request);
			}
		}
	}
}
