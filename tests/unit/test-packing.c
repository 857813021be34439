/* SPDX-License-Identifier: Apache-2.0 */
/* Small clusters whose right answer is argued by hand. */
#include "packing-check.h"

#define TWO_NODES "nodes: [{name: a, cpu: 4, memory: 16Gi}, {name: b, cpu: 4, memory: 16Gi}]\n"
/* Now every CPU is asked for; then half of them, which is one node. */
#define HALVED "cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, a, b, b]"
#define SMALL "cpu: 500m, memory: 1Gi"

struct expected {
	const char *yaml;
	uint32_t least, most, emptied;
	size_t unplaced_now, unplaced_then;
	enum packing_hold hold;			/* of node b, where it is kept */
};

static uint32_t count_fate(const struct world *world, const struct packing_answer *answer, enum packing_fate fate)
{
	uint32_t count = 0;

	for (uint32_t n = 0; n < world->cluster->n_nodes; n++)
		count += answer->fates[n] == fate;
	return count;
}

static void check_world(const char *what, const struct expected *expected, double headroom)
{
	const struct packing_options options = { .record = true, .headroom = headroom };
	struct world world = world_make(expected->yaml);
	uint32_t b = cluster_find_node(world.cluster, cluster_name(world.cluster, "b"));
	struct packing packing;

	packing_solve(world.cluster, &world.then, &options, &packing);
	check_answer(&world, &packing, &packing.least, headroom);
	check_answer(&world, &packing, &packing.most, headroom);
	if (count_fate(&world, &packing.least, FATE_FREED) != expected->least ||
	    count_fate(&world, &packing.most, FATE_FREED) != expected->most ||
	    count_fate(&world, &packing.least, FATE_EMPTIED) != expected->emptied ||
	    packing.least.unplaced_now != expected->unplaced_now || packing.least.unplaced_then != expected->unplaced_then)
		fail_msg("%s: freed %u to %u, emptied %u, unplaced %zu and %zu", what,
			 count_fate(&world, &packing.least, FATE_FREED), count_fate(&world, &packing.most, FATE_FREED),
			 count_fate(&world, &packing.least, FATE_EMPTIED), packing.least.unplaced_now, packing.least.unplaced_then);
	if (b != CLUSTER_NONE && packing.holds[b] != expected->hold)
		fail_msg("%s: held by %s", what, packing_hold_text(packing.holds[b]));
	packing_release(&packing);
	world_release(&world);
}

static void check_worlds(const struct expected *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(free_ptr) char *what = xasprintf("case %zu: %s", i, cases[i].yaml);

		check_world(what, &cases[i], 0);
	}
}

