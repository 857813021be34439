/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libarchive.h"
#include "parse.h"
#include "scratch.h"

#define CHUNK 65536
#define MEMORY_MORE (768U << 20)
#define HOLES_FREE (1ULL << 30)		/* bytes of a sparse file that may be read beyond what it really has */

void *stream_new(size_t size, struct stream_budget *budget)
{
	struct stream *stream = xcalloc(1, size);

	stream->head = stream->why = (struct strbuf)STRBUF_INIT;
	stream->budget = budget;
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	if (stream->close)
		stream->close(stream);
	strbuf_release(&stream->head);
	strbuf_release(&stream->why);
	free(stream);
}

int stream_fail(struct stream *stream, int error, const char *format, ...)
{
	va_list arguments;

	if (stream->why.len)		/* the first one is the cause */
		return error;
	va_start(arguments, format);
	strbuf_vaddf(&stream->why, format, arguments);
	va_end(arguments);
	return error;
}

ssize_t stream_next(struct stream *stream, const void **ret_bytes)
{
	ssize_t n;

	if (scratch_interrupted())
		return stream_fail(stream, -EINTR, "interrupted");
	if (stream->head_lent < stream->head.len) {
		*ret_bytes = stream->head.buf + stream->head_lent;
		n = (ssize_t)(stream->head.len - stream->head_lent);
		stream->head_lent = stream->head.len;
	} else {
		n = stream->next(stream, ret_bytes);
	}
	if (n > 0)
		stream->passed += (uint64_t)n;
	return n;
}

int64_t stream_skip(struct stream *stream, int64_t count)
{
	int64_t done = 0;

	if (stream->head_lent < stream->head.len) {
		done = MIN(count, (int64_t)(stream->head.len - stream->head_lent));
		stream->head_lent += (size_t)done;
	}
	if (done < count && stream->skip)
		done += stream->skip(stream, count - done);
	stream->passed += (uint64_t)done;
	return done;
}

int stream_peek(struct stream *stream, size_t wanted, const void **ret_bytes, size_t *ret_length)
{
	while (stream->head.len - stream->head_lent < wanted) {
		const void *bytes;
		ssize_t n = scratch_interrupted() ? stream_fail(stream, -EINTR, "interrupted")
						  : stream->next(stream, &bytes);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		if (stream->head_lent == stream->head.len) {
			strbuf_reset(&stream->head);
			stream->head_lent = 0;
		}
		strbuf_add(&stream->head, bytes, (size_t)n);
	}
	*ret_bytes = stream->head.buf + stream->head_lent;
	*ret_length = stream->head.len - stream->head_lent;
	return 0;
}

int stream_magic(struct stream *stream, const struct magic **ret_magic)
{
	const void *bytes;
	size_t length;
	int r = stream_peek(stream, MAGIC_BYTES, &bytes, &length);

	if (r == 0)
		*ret_magic = magic_of(bytes, length);
	return r;
}

int stream_read_all(struct stream *stream, size_t limit, struct strbuf *text)
{
	for (;;) {
		const void *bytes;
		ssize_t n = stream_next(stream, &bytes);

		if (n <= 0)
			return (int)n;
		if ((size_t)n > limit || text->len > limit - (size_t)n)
			return -EFBIG;
		strbuf_add(text, bytes, (size_t)n);
	}
}

/* ---- a file or a pipe ---- */

struct fd_stream {
	struct stream stream;
	int fd;
	bool seekable;
	off_t at, size;
	uint64_t most;			/* bytes that reading it may give: holes cost nothing to whoever made them */
	char chunk[CHUNK];
};

static ssize_t fd_next(struct stream *stream, const void **ret_bytes)
{
	struct fd_stream *file = (struct fd_stream *)stream;
	ssize_t n;

	do {
		n = file->seekable ? pread(file->fd, file->chunk, sizeof(file->chunk), file->at)
				   : read(file->fd, file->chunk, sizeof(file->chunk));
	} while (n < 0 && errno == EINTR && !scratch_interrupted());
	if (n < 0) {
		int r = -errno;

		return stream_fail(stream, r, "%s", strerror(-r));
	}
	file->at += n;
	stream->budget->read += (uint64_t)n;
	if (file->seekable && stream->budget->read > file->most)
		return stream_fail(stream, -EFBIG, "it is a file of holes: %llu bytes of it were read, which is no archive",
				   (unsigned long long)stream->budget->read);
	*ret_bytes = file->chunk;
	return n;
}

