/* SPDX-License-Identifier: Apache-2.0 */
/* Limits and weights of systemd's services and slices.
 *
 * On a running system systemd is asked over the system bus, because it alone knows what is in force (set-property,
 * transient units, defaults); the unit files say where each value comes from.  Elsewhere, and for a unit that
 * did not answer in time, the files alone are read as systemd reads them: the fragment in the first directory of the
 * search path that has it, then drop-ins by name, the last assignment wins, an empty one resets.
 * systemd.unit(5), systemd.exec(5), systemd.resource-control(5), org.freedesktop.systemd1(5). */
#include "unit.h"

#include <errno.h>
#include <inttypes.h>

#include "../core/parse.h"
#include "probe.h"
#include "unit-boot.h"
#include "unit-bus.h"
#include "unit-index.h"

#define SHOW_PATH "/sos_commands/systemd/systemctl_show_service_--all"
#define SHOW_MAX (32U << 20)

/* What the files say of one property. */
struct assignment {
	char *value, *soft;	/* NULL: not assigned */
	char *origin;		/* "file:line", NULL: never mentioned */
	int error;		/* a file that could not be read may have assigned it */
};

struct unit {
	struct unit_sources sources;
	struct assignment assignments[UNIT_PROPERTIES];
};

static void unit_release(struct unit *unit)
{
	for (size_t i = 0; i < UNIT_PROPERTIES; i++) {
		free(unit->assignments[i].value);
		free(unit->assignments[i].soft);
		free(unit->assignments[i].origin);
	}
	unit_paths_release(&unit->sources.files);
}

static void assignment_reset(struct assignment *assignment)
{
	free(assignment->value);
	free(assignment->soft);
	free(assignment->origin);
	*assignment = (struct assignment){ 0 };
}

static void assignment_apply(const struct unit_property *property, const struct unit_file *file, const char *path,
			     struct assignment *assignment, struct diag *notes)
{
	CLEANUP(strbuf_release) struct strbuf soft = STRBUF_INIT, value = STRBUF_INIT;
	struct place place = { .file = path, .line = file->line };
	int r = unit_property_parse(property, file->value.buf, &soft, &value);

	if (r < 0) {
		(void)diag_warning(notes, &place, "%s= has %s", property->directive, unit_property_error(r));
		return;
	}
	assignment_reset(assignment);
	assignment->origin = xasprintf("%s:%u", path, file->line);
	if (!file->value.len)
		return;
	assignment->value = strbuf_steal(&value);
	assignment->soft = property->soft ? strbuf_steal(&soft) : NULL;
}

static void unit_apply_file(const struct root *root, const char *path, unsigned int sections, struct unit *unit,
			    struct diag *notes)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = root_read(root, path, &text);

	if (r == -ENOENT || r == -EINVAL)	/* a link to /dev/null: masked */
		return;
	for (size_t i = 0; r < 0 && i < UNIT_PROPERTIES; i++) {
		assignment_reset(&unit->assignments[i]);
		unit->assignments[i].error = r;
		unit->assignments[i].origin = xstrdup(path);
	}
	if (r < 0)
		return;

	CLEANUP(unit_file_release) struct unit_file file = UNIT_FILE_INIT(text.buf);
	while (unit_file_next(&file)) {
		if (!(unit_section(file.section.buf) & sections))
			continue;
		for (size_t i = 0; i < UNIT_PROPERTIES; i++)
			if (unit_properties[i].sections & sections && streq(file.key.buf, unit_properties[i].directive))
				assignment_apply(&unit_properties[i], &file, path, &unit->assignments[i], notes);
	}
}

static void unit_apply_files(const struct root *root, const char *name, struct unit *unit, struct diag *notes)
{
	for (size_t i = 0; i < unit->sources.files.count; i++)
		unit_apply_file(root, unit->sources.files.items[i], unit_sections(name), unit, notes);
}

static void unit_set_paths(const struct unit *unit, subject_id subject, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf dropins = STRBUF_INIT;

	if (unit->sources.has_fragment)
		snapshot_set_string(snapshot, subject, "FragmentPath", unit->sources.files.items[0], unit->sources.files.items[0]);
	for (size_t i = unit->sources.has_fragment; i < unit->sources.files.count; i++)
		strbuf_addf(&dropins, "%s%s", dropins.len ? " " : "", unit->sources.files.items[i]);
	if (dropins.len)
		snapshot_set_string(snapshot, subject, "DropInPaths", dropins.buf, unit->sources.files.items[unit->sources.has_fragment]);
}

