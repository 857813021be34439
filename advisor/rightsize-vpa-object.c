/* SPDX-License-Identifier: Apache-2.0 */
/* What a VerticalPodAutoscaler of the cluster itself recommends, in its status, for containers of which nothing else was measured.
 *
 *	status: {recommendation: {containerRecommendations: [{containerName: app, target: {cpu: 250m, memory: 262144k}, lowerBound: …, upperBound: …}]}}
 *
 * How long it measured is not in the object; but its bounds close in with the days, so how far apart they are says something of it.
 * vertical-pod-autoscaler/docs/quickstart.md, recommender/logic/estimator.go of kubernetes/autoscaler */
#include "rightsize-making.h"

#define WIDE 2.0			/* upper bound over target: with the published constants, less than about a day of samples */

static const struct vpa_container *recommendation(const struct cluster *cluster, uint32_t container, const struct vpa **ret_vpa)
{
	const struct workload *workload = &cluster->workloads[cluster->containers[container].workload];
	const struct vpa *vpa;

	if (workload->vpa >= cluster->n_vpas)
		return NULL;
	*ret_vpa = vpa = &cluster->vpas[workload->vpa];
	for (uint32_t i = 0; i < vpa->n_containers; i++)
		if (vpa->containers[i].recommended && streq(vpa->containers[i].name, cluster->containers[container].name))
			return &vpa->containers[i];
	return NULL;
}

static double recommended_amount(const struct amounts *amounts, enum resource resource)
{
	const struct amount *amount = &amounts->of[resource];

	return amount->given && !amount->wrong ? quantity_real(&amount->quantity) : NAN;
}

/* What was measured for too short a time is not enough to ask for; but less than it is too little.  NAN: nothing. */
static double memory_seen(const struct rightsizing *rightsizing, uint32_t container)
{
	const struct usage_series *set = usage_get(rightsizing->usage, container, USAGE_MEMORY_WORKING_SET);
	double cache, held = memory_hard_need(rightsizing->usage, container, &cache);

	if (isnan(held) && set && set->samples)
		held = set->max;
	return held * (1 + rightsizing->options.memory_margin);
}

bool vpa_object_need(const struct rightsizing *rightsizing, uint32_t container, enum resource resource, struct arena *arena, struct need *need)
{
	const struct vpa *vpa;
	const struct vpa_container *recommended = recommendation(rightsizing->cluster, container, &vpa);
	double seen, target = recommended ? recommended_amount(&recommended->target, resource) : NAN;

	if (!(target > 0))
		return false;
	need->known = need->bounds = true;
	need->basis = arena_formatf(arena, "recommendation of the VerticalPodAutoscaler %s", vpa->name);
	seen = resource == RESOURCE_MEMORY ? memory_seen(rightsizing, container) : NAN;
	if (seen > target) {
		target = seen;
		need->basis = arena_formatf(arena, "most that was seen, in too short a time, which is more than the %s", need->basis);
	}
	need->target = target;
	/* A bound on the wrong side of the target is none. */
	need->lower = fmin(fmax(recommended_amount(&recommended->lower_bound, resource), seen), target);
	need->upper = fmax(recommended_amount(&recommended->upper_bound, resource), target);
	need->confidence = need->upper > WIDE * target || need->lower * WIDE < target ? CONFIDENCE_LOW : CONFIDENCE_MEDIUM;
	need->confidence_reason =
		arena_formatf(arena, "the VerticalPodAutoscaler %s recommends it and does not say for how long it measured; its bounds are %s and %s",
			      vpa->name, use_text(arena, resource, need->lower), use_text(arena, resource, need->upper));
	need->why_not = need->next_step = NULL;
	return true;
}
