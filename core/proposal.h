/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody proposes to change: each setting with the line that asks for it.  Read by proposals/, judged by
 * advisor/review.c.  Strings are copied into the proposal's arena and may hold anything. */
#ifndef KEISOKU_PROPOSAL_H
#define KEISOKU_PROPOSAL_H

#include "arena.h"
#include "snapshot.h"

enum proposed_fate {
	PROPOSED_SETS,		/* it gives the setting this value */
	PROPOSED_REMOVED,	/* a difference takes the line away; value is what it said */
	PROPOSED_BROKEN,	/* it does not do what it says: why, and instead how it would be written */
	PROPOSED_UNCLEAR,	/* not understood: why; key and value as far as they are known, else "" */
	PROPOSED_STANDS,	/* a difference leaves it as it is: it is not judged, but may have the last word */
};

/* How many subjects a pattern may match. */
enum proposed_spread {
	SPREAD_EACH,		/* the value is given to each of them: a loop, a udev rule, tee */
	SPREAD_ONE,		/* it works only if there is exactly one: a redirection by bash */
};

/* Which way it may change what it finds. */
enum proposed_bound {
	BOUND_NONE,
	BOUND_RAISES,			/* what is as high already stays: "net.core.somaxconn=>2048" of TuneD */
	BOUND_LOWERS,
};

/* When it takes effect. */
enum proposed_when {
	PROPOSED_NOW = 1 << 0,	/* when the proposal is carried out */
	PROPOSED_BOOT = 1 << 1,	/* at every boot */
};

struct proposed {
	/* Where it stands in what was proposed. */
	const char *path;		/* as it was given on the command line, or as a difference names it */
	unsigned int line, last_line;	/* from 1 */
	const char *text;		/* the line, or the first of them */

	const char *form;		/* who understood it: "sysctl.d", "shell", "ansible" … the reader's name */
	const char *via;		/* how, for people: "sysctl -w", "a redirection", "ansible.posix.sysctl" */

	enum subject_kind kind;
	const char *subject;		/* name or glob; "" for the host */
	const char *key;
	const char *otherwise;		/* keys that are set where the host has no such key, the first that is there; "": none */
	const char *value;
	bool pattern;			/* subject or key is a glob */
	enum proposed_spread spread;
	const char *where;		/* what else the subject has to be, a line each: "rotational==0", "name!=sdb"; the value
					 * may be a glob, or several with | between; "": nothing */
	enum proposed_bound bound;
	const char *spread_why;		/* of SPREAD_ONE: what happens with several, or none; a sentence */

	unsigned int when;		/* of enum proposed_when */
	const char *file;		/* of the host, which holds the assignment from then on; "": none */
	unsigned int file_line;		/* in that file; 0: at its end */
	bool appended;			/* added to file each time it is run */
	bool once;			/* what it appended before is taken out first */
	bool optional;			/* a failure goes unnoticed */
	const char *condition;		/* what it depends on and is not judged: "if [ -d /sys/… ]"; "": nothing */

	const char *before;		/* what it said before, where old and new are known; "": nothing */
	enum proposed_fate fate;
	bool late;			/* broken because its key comes with a module that is loaded only afterwards */
	const char *why;		/* a sentence without its full stop; "" when it sets */
	const char *instead;		/* how it would be written; "" when there is no such way */
};

static inline bool proposed_sets(const struct proposed *item)
{
	return item->fate == PROPOSED_SETS || item->fate == PROPOSED_STANDS;
}

#define PROPOSED_MAX 100000

struct proposal {
	struct proposed *items;		/* in the order in which they take effect */
	size_t count, capacity;
	size_t left_out;		/* past PROPOSED_MAX: counted, and said */
	struct arena arena;
	struct diag diag;		/* what could not be read at all */
};

#define PROPOSAL_INIT { .diag = DIAG_INIT }

void proposal_release(struct proposal *proposal);

/* Copies item; NULL strings become "", and what sets something without a key is unclear.  The copy, or NULL when there are too
 * many. */
struct proposed *proposal_add(struct proposal *proposal, const struct proposed *item);

#endif
