/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/parse.h"
#include "../core/strbuf.h"
#include "cli.h"


int output_open(struct output_file *file, const char *path)
{
	struct stat st;
	int fd;

	*file = (struct output_file){ 0 };
	if (!path || streq(path, "-")) {
		file->stream = stdout;
		return 0;
	}
	/* /dev/stdout, a pipe, a terminal: cannot be renamed onto. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		file->stream = fopen(path, "we");
		return file->stream ? 0 : -errno;
	}
	file->path = xstrdup(path);
	file->temporary = xasprintf("%s.XXXXXX", path);
	fd = mkostemp(file->temporary, O_CLOEXEC);
	if (fd >= 0) {
		mode_t mask = umask(0);

		(void)umask(mask);
		(void)fchmod(fd, 0666 & ~mask);
		file->stream = fdopen(fd, "w");
	}
	if (!file->stream) {
		int r = -errno;

		output_abandon(file);
		return r;
	}
	return 0;
}

void output_abandon(struct output_file *file)
{
	if (file->stream && file->stream != stdout)
		(void)fclose(file->stream);
	if (file->temporary)
		(void)unlink(file->temporary);
	free(file->temporary);
	free(file->path);
	*file = (struct output_file){ 0 };
}

int output_close(struct output_file *file)
{
	int r = 0;

	if (fflush(file->stream) != 0 || ferror(file->stream))
		r = errno ? -errno : -EIO;
	if (r == 0 && file->path && fsync(fileno(file->stream)) < 0 && errno != EINVAL)
		r = -errno;
	if (r == 0 && file->path && rename(file->temporary, file->path) < 0)
		r = -errno;
	if (r == 0) {
		free(file->temporary);
		file->temporary = NULL;
	}
	output_abandon(file);
	return r;
}

#define FIFO_MSEC 10000

/* A FIFO by name may have nobody who ever writes to it: it is read only if somebody begins within a while. */
static int open_input(const char *path)
{
	struct stat status;
	bool fifo = lstat(path, &status) == 0 && S_ISFIFO(status.st_mode);
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (fifo ? O_NONBLOCK : 0));
	struct pollfd written = { .events = POLLIN };

	if (fd < 0)
		return -errno;
	written.fd = fd;
	if (fifo) {
		if (poll(&written, 1, FIFO_MSEC) == 0)
			return -ETIMEDOUT;
		if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) < 0)
			return -errno;
	}
	return steal_fd(&fd);
}

int input_read(const char *path, size_t limit, struct strbuf *text)
{
	CLEANUP(close_fd) int opened = -1;
	int fd = STDIN_FILENO;

	if (!streq(path, "-")) {
		opened = open_input(path);
		if (opened < 0)
			return opened;
		fd = opened;
	}
	for (;;) {
		ssize_t n;

		strbuf_reserve(text, MAX((size_t)65536, text->len / 2));
		n = read(fd, text->buf + text->len, text->capacity - text->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		text->len += (size_t)n;
		if (text->len > limit)
			return -EFBIG;
	}
	text->buf[text->len] = '\0';
	return 0;
}

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* LC_ALL, then LC_CTYPE, then LANG, as setlocale() would look. */
static bool locale_is_utf8(void)
{
	const char *name = environment("LC_ALL");

	if (!name)
		name = environment("LC_CTYPE");
	if (!name)
		name = environment("LANG");
	return name && (strcasestr(name, "utf-8") || strcasestr(name, "utf8"));
}

static unsigned int terminal_width(void)
{
	struct winsize size;
	const char *columns = environment("COLUMNS");
	uint64_t n;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	if (columns && parse_u64(columns, &n) == 0 && n >= 40 && n <= 1000)
		return (unsigned int)n;
	return 80;
}

void terminal_look(const struct arguments *arguments, bool to_terminal, struct report *report)
{
	const char *term = environment("TERM");

	report->width = arguments->width ? arguments->width : to_terminal ? terminal_width() : 80;
	report->unicode = locale_is_utf8();
	switch (arguments->colour) {
	case COLOUR_ALWAYS:
		report->colour = true;
		break;
	case COLOUR_NEVER:
		report->colour = false;
		break;
	case COLOUR_AUTO:
		report->colour = to_terminal && isatty(STDOUT_FILENO) && !environment("NO_COLOR") && term &&
				 !streq(term, "dumb");
		break;
	}
}
