/* SPDX-License-Identifier: Apache-2.0 */
/* A review while it is being made.  Inside the advisor only. */
#ifndef KEISOKU_REVIEW_MAKING_H
#define KEISOKU_REVIEW_MAKING_H

#include "audit-making.h"
#include "review.h"

#define REMARKS_MAX 12

/* One proposed setting of one subject. */
struct asked {
	const struct proposed *item;
	size_t position;		/* of item in the proposal */
	subject_id subject;		/* SUBJECT_NONE: there is none here */
	size_t matches;			/* subjects and keys that the item matches here */
	const char *key;		/* without a pattern */
	const struct entry *entry;	/* NULL: the registry does not know it */
	const struct setting *setting;	/* NULL: it was not looked for */
	const char *now;		/* raw, as it would be written; NULL: not known */
	const char *refusal;		/* why the kernel does not take the value; NULL: it does, as far as is known */
	const char *idle;		/* why the line leaves it as it is; NULL: it sets it */
	bool unsure;			/* it depends on what is not known or not judged */
	bool tried;			/* it stands in the trial */
	size_t group, group_end;	/* of reviewing.by_key: all that is proposed of the same setting, in order */
	bool group_open;		/* of the first of a group: whether /etc/sysctl.conf is read decides, and nobody knows that */
	const char *group_boot;		/* of the first of a group: what its last line leaves behind at boot; NULL: nothing */

	/* What boot makes of it: advisor/review-boot.c */
	const char *after_boot;		/* raw; NULL: not known */
	const struct boot_line *beaten_by;	/* a line of the host; NULL */
	const struct proposed *beaten_by_item;	/* or one of the proposal; NULL */
	bool zeroed;			/* that one sets another key, which makes this one 0 */

	/* What rules make of it: advisor/review-measure.c */
	const struct finding *for_it, *against_it, *hint, *quiet, *unmeasured, *elsewhere;	/* NULL: none */
	const char *wanted;		/* raw: what for_it or against_it asks for; NULL */
	const char *inert;		/* why it does nothing here, with the whole proposal tried; NULL: it does, or that is not known */
	uint64_t hazards;		/* bits of those of the tunable that hold with the whole proposal tried */

	/* What is said. */
	bool is[REVIEW_COUNT];
	bool only_besides;		/* it is broken in a way that leaves the other verdict as it is */
	const char *why[REVIEW_COUNT];	/* a clause */
	const char *remarks[REMARKS_MAX];
	size_t n_remarks;
};

struct reviewing {
	struct rulebook *rulebook;
	const struct registry *registry;
	struct snapshot *snapshot;
	const struct proposal *proposal;
	const struct proposal *given;	/* as it was read; item for item the same, but for what this host makes of them */
	const struct review_options *options;
	struct auditing auditing;	/* what boot does today */
	struct asked *asked;
	size_t n_asked, capacity;
	struct asked **by_key;		/* by subject, key and position */
	char **paths;			/* of each setting of the snapshot that is the host's, as patterns see it; NULL: not made yet */
	bool sysctl_conf_read, sysctl_conf_ignored;	/* by systemd on this host */
	struct finding_list before, tried;	/* what rules say today, and with the proposal */
	struct finding_list *findings;
};

#define review_say(reviewing, ...) arena_formatf(&(reviewing)->findings->arena, __VA_ARGS__)
/* Of all that is proposed of a setting of the host, the first; NULL: nothing is. */
const struct asked *review_first_of(const struct reviewing *reviewing, const char *key);

/* ---- advisor/review-container.c ---- */
void review_container(struct reviewing *reviewing, struct asked *asked);	/* remarks on requests and limits of a manifest */

void review_remark(struct asked *asked, const char *text);	/* beyond REMARKS_MAX they are left out */

/* Whether two raw texts mean the same to the kernel; entry may be NULL. */
bool review_same(const struct entry *entry, const char *a, const char *b);

/* ---- advisor/review-boot.c ---- */
/* Of each setting that is asked about. */
void review_boot(struct reviewing *reviewing);

/* ---- advisor/review-measure.c ---- */
/* Fills before and tried; then, of each, what they mean for it. */
void review_measure(struct reviewing *reviewing);

/* ---- advisor/review-verdict.c ---- */
/* Whether a hazard holds with this value, on the snapshot as it is at the moment. */
bool review_hazard(struct reviewing *reviewing, const struct asked *asked, const struct hazard *hazard, const char *raw);
void review_judge(struct reviewing *reviewing, struct asked *asked);

#endif
