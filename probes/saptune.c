/* SPDX-License-Identifier: Apache-2.0 */
#include "saptune.h"

#include <errno.h>

#include "../core/parse.h"
#include "boot-draft.h"
#include "sysctl-line.h"

#define NOTES_MAX 200
#define NAME_LENGTH_MAX 200

struct saptune {
	const struct root *root;
	struct boot_draft draft;
	struct strbuf overrides;	/* of facts */
};

enum section { SECTION_SYSCTL, SECTION_SYS, SECTION_VM, SECTION_COUNT };

/* A line of one of these sections. */
struct note_entry {
	enum section kind;
	const char *key, *value;	/* key: of a sysctl, or the path of a file below /sys */
	const char *why_invalid;	/* NULL: it is read */
	const char *tagged;		/* why it is not known whether the section counts; NULL: it does */
	size_t section;			/* by number of those of its kind, without those that are tagged */
	struct boot_site site;
};

struct note {
	const char *path;
	struct note_entry *entries;
	size_t count, capacity;
	size_t sections[SECTION_COUNT];	/* without those that are tagged */
	struct arena *arena;
};

static void note_release(struct note *note)
{
	free(note->entries);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static const char *trimmed(struct arena *arena, const char *text, size_t length)
{
	while (length > 0 && is_blank(*text)) {
		text++;
		length--;
	}
	while (length > 0 && is_blank(text[length - 1]))
		length--;
	return arena_strndup(arena, text, length);
}

/* "10  # comment": a "##" is none. */
static void cut_comment(char *text)
{
	for (char *c = text; *c; c++)
		if (is_blank(c[0]) && c[1] == '#' && c[2] && c[2] != '#') {
			*c = '\0';
			return;
		}
}

/* ---- one file ---- */

/* "kernel.mm.transparent_hugepage.defrag" of [sys]; [vm] has two names of its own. */
static const char *file_of(struct arena *arena, const struct note_entry *entry)
{
	char *path;

	if (entry->kind == SECTION_VM)
		return streq(entry->key, "THP") ? "/sys/kernel/mm/transparent_hugepage/enabled" :
		       streq(entry->key, "KSM") ? "/sys/kernel/mm/ksm/run" : "";
	path = arena_formatf(arena, "/sys/%s", entry->key);
	for (char *c = path + strlen("/sys/"); *c; c++)
		*c = *c == '.' ? '/' : *c;
	return path;
}

/* "net.ipv4.tcp_rmem = 4096 131072 6291456"; the operators <, <=, > and >= set the value like "=". */
static void read_entry(struct note *note, struct note_entry *entry, char *line)
{
	size_t name = strcspn(line, "<=>"), length;
	const char *value = line + name + strspn(line + name, "<=>");

	entry->key = trimmed(note->arena, line, name);
	value += strspn(value, " \t\"'");
	for (length = strlen(value); length > 0 && strchr(" \t\"'", value[length - 1]);)
		length--;
	entry->value = arena_strndup(note->arena, value, length);
	if (!line[name])
		entry->why_invalid = "it is no assignment";
	else if (strchr(entry->key, '/'))
		entry->why_invalid = "saptune takes no slash in a name";
	else if (!*entry->key || strpbrk(entry->key, " \t*?["))
		entry->why_invalid = "it is no name of a setting";
	else if (entry->kind != SECTION_SYSCTL)
		entry->key = file_of(note->arena, entry);
}

/* "[sysctl:arch=x86_64]"; false: of something else. */
static bool read_section(struct note *note, const char *line, enum section *ret_kind, const char **ret_tagged)
{
	static const char *const names[SECTION_COUNT] = {
		[SECTION_SYSCTL] = "sysctl", [SECTION_SYS] = "sys", [SECTION_VM] = "vm",
	};
	size_t length = strlen(line) - 1;
	const char *name = arena_strndup(note->arena, line + 1, length > 0 ? length - 1 : 0);
	size_t kind = strcspn(name, ":");

	*ret_tagged = name[kind] ? arena_formatf(note->arena, "whether the tags of [%.200s] hold here is not known", name) : NULL;
	for (enum section i = 0; i < SECTION_COUNT; i++)
		if (strlen(names[i]) == kind && strncmp(names[i], name, kind) == 0) {
			*ret_kind = i;
			return true;
		}
	return false;
}

static void read_lines(struct note *note, const char *text, size_t size)
{
	struct sysctl_cursor cursor = SYSCTL_CURSOR(text, size);
	const char *tagged = NULL;
	enum section kind = SECTION_SYSCTL;
	bool inside = false;

	while (sysctl_next_line(SYSCTL_SYSTEMD, &cursor)) {
		char *line = arena_strdup(note->arena, trimmed(note->arena, cursor.line, cursor.length));

		if (!*line || *line == '#')
			continue;
		cut_comment(line);
		if (*line == '[') {
			inside = read_section(note, line, &kind, &tagged);
			note->sections[kind] += inside && !tagged;
			continue;
		}
		if (!inside || note->count == BOOT_DRAFT_MAX)
			continue;
		GROW(note->entries, note->capacity, note->count + 1);
		note->entries[note->count] = (struct note_entry){
			.kind = kind,
			.tagged = tagged,
			.section = note->sections[kind],
			.site = { .path = note->path, .line = cursor.number,
				  .text = arena_strndup(note->arena, cursor.line, cursor.length), .length = cursor.length },
		};
		read_entry(note, &note->entries[note->count++], line);
	}
}

static int read_file(const struct saptune *saptune, const char *path, struct note *note)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = root_read(saptune->root, path, &text);

	note->path = arena_strdup(note->arena, path);
	if (r == 0)
		read_lines(note, text.buf, text.len);
	return r;
}

