/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "../advisor/rightsize.h"
#include "../clusters/reader.h"
#include "../core/strbuf.h"
#include "../reports/rightsizing.h"
#include "amount-places.h"
#include "cli.h"
#include "cluster-input.h"
#include "knowledge.h"

#define HISTORY_SEC (14 * 86400.0)
#define STEP_SEC 300.0
#define PRICES_MAX (1U << 20)

struct rightsize_run {
	const struct arguments *arguments;
	struct cluster *cluster;
	struct usage *usage;
	struct prices prices;
	struct diag diag;		/* of prices */
	struct rightsize_options options;
	struct rightsizing result;
	bool bar, drawn;
};

static void run_release(struct rightsize_run *run)
{
	rightsizing_release(&run->result);
	prices_release(&run->prices);
	usage_free(run->usage);
	cluster_free(run->cluster);
	diag_release(&run->diag);
}

/* ---- how far it is ---- */

static void draw_bar(struct rightsize_run *run, const char *what, double done, double total)
{
	const int width = 30;
	int filled = total > 0 ? (int)(fmin(done / total, 1) * width + 0.5) : 0;

	if (!run->bar)
		return;
	fprintf(stderr, "\r%s [%.*s%*s] %3.0f %% ", what, filled, "##############################", width - filled, "",
		total > 0 ? fmin(done / total, 1) * 100 : 0);
	fflush(stderr);
	run->drawn = true;
}

static void clear_bar(struct rightsize_run *run)
{
	if (run->drawn)
		fputs("\r\033[K", stderr);
	run->drawn = false;
}

static void on_bytes(void *context, const char *path, uint64_t bytes, uint64_t total)
{
	(void)path;
	if (total > 0)
		draw_bar(context, "reading", (double)bytes, (double)total);
}

static void on_request(void *context, unsigned int done, unsigned int total, const char *what)
{
	(void)what;
	draw_bar(context, "asking Prometheus", done, total);
}

/* ---- what it is asked to do ---- */

static int set_recommender(const struct rightsize_arguments *asked, struct rightsize_options *options)
{
	static const char *const names[] = { [RECOMMENDER_PERCENTILE] = "percentile", [RECOMMENDER_VPA] = "vpa" };
	const char *name = asked->recommender ? asked->recommender : "percentile";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!streq(name, names[i]))
			continue;
		rightsize_options_default(options, (enum recommender)i);
		return 0;
	}
	return talk_error(EXIT_USAGE, "--recommender: expected percentile or vpa, found '%s'", name);
}

static void set_share(double *option, double asked)
{
	if (!isnan(asked))
		*option = asked;
}

static int set_options(struct rightsize_run *run)
{
	const struct rightsize_arguments *asked = &run->arguments->rightsize;
	struct rightsize_options *options = &run->options;
	int status = set_recommender(asked, options);

	set_share(&options->cpu_percentile, asked->cpu_percentile);
	set_share(&options->cpu_margin, asked->cpu_margin);
	set_share(&options->memory_percentile, asked->memory_percentile);
	set_share(&options->memory_margin, asked->memory_margin);
	set_share(&options->least_change, asked->least_change);
	set_share(&options->headroom, asked->headroom);
	if (asked->min_window_msec)
		options->min_window_sec = (double)asked->min_window_msec / 1e3;
	if (asked->min_samples)
		options->min_samples = asked->min_samples;
	options->cpu_limits = options->cpu_limits || asked->cpu_limits;
	options->label = asked->label ? asked->label : "";
	options->only_namespace = asked->namespace ? asked->namespace : "";
	options->now_sec = (double)time(NULL);
	return status;
}

