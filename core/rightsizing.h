/* SPDX-License-Identifier: Apache-2.0 */
/* What `keisoku rightsize` found: a row for each container of each workload, what it costs and what could be saved.  Made by
 * advisor/rightsize.c, written by reports/rightsize-*.c.  All strings are finished, live in its arena, and may hold anything that
 * stood in the input: each reporter escapes for its own format. */
#ifndef KEISOKU_RIGHTSIZING_H
#define KEISOKU_RIGHTSIZING_H

#include "finding.h"
#include "usage.h"

/* What a change treats, or what is the matter where none is proposed. */
enum size_cause {
	CAUSE_NONE,
	CAUSE_REQUEST_TOO_HIGH,
	CAUSE_REQUEST_TOO_LOW,
	CAUSE_NO_REQUEST,
	CAUSE_LIMIT_TOO_LOW,
	CAUSE_LIMIT_TOO_HIGH,		/* of memory: above what its node can hold, or far above need */
	CAUSE_NODE_SHORT,		/* contention or pressure of the node: no request of this container helps */
	CAUSE_PAGE_CACHE,		/* what looks like need is page cache that could be reclaimed */
	CAUSE_HEAP_ABOVE_LIMIT,		/* the runtime may grow beyond the limit */
	CAUSE_THREADS_ABOVE_QUOTA,	/* more runnable threads than the quota feeds: throttled in bursts */
	CAUSE_NO_CPU_LIMIT,		/* there is none, and limits are asked for (options.cpu_limits) */
	CAUSE_GROWTH,			/* its memory grows without end: no size is enough */
	CAUSE_IDLE,			/* the whole pod did nothing: whether it is a standby or not needed cannot be measured */
	CAUSE_COUNT,
};
const char *size_cause_name(enum size_cause cause);		/* "request-too-high" … */
const char *size_cause_text(enum size_cause cause);		/* "the request is higher than what was used" */

enum consequence_kind {
	CONSEQUENCE_HPA, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_QUOTA, CONSEQUENCE_QOS, CONSEQUENCE_EVICTION, CONSEQUENCE_NODE_FIT,
	CONSEQUENCE_STATIC_CPU, CONSEQUENCE_JVM, CONSEQUENCE_GO, CONSEQUENCE_JOB, CONSEQUENCE_DAEMON_SET, CONSEQUENCE_VPA,
	CONSEQUENCE_RESTART, CONSEQUENCE_OOM_FLOOR,
	CONSEQUENCE_RUNTIME,		/* Node.js, .NET: heaps of other runtimes than the JVM and Go */
	CONSEQUENCE_COUNT,
};
const char *consequence_kind_name(enum consequence_kind kind);	/* "hpa" … */

enum consequence_weight {
	CONSEQUENCE_NOTE,		/* good to know */
	CONSEQUENCE_CHANGED,		/* the proposal was changed because of it */
	CONSEQUENCE_WARNING,		/* somebody has to do something besides */
	CONSEQUENCE_BLOCKS,		/* the change would fail or break something: it is not recommended */
};
const char *consequence_weight_name(enum consequence_weight weight);	/* "note" … */

struct consequence {
	enum consequence_kind kind;
	enum consequence_weight weight;
	const char *text;		/* one sentence with its numbers, without a full stop */
};

/* Where an amount stands in its file, when it was seen that nothing but it stands there.  line 0: it was not. */
struct amount_place {
	uint32_t line, column, end_column;	/* of characters, from 1; end_column: behind its last */
};

/* One resource of one container. */
struct sizing {
	enum status status;		/* RECOMMEND, SUSPECT, UNMEASURED, ELSEWHERE, SATISFIED, NOT_APPLICABLE */
	enum severity severity;		/* what is at stake: critical when it was killed or is throttled hard, low for savings */
	enum size_cause cause;
	const char *reason;		/* why this status; one sentence */
	const char *because;		/* numbers: what was measured and what follows */
	const char *next_step;		/* unmeasured, suspect */
	/* Of requests and limits, in milli-cores or bytes; -1: none.  from: as the manifest says after its defaults and a LimitRange's. */
	int64_t request_from, request_to, limit_from, limit_to;
	struct amount_place request_place, limit_place;
	/* What the recommender said before anything bounded it, and how sure that is. */
	double target, lower, upper;	/* cores or bytes; NAN */
	enum confidence confidence;
	const char *confidence_reason;
	struct evidence *evidence;
	size_t n_evidence;
	struct consequence *consequences;	/* the gravest first */
	size_t n_consequences;
	double replicas_then;		/* what a HorizontalPodAutoscaler makes of replicas with this change; 0: nothing moves them */
	/* What the container takes of the bill for this resource a month, now and then; of all its replicas.  NAN: no price. */
	double cost_now, cost_then;
};

