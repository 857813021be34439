/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the kernel would take a value.  Inside the advisor only. */
#ifndef KEISOKU_VALUE_CHECK_H
#define KEISOKU_VALUE_CHECK_H

#include "../core/arena.h"
#include "../core/registry.h"
#include "../core/strbuf.h"

/* What stands there after a text with fewer or more numbers than the setting has was written over now: the first ones are
 * taken, the others stay, and what is left over is ignored.  NULL: it has as many, or is no such list. */
const char *value_completed(const struct entry *entry, const char *now, const char *text, struct arena *arena);

/* raw: what the setting shows now, which may tell what it offers; "": not known.  -EINVAL with a clause in why. */
int value_check(const struct entry *entry, const char *raw, const char *text, struct strbuf *why);

#endif
