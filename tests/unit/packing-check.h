/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the steps of a packing with its own, naive reading of the scheduler's rules: every pod is compared with every other. */
#ifndef KEISOKU_TESTS_PACKING_CHECK_H
#define KEISOKU_TESTS_PACKING_CHECK_H

#include "packing-world.h"

struct checker {
	const struct world *world;
	const struct packing *packing;
	double headroom;
	const struct cluster *view;
	uint32_t *node_of;
	bool *gone;
};

static const struct workload *checked_workload(const struct checker *checker, uint32_t pod)
{
	return &checker->world->cluster->workloads[checker->packing->pods[pod].workload];
}

/* What a pod asks for: the worlds have one container each. */
static int64_t checked_request(const struct checker *checker, uint32_t pod, enum resource resource, const char *other)
{
	const struct workload *workload = checked_workload(checker, pod);

	if (!other && resource == RESOURCE_PODS)
		return 1;
	return world_size(&checker->view->containers[workload->first_container].resources.requests, resource, other, 0);
}

static void check_room(const struct checker *checker, uint32_t pod, uint32_t node, enum resource resource, const char *other)
{
	const struct cluster_node *where = &checker->world->cluster->nodes[node];
	bool open = !other && (resource == RESOURCE_PODS || resource == RESOURCE_EPHEMERAL_STORAGE);
	int64_t size = world_size(&where->allocatable, resource, other, open ? INT64_MAX : 0), sum = 0;
	double reserve = !other && resource <= RESOURCE_MEMORY ? (double)size * checker->headroom : 0;

	if (checked_request(checker, pod, resource, other) == 0)
		return;
	for (uint32_t i = 0; i < checker->packing->n_pods; i++)
		if (checker->node_of[i] == node)
			sum += checked_request(checker, i, resource, other);
	sum += checked_request(checker, pod, resource, other);
	if ((double)sum > (double)size - reserve)
		fail_msg("pod %u of %s has no room on %s: %s", pod, checked_workload(checker, pod)->name, where->name,
			 other ? other : resource_name(resource));
}

static const char *checked_domain(const struct checker *checker, uint32_t node, const char *key)
{
	return tree_text(checker->world->cluster->nodes[node].labels, key, NULL);
}

static bool same_domain(const struct checker *checker, uint32_t a, uint32_t b, const char *key)
{
	const char *left = checked_domain(checker, a, key), *right = checked_domain(checker, b, key);

	return left && right && streq(left, right);
}

static bool term_selects(const struct checker *checker, uint32_t owner, const struct node *term, uint32_t pod)
{
	const struct node *names = tree_get(term, "namespaces"), *selector = tree_get(term, "namespaceSelector");
	const struct workload *workload = checked_workload(checker, pod);
	bool in = !names && !selector && streq(workload->namespace, checked_workload(checker, owner)->namespace);

	for (uint32_t i = 0; names && i < names->count; i++)
		in = in || streq(names->items[i].text, workload->namespace);
	if (selector && selector->count == 0)
		in = true;
	return in && selector_matches(tree_get(term, "labelSelector"), workload->pod_labels);
}

static const struct node *terms_of(const struct checker *checker, uint32_t pod, const char *kind)
{
	return tree_get(tree_get(checked_workload(checker, pod)->affinity, kind), "requiredDuringSchedulingIgnoredDuringExecution");
}

static void check_repelled(const struct checker *checker, uint32_t pod, uint32_t node)
{
	for (uint32_t i = 0; i < checker->packing->n_pods; i++) {
		const struct node *own = terms_of(checker, pod, "podAntiAffinity"), *others = terms_of(checker, i, "podAntiAffinity");

		if (checker->node_of[i] == CLUSTER_NONE || i == pod)
			continue;
		for (uint32_t j = 0; own && j < own->count; j++)
			assert_false(term_selects(checker, pod, &own->items[j], i) &&
				     same_domain(checker, node, checker->node_of[i], tree_text(&own->items[j], "topologyKey", "")));
		for (uint32_t j = 0; others && !checker->packing->pods[i].with_node && j < others->count; j++)
			assert_false(term_selects(checker, i, &others->items[j], pod) &&
				     same_domain(checker, node, checker->node_of[i], tree_text(&others->items[j], "topologyKey", "")));
	}
}

