/* SPDX-License-Identifier: Apache-2.0 */
/* A rightsizing as findings, for the formats of other programs: a finding for each resource of a container, a rule for each
 * cause, a pack for each namespace, and the line of the manifest as its site. */
#ifndef KEISOKU_RIGHTSIZE_FINDINGS_H
#define KEISOKU_RIGHTSIZE_FINDINGS_H

#include "../core/rightsizing.h"

struct rightsize_findings {
	struct finding_list list;
	struct report report;		/* of the list; lends from the rightsizing */
};

void rightsize_findings_make(struct rightsize_findings *findings, const struct rightsizing *rightsizing);
void rightsize_findings_release(struct rightsize_findings *findings);

#endif
