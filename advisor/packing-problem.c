/* SPDX-License-Identifier: Apache-2.0 */
#include "packing-problem.h"

#include <math.h>

#include "placement.h"

#define ZONE "topology.kubernetes.io/zone"

void pack_list_add(struct pack_list *list, uint32_t item)
{
	GROW(list->items, list->capacity, list->count + 1);
	list->items[list->count++] = item;
}

/* ---- amounts ---- */

static int64_t bounded(int64_t amount)
{
	return amount < 0 ? 0 : MIN(amount, PACK_UNLIMITED);
}

static int64_t amount_in(const struct quantity *quantity, uint32_t dim)
{
	return bounded(dim == RESOURCE_CPU ? quantity_milli(quantity) : quantity_value(quantity));
}

static bool is_known(const struct amount *amount)
{
	return amount->given && !amount->wrong;
}

static const struct amount *find_other(const struct amounts *amounts, const char *name)
{
	for (uint32_t i = 0; i < amounts->n_others; i++)
		if (streq(amounts->others[i].name, name) && is_known(&amounts->others[i].amount))
			return &amounts->others[i].amount;
	return NULL;
}

/* ---- nodes ---- */

static bool is_ready(const struct node *conditions)
{
	for (size_t i = 0; conditions && conditions->kind == NODE_SEQUENCE && i < conditions->count; i++)
		if (streq(tree_text(&conditions->items[i], "type", ""), "Ready"))
			return streq(tree_text(&conditions->items[i], "status", ""), "True");
	return true;				/* nothing is said of it */
}

static enum packing_hold node_hold(const struct cluster_node *node)
{
	if (tree_get(node->labels, "node-role.kubernetes.io/control-plane") ||
	    tree_get(node->labels, "node-role.kubernetes.io/master"))
		return HOLD_CONTROL_PLANE;
	if (node->is_virtual)
		return HOLD_VIRTUAL;
	if (node->unschedulable)
		return HOLD_CORDONED;
	if (!is_ready(node->conditions))
		return HOLD_NOT_READY;
	if (!is_known(&node->allocatable.of[RESOURCE_CPU]) || !is_known(&node->allocatable.of[RESOURCE_MEMORY]))
		return HOLD_UNKNOWN_SIZE;
	return HOLD_NONE;
}

static int compare_nodes(const void *a, const void *b, void *context)
{
	const struct cluster *cluster = context;
	uint32_t left = ((const struct pack_node *)a)->number, right = ((const struct pack_node *)b)->number;
	int order = strcmp(cluster->nodes[left].name, cluster->nodes[right].name);

	return order != 0 ? order : (left > right) - (left < right);
}

static void rank_nodes(struct pack_problem *problem)
{
	const struct cluster *cluster = problem->cluster[VIEW_NOW];

	problem->n_nodes = cluster->n_nodes;
	problem->n_words = (cluster->n_nodes + 63) / 64;
	problem->nodes = arena_alloc(&problem->arena, MAX(cluster->n_nodes, 1U) * sizeof(*problem->nodes));
	problem->node_rank = arena_alloc(&problem->arena, MAX(cluster->n_nodes, 1U) * sizeof(*problem->node_rank));
	for (uint32_t i = 0; i < cluster->n_nodes; i++)
		problem->nodes[i].number = i;
	qsort_r(problem->nodes, problem->n_nodes, sizeof(*problem->nodes), compare_nodes, (void *)cluster);
	for (uint32_t i = 0; i < problem->n_nodes; i++)
		problem->node_rank[problem->nodes[i].number] = i;
}

/* What has no limit of its own is bounded by nothing but CPU and memory. */
static int64_t node_amount(const struct pack_problem *problem, const struct cluster_node *node, uint32_t dim)
{
	const struct amount *amount = dim < RESOURCE_COUNT ? &node->allocatable.of[dim] :
				      find_other(&node->allocatable, problem->others.names[dim - RESOURCE_COUNT]);

	if (amount && is_known(amount))
		return amount_in(&amount->quantity, dim);
	return dim == RESOURCE_PODS || dim == RESOURCE_EPHEMERAL_STORAGE ? PACK_UNLIMITED : 0;
}

