/* SPDX-License-Identifier: Apache-2.0 */
#include "phrase.h"

#include <math.h>
#include <time.h>

#include "../core/parse.h"

static const struct dimension time_dimension = { .seconds = 1 };

void phrase_count(struct strbuf *out, size_t count)
{
	quantity_format(out, (double)count, unit_none.dimension, false);
}

void phrase_plural(struct strbuf *out, size_t count, const char *noun)
{
	phrase_count(out, count);
	strbuf_addf(out, " %s%s", noun, count == 1 ? "" : "s");
}

const char *report_host_text(const struct report *report, const char *key)
{
	const char *text = report->snapshot ? snapshot_text(report->snapshot, SUBJECT_HOST, key) : NULL;

	return text && *text ? text : NULL;
}

bool report_is_live(const struct report *report)
{
	const struct window *window = report->snapshot ? snapshot_window_get(report->snapshot) : NULL;

	return window && window->live;
}

size_t report_count(const struct report *report, enum status status)
{
	size_t count = 0;

	for (size_t i = 0; i < report->findings->count; i++)
		count += report->findings->items[i].status == status;
	return count;
}

bool finding_is_known(const struct finding *finding)
{
	return finding->status == STATUS_RECOMMEND && finding->in_baseline;
}

size_t report_known(const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->findings->count; i++)
		count += finding_is_known(&report->findings->items[i]);
	return count;
}

bool report_said_before(const struct report *report, const struct finding *finding)
{
	for (const struct finding *other = report->findings->items; other < finding; other++)
		if (other->status == finding->status && streq(other->rule, finding->rule))
			return true;
	return false;
}

