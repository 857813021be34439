/* SPDX-License-Identifier: Apache-2.0 */
/* Every key below /proc/sys, in one walk.
 *
 * There are 1,000 to 1,400 of them on an ordinary host and a hundred more for each network
 * interface, so on this host the walk asks the kernel for nothing but what it needs: the names of a
 * directory with their type, and open, one read and close for each file, relative to the open
 * directory. */
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#define SYSCTL_ROOT "/proc/sys"
#define DEPTH_MAX 12
#define KEYS_MAX 500000

/* The kernel allocates and clears a buffer of the size asked for, so a small first read is the
 * cheap one.  What fills it is read again with room enough: a sysctl does not continue where a
 * short buffer cut a list of numbers. */
#define READ_FIRST 1023
static const size_t read_larger[] = { 65535, ROOT_READ_MAX - 1 };

#define LISTING_PATH "/sos_commands/kernel/sysctl_-a"
#define LISTING_MAX (32U << 20)

/* Keys that are not read; sysctl_paths says the same as paths.  parent and name are whole
 * components; "*" stands for one component of parent, and a name that is a directory leaves out
 * everything below it.  They are recorded as unreadable with ECANCELED: left out on purpose.  The
 * times of neighbours that log have twins in milliseconds; sched_domain is gone since Linux 5.13. */
struct left_out {
	const char *parent;
	const char *name;
	const char *reason;
};

/* clang-format off */
static const struct left_out left_out[] = {
	{ "vm",               "stat_refresh",        "reading it flushes the counters of all CPUs" },
	{ "vm",               "compact_memory",      "write-only" },
	{ "vm",               "drop_caches",         "write-only" },
	{ "net.core",         "netdev_rss_key",      "a secret" },
	{ "net.ipv4",         "tcp_fastopen_key",    "a secret" },
	{ "net.ipv6.conf.*",  "stable_secret",       "a secret" },
	{ "net.ipv4.neigh.*", "base_reachable_time", "reading it logs a deprecation" },
	{ "net.ipv4.neigh.*", "retrans_time",        "reading it logs a deprecation" },
	{ "net.ipv6.neigh.*", "base_reachable_time", "reading it logs a deprecation" },
	{ "net.ipv6.neigh.*", "retrans_time",        "reading it logs a deprecation" },
	{ "net.ipv4.route",   "flush",               "write-only" },
	{ "net.ipv6.route",   "flush",               "write-only" },
	{ "kernel.random",    "uuid",                "every read makes a new one" },
	{ "kernel",           "sched_domain",        "slow: a dozen files for each level and CPU" },
	{ "fs",               "binfmt_misc",         "another file system; touching it may mount" },
};
/* clang-format on */

struct walk {
	const struct root *root;
	struct snapshot *snapshot;
	struct strbuf key;  /* "net.ipv4.conf." */
	struct strbuf path; /* "/proc/sys/net/ipv4/conf/" */
	struct strbuf text; /* what did not fit into a small read */
	size_t keys;
	bool full;
};

static bool parent_matches(const char *pattern, const char *key, size_t length)
{
	const char *end = key + length;

	while (*pattern) {
		const char *dot = strchrnul(pattern, '.');
		const char *key_dot = memchr(key, '.', (size_t)(end - key));
		size_t n = (size_t)(dot - pattern), m;

		m = (size_t)((key_dot ? key_dot : end) - key);
		if (!(n == 1 && *pattern == '*') && (n != m || memcmp(pattern, key, n) != 0))
			return false;
		if (!*dot || !key_dot)
			return !*dot && !key_dot;
		pattern = dot + 1;
		key = key_dot + 1;
	}
	return false;
}

/* key ends with name, which begins at position. */
static bool key_left_out(const char *key, size_t position, const char *name)
{
	for (size_t i = 0; position > 0 && i < ARRAY_SIZE(left_out); i++) {
		if (streq(left_out[i].name, name) &&
		    parent_matches(left_out[i].parent, key, position - 1))
			return true;
	}
	return false;
}

/* Appends a component, with its dots as slashes: conf/eth0.100/rp_filter is
 * conf.eth0/100.rp_filter. */
static void key_add_component(struct strbuf *key, const char *name)
{
	size_t start = key->len;

	strbuf_add_string(key, name);
	for (char *c = key->buf + start; (c = strchr(c, '.')); c++)
		*c = '/';
}

