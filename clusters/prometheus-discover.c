/* SPDX-License-Identifier: Apache-2.0 */
/* What a server is and has: its version, the names of series, how their labels are called, the namespaces to ask for. */
#include "prometheus.h"

#include <errno.h>
#include <math.h>

static const char oom_reason[] = "kube_pod_container_status_last_terminated_reason";
static const char limits[] = "kube_pod_container_resource_limits";
static const char limits_old[] = "kube_pod_container_resource_limits_memory_bytes";	/* kube-state-metrics before 2.0 */

/* Those of old kubelets only where they are; those of a scraper that renamed some only as they were renamed. */
static const struct {
	struct label_scheme scheme;
	const char *needs, *needs_not;
} known_schemes[] = {
	{ { "namespace", "pod", "container", NULL }, "pod", NULL },
	{ { "namespace", "pod_name", "container_name", "pod" }, "pod_name", NULL },
	{ { "exported_namespace", "exported_pod", "exported_container", NULL }, "exported_pod", NULL },
	{ { "exported_namespace", "pod", "container", NULL }, "exported_namespace", "exported_pod" },
};

/* ---- texts ---- */

struct text_list {
	struct arena arena;
	const char **texts;
	size_t n, capacity;
};

#define TEXTS_MAX 1000000

static void list_release(struct text_list *list)
{
	free(list->texts);
	arena_release(&list->arena);
}

static void on_text(void *context, const char *key, const char *text)
{
	struct text_list *list = context;

	if (key[0] || list->n == TEXTS_MAX)
		return;
	GROW(list->texts, list->capacity, list->n + 1);
	list->texts[list->n++] = arena_strdup(&list->arena, text);
}

static bool list_has(const struct text_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->texts[i], text))
			return true;
	return false;
}

static int ask_list(struct prometheus *prometheus, const char *path, const char *match, struct text_list *list)
{
	static const struct response_handler handler = { .text = on_text };
	CLEANUP(strbuf_release) struct strbuf begin = STRBUF_INIT, end = STRBUF_INIT;
	struct query query = { .path = path, .optional = true, .n_fields = 3 };

	strbuf_addf(&begin, "%.3f", prometheus->options->begin_sec);
	strbuf_addf(&end, "%.3f", prometheus->options->end_sec);
	query.fields[0] = (struct http_field){ "match[]", match };
	query.fields[1] = (struct http_field){ "start", begin.buf };
	query.fields[2] = (struct http_field){ "end", end.buf };
	return prometheus_ask(prometheus, &query, &handler, list);
}

/* ---- what it is ---- */

static void on_build(void *context, const char *key, const char *text)
{
	struct prometheus *prometheus = context;

	if (streq(key, "version")) {
		strbuf_reset(&prometheus->version);
		strbuf_add(&prometheus->version, text, MIN(strlen(text), (size_t)40));
	}
}

/* Others that speak its language have no such page; what matters is whether they answer. */
static int discover_version(struct prometheus *prometheus)
{
	static const struct response_handler handler = { .text = on_build };
	const struct query query = { .path = "/api/v1/status/buildinfo", .optional = true };
	int r = prometheus_ask(prometheus, &query, &handler, prometheus);

	if (r == QUERY_TOO_MUCH) {
		(void)diag_error(usage_notes(prometheus->usage), NULL, "%s: no answer within %g s", prometheus->source,
				 prometheus->options->timeout_sec);
		return -ETIMEDOUT;
	}
	return r == -ENOENT ? 0 : r;
}

/* ---- names of series ---- */

static void add_name(struct strbuf *regex, const char *name)
{
	strbuf_addf(regex, "%s%s", regex->len ? "|" : "", name);
}

static void match_of_names(const struct prometheus *prometheus, const struct strbuf *regex, struct strbuf *match)
{
	strbuf_addf(match, "{__name__=~\"%s\",%s", regex->buf, prometheus->matchers.buf);
	strbuf_truncate(match, match->len - 1);
	strbuf_add_char(match, '}');
}

