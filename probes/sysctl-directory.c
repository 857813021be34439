/* SPDX-License-Identifier: Apache-2.0 */
#include "sysctl-directory.h"

#include <errno.h>

#include "config-file.h"

enum directory { ETC, RUN, USR_LOCAL, USR, LIB, CONF, DIRECTORY_COUNT };

static const char *const directory_paths[DIRECTORY_COUNT] = {
	[ETC] = "/etc/sysctl.d",
	[RUN] = "/run/sysctl.d",
	[USR_LOCAL] = "/usr/local/lib/sysctl.d",
	[USR] = "/usr/lib/sysctl.d",
	[LIB] = "/lib/sysctl.d",
	[CONF] = "",
};

/* Lower comes first and hides its namesakes; 0: it does not look there.  sysctl before 3.3.17 had /run before /etc. */
struct reader {
	unsigned char rank[DIRECTORY_COUNT];
	bool leaves_hidden;	/* names that begin with a dot */
	const char *not_here;	/* why it does not look into the others */
};

/* clang-format off */
static const struct reader readers[SYSCTL_LOADER_COUNT] = {
	[SYSCTL_SYSTEMD]    = { .rank = { [ETC] = 1, [RUN] = 2, [USR_LOCAL] = 3, [USR] = 4, [LIB] = 5 }, .leaves_hidden = true,
				.not_here = "systemd-sysctl does not read /etc/sysctl.conf" },
	[SYSCTL_PROCPS]     = { .rank = { [ETC] = 1, [RUN] = 2, [USR_LOCAL] = 3, [USR] = 4, [LIB] = 5, [CONF] = 6 } },
	[SYSCTL_PROCPS_OLD] = { .rank = { [ETC] = 1, [RUN] = 2, [USR_LOCAL] = 3, [USR] = 4, [LIB] = 5, [CONF] = 6 } },
	[SYSCTL_TUNED]      = { .rank = { [RUN] = 1, [ETC] = 2, [CONF] = 6 },
				.not_here = "TuneD applies the files of /run and /etc only" },
};
/* clang-format on */

static void add_file(const struct root *root, struct sysctl_directories *directories, enum directory directory,
		     const char *name)
{
	CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct sysctl_file *file;

	if (directories->count == SYSCTL_FILES_MAX) {
		directories->truncated = true;
		return;
	}
	GROW(directories->files, directories->capacity, directories->count + 1);
	file = &directories->files[directories->count++];
	*file = (struct sysctl_file){
		.directory = directory_paths[directory],
		.name = xstrdup(name),
		.path = directory == CONF ? xstrdup("/etc/sysctl.conf") : xasprintf("%s/%s", directory_paths[directory], name),
		.text = STRBUF_INIT,
	};
	file->lost = directory == RUN && directories->run_is_lost;
	if (root_readlink(root, file->path, &target) == 0) {
		file->null = streq(target.buf, "/dev/null");
		file->to_conf = ends_with(target.buf, "/etc/sysctl.conf") || (directory == ETC && streq(target.buf, "../sysctl.conf"));
	}
	file->error = file->null ? 0 : root_read(root, file->path, &file->text);
}

/* Where the service gets it from (systemd.exec(5)); the first counts.  What was passed from outside is root's alone to
 * read, and seldom this one: whoever may not look takes it for absent. */
static void read_credential(const struct root *root, struct sysctl_file *credential)
{
	static const char *const paths[] = {
		"/run/credentials/@system/sysctl.extra", "/etc/credstore/sysctl.extra", "/run/credstore/sysctl.extra",
		"/usr/local/lib/credstore/sysctl.extra", "/usr/lib/credstore/sysctl.extra",
	};

	credential->text = (struct strbuf)STRBUF_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		credential->error = root_read(root, paths[i], &credential->text);
		if (credential->error == -ENOENT || credential->error == -ENOTDIR ||
		    (credential->error == -EACCES && starts_with(paths[i], "/run/")))
			continue;
		credential->directory = "";
		credential->name = xstrdup("sysctl.extra");
		credential->path = xstrdup(paths[i]);
		return;
	}
}

#define UNITS "/usr/lib/systemd/system/"

/* "6.4.0-150600.21-default", where one kernel alone has such a file.  Of several it is not known which will run. */
static char *only_release(const struct root *root, const char *directory, const char *prefix, const char *below)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	CLEANUP(free_ptr) char *only = NULL;

	(void)root_list_limit(root, directory, SYSCTL_FILES_MAX, &list);
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(free_ptr) char *path = xasprintf("%s/%s%s", directory, list.entries[i].name, below);

		if (!starts_with(list.entries[i].name, prefix) || (*below && !root_exists(root, path)))
			continue;
		if (only)
			return NULL;
		only = xstrdup(list.entries[i].name + strlen(prefix));
	}
	return steal_ptr(&only);
}

static bool read_kernel_file(const struct root *root, char *path, struct sysctl_file *file)
{
	file->error = root_read(root, path, &file->text);
	if (file->error == -ENOENT || file->error == -ENOTDIR) {
		free(path);
		return false;
	}
	file->directory = "";
	file->name = xstrdup("sysctl.conf");
	file->path = path;
	return true;
}

