/* SPDX-License-Identifier: Apache-2.0 */
/* What headings of tables of usage mean, and what stands below them.  docs/keisoku-usage.5. */
#ifndef KEISOKU_CLUSTER_USAGE_COLUMN_H
#define KEISOKU_CLUSTER_USAGE_COLUMN_H

#include "reader.h"

enum measure_statistic { STATISTIC_SAMPLE, STATISTIC_MIN, STATISTIC_MAX, STATISTIC_MEAN, STATISTIC_QUANTILE };

struct measure {
	enum usage_metric metric;
	enum series_kind kind;
	enum measure_statistic statistic;
	double quantile;		/* STATISTIC_QUANTILE: 0..1 */
	double scale;			/* of a plain number: what one is in cores, bytes or seconds */
};

/* "cpu", "memory_p95", "CPU (millicores)", "container_memory_working_set_bytes", "cpu.throttled_periods".  -ENOENT: none of usage. */
int measure_parse(const char *name, struct measure *ret_measure);

/* "0.25", "250m", "1.5Gi", "12.3 MiB".  decimal_comma: "0,25" is meant so.  -ENODATA: nothing, or a word for nothing ("-", "NaN");
 * -EINVAL, -ERANGE (negative). */
int measure_value(const struct measure *measure, const char *text, bool decimal_comma, double *ret_value);

/* What measure_value() takes, for a message. */
const char *measure_expectation(const struct measure *measure);

/* RFC 3339, "2026-11-23 07:39:49 UTC", seconds, milliseconds, microseconds or nanoseconds since 1970.  Without a zone it is UTC.
 * -ENODATA: nothing; -EINVAL. */
int cell_time(const char *text, double *ret_sec);

/* Other columns than measures. */
enum column_role {
	COLUMN_IGNORED,
	COLUMN_NAMESPACE, COLUMN_POD, COLUMN_CONTAINER, COLUMN_KIND, COLUMN_WORKLOAD, COLUMN_NODE,	/* as struct row_owner has them */
	COLUMN_CLUSTER,
	COLUMN_TIME, COLUMN_DATE, COLUMN_FIRST, COLUMN_LAST, COLUMN_SAMPLES, COLUMN_PODS,
	COLUMN_METRIC, COLUMN_VALUE,	/* long form */
	COLUMN_SERIES,			/* long form: metric{label="value"} */
	COLUMN_MEASURE,
};
/* Lower case, words with one "_" between. */
void heading_normalise(struct strbuf *out, const char *heading);
enum column_role column_role(const char *normalised);

/* A series as Prometheus and Grafana write it: cpu{namespace="shop",pod="web-1",container="app"}.  Its texts live in buffer.
 * False: text is none. */
struct series_texts {
	struct series_name series;
	const char *kind, *workload;	/* "" */
};
bool series_text_parse(const char *text, struct strbuf *buffer, struct series_texts *ret_texts);

#endif