static void measure_nodes(struct pack_problem *problem)
{
	const struct packing_options *options = problem->options;
	double headroom = options->headroom > 0 && options->headroom < 1 ? options->headroom : 0, greatest[2] = { 1, 1 };

	for (uint32_t n = 0; n < problem->n_nodes; n++) {
		struct pack_node *node = &problem->nodes[n];
		const struct cluster_node *source = &problem->cluster[VIEW_NOW]->nodes[node->number];
		int64_t *size = &problem->size[n * problem->n_dims], *reserve = &problem->reserve[n * problem->n_dims];

		for (uint32_t dim = 0; dim < problem->n_dims; dim++) {
			size[dim] = node_amount(problem, source, dim);
			reserve[dim] = dim <= RESOURCE_MEMORY ? (int64_t)ceil((double)size[dim] * headroom) : 0;
		}
		node->hold = node_hold(source);
		node->target = node->hold == HOLD_NONE || node->hold == HOLD_CONTROL_PLANE;
		node->worth = options->worth && isfinite(options->worth[node->number]) ? options->worth[node->number] : 1;
		for (size_t i = 0; i < 2; i++)
			greatest[i] = MAX(greatest[i], (double)size[i]);
	}
	for (uint32_t n = 0; n < problem->n_nodes; n++)
		for (size_t i = 0; i < 2; i++)
			problem->nodes[n].size += (double)problem->size[n * problem->n_dims + i] / greatest[i];
}

struct pack_column pack_column(struct pack_problem *problem, const char *key)
{
	CLEANUP(symbols_release) struct symbols values = SYMBOLS_INIT;
	uint32_t before = problem->keys.count, number = symbols_intern(&problem->keys, key, strlen(key));
	struct pack_column *column;

	GROW(problem->columns, problem->columns_capacity, problem->keys.count);
	column = &problem->columns[number];
	if (number < before)
		return *column;
	column->domain = arena_alloc(&problem->arena, MAX(problem->n_nodes, 1U) * sizeof(*column->domain));
	for (uint32_t n = 0; n < problem->n_nodes; n++) {
		const struct cluster_node *node = &problem->cluster[VIEW_NOW]->nodes[problem->nodes[n].number];
		const char *value = tree_text(node->labels, key, NULL);

		column->domain[n] = value ? symbols_intern(&values, value, strlen(value)) : PACK_NONE;
	}
	column->n_domains = values.count;
	return *column;
}

/* ---- shapes ---- */

