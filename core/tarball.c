/* SPDX-License-Identifier: Apache-2.0 */
#include "tarball.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "libarchive.h"
#include "scratch.h"

#define BLOCK 512

void left_out_add(struct left_out *left, enum left_reason reason, const char *path)
{
	if (left->count[reason]++ == 0)
		left->first[reason] = xstrdup(path);
}

void left_out_release(struct left_out *left)
{
	for (size_t i = 0; i < LEFT_COUNT; i++)
		free(left->first[i]);
	*left = (struct left_out){ 0 };
}

int path_make_plain(const char *path, struct strbuf *plain, bool *ret_absolute)
{
	unsigned int depth = 0;

	strbuf_reset(plain);
	*ret_absolute = *path == '/';
	for (;;) {
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 0)
			return 0;
		if (length == 2 && path[0] == '.' && path[1] == '.')
			return -EXDEV;
		if (length != 1 || path[0] != '.') {
			if (length > NAME_MAX || ++depth > CHANGE_DEPTH_MAX || plain->len + 1 + length >= PATH_MAX)
				return -ENAMETOOLONG;
			if (plain->len)
				strbuf_add_char(plain, '/');
			strbuf_add(plain, path, length);
		}
		path += length;
	}
}

struct reader {
	const struct libarchive *lib;
	struct archive *archive;
	struct stream *stream;
	enum tarball_kind kind;
	struct left_out *left;
	unsigned char tail[BLOCK];	/* the last bytes of what was read, not passed over */
	size_t tail_length;
	bool skipped_last, at_end, ended;
	struct strbuf path, target, last;
	uint64_t entries;
};

static void reader_release(struct reader *reader)
{
	if (reader->archive)
		(void)reader->lib->archive_read_free(reader->archive);
	strbuf_release(&reader->path);
	strbuf_release(&reader->target);
	strbuf_release(&reader->last);
}

static void keep_tail(struct reader *reader, const unsigned char *bytes, size_t length)
{
	size_t kept = length >= BLOCK ? 0 : MIN(reader->tail_length, BLOCK - length);

	memmove(reader->tail, reader->tail + reader->tail_length - kept, kept);
	length = MIN(length, (size_t)BLOCK);
	memcpy(reader->tail + kept, bytes, length);
	reader->tail_length = kept + length;
}

/* What a layer lacks at its end: the rest of the last block, and the end mark. */
static ssize_t add_end(struct reader *reader, const void **ret_bytes)
{
	static const char zeros[3 * BLOCK];
	size_t over = (size_t)(reader->stream->passed % BLOCK);

	if (reader->ended)
		return 0;
	reader->ended = true;
	*ret_bytes = zeros;
	return (ssize_t)(2 * BLOCK + (over ? BLOCK - over : 0));
}

static la_ssize_t reader_next(struct archive *archive, void *context, const void **ret_bytes)
{
	struct reader *reader = context;
	ssize_t n = stream_next(reader->stream, ret_bytes);

	if (n > 0) {
		const unsigned char *end = (const unsigned char *)*ret_bytes + n;

		keep_tail(reader, end - MIN((size_t)n, (size_t)BLOCK), MIN((size_t)n, (size_t)BLOCK));
		reader->skipped_last = false;
	}
	reader->at_end = n == 0;
	if (n == 0 && reader->kind == TARBALL_LAYER)
		n = add_end(reader, ret_bytes);
	return n < 0 ? ARCHIVE_FATAL : n;
}

static la_int64_t reader_skip(struct archive *archive, void *context, la_int64_t count)
{
	struct reader *reader = context;
	int64_t n = stream_skip(reader->stream, count);

	reader->skipped_last |= n > 0;
	return n;
}

/* An archive ends with a block of zeros.  One cut between two entries looks whole otherwise. */
static bool ended_properly(const struct reader *reader)
{
	if (!reader->at_end)
		return true;		/* the mark is what made the reader stop */
	if (reader->skipped_last || reader->tail_length < BLOCK)
		return false;
	for (size_t i = 0; i < BLOCK; i++)
		if (reader->tail[i] != '\0')
			return false;
	return true;
}

