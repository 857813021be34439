/* SPDX-License-Identifier: Apache-2.0 */
/* A HorizontalPodAutoscaler measures usage against requests: the same load with another request is another utilisation, and another number of
 * replicas.  pkg/controller/podautoscaler: replica_calculator.go, metrics/utilization.go (whole percents), horizontal.go (the greatest of its
 * metrics, within min and max). */
#include "../core/selector.h"
#include "workload-view.h"

#define TOLERANCE 0.1
#define METRICS_MOST 50

/* One metric that moves with requests. */
struct utilisation {
	double usage;			/* of one pod: milli, bytes; as far as is known now */
	int64_t request_now, request_then;	/* of one pod */
	double now, then;		/* percent */
};

/* Of one pod; -1: it is not measured.  ret_without: the container because of which, which may be NULL. */
static int64_t request_of(const struct workload_view *view, const struct pod_shape *shape, const struct hpa_metric *metric, enum resource resource,
			  const char **ret_without)
{
	int64_t sum = 0;

	*ret_without = NULL;
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		const struct workload_container *container = &shape->containers[i];
		int64_t request = amount_size(&container->resources.requests.of[resource], resource);

		if (!container_stays(container) || (*metric->container && !streq(metric->container, container->name)))
			continue;
		/* The autoscaler gives up on a pod of which one container has no request; one of 0 is one. */
		if (request < 0) {
			*ret_without = container->name;
			return -1;
		}
		sum += request;
	}
	return sum > 0 ? sum : -1;
}

static double usage_of(const struct workload_view *view, const struct hpa_metric *metric, enum resource resource, int64_t request)
{
	enum usage_metric measured = resource == RESOURCE_CPU ? USAGE_CPU : USAGE_MEMORY_WORKING_SET;
	double usage = NAN;

	if (!*metric->container) {
		usage = view_pod_mean(view, measured);
	} else {
		uint32_t container = cluster_find_container(view->cluster, view->number, metric->container);
		const struct usage_series *series = NULL;

		if (container != CLUSTER_NONE && view->rightsizing->usage)
			series = usage_get(view->rightsizing->usage, container, measured);
		usage = series ? usage_mean(series) : NAN;
	}
	if (!isnan(usage))
		return resource == RESOURCE_CPU ? usage * 1000 : usage;
	return metric->current_utilization >= 0 ? (double)metric->current_utilization * (double)request / 100 : NAN;
}

/* False: it does not move with requests, or what it is now is not known. */
static bool utilisation_of(const struct workload_view *view, const struct hpa_metric *metric, struct utilisation *ret, enum resource *ret_resource)
{
	const char *without;

	if (resource_parse(metric->resource, ret_resource) < 0 || *ret_resource > RESOURCE_MEMORY || metric->utilization <= 0)
		return false;
	ret->request_now = request_of(view, &view->now, metric, *ret_resource, &without);
	ret->request_then = request_of(view, &view->then, metric, *ret_resource, &without);
	if (ret->request_now < 0 || ret->request_then < 0)
		return false;
	ret->usage = usage_of(view, metric, *ret_resource, ret->request_now);
	if (!(ret->usage >= 0))
		return false;
	ret->now = floor(ret->usage * 100 / (double)ret->request_now);
	ret->then = floor(ret->usage * 100 / (double)ret->request_then);
	return true;
}

/* behavior: {scaleUp: {tolerance: 0.05}} since Kubernetes 1.33. */
static double tolerance_of(const struct autoscaler *autoscaler, bool up)
{
	const char *text = tree_text(tree_get(autoscaler->behavior, up ? "scaleUp" : "scaleDown"), "tolerance", "");
	struct quantity tolerance;

	return *text && quantity_parse(text, &tolerance) == 0 ? quantity_real(&tolerance) : TOLERANCE;
}

/* What one metric asks for, before min and max. */
static double wanted(const struct autoscaler *autoscaler, double replicas, double utilisation, double target)
{
	double ratio = utilisation / target;

	if (fabs(1 - ratio) <= tolerance_of(autoscaler, ratio > 1) + 1e-9)
		return replicas;
	return ceil(ratio * replicas - 1e-9);
}

