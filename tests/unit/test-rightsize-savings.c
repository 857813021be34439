/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "savings-scene.h"

#define GIB (1 << 30)
#define TWO_NODES "nodes: [{name: a, cpu: 4, memory: 16Gi}, {name: b, cpu: 4, memory: 16Gi}]\n"
#define MONTH 730

static void assert_money(double found, double expected)
{
	if (isnan(expected) ? !isnan(found) : !(fabs(found - expected) < 1e-6 * MAX(fabs(expected), 1.0)))
		fail_msg("%.9g, expected %.9g", found, expected);
}

static void money_is_counted_as_the_manual_says(void **state)
{
	static const struct {
		const char *yaml;
		double bill, requested, least, most;	/* an hour */
		const char *note;			/* part of it */
	} cases[] = {
		/* A node costs 4 + 16 × 0.5 = 12; 4 × 1 CPU less are requested, and one node becomes free. */
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, a, b, b]}]", 24, 4, 12, 12,
		  "1 of 2 nodes can be drained" },
		/* 4 × 1 GiB of memory at 0.5. */
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 2Gi, then: {memory: 1Gi}, on: [a, a, b, b]}]", 24, 2, 0, 0,
		  "no node becomes free (kept: 2 by pods that fit nowhere else" },
		/* Suspected only: nothing is counted and nothing is packed. */
		{ TWO_NODES "workloads: [{name: suspect, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, a, b, b]}]", 24, 0, 0, 0,
		  "no node becomes free" },
		/* What asks for more counts against. */
		{ TWO_NODES "workloads: [{name: w, cpu: 1, memory: 1Gi, then: {cpu: 2}, on: [a, a, b, b]}]", 24, -4, 0, 0, "no node becomes free" },
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, b]}, "
		  "{name: v, cpu: 1, memory: 1Gi, then: {cpu: 1500m}, on: [a, b]}]", 24, 1, 0, 0, "no node becomes free" },
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 3}, on: [a, a, b, b]}]", 24, -4, 0, 0,
		  "2 pods would find no node with what is recommended: it takes more nodes" },
		/* One pod grows beyond every node: the node that the others free does not pay for the one that it takes. */
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 5}, on: [a]}, "
		  "{name: v, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, b]}, {name: u, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [b]}]", 24, 0, 0, 0,
		  "1 pod would find no node with what is recommended: it takes more nodes" },
		/* Nor was the node that it leaves one that could be given back. */
		{ TWO_NODES "workloads: [{name: w, cpu: 4, memory: 1Gi, then: {cpu: 5}, on: [a]}, {name: v, cpu: 4, memory: 1Gi, on: [b]}]", 24, -1, 0, 0,
		  "pods that fit nowhere else); 1 pod would find no node" },
		/* Free before: told, not counted. */
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, a]}]", 24, 2, 0, 0,
		  "1 could be given back today without any change and is not counted" },
		/* The bill is what is requested where there are no nodes, and nobody knows what becomes free. */
		{ "workloads: [{name: w, cpu: 2, memory: 2Gi, then: {cpu: 1}, replicas: 3}]", 9, 3, NAN, NAN, "the nodes were not given" },
		/* 8 pods of 4 CPUs on nodes that have 8: 32 + 4 is more than the bill, so rows share the bill. */
		{ TWO_NODES "workloads: [{name: w, cpu: 4, memory: 1Gi, then: {cpu: 0, memory: 0}, on: [a, a, a, b, b, b, b, b]}]", 24, 24, 12, 12,
		  "1 of 2 nodes" },
		/* Nothing is requested. */
		{ TWO_NODES "workloads: [{name: w, on: [a, b]}]", 24, 0, 0, 0, "1 could be given back" },
		{ TWO_NODES "workloads: []", 24, 0, 0, 0, "2 could be given back today without any change and are not counted" },
		/* A node of unknown size has no price: neither has the bill. */
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi}, {name: b, memory: 16Gi}]\n"
		  "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, a]}]", NAN, 2, NAN, NAN,
		  "the price of 1 node is not known" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene scene;
		const struct savings *savings = &scene.rightsizing.savings;

		scene_make(&scene, cases[i].yaml, RATES, "");
		assert_true(savings->priced);
		assert_money(savings->bill, cases[i].bill * MONTH);
		assert_money(savings->requested, cases[i].requested * MONTH);
		assert_money(savings->realisable_least, cases[i].least * MONTH);
		assert_money(savings->realisable_most, cases[i].most * MONTH);
		if (!strstr(savings->realisable_note, cases[i].note))
			fail_msg("case %zu: %s", i, savings->realisable_note);
		scene_release(&scene);
	}
}

