/* SPDX-License-Identifier: Apache-2.0 */
/* Which cause a change would treat.  For each resource causes are tried in the order of their gravity, and the
 * first that the measurements show is the one that is named; no cause, no change.  Every proposal follows from what
 * was measured, not from what is configured: so the same measurements propose nothing more once it is done. */
#include "../core/strbuf.h"
#include "../core/unit.h"
#include "rightsize-making.h"

#define MIB ((int64_t)1 << 20)

const struct usage_series *view_series(const struct sizing_view *view, enum usage_metric metric)
{
	return usage_get(view->usage, view->row->container, metric);
}

static const char *evidence_text(const struct sizing_view *view, enum evidence_unit unit, double number)
{
	switch (unit) {
	case EVIDENCE_USE:
		return use_text(view->arena, view->resource, number);
	case EVIDENCE_SHARE:
		return arena_formatf(view->arena, "%.1f %%", number * 100);
	case EVIDENCE_RATE:
		return arena_formatf(view->arena, "%.3g/s", number);
	case EVIDENCE_PER_DAY:
		return arena_formatf(view->arena, "%s a day", use_text(view->arena, view->resource, number));
	case EVIDENCE_COUNT_OF:
	default:
		return arena_formatf(view->arena, "%.0f", number);
	}
}

void view_evidence(struct sizing_view *view, const char *expression, enum evidence_unit unit, double number,
		   const struct usage_series *series)
{
	if (isnan(number) || view->n_found == EVIDENCE_MOST)
		return;
	view->found[view->n_found++] = (struct evidence){
		.expression = expression,
		.value = evidence_text(view, unit, number),
		.known = true,
		.number = number,
		.basis = BASIS_LIVE,
		.window_sec = series && series->last_sec > series->first_sec ? series->last_sec - series->first_sec : 0,
		.samples = series ? (uint32_t)MIN(series->samples, UINT32_MAX) : 0,
		.share = NAN,
		.source = series && series->source ? series->source : "",
	};
}

/* Steps of a sixty-fourth to a thirty-second: 1Mi, 16Mi from 1Gi on; 1m, 5m from 100m on, 50m from 1 on.  A
 * multiple of the greater step is one of the smaller, so that more use never gives less. */
static int64_t rounded(enum resource resource, int64_t size)
{
	int64_t step = resource == RESOURCE_CPU ? 1 : MIB;

	if (resource == RESOURCE_CPU)
		step = size > 10000 ? 500 : size > 1000 ? 50 : size > 100 ? 5 : 1;
	else
		while (step * 64 < size && step < (int64_t)1 << 50)
			step *= 2;
	return (size + step - 1) / step * step;
}

int64_t view_size(const struct sizing_view *view, double use)
{
	/* A thousandth of a milli-core is what rounding left. */
	double size = ceil(view->resource == RESOURCE_CPU ? use * 1000 - 1e-3 : use);

	if (!(size < 1e17))
		return (int64_t)1e17;
	return view->rightsizing->options.recommender == RECOMMENDER_VPA ? (int64_t)size
									 : rounded(view->resource, (int64_t)size);
}

const char *view_text(const struct sizing_view *view, int64_t size)
{
	return size_text(view->arena, view->resource, size);
}

void view_found(struct sizing_view *view, enum status status, enum size_cause cause, enum severity severity,
		const char *reason)
{
	struct sizing *sizing = view->sizing;

	sizing->status = status;
	sizing->cause = cause;
	sizing->severity = severity;
	sizing->reason = reason ? reason : size_cause_text(cause);
}

/* vertical-pod-autoscaler/pkg/utils/vpa/limit_and_request_scaling.go */
static int64_t proportional(int64_t limit, int64_t from, int64_t to)
{
	__int128 scaled = from > 0 ? (__int128)limit * to / from : to;

	return scaled > INT64_MAX ? INT64_MAX : (int64_t)scaled;
}

void view_request(struct sizing_view *view, int64_t request)
{
	struct sizing *sizing = view->sizing;

	sizing->request_to = request;
	if (sizing->limit_from < 0)
		return;
	if (view->rightsizing->options.recommender == RECOMMENDER_VPA)
		sizing->limit_to = proportional(sizing->limit_from, sizing->request_from, request);
	else if (view->resource == RESOURCE_MEMORY && sizing->limit_from == sizing->request_from)
		sizing->limit_to = request;
	sizing->limit_to = MAX(sizing->limit_to, request);
}

int64_t view_limit(const struct sizing_view *view)
{
	const struct cluster *cluster = view->cluster;
	int64_t limit = view->sizing->limit_from;

	for (uint32_t i = 0; limit < 0 && i < view->workload->n_pods; i++) {
		const struct cluster_pod *pod =
			&cluster->pods[cluster->pods_by_workload[view->workload->first_pod + i]];

		for (uint32_t j = 0; j < pod->n_containers; j++) {
			const struct pod_container *container = &cluster->pod_containers[pod->first_container + j];

			if (container->container == view->row->container)
				limit = view->resource == RESOURCE_CPU ? container->cpu_limit : container->memory_limit;
		}
	}
	return limit > 0 ? limit : -1;
}

