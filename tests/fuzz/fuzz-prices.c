/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a list of prices: refused with messages, or every price is a number that is not negative. */
#include <math.h>

#include "../../core/prices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char labels_yaml[] = "{node.kubernetes.io/instance-type: m5.large, a: b, c: ''}";

static const struct node *labels(void)
{
	static struct arena arena = ARENA_INIT;
	static const struct node *documents;
	struct diag diag = DIAG_INIT;

	if (!documents && node_parse(&arena, "labels", labels_yaml, strlen(labels_yaml), &diag, &documents) < 0)
		abort();
	return &documents->items[0];
}

static void check(double price)
{
	if (!isnan(price) && !(price >= 0 && isfinite(price)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(prices_release) struct prices prices = PRICES_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct cluster_node node = { .labels = labels() };

	if (prices_parse("fuzz.yaml", (const char *)data, size, &diag, &prices) < 0) {
		if (diag.errors == 0)
			abort();
		return 0;
	}
	if (!*prices.currency || !*prices.source || !*prices.date || isnan(prices.cpu_hour) != isnan(prices.gib_hour))
		abort();
	for (size_t i = 0; i < prices.n_nodes; i++)
		check(prices.nodes[i].hour);
	check(prices_node_hour(&prices, &node));
	node.capacity.of[RESOURCE_CPU] = (struct amount){ .given = true, .quantity.nano = INT64_MAX };
	node.capacity.of[RESOURCE_MEMORY] = node.capacity.of[RESOURCE_CPU];
	check(prices_node_hour(&prices, &node));
	return 0;
}
