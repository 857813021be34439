/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups: every file that limits or protects, of every group below the mounts of v1, v2 and both at once.
 *
 * Where the hierarchies are is in /proc/self/mountinfo; a tree without that file is looked at below /sys/fs/cgroup.
 *
 *	41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
 *	32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
 *
 * A group is one subject by its path below the mount, whichever hierarchies have it, so a process whose line in
 * /proc/PID/cgroup says "/a" finds the limits of all controllers in the cgroup "/a".
 * Documentation/admin-guide/cgroup-v2.rst, Documentation/admin-guide/cgroup-v1/. */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "../core/parse.h"
#include "cpu.h"
#include "probe.h"

#define CGROUP_MAX 10000
#define CGROUP_DEPTH_MAX 32
#define CGROUP_MOUNTINFO_MAX (16U << 20)

enum { V1 = 1, V2 = 2, BOTH = V1 | V2, EXPECTED = 4 };

/* EXPECTED: in a v2 group its absence is worth keeping, since it says that the controller is not enabled there. */
struct cgroup_file {
	const char *name;
	unsigned int flags;
};

/* clang-format off */
static const struct cgroup_file cgroup_files[] = {	/* sorted */
	{ "blkio.bfq.weight", V1 },
	{ "blkio.bfq.weight_device", V1 },
	{ "blkio.throttle.read_bps_device", V1 },
	{ "blkio.throttle.read_iops_device", V1 },
	{ "blkio.throttle.write_bps_device", V1 },
	{ "blkio.throttle.write_iops_device", V1 },
	{ "blkio.weight", V1 },
	{ "blkio.weight_device", V1 },
	{ "cgroup.controllers", V2 },
	{ "cgroup.freeze", V2 },
	{ "cgroup.max.depth", V2 },
	{ "cgroup.max.descendants", V2 },
	{ "cgroup.subtree_control", V2 },
	{ "cgroup.type", V2 },
	{ "cpu.cfs_burst_us", V1 },
	{ "cpu.cfs_period_us", V1 },
	{ "cpu.cfs_quota_us", V1 },
	{ "cpu.idle", BOTH },
	{ "cpu.max", V2 | EXPECTED },
	{ "cpu.max.burst", V2 },
	{ "cpu.rt_period_us", V1 },
	{ "cpu.rt_runtime_us", V1 },
	{ "cpu.shares", V1 },
	{ "cpu.uclamp.max", BOTH },
	{ "cpu.uclamp.min", BOTH },
	{ "cpu.weight", V2 | EXPECTED },
	{ "cpu.weight.nice", V2 },
	{ "cpuset.cpu_exclusive", V1 },
	{ "cpuset.cpus", BOTH },
	{ "cpuset.cpus.effective", V2 },
	{ "cpuset.cpus.exclusive", V2 },
	{ "cpuset.cpus.exclusive.effective", V2 },
	{ "cpuset.cpus.isolated", V2 },
	{ "cpuset.cpus.partition", V2 },
	{ "cpuset.effective_cpus", V1 },
	{ "cpuset.effective_mems", V1 },
	{ "cpuset.mem_exclusive", V1 },
	{ "cpuset.memory_migrate", V1 },
	{ "cpuset.mems", BOTH },
	{ "cpuset.mems.effective", V2 },
	{ "cpuset.sched_load_balance", V1 },
	{ "dmem.low", V2 },
	{ "dmem.max", V2 },
	{ "dmem.min", V2 },
	{ "io.bfq.weight", V2 },
	{ "io.cost.model", V2 },
	{ "io.cost.qos", V2 },
	{ "io.latency", V2 },
	{ "io.max", V2 | EXPECTED },
	{ "io.prio.class", V2 },
	{ "io.weight", V2 },
	{ "memory.high", V2 | EXPECTED },
	{ "memory.kmem.limit_in_bytes", V1 },
	{ "memory.kmem.tcp.limit_in_bytes", V1 },
	{ "memory.limit_in_bytes", V1 },
	{ "memory.low", V2 },
	{ "memory.max", V2 | EXPECTED },
	{ "memory.memsw.limit_in_bytes", V1 },
	{ "memory.min", V2 },
	{ "memory.move_charge_at_immigrate", V1 },
	{ "memory.oom.group", V2 },
	{ "memory.oom_control", V1 },
	{ "memory.soft_limit_in_bytes", V1 },
	{ "memory.swap.high", V2 },
	{ "memory.swap.max", V2 | EXPECTED },
	{ "memory.swappiness", V1 },
	{ "memory.use_hierarchy", V1 },
	{ "memory.zswap.max", V2 },
	{ "memory.zswap.writeback", V2 },
	{ "misc.max", BOTH },
	{ "pids.max", BOTH | EXPECTED },
	{ "rdma.max", BOTH },
};
/* clang-format on */

