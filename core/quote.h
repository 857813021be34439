/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside on its way into something that gives characters a meaning. */
#ifndef KEISOKU_QUOTE_H
#define KEISOKU_QUOTE_H

#include "strbuf.h"

/* One POSIX shell word: left alone when every character is harmless, else in single quotes. */
void quote_shell(struct strbuf *out, const char *text, size_t length);

/* The same, and on one line that any terminal can show: text with control characters, bad UTF-8 or bidirectional marks
 * becomes "$(printf '%b' '…')", and so does text with "$" or a backquote, which a reader (or ShellCheck) would take for an
 * expansion that is not meant to be quoted.  A newline at the end of text would be lost: the caller refuses such text. */
void quote_word(struct strbuf *out, const char *text);

/* For a terminal or a plain text file: control characters, invalid UTF-8 and bidirectional overrides become \xNN or
 * \u{NNNN}; newlines and tabs too. */
void quote_terminal(struct strbuf *out, const char *text, size_t length);

#endif
