/* SPDX-License-Identifier: Apache-2.0 */
#include "compare.h"

#include <fnmatch.h>
#include <math.h>

#include "../core/strbuf.h"
#include "expr-compiler.h"
#include "interval-compare.h"

/* Of what a metric is; less is not worth a line. */
#define SMALL_CHANGE 0.01

struct comparing {
	const struct registry *registry;
	const struct compare_options *options;
	struct comparison *out;
};

/* clang-format off */
/* Keys that change by themselves and are in no registry. */
static const struct volatile_key {
	enum subject_kind kind;
	const char *pattern;
} volatile_keys[] = {
	{ SUBJECT_KIND_HOST,     "fs.binfmt_misc.*" },
	{ SUBJECT_KIND_HOST,     "fs.dentry-state" },
	{ SUBJECT_KIND_HOST,     "fs.file-nr" },
	{ SUBJECT_KIND_HOST,     "fs.inode-nr" },
	{ SUBJECT_KIND_HOST,     "fs.inode-state" },
	{ SUBJECT_KIND_HOST,     "fs.quota.*" },
	{ SUBJECT_KIND_HOST,     "host.boot_id" },
	{ SUBJECT_KIND_HOST,     "kernel.ns_last_pid" },
	{ SUBJECT_KIND_HOST,     "kernel.pty.nr" },
	{ SUBJECT_KIND_HOST,     "kernel.random.*" },
	{ SUBJECT_KIND_LISTENER, "inode" },
};

static const struct identity_key {
	const char *name, *key;
} identity_keys[] = {
	{ "host",         "host.name" },
	{ "machine",      "host.machine" },
	{ "kernel",       "kernel.release" },
	{ "architecture", "kernel.architecture" },
	{ "platform",     "platform.virtualization" },
	{ "container",    "platform.container" },
	{ "boot",         "host.boot_id" },
};
/* clang-format on */

/* ---- who ---- */

size_t compare_identity(const struct snapshot *before, const struct snapshot *after, struct identity_difference *ret,
			size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(identity_keys) && count < max; i++) {
		const char *a = snapshot_text(before, SUBJECT_HOST, identity_keys[i].key);
		const char *b = snapshot_text(after, SUBJECT_HOST, identity_keys[i].key);

		if ((!a && !b) || (a && b && streq(a, b)))
			continue;
		ret[count++] = (struct identity_difference){ .name = identity_keys[i].name, .before = a, .after = b };
	}
	return count;
}

/* ---- settings ---- */

bool setting_is_volatile(const struct entry *entry, enum subject_kind kind, const char *key)
{
	if (entry && entry->volatile_value)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(volatile_keys); i++)
		if (volatile_keys[i].kind == kind && fnmatch(volatile_keys[i].pattern, key, 0) == 0)
			return true;
	return false;
}

/* The walk below /proc/sys meets every key there is: one that it did not meet is absent.  Without kernel.ostype there was
 * no walk. */
static bool was_walked(const struct snapshot *snapshot, const struct snapshot *other, const struct setting *setting)
{
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;

	if (setting->subject != SUBJECT_HOST || !snapshot_text(snapshot, SUBJECT_HOST, "kernel.ostype"))
		return false;
	setting_origin(other, setting, &origin);
	return starts_with(origin.buf, "/proc/sys/");
}

enum side_state { STATE_PRESENT, STATE_ABSENT, STATE_UNREADABLE, STATE_UNSUPPORTED, STATE_UNPARSABLE, STATE_LEFT_OUT,
		  STATE_NOT_CAPTURED };

static const char *const state_names[] = {
	[STATE_PRESENT] = "present", [STATE_ABSENT] = "absent", [STATE_UNREADABLE] = "unreadable",
	[STATE_UNSUPPORTED] = "unsupported", [STATE_UNPARSABLE] = "unparsable", [STATE_LEFT_OUT] = "left out",
	[STATE_NOT_CAPTURED] = "not captured",
};

