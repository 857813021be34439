/* SPDX-License-Identifier: Apache-2.0 */
#include "usage-histogram.h"

#include <math.h>

#define PER_OCTAVE 36			/* 2^(1/36) = 1.0194 */
#define LEAST_EXPONENT (-20)		/* 2^-20 is 0.95 millionths: less counts as nothing */
#define MOST_EXPONENT 60
#define LAST_BUCKET (1 + (MOST_EXPONENT - LEAST_EXPONENT) * PER_OCTAVE)

/* Where the parts of an octave begin, 1 … 2; and for each 128th of it the part in which that begins, so that at
 * most two comparisons find the right one. */
static double bounds[PER_OCTAVE + 1];
static uint8_t hints[128];

static void bounds_fill(void)
{
	unsigned int part = 0;

	if (bounds[0] == 1)
		return;
	for (unsigned int i = 0; i <= PER_OCTAVE; i++)
		bounds[i] = exp2((double)i / PER_OCTAVE);
	for (unsigned int i = 0; i < ARRAY_SIZE(hints); i++) {
		while (bounds[part + 1] <= 1 + (double)i / ARRAY_SIZE(hints))
			part++;
		hints[i] = (uint8_t)part;
	}
}

static uint16_t bucket_of(double value)
{
	uint64_t bits;
	unsigned int part;
	double mantissa;
	int exponent;

	memcpy(&bits, &value, sizeof(bits));
	exponent = (int)(bits >> 52) - 1023;
	if (exponent < LEAST_EXPONENT)
		return 0;
	if (exponent >= MOST_EXPONENT)
		return LAST_BUCKET;
	part = hints[(bits >> 45) & 127];
	bits = (bits & ((1ULL << 52) - 1)) | 1023ULL << 52;
	memcpy(&mantissa, &bits, sizeof(mantissa));
	while (mantissa >= bounds[part + 1])
		part++;
	return (uint16_t)(1 + (exponent - LEAST_EXPONENT) * PER_OCTAVE + (int)part);
}

static double bucket_end(uint16_t bucket)
{
	if (bucket == 0)
		return ldexp(1, LEAST_EXPONENT);
	if (bucket >= LAST_BUCKET)
		return INFINITY;
	bucket--;
	return ldexp(bounds[bucket % PER_OCTAVE + 1], LEAST_EXPONENT + bucket / PER_OCTAVE);
}

void usage_histogram_free(struct usage_histogram *histogram)
{
	if (!histogram)
		return;
	free(histogram->counts);
	free(histogram);
}

/* Counts first: they need the greater alignment. */
static void histogram_grow(struct usage_histogram *histogram)
{
	uint16_t capacity = histogram->capacity ? (uint16_t)(histogram->capacity + histogram->capacity / 2) : 6;
	uint32_t *counts = xmalloc(capacity * (sizeof(uint32_t) + sizeof(uint16_t)));
	uint16_t *buckets = (uint16_t *)(counts + capacity);

	if (histogram->used) {
		memcpy(counts, histogram->counts, histogram->used * sizeof(*counts));
		memcpy(buckets, histogram->buckets, histogram->used * sizeof(*buckets));
	}
	free(histogram->counts);
	histogram->counts = counts;
	histogram->buckets = buckets;
	histogram->capacity = capacity;
}

static void histogram_count(struct usage_histogram *histogram, uint16_t bucket, uint32_t count)
{
	uint16_t low = 0, high = histogram->used;

	histogram->total += count;
	while (low < high) {
		uint16_t middle = (uint16_t)((low + high) / 2);

		if (histogram->buckets[middle] < bucket)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	if (low == histogram->used || histogram->buckets[low] != bucket) {
		size_t after = (size_t)(histogram->used - low);

		if (histogram->used == histogram->capacity)
			histogram_grow(histogram);
		memmove(histogram->buckets + low + 1, histogram->buckets + low, after * sizeof(*histogram->buckets));
		memmove(histogram->counts + low + 1, histogram->counts + low, after * sizeof(*histogram->counts));
		histogram->buckets[low] = bucket;
		histogram->counts[low] = 0;
		histogram->used++;
	}
	/* Four thousand million samples in one bucket: what is more changes no percentile. */
	histogram->counts[low] =
		count > UINT32_MAX - histogram->counts[low] ? UINT32_MAX : histogram->counts[low] + count;
}

void usage_histogram_add(struct usage_histogram *histogram, double value)
{
	bounds_fill();
	histogram_count(histogram, bucket_of(value), 1);
}

void usage_histogram_merge(struct usage_histogram *into, const struct usage_histogram *from)
{
	for (uint16_t i = 0; i < from->used; i++)
		histogram_count(into, from->buckets[i], from->counts[i]);
}

double usage_histogram_percentile(const struct usage_histogram *histogram, double quantile)
{
	double rank = ceil(fmin(fmax(quantile, 0), 1) * (double)histogram->total - 1e-9), seen = 0;

	bounds_fill();
	for (uint16_t i = 0; i < histogram->used; i++) {
		seen += histogram->counts[i];
		if (seen >= rank || i + 1 == histogram->used)
			return bucket_end(histogram->buckets[i]);
	}
	return NAN;
}

double usage_histogram_share_below(const struct usage_histogram *histogram, double value)
{
	double below = 0;

	bounds_fill();
	for (uint16_t i = 0; i < histogram->used && bucket_end(histogram->buckets[i]) <= value; i++)
		below += histogram->counts[i];
	return histogram->total ? below / (double)histogram->total : NAN;
}