static int check_arguments(const struct arguments *arguments)
{
	const struct rightsize_arguments *asked = &arguments->rightsize;

	if (arguments->positional.count == 0 && !asked->context && !asked->node && !arguments->snapshot)
		return talk_error(EXIT_USAGE, "rightsize: give a CLUSTER (manifests or kubectl's output), --context, --node or --snapshot");
	if (asked->node && arguments->snapshot)
		return talk_error(EXIT_USAGE, "--node and --snapshot: give one of them");
	if (asked->key && !asked->cert)
		return talk_error(EXIT_USAGE, "--key belongs to a certificate: give --cert too");
	if (asked->server_percentiles && asked->recommender && streq(asked->recommender, "vpa"))
		return talk_error(EXIT_USAGE, "--recommender vpa needs samples: leave out --server-percentiles");
	if (asked->patches)
		return patches_directory_check(asked->patches);
	return 0;
}

static int read_prices(struct rightsize_run *run)
{
	const char *path = run->arguments->rightsize.prices;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	if (!path)
		return 0;
	r = input_read(path, PRICES_MAX, &text);
	if (r < 0)
		return talk_error(EXIT_INPUT, "cannot read %s: %s", path, strerror(-r));
	r = prices_parse(path, text.buf, text.len, &run->diag, &run->prices);
	if (r < 0)
		talk_diag(&run->diag);
	return r < 0 ? EXIT_INPUT : 0;
}

/* ---- input ---- */

static int read_snapshot(struct rightsize_run *run)
{
	const struct rightsize_arguments *asked = &run->arguments->rightsize;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	struct arguments arguments = *run->arguments;
	int status;

	if (!asked->node && !arguments.snapshot)
		return 0;
	arguments.window_msec = asked->history_msec ? asked->history_msec : 60000;
	(void)knowledge_load(&knowledge, KNOWLEDGE_MESSAGES, NULL, 0, &run->diag);
	status = measure(&arguments, knowledge.registry, &snapshot);
	if (status == 0 && usage_read_snapshot(run->usage, run->cluster, snapshot) < 0)
		status = EXIT_INPUT;
	return status;
}

static void add_quantile(struct prometheus_options *options, double quantile)
{
	for (size_t i = 0; i < options->n_quantiles; i++)
		if (options->quantiles[i] == quantile)
			return;
	options->quantiles[options->n_quantiles++] = quantile;
}

static int read_prometheus(struct rightsize_run *run)
{
	const struct rightsize_arguments *asked = &run->arguments->rightsize;
	struct prometheus_options options = {
		.url = asked->prometheus, .bearer_file = asked->bearer_token_file, .user_file = asked->user_file,
		.headers = asked->headers.items, .n_headers = asked->headers.count,
		.ca_file = asked->ca, .cert_file = asked->cert, .key_file = asked->key, .insecure = asked->insecure,
		.selector = asked->selector, .namespace = asked->namespace ? asked->namespace : "",
		.end_sec = run->options.now_sec,
		.step_sec = asked->step_msec ? (double)asked->step_msec / 1e3 : STEP_SEC,
		.timeout_sec = asked->timeout_msec ? (double)asked->timeout_msec / 1e3 : 60,
		.retries = asked->has_retries ? (unsigned int)asked->retries : 3,
		.quantiles = { 0.5, 0.95, 0.99, 1 }, .n_quantiles = 4, .samples = !asked->server_percentiles,
		.progress = on_request, .context = run,
	};

	if (!asked->prometheus)
		return 0;
	options.begin_sec = options.end_sec - (asked->history_msec ? (double)asked->history_msec / 1e3 : HISTORY_SEC);
	add_quantile(&options, run->options.cpu_percentile);
	add_quantile(&options, run->options.memory_percentile);
	return usage_read_prometheus(run->usage, run->cluster, &options) < 0 ? EXIT_INPUT : 0;
}

/* What one source does not have another may: all are read, and the worst is told. */
static int read_usage(struct rightsize_run *run)
{
	const struct text_list *files = &run->arguments->rightsize.usages;
	struct read_options options = { .progress = on_bytes, .context = run };
	int status, r;

	run->usage = usage_new(run->cluster);
	status = read_snapshot(run);
	if (status == EXIT_USAGE)
		return status;
	for (size_t i = 0; i < files->count; i++)
		if (usage_read_path(run->usage, run->cluster, files->items[i], &options) < 0)
			status = EXIT_INPUT;
	r = read_prometheus(run);
	clear_bar(run);
	usage_finish(run->usage);
	return r > status ? r : status;
}

