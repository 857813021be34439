/* SPDX-License-Identifier: Apache-2.0 */
/* What a note of saptune sets last: saptune applies its notes after everything else, so a file of sysctl.d or tmpfiles.d would
 * lose.  The values of its override files take the place of those of the note, for keys that the note names (saptune-note(5)):
 *
 *	/etc/saptune/override/2382421
 *	[sysctl]
 *	net.core.somaxconn = 8192 */
#include "action.h"

#include "../core/parse.h"
#include "rule.h"

#define OVERRIDES "/etc/saptune/override/"

static bool only(const char *text, const char *allowed)
{
	for (; *text; text++)
		if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') && !(*text >= '0' && *text <= '9') &&
		    !strchr(allowed, *text))
			return false;
	return true;
}

/* "/var/lib/saptune/working/notes/2382421" → "2382421"; "/etc/saptune/extra/own.conf" → "own" */
static const char *note_of(const char *path, struct arena *arena)
{
	const char *base = strrchr(path, '/') + 1;
	size_t length = strlen(base);

	if (!starts_with(path, "/var/lib/saptune/") && !starts_with(path, "/etc/saptune/"))
		return NULL;
	if (starts_with(path, "/etc/saptune/extra/") && ends_with(base, ".conf"))
		length -= strlen(".conf");
	return arena_strndup(arena, base, length);
}

static bool is_among(const char *list, const char *name)
{
	const char *word;
	size_t length;

	while (list && next_word(&list, &word, &length))
		if (strlen(name) == length && memcmp(word, name, length) == 0)
			return true;
	return false;
}

/* What earlier actions of the plan will have written there. */
static const char *content_before(const struct lasting *out, const char *path)
{
	const char *content = NULL;

	for (size_t i = 0; i < out->n_earlier; i++)
		for (size_t f = 0; f < out->earlier[i].n_files; f++)
			if (out->earlier[i].files[f].kind == PLAN_FILE_WHOLE && streq(out->earlier[i].files[f].path, path))
				content = out->earlier[i].files[f].content;
	return content;
}

/* The name that the note has for it, and the section that this name is of. */
static const char *name_in(const struct target *target, const struct owner_line *last, const char **ret_section)
{
	const char *name = last->text + strspn(last->text, " \t");

	name = arena_strndup(target->arena, name, strcspn(name, " \t<=>"));
	*ret_section = streq(name, "THP") || streq(name, "KSM") ? "vm" : starts_with(target->path, "/sys/") ? "sys" : "sysctl";
	return name;
}

/* A section that is there gets one more line: a second one of its name would take its place. */
static const char *with_line(const struct target *target, const char *before, const char *section, const char *line)
{
	const char *header = arena_formatf(target->arena, "[%s]\n", section), *at = before ? strstr(before, header) : NULL, *next;

	if (!before)
		return arena_formatf(target->arena, "%s%s\n", header, line);
	if (!at)
		return arena_formatf(target->arena, "%s%s%s\n", before, header, line);
	next = strstr(at, "\n[");
	at = next ? next + 1 : at + strlen(at);
	return arena_formatf(target->arena, "%.*s%s\n%s", (int)(at - before), before, line, at);
}

static void write_override(const struct target *target, const char *path, const char *section, const char *line,
			   const struct owner_line *last, struct lasting *out)
{
	if (!streq(last->path, path)) {
		action_file(out, path, with_line(target, content_before(out, path), section, line), NULL, NULL);
		return;
	}
	if (out->n_files < ACTION_FILES_MAX)
		out->files[out->n_files++] = (struct plan_file){
			.kind = PLAN_FILE_LINE, .path = path, .old_line = last->text, .new_line = line,
			.line = action_line_number(last->place),
		};
}

enum saptune_part action_persist_saptune(const struct target *target, const char *value, const struct owner_line *lines,
					 size_t count, struct lasting *out)
{
	const struct owner_line *last = count > 0 ? &lines[count - 1] : NULL;
	const char *note = last ? note_of(last->path, target->arena) : NULL, *path, *line, *name, *section;

	if (!note)
		return SAPTUNE_NONE;
	out->owner = "saptune";
	out->form = PLAN_FORM_BY_HAND;
	path = arena_formatf(target->arena, "%s%s", OVERRIDES, note);
	name = name_in(target, last, &section);
	line = arena_formatf(target->arena, "%s = %s", name, value);
	if (!action_plain(note) || !only(name, "_.+-") || !only(value, "_.:,+-/ ") || !*value) {
		action_note(out, "saptune sets it, and its name or value cannot be written in an override file of saptune");
	} else if (!streq(last->path, path) && is_among(snapshot_text(target->snapshot, SUBJECT_HOST, "saptune.overrides"), note)) {
		action_note(out, "saptune sets it in %s, and %s is there and does not name it: put \"%s\" below [%s] there",
			    last->place, path, line, section);
	} else if (streq(last->path, path) && (!action_printable(last->text) || !*last->text)) {
		action_note(out, "saptune sets it in %s, whose line cannot be replaced: make it \"%s\"", last->place, line);
	} else {
		write_override(target, path, section, line, last, out);
		out->form = PLAN_FORM_SAPTUNE_OVERRIDE;
		action_note(out, "saptune sets it in %s after all others: its override file has it from the next boot on, or from when the "
				 "note is applied anew (saptune note revert %s, saptune note apply %s)", last->place, note, note);
	}
	if (last->unsure)
		action_note(out, "%s, so a file of %s says it too", last->unsure,
			    streq(section, "sysctl") ? "sysctl.d" : "tmpfiles.d");
	return last->unsure ? SAPTUNE_PERHAPS : SAPTUNE_SURELY;
}
