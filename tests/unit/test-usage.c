/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/usage.h"

#include <errno.h>

#include "test.h"

#define T 1700000000.0
#define MIB (1024.0 * 1024)

static void assert_near(double is, double expected, double relative)
{
	if (!(fabs(is - expected) <= fabs(expected) * relative))
		fail_msg("%.17g instead of %.17g", is, expected);
}

static int double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

static void every_metric_has_a_name_that_leads_back(void **state)
{
	enum usage_metric metric;

	(void)state;
	for (unsigned int i = 0; i < USAGE_METRIC_COUNT; i++) {
		assert_int_equal(usage_metric_parse(usage_metric_name((enum usage_metric)i), &metric), 0);
		assert_int_equal(metric, i);
	}
	assert_int_equal(usage_metric_parse("memory", &metric), -EINVAL);
	assert_false(usage_metric_is_counter(USAGE_THREADS));
	assert_true(usage_metric_is_counter(USAGE_CPU_PERIODS));
}

static void percentiles_are_never_below_the_exact_ones_and_two_percent_above_at_most(void **state)
{
	static const double scales[] = { 1e-5, 0.02, 3, 5e5, 4e9, 1e15 };
	enum { N = 997 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
		CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
		struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_MEMORY_ANON, "test");
		const struct usage_series *series;
		double values[N];
		uint32_t random = 7;

		for (unsigned int j = 0; j < N; j++) {
			values[j] = scales[i] * (0.2 + next_random(&random) % 100000 / 20000.0);
			usage_gauge(feed, T + j * 60, values[j]);
		}
		usage_finish(usage);
		qsort(values, N, sizeof(*values), double_compare);
		series = usage_get(usage, 0, USAGE_MEMORY_ANON);
		for (unsigned int j = 1; j <= 1000; j++) {
			double exact = values[(unsigned int)ceil(j / 1000.0 * N) - 1],
			       is = usage_percentile(series, j / 1000.0);

			assert_true(is >= exact && is <= exact * 1.0201);
		}
		assert_true(usage_percentile(series, 1) == values[N - 1]);
		assert_true(series->min == values[0]);
	}
}

static void zero_and_what_is_near_it_is_counted(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_CPU, "test");

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		usage_gauge(feed, T + i, i < 90 ? 0 : i < 95 ? 1e-9 : 2.0);
	usage_finish(usage);
	assert_true(usage_percentile(usage_get(usage, 0, USAGE_CPU), 0.5) <= 1e-6);
	assert_near(usage_percentile(usage_get(usage, 0, USAGE_CPU), 0.96), 2, 0.02);
	assert_int_equal(usage_get(usage, 0, USAGE_CPU)->samples, 100);
}

static void what_nobody_fed_is_not_there(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);

	(void)state;
	usage_feed(usage, 3, "a", USAGE_CPU, "test");
	usage_gauge(usage_feed(usage, 3, "a", USAGE_THREADS, "test"), T, 12);
	usage_finish(usage);
	assert_null(usage_get(usage, 3, USAGE_CPU));
	assert_null(usage_get(usage, 2, USAGE_THREADS));
	assert_null(usage_get(usage, 3000000, USAGE_THREADS));
	assert_null(usage_node_get(usage, "node", "", USAGE_CPU));
	assert_true(isnan(usage_percentile(NULL, 0.5)) && isnan(usage_mean(NULL)) && isnan(usage_rate(NULL)));
	assert_near(usage_get(usage, 3, USAGE_THREADS)->max, 12, 0);
	assert_true(isnan(usage_last_oom_memory(usage, 3, NULL)));
	assert_int_equal(usage_oom_count(usage, 3), 0);
}

