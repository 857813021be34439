/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the kernel would take a value.  Inside the advisor only. */
#ifndef KEISOKU_VALUE_CHECK_H
#define KEISOKU_VALUE_CHECK_H

#include "../core/registry.h"
#include "../core/strbuf.h"

/* raw: what the setting shows now, which may tell what it offers; "": not known.  -EINVAL with a clause in why. */
int value_check(const struct entry *entry, const char *raw, const char *text, struct strbuf *why);

#endif
