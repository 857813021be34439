/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "../advisor/review.h"
#include "knowledge.h"
#include "proposal.h"
#include "report.h"

static int write_supported(const struct arguments *arguments, struct rulebook *rulebook, struct snapshot *snapshot,
			   const struct finding_list *findings)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct plan_options options = { .forbidden = arguments->forbidden };
	CLEANUP(plan_free_ptr) struct plan *plan = plan_new();
	struct plan_request *requests;
	size_t count = review_requests(findings, &arena, &requests);
	int status;

	plan_make_asked(rulebook, snapshot, requests, count, &options, plan);
	status = plan_directory_write(arguments->plan, plan);
	if (status == 0 && !arguments->quiet)
		plan_talk(plan, arguments->plan);
	return status;
}

static int judge(const struct arguments *arguments, struct knowledge *knowledge, struct snapshot *snapshot,
		 const struct proposal *proposal, struct report_outputs *outputs, struct diag *diag)
{
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	CLEANUP(waivers_free_ptr) struct waivers *waivers = waivers_new();
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct review_options options = { .waivers = waivers, .today = (int64_t)time(NULL) / 86400 };
	struct report report = {
		.snapshot = snapshot, .command = "review", .findings = &findings, .notes = diag,
		.rules = rulebook_count(knowledge->rulebook),
		.tunables = registry_count(knowledge->registry, ENTRY_TUNABLE),
		.show_all = true,
	};
	int status = load_waivers(arguments, &arena, waivers, diag);

	if (status != 0)
		return status;
	review(knowledge->rulebook, snapshot, proposal, &options, &findings);
	report_count_settings(snapshot, &report);
	status = report_outputs_write(outputs, &report, NULL);
	if (status == 0 && arguments->plan)
		status = write_supported(arguments, knowledge->rulebook, snapshot, &findings);
	if (!text_on_terminal(arguments) && (!arguments->quiet || diag->errors > 0))
		talk_diag(diag);
	if (status != 0)
		return status;
	if (report_fails(arguments, &findings) ||
	    finding_list_coverage(&findings) * 100 < arguments->fail_coverage_below)
		return EXIT_FINDINGS;
	return EXIT_OK;
}

/* --against takes whatever audit takes; without it, this host. */
static int look_at_host(const struct arguments *arguments, const struct registry *registry, struct snapshot **ret_snapshot)
{
	struct arguments asked = *arguments;
	int status;

	asked.no_window = arguments->window_msec == 0;
	if (arguments->against && (arguments->root || arguments->snapshot))
		return talk_error(EXIT_USAGE, "--against, --root and --snapshot each name the host; give one");
	if (arguments->against && arguments->window_msec > 0)
		return talk_error(EXIT_USAGE, "--measure is for this host, --against for another one");
	status = arguments->against ? open_snapshot(&asked, registry, arguments->against, ret_snapshot)
				    : measure(&asked, registry, ret_snapshot);
	if (status == 0 && arguments->save)
		status = save_snapshot(arguments->save, *ret_snapshot);
	return status;
}

static void copy_notes(const struct proposal *proposal, struct diag *diag)
{
	for (size_t i = 0; i < proposal->diag.count; i++) {
		const struct diag_entry *entry = &proposal->diag.entries[i];

		(void)(entry->level == DIAG_ERROR ? diag_error : diag_warning)(diag, entry->place.file ? &entry->place : NULL, "%s",
									       entry->message);
	}
}

static int run(const struct arguments *arguments)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(report_outputs_release) struct report_outputs outputs = { 0 };
	int status = report_outputs_begin(&outputs, arguments, 1), r;

	if (status == 0 && arguments->plan)
		status = plan_directory_check(arguments->plan);
	if (status != 0)
		return status;
	r = knowledge_load(&knowledge, KNOWLEDGE_RULES, arguments->rules.items, arguments->rules.count, &diag);
	status = read_proposal(arguments, knowledge.registry, &proposal);
	if (status == 0)
		status = look_at_host(arguments, knowledge.registry, &snapshot);
	if (status != 0) {
		talk_diag(&diag);
		return status;
	}
	copy_notes(&proposal, &diag);
	status = judge(arguments, &knowledge, snapshot, &proposal, &outputs, &diag);
	return r < 0 && status != EXIT_USAGE ? EXIT_INPUT : status;
}

static const enum option_id options[] = {
	OPTION_AGAINST, OPTION_MEASURE, OPTION_INTERVAL, OPTION_AS, OPTION_OLD, OPTION_ROOT, OPTION_SNAPSHOT, OPTION_SAVE, OPTION_OUTPUT,
	OPTION_PLAN, OPTION_FORBID, OPTION_FAIL_ON, OPTION_FAIL_COVERAGE_BELOW, OPTION_PID, OPTION_CGROUP, OPTION_CGROUP_MAX,
	OPTION_NETNS, OPTION_JOURNAL, OPTION_RULES, OPTION_WAIVERS, OPTION_COLOUR, OPTION_WIDTH, OPTION_QUIET, OPTION_END,
};

const struct command command_review = {
	.name = "review",
	.arguments = "[OPTION]... CHANGE...",
	.summary = "what a proposed change would do here, and what asks for it",
	.description = "Reads what somebody proposes (sysctl.d files, shell scripts, TuneD profiles,\n"
		       "playbooks, manifests, rules of udev, fstab, limits, drop-ins, a directory of\n"
		       "them, or a unified diff) and says of each setting what it would do on this\n"
		       "host, or on that of a snapshot: supported, unsupported, contradicted,\n"
		       "no-effect, overridden, invalid, obsolete, dangerous, broken, unmeasured, or\n"
		       "unclear. Nothing is executed or changed.\n\n"
		       "Exit status: 0, or with --fail-on 1 when a verdict is as bad as that, and with\n"
		       "--fail-coverage-below when too little was understood; 2 wrong usage; 3 something\n"
		       "could not be read or written.",
	.options = options,
	.min_positional = 1,
	.max_positional = 10000,
	.default_window_msec = 0,
	.run = run,
};
