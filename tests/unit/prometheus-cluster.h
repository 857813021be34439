/* SPDX-License-Identifier: Apache-2.0 */
/* A small cluster to which series of Prometheus can belong: shop/web (app, proxy), shop/db (app), node-1 and node-2. */
#ifndef KEISOKU_PROMETHEUS_CLUSTER_H
#define KEISOKU_PROMETHEUS_CLUSTER_H

#include "../../core/usage.h"

enum { WEB_APP, WEB_PROXY, DB_APP };

static inline void small_workload(struct cluster *cluster, const char *kind, const char *name, const char *const containers[])
{
	struct workload *workload = cluster_add_workload(cluster);

	workload->namespace = cluster_name(cluster, "shop");
	workload->kind = kind;
	workload->name = cluster_name(cluster, name);
	for (size_t i = 0; containers[i]; i++)
		cluster_add_container(cluster)->name = containers[i];
}

static inline void small_node(struct cluster *cluster, const char *name)
{
	GROW(cluster->nodes, cluster->nodes_capacity, (size_t)cluster->n_nodes + 1);
	cluster->nodes[cluster->n_nodes++] = (struct cluster_node){ .name = cluster_name(cluster, name) };
}

static inline struct cluster *small_cluster(void)
{
	struct cluster *cluster = cluster_new();

	small_workload(cluster, "Deployment", "web", (const char *const[]){ "app", "proxy", NULL });
	small_workload(cluster, "StatefulSet", "db", (const char *const[]){ "app", NULL });
	small_node(cluster, "node-1");
	small_node(cluster, "node-2");
	cluster_join(cluster);
	return cluster;
}

#endif