static void what_shrinks_frees_nodes_and_what_was_empty_is_no_merit(void **state)
{
	static const struct expected cases[] = {
		/* 8 of 8 CPUs are asked for, then 4: one node. */
		{ TWO_NODES "workloads: [{name: w, " HALVED "}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		/* The same in memory. */
		{ TWO_NODES "workloads: [{name: w, cpu: 1, memory: 8Gi, then: {memory: 4Gi}, on: [a, a, b, b]}]", .least = 1, .most = 1,
		  .hold = HOLD_NO_ROOM },
		/* CPU is halved, but memory holds both nodes. */
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 8Gi, then: {cpu: 1}, on: [a, a, b, b]}]", .hold = HOLD_NO_ROOM },
		/* 6 of 8 CPUs, then 5: there is no whole node in what is left. */
		{ TWO_NODES "workloads: [{name: w, cpu: 1500m, memory: 1Gi, then: {cpu: 1250m}, on: [a, a, b, b]}]", .hold = HOLD_NO_ROOM },
		/* Nothing is on b: it was free before. */
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, a]}]", .emptied = 1 },
		/* Half empty both: one is too many without any change. */
		{ TWO_NODES "workloads: [{name: w, cpu: 1, memory: 1Gi, then: {cpu: 500m}, on: [a, a, b, b]}]", .emptied = 1,
		  .hold = HOLD_NO_ROOM },
		/* A third node is free before, a second one then. */
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi}, {name: b, cpu: 4, memory: 16Gi}, {name: c, cpu: 4, memory: 16Gi}]\n"
		  "workloads: [{name: w, " HALVED "}]", .least = 1, .most = 1, .emptied = 1, .hold = HOLD_NO_ROOM },
		/* 6 + 4, 6 + 4, 4 of 12 each: no node can be drained, but 6 + 6 and 4 + 4 + 4 are two. */
		{ "nodes: [{name: a, cpu: 12, memory: 16Gi}, {name: b, cpu: 12, memory: 16Gi}, {name: c, cpu: 12, memory: 16Gi}]\n"
		  "workloads: [{name: six, cpu: 6, memory: 1Gi, on: [a, b]}, {name: four, cpu: 5, memory: 1Gi, then: {cpu: 4}, on: [a, b, c]}]",
		  .least = 0, .most = 1, .hold = HOLD_NO_ROOM },
		/* Nothing runs: all nodes were free before. */
		{ TWO_NODES "workloads: []", .emptied = 2 },
		{ "nodes: []\nworkloads: [{name: w, cpu: 2, memory: 1Gi, replicas: 2}]", .unplaced_now = 2, .unplaced_then = 2 },
		{ "nodes: []\nworkloads: []" },
		/* Pods on nodes that were not given are no matter of those that were. */
		{ TWO_NODES "workloads: [{name: w, cpu: 4, memory: 1Gi, on: [a, x, x]}]", .emptied = 1 },
		/* What is over takes nothing. */
		{ TWO_NODES "workloads: [{name: w, phase: Succeeded, cpu: 4, memory: 1Gi, on: [a, b]}]", .emptied = 2 },
	};

	check_worlds(cases, ARRAY_SIZE(cases));
}

static void what_grows_frees_nothing_and_may_need_more(void **state)
{
	static const struct expected cases[] = {
		{ TWO_NODES "workloads: [{name: w, cpu: 1, memory: 1Gi, then: {cpu: 2}, on: [a, a, b, b]}]", .emptied = 0,
		  .hold = HOLD_NO_ROOM },
		/* 4 pods of 3 CPUs on two nodes of 4: two find none. */
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 3}, on: [a, a, b, b]}]", .unplaced_then = 2,
		  .hold = HOLD_NO_ROOM },
		/* One grows, one shrinks by as much. */
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, b]}, "
		  "{name: v, cpu: 2, memory: 1Gi, then: {cpu: 3}, on: [a, b]}]", .hold = HOLD_NO_ROOM },
		/* One pod is pending now already. */
		{ TWO_NODES "workloads: [{name: w, cpu: 3, memory: 1Gi, on: [a, b], pending: 1}]", .unplaced_now = 1, .unplaced_then = 1,
		  .hold = HOLD_NO_ROOM },
		/* What shrinks makes room for it, so that no node becomes free. */
		{ TWO_NODES "workloads: [{name: w, cpu: 3, memory: 1Gi, then: {cpu: 2}, on: [a, b], pending: 1}]", .unplaced_now = 1,
		  .hold = HOLD_NO_ROOM },
	};

	check_worlds(cases, ARRAY_SIZE(cases));
}

/* On one node now, where b is free; then the node is needed again. */
static void a_node_that_was_free_and_is_needed_then_counts_against(void **state)
{
	static const char yaml[] = TWO_NODES "workloads: [{name: w, cpu: 1, memory: 1Gi, then: {cpu: 2}, on: [a, a, a, a]}]";
	const struct packing_options options = { .record = true };
	struct world world = world_make(yaml);
	struct packing packing;

	packing_solve(world.cluster, &world.then, &options, &packing);
	check_answer(&world, &packing, &packing.least, 0);
	assert_int_equal(packing.least.fates[1], FATE_REOPENED);
	assert_int_equal(packing.most.fates[1], FATE_REOPENED);
	assert_int_equal(packing.least.unplaced_then, 0);
	packing_release(&packing);
	world_release(&world);
}

