/* SPDX-License-Identifier: Apache-2.0 */
#include "packing-state.h"

static void *copy_of(const void *from, size_t count, size_t size)
{
	void *to = xcalloc(count + 1, size);

	if (from && count > 0)
		memcpy(to, from, count * size);
	return to;
}

static void make(struct pack_state *state, const struct pack_problem *problem, const struct pack_state *from)
{
	size_t cells = (size_t)problem->n_nodes * problem->n_dims;

	*state = (struct pack_state){ .problem = problem, .view = from ? from->view : VIEW_NOW };
	for (size_t view = 0; view < 2; view++)
		state->free[view] = copy_of(from ? from->free[view] : problem->size, cells, sizeof(int64_t));
	state->node_of = copy_of(from ? from->node_of : NULL, problem->n_pods, sizeof(uint32_t));
	state->first = copy_of(from ? from->first : NULL, problem->n_nodes, sizeof(uint32_t));
	state->next = copy_of(from ? from->next : NULL, problem->n_pods, sizeof(uint32_t));
	state->before = copy_of(from ? from->before : NULL, problem->n_pods, sizeof(uint32_t));
	state->gone = copy_of(from ? from->gone : NULL, problem->n_nodes, sizeof(bool));
	state->count = copy_of(from ? from->count : NULL, problem->n_cells, sizeof(uint32_t));
	state->extra = copy_of(from ? from->extra : NULL, problem->n_cells, sizeof(uint32_t));
	state->total = copy_of(from ? from->total : NULL, problem->n_watches, sizeof(uint32_t));
	state->least = copy_of(from ? from->least : NULL, problem->n_watches, sizeof(int64_t));
	state->cursor = copy_of(NULL, problem->n_shapes, sizeof(uint32_t));
}

/* A node comes (1) or goes (-1): domains that topology spread looks at. */
static void count_node(struct pack_state *state, uint32_t watch, uint32_t node, int step)
{
	const struct pack_watch *spread = &state->problem->watches[watch];
	uint32_t *nodes;

	if (spread->kind != WATCH_SPREAD || !set_has(spread->counted, node) || spread->domain[node] == PACK_NONE)
		return;
	nodes = &state->extra[spread->offset + spread->domain[node]];
	if (*nodes == 0)
		state->total[watch]++;
	*nodes += (uint32_t)step;
	if (*nodes == 0)
		state->total[watch]--;
	state->least[watch] = -1;
}

void pack_state_make(struct pack_state *state, const struct pack_problem *problem)
{
	make(state, problem, NULL);
	for (uint32_t n = 0; n < problem->n_nodes; n++)
		state->first[n] = PACK_NONE;
	for (uint32_t i = 0; i < problem->n_pods; i++)
		state->node_of[i] = PACK_NONE;
	for (uint32_t watch = 0; watch < problem->n_watches; watch++)
		for (uint32_t n = 0; n < problem->n_nodes; n++)
			count_node(state, watch, n, 1);
}

void pack_state_copy(struct pack_state *state, const struct pack_state *from)
{
	make(state, from->problem, from);
}

void pack_state_release(struct pack_state *state)
{
	free(state->free[VIEW_NOW]);
	free(state->free[VIEW_THEN]);
	free(state->node_of);
	free(state->first);
	free(state->next);
	free(state->before);
	free(state->gone);
	free(state->count);
	free(state->extra);
	free(state->total);
	free(state->least);
	free(state->cursor);
	*state = (struct pack_state){ 0 };
}

void pack_step(struct pack_state *state, enum packing_step_kind kind, uint32_t pod, uint32_t node)
{
	struct packing_answer *answer = state->answer;

	if (!answer || !state->problem->options->record)
		return;
	GROW(answer->steps, answer->capacity, answer->n_steps + 1);
	answer->steps[answer->n_steps++] = (struct packing_step){ kind, pod, node };
}

/* ---- placing ---- */

static void link_pod(struct pack_state *state, uint32_t pod, uint32_t node)
{
	uint32_t first = state->first[node];

	state->node_of[pod] = node;
	state->before[pod] = PACK_NONE;
	state->next[pod] = first;
	if (first != PACK_NONE)
		state->before[first] = pod;
	state->first[node] = pod;
}

static void unlink_pod(struct pack_state *state, uint32_t pod)
{
	uint32_t before = state->before[pod], next = state->next[pod];

	if (before == PACK_NONE)
		state->first[state->node_of[pod]] = next;
	else
		state->next[before] = next;
	if (next != PACK_NONE)
		state->before[next] = before;
	state->node_of[pod] = PACK_NONE;
}

static void count_pod(struct pack_state *state, const struct pack_shape *shape, uint32_t node, int step)
{
	for (uint32_t i = 0; i < shape->matched.count; i++) {
		uint32_t number = shape->matched.items[i];
		const struct pack_watch *watch = &state->problem->watches[number];

		if (watch->domain[node] == PACK_NONE)
			continue;
		if (watch->kind == WATCH_SPREAD) {
			if (!set_has(watch->counted, node))
				continue;
			state->least[number] = -1;
		} else {
			state->total[number] += (uint32_t)step;
		}
		state->count[watch->offset + watch->domain[node]] += (uint32_t)step;
	}
	for (uint32_t i = 0; i < shape->anti.count; i++) {
		const struct pack_watch *watch = &state->problem->watches[shape->anti.items[i]];

		if (watch->domain[node] != PACK_NONE)
			state->extra[watch->offset + watch->domain[node]] += (uint32_t)step;
	}
}

