/* SPDX-License-Identifier: Apache-2.0 */
/* Judges each action of a plan by its own criterion: the rule's verify expression over the window after the change, and
 * what that expression measures, interval by interval, before and after.  Pure. */
#ifndef KEISOKU_VERIFY_H
#define KEISOKU_VERIFY_H

#include "../core/plan-document.h"
#include "../core/verification.h"
#include "advisor.h"

/* ret refers to plan and both snapshots, which must outlive it.  Release it with verification_release().  A criterion of
 * the plan whose rule is not known is compiled; what is wrong with it goes to diag. */
void verify_plan(struct rulebook *rulebook, const struct plan_document *plan, const struct compared_side *before,
		 const struct compared_side *after, struct diag *diag, struct verification *ret);

#endif