static void assignment_set(const struct unit_property *property, const struct assignment *assignment, subject_id subject,
			   struct snapshot *snapshot)
{
	const char *origin = assignment->origin ? assignment->origin : "unit files";

	if (assignment->value) {
		snapshot_set_string(snapshot, subject, property->name, assignment->value, origin);
		if (property->soft)
			snapshot_set_string(snapshot, subject, property->soft, assignment->soft, origin);
		return;
	}
	snapshot_set_absent(snapshot, subject, property->name, assignment->error ? assignment->error : -ENOENT, origin);
	if (property->soft)
		snapshot_set_absent(snapshot, subject, property->soft,
				    assignment->error ? assignment->error : -ENOENT, origin);
}

static bool unit_has_assignment(const struct unit *unit)
{
	for (size_t i = 0; i < UNIT_PROPERTIES; i++)
		if (unit->assignments[i].origin)
			return true;
	return false;
}

/* Without systemd's word for it. */
static void unit_read_files(struct unit_index *index, const char *name, bool has_cgroup, struct snapshot *snapshot)
{
	CLEANUP(unit_release) struct unit unit = { 0 };
	subject_id subject;

	unit_index_find(index, name, &unit.sources);
	if (unit.sources.masked)
		return;
	unit_apply_files(index->root, name, &unit, snapshot_notes(snapshot));
	if (!has_cgroup && !unit_has_assignment(&unit))
		return;			/* nothing is known of it that could matter */
	subject = snapshot_subject(snapshot, SUBJECT_KIND_UNIT, name, "");
	if (subject == SUBJECT_NONE)
		return;
	unit_set_paths(&unit, subject, snapshot);
	for (size_t i = 0; i < UNIT_PROPERTIES; i++)
		if (unit_properties[i].sections & unit_sections(name))
			assignment_set(&unit_properties[i], &unit.assignments[i], subject, snapshot);
}

struct answer {
	char *values[2 * UNIT_PROPERTIES];	/* at 2i the property, at 2i + 1 its soft half */
	struct unit unit;
	bool has_cgroup;
};

static void answer_release(struct answer *answer)
{
	for (size_t i = 0; i < ARRAY_SIZE(answer->values); i++)
		free(answer->values[i]);
	unit_release(&answer->unit);
}

static void answer_take(void *context, const char *name, const char *value)
{
	struct answer *answer = context;

	if (streq(name, "ControlGroup"))
		answer->has_cgroup = *value != '\0';
	if (*value && (streq(name, "FragmentPath") || streq(name, "DropInPaths"))) {
		unit_paths_add(&answer->unit.sources.files, value);
		answer->unit.sources.has_fragment = answer->unit.sources.has_fragment || streq(name, "FragmentPath");
	}
	for (size_t i = 0; i < UNIT_PROPERTIES; i++) {
		bool soft = unit_properties[i].soft && streq(name, unit_properties[i].soft);

		if (!soft && !streq(name, unit_properties[i].name))
			continue;
		free(answer->values[2 * i + soft]);
		answer->values[2 * i + soft] = xstrdup(value);
	}
}

static void answer_set(const struct answer *answer, size_t property, bool soft, const char *source, subject_id subject,
		       struct snapshot *snapshot)
{
	const char *key = soft ? unit_properties[property].soft : unit_properties[property].name;
	const char *value = answer->values[2 * property + soft];
	const char *origin = answer->unit.assignments[property].origin;

	if (!origin)
		origin = source;
	if (!value || (unit_properties[property].unset_is_absent && streq(value, "infinity")))
		snapshot_set_absent(snapshot, subject, key, -ENOENT, origin);
	else
		snapshot_set_string(snapshot, subject, key, value, origin);
}

/* What systemd says; the files it says it read tell where. */
static void answer_record(const struct root *root, const char *name, struct answer *answer, const char *source,
			  struct snapshot *snapshot)
{
	subject_id subject;

