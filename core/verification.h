/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a plan: for each action whether it was applied, and by its own criterion whether it helped.  Strings are
 * finished but not escaped: reporters do that. */
#ifndef KEISOKU_VERIFICATION_H
#define KEISOKU_VERIFICATION_H

#include "comparison.h"

enum verdict {				/* the worst first */
	VERDICT_WORSE,
	VERDICT_NOT_APPLIED,
	VERDICT_NO_EFFECT,
	VERDICT_NO_LOAD,		/* not enough load to tell */
	VERDICT_UNMEASURED,		/* what its criterion needs was not measured */
	VERDICT_APPLIED,		/* there is nothing to measure: the setting is all it is about */
	VERDICT_HELPED,
	VERDICT_COUNT,
};
const char *verdict_name(enum verdict verdict);		/* "not-applied" */
const char *verdict_text(enum verdict verdict);		/* "not applied" */

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN };
const char *truth_name(enum truth truth);		/* "no", "yes", "unknown" */

enum quantity_role {
	ROLE_CRITERION,			/* decides */
	ROLE_LOAD,			/* what there was to do */
	ROLE_PER_LOAD,			/* the criterion's, divided by the load */
};
const char *quantity_role_name(enum quantity_role role);

/* One quantity in both windows. */
struct verified_quantity {
	enum quantity_role role;
	const char *expression;
	bool more_is_better;		/* CRITERION, PER_LOAD */
	struct dimension dimension;
	bool ratio;
	struct interval_comparison values;	/* in base units */
};

struct verified_reason {
	const char *finding, *rule, *title;	/* NULL: asked for */
	const char *criterion;		/* the expression that is true when it helped; NULL: there is none */
	enum truth before, after;	/* of the criterion, over each window */
	enum verdict verdict;
	const char *say;		/* why, a sentence */
	double load_ratio;		/* after to before; NAN: not known */
	struct verified_quantity *quantities;
	size_t n_quantities;
};

struct verified_action {
	uint64_t number;
	const char *key;
	const char *subject_name;	/* "host", "block sda" */
	const char *from, *to;		/* raw, as planned */
	const char *from_text, *to_text;
	const char *found;		/* raw, NULL: it has no value */
	const char *found_text;		/* with unit, or why there is none */
	bool applied;
	const char *takes_effect;
	enum verdict verdict;		/* the worst of its reasons' */
	const char *say;
	struct verified_reason *reasons;
	size_t n_reasons;
};

struct verification {
	const char *plan, *plan_id;
	struct compared_side before, after;
	struct identity_difference identity[8];
	size_t n_identity;
	bool windows;			/* both have one */
	struct verified_action *actions;
	size_t n_actions;
	size_t counts[VERDICT_COUNT];
	struct arena arena;
};

void verification_release(struct verification *verification);

#endif
