/* SPDX-License-Identifier: Apache-2.0 */
#include "../../clusters/prometheus.h"

#include <errno.h>
#include <math.h>

#include "prometheus-cluster.h"
#include "test.h"

/* ---- one percentile of many series ---- */

static void assert_near(double is, double expected, double relative)
{
	if (!(fabs(is - expected) <= fabs(expected) * relative + 1e-12))
		fail_msg("%.17g instead of %.17g", is, expected);
}

/* As a server answers of evenly spread samples between two values. */
static struct sketch spread(const struct pool_grid *grid, double count, double from, double to)
{
	struct sketch sketch = { .count = count, .mean = (from + to) / 2 };

	for (size_t i = 0; i < grid->n; i++)
		sketch.at[i] = from + (to - from) * grid->quantiles[i];
	return sketch;
}

static void a_grid_is_in_order_and_has_what_is_asked_for(void **state)
{
	static const double wanted[] = { 0.99, 0.95, 0.95, 0, 1, -1, 7, 0.25 };
	static const double expected[] = { 0, 0.25, 0.5, 0.9, 0.95, 0.99, 1 };
	struct pool_grid grid;

	pool_grid_init(&grid, wanted, ARRAY_SIZE(wanted));
	assert_int_equal(grid.n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < grid.n; i++)
		assert_near(grid.quantiles[i], expected[i], 0);
}

static void of_one_series_it_is_the_servers_own(void **state)
{
	static const double wanted[] = { 0.5, 0.95, 0.99 };
	struct pool_grid grid;
	struct sketch sketch;

	pool_grid_init(&grid, wanted, ARRAY_SIZE(wanted));
	sketch = (struct sketch){ .count = 7, .at = { 1, 2, 3, 5, 8, 13 } };
	assert_int_equal(grid.n, 6);
	for (size_t i = 0; i < grid.n; i++)
		assert_true(pool_quantile(&sketch, 1, &grid, grid.quantiles[i]) == sketch.at[i]);
	assert_true(isnan(pool_quantile(&sketch, 0, &grid, 0.5)));
}

static void of_series_that_are_alike_it_is_what_each_has(void **state)
{
	static const double wanted[] = { 0.5, 0.9, 0.95 };
	struct pool_grid grid;
	struct sketch sketches[50];

	pool_grid_init(&grid, wanted, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(sketches); i++)
		sketches[i] = spread(&grid, 100, 1, 3);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_near(pool_quantile(sketches, ARRAY_SIZE(sketches), &grid, wanted[i]), 1 + 2 * wanted[i], 1e-5);
}

static void series_weigh_as_much_as_they_have_samples(void **state)
{
	static const struct {
		double idle, busy, quantile, expected;	/* how many samples at 0.1 and at 2.0 */
	} cases[] = {
		{ 1000, 10, 0.95, 0.1 }, { 1000, 10, 0.999, 2.0 }, { 900, 100, 0.89, 0.1 }, { 900, 100, 0.91, 2.0 },
		{ 10, 1000, 0.05, 2.0 }, { 1, 1, 0.49, 0.1 },	   { 1, 1, 0.51, 2.0 },
	};
	struct pool_grid grid;

	pool_grid_init(&grid, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sketch sketches[] = { spread(&grid, cases[i].idle, 0.1, 0.1), spread(&grid, cases[i].busy, 2.0, 2.0) };

		assert_near(pool_quantile(sketches, 2, &grid, cases[i].quantile), cases[i].expected, 1e-5);
	}
}

/* Against all samples themselves: evenly spread ones of different pods. */
static void pooled_percentiles_are_those_of_all_samples(void **state)
{
	static const double wanted[] = { 0.5, 0.75, 0.9, 0.95, 0.99 };
	struct pool_grid grid;
	struct sketch sketches[3];

	pool_grid_init(&grid, wanted, ARRAY_SIZE(wanted));
	sketches[0] = spread(&grid, 1000, 0, 1);
	sketches[1] = spread(&grid, 2000, 0, 2);
	sketches[2] = spread(&grid, 1000, 1, 3);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		double is = pool_quantile(sketches, 3, &grid, wanted[i]), below;

		/* 1000 · F1 + 2000 · F2 + 1000 · F3 */
		below = 1000 * fmin(is, 1) + 2000 * fmin(is / 2, 1) + 1000 * fmin(fmax((is - 1) / 2, 0), 1);
		assert_near(below / 4000, wanted[i], 1e-5);
	}
}

static void answers_out_of_order_are_mended_or_refused(void **state)
{
	struct pool_grid grid;
	struct sketch sketch;

	pool_grid_init(&grid, NULL, 0);
	assert_int_equal(grid.n, 4);
	sketch = (struct sketch){ .count = 5, .mean = NAN, .at = { NAN, 3, 2, 4 } };
	assert_true(sketch_mend(&sketch, &grid));
	assert_true(sketch.at[0] == 2 && sketch.at[1] == 2 && sketch.at[2] == 2 && sketch.at[3] == 4);
	assert_near(sketch.mean, 0.9 * 2 + 0.1 * 3, 1e-9);
	sketch = (struct sketch){ .count = NAN, .at = { 1, 2, 3, 4 } };
	assert_false(sketch_mend(&sketch, &grid));
	sketch = (struct sketch){ .count = 0, .at = { 1, 2, 3, 4 } };
	assert_false(sketch_mend(&sketch, &grid));
	sketch = (struct sketch){ .count = 4, .at = { 1, 2, 3, INFINITY } };
	assert_false(sketch_mend(&sketch, &grid));
	sketch = (struct sketch){ .count = 4, .at = { 1, 2, 3, NAN } };
	assert_false(sketch_mend(&sketch, &grid));
	sketch = (struct sketch){ .count = 4, .at = { -5, -4, -3, -2 } };
	assert_false(sketch_mend(&sketch, &grid));
}

