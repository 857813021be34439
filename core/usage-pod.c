/* SPDX-License-Identifier: Apache-2.0 */
#include "usage-store.h"

#define HOUR_SEC 3600
#define FIRST_GROWTH_SLOT_SEC 64
/* Less than this is warm-up or the tide of a day, however steadily it rises: caches fill, heaps grow to their size, people get up. */
#define GROWTH_SEC (42 * 3600.0)
#define STRETCH_SEC 3600.0		/* of a process that was restarted, which is a hint by itself */
#define GROWTH_LEAST 0.20		/* of what it began with: a margin holds less for a while */
#define GROWTH_LEAST_BYTES (16.0 * 1024 * 1024)
#define NOISE 0.01

/* A pod is compared with others when it has this many samples, and a tenth of what the longest-lived has. */
#define COMPARED_SAMPLES 12
#define COMPARED_SHARE 10

static void growth_halve(struct usage_growth *growth)
{
	for (uint32_t i = 0; i < GROWTH_SLOTS; i++)
		growth->least[i] = fminf(growth->least[2 * i], growth->least[2 * i + 1]);
	growth->used = GROWTH_SLOTS;
	growth->slot_sec *= 2;
}

static void growth_add(struct usage_growth *growth, double time_sec, double value)
{
	uint64_t at;

	if (growth->used == 0) {
		growth->begin_sec = time_sec;
		growth->slot_sec = FIRST_GROWTH_SLOT_SEC;
	}
	for (;;) {
		at = (uint64_t)((time_sec - growth->begin_sec) / (double)growth->slot_sec);
		if (at < ARRAY_SIZE(growth->least))
			break;
		while (growth->used < ARRAY_SIZE(growth->least))
			growth->least[growth->used++] = NAN;
		growth_halve(growth);
	}
	while (growth->used <= at)
		growth->least[growth->used++] = NAN;
	growth->last_sec = time_sec;
	growth->least[at] = fminf(growth->least[at], (float)value);	/* of a number and NAN: the number */
}

/* The last slot counts when most of it was seen: the least of it may come only later. */
static uint32_t growth_slots(const struct usage_growth *growth)
{
	double seen = growth->last_sec - growth->begin_sec - (growth->used - 1) * (double)growth->slot_sec;

	return growth->used - (seen < 0.75 * (double)growth->slot_sec);
}

/* It rose all the time and still does.  What fills up (a cache, a heap) rises less and less: its last third adds
 * little.  The first slot is left out: everything grows when it starts. */
static bool growth_steady(const struct usage_growth *growth, double least_sec, float *ret_from, float *ret_to)
{
	float from = NAN, last = NAN, third = NAN;
	uint32_t known = 0, rises = 0, used = growth->used > 0 ? growth_slots(growth) : 0;

	if (used < GROWTH_SLOTS || growth->last_sec - growth->begin_sec < least_sec)
		return false;
	for (uint32_t i = 1; i < used; i++) {
		float least = growth->least[i];

		if (isnan(least))
			continue;
		if (known && least < last * (1 - (float)NOISE))
			return false;
		rises += known && least > last;
		if (i <= used * 2 / 3)
			third = least;
		if (!known)
			from = least;
		last = least;
		known++;
	}
	if (known < GROWTH_SLOTS / 2 || rises * 4 < (known - 1) * 3
	    || last - from < fmax(GROWTH_LEAST * from, GROWTH_LEAST_BYTES))
		return false;
	*ret_from = from;
	*ret_to = last;
	return (last - third) * 6 >= last - from;
}

/* From the least of the second slot to that of the last one. */
static float growth_per_day(const struct usage_growth *growth, float from, float to)
{
	return (to - from) / (float)(growth_slots(growth) - 2) / growth->slot_sec * 86400;
}

static void stretch_end(struct usage_pod_digest *digest)
{
	float from, to;

	if (growth_steady(&digest->growth, STRETCH_SEC, &from, &to)) {
		float per_day = growth_per_day(&digest->growth, from, to);

		digest->grew++;
		if (per_day > digest->fastest) {
			digest->fastest = per_day;
			digest->fastest_from = from;
			digest->fastest_to = to;
		}
	}
	digest->growth.used = 0;
}

/* The hour that ends with the latest twelfth, if all of it was seen: one sample at an edge, which may be a peak, is
 * none.  Work begins when it likes: of hours of the clock, two would share an hour of it.  Each twelfth that has samples
 * weighs as much, however many: who looks more often while a pod starts has not seen it busy for longer. */
