/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts: file system, source and options as running (mountinfo) and as configured (fstab).
 * libmount parses both from memory, so that it opens no file of its own: the tables may be another
 * machine's. */
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "../core/parse.h"
#include "block.h"
#include "fstab-line.h"
#include "libmount.h"
#include "probe.h"

#define TABLE_MAX (16U << 20)
#define FSTAB_MAX (256U << 10)

/* A node may have thousands of mounts that belong to containers, alike and short-lived. */
#define MOUNTS_MAX 2000
#define CONTAINER_MOUNTS_MAX 64

static const char *const container_places[] = {
	"/run/containerd/",   "/run/docker/",		"/run/netns/",
	"/run/user/",	      "/var/lib/containerd/",	"/var/lib/containers/",
	"/var/lib/docker/",   "/var/lib/kubelet/pods/", "/var/lib/lxc/",
	"/var/lib/machines/",
};

/* Of the kernel's own file systems these have options that matter. */
static const char *const kept_pseudo[] = { "cgroup",  "cgroup2", "hugetlbfs",
					   "overlay", "tmpfs",	 "virtiofs" };

/* Options without a value: true when listed, else false; where one has a value after all
 * ("discard=async"), that.  Some are known to one file system only, and of some the kernel lists
 * only the opposite of its default: those are false only when the opposite is listed, and otherwise
 * not known. */
/* clang-format off */
static const struct flag {
	const char *name;
	const char *fstype;	/* NULL: any */
	const char *opposite;	/* NULL: not listed is off */
} flags[] = {
	{ "autodefrag",           "btrfs",   NULL },
	{ "delalloc",             "ext4",    "nodelalloc" },
	{ "dioread_nolock",       "ext4",    "nodioread_nolock" },
	{ "dirsync",              NULL,      NULL },
	{ "discard",              NULL,      NULL },
	{ "journal_checksum",     "ext4",    NULL },
	{ "lazytime",             NULL,      NULL },
	{ "memory_recursiveprot", "cgroup2", NULL },
	{ "noatime",              NULL,      NULL },
	{ "nobarrier",            NULL,      NULL },
	{ "nodelalloc",           "ext4",    NULL },
	{ "nodiratime",           NULL,      NULL },
	{ "relatime",             NULL,      NULL },
	{ "ro",                   NULL,      NULL },
	{ "ssd",                  "btrfs",   NULL },
	{ "sync",                 NULL,      NULL },
};
/* clang-format on */

static const char *const values[] = {
	"allocsize", "barrier",	 "commit", "compress", "data",	 "huge",   "logbsize", "logbufs",
	"nr_inodes", "pagesize", "rsize",  "size",     "stripe", "subvol", "wsize",
};

/* libmount resolves the source "/dev/root" by looking at the running host; for the table of another
 * one it must not. */
#define ROOT_SOURCE " /dev/root "
#define ROOT_STAND_IN " =dev/root "

struct mount_probe {
	const struct root *root;
	struct snapshot *snapshot;
	const struct libmount *lib;
	const struct mount_tables *tables;
	struct libmnt_table *mounts;
	struct libmnt_table *fstab; /* NULL: not read */
	struct block_map map;
	size_t left_out, container_left_out;
	struct strbuf text;
};

struct parse_state {
	size_t bad_lines;
	int first_line;
};

static bool listed(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (streq(names[i], name))
			return true;
	}
	return false;
}

/* libmount calls this for a line that it cannot read, and goes on with the next one when it
 * returns 1. */
static int count_bad_line(struct libmnt_table *table, const char *file, int line)
{
	struct parse_state *state = libmount_library()->mnt_table_get_userdata(table);

	(void)file;
	if (state->bad_lines++ == 0)
		state->first_line = line;
	return 1;
}

static struct libmnt_table *parse_table(struct mount_probe *probe, const struct strbuf *text,
					const char *path)
{
	const struct libmount *lib = probe->lib;
	struct libmnt_table *table = lib->mnt_new_table();
	struct parse_state state = { 0 };
	FILE *file;

	if (!table || text->len == 0)
		return table;
	file = fmemopen(text->buf, text->len, "r");
	if (!file) {
		lib->mnt_unref_table(table);
		return NULL;
	}
	lib->mnt_table_set_userdata(table, &state);
	lib->mnt_table_set_parser_errcb(table, count_bad_line);
	(void)lib->mnt_table_parse_stream(table, file, path);
	(void)fclose(file);
	lib->mnt_table_set_userdata(table, NULL);
	if (state.bad_lines > 0)
		(void)diag_warning(
			snapshot_notes(probe->snapshot),
			&(struct place){ .file = path,
					 .line = (unsigned int)MAX(state.first_line, 0) },
			"%zu lines are not understood", state.bad_lines);
	return table;
}

