/* SPDX-License-Identifier: Apache-2.0 */
/* One finding as a card, and all recommendations as a table. */
#include <math.h>

#include "../core/quote.h"
#include "html-parts.h"
#include "phrase.h"

static void add_severity(struct strbuf *out, enum severity severity)
{
	strbuf_addf(out, "<span class=\"severity %s\">%s</span> ", severity_name(severity), severity_name(severity));
}

static bool has_subject(const struct finding *finding)
{
	return finding->subject != SUBJECT_HOST && finding->subject_name;
}

static void write_title(struct strbuf *out, const struct finding *finding, size_t number)
{
	strbuf_add_string(out, "<h3>");
	if (number)
		strbuf_addf(out, "<a class=\"number\" href=\"#r%zu\">%zu</a> ", number, number);
	add_severity(out, finding->severity);
	html_text(out, finding->title);
	if (has_subject(finding)) {
		strbuf_add_string(out, " <span class=\"subject\">");
		if (finding->subject_is) {
			html_text(out, finding->subject_is);
			strbuf_add_string(out, ", ");
		}
		html_text(out, finding->subject_name);
		strbuf_add_string(out, "</span>");
	}
	strbuf_add_string(out, "</h3>\n");
}

static const char *or_empty(const char *text, const char *raw)
{
	text = text ? text : raw;
	return text && *text ? text : "(empty)";
}

static void add_change(struct strbuf *out, const struct change *change)
{
	html_code(out, "key", change->key);
	strbuf_add_string(out, " <span class=\"from\">");
	html_text(out, or_empty(change->from_text, change->from));
	strbuf_add_string(out, "</span> → <span class=\"to\">");
	html_text(out, or_empty(change->to_text, change->to));
	strbuf_add_string(out, "</span>");
}

static void write_changes(struct strbuf *out, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_changes; i++) {
		strbuf_add_string(out, "<p class=\"change\">");
		add_change(out, &finding->changes[i]);
		strbuf_add_string(out, "</p>\n");
	}
	if (finding->n_changes == 0)
		html_element(out, "p", "change", finding->advice);
}

/* ---- measured ---- */

static void write_evidence_row(struct strbuf *out, const struct report *report, const struct finding *finding,
			       const struct evidence *evidence, bool chart)
{
	strbuf_add_string(out, "<tr><th scope=\"row\">");
	html_code(out, NULL, evidence->expression);
	strbuf_add_string(out, evidence->known ? "</th><td class=\"value\"><b>" : "</th><td class=\"value dim\">");
	html_text(out, evidence->value ? evidence->value : "unknown");
	strbuf_add_string(out, evidence->known ? "</b></td>" : "</td>");
	if (chart) {
		strbuf_add_string(out, "<td class=\"plot\">");
		html_course(out, report, evidence->expression, evidence->course, finding->held, NAN);
		strbuf_add_string(out, "<span class=\"range\">");
		html_textf(out, "%s to %s", evidence->course->least, evidence->course->most);
		strbuf_add_string(out, "</span></td>");
	} else {
		strbuf_add_string(out, "<td class=\"none\"></td>");
	}
	strbuf_add_string(out, "<td class=\"source\">");
	html_text(out, evidence->source);
	strbuf_add_string(out, "</td></tr>\n");
}

static void write_basis(struct strbuf *out, const struct evidence *evidence, double share, bool marked)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	phrase_basis(&text, evidence, share);
	if (text.len == 0)
		return;
	strbuf_add_string(out, "<tr class=\"basis\"><td colspan=\"4\">");
	html_text(out, text.buf);
	strbuf_add_string(out, marked ? ", those marked below the curve</td></tr>\n" : "</td></tr>\n");
}

