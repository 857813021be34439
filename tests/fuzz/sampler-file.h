/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds bytes to a sampler as the one file of a tree, in memory. */
#ifndef KEISOKU_FUZZ_SAMPLER_FILE_H
#define KEISOKU_FUZZ_SAMPLER_FILE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../probes/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The tree is made once per process and its file is overwritten. */
static inline const char *fuzz_tree(const char *path, int *ret_fd)
{
	static char directory[] = "/dev/shm/keisoku-fuzz-XXXXXX";
	static char *full;
	static int fd = -1;

	if (fd < 0) {
		if (!mkdtemp(directory))
			abort();
		full = xasprintf("%s%s", directory, path);
		for (char *p = full + strlen(directory) + 1; (p = strchr(p, '/')) != NULL; p++) {
			*p = '\0';
			(void)mkdir(full, 0700);
			*p = '/';
		}
		fd = open(full, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			abort();
	}
	*ret_fd = fd;
	return directory;
}

static inline void fuzz_remove_tree(const char *directory, const char *path)
{
	CLEANUP(free_ptr) char *full = xasprintf("%s%s", directory, path);

	(void)unlink(full);
	for (char *slash; (slash = strrchr(full, '/')) != NULL && strlen(full) > strlen(directory);) {
		*slash = '\0';
		(void)rmdir(full);
	}
}

static const char *fuzz_path;

static inline void fuzz_at_exit(void)
{
	int fd;

	fuzz_remove_tree(fuzz_tree(fuzz_path, &fd), fuzz_path);
}

static inline int fuzz_sampler_file_with(const struct sampler *sampler, const struct probe_options *options,
					 const char *path, const uint8_t *data, size_t size)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(root_free_ptr) struct root *root = NULL;
	const char *directory;
	void *state = NULL;
	int fd;

	if (!fuzz_path) {
		fuzz_path = path;
		(void)atexit(fuzz_at_exit);
	}
	directory = fuzz_tree(path, &fd);
	if (root_open(directory, &root) < 0)
		abort();
	for (int tick = 0; tick < 2; tick++) {
		if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size >> tick, 0) != (ssize_t)(size >> tick))
			abort();
		if (tick == 0 && sampler->open(root, options, snapshot, &state) < 0)
			abort();
		snapshot_tick_begin(snapshot, tick, tick, tick);
		sampler->tick(state, snapshot);
		snapshot_tick_end(snapshot);
	}
	sampler->close(state);
	return 0;
}

static inline int fuzz_sampler_file(const struct sampler *sampler, const char *path, const uint8_t *data, size_t size)
{
	static const struct probe_options none;

	return fuzz_sampler_file_with(sampler, &none, path, data, size);
}

#endif
