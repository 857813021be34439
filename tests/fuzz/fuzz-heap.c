/* SPDX-License-Identifier: Apache-2.0 */
/* A container's environment and command line, as runtimes read them. */
#include "../../advisor/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct heap_given givens[] = {
		HEAP_GIVEN_NONE,
		{ 1 << 30, 1 << 29, 1500, 500, 1LL << 34, 8000 },
		{ INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX },
	};
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents, *root;

	if (node_parse_foreign(&arena, (const char *)data, size, &diag, &documents) < 0 || documents->count == 0)
		return 0;
	root = &documents->items[0];
	if (root->kind != NODE_MAPPING)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(givens); i++) {
		struct workload_container container = { .name = "app", .image = "tomcat:10" };
		struct heap heap;

		container.env = node_get(root, "env");
		container.env_from = node_get(root, "envFrom");
		container.command = node_get(root, "command");
		container.args = node_get(root, "args");
		heap_read(&container, &givens[i], &arena, &heap);
		if (heap.most < -1 || heap.beside < -1 || heap.threads < -1 || !heap.setting || !heap.advice || !heap.threads_setting)
			abort();
	}
	return 0;
}
