/* SPDX-License-Identifier: Apache-2.0 */
/* What `--plan DIR` writes: a plan for programs, as scripts, and in the forms that other programs read.  Each artefact is
 * one file below DIR; a writer decides nothing about the plan and quotes everything for its own format. */
#ifndef KEISOKU_REPORTS_PLAN_H
#define KEISOKU_REPORTS_PLAN_H

#include <stdio.h>

#include "../core/plan.h"

struct plan_artefact {
	const char *path;		/* below DIR: "apply.sh", "ansible/apply.yml" */
	const char *summary;
	bool executable;
	bool (*wanted)(const struct plan *plan);		/* NULL: always */
	int (*write)(FILE *out, const struct plan *plan);	/* 0, or a negative errno */
};

extern const struct plan_artefact *const plan_artefacts[];	/* NULL-terminated */

#define PLAN_SNAPSHOT "snapshot.json"	/* beside them: what the plan was made from, for `keisoku verify` */

/* "vm.dirty_bytes: 0 → 536,870,912" in words for people: from and to as they are shown, ASCII. */
void plan_describe(const struct action *action, struct strbuf *out);

#endif