static void take(struct pack_state *state, uint32_t pod, uint32_t node, int step)
{
	const struct pack_problem *problem = state->problem;
	const struct pack_shape *shape = &problem->shapes[problem->pods[pod].shape];
	uint32_t n_dims = problem->n_dims;

	/* Of now, what is not there yet takes nothing. */
	for (size_t view = problem->pods[pod].later ? VIEW_THEN : VIEW_NOW; view < 2; view++)
		for (uint32_t dim = 0; dim < n_dims; dim++)
			state->free[view][(size_t)node * n_dims + dim] -= step * shape->request[view][dim];
	count_pod(state, shape, node, step);
}

void pack_place(struct pack_state *state, uint32_t pod, uint32_t node)
{
	link_pod(state, pod, node);
	take(state, pod, node, 1);
}

void pack_remove(struct pack_state *state, uint32_t pod)
{
	uint32_t node = state->node_of[pod];

	unlink_pod(state, pod);
	take(state, pod, node, -1);
}

void pack_set_gone(struct pack_state *state, uint32_t node, bool gone)
{
	state->gone[node] = gone;
	for (uint32_t watch = 0; watch < state->problem->n_watches; watch++)
		count_node(state, watch, node, gone ? -1 : 1);
}

/* ---- whether a pod fits ---- */

bool pack_has_room(const struct pack_state *state, const struct pack_shape *shape, uint32_t node)
{
	uint32_t n_dims = state->problem->n_dims;
	const int64_t *left = &state->free[state->view][node * n_dims], *reserve = &state->problem->reserve[node * n_dims];
	const int64_t *request = shape->request[state->view];

	for (uint32_t dim = 0; dim < n_dims; dim++)
		if (request[dim] > 0 && left[dim] - reserve[dim] < request[dim])
			return false;
	return true;
}

static bool is_repelled(const struct pack_state *state, const struct pack_shape *shape, uint32_t node)
{
	const struct pack_watch *watches = state->problem->watches;

	for (uint32_t i = 0; i < shape->anti.count; i++) {
		const struct pack_watch *watch = &watches[shape->anti.items[i]];

		if (watch->domain[node] != PACK_NONE && state->count[watch->offset + watch->domain[node]] > 0)
			return true;
	}
	for (uint32_t i = 0; i < shape->matched.count; i++) {
		const struct pack_watch *watch = &watches[shape->matched.items[i]];

		if (watch->kind == WATCH_ANTI && watch->domain[node] != PACK_NONE &&
		    state->extra[watch->offset + watch->domain[node]] > 0)
			return true;
	}
	return false;
}

/* Where nobody is that it wants to be near, and it selects itself, the first one may go anywhere. */
static bool is_near(const struct pack_state *state, const struct pack_shape *shape, uint32_t node)
{
	bool near = true, first = shape->selects_itself;

	for (uint32_t i = 0; i < shape->affinity.count; i++) {
		uint32_t number = shape->affinity.items[i];
		const struct pack_watch *watch = &state->problem->watches[number];

		if (watch->domain[node] == PACK_NONE)
			return false;
		near = near && state->count[watch->offset + watch->domain[node]] > 0;
		first = first && state->total[number] == 0;
	}
	return near || first;
}

static int64_t least_count(struct pack_state *state, uint32_t number)
{
	const struct pack_watch *watch = &state->problem->watches[number];
	int64_t least = -1;

	if (state->total[number] < watch->min_domains)
		return 0;
	if (state->least[number] >= 0)
		return state->least[number];
	for (uint32_t i = 0; i < watch->n_domains; i++)
		if (state->extra[watch->offset + i] > 0 && (least < 0 || state->count[watch->offset + i] < least))
			least = state->count[watch->offset + i];
	return state->least[number] = MAX(least, 0);
}

static bool is_spread(struct pack_state *state, const struct pack_shape *shape, uint32_t node)
{
	for (uint32_t i = 0; i < shape->spread.count; i++) {
		uint32_t number = shape->spread.items[i];
		const struct pack_watch *watch = &state->problem->watches[number];
		bool itself = false;

		if (watch->domain[node] == PACK_NONE)
			return false;
		for (uint32_t j = 0; j < shape->matched.count && !itself; j++)
			itself = shape->matched.items[j] == number;
		if ((int64_t)state->count[watch->offset + watch->domain[node]] + itself - least_count(state, number) > watch->max_skew)
			return false;
	}
	return true;
}

bool pack_fits(struct pack_state *state, uint32_t pod, uint32_t node)
{
	const struct pack_problem *problem = state->problem;
	const struct pack_shape *shape = &problem->shapes[problem->pods[pod].shape];

	if (state->gone[node] || !problem->nodes[node].target || !set_has(shape->eligible, node))
		return false;
	if (problem->pods[pod].zone != PACK_NONE && problem->pods[pod].zone != problem->nodes[node].zone)
		return false;
	return pack_has_room(state, shape, node) && !is_repelled(state, shape, node) &&
	       (shape->affinity.count == 0 || is_near(state, shape, node)) && is_spread(state, shape, node);
}