/* The v1 controllers whose files are read.  Groups that exist only for others (devices, freezer …) limit nothing here. */
static const char *const v1_controllers[] = { "blkio", "cpu", "cpuacct", "cpuset", "hugetlb", "memory", "misc", "pids",
					      "rdma" };

/* A limit that the parents' limits narrow.  error: it could not be read here or above, so nobody knows. */
struct effective {
	int error;
	double value;			/* CGROUP_UNLIMITED: no limit */
};

struct inherited {
	struct effective cpu_cores, memory_bytes, cpuset_cpus;
	char pod_uid[CGROUP_POD_UID_MAX + 1];
	char container_id[CGROUP_CONTAINER_ID_LENGTH + 1];
};

struct walk {
	const struct root *root;
	const struct probe_options *options;
	struct snapshot *snapshot;
	const struct cgroup_mount *hierarchy;
	struct strbuf path;		/* of the directory, from the root on */
	size_t mount_length;
	struct strbuf text;
	uint32_t max;
	uint32_t skipped;		/* groups past max */
	uint32_t too_deep;
	bool unified;			/* v2 alone */
};

void cgroup_mounts_release(struct cgroup_mounts *found)
{
	for (size_t i = 0; i < found->count; i++)
		free(found->list[i].path);
}

static void hierarchy_add(struct cgroup_mounts *found, const char *mount, size_t length, unsigned int version,
			  unsigned int controllers)
{
	if (version == 1 && !controllers)
		return;
	for (size_t i = 0; i < found->count; i++)	/* the same one mounted once more */
		if (found->list[i].version == version && (version == 2 || found->list[i].controllers & controllers))
			return;
	if (found->count == CGROUP_MOUNTS_MAX)
		return;
	found->list[found->count++] = (struct cgroup_mount){
		.path = xstrndup(mount, length),
		.version = version,
		.controllers = controllers,
	};
}

static unsigned int controller_bit(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(v1_controllers); i++)
		if (strlen(v1_controllers[i]) == length && memcmp(v1_controllers[i], name, length) == 0)
			return 1U << i;
	return 0;
}

/* "rw,xattr,cpu,cpuacct" */
static unsigned int controllers_parse(const char *text, size_t length)
{
	unsigned int controllers = 0;
	size_t start = 0;

	for (size_t i = 0; i <= length; i++) {
		if (i < length && text[i] != ',')
			continue;
		controllers |= controller_bit(text + start, i - start);
		start = i + 1;
	}
	return controllers;
}

/* Blanks in a mount point are written \040. */
static void unescape_octal(struct strbuf *out, const char *text, size_t length)
{
	strbuf_reset(out);
	for (size_t i = 0; i < length; i++) {
		const char *c = text + i;

		if (*c == '\\' && length - i > 3 && c[1] >= '0' && c[1] <= '3' && c[2] >= '0' && c[2] <= '7' &&
		    c[3] >= '0' && c[3] <= '7') {
			strbuf_add_char(out, (char)((c[1] - '0') << 6 | (c[2] - '0') << 3 | (c[3] - '0')));
			i += 3;
		} else {
			strbuf_add_char(out, *c);
		}
	}
}

