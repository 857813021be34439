/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes a pod may run on at all, whatever room they have: its node selector, its required node affinity, its runtime class, taints.
 * Preferences and other pods do not count. */
#ifndef KEISOKU_PLACEMENT_H
#define KEISOKU_PLACEMENT_H

#include "../core/cluster.h"

enum placement {
	PLACEMENT_ALLOWED,
	PLACEMENT_NOT_SELECTED,		/* selector, affinity or runtime class ask for another node */
	PLACEMENT_TAINTED,		/* a taint that the pod does not tolerate; a node that is cordoned */
};

enum placement placement_of(const struct cluster *cluster, const struct workload *workload, const struct cluster_node *node);

#endif