static int compare_shapes(const void *a, const void *b, void *context)
{
	const struct cluster *cluster = context;
	uint32_t numbers[2] = { ((const struct pack_shape *)a)->workload, ((const struct pack_shape *)b)->workload };
	const struct workload *left = &cluster->workloads[numbers[0]], *right = &cluster->workloads[numbers[1]];
	int order = strcmp(left->namespace, right->namespace);

	if (order == 0)
		order = strcmp(left->kind, right->kind);
	if (order == 0)
		order = strcmp(left->name, right->name);
	return order != 0 ? order : (numbers[0] > numbers[1]) - (numbers[0] < numbers[1]);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Extended resources that containers ask for, in the order of their names. */
static void find_others(struct pack_problem *problem)
{
	const struct cluster *cluster = problem->cluster[VIEW_NOW];
	CLEANUP(symbols_release) struct symbols names = SYMBOLS_INIT;
	const char **sorted;

	for (uint32_t i = 0; i < cluster->n_containers; i++) {
		const struct resources *resources = &cluster->containers[i].resources;
		const struct amounts *both[] = { &resources->requests, &resources->limits };

		for (size_t j = 0; j < 2; j++)
			for (uint32_t k = 0; k < both[j]->n_others; k++)
				(void)symbols_intern(&names, both[j]->others[k].name, strlen(both[j]->others[k].name));
	}
	sorted = arena_alloc(&problem->arena, MAX(names.count, 1U) * sizeof(*sorted));
	for (uint32_t i = 0; i < names.count; i++)
		sorted[i] = names.names[i];
	qsort(sorted, names.count, sizeof(*sorted), compare_names);
	for (uint32_t i = 0; i < names.count && i < PACK_OTHERS_MAX; i++)
		(void)symbols_intern(&problem->others, sorted[i], strlen(sorted[i]));
	problem->n_dims = RESOURCE_COUNT + problem->others.count;
}

static int64_t other_request(const struct workload_container *container, const char *name)
{
	const struct amount *amount = find_other(&container->resources.requests, name);

	if (!amount)
		amount = find_other(&container->resources.limits, name);
	return amount ? bounded(quantity_value(&amount->quantity)) : 0;
}

/* The greater of what runs along and of the greatest init container beside the sidecars. */
static int64_t sum_others(const struct cluster *cluster, const struct workload *workload, const char *name)
{
	int64_t along = 0, sidecars = 0, init = 0;

	for (uint32_t i = 0; i < workload->n_containers; i++) {
		const struct workload_container *container = &cluster->containers[workload->first_container + i];
		int64_t request = other_request(container, name);

		if (container->type == CONTAINER_INIT)
			init = MAX(init, bounded(sidecars + request));
		if (container->type == CONTAINER_SIDECAR)
			sidecars = bounded(sidecars + request);
		if (container->type == CONTAINER_APP || container->type == CONTAINER_SIDECAR)
			along = bounded(along + request);
	}
	return MAX(along, init);
}

static bool asks_for_unknown(const struct pack_problem *problem, const struct workload *workload)
{
	const struct cluster *cluster = problem->cluster[VIEW_NOW];

	for (uint32_t i = 0; i < workload->n_containers && problem->others.count == PACK_OTHERS_MAX; i++) {
		const struct amounts *requests = &cluster->containers[workload->first_container + i].resources.requests;

		for (uint32_t j = 0; j < requests->n_others; j++)
			if (symbols_find(&problem->others, requests->others[j].name, strlen(requests->others[j].name)) == SYMBOL_NONE)
				return true;
	}
	return false;
}

static void measure_shape(struct pack_problem *problem, struct pack_shape *shape, const double mean[2])
{
	for (unsigned int view = 0; view < 2; view++) {
		const struct cluster *cluster = problem->cluster[view];
		const struct workload *workload = &cluster->workloads[shape->workload];
		int64_t *request = arena_alloc(&problem->arena, problem->n_dims * sizeof(*request));

		for (enum resource resource = 0; resource < RESOURCE_COUNT; resource++) {
			struct quantity quantity = workload_request(cluster, workload, resource);

			request[resource] = amount_in(&quantity, resource);
		}
		for (uint32_t i = 0; i < problem->others.count; i++)
			request[RESOURCE_COUNT + i] = sum_others(cluster, workload, problem->others.names[i]);
		for (size_t i = 0; i < 2; i++)
			shape->share[view] = MAX(shape->share[view], (double)request[i] / mean[i]);
		shape->request[view] = request;
	}
	if (asks_for_unknown(problem, shape_workload(problem, shape)))
		shape->hold = HOLD_COMPLEX;
}

static bool has_claims(const struct workload *workload)
{
	const struct node *volumes = workload->volumes;

	if (streq(workload->kind, "StatefulSet"))
		return true;			/* its claims are not in the pod's template */
	for (size_t i = 0; volumes && volumes->kind == NODE_SEQUENCE && i < volumes->count; i++)
		if (tree_get(&volumes->items[i], "persistentVolumeClaim"))
			return true;
	return false;
}

static void make_shapes(struct pack_problem *problem)
{
	const struct cluster *cluster = problem->cluster[VIEW_NOW];
	double mean[2] = { 0, 0 };

	for (uint32_t n = 0; n < problem->n_nodes; n++)
		for (size_t i = 0; i < 2; i++)
			mean[i] += (double)problem->size[n * problem->n_dims + i] / problem->n_nodes;
	for (size_t i = 0; i < 2; i++)
		mean[i] = MAX(mean[i], 1.0);
	problem->n_shapes = cluster->n_workloads;
	problem->shapes = arena_alloc(&problem->arena, MAX(problem->n_shapes, 1U) * sizeof(*problem->shapes));
	for (uint32_t i = 0; i < problem->n_shapes; i++)
		problem->shapes[i].workload = i;
	qsort_r(problem->shapes, problem->n_shapes, sizeof(*problem->shapes), compare_shapes, (void *)cluster);
	for (uint32_t i = 0; i < problem->n_shapes; i++) {
		struct pack_shape *shape = &problem->shapes[i];
		const struct workload *workload = shape_workload(problem, shape);

		shape->with_node = streq(workload->kind, "DaemonSet");
		shape->zone_bound = has_claims(workload);
		measure_shape(problem, shape, mean);
	}
}

/* ---- which nodes a shape may use ---- */

void pack_add_tree(struct strbuf *text, const struct node *tree)
{
	if (!tree) {
		strbuf_add_char(text, '-');
		return;
	}
	if (tree->kind == NODE_SCALAR) {
		strbuf_addf(text, "%zu:%s", strlen(tree->text), tree->text);
		return;
	}
	strbuf_addf(text, "%c%u", tree->kind == NODE_MAPPING ? '{' : '[', tree->count);
	for (uint32_t i = 0; i < tree->count; i++)
		pack_add_tree(text, &tree->items[i]);
}

static const uint64_t *make_eligible(struct pack_problem *problem, const struct workload *workload)
{
	const struct cluster *cluster = problem->cluster[VIEW_NOW];
	uint64_t *set = arena_alloc(&problem->arena, MAX(problem->n_words, 1U) * sizeof(*set));

	for (uint32_t n = 0; n < problem->n_nodes; n++)
		if (placement_of(cluster, workload, &cluster->nodes[problem->nodes[n].number]) == PLACEMENT_ALLOWED)
			set_add(set, n);
	return set;
}

static void find_eligible(struct pack_problem *problem)
{
	CLEANUP(symbols_release) struct symbols texts = SYMBOLS_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr) const uint64_t **sets = NULL;
	size_t capacity = 0;

	for (uint32_t i = 0; i < problem->n_shapes; i++) {
		const struct workload *workload = shape_workload(problem, &problem->shapes[i]);
		uint32_t before = texts.count, number;

		strbuf_reset(&text);
		pack_add_tree(&text, workload->node_selector);
		pack_add_tree(&text, tree_get(workload->affinity, "nodeAffinity"));
		pack_add_tree(&text, workload->tolerations);
		strbuf_addf(&text, "%d%d%s", problem->shapes[i].with_node, workload->host_network, workload->runtime_class);
		number = symbols_intern(&texts, text.buf, text.len);
		GROW(sets, capacity, texts.count);
		if (texts.count > before)
			sets[number] = make_eligible(problem, workload);
		problem->shapes[i].eligible = sets[number];
	}
}