static bool is_container_mount(const char *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(container_places); i++) {
		if (starts_with(target, container_places[i]))
			return true;
	}
	return false;
}

static bool is_wanted(struct mount_probe *probe, struct libmnt_fs *fs)
{
	const char *type = probe->lib->mnt_fs_get_fstype(fs);
	const char *target = probe->lib->mnt_fs_get_target(fs);

	if (!type || !target || *target != '/')
		return false;
	return !probe->lib->mnt_fs_is_pseudofs(fs) ||
	       listed(kept_pseudo, ARRAY_SIZE(kept_pseudo), type);
}

/* A mount that shows a part of a file system, as bind mounts do.  btrfs shows its subvolumes in the
 * same way, and a cgroup namespace its own part of the hierarchy. */
static bool is_bind(struct mount_probe *probe, struct libmnt_fs *fs, const char *options)
{
	const char *shown = probe->lib->mnt_fs_get_root(fs);
	char *subvolume = NULL;
	size_t length = 0;

	if (!shown || streq(shown, "/") || starts_with(probe->lib->mnt_fs_get_fstype(fs), "cgroup"))
		return false;
	if (probe->lib->mnt_optstr_get_option(options, "subvol", &subvolume, &length) == 0 &&
	    subvolume && length == strlen(shown) && memcmp(subvolume, shown, length) == 0)
		return false;
	return true;
}

/* true when the option is there; *ret_value is NULL when it has no value. */
static bool find_option(struct mount_probe *probe, const char *options, const char *name,
			char **ret_value, size_t *ret_length)
{
	*ret_value = NULL;
	*ret_length = 0;
	return probe->lib->mnt_optstr_get_option(options, name, ret_value, ret_length) == 0;
}

static void record_option(struct mount_probe *probe, subject_id subject, const char *name,
			  const char *value, size_t length)
{
	strbuf_reset(&probe->text);
	strbuf_addf(&probe->text, "options.%s", name);
	snapshot_set(probe->snapshot, subject, probe->text.buf, value, length,
		     probe->tables->mounts_path);
}

static void record_flag(struct mount_probe *probe, subject_id subject, const struct flag *flag,
			const char *fstype, const char *options)
{
	size_t length;
	char *value;

	if (flag->fstype && !streq(flag->fstype, fstype))
		return;
	if (find_option(probe, options, flag->name, &value, &length))
		record_option(probe, subject, flag->name, value ? value : "true",
			      value ? length : strlen("true"));
	else if (!flag->opposite || find_option(probe, options, flag->opposite, &value, &length))
		record_option(probe, subject, flag->name, "false", strlen("false"));
}

static void record_options(struct mount_probe *probe, subject_id subject, const char *fstype,
			   const char *options)
{
	const char *strict;
	size_t length;
	char *value;

	snapshot_set_string(probe->snapshot, subject, "options", options,
			    probe->tables->mounts_path);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		record_flag(probe, subject, &flags[i], fstype, options);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (find_option(probe, options, values[i], &value, &length) && value)
			record_option(probe, subject, values[i], value, length);
	}
	/* The kernel has no word for it: it is what neither of the others is. */
	strict = find_option(probe, options, "noatime", &value, &length) ||
				 find_option(probe, options, "relatime", &value, &length)
			 ? "false"
			 : "true";
	record_option(probe, subject, "strictatime", strict, strlen(strict));
}

static const char *source_of(struct mount_probe *probe, struct libmnt_fs *fs)
{
	const char *source = probe->lib->mnt_fs_get_source(fs);

	if (!source)
		return "none";
	return streq(source, "=dev/root") ? "/dev/root" : source;
}

static void record_device(struct mount_probe *probe, subject_id subject, struct libmnt_fs *fs,
			  const char *source)
{
	dev_t number = probe->lib->mnt_fs_get_devno(fs);
	int disk;

	strbuf_reset(&probe->text);
	strbuf_addf(&probe->text, "%u:%u", major(number), minor(number));
	disk = number ? block_map_number(&probe->map, probe->text.buf) : -1;
	if (disk < 0)
		disk = block_map_source(&probe->map, probe->root, source);
	if (disk >= 0)
		snapshot_set_string(probe->snapshot, subject, "device", probe->map.disks[disk].name,
				    probe->tables->mounts_path);
}

/* How full it is.  Only where the answer comes from memory: a server or a helper process may never give one.  A
 * captured tree cannot say. */
