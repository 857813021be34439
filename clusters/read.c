/* SPDX-License-Identifier: Apache-2.0 */
#include "read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/strbuf.h"

#define PROGRESS_STEP (4U << 20)	/* bytes between two */
#define DIRECTORY_DEPTH_MAX 32
#define DIRECTORY_FILES_MAX 100000

void input_complain(struct input *input, uint32_t line, uint32_t column, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct place place = { input->path, line, column };
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	(void)diag_error(&input->cluster->diag, &place, "%s", text.buf);
}

size_t input_next(struct input *input, const char **ret_bytes)
{
	const void *bytes;
	ssize_t n = stream_next(input->stream, &bytes);

	if (n < 0) {
		input_complain(input, 0, 0, "cannot be read on: %s", input->stream->why.len ? input->stream->why.buf : strerror((int)-n));
		return 0;
	}
	*ret_bytes = bytes;
	input->passed += (uint64_t)n;
	input->cluster->files[input->file].bytes = input->passed;
	if (input->options && input->options->progress && input->passed - input->told >= PROGRESS_STEP) {
		input->told = input->passed;
		input->options->progress(input->options->context, input->path, MIN(input->stream->budget->read, input->size), input->size);
	}
	return (size_t)n;
}

/* ---- one text ---- */

static uint32_t add_file(struct cluster *cluster, const char *path)
{
	GROW(cluster->files, cluster->files_capacity, (size_t)cluster->n_files + 1);
	cluster->files[cluster->n_files] = (struct cluster_file){ .path = cluster_name(cluster, path), .format = "yaml" };
	return cluster->n_files++;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_kustomization(const char *path)
{
	static const char *const names[] = { "Kustomization", "kustomization.yaml", "kustomization.yml" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(base_name(path), names[i]))
			return true;
	return false;
}

/* "# Source: shop/templates/web.yaml", which helm template writes before each document */
static bool is_of_helm(const char *text, size_t length)
{
	static const char comment[] = "# Source: ";

	return memmem(text, length, comment, sizeof(comment) - 1) != NULL;
}

/* An object or array of JSON and not a flow mapping of YAML: '{"', '{}', '[{', '["', '[]' whatever blanks are between. */
static bool is_json(const char *text, size_t length)
{
	size_t i = 0;
	char first;

	while (i < length && strchr(" \t\r\n", text[i]))
		i++;
	if (i == length || (text[i] != '{' && text[i] != '['))
		return false;
	first = text[i++];
	while (i < length && strchr(" \t\r\n", text[i]))
		i++;
	return i < length && strchr(first == '{' ? "\"}" : "{[\"]", text[i]);
}

static void read_text(struct input *input, const char *text, size_t length)
{
	struct cluster_file *file = &input->cluster->files[input->file];

	if (is_json(text, MIN(length, 65536))) {
		file->format = "json";
		read_json(input);
		return;
	}
	file->helm = is_of_helm(text, length);
	if (length > READ_TREE_MAX) {
		read_yaml(input);
		return;
	}
	file->bytes = length;
	read_yaml_text(input, text, length);
}

static void pass_mark(struct stream *stream, const char **text, size_t *length)
{
	if (*length >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
		(void)stream_skip(stream, 3);
		*text += 3;
		*length -= 3;
	}
}

static int read_plain(struct input *input)
{
	const void *bytes;
	const char *text;
	size_t length;
	int r = stream_peek(input->stream, 65536, &bytes, &length);

	/* Only YAML has to be there as a whole. */
	if (r == 0 && !is_json(bytes, length))
		r = stream_peek(input->stream, READ_TREE_MAX + 1, &bytes, &length);
	if (r < 0) {
		input_complain(input, 0, 0, "cannot be read: %s", input->stream->why.len ? input->stream->why.buf : strerror(-r));
		return r;
	}
	text = bytes;
	pass_mark(input->stream, &text, &length);
	if (length > 0)
		read_text(input, text, length);
	else
		input_complain(input, 0, 0, "nothing is in it");
	return 0;
}

static int read_magic(struct input *input)
{
	CLEANUP(stream_free_ptr) struct stream *expanded = NULL;
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	const struct magic *magic;
	int r = stream_magic(input->stream, &magic);

	if (r < 0 || !magic_is_compressed(magic->kind)) {
		if (r == 0 && (magic->kind == MAGIC_TAR || magic->kind == MAGIC_OTHER)) {
			input_complain(input, 0, 0, "%s: expected YAML or JSON", magic->name);
			return -EINVAL;
		}
		return read_plain(input);
	}
	r = stream_decompress(input->stream, magic->kind, &why, &expanded);
	if (r < 0) {
		input_complain(input, 0, 0, "%s: %s", magic->name, why.len ? why.buf : strerror(-r));
		return r;
	}
	input->stream = expanded;
	return read_plain(input);
}

int cluster_read_stream(struct cluster *cluster, const char *path, struct stream *stream, uint64_t size,
			const struct read_options *options)
{
	size_t errors = cluster->diag.errors;
	struct input input = {
		.cluster = cluster, .file = add_file(cluster, path), .stream = stream, .size = size, .options = options,
	};
	int r;

	input.path = cluster->files[input.file].path;
	if (is_kustomization(path)) {
		struct place place = { input.path, 0, 0 };

		cluster->files[input.file].kustomization = true;
		(void)diag_warning(&cluster->diag, &place, "a kustomization is not read: give the output of kustomize build instead");
		return 0;
	}
	r = read_magic(&input);
	if (options && options->progress && input.told > 0)
		options->progress(options->context, input.path, size, size);
	return r < 0 || cluster->diag.errors > errors ? -EINVAL : 0;
}

/* ---- files and directories ---- */

static int complain_path(struct cluster *cluster, const char *path, const char *what)
{
	struct place place = { path, 0, 0 };

	return diag_error(&cluster->diag, &place, "%s", what);
}

static int read_fd(struct cluster *cluster, const char *path, int fd, const struct read_options *options)
{
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_fd(fd, &budget);
	struct stat st;
	uint64_t size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;

	return cluster_read_stream(cluster, path, stream, size, options);
}

struct listing {
	char **paths;
	size_t count, capacity;
	struct cluster *cluster;
};

static void listing_release(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->paths[i]);
	free(listing->paths);
}

