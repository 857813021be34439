/* SPDX-License-Identifier: Apache-2.0 */
#include "vpa-histogram.h"

#include <math.h>

#define EPSILON (0.001 * VPA_CPU_WEIGHT)
#define DAY_SEC 86400.0
#define MOST_EXPONENT 100		/* of the weight of a sample, before the reference time moves */

/* ceil(log(1.05, 1000 * 0.05 / 0.01 + 1)) + 1, and the same of 1e12 and 1e7. */
#define SCALE(width)                                                                                               \
	{                                                                                                          \
		.buckets = 176, .first = (width), .ratio = 1.05, .log_ratio = 0x1.8fb063ef2c7f0p-5,                \
		.epsilon = EPSILON, .half_life_sec = DAY_SEC                                                       \
	}
const struct vpa_scale vpa_scale_cpu = SCALE(0.01);
const struct vpa_scale vpa_scale_memory = SCALE(1e7);

struct vpa_scale vpa_scale_make(double most, double first, double ratio, double epsilon, double half_life_sec)
{
	double buckets = ratio > 1 ? log(most * (ratio - 1) / first + 1) / log(ratio) : most / first;

	return (struct vpa_scale){ .buckets = (unsigned int)ceil(buckets) + 1,
				   .first = first,
				   .ratio = ratio,
				   .log_ratio = log(ratio),
				   .epsilon = epsilon,
				   .half_life_sec = half_life_sec };
}

unsigned int vpa_scale_find(const struct vpa_scale *scale, double value)
{
	double bucket;

	if (value < scale->first)
		return 0;
	bucket = scale->ratio > 1 ? log(value * (scale->ratio - 1) / scale->first + 1) / scale->log_ratio
				  : value / scale->first;
	return bucket >= scale->buckets ? scale->buckets - 1 : (unsigned int)bucket;
}

double vpa_scale_start(const struct vpa_scale *scale, unsigned int bucket)
{
	if (bucket == 0)
		return 0;
	if (scale->ratio > 1)
		return scale->first * (pow(scale->ratio, bucket) - 1) / (scale->ratio - 1);
	return bucket * scale->first;
}

void vpa_histogram_init(struct vpa_histogram *histogram, const struct vpa_scale *scale)
{
	*histogram = (struct vpa_histogram){ .scale = scale, .least = scale->buckets - 1 };
}

void vpa_histogram_release(struct vpa_histogram *histogram)
{
	free(histogram->weights);
	histogram->weights = NULL;
	histogram->used = 0;
}

static double weight_of(const struct vpa_histogram *histogram, unsigned int bucket)
{
	if (bucket < histogram->first || bucket - histogram->first >= histogram->used)
		return 0;
	return histogram->weights[bucket - histogram->first];
}

/* The range of buckets that are kept grows to hold this one. */
static double *weight_at(struct vpa_histogram *histogram, unsigned int bucket)
{
	unsigned int first = histogram->used ? MIN(histogram->first, bucket) : bucket;
	unsigned int last = histogram->used ? MAX(histogram->first + histogram->used - 1, bucket) : bucket;
	double *weights;

	if (last - first + 1 != histogram->used) {
		weights = xcalloc(last - first + 1, sizeof(*weights));
		if (histogram->used)
			memcpy(weights + (histogram->first - first), histogram->weights,
			       histogram->used * sizeof(*weights));
		free(histogram->weights);
		histogram->weights = weights;
		histogram->first = first;
		histogram->used = last - first + 1;
	}
	return &histogram->weights[bucket - histogram->first];
}

bool vpa_histogram_empty(const struct vpa_histogram *histogram)
{
	return weight_of(histogram, histogram->least) < histogram->scale->epsilon;
}

static void extremes_update(struct vpa_histogram *histogram)
{
	double epsilon = histogram->scale->epsilon;

	while (weight_of(histogram, histogram->least) < epsilon && histogram->least < histogram->scale->buckets - 1)
		histogram->least++;
	while (weight_of(histogram, histogram->most) < epsilon && histogram->most > 0)
		histogram->most--;
}

