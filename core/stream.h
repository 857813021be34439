/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes in their order: of a file or a pipe, of a piece of memory, of what another stream decompresses to, of a file in an
 * archive.  Nothing is read that nobody asked for, nothing is kept that was read.
 *
 * What decompression makes of the input is bounded (STREAM_EXPANSION_MAX), and reading ends with -EINTR when the program is
 * to end (scratch_interrupted()). */
#ifndef KEISOKU_STREAM_H
#define KEISOKU_STREAM_H

#include <sys/types.h>

#include "magic.h"
#include "strbuf.h"

/* A bomb is told by what it becomes: more than a hundred times the bytes that were really read, past a beginning in which
 * that may be honest. */
#define STREAM_EXPANSION_MAX 100
#define STREAM_EXPANSION_FREE (256U << 20)

struct stream_budget {		/* of an input with all that is in it */
	uint64_t read;		/* bytes from the file itself */
	uint64_t expanded;	/* bytes that decompression made, on all levels */
};

struct stream {
	/* Lends the next bytes until the next call: their number, 0 at the end, negative errno. */
	ssize_t (*next)(struct stream *stream, const void **ret_bytes);
	/* Passes over at most count bytes without reading them: how many.  NULL: it cannot. */
	int64_t (*skip)(struct stream *stream, int64_t count);
	void (*close)(struct stream *stream);
	struct stream_budget *budget;
	struct strbuf head;	/* read by stream_peek(), not yet by stream_next() */
	size_t head_lent;
	uint64_t passed;	/* bytes given or passed over */
	struct strbuf why;	/* of an error: what is wrong */
};

/* fd is the stream's from then on. */
struct stream *stream_of_fd(int fd, struct stream_budget *budget);
/* bytes must stay. */
struct stream *stream_of_bytes(const void *bytes, size_t length, struct stream_budget *budget);
/* What source decompresses to.  source stays the caller's, and is read by nobody else until the stream is freed.  A negative
 * errno and *why when no library can. */
int stream_decompress(struct stream *source, enum magic_kind kind, struct strbuf *why, struct stream **ret_stream);
void stream_free(struct stream *stream);
DEFINE_FREE_PTR(stream)

ssize_t stream_next(struct stream *stream, const void **ret_bytes);
int64_t stream_skip(struct stream *stream, int64_t count);

/* Lends at least wanted bytes of what comes next, fewer when the stream ends before. */
int stream_peek(struct stream *stream, size_t wanted, const void **ret_bytes, size_t *ret_length);

/* What comes next. */
int stream_magic(struct stream *stream, const struct magic **ret_magic);

/* The rest, after what text holds.  -EFBIG: text would have more than limit bytes. */
int stream_read_all(struct stream *stream, size_t limit, struct strbuf *text);

/* Sets why and returns error. */
int stream_fail(struct stream *stream, int error, const char *format, ...) FORMAT_PRINTF(3, 4);

/* For kinds of streams: zeroed, of size bytes, struct stream first. */
void *stream_new(size_t size, struct stream_budget *budget);

#endif
