/* SPDX-License-Identifier: Apache-2.0 */
#include "prometheus.h"

#include <errno.h>
#include <math.h>

#define GROUP_WEIGHT 1000		/* containers of pods asked for at once */
#define GROUP_NAMESPACES 100		/* their names stand in every expression */
#define STEP_SEC 300.0
#define TIMEOUT_SEC 120.0

typedef int part_ask(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch);

static const struct {
	const char *name;
	part_ask *ask;
} parts[] = {
	{ "samples", prometheus_samples },
	{ "memory and CPU", prometheus_gauges },
	{ "counters", prometheus_counters },
	{ "OOM kills", prometheus_kills },
};

static void progress(struct prometheus *prometheus, const char *what)
{
	const struct prometheus_options *options = prometheus->options;

	if (options->progress)
		options->progress(options->context, prometheus->done, prometheus->total, what);
	prometheus->done++;
}

/* Namespaces from first on that are asked for together. */
static size_t group_size(const struct prometheus *prometheus, size_t first)
{
	uint64_t weight = prometheus->weights[first];
	size_t n = 1;

	while (n < GROUP_NAMESPACES && first + n < prometheus->n_namespaces && weight + prometheus->weights[first + n] <= GROUP_WEIGHT)
		weight += prometheus->weights[first + n++];
	return n;
}

static unsigned int count_groups(const struct prometheus *prometheus)
{
	unsigned int groups = 0;

	for (size_t first = 0; first < prometheus->n_namespaces; first += group_size(prometheus, first))
		groups++;
	return groups;
}

static int ask_groups(struct prometheus *prometheus)
{
	const struct stretch all = { prometheus->options->begin_sec, prometheus->options->end_sec };
	CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;
	int r = 0;

	for (size_t first = 0, n; r == 0 && first < prometheus->n_namespaces; first += n) {
		n = group_size(prometheus, first);
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++) {
			strbuf_reset(&what);
			strbuf_addf(&what, "%s of %s", parts[i].name, prometheus->namespaces[first][0] ? prometheus->namespaces[first] : "all");
			if (n > 1)
				strbuf_addf(&what, " and %zu more", n - 1);
			progress(prometheus, what.buf);
			/* What was too much of others may not be of these. */
			prometheus->stretch_sec = fmin(prometheus->stretch_sec * 2, all.end_sec - all.begin_sec);
			if (parts[i].ask != prometheus_samples || prometheus->options->samples)
				r = parts[i].ask(prometheus, first, n, &all);
		}
	}
	return r;
}

static int ask_everything(struct prometheus *prometheus)
{
	int r;

	progress(prometheus, "what the server has");
	r = prometheus_discover(prometheus);
	if (r < 0)
		return r;
	prometheus->total = 2 + count_groups(prometheus) * (unsigned int)ARRAY_SIZE(parts);
	r = ask_groups(prometheus);
	if (r == 0) {
		progress(prometheus, "nodes");
		r = prometheus_nodes(prometheus);
	}
	if (r == 0)
		progress(prometheus, "done");
	return r;
}

static int check_options(struct prometheus *prometheus, const struct prometheus_options *options)
{
	struct diag *notes = usage_notes(prometheus->usage);
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	if (!(options->begin_sec >= 0 && options->end_sec > options->begin_sec && options->end_sec < 1e11))
		return diag_error(notes, NULL, "Prometheus: the window ends before it begins");
	if (!(options->step_sec >= 1 && options->step_sec <= 86400))
		return diag_error(notes, NULL, "Prometheus: a step is from 1 s to 1 day long");
	if (options->selector && promql_matchers(&prometheus->matchers, options->selector, &why) < 0)
		return diag_error(notes, NULL, "%s", why.buf);
	return 0;
}

static int connect(struct prometheus *prometheus, const struct prometheus_options *options)
{
	const struct http_options http = {
		.url = options->url, .bearer_file = options->bearer_file, .user_file = options->user_file, .headers = options->headers,
		.n_headers = options->n_headers, .ca_file = options->ca_file, .cert_file = options->cert_file, .key_file = options->key_file,
		.insecure = options->insecure, .timeout_sec = options->timeout_sec, .retries = options->retries,
	};
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	int r = http_open(&http, &why, &prometheus->http);

	if (r < 0) {
		(void)diag_error(usage_notes(prometheus->usage), NULL, "Prometheus: %s", why.buf);
		return r;
	}
	prometheus->source = arena_formatf(&prometheus->arena, "Prometheus %s", http_server(prometheus->http));
	if (http_exposed(prometheus->http))
		(void)diag_warning(usage_notes(prometheus->usage), NULL, "%s: credentials go there unencrypted", prometheus->source);
	return 0;
}

static void tell_bad(struct prometheus *prometheus)
{
	struct diag *notes = usage_notes(prometheus->usage);

	if (prometheus->bad)
		(void)diag_warning(notes, NULL, "%s: %llu series or values were none (NaN, infinite, negative, or of another type)",
				   prometheus->source, (unsigned long long)prometheus->bad);
	if (prometheus->histograms)
		(void)diag_warning(notes, NULL, "%s: %llu histograms were passed over", prometheus->source,
				   (unsigned long long)prometheus->histograms);
}

static void prometheus_release(struct prometheus *prometheus)
{
	http_close(prometheus->http);
	strbuf_release(&prometheus->matchers);
	strbuf_release(&prometheus->version);
	strbuf_release(&prometheus->too_much);
	symbols_release(&prometheus->target_keys);
	arena_release(&prometheus->arena);
	free(prometheus->has);
	free(prometheus->node_has);
	free(prometheus->namespaces);
	free(prometheus->weights);
	free(prometheus->targets);
}

int usage_read_prometheus(struct usage *usage, const struct cluster *cluster, const struct prometheus_options *given)
{
	struct prometheus_options options = *given;
	CLEANUP(prometheus_release) struct prometheus prometheus = {
		.usage = usage, .cluster = cluster, .options = &options, .matchers = STRBUF_INIT, .version = STRBUF_INIT,
		.too_much = STRBUF_INIT, .total = 1,
	};
	int r;

	options.step_sec = options.step_sec > 0 ? options.step_sec : STEP_SEC;
	options.timeout_sec = options.timeout_sec > 0 ? options.timeout_sec : TIMEOUT_SEC;
	/* The same points whenever it is asked: what is short falls between them or not, and a cache in front of the server can help. */
	if (options.end_sec - options.begin_sec > 2 * options.step_sec) {
		options.begin_sec = floor(options.begin_sec / options.step_sec) * options.step_sec;
		options.end_sec = floor(options.end_sec / options.step_sec) * options.step_sec;
	}
	options.n_quantiles = MIN(options.n_quantiles, ARRAY_SIZE(options.quantiles));
	prometheus.stretch_sec = options.end_sec - options.begin_sec;
	r = check_options(&prometheus, &options);
	if (r == 0)
		r = connect(&prometheus, &options);
	if (r < 0)
		return r;
	r = ask_everything(&prometheus);
	tell_bad(&prometheus);
	return r;
}
