/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/parse.h"

#include <errno.h>

#include "test.h"

static void whole_numbers_are_whole_strings(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;

		assert_int_equal(parse_u64(cases[i].text, &value), cases[i].result);
		assert_true(value == cases[i].value);
	}
}

static void signed_numbers_reach_both_ends(void **state)
{
	int64_t value;

	assert_int_equal(parse_i64("-9223372036854775808", &value), 0);
	assert_true(value == INT64_MIN);
	assert_int_equal(parse_i64("9223372036854775807", &value), 0);
	assert_true(value == INT64_MAX);
	assert_int_equal(parse_i64("9223372036854775808", &value), -ERANGE);
	assert_int_equal(parse_i64("-9223372036854775809", &value), -ERANGE);
	assert_int_equal(parse_i64("--1", &value), -EINVAL);
}

static void hexadecimal_comes_with_and_without_prefix(void **state)
{
	uint64_t value;

	assert_int_equal(parse_hex("ff", &value), 0);
	assert_int_equal(value, 255);
	assert_int_equal(parse_hex("0xFF", &value), 0);
	assert_int_equal(value, 255);
	assert_int_equal(parse_hex("0x", &value), -EINVAL);
	assert_int_equal(parse_hex("12345678901234567", &value), -ERANGE);
	assert_int_equal(parse_hex("fg", &value), -EINVAL);
}

static void real_numbers_are_finite_and_decimal(void **state)
{
	double value;

	assert_int_equal(parse_real("-1.5e3", &value), 0);
	assert_true(value == -1500);
	assert_int_equal(parse_real("inf", &value), -EINVAL);
	assert_int_equal(parse_real("nan", &value), -EINVAL);
	assert_int_equal(parse_real("0x10", &value), -EINVAL);
	assert_int_equal(parse_real("1e999", &value), -ERANGE);
	assert_int_equal(parse_real("1,5", &value), -EINVAL);
}

static void durations_are_as_people_write_them(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t msec;
	} cases[] = {
		{ "30", 0, 30000 }, { "30s", 0, 30000 }, { "1500ms", 0, 1500 }, { "1.5s", 0, 1500 }, { "5m", 0, 300000 },
		{ "2h", 0, 7200000 }, { "", -EINVAL, 0 }, { "5x", -EINVAL, 0 }, { "-5s", -EINVAL, 0 }, { "s", -EINVAL, 0 },
		{ "99999999999999h", -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t msec = 0;

		assert_int_equal(parse_duration_msec(cases[i].text, &msec), cases[i].result);
		assert_true(msec == cases[i].msec);
	}
}

static void words_and_lines_end_where_the_text_does(void **state)
{
	const char *cursor = "  cpu0 12\t34\nintr 5";
	const char *word;
	size_t length;
	uint64_t value;

	assert_true(next_word(&cursor, &word, &length));
	assert_memory_equal(word, "cpu0", length);
	assert_true(next_word(&cursor, &word, &length));
	assert_true(next_word(&cursor, &word, &length));
	assert_int_equal(length, 2);
	assert_false(next_word(&cursor, &word, &length));
	assert_true(next_line(&cursor));
	assert_true(next_word(&cursor, &word, &length));
	cursor++;
	assert_true(scan_u64(&cursor, &value));
	assert_int_equal(value, 5);
	assert_false(scan_u64(&cursor, &value));
	assert_false(next_line(&cursor));
}

static void a_number_that_overflows_leaves_the_cursor(void **state)
{
	const char *text = "99999999999999999999", *cursor = text;
	uint64_t value = 7;

	assert_false(scan_u64(&cursor, &value));
	assert_ptr_equal(cursor, text);
	assert_int_equal(value, 7);
}

static void words_are_as_far_apart_as_what_has_to_change(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int limit, distance;
	} cases[] = {
		{ "same", "same", 2, 0 },	{ "rigthsize", "rightsize", 2, 2 }, { "", "ab", 2, 2 },
		{ "kitten", "sitting", 9, 3 },	{ "kitten", "sitting", 1, 2 },	    { "a", "abcdefgh", 2, 3 },
		{ "abcd", "wxyz", 2, 3 },
	};
	char large[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(word_distance(cases[i].a, cases[i].b, cases[i].limit), cases[i].distance);
		assert_int_equal(word_distance(cases[i].b, cases[i].a, cases[i].limit), cases[i].distance);
	}
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_int_equal(word_distance(large, large, 2), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_whole_strings),
		cmocka_unit_test(signed_numbers_reach_both_ends),
		cmocka_unit_test(hexadecimal_comes_with_and_without_prefix),
		cmocka_unit_test(real_numbers_are_finite_and_decimal),
		cmocka_unit_test(durations_are_as_people_write_them),
		cmocka_unit_test(words_and_lines_end_where_the_text_does),
		cmocka_unit_test(a_number_that_overflows_leaves_the_cursor),
		cmocka_unit_test(words_are_as_far_apart_as_what_has_to_change),
	};

	return RUN_TESTS(tests);
}