/* cluster-autoscaler/FAQ.md: "What types of pods can prevent CA from removing a node?" */
static void pods_that_nobody_evicts_hold_their_node(void **state)
{
#define ANNOTATED(key, value) "annotations: {cluster-autoscaler.kubernetes.io/" key ": '" value "'}"
#define HELD(pods) TWO_NODES "workloads: [{name: w, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a, b]}, {name: x, " SMALL ", then: {cpu: 100m}, on: [a], annotations: " \
	"{cluster-autoscaler.kubernetes.io/safe-to-evict: 'false'}}, " pods "]\n"
	/* a is held in every case; b by what is on it. */
	static const struct expected cases[] = {
		{ HELD("{name: p, " SMALL ", on: [b]}"), .least = 1, .most = 1 },
		{ HELD("{name: p, kind: Pod, " SMALL ", on: [b]}"), .hold = HOLD_NAKED },
		{ HELD("{name: p, kind: Pod, " SMALL ", on: [b], " ANNOTATED("safe-to-evict", "true") "}"), .least = 1, .most = 1 },
		{ HELD("{name: p, " SMALL ", on: [b], " ANNOTATED("safe-to-evict", "false") "}"), .hold = HOLD_NOT_SAFE },
		{ HELD("{name: p, owner: Operator, " SMALL ", on: [b]}"), .hold = HOLD_CONTROLLER },
		{ HELD("{name: p, kind: StatefulSet, " SMALL ", on: [b]}"), .least = 1, .most = 1 },
		{ HELD("{name: p, kind: DaemonSet, " SMALL ", on: [b]}"), .least = 1, .most = 1 },
		{ HELD("{name: p, kind: Pod, owner: Node, " SMALL ", on: [b]}"), .least = 1, .most = 1 },
		{ HELD("{name: p, " SMALL ", on: [b], volumes: [{name: v, emptyDir: {}}]}"), .hold = HOLD_LOCAL_STORAGE },
		{ HELD("{name: p, " SMALL ", on: [b], volumes: [{name: v, hostPath: {path: /x}}]}"), .hold = HOLD_LOCAL_STORAGE },
		{ HELD("{name: p, " SMALL ", on: [b], volumes: [{name: v, emptyDir: {medium: Memory}}]}"), .least = 1, .most = 1 },
		{ HELD("{name: p, " SMALL ", on: [b], volumes: [{name: v, configMap: {}}]}"), .least = 1, .most = 1 },
		{ HELD("{name: p, " SMALL ", on: [b], volumes: [{name: v, emptyDir: {}}], "
		       ANNOTATED("safe-to-evict-local-volumes", "u,v") "}"), .least = 1, .most = 1 },
		{ HELD("{name: p, " SMALL ", on: [b], volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: {}}], "
		       ANNOTATED("safe-to-evict-local-volumes", "u,v") "}"), .hold = HOLD_LOCAL_STORAGE },
		{ HELD("{name: p, " SMALL ", on: [b], volumes: [{name: v, emptyDir: {}}], " ANNOTATED("safe-to-evict", "true") "}"),
		  .least = 1, .most = 1 },
		{ HELD("{name: p, namespace: kube-system, " SMALL ", on: [b]}"), .hold = HOLD_SYSTEM },
		{ HELD("{name: p, namespace: kube-system, " SMALL ", on: [b], labels: {k: v}}")
		  "budgets: [{namespace: kube-system, selector: {matchLabels: {k: v}}, allowed: 1}]", .least = 1, .most = 1 },
		{ HELD("{name: p, " SMALL ", on: [b], labels: {k: v}}")
		  "budgets: [{selector: {matchLabels: {k: v}}, allowed: 0}]", .hold = HOLD_BUDGET },
		{ HELD("{name: p, " SMALL ", on: [b], labels: {k: v}}")
		  "budgets: [{selector: {matchLabels: {k: w}}, allowed: 0}]", .least = 1, .most = 1 },
		{ HELD("{name: p, " SMALL ", on: [b], labels: {k: v}}")
		  "budgets: [{namespace: other, selector: {}, allowed: 0}]", .least = 1, .most = 1 },
		{ HELD("{name: p, " SMALL ", on: [b], labels: {k: v}}")
		  "budgets: [{selector: {matchLabels: {k: v}}, max: '0'}]", .hold = HOLD_BUDGET },
		{ HELD("{name: p, " SMALL ", on: [b], labels: {k: v}}")
		  "budgets: [{selector: {matchLabels: {k: v}}, min: '1'}]", .hold = HOLD_BUDGET },
		{ HELD("{name: p, " SMALL ", on: [b], labels: {k: v}}")
		  "budgets: [{selector: {matchLabels: {k: v}}, min: '1', allowed: 1}]", .least = 1, .most = 1 },
		/* The eviction API does not know what to do with two of them. */
		{ HELD("{name: p, " SMALL ", on: [b], labels: {k: v}}")
		  "budgets: [{selector: {matchLabels: {k: v}}, allowed: 1}, {selector: {matchExpressions: [{key: k, operator: Exists}]}, "
		  "allowed: 1}]", .hold = HOLD_BUDGET },
		{ HELD("{name: p, scheduler: own, " SMALL ", on: [b]}"), .hold = HOLD_SCHEDULER },
	};

	check_worlds(cases, ARRAY_SIZE(cases));
}

