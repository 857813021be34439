/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel messages: the bytes as one record of /dev/kmsg, and each of their lines as one of a text file. */
#include <stdint.h>
#include <stdlib.h>

#include "../../probes/log-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_record(const uint8_t *data, size_t size)
{
	char *record = xmalloc(size ? size : 1);
	struct kmsg_record found;

	memcpy(record, data, size);
	if (kmsg_parse(record, size, &found) == 0 &&
	    (found.text < record || found.text + found.length > record + size))
		abort();
	free(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data, *end = line + size;

	try_record(data, size);
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line)), *text;
		size_t length = newline ? (size_t)(newline - line) : (size_t)(end - line), n;

		if (log_line_parse(line, length, &text, &n) && (n == 0 || text < line || text + n > line + length))
			abort();
		line += length + 1;
	}
	return 0;
}
