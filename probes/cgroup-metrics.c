/* SPDX-License-Identifier: Apache-2.0 */
/* What control groups count: CPU time and throttling, memory and its events, tasks, I/O and pressure, of v1, v2 and
 * both at once.  Documentation/admin-guide/cgroup-v2.rst, Documentation/admin-guide/cgroup-v1/.
 *
 * A group is one subject by its path below the mounts, whichever hierarchies have it.  Groups come and go: whether any
 * did is asked of two small files per tick, and only then are the trees walked again.
 *
 * Reading dominates the cost.  A file kept open is read in a quarter of the time that opening it by its path takes,
 * but costs the kernel 4.8 KiB; so a bounded number is kept, then a directory per group, and then paths. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup-files.h"
#include "cgroup.h"
#include "table.h"

#define GROUPS_MAX_DEFAULT 1000
#define GROUP_PATH_MAX 3000
#define ACTIVE_MAX 32			/* files read per group: bits of a word */
#define SCAN_TICKS 30			/* the trees are walked again at least this often */
#define KEPT_FILES_MAX 2048		/* about 10 MiB of kernel memory */
#define DESCRIPTORS_RESERVED 256	/* for everything else in this program */
#define TEXT_START 8191			/* larger than most files, so that one read gets all */

enum { EACH_TIME = -1, NOT_THERE = -2 };	/* instead of a descriptor */

struct active_file {
	const struct cgroup_metric_file *file;
	uint8_t mount;			/* in mounts.list */
	uint16_t first;			/* its first series among a group's */
};

struct group {
	const char *path;		/* below the mounts; "" is the top */
	subject_id subject;
	uint32_t here, seen;		/* bit per mount: it is there; the running scan found it */
	bool told;			/* what it lacks has been recorded */
	int *directories;		/* per mount */
	int *files;			/* per active file */
	series_id *ids;
};

struct cgroups {
	const struct root *root;
	const struct probe_options *options;
	struct cgroup_mounts mounts;
	struct active_file active[ACTIVE_MAX];
	size_t n_active, n_series;

	struct symbols paths;		/* number of a path: index of its group */
	struct group *groups;
	size_t capacity;
	uint32_t max, left_out;

	struct sampled_file v1_counts, v2_counts;
	uint64_t count;			/* what they said last */
	uint32_t scan_in;		/* ticks */

	size_t keep_files, keep_directories;	/* descriptors not given away yet */
	struct strbuf path, text;
	bool noted_change, noted_bad, noted_left_out, counted;
};

/* ---- which files there are to read ---- */

static bool text_has_word(const char *text, const char *wanted)
{
	const char *word;
	size_t length;

	while (next_word(&text, &word, &length))
		if (length == strlen(wanted) && memcmp(word, wanted, length) == 0)
			return true;
	return false;
}

static void activate(struct cgroups *c, const struct cgroup_metric_file *file, size_t mount)
{
	if (c->n_active == ACTIVE_MAX)
		return;
	c->active[c->n_active++] = (struct active_file){
		.file = file,
		.mount = (uint8_t)mount,
		.first = (uint16_t)c->n_series,
	};
	c->n_series += file->n_fields;
}

/* In a hybrid a controller is in v1 or in v2, never in both: cgroup.controllers of the top says which v2 has. */
static void find_active(struct cgroups *c)
{
	for (size_t m = 0; m < c->mounts.count; m++) {
		const struct cgroup_mount *mount = &c->mounts.list[m];
		bool all = false;

		if (mount->version == 2) {
			strbuf_reset(&c->path);
			strbuf_addf(&c->path, "%s/cgroup.controllers", mount->path);
			all = root_read(c->root, c->path.buf, &c->text) < 0;
		}
		for (size_t i = 0; i < n_cgroup_metric_files; i++) {
			const struct cgroup_metric_file *file = &cgroup_metric_files[i];

			if (file->version != mount->version)
				continue;
			if (mount->version == 1 ? cgroup_mount_has(mount, file->controller)
						: all || !file->controller || text_has_word(c->text.buf, file->controller))
				activate(c, file, m);
		}
	}
}

/* ---- the groups ---- */

