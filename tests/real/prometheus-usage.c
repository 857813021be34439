/* SPDX-License-Identifier: Apache-2.0 */
/* What a Prometheus tells of some containers, for tests: URL BEGIN END STEP [OPTION=VALUE]… NAMESPACE/KIND/NAME/CONTAINER…
 * With saved=FILE a saved answer instead.  A line for each container and metric, then one for each note; the status says whether the run came to its end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../../clusters/reader.h"
#include "../../core/parse.h"

#define HEADERS_MAX 8

static double number(const char *text)
{
	double value = 0;

	return parse_real(text, &value) == 0 ? value : -1;
}

static void add_node(struct cluster *cluster, const char *name)
{
	GROW(cluster->nodes, cluster->nodes_capacity, (size_t)cluster->n_nodes + 1);
	cluster->nodes[cluster->n_nodes++] = (struct cluster_node){ .name = name };
}

/* "shop/Deployment/web/app"; containers of one workload follow each other. */
static void add_container(struct cluster *cluster, char *text)
{
	char *kind = strchr(text, '/'), *name = kind ? strchr(kind + 1, '/') : NULL, *container = name ? strchr(name + 1, '/') : NULL;
	struct workload *last = cluster->n_workloads ? &cluster->workloads[cluster->n_workloads - 1] : NULL;

	if (!container)
		return;
	*kind++ = *name++ = *container++ = '\0';
	if (!last || !streq(last->namespace, text) || !streq(last->name, name)) {
		last = cluster_add_workload(cluster);
		last->namespace = cluster_name(cluster, text);
		last->kind = cluster_name(cluster, kind);
		last->name = cluster_name(cluster, name);
	}
	cluster_add_container(cluster)->name = cluster_name(cluster, container);
}

static void print_series(const struct usage_series *series, const char *who, const char *container, const struct prometheus_options *options)
{
	printf("%s%s%s %s samples=%llu pods=%u", who, container[0] ? "/" : "", container, usage_metric_name(series->metric),
	       (unsigned long long)series->samples, series->pods);
	if (usage_metric_is_counter(series->metric)) {
		printf(" increase=%.6g rate=%.6g", series->increase, usage_rate(series));
	} else {
		printf(" min=%.6g max=%.6g mean=%.6g", series->min, series->max, usage_mean(series));
		for (size_t i = 0; i < options->n_quantiles; i++)
			printf(" p%g=%.6g", options->quantiles[i] * 100, usage_percentile(series, options->quantiles[i]));
	}
	printf(" first=%.0f last=%.0f bad=%u\n", series->first_sec, series->last_sec, series->bad);
}

static void print_usage(const struct cluster *cluster, const struct usage *usage, const struct prometheus_options *options)
{
	for (uint32_t i = 0; i < cluster->n_containers; i++) {
		const struct workload *workload = &cluster->workloads[cluster->containers[i].workload];
		double when = 0, memory = usage_last_oom_memory(usage, i, &when);

		for (enum usage_metric metric = 0; metric < USAGE_METRIC_COUNT; metric++)
			if (usage_get(usage, i, metric))
				print_series(usage_get(usage, i, metric), workload->name, cluster->containers[i].name, options);
		if (usage_oom_count(usage, i))
			printf("%s/%s oom kills=%u memory=%.0f\n", workload->name, cluster->containers[i].name, usage_oom_count(usage, i), memory);
	}
	for (uint32_t i = 0; i < cluster->n_nodes; i++) {
		static const char *const slices[] = { "", "system.slice", "kubepods.slice" };

		for (size_t j = 0; j < ARRAY_SIZE(slices); j++)
			for (enum usage_metric metric = 0; metric < USAGE_METRIC_COUNT; metric++)
				if (usage_node_get(usage, cluster->nodes[i].name, slices[j], metric))
					print_series(usage_node_get(usage, cluster->nodes[i].name, slices[j], metric), cluster->nodes[i].name,
						     slices[j], options);
	}
	printf("unmatched %zu %s\n", usage_unmatched(usage), usage_unmatched(usage) ? usage_unmatched_example(usage, 0) : "");
}

static void take_quantiles(struct prometheus_options *options, char *text)
{
	char *save = NULL;

	options->n_quantiles = 0;
	for (char *at = strtok_r(text, ",", &save); at && options->n_quantiles < 8; at = strtok_r(NULL, ",", &save))
		options->quantiles[options->n_quantiles++] = number(at);
}

static const char *arg_saved;

static int read_saved(struct usage *usage, const struct cluster *cluster)
{
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	int fd = open(arg_saved, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	stream = stream_of_fd(fd, &budget);
	return usage_read_stream(usage, cluster, arg_saved, stream, NULL);
}

static bool take_option(struct prometheus_options *options, struct cluster *cluster, char *text)
{
	static const char *headers[HEADERS_MAX];
	char *equals = strchr(text, '='), *slash = strchr(text, '/');
	const struct {
		const char *name;
		const char **to;
	} texts[] = {
		{ "bearer", &options->bearer_file }, { "user", &options->user_file }, { "ca", &options->ca_file },
		{ "cert", &options->cert_file }, { "key", &options->key_file }, { "selector", &options->selector },
		{ "namespace", &options->namespace }, { "saved", &arg_saved },
	};

	if (!equals || (slash && slash < equals))
		return false;
	*equals = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (streq(text, texts[i].name))
			*texts[i].to = equals + 1;
	if (streq(text, "header") && options->n_headers < HEADERS_MAX) {
		headers[options->n_headers++] = equals + 1;
		options->headers = headers;
	} else if (streq(text, "node")) {
		add_node(cluster, equals + 1);
	} else if (streq(text, "quantiles")) {
		take_quantiles(options, equals + 1);
	} else if (streq(text, "timeout")) {
		options->timeout_sec = number(equals + 1);
	} else if (streq(text, "retries")) {
		options->retries = (unsigned int)number(equals + 1);
	} else if (streq(text, "insecure")) {
		options->insecure = true;
	} else if (streq(text, "samples")) {
		options->samples = true;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct prometheus_options options = { .quantiles = { 0.5, 0.95 }, .n_quantiles = 2, .timeout_sec = 20 };
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(cluster);
	const struct diag *notes = usage_notes(usage);
	int r;

	if (argc < 5)
		return 2;
	options.url = argv[1];
	options.begin_sec = number(argv[2]);
	options.end_sec = number(argv[3]);
	options.step_sec = number(argv[4]);
	for (int i = 5; i < argc; i++)
		if (!take_option(&options, cluster, argv[i]))
			add_container(cluster, argv[i]);
	cluster_join(cluster);
	r = arg_saved ? read_saved(usage, cluster) : usage_read_prometheus(usage, cluster, &options);
	usage_finish(usage);
	print_usage(cluster, usage, &options);
	for (size_t i = 0; i < notes->count; i++)
		printf("%s: %s\n", notes->entries[i].level == DIAG_ERROR ? "error" : "warning", notes->entries[i].message);
	return r < 0;
}
