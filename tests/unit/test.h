/* SPDX-License-Identifier: Apache-2.0 */
/* What every cmocka program begins with. */
#ifndef KEISOKU_TEST_H
#define KEISOKU_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../core/diag.h"

/* Fails unless the first diagnostic holds text. */
#define assert_says(diag, text)                                                                                       \
	do {                                                                                                           \
		if ((diag)->count == 0)                                                                                \
			fail_msg("expected '%s', but nothing was said", text);                                        \
		else if (!strstr((diag)->entries[0].message, text))                                                   \
			fail_msg("expected '%s' in '%s'", text, (diag)->entries[0].message);                          \
	} while (0)

#define RUN_TESTS(tests)                                                                                              \
	(cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, NULL, NULL))

#endif
