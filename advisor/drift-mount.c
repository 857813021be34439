/* SPDX-License-Identifier: Apache-2.0 */
/* File systems: the options that they are mounted with beside those of their line in fstab(5), and lines whose file system is not
 * mounted.
 *
 * What the kernel shows of a mount and what stands in fstab are compared option by option, where both are sure to mean the same: the
 * flags of any mount, and some options of some file systems. */
#include "drift.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../core/parse.h"

#define MOUNTS_MAX 1000		/* as many are surely all that there are */

/* ---- options ---- */

static bool next_option(const char **cursor, const char **ret_option, size_t *ret_length)
{
	if (!*cursor)
		return false;
	*ret_option = *cursor;
	*ret_length = strcspn(*cursor, ",");
	*cursor = (*cursor)[*ret_length] ? *cursor + *ret_length + 1 : NULL;
	return true;
}

static bool is_option(const char *option, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(option, name, length) == 0;
}

/* The value of the last "NAME=value", "" for "NAME"; NULL: it is not there. */
static const char *find_option(const char *options, const char *name, size_t *ret_length)
{
	const char *option, *found = NULL;
	size_t length, n = strlen(name);

	while (next_option(&options, &option, &length)) {
		if (length < n || memcmp(option, name, n) != 0 || (length > n && option[n] != '='))
			continue;
		found = length > n ? option + n + 1 : option + n;
		*ret_length = length > n ? length - n - 1 : 0;
	}
	return found;
}

static bool has_option(const char *options, const char *name)
{
	size_t length;

	return find_option(options, name, &length) != NULL;
}

/* ---- flags ---- */

enum flag { RO, NOSUID, NODEV, NOEXEC, NODIRATIME, SYNC, DIRSYNC, FLAG_COUNT };

static const char *const flag_names[FLAG_COUNT][2] = {
	[RO] = { "rw", "ro" },		    [NOSUID] = { "suid", "nosuid" },   [NODEV] = { "dev", "nodev" },
	[NOEXEC] = { "exec", "noexec" },    [NODIRATIME] = { "diratime", "nodiratime" },
	[SYNC] = { "async", "sync" },	    [DIRSYNC] = { "no dirsync", "dirsync" },
};

/* clang-format off */
/* Words that stand for several: what they set, and what they take back. */
static const struct alias {
	const char *name;
	unsigned int set, cleared;
} aliases[] = {
	{ "defaults", 0, 1U << RO | 1U << NOSUID | 1U << NODEV | 1U << NOEXEC | 1U << SYNC },
	{ "group", 1U << NOSUID | 1U << NODEV, 0 },
	{ "owner", 1U << NOSUID | 1U << NODEV, 0 },
	{ "user", 1U << NOSUID | 1U << NODEV | 1U << NOEXEC, 0 },
	{ "users", 1U << NOSUID | 1U << NODEV | 1U << NOEXEC, 0 },
};
/* clang-format on */

struct flags {
	unsigned int set;	/* bits of enum flag */
	unsigned int named;	/* those that one of the options is about */
	const char *atime;	/* "noatime", "relatime", "strictatime" */
	bool atime_named;
};

static void take_flag(struct flags *flags, const char *option, size_t length)
{
	static const struct {
		const char *name, *means;
	} atimes[] = {
		{ "noatime", "noatime" },   { "atime", "relatime" },	  { "relatime", "relatime" }, { "norelatime", "relatime" },
		{ "strictatime", "strictatime" }, { "nostrictatime", "relatime" },
	};

	for (size_t i = 0; i < FLAG_COUNT; i++)
		for (unsigned int on = 0; on < 2; on++)
			if (is_option(option, length, flag_names[i][on])) {
				flags->set = (flags->set & ~(1U << i)) | on << i;
				flags->named |= 1U << i;
			}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (is_option(option, length, aliases[i].name)) {
			flags->set = (flags->set & ~aliases[i].cleared) | aliases[i].set;
			flags->named |= aliases[i].set;
		}
	for (size_t i = 0; i < ARRAY_SIZE(atimes); i++)
		if (is_option(option, length, atimes[i].name)) {
			flags->atime = atimes[i].means;
			flags->atime_named = true;
		}
}

static struct flags read_flags(const char *options, const char *atime)
{
	struct flags flags = { .atime = atime };
	const char *option;
	size_t length;

	while (next_option(&options, &option, &length))
		take_flag(&flags, option, length);
	return flags;
}

/* ---- comparison ---- */

struct mount_difference {
	struct keyed *keyed;
	const char *fstype;
	const char *running, *boot;	/* options of the mount, and of fstab */
	struct strbuf now, after;	/* those that differ */
};