static const char *group_name(const struct group *group)
{
	return *group->path ? group->path : "/";
}

static const char *directory_path(struct cgroups *c, size_t mount, const char *group_path)
{
	strbuf_reset(&c->path);
	strbuf_addf(&c->path, "%s%s", c->mounts.list[mount].path, group_path);
	return c->path.buf;
}

static int *fill_descriptors(size_t n)
{
	int *fds = xmalloc(MAX(n, 1) * sizeof(*fds));

	for (size_t i = 0; i < n; i++)
		fds[i] = EACH_TIME;
	return fds;
}

static struct group *group_add(struct cgroups *c, struct snapshot *snapshot, const char *path)
{
	bool v2_alone = c->mounts.v2 && !c->mounts.v1;
	struct group *group;
	subject_id subject;
	uint32_t index;

	if (c->paths.count >= c->max || strlen(path) > GROUP_PATH_MAX) {
		c->left_out++;
		return NULL;
	}
	subject = snapshot_subject(snapshot, SUBJECT_KIND_CGROUP, *path ? path : "/",
				   v2_alone ? directory_path(c, 0, path) : "");
	if (subject == SUBJECT_NONE)
		return NULL;

	index = symbols_intern(&c->paths, path, strlen(path));
	GROW(c->groups, c->capacity, (size_t)index + 1);
	group = &c->groups[index];
	*group = (struct group){
		.path = c->paths.names[index],
		.subject = subject,
		.directories = fill_descriptors(c->mounts.count),
		.files = fill_descriptors(c->n_active),
		.ids = xmalloc(MAX(c->n_series, 1) * sizeof(*group->ids)),
	};
	for (size_t i = 0; i < c->n_series; i++)
		group->ids[i] = SERIES_NONE;
	return group;
}

static void give_back(int *fd, size_t *left)
{
	if (*fd >= 0) {
		close_fd(fd);
		(*left)++;
	}
	*fd = EACH_TIME;
}

static void group_forget_mount(struct cgroups *c, struct group *group, size_t mount)
{
	group->here &= ~(1U << mount);
	give_back(&group->directories[mount], &c->keep_directories);
	for (size_t i = 0; i < c->n_active; i++)
		if (c->active[i].mount == mount)
			give_back(&group->files[i], &c->keep_files);
}

static void note_change(struct cgroups *c, struct snapshot *snapshot, const struct group *group, const char *what)
{
	if (!c->noted_change)
		(void)diag_warning(snapshot_notes(snapshot), NULL,
				   "control groups came or went meanwhile (%s %s first); their metrics cover part of the "
				   "time", group_name(group), what);
	c->noted_change = true;
}

/* ---- walking the trees ---- */

/* A live hierarchy counts subdirectories in the links of a directory; other file systems need not. */
static bool has_children(const struct cgroups *c, const char *path)
{
	struct stat st;

	return !root_is_live(c->root) || (stat(path, &st) == 0 && st.st_nlink > 2);
}

static void scan_children(struct cgroups *c, struct snapshot *snapshot, size_t mount, const char *path,
			  uint32_t **queue, size_t *capacity, size_t *queued)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf child = STRBUF_INIT;

	if (!has_children(c, directory_path(c, mount, path)) || root_list(c->root, c->path.buf, &list) < 0)
		return;		/* it went away in this moment, or is closed to us: then so are its files */

	for (size_t i = 0; i < list.count; i++) {
		uint32_t index;

		if (list.entries[i].type != DT_DIR)
			continue;
		strbuf_reset(&child);
		strbuf_addf(&child, "%s/%s", path, list.entries[i].name);
		if (symbols_find(&c->paths, child.buf, child.len) == SYMBOL_NONE && !group_add(c, snapshot, child.buf))
			continue;
		index = symbols_find(&c->paths, child.buf, child.len);
		c->groups[index].seen |= 1U << mount;
		GROW(*queue, *capacity, *queued + 1);
		(*queue)[(*queued)++] = index;
	}
}

