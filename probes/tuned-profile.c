/* SPDX-License-Identifier: Apache-2.0 */
#include "tuned-profile.h"

#include <errno.h>
#include <strings.h>

#include "../core/parse.h"
#include "config-file.h"
#include "python-config.h"

#define TUNED_MAIN "/etc/tuned/tuned-main.conf"
#define TUNED_ACTIVE "/etc/tuned/active_profile"
#define TUNED_POST_LOADED "/etc/tuned/post_loaded_profile"
#define TUNED_MODE "/etc/tuned/profile_mode"
#define FILES_MAX 64
#define UNITS_MAX 500
#define DEPTH_MAX 16
#define OPTIONS_MAX 5000	/* of a unit */

/* The later ones are searched first. */
static const char *const default_directories[] = {
	"/usr/lib/tuned/profiles", "/usr/lib/tuned", "/etc/tuned/profiles", "/etc/tuned",
};

/* Options of a unit that say how, not what. */
static const char *const unit_words[] = {
	"priority",	    "type",	      "enabled",     "replace",	  "prepend",	 "drop", "devices",
	"devices_udev_regex", "cpuinfo_regex", "uname_regex", "script_pre", "script_post",
};

struct unit {
	char *name, *type, *devices;
	bool enabled, conditional;
	bool chooses;			/* devices by what udev knows of them */
	struct tuned_option *options;
	size_t count, capacity;
};

struct loading {
	const struct root *root;
	struct tuned *tuned;
	bool all;			/* units of every plugin, not of [sysctl] only */
	bool partial;			/* what failed is an include that nobody knows: what else there is counts all the same */
	char *directories[16];
	size_t n_directories;
	char *files[FILES_MAX];		/* that were read */
	size_t n_files;
	struct unit units[UNITS_MAX];
	size_t n_units;
	char **variables;		/* names and values by turns, NULL at the end */
	size_t n_variables, variables_capacity;
};

static void fail(struct loading *loading, const char *path, unsigned int line, const char *why, bool unknown)
{
	struct tuned *tuned = loading->tuned;

	if (tuned->failure && !loading->partial)
		return;
	loading->partial = false;
	free(tuned->failure_path);
	tuned->failure = why;
	tuned->unknown = unknown;
	tuned->failure_path = xstrdup(path);
	tuned->failure_line = line;
}

/* ---- units ---- */

static bool has_failed(const struct loading *loading)
{
	return loading->tuned->failure && !loading->partial;
}

static bool is_true(const char *text)
{
	return text && (streq(text, "True") || streq(text, "true") || streq(text, "1"));
}

static bool is_unit_word(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_words); i++)
		if (streq(unit_words[i], key))
			return true;
	return false;
}

static void free_option(struct tuned_option *option)
{
	free(option->type);
	free(option->devices);
	free(option->key);
	free(option->value);
	free(option->path);
	free(option->text);
	free(option->shadowed_by);
}

static void clear_unit(struct unit *unit)
{
	for (size_t i = 0; i < unit->count; i++)
		free_option(&unit->options[i]);
	unit->count = 0;
}

static struct unit *find_unit(struct loading *loading, const char *name)
{
	for (size_t i = 0; i < loading->n_units; i++)
		if (streq(loading->units[i].name, name))
			return &loading->units[i];
	if (loading->n_units == UNITS_MAX)
		return NULL;
	loading->units[loading->n_units] = (struct unit){ .name = xstrdup(name), .type = xstrdup(name) };
	return &loading->units[loading->n_units++];
}

/* A variable that is there keeps its place, which others behind it refer to, and takes the new value.  *ret_new: it was not there. */
static void variable_set(struct unit *unit, struct tuned_option *option, bool *ret_new)
{
	*ret_new = true;
	for (size_t i = 0; i < unit->count; i++) {
		if (!streq(unit->options[i].key, option->key))
			continue;
		free_option(&unit->options[i]);
		unit->options[i] = *option;
		*ret_new = false;
		return;
	}
	GROW(unit->options, unit->capacity, unit->count + 1);
	unit->options[unit->count++] = *option;
}

