/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that do nothing, or that two programs understand differently, whatever they set. */
#include "drift.h"

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

/* Lines of this fate whose word is not that of the line which counts. */
static const struct boot_line *find_losers(struct keyed *keyed, enum boot_fate fate)
{
	const struct boot_line *winner = keyed_winner(keyed), *first = NULL;

	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *line = keyed->lines[i];

		if (line->fate != fate || !keyed_counts_here(keyed, line) || line->optional || is_read_elsewhere(keyed, line) ||
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

bool ask_loaders_disagree(struct keyed *keyed)
{
	static const char *const loaders[] = { BOOT_SYSTEMD, BOOT_PROCPS };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct boot *boot = keyed->auditing->boot;
	const struct boot_line *first = NULL;
	bool differ = false;

	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++) {
		struct boot_outcome outcome = boot_outcome(boot, loaders[i], SUBJECT_KIND_HOST, "", keyed->key);

		if (outcome.state != BOOT_STATE_SET)
			return false;
		differ |= first && !drift_same_raw(keyed->entry, first->value, outcome.line->value);
		first = first ? first : outcome.line;
		strbuf_addf(&text, "%s%s ends with %s (%s)", i > 0 ? ", " : "", loaders[i], outcome.line->value,
			    keyed_place(keyed, outcome.line));
		keyed_add_site(keyed, outcome.line);
	}
	if (!differ) {
		keyed->n_sites = 0;
		return false;
	}
	keyed_say(keyed, "%s.", text.buf);
	return true;
}

static bool is_vendor(const char *path)
{
	return (starts_with(path, "/usr/") && !starts_with(path, "/usr/local/")) || starts_with(path, "/lib/");
}

/* A package's line is there to be overridden; and what a profile of TuneD includes is. */
static bool ask_shadowed_by(struct keyed *keyed, bool vendor)
{
	const struct boot_line *winner = keyed_winner(keyed);

	if (!winner || is_vendor(winner->path) != vendor)
		return false;
	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *line = keyed->lines[i];

		if (line->fate == BOOT_SHADOWED && streq(line->loader, winner->loader) && !line->optional &&
		    !*line->pattern && !is_vendor(line->path) && !starts_with(line->path, "/run/") &&
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

	if (keyed->outcome.state != BOOT_STATE_UNKNOWN)
		return false;
	if (line)
		keyed_add_site(keyed, line);
	if (line && line->fate == BOOT_WINS)
		keyed_say(keyed, "%s sets it, and so does a file of sysctl.d, to another value; which of the two comes last is not fixed.",
		    keyed_place(keyed, line));
	else if (line && *line->why)
		keyed_say(keyed, "%s: %s.", keyed_place(keyed, line), line->why);
	return true;
}
