/* SPDX-License-Identifier: Apache-2.0 */
/* For the textfile collector of the node exporter: gauges in the text exposition format, without timestamps, which that
 * collector refuses.  Every series is there once, whatever the names of rules and subjects are. */
#include <math.h>

#include "../core/quote.h"
#include "exposition.h"
#include "phrase.h"
#include "reporter.h"

void exposition_help(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP keisoku_%s %s\n# TYPE keisoku_%s gauge\n", name, help, name);
}

void exposition_label(struct strbuf *out, const char *name, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	if (value)
		quote_terminal(&safe, value, strlen(value));
	strbuf_addf(out, "%s%s=\"", out->len ? "," : "", name);
	for (const char *c = safe.buf; *c; c++) {
		strbuf_add_string(out, *c == '\\' || *c == '"' ? "\\" : "");
		strbuf_add_char(out, *c);
	}
	strbuf_add_char(out, '"');
}

void gauge_release(struct gauge *gauge)
{
	for (size_t i = 0; i < gauge->count; i++)
		free(gauge->labels[i]);
	free(gauge->labels);
}

bool gauge_add(struct gauge *gauge, char *labels, double value)
{
	bool refused = gauge->count >= SERIES_MAX;

	for (size_t i = 0; i < gauge->count && !refused; i++)
		refused = streq(gauge->labels[i], labels);
	if (refused) {
		free(labels);
		return false;
	}
	fprintf(gauge->out, "keisoku_%s{%s} %.17g\n", gauge->name, labels, value);
	GROW(gauge->labels, gauge->capacity, gauge->count + 1);
	gauge->labels[gauge->count++] = labels;
	return true;
}

static void write_single(FILE *out, const char *name, const char *help, double value)
{
	exposition_help(out, name, help);
	fprintf(out, "keisoku_%s %.17g\n", name, value);
}

static void write_info(FILE *out, const struct report *report)
{
	CLEANUP(strbuf_release) struct strbuf labels = STRBUF_INIT;

	exposition_label(&labels, "command", report->command);
	exposition_label(&labels, "version", KEISOKU_VERSION);
	exposition_label(&labels, "host", report_host_text(report, "host.name"));
	exposition_label(&labels, "kernel", report_host_text(report, "kernel.release"));
	exposition_help(out, "report_info", "What the report is about; always 1.");
	fprintf(out, "keisoku_report_info{%s} 1\n", labels.buf);
}

static void write_statuses(FILE *out, const struct report *report)
{
	exposition_help(out, "findings", "Rules and subjects that were judged, by status.");
	for (size_t i = 0; i < STATUS_COUNT; i++)
		fprintf(out, "keisoku_findings{status=\"%s\"} %zu\n", status_name((enum status)i),
			report->findings->counts[i]);
}

static void write_severities(FILE *out, const struct report *report)
{
	size_t counts[SEVERITY_COUNT] = { 0 }, known = 0;

	for (size_t i = 0; i < report->findings->count; i++) {
		counts[report->findings->items[i].severity] += finding_is_new(&report->findings->items[i]);
		known += report->findings->items[i].in_baseline;
	}
	write_single(out, "baseline_findings", "Findings that the baseline has too.", (double)known);
	exposition_help(out, "recommended_findings", "Findings that ask for a change and are not in the baseline, by severity.");
	for (size_t i = 0; i < SEVERITY_COUNT; i++)
		fprintf(out, "keisoku_recommended_findings{severity=\"%s\"} %zu\n", severity_name((enum severity)i),
			counts[i]);
}

static void write_verdicts(FILE *out, const struct report *report)
{
	if (!report_is_review(report))
		return;
	exposition_help(out, "review_settings", "Proposed settings, by verdict.");
	for (size_t i = 0; i < REVIEW_COUNT; i++)
		fprintf(out, "keisoku_review_settings{verdict=\"%s\"} %zu\n", review_verdict_name((enum review_verdict)i),
			report_verdicts(report, (enum review_verdict)i));
}

struct state_count {
	const char *state;
	size_t count;
};

static void write_states(FILE *out, const char *name, const char *label, const char *help,
			 const struct state_count *counts, size_t n)
{
	exposition_help(out, name, help);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "keisoku_%s{%s=\"%s\"} %zu\n", name, label, counts[i].state, counts[i].count);
}

