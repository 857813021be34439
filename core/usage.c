/* SPDX-License-Identifier: Apache-2.0 */
#include "usage.h"

#include <assert.h>
#include <errno.h>

#include "usage-store.h"

#define GAP_STEPS 5
#define LEAST_SEC 0.0			/* of times: 1970 … */
#define MOST_SEC 1e11			/* … and the year 5138 */
#define STATUS_SEC 900.0		/* between a kill and the sample that counts it */
#define UNMATCHED_KEPT 10

static const struct {
	const char *name;
	bool counter;
} metrics[USAGE_METRIC_COUNT] = {
	/* clang-format off */
	[USAGE_CPU]			= { "cpu", false },
	[USAGE_MEMORY_WORKING_SET]	= { "memory.working_set", false },
	[USAGE_MEMORY_USAGE]		= { "memory.usage", false },
	[USAGE_MEMORY_ANON]		= { "memory.anon", false },
	[USAGE_MEMORY_ACTIVE_FILE]	= { "memory.active_file", false },
	[USAGE_MEMORY_INACTIVE_FILE]	= { "memory.inactive_file", false },
	[USAGE_MEMORY_SLAB_RECLAIMABLE]	= { "memory.slab_reclaimable", false },
	[USAGE_MEMORY_SHMEM]		= { "memory.shmem", false },
	[USAGE_MEMORY_SWAP]		= { "memory.swap", false },
	[USAGE_MEMORY_PEAK]		= { "memory.peak", false },
	[USAGE_THREADS]			= { "threads", false },
	[USAGE_CPU_PERIODS]		= { "cpu.periods", true },
	[USAGE_CPU_THROTTLED_PERIODS]	= { "cpu.throttled_periods", true },
	[USAGE_CPU_THROTTLED_SEC]	= { "cpu.throttled_seconds", true },
	[USAGE_OOM_KILLS]		= { "memory.oom_kills", true },
	[USAGE_OOM_EVENTS]		= { "memory.oom_events", true },
	[USAGE_MEMORY_MAX_EVENTS]	= { "memory.max_events", true },
	[USAGE_MEMORY_HIGH_EVENTS]	= { "memory.high_events", true },
	[USAGE_RESTARTS]		= { "restarts", true },
	[USAGE_REFAULTS]		= { "memory.refaults", true },
	[USAGE_PSI_CPU_SEC]		= { "pressure.cpu.some", true },
	[USAGE_PSI_CPU_FULL_SEC]	= { "pressure.cpu.full", true },
	[USAGE_PSI_MEMORY_SEC]		= { "pressure.memory.some", true },
	[USAGE_PSI_MEMORY_FULL_SEC]	= { "pressure.memory.full", true },
	[USAGE_PSI_IO_SEC]		= { "pressure.io.some", true },
	[USAGE_PSI_IO_FULL_SEC]		= { "pressure.io.full", true },
	/* clang-format on */
};

struct usage {
	const struct cluster *cluster;
	struct arena arena;		/* owners, series and feeds */
	struct symbols names;		/* of pods and nodes */
	struct usage_owner **owners;	/* of containers, by their number */
	size_t owners_capacity;
	uint32_t n_owners;
	struct usage_owner **nodes;	/* by the symbol of "NODE\0SLICE"; sparse */
	size_t nodes_capacity;
	uint32_t n_nodes;
	struct usage_store_series **series;
	size_t series_capacity;
	uint32_t n_series;
	struct usage_feed **table;	/* open addressing, by series and pod */
	uint32_t table_size, n_feeds;	/* a power of two */
	size_t unmatched;
	const char *examples[UNMATCHED_KEPT];
	struct diag notes;
	bool pods_asked, finished;
};

bool usage_metric_is_counter(enum usage_metric metric)
{
	return metrics[metric].counter;
}

const char *usage_metric_name(enum usage_metric metric)
{
	return metrics[metric].name;
}

int usage_metric_parse(const char *name, enum usage_metric *ret_metric)
{
	for (unsigned int i = 0; i < USAGE_METRIC_COUNT; i++) {
		if (!streq(metrics[i].name, name))
			continue;
		*ret_metric = (enum usage_metric)i;
		return 0;
	}
	return -EINVAL;
}