/* The same option again keeps its place and takes the new value. */
static void unit_set(struct unit *unit, const struct config_entry *entry, const char *path)
{
	struct tuned_option option = {
		.key = xstrdup(entry->key),
		.value = xstrdup(entry->value),
		.path = xstrdup(path),
		.number = entry->number,
		.text = xstrdup(entry->text),
	};

	for (size_t i = 0; i < unit->count; i++)
		if (streq(unit->options[i].key, entry->key) && !unit->options[i].shadowed_by)
			unit->options[i].shadowed_by = xasprintf("%s:%u", path, entry->number);
	GROW(unit->options, unit->capacity, unit->count + 1);
	unit->options[unit->count++] = option;
}

static void unit_drop(struct unit *unit, const char *name, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < unit->count; i++)
		if (strlen(unit->options[i].key) == length && memcmp(unit->options[i].key, name, length) == 0)
			free_option(&unit->options[i]);
		else
			unit->options[kept++] = unit->options[i];
	unit->count = kept;
}

/* "a, b;c" */
static bool next_of_list(const char **cursor, const char **ret_name, size_t *ret_length)
{
	const char *name = *cursor;
	size_t length;

	if (!name)
		return false;
	length = strcspn(name, ",;");
	*cursor = name[length] ? name + length + 1 : NULL;
	while (length > 0 && strchr(" \t\r\n", *name)) {
		name++;
		length--;
	}
	while (length > 0 && strchr(" \t\r\n", name[length - 1]))
		length--;
	*ret_name = name;
	*ret_length = length;
	return true;
}

/* [variables], and since TuneD 2.21 sections of that type under other names. */
static bool is_variables(const struct unit *unit)
{
	return streq(unit->type, "variables") || streq(unit->name, "variables");
}

/* The last one of the unit comes to stand at this place. */
static void move_last(struct unit *unit, size_t place)
{
	struct tuned_option last = unit->options[unit->count - 1];

	memmove(&unit->options[place + 1], &unit->options[place], (unit->count - 1 - place) * sizeof(last));
	unit->options[place] = last;
}

/* With "prepend" (since TuneD 2.21) those that are new come before those that are there, which may so refer to them. */
static void merge_variables(struct unit *unit, const struct config *config, const char *section, const char *path)
{
	bool prepend = is_true(config_get(config, section, "prepend"));
	size_t front = 0;

	for (size_t i = 0; i < config->count; i++) {
		const struct config_entry *entry = &config->entries[i];
		struct tuned_option option;
		bool new;

		if (!streq(entry->section, section) || is_unit_word(entry->key))
			continue;
		option = (struct tuned_option){ .key = xstrdup(entry->key), .value = xstrdup(entry->value), .path = xstrdup(path),
						.number = entry->number, .text = xstrdup(entry->text) };
		variable_set(unit, &option, &new);
		if (prepend && new)
			move_last(unit, front++);
	}
}

static void merge_section(struct loading *loading, const struct config *config, const char *section, const char *path)
{
	const char *type = config_get(config, section, "type"), *drop = config_get(config, section, "drop");
	const char *enabled = config_get(config, section, "enabled"), *devices = config_get(config, section, "devices"), *name;
	struct unit *unit = find_unit(loading, section);
	size_t length;

	if (!unit || unit->count > OPTIONS_MAX) {
		fail(loading, path, 0, "it has too many sections or options", true);
		return;
	}
	if (is_true(config_get(config, section, "replace"))) {
		clear_unit(unit);
		unit->conditional = unit->chooses = false;
	}
	while (drop && next_of_list(&drop, &name, &length))
		unit_drop(unit, name, length);
	free(unit->type);
	unit->type = xstrdup(type ? type : section);
	/* Without the word it is for all devices again, whatever the profile before it said. */
	free(unit->devices);
	unit->devices = devices ? xstrdup(devices) : NULL;
	unit->chooses |= config_get(config, section, "devices_udev_regex") != NULL;
	unit->enabled = !enabled || is_true(enabled);
	unit->conditional |= config_get(config, section, "cpuinfo_regex") || config_get(config, section, "uname_regex");
	if (is_variables(unit)) {
		merge_variables(unit, config, section, path);
		return;
	}
	for (size_t i = 0; i < config->count; i++)
		if (streq(config->entries[i].section, section) && !is_unit_word(config->entries[i].key))
			unit_set(unit, &config->entries[i], path);
}

static bool seen_before(const struct config *config, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (streq(config->entries[i].section, config->entries[index].section))
			return true;
	return false;
}

/* ---- profiles ---- */

static void load_profile(struct loading *loading, const char *name, size_t length, unsigned int depth);

