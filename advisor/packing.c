/* SPDX-License-Identifier: Apache-2.0 */
#include "packing.h"

#include <math.h>

#include "packing-state.h"

#define REPACK_PASSES 3			/* pods that want to be near others are tried again when these have a place */
#define BEST_FIT_MAX (100U << 20)	/* pods times nodes: beyond, the first that fits has to do */

struct order {				/* of nodes to try, and of nodes to drain; of pods to place */
	uint32_t *items;
	double *keys;			/* by item: smaller ones first */
	uint32_t count;
};

static int compare_keys(const void *a, const void *b, void *context)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	const double *keys = context;

	if (keys[left] != keys[right])
		return keys[left] < keys[right] ? -1 : 1;
	return (left > right) - (left < right);
}

static struct order order_new(uint32_t count)
{
	struct order order = { .items = xcalloc((size_t)count + 1, sizeof(uint32_t)), .keys = xcalloc((size_t)count + 1, sizeof(double)) };

	order.count = count;
	return order;
}

static void order_sort(struct order *order)
{
	for (uint32_t i = 0; i < order->count; i++)
		order->items[i] = i;
	qsort_r(order->items, order->count, sizeof(*order->items), compare_keys, order->keys);
}

static void order_release(struct order *order)
{
	free(order->items);
	free(order->keys);
}

/* ---- trying nodes ---- */

static void reset_cursors(struct pack_state *state)
{
	memset(state->cursor, 0, state->problem->n_shapes * sizeof(*state->cursor));
}

/* Whether nothing that happens while pods are only added could give the shape room there. */
static bool is_closed(const struct pack_state *state, const struct pack_shape *shape, uint32_t node)
{
	return state->gone[node] || !state->problem->nodes[node].target || !set_has(shape->eligible, node) ||
	       !pack_has_room(state, shape, node);
}

/* The first node of the order that a pod fits on, beginning where its kind found room last.  PACK_NONE. */
static uint32_t first_fit(struct pack_state *state, const struct order *targets, uint32_t pod)
{
	uint32_t number = state->problem->pods[pod].shape;
	const struct pack_shape *shape = &state->problem->shapes[number];
	uint32_t *cursor = &state->cursor[number];

	if (shape->hold == HOLD_COMPLEX)
		return PACK_NONE;
	while (*cursor < targets->count && is_closed(state, shape, targets->items[*cursor]))
		++*cursor;
	for (uint32_t i = *cursor; i < targets->count; i++)
		if (pack_fits(state, pod, targets->items[i]))
			return targets->items[i];
	return PACK_NONE;
}

/* ---- draining one node ---- */

struct drain {
	struct pack_state *state;
	const struct order *targets;
	uint32_t *moved, *cursors;	/* what is moved, and the cursor of its kind before */
	uint32_t n_moved;
	uint8_t *holds;			/* of each node: why it was not drained */
};

static enum packing_hold find_hold(const struct pack_state *state, uint32_t node)
{
	enum packing_hold hold = state->problem->nodes[node].hold;

	for (uint32_t pod = state->first[node]; pod != PACK_NONE; pod = state->next[pod]) {
		enum packing_hold other = state->problem->pods[pod].with_node ? HOLD_NONE : state->problem->pods[pod].hold;

		if (other != HOLD_NONE && (hold == HOLD_NONE || other < hold))
			hold = other;
	}
	return hold;
}

static int compare_moved(const void *a, const void *b, void *context)
{
	const struct pack_state *state = context;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	double shares[2] = { state->problem->shapes[state->problem->pods[left].shape].share[state->view],
			     state->problem->shapes[state->problem->pods[right].shape].share[state->view] };

	if (shares[0] != shares[1])
		return shares[0] > shares[1] ? -1 : 1;
	return (left > right) - (left < right);
}

static void take_off(struct drain *drain, uint32_t node)
{
	struct pack_state *state = drain->state;
	uint32_t pod;

	drain->n_moved = 0;
	while ((pod = state->first[node]) != PACK_NONE) {
		pack_remove(state, pod);
		drain->moved[drain->n_moved++] = pod;
	}
	qsort_r(drain->moved, drain->n_moved, sizeof(*drain->moved), compare_moved, state);
	pack_set_gone(state, node, true);
	pack_step(state, STEP_DRAIN, PACK_NONE, node);
}