static int read_cluster(struct rightsize_run *run)
{
	const struct rightsize_arguments *asked = &run->arguments->rightsize;
	double timeout_sec = asked->timeout_msec ? (double)asked->timeout_msec / 1e3 : KUBECTL_TIMEOUT_SEC;
	struct read_options options = { .progress = on_bytes, .context = run };
	int status, r = 0;

	run->cluster = cluster_new();
	status = cluster_input_read(run->cluster, run->arguments->positional.items, run->arguments->positional.count, &options);
	if (asked->context)
		r = cluster_input_read_context(run->cluster, asked->context, timeout_sec, &options);
	if (r)
		status = r;
	clear_bar(run);
	cluster_join(run->cluster);
	return status;
}

/* ---- output ---- */

static void copy_notes(struct diag *to, const struct diag *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct diag_entry *entry = &from->entries[i];

		(void)(entry->level == DIAG_ERROR ? diag_error : diag_warning)(to, entry->place.file ? &entry->place : NULL, "%s", entry->message);
	}
	to->dropped += from->dropped;
}

static void note_unmatched(struct rightsize_run *run)
{
	size_t count = usage_unmatched(run->usage);
	CLEANUP(strbuf_release) struct strbuf examples = STRBUF_INIT;
	const char *example;

	if (count == 0)
		return;
	for (size_t i = 0; i < 3 && (example = usage_unmatched_example(run->usage, i)); i++)
		strbuf_addf(&examples, "%s%s", i ? ", " : "", example);
	(void)diag_warning(&run->result.notes, NULL, "the usage of %zu container%s belongs to nothing that was given: %s%s", count,
			   count == 1 ? "" : "s", examples.buf, count > 3 ? " and others" : "");
}

/* A name that was mistyped is no cluster in which all is well. */
static void note_namespace(struct rightsize_run *run)
{
	const struct cluster *cluster = run->cluster;
	const char *wanted = run->options.only_namespace, *names[5];
	CLEANUP(strbuf_release) struct strbuf there = STRBUF_INIT;
	size_t n = 0;

	if (!*wanted || run->result.n_rows > 0 || cluster->n_workloads == 0)
		return;
	for (uint32_t i = 0; i < cluster->n_workloads && n < ARRAY_SIZE(names); i++) {
		const char *name = cluster->workloads[i].namespace;
		bool known = streq(name, wanted);

		for (size_t k = 0; k < n; k++)
			known = known || streq(names[k], name);
		if (known)
			continue;
		names[n++] = name;
		strbuf_addf(&there, "%s'%s'", n > 1 ? ", " : "", name);
	}
	(void)diag_error(&run->result.notes, NULL, "no workload with containers is in the namespace '%s'; others are in %s%s", wanted,
			 there.buf, n == ARRAY_SIZE(names) ? " and maybe more" : "");
}

static void write_report(void *context, const char *format, FILE *out, struct page *page)
{
	const struct rightsize_run *run = context;

	for (size_t i = 0; rightsizing_reporters[i]; i++)
		if (streq(rightsizing_reporters[i]->name, format))
			rightsizing_reporters[i]->write(out, &run->result, page);
}

static const char *const formats[] = { "text", "json", "csv", "html", "markdown", "sarif", "junit", "prometheus", NULL };

static bool fails(const struct rightsize_run *run)
{
	for (size_t i = 0; run->arguments->has_fail_on && i < run->result.n_rows; i++)
		for (size_t r = 0; r < 2; r++)
			if (run->result.rows[i].of[r].status == STATUS_RECOMMEND && run->result.rows[i].of[r].severity >= run->arguments->fail_on)
				return true;
	return false;
}

/* The text report has the notes in it. */
static bool is_told_in_text(const struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->outputs.count; i++)
		if (streq(arguments->outputs.items[i], "text") || streq(arguments->outputs.items[i], "text=-"))
			return true;
	return arguments->outputs.count == 0;
}

