/* SPDX-License-Identifier: Apache-2.0 */
/* Where what runs, what boot leaves behind and what the kernel does by itself differ, and lines of files that do nothing.
 *
 * One question after the other is asked of each key that a file sets or that runs otherwise than the kernel would have it;
 * a key has at most one answer, the first of the table. */
#include "drift.h"

#include <stdlib.h>

#include "compare.h"

/* clang-format off */
static const struct drift_class classes[DRIFT_COUNT] = {
	[DRIFT_OUT_OF_RANGE] = { .name = "out-of-range", .severity = SEVERITY_HIGH,
		.title = "A line sets a value that the kernel refuses",
		.because = "The write fails at boot, and the setting stays what it was: whoever wrote the line believes otherwise.",
		.advice = "Write a value that the kernel takes, or take the line out" },
	[DRIFT_RENAMED] = { .name = "renamed", .severity = SEVERITY_MEDIUM,
		.title = "A line sets a key that has another name by now",
		.because = "Under the old name nothing is set, or only as long as the kernel keeps the old name.",
		.advice = "Write the line with the name that this kernel has" },
	[DRIFT_REMOVED] = { .name = "removed", .severity = SEVERITY_MEDIUM,
		.title = "A line sets a key that kernels do not have any more, or do not act on",
		.because = "The line does nothing; what it was written for has to be reached otherwise, or is not needed any more.",
		.advice = "Take the line out" },
	[DRIFT_UNKNOWN_KEY] = { .name = "unknown-key", .severity = SEVERITY_MEDIUM,
		.title = "A line sets a key that this kernel does not have",
		.because = "It is misspelt, or of another kernel. The loader says so in its log, and goes on.",
		.advice = "Correct the name, or take the line out; a line that may fail begins with \"-\"" },
	[DRIFT_DEAD_LINE] = { .name = "dead-line", .severity = SEVERITY_MEDIUM,
		.title = "A line sets a key whose module is not there when it is read",
		.because = "The key comes with a kernel module that nothing loads before the sysctls are applied. When the module comes later, it "
		"comes with its own default.",
		.advice = "Name the module in a file of /etc/modules-load.d: those are loaded before the sysctls are applied" },
	[DRIFT_INVALID_LINE] = { .name = "invalid-line", .severity = SEVERITY_MEDIUM,
		.title = "A line cannot be read by the program that is to apply it",
		.because = "It is passed over, at best with a message in the log of the boot.",
		.advice = "Correct the line or take it out" },
	[DRIFT_UNREAD_FILE] = { .name = "unread-file", .severity = SEVERITY_MEDIUM,
		.title = "A line stands in a file that is not read at boot",
		.because = "What it says is not in force after boot, whatever a person who reads the file believes.",
		.advice = "Move the line into a file that is read, such as /etc/sysctl.d/NAME.conf, or take it out" },
	[DRIFT_BUILT_IN] = { .name = "built-in-module", .severity = SEVERITY_MEDIUM,
		.title = "Options are given to a module that is built into the kernel",
		.because = "modprobe.d is read when a module is loaded, and a module that is built in never is.",
		.advice = "Give them on the kernel command line, as MODULE.OPTION=VALUE, and take the line out" },
	[DRIFT_NOT_LOADED] = { .name = "module-not-loaded", .severity = SEVERITY_MEDIUM,
		.title = "A line loads a module at boot that will not be loaded",
		.because = "systemd-modules-load fails, and what needs the module does not find it.",
		.advice = "Take the line out, or what stands against it" },
	[DRIFT_NO_DEVICE] = { .name = "unmatched-rule", .severity = SEVERITY_LOW,
		.title = "A rule of udev names devices of which there are none",
		.because = "It sets nothing: disks have other names here than where it was written.",
		.advice = "Name the devices as they are here, or take the rule out" },
	[DRIFT_LOADERS_DISAGREE] = { .name = "loaders-disagree", .severity = SEVERITY_MEDIUM,
		.title = "Programs that set the same key end with different values",
		.because = "They read the files in different orders: the value depends on whether the host booted or somebody ran sysctl --system "
		"since.",
		.advice = "Leave one line for this key, or make them say the same" },
	[DRIFT_SHADOWED_VENDOR] = { .name = "shadowed-by-vendor", .severity = SEVERITY_MEDIUM,
		.title = "A line of the administrator loses against one that a package brought",
		.because = "Files are read in the order of their names, whatever directory they stand in: the name of the package's file makes it "
		"count.",
		.advice = "Rename the administrator's file so that its line counts, or mask the other one with a link to /dev/null in /etc" },
	[DRIFT_SHADOWED] = { .name = "shadowed-line", .severity = SEVERITY_LOW,
		.title = "Two lines of the administrator set different values, and one of them does nothing",
		.because = "The order in which files are read decides that. Whoever edits the other line changes nothing.",
		.advice = "Leave the line that is meant, and take the other out" },
	[DRIFT_NOT_MOUNTED] = { .name = "not-mounted", .severity = SEVERITY_MEDIUM,
		.title = "A line of fstab mounts a file system that is not mounted",
		.because = "It was taken away, or could not be mounted; a host on which it cannot be mounted stops in the emergency shell when "
		"it boots.",
		.advice = "Mount it, give it the options noauto or nofail if it may be missing, or take the line out" },
	[DRIFT_ONE_WAY] = { .name = "one-way", .severity = SEVERITY_MEDIUM,
		.title = "What runs cannot be changed to what the files say without a reboot",
		.because = "The setting goes one way only while the kernel runs; until the next boot the file is not in force.",
		.advice = "Reboot when it suits, or make the file say what runs" },
	[DRIFT_LOST_AT_BOOT] = { .name = "lost-at-boot", .severity = SEVERITY_MEDIUM,
		.title = "A setting runs with another value than the next boot will give it",
		.because = "What was tested is not what comes back after a reboot.",
		.advice = "Decide which value is meant: write the one that runs into the file, or apply the file, with sysctl -p or systemd-tmpfiles --create" },
	[DRIFT_RUNTIME_ONLY] = { .name = "runtime-only", .severity = SEVERITY_LOW,
		.title = "A setting was changed by hand or by a program, and no file sets it",
		.because = "No file that is read at boot sets it, so the default comes back unless the same program sets it again.",
		.advice = "Write it into a file that is read at boot if it is meant to last, such as /etc/sysctl.d/NAME.conf" },
	[DRIFT_UNRESOLVED] = { .name = "unresolved-line", .severity = SEVERITY_LOW,
		.title = "What a line sets after boot cannot be known from here",
		.because = "Something that it depends on was not captured.",
		.advice = "Look at it on the host itself" },
};
/* clang-format on */

