/* SPDX-License-Identifier: Apache-2.0 */
/* `keisoku verify` in each format. */
#ifndef KEISOKU_REPORTS_VERIFICATION_H
#define KEISOKU_REPORTS_VERIFICATION_H

#include "../core/verification.h"
#include "comparison.h"

struct verification_reporter {
	const char *name;		/* "text" */
	void (*write)(FILE *out, const struct verification *verification, struct page *page);
};

extern const struct verification_reporter verification_reporters[];	/* ends with a NULL name */

void verification_write_json(FILE *out, const struct verification *verification, struct page *page);

#endif
