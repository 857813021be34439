/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of one status in groups: what several rules share is said once, and each rule named once with the number of its
 * subjects. */
#ifndef KEISOKU_GROUP_H
#define KEISOKU_GROUP_H

#include "../core/finding.h"
#include "../core/strbuf.h"

struct member {
	const char *text;		/* what the group shares; "": nothing is known */
	const struct finding *finding;	/* the first of its rule */
	size_t count;			/* of its subjects */
};

struct members {
	struct member *items;
	size_t count, capacity;
};

#define MEMBERS_INIT { 0 }
void members_release(struct members *members);

/* Those of a status: unmeasured ones by what would have to be run, the others by their reason. */
void members_collect(struct members *members, const struct report *report, enum status status);
/* Whether no member before it is of the same group. */
bool members_begins_group(const struct members *members, size_t index);
/* The rule, its subject if that is not the host, or the number of its subjects. */
void member_name(struct strbuf *out, const struct member *member);
/* The names of a group, with commas. */
void members_names(struct strbuf *out, const struct members *members, const char *text);

#endif