/* Of files as a whole. */
static const char *reference_items[] = { "sysctl.d(5)", "sysctl(8)", "modules-load.d(5)", "tuned.conf(5)" };
static const struct string_list references = { reference_items, ARRAY_SIZE(reference_items) };

size_t drift_class_count(void)
{
	return DRIFT_COUNT;
}

const struct drift_class *drift_class_at(size_t index)
{
	return &classes[index];
}

/* ---- findings ---- */

static void fill_sites(struct auditing *auditing, const struct boot_line *const *lines, size_t count,
		       struct finding *finding)
{
	if (count == 0)
		return;
	finding->sites = arena_alloc(&auditing->findings->arena, count * sizeof(*finding->sites));
	for (size_t i = 0; i < count; i++)
		finding->sites[finding->n_sites++] = audit_site(lines[i], &auditing->findings->arena);
}

static void fill_class(struct auditing *auditing, enum drift class, const char *name, struct finding *finding)
{
	const struct drift_class *row = &classes[class];

	finding->id = arena_formatf(&auditing->findings->arena, "%s@%s", row->name, name);
	finding->rule = row->name;
	finding->title = row->title;
	finding->subject = SUBJECT_HOST;
	finding->subject_name = "host";
	finding->severity = row->severity;
	finding->confidence_reason = "rests on files and settings";
	finding->advice = row->advice;
	finding->references = &references;
}

static const char *subject_name(const struct keyed *keyed)
{
	if (keyed->kind == SUBJECT_KIND_HOST)
		return "host";
	return arena_formatf(&keyed->auditing->findings->arena, "%s %s", subject_kind_name(keyed->kind), keyed->name);
}

static const struct finding_values *values_of(const struct keyed *keyed, const char *drift)
{
	struct arena *arena = &keyed->auditing->findings->arena;
	struct finding_values *values = arena_alloc(arena, sizeof(*values));
	const struct boot_line *winner = keyed_winner(keyed);

	if (keyed->subject != SUBJECT_NONE)
		*values = *audit_values(keyed->auditing, keyed->subject, keyed->key, NULL, drift);
	else
		*values = (struct finding_values){
			.key = arena_strdup(arena, keyed->key), .drift = drift,
			.boot = winner ? audit_value_text(keyed->entry, winner->value, arena) : NULL,
		};
	/* Of what is no tunable the snapshot of after boot has what runs. */
	if (winner && (!keyed->entry || keyed->entry->class != ENTRY_TUNABLE))
		values->boot = audit_value_text(keyed->entry, winner->value, arena);
	values->running = keyed->running_text ? keyed->running_text : values->running;
	values->boot = keyed->boot_text ? keyed->boot_text : values->boot;
	return values;
}

static void fill_subject(const struct keyed *keyed, const char *name, struct finding *finding)
{
	finding->subject = keyed->subject != SUBJECT_NONE ? keyed->subject : SUBJECT_HOST;
	finding->subject_name = name;
}

