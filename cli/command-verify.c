/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "../advisor/verify.h"
#include "../reports/plan.h"
#include "../reports/verification.h"
#include "cli.h"
#include "knowledge.h"

static const char *const formats[] = { "text", "json", NULL };

struct verified_plan {			/* what was read of it */
	struct arena arena;
	char *file;			/* plan.json */
	char *snapshot;			/* the file beside it */
	struct plan_document document;
};

static void verified_plan_release(struct verified_plan *plan)
{
	arena_release(&plan->arena);
	free(plan->file);
	free(plan->snapshot);
}

/* name is the directory of a plan, or the plan.json in it. */
static int load_plan(const char *name, struct verified_plan *plan)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const char *slash;
	struct stat st;
	int r;

	if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
		plan->file = xasprintf("%s/plan.json", name);
	else
		plan->file = xstrdup(name);
	r = input_read(plan->file, NODE_TEXT_MAX, &text);
	if (r < 0)
		return talk_error(EXIT_INPUT, "cannot read %s: %s", plan->file, strerror(-r));
	r = plan_document_load(&plan->arena, plan->file, text.buf, text.len, &diag, &plan->document);
	talk_diag(&diag);
	if (r < 0)
		return EXIT_INPUT;
	slash = strrchr(plan->file, '/');
	plan->snapshot = xasprintf("%.*s%s", slash ? (int)(slash - plan->file + 1) : 0, plan->file,
				   plan->document.snapshot);
	return 0;
}

/* As long and as often as the plan's own measurement, unless told otherwise. */
static int measure_after(const struct arguments *arguments, const struct registry *registry,
			 const struct snapshot *before, struct snapshot **ret)
{
	const struct window *window = snapshot_window_get(before);
	struct arguments again = *arguments;

	if (arguments->after)
		return open_snapshot(arguments, registry, arguments->after, ret);
	if (window->live && !arguments->window_given && window->duration_sec < 7 * 86400)
		again.window_msec = (uint64_t)(window->duration_sec * 1000 + 0.5);
	if (window->live && !arguments->interval_given && window->interval_sec >= 0.1 && window->interval_sec <= 60)
		again.interval_msec = (uint64_t)(window->interval_sec * 1000 + 0.5);
	return measure(&again, registry, ret);
}

static void write_report(void *context, const char *format, FILE *out, struct page *page)
{
	for (const struct verification_reporter *reporter = verification_reporters; reporter->name; reporter++)
		if (streq(reporter->name, format))
			reporter->write(out, context, page);
}

static int judge(const struct arguments *arguments, struct knowledge *knowledge, const struct verified_plan *plan,
		 const struct snapshot *before, const struct snapshot *after)
{
	CLEANUP(verification_release) struct verification verification = { 0 };
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct compared_side sides[2] = {
		{ .snapshot = before, .name = plan->snapshot },
		{ .snapshot = after, .name = arguments->after ? arguments->after : "measured now" },
	};
	int status;

	verify_plan(knowledge->rulebook, &plan->document, &sides[0], &sides[1], &diag, &verification);
	verification.plan = arguments->positional.items[0];
	talk_diag(&diag);
	status = outputs_write(arguments, write_report, &verification);
	if (status != 0)
		return status;
	return verification.counts[VERDICT_WORSE] + verification.counts[VERDICT_NOT_APPLIED] > 0 ? EXIT_FINDINGS : EXIT_OK;
}

static int run(const struct arguments *arguments)
{
	CLEANUP(verified_plan_release) struct verified_plan plan = { 0 };
	CLEANUP(snapshot_free_ptr) struct snapshot *before = NULL;
	CLEANUP(snapshot_free_ptr) struct snapshot *after = NULL;
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	int status, r;

	if (arguments->after && arguments->window_given)
		return talk_error(EXIT_USAGE, "--window measures this host; it does not go with --after");
	status = outputs_check(arguments, formats);
	if (status == 0)
		status = load_plan(arguments->positional.items[0], &plan);
	if (status != 0)
		return status;
	r = knowledge_load(&knowledge, KNOWLEDGE_RULES, arguments->rules.items, arguments->rules.count, &diag);
	talk_diag(&diag);
	status = open_snapshot(arguments, knowledge.registry, plan.snapshot, &before);
	if (status == 0)
		status = measure_after(arguments, knowledge.registry, before, &after);
	if (status == 0 && arguments->save)
		status = save_snapshot(arguments->save, after);
	if (status == 0)
		status = judge(arguments, &knowledge, &plan, before, after);
	return r < 0 && status != EXIT_USAGE ? EXIT_INPUT : status;
}

static const enum option_id options[] = {
	OPTION_AFTER, OPTION_WINDOW, OPTION_INTERVAL, OPTION_SAVE, OPTION_OUTPUT, OPTION_PID, OPTION_CGROUP,
	OPTION_CGROUP_MAX, OPTION_NETNS, OPTION_JOURNAL, OPTION_RULES, OPTION_COLOUR, OPTION_WIDTH, OPTION_QUIET, OPTION_END,
};

const struct command command_verify = {
	.name = "verify",
	.arguments = "[OPTION]... PLAN",
	.summary = "measure again: did what was planned help",
	.description = "Measures as long as the plan did (keisoku advise --plan DIR) and judges each\n"
		       "action by its own criterion: helped, no effect, worse, not enough load to tell,\n"
		       "or not applied; with the values per interval before and after, and a confidence\n"
		       "interval of their difference. PLAN is the directory, or the plan.json in it.\n\n"
		       "Exit status: 0 nothing is worse and everything was applied; 1 something is worse\n"
		       "or was not applied; 2 wrong usage; 3 something could not be read or written.",
	.options = options,
	.min_positional = 1,
	.max_positional = 1,
	.default_window_msec = 30000,
	.run = run,
};
