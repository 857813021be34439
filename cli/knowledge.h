/* SPDX-License-Identifier: Apache-2.0 */
/* Where knowledge comes from: built in, then /usr/share/keisoku, /etc/keisoku and --rules DIR, each overriding the ones
 * before by id. */
#ifndef KEISOKU_KNOWLEDGE_H
#define KEISOKU_KNOWLEDGE_H

#include "../advisor/audit.h"
#include "../core/node.h"

struct knowledge_file {
	const char *name;		/* "tunables/vm.yaml" */
	const struct node *documents;
};

extern const struct node_builtin knowledge_builtin;

struct knowledge {
	struct registry *registry;
	struct rulebook *rulebook;	/* of KNOWLEDGE_RULES */
	struct policies *policies;	/* of KNOWLEDGE_POLICIES */
	struct arena arena;		/* of nodes read at run time */
};

/* What a command needs of it: a capture has no use for more than the patterns of kernel messages, an audit none for rules. */
enum knowledge_part { KNOWLEDGE_MESSAGES, KNOWLEDGE_RULES, KNOWLEDGE_POLICIES, KNOWLEDGE_ALL };

/* Reads everything.  directories: of --rules, in order.  Mistakes in files outside the binary are left out and reported
 * in diag (-EINVAL), the rest is there. */
int knowledge_load(struct knowledge *knowledge, enum knowledge_part part, const char *const *directories,
		   size_t n_directories, struct diag *diag);
void knowledge_release(struct knowledge *knowledge);

#endif
