/* SPDX-License-Identifier: Apache-2.0 */
#include "../core/strbuf.h"
#include "cli.h"
#include "knowledge.h"

static int read_requests(const struct arguments *arguments, struct knowledge *knowledge, const struct snapshot *snapshot,
			 struct arena *arena, struct plan_request *requests)
{
	int status = EXIT_OK;

	for (size_t i = 0; i < arguments->positional.count; i++) {
		const char *text = arguments->positional.items[i];
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

		if (plan_request_parse(knowledge->registry, snapshot, arguments->about, text, arena, &requests[i], &why) < 0)
			status = talk_error(EXIT_USAGE, "%s: %s", text, why.buf);
	}
	return status;
}

static int make(const struct arguments *arguments, struct knowledge *knowledge, struct snapshot *snapshot)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(plan_free_ptr) struct plan *plan = plan_new();
	struct plan_request *requests = xcalloc(arguments->positional.count, sizeof(*requests));
	struct plan_options options = { .forbidden = arguments->forbidden };
	int status;

	status = read_requests(arguments, knowledge, snapshot, &arena, requests);
	if (status == EXIT_OK) {
		plan_make_asked(knowledge->rulebook, snapshot, requests, arguments->positional.count, &options, plan);
		status = plan_directory_write(arguments->plan, plan);
	}
	if (status == EXIT_OK && !arguments->quiet)
		plan_talk(plan, arguments->plan);
	if (status == EXIT_OK && plan->n_left_out + plan->n_conflicts > 0)
		status = EXIT_FINDINGS;
	free(requests);
	return status;
}

static int run(const struct arguments *arguments)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	int status, r;

	if (!arguments->plan)
		return talk_error(EXIT_USAGE, "plan: --plan DIR is missing: where to write it");
	status = plan_directory_check(arguments->plan);
	if (status != EXIT_OK)
		return status;
	r = knowledge_load(&knowledge, KNOWLEDGE_RULES, arguments->rules.items, arguments->rules.count, &diag);
	status = measure(arguments, knowledge.registry, &snapshot);
	if (status == EXIT_OK)
		status = make(arguments, &knowledge, snapshot);
	if (!arguments->quiet || diag.errors > 0)
		talk_diag(&diag);
	return status != EXIT_OK ? status : r < 0 ? EXIT_INPUT : EXIT_OK;
}

static const enum option_id options[] = {
	OPTION_PLAN, OPTION_ABOUT, OPTION_FORBID, OPTION_ROOT, OPTION_SNAPSHOT, OPTION_CGROUP, OPTION_CGROUP_MAX,
	OPTION_PID, OPTION_NETNS, OPTION_RULES, OPTION_QUIET, OPTION_END,
};

const struct command command_plan = {
	.name = "plan",
	.arguments = "[OPTION]... KEY=VALUE... --plan DIR",
	.summary = "a plan with scripts for settings of your own",
	.description = "Writes a plan as advise does, for settings that you name instead of measured\n"
		       "ones: checked against their range and what this host offers, with their way\n"
		       "back. KEY is a key (vm.swappiness), or a subject and its key\n"
		       "(\"sda scheduler\"); VALUE is raw, as its file has it. Nothing is changed\n"
		       "until you run the scripts.\n\n"
		       "Exit status: 0; 1 something was left out of the plan; 2 wrong usage, an unknown\n"
		       "setting or a value that it cannot have; 3 something could not be read or\n"
		       "written.",
	.options = options,
	.min_positional = 1,
	.max_positional = 1000,
	.default_window_msec = 0,
	.run = run,
};
