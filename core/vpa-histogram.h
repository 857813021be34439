/* SPDX-License-Identifier: Apache-2.0 */
/* The decaying histogram of the Vertical Pod Autoscaler, and what it makes of a container's memory: the same answers on the same
 * samples.  Version 1.8.0; kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender: util/histogram.go,
 * util/histogram_options.go, util/decaying_histogram.go, model/aggregations_config.go, model/container.go.
 *
 * A sample loses half of its weight in each half-life.  Instead of all old weights, those of new samples are scaled: by 2^(age /
 * half-life) after a reference time, which moves forward when the factors grow past 2^100. */
#ifndef KEISOKU_VPA_HISTOGRAM_H
#define KEISOKU_VPA_HISTOGRAM_H

#include "base.h"

struct vpa_scale {
	unsigned int buckets;
	double first;			/* width of the first bucket */
	double ratio, log_ratio;	/* each next one is this much wider; 1: all alike */
	double epsilon;			/* a bucket of less weight is empty */
	double half_life_sec;		/* 0: nothing decays */
};
extern const struct vpa_scale vpa_scale_cpu;	/* cores */
extern const struct vpa_scale vpa_scale_memory;	/* bytes */
/* For what else there may be: enough buckets that values up to most have their own. */
struct vpa_scale vpa_scale_make(double most, double first, double ratio, double epsilon, double half_life_sec);
unsigned int vpa_scale_find(const struct vpa_scale *scale, double value);
double vpa_scale_start(const struct vpa_scale *scale, unsigned int bucket);

struct vpa_histogram {
	const struct vpa_scale *scale;
	double *weights;		/* of the buckets from first on; others weigh nothing */
	unsigned int first, used;
	unsigned int least, most;	/* the first and the last that are not empty */
	double total, reference_sec;
	uint64_t samples;		/* that were added */
	bool referenced;		/* reference_sec is known */
};

void vpa_histogram_init(struct vpa_histogram *histogram, const struct vpa_scale *scale);
void vpa_histogram_release(struct vpa_histogram *histogram);
void vpa_histogram_add(struct vpa_histogram *histogram, double value, double weight, double time_sec);
void vpa_histogram_subtract(struct vpa_histogram *histogram, double value, double weight, double time_sec);
bool vpa_histogram_empty(const struct vpa_histogram *histogram);
double vpa_histogram_percentile(const struct vpa_histogram *histogram, double quantile);	/* empty: 0 */

#define VPA_CPU_WEIGHT 0.1		/* of a sample of CPU */
#define VPA_MEMORY_INTERVAL_SEC 86400.0	/* one peak of memory for each */
#define VPA_OOM_RATIO 1.2
#define VPA_OOM_LEAST (100.0 * 1024 * 1024)

/* Of one container of one pod. */
struct vpa_memory {
	double window_end_sec, last_sample_sec;
	double peak, oom_peak;		/* bytes, within the interval */
	bool begun;
};

/* false: not taken, because it is older than the last. */
bool vpa_memory_sample(struct vpa_memory *memory, struct vpa_histogram *peaks, double time_sec, double bytes);
/* After an OOM kill; request in bytes, 0: none.  false: too old. */
bool vpa_memory_oom(struct vpa_memory *memory, struct vpa_histogram *peaks, double time_sec, double request);

#endif
