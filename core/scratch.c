/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "keisoku-"
#define RANDOM "XXXXXX"
#define OWNER_FILE "keisoku-owner"	/* a directory without it is none of ours */
#define TRIES 10			/* to make a directory that no sweep takes for a dead one's */

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

/* The directories below are no deeper than what was written here, and no link is followed.  The owner's file goes last: what
 * stays of an interrupted removal can still be swept. */
static void remove_below(int directory, bool top)
{
	const struct dirent *entry;
	DIR *dir = fdopendir(directory);

	if (!dir) {
		(void)close(directory);
		return;
	}
	while ((entry = readdir(dir))) {
		int below;

		if (streq(entry->d_name, ".") || streq(entry->d_name, "..") || (top && streq(entry->d_name, OWNER_FILE)))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == 0 || (errno != EISDIR && errno != EPERM))
			continue;
		below = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			remove_below(below, false);
		(void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	if (top)
		(void)unlinkat(dirfd(dir), OWNER_FILE, 0);
	(void)closedir(dir);
}

/* A descriptor of its own, since listing a directory moves it. */
static void remove_in(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		remove_below(fd, true);
}

static void remove_scratch(struct scratch *scratch)
{
	remove_in(scratch->fd);
	(void)rmdir(scratch->path);
}

/* ---- of the dead ---- */

static bool is_mine(int fd, mode_t type, mode_t mode)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && (st.st_mode & 07777) == mode &&
	       st.st_uid == geteuid();
}

static void sweep_one(int place, const char *name)
{
	CLEANUP(close_fd) int fd = openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP(close_fd) int owner = -1;

	if (fd < 0 || !is_mine(fd, S_IFDIR, 0700))
		return;
	owner = openat(fd, OWNER_FILE, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (owner < 0 || !is_mine(owner, S_IFREG, 0600) || flock(owner, LOCK_EX | LOCK_NB) < 0)
		return;
	remove_in(fd);
	(void)unlinkat(place, name, AT_REMOVEDIR);
}

static void sweep(const char *place)
{
	const struct dirent *entry;
	DIR *dir = opendir(place);

	while (dir && (entry = readdir(dir)))
		if (starts_with(entry->d_name, PREFIX) && strlen(entry->d_name) == strlen(PREFIX RANDOM))
			sweep_one(dirfd(dir), entry->d_name);
	if (dir)
		(void)closedir(dir);
}

/* -EAGAIN: a sweep took it before it was locked.  Where files cannot be locked, none is ever swept. */
static int own(int directory, int *ret_fd)
{
	CLEANUP(close_fd) int fd = openat(directory, OWNER_FILE, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	(void)flock(fd, LOCK_EX);
	if (fstat(fd, &st) == 0 && st.st_nlink == 0)
		return -EAGAIN;
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* exit() in the middle of something. */
static void remove_all(void)
{
	for (struct scratch *scratch = scratches; scratch; scratch = scratch->next)
		remove_scratch(scratch);
}

static int make_directory(const char *place, struct scratch *scratch)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		CLEANUP(free_ptr) char *path = xasprintf("%s/" PREFIX RANDOM, place);
		CLEANUP(close_fd) int fd = -1;

		if (!mkdtemp(path))
			return -errno;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = fd >= 0 ? own(fd, &scratch->owner_fd) : errno == ENOENT ? -EAGAIN : -errno;
		if (r < 0) {
			(void)rmdir(path);
			continue;
		}
		scratch->path = steal_ptr(&path);
		scratch->fd = steal_fd(&fd);
	}
	return r;
}

int scratch_new(struct scratch **ret_scratch)
{
	static bool registered;
	const char *temporary = getenv("TMPDIR"), *place = temporary && *temporary == '/' ? temporary : "/tmp";
	struct scratch scratch = { .next = scratches };
	int r;

	if (!registered) {
		sweep(place);
		registered = atexit(remove_all) == 0;
	}
	if (!scratches)
		hold_signals();
	r = make_directory(place, &scratch);
	if (r < 0) {
		if (!scratches)
			let_signals_go();
		return r;
	}
	scratches = xcalloc(1, sizeof(*scratches));
	*scratches = scratch;
	*ret_scratch = scratches;
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
	close_fd(&scratch->owner_fd);
	free(scratch->path);
	free(scratch);
	if (!scratches)
		let_signals_go();
}
