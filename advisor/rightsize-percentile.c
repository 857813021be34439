/* SPDX-License-Identifier: Apache-2.0 */
/* What a container needs, from percentiles of what it used.
 *
 * CPU can be shared: who asks for more than its request gets what others leave, and nothing breaks at once.  So its
 * request is what is used nearly always, the 95th percentile, with nothing added: five minutes in a hundred it
 * lives on what others leave.  Two things a percentile of all samples does not see are looked at apart.  Pods that
 * differ (the leader of a StatefulSet, the pods of a DaemonSet on busy nodes): the busiest one's percentile counts,
 * but in a large Deployment, whose pods are alike by intent, and where one that is hot is to be mended and not
 * copied.  Work that comes in one stretch (an hour each night is 4 % of the time): the mean of the busiest hour
 * counts too.
 *
 * Memory cannot be shared: what is not there kills.  So its request is the greatest working set of any pod, and a
 * margin of 15 % for what happens between two samples and has not happened yet.  File pages that were used twice
 * are in the working set and can be dropped: where they are much, the need is a range from what cannot be dropped
 * and half of them (the rest is likely to be read again) up to all of them. */
#include "rightsize-making.h"

#define DAY_SEC 86400.0
/* Days of the week differ: below seven nothing is sure. */
#define SURE_SEC (7 * DAY_SEC)
#define SURE_SAMPLES 1000
/* Up to so many pods of a Deployment at once the busiest counts; of StatefulSets and DaemonSets always. */
#define PODS_ALIKE 10
#define PODS_DIFFER 2.0			/* times the median: worth saying */
/* Jobs: what counts is how often they ran. */
#define LEAST_RUNS 3
#define LEAST_RUN_SAMPLES 10
#define CACHE_LEAST 0.10		/* of the working set: less page cache than this changes nothing */
#define CACHE_KEPT 0.5

static const struct rightsize_options defaults[] = {
	[RECOMMENDER_PERCENTILE] = {
		.recommender = RECOMMENDER_PERCENTILE,
		.cpu_percentile = 0.95,
		.cpu_margin = 0,
		.memory_percentile = 1,
		.memory_margin = 0.15,
		.min_window_sec = DAY_SEC,	/* nights differ from days */
		.min_samples = 100,
		.least_change = 0.10,
		.least_cpu_milli = 10,
		.least_memory_bytes = 16 << 20,
		.min_cpu_milli = 10,		/* 10 shares: less is rounded to little else */
		.min_memory_bytes = 16 << 20,
		.label = "",
		.only_namespace = "",
	},
	/* Its own bounds, minima and margins decide; rightsize-vpa.c */
	[RECOMMENDER_VPA] = {
		.recommender = RECOMMENDER_VPA,
		.cpu_percentile = 0.9,
		.cpu_margin = 0.15,
		.memory_percentile = 0.9,
		.memory_margin = 0.15,
		.min_window_sec = DAY_SEC,
		.min_samples = 100,
		.label = "",
		.only_namespace = "",
	},
};

void rightsize_options_default(struct rightsize_options *options, enum recommender recommender)
{
	*options = defaults[recommender];
}

bool workload_is_batch(const struct workload *workload)
{
	return streq(workload->kind, "CronJob") || streq(workload->kind, "Job");
}

/* Jobs, and containers that only run before the others: windows say nothing of them, runs do. */
static bool runs_and_ends(const struct cluster *cluster, uint32_t container)
{
	return workload_is_batch(&cluster->workloads[cluster->containers[container].workload])
	       || cluster->containers[container].type == CONTAINER_INIT;
}

static bool busiest_counts(const struct workload *workload, const struct usage_pods *pods)
{
	return pods->at_once < PODS_ALIKE + 0.5 || streq(workload->kind, "StatefulSet")
	       || streq(workload->kind, "DaemonSet");
}

/* The time for which something is known: a sample today and one a week ago are no week. */
double usage_seen_sec(const struct usage_series *series)
{
	return fmin(series->last_sec - series->first_sec, series->covered_sec);
}

static double oldest_pod_sec(const struct rightsizing *rightsizing, const struct workload *workload)
{
	const struct cluster *cluster = rightsizing->cluster;
	double oldest = 0;

	for (uint32_t i = 0; i < workload->n_pods; i++) {
		int64_t start = cluster->pods[cluster->pods_by_workload[workload->first_pod + i]].start_sec;

		if (start > 0)
			oldest = fmax(oldest, rightsizing->options.now_sec - (double)start);
	}
	return oldest;
}

/* Whether there is enough to go by; else why not, and what to do. */
bool need_enough(const struct rightsizing *rightsizing, uint32_t container, const struct usage_series *series,
		 struct need *need, struct arena *arena)
{
	const struct rightsize_options *options = &rightsizing->options;
	const struct workload *workload =
		&rightsizing->cluster->workloads[rightsizing->cluster->containers[container].workload];