static void pods_go_only_where_they_may(void **state)
{
#define ANTI(key) "{podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: " key ", labelSelector: {matchLabels: {app: w}}}]}}"
#define NEAR(app) "{podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: host, labelSelector: {matchLabels: {app: " app "}}}]}}"
#define LABELLED "nodes: [{name: a, cpu: 4, memory: 16Gi, labels: {host: a, zone: x}}, {name: b, cpu: 4, memory: 16Gi, labels: {host: b, zone: y}}]\n"
#define ONE_EACH "name: w, labels: {app: w}, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a, b]"
	static const struct expected cases[] = {
		{ LABELLED "workloads: [{" ONE_EACH "}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		/* Two of them never share a host. */
		{ LABELLED "workloads: [{" ONE_EACH ", affinity: " ANTI("host") "}]", .hold = HOLD_NO_ROOM },
		{ LABELLED "workloads: [{" ONE_EACH ", affinity: " ANTI("zone") "}]", .hold = HOLD_NO_ROOM },
		/* A topology that no node has keeps nobody apart. */
		{ LABELLED "workloads: [{" ONE_EACH ", affinity: " ANTI("rack") "}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		/* Others that are against w, and w does not know. */
		{ LABELLED "workloads: [{name: w, labels: {app: w}, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a]}, "
		  "{name: v, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [b], affinity: " ANTI("host") "}]", .hold = HOLD_NO_ROOM },
		/* The same in another namespace. */
		{ LABELLED "workloads: [{name: w, labels: {app: w}, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a]}, "
		  "{name: v, namespace: n, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [b], affinity: " ANTI("host") "}]", .least = 1, .most = 1,
		  .hold = HOLD_NO_ROOM },
		/* w wants to be where v is, and v stays. */
		{ LABELLED "workloads: [{name: v, kind: Pod, labels: {app: v}, cpu: 1, memory: 1Gi, on: [b]}, "
		  "{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [b], affinity: " NEAR("v") "}]", .emptied = 1, .hold = HOLD_NAKED },
		/* Only itself to be near to: anywhere, but together. */
		{ LABELLED "workloads: [{name: w, labels: {app: w}, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, a, b, b], affinity: " NEAR("w") "}]",
		  .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		/* Nobody is left there to be near to: the first may go anywhere, the second follows. */
		{ LABELLED "workloads: [{name: w, labels: {app: w}, cpu: 1500m, memory: 1Gi, then: {cpu: 500m}, on: [b, b], affinity: " NEAR("w") "}, "
		  "{name: v, kind: Pod, cpu: 2, memory: 1Gi, on: [a]}]", .least = 1, .most = 1 },
		/* Against w in every namespace. */
		{ LABELLED "workloads: [{name: w, labels: {app: w}, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a]}, "
		  "{name: v, namespace: n, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [b], affinity: {podAntiAffinity: "
		  "{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: host, namespaceSelector: {}, labelSelector: {matchLabels: "
		  "{app: w}}}]}}}]", .hold = HOLD_NO_ROOM },
		/* A node that is gone is no domain any more: all may go to the last. */
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, labels: {host: a}}, {name: b, cpu: 4, memory: 16Gi, labels: {host: b}}, "
		  "{name: c, cpu: 4, memory: 16Gi, labels: {host: c}}]\n"
		  "workloads: [{name: w, labels: {app: w}, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a, b, c], spread: [{maxSkew: 1, "
		  "topologyKey: host, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: w}}}]}]", .least = 2, .most = 2 },
		/* One in each zone at least. */
		{ LABELLED "workloads: [{" ONE_EACH ", spread: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, "
		  "labelSelector: {matchLabels: {app: w}}}]}, {name: v, kind: Pod, cpu: 100m, memory: 1Gi, on: [b]}, "
		  "{name: u, kind: Pod, cpu: 100m, memory: 1Gi, on: [a]}]", .hold = HOLD_NAKED },
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, labels: {zone: x}}, {name: b, cpu: 4, memory: 16Gi, labels: {zone: y}}, "
		  "{name: c, cpu: 4, memory: 16Gi, labels: {zone: x}}]\n"
		  "workloads: [{name: w, labels: {app: w}, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a, b, c], spread: [{maxSkew: 1, "
		  "topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: w}}}]}, "
		  "{name: v, kind: Pod, cpu: 100m, memory: 1Gi, on: [a]}, {name: u, kind: Pod, cpu: 100m, memory: 1Gi, on: [b]}]",
		  .least = 1, .most = 1, .hold = HOLD_NAKED },
		/* Of three zones that are wanted there are two: none may have more than one. */
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, labels: {zone: x}}, {name: b, cpu: 4, memory: 16Gi, labels: {zone: y}}, "
		  "{name: c, cpu: 4, memory: 16Gi, labels: {zone: x}}]\n"
		  "workloads: [{name: w, labels: {app: w}, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a, b, c], spread: [{maxSkew: 1, minDomains: 3, "
		  "topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: w}}}]}, "
		  "{name: v, kind: Pod, cpu: 100m, memory: 1Gi, on: [a]}, {name: u, kind: Pod, cpu: 100m, memory: 1Gi, on: [b]}]",
		  .hold = HOLD_NAKED },
		/* Selectors, affinity and taints. */
		{ LABELLED "workloads: [{" ONE_EACH ", nodeSelector: {zone: y}}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		{ LABELLED "workloads: [{name: w, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a], nodeSelector: {zone: x}}, "
		  "{name: v, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [b], nodeSelector: {zone: y}}]", .hold = HOLD_NO_ROOM },
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, taints: [{key: t, effect: NoSchedule}]}, "
		  "{name: b, cpu: 4, memory: 16Gi, taints: [{key: t, effect: NoSchedule}]}]\n"
		  "workloads: [{" ONE_EACH "}]", .hold = HOLD_NO_ROOM },
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, taints: [{key: t, effect: NoSchedule}]}, "
		  "{name: b, cpu: 4, memory: 16Gi, taints: [{key: t, effect: NoSchedule}]}]\n"
		  "workloads: [{" ONE_EACH ", tolerations: [{operator: Exists}]}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		/* Volumes are in a zone. */
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, labels: {topology.kubernetes.io/zone: x}}, "
		  "{name: b, cpu: 4, memory: 16Gi, labels: {topology.kubernetes.io/zone: y}}]\n"
		  "workloads: [{kind: StatefulSet, " ONE_EACH "}]", .hold = HOLD_NO_ROOM },
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, labels: {topology.kubernetes.io/zone: x}}, "
		  "{name: b, cpu: 4, memory: 16Gi, labels: {topology.kubernetes.io/zone: x}}]\n"
		  "workloads: [{kind: StatefulSet, " ONE_EACH "}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		/* Two want the same port of the host. */
		{ LABELLED "workloads: [{" ONE_EACH ", ports: [{containerPort: 80, hostPort: 80}]}]", .hold = HOLD_NO_ROOM },
		{ LABELLED "workloads: [{" ONE_EACH ", ports: [{containerPort: 80}]}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
	};

	check_worlds(cases, ARRAY_SIZE(cases));
}

