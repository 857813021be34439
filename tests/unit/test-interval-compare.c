/* SPDX-License-Identifier: Apache-2.0 */
/* What the comparison of two windows promises is tried on windows whose answer is known: often enough to see that an
 * interval of 95 % covers the truth about so often, and that noise is called a change no more often than that. */
#include "test.h"

#include <math.h>

#include "../../advisor/interval-compare.h"
#include "../../advisor/statistics.h"

#define INTERVALS_MAX 240
#define RUNS 400

/* splitmix64: the same numbers on every machine */
static uint64_t state_of_chance;

static double uniform(void)
{
	uint64_t z = state_of_chance += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	z ^= z >> 31;
	return ((double)(z >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	double radius = sqrt(-2 * log(uniform()));

	return radius * cos(6.283185307179586 * uniform());
}

enum shape { SHAPE_NORMAL, SHAPE_SKEWED, SHAPE_COUNTS, SHAPE_RARE, SHAPE_BURSTS };

/* One window: autoregressive noise of that memory; rare events and bursts have none. */
static void fill(double *values, size_t count, enum shape shape, double memory, double shift)
{
	double noise = normal();

	for (size_t i = 0; i < count; i++) {
		noise = memory * noise + sqrt(1 - memory * memory) * normal();
		switch (shape) {
		case SHAPE_NORMAL:
			values[i] = 10 + noise + shift;
			break;
		case SHAPE_SKEWED:
			values[i] = exp(noise) + shift;
			break;
		case SHAPE_COUNTS:
			values[i] = floor(fmax(0, 5 + 2 * noise)) + shift;
			break;
		case SHAPE_RARE:	/* shift: chance more of one event in an interval */
			values[i] = uniform() < 0.1 + shift;
			break;
		case SHAPE_BURSTS:
			values[i] = uniform() < 0.1 + shift ? 1 - 50 * log(uniform()) : 0;
			break;
		}
	}
}

static struct interval_comparison compare(const double *before, size_t n, const double *after, size_t m)
{
	struct intervals x = { .values = before, .count = n }, y = { .values = after, .count = m };
	struct interval_comparison result;

	intervals_compare(&x, &y, &result);
	return result;
}

/* clang-format off */
static const struct {
	enum shape shape;
	double memory;
	size_t before, after;
	double shift;		/* a change that is worth finding */
	double truth;		/* what it is in the values */
	double found;		/* share of runs that must find it */
} cases[] = {
	{ .shape = SHAPE_NORMAL, .memory = 0,   .before = 30,  .after = 30,  .shift = 1,   .truth = 1,    .found = 0.8, },
	{ .shape = SHAPE_NORMAL, .memory = 0.3, .before = 60,  .after = 30,  .shift = 1,   .truth = 1,    .found = 0.6, },
	{ .shape = SHAPE_NORMAL, .memory = 0.6, .before = 60,  .after = 60,  .shift = 2,   .truth = 2,    .found = 0.9, },
	{ .shape = SHAPE_NORMAL, .memory = 0.8, .before = 240, .after = 120, .shift = 2,   .truth = 2,    .found = 0.9, },
	{ .shape = SHAPE_SKEWED, .memory = 0,   .before = 30,  .after = 30,  .shift = 1,   .truth = 1,    .found = 0.8, },
	{ .shape = SHAPE_SKEWED, .memory = 0.6, .before = 120, .after = 120, .shift = 1,   .truth = 1,    .found = 0.8, },
	{ .shape = SHAPE_COUNTS, .memory = 0.3, .before = 60,  .after = 60,  .shift = 3,   .truth = 3,    .found = 0.9, },
	{ .shape = SHAPE_RARE,   .memory = 0,   .before = 60,  .after = 60,  .shift = 0.3, .truth = 0.3,  .found = 0.8, },
	{ .shape = SHAPE_RARE,   .memory = 0,   .before = 240, .after = 30,  .shift = 0.3, .truth = 0.3,  .found = 0.6, },
	{ .shape = SHAPE_BURSTS, .memory = 0,   .before = 120, .after = 120, .shift = 0.3, .truth = 15.3, .found = 0.8, },
};
/* clang-format on */

static void noise_is_called_a_change_at_most_seven_times_in_a_hundred(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		double before[INTERVALS_MAX], after[INTERVALS_MAX];
		int wrong = 0;

		for (int run = 0; run < RUNS; run++) {
			struct interval_comparison result;

			state_of_chance = (uint64_t)run * 7919 + c;
			fill(before, cases[c].before, cases[c].shape, cases[c].memory, 0);
			fill(after, cases[c].after, cases[c].shape, cases[c].memory, 0);
			result = compare(before, cases[c].before, after, cases[c].after);
			wrong += result.change == CHANGE_LESS || result.change == CHANGE_MORE;
		}
		if (wrong > RUNS * 7 / 100)
			fail_msg("case %zu: %d of %d", c, wrong, RUNS);
	}
}

static void the_interval_covers_a_known_shift_about_as_often_as_it_says(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		double before[INTERVALS_MAX], after[INTERVALS_MAX];
		int covered = 0, found = 0, known = 0;

		for (int run = 0; run < RUNS; run++) {
			struct interval_comparison result;

			state_of_chance = (uint64_t)run * 104729 + c;
			fill(before, cases[c].before, cases[c].shape, cases[c].memory, 0);
			fill(after, cases[c].after, cases[c].shape, cases[c].memory, cases[c].shift);
			result = compare(before, cases[c].before, after, cases[c].after);
			if (result.change == CHANGE_UNKNOWN)
				continue;
			known++;
			covered += result.low <= cases[c].truth + 1e-9 && result.high >= cases[c].truth - 1e-9;
			found += result.change == CHANGE_MORE;
		}
		if (known < RUNS * 9 / 10 || covered < known * 92 / 100)
			fail_msg("case %zu: covered %d of %d known of %d", c, covered, known, RUNS);
		if (found < cases[c].found * RUNS)
			fail_msg("case %zu: found %d of %d", c, found, RUNS);
	}
}

