/* SPDX-License-Identifier: Apache-2.0 */
/* A directory that is there whole or not at all: it is filled beside its place and renamed. */
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static bool is_empty_directory(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool empty = directory != NULL;

	while (directory && (entry = readdir(directory)) != NULL)
		empty = empty && (streq(entry->d_name, ".") || streq(entry->d_name, ".."));
	if (directory)
		(void)closedir(directory);
	return empty;
}

static char *without_slashes(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return xstrndup(path, length);
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") : slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

int directory_check(const char *option, const char *path)
{
	CLEANUP(free_ptr) char *clean = without_slashes(path);
	CLEANUP(free_ptr) char *parent = parent_of(clean);
	struct stat st;

	if (lstat(clean, &st) == 0 && !(S_ISDIR(st.st_mode) && is_empty_directory(clean)))
		return talk_error(EXIT_USAGE, "--%s: %s is there already; give the name of a new directory", option, path);
	if (access(parent, W_OK | X_OK) < 0)
		return talk_error(EXIT_INPUT, "--%s: cannot write in %s: %s", option, parent, strerror(errno));
	return 0;
}

static int sync_directory(const char *path)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || (fsync(fd) < 0 && errno != EINVAL) ? -errno : 0;
}

/* A stream on a new file below directory; the folders in name are made. */
static int open_below(const char *directory, const char *name, mode_t mode, FILE **ret_stream)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s", directory, name);
	int fd;

	for (char *slash = strchr(path + strlen(directory) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	*ret_stream = fdopen(fd, "w");
	return *ret_stream ? 0 : -errno;
}

static int close_stream(FILE *stream, int r)
{
	if (r == 0 && (fflush(stream) != 0 || ferror(stream)))
		r = errno ? -errno : -EIO;
	if (r == 0 && fsync(fileno(stream)) < 0 && errno != EINVAL)
		r = -errno;
	if (fclose(stream) != 0 && r == 0)
		r = -errno;
	return r;
}

static int fill(const char *directory, const struct directory_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
		bool executable = false;
		FILE *stream;
		int r;

		files->name(files->context, i, &name, &executable);
		r = open_below(directory, name.buf, executable ? 0777 : 0666, &stream);
		if (r == 0)
			r = close_stream(stream, files->write(files->context, i, stream));
		if (r < 0)
			return r;
	}
	return sync_directory(directory);
}

static void remove_below(const char *directory, const char *name)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s", directory, name);

	(void)unlink(path);
	for (char *slash = strrchr(path, '/'); slash > path + strlen(directory); slash = strrchr(path, '/')) {
		*slash = '\0';
		(void)rmdir(path);
	}
}

/* What fill() made so far. */
static void take_away(const char *directory, const struct directory_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
		bool executable;

		files->name(files->context, i, &name, &executable);
		remove_below(directory, name.buf);
	}
	(void)rmdir(directory);
}

int directory_write(const char *path, const struct directory_files *files)
{
	CLEANUP(free_ptr) char *clean = without_slashes(path);
	CLEANUP(free_ptr) char *parent = parent_of(clean);
	CLEANUP(free_ptr) char *temporary = xasprintf("%s.XXXXXX", clean);
	mode_t mask = umask(0);
	int r;

	(void)umask(mask);
	if (!mkdtemp(temporary))
		return talk_error(EXIT_INPUT, "cannot write %s: %s", path, strerror(errno));
	(void)chmod(temporary, 0777 & ~mask);
	r = fill(temporary, files);
	if (r == 0 && rename(temporary, clean) < 0)
		r = -errno;
	if (r == 0)
		r = sync_directory(parent);
	else
		take_away(temporary, files);
	return r < 0 ? talk_error(EXIT_INPUT, "cannot write %s: %s", path, strerror(-r)) : 0;
}
