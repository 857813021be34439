/* SPDX-License-Identifier: Apache-2.0 */
/* What containers of a cluster used: one digest for each container of a workload and metric, fed with samples of all its pods.
 *
 * Nothing is kept of a sample but what it adds to: counts, extremes, a histogram whose buckets are 2 % wide (so that any
 * percentile of any of 100,000 containers is there, never too low and at most 2 % too high), the decaying histogram of `vpa` (its own buckets), and a
 * course of at most USAGE_SLOTS slots for charts; of CPU and of the working set also how the pods differ, how each began and whether
 * it grew.  What a server computed (a percentile over a window) is kept beside, and wins
 * over what the histogram says.  Absent is not zero: a metric nobody fed is not there. */
#ifndef KEISOKU_USAGE_H
#define KEISOKU_USAGE_H

#include <math.h>

#include "cluster.h"

enum usage_metric {
	/* Gauges. */
	USAGE_CPU,			/* cores: rate of CPU time */
	USAGE_MEMORY_WORKING_SET,	/* bytes: usage without inactive file */
	USAGE_MEMORY_USAGE,		/* bytes: everything charged */
	USAGE_MEMORY_ANON,		/* bytes: cannot be reclaimed without swap (cAdvisor: container_memory_rss) */
	USAGE_MEMORY_ACTIVE_FILE,	/* bytes */
	USAGE_MEMORY_INACTIVE_FILE,
	USAGE_MEMORY_SLAB_RECLAIMABLE,
	USAGE_MEMORY_SHMEM,
	USAGE_MEMORY_SWAP,
	USAGE_MEMORY_PEAK,		/* the kernel's own high-water mark (memory.peak, max_usage) */
	USAGE_THREADS,
	/* Counters: what is fed is how much they grew. */
	USAGE_CPU_PERIODS,		/* periods of the quota in which it ran */
	USAGE_CPU_THROTTLED_PERIODS,
	USAGE_CPU_THROTTLED_SEC,
	USAGE_OOM_KILLS,
	USAGE_OOM_EVENTS,		/* memory.events oom: the limit was hit and reclaim failed */
	USAGE_MEMORY_MAX_EVENTS,	/* memory.events max, failcnt: it ran into its limit */
	USAGE_MEMORY_HIGH_EVENTS,
	USAGE_RESTARTS,
	USAGE_REFAULTS,			/* pages of files read again soon after they were dropped */
	USAGE_PSI_CPU_SEC,		/* some */
	USAGE_PSI_CPU_FULL_SEC,		/* full: of a cgroup, mostly what its own quota causes */
	USAGE_PSI_MEMORY_SEC, USAGE_PSI_MEMORY_FULL_SEC,
	USAGE_PSI_IO_SEC, USAGE_PSI_IO_FULL_SEC,
	USAGE_METRIC_COUNT,
};
bool usage_metric_is_counter(enum usage_metric metric);
const char *usage_metric_name(enum usage_metric metric);	/* "cpu", "memory.working_set", "cpu.throttled_periods" … */
int usage_metric_parse(const char *name, enum usage_metric *ret_metric);

#define USAGE_SLOTS 96			/* of a course; neighbouring ones are merged when more would be needed */
#define USAGE_PERCENTILES_MAX 8
#define USAGE_CORES_MAX 1e5		/* of one container: more is a clock that jumped, or another unit */

struct usage_percentile {		/* computed by a server over the whole window */
	double quantile;		/* 0..1 */
	double value;
};

struct usage_slot {			/* of a course: one stretch of time, all pods */
	float max, mean;		/* NAN: nothing */
};

struct usage_histogram;			/* usage-histogram.h */
struct vpa_histogram;			/* vpa-histogram.h */

/* What a pod does in this time after it began is looked at apart: warm-up of a runtime, filling of caches. */
#define USAGE_START_SEC 600

/* How the pods of a container differ, and what they do over their lives: of USAGE_CPU and USAGE_MEMORY_WORKING_SET. */
struct usage_pods {
	uint32_t compared;		/* pods with enough samples to be compared */
	const char *busiest;		/* the one whose 95th percentile is greatest; NULL: none */
	double busiest_p95, median_p95;
	struct usage_histogram *of_busiest;
	struct usage_percentile *given;	/* of the busiest, where a server computed them; in the usage */
	uint32_t n_given;
	double at_once;			/* how many there were in the mean; rollouts and jobs replace them */
	/* Of CPU, the greatest mean over an hour of each pod: over pods the greatest, and what as many pods had as half of those that run at
	 * once (the median, where none was replaced); NAN. */
	double hour_most, hour_half;
	uint32_t started;		/* pods whose beginning was seen */
	double start_max, later_max;	/* of those: greatest within USAGE_START_SEC, and after; NAN: not seen */
	uint32_t growing;		/* pods (of those with enough samples) whose lowest use rose all their life and still does */
	uint32_t grew;			/* stretches between two falls to less than half that did so, in pods that were restarted */
	double growth_per_day;		/* of the one that grew fastest; NAN */
	double growth_from, growth_to;	/* of that one: its lowest use in the first and last eighth of its life */
	double longest_sec;		/* the longest any pod was seen */
};

