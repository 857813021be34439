/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of questions about the containers of some namespaces in a stretch of time. */
#include "prometheus.h"

#include <errno.h>
#include <math.h>

#define POINTS_MAX 9000			/* a series has at most 11,000 in one answer; a last stretch may be an eighth longer */
#define ANSWER_SAMPLES_MAX 4e6		/* of all series: about 100 MB */
#define LOOKBACK_SEC 300.0		/* how long a server takes a sample for the latest one */
#define FAILED_MAX 3			/* blocks in a row: nobody answers any more */

/* ---- stretches that the server can answer ---- */

typedef int block_ask(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch, void *context);

static int note_left_out(struct prometheus *prometheus, size_t first, const struct stretch *stretch)
{
	if (prometheus->failed == 0)
		(void)diag_error(usage_notes(prometheus->usage), NULL, "%s: even %.0f minutes of namespace %s are too much for it and left out (%s)",
				 prometheus->source, (stretch->end_sec - stretch->begin_sec) / 60, prometheus->namespaces[first],
				 prometheus->too_much.buf);
	return ++prometheus->failed >= FAILED_MAX ? -E2BIG : 0;
}

/* From begin to end, in pieces of what the server answered last; a piece that is too much is halved, then its namespaces. */
static int in_stretches(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *all, double most_sec, block_ask *ask,
			void *context)
{
	double least = fmax(2 * prometheus->options->step_sec, 1800), at = all->begin_sec;
	int r = 0;

	while (r == 0 && at < all->end_sec) {
		double length = fmin(fmin(prometheus->stretch_sec, most_sec), all->end_sec - at);
		struct stretch stretch = { at, at + length };

		/* No crumb at the end. */
		if (all->end_sec - stretch.end_sec < length / 8)
			stretch.end_sec = all->end_sec;
		r = ask(prometheus, first, n, &stretch, context);
		if (r == QUERY_TOO_MUCH && length > least) {
			prometheus->stretch_sec = fmax(length / 2, least);
			r = 0;
			continue;
		}
		if (r == QUERY_TOO_MUCH && n > 1) {
			r = in_stretches(prometheus, first, n / 2, &stretch, most_sec, ask, context);
			if (r == 0)
				r = in_stretches(prometheus, first + n / 2, n - n / 2, &stretch, most_sec, ask, context);
		} else if (r == QUERY_TOO_MUCH) {
			r = note_left_out(prometheus, first, &stretch);
		} else if (r == 0) {
			prometheus->failed = 0;
		}
		at = stretch.end_sec;
	}
	return r;
}

static uint64_t weight_of(const struct prometheus *prometheus, size_t first, size_t n)
{
	uint64_t weight = 0;

	for (size_t i = 0; i < n; i++)
		weight += prometheus->weights[first + i];
	return MAX(weight, 1);
}

/* What a series is in every expression: each group's own, told once. */
static void add_unique(const struct prometheus *prometheus, const struct label_scheme *scheme, bool with_id, struct strbuf *out)
{
	strbuf_add_string(out, "max by (");
	promql_by(prometheus, scheme, with_id, out);
	strbuf_add_string(out, ") (");
}

static void on_histogram(void *context)
{
	(*(struct prometheus **)context)->histograms++;
}

static void on_warning(void *context, const char *text)
{
	struct prometheus *prometheus = *(struct prometheus **)context;

	if (!prometheus->warned)
		(void)diag_warning(usage_notes(prometheus->usage), NULL, "%s warns: %.*s", prometheus->source, 300, text);
	prometheus->warned = true;
}

/* ---- gauges: what the server computes over the stretch ---- */

enum field { FIELD_COUNT, FIELD_MEAN, FIELD_FIRST, FIELD_LAST, FIELD_HOUR, FIELD_POINT };

#define HOUR_SEC 3600.0
#define HOUR_STEP_SEC 600.0		/* an hour begins every so often */