static enum side_state state_of(const struct setting *setting)
{
	static const enum side_state states[] = {
		[PRESENT] = STATE_PRESENT, [ABSENT] = STATE_ABSENT, [UNREADABLE] = STATE_UNREADABLE,
		[UNSUPPORTED] = STATE_UNSUPPORTED, [UNPARSABLE] = STATE_UNPARSABLE,
	};

	if (setting_left_out(setting))
		return STATE_LEFT_OUT;
	return states[setting->absence];
}

/* setting: of this snapshot or NULL; other: of the other one. */
static enum side_state side_state(const struct snapshot *snapshot, const struct setting *setting,
				  const struct snapshot *other_snapshot, const struct setting *other)
{
	if (setting)
		return state_of(setting);
	return was_walked(snapshot, other_snapshot, other) ? STATE_ABSENT : STATE_NOT_CAPTURED;
}

static bool has_text(enum side_state state)
{
	return state == STATE_PRESENT || state == STATE_UNPARSABLE;
}

static bool same_text(const struct setting *a, const struct setting *b)
{
	return a->raw_length == b->raw_length && memcmp(a->raw, b->raw, a->raw_length) == 0;
}

static bool states_differ(enum side_state a, enum side_state b)
{
	/* Nobody looked, or looked and found nothing: no difference that anybody measured. */
	if ((a == STATE_NOT_CAPTURED && b == STATE_ABSENT) || (a == STATE_ABSENT && b == STATE_NOT_CAPTURED))
		return false;
	return a != b;
}

/* As it was read; a zero byte inside is shown. */
static const char *raw_text(const struct setting *setting, struct arena *arena)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (uint32_t i = 0; i < setting->raw_length; i++) {
		if (setting->raw[i] == '\0')
			strbuf_add_string(&text, "\\0");
		else
			strbuf_add_char(&text, setting->raw[i]);
	}
	return arena_strndup(arena, text.buf, text.len);
}

const char *setting_value_text(const struct entry *entry, const struct setting *setting, struct arena *arena)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct expr_type type;
	struct value value;
	long double item;

	if (!entry || entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG)
		return raw_text(setting, arena);
	value = value_of_setting(entry, setting->raw, setting->raw_length);
	type = expr_type_of_entry(entry);
	if (value.type == VALUE_LIST && entry->format == FORMAT_LIST) {
		for (size_t i = 0; value_list_item(entry, &value, i, &item); i++) {
			struct value number = { .type = VALUE_NUMBER, .number = item };

			strbuf_add_string(&text, i > 0 ? ", " : "");
			value_format(&text, &number, type);
		}
	} else if (value.type == VALUE_NUMBER) {
		value_format(&text, &value, type);
	}
	return text.len ? arena_strndup(arena, text.buf, text.len) : raw_text(setting, arena);
}

static void fill_side(struct comparing *comparing, const struct snapshot *snapshot, const struct entry *entry,
		      const struct setting *setting, enum side_state state, struct setting_side *side)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct arena *arena = &comparing->out->arena;

	*side = (struct setting_side){ .setting = setting, .state = state_names[state], .origin = "" };
	if (has_text(state)) {
		side->text = setting_value_text(entry, setting, arena);
	} else {
		strbuf_add_string(&text, state_names[state]);
		if (state == STATE_UNREADABLE || state == STATE_UNSUPPORTED)
			strbuf_addf(&text, ": %s", setting_error_text(setting));
		side->text = arena_strndup(arena, text.buf, text.len);
	}
	if (!setting)
		return;
	strbuf_reset(&text);
	setting_origin(snapshot, setting, &text);
	side->origin = arena_strndup(arena, text.buf, text.len);
}

