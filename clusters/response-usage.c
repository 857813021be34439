/* SPDX-License-Identifier: Apache-2.0 */
/* Saved answers into usage.  In what order series stand in them, and how many tell the same, nobody promises: a container that was
 * restarted has one for each life (cAdvisor's label id), two scrapers or two endpoints of one kubelet tell everything twice.  So it is
 * kept for each pod's container and metric which stretches of time were fed; what falls into one of them again is not fed again. */
#include "response.h"

#include <errno.h>
#include <math.h>

#define SPANS_MAX 64			/* of one pod's container and metric */

struct span {
	struct span *next;
	struct usage_feed *feed;
	double begin_sec, end_sec;
};

struct owner_spans {
	struct span *first;
	unsigned int count;
};

/* The series that is being read. */
struct current {
	const struct series_kind_of *kind;
	struct owner_spans *spans;
	struct span *span;		/* its own; NULL until it has one */
	uint32_t container;		/* CLUSTER_NONE: of a node */
	struct strbuf pod;		/* of a node: its name */
	struct strbuf slice;
	bool oom;			/* why it was last terminated */
	bool oom_told;
	/* Zeros that may say nothing are held until something else shows that they do. */
	bool zeros_count;
	unsigned int n_zeros;
	double first_zero_sec, last_zero_sec;
};

struct reading {
	struct usage *usage;
	const struct cluster *cluster;
	const char *source;
	struct arena arena;		/* spans */
	struct symbols keys;
	struct owner_spans *spans;	/* by the number of their key */
	size_t spans_capacity;
	struct current current;
	uint64_t unnamed, unknown, fed, histograms, crowded;
};

static struct owner_spans *spans_of(struct reading *reading, uint32_t container, enum usage_metric metric, const char *pod, const char *slice)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	uint32_t before = reading->keys.count, number;

	strbuf_add(&key, &container, sizeof(container));
	strbuf_add(&key, &metric, sizeof(metric));
	strbuf_add(&key, pod, strlen(pod) + 1);
	strbuf_add_string(&key, slice);
	number = symbols_intern(&reading->keys, key.buf, key.len);
	if (number == before) {
		GROW(reading->spans, reading->spans_capacity, (size_t)number + 1);
		reading->spans[number] = (struct owner_spans){ 0 };
	}
	return &reading->spans[number];
}

/* ---- samples ---- */

static struct usage_feed *feed_of(struct reading *reading, unsigned int number)
{
	struct current *current = &reading->current;
	CLEANUP(strbuf_release) struct strbuf pod = STRBUF_INIT;

	/* One feed takes samples in their order: what comes before what it has goes into another one. */
	strbuf_add_string(&pod, current->pod.buf);
	if (number > 0)
		strbuf_addf(&pod, " (%u)", number + 1);
	if (current->container == CLUSTER_NONE)
		return number > 0 ? NULL : usage_node_feed(reading->usage, current->pod.buf, current->slice.buf, current->kind->metric,
							   reading->source);
	return usage_feed(reading->usage, current->container, pod.buf, current->kind->metric, reading->source);
}

static struct span *span_new(struct reading *reading, double time_sec)
{
	struct owner_spans *spans = reading->current.spans;
	struct usage_feed *feed = spans->count < SPANS_MAX ? feed_of(reading, spans->count) : NULL;
	struct span *span;

	if (!feed) {
		reading->crowded++;
		return NULL;
	}
	span = arena_alloc(&reading->arena, sizeof(*span));
	*span = (struct span){ .next = spans->first, .feed = feed, .begin_sec = time_sec, .end_sec = time_sec };
	spans->first = span;
	spans->count++;
	return span;
}

/* Where a sample goes: on after what was before it; NULL when it was told already. */
static struct span *span_for(struct reading *reading, double time_sec)
{
	struct current *current = &reading->current;
	struct span *before = NULL;

	for (struct span *span = current->spans->first; span; span = span->next) {
		if (span != current->span && time_sec >= span->begin_sec && time_sec <= span->end_sec)
			return NULL;
		if (span->end_sec < time_sec && (!before || span->end_sec > before->end_sec))
			before = span;
	}
	if (current->span)
		return current->span;
	current->span = before ? before : span_new(reading, time_sec);
	return current->span;
}

static void sample_feed(struct reading *reading, double time_sec, double value)
{
	struct span *span = span_for(reading, time_sec);

	if (!span)
		return;
	switch (reading->current.kind->kind) {
	case SERIES_GAUGE:
		usage_gauge(span->feed, time_sec, value);
		break;
	case SERIES_COUNTER:
		usage_counter(span->feed, time_sec, value);
		break;
	case SERIES_CPU_SECONDS:
		usage_cpu_seconds(span->feed, time_sec, value);
		break;
	case SERIES_IGNORED:
		return;
	}
	reading->fed++;
	span->end_sec = fmax(span->end_sec, time_sec);
}

static void zeros_feed(struct reading *reading)
{
	struct current *current = &reading->current;

	current->zeros_count = true;
	if (current->n_zeros > 0)
		sample_feed(reading, current->first_zero_sec, 0);
	if (current->n_zeros > 1)
		sample_feed(reading, current->last_zero_sec, 0);
}

/* It is 1 from the end of a container that the kernel killed until it ends for another reason. */
static void oom_sample(struct reading *reading, double time_sec, double value)
{
	struct current *current = &reading->current;

	if (value > 0 && !current->oom_told)
		usage_oom(reading->usage, current->container, current->pod.buf, time_sec, NAN);
	current->oom_told = value > 0;
}