struct gauge_block {
	struct prometheus *prometheus;	/* first: on_warning() */
	const struct series_kind_of *kind;
	struct pool_grid grid;
	bool whole;			/* with all of the grid, and when it was there */
	/* This stretch's. */
	struct symbols keys;		/* target and group */
	struct sketch *sketches;
	struct stretch *seen;
	size_t capacity, seen_capacity;
	uint32_t at;
	enum field field;
	size_t point;
	/* Of all stretches. */
	struct sketch *pool;
	size_t n_pool, pool_capacity;
};

static bool gauge_series(void *context, const struct series_label *labels, size_t n)
{
	struct gauge_block *block = context;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	uint32_t target = target_of_labels(block->prometheus, labels, n), before = block->keys.count;

	if (target == UINT32_MAX)
		return false;
	strbuf_add(&key, &target, sizeof(target));
	strbuf_add_string(&key, series_label_value(labels, n, "id"));
	block->at = symbols_intern(&block->keys, key.buf, key.len);
	if (block->at == before) {
		struct sketch *sketch;

		GROW(block->sketches, block->capacity, (size_t)before + 1);
		GROW(block->seen, block->seen_capacity, (size_t)before + 1);
		sketch = &block->sketches[before];
		*sketch = (struct sketch){ .container = block->prometheus->targets[target].container, .target = target, .count = NAN, .mean = NAN, .hour = NAN };
		for (size_t i = 0; i < POOL_POINTS_MAX; i++)
			sketch->at[i] = NAN;
		block->seen[before] = (struct stretch){ NAN, NAN };
	}
	return true;
}

static void gauge_sample(void *context, double time_sec, double value)
{
	struct gauge_block *block = context;
	struct sketch *sketch = &block->sketches[block->at];

	switch (block->field) {
	case FIELD_COUNT:
		sketch->count = value;
		break;
	case FIELD_MEAN:
		sketch->mean = value;
		break;
	case FIELD_HOUR:
		sketch->hour = value;
		break;
	case FIELD_FIRST:
		block->seen[block->at].begin_sec = value;
		break;
	case FIELD_LAST:
		block->seen[block->at].end_sec = value;
		break;
	case FIELD_POINT:
		sketch->at[block->point] = value;
		break;
	}
}

static void add_function(const struct gauge_block *block, struct strbuf *out)
{
	double quantile = block->grid.quantiles[block->point];

	if (block->field == FIELD_COUNT)
		strbuf_add_string(out, "count_over_time(");
	else if (block->field == FIELD_MEAN)
		strbuf_add_string(out, "avg_over_time(");
	else if (block->field == FIELD_FIRST || (block->field == FIELD_POINT && quantile <= 0))
		strbuf_add_string(out, "min_over_time(");
	else if (block->field == FIELD_LAST || block->field == FIELD_HOUR || quantile >= 1)
		strbuf_add_string(out, "max_over_time(");
	else
		strbuf_addf(out, "quantile_over_time(%.6g,", quantile);
}

/* CPU: quantile_over_time(0.95, max by (…) (rate(container_cpu_usage_seconds_total{…}[330s]))[86400s:300s])
 * Its busiest hour: max_over_time(max by (…) (rate(container_cpu_usage_seconds_total{…}[3600s]))[86400s:600s])
 * Memory, of every scrape: max by (…) (quantile_over_time(0.95, container_memory_working_set_bytes{…}[86400s]))
 * When it was there, coarsely: max by (…) (min_over_time(timestamp(…)[86400s:600s])) */