static void write_coverage(FILE *out, const struct report *report)
{
	const struct state_count settings[] = {
		{ "read", report->settings_read }, { "absent", report->settings_absent },
		{ "unreadable", report->settings_unreadable }, { "unsupported", report->settings_unsupported },
	};
	const struct state_count metrics[] = {
		{ "read", report->metrics_read }, { "absent", report->metrics_absent },
		{ "unreadable", report->metrics_unreadable },
	};
	size_t errors = report->notes ? report->notes->errors : 0;
	const struct state_count notes[] = { { "error", errors }, { "warning", report_notes(report) - errors } };

	write_single(out, "rules", "Rules that were loaded.", (double)report->rules);
	write_single(out, "coverage_ratio", "Share of what applies here that could be judged, from 0 to 1.",
		     finding_list_coverage(report->findings));
	write_states(out, "settings", "state", "Settings that were looked for, by what came of it.", settings,
		     ARRAY_SIZE(settings));
	write_states(out, "measured_metrics", "state", "Metrics that were looked for, by what came of it.", metrics,
		     ARRAY_SIZE(metrics));
	write_states(out, "notes", "level", "Diagnostics of this run and of the capture.", notes, ARRAY_SIZE(notes));
}

static void write_window(FILE *out, const struct report *report)
{
	double time = report_time(report);

	if (!time)
		return;
	write_single(out, "window_end_timestamp_seconds", "When the measurement ended, in seconds since 1970.", time);
	write_single(out, "window_duration_seconds", "How long was measured.",
		     snapshot_window_get(report->snapshot)->duration_sec);
}

static void write_use(FILE *out, const struct report *report)
{
	static const char *const kinds[USE_CELLS] = { "utilisation", "saturation", "errors" };
	CLEANUP(gauge_release) struct gauge gauge = { .name = "use_ratio", .out = out };

	for (size_t i = 0; i < report->n_use * USE_CELLS; i++) {
		const struct use_row *row = &report->use[i / USE_CELLS];
		const struct use_cell *cell = use_row_cell(row, i % USE_CELLS);
		struct strbuf labels = STRBUF_INIT;

		if (!cell->value || !cell->known || isnan(cell->ratio))
			continue;
		if (gauge.count == 0)
			exposition_help(out, gauge.name, "Cells of the USE table that are a share, from 0 to 1.");
		exposition_label(&labels, "resource", row->resource);
		exposition_label(&labels, "kind", kinds[i % USE_CELLS]);
		(void)gauge_add(&gauge, strbuf_steal(&labels), cell->ratio);
	}
}

static bool has_series(const struct finding *finding)
{
	return finding->status == STATUS_RECOMMEND || finding->status == STATUS_SUSPECT ||
	       finding->status == STATUS_ELSEWHERE || finding->status == STATUS_UNREADABLE ||
	       finding->status == STATUS_WAIVED;
}

static char *finding_labels(const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf pack = STRBUF_INIT;
	struct strbuf labels = STRBUF_INIT;

	phrase_pack(&pack, finding);
	exposition_label(&labels, "id", finding->id);
	exposition_label(&labels, "rule", finding->rule);
	exposition_label(&labels, "pack", pack.buf);
	exposition_label(&labels, "subject", finding->subject_name);
	exposition_label(&labels, "status", status_name(finding->status));
	exposition_label(&labels, "severity", severity_name(finding->severity));
	exposition_label(&labels, "in_baseline", finding->in_baseline ? "yes" : "no");
	if (finding->values && finding->values->drift)
		exposition_label(&labels, "drift", finding->values->drift);
	return strbuf_steal(&labels);
}

static void write_findings(FILE *out, const struct report *report)
{
	CLEANUP(gauge_release) struct gauge gauge = { .name = "finding", .out = out };
	size_t left_out = 0;

	exposition_help(out, "finding", "A finding of the report; always 1.");
	for (size_t i = 0; i < report->findings->count; i++) {
		if (!has_series(&report->findings->items[i]))
			continue;
		if (!gauge_add(&gauge, finding_labels(&report->findings->items[i]), 1))
			left_out++;
	}
	write_single(out, "findings_left_out", "Findings beyond the limit of series of keisoku_finding.", (double)left_out);
}

static int prometheus_write(FILE *out, const struct report *report)
{
	write_info(out, report);
	write_statuses(out, report);
	write_severities(out, report);
	write_verdicts(out, report);
	write_coverage(out, report);
	write_window(out, report);
	write_use(out, report);
	write_findings(out, report);
	return 0;
}

const struct reporter reporter_prometheus = {
	.name = "prometheus",
	.summary = "gauges for the textfile collector of the node exporter",
	.write = prometheus_write,
};
