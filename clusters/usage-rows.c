/* SPDX-License-Identifier: Apache-2.0 */
#include "usage-rows.h"

#include <errno.h>

#include "../core/strbuf.h"

#define SAMPLES_MAX (1U << 20)		/* 24 bytes each */
#define OWNERS_MAX 1000000U
#define NAMES_MAX (64U << 20)		/* bytes of names */
#define LOOKUPS_MAX 20000000U		/* of names without a namespace */
#define NONE UINT32_MAX

struct owner {
	uint32_t container;		/* in cluster.containers; NONE: of a node */
	const char *pod, *node;
	uint32_t first_feed, first_summary;
};

struct feed {
	uint32_t owner, next;		/* of the same owner */
	uint8_t metric, kind;
	struct usage_feed *feed;	/* asked for with the first sample */
	double last_sec;
};

struct sample {
	uint32_t feed;
	double time_sec, value;
};

struct summary {
	uint32_t next;			/* of the same container */
	uint8_t metric;
	double weight;			/* of mean */
	struct row_summary row;
};

struct usage_rows {
	struct usage *usage;
	const struct cluster *cluster;
	const char *path;
	struct symbols names;		/* of owners: five texts with zero bytes between */
	struct strbuf key;
	struct owner *owners;		/* by symbol */
	struct feed *feeds;
	struct sample *samples;
	struct summary *summaries;
	uint32_t *summary_of;		/* by container: its first + 1; NULL: no summary yet */
	size_t owners_capacity, feeds_capacity, samples_capacity, summaries_capacity;
	uint32_t n_feeds, n_samples, n_summaries;
	size_t names_length;
	struct symbols namespaces;	/* of workloads, for names that come without */
	bool has_namespaces;
	uint32_t lookups;
	uint64_t late, clashes;
	size_t errors, warnings;
};

struct usage_rows *usage_rows_new(struct usage *usage, const struct cluster *cluster, const char *path)
{
	struct usage_rows *rows = xcalloc(1, sizeof(*rows));

	rows->usage = usage;
	rows->cluster = cluster;
	rows->path = path;
	rows->key = (struct strbuf)STRBUF_INIT;
	return rows;
}

void usage_rows_free(struct usage_rows *rows)
{
	if (!rows)
		return;
	symbols_release(&rows->names);
	symbols_release(&rows->namespaces);
	strbuf_release(&rows->key);
	free(rows->owners);
	free(rows->feeds);
	free(rows->samples);
	free(rows->summaries);
	free(rows->summary_of);
	free(rows);
}

/* ---- whose it is ---- */

static uint32_t find_workload_in(const struct cluster *cluster, const char *namespace, const char *kind, const char *name)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "ReplicaSet",
					     "ReplicationController", "Pod" };
	uint32_t found = CLUSTER_NONE;

	if (*kind) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if (strcasecmp(kind, kinds[i]) == 0)
				kind = kinds[i];
		return cluster_find_workload(cluster, namespace, kind, name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint32_t workload = cluster_find_workload(cluster, namespace, kinds[i], name);

		if (workload == CLUSTER_NONE)
			continue;
		if (found != CLUSTER_NONE)
			return CLUSTER_NONE;	/* two of that name */
		found = workload;
	}
	return found;
}

/* Manifests often leave the namespace to whoever applies them. */
static uint32_t find_workload(const struct cluster *cluster, const char *namespace, const char *kind, const char *name)
{
	uint32_t workload = find_workload_in(cluster, namespace, kind, name);

	return workload == CLUSTER_NONE && *namespace ? find_workload_in(cluster, "", kind, name) : workload;
}

static uint32_t find_container(const struct cluster *cluster, const char *namespace, const struct row_owner *owner)
{
	const char *container = *owner->container ? owner->container : NULL;
	uint32_t workload;

	if (!*owner->workload)
		return cluster_match_container(cluster, namespace, owner->pod, container);
	workload = find_workload(cluster, namespace, owner->kind, owner->workload);
	return workload == CLUSTER_NONE ? CLUSTER_NONE : cluster_container_of(cluster, workload, container);
}

