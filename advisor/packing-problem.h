/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of packing: a cluster as numbers.  Nodes and pods are in the order of their names here, so that the order of the input means nothing. */
#ifndef KEISOKU_PACKING_PROBLEM_H
#define KEISOKU_PACKING_PROBLEM_H

#include "../core/selector.h"
#include "../core/strbuf.h"
#include "packing.h"

enum { VIEW_NOW, VIEW_THEN };

#define PACK_NONE UINT32_MAX
#define PACK_UNLIMITED (INT64_MAX / 2)
#define PACK_ASKED_MAX 500		/* of each node: pods that are asked for without being there are counted, not placed, beyond them */
#define PACK_OTHERS_MAX 28		/* extended resources; pods that ask for others stay where they are */
#define PACK_CELLS_MAX (8U << 20)	/* domains of all watches together; pods with more constraints stay where they are */
#define PACK_MATCHES_MAX (50U << 20)	/* selectors tried on workloads */

struct pack_node {
	uint32_t number;		/* in cluster.nodes */
	double worth, size;		/* size: its CPU and memory, of the greatest node's */
	uint32_t zone;			/* domain of topology.kubernetes.io/zone; PACK_NONE */
	uint8_t hold;			/* enum packing_hold: of the node itself */
	bool target;			/* pods may be moved to it */
};

/* Something that is counted for each domain of a topology: pods that a selector selects. */
enum watch_kind { WATCH_AFFINITY, WATCH_ANTI, WATCH_SPREAD };

struct pack_watch {
	enum watch_kind kind;
	const uint32_t *domain;		/* of each node; PACK_NONE */
	uint32_t n_domains, offset;	/* offset: of its domains in the arrays of a state */
	/* Spread: */
	const uint64_t *counted;	/* nodes that count */
	int64_t max_skew, min_domains;
};

struct pack_list {
	uint32_t *items;
	uint32_t count;
	size_t capacity;
};

struct pack_shape {			/* what all pods of a workload have in common */
	uint32_t workload;
	int64_t *request[2];		/* by view */
	double share[2];		/* the greatest of its requests, as a share of a mean node's */
	const uint64_t *eligible;	/* nodes that selectors and taints leave */
	struct pack_list affinity, anti, spread;	/* its own watches */
	struct pack_list matched;	/* watches that count its pods */
	bool selects_itself;		/* its affinity */
	bool zone_bound;		/* it has volumes: only nodes of the zone it is in */
	bool with_node;
	uint8_t hold;
};

struct pack_pod {
	uint32_t shape, start, zone;	/* zone: the one it is bound to; PACK_NONE */
	uint8_t hold;
	bool with_node;
	bool later;			/* there only with what is recommended */
};

struct pack_column {			/* domains of one label */
	uint32_t *domain, n_domains;
};

struct pack_problem {
	struct arena arena;
	const struct cluster *cluster[2];
	const struct packing_options *options;
	struct pack_node *nodes;
	uint32_t n_nodes, n_dims, n_words;	/* words of a set of nodes */
	int64_t *size;			/* [node][dim]: allocatable */
	int64_t *reserve;		/* [node][dim]: headroom */
	struct symbols others;		/* names of extended resources: dimension RESOURCE_COUNT + number */
	uint32_t *node_rank;		/* by number in the cluster */
	struct pack_shape *shapes;
	uint32_t n_shapes;
	struct pack_pod *pods;
	uint32_t n_pods;
	size_t pods_capacity;
	uint32_t *pod_number;		/* in cluster.pods; CLUSTER_NONE */
	size_t numbers_capacity;
	size_t asked, beyond[2];	/* pods that are asked for; those beyond PACK_ASKED_MAX, by view */
	struct pack_watch *watches;
	uint32_t n_watches, n_cells;
	size_t watches_capacity;
	struct symbols keys;		/* of columns */
	struct pack_column *columns;
	size_t columns_capacity;
	bool pods_given;
};

static inline bool set_has(const uint64_t *set, uint32_t item)
{
	return set[item / 64] >> (item % 64) & 1;
}

static inline void set_add(uint64_t *set, uint32_t item)
{
	set[item / 64] |= (uint64_t)1 << (item % 64);
}

void pack_list_add(struct pack_list *list, uint32_t item);

void pack_problem_make(struct pack_problem *problem, const struct cluster *now, const struct cluster *then,
		       const struct packing_options *options);
void pack_problem_release(struct pack_problem *problem);

/* Domains of a label of the nodes; made when it is asked for first. */
struct pack_column pack_column(struct pack_problem *problem, const char *key);
static inline const struct workload *shape_workload(const struct pack_problem *problem, const struct pack_shape *shape)
{
	return &problem->cluster[VIEW_NOW]->workloads[shape->workload];
}

/* Adds a text that is the same for trees that say the same, and for no others. */
void pack_add_tree(struct strbuf *text, const struct node *tree);

/* packing-hold.c: why pods stay where they are. */
void pack_find_holds(struct pack_problem *problem);
/* packing-watch.c: affinity, anti-affinity, spread and host ports. */
void pack_find_watches(struct pack_problem *problem);

/* packing-index.c: workloads by labels, for selectors. */
struct pack_index;
struct pack_index *pack_index_new(const struct pack_problem *problem);
void pack_index_free(struct pack_index *index);
DEFINE_FREE_PTR(pack_index)
/* Adds the shapes that a selector may select, at least all it does, in the given namespaces (NULL: in all).  False: that was too much work. */
struct pack_namespaces {
	const char **names;
	size_t count, capacity;
	bool all;
};
bool pack_index_find(struct pack_index *index, const struct node *selector, const struct pack_namespaces *namespaces,
		     struct pack_list *ret_shapes);

#endif
