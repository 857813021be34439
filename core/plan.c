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
	for (size_t i = 0; i < plan->n_trials; i++) {
		finding_list_release(plan->trials[i]);
		free(plan->trials[i]);
	}
	free(plan->trials);
	arena_release(&plan->arena);
	free(plan);
}
