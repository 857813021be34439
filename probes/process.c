/* SPDX-License-Identifier: Apache-2.0 */
/* Chosen processes, or those that hold the most memory: limits, scheduling, how the OOM killer sees them.
 * proc(5), Documentation/filesystems/proc.rst.
 * A command line may hold secrets: it is kept only for a process that was asked for by its number. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/parse.h"
#include "probe.h"

#define PROCESSES_LARGEST 12
#define PROCESSES_SCANNED_MAX 20000
#define FDS_LOOKED_AT 4096
#define MAPS_BYTES_MAX (64U << 20)

/* One process while it is read: a directory kept open is the same process, or ESRCH. */
struct process {
	const struct root *root;
	struct snapshot *snapshot;
	subject_id subject;
	int fd;
	const char *path;
	struct strbuf text;
};

int process_stat_parse(const char *text, struct process_stat *ret_stat)
{
	/* 1174 (a) b (c)) S 1 1174 1174 0 -1 4194560 … : the name ends at the last parenthesis.  After it comes field 3;
	 * nice is field 19, threads 20, policy 41. */
	const char *open = strchr(text, '('), *close = strrchr(text, ')'), *cursor, *word;
	struct process_stat stat = { 0 };
	CLEANUP(free_ptr) char *nice = NULL;
	size_t length;

	if (!open || !close || close < open)
		return -EBADMSG;
	stat.comm = open + 1;
	stat.comm_length = (size_t)(close - open - 1);
	cursor = close + 1;
	for (unsigned int field = 3; field <= 41; field++) {
		const char *number;

		if (!next_word(&cursor, &word, &length))
			return -EBADMSG;
		number = word;
		if (field == 19)
			nice = xstrndup(word, length);
		if ((field == 20 && !scan_u64(&number, &stat.threads)) ||
		    (field == 41 && !scan_u64(&number, &stat.policy)))
			return -EBADMSG;
	}
	if (parse_i64(nice, &stat.nice) < 0)
		return -EBADMSG;
	*ret_stat = stat;
	return 0;
}

int process_limit_parse(const char *text, const char *name, struct process_limit *ret_limit)
{
	/* Max open files            1024                 524288               files */
	struct process_limit limit;
	const char *cursor = text;

	do {
		const char *at = cursor + strlen(name);

		if (!starts_with(cursor, name) || (*at != ' ' && *at != '\t'))
			continue;
		if (!next_word(&at, &limit.soft, &limit.soft_length) || !next_word(&at, &limit.hard, &limit.hard_length))
			return -EBADMSG;
		*ret_limit = limit;
		return 0;
	} while (next_line(&cursor));
	return -ENOENT;
}

bool process_status_find(const char *text, const char *name, const char **ret_value, size_t *ret_length)
{
	size_t length = strlen(name);
	const char *cursor = text;

	do {
		const char *at = cursor + length + 1;

		if (strncmp(cursor, name, length) == 0 && cursor[length] == ':')
			return next_word(&at, ret_value, ret_length);
	} while (next_line(&cursor));
	return false;
}

/* How much a line of /proc/PID/cgroup says: 4:memory:/a   1:cpu,cpuacct:/   0::/a */
static unsigned int cgroup_line_rank(const char *controllers, size_t length)
{
	static const char *const ranked[] = { "cpu", "memory" };
	size_t start = 0;
	unsigned int rank = length == 0;

	for (size_t i = 0; i <= length; i++) {
		if (i < length && controllers[i] != ',')
			continue;
		for (unsigned int r = 0; r < ARRAY_SIZE(ranked); r++)
			if (strlen(ranked[r]) == i - start && memcmp(ranked[r], controllers + start, i - start) == 0)
				rank = MAX(rank, r + 2);
		start = i + 1;
	}
	return rank;
}

const char *process_cgroup_find(const char *text, size_t *ret_length)
{
	const char *best = NULL, *cursor = text;
	unsigned int best_rank = 0;

	do {
		size_t end = strcspn(cursor, "\n");
		const char *first = memchr(cursor, ':', end);
		const char *second = first ? memchr(first + 1, ':', end - (size_t)(first + 1 - cursor)) : NULL;
		unsigned int rank;

		if (!second || second[1] != '/')
			continue;
		rank = cgroup_line_rank(first + 1, (size_t)(second - first - 1));
		if (rank > best_rank) {
			best_rank = rank;
			best = second + 1;
			*ret_length = end - (size_t)(best - cursor);
		}
	} while (next_line(&cursor));
	return best;
}