/* Recommended, and something is another then: what becomes a patch. */
bool sizing_changes(const struct sizing *sizing);

struct sizing_row {
	uint32_t workload, container;
	const char *id;			/* stable: "rightsize@NAMESPACE/KIND/NAME/CONTAINER" */
	double replicas;		/* mean over the window where known, else what is asked for */
	struct sizing of[2];		/* RESOURCE_CPU, RESOURCE_MEMORY */
	enum qos_class qos_now, qos_then;
	const char *patch_note;		/* why no patch can be written for it; NULL */
};

struct saving_group {			/* per namespace, and per value of a label */
	const char *name;
	double requested_now, requested_then;	/* money a month */
	double cpu_now, cpu_then;	/* cores */
	double memory_now, memory_then;	/* bytes */
	uint32_t containers;
};

struct node_saving {			/* nodes of one price that look alike */
	const char *name;		/* instance type, or "8 CPU, 32 GiB" */
	uint32_t nodes, freed_least, freed_most;
	double price;			/* of one a month; NAN */
	const char *note;		/* why none is freed, or what holds them */
};

struct savings {
	bool priced;
	const char *currency;		/* "USD" */
	const char *price_source, *price_date;
	double hours;			/* of a month: 730 */
	double bill;			/* all nodes, or all requests where no nodes are known; NAN */
	bool bill_of_nodes;
	double requested;		/* what the requests would sink by; may be negative: it costs more */
	double realisable_least, realisable_most;	/* what nodes that packing frees cost; 0 ≤ least ≤ most ≤ bill */
	const char *realisable_note;	/* how it was found, or why it is zero or unknown */
	/* Nodes that could be given back without any change: not counted above.  Money: NAN without prices. */
	uint32_t idle_nodes_least, idle_nodes_most;
	double idle_least, idle_most;
	struct node_saving *nodes;
	size_t n_nodes;
	struct saving_group *namespaces;
	size_t n_namespaces;
	struct saving_group *labels;	/* of options.label */
	size_t n_labels;
	const char *label;
	size_t unplaced_now, unplaced_then;	/* pods that packing finds no node for */
};

/* What is reserved for the system of a node against what it uses. */
struct node_note {
	uint32_t node;			/* in cluster.nodes */
	enum resource resource;
	bool too_little;		/* else far too much */
	double reserved, used;		/* cores, bytes */
	const char *text;		/* a sentence with its numbers */
};

enum recommender { RECOMMENDER_PERCENTILE, RECOMMENDER_VPA };

struct rightsize_options {
	enum recommender recommender;
	/* percentile: of CPU usage for requests; of the memory working set's peaks; what is added. */
	double cpu_percentile, cpu_margin;		/* 0.95, 0.0 … */
	double memory_percentile, memory_margin;
	bool cpu_limits;		/* propose CPU limits too; off: an existing one is only raised when it throttles */
	double min_window_sec;
	uint64_t min_samples;
	double least_change;		/* a share: smaller changes are not worth a rollout */
	int64_t least_cpu_milli, least_memory_bytes;	/* nor smaller ones than that */
	int64_t min_cpu_milli, min_memory_bytes;	/* never below */
	const char *label;		/* groups of savings besides namespaces; "" */
	double headroom;		/* share of each node that packing leaves free, for surges and failover; 0 */
	const char *only_namespace;	/* "" */
	double now_sec;			/* the clock, given by the caller */
};

struct prices;				/* core/prices.h */

struct rightsizing {
	const struct cluster *cluster;
	/* The same, where containers that say nothing have what LimitRanges give them: what pods run with.  NULL: as cluster. */
	const struct cluster *admitted;
	const struct usage *usage;
	struct rightsize_options options;
	struct sizing_row *rows;	/* sorted: status, severity, then what it saves */
	size_t n_rows, capacity;
	size_t counts[STATUS_COUNT];	/* of sizings */
	struct savings savings;
	struct node_note *node_notes;
	size_t n_node_notes, node_notes_capacity;
	struct arena arena;
	struct diag notes;
	bool all;			/* reports leave nothing out: what is satisfied, what is one of very many */
};

#define RIGHTSIZING_INIT { 0 }
static inline const struct cluster *rightsizing_admitted(const struct rightsizing *rightsizing)
{
	return rightsizing->admitted ? rightsizing->admitted : rightsizing->cluster;
}
/* Whose workload it is: the value of a label of the workload, else of its pods, else of its namespace; "": none has it. */
const char *workload_label(const struct cluster *cluster, const struct workload *workload, const char *key);
void rightsizing_release(struct rightsizing *rightsizing);

#endif
