/* SPDX-License-Identifier: Apache-2.0 */
/* What the LimitRanges of a namespace make of a container, and what they refuse.
 *
 * Bounds: minConstraint(), maxConstraint() and limitRequestRatioConstraint() of plugin/pkg/admission/limitranger/admission.go. */
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
	bool container = item->type == LIMIT_RANGE_CONTAINER;
	struct amount limit = container ? limit_range_default_limit(item, resource) : item->default_limit.of[resource];
	struct amount request = container ? limit_range_default_request(item, resource) : item->default_request.of[resource];

	return (struct range){
		.min = amount_size(&item->min.of[resource], resource),
		.max = amount_size(&item->max.of[resource], resource),
		.default_limit = amount_size(&limit, resource),
		.default_request = amount_size(&request, resource),
		.ratio = amount_real(&item->max_ratio.of[resource]),
		.object = object,
	};
}

void limit_range_default(const struct cluster_view *view, uint32_t namespace, struct workload_container *container)
{
	if (container->type == CONTAINER_EPHEMERAL)
		return;
	CHAIN_EACH(&view->limit_ranges, namespace, i)
		for (int r = 0; r < 2; r++)
			limit_range_admit(&view->cluster->limit_ranges[i], r, &container->resources);
}

static const char *range_name(const struct workload_view *view, const struct limit_range *object)
{
	return arena_formatf(&view->rightsizing->arena, "LimitRange %s", object->name);
}

static void changed(struct workload_view *view, struct sizing *sizing, enum resource resource, const struct limit_range *object, const char *what,
		    int64_t *value, int64_t to, const char *why)
{
	struct arena *arena = &view->rightsizing->arena;

	if (*value == to)
		return;
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_CHANGED, "%s %s: the %s is %s, not %s",
			   range_name(view, object), why, what, size_text(arena, resource, to), size_text(arena, resource, *value));
	*value = to;
}

static void bound_below(struct workload_view *view, struct sizing *sizing, enum resource resource, const struct range *range)
{
	const char *why;

	if (range->min < 0)
		return;
	why = arena_formatf(&view->rightsizing->arena, "takes no less than %s", size_text(&view->rightsizing->arena, resource, range->min));
	if (sizing->request_to >= 0 && sizing->request_to < range->min)
		changed(view, sizing, resource, range->object, "request", &sizing->request_to, range->min, why);
	if (sizing->limit_to >= 0 && sizing->limit_to < range->min)
		changed(view, sizing, resource, range->object, "limit", &sizing->limit_to, range->min, why);
}

static void bound_above(struct workload_view *view, struct sizing *sizing, enum resource resource, const struct range *range)
{
	const char *why;

	if (range->max < 0)
		return;
	why = arena_formatf(&view->rightsizing->arena, "takes no more than %s", size_text(&view->rightsizing->arena, resource, range->max));
	if (sizing->limit_to > range->max)
		changed(view, sizing, resource, range->object, "limit", &sizing->limit_to, range->max, why);
	if (sizing->request_to > range->max)
		changed(view, sizing, resource, range->object, "request", &sizing->request_to, range->max, why);
}

/* limit / request may be no more than this; the request is what gives way, since the limit was needed. */
static void bound_ratio(struct workload_view *view, struct sizing *sizing, enum resource resource, const struct range *range)
{
	int64_t limit = sizing->limit_to >= 0 ? sizing->limit_to : range->default_limit, least;

	if (range->ratio < 1 || limit <= 0 || sizing->request_to < 0)
		return;
	least = (int64_t)ceil((double)limit / range->ratio);
	if (sizing->request_to < least)
		changed(view, sizing, resource, range->object, "request", &sizing->request_to, least,
			arena_formatf(&view->rightsizing->arena, "takes a limit of at most %g times the request", range->ratio));
}

/* A container without a limit is given the default one, which a request above it would make invalid. */
static void bound_default(struct workload_view *view, struct sizing *sizing, enum resource resource, const struct range *range)
{
	struct arena *arena = &view->rightsizing->arena;

	if (range->default_limit < 0 || sizing->limit_to >= 0 || sizing->request_to <= range->default_limit)
		return;
	changed(view, sizing, resource, range->object, "limit", &sizing->limit_to, sizing->request_to,
		arena_formatf(arena, "gives it a limit of %s when it has none, below its request", size_text(arena, resource, range->default_limit)));
}

void bound_limit_range(struct workload_view *view, struct sizing_row *row, enum resource resource)
{
	static void (*const bounds[])(struct workload_view *, struct sizing *, enum resource, const struct range *) = {
		bound_below, bound_default, bound_above, bound_ratio,
	};

	CHAIN_EACH(&view->view->limit_ranges, view->namespace, i) {
		const struct limit_range *object = &view->cluster->limit_ranges[i];

		for (uint32_t item = 0; item < object->n_items; item++) {
			struct range range = range_of(object, &object->items[item], resource);

			if (object->items[item].type != LIMIT_RANGE_CONTAINER)
				continue;
			for (size_t b = 0; b < ARRAY_SIZE(bounds); b++)
				bounds[b](view, &row->of[resource], resource, &range);
		}
	}
}

