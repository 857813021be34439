/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scratch.h"

/* Files of /proc and /sys are read with one read() when the buffer is large enough. */
#define READ_CHUNK 4096

/* Symbolic links followed by hand where openat2() is not there (Linux before 5.6, some sandboxes). */
#define LINKS_MAX 40

static int open_contained(const struct root *root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)flags,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	/* EAGAIN: a rename elsewhere raced with a ".." in the path; the kernel asks to try again. */
	for (int tries = 0; tries < 16; tries++) {
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd >= 0 ? fd : -errno;
}

/* The same by hand: every component is opened without following links; a link's target is put in front of what is left
 * of the path, and an absolute one begins at the root again.  ".." never leaves the root: the directories on the way
 * are kept on a stack. */
struct walk {
	int stack[PATH_MAX / 2];
	size_t depth;
};

static void walk_release(struct walk *walk)
{
	while (walk->depth > 0)
		close_fd(&walk->stack[--walk->depth]);
}

static int walk_link(struct walk *walk, int parent, const char *name,
		     struct strbuf *rest)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(parent, name, target, sizeof(target));

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	if (n > 0 && target[0] == '/')
		walk_release(walk);
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	strbuf_add(&next, target, (size_t)n);
	strbuf_add_char(&next, '/');
	strbuf_add(&next, rest->buf, rest->len);
	if (next.len >= PATH_MAX)
		return -ENAMETOOLONG;
	strbuf_reset(rest);
	strbuf_add(rest, next.buf, next.len);
	return 0;
}

static int open_by_hand(const struct root *root, const char *path, int flags)
{
	CLEANUP(strbuf_release) struct strbuf rest = STRBUF_INIT;
	struct walk *walk = xcalloc(1, sizeof(*walk));
	unsigned int links = 0;
	int result = -ENOENT;

	strbuf_add_string(&rest, path);
	for (;;) {
		size_t skip = strspn(rest.buf, "/"), length = strcspn(rest.buf + skip, "/");
		char name[NAME_MAX + 1];
		bool last;
		int parent = walk->depth ? walk->stack[walk->depth - 1] : root->fd;
		int fd;

		if (length == 0) {
			fd = openat(parent, ".", flags | O_CLOEXEC);
			result = fd >= 0 ? fd : -errno;
			break;
		}
		if (length > NAME_MAX) {
			result = -ENAMETOOLONG;
			break;
		}
		memcpy(name, rest.buf + skip, length);
		name[length] = '\0';
		memmove(rest.buf, rest.buf + skip + length, rest.len - skip - length + 1);
		rest.len -= skip + length;
		last = strspn(rest.buf, "/") == rest.len;
		if (streq(name, "."))
			continue;
		if (streq(name, "..")) {
			if (walk->depth > 0)
				close_fd(&walk->stack[--walk->depth]);
			continue;
		}
		fd = openat(parent, name, (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && (errno == ELOOP || errno == ENOTDIR || errno == EMLINK)) {
			int error = -errno;
			int r = ++links > LINKS_MAX ? -ELOOP : walk_link(walk, parent, name, &rest);

			if (r == 0)
				continue;
			result = r == -EINVAL ? error : r;
			break;
		}
		if (fd < 0 || last) {
			result = fd >= 0 ? fd : -errno;
			break;
		}
		if (walk->depth == ARRAY_SIZE(walk->stack)) {
			(void)close(fd);
			result = -ENAMETOOLONG;
			break;
		}
		walk->stack[walk->depth++] = fd;
	}
	walk_release(walk);
	free(walk);
	return result;
}

int root_open_fd(const struct root *root, const char *path, int flags, int *ret_fd)
{
	bool directory = flags & O_DIRECTORY;
	CLEANUP(close_fd) int fd = -1;
	struct stat st;

	flags |= O_RDONLY | O_CLOEXEC | O_NOCTTY | (directory ? 0 : O_NONBLOCK);
	if (root_is_live(root)) {
		/* Nothing here is hostile, and a directory says EISDIR when it is read. */
		fd = open(path, flags);
		if (fd < 0)
			return -errno;
		*ret_fd = steal_fd(&fd);
		return 0;
	} else {
		fd = open_contained(root, path, flags);
		if (fd == -ENOSYS || fd == -EPERM)
			fd = open_by_hand(root, path, flags);
		if (fd < 0)
			return fd;
	}
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!directory && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!directory && !S_ISREG(st.st_mode))
		return -EINVAL;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int read_to_end(int fd, bool positioned, size_t limit, struct strbuf *text)
{
	strbuf_reset(text);
	for (;;) {
		ssize_t n;

		strbuf_reserve(text, MAX(READ_CHUNK, text->len));
		n = positioned ? pread(fd, text->buf + text->len, text->capacity - text->len - 1, (off_t)text->len)
			       : read(fd, text->buf + text->len, text->capacity - text->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int r = -errno;

			strbuf_reset(text);
			return r;
		}
		text->len += (size_t)n;
		text->buf[text->len] = '\0';
		if (n == 0)
			return 0;
		if (text->len > limit) {
			strbuf_reset(text);
			return -EFBIG;
		}
	}
}

int fd_read_all(int fd, size_t limit, struct strbuf *text)
{
	return read_to_end(fd, true, limit, text);
}

int root_read_limit(const struct root *root, const char *path, size_t limit, struct strbuf *text)
{
	CLEANUP(close_fd) int fd = -1;
	int r;

	strbuf_reset(text);
	r = root_open_fd(root, path, 0, &fd);
	if (r < 0)
		return r;
	return read_to_end(fd, false, limit, text);
}

int root_read(const struct root *root, const char *path, struct strbuf *text)
{
	return root_read_limit(root, path, ROOT_READ_MAX, text);
}

int root_read_line(const struct root *root, const char *path, struct strbuf *text)
{
	int r = root_read(root, path, text);

	if (r < 0)
		return r;
	strbuf_trim(text);
	return 0;
}

int root_read_at(const struct root *root, int directory_fd, const char *name, struct strbuf *text)
{
	CLEANUP(close_fd) int fd = -1;
	struct stat st;

	strbuf_reset(text);
	if (strchr(name, '/'))
		return -EINVAL;
	fd = openat(directory_fd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (!root_is_live(root)) {
		if (fstat(fd, &st) < 0)
			return -errno;
		if (!S_ISREG(st.st_mode))
			return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	}
	return read_to_end(fd, false, ROOT_READ_MAX, text);
}


int root_readlink(const struct root *root, const char *path, struct strbuf *target)
{
	CLEANUP(close_fd) int fd = -1;
	char buffer[PATH_MAX];
	ssize_t n;

	strbuf_reset(target);
	if (root_is_live(root)) {
		n = readlink(path, buffer, sizeof(buffer));
	} else {
		fd = open_contained(root, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd == -ENOSYS || fd == -EPERM)
			fd = open_by_hand(root, path, O_PATH);
		if (fd < 0)
			return fd;
		n = readlinkat(fd, "", buffer, sizeof(buffer));
	}
	if (n < 0)
		return errno == ENOENT && fd >= 0 ? -EINVAL : -errno;
	if ((size_t)n == sizeof(buffer))
		return -ENAMETOOLONG;
	strbuf_add(target, buffer, (size_t)n);
	return 0;
}

bool root_exists(const struct root *root, const char *path)
{
	CLEANUP(close_fd) int fd = -1;

	if (root_is_live(root))
		return access(path, F_OK) == 0;
	fd = open_contained(root, path, O_PATH | O_CLOEXEC);
	if (fd == -ENOSYS || fd == -EPERM)
		fd = open_by_hand(root, path, O_PATH);
	return fd >= 0;
}

static unsigned char entry_type(int directory_fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(directory_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return DT_UNKNOWN;
	return IFTODT(st.st_mode);
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct root_entry *)a)->name, ((const struct root_entry *)b)->name);
}

