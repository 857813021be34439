/* SPDX-License-Identifier: Apache-2.0 */
/* What consequences look at: a workload with the rows of its containers, the objects that bound or move it, and its pod as admission makes it,
 * now and with what is proposed.  Everything is found by number, once; a view is made for one workload at a time. */
#ifndef KEISOKU_WORKLOAD_VIEW_H
#define KEISOKU_WORKLOAD_VIEW_H

#include "rightsize.h"

/* Items by a key: the first of each, and for each item the next one of the same key; CLUSTER_NONE ends. */
struct chain {
	uint32_t *first, *next;
};
#define CHAIN_EACH(chain, key, item) \
	for (uint32_t item = (key) == CLUSTER_NONE ? CLUSTER_NONE : (chain)->first[key]; item != CLUSTER_NONE; item = (chain)->next[item])

/* Of one pod, as far as quotas count it. */
struct pod_sums {
	int64_t request[2], limit[2];
	enum qos_class qos;
};
struct workload_sums {
	struct pod_sums now, then;
	int64_t pods;
};
struct quota_sums {			/* of all pods that a quota counts */
	int64_t now, added;
};
/* Some seconds.  Most workloads ask few nodes. */
#define PLACEMENTS_MOST 20000000
#define QUOTA_NAMES 6			/* that concern CPU or memory */

struct cluster_view {
	struct rightsizing *rightsizing;
	const struct cluster *cluster;
	struct arena arena;			/* of the index; what is told is in rightsizing's */
	struct symbols namespaces;
	struct chain rows, autoscalers, vpas;	/* by workload */
	struct chain limit_ranges, quotas, budgets;	/* by number of the namespace */
	uint32_t *namespace_of;			/* by workload: its namespace's number */
	struct workload_sums *sums;		/* by workload */
	struct quota_sums *quota_sums;		/* by quota and name */
	const struct priority_class *default_class;	/* of pods that name none; NULL */
	uint64_t placements;			/* how often nodes may still be asked, all workloads together */
	struct node_rooms *rooms;		/* consequence-node.c; NULL: nobody asked yet */
};

/* The pod of a workload. */
struct pod_shape {
	struct cluster cluster;			/* a copy whose containers are these, for workload_request() and workload_qos() */
	struct workload workload;
	struct workload_container *containers;
	enum qos_class qos;
	int64_t request[2], limit[2];		/* of the whole pod: milli, bytes; what no container has is 0 */
	int64_t overhead[2];			/* of its runtime class, which is in them */
};

struct workload_view {
	struct cluster_view *view;
	struct rightsizing *rightsizing;
	const struct cluster *cluster;
	const struct workload *workload;
	uint32_t number, namespace;		/* of the workload; of its namespace: CLUSTER_NONE when nothing else is in it */
	struct sizing_row **rows;		/* by position among its containers; NULL: no row */
	struct pod_shape now, then;		/* see view_reshape() */
	int64_t pods;				/* how many of it there are, or are asked for; -1: not known */
	struct workload_container *limits;	/* room to reckon in */
	struct arena arena;			/* of this view; what is told is in rightsizing's */
	const struct cluster_node *node;	/* of view_node() */
	bool node_known;
	bool changes;				/* something is proposed for one of its containers */
};

void cluster_view_make(struct cluster_view *view, struct rightsizing *rightsizing);
void cluster_view_release(struct cluster_view *view);

void workload_view_make(struct workload_view *view, struct cluster_view *cluster_view, uint32_t workload);
void workload_view_release(struct workload_view *view);
/* Makes view->then of what rows propose by now. */
void workload_view_reshape(struct workload_view *view);

/* Takes a proposal back: everything stays as it is, for this reason. */
void sizing_withdraw(struct rightsizing *rightsizing, struct sizing *sizing, enum status status, const char *reason);

/* "250m", "1536Mi", "1.2 GiB": as a person reads it; in the arena.  -1: "none". */
const char *size_text(struct arena *arena, enum resource resource, int64_t amount);

