/* SPDX-License-Identifier: Apache-2.0 */
/* One percentile over all samples of all pods of a container, of what a server computed of each pod alone.
 *
 * A request holds for every pod of a workload, so what it must cover is the distribution of all their samples together: a pod that
 * lived for minutes weighs as little as it lasted, one of many that is busier than the others as much as it is one of many.  (The
 * greatest of the pods' own percentiles would be that of the shortest-lived: a start is all peak.  A percentile over time of the
 * greatest at each moment would grow with the number of pods.)  `vpa` pools in the same way.
 *
 * A server computes percentiles over time of one series, not over several.  But each of its answers is a point of that series'
 * distribution, and distributions can be added: with the numbers of samples as weights, and straight lines between the points.  For
 * one series the answer is the server's own; for several that are alike it is exact; else it lies between the server's points. */
#ifndef KEISOKU_CLUSTER_POOL_H
#define KEISOKU_CLUSTER_POOL_H

#include "../core/base.h"

#define POOL_POINTS_MAX 12

struct pool_grid {			/* which quantiles were asked for: rising, from 0 to 1 */
	double quantiles[POOL_POINTS_MAX];
	size_t n;
};

/* 0 and 1, those that are asked for, and enough others between them.  Those outside of 0 … 1 are left out. */
void pool_grid_init(struct pool_grid *grid, const double *wanted, size_t n_wanted);

struct sketch {				/* of one series in one stretch of time */
	uint32_t container, target;
	double count, mean;
	double hour;			/* the greatest mean over an hour; NAN: not asked, or not answered */
	double at[POOL_POINTS_MAX];	/* values at the quantiles; NAN: not answered */
};

/* Whether it can be used; a value that is missing is taken from the one above it, one that is out of order is put in order. */
bool sketch_mend(struct sketch *sketch, const struct pool_grid *grid);

/* NAN: of nothing. */
double pool_quantile(const struct sketch *sketches, size_t n, const struct pool_grid *grid, double quantile);

#endif