static void record_space(struct mount_probe *probe, subject_id subject, struct libmnt_fs *fs, const char *fstype)
{
	static const char *const local[] = { "btrfs", "ext2", "ext3", "ext4",
					     "f2fs",  "jfs",  "tmpfs", "xfs" };
	const char *origin = probe->tables->mounts_path, *target = probe->lib->mnt_fs_get_target(fs);
	CLEANUP(close_fd) int fd = -1;
	struct statvfs st;
	struct stat top;
	uint64_t unit;

	if (!root_is_live(probe->root) || !listed(local, ARRAY_SIZE(local), fstype) ||
	    root_open_fd(probe->root, target, O_DIRECTORY, &fd) < 0 || fstat(fd, &top) < 0 ||
	    fstatvfs(fd, &st) < 0)
		return;
	/* Another one may be mounted above it.  Subvolumes have numbers of their own. */
	if (top.st_dev != probe->lib->mnt_fs_get_devno(fs) && !streq(fstype, "btrfs"))
		return;
	unit = st.f_frsize ? st.f_frsize : st.f_bsize;
	snapshot_setf(probe->snapshot, subject, "space.size", origin, "%" PRIu64, (uint64_t)st.f_blocks * unit);
	snapshot_setf(probe->snapshot, subject, "space.available", origin, "%" PRIu64,
		      (uint64_t)st.f_bavail * unit);
	/* btrfs makes them as it goes, and says 0. */
	if (st.f_files == 0)
		return;
	snapshot_setf(probe->snapshot, subject, "inodes.total", origin, "%" PRIu64, (uint64_t)st.f_files);
	snapshot_setf(probe->snapshot, subject, "inodes.free", origin, "%" PRIu64, (uint64_t)st.f_favail);
}

/* The second field is the mount point. */
static bool line_is_about(const char *line, const char *target, struct strbuf *text)
{
	return fstab_next_field(&line, text) && *text->buf != '#' && fstab_next_field(&line, text) &&
	       streq(text->buf, target);
}

/* The only line of fstab for this mount point, as it stands there: "/etc/fstab:5", a tab, and the line.  Not one with the
 * password of a share in it. */
static void record_fstab_line(struct mount_probe *probe, subject_id subject, const char *target)
{
	const char *cursor = probe->tables->fstab.buf, *found = NULL;
	size_t number = 1, at = 0;

	if (probe->tables->fstab_result < 0)
		return;
	do {
		if (!line_is_about(cursor, target, &probe->text))
			continue;
		if (found)
			return;
		found = cursor;
		at = number;
	} while (number++, next_line(&cursor));
	if (!found)
		return;
	strbuf_reset(&probe->text);
	strbuf_add(&probe->text, found, strcspn(found, "\n"));
	if (!strstr(probe->text.buf, "pass"))
		snapshot_setf(probe->snapshot, subject, "fstab.line", FSTAB, "%s:%zu\t%s", FSTAB, at, probe->text.buf);
}

static void record_fstab(struct mount_probe *probe, subject_id subject, const char *target)
{
	struct libmnt_fs *entry = NULL;
	const char *options;

	if (probe->fstab)
		entry = probe->lib->mnt_table_find_target(probe->fstab, target, MNT_ITER_BACKWARD);
	options = entry ? probe->lib->mnt_fs_get_options(entry) : NULL;
	if (options)
		snapshot_set_string(probe->snapshot, subject, "fstab.options", options, FSTAB);
	else
		snapshot_set_absent(probe->snapshot, subject, "fstab.options",
				    probe->tables->fstab_result < 0 ? probe->tables->fstab_result
								    : -ENOENT,
				    FSTAB);
	record_fstab_line(probe, subject, target);
}

static void record_mount(struct mount_probe *probe, struct libmnt_fs *fs)
{
	const char *target = probe->lib->mnt_fs_get_target(fs);
	const char *options = probe->lib->mnt_fs_get_options(fs),
		   *fstype = probe->lib->mnt_fs_get_fstype(fs);
	const char *source = source_of(probe, fs), *origin = probe->tables->mounts_path;
	subject_id subject = snapshot_subject(probe->snapshot, SUBJECT_KIND_MOUNT, target, "");

	snapshot_set_string(probe->snapshot, subject, "fstype", fstype, origin);
	snapshot_set_string(probe->snapshot, subject, "source", source, origin);
	record_options(probe, subject, fstype, options ? options : "");
	snapshot_set_string(probe->snapshot, subject, "bind",
			    is_bind(probe, fs, options) ? "true" : "false", origin);
	record_device(probe, subject, fs, source);
	record_space(probe, subject, fs, fstype);
	record_fstab(probe, subject, target);
}

/* Of several mounts on the same point the last one is seen, so the table is walked from its end;
 * those of containers come after all others.  kept holds them in the order of that walk. */
static size_t choose_mounts(struct mount_probe *probe, struct libmnt_iter *iter, bool containers,
			    size_t room, struct symbols *seen, struct libmnt_fs **kept)
{
	struct libmnt_fs *fs;
	size_t count = 0;

	while (probe->lib->mnt_table_next_fs(probe->mounts, iter, &fs) == 0) {
		const char *target = probe->lib->mnt_fs_get_target(fs);
		uint32_t known = seen->count;

		if (!target || is_container_mount(target) != containers)
			continue;
		(void)symbols_intern(seen, target, strlen(target));
		if (seen->count == known || !is_wanted(probe, fs))
			continue;
		if (count < room)
			kept[count++] = fs;
		else if (containers)
			probe->container_left_out++;
		else
			probe->left_out++;
	}
	return count;
}