static void every_resource_and_what_belongs_to_a_node_counts(void **state)
{
	static const struct expected cases[] = {
		/* 1 of the daemon and twice 1.5 are 4; twice 1.6 are more. */
		{ TWO_NODES "workloads: [{name: d, kind: DaemonSet, cpu: 1, memory: 1Gi, on: [a, b]}, "
		  "{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1500m}, on: [a, b]}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		{ TWO_NODES "workloads: [{name: d, kind: DaemonSet, cpu: 1, memory: 1Gi, on: [a, b]}, "
		  "{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1600m}, on: [a, b]}]", .hold = HOLD_NO_ROOM },
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, others: {nvidia.com/gpu: 1}}, {name: b, cpu: 4, memory: 16Gi, others: {nvidia.com/gpu: 1}}]\n"
		  "workloads: [{name: w, cpu: 3, memory: 1Gi, others: {nvidia.com/gpu: 1}, then: {cpu: 1}, on: [a, b]}]", .hold = HOLD_NO_ROOM },
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, others: {nvidia.com/gpu: 2}}, {name: b, cpu: 4, memory: 16Gi, others: {nvidia.com/gpu: 2}}]\n"
		  "workloads: [{name: w, cpu: 3, memory: 1Gi, others: {nvidia.com/gpu: 1}, then: {cpu: 1}, on: [a, b]}]", .least = 1, .most = 1,
		  .hold = HOLD_NO_ROOM },
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, pods: 1}, {name: b, cpu: 4, memory: 16Gi, pods: 1}]\n"
		  "workloads: [{name: w, cpu: 3, memory: 1Gi, then: {cpu: 1}, on: [a, b]}]", .hold = HOLD_NO_ROOM },
		{ "nodes: [{name: a, cpu: 4, memory: 16Gi, ephemeral-storage: 10Gi}, {name: b, cpu: 4, memory: 16Gi, ephemeral-storage: 10Gi}]\n"
		  "workloads: [{name: w, cpu: 3, memory: 1Gi, ephemeral-storage: 6Gi, then: {cpu: 1}, on: [a, b]}]", .hold = HOLD_NO_ROOM },
		/* What asks for nothing takes nothing but its place. */
		{ TWO_NODES "workloads: [{name: w, on: [a, a, b, b]}]", .emptied = 1, .hold = HOLD_NO_ROOM },
	};

	check_worlds(cases, ARRAY_SIZE(cases));
}

