/* SPDX-License-Identifier: Apache-2.0 */
/* What Kubernetes' selectors, node affinities and tolerations let through, on the trees that struct cluster keeps.  As the scheduler has it:
 * apimachinery/pkg/labels/selector.go, component-helpers/scheduling/corev1/nodeaffinity, api/core/v1/toleration.go.
 * A tree may hold anything: what is malformed lets nothing through, as there. */
#ifndef KEISOKU_SELECTOR_H
#define KEISOKU_SELECTOR_H

#include "cluster.h"

/* The value of key in what may or may not be a mapping; NULL. */
const struct node *tree_get(const struct node *tree, const char *key);
/* Its text; otherwise when it is not there or no scalar. */
const char *tree_text(const struct node *tree, const char *key, const char *otherwise);
/* Whether it is there and not null. */
bool tree_given(const struct node *tree);

/* A LabelSelector: matchLabels and matchExpressions, all of them.  NULL selects nothing, {} everything. */
bool selector_matches(const struct node *selector, const struct node *labels);

/* nodeSelector and the required terms of nodeAffinity: one term of these is enough, of which every expression has to hold. */
bool node_wanted(const struct node *node_selector, const struct node *affinity, const struct cluster_node *node);

/* Whether every taint that keeps pods out (NoSchedule, NoExecute) is tolerated; else the first that is not. */
bool taints_tolerated(const struct node *taints, const struct node *tolerations, const struct node **ret_taint);

#endif