static void put_back(struct drain *drain, uint32_t node, uint32_t placed, size_t n_steps)
{
	struct pack_state *state = drain->state;

	for (uint32_t i = placed; i-- > 0;) {
		state->cursor[state->problem->pods[drain->moved[i]].shape] = drain->cursors[i];
		if (state->node_of[drain->moved[i]] != PACK_NONE)
			pack_remove(state, drain->moved[i]);
	}
	pack_set_gone(state, node, false);
	for (uint32_t i = 0; i < drain->n_moved; i++)
		pack_place(state, drain->moved[i], node);
	if (state->answer)
		state->answer->n_steps = MIN(state->answer->n_steps, n_steps);
}

/* Nobody else's pods are moved to make room. */
static bool drain_node(struct drain *drain, uint32_t node)
{
	struct pack_state *state = drain->state;
	size_t n_steps = state->answer ? state->answer->n_steps : 0;

	drain->holds[node] = find_hold(state, node);
	if (drain->holds[node] != HOLD_NONE)
		return false;
	take_off(drain, node);
	for (uint32_t i = 0; i < drain->n_moved; i++) {
		uint32_t pod = drain->moved[i], target;

		drain->cursors[i] = state->cursor[state->problem->pods[pod].shape];
		if (state->problem->pods[pod].with_node)
			continue;
		target = first_fit(state, drain->targets, pod);
		if (target == PACK_NONE) {
			put_back(drain, node, i + 1, n_steps);
			drain->holds[node] = HOLD_NO_ROOM;
			return false;
		}
		pack_place(state, pod, target);
		pack_step(state, STEP_PLACE, pod, target);
	}
	return true;
}

/* ---- draining what can be drained ---- */

/* How much of a node is asked for, with requests as they are looked at. */
static double load_of(const struct pack_state *state, uint32_t node)
{
	const struct pack_problem *problem = state->problem;
	double load = 0;

	for (uint32_t dim = 0; dim <= RESOURCE_MEMORY; dim++) {
		double size = (double)problem->size[node * problem->n_dims + dim];

		if (size > 0)
			load = MAX(load, 1 - (double)state->free[state->view][node * problem->n_dims + dim] / size);
	}
	return load;
}

/* The fullest first: what is nearly empty is to be emptied. */
static struct order by_load(const struct pack_state *state, bool fullest)
{
	struct order order = order_new(state->problem->n_nodes);

	for (uint32_t n = 0; n < order.count; n++) {
		double load = load_of(state, n);

		if (find_hold(state, n) != HOLD_NONE)
			load += 2;		/* it stays anyway */
		order.keys[n] = fullest ? -load : load;
	}
	order_sort(&order);
	return order;
}

/* Whether requests of another view would fit as pods are placed now: no node lacks what it did not lack, or lacked less of, before. */
static bool is_valid(const struct pack_state *state, unsigned int view, const struct pack_state *start)
{
	const struct pack_problem *problem = state->problem;

	for (uint32_t n = 0; n < problem->n_nodes; n++)
		for (uint32_t dim = 0; dim < problem->n_dims && !state->gone[n]; dim++) {
			size_t i = (size_t)n * problem->n_dims + dim;
			int64_t left = state->free[view][i] - problem->reserve[i];

			if (left < 0 && left < start->free[view][i] - problem->reserve[i])
				return false;
		}
	return true;
}

/* Whether a pod that had a node with the requests of now has none: it stays on its node, which is not empty, and has no room for others. */
static bool is_lost(const struct pack_state *state, const struct pack_state *before, uint32_t pod)
{
	return before && state->node_of[pod] == PACK_NONE && before->node_of[pod] != PACK_NONE && !state->problem->pods[pod].with_node &&
	       !state->gone[before->node_of[pod]];
}

/* With the requests of now it would fit, wherever that is: what others do on its node is not made possible by any change. */
static void keep_lost(struct pack_state *state, const struct pack_state *before)
{
	const struct pack_problem *problem = state->problem;

	for (uint32_t i = 0; i < problem->n_pods; i++) {
		const struct pack_shape *shape = &problem->shapes[problem->pods[i].shape];

		if (!is_lost(state, before, i))
			continue;
		for (uint32_t dim = 0; dim < problem->n_dims; dim++)
			state->free[VIEW_THEN][(size_t)before->node_of[i] * problem->n_dims + dim] -= shape->request[VIEW_THEN][dim];
	}
}