static uint32_t find_in_any_namespace(struct usage_rows *rows, const struct row_owner *owner)
{
	const struct cluster *cluster = rows->cluster;
	uint32_t found = CLUSTER_NONE;

	for (uint32_t i = 0; !rows->has_namespaces && i < cluster->n_workloads; i++)
		(void)symbols_intern(&rows->namespaces, cluster->workloads[i].namespace,
				     strlen(cluster->workloads[i].namespace));
	rows->has_namespaces = true;
	for (uint32_t i = 0; i < rows->namespaces.count; i++) {
		uint32_t container;

		if (rows->lookups++ >= LOOKUPS_MAX)
			return CLUSTER_NONE;
		container = find_container(cluster, rows->namespaces.names[i], owner);
		if (container == CLUSTER_NONE)
			continue;
		if (found != CLUSTER_NONE)
			return CLUSTER_NONE;
		found = container;
	}
	return found;
}

static void note_unmatched(struct usage_rows *rows, const struct row_owner *owner)
{
	const char *pod = *owner->pod ? owner->pod : owner->workload;

	usage_note_unmatched(rows->usage, owner->namespace, pod, owner->container);
}

static struct owner owner_find(struct usage_rows *rows, const struct row_owner *row)
{
	struct owner owner = { .container = NONE, .pod = "", .node = NULL, .first_feed = NONE };

	if (*row->node && !*row->pod && !*row->workload) {
		owner.node = row->node;
		return owner;
	}
	owner.container = *row->namespace ? find_container(rows->cluster, row->namespace, row)
					  : find_in_any_namespace(rows, row);
	if (owner.container == CLUSTER_NONE)
		note_unmatched(rows, row);
	else
		owner.pod = row->pod;
	return owner;
}

static bool owner_is_known(const struct owner *owner)
{
	return owner->container != NONE || owner->node;
}

int usage_rows_owner(struct usage_rows *rows, const struct row_owner *row, uint32_t *ret_owner)
{
	const char *const parts[] = { row->namespace, row->pod, row->container, row->kind, row->workload, row->node };
	uint32_t symbol, known = rows->names.count;
	struct owner owner;
	const char *copy;

	strbuf_reset(&rows->key);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		strbuf_add(&rows->key, parts[i], strlen(parts[i]) + 1);
	if (known >= OWNERS_MAX || rows->names_length > NAMES_MAX) {
		symbol = symbols_find(&rows->names, rows->key.buf, rows->key.len);
		if (symbol == SYMBOL_NONE)
			return -E2BIG;
	} else {
		symbol = symbols_intern(&rows->names, rows->key.buf, rows->key.len);
	}
	if (symbol == known) {
		rows->names_length += rows->key.len;
		owner = owner_find(rows, row);
		copy = rows->names.names[symbol];	/* the row's own texts are gone with the row */
		if (*owner.pod)
			owner.pod = copy + strlen(parts[0]) + 1;
		if (owner.node)
			owner.node = copy + rows->key.len - strlen(row->node) - 1;
		GROW(rows->owners, rows->owners_capacity, symbol + 1);
		rows->owners[symbol] = owner;
	}
	*ret_owner = owner_is_known(&rows->owners[symbol]) ? symbol : ROW_OWNER_NONE;
	return 0;
}

/* ---- samples ---- */

static uint32_t feed_of(struct usage_rows *rows, uint32_t number, enum usage_metric metric, enum series_kind kind)
{
	struct owner *owner = &rows->owners[number];
	struct feed *feed;

	for (uint32_t i = owner->first_feed; i != NONE; i = rows->feeds[i].next)
		if (rows->feeds[i].metric == metric && rows->feeds[i].kind == kind)
			return i;
	GROW(rows->feeds, rows->feeds_capacity, rows->n_feeds + 1);
	feed = &rows->feeds[rows->n_feeds];
	*feed = (struct feed){
		.owner = number, .next = owner->first_feed, .metric = (uint8_t)metric, .kind = (uint8_t)kind, .last_sec = -HUGE_VAL,
	};
	owner->first_feed = rows->n_feeds;
	return rows->n_feeds++;
}

