/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the text exposition format of Prometheus. */
#ifndef KEISOKU_EXPOSITION_H
#define KEISOKU_EXPOSITION_H

#include <stdio.h>

#include "../core/strbuf.h"

/* What gets a series for each of its kind gets so many at most; the others are counted. */
#define SERIES_MAX 1000

void exposition_help(FILE *out, const char *name, const char *help);	/* of a gauge keisoku_NAME */
/* name="value", after a comma unless it is the first. */
void exposition_label(struct strbuf *out, const char *name, const char *value);

/* A metric and its series that were written.  Hostile names may look the same once they are harmless. */
struct gauge {
	const char *name;
	FILE *out;
	char **labels;
	size_t count, capacity;
};
/* Takes labels; false: it is there already, or there are too many. */
bool gauge_add(struct gauge *gauge, char *labels, double value);
void gauge_release(struct gauge *gauge);

#endif
