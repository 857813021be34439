/* SPDX-License-Identifier: Apache-2.0 */
/* The report as one HTML file: nothing is loaded, no script, readable without its style sheet.  The style sheet stands in
 * the page and the policy of the page names its hash, so that nothing else could style it either; that is why what has a
 * size of its own (bars, charts) is SVG. */
#include <nettle/sha2.h>

#include "../core/json.h"
#include "group.h"
#include "html-parts.h"
#include "phrase.h"
#include "reporter.h"

/* ---- the head ---- */

static void add_style_hash(struct strbuf *out)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, strlen(html_style_css), (const uint8_t *)html_style_css);
	sha256_digest(&context, sizeof(digest), digest);
	base64_encode(out, (const char *)digest, sizeof(digest));
}

/* What is asked for and new. */
static size_t asked_for(const struct report *report)
{
	return report_count(report, STATUS_RECOMMEND) - report_known(report);
}

/* "3 recommendations", "Nothing is recommended"; of an audit "3 findings", "Nothing is found"; "3 proposed settings" */
static void add_headline(struct strbuf *out, const struct report *report)
{
	bool is_audit = report_is_audit(report);

	if (report_is_review(report))
		phrase_plural(out, report->findings->count, "proposed setting");
	else if (asked_for(report) == 0)
		strbuf_add_string(out, is_audit ? "Nothing is found" : "Nothing is recommended");
	else
		phrase_plural(out, asked_for(report), is_audit ? "finding" : "recommendation");
}

static void write_head(struct strbuf *out, const struct report *report)
{
	CLEANUP(strbuf_release) struct strbuf headline = STRBUF_INIT, host = STRBUF_INIT;

	strbuf_add_string(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
	add_style_hash(out);
	strbuf_add_string(out, "'; base-uri 'none'; form-action 'none'\">\n"
			       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			       "<meta name=\"color-scheme\" content=\"light dark\">\n"
			       "<meta name=\"referrer\" content=\"no-referrer\">\n"
			       "<meta name=\"generator\" content=\"keisoku\">\n<title>");
	add_headline(&headline, report);
	phrase_host(&host, report);
	html_textf(out, "%s: %s", host.buf, headline.buf);
	strbuf_addf(out, "</title>\n<style>%s</style>\n</head>\n", html_style_css);
}

/* ---- where the machine stands, in a few lines ---- */

static void write_machine(struct strbuf *out, const struct report *report)
{
	static const char *const keys[] = { "kernel.architecture", "platform.kind", "platform.virtualization" };
	const char *release = report_host_text(report, "kernel.release");
	CLEANUP(strbuf_release) struct strbuf host = STRBUF_INIT;
	bool any = release != NULL;

	strbuf_addf(out, "<p class=\"kind\">keisoku %s</p>\n<h1>", report->command);
	phrase_host(&host, report);
	html_text(out, host.buf);
	strbuf_add_string(out, "</h1>\n<p class=\"machine\">");
	if (release)
		html_textf(out, "Linux %s", release);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!report_host_text(report, keys[i]))
			continue;
		strbuf_add_string(out, any ? " · " : "");
		html_text(out, report_host_text(report, keys[i]));
		any = true;
	}
	strbuf_add_string(out, "</p>\n");
}

/* ": 1 critical, 2 high" */
static void add_severities(struct strbuf *out, const struct report *report)
{
	size_t counts[SEVERITY_COUNT] = { 0 };
	bool any = false;

	for (size_t i = 0; i < report->findings->count; i++)
		if (report->findings->items[i].status == STATUS_RECOMMEND && !finding_is_known(&report->findings->items[i]))
			counts[report->findings->items[i].severity]++;
	for (int severity = SEVERITY_COUNT - 1; severity >= 0; severity--) {
		if (counts[severity] == 0)
			continue;
		strbuf_add_string(out, any ? ", " : ": ");
		phrase_count(out, counts[severity]);
		strbuf_addf(out, " %s", severity_name((enum severity)severity));
		any = true;
	}
}