struct usage *usage_new(const struct cluster *cluster)
{
	struct usage *usage = xcalloc(1, sizeof(*usage));

	usage->cluster = cluster;
	return usage;
}

static void series_release(struct usage_store_series *series)
{
	for (struct usage_feed *feed = series->feeds; feed; feed = feed->next) {
		if (feed->digest)
			free(feed->digest->histogram.counts);
		free(feed->digest);
	}
	if (series->public.decaying)
		vpa_histogram_release(series->public.decaying);
	if (series->public.pods_seen)
		usage_histogram_free(series->public.pods_seen->of_busiest);
	free(series->public.pods_seen);
	free(series->given_pods);
	free(series->public.decaying);
	usage_histogram_free(series->public.histogram);
	free(series->public.course);
	free(series->course.slots);
}

void usage_free(struct usage *usage)
{
	if (!usage)
		return;
	for (uint32_t i = 0; i < usage->n_series; i++)
		series_release(usage->series[i]);
	free(usage->series);
	free(usage->owners);
	free(usage->nodes);
	free(usage->table);
	symbols_release(&usage->names);
	arena_release(&usage->arena);
	diag_release(&usage->notes);
	free(usage);
}

/* ---- who is fed ---- */

static struct usage_owner *owner_at(struct usage *usage, struct usage_owner ***list, size_t *capacity,
				    uint32_t *count, uint32_t index, uint32_t container)
{
	struct usage_owner *owner;

	if (index >= *count) {
		GROW(*list, *capacity, (size_t)index + 1);
		memset(*list + *count, 0, (index + 1 - *count) * sizeof(**list));
		*count = index + 1;
	}
	owner = (*list)[index];
	if (!owner) {
		owner = (*list)[index] = arena_alloc(&usage->arena, sizeof(*owner));
		owner->container = container;
		owner->oom_memory = owner->oom_sec = NAN;
	}
	return owner;
}

static struct usage_owner *container_owner(struct usage *usage, uint32_t container)
{
	assert(container != CLUSTER_NONE);
	return owner_at(usage, &usage->owners, &usage->owners_capacity, &usage->n_owners, container, container);
}

static uint32_t node_symbol(const struct symbols *names, struct symbols *add, const char *node, const char *slice)
{
	size_t length = strlen(node), all = length + 1 + strlen(slice);
	CLEANUP(free_ptr) char *name = xmalloc(all + 1);

	memcpy(name, node, length + 1);
	strcpy(name + length + 1, slice);
	return add ? symbols_intern(add, name, all) : symbols_find(names, name, all);
}

static struct usage_store_series *owner_series(struct usage *usage, struct usage_owner *owner,
					       enum usage_metric metric, const char *source)
{
	struct usage_store_series *series = owner->series[metric];

	if (!series) {
		series = owner->series[metric] = arena_alloc(&usage->arena, sizeof(*series));
		series->owner = owner;
		series->public.container = owner->container;
		series->public.metric = metric;
		series->public.first_sec = series->public.last_sec = NAN;
		series->public.min = series->public.max = series->public.max_sec = NAN;
		GROW(usage->series, usage->series_capacity, usage->n_series + 1);
		usage->series[usage->n_series++] = series;
	}
	if (!series->public.source && source) {
		uint32_t symbol = symbols_intern(&usage->names, source, strlen(source));

		series->public.source = usage->names.names[symbol];
	}
	return series;
}

static uint32_t feed_hash(const struct usage_store_series *series, uint32_t pod)
{
	uint64_t hash = ((uint64_t)(uintptr_t)series >> 4) * 0x9E3779B97F4A7C15ULL;

	hash = (hash ^ (hash >> 29) ^ pod) * 0xBF58476D1CE4E5B9ULL;
	return (uint32_t)(hash >> 32);
}

/* Where it is, or where it would go. */
static struct usage_feed **feed_slot(const struct usage *usage, const struct usage_store_series *series, uint32_t pod)
{
	uint32_t mask = usage->table_size - 1;
	uint32_t at = feed_hash(series, pod) & mask;

