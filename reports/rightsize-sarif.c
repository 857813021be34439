/* SPDX-License-Identifier: Apache-2.0 */
#include "reporter.h"
#include "rightsize-findings.h"
#include "rightsizing.h"

extern const struct reporter reporter_sarif;

static void write_sarif(FILE *out, const struct rightsizing *rightsizing, struct page *page)
{
	CLEANUP(rightsize_findings_release) struct rightsize_findings findings;

	(void)page;
	rightsize_findings_make(&findings, rightsizing);
	(void)reporter_sarif.write(out, &findings.report);
}

const struct rightsizing_reporter rightsizing_reporter_sarif = { .name = "sarif", .write = write_sarif };
