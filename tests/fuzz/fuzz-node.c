/* SPDX-License-Identifier: Apache-2.0 */
/* YAML, and the registry's reading of it: the first byte says as what. */
#include "../../core/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(registry_free_ptr) struct registry *registry = registry_new();
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	if (size > 0 && node_parse(&arena, "fuzz", (const char *)data + 1, size - 1, &diag, &documents) == 0) {
		(void)registry_load(registry, (enum entry_class)(data[0] % 4), documents, &diag);
		(void)registry_check(registry, &diag);
		(void)registry_find(registry, "net.ipv4.conf.eth0.rp_filter");
	}
	return 0;
}
