/* SPDX-License-Identifier: Apache-2.0 */
/* The main file comes first, then drop-ins by their names from all directories; the last assignment wins.
 *
 *	[Manager]
 *	DefaultLimitNOFILE=1024:524288
 *
 * Since version 256 the main file of the system's manager is the first one of all directories; before, and of users' managers, it is
 * the one in /etc, unless the distribution has changed that. */
#include "limits-manager.h"

#include <errno.h>
#include <stdlib.h>

#include "../core/parse.h"
#include "unit-boot.h"

#define SECTION "Manager"
#define VERSION_OF_MAIN_FILES "256"

/* clang-format off */
static const struct unit_property defaults[] = {
	{ "DefaultBlockIOAccounting", NULL, "DefaultBlockIOAccounting", UNIT_VALUE_BOOL, 0, false },
	{ "DefaultCPUAccounting", NULL, "DefaultCPUAccounting", UNIT_VALUE_BOOL, 0, false },
	{ "DefaultIOAccounting", NULL, "DefaultIOAccounting", UNIT_VALUE_BOOL, 0, false },
	{ "DefaultLimitAS", "DefaultLimitASSoft", "DefaultLimitAS", UNIT_VALUE_SIZE, 0, false },
	{ "DefaultLimitCORE", "DefaultLimitCORESoft", "DefaultLimitCORE", UNIT_VALUE_SIZE, 0, false },
	{ "DefaultLimitCPU", "DefaultLimitCPUSoft", "DefaultLimitCPU", UNIT_VALUE_TEXT, 0, false },
	{ "DefaultLimitDATA", "DefaultLimitDATASoft", "DefaultLimitDATA", UNIT_VALUE_SIZE, 0, false },
	{ "DefaultLimitFSIZE", "DefaultLimitFSIZESoft", "DefaultLimitFSIZE", UNIT_VALUE_SIZE, 0, false },
	{ "DefaultLimitLOCKS", "DefaultLimitLOCKSSoft", "DefaultLimitLOCKS", UNIT_VALUE_COUNT, 0, false },
	{ "DefaultLimitMEMLOCK", "DefaultLimitMEMLOCKSoft", "DefaultLimitMEMLOCK", UNIT_VALUE_SIZE, 0, false },
	{ "DefaultLimitMSGQUEUE", "DefaultLimitMSGQUEUESoft", "DefaultLimitMSGQUEUE", UNIT_VALUE_SIZE, 0, false },
	{ "DefaultLimitNICE", "DefaultLimitNICESoft", "DefaultLimitNICE", UNIT_VALUE_TEXT, 0, false },
	{ "DefaultLimitNOFILE", "DefaultLimitNOFILESoft", "DefaultLimitNOFILE", UNIT_VALUE_COUNT, 0, false },
	{ "DefaultLimitNPROC", "DefaultLimitNPROCSoft", "DefaultLimitNPROC", UNIT_VALUE_COUNT, 0, false },
	{ "DefaultLimitRSS", "DefaultLimitRSSSoft", "DefaultLimitRSS", UNIT_VALUE_SIZE, 0, false },
	{ "DefaultLimitRTPRIO", "DefaultLimitRTPRIOSoft", "DefaultLimitRTPRIO", UNIT_VALUE_COUNT, 0, false },
	{ "DefaultLimitRTTIME", "DefaultLimitRTTIMESoft", "DefaultLimitRTTIME", UNIT_VALUE_TEXT, 0, false },
	{ "DefaultLimitSIGPENDING", "DefaultLimitSIGPENDINGSoft", "DefaultLimitSIGPENDING", UNIT_VALUE_COUNT, 0, false },
	{ "DefaultLimitSTACK", "DefaultLimitSTACKSoft", "DefaultLimitSTACK", UNIT_VALUE_SIZE, 0, false },
	{ "DefaultMemoryAccounting", NULL, "DefaultMemoryAccounting", UNIT_VALUE_BOOL, 0, false },
	{ "DefaultOOMScoreAdjust", NULL, "DefaultOOMScoreAdjust", UNIT_VALUE_ADJUST, 0, false },
	{ "DefaultTasksAccounting", NULL, "DefaultTasksAccounting", UNIT_VALUE_BOOL, 0, false },
	{ "DefaultTasksMax", NULL, "DefaultTasksMax", UNIT_VALUE_SHARE, 0, false },
};
/* clang-format on */

