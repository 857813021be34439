/* SPDX-License-Identifier: Apache-2.0 */
/* How many inotify instances and watches the user with the most of them holds.  The kernel counts both for each user
 * and refuses more than fs.inotify.max_user_*, but shows the count nowhere: it is the sum over the descriptors of all
 * his processes, which only root sees.  proc(5), Documentation/filesystems/proc.rst section 3.8.
 *
 *	/proc/812/fd/7 -> anon_inode:inotify
 *	/proc/812/fdinfo/7:
 *	pos:	0
 *	flags:	02004000
 *	inotify wd:2 ino:7cc0 sdev:fd00001 mask:fc6 ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:c07c…
 *
 * Who asked for an instance is who it counts for, taken as the effective user that the process has now.  One that was
 * inherited by a child is seen twice, and what processes of other PID namespaces hold is not seen from inside one. */
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "../core/parse.h"
#include "probe.h"
#include "process.h"

#define PROCESSES_MAX 20000
#define DESCRIPTORS_MAX 300000		/* of all processes together */
#define WATCH_BYTES_MAX (64U << 20)	/* of all fdinfo together: half a million watches */
#define USERS_MAX 4096
#define WATCH_LINE "inotify "

struct inotify_user {
	uint64_t uid, instances, watches;
	uint64_t most;			/* instances of the process below */
	char pid[24];
};

struct inotify_scan {
	const struct root *root;
	struct inotify_user *users;
	size_t count, capacity;
	uint64_t descriptors, bytes;
	bool looked;			/* some process showed its descriptors */
	int hidden;			/* why not all of them were seen: a negative errno */
	int watches_hidden;
	struct strbuf path, text;
};

static struct inotify_user *find_user(struct inotify_scan *scan, uint64_t uid)
{
	for (size_t i = 0; i < scan->count; i++)
		if (scan->users[i].uid == uid)
			return &scan->users[i];
	if (scan->count == USERS_MAX) {
		scan->hidden = -E2BIG;
		return NULL;
	}
	GROW(scan->users, scan->capacity, scan->count + 1);
	scan->users[scan->count] = (struct inotify_user){ .uid = uid };
	return &scan->users[scan->count++];
}

/* Uid:	0	101	101	101 : real, effective, saved, of the file system */
static int effective_user(struct inotify_scan *scan, const char *pid, uint64_t *ret_uid)
{
	const char *cursor, *word;
	size_t length;
	int r;

	strbuf_reset(&scan->path);
	strbuf_addf(&scan->path, "/proc/%s/status", pid);
	r = root_read(scan->root, scan->path.buf, &scan->text);
	if (r < 0)
		return r;
	if (!process_status_find(scan->text.buf, "Uid", &word, &length))
		return -EBADMSG;
	cursor = word + length;
	if (!next_word(&cursor, &word, &length) || !scan_u64(&word, ret_uid))
		return -EBADMSG;
	return 0;
}

/* Lines that begin with WATCH_LINE, however the pieces that are read cut them. */
static int count_watches(struct inotify_scan *scan, int fd, uint64_t *ret_count)
{
	CLEANUP(free_ptr) char *buffer = xmalloc(65536);
	size_t matched = 0;
	uint64_t count = 0;
	bool possible = true;		/* all of this line so far is the beginning of WATCH_LINE */

	while (scan->bytes <= WATCH_BYTES_MAX) {
		ssize_t n = read(fd, buffer, 65536);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) {
			*ret_count = count;
			return 0;
		}
		scan->bytes += (uint64_t)n;
		for (ssize_t i = 0; i < n; i++) {
			if (buffer[i] == '\n') {
				matched = 0;
				possible = true;
			} else if (possible && matched < strlen(WATCH_LINE)) {
				possible = buffer[i] == WATCH_LINE[matched++];
				count += possible && matched == strlen(WATCH_LINE);
			}
		}
	}
	return -EFBIG;
}

static void add_watches(struct inotify_scan *scan, const char *pid, const char *number, struct inotify_user *user)
{
	CLEANUP(close_fd) int fd = -1;
	uint64_t watches = 0;
	int r;

	strbuf_reset(&scan->path);
	strbuf_addf(&scan->path, "/proc/%s/fdinfo/%s", pid, number);
	r = root_open_fd(scan->root, scan->path.buf, 0, &fd);
	if (r == 0)
		r = count_watches(scan, fd, &watches);
	if (r == 0)
		user->watches += watches;
	else if (r != -ENOENT && r != -ESRCH)	/* closed meanwhile */
		scan->watches_hidden = r;
}

