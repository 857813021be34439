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

/* Those below begin with what quote_terminal() makes of the text: no control character, always UTF-8, one line. */

/* HTML and XML, as text and inside a quoted attribute. */
void quote_html(struct strbuf *out, const char *text, size_t length);

/* In the middle of a line of Markdown, in a table too: nothing that GitHub's or GitLab's kind gives a meaning.  Names with
 * "@", numbers with "#" and addresses are text, not mentions, references or links. */
void quote_markdown(struct strbuf *out, const char *text, size_t length);
/* The same as code, where nothing is called or linked anyhow: text that is copied from there is as it was, unless it has
 * characters that no code span of a table can hold. */
void quote_markdown_code(struct strbuf *out, const char *text, size_t length);

/* One field of RFC 4180, always in quotes.  Text that a spreadsheet would take for a formula gets an apostrophe in front;
 * plain numbers do not. */
void quote_csv(struct strbuf *out, const char *text, size_t length);

#endif
