/* SPDX-License-Identifier: Apache-2.0 */
/* What the actions of `keisoku rules` share. */
#ifndef KEISOKU_RULES_H
#define KEISOKU_RULES_H

#include "cli.h"
#include "knowledge.h"

struct rules_run {
	const struct arguments *arguments;
	struct knowledge knowledge;
	struct diag *diag;		/* mistakes found while loading */
	bool loaded;			/* all of it, without a mistake */
	bool *chosen;			/* per rule of the rulebook */
	bool all;			/* no rule was named */
	const char *cases;		/* directory; NULL: there is none */
};

/* Each prints its report and returns an exit status. */
int rules_list(struct rules_run *run);
int rules_show(struct rules_run *run);
int rules_lint(struct rules_run *run);
int rules_test(struct rules_run *run);
int rules_mutate(struct rules_run *run);

/* ---- lines of policies: cli/rules-policies.c ---- */
struct lint_options;
void rules_lint_policies(struct rules_run *run, const struct lint_options *options, struct diag *diag);
/* Adds to the counts. */
void rules_test_policies(struct rules_run *run, size_t *rules, size_t *cases, size_t *failed);
/* documents: cases; NULL: there are none, and that was told. */
typedef void rules_mutate_one(struct rules_run *run, const struct node *rule, const char *id, const struct node *documents,
			      void *context);
void rules_mutate_policies(struct rules_run *run, rules_mutate_one *mutate_one, void *context);

/* Lines of a report, whatever they hold. */
struct strbuf;
void rules_print_lines(const struct strbuf *text);

/* Whether file is one of --rules; without that option every file is. */
bool rules_own_file(const struct arguments *arguments, const char *file);

/* The documents of DIRECTORY/NAME.yaml in arena; NULL, without a message, when there is no such file, and with one when
 * it is wrong. */
const struct node *rules_read_yaml(struct rules_run *run, const char *directory, const char *name, struct arena *arena,
				   struct diag *diag);

/* The file with the list of equivalent mutants, beside the cases. */
#define EQUIVALENTS_NAME "equivalent-mutants"

#endif
