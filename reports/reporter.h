/* SPDX-License-Identifier: Apache-2.0 */
/* Reporters: one finished and sorted report, one stream.  A reporter decides nothing: no severity logic, no filtering,
 * no clock, no locale.  Whoever opened the stream checks it after fflush(). */
#ifndef KEISOKU_REPORTER_H
#define KEISOKU_REPORTER_H

#include <stdio.h>

#include "../core/finding.h"

struct reporter {
	const char *name;		/* --output NAME, and the suffix of its golden files */
	const char *summary;
	size_t courses;			/* draws evidence interval by interval, of this many findings at most */
	int (*write)(FILE *out, const struct report *report);	/* 0, or a negative errno */
	const char *const *join;	/* how several reports stand in one file; NULL: they cannot */
};

enum { JOIN_BEGIN, JOIN_BETWEEN, JOIN_END };	/* of join */

extern const struct reporter *const reporters[];	/* NULL-terminated */

#endif