static void groups_sum_up_to_the_whole(void **state)
{
	static const char yaml[] = TWO_NODES "workloads: ["
		"{name: w, namespace: n, labels: {team: x}, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, b]},"
		"{name: v, namespace: m, labels: {team: x}, cpu: 1, memory: 1Gi, then: {cpu: 1500m}, on: [a]},"
		"{name: u, namespace: m, cpu: 500m, memory: 2Gi, then: {memory: 1Gi}, on: [b]}]";
	struct scene scene;
	const struct savings *savings = &scene.rightsizing.savings;
	double sum = 0;

	scene_make(&scene, yaml, RATES, "team");
	assert_int_equal(savings->n_namespaces, 2);
	assert_string_equal(savings->namespaces[0].name, "m");
	assert_int_equal(savings->namespaces[0].containers, 2);
	assert_money(savings->namespaces[0].cpu_now, 1.5);
	assert_money(savings->namespaces[0].cpu_then, 2);
	assert_money(savings->namespaces[0].memory_now, 3.0 * GIB);
	assert_money(savings->namespaces[0].memory_then, 2.0 * GIB);
	assert_money(savings->namespaces[0].requested_now, 3 * MONTH);
	assert_money(savings->namespaces[1].requested_now, 5 * MONTH);
	assert_money(savings->namespaces[1].requested_then, 3 * MONTH);
	assert_string_equal(savings->label, "team");
	assert_int_equal(savings->n_labels, 2);
	assert_string_equal(savings->labels[0].name, "");
	assert_string_equal(savings->labels[1].name, "x");
	for (size_t i = 0; i < savings->n_labels; i++)
		sum += savings->labels[i].requested_now - savings->labels[i].requested_then;
	assert_money(sum, savings->requested);
	scene_release(&scene);
}

static void without_prices_nodes_are_counted_and_money_is_unknown(void **state)
{
	struct scene scene;
	const struct savings *savings = &scene.rightsizing.savings;

	scene_make(&scene, TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, a, b, b]}]", NULL, "");
	assert_false(savings->priced);
	assert_money(savings->bill, NAN);
	assert_money(savings->requested, NAN);
	assert_money(savings->realisable_least, NAN);
	assert_money(scene.rightsizing.rows[0].of[0].cost_now, NAN);
	assert_money(savings->namespaces[0].requested_now, NAN);
	assert_money(savings->namespaces[0].cpu_now, 8);
	assert_int_equal(savings->n_nodes, 1);
	assert_string_equal(savings->nodes[0].name, "4 CPU, 16 GiB");
	assert_int_equal(savings->nodes[0].nodes, 2);
	assert_int_equal(savings->nodes[0].freed_least, 1);
	assert_int_equal(savings->nodes[0].freed_most, 1);
	scene_release(&scene);
}