static void add_difference(struct mount_difference *difference, const char *now, const char *after)
{
	strbuf_addf(&difference->now, "%s%s", difference->now.len ? "," : "", now);
	strbuf_addf(&difference->after, "%s%s", difference->after.len ? "," : "", after);
}

static bool is_one_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (streq(names[i], name))
			return true;
	return false;
}

/* Of the root and of bind mounts what fstab does not name stays as it was before the line was carried out; other file systems set
 * flags by themselves. */
static bool keeps_what_is_not_named(const struct mount_difference *difference)
{
	static const char *const plain[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs" };
	const char *target = difference->keyed->name;

	return streq(target, "/") || streq(target, "/usr") || has_option(difference->boot, "bind") ||
	       has_option(difference->boot, "rbind") || !is_one_of(plain, ARRAY_SIZE(plain), difference->fstype);
}

static bool is_read_only_type(const char *fstype)
{
	static const char *const types[] = { "cramfs", "erofs", "iso9660", "romfs", "squashfs", "udf" };

	return is_one_of(types, ARRAY_SIZE(types), fstype);
}

static void compare_flags(struct mount_difference *difference)
{
	struct flags now = read_flags(difference->running, "strictatime"), after = read_flags(difference->boot, "relatime");
	unsigned int compared = keeps_what_is_not_named(difference) ? after.named : ~0U;

	if (is_read_only_type(difference->fstype))
		compared &= ~(1U << RO);
	else if (streq(difference->keyed->name, "/"))
		compared |= 1U << RO;		/* systemd-remount-fs sees to it */
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		unsigned int bit = 1U << i;

		if (compared & bit && (now.set & bit) != (after.set & bit))
			add_difference(difference, flag_names[i][(now.set & bit) != 0], flag_names[i][(after.set & bit) != 0]);
	}
	if ((after.atime_named || !keeps_what_is_not_named(difference)) && !streq(now.atime, after.atime) &&
	    !((now.set | after.set) & 1U << RO))
		add_difference(difference, now.atime, after.atime);
}

/* "64k", "1g", "67108864": bytes of a size of tmpfs; false for percentages and what else there is. */
static bool parse_size(const char *text, size_t length, uint64_t *ret_bytes)
{
	static const char suffixes[] = "kmgt";
	size_t digits = strspn(text, "0123456789");
	CLEANUP(free_ptr) char *number = xstrndup(text, digits < length ? digits : length);
	const char *suffix;
	unsigned int shift;

	if (parse_u64(number, ret_bytes) < 0)
		return false;
	if (digits >= length)
		return true;
	suffix = strchr(suffixes, text[digits] | 0x20);
	shift = suffix && *suffix ? (unsigned int)(suffix - suffixes + 1) * 10 : 0;
	if (shift == 0 || digits + 1 != length || *ret_bytes > UINT64_MAX >> shift)
		return false;
	*ret_bytes <<= shift;
	return true;
}

/* The kernel rounds to pages, of 64 KiB at most. */
static bool same_size(const char *a, size_t a_length, const char *b, size_t b_length)
{
	uint64_t x, y;

	if (!parse_size(a, a_length, &x) || !parse_size(b, b_length, &y))
		return true;
	return (x > y ? x - y : y - x) < 65536;
}

/* clang-format off */
static const struct option {
	const char *fstype, *name;
	const char *otherwise;		/* what it is where the kernel does not show it; NULL: not known */
} options_shown[] = {
	{ "ext4", "commit", "5" },
	{ "ext4", "data", NULL },
	{ "btrfs", "commit", "30" },
	{ "tmpfs", "size", NULL },
};
/* clang-format on */

static void compare_value(struct mount_difference *difference, const struct option *option)
{
	size_t now_length = 0, after_length = 0;
	const char *now = find_option(difference->running, option->name, &now_length);
	const char *after = find_option(difference->boot, option->name, &after_length);
	CLEANUP(free_ptr) char *old = NULL;
	CLEANUP(free_ptr) char *new = NULL;

	if (!after || (!now && !option->otherwise))
		return;
	old = now ? xasprintf("%s=%.*s", option->name, (int)now_length, now) :
		    xasprintf("%s=%s", option->name, option->otherwise);
	new = xasprintf("%s=%.*s", option->name, (int)after_length, after);
	if (!streq(old, new) && (!streq(option->name, "size") || !same_size(now, now_length, after, after_length)))
		add_difference(difference, old, new);
}

/* Asked for in fstab and not there.  Where it is there and fstab does not ask for it, the file system may have it in its superblock. */
static void compare_discard(struct mount_difference *difference)
{
	static const char *const types[] = { "ext4", "xfs", "btrfs" };

	if (is_one_of(types, ARRAY_SIZE(types), difference->fstype) && has_option(difference->boot, "discard") &&
	    !has_option(difference->running, "discard"))
		add_difference(difference, "no discard", "discard");
}

