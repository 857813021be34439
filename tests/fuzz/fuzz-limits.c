/* SPDX-License-Identifier: Apache-2.0 */
/* limits.conf, line by line. */
#include "../../core/parse.h"
#include "../../probes/limits-line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	CLEANUP(limits_line_release) struct limits_line line = { 0 };
	const char *cursor = text;

	do {
		(void)limits_line_parse(cursor, &line);
	} while (next_line(&cursor));
	return 0;
}