double view_node_pressure(const struct sizing_view *view, size_t offset)
{
	double most = NAN;

	for (uint32_t i = 0; i < view->workload->n_pods; i++) {
		uint32_t node =
			view->cluster->pods[view->cluster->pods_by_workload[view->workload->first_pod + i]].node;
		double value;

		if (node >= view->cluster->n_nodes)
			continue;
		memcpy(&value, (const char *)&view->nodes->nodes[node] + offset, sizeof(value));
		most = fmax(most, value);
	}
	return most;
}

/* ---- what is common to both ---- */

bool diagnose_unmeasured(struct sizing_view *view)
{
	if (view->need->known)
		return false;
	view_found(view, STATUS_UNMEASURED, CAUSE_NONE, SEVERITY_LOW, view->need->why_not);
	view->sizing->next_step = view->need->next_step;
	return true;
}

/* What it would go to from below or from above.  Within its bounds `vpa` goes to the target as well, when its
 * updater touches the pod for whatever reason, and never otherwise; but what an OOM kill asked for is kept here
 * though `vpa` forgets it. */
static int64_t wanted_request(const struct sizing_view *view, double bound)
{
	const struct sizing *sizing = view->sizing;
	int64_t target = view_size(view, fmax(sizing->target, view->need->floor * AFTER_KILL));
	bool outside = sizing->request_from < view_size(view, sizing->lower)
		       || sizing->request_from > view_size(view, sizing->upper);

	if (!view->need->bounds)
		return view_size(view, bound);
	return outside || (view->due && view->rightsizing->options.recommender == RECOMMENDER_VPA)
		       ? target
		       : sizing->request_from;
}

/* With a margin, or what else was added, in it. */
static const char *request_because(const struct sizing_view *view, int64_t wanted)
{
	const struct sizing *sizing = view->sizing;

	return arena_formatf(view->arena, "it needs %s, from the %s; it requests %s", view_text(view, wanted),
			     view->need->basis, view_text(view, sizing->request_from));
}

bool diagnose_no_request(struct sizing_view *view)
{
	struct sizing *sizing = view->sizing;
	int64_t wanted = wanted_request(view, sizing->target);

	if (sizing->request_from >= 0)
		return false;
	if (view->container->resources.requests.of[view->resource].unknown) {
		view_found(view, STATUS_SUSPECT, CAUSE_NONE, SEVERITY_LOW, "what it requests is not known");
		sizing->because = arena_formatf(view->arena, "it needs %s, from the %s", view_text(view, wanted), view->need->basis);
		sizing->next_step = "give the pods too: kubectl get pods -A -o yaml";
		return true;
	}
	view_found(view, STATUS_RECOMMEND, CAUSE_NO_REQUEST, SEVERITY_MEDIUM, NULL);
	view_request(view, wanted);
	sizing->because = request_because(view, wanted);
	return true;
}

bool diagnose_request_low(struct sizing_view *view, enum severity severity)
{
	struct sizing *sizing = view->sizing;
	int64_t wanted = wanted_request(view, sizing->lower);

	if (sizing->request_from >= wanted)
		return false;
	view_found(view, STATUS_RECOMMEND, CAUSE_REQUEST_TOO_LOW, severity, NULL);
	view_request(view, wanted);
	sizing->because = request_because(view, wanted);
	return true;
}

bool diagnose_request_high(struct sizing_view *view)
{
	struct sizing *sizing = view->sizing;
	int64_t wanted = wanted_request(view, sizing->upper);

	if (sizing->request_from <= wanted)
		return false;
	view_found(view, STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH, SEVERITY_LOW, NULL);
	view_request(view, wanted);
	sizing->because = request_because(view, wanted);
	return true;
}

void rightsize_evidence(struct rightsizing *rightsizing, const struct node_views *nodes, struct sizing_row *row,
			const struct need needs[2], bool due)
{
	const struct cluster *cluster = rightsizing->cluster;

	for (int resource = 0; resource < 2; resource++) {
		struct sizing_view view = { .rightsizing = rightsizing,
					    .cluster = cluster,
					    .usage = rightsizing->usage,
					    .nodes = nodes,
					    .workload = &cluster->workloads[row->workload],
					    .container = &cluster->containers[row->container],
					    .row = row,
					    .sizing = &row->of[resource],
					    .resource = (enum resource)resource,
					    .need = &needs[resource],
					    .due = due,
					    .arena = &rightsizing->arena };
		struct sizing *sizing = view.sizing;

		if (sizing->status == STATUS_UNREADABLE)
			continue;
		sizing->reason = "what it requests is what it needs";
		if (resource == RESOURCE_CPU)
			cpu_diagnose(&view);
		else
			memory_diagnose(&view);
		sizing->n_evidence = view.n_found;
		if (view.n_found)
			sizing->evidence = memcpy(arena_alloc(view.arena, view.n_found * sizeof(*view.found)),
						  view.found, view.n_found * sizeof(*view.found));
	}
}
