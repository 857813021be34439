/* SPDX-License-Identifier: Apache-2.0 */
/* A sysctl.d file, line by line. */
#include <stdlib.h>

#include "../../core/parse.h"
#include "../../probes/sysctl-line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const char *cursor = text, *value;
	size_t length;

	do {
		if (!sysctl_line_parse(cursor, &key, &value, &length))
			continue;
		if (key.len == 0 || value < cursor || value + length > text + strlen(text) || memchr(value, '\n', length))
			abort();
	} while (next_line(&cursor));
	return 0;
}