static void gauge_expression(const struct gauge_block *block, const struct label_scheme *scheme, size_t first, size_t n,
			     const struct stretch *stretch, struct strbuf *out)
{
	const struct prometheus *prometheus = block->prometheus;
	double length = stretch->end_sec - stretch->begin_sec, step = prometheus->options->step_sec;
	bool time = block->field == FIELD_FIRST || block->field == FIELD_LAST, hour = block->field == FIELD_HOUR;
	bool rate = block->kind->kind == SERIES_CPU_SECONDS && !time;

	if (!rate)
		add_unique(prometheus, scheme, true, out);
	add_function(block, out);
	if (rate)
		add_unique(prometheus, scheme, true, out);
	strbuf_add_string(out, rate ? "rate(" : time ? "timestamp(" : "");
	promql_selector(prometheus, block->kind->name, FAMILY_CGROUP, scheme, first, n, "", out);
	if (rate) {
		strbuf_add_char(out, '[');
		promql_duration(out, hour ? fmax(HOUR_SEC, prometheus->rate_sec) : prometheus->rate_sec);
		strbuf_add_string(out, "]))");
	}
	strbuf_add_string(out, time ? ")[" : "[");
	promql_duration(out, length);
	if (rate || time) {
		strbuf_add_char(out, ':');
		promql_duration(out, time ? fmax(step, length / 500) : hour ? fmax(step, HOUR_STEP_SEC) : step);
	}
	strbuf_add_string(out, rate ? "])" : "]))");
}

static int gauge_ask(struct gauge_block *block, size_t first, size_t n, const struct stretch *stretch)
{
	static const struct response_handler handler = {
		.series = gauge_series, .sample = gauge_sample, .warning = on_warning, .histogram = on_histogram,
	};
	struct prometheus *prometheus = block->prometheus;
	int r = 0;

	for (size_t i = 0; r == 0 && i < prometheus->n_schemes[FAMILY_CGROUP]; i++) {
		CLEANUP(strbuf_release) struct strbuf expression = STRBUF_INIT;

		gauge_expression(block, &prometheus->schemes[FAMILY_CGROUP][i], first, n, stretch, &expression);
		r = prometheus_query(prometheus, expression.buf, stretch->end_sec, &handler, block);
	}
	return r;
}

static int gauge_ask_all(struct gauge_block *block, size_t first, size_t n, const struct stretch *stretch)
{
	int r = 0;

	for (enum field field = FIELD_COUNT; r == 0 && field < FIELD_POINT; field++) {
		block->field = field;
		if (field == FIELD_HOUR && block->kind->metric != USAGE_CPU)
			continue;
		if (block->whole || field < FIELD_FIRST)
			r = gauge_ask(block, first, n, stretch);
	}
	block->field = FIELD_POINT;
	for (block->point = 0; r == 0 && block->point < block->grid.n; block->point++)
		r = gauge_ask(block, first, n, stretch);
	block->point = 0;
	return r;
}

static void target_seen(struct target *target, const struct stretch *seen)
{
	if (!(target->first_sec <= seen->begin_sec))
		target->first_sec = seen->begin_sec;
	if (!(target->last_sec >= seen->end_sec))
		target->last_sec = seen->end_sec;
}

/* All answers are whole: they count. */
static void gauge_take(struct gauge_block *block)
{
	struct prometheus *prometheus = block->prometheus;

	for (uint32_t i = 0; i < block->keys.count; i++) {
		struct sketch *sketch = &block->sketches[i];

		if (!sketch_mend(sketch, &block->grid)) {
			prometheus->bad++;
			continue;
		}
		if (block->whole)
			target_seen(&prometheus->targets[sketch->target], &block->seen[i]);
		GROW(block->pool, block->pool_capacity, block->n_pool + 1);
		block->pool[block->n_pool++] = *sketch;
	}
}

static int gauge_stretch(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch, void *context)
{
	struct gauge_block *block = context;
	int r = gauge_ask_all(block, first, n, stretch);

	if (r == 0)
		gauge_take(block);
	symbols_release(&block->keys);
	block->keys = (struct symbols)SYMBOLS_INIT;
	return r;
}

static int sketch_compare(const void *a, const void *b)
{
	const struct sketch *x = a, *y = b;

	if (x->container != y->container)
		return x->container < y->container ? -1 : 1;
	return x->target < y->target ? -1 : x->target > y->target;
}

