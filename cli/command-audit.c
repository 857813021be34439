/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "../advisor/audit.h"
#include "../core/strbuf.h"
#include "policies.h"
#include "report.h"

/* One run over one input or many, of which one at a time is in memory. */
struct audit_run {
	const struct arguments *arguments;
	struct knowledge knowledge;
	struct rulebook *lines;
	struct waivers *waivers;
	struct arena arena;		/* of waivers */
	struct diag diag;		/* of policies and waivers */
	struct report_outputs outputs;
	struct finding_list baseline;
	bool has_baseline;
	struct audit_options options;
	size_t inputs;
	bool fails;
};

static void audit_run_release(struct audit_run *run)
{
	report_outputs_release(&run->outputs);
	finding_list_release(&run->baseline);
	rulebook_free(run->lines);
	waivers_free(run->waivers);
	knowledge_release(&run->knowledge);
	arena_release(&run->arena);
	diag_release(&run->diag);
}

static bool covers_too_little(const struct arguments *arguments, const struct finding_list *findings)
{
	return finding_list_coverage(findings) * 100 < arguments->fail_coverage_below;
}

static int judge(struct audit_run *run, struct snapshot *snapshot, const char *input)
{
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	struct report report = {
		.snapshot = snapshot, .command = "audit", .findings = &findings, .notes = &run->diag,
		.rules = rulebook_count(run->lines) + drift_class_count(),
		.tunables = registry_count(run->knowledge.registry, ENTRY_TUNABLE),
		.show_all = run->arguments->all,
	};
	int status;

	audit(run->lines, snapshot, &run->options, &findings);
	if (run->has_baseline)
		audit_compare(&findings, &run->baseline);
	if (run->inputs == 1)
		audit_waivers_report(run->waivers, run->options.today, &run->diag);
	report_count_settings(snapshot, &report);
	run->fails |= report_fails(run->arguments, &findings) || covers_too_little(run->arguments, &findings);
	report.exit_known = run->inputs == 1 && !run->arguments->plan;
	report.exit_status = run->diag.errors > 0 ? EXIT_INPUT : run->fails ? EXIT_FINDINGS : EXIT_OK;
	status = report_outputs_write(&run->outputs, &report, input);
	if (status == 0 && run->arguments->plan)
		status = write_plan(run->arguments, run->lines, snapshot, &findings);
	return status;
}

/* path NULL: what --root and --snapshot say, or this host. */
static int audit_input(struct audit_run *run, const char *path)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	struct arguments arguments = *run->arguments;
	int status;

	arguments.no_window = true;
	status = path ? open_snapshot(&arguments, run->knowledge.registry, path, &snapshot)
		      : measure(&arguments, run->knowledge.registry, &snapshot);
	if (status == 0 && arguments.save)
		status = save_snapshot(arguments.save, snapshot);
	if (status != 0)
		return status;
	return judge(run, snapshot, path ? path : arguments.root ? arguments.root : arguments.snapshot);
}

static int read_baseline(struct audit_run *run)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	struct audit_options options = { .today = run->options.today };
	int status;

	if (!run->arguments->baseline)
		return 0;
	status = open_snapshot(run->arguments, run->knowledge.registry, run->arguments->baseline, &snapshot);
	if (status != 0)
		return status;
	audit(run->lines, snapshot, &options, &run->baseline);
	run->has_baseline = true;
	return 0;
}

static int prepare(struct audit_run *run)
{
	const struct arguments *arguments = run->arguments;
	int status;

	status = report_outputs_begin(&run->outputs, arguments, run->inputs);
	if (status == 0 && arguments->plan)
		status = plan_directory_check(arguments->plan);
	if (status != 0)
		return status;
	(void)knowledge_load(&run->knowledge, KNOWLEDGE_POLICIES, arguments->rules.items, arguments->rules.count, &run->diag);
	status = policies_from_arguments(arguments, &run->knowledge, &run->diag, &run->lines);
	if (status == 0)
		status = load_waivers(arguments, &run->arena, run->waivers, &run->diag);
	return status == 0 ? read_baseline(run) : status;
}

/* A broken input is told and the others audited. */
static int audit_all(struct audit_run *run)
{
	const struct text_list *inputs = &run->arguments->positional;
	int status = 0, r;

	if (inputs->count == 0)
		status = audit_input(run, NULL);
	for (size_t i = 0; i < inputs->count; i++) {
		r = audit_input(run, inputs->items[i]);
		status = r > status ? r : status;
	}
	r = report_outputs_end(&run->outputs);
	if (run->inputs > 1)
		audit_waivers_report(run->waivers, run->options.today, &run->diag);
	return r > status ? r : status;
}

static int check_inputs(const struct arguments *arguments)
{
	if (arguments->positional.count > 0 && (arguments->root || arguments->snapshot))
		return talk_error(EXIT_USAGE, "--root and --snapshot name the one input; give several without them");
	if (arguments->positional.count > 1 && (arguments->plan || arguments->save))
		return talk_error(EXIT_USAGE, "--%s is for one input", arguments->plan ? "plan" : "save");
	return 0;
}

static int run_audit(const struct arguments *arguments)
{
	CLEANUP(audit_run_release) struct audit_run run = {
		.arguments = arguments,
		.waivers = waivers_new(),
		.inputs = arguments->positional.count > 0 ? arguments->positional.count : 1,
		.options = { .today = (int64_t)time(NULL) / 86400, .keep_all = arguments->all },
	};
	int status = check_inputs(arguments);

	run.options.waivers = run.waivers;
	if (status == 0)
		status = prepare(&run);
	if (status == 0)
		status = audit_all(&run);
	if (status == EXIT_USAGE)
		return status;
	if (run.inputs > 1 || !text_on_terminal(arguments) || status != 0)
		if (!arguments->quiet || run.diag.errors > 0)
			talk_diag(&run.diag);
	if (status != 0 || run.diag.errors > 0)
		return EXIT_INPUT;
	return run.fails ? EXIT_FINDINGS : EXIT_OK;
}

static const enum option_id options[] = {
	OPTION_ROOT, OPTION_SNAPSHOT, OPTION_POLICY, OPTION_BASELINE, OPTION_WAIVERS, OPTION_FAIL_ON,
	OPTION_FAIL_COVERAGE_BELOW, OPTION_OUTPUT, OPTION_ALL, OPTION_PLAN, OPTION_FORBID, OPTION_SAVE, OPTION_RULES,
	OPTION_COLOUR, OPTION_WIDTH, OPTION_QUIET, OPTION_END,
};

const struct command command_audit = {
	.name = "audit",
	.arguments = "[OPTION]... [INPUT]...",
	.summary = "what will be in force after boot, and what policies want",
	.description = "Reads an image (a directory, a tar, an OCI layout, what docker save wrote), a\n"
		       "captured tree, a sosreport, saved snapshots or this host, and compares four\n"
		       "values of each setting: what runs, what boot leaves behind, what the kernel\n"
		       "would do by itself, and what a policy wants. Nothing is measured, executed,\n"
		       "booted or changed, and no root is needed.\n\n"
		       "Exit status: 0, or 1 with --fail-on when something is found, and with\n"
		       "--fail-coverage-below when too little is known; 2 wrong usage; 3 something\n"
		       "could not be read or written, or a policy or waiver has mistakes.",
	.options = options,
	.max_positional = 1000000,
	.run = run_audit,
};
