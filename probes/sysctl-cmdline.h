/* SPDX-License-Identifier: Apache-2.0 */
/* Sysctls that the kernel command line sets, which the kernel applies before init runs (since Linux 5.8,
 * fs/proc/proc_sysctl.c).  "sysctl.vm.swappiness=10", "sysctl/vm/swappiness=10", "hung_task_panic=1" */
#ifndef KEISOKU_SYSCTL_CMDLINE_H
#define KEISOKU_SYSCTL_CMDLINE_H

#include "../core/strbuf.h"

struct cmdline_argument {
	const char *text;	/* as it stands in the command line, with its length */
	size_t length;
	struct strbuf name, value;
	bool has_value;		/* there is "=" */
};

#define CMDLINE_ARGUMENT_INIT { .name = STRBUF_INIT, .value = STRBUF_INIT }
void cmdline_argument_release(struct cmdline_argument *argument);

/* The next argument of the kernel: quotes keep blanks in it, and what follows "--" is for init.  false: no more. */
bool cmdline_next(const char **cursor, struct cmdline_argument *argument);

/* The sysctl that an argument of this name sets, as sysctl(8) prints it.  false: none. */
bool sysctl_cmdline_key(const char *name, struct strbuf *key);

#endif
