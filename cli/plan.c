/* SPDX-License-Identifier: Apache-2.0 */
/* --plan DIR: the artefacts of a plan, and the snapshot it was made from, in a directory that is there whole or not at
 * all: it is filled beside its place and renamed. */
#include "../reports/plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/quote.h"
#include "../core/strbuf.h"
#include "cli.h"

static bool is_empty_directory(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool empty = directory != NULL;

	while (directory && (entry = readdir(directory)) != NULL)
		empty = empty && (streq(entry->d_name, ".") || streq(entry->d_name, ".."));
	if (directory)
		(void)closedir(directory);
	return empty;
}

static char *without_slashes(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return xstrndup(path, length);
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") : slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

int plan_directory_check(const char *path)
{
	CLEANUP(free_ptr) char *clean = without_slashes(path);
	CLEANUP(free_ptr) char *parent = parent_of(clean);
	struct stat st;

	if (lstat(clean, &st) == 0 && !(S_ISDIR(st.st_mode) && is_empty_directory(clean)))
		return talk_error(EXIT_USAGE, "--plan: %s is there already; give the name of a new directory", path);
	if (access(parent, W_OK | X_OK) < 0)
		return talk_error(EXIT_INPUT, "--plan: cannot write in %s: %s", parent, strerror(errno));
	return 0;
}

static int sync_directory(const char *path)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || (fsync(fd) < 0 && errno != EINVAL) ? -errno : 0;
}

/* A stream on a new file below directory; the folders in name are made. */
static int open_below(const char *directory, const char *name, mode_t mode, FILE **ret_stream)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s", directory, name);
	int fd;

	for (char *slash = strchr(path + strlen(directory) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	*ret_stream = fdopen(fd, "w");
	return *ret_stream ? 0 : -errno;
}

static int close_stream(FILE *stream, int r)
{
	if (r == 0 && (fflush(stream) != 0 || ferror(stream)))
		r = errno ? -errno : -EIO;
	if (r == 0 && fsync(fileno(stream)) < 0 && errno != EINVAL)
		r = -errno;
	if (fclose(stream) != 0 && r == 0)
		r = -errno;
	return r;
}

static int write_artefact(const char *directory, const struct plan_artefact *artefact, const struct plan *plan)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	FILE *stream;

	for (size_t i = 0; plan_artefact_file(artefact, plan, i, &path); i++) {
		int r = open_below(directory, path.buf, artefact->executable ? 0777 : 0666, &stream);

		if (r == 0)
			r = close_stream(stream, plan_artefact_write(artefact, stream, plan, i));
		if (r < 0)
			return r;
	}
	return 0;
}

static int fill_directory(const char *directory, const struct plan *plan)
{
	FILE *stream;
	int r;

	for (size_t i = 0; plan_artefacts[i]; i++) {
		r = write_artefact(directory, plan_artefacts[i], plan);
		if (r < 0)
			return r;
	}
	r = open_below(directory, PLAN_SNAPSHOT, 0666, &stream);
	if (r == 0)
		r = close_stream(stream, snapshot_save(plan->snapshot, stream));
	return r < 0 ? r : sync_directory(directory);
}

static void remove_below(const char *directory, const char *name)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s", directory, name);

	(void)unlink(path);
	for (char *slash = strrchr(path, '/'); slash > path + strlen(directory); slash = strrchr(path, '/')) {
		*slash = '\0';
		(void)rmdir(path);
	}
}

/* What fill_directory() made so far. */
static void remove_directory(const char *directory, const struct plan *plan)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; plan_artefacts[i]; i++)
		for (size_t j = 0; plan_artefact_file(plan_artefacts[i], plan, j, &path); j++)
			remove_below(directory, path.buf);
	remove_below(directory, PLAN_SNAPSHOT);
	(void)rmdir(directory);
}

int plan_directory_write(const char *path, const struct plan *plan)
{
	CLEANUP(free_ptr) char *clean = without_slashes(path);
	CLEANUP(free_ptr) char *parent = parent_of(clean);
	CLEANUP(free_ptr) char *temporary = xasprintf("%s.XXXXXX", clean);
	mode_t mask = umask(0);
	int r;

	(void)umask(mask);
	if (!mkdtemp(temporary))
		return talk_error(EXIT_INPUT, "cannot write %s: %s", path, strerror(errno));
	(void)chmod(temporary, 0777 & ~mask);
	r = fill_directory(temporary, plan);
	if (r == 0 && rename(temporary, clean) < 0)
		r = -errno;
	if (r == 0)
		r = sync_directory(parent);
	else
		remove_directory(temporary, plan);
	return r < 0 ? talk_error(EXIT_INPUT, "cannot write %s: %s", path, strerror(-r)) : 0;
}

static void talk_line(const struct strbuf *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	quote_terminal(&safe, text->buf, text->len);
	fprintf(stderr, "keisoku: %s\n", safe.buf);
}

void plan_talk(const struct plan *plan, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf head = STRBUF_INIT;

	strbuf_addf(&head, "%s: a plan of %zu change%s", path, plan->n_actions, plan->n_actions == 1 ? "" : "s");
	if (plan->n_actions > 0)
		strbuf_addf(&head, "; sh %s/apply.sh --dry-run says what it would do", path);
	talk_line(&head);
	for (size_t i = 0; i < plan->n_actions; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "  %u. ", plan->actions[i].number);
		plan_describe(&plan->actions[i], &text);
		if (plan->actions[i].kept_with)
			strbuf_addf(&text, " (%s)", plan->actions[i].kept_with);
		talk_line(&text);
	}
	for (size_t i = 0; i < plan->n_left_out; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "  left out: %s to %s: %s", plan->left_out[i].key, plan->left_out[i].to,
			    plan->left_out[i].reason);
		talk_line(&text);
	}
	for (size_t i = 0; i < plan->n_conflicts; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "  left out: %s: findings contradict each other, %s", plan->conflicts[i].key,
			    plan->conflicts[i].reason);
		talk_line(&text);
	}
}