static bool *nodes_of_lost(const struct pack_state *state, const struct pack_state *before)
{
	bool *nodes = xcalloc((size_t)state->problem->n_nodes + 1, sizeof(*nodes));

	for (uint32_t i = 0; i < state->problem->n_pods; i++)
		if (is_lost(state, before, i))
			nodes[before->node_of[i]] = true;
	return nodes;
}

/* fate: of nodes that are drained.  start, which may be NULL: where everything was; what is drained and would be possible with the requests
 * of now too is nobody's merit.  before, which may be NULL: where everything was before requests became others. */
static void drain_all(struct pack_state *state, uint8_t *fates, uint8_t *holds, const struct pack_state *start, const struct pack_state *before)
{
	struct order targets = by_load(state, true), candidates = by_load(state, false);
	CLEANUP(free_ptr) uint32_t *moved = xcalloc((size_t)state->problem->n_pods + 1, sizeof(*moved));
	CLEANUP(free_ptr) uint32_t *cursors = xcalloc((size_t)state->problem->n_pods + 1, sizeof(*cursors));
	struct drain drain = { .state = state, .targets = &targets, .moved = moved, .cursors = cursors, .holds = holds };
	CLEANUP(free_ptr) bool *lost = nodes_of_lost(state, before);
	bool merit = start && !is_valid(state, VIEW_NOW, start);

	reset_cursors(state);
	for (uint32_t i = 0; i < candidates.count; i++) {
		uint32_t node = candidates.items[i];

		if (lost[node])
			holds[node] = HOLD_NO_ROOM;
		if (state->gone[node] || lost[node] || !drain_node(&drain, node))
			continue;
		merit = merit || (start && !is_valid(state, VIEW_NOW, start));
		fates[node] = merit ? FATE_FREED : FATE_EMPTIED;
	}
	order_release(&targets);
	order_release(&candidates);
}

/* ---- pods that have no node ---- */

/* The greatest first. */
static struct order find_homeless(const struct pack_state *state)
{
	struct order order = order_new(state->problem->n_pods);

	order.count = 0;
	for (uint32_t i = 0; i < state->problem->n_pods; i++) {
		order.keys[i] = -state->problem->shapes[state->problem->pods[i].shape].share[state->view];
		if (state->node_of[i] == PACK_NONE && !state->problem->pods[i].with_node &&
		    (state->view == VIEW_THEN || !state->problem->pods[i].later))
			order.items[order.count++] = i;
	}
	qsort_r(order.items, order.count, sizeof(*order.items), compare_keys, order.keys);
	return order;
}

/* Of the nodes that are used already, the one that is fullest; else the first that fits. */
static uint32_t best_fit(struct pack_state *state, const struct order *targets, uint32_t pod)
{
	uint32_t best = first_fit(state, targets, pod);
	double fullest = -INFINITY;

	for (uint32_t i = 0; best != PACK_NONE && i < targets->count; i++) {
		uint32_t node = targets->items[i];
		double load;

		if (state->first[node] == PACK_NONE)
			continue;
		load = load_of(state, node);
		if (load > fullest && pack_fits(state, pod, node)) {
			best = node;
			fullest = load;
		}
	}
	return best;
}

/* Where one of these found no node, the next of its kind finds none either until something is taken off. */
static bool is_hopeless_alike(const struct pack_shape *shape)
{
	return shape->affinity.count == 0 && shape->spread.count == 0 && !shape->zone_bound;
}

typedef uint32_t fit_function(struct pack_state *state, const struct order *targets, uint32_t pod);

