/* SPDX-License-Identifier: Apache-2.0 */
/* How many files the described processes have open, at every tick: a server's connections come and go.
 * Since Linux 6.2 the size of /proc/PID/fd is their number; before, its entries are counted, and where they are many not
 * at every tick. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

#define FILES_MANY 4096			/* to count so many takes milliseconds */
#define FILES_MAX 1000000
#define MANY_EVERY_TICKS 10

struct process_file_count {
	subject_id subject;
	DIR *directory;			/* kept open: the same process, or none */
	series_id id;
	uint32_t wait;			/* ticks until it is counted again */
};

struct process_files {
	struct process_file_count *processes;
	size_t count;
	bool live;
};

static int process_files_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			      void **ret_state)
{
	uint32_t count = snapshot_kind_count(snapshot, SUBJECT_KIND_PROCESS);
	struct process_files *state = xcalloc(1, sizeof(*state));
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	(void)options;
	state->processes = xcalloc((size_t)count + 1, sizeof(*state->processes));
	state->live = root_is_live(root);
	*ret_state = state;
	for (uint32_t i = 0; i < count; i++) {
		subject_id subject = snapshot_kind_get(snapshot, SUBJECT_KIND_PROCESS, i);
		CLEANUP(close_fd) int fd = -1;
		DIR *directory = NULL;
		int r;

		strbuf_reset(&path);
		strbuf_addf(&path, "%s/fd", snapshot_subject_get(snapshot, subject)->path);
		r = root_open_fd(root, path.buf, O_DIRECTORY, &fd);
		if (r == 0) {
			directory = fdopendir(fd);
			r = directory ? 0 : -errno;
		}
		if (r < 0) {
			snapshot_metric_absent(snapshot, subject, "fds", r, path.buf);
			continue;
		}
		(void)steal_fd(&fd);
		state->processes[state->count++] = (struct process_file_count){
			.subject = subject, .directory = directory, .id = SERIES_NONE,
		};
	}
	return 0;
}

/* How many, or -errno: the process has ended. */
static int64_t count_files(struct process_file_count *process, bool live)
{
	const struct dirent *entry;
	int64_t count = 0;
	struct stat st;

	if (fstat(dirfd(process->directory), &st) < 0)
		return -errno;
	if (live && st.st_size > 0)
		return st.st_size;
	rewinddir(process->directory);
	while (count <= FILES_MAX && (errno = 0, entry = readdir(process->directory)))
		count += entry->d_name[0] != '.';
	if (count > FILES_MANY)
		process->wait = MANY_EVERY_TICKS - 1;
	if (count > FILES_MAX)
		return -E2BIG;
	return errno ? -errno : count;
}

static void process_files_tick(void *opaque, struct snapshot *snapshot)
{
	struct process_files *state = opaque;

	for (size_t i = 0; i < state->count; i++) {
		struct process_file_count *process = &state->processes[i];
		int64_t count;

		if (process->wait > 0) {
			process->wait--;
			continue;
		}
		count = count_files(process, state->live);
		/* It ended before it was looked at for the first time: there is nothing that was not measured. */
		if (count < 0 && process->id == SERIES_NONE)
			snapshot_metric_absent(snapshot, process->subject, "fds",
					       count == -ESRCH ? -ENOENT : (int)count, "/proc");
		if (count < 0)
			continue;
		if (process->id == SERIES_NONE)
			process->id = snapshot_series(snapshot, process->subject, "fds", strlen("fds"), METRIC_GAUGE, 0);
		if (process->id != SERIES_NONE)
			snapshot_gauge(snapshot, process->id, (double)count);
	}
}

static void process_files_close(void *opaque)
{
	struct process_files *state = opaque;

	if (!state)
		return;
	for (size_t i = 0; i < state->count; i++)
		(void)closedir(state->processes[i].directory);
	free(state->processes);
	free(state);
}

/* Descriptors are links, which a captured tree does not have. */
static const char *const process_files_paths[] = { NULL };

const struct sampler sampler_process_files = {
	.name = "process-files",
	.summary = "open files of the described processes",
	.paths = process_files_paths,
	.open = process_files_open,
	.tick = process_files_tick,
	.close = process_files_close,
};