/* ---- a note and its override ---- */

/* In an override file the last section of a name takes the place of the others. */
static bool is_replaced(const struct note *override, const struct note_entry *entry)
{
	return !entry->tagged && entry->section < override->sections[entry->kind];
}

static const struct note_entry *overriding(const struct note *override, const struct note_entry *of)
{
	for (size_t i = override->count; i-- > 0;)
		if (!override->entries[i].why_invalid && !is_replaced(override, &override->entries[i]) &&
		    override->entries[i].kind == of->kind && streq(override->entries[i].key, of->key))
			return &override->entries[i];
	return NULL;
}

static struct boot_line *add_line(struct saptune *saptune, const struct note_entry *entry, enum boot_fate fate, const char *why)
{
	bool secret = sysctl_is_secret(entry->key);
	struct boot_site site = entry->site;
	struct boot_line *line;

	if (secret)
		site.length = 0;
	line = boot_draft_add(&saptune->draft, &site, SUBJECT_KIND_HOST, "", entry->why_invalid ? "" : entry->key,
			      secret ? "" : entry->value);
	line->source = entry->kind == SECTION_SYSCTL ? "sysctl" : "saptune";
	line->loader = BOOT_SAPTUNE;
	line->fate = fate;
	line->why = why;
	return line;
}

static const char *place_of(struct saptune *saptune, const struct note_entry *entry)
{
	return boot_draft_format(&saptune->draft, "%s:%u", entry->site.path, entry->site.line);
}

static void add_entry(struct saptune *saptune, const struct note_entry *entry, const struct note *override)
{
	const struct note_entry *over = overriding(override, entry);
	const char *tagged = entry->tagged ? arena_strdup(&saptune->draft.arena, entry->tagged) : NULL;
	const char *over_tagged = over && over->tagged ? arena_strdup(&saptune->draft.arena, over->tagged) : NULL;

	if (entry->why_invalid)
		(void)add_line(saptune, entry, BOOT_INVALID, entry->why_invalid);
	else if (!*entry->key)
		return;			/* of [vm], and of a later saptune */
	else if (over && over_tagged)
		(void)add_line(saptune, entry, BOOT_UNRESOLVED, over_tagged);
	else if (over)
		(void)add_line(saptune, entry, *over->value ? BOOT_SHADOWED : BOOT_IGNORED, place_of(saptune, over));
	else if (!*entry->value)
		(void)add_line(saptune, entry, BOOT_IGNORED, "without a value it leaves the key alone");
	else
		(void)add_line(saptune, entry, tagged ? BOOT_UNRESOLVED : BOOT_WINS, tagged ? tagged : "");
	if (over && *over->value && !over_tagged)
		(void)add_line(saptune, over, tagged ? BOOT_UNRESOLVED : BOOT_WINS, tagged ? tagged : "");
}

static bool names(const struct note *note, const struct note_entry *entry)
{
	for (size_t i = 0; i < note->count; i++)
		if (!note->entries[i].why_invalid && note->entries[i].kind == entry->kind && streq(note->entries[i].key, entry->key))
			return true;
	return false;
}