/* ---- the bytes of an entry ---- */

struct entry_stream {
	struct stream stream;
	struct reader *reader;
	const char *block;
	size_t block_length;
	uint64_t block_at, at, size;
	bool ended;
};

static ssize_t entry_next(struct stream *stream, const void **ret_bytes)
{
	static const char zeros[65536];
	struct entry_stream *entry = (struct entry_stream *)stream;
	struct reader *reader = entry->reader;
	size_t n;

	while (entry->block_length == 0 && !entry->ended) {
		const void *block;
		la_int64_t offset;
		int r = reader->lib->archive_read_data_block(reader->archive, &block, &entry->block_length, &offset);

		if (r == ARCHIVE_EOF) {
			entry->ended = true;
		} else if (r != ARCHIVE_OK) {
			const char *message = reader->lib->archive_error_string(reader->archive);

			return stream_fail(stream, -EBADMSG, "%s", reader->stream->why.len ? reader->stream->why.buf
							 : message ? message : "damaged");
		} else {
			entry->block = block;
			entry->block_at = (uint64_t)offset;
		}
	}
	if (!entry->ended && entry->block_at <= entry->at) {
		*ret_bytes = entry->block;
		n = entry->block_length;
		entry->block_length = 0;
	} else {			/* a hole, before the next block or at the end */
		uint64_t until = entry->ended ? entry->size : entry->block_at;

		*ret_bytes = zeros;
		n = (size_t)MIN(until > entry->at ? until - entry->at : 0, (uint64_t)sizeof(zeros));
	}
	entry->at += n;
	return (ssize_t)n;
}

/* ---- one entry ---- */

/* Names in pax headers are UTF-8, which the C locale does not have. */
static const char *either(const char *name, const char *utf8)
{
	return name ? name : utf8;
}

static int plain_target(struct reader *reader, const char *target, const char *path)
{
	bool absolute;
	int r = path_make_plain(target, &reader->target, &absolute);

	if (r < 0)
		left_out_add(reader->left, r == -EXDEV ? LEFT_UPWARD : LEFT_LONG, path);
	else if (absolute)
		left_out_add(reader->left, LEFT_ABSOLUTE, path);
	return r;
}

/* 1: an entry to give, 0: left out. */
static int describe(struct reader *reader, struct archive_entry *entry, struct change *change)
{
	const struct libarchive *lib = reader->lib;
	const char *name = either(lib->archive_entry_pathname(entry), lib->archive_entry_pathname_utf8(entry));
	const char *hard = either(lib->archive_entry_hardlink(entry), lib->archive_entry_hardlink_utf8(entry));
	const char *target = either(lib->archive_entry_symlink(entry), lib->archive_entry_symlink_utf8(entry));
	la_int64_t size = lib->archive_entry_size(entry);
	bool absolute;
	int r;

	if (!name || !*name) {
		left_out_add(reader->left, LEFT_NAMELESS, reader->last.buf);
		return 0;
	}
	r = path_make_plain(name, &reader->path, &absolute);
	strbuf_reset(&reader->last);
	strbuf_add(&reader->last, name, strnlen(name, 200));
	if (r < 0) {
		left_out_add(reader->left, r == -EXDEV ? LEFT_UPWARD : LEFT_LONG, reader->last.buf);
		return 0;
	}
	if (absolute)
		left_out_add(reader->left, LEFT_ABSOLUTE, reader->path.buf);
	*change = (struct change){ .path = reader->path.buf, .target = "", .size = size > 0 ? (uint64_t)size : 0 };
	if (hard) {
		change->kind = CHANGE_HARD_LINK;
		r = plain_target(reader, hard, reader->path.buf);
		change->target = reader->target.buf;	/* it may have moved */
		return r == 0;
	}
	switch (lib->archive_entry_filetype(entry)) {
	case AE_IFREG:
		change->kind = CHANGE_FILE;
		return 1;
	case AE_IFDIR:
		change->kind = CHANGE_DIRECTORY;
		return 1;
	case AE_IFLNK:
		change->kind = CHANGE_LINK;
		if (!target || !*target || strlen(target) >= PATH_MAX) {
			left_out_add(reader->left, LEFT_LONG, reader->path.buf);
			return 0;
		}
		strbuf_reset(&reader->target);
		strbuf_add_string(&reader->target, target);
		change->target = reader->target.buf;
		return 1;
	case AE_IFBLK:
	case AE_IFCHR:
	case AE_IFIFO:
	case AE_IFSOCK:
		change->kind = CHANGE_OTHER;
		return 1;
	default:
		left_out_add(reader->left, LEFT_UNKNOWN, reader->path.buf);
		return 0;
	}
}

