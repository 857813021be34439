/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/unit.h"

#include <errno.h>
#include <math.h>

#include "../../core/strbuf.h"
#include "test.h"

static void units_have_a_dimension_and_a_scale(void **state)
{
	static const struct {
		const char *text;
		struct dimension dimension;
		double scale;
	} cases[] = {
		{ "KiB", { .bytes = 1 }, 1024 },
		{ "kB", { .bytes = 1 }, 1024 },
		{ "MB", { .bytes = 1 }, 1e6 },
		{ "sector", { .bytes = 1 }, 512 },
		{ "cs", { .seconds = 1 }, 0.01 },
		{ "MiB/s", { .bytes = 1, .seconds = -1 }, 1048576 },
		{ "/s", { .seconds = -1 }, 1 },
		{ "1/s", { .seconds = -1 }, 1 },
		{ "Hz", { .seconds = -1 }, 1 },
		{ "B/page", { .bytes = 1, .pages = -1 }, 1 },
		{ "m", { .cores = 1 }, 0.001 },
		{ "core*s", { .cores = 1, .seconds = 1 }, 1 },
		{ "percent", { 0 }, 0.01 },
		{ "per10000", { 0 }, 0.0001 },
		{ "", { 0 }, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct unit unit;

		assert_int_equal(unit_parse(cases[i].text, strlen(cases[i].text), &unit), 0);
		assert_true(dimension_equal(unit.dimension, cases[i].dimension));
		assert_true(fabs(unit.scale - cases[i].scale) < cases[i].scale * 1e-12);
	}
}

static void what_is_no_unit_is_refused(void **state)
{
	static const char *const cases[] = { "parsec", "kib", "B/", "//s", "B//s", "*", "B/s/s/s/s", "B /s" };
	struct unit unit;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(unit_parse(cases[i], strlen(cases[i]), &unit), -EINVAL);
}

static void quantities_read_well(void **state)
{
	static const struct {
		double value;
		struct dimension dimension;
		bool ratio;
		const char *text;
	} cases[] = {
		{ 0, { .bytes = 1 }, false, "0 B" },
		{ 4096, { .bytes = 1 }, false, "4 KiB" },
		{ 1536, { .bytes = 1 }, false, "1.5 KiB" },
		{ 1.25 * 1024 * 1024 * 1024, { .bytes = 1, .seconds = -1 }, false, "1.25 GiB/s" },
		{ 0.00035, { .seconds = 1 }, false, "350 µs" },
		{ 0, { .seconds = 1 }, false, "0 s" },
		{ 90, { .seconds = 1 }, false, "90 s" },
		{ 432000, { .seconds = 1 }, false, "5 d" },
		{ 0.125, { 0 }, true, "12.5 %" },
		{ 1234567, { 0 }, false, "1,234,567" },
		{ -1234, { 0 }, false, "-1,234" },
		{ 12.4, { .seconds = -1 }, false, "12.4/s" },
		{ 1, { .pages = 1 }, false, "1 page" },
		{ 0.25, { .cores = 1 }, false, "0.25 cores" },
		{ INFINITY, { .bytes = 1 }, false, "unlimited" },
		{ NAN, { 0 }, false, "unknown" },
		{ 4096, { .bytes = 1, .pages = -1 }, false, "4,096 bytes per page" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		quantity_format(&text, cases[i].value, cases[i].dimension, cases[i].ratio);
		assert_string_equal(text.buf, cases[i].text);
	}
}

static void a_setting_is_shown_whole(void **state)
{
	const struct dimension bytes = { .bytes = 1 }, seconds = { .seconds = 1 }, none = { 0 };
	/* clang-format off */
	const struct {
		double value;
		struct dimension dimension;
		const char *text;
	} cases[] = {
		{ 1500, bytes, "1,500 B" },		{ 212992, bytes, "208 KiB" },
		{ 6291456, bytes, "6 MiB" },		{ 0x1.8p30, bytes, "1.5 GiB" },
		{ 212993, bytes, "212,993 B" },		{ 0, bytes, "0 B" },
		{ 100.5 * 1024, bytes, "100.5 KiB" },	{ 4000.0 * 1048576, bytes, "4,000 MiB" },
		{ 60, seconds, "1 min" },		{ 125, seconds, "125 s" },
		{ 0.0305, seconds, "30.5 ms" },		{ 1.234567, seconds, "1,234,567 µs" },
		{ 7200, seconds, "2 h" },		{ 1234567, none, "1,234,567" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		quantity_format_exact(&text, cases[i].value, cases[i].dimension, false);
		assert_string_equal(text.buf, cases[i].text);
	}
}

static void frequencies_are_in_hertz(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = { { 3.6e9, "3.6 GHz" }, { 2.401e9, "2,401 MHz" }, { 250, "250 Hz" }, { 0, "0 Hz" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		frequency_format(&text, cases[i].value);
		assert_string_equal(text.buf, cases[i].text);
	}
}

static void dimensions_have_names(void **state)
{
	char buffer[64];

	assert_string_equal(dimension_describe((struct dimension){ 0 }, buffer, sizeof(buffer)), "a plain number");
	assert_string_equal(dimension_describe((struct dimension){ .bytes = 1, .seconds = -1 }, buffer, sizeof(buffer)),
			    "bytes per second");
	assert_string_equal(dimension_describe((struct dimension){ .seconds = -1 }, buffer, sizeof(buffer)),
			    "number per second");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_have_a_dimension_and_a_scale),
		cmocka_unit_test(what_is_no_unit_is_refused),
		cmocka_unit_test(quantities_read_well),
		cmocka_unit_test(a_setting_is_shown_whole),
		cmocka_unit_test(frequencies_are_in_hertz),
		cmocka_unit_test(dimensions_have_names),
	};

	return RUN_TESTS(tests);
}