static void bad_samples_are_counted_and_not_used(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_MEMORY_USAGE, "test");
	const struct usage_series *series;

	(void)state;
	usage_gauge(feed, T, 5);
	usage_gauge(feed, T + 1, NAN);
	usage_gauge(feed, T + 2, INFINITY);
	usage_gauge(feed, T + 3, -1);
	usage_gauge(feed, T, 6);		/* not after the last */
	usage_gauge(feed, T - 10, 6);
	usage_gauge(feed, NAN, 6);
	usage_gauge(feed, 1e300, 6);
	usage_gauge(feed, -5, 6);
	usage_gauge(feed, T + 4, 7);
	usage_finish(usage);
	series = usage_get(usage, 0, USAGE_MEMORY_USAGE);
	assert_int_equal(series->samples, 2);
	assert_int_equal(series->bad, 8);
	assert_near(series->sum, 12, 0);
	assert_near(series->max_sec, T + 4, 0);
}

static void counters_that_fall_began_at_zero(void **state)
{
	static const double values[] = { 100, 110, 130, 5, 15, 15 };
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_CPU_PERIODS, "test");
	const struct usage_series *series;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++)
		usage_counter(feed, T + i * 30, values[i]);
	usage_finish(usage);
	series = usage_get(usage, 0, USAGE_CPU_PERIODS);
	assert_near(series->increase, 10 + 20 + 5 + 10, 0);
	assert_int_equal(series->resets, 1);
	assert_near(usage_rate(series), 45 / 150.0, 1e-12);
}

static void cpu_seconds_become_cores_but_not_across_gaps_and_resets(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_CPU, "test");
	const struct usage_series *series;

	(void)state;
	for (unsigned int i = 0; i <= 10; i++)
		usage_cpu_seconds(feed, T + i * 60, 1000 + i * 30);	/* half a core */
	usage_cpu_seconds(feed, T + 11 * 60, 15);			/* restarted: a quarter of one */
	usage_cpu_seconds(feed, T + 11 * 60 + 7200, 100000);		/* a gap says nothing */
	usage_cpu_seconds(feed, T + 11 * 60 + 7260, 100060);
	usage_cpu_seconds(feed, T + 11 * 60 + 7260.0001, 200060);	/* a clock that jumped */
	usage_finish(usage);
	series = usage_get(usage, 0, USAGE_CPU);
	assert_int_equal(series->samples, 12);
	assert_int_equal(series->gaps, 1);
	assert_int_equal(series->resets, 1);
	assert_int_equal(series->bad, 1);
	assert_near(series->max, 1, 1e-9);
	assert_near(series->min, 0.25, 1e-9);
	assert_near(usage_percentile(series, 0.5), 0.5, 0.02);
}

static void chunks_of_many_pods_may_come_interleaved(void **state)
{
	enum { PODS = 7, SAMPLES = 1000 };
	CLEANUP(usage_free_ptr) struct usage *whole = usage_new(NULL), *pieces = usage_new(NULL);

	(void)state;
	for (unsigned int pod = 0; pod < PODS; pod++)
		for (unsigned int i = 0; i < SAMPLES; i++) {
			char name[16];

			snprintf(name, sizeof(name), "pod-%u", pod);
			usage_gauge(usage_feed(whole, 0, name, USAGE_CPU, "test"), T + i * 30,
				    (i * 7 + pod * 13) % 100 / 10.0);
			usage_gauge(usage_feed(whole, 0, name, USAGE_MEMORY_WORKING_SET, "test"), T + i * 30,
				    (i + pod) * MIB);
		}
	for (unsigned int chunk = 0; chunk < SAMPLES; chunk += 100)
		for (unsigned int pod = PODS; pod-- > 0;) {
			char name[16];

			snprintf(name, sizeof(name), "pod-%u", pod);
			for (unsigned int i = chunk; i < chunk + 100; i++) {
				usage_gauge(usage_feed(pieces, 0, name, USAGE_CPU, "test"), T + i * 30,
					    (i * 7 + pod * 13) % 100 / 10.0);
				usage_gauge(usage_feed(pieces, 0, name, USAGE_MEMORY_WORKING_SET, "test"),
					    T + i * 30, (i + pod) * MIB);
			}
		}
	usage_finish(whole);
	usage_finish(pieces);
	for (unsigned int metric = USAGE_CPU; metric <= USAGE_MEMORY_WORKING_SET; metric++) {
		const struct usage_series *a = usage_get(whole, 0, (enum usage_metric)metric);
		const struct usage_series *b = usage_get(pieces, 0, (enum usage_metric)metric);

		assert_int_equal(a->samples, PODS * SAMPLES);
		assert_int_equal(a->samples, b->samples);
		assert_int_equal(a->pods, PODS);
		assert_int_equal(b->pods, PODS);
		assert_int_equal(a->gaps + b->gaps + a->bad + b->bad, 0);
		for (unsigned int i = 0; i <= 100; i++) {
			assert_true(usage_percentile(a, i / 100.0) == usage_percentile(b, i / 100.0));
			assert_near(usage_vpa_percentile(a, i / 100.0), usage_vpa_percentile(b, i / 100.0), 1e-12);
		}
		assert_int_equal(a->n_course, b->n_course);
		for (unsigned int i = 0; i < a->n_course; i++) {
			assert_true(a->course[i].max >= b->course[i].max && a->course[i].max <= b->course[i].max);
			assert_near((double)a->course[i].mean, (double)b->course[i].mean, 1e-5);
		}
		assert_near(a->covered_sec, PODS * (SAMPLES - 1) * 30.0, 1e-9);
	}
}