static void names_asked(struct strbuf *regex)
{
	size_t n;
	const struct series_kind_of *table = series_table(&n);

	for (size_t i = 0; i < n; i++)
		add_name(regex, table[i].name);
	table = series_node_table(&n);
	for (size_t i = 0; i < n; i++)
		add_name(regex, table[i].name);
	add_name(regex, oom_reason);
	add_name(regex, limits);
	add_name(regex, limits_old);
}

/* Of several names for one metric the first choice; of names that nobody knows whether they are there, none is left out. */
static void names_known(struct prometheus *prometheus, const struct text_list *names, bool all)
{
	size_t n;
	const struct series_kind_of *table = series_table(&n);

	for (size_t i = 0; i < n; i++)
		prometheus->has[i] = all || list_has(names, table[i].name);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (table[j].metric == table[i].metric && table[j].choice < table[i].choice && prometheus->has[j])
				prometheus->has[i] = false;
	prometheus->has_oom_reason = all || list_has(names, oom_reason);
	prometheus->has_limits = all || list_has(names, limits);
	prometheus->has_limits_old = !all && list_has(names, limits_old);
	table = series_node_table(&n);
	for (size_t i = 0; i < n; i++)
		prometheus->node_has[i] = all || list_has(names, table[i].name);
}

static int discover_names(struct prometheus *prometheus)
{
	CLEANUP(list_release) struct text_list names = { 0 };
	CLEANUP(strbuf_release) struct strbuf regex = STRBUF_INIT, match = STRBUF_INIT;
	size_t n, n_node;
	int r;

	(void)series_table(&n);
	(void)series_node_table(&n_node);
	prometheus->has = xcalloc(n, sizeof(bool));
	prometheus->node_has = xcalloc(n_node, sizeof(bool));
	names_asked(&regex);
	match_of_names(prometheus, &regex, &match);
	r = ask_list(prometheus, "/api/v1/label/__name__/values", match.buf, &names);
	if (r < 0 && r != -ENOENT && r != QUERY_TOO_MUCH)
		return r;
	names_known(prometheus, &names, r < 0);
	if (r == 0 && names.n == 0)
		(void)diag_warning(usage_notes(prometheus->usage), NULL,
				   "%s has no series of containers in this window%s: is it the right server, and the right time?",
				   prometheus->source, prometheus->matchers.len ? " with this selector" : "");
	return 0;
}

/* ---- labels ---- */

/* What many servers are one of (Thanos, Mimir) has series of all their clusters, in which the same names mean other things. */
static int discover_clusters(struct prometheus *prometheus, const struct text_list *labels, const char *match)
{
	static const char *const names[] = { "cluster", "cluster_name", "cluster_id", "k8s_cluster" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
		CLEANUP(list_release) struct text_list clusters = { 0 };

		if (!list_has(labels, names[i]))
			continue;
		strbuf_addf(&path, "/api/v1/label/%s/values", names[i]);
		r = ask_list(prometheus, path.buf, match, &clusters);
		if (r != 0 || clusters.n < 2)
			continue;
		(void)diag_warning(usage_notes(prometheus->usage), NULL,
				   "%s has series of %zu clusters (%.40s, %.40s%s), which are taken for one: choose yours with --selector '%s=\"%.40s\"'",
				   prometheus->source, clusters.n, clusters.texts[0], clusters.texts[1], clusters.n > 2 ? " …" : "", names[i],
				   clusters.texts[0]);
		break;
	}
	return r == -ENOENT || r == QUERY_TOO_MUCH ? 0 : r;
}