static bool is_named_as_one(const char *name)
{
	return ends_with(name, ".yaml") || ends_with(name, ".yml") || ends_with(name, ".json");
}

static void warn_path(struct cluster *cluster, const char *path, const char *what)
{
	struct place place = { path, 0, 0 };

	(void)diag_warning(&cluster->diag, &place, "%s", what);
}

static void list_directory(struct listing *listing, int parent, const char *name, const char *path, unsigned int depth);

static void list_entry(struct listing *listing, int directory, const char *path, const struct dirent *entry, unsigned int depth)
{
	CLEANUP(free_ptr) char *below = xasprintf("%s%s%s", path, ends_with(path, "/") ? "" : "/", entry->d_name);
	struct stat st;

	if (fstatat(directory, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		list_directory(listing, directory, entry->d_name, below, depth + 1);
		return;
	}
	if (!is_named_as_one(entry->d_name))
		return;
	if (!S_ISREG(st.st_mode)) {
		warn_path(listing->cluster, below, S_ISLNK(st.st_mode) ? "a link in a directory is not followed: name it to read it" :
									 "not a regular file: left out");
		return;
	}
	if (listing->count == DIRECTORY_FILES_MAX) {
		warn_path(listing->cluster, below, "more than 100000 files: the rest is left out");
		listing->count++;
		listing->paths[listing->count - 1] = xstrdup(below);
		return;
	}
	if (listing->count > DIRECTORY_FILES_MAX)
		return;
	GROW(listing->paths, listing->capacity, listing->count + 2);
	listing->paths[listing->count++] = xstrdup(below);
}

static void list_directory(struct listing *listing, int parent, const char *name, const char *path, unsigned int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		(void)complain_path(listing->cluster, path, strerror(errno));
		close_fd(&fd);
		return;
	}
	if (depth > DIRECTORY_DEPTH_MAX)
		(void)complain_path(listing->cluster, path, "directories in directories, too deeply");
	while (depth <= DIRECTORY_DEPTH_MAX && (entry = readdir(directory)))
		/* As kubectl and shells do, what begins with a dot is nobody's manifest. */
		if (entry->d_name[0] != '.')
			list_entry(listing, fd, path, entry, depth);
	closedir(directory);
}

static int by_name(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Beside manifests lie package.json, values.yaml and the like: what does not begin like an object is none.  False: it was passed over. */
static bool read_found(struct cluster *cluster, const char *path, int fd, const struct read_options *options)
{
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_fd(fd, &budget);
	const void *bytes;
	struct stat st;
	size_t length;

	if (stream_peek(stream, CLUSTER_HEAD, &bytes, &length) == 0 && !cluster_recognise(bytes, length) && !is_kustomization(path))
		return false;
	(void)cluster_read_stream(cluster, path, stream, fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0, options);
	return true;
}

static void tell_passed(struct cluster *cluster, const char *path, const char *first, size_t passed)
{
	CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;

	if (passed == 0)
		return;
	strbuf_addf(&what, "%zu file%s hold%s no objects of Kubernetes and %s passed over: %s%s", passed, passed == 1 ? "" : "s",
		    passed == 1 ? "s" : "", passed == 1 ? "is" : "are", first, passed == 1 ? "" : " …");
	warn_path(cluster, path, what.buf);
}

static int read_directory(struct cluster *cluster, const char *path, const struct read_options *options)
{
	CLEANUP(listing_release) struct listing listing = { .cluster = cluster };
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t errors = cluster->diag.errors, passed = 0;
	const char *first = NULL;

	if (fd < 0)
		return complain_path(cluster, path, strerror(errno));
	list_directory(&listing, fd, ".", path, 0);
	if (listing.count > 0)
		qsort(listing.paths, listing.count, sizeof(*listing.paths), by_name);
	else
		return complain_path(cluster, path, "no *.yaml, *.yml or *.json below it");
	for (size_t i = 0; i < listing.count && i < DIRECTORY_FILES_MAX; i++) {
		int file = open(listing.paths[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

		if (file < 0) {
			(void)complain_path(cluster, listing.paths[i], strerror(errno));
		} else if (!read_found(cluster, listing.paths[i], file, options)) {
			first = first ? first : listing.paths[i];
			passed++;
		}
	}
	tell_passed(cluster, path, first, passed);
	return cluster->diag.errors > errors ? -EINVAL : 0;
}

int cluster_read_path(struct cluster *cluster, const char *path, const struct read_options *options)
{
	struct stat st;
	int fd;

	if (streq(path, "-")) {
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return read_directory(cluster, path, options);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd < 0 ? complain_path(cluster, path, strerror(errno)) : read_fd(cluster, path, fd, options);
}
