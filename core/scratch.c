/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static const int ending[] = { SIGHUP, SIGINT, SIGTERM };
static struct sigaction before[ARRAY_SIZE(ending)];
static volatile sig_atomic_t caught;
static struct scratch *scratches;

static void on_signal(int signal)
{
	caught = signal;
}

bool scratch_interrupted(void)
{
	return caught != 0;
}

static void hold_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	caught = 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++) {
		(void)sigaction(ending[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)	/* nohup */
			(void)sigaction(ending[i], &action, NULL);
	}
}

static void let_signals_go(void)
{
	int signal = caught;

	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		(void)sigaction(ending[i], &before[i], NULL);
	caught = 0;
	if (signal)
		(void)raise(signal);
}

/* The directories below are no deeper than what was written here, and no link is followed. */
static void remove_below(int directory)
{
	const struct dirent *entry;
	DIR *dir = fdopendir(directory);

	if (!dir) {
		(void)close(directory);
		return;
	}
	while ((entry = readdir(dir))) {
		int below;

		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == 0 || (errno != EISDIR && errno != EPERM))
			continue;
		below = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			remove_below(below);
		(void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	(void)closedir(dir);
}

static void remove_scratch(struct scratch *scratch)
{
	int fd = openat(scratch->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		remove_below(fd);
	(void)rmdir(scratch->path);
}

/* exit() in the middle of something. */
static void remove_all(void)
{
	for (struct scratch *scratch = scratches; scratch; scratch = scratch->next)
		remove_scratch(scratch);
}

int scratch_new(struct scratch **ret_scratch)
{
	static bool registered;
	const char *place = getenv("TMPDIR");
	CLEANUP(free_ptr) char *path = xasprintf("%s/keisoku-XXXXXX", place && *place == '/' ? place : "/tmp");
	struct scratch *scratch;
	int fd;

	if (!scratches)
		hold_signals();
	if (!mkdtemp(path) || (fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0) {
		int r = -errno;

		if (!scratches)
			let_signals_go();
		return r;
	}
	if (!registered)
		registered = atexit(remove_all) == 0;
	scratch = xcalloc(1, sizeof(*scratch));
	*scratch = (struct scratch){ .path = steal_ptr(&path), .fd = fd, .next = scratches };
	scratches = scratch;
	*ret_scratch = scratch;
	return 0;
}

void scratch_free(struct scratch *scratch)
{
	struct scratch **link = &scratches;

	if (!scratch)
		return;
	while (*link != scratch)
		link = &(*link)->next;
	*link = scratch->next;
	remove_scratch(scratch);
	close_fd(&scratch->fd);
	free(scratch->path);
	free(scratch);
	if (!scratches)
		let_signals_go();
}
