/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people: the USE table, what is recommended, then ever shorter what is not. */
#include <math.h>

#include "layout.h"
#include "phrase.h"
#include "reporter.h"
#include "text-finding.h"

/* The header. */

static void add_part(struct flow *flow, const char *text)
{
	if (flow->begun)
		flow_addf(flow, STYLE_DIM, " %s ", page_symbol(flow->page, SYMBOL_DOT));
	flow_add(flow, STYLE_PLAIN, text);
}

static void write_machine(struct page *page, const struct report *report)
{
	static const char *const keys[] = { "kernel.architecture", "platform.kind", "platform.virtualization" };
	const char *release = report_host_text(report, "kernel.release");
	CLEANUP(strbuf_release) struct strbuf host = STRBUF_INIT;
	struct flow flow = flow_begin(page, 0);

	phrase_host(&host, report);
	flow_add(&flow, STYLE_BOLD, host.buf);
	if (release) {
		CLEANUP(strbuf_release) struct strbuf kernel = STRBUF_INIT;

		strbuf_addf(&kernel, "Linux %s", release);
		add_part(&flow, kernel.buf);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (report_host_text(report, keys[i]))
			add_part(&flow, report_host_text(report, keys[i]));
	flow_end(&flow);
}

static void write_sentence(struct page *page, enum style style, const struct report *report,
			   void (*phrase)(struct strbuf *out, const struct report *report))
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	phrase(&text, report);
	page_paragraph(page, 0, style, text.buf);
}

/* The USE table. */

#define RESOURCE_WIDTH 14
#define BAR_WIDTH 8
#define TABLE_WIDTH_MIN 76	/* narrower: one cell below the other */

static void add_detail(struct flow *flow, const struct use_cell *cell, bool live)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	phrase_use_detail(&text, cell, live);
	flow_addf(flow, STYLE_DIM, " %s", text.buf);
}

static void write_cell(struct page *page, const struct use_cell *cell, unsigned int indent, bool live)
{
	enum style style = !cell->known ? STYLE_DIM : cell->alarming ? STYLE_ALARM : STYLE_PLAIN;
	struct flow flow = { .page = page, .indent = indent, .column = indent };
	bool bar = cell->known && !isnan(cell->ratio);

	if (!cell->value || !*cell->value) {
		flow_add(&flow, STYLE_DIM, page_symbol(page, SYMBOL_DASH));
		flow_end(&flow);
		return;
	}
	if (bar) {
		page_bar(page, cell->ratio, BAR_WIDTH, cell->alarming ? STYLE_RED : STYLE_GREEN);
		flow.column += BAR_WIDTH;
		flow.begun = flow.blank = true;
	}
	if (cell->alarming)
		flow_addf(&flow, STYLE_ALARM, " %s ", page_symbol(page, SYMBOL_ALARM));
	flow_addf(&flow, style, "%s%s", cell->value, !cell->known && cell->detail && *cell->detail ? ":" : "");
	if (cell->detail && *cell->detail) {
		/* A detail that does not fit beside a bar begins a line of its own. */
		if (bar && flow.column + 1 + display_width(cell->detail) > page->width) {
			flow_end(&flow);
			strbuf_add_repeated(&page->text, ' ', indent);
			flow.column = indent;
			flow.begun = false;
		}
		add_detail(&flow, cell, live);
	}
	flow_end(&flow);
}

static const char *const use_titles[] = { "UTILISATION", "SATURATION", "ERRORS" };

static void cells_init(struct page *cells, const struct page *page, const unsigned int widths[4])
{
	for (size_t i = 0; i < 4; i++) {
		page_init(&cells[i], PAGE_WIDTH_MIN, page->colour, page->unicode);
		cells[i].width = widths[i];
	}
}

static void cells_release(struct page *cells)
{
	for (size_t i = 0; i < 4; i++)
		page_release(&cells[i]);
}

static void write_use_row(struct page *page, const struct use_row *row, const unsigned int widths[4], bool live)
{
	struct page cells[4];
	struct flow flow;

	cells_init(cells, page, widths);
	flow = flow_begin(&cells[0], 0);
	flow_add(&flow, STYLE_BOLD, row->resource);
	flow_end(&flow);
	for (size_t i = 0; i < ARRAY_SIZE(use_titles); i++)
		write_cell(&cells[i + 1], use_row_cell(row, i), 0, live);
	page_columns(page, 0, cells, 4);
	cells_release(cells);
}

static void write_use_titles(struct page *page, const unsigned int widths[4])
{
	struct page cells[4];

	cells_init(cells, page, widths);
	page_paragraph(&cells[0], 0, STYLE_DIM, "RESOURCE");
	for (size_t i = 0; i < ARRAY_SIZE(use_titles); i++)
		page_paragraph(&cells[i + 1], 0, STYLE_DIM, use_titles[i]);
	page_columns(page, 0, cells, 4);
	cells_release(cells);
}

