/* SPDX-License-Identifier: Apache-2.0 */
/* `keisoku diff` in each format. */
#ifndef KEISOKU_REPORTS_COMPARISON_H
#define KEISOKU_REPORTS_COMPARISON_H

#include <stdio.h>

#include "../core/comparison.h"
#include "../core/json.h"
#include "layout.h"

/* page: how it may look; its text is empty.  Formats other than text ignore it. */
struct comparison_reporter {
	const char *name;		/* "text" */
	void (*write)(FILE *out, const struct comparison *comparison, struct page *page);
};

extern const struct comparison_reporter comparison_reporters[];	/* ends with a NULL name */

void comparison_write_text(FILE *out, const struct comparison *comparison, struct page *page);
void comparison_write_json(FILE *out, const struct comparison *comparison, struct page *page);

/* ---- parts that other reports show too ---- */

/* "+12.4/s", "-3 %" */
void comparison_add_signed(struct strbuf *out, double value, struct dimension dimension, bool ratio);
/* One row each for before and after: their percentiles in columns. */
void comparison_add_distributions(struct page *page, unsigned int indent, const struct interval_comparison *values,
				  struct dimension dimension, bool ratio);
/* Members of an object: distributions, difference, interval, p, change, why. */
void comparison_write_values(struct json *json, const struct interval_comparison *values);
/* Who and when: members of an object. */
void comparison_write_side(struct json *json, const struct compared_side *side);
void comparison_add_side(struct page *page, const char *label, const struct compared_side *side);
void comparison_add_identity(struct page *page, const struct identity_difference *identity, size_t count);
void comparison_write_identity(struct json *json, const struct identity_difference *identity, size_t count);

#endif
