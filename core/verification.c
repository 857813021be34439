/* SPDX-License-Identifier: Apache-2.0 */
#include "verification.h"

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICT_COUNT] = {
		[VERDICT_WORSE] = "worse", [VERDICT_NOT_APPLIED] = "not-applied", [VERDICT_NO_EFFECT] = "no-effect",
		[VERDICT_NO_LOAD] = "not-enough-load", [VERDICT_UNMEASURED] = "unmeasured",
		[VERDICT_APPLIED] = "applied", [VERDICT_HELPED] = "helped",
	};

	return names[verdict];
}

const char *verdict_text(enum verdict verdict)
{
	static const char *const texts[VERDICT_COUNT] = {
		[VERDICT_WORSE] = "worse", [VERDICT_NOT_APPLIED] = "not applied", [VERDICT_NO_EFFECT] = "no effect",
		[VERDICT_NO_LOAD] = "not enough load to tell", [VERDICT_UNMEASURED] = "not measured",
		[VERDICT_APPLIED] = "applied", [VERDICT_HELPED] = "helped",
	};

	return texts[verdict];
}

const char *truth_name(enum truth truth)
{
	static const char *const names[] = { [TRUTH_NO] = "no", [TRUTH_YES] = "yes", [TRUTH_UNKNOWN] = "unknown" };

	return names[truth];
}

const char *quantity_role_name(enum quantity_role role)
{
	static const char *const names[] = {
		[ROLE_CRITERION] = "criterion", [ROLE_LOAD] = "load", [ROLE_PER_LOAD] = "per-load",
	};

	return names[role];
}

void verification_release(struct verification *verification)
{
	arena_release(&verification->arena);
	*verification = (struct verification){ 0 };
}