static const char *const directories[] = { "/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd",
					   "/lib/systemd" };

struct manager {
	const struct root *root;
	const char *name;			/* "system" */
	struct snapshot *snapshot;
	struct config_files mains, dropins;	/* with main files in the order of directories */
	const char *doubt;			/* why the main file outside of /etc may not be read; NULL */
	const char *stopped_at;			/* why nothing is read any more; NULL */
	struct boot_draft draft;
};

/* ---- the files ---- */

/* "libsystemd-shared-252.22-1.so" in a directory of libraries. */
static bool version_of_directory(const struct root *root, const char *path, struct strbuf *version)
{
	static const char before[] = "libsystemd-shared-";
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	if (root_list_limit(root, path, CONFIG_FILES_MAX, &list) < 0)
		return false;
	for (size_t i = 0; i < list.count; i++) {
		const char *name = list.entries[i].name;

		if (!starts_with(name, before))
			continue;
		name += strlen(before);
		strbuf_reset(version);
		strbuf_add(version, name, strspn(name, "0123456789"));
		return version->len > 0;
	}
	return false;
}

static bool find_version(const struct root *root, struct strbuf *version)
{
	static const char *const plain[] = { "/usr/lib/systemd", "/usr/lib64/systemd", "/lib/systemd" };
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (version_of_directory(root, plain[i], version))
			return true;
	(void)root_list(root, "/usr/lib", &list);
	for (size_t i = 0; i < list.count; i++) {
		if (!strstr(list.entries[i].name, "-linux-"))
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "/usr/lib/%s/systemd", list.entries[i].name);
		if (version_of_directory(root, path.buf, version))
			return true;
	}
	return false;
}

static void find_files(struct manager *manager)
{
	struct config_directory dropins[ARRAY_SIZE(directories)];
	CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT, version = STRBUF_INIT;
	bool run_is_lost = config_run_is_lost(manager->root), lib_is_link = root_readlink(manager->root, "/lib", &target) == 0;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(free_ptr) char *path = xasprintf("%s/%s.conf", directories[i], manager->name);
		bool run = starts_with(directories[i], "/run/");

		if ((run && run_is_lost) || (starts_with(directories[i], "/lib/") && lib_is_link))
			continue;
		if (root_exists(manager->root, path)) {
			config_files_add(manager->root, path, &manager->mains);
			manager->mains.items[manager->mains.count - 1].lost = run;
		}
		dropins[count++] = (struct config_directory){ .path = xasprintf("%s.d", path), .lost = run };
	}
	config_files_list(manager->root, dropins, count, ".conf", &manager->dropins);
	for (size_t i = 0; i < count; i++)
		free((char *)dropins[i].path);
	if (manager->mains.count == 0 || starts_with(manager->mains.items[0].path, "/etc/"))
		return;
	if (!streq(manager->name, "system"))
		manager->doubt = "most versions of systemd read this file in /etc only";
	else if (!find_version(manager->root, &version) || version_compare(version.buf, VERSION_OF_MAIN_FILES) < 0)
		manager->doubt = "before version " VERSION_OF_MAIN_FILES " systemd reads this file in /etc only";
}

/* ---- settings: what the files say now ---- */

static void set_value(const struct manager *manager, const char *key, const struct strbuf *value, const char *origin)
{
	CLEANUP(free_ptr) char *name = xasprintf("limits.%s.%s", manager->name, key);

	snapshot_set_read(manager->snapshot, SUBJECT_HOST, name, value->len ? 0 : -ENOENT, value->buf, value->len, origin);
}