static void write_verdict(struct strbuf *out, const struct report *report)
{
	CLEANUP(strbuf_release) struct strbuf alarms = STRBUF_INIT, verdicts = STRBUF_INIT, answer = STRBUF_INIT;
	size_t cells, unknown = html_use_unknown(report, &cells);

	strbuf_add_string(out, "<p class=\"verdict\"><strong>");
	add_headline(out, report);
	strbuf_add_string(out, "</strong>");
	if (report_is_review(report)) {
		phrase_verdicts(&verdicts, report, ", ");
		html_textf(out, verdicts.len ? ": %s." : ".%s", verdicts.len ? verdicts.buf : "");
		phrase_review_answer(&answer, report);
		html_textf(out, answer.len ? " %s." : "%s", answer.buf);
		strbuf_add_string(out, "</p>\n");
		return;
	}
	add_severities(out, report);
	strbuf_add_char(out, '.');
	if (report_known(report)) {
		strbuf_add_char(out, ' ');
		phrase_count(out, report_known(report));
		strbuf_add_string(out, " more in the baseline already.");
	}
	html_use_alarms(&alarms, report);
	if (alarms.len)
		strbuf_addf(out, " Past the threshold: %s.", alarms.buf);
	else if (cells > unknown)
		strbuf_add_string(out, " Nothing measured is past its threshold.");
	if (unknown)
		strbuf_addf(out, " Of the %zu values of the table below %zu %s not known.", cells, unknown,
			    unknown == 1 ? "is" : "are");
	strbuf_add_string(out, "</p>\n");
}

static void write_sentence(struct strbuf *out, const char *class, const struct report *report,
			   void (*phrase)(struct strbuf *out, const struct report *report))
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	phrase(&text, report);
	html_element(out, "p", class, text.buf);
}

/* ---- the sections of findings ---- */

struct section {
	enum status status;
	const char *id, *title, *aside;
	const char *in_audit;		/* the title there, where the aside does not fit; NULL: both as they are */
	bool only_all;			/* there when everything is asked for */
	void (*write)(struct strbuf *out, const struct report *report, const struct finding *finding);
	const char *without;		/* grouped by what is shared: what a group without that is called */
};

/* clang-format off */
static const struct section sections[] = {
	{ .status = STATUS_SUSPECT, .id = "suspected", .title = "Suspected", .write = html_suspect,
	  .aside = "thin evidence: measure before changing anything", },
	{ .status = STATUS_ELSEWHERE, .id = "elsewhere", .title = "Elsewhere", .write = html_elsewhere,
	  .aside = "the problem is there, but this setting is not its cause", },
	{ .status = STATUS_UNMEASURED, .id = "unmeasured", .title = "Not measured", .in_audit = "Not known",
	  .without = "nothing known would measure it here", .aside = "what would have to be run", },
	{ .status = STATUS_UNREADABLE, .id = "unreadable", .title = "Not readable", .without = "no reason is known", },
	{ .status = STATUS_WAIVED, .id = "waived", .title = "Waived", .write = html_waived, },
	{ .status = STATUS_SATISFIED, .id = "satisfied", .title = "Satisfied", .only_all = true,
	  .aside = "measured, and the problem is not there", .in_audit = "Satisfied", },
	{ .status = STATUS_NOT_APPLICABLE, .id = "not-applicable", .title = "Not applicable", .only_all = true, },
};
/* clang-format on */

static bool is_shown(const struct report *report, const struct section *section)
{
	return report_count(report, section->status) > 0 && (!section->only_all || report->show_all);
}

static void write_heading(struct strbuf *out, const char *title, const char *aside, size_t count)
{
	strbuf_addf(out, "<h2>%s <span class=\"count\">", title);
	phrase_count(out, count);
	strbuf_add_string(out, "</span>");
	if (aside)
		strbuf_addf(out, " <small>%s</small>", aside);
	strbuf_add_string(out, "</h2>\n");
}

