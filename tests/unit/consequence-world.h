/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster of YAML, what its containers used, and what is proposed for them; and what is to follow from it. */
#ifndef KEISOKU_CONSEQUENCE_WORLD_H
#define KEISOKU_CONSEQUENCE_WORLD_H

#include <errno.h>

#include "../../advisor/rightsize.h"
#include "../../advisor/workload-view.h"
#include "../../clusters/reader.h"
#include "test.h"

#define MIB (1LL << 20)
#define GIB (1LL << 30)
#define SAME (-2)		/* in a proposal or an expectation: as it is */

struct proposed {
	const char *container;		/* NULL ends */
	enum resource resource;
	int64_t request, limit;		/* milli, bytes; -1: none; SAME */
};

struct used {
	const char *container;		/* NULL ends */
	enum usage_metric metric;
	double value;
};

struct expected {
	const char *container;
	enum resource resource;
	enum status status;
	int64_t request, limit;
	/* One of its consequences; text is part of it.  text NULL: it has none of this kind. */
	enum consequence_kind kind;
	enum consequence_weight weight;
	const char *text;
};

struct consequence_case {
	const char *name, *objects;
	struct proposed proposed[4];
	struct used used[6];
	struct expected expected[5];
};

struct world {
	struct cluster *cluster;
	struct usage *usage;
	struct rightsizing rightsizing;
	struct arena arena;
};

static inline void world_begin(struct world *world, const char *objects)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	*world = (struct world){ .cluster = cluster_new() };
	if (node_parse_foreign(&world->arena, objects, strlen(objects), &diag, &documents) < 0)
		fail_msg("%s in %s", diag.entries[0].message, objects);
	GROW(world->cluster->files, world->cluster->files_capacity, 1);
	world->cluster->files[world->cluster->n_files++] = (struct cluster_file){ .path = "test.yaml", .format = "yaml" };
	for (uint32_t i = 0; i < documents->count; i++)
		cluster_add_object(world->cluster, 0, i, &documents->items[i]);
	cluster_join(world->cluster);
	if (world->cluster->diag.errors)
		fail_msg("%s", world->cluster->diag.entries[0].message);
	world->usage = usage_new(world->cluster);
	world->rightsizing.cluster = world->cluster;
	world->rightsizing.usage = world->usage;
	world->rightsizing.options.memory_margin = 0.15;
	world->rightsizing.options.least_change = 0.1;
	world->rightsizing.options.least_cpu_milli = 10;
	world->rightsizing.options.least_memory_bytes = 16 * MIB;
}

static inline void world_end(struct world *world)
{
	rightsizing_release(&world->rightsizing);
	usage_free(world->usage);
	cluster_free(world->cluster);
	arena_release(&world->arena);
}

static inline uint32_t world_container(const struct world *world, const char *name)
{
	for (uint32_t i = 0; i < world->cluster->n_containers; i++)
		if (streq(world->cluster->containers[i].name, name))
			return i;
	fail_msg("no container %s", name);
	return 0;
}

/* Two samples of each, so that means and greatest values are this. */
static inline void world_use(struct world *world, const struct used *used)
{
	for (; used->container; used++) {
		struct usage_feed *feed = usage_feed(world->usage, world_container(world, used->container), "pod", used->metric, "test");

		usage_gauge(feed, 1000, used->value);
		usage_gauge(feed, 1060, used->value);
	}
	usage_finish(world->usage);
}

static inline struct sizing_row *world_row(struct world *world, uint32_t container)
{
	struct rightsizing *rightsizing = &world->rightsizing;
	const struct resources *resources = &world->cluster->containers[container].resources;
	struct sizing_row *row;

	for (size_t i = 0; i < rightsizing->n_rows; i++)
		if (rightsizing->rows[i].container == container)
			return &rightsizing->rows[i];
	GROW(rightsizing->rows, rightsizing->capacity, rightsizing->n_rows + 1);
	row = &rightsizing->rows[rightsizing->n_rows++];
	*row = (struct sizing_row){ .workload = world->cluster->containers[container].workload, .container = container, .id = "" };
	for (int r = 0; r < 2; r++) {
		struct sizing *sizing = &row->of[r];

		sizing->status = STATUS_SATISFIED;
		sizing->reason = sizing->because = "";
		sizing->limit_from = sizing->limit_to = amount_size(&resources->limits.of[r], r);
		sizing->request_from = sizing->request_to = resources->requests.of[r].given ? amount_size(&resources->requests.of[r], r)
											   : sizing->limit_from;
	}
	return row;
}

