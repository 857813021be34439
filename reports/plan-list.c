/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include "../core/strbuf.h"

#define PLAN_ARTEFACT(name) extern const struct plan_artefact plan_##name;
#include "plan-artefacts.h"
#undef PLAN_ARTEFACT

#define PLAN_ARTEFACT(name) &plan_##name,
const struct plan_artefact *const plan_artefacts[] = {
#include "plan-artefacts.h"
	NULL,
};

void plan_describe(const struct action *action, struct strbuf *out)
{
	strbuf_addf(out, "%s: %s -> %s", action->key, action->from_text ? action->from_text : action->from,
		    action->to_text ? action->to_text : action->write.value);
}
