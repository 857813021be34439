/* SPDX-License-Identifier: Apache-2.0 */
/* What a word of a script becomes: text, and of each of its bytes where it comes from.  What is not known before the script
 * runs stands there as it is written ("$PAGES"), and is marked. */
#ifndef KEISOKU_SHELL_VALUE_H
#define KEISOKU_SHELL_VALUE_H

#include "../core/strbuf.h"

enum shell_mark {
	MARK_PLAIN = 'p',	/* stands for itself */
	MARK_LITERAL = 'l',	/* written without quotes: patterns and braces in it mean something */
	MARK_EXPANDED = 'e',	/* of an expansion without quotes: it is split, and patterns in it mean something */
	MARK_EACH = 'g',	/* of a pattern that stands for each of the names it matches: "*" of a loop over sd* */
	MARK_UNKNOWN = 'u',	/* of what is not known */
	MARK_UNSET = 'n',	/* of a variable that nothing in the script sets */
};

struct shell_value {
	struct strbuf text, marks;	/* of the same length */
	unsigned int line;		/* of its first character */
};

#define SHELL_VALUE_INIT { .text = STRBUF_INIT, .marks = STRBUF_INIT }
void shell_value_release(struct shell_value *value);
void shell_value_add(struct shell_value *value, const char *text, size_t length, enum shell_mark mark);
void shell_value_add_value(struct shell_value *value, const struct shell_value *more);
void shell_value_add_string(struct shell_value *value, const char *text);	/* plain */
void shell_value_truncate(struct shell_value *value, size_t length);
bool shell_value_known(const struct shell_value *value);
bool shell_value_is(const struct shell_value *value, const char *text);	/* known, and this */
bool shell_value_has(const struct shell_value *value, enum shell_mark mark);
/* Whether a shell looks for file names that match. */
bool shell_value_is_pattern(const struct shell_value *value);
/* The first thing in it that is not known, as it is written: "$PAGES". */
void shell_value_missing(const struct shell_value *value, struct strbuf *out);

#define SHELL_VARIABLE_MAX ((size_t)64 << 10)	/* bytes of a variable: "x=$x$x" doubles it each time */
#define SHELL_WORD_MAX ((size_t)1 << 20)
#define SHELL_WORDS_MAX ((size_t)4 << 20)	/* of all words of a command */
#define SHELL_STREAM_MAX ((size_t)16 << 20)

struct shell_values {
	struct shell_value *items;
	size_t count, capacity;
};

#define SHELL_VALUES_MAX 10000		/* words of one command, after braces and splitting */
void shell_values_release(struct shell_values *values);
/* The new one, empty; NULL: there are too many. */
struct shell_value *shell_values_add(struct shell_values *values);

/* There are more than are kept: the last one is something that is not known. */
void shell_values_cut(struct shell_values *values);

/* {a,b} and {1..3}, as bash expands them before anything else: taken out of value into values. */
void shell_braces(const struct shell_value *value, struct shell_values *values);
/* Splits what was expanded without quotes at these characters. */
void shell_split(const struct shell_value *value, const char *separators, struct shell_values *values);

/* What a command prints, and what is written to a file: text, and of each of its lines where it stands. */
struct shell_stream {
	struct shell_value value;
	unsigned int *lines;
	size_t n_lines, capacity;
	bool unknown;			/* more, or something else, is printed that is not known */
	const char *why;		/* what prints it: a command's name */
};

#define SHELL_STREAM_INIT { .value = SHELL_VALUE_INIT }
void shell_stream_release(struct shell_stream *stream);
/* step: 0 when all of it comes from one line, 1 when its own lines follow each other. */
void shell_stream_add(struct shell_stream *stream, const struct shell_value *value, unsigned int line, unsigned int step);
void shell_stream_add_stream(struct shell_stream *stream, const struct shell_stream *more);
/* Whether something in the line that begins at start is not known. */
bool shell_stream_line_known(const struct shell_stream *stream, size_t start);
bool shell_stream_known(const struct shell_stream *stream);

#endif
