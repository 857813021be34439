/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody proposes, judged setting by setting against a snapshot: what it would do here, whether anything that was
 * measured asks for it, and what could go wrong.  Pure. */
#ifndef KEISOKU_REVIEW_H
#define KEISOKU_REVIEW_H

#include "../core/proposal.h"
#include "advisor.h"

struct review_options {
	const struct waivers *waivers;	/* may be NULL; they name a verdict and a key */
	int64_t today;
};

/* One finding for each proposed setting and subject, in the order of the proposal; findings with review and values.  The
 * snapshot is changed while the proposal is tried on it, and is afterwards as it was. */
void review(struct rulebook *rulebook, struct snapshot *snapshot, const struct proposal *proposal,
	    const struct review_options *options, struct finding_list *ret_findings);

/* What each verdict means: indexed by enum review_verdict. */
struct review_class {
	const char *title, *because, *advice;
	enum severity severity;
	enum status status;
};
const struct review_class *review_class_at(enum review_verdict verdict);

/* What of a reviewed proposal measurements support, as requests of a plan. */
size_t review_requests(const struct finding_list *findings, struct arena *arena, struct plan_request **ret_requests);

#endif
