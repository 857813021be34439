/* SPDX-License-Identifier: Apache-2.0 */
/* The USE table: of each resource its utilisation, saturation and errors, with their course in the window. */
#include <math.h>

#include "html-parts.h"
#include "phrase.h"

static const char *const cell_names[USE_CELLS] = { "Utilisation", "Saturation", "Errors" };
static const char *const cell_words[USE_CELLS] = { "utilisation", "saturation", "errors" };

static void write_value(struct strbuf *out, const struct use_cell *cell, bool live)
{
	CLEANUP(strbuf_release) struct strbuf detail = STRBUF_INIT;

	phrase_use_detail(&detail, cell, live);
	strbuf_add_string(out, !cell->known ? "<span class=\"dim\">" : cell->alarming ? "<b class=\"alarm\">" : "<b>");
	if (cell->alarming)
		strbuf_add_string(out, "<span class=\"mark\" role=\"img\" aria-label=\"past its threshold\">▲</span> ");
	html_text(out, cell->value);
	strbuf_add_string(out, !cell->known ? detail.len ? ":</span>" : "</span>" : "</b>");
	if (detail.len) {
		strbuf_add_string(out, " <span class=\"dim\">");
		html_text(out, detail.buf);
		strbuf_add_string(out, "</span>");
	}
}

static void write_cell(struct strbuf *out, const struct report *report, const struct use_row *row, size_t index)
{
	const struct use_cell *cell = use_row_cell(row, index);
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	if (!cell->value || !*cell->value) {
		strbuf_add_string(out, "<td class=\"none\">–</td>");
		return;
	}
	strbuf_addf(out, "<td data-label=\"%s\"><div>", cell_names[index]);
	write_value(out, cell, report_is_live(report));
	if (cell->known && cell->course) {
		strbuf_addf(&name, "%s: %s", row->resource, cell_words[index]);
		html_course(out, report, name.buf, cell->course, NULL, isnan(cell->ratio) ? NAN : 1);
		strbuf_add_string(out, "<span class=\"range\">");
		html_textf(out, isnan(cell->ratio) ? "%s to %s" : "%s to %s, drawn up to 100 %%", cell->course->least,
			   cell->course->most);
		strbuf_add_string(out, "</span>");
	} else if (cell->known && !isnan(cell->ratio)) {
		html_bar(out, cell->ratio, cell->alarming);
	}
	strbuf_add_string(out, "</div>");
	strbuf_add_string(out, "</td>");
}

static void write_row(struct strbuf *out, const struct report *report, const struct use_row *row)
{
	strbuf_add_string(out, "<tr><th scope=\"row\">");
	html_text(out, row->resource);
	strbuf_add_string(out, "</th>");
	for (size_t i = 0; i < USE_CELLS; i++)
		write_cell(out, report, row, i);
	strbuf_add_string(out, "</tr>\n");
}

static void write_idle(struct strbuf *out, const struct report *report)
{
	bool any = false;

	for (size_t i = 0; i < report->n_use; i++) {
		const struct use_row *row = &report->use[i];

		if (!use_row_is_idle(row))
			continue;
		strbuf_add_string(out, any ? " · " : "<p class=\"dim\">");
		html_textf(out, "%s: %s", row->resource,
			   row->utilisation.value ? row->utilisation.value : "nothing to measure");
		any = true;
	}
	if (any)
		strbuf_add_string(out, "</p>\n");
}

static bool any_course(const struct report *report)
{
	for (size_t i = 0; i < report->n_use * USE_CELLS; i++)
		if (use_row_cell(&report->use[i / USE_CELLS], i % USE_CELLS)->course)
			return true;
	return false;
}

void html_use(struct strbuf *out, const struct report *report)
{
	if (report->n_use == 0)
		return;
	strbuf_add_string(out, "<section id=\"use\">\n<h2>Where it stands</h2>\n<table class=\"use\">\n"
			       "<thead><tr><th scope=\"col\">Resource</th>");
	for (size_t i = 0; i < USE_CELLS; i++)
		strbuf_addf(out, "<th scope=\"col\">%s</th>", cell_names[i]);
	strbuf_add_string(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < report->n_use; i++)
		if (!use_row_is_idle(&report->use[i]))
			write_row(out, report, &report->use[i]);
	strbuf_add_string(out, "</tbody>\n</table>\n");
	write_idle(out, report);
	if (any_course(report))
		strbuf_add_string(out, "<p class=\"dim\">The curves are the intervals of the window from left to right, drawn "
				       "from 0 up to their greatest value where they do not say otherwise.</p>\n");
	strbuf_add_string(out, "</section>\n");
}

size_t html_use_unknown(const struct report *report, size_t *ret_cells)
{
	size_t unknown = 0;

	*ret_cells = 0;
	for (size_t i = 0; i < report->n_use * USE_CELLS; i++) {
		const struct use_cell *cell = use_row_cell(&report->use[i / USE_CELLS], i % USE_CELLS);

		*ret_cells += cell->value != NULL;
		unknown += cell->value && !cell->known;
	}
	return unknown;
}

void html_use_alarms(struct strbuf *out, const struct report *report)
{
	bool any = false;

	for (size_t i = 0; i < report->n_use; i++) {
		bool row = false;

		for (size_t k = 0; k < USE_CELLS; k++) {
			if (!use_row_cell(&report->use[i], k)->alarming)
				continue;
			if (!row) {
				strbuf_add_string(out, any ? ", " : "");
				html_text(out, report->use[i].resource);
			}
			strbuf_addf(out, row ? ", %s" : " (%s", cell_words[k]);
			any = row = true;
		}
		if (row)
			strbuf_add_char(out, ')');
	}
}
