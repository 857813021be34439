/* SPDX-License-Identifier: Apache-2.0 */
/* The whole report for programs: docs/report.schema.json describes it.  Texts stand beside the raw numbers they were
 * made from; raw text that is not UTF-8 is given as base64 under the same name with 64 at its end. */
#include "../core/json.h"

#include <math.h>

#include "phrase.h"
#include "reporter.h"

static void member_integer(struct json *json, const char *key, int64_t value)
{
	json_key(json, key);
	json_integer(json, value);
}

static void member_raw(struct json *json, const char *key, const char *text)
{
	if (text)
		json_member_raw(json, key, text, strlen(text));
	else
		json_member_string(json, key, NULL);
}

static void write_host(struct json *json, const struct report *report)
{
	static const struct {
		const char *name, *key;
	} members[] = {
		{ "name", "host.name" },
		{ "kernel", "kernel.release" },
		{ "architecture", "kernel.architecture" },
		{ "os", "os.id" },
		{ "os_version", "os.version" },
	};

	json_key(json, "host");
	json_open_object(json);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_member_string(json, members[i].name, report_host_text(report, members[i].key));
	json_close_object(json);
}

static void write_window(struct json *json, const struct report *report)
{
	const struct window *window = report->snapshot ? snapshot_window_get(report->snapshot) : NULL;

	json_key(json, "window");
	if (!window || !window->live) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_real(json, "duration_sec", window->duration_sec);
	json_member_real(json, "interval_sec", window->interval_sec);
	json_member_unsigned(json, "intervals", window->ticks ? window->ticks - 1 : 0);
	json_member_unsigned(json, "late_samples", window->missed);
	json_member_real(json, "suspended_sec", window->suspended_sec);
	json_member_bool(json, "interrupted", window->interrupted);
	json_member_real(json, "start_realtime", window->start_realtime);
	json_member_real(json, "end_realtime", window->end_realtime);
	json_close_object(json);
}

static void write_coverage(struct json *json, const struct report *report)
{
	json_key(json, "coverage");
	json_open_object(json);
	json_member_real(json, "judged", finding_list_coverage(report->findings));
	json_member_unsigned(json, "rules", report->rules);
	json_member_unsigned(json, "tunables", report->tunables);
	json_key(json, "settings");
	json_open_object(json);
	json_member_unsigned(json, "read", report->settings_read);
	json_member_unsigned(json, "absent", report->settings_absent);
	json_member_unsigned(json, "unreadable", report->settings_unreadable);
	json_member_unsigned(json, "unsupported", report->settings_unsupported);
	json_close_object(json);
	json_key(json, "metrics");
	json_open_object(json);
	json_member_unsigned(json, "read", report->metrics_read);
	json_member_unsigned(json, "absent", report->metrics_absent);
	json_member_unsigned(json, "unreadable", report->metrics_unreadable);
	json_close_object(json);
	json_close_object(json);
}

static void write_cell(struct json *json, const char *key, const struct use_cell *cell)
{
	json_key(json, key);
	if (!cell->value) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_string(json, "value", cell->value);
	json_member_string(json, "detail", cell->detail);
	json_member_bool(json, "known", cell->known);
	json_member_bool(json, "alarming", cell->alarming);
	json_member_real(json, "ratio", cell->ratio);
	json_close_object(json);
}