/* One of the two settings may be NULL. */
static void compare_setting(struct comparing *comparing, const struct subject *subject, const char *key,
			    const struct setting *before, const struct setting *after)
{
	struct comparison *out = comparing->out;
	const struct entry *entry = registry_find_key(comparing->registry, subject->kind, key);
	enum side_state a = side_state(out->before.snapshot, before, out->after.snapshot, after);
	enum side_state b = side_state(out->after.snapshot, after, out->before.snapshot, before);
	struct setting_difference *difference;
	enum key_nature nature;

	out->settings_compared++;
	if (!states_differ(a, b) && !(has_text(a) && has_text(b) && !same_text(before, after)))
		return;
	nature = setting_is_volatile(entry, subject->kind, key) ? NATURE_VOLATILE : NATURE_SETTING;
	out->settings_volatile += nature == NATURE_VOLATILE;
	if (nature == NATURE_VOLATILE && !comparing->options->all)
		return;
	GROW(out->settings, out->settings_capacity, out->n_settings + 1);
	difference = &out->settings[out->n_settings++];
	*difference = (struct setting_difference){
		.kind = subject->kind, .subject = subject->name, .key = key, .entry = entry, .nature = nature,
	};
	fill_side(comparing, out->before.snapshot, entry, before, a, &difference->before);
	fill_side(comparing, out->after.snapshot, entry, after, b, &difference->after);
	/* The same choice of another offer, the same number written otherwise: then the raw texts tell. */
	if (has_text(a) && has_text(b) && streq(difference->before.text, difference->after.text)) {
		difference->before.text = raw_text(before, &out->arena);
		difference->after.text = raw_text(after, &out->arena);
	}
}

/* What snapshot has, beside its counterpart in other.  missing_only: only what other does not have. */
static void compare_settings_of(struct comparing *comparing, const struct snapshot *snapshot,
				const struct snapshot *other, const subject_id *counterparts, bool missing_only)
{
	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(snapshot, i), *counterpart;
		const char *key = snapshot_key_name(snapshot, setting->key);

		if (counterparts[setting->subject] == SUBJECT_NONE)
			continue;
		counterpart = snapshot_get(other, counterparts[setting->subject], key);
		if (missing_only && !counterpart)
			compare_setting(comparing, snapshot_subject_get(snapshot, setting->subject), key, NULL, setting);
		else if (!missing_only)
			compare_setting(comparing, snapshot_subject_get(snapshot, setting->subject), key, setting,
					counterpart);
	}
}

/* ---- subjects ---- */

static void note_subject(struct comparing *comparing, const struct snapshot *snapshot, subject_id id,
			 const uint32_t *settings, const uint32_t *metrics, bool appeared)
{
	const struct subject *subject = snapshot_subject_get(snapshot, id);
	struct comparison *out = comparing->out;

	/* Processes come and go. */
	if (subject->kind == SUBJECT_KIND_PROCESS) {
		out->subjects_volatile++;
		if (!comparing->options->all)
			return;
	}
	GROW(out->subjects, out->subjects_capacity, out->n_subjects + 1);
	out->subjects[out->n_subjects++] = (struct subject_difference){
		.kind = subject->kind, .subject = subject->name, .appeared = appeared,
		.settings = settings[id], .metrics = metrics[id],
	};
}

/* Which subject of other each subject of snapshot is; those that are none are noted. */
static subject_id *match_subjects(struct comparing *comparing, const struct snapshot *snapshot,
				  const struct snapshot *other, bool appeared)
{
	uint32_t count = snapshot_subject_count(snapshot);
	subject_id *counterparts = xcalloc(count, sizeof(*counterparts));
	CLEANUP(free_ptr) uint32_t *settings = xcalloc(count, sizeof(*settings));
	CLEANUP(free_ptr) uint32_t *metrics = xcalloc(count, sizeof(*metrics));

	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++)
		settings[snapshot_setting_at(snapshot, i)->subject]++;
	for (size_t i = 0; i < snapshot_series_count(snapshot); i++)
		metrics[snapshot_series_at(snapshot, i)->subject]++;
	for (subject_id id = 0; id < count; id++) {
		const struct subject *subject = snapshot_subject_get(snapshot, id);

		counterparts[id] = snapshot_find_subject(other, subject->kind, subject->name);
		if (counterparts[id] == SUBJECT_NONE)
			note_subject(comparing, snapshot, id, settings, metrics, appeared);
		else
			comparing->out->subjects_compared += !appeared;
	}
	return counterparts;
}