struct word {
	const char *text;
	size_t length;
};

static bool word_is(const struct word *word, const char *text)
{
	return strlen(text) == word->length && memcmp(word->text, text, word->length) == 0;
}

/* One line of mountinfo; *cursor is at its start. */
static void hierarchies_line(struct cgroup_mounts *found, const char *cursor, struct strbuf *mount)
{
	struct word words[5], type = { 0 }, source, options;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!next_word(&cursor, &words[i].text, &words[i].length))
			return;
	do {
		if (!next_word(&cursor, &type.text, &type.length))
			return;
	} while (!word_is(&type, "-"));
	if (!next_word(&cursor, &type.text, &type.length))
		return;
	if (word_is(&type, "cgroup2")) {
		found->v2 = true;
		unescape_octal(mount, words[4].text, words[4].length);
		hierarchy_add(found, mount->buf, mount->len, 2, 0);
	} else if (word_is(&type, "cgroup") && next_word(&cursor, &source.text, &source.length) &&
		   next_word(&cursor, &options.text, &options.length)) {
		found->v1 = true;
		unescape_octal(mount, words[4].text, words[4].length);
		hierarchy_add(found, mount->buf, mount->len, 1, controllers_parse(options.text, options.length));
	}
}

void cgroup_mounts_parse(const char *text, struct cgroup_mounts *found)
{
	CLEANUP(strbuf_release) struct strbuf mount = STRBUF_INIT;
	const char *cursor = text;

	do {
		hierarchies_line(found, cursor, &mount);
	} while (next_line(&cursor));
}

/* A tree without mountinfo: /sys/fs/cgroup itself, or its directories by name. */
static int hierarchies_look(const struct root *root, struct cgroup_mounts *found)
{
	static const char top[] = "/sys/fs/cgroup";
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	int r;

	r = root_list(root, top, &list);
	if (r < 0)
		return r;
	if (root_exists(root, "/sys/fs/cgroup/cgroup.controllers")) {
		found->v2 = true;
		hierarchy_add(found, top, strlen(top), 2, 0);
		return 0;
	}
	for (size_t i = 0; i < list.count; i++) {
		const char *name = list.entries[i].name;
		unsigned int controllers = controllers_parse(name, strlen(name));

		if (list.entries[i].type != DT_DIR)
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", top, name);
		if (controllers || streq(name, "systemd")) {
			found->v1 = true;
			hierarchy_add(found, path.buf, path.len, 1, controllers);
		} else if (streq(name, "unified")) {
			found->v2 = true;
			hierarchy_add(found, path.buf, path.len, 2, 0);
		}
	}
	return 0;
}

static const char *hierarchies_name(const struct cgroup_mounts *found)
{
	if (found->v2)
		return found->v1 ? "hybrid" : "unified";
	return found->v1 ? "legacy" : "none";
}

static int file_compare(const void *key, const void *element)
{
	return strcmp(key, ((const struct cgroup_file *)element)->name);
}

/* The files of hugetlb are named by page size: hugetlb.2MB.max, hugetlb.1GB.rsvd.limit_in_bytes. */
static bool is_huge_page_limit(const char *name)
{
	return starts_with(name, "hugetlb.") && (ends_with(name, ".max") || ends_with(name, ".limit_in_bytes"));
}

static bool file_is_read(const char *name, unsigned int version)
{
	const struct cgroup_file *file;

	file = bsearch(name, cgroup_files, ARRAY_SIZE(cgroup_files), sizeof(cgroup_files[0]), file_compare);
	return file ? (file->flags & version) != 0 : is_huge_page_limit(name);
}

