/* SPDX-License-Identifier: Apache-2.0 */
/* Mount options that last: the line of fstab(5) that mounts it, with one option changed and nothing else.
 *
 *	UUID=a1b2  /data  ext4  defaults,discard  0  2
 *	UUID=a1b2  /data  ext4  defaults,discard,noatime  0  2 */
#include "action.h"

#include "../core/owner.h"
#include "../core/parse.h"
#include "rule.h"

#define FSTAB "/etc/fstab"

/* Options of which the last one counts.  Others know "no" in front and "=value" behind. */
static const char *const families[][7] = {
	{ "atime", "noatime", "relatime", "norelatime", "strictatime", "nostrictatime" },
	{ "async", "sync" },
	{ "ro", "rw" },
};

static bool in_family(const char *const *family, const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(families[0]) && family[i]; i++)
		if (streq(family[i], option))
			return true;
	return false;
}

/* "commit=30" → "commit", "nodiscard" → "discard" */
static const char *base_of(const char *option, struct arena *arena)
{
	const char *name = arena_strndup(arena, option, strcspn(option, "="));

	return starts_with(name, "no") ? name + 2 : name;
}

static bool overrides(const char *option, const char *old, struct arena *arena)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (in_family(families[i], option))
			return in_family(families[i], old);
	return streq(base_of(option, arena), base_of(old, arena));
}

/* The next option of a list: a comma between double quotes does not end it. */
static size_t option_length(const char *text, const char *end)
{
	bool quoted = false;
	const char *c = text;

	for (; c < end && (*c != ',' || quoted); c++)
		quoted ^= *c == '"';
	return (size_t)(c - text);
}

static void add_options(struct strbuf *out, const char *text, const char *end, const char *option, struct arena *arena)
{
	size_t start = out->len, length;

	for (; text < end; text += length + 1) {
		const char *old;

		length = option_length(text, end);
		old = arena_strndup(arena, text, length);
		if (*old && !overrides(option, old, arena))
			strbuf_addf(out, "%s%s", out->len > start ? "," : "", old);
	}
	strbuf_addf(out, "%s%s", out->len > start ? "," : "", option);
}

/* Four fields have to be there; what is between and behind them stays as it is. */
static const char *changed_line(const char *line, const char *option, struct arena *arena)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *cursor = line, *word;
	size_t length;

	for (int field = 0; field < 4; field++)
		if (!next_word(&cursor, &word, &length))
			return NULL;
	strbuf_add(&text, line, (size_t)(word - line));
	add_options(&text, word, word + length, option, arena);
	strbuf_add_string(&text, word + length);
	return arena_strdup(arena, text.buf);
}

/* "/etc/fstab:5\tthe line" */
static const char *captured_line(const struct target *target, uint64_t *ret_number)
{
	static const char prefix[] = FSTAB ":";
	const char *text = action_sibling(target, "fstab.line"), *cursor;

	if (!text || !starts_with(text, prefix))
		return NULL;
	cursor = text + strlen(prefix);
	return scan_u64(&cursor, ret_number) && *cursor == '\t' ? cursor + 1 : NULL;
}

static void change_fstab(const struct target *target, const char *option, const char *line, uint64_t number,
			 struct lasting *out)
{
	const char *now = action_line_now(out, FSTAB, line), *changed = changed_line(now, option, target->arena);
	bool systemd = owner_is_active(target->snapshot, "systemd");

	if (!changed) {
		action_note(out, "its line of %s has no options: add %s as the fourth word", FSTAB, option);
		return;
	}
	if (streq(changed, now)) {
		action_note(out, "%s:%llu has it already", FSTAB, (unsigned long long)number);
		return;
	}
	out->files[out->n_files++] = (struct plan_file){
		.kind = PLAN_FILE_LINE, .path = FSTAB, .old_line = now, .new_line = changed, .line = (uint32_t)number,
		.reload = systemd ? "systemctl daemon-reload" : NULL, .tool = systemd ? "systemctl" : NULL,
	};
	action_note(out, "%s:%llu gets the option %s", FSTAB, (unsigned long long)number, option);
}

void action_persist_mount(const struct target *target, const char *option, struct lasting *out)
{
	bool late = target->entry->takes_effect == EFFECT_LIVE || target->entry->takes_effect == EFFECT_REMOUNT;
	uint64_t number;
	const char *line = captured_line(target, &number);

	out->owner = "the administrator";
	if (line && action_printable(option) && !strchr(option, ' '))
		change_fstab(target, option, line, number, out);
	else
		action_note(out, "put %s among the options of %s in %s, or in Options= of its mount unit: no single line of %s "
				 "that mounts it was captured", option, target->name, FSTAB, FSTAB);
	if (streq(target->name, "/") && !late)
		action_note(out, "the root file system is mounted before %s is read: rootflags=%s on the kernel command line",
			    FSTAB, option);
}
