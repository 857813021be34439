/* SPDX-License-Identifier: Apache-2.0 */
#include "../reports/page.h"
#include "cli.h"
#include "knowledge.h"

struct inert_context {
	struct rulebook *rulebook;
	const struct snapshot *snapshot;
	struct arena arena;
};

static const char *inert(void *context, const struct entry *entry, subject_id subject)
{
	struct inert_context *inert_context = context;
	const char *condition = NULL;

	if (rulebook_inert(inert_context->rulebook, inert_context->snapshot, entry, subject, &inert_context->arena,
			   &condition) != INERT_YES)
		return NULL;
	return condition ? condition : "yes";
}

static int write_pages(const struct arguments *arguments, const struct why *why)
{
	CLEANUP(page_release) struct page page = { .text = STRBUF_INIT };
	struct report look = { 0 };
	int status = EXIT_OK;

	terminal_look(arguments, true, &look);
	page_init(&page, look.width, look.colour, look.unicode);
	for (size_t i = 0; i < arguments->positional.count; i++) {
		const char *name = arguments->positional.items[i];
		CLEANUP(strbuf_release) struct strbuf suggestions = STRBUF_INIT;

		if (why_page(&page, why, name) == 0)
			continue;
		why_suggest(why, name, &suggestions);
		if (suggestions.len)
			strbuf_add_char(&suggestions, '?');
		status = talk_error(EXIT_USAGE, "nothing here is called '%s'%s%s", name,
				    suggestions.len ? "; did you mean " : "", suggestions.buf);
	}
	fwrite(page.text.buf, 1, page.text.len, stdout);
	return status;
}

static int judge(const struct arguments *arguments, struct knowledge *knowledge, const struct snapshot *snapshot,
		 struct diag *diag)
{
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	struct inert_context context = { .rulebook = knowledge->rulebook, .snapshot = snapshot };
	struct evaluate_options options = { .keep_all = true };
	size_t count = rulebook_count(knowledge->rulebook);
	const struct node **rules = xcalloc(count + 1, sizeof(*rules));
	struct why why = {
		.snapshot = snapshot, .registry = knowledge->registry, .findings = &findings, .rules = rules,
		.n_rules = count, .inert = inert, .context = &context,
	};
	int status;

	for (size_t i = 0; i < count; i++)
		rules[i] = rulebook_rule_node(knowledge->rulebook, i);
	evaluate(knowledge->rulebook, snapshot, &options, diag, &findings);
	status = write_pages(arguments, &why);
	arena_release(&context.arena);
	free(rules);
	return status;
}

static int run(const struct arguments *arguments)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	int status, r;

	r = knowledge_load(&knowledge, KNOWLEDGE_RULES, arguments->rules.items, arguments->rules.count, &diag);
	status = measure(arguments, knowledge.registry, &snapshot);
	if (status == EXIT_OK)
		status = judge(arguments, &knowledge, snapshot, &diag);
	if (!arguments->quiet || diag.errors > 0)
		talk_diag(&diag);
	return status != EXIT_OK ? status : r < 0 ? EXIT_INPUT : EXIT_OK;
}

static const enum option_id options[] = {
	OPTION_WINDOW, OPTION_INTERVAL, OPTION_ROOT, OPTION_SNAPSHOT, OPTION_PID, OPTION_CGROUP, OPTION_CGROUP_MAX,
	OPTION_NETNS, OPTION_JOURNAL, OPTION_RULES, OPTION_COLOUR, OPTION_WIDTH, OPTION_QUIET, OPTION_END,
};

const struct command command_why = {
	.name = "why",
	.arguments = "[OPTION]... NAME...",
	.summary = "everything behind a value, a subject or a rule",
	.description = "Prints the value, where it was read, what is known of it, and every rule that\n"
		       "would change it or looks at it, with what the rule made of it here. NAME is a\n"
		       "key (vm.swappiness, block.scheduler, \"sda scheduler\"), a subject (sda, eth0,\n"
		       "/system.slice/x.service), a metric or a rule. Without --window the counters\n"
		       "since boot are what rules have.\n\n"
		       "Exit status: 0; 2 wrong usage or an unknown name; 3 something could not be\n"
		       "read.",
	.options = options,
	.min_positional = 1,
	.max_positional = 64,
	.default_window_msec = 0,
	.run = run,
};
