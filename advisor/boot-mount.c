/* SPDX-License-Identifier: Apache-2.0 */
/* The options that a file system is mounted with when the host has booted, as the kernel shows them then, from its line of fstab:
 *
 *	LABEL=data /srv ext4 defaults,noatime,commit=30 0 2
 *
 * is options.noatime = true, options.relatime = false, options.ro = false, options.commit = 30 …  systemd mounts what the first
 * line for a directory says; what is mounted before fstab can be read, / first of all, it mounts again with the line's options.  Where fstab has none for /, the kernel's arguments say whether it can
 * be written to. */
#include "../core/parse.h"
#include "audit-making.h"

/* ---- a list of options ---- */

/* The last "name" or "name=value" of a list: NULL is not there. */
static const char *find_option(const char *options, const char *name, size_t *ret_length)
{
	size_t n = strlen(name);
	const char *found = NULL;

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, n) != 0 || (at[n] != ',' && at[n] != '=' && at[n] != '\0'))
			continue;
		found = at + n + (at[n] == '=');
		*ret_length = strcspn(found, ",");
	}
	return found;
}

static bool has_option(const char *options, const char *name)
{
	size_t length;

	return find_option(options, name, &length) != NULL;
}

/* Which of two that exclude each other comes last. */
static bool is_on(const char *options, const char *on, const char *off)
{
	size_t length;
	const char *set = find_option(options, on, &length), *clear = find_option(options, off, &length);

	return set && (!clear || clear < set);
}

/* ---- flags that every file system has ---- */

enum atime { ATIME_RELATIVE, ATIME_NEVER, ATIME_STRICT };

static enum atime atime_of(const char *options, bool strict)
{
	bool never = is_on(options, "noatime", "atime");

	if (is_on(options, "strictatime", "nostrictatime"))
		return ATIME_STRICT;
	if (never)
		return ATIME_NEVER;
	/* What is mounted already keeps its own unless one is named. */
	return strict && !is_on(options, "relatime", "norelatime") && !is_on(options, "nodiratime", "diratime") ?
		       ATIME_STRICT : ATIME_RELATIVE;
}