/* The reference is always a multiple of the half-life. */
static void reference_shift(struct vpa_histogram *histogram, double time_sec)
{
	double half_life = histogram->scale->half_life_sec;
	double reference = floor(time_sec / half_life + 0.5) * half_life;
	double factor = exp2(floor((histogram->reference_sec - reference) / half_life + 0.5));

	if (histogram->referenced) {
		/* Outside of these there is only what counts as nothing; it is left as it is. */
		for (unsigned int bucket = histogram->least; bucket <= histogram->most; bucket++)
			if (weight_of(histogram, bucket) > 0)
				*weight_at(histogram, bucket) *= factor;
		histogram->total *= factor;
		extremes_update(histogram);
	}
	histogram->reference_sec = reference;
	histogram->referenced = true;
}

static double decay_factor(struct vpa_histogram *histogram, double time_sec)
{
	double half_life = histogram->scale->half_life_sec;

	if (half_life <= 0)
		return 1;
	if (!histogram->referenced || time_sec > histogram->reference_sec + MOST_EXPONENT * half_life)
		reference_shift(histogram, time_sec);
	return exp2((time_sec - histogram->reference_sec) / half_life);
}

void vpa_histogram_add(struct vpa_histogram *histogram, double value, double weight, double time_sec)
{
	double scaled = weight * decay_factor(histogram, time_sec);
	unsigned int bucket = vpa_scale_find(histogram->scale, value);
	double *at = weight_at(histogram, bucket);

	histogram->samples++;
	*at += scaled;
	histogram->total += scaled;
	if (*at >= histogram->scale->epsilon) {
		histogram->least = MIN(histogram->least, bucket);
		histogram->most = MAX(histogram->most, bucket);
	}
}

static double subtract(double value, double less, double epsilon)
{
	return value - less < epsilon ? 0 : value - less;
}

void vpa_histogram_subtract(struct vpa_histogram *histogram, double value, double weight, double time_sec)
{
	double scaled = weight * decay_factor(histogram, time_sec), epsilon = histogram->scale->epsilon;
	double *at = weight_at(histogram, vpa_scale_find(histogram->scale, value));

	histogram->total = subtract(histogram->total, scaled, epsilon);
	*at = subtract(*at, scaled, epsilon);
	extremes_update(histogram);
}

double vpa_histogram_percentile(const struct vpa_histogram *histogram, double quantile)
{
	double sum = 0, threshold = quantile * histogram->total;
	unsigned int bucket = histogram->least;

	if (vpa_histogram_empty(histogram))
		return 0;
	for (; bucket < histogram->most; bucket++) {
		sum += weight_of(histogram, bucket);
		if (sum >= threshold)
			break;
	}
	/* The end of the bucket; the last one has none. */
	return vpa_scale_start(histogram->scale, bucket < histogram->scale->buckets - 1 ? bucket + 1 : bucket);
}

static void memory_add(struct vpa_memory *memory, struct vpa_histogram *peaks, double time_sec, double bytes, bool oom)
{
	memory->last_sample_sec = time_sec;
	if (!memory->begun)
		memory->window_end_sec = time_sec;
	memory->begun = true;
	if (time_sec < memory->window_end_sec) {
		double old = fmax(memory->peak, memory->oom_peak);

		/* A peak that was nothing is never replaced: so it is there too. */
		if (old == 0 || bytes <= old)
			return;
		vpa_histogram_subtract(peaks, old, 1, memory->window_end_sec);
	} else {
		memory->window_end_sec += floor((time_sec - memory->window_end_sec) / VPA_MEMORY_INTERVAL_SEC)
						  * VPA_MEMORY_INTERVAL_SEC
					  + VPA_MEMORY_INTERVAL_SEC;
		memory->peak = memory->oom_peak = 0;
	}
	vpa_histogram_add(peaks, bytes, 1, memory->window_end_sec);
	if (oom)
		memory->oom_peak = bytes;
	else
		memory->peak = bytes;
}

bool vpa_memory_sample(struct vpa_memory *memory, struct vpa_histogram *peaks, double time_sec, double bytes)
{
	if (memory->begun && time_sec < memory->last_sample_sec)
		return false;
	memory_add(memory, peaks, time_sec, floor(bytes), false);
	return true;
}

bool vpa_memory_oom(struct vpa_memory *memory, struct vpa_histogram *peaks, double time_sec, double request)
{
	double used = fmax(request, memory->peak);

	if (memory->begun && time_sec < memory->last_sample_sec - VPA_MEMORY_INTERVAL_SEC)
		return false;
	memory_add(memory, peaks, time_sec, floor(fmax(used + VPA_OOM_LEAST, used * VPA_OOM_RATIO)), true);
	return true;
}
