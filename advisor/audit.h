/* SPDX-License-Identifier: Apache-2.0 */
/* What will be in force after boot, beside what runs, what the kernel would do by itself and what a policy wants.  Pure. */
#ifndef KEISOKU_AUDIT_H
#define KEISOKU_AUDIT_H

#include "advisor.h"

/* ---- policies: docs/rule-authors-guide.md, "Policies" ---- */

struct policies;

struct policies *policies_new(const struct registry *registry);
void policies_free(struct policies *policies);
DEFINE_FREE_PTR(policies)

/* Reads the documents of one file, which must outlive policies; one with the id of an earlier one takes its place.
 * -EINVAL after diag_error(). */
int policies_load(struct policies *policies, const struct node *documents, struct diag *diag);
size_t policies_count(const struct policies *policies);
/* In the order of their ids. */
const char *policy_id(const struct policies *policies, size_t index);
const char *policy_title(const struct policies *policies, size_t index);
const struct node *policy_node(const struct policies *policies, size_t index);	/* the mapping below "policy:" */
/* The position of a policy, or -ENOENT. */
int policy_find(const struct policies *policies, const char *id);
/* The ids of the policies that documents define, for --policy FILE; NULL past the last. */
const char *policy_document_id(const struct node *documents, size_t index);

/* Takes over the lines of a policy with what it includes and overrides; of a line that is there already the later
 * override counts.  -ENOENT: there is no such policy. */
int policies_choose(struct policies *policies, const char *id);
/* Starts anew: nothing is chosen. */
void policies_forget(struct policies *policies);
/* Only the lines of one policy itself. */
int policies_compile_own(struct policies *policies, size_t index, struct diag *diag, struct rulebook **ret_rulebook);
/* Compiles what was chosen into a new rulebook, which refers to policies.  A bad line is left out: -EINVAL. */
int policies_compile(struct policies *policies, struct diag *diag, struct rulebook **ret_rulebook);

/* ---- the audit ---- */

struct audit_options {
	const struct waivers *waivers;	/* may be NULL */
	int64_t today;
	bool keep_all;			/* keep what is satisfied or does not apply */
	bool no_drift;			/* judge policies only */
};

/* lines: of policies_compile().  Findings are sorted as those of evaluate(). */
void audit(struct rulebook *lines, const struct snapshot *snapshot, const struct audit_options *options,
	   struct finding_list *ret_findings);

/* A snapshot of objects of Kubernetes: only lines about workloads, containers and nodes are judged, and nothing drifts. */
bool audit_is_cluster(const struct snapshot *snapshot);
size_t audit_cluster_lines(const struct rulebook *lines);	/* how many of them are about such */

/* Marks each finding that the baseline has too, as bad or worse. */
void audit_compare(struct finding_list *findings, const struct finding_list *baseline);

/* After the last snapshot: expired and unused waivers. */
void audit_waivers_report(const struct waivers *waivers, int64_t today, struct diag *diag);

/* What drift can be, and what it means. */
struct drift_class {
	const char *name;		/* the id of a finding of it, before the @ */
	const char *title, *because, *advice;
	enum severity severity;
};
size_t drift_class_count(void);
const struct drift_class *drift_class_at(size_t index);

#endif
