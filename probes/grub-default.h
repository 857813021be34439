/* SPDX-License-Identifier: Apache-2.0 */
/* What grub-mkconfig will put behind each kernel: /etc/default/grub and then /etc/default/grub.d/NAME.cfg, which are shell.
 *
 *	GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX console=ttyS0"
 *
 * Assignments are followed, with quotes and with these variables in them.  Whatever else a shell could do to them leaves
 * the variable unknown. */
#ifndef KEISOKU_GRUB_DEFAULT_H
#define KEISOKU_GRUB_DEFAULT_H

#include "../core/root.h"

struct grub_variable {
	bool set, known;
	struct strbuf value;	/* where it is known */
	char *path;		/* of the assignment that counts */
	unsigned int line;
	char *text;		/* the line as it stands */
};

/* In the order in which the kernel gets them. */
enum { GRUB_LINUX, GRUB_LINUX_DEFAULT, GRUB_VARIABLE_COUNT };

struct grub_default {
	struct grub_variable variables[GRUB_VARIABLE_COUNT];
	int error;		/* of /etc/default/grub: negative errno */
};

#define GRUB_DEFAULT_INIT { .variables = { { .value = STRBUF_INIT }, { .value = STRBUF_INIT } } }
void grub_default_read(const struct root *root, struct grub_default *settings);
void grub_default_release(struct grub_default *settings);

#endif
