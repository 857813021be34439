/* SPDX-License-Identifier: Apache-2.0 */
#include "comparison.h"

const char *comparison_method_name(enum comparison_method method)
{
	static const char *const names[] = {
		[COMPARED_NOT] = "none", [COMPARED_BY_SHIFT] = "shift", [COMPARED_BY_RATE] = "rate",
	};

	return names[method];
}

const char *comparison_change_name(enum comparison_change change)
{
	static const char *const names[] = {
		[CHANGE_UNKNOWN] = "unknown", [CHANGE_NONE] = "none", [CHANGE_LESS] = "less", [CHANGE_MORE] = "more",
	};

	return names[change];
}

void comparison_release(struct comparison *comparison)
{
	free(comparison->settings);
	free(comparison->subjects);
	free(comparison->metrics);
	arena_release(&comparison->arena);
	*comparison = (struct comparison){ 0 };
}
