/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the last word at boot: a proposed line, another one of the proposal, or one that is on the host. */
#include "action.h"
#include "review-making.h"

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Of two files with the same name the one in the earlier directory hides the other. */
static size_t directory_rank(const char *path)
{
	static const char *const directories[] = { "/etc/", "/run/", "/usr/local/lib/", "/usr/lib/", "/lib/" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (starts_with(path, directories[i]))
			return i;
	return ARRAY_SIZE(directories);
}

/* Where a line stands among those that set the same. */
struct rank {
	const char *file;
	unsigned int line;		/* 0: at the end of the file */
	bool pattern;
};

static const char *order_name(const char *file)
{
	return streq(file, "/etc/sysctl.conf") ? "99-sysctl.conf" : name_of(file);
}

/* Whether a comes after b, where files are read in the order of their names. */
static bool comes_later(const struct rank *a, const struct rank *b, bool explicit_first)
{
	int order = strcmp(order_name(a->file), order_name(b->file));

	if (explicit_first && a->pattern != b->pattern)
		return b->pattern;
	if (order != 0)
		return order > 0;
	if (!streq(a->file, b->file))
		return directory_rank(a->file) < directory_rank(b->file);
	return a->line == 0 || (b->line != 0 && a->line > b->line);
}

static bool is_sysctl(const struct proposed *item)
{
	return starts_with(item->file, "/etc/sysctl") || strstr(item->file, "/sysctl.d/");
}

/* The first line of tmpfiles.d about a path counts, of everything else the last one. */
static bool wins_over(const struct proposed *item, const struct rank *mine, const struct rank *other)
{
	bool later = comes_later(mine, other, is_sysctl(item));

	return strstr(item->file, "/tmpfiles.d/") ? !later : later;
}

/* ---- among the lines of the proposal ---- */

static struct rank rank_of(const struct proposed *item)
{
	return (struct rank){ .file = item->file, .line = item->file_line, .pattern = item->pattern };
}

static bool beats_at_boot(const struct asked *asked, const struct asked *other)
{
	struct rank mine = rank_of(asked->item), theirs = rank_of(other->item);

	if (!*theirs.file || !*mine.file)
		return other->position > asked->position;
	if (streq(theirs.file, mine.file) && theirs.line == mine.line)
		return other->position > asked->position;
	return !wins_over(asked->item, &mine, &theirs);
}

#define SYSCTL_CONF "/etc/sysctl.conf"

/* systemd-sysctl reads /etc/sysctl.conf only through a link in sysctl.d. */
static bool is_read_at_boot(const struct reviewing *reviewing, const struct proposed *item)
{
	return (item->when & PROPOSED_BOOT) && (reviewing->sysctl_conf_read || !streq(item->file, SYSCTL_CONF));
}

static bool makes_nothing_of(const struct reviewing *reviewing, const struct asked *asked, const struct asked *other)
{
	unsigned int left = asked->item->when;

	/* What the kernel refuses leaves what the line before it set. */
	if (other == asked || !proposed_sets(other->item) || other->unsure || other->idle || other->refusal)
		return false;
	if ((other->item->when & PROPOSED_NOW) && other->position > asked->position)
		left &= ~(unsigned int)PROPOSED_NOW;
	/* Of one file both lines are read, or neither. */
	if ((other->item->when & PROPOSED_BOOT) &&
	    (is_read_at_boot(reviewing, other->item) || streq(other->item->file, asked->item->file)) && beats_at_boot(asked, other))
		left &= ~(unsigned int)PROPOSED_BOOT;
	return left == 0;
}

#define OTHERS_MAX 500		/* lines about one setting that each is compared with, from either end */

/* A later line that sets the same at the same occasions makes this one nothing.  The last one is asked first: it is mostly the
 * one; of tmpfiles.d it is the first. */
static void find_other_item(struct reviewing *reviewing, struct asked *asked)
{
	size_t count = asked->group_end - asked->group;

	for (size_t n = 0; n < MIN(count, 2 * OTHERS_MAX) && !asked->beaten_by_item; n++) {
		size_t i = n < OTHERS_MAX ? asked->group_end - 1 - n : asked->group + n - OTHERS_MAX;

		if (makes_nothing_of(reviewing, asked, reviewing->by_key[i]))
			asked->beaten_by_item = reviewing->by_key[i]->item;
	}
}

/* What sets the other of two of which one is always 0, and comes later. */
static void find_twin_item(struct reviewing *reviewing, struct asked *asked)
{
	const char *twin = asked->subject == SUBJECT_HOST && !streq(asked->item->value, "0") ? action_twin(asked->key) : NULL;
	const struct asked *first = twin && !asked->beaten_by_item ? review_first_of(reviewing, twin) : NULL;

	for (size_t n = 0; first && n < MIN(first->group_end - first->group, (size_t)OTHERS_MAX) && !asked->zeroed; n++) {
		const struct asked *other = reviewing->by_key[first->group_end - 1 - n];

		if (!makes_nothing_of(reviewing, asked, other) || !action_zeroes_twin(twin, "0", other->item->value))
			continue;
		asked->beaten_by_item = other->item;
		asked->zeroed = true;
	}
}

/* ---- against the lines of the host ---- */

/* Our file takes the place of the host's of the same name, or hides it. */
static bool is_replaced(const struct proposed *item, const struct boot_line *line)
{
	if (item->appended || item->file_line == 0 || !*item->file)
		return false;
	if (streq(item->file, line->path))
		return true;
	return streq(name_of(item->file), name_of(line->path)) && directory_rank(item->file) < directory_rank(line->path) &&
	       strstr(line->path, ".d/");
}

static bool is_tuned(const struct boot_line *line)
{
	return streq(line->loader, BOOT_TUNED) && strstr(line->path, "/tuned/");
}

/* What wins comes before what is shadowed, and TuneD, which comes last, before the others. */
static unsigned int weight(const struct boot_line *line)
{
	return (line->fate == BOOT_WINS ? 2U : 0U) + is_tuned(line);
}

/* The last line that the host has for it, without those that the proposal replaces. */
static const struct boot_line *host_line(struct reviewing *reviewing, const struct asked *asked)
{
	const struct subject *about = snapshot_subject_get(reviewing->snapshot, asked->subject);
	const char *name = about->kind == SUBJECT_KIND_HOST ? "" : about->name;
	const struct boot_line *const *lines, *last = NULL;
	size_t count = boot_lines(reviewing->auditing.boot, about->kind, name, asked->key, &lines);

	for (size_t i = 0; i < count; i++) {
		const struct boot_line *line = lines[i];

		if ((line->fate != BOOT_WINS && line->fate != BOOT_SHADOWED) || is_replaced(asked->item, line) ||
		    !boot_state_applies(&reviewing->auditing, line->loader) || streq(line->source, "cmdline"))
			continue;
		if (!last || weight(line) >= weight(last))
			last = line;
	}
	return last;
}

static void meet_host(struct reviewing *reviewing, struct asked *asked)
{
	const struct boot_line *line = host_line(reviewing, asked);
	struct rank mine = rank_of(asked->item), theirs;

	if (!line || !*mine.file)
		return;
	theirs = (struct rank){ .file = line->path, .line = line->line, .pattern = *line->pattern != '\0' };
	if (is_tuned(line) ? !strstr(mine.file, "/tuned/") : !wins_over(asked->item, &mine, &theirs))
		asked->beaten_by = line;
}

static bool is_taken(const struct asked *asked)
{
	const struct setting *setting = asked->setting;

	if (asked->entry && asked->entry->obsolete && !(setting && setting->absence == PRESENT))
		return false;
	return !(setting && setting->absence != PRESENT && setting->absence != UNREADABLE && !(asked->entry && asked->entry->module)) &&
	       !asked->refusal;
}

/* What the last of the proposal's lines leaves behind. */
static void find_boot_value(struct reviewing *reviewing, struct asked *first)
{
	for (size_t i = first->group_end; i-- > first->group && !first->group_boot;) {
		const struct asked *other = reviewing->by_key[i];

		if (proposed_sets(other->item) && is_read_at_boot(reviewing, other->item) && !other->beaten_by_item &&
		    !other->unsure && !other->idle && is_taken(other))
			first->group_boot = other->item->value;
	}
}

/* Whether what has the last word stands in a file that comes after /etc/sysctl.conf anyway. */
static bool is_beyond(const struct reviewing *reviewing, const struct asked *first)
{
	const struct rank theirs = { .file = SYSCTL_CONF };

	for (size_t i = first->group; i < first->group_end; i++) {
		const struct asked *winner = reviewing->by_key[i];
		struct rank mine = rank_of(winner->item);

		if (winner->item->value == first->group_boot && *mine.file && !streq(mine.file, SYSCTL_CONF) &&
		    comes_later(&mine, &theirs, false))
			return true;
	}
	return false;
}

/* A line of /etc/sysctl.conf has the last word, if the file is read. */
static void find_open(const struct reviewing *reviewing, struct asked *first)
{
	if (reviewing->sysctl_conf_read || reviewing->sysctl_conf_ignored || is_beyond(reviewing, first))
		return;
	for (size_t i = first->group; i < first->group_end && !first->group_open; i++) {
		const struct asked *other = reviewing->by_key[i];

		first->group_open = proposed_sets(other->item) && (other->item->when & PROPOSED_BOOT) &&
				    streq(other->item->file, SYSCTL_CONF) && is_taken(other) &&
				    !(first->group_boot && review_same(other->entry, other->item->value, first->group_boot));
	}
}

static const char *boot_value(const struct reviewing *reviewing, const struct asked *asked)
{
	return reviewing->by_key[asked->group]->group_boot;
}

static void find_who_reads(struct reviewing *reviewing)
{
	const char *told = snapshot_text(reviewing->snapshot, SUBJECT_HOST, SYSCTL_CONF_READ);
	bool read = false, ignored = false;

	if (told) {
		reviewing->sysctl_conf_read = streq(told, "true");
		reviewing->sysctl_conf_ignored = !reviewing->sysctl_conf_read;
		return;
	}
	for (size_t i = 0; i < boot_count(reviewing->auditing.boot); i++) {
		const struct boot_line *line = boot_at(reviewing->auditing.boot, i);

		if (!streq(line->loader, BOOT_SYSTEMD))
			continue;
		read |= streq(line->path, "/etc/sysctl.d/99-sysctl.conf") ||
			(streq(line->path, SYSCTL_CONF) && line->fate != BOOT_IGNORED);
		ignored |= streq(line->path, SYSCTL_CONF) && line->fate == BOOT_IGNORED;
	}
	reviewing->sysctl_conf_read = read;
	reviewing->sysctl_conf_ignored = ignored;
}

static void ask_who_reads(const struct reviewing *reviewing, struct asked *asked)
{
	if (!streq(asked->item->file, SYSCTL_CONF) || reviewing->sysctl_conf_read)
		return;
	if (reviewing->sysctl_conf_ignored)
		review_remark(asked, "systemd does not read /etc/sysctl.conf on this host: the line is lost at boot; write it into a file of "
				     "/etc/sysctl.d");
	else
		review_remark(asked, "systemd reads /etc/sysctl.conf only where /etc/sysctl.d/99-sysctl.conf links to it; Debian 13 and "
				     "others have no such link any more");
}

/* What is left when the line is taken away: another line's value, or the kernel's own. */
static void without_line(struct reviewing *reviewing, struct asked *asked)
{
	const struct boot_line *line = host_line(reviewing, asked);

	asked->after_boot = boot_value(reviewing, asked);
	if (!asked->after_boot && line)
		asked->after_boot = line->value;
	if (!asked->after_boot && asked->entry)
		asked->after_boot = default_raw(&reviewing->auditing, asked->entry, &reviewing->findings->arena);
}

static void ask_boot(struct reviewing *reviewing, struct asked *asked)
{
	if (asked->item->fate == PROPOSED_REMOVED && asked->subject != SUBJECT_NONE)
		without_line(reviewing, asked);
	if (!proposed_sets(asked->item) || asked->subject == SUBJECT_NONE)
		return;
	if (is_read_at_boot(reviewing, asked->item) && !asked->idle)
		meet_host(reviewing, asked);
	ask_who_reads(reviewing, asked);
	if (asked->beaten_by)
		asked->after_boot = asked->beaten_by->value;
	else if (asked->zeroed && is_read_at_boot(reviewing, asked->item))
		asked->after_boot = "0";
	else if (reviewing->by_key[asked->group]->group_open)
		return;
	else if (asked->unsure && is_read_at_boot(reviewing, asked->item) && !asked->beaten_by_item && is_taken(asked))
		asked->after_boot = asked->item->value;
	else
		asked->after_boot = boot_value(reviewing, asked);
	/* Whether the file is read is not known: nor is what is left. */
	if (!asked->after_boot && (!streq(asked->item->file, SYSCTL_CONF) || reviewing->sysctl_conf_ignored || reviewing->sysctl_conf_read))
		asked->after_boot = snapshot_text(reviewing->auditing.after, asked->subject, asked->key);
}

/* Which lines are beaten has to be known of all before what is left behind can be told of any. */
void review_boot(struct reviewing *reviewing)
{
	find_who_reads(reviewing);
	for (size_t i = 0; i < reviewing->n_asked; i++)
		if (proposed_sets(reviewing->asked[i].item) && reviewing->asked[i].subject != SUBJECT_NONE)
			find_other_item(reviewing, &reviewing->asked[i]);
	for (size_t i = 0; i < reviewing->n_asked; i++)
		if (proposed_sets(reviewing->asked[i].item) && reviewing->asked[i].subject != SUBJECT_NONE)
			find_twin_item(reviewing, &reviewing->asked[i]);
	for (size_t i = 0; i < reviewing->n_asked; i = reviewing->by_key[i]->group_end)
		find_boot_value(reviewing, reviewing->by_key[i]);
	for (size_t i = 0; i < reviewing->n_asked; i = reviewing->by_key[i]->group_end)
		find_open(reviewing, reviewing->by_key[i]);
	for (size_t i = 0; i < reviewing->n_asked; i++)
		ask_boot(reviewing, &reviewing->asked[i]);
}