	while (usage->table[at] && (usage->table[at]->series != series || usage->table[at]->pod != pod))
		at = (at + 1) & mask;
	return &usage->table[at];
}

static void feeds_grow(struct usage *usage)
{
	struct usage_feed **old = usage->table;
	uint32_t size = usage->table_size;

	usage->table_size = size ? size * 2 : 256;
	usage->table = xcalloc(usage->table_size, sizeof(struct usage_feed *));
	for (uint32_t i = 0; i < size; i++)
		if (old[i])
			*feed_slot(usage, old[i]->series, old[i]->pod) = old[i];
	free(old);
}

static struct usage_feed *feed_get(struct usage *usage, struct usage_store_series *series, const char *pod)
{
	uint32_t symbol = symbols_intern(&usage->names, pod, strlen(pod));
	struct usage_feed **slot, *feed;

	if ((usage->n_feeds + 1) * 2 > usage->table_size)
		feeds_grow(usage);
	slot = feed_slot(usage, series, symbol);
	if (*slot)
		return *slot;
	feed = *slot = arena_alloc(&usage->arena, sizeof(*feed));
	usage->n_feeds++;
	feed->series = series;
	feed->pod = symbol;
	feed->next = series->feeds;
	series->feeds = feed;
	if (series->public.metric == USAGE_MEMORY_WORKING_SET && series->owner->container != CLUSTER_NONE)
		feed->memory = arena_alloc(&usage->arena, sizeof(*feed->memory));
	return feed;
}

/* ---- OOM kills ---- */

static struct vpa_histogram *series_decaying(struct usage_store_series *series)
{
	if (!series->public.decaying) {
		series->public.decaying = xcalloc(1, sizeof(*series->public.decaying));
		vpa_histogram_init(series->public.decaying,
				   series->public.metric == USAGE_CPU ? &vpa_scale_cpu : &vpa_scale_memory);
	}
	return series->public.decaying;
}

static void ooms_apply(struct usage_feed *feed, double until_sec)
{
	for (struct pending_oom *oom = feed->ooms; oom && oom->time_sec <= until_sec; oom = oom->next) {
		if (!oom->taken)
			(void)vpa_memory_oom(feed->memory, series_decaying(feed->series), oom->time_sec, oom->request);
		oom->taken = true;
	}
}

/* The same time twice is one kill.  One that the pod's status tells of is seen a second time where a counter of it
 * rose, at its next sample. */
static bool oom_known(struct pending_oom *ooms, double time_sec)
{
	for (struct pending_oom *oom = ooms; oom; oom = oom->next) {
		double apart = time_sec - oom->time_sec;

		if (fabs(apart) > 0 && !(oom->of_status && fabs(apart) <= STATUS_SEC))
			continue;
		oom->of_status = false;
		return true;
	}
	return false;
}

/* The samples around it may come later: it waits for its turn. */
static void oom_take(struct usage *usage, uint32_t container, const char *pod, double time_sec, double memory,
		     double request)
{
	struct usage_owner *owner = container_owner(usage, container);
	struct usage_feed *feed = feed_get(usage, owner_series(usage, owner, USAGE_MEMORY_WORKING_SET, NULL), pod);
	struct pending_oom **at = &feed->ooms, *oom;

	if (!(memory <= owner->oom_memory) && !isnan(memory))
		owner->oom_memory = memory;
	if (oom_known(feed->ooms, time_sec))
		return;
	while (*at && (*at)->time_sec < time_sec)
		at = &(*at)->next;
	owner->ooms++;
	if (!(time_sec <= owner->oom_sec))
		owner->oom_sec = time_sec;
	oom = arena_alloc(&usage->arena, sizeof(*oom));
	*oom = (struct pending_oom){ .next = *at,
				     .time_sec = time_sec,
				     .request = isnan(request) ? 0 : request,
				     .of_status = !usage->pods_asked };
	*at = oom;
	if (feed->samples)
		ooms_apply(feed, feed->last_sec);
}

