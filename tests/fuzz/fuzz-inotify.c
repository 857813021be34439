/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/status and /proc/PID/fdinfo/N of a process with one inotify instance, both from the same text. */
#include "sampler-file.h"

extern const struct probe probe_inotify;

static char status_path[128], link_path[128];
static const char *tree_directory;

static void remove_tree(void)
{
	fuzz_remove_tree(tree_directory, "/proc/1/fd/3");
	fuzz_remove_tree(tree_directory, "/proc/1/status");
	fuzz_remove_tree(tree_directory, "/proc/1/fdinfo/3");
}

static int status_fd = -1;

static int make_tree(int *ret_fd)
{
	char path[128];

	tree_directory = fuzz_tree("/proc/1/fdinfo/3", ret_fd);
	if (status_fd >= 0)
		return 0;
	snprintf(path, sizeof(path), "%s/proc/1/fd", tree_directory);
	snprintf(link_path, sizeof(link_path), "%s/proc/1/fd/3", tree_directory);
	snprintf(status_path, sizeof(status_path), "%s/proc/1/status", tree_directory);
	if (mkdir(path, 0700) < 0 || symlink("anon_inode:inotify", link_path) < 0)
		return -1;
	status_fd = open(status_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	(void)atexit(remove_tree);
	return status_fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(root_free_ptr) struct root *root = NULL;
	static const struct probe_options options;
	int fd;

	if (make_tree(&fd) < 0 || root_open(tree_directory, &root) < 0)
		abort();
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size || ftruncate(status_fd, 0) < 0 ||
	    pwrite(status_fd, data, size, 0) != (ssize_t)size)
		abort();
	(void)probe_inotify.read(root, &options, snapshot);
	return 0;
}
