/* SPDX-License-Identifier: Apache-2.0 */
/* A tree of YAML: what the registry, rules, policies and manifests are read from.
 *
 * The loader is strict, because libyaml is not: anchors, aliases, tags, directives, duplicate keys, keys that are not
 * scalars, nesting deeper than NODE_DEPTH_MAX, more than NODE_COUNT_MAX nodes and text larger than NODE_TEXT_MAX are
 * errors with their place.  Scalars keep their text: whoever reads them knows the type they must have.
 *
 * The built-in knowledge is the same tree, written by rules/embed.c as constant data at build time, so that start-up
 * parses no YAML. */
#ifndef KEISOKU_NODE_H
#define KEISOKU_NODE_H

#include "arena.h"
#include "diag.h"

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

#define NODE_DEPTH_MAX 32
#define NODE_COUNT_MAX 200000
#define NODE_TEXT_MAX (16U << 20)

/* There are forty thousand of them in the program: they are kept small. */
struct node {
	const char *text;		/* scalar; terminated, without zero bytes inside */
	const struct node *items;	/* sequence: its items; mapping: key, value, key, value … */
	uint32_t count;			/* of items; for a mapping twice the number of its keys */
	uint32_t line, column;		/* from 1 */
	uint16_t file;			/* number of a name: node_file() */
	uint8_t kind;			/* enum node_kind */
	bool quoted;			/* a scalar in quotes or a block scalar: text whatever it looks like */
};

/* Names of files that nodes come from, kept for the life of the program; past FILES_MAX all share one number. */
#define NODE_FILES_MAX 10000
uint16_t node_file_number(const char *name);
const char *node_file(const struct node *node);

/* The names of the built-in files have the numbers from 1 on; ends with NULL.  Set once, before anything is parsed. */
void node_files_builtin(const char *const *names);

/* Parses the whole of text, which may hold several documents: the result is a sequence of their roots.
 * Nodes live in arena; file is copied there.  -EINVAL after diag_error(). */
int node_parse(struct arena *arena, const char *file, const char *text, size_t length, struct diag *diag,
	       const struct node **ret_documents);

struct place node_place(const struct node *node);

/* The value of key in a mapping, or NULL.  node must be a mapping. */
const struct node *node_get(const struct node *node, const char *key);

/* Refuses keys that are not in allowed (NULL-terminated), each with its place and the nearest allowed name. */
int node_check_keys(const struct node *mapping, const char *const allowed[], struct diag *diag);

/* Typed readers: -EINVAL with "file:line:column: KEY: expected …, found …" when the type is wrong; -ENOENT, silently,
 * when the key is absent. */
int node_get_text(const struct node *mapping, const char *key, struct diag *diag, const char **ret_text);
int node_get_bool(const struct node *mapping, const char *key, struct diag *diag, bool *ret_value);
int node_get_u64(const struct node *mapping, const char *key, struct diag *diag, uint64_t *ret_value);

#endif
