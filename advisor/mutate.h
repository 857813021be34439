/* SPDX-License-Identifier: Apache-2.0 */
/* Mutants of a rule: the same rule with one small mistake in it.  A mutant that no case notices shows what the cases do
 * not say: a boundary nobody stands on, a condition nobody needs.
 *
 * An operator is another (< and <=, and and or, + and -), a number is double, half or one more, a unit the next, a
 * function its neighbour; an operand of and or or, an elsewhere, a where or a held is left out; a direction is turned
 * round.  Only where, when,
 * held, elsewhere and what is set are changed: texts and verify are not what a case sees. */
#ifndef KEISOKU_MUTATE_H
#define KEISOKU_MUTATE_H

#include "case.h"

/* A rule, the field and both texts name a mutant for good: they say nothing of lines or columns. */
struct mutant {
	const char *field;		/* "when", "elsewhere[1].when", "changes[0].to" */
	const char *from, *to;		/* the smallest piece of the field that stands in it once; "" for left out */
	struct place place;		/* of the piece */
	bool boundary;			/* a comparison that takes in its own limit, or no longer does */
	const struct node *rule;	/* the whole mapping, mutated */
};

/* All mutants of a rule that was loaded without a mistake; those that cannot be compiled are among them.  They live in
 * arena, beside what they share with rule. */
size_t mutants_of(const struct node *rule, struct arena *arena, struct mutant **ret_mutants);

enum mutant_fate {
	MUTANT_INVALID,			/* it is refused like any wrong rule */
	MUTANT_NOTICED,			/* a case fails */
	MUTANT_SURVIVES,
};

/* documents: the cases, which the rule itself must fulfil. */
enum mutant_fate mutant_judge(const struct registry *registry, const struct mutant *mutant,
			      const struct node *documents);

/* The same rule without a field.  NULL: it has no such field. */
const struct node *rule_without(const struct node *rule, const char *field, struct arena *arena);

/* ---- mutants that are known to mean the same ---- */

/* RULE: [{in: FIELD, from: TEXT, to: TEXT, because: REASON}, …] */
struct equivalents;

struct equivalents *equivalents_new(void);
void equivalents_free(struct equivalents *equivalents);
DEFINE_FREE_PTR(equivalents)
int equivalents_load(struct equivalents *equivalents, const struct node *documents, struct diag *diag);

/* Whether the mutant is listed; the entry is then used. */
bool equivalents_has(struct equivalents *equivalents, const char *rule, const struct mutant *mutant,
		     enum mutant_fate fate);
/* Entries of a rule that were not needed: there is no such mutant, or a case notices it by now. */
void equivalents_report(const struct equivalents *equivalents, const char *rule, struct diag *diag);
/* Entries of rules that do not exist. */
void equivalents_report_strays(const struct equivalents *equivalents, const struct rulebook *rulebook,
			       struct diag *diag);

#endif