/* behavior: {scaleDown: {selectPolicy: Disabled}} */
static bool goes(const struct autoscaler *autoscaler, const char *way)
{
	return !streq(tree_text(tree_get(autoscaler->behavior, way), "selectPolicy", ""), "Disabled");
}

static double within(const struct autoscaler *autoscaler, double replicas, double running)
{
	double least = (double)MAX(autoscaler->min_replicas, 1), most = (double)autoscaler->max_replicas;

	if (replicas > running && !goes(autoscaler, "scaleUp"))
		replicas = running;
	if (replicas < running && !goes(autoscaler, "scaleDown"))
		replicas = running;
	if (autoscaler->max_replicas >= 0)
		replicas = MIN(replicas, most);
	return MAX(replicas, least);
}

static double replicas_now(const struct workload_view *view, const struct autoscaler *autoscaler)
{
	if (autoscaler->current_replicas > 0)
		return (double)autoscaler->current_replicas;
	return view->pods > 0 ? (double)view->pods : (double)MAX(autoscaler->min_replicas, 1);
}

struct hpa_outcome {
	double running, now, then, unbounded;	/* replicas: those that are there; what it wants; then before max */
	uint32_t others;		/* metrics of which nothing is known here */
	double besides;			/* what other metrics than the one that is told of want then */
	const char *decides;		/* the resource of the one that wants most then, where that is another */
	struct utilisation utilisation;	/* of the resource that is told of */
	const struct hpa_metric *metric;
	bool known;
	bool steady;			/* it is measured, and requests of the pod's containers sum up to what they did */
};

/* Whether a metric of a resource follows from what a container requests. */
static bool follows(const struct hpa_metric *metric, enum resource resource, const char *container)
{
	return streq(metric->resource, resource_name(resource)) && metric->utilization > 0 &&
	       (!*metric->container || streq(metric->container, container));
}

/* All metrics; what is told is the first that moves with what this container requests of the resource. */
static struct hpa_outcome outcome_of(const struct workload_view *view, const struct autoscaler *autoscaler, enum resource resource, const char *container)
{
	struct hpa_outcome outcome = { .others = autoscaler->n_metrics > METRICS_MOST };
	double replicas = outcome.running = replicas_now(view, autoscaler), own = 0, then;

	for (uint32_t i = 0; i < autoscaler->n_metrics && i < METRICS_MOST; i++) {
		const struct hpa_metric *metric = &autoscaler->metrics[i];
		struct utilisation utilisation;
		enum resource of;

		if (!utilisation_of(view, metric, &utilisation, &of)) {
			outcome.others++;
			continue;
		}
		outcome.now = MAX(outcome.now, wanted(autoscaler, replicas, utilisation.now, (double)metric->utilization));
		then = wanted(autoscaler, replicas, utilisation.then, (double)metric->utilization);
		outcome.steady |= follows(metric, resource, container) && utilisation.request_now == utilisation.request_then;
		outcome.unbounded = MAX(outcome.unbounded, then);
		if (outcome.known || !follows(metric, resource, container) || utilisation.request_now == utilisation.request_then) {
			if (then > outcome.besides)
				outcome.decides = metric->resource;
			outcome.besides = MAX(outcome.besides, then);
			continue;
		}
		outcome.known = true;
		outcome.utilisation = utilisation;
		outcome.metric = metric;
		own = then;
	}
	if (outcome.besides <= own)
		outcome.decides = NULL;
	outcome.now = within(autoscaler, outcome.now, replicas);
	outcome.then = within(autoscaler, outcome.unbounded, replicas);
	return outcome;
}

static const char *in_all(struct arena *arena, enum resource resource, double replicas, int64_t request)
{
	return size_text(arena, resource, (int64_t)MIN(replicas * (double)request, (double)AMOUNT_MOST));
}

/* The target with which as many are wanted as now; 0: none, since another metric wants more. */
static double steady_target(const struct autoscaler *autoscaler, const struct hpa_outcome *outcome)
{
	const struct utilisation *utilisation = &outcome->utilisation;
	double target = ceil((double)outcome->metric->utilization * (double)utilisation->request_now / (double)utilisation->request_then);

	for (; target >= 1; target--) {
		double all = MAX(outcome->besides, wanted(autoscaler, outcome->running, utilisation->then, target));

		if (within(autoscaler, all, outcome->running) == outcome->now)
			return target;
		if (all > outcome->now)
			return 0;
	}
	return 0;
}