/* Without a value the default is none, not what systemd would have. */
static int default_parse(const struct unit_property *property, const char *text, struct strbuf *soft, struct strbuf *value)
{
	int r = *text || property->kind != UNIT_VALUE_BOOL ? unit_property_parse(property, text, soft, value) : -EINVAL;

	if (r == 0 && value->len == 0 && streq(property->name, "DefaultTasksMax"))
		strbuf_add_string(value, "infinity");
	return r;
}

static void set_default(const struct manager *manager, const struct unit_property *property, const struct unit_file *text,
			const char *path)
{
	CLEANUP(strbuf_release) struct strbuf soft = STRBUF_INIT, value = STRBUF_INIT, origin = STRBUF_INIT;
	struct place place = { .file = path, .line = text->line };
	int r = default_parse(property, text->value.buf, &soft, &value);

	if (r < 0) {
		(void)diag_warning(snapshot_notes(manager->snapshot), &place, "%s= has %s", property->directive,
				   unit_property_error(r));
		return;
	}
	strbuf_addf(&origin, "%s:%u", path, text->line);
	set_value(manager, property->name, &value, origin.buf);
	if (property->soft)
		set_value(manager, property->soft, &soft, origin.buf);
}

static const struct unit_property *find_default(const char *directive)
{
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (streq(defaults[i].directive, directive))
			return &defaults[i];
	return NULL;
}

static void set_file(const struct manager *manager, const struct config_file *file)
{
	CLEANUP(unit_file_release) struct unit_file text = UNIT_FILE_INIT(file->text.buf);
	struct place place = { .file = file->path };

	if (file->error < 0 && file->error != -ENOENT && file->error != -EINVAL)
		(void)diag_warning(snapshot_notes(manager->snapshot), &place, "cannot read it: %s", strerror(-file->error));
	if (file->error < 0)
		return;
	while (unit_file_next(&text)) {
		const struct unit_property *property = find_default(text.key.buf);

		if (property && streq(text.section.buf, SECTION))
			set_default(manager, property, &text, file->path);
	}
}

/* Of files with the same name the one in /etc, else the one in /run, else the one that will be read after boot. */
static bool is_read_now(const struct config_files *files, size_t index)
{
	const struct config_file *file = &files->items[index];
	bool in_etc = starts_with(file->path, "/etc/");

	for (size_t i = 0; i < files->count; i++) {
		const struct config_file *other = &files->items[i];

		if (i != index && streq(other->name, file->name) &&
		    (starts_with(other->path, "/etc/") || (other->lost && !in_etc)))
			return false;
	}
	return in_etc || file->lost || !file->hidden_by;
}

static void set_all(const struct manager *manager)
{
	if (manager->mains.count > 0)
		set_file(manager, &manager->mains.items[0]);
	for (size_t i = 0; i < manager->dropins.count; i++)
		if (is_read_now(&manager->dropins, i))
			set_file(manager, &manager->dropins.items[i]);
}

/* ---- boot lines ---- */

static void set_fate(struct manager *manager, size_t first, enum boot_fate fate, const char *why)
{
	for (size_t i = first; i < manager->draft.count; i++) {
		manager->draft.lines[i].fate = fate;
		manager->draft.lines[i].why = why;
	}
}

static void add_assignment(struct manager *manager, const struct config_file *file, const struct unit_file *text,
			   const struct unit_property *property)
{
	CLEANUP(strbuf_release) struct strbuf soft = STRBUF_INIT, value = STRBUF_INIT;
	CLEANUP(free_ptr) char *key = xasprintf("limits.%s.%s", manager->name, property->name);
	CLEANUP(free_ptr) char *soft_key = property->soft ? xasprintf("limits.%s.%s", manager->name, property->soft) : NULL;
	struct boot_site site = unit_boot_site(file, text);
	bool misplaced = !streq(text->section.buf, SECTION);
	size_t first = manager->draft.count;
	int r = default_parse(property, text->value.buf, &soft, &value);

	if (r < 0 || misplaced) {
		strbuf_reset(&value);
		strbuf_reset(&soft);
	}
	unit_boot_add(&manager->draft, &site, SUBJECT_KIND_HOST, "", key, soft_key, value.buf, soft.buf);
	if (misplaced)
		set_fate(manager, first, BOOT_INVALID, "it belongs into the section [" SECTION "]");
	else if (r < 0)
		set_fate(manager, first, BOOT_INVALID, unit_property_error(r));
}