/* How many are left without a node. */
static size_t place_homeless(struct pack_state *state, const struct order *targets, fit_function *fit)
{
	CLEANUP(free_ptr) bool *hopeless = xcalloc((size_t)state->problem->n_shapes + 1, sizeof(*hopeless));
	struct order pods = find_homeless(state);
	size_t left = pods.count, before;

	reset_cursors(state);
	for (unsigned int pass = 0; pass < REPACK_PASSES && left > 0; pass++) {
		before = left;
		for (uint32_t i = 0; i < pods.count; i++) {
			uint32_t pod = pods.items[i], shape = state->problem->pods[pod].shape, target;

			if (state->node_of[pod] != PACK_NONE || hopeless[shape])
				continue;
			target = fit(state, targets, pod);
			if (target == PACK_NONE) {
				hopeless[shape] = is_hopeless_alike(&state->problem->shapes[shape]);
				continue;
			}
			pack_place(state, pod, target);
			pack_step(state, STEP_PLACE, pod, target);
			left--;
		}
		if (left == before)
			break;
	}
	order_release(&pods);
	return left;
}

static size_t place_pending(struct pack_state *state)
{
	struct order targets = by_load(state, true);
	size_t left = place_homeless(state, &targets, first_fit);

	order_release(&targets);
	return left;
}

/* ---- from the requests of now to those recommended ---- */

/* A dimension in which a node has become too small; PACK_NONE: none. */
static uint32_t find_lack(const struct pack_state *state, uint32_t node)
{
	uint32_t n_dims = state->problem->n_dims;

	for (uint32_t dim = 0; dim < n_dims; dim++) {
		int64_t then = state->free[VIEW_THEN][node * n_dims + dim];

		if (then < 0 && then < state->free[VIEW_NOW][node * n_dims + dim])
			return dim;
	}
	return PACK_NONE;
}

/* Of the pods that may move, the one that asks for most; PACK_NONE. */
static uint32_t find_greatest(const struct pack_state *state, uint32_t node, uint32_t dim)
{
	const struct pack_problem *problem = state->problem;
	uint32_t greatest = PACK_NONE;
	int64_t most = 0;

	for (uint32_t pod = state->first[node]; pod != PACK_NONE; pod = state->next[pod]) {
		int64_t request = problem->shapes[problem->pods[pod].shape].request[VIEW_THEN][dim];

		if (problem->pods[pod].with_node || problem->pods[pod].hold != HOLD_NONE || request == 0)
			continue;
		if (request > most || (request == most && pod < greatest)) {
			greatest = pod;
			most = request;
		}
	}
	return greatest;
}

static void displace(struct pack_state *state)
{
	for (uint32_t n = 0; n < state->problem->n_nodes; n++) {
		uint32_t dim, pod;

		while (!state->gone[n] && (dim = find_lack(state, n)) != PACK_NONE &&
		       (pod = find_greatest(state, n, dim)) != PACK_NONE) {
			pack_remove(state, pod);
			pack_step(state, STEP_DISPLACE, pod, n);
		}
	}
}

static void reopen(struct pack_state *state, uint32_t node)
{
	pack_set_gone(state, node, false);
	for (uint32_t i = 0; i < state->problem->n_pods; i++)
		if (state->problem->pods[i].with_node && state->problem->pods[i].start == node)
			pack_place(state, i, node);
	pack_step(state, STEP_REOPEN, PACK_NONE, node);
}

static void take_away(struct pack_state *state, uint32_t node)
{
	while (state->first[node] != PACK_NONE)
		pack_remove(state, state->first[node]);
	pack_set_gone(state, node, true);
	pack_step(state, STEP_DRAIN, PACK_NONE, node);
}

/* Whether one of the homeless might fit on a node that is gone. */
static bool is_wanted(const struct pack_state *state, const struct order *homeless, uint32_t node)
{
	for (uint32_t i = 0; i < homeless->count; i++) {
		const struct pack_shape *shape = &state->problem->shapes[state->problem->pods[homeless->items[i]].shape];

		if (state->node_of[homeless->items[i]] == PACK_NONE && set_has(shape->eligible, node) && pack_has_room(state, shape, node))
			return true;
	}
	return false;
}

