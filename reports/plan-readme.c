/* SPDX-License-Identifier: Apache-2.0 */
/* README.txt: what the plan changes, what lies in its directory, and what is left to do by hand. */
#include "../core/quote.h"
#include "layout.h"
#include "plan.h"

#define README_WIDTH 90U

/* Files of a folder that is there only when it has one. */
static bool is_there(const struct plan_artefact *artefact, const struct plan *plan)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	if (artefact->name)
		return artefact->name(plan, 0, &name);
	return !artefact->wanted || artefact->wanted(plan);
}

static void add_contents(struct page *page, const struct plan *plan)
{
	page_heading(page, "What is here", NULL);
	for (size_t i = 0; plan_artefacts[i]; i++) {
		const struct plan_artefact *artefact = plan_artefacts[i];
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

		if (!is_there(artefact, plan) || streq(artefact->path, "README.txt"))
			continue;
		strbuf_addf(&name, "%s%s", artefact->path, artefact->name ? "/" : "");
		page_labelled(page, 2, 30, name.buf, artefact->summary);
		for (size_t j = 0; artefact->name; j++) {
			CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;

			if (!artefact->name(plan, j, &file))
				break;
			page_paragraph(page, 4, STYLE_PLAIN, file.buf);
		}
	}
	page_labelled(page, 2, 30, PLAN_SNAPSHOT, "what the plan was made from, for keisoku verify");
	page_blank(page);
}

static void add_changes(struct page *page, const struct plan *plan)
{
	page_heading(page, "What it changes", NULL);
	for (size_t i = 0; i < plan->n_actions; i++) {
		const struct action *action = &plan->actions[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "%u. ", action->number);
		plan_describe(action, &text);
		page_paragraph(page, 2, STYLE_PLAIN, text.buf);
		if (!action_is_live(action))
			page_paragraph(page, 5, STYLE_PLAIN, "Takes effect at the next boot.");
		page_labelled(page, 5, 14, "to last:", action->persist_note);
		for (size_t f = 0; f < action->n_files; f++)
			if (action->files[f].kind == PLAN_FILE_LINE)
				page_labelled(page, 5, 14, "a line of:", action->files[f].path);
	}
	for (size_t i = 0; i < plan->n_left_out; i++) {
		struct flow flow = flow_labelled(page, 2, 12, "left out:");

		flow_addf(&flow, STYLE_PLAIN, "%s to %s: %s", plan->left_out[i].key, plan->left_out[i].to,
			  plan->left_out[i].reason);
		flow_end(&flow);
	}
	for (size_t i = 0; i < plan->n_conflicts; i++) {
		struct flow flow = flow_labelled(page, 2, 12, "conflict:");

		flow_addf(&flow, STYLE_PLAIN, "%s: %s", plan->conflicts[i].key, plan->conflicts[i].reason);
		flow_end(&flow);
	}
	page_blank(page);
}

static int readme_write(FILE *out, const struct plan *plan)
{
	CLEANUP(page_release) struct page page = { .text = STRBUF_INIT };
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;

	page_init(&page, README_WIDTH, false, false);
	strbuf_addf(&title, "Plan %s for %s", plan->id, plan->host ? plan->host : "a host without a name");
	page_heading(&page, title.buf, NULL);
	page_paragraph(&page, 2, STYLE_PLAIN,
		       plan->asked ? "Settings that were asked for; nothing was measured for them." :
				     "What keisoku measured argues for these settings.");
	page_paragraph(&page, 2, STYLE_PLAIN,
		       "Choose one way: the scripts, the playbooks, or the file of another tool. sh apply.sh --dry-run says "
		       "what would be done, apply.sh --persist makes it last, rollback.sh takes everything back. What the "
		       "others wrote, only their own rollback takes back.");
	page_blank(&page);
	add_changes(&page, plan);
	add_contents(&page, plan);
	fwrite(page.text.buf, 1, page.text.len, out);
	return 0;
}

const struct plan_artefact plan_readme = {
	.path = "README.txt",
	.summary = "this",
	.write = readme_write,
};
