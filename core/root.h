/* SPDX-License-Identifier: Apache-2.0 */
/* Reading files below a root: this host, a mounted image, an unpacked sosreport, a captured tree.
 *
 * Every path is resolved inside the root (openat2, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), so no symbolic link leads
 * out of it; only regular files are read, never blocking, with a size limit; nothing is executed.
 * On the live root ("/") plain opens are used: there is nothing to escape from.
 *
 * Errors are negative errno: -ENOENT absent, -EACCES/-EPERM no privilege, -EFBIG over the limit, -EISDIR/-EINVAL not a
 * regular file, -ELOOP, and whatever read() says (-EOPNOTSUPP, -EIO …), which for /proc is information. */
#ifndef KEISOKU_ROOT_H
#define KEISOKU_ROOT_H

#include <dirent.h>

#include "strbuf.h"

enum root_layout {
	ROOT_LIVE,		/* this host */
	ROOT_TREE,		/* a file system tree: an image, or a captured /proc + /sys + /etc */
	ROOT_SOSREPORT,		/* has sos_commands/: output of commands counts where the file itself is not there */
};

struct scratch;

struct root {
	int fd;
	enum root_layout layout;
	char *path;		/* as given, for messages */
	struct scratch *scratch;	/* the private directory of an archive that became a root; NULL */
};

#define ROOT_READ_MAX (1U << 20)	/* bytes; root_read()'s limit */

/* path "/" is the live host.  -ENOTDIR, -ENOENT, -EACCES. */
int root_open(const char *path, struct root **ret_root);
void root_free(struct root *root);
DEFINE_FREE_PTR(root)

static inline bool root_is_live(const struct root *root)
{
	return root->layout == ROOT_LIVE;
}

/* Opens path (absolute, below the root) for reading; a regular file or, with O_DIRECTORY in flags, a directory. */
int root_open_fd(const struct root *root, const char *path, int flags, int *ret_fd);

/* Replaces text with the whole file.  /proc and /sys lie about sizes, so it reads until the end. */
int root_read(const struct root *root, const char *path, struct strbuf *text);
int root_read_limit(const struct root *root, const char *path, size_t limit, struct strbuf *text);

/* As root_read(), without white space at the end. */
int root_read_line(const struct root *root, const char *path, struct strbuf *text);

/* Reads an open descriptor from offset 0 with pread(): the form for files kept open. */
int fd_read_all(int fd, size_t limit, struct strbuf *text);

int root_readlink(const struct root *root, const char *path, struct strbuf *target);
bool root_exists(const struct root *root, const char *path);

/* One directory, entries sorted by name (so that output never depends on the file system's order).  Bounded to
 * ROOT_LIST_MAX names: -E2BIG beyond. "." and ".." are left out. */
#define ROOT_LIST_MAX 200000
struct root_entry {
	char *name;
	unsigned char type;	/* DT_REG, DT_DIR, DT_LNK …; DT_UNKNOWN is resolved */
};
struct root_list {
	struct root_entry *entries;
	size_t count, capacity;
};
#define ROOT_LIST_INIT { 0 }
int root_list(const struct root *root, const char *path, struct root_list *list);
/* The same, where a directory of more than limit names is no honest one. */
int root_list_limit(const struct root *root, const char *path, size_t limit, struct root_list *list);
void root_list_release(struct root_list *list);

/* A directory kept open: reads its files by name without walking the path again. */
int root_read_at(const struct root *root, int directory_fd, const char *name, struct strbuf *text);

#endif