/* Level by level, so that what does not fit is deep down. */
static void scan_mount(struct cgroups *c, struct snapshot *snapshot, size_t mount)
{
	CLEANUP(free_ptr) uint32_t *queue = NULL;
	size_t capacity = 0, queued = 0;

	if (symbols_find(&c->paths, "", 0) == SYMBOL_NONE && !group_add(c, snapshot, ""))
		return;
	c->groups[symbols_find(&c->paths, "", 0)].seen |= 1U << mount;
	scan_children(c, snapshot, mount, "", &queue, &capacity, &queued);
	for (size_t i = 0; i < queued; i++)
		scan_children(c, snapshot, mount, c->groups[queue[i]].path, &queue, &capacity, &queued);
}

static bool path_is_plain(const char *path)
{
	size_t length = strlen(path);

	return *path == '/' && !strstr(path, "/../") && !strstr(path, "/./") && !strstr(path, "//") &&
	       !ends_with(path, "/..") && !ends_with(path, "/.") && length <= GROUP_PATH_MAX;
}

/* A path as somebody typed it, "/a/" or "/", as groups are named here. */
static char *chosen_path(const struct cgroups *c, size_t i)
{
	char *path = xstrdup(c->options->cgroups[i]);
	size_t length = strlen(path);

	if (length > 0 && path[length - 1] == '/')
		path[length - 1] = '\0';
	return path;
}

/* Just the groups that were asked for. */
static void scan_chosen(struct cgroups *c, struct snapshot *snapshot, size_t mount)
{
	for (size_t i = 0; i < c->options->n_cgroups; i++) {
		CLEANUP(free_ptr) char *path = chosen_path(c, i);

		if ((*path && !path_is_plain(path)) || !root_exists(c->root, directory_path(c, mount, path)))
			continue;
		if (symbols_find(&c->paths, path, strlen(path)) == SYMBOL_NONE && !group_add(c, snapshot, path))
			continue;
		c->groups[symbols_find(&c->paths, path, strlen(path))].seen |= 1U << mount;
	}
}

static void note_missing(const struct cgroups *c, struct snapshot *snapshot)
{
	for (size_t i = 0; i < c->options->n_cgroups; i++) {
		CLEANUP(free_ptr) char *path = chosen_path(c, i);

		if (symbols_find(&c->paths, path, strlen(path)) == SYMBOL_NONE)
			(void)diag_warning(snapshot_notes(snapshot), NULL, "there is no control group %s",
					   c->options->cgroups[i]);
	}
}

static void group_update(struct cgroups *c, struct snapshot *snapshot, struct group *group, bool first)
{
	uint32_t came = group->seen & ~group->here, went = group->here & ~group->seen;

	for (size_t m = 0; m < c->mounts.count; m++)
		if (went & 1U << m)
			group_forget_mount(c, group, m);
	for (size_t i = 0; i < c->n_active; i++)	/* its controller may be there by now */
		if (group->files[i] == NOT_THERE)
			group->files[i] = EACH_TIME;
	group->here |= came;
	if (went || (came && !first))
		note_change(c, snapshot, group, group->here ? "appeared" : "vanished");
}

static void scan(struct cgroups *c, struct snapshot *snapshot, bool first)
{
	c->left_out = 0;
	for (uint32_t i = 0; i < c->paths.count; i++)
		c->groups[i].seen = 0;
	for (size_t m = 0; m < c->mounts.count; m++) {
		if (c->options->n_cgroups > 0)
			scan_chosen(c, snapshot, m);
		else
			scan_mount(c, snapshot, m);
	}
	for (uint32_t i = 0; i < c->paths.count; i++)
		group_update(c, snapshot, &c->groups[i], first);
	if (c->left_out && !c->noted_left_out) {
		(void)diag_warning(snapshot_notes(snapshot), NULL,
				   "more control groups than the %u that are watched; %u beside them and all below "
				   "those were left out", c->max, c->left_out);
		c->noted_left_out = true;
	}
	c->scan_in = SCAN_TICKS;
}

/* The third column of every line of /proc/cgroups, and nr_descendants of the top of v2, summed.  Groups that are
 * removed and still referenced count too, so it may change for nothing; it does not stay the same while one is added. */