/* "max 100000", "50000 100000" */
int cgroup_quota_parse(const char *text, double *ret_cores)
{
	uint64_t quota, period;

	if (starts_with(text, "max")) {
		*ret_cores = CGROUP_UNLIMITED;
		return 0;
	}
	if (!scan_u64(&text, &quota) || *text != ' ')
		return -EBADMSG;
	text++;
	if (!scan_u64(&text, &period) || period == 0)
		return -EBADMSG;
	*ret_cores = (double)quota / (double)period;
	return 0;
}

/* Bytes, "max", or what v1 has for no limit: LONG_MAX rounded down to a page. */
int cgroup_bytes_parse(const char *text, double *ret_bytes)
{
	uint64_t bytes;

	if (streq(text, "max") || streq(text, "-1")) {
		*ret_bytes = CGROUP_UNLIMITED;
		return 0;
	}
	if (parse_u64(text, &bytes) < 0)
		return -EBADMSG;
	*ret_bytes = bytes >= INT64_MAX - UINT16_MAX ? CGROUP_UNLIMITED : (double)bytes;
	return 0;
}

static void effective_narrow(struct effective *effective, int error, double value)
{
	if (error == -ENOENT)		/* the controller is not enabled here: what holds above, holds */
		return;
	if (error < 0)
		effective->error = effective->error ? effective->error : error;
	else
		effective->value = MIN(effective->value, value);
}

/* What the snapshot just got for key: 0 with its text, or why there is none. */
static int setting_error(const struct snapshot *snapshot, subject_id subject, const char *key, const char **ret_text)
{
	const struct setting *setting = snapshot_get(snapshot, subject, key);

	if (!setting || setting->absence == ABSENT)
		return -ENOENT;
	if (setting->absence != PRESENT)
		return setting->error < 0 ? setting->error : -EBADMSG;
	*ret_text = setting->raw;
	return 0;
}

static void effective_cpu(const struct snapshot *snapshot, subject_id subject, unsigned int version,
			  struct effective *effective)
{
	const char *text = "", *period_text = "";
	double cores = 0;
	int r;

	if (version == 2) {
		r = setting_error(snapshot, subject, "cpu.max", &text);
		if (r == 0)
			r = cgroup_quota_parse(text, &cores);
	} else {
		uint64_t quota, period;

		r = setting_error(snapshot, subject, "cpu.cfs_quota_us", &text);
		if (r == 0 && streq(text, "-1"))
			return;
		if (r == 0)
			r = setting_error(snapshot, subject, "cpu.cfs_period_us", &period_text);
		if (r == 0) {
			if (parse_u64(text, &quota) < 0 || parse_u64(period_text, &period) < 0 || period == 0)
				r = -EBADMSG;
			else
				cores = (double)quota / (double)period;
		}
	}
	effective_narrow(effective, r, cores);
}

static void effective_memory(const struct snapshot *snapshot, subject_id subject, unsigned int version,
			     struct effective *effective)
{
	const char *text = "";
	double bytes = 0;
	int r;

	r = setting_error(snapshot, subject, version == 2 ? "memory.max" : "memory.limit_in_bytes", &text);
	if (r == 0)
		r = cgroup_bytes_parse(text, &bytes);
	effective_narrow(effective, r, bytes);
}

/* "0-3,8": what the group asks for within what the groups above allow is in one file already. */
static void effective_cpuset(const struct snapshot *snapshot, subject_id subject, unsigned int version,
			     struct effective *effective)
{
	const char *text = "";
	uint64_t count = 0;
	int r;

