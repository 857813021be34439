/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints between pods, as counts for each domain of a topology.  As the scheduler's plugins have them:
 * pkg/scheduler/framework/plugins/interpodaffinity/filtering.go, podtopologyspread/filtering.go and common.go, nodeports.
 *
 * Of a shape with more of them than can be followed all pods stay where they are. */
#include "packing-problem.h"

#include "../core/parse.h"

struct making {
	struct pack_problem *problem;
	struct pack_index *index;
	struct symbols texts;			/* of anti-affinity terms and ports: many shapes may have the same */
	uint32_t *watch_of;			/* of each text; PACK_NONE: it was too much */
	size_t capacity;
};

static const struct node *required(const struct workload *workload, const char *kind)
{
	const struct node *terms = tree_get(tree_get(workload->affinity, kind), "requiredDuringSchedulingIgnoredDuringExecution");

	return terms && terms->kind == NODE_SEQUENCE ? terms : NULL;
}

/* PACK_NONE: there are too many domains already. */
static uint32_t add_watch(struct making *making, enum watch_kind kind, const uint32_t *domain, uint32_t n_domains)
{
	struct pack_problem *problem = making->problem;

	if (n_domains > PACK_CELLS_MAX - problem->n_cells)
		return PACK_NONE;
	GROW(problem->watches, problem->watches_capacity, problem->n_watches + 1);
	problem->watches[problem->n_watches] = (struct pack_watch){ .kind = kind, .domain = domain, .n_domains = n_domains,
								     .offset = problem->n_cells };
	problem->n_cells += n_domains;
	return problem->n_watches++;
}

static void count_for(struct making *making, uint32_t watch, const struct pack_list *shapes)
{
	for (uint32_t i = 0; i < shapes->count; i++)
		pack_list_add(&making->problem->shapes[shapes->items[i]].matched, watch);
}

static bool list_has(const struct pack_list *list, uint32_t item)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (list->items[i] == item)
			return true;
	return false;
}

/* ---- namespaces of a term ---- */

static void add_namespace(struct pack_namespaces *namespaces, const char *name)
{
	GROW(namespaces->names, namespaces->capacity, namespaces->count + 1);
	namespaces->names[namespaces->count++] = name;
}

/* Every namespace has the label kubernetes.io/metadata.name, whether its object was given or not. */
static bool namespace_selected(const struct node *selector, const struct cluster_namespace *namespace)
{
	return selector_matches(selector, namespace->labels);
}

/* "namespaces" and what "namespaceSelector" selects; neither: the pod's own. */
static void find_namespaces(const struct making *making, const struct workload *workload, const struct node *term,
			    struct pack_namespaces *namespaces)
{
	const struct node *list = tree_get(term, "namespaces"), *selector = tree_get(term, "namespaceSelector");
	const struct cluster *cluster = making->problem->cluster[VIEW_NOW];

	if (selector && selector->kind == NODE_MAPPING && selector->count == 0)
		namespaces->all = true;
	for (size_t i = 0; list && list->kind == NODE_SEQUENCE && i < list->count; i++)
		if (list->items[i].kind == NODE_SCALAR)
			add_namespace(namespaces, list->items[i].text);
	for (uint32_t i = 0; tree_given(selector) && !namespaces->all && i < cluster->n_namespaces; i++)
		if (namespace_selected(selector, &cluster->namespaces[i]))
			add_namespace(namespaces, cluster->namespaces[i].name);
	if (namespaces->count == 0 && !tree_given(selector))
		add_namespace(namespaces, workload->namespace);
}

static void term_text(const struct making *making, const struct workload *workload, const struct node *term, struct strbuf *text)
{
	bool own = !tree_given(tree_get(term, "namespaceSelector")) && !tree_given(tree_get(term, "namespaces"));

	pack_add_tree(text, tree_get(term, "labelSelector"));
	pack_add_tree(text, tree_get(term, "namespaces"));
	pack_add_tree(text, tree_get(term, "namespaceSelector"));
	strbuf_addf(text, "%s/%s", own ? workload->namespace : "", tree_text(term, "topologyKey", ""));
}

static bool find_selected(const struct making *making, const struct workload *workload, const struct node *term,
			  struct pack_list *ret_shapes)
{
	struct pack_namespaces namespaces = { 0 };
	bool whole;

	find_namespaces(making, workload, term, &namespaces);
	whole = pack_index_find(making->index, tree_get(term, "labelSelector"), &namespaces, ret_shapes);
	free(namespaces.names);
	return whole;
}

/* ---- anti-affinity ---- */