/* Whatever stands in it would count. */
static void add_unreadable(struct manager *manager, const struct config_file *file)
{
	struct boot_site site = { .path = file->path };
	size_t first = manager->draft.count;

	if (file->hidden_by || file->lost || file->error == -ENOENT)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		CLEANUP(free_ptr) char *key = xasprintf("limits.%s.%s", manager->name, defaults[i].name);
		CLEANUP(free_ptr) char *soft_key = xasprintf("%sSoft", key);

		unit_boot_add(&manager->draft, &site, SUBJECT_KIND_HOST, "", key, defaults[i].soft ? soft_key : NULL, "", "");
	}
	set_fate(manager, first, BOOT_UNRESOLVED,
		 boot_draft_format(&manager->draft, "it cannot be read: %s", strerror(-file->error)));
}

static void add_file(struct manager *manager, const struct config_file *file)
{
	CLEANUP(unit_file_release) struct unit_file text = UNIT_FILE_INIT(file->text.buf);
	size_t first = manager->draft.count;

	if (file->null)
		return;
	if (file->error < 0) {
		add_unreadable(manager, file);
		return;
	}
	while (unit_file_next(&text)) {
		const struct unit_property *property = find_default(text.key.buf);

		if (property)
			add_assignment(manager, file, &text, property);
	}
	if (text.broken) {
		struct boot_site site = unit_boot_site(file, &text);

		(void)boot_draft_add(&manager->draft, &site, SUBJECT_KIND_HOST, "", "", "");
		set_fate(manager, manager->draft.count - 1, BOOT_INVALID, UNIT_BOOT_BROKEN);
	}
	unit_boot_hide(&manager->draft, first, file);
	if (file->hidden_by || file->lost)
		return;
	if (manager->stopped_at)
		set_fate(manager, first, BOOT_IGNORED, manager->stopped_at);
	else if (text.broken)	/* nor any other file */
		manager->stopped_at = boot_draft_format(&manager->draft, "systemd stops reading at %s:%u", file->path, text.line);
}

/* The first one that lasts hides the others. */
static void add_mains(struct manager *manager)
{
	struct config_files *mains = &manager->mains;
	const char *counts = NULL;

	for (size_t i = 0; i < mains->count; i++) {
		size_t first = manager->draft.count;

		if (counts && !mains->items[i].lost)
			mains->items[i].hidden_by = xstrdup(counts);
		add_file(manager, &mains->items[i]);
		if (counts || mains->items[i].lost)
			continue;
		counts = mains->items[i].path;
		if (manager->doubt) {
			set_fate(manager, first, BOOT_UNRESOLVED, manager->doubt);
			manager->stopped_at = NULL;
		}
	}
}

static void add_all(struct manager *manager)
{
	CLEANUP(free_ptr) char *part = xasprintf("manager-%s", manager->name);

	add_mains(manager);
	for (size_t i = 0; i < manager->dropins.count; i++)
		add_file(manager, &manager->dropins.items[i]);
	boot_draft_settle(&manager->draft, BOOT_LAST_COUNTS);
	boot_draft_store(&manager->draft, manager->snapshot, part);
}

void limits_manager_read(const struct root *root, const char *name, struct snapshot *snapshot)
{
	struct manager manager = { .root = root, .name = name, .snapshot = snapshot, .draft = { .source = "systemd" } };

	find_files(&manager);
	set_all(&manager);
	add_all(&manager);
	boot_draft_release(&manager.draft);
	config_files_release(&manager.mains);
	config_files_release(&manager.dropins);
}
