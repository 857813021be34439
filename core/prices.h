/* SPDX-License-Identifier: Apache-2.0 */
/* What CPU and memory cost: a YAML file the user gives (--prices).  docs/keisoku-prices.5 is its manual; packaging/prices/ has an example.
 *
 *	currency: USD
 *	source: price list of …, region …
 *	date: 2026-10-01
 *	cpu_hour: 0.033			# of one CPU
 *	gib_hour: 0.0045		# of one GiB of memory
 *	nodes:				# optional: of nodes with these labels; the first that matches counts
 *	  - match: {node.kubernetes.io/instance-type: m5.2xlarge}
 *	    hour: 0.384			# of the whole node
 *	  - match: {karpenter.sh/capacity-type: spot}
 *	    cpu_hour: 0.011		# or of its parts
 *	    gib_hour: 0.0015 */
#ifndef KEISOKU_PRICES_H
#define KEISOKU_PRICES_H

#include "cluster.h"

struct node_price {
	const struct node *match;	/* labels that must all be so */
	double hour;			/* of the whole node; NAN: the two others are given */
	double cpu_hour, gib_hour;	/* NAN: hour is given */
};

struct prices {
	const char *currency, *source, *date;
	double cpu_hour, gib_hour;	/* both or neither; NAN */
	struct node_price *nodes;
	size_t n_nodes;
	struct arena arena;
};

#define PRICES_INIT { 0 }
void prices_release(struct prices *prices);
/* -EINVAL after diag_error(): strict, as our own YAML is; negative prices, no date and no source are errors. */
int prices_parse(const char *file, const char *text, size_t length, struct diag *diag, struct prices *ret_prices);
/* Of one hour; by the node's labels, else by its capacity; NAN when prices know neither. */
double prices_node_hour(const struct prices *prices, const struct cluster_node *node);
/* The same, split: of one of its CPUs and of one byte of its memory, as cpu_hour and gib_hour split it, else evenly.  NAN. */
void prices_node_rates(const struct prices *prices, const struct cluster_node *node, double *ret_cpu_hour, double *ret_byte_hour);

#endif