/* How pods differ: sketches are in order of their targets. */
static void gauge_give_pods(struct gauge_block *block, const struct sketch *sketches, size_t n, double seen_sec)
{
	const struct prometheus_options *options = block->prometheus->options;
	CLEANUP(free_ptr) struct usage_given_pod *pods = xcalloc(n + 1, sizeof(*pods));
	double there_sec = 0;
	size_t count = 0;

	for (size_t i = 0, end; i < n; i = end) {
		const struct target *target = &block->prometheus->targets[sketches[i].target];
		struct usage_given_pod *pod = &pods[count++];

		*pod = (struct usage_given_pod){ .pod = target->pod, .hour = NAN };
		there_sec += fmax(target->last_sec - target->first_sec, 0);
		for (end = i; end < n && sketches[end].target == sketches[i].target; end++) {
			pod->samples += sketches[end].count;
			pod->hour = fmax(pod->hour, sketches[end].hour);
		}
		pod->p95 = pool_quantile(&sketches[i], end - i, &block->grid, 0.95);
		for (size_t q = 0; q < options->n_quantiles && pod->n_given < USAGE_PERCENTILES_MAX; q++)
			pod->given[pod->n_given++] = (struct usage_percentile){
				options->quantiles[q], pool_quantile(&sketches[i], end - i, &block->grid, options->quantiles[q]),
			};
	}
	usage_given_pods(block->prometheus->usage, sketches[0].container, block->kind->metric, pods, count,
			 seen_sec > 0 ? there_sec / seen_sec : 1);
}

static void gauge_give_one(struct gauge_block *block, const struct sketch *sketches, size_t n)
{
	struct prometheus *prometheus = block->prometheus;
	uint32_t container = sketches[0].container, pods = 0;
	double count = 0, sum = 0, min = INFINITY, max = 0, first = NAN, last = NAN;
	const struct pool_grid *grid = &block->grid;

	for (size_t i = 0; i < n; i++) {
		const struct target *target = &prometheus->targets[sketches[i].target];

		count += sketches[i].count;
		sum += sketches[i].count * sketches[i].mean;
		min = fmin(min, sketches[i].at[0]);
		max = fmax(max, sketches[i].at[grid->n - 1]);
		pods += i == 0 || sketches[i].target != sketches[i - 1].target;
		first = fmin(first, target->first_sec);
		last = fmax(last, target->last_sec);
	}
	if (isnan(first) || !(last >= first)) {
		first = prometheus->options->begin_sec;
		last = prometheus->options->end_sec;
	}
	for (size_t i = 0; block->whole && i < prometheus->options->n_quantiles; i++)
		usage_given(prometheus->usage, container, block->kind->metric, prometheus->options->quantiles[i],
			    pool_quantile(sketches, n, grid, prometheus->options->quantiles[i]), prometheus->source);
	if (block->whole)
		gauge_give_pods(block, sketches, n, last - first);
	usage_given(prometheus->usage, container, block->kind->metric, 1, max, prometheus->source);
	usage_given_extent(prometheus->usage, container, block->kind->metric, (uint64_t)count, pods, first, last, min, max, sum / count);
}

static bool says_nothing(const struct gauge_block *block, const struct sketch *sketches, size_t n)
{
	for (size_t i = 0; block->kind->zero_says_nothing && i < n; i++)
		if (sketches[i].at[block->grid.n - 1] > 0)
			return false;
	return block->kind->zero_says_nothing;
}

static void gauge_give(struct gauge_block *block)
{
	if (block->n_pool > 0)
		qsort(block->pool, block->n_pool, sizeof(*block->pool), sketch_compare);
	for (size_t i = 0, end; i < block->n_pool; i = end) {
		for (end = i + 1; end < block->n_pool && block->pool[end].container == block->pool[i].container; end++)
			;
		if (!says_nothing(block, &block->pool[i], end - i))
			gauge_give_one(block, &block->pool[i], end - i);
	}
}