/* ---- pods ---- */

static void add_pod(struct pack_problem *problem, uint32_t shape, uint32_t number, uint32_t start)
{
	struct pack_pod pod = { .shape = shape, .start = start, .zone = PACK_NONE, .with_node = problem->shapes[shape].with_node };

	if (problem->shapes[shape].zone_bound && start != PACK_NONE)
		pod.zone = problem->nodes[start].zone;
	GROW(problem->pods, problem->pods_capacity, problem->n_pods + 1);
	GROW(problem->pod_number, problem->numbers_capacity, problem->n_pods + 1);
	problem->pod_number[problem->n_pods] = number;
	problem->pods[problem->n_pods++] = pod;
}

static bool is_over(const struct cluster_pod *pod)
{
	return streq(pod->phase, "Succeeded") || streq(pod->phase, "Failed");
}

static int compare_pods(const void *a, const void *b, void *context)
{
	const struct cluster *cluster = context;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	int order = strcmp(cluster->pods[left].name, cluster->pods[right].name);

	return order != 0 ? order : (left > right) - (left < right);
}

static void add_running(struct pack_problem *problem, uint32_t shape)
{
	const struct cluster *cluster = problem->cluster[VIEW_NOW];
	const struct workload *workload = shape_workload(problem, &problem->shapes[shape]);
	CLEANUP(free_ptr) uint32_t *sorted = xcalloc(MAX(workload->n_pods, 1U), sizeof(*sorted));

	memcpy(sorted, &cluster->pods_by_workload[workload->first_pod], workload->n_pods * sizeof(*sorted));
	qsort_r(sorted, workload->n_pods, sizeof(*sorted), compare_pods, (void *)cluster);
	for (uint32_t i = 0; i < workload->n_pods; i++) {
		const struct cluster_pod *pod = &cluster->pods[sorted[i]];

		/* On a node that was not given it is no matter of those that were. */
		if (is_over(pod) || (*pod->node_name && pod->node >= cluster->n_nodes))
			continue;
		add_pod(problem, shape, sorted[i], pod->node < cluster->n_nodes ? problem->node_rank[pod->node] : PACK_NONE);
		if (streq(pod->owner_kind, "Node"))
			problem->pods[problem->n_pods - 1].with_node = true;
	}
}

