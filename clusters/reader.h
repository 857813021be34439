/* SPDX-License-Identifier: Apache-2.0 */
/* Clusters and what they used, from what people have: manifests and dumps into struct cluster; Prometheus, saved responses,
 * metrics.k8s.io, VPA objects, CSV and this node's cgroups into struct usage.  Arrows: cli → clusters → core.
 *
 * Nothing read is trusted: sizes, depths, counts and alias expansion are bounded, every complaint has its file, line and column, and one
 * bad object never loses the others. */
#ifndef KEISOKU_CLUSTER_READER_H
#define KEISOKU_CLUSTER_READER_H

#include "../core/snapshot.h"
#include "../core/stream.h"
#include "../core/usage.h"

/* ---- objects: clusters/read.c ---- */

struct read_options {
	/* Told of progress from time to time; NULL: nobody asks.  bytes of total (0: not known). */
	void (*progress)(void *context, const char *path, uint64_t bytes, uint64_t total);
	void *context;
	/* Of usage that does not say when it was measured (`kubectl top`): when the file was written, since 1970; 0: not known. */
	double time_sec;
};

/* Everything in one text or stream, YAML (several documents) or JSON (one value or several), a List of any kind, Helm's and kustomize's
 * output; read in pieces, in memory that does not grow with the input but by what struct cluster keeps.  Errors are in cluster->diag;
 * -EINVAL when there was one, and what could be read is there. */
int cluster_read_stream(struct cluster *cluster, const char *path, struct stream *stream, uint64_t size,
			const struct read_options *options);
/* A file, "-" for standard input, or a directory: its *.yaml, *.yml and *.json, below it too, sorted, links not followed. */
int cluster_read_path(struct cluster *cluster, const char *path, const struct read_options *options);

/* Whether a text begins like objects of Kubernetes, and not like a snapshot; whether a directory holds such files.  clusters/recognise.c */
#define CLUSTER_HEAD ((size_t)64 << 10)	/* of a text that is looked at */
bool cluster_recognise(const char *text, size_t length);
bool cluster_recognise_directory(const char *path);

/* One object, as pruned (clusters/object.c); file is in cluster->files. */
void cluster_add_object(struct cluster *cluster, uint32_t file, uint32_t document, const struct node *object);

/* ---- settings: clusters/settings.c ---- */

/* The cluster as subjects of snapshot with their settings, each with the file and line it stands at: after the join.  What the keys mean
 * is in rules/tunables/kubernetes.yaml and rules/facts/kubernetes.yaml. */
void cluster_settings(const struct cluster *cluster, struct snapshot *snapshot);

/* ---- usage ---- */

/* A saved file, told by its content: a Prometheus response (matrix, vector; JSON), metrics.k8s.io (PodMetrics, NodeMetrics, lists of
 * them), CSV with a heading.  Streamed.  clusters/usage-file.c */
int usage_read_stream(struct usage *usage, const struct cluster *cluster, const char *path, struct stream *stream,
		      const struct read_options *options);
/* The same of a file or "-", which may be compressed, or a snapshot (usage_read_snapshot()).  Where nothing says when it was measured,
 * that is when the file was written.  clusters/usage-path.c */
int usage_read_path(struct usage *usage, struct cluster *cluster, const char *path, const struct read_options *options);

/* One series of Prometheus' names and labels ("container_memory_working_set_bytes" with namespace, pod, container), whichever way it came.
 * metric is NULL when the name is none that is known.  clusters/series-name.c */
struct series_name {
	const char *name, *namespace, *pod, *container, *node, *id;	/* "" where there is no such label */
};
enum series_kind { SERIES_GAUGE, SERIES_COUNTER, SERIES_CPU_SECONDS, SERIES_IGNORED };
enum series_kind series_metric(const struct series_name *series, enum usage_metric *ret_metric);

struct prometheus_options {
	const char *url;		/* "http://127.0.0.1:9090", also with a path */
	const char *bearer_file, *user_file;	/* a token; "user:password" */
	const char *const *headers;	/* "X-Scope-OrgID: team"; n_headers */
	size_t n_headers;
	const char *ca_file, *cert_file, *key_file;
	bool insecure;
	const char *selector;		/* more label matchers: cluster="a" */
	const char *namespace;		/* "" : all */
	double begin_sec, end_sec, step_sec;
	double timeout_sec;		/* of one request */
	unsigned int retries;
	double quantiles[8];		/* asked of the server */
	size_t n_quantiles;
	bool samples;			/* fetch samples too (vpa, charts), not only what the server computes */
	void (*progress)(void *context, unsigned int done, unsigned int total, const char *what);
	void *context;
};
/* 0, or a negative errno with what is wrong in usage_notes(): what came until then stays. */
int usage_read_prometheus(struct usage *usage, const struct cluster *cluster, const struct prometheus_options *options);

/* The containers in a node's kubelet tree, of a snapshot that was measured there (subjects of kind cgroup below kubepods).  Makes pods
 * and workloads for those the cluster does not have, when it holds nothing at all.  clusters/kubelet-cgroups.c */
int usage_read_snapshot(struct usage *usage, struct cluster *cluster, const struct snapshot *snapshot);

#endif