static void write_use_stacked(struct page *page, const struct use_row *row, bool live)
{
	static const char *const labels[] = { "utilisation", "saturation", "errors" };

	page_paragraph(page, 0, STYLE_BOLD, row->resource);
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		const struct use_cell *cell = use_row_cell(row, i);

		if (!cell->value || !*cell->value)
			continue;
		(void)flow_labelled(page, 2, 15, labels[i]);
		write_cell(page, cell, 15, live);
	}
}

static void write_use_idle(struct page *page, const struct report *report)
{
	struct flow flow = flow_begin(page, 0);
	bool any = false;

	for (size_t i = 0; i < report->n_use; i++) {
		const struct use_row *row = &report->use[i];

		if (!use_row_is_idle(row))
			continue;
		if (any)
			flow_addf(&flow, STYLE_DIM, " %s ", page_symbol(page, SYMBOL_DOT));
		flow_addf(&flow, STYLE_DIM, "%s: %s", row->resource, row->utilisation.value ? row->utilisation.value :
											      "nothing to measure");
		any = true;
	}
	if (any)
		flow_end(&flow);
}

/* What is used says most, errors mostly nothing. */
static void write_use(struct page *page, const struct report *report)
{
	unsigned int rest = page->width - RESOURCE_WIDTH - 6;
	const unsigned int widths[4] = { RESOURCE_WIDTH, rest * 40 / 100, rest - rest * 40 / 100 - rest * 27 / 100,
					 rest * 27 / 100 };

	if (!report->n_use)
		return;
	page_blank(page);
	if (page->width >= TABLE_WIDTH_MIN)
		write_use_titles(page, widths);
	for (size_t i = 0; i < report->n_use; i++) {
		if (use_row_is_idle(&report->use[i]))
			continue;
		if (page->width >= TABLE_WIDTH_MIN)
			write_use_row(page, &report->use[i], widths, report_is_live(report));
		else
			write_use_stacked(page, &report->use[i], report_is_live(report));
	}
	write_use_idle(page, report);
}

/* The sections of findings. */

static void write_nothing(struct page *page, const struct report *report)
{
	page_blank(page);
	page_heading(page, report_is_audit(report) ? "Nothing is found" : "Nothing is recommended", NULL);
	write_sentence(page, STYLE_PLAIN, report, phrase_nothing);
}

static void write_known(struct page *page, const struct report *report)
{
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;
	size_t count = report_known(report);

	if (count == 0)
		return;
	strbuf_addf(&title, "In the baseline already (%zu)", count);
	page_blank(page);
	page_heading(page, title.buf, NULL);
	for (size_t i = 0; i < report->findings->count; i++)
		if (finding_is_known(&report->findings->items[i]))
			text_known(page, &report->findings->items[i]);
}

static void write_recommendations(struct page *page, const struct report *report)
{
	size_t count = report_count(report, STATUS_RECOMMEND) - report_known(report), number = 0;
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;
	bool audit = report_is_audit(report);

	if (count == 0) {
		write_nothing(page, report);
		write_known(page, report);
		return;
	}
	phrase_plural(&title, count, audit ? "finding" : "recommendation");
	page_blank(page);
	page_heading(page, title.buf, NULL);
	page_rule(page);
	for (size_t i = 0; i < report->findings->count; i++) {
		const struct finding *finding = &report->findings->items[i];

		if (finding->status != STATUS_RECOMMEND || finding_is_known(finding))
			continue;
		if (number)
			page_blank(page);
		(audit ? text_found : text_recommendation)(page, report, finding, ++number);
	}
	write_known(page, report);
}

struct section {
	enum status status;
	const char *title, *aside;
	const char *in_audit;		/* the title there, where the aside does not fit; NULL: both as they are */
	bool only_all;			/* shown when everything is */
	void (*write)(struct page *page, const struct report *report, const struct finding *finding);
	void (*write_all)(struct page *page, const struct report *report);
};

/* clang-format off */
static const struct section sections[] = {
	{ .status = STATUS_SUSPECT, .title = "Suspected", .write = text_suspect,
	  .aside = "thin evidence: measure before changing anything", },
	{ .status = STATUS_ELSEWHERE, .title = "Elsewhere", .write = text_elsewhere,
	  .aside = "the problem is there, but this setting is not its cause", },
	{ .status = STATUS_UNMEASURED, .title = "Not measured", .in_audit = "Not known", .write_all = text_unmeasured,
	  .aside = "what would have to be run", },
	{ .status = STATUS_UNREADABLE, .title = "Not readable", .write_all = text_unreadable, },
	{ .status = STATUS_WAIVED, .title = "Waived", .write = text_waived, },
	{ .status = STATUS_SATISFIED, .title = "Satisfied", .write_all = text_satisfied, .only_all = true,
	  .aside = "measured, and the problem is not there", .in_audit = "Satisfied", },
	{ .status = STATUS_NOT_APPLICABLE, .title = "Not applicable", .write_all = text_not_applicable,
	  .only_all = true, },
};
/* clang-format on */

