/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the reader of Ansible have in common. */
#ifndef KEISOKU_ANSIBLE_H
#define KEISOKU_ANSIBLE_H

#include "document.h"

#define ANSIBLE_UNKNOWN_MAX 32

#define ANSIBLE_TEXT_MAX ((size_t)1 << 20)	/* of what templates become */

struct binding {
	const char *name;
	const struct node *node;	/* NULL: its value is known only when it runs */
};

/* What stands in a text for a template that is not known: one word for a shell, and as it is written. */
struct unknown {
	const char *word, *written;
};

struct ansible {
	struct document document;
	struct unknown unknown[ANSIBLE_UNKNOWN_MAX];	/* the last ones */
	size_t n_unknown;		/* so far */
	struct binding *bindings;	/* the last one of a name counts */
	size_t n_bindings, bindings_capacity;
	size_t templates;		/* that were filled in so far: bounded */
	size_t iterations;		/* of loops so far: bounded */
	const char *condition;
	bool optional;
	size_t start;			/* the first item of the play */
	size_t applies;			/* how often files of sysctl were applied: bounded */
	const char **notified;		/* names of handlers */
	size_t n_notified, notified_capacity;
};

struct ansible_pair {
	const char *name, *text;
};

/* What a task gives to its module: a mapping, "name=vm.swappiness value=10", or the rest of such a line. */
struct ansible_task {
	const struct node *node;
	const struct node *key;		/* of the module's name */
	const char *module;		/* as it is written */
	const struct node *arguments;
	const struct node *more;	/* args: */
	struct ansible_pair *pairs;
	size_t n_pairs, pairs_capacity;
	const char *raw;		/* "" when there is none */
};

struct ansible_value {
	bool given;
	bool known;			/* all its templates are */
	const char *text;		/* as it reaches the module; what is not known stays as it is written */
	const char *written;		/* in the source, of a plain scalar */
	enum scalar_type type;
	const struct node *node;	/* it comes from here */
};

void ansible_bind(struct ansible *ansible, const char *name, const struct node *node);
void ansible_bind_all(struct ansible *ansible, const struct node *mapping);

/* Of an expression, without its braces; NULL: not known here. */
const struct node *ansible_lookup(struct ansible *ansible, const char *expression);
/* "{{ x }}": what x is, or NULL for anything else. */
const struct node *ansible_resolve(struct ansible *ansible, const struct node *node);
/* With what is known filled in, in the arena; false: something stays as it is. */
bool ansible_fill(struct ansible *ansible, const char *text, const char **ret_text);
struct ansible_value ansible_value(struct ansible *ansible, const struct node *node);

void ansible_arguments(struct ansible *ansible, struct ansible_task *task, bool free_form);
/* names: "path|dest|name", the first one that is there. */
struct ansible_value ansible_argument(struct ansible *ansible, const struct ansible_task *task, const char *names);
bool ansible_argument_true(struct ansible *ansible, const struct ansible_task *task, const char *name, bool otherwise);

/* What the module sets. */
void ansible_run_module(struct ansible *ansible, struct ansible_task *task);
/* Whether it is the name of a module that is known, and none of a keyword of tasks. */
bool ansible_module_known(const char *name);

#endif
