/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts written down: their settings and what is measured on them, made into a snapshot (docs/rule-authors-guide.md). */
#ifndef KEISOKU_COMPOSE_H
#define KEISOKU_COMPOSE_H

#include "../core/registry.h"

#define COMPOSE_INTERVALS 60		/* of one second, when a host does not say */
#define COMPOSE_INTERVALS_MAX 3600
#define COMPOSE_UPTIME 100000		/* seconds */
#define COMPOSE_DEPTH_MAX 8		/* of hosts that stand on others */

/* Where the hosts named in "from:" are found. */
struct layers {
	/* The mapping of that name, which must outlive the composer, or NULL. */
	const struct node *(*find)(void *context, const char *name);
	void *context;
};

struct composer;

struct composer *composer_new(const struct registry *registry, struct diag *diag);
void composer_free(struct composer *composer);
DEFINE_FREE_PTR(composer)

/* Adds what a mapping says of a host; it takes the place of what earlier ones said of the same key.  The keys at its top
 * are the caller's to check, those below are checked here.  layers may be NULL: then "from:" is not looked at. */
void composer_add(struct composer *composer, const struct node *host, const struct layers *layers);

/* Measures, once everything was added.  -EINVAL after diag_error(): something was wrong.  The snapshot belongs to the
 * composer. */
int composer_finish(struct composer *composer, struct snapshot **ret_snapshot);

#endif