static void gaps_are_not_covered(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_MEMORY_WORKING_SET, "test");
	const struct usage_series *series;

	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		usage_gauge(feed, T + i * 60, 1);
	for (unsigned int i = 0; i < 10; i++)
		usage_gauge(feed, T + 86400 + i * 60, 1);
	usage_finish(usage);
	series = usage_get(usage, 0, USAGE_MEMORY_WORKING_SET);
	assert_int_equal(series->gaps, 1);
	assert_near(series->covered_sec, 19 * 60, 1e-6);
	assert_near(series->last_sec - series->first_sec, 86400 + 540, 1e-9);
	/* The day between has slots, and nothing in them. */
	assert_true(series->n_course <= USAGE_SLOTS && isnan(series->course[series->n_course / 2].max));
}

static void courses_stay_small_whatever_the_window(void **state)
{
	static const double lengths[] = { 10, 3600, 86400, 7 * 86400.0, 90 * 86400.0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
		struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_CPU, "test"),
				  *other = usage_feed(usage, 0, "b", USAGE_CPU, "test");
		const struct usage_series *series;
		double sum = 0;

		for (unsigned int j = 0; j < 1000; j++)
			usage_gauge(feed, T + lengths[i] * j / 1000, j);
		/* A pod that was there before. */
		usage_gauge(other, T - lengths[i], 5000);
		usage_finish(usage);
		series = usage_get(usage, 0, USAGE_CPU);
		assert_true(series->n_course > 1 && series->n_course <= USAGE_SLOTS);
		assert_true(series->course_begin_sec <= T - lengths[i]);
		assert_true(series->course_begin_sec + series->n_course * series->course_slot_sec
			    >= T + lengths[i] * 0.999);
		assert_near((double)series->course[0].max, 5000, 0);
		assert_near((double)series->course[series->n_course - 1].max, 999, 0);
		for (unsigned int j = 0; j < series->n_course; j++)
			sum += isnan(series->course[j].mean) ? 0 : (double)series->course[j].mean;
		assert_true(sum > 0);
	}
}

static void what_a_server_computed_wins(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_CPU, "test");
	const struct usage_series *series;

	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		usage_gauge(feed, T + i * 60, 1);
	usage_given(usage, 0, USAGE_CPU, 0.95, 1.75, "Prometheus");
	usage_given(usage, 0, USAGE_CPU, 0.95, 1.5, "Prometheus");
	usage_given(usage, 0, USAGE_CPU, 0.5, NAN, "Prometheus");
	usage_given_extent(usage, 0, USAGE_CPU, 2000, 3, T - 86400, T + 600, 0.1, 4, 0.7);
	usage_given(usage, 1, USAGE_CPU, 0.9, 3, "Prometheus");
	usage_finish(usage);
	series = usage_get(usage, 0, USAGE_CPU);
	assert_near(usage_percentile(series, 0.95), 1.5, 0);
	assert_near(usage_percentile(series, 0.5), 1, 0.02);
	assert_near(usage_percentile(series, 1), 4, 0);
	assert_near(usage_mean(series), 0.7, 1e-12);
	assert_int_equal(series->samples, 2000);
	assert_int_equal(series->bad, 1);
	assert_true(isnan(usage_percentile(usage_get(usage, 1, USAGE_CPU), 0.95)));
	assert_near(usage_percentile(usage_get(usage, 1, USAGE_CPU), 0.9), 3, 0);
}