int root_list_limit(const struct root *root, const char *path, size_t limit, struct root_list *list)
{
	CLEANUP(close_fd) int fd = -1;
	const struct dirent *entry;
	int result = 0;
	DIR *dir;
	int r;

	root_list_release(list);
	r = root_open_fd(root, path, O_DIRECTORY, &fd);
	if (r < 0)
		return r;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)steal_fd(&fd);
	while (errno = 0, entry = readdir(dir)) {
		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		if (list->count >= limit) {
			result = -E2BIG;
			break;
		}
		GROW(list->entries, list->capacity, list->count + 1);
		list->entries[list->count++] = (struct root_entry){
			.name = xstrdup(entry->d_name),
			.type = entry_type(dirfd(dir), entry),
		};
	}
	if (result == 0 && !entry && errno != 0)
		result = -errno;
	(void)closedir(dir);
	if (list->count > 1)
		qsort(list->entries, list->count, sizeof(*list->entries), compare_entries);
	return result;
}

int root_list(const struct root *root, const char *path, struct root_list *list)
{
	return root_list_limit(root, path, ROOT_LIST_MAX, list);
}

void root_list_release(struct root_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].name);
	free(list->entries);
	*list = (struct root_list)ROOT_LIST_INIT;
}

int root_open(const char *path, struct root **ret_root)
{
	CLEANUP(root_free_ptr) struct root *root = xcalloc(1, sizeof(*root));

	root->path = xstrdup(path);
	root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->fd < 0)
		return -errno;
	root->layout = streq(path, "/") ? ROOT_LIVE : ROOT_TREE;
	if (root->layout == ROOT_TREE && root_exists(root, "/sos_commands"))
		root->layout = ROOT_SOSREPORT;
	*ret_root = steal_ptr(&root);
	return 0;
}

void root_free(struct root *root)
{
	if (!root)
		return;
	close_fd(&root->fd);
	scratch_free(root->scratch);
	free(root->path);
	free(root);
}