static void record_mounts(struct mount_probe *probe)
{
	static const size_t rooms[] = { MOUNTS_MAX, CONTAINER_MOUNTS_MAX };
	struct libmnt_fs **kept = xcalloc(MOUNTS_MAX, sizeof(struct libmnt_fs *));
	struct symbols seen = SYMBOLS_INIT;

	for (size_t pass = 0; pass < ARRAY_SIZE(rooms); pass++) {
		struct libmnt_iter *iter = probe->lib->mnt_new_iter(MNT_ITER_BACKWARD);
		size_t count =
			iter ? choose_mounts(probe, iter, pass == 1, rooms[pass], &seen, kept) : 0;

		while (count > 0)
			record_mount(probe, kept[--count]);
		probe->lib->mnt_free_iter(iter);
	}
	symbols_release(&seen);
	free(kept);
}

static void note_left_out(struct mount_probe *probe)
{
	const struct place place = { .file = probe->tables->mounts_path };

	if (probe->left_out)
		(void)diag_warning(snapshot_notes(probe->snapshot), &place,
				   "%zu mounts past the first %d are left out", probe->left_out,
				   MOUNTS_MAX);
	if (probe->container_left_out)
		(void)diag_warning(snapshot_notes(probe->snapshot), &place,
				   "%zu mounts of containers past the first %d are left out",
				   probe->container_left_out, CONTAINER_MOUNTS_MAX);
}

static void hide_root_source(struct strbuf *text)
{
	for (char *c = text->buf; (c = strstr(c, ROOT_SOURCE));)
		memcpy(c, ROOT_STAND_IN, strlen(ROOT_STAND_IN));
}

int mount_record(const struct root *root, struct mount_tables *tables, struct snapshot *snapshot)
{
	struct mount_probe probe = {
		.root = root,
		.snapshot = snapshot,
		.lib = libmount_library(),
		.tables = tables,
		.map = BLOCK_MAP_INIT,
		.text = STRBUF_INIT,
	};

	if (!probe.lib)
		return -ENOPKG;
	if (!root_is_live(root))
		hide_root_source(&tables->mounts);
	(void)block_map_read(root, &probe.map);
	probe.mounts = parse_table(&probe, &tables->mounts, tables->mounts_path);
	if (tables->fstab_result == 0)
		probe.fstab = parse_table(&probe, &tables->fstab, FSTAB);
	if (probe.mounts)
		record_mounts(&probe);
	note_left_out(&probe);
	if (probe.mounts)
		probe.lib->mnt_unref_table(probe.mounts);
	if (probe.fstab)
		probe.lib->mnt_unref_table(probe.fstab);
	block_map_release(&probe.map);
	strbuf_release(&probe.text);
	return 0;
}

static int read_mounts(const struct root *root, struct mount_tables *tables)
{
	/* On this host the first one; what was saved of another may be any. */
	static const char *const paths[] = { "/proc/self/mountinfo", "/proc/1/mountinfo",
					     "/proc/self/mounts", "/proc/mounts" };
	size_t count = root_is_live(root) ? 1 : ARRAY_SIZE(paths);
	int first = 0;

	for (size_t i = 0; i < count; i++) {
		int r = root_read_limit(root, paths[i], TABLE_MAX, &tables->mounts);

		tables->mounts_path = paths[i];
		if (r == 0)
			return 0;
		first = first == 0 ? r : first;
	}
	return first;
}

static int mount_read(const struct root *root, const struct probe_options *options,
		      struct snapshot *snapshot)
{
	struct mount_tables tables = { .mounts = STRBUF_INIT, .fstab = STRBUF_INIT };
	int r;

	(void)options;
	r = read_mounts(root, &tables);
	tables.fstab_result = root_read_limit(root, FSTAB, FSTAB_MAX, &tables.fstab);
	if (r == 0)
		r = mount_record(root, &tables, snapshot);
	strbuf_release(&tables.mounts);
	strbuf_release(&tables.fstab);
	return r;
}

static const char *const mount_paths[] = {
	"/proc/self/mountinfo", "/proc/1/mountinfo",  "/proc/self/mounts", "/proc/mounts", FSTAB,
	"/sys/block/*/dev",	"/sys/block/*/*/dev", "/dev/mapper/*",	   NULL,
};

const struct probe probe_mount = {
	.name = "mount",
	.summary = "file systems: source, options as mounted and as in fstab",
	.paths = mount_paths,
	.read = mount_read,
};
