/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/timestamp.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#include "test.h"

static void times_are_seconds_since_1970(void **state)
{
	static const struct {
		const char *text;
		double sec;			/* NAN: refused */
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "2026-11-23T07:39:49Z", 1795419589 },
		{ "2026-11-23t07:39:49z", 1795419589 },
		{ "2026-11-23 08:39:49+01:00", 1795419589 },
		{ "2026-11-23T02:09:49.5-05:30", 1795419589.5 },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "2023-02-29T00:00:00Z", NAN },
		{ "2000-02-29T00:00:00Z", 951782400 },
		{ "1900-02-29T00:00:00Z", NAN },
		{ "2016-12-31T23:59:60Z", 1483228799 },
		{ "2026-13-01T00:00:00Z", NAN },
		{ "2026-00-01T00:00:00Z", NAN },
		{ "2026-11-31T00:00:00Z", NAN },
		{ "2026-11-00T00:00:00Z", NAN },
		{ "2026-11-23T24:00:00Z", NAN },
		{ "2026-11-23T07:60:00Z", NAN },
		{ "2026-11-23T07:39:49", NAN },
		{ "2026-11-23", NAN },
		{ "2026-11-23T07:39:49+24:00", NAN },
		{ "2026-11-23T07:39:49+1:00", NAN },
		{ "2026-11-23T07:39:49Z ", NAN },
		{ "26-11-23T07:39:49Z", NAN },
		{ "", NAN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double sec = NAN;

		assert_int_equal(timestamp_parse(cases[i].text, &sec), isnan(cases[i].sec) ? -EINVAL : 0);
		assert_true(isnan(cases[i].sec) ? isnan(sec) : sec == cases[i].sec);
	}
}

static void what_is_missing_of_a_time_is_midnight_and_utc(void **state)
{
	static const struct {
		const char *text, *rest;
		double sec;
		bool has_zone;
	} cases[] = {
		{ "2026-11-23", "", 1795392000, false },
		{ "2026-11-23 07:39", "", 1795419540, false },
		{ "2026-11-23 07:39:49 UTC", " UTC", 1795419589, false },
		{ "2026-11-23T07:39:49+0000,12m", ",12m", 1795419589, true },
		{ "2026-11-23 web", " web", 1795392000, false },
		{ "2026-11-23T07:39:49.", ".", 1795419589, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *cursor = cases[i].text;
		bool has_zone;
		double sec;

		assert_true(timestamp_scan(&cursor, &sec, &has_zone));
		assert_true(sec == cases[i].sec);
		assert_int_equal(has_zone, cases[i].has_zone);
		assert_string_equal(cursor, cases[i].rest);
	}
}

/* The C library's own calendar, a day of every month for four hundred years. */
static void days_are_those_of_the_c_library(void **state)
{
	for (uint64_t month = 0; month < 4800; month++) {
		struct tm tm = { .tm_year = (int)(month / 12), .tm_mon = (int)(month % 12), .tm_mday = (int)(month % 28) + 1 };
		double sec;

		assert_true(day_begin(1900 + month / 12, month % 12 + 1, month % 28 + 1, &sec));
		assert_true(sec == (double)timegm(&tm));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_seconds_since_1970),
		cmocka_unit_test(what_is_missing_of_a_time_is_midnight_and_utc),
		cmocka_unit_test(days_are_those_of_the_c_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