static int sample_compare(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->feed != y->feed)
		return x->feed < y->feed ? -1 : 1;
	if (x->time_sec != y->time_sec)
		return x->time_sec < y->time_sec ? -1 : 1;
	return x->value < y->value ? 1 : x->value > y->value ? -1 : 0;
}

static void feed_sample(struct usage_rows *rows, struct feed *feed, const struct sample *sample)
{
	const struct owner *owner = &rows->owners[feed->owner];
	enum usage_metric metric = feed->metric;

	if (!feed->feed)
		feed->feed = owner->node ? usage_node_feed(rows->usage, owner->node, "", metric, rows->path)
					 : usage_feed(rows->usage, owner->container, owner->pod, metric, rows->path);
	switch ((enum series_kind)feed->kind) {
	case SERIES_GAUGE:
		usage_gauge(feed->feed, sample->time_sec, sample->value);
		break;
	case SERIES_COUNTER:
		usage_counter(feed->feed, sample->time_sec, sample->value);
		break;
	case SERIES_CPU_SECONDS:
		usage_cpu_seconds(feed->feed, sample->time_sec, sample->value);
		break;
	case SERIES_IGNORED:
		break;
	}
}

static void flush(struct usage_rows *rows)
{
	if (rows->n_samples > 0)
		qsort(rows->samples, rows->n_samples, sizeof(rows->samples[0]), sample_compare);
	for (uint32_t i = 0; i < rows->n_samples; i++) {
		const struct sample *sample = &rows->samples[i], *before = i > 0 ? sample - 1 : NULL;
		struct feed *feed = &rows->feeds[sample->feed];

		if (before && before->feed == sample->feed && before->time_sec == sample->time_sec) {
			rows->clashes += before->value != sample->value;	/* the highest is first and counts */
			continue;
		}
		if (sample->time_sec <= feed->last_sec) {
			rows->late++;
			continue;
		}
		feed->last_sec = sample->time_sec;
		feed_sample(rows, feed, sample);
	}
	rows->n_samples = 0;
}

void usage_rows_sample(struct usage_rows *rows, uint32_t owner, enum usage_metric metric, enum series_kind kind, double time_sec,
		       double value)
{
	if (kind == SERIES_IGNORED)
		return;
	if (rows->n_samples == SAMPLES_MAX)
		flush(rows);
	GROW(rows->samples, rows->samples_capacity, rows->n_samples + 1);
	rows->samples[rows->n_samples++] = (struct sample){
		.feed = feed_of(rows, owner, metric, kind), .time_sec = time_sec, .value = value,
	};
}

/* ---- summaries ---- */

static struct summary *summary_of(struct usage_rows *rows, uint32_t container, enum usage_metric metric)
{
	struct summary *summary;
	uint32_t *first;

	if (!rows->summary_of)
		rows->summary_of = xcalloc(rows->cluster->n_containers, sizeof(rows->summary_of[0]));
	first = &rows->summary_of[container];
	for (uint32_t i = *first; i != 0; i = rows->summaries[i - 1].next)
		if (rows->summaries[i - 1].metric == metric)
			return &rows->summaries[i - 1];
	GROW(rows->summaries, rows->summaries_capacity, rows->n_summaries + 1);
	summary = &rows->summaries[rows->n_summaries++];
	*summary = (struct summary){ .next = *first, .metric = (uint8_t)metric, .row = ROW_SUMMARY_INIT };
	*first = rows->n_summaries;
	return summary;
}

static void add_percentile(struct row_summary *to, const struct usage_percentile *given)
{
	for (uint32_t i = 0; i < to->n_given; i++) {
		if (to->given[i].quantile == given->quantile) {
			to->given[i].value = MAX(to->given[i].value, given->value);
			return;
		}
	}
	if (to->n_given < USAGE_PERCENTILES_MAX)
		to->given[to->n_given++] = *given;
}