static int discover_labels(struct prometheus *prometheus, enum series_family family)
{
	CLEANUP(list_release) struct text_list labels = { 0 };
	CLEANUP(strbuf_release) struct strbuf regex = STRBUF_INIT, match = STRBUF_INIT;
	size_t *n = &prometheus->n_schemes[family];
	int r;

	/* One that every container has. */
	add_name(&regex, family == FAMILY_CGROUP ? "container_memory_working_set_bytes|container_cpu_usage_seconds_total" :
						   "kube_pod_container_status_restarts_total|kube_pod_container_status_last_terminated_reason");
	match_of_names(prometheus, &regex, &match);
	r = ask_list(prometheus, "/api/v1/labels", match.buf, &labels);
	if (r < 0 && r != -ENOENT && r != QUERY_TOO_MUCH)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(known_schemes); i++) {
		if (r == 0 && (!list_has(&labels, known_schemes[i].needs)
			       || (known_schemes[i].needs_not && list_has(&labels, known_schemes[i].needs_not))))
			continue;
		if (r < 0 && i > 0)
			break;
		prometheus->schemes[family][(*n)++] = known_schemes[i].scheme;
	}
	/* What has both is of the exporter by its exported_ labels only. */
	for (size_t i = 0; i + 1 < *n; i++)
		if (!prometheus->schemes[family][i].without && starts_with(prometheus->schemes[family][*n - 1].namespace, "exported_"))
			prometheus->schemes[family][i].without = prometheus->schemes[family][*n - 1].namespace;
	if (family != FAMILY_CGROUP || r != 0)
		return 0;
	prometheus->has_id = list_has(&labels, "id");
	if (labels.n && !list_has(&labels, "container") && !list_has(&labels, "container_name") && !list_has(&labels, "exported_container"))
		(void)diag_warning(usage_notes(prometheus->usage), NULL,
				   "%s has series of whole pods only: none has a label container (cri-dockerd tells the kubelet of none; a cAdvisor of its own does)",
				   prometheus->source);
	return discover_clusters(prometheus, &labels, match.buf);
}

/* ---- namespaces ---- */

#define WEIGHT_MAX 1000000U

static void namespace_add(struct prometheus *prometheus, struct symbols *seen, const char *name, int64_t weight)
{
	uint32_t before = seen->count, at;

	if (prometheus->options->namespace && prometheus->options->namespace[0] && !streq(name, prometheus->options->namespace))
		return;
	at = symbols_intern(seen, name, strlen(name));
	if (at == before) {
		GROW(prometheus->namespaces, prometheus->namespaces_capacity, prometheus->n_namespaces + 1);
		GROW(prometheus->weights, prometheus->weights_capacity, prometheus->n_namespaces + 1);
		prometheus->namespaces[prometheus->n_namespaces] = arena_strdup(&prometheus->arena, name);
		prometheus->weights[prometheus->n_namespaces++] = 0;
	}
	prometheus->weights[at] = (uint32_t)MIN(prometheus->weights[at] + weight, (int64_t)WEIGHT_MAX);
}

/* A manifest without a namespace may be applied to any. */
static bool namespaces_of_cluster(struct prometheus *prometheus, struct symbols *seen)
{
	const struct cluster *cluster = prometheus->cluster;
	bool any = false;

	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		const struct workload *workload = &cluster->workloads[i];
		int64_t pods = MAX(MAX(workload->replicas, (int64_t)workload->n_pods), 1);

		if (workload->namespace[0])
			namespace_add(prometheus, seen, workload->namespace,
				      MAX(MIN(pods, (int64_t)WEIGHT_MAX) * MIN(workload->n_containers, WEIGHT_MAX), 1));
		else
			any = true;
	}
	return any;
}

static int discover_namespaces(struct prometheus *prometheus)
{
	CLEANUP(symbols_release) struct symbols seen = SYMBOLS_INIT;
	CLEANUP(list_release) struct text_list names = { 0 };
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, match = STRBUF_INIT, regex = STRBUF_INIT;
	int r;

	if (!namespaces_of_cluster(prometheus, &seen))
		return 0;
	if (prometheus->options->namespace && prometheus->options->namespace[0]) {
		namespace_add(prometheus, &seen, prometheus->options->namespace, 1);
		return 0;
	}
	add_name(&regex, "container_memory_working_set_bytes|container_cpu_usage_seconds_total");
	match_of_names(prometheus, &regex, &match);
	for (size_t i = 0; i < prometheus->n_schemes[FAMILY_CGROUP]; i++) {
		strbuf_reset(&path);
		strbuf_addf(&path, "/api/v1/label/%s/values", prometheus->schemes[FAMILY_CGROUP][i].namespace);
		r = ask_list(prometheus, path.buf, match.buf, &names);
		if (r < 0 && r != -ENOENT && r != QUERY_TOO_MUCH)
			return r;
	}
	for (size_t i = 0; i < names.n; i++)
		namespace_add(prometheus, &seen, names.texts[i], 100);
	/* Nobody can tell them: all at once. */
	if (names.n == 0) {
		prometheus->n_namespaces = 0;
		symbols_release(&seen);
		seen = (struct symbols)SYMBOLS_INIT;
		namespace_add(prometheus, &seen, "", 1000);
	}
	return 0;
}