static int gauge_run(struct prometheus *prometheus, const struct series_kind_of *kind, size_t first, size_t n, const struct stretch *stretch)
{
	struct gauge_block block = { .prometheus = prometheus, .kind = kind };
	/* A server keeps every point of a subquery until it is done. */
	double most = kind->kind == SERIES_CPU_SECONDS ? ANSWER_SAMPLES_MAX / (double)weight_of(prometheus, first, n) * prometheus->options->step_sec
						       : INFINITY;
	int r;

	block.whole = kind->metric == USAGE_CPU || kind->metric == USAGE_MEMORY_WORKING_SET;
	if (block.whole)
		pool_grid_init(&block.grid, prometheus->options->quantiles, prometheus->options->n_quantiles);
	else
		block.grid = (struct pool_grid){ .quantiles = { 0, 1 }, .n = 2 };
	r = in_stretches(prometheus, first, n, stretch, fmax(most, 3600), gauge_stretch, &block);
	gauge_give(&block);
	free(block.sketches);
	free(block.seen);
	free(block.pool);
	return r;
}

int prometheus_gauges(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch)
{
	size_t n_kinds;
	const struct series_kind_of *kinds = series_table(&n_kinds);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_kinds; i++) {
		bool sampled = kinds[i].metric == USAGE_CPU || kinds[i].metric == USAGE_MEMORY_WORKING_SET;

		if (prometheus->has[i] && kinds[i].kind != SERIES_COUNTER && !(sampled && prometheus->options->samples))
			r = gauge_run(prometheus, &kinds[i], first, n, stretch);
	}
	return r;
}

/* ---- counters: what the server says they grew ---- */

struct growth {
	uint32_t target;
	double increase;
};

struct counter_block {
	struct prometheus *prometheus;
	const struct series_kind_of *kind;
	struct growth *growths;
	size_t n, capacity;
	uint32_t target;
};

static bool counter_series(void *context, const struct series_label *labels, size_t n)
{
	struct counter_block *block = context;

	block->target = target_of_labels(block->prometheus, labels, n);
	return block->target != UINT32_MAX;
}

static void counter_sample(void *context, double time_sec, double value)
{
	struct counter_block *block = context;

	if (!(value >= 0) || isinf(value)) {
		block->prometheus->bad++;
		return;
	}
	GROW(block->growths, block->capacity, block->n + 1);
	block->growths[block->n++] = (struct growth){ block->target, value };
}

/* Whole things are counted: increase() stretches what it saw to the ends of the window. */
static bool counts_events(enum usage_metric metric)
{
	return metric == USAGE_OOM_KILLS || metric == USAGE_RESTARTS;
}

/* By container, so that zeros count where another pod of it shows that they do. */
static int growth_compare(const struct growth *a, const struct growth *b, struct prometheus *prometheus)
{
	uint32_t x = prometheus->targets[a->target].container, y = prometheus->targets[b->target].container;

	if (x != y)
		return x < y ? -1 : 1;
	return a->target < b->target ? -1 : a->target > b->target;
}

static int growth_compare_in(const void *a, const void *b, void *context)
{
	return growth_compare(a, b, context);
}

static void counter_feed(struct counter_block *block, const struct growth *growth, const struct stretch *stretch)
{
	struct prometheus *prometheus = block->prometheus;
	const struct target *target = &prometheus->targets[growth->target];
	double begin = fmax(stretch->begin_sec, target->first_sec), end = fmin(stretch->end_sec, target->last_sec);
	double increase = counts_events(block->kind->metric) ? round(growth->increase) : growth->increase;

	if (!(end > begin)) {
		begin = stretch->begin_sec;
		end = stretch->end_sec;
	}
	usage_increase(usage_feed(prometheus->usage, target->container, target->pod, block->kind->metric, prometheus->source), begin, end,
		       increase);
}