/* One that is nowhere yet; false: there are too many of them already. */
static bool add_homeless(struct pack_problem *problem, uint32_t shape)
{
	if (problem->asked >= (size_t)MAX(problem->n_nodes, 1U) * PACK_ASKED_MAX)
		return false;
	problem->asked++;
	add_pod(problem, shape, CLUSTER_NONE, PACK_NONE);
	return true;
}

static int64_t replicas_asked(const struct workload *workload)
{
	if (workload->suspended)
		return 0;
	if (workload->replicas >= 0)
		return workload->replicas;
	return streq(workload->kind, "CronJob") || streq(workload->kind, "Job") ? 0 : 1;
}

static void add_asked(struct pack_problem *problem, uint32_t shape)
{
	int64_t replicas = replicas_asked(shape_workload(problem, &problem->shapes[shape]));

	if (problem->shapes[shape].with_node) {
		for (uint32_t n = 0; n < problem->n_nodes && !problem->pods_given; n++)
			if (set_has(problem->shapes[shape].eligible, n) && problem->nodes[n].target)
				add_pod(problem, shape, CLUSTER_NONE, n);
		return;
	}
	for (int64_t i = 0; i < replicas; i++) {
		if (add_homeless(problem, shape))
			continue;
		problem->beyond[VIEW_NOW] += (size_t)(replicas - i);
		problem->beyond[VIEW_THEN] += (size_t)(replicas - i);
		return;
	}
}

static void add_later(struct pack_problem *problem, uint32_t shape)
{
	const struct packing_options *options = problem->options;
	uint32_t more = options->more && !problem->shapes[shape].with_node ? options->more[problem->shapes[shape].workload] : 0;

	for (uint32_t i = 0; i < more; i++) {
		if (!add_homeless(problem, shape)) {
			problem->beyond[VIEW_THEN] += more - i;
			return;
		}
		problem->pods[problem->n_pods - 1].later = true;
	}
}

static void make_pods(struct pack_problem *problem)
{
	problem->pods_given = problem->cluster[VIEW_NOW]->n_pods > 0;
	for (uint32_t i = 0; i < problem->n_shapes; i++) {
		if (shape_workload(problem, &problem->shapes[i])->n_pods > 0)
			add_running(problem, i);
		else
			add_asked(problem, i);
		add_later(problem, i);
	}
}

/* Sums over all pods must not overflow. */
static void bound_requests(struct pack_problem *problem)
{
	int64_t bound = PACK_UNLIMITED / ((int64_t)problem->n_pods + 1);

	for (uint32_t i = 0; i < problem->n_shapes; i++)
		for (size_t view = 0; view < 2; view++)
			for (uint32_t dim = 0; dim < problem->n_dims; dim++)
				problem->shapes[i].request[view][dim] = MIN(problem->shapes[i].request[view][dim], bound);
}

void pack_problem_make(struct pack_problem *problem, const struct cluster *now, const struct cluster *then,
		       const struct packing_options *options)
{
	struct pack_column zones;

	*problem = (struct pack_problem){ .cluster = { now, then }, .options = options };
	rank_nodes(problem);
	find_others(problem);
	problem->size = xcalloc((size_t)problem->n_nodes * problem->n_dims + 1, sizeof(*problem->size));
	problem->reserve = xcalloc((size_t)problem->n_nodes * problem->n_dims + 1, sizeof(*problem->reserve));
	measure_nodes(problem);
	zones = pack_column(problem, ZONE);
	for (uint32_t n = 0; n < problem->n_nodes; n++)
		problem->nodes[n].zone = zones.domain[n];
	make_shapes(problem);
	find_eligible(problem);
	make_pods(problem);
	bound_requests(problem);
	pack_find_watches(problem);
	pack_find_holds(problem);
}

void pack_problem_release(struct pack_problem *problem)
{
	for (uint32_t i = 0; i < problem->n_shapes; i++) {
		free(problem->shapes[i].affinity.items);
		free(problem->shapes[i].anti.items);
		free(problem->shapes[i].spread.items);
		free(problem->shapes[i].matched.items);
	}
	free(problem->size);
	free(problem->reserve);
	free(problem->pods);
	free(problem->pod_number);
	free(problem->watches);
	free(problem->columns);
	symbols_release(&problem->others);
	symbols_release(&problem->keys);
	arena_release(&problem->arena);
}