/* `vpa` adds to what was requested; what was needed is more than the limit it had. */
static void ooms_of_pods(struct usage *usage)
{
	const struct cluster *cluster = usage->cluster;

	for (uint32_t i = 0; cluster && i < cluster->n_pods; i++) {
		const struct cluster_pod *pod = &cluster->pods[i];

		for (uint32_t j = 0; j < pod->n_containers; j++) {
			const struct pod_container *container = &cluster->pod_containers[pod->first_container + j];
			double request = container->memory_request >= 0 ? (double)container->memory_request : NAN;

			if (container->oom_killed && container->container != CLUSTER_NONE
			    && container->last_oom_sec > 0)
				oom_take(usage, container->container, pod->name, (double)container->last_oom_sec,
					 container->memory_limit > 0 ? (double)container->memory_limit : request,
					 request);
		}
	}
	usage->pods_asked = true;
}

void usage_oom(struct usage *usage, uint32_t container, const char *pod, double time_sec, double memory)
{
	if (!usage->pods_asked)
		ooms_of_pods(usage);
	if (!(time_sec >= LEAST_SEC && time_sec < MOST_SEC) || memory < 0 || isinf(memory))
		return;
	oom_take(usage, container, pod, time_sec, memory, memory);
}

/* ---- feeding ---- */

struct usage_feed *usage_feed(struct usage *usage, uint32_t container, const char *pod, enum usage_metric metric,
			      const char *source)
{
	assert(!usage->finished);
	if (!usage->pods_asked)
		ooms_of_pods(usage);
	return feed_get(usage, owner_series(usage, container_owner(usage, container), metric, source), pod);
}

struct usage_feed *usage_node_feed(struct usage *usage, const char *node, const char *slice,
				   enum usage_metric metric, const char *source)
{
	uint32_t symbol = node_symbol(NULL, &usage->names, node, slice);
	struct usage_owner *owner;

	assert(!usage->finished);
	owner = owner_at(usage, &usage->nodes, &usage->nodes_capacity, &usage->n_nodes, symbol, CLUSTER_NONE);
	return feed_get(usage, owner_series(usage, owner, metric, source), "");
}

/* Whether a sample counts: in the right order, and a number. */
static bool sample_good(struct usage_feed *feed, double time_sec, double value)
{
	bool good = time_sec >= LEAST_SEC && time_sec < MOST_SEC && value >= 0 && isfinite(value)
		 && (feed->samples == 0 || time_sec > feed->last_sec);

	feed->series->public.bad += !good;
	return good;
}

/* The time since the last sample that this one stands for; of the first one none. */
static double sample_time(struct usage_feed *feed, double time_sec, bool *ret_gap)
{
	struct usage_series *series = &feed->series->public;
	double step = time_sec - feed->last_sec, covered;

	*ret_gap = false;
	if (!(time_sec >= series->first_sec))
		series->first_sec = time_sec;
	if (!(time_sec <= series->last_sec))
		series->last_sec = time_sec;
	if (feed->samples == 0) {
		feed->first_sec = time_sec;
		series->pods++;
		return 0;
	}
	covered = step;
	if (feed->step_sec > 0 && step > GAP_STEPS * (double)feed->step_sec) {
		*ret_gap = true;
		series->gaps++;
		covered = (double)feed->step_sec;
		/* A first step that was far too short by chance must not make gaps of all others. */
		feed->step_sec *= 1.5F;
	} else {
		feed->step_sec = feed->step_sec > 0 ? feed->step_sec * 0.875F + (float)step * 0.125F : (float)step;
	}
	series->covered_sec += covered;
	return step;
}

static void sample_end(struct usage_feed *feed, double time_sec, double value)
{
	feed->last_sec = time_sec;
	feed->last_value = value;
	feed->samples++;
}

static bool keeps_more(const struct usage_feed *feed)
{
	enum usage_metric metric = feed->series->public.metric;

	return (metric == USAGE_CPU || metric == USAGE_MEMORY_WORKING_SET)
	       && feed->series->owner->container != CLUSTER_NONE;
}

static void decaying_add(struct usage_feed *feed, double time_sec, double value)
{
	struct vpa_histogram *decaying = series_decaying(feed->series);

	if (feed->series->public.metric == USAGE_CPU) {
		/* It keeps whole milli-cores. */
		vpa_histogram_add(decaying, floor(value * 1000 + 1e-9) / 1000, VPA_CPU_WEIGHT, time_sec);
		return;
	}
	ooms_apply(feed, time_sec);
	(void)vpa_memory_sample(feed->memory, decaying, time_sec, value);
}