static void increases_of_a_server_add_up(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	const char *pod = NULL;

	(void)state;
	usage_increase(usage_feed(usage, 0, "a", USAGE_CPU_PERIODS, "test"), T, T + 100, 1000);
	usage_increase(usage_feed(usage, 0, "b", USAGE_CPU_PERIODS, "test"), T, T + 100, 1000);
	usage_increase(usage_feed(usage, 0, "b", USAGE_CPU_PERIODS, "test"), T + 100, T + 200, 1000);
	usage_increase(usage_feed(usage, 0, "a", USAGE_CPU_THROTTLED_PERIODS, "test"), T, T + 100, 10);
	usage_increase(usage_feed(usage, 0, "b", USAGE_CPU_THROTTLED_PERIODS, "test"), T, T + 200, 500);
	usage_increase(usage_feed(usage, 0, "b", USAGE_CPU_THROTTLED_PERIODS, "test"), T, T - 1, 500);
	usage_increase(usage_feed(usage, 0, "b", USAGE_CPU_THROTTLED_PERIODS, "test"), T, T + 1, NAN);
	usage_finish(usage);
	assert_near(usage_get(usage, 0, USAGE_CPU_PERIODS)->increase, 3000, 0);
	assert_near(usage_rate(usage_get(usage, 0, USAGE_CPU_PERIODS)), 10, 1e-12);
	assert_int_equal(usage_get(usage, 0, USAGE_CPU_THROTTLED_PERIODS)->bad, 2);
	assert_near(usage_worst_throttled(usage, 0, &pod), 0.25, 1e-12);
	assert_string_equal(pod, "b");
	assert_true(isnan(usage_worst_throttled(usage, 1, NULL)));
}

static void the_busiest_pod_is_known_by_its_name(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	const struct usage_pods *pods;

	(void)state;
	for (unsigned int pod = 0; pod < 3; pod++)
		for (unsigned int i = 0; i < 100; i++)
			usage_gauge(usage_feed(usage, 0,
					       pod == 1 ? "db-1"
					       : pod	? "db-2"
							: "db-0",
					       USAGE_CPU, "test"),
				    T + i * 60, pod == 1 ? 4 : 0.1);
	/* Too short to be compared with the others. */
	for (unsigned int i = 0; i < 5; i++)
		usage_gauge(usage_feed(usage, 0, "db-9", USAGE_CPU, "test"), T + i * 60, 50);
	usage_finish(usage);
	pods = usage_get(usage, 0, USAGE_CPU)->pods_seen;
	assert_int_equal(pods->compared, 3);
	assert_string_equal(pods->busiest, "db-1");
	assert_near(pods->busiest_p95, 4, 0.02);
	assert_near(pods->median_p95, 0.1, 0.02);
	assert_non_null(pods->of_busiest);
}

static void a_burst_at_the_start_is_apart_from_the_rest(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	struct usage_feed *old = usage_feed(usage, 0, "old", USAGE_CPU, "test"),
			  *new = usage_feed(usage, 0, "new", USAGE_CPU, "test");
	const struct usage_pods *pods;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		usage_gauge(old, T + i * 60, i == 1 ? 9 : 0.5);
	for (unsigned int i = 0; i < 500; i++)
		usage_gauge(new, T + 6000 + i * 60, i < 5 ? 3 : 0.4);
	usage_finish(usage);
	pods = usage_get(usage, 0, USAGE_CPU)->pods_seen;
	assert_int_equal(pods->started, 1);
	assert_near(pods->start_max, 3, 1e-6);
	assert_near(pods->later_max, 0.4, 1e-6);
}

