/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule of udev asks of a device, where no device is known: udev(7). */
#ifndef KEISOKU_UDEV_RULE_H
#define KEISOKU_UDEV_RULE_H

#include "../core/strbuf.h"

struct udev_rule {
	struct strbuf where;		/* of its attributes, a line each, by the key of a snapshot: "rotational==0" */
	struct strbuf conditions;	/* others that no coming device answers by itself: "ENV{ID_BUS}==\"ata\"" */
	bool sets;			/* it writes attributes or sysctls */
};

#define UDEV_RULE_INIT { .where = STRBUF_INIT, .conditions = STRBUF_INIT }

/* text: one rule, its lines joined.  false: it is none. */
bool udev_rule_read(const char *text, struct udev_rule *ret);
void udev_rule_release(struct udev_rule *rule);

#endif