static bool all_select(const struct checker *checker, uint32_t owner, const struct node *terms, uint32_t pod)
{
	for (uint32_t i = 0; i < terms->count; i++)
		if (!term_selects(checker, owner, &terms->items[i], pod))
			return false;
	return true;
}

static void check_near(const struct checker *checker, uint32_t pod, uint32_t node)
{
	const struct node *terms = terms_of(checker, pod, "podAffinity");
	bool anywhere = false, near = true;

	for (uint32_t j = 0; terms && j < terms->count; j++) {
		const char *key = tree_text(&terms->items[j], "topologyKey", "");
		bool found = false;

		assert_non_null(checked_domain(checker, node, key));
		for (uint32_t i = 0; i < checker->packing->n_pods; i++) {
			if (checker->node_of[i] == CLUSTER_NONE || i == pod || !all_select(checker, pod, terms, i))
				continue;
			anywhere = anywhere || checked_domain(checker, checker->node_of[i], key);
			found = found || same_domain(checker, node, checker->node_of[i], key);
		}
		near = near && found;
	}
	if (terms && terms->count > 0)
		assert_true(near || (!anywhere && all_select(checker, pod, terms, pod)));
}

static bool spread_counts(const struct checker *checker, uint32_t pod, uint32_t node)
{
	const struct workload *workload = checked_workload(checker, pod);

	for (uint32_t i = 0; i < workload->topology_spread->count; i++)
		if (!checked_domain(checker, node, tree_text(&workload->topology_spread->items[i], "topologyKey", "")))
			return false;
	return !checker->gone[node] && node_wanted(workload->node_selector, workload->affinity, &checker->world->cluster->nodes[node]);
}

static int64_t spread_count(const struct checker *checker, uint32_t pod, uint32_t domain, const struct node *constraint)
{
	int64_t count = 0;

	for (uint32_t i = 0; i < checker->packing->n_pods; i++) {
		const struct workload *workload = checked_workload(checker, i);

		if (checker->node_of[i] != CLUSTER_NONE && spread_counts(checker, pod, checker->node_of[i]) &&
		    same_domain(checker, domain, checker->node_of[i], tree_text(constraint, "topologyKey", "")) &&
		    streq(workload->namespace, checked_workload(checker, pod)->namespace) &&
		    selector_matches(tree_get(constraint, "labelSelector"), workload->pod_labels))
			count++;
	}
	return count;
}

static void check_spread(const struct checker *checker, uint32_t pod, uint32_t node)
{
	const struct workload *workload = checked_workload(checker, pod);

	for (uint32_t j = 0; workload->topology_spread && j < workload->topology_spread->count; j++) {
		const struct node *constraint = &workload->topology_spread->items[j];
		int64_t least = INT64_MAX, here = spread_count(checker, pod, node, constraint);

		assert_null(tree_get(constraint, "minDomains"));	/* not checked here: nothing may be moved */

		if (!streq(tree_text(constraint, "whenUnsatisfiable", ""), "DoNotSchedule"))
			continue;
		for (uint32_t n = 0; n < checker->world->cluster->n_nodes; n++)
			if (spread_counts(checker, pod, n))
				least = MIN(least, spread_count(checker, pod, n, constraint));
		here += selector_matches(tree_get(constraint, "labelSelector"), workload->pod_labels);
		assert_true(here - least <= strtol(tree_text(constraint, "maxSkew", "1"), NULL, 10));
	}
}

static const struct node *ports_of(const struct checker *checker, uint32_t pod)
{
	return checker->world->cluster->containers[checked_workload(checker, pod)->first_container].ports;
}

static void check_ports(const struct checker *checker, uint32_t pod, uint32_t node)
{
	const struct node *own = ports_of(checker, pod);

	for (uint32_t i = 0; own && i < checker->packing->n_pods; i++) {
		const struct node *other = ports_of(checker, i);

		for (uint32_t j = 0; checker->node_of[i] == node && other && j < other->count; j++)
			for (uint32_t k = 0; k < own->count; k++)
				assert_string_not_equal(tree_text(&own->items[k], "hostPort", "none"),
							tree_text(&other->items[j], "hostPort", "another"));
	}
}

static void check_zone(const struct checker *checker, uint32_t pod, uint32_t node)
{
	uint32_t start = checker->packing->pods[pod].start;
	const char *zone = start == CLUSTER_NONE ? NULL : checked_domain(checker, start, "topology.kubernetes.io/zone");

	if (zone && streq(checked_workload(checker, pod)->kind, "StatefulSet"))
		assert_true(same_domain(checker, start, node, "topology.kubernetes.io/zone"));
}

