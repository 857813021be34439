/* SPDX-License-Identifier: Apache-2.0 */
/* What holds of every cluster, tried on many that are made at random (the same ones in every run). */
#include <math.h>

#include "../../core/strbuf.h"
#include "packing-check.h"
#include "savings-scene.h"

#define CLUSTERS 400
#define ITEMS_MAX 24
#define APPS 12

struct random {
	uint64_t state;
	uint32_t left[ITEMS_MAX];	/* CPU of each node that nobody asks for yet, in thousandths */
};

static uint32_t below(struct random *random, uint32_t bound)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return (uint32_t)(random->state >> 33) % bound;
}

static bool chance(struct random *random, uint32_t percent)
{
	return below(random, 100) < percent;
}

struct lines {				/* of nodes, or of workloads: each in braces */
	char *items[ITEMS_MAX];
	uint32_t count;
};

static void lines_release(struct lines *lines)
{
	for (uint32_t i = 0; i < lines->count; i++)
		free(lines->items[i]);
	lines->count = 0;
}

static void lines_shuffle(struct random *random, struct lines *lines)
{
	for (uint32_t i = lines->count; i > 1; i--) {
		uint32_t j = below(random, i);
		char *item = lines->items[i - 1];

		lines->items[i - 1] = lines->items[j];
		lines->items[j] = item;
	}
}

static char *make_node(struct random *random, uint32_t number)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint32_t cpus = 2 + 2 * below(random, 4);

	random->left[number] = cpus * 1000;
	strbuf_addf(&text, "{name: n%02u, cpu: %u, memory: %uGi, pods: %u, labels: {host: n%02u", number, cpus, cpus * 4,
		    5 + below(random, 20), number);
	if (chance(random, 90))
		strbuf_addf(&text, ", zone: z%u, topology.kubernetes.io/zone: z%u", number % 3, number % 3);
	if (chance(random, 10))
		strbuf_add_string(&text, ", node-role.kubernetes.io/control-plane: ''");
	strbuf_addf(&text, ", pool: p%u}", below(random, 2));
	if (chance(random, 20))
		strbuf_add_string(&text, ", taints: [{key: t, value: v, effect: NoSchedule}]");
	if (chance(random, 5))
		strbuf_add_string(&text, ", cordoned: yes");
	if (chance(random, 30))
		strbuf_addf(&text, ", others: {nvidia.com/gpu: %u}", below(random, 4));
	strbuf_add_char(&text, '}');
	return strbuf_steal(&text);
}

static void add_constraints(struct random *random, struct strbuf *text)
{
	static const char *const keys[] = { "host", "zone", "rack" };
	const char *key = keys[below(random, 3)];
	uint32_t app = below(random, APPS);

	if (chance(random, 25))
		strbuf_addf(text, ", affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: %s, "
			    "labelSelector: {matchLabels: {app: a%u}}}]}}", key, app);
	else if (chance(random, 15))
		strbuf_addf(text, ", affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: %s, "
			    "%s labelSelector: {matchLabels: {app: a%u}}}]}}", key, chance(random, 50) ? "namespaces: [default, other]," : "", app);
	else if (chance(random, 15))
		strbuf_addf(text, ", affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
			    "[{matchExpressions: [{key: pool, operator: %s, values: [p1]}]}]}}}", chance(random, 50) ? "In" : "NotIn");
	if (chance(random, 20))
		strbuf_addf(text, ", spread: [{maxSkew: %u, topologyKey: %s, whenUnsatisfiable: DoNotSchedule, "
			    "labelSelector: {matchLabels: {app: a%u}}}]", 1 + below(random, 2), key, app);
	if (chance(random, 30))
		strbuf_add_string(text, ", tolerations: [{key: t, operator: Exists}]");
	if (chance(random, 10))
		strbuf_addf(text, ", ports: [{hostPort: %u}]", 80 + below(random, 2));
	if (chance(random, 4))
		strbuf_add_string(text, ", volumes: [{name: v, emptyDir: {}}]");
}

/* Where there is room, mostly. */
static uint32_t find_place(struct random *random, uint32_t cpu, uint32_t n_nodes)
{
	uint32_t node = below(random, n_nodes);

	for (unsigned int i = 0; i < 8 && random->left[node] < cpu; i++)
		node = below(random, n_nodes);
	random->left[node] -= MIN(random->left[node], cpu);
	return node;
}

enum direction { CHANGE_ANY, CHANGE_GROW, CHANGE_NONE };

