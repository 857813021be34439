/* SPDX-License-Identifier: Apache-2.0 */
/* What the Vertical Pod Autoscaler would say of the same samples: version 1.8.0 of kubernetes/autoscaler,
 *vertical-pod-autoscaler/pkg, with the defaults of its flags.
 *
 *	recommender/logic/estimator.go, recommender.go	percentiles, margin, confidence, minima; in this order
 *	recommender/config/config.go			their defaults
 *	recommender/model/types.go			amounts are whole milli-cores and bytes, each step rounded
 *down updater/priority/priority_processor.go		when a change is due
 *
 * What is not of it: it knows no least window, and here one is asked for; and the floor of an OOM kill holds though
 *its own sample has decayed. */
#include "../core/vpa-histogram.h"
#include "rightsize-making.h"

#define DAY_SEC 86400.0
#define MARGIN 0.15
#define LEAST_CPU_MILLI 25.0
#define LEAST_MEMORY (250.0 * 1024 * 1024)
#define MOST_AMOUNT 1e14
/* Of the updater: within its bounds a pod is only touched when it is old enough and the change is worth it. */
#define LIVED_SEC (12 * 3600.0)
#define WORTH 0.1

struct estimate {
	double quantile;
	double multiplier, exponent;	/* of (1 + multiplier / confidence) ^ exponent; 0: none */
};

static const struct estimate target = { .quantile = 0.9 };
static const struct estimate lower = { .quantile = 0.5, .multiplier = 0.001, .exponent = -2 };
static const struct estimate upper = { .quantile = 0.95, .multiplier = 1, .exponent = 1 };

static double amount(double value)
{
	return value > MOST_AMOUNT ? MOST_AMOUNT : value > 0 ? floor(value) : 0;
}

/* Milli-cores or bytes. */
static double estimate(const struct estimate *how, const struct usage_series *series, double scale,
		       double confidence, double least)
{
	double base = amount(usage_vpa_percentile(series, how->quantile) * scale);

	base += amount(base * MARGIN);
	if (how->multiplier > 0)
		base = amount(base * pow(1 + how->multiplier / confidence, how->exponent));
	return fmax(base, least);
}

/* Days of samples, one a minute: of CPU, for memory too. */
static double confidence_of(const struct usage_series *cpu)
{
	if (!cpu)
		return 0;
	return fmin((cpu->last_sec - cpu->first_sec) / DAY_SEC, usage_vpa_samples(cpu) / (24 * 60));
}

/* The minimum of a pod is shared by its containers; those that only run first do not count. */
static double least_of(const struct cluster *cluster, const struct workload *workload, double whole)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < workload->n_containers; i++)
		count += container_stays(&cluster->containers[workload->first_container + i]);
	return amount(amount(whole) * (1.0 / MAX(count, 1)));
}

struct need vpa_need(const struct rightsizing *rightsizing, uint32_t container, enum resource resource,
		     struct arena *arena)
{
	const struct cluster *cluster = rightsizing->cluster;
	const struct workload *workload = &cluster->workloads[cluster->containers[container].workload];
	const struct usage_series *cpu = usage_get(rightsizing->usage, container, USAGE_CPU);
	const struct usage_series *series =
		resource == RESOURCE_CPU ? cpu : usage_get(rightsizing->usage, container, USAGE_MEMORY_WORKING_SET);
	struct need need = { .target = NAN, .lower = NAN, .upper = NAN, .confidence_reason = "" };
	double oom = usage_last_oom_memory(rightsizing->usage, container, NULL), confidence = confidence_of(cpu);
	double scale = resource == RESOURCE_CPU ? 1000 : 1;
	double least = least_of(cluster, workload, resource == RESOURCE_CPU ? LEAST_CPU_MILLI : LEAST_MEMORY);

	if (resource == RESOURCE_MEMORY && !isnan(oom))
		need.floor = oom;
	if (!container_stays(&cluster->containers[container])) {
		need.why_not = "vpa does not size containers that only run before the others";
		need.next_step = "use the other recommender for them";
		return need;
	}
	if (!series || isnan(usage_vpa_percentile(series, target.quantile))) {
		need.why_not = series ? "usage was given without samples, of which vpa makes its histogram"
				      : "nothing was measured of it";
		need.next_step = "give usage with samples in which it occurs: --prometheus or --usage";
		return need;
	}
	if (!need_enough(rightsizing, container, series, &need, arena))
		return need;
	need.known = need.bounds = true;
	need.target = estimate(&target, series, scale, confidence, least) / scale;
	need.lower = estimate(&lower, series, scale, confidence, least) / scale;
	need.upper = estimate(&upper, series, scale, confidence, least) / scale;
	need.basis = resource == RESOURCE_CPU ? "90th percentile of a decaying histogram, and 15 %"
					      : "90th percentile of daily peaks in a decaying histogram, and 15 %";
	need_confidence(rightsizing, container, series, &need, arena);
	return need;
}

static double pods_lived_sec(const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const struct usage_series *cpu = usage_get(rightsizing->usage, row->container, USAGE_CPU);

	return cpu && cpu->pods_seen ? cpu->pods_seen->longest_sec : 0;
}

bool vpa_update_due(const struct rightsizing *rightsizing, const struct sizing_row *rows, size_t n_rows)
{
	double lived = 0, differs = 0;

	for (int resource = 0; resource < 2; resource++) {
		double scale = resource == RESOURCE_CPU ? 1000 : 1, requested = 0, recommended = 0;

		for (size_t i = 0; i < n_rows; i++) {
			const struct sizing *sizing = &rows[i].of[resource];
			double request = (double)sizing->request_from;

			if (isnan(sizing->target))
				continue;
			recommended += sizing->target * scale;
			if (sizing->request_from < 0 || request < sizing->lower * scale
			    || request > sizing->upper * scale)
				return true;
			requested += request;
			lived = fmax(lived, pods_lived_sec(rightsizing, &rows[i]));
		}
		if (recommended > 0)
			differs += fabs(fmax(requested, 1) - recommended) / fmax(requested, 1);
	}
	return lived >= LIVED_SEC && differs >= WORTH;
}