/* ---- metrics ---- */

static size_t series_values(const struct snapshot *snapshot, const struct series *series, const struct unit *unit,
			    double *values)
{
	const struct window *window = snapshot_window_get(snapshot);
	uint32_t slots = MIN(window->slot_count, (uint32_t)SLOT_MAX);

	for (uint32_t slot = 0; slot < slots; slot++)
		values[slot] = (double)unit_to_base(series_slot_value(snapshot, series, slot), unit);
	return slots;
}

/* Nothing moved in either window, and it stands where it stood. */
static bool is_still(const struct series *before, const struct series *after)
{
	return !before->slots && !after->slots && (before->kind == METRIC_COUNTER || before->last == after->last);
}

static void compare_series(struct comparing *comparing, const struct subject *subject, const char *key,
			   const struct series *before, const struct series *after)
{
	struct comparison *out = comparing->out;
	const struct entry *entry = registry_find_key(comparing->registry, subject->kind, key);
	struct expr_type type = entry ? expr_type_of_entry(entry) : type_plain;
	const struct unit *unit = entry ? &entry->unit : &unit_none;
	double x[SLOT_MAX], y[SLOT_MAX];
	struct intervals windows[2] = { { .values = x }, { .values = y } };
	struct metric_difference *difference;

	out->metrics_compared++;
	if (is_still(before, after) && !comparing->options->all)
		return;
	if (before->kind == METRIC_COUNTER)
		type = expr_type_per_second(type);
	windows[0].count = series_values(out->before.snapshot, before, unit, x);
	windows[1].count = series_values(out->after.snapshot, after, unit, y);
	GROW(out->metrics, out->metrics_capacity, out->n_metrics + 1);
	difference = &out->metrics[out->n_metrics++];
	*difference = (struct metric_difference){
		.kind = subject->kind, .subject = subject->name, .key = key, .entry = entry, .metric = before->kind,
		.dimension = type.dimension, .ratio = type.ratio,
	};
	intervals_compare(&windows[0], &windows[1], &difference->values);
	out->metrics_unknown += difference->values.change == CHANGE_UNKNOWN;
}

static bool is_measured(const struct series *series)
{
	return series && series->samples > 0 && !series->frozen;
}

static bool is_change(const struct metric_difference *difference)
{
	return difference->values.change == CHANGE_LESS || difference->values.change == CHANGE_MORE;
}

/* A level that stands still in both windows has no noise to compare it with: a page more is no news. */
static bool is_small(const struct interval_comparison *values)
{
	return fabs(values->difference) < SMALL_CHANGE * MAX(fabs(values->before.mean), fabs(values->after.mean));
}

/* Among hundreds of metrics chance alone makes some look changed. */
static void withdraw_chance(struct comparison *out)
{
	CLEANUP(free_ptr) double *p = xcalloc(out->n_metrics + 1, sizeof(*p));
	size_t count = 0;
	double limit;

	for (size_t i = 0; i < out->n_metrics; i++)
		if (out->metrics[i].values.change != CHANGE_UNKNOWN && !isnan(out->metrics[i].values.low))
			p[count++] = out->metrics[i].values.p;
	limit = false_discovery_limit(p, count);
	for (size_t i = 0; i < out->n_metrics; i++) {
		struct interval_comparison *values = &out->metrics[i].values;

		if (values->change != CHANGE_UNKNOWN && !(values->p <= limit))
			values->change = CHANGE_NONE;
		if (!is_change(&out->metrics[i]))
			continue;
		if (is_small(values))
			out->metrics_small++;
		else
			out->metrics_changed++;
	}
}

