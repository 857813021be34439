/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot of hosts written down, for tests of whole reports.  From the top of the sources:
 *
 *   compose-host tests/hosts/sick/NAME.yaml… >SNAPSHOT      each stands on those before it */
#include <stdio.h>

#include "../../advisor/compose.h"
#include "../../cli/knowledge.h"
#include "../../core/root.h"

struct composing {
	struct arena arena;
	struct root *root;
	struct knowledge knowledge;
	struct diag diag;
};

static const struct node *read_document(struct composing *composing, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct node *documents;

	if (root_read_limit(composing->root, path, NODE_TEXT_MAX, &text) < 0 ||
	    node_parse(&composing->arena, path, text.buf, text.len, &composing->diag, &documents) < 0)
		return NULL;
	return documents->count == 1 ? &documents->items[0] : NULL;
}

static const struct node *find_layer(void *context, const char *name)
{
	CLEANUP(free_ptr) char *path = xasprintf("/tests/hosts/layers/%s.yaml", name);

	return read_document(context, path);
}

static int compose(struct composing *composing, char **paths, int count)
{
	CLEANUP(composer_free_ptr) struct composer *composer =
		composer_new(composing->knowledge.registry, &composing->diag);
	struct layers layers = { find_layer, composing };
	struct snapshot *snapshot;

	for (int i = 0; i < count; i++) {
		CLEANUP(free_ptr) char *path = xasprintf("/%s", paths[i]);
		const struct node *host = read_document(composing, path);

		if (!host)
			return -1;
		composer_add(composer, host, &layers);
	}
	if (composer_finish(composer, &snapshot) < 0)
		return -1;
	return snapshot_save(snapshot, stdout);
}

int main(int argc, char **argv)
{
	struct composing composing = { .arena = ARENA_INIT, .diag = DIAG_INIT };
	CLEANUP(free_ptr) char *here = realpath(".", NULL);
	int r = -1;

	if (here && root_open(here, &composing.root) == 0 &&
	    knowledge_load(&composing.knowledge, KNOWLEDGE_RULES, NULL, 0, &composing.diag) == 0)
		r = compose(&composing, argv + 1, argc - 1);
	for (size_t i = 0; r < 0 && i < composing.diag.count; i++)
		fprintf(stderr, "compose-host: %s\n", composing.diag.entries[i].message);
	knowledge_release(&composing.knowledge);
	diag_release(&composing.diag);
	root_free(composing.root);
	arena_release(&composing.arena);
	return r < 0 || argc < 2 || fflush(stdout) != 0;
}
