/* SPDX-License-Identifier: Apache-2.0 */
#include "unit-index.h"

#include <errno.h>

/* The search path of the system manager, systemd.unit(5), first one first. */
static const char *const search_path[UNIT_DIRECTORIES] = {
	"/etc/systemd/system.control",
	"/run/systemd/system.control",
	"/run/systemd/transient",
	"/run/systemd/generator.early",
	"/etc/systemd/system",
	"/etc/systemd/system.attached",
	"/run/systemd/system",
	"/run/systemd/system.attached",
	"/run/systemd/generator",
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
	"/run/systemd/generator.late",
};

unsigned int unit_sections(const char *name)
{
	if (ends_with(name, ".service"))
		return UNIT_SERVICE;
	return ends_with(name, ".slice") ? UNIT_SLICE : 0;
}

void unit_index_release(struct unit_index *index)
{
	for (size_t i = 0; i < UNIT_DIRECTORIES; i++)
		root_list_release(&index->lists[i]);
	for (size_t i = 0; i < index->n_aliases; i++) {
		free(index->aliases[i].name);
		free(index->aliases[i].target);
	}
	free(index->aliases);
	symbols_release(&index->names);
}

static int compare_entry(const void *name, const void *entry)
{
	return strcmp(name, ((const struct root_entry *)entry)->name);
}

static const struct root_entry *index_find(struct unit_index *index, size_t directory, const char *name)
{
	struct root_list *list = &index->lists[directory];

	if (!index->listed[directory]) {
		index->listed[directory] = true;
		(void)root_list(index->root, search_path[directory], list);	/* many are not there */
	}
	if (!list->count)
		return NULL;
	return bsearch(name, list->entries, list->count, sizeof(list->entries[0]), compare_entry);
}

/* "getty@tty1.service" comes from "getty@.service"; false for a name without an instance. */
static bool template_name(const char *name, struct strbuf *out)
{
	const char *at = strchr(name, '@'), *dot = strrchr(name, '.');

	strbuf_reset(out);
	if (!at || !dot || dot <= at + 1)
		return false;
	strbuf_add(out, name, (size_t)(at + 1 - name));
	strbuf_add_string(out, dot);
	return true;
}

/* "a-b-c.service" also has the drop-ins of "a-b-.service" and "a-.service".  Turns name into the next shorter one. */
static bool prefix_name(struct strbuf *name)
{
	const char *dot = strrchr(name->buf, '.'), *at = strchr(name->buf, '@');
	size_t end = dot ? (size_t)(dot - name->buf) : name->len;
	CLEANUP(free_ptr) char *tail = NULL;

	if (at && at < dot)
		end = (size_t)(at - name->buf);
	tail = xstrdup(name->buf + end);
	if (end > 0 && name->buf[end - 1] == '-')
		end--;
	while (end > 0 && name->buf[end - 1] != '-')
		end--;
	if (end <= 1)
		return false;
	strbuf_truncate(name, end);
	strbuf_add_string(name, tail);
	return true;
}

static void directory_add(struct unit_index *index, size_t directory, const char *name, struct unit_paths *directories)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "%s.d", name);
	if (!index_find(index, directory, path.buf))
		return;
	strbuf_reset(&path);
	strbuf_addf(&path, "%s/%s.d", search_path[directory], name);
	unit_paths_add(directories, path.buf);
}

/* The drop-in directories of name in one directory of the search path, the more specific ones first. */
static void directories_add(struct unit_index *index, size_t directory, const char *name,
			    struct unit_paths *directories)
{
	CLEANUP(strbuf_release) struct strbuf longer = STRBUF_INIT, template = STRBUF_INIT;
	bool more = true;

	strbuf_add_string(&longer, name);
	for (unsigned int depth = 0; more && depth < 32; depth++) {
		directory_add(index, directory, longer.buf, directories);
		if (template_name(longer.buf, &template))
			directory_add(index, directory, template.buf, directories);
		more = prefix_name(&longer);
	}
}

static void dropins_find(struct unit_index *index, const char *name, struct unit_paths *directories)
{
	const char *type = strrchr(name, '.') + 1;

	for (size_t i = 0; i < UNIT_DIRECTORIES; i++)
		directories_add(index, i, name, directories);
	for (size_t a = 0; a < index->n_aliases; a++)
		for (size_t i = 0; streq(index->aliases[a].target, name) && i < UNIT_DIRECTORIES; i++)
			directories_add(index, i, index->aliases[a].name, directories);
	for (size_t i = 0; i < UNIT_DIRECTORIES; i++)
		directory_add(index, i, type, directories);
}