/* ---- how often it is scraped ---- */

/* Over five minutes: at least two samples of any usual scraper, and what the field means by usage; and never less than a step.  One scrape
 * more is asked for: what grew between the last scrape of one window and the first of the next is in neither, and of work that begins at the same
 * second of every five minutes that is always the same part. */
#define RATE_SEC 300.0
#define RATE_SAMPLES 4
#define RATE_TIMES 4

static void on_count(void *context, double time_sec, double value)
{
	double *most = context;

	*most = fmax(*most, value);
}

static bool on_counts(void *context, const struct series_label *labels, size_t n)
{
	return true;
}

/* How many samples an hour a series has where most have them, at four times of the window and over two lengths: an hour in which the
 * server was down, or a container that ran for minutes, does not make the scraper look slow, which would average bursts away.
 * Of the namespace with the most containers.  What is scraped every five minutes has no rate over five minutes. */
static int discover_rate(struct prometheus *prometheus)
{
	static const struct response_handler handler = { .series = on_counts, .sample = on_count };
	/* Both ends of ten minutes may have one. */
	static const struct { const char *range; double per_hour, less; } lengths[] = { { "[1h]))", 1, 0 }, { "[10m]))", 6, 1 } };
	const struct prometheus_options *options = prometheus->options;
	double most = 0, scrape_sec;
	size_t largest = 0;
	int r = 0;

	prometheus->rate_sec = RATE_SEC;
	if (prometheus->n_schemes[FAMILY_CGROUP] == 0 || prometheus->n_namespaces == 0)
		return 0;
	for (size_t i = 1; i < prometheus->n_namespaces; i++)
		if (prometheus->weights[i] > prometheus->weights[largest])
			largest = i;
	for (size_t i = 0; r == 0 && i < RATE_TIMES * ARRAY_SIZE(lengths); i++) {
		double before = (double)(i / ARRAY_SIZE(lengths)) / RATE_TIMES * (options->end_sec - options->begin_sec), count = 0;
		CLEANUP(strbuf_release) struct strbuf expression = STRBUF_INIT;

		strbuf_add_string(&expression, "max(count_over_time(");
		promql_selector(prometheus, "container_cpu_usage_seconds_total", FAMILY_CGROUP, &prometheus->schemes[FAMILY_CGROUP][0],
				largest, 1, "", &expression);
		strbuf_add_string(&expression, lengths[i % ARRAY_SIZE(lengths)].range);
		r = prometheus_query(prometheus, expression.buf, options->end_sec - before, &handler, &count);
		most = fmax(most, (count - lengths[i % ARRAY_SIZE(lengths)].less) * lengths[i % ARRAY_SIZE(lengths)].per_hour);
	}
	scrape_sec = most >= 1 ? ceil(3600 / most) : 0;
	prometheus->rate_sec = fmax(fmax(RATE_SEC, options->step_sec) + scrape_sec, fmin(RATE_SAMPLES * scrape_sec, 4 * 3600));
	return r == QUERY_TOO_MUCH ? 0 : r;
}

int prometheus_discover(struct prometheus *prometheus)
{
	int r = discover_version(prometheus);

	if (r == 0)
		r = discover_names(prometheus);
	for (enum series_family family = 0; r == 0 && family < FAMILY_COUNT; family++)
		r = discover_labels(prometheus, family);
	if (r == 0)
		r = discover_namespaces(prometheus);
	if (r == 0)
		r = discover_rate(prometheus);
	return r;
}
