/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "knowledge.h"
#include "report.h"

/* loaded: what knowledge_load() gave. */
static int judge(const struct arguments *arguments, struct knowledge *knowledge, int loaded, struct snapshot *snapshot,
		 struct report_outputs *outputs, struct diag *diag)
{
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	CLEANUP(waivers_free_ptr) struct waivers *waivers = waivers_new();
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct evaluate_options options = {
		.waivers = waivers,
		.today = (int64_t)time(NULL) / 86400,
		.keep_all = arguments->all,
		.only_rule = arguments->only_rule,
	};
	struct report report = {
		.snapshot = snapshot, .command = "advise", .findings = &findings, .notes = diag,
		.rules = rulebook_count(knowledge->rulebook),
		.tunables = registry_count(knowledge->registry, ENTRY_TUNABLE),
		.show_all = arguments->all,
	};
	struct use_row *use = NULL;
	int status;

	status = load_waivers(arguments, &arena, waivers, diag);
	if (status != 0)
		return status;
	evaluate(knowledge->rulebook, snapshot, &options, diag, &findings);
	evaluate_courses(knowledge->rulebook, snapshot, report_outputs_courses(outputs), &findings);
	evaluate_use(knowledge->rulebook, snapshot, &arena, &use, &report.n_use);
	report.use = use;
	report_count_settings(snapshot, &report);
	report.exit_known = !arguments->plan;
	report.exit_status = loaded < 0 ? EXIT_INPUT : report_fails(arguments, &findings) ? EXIT_FINDINGS : EXIT_OK;
	status = report_outputs_write(outputs, &report, NULL);
	if (status == 0 && arguments->plan)
		status = write_plan(arguments, knowledge->rulebook, snapshot, &findings);
	if (!text_on_terminal(arguments) && (!arguments->quiet || diag->errors > 0))
		talk_diag(diag);
	if (status != 0)
		return status;
	return report_fails(arguments, &findings) ? EXIT_FINDINGS : EXIT_OK;
}

static int run(const struct arguments *arguments)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(report_outputs_release) struct report_outputs outputs = { 0 };
	int status, r;

	status = report_outputs_begin(&outputs, arguments, 1);
	if (status == 0 && arguments->plan)
		status = plan_directory_check(arguments->plan);
	if (status != 0)
		return status;
	r = knowledge_load(&knowledge, KNOWLEDGE_RULES, arguments->rules.items, arguments->rules.count, &diag);
	status = measure(arguments, knowledge.registry, &snapshot);
	if (status == 0 && arguments->save)
		status = save_snapshot(arguments->save, snapshot);
	if (status != 0) {
		talk_diag(&diag);
		return status;
	}
	status = judge(arguments, &knowledge, r, snapshot, &outputs, &diag);
	/* A broken rule was left out and the rest judged: the report is there, and the exit status says so. */
	return r < 0 && status != EXIT_USAGE ? EXIT_INPUT : status;
}

static const enum option_id options[] = {
	OPTION_WINDOW, OPTION_INTERVAL, OPTION_NO_WINDOW, OPTION_ROOT, OPTION_SNAPSHOT, OPTION_SAVE, OPTION_OUTPUT,
	OPTION_PLAN, OPTION_FORBID, OPTION_ALL, OPTION_FAIL_ON, OPTION_PID, OPTION_CGROUP, OPTION_CGROUP_MAX, OPTION_NETNS, OPTION_JOURNAL,
	OPTION_RULES, OPTION_RULE, OPTION_WAIVERS, OPTION_COLOUR, OPTION_WIDTH, OPTION_QUIET, OPTION_END,
};

const struct command command_advise = {
	.name = "advise",
	.arguments = "[OPTION]...",
	.summary = "measure this host and recommend settings",
	.description = "Reads this host's settings, measures for a while (30 seconds unless told), and\n"
		       "recommends only what the measurements argue for: each with its evidence, the\n"
		       "commands that make the change, undo it and verify it. Nothing is changed.\n"
		       "Without root less is readable; the report says what.\n\n"
		       "Exit status: 0, or with --fail-on 1 when there is something to do; 2 wrong\n"
		       "usage; 3 something could not be read or written.",
	.options = options,
	.default_window_msec = 30000,
	.run = run,
};
