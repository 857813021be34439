/* SPDX-License-Identifier: Apache-2.0 */
#include "series.h"

/* What is not here and looks as if it should:
 *   container_memory_cache         file pages with shared memory (v1 total_cache, v2 file): active and inactive are not told apart
 *   container_memory_kernel_usage  of slab, only the reclaimable part means something here
 *   container_spec_…               what was asked for, known from the objects
 *   pod_cpu_usage_seconds_total    of a pod: the containers' are there too */
/* clang-format off */
static const struct series_kind_of container_series[] = {
	{ .name = "container_cpu_cfs_periods_total", .metric = USAGE_CPU_PERIODS, .kind = SERIES_COUNTER, },
	{ .name = "container_cpu_cfs_throttled_periods_total", .metric = USAGE_CPU_THROTTLED_PERIODS, .kind = SERIES_COUNTER, },
	{ .name = "container_cpu_cfs_throttled_seconds_total", .metric = USAGE_CPU_THROTTLED_SEC, .kind = SERIES_COUNTER, },
	{ .name = "container_cpu_usage_seconds_total", .metric = USAGE_CPU, .kind = SERIES_CPU_SECONDS, },
	{ .name = "container_memory_events_high_total", .metric = USAGE_MEMORY_HIGH_EVENTS, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_memory_events_max_total", .metric = USAGE_MEMORY_MAX_EVENTS, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_memory_failcnt", .metric = USAGE_MEMORY_MAX_EVENTS, .kind = SERIES_COUNTER, .zero_says_nothing = true, .choice = 1, },
	{ .name = "container_memory_max_usage_bytes", .metric = USAGE_MEMORY_PEAK, .kind = SERIES_GAUGE, .zero_says_nothing = true, },
	{ .name = "container_memory_rss", .metric = USAGE_MEMORY_ANON, .kind = SERIES_GAUGE, },
	{ .name = "container_memory_swap", .metric = USAGE_MEMORY_SWAP, .kind = SERIES_GAUGE, },
	{ .name = "container_memory_total_active_file_bytes", .metric = USAGE_MEMORY_ACTIVE_FILE, .kind = SERIES_GAUGE, },
	{ .name = "container_memory_total_inactive_file_bytes", .metric = USAGE_MEMORY_INACTIVE_FILE, .kind = SERIES_GAUGE, },
	{ .name = "container_memory_usage_bytes", .metric = USAGE_MEMORY_USAGE, .kind = SERIES_GAUGE, },
	{ .name = "container_memory_working_set_bytes", .metric = USAGE_MEMORY_WORKING_SET, .kind = SERIES_GAUGE, },
	{ .name = "container_memory_workingset_refault_file_total", .metric = USAGE_REFAULTS, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_oom_events_total", .metric = USAGE_OOM_KILLS, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_pressure_cpu_stalled_seconds_total", .metric = USAGE_PSI_CPU_FULL_SEC, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_pressure_cpu_waiting_seconds_total", .metric = USAGE_PSI_CPU_SEC, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_pressure_io_stalled_seconds_total", .metric = USAGE_PSI_IO_FULL_SEC, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_pressure_io_waiting_seconds_total", .metric = USAGE_PSI_IO_SEC, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_pressure_memory_stalled_seconds_total", .metric = USAGE_PSI_MEMORY_FULL_SEC, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_pressure_memory_waiting_seconds_total", .metric = USAGE_PSI_MEMORY_SEC, .kind = SERIES_COUNTER, .zero_says_nothing = true, },
	{ .name = "container_swap_usage_bytes", .metric = USAGE_MEMORY_SWAP, .kind = SERIES_GAUGE, .choice = 1, },
	{ .name = "container_threads", .metric = USAGE_THREADS, .kind = SERIES_GAUGE, .zero_says_nothing = true, },
	{ .name = "kube_pod_container_status_restarts_total", .metric = USAGE_RESTARTS, .kind = SERIES_COUNTER, .kube_state = true, },
	{ .name = "kube_pod_init_container_status_restarts_total", .metric = USAGE_RESTARTS, .kind = SERIES_COUNTER, .kube_state = true, },
};

/* node_memory_working_set_bytes is the kubelet's; of node exporter only what the kernel counts as pressure. */
static const struct series_kind_of node_series[] = {
	{ .name = "node_cpu_usage_seconds_total", .metric = USAGE_CPU, .kind = SERIES_CPU_SECONDS, },
	{ .name = "node_memory_working_set_bytes", .metric = USAGE_MEMORY_WORKING_SET, .kind = SERIES_GAUGE, },
	{ .name = "node_pressure_cpu_waiting_seconds_total", .metric = USAGE_PSI_CPU_SEC, .kind = SERIES_COUNTER, },
	{ .name = "node_pressure_io_stalled_seconds_total", .metric = USAGE_PSI_IO_FULL_SEC, .kind = SERIES_COUNTER, },
	{ .name = "node_pressure_io_waiting_seconds_total", .metric = USAGE_PSI_IO_SEC, .kind = SERIES_COUNTER, },
	{ .name = "node_pressure_memory_stalled_seconds_total", .metric = USAGE_PSI_MEMORY_FULL_SEC, .kind = SERIES_COUNTER, },
	{ .name = "node_pressure_memory_waiting_seconds_total", .metric = USAGE_PSI_MEMORY_SEC, .kind = SERIES_COUNTER, },
	{ .name = "node_swap_usage_bytes", .metric = USAGE_MEMORY_SWAP, .kind = SERIES_GAUGE, },
};
/* clang-format on */

static int compare_name(const void *key, const void *row)
{
	return strcmp(key, ((const struct series_kind_of *)row)->name);
}

const struct series_kind_of *series_find(const char *name)
{
	return bsearch(name, container_series, ARRAY_SIZE(container_series), sizeof(container_series[0]), compare_name);
}

const struct series_kind_of *series_table(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(container_series);
	return container_series;
}

const struct series_kind_of *series_node_find(const char *name)
{
	return bsearch(name, node_series, ARRAY_SIZE(node_series), sizeof(node_series[0]), compare_name);
}

const struct series_kind_of *series_node_table(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(node_series);
	return node_series;
}

/* A container's cgroup is never at the top, nor a service of the node: an exporter that runs as a pod and whose own labels won
 * makes them look like its container's.  "/", "/system.slice", "/system.slice/kubelet.service" */
static bool is_of_node(const char *id)
{
	return id[0] == '/' && (!strchr(id + 1, '/') || ends_with(id, ".service") || ends_with(id, ".slice"));
}

bool series_of_container(const struct series_name *series)
{
	return series->container[0] && !streq(series->container, "POD") && series->pod[0] && !is_of_node(series->id);
}

enum series_kind series_metric(const struct series_name *series, enum usage_metric *ret_metric)
{
	const struct series_kind_of *row = series_of_container(series) ? series_find(series->name) : NULL;

	if (!row)
		return SERIES_IGNORED;
	*ret_metric = row->metric;
	return row->kind;
}

/* Of several labels that say the same, the first here that is there and not empty counts: what a scraper renamed out of the way of its
 * own is what the exporter meant. */
struct alias {
	size_t offset;			/* in struct series_name */
	const char *label;
};

static const struct alias aliases[] = {
	{ offsetof(struct series_name, name), "__name__" },
	{ offsetof(struct series_name, namespace), "exported_namespace" },
	{ offsetof(struct series_name, namespace), "namespace" },
	{ offsetof(struct series_name, pod), "exported_pod" },
	{ offsetof(struct series_name, pod), "pod" },
	{ offsetof(struct series_name, pod), "pod_name" },
	{ offsetof(struct series_name, container), "exported_container" },
	{ offsetof(struct series_name, container), "container" },
	{ offsetof(struct series_name, container), "container_name" },
	{ offsetof(struct series_name, node), "exported_node" },
	{ offsetof(struct series_name, node), "node" },
	{ offsetof(struct series_name, node), "nodename" },
	{ offsetof(struct series_name, node), "kubernetes_node" },
	{ offsetof(struct series_name, node), "kubernetes_io_hostname" },
	{ offsetof(struct series_name, node), "instance" },
	{ offsetof(struct series_name, id), "id" },
};

static const char *label_value(const struct series_label *labels, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(labels[i].name, name))
			return labels[i].value;
	return "";
}

