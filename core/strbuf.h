/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte string, always terminated by a zero byte that len does not count.  It may contain zero bytes. */
#ifndef KEISOKU_STRBUF_H
#define KEISOKU_STRBUF_H

#include <stdarg.h>

#include "base.h"

struct strbuf {
	char *buf;		/* never NULL: an empty buffer points at a shared empty string */
	size_t len;
	size_t capacity;	/* 0: buf is not owned */
};

extern char strbuf_empty[1];
#define STRBUF_INIT { .buf = strbuf_empty }

void strbuf_release(struct strbuf *text);
void strbuf_reset(struct strbuf *text);			/* length 0, memory kept */
void strbuf_reserve(struct strbuf *text, size_t more);	/* room for more bytes and the terminator */
void strbuf_add(struct strbuf *text, const void *bytes, size_t length);
void strbuf_add_string(struct strbuf *text, const char *string);
void strbuf_add_char(struct strbuf *text, char c);
void strbuf_add_repeated(struct strbuf *text, char c, size_t count);
void strbuf_addf(struct strbuf *text, const char *format, ...) FORMAT_PRINTF(2, 3);
void strbuf_vaddf(struct strbuf *text, const char *format, va_list arguments) FORMAT_PRINTF(2, 0);
void strbuf_truncate(struct strbuf *text, size_t length);
void strbuf_trim(struct strbuf *text);			/* white space at the end; at the start too */
char *strbuf_steal(struct strbuf *text);		/* the caller frees; text is empty afterwards */

#endif
