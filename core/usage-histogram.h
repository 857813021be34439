/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram whose buckets are 2 % wide, wherever the values lie: 36 of them for each power of two, from a millionth to 2^60.  Only
 * buckets that hold something take memory, 6 bytes each. */
#ifndef KEISOKU_USAGE_HISTOGRAM_H
#define KEISOKU_USAGE_HISTOGRAM_H

#include "base.h"

struct usage_histogram {
	uint64_t total;
	uint16_t *buckets;		/* ascending */
	uint32_t *counts;		/* of each; behind the buckets in one piece of memory */
	uint16_t used, capacity;
};

void usage_histogram_free(struct usage_histogram *histogram);
/* value is finite and not negative. */
void usage_histogram_add(struct usage_histogram *histogram, double value);
void usage_histogram_merge(struct usage_histogram *into, const struct usage_histogram *from);
/* The upper end of the bucket in which the share quantile, 0..1, of the values is reached (nearest rank): never below what the exact
 * percentile is, and at most 2 % above.  NAN: empty. */
double usage_histogram_percentile(const struct usage_histogram *histogram, double quantile);
/* The share, 0..1, of values in buckets that end at or below value. */
double usage_histogram_share_below(const struct usage_histogram *histogram, double value);

#endif
