/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of staging/src/k8s.io/apimachinery/pkg/api/resource/quantity_test.go, as facts. */
#include "../../core/quantity.h"

#include <errno.h>

#include "../../core/strbuf.h"
#include "test.h"

static __int128 power(__int128 base, int exponent)
{
	return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

static void they_are_what_kubernetes_takes_them_for(void **state)
{
	static const struct {
		const char *text;
		int64_t number;
		int ten, two;
		enum quantity_format format;
	} cases[] = {
		/* clang-format off */
		{ "0", 0, 0, 0, QUANTITY_DECIMAL_SI }, { "0n", 0, 0, 0, QUANTITY_DECIMAL_SI },
		{ "0Ki", 0, 0, 0, QUANTITY_BINARY_SI }, { "0T", 0, 0, 0, QUANTITY_DECIMAL_SI },
		{ "0Ti", 0, 0, 0, QUANTITY_BINARY_SI }, { "1", 1, 0, 0, QUANTITY_DECIMAL_SI },
		{ "1Ki", 1, 0, 10, QUANTITY_BINARY_SI }, { "8Ki", 8, 0, 10, QUANTITY_BINARY_SI },
		{ "7Mi", 7, 0, 20, QUANTITY_BINARY_SI }, { "6Gi", 6, 0, 30, QUANTITY_BINARY_SI },
		{ "5Ti", 5, 0, 40, QUANTITY_BINARY_SI }, { "4Pi", 4, 0, 50, QUANTITY_BINARY_SI },
		{ "3Ei", 3, 0, 60, QUANTITY_BINARY_SI }, { "100Ti", 100, 0, 40, QUANTITY_BINARY_SI },
		{ "5n", 5, -9, 0, QUANTITY_DECIMAL_SI }, { "4u", 4, -6, 0, QUANTITY_DECIMAL_SI },
		{ "3m", 3, -3, 0, QUANTITY_DECIMAL_SI }, { "9", 9, 0, 0, QUANTITY_DECIMAL_SI },
		{ "8k", 8, 3, 0, QUANTITY_DECIMAL_SI }, { "50k", 50, 3, 0, QUANTITY_DECIMAL_SI },
		{ "7M", 7, 6, 0, QUANTITY_DECIMAL_SI }, { "6G", 6, 9, 0, QUANTITY_DECIMAL_SI },
		{ "5T", 5, 12, 0, QUANTITY_DECIMAL_SI }, { "300T", 300, 12, 0, QUANTITY_DECIMAL_SI },
		{ "2P", 2, 15, 0, QUANTITY_DECIMAL_SI }, { "1E", 1, 18, 0, QUANTITY_DECIMAL_SI },
		{ "1E-3", 1, -3, 0, QUANTITY_DECIMAL_EXPONENT }, { "1e3", 1, 3, 0, QUANTITY_DECIMAL_EXPONENT },
		{ "1E6", 1, 6, 0, QUANTITY_DECIMAL_EXPONENT }, { "1E18", 1, 18, 0, QUANTITY_DECIMAL_EXPONENT },
		{ "1e14", 1, 14, 0, QUANTITY_DECIMAL_EXPONENT }, { "100.035k", 100035, 0, 0, QUANTITY_DECIMAL_SI },
		{ "0.001", 1, -3, 0, QUANTITY_DECIMAL_SI }, { "0.0005k", 5, -1, 0, QUANTITY_DECIMAL_SI },
		{ "0.00050k", 5, -1, 0, QUANTITY_DECIMAL_SI }, { "0.50000", 5, -1, 0, QUANTITY_DECIMAL_SI },
		{ "0.5e0", 5, -1, 0, QUANTITY_DECIMAL_EXPONENT }, { "0.5e-2", 5, -3, 0, QUANTITY_DECIMAL_EXPONENT },
		{ "10.035M", 10035, 3, 0, QUANTITY_DECIMAL_SI }, { "1.3E+6", 13, 5, 0, QUANTITY_DECIMAL_EXPONENT },
		{ "1.40e9", 14, 8, 0, QUANTITY_DECIMAL_EXPONENT }, { "1.53E12", 153, 10, 0, QUANTITY_DECIMAL_EXPONENT },
		{ "1.7E18", 17, 17, 0, QUANTITY_DECIMAL_EXPONENT }, { "9.01", 901, -2, 0, QUANTITY_DECIMAL_SI },
		{ "6.987654321G", 6987654321, 0, 0, QUANTITY_DECIMAL_SI }, { "2.5P", 25, 14, 0, QUANTITY_DECIMAL_SI },
		{ "1.01E", 101, 16, 0, QUANTITY_DECIMAL_SI },
		/* rounded up */
		{ "3.001n", 4, -9, 0, QUANTITY_DECIMAL_SI }, { "1.1E-9", 2, -9, 0, QUANTITY_DECIMAL_EXPONENT },
		{ "0.0000000001", 1, -9, 0, QUANTITY_DECIMAL_SI }, { "0.00000000050", 1, -9, 0, QUANTITY_DECIMAL_SI },
		{ "0.9n", 1, -9, 0, QUANTITY_DECIMAL_SI }, { "0.00000012345", 124, -9, 0, QUANTITY_DECIMAL_SI },
		{ "0.00000012354", 124, -9, 0, QUANTITY_DECIMAL_SI }, { "1e-2147483647", 1, -9, 0, QUANTITY_DECIMAL_EXPONENT },
		/* bounded */
		{ "9Ei", INT64_MAX, 0, 0, QUANTITY_BINARY_SI }, { "9223372036854775807Ki", INT64_MAX, 0, 0, QUANTITY_BINARY_SI },
		{ "99999999999999999999999999999999999999999Ei", INT64_MAX, 0, 0, QUANTITY_BINARY_SI },
		{ "12E", 12, 18, 0, QUANTITY_DECIMAL_SI }, { "1e2147483647", 100, 27, 0, QUANTITY_DECIMAL_EXPONENT },
		/* parts of a binary one */
		{ "100.035Ki", 10243584, -2, 0, QUANTITY_BINARY_SI }, { "0.5Mi", 512, 0, 10, QUANTITY_BINARY_SI },
		{ "0.05Gi", 536870912, -1, 0, QUANTITY_BINARY_SI }, { "0.025Ti", 274877906944, -1, 0, QUANTITY_BINARY_SI },
		{ "0.000000000001Ki", 2, -9, 0, QUANTITY_DECIMAL_SI },
		{ ".001", 1, -3, 0, QUANTITY_DECIMAL_SI }, { ".0001k", 100, -3, 0, QUANTITY_DECIMAL_SI },
		{ "1.", 1, 0, 0, QUANTITY_DECIMAL_SI }, { "1.G", 1, 9, 0, QUANTITY_DECIMAL_SI },
		{ ".", 0, 0, 0, QUANTITY_DECIMAL_SI }, { "", 0, 0, 0, QUANTITY_DECIMAL_SI },
		/* clang-format on */
	};
	static const char *const signs[] = { "", "+", "-" };

	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(signs); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		size_t at = i / ARRAY_SIZE(signs);
		bool negative = i % ARRAY_SIZE(signs) == 2;
		__int128 nano = cases[at].number * power(10, cases[at].ten + 9) * power(2, cases[at].two);
		struct quantity quantity = { 0 };

		strbuf_addf(&text, "%s%s", signs[i % ARRAY_SIZE(signs)], cases[at].text);
		if (text.len == 0)
			continue;
		if (quantity_parse(text.buf, &quantity) < 0)
			fail_msg("%s", text.buf);
		if (quantity.nano != (negative ? -nano : nano))
			fail_msg("%s is %f", text.buf, quantity_real(&quantity));
		assert_int_equal(quantity.format, cases[at].format);
	}
}

