/* SPDX-License-Identifier: Apache-2.0 */
/* The cases are those with which the Vertical Pod Autoscaler tests itself (kubernetes/autoscaler,
 * vertical-pod-autoscaler/pkg/recommender, version 1.8.0): what goes in and what comes out, by the names of its
 * tests. */
#include "../../core/vpa-histogram.h"

#include <math.h>

#include "test.h"

#define START 1234567890.0
#define HOUR 3600.0
#define MIB (1024.0 * 1024)

static const struct vpa_scale ten = { .buckets = 11, .first = 1, .ratio = 1, .epsilon = 1e-15, .half_life_sec = HOUR };
static const struct vpa_scale ten_forever = { .buckets = 11, .first = 1, .ratio = 1, .epsilon = 1e-15 };
static const struct vpa_scale tenths = { .buckets = 11, .first = 0.1, .ratio = 1, .epsilon = 1e-15 };

static void assert_near(double is, double expected, double relative)
{
	if (!(fabs(is - expected) <= fabs(expected) * relative))
		fail_msg("%.17g instead of %.17g", is, expected);
}

/* histogram_options_test.go: TestLinearHistogramOptions, TestExponentialHistogramOptions */
static void buckets_are_where_vpa_has_them(void **state)
{
	struct vpa_scale linear = vpa_scale_make(5, 0.3, 1, 1e-15, 0),
			 exponential = vpa_scale_make(500, 40, 1.5, 1e-15, 0);
	static const double starts[] = { 0, 40, 100, 190, 325, 527.5 };

	(void)state;
	assert_int_equal(linear.buckets, 18);
	assert_near(vpa_scale_start(&linear, 17), 5.1, 1e-15);
	assert_int_equal(vpa_scale_find(&linear, 0), 0);
	assert_int_equal(vpa_scale_find(&linear, 1.3), 4);
	assert_int_equal(vpa_scale_find(&linear, 100), 17);
	assert_int_equal(exponential.buckets, 6);
	for (unsigned int i = 0; i < ARRAY_SIZE(starts); i++)
		assert_near(vpa_scale_start(&exponential, i), starts[i], 1e-15);
	assert_int_equal(vpa_scale_find(&exponential, 39.99), 0);
	assert_int_equal(vpa_scale_find(&exponential, 40), 1);
	assert_int_equal(vpa_scale_find(&exponential, 100), 2);
	assert_int_equal(vpa_scale_find(&exponential, 900), 5);
}

/* aggregations_config.go: 1000 cores from 0.01, 1e12 bytes from 1e7, 5 % wider each */
static void scales_of_cpu_and_memory_have_as_many_buckets(void **state)
{
	(void)state;
	assert_int_equal(vpa_scale_make(1000, 0.01, 1.05, 1e-4, 0).buckets, vpa_scale_cpu.buckets);
	assert_true(vpa_scale_make(1000, 0.01, 1.05, 1e-4, 0).log_ratio == vpa_scale_cpu.log_ratio);
	assert_int_equal(vpa_scale_make(1e12, 1e7, 1.05, 1e-4, 0).buckets, vpa_scale_memory.buckets);
}

struct sample {
	double value, weight, hours;
};

struct wanted {
	double quantile, value;
};

static void assert_percentiles(const struct vpa_scale *scale, const struct sample *samples, size_t n_samples,
			       const struct wanted *wanted, size_t n_wanted)
{
	CLEANUP(vpa_histogram_release) struct vpa_histogram histogram;

	vpa_histogram_init(&histogram, scale);
	for (size_t i = 0; i < n_samples; i++)
		vpa_histogram_add(&histogram, samples[i].value, samples[i].weight, START + samples[i].hours * HOUR);
	for (size_t i = 0; i < n_wanted; i++)
		assert_near(vpa_histogram_percentile(&histogram, wanted[i].quantile), wanted[i].value, 1e-15);
}

