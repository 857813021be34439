/* SPDX-License-Identifier: Apache-2.0 */
/* Two windows of one quantity, interval by interval: is the later one different, by how much, and could that be noise?
 *
 * Values of neighbouring intervals resemble one another, and most distributions here are skewed, so neither the usual
 * test of two averages nor its error bars mean anything.  What is done instead:
 *
 * - shift: how far the values moved, as the median of all differences between a later and an earlier interval (Hodges and
 *   Lehmann).  Its confidence interval comes from ranks (Brunner and Munzel: the two may differ in spread too), with the
 *   variance of each window inflated by the autocorrelation of those ranks, and Student's t with the number of independent
 *   intervals that leaves.
 * - rate: where most intervals of a window are zero, and some of the other's, ranks say nothing.  The means are compared:
 *   each has the exact limits of a Poisson count of as many independent events as there were, after clusters and
 *   autocorrelation are taken out, and the limits of the difference follow from both (the method of variance estimates
 *   recovery).
 *
 * Fewer than INTERVALS_MIN values, or fewer than INDEPENDENT_MIN that are independent, give no answer. */
#ifndef KEISOKU_INTERVAL_COMPARE_H
#define KEISOKU_INTERVAL_COMPARE_H

#include "../core/comparison.h"

#define INTERVALS_MIN 8
#define INDEPENDENT_MIN 4.0

struct intervals {			/* in the order of time; NAN: missing */
	const double *values;
	size_t count;
};

void intervals_describe(const struct intervals *intervals, struct distribution *ret);
void intervals_compare(const struct intervals *before, const struct intervals *after, struct interval_comparison *ret);

/* Of many comparisons some look like changes by chance.  The largest p that still stands when at most a share of
 * 1 - CONFIDENCE_LEVEL of all that stand may be false (Benjamini and Hochberg); -1: none does. */
double false_discovery_limit(const double *p, size_t count);

#endif