static void a_drift_is_no_change_of_level(void **state)
{
	double before[30], after[30];
	struct interval_comparison result;

	(void)state;
	/* Free memory that shrinks steadily: every later interval is lower, yet nothing happened between the windows. */
	for (size_t i = 0; i < 30; i++) {
		before[i] = 1000 - (double)i;
		after[i] = 960 - (double)i;
	}
	result = compare(before, 30, after, 30);
	assert_int_equal(result.change, CHANGE_UNKNOWN);
	assert_int_equal(result.method, COMPARED_NOT);
	assert_true(isnan(result.difference) && isnan(result.low) && isnan(result.p));
	assert_non_null(strstr(result.why, "longer window"));
}

static void windows_too_short_give_no_answer_but_a_distribution(void **state)
{
	static const double few[] = { 1, 2, 3, 4, 5, 6, 7 }, many[] = { 1, 9, 2, 8, 3, 7, 4, 6, 5, 5 };
	struct interval_comparison result = compare(few, 7, many, 10);

	(void)state;
	assert_int_equal(result.change, CHANGE_UNKNOWN);
	assert_string_equal(result.why, "too few intervals before");
	assert_int_equal(result.before.count, 7);
	assert_true(result.before.p50 == 4 && result.before.max == 7 && result.before.min == 1);
	result = compare(many, 10, few, 0);
	assert_string_equal(result.why, "too few intervals after");
	assert_int_equal(result.after.count, 0);
}

static void missing_and_impossible_values_count_nothing(void **state)
{
	double before[20], after[20];
	struct interval_comparison result;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		before[i] = i % 4 == 3 ? NAN : 10 + (double)(i * 7 % 5);
		after[i] = i % 4 == 1 ? INFINITY : i == 0 ? 1e300 : 30 + (double)(i * 7 % 5);
	}
	result = compare(before, 20, after, 20);
	assert_int_equal(result.before.count, 15);
	assert_int_equal(result.after.count, 14);
	assert_int_equal(result.change, CHANGE_MORE);
	assert_true(result.low > 15 && result.high < 25 && result.after.max < 40);
}

static void constants_are_compared_exactly(void **state)
{
	double before[12], after[12];
	struct interval_comparison result;

	(void)state;
	for (size_t i = 0; i < 12; i++)
		before[i] = 4096, after[i] = 4096;
	result = compare(before, 12, after, 12);
	assert_int_equal(result.change, CHANGE_NONE);
	assert_true(result.difference == 0 && result.p == 1);
	for (size_t i = 0; i < 12; i++)
		after[i] = 4095;
	result = compare(before, 12, after, 12);
	assert_int_equal(result.change, CHANGE_LESS);
	assert_true(result.difference == -1 && result.low == -1 && result.high == -1);
	/* Also where their mean is not exactly one of them. */
	for (size_t i = 0; i < 12; i++)
		before[i] = 0.1, after[i] = 0.3;
	result = compare(before, 12, after, 12);
	assert_int_equal(result.change, CHANGE_MORE);
	assert_true(result.before.independent == 12 && result.low == result.high);
}

