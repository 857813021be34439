/* SPDX-License-Identifier: Apache-2.0 */
#include "fstab-line.h"

#include "../core/parse.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

bool fstab_next_field(const char **cursor, struct strbuf *field)
{
	const char *word;
	size_t length;

	strbuf_reset(field);
	if (!next_word(cursor, &word, &length))
		return false;
	for (size_t i = 0; i < length; i++) {
		const char *c = word + i;

		if (*c == '\\' && length - i > 3 && c[1] <= '3' && is_octal(c[1]) && is_octal(c[2]) && is_octal(c[3])) {
			strbuf_add_char(field, (char)((c[1] - '0') * 64 + (c[2] - '0') * 8 + c[3] - '0'));
			i += 3;
		} else {
			strbuf_add_char(field, *c);
		}
	}
	return true;
}
