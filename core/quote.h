/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside on its way into something that gives characters a meaning. */
#ifndef KEISOKU_QUOTE_H
#define KEISOKU_QUOTE_H

#include "strbuf.h"

/* One POSIX shell word: left alone when every character is harmless, else in single quotes. */
void quote_shell(struct strbuf *out, const char *text, size_t length);

/* For a terminal or a plain text file: control characters, invalid UTF-8 and bidirectional overrides become \xNN or
 * \u{NNNN}; newlines and tabs too. */
void quote_terminal(struct strbuf *out, const char *text, size_t length);

#endif