	if (!answer->has_cgroup)
		return;			/* it has finished, or was never started */
	subject = snapshot_subject(snapshot, SUBJECT_KIND_UNIT, name, "");
	if (subject == SUBJECT_NONE)
		return;
	unit_apply_files(root, name, &answer->unit, snapshot_notes(snapshot));
	unit_set_paths(&answer->unit, subject, snapshot);
	for (size_t i = 0; i < UNIT_PROPERTIES; i++) {
		if (!(unit_properties[i].sections & unit_sections(name)))
			continue;
		answer_set(answer, i, false, source, subject, snapshot);
		if (unit_properties[i].soft)
			answer_set(answer, i, true, source, subject, snapshot);
	}
}

/* False: no answer in time. */
static bool unit_read_bus(struct unit_bus *bus, const struct root *root, const char *name, struct snapshot *snapshot)
{
	CLEANUP(answer_release) struct answer answer = { 0 };

	if (unit_bus_properties(bus, name, answer_take, &answer) < 0)
		return false;
	answer_record(root, name, &answer, "systemd", snapshot);
	return true;
}

/* "1.500000s", "1min 30s" or "50ms" of CPUQuotaPerSecUSec in the output of systemctl(1), in microseconds. */
static bool time_span_parse(const char *text, uint64_t *ret_usec)
{
	static const struct {
		const char *suffix;
		double usec;
	} units[] = { { "min", 60e6 }, { "ms", 1e3 }, { "us", 1 }, { "s", 1e6 } };
	double total = 0, number;

	do {
		CLEANUP(free_ptr) char *digits = NULL;
		size_t i = 0, length;

		text += strspn(text, " ");
		length = strspn(text, "0123456789.");
		digits = xstrndup(text, length);
		if (parse_real(digits, &number) < 0 || number > 1e9)
			return false;
		text += length;
		while (i < ARRAY_SIZE(units) && !starts_with(text, units[i].suffix))
			i++;
		if (i == ARRAY_SIZE(units))
			return false;
		total += number * units[i].usec;
		text += strlen(units[i].suffix);
	} while (*text && total < 1e15);
	*ret_usec = (uint64_t)(total + 0.5);
	return true;
}

/* The words of a property with several values, one at a time. */
static void shown_words(struct answer *answer, const char *key, const char *value)
{
	const char *word;
	size_t length;

	while (next_word(&value, &word, &length)) {
		CLEANUP(free_ptr) char *path = xstrndup(word, length);

		answer_take(answer, key, path);
	}
}

/* One line of "systemctl show": LimitNOFILE=524288.  *name gets the unit's. */
static void shown_take(struct answer *answer, char **name, const char *line, size_t length)
{
	const char *equals = memchr(line, '=', length);
	CLEANUP(free_ptr) char *key = equals ? xstrndup(line, (size_t)(equals - line)) : NULL;
	CLEANUP(free_ptr) char *value = equals ? xstrndup(equals + 1, length - (size_t)(equals + 1 - line)) : NULL;
	CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;
	uint64_t usec;

	if (!equals || streq(value, "[not set]"))
		return;
	if (streq(key, "Id")) {
		free(*name);
		*name = steal_ptr(&value);
	} else if (streq(key, "DropInPaths")) {
		shown_words(answer, key, value);
	} else if (streq(key, "CPUQuotaPerSecUSec") && time_span_parse(value, &usec)) {
		strbuf_addf(&number, "%" PRIu64, usec);
		answer_take(answer, key, number.buf);
	} else {
		answer_take(answer, key, value);
	}
}

static void shown_end(const struct root *root, struct answer *answer, char **name, struct snapshot *snapshot)
{
	if (*name && unit_sections(*name))
		answer_record(root, *name, answer, SHOW_PATH, snapshot);
	answer_release(answer);
	*answer = (struct answer){ 0 };
	free(*name);
	*name = NULL;
}

void unit_shown_parse(const struct root *root, const char *text, struct snapshot *snapshot)
{
	struct answer answer = { 0 };
	const char *cursor = text;
	char *name = NULL;

	do {
		size_t length = strcspn(cursor, "\n");

		if (length == 0)
			shown_end(root, &answer, &name, snapshot);
		else
			shown_take(&answer, &name, cursor, length);
	} while (next_line(&cursor));
	shown_end(root, &answer, &name, snapshot);
}

