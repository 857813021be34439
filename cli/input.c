/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs that are named on the command line, told apart by what they hold. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../clusters/reader.h"
#include "../core/image.h"
#include "../core/strbuf.h"
#include "../probes/probe.h"
#include "cli.h"

#define OBJECTS "objects of Kubernetes: keisoku audit, review and rightsize take them"
#define EXPECTED "expected a directory, a snapshot, or a tar archive of a file system, of a sosreport or of an OCI or Docker image"

void input_release(struct input *input)
{
	root_free(input->root);
	strbuf_release(&input->snapshot);
	*input = (struct input){ .snapshot = STRBUF_INIT };
}

/* What probes and samplers read, as lists of globs. */
static struct image_source image_source(const char *path)
{
	static const char *const *globs[256];
	struct image_source source = { .name = path, .globs = globs };

	for (size_t i = 0; probes[i] && source.n_globs < ARRAY_SIZE(globs); i++)
		globs[source.n_globs++] = probes[i]->paths;
	for (size_t i = 0; samplers[i] && source.n_globs < ARRAY_SIZE(globs); i++)
		globs[source.n_globs++] = samplers[i]->paths;
	return source;
}

static int cluster_of(struct input *input, struct strbuf *why)
{
	if (!input->cluster)
		strbuf_add_string(why, OBJECTS);
	input->is_cluster = input->cluster != NULL;
	return input->cluster ? 0 : -EINVAL;
}

/* What is wrong inside is told by the cluster. */
static int read_objects(const char *path, struct stream *stream, struct strbuf *why, struct input *input)
{
	const struct read_options options = { .time_sec = 0 };
	int r = cluster_of(input, why);

	if (r == 0)
		(void)cluster_read_stream(input->cluster, path, stream, 0, &options);
	return r;
}

static bool begins_like_objects(struct stream *stream)
{
	const void *bytes;
	size_t length;

	return stream_peek(stream, CLUSTER_HEAD, &bytes, &length) == 0 && cluster_recognise(bytes, length);
}

static int open_directory(const char *path, struct diag *notes, struct strbuf *why, struct input *input)
{
	struct image_source source = image_source(path);
	CLEANUP(root_free_ptr) struct root *root = NULL;
	int r = root_open(path, &root);

	if (r < 0)
		return r;
	if (!root_is_live(root) && image_is_layout(root))
		return image_open_layout(&source, root, notes, why, &input->root);
	if (!root_is_live(root) && !image_is_file_system(root) && cluster_recognise_directory(path)) {
		const struct read_options options = { .time_sec = 0 };

		r = cluster_of(input, why);
		if (r == 0)
			(void)cluster_read_path(input->cluster, path, &options);
		return r;
	}
	if (!root_is_live(root) && !image_is_file_system(root)) {
		strbuf_addf(why, "a directory that is no root file system (with etc, usr, proc or boot), sosreport or OCI image layout");
		return -EINVAL;
	}
	input->root = steal_ptr(&root);
	return 0;
}

static int read_snapshot(struct stream *stream, struct strbuf *why, struct input *input)
{
	int r = stream_read_all(stream, SNAPSHOT_TEXT_MAX, &input->snapshot);

	if (r == -EFBIG && stream->why.len == 0)
		strbuf_addf(why, "a snapshot of more than %u MiB", (unsigned int)(SNAPSHOT_TEXT_MAX >> 20));
	return r;
}

/* stream: what the file holds, or decompresses to. */
static int open_content(const struct image_source *source, struct stream *stream, int fd, const struct magic *magic,
			struct diag *notes, struct strbuf *why, struct input *input)
{
	int r;

	if ((magic->kind == MAGIC_UNKNOWN || magic->kind == MAGIC_JSON) && begins_like_objects(stream))
		return read_objects(source->name, stream, why, input);
	switch (magic->kind) {
	case MAGIC_TAR:
		r = image_open(source, stream, fd, notes, why, &input->root);
		break;
	case MAGIC_JSON:
		r = read_snapshot(stream, why, input);
		break;
	case MAGIC_UNKNOWN:
	case MAGIC_NOTHING:
	case MAGIC_OTHER:
	case MAGIC_BZIP2:
	case MAGIC_GZIP:
	case MAGIC_LZ4:
	case MAGIC_XZ:
	case MAGIC_ZSTD:
	default:
		strbuf_addf(why, "%s%s%s", magic->name, magic->advice ? ": " : "; ", magic->advice ? magic->advice : EXPECTED);
		return -EINVAL;
	}
	if (r < 0 && why->len == 0)
		strbuf_add(why, stream->why.buf, stream->why.len);
	return r;
}

static int open_stream(const char *path, int fd, struct diag *notes, struct strbuf *why, struct input *input)
{
	struct image_source source = image_source(path);
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_fd(fd, &budget);
	CLEANUP(stream_free_ptr) struct stream *expanded = NULL;
	const struct magic *magic;
	int r = stream_magic(stream, &magic);

	if (r < 0 || !magic_is_compressed(magic->kind))
		return r < 0 ? r : open_content(&source, stream, fd, magic, notes, why, input);
	r = stream_decompress(stream, magic->kind, why, &expanded);
	if (r == 0)
		r = stream_magic(expanded, &magic);
	if (r == 0)
		return open_content(&source, expanded, fd, magic, notes, why, input);
	if (why->len == 0 && expanded)
		strbuf_add(why, expanded->why.buf, expanded->why.len);
	return r;
}

static int open_file(const char *path, struct diag *notes, struct strbuf *why, struct input *input)
{
	int fd = streq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISBLK(st.st_mode)) {
		strbuf_addf(why, "a block device: mount it read-only and give the directory");
		(void)close(fd);
		return -EINVAL;
	}
	return open_stream(path, fd, notes, why, input);
}

int input_open(const char *path, struct diag *notes, struct input *ret_input)
{
	return input_open_any(path, NULL, notes, ret_input);
}

int input_open_any(const char *path, struct cluster *cluster, struct diag *notes, struct input *ret_input)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct stat st;
	int r;

	*ret_input = (struct input){ .snapshot = STRBUF_INIT, .cluster = cluster };
	if (!streq(path, "-") && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		r = open_directory(path, notes, &why, ret_input);
	else
		r = open_file(path, notes, &why, ret_input);
	if (r == 0)
		return 0;
	return talk_error(EXIT_INPUT, "cannot read %s: %s", streq(path, "-") ? "standard input" : path,
			  why.len ? why.buf : strerror(-r));
}

bool input_is_cluster(const char *path)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	struct stream_budget budget = { 0 };
	struct stat st;
	int fd;

	if (streq(path, "-") || stat(path, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode))
		return root_open(path, &root) == 0 && !root_is_live(root) && !image_is_layout(root) && !image_is_file_system(root) &&
		       cluster_recognise_directory(path);
	fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
	if (fd < 0)
		return false;
	stream = stream_of_fd(fd, &budget);
	return begins_like_objects(stream);
}