static const char *flag_text(const char *options, bool strict, const char *name)
{
	enum atime atime = atime_of(options, strict);
	const struct {
		const char *name;
		bool on;
	} flags[] = {
		{ "dirsync", has_option(options, "dirsync") },
		{ "lazytime", is_on(options, "lazytime", "nolazytime") },
		{ "noatime", atime == ATIME_NEVER },
		{ "nodiratime", is_on(options, "nodiratime", "diratime") },
		{ "relatime", atime == ATIME_RELATIVE },
		{ "ro", is_on(options, "ro", "rw") && is_on(options, "ro", "defaults") },
		{ "strictatime", atime == ATIME_STRICT },
		{ "sync", is_on(options, "sync", "async") && is_on(options, "sync", "defaults") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (streq(flags[i].name, name))
			return flags[i].on ? "true" : "false";
	return NULL;
}

/* ---- options of one file system ---- */

/* "8M", "1g", "64k": 8 MiB is shown as 8192k. */
static const char *scaled_size(const char *value, size_t length, bool in_kib, struct arena *arena)
{
	static const char units[] = "kmg";
	CLEANUP(free_ptr) char *text = xstrndup(value, length);
	const char *unit = length > 0 ? strchr(units, text[length - 1] | 0x20) : NULL;
	uint64_t number;

	if (unit)
		text[length - 1] = '\0';
	if (parse_u64(text, &number) < 0 || number > UINT64_MAX >> 30)
		return NULL;
	number <<= unit ? 10 * (unit - units + 1) : 0;
	if (!in_kib)
		return arena_formatf(arena, "%llu", (unsigned long long)number);
	return number % 4096 ? NULL : arena_formatf(arena, "%lluk", (unsigned long long)number / 1024);
}

/* clang-format off */
/* Those that the kernel shows as they were given, unless they say what it does anyway. */
static const struct plain_value {
	const char *fstype, *name, *hidden[2];
} plain_values[] = {
	{ "btrfs", "commit", { "30", "0" } },
	{ "ext4",  "commit", { "5", "0" } },
	{ "ext4",  "data",   { "ordered", NULL } },
	{ "tmpfs", "huge",   { "never", "deny" } },
};
/* clang-format on */

static const char *value_text(const char *fstype, const char *options, const char *name, struct arena *arena)
{
	size_t length;
	const char *value = find_option(options, name, &length);

	if (!value || length == 0)
		return NULL;
	if (streq(fstype, "tmpfs") && (streq(name, "size") || streq(name, "nr_inodes")))
		return scaled_size(value, length, streq(name, "size"), arena);
	for (size_t i = 0; i < ARRAY_SIZE(plain_values); i++) {
		const char *text;

		if (!streq(plain_values[i].fstype, fstype) || !streq(plain_values[i].name, name))
			continue;
		text = arena_strndup(arena, value, length);
		for (size_t n = 0; n < ARRAY_SIZE(plain_values[i].hidden) && plain_values[i].hidden[n]; n++)
			if (streq(plain_values[i].hidden[n], text))
				return NULL;
		return text;
	}
	return NULL;
}

/* Only what was asked for: a file system may have other defaults of its own. */
static const char *switch_text(const char *fstype, const char *options, const char *name)
{
	size_t length;
	const char *barrier = find_option(options, "barrier", &length);

	if (!streq(fstype, "ext4") && !(streq(name, "discard") && (streq(fstype, "xfs") || streq(fstype, "f2fs"))))
		return NULL;
	if (streq(name, "discard"))
		return is_on(options, "discard", "nodiscard") ? "true" : NULL;
	if (streq(name, "nodelalloc"))
		return is_on(options, "nodelalloc", "delalloc") ? "true" : NULL;
	if (streq(name, "nobarrier") && !(barrier && length == 1 && *barrier == '0'))
		return is_on(options, "nobarrier", "barrier") ? "true" : NULL;
	return streq(name, "nobarrier") ? "true" : NULL;
}

/* ---- the mount ---- */

/* What systemd mounts before fstab is read. */
static bool is_remounted(const char *target)
{
	static const char *const targets[] = { "/", "/dev", "/dev/pts", "/dev/shm", "/proc", "/run", "/sys", "/sys/fs/cgroup", "/usr" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (streq(targets[i], target))
			return true;
	return false;
}

/* The third field. */
static char *fstype_of(const struct boot_line *line)
{
	const char *cursor = line->text, *word;
	size_t length;

	for (int i = 0; i < 3; i++)
		if (!next_word(&cursor, &word, &length))
			return xstrdup("");
	return xstrndup(word, length);
}

static bool needs_device(const char *fstype)
{
	static const char *const others[] = { "tmpfs", "ramfs", "hugetlbfs", "proc", "sysfs", "cgroup2", "devpts", "mqueue" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (streq(others[i], fstype))
			return false;
	return true;
}

static const char *why_unknown(const struct auditing *auditing, const struct boot_line *line, const char *fstype)
{
	const char *options = line->value, *target = line->subject;
	bool mounted = snapshot_find_subject(auditing->snapshot, SUBJECT_KIND_MOUNT, target) != SUBJECT_NONE;

	if (has_option(options, "bind") || has_option(options, "rbind"))
		return "it shows another directory, whose file system has options of its own";
	if (has_option(options, "x-systemd.automount"))
		return "it is mounted when somebody first looks into it";
	if (has_option(options, "nofail") && needs_device(fstype) && !mounted)
		return "it is mounted only where its device is there";
	if (is_remounted(target) && has_option(options, "data"))
		return "ext4 refuses to change data= of what is mounted already, and then nothing of the line counts";
	return NULL;
}

/* Without a line of its own / stays as the kernel, or what runs before, mounts it: read-only, unless it is told otherwise. */
static void expect_root(const struct auditing *auditing, const char *option, struct expectation *ret)
{
	const char *cursor = snapshot_text(auditing->after, SUBJECT_HOST, "kernel.cmdline"), *word;
	bool writable = false, root = false;
	size_t length;

	while (cursor && next_word(&cursor, &word, &length)) {
		if (length == 2 && (memcmp(word, "rw", 2) == 0 || memcmp(word, "ro", 2) == 0))
			writable = word[1] == 'w';
		root |= length > 5 && memcmp(word, "root=", 5) == 0;
	}
	if (root && streq(option, "ro"))
		*ret = (struct expectation){ .value = writable ? "false" : "true", .place = "the kernel's arguments" };
}

void mount_expect(const struct auditing *auditing, const char *target, const char *option, struct arena *arena,
		  struct expectation *ret)
{
	struct boot_outcome outcome = boot_outcome(auditing->boot, "", SUBJECT_KIND_MOUNT, target, "options");
	bool strict = is_remounted(target) && !streq(target, "/") && !streq(target, "/usr");
	CLEANUP(free_ptr) char *fstype = outcome.line ? fstype_of(outcome.line) : NULL;
	CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;

	if (outcome.state == BOOT_STATE_UNKNOWN)
		ret->why = *outcome.line->why ? outcome.line->why : "its line cannot be resolved";
	if (outcome.state == BOOT_STATE_UNSET && streq(target, "/"))
		expect_root(auditing, option, ret);
	if (outcome.state != BOOT_STATE_SET)
		return;
	ret->why = why_unknown(auditing, outcome.line, fstype);
	if (ret->why)
		return;
	ret->value = *option ? flag_text(outcome.line->value, strict, option) : outcome.line->value;
	if (!ret->value)
		ret->value = switch_text(fstype, outcome.line->value, option);
	if (!ret->value)
		ret->value = value_text(fstype, outcome.line->value, option, arena);
	boot_place(outcome.line, &place);
	ret->place = ret->value ? arena_strdup(arena, place.buf) : NULL;
}

const char *const mount_expected_options[] = {
	"commit", "data", "dirsync", "discard", "huge", "lazytime", "noatime", "nobarrier", "nodelalloc", "nodiratime", "nr_inodes",
	"relatime", "ro", "size", "strictatime", "sync", NULL,
};