static void load_includes(struct loading *loading, const struct config_entry *include, const char *path, unsigned int depth)
{
	const char *names = include->value, *name;
	size_t length;

	if (strstr(names, "${")) {
		if (loading->partial)
			return;
		fail(loading, path, include->number, "what it includes depends on a function of TuneD", true);
		loading->partial = loading->all;
		return;
	}
	while (next_of_list(&names, &name, &length))
		load_profile(loading, name, length, depth);
}

static void merge_profile(struct loading *loading, const char *path, const char *text, size_t length, unsigned int depth)
{
	CLEANUP(config_release) struct config config = { 0 };
	const struct config_entry *include;

	config_parse(text, length, NULL, &config);
	if (config.bad_line > 0) {
		fail(loading, path, config.bad_line, "TuneD cannot read the profile", false);
		return;
	}
	include = config_find(&config, "main", "include");
	if (include)
		load_includes(loading, include, path, depth + 1);
	for (size_t i = 0; i < config.count && !has_failed(loading); i++)
		if (!streq(config.entries[i].section, "main") && !seen_before(&config, i))
			merge_section(loading, &config, config.entries[i].section, path);
}

static bool was_read(const struct loading *loading, const char *path)
{
	for (size_t i = 0; i < loading->n_files; i++)
		if (streq(loading->files[i], path))
			return true;
	return false;
}

/* The same profile of another directory is read where one includes itself.  Returns its path, which the list of files
 * keeps; NULL: *ret_skipped says whether that is in order. */
static const char *find_profile(struct loading *loading, const char *name, bool optional, struct strbuf *text,
				bool *ret_skipped)
{
	*ret_skipped = optional;
	for (size_t i = loading->n_directories; i-- > 0;) {
		CLEANUP(free_ptr) char *path = xasprintf("%s/%s/tuned.conf", loading->directories[i], name);
		int r;

		if (was_read(loading, path)) {
			*ret_skipped = true;
			continue;
		}
		r = root_read(loading->root, path, text);
		if (r == -ENOENT || r == -ENOTDIR || r == -EISDIR)
			continue;
		loading->files[loading->n_files++] = steal_ptr(&path);
		if (r < 0)
			fail(loading, loading->files[loading->n_files - 1], 0, "it cannot be read", true);
		return loading->files[loading->n_files - 1];
	}
	return NULL;
}

static void load_profile(struct loading *loading, const char *name, size_t length, unsigned int depth)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool optional = length > 0 && *name == '-', skipped;
	const char *slash = memrchr(name, '/', length), *path;
	CLEANUP(free_ptr) char *base = NULL;

	if (has_failed(loading))
		return;
	if (slash)
		base = xstrndup(slash + 1, length - (size_t)(slash + 1 - name));
	else
		base = xstrndup(name + optional, length - optional);
	if (loading->n_files == FILES_MAX || depth > DEPTH_MAX) {
		fail(loading, TUNED_ACTIVE, 0, "profiles include too many others", true);
		return;
	}
	if (*base == '\0' || streq(base, ".") || streq(base, "..") || strpbrk(base, "\n\t"))
		path = NULL, skipped = false;
	else
		path = find_profile(loading, base, optional, &text, &skipped);
	if (path && !has_failed(loading))
		merge_profile(loading, path, text.buf, text.len, depth);
	else if (!path && !skipped)
		fail(loading, TUNED_ACTIVE, 0, "TuneD does not find a profile that it names or that one includes", false);
}

/* ---- variables ---- */

static size_t name_length(const char *text)
{
	size_t n = 0;

	while ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z') ||
	       (text[n] >= '0' && text[n] <= '9') || text[n] == '_')
		n++;
	return n;
}

static const char *value_of(const char *const *variables, const char *name, size_t length)
{
	for (; variables && *variables; variables += 2)
		if (strlen(*variables) == length && memcmp(*variables, name, length) == 0)
			return variables[1];
	return NULL;
}

#define EXPANDED_MAX ((size_t)64 << 10)	/* variables of variables double with each line */

void tuned_expand(const char *text, const char *const *variables, struct strbuf *out)
{
	strbuf_reset(out);
	while (*text) {
		bool escaped = text[0] == '\\' && text[1] == '$' && text[2] == '{';
		const char *name = text + escaped + 2, *value;
		size_t length;

		if (!escaped && !(text[0] == '$' && text[1] == '{')) {
			strbuf_add_char(out, *text++);
			continue;
		}
		length = name_length(name);
		if (length == 0 || name[length] != '}') {
			strbuf_add_char(out, *text++);
			continue;
		}
		value = escaped ? NULL : value_of(variables, name, length);
		if (value && out->len + strlen(value) <= EXPANDED_MAX)
			strbuf_add_string(out, value);
		else
			strbuf_add(out, text + escaped, length + 3);
		text = name + length + 1;
	}
}

