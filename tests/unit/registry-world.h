/* SPDX-License-Identifier: Apache-2.0 */
/* A registry made of a few entries, and YAML texts read into its arena. */
#ifndef KEISOKU_TEST_REGISTRY_WORLD_H
#define KEISOKU_TEST_REGISTRY_WORLD_H

#include "../../core/registry.h"
#include "test.h"

struct world {
	struct arena arena;
	struct diag diag;
	struct registry *registry;
};

static const struct node *parse(struct world *world, const char *yaml)
{
	const struct node *documents;

	assert_int_equal(node_parse(&world->arena, "test", yaml, strlen(yaml), &world->diag, &documents), 0);
	return documents;
}

/* facts may be NULL. */
static struct world *world_new(const char *tunables, const char *facts, const char *metrics)
{
	struct world *world = xcalloc(1, sizeof(*world));

	world->registry = registry_new();
	assert_int_equal(registry_load(world->registry, ENTRY_TUNABLE, parse(world, tunables), &world->diag), 0);
	if (facts)
		assert_int_equal(registry_load(world->registry, ENTRY_FACT, parse(world, facts), &world->diag), 0);
	assert_int_equal(registry_load(world->registry, ENTRY_METRIC, parse(world, metrics), &world->diag), 0);
	assert_int_equal(registry_check(world->registry, &world->diag), 0);
	return world;
}

static int teardown(void **state)
{
	struct world *world = *state;

	registry_free(world->registry);
	arena_release(&world->arena);
	diag_release(&world->diag);
	free(world);
	return 0;
}

#endif