void html_evidence(struct strbuf *out, const struct report *report, const struct finding *finding)
{
	size_t charts = 0, marked = 0;
	double share = NAN;

	if (finding->n_evidence == 0)
		return;
	strbuf_add_string(out, "<dt>measured</dt><dd><table class=\"evidence\">\n<thead><tr><th scope=\"col\">What</th>"
			       "<th scope=\"col\">Value</th><th scope=\"col\">In the window</th>"
			       "<th scope=\"col\">Source</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < finding->n_evidence; i++) {
		const struct evidence *evidence = &finding->evidence[i];
		bool chart = evidence->course && charts < HTML_CHARTS_MAX;

		write_evidence_row(out, report, finding, evidence, chart);
		charts += chart;
		marked += chart && finding->held;
		share = isnan(evidence->share) ? share : evidence->share;
		if (i + 1 < finding->n_evidence && evidence_same_basis(evidence, evidence + 1))
			continue;
		write_basis(out, evidence, share, marked > 0 && !isnan(share));
		share = NAN;
	}
	strbuf_add_string(out, "</tbody>\n</table></dd>\n");
}

/* ---- values of a key, and where it is to be mended ---- */

static void add_value(struct strbuf *out, const char *label, const char *value)
{
	strbuf_addf(out, "<td data-label=\"%s\"%s>", label, value ? "" : " class=\"dim\"");
	html_text(out, value ? value : "–");
	strbuf_add_string(out, "</td>");
}

static void add_values(struct strbuf *out, const struct finding_values *values)
{
	add_value(out, "Running", values->running);
	add_value(out, "After boot", values->boot);
	add_value(out, "Kernel default", values->kernel_default);
	add_value(out, "Wanted", values->wanted);
}

#define VALUE_HEADS                                                                                                   \
	"<th scope=\"col\">Running</th><th scope=\"col\">After boot</th><th scope=\"col\">Kernel default</th>"          \
	"<th scope=\"col\">Wanted</th>"

static void write_values(struct strbuf *out, const struct finding *finding)
{
	const struct finding_values *values = finding->values;

	if (!values)
		return;
	strbuf_add_string(out, "<dt>values</dt><dd>");
	if (values->key && *values->key)
		html_code(out, "key", values->key);
	if (values->drift && *values->drift) {
		strbuf_add_string(out, " <span class=\"drift\">");
		html_text(out, values->drift);
		strbuf_add_string(out, "</span>");
	}
	strbuf_add_string(out, "<table class=\"values\">\n<thead><tr>" VALUE_HEADS "</tr></thead>\n<tbody><tr>");
	add_values(out, values);
	strbuf_add_string(out, "</tr></tbody>\n</table></dd>\n");
}

void html_site(struct strbuf *out, const struct finding_site *site)
{
	CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;

	phrase_site(&place, site);
	if (site->last_line > site->line)
		strbuf_addf(&place, "–%u", site->last_line);
	html_code(out, NULL, place.buf);
}

static void write_sites(struct strbuf *out, const struct finding *finding)
{
	if (finding->n_sites == 0)
		return;
	strbuf_add_string(out, "<dt>where</dt><dd><ul class=\"sites\">\n");
	for (size_t i = 0; i < finding->n_sites; i++) {
		strbuf_add_string(out, "<li>");
		html_site(out, &finding->sites[i]);
		if (finding->sites[i].text && *finding->sites[i].text)
			html_commands(out, finding->sites[i].text);
		strbuf_add_string(out, "</li>\n");
	}
	strbuf_add_string(out, "</ul></dd>\n");
}

/* ---- commands and what else there is to know ---- */

static void write_commands(struct strbuf *out, const struct finding *finding, const char *label, size_t member,
			   bool backwards)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;

	phrase_commands(&all, finding, member, backwards);
	html_fact_commands(out, label, all.buf);
}

static void write_classes(struct strbuf *out, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	phrase_classes(&text, finding);
	html_fact(out, "class", text.buf);
}

static void write_hazards(struct strbuf *out, const struct finding *finding)
{
	bool any = false;

	for (size_t i = 0; i < finding->n_changes; i++) {
		for (size_t k = 0; k < finding->changes[i].n_hazards; k++) {
			strbuf_add_string(out, any ? "" : "<dt>hazards</dt>");
			html_element(out, "dd", "hazard", finding->changes[i].hazards[k]);
			any = true;
		}
	}
}