static void tell_outcome(struct workload_view *view, struct sizing *sizing, const struct autoscaler *autoscaler, enum resource resource,
			 const struct hpa_outcome *outcome)
{
	bool short_of = outcome->unbounded > outcome->then, same = outcome->then == outcome->now;
	double target = (double)outcome->metric->utilization, steady = same || short_of || outcome->decides ? 0 : steady_target(autoscaler, outcome);
	const struct utilisation *utilisation = &outcome->utilisation;
	struct arena *arena = &view->rightsizing->arena;
	const char *more = "";

	if (short_of)
		more = arena_formatf(arena, "; it would want %.0f, but may have no more", outcome->unbounded);
	else if (steady > 0)
		more = arena_formatf(arena, "; with a target of %.0f %% it stays at %.0f", steady, outcome->now);
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_HPA, same && !short_of ? CONSEQUENCE_NOTE : CONSEQUENCE_WARNING,
			   "at the same load %s utilisation goes from %.0f %% to %.0f %% of the request, and HPA %s with its target of %.0f %% "
			   "%s %.0f %s %.0f replicas (%s%s in all now, %s then)%s%s%s",
			   resource_name(resource), utilisation->now, utilisation->then, autoscaler->name, target, same ? "keeps" : "goes from",
			   outcome->now, same ? "of" : "to", outcome->then,
			   outcome->running == outcome->now ? "" : arena_formatf(arena, "%.0f run; ", outcome->running),
			   in_all(arena, resource, outcome->now, utilisation->request_now),
			   in_all(arena, resource, outcome->then, utilisation->request_then),
			   outcome->decides && !same ? arena_formatf(arena, " because of another of its metrics, of %s", outcome->decides) : "", more,
			   outcome->others ? "; its other metrics may ask for more" : "");
}

static bool measures(const struct autoscaler *autoscaler, enum resource resource, const char *container)
{
	for (uint32_t i = 0; i < autoscaler->n_metrics; i++)
		if (follows(&autoscaler->metrics[i], resource, container))
			return true;
	return false;
}

/* What is known of the autoscaler, else what its target makes of it: as many more as each asks for less. */
static void move_replicas(struct sizing_row *row, struct sizing *sizing, const struct autoscaler *autoscaler, const struct hpa_outcome *outcome)
{
	double ratio = 1;

	if (outcome->known)
		ratio = outcome->now > 0 ? outcome->then / outcome->now : 1;
	else if (sizing->request_from > 0 && sizing->request_to > 0)
		ratio = within(autoscaler, row->replicas * (double)sizing->request_from / (double)sizing->request_to, row->replicas) / row->replicas;
	if (ratio > 1 && isfinite(ratio))
		sizing->replicas_then = MAX(sizing->replicas_then, row->replicas * ratio);
}

static bool moves(const struct workload_view *view, uint32_t position, enum resource resource)
{
	const struct sizing_row *row = view->rows[position];

	return row && sizing_changes(&row->of[resource]) && row->of[resource].request_to != row->of[resource].request_from;
}

/* A metric of all containers of the pod follows from all of their changes: it is told where most changes, once. */
static uint32_t teller_of(const struct workload_view *view, const struct autoscaler *autoscaler, enum resource resource, uint32_t position)
{
	uint32_t teller = position;
	int64_t most = -1;

	for (uint32_t i = 0; i < autoscaler->n_metrics; i++)
		if (streq(autoscaler->metrics[i].resource, resource_name(resource)) && *autoscaler->metrics[i].container)
			return position;
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		int64_t by;

		if (!moves(view, i, resource) || !container_stays(&view->now.containers[i]))
			continue;
		by = MAX(view->rows[i]->of[resource].request_to, 0) - MAX(view->rows[i]->of[resource].request_from, 0);
		by = by < 0 ? -by : by;
		if (by > most) {
			most = by;
			teller = i;
		}
	}
	return teller;
}