static void report_drift(struct keyed *keyed, enum drift class)
{
	struct auditing *auditing = keyed->auditing;
	struct arena *arena = &auditing->findings->arena;
	const char *waiver, *name = subject_name(keyed);
	enum status status = audit_waive(auditing, class == DRIFT_UNRESOLVED ? STATUS_UNMEASURED : STATUS_RECOMMEND,
					 classes[class].name, keyed->label, name, &waiver);
	struct finding *finding = audit_add(auditing, status);

	fill_class(auditing, class, keyed->label, finding);
	fill_subject(keyed, name, finding);
	finding->waiver = waiver;
	finding->reason = finding->next_step = keyed->detail;
	finding->because = keyed->because ? keyed->because : classes[class].because;
	if (keyed->detail)
		finding->because = arena_formatf(arena, "%s %s", keyed->detail, finding->because);
	if (keyed->advice)
		finding->advice = keyed->advice;
	finding->references = &keyed->family->references;
	finding->values = values_of(keyed, classes[class].name);
	fill_sites(auditing, keyed->sites, keyed->n_sites, finding);
}

/* The four columns of a key with which all is well, for those who want to see everything. */
static void report_agreement(struct keyed *keyed)
{
	struct auditing *auditing = keyed->auditing;
	struct arena *arena = &auditing->findings->arena;
	struct expectation expectation = { 0 };
	struct finding *finding = audit_add(auditing, STATUS_SATISFIED);

	if (!finding)
		return;
	finding->id = arena_formatf(arena, "drift@%s", keyed->label);
	finding->rule = "drift";
	finding->title = arena_formatf(arena, "%s is what its file says", keyed->label);
	fill_subject(keyed, subject_name(keyed), finding);
	finding->confidence_reason = "rests on files and settings";
	if (keyed->subject == SUBJECT_HOST)
		expectation = boot_expect(auditing, snapshot_subject_get(auditing->after, SUBJECT_HOST), keyed->key, arena);
	finding->reason = expectation.value || !expectation.why ?
				  arena_formatf(arena, "%s: no line of it is lost", keyed->label) :
				  arena_formatf(arena, "%s: no line of it is lost, but %s", keyed->label, expectation.why);
	finding->values = values_of(keyed, NULL);
	if (keyed_winner(keyed))
		fill_sites(auditing, &keyed->outcome.line, 1, finding);
}

/* A policy that wants something of this key has said so already. */
static bool is_told(const struct keyed *keyed)
{
	for (size_t i = 0; i < keyed->auditing->n_policies; i++) {
		const struct finding *finding = &keyed->auditing->findings->items[i];

		if (finding->status == STATUS_RECOMMEND && finding->values && finding->values->drift &&
		    finding->n_changes > 0 && streq(finding->changes[0].key, keyed->label))
			return true;
	}
	return false;
}

static void ask_all(struct keyed *keyed)
{
	question *const *questions = keyed->family->questions;

	for (enum drift class = 0; class < DRIFT_COUNT; class++) {
		if (!questions[class] || !questions[class](keyed)) {
			keyed->n_sites = 0;
			continue;
		}
		if (class < DRIFT_ONE_WAY || !is_told(keyed))
			report_drift(keyed, class);
		return;
	}
	if (keyed->n_lines > 0 && keyed->outcome.state != BOOT_STATE_UNKNOWN)
		report_agreement(keyed);
}

void drift_ask(struct auditing *auditing, const struct drift_about *about, const struct drift_family *family)
{
	bool host = about->kind == SUBJECT_KIND_HOST;
	struct arena *kept = &auditing->findings->arena;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct keyed keyed = {
		.auditing = auditing, .family = family, .kind = about->kind, .name = about->name, .key = about->key,
		.subject = host ? SUBJECT_HOST : snapshot_find_subject(auditing->snapshot, about->kind, about->name),
		.entry = registry_find_key(auditing->registry, about->kind, about->key),
		.outcome = boot_state_outcome(auditing, about->kind, about->name, about->key),
	};

	if (setting_is_volatile(keyed.entry, about->kind, about->key))
		return;
	keyed.label = host ? arena_strdup(kept, about->key) : arena_formatf(kept, "%s %s", about->name, about->key);
	if (keyed.subject != SUBJECT_NONE)
		keyed.running = snapshot_get(auditing->snapshot, keyed.subject, about->key);
	keyed.n_lines = boot_lines(auditing->boot, about->kind, about->name, about->key, &keyed.lines);
	if (host && keyed.n_lines == 0 && boot_state_path(keyed.entry, about->key, &path))
		keyed.n_lines = boot_lines(auditing->boot, about->kind, about->name, path.buf, &keyed.lines);
	if (keyed.entry && keyed.entry->class == ENTRY_TUNABLE)
		keyed.kernel_default = default_raw(auditing, keyed.entry, &arena);
	ask_all(&keyed);
}