static void gauge_add(struct usage_feed *feed, double time_sec, double value)
{
	struct usage_series *series = &feed->series->public;

	series->samples++;
	series->sum += value;
	if (!(value >= series->min))
		series->min = value;
	if (!(value <= series->max)) {
		series->max = value;
		series->max_sec = time_sec;
	}
	if (keeps_more(feed)) {
		usage_pod_add(feed, time_sec, value);
		usage_course_add(&feed->series->course, time_sec, value);
		decaying_add(feed, time_sec, value);
		return;
	}
	if (!series->histogram)
		series->histogram = xcalloc(1, sizeof(*series->histogram));
	usage_histogram_add(series->histogram, value);
}

void usage_gauge(struct usage_feed *feed, double time_sec, double value)
{
	bool gap;

	if (!sample_good(feed, time_sec, value))
		return;
	if (feed->series->public.metric == USAGE_CPU && value >= USAGE_CORES_MAX) {
		feed->series->public.bad++;
		return;
	}
	(void)sample_time(feed, time_sec, &gap);
	gauge_add(feed, time_sec, value);
	sample_end(feed, time_sec, value);
}

/* What it grew since the last sample; where it fell it was reset, and began at nothing. */
static double counter_growth(struct usage_feed *feed, double value)
{
	if (value >= feed->last_value)
		return value - feed->last_value;
	feed->series->public.resets++;
	return value;
}

void usage_counter(struct usage_feed *feed, double time_sec, double value)
{
	struct usage_series *series = &feed->series->public;
	double growth = 0;
	bool gap;

	if (!sample_good(feed, time_sec, value))
		return;
	(void)sample_time(feed, time_sec, &gap);
	if (feed->samples)
		growth = counter_growth(feed, value);
	series->samples++;
	series->increase += growth;
	feed->increase += growth;
	if (time_sec - feed->first_sec < USAGE_START_SEC)
		feed->start_increase += (float)growth;
	sample_end(feed, time_sec, value);
}

/* Over a gap the mean says little, and the process may not have been there: no sample. */
void usage_cpu_seconds(struct usage_feed *feed, double time_sec, double value)
{
	double growth, step, rate;
	bool gap;

	if (!sample_good(feed, time_sec, value))
		return;
	step = sample_time(feed, time_sec, &gap);
	if (feed->samples && !gap) {
		growth = counter_growth(feed, value);
		rate = growth / step;
		if (rate < USAGE_CORES_MAX)
			gauge_add(feed, time_sec, rate);
		else
			feed->series->public.bad++;
	}
	sample_end(feed, time_sec, value);
}

void usage_increase(struct usage_feed *feed, double begin_sec, double end_sec, double increase)
{
	struct usage_series *series = &feed->series->public;

	if (!(begin_sec >= LEAST_SEC && end_sec > begin_sec && end_sec < MOST_SEC) || !(increase >= 0)
	    || isinf(increase)) {
		series->bad++;
		return;
	}
	if (feed->samples == 0) {
		feed->first_sec = begin_sec;
		series->pods++;
	}
	if (!(begin_sec >= series->first_sec))
		series->first_sec = begin_sec;
	if (!(end_sec <= series->last_sec))
		series->last_sec = end_sec;
	series->samples++;
	series->increase += increase;
	series->covered_sec += end_sec - begin_sec;
	feed->increase += increase;
	feed->samples++;
	feed->last_sec = end_sec;
}

void usage_given(struct usage *usage, uint32_t container, enum usage_metric metric, double quantile, double value,
		 const char *source)
{
	struct usage_series *series = &owner_series(usage, container_owner(usage, container), metric, source)->public;
	uint32_t at = 0;

	if (!(quantile >= 0 && quantile <= 1) || !(value >= 0) || isinf(value)) {
		series->bad++;
		return;
	}
	if (!series->given)
		series->given = arena_alloc(&usage->arena, USAGE_PERCENTILES_MAX * sizeof(*series->given));
	while (at < series->n_given && fabs(series->given[at].quantile - quantile) > 1e-9)
		at++;
	if (at == USAGE_PERCENTILES_MAX)
		return;
	series->given[at] = (struct usage_percentile){ quantile, value };
	series->n_given = MAX(series->n_given, at + 1);
}