static uint32_t make_anti(struct making *making, const struct workload *workload, const struct node *term)
{
	struct pack_column column = pack_column(making->problem, tree_text(term, "topologyKey", ""));
	struct pack_list shapes = { 0 };
	uint32_t watch = PACK_NONE;

	if (find_selected(making, workload, term, &shapes))
		watch = add_watch(making, WATCH_ANTI, column.domain, column.n_domains);
	if (watch != PACK_NONE)
		count_for(making, watch, &shapes);
	free(shapes.items);
	return watch;
}

/* The watch of a text; *ret_new: there was none yet. */
static uint32_t *watch_of(struct making *making, const struct strbuf *text, bool *ret_new)
{
	uint32_t before = making->texts.count, number = symbols_intern(&making->texts, text->buf, text->len);

	GROW(making->watch_of, making->capacity, making->texts.count);
	*ret_new = number >= before;
	return &making->watch_of[number];
}

static void find_anti(struct making *making, struct pack_shape *shape)
{
	const struct workload *workload = shape_workload(making->problem, shape);
	const struct node *terms = required(workload, "podAntiAffinity");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; terms && i < terms->count; i++) {
		uint32_t *watch;
		bool is_new;

		strbuf_reset(&text);
		strbuf_add_char(&text, 'a');
		term_text(making, workload, &terms->items[i], &text);
		watch = watch_of(making, &text, &is_new);
		if (is_new)
			*watch = make_anti(making, workload, &terms->items[i]);
		if (*watch == PACK_NONE)
			shape->hold = HOLD_COMPLEX;
		else if (!list_has(&shape->anti, *watch))
			pack_list_add(&shape->anti, *watch);
	}
}

/* ---- host ports: each node is a domain of its own, and each port a term that pods with it have against one another ---- */

static const uint32_t *node_domains(struct pack_problem *problem)
{
	uint32_t *domain = arena_alloc(&problem->arena, MAX(problem->n_nodes, 1U) * sizeof(*domain));

	for (uint32_t n = 0; n < problem->n_nodes; n++)
		domain[n] = n;
	return domain;
}

/* The same port of different addresses of the host is taken for a conflict: that is rare, and errs on the safe side. */
static void add_port(struct making *making, uint32_t shape, const char *port, const char *protocol, const uint32_t *domain)
{
	struct pack_problem *problem = making->problem;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint32_t *watch;
	bool is_new;

	strbuf_addf(&text, "p%s/%s", port, protocol);
	watch = watch_of(making, &text, &is_new);
	if (is_new)
		*watch = add_watch(making, WATCH_ANTI, domain, problem->n_nodes);
	if (*watch == PACK_NONE) {
		problem->shapes[shape].hold = HOLD_COMPLEX;
		return;
	}
	if (list_has(&problem->shapes[shape].anti, *watch))
		return;
	pack_list_add(&problem->shapes[shape].anti, *watch);
	pack_list_add(&problem->shapes[shape].matched, *watch);
}

static void find_ports(struct making *making, uint32_t shape, const uint32_t *domain)
{
	const struct workload *workload = shape_workload(making->problem, &making->problem->shapes[shape]);
	const struct cluster *cluster = making->problem->cluster[VIEW_NOW];

	for (uint32_t i = 0; i < workload->n_containers; i++) {
		const struct node *ports = cluster->containers[workload->first_container + i].ports;

		for (size_t j = 0; ports && ports->kind == NODE_SEQUENCE && j < ports->count; j++) {
			const struct node *port = &ports->items[j];
			const char *number = tree_text(port, "hostPort", workload->host_network ? tree_text(port, "containerPort", "") : "");

			if (*number && !streq(number, "0"))
				add_port(making, shape, number, tree_text(port, "protocol", "TCP"), domain);
		}
	}
}

/* ---- affinity: pods that every term selects are what is looked for, in a domain of every term ---- */

static void intersect(struct pack_list *list, const struct pack_list *with)
{
	uint32_t n = 0;

	for (uint32_t i = 0, j = 0; i < list->count; i++) {	/* both are in order */
		while (j < with->count && with->items[j] < list->items[i])
			j++;
		if (j < with->count && with->items[j] == list->items[i])
			list->items[n++] = list->items[i];
	}
	list->count = n;
}

static bool selected_by_all(struct making *making, const struct workload *workload, const struct node *terms,
			    struct pack_list *ret_shapes)
{
	if (!find_selected(making, workload, &terms->items[0], ret_shapes))
		return false;
	for (size_t i = 1; i < terms->count; i++) {
		struct pack_list more = { 0 };
		bool whole = find_selected(making, workload, &terms->items[i], &more);

		intersect(ret_shapes, &more);
		free(more.items);
		if (!whole)
			return false;
	}
	return true;
}