static int64_t fd_skip(struct stream *stream, int64_t count)
{
	struct fd_stream *file = (struct fd_stream *)stream;
	int64_t done = file->seekable && file->at < file->size ? MIN(count, file->size - file->at) : 0;

	file->at += done;
	return done;
}

static void fd_close(struct stream *stream)
{
	close_fd(&((struct fd_stream *)stream)->fd);
}

struct stream *stream_of_fd(int fd, struct stream_budget *budget)
{
	struct fd_stream *file = stream_new(sizeof(*file), budget);
	struct stat st;

	file->stream.next = fd_next;
	file->stream.skip = fd_skip;
	file->stream.close = fd_close;
	file->fd = fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		file->seekable = true;
		file->at = lseek(fd, 0, SEEK_CUR);
		file->size = st.st_size;
		file->most = budget->read + HOLES_FREE + (uint64_t)st.st_blocks * 512 * STREAM_EXPANSION_MAX;
	}
	return &file->stream;
}

/* ---- memory ---- */

struct bytes_stream {
	struct stream stream;
	const char *bytes;
	size_t left;
};

static ssize_t bytes_next(struct stream *stream, const void **ret_bytes)
{
	struct bytes_stream *memory = (struct bytes_stream *)stream;
	size_t n = MIN(memory->left, (size_t)CHUNK);

	*ret_bytes = memory->bytes;
	memory->bytes += n;
	memory->left -= n;
	stream->budget->read += n;
	return (ssize_t)n;
}

struct stream *stream_of_bytes(const void *bytes, size_t length, struct stream_budget *budget)
{
	struct bytes_stream *memory = stream_new(sizeof(*memory), budget);

	memory->stream.next = bytes_next;
	memory->bytes = bytes;
	memory->left = length;
	return &memory->stream;
}

/* ---- what a stream decompresses to ---- */

struct expanding_stream {
	struct stream stream;
	const struct libarchive *lib;
	struct archive *archive;
	struct stream *source;
	const char *name;		/* "gzip data" */
	bool ended, limited;
	struct rlimit before;		/* of memory, when limited */
};

/* An xz file says how much memory its reader shall have, up to 4 GiB, and libarchive gives it.  So the kernel refuses it:
 * while one is open, the program may have MEMORY_MORE above what it has.  "1287 1011 875 9 0 312 0": the sixth number of
 * /proc/self/statm is what RLIMIT_DATA counts, in pages. */
static void limit_memory(struct expanding_stream *expanding)
{
	CLEANUP(close_fd) int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[128] = "";
	const char *at = text;
	struct rlimit limit;
	uint64_t pages = 0;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || getrlimit(RLIMIT_DATA, &expanding->before) < 0)
		return;
	for (int i = 0; i < 6; i++) {
		at += strspn(at, " ");
		if (!scan_u64(&at, &pages))
			return;
	}
	limit = expanding->before;
	limit.rlim_cur = MIN(limit.rlim_cur, pages * (uint64_t)sysconf(_SC_PAGESIZE) + MEMORY_MORE);
	expanding->limited = setrlimit(RLIMIT_DATA, &limit) == 0;
}

static la_ssize_t read_source(struct archive *archive, void *context, const void **ret_bytes)
{
	struct expanding_stream *expanding = context;
	ssize_t n = stream_next(expanding->source, ret_bytes);

	if (n < 0)
		stream_fail(&expanding->stream, (int)n, "%s", expanding->source->why.buf);
	return n < 0 ? ARCHIVE_FATAL : n;
}