	r = setting_error(snapshot, subject, version == 2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus", &text);
	if (r == 0)
		r = cpu_list_count(text, &count);
	/* A v1 group that was just made has none and can hold no process. */
	if (r == 0 && count == 0)
		return;
	effective_narrow(effective, r, (double)count);
}

static void effective_set(struct walk *walk, subject_id subject, const char *key, const struct effective *effective)
{
	const char *origin = walk->path.buf;

	if (effective->error < 0)
		snapshot_set_absent(walk->snapshot, subject, key, effective->error, origin);
	else if (effective->value == CGROUP_UNLIMITED)
		snapshot_set_string(walk->snapshot, subject, key, "max", origin);
	else if (effective->value == floor(effective->value))
		snapshot_setf(walk->snapshot, subject, key, origin, "%.0f", effective->value);
	else
		snapshot_setf(walk->snapshot, subject, key, origin, "%.15g", effective->value);
}

bool cgroup_mount_has(const struct cgroup_mount *mount, const char *controller)
{
	return mount->version == 2 || (mount->controllers & controller_bit(controller, strlen(controller)));
}

/* In a hybrid one v2 has no say over a controller that v1 holds; its files are not there, so its limits would read
 * as none. */
static bool hierarchy_decides(const struct walk *walk, subject_id subject, const char *controller, const char *key)
{
	return cgroup_mount_has(walk->hierarchy, controller) &&
	       (walk->unified || walk->hierarchy->version == 1 || snapshot_get(walk->snapshot, subject, key));
}

static bool cgroup_is_wanted(const struct probe_options *options, const char *name)
{
	size_t length = strlen(name);

	if (!options || options->n_cgroups == 0 || streq(name, "/"))
		return true;
	for (size_t i = 0; i < options->n_cgroups; i++) {
		const char *wanted = options->cgroups[i];

		/* One that was asked for, or above it: its limits hold below. */
		if (strncmp(wanted, name, length) == 0 && (wanted[length] == '\0' || wanted[length] == '/'))
			return true;
	}
	return false;
}

/* The subject of the directory in walk->path, or SUBJECT_NONE when there are too many. */
static subject_id walk_subject(struct walk *walk)
{
	const char *name = walk->path.buf + walk->mount_length;
	subject_id subject;

	if (!*name)
		name = "/";
	subject = snapshot_find_subject(walk->snapshot, SUBJECT_KIND_CGROUP, name);
	if (subject != SUBJECT_NONE)
		return subject;
	if (snapshot_kind_count(walk->snapshot, SUBJECT_KIND_CGROUP) >= walk->max) {
		walk->skipped++;
		return SUBJECT_NONE;
	}
	return snapshot_subject(walk->snapshot, SUBJECT_KIND_CGROUP, name,
				walk->hierarchy->version == 2 ? walk->path.buf : "");
}

static void cgroup_read_file(struct walk *walk, subject_id subject, int directory_fd, const char *name)
{
	const struct subject *s = snapshot_subject_get(walk->snapshot, subject);
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
	int r;

	r = root_read_at(walk->root, directory_fd, name, &walk->text);
	if (!s->path[0])
		strbuf_addf(&origin, "%s/%s", walk->path.buf, name);
	snapshot_set_read(walk->snapshot, subject, name, r, walk->text.buf, walk->text.len,
			  s->path[0] ? NULL : origin.buf);
}

static void cgroup_read_files(struct walk *walk, subject_id subject, int directory_fd, const struct root_list *list)
{
	unsigned int version = walk->hierarchy->version;

	for (size_t i = 0; i < list->count; i++)
		if (file_is_read(list->entries[i].name, version))
			cgroup_read_file(walk, subject, directory_fd, list->entries[i].name);
	for (size_t i = 0; walk->unified && i < ARRAY_SIZE(cgroup_files); i++)
		if (cgroup_files[i].flags & EXPECTED && !snapshot_get(walk->snapshot, subject, cgroup_files[i].name))
			snapshot_set_absent(walk->snapshot, subject, cgroup_files[i].name, -ENOENT, NULL);
}

static void cgroup_names(struct walk *walk, subject_id subject, const char *component, struct inherited *inherited)
{
	const char *origin = walk->path.buf;

	(void)cgroup_pod_uid(component, inherited->pod_uid);
	(void)cgroup_container_id(component, inherited->container_id);
	if (inherited->pod_uid[0])
		snapshot_set_string(walk->snapshot, subject, "pod_uid", inherited->pod_uid, origin);
	else
		snapshot_set_absent(walk->snapshot, subject, "pod_uid", -ENOENT, NULL);
	if (inherited->container_id[0])
		snapshot_set_string(walk->snapshot, subject, "container_id", inherited->container_id, origin);
}

/* "populated 1\nfrozen 0\n" */
static int populated_parse(const char *text)
{
	const char *at = starts_with(text, "populated ") ? text : strstr(text, "\npopulated ");

	at = at ? strchr(at, ' ') : NULL;
	if (!at || (at[1] != '0' && at[1] != '1'))
		return -EBADMSG;
	return at[1] == '1';
}

/* 1: there are processes in it (v2: or below it), 0: none, or a negative errno. */
static int cgroup_populated(struct walk *walk, int directory_fd)
{
	size_t length = walk->path.len;
	int r;

	if (walk->hierarchy->version == 2) {
		r = root_read_at(walk->root, directory_fd, "cgroup.events", &walk->text);
		return r < 0 ? r : populated_parse(walk->text.buf);
	}
	strbuf_add_string(&walk->path, "/cgroup.procs");
	r = root_read_limit(walk->root, walk->path.buf, 64, &walk->text);
	strbuf_truncate(&walk->path, length);
	if (r == -EFBIG)
		return 1;
	return r < 0 ? r : walk->text.len > 0;
}

static void populated_set(struct walk *walk, subject_id subject, int populated)
{
	const char *known = snapshot_text(walk->snapshot, subject, "populated");

	if (known && streq(known, "1"))		/* in another hierarchy */
		return;
	if (populated >= 0)
		snapshot_set_string(walk->snapshot, subject, "populated", populated ? "1" : "0", walk->path.buf);
	else if (!known && populated != -ENOENT)	/* the top group of v2 has no events */
		snapshot_set_absent(walk->snapshot, subject, "populated", populated, walk->path.buf);
}

static int cgroup_walk(struct walk *walk, const char *component, unsigned int depth, struct inherited inherited);

/* Whether any group below has processes. */
static bool cgroup_walk_children(struct walk *walk, const struct root_list *list, unsigned int depth,
				 const struct inherited *inherited)
{
	size_t length = walk->path.len;
	bool populated = false;

	for (size_t i = 0; i < list->count; i++) {
		if (list->entries[i].type != DT_DIR)
			continue;
		if (depth == CGROUP_DEPTH_MAX) {
			walk->too_deep++;
			continue;
		}
		strbuf_addf(&walk->path, "/%s", list->entries[i].name);
		if (cgroup_is_wanted(walk->options, walk->path.buf + walk->mount_length) &&
		    cgroup_walk(walk, list->entries[i].name, depth + 1, *inherited) > 0)
			populated = true;
		strbuf_truncate(&walk->path, length);
	}
	return populated;
}

/* The group in walk->path and those below it.  1: there are processes, 0: none seen, negative: not readable. */
static int cgroup_walk(struct walk *walk, const char *component, unsigned int depth, struct inherited inherited)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	unsigned int version = walk->hierarchy->version;
	CLEANUP(close_fd) int fd = -1;
	subject_id subject;
	int populated, r;

