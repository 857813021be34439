/* SPDX-License-Identifier: Apache-2.0 */
/* A small cluster, and usage read into it from texts. */
#ifndef KEISOKU_TEST_USAGE_WORLD_H
#define KEISOKU_TEST_USAGE_WORLD_H

#include "../../clusters/reader.h"
#include "test.h"

struct world {
	struct cluster *cluster;
	struct usage *usage;
	int result;			/* of the last text */
};

static void world_add(struct world *world, const char *namespace, const char *kind, const char *name, const char *const *containers)
{
	struct workload *workload = cluster_add_workload(world->cluster);

	workload->namespace = cluster_name(world->cluster, namespace);
	workload->kind = cluster_name(world->cluster, kind);
	workload->name = cluster_name(world->cluster, name);
	for (; *containers; containers++)
		cluster_add_container(world->cluster)->name = cluster_name(world->cluster, *containers);
}

/* shop: the Deployment web with app and proxy, the StatefulSet db with db; batch: the CronJob night with job. */
static inline void world_begin(struct world *world)
{
	*world = (struct world){ .cluster = cluster_new() };
	world_add(world, "shop", "Deployment", "web", (const char *const[]){ "app", "proxy", NULL });
	world_add(world, "shop", "StatefulSet", "db", (const char *const[]){ "db", NULL });
	world_add(world, "batch", "CronJob", "night", (const char *const[]){ "job", NULL });
	cluster_join(world->cluster);
	world->usage = usage_new(world->cluster);
}

static inline void world_end(struct world *world)
{
	usage_free(world->usage);
	cluster_free(world->cluster);
}

static inline int world_read_at(struct world *world, const char *path, const void *text, size_t length, double time_sec)
{
	const struct read_options options = { .time_sec = time_sec };
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(text, length, &budget);

	world->result = usage_read_stream(world->usage, world->cluster, path, stream, &options);
	return world->result;
}

static inline int world_read(struct world *world, const char *text)
{
	return world_read_at(world, "usage.csv", text, strlen(text), 0);
}

static inline const struct usage_series *world_series(struct world *world, const char *container, enum usage_metric metric)
{
	for (uint32_t i = 0; i < world->cluster->n_containers; i++)
		if (streq(world->cluster->containers[i].name, container))
			return usage_get(world->usage, i, metric);
	fail_msg("there is no container %s", container);
	return NULL;
}

/* What was said last, without its place. */
static inline const char *world_message(struct world *world)
{
	const struct diag *notes = usage_notes(world->usage);

	return notes->count ? notes->entries[notes->count - 1].message : "";
}

static inline void assert_said(struct world *world, unsigned int line, unsigned int column, const char *part)
{
	const struct diag *notes = usage_notes(world->usage);

	for (size_t i = 0; i < notes->count; i++) {
		const struct diag_entry *entry = &notes->entries[i];

		if (entry->place.line == line && entry->place.column == column && strstr(entry->message, part))
			return;
	}
	fail_msg("not said at %u:%u: %s; last: %u:%u: %s", line, column, part,
		 notes->count ? notes->entries[notes->count - 1].place.line : 0,
		 notes->count ? notes->entries[notes->count - 1].place.column : 0, world_message(world));
}

static inline void assert_series(const struct usage_series *series, uint64_t samples, double min, double max)
{
	assert_non_null(series);
	assert_int_equal(series->samples, samples);
	if (fabs(series->min - min) > min * 1e-9 || fabs(series->max - max) > max * 1e-9)
		fail_msg("%.12g to %.12g instead of %.12g to %.12g", series->min, series->max, min, max);
}

#endif
