/* SPDX-License-Identifier: Apache-2.0 */
/* A small cluster with rows and prices, and what could be saved of it. */
#ifndef KEISOKU_TESTS_SAVINGS_SCENE_H
#define KEISOKU_TESTS_SAVINGS_SCENE_H

#include "../../advisor/rightsize.h"
#include "packing-world.h"

#define RATES "currency: EUR\nsource: own\ndate: 2026-10-01\ncpu_hour: 1\ngib_hour: 0.5\n"

struct scene {
	struct world world;
	struct prices prices;
	struct rightsizing rightsizing;
};

/* Each workload's container becomes what stands in "then"; of the workload "suspect" it is only suspected. */
static void scene_make(struct scene *scene, const char *yaml, const char *prices, const char *label)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct rightsizing *rightsizing = &scene->rightsizing;

	*scene = (struct scene){ .world = world_make(yaml), .rightsizing = RIGHTSIZING_INIT };
	if (prices)
		assert_int_equal(prices_parse("prices.yaml", prices, strlen(prices), &diag, &scene->prices), 0);
	rightsizing->cluster = scene->world.cluster;
	rightsizing->options.label = label;
	GROW(rightsizing->rows, rightsizing->capacity, scene->world.cluster->n_containers);
	for (uint32_t i = 0; i < scene->world.cluster->n_containers; i++) {
		struct sizing_row *row = &rightsizing->rows[rightsizing->n_rows++];
		const struct workload_container *container = &scene->world.cluster->containers[i];
		const struct workload *workload = &scene->world.cluster->workloads[container->workload];

		*row = (struct sizing_row){ .workload = container->workload, .container = i,
			.replicas = workload->n_pods > 0 ? workload->n_pods : workload->replicas };
		for (enum resource resource = RESOURCE_CPU; resource <= RESOURCE_MEMORY; resource++) {
			row->of[resource].status = streq(workload->name, "suspect") ? STATUS_SUSPECT : STATUS_RECOMMEND;
			row->of[resource].request_to =
				world_size(&scene->world.then.containers[i].resources.requests, resource, NULL, -1);
		}
	}
	rightsize_savings(rightsizing, prices ? &scene->prices : NULL);
}

static void scene_release(struct scene *scene)
{
	rightsizing_release(&scene->rightsizing);
	prices_release(&scene->prices);
	world_release(&scene->world);
}

#endif