struct usage_series {
	uint32_t container;		/* in cluster.containers; a node's own: see usage_node_series() */
	enum usage_metric metric;
	uint64_t samples;
	uint32_t pods;			/* different ones that were fed */
	double first_sec, last_sec;	/* since 1970 */
	double min, max, sum;		/* gauges */
	double max_sec;			/* when max was */
	double increase;		/* counters: over all pods; resets are not counted as decreases */
	double covered_sec;		/* pod-seconds for which there are samples */
	uint32_t gaps, resets, bad;	/* bad: NaN, infinite, negative, out of order */
	double start_increase;		/* counters: what of it fell into the first USAGE_START_SEC of pods whose beginning was seen */
	struct usage_percentile *given;	/* at most USAGE_PERCENTILES_MAX */
	uint32_t n_given;
	struct usage_slot *course;	/* USAGE_SLOTS of them from course_begin_sec on, each course_slot_sec long; NULL: none */
	uint32_t n_course;
	double course_begin_sec, course_slot_sec;
	struct usage_histogram *histogram;	/* plain; NULL: only given */
	struct vpa_histogram *decaying;	/* of USAGE_CPU and USAGE_MEMORY_WORKING_SET; NULL */
	struct usage_pods *pods_seen;	/* of the same, after usage_finish(); NULL */
	const char *source;		/* "Prometheus http://…", "usage.csv" */
};

struct usage;

struct usage *usage_new(const struct cluster *cluster);
void usage_free(struct usage *usage);
DEFINE_FREE_PTR(usage)

/* ---- feeding.  Of one pod's container and metric, samples come in order of time, in one go or in several; other pods may come
 * between.  pod: any name that tells it from others ("" if there is one only). */
struct usage_feed;			/* lent; valid until the usage is freed */
struct usage_feed *usage_feed(struct usage *usage, uint32_t container, const char *pod, enum usage_metric metric, const char *source);
/* A gauge.  A value that is NaN, infinite or negative, and a time not after the last, is counted as bad and not used.  A step of more
 * than five times the usual is a gap. */
void usage_gauge(struct usage_feed *feed, double time_sec, double value);
/* A counter as it was read: what it grew since the last sample counts; where it fell it was reset, and began at zero. */
void usage_counter(struct usage_feed *feed, double time_sec, double value);
/* A counter of CPU seconds into USAGE_CPU: the rate between two samples, stamped with the later one. */
void usage_cpu_seconds(struct usage_feed *feed, double time_sec, double value);
/* What a counter grew over a window, computed by a server. */
void usage_increase(struct usage_feed *feed, double begin_sec, double end_sec, double increase);
/* What a server, or whoever made a table, computed over all samples of a window of all pods of a container.  Of an extent NAN: not said. */
void usage_given(struct usage *usage, uint32_t container, enum usage_metric metric, double quantile, double value, const char *source);
void usage_given_extent(struct usage *usage, uint32_t container, enum usage_metric metric, uint64_t samples, uint32_t pods,
			double first_sec, double last_sec, double min, double max, double mean);
/* The same of each pod alone, where there are no samples: how they differ. */
struct usage_given_pod {
	const char *pod;
	double samples;			/* as many as the percentiles are of */
	double p95;
	double hour;			/* of CPU: the greatest mean over an hour; NAN: not asked */
	struct usage_percentile given[USAGE_PERCENTILES_MAX];
	uint32_t n_given;
};
/* at_once: how many there were in the mean. */
void usage_given_pods(struct usage *usage, uint32_t container, enum usage_metric metric, const struct usage_given_pod *pods, size_t n,
		      double at_once);
/* An OOM kill of a container: what `vpa` takes as a sample of memory above what it had.  memory: what it used or was allowed then, bytes;
 * NAN: not known.  Those that the cluster's pods tell of are taken by themselves; the same one twice is one. */
void usage_oom(struct usage *usage, uint32_t container, const char *pod, double time_sec, double memory);
void usage_finish(struct usage *usage);	/* after the last sample; once */

/* Of a node and of its system slices ("node NAME", "node NAME system.slice"), for pressure and reservations. */
struct usage_feed *usage_node_feed(struct usage *usage, const char *node, const char *slice, enum usage_metric metric, const char *source);

/* ---- asking, after usage_finish() ---- */
const struct usage_series *usage_get(const struct usage *usage, uint32_t container, enum usage_metric metric);	/* NULL: not measured */
const struct usage_series *usage_node_get(const struct usage *usage, const char *node, const char *slice, enum usage_metric metric);
/* Given by a server if it was, else of the histogram: the upper end of the bucket, never above the maximum.  NAN: not known. */
double usage_percentile(const struct usage_series *series, double quantile);
/* Of its busiest pod alone; NAN: not known, or it has no other to be compared with. */
double usage_busiest_percentile(const struct usage_series *series, double quantile);
double usage_mean(const struct usage_series *series);
double usage_rate(const struct usage_series *series);		/* counters: per second of covered time and pod */
/* What `vpa` estimates from its decaying histogram: END of the bucket where quantile is reached. */
double usage_vpa_percentile(const struct usage_series *series, double quantile);
double usage_vpa_samples(const struct usage_series *series);	/* its count, for confidence */
/* Of the throttled share of a quota's periods: in the pod where it is greatest.  NAN: not measured. */
double usage_worst_throttled(const struct usage *usage, uint32_t container, const char **ret_pod);
double usage_last_oom_memory(const struct usage *usage, uint32_t container, double *ret_time_sec);	/* greatest; NAN: never, or not known */
uint32_t usage_oom_count(const struct usage *usage, uint32_t container);
size_t usage_unmatched(const struct usage *usage);	/* series that belong to no container of the cluster */
void usage_note_unmatched(struct usage *usage, const char *namespace, const char *pod, const char *container);
const char *usage_unmatched_example(const struct usage *usage, size_t index);	/* "shop/web-1 app"; at most 10; NULL */
struct diag *usage_notes(struct usage *usage);		/* what went wrong while it was read */

#endif
