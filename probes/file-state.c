/* SPDX-License-Identifier: Apache-2.0 */
/* Counts of open files, cached names and inodes, and asynchronous I/O requests, from /proc/sys/fs.
 * Format: Documentation/admin-guide/sysctl/fs.rst.
 *
 *	file-nr: 622	0	2466177
 *	dentry-state: 221360	219841	45	0	8268	0 */
#include <errno.h>

#include "probe.h"
#include "table.h"

#define FIELDS_MAX 7

/* clang-format off */
static const struct file_state_file {
	const char *path;
	const char *prefix;
	const char *fields[FIELDS_MAX];	/* up to NULL; "": not taken */
	const char *wanted[FIELDS_MAX];
} file_state_files[] = {
	{ "/proc/sys/fs/file-nr", "fs.file-nr.",
	  { "allocated", "", "max" },
	  { "allocated", "max" } },
	{ "/proc/sys/fs/dentry-state", "fs.dentry-state.",
	  { "nr_dentry", "nr_unused", "", "", "nr_negative" },
	  { "nr_dentry", "nr_unused", "nr_negative" } },
	{ "/proc/sys/fs/inode-nr", "fs.inode-nr.",
	  { "nr_inodes", "nr_free_inodes" },
	  { "nr_inodes", "nr_free_inodes" } },
	{ "/proc/sys/fs/aio-nr", "",
	  { "fs.aio-nr" },
	  { "fs.aio-nr" } },
};
/* clang-format on */

static const char *const file_state_paths[] = {
	"/proc/sys/fs/file-nr", "/proc/sys/fs/dentry-state", "/proc/sys/fs/inode-nr", "/proc/sys/fs/aio-nr", NULL,
};

struct file_state {
	struct sampled_file files[ARRAY_SIZE(file_state_files)];
	struct series_cache cache;
	bool marked;
};

static int file_state_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			   void **ret_state)
{
	struct file_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	for (size_t i = 0; i < ARRAY_SIZE(file_state_files); i++)
		sampled_file_init(&state->files[i], root, file_state_files[i].path);
	state->cache = (struct series_cache)SERIES_CACHE_INIT("/proc/sys/fs", ARRAY_SIZE(file_state_files) * FIELDS_MAX);
	*ret_state = state;
	return 0;
}

/* The numbers of one line, which may be followed by more.  A sum over CPUs read without a lock may be negative for a
 * moment; it then says nothing, and is left out. */
static int file_state_parse(struct file_state *state, size_t i, struct snapshot *snapshot)
{
	const struct file_state_file *file = &file_state_files[i];
	const char *cursor = state->files[i].text.buf;

	for (size_t j = 0; j < FIELDS_MAX && file->fields[j]; j++) {
		uint64_t value;
		bool negative;

		while (scan_is_blank(*cursor))
			cursor++;
		if (!scan_signed(&cursor, &value, &negative) || (!scan_is_blank(*cursor) && *cursor != '\n')) {
			sampled_file_note(&state->files[i], snapshot, cursor, "a number is missing");
			return -EBADMSG;
		}
		if (*file->fields[j] && !negative)
			series_cache_gauge(&state->cache, snapshot, SUBJECT_HOST, file->prefix, file->fields[j],
					   strlen(file->fields[j]), (double)value);
	}
	return 0;
}

static void file_state_tick(void *data, struct snapshot *snapshot)
{
	struct file_state *state = data;

	series_cache_rewind(&state->cache);
	for (size_t i = 0; i < ARRAY_SIZE(file_state_files); i++) {
		int r = sampled_file_read(&state->files[i]);

		if (r == 0)
			r = file_state_parse(state, i, snapshot);
		if (!state->marked)
			table_mark_absent(snapshot, SUBJECT_HOST, file_state_files[i].prefix, file_state_files[i].wanted,
					  r < 0 ? r : -ENOENT, file_state_files[i].path);
	}
	state->marked = true;
}

static void file_state_close(void *data)
{
	struct file_state *state = data;

	for (size_t i = 0; i < ARRAY_SIZE(file_state_files); i++)
		sampled_file_release(&state->files[i]);
	series_cache_release(&state->cache);
	free(state);
}

const struct sampler sampler_file_state = {
	.name = "file-state",
	.summary = "open files, cached names and inodes, asynchronous I/O requests",
	.paths = file_state_paths,
	.open = file_state_open,
	.tick = file_state_tick,
	.close = file_state_close,
};