/* "512m", "4G", "1073741824" */
static uint64_t heap_size(const char *text)
{
	static const char suffixes[] = "kmgt";
	const char *suffix;
	uint64_t value;

	if (!scan_u64(&text, &value))
		return 0;
	if (!*text)
		return value;
	suffix = strchr(suffixes, *text | 0x20);
	if (!suffix || text[1])
		return 0;
	for (const char *s = suffixes; s <= suffix; s++)
		if (__builtin_mul_overflow(value, 1024, &value))
			return 0;
	return value;
}

void process_heap_parse(const char *cmdline, size_t length, struct process_heap *ret_heap)
{
	static const char *const sizes[] = { "-Xmx", "-XX:MaxHeapSize=" };
	static const char percent[] = "-XX:MaxRAMPercentage=";

	*ret_heap = (struct process_heap){ 0 };
	for (size_t i = 0; i < length; i += strnlen(cmdline + i, length - i) + 1) {
		CLEANUP(free_ptr) char *word = xstrndup(cmdline + i, strnlen(cmdline + i, length - i));
		double value;

		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
			if (starts_with(word, sizes[s]) && heap_size(word + strlen(sizes[s])))
				ret_heap->bytes = heap_size(word + strlen(sizes[s]));
		if (starts_with(word, percent) && parse_real(word + strlen(percent), &value) == 0 && value > 0 &&
		    value <= 100)
			ret_heap->percent = value;
	}
}

const char *process_command_parse(const char *cmdline, size_t length, size_t *ret_length)
{
	size_t end = 0, start = 0;

	while (end < length && cmdline[end] && cmdline[end] != ' ') {
		if (cmdline[end] == '/')
			start = end + 1;
		end++;
	}
	if (end > start && cmdline[end - 1] == ':')
		end--;
	*ret_length = end - start;
	return cmdline + start;
}

static void process_set_file(struct process *process, const char *file)
{
	int r = root_read_at(process->root, process->fd, file, &process->text);

	if (r == 0)
		strbuf_trim(&process->text);
	snapshot_set_read(process->snapshot, process->subject, file, r, process->text.buf, process->text.len, NULL);
}

static void process_set_stat(struct process *process, const struct process_stat *stat)
{
	static const char *const policies[] = { "other", "fifo", "rr", "batch", NULL, "idle", "deadline", "ext" };
	const char *policy = stat->policy < ARRAY_SIZE(policies) ? policies[stat->policy] : NULL;
	struct snapshot *snapshot = process->snapshot;
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;

	strbuf_addf(&origin, "%s/stat", process->path);
	snapshot_set(snapshot, process->subject, "comm", stat->comm, stat->comm_length, origin.buf);
	snapshot_setf(snapshot, process->subject, "nice", origin.buf, "%" PRIi64, stat->nice);
	snapshot_setf(snapshot, process->subject, "threads", origin.buf, "%" PRIu64, stat->threads);
	if (policy)
		snapshot_set_string(snapshot, process->subject, "policy", policy, origin.buf);
	else
		snapshot_set_absent(snapshot, process->subject, "policy", -EBADMSG, origin.buf);
}

/* Each as "SOFT HARD", the form prlimit(1) writes it in; the halves of the usual ones by themselves too. */
static void process_set_limits(struct process *process)
{
	/* clang-format off */
	static const struct {
		const char *name, *key;
		const char *soft_key, *hard_key;
	} limits[] = {
		{ "Max address space", "limit.as", NULL, NULL },
		{ "Max core file size", "limit.core", NULL, NULL },
		{ "Max data size", "limit.data", NULL, NULL },
		{ "Max file size", "limit.fsize", NULL, NULL },
		{ "Max locked memory", "limit.memlock", "limit.memlock.soft", "limit.memlock.hard" },
		{ "Max msgqueue size", "limit.msgqueue", NULL, NULL },
		{ "Max open files", "limit.nofile", "limit.nofile.soft", "limit.nofile.hard" },
		{ "Max pending signals", "limit.sigpending", NULL, NULL },
		{ "Max processes", "limit.nproc", "limit.nproc.soft", "limit.nproc.hard" },
		{ "Max realtime priority", "limit.rtprio", NULL, NULL },
		{ "Max realtime timeout", "limit.rttime", NULL, NULL },
		{ "Max stack size", "limit.stack", NULL, NULL },
	};
	/* clang-format on */
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT, both = STRBUF_INIT;
	struct snapshot *snapshot = process->snapshot;
	int r = root_read_at(process->root, process->fd, "limits", &process->text);

	strbuf_addf(&origin, "%s/limits", process->path);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct process_limit limit = { "", "", 0, 0 };
		int found = r < 0 ? r : process_limit_parse(process->text.buf, limits[i].name, &limit);

		strbuf_reset(&both);
		strbuf_add(&both, limit.soft, limit.soft_length);
		strbuf_add_char(&both, ' ');
		strbuf_add(&both, limit.hard, limit.hard_length);
		snapshot_set_read(snapshot, process->subject, limits[i].key, found, both.buf, both.len, origin.buf);
		if (!limits[i].soft_key)
			continue;
		snapshot_set_read(snapshot, process->subject, limits[i].soft_key, found, limit.soft, limit.soft_length,
				  origin.buf);
		snapshot_set_read(snapshot, process->subject, limits[i].hard_key, found, limit.hard, limit.hard_length,
				  origin.buf);
	}
}