/* Pods that fit on none of the nodes that are left take one back that could have been given away.  left: how many there are. */
static size_t reopen_for_homeless(struct pack_state *state, uint8_t *fates, size_t left)
{
	enum packing_fate fate = state->view == VIEW_NOW ? FATE_KEPT : FATE_REOPENED;
	struct order homeless = find_homeless(state);

	for (uint32_t n = 0; n < state->problem->n_nodes && left > 0; n++) {
		size_t before = left;

		if (!state->gone[n] || !is_wanted(state, &homeless, n))
			continue;
		reopen(state, n);
		left = place_pending(state);
		if (left < before)
			fates[n] = fate;
		else
			take_away(state, n);
	}
	order_release(&homeless);
	return left;
}

/* Without any change.  Where pods were pulled together there may be room for one that had none before. */
static size_t drain_now(struct pack_state *state, uint8_t *fates, uint8_t *holds)
{
	drain_all(state, fates, holds, NULL, NULL);
	return reopen_for_homeless(state, fates, place_pending(state));
}

static size_t switch_view(struct pack_state *state, uint8_t *fates, const struct pack_state *before)
{
	size_t left;

	state->view = VIEW_THEN;
	pack_step(state, STEP_SWITCH, PACK_NONE, CLUSTER_NONE);
	displace(state);
	left = reopen_for_homeless(state, fates, place_pending(state));
	keep_lost(state, before);
	return left;
}

/* ---- all anew ---- */

enum repack_order { REPACK_CHEAP_FIRST, REPACK_GREAT_FIRST, REPACK_BEST_FIT, REPACK_COUNT };

/* Nodes that stay anyway are filled first, then those that are worth least for what they hold, or the greatest. */
static struct order by_worth(const struct pack_state *state, enum repack_order kind)
{
	const struct pack_problem *problem = state->problem;
	struct order order = order_new(problem->n_nodes);

	for (uint32_t n = 0; n < order.count; n++) {
		const struct pack_node *node = &problem->nodes[n];
		double size = MAX(node->size, 1e-9);

		order.keys[n] = kind == REPACK_GREAT_FIRST ? -size : node->worth / size;
		if (find_hold(state, n) != HOLD_NONE)
			order.keys[n] = -INFINITY;
	}
	order_sort(&order);
	return order;
}

/* Everything that may move is taken off. */
static void clear(struct pack_state *state)
{
	pack_step(state, STEP_RESET, PACK_NONE, CLUSTER_NONE);
	for (uint32_t i = 0; i < state->problem->n_pods; i++)
		if (state->node_of[i] != PACK_NONE && !state->problem->pods[i].with_node &&
		    state->problem->pods[i].hold == HOLD_NONE)
			pack_remove(state, i);
}

/* Takes away nodes on which nothing is but what belongs to them. */
static void drop_unused(struct pack_state *state, uint8_t *fates, enum packing_fate fate, const struct pack_state *before)
{
	CLEANUP(free_ptr) bool *lost = nodes_of_lost(state, before);

	for (uint32_t n = 0; n < state->problem->n_nodes; n++) {
		uint32_t pod = state->first[n];

		while (pod != PACK_NONE && state->problem->pods[pod].with_node)
			pod = state->next[pod];
		if (state->gone[n] || lost[n] || pod != PACK_NONE || state->problem->nodes[n].hold != HOLD_NONE)
			continue;
		take_away(state, n);
		fates[n] = fate;
	}
}

static size_t repack(struct pack_state *state, enum repack_order kind, uint8_t *fates, const struct pack_state *start, const struct pack_state *before)
{
	struct order targets;
	size_t left;

	clear(state);
	targets = by_worth(state, kind);
	left = place_homeless(state, &targets, kind == REPACK_BEST_FIT ? best_fit : first_fit);
	left = reopen_for_homeless(state, fates, left);
	keep_lost(state, before);
	drop_unused(state, fates, start && !is_valid(state, VIEW_NOW, start) ? FATE_FREED : FATE_EMPTIED, before);
	order_release(&targets);
	return left;
}

/* ---- the answers ---- */

struct attempt {			/* pods on nodes, and how it came to it */
	struct pack_state state;
	struct packing_answer answer;
};

