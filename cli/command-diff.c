/* SPDX-License-Identifier: Apache-2.0 */
#include "../advisor/compare.h"
#include "../reports/comparison.h"
#include "cli.h"
#include "knowledge.h"

static const char *const formats[] = { "text", "json", "markdown", NULL };

static void write_report(void *context, const char *format, FILE *out, struct page *page)
{
	for (const struct comparison_reporter *reporter = comparison_reporters; reporter->name; reporter++)
		if (streq(reporter->name, format))
			reporter->write(out, context, page);
}

static bool differ(const struct comparison *comparison)
{
	bool settings = false;

	for (size_t i = 0; i < comparison->n_settings; i++)
		settings |= comparison->settings[i].nature != NATURE_VOLATILE;
	for (size_t i = 0; i < comparison->n_subjects; i++)
		settings |= comparison->subjects[i].kind != SUBJECT_KIND_PROCESS;
	return settings || comparison->metrics_changed > 0;
}

static int compare(const struct arguments *arguments, const struct knowledge *knowledge)
{
	CLEANUP(comparison_release) struct comparison comparison = { 0 };
	CLEANUP(snapshot_free_ptr) struct snapshot *before = NULL;
	CLEANUP(snapshot_free_ptr) struct snapshot *after = NULL;
	const char *const *names = arguments->positional.items;
	struct compare_options options = { .all = arguments->all };
	struct compared_side sides[2];
	int status;

	status = open_snapshot(arguments, knowledge->registry, names[0], &before);
	if (status == 0)
		status = open_snapshot(arguments, knowledge->registry, names[1], &after);
	if (status != 0)
		return status;
	sides[0] = (struct compared_side){ .snapshot = before, .name = names[0] };
	sides[1] = (struct compared_side){ .snapshot = after, .name = names[1] };
	compare_snapshots(knowledge->registry, &sides[0], &sides[1], &options, &comparison);
	status = outputs_write(arguments, write_report, &comparison);
	if (status != 0)
		return status;
	return differ(&comparison) ? EXIT_FINDINGS : EXIT_OK;
}

static int run(const struct arguments *arguments)
{
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	int status, r;

	status = outputs_check(arguments, formats);
	if (status == 0 && streq(arguments->positional.items[0], "-") && streq(arguments->positional.items[1], "-"))
		status = talk_error(EXIT_USAGE, "only one of the two can come from standard input");
	if (status != 0)
		return status;
	r = knowledge_load(&knowledge, KNOWLEDGE_RULES, arguments->rules.items, arguments->rules.count, &diag);
	talk_diag(&diag);
	status = compare(arguments, &knowledge);
	return r < 0 && status != EXIT_USAGE ? EXIT_INPUT : status;
}

static const enum option_id options[] = {
	OPTION_OUTPUT, OPTION_ALL, OPTION_RULES, OPTION_COLOUR, OPTION_WIDTH, OPTION_END,
};

const struct command command_diff = {
	.name = "diff",
	.arguments = "[OPTION]... BEFORE AFTER",
	.summary = "what differs between two snapshots",
	.description = "Compares two snapshots that keisoku capture saved, or captured trees: settings\n"
		       "that differ, subjects that came or went, and metrics that changed by more than\n"
		       "their own noise, per interval and with a confidence interval. Keys that change\n"
		       "by themselves are counted, and listed with --all.\n\n"
		       "Exit status: 0 no difference; 1 differences; 2 wrong usage; 3 something could\n"
		       "not be read or written.",
	.options = options,
	.min_positional = 2,
	.max_positional = 2,
	.run = run,
};