static void growth_that_does_not_end_is_told_from_filling_up(void **state)
{
	static const struct {
		const char *name;
		double hours;
		uint32_t growing, grew;
	} cases[] = {
		{ "leak", 48, 1, 0 },	   { "leak", 1, 0, 0 },	   { "fills", 48, 0, 0 }, { "flat", 48, 0, 0 },
		{ "noisy leak", 48, 1, 0 }, { "sawtooth", 48, 0, 3 }, { "steps", 48, 0, 0 },
		/* It rises for half a day, and ends somewhere in it: what is least of a piece of a slot is not what is least of it. */
		{ "tide", 11, 0, 0 },	   { "tide", 41, 0, 0 },   { "tide", 58, 0, 0 },  { "tide", 335.8, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
		struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_MEMORY_WORKING_SET, "test");
		const struct usage_pods *pods;
		uint32_t random = 3;

		for (double t = 0; t < cases[i].hours; t += 1.0 / 12) {
			double noise = next_random(&random) % 1000 / 1000.0, value = 200;

			if (streq(cases[i].name, "leak"))
				value = 200 + 5 * t;
			else if (streq(cases[i].name, "fills"))
				value = 200 + 300 * (1 - exp(-t / 4));
			else if (streq(cases[i].name, "noisy leak"))
				value = 200 + 5 * t + 100 * noise * noise;
			else if (streq(cases[i].name, "sawtooth"))
				value = 100 + 40 * fmod(t, 12);
			else if (streq(cases[i].name, "steps"))
				value = t < 20 ? 200 : 300;
			else if (streq(cases[i].name, "tide"))
				value = 160 - 60 * cos(t / 24 * 2 * M_PI) + t / 100 + 2 * noise;
			usage_gauge(feed, T + t * 3600, value * MIB);
		}
		usage_finish(usage);
		pods = usage_get(usage, 0, USAGE_MEMORY_WORKING_SET)->pods_seen;
		if (pods->growing != cases[i].growing || pods->grew != cases[i].grew)
			fail_msg("%s for %g h: %u, %u", cases[i].name, cases[i].hours, pods->growing, pods->grew);
		if (i == 0)
			assert_near(pods->growth_per_day, 120 * MIB, 0.1);
	}
}

static void kills_are_known_whether_samples_come_before_or_after(void **state)
{
	double before[3], after[3], at;

	(void)state;
	for (unsigned int early = 0; early < 2; early++) {
		CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
		struct usage_feed *feed = usage_feed(usage, 0, "a", USAGE_MEMORY_WORKING_SET, "test");

		if (early)
			usage_oom(usage, 0, "a", T + 3000, 900 * MIB);
		for (unsigned int i = 0; i < 50; i++)
			usage_gauge(feed, T + i * 60, 500 * MIB);
		usage_oom(usage, 0, "a", T + 3000, 900 * MIB);
		usage_oom(usage, 0, "a", T + 3000, 900 * MIB);
		usage_oom(usage, 0, "a", NAN, 900 * MIB);
		usage_oom(usage, 0, "a", T + 4000, -5);
		usage_finish(usage);
		assert_int_equal(usage_oom_count(usage, 0), 1);
		assert_near(usage_last_oom_memory(usage, 0, &at), 900 * MIB, 0);
		assert_near(at, T + 3000, 0);
		for (unsigned int i = 0; i < 3; i++)
			(early ? before : after)[i] =
				usage_vpa_percentile(usage_get(usage, 0, USAGE_MEMORY_WORKING_SET), i / 2.0);
	}
	for (unsigned int i = 0; i < 3; i++) {
		assert_near(before[i], after[i], 1e-12);
		assert_near(before[i], 1080 * MIB, 0.05);	/* 900 MiB and a fifth */
	}
}

