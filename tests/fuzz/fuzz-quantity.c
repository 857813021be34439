/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is taken for a quantity prints as one that is the same. */
#include "../../core/quantity.h"
#include "../../core/strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	CLEANUP(strbuf_release) struct strbuf printed = STRBUF_INIT;
	struct quantity quantity, again;

	if (quantity_parse(text, &quantity) < 0)
		return 0;
	quantity_print(&printed, &quantity);
	if (quantity_parse(printed.buf, &again) < 0 || quantity_compare(&quantity, &again) != 0)
		abort();
	if ((quantity_value(&quantity) > 0) != (quantity.nano > 0) || (quantity_milli(&quantity) < 0) != (quantity.nano < 0))
		abort();
	return 0;
}