static void counter_take(struct counter_block *block, const struct stretch *stretch)
{
	const struct target *targets = block->prometheus->targets;

	qsort_r(block->growths, block->n, sizeof(*block->growths), growth_compare_in, block->prometheus);
	for (size_t i = 0, end; i < block->n; i = end) {
		bool moved = !block->kind->zero_says_nothing;

		for (end = i; end < block->n && targets[block->growths[end].target].container == targets[block->growths[i].target].container;
		     end++)
			moved |= block->growths[end].increase > 0;
		/* The lives of one pod's container are one. */
		for (size_t j = i; moved && j < end; j++) {
			struct growth growth = block->growths[j];

			while (j + 1 < end && block->growths[j + 1].target == growth.target)
				growth.increase += block->growths[++j].increase;
			counter_feed(block, &growth, stretch);
		}
	}
}

static int counter_stretch(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch, void *context)
{
	static const struct response_handler handler = {
		.series = counter_series, .sample = counter_sample, .warning = on_warning, .histogram = on_histogram,
	};
	struct counter_block *block = context;
	enum series_family family = block->kind->kube_state ? FAMILY_KUBE_STATE : FAMILY_CGROUP;
	int r = 0;

	block->n = 0;
	for (size_t i = 0; r == 0 && i < prometheus->n_schemes[family]; i++) {
		const struct label_scheme *scheme = &prometheus->schemes[family][i];
		CLEANUP(strbuf_release) struct strbuf expression = STRBUF_INIT;

		add_unique(prometheus, scheme, family == FAMILY_CGROUP, &expression);
		strbuf_add_string(&expression, "increase(");
		promql_selector(prometheus, block->kind->name, family, scheme, first, n, "", &expression);
		strbuf_add_char(&expression, '[');
		promql_duration(&expression, stretch->end_sec - stretch->begin_sec);
		strbuf_add_string(&expression, "]))");
		r = prometheus_query(prometheus, expression.buf, stretch->end_sec, &handler, block);
	}
	if (r == 0)
		counter_take(block, stretch);
	return r;
}

int prometheus_counters(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch)
{
	size_t n_kinds;
	const struct series_kind_of *kinds = series_table(&n_kinds);
	struct counter_block block = { .prometheus = prometheus };
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_kinds; i++) {
		if (!prometheus->has[i] || kinds[i].kind != SERIES_COUNTER)
			continue;
		block.kind = &kinds[i];
		r = in_stretches(prometheus, first, n, stretch, INFINITY, counter_stretch, &block);
	}
	free(block.growths);
	return r;
}

/* ---- samples: of CPU and the working set, for `vpa`, charts and how pods differ ---- */

struct sample_block {
	struct prometheus *prometheus;
	const struct series_kind_of *kind;
	struct usage_feed *feed;
	struct target *target;
	double *last_sec;		/* of its samples */
};

static bool sample_series(void *context, const struct series_label *labels, size_t n)
{
	struct sample_block *block = context;
	struct prometheus *prometheus = block->prometheus;
	uint32_t number = target_of_labels(prometheus, labels, n);
	struct target *target;

	if (number == UINT32_MAX)
		return false;
	target = block->target = &prometheus->targets[number];
	block->feed = usage_feed(prometheus->usage, target->container, target->pod, block->kind->metric, prometheus->source);
	block->last_sec = &target->sampled_sec[block->kind->metric == USAGE_CPU ? 0 : 1];
	return true;
}

/* What came before a broken answer was asked again does not count twice. */
static void sample_sample(void *context, double time_sec, double value)
{
	struct sample_block *block = context;

	if (!(time_sec > *block->last_sec))
		return;
	*block->last_sec = time_sec;
	target_seen(block->target, &(struct stretch){ time_sec, time_sec });
	usage_gauge(block->feed, time_sec, value);
}