	r = root_open_fd(walk->root, walk->path.buf, O_DIRECTORY, &fd);
	if (r == 0)
		r = root_list(walk->root, walk->path.buf, &list);
	if (r < 0)
		return r;		/* removed between listing and opening, or forbidden */
	subject = walk_subject(walk);
	if (subject == SUBJECT_NONE)
		return 0;

	if (!snapshot_get(walk->snapshot, subject, "version"))
		snapshot_setf(walk->snapshot, subject, "version", walk->path.buf, "%u", version);
	cgroup_names(walk, subject, component, &inherited);
	cgroup_read_files(walk, subject, fd, &list);
	if (hierarchy_decides(walk, subject, "cpu", "cpu.max")) {
		effective_cpu(walk->snapshot, subject, version, &inherited.cpu_cores);
		effective_set(walk, subject, "effective.cpu.quota", &inherited.cpu_cores);
	}
	if (hierarchy_decides(walk, subject, "memory", "memory.max")) {
		effective_memory(walk->snapshot, subject, version, &inherited.memory_bytes);
		effective_set(walk, subject, "effective.memory.max", &inherited.memory_bytes);
	}
	if (cgroup_mount_has(walk->hierarchy, "cpuset")) {
		effective_cpuset(walk->snapshot, subject, version, &inherited.cpuset_cpus);
		if (inherited.cpuset_cpus.error < 0 || inherited.cpuset_cpus.value != CGROUP_UNLIMITED)
			effective_set(walk, subject, "effective.cpuset.cpus", &inherited.cpuset_cpus);
	}
	populated = cgroup_populated(walk, fd);
	close_fd(&fd);
	if (cgroup_walk_children(walk, &list, depth, &inherited))
		populated = 1;
	populated_set(walk, subject, populated);
	return populated;
}

