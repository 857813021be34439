/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of packing: pods on nodes, and what is left there. */
#ifndef KEISOKU_PACKING_STATE_H
#define KEISOKU_PACKING_STATE_H

#include "packing-problem.h"

struct pack_state {
	const struct pack_problem *problem;
	unsigned int view;
	int64_t *free[2];		/* [node][dim]: what is left, by view; below 0 where more is there than fits */
	uint32_t *node_of;		/* of each pod; PACK_NONE */
	uint32_t *first, *next, *before;	/* pods of each node */
	bool *gone;			/* of each node */
	uint32_t *count, *extra;	/* of each domain of each watch: pods selected; ANTI: pods that want none of them near; SPREAD: nodes there */
	uint32_t *total;		/* of each watch: sum of count; SPREAD: how many domains have nodes */
	int64_t *least;			/* of each watch: SPREAD: the smallest count; -1: to be found again */
	uint32_t *cursor;		/* of each shape: nodes before it in the order that is being tried have no room */
	struct packing_answer *answer;	/* steps go there */
};

void pack_state_make(struct pack_state *state, const struct pack_problem *problem);
void pack_state_copy(struct pack_state *state, const struct pack_state *from);	/* of the same problem */
void pack_state_release(struct pack_state *state);

void pack_step(struct pack_state *state, enum packing_step_kind kind, uint32_t pod, uint32_t node);
void pack_place(struct pack_state *state, uint32_t pod, uint32_t node);
void pack_remove(struct pack_state *state, uint32_t pod);
void pack_set_gone(struct pack_state *state, uint32_t node, bool gone);

bool pack_has_room(const struct pack_state *state, const struct pack_shape *shape, uint32_t node);
/* Whether the scheduler would put it there. */
bool pack_fits(struct pack_state *state, uint32_t pod, uint32_t node);

#endif
