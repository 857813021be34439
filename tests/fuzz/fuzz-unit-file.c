/* SPDX-License-Identifier: Apache-2.0 */
/* Unit files, and every value in them as every kind of value. */
#include "../../probes/unit-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	CLEANUP(strbuf_release) struct strbuf soft = STRBUF_INIT, hard = STRBUF_INIT;
	CLEANUP(unit_file_release) struct unit_file file = UNIT_FILE_INIT(text);

	while (unit_file_next(&file)) {
		for (int kind = UNIT_VALUE_COUNT; kind <= UNIT_VALUE_TEXT; kind++) {
			(void)unit_value_parse((enum unit_value)kind, file.value.buf, &soft);
			(void)unit_limit_parse((enum unit_value)kind, file.value.buf, &soft, &hard);
		}
	}
	return 0;
}
