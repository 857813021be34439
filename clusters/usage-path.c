/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader.h"

#define SNAPSHOT_PEEK 4096

/* As `keisoku capture` writes it: what it is stands at its beginning. */
static bool is_snapshot(struct stream *stream)
{
	static const char first[] = "\"keisoku-snapshot\"";
	const void *bytes;
	size_t length;

	return stream_peek(stream, SNAPSHOT_PEEK, &bytes, &length) == 0 && memmem(bytes, MIN(length, (size_t)256), first, strlen(first));
}

static int read_snapshot(struct usage *usage, struct cluster *cluster, const char *path, struct stream *stream)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	r = stream_read_all(stream, SNAPSHOT_TEXT_MAX, &text);
	if (r == 0)
		r = snapshot_load(path, text.buf, text.len, usage_notes(usage), &snapshot);
	if (r == 0)
		r = usage_read_snapshot(usage, cluster, snapshot);
	return r;
}

static int read_plain(struct usage *usage, struct cluster *cluster, const char *path, struct stream *stream,
		      const struct read_options *options)
{
	if (is_snapshot(stream))
		return read_snapshot(usage, cluster, path, stream);
	return usage_read_stream(usage, cluster, path, stream, options);
}

static int read_any(struct usage *usage, struct cluster *cluster, const char *path, struct stream *stream,
		    const struct read_options *options, struct strbuf *why)
{
	CLEANUP(stream_free_ptr) struct stream *inner = NULL;
	const struct magic *magic;
	int r;

	r = stream_magic(stream, &magic);
	if (r == 0 && magic_is_compressed(magic->kind)) {
		r = stream_decompress(stream, magic->kind, why, &inner);
		stream = inner;
	}
	if (r == 0)
		r = read_plain(usage, cluster, path, stream, options);
	if (r < 0 && stream && stream->why.len > 0)
		strbuf_add(why, stream->why.buf, stream->why.len);
	return r;
}

int usage_read_path(struct usage *usage, struct cluster *cluster, const char *path, const struct read_options *options)
{
	struct read_options with_time = options ? *options : (struct read_options){ 0 };
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	struct stream_budget budget = { 0 };
	struct stat st;
	int fd, r;

	fd = streq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		r = -errno;
	else
		r = fstat(fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;
	if (r == 0) {
		if (with_time.time_sec <= 0 && S_ISREG(st.st_mode))
			with_time.time_sec = (double)st.st_mtim.tv_sec;
		stream = stream_of_fd(steal_fd(&fd), &budget);
		r = read_any(usage, cluster, path, stream, &with_time, &why);
	}
	close_fd(&fd);
	if (r < 0 && (r != -EINVAL || why.len > 0))
		(void)diag_error(usage_notes(usage), &(struct place){ .file = path }, "%s", why.len ? why.buf : strerror(-r));
	return r;
}
