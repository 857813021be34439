/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the savings: rightsize-savings.c asks for money, rightsize-realise.c for nodes. */
#ifndef KEISOKU_RIGHTSIZE_SAVINGS_H
#define KEISOKU_RIGHTSIZE_SAVINGS_H

#include "../core/prices.h"
#include "../core/rightsizing.h"

/* The cluster with its containers as they are recommended; only what is recommended, not what is suspected.  Everything but containers
 * is the cluster's own: free(then.containers). */
struct cluster rightsize_then(const struct rightsizing *rightsizing);

/* Which nodes could be given back: the realisable half of savings.  more: pods of each workload that autoscalers add with what is
 * recommended, unless their targets are changed too.  prices may be NULL. */
void rightsize_realise(struct rightsizing *rightsizing, const struct cluster *then, const uint32_t *more, const struct prices *prices);

#endif