static void attempt_copy(struct attempt *attempt, const struct attempt *from)
{
	const struct pack_problem *problem = from->state.problem;
	const struct packing_answer *answer = &from->answer;

	attempt->answer = *answer;
	attempt->answer.fates = xcalloc((size_t)problem->n_nodes + 1, 1);
	memcpy(attempt->answer.fates, answer->fates, problem->n_nodes);
	attempt->answer.capacity = answer->n_steps;
	attempt->answer.steps = xcalloc(answer->n_steps + 1, sizeof(*answer->steps));
	if (answer->n_steps > 0)
		memcpy(attempt->answer.steps, answer->steps, answer->n_steps * sizeof(*answer->steps));
	pack_state_copy(&attempt->state, &from->state);
	attempt->state.answer = &attempt->answer;
}

static void attempt_release(struct attempt *attempt)
{
	pack_state_release(&attempt->state);
	free(attempt->answer.fates);
	free(attempt->answer.steps);
	*attempt = (struct attempt){ 0 };
}

static void attempt_replace(struct attempt *attempt, struct attempt *by)
{
	attempt_release(attempt);
	*attempt = *by;
	attempt->state.answer = &attempt->answer;
	*by = (struct attempt){ 0 };
}

/* What nodes of a fate are worth, less those that are needed again. */
static double gain(const struct attempt *attempt, enum packing_fate fate)
{
	const struct pack_problem *problem = attempt->state.problem;
	double sum = 0;

	for (uint32_t n = 0; n < problem->n_nodes; n++)
		sum += attempt->answer.fates[n] == fate ? problem->nodes[n].worth :
		       attempt->answer.fates[n] == FATE_REOPENED ? -problem->nodes[n].worth : 0;
	return sum;
}

static void begin(struct attempt *attempt, const struct pack_problem *problem)
{
	*attempt = (struct attempt){ .answer.fates = xcalloc((size_t)problem->n_nodes + 1, 1) };
	pack_state_make(&attempt->state, problem);
	attempt->state.answer = &attempt->answer;
	for (uint32_t i = 0; i < problem->n_pods; i++)
		if (problem->pods[i].start != PACK_NONE)
			pack_place(&attempt->state, i, problem->pods[i].start);
}

static bool is_small(const struct pack_problem *problem)
{
	return (uint64_t)problem->n_pods * problem->n_nodes <= BEST_FIT_MAX;
}

/* Without any change, as well as it can be done.  best: what draining found. */
static void improve_now(struct attempt *best, const struct attempt *start, uint8_t *holds)
{
	for (enum repack_order kind = 0; kind < REPACK_COUNT; kind++) {
		struct attempt attempt;

		if (kind == REPACK_BEST_FIT && !is_small(best->state.problem))
			continue;
		attempt_copy(&attempt, start);
		(void)repack(&attempt.state, kind, attempt.answer.fates, NULL, NULL);
		attempt.answer.unplaced_now = drain_now(&attempt.state, attempt.answer.fates, holds);
		if (attempt.answer.unplaced_now <= best->answer.unplaced_now &&
		    gain(&attempt, FATE_EMPTIED) > gain(best, FATE_EMPTIED))
			attempt_replace(best, &attempt);
		attempt_release(&attempt);
	}
}

static bool is_better(const struct attempt *attempt, const struct attempt *than)
{
	if (attempt->answer.unplaced_then != than->answer.unplaced_then)
		return attempt->answer.unplaced_then < than->answer.unplaced_then;
	/* What becomes empty where pods find no node is no gain. */
	if (attempt->answer.unplaced_then > attempt->answer.unplaced_now)
		return false;
	return gain(attempt, FATE_FREED) > gain(than, FATE_FREED);
}

/* With what is recommended, from the best that can be done without. */
static void improve_then(struct attempt *best, const struct attempt *now, const struct attempt *start, uint8_t *holds)
{
	for (enum repack_order kind = 0; kind < REPACK_COUNT; kind++) {
		struct attempt attempt;

		if (kind == REPACK_BEST_FIT && !is_small(now->state.problem))
			continue;
		attempt_copy(&attempt, now);
		attempt.state.view = VIEW_THEN;
		pack_step(&attempt.state, STEP_SWITCH, PACK_NONE, CLUSTER_NONE);
		attempt.answer.unplaced_then = repack(&attempt.state, kind, attempt.answer.fates, &start->state, &now->state);
		drain_all(&attempt.state, attempt.answer.fates, holds, &start->state, &now->state);
		if (is_better(&attempt, best))
			attempt_replace(best, &attempt);
		attempt_release(&attempt);
	}
}

