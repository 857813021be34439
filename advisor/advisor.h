/* SPDX-License-Identifier: Apache-2.0 */
/* Judgement: rules applied to a snapshot give findings.  Pure: no file, clock or environment is read here. */
#ifndef KEISOKU_ADVISOR_H
#define KEISOKU_ADVISOR_H

#include "../core/plan.h"

struct rulebook;		/* compiled rules, USE rows, and the compiled expressions of the registry */
struct waivers;
struct strbuf;

struct rulebook *rulebook_new(const struct registry *registry);
void rulebook_free(struct rulebook *rulebook);
DEFINE_FREE_PTR(rulebook)

/* Reads and compiles the rules (or USE rows) of one file's documents.  A rule overrides an earlier one with the same id.
 * A bad rule is reported and left out; the others are kept; -EINVAL then. */
int rulebook_load_rules(struct rulebook *rulebook, const struct node *documents, struct diag *diag);
int rulebook_load_use(struct rulebook *rulebook, const struct node *documents, struct diag *diag);
/* Compiles inert_when and hazards of every tunable and frozen_when of every metric, to report their mistakes.  Without
 * it they are compiled when they are first needed, and a bad one is
 * unknown. */
int rulebook_compile_registry(struct rulebook *rulebook, struct diag *diag);
size_t rulebook_count(const struct rulebook *rulebook);
/* Rules in the order of their ids. */
const char *rulebook_rule_id(const struct rulebook *rulebook, size_t index);
const char *rulebook_rule_title(const struct rulebook *rulebook, size_t index);
const struct node *rulebook_rule_node(const struct rulebook *rulebook, size_t index);	/* the whole mapping */

struct waivers *waivers_new(void);
void waivers_free(struct waivers *waivers);
DEFINE_FREE_PTR(waivers)
int waivers_load(struct waivers *waivers, const struct node *documents, struct diag *diag);

struct evaluate_options {
	const struct waivers *waivers;	/* may be NULL */
	int64_t today;			/* days since 1970-01-01, for expiry dates */
	bool keep_all;			/* keep satisfied and not-applicable findings, not only their counts */
	const char *only_rule;		/* NULL: all */
};

void evaluate(struct rulebook *rulebook, const struct snapshot *snapshot, const struct evaluate_options *options,
	      struct diag *diag, struct finding_list *ret_findings);

/* Fills, for charts, what the evidence of the first findings was in each interval of the window: of those that are
 * recommended, suspected or elsewhere, at most findings_max.  After evaluate(), on the same snapshot. */
void evaluate_courses(struct rulebook *rulebook, const struct snapshot *snapshot, size_t findings_max,
		      struct finding_list *findings);

/* Rows in the order of the files; strings live in arena. */
void evaluate_use(struct rulebook *rulebook, const struct snapshot *snapshot, struct arena *arena,
		  struct use_row **ret_rows, size_t *ret_count);

/* What the registry says about one key on this snapshot: is it inert here, and why. */
enum inert { INERT_NO, INERT_YES, INERT_UNKNOWN };
enum inert rulebook_inert(struct rulebook *rulebook, const struct snapshot *snapshot, const struct entry *entry,
			  subject_id subject, struct arena *arena, const char **ret_condition);

/* Fills apply, rollback, verify, persist … of a change from its tunable's kind.  advisor/action.c */
void action_commands(const struct snapshot *snapshot, const struct registry *registry, struct change *change,
		     struct arena *arena);

/* The same for a plan: how it is written, what it moves, how that is given back, the files that let it last.  0, or
 * -EOPNOTSUPP with the reason, a sentence, when it cannot be done safely. */
int action_plan(const struct snapshot *snapshot, const struct registry *registry, const struct change *change,
		struct arena *arena, struct action *ret_action, const char **ret_reason);

/* Recommendations to a plan: advisor/plan.c. */
struct plan_options {
	unsigned int forbidden;		/* classes that are left out */
};
/* The snapshot is changed while the plan is tried on it, and is afterwards as it was. */
void plan_make(struct rulebook *rulebook, struct snapshot *snapshot, const struct finding_list *findings,
	       const struct plan_options *options, struct plan *plan);

/* A setting that somebody asks for: "vm.swappiness=10"; of another subject "sda scheduler=none", or "scheduler=none" with
 * about "sda" or "block sda".  advisor/plan-request.c */
struct plan_request {
	const struct entry *tunable;
	subject_id subject;
	const char *key;		/* without the subject */
	const char *value;		/* raw */
};
/* -EINVAL with a sentence in why when it is no value of a tunable that is here.  Strings go to arena. */
int plan_request_parse(const struct registry *registry, const struct snapshot *snapshot, const char *about,
		       const char *text, struct arena *arena, struct plan_request *ret_request, struct strbuf *why);
void plan_make_asked(struct rulebook *rulebook, struct snapshot *snapshot, const struct plan_request *requests,
		     size_t n_requests, const struct plan_options *options, struct plan *plan);

#endif
