/* SPDX-License-Identifier: Apache-2.0 */
/* What the series of a Prometheus are called, by whom, and whose they are.  The names were checked against their sources:
 *
 *   cAdvisor            lib/metrics/prometheus.go (values: lib/container/libcontainer/handler.go); the kubelet's /metrics/cadvisor
 *   kubelet             pkg/kubelet/metrics/collectors/resource_metrics.go: /metrics/resource, the same names with fewer labels
 *   kube-state-metrics  docs/metrics/workload/pod-metrics.md
 *   node exporter       collector/pressure_linux.go, collector/meminfo.go */
#ifndef KEISOKU_CLUSTER_SERIES_H
#define KEISOKU_CLUSTER_SERIES_H

#include "reader.h"

struct series_label {
	const char *name, *value;
};

/* The labels under which exporters of all ages and ways of scraping say the same: pod_name and container_name (kubelets before 1.16),
 * exported_pod … (where the scraper's own labels took the place of the exporter's).  "" where there is none.  Values are lent. */
void series_name_of_labels(const struct series_label *labels, size_t n, struct series_name *ret_name);

/* A row of what is known. */
struct series_kind_of {
	const char *name;
	enum usage_metric metric;
	enum series_kind kind;
	/* 0 is what an exporter also says when it does not know: on kernels or cgroup versions that do not count it. */
	bool zero_says_nothing;
	/* Of several names for one metric, the one with the lowest number that a server has is asked for. */
	unsigned char choice;
	bool kube_state;		/* from kube-state-metrics: counts of an object's status, not of a cgroup */
};

/* Of containers; NULL: none that is known.  The whole table, sorted by name. */
const struct series_kind_of *series_find(const char *name);
const struct series_kind_of *series_table(size_t *ret_count);
/* The same for a node and its slices. */
const struct series_kind_of *series_node_find(const char *name);
const struct series_kind_of *series_node_table(size_t *ret_count);

/* Not the pause container ("POD"), nor a pod's or a slice's cgroup (no container). */
bool series_of_container(const struct series_name *series);

/* kube-state-metrics' answer to why a container last ended: it was killed for want of memory. */
bool series_tells_oom(const struct series_name *series, const struct series_label *labels, size_t n);

/* The node a series is of, by its label for it or by the instance that was scraped ("node-1:9100"): as the cluster names it, where
 * it has nodes.  False: none. */
bool series_node(const struct cluster *cluster, const struct series_name *series, struct strbuf *node);

/* "/system.slice" → "system.slice", "/" → "", "/kubepods" and "/kubepods.slice" → "kubepods.slice", also below a manager's own root; "/system.slice/kubelet.service" →
 * "system.slice/kubelet.service".  False: a cgroup that says nothing of a node's reservations (a pod's, a container's). */
bool series_slice(const char *id, struct strbuf *slice);

#endif