static void check_place(struct checker *checker, uint32_t pod, uint32_t node)
{
	const struct cluster *cluster = checker->world->cluster;
	static const char *const others[] = { "nvidia.com/gpu", "example.com/fpga" };

	assert_false(checker->gone[node]);
	assert_int_equal(checker->node_of[pod], CLUSTER_NONE);
	assert_int_equal(checker->packing->pods[pod].hold, HOLD_NONE);
	assert_false(checker->packing->pods[pod].with_node);
	assert_true(!checker->packing->pods[pod].later || checker->view == &checker->world->then);
	assert_int_equal(placement_of(cluster, checked_workload(checker, pod), &cluster->nodes[node]), PLACEMENT_ALLOWED);
	for (enum resource resource = 0; resource < RESOURCE_COUNT; resource++)
		check_room(checker, pod, node, resource, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		check_room(checker, pod, node, RESOURCE_COUNT, others[i]);
	check_repelled(checker, pod, node);
	check_near(checker, pod, node);
	check_spread(checker, pod, node);
	check_ports(checker, pod, node);
	check_zone(checker, pod, node);
	checker->node_of[pod] = node;
}

static void check_drain(struct checker *checker, uint32_t node)
{
	assert_false(checker->gone[node]);
	assert_false(checker->world->cluster->nodes[node].unschedulable);
	assert_null(tree_get(checker->world->cluster->nodes[node].labels, "node-role.kubernetes.io/control-plane"));
	for (uint32_t i = 0; i < checker->packing->n_pods; i++) {
		if (checker->node_of[i] != node)
			continue;
		assert_int_equal(checker->packing->pods[i].hold, HOLD_NONE);
		checker->node_of[i] = CLUSTER_NONE;
	}
	checker->gone[node] = true;
}

static void check_step(struct checker *checker, const struct packing_step *step)
{
	const struct packing_pod *pods = checker->packing->pods;

	switch (step->kind) {
	case STEP_RESET:
		for (uint32_t i = 0; i < checker->packing->n_pods; i++)
			if (!pods[i].with_node && pods[i].hold == HOLD_NONE)
				checker->node_of[i] = CLUSTER_NONE;
		break;
	case STEP_DRAIN:
		check_drain(checker, step->node);
		break;
	case STEP_DISPLACE:
		assert_int_equal(checker->node_of[step->pod], step->node);
		assert_int_equal(pods[step->pod].hold, HOLD_NONE);
		checker->node_of[step->pod] = CLUSTER_NONE;
		break;
	case STEP_PLACE:
		check_place(checker, step->pod, step->node);
		break;
	case STEP_REOPEN:
		assert_true(checker->gone[step->node]);
		checker->gone[step->node] = false;
		for (uint32_t i = 0; i < checker->packing->n_pods; i++)
			if (pods[i].with_node && pods[i].start == step->node)
				checker->node_of[i] = step->node;
		break;
	case STEP_SWITCH:
		checker->view = &checker->world->then;
		break;
	}
}

/* Every step is allowed, and what is told is where they lead. */
static void check_answer(const struct world *world, const struct packing *packing, const struct packing_answer *answer, double headroom)
{
	struct checker checker = { .world = world, .packing = packing, .headroom = headroom, .view = world->cluster };
	size_t homeless = 0;

	checker.node_of = xcalloc(packing->n_pods + 1, sizeof(*checker.node_of));
	checker.gone = xcalloc(world->cluster->n_nodes + 1, sizeof(*checker.gone));
	for (uint32_t i = 0; i < packing->n_pods; i++)
		checker.node_of[i] = packing->pods[i].start;
	for (size_t i = 0; i < answer->n_steps; i++)
		check_step(&checker, &answer->steps[i]);
	for (uint32_t n = 0; n < world->cluster->n_nodes; n++)
		assert_int_equal(checker.gone[n], answer->fates[n] == FATE_FREED || answer->fates[n] == FATE_EMPTIED);
	for (uint32_t i = 0; i < packing->n_pods; i++)
		homeless += checker.node_of[i] == CLUSTER_NONE && !packing->pods[i].with_node;
	assert_int_equal(homeless, answer->unplaced_then);
	free(checker.node_of);
	free(checker.gone);
}

#endif
