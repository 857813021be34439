/* SPDX-License-Identifier: Apache-2.0 */
/* YAML that somebody else wrote: every node is visited, and every line of a scalar lies within the text. */
#include "../../core/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(const struct node *node, uint32_t lines)
{
	if (node->line == 0 || node->line > lines)
		abort();
	if (node->kind == NODE_SCALAR) {
		for (uint32_t i = 0; i < node->detail->n_lines; i++)
			if (node->detail->lines[i] == 0 || node->detail->lines[i] > lines + 1)
				abort();
		return;
	}
	for (uint32_t i = 0; i < node->count; i++)
		visit(&node->items[i], lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;
	uint32_t lines = 2;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	(void)node_parse_foreign(&arena, (const char *)data, size, &diag, &documents);
	visit(documents, lines);
	return 0;
}