static void add_time(struct strbuf *out, double realtime)
{
	time_t seconds = (time_t)realtime;
	struct tm tm;
	char text[40];

	if (realtime > 0 && realtime < 1e11 && gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%F %H:%M", &tm))
		strbuf_addf(out, ", from %s UTC", text);
}

bool report_is_audit(const struct report *report)
{
	return streq(report->command, "audit");
}

bool report_is_review(const struct report *report)
{
	return streq(report->command, "review");
}

bool report_is_rightsizing(const struct report *report)
{
	return streq(report->command, "rightsize");
}

bool report_is_of_manifests(const struct report *report)
{
	return report_host_text(report, "cluster.workloads") != NULL;
}

static void add_number(struct strbuf *out, const struct report *report, const char *key, const char *what)
{
	const char *text = report_host_text(report, key);
	uint64_t number = 0;

	(void)parse_u64(text ? text : "0", &number);
	phrase_plural(out, (size_t)number, what);
}

void phrase_host(struct strbuf *out, const struct report *report)
{
	const char *name = report_host_text(report, "host.name");

	if (!report_is_of_manifests(report)) {
		strbuf_add_string(out, name ? name : "a host without a name");
		return;
	}
	add_number(out, report, "cluster.workloads", "workload");
	strbuf_add_string(out, " of Kubernetes with ");
	add_number(out, report, "cluster.containers", "container");
}

static void phrase_audit(struct strbuf *out, const struct report *report)
{
	const size_t *counts = report->findings->counts;
	size_t unknown = counts[STATUS_UNMEASURED] + counts[STATUS_UNREADABLE], applies = 0;

	strbuf_add_string(out, report_is_of_manifests(report)
				       ? "Audited: what manifests say, held against policies. "
				       : "Audited: what runs, what boot leaves behind, what the kernel does by itself, what is wanted. ");
	for (size_t i = 0; i < STATUS_COUNT; i++)
		applies += i == STATUS_NOT_APPLICABLE ? 0 : counts[i];
	if (applies == 0) {
		strbuf_add_string(out, "Nothing of it applies here, so nothing was judged.");
		return;
	}
	strbuf_addf(out, "%.0f %% of what applies here could be judged", floor(finding_list_coverage(report->findings) * 100));
	if (unknown > 0) {
		strbuf_add_string(out, "; ");
		phrase_count(out, unknown);
		strbuf_add_string(out, " could not");
	}
	strbuf_add_char(out, '.');
}

void phrase_window(struct strbuf *out, const struct report *report)
{
	const struct window *window = report->snapshot ? snapshot_window_get(report->snapshot) : NULL;

	if (report_is_audit(report)) {
		phrase_audit(out, report);
		return;
	}
	if (!report_is_live(report)) {
		strbuf_add_string(out, "No window was measured. Rates are averages since boot, which can make a rule suspect, "
				       "but never recommend.");
		return;
	}
	strbuf_add_string(out, "Measured for ");
	quantity_format(out, window->duration_sec, time_dimension, false);
	strbuf_add_string(out, " in ");
	phrase_plural(out, window->ticks ? window->ticks - 1 : 0, "interval");
	add_time(out, window->start_realtime);
	if (window->missed) {
		strbuf_add_string(out, "; ");
		phrase_plural(out, window->missed, "late sample");
	}
	if (window->suspended_sec >= 1) {
		strbuf_add_string(out, "; suspended for ");
		quantity_format(out, window->suspended_sec, time_dimension, false);
	}
	strbuf_add_string(out, window->interrupted ? "; interrupted." : ".");
}

static void add_also(struct strbuf *out, size_t count, const char *what)
{
	if (count == 0)
		return;
	strbuf_add_string(out, ", ");
	phrase_count(out, count);
	strbuf_addf(out, " %s", what);
}

void phrase_coverage(struct strbuf *out, const struct report *report)
{
	strbuf_add_string(out, "Read ");
	phrase_plural(out, report->settings_read, "setting");
	add_also(out, report->settings_unreadable, "could not be read");
	add_also(out, report->settings_absent, "are not there");
	add_also(out, report->settings_unsupported, "are not supported");
	if (!report_is_of_manifests(report)) {
		strbuf_add_string(out, "; ");
		phrase_plural(out, report->metrics_read, "metric");
		add_also(out, report->metrics_unreadable, "could not be read");
		add_also(out, report->metrics_absent, "are not there");
	}
	strbuf_add_string(out, ". Judged by ");
	phrase_plural(out, report->rules, "rule");
	strbuf_add_string(out, ".");
}

void phrase_nothing(struct strbuf *out, const struct report *report)
{
	if (report_is_audit(report)) {
		strbuf_add_string(out, "What could be judged is as it should be: ");
		phrase_plural(out, report->findings->counts[STATUS_SATISFIED], "time");
		strbuf_add_string(out, report_is_of_manifests(report) ? " a line of a policy holds."
								      : " a line of a policy holds, or a file says what is in force.");
		return;
	}
	phrase_plural(out, report->rules, "rule");
	strbuf_add_string(out, " judged this host; ");
	phrase_plural(out, report->findings->counts[STATUS_SATISFIED], "time");
	strbuf_add_string(out, report_is_live(report) ? " the problem was measured for and is not there. Nothing measured "
							"argues for another setting."
						      : " the problem does not show in what was read.");
}

const char *phrase_status(enum status status)
{
	static const char *const words[STATUS_COUNT] = {
		[STATUS_RECOMMEND] = "recommended",   [STATUS_SUSPECT] = "suspected",
		[STATUS_UNMEASURED] = "not measured", [STATUS_ELSEWHERE] = "elsewhere",
		[STATUS_SATISFIED] = "satisfied",     [STATUS_NOT_APPLICABLE] = "not applicable",
		[STATUS_UNREADABLE] = "not readable", [STATUS_WAIVED] = "waived",
	};

	return words[status];
}

const char *phrase_status_in(const struct report *report, enum status status)
{
	if (report_is_audit(report) && status == STATUS_RECOMMEND)
		return "found";
	return report_is_audit(report) && status == STATUS_UNMEASURED ? "not known" : phrase_status(status);
}

bool evidence_same_basis(const struct evidence *a, const struct evidence *b)
{
	return a->basis == b->basis && a->samples == b->samples && fabs(a->window_sec - b->window_sec) < 0.001;
}

void phrase_basis(struct strbuf *out, const struct evidence *evidence, double share)
{
	switch (evidence->basis) {
	case BASIS_LIVE:
		strbuf_addf(out, "over %u intervals in ", evidence->samples);
		quantity_format(out, evidence->window_sec, time_dimension, false);
		if (!isnan(share))
			strbuf_addf(out, "; the condition held in %.0f %% of them", share * 100);
		break;
	case BASIS_SINCE_BOOT:
		strbuf_add_string(out, "since boot, ");
		quantity_format(out, evidence->window_sec, time_dimension, false);
		strbuf_add_string(out, " ago");
		break;
	case BASIS_INSTANT:
		strbuf_add_string(out, "read once");
		break;
	case BASIS_SETTING:
		break;
	}
}

void phrase_classes(struct strbuf *out, const struct finding *finding)
{
	unsigned int classes = 0;
	bool first = true;

	for (size_t i = 0; i < finding->n_changes; i++)
		classes |= finding->changes[i].classes;
	for (unsigned int bit = 0; bit < CHANGE_CLASS_COUNT; bit++) {
		if (!(classes & (1U << bit)))
			continue;
		strbuf_addf(out, "%s%s", first ? "" : ", ", change_class_name(bit));
		first = false;
	}
}

static const char *commands_of(const struct finding *finding, size_t member, bool backwards, size_t index)
{
	const struct change *change = &finding->changes[backwards ? finding->n_changes - 1 - index : index];

	return *(const char *const *)((const char *)change + member);
}

void phrase_commands(struct strbuf *out, const struct finding *finding, size_t member, bool backwards)
{
	bool first = true;

	for (size_t i = 0; i < finding->n_changes; i++) {
		const char *commands = commands_of(finding, member, backwards, i);
		bool shown = false;

		for (size_t j = 0; j < i && commands && !shown; j++) {
			const char *before = commands_of(finding, member, backwards, j);

			shown = before && streq(before, commands);
		}
		if (!commands || !*commands || shown)
			continue;
		strbuf_addf(out, "%s%s", first ? "" : "\n", commands);
		first = false;
	}
}

const char *change_note(const struct finding *finding, size_t index)
{
	const char *note = finding->changes[index].persist_note;

	/* Several keys of one file have the same note. */
	if (index > 0 && note && finding->changes[index - 1].persist_note &&
	    streq(note, finding->changes[index - 1].persist_note))
		return NULL;
	return note;
}

const struct use_cell *use_row_cell(const struct use_row *row, size_t index)
{
	const struct use_cell *cells[USE_CELLS] = { &row->utilisation, &row->saturation, &row->errors };

	return cells[index];
}

bool use_row_is_idle(const struct use_row *row)
{
	return !row->saturation.value && !row->errors.value && isnan(row->utilisation.ratio) &&
	       !row->utilisation.alarming && (!row->utilisation.detail || !*row->utilisation.detail);
}

void phrase_use_detail(struct strbuf *out, const struct use_cell *cell, bool live)
{
	static const char tail[] = "since boot";
	size_t length = cell->detail ? strlen(cell->detail) : 0;

	if (!live && length && ends_with(cell->detail, tail)) {
		length -= strlen(tail);
		while (length && strchr(", ", cell->detail[length - 1]))
			length--;
	}
	strbuf_add(out, cell->detail ? cell->detail : "", length);
}

static const struct diag *capture_notes(const struct report *report)
{
	return report->snapshot ? snapshot_notes_get(report->snapshot) : NULL;
}

size_t report_notes(const struct report *report)
{
	const struct diag *capture = capture_notes(report);

	return (report->notes ? report->notes->count + report->notes->dropped : 0) +
	       (capture ? capture->count + capture->dropped : 0);
}

const struct diag_entry *report_note(const struct report *report, size_t index)
{
	size_t own = report->notes ? report->notes->count : 0;
	const struct diag *capture = capture_notes(report);

	if (index < own)
		return &report->notes->entries[index];
	return capture && index - own < capture->count ? &capture->entries[index - own] : NULL;
}