static void hierarchy_read(struct walk *walk, const struct cgroup_mount *hierarchy)
{
	const struct inherited nothing = {
		.cpu_cores.value = CGROUP_UNLIMITED,
		.memory_bytes.value = CGROUP_UNLIMITED,
		.cpuset_cpus.value = CGROUP_UNLIMITED,
	};
	struct place place = { .file = hierarchy->path };
	int r;

	walk->hierarchy = hierarchy;
	strbuf_reset(&walk->path);
	strbuf_add_string(&walk->path, hierarchy->path);
	walk->mount_length = walk->path.len;
	walk->skipped = walk->too_deep = 0;
	r = cgroup_walk(walk, "", 0, nothing);
	if (r < 0 && r != -ENOENT)
		(void)diag_warning(snapshot_notes(walk->snapshot), &place, "cannot read the control groups: %s",
				   strerror(-r));
	if (walk->skipped)
		(void)diag_warning(snapshot_notes(walk->snapshot), &place,
				   "%u control groups beyond the first %u and those below them were left out",
				   walk->skipped, walk->max);
	if (walk->too_deep)
		(void)diag_warning(snapshot_notes(walk->snapshot), &place,
				   "%u control groups more than %u levels deep were left out", walk->too_deep,
				   CGROUP_DEPTH_MAX);
}

int cgroup_mounts_find(const struct root *root, struct cgroup_mounts *found)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool mounted_here = false;
	int r, looked;

	r = root_read_limit(root, "/proc/self/mountinfo", CGROUP_MOUNTINFO_MAX, &text);
	if (r >= 0)
		cgroup_mounts_parse(text.buf, found);
	for (size_t i = 0; i < found->count; i++)
		mounted_here = mounted_here || root_exists(root, found->list[i].path);
	if (r >= 0 && (mounted_here || found->count == 0 || root_is_live(root)))
		return 0;
	looked = hierarchies_look(root, found);
	return r < 0 ? looked : 0;
}

static int cgroup_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	CLEANUP(cgroup_mounts_release) struct cgroup_mounts found = { 0 };
	struct walk walk = {
		.root = root,
		.options = options,
		.snapshot = snapshot,
		.path = STRBUF_INIT,
		.text = STRBUF_INIT,
		.max = options && options->cgroup_max ? options->cgroup_max : CGROUP_MAX,
	};
	static const char origin[] = "/proc/self/mountinfo";
	int r;

	r = cgroup_mounts_find(root, &found);
	if (r < 0) {
		snapshot_set_absent(snapshot, SUBJECT_HOST, "cgroups.hierarchy", r, origin);
		return 0;
	}
	snapshot_set_string(snapshot, SUBJECT_HOST, "cgroups.hierarchy", hierarchies_name(&found), origin);
	walk.unified = found.v2 && !found.v1;
	for (unsigned int version = 1; version <= 2; version++)
		for (size_t i = 0; i < found.count; i++)
			if (found.list[i].version == version)
				hierarchy_read(&walk, &found.list[i]);
	strbuf_release(&walk.path);
	strbuf_release(&walk.text);
	return 0;
}