static void write_use(struct json *json, const struct report *report)
{
	json_key(json, "use");
	json_open_array(json);
	for (size_t i = 0; i < report->n_use; i++) {
		json_open_object(json);
		json_member_string(json, "resource", report->use[i].resource);
		write_cell(json, "utilisation", &report->use[i].utilisation);
		write_cell(json, "saturation", &report->use[i].saturation);
		write_cell(json, "errors", &report->use[i].errors);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_subject(struct json *json, const struct report *report, subject_id id)
{
	const struct subject *subject = report->snapshot ? snapshot_subject_get(report->snapshot, id) : NULL;

	json_key(json, "subject");
	if (!subject) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_string(json, "kind", subject_kind_name(subject->kind));
	json_member_string(json, "name", subject->name);
	json_close_object(json);
}

static void write_place(struct json *json, const struct place *place)
{
	json_key(json, "place");
	if (!place->file) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_string(json, "file", place->file);
	json_member_unsigned(json, "line", place->line);
	json_member_unsigned(json, "column", place->column);
	json_close_object(json);
}

static void write_strings(struct json *json, const char *key, const char *const *items, size_t count)
{
	json_key(json, key);
	json_open_array(json);
	for (size_t i = 0; i < count; i++)
		json_string(json, items[i]);
	json_close_array(json);
}

static void write_evidence(struct json *json, const struct finding *finding)
{
	json_key(json, "evidence");
	json_open_array(json);
	for (size_t i = 0; i < finding->n_evidence; i++) {
		const struct evidence *evidence = &finding->evidence[i];

		json_open_object(json);
		json_member_string(json, "expression", evidence->expression);
		json_member_string(json, "value", evidence->value);
		json_member_bool(json, "known", evidence->known);
		json_member_real(json, "number", evidence->known ? evidence->number : NAN);
		json_member_string(json, "basis", basis_name(evidence->basis));
		json_member_real(json, "window_sec", evidence->window_sec);
		json_member_unsigned(json, "samples", evidence->samples);
		json_member_real(json, "share", evidence->share);
		json_member_string(json, "source", evidence->source);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_missing(struct json *json, const struct finding *finding)
{
	json_key(json, "missing");
	json_open_array(json);
	for (size_t i = 0; i < finding->n_missing; i++) {
		json_open_object(json);
		json_member_string(json, "key", finding->missing[i].key);
		json_member_string(json, "why", finding->missing[i].why);
		json_member_string(json, "how", finding->missing[i].how);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_tunable(struct json *json, const struct entry *entry)
{
	json_key(json, "tunable");
	if (!entry) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_string(json, "id", entry->id);
	json_member_string(json, "kind", tunable_kind_name(entry->kind));
	json_member_string(json, "unit", entry->unit_text);
	json_member_string(json, "scope", scope_name(entry->scope));
	json_member_string(json, "takes_effect", takes_effect_name(entry->takes_effect));
	json_member_string(json, "reversible", reversible_name(entry->reversible));
	json_close_object(json);
}

static void write_classes(struct json *json, unsigned int classes)
{
	json_key(json, "classes");
	json_open_array(json);
	for (unsigned int bit = 0; bit < CHANGE_CLASS_COUNT; bit++)
		if (classes & (1U << bit))
			json_string(json, change_class_name(bit));
	json_close_array(json);
}

static void write_changes(struct json *json, const struct report *report, const struct finding *finding)
{
	json_key(json, "changes");
	json_open_array(json);
	for (size_t i = 0; i < finding->n_changes; i++) {
		const struct change *change = &finding->changes[i];

		json_open_object(json);
		json_member_string(json, "key", change->key);
		write_tunable(json, change->tunable);
		write_subject(json, report, change->subject);
		member_raw(json, "from", change->from);
		member_raw(json, "to", change->to);
		json_member_string(json, "from_text", change->from_text);
		json_member_string(json, "to_text", change->to_text);
		write_classes(json, change->classes);
		json_member_string(json, "apply", change->apply);
		json_member_string(json, "roll_back", change->rollback);
		json_member_string(json, "verify", change->verify);
		json_member_string(json, "persist", change->persist);
		json_member_string(json, "unpersist", change->unpersist);
		json_member_string(json, "persist_note", change->persist_note);
		write_strings(json, "hazards", change->hazards, change->n_hazards);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_sites(struct json *json, const struct finding *finding)
{
	json_key(json, "sites");
	json_open_array(json);
	for (size_t i = 0; i < finding->n_sites; i++) {
		const struct finding_site *site = &finding->sites[i];

		json_open_object(json);
		member_raw(json, "file", site->path);
		json_member_unsigned(json, "line", site->line);
		json_member_unsigned(json, "last_line", MAX(site->line, site->last_line));
		member_raw(json, "text", site->text);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_values(struct json *json, const struct finding_values *values)
{
	json_key(json, "values");
	if (!values) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_string(json, "key", values->key);
	json_member_string(json, "running", values->running);
	json_member_string(json, "boot", values->boot);
	json_member_string(json, "kernel_default", values->kernel_default);
	json_member_string(json, "wanted", values->wanted);
	json_member_string(json, "drift", values->drift);
	json_close_object(json);
}

static void write_review(struct json *json, const struct finding_review *review)
{
	json_key(json, "review");
	if (!review) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_string(json, "verdict", review_verdict_name(review->verdict));
	json_key(json, "also");
	json_open_array(json);
	for (unsigned int i = 0; i < REVIEW_COUNT; i++)
		if (review->also & (1U << i))
			json_string(json, review_verdict_name((enum review_verdict)i));
	json_close_array(json);
	json_member_string(json, "form", review->form);
	json_member_string(json, "via", review->via);
	json_member_string(json, "applied", review->applied);
	json_member_string(json, "before", review->before);
	json_member_string(json, "condition", review->condition);
	json_member_string(json, "instead", review->instead);
	json_key(json, "remarks");
	json_open_array(json);
	for (size_t i = 0; i < review->n_remarks; i++)
		json_string(json, review->remarks[i]);
	json_close_array(json);
	json_close_object(json);
}

static void write_finding(struct json *json, const struct report *report, const struct finding *finding)
{
	json_open_object(json);
	json_member_string(json, "id", finding->id);
	json_member_string(json, "rule", finding->rule);
	json_member_string(json, "title", finding->title);
	write_subject(json, report, finding->subject);
	json_member_string(json, "status", status_name(finding->status));
	json_member_string(json, "severity", severity_name(finding->severity));
	json_member_string(json, "confidence", confidence_name(finding->confidence));
	json_member_string(json, "confidence_reason", finding->confidence_reason);
	json_member_string(json, "resource", finding->resource);
	json_member_string(json, "use_kind", finding->use_kind);
	json_member_string(json, "reason", finding->reason);
	json_member_string(json, "because", finding->because);
	json_member_string(json, "advice", finding->advice);
	json_member_string(json, "side_effects", finding->side_effects);
	json_member_string(json, "takes_effect", finding->takes_effect);
	json_member_string(json, "verify_measure", finding->verify_measure);
	json_member_string(json, "next_step", finding->next_step);
	json_member_string(json, "waiver", finding->waiver);
	json_member_bool(json, "in_baseline", finding->in_baseline);
	write_evidence(json, finding);
	write_missing(json, finding);
	write_changes(json, report, finding);
	write_values(json, finding->values);
	write_review(json, finding->review);
	write_sites(json, finding);
	write_strings(json, "references",
		      finding->references ? (const char *const *)finding->references->items : NULL,
		      finding->references ? finding->references->count : 0);
	write_place(json, &finding->place);
	json_close_object(json);
}

static void write_findings(struct json *json, const struct report *report)
{
	json_key(json, "findings");
	json_open_array(json);
	for (size_t i = 0; i < report->findings->count; i++)
		write_finding(json, report, &report->findings->items[i]);
	json_close_array(json);
}

/* Of all rules and subjects, also of findings that are not listed. */
static void write_counts(struct json *json, const struct report *report)
{
	json_key(json, "counts");
	json_open_object(json);
	for (size_t i = 0; i < STATUS_COUNT; i++) {
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

		for (const char *c = status_name((enum status)i); *c; c++)
			strbuf_add_char(&name, *c == '-' ? '_' : *c);
		json_member_unsigned(json, name.buf, report->findings->counts[i]);
	}
	json_close_object(json);
}

static void write_notes(struct json *json, const char *key, const struct diag *notes)
{
	json_key(json, key);
	json_open_array(json);
	for (size_t i = 0; notes && i < notes->count; i++) {
		json_open_object(json);
		json_member_string(json, "level", notes->entries[i].level == DIAG_ERROR ? "error" : "warning");
		json_member_string(json, "message", notes->entries[i].message);
		write_place(json, &notes->entries[i].place);
		json_close_object(json);
	}
	json_close_array(json);
}

static int json_write(FILE *out, const struct report *report)
{
	struct json json;

	json_begin(&json, out);
	json_open_object(&json);
	json_member_string(&json, "format", "keisoku-report");
	member_integer(&json, "version", 1);
	json_member_string(&json, "command", report->command);
	write_host(&json, report);
	write_window(&json, report);
	write_coverage(&json, report);
	write_use(&json, report);
	write_counts(&json, report);
	write_findings(&json, report);
	write_notes(&json, "notes", report->notes);
	write_notes(&json, "capture_notes", report->snapshot ? snapshot_notes_get(report->snapshot) : NULL);
	json_member_unsigned(&json, "notes_dropped", report->notes ? report->notes->dropped : 0);
	json_close_object(&json);
	return 0;
}

static const char *const joined[] = { "[\n", ",\n", "]\n" };

const struct reporter reporter_json = {
	.name = "json",
	.summary = "for programs: everything, as docs/report.schema.json describes it",
	.write = json_write,
	.join = joined,
};