static ssize_t expanding_next(struct stream *stream, const void **ret_bytes)
{
	struct expanding_stream *expanding = (struct expanding_stream *)stream;
	struct stream_budget *budget = stream->budget;
	la_int64_t offset;
	size_t n = 0;
	int r;

	if (expanding->ended)
		return 0;
	do
		r = expanding->lib->archive_read_data_block(expanding->archive, ret_bytes, &n, &offset);
	while (r == ARCHIVE_OK && n == 0);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK) {
		const char *message = expanding->lib->archive_error_string(expanding->archive);

		return stream_fail(stream, scratch_interrupted() ? -EINTR : -EBADMSG, "damaged %s: %s", expanding->name,
				   message ? message : "unknown error");
	}
	budget->expanded += n;
	if (budget->expanded > STREAM_EXPANSION_FREE + budget->read * STREAM_EXPANSION_MAX)
		return stream_fail(stream, -EFBIG, "%s that expands more than %d times: %llu bytes after %llu", expanding->name,
				   STREAM_EXPANSION_MAX, (unsigned long long)budget->expanded,
				   (unsigned long long)budget->read);
	return (ssize_t)n;
}

static void expanding_close(struct stream *stream)
{
	struct expanding_stream *expanding = (struct expanding_stream *)stream;

	if (expanding->archive)
		(void)expanding->lib->archive_read_free(expanding->archive);
	if (expanding->limited)
		(void)setrlimit(RLIMIT_DATA, &expanding->before);
}

struct expander {
	const char *name;
	size_t support;			/* of the function, in struct libarchive */
};

/* clang-format off */
static const struct expander expanders[] = {
	[MAGIC_BZIP2] = { "bzip2 data", offsetof(struct libarchive, archive_read_support_filter_bzip2) },
	[MAGIC_GZIP]  = { "gzip data", offsetof(struct libarchive, archive_read_support_filter_gzip) },
	[MAGIC_LZ4]   = { "lz4 data", offsetof(struct libarchive, archive_read_support_filter_lz4) },
	[MAGIC_XZ]    = { "xz data", offsetof(struct libarchive, archive_read_support_filter_xz) },
	[MAGIC_ZSTD]  = { "zstd data", offsetof(struct libarchive, archive_read_support_filter_zstd) },
};
/* clang-format on */

int stream_decompress(struct stream *source, enum magic_kind kind, struct strbuf *why, struct stream **ret_stream)
{
	const struct libarchive *lib = libarchive_library();
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	struct expanding_stream *expanding;
	struct archive_entry *entry;
	int (*support)(struct archive *);
	int r;

	if (!lib) {
		strbuf_addf(why, "%s: libarchive.so.13 is not installed", expanders[kind].name);
		return -ENOSYS;
	}
	expanding = stream_new(sizeof(*expanding), source->budget);
	stream = &expanding->stream;
	stream->next = expanding_next;
	stream->close = expanding_close;
	expanding->lib = lib;
	expanding->source = source;
	expanding->name = expanders[kind].name;
	expanding->archive = lib->archive_read_new();
	memcpy(&support, (const char *)lib + expanders[kind].support, sizeof(support));
	/* A warning says that the library would run a program for it. */
	if (!expanding->archive || support(expanding->archive) != ARCHIVE_OK) {
		strbuf_addf(why, "%s: this libarchive was built without it", expanding->name);
		return -ENOSYS;
	}
	if (kind == MAGIC_XZ)
		limit_memory(expanding);
	(void)lib->archive_read_support_format_raw(expanding->archive);
	(void)lib->archive_read_support_format_empty(expanding->archive);
	r = lib->archive_read_open2(expanding->archive, expanding, NULL, read_source, NULL, NULL);
	if (r == ARCHIVE_OK)
		r = lib->archive_read_next_header(expanding->archive, &entry);
	expanding->ended = r == ARCHIVE_EOF;
	if (r < ARCHIVE_OK) {
		const char *message = lib->archive_error_string(expanding->archive);

		stream_fail(stream, -EBADMSG, "damaged %s: %s", expanding->name, message ? message : "unknown error");
		strbuf_add(why, stream->why.buf, stream->why.len);
		return scratch_interrupted() ? -EINTR : -EBADMSG;
	}
	*ret_stream = steal_ptr(&stream);
	return 0;
}