/* One read, which for a file of this kind is the whole of it unless the buffer is filled. *ret_text
 * is lent. */
static ssize_t read_live(struct walk *walk, int directory, const char *name, char *buffer,
			 const char **ret_text)
{
	CLEANUP(close_fd) int fd = -1;
	ssize_t n;

	*ret_text = buffer;
	fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	n = read(fd, buffer, READ_FIRST);
	for (size_t i = 0, size = READ_FIRST; n == (ssize_t)size; i++) {
		if (i == ARRAY_SIZE(read_larger))
			return -EFBIG;
		size = read_larger[i];
		strbuf_reset(&walk->text);
		strbuf_reserve(&walk->text, size);
		n = pread(fd, walk->text.buf, size, 0);
		*ret_text = walk->text.buf;
	}
	return n < 0 ? -errno : n;
}

/* The kernel ends every value with a newline, an empty one too; a file of no bytes is what sos
 * leaves of one that it could not read. */
static ssize_t read_tree(struct walk *walk, int directory, const char *name, const char **ret_text)
{
	int r = root_read_at(walk->root, directory, name, &walk->text);

	*ret_text = walk->text.buf;
	if (r == 0 && walk->text.len == 0 && walk->root->layout == ROOT_SOSREPORT)
		r = -ENODATA;
	return r < 0 ? r : (ssize_t)walk->text.len;
}

static void visit_key(struct walk *walk, int directory, const char *name)
{
	char buffer[READ_FIRST];
	const char *text;
	ssize_t n;

	if (root_is_live(walk->root))
		n = read_live(walk, directory, name, buffer, &text);
	else
		n = read_tree(walk, directory, name, &text);
	snapshot_set_read(walk->snapshot, SUBJECT_HOST, walk->key.buf, n < 0 ? (int)n : 0, text,
			  n < 0 ? 0 : (size_t)n, walk->path.buf);
}

static void walk_directory(struct walk *walk, int parent, const char *name, unsigned int depth);

static void visit(struct walk *walk, int directory, const char *name, unsigned char type,
		  unsigned int depth)
{
	size_t key_length = walk->key.len, path_length = walk->path.len;

	if (walk->full || (type != DT_REG && type != DT_DIR))
		return;
	key_add_component(&walk->key, name);
	strbuf_add_string(&walk->path, name);
	if (key_left_out(walk->key.buf, key_length, walk->key.buf + key_length)) {
		snapshot_set_absent(walk->snapshot, SUBJECT_HOST, walk->key.buf, -ECANCELED,
				    walk->path.buf);
	} else if (type == DT_DIR) {
		strbuf_add_char(&walk->key, '.');
		strbuf_add_char(&walk->path, '/');
		walk_directory(walk, directory, name, depth + 1);
	} else if (++walk->keys > KEYS_MAX) {
		walk->full = true;
	} else {
		visit_key(walk, directory, name);
	}
	strbuf_truncate(&walk->key, key_length);
	strbuf_truncate(&walk->path, path_length);
}

static unsigned char type_of(int directory, const char *name, unsigned char type)
{
	struct stat st;

	/* procfs always says; something mounted over it may not. */
	if (type != DT_UNKNOWN || fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return type;
	return IFTODT(st.st_mode);
}

/* procfs keeps a directory sorted by name and tells the type of each entry: nothing has to be
 * collected first. */
static int walk_entries(struct walk *walk, int directory, unsigned int depth)
{
	struct linux_dirent64 {
		uint64_t ino;
		int64_t offset;
		unsigned short length;
		unsigned char type;
		char name[];
	};
	char buffer[8192] __attribute__((aligned(8)));

	for (;;) {
		ssize_t n = syscall(SYS_getdents64, directory, buffer, sizeof(buffer));

		if (n <= 0)
			return n < 0 ? -errno : 0;
		for (ssize_t at = 0; at < n;) {
			const struct linux_dirent64 *entry = (const void *)(buffer + at);

			at += entry->length;
			if (!streq(entry->name, ".") && !streq(entry->name, ".."))
				visit(walk, directory, entry->name,
				      type_of(directory, entry->name, entry->type), depth);
		}
	}
}

static int walk_sorted(struct walk *walk, int directory, unsigned int depth)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	int r = root_list(walk->root, walk->path.buf, &list);

	for (size_t i = 0; i < list.count; i++)
		visit(walk, directory, list.entries[i].name, list.entries[i].type, depth);
	return r;
}