/* Steps and fates in the numbers of the cluster. */
static void tell(const struct pack_problem *problem, struct attempt *attempt, struct packing_answer *ret_answer)
{
	struct packing_answer *answer = &attempt->answer;
	uint8_t *fates = xcalloc((size_t)problem->n_nodes + 1, 1);

	for (uint32_t n = 0; n < problem->n_nodes; n++)
		fates[problem->nodes[n].number] = answer->fates[n];
	for (size_t i = 0; i < answer->n_steps; i++)
		if (answer->steps[i].node != CLUSTER_NONE)
			answer->steps[i].node = problem->nodes[answer->steps[i].node].number;
	free(answer->fates);
	*ret_answer = *answer;
	ret_answer->fates = fates;
	ret_answer->unplaced_now += problem->beyond[VIEW_NOW];
	ret_answer->unplaced_then += problem->beyond[VIEW_THEN];
	*answer = (struct packing_answer){ 0 };
}

static void tell_pods(const struct pack_problem *problem, struct packing *packing)
{
	packing->n_pods = problem->n_pods;
	packing->pods = arena_alloc(&packing->arena, ((size_t)problem->n_pods + 1) * sizeof(*packing->pods));
	for (uint32_t i = 0; i < problem->n_pods; i++) {
		const struct pack_pod *pod = &problem->pods[i];

		packing->pods[i] = (struct packing_pod){
			.workload = problem->shapes[pod->shape].workload, .pod = problem->pod_number[i], .hold = pod->hold,
			.start = pod->start == PACK_NONE ? CLUSTER_NONE : problem->nodes[pod->start].number,
			.with_node = pod->with_node, .later = pod->later,
		};
	}
}

void packing_solve(const struct cluster *now, const struct cluster *then, const struct packing_options *options,
		   struct packing *ret_packing)
{
	struct packing packing = { 0 };
	struct pack_problem problem;
	struct attempt start, least, best_now, most;
	CLEANUP(free_ptr) uint8_t *holds = xcalloc((size_t)now->n_nodes + 1, 1);
	CLEANUP(free_ptr) uint8_t *others = xcalloc((size_t)now->n_nodes + 1, 1);

	pack_problem_make(&problem, now, then, options);
	begin(&start, &problem);
	attempt_copy(&least, &start);
	(void)place_pending(&least.state);
	least.answer.unplaced_now = drain_now(&least.state, least.answer.fates, holds);
	attempt_copy(&best_now, &least);
	least.answer.unplaced_then = switch_view(&least.state, least.answer.fates, &best_now.state);
	drain_all(&least.state, least.answer.fates, holds, &start.state, &best_now.state);

	improve_now(&best_now, &start, others);
	attempt_copy(&most, &best_now);
	most.answer.unplaced_then = switch_view(&most.state, most.answer.fates, &best_now.state);
	drain_all(&most.state, most.answer.fates, others, &start.state, &best_now.state);
	improve_then(&most, &best_now, &start, others);
	if (gain(&most, FATE_FREED) < gain(&least, FATE_FREED) || most.answer.unplaced_then > least.answer.unplaced_then) {
		struct attempt same;

		attempt_copy(&same, &least);
		attempt_replace(&most, &same);
	}

	tell_pods(&problem, &packing);
	packing.pods_given = problem.pods_given;
	packing.holds = arena_alloc(&packing.arena, (size_t)problem.n_nodes + 1);
	for (uint32_t n = 0; n < problem.n_nodes; n++)
		if (least.answer.fates[n] == FATE_KEPT || least.answer.fates[n] == FATE_REOPENED)
			packing.holds[problem.nodes[n].number] = holds[n];
	tell(&problem, &least, &packing.least);
	tell(&problem, &most, &packing.most);
	attempt_release(&start);
	attempt_release(&least);
	attempt_release(&best_now);
	attempt_release(&most);
	pack_problem_release(&problem);
	*ret_packing = packing;
}

void packing_release(struct packing *packing)
{
	free(packing->least.fates);
	free(packing->least.steps);
	free(packing->most.fates);
	free(packing->most.steps);
	arena_release(&packing->arena);
	*packing = (struct packing){ 0 };
}