static void some_nodes_are_never_given_back(void **state)
{
#define THREE(b) "nodes: [{name: a, cpu: 4, memory: 16Gi}, " b ", {name: c, cpu: 4, memory: 16Gi}]\n" \
	"workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, on: [a, a, c, c]}]"
	static const struct expected cases[] = {
		{ THREE("{name: b, cpu: 4, memory: 16Gi}"), .least = 1, .most = 1, .emptied = 1 },
		{ THREE("{name: b, cpu: 4, memory: 16Gi, cordoned: yes}"), .least = 1, .most = 1, .hold = HOLD_CORDONED },
		{ THREE("{name: b, cpu: 4, memory: 16Gi, virtual: yes}"), .least = 1, .most = 1, .hold = HOLD_VIRTUAL },
		{ THREE("{name: b, memory: 16Gi}"), .least = 1, .most = 1, .hold = HOLD_UNKNOWN_SIZE },
		{ THREE("{name: b, cpu: 4x, memory: 16Gi}"), .least = 1, .most = 1, .hold = HOLD_UNKNOWN_SIZE },
		{ THREE("{name: b, cpu: 4, memory: 16Gi, conditions: [{type: Ready, status: Unknown}]}"), .least = 1, .most = 1,
		  .hold = HOLD_NOT_READY },
		/* Nothing fits on a node of no size, and it is given back. */
		{ THREE("{name: b, cpu: 0, memory: 0}"), .least = 1, .most = 1, .emptied = 1 },
		/* A control plane without a taint takes pods: one more node is free without any change. */
		{ THREE("{name: b, cpu: 4, memory: 16Gi, labels: {node-role.kubernetes.io/control-plane: ''}}"), .least = 1, .most = 1, .emptied = 1,
		  .hold = HOLD_CONTROL_PLANE },
		{ THREE("{name: b, cpu: 4, memory: 16Gi, labels: {node-role.kubernetes.io/control-plane: ''}, "
			"taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}"), .least = 1, .most = 1,
		  .hold = HOLD_CONTROL_PLANE },
	};

	check_worlds(cases, ARRAY_SIZE(cases));
}