/* ---- questions ---- */

static const char *setting_text(const struct keyed *keyed, const char *key)
{
	return keyed->subject == SUBJECT_NONE ? NULL : snapshot_text(keyed->auditing->snapshot, keyed->subject, key);
}

static const char *fstype_of_line(const struct keyed *keyed)
{
	struct boot_outcome outcome = boot_outcome(keyed->auditing->boot, "", SUBJECT_KIND_MOUNT, keyed->name, "fstype");

	return outcome.state == BOOT_STATE_SET ? outcome.line->value : "";
}

static bool ask_lost(struct keyed *keyed)
{
	const struct boot_line *line = keyed_winner(keyed);
	const char *running = setting_text(keyed, "options"), *fstype = setting_text(keyed, "fstype");
	struct arena *arena = &keyed->auditing->findings->arena;
	struct mount_difference difference = {
		.keyed = keyed, .running = running, .fstype = fstype, .now = STRBUF_INIT, .after = STRBUF_INIT,
	};

	if (!line || !running || !fstype || !streq(line->source, "fstab"))
		return false;
	difference.boot = line->value;
	/* Another file system than the one that is meant. */
	if (!streq(fstype_of_line(keyed), fstype) && !streq(fstype_of_line(keyed), "auto") && !has_option(line->value, "bind"))
		return false;
	compare_flags(&difference);
	for (size_t i = 0; i < ARRAY_SIZE(options_shown); i++)
		if (streq(options_shown[i].fstype, fstype))
			compare_value(&difference, &options_shown[i]);
	compare_discard(&difference);
	if (difference.now.len > 0) {
		keyed->running_text = arena_strdup(arena, difference.now.buf);
		keyed->boot_text = arena_strdup(arena, difference.after.buf);
		keyed_add_site(keyed, line);
		keyed_say(keyed, "%s is mounted with %s, and after boot it is %s.%s", keyed->name, keyed->running_text,
			  keyed->boot_text, starts_with(difference.now.buf, "ro") && has_option(running, "ro") ?
			  " Where nobody made it read-only, the kernel did so after an error: its log says which." : "");
		keyed->advice = "Decide which options are meant: write those it runs with into fstab, or apply fstab, with mount -o "
				"remount";
	}
	strbuf_release(&difference.now);
	strbuf_release(&difference.after);
	return keyed->n_sites > 0;
}

/* Whether the mounts of the host were captured, and all of them. */
static bool knows_mounts(const struct auditing *auditing)
{
	return snapshot_find_subject(auditing->snapshot, SUBJECT_KIND_MOUNT, "/") != SUBJECT_NONE &&
	       snapshot_kind_count(auditing->snapshot, SUBJECT_KIND_MOUNT) < MOUNTS_MAX;
}

/* Of the types that are always listed. */
static bool ask_not_mounted(struct keyed *keyed)
{
	static const char *const types[] = { "btrfs", "ceph", "cifs", "exfat", "ext2", "ext3", "ext4", "f2fs", "gfs2", "jfs", "nfs",
					     "nfs4", "ntfs3", "ocfs2", "tmpfs", "vfat", "xfs" };
	const struct boot_line *line = keyed_winner(keyed);

	if (!line || keyed->subject != SUBJECT_NONE || line->optional || !knows_mounts(keyed->auditing) ||
	    !streq(line->source, "fstab") || has_option(line->value, "x-systemd.automount") ||
	    !is_one_of(types, ARRAY_SIZE(types), fstype_of_line(keyed)))
		return false;
	keyed_add_site(keyed, line);
	keyed->running_text = "not mounted";
	keyed_say(keyed, "Nothing is mounted on %s.", keyed->name);
	return true;
}

static bool ask_unknown(struct keyed *keyed)
{
	return keyed->subject != SUBJECT_NONE && ask_unresolved(keyed);
}

static const char *pages[] = { "fstab(5)", "mount(8)" };
static const struct drift_family family = {
	.references = { pages, ARRAY_SIZE(pages) },
	.questions = {
		[DRIFT_SHADOWED] = ask_shadowed,
		[DRIFT_NOT_MOUNTED] = ask_not_mounted,
		[DRIFT_LOST_AT_BOOT] = ask_lost,
		[DRIFT_UNRESOLVED] = ask_unknown,
	},
};

static bool is_of_mount(const struct boot_line *line)
{
	return line->kind == SUBJECT_KIND_MOUNT && streq(line->key, "options");
}

void drift_judge_mounts(struct auditing *auditing)
{
	struct drift_about *abouts;
	size_t count = drift_collect(auditing, is_of_mount, &abouts);

	for (size_t i = 0; i < count; i++)
		drift_ask(auditing, &abouts[i], &family);
	free(abouts);
}
