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

/* The same for samplers of several files: the input is split at lines "%%", and each part is one of them. */
#define FUZZ_FILES_MAX 8
#define FUZZ_SEPARATOR "%%\n"

struct fuzz_files {
	char directory[32];
	char *paths[FUZZ_FILES_MAX];	/* whole */
	int fds[FUZZ_FILES_MAX];
	size_t count;
};

static struct fuzz_files fuzz_files;

static inline void fuzz_files_remove(void)
{
	size_t base = strlen(fuzz_files.directory);

	for (size_t i = 0; i < fuzz_files.count; i++) {
		(void)unlink(fuzz_files.paths[i]);
		for (char *slash; (slash = strrchr(fuzz_files.paths[i], '/')) != NULL && strlen(fuzz_files.paths[i]) > base;) {
			*slash = '\0';
			(void)rmdir(fuzz_files.paths[i]);
		}
		close_fd(&fuzz_files.fds[i]);
		free(fuzz_files.paths[i]);
	}
}

static inline void fuzz_files_make(const char *const *paths)
{
	strcpy(fuzz_files.directory, "/dev/shm/keisoku-fuzz-XXXXXX");
	if (!mkdtemp(fuzz_files.directory))
		abort();
	for (size_t i = 0; paths[i] && i < FUZZ_FILES_MAX; i++, fuzz_files.count++) {
		char *full = xasprintf("%s%s", fuzz_files.directory, paths[i]);

		for (char *p = full + strlen(fuzz_files.directory) + 1; (p = strchr(p, '/')) != NULL; p++) {
			*p = '\0';
			(void)mkdir(full, 0700);
			*p = '/';
		}
		fuzz_files.paths[i] = full;
		fuzz_files.fds[i] = open(full, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fuzz_files.fds[i] < 0)
			abort();
	}
	(void)atexit(fuzz_files_remove);
}

/* The first tick has all of each part, the second the first half of it. */
static inline void fuzz_files_write(const uint8_t *data, size_t size, int tick)
{
	for (size_t i = 0; i < fuzz_files.count; i++) {
		const uint8_t *end = memmem(data, size, FUZZ_SEPARATOR, strlen(FUZZ_SEPARATOR));
		size_t part = end && i + 1 < fuzz_files.count ? (size_t)(end - data) : size;

		if (ftruncate(fuzz_files.fds[i], 0) < 0 ||
		    pwrite(fuzz_files.fds[i], data, part >> tick, 0) != (ssize_t)(part >> tick))
			abort();
		data += part;
		size -= part;
		if (end && size >= strlen(FUZZ_SEPARATOR)) {
			data += strlen(FUZZ_SEPARATOR);
			size -= strlen(FUZZ_SEPARATOR);
		}
	}
}

static inline int fuzz_sampler_files(const struct sampler *sampler, const char *const *paths, const uint8_t *data,
				     size_t size)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(root_free_ptr) struct root *root = NULL;
	const struct probe_options options = { 0 };
	void *state = NULL;

	if (fuzz_files.count == 0)
		fuzz_files_make(paths);
	if (root_open(fuzz_files.directory, &root) < 0 || sampler->open(root, &options, snapshot, &state) < 0)
		abort();
	for (int tick = 0; tick < 3; tick++) {
		fuzz_files_write(data, size, tick & 1);
		snapshot_tick_begin(snapshot, tick, tick, tick);
		sampler->tick(state, snapshot);
		snapshot_tick_end(snapshot);
	}
	sampler->close(state);
	return 0;
}

#endif