/* Why admission would refuse these amounts; NULL: it takes them.  -1: not there. */
static const char *refusal(struct arena *arena, const struct range *range, enum resource resource, int64_t request, int64_t limit)
{
	if (range->min >= 0 && (request < range->min || (limit >= 0 && limit < range->min)))
		return arena_formatf(arena, "takes no less than %s", size_text(arena, resource, range->min));
	if (range->max >= 0 && (limit < 0 || limit > range->max || request > range->max))
		return arena_formatf(arena, "takes no more than %s", size_text(arena, resource, range->max));
	if (range->ratio > 0 && (request <= 0 || limit <= 0 || (double)limit > range->ratio * (double)request))
		return arena_formatf(arena, "takes a limit of at most %g times the request", range->ratio);
	return NULL;
}

static bool changes_anything(const struct workload_view *view, enum resource resource)
{
	for (uint32_t i = 0; i < view->workload->n_containers; i++)
		if (view->rows[i] && sizing_changes(&view->rows[i]->of[resource]))
			return true;
	return false;
}

/* What containers say in all, without overhead, as podRequests() and podLimits() of limitranger/admission.go; -1: nothing. */
static int64_t bare(const struct pod_shape *shape, bool limits, enum resource resource)
{
	int64_t sum = limits ? shape->limit[resource] : shape->request[resource];

	return sum > shape->overhead[resource] ? sum - shape->overhead[resource] : -1;
}

static void tell_pod_range(struct workload_view *view, const struct range *range, enum resource resource)
{
	int64_t request = bare(&view->then, false, resource), limit = bare(&view->then, true, resource);
	int64_t request_now = bare(&view->now, false, resource), limit_now = bare(&view->now, true, resource);
	struct arena *arena = &view->rightsizing->arena;
	const char *why = refusal(arena, range, resource, request, limit);

	/* What it has now is refused as well: nothing that a change of this adds. */
	if (!why || refusal(arena, range, resource, request_now, limit_now))
		return;
	view_block(view, resource, request > request_now || limit > limit_now ? WAY_UP : WAY_DOWN, CONSEQUENCE_LIMIT_RANGE,
		   arena_formatf(arena, "%s %s for a pod: its containers would have %s in all with a limit of %s, and no new pod would start",
				 range_name(view, range->object), why, size_text(arena, resource, request), size_text(arena, resource, limit)));
}

static void tell_container_range(struct workload_view *view, const struct range *range, enum resource resource, uint32_t position)
{
	const struct resources *resources = &view->then.containers[position].resources;
	struct sizing_row *row = view->rows[position];
	struct arena *arena = &view->rightsizing->arena;
	const char *why;

	if (!row || !sizing_changes(&row->of[resource]))
		return;
	why = refusal(arena, range, resource, amount_size(&resources->requests.of[resource], resource),
		      amount_size(&resources->limits.of[resource], resource));
	if (!why)
		return;
	sizing_block(view->rightsizing, &row->of[resource], CONSEQUENCE_LIMIT_RANGE,
		     "%s %s: with a request of %s and a limit of %s no new pod would start", range_name(view, range->object), why,
		     size_text(arena, resource, row->of[resource].request_to), size_text(arena, resource, row->of[resource].limit_to));
	workload_view_reshape(view);
}

/* What it has today although it says nothing. */
static void tell_defaults(struct workload_view *view, uint32_t position)
{
	const struct resources *given = &view->cluster->containers[view->workload->first_container + position].resources;
	struct sizing_row *row = view->rows[position];
	struct arena *arena = &view->rightsizing->arena;

	for (int r = 0; r < 2 && row; r++) {
		const struct resources *now = &view->now.containers[position].resources;
		int64_t request = amount_size(&now->requests.of[r], r), limit = amount_size(&now->limits.of[r], r);
		bool no_limit = !given->limits.of[r].given && limit >= 0;

		if (!sizing_changes(&row->of[r]) || given->requests.of[r].unknown)
			continue;
		if (!given->requests.of[r].given && !given->limits.of[r].given && request >= 0)
			sizing_consequence(view->rightsizing, &row->of[r], CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE,
					   "it says nothing itself; what the LimitRange of its namespace gives it is a request of %s and a limit of %s",
					   size_text(arena, r, request), size_text(arena, r, limit));
		else if (no_limit)
			sizing_consequence(view->rightsizing, &row->of[r], CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE,
					   "it says no limit itself; what the LimitRange of its namespace gives it is one of %s", size_text(arena, r, limit));
	}
}

void tell_limit_range(struct workload_view *view)
{
	for (uint32_t c = 0; c < view->workload->n_containers; c++)
		tell_defaults(view, c);
	CHAIN_EACH(&view->view->limit_ranges, view->namespace, i) {
		const struct limit_range *object = &view->cluster->limit_ranges[i];

		for (uint32_t item = 0; item < object->n_items; item++) {
			for (int r = 0; r < 2; r++) {
				struct range range = range_of(object, &object->items[item], r);

				if (object->items[item].type == LIMIT_RANGE_POD && changes_anything(view, r))
					tell_pod_range(view, &range, r);
				if (object->items[item].type != LIMIT_RANGE_CONTAINER)
					continue;
				for (uint32_t c = 0; c < view->workload->n_containers; c++)
					tell_container_range(view, &range, r, c);
			}
		}
	}
}