static void what_kubernetes_refuses_is_none(void **state)
{
	static const char *const cases[] = {
		"", "1.1.M", "1+1.0M", "0.1mi", "0.1am", "aoeu", ".5i", "1i", "-3.01i", "-3.01e-", "1e4294967297",
		"1e2147483648", "1e-2147483648", " 1", "1 ", "1e", "1e+-3", "1K", "1ki", "1KiB", "1MB", "0x10", "--1",
		"1,5", "1_000", "e-30", "1e3.5", "½", "1Mi ", "1Mi\n", "NaN", "Inf",
	};
	struct quantity quantity;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (quantity_parse(cases[i], &quantity) != -EINVAL)
			fail_msg("'%s' was taken", cases[i]);
}

static void they_print_in_canonical_form(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		/* clang-format off */
		{ "1Gi", "1Gi" }, { "1024Mi", "1Gi" }, { "307200Ki", "300Mi" }, { "6Ki", "6Ki" }, { "1025024Mi", "1001Gi" },
		{ "1024Gi", "1Ti" }, { "5000m", "5" }, { "0.5", "500m" }, { "1000M", "1G" }, { "0.001T", "1G" },
		{ "1000000k", "1G" }, { "1000u", "1m" }, { "80m", "80m" }, { "1.08", "1080m" }, { "1080000000n", "1080m" },
		{ "1E", "1E" }, { "1000E", "1e21" }, { "5000E", "5e21" }, { "1000000E", "1e24" }, { "1234567M", "1234567M" },
		{ "3k", "3k" }, { "1025", "1025" }, { ".001e12", "1e9" }, { "0.001e0", "1e-3" }, { "1000e-12", "1e-9" },
		{ "80e-3", "80e-3" }, { "300e6", "300e6" }, { "1e3", "1e3" }, { "00", "0" }, { "0Ki", "0" }, { "1n", "1n" },
		{ "1080n", "1080n" }, { "1080u", "1080u" }, { ".001Ki", "1024m" }, { ".000001Ki", "1024u" },
		{ ".000000001Ki", "1024n" }, { ".000000000001Ki", "2n" }, { "1.5Gi", "1536Mi" }, { "1.5", "1500m" },
		{ "0.9Ki", "921600m" }, { "1023Ki", "1023Ki" }, { "1.0009765625Ki", "1025" }, { "2000.5Ki", "2048512" },
		{ "100.035Ki", "102435840m" }, { "7Ei", "7Ei" }, { "9Ei", "9223372036854775807" },
		/* clang-format on */
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, wanted = STRBUF_INIT, printed = STRBUF_INIT;
		const char *sign = i < ARRAY_SIZE(cases) ? "" : "-";
		size_t at = i % ARRAY_SIZE(cases);
		struct quantity quantity, again;

		strbuf_addf(&text, "%s%s", sign, cases[at].text);
		strbuf_addf(&wanted, "%s%s", streq(cases[at].printed, "0") ? "" : sign, cases[at].printed);
		assert_int_equal(quantity_parse(text.buf, &quantity), 0);
		quantity_print(&printed, &quantity);
		assert_string_equal(printed.buf, wanted.buf);
		assert_int_equal(quantity_parse(printed.buf, &again), 0);
		assert_int_equal(quantity_compare(&quantity, &again), 0);
	}
}

