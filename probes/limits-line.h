/* SPDX-License-Identifier: Apache-2.0 */
/* One line of limits.conf(5). */
#ifndef KEISOKU_LIMITS_LINE_H
#define KEISOKU_LIMITS_LINE_H

#include "../core/base.h"

struct limits_line {
	char *domain, *type, *item, *value;	/* type "-" and item NULL: the domain is exempt */
	const char *why;			/* pam_limits ignores it */
	bool both;				/* soft and hard alike */
};

/* Reads the line at text, up to its newline.  1: there is an assignment, 0: nothing but a comment, -EINVAL: pam_limits
 * ignores it, why says for which reason.  Of a number only the digits are kept, as pam_limits reads it: "64k" is 64.  line is
 * released first. */
int limits_line_parse(const char *text, struct limits_line *line);
void limits_line_release(struct limits_line *line);

#endif
