/* SPDX-License-Identifier: Apache-2.0 */
/* What one tick of all samplers costs, beside reading the same files in the same way and doing nothing else: on the same
 * descriptors, and from the directories of control groups that are kept open where the files are not.
 *
 *   tick TICKS [CGROUP-MAX]
 *
 * The two are timed in turn, tick by tick, so that both see the same host.  CPU time of the process is what is compared:
 * waiting between ticks costs nothing. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../core/parse.h"
#include "../../core/root.h"
#include "../../core/snapshot.h"
#include "../../probes/cgroup-files.h"
#include "../../probes/probe.h"

#define DESCRIPTORS_MAX 20000
#define REACHED_MAX 50000
#define SAMPLERS_MAX 64

static double cpu_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Descriptors of regular files that the samplers keep open. */
static size_t kept_files(int *fds, size_t max)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t n = 0;

	while (directory && (entry = readdir(directory)) && n < max) {
		struct stat st;
		uint64_t fd;

		if (parse_u64(entry->d_name, &fd) == 0 && fd > 2 && fstat((int)fd, &st) == 0 && S_ISREG(st.st_mode))
			fds[n++] = (int)fd;
	}
	if (directory)
		closedir(directory);
	return n;
}

/* A file that is opened in its directory at every tick. */
struct reached {
	int directory;
	const char *name;
};

static size_t reached_files(struct reached *files, size_t max)
{
	DIR *descriptors = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t n = 0;

	while (descriptors && (entry = readdir(descriptors))) {
		struct stat st;
		uint64_t fd;

		if (parse_u64(entry->d_name, &fd) < 0 || !(fcntl((int)fd, F_GETFL) & O_PATH) || fstat((int)fd, &st) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		for (size_t i = 0; i < n_cgroup_metric_files && n < max; i++) {
			const char *name = cgroup_metric_files[i].name;
			bool again = false;

			for (size_t k = 0; k < i; k++)	/* v1 and v2 name some alike */
				again = again || streq(name, cgroup_metric_files[k].name);
			if (!again && faccessat((int)fd, name, R_OK, 0) == 0)
				files[n++] = (struct reached){ (int)fd, name };
		}
	}
	if (descriptors)
		closedir(descriptors);
	return n;
}

static char buffer[1 << 18];

static void read_reached(const struct reached *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int fd = openat(files[i].directory, files[i].name, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		(void)!pread(fd, buffer, sizeof(buffer), 0);
		(void)close(fd);
	}
}

static void read_all(const int *fds, size_t count)
{

	for (size_t i = 0; i < count; i++) {
		off_t at = 0;
		ssize_t n;

		while ((n = pread(fds[i], buffer, sizeof(buffer), at)) > 0)
			at += n;
	}
}

static void cool(void)
{
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
	static struct reached reached[REACHED_MAX];
	static int fds[DESCRIPTORS_MAX];
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	struct probe_options options = { 0 };
	void *states[SAMPLERS_MAX];
	const struct sampler *open_samplers[SAMPLERS_MAX];
	double ours = 0, floor = 0, start;
	size_t n = 0, files = 0, others = 0;
	uint64_t ticks = 50, groups = 0;
	struct rusage usage;

	if ((argc > 1 && parse_u64(argv[1], &ticks) < 0) || (argc > 2 && parse_u64(argv[2], &groups) < 0) ||
	    root_open("/", &root) < 0)
		return 2;
	options.cgroup_max = (uint32_t)groups;
	for (size_t i = 0; samplers[i] && n < SAMPLERS_MAX; i++) {
		if (samplers[i]->open(root, &options, snapshot, &states[n]) < 0)
			continue;
		open_samplers[n++] = samplers[i];
	}
	for (uint64_t t = 0; t < ticks + 2; t++) {
		cool();
		start = cpu_now();
		snapshot_tick_begin(snapshot, now(), now(), now());
		for (size_t i = 0; i < n; i++)
			open_samplers[i]->tick(states[i], snapshot);
		snapshot_tick_end(snapshot);
		if (t >= 2)
			ours += cpu_now() - start;
		files = kept_files(fds, DESCRIPTORS_MAX);
		others = reached_files(reached, REACHED_MAX);
		cool();
		start = cpu_now();
		read_all(fds, files);
		read_reached(reached, others);
		if (t >= 2)
			floor += cpu_now() - start;
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("%zu series, %zu kept files, %zu in kept directories: %.0f us a tick, floor %.0f us, ratio %.2f, peak %ld KiB\n",
	       snapshot_series_count(snapshot), files, others, ours / (double)ticks * 1e6, floor / (double)ticks * 1e6, ours / floor,
	       usage.ru_maxrss);
	for (size_t i = 0; i < n; i++)
		open_samplers[i]->close(states[i]);
	return 0;
}