static char *make_workload(struct random *random, uint32_t number, uint32_t n_nodes, enum direction change)
{
	static const char *const kinds[] = { "Deployment", "Deployment", "Deployment", "Deployment", "Deployment",
					     "Deployment", "Deployment", "StatefulSet", "DaemonSet", "Pod" };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint32_t cpu = 100 + 100 * below(random, 15), memory = 100 + 200 * below(random, 12);
	const char *kind = kinds[below(random, ARRAY_SIZE(kinds))];
	uint32_t pods = streq(kind, "Pod") ? 1 : 1 + below(random, 5);

	strbuf_addf(&text, "{name: w%02u, kind: %s, namespace: %s, cpu: %um, memory: %uMi, labels: {app: a%u}", number, kind,
		    chance(random, 80) ? "default" : "other", cpu, memory, below(random, APPS));
	if (change == CHANGE_GROW)
		strbuf_addf(&text, ", then: {cpu: %um, memory: %uMi}", cpu + 100 * below(random, 8), memory + 100 * below(random, 8));
	else if (change == CHANGE_ANY && chance(random, 80))
		strbuf_addf(&text, ", then: {cpu: %um, memory: %uMi}", 50 + below(random, cpu), 50 + below(random, memory));
	if (chance(random, 15))
		strbuf_add_string(&text, ", others: {nvidia.com/gpu: 1}");
	add_constraints(random, &text);
	strbuf_add_string(&text, ", on: [");
	for (uint32_t i = 0; i < pods; i++)
		strbuf_addf(&text, "%sn%02u", i > 0 ? ", " : "", find_place(random, cpu, n_nodes));
	strbuf_addf(&text, "], pending: %u}", !streq(kind, "Pod") && chance(random, 10) ? 1 + below(random, 3) : 0);
	return strbuf_steal(&text);
}

static void make_lines(struct random *random, struct lines *nodes, struct lines *workloads, enum direction change)
{
	uint32_t n_nodes = 2 + below(random, 9), n_workloads = 4 + below(random, 20);

	while (nodes->count < n_nodes) {
		nodes->items[nodes->count] = make_node(random, nodes->count);
		nodes->count++;
	}
	while (workloads->count < n_workloads) {
		workloads->items[workloads->count] = make_workload(random, workloads->count, n_nodes, change);
		workloads->count++;
	}
}

static char *make_text(const struct lines *nodes, const struct lines *workloads)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_add_string(&text, "nodes:\n");
	for (uint32_t i = 0; i < nodes->count; i++)
		strbuf_addf(&text, "  - %s\n", nodes->items[i]);
	strbuf_add_string(&text, "workloads:\n");
	for (uint32_t i = 0; i < workloads->count; i++)
		strbuf_addf(&text, "  - %s\n", workloads->items[i]);
	strbuf_add_string(&text, "budgets: [{selector: {matchLabels: {app: a11}}, allowed: 0}]\n");
	return strbuf_steal(&text);
}

static struct world make_world(const struct lines *nodes, const struct lines *workloads)
{
	CLEANUP(free_ptr) char *text = make_text(nodes, workloads);

	return world_make(text);
}

static double worth_of(const struct world *world, const struct packing_answer *answer, enum packing_fate fate)
{
	double sum = 0;

	for (uint32_t n = 0; n < world->cluster->n_nodes; n++)
		sum += answer->fates[n] == fate;
	return sum;
}

static double net(const struct world *world, const struct packing_answer *answer)
{
	return worth_of(world, answer, FATE_FREED) - worth_of(world, answer, FATE_REOPENED);
}

static void every_step_is_one_that_the_scheduler_would_take(void **state)
{
	struct random random = { 42 };
	double freed = 0;

	for (unsigned int i = 0; i < CLUSTERS; i++) {
		uint32_t more[ITEMS_MAX] = { [0] = i % 3, [2] = i % 5 };
		const struct packing_options options = { .record = true, .headroom = i % 4 == 0 ? 0.1 : 0, .more = more };
		struct lines nodes = { 0 }, workloads = { 0 };
		struct packing packing;
		struct world world;

		make_lines(&random, &nodes, &workloads, CHANGE_ANY);
		world = make_world(&nodes, &workloads);
		packing_solve(world.cluster, &world.then, &options, &packing);
		check_answer(&world, &packing, &packing.least, options.headroom);
		check_answer(&world, &packing, &packing.most, options.headroom);
		assert_true(net(&world, &packing.least) <= net(&world, &packing.most));
		freed += worth_of(&world, &packing.most, FATE_FREED);
		packing_release(&packing);
		world_release(&world);
		lines_release(&nodes);
		lines_release(&workloads);
	}
	if (freed < CLUSTERS / 10)
		fail_msg("only %g nodes were freed: little was tried", freed);
}

