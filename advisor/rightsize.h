/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and limits from what was used.  Pure: cluster and usage in, rows out; DESIGN.md section 10.
 *
 * In this order: a recommender says what each container needs (rightsize-percentile.c, rightsize-vpa.c); the joined evidence says which
 * cause a change would treat, and raises what was killed or throttled (rightsize-evidence.c); what surrounds the container bounds the change or
 * speaks against it (rightsize-consequences.c and its neighbours); small changes are dropped; what is left is priced and packed
 * (rightsize-savings.c). */
#ifndef KEISOKU_RIGHTSIZE_H
#define KEISOKU_RIGHTSIZE_H

#include "../core/prices.h"
#include "../core/rightsizing.h"

void rightsize_options_default(struct rightsize_options *options, enum recommender recommender);
/* prices may be NULL. */
void rightsize(const struct cluster *cluster, const struct usage *usage, const struct rightsize_options *options,
	       const struct prices *prices, struct rightsizing *ret_rightsizing);

/* ---- the steps, inside the advisor ---- */

struct need {				/* of one container and resource */
	bool known;
	/* cores, bytes.  Below lower it is too little, above upper too much; between them nothing argues for a change.  percentile: lower and
	 * upper are the target, but where page cache is in it. */
	double target, lower, upper;
	bool bounds;			/* lower and upper only say whether a change is due: it goes to the target */
	bool cache;			/* between lower and upper is page cache */
	double floor;			/* never below: what it had or used at an OOM kill; 0 */
	enum confidence confidence;
	const char *confidence_reason;
	const char *basis;		/* what target is: "95th percentile of 3 pods" */
	const char *why_not, *next_step;	/* !known */
};
struct need percentile_need(const struct rightsizing *rightsizing, uint32_t container, enum resource resource, struct arena *arena);
struct need vpa_need(const struct rightsizing *rightsizing, uint32_t container, enum resource resource, struct arena *arena);
/* What a VerticalPodAutoscaler of the cluster recommends, where those know nothing; floor stays.  False, and nothing changed: none does. */
bool vpa_object_need(const struct rightsizing *rightsizing, uint32_t container, enum resource resource, struct arena *arena, struct need *need);

/* What is known of the nodes, found once.  rightsize-node.c */
struct node_view {
	double cpu_pressure, memory_pressure;	/* shares of time in which something waited; NAN: not measured */
	double cpu_used;			/* 95th percentile, as a share of its capacity; NAN */
};
struct node_views {
	struct node_view *nodes;		/* of cluster.nodes */
	int64_t most_cpu_milli, most_memory;	/* allocatable of the greatest; -1: not known */
};
/* Also says in rightsizing->node_notes where what is reserved for the system does not fit what it uses. */
void rightsize_nodes(struct rightsizing *rightsizing, struct node_views *ret_views);

/* Status, cause, severity, evidence and because; request_to and limit_to, which are as from before.  due: whether what lies within bounds is
 * changed too, as `vpa` decides for whole pods; percentile: always. */
void rightsize_evidence(struct rightsizing *rightsizing, const struct node_views *nodes, struct sizing_row *row, const struct need needs[2],
			bool due);
/* Add consequences; may bound request_to and limit_to, or take the recommendation back.  Called once for all rows, after the evidence of each. */
void rightsize_consequences(struct rightsizing *rightsizing);
/* Drops what is too small to be worth it. */
void rightsize_least_change(struct rightsizing *rightsizing);
/* cost_now, cost_then and savings. */
void rightsize_savings(struct rightsizing *rightsizing, const struct prices *prices);

/* Shared: adds one, in the order of weight.  text is kept in the arena. */
void sizing_consequence(struct rightsizing *rightsizing, struct sizing *sizing, enum consequence_kind kind, enum consequence_weight weight,
			const char *format, ...) FORMAT_PRINTF(5, 6);

#endif