static void hour_end(const struct usage_feed *feed, struct usage_pod_digest *digest)
{
	float sum = 0, part_sec = fmaxf(feed->step_sec, HOUR_SEC / HOUR_PARTS);
	uint32_t parts = 0;

	for (unsigned int i = 0; i < HOUR_PARTS; i++) {
		if (!digest->hour_counts[i])
			continue;
		sum += digest->hour_sums[i] / (float)digest->hour_counts[i];
		parts++;
	}
	if (parts && (float)parts * part_sec >= 0.95F * HOUR_SEC)
		digest->hour_most = fmaxf(digest->hour_most, sum / (float)parts);
}

static void hour_add(const struct usage_feed *feed, struct usage_pod_digest *digest, double time_sec, double value)
{
	uint32_t twelfth = (uint32_t)(time_sec * HOUR_PARTS / HOUR_SEC), at = twelfth % HOUR_PARTS;

	if (twelfth != digest->twelfth)
		hour_end(feed, digest);
	for (uint32_t i = 0; i < HOUR_PARTS && digest->twelfth + i < twelfth; i++) {
		digest->hour_counts[(twelfth - i) % HOUR_PARTS] = 0;
		digest->hour_sums[(twelfth - i) % HOUR_PARTS] = 0;
	}
	digest->twelfth = twelfth;
	if (digest->hour_counts[at] == UINT16_MAX)
		return;
	digest->hour_counts[at]++;
	digest->hour_sums[at] += (float)value;
}

void usage_pod_add(struct usage_feed *feed, double time_sec, double value)
{
	struct usage_pod_digest *digest = feed->digest;
	float *max;

	if (!digest) {
		digest = feed->digest = xcalloc(1, sizeof(*digest));
		digest->start_max = digest->later_max = digest->hour_most = -1;
	}
	usage_histogram_add(&digest->histogram, value);
	max = time_sec - feed->first_sec < USAGE_START_SEC ? &digest->start_max : &digest->later_max;
	*max = fmaxf(*max, (float)value);
	if (feed->series->public.metric == USAGE_CPU) {
		hour_add(feed, digest, time_sec, value);
		return;
	}
	if (feed->samples && value < feed->last_value / 2)
		stretch_end(digest);
	growth_add(&digest->growth, time_sec, value);
}

static int double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void growth_count(struct usage_pods *pods, struct usage_pod_digest *digest)
{
	float from, to, per_day = 0;

	if (growth_steady(&digest->growth, GROWTH_SEC, &from, &to)) {
		per_day = growth_per_day(&digest->growth, from, to);
		pods->growing++;
	}
	if (digest->fastest > per_day) {
		per_day = digest->fastest;
		from = digest->fastest_from;
		to = digest->fastest_to;
	}
	pods->grew += digest->grew;
	if (per_day > 0 && !((double)per_day <= pods->growth_per_day)) {
		pods->growth_per_day = (double)per_day;
		pods->growth_from = (double)from;
		pods->growth_to = (double)to;
	}
}

static void start_count(struct usage_pods *pods, const struct usage_feed *feed, double begin_sec)
{
	const struct usage_pod_digest *digest = feed->digest;

	/* One that was there at the first sample of all may have begun long before. */
	if (feed->first_sec <= begin_sec + 2 * (double)feed->step_sec)
		return;
	pods->started++;
	if (digest->start_max >= 0)
		pods->start_max = fmax(pods->start_max, (double)digest->start_max);
	if (digest->later_max >= 0)
		pods->later_max = fmax(pods->later_max, (double)digest->later_max);
}

static double median(double *values, uint32_t count)
{
	qsort(values, count, sizeof(*values), double_compare);
	return count ? values[(count - 1) / 2] : NAN;
}

static bool is_compared(double samples, double longest)
{
	return samples >= fmax(COMPARED_SAMPLES, floor(longest / COMPARED_SHARE));
}

static void hours_compare(struct usage_pods *pods, double *hours, uint32_t n_hours)
{
	if (n_hours == 0)
		return;
	qsort(hours, n_hours, sizeof(*hours), double_compare);
	pods->hour_most = hours[n_hours - 1];
	pods->hour_half = hours[n_hours - 1 - MIN(n_hours, (uint32_t)(pods->at_once + 0.5)) / 2];
}

static struct usage_pods *pods_new(void)
{
	struct usage_pods *pods = xcalloc(1, sizeof(*pods));

	*pods = (struct usage_pods){ .busiest_p95 = NAN, .median_p95 = NAN, .hour_most = NAN, .hour_half = NAN,
				     .start_max = NAN, .later_max = NAN, .growth_per_day = NAN,
				     .growth_from = NAN, .growth_to = NAN };
	return pods;
}

