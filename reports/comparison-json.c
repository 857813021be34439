/* SPDX-License-Identifier: Apache-2.0 */
/* Two snapshots side by side, for programs: docs/diff.schema.json describes it.  Raw text that is not UTF-8 is given as
 * base64 under the same name with 64 at its end; numbers are in base units. */
#include "comparison.h"

static void write_distribution(struct json *json, const char *key, const struct distribution *values)
{
	json_key(json, key);
	json_open_object(json);
	json_member_unsigned(json, "intervals", values->count);
	if (values->count > 0) {
		json_member_real(json, "mean", values->mean);
		json_member_real(json, "min", values->min);
		json_member_real(json, "p50", values->p50);
		json_member_real(json, "p95", values->p95);
		json_member_real(json, "max", values->max);
		json_member_real(json, "zero_share", values->zero);
		json_member_real(json, "independent", values->independent);
	}
	json_close_object(json);
}

void comparison_write_values(struct json *json, const struct interval_comparison *values)
{
	json_member_string(json, "change", comparison_change_name(values->change));
	json_member_string(json, "method", comparison_method_name(values->method));
	json_member_real(json, "difference", values->difference);
	json_member_real(json, "low", values->low);
	json_member_real(json, "high", values->high);
	json_member_real(json, "p", values->p);
	json_member_string(json, "why", values->why);
	write_distribution(json, "before", &values->before);
	write_distribution(json, "after", &values->after);
}

void comparison_write_side(struct json *json, const struct compared_side *side)
{
	static const struct {
		const char *name, *key;
	} members[] = {
		{ "host", "host.name" },
		{ "kernel", "kernel.release" },
		{ "boot", "host.boot_id" },
	};
	const struct window *window = snapshot_window_get(side->snapshot);

	json_open_object(json);
	json_member_raw(json, "name", side->name, strlen(side->name));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_member_string(json, members[i].name, snapshot_text(side->snapshot, SUBJECT_HOST, members[i].key));
	json_key(json, "window");
	if (window->live) {
		json_open_object(json);
		json_member_real(json, "duration_sec", window->duration_sec);
		json_member_real(json, "interval_sec", window->interval_sec);
		json_member_unsigned(json, "intervals", window->ticks ? window->ticks - 1 : 0);
		json_member_real(json, "start_realtime", window->start_realtime);
		json_member_bool(json, "interrupted", window->interrupted);
		json_close_object(json);
	} else {
		json_null(json);
	}
	json_close_object(json);
}

void comparison_write_identity(struct json *json, const struct identity_difference *identity, size_t count)
{
	json_key(json, "not_the_same");
	json_open_array(json);
	for (size_t i = 0; i < count; i++) {
		json_open_object(json);
		json_member_string(json, "what", identity[i].name);
		json_member_string(json, "before", identity[i].before);
		json_member_string(json, "after", identity[i].after);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_subject(struct json *json, enum subject_kind kind, const char *name)
{
	json_key(json, "subject");
	json_open_object(json);
	json_member_string(json, "kind", subject_kind_name(kind));
	json_member_raw(json, "name", name, strlen(name));
	json_close_object(json);
}

static void write_setting_side(struct json *json, const char *key, const struct setting_side *side)
{
	bool has_raw = side->setting && (side->setting->absence == PRESENT || side->setting->absence == UNPARSABLE);

	json_key(json, key);
	json_open_object(json);
	json_member_string(json, "state", side->state);
	if (has_raw)
		json_member_raw(json, "raw", side->setting->raw, side->setting->raw_length);
	json_member_string(json, "text", side->text);
	json_member_string(json, "origin", *side->origin ? side->origin : NULL);
	json_close_object(json);
}

static void write_settings(struct json *json, const struct comparison *comparison)
{
	json_key(json, "settings");
	json_open_array(json);
	for (size_t i = 0; i < comparison->n_settings; i++) {
		const struct setting_difference *difference = &comparison->settings[i];

		json_open_object(json);
		write_subject(json, difference->kind, difference->subject);
		json_member_raw(json, "key", difference->key, strlen(difference->key));
		json_member_string(json, "unit", difference->entry ? difference->entry->unit_text : NULL);
		json_member_bool(json, "tunable", difference->entry && difference->entry->class == ENTRY_TUNABLE);
		json_member_bool(json, "volatile", difference->nature == NATURE_VOLATILE);
		write_setting_side(json, "before", &difference->before);
		write_setting_side(json, "after", &difference->after);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_subjects(struct json *json, const struct comparison *comparison)
{
	json_key(json, "subjects");
	json_open_array(json);
	for (size_t i = 0; i < comparison->n_subjects; i++) {
		const struct subject_difference *difference = &comparison->subjects[i];

		json_open_object(json);
		write_subject(json, difference->kind, difference->subject);
		json_member_string(json, "change", difference->appeared ? "came" : "went");
		json_member_unsigned(json, "settings", difference->settings);
		json_member_unsigned(json, "metrics", difference->metrics);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_metrics(struct json *json, const struct comparison *comparison)
{
	char unit[64];

	json_key(json, "metrics");
	json_open_array(json);
	for (size_t i = 0; i < comparison->n_metrics; i++) {
		const struct metric_difference *difference = &comparison->metrics[i];

		json_open_object(json);
		write_subject(json, difference->kind, difference->subject);
		json_member_raw(json, "key", difference->key, strlen(difference->key));
		json_member_string(json, "kind", difference->metric == METRIC_COUNTER ? "counter" : "gauge");
		json_member_string(json, "unit", difference->ratio ? "ratio" :
				   dimension_describe(difference->dimension, unit, sizeof(unit)));
		comparison_write_values(json, &difference->values);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_counts(struct json *json, const struct comparison *comparison)
{
	const struct { const char *name; size_t count; } counts[] = {
		{ "settings_compared", comparison->settings_compared },
		{ "settings_volatile", comparison->settings_volatile },
		{ "subjects_compared", comparison->subjects_compared },
		{ "subjects_volatile", comparison->subjects_volatile },
		{ "metrics_compared", comparison->metrics_compared },
		{ "metrics_changed", comparison->metrics_changed },
		{ "metrics_changed_little", comparison->metrics_small },
		{ "metrics_too_short_to_tell", comparison->metrics_unknown },
	};

	json_key(json, "counts");
	json_open_object(json);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		json_member_unsigned(json, counts[i].name, counts[i].count);
	json_close_object(json);
}

void comparison_write_json(FILE *out, const struct comparison *comparison, struct page *page)
{
	struct json json;

	(void)page;
	json_begin(&json, out);
	json_open_object(&json);
	json_member_string(&json, "format", "keisoku-diff");
	json_member_unsigned(&json, "version", 1);
	json_member_real(&json, "confidence", CONFIDENCE_LEVEL);
	json_key(&json, "before");
	comparison_write_side(&json, &comparison->before);
	json_key(&json, "after");
	comparison_write_side(&json, &comparison->after);
	comparison_write_identity(&json, comparison->identity, comparison->n_identity);
	json_member_bool(&json, "windows", comparison->windows);
	json_member_bool(&json, "all", comparison->all);
	write_counts(&json, comparison);
	write_settings(&json, comparison);
	write_subjects(&json, comparison);
	write_metrics(&json, comparison);
	json_close_object(&json);
}