void usage_given_extent(struct usage *usage, uint32_t container, enum usage_metric metric, uint64_t samples,
			uint32_t pods, double first_sec, double last_sec, double min, double max, double mean)
{
	struct usage_store_series *series = owner_series(usage, container_owner(usage, container), metric, NULL);

	/* What was not said is NAN, which is neither. */
	if (last_sec < first_sec || min < 0 || max < min || max < 0 || mean < 0 || isinf(max) || isinf(mean)) {
		series->public.bad++;
		return;
	}
	if (!series->extent)
		series->extent = arena_alloc(&usage->arena, sizeof(*series->extent));
	*series->extent = (struct usage_extent){ samples, pods, first_sec, last_sec, min, max, mean };
}

void usage_given_pods(struct usage *usage, uint32_t container, enum usage_metric metric, const struct usage_given_pod *pods, size_t n,
		      double at_once)
{
	struct usage_store_series *series = owner_series(usage, container_owner(usage, container), metric, NULL);

	free(series->given_pods);
	series->given_pods = usage_pods_given(pods, n, at_once, &usage->arena);
}

/* ---- the end ---- */

static const char *name_of(const void *context, uint32_t symbol)
{
	return ((const struct symbols *)context)->names[symbol];
}

/* What a server says of a window, of which there may be no sample here, or not all. */
static void extent_finish(struct usage_series *series, const struct usage_extent *extent)
{
	series->max = fmax(series->max, extent->max);
	series->min = fmin(series->min, extent->min);
	if (series->samples >= extent->samples)
		return;
	series->samples = extent->samples;
	series->pods = MAX(series->pods, extent->pods);
	series->first_sec = fmin(series->first_sec, extent->first_sec);
	series->last_sec = fmax(series->last_sec, extent->last_sec);
	series->sum = extent->mean * (double)extent->samples;
	series->covered_sec = fmax(series->covered_sec, extent->last_sec - extent->first_sec);
}

static void series_finish(struct usage *usage, struct usage_store_series *series, double begin_sec)
{
	struct usage_series *public = &series->public;

	for (struct usage_feed *feed = series->feeds; feed; feed = feed->next) {
		if (feed->memory)
			ooms_apply(feed, INFINITY);
		if (feed->samples && feed->first_sec > begin_sec + 2 * (double)feed->step_sec)
			public->start_increase += (double)feed->start_increase;
	}
	usage_course_finish(&series->course, public);
	if (public->samples && (public->metric == USAGE_CPU || public->metric == USAGE_MEMORY_WORKING_SET))
		usage_pods_finish(public, series->feeds, begin_sec, name_of, &usage->names);
	if (!public->pods_seen)
		public->pods_seen = steal_ptr(&series->given_pods);
	if (series->extent)
		extent_finish(public, series->extent);
}

void usage_finish(struct usage *usage)
{
	double begin_sec = INFINITY;

	assert(!usage->finished);
	if (!usage->pods_asked)
		ooms_of_pods(usage);
	for (uint32_t i = 0; i < usage->n_series; i++)
		begin_sec = fmin(begin_sec, usage->series[i]->public.first_sec);
	for (uint32_t i = 0; i < usage->n_series; i++)
		series_finish(usage, usage->series[i], begin_sec);
	usage->finished = true;
}

/* ---- asking ---- */

static const struct usage_series *owner_get(const struct usage_owner *owner, enum usage_metric metric)
{
	const struct usage_store_series *series = owner ? owner->series[metric] : NULL;

	return series && (series->public.samples || series->public.n_given) ? &series->public : NULL;
}

static const struct usage_owner *owner_of(const struct usage *usage, uint32_t container)
{
	return container < usage->n_owners ? usage->owners[container] : NULL;
}

const struct usage_series *usage_get(const struct usage *usage, uint32_t container, enum usage_metric metric)
{
	return owner_get(owner_of(usage, container), metric);
}