/* ---- expressions ---- */

static void names_end_no_string_and_mean_themselves(void **state)
{
	static const struct {
		const char *text, *quoted, *regex;
	} cases[] = {
		{ "shop", "\"shop\"", "shop" },
		{ "a.b", "\"a.b\"", "a\\.b" },
		{ "a\"} or vector(1)", "\"a\\\"} or vector(1)\"", "a\"\\} or vector\\(1\\)" },
		{ "a\\", "\"a\\\\\"", "a\\\\" },
		{ "a\nb\x7f", "\"a\\x0ab\\x7f\"", "a\nb\x7f" },
		{ "^a|b*$", "\"^a|b*$\"", "\\^a\\|b\\*\\$" },
		{ "", "\"\"", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf quoted = STRBUF_INIT, regex = STRBUF_INIT;

		promql_quote(&quoted, cases[i].text);
		promql_escape_regex(&regex, cases[i].text);
		assert_string_equal(quoted.buf, cases[i].quoted);
		assert_string_equal(regex.buf, cases[i].regex);
	}
}

static void selectors_are_matchers_and_nothing_else(void **state)
{
	static const struct {
		const char *text, *written;	/* NULL: refused */
	} cases[] = {
		{ "cluster=\"a\"", "cluster=\"a\"," },
		{ "{cluster=\"a\"}", "cluster=\"a\"," },
		{ " { cluster = 'a' , zone=~`b.*`, } ", "cluster=\"a\",zone=~\"b.*\"," },
		{ "a!=\"b\",c!~\"d\"", "a!=\"b\",c!~\"d\"," },
		{ "a=\"b\\\"c\\\\d\"", "a=\"b\\\"c\\\\d\"," },
		{ "a=`b\\c`", "a=\"b\\\\c\"," },
		{ "", "" },
		{ "{}", "" },
		{ "a=b", NULL },
		{ "a=\"b", NULL },
		{ "a=\"b\"} or up", NULL },
		{ "{a=\"b\"", NULL },
		{ "{a=\"b\"} or up", NULL },
		{ "a=\"b\" c=\"d\"", NULL },
		{ "1a=\"b\"", NULL },
		{ "a==\"b\"", NULL },
		{ "up{a=\"b\"}", NULL },
		{ "a=\"b\\x\"", NULL },
		{ "=\"b\"", NULL },
		{ ",", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT, why = STRBUF_INIT;
		int r = promql_matchers(&out, cases[i].text, &why);

		if (r != (cases[i].written ? 0 : -EINVAL) || (r == 0 && !streq(out.buf, cases[i].written)))
			fail_msg("%s: %d %s", cases[i].text, r, out.buf);
		assert_int_equal(why.len > 0, r < 0);
	}
}

static void forms_hold_whatever_an_expression_holds(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	http_escape(&out, "a b&c=d+e%{\"\xc3\xa9\n\"}~-._");
	assert_string_equal(out.buf, "a%20b%26c%3Dd%2Be%25%7B%22%C3%A9%0A%22%7D~-._");
}

static void options_that_cannot_be_are_refused_before_anybody_is_asked(void **state)
{
	static const struct prometheus_options wrong[] = {
		{ .url = "http://127.0.0.1:1", .begin_sec = 5, .end_sec = 5 },
		{ .url = "http://127.0.0.1:1", .begin_sec = NAN, .end_sec = 5 },
		{ .url = "http://127.0.0.1:1", .begin_sec = 0, .end_sec = INFINITY },
		{ .url = "http://127.0.0.1:1", .begin_sec = 0, .end_sec = 5, .step_sec = 0.01 },
		{ .url = "http://127.0.0.1:1", .begin_sec = 0, .end_sec = 5, .selector = "a" },
		{ .url = "gopher://127.0.0.1:1", .begin_sec = 0, .end_sec = 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP(cluster_free_ptr) struct cluster *cluster = small_cluster();
		CLEANUP(usage_free_ptr) struct usage *usage = usage_new(cluster);

		assert_int_equal(usage_read_prometheus(usage, cluster, &wrong[i]), -EINVAL);
		assert_int_equal(usage_notes(usage)->errors, 1);
		usage_finish(usage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grid_is_in_order_and_has_what_is_asked_for),
		cmocka_unit_test(of_one_series_it_is_the_servers_own),
		cmocka_unit_test(of_series_that_are_alike_it_is_what_each_has),
		cmocka_unit_test(series_weigh_as_much_as_they_have_samples),
		cmocka_unit_test(pooled_percentiles_are_those_of_all_samples),
		cmocka_unit_test(answers_out_of_order_are_mended_or_refused),
		cmocka_unit_test(names_end_no_string_and_mean_themselves),
		cmocka_unit_test(selectors_are_matchers_and_nothing_else),
		cmocka_unit_test(forms_hold_whatever_an_expression_holds),
		cmocka_unit_test(options_that_cannot_be_are_refused_before_anybody_is_asked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
