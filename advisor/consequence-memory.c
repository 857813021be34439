/* SPDX-License-Identifier: Apache-2.0 */
/* Memory never goes below what was needed: at an OOM kill, and by what runs now. */
#include "rightsize-making.h"

int64_t memory_floor(const struct workload_view *view, const struct sizing_row *row, const char **ret_why)
{
	struct arena *arena = &view->rightsizing->arena;
	double used = view->rightsizing->usage ? usage_last_oom_memory(view->rightsizing->usage, row->container, NULL) : NAN;
	int64_t floor = isfinite(used) && used > 0 && used < 9e18 ? (int64_t)used : 0;
	const struct workload *workload = view->workload;

	*ret_why = floor ? arena_formatf(arena, "it had used %s when it was killed for memory", size_text(arena, RESOURCE_MEMORY, floor)) : "";
	for (uint32_t i = 0; i < workload->n_pods; i++) {
		const struct cluster_pod *pod = &view->cluster->pods[view->cluster->pods_by_workload[workload->first_pod + i]];

		for (uint32_t c = 0; c < pod->n_containers; c++) {
			const struct pod_container *container = &view->cluster->pod_containers[pod->first_container + c];

			if (container->container != row->container || !container->oom_killed || container->memory_limit <= floor)
				continue;
			floor = container->memory_limit;
			*ret_why = arena_formatf(arena, "it was killed for memory at its limit of %s", size_text(arena, RESOURCE_MEMORY, floor));
		}
	}
	return floor;
}

/* What a running container holds that cannot be taken from it: of what was measured, page cache left out where it is known.  Anonymous
 * memory alone is not all: shared memory (buffers of databases, tmpfs) and what the kernel holds for it kill as well. */
static double held_memory(const struct workload_view *view, const struct sizing_row *row, const char **ret_what)
{
	const struct usage *usage = view->rightsizing->usage;
	double cache, held = usage ? memory_hard_need(usage, row->container, &cache) : NAN;

	*ret_what = isnan(held) ? "working set" : "memory without what can be dropped";
	return isnan(held) ? view_usage_max(view, row, USAGE_MEMORY_WORKING_SET) : held;
}

static void raise_limit(struct workload_view *view, struct sizing *sizing, int64_t least, const char *why)
{
	struct arena *arena = &view->rightsizing->arena;

	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_OOM_FLOOR, CONSEQUENCE_CHANGED, "%s: the limit is %s, not %s", why,
			   size_text(arena, RESOURCE_MEMORY, least), size_text(arena, RESOURCE_MEMORY, sizing->limit_to));
	sizing->limit_to = least;
}

/* Where a limit goes down it stops with the margin that is asked for, and one that has less now stays; none is below what was needed. */
static int64_t lowered_to(const struct sizing *sizing, double needed, double margin)
{
	double most = sizing->limit_from >= 0 ? fmax((double)sizing->limit_from, needed) : needed;

	return whole_mib((int64_t)ceil(fmin(needed * margin, most)));
}

void bound_memory(struct workload_view *view, struct sizing_row *row, enum resource resource)
{
	struct arena *arena = &view->rightsizing->arena;
	struct sizing *sizing = &row->of[resource];
	const char *why, *what;
	int64_t floor;
	double held;

	if (resource != RESOURCE_MEMORY || sizing->limit_to < 0)
		return;
	floor = memory_floor(view, row, &why);
	if (floor > 0 && sizing->limit_to < lowered_to(sizing, (double)floor, AFTER_KILL))
		raise_limit(view, sizing, lowered_to(sizing, (double)floor, AFTER_KILL), why);
	held = held_memory(view, row, &what);
	if (held < 9e18 && sizing->limit_to < lowered_to(sizing, held, 1 + view->rightsizing->options.memory_margin))
		raise_limit(view, sizing, lowered_to(sizing, held, 1 + view->rightsizing->options.memory_margin),
			    arena_formatf(arena, "its %s was %s", what, size_text(arena, RESOURCE_MEMORY, whole_mib((int64_t)ceil(held)))));
}

/* What bounded it since may leave less than that: then nothing is lowered. */
void bound_floor(struct workload_view *view, struct sizing_row *row, enum resource resource)
{
	struct arena *arena = &view->rightsizing->arena;
	struct sizing *sizing = &row->of[resource];
	const char *why, *what;
	int64_t floor;
	double held;

	if (resource != RESOURCE_MEMORY || sizing->limit_to < 0 || (sizing->limit_from >= 0 && sizing->limit_to >= sizing->limit_from))
		return;
	floor = memory_floor(view, row, &why);
	held = held_memory(view, row, &what);
	if (held < 9e18 && held > (double)floor) {
		floor = whole_mib((int64_t)ceil(held));
		why = arena_formatf(arena, "its %s was %s", what, size_text(arena, resource, floor));
	}
	if (sizing->limit_to < floor)
		sizing_block(view->rightsizing, sizing, CONSEQUENCE_OOM_FLOOR, "%s: a limit of %s, all that it may have, is not enough", why,
			     size_text(arena, resource, sizing->limit_to));
}