static void write_notes(struct strbuf *out, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_changes; i++)
		html_fact(out, "note", change_note(finding, i));
}

static void write_confidence(struct strbuf *out, const struct finding *finding)
{
	strbuf_addf(out, "<dt>confidence</dt><dd>%s", confidence_name(finding->confidence));
	if (finding->confidence_reason && *finding->confidence_reason)
		html_textf(out, ": %s", finding->confidence_reason);
	strbuf_add_string(out, "</dd>\n");
}

/* A page of the kernel's documentation is led to, but nothing is loaded from there. */
static void add_reference(struct strbuf *out, const char *reference)
{
	CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;
	bool known = phrase_reference_url(&url, reference);

	if (known) {
		strbuf_add_string(out, "<a rel=\"noreferrer\" href=\"");
		quote_html(out, url.buf, url.len);
		strbuf_add_string(out, "\">");
	}
	html_text(out, reference);
	strbuf_add_string(out, known ? "</a>" : "");
}

void html_references(struct strbuf *out, const struct finding *finding)
{
	if (!finding->references || finding->references->count == 0)
		return;
	strbuf_add_string(out, "<dt>see</dt><dd>");
	for (size_t i = 0; i < finding->references->count; i++) {
		strbuf_add_string(out, i ? ", " : "");
		add_reference(out, finding->references->items[i]);
	}
	strbuf_add_string(out, "</dd>\n");
}

static void write_rule(struct strbuf *out, const struct finding *finding)
{
	strbuf_add_string(out, "<dt>rule</dt><dd><code>");
	html_text(out, finding->id);
	strbuf_add_string(out, "</code>");
	if (finding->place.file)
		html_textf(out, finding->place.line ? ", %s:%u" : ", %s", finding->place.file, finding->place.line);
	strbuf_add_string(out, "</dd>\n");
}

/* brief: notes were said before. */
static bool is_kept(const struct finding *finding, bool brief)
{
	for (size_t i = 0; i < finding->n_changes; i++) {
		const struct change *change = &finding->changes[i];

		if (change->persist || change->unpersist || (change->persist_note && !brief))
			return true;
	}
	return false;
}

static void write_changing(struct strbuf *out, const struct finding *finding)
{
	write_commands(out, finding, "apply", offsetof(struct change, apply), false);
	write_commands(out, finding, "roll back", offsetof(struct change, rollback), true);
	write_commands(out, finding, "verify", offsetof(struct change, verify), false);
}

static void write_keeping(struct strbuf *out, const struct finding *finding, bool brief)
{
	write_commands(out, finding, "persist", offsetof(struct change, persist), false);
	write_commands(out, finding, "unpersist", offsetof(struct change, unpersist), true);
	if (!brief)
		write_notes(out, finding);
}

static void write_persistence(struct strbuf *out, const struct finding *finding, bool brief)
{
	if (!is_kept(finding, brief))
		return;
	strbuf_add_string(out, "<details><summary>Keeping it over a boot</summary>\n<dl>\n");
	write_keeping(out, finding, brief);
	strbuf_add_string(out, "</dl>\n</details>\n");
}

static void write_sources(struct strbuf *out, const struct finding *finding, bool brief)
{
	strbuf_add_string(out, "<details><summary>How sure, and where it comes from</summary>\n<dl>\n");
	write_confidence(out, finding);
	if (!brief)
		html_references(out, finding);
	write_rule(out, finding);
	strbuf_add_string(out, "</dl>\n</details>\n");
}