	if (runs_and_ends(rightsizing->cluster, container)) {
		if (series->samples >= LEAST_RUN_SAMPLES
		    && (series->pods >= LEAST_RUNS || streq(workload->kind, "Job")))
			return true;
		need->why_not = arena_formatf(
			arena, "%u of its runs were measured, with %llu samples; it takes %u runs and %u samples",
			series->pods, (unsigned long long)series->samples, LEAST_RUNS, LEAST_RUN_SAMPLES);
		need->next_step = "measure over more of its runs, or take samples more often";
		return false;
	}
	if (usage_seen_sec(series) < options->min_window_sec * 0.99) {
		need->why_not = arena_formatf(arena, "it was measured for %s only; it takes %s",
					      duration_text(arena, usage_seen_sec(series)),
					      duration_text(arena, options->min_window_sec));
		need->next_step = "give usage of a longer window";
		return false;
	}
	if (series->samples < options->min_samples) {
		need->why_not = arena_formatf(arena, "there are %llu samples of it only; it takes %llu",
					      (unsigned long long)series->samples,
					      (unsigned long long)options->min_samples);
		need->next_step = "take samples more often, or give usage of a longer window";
		return false;
	}
	return true;
}

void need_confidence(const struct rightsizing *rightsizing, uint32_t container, const struct usage_series *series,
		     struct need *need, struct arena *arena)
{
	const struct workload *workload =
		&rightsizing->cluster->workloads[rightsizing->cluster->containers[container].workload];
	bool batch = runs_and_ends(rightsizing->cluster, container);
	double seen = usage_seen_sec(series), age = oldest_pod_sec(rightsizing, workload);
	const char *limit = "";

	need->confidence = CONFIDENCE_HIGH;
	if (batch) {
		need->confidence = series->pods >= 2 * LEAST_RUNS ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
		limit = ", of what runs now and then";
	} else if (seen < DAY_SEC * 0.99) {
		need->confidence = CONFIDENCE_LOW;
		limit = ": not a whole day";
	} else if (seen < SURE_SEC * 0.99) {
		need->confidence = CONFIDENCE_MEDIUM;
		limit = ": not a whole week";
	} else if (series->samples < SURE_SAMPLES) {
		need->confidence = CONFIDENCE_MEDIUM;
		limit = ": few samples for so long a time";
	} else if (series->gaps * 20 > series->samples) {
		need->confidence = CONFIDENCE_MEDIUM;
		limit = ", with many gaps";
	} else if (series->metric == USAGE_CPU && !series->pods_seen) {
		need->confidence = CONFIDENCE_MEDIUM;
		limit = ", given as percentiles: neither busiest hours are seen nor how pods differ";
	}
	if (!batch && need->confidence < CONFIDENCE_HIGH && age > 4 * seen)
		limit = arena_formatf(arena, "%s, and its pods have run for %s", limit, duration_text(arena, age));
	need->confidence_reason = arena_formatf(arena, "%s, %llu samples of %u pod%s%s", duration_text(arena, seen),
						(unsigned long long)series->samples, series->pods,
						series->pods == 1 ? "" : "s", limit);
}

static const char *percentile_name(struct arena *arena, double quantile)
{
	return quantile >= 1 ? "maximum" : arena_formatf(arena, "%gth percentile", quantile * 100);
}

static const char *pods_text(struct arena *arena, uint32_t pods)
{
	return pods == 1 ? "its pod" : pods == 0 ? "its pods" : arena_formatf(arena, "its %u pods", pods);
}

/* The percentile over all pods, or of the busiest one, and which of the two it is. */
static double pods_percentile(const struct workload *workload, const struct usage_series *series,
			      enum resource resource, double quantile, const char **ret_basis, struct arena *arena)
{
	double all = usage_percentile(series, quantile), one;
	const struct usage_pods *pods = series->pods_seen;
	const char *name = percentile_name(arena, quantile);

	*ret_basis = arena_formatf(arena, "%s of %s", name, pods_text(arena, series->pods));
	if (quantile >= 1 && pods && pods->busiest_p95 > PODS_DIFFER * pods->median_p95)
		*ret_basis = arena_formatf(arena, "%s of %s, most in %s (95th percentile %s; the median pod's %s)",
					   name, pods_text(arena, series->pods), pods->busiest,
					   use_text(arena, resource, pods->busiest_p95),
					   use_text(arena, resource, pods->median_p95));
	if (quantile >= 1 || !pods || !busiest_counts(workload, pods))
		return all;
	one = usage_busiest_percentile(series, quantile);
	if (!(one > all))
		return all;
	if (pods->busiest_p95 > PODS_DIFFER * pods->median_p95)
		*ret_basis = arena_formatf(
			arena, "%s of the busiest of its %u pods, %s (95th percentile %s; the median pod's %s)",
			name, pods->compared, pods->busiest, use_text(arena, resource, pods->busiest_p95),
			use_text(arena, resource, pods->median_p95));
	else
		*ret_basis = arena_formatf(arena, "%s of the busiest of its %u pods", name, pods->compared);
	return one;
}

/* Of the busiest pod where that is the one that counts; else as most pods have it. */
static double busiest_hour(const struct workload *workload, const struct usage_series *series)
{
	const struct usage_pods *pods = series->pods_seen;

	if (!pods || workload_is_batch(workload))
		return NAN;
	return busiest_counts(workload, pods) ? pods->hour_most : pods->hour_half;
}