static void kills_of_pods_are_taken_from_the_cluster(void **state)
{
	struct pod_container containers[] = {
		{ .container = 4,
		  .oom_killed = true,
		  .last_oom_sec = (int64_t)T,
		  .memory_limit = (int64_t)(800 * MIB),
		  .memory_request = -1 },
		{ .container = CLUSTER_NONE, .oom_killed = true, .last_oom_sec = (int64_t)T, .memory_limit = 1 },
		{ .container = 5,
		  .oom_killed = true,
		  .last_oom_sec = (int64_t)T,
		  .memory_limit = -1,
		  .memory_request = -1 },
		{ .container = 6, .oom_killed = false, .memory_limit = 1 },
	};
	struct cluster_pod pods[] = { { .name = "a-1", .first_container = 0, .n_containers = 4 } };
	struct cluster cluster = { .pods = pods, .n_pods = 1, .pod_containers = containers, .n_pod_containers = 4 };
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(&cluster);

	(void)state;
	usage_finish(usage);
	assert_near(usage_last_oom_memory(usage, 4, NULL), 800 * MIB, 0);
	assert_int_equal(usage_oom_count(usage, 5), 1);
	assert_true(isnan(usage_last_oom_memory(usage, 5, NULL)));
	assert_int_equal(usage_oom_count(usage, 6), 0);
	assert_null(usage_get(usage, 4, USAGE_MEMORY_WORKING_SET));
}

static void nodes_and_slices_are_apart_from_containers(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);

	(void)state;
	usage_gauge(usage_node_feed(usage, "node-1", "", USAGE_CPU, "test"), T, 3);
	usage_gauge(usage_node_feed(usage, "node-1", "system.slice", USAGE_CPU, "test"), T, 0.2);
	usage_gauge(usage_node_feed(usage, "node-2", "", USAGE_MEMORY_WORKING_SET, "test"), T, 1e9);
	usage_finish(usage);
	assert_near(usage_node_get(usage, "node-1", "", USAGE_CPU)->max, 3, 0);
	assert_near(usage_node_get(usage, "node-1", "system.slice", USAGE_CPU)->max, 0.2, 0);
	assert_null(usage_node_get(usage, "node-1", "kubepods.slice", USAGE_CPU));
	assert_int_equal(usage_node_get(usage, "node-2", "", USAGE_MEMORY_WORKING_SET)->container, CLUSTER_NONE);
	assert_null(usage_get(usage, 0, USAGE_CPU));
}

static void what_belongs_to_no_container_is_counted_and_ten_are_named(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);

	(void)state;
	for (unsigned int i = 0; i < 30; i++)
		usage_note_unmatched(usage, "shop", "web-1", "app");
	assert_int_equal(usage_unmatched(usage), 30);
	assert_string_equal(usage_unmatched_example(usage, 9), "shop/web-1 app");
	assert_null(usage_unmatched_example(usage, 10));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_metric_has_a_name_that_leads_back),
		cmocka_unit_test(percentiles_are_never_below_the_exact_ones_and_two_percent_above_at_most),
		cmocka_unit_test(zero_and_what_is_near_it_is_counted),
		cmocka_unit_test(what_nobody_fed_is_not_there),
		cmocka_unit_test(bad_samples_are_counted_and_not_used),
		cmocka_unit_test(counters_that_fall_began_at_zero),
		cmocka_unit_test(cpu_seconds_become_cores_but_not_across_gaps_and_resets),
		cmocka_unit_test(chunks_of_many_pods_may_come_interleaved),
		cmocka_unit_test(gaps_are_not_covered),
		cmocka_unit_test(courses_stay_small_whatever_the_window),
		cmocka_unit_test(what_a_server_computed_wins),
		cmocka_unit_test(increases_of_a_server_add_up),
		cmocka_unit_test(the_busiest_pod_is_known_by_its_name),
		cmocka_unit_test(a_burst_at_the_start_is_apart_from_the_rest),
		cmocka_unit_test(growth_that_does_not_end_is_told_from_filling_up),
		cmocka_unit_test(kills_are_known_whether_samples_come_before_or_after),
		cmocka_unit_test(kills_of_pods_are_taken_from_the_cluster),
		cmocka_unit_test(nodes_and_slices_are_apart_from_containers),
		cmocka_unit_test(what_belongs_to_no_container_is_counted_and_ten_are_named),
	};

	return RUN_TESTS(tests);
}
