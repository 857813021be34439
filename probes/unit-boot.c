/* SPDX-License-Identifier: Apache-2.0 */
/* Unit files of systemd as boot lines, systemd.unit(5): of the files with a unit's name the one in the first directory of the
 * search path counts, then drop-ins by their names from all directories, where the one in the more specific or earlier
 * directory hides its namesakes; the last assignment wins.  An empty one takes back what was assigned before (its value is
 * empty), but for resource limits, which have no such thing.  A unit whose file is empty or a link to /dev/null is masked. */
#include "unit-boot.h"

#include <errno.h>

struct unit_boot {
	struct unit_index *index;
	struct boot_draft draft;
	const char *unit;
	const char *masked_by;		/* path; NULL: the unit is not masked */
	size_t files, bytes;		/* read so far */
	bool truncated;
};


struct boot_site unit_boot_site(const struct config_file *file, const struct unit_file *text)
{
	return (struct boot_site){ .path = file->path, .line = text->line, .text = text->raw, .length = text->raw_length };
}

void unit_boot_add(struct boot_draft *draft, const struct boot_site *site, enum subject_kind kind, const char *subject,
		   const char *key, const char *soft_key, const char *value, const char *soft_value)
{
	(void)boot_draft_add(draft, site, kind, subject, key, value);
	if (soft_key)
		(void)boot_draft_add(draft, site, kind, subject, soft_key, soft_value);
}

static void set_fate(struct boot_draft *draft, size_t first, enum boot_fate fate, const char *why)
{
	why = arena_strdup(&draft->arena, why);
	for (size_t i = first; i < draft->count; i++) {
		draft->lines[i].fate = fate;
		draft->lines[i].why = why;
	}
}

void unit_boot_hide(struct boot_draft *draft, size_t first, const struct config_file *file)
{
	if (first == draft->count)
		return;
	if (file->lost)
		set_fate(draft, first, BOOT_IGNORED, "what stands below /run is gone after a reboot");
	else if (file->hidden_by)
		set_fate(draft, first, BOOT_MASKED, file->hidden_by);
}

static void add_assignment(struct unit_boot *boot, const struct config_file *file, const struct unit_file *text,
			   const struct unit_property *property)
{
	CLEANUP(strbuf_release) struct strbuf soft = STRBUF_INIT, value = STRBUF_INIT;
	struct boot_site site = unit_boot_site(file, text);
	unsigned int sections = unit_sections(boot->unit);
	size_t first = boot->draft.count;
	int r = unit_property_parse(property, text->value.buf, &soft, &value);
	bool misplaced = !(unit_section(text->section.buf) & sections);

	if (r < 0 || misplaced) {
		strbuf_reset(&value);
		strbuf_reset(&soft);
	}
	unit_boot_add(&boot->draft, &site, SUBJECT_KIND_UNIT, boot->unit, property->name, property->soft, value.buf, soft.buf);
	if (misplaced)
		set_fate(&boot->draft, first, BOOT_INVALID,
			 sections == UNIT_SERVICE ? "it belongs into the section [Service]" : "it belongs into the section [Slice]");
	else if (r < 0)
		set_fate(&boot->draft, first, BOOT_INVALID, unit_property_error(r));
}

static const struct unit_property *find_property(const char *unit, const char *directive)
{
	for (size_t i = 0; i < UNIT_PROPERTIES; i++)
		if (unit_properties[i].sections & unit_sections(unit) && streq(unit_properties[i].directive, directive))
			return &unit_properties[i];
	return NULL;
}

/* Whatever stands in it would count. */
static void add_unreadable(struct unit_boot *boot, const struct config_file *file)
{
	struct boot_site site = { .path = file->path };
	size_t first = boot->draft.count;

	if (file->hidden_by || file->lost || boot->masked_by || file->error == -ENOENT)
		return;
	for (size_t i = 0; i < UNIT_PROPERTIES; i++)
		if (unit_properties[i].sections & unit_sections(boot->unit))
			unit_boot_add(&boot->draft, &site, SUBJECT_KIND_UNIT, boot->unit, unit_properties[i].name,
				      unit_properties[i].soft, "", "");
	set_fate(&boot->draft, first, BOOT_UNRESOLVED,
		 boot_draft_format(&boot->draft, "it cannot be read: %s", strerror(-file->error)));
}