/* So that sums and differences of two stay within 64 bits; an exbibyte. */
#define AMOUNT_MOST (1LL << 60)
/* milli, bytes, 0 … AMOUNT_MOST; -1: none given. */
int64_t amount_size(const struct amount *amount, enum resource resource);
struct amount amount_of(enum resource resource, int64_t size);

/* BLOCKS, and the proposal is taken back; the sentence is both the consequence and the reason. */
void sizing_block(struct rightsizing *rightsizing, struct sizing *sizing, enum consequence_kind kind, const char *format, ...) FORMAT_PRINTF(4, 5);

/* The same for one resource of all containers whose proposals go this way. */
enum way { WAY_DOWN, WAY_UP, WAY_BOTH };
void view_block(struct workload_view *view, enum resource resource, enum way way, enum consequence_kind kind, const char *text);

/* Rounded up, so that a person can read what a manifest will say. */
int64_t whole_mib(int64_t bytes);

/* Whether its containers run all the time and side by side: app and sidecar. */
bool container_stays(const struct workload_container *container);

/* Of one container: what was measured, NAN when nothing was. */
double view_usage_max(const struct workload_view *view, const struct sizing_row *row, enum usage_metric metric);
/* Sums of means and greatest values over the containers that stay; NAN when one of them was not measured. */
double view_pod_mean(const struct workload_view *view, enum usage_metric metric);
double view_pod_max(const struct workload_view *view, enum usage_metric metric);

/* Whether its pods may run on a node; false too, after a note, when that was asked too often. */
bool view_places(struct cluster_view *view, const struct workload *workload, const struct cluster_node *node);

/* A node that it runs on, or the first that takes it; NULL: none is known. */
const struct cluster_node *view_node(struct workload_view *view);

/* The priority class that admission gives a workload's pods; "": none.  Its value; false: not known. */
const char *view_priority_class(const struct cluster_view *view, const struct workload *workload);
bool view_priority(const struct cluster_view *view, const struct workload *workload, int64_t *ret_priority);

/* A number or a share of pods: "2", "25%"; rounded up or down.  -1: it is none. */
int64_t count_or_share(const char *text, int64_t of, bool round_up);

/* ---- the steps: one file per matter ---- */

/* These may change what is proposed for one resource of a container that something is proposed for. */
void bound_memory(struct workload_view *view, struct sizing_row *row, enum resource resource);
void bound_heap(struct workload_view *view, struct sizing_row *row, enum resource resource);
void bound_used_cpu(struct workload_view *view, struct sizing_row *row, enum resource resource);
void bound_guaranteed(struct workload_view *view, struct sizing_row *row, enum resource resource);
void bound_static_cpu(struct workload_view *view, struct sizing_row *row, enum resource resource);
void bound_limit_range(struct workload_view *view, struct sizing_row *row, enum resource resource);
void bound_floor(struct workload_view *view, struct sizing_row *row, enum resource resource);

/* These take it back where it cannot be, or tell what follows; once all bounds hold. */
void tell_limit_range(struct workload_view *view);
void tell_vpa(struct workload_view *view);
void tell_node_fit(struct workload_view *view);
void tell_quota(struct workload_view *view);
void tell_hpa(struct workload_view *view);
void tell_qos(struct workload_view *view);
void tell_heap(struct workload_view *view);
void tell_static_cpu(struct workload_view *view);
void tell_daemon_set(struct workload_view *view);
void tell_job(struct workload_view *view);
void tell_rollout(struct workload_view *view);

/* How many nodes a DaemonSet runs on; -1: no nodes are known.  consequence-node.c */
int64_t daemon_nodes(struct cluster_view *view, const struct workload *workload);
/* After view->sums are there.  consequence-quota.c */
void quotas_reckon(struct cluster_view *view);
/* LimitRange defaults into a container as admission finds it.  consequence-limit-range.c */
void limit_range_default(const struct cluster_view *view, uint32_t namespace, struct workload_container *container);
/* Memory that it needed at an OOM kill, or had used up; 0: never.  consequence-memory.c */
int64_t memory_floor(const struct workload_view *view, const struct sizing_row *row, const char **ret_why);

#endif