static void process_set_status(struct process *process)
{
	static const struct {
		const char *name, *key;
	} fields[] = {
		{ "Cpus_allowed_list", "cpus_allowed" }, { "Mems_allowed_list", "mems_allowed" },
		{ "Uid", "uid" },			 { "VmRSS", "rss" },
		{ "VmSwap", "swap" },
	};
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
	int r = root_read_at(process->root, process->fd, "status", &process->text);

	strbuf_addf(&origin, "%s/status", process->path);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *value = "";
		size_t length = 0;
		int found = r;

		/* A kernel thread has no memory of its own, and no such line. */
		if (found == 0 && !process_status_find(process->text.buf, fields[i].name, &value, &length))
			found = -ENOENT;
		snapshot_set_read(process->snapshot, process->subject, fields[i].key, found, value, length, origin.buf);
	}
}

static void process_set_cgroup(struct process *process)
{
	const char *path = "";
	size_t length = 0;
	int r = root_read_at(process->root, process->fd, "cgroup", &process->text);

	if (r == 0)
		path = process_cgroup_find(process->text.buf, &length);
	snapshot_set_read(process->snapshot, process->subject, "cgroup", r == 0 && !path ? -ENOENT : r, path, length,
			  NULL);
}

/* Descriptors of epoll among the first ones, where servers have theirs: who has one waits for his files without select().
 * Links, which a captured tree does not have.  How many are open is measured (process-files). */
static void process_set_epoll(struct process *process)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	uint64_t count = 0;
	int r;

	strbuf_addf(&path, "%s/fd", process->path);
	r = root_list_limit(process->root, path.buf, FDS_LOOKED_AT, &list);
	if (r < 0 && r != -E2BIG) {
		snapshot_set_absent(process->snapshot, process->subject, "fds.epoll", r, path.buf);
		return;
	}
	for (size_t i = 0; i < list.count; i++) {
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/fd/%s", process->path, list.entries[i].name);
		count += root_readlink(process->root, path.buf, &process->text) == 0 &&
			 streq(process->text.buf, "anon_inode:[eventpoll]");
	}
	strbuf_reset(&path);
	strbuf_addf(&path, "%s/fd", process->path);
	snapshot_setf(process->snapshot, process->subject, "fds.epoll", path.buf, "%" PRIu64, count);
}

static int count_lines(int fd, uint64_t *ret_lines)
{
	CLEANUP(free_ptr) char *buffer = xmalloc(65536);
	uint64_t bytes = 0, lines = 0;

	while (bytes <= MAPS_BYTES_MAX) {
		ssize_t n = read(fd, buffer, 65536);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) {
			*ret_lines = lines;
			return 0;
		}
		bytes += (uint64_t)n;
		for (ssize_t i = 0; i < n; i++)
			lines += buffer[i] == '\n';
	}
	return -EFBIG;
}

static void process_set_maps(struct process *process)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(close_fd) int fd = -1;
	uint64_t lines = 0;
	int r;

	strbuf_addf(&path, "%s/maps", process->path);
	r = root_open_fd(process->root, path.buf, 0, &fd);
	if (r == 0)
		r = count_lines(fd, &lines);
	if (r < 0)
		snapshot_set_absent(process->snapshot, process->subject, "maps", r, path.buf);
	else
		snapshot_setf(process->snapshot, process->subject, "maps", path.buf, "%" PRIu64, lines);
}

static void process_set_heap(struct process *process, const char *cmdline, size_t length, const char *origin)
{
	struct process_heap heap;

	process_heap_parse(cmdline, length, &heap);
	if (heap.bytes)
		snapshot_setf(process->snapshot, process->subject, "jvm.heap_max", origin, "%" PRIu64, heap.bytes);
	if (heap.percent > 0)
		snapshot_setf(process->snapshot, process->subject, "jvm.heap_percent", origin, "%.15g", heap.percent);
}

