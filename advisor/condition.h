/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for a condition to hold, and what follows from it and is excluded by it, whatever the host.  For lint: where
 * something is not understood, nothing is concluded. */
#ifndef KEISOKU_CONDITION_H
#define KEISOKU_CONDITION_H

#include "expr-internal.h"

enum fact_kind { FACT_RANGE, FACT_NOT, FACT_TEXT, FACT_NOT_TEXT, FACT_TRUTH };

/* "self.backlog < 100" is the text "self.backlog" in the range below 100; what is no comparison is a truth. */
struct fact {
	enum fact_kind kind;
	char *text;
	long double low, high;		/* RANGE; NOT: low is what it is not */
	bool low_open, high_open;
	const char *value;		/* TEXT, NOT_TEXT: lent from the program */
	size_t value_length;
	bool positive;			/* TRUTH */
	bool measured;			/* looks at metrics */
};

#define FACTS_MAX 64
#define ALTERNATIVES_MAX 24

/* One of several ways in which a condition can hold: all its facts together. */
struct alternative {
	struct fact facts[FACTS_MAX];
	size_t count;
	bool partial;			/* there is more that could not be kept */
};

struct condition {
	struct alternative *ways;
	size_t count;			/* 0: nothing is known of it, or it is too complicated */
};

/* What must hold for a proposal that only goes up, or only down, to be one: "current < ceiling". */
void condition_of_proposal(const struct program *to, bool raise, const struct entry *entry, const char *key, bool self,
			   struct condition *condition);
void condition_of(const struct program *program, struct condition *condition);
/* left and right together. */
void condition_join(struct condition *left, const struct condition *right);
void condition_release(struct condition *condition);

/* Whenever left holds, right holds too. */
bool condition_implies(const struct condition *left, const struct condition *right);
/* They never hold together.  measured: also by what is measured, which may differ between intervals. */
bool condition_excludes(const struct condition *left, const struct condition *right, bool measured);

#endif
