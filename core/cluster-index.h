/* SPDX-License-Identifier: Apache-2.0 */
/* Finding what a cluster holds by its names, which are pointers of cluster_name(). */
#ifndef KEISOKU_CLUSTER_INDEX_H
#define KEISOKU_CLUSTER_INDEX_H

#include "cluster.h"

struct index_entry {
	const void *key[3];
	uint32_t value;			/* and 1; 0: free */
};

struct index_table {
	struct index_entry *entries;
	uint32_t size, used;		/* size: a power of two */
};

/* The pods of one controller, while they are read: one of them stands for what all of them are. */
struct pod_group {
	uint32_t workload;
	uint64_t spec;			/* hash of the containers it was made from */
	int64_t start_sec;
};

struct cluster_index {
	struct index_table groups;	/* namespace, kind, name → of pod_groups; while reading */
	struct pod_group *pod_groups;
	uint32_t n_pod_groups;
	size_t pod_groups_capacity;

	struct index_table workloads;	/* namespace, kind, name */
	struct index_table pods;	/* namespace, name */
	struct index_table nodes;	/* name */
	struct index_table runtime_classes;	/* name */
	struct index_table containers;	/* number of the workload, name */
};

struct cluster_index *cluster_index(struct cluster *cluster);	/* made when it is not there */
void cluster_index_free(struct cluster_index *index);

/* CLUSTER_NONE: not there. */
uint32_t index_find(const struct index_table *table, const void *a, const void *b, const void *c);
void index_put(struct index_table *table, const void *a, const void *b, const void *c, uint32_t value);
void index_clear(struct index_table *table);

/* A number as part of a key. */
static inline const void *index_number(uint32_t number)
{
	return (const void *)((uintptr_t)number + 1);
}

/* What a pod belongs to as far as it says itself: the Deployment of "web-6d4cf56db6", the CronJob of "backup-29385060". */
void pod_controller(struct cluster *cluster, const struct cluster_pod *pod, const char **ret_kind, const char **ret_name);

#endif
