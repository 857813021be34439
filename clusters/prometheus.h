/* SPDX-License-Identifier: Apache-2.0 */
/* Inside clusters/prometheus*.c: one run of questions to a Prometheus.
 *
 * In this order (prometheus.c): what the server is, which names and labels it has (prometheus-discover.c); then, for each group of
 * namespaces and stretch of time, small enough for the server's limits, blocks of questions (prometheus-blocks.c, prometheus-kills.c);
 * then nodes (prometheus-nodes.c).  What a block asks is kept until all its answers are whole, and only then becomes usage: a block
 * that asks too much is asked again in halves, and nothing counts twice. */
#ifndef KEISOKU_CLUSTER_PROMETHEUS_H
#define KEISOKU_CLUSTER_PROMETHEUS_H

#include "http.h"
#include "pool.h"
#include "response.h"

/* How labels are called.  A server may have several at once: kubelets were upgraded within the window, a second one scrapes. */
struct label_scheme {
	const char *namespace, *pod, *container;
	const char *without;		/* a label of another scheme that must not be there; NULL */
};

enum series_family { FAMILY_CGROUP, FAMILY_KUBE_STATE, FAMILY_COUNT };
#define SCHEMES_MAX 4

struct stretch {
	double begin_sec, end_sec;
};

struct target;				/* a container of a pod that was met: prometheus-target.c */

struct prometheus {
	struct usage *usage;
	const struct cluster *cluster;
	const struct prometheus_options *options;
	struct http *http;
	const char *source;		/* "Prometheus http://…" */
	struct strbuf matchers;		/* of the user: cluster="a",  */
	/* What the server has. */
	struct strbuf version;
	bool *has, *node_has;		/* by row of series_table(), series_node_table() */
	bool has_oom_reason, has_limits, has_limits_old, has_id;
	struct label_scheme schemes[FAMILY_COUNT][SCHEMES_MAX];
	size_t n_schemes[FAMILY_COUNT];
	/* Namespaces in groups; "" alone: all of them in one. */
	const char **namespaces;
	uint32_t *weights;		/* containers of pods, as far as the cluster tells */
	size_t n_namespaces, namespaces_capacity, weights_capacity;
	struct arena arena;
	/* Those met so far. */
	struct symbols target_keys;
	struct target *targets;
	size_t targets_capacity;
	double rate_sec;		/* CPU is the rate over so long */
	double stretch_sec;		/* what the server was able to answer last */
	unsigned int done, total;	/* for progress */
	unsigned int failed;		/* blocks in a row */
	unsigned int timeouts;		/* answers in a row that did not come in time */
	struct strbuf too_much;		/* why the last one was */
	uint64_t bad, histograms;
	bool warned;
};

/* ---- prometheus-query.c ---- */

/* What was asked is too much for the server at once: too many samples, too long, too large an answer. */
#define QUERY_TOO_MUCH (-E2BIG)

struct query {
	const char *path;		/* "/api/v1/query" */
	bool optional;			/* not everything that speaks the language has it */
	struct http_field fields[6];
	size_t n_fields;
};

/* -errno with a note about it, except for QUERY_TOO_MUCH, and for -ENOENT of an optional one: the caller knows what to do. */
int prometheus_ask(struct prometheus *prometheus, const struct query *query, const struct response_handler *handler, void *context);
/* An expression at a time, or along a stretch. */
int prometheus_query(struct prometheus *prometheus, const char *expression, double time_sec, const struct response_handler *handler,
		     void *context);
int prometheus_query_range(struct prometheus *prometheus, const char *expression, const struct stretch *stretch, double step_sec,
			   const struct response_handler *handler, void *context);

/* In double quotes; of a regular expression that means the text itself. */
void promql_quote(struct strbuf *out, const char *text);
void promql_escape_regex(struct strbuf *out, const char *text);
/* "1h" is 3600s to all that speak it. */
void promql_duration(struct strbuf *out, double seconds);
/* What a user gives as more matchers, with or without braces: checked, and written anew with a comma after each.  -EINVAL. */
int promql_matchers(struct strbuf *out, const char *text, struct strbuf *why);

/* NAME{container!="",…,namespace=~"a|b",matchers}  of namespaces first … first + n - 1. */
void promql_selector(const struct prometheus *prometheus, const char *name, enum series_family family, const struct label_scheme *scheme, size_t first,
		     size_t n, const char *more, struct strbuf *out);
/* "namespace, pod, container" as they are called there, with id where asked for and there. */
void promql_by(const struct prometheus *prometheus, const struct label_scheme *scheme, bool with_id, struct strbuf *out);

/* ---- prometheus-target.c: containers of pods, met in answers ---- */

struct target {
	uint32_t container;		/* CLUSTER_NONE: of no container of the cluster */
	uint32_t known_pod;		/* in cluster.pods; CLUSTER_NONE */
	const char *pod;
	double first_sec, last_sec;	/* when it was there, as far as is known; NAN */
	double sampled_sec[2];		/* last sample of CPU and working set that was fed */
	/* Kills for want of memory. */
	double limit, restarts, kill_sec;
};

/* The number of the container that labels name; UINT32_MAX: none.  Those that match nothing are noted once. */
uint32_t target_of_labels(struct prometheus *prometheus, const struct series_label *labels, size_t n);
const char *series_label_value(const struct series_label *labels, size_t n, const char *name);

/* ---- the rest ---- */

int prometheus_discover(struct prometheus *prometheus);		/* prometheus-discover.c */
/* All about namespaces first … first + n - 1 in a stretch: blocks that the server answers as a whole. */
int prometheus_gauges(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch);
int prometheus_counters(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch);
int prometheus_samples(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch);
int prometheus_kills(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch);
int prometheus_nodes(struct prometheus *prometheus);

#endif