void usage_rows_summary(struct usage_rows *rows, uint32_t owner, enum usage_metric metric, const struct row_summary *row)
{
	uint32_t container = rows->owners[owner].container;
	double weight = row->samples ? (double)row->samples : 1;
	struct row_summary *to;
	struct summary *summary;

	if (container == NONE)
		return;			/* of a node there is nothing to keep it in */
	summary = summary_of(rows, container, metric);
	to = &summary->row;
	for (uint32_t i = 0; i < row->n_given; i++)
		add_percentile(to, &row->given[i]);
	to->min = fmin(to->min, row->min);	/* of a number and NAN: the number */
	to->max = fmax(to->max, row->max);
	to->first_sec = fmin(to->first_sec, row->first_sec);
	to->last_sec = fmax(to->last_sec, row->last_sec);
	to->samples += row->samples;
	to->pods += MAX(row->pods, 1U);
	if (!isnan(row->increase))
		to->increase = (isnan(to->increase) ? 0 : to->increase) + row->increase;
	if (!isnan(row->mean)) {
		to->mean = ((isnan(to->mean) ? 0 : to->mean) * summary->weight + row->mean * weight) / (summary->weight + weight);
		summary->weight += weight;
	}
}

static void give_summary(struct usage_rows *rows, uint32_t container, const struct summary *summary)
{
	const struct row_summary *row = &summary->row;
	enum usage_metric metric = summary->metric;

	if (usage_metric_is_counter(metric)) {
		if (!isnan(row->increase))
			usage_increase(usage_feed(rows->usage, container, "", metric, rows->path), row->first_sec, row->last_sec,
				       row->increase);
		return;
	}
	for (uint32_t i = 0; i < row->n_given; i++)
		usage_given(rows->usage, container, metric, row->given[i].quantile, row->given[i].value, rows->path);
	usage_given_extent(rows->usage, container, metric, row->samples, row->pods, row->first_sec, row->last_sec, row->min,
			   row->max, row->mean);
}

void usage_rows_finish(struct usage_rows *rows)
{
	flush(rows);
	for (uint32_t container = 0; rows->summary_of && container < rows->cluster->n_containers; container++)
		for (uint32_t i = rows->summary_of[container]; i != 0; i = rows->summaries[i - 1].next)
			give_summary(rows, container, &rows->summaries[i - 1]);
	if (rows->late)
		(void)usage_rows_warning(rows, 0, 0, "%llu values stand more than %u values after later ones and were left out; "
					 "sort the file by time", (unsigned long long)rows->late, SAMPLES_MAX);
	if (rows->clashes)
		(void)usage_rows_warning(rows, 0, 0, "%llu times there are several values of one metric for the same container, pod "
					 "and time, of which the highest was taken; is the name of the pod missing?",
					 (unsigned long long)rows->clashes);
	if (rows->lookups > LOOKUPS_MAX)
		(void)usage_rows_warning(rows, 0, 0, "too many different pods without a namespace; those that come last were left out");
	if (rows->errors > ROW_ERRORS_MAX)
		(void)diag_error(usage_notes(rows->usage), &(struct place){ .file = rows->path }, "%zu more errors of this kind",
				 rows->errors - ROW_ERRORS_MAX);
}

/* ---- complaints ---- */

int usage_rows_error(struct usage_rows *rows, unsigned int line, unsigned int column, const char *format, ...)
{
	struct place place = { .file = rows->path, .line = line, .column = column };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	if (++rows->errors > ROW_ERRORS_MAX)
		return -EINVAL;
	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	return diag_error(usage_notes(rows->usage), &place, "%s", text.buf);
}

int usage_rows_warning(struct usage_rows *rows, unsigned int line, unsigned int column, const char *format, ...)
{
	struct place place = { .file = rows->path, .line = line, .column = column };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	if (++rows->warnings > ROW_ERRORS_MAX)
		return -EINVAL;
	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	return diag_warning(usage_notes(rows->usage), &place, "%s", text.buf);
}

size_t usage_rows_errors(const struct usage_rows *rows)
{
	return rows->errors;
}
