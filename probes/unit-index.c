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

void unit_index_init(struct unit_index *index, const struct root *root)
{
	CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;

	*index = (struct unit_index){ .root = root };
	index->run_is_lost = config_run_is_lost(root);
	index->lib_is_link = root_readlink(root, "/lib", &target) == 0;
}

static bool is_listed(const struct unit_index *index, const char *directory)
{
	return !(index->run_is_lost && starts_with(directory, "/run/")) &&
	       !(index->lib_is_link && starts_with(directory, "/lib/"));
}

/* Generators run at each boot, and whatever made the rest may be gone. */
static bool is_lost(const char *path)
{
	return starts_with(path, "/run/") && !starts_with(path, "/run/systemd/generator");
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
	symbols_release(&index->alias_names);
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
		if (is_listed(index, search_path[directory]))
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
	index->files += sources->files.count;
}

static void fragments_add(struct unit_index *index, const char *name, bool lost, struct config_files *fragments)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; i < UNIT_DIRECTORIES; i++) {
		const struct root_entry *entry = index_find(index, i, name);

		if (!entry || entry->type == DT_DIR || is_lost(search_path[i]) != lost)
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", search_path[i], name);
		config_files_add(index->root, path.buf, fragments);
		if (fragments->truncated)
			return;
		fragments->items[fragments->count - 1].lost = lost;
	}
}

static bool has_lasting(const struct config_files *fragments)
{
	return fragments->count > 0 && !fragments->items[fragments->count - 1].lost;
}

void unit_index_fragments(struct unit_index *index, const char *name, struct config_files *fragments)
{
	CLEANUP(strbuf_release) struct strbuf template = STRBUF_INIT;

	fragments_add(index, name, true, fragments);
	fragments_add(index, name, false, fragments);
	if (!has_lasting(fragments) && template_name(name, &template))
		fragments_add(index, template.buf, false, fragments);
}

void unit_index_dropins(struct unit_index *index, const char *name, struct config_files *dropins)
{
	CLEANUP(unit_paths_release) struct unit_paths paths = UNIT_PATHS_INIT;
	struct config_directory *directories;

	dropins_find(index, name, &paths);
	directories = xcalloc(paths.count + 1, sizeof(*directories));
	for (size_t i = 0; i < paths.count; i++)
		directories[i] = (struct config_directory){ .path = paths.items[i], .lost = is_lost(paths.items[i]) };
	config_files_list(index->root, directories, paths.count, ".conf", dropins);
	free(directories);
}

bool unit_index_is_alias(const struct unit_index *index, const char *name)
{
	return symbols_find(&index->alias_names, name, strlen(name)) != SYMBOL_NONE;
}

/* "mysql.service -> mariadb.service": another name of the same unit. */
static bool index_take_alias(struct unit_index *index, size_t directory, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, target = STRBUF_INIT;
	struct unit_alias *alias;

	if (unit_index_is_alias(index, name))
		return true;
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
	(void)symbols_intern(&index->alias_names, name, strlen(name));
	return true;
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

static bool is_described(const char *name, bool templates)
{
	return unit_sections(name) && (templates || !name_is_template(name)) && *name != '.' && !ends_with(name, "-.service") &&
	       !ends_with(name, "-.slice");
}

/* By a file of that name in a directory that comes before. */
static bool is_hidden(struct unit_index *index, size_t directory, const char *name)
{
	for (size_t i = 0; i < directory; i++) {
		const struct root_entry *entry = index_find(index, i, name);

		if (entry && entry->type != DT_DIR)
			return true;
	}
	return false;
}

void unit_index_add_files(struct unit_index *index, bool templates)
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
			if (!is_described(name, templates) ||
			    (entry->type == DT_LNK && !is_hidden(index, i, name) && index_take_alias(index, i, name)))
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