static void read_file(struct unit_boot *boot, const struct config_file *file)
{
	CLEANUP(unit_file_release) struct unit_file text = UNIT_FILE_INIT(file->text.buf);
	size_t first = boot->draft.count;

	if (file->null)
		return;
	if (file->error < 0) {
		add_unreadable(boot, file);
		return;
	}
	while (unit_file_next(&text)) {
		const struct unit_property *property = find_property(boot->unit, text.key.buf);

		if (property)
			add_assignment(boot, file, &text, property);
	}
	if (text.broken) {
		struct boot_site site = unit_boot_site(file, &text);

		(void)boot_draft_add(&boot->draft, &site, SUBJECT_KIND_UNIT, boot->unit, "", "");
		set_fate(&boot->draft, boot->draft.count - 1, BOOT_INVALID, UNIT_BOOT_BROKEN);
	}
	unit_boot_hide(&boot->draft, first, file);
	if (boot->masked_by && !file->lost && !file->hidden_by)
		set_fate(&boot->draft, first, BOOT_MASKED, boot->masked_by);
}

/* The unit's own file: the first one that will be there. */
static size_t lasting_fragment(const struct config_files *fragments)
{
	size_t i = 0;

	while (i < fragments->count && fragments->items[i].lost)
		i++;
	return i;
}

static bool is_mask(const struct config_file *file)
{
	return file->null || (file->error == 0 && file->text.len == 0);
}

/* Slices are there without a file.  A service without one is not, unless a generator makes it: of a script in /etc/init.d, or of
 * something else that is not known here. */
static const char *without_fragment(const struct unit_boot *boot, enum boot_fate *ret_fate)
{
	CLEANUP(strbuf_release) struct strbuf script = STRBUF_INIT;

	strbuf_addf(&script, "/etc/init.d/%.*s", (int)(strlen(boot->unit) - strlen(".service")), boot->unit);
	if (unit_sections(boot->unit) != UNIT_SERVICE || root_exists(boot->index->root, script.buf))
		return NULL;
	*ret_fate = boot->index->run_is_lost ? BOOT_UNRESOLVED : BOOT_IGNORED;
	return boot->index->run_is_lost ? "there is no such unit, unless a generator makes it at boot" : "there is no such unit";
}

static void read_unit(struct unit_boot *boot, const char *name)
{
	CLEANUP(config_files_release) struct config_files fragments = CONFIG_FILES_INIT;
	CLEANUP(config_files_release) struct config_files dropins = CONFIG_FILES_INIT;
	size_t first = boot->draft.count, own;
	enum boot_fate fate = BOOT_WINS;
	const char *why = NULL;

	boot->unit = name;
	boot->masked_by = NULL;
	unit_index_fragments(boot->index, name, &fragments);
	unit_index_dropins(boot->index, name, &dropins);
	own = lasting_fragment(&fragments);
	if (own == fragments.count)
		why = without_fragment(boot, &fate);
	else if (is_mask(&fragments.items[own]))
		boot->masked_by = fragments.items[own].path;
	for (size_t i = 0; i < fragments.count; i++) {
		if (i > own)
			fragments.items[i].hidden_by = xstrdup(fragments.items[own].path);
		read_file(boot, &fragments.items[i]);
	}
	for (size_t i = 0; i < dropins.count; i++)
		read_file(boot, &dropins.items[i]);
	boot->files += fragments.count + dropins.count;
	boot->bytes += fragments.bytes + dropins.bytes;
	boot->truncated |= fragments.truncated || dropins.truncated;
	for (size_t i = first; why && i < boot->draft.count; i++)
		if (boot->draft.lines[i].fate == BOOT_WINS) {
			boot->draft.lines[i].fate = fate;
			boot->draft.lines[i].why = why;
		}
}

void unit_boot_read(struct unit_index *index, struct snapshot *snapshot)
{
	struct unit_boot boot = { .index = index, .draft = { .source = "systemd" } };

	for (uint32_t i = 0; i < index->names.count && boot.files < UNIT_FILES_MAX && boot.bytes < UNIT_BYTES_MAX; i++)
		if (!unit_index_is_alias(index, index->names.names[i]))
			read_unit(&boot, index->names.names[i]);
	if (boot.truncated || boot.files >= UNIT_FILES_MAX || boot.bytes >= UNIT_BYTES_MAX)
		(void)diag_warning(snapshot_notes(snapshot), NULL,
				   "there are too many unit files and drop-ins: not all of them were looked at for the next boot");
	boot_draft_settle(&boot.draft, BOOT_LAST_COUNTS);
	boot_draft_store(&boot.draft, snapshot, "unit");
	boot_draft_release(&boot.draft);
}