static int report(struct rightsize_run *run)
{
	const struct arguments *arguments = run->arguments;
	int status;

	rightsize(run->cluster, run->usage, &run->options, arguments->rightsize.prices ? &run->prices : NULL, &run->result);
	run->result.all = arguments->all;
	copy_notes(&run->result.notes, &run->cluster->diag);
	copy_notes(&run->result.notes, usage_notes(run->usage));
	note_unmatched(run);
	note_namespace(run);
	amount_places_find(&run->result);
	status = outputs_write(arguments, write_report, run);
	if (status == 0 && arguments->rightsize.patches)
		status = patches_directory_write(arguments->rightsize.patches, &run->result);
	if (!is_told_in_text(arguments) && (!arguments->quiet || run->result.notes.errors > 0))
		talk_diag(&run->result.notes);
	return status;
}

static int run(const struct arguments *arguments)
{
	CLEANUP(run_release) struct rightsize_run run = { .arguments = arguments, .bar = !arguments->quiet && isatty(STDERR_FILENO) };
	int status = outputs_check(arguments, formats), r;

	if (status == 0)
		status = check_arguments(arguments);
	if (status == 0)
		status = set_options(&run);
	if (status == 0)
		status = read_prices(&run);
	if (status == 0)
		status = read_cluster(&run);
	if (status != 0 && status != EXIT_INPUT)
		return status;
	if (!run.cluster)
		return status;
	r = read_usage(&run);
	if (r == EXIT_USAGE)
		return r;
	status = r > status ? r : status;
	r = report(&run);
	status = r > status ? r : status;
	if (status != 0 || run.result.notes.errors > 0)
		return EXIT_INPUT;
	return fails(&run) ? EXIT_FINDINGS : EXIT_OK;
}

static const enum option_id options[] = {
	OPTION_CONTEXT, OPTION_PROMETHEUS, OPTION_USAGE, OPTION_NODE, OPTION_SNAPSHOT, OPTION_HISTORY, OPTION_STEP, OPTION_INTERVAL,
	OPTION_NAMESPACE, OPTION_SELECTOR, OPTION_BEARER_TOKEN_FILE, OPTION_USER_FILE, OPTION_HEADER, OPTION_CA, OPTION_CERT, OPTION_KEY,
	OPTION_INSECURE, OPTION_TIMEOUT, OPTION_RETRIES, OPTION_SERVER_PERCENTILES, OPTION_RECOMMENDER, OPTION_CPU_PERCENTILE, OPTION_CPU_MARGIN, OPTION_CPU_LIMITS,
	OPTION_MEMORY_PERCENTILE, OPTION_MEMORY_MARGIN, OPTION_MIN_WINDOW, OPTION_MIN_SAMPLES, OPTION_LEAST_CHANGE, OPTION_PRICES, OPTION_HEADROOM, OPTION_LABEL,
	OPTION_PATCHES, OPTION_OUTPUT, OPTION_FAIL_ON, OPTION_ALL, OPTION_COLOUR, OPTION_WIDTH, OPTION_QUIET, OPTION_END,
};

const struct command command_rightsize = {
	.name = "rightsize",
	.arguments = "[OPTION]... [CLUSTER]...",
	.summary = "requests and limits of Kubernetes from what was used",
	.description = "Reads what a cluster runs (manifests, or what kubectl get -o json or yaml\n"
		       "wrote) and what its containers used (Prometheus, its saved answers,\n"
		       "metrics.k8s.io, CSV, this node), and says which requests and limits should\n"
		       "change, which cause each change treats, what follows from it, and what it\n"
		       "saves. It only reads; --patches writes what makes the changes and what takes\n"
		       "them back.\n\n"
		       "Exit status: 0, or 1 with --fail-on when something is recommended; 2 wrong\n"
		       "usage; 3 something could not be read or written, or has mistakes.",
	.options = options,
	.max_positional = 100000,
	.run = run,
};
