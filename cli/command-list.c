/* SPDX-License-Identifier: Apache-2.0 */
#include "../core/quote.h"
#include "../core/strbuf.h"
#include "../advisor/review.h"
#include "../probes/probe.h"
#include "../proposals/reader.h"
#include "cli.h"
#include "knowledge.h"

static const struct {
	const char *name;
	enum entry_class class;
} classes[] = {
	{ "tunables", ENTRY_TUNABLE }, { "facts", ENTRY_FACT }, { "metrics", ENTRY_METRIC }, { "messages", ENTRY_LOG },
};

static int list_entries(const struct registry *registry, enum entry_class class)
{
	for (size_t i = 0; i < registry_total(registry); i++) {
		const struct entry *entry = registry_at(registry, i);

		if (entry->class == class)
			printf("%s\t%s\n", entry->id, entry->summary);
	}
	return EXIT_OK;
}

static int list_forms(void)
{
	for (size_t i = 0; readers[i]; i++)
		printf("%s\t%s\n", readers[i]->name, readers[i]->summary);
	return EXIT_OK;
}

static int list_verdicts(void)
{
	for (unsigned int i = 0; i < REVIEW_COUNT; i++)
		printf("%s\t%s\n", review_verdict_name((enum review_verdict)i), review_class_at((enum review_verdict)i)->title);
	return EXIT_OK;
}

static int run_list(const struct arguments *arguments)
{
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const char *what = arguments->positional.items[0];
	int r;

	if (streq(what, "forms"))
		return list_forms();
	if (streq(what, "verdicts"))
		return list_verdicts();
	r = knowledge_load(&knowledge, KNOWLEDGE_ALL, arguments->rules.items, arguments->rules.count, &diag);
	talk_diag(&diag);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (streq(what, classes[i].name)) {
			(void)list_entries(knowledge.registry, classes[i].class);
			return r < 0 ? EXIT_INPUT : EXIT_OK;
		}
	for (size_t i = 0; streq(what, "policies") && i < policies_count(knowledge.policies); i++)
		printf("%s\t%s\n", policy_id(knowledge.policies, i), policy_title(knowledge.policies, i));
	if (streq(what, "policies"))
		return r < 0 ? EXIT_INPUT : EXIT_OK;
	if (!streq(what, "rules"))
		return talk_error(EXIT_USAGE, "list: expected rules, policies, tunables, facts, metrics, messages, forms or verdicts, found '%s'", what);
	for (size_t i = 0; i < rulebook_count(knowledge.rulebook); i++)
		printf("%s\t%s\n", rulebook_rule_id(knowledge.rulebook, i), rulebook_rule_title(knowledge.rulebook, i));
	return r < 0 ? EXIT_INPUT : EXIT_OK;
}

static void print_paths(const char *name, const char *summary, const char *const *paths)
{
	printf("%-16s %s\n", name, summary);
	for (; paths && *paths; paths++)
		printf("%-16s   %s\n", "", *paths);
}

static int run_probes(const struct arguments *arguments)
{
	(void)arguments;
	puts("Settings:");
	for (size_t i = 0; probes[i]; i++)
		print_paths(probes[i]->name, probes[i]->summary, probes[i]->paths);
	puts("\nMetrics:");
	for (size_t i = 0; samplers[i]; i++)
		print_paths(samplers[i]->name, samplers[i]->summary, samplers[i]->paths);
	return EXIT_OK;
}

static const enum option_id list_options[] = { OPTION_RULES, OPTION_END };
static const enum option_id no_options[] = { OPTION_END };

const struct command command_list = {
	.name = "list",
	.arguments = "WHAT",
	.summary = "the ids of what is known",
	.description = "Prints one id a line with what it is, separated by a tab. WHAT is rules,\n"
		       "policies, tunables, facts, metrics, messages, forms (that review reads) or\n"
		       "verdicts (what it says of a setting).",
	.options = list_options,
	.min_positional = 1,
	.max_positional = 1,
	.run = run_list,
};

const struct command command_probes = {
	.name = "probes",
	.arguments = "",
	.summary = "what is read, and from where",
	.description = "Lists the probes of settings and the samplers of metrics with the files they\n"
		       "read.",
	.options = no_options,
	.run = run_probes,
};
