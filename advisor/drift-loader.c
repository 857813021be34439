/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that do nothing, or that two programs understand differently, whatever they set. */
#include "drift.h"

#include "../core/parse.h"

/* A file that is read under another name too, such as /etc/sysctl.conf through a link in /etc/sysctl.d. */
static bool is_read_elsewhere(const struct keyed *keyed, const struct boot_line *line)
{
	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *other = keyed->lines[i];

		if (other->fate != BOOT_IGNORED && other->line == line->line && streq(other->loader, line->loader) &&
		    streq(other->text, line->text) && !streq(other->path, line->path))
			return true;
	}
	return false;
}

/* TuneD applies files that were applied before it once more; what it makes of them otherwise is lost by nobody. */
bool drift_is_repeated(const struct boot_line *line)
{
	return streq(line->loader, BOOT_TUNED) && !ends_with(line->path, "/tuned.conf");
}

/* Lines of this fate whose word is not that of the line which counts. */
static const struct boot_line *find_losers(struct keyed *keyed, enum boot_fate fate)
{
	const struct boot_line *winner = keyed_winner(keyed), *first = NULL;

	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *line = keyed->lines[i];

		if (line->fate != fate || !keyed_counts_here(keyed, line) || line->optional || drift_is_repeated(line) ||
		    is_read_elsewhere(keyed, line) ||
		    (winner && drift_same_raw(keyed->entry, line->value, winner->value)))
			continue;
		if (!first)
			first = line;
		keyed_add_site(keyed, line);
	}
	return first;
}

bool ask_invalid_line(struct keyed *keyed)
{
	const struct boot_line *line = find_losers(keyed, BOOT_INVALID);

	if (!line)
		return false;
	if (*line->why)
		keyed_say(keyed, "%s: %s.", keyed_place(keyed, line), line->why);
	return true;
}

bool ask_unread_file(struct keyed *keyed)
{
	const struct boot_line *line = find_losers(keyed, BOOT_IGNORED);

	if (!line)
		return false;
	if (*line->why)
		keyed_say(keyed, "%s: %s.", keyed_place(keyed, line), line->why);
	return true;
}

bool drift_is_vendor(const char *path)
{
	return (starts_with(path, "/usr/") && !starts_with(path, "/usr/local/")) || starts_with(path, "/lib/") ||
	       starts_with(path, "/boot/sysctl.conf-") ||	/* SUSE's kernels */
	       starts_with(path, "/var/lib/saptune/");
}

/* clang-format off */
/* The last releases that come with procps 3, whose sysctl --system reads directories in another order. */
static const struct release {
	const char *id, *last;
} old_releases[] = {
	{ "almalinux", "9" },
	{ "amzn", "2023" },
	{ "centos", "9" },
	{ "debian", "11" },
	{ "fedora", "38" },
	{ "ol", "9" },
	{ "opensuse-leap", "15" },
	{ "rhel", "9" },
	{ "rocky", "9" },
	{ "sles", "15" },
	{ "ubuntu", "22.04" },
};
/* clang-format on */

/* "9.4" is a 9. */
static bool is_of_release(const char *version, const char *release)
{
	size_t n = strlen(release);

	return starts_with(version, release) && (version[n] == '\0' || version[n] == '.');
}

static bool has_old_procps(const struct auditing *auditing)
{
	const char *id = snapshot_text(auditing->snapshot, SUBJECT_HOST, "os.id");
	const char *version = snapshot_text(auditing->snapshot, SUBJECT_HOST, "os.version");

	for (size_t i = 0; id && version && i < ARRAY_SIZE(old_releases); i++)
		if (streq(id, old_releases[i].id))
			return is_of_release(version, old_releases[i].last) ||
			       version_compare(version, old_releases[i].last) < 0;
	return false;
}

/* Of the two kinds of sysctl --system there is one on a host. */
static bool matters(const struct auditing *auditing, const char *loader)
{
	if (streq(loader, BOOT_TUNED))
		return boot_state_applies(auditing, loader);
	if (streq(loader, BOOT_PROCPS) || streq(loader, BOOT_PROCPS_OLD))
		return has_old_procps(auditing) == streq(loader, BOOT_PROCPS_OLD);
	return true;
}

/* A program that sets nothing takes nothing back; the others do, whenever they run. */
static bool differs(const struct keyed *keyed, const struct boot_side *a, const struct boot_side *b)
{
	if (!b->outcome.line)
		return false;
	return !a->outcome.line || !drift_same_raw(keyed->entry, a->outcome.line->value, b->outcome.line->value);
}