/* Where the exporter's pod was renamed, a container that was not is the scraper's own. */
void series_name_of_labels(const struct series_label *labels, size_t n, struct series_name *ret_name)
{
	*ret_name = (struct series_name){ "", "", "", "", "", "" };
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		const char **field = (const char **)((char *)ret_name + aliases[i].offset);

		if (!(*field)[0])
			*field = label_value(labels, n, aliases[i].label);
	}
	if (label_value(labels, n, "exported_pod")[0])
		ret_name->container = label_value(labels, n, "exported_container");
}

/* What follows prefix in path, up to and without a slash before it: NULL when path is not there or below. */
static const char *below(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	if (!starts_with(path, prefix) || (path[length] && path[length] != '/'))
		return NULL;
	return path + length;
}

bool series_slice(const char *id, struct strbuf *slice)
{
	static const char *const pods[] = { "/kubepods", "/kubepods.slice", "/kubelet/kubepods", "/kubelet.slice/kubelet-kubepods.slice" };
	const char *rest;

	strbuf_reset(slice);
	if (id[0] != '/')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(pods); i++) {
		rest = below(id, pods[i]);
		if (rest && !rest[0])
			strbuf_add_string(slice, "kubepods.slice");
		if (rest)
			return !rest[0];
	}
	/* "/a.slice" and "/a.slice/b.service", nothing deeper. */
	rest = strchr(id + 1, '/');
	if (rest && strchr(rest + 1, '/'))
		return false;
	strbuf_add_string(slice, id + 1);
	return true;
}

/* kube_pod_container_status_last_terminated_reason{namespace="shop",pod="web-1",container="app",reason="OOMKilled"} 1 */
bool series_tells_oom(const struct series_name *series, const struct series_label *labels, size_t n)
{
	return (streq(series->name, "kube_pod_container_status_last_terminated_reason")
		|| streq(series->name, "kube_pod_init_container_status_last_terminated_reason"))
	    && streq(label_value(labels, n, "reason"), "OOMKilled");
}

/* The port is behind the last colon; addresses of IPv6 stand in brackets. */
bool series_node(const struct cluster *cluster, const struct series_name *series, struct strbuf *node)
{
	const char *colon = strrchr(series->node, ':');

	strbuf_reset(node);
	strbuf_add_string(node, series->node);
	if (node->len && (cluster->n_nodes == 0 || cluster_find_node(cluster, node->buf) != CLUSTER_NONE))
		return true;
	if (!colon)
		return false;
	strbuf_truncate(node, (size_t)(colon - series->node));
	return cluster_find_node(cluster, node->buf) != CLUSTER_NONE;
}