void html_recommendation(struct strbuf *out, const struct report *report, const struct finding *finding, size_t number)
{
	bool brief = report_said_before(report, finding);

	strbuf_addf(out, "<article id=\"r%zu\">\n", number);
	write_title(out, finding, number);
	write_changes(out, finding);
	strbuf_add_string(out, "<dl>\n");
	write_values(out, finding);
	write_sites(out, finding);
	html_evidence(out, report, finding);
	html_fact(out, "because", finding->because);
	if (finding->n_changes)
		html_fact(out, "instead", finding->advice);
	write_changing(out, finding);
	write_hazards(out, finding);
	if (!brief) {
		html_fact(out, "better when", finding->verify_measure);
		html_fact(out, "takes effect", finding->takes_effect);
		write_classes(out, finding);
		html_fact(out, "side effects", finding->side_effects);
	}
	strbuf_add_string(out, "</dl>\n");
	write_persistence(out, finding, brief);
	write_sources(out, finding, brief);
	strbuf_add_string(out, "</article>\n");
}

void html_found(struct strbuf *out, const struct report *report, const struct finding *finding, size_t number)
{
	bool brief = report_said_before(report, finding);

	strbuf_addf(out, "<article id=\"r%zu\">\n", number);
	write_title(out, finding, number);
	strbuf_add_string(out, "<dl>\n");
	write_values(out, finding);
	write_sites(out, finding);
	if (finding->n_changes || finding->n_evidence)
		html_fact(out, "found", finding->reason);
	html_fact(out, "because", finding->because);
	html_fact(out, "do", finding->advice);
	write_hazards(out, finding);
	html_fact(out, "breaks", finding->side_effects);
	if (!brief) {
		html_fact(out, "takes effect", finding->takes_effect);
		write_classes(out, finding);
		html_references(out, finding);
	}
	write_rule(out, finding);
	strbuf_add_string(out, "</dl>\n");
	if (finding->n_changes) {
		strbuf_add_string(out, "<details><summary>Commands</summary>\n<dl>\n");
		write_changing(out, finding);
		write_keeping(out, finding, brief);
		strbuf_add_string(out, "</dl>\n</details>\n");
	}
	strbuf_add_string(out, "</article>\n");
}

void html_suspect(struct strbuf *out, const struct report *report, const struct finding *finding)
{
	strbuf_add_string(out, "<article>\n");
	write_title(out, finding, 0);
	strbuf_add_string(out, "<dl>\n");
	for (size_t i = 0; i < finding->n_changes; i++) {
		strbuf_add_string(out, i ? "<dd>" : "<dt>perhaps</dt><dd>");
		add_change(out, &finding->changes[i]);
		strbuf_add_string(out, "</dd>\n");
	}
	write_values(out, finding);
	write_sites(out, finding);
	html_evidence(out, report, finding);
	if (!report_said_before(report, finding)) {
		html_fact(out, "why not more", finding->reason);
		html_fact_commands(out, "run", finding->next_step);
	}
	write_rule(out, finding);
	strbuf_add_string(out, "</dl>\n</article>\n");
}

void html_elsewhere(struct strbuf *out, const struct report *report, const struct finding *finding)
{
	strbuf_add_string(out, "<article>\n");
	write_title(out, finding, 0);
	strbuf_add_string(out, "<dl>\n");
	write_values(out, finding);
	write_sites(out, finding);
	html_evidence(out, report, finding);
	html_fact(out, "because", finding->because);
	html_fact(out, "but", finding->reason);
	write_rule(out, finding);
	strbuf_add_string(out, "</dl>\n</article>\n");
}

void html_waived(struct strbuf *out, const struct report *report, const struct finding *finding)
{
	(void)report;
	strbuf_add_string(out, "<article>\n");
	write_title(out, finding, 0);
	strbuf_add_string(out, "<dl>\n");
	html_fact(out, "waived", finding->waiver);
	write_values(out, finding);
	write_sites(out, finding);
	write_rule(out, finding);
	strbuf_add_string(out, "</dl>\n</article>\n");
}

/* ---- the table of all ---- */

static bool compares(const struct report *report)
{
	for (size_t i = 0; i < report->findings->count; i++)
		if (report->findings->items[i].status == STATUS_RECOMMEND && report->findings->items[i].values)
			return report_is_audit(report);
	return false;
}

