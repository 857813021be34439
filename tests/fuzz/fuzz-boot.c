/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of boot lines: what was read and written once is read and written alike again. */
#include <stdlib.h>

#include "../../core/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct boot *boot)
{
	for (size_t i = 0; i < boot_count(boot) && i < 50; i++) {
		const struct boot_line *line = boot_at(boot, i), *const *lines;
		bool found = false;

		for (size_t n = boot_lines(boot, line->kind, line->subject, line->key, &lines); n-- > 0;)
			found |= lines[n] == line;
		if (!found)
			abort();
		(void)boot_outcome(boot, line->loader, line->kind, line->subject, line->key);
		(void)boot_loaders_disagree(boot, line->key);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new(), *again = boot_new();
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;

	(void)boot_parse(boot, (const char *)data, size);
	boot_format(boot, &first);
	if (boot_parse(again, first.buf, first.len) > 0)
		abort();
	boot_format(again, &second);
	if (first.len != second.len || memcmp(first.buf, second.buf, first.len) != 0)
		abort();
	ask(boot);
	return 0;
}