static const char *const cgroup_paths[] = {
	"/proc/self/mountinfo",
	"/sys/fs/cgroup/**/blkio.*weight*",
	"/sys/fs/cgroup/**/blkio.throttle.*_device",
	"/sys/fs/cgroup/**/cgroup.controllers",
	"/sys/fs/cgroup/**/cgroup.events",
	"/sys/fs/cgroup/**/cgroup.freeze",
	"/sys/fs/cgroup/**/cgroup.max.*",
	"/sys/fs/cgroup/**/cgroup.procs",
	"/sys/fs/cgroup/**/cgroup.subtree_control",
	"/sys/fs/cgroup/**/cgroup.type",
	"/sys/fs/cgroup/**/cpu.cfs_*_us",
	"/sys/fs/cgroup/**/cpu.idle",
	"/sys/fs/cgroup/**/cpu.max*",
	"/sys/fs/cgroup/**/cpu.rt_*_us",
	"/sys/fs/cgroup/**/cpu.shares",
	"/sys/fs/cgroup/**/cpu.uclamp.*",
	"/sys/fs/cgroup/**/cpu.weight*",
	"/sys/fs/cgroup/**/cpuset.cpu_exclusive",
	"/sys/fs/cgroup/**/cpuset.cpus*",
	"/sys/fs/cgroup/**/cpuset.effective_*",
	"/sys/fs/cgroup/**/cpuset.mem_exclusive",
	"/sys/fs/cgroup/**/cpuset.memory_migrate",
	"/sys/fs/cgroup/**/cpuset.mems*",
	"/sys/fs/cgroup/**/cpuset.sched_load_balance",
	"/sys/fs/cgroup/**/dmem.*",
	"/sys/fs/cgroup/**/hugetlb.*limit_in_bytes",
	"/sys/fs/cgroup/**/hugetlb.*max",
	"/sys/fs/cgroup/**/io.bfq.weight",
	"/sys/fs/cgroup/**/io.cost.*",
	"/sys/fs/cgroup/**/io.latency",
	"/sys/fs/cgroup/**/io.max",
	"/sys/fs/cgroup/**/io.prio.class",
	"/sys/fs/cgroup/**/io.weight",
	"/sys/fs/cgroup/**/memory.*limit_in_bytes",
	"/sys/fs/cgroup/**/memory.high",
	"/sys/fs/cgroup/**/memory.low",
	"/sys/fs/cgroup/**/memory.max",
	"/sys/fs/cgroup/**/memory.min",
	"/sys/fs/cgroup/**/memory.move_charge_at_immigrate",
	"/sys/fs/cgroup/**/memory.oom.group",
	"/sys/fs/cgroup/**/memory.oom_control",
	"/sys/fs/cgroup/**/memory.swap.high",
	"/sys/fs/cgroup/**/memory.swap.max",
	"/sys/fs/cgroup/**/memory.swappiness",
	"/sys/fs/cgroup/**/memory.use_hierarchy",
	"/sys/fs/cgroup/**/memory.zswap.*",
	"/sys/fs/cgroup/**/misc.max",
	"/sys/fs/cgroup/**/pids.max",
	"/sys/fs/cgroup/**/rdma.max",
	NULL,
};

const struct probe probe_cgroup = {
	.name = "cgroup",
	.summary = "limits and protections of control groups, v1 and v2",
	.paths = cgroup_paths,
	.read = cgroup_read,
};