static void process_set_cmdline(struct process *process, bool keep)
{
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
	struct strbuf *text = &process->text;
	const char *command;
	size_t length;
	int r = root_read_at(process->root, process->fd, "cmdline", text);

	strbuf_addf(&origin, "%s/cmdline", process->path);
	if (r == 0 && text->len == 0)		/* a kernel thread */
		r = -ENOENT;
	if (r < 0) {
		snapshot_set_absent(process->snapshot, process->subject, "command", r, origin.buf);
		return;
	}
	command = process_command_parse(text->buf, text->len, &length);
	snapshot_set(process->snapshot, process->subject, "command", command, length, origin.buf);
	if (length == 4 && memcmp(command, "java", 4) == 0)
		process_set_heap(process, text->buf, text->len, origin.buf);
	if (!keep)
		return;
	for (size_t i = 0; i < text->len; i++)
		text->buf[i] = text->buf[i] ? text->buf[i] : ' ';
	strbuf_trim(text);
	snapshot_set(process->snapshot, process->subject, "cmdline", text->buf, text->len, origin.buf);
}

static int process_describe(struct process *process, const char *pid, bool chosen)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	struct process_stat stat;
	int r;

	r = root_read_at(process->root, process->fd, "stat", &process->text);
	if (r == 0)
		r = process_stat_parse(process->text.buf, &stat);
	if (r < 0)
		return r;
	strbuf_addf(&name, "%s (", pid);
	strbuf_add(&name, stat.comm, stat.comm_length);
	strbuf_add_char(&name, ')');
	process->subject = snapshot_subject(process->snapshot, SUBJECT_KIND_PROCESS, name.buf, process->path);
	if (process->subject == SUBJECT_NONE)
		return -E2BIG;
	process_set_stat(process, &stat);
	process_set_file(process, "oom_score");
	process_set_file(process, "oom_score_adj");
	process_set_limits(process);
	process_set_status(process);
	process_set_cgroup(process);
	if (root_is_live(process->root))
		process_set_epoll(process);
	process_set_maps(process);
	process_set_cmdline(process, chosen);
	return 0;
}

static int process_read_one(const struct root *root, const char *pid, bool chosen, struct snapshot *snapshot)
{
	struct process process = { .root = root, .snapshot = snapshot, .fd = -1, .text = STRBUF_INIT };
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	int r;

	strbuf_addf(&path, "/proc/%s", pid);
	process.path = path.buf;
	r = root_open_fd(root, path.buf, O_DIRECTORY, &process.fd);
	if (r == 0)
		r = process_describe(&process, pid, chosen);
	close_fd(&process.fd);
	strbuf_release(&process.text);
	return r;
}

struct candidate {
	const char *pid;		/* lent, of the listing */
	uint64_t rss;
};

/* Resident memory in pages (statm) or kB (status): the same unit within one root.  0: none, or gone. */
static uint64_t candidate_rss(const struct root *root, const char *pid, struct strbuf *path, struct strbuf *text)
{
	const char *cursor, *word;
	uint64_t size, rss = 0;
	size_t length;

	strbuf_reset(path);
	strbuf_addf(path, "/proc/%s/%s", pid, root_is_live(root) ? "statm" : "status");
	if (root_read(root, path->buf, text) < 0)
		return 0;
	cursor = text->buf;
	if (root_is_live(root)) {	/* 5678 1234 987 1 0 456 0: size, resident … */
		if (!scan_u64(&cursor, &size) || !next_word(&cursor, &word, &length) || !scan_u64(&word, &rss))
			return 0;
		return rss;
	}
	if (!process_status_find(text->buf, "VmRSS", &word, &length) || !scan_u64(&word, &rss))
		return 0;
	return rss;
}

/* Keeps largest[] sorted, the largest first. */
static void candidate_insert(struct candidate *largest, size_t *count, struct candidate candidate)
{
	size_t i = *count;

	if (i == PROCESSES_LARGEST) {
		if (largest[i - 1].rss >= candidate.rss)
			return;
		i--;
	} else {
		(*count)++;
	}
	for (; i > 0 && largest[i - 1].rss < candidate.rss; i--)
		largest[i] = largest[i - 1];
	largest[i] = candidate;
}