static void say_sides(struct keyed *keyed, const struct boot_side *sides, size_t count)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct snapshot *snapshot = keyed->auditing->snapshot;

	for (size_t i = 0; i < count; i++) {
		const struct boot_line *line = sides[i].outcome.line;
		const char *loader = sides[i].loader;

		strbuf_add_string(&text, i > 0 ? ", " : "");
		if (streq(loader, BOOT_PROCPS_OLD))
			strbuf_addf(&text, "sysctl --system (of procps 3, with which %s %s comes)",
				    snapshot_text(snapshot, SUBJECT_HOST, "os.id"),
				    snapshot_text(snapshot, SUBJECT_HOST, "os.version"));
		else
			strbuf_add_string(&text, streq(loader, BOOT_PROCPS) ? "sysctl --system" :
						 streq(loader, BOOT_TUNED) ? "TuneD" : loader);
		if (line)
			strbuf_addf(&text, " ends with %s (%s)", line->value, keyed_place(keyed, line));
		else
			strbuf_add_string(&text, " leaves it alone");
		if (line)
			keyed_add_site(keyed, line);
	}
	keyed_say(keyed, "%s.", text.buf);
}

/* That files of packages alone end differently is how distributions ship them: it is told where a line of the administrator's is
 * one of those that would count.  A profile of TuneD is there to take back what packages say. */
bool ask_loaders_disagree(struct keyed *keyed)
{
	struct boot *boot = keyed->auditing->boot;
	struct boot_side all[BOOT_SIDES_MAX], sides[BOOT_SIDES_MAX];
	size_t n = boot_loaders_disagree(boot, keyed->key) ? boot_sides(boot, keyed->key, all) : 0, count = 0;
	bool differ = false, of_administrator = false, tuned = false;

	for (size_t i = 0; i < n; i++)
		if (matters(keyed->auditing, all[i].loader))
			sides[count++] = all[i];
	for (size_t i = 0; i < count; i++) {
		const struct boot_line *line = sides[i].outcome.line;

		differ |= i > 0 && differs(keyed, &sides[0], &sides[i]);
		of_administrator |= line && !drift_is_vendor(line->path) && !streq(sides[i].loader, BOOT_TUNED);
		tuned |= streq(sides[i].loader, BOOT_TUNED) && differs(keyed, &sides[0], &sides[i]);
	}
	if (!differ || !of_administrator)
		return false;
	say_sides(keyed, sides, count);
	if (tuned)
		keyed->because = "TuneD starts after the files have been applied, and its profile counts: whoever edits the file changes "
				 "nothing while that profile is active.";
	return true;
}

/* A package's line is there to be overridden, and so is a note of saptune; what a profile of TuneD includes is too.  A pattern is
 * there for others too, but for one that meets a rule of udev which a package brings. */
static bool ask_shadowed_by(struct keyed *keyed, bool vendor)
{
	const struct boot_line *winner = keyed_winner(keyed);

	if (!winner || drift_is_vendor(winner->path) != vendor)
		return false;
	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *line = keyed->lines[i];

		if (line->fate == BOOT_SHADOWED && streq(line->loader, winner->loader) && !line->optional &&
		    (!*line->pattern || (vendor && streq(line->source, "udev"))) && !drift_is_vendor(line->path) && !starts_with(line->path, "/run/") &&
		    !drift_same_raw(keyed->entry, line->value, winner->value))
			keyed_add_site(keyed, line);
	}
	if (keyed->n_sites == 0)
		return false;
	keyed_say(keyed, "%s counts, and says %s.", keyed_place(keyed, winner), winner->value);
	return true;
}

bool ask_shadowed_vendor(struct keyed *keyed)
{
	return ask_shadowed_by(keyed, true);
}

bool ask_shadowed(struct keyed *keyed)
{
	return ask_shadowed_by(keyed, false);
}

bool ask_unresolved(struct keyed *keyed)
{
	const struct boot_line *line = keyed->outcome.line;
	struct expectation expectation;

	/* That an image cannot say whether its kernel has the key, or the host the interface, is nobody's fault. */
	if (!line || (keyed->outcome.state == BOOT_STATE_SET && (!keyed->entry || drift_is_of_interface(keyed->key))))
		return false;
	if (keyed->subject == SUBJECT_NONE || keyed->kind == SUBJECT_KIND_MOUNT)
		expectation = (struct expectation){ .why = keyed->outcome.state == BOOT_STATE_UNKNOWN ? line->why : NULL };
	else
		expectation = boot_expect(keyed->auditing, snapshot_subject_get(keyed->auditing->after, keyed->subject), keyed->key,
					  &keyed->auditing->findings->arena);
	if (expectation.value || !expectation.why)
		return false;
	keyed_add_site(keyed, line);
	keyed_say(keyed, "%s: %s.", keyed_place(keyed, line), expectation.why);
	return true;
}