static void write_cards(struct strbuf *out, const struct report *report, const struct section *section, size_t count)
{
	size_t shown = 0;

	for (size_t i = 0; i < report->findings->count && shown < HTML_CARDS_MAX; i++) {
		if (report->findings->items[i].status != section->status)
			continue;
		section->write(out, report, &report->findings->items[i]);
		shown++;
	}
	html_more(out, "p", count - shown);
}

static void write_groups(struct strbuf *out, const struct report *report, const struct section *section)
{
	CLEANUP(members_release) struct members members = MEMBERS_INIT;

	members_collect(&members, report, section->status);
	strbuf_add_string(out, "<dl class=\"groups\">\n");
	for (size_t i = 0; i < members.count; i++) {
		CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;

		if (!members_begins_group(&members, i))
			continue;
		members_names(&names, &members, members.items[i].text);
		html_element(out, "dt", NULL, *members.items[i].text ? members.items[i].text : section->without);
		html_element(out, "dd", NULL, names.buf);
	}
	strbuf_add_string(out, "</dl>\n");
}

/* A row for each rule and reason. */
static void write_rows(struct strbuf *out, const struct report *report, const struct section *section)
{
	CLEANUP(members_release) struct members members = MEMBERS_INIT;
	size_t shown;

	members_collect(&members, report, section->status);
	shown = MIN(members.count, (size_t)HTML_ROWS_MAX);
	strbuf_add_string(out, "<details><summary>Each rule</summary>\n<table class=\"rules\">\n<thead><tr>"
			       "<th scope=\"col\">Rule</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < shown; i++) {
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

		member_name(&name, &members.items[i]);
		strbuf_add_string(out, "<tr><th scope=\"row\">");
		html_text(out, name.buf);
		strbuf_add_string(out, "</th><td>");
		html_text(out, members.items[i].text);
		strbuf_add_string(out, "</td></tr>\n");
	}
	strbuf_add_string(out, "</tbody>\n</table>\n");
	html_more(out, "p", members.count - shown);
	strbuf_add_string(out, "</details>\n");
}

static void write_section(struct strbuf *out, const struct report *report, const struct section *section)
{
	bool other = report_is_audit(report) && section->in_audit;
	size_t count = report_count(report, section->status);

	if (!is_shown(report, section))
		return;
	strbuf_addf(out, "<section id=\"%s\">\n", section->id);
	write_heading(out, other ? section->in_audit : section->title, other ? NULL : section->aside, count);
	if (section->write)
		write_cards(out, report, section, count);
	else if (section->without)
		write_groups(out, report, section);
	else
		write_rows(out, report, section);
	strbuf_add_string(out, "</section>\n");
}

static void write_recommendations(struct strbuf *out, const struct report *report)
{
	size_t count = asked_for(report), number = 0;
	bool is_audit = report_is_audit(report);

	strbuf_add_string(out, "<section id=\"recommended\">\n");
	if (count == 0) {
		strbuf_addf(out, "<h2>Nothing is %s</h2>\n", phrase_status_in(report, STATUS_RECOMMEND));
		write_sentence(out, NULL, report, phrase_nothing);
	} else {
		write_heading(out, is_audit ? "Found" : "Recommended", NULL, count);
	}
	html_index(out, report);
	for (size_t i = 0; i < report->findings->count && number < HTML_CARDS_MAX; i++) {
		const struct finding *finding = &report->findings->items[i];

		if (finding->status == STATUS_RECOMMEND && !finding_is_known(finding))
			(is_audit ? html_found : html_recommendation)(out, report, finding, ++number);
	}
	if (count > number)
		strbuf_addf(out, "<p class=\"dim\">The first %zu are told in full; <code>--output json</code> has all.</p>\n",
			    number);
	html_known(out, report);
	strbuf_add_string(out, "</section>\n");
}

