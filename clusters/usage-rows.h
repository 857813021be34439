/* SPDX-License-Identifier: Apache-2.0 */
/* What a saved file says of usage, in any order, on its way into struct usage: whose it is, and in order of time.
 *
 * Samples are kept until there are SAMPLES_MAX of them or the file ends, then sorted: a file of that size may be in any order, a
 * larger one in any order within each such part.  Names are bounded too, so no file asks for more memory than that. */
#ifndef KEISOKU_CLUSTER_USAGE_ROWS_H
#define KEISOKU_CLUSTER_USAGE_ROWS_H

#include "reader.h"

struct usage_rows;

/* path must stay.  Frees with usage_rows_free(), before or after usage_rows_finish(). */
struct usage_rows *usage_rows_new(struct usage *usage, const struct cluster *cluster, const char *path);
void usage_rows_free(struct usage_rows *rows);
DEFINE_FREE_PTR(usage_rows)

/* "" where it was not said.  Without a namespace the one is taken in which alone it fits; without a container the pod's
 * only one.  kind, workload: instead of a pod, or besides. */
struct row_owner {
	const char *namespace, *pod, *container, *kind, *workload, *node;
};

#define ROW_OWNER_NONE UINT32_MAX

/* The number of an owner, or ROW_OWNER_NONE: nothing of the cluster, which is counted.  -E2BIG: too many different names. */
int usage_rows_owner(struct usage_rows *rows, const struct row_owner *owner, uint32_t *ret_owner);

void usage_rows_sample(struct usage_rows *rows, uint32_t owner, enum usage_metric metric, enum series_kind kind, double time_sec,
		       double value);

/* What somebody computed of a window: NAN and 0 where it was not said.  Of several for one container the highest percentile
 * counts, since percentiles cannot be put together. */
struct row_summary {
	struct usage_percentile given[USAGE_PERCENTILES_MAX];
	uint32_t n_given;
	double min, max, mean, increase;
	uint64_t samples;
	uint32_t pods;
	double first_sec, last_sec;
};
#define ROW_SUMMARY_INIT { .min = NAN, .max = NAN, .mean = NAN, .increase = NAN, .first_sec = NAN, .last_sec = NAN }
void usage_rows_summary(struct usage_rows *rows, uint32_t owner, enum usage_metric metric, const struct row_summary *summary);

/* Feeds what is left, and says what was out of order. */
void usage_rows_finish(struct usage_rows *rows);

/* A complaint with its place; past ROW_ERRORS_MAX they are only counted, and told by usage_rows_finish().  -EINVAL. */
#define ROW_ERRORS_MAX 20
int usage_rows_error(struct usage_rows *rows, unsigned int line, unsigned int column, const char *format, ...) FORMAT_PRINTF(4, 5);
int usage_rows_warning(struct usage_rows *rows, unsigned int line, unsigned int column, const char *format, ...) FORMAT_PRINTF(4, 5);
size_t usage_rows_errors(const struct usage_rows *rows);

#endif