/* Manifests and nodes, but no pods: they are placed first as if started anew. */
static void pods_that_are_only_asked_for_are_packed_too(void **state)
{
	static const struct expected cases[] = {
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, then: {cpu: 1}, replicas: 4}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		{ TWO_NODES "workloads: [{name: w, cpu: 2, memory: 1Gi, replicas: 5}]", .unplaced_now = 1, .unplaced_then = 1, .hold = HOLD_NO_ROOM },
		{ TWO_NODES "workloads: [{name: d, kind: DaemonSet, cpu: 1, memory: 1Gi}, {name: w, cpu: 2, memory: 1Gi, then: {cpu: 1500m}, "
		  "replicas: 2}]", .least = 1, .most = 1, .hold = HOLD_NO_ROOM },
		{ TWO_NODES "workloads: [{name: w, kind: CronJob, cpu: 2, memory: 1Gi}]", .emptied = 2 },
	};

	check_worlds(cases, ARRAY_SIZE(cases));
}

static void headroom_stays_free_on_nodes_that_pods_are_moved_to(void **state)
{
	static const struct expected cases[] = {
		{ TWO_NODES "workloads: [{name: w, cpu: 3, memory: 1Gi, then: {cpu: 2}, on: [a, b]}]", .hold = HOLD_NO_ROOM },
		{ TWO_NODES "workloads: [{name: w, cpu: 3, memory: 1Gi, then: {cpu: 1800m}, on: [a, b]}]", .least = 1, .most = 1,
		  .hold = HOLD_NO_ROOM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_world(cases[i].yaml, &cases[i], 0.1);
}

static void absurd_amounts_are_survived(void **state)
{
	static const struct expected cases[] = {
		{ TWO_NODES "workloads: [{name: w, cpu: 9E, memory: 9E, then: {cpu: 1}, on: [a, b]}]", .hold = HOLD_NO_ROOM },
		{ TWO_NODES "workloads: [{name: w, cpu: '-4', memory: '-1', then: {cpu: '-9E'}, on: [a, b]}]", .emptied = 1, .hold = HOLD_NO_ROOM },
		{ "nodes: [{name: a, cpu: 9E, memory: 9E}, {name: b, cpu: 9E, memory: 9E}]\n"
		  "workloads: [{name: w, cpu: 8E, memory: 8E, on: [a, b]}]", .emptied = 1, .hold = HOLD_NO_ROOM },
		{ "nodes: [{name: a, cpu: '-1', memory: '-1'}, {name: b, cpu: '-1', memory: 1}]\n"
		  "workloads: [{name: w, cpu: 1, memory: 1, on: [a, b]}]", .hold = HOLD_NO_ROOM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct packing_options options = { 0 };
		struct world world = world_make(cases[i].yaml);
		struct packing packing;

		packing_solve(world.cluster, &world.then, &options, &packing);
		assert_true(count_fate(&world, &packing.least, FATE_FREED) <= count_fate(&world, &packing.most, FATE_FREED));
		packing_release(&packing);
		world_release(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_shrinks_frees_nodes_and_what_was_empty_is_no_merit),
		cmocka_unit_test(what_grows_frees_nothing_and_may_need_more),
		cmocka_unit_test(a_node_that_was_free_and_is_needed_then_counts_against),
		cmocka_unit_test(pods_that_nobody_evicts_hold_their_node),
		cmocka_unit_test(pods_go_only_where_they_may),
		cmocka_unit_test(every_resource_and_what_belongs_to_a_node_counts),
		cmocka_unit_test(some_nodes_are_never_given_back),
		cmocka_unit_test(pods_that_are_only_asked_for_are_packed_too),
		cmocka_unit_test(headroom_stays_free_on_nodes_that_pods_are_moved_to),
		cmocka_unit_test(absurd_amounts_are_survived),
	};

	return RUN_TESTS(tests);
}
