/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel messages in text: what dmesg printed, or what a syslog daemon wrote; of trees and reports. */
#include "kernel-log.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log-text.h"

#define TEXT_MAX (16 << 20)		/* the end of a larger file is read */
#define CHUNK 65536

/* First the one that is newest and whole: var/log/dmesg was written at boot and holds nothing after it. */
static const char *const text_paths[] = {
	"/sos_commands/kernel/dmesg",
	"/sos_commands/kernel/dmesg_-T",
	"/var/log/kern.log",
	"/var/log/dmesg",
};

struct text_log {
	const struct root *root;
	bool usable[ARRAY_SIZE(text_paths)];
};

static int text_open(const struct root *root, const struct probe_options *options, void **ret_state)
{
	struct text_log *text;
	int error = -ENOENT;
	bool any = false;

	if (root_is_live(root))
		return -ENOENT;
	text = xcalloc(1, sizeof(*text));
	text->root = root;
	for (size_t i = 0; i < ARRAY_SIZE(text_paths); i++) {
		CLEANUP(close_fd) int fd = -1;
		struct stat st;
		int r = root_open_fd(root, text_paths[i], 0, &fd);

		if (r < 0 || fstat(fd, &st) < 0 || st.st_size == 0) {
			error = r < 0 && r != -ENOENT ? r : error;
			continue;
		}
		text->usable[i] = any = true;
	}
	if (!any) {
		free(text);
		return error;
	}
	*ret_state = text;
	return 0;
}

static bool text_line(struct log_feed *feed, const char *line, size_t length)
{
	static const char boot[] = "Linux version ";
	const char *text;
	size_t n;

	if (!log_line_parse(line, length, &text, &n))
		return false;
	feed->messages_left--;
	feed->bytes_left -= MIN(feed->bytes_left, length);
	if (n > strlen(boot) && memcmp(text, boot, strlen(boot)) == 0)
		feed->new_boot(feed);
	feed->message(feed, text, n);
	return true;
}

/* Gives the feed the whole lines of text and keeps the rest of it; cut: the first line began before. */
static int text_lines(struct log_feed *feed, struct strbuf *text, bool *cut, bool at_end)
{
	size_t start = 0;
	int result = 0;

	while (start < text->len && !log_feed_is_full(feed)) {
		const char *line = text->buf + start;
		const char *newline = memchr(line, '\n', text->len - start);
		size_t length = newline ? (size_t)(newline - line) : text->len - start;

		if (!newline && !at_end && length < CHUNK)
			break;
		if (!*cut && text_line(feed, line, length))
			result = 1;
		*cut = !newline;	/* longer than any message: what follows belongs to it */
		start += length + (newline ? 1 : 0);
	}
	memmove(text->buf, text->buf + start, text->len - start);
	strbuf_truncate(text, text->len - start);
	return result;
}

static int text_file(int fd, struct log_feed *feed)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int result = 0;
	struct stat st;
	off_t offset;
	bool cut;

	if (fstat(fd, &st) < 0)
		return -errno;
	offset = st.st_size > TEXT_MAX ? st.st_size - TEXT_MAX : 0;
	feed->incomplete = cut = offset > 0;
	for (;;) {
		ssize_t n;

		strbuf_reserve(&text, CHUNK);
		n = pread(fd, text.buf + text.len, CHUNK, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text.len += (size_t)n;
		text.buf[text.len] = '\0';
		offset += n;
		if (text_lines(feed, &text, &cut, n == 0) > 0)
			result = 1;
		if (log_feed_is_full(feed))
			feed->cut_short = true;
		if (n == 0 || feed->cut_short)
			return result;
	}
}

/* All there is at the first call; a file in a tree does not grow. */
static int text_read(void *state, struct log_feed *feed)
{
	struct text_log *text = state;

	for (size_t i = 0; i < ARRAY_SIZE(text_paths); i++) {
		CLEANUP(close_fd) int fd = -1;
		int r;

		if (!text->usable[i])
			continue;
		text->usable[i] = false;
		feed->origin = text_paths[i];
		r = root_open_fd(text->root, text_paths[i], 0, &fd);
		if (r == 0)
			r = text_file(fd, feed);
		if (r != 0) {		/* found some, or could not: the others would say the same again */
			memset(text->usable, 0, sizeof(text->usable));
			return r;
		}
	}
	return 0;
}

static void text_skip(void *state)
{
}

const struct log_source log_source_text = {
	.name = "/var/log/kern.log, /var/log/dmesg",
	.open = text_open,
	.read = text_read,
	.skip = text_skip,
	.close = free,
};