const struct usage_series *usage_node_get(const struct usage *usage, const char *node, const char *slice,
					  enum usage_metric metric)
{
	uint32_t symbol = node_symbol(&usage->names, NULL, node, slice);

	return symbol < usage->n_nodes ? owner_get(usage->nodes[symbol], metric) : NULL;
}

double usage_percentile(const struct usage_series *series, double quantile)
{
	if (!series)
		return NAN;
	for (uint32_t i = 0; i < series->n_given; i++)
		if (fabs(series->given[i].quantile - quantile) <= 1e-9)
			return series->given[i].value;
	if (quantile >= 1 && series->samples)
		return series->max;
	if (!series->histogram)
		return NAN;
	return fmax(fmin(usage_histogram_percentile(series->histogram, quantile), series->max), series->min);
}

double usage_busiest_percentile(const struct usage_series *series, double quantile)
{
	const struct usage_pods *pods = series ? series->pods_seen : NULL;

	if (!pods)
		return NAN;
	for (uint32_t i = 0; i < pods->n_given; i++)
		if (fabs(pods->given[i].quantile - quantile) <= 1e-9)
			return pods->given[i].value;
	return pods->of_busiest ? fmin(usage_histogram_percentile(pods->of_busiest, quantile), series->max) : NAN;
}

double usage_mean(const struct usage_series *series)
{
	return series && series->samples ? series->sum / (double)series->samples : NAN;
}

double usage_rate(const struct usage_series *series)
{
	return series && series->covered_sec > 0 ? series->increase / series->covered_sec : NAN;
}

double usage_vpa_percentile(const struct usage_series *series, double quantile)
{
	return series && series->decaying && !vpa_histogram_empty(series->decaying)
		       ? vpa_histogram_percentile(series->decaying, quantile)
		       : NAN;
}

double usage_vpa_samples(const struct usage_series *series)
{
	return series && series->decaying ? (double)series->decaying->samples : 0;
}

double usage_worst_throttled(const struct usage *usage, uint32_t container, const char **ret_pod)
{
	const struct usage_owner *owner = owner_of(usage, container);
	const struct usage_store_series *throttled = owner ? owner->series[USAGE_CPU_THROTTLED_PERIODS] : NULL;
	const struct usage_store_series *periods = owner ? owner->series[USAGE_CPU_PERIODS] : NULL;
	double worst = NAN;

	for (const struct usage_feed *feed = periods && throttled ? throttled->feeds : NULL; feed; feed = feed->next) {
		const struct usage_feed *whole = *feed_slot(usage, periods, feed->pod);
		double share = whole && whole->increase > 0 ? feed->increase / whole->increase : NAN;

		if (isnan(share) || share <= worst)
			continue;
		worst = fmin(share, 1);
		if (ret_pod)
			*ret_pod = usage->names.names[feed->pod];
	}
	return worst;
}

double usage_last_oom_memory(const struct usage *usage, uint32_t container, double *ret_time_sec)
{
	const struct usage_owner *owner = owner_of(usage, container);

	if (!owner || !owner->ooms)
		return NAN;
	if (ret_time_sec)
		*ret_time_sec = owner->oom_sec;
	return owner->oom_memory;
}

uint32_t usage_oom_count(const struct usage *usage, uint32_t container)
{
	const struct usage_owner *owner = owner_of(usage, container);

	return owner ? owner->ooms : 0;
}

/* ---- notes ---- */

size_t usage_unmatched(const struct usage *usage)
{
	return usage->unmatched;
}

void usage_note_unmatched(struct usage *usage, const char *namespace, const char *pod, const char *container)
{
	if (usage->unmatched < UNMATCHED_KEPT)
		usage->examples[usage->unmatched] = arena_formatf(&usage->arena, "%s/%s %s", namespace, pod, container);
	usage->unmatched++;
}

const char *usage_unmatched_example(const struct usage *usage, size_t index)
{
	return index < UNMATCHED_KEPT && index < usage->unmatched ? usage->examples[index] : NULL;
}

struct diag *usage_notes(struct usage *usage)
{
	return &usage->notes;
}