static int process_read_largest(const struct root *root, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	struct candidate largest[PROCESSES_LARGEST];
	uint32_t scanned = 0, left_out = 0;
	size_t count = 0;
	int r;

	r = root_list(root, "/proc", &list);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < list.count; i++) {
		struct candidate candidate = { .pid = list.entries[i].name };
		uint64_t pid;

		if (parse_u64(candidate.pid, &pid) < 0)
			continue;
		if (scanned == PROCESSES_SCANNED_MAX) {
			left_out++;
			continue;
		}
		scanned++;
		candidate.rss = candidate_rss(root, candidate.pid, &path, &text);
		if (candidate.rss > 0)
			candidate_insert(largest, &count, candidate);
	}
	for (size_t i = 0; i < count; i++)
		(void)process_read_one(root, largest[i].pid, false, snapshot);	/* it may have ended meanwhile */
	if (left_out)
		(void)diag_warning(snapshot_notes(snapshot), NULL,
				   "%u processes beyond the first %u were not looked at", left_out,
				   PROCESSES_SCANNED_MAX);
	return 0;
}

/* Users of the described processes, and how many threads each of them runs in all. */
struct user_threads {
	uint64_t uid, threads;
};

static bool status_number(const char *text, const char *name, uint64_t *ret_value)
{
	const char *word;
	size_t length;

	return process_status_find(text, name, &word, &length) && scan_u64(&word, ret_value);
}

static void count_user_threads(const struct root *root, struct user_threads *users, size_t count)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	uint64_t pid, uid, threads;

	(void)root_list(root, "/proc", &list);
	for (size_t i = 0; i < list.count; i++) {
		if (parse_u64(list.entries[i].name, &pid) < 0)
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "/proc/%s/status", list.entries[i].name);
		if (root_read(root, path.buf, &text) < 0 || !status_number(text.buf, "Uid", &uid) ||
		    !status_number(text.buf, "Threads", &threads))
			continue;
		for (size_t u = 0; u < count; u++)
			if (users[u].uid == uid)
				users[u].threads += threads;
	}
}

/* RLIMIT_NPROC of a process is compared with the threads of its whole user. */
static void set_user_threads(const struct root *root, struct snapshot *snapshot)
{
	uint32_t processes = snapshot_kind_count(snapshot, SUBJECT_KIND_PROCESS);
	struct user_threads *users = xcalloc((size_t)processes + 1, sizeof(*users));
	size_t count = 0;

	for (uint32_t i = 0; i < processes; i++) {
		const char *raw = snapshot_text(snapshot, snapshot_kind_get(snapshot, SUBJECT_KIND_PROCESS, i), "uid");
		uint64_t uid;
		size_t u = 0;

		if (!raw || parse_u64(raw, &uid) < 0)
			continue;
		while (u < count && users[u].uid != uid)
			u++;
		if (u == count)
			users[count++].uid = uid;
	}
	if (count > 0)
		count_user_threads(root, users, count);
	for (uint32_t i = 0; i < processes; i++) {
		subject_id subject = snapshot_kind_get(snapshot, SUBJECT_KIND_PROCESS, i);
		const char *raw = snapshot_text(snapshot, subject, "uid");
		uint64_t uid;

		if (!raw || parse_u64(raw, &uid) < 0)
			continue;
		for (size_t u = 0; u < count; u++)
			if (users[u].uid == uid)
				snapshot_setf(snapshot, subject, "user_threads", "/proc", "%" PRIu64, users[u].threads);
	}
	free(users);
}

static int process_describe_all(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	if (!options || options->n_pids == 0)
		return process_read_largest(root, snapshot);
	for (size_t i = 0; i < options->n_pids; i++) {
		CLEANUP(strbuf_release) struct strbuf pid = STRBUF_INIT;
		int r;

		strbuf_addf(&pid, "%ji", (intmax_t)options->pids[i]);
		r = process_read_one(root, pid.buf, true, snapshot);
		if (r < 0)
			(void)diag_warning(snapshot_notes(snapshot), NULL, "cannot read process %s: %s", pid.buf,
					   strerror(-r));
	}
	return 0;
}

static int process_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	int r = process_describe_all(root, options, snapshot);

	if (r == 0)
		set_user_threads(root, snapshot);
	return r;
}

/* Neither command lines nor memory maps: they may hold secrets. */
static const char *const process_paths[] = {
	"/proc/[0-9]*/cgroup",
	"/proc/[0-9]*/limits",
	"/proc/[0-9]*/oom_score",
	"/proc/[0-9]*/oom_score_adj",
	"/proc/[0-9]*/stat",
	"/proc/[0-9]*/status",
	NULL,
};

const struct probe probe_process = {
	.name = "process",
	.summary = "limits, scheduling and memory of chosen processes, or of those that hold the most memory",
	.paths = process_paths,
	.read = process_read,
};