static int unit_read_report(const struct root *root, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	r = root_read_limit(root, SHOW_PATH, SHOW_MAX, &text);
	if (r < 0)
		return r;
	unit_shown_parse(root, text.buf, snapshot);
	return snapshot_kind_count(snapshot, SUBJECT_KIND_UNIT) > 0 ? 0 : -ENOENT;
}

static int unit_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	CLEANUP(unit_index_release) struct unit_index index;
	CLEANUP(unit_bus_free_ptr) struct unit_bus *bus = NULL;
	uint32_t with_cgroup, silent = 0;
	bool services_known;

	(void)options;
	unit_index_init(&index, root);
	if (root_is_live(root) && unit_bus_open(&bus) == 0 && unit_bus_list(bus, &index.names, UNITS_MAX) < 0)
		unit_bus_free(steal_ptr(&bus));
	services_known = root->layout == ROOT_SOSREPORT && unit_read_report(root, snapshot) == 0;
	if (!bus) {
		unit_index_add_cgroups(&index, snapshot);
		with_cgroup = index.names.count;
		unit_index_add_files(&index, false);
	} else {
		with_cgroup = index.names.count;
	}
	for (uint32_t i = 0; i < index.names.count && index.files < UNIT_FILES_MAX; i++) {
		const char *name = index.names.names[i];

		if (services_known && unit_sections(name) == UNIT_SERVICE)
			continue;
		if (bus ? unit_read_bus(bus, root, name, snapshot) : unit_index_is_alias(&index, name))
			continue;
		silent += bus != NULL;
		unit_read_files(&index, name, i < with_cgroup, snapshot);
	}
	unit_index_add_files(&index, true);
	unit_boot_read(&index, snapshot);
	if (silent)
		(void)diag_warning(snapshot_notes(snapshot), NULL,
				   "systemd did not answer in time for %u units: their unit files were read instead",
				   silent);
	if (index.files >= UNIT_FILES_MAX)
		(void)diag_warning(snapshot_notes(snapshot), NULL, "unit files and drop-ins beyond the first %u were left out",
				   UNIT_FILES_MAX);
	if (index.truncated)
		(void)diag_warning(snapshot_notes(snapshot), NULL, "units beyond the first %u were left out",
				   UNITS_MAX);
	return 0;
}

static const char *const unit_paths[] = {
	"/etc/systemd/system*/*.service",
	"/etc/systemd/system*/*.slice",
	"/etc/systemd/system*/*service.d/*.conf",
	"/etc/systemd/system*/*slice.d/*.conf",
	"/lib/systemd/system/*.service",
	"/lib/systemd/system/*.slice",
	"/lib/systemd/system/*service.d/*.conf",
	"/lib/systemd/system/*slice.d/*.conf",
	"/run/systemd/generator*/*.service",
	"/run/systemd/generator*/*.slice",
	"/run/systemd/generator*/*service.d/*.conf",
	"/run/systemd/generator*/*slice.d/*.conf",
	"/run/systemd/system*/*.service",
	"/run/systemd/system*/*.slice",
	"/run/systemd/system*/*service.d/*.conf",
	"/run/systemd/system*/*slice.d/*.conf",
	"/run/systemd/transient/*.service",
	"/run/systemd/transient/*.slice",
	"/run/systemd/transient/*service.d/*.conf",
	"/run/systemd/transient/*slice.d/*.conf",
	"/usr/lib/systemd/system/*.service",
	"/usr/lib/systemd/system/*.slice",
	"/usr/lib/systemd/system/*service.d/*.conf",
	"/usr/lib/systemd/system/*slice.d/*.conf",
	"/usr/local/lib/systemd/system/*.service",
	"/usr/local/lib/systemd/system/*.slice",
	"/usr/local/lib/systemd/system/*service.d/*.conf",
	"/usr/local/lib/systemd/system/*slice.d/*.conf",
	SHOW_PATH,
	NULL,
};

const struct probe probe_unit = {
	.name = "unit",
	.summary = "resource limits of systemd's services and slices, and the files they come from",
	.paths = unit_paths,
	.read = unit_read,
};
