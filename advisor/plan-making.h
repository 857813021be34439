/* SPDX-License-Identifier: Apache-2.0 */
/* A plan while it is being made.  Inside the advisor only.
 *
 * Each setting that somebody wants changed is one wish.  Wishes are joined, checked against what the registry says must
 * hold between settings, ordered, and become actions. */
#ifndef KEISOKU_PLAN_MAKING_H
#define KEISOKU_PLAN_MAKING_H

#include "../core/plan.h"
#include "../core/strbuf.h"
#include "rule.h"

struct wish {
	const struct change *change;	/* with the value that wins */
	struct plan_reason *reasons;
	size_t n_reasons, capacity;
	const char *kept_with;		/* it is here because of a constraint: a sentence */
	const struct change *kept_for;	/* the change that takes it along */
	const char *conflict;		/* why its reasons contradict each other; NULL: they do not */
	bool left_out;			/* noted in the plan already */
};

struct making {
	struct rulebook *rulebook;
	const struct registry *registry;
	struct snapshot *snapshot;	/* changed while the plan is tried on it, and then put back */
	const struct plan_options *options;
	struct plan *plan;
	struct wish *wishes;
	size_t n_wishes, wishes_capacity;
};

static inline bool wish_counts(const struct wish *wish)
{
	return !wish->conflict && !wish->left_out;
}

struct wish *making_find(const struct making *making, subject_id subject, const char *key);
/* Adds a reason to the wish for this setting, or a new one.  finding NULL: asked for. */
struct wish *making_add(struct making *making, const struct finding *finding, const struct change *change);
void making_leave_out(struct making *making, struct wish *wish, unsigned int forbidden, const char *reason);

/* The key of a change without its subject: "scheduler". */
const char *change_setting_key(const struct change *change);

/* -1: every item of a is at or below that of b; 1: at or above; 0: equal; 2: both ways, or they cannot be compared. */
int plan_compare(const struct entry *entry, const char *a, const char *b);

/* Whether it would change anything. */
bool plan_differs(const struct making *making, const struct change *change);

/* A change that no finding holds, from and to filled in for people. */
struct change *making_change(struct making *making, const struct entry *entry, subject_id subject, const char *key,
			     const char *to);

/* ---- advisor/plan-constraint.c ---- */

/* Moves partners along or leaves wishes out, until everything that the registry says of pairs holds. */
void plan_constrain(struct making *making);
/* Whether a has to be written before b so that nothing is broken on the way. */
bool plan_must_precede(const struct making *making, const struct action *a, const struct action *b);

/* ---- advisor/plan-order.c ---- */
void plan_order(struct making *making);

#endif