/* ---- lines without a key ---- */

/* Of sysctls all that is lost matters.  Other readers have rules and programs that depend on a hundred things: there only what
 * they cannot read. */
static bool is_of_file(const struct auditing *auditing, const struct boot_line *line)
{
	bool sysctl = streq(line->source, "sysctl") || streq(line->source, "tuned");

	if (*line->key || line->optional || !*line->path || drift_is_repeated(line) || !boot_state_applies(auditing, line->loader))
		return false;
	return line->fate == BOOT_INVALID || (sysctl && (line->fate == BOOT_UNRESOLVED || line->fate == BOOT_IGNORED));
}

static int compare_lines(const void *a, const void *b)
{
	const struct boot_line *x = *(const struct boot_line *const *)a, *y = *(const struct boot_line *const *)b;
	int order = strcmp(x->path, y->path);

	if (order != 0)
		return order;
	if (x->fate != y->fate)
		return x->fate < y->fate ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* All lines of one file that cannot be read, or the file as a whole that nobody reads: one finding. */
static void report_file(struct auditing *auditing, const struct boot_line *const *lines, size_t count)
{
	const struct boot_line *first = lines[0];
	enum drift class = first->fate == BOOT_INVALID ? DRIFT_INVALID_LINE :
				 first->fate == BOOT_IGNORED ? DRIFT_UNREAD_FILE : DRIFT_UNRESOLVED;
	struct arena *arena = &auditing->findings->arena;
	const char *waiver;
	enum status status = audit_waive(auditing, class == DRIFT_UNRESOLVED ? STATUS_UNMEASURED : STATUS_RECOMMEND,
					 classes[class].name, first->path, "host", &waiver);
	struct finding *finding = audit_add(auditing, status);

	fill_class(auditing, class, arena_strdup(arena, first->path), finding);
	finding->waiver = waiver;
	finding->reason = finding->next_step = *first->why ? arena_strdup(arena, first->why) : NULL;
	finding->because = arena_formatf(arena, "%s%s%s", first->why, *first->why ? ". " : "", classes[class].because);
	fill_sites(auditing, lines, count < DRIFT_SITES_MAX ? count : DRIFT_SITES_MAX, finding);
}

static void judge_files(struct auditing *auditing)
{
	const struct boot_line **lines = NULL;
	size_t count = 0, capacity = 0, end;

	for (size_t i = 0; i < boot_count(auditing->boot); i++) {
		const struct boot_line *line = boot_at(auditing->boot, i);

		if (!is_of_file(auditing, line))
			continue;
		GROW(lines, capacity, count + 1);
		lines[count++] = line;
	}
	if (count > 0)
		qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && lines[end]->fate == lines[i]->fate; end++)
			if (!streq(lines[end]->path, lines[i]->path))
				break;
		report_file(auditing, lines + i, end - i);
	}
	free(lines);
}

/* ---- all of them ---- */

static int compare_abouts(const void *a, const void *b)
{
	const struct drift_about *x = a, *y = b;
	int order = (int)x->kind - (int)y->kind;

	order = order ? order : strcmp(x->name, y->name);
	return order ? order : strcmp(x->key, y->key);
}

void drift_abouts_sort(struct drift_about *abouts, size_t *count)
{
	size_t unique = 0;

	if (*count > 0)
		qsort(abouts, *count, sizeof(*abouts), compare_abouts);
	for (size_t i = 0; i < *count; i++)
		if (unique == 0 || compare_abouts(&abouts[unique - 1], &abouts[i]) != 0)
			abouts[unique++] = abouts[i];
	*count = unique;
}

size_t drift_collect(const struct auditing *auditing, bool (*is_wanted)(const struct boot_line *line),
		     struct drift_about **ret_abouts)
{
	struct drift_about *abouts = NULL;
	size_t count = 0, capacity = 0;

	for (size_t i = 0; i < boot_count(auditing->boot); i++) {
		const struct boot_line *line = boot_at(auditing->boot, i);

		if (!*line->key || !is_wanted(line))
			continue;
		GROW(abouts, capacity, count + 1);
		abouts[count++] = (struct drift_about){ line->kind, line->subject, line->key };
	}
	drift_abouts_sort(abouts, &count);
	*ret_abouts = abouts;
	return count;
}

void drift_judge(struct auditing *auditing)
{
	auditing->n_policies = auditing->findings->count;
	drift_judge_sysctls(auditing);
	/* What a container's files say of these, nothing carries out. */
	if (!auditing->contained) {
		drift_judge_devices(auditing);
		drift_judge_modules(auditing);
		drift_judge_arguments(auditing);
		drift_judge_mounts(auditing);
		drift_judge_units(auditing);
	}
	judge_files(auditing);
}