static void cpu_need(const struct rightsizing *rightsizing, const struct workload *workload,
		     const struct usage_series *series, struct need *need, struct arena *arena)
{
	const struct rightsize_options *options = &rightsizing->options;
	double base = pods_percentile(workload, series, RESOURCE_CPU, options->cpu_percentile, &need->basis, arena);
	double hour = busiest_hour(workload, series);

	if (isnan(base))
		return;
	if (hour > base) {
		need->basis = arena_formatf(arena, "mean of its busiest hour, which is more than the %s", need->basis);
		base = hour;
	}
	need->target = fmax(base * (1 + options->cpu_margin), (double)options->min_cpu_milli / 1000);
	need->lower = need->upper = need->target;
}

/* What of the working set could not be dropped, and the part of the page cache that is likely to be wanted again.
 * NAN: not known. */
double memory_hard_need(const struct usage *usage, uint32_t container, double *ret_cache)
{
	const struct usage_series *set = usage_get(usage, container, USAGE_MEMORY_WORKING_SET);
	const struct usage_series *anon = usage_get(usage, container, USAGE_MEMORY_ANON);
	const struct usage_series *active = usage_get(usage, container, USAGE_MEMORY_ACTIVE_FILE);
	const struct usage_series *shmem = usage_get(usage, container, USAGE_MEMORY_SHMEM);
	const struct usage_series *slab = usage_get(usage, container, USAGE_MEMORY_SLAB_RECLAIMABLE);
	double cache, kernel, hard;

	if (!set || !anon || !active || isnan(usage_mean(set)) || isnan(usage_mean(anon)) || isnan(usage_mean(active)))
		return NAN;
	/* Shared memory is on the lists of anonymous pages: it is in no list of files, and what is not told apart
	 * stays in the rest. */
	cache = usage_mean(active) + (slab ? usage_mean(slab) : 0);
	kernel = fmax(usage_mean(set) - usage_mean(anon) - (shmem ? usage_mean(shmem) : 0) - cache, 0);
	hard = anon->max + (shmem ? shmem->max : 0) + kernel;
	*ret_cache = cache;
	return fmin(hard + CACHE_KEPT * cache, set->max);
}

/* Never below what it had when it was killed: that was too little. */
static double oom_floor(const struct usage *usage, uint32_t container)
{
	double memory = usage_last_oom_memory(usage, container, NULL);

	return isnan(memory) ? 0 : memory;
}

static void memory_need(const struct rightsizing *rightsizing, const struct workload *workload, uint32_t container,
			const struct usage_series *series, struct need *need, struct arena *arena)
{
	const struct rightsize_options *options = &rightsizing->options;
	const struct usage_series *swap = usage_get(rightsizing->usage, container, USAGE_MEMORY_SWAP);
	double base =
		pods_percentile(workload, series, RESOURCE_MEMORY, options->memory_percentile, &need->basis, arena);
	double cache = 0, hard = memory_hard_need(rightsizing->usage, container, &cache),
	       margin = 1 + options->memory_margin;
	double least = fmax((double)options->min_memory_bytes, need->floor * AFTER_KILL);

	if (isnan(base))
		return;
	/* What was swapped out is needed as well. */
	if (swap) {
		base += swap->max;
		hard += swap->max;
	}
	if (need->floor * AFTER_KILL > base * margin)
		need->basis = "memory that it had when it was killed";
	need->target = need->lower = need->upper = fmax(base * margin, least);
	need->cache = hard < base && cache > CACHE_LEAST * base;
	if (need->cache)
		need->lower = fmax(hard * margin, least);
}

struct need percentile_need(const struct rightsizing *rightsizing, uint32_t container, enum resource resource,
			    struct arena *arena)
{
	const struct workload *workload =
		&rightsizing->cluster->workloads[rightsizing->cluster->containers[container].workload];
	struct need need = { .target = NAN, .lower = NAN, .upper = NAN, .confidence_reason = "" };
	enum usage_metric metric = resource == RESOURCE_CPU ? USAGE_CPU : USAGE_MEMORY_WORKING_SET;
	const struct usage_series *series = usage_get(rightsizing->usage, container, metric);

	if (resource == RESOURCE_MEMORY)
		need.floor = oom_floor(rightsizing->usage, container);
	if (!series) {
		need.why_not = "nothing was measured of it";
		need.next_step = "give usage in which it occurs: --prometheus or --usage";
		return need;
	}
	if (!need_enough(rightsizing, container, series, &need, arena))
		return need;
	if (resource == RESOURCE_CPU)
		cpu_need(rightsizing, workload, series, &need, arena);
	else
		memory_need(rightsizing, workload, container, series, &need, arena);
	need.known = !isnan(need.target);
	if (need.known) {
		need_confidence(rightsizing, container, series, &need, arena);
	} else {
		need.why_not = "usage was given without the percentile that is asked for";
		need.next_step = "give samples, or this percentile";
	}
	return need;
}