static void what_stops_is_less_and_what_never_was_is_not_known_to_be_less(void **state)
{
	double before[30], after[30];
	struct interval_comparison result;

	(void)state;
	for (size_t i = 0; i < 30; i++)
		before[i] = 200 + (double)(i * 37 % 41), after[i] = 0;
	result = compare(before, 30, after, 30);
	assert_int_equal(result.change, CHANGE_LESS);
	assert_int_equal(result.method, COMPARED_BY_SHIFT);
	assert_true(result.difference < -200 && result.high <= -200 && result.low >= -240 && result.p < 0.05);
	assert_true(result.after.zero == 1 && result.before.zero == 0);

	/* Of a share that was whole and is nothing no more than the whole can be gone. */
	for (size_t i = 0; i < 30; i++)
		before[i] = 1;
	result = compare(before, 30, after, 30);
	assert_true(result.difference == -1 && result.low == -1 && result.high == -1);
	assert_int_equal(result.change, CHANGE_LESS);

	/* One event in thirty intervals, and then none: that says nothing. */
	for (size_t i = 0; i < 30; i++)
		before[i] = i == 11 ? 3 : 0;
	result = compare(before, 30, after, 30);
	assert_int_equal(result.change, CHANGE_NONE);
	assert_int_equal(result.method, COMPARED_BY_RATE);
	assert_true(result.p > 0.2 && result.low < 0 && result.high > 0);

	result = compare(after, 30, after, 30);
	assert_int_equal(result.change, CHANGE_NONE);
	assert_true(result.difference == 0 && isnan(result.low) && isnan(result.high));
}

static void the_interval_of_a_shift_holds_it_and_its_ends_are_differences(void **state)
{
	double before[40], after[25];

	(void)state;
	for (int run = 0; run < 50; run++) {
		struct interval_comparison result;

		state_of_chance = (uint64_t)run;
		fill(before, 40, SHAPE_COUNTS, 0.2, 1);
		fill(after, 25, SHAPE_COUNTS, 0.2, 3);
		result = compare(before, 40, after, 25);
		assert_true(result.low <= result.difference && result.difference <= result.high);
		assert_true(floor(result.low) == result.low && floor(result.high) == result.high);
		assert_int_equal(result.change != CHANGE_NONE, result.low > 0 || result.high < 0);
	}
}

static void of_many_comparisons_only_what_stands_out_stays(void **state)
{
	static const double chance[] = { 0.04, 0.3, 0.9, 0.5, 0.7, 0.2, 0.6, 0.8, 0.1, 0.35 };
	static const double one[] = { 0.04, 0.3, 0.001, 0.5, 0.7, 0.2, 0.6, 0.8, 0.1, 0.35 };

	(void)state;
	assert_true(false_discovery_limit(chance, ARRAY_SIZE(chance)) < 0);
	assert_true(false_discovery_limit(one, ARRAY_SIZE(one)) == 0.001);
	assert_true(false_discovery_limit(chance, 1) == 0.04);
	assert_true(false_discovery_limit(NULL, 0) < 0);
}

static void quantiles_are_those_of_the_tables(void **state)
{
	/* clang-format off */
	static const struct { double probability, parameter, expected; bool gamma; } rows[] = {
		{ 0.975, 1,    12.706205, false },
		{ 0.975, 4,     2.776445, false },
		{ 0.975, 30,    2.042272, false },
		{ 0.95,  10.5,  1.803837, false },
		{ 0.975, 1e6,   1.959966, false },
		{ 0.975, 1,     3.688879, true },
		{ 0.025, 5,     1.623486, true },
		{ 0.975, 6,    11.668332, true },
		{ 0.025, 100,  81.363959, true },
		{ 0.5,   0.5,   0.227468, true },
		{ 0.975, 0,     0,        true },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double found = rows[i].gamma ? gamma_quantile(rows[i].probability, rows[i].parameter) :
					       student_quantile(rows[i].probability, rows[i].parameter);

		if (fabs(found - rows[i].expected) > 2e-4 * fmax(1, rows[i].expected / 10))
			fail_msg("row %zu: expected %f, found %f", i, rows[i].expected, found);
	}
	assert_true(fabs(student_tails(2.776445, 4) - 0.05) < 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_is_called_a_change_at_most_seven_times_in_a_hundred),
		cmocka_unit_test(the_interval_covers_a_known_shift_about_as_often_as_it_says),
		cmocka_unit_test(a_drift_is_no_change_of_level),
		cmocka_unit_test(windows_too_short_give_no_answer_but_a_distribution),
		cmocka_unit_test(missing_and_impossible_values_count_nothing),
		cmocka_unit_test(constants_are_compared_exactly),
		cmocka_unit_test(what_stops_is_less_and_what_never_was_is_not_known_to_be_less),
		cmocka_unit_test(the_interval_of_a_shift_holds_it_and_its_ends_are_differences),
		cmocka_unit_test(of_many_comparisons_only_what_stands_out_stays),
		cmocka_unit_test(quantiles_are_those_of_the_tables),
	};

	return RUN_TESTS(tests);
}