/* kernel-sysctl.service and boot-sysctl.service, or, before them, a drop-in of systemd-sysctl.service. */
static void read_kernel(const struct root *root, const char *running, struct sysctl_file *file)
{
	bool modules = root_exists(root, UNITS "kernel-sysctl.service");
	bool boot = root_exists(root, UNITS "boot-sysctl.service") ||
		    root_exists(root, UNITS "systemd-sysctl.service.d/50-kernel-uname_r.conf");
	CLEANUP(free_ptr) char *release = NULL;

	file->text = (struct strbuf)STRBUF_INIT;
	if (modules) {
		release = running ? xstrdup(running) : only_release(root, "/usr/lib/modules", "", "/sysctl.conf");
		if (release && !strchr(release, '/') &&
		    read_kernel_file(root, xasprintf("/usr/lib/modules/%s/sysctl.conf", release), file))
			return;
		free(release);
		release = NULL;
	}
	if (boot) {
		release = running ? xstrdup(running) : only_release(root, "/boot", "sysctl.conf-", "");
		if (release && !strchr(release, '/'))
			(void)read_kernel_file(root, xasprintf("/boot/sysctl.conf-%s", release), file);
	}
}

void sysctl_directories_read(const struct root *root, const char *release, struct sysctl_directories *directories)
{
	CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;

	directories->run_is_lost = config_run_is_lost(root);
	for (enum directory i = ETC; i < CONF; i++) {
		CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

		/* Where /lib is a link to usr/lib its files have been read already. */
		if (i == LIB && root_readlink(root, "/lib", &target) == 0)
			continue;
		if (root_list_limit(root, directory_paths[i], SYSCTL_FILES_MAX, &list) == -E2BIG)
			directories->truncated = true;
		for (size_t n = 0; n < list.count; n++)
			add_file(root, directories, i, list.entries[n].name);
	}
	if (root_exists(root, "/etc/sysctl.conf"))
		add_file(root, directories, CONF, "sysctl.conf");
	read_credential(root, &directories->credential);
	read_kernel(root, release, &directories->kernel);
}

static void release_file(struct sysctl_file *file)
{
	free(file->name);
	free(file->path);
	strbuf_release(&file->text);
}

void sysctl_directories_release(struct sysctl_directories *directories)
{
	for (size_t i = 0; i < directories->count; i++)
		release_file(&directories->files[i]);
	free(directories->files);
	release_file(&directories->credential);
	release_file(&directories->kernel);
}

static unsigned int rank_of(const struct reader *reader, const struct sysctl_file *file)
{
	for (enum directory i = ETC; i < DIRECTORY_COUNT; i++)
		if (streq(directory_paths[i], file->directory))
			return reader->rank[i];
	return 0;
}

struct sorted {
	struct sysctl_file_place place;
	unsigned int rank;
};

static bool is_conf(const struct sysctl_file *file)
{
	return !*file->directory;
}

/* By name, /etc/sysctl.conf after all; of equal names the one that hides the others last, so that it stands where it is
 * applied. */
static int compare(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int order = (int)is_conf(x->place.file) - (int)is_conf(y->place.file);

	order = order ? order : strcmp(x->place.file->name, y->place.file->name);
	if (order)
		return order;
	return x->rank == y->rank ? 0 : x->rank == 0 || (y->rank > 0 && x->rank > y->rank) ? -1 : 1;
}

static const char *why_ignored(const struct reader *reader, const struct sorted *file)
{
	if (!is_conf(file->place.file) && !ends_with(file->place.file->name, ".conf"))
		return "the name of the file does not end in .conf";
	if (file->place.file->lost)
		return "the system boots with an empty /run";
	if (file->rank == 0)
		return reader->not_here;
	if (reader->leaves_hidden && *file->place.file->name == '.')
		return "the name of the file begins with a dot";
	return NULL;
}

static void decide(const struct reader *reader, const struct sorted *files, size_t count, size_t index,
		   struct sysctl_file_place *place)
{
	*place = files[index].place;
	place->why = why_ignored(reader, &files[index]);
	if (place->why) {
		place->fate = SYSCTL_FILE_IGNORED;
		return;
	}
	place->fate = SYSCTL_FILE_READ;
	for (size_t i = index + 1; i < count && streq(files[i].place.file->name, place->file->name); i++)
		if (is_conf(files[i].place.file) == is_conf(place->file) && files[i].rank > 0) {
			place->fate = SYSCTL_FILE_MASKED;
			place->by = files[i].place.file;
		}
}

size_t sysctl_directories_order(const struct sysctl_directories *directories, enum sysctl_loader loader,
				struct sysctl_file_place **ret_places)
{
	struct sysctl_file_place *places = xcalloc(directories->count + 1, sizeof(*places));
	struct sorted *files = xcalloc(directories->count + 1, sizeof(*files));

	for (size_t i = 0; i < directories->count; i++)
		files[i] = (struct sorted){
			.place = { .file = &directories->files[i] },
			.rank = directories->files[i].lost ? 0 : rank_of(&readers[loader], &directories->files[i]),
		};
	qsort(files, directories->count, sizeof(*files), compare);
	for (size_t i = 0; i < directories->count; i++)
		decide(&readers[loader], files, directories->count, i, &places[i]);
	free(files);
	*ret_places = places;
	return directories->count;
}

bool sysctl_conf_is_read(const struct sysctl_directories *directories, enum sysctl_loader loader)
{
	CLEANUP(free_ptr) struct sysctl_file_place *places = NULL;
	size_t count = sysctl_directories_order(directories, loader, &places);

	if (readers[loader].rank[CONF] > 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (places[i].file->to_conf && places[i].fate == SYSCTL_FILE_READ)
			return true;
	return false;
}
