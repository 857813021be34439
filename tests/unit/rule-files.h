/* SPDX-License-Identifier: Apache-2.0 */
/* The rules and all they stand on, read from rules/ below the working directory. */
#ifndef KEISOKU_TEST_RULE_FILES_H
#define KEISOKU_TEST_RULE_FILES_H

#include <dirent.h>
#include <errno.h>

#include "../../advisor/advisor.h"
#include "../../core/root.h"
#include "test.h"

struct knowledge {
	struct arena arena;
	struct root *root;
	struct registry *registry;
	struct rulebook *rulebook;
};

static const struct node *read_yaml(struct knowledge *knowledge, const char *path, struct diag *diag)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct node *documents;

	if (root_read_limit(knowledge->root, path, NODE_TEXT_MAX, &text) < 0)
		return NULL;
	if (node_parse(&knowledge->arena, path + 1, text.buf, text.len, diag, &documents) < 0)
		return NULL;
	return documents;
}

/* Calls load for every *.yaml below directory. */
static void each_file(struct knowledge *knowledge, const char *directory, struct diag *diag,
		      void (*load)(struct knowledge *, const struct node *, struct diag *, int), int argument)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	if (root_list(knowledge->root, directory, &list) < 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(free_ptr) char *path = xasprintf("%s/%s", directory, list.entries[i].name);
		const struct node *documents;

		if (list.entries[i].type == DT_DIR) {
			each_file(knowledge, path, diag, load, argument);
			continue;
		}
		documents = ends_with(path, ".yaml") ? read_yaml(knowledge, path, diag) : NULL;
		if (documents)
			load(knowledge, documents, diag, argument);
	}
}

static void load_entries(struct knowledge *knowledge, const struct node *documents, struct diag *diag, int class)
{
	(void)registry_load(knowledge->registry, (enum entry_class)class, documents, diag);
}

static void load_rules(struct knowledge *knowledge, const struct node *documents, struct diag *diag, int unused)
{
	(void)rulebook_load_rules(knowledge->rulebook, documents, diag);
}

static void load_use(struct knowledge *knowledge, const struct node *documents, struct diag *diag, int unused)
{
	(void)rulebook_load_use(knowledge->rulebook, documents, diag);
}

static void print_diag(const struct diag *diag)
{
	for (size_t i = 0; i < diag->count; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		print_error("%s:%u:%u: %s\n", entry->place.file ? entry->place.file : "", entry->place.line,
			    entry->place.column, entry->message);
	}
}

static int read_rules(void **state)
{
	struct knowledge *knowledge = xcalloc(1, sizeof(*knowledge));
	CLEANUP(free_ptr) char *here = realpath(".", NULL);
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	if (root_open(here, &knowledge->root) < 0)
		return -1;
	knowledge->registry = registry_new();
	each_file(knowledge, "/rules/tunables", &diag, load_entries, ENTRY_TUNABLE);
	each_file(knowledge, "/rules/facts", &diag, load_entries, ENTRY_FACT);
	each_file(knowledge, "/rules/metrics", &diag, load_entries, ENTRY_METRIC);
	each_file(knowledge, "/rules/log", &diag, load_entries, ENTRY_LOG);
	(void)registry_check(knowledge->registry, &diag);
	knowledge->rulebook = rulebook_new(knowledge->registry);
	(void)rulebook_compile_registry(knowledge->rulebook, &diag);
	each_file(knowledge, "/rules/packs", &diag, load_rules, 0);
	each_file(knowledge, "/rules/use", &diag, load_use, 0);
	print_diag(&diag);
	*state = knowledge;
	return diag.errors > 0 ? -1 : 0;
}

static int free_rules(void **state)
{
	struct knowledge *knowledge = *state;

	rulebook_free(knowledge->rulebook);
	registry_free(knowledge->registry);
	root_free(knowledge->root);
	arena_release(&knowledge->arena);
	free(knowledge);
	return 0;
}

#endif
