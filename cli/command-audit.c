/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "../advisor/audit.h"
#include "../core/strbuf.h"
#include "manifests.h"
#include "policies.h"
#include "report.h"

#define MANIFESTS_POLICY "kubernetes-resources"	/* where none is named: what is wrong whoever is asked */

/* One run over one input or many, of which one at a time is in memory.  Manifests are one input, however many files they are: an
 * autoscaler in one names a workload in another. */
struct audit_run {
	const struct arguments *arguments;
	struct knowledge knowledge;
	struct rulebook *lines;
	struct rulebook *cluster_lines;	/* what manifests are judged by; may be lines */
	struct cluster *cluster;
	const char *cluster_path;	/* of the first of its inputs; NULL: there was none */
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
	if (run->cluster_lines != run->lines)
		rulebook_free(run->cluster_lines);
	rulebook_free(run->lines);
	cluster_free(run->cluster);
	waivers_free(run->waivers);
	knowledge_release(&run->knowledge);
	arena_release(&run->arena);
	diag_release(&run->diag);
}

static bool covers_too_little(const struct arguments *arguments, const struct finding_list *findings)
{
	return finding_list_coverage(findings) * 100 < arguments->fail_coverage_below;
}

static int judge(struct audit_run *run, struct rulebook *lines, struct snapshot *snapshot, const char *input)
{
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	struct report report = {
		.snapshot = snapshot, .command = "audit", .findings = &findings, .notes = &run->diag,
		.rules = audit_is_cluster(snapshot) ? audit_cluster_lines(lines) : rulebook_count(lines) + drift_class_count(),
		.tunables = registry_count(run->knowledge.registry, ENTRY_TUNABLE),
		.show_all = run->arguments->all,
	};
	int status;

	audit(lines, snapshot, &run->options, &findings);
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
		status = write_plan(run->arguments, lines, snapshot, &findings);
	return status;
}

/* ---- manifests ---- */

/* Lines of the policies that were named, else of the one that is for everybody. */
static struct rulebook *lines_for(struct audit_run *run, const struct snapshot *snapshot)
{
	if (!audit_is_cluster(snapshot))
		return run->lines;
	if (!run->cluster_lines && run->arguments->policies.count > 0) {
		run->cluster_lines = run->lines;
		if (audit_cluster_lines(run->lines) == 0)
			(void)diag_warning(&run->diag, NULL, "--policy: no line of it is about workloads, containers or nodes of Kubernetes; "
					   MANIFESTS_POLICY " and kubernetes-opinions are");
	} else if (!run->cluster_lines) {
		policies_forget(run->knowledge.policies);
		(void)policies_choose(run->knowledge.policies, MANIFESTS_POLICY);
		(void)policies_compile(run->knowledge.policies, &run->diag, &run->cluster_lines);
	}
	return run->cluster_lines;
}

static struct snapshot *cluster_snapshot(struct audit_run *run, struct cluster *cluster)
{
	struct snapshot *snapshot = manifests_snapshot(cluster, run->knowledge.registry);

	for (size_t i = 0; i < cluster->diag.count; i++) {
		const struct diag_entry *entry = &cluster->diag.entries[i];

		(void)(entry->level == DIAG_ERROR ? diag_error : diag_warning)(&run->diag, entry->place.file ? &entry->place : NULL, "%s",
									       entry->message);
	}
	return snapshot;
}

/* After all inputs were read. */
static int audit_manifests(struct audit_run *run)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	int status = 0;

	if (!run->cluster_path)
		return 0;
	if (run->arguments->plan)
		return talk_error(EXIT_USAGE, "--plan is of settings of hosts; keisoku rightsize writes patches of manifests");
	snapshot = cluster_snapshot(run, run->cluster);
	if (run->arguments->save)
		status = save_snapshot(run->arguments->save, snapshot);
	return status ? status : judge(run, lines_for(run, snapshot), snapshot, run->cluster_path);
}

/* path NULL: what --root and --snapshot say, or this host. */
static int audit_input(struct audit_run *run, const char *path)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	struct arguments arguments = *run->arguments;
	int status;

	arguments.no_window = true;
	if (!path)
		path = arguments.root ? arguments.root : arguments.snapshot;
	status = path ? open_snapshot_or_cluster(&arguments, run->knowledge.registry, path, run->cluster, &snapshot)
		      : measure(&arguments, run->knowledge.registry, &snapshot);
	if (status == 0 && !snapshot) {
		run->cluster_path = run->cluster_path ? run->cluster_path : path;
		return 0;
	}
	if (status == 0 && arguments.save)
		status = save_snapshot(arguments.save, snapshot);
	if (status != 0)
		return status;
	return judge(run, lines_for(run, snapshot), snapshot, path);
}

static int read_baseline(struct audit_run *run)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	struct audit_options options = { .today = run->options.today };
	int status;

	if (!run->arguments->baseline)
		return 0;
	status = open_snapshot_or_cluster(run->arguments, run->knowledge.registry, run->arguments->baseline, cluster, &snapshot);
	if (status != 0)
		return status;
	if (!snapshot)
		snapshot = cluster_snapshot(run, cluster);
	audit(lines_for(run, snapshot), snapshot, &options, &run->baseline);
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
	r = audit_manifests(run);
	status = r > status ? r : status;
	r = report_outputs_end(&run->outputs);
	if (run->inputs > 1)
		audit_waivers_report(run->waivers, run->options.today, &run->diag);
	return r > status ? r : status;
}

/* Reports there will be: one for all manifests together, one for each of the others. */
static size_t count_inputs(const struct arguments *arguments)
{
	size_t clusters = 0;

	for (size_t i = 0; i < arguments->positional.count; i++)
		clusters += input_is_cluster(arguments->positional.items[i]);
	return MAX(arguments->positional.count - clusters + (clusters > 0), (size_t)1);
}

static int check_inputs(const struct arguments *arguments)
{
	if (arguments->positional.count > 0 && (arguments->root || arguments->snapshot))
		return talk_error(EXIT_USAGE, "--root and --snapshot name the one input; give several without them");
	if (count_inputs(arguments) > 1 && (arguments->plan || arguments->save))
		return talk_error(EXIT_USAGE, "--%s is for one input", arguments->plan ? "plan" : "save");
	return 0;
}

static int run_audit(const struct arguments *arguments)
{
	CLEANUP(audit_run_release) struct audit_run run = {
		.arguments = arguments,
		.waivers = waivers_new(),
		.cluster = cluster_new(),
		.inputs = count_inputs(arguments),
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
		       "would do by itself, and what a policy wants. Of manifests of Kubernetes\n"
		       "(files, directories, output of helm, kustomize and kubectl get) it says what\n"
		       "policies find wrong in them, with file and line. Nothing is measured,\n"
		       "executed, booted or changed, and no root is needed.\n\n"
		       "Exit status: 0, or 1 with --fail-on when something is found, and with\n"
		       "--fail-coverage-below when too little is known; 2 wrong usage; 3 something\n"
		       "could not be read or written, or a policy or waiver has mistakes.",
	.options = options,
	.max_positional = 1000000,
	.run = run_audit,
};
