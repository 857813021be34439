/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of Kubernetes as a snapshot that policies are held against. */
#ifndef KEISOKU_MANIFESTS_H
#define KEISOKU_MANIFESTS_H

#include "../core/cluster.h"
#include "../core/registry.h"

/* Joins the cluster, once. */
struct snapshot *manifests_snapshot(struct cluster *cluster, const struct registry *registry);

#endif