static void compare_metrics(struct comparing *comparing, const subject_id *counterparts)
{
	struct comparison *out = comparing->out;
	const struct snapshot *before = out->before.snapshot, *after = out->after.snapshot;
	size_t kept = 0;

	out->windows = snapshot_window_get(before)->live && snapshot_window_get(after)->live;
	for (size_t i = 0; out->windows && i < snapshot_series_count(before); i++) {
		const struct series *series = snapshot_series_at(before, i), *counterpart;
		const char *key = snapshot_key_name(before, series->key);

		if (!is_measured(series) || counterparts[series->subject] == SUBJECT_NONE)
			continue;
		counterpart = snapshot_metric(after, counterparts[series->subject], key);
		if (is_measured(counterpart) && counterpart->kind == series->kind)
			compare_series(comparing, snapshot_subject_get(before, series->subject), key, series, counterpart);
	}
	withdraw_chance(out);
	for (size_t i = 0; i < out->n_metrics; i++)
		if (comparing->options->all || (is_change(&out->metrics[i]) && !is_small(&out->metrics[i].values)))
			out->metrics[kept++] = out->metrics[i];
	out->n_metrics = kept;
}

/* ---- order ---- */

static int compare_names(enum subject_kind kind_a, const char *a, enum subject_kind kind_b, const char *b)
{
	if (kind_a != kind_b)
		return kind_a < kind_b ? -1 : 1;
	return strcmp(a, b);
}

static int order_settings(const void *a, const void *b)
{
	const struct setting_difference *x = a, *y = b;
	int order = compare_names(x->kind, x->subject, y->kind, y->subject);

	return order ? order : strcmp(x->key, y->key);
}

static int order_subjects(const void *a, const void *b)
{
	const struct subject_difference *x = a, *y = b;

	return compare_names(x->kind, x->subject, y->kind, y->subject);
}

/* From 0 (the same) to 1 (from or to nothing). */
static double relative_change(const struct metric_difference *difference)
{
	const struct interval_comparison *values = &difference->values;
	double whole = fabs(values->before.mean) + fabs(values->after.mean);

	return whole > 0 && !isnan(values->difference) ? MIN(fabs(values->difference) / whole, 1.0) : 0;
}

static int order_metrics(const void *a, const void *b)
{
	const struct metric_difference *x = a, *y = b;
	double change_x = relative_change(x), change_y = relative_change(y);
	int order;

	if (is_change(x) != is_change(y))
		return is_change(x) ? -1 : 1;
	if (is_change(x) && change_x != change_y)
		return change_x > change_y ? -1 : 1;
	order = compare_names(x->kind, x->subject, y->kind, y->subject);
	return order ? order : strcmp(x->key, y->key);
}

#define sort_list(items, count, order) ((count) > 0 ? qsort(items, count, sizeof(*(items)), order) : (void)0)

void compare_snapshots(const struct registry *registry, const struct compared_side *before,
		       const struct compared_side *after, const struct compare_options *options, struct comparison *ret)
{
	struct comparing comparing = { .registry = registry, .options = options, .out = ret };
	CLEANUP(free_ptr) subject_id *forth = NULL;
	CLEANUP(free_ptr) subject_id *back = NULL;

	*ret = (struct comparison){ .before = *before, .after = *after, .all = options->all };
	ret->n_identity = compare_identity(before->snapshot, after->snapshot, ret->identity, ARRAY_SIZE(ret->identity));
	forth = match_subjects(&comparing, before->snapshot, after->snapshot, false);
	back = match_subjects(&comparing, after->snapshot, before->snapshot, true);
	compare_settings_of(&comparing, before->snapshot, after->snapshot, forth, false);
	compare_settings_of(&comparing, after->snapshot, before->snapshot, back, true);
	compare_metrics(&comparing, forth);
	sort_list(ret->settings, ret->n_settings, order_settings);
	sort_list(ret->subjects, ret->n_subjects, order_subjects);
	sort_list(ret->metrics, ret->n_metrics, order_metrics);
}
