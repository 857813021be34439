/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

struct plan *plan_new(void)
{
	return xcalloc(1, sizeof(struct plan));
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->actions);
	free(plan->left_out);
	free(plan->conflicts);
	arena_release(&plan->arena);
	free(plan);
}