static void add_variable(struct loading *loading, const char *name, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf expanded = STRBUF_INIT;

	if (name_length(name) != strlen(name) || !*name)
		return;
	tuned_expand(value, (const char *const *)loading->variables, &expanded);
	for (size_t i = 0; i + 1 < loading->n_variables; i += 2)
		if (streq(loading->variables[i], name)) {
			free(loading->variables[i + 1]);
			loading->variables[i + 1] = strbuf_steal(&expanded);
			return;
		}
	GROW(loading->variables, loading->variables_capacity, loading->n_variables + 3);
	loading->variables[loading->n_variables++] = xstrdup(name);
	loading->variables[loading->n_variables++] = strbuf_steal(&expanded);
	loading->variables[loading->n_variables] = NULL;
}

static void add_variables_of_file(struct loading *loading, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(config_release) struct config config = { 0 };

	if (*path != '/' || root_read(loading->root, path, &text) < 0)
		return;
	config_parse(text.buf, text.len, "variables", &config);
	for (size_t i = 0; i < config.count && config.bad_line == 0; i++)
		add_variable(loading, config.entries[i].key, config.entries[i].value);
}

static void add_variables(struct loading *loading)
{
	for (size_t i = 0; i < loading->n_units; i++) {
		const struct unit *unit = &loading->units[i];

		for (size_t n = 0; is_variables(unit) && n < unit->count; n++)
			if (unit->options[n].shadowed_by)
				continue;
			else if (streq(unit->options[n].key, "include"))
				add_variables_of_file(loading, unit->options[n].value);
			else
				add_variable(loading, unit->options[n].key, unit->options[n].value);
	}
}

/* ---- the answer ---- */

static void unquote(struct strbuf *value)
{
	char *inner;

	if (value->len < 2 || value->buf[0] != '"' || value->buf[value->len - 1] != '"' || strchr(value->buf, '\n'))
		return;
	inner = xstrndup(value->buf + 1, value->len - 2);
	strbuf_reset(value);
	strbuf_add_string(value, inner);
	free(inner);
}

static void replace_all(const char *text, const char *from, const char *to, struct strbuf *out)
{
	const char *found;

	strbuf_reset(out);
	while ((found = strstr(text, from))) {
		strbuf_add(out, text, (size_t)(found - text));
		strbuf_add_string(out, to);
		text = found + strlen(from);
	}
	strbuf_add_string(out, text);
}

static void add_option(struct loading *loading, const struct unit *unit, struct tuned_option *option)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT, expanded = STRBUF_INIT;
	CLEANUP(free_ptr) char *directory = xstrndup(option->path, (size_t)(strrchr(option->path, '/') - option->path));
	struct tuned *tuned = loading->tuned;

	replace_all(option->value, "${i:PROFILE_DIR}", directory, &value);
	unquote(&value);
	tuned_expand(value.buf, (const char *const *)loading->variables, &expanded);
	if (strstr(expanded.buf, "${f:"))
		option->unresolved = "its value is what a function of TuneD returns";
	else if (unit->conditional)
		option->unresolved = "whether it is applied depends on the processor or the kernel's name (cpuinfo_regex, "
				     "uname_regex)";
	else if (unit->chooses)
		option->unresolved = "which devices it is for depends on what udev knows of them (devices_udev_regex)";
	free(option->value);
	option->value = strbuf_steal(&expanded);
	option->type = xstrdup(unit->type);
	option->devices = unit->devices ? xstrdup(unit->devices) : NULL;
	GROW(tuned->options, tuned->capacity, tuned->count + 1);
	tuned->options[tuned->count++] = *option;
	*option = (struct tuned_option){ 0 };
}

static void take_options(struct loading *loading)
{
	for (size_t i = 0; i < loading->n_units; i++) {
		struct unit *unit = &loading->units[i];

		if ((!loading->all && !streq(unit->type, "sysctl")) || !unit->enabled || is_variables(unit))
			continue;
		loading->tuned->reapply |= streq(unit->type, "sysctl");
		for (size_t n = 0; n < unit->count; n++)
			add_option(loading, unit, &unit->options[n]);
	}
}

