/* SPDX-License-Identifier: Apache-2.0 */
#include "rightsize-savings.h"

#include <math.h>

#include "../core/selector.h"
#include "../core/strbuf.h"
#include "packing.h"

#define GIB (1024.0 * 1024 * 1024)

struct realising {
	struct rightsizing *rightsizing;
	const struct cluster *cluster;
	double *month;			/* price of each node; NAN */
	bool priced;			/* of all */
	struct packing packing;
	struct packing unmoved;		/* the same without the pods that autoscalers would add, where they would */
	const struct packing_answer *most;
	uint32_t moved;			/* workloads of which they would add pods */
	uint32_t *group;		/* of each node */
};

static const char *instance_type(const struct cluster_node *node)
{
	const char *type = tree_text(node->labels, "node.kubernetes.io/instance-type", "");

	return *type ? type : tree_text(node->labels, "beta.kubernetes.io/instance-type", "");
}

static const char *node_name(struct realising *realising, uint32_t number)
{
	const struct cluster_node *node = &realising->cluster->nodes[number];
	const struct amount *cpu = &node->capacity.of[RESOURCE_CPU], *memory = &node->capacity.of[RESOURCE_MEMORY];
	const char *type = instance_type(node);

	if (*type)
		return arena_strdup(&realising->rightsizing->arena, type);
	if (!cpu->given || cpu->wrong || !memory->given || memory->wrong)
		return "of unknown size";
	return arena_formatf(&realising->rightsizing->arena, "%.4g CPU, %.4g GiB", quantity_real(&cpu->quantity),
			     quantity_real(&memory->quantity) / GIB);
}

/* ---- nodes that look alike ---- */

struct likeness {
	const char *name;
	double price;			/* -1: not known */
	uint32_t number;
};

static int compare_likeness(const void *a, const void *b)
{
	const struct likeness *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	if (order == 0)
		order = (left->price < right->price) - (left->price > right->price);
	return order != 0 ? order : (left->number > right->number) - (left->number < right->number);
}

static bool is_alike(const struct likeness *a, const struct likeness *b)
{
	return a->price == b->price && streq(a->name, b->name);
}

static void group_nodes(struct realising *realising)
{
	struct savings *savings = &realising->rightsizing->savings;
	uint32_t count = realising->cluster->n_nodes;
	CLEANUP(free_ptr) struct likeness *nodes = xcalloc(count, sizeof(*nodes));

	for (uint32_t i = 0; i < count; i++)
		nodes[i] = (struct likeness){ node_name(realising, i), isnan(realising->month[i]) ? -1 : realising->month[i], i };
	qsort(nodes, count, sizeof(*nodes), compare_likeness);
	savings->nodes = arena_alloc(&realising->rightsizing->arena, count * sizeof(*savings->nodes));
	for (uint32_t i = 0; i < count; i++) {
		struct node_saving *group;

		if (i == 0 || !is_alike(&nodes[i], &nodes[i - 1]))
			savings->nodes[savings->n_nodes++] = (struct node_saving){ .name = nodes[i].name,
				.price = realising->month[nodes[i].number] };
		group = &savings->nodes[savings->n_nodes - 1];
		group->nodes++;
		group->freed_least += realising->packing.least.fates[nodes[i].number] == FATE_FREED;
		group->freed_most += realising->most->fates[nodes[i].number] == FATE_FREED;
		realising->group[nodes[i].number] = (uint32_t)(savings->n_nodes - 1);
	}
	/* Of one kind never fewer at best than at least: what is given up here is given up in the sum as well. */
	for (size_t i = 0; i < savings->n_nodes; i++)
		savings->nodes[i].freed_least = MIN(savings->nodes[i].freed_least, savings->nodes[i].freed_most);
}

/* "2 by pods with local storage, 3 by pods that fit nowhere else"; of a group, or of all nodes. */
static const char *what_holds(const struct realising *realising, uint32_t group)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint32_t counts[HOLD_COUNT] = { 0 };

	for (uint32_t i = 0; i < realising->cluster->n_nodes; i++)
		if (group == CLUSTER_NONE || realising->group[i] == group)
			counts[realising->packing.holds[i]]++;
	for (enum packing_hold hold = HOLD_NONE + 1; hold < HOLD_COUNT; hold++)
		if (counts[hold] > 0)
			strbuf_addf(&text, "%s%u by %s", text.len > 0 ? ", " : "", counts[hold], packing_hold_text(hold));
	return arena_strdup(&realising->rightsizing->arena, text.buf);
}

