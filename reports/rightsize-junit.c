/* SPDX-License-Identifier: Apache-2.0 */
#include "reporter.h"
#include "rightsize-findings.h"
#include "rightsizing.h"

extern const struct reporter reporter_junit;

static void write_junit(FILE *out, const struct rightsizing *rightsizing, struct page *page)
{
	CLEANUP(rightsize_findings_release) struct rightsize_findings findings;

	(void)page;
	rightsize_findings_make(&findings, rightsizing);
	(void)reporter_junit.write(out, &findings.report);
}

const struct rightsizing_reporter rightsizing_reporter_junit = { .name = "junit", .write = write_junit };