static inline void world_propose(struct world *world, const struct proposed *proposed)
{
	for (; proposed->container; proposed++) {
		struct sizing *sizing = &world_row(world, world_container(world, proposed->container))->of[proposed->resource];

		sizing->status = STATUS_RECOMMEND;
		sizing->cause = CAUSE_REQUEST_TOO_HIGH;
		if (proposed->request != SAME)
			sizing->request_to = proposed->request;
		if (proposed->limit != SAME)
			sizing->limit_to = proposed->limit;
	}
}

static inline void print_consequences(const struct sizing *sizing)
{
	print_message("  status %s, request %lld, limit %lld, reason '%s'\n", status_name(sizing->status), (long long)sizing->request_to,
		      (long long)sizing->limit_to, sizing->reason);
	for (size_t i = 0; i < sizing->n_consequences; i++)
		print_message("  %s %s: %s\n", consequence_kind_name(sizing->consequences[i].kind),
			      consequence_weight_name(sizing->consequences[i].weight), sizing->consequences[i].text);
}

static inline bool is_told(const struct sizing *sizing, const struct expected *expected)
{
	bool any = false;

	for (size_t i = 0; i < sizing->n_consequences; i++) {
		const struct consequence *consequence = &sizing->consequences[i];

		any |= consequence->kind == expected->kind;
		if (expected->text && consequence->kind == expected->kind && consequence->weight == expected->weight &&
		    strstr(consequence->text, expected->text))
			return true;
	}
	return !expected->text && !any;
}

static inline void check_told(struct world *world, const struct consequence_case *test, const struct expected *expected)
{
	const struct sizing *sizing = &world_row(world, world_container(world, expected->container))->of[expected->resource];
	int64_t request = expected->request == SAME ? sizing->request_from : expected->request;
	int64_t limit = expected->limit == SAME ? sizing->limit_from : expected->limit;

	if (sizing->status == expected->status && sizing->request_to == request && sizing->limit_to == limit && is_told(sizing, expected))
		return;
	print_consequences(sizing);
	fail_msg("%s: %s of %s: expected %s, %lld, %lld, %s", test->name, resource_name(expected->resource), expected->container,
		 status_name(expected->status), (long long)request, (long long)limit, expected->text ? expected->text : "nothing");
}

/* The manifest says from now on what was proposed. */
static inline void world_apply(struct world *world)
{
	struct rightsizing *rightsizing = &world->rightsizing;

	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		struct resources *resources = &world->cluster->containers[rightsizing->rows[i].container].resources;

		for (int r = 0; r < 2; r++) {
			const struct sizing *sizing = &rightsizing->rows[i].of[r];

			if (!sizing_changes(sizing))
				continue;
			resources->requests.of[r] = amount_of(r, sizing->request_to);
			resources->limits.of[r] = amount_of(r, sizing->limit_to);
		}
	}
	rightsizing->n_rows = 0;
}

/* A recommender that says the same again finds that what bounded its proposal bounds it still. */
static inline void check_stable(struct world *world, const struct consequence_case *test)
{
	struct proposed again[ARRAY_SIZE(test->proposed)];

	/* As it was proposed before, whatever stood there. */
	memcpy(again, test->proposed, sizeof(again));
	for (struct proposed *proposed = again; proposed->container; proposed++) {
		const struct sizing *sizing = &world_row(world, world_container(world, proposed->container))->of[proposed->resource];

		if (proposed->request == SAME)
			proposed->request = sizing->request_from;
		if (proposed->limit == SAME)
			proposed->limit = sizing->limit_from;
	}
	world_apply(world);
	world_propose(world, again);
	rightsize_consequences(&world->rightsizing);
	for (size_t i = 0; i < world->rightsizing.n_rows; i++) {
		for (int r = 0; r < 2; r++) {
			const struct sizing *sizing = &world->rightsizing.rows[i].of[r];

			if (!sizing_changes(sizing))
				continue;
			print_consequences(sizing);
			fail_msg("%s: it is not stable", test->name);
		}
	}
}

static inline void check_cases(const struct consequence_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct world world;

		world_begin(&world, cases[i].objects);
		world_use(&world, cases[i].used);
		world_propose(&world, cases[i].proposed);
		rightsize_consequences(&world.rightsizing);
		for (const struct expected *expected = cases[i].expected; expected->container; expected++)
			check_told(&world, &cases[i], expected);
		check_stable(&world, &cases[i]);
		world_end(&world);
	}
}

/* A pod template's containers in a Deployment "web" of shop. */
#define DEPLOYMENT(replicas, containers)                                                                                                       \
	"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"                                               \
	"spec: {replicas: " #replicas ", selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [" containers "]}}}\n"
#define CONTAINER(name, resources) "{name: " name ", image: i, resources: {" resources "}}"
#define APP(resources) CONTAINER("app", resources)

#endif