/* A node for 8 an hour: 4 CPUs and 16 GiB are 4 to 8 by the rates, so CPU is a third of it; without rates half. */
static void a_price_of_a_whole_node_is_split(void **state)
{
	static const char nodes[] = "nodes: [{name: a, cpu: 4, memory: 16Gi, labels: {node.kubernetes.io/instance-type: big}}]\n"
				    "workloads: [{name: w, cpu: 3, memory: 8Gi, then: {cpu: 1}, on: [a]}]";
#define WHOLE "nodes: [{match: {node.kubernetes.io/instance-type: big}, hour: 8}]\n"
	struct scene scene;

	scene_make(&scene, nodes, RATES WHOLE, "");
	assert_money(scene.rightsizing.savings.bill, 8 * MONTH);
	assert_money(scene.rightsizing.rows[0].of[RESOURCE_CPU].cost_now, 8.0 / 3 / 4 * 3 * MONTH);
	assert_money(scene.rightsizing.rows[0].of[RESOURCE_CPU].cost_then, 8.0 / 3 / 4 * MONTH);
	assert_money(scene.rightsizing.rows[0].of[RESOURCE_MEMORY].cost_now, 8.0 * 2 / 3 / 2 * MONTH);
	assert_string_equal(scene.rightsizing.savings.nodes[0].name, "big");
	scene_release(&scene);

	scene_make(&scene, nodes, "currency: EUR\nsource: own\ndate: 2026-10-01\n" WHOLE, "");
	assert_money(scene.rightsizing.rows[0].of[RESOURCE_CPU].cost_now, 1.0 * 3 * MONTH);
	assert_money(scene.rightsizing.rows[0].of[RESOURCE_MEMORY].cost_now, 0.25 * 8 * MONTH);
	scene_release(&scene);
}

/* An init container makes its pod ask for 3 CPUs where the app asks for 1: it pays for the 2 between. */
static void init_containers_pay_for_what_they_make_the_pod_ask_besides(void **state)
{
	struct cluster *cluster = cluster_new();
	struct rightsizing rightsizing = { .cluster = cluster, .options.label = "" };
	CLEANUP(prices_release) struct prices prices = PRICES_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	static const char *const requests[] = { "3", "2", "1" };
	struct usage *usage;
	struct workload *workload = cluster_add_workload(cluster);

	assert_int_equal(prices_parse("prices.yaml", RATES, strlen(RATES), &diag, &prices), 0);
	workload->namespace = workload->kind = workload->name = "w";
	workload->replicas = 2;
	GROW(rightsizing.rows, rightsizing.capacity, 3);
	for (uint32_t i = 0; i < 3; i++) {
		struct workload_container *container = cluster_add_container(cluster);

		container->name = requests[i];
		container->type = i < 2 ? CONTAINER_INIT : CONTAINER_APP;
		container->resources.requests.of[RESOURCE_CPU] = world_amount(requests[i]);
		rightsizing.rows[rightsizing.n_rows++] = (struct sizing_row){ .container = i, .replicas = NAN,
			.of[RESOURCE_CPU] = { .status = i == 2 ? STATUS_RECOMMEND : STATUS_SATISFIED, .request_to = 1500 } };
	}
	cluster_join(cluster);
	usage = usage_new(cluster);
	rightsize_savings(&rightsizing, &prices);
	assert_money(rightsizing.rows[0].of[RESOURCE_CPU].cost_now, 2 * 2 * MONTH);
	assert_money(rightsizing.rows[1].of[RESOURCE_CPU].cost_now, 0);
	assert_money(rightsizing.rows[2].of[RESOURCE_CPU].cost_now, 2 * 1 * MONTH);
	assert_money(rightsizing.rows[0].of[RESOURCE_CPU].cost_then, 2 * 1.5 * MONTH);
	/* The pod asks for 3 either way. */
	assert_money(rightsizing.savings.requested, 0);
	assert_money(rightsizing.savings.bill, 2 * 3 * MONTH);

	/* Of the app 1.5 were measured in the mean, of the others only what is asked for is known. */
	usage_gauge(usage_feed(usage, 2, "w-1", USAGE_CPU, "test"), 1, 0.5);
	usage_finish(usage);
	rightsizing.usage = usage;
	rightsizing.rows[0].replicas = rightsizing.rows[1].replicas = 2;
	rightsizing.rows[2].replicas = 1.5;
	rightsize_savings(&rightsizing, &prices);
	assert_money(rightsizing.savings.bill, 1.5 * 3 * MONTH);
	usage_free(usage);
	rightsizing_release(&rightsizing);
	cluster_free(cluster);
}

