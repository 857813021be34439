/* SPDX-License-Identifier: Apache-2.0 */
#include "../advisor/review.h"
#include "../reports/page.h"
#include "cli.h"
#include "knowledge.h"

/* "kubelet-node/panic" */
static bool explain_policy_line(struct page *page, const struct policies *policies, const char *id)
{
	const char *slash = strchr(id, '/');
	CLEANUP(free_ptr) char *policy = slash ? xstrndup(id, (size_t)(slash - id)) : NULL;
	int position = slash ? policy_find(policies, policy) : -1;
	const struct node *expect = position >= 0 ? node_get(policy_node(policies, (size_t)position), "expect") : NULL;

	for (uint32_t i = 0; expect && i < expect->count; i++) {
		const struct node *line = node_get(&expect->items[i], "id");

		if (!line || line->kind != NODE_SCALAR || !streq(line->text, slash + 1))
			continue;
		explain_line(page, &expect->items[i]);
		return true;
	}
	return false;
}

static bool explain_drift(struct page *page, const char *id)
{
	for (size_t i = 0; i < drift_class_count(); i++) {
		const struct drift_class *class = drift_class_at(i);

		if (!streq(class->name, id))
			continue;
		explain_text(page, class->name, "found by keisoku audit", class->title, severity_name(class->severity), class->because, class->advice);
		return true;
	}
	return false;
}

static bool explain_verdict(struct page *page, const char *id)
{
	for (unsigned int i = 0; i < REVIEW_COUNT; i++) {
		const struct review_class *class = review_class_at((enum review_verdict)i);

		if (!streq(review_verdict_name((enum review_verdict)i), id))
			continue;
		explain_text(page, id, "a verdict of keisoku review", class->title, severity_name(class->severity), class->because,
			     class->advice);
		return true;
	}
	return false;
}

static bool explain_id(struct page *page, const struct knowledge *knowledge, const char *id)
{
	const struct entry *entry = registry_find(knowledge->registry, id);
	bool found = false;

	if (page->text.len)
		page_blank(page);
	if (entry) {
		explain_entry(page, entry);
		found = true;
	}
	for (size_t i = 0; i < rulebook_count(knowledge->rulebook); i++) {
		if (!streq(rulebook_rule_id(knowledge->rulebook, i), id))
			continue;
		explain_rule(page, rulebook_rule_node(knowledge->rulebook, i));
		found = true;
	}
	if (policy_find(knowledge->policies, id) >= 0) {
		explain_policy(page, policy_node(knowledge->policies, (size_t)policy_find(knowledge->policies, id)));
		found = true;
	}
	if (explain_policy_line(page, knowledge->policies, id) || explain_drift(page, id) || explain_verdict(page, id))
		found = true;
	return found;
}

static int run(const struct arguments *arguments)
{
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(page_release) struct page page = { .text = STRBUF_INIT };
	struct report look = { 0 };
	int status = EXIT_OK, r;

	r = knowledge_load(&knowledge, KNOWLEDGE_ALL, arguments->rules.items, arguments->rules.count, &diag);
	talk_diag(&diag);
	terminal_look(arguments, true, &look);
	page_init(&page, look.width, look.colour, look.unicode);
	for (size_t i = 0; i < arguments->positional.count; i++) {
		const char *id = arguments->positional.items[i];

		if (!explain_id(&page, &knowledge, id))
			status = talk_error(EXIT_USAGE, "no tunable, fact, metric, message, rule, policy or verdict is called '%s'; see "
						       "keisoku list", id);
	}
	fwrite(page.text.buf, 1, page.text.len, stdout);
	return status != EXIT_OK ? status : r < 0 ? EXIT_INPUT : EXIT_OK;
}

static const enum option_id options[] = { OPTION_RULES, OPTION_COLOUR, OPTION_WIDTH, OPTION_END };

const struct command command_explain = {
	.name = "explain",
	.arguments = "[OPTION]... ID...",
	.summary = "what a tunable, a metric, a rule, a policy or a verdict is",
	.description = "Prints what is known of each ID: a tunable's unit, range, default, scope,\n"
		       "hazards and when it does nothing; what a metric means and how it misleads; when\n"
		       "a rule fires, what it proposes and why; what each line of a policy wants, why,\n"
		       "and from which source; what a verdict of review means. keisoku list has the ids.\n\n"
		       "Exit status: 0; 2 when nothing is known of an id.",
	.options = options,
	.min_positional = 1,
	.max_positional = 64,
	.run = run,
};
