/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../core/arena.h"

static void the_same_text_has_the_same_number(void **state)
{
	struct symbols symbols = SYMBOLS_INIT;

	for (uint32_t i = 0; i < 5000; i++) {
		char name[16];
		int n = snprintf(name, sizeof(name), "key.%u", i);

		assert_int_equal(symbols_intern(&symbols, name, (size_t)n), i);
	}
	assert_int_equal(symbols_intern(&symbols, "key.17", 6), 17);
	assert_int_equal(symbols_find(&symbols, "key.4999", 8), 4999);
	assert_int_equal(symbols_find(&symbols, "key.5000", 8), SYMBOL_NONE);
	assert_string_equal(symbols.names[17], "key.17");
	symbols_release(&symbols);
}

static void nothing_is_found_in_an_empty_table(void **state)
{
	struct symbols symbols = SYMBOLS_INIT;

	assert_int_equal(symbols_find(&symbols, "a", 1), SYMBOL_NONE);
	symbols_release(&symbols);
}

static void a_large_piece_does_not_disturb_small_ones(void **state)
{
	struct arena arena = ARENA_INIT;
	char *small = arena_strdup(&arena, "small");
	char *large = arena_alloc(&arena, 100000);
	char *next = arena_strdup(&arena, "next");

	memset(large, 'x', 100000);
	assert_string_equal(small, "small");
	assert_string_equal(next, "next");
	assert_int_equal((uintptr_t)arena_alloc(&arena, 3) % 16, 0);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_text_has_the_same_number),
		cmocka_unit_test(nothing_is_found_in_an_empty_table),
		cmocka_unit_test(a_large_piece_does_not_disturb_small_ones),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