/* The pod asks for 4 CPUs as a whole, whatever its container asks for. */
static void what_a_pod_asks_as_a_whole_does_not_sink_with_a_container(void **state)
{
	struct scene scene;

	scene_make(&scene, TWO_NODES "workloads: [{name: w, cpu: 2, memory: 2Gi, then: {cpu: 1}, on: [a, b]}]", RATES, "");
	assert_money(scene.rightsizing.savings.requested, 2 * MONTH);
	scene.world.cluster->workloads[0].pod_resources.requests.of[RESOURCE_CPU] = world_amount("4");
	rightsize_savings(&scene.rightsizing, &scene.prices);
	assert_money(scene.rightsizing.savings.requested, 0);
	assert_money(scene.rightsizing.savings.realisable_most, 0);
	scene_release(&scene);
}

/* The mean of the window counts, not the moment. */
static void replicas_of_the_window_are_paid_for(void **state)
{
	struct scene scene;

	scene_make(&scene, "workloads: [{name: w, cpu: 2, memory: 2Gi, then: {cpu: 1}, replicas: 3}]", RATES, "");
	scene.rightsizing.rows[0].replicas = 4.5;
	rightsize_savings(&scene.rightsizing, &scene.prices);
	assert_money(scene.rightsizing.savings.requested, 4.5 * MONTH);
	assert_money(scene.rightsizing.savings.bill, 4.5 * 3 * MONTH);
	scene.rightsizing.rows[0].replicas = INFINITY;
	rightsize_savings(&scene.rightsizing, &scene.prices);
	assert_money(scene.rightsizing.savings.requested, 3 * MONTH);
	scene_release(&scene);
}

/* Half the request is twice the utilisation: the autoscaler makes 4 replicas of 2, and as much CPU is requested as before, and twice the memory. */
static void replicas_that_an_autoscaler_adds_eat_what_requests_sink_by(void **state)
{
	static const char yaml[] = TWO_NODES "workloads: [{name: w, cpu: 3, memory: 2Gi, then: {cpu: 1500m}, on: [a, b]}]";
	struct scene scene;
	const struct savings *savings = &scene.rightsizing.savings;

	scene_make(&scene, yaml, RATES, "");
	assert_money(savings->realisable_least, 12 * MONTH);
	scene.rightsizing.rows[0].of[RESOURCE_CPU].replicas_then = 4;
	rightsize_savings(&scene.rightsizing, &scene.prices);
	assert_money(savings->requested, -2 * MONTH);
	assert_money(scene.rightsizing.rows[0].of[RESOURCE_CPU].cost_then, 6 * MONTH);
	assert_money(scene.rightsizing.rows[0].of[RESOURCE_MEMORY].cost_then, 4 * MONTH);
	assert_money(savings->realisable_least, 0);
	assert_money(savings->realisable_most, 12 * MONTH);
	if (!strstr(savings->realisable_note, "replicas that autoscalers add to 1 workload"))
		fail_msg("%s", savings->realisable_note);
	/* What is not recommended moves nothing. */
	scene.rightsizing.rows[0].of[RESOURCE_CPU].status = STATUS_SUSPECT;
	rightsize_savings(&scene.rightsizing, &scene.prices);
	assert_money(savings->requested, 0);
	assert_money(scene.rightsizing.rows[0].of[RESOURCE_CPU].cost_then, 6 * MONTH);
	scene_release(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(money_is_counted_as_the_manual_says),
		cmocka_unit_test(groups_sum_up_to_the_whole),
		cmocka_unit_test(without_prices_nodes_are_counted_and_money_is_unknown),
		cmocka_unit_test(a_price_of_a_whole_node_is_split),
		cmocka_unit_test(init_containers_pay_for_what_they_make_the_pod_ask_besides),
		cmocka_unit_test(what_a_pod_asks_as_a_whole_does_not_sink_with_a_container),
		cmocka_unit_test(replicas_of_the_window_are_paid_for),
		cmocka_unit_test(replicas_that_an_autoscaler_adds_eat_what_requests_sink_by),
	};

	return RUN_TESTS(tests);
}