static void add_changes(struct strbuf *out, const struct finding *finding)
{
	strbuf_add_string(out, "<td data-label=\"Change\">");
	for (size_t i = 0; i < finding->n_changes; i++) {
		strbuf_add_string(out, i ? "<br>" : "");
		add_change(out, &finding->changes[i]);
	}
	if (finding->n_changes == 0)
		html_text(out, finding->advice);
	strbuf_add_string(out, "</td>");
}

static void add_sites(struct strbuf *out, const struct finding *finding)
{
	strbuf_add_string(out, finding->n_sites ? "<td data-label=\"Where\">" : "<td class=\"none\">");
	if (finding->n_sites)
		html_site(out, &finding->sites[0]);
	if (finding->n_sites > 1)
		strbuf_addf(out, " and %zu more", finding->n_sites - 1);
	strbuf_add_string(out, "</td>");
}

static void add_what(struct strbuf *out, const struct finding *finding)
{
	const struct finding_values *values = finding->values;

	html_text(out, finding->title);
	if (has_subject(finding)) {
		strbuf_add_string(out, " <span class=\"subject\">");
		html_text(out, finding->subject_name);
		strbuf_add_string(out, "</span>");
	}
	if (values && values->key && *values->key) {
		strbuf_add_string(out, "<br>");
		html_code(out, "key", values->key);
	}
	if (values && values->drift) {
		strbuf_add_string(out, " <span class=\"drift\">");
		html_text(out, values->drift);
		strbuf_add_string(out, "</span>");
	}
}

static void write_index_row(struct strbuf *out, const struct finding *finding, size_t number, bool values)
{
	static const struct finding_values none = { 0 };

	if (number <= HTML_CARDS_MAX)
		strbuf_addf(out, "<tr><td class=\"number\"><a href=\"#r%zu\">%zu</a></td><td>", number, number);
	else
		strbuf_addf(out, "<tr><td class=\"number\">%zu</td><td>", number);
	add_severity(out, finding->severity);
	strbuf_add_string(out, "</td><th scope=\"row\">");
	add_what(out, finding);
	strbuf_add_string(out, "</th>");
	if (values) {
		add_values(out, finding->values ? finding->values : &none);
		add_sites(out, finding);
	} else {
		add_changes(out, finding);
	}
	strbuf_add_string(out, "</tr>\n");
}

void html_index(struct strbuf *out, const struct report *report)
{
	size_t count = report_count(report, STATUS_RECOMMEND) - report_known(report), number = 0;
	bool values = compares(report);

	if (count < 2)
		return;
	strbuf_addf(out, "<table class=\"index%s\">\n<thead><tr><th scope=\"col\">No.</th><th scope=\"col\">Severity</th>"
			 "<th scope=\"col\">What</th>%s</tr></thead>\n<tbody>\n", values ? " compared" : "",
		    values ? VALUE_HEADS "<th scope=\"col\">Where</th>" : "<th scope=\"col\">Change</th>");
	for (size_t i = 0; i < report->findings->count && number < HTML_ROWS_MAX; i++) {
		const struct finding *finding = &report->findings->items[i];

		if (finding->status == STATUS_RECOMMEND && !finding_is_known(finding))
			write_index_row(out, finding, ++number, values);
	}
	strbuf_add_string(out, "</tbody>\n</table>\n");
	html_more(out, "p", count - number);
}

void html_known(struct strbuf *out, const struct report *report)
{
	size_t count = report_known(report), shown = 0;

	if (count == 0)
		return;
	strbuf_add_string(out, "<details class=\"known\"><summary>In the baseline already: ");
	phrase_count(out, count);
	strbuf_add_string(out, "</summary>\n<ul>\n");
	for (size_t i = 0; i < report->findings->count && shown < HTML_ROWS_MAX; i++) {
		const struct finding *finding = &report->findings->items[i];

		if (!finding_is_known(finding))
			continue;
		strbuf_add_string(out, "<li>");
		add_severity(out, finding->severity);
		html_code(out, NULL, finding->id);
		strbuf_add_string(out, "</li>\n");
		shown++;
	}
	html_more(out, "li", count - shown);
	strbuf_add_string(out, "</ul>\n</details>\n");
}