/* ---- sums ---- */

static double sum_fate(const struct realising *realising, const struct packing_answer *answer, enum packing_fate fate, uint32_t *ret_count)
{
	double sum = 0;

	*ret_count = 0;
	for (uint32_t i = 0; i < realising->cluster->n_nodes; i++) {
		if (answer->fates[i] != fate)
			continue;
		sum += realising->month[i];
		++*ret_count;
	}
	return sum;
}

/* What nodes for pods that would find none take of it: at most one of the dearest for each. */
static double cost_of_unplaced(const struct realising *realising, const struct packing_answer *answer)
{
	double dearest = 0;

	if (answer->unplaced_then <= answer->unplaced_now)
		return 0;
	for (uint32_t i = 0; i < realising->cluster->n_nodes; i++)
		dearest = MAX(dearest, realising->month[i]);
	return dearest * (double)(answer->unplaced_then - answer->unplaced_now);
}

static void sum_freed(struct realising *realising)
{
	struct savings *savings = &realising->rightsizing->savings;
	const struct packing *packing = &realising->packing;
	double least = 0, most = 0;
	uint32_t reopened;

	for (size_t i = 0; i < savings->n_nodes; i++) {
		least += savings->nodes[i].freed_least ? savings->nodes[i].freed_least * savings->nodes[i].price : 0;
		most += savings->nodes[i].freed_most ? savings->nodes[i].freed_most * savings->nodes[i].price : 0;
	}
	least -= sum_fate(realising, &packing->least, FATE_REOPENED, &reopened) + cost_of_unplaced(realising, &packing->least);
	most -= sum_fate(realising, realising->most, FATE_REOPENED, &reopened) + cost_of_unplaced(realising, realising->most);
	savings->idle_least = sum_fate(realising, &packing->least, FATE_EMPTIED, &savings->idle_nodes_least);
	savings->idle_most = sum_fate(realising, realising->most, FATE_EMPTIED, &savings->idle_nodes_most);
	savings->idle_nodes_most = MAX(savings->idle_nodes_least, savings->idle_nodes_most);
	savings->unplaced_now = packing->least.unplaced_now;
	savings->unplaced_then = packing->least.unplaced_then;
	if (!realising->priced) {
		savings->idle_least = savings->idle_most = savings->realisable_least = savings->realisable_most = NAN;
		return;
	}
	savings->idle_most = MAX(savings->idle_least, savings->idle_most);
	savings->realisable_least = MIN(MAX(least, 0.0), savings->bill);
	savings->realisable_most = MIN(MAX(most, savings->realisable_least), savings->bill);
}

/* ---- how it was found ---- */