static uint64_t count_groups(struct cgroups *c)
{
	const char *cursor, *name;
	uint64_t sum = 0, value;
	size_t length;

	if (sampled_file_read(&c->v1_counts) >= 0) {
		cursor = c->v1_counts.text.buf;
		do {
			if (!next_word(&cursor, &name, &length) || *name == '#')
				continue;
			for (int i = 0; i < 2 && next_word(&cursor, &name, &length); i++)
				if (i == 1 && scan_u64(&name, &value))
					sum += value;
		} while (next_line(&cursor));
	}
	if (c->v2_counts.path && sampled_file_read(&c->v2_counts) >= 0) {
		cursor = c->v2_counts.text.buf;
		if (starts_with(cursor, "nr_descendants ")) {
			cursor += strlen("nr_descendants ");
			if (scan_u64(&cursor, &value))
				sum += value << 32;
		}
	}
	return sum;
}

static bool scan_is_due(struct cgroups *c)
{
	uint64_t count;

	if (!root_is_live(c->root))
		return --c->scan_in == 0;

	count = count_groups(c);
	if (c->counted && count == c->count && --c->scan_in > 0)
		return false;
	c->count = count;
	c->counted = true;
	return true;
}

/* ---- descriptors ---- */

/* Stays within the soft limit: raising it is not for a program that only looks. */
static size_t descriptors_to_spend(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= DESCRIPTORS_RESERVED)
		return 0;
	return MIN(limit.rlim_cur - DESCRIPTORS_RESERVED, (rlim_t)100000);
}

static void plan_descriptors(struct cgroups *c, struct snapshot *snapshot)
{
	size_t budget = descriptors_to_spend(), files = 0, directories = 0;

	if (!root_is_live(c->root))
		return;			/* read once or twice, and others may own it */
	for (uint32_t i = 0; i < c->paths.count; i++) {
		directories += (size_t)__builtin_popcount(c->groups[i].here);
		for (size_t a = 0; a < c->n_active; a++)
			files += c->groups[i].here >> c->active[a].mount & 1;
	}
	if (files <= MIN(KEPT_FILES_MAX, budget)) {
		c->keep_files = MIN(KEPT_FILES_MAX, budget);
		c->keep_directories = MIN(directories, budget - c->keep_files);
		return;
	}
	/* A directory helps with all files in it, so where both cannot be had it goes first. */
	c->keep_directories = MIN(directories, budget);
	c->keep_files = MIN(KEPT_FILES_MAX, budget - c->keep_directories);
	if (c->keep_directories < directories)
		(void)diag_warning(snapshot_notes(snapshot), NULL,
				   "the limit of open files (%zu may be used here) is too low to watch %zu directories "
				   "of control groups at little cost; they are opened anew at every tick", budget,
				   directories);
}

/* ---- reading ---- */

/* All of a small file of the kernel.  Those files are shown as a whole, so fewer bytes than there was room for are all
 * of them, and asking once more would cost as much again as the smallest of them. */