#define ASSERT_PERCENTILES(scale, samples, wanted)                                                                 \
	assert_percentiles(scale, samples, ARRAY_SIZE(samples), wanted, ARRAY_SIZE(wanted))

/* decaying_histogram_test.go: TestPercentilesEmptyDecayingHistogram, TestSimpleDecay, TestLongtermDecay,
 * TestDecayingHistogramPercentiles, TestNoDecay; histogram_test.go: TestPercentiles */
static void percentiles_are_those_of_vpa(void **state)
{
	static const struct sample simple[] = { { 2, 1000, 0 }, { 1, 1, 20 } };
	static const struct sample longterm[] = { { 2, 1, 0 }, { 1, 1, 101 } };
	static const struct sample rising[] = { { 1, 1, 0 }, { 2, 2, 1 }, { 3, 3, 2 }, { 4, 4, 3 } };
	static const struct sample at_once[] = { { 1, 1, 0 }, { 2, 2, 0 }, { 3, 3, 0 }, { 4, 4, 0 } };
	static const struct wanted of_none[] = { { -0.5, 0 }, { 0, 0 }, { 0.5, 0 }, { 1, 0 }, { 1.5, 0 } };
	static const struct wanted of_simple[] = { { 0.999, 2 }, { 1, 3 } };
	static const struct wanted of_longterm[] = { { 1, 2 } };
	static const struct wanted of_rising[] = { { 0, 2 },	{ 0.02, 2 }, { 0.03, 3 }, { 0.10, 3 },
						   { 0.11, 4 }, { 0.34, 4 }, { 0.35, 5 }, { 1, 5 } };
	static const struct wanted of_at_once[] = { { 0, 2 },	{ 0.1, 2 }, { 0.2, 3 }, { 0.3, 3 },
						    { 0.4, 4 }, { 0.5, 4 }, { 0.6, 4 }, { 0.7, 5 },
						    { 0.8, 5 }, { 0.9, 5 }, { 1, 5 } };

	(void)state;
	assert_percentiles(&ten, NULL, 0, of_none, ARRAY_SIZE(of_none));
	ASSERT_PERCENTILES(&ten, simple, of_simple);
	ASSERT_PERCENTILES(&ten, longterm, of_longterm);
	ASSERT_PERCENTILES(&ten, rising, of_rising);
	ASSERT_PERCENTILES(&ten, at_once, of_at_once);
	ASSERT_PERCENTILES(&ten_forever, at_once, of_at_once);
}

/* TestPercentileOutOfBounds */
static void what_is_out_of_bounds_is_in_the_last_bucket(void **state)
{
	static const struct sample inside[] = { { 0.1, 0.1, 0 }, { 0.2, 0.2, 0 } };
	static const struct sample edges[] = { { 0.1, 0.1, 0 }, { 0.2, 0.2, 0 }, { 0, 0.1, 0 }, { 1, 0.2, 0 } };
	static const struct wanted of_inside[] = { { -0.1, 0.2 }, { 1.1, 0.3 } };
	static const struct wanted of_edges[] = { { -0.1, 0.1 }, { 1.1, 1.0 } };

	(void)state;
	assert_percentiles(&tenths, inside, ARRAY_SIZE(inside), of_inside, 1);
	assert_near(vpa_scale_start(&tenths, 3), 0.3, 1e-15);
	ASSERT_PERCENTILES(&tenths, edges, of_edges);
}

