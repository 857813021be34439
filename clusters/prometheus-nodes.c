/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes: pressure by node exporter, use by the kubelet, and what their slices take of both. */
#include "prometheus.h"

#include <errno.h>
#include <math.h>

#define POINTS 200			/* of a course; peaks between them are not lost */

struct node_block {
	struct prometheus *prometheus;
	struct symbols instances;	/* names of nodes behind addresses: "10.0.0.7" */
	const char **nodes;
	size_t capacity;
	/* The series that is read. */
	struct strbuf node, slice;
	enum usage_metric metric;
	bool counter, slices;
	struct stretch stretch;
	struct symbols fed;		/* node, slice and metric: by whom it was told first */
	struct usage_feed *feed;
};

static size_t host_length(const char *instance)
{
	const char *colon = strrchr(instance, ':');

	return colon ? (size_t)(colon - instance) : strlen(instance);
}

static void learn(struct node_block *block, const char *address, size_t length, const char *node)
{
	uint32_t before = block->instances.count, at;

	if (length == 0 || cluster_find_node(block->prometheus->cluster, node) == CLUSTER_NONE)
		return;
	at = symbols_intern(&block->instances, address, length);
	if (at != before)
		return;
	GROW(block->nodes, block->capacity, (size_t)at + 1);
	block->nodes[at] = arena_strdup(&block->prometheus->arena, node);
}

/* node_uname_info{instance="10.0.0.7:9100",nodename="node-1"} and kube_node_info{node="node-1",internal_ip="10.0.0.7"} */
static bool learn_series(void *context, const struct series_label *labels, size_t n)
{
	struct node_block *block = context;
	const char *instance = series_label_value(labels, n, "instance"), *node = series_label_value(labels, n, "node");
	const char *address = series_label_value(labels, n, "internal_ip"), *nodename = series_label_value(labels, n, "nodename");

	if (nodename[0])
		learn(block, instance, host_length(instance), nodename);
	if (address[0] && node[0])
		learn(block, address, strlen(address), node);
	return false;
}

static int learn_names(struct node_block *block)
{
	static const char *const names[] = { "node_uname_info", "kube_node_info" };
	static const struct response_handler handler = { .series = learn_series };
	struct prometheus *prometheus = block->prometheus;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		CLEANUP(strbuf_release) struct strbuf expression = STRBUF_INIT;

		strbuf_addf(&expression, "last_over_time(%s{%s}[", names[i], prometheus->matchers.buf);
		promql_duration(&expression, fmin(prometheus->options->end_sec - prometheus->options->begin_sec, 86400));
		strbuf_add_string(&expression, "])");
		r = prometheus_query(prometheus, expression.buf, prometheus->options->end_sec, &handler, block);
	}
	return r == QUERY_TOO_MUCH || r == -ENOENT ? 0 : r;
}

/* By its labels, or by the address that was scraped. */
static bool find_node(struct node_block *block, const struct series_name *name)
{
	uint32_t known;

	if (series_node(block->prometheus->cluster, name, &block->node))
		return true;
	known = symbols_find(&block->instances, name->node, host_length(name->node));
	if (known == SYMBOL_NONE)
		return false;
	strbuf_reset(&block->node);
	strbuf_add_string(&block->node, block->nodes[known]);
	return true;
}

/* Of two that tell the same (cAdvisor of its root, the kubelet of its node) the first one counts. */
static bool node_series(void *context, const struct series_label *labels, size_t n)
{
	struct node_block *block = context;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	uint32_t before = block->fed.count;
	struct series_name name;

	series_name_of_labels(labels, n, &name);
	strbuf_reset(&block->slice);
	if (!find_node(block, &name) || (block->slices && !series_slice(name.id, &block->slice)))
		return false;
	strbuf_add(&key, &block->metric, sizeof(block->metric));
	strbuf_add(&key, block->node.buf, block->node.len + 1);
	strbuf_add_string(&key, block->slice.buf);
	if (symbols_intern(&block->fed, key.buf, key.len) != before)
		return false;
	block->feed = usage_node_feed(block->prometheus->usage, block->node.buf, block->slice.buf, block->metric, block->prometheus->source);
	return true;
}

static void node_sample(void *context, double time_sec, double value)
{
	struct node_block *block = context;

	if (block->counter)
		usage_increase(block->feed, block->stretch.begin_sec, block->stretch.end_sec, value);
	else
		usage_gauge(block->feed, time_sec, value);
}

/* Everything of it that names the node, in one answer: there are few nodes, and few points. */
static int node_ask(struct node_block *block, const struct series_kind_of *kind, const char *matchers)
{
	static const struct response_handler handler = { .series = node_series, .sample = node_sample };
	struct prometheus *prometheus = block->prometheus;
	double length = block->stretch.end_sec - block->stretch.begin_sec;
	double step = fmax(prometheus->options->step_sec, ceil(length / POINTS));
	CLEANUP(strbuf_release) struct strbuf expression = STRBUF_INIT;
	int r;

	block->metric = kind->metric;
	block->counter = kind->kind == SERIES_COUNTER;
	strbuf_addf(&expression, "%s(%s{%s%s}[", block->counter ? "increase" : kind->kind == SERIES_CPU_SECONDS ? "rate" : "max_over_time",
		    kind->name, matchers, prometheus->matchers.buf);
	promql_duration(&expression, block->counter ? length : kind->kind == SERIES_CPU_SECONDS ? fmax(prometheus->rate_sec, step) : step);
	strbuf_add_string(&expression, "])");
	r = block->counter ? prometheus_query(prometheus, expression.buf, block->stretch.end_sec, &handler, block)
			   : prometheus_query_range(prometheus, expression.buf, &block->stretch, step, &handler, block);
	if (r != QUERY_TOO_MUCH)
		return r;
	(void)diag_warning(usage_notes(prometheus->usage), NULL, "%s: %s of nodes is too much for it: left out", prometheus->source, kind->name);
	return 0;
}

/* "/", "/system.slice", "/system.slice/kubelet.service" */
#define SLICES "id=~\"/[^/]*|/[^/]+/[^/]+\\\\.service\","

static int ask_all(struct node_block *block)
{
	static const enum usage_metric of_slices[] = { USAGE_CPU, USAGE_MEMORY_WORKING_SET };
	struct prometheus *prometheus = block->prometheus;
	size_t n;
	const struct series_kind_of *kinds = series_node_table(&n);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		if (prometheus->node_has[i])
			r = node_ask(block, &kinds[i], "");
	kinds = series_table(&n);
	block->slices = true;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; r == 0 && prometheus->has[i] && j < ARRAY_SIZE(of_slices); j++)
			if (kinds[i].metric == of_slices[j])
				r = node_ask(block, &kinds[i], SLICES);
	return r;
}

int prometheus_nodes(struct prometheus *prometheus)
{
	struct node_block block = { .prometheus = prometheus, .node = STRBUF_INIT, .slice = STRBUF_INIT,
				    .stretch = { prometheus->options->begin_sec, prometheus->options->end_sec } };
	int r = learn_names(&block);

	if (r == 0)
		r = ask_all(&block);
	symbols_release(&block.instances);
	symbols_release(&block.fed);
	strbuf_release(&block.node);
	strbuf_release(&block.slice);
	free(block.nodes);
	return r;
}
