/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "../core/strbuf.h"
#include "../reports/reporter.h"
#include "cli.h"
#include "knowledge.h"

static const struct reporter *find_reporter(const char *name, size_t length)
{
	for (size_t i = 0; reporters[i]; i++)
		if (strlen(reporters[i]->name) == length && memcmp(reporters[i]->name, name, length) == 0)
			return reporters[i];
	return NULL;
}

/* --output is checked before a window is measured: a mistake must not cost half a minute. */
static int check_outputs(const struct arguments *arguments)
{
	size_t to_stdout = 0;

	for (size_t i = 0; i < arguments->outputs.count; i++) {
		const char *item = arguments->outputs.items[i];
		size_t length = strcspn(item, "=");

		if (!find_reporter(item, length)) {
			CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;

			for (size_t r = 0; reporters[r]; r++)
				strbuf_addf(&known, "%s%s", r ? ", " : "", reporters[r]->name);
			return talk_error(EXIT_USAGE, "--output: unknown format '%.*s'; known are %s", (int)length, item,
					  known.buf);
		}
		to_stdout += item[length] == '\0' || streq(item + length, "=-");
	}
	if (to_stdout > 1)
		return talk_error(EXIT_USAGE, "--output: only one format can go to standard output; give the others "
				  "=FILE");
	return 0;
}

static int load_waivers(const struct arguments *arguments, struct arena *arena, struct waivers *waivers,
			struct diag *diag)
{
	for (size_t i = 0; i < arguments->waivers.count; i++) {
		const char *path = arguments->waivers.items[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		const struct node *documents;
		int r = input_read(path, NODE_TEXT_MAX, &text);

		if (r < 0)
			return talk_error(EXIT_INPUT, "cannot read %s: %s", path, strerror(-r));
		if (node_parse(arena, path, text.buf, text.len, diag, &documents) == 0)
			(void)waivers_load(waivers, documents, diag);
	}
	return 0;
}

static void count_settings(const struct snapshot *snapshot, struct report *report)
{
	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(snapshot, i);

		report->settings_read += setting->absence == PRESENT || setting->absence == UNPARSABLE;
		report->settings_absent += setting->absence == ABSENT;
		report->settings_unreadable += setting->absence == UNREADABLE && !setting_left_out(setting);
		report->settings_unsupported += setting->absence == UNSUPPORTED;
	}
	for (size_t i = 0; i < snapshot_series_count(snapshot); i++)
		report->metrics_read += snapshot_series_at(snapshot, i)->samples > 0;
}

static int write_output(const struct arguments *arguments, const char *item, struct report *report)
{
	size_t length = strcspn(item, "=");
	const struct reporter *reporter = find_reporter(item, length);
	const char *path = item[length] ? item + length + 1 : NULL;
	struct output_file file;
	int r;

	r = output_open(&file, path);
	if (r < 0)
		return talk_error(EXIT_INPUT, "cannot write %s: %s", path, strerror(-r));
	terminal_look(arguments, file.stream == stdout, report);
	r = reporter->write(file.stream, report);
	if (r < 0)
		output_abandon(&file);
	else
		r = output_close(&file);
	return r < 0 ? talk_error(EXIT_INPUT, "cannot write %s: %s", path ? path : "standard output", strerror(-r)) : 0;
}

static int write_outputs(const struct arguments *arguments, struct report *report)
{
	int status = 0;

	if (arguments->outputs.count == 0)
		return write_output(arguments, "text", report);
	for (size_t i = 0; i < arguments->outputs.count; i++) {
		int r = write_output(arguments, arguments->outputs.items[i], report);

		status = r ? r : status;
	}
	return status;
}

static bool fails(const struct arguments *arguments, const struct finding_list *findings)
{
	for (size_t i = 0; arguments->has_fail_on && i < findings->count; i++)
		if (findings->items[i].status == STATUS_RECOMMEND && findings->items[i].severity >= arguments->fail_on)
			return true;
	return false;
}

static int write_plan(const struct arguments *arguments, struct knowledge *knowledge, struct snapshot *snapshot,
		      const struct finding_list *findings)
{
	CLEANUP(plan_free_ptr) struct plan *plan = plan_new();
	struct plan_options options = { .forbidden = arguments->forbidden };
	int status;

	plan_make(knowledge->rulebook, snapshot, findings, &options, plan);
	status = plan_directory_write(arguments->plan, plan);
	if (status == EXIT_OK && !arguments->quiet)
		plan_talk(plan, arguments->plan);
	return status;
}

/* A text report on a terminal has the diagnostics in it; once is enough for the person there. */
static bool on_terminal(const struct arguments *arguments)
{
	bool text = arguments->outputs.count == 0;

	for (size_t i = 0; i < arguments->outputs.count; i++)
		text = text || streq(arguments->outputs.items[i], "text");
	return text && isatty(STDOUT_FILENO);
}

static int judge(const struct arguments *arguments, struct knowledge *knowledge, struct snapshot *snapshot,
		 struct diag *diag)
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
	evaluate_use(knowledge->rulebook, snapshot, &arena, &use, &report.n_use);
	report.use = use;
	count_settings(snapshot, &report);
	status = write_outputs(arguments, &report);
	if (status == 0 && arguments->plan)
		status = write_plan(arguments, knowledge, snapshot, &findings);
	if (!on_terminal(arguments) && (!arguments->quiet || diag->errors > 0))
		talk_diag(diag);
	if (status != 0)
		return status;
	return fails(arguments, &findings) ? EXIT_FINDINGS : EXIT_OK;
}

static int run(const struct arguments *arguments)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	int status, r;

	status = check_outputs(arguments);
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
	status = judge(arguments, &knowledge, snapshot, &diag);
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