static void on_sample(void *context, double time_sec, double value)
{
	struct reading *reading = context;
	struct current *current = &reading->current;

	if (current->oom) {
		oom_sample(reading, time_sec, value);
		return;
	}
	if (current->kind->zero_says_nothing && !current->zeros_count) {
		if (value == 0) {
			current->first_zero_sec = current->n_zeros++ == 0 ? time_sec : current->first_zero_sec;
			current->last_zero_sec = time_sec;
			return;
		}
		zeros_feed(reading);
	}
	sample_feed(reading, time_sec, value);
}

/* ---- whose it is ---- */

static bool of_container(struct reading *reading, const struct series_name *name, const struct series_label *labels, size_t n)
{
	struct current *current = &reading->current;
	uint32_t container;

	current->oom = series_tells_oom(name, labels, n);
	current->kind = series_find(name->name);
	if (!current->kind && !current->oom) {
		reading->unknown++;
		return false;
	}
	container = cluster_match_container(reading->cluster, name->namespace, name->pod, name->container);
	if (container == CLUSTER_NONE) {
		usage_note_unmatched(reading->usage, name->namespace, name->pod, name->container);
		return false;
	}
	current->container = container;
	strbuf_add_string(&current->pod, name->pod);
	if (current->kind)
		current->spans = spans_of(reading, container, current->kind->metric, name->pod, "");
	return true;
}

static bool of_node(struct reading *reading, const struct series_name *name)
{
	struct current *current = &reading->current;

	current->kind = series_node_find(name->name);
	if (!current->kind && name->id[0] && series_slice(name->id, &current->slice))
		current->kind = series_find(name->name);
	if (!current->kind || !series_node(reading->cluster, name, &current->pod))
		return false;
	current->container = CLUSTER_NONE;
	current->spans = spans_of(reading, CLUSTER_NONE, current->kind->metric, current->pod.buf, current->slice.buf);
	return true;
}

static bool on_series(void *context, const struct series_label *labels, size_t n)
{
	struct reading *reading = context;
	struct current *current = &reading->current;
	struct series_name name;

	strbuf_reset(&current->pod);
	strbuf_reset(&current->slice);
	*current = (struct current){ .pod = current->pod, .slice = current->slice };
	series_name_of_labels(labels, n, &name);
	if (!name.name[0]) {
		reading->unnamed++;
		return false;
	}
	if (series_of_container(&name))
		return of_container(reading, &name, labels, n);
	return of_node(reading, &name);
}

/* ---- the file ---- */

static void on_warning(void *context, const char *text)
{
	struct reading *reading = context;
	struct place place = { .file = reading->source };

	(void)diag_warning(usage_notes(reading->usage), &place, "the server warns: %s", text);
}

static void on_histogram(void *context)
{
	((struct reading *)context)->histograms++;
}

static void note_count(struct reading *reading, uint64_t count, const char *what)
{
	struct place place = { .file = reading->source };

	if (count > 0)
		(void)diag_warning(usage_notes(reading->usage), &place, "%llu %s", (unsigned long long)count, what);
}

static int read_pieces(struct reading *reading, struct response *response, struct stream *stream, const struct read_options *options)
{
	struct place place = { .file = reading->source };
	const void *bytes;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = stream_next(stream, &bytes)) != 0) {
		if (n < 0) {
			(void)diag_error(usage_notes(reading->usage), &place, "%s", stream->why.len ? stream->why.buf : strerror((int)-n));
			return (int)n;
		}
		r = response_feed(response, bytes, (size_t)n);
		if (options && options->progress)
			options->progress(options->context, reading->source, stream->passed, 0);
	}
	if (r == 0)
		r = response_finish(response);
	if (r == 0)
		return 0;
	response_place(response, &place);
	if (r == -EREMOTEIO)
		return diag_error(usage_notes(reading->usage), &place, "the server's answer is an error: %s", response_problem(response));
	return diag_error(usage_notes(reading->usage), &place, "%s", response_problem(response));
}

int response_read_usage(struct usage *usage, const struct cluster *cluster, const char *path, struct stream *stream,
			const struct read_options *options)
{
	static const struct response_handler handler = {
		.series = on_series, .sample = on_sample, .warning = on_warning, .histogram = on_histogram,
	};
	struct reading reading = { .usage = usage, .cluster = cluster, .source = path };
	CLEANUP(response_free_ptr) struct response *response = response_new(&handler, &reading, true);
	int r;

	reading.current.pod = reading.current.slice = (struct strbuf)STRBUF_INIT;
	r = read_pieces(&reading, response, stream, options);
	note_count(&reading, response_bad(response), "series or samples in it are none");
	note_count(&reading, reading.histograms, "histograms were passed over");
	note_count(&reading, reading.crowded, "samples were left out: too many series tell of the same container");
	if (reading.fed == 0) {
		note_count(&reading, reading.unknown, "series of containers have names that are not known here");
		note_count(&reading, reading.unnamed, "series have no name (__name__): those that an expression made cannot be told apart");
	}
	strbuf_release(&reading.current.pod);
	strbuf_release(&reading.current.slice);
	free(reading.spans);
	symbols_release(&reading.keys);
	arena_release(&reading.arena);
	return r;
}
