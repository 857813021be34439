/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs run seldom and end: few runs say little, and less CPU is a later end. */
#include "workload-view.h"

#define FEW_RUNS 3

static bool is_job(const struct workload *workload)
{
	return streq(workload->kind, "Job") || streq(workload->kind, "CronJob");
}

static void tell_runs(struct workload_view *view, struct sizing_row *row, enum resource resource)
{
	static const enum usage_metric metrics[] = { [RESOURCE_CPU] = USAGE_CPU, [RESOURCE_MEMORY] = USAGE_MEMORY_WORKING_SET };
	const struct usage_series *series;

	if (!view->rightsizing->usage)
		return;
	series = usage_get(view->rightsizing->usage, row->container, metrics[resource]);
	if (series && series->pods > 0 && series->pods < FEW_RUNS)
		sizing_consequence(view->rightsizing, &row->of[resource], CONSEQUENCE_JOB, CONSEQUENCE_WARNING,
				   "%u run%s measured: what a longer or larger one needs is not in it", series->pods, series->pods == 1 ? " was" : "s were");
}

static void tell_deadline(struct workload_view *view, struct sizing *sizing)
{
	struct arena *arena = &view->rightsizing->arena;

	if (view->workload->active_deadline_sec < 0 || sizing->limit_to < 0 || (sizing->limit_from >= 0 && sizing->limit_to >= sizing->limit_from))
		return;
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_JOB, CONSEQUENCE_WARNING,
			   "it has to end within %lld s, and a CPU limit of %s instead of %s lets it run longer",
			   (long long)view->workload->active_deadline_sec, size_text(arena, RESOURCE_CPU, sizing->limit_to),
			   size_text(arena, RESOURCE_CPU, sizing->limit_from));
}

static void tell_parallel(struct workload_view *view, struct sizing *sizing, enum resource resource)
{
	int64_t at_once = view->workload->parallelism, all;
	struct arena *arena = &view->rightsizing->arena;

	if (view->workload->completions >= 0)
		at_once = MIN(at_once, view->workload->completions);
	if (at_once < 2 || sizing->request_to < 0 || __builtin_mul_overflow(at_once, sizing->request_to, &all))
		return;
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_JOB, CONSEQUENCE_NOTE, "%lld of its pods run at once: %s in all", (long long)at_once,
			   size_text(arena, resource, all));
}

void tell_job(struct workload_view *view)
{
	if (!is_job(view->workload))
		return;
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		for (int r = 0; r < 2 && view->rows[i]; r++) {
			struct sizing *sizing = &view->rows[i]->of[r];

			if (!sizing_changes(sizing))
				continue;
			tell_runs(view, view->rows[i], r);
			tell_parallel(view, sizing, r);
			if (r == RESOURCE_CPU)
				tell_deadline(view, sizing);
		}
	}
}
