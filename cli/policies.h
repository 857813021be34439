/* SPDX-License-Identifier: Apache-2.0 */
/* --policy NAME|FILE. */
#ifndef KEISOKU_POLICIES_H
#define KEISOKU_POLICIES_H

#include "cli.h"
#include "knowledge.h"

/* Chooses what --policy names, and compiles it; nothing is named: no lines.  Mistakes inside files go to diag.  0, or an exit
 * status after a message. */
int policies_from_arguments(const struct arguments *arguments, struct knowledge *knowledge, struct diag *diag,
			    struct rulebook **ret_lines);

#endif
