/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers from text.  The whole string must be the number: -EINVAL for anything else, -ERANGE when it does not fit.
 * No leading white space, no locale. */
#ifndef KEISOKU_PARSE_H
#define KEISOKU_PARSE_H

#include "base.h"

int parse_u64(const char *text, uint64_t *ret_value);			/* decimal digits only */
int parse_i64(const char *text, int64_t *ret_value);			/* "-5", "5" */
int parse_hex(const char *text, uint64_t *ret_value);			/* "1f", "0x1f" */
int hex_digit(char c);								/* 0..15; -1: it is none */
int parse_real(const char *text, double *ret_value);			/* "1", "-1.5", "1e9"; no inf, no nan */

/* A duration as people write it: "30s", "1500ms", "5m", "2h", "14d", "30" (seconds).  Result in milliseconds. */
int parse_duration_msec(const char *text, uint64_t *ret_msec);

/* Walks words separated by blanks and tabs inside one line: *cursor moves on, *ret_word and *ret_length lend
 * a piece of the text.  False at the end of the line or text.  Used by every parser of /proc tables. */
bool next_word(const char **cursor, const char **ret_word, size_t *ret_length);

/* Whether both are the same words, whatever white space is between them. */
bool same_words(const char *a, const char *b);

/* How many characters have to be put in, left out or replaced to make b of a (Levenshtein), as far as limit: more is limit + 1, and so
 * is what stands beside a word of 128 and more.  For "did you mean". */
unsigned int word_distance(const char *a, const char *b, unsigned int limit);

/* Moves *cursor to the start of the next line; false when the text ends. */
bool next_line(const char **cursor);

/* Decimal digits at *cursor, which moves past them; false when there is none or it overflows.  The fast half of the
 * parsers that run at every tick. */
bool scan_u64(const char **cursor, uint64_t *ret_value);
bool scan_hex(const char **cursor, uint64_t *ret_value);

/* Numbers with dots between them: 5.10 is after 5.4, and 6.1.0-13-amd64 after 6.1.  -1, 0, 1. */
int version_compare(const char *a, const char *b);

#endif