static bool is_inotify(struct inotify_scan *scan, const char *pid, const char *number)
{
	strbuf_reset(&scan->path);
	strbuf_addf(&scan->path, "/proc/%s/fd/%s", pid, number);
	return root_readlink(scan->root, scan->path.buf, &scan->text) == 0 &&
	       streq(scan->text.buf, "anon_inode:inotify");
}

static void scan_process(struct inotify_scan *scan, const char *pid)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	struct inotify_user *user = NULL;
	uint64_t instances = 0, uid;
	int r;

	strbuf_reset(&scan->path);
	strbuf_addf(&scan->path, "/proc/%s/fd", pid);
	r = root_list_limit(scan->root, scan->path.buf, DESCRIPTORS_MAX - scan->descriptors, &list);
	if (r < 0 && r != -ENOENT && r != -ESRCH)
		scan->hidden = r;
	scan->looked = scan->looked || r == 0;
	scan->descriptors += list.count;
	for (size_t i = 0; i < list.count; i++) {
		if (!is_inotify(scan, pid, list.entries[i].name))
			continue;
		if (!user) {
			r = effective_user(scan, pid, &uid);
			if (r == 0)
				user = find_user(scan, uid);
			else if (r != -ENOENT && r != -ESRCH)
				scan->hidden = r;
			if (!user)
				return;
		}
		instances++;
		user->instances++;
		add_watches(scan, pid, list.entries[i].name, user);
	}
	if (user && instances > user->most) {
		user->most = instances;
		(void)snprintf(user->pid, sizeof(user->pid), "%s", pid);
	}
}

static void scan_processes(struct inotify_scan *scan, const struct root_list *list)
{
	uint32_t scanned = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint64_t pid;

		if (parse_u64(list->entries[i].name, &pid) < 0)
			continue;
		if (scanned++ == PROCESSES_MAX || scan->descriptors >= DESCRIPTORS_MAX) {
			scan->hidden = -E2BIG;
			return;
		}
		scan_process(scan, list->entries[i].name);
	}
}

static void record_count(struct snapshot *snapshot, const char *key, int hidden, uint64_t count)
{
	if (hidden < 0)
		snapshot_set_absent(snapshot, SUBJECT_HOST, key, hidden, "/proc");
	else
		snapshot_setf(snapshot, SUBJECT_HOST, key, "/proc", "%" PRIu64, count);
}

static void record_scan(struct inotify_scan *scan, struct snapshot *snapshot)
{
	const struct inotify_user none = { 0 };
	const struct inotify_user *instances = &none, *watches = &none;

	for (size_t i = 0; i < scan->count; i++) {
		if (scan->users[i].instances > instances->instances)
			instances = &scan->users[i];
		if (scan->users[i].watches > watches->watches)
			watches = &scan->users[i];
	}
	record_count(snapshot, "inotify.instances", scan->hidden, instances->instances);
	record_count(snapshot, "inotify.watches", scan->hidden ? scan->hidden : scan->watches_hidden, watches->watches);
	if (scan->hidden < 0 || instances->instances == 0)
		return;
	snapshot_setf(snapshot, SUBJECT_HOST, "inotify.instances.uid", "/proc", "%" PRIu64, instances->uid);
	snapshot_set_string(snapshot, SUBJECT_HOST, "inotify.instances.pid", instances->pid, "/proc");
	if (scan->watches_hidden == 0 && watches->watches > 0)
		snapshot_setf(snapshot, SUBJECT_HOST, "inotify.watches.uid", "/proc", "%" PRIu64, watches->uid);
}

static int inotify_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct inotify_scan scan = { .root = root, .path = STRBUF_INIT, .text = STRBUF_INIT };
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	int r = root_list(root, "/proc", &list);

	(void)options;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	scan_processes(&scan, &list);
	/* A captured tree has no descriptors: nobody looked. */
	if (scan.looked || (scan.hidden < 0 && root_is_live(root)))
		record_scan(&scan, snapshot);
	free(scan.users);
	strbuf_release(&scan.path);
	strbuf_release(&scan.text);
	return 0;
}

/* Links and what is behind them, which are not copied. */
static const char *const inotify_paths[] = { NULL };

const struct probe probe_inotify = {
	.name = "inotify",
	.summary = "inotify instances and watches of the user who holds the most",
	.paths = inotify_paths,
	.read = inotify_read,
};
