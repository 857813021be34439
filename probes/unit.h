/* SPDX-License-Identifier: Apache-2.0 */
/* What a sosreport says of units. */
#ifndef KEISOKU_PROBES_UNIT_H
#define KEISOKU_PROBES_UNIT_H

#include "probe.h"

/* The output of "systemctl show": the properties of all services as they were in force, an empty line after each. */
void unit_shown_parse(const struct root *root, const char *text, struct snapshot *snapshot);

#endif