/* Memory as the greatest between two points: a peak that was scraped is not missed. */
static int sample_stretch(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch, void *context)
{
	static const struct response_handler handler = {
		.series = sample_series, .sample = sample_sample, .warning = on_warning, .histogram = on_histogram,
	};
	struct sample_block *block = context;
	bool rate = block->kind->kind == SERIES_CPU_SECONDS;
	int r = 0;

	for (size_t i = 0; r == 0 && i < prometheus->n_schemes[FAMILY_CGROUP]; i++) {
		const struct label_scheme *scheme = &prometheus->schemes[FAMILY_CGROUP][i];
		CLEANUP(strbuf_release) struct strbuf expression = STRBUF_INIT;

		add_unique(prometheus, scheme, false, &expression);
		strbuf_add_string(&expression, rate ? "rate(" : "max_over_time(");
		promql_selector(prometheus, block->kind->name, FAMILY_CGROUP, scheme, first, n, "", &expression);
		strbuf_add_char(&expression, '[');
		promql_duration(&expression, rate ? prometheus->rate_sec : prometheus->options->step_sec);
		strbuf_add_string(&expression, "]))");
		r = prometheus_query_range(prometheus, expression.buf, stretch, prometheus->options->step_sec, &handler, block);
	}
	return r;
}

int prometheus_samples(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch)
{
	size_t n_kinds;
	const struct series_kind_of *kinds = series_table(&n_kinds);
	struct sample_block block = { .prometheus = prometheus };
	double points = fmin(POINTS_MAX, ANSWER_SAMPLES_MAX / (double)weight_of(prometheus, first, n));
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_kinds; i++) {
		if (!prometheus->has[i] || (kinds[i].metric != USAGE_CPU && kinds[i].metric != USAGE_MEMORY_WORKING_SET))
			continue;
		block.kind = &kinds[i];
		r = in_stretches(prometheus, first, n, stretch, fmax(points, 12) * prometheus->options->step_sec, sample_stretch, &block);
	}
	return r;
}

/* ---- kills for want of memory ---- */

/* kube-state-metrics says why a container last ended, until it ends for another reason, and how often it was started anew.  So the
 * number of restarts, wherever that reason holds: where it first appears, and wherever it grows, one was killed.  What holds
 * at the very beginning was killed earlier. */
struct kill_block {
	struct prometheus *prometheus;
	uint32_t target;
	double begin_sec;		/* of the whole window */
	bool limits;			/* what is asked now: what it was allowed */
};

static bool kill_series(void *context, const struct series_label *labels, size_t n)
{
	struct kill_block *block = context;

	block->target = target_of_labels(block->prometheus, labels, n);
	return block->target != UINT32_MAX;
}

/* When it was, where the pod itself is known and says so: the same kill is told once. */
static double kill_time(const struct prometheus *prometheus, const struct target *target, double seen_sec)
{
	const struct cluster *cluster = prometheus->cluster;
	const struct cluster_pod *pod = target->known_pod != CLUSTER_NONE ? &cluster->pods[target->known_pod] : NULL;

	for (uint32_t i = 0; pod && i < pod->n_containers; i++) {
		const struct pod_container *container = &cluster->pod_containers[pod->first_container + i];
		double before = seen_sec - (double)container->last_oom_sec;

		if (container->container == target->container && container->oom_killed && before >= 0
		    && before < LOOKBACK_SEC + 2 * prometheus->options->step_sec)
			return (double)container->last_oom_sec;
	}
	return seen_sec;
}

static void kill_sample(void *context, double time_sec, double value)
{
	struct kill_block *block = context;
	struct prometheus *prometheus = block->prometheus;
	struct target *target = &prometheus->targets[block->target];
	double step = prometheus->options->step_sec;
	bool new, appeared;

	if (block->limits) {
		target->limit = fmax(target->limit, value);
		return;
	}
	if (!(time_sec > target->kill_sec) || !(value >= 0))
		return;
	appeared = !(time_sec - target->kill_sec < 1.5 * step) && time_sec > block->begin_sec + step / 2;
	new = appeared ? !(value <= target->restarts) : value > target->restarts;
	if (new)
		usage_oom(prometheus->usage, target->container, target->pod, kill_time(prometheus, target, time_sec),
			  target->limit > 0 ? target->limit : NAN);
	target->restarts = value;
	target->kill_sec = time_sec;
}