static bool is_off(const char *value)
{
	return streq(value, "0") || strcasecmp(value, "no") == 0 || strcasecmp(value, "false") == 0 ||
	       strcasecmp(value, "off") == 0;
}

static void set_directories(struct loading *loading, const char *list)
{
	const char *name;
	size_t length;

	for (size_t i = 0; !list && i < ARRAY_SIZE(default_directories); i++)
		loading->directories[loading->n_directories++] = xstrdup(default_directories[i]);
	while (list && loading->n_directories < ARRAY_SIZE(loading->directories) && next_of_list(&list, &name, &length))
		if (length > 0 && *name == '/')
			loading->directories[loading->n_directories++] = xstrndup(name, length);
}

/* The settings of the daemon; whether applying files again is switched off comes out of it. */
static bool read_main(struct loading *loading)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(config_release) struct config config = { 0 };
	const char *reapply, *exclude;

	if (root_read(loading->root, TUNED_MAIN, &text) == 0) {
		loading->tuned->configured = true;
		config_parse(text.buf, text.len, "main", &config);
	}
	reapply = config_get(&config, "main", "reapply_sysctl");
	exclude = config_get(&config, "main", "reapply_sysctl_exclude");
	if (exclude && *exclude)
		loading->tuned->exclude = xstrdup(exclude);
	set_directories(loading, config_get(&config, "main", "profile_dirs"));
	return !reapply || !is_off(reapply);
}

/* The profiles of the file, one after another.  Their number. */
static size_t load_named(struct loading *loading, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t count = 0;

	if (root_read(loading->root, path, &text) < 0)
		return 0;
	for (const char *c = text.buf; *c;) {
		size_t length = strcspn(c, " \t\r\n\f\v");

		if (length > 0) {
			load_profile(loading, c, length, 0);
			count++;
		}
		c += length + (c[length] != '\0');
	}
	return count;
}

static void release_loading(struct loading *loading)
{
	for (size_t i = 0; i < loading->n_units; i++) {
		clear_unit(&loading->units[i]);
		free(loading->units[i].options);
		free(loading->units[i].name);
		free(loading->units[i].type);
		free(loading->units[i].devices);
	}
	for (size_t i = 0; i < loading->n_files; i++)
		free(loading->files[i]);
	for (size_t i = 0; i < loading->n_directories; i++)
		free(loading->directories[i]);
	for (size_t i = 0; i < loading->n_variables; i++)
		free(loading->variables[i]);
	free(loading->variables);
}

/* In automatic mode each start asks anew what is recommended for the machine.  Where it has started on this one that was the active
 * profile; of an image nobody knows where it will start. */
static bool chooses_anew(const struct loading *loading)
{
	CLEANUP(strbuf_release) struct strbuf mode = STRBUF_INIT;

	return root_read_line(loading->root, TUNED_MODE, &mode) == 0 && streq(mode.buf, "auto") && config_run_is_lost(loading->root);
}

static void read_units(const struct root *root, bool all, struct tuned *tuned)
{
	struct loading *loading = xcalloc(1, sizeof(*loading));
	bool reapply;

	loading->root = root;
	loading->all = all;
	loading->tuned = tuned;
	reapply = read_main(loading);
	if (chooses_anew(loading)) {
		tuned->configured = true;
		fail(loading, TUNED_MODE, 1, "TuneD is in automatic mode: when it starts, it chooses a profile for the machine", true);
	} else if (load_named(loading, TUNED_ACTIVE) + load_named(loading, TUNED_POST_LOADED) > 0)
		tuned->configured = true;
	else if (tuned->configured)
		fail(loading, TUNED_ACTIVE, 0, "TuneD chooses a profile when it starts", true);
	if (!has_failed(loading)) {
		add_variables(loading);
		take_options(loading);
		tuned->reapply &= reapply;
	}
	release_loading(loading);
	free(loading);
}

void tuned_read(const struct root *root, struct tuned *tuned)
{
	read_units(root, false, tuned);
}

void tuned_read_all(const struct root *root, struct tuned *tuned)
{
	read_units(root, true, tuned);
}

void tuned_release(struct tuned *tuned)
{
	for (size_t i = 0; i < tuned->count; i++)
		free_option(&tuned->options[i]);
	free(tuned->options);
	free(tuned->exclude);
	free(tuned->failure_path);
}