static void find_affinity(struct making *making, uint32_t number)
{
	struct pack_shape *shape = &making->problem->shapes[number];
	const struct workload *workload = shape_workload(making->problem, shape);
	const struct node *terms = required(workload, "podAffinity");
	struct pack_list shapes = { 0 };

	if (!terms || terms->count == 0)
		return;
	if (!selected_by_all(making, workload, terms, &shapes))
		shape->hold = HOLD_COMPLEX;
	shape->selects_itself = list_has(&shapes, number);
	for (size_t i = 0; i < terms->count && shape->hold != HOLD_COMPLEX; i++) {
		struct pack_column column = pack_column(making->problem, tree_text(&terms->items[i], "topologyKey", ""));
		uint32_t watch = add_watch(making, WATCH_AFFINITY, column.domain, column.n_domains);

		if (watch == PACK_NONE) {
			shape->hold = HOLD_COMPLEX;
			break;
		}
		count_for(making, watch, &shapes);
		pack_list_add(&shape->affinity, watch);
	}
	free(shapes.items);
}

/* ---- topology spread ---- */

static int64_t whole_number(const struct node *tree, const char *key, int64_t otherwise)
{
	int64_t value;

	return parse_i64(tree_text(tree, key, ""), &value) == 0 ? value : otherwise;
}

static bool is_hard(const struct node *constraint)
{
	return streq(tree_text(constraint, "whenUnsatisfiable", ""), "DoNotSchedule");
}

static bool has_all_keys(const struct node *constraints, const struct cluster_node *node)
{
	for (size_t i = 0; i < constraints->count; i++)
		if (is_hard(&constraints->items[i]) &&
		    !tree_text(node->labels, tree_text(&constraints->items[i], "topologyKey", ""), NULL))
			return false;
	return true;
}

/* Nodes that count: by default those that selectors and node affinity leave, whatever their taints. */
static const uint64_t *counted_nodes(struct pack_problem *problem, const struct workload *workload, const struct node *constraints,
				     const struct node *constraint)
{
	bool by_affinity = !streq(tree_text(constraint, "nodeAffinityPolicy", "Honor"), "Ignore");
	bool by_taints = streq(tree_text(constraint, "nodeTaintsPolicy", "Ignore"), "Honor");
	uint64_t *set = arena_alloc(&problem->arena, MAX(problem->n_words, 1U) * sizeof(*set));

	for (uint32_t n = 0; n < problem->n_nodes; n++) {
		const struct cluster_node *node = &problem->cluster[VIEW_NOW]->nodes[problem->nodes[n].number];
		const struct node *taint;

		if (has_all_keys(constraints, node) &&
		    (!by_affinity || node_wanted(workload->node_selector, workload->affinity, node)) &&
		    (!by_taints || taints_tolerated(node->taints, workload->tolerations, &taint)))
			set_add(set, n);
	}
	return set;
}

static bool add_spread(struct making *making, struct pack_shape *shape, const struct node *constraints, const struct node *constraint)
{
	struct pack_problem *problem = making->problem;
	const struct workload *workload = shape_workload(problem, shape);
	struct pack_column column = pack_column(problem, tree_text(constraint, "topologyKey", ""));
	struct pack_namespaces own = { .names = (const char *[]){ workload->namespace }, .count = 1 };
	struct pack_list shapes = { 0 };
	uint32_t watch = PACK_NONE;

	if (pack_index_find(making->index, tree_get(constraint, "labelSelector"), &own, &shapes))
		watch = add_watch(making, WATCH_SPREAD, column.domain, column.n_domains);
	if (watch != PACK_NONE) {
		problem->watches[watch].counted = counted_nodes(problem, workload, constraints, constraint);
		problem->watches[watch].max_skew = whole_number(constraint, "maxSkew", 1);
		problem->watches[watch].min_domains = whole_number(constraint, "minDomains", 1);
		count_for(making, watch, &shapes);
		pack_list_add(&shape->spread, watch);
	}
	free(shapes.items);
	return watch != PACK_NONE;
}

static void find_spread(struct making *making, struct pack_shape *shape)
{
	const struct node *constraints = shape_workload(making->problem, shape)->topology_spread;

	for (size_t i = 0; constraints && constraints->kind == NODE_SEQUENCE && i < constraints->count; i++)
		if (is_hard(&constraints->items[i]) && !add_spread(making, shape, constraints, &constraints->items[i]))
			shape->hold = HOLD_COMPLEX;
}

void pack_find_watches(struct pack_problem *problem)
{
	CLEANUP(pack_index_free_ptr) struct pack_index *index = pack_index_new(problem);
	struct making making = { .problem = problem, .index = index };
	const uint32_t *domain = node_domains(problem);

	for (uint32_t i = 0; i < problem->n_shapes; i++) {
		find_ports(&making, i, domain);
		if (problem->shapes[i].with_node)
			continue;
		find_anti(&making, &problem->shapes[i]);
		find_affinity(&making, i);
		find_spread(&making, &problem->shapes[i]);
	}
	symbols_release(&making.texts);
	free(making.watch_of);
}
