/* SPDX-License-Identifier: Apache-2.0 */
/* What surrounds containers: a cluster of YAML, and proposals that its text decides. */
#include "../../advisor/rightsize.h"
#include "../../advisor/workload-view.h"
#include "../../clusters/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_MOST 64

static uint64_t next_number(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* Half of it, a little more, twice, four times, none, one, or as it is. */
static int64_t proposed(uint64_t *state, int64_t from)
{
	switch (next_number(state) % 8) {
	case 0:
		return from / 2;
	case 1:
		return MIN(from, AMOUNT_MOST) + 1;
	case 2:
		return MIN(MAX(from, 1), AMOUNT_MOST / 2) * 2;
	case 3:
		return MIN(MAX(from, 1), AMOUNT_MOST / 4) * 4;
	case 4:
		return -1;
	case 5:
		return 1;
	case 6:
		return (int64_t)next_number(state);
	default:
		return from;
	}
}

static void add_row(struct rightsizing *rightsizing, uint32_t container, uint64_t *state)
{
	const struct resources *resources = &rightsizing->cluster->containers[container].resources;
	struct sizing_row *row;

	GROW(rightsizing->rows, rightsizing->capacity, rightsizing->n_rows + 1);
	row = &rightsizing->rows[rightsizing->n_rows++];
	*row = (struct sizing_row){ .workload = rightsizing->cluster->containers[container].workload, .container = container, .id = "" };
	for (int r = 0; r < 2; r++) {
		struct sizing *sizing = &row->of[r];

		sizing->status = next_number(state) % 4 ? STATUS_RECOMMEND : STATUS_SUSPECT;
		sizing->reason = sizing->because = "";
		sizing->limit_from = amount_size(&resources->limits.of[r], r);
		sizing->request_from = resources->requests.of[r].given ? amount_size(&resources->requests.of[r], r) : sizing->limit_from;
		sizing->request_to = proposed(state, sizing->request_from);
		sizing->limit_to = proposed(state, sizing->limit_from);
		if (sizing->limit_to >= 0)
			sizing->request_to = MIN(sizing->request_to, sizing->limit_to);
	}
}

static void check_row(const struct sizing_row *row)
{
	for (int r = 0; r < 2; r++) {
		const struct sizing *sizing = &row->of[r];

		for (size_t i = 0; i < sizing->n_consequences; i++) {
			if (i > 0 && sizing->consequences[i].weight > sizing->consequences[i - 1].weight)
				abort();
			/* What blocks leaves nothing proposed. */
			if (sizing->consequences[i].weight == CONSEQUENCE_BLOCKS && sizing_changes(sizing))
				abort();
		}
		if (sizing_changes(sizing) && sizing->limit_to >= 0 && sizing->request_to > sizing->limit_to)
			abort();
		if (sizing->status == STATUS_RECOMMEND && !sizing_changes(sizing))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(rightsizing_release) struct rightsizing rightsizing = RIGHTSIZING_INIT;
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	CLEANUP(usage_free_ptr) struct usage *usage = NULL;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;
	uint64_t state = size;

	if (node_parse_foreign(&arena, (const char *)data, size, &diag, &documents) < 0)
		return 0;
	GROW(cluster->files, cluster->files_capacity, 1);
	cluster->files[cluster->n_files++] = (struct cluster_file){ .path = "fuzz", .format = "yaml" };
	for (uint32_t i = 0; i < documents->count; i++)
		cluster_add_object(cluster, 0, i, &documents->items[i]);
	cluster_join(cluster);
	for (size_t i = 0; i < size; i++)
		state = state * 31 + data[i];

	usage = usage_new(cluster);
	for (uint32_t i = 0; i < MIN(cluster->n_containers, ROWS_MOST); i++) {
		usage_gauge(usage_feed(usage, i, "", USAGE_MEMORY_WORKING_SET, "fuzz"), 1, (double)next_number(&state));
		usage_gauge(usage_feed(usage, i, "", USAGE_CPU, "fuzz"), 1, (double)next_number(&state) / 1e9);
	}
	usage_finish(usage);
	rightsizing.cluster = cluster;
	rightsizing.usage = usage;
	rightsizing.options = (struct rightsize_options){ .least_change = 0.1, .least_cpu_milli = 10, .least_memory_bytes = 1 << 20, .only_namespace = "" };
	for (uint32_t i = 0; i < MIN(cluster->n_containers, ROWS_MOST); i++)
		if (cluster->containers[i].type != CONTAINER_EPHEMERAL)
			add_row(&rightsizing, i, &state);
	rightsize_consequences(&rightsizing);
	for (size_t i = 0; i < rightsizing.n_rows; i++)
		check_row(&rightsizing.rows[i]);
	return 0;
}