static void add_note(struct saptune *saptune, const struct note *note, const struct note *override)
{
	for (size_t i = 0; i < note->count; i++)
		add_entry(saptune, &note->entries[i], override);
	for (size_t i = 0; i < override->count; i++) {
		const struct note_entry *entry = &override->entries[i];

		if (entry->why_invalid)
			(void)add_line(saptune, entry, BOOT_INVALID, entry->why_invalid);
		else if (!*entry->key)
			continue;
		else if (is_replaced(override, entry))
			(void)add_line(saptune, entry, BOOT_IGNORED, "another section of that name follows and takes the place of this one");
		else if (!names(note, entry))
			(void)add_line(saptune, entry, BOOT_IGNORED, "the note does not name the key");
		else if (!*entry->value)
			(void)add_line(saptune, entry, BOOT_IGNORED, "without a value it leaves the key alone");
	}
}

static void add_unread(struct saptune *saptune, const char *path, int error)
{
	struct boot_site site = { .path = path };
	struct boot_line *line = boot_draft_add(&saptune->draft, &site, SUBJECT_KIND_HOST, "", "", "");

	line->loader = BOOT_SAPTUNE;
	line->fate = BOOT_UNRESOLVED;
	line->why = error == -ENOENT ? "the note is to be applied, and its file is not here" :
				       boot_draft_format(&saptune->draft, "it cannot be read: %s", strerror(-error));
}

static void read_note(struct saptune *saptune, const char *name)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(note_release) struct note note = { .arena = &arena }, override = { .arena = &arena };
	int r = read_file(saptune, arena_formatf(&arena, SAPTUNE_NOTES "/%s", name), &note);

	if (r == -ENOENT)
		r = read_file(saptune, arena_formatf(&arena, SAPTUNE_EXTRA "/%s.conf", name), &note);
	if (r < 0)
		add_unread(saptune, note.path, r);
	r = read_file(saptune, arena_formatf(&arena, SAPTUNE_OVERRIDE "/%s", name), &override);
	if (r != -ENOENT)
		strbuf_addf(&saptune->overrides, "%s%s", saptune->overrides.len ? " " : "", name);
	if (r < 0 && r != -ENOENT)
		add_unread(saptune, override.path, r);
	add_note(saptune, &note, &override);
}

/* ---- all of them ---- */

/* A file name: what is none cannot be a note. */
static bool is_note_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '/')
			return false;
	return *name && *name != '.' && *name != '-' && strlen(name) <= NAME_LENGTH_MAX;
}

/* NOTE_APPLY_ORDER="941735 2382421", the last such line. */
static bool apply_order(const char *text, struct strbuf *out)
{
	static const char key[] = "NOTE_APPLY_ORDER=";
	bool found = false;

	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		if (length >= strlen(key) && starts_with(line, key)) {
			strbuf_reset(out);
			for (const char *c = line + strlen(key); c < line + length; c++)
				strbuf_add_char(out, *c == '"' || *c == '\'' ? ' ' : *c);
			found = true;
		}
		line += length + (line[length] == '\n');
	}
	return found;
}

static void read_notes(struct saptune *saptune, const char *order, struct strbuf *notes)
{
	const char *word;
	size_t length, count = 0;

	while (next_word(&order, &word, &length)) {
		CLEANUP(free_ptr) char *name = xstrndup(word, length);

		if (!is_note_name(name) || ++count > NOTES_MAX)
			continue;
		read_note(saptune, name);
		strbuf_addf(notes, "%s%s", notes->len ? " " : "", name);
	}
}

bool saptune_read(const struct root *root, struct snapshot *snapshot)
{
	struct saptune saptune = { .root = root, .draft = { .source = "sysctl" }, .overrides = STRBUF_INIT };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, order = STRBUF_INIT, notes = STRBUF_INIT;

	if (root_read(root, SAPTUNE_CONFIGURATION, &text) < 0 || !apply_order(text.buf, &order))
		return false;
	read_notes(&saptune, order.buf, &notes);
	boot_draft_settle(&saptune.draft, BOOT_LAST_COUNTS);
	boot_draft_store(&saptune.draft, snapshot, "saptune");
	boot_draft_release(&saptune.draft);
	snapshot_set_string(snapshot, SUBJECT_HOST, "saptune.notes", notes.len ? notes.buf : "none", SAPTUNE_CONFIGURATION);
	snapshot_set_string(snapshot, SUBJECT_HOST, "saptune.overrides", saptune.overrides.len ? saptune.overrides.buf : "none",
			    SAPTUNE_OVERRIDE);
	strbuf_release(&saptune.overrides);
	return notes.len > 0;
}