static void write_section(struct page *page, const struct report *report, const struct section *section)
{
	bool other;
	size_t count = report_count(report, section->status);
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;

	if (count == 0 || (section->only_all && !report->show_all))
		return;
	other = report_is_audit(report) && section->in_audit;
	strbuf_addf(&title, "%s (%zu)", other ? section->in_audit : section->title, count);
	page_blank(page);
	page_heading(page, title.buf, other ? NULL : section->aside);
	if (section->write_all) {
		section->write_all(page, report);
		return;
	}
	for (size_t i = 0; i < report->findings->count; i++)
		if (report->findings->items[i].status == section->status)
			section->write(page, report, &report->findings->items[i]);
}

#define NOTES_MAX 20

static void write_note(struct page *page, const struct diag_entry *entry)
{
	struct flow flow = flow_begin(page, 2);

	flow.indent = 4;
	if (entry->place.file)
		flow_addf(&flow, STYLE_DIM, entry->place.line ? "%s:%u: " : "%s: ", entry->place.file,
			  entry->place.line);
	flow_add(&flow, entry->level == DIAG_ERROR ? STYLE_RED : STYLE_PLAIN, entry->message);
	flow_end(&flow);
}

static void write_notes(struct page *page, const struct report *report)
{
	size_t total = report_notes(report), shown = 0;
	const struct diag_entry *entry;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (total == 0)
		return;
	strbuf_addf(&text, "Notes (%zu)", total);
	page_blank(page);
	page_heading(page, text.buf, NULL);
	for (; shown < NOTES_MAX && (entry = report_note(report, shown)); shown++)
		write_note(page, entry);
	if (total > shown) {
		strbuf_reset(&text);
		strbuf_addf(&text, "and %zu more", total - shown);
		page_paragraph(page, 2, STYLE_DIM, text.buf);
	}
}

static void write_counts(struct page *page, const struct report *report)
{
	const size_t *counts = report->findings->counts;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct flow flow;

	page_blank(page);
	flow = flow_begin(page, 0);
	for (size_t i = 0; i < STATUS_COUNT; i++) {
		if (counts[i] == 0 && i != STATUS_RECOMMEND)
			continue;
		if (flow.begun)
			flow_addf(&flow, STYLE_DIM, " %s ", page_symbol(page, SYMBOL_DOT));
		strbuf_reset(&text);
		phrase_count(&text, counts[i]);
		strbuf_addf(&text, " %s", phrase_status_in(report, (enum status)i));
		flow_phrase(&flow, i == STATUS_RECOMMEND && counts[i] ? STYLE_BOLD : STYLE_PLAIN, text.buf);
	}
	flow_end(&flow);
	flow = flow_begin(page, 0);
	flow_add(&flow, STYLE_DIM, report_is_of_manifests(report) ? "More: keisoku explain POLICY, keisoku list policies"
				   : report_is_audit(report)	  ? "More: keisoku why KEY, --plan DIR for commands and files"
								  : "More: keisoku why KEY, keisoku explain RULE");
	if (!report->show_all)
		flow_add(&flow, STYLE_DIM, ", --all for every rule");
	flow_add(&flow, STYLE_DIM, ", --output json for everything.");
	flow_end(&flow);
}

static void write_judged(struct page *page, const struct report *report)
{
	write_use(page, report);
	write_recommendations(page, report);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		write_section(page, report, &sections[i]);
	write_notes(page, report);
	write_counts(page, report);
}

static int text_write(FILE *out, const struct report *report)
{
	CLEANUP(page_release) struct page page;

	page_init(&page, report->width ? report->width : 80, report->colour, report->unicode);
	write_machine(&page, report);
	write_sentence(&page, STYLE_PLAIN, report, phrase_window);
	write_sentence(&page, STYLE_DIM, report, phrase_coverage);
	if (streq(report->command, "review")) {
		text_review(&page, report);
		write_notes(&page, report);
	} else {
		write_judged(&page, report);
	}
	fwrite(page.text.buf, 1, page.text.len, out);
	return 0;
}

static const char *const joined[] = { "", "\n\n", "" };

const struct reporter reporter_text = {
	.name = "text",
	.summary = "for people: the USE table, recommendations, and what could not be judged",
	.write = text_write,
	.join = joined,
};