/* walk->key and walk->path already end with this directory. */
static void walk_directory(struct walk *walk, int parent, const char *name, unsigned int depth)
{
	CLEANUP(close_fd) int fd = -1;
	int r;

	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		r = -errno;
	else if (depth > DEPTH_MAX)
		r = -ELOOP;
	else if (root_is_live(walk->root))
		r = walk_entries(walk, fd, depth);
	else
		r = walk_sorted(walk, fd, depth);
	if (r < 0)
		(void)diag_warning(snapshot_notes(walk->snapshot), NULL, "%s cannot be listed: %s",
				   walk->path.buf, strerror(-r));
}

/* A line of the listing: "vm.dirty_ratio = 20", "kernel.hostname = ", "net.ipv4.tcp_rmem =
 * 4096\t131072\t6291456". */
struct listing {
	struct snapshot *snapshot;
	const char *file;
	unsigned int line;
	size_t not_understood;
	/* A value of several lines is printed as several lines with the same key. */
	struct strbuf key;
	struct strbuf value;
	struct strbuf origin;
	struct strbuf word; /* of a message */
};

static bool has_value(const struct snapshot *snapshot, const char *key)
{
	const struct setting *setting = snapshot_get(snapshot, SUBJECT_HOST, key);

	return setting && (setting->absence == PRESENT || setting->error == -ECANCELED);
}

static void listing_flush(struct listing *listing)
{
	const char *dot = strrchr(listing->key.buf, '.');
	size_t position = dot ? (size_t)(dot - listing->key.buf) + 1 : 0;

	if (listing->key.len == 0)
		return;
	if (has_value(listing->snapshot, listing->key.buf))
		;
	else if (key_left_out(listing->key.buf, position, listing->key.buf + position))
		snapshot_set_absent(listing->snapshot, SUBJECT_HOST, listing->key.buf, -ECANCELED,
				    listing->origin.buf);
	else
		snapshot_set(listing->snapshot, SUBJECT_HOST, listing->key.buf, listing->value.buf,
			     listing->value.len, listing->origin.buf);
	strbuf_reset(&listing->key);
}

/* What sysctl says on standard error is in the same file: "sysctl: permission denied on key
 * 'vm.mmap_rnd_bits'", "sysctl: reading key "net.ipv6.conf.all.stable_secret"". */
static const struct complaint {
	const char *text;
	int error;
} complaints[] = {
	{ "sysctl: permission denied on key ", -EACCES },
	{ "sysctl: reading key ", -EIO },
	{ "sysctl: error reading key ", -EIO },
};

static bool listing_complaint(struct listing *listing, const char *line, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
		size_t n = strlen(complaints[i].text);

		if (length <= n + 2 || memcmp(line, complaints[i].text, n) != 0)
			continue;
		if (line[n] == '\'' || line[n] == '"')
			n++;
		strbuf_reset(&listing->word);
		strbuf_add(&listing->word, line + n, length - n);
		strbuf_truncate(&listing->word, strcspn(listing->word.buf, "'\""));
		if (listing->word.len > 0 &&
		    !snapshot_get(listing->snapshot, SUBJECT_HOST, listing->word.buf))
			snapshot_set_absent(listing->snapshot, SUBJECT_HOST, listing->word.buf,
					    complaints[i].error, listing->origin.buf);
		return true;
	}
	return false;
}

static bool is_key(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	}
	return length > 0 && memchr(text, '.', length);
}

static void listing_line(struct listing *listing, const char *line, size_t length)
{
	const char *equals = memmem(line, length, " =", 2);
	size_t key_length = equals ? (size_t)(equals - line) : 0;
	const char *value;

	if (!equals || !is_key(line, key_length)) {
		listing_flush(listing);
		strbuf_reset(&listing->origin);
		strbuf_addf(&listing->origin, "%s:%u", listing->file, listing->line);
		if (length > 0 && !listing_complaint(listing, line, length))
			listing->not_understood++;
		return;
	}
	value = equals + 2;
	if (value < line + length && *value == ' ')
		value++;
	if (listing->key.len == key_length && memcmp(listing->key.buf, line, key_length) == 0) {
		strbuf_add_char(&listing->value, '\n');
	} else {
		listing_flush(listing);
		strbuf_add(&listing->key, line, key_length);
		strbuf_reset(&listing->value);
		strbuf_reset(&listing->origin);
		strbuf_addf(&listing->origin, "%s:%u", listing->file, listing->line);
	}
	strbuf_add(&listing->value, value, (size_t)(line + length - value));
}

