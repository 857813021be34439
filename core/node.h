/* SPDX-License-Identifier: Apache-2.0 */
/* A tree of YAML: what the registry, rules, policies and manifests are read from.
 *
 * The loader is strict, because libyaml is not: anchors, aliases, tags, directives, duplicate keys, keys that are not
 * scalars, nesting deeper than NODE_DEPTH_MAX, more than NODE_COUNT_MAX nodes and text larger than NODE_TEXT_MAX are
 * errors with their place.  Scalars keep their text: whoever reads them knows the type they must have.
 *
 * The built-in knowledge is the same tree, written by rules/embed.c at build time as constant data without pointers: start-up
 * parses no YAML and relocates nothing, and its pages stay clean. */
#ifndef KEISOKU_NODE_H
#define KEISOKU_NODE_H

#include "arena.h"
#include "diag.h"

/* NODE_PACKED: a built-in mapping that nobody has looked into; node_get() makes it a NODE_MAPPING. */
enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING, NODE_PACKED };

#define NODE_DEPTH_MAX 32
#define NODE_COUNT_MAX 200000
#define NODE_TEXT_MAX (16U << 20)
#define NODE_FOREIGN_DEPTH_MAX 100
#define NODE_FOREIGN_COUNT_MAX 500000

/* What is kept of a scalar of a foreign text besides what it says. */
struct node_detail {
	const char *tag;		/* "!vault", "!unsafe", "tag:yaml.org,2002:binary"; "" */
	const uint32_t *lines;		/* where each line of its text stands; at least one */
	uint32_t n_lines;
	uint32_t last_line;		/* at which it ends */
};

struct node {
	const char *text;		/* scalar; terminated, without zero bytes inside */
	union {
		const struct node *items;	/* sequence: its items; mapping: key, value, key, value … */
		const struct node_detail *detail;	/* scalar of a foreign text; NULL in ours */
	};
	uint32_t count;			/* of items; for a mapping twice the number of its keys; packed: its number */
	uint32_t line, column;		/* from 1 */
	uint16_t file;			/* number of a name: node_file() */
	uint8_t kind;			/* enum node_kind */
	bool quoted;			/* a scalar in quotes or a block scalar: text whatever it looks like */
};

/* Names of files that nodes come from, kept for the life of the program; past FILES_MAX all share one number. */
#define NODE_FILES_MAX 10000
uint16_t node_file_number(const char *name);
const char *node_file(const struct node *node);

/* There are fifty thousand of these in the program: they are kept small. */
struct node_packed {
	uint32_t at;			/* scalar: where its text begins; else: number of its first item */
	uint16_t count, line, column;
	uint8_t kind, quoted;
};

struct node_builtin {
	const char *const *files;		/* their names, numbered from 1 on; ends with NULL */
	const struct node_packed *nodes;	/* the documents of each file, in the order of files, then all others */
	const char *texts;
};

/* Set once, before anything is parsed. */
void node_set_builtin(const struct node_builtin *builtin);

/* The documents of built-in file number (from 0), as node_parse() returns them, but for mappings that stay packed: those
 * at this level (1: documents, 2: what is in them; 0: none). */
const struct node *node_builtin_documents(struct arena *arena, size_t number, unsigned int packed_level);

/* node itself, or of a packed one a copy in arena that is not: for a look that leaves nothing behind. */
const struct node *node_unpack(struct arena *arena, const struct node *node);

/* node itself, unpacked for good: for whoever goes through its items. */
const struct node *node_open(const struct node *node);

/* Parses the whole of text, which may hold several documents: the result is a sequence of their roots.
 * Nodes live in arena; file is copied there.  -EINVAL after diag_error(). */
int node_parse(struct arena *arena, const char *file, const char *text, size_t length, struct diag *diag,
	       const struct node **ret_documents);

/* The same of a text that somebody else wrote, YAML or JSON, for whom libyaml's rules are enough: tags are kept with
 * scalars, aliases stand for what they name (the same items, so that a tree may share branches; it counts as often as it is
 * named) and merge keys for what they bring along; of keys that are there twice the last one counts (a warning); a key
 * that is no scalar has the text "".  Bounded by NODE_FOREIGN_…_MAX.  The nodes belong to no file; places in diag have none
 * either.  -EINVAL after diag_error(): *ret_documents then holds the documents before the one that is wrong. */
int node_parse_foreign(struct arena *arena, const char *text, size_t length, struct diag *diag,
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
