/* SPDX-License-Identifier: Apache-2.0 */
/* Any dump of a cluster: packed with its requests and with a third of them, without a crash, and as a range. */
#include <math.h>

#include "../../advisor/rightsize.h"
#include "../../clusters/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char prices_yaml[] = "{currency: EUR, source: own, date: 2026-10-01, cpu_hour: 1, gib_hour: .5}";

static void add_rows(struct rightsizing *rightsizing)
{
	const struct cluster *cluster = rightsizing->cluster;

	for (uint32_t i = 0; i < cluster->n_containers; i++) {
		struct sizing_row *row;

		if (cluster->containers[i].workload >= cluster->n_workloads)
			continue;
		GROW(rightsizing->rows, rightsizing->capacity, rightsizing->n_rows + 1);
		row = &rightsizing->rows[rightsizing->n_rows++];
		*row = (struct sizing_row){ .workload = cluster->containers[i].workload, .container = i, .replicas = NAN };
		for (enum resource resource = RESOURCE_CPU; resource <= RESOURCE_MEMORY; resource++) {
			const struct amount *amount = &cluster->containers[i].resources.requests.of[resource];

			row->of[resource].status = i % 5 ? STATUS_RECOMMEND : STATUS_SUSPECT;
			row->of[resource].request_to = amount->given ? quantity_value(&amount->quantity) / 3 : -1;
			row->of[resource].replicas_then = i % 7 ? 0 : 3;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	CLEANUP(prices_release) struct prices prices = PRICES_INIT;
	CLEANUP(rightsizing_release) struct rightsizing rightsizing = RIGHTSIZING_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct savings *savings = &rightsizing.savings;
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(data, size, &budget);

	if (prices_parse("prices.yaml", prices_yaml, strlen(prices_yaml), &diag, &prices) < 0)
		abort();
	(void)cluster_read_stream(cluster, "fuzz", stream, size, NULL);
	cluster_join(cluster);
	rightsizing.cluster = cluster;
	rightsizing.options = (struct rightsize_options){ .label = "app", .headroom = size % 2 ? 0.1 : 0 };
	add_rows(&rightsizing);
	rightsize_savings(&rightsizing, &prices);
	if (!isnan(savings->realisable_least) && !(savings->realisable_least >= 0 && savings->realisable_least <= savings->realisable_most &&
						   savings->realisable_most <= savings->bill))
		abort();
	return 0;
}
