/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes a cluster could do without: with what its pods request now, and with what is recommended.
 *
 * Two answers are the ends of a range.  The least: node after node is drained onto those that stay, as an autoscaler would, everything else
 * staying where it is.  The most: all pods that may move are packed anew.  Pods are placed as the scheduler would place them
 * (requests in every resource, node selectors and affinity, taints, affinity between pods, topology spread, host ports), and pods that
 * cluster-autoscaler would not evict by default stay on their node and hold it (cluster-autoscaler/FAQ.md, "What types of pods can
 * prevent CA from removing a node?").  Nothing preferred or soft is looked at.
 *
 * What could be given back without any change is nobody's merit: nodes are emptied with the requests of now first, and only those that go
 * beyond are freed.  The answer does not depend on the order of the input. */
#ifndef KEISOKU_PACKING_H
#define KEISOKU_PACKING_H

#include "../core/cluster.h"

enum packing_hold {			/* why a node is kept, or a pod stays on it */
	HOLD_NONE,
	HOLD_CONTROL_PLANE,
	HOLD_VIRTUAL,
	HOLD_CORDONED,			/* somebody is taking it away, or wants it empty */
	HOLD_NOT_READY,
	HOLD_UNKNOWN_SIZE,		/* its allocatable CPU or memory is not known */
	HOLD_NAKED,
	HOLD_CONTROLLER,
	HOLD_LOCAL_STORAGE,
	HOLD_NOT_SAFE,
	HOLD_SYSTEM,
	HOLD_BUDGET,
	HOLD_SCHEDULER,
	HOLD_COMPLEX,
	HOLD_NO_ROOM,			/* its pods fit nowhere else */
	HOLD_COUNT,
};
/* After "held by" or "kept:": "pods with local storage". */
const char *packing_hold_text(enum packing_hold hold);

enum packing_fate {
	FATE_KEPT,
	FATE_EMPTIED,			/* could be given back without any change */
	FATE_FREED,			/* could be given back with what is recommended */
	FATE_REOPENED,			/* could be emptied now, but what is recommended needs it */
};

/* What was done, in order, for whoever wants to check it. */
enum packing_step_kind {
	STEP_RESET,			/* all pods that may move are taken off their nodes */
	STEP_DRAIN,			/* all pods are taken off a node, and it is gone */
	STEP_DISPLACE,			/* a pod is taken off a node that became too small for it */
	STEP_PLACE,
	STEP_REOPEN,			/* a node is there again, and so are the pods that belong to it */
	STEP_SWITCH,			/* from here on pods request what is recommended */
};

struct packing_step {
	enum packing_step_kind kind;
	uint32_t pod, node;		/* in packing.pods, cluster.nodes */
};

struct packing_pod {
	uint32_t workload, pod;		/* pod: in cluster.pods; CLUSTER_NONE: asked for, but not there */
	uint32_t start;			/* the node it is on: in cluster.nodes; CLUSTER_NONE */
	enum packing_hold hold;		/* why it is not moved */
	bool with_node;			/* of a DaemonSet, or static: comes and goes with its node */
	bool later;			/* there only with what is recommended */
};

struct packing_answer {
	uint8_t *fates;			/* enum packing_fate of each node of the cluster */
	struct packing_step *steps;
	size_t n_steps, capacity;
	size_t unplaced_now, unplaced_then;	/* pods that find no node */
};

struct packing_options {
	double headroom;		/* share of each node that is left free when pods are moved to it: for surges and failover */
	const double *worth;		/* of each node, at least 0; NULL: all the same */
	const uint32_t *more;		/* pods of each workload that are there only with what is recommended; NULL: none */
	bool record;			/* fill steps */
};

struct packing {
	struct arena arena;
	struct packing_pod *pods;
	size_t n_pods;
	bool pods_given;		/* where pods run is known */
	struct packing_answer least, most;
	uint8_t *holds;			/* enum packing_hold of each node that least keeps */
};

/* then: the cluster with other containers, else the same. */
void packing_solve(const struct cluster *now, const struct cluster *then, const struct packing_options *options,
		   struct packing *ret_packing);
void packing_release(struct packing *packing);

#endif