static bool has_restarts(const struct prometheus *prometheus)
{
	size_t n;
	const struct series_kind_of *kinds = series_table(&n);

	for (size_t i = 0; i < n; i++)
		if (prometheus->has[i] && streq(kinds[i].name, "kube_pod_container_status_restarts_total"))
			return true;
	return false;
}

static void add_reason(const struct prometheus *prometheus, const struct label_scheme *scheme, const char *joined, const char *reason, size_t first,
		       size_t n, struct strbuf *out)
{
	strbuf_addf(out, " %s on (", joined);
	promql_by(prometheus, scheme, false, out);
	strbuf_add_string(out, ") ");
	add_unique(prometheus, scheme, false, out);
	promql_selector(prometheus, "kube_pod_container_status_last_terminated_reason", FAMILY_KUBE_STATE, scheme, first, n, reason, out);
	strbuf_add_string(out, " == 1)");
}

/* max by (…) (VALUE) and on (…) max by (…) (REASON{reason="OOMKilled"} == 1) unless on (…) max by (…) (REASON{reason!="OOMKilled"} == 1)
 * Where nothing marks the end of a series, it is seen for five minutes more: beside the reason that followed. */
static int kill_ask(struct kill_block *block, const char *name, const char *more, size_t first, size_t n, const struct stretch *stretch)
{
	static const struct response_handler handler = {
		.series = kill_series, .sample = kill_sample, .warning = on_warning, .histogram = on_histogram,
	};
	struct prometheus *prometheus = block->prometheus;
	int r = 0;

	for (size_t i = 0; r == 0 && i < prometheus->n_schemes[FAMILY_KUBE_STATE]; i++) {
		const struct label_scheme *scheme = &prometheus->schemes[FAMILY_KUBE_STATE][i];
		CLEANUP(strbuf_release) struct strbuf expression = STRBUF_INIT;

		add_unique(prometheus, scheme, false, &expression);
		promql_selector(prometheus, name, FAMILY_KUBE_STATE, scheme, first, n, more, &expression);
		strbuf_add_char(&expression, ')');
		add_reason(prometheus, scheme, "and", "reason=\"OOMKilled\"", first, n, &expression);
		add_reason(prometheus, scheme, "unless", "reason!=\"OOMKilled\"", first, n, &expression);
		r = prometheus_query_range(prometheus, expression.buf, stretch, prometheus->options->step_sec, &handler, block);
	}
	return r;
}

static int kill_stretch(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch, void *context)
{
	struct kill_block *block = context;
	int r = 0;

	block->limits = true;
	if (prometheus->has_limits)
		r = kill_ask(block, "kube_pod_container_resource_limits", "resource=\"memory\"", first, n, stretch);
	else if (prometheus->has_limits_old)
		r = kill_ask(block, "kube_pod_container_resource_limits_memory_bytes", "", first, n, stretch);
	block->limits = false;
	if (r == 0)
		r = kill_ask(block, has_restarts(prometheus) ? "kube_pod_container_status_restarts_total" :
							      "kube_pod_container_status_last_terminated_reason",
			     has_restarts(prometheus) ? "" : "reason=\"OOMKilled\"", first, n, stretch);
	return r;
}

int prometheus_kills(struct prometheus *prometheus, size_t first, size_t n, const struct stretch *stretch)
{
	struct kill_block block = { .prometheus = prometheus, .begin_sec = stretch->begin_sec };

	if (!prometheus->has_oom_reason)
		return 0;
	return in_stretches(prometheus, first, n, stretch, POINTS_MAX * prometheus->options->step_sec, kill_stretch, &block);
}
