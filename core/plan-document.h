/* SPDX-License-Identifier: Apache-2.0 */
/* plan.json as it is read back (docs/plan.schema.json): what `keisoku verify` needs of it.  Whoever could write the
 * directory could write the file, so nothing in it is trusted: texts are shown and compared, never run. */
#ifndef KEISOKU_PLAN_DOCUMENT_H
#define KEISOKU_PLAN_DOCUMENT_H

#include "node.h"
#include "snapshot.h"

struct planned_reason {
	const char *finding, *rule, *title;	/* each NULL: asked for on the command line */
	const char *criterion;			/* an expression of the rule language, or NULL */
	const struct node *criterion_node;
};

struct planned_action {
	uint64_t number;
	const char *key;		/* as a person writes it */
	const char *setting;		/* without its subject */
	enum subject_kind kind;
	const char *subject;		/* "" for the host */
	const char *from, *to;		/* raw */
	const char *from_text, *to_text;	/* with unit */
	const char *reads_back;		/* NULL: not known exactly */
	bool choice;			/* shown as "none [mq-deadline]" */
	bool live;			/* false: counts from the next boot or start on */
	const char *takes_effect;	/* NULL: not said */
	struct planned_reason *reasons;
	size_t n_reasons;
};

struct plan_document {
	const char *id;
	const char *snapshot;		/* name of the file beside it that it was made from */
	const char *host, *machine;	/* NULL: not known */
	struct planned_action *actions;
	size_t n_actions;
};

#define PLANNED_ACTIONS_MAX 2000
#define PLANNED_REASONS_MAX 4000	/* of all actions */

/* Everything lives in arena.  -EINVAL after diag_error(). */
int plan_document_load(struct arena *arena, const char *file, const char *text, size_t length, struct diag *diag,
		       struct plan_document *ret);

#endif