/* ---- notes, counts, the page ---- */

#define NOTES_MAX 200

static void write_notes(struct strbuf *out, const struct report *report)
{
	size_t total = report_notes(report), shown = 0;
	const struct diag_entry *entry;

	if (total == 0)
		return;
	strbuf_add_string(out, "<section id=\"notes\">\n");
	write_heading(out, "Notes", NULL, total);
	strbuf_add_string(out, "<ul class=\"notes\">\n");
	for (; shown < NOTES_MAX && (entry = report_note(report, shown)); shown++)
		html_note(out, entry);
	html_more(out, "li", total - shown);
	strbuf_add_string(out, "</ul>\n</section>\n");
}

/* Of all rules and subjects; what has a section of its own leads there. */
static const char *section_of(const struct report *report, enum status status)
{
	if (status == STATUS_RECOMMEND)
		return "recommended";
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (sections[i].status == status && is_shown(report, &sections[i]))
			return sections[i].id;
	return NULL;
}

static void write_counts(struct strbuf *out, const struct report *report)
{
	const size_t *counts = report->findings->counts;

	strbuf_add_string(out, "<nav aria-label=\"Findings\">\n<ul class=\"counts\">\n");
	for (size_t i = 0; i < STATUS_COUNT; i++) {
		const char *id = section_of(report, (enum status)i);

		if (counts[i] == 0 && i != STATUS_RECOMMEND)
			continue;
		strbuf_addf(out, id ? "<li><a href=\"#%s\"><b>" : "<li><b>", id);
		phrase_count(out, counts[i]);
		strbuf_addf(out, "</b> %s%s</li>\n", phrase_status_in(report, (enum status)i), id ? "</a>" : "");
	}
	strbuf_add_string(out, "</ul>\n</nav>\n");
}

static void write_footer(struct strbuf *out, const struct report *report)
{
	strbuf_addf(out, "<footer><p>More: %s",
		    report_is_of_manifests(report) ? "<code>keisoku explain POLICY</code>, <code>keisoku list policies</code>"
		    : report_is_review(report)	   ? "<code>keisoku why KEY</code>, <code>keisoku explain VERDICT</code>"
		    : report_is_audit(report)	   ? "<code>keisoku why KEY</code>, <code>--plan DIR</code> for commands and files"
						   : "<code>keisoku why KEY</code>, <code>keisoku explain RULE</code>");
	if (!report->show_all)
		strbuf_add_string(out, ", <code>--all</code> for every rule");
	strbuf_add_string(out, ", <code>--output json</code> for everything.</p></footer>\n");
}

static void write_judged(struct strbuf *out, const struct report *report)
{
	html_use(out, report);
	write_recommendations(out, report);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		write_section(out, report, &sections[i]);
}

static int html_write(FILE *out, const struct report *report)
{
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;

	write_head(&page, report);
	strbuf_add_string(&page, "<body>\n<header>\n");
	write_machine(&page, report);
	write_verdict(&page, report);
	if (!report_is_review(report))
		write_counts(&page, report);
	write_sentence(&page, NULL, report, phrase_window);
	write_sentence(&page, "dim", report, phrase_coverage);
	strbuf_add_string(&page, "</header>\n<main>\n");
	if (report_is_review(report))
		html_review(&page, report);
	else
		write_judged(&page, report);
	write_notes(&page, report);
	strbuf_add_string(&page, "</main>\n");
	write_footer(&page, report);
	strbuf_add_string(&page, "</body>\n</html>\n");
	fwrite(page.buf, 1, page.len, out);
	return 0;
}

const struct reporter reporter_html = {
	.name = "html",
	.summary = "one file for a browser: charts, no script, nothing loaded",
	.courses = 2 * HTML_CARDS_MAX,
	.write = html_write,
};
