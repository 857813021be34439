/* SPDX-License-Identifier: Apache-2.0 */
/* capture --tree: the files that probes and samplers read, copied under their own names, so that a report can be made
 * again elsewhere.  Symbolic links on the way become directories; a link that is itself asked for is copied as a link,
 * when it leads to no regular file. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/strbuf.h"
#include "../probes/probe.h"
#include "cli.h"

#define FILES_MAX 100000
#define DEPTH_MAX 24

struct copy {
	const struct root *root;
	int directory;			/* where to */
	bool names_only;		/* of what is copied now */
	size_t files, unreadable, left_out;
	int error;			/* of writing: ends the copy */
	FILE *list;			/* keisoku.unreadable */
};

/* Makes the directories of path below copy->directory and returns the last one. */
static int make_directories(struct copy *copy, const char *path, int *ret_fd)
{
	CLEANUP(close_fd) int fd = openat(copy->directory, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (*path == '/')
		path++;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(path, '/')) {
		CLEANUP(free_ptr) char *name = xstrndup(path, (size_t)(slash - path));
		int next;

		if (mkdirat(fd, name, 0755) < 0 && errno != EEXIST)
			return -errno;
		next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -errno;
		close_fd(&fd);
		fd = next;
		path = slash + 1;
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int write_file(int directory, const char *name, const struct strbuf *text)
{
	CLEANUP(close_fd) int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	size_t done = 0;

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;	/* two probes read the same file */
	while (done < text->len) {
		ssize_t n = write(fd, text->buf + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

static void note_unreadable(struct copy *copy, const char *path, int error)
{
	copy->unreadable++;
	fprintf(copy->list, "%s\t%s\n", path, strerror(-error));
}

/* "!GLOB" among the paths of a probe: what must not be read, because reading it does something or it is a secret.  A
 * directory leaves out all below it. */
static bool is_excluded(const char *path)
{
	for (size_t i = 0; probes[i]; i++) {
		for (const char *const *glob = probes[i]->paths; glob && *glob; glob++) {
			if (**glob == '!' && fnmatch(*glob + 1, path, FNM_PATHNAME) == 0)
				return true;
		}
	}
	return false;
}

/* "mysql.service -> mariadb.service": a second name that means something by itself.  A link to a file of its own name is
 * just where the file is.  alias: the path of the file, or empty. */
static void read_alias(struct copy *copy, const char *path, struct strbuf *target, struct strbuf *alias)
{
	const char *name = strrchr(path, '/') + 1, *slash;

	strbuf_reset(alias);
	if (root_readlink(copy->root, path, target) < 0)
		return;
	slash = strrchr(target->buf, '/');
	if (streq(slash ? slash + 1 : target->buf, name) || (slash && *target->buf != '/'))
		return;
	if (!slash)
		strbuf_add(alias, path, (size_t)(name - path));
	strbuf_add(alias, target->buf, target->len);
}

/* A file, or a link to one, of which nobody reads more than its name. */
static void copy_name(struct copy *copy, const char *path)
{
	const struct strbuf nothing = STRBUF_INIT;
	CLEANUP(close_fd) int directory = -1;
	int r;

	if (copy->files >= FILES_MAX) {
		copy->left_out++;
		return;
	}
	r = make_directories(copy, path, &directory);
	if (r == 0)
		r = write_file(directory, strrchr(path, '/') + 1, &nothing);
	if (r < 0 && r != -ENOTDIR && r != -ELOOP && r != -EISDIR)
		copy->error = r;
	copy->files++;
}

static void copy_one(struct copy *copy, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, target = STRBUF_INIT, alias = STRBUF_INIT;
	CLEANUP(close_fd) int directory = -1;
	const char *name = strrchr(path, '/') + 1;
	bool link = false;
	int r;

	if (copy->error != 0 || is_excluded(path))
		return;
	if (copy->names_only) {
		copy_name(copy, path);
		return;
	}
	if (copy->files >= FILES_MAX) {
		copy->left_out++;
		return;
	}
	r = root_read(copy->root, path, &text);
	if (r == -EISDIR || r == -ENOENT || r == -EINVAL)
		link = root_readlink(copy->root, path, &text) == 0;
	if (r == 0)
		read_alias(copy, path, &target, &alias);
	if (alias.len) {		/* the file itself ends the recursion: a chain of links was read to its end */
		link = true;
		copy_one(copy, alias.buf);
		strbuf_reset(&text);
		strbuf_add(&text, target.buf, target.len);
	}
	if (r < 0 && !link) {
		if (r != -ENOENT && r != -ENOTDIR && r != -EISDIR)
			note_unreadable(copy, path, r);
		return;
	}
	r = make_directories(copy, path, &directory);
	if (r == 0 && link)
		r = symlinkat(text.buf, directory, name) < 0 && errno != EEXIST ? -errno : 0;
	else if (r == 0)
		r = write_file(directory, name, &text);
	/* A name that is a file here and a directory there: the first one stays. */
	if (r < 0 && r != -ENOTDIR && r != -ELOOP && r != -EISDIR)
		copy->error = r;
	copy->files++;
}

static bool has_wildcard(const char *component)
{
	return strpbrk(component, "*?[") != NULL;
}

/* rest: what of the pattern is left, without a leading slash. */
static void expand(struct copy *copy, const char *path, const char *rest, unsigned int depth)
{
	size_t length = strcspn(rest, "/");
	CLEANUP(free_ptr) char *component = xstrndup(rest, length);
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	const char *after = rest + length + (rest[length] == '/');
	bool deep = streq(component, "**");

	if (depth > DEPTH_MAX || copy->error != 0 || is_excluded(path))
		return;
	if (!has_wildcard(component)) {
		CLEANUP(free_ptr) char *below = xasprintf("%s/%s", path, component);

		if (*after)
			expand(copy, below, after, depth + 1);
		else
			copy_one(copy, below);
		return;
	}
	if (root_list(copy->root, *path ? path : "/", &list) < 0)
		return;
	if (deep && *after)
		expand(copy, path, after, depth + 1);	/* no level at all */
	for (size_t i = 0; i < list.count; i++) {
		const struct root_entry *entry = &list.entries[i];
		CLEANUP(free_ptr) char *below = xasprintf("%s/%s", path, entry->name);

		if (deep && entry->type == DT_DIR)
			expand(copy, below, rest, depth + 1);
		else if (deep && !*after)
			copy_one(copy, below);
		else if (!deep && fnmatch(component, entry->name, FNM_PERIOD) == 0 && *after)
			expand(copy, below, after, depth + 1);
		else if (!deep && fnmatch(component, entry->name, FNM_PERIOD) == 0)
			copy_one(copy, below);
	}
}

static void copy_paths(struct copy *copy, const char *const *paths)
{
	for (; paths && *paths; paths++) {
		if (**paths == '!')
			continue;
		copy->names_only = **paths == '?';
		expand(copy, "", *paths + 1 + copy->names_only, 0);
	}
}

int tree_copy(const struct root *root, const char *directory)
{
	CLEANUP(close_fd) int fd = -1;
	struct copy copy = { .root = root };
	int list;

	if (mkdir(directory, 0755) < 0)
		return talk_error(EXIT_INPUT, "cannot make the directory %s: %s", directory, strerror(errno));
	fd = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	list = fd < 0 ? -1 : openat(fd, "keisoku.unreadable", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	copy.list = list < 0 ? NULL : fdopen(list, "w");
	if (!copy.list)
		return talk_error(EXIT_INPUT, "cannot write below %s: %s", directory, strerror(errno));
	copy.directory = fd;

	for (size_t i = 0; probes[i]; i++)
		copy_paths(&copy, probes[i]->paths);
	for (size_t i = 0; samplers[i]; i++)
		copy_paths(&copy, samplers[i]->paths);
	if (fclose(copy.list) != 0 && copy.error == 0)
		copy.error = -errno;
	if (copy.unreadable == 0)
		(void)unlinkat(fd, "keisoku.unreadable", 0);
	if (copy.error != 0)
		return talk_error(EXIT_INPUT, "cannot write below %s: %s", directory, strerror(-copy.error));
	fprintf(stderr, "keisoku: %zu files copied", copy.files);
	if (copy.unreadable)
		fprintf(stderr, ", %zu could not be read (keisoku.unreadable lists them)", copy.unreadable);
	fputs(".\n", stderr);
	if (copy.left_out)
		return talk_error(EXIT_INPUT, "%zu files past the first %d were left out", copy.left_out, FILES_MAX);
	return 0;
}