static const struct hpa_metric *metric_of(const struct autoscaler *autoscaler, enum resource resource, const char *container)
{
	for (uint32_t i = 0; i < autoscaler->n_metrics && i < METRICS_MOST; i++)
		if (follows(&autoscaler->metrics[i], resource, container))
			return &autoscaler->metrics[i];
	return NULL;
}

/* From nothing that is measured to something that is.  False: it is measured now. */
static bool tell_begin(struct workload_view *view, struct sizing_row *row, enum resource resource, const struct autoscaler *autoscaler)
{
	const struct hpa_metric *metric = metric_of(autoscaler, resource, view->cluster->containers[row->container].name);
	double running = replicas_now(view, autoscaler), usage, percent, then;
	const char *without, *still, *name = resource_name(resource);
	struct sizing *sizing = &row->of[resource];
	int64_t request;

	if (!metric || request_of(view, &view->now, metric, resource, &without) > 0 || !without)
		return false;
	request = request_of(view, &view->then, metric, resource, &still);
	usage = request > 0 ? usage_of(view, metric, resource, -1) : NAN;
	if (still) {
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_HPA, CONSEQUENCE_WARNING,
				   "HPA %s measures no %s utilisation, now or with this, since container %s has no request of %s", autoscaler->name, name,
				   still, name);
	} else if (!(usage >= 0)) {
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_HPA, CONSEQUENCE_WARNING,
				   "HPA %s measures no %s utilisation now, since container %s has no request of %s; with this it begins to: look at its "
				   "replicas after the change", autoscaler->name, name, without, name);
	} else {
		percent = floor(usage * 100 / (double)request);
		then = within(autoscaler, wanted(autoscaler, running, percent, (double)metric->utilization), running);
		if (then > running)
			sizing->replicas_then = MAX(sizing->replicas_then, row->replicas * then / running);
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_HPA, then == running ? CONSEQUENCE_NOTE : CONSEQUENCE_WARNING,
				   "HPA %s measures no %s utilisation now, since container %s has no request of %s; with this it begins to: %.0f %% of the "
				   "request at the same load, with its target of %lld %% %.0f replicas of the %.0f there are", autoscaler->name, name,
				   without, name, percent, (long long)metric->utilization, then, running);
	}
	return true;
}

static void tell_sizing(struct workload_view *view, uint32_t position, enum resource resource, const struct autoscaler *autoscaler)
{
	uint32_t teller = teller_of(view, autoscaler, resource, position);
	struct sizing_row *row = view->rows[position];
	struct sizing *sizing = &row->of[resource];
	struct hpa_outcome outcome;

	if (!moves(view, position, resource) || !container_stays(&view->now.containers[position]) ||
	    !measures(autoscaler, resource, view->cluster->containers[row->container].name))
		return;
	outcome = outcome_of(view, autoscaler, resource, view->now.containers[position].name);
	if (teller != position) {
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_HPA, CONSEQUENCE_NOTE,
				   "HPA %s measures the containers of the pod together: what it makes of all their changes is told with container %s",
				   autoscaler->name, view->now.containers[teller].name);
		return;
	}
	if (!outcome.known && tell_begin(view, row, resource, autoscaler))
		return;
	if (!outcome.known && outcome.steady) {
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_HPA, CONSEQUENCE_NOTE,
				   "HPA %s measures the containers of the pod together, and they ask for as much %s as before: that moves no replicas",
				   autoscaler->name, resource_name(resource));
		return;
	}
	if (outcome.known)
		tell_outcome(view, sizing, autoscaler, resource, &outcome);
	else
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_HPA, CONSEQUENCE_WARNING,
				   "HPA %s measures %s against this request, and what it measures now is not known: look at its replicas after the change",
				   autoscaler->name, resource_name(resource));
	move_replicas(row, sizing, autoscaler, &outcome);
}

void tell_hpa(struct workload_view *view)
{
	CHAIN_EACH(&view->view->autoscalers, view->number, a)
		for (uint32_t i = 0; i < view->workload->n_containers; i++)
			for (int r = 0; r < 2 && view->rows[i]; r++)
				tell_sizing(view, i, r, &view->cluster->autoscalers[a]);
}
