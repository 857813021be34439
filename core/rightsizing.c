/* SPDX-License-Identifier: Apache-2.0 */
#include "rightsizing.h"

/* clang-format off */
static const struct { const char *name, *text; } causes[CAUSE_COUNT] = {
	[CAUSE_NONE]                = { .name = "none", .text = "nothing is the matter", },
	[CAUSE_REQUEST_TOO_HIGH]    = { .name = "request-too-high", .text = "the request is higher than what was used", },
	[CAUSE_REQUEST_TOO_LOW]     = { .name = "request-too-low", .text = "the request is lower than what was used", },
	[CAUSE_NO_REQUEST]          = { .name = "no-request", .text = "there is no request, so that the scheduler keeps no room for it", },
	[CAUSE_LIMIT_TOO_LOW]       = { .name = "limit-too-low", .text = "the limit is lower than what it needs", },
	[CAUSE_LIMIT_TOO_HIGH]      = { .name = "limit-too-high", .text = "the limit is far above what it needs, or above what its node has", },
	[CAUSE_NODE_SHORT]          = { .name = "node-short", .text = "its node is short: no request of this container helps", },
	[CAUSE_PAGE_CACHE]          = { .name = "page-cache", .text = "what looks like need is page cache that can be reclaimed", },
	[CAUSE_HEAP_ABOVE_LIMIT]    = { .name = "heap-above-limit", .text = "its runtime may grow beyond the limit", },
	[CAUSE_THREADS_ABOVE_QUOTA] = { .name = "threads-above-quota", .text = "more threads want to run than its CPU limit feeds", },
	[CAUSE_NO_CPU_LIMIT]        = { .name = "no-cpu-limit", .text = "there is no CPU limit, and limits were asked for", },
	[CAUSE_GROWTH]              = { .name = "growth", .text = "its memory grows without end, so that no size is enough", },
	[CAUSE_IDLE]                = { .name = "idle", .text = "the whole pod did nothing while it was measured", },
};
/* clang-format on */

const char *size_cause_name(enum size_cause cause)
{
	return causes[cause].name;
}

const char *size_cause_text(enum size_cause cause)
{
	return causes[cause].text;
}

const char *consequence_kind_name(enum consequence_kind kind)
{
	static const char *const names[CONSEQUENCE_COUNT] = {
		[CONSEQUENCE_HPA] = "hpa", [CONSEQUENCE_LIMIT_RANGE] = "limit-range", [CONSEQUENCE_QUOTA] = "quota",
		[CONSEQUENCE_QOS] = "qos", [CONSEQUENCE_EVICTION] = "eviction", [CONSEQUENCE_NODE_FIT] = "node-fit",
		[CONSEQUENCE_STATIC_CPU] = "static-cpu", [CONSEQUENCE_JVM] = "jvm", [CONSEQUENCE_GO] = "go",
		[CONSEQUENCE_JOB] = "job", [CONSEQUENCE_DAEMON_SET] = "daemon-set", [CONSEQUENCE_VPA] = "vpa",
		[CONSEQUENCE_RESTART] = "restart", [CONSEQUENCE_OOM_FLOOR] = "oom-floor",
		[CONSEQUENCE_RUNTIME] = "runtime",
	};

	return names[kind];
}

const char *consequence_weight_name(enum consequence_weight weight)
{
	static const char *const names[] = {
		[CONSEQUENCE_NOTE] = "note", [CONSEQUENCE_CHANGED] = "changed", [CONSEQUENCE_WARNING] = "warning",
		[CONSEQUENCE_BLOCKS] = "blocks",
	};

	return names[weight];
}

bool sizing_changes(const struct sizing *sizing)
{
	return sizing->status == STATUS_RECOMMEND &&
	       (sizing->request_to != sizing->request_from || sizing->limit_to != sizing->limit_from);
}

static const char *label_of(const struct node *labels, const char *key)
{
	const struct node *value = labels && labels->kind == NODE_MAPPING ? node_get(labels, key) : NULL;

	return value && value->kind == NODE_SCALAR && *value->text ? value->text : NULL;
}

const char *workload_label(const struct cluster *cluster, const struct workload *workload, const char *key)
{
	const char *value = label_of(workload->labels, key);

	if (!value)
		value = label_of(workload->pod_labels, key);
	for (uint32_t i = 0; i < cluster->n_namespaces && !value; i++)
		if (streq(cluster->namespaces[i].name, workload->namespace))
			value = label_of(cluster->namespaces[i].labels, key);
	return value ? value : "";
}

void rightsizing_release(struct rightsizing *rightsizing)
{
	free(rightsizing->rows);
	free(rightsizing->node_notes);
	arena_release(&rightsizing->arena);
	diag_release(&rightsizing->notes);
	*rightsizing = (struct rightsizing)RIGHTSIZING_INIT;
}