static int read_all(int fd, struct strbuf *text)
{
	strbuf_reset(text);
	strbuf_reserve(text, TEXT_START);
	for (;;) {
		size_t room = text->capacity - text->len - 1;
		ssize_t n = pread(fd, text->buf + text->len, room, (off_t)text->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text->len += (size_t)n;
		text->buf[text->len] = '\0';
		if ((size_t)n < room)
			return 0;
		if (text->len > ROOT_READ_MAX)
			return -EFBIG;
		strbuf_reserve(text, text->len);
	}
}

static int group_directory(struct cgroups *c, struct group *group, size_t mount)
{
	int *fd = &group->directories[mount];

	if (*fd == EACH_TIME && c->keep_directories > 0 &&
	    root_open_fd(c->root, directory_path(c, mount, group->path), O_DIRECTORY | O_PATH, fd) == 0)
		c->keep_directories--;
	return *fd;
}

static int group_open_file(struct cgroups *c, struct group *group, const struct active_file *active, int *ret_fd)
{
	int directory = EACH_TIME, fd;

	if (root_is_live(c->root) && c->keep_files == 0)
		directory = group_directory(c, group, active->mount);
	if (directory >= 0) {
		fd = openat(directory, active->file->name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		*ret_fd = fd;
		return 0;
	}
	(void)directory_path(c, active->mount, group->path);
	strbuf_addf(&c->path, "/%s", active->file->name);
	return root_open_fd(c->root, c->path.buf, 0, ret_fd);
}

static int group_read(struct cgroups *c, struct group *group, size_t a)
{
	CLEANUP(close_fd) int fd = -1;
	int r;

	if (group->files[a] >= 0)
		return read_all(group->files[a], &c->text);

	r = group_open_file(c, group, &c->active[a], &fd);
	if (r < 0)
		return r;
	r = read_all(fd, &c->text);
	if (r == 0 && c->keep_files > 0) {
		c->keep_files--;
		group->files[a] = steal_fd(&fd);
	}
	return r;
}

static void sample(struct snapshot *snapshot, struct group *group, const struct active_file *active, uint32_t found,
		   const uint64_t *values)
{
	const struct cgroup_metric_file *file = active->file;

	for (size_t i = 0; i < file->n_fields; i++) {
		const struct cgroup_field *field = &file->fields[i];
		series_id *id = &group->ids[active->first + i];

		if (!(found & 1U << i))
			continue;
		if (*id == SERIES_NONE)
			*id = snapshot_series(snapshot, group->subject, field->key, strlen(field->key), field->kind, 0);
		if (field->kind == METRIC_COUNTER)
			snapshot_counter(snapshot, *id, values[i]);
		else
			snapshot_gauge(snapshot, *id, (double)values[i]);
	}
}

/* A file that cannot be read: the group went away, or this kernel or this group does not have it. */
static void group_lost_file(struct cgroups *c, struct snapshot *snapshot, struct group *group, size_t a, int error)
{
	size_t mount = c->active[a].mount;

	give_back(&group->files[a], &c->keep_files);
	if (error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -EINTR)
		return;			/* of this moment; the next tick tries again */
	if ((error == -ENODEV || error == -ENOENT) &&
	    !root_exists(c->root, directory_path(c, mount, group->path))) {
		group_forget_mount(c, group, mount);
		if (!group->here)
			note_change(c, snapshot, group, "vanished");
		c->scan_in = 1;
		return;
	}
	group->files[a] = NOT_THERE;
}

static void note_bad(struct cgroups *c, struct snapshot *snapshot, const struct group *group,
		     const struct active_file *active)
{
	if (c->noted_bad)
		return;
	c->noted_bad = true;
	(void)directory_path(c, active->mount, group->path);
	strbuf_addf(&c->path, "/%s", active->file->name);
	(void)diag_warning(snapshot_notes(snapshot), &(struct place){ .file = c->path.buf },
			   "a number is missing, cut off or out of range; left out");
}

/* What was looked for in this group and is in none of its hierarchies. */
static void group_tell(struct cgroups *c, struct snapshot *snapshot, struct group *group, const int *errors)
{
	for (size_t a = 0; a < c->n_active; a++) {
		const struct cgroup_metric_file *file = c->active[a].file;

		for (size_t i = 0; i < file->n_fields; i++) {
			const char *key = file->fields[i].key;

			if (group->ids[c->active[a].first + i] != SERIES_NONE ||
			    snapshot_metric(snapshot, group->subject, key))
				continue;
			(void)directory_path(c, c->active[a].mount, group->path);
			strbuf_addf(&c->path, "/%s", file->name);
			snapshot_metric_absent(snapshot, group->subject, key, errors[a], c->path.buf);
		}
	}
	group->told = true;
}

static void group_tick(struct cgroups *c, struct snapshot *snapshot, struct group *group)
{
	uint64_t values[CGROUP_FIELDS_MAX];
	int errors[ACTIVE_MAX];
	uint32_t found;
	bool bad;

	for (size_t a = 0; a < c->n_active; a++) {
		const struct active_file *active = &c->active[a];

		errors[a] = -ENOENT;
		if (!(group->here >> active->mount & 1) || group->files[a] == NOT_THERE)
			continue;
		errors[a] = group_read(c, group, a);
		if (errors[a] < 0) {
			group_lost_file(c, snapshot, group, a, errors[a]);
			continue;
		}
		found = cgroup_metric_parse(active->file, c->text.buf, values, &bad);
		sample(snapshot, group, active, found, values);
		errors[a] = bad ? -EBADMSG : -ENOENT;
		if (bad)
			note_bad(c, snapshot, group, active);
	}
	if (!group->told)
		group_tell(c, snapshot, group, errors);
}

static void cgroup_metrics_tick(void *state, struct snapshot *snapshot)
{
	struct cgroups *c = state;

	if (scan_is_due(c))
		scan(c, snapshot, false);
	for (uint32_t i = 0; i < c->paths.count; i++)
		if (c->groups[i].here)
			group_tick(c, snapshot, &c->groups[i]);
}

static void count_files_init(struct cgroups *c)
{
	sampled_file_init(&c->v1_counts, c->root, "/proc/cgroups");
	for (size_t m = 0; m < c->mounts.count; m++) {
		if (c->mounts.list[m].version != 2 || c->v2_counts.path)
			continue;
		(void)directory_path(c, m, "/cgroup.stat");
		sampled_file_init(&c->v2_counts, c->root, c->path.buf);
	}
}

static int cgroup_metrics_open(const struct root *root, const struct probe_options *options,
			       struct snapshot *snapshot, void **ret_state)
{
	struct cgroups *c = xcalloc(1, sizeof(*c));

	c->root = root;
	c->options = options;
	c->max = options->cgroup_max ? options->cgroup_max : GROUPS_MAX_DEFAULT;
	c->path = c->text = (struct strbuf)STRBUF_INIT;
	(void)cgroup_mounts_find(root, &c->mounts);	/* the probe has said why not */
	find_active(c);
	count_files_init(c);
	if (root_is_live(root)) {
		c->count = count_groups(c);
		c->counted = true;
	}
	scan(c, snapshot, true);
	note_missing(c, snapshot);
	plan_descriptors(c, snapshot);
	*ret_state = c;
	return 0;
}

static void cgroup_metrics_close(void *state)
{
	struct cgroups *c = state;

	if (!c)
		return;
	for (uint32_t i = 0; i < c->paths.count; i++) {
		struct group *group = &c->groups[i];

		for (size_t m = 0; m < c->mounts.count; m++)
			group_forget_mount(c, group, m);
		free(group->directories);
		free(group->files);
		free(group->ids);
	}
	free(c->groups);
	symbols_release(&c->paths);
	cgroup_mounts_release(&c->mounts);
	sampled_file_release(&c->v1_counts);
	if (c->v2_counts.path)
		sampled_file_release(&c->v2_counts);
	strbuf_release(&c->path);
	strbuf_release(&c->text);
	free(c);
}

static const char *const cgroup_metrics_paths[] = {
	"/proc/self/mountinfo",
	"/sys/fs/cgroup/**/blkio.throttle.io_service*_recursive",
	"/sys/fs/cgroup/**/cgroup.controllers",
	"/sys/fs/cgroup/**/cpu.pressure",
	"/sys/fs/cgroup/**/cpu.stat",
	"/sys/fs/cgroup/**/cpuacct.usage",
	"/sys/fs/cgroup/**/io.pressure",
	"/sys/fs/cgroup/**/io.stat",
	"/sys/fs/cgroup/**/memory.current",
	"/sys/fs/cgroup/**/memory.events",
	"/sys/fs/cgroup/**/memory.events.local",
	"/sys/fs/cgroup/**/memory.failcnt",
	"/sys/fs/cgroup/**/memory.oom_control",
	"/sys/fs/cgroup/**/memory.pressure",
	"/sys/fs/cgroup/**/memory.stat",
	"/sys/fs/cgroup/**/memory.swap.current",
	"/sys/fs/cgroup/**/memory.swap.events",
	"/sys/fs/cgroup/**/memory.usage_in_bytes",
	"/sys/fs/cgroup/**/pids.current",
	"/sys/fs/cgroup/**/pids.events",
	NULL,
};

const struct sampler sampler_cgroup_metrics = {
	.name = "cgroup-metrics",
	.summary = "CPU time, throttling, memory, tasks, I/O and pressure of control groups",
	.paths = cgroup_metrics_paths,
	.open = cgroup_metrics_open,
	.tick = cgroup_metrics_tick,
	.close = cgroup_metrics_close,
};
