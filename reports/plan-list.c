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

bool plan_artefact_file(const struct plan_artefact *artefact, const struct plan *plan, size_t index, struct strbuf *path)
{
	strbuf_reset(path);
	if (artefact->name)
		return artefact->name(plan, index, path);
	strbuf_add_string(path, artefact->path);
	return index == 0 && (!artefact->wanted || artefact->wanted(plan));
}

int plan_artefact_write(const struct plan_artefact *artefact, FILE *out, const struct plan *plan, size_t index)
{
	return artefact->name ? artefact->write_one(out, plan, index) : artefact->write(out, plan);
}

void plan_describe(const struct action *action, struct strbuf *out)
{
	strbuf_addf(out, "%s: %s -> %s", action->key, action->from_text ? action->from_text : action->from,
		    action->to_text ? action->to_text : action->write.value);
}