static void values_are_rounded_away_from_zero(void **state)
{
	static const struct {
		const char *text;
		int64_t value, milli;
	} cases[] = {
		{ "9.01", 10, 9010 },
		{ "-9.01", -10, -9010 },
		{ "1n", 1, 1 },
		{ "1500m", 2, 1500 },
		{ "100u", 1, 1 },
		{ "400m", 1, 400 },
		{ "1Gi", 1073741824, 1073741824000 },
		{ "12E", INT64_MAX, INT64_MAX },
		{ "-12E", INT64_MIN, INT64_MIN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct quantity quantity;

		assert_int_equal(quantity_parse(cases[i].text, &quantity), 0);
		assert_true(quantity_value(&quantity) == cases[i].value);
		assert_true(quantity_milli(&quantity) == cases[i].milli);
	}
}

static void they_are_made_of_numbers_compared_and_added(void **state)
{
	CLEANUP(strbuf_release) struct strbuf printed = STRBUF_INIT;
	struct quantity milli = quantity_of_milli(1500), bytes = quantity_of_bytes(1536 << 20), sum = { 0 };
	struct quantity large = { .nano = QUANTITY_NANO_MAX };

	quantity_print(&printed, &milli);
	strbuf_add_char(&printed, ' ');
	quantity_print(&printed, &bytes);
	assert_string_equal(printed.buf, "1500m 1536Mi");
	assert_int_equal(quantity_compare(&milli, &bytes), -1);
	assert_int_equal(quantity_compare(&bytes, &milli), 1);
	assert_int_equal(quantity_compare(&milli, &milli), 0);

	quantity_add(&sum, &bytes);
	quantity_add(&sum, &bytes);
	strbuf_reset(&printed);
	quantity_print(&printed, &sum);
	assert_string_equal(printed.buf, "3Gi");
	for (int i = 0; i < 5; i++)
		quantity_add(&large, &large);
	assert_true(large.nano >= QUANTITY_NANO_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_what_kubernetes_takes_them_for),
		cmocka_unit_test(what_kubernetes_refuses_is_none),
		cmocka_unit_test(they_print_in_canonical_form),
		cmocka_unit_test(values_are_rounded_away_from_zero),
		cmocka_unit_test(they_are_made_of_numbers_compared_and_added),
	};

	return RUN_TESTS(tests);
}