struct usage_pods *usage_pods_given(const struct usage_given_pod *given, size_t n, double at_once, struct arena *arena)
{
	CLEANUP(free_ptr) double *p95 = xcalloc(n + 1, sizeof(*p95)), *hours = xcalloc(n + 1, sizeof(*hours));
	struct usage_pods *pods = pods_new();
	const struct usage_given_pod *busiest = NULL;
	uint32_t n_hours = 0;
	double longest = 0;

	pods->at_once = at_once;
	for (size_t i = 0; i < n; i++)
		longest = fmax(longest, given[i].samples);
	for (size_t i = 0; i < n; i++) {
		if (given[i].hour >= 0)
			hours[n_hours++] = given[i].hour;
		if (!is_compared(given[i].samples, longest) || !(given[i].p95 >= 0))
			continue;
		p95[pods->compared++] = given[i].p95;
		if (!busiest || given[i].p95 > busiest->p95)
			busiest = &given[i];
	}
	hours_compare(pods, hours, n_hours);
	if (!busiest)
		return pods;
	pods->busiest_p95 = busiest->p95;
	pods->median_p95 = median(p95, pods->compared);
	pods->busiest = arena_strdup(arena, busiest->pod);
	if (pods->compared < 2)
		return pods;
	pods->n_given = busiest->n_given;
	pods->given = arena_alloc(arena, (busiest->n_given + 1) * sizeof(*pods->given));
	memcpy(pods->given, busiest->given, busiest->n_given * sizeof(*pods->given));
	return pods;
}

/* The busiest keeps its histogram where there are others. */
static void pods_compare(struct usage_pods *pods, struct usage_feed *feeds, uint32_t n_feeds, uint64_t longest,
			 const char *(*pod_name)(const void *, uint32_t), const void *context)
{
	CLEANUP(free_ptr) double *p95 = xcalloc(n_feeds, sizeof(*p95)), *hours = xcalloc(n_feeds, sizeof(*hours));
	struct usage_feed *busiest = NULL;
	uint32_t n_hours = 0;

	for (struct usage_feed *feed = feeds; feed; feed = feed->next) {
		if (!feed->digest)
			continue;
		/* What a version did in its first hours counts too. */
		hour_end(feed, feed->digest);
		if (feed->digest->hour_most >= 0)
			hours[n_hours++] = (double)feed->digest->hour_most;
		if (!is_compared((double)feed->digest->histogram.total, (double)longest))
			continue;
		p95[pods->compared] = usage_histogram_percentile(&feed->digest->histogram, 0.95);
		if (!busiest || p95[pods->compared] > pods->busiest_p95) {
			busiest = feed;
			pods->busiest_p95 = p95[pods->compared];
		}
		pods->compared++;
	}
	hours_compare(pods, hours, n_hours);
	if (!busiest)
		return;
	pods->median_p95 = median(p95, pods->compared);
	pods->busiest = pod_name(context, busiest->pod);
	if (pods->compared < 2)
		return;
	pods->of_busiest = xcalloc(1, sizeof(*pods->of_busiest));
	usage_histogram_merge(pods->of_busiest, &busiest->digest->histogram);
}

/* The first one's is taken as it is: most containers have one pod, or few. */
static void digest_into(struct usage_series *series, struct usage_pod_digest *digest)
{
	if (!series->histogram) {
		series->histogram = xmalloc(sizeof(*series->histogram));
		*series->histogram = digest->histogram;
	} else {
		usage_histogram_merge(series->histogram, &digest->histogram);
		free(digest->histogram.counts);
	}
	free(digest);
}

void usage_pods_finish(struct usage_series *series, struct usage_feed *feeds, double begin_sec,
		       const char *(*pod_name)(const void *, uint32_t), const void *context)
{
	struct usage_pods *pods = pods_new();
	uint64_t longest = 0;
	uint32_t n_feeds = 0;

	for (const struct usage_feed *feed = feeds; feed; feed = feed->next) {
		if (!feed->digest)
			continue;
		n_feeds++;
		longest = MAX(longest, feed->digest->histogram.total);
		pods->longest_sec = fmax(pods->longest_sec, feed->last_sec - feed->first_sec);
	}
	pods->at_once = series->last_sec > series->first_sec ? series->covered_sec / (series->last_sec - series->first_sec) : 1;
	if (n_feeds)
		pods_compare(pods, feeds, n_feeds, longest, pod_name, context);
	for (struct usage_feed *feed = feeds; feed; feed = feed->next) {
		if (!feed->digest)
			continue;
		if (series->metric == USAGE_MEMORY_WORKING_SET)
			growth_count(pods, feed->digest);
		start_count(pods, feed, begin_sec);
		digest_into(series, feed->digest);
		feed->digest = NULL;
	}
	series->pods_seen = pods;
}
