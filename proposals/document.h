/* SPDX-License-Identifier: Apache-2.0 */
/* What readers of YAML and JSON have in common: the tree, where its nodes stand in what was given, and texts inside it. */
#ifndef KEISOKU_DOCUMENT_H
#define KEISOKU_DOCUMENT_H

#include "../core/node.h"
#include "reader.h"

struct document {
	struct reading *reading;
	const struct proposed_text *text;
	const char *form;
	struct arena arena;
	const struct node *roots;	/* a sequence of the documents that could be read */
	const char **lines;		/* where each line of the text begins */
	size_t n_lines, lines_capacity;
};

/* What is no YAML is added as unclear; the documents before it are there nevertheless. */
void document_open(struct document *document, struct reading *reading, const struct proposed_text *text, const char *form);
void document_release(struct document *document);
void document_find_lines(struct document *document);	/* done by document_open() */

unsigned int document_line(const struct document *document, const struct node *node);
/* The source's line of a number that document_line() gave, in the arena. */
const char *document_source(struct document *document, unsigned int line);

/* Everything an item has from where it stands; the rest is the caller's. */
struct proposed document_item(struct document *document, const struct node *node);
void document_unclear(struct document *document, const struct node *node, const char *format, ...) FORMAT_PRINTF(3, 4);

/* The text of a scalar as one of its own, each line with its place. */
struct proposed_text document_inner(struct document *document, const struct node *node);
/* text instead of the scalar's own; its lines stand where those of the scalar do. */
struct proposed_text document_inner_text(struct document *document, const struct node *node, const char *text);
/* A text of one place: all its lines stand at line. */
struct proposed_text document_made_text(struct document *document, unsigned int line, const char *text);

/* Gives the items that were added since count the source's lines for their text. */
void document_show_source(struct document *document, size_t since);

/* Hands commands to read_shell(): what they do now happens whenever they run. */
void document_run_shell(struct document *document, struct proposed_text inner, const char *shell, const char *via, unsigned int when);
/* A command that applies files of sysctl, among the items since some count; true: it is one. */
bool document_apply_sysctl(struct document *document, size_t since, const char *command);

/* What a key of a mapping holds, or NULL; node may be NULL or anything. */
const struct node *document_get(const struct node *node, const char *key);
/* The text of a scalar below key, or NULL. */
const char *document_text(const struct node *node, const char *key);

/* What a plain scalar is taken for by the programs that read YAML 1.1. */
enum scalar_type { SCALAR_TEXT, SCALAR_BOOL, SCALAR_INTEGER, SCALAR_REAL, SCALAR_NULL };

/* value: as Python prints it: "True", 8 for 010, "" for nothing. */
enum scalar_type scalar_value(const struct node *node, struct strbuf *value);
const char *scalar_type_name(enum scalar_type type);	/* "a number" … */

/* Whether one of the lines of a text matches a POSIX extended expression. */
bool text_has_line(const char *text, size_t length, const char *pattern);

#endif