/* The fragment of a unit: in the first directory that has it, under its own name or that of its template. */
static bool fragment_find(struct unit_index *index, const char *name, struct unit_sources *sources)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, target = STRBUF_INIT;

	for (size_t i = 0; i < UNIT_DIRECTORIES; i++) {
		const struct root_entry *entry = index_find(index, i, name);

		if (!entry || entry->type == DT_DIR)
			continue;
		strbuf_addf(&path, "%s/%s", search_path[i], name);
		sources->masked = entry->type == DT_LNK && root_readlink(index->root, path.buf, &target) >= 0 &&
			       streq(target.buf, "/dev/null");
		unit_paths_add(&sources->files, path.buf);
		sources->has_fragment = true;
		return true;
	}
	return false;
}

void unit_index_find(struct unit_index *index, const char *name, struct unit_sources *sources)
{
	CLEANUP(unit_paths_release) struct unit_paths directories = UNIT_PATHS_INIT;
	CLEANUP(strbuf_release) struct strbuf template = STRBUF_INIT;

	if (!fragment_find(index, name, sources) && template_name(name, &template))
		(void)fragment_find(index, template.buf, sources);
	if (sources->masked)
		return;
	dropins_find(index, name, &directories);
	(void)unit_dropins_add(index->root, &directories, &sources->files);
}

/* "mysql.service -> mariadb.service": another name of the same unit. */
static bool index_take_alias(struct unit_index *index, size_t directory, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, target = STRBUF_INIT;
	struct unit_alias *alias;

	strbuf_addf(&path, "%s/%s", search_path[directory], name);
	if (root_readlink(index->root, path.buf, &target) < 0 || streq(unit_base_name(target.buf), name) ||
	    !unit_sections(unit_base_name(target.buf)))
		return false;
	if (index->n_aliases == UNITS_MAX)
		return true;
	GROW(index->aliases, index->aliases_capacity, index->n_aliases + 1);
	alias = &index->aliases[index->n_aliases++];
	alias->name = xstrdup(name);
	alias->target = xstrdup(unit_base_name(target.buf));
	return true;
}

bool unit_index_is_alias(const struct unit_index *index, const char *name)
{
	for (size_t i = 0; i < index->n_aliases; i++)
		if (streq(index->aliases[i].name, name))
			return true;
	return false;
}

static void index_add_name(struct unit_index *index, const char *name, size_t length)
{
	if (index->names.count < UNITS_MAX)
		(void)symbols_intern(&index->names, name, length);
	else if (symbols_find(&index->names, name, length) == SYMBOL_NONE)
		index->truncated = true;
}

static bool name_is_template(const char *name)
{
	const char *at = strchr(name, '@');

	return at && at[1] == '.';
}

/* Every unit that has a file or a drop-in; a template is one only as an instance. */
void unit_index_add_files(struct unit_index *index)
{
	for (size_t i = 0; i < UNIT_DIRECTORIES; i++) {
		(void)index_find(index, i, "");
		for (size_t j = 0; j < index->lists[i].count; j++) {
			const struct root_entry *entry = &index->lists[i].entries[j];
			size_t length = strlen(entry->name);
			CLEANUP(free_ptr) char *name = NULL;

			if (entry->type == DT_DIR && ends_with(entry->name, ".d"))
				length -= 2;
			name = xstrndup(entry->name, length);
			if (!unit_sections(name) || name_is_template(name) || starts_with(name, ".") ||
			    ends_with(name, "-.service") || ends_with(name, "-.slice"))
				continue;
			if (entry->type == DT_LNK && index_take_alias(index, i, name))
				continue;
			index_add_name(index, name, length);
		}
	}
}

/* Every service and slice that has a control group, read before. */
void unit_index_add_cgroups(struct unit_index *index, const struct snapshot *snapshot)
{
	uint32_t n = snapshot_kind_count(snapshot, SUBJECT_KIND_CGROUP);

	for (uint32_t i = 0; i < n; i++) {
		subject_id id = snapshot_kind_get(snapshot, SUBJECT_KIND_CGROUP, i);
		const char *name = unit_base_name(snapshot_subject_get(snapshot, id)->name);

		if (unit_sections(name))
			index_add_name(index, name, strlen(name));
	}
}
