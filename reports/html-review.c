/* SPDX-License-Identifier: Apache-2.0 */
/* A review for a browser: everything that was proposed as a table, then each line in its order with what there is to say. */
#include "html-parts.h"
#include "phrase.h"

static const char *colour_of(const struct finding *finding)
{
	static const char *const colours[] = { [TONE_GOOD] = "good", [TONE_QUIET] = "dim" };
	enum review_tone tone = review_tone(finding);

	return tone == TONE_SEVERITY ? severity_name(finding->severity) : colours[tone];
}

static void add_verdict(struct strbuf *out, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf also = STRBUF_INIT;

	phrase_also(&also, finding);
	strbuf_addf(out, "<span class=\"severity %s\">%s</span>", colour_of(finding), review_verdict_name(finding->review->verdict));
	if (also.len)
		strbuf_addf(out, " <span class=\"also\">and %s</span>", also.buf);
	if (finding->status == STATUS_WAIVED)
		strbuf_add_string(out, " <span class=\"also\">waived</span>");
}

/* The key, or the line itself where it is not understood.  more: other subjects of which the same is said. */
static void add_key(struct strbuf *out, const struct finding *finding, size_t more)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	phrase_review_key(&key, finding);
	if (!key.len && finding->sites[0].text)
		strbuf_add_string(&key, finding->sites[0].text);
	html_code(out, "key", key.len ? key.buf : "–");
	if (more)
		strbuf_addf(out, " and of %zu more", more);
}

static void add_change(struct strbuf *out, const struct finding *finding)
{
	if (!finding->values || !*finding->values->key)
		return;
	strbuf_add_string(out, "<span class=\"from\">");
	html_text(out, review_from(finding));
	strbuf_add_string(out, "</span> → <span class=\"proposed\">");
	html_text(out, review_to(finding));
	strbuf_add_string(out, "</span>");
}

static void write_row(struct strbuf *out, const struct finding *finding, size_t number, size_t more)
{
	if (number <= HTML_CARDS_MAX)
		strbuf_addf(out, "<tr><td class=\"number\"><a href=\"#r%zu\">%zu</a></td><td>", number, number);
	else
		strbuf_addf(out, "<tr><td class=\"number\">%zu</td><td>", number);
	add_verdict(out, finding);
	strbuf_add_string(out, "</td><th scope=\"row\">");
	add_key(out, finding, more);
	strbuf_add_string(out, "</th><td data-label=\"Change\">");
	add_change(out, finding);
	strbuf_add_string(out, "</td><td data-label=\"Where\">");
	html_site(out, &finding->sites[0]);
	strbuf_add_string(out, "</td></tr>\n");
}

static void write_table(struct strbuf *out, const struct report *report)
{
	size_t number = 0, i = 0;

	strbuf_add_string(out, "<table class=\"index\">\n<thead><tr><th scope=\"col\">No.</th><th scope=\"col\">Verdict</th>"
			       "<th scope=\"col\">Setting</th><th scope=\"col\">Now → proposed</th>"
			       "<th scope=\"col\">Where</th></tr></thead>\n<tbody>\n");
	while (i < report->findings->count && number < HTML_ROWS_MAX) {
		size_t more = report_same_below(report, i);

		write_row(out, &report->findings->items[i], ++number, more);
		i += 1 + more;
	}
	strbuf_add_string(out, "</tbody>\n</table>\n");
	html_more(out, "p", report->findings->count - i);
}

static void write_lines(struct strbuf *out, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_sites; i++) {
		strbuf_addf(out, "<dt>%s</dt><dd>", i ? "last word" : "line");
		html_site(out, &finding->sites[i]);
		if (finding->sites[i].text && *finding->sites[i].text)
			html_commands(out, finding->sites[i].text);
		strbuf_add_string(out, "</dd>\n");
	}
}

static void write_card(struct strbuf *out, const struct report *report, const struct finding *finding, size_t number, size_t more)
{
	const struct finding_review *review = finding->review;
	CLEANUP(strbuf_release) struct strbuf becomes = STRBUF_INIT;

	strbuf_addf(out, "<article id=\"r%zu\">\n<h3><a class=\"number\" href=\"#r%zu\">%zu</a> ", number, number, number);
	add_verdict(out, finding);
	strbuf_add_char(out, ' ');
	add_key(out, finding, more);
	strbuf_add_string(out, "</h3>\n<p class=\"change\">");
	add_change(out, finding);
	strbuf_add_string(out, "</p>\n<dl>\n");
	html_fact(out, "why", finding->reason);
	html_fact(out, "waived", finding->waiver);
	write_lines(out, finding);
	html_fact(out, "before", review->before);
	if (phrase_becomes(&becomes, finding))
		html_fact(out, "becomes", becomes.buf);
	html_evidence(out, report, finding);
	for (size_t i = 0; i < review->n_remarks; i++)
		html_fact(out, "note", review->remarks[i]);
	html_fact_commands(out, "instead", review->instead);
	if (review->verdict == REVIEW_UNMEASURED)
		html_fact_commands(out, "run", finding->next_step);
	if (review_would_apply(finding))
		html_fact_commands(out, "undo", finding->changes[0].rollback);
	html_references(out, finding);
	strbuf_add_string(out, "</dl>\n</article>\n");
}

static void write_cards(struct strbuf *out, const struct report *report)
{
	const char *path = NULL;
	size_t number = 0, i = 0;

	while (i < report->findings->count && number < HTML_CARDS_MAX) {
		const struct finding *finding = &report->findings->items[i];
		size_t more = report_same_below(report, i);

		if (!path || !streq(path, finding->sites[0].path)) {
			strbuf_add_string(out, path ? "</section>\n<section>\n<h2>" : "<section>\n<h2>");
			path = finding->sites[0].path;
			html_code(out, NULL, path);
			strbuf_add_string(out, "</h2>\n");
		}
		write_card(out, report, finding, ++number, more);
		i += 1 + more;
	}
	strbuf_add_string(out, path ? "</section>\n" : "");
	html_more(out, "p", report->findings->count - i);
}

void html_review(struct strbuf *out, const struct report *report)
{
	if (report->findings->count == 0) {
		strbuf_add_string(out, "<section>\n<h2>Nothing to judge</h2>\n<p>Nothing in it sets anything that is known.</p>\n"
				       "</section>\n");
		return;
	}
	strbuf_add_string(out, "<section id=\"proposed\">\n<h2>Proposed</h2>\n");
	write_table(out, report);
	strbuf_add_string(out, "</section>\n");
	write_cards(out, report);
}