void sysctl_parse_listing(struct snapshot *snapshot, const char *text, size_t length,
			  const char *file)
{
	struct listing listing = {
		.snapshot = snapshot,
		.file = file,
		.key = STRBUF_INIT,
		.value = STRBUF_INIT,
		.origin = STRBUF_INIT,
		.word = STRBUF_INIT,
	};
	const char *end = text + length;

	while (text < end && listing.line < KEYS_MAX) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);

		listing.line++;
		listing_line(&listing, text, n);
		text += n + (newline ? 1 : 0);
	}
	listing_flush(&listing);
	if (listing.not_understood > 0)
		(void)diag_warning(snapshot_notes(snapshot), &(struct place){ .file = file },
				   "%zu lines are not of the form \"key = value\"",
				   listing.not_understood);
	if (text < end)
		(void)diag_warning(snapshot_notes(snapshot), &(struct place){ .file = file },
				   "more than %d lines; the rest is left out", KEYS_MAX);
	strbuf_release(&listing.key);
	strbuf_release(&listing.value);
	strbuf_release(&listing.origin);
	strbuf_release(&listing.word);
}

static int read_listing(const struct root *root, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = root_read_limit(root, LISTING_PATH, LISTING_MAX, &text);

	if (r == 0)
		sysctl_parse_listing(snapshot, text.buf, text.len, LISTING_PATH);
	else if (r != -ENOENT)
		(void)diag_warning(snapshot_notes(snapshot),
				   &(struct place){ .file = LISTING_PATH }, "cannot be read: %s",
				   strerror(-r));
	return r;
}

static int sysctl_read(const struct root *root, const struct probe_options *options,
		       struct snapshot *snapshot)
{
	struct walk walk = {
		.root = root,
		.snapshot = snapshot,
		.key = STRBUF_INIT,
		.path = STRBUF_INIT,
		.text = STRBUF_INIT,
	};
	CLEANUP(close_fd) int fd = -1;
	int r;

	(void)options;
	strbuf_add_string(&walk.path, SYSCTL_ROOT "/");
	r = root_open_fd(root, SYSCTL_ROOT, O_DIRECTORY, &fd);
	if (r == 0)
		walk_directory(&walk, fd, ".", 0);
	if (walk.full)
		(void)diag_warning(snapshot_notes(snapshot), NULL,
				   "more than %d keys below %s; the rest is left out", KEYS_MAX,
				   SYSCTL_ROOT);
	strbuf_release(&walk.key);
	strbuf_release(&walk.path);
	strbuf_release(&walk.text);
	if (root->layout == ROOT_SOSREPORT && read_listing(root, snapshot) == 0)
		r = 0;
	return r;
}

static const char *const sysctl_paths[] = {
	SYSCTL_ROOT "/**",
	"!" SYSCTL_ROOT "/vm/stat_refresh",
	"!" SYSCTL_ROOT "/vm/compact_memory",
	"!" SYSCTL_ROOT "/vm/drop_caches",
	"!" SYSCTL_ROOT "/net/core/netdev_rss_key",
	"!" SYSCTL_ROOT "/net/ipv4/tcp_fastopen_key",
	"!" SYSCTL_ROOT "/net/ipv6/conf/*/stable_secret",
	"!" SYSCTL_ROOT "/net/ipv[46]/neigh/*/base_reachable_time",
	"!" SYSCTL_ROOT "/net/ipv[46]/neigh/*/retrans_time",
	"!" SYSCTL_ROOT "/net/ipv[46]/route/flush",
	"!" SYSCTL_ROOT "/kernel/random/uuid",
	"!" SYSCTL_ROOT "/kernel/sched_domain",
	"!" SYSCTL_ROOT "/fs/binfmt_misc",
	LISTING_PATH,
	NULL,
};

const struct probe probe_sysctl = {
	.name = "sysctl",
	.summary = "every readable key below /proc/sys",
	.paths = sysctl_paths,
	.read = sysctl_read,
};
