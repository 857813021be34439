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
	double target, lower, upper;	/* cores, bytes */
	double floor;			/* never below: what it had or used at an OOM kill; 0 */
	enum confidence confidence;
	const char *confidence_reason;
	const char *why_not, *next_step;	/* !known */
};
struct need percentile_need(const struct rightsizing *rightsizing, uint32_t container, enum resource resource, struct arena *arena);
struct need vpa_need(const struct rightsizing *rightsizing, uint32_t container, enum resource resource, struct arena *arena);

/* Fill cause, severity, evidence and because; may raise request_to and limit_to. */
void rightsize_evidence(struct rightsizing *rightsizing, struct sizing_row *row);
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