/* TestEmptyHistogram, TestNonEmptyOnEpsilonAddition */
static void less_than_epsilon_is_nothing(void **state)
{
	CLEANUP(vpa_histogram_release) struct vpa_histogram histogram, other;

	(void)state;
	vpa_histogram_init(&histogram, &tenths);
	vpa_histogram_init(&other, &tenths);
	assert_true(vpa_histogram_empty(&histogram));
	vpa_histogram_add(&histogram, 0.1, 2.5e-15, 0);
	assert_false(vpa_histogram_empty(&histogram));
	vpa_histogram_subtract(&histogram, 0.1, 1e-15, 0);
	assert_false(vpa_histogram_empty(&histogram));
	vpa_histogram_subtract(&histogram, 0.1, 1e-15, 0);
	assert_true(vpa_histogram_empty(&histogram));
	vpa_histogram_add(&other, 9.9, 3e-15, 0);
	vpa_histogram_add(&other, 0.1, 0.3e-15, 0);
	vpa_histogram_add(&other, 999.9, 0.3e-15, 0);
	assert_false(vpa_histogram_empty(&other));
}

struct memory_step {
	bool oom;
	double days, mib;		/* of an OOM kill: the request */
	bool taken;
	double window_days, holds_mib;	/* afterwards; one sample of that size, the end of its bucket */
};