static const char *plural(size_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

static void tell_none(const struct realising *realising, struct strbuf *text)
{
	const char *holds = what_holds(realising, CLUSTER_NONE);

	strbuf_add_string(text, "no node becomes free");
	if (*holds)
		strbuf_addf(text, " (kept: %s)", holds);
}

static void tell_freed(const struct realising *realising, struct strbuf *text)
{
	const struct savings *savings = &realising->rightsizing->savings;
	uint32_t all = realising->cluster->n_nodes, least = 0, most = 0;

	for (size_t i = 0; i < savings->n_nodes; i++) {
		least += savings->nodes[i].freed_least;
		most += savings->nodes[i].freed_most;
	}
	if (!realising->packing.pods_given)
		strbuf_add_string(text, "which pods run where was not given, so they are packed as if started anew; ");
	if (most == 0)
		tell_none(realising, text);
	else if (least == most)
		strbuf_addf(text, "%u of %u nodes can be drained onto the others", most, all);
	else
		strbuf_addf(text, "%u of %u nodes can be drained onto the others, up to %u become free when all pods that may move are "
			    "packed anew", least, all, most);
}

static void tell_idle(const struct realising *realising, struct strbuf *text)
{
	const struct savings *savings = &realising->rightsizing->savings;

	if (savings->idle_nodes_most == 0)
		return;
	strbuf_addf(text, "; %u", savings->idle_nodes_least);
	if (savings->idle_nodes_most > savings->idle_nodes_least)
		strbuf_addf(text, " to %u", savings->idle_nodes_most);
	strbuf_addf(text, " could be given back today without any change and %s not counted",
		    plural(savings->idle_nodes_most, "is", "are"));
}

static void tell_needs(const struct realising *realising, struct strbuf *text)
{
	const struct savings *savings = &realising->rightsizing->savings;
	uint32_t reopened;

	(void)sum_fate(realising, &realising->packing.least, FATE_REOPENED, &reopened);
	if (reopened > 0)
		strbuf_addf(text, "; %u %s that could be given back now would be needed", reopened, plural(reopened, "node", "nodes"));
	if (savings->unplaced_then > savings->unplaced_now)
		strbuf_addf(text, "; %zu %s would find no node with what is recommended: it takes more nodes",
			    savings->unplaced_then - savings->unplaced_now,
			    plural(savings->unplaced_then - savings->unplaced_now, "pod", "pods"));
	else if (savings->unplaced_now > 0)
		strbuf_addf(text, "; %zu %s no node even now", savings->unplaced_now,
			    plural(savings->unplaced_now, "pod finds", "pods find"));
}

static void tell_prices(const struct realising *realising, const struct prices *prices, struct strbuf *text)
{
	uint32_t unknown = 0;

	for (uint32_t i = 0; i < realising->cluster->n_nodes; i++)
		unknown += isnan(realising->month[i]);
	if (prices && unknown > 0)
		strbuf_addf(text, "; the price of %u %s is not known, so neither is what that is worth", unknown,
			    plural(unknown, "node", "nodes"));
}

static void tell(struct realising *realising, const struct prices *prices)
{
	struct savings *savings = &realising->rightsizing->savings;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	tell_freed(realising, &text);
	tell_idle(realising, &text);
	tell_needs(realising, &text);
	if (realising->moved > 0)
		strbuf_addf(&text, "; the replicas that autoscalers add to %u %s, because less is requested, lower the least that is saved, not the most",
			    realising->moved, plural(realising->moved, "workload", "workloads"));
	tell_prices(realising, prices, &text);
	savings->realisable_note = arena_strdup(&realising->rightsizing->arena, text.buf);
	for (size_t i = 0; i < savings->n_nodes; i++) {
		const char *holds = what_holds(realising, (uint32_t)i);

		savings->nodes[i].note = *holds ? arena_formatf(&realising->rightsizing->arena, "kept: %s", holds) : NULL;
	}
}

static void price_nodes(struct realising *realising, const struct prices *prices)
{
	const struct cluster *cluster = realising->cluster;

	realising->month = xcalloc(cluster->n_nodes, sizeof(*realising->month));
	realising->priced = prices != NULL;
	for (uint32_t i = 0; i < cluster->n_nodes; i++) {
		realising->month[i] = prices ? prices_node_hour(prices, &cluster->nodes[i]) * realising->rightsizing->savings.hours : NAN;
		realising->priced = realising->priced && !isnan(realising->month[i]);
	}
}

/* The least with what autoscalers make of it; the most as if somebody saw to their targets too. */
static void pack(struct realising *realising, const struct cluster *then, const uint32_t *more)
{
	struct packing_options options = { .headroom = realising->rightsizing->options.headroom, .more = more,
					   .worth = realising->priced ? realising->month : NULL };

	for (uint32_t w = 0; w < realising->cluster->n_workloads; w++)
		realising->moved += more[w] > 0;
	packing_solve(realising->cluster, then, &options, &realising->packing);
	realising->most = &realising->packing.most;
	if (realising->moved == 0)
		return;
	options.more = NULL;
	packing_solve(realising->cluster, then, &options, &realising->unmoved);
	realising->most = &realising->unmoved.most;
}

void rightsize_realise(struct rightsizing *rightsizing, const struct cluster *then, const uint32_t *more, const struct prices *prices)
{
	struct realising realising = { .rightsizing = rightsizing, .cluster = rightsizing_admitted(rightsizing) };
	struct savings *savings = &rightsizing->savings;

	if (realising.cluster->n_nodes == 0) {
		savings->realisable_least = savings->realisable_most = savings->idle_least = savings->idle_most = NAN;
		savings->realisable_note = "the nodes were not given, so it cannot be known whether one becomes free; requests "
					   "that sink save nothing by themselves";
		return;
	}
	price_nodes(&realising, prices);
	realising.group = xcalloc(realising.cluster->n_nodes, sizeof(*realising.group));
	pack(&realising, then, more);
	group_nodes(&realising);
	sum_freed(&realising);
	tell(&realising, prices);
	packing_release(&realising.packing);
	packing_release(&realising.unmoved);
	free(realising.group);
	free(realising.month);
}