static int damaged(struct reader *reader, struct strbuf *why)
{
	const char *message = reader->lib->archive_error_string(reader->archive);

	if (reader->stream->why.len)
		strbuf_add(why, reader->stream->why.buf, reader->stream->why.len);
	else
		strbuf_addf(why, "damaged or cut short: %s", message ? message : "unknown error");
	if (reader->last.len)
		strbuf_addf(why, " (after the entry '%s')", reader->last.buf);
	return scratch_interrupted() ? -EINTR : -EBADMSG;
}

static int give(struct reader *reader, struct archive_entry *archive_entry, tarball_handler *handler, void *context)
{
	struct change change;
	struct entry_stream *entry;
	int r;

	if (!describe(reader, archive_entry, &change))
		return 0;
	entry = stream_new(sizeof(*entry), reader->stream->budget);
	entry->stream.next = entry_next;
	entry->reader = reader;
	entry->size = change.size;
	entry->ended = change.kind != CHANGE_FILE;
	r = handler(context, &change, &entry->stream);
	stream_free(&entry->stream);
	return r;
}

int tarball_read(struct stream *stream, enum tarball_kind kind, tarball_handler *handler, void *context,
		 struct left_out *left, struct strbuf *why)
{
	CLEANUP(reader_release) struct reader reader = {
		.lib = libarchive_library(), .stream = stream, .kind = kind, .left = left,
		.path = STRBUF_INIT, .target = STRBUF_INIT, .last = STRBUF_INIT,
	};
	int r;

	if (!reader.lib) {
		strbuf_add_string(why, "a tar archive, and libarchive.so.13 is not installed");
		return -ENOSYS;
	}
	reader.archive = reader.lib->archive_read_new();
	if (!reader.archive || reader.lib->archive_read_support_format_tar(reader.archive) != ARCHIVE_OK ||
	    reader.lib->archive_read_support_format_empty(reader.archive) != ARCHIVE_OK)
		return damaged(&reader, why);
	if (reader.lib->archive_read_open2(reader.archive, &reader, NULL, reader_next, reader_skip, NULL) != ARCHIVE_OK)
		return damaged(&reader, why);
	for (;;) {
		struct archive_entry *entry;

		r = reader.lib->archive_read_next_header(reader.archive, &entry);
		if (r == ARCHIVE_EOF)
			break;
		if (r < ARCHIVE_WARN || r == ARCHIVE_RETRY)	/* it would go on behind what is damaged */
			return damaged(&reader, why);
		if (++reader.entries > TARBALL_ENTRIES_MAX) {
			strbuf_addf(why, "it has more than %d entries", TARBALL_ENTRIES_MAX);
			return -E2BIG;
		}
		r = give(&reader, entry, handler, context);
		if (r < 0) {
			if (why->len == 0)
				strbuf_addf(why, "%s", reader.stream->why.len ? reader.stream->why.buf : strerror(-r));
			strbuf_addf(why, " (at the entry '%s')", reader.last.buf);
			return r;
		}
	}
	if (kind == TARBALL_WHOLE && !ended_properly(&reader)) {
		strbuf_addf(why, "cut short: it has no end mark after the entry '%s'", reader.last.buf);
		return -EBADMSG;
	}
	return 0;
}