static void what_only_grows_or_stays_frees_nothing(void **state)
{
	struct random random = { 43 };

	for (unsigned int i = 0; i < CLUSTERS; i++) {
		const struct packing_options options = { 0 };
		struct lines nodes = { 0 }, workloads = { 0 };
		struct packing packing;
		struct world world;

		make_lines(&random, &nodes, &workloads, i % 2 ? CHANGE_GROW : CHANGE_NONE);
		world = make_world(&nodes, &workloads);
		packing_solve(world.cluster, &world.then, &options, &packing);
		assert_true(worth_of(&world, &packing.least, FATE_FREED) == 0);
		assert_true(worth_of(&world, &packing.most, FATE_FREED) == 0);
		if (i % 2 == 0)
			assert_true(worth_of(&world, &packing.least, FATE_REOPENED) == 0);
		packing_release(&packing);
		world_release(&world);
		lines_release(&nodes);
		lines_release(&workloads);
	}
}

static void assert_same(const struct world *a, const struct packing_answer *answer, const struct world *b, const struct packing_answer *other)
{
	for (uint32_t n = 0; n < a->cluster->n_nodes; n++) {
		uint32_t same = cluster_find_node(b->cluster, cluster_name(b->cluster, a->cluster->nodes[n].name));

		assert_int_equal(answer->fates[n], other->fates[same]);
	}
	assert_int_equal(answer->unplaced_now, other->unplaced_now);
	assert_int_equal(answer->unplaced_then, other->unplaced_then);
}

static void the_order_of_the_input_means_nothing(void **state)
{
	struct random random = { 44 };

	for (unsigned int i = 0; i < CLUSTERS; i++) {
		const struct packing_options options = { 0 };
		struct lines nodes = { 0 }, workloads = { 0 };
		struct packing packing, shuffled;
		struct world world, other;

		make_lines(&random, &nodes, &workloads, CHANGE_ANY);
		world = make_world(&nodes, &workloads);
		lines_shuffle(&random, &nodes);
		lines_shuffle(&random, &workloads);
		other = make_world(&nodes, &workloads);
		packing_solve(world.cluster, &world.then, &options, &packing);
		packing_solve(other.cluster, &other.then, &options, &shuffled);
		assert_same(&world, &packing.least, &other, &shuffled.least);
		assert_same(&world, &packing.most, &other, &shuffled.most);
		packing_release(&packing);
		packing_release(&shuffled);
		world_release(&world);
		world_release(&other);
		lines_release(&nodes);
		lines_release(&workloads);
	}
}

static void savings_are_a_range_within_the_bill(void **state)
{
	static const char *const prices[] = {
		RATES,
		RATES "nodes: [{match: {pool: p1}, hour: 2}]\n",
		"currency: EUR\nsource: own\ndate: 2026-10-01\nnodes: [{match: {pool: p0}, hour: 3}, {match: {pool: p1}, cpu_hour: 1, gib_hour: 0}]\n",
	};
	struct random random = { 45 };

	for (unsigned int i = 0; i < CLUSTERS; i++) {
		struct lines nodes = { 0 }, workloads = { 0 };
		struct scene scene;
		const struct savings *savings = &scene.rightsizing.savings;
		double now = 0, then = 0, least = 0, most = 0;
		CLEANUP(free_ptr) char *text = NULL;

		make_lines(&random, &nodes, &workloads, CHANGE_ANY);
		text = make_text(&nodes, &workloads);
		scene_make(&scene, text, prices[i % ARRAY_SIZE(prices)], "app");
		assert_true(savings->realisable_least >= 0);
		assert_true(savings->realisable_least <= savings->realisable_most);
		assert_true(savings->realisable_most <= savings->bill);
		assert_true(savings->idle_least <= savings->idle_most && savings->idle_least + savings->realisable_least <= savings->bill * (1 + 1e-9));
		for (size_t j = 0; j < scene.rightsizing.n_rows; j++)
			for (size_t k = 0; k < 2; k++) {
				now += scene.rightsizing.rows[j].of[k].cost_now;
				then += scene.rightsizing.rows[j].of[k].cost_then;
			}
		assert_true(now <= savings->bill * (1 + 1e-9));
		assert_true(fabs(now - then - savings->requested) <= 1e-9 * savings->bill);
		for (size_t j = 0; j < savings->n_nodes; j++) {
			assert_true(savings->nodes[j].freed_least <= savings->nodes[j].freed_most);
			assert_true(savings->nodes[j].freed_most <= savings->nodes[j].nodes);
			least += savings->nodes[j].freed_least * savings->nodes[j].price;
			most += savings->nodes[j].freed_most * savings->nodes[j].price;
		}
		assert_true(savings->realisable_least <= least * (1 + 1e-9));
		assert_true(savings->realisable_most <= most * (1 + 1e-9));
		scene_release(&scene);
		lines_release(&nodes);
		lines_release(&workloads);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_is_one_that_the_scheduler_would_take),
		cmocka_unit_test(what_only_grows_or_stays_frees_nothing),
		cmocka_unit_test(the_order_of_the_input_means_nothing),
		cmocka_unit_test(savings_are_a_range_within_the_bill),
	};

	return RUN_TESTS(tests);
}