/* container_test.go: TestAggregateContainerUsageSamples, TestRecordOOM* */
static void peaks_of_memory_are_those_of_vpa(void **state)
{
	static const struct {
		const char *name;
		struct memory_step steps[5];
		unsigned int n;
	} cases[] = {
		{ "one peak a day",
		  { { false, 0, 500, true, 1, 500 },
		    { false, 0.5, 1000, true, 1, 1000 },
		    { false, 0.6, 900, true, 1, 1000 } },
		  3 },
		{ "IncreasedByBumpUp", { { true, 0, 1000, true, 1, 1200 } }, 1 },
		{ "DontRunAway",
		  { { true, 0, 1000, true, 1, 1200 },
		    { true, 0, 999, true, 1, 1200 },
		    { true, 0, 999, true, 1, 1200 },
		    { true, 0, 2000, true, 1, 2400 } },
		  4 },
		{ "IncreasedByMin", { { true, 0, 1, true, 1, 101 } }, 1 },
		{ "MaxedWithKnownSample",
		  { { false, 0, 3000, true, 1, 3000 }, { true, 0, 1000, true, 1, 3600 } },
		  2 },
		{ "DiscardsOldSample",
		  { { false, 0, 1000, true, 1, 1000 }, { true, -30.0 / 24, 1000, false, 1, 1000 } },
		  2 },
		{ "an older sample is not taken",
		  { { false, 1, 1000, true, 2, 1000 }, { false, 0.9, 5000, false, 2, 1000 } },
		  2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(vpa_histogram_release) struct vpa_histogram peaks;
		struct vpa_memory memory = { 0 };

		vpa_histogram_init(&peaks, &vpa_scale_memory);
		for (unsigned int j = 0; j < cases[i].n; j++) {
			const struct memory_step *step = &cases[i].steps[j];
			double time_sec = START + step->days * 86400, bucket;
			bool taken = step->oom ? vpa_memory_oom(&memory, &peaks, time_sec, step->mib * MIB)
					       : vpa_memory_sample(&memory, &peaks, time_sec, step->mib * MIB);

			if (taken != step->taken)
				fail_msg("%s: step %u", cases[i].name, j);
			assert_near(memory.window_end_sec, START + step->window_days * 86400, 1e-15);
			bucket = vpa_scale_start(&vpa_scale_memory,
						 vpa_scale_find(&vpa_scale_memory, step->holds_mib * MIB) + 1);
			assert_near(vpa_histogram_percentile(&peaks, 0), bucket, 1e-15);
			assert_near(vpa_histogram_percentile(&peaks, 1), bucket, 1e-15);
			/* One sample, of the weight of the end of its interval. */
			assert_near(peaks.total, exp2((memory.window_end_sec - peaks.reference_sec) / 86400), 1e-12);
		}
	}
}

/* TestRecordOOMInNewWindow, TestRecordOOMFreshOOMNearWindowBoundaryIsNotDiscarded */
static void a_kill_of_the_next_days_is_a_peak_of_its_own(void **state)
{
	CLEANUP(vpa_histogram_release) struct vpa_histogram peaks, fresh;
	struct vpa_memory memory = { 0 };

	(void)state;
	vpa_histogram_init(&peaks, &vpa_scale_memory);
	assert_true(vpa_memory_sample(&memory, &peaks, START, 2000 * MIB));
	assert_true(vpa_memory_oom(&memory, &peaks, START + 2 * 86400, 1000 * MIB));
	assert_near(memory.window_end_sec, START + 3 * 86400, 1e-15);
	assert_near(memory.oom_peak, 2400 * MIB, 1e-15);

	vpa_histogram_init(&fresh, &vpa_scale_memory);
	memory = (struct vpa_memory){ 0 };
	assert_true(vpa_memory_sample(&memory, &fresh, START, 100 * MIB));
	assert_true(vpa_memory_sample(&memory, &fresh, START + 86400, 2000 * MIB));
	assert_near(memory.window_end_sec, START + 2 * 86400, 1e-15);
	assert_true(vpa_memory_oom(&memory, &fresh, START + 86400 - 1, 1000 * MIB));
	assert_near(memory.oom_peak, 2400 * MIB, 1e-15);
}

/* estimator_test.go: TestPercentileEstimator */
static void estimates_are_within_the_width_of_a_bucket(void **state)
{
	CLEANUP(vpa_histogram_release) struct vpa_histogram cpu, memory;

	(void)state;
	vpa_histogram_init(&cpu, &vpa_scale_cpu);
	vpa_histogram_init(&memory, &vpa_scale_memory);
	for (unsigned int i = 1; i <= 3; i++) {
		vpa_histogram_add(&cpu, i, 1, 0);
		vpa_histogram_add(&memory, i * 1e9, 1, 0);
	}
	assert_near(vpa_histogram_percentile(&cpu, 0.2), 1, 0.05);
	assert_near(vpa_histogram_percentile(&memory, 0.5), 2e9, 0.05);
}

/* The definition taken at its word: weights of all buckets, scaled to the last sample. */
static void a_week_is_what_the_definition_says(void **state)
{
	CLEANUP(vpa_histogram_release) struct vpa_histogram histogram;
	double weights[176] = { 0 }, total = 0, sum = 0, end = START + 7 * 86400;
	unsigned int bucket = 0;
	uint32_t random = 1;

	(void)state;
	vpa_histogram_init(&histogram, &vpa_scale_cpu);
	for (double t = START; t <= end; t += 300) {
		double value, weight = 0.1 * exp2((t - end) / 86400);

		random = random * 1664525 + 1013904223;
		value = 0.05 + (random >> 8) / 16777216.0 * (random & 64 ? 0.3 : 3);
		vpa_histogram_add(&histogram, value, 0.1, t);
		weights[vpa_scale_find(&vpa_scale_cpu, value)] += weight;
		total += weight;
	}
	for (unsigned int i = 1; i < 100; i++) {
		/* Between buckets rounding may decide; none of these falls there. */
		while (sum + weights[bucket] < i / 100.0 * total)
			sum += weights[bucket++];
		assert_near(vpa_histogram_percentile(&histogram, i / 100.0),
			    vpa_scale_start(&vpa_scale_cpu, bucket + 1), 1e-12);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_are_where_vpa_has_them),
		cmocka_unit_test(scales_of_cpu_and_memory_have_as_many_buckets),
		cmocka_unit_test(percentiles_are_those_of_vpa),
		cmocka_unit_test(what_is_out_of_bounds_is_in_the_last_bucket),
		cmocka_unit_test(less_than_epsilon_is_nothing),
		cmocka_unit_test(peaks_of_memory_are_those_of_vpa),
		cmocka_unit_test(a_kill_of_the_next_days_is_a_peak_of_its_own),
		cmocka_unit_test(estimates_are_within_the_width_of_a_bucket),
		cmocka_unit_test(a_week_is_what_the_definition_says),
	};

	return RUN_TESTS(tests);
}
