/* SPDX-License-Identifier: Apache-2.0 */
/* Two snapshots side by side, for people: who, settings, subjects, metrics. */
#include <math.h>
#include <time.h>

#include "comparison.h"

#define MARGIN 3U
#define INDENT 6U
#define VALUE_COLUMNS 240U	/* of one value; longer ones are cut, and whole in the JSON */
#define METRICS_SHOWN 30U

/* ---- parts ---- */

static void add_count(struct strbuf *out, size_t count)
{
	quantity_format(out, (double)count, unit_none.dimension, false);
}

static void add_plural(struct strbuf *out, size_t count, const char *noun)
{
	add_count(out, count);
	strbuf_addf(out, " %s%s", noun, count == 1 ? "" : "s");
}

void comparison_add_signed(struct strbuf *out, double value, struct dimension dimension, bool ratio)
{
	if (value > 0)
		strbuf_add_char(out, '+');
	quantity_format(out, value, dimension, ratio);
}

static void add_window(struct strbuf *out, const struct window *window)
{
	static const struct dimension time_dimension = { .seconds = 1 };
	time_t seconds = (time_t)window->start_realtime;
	struct tm tm;
	char text[40];

	if (!window->live) {
		strbuf_add_string(out, "no window measured");
		return;
	}
	quantity_format(out, window->duration_sec, time_dimension, false);
	strbuf_add_string(out, " in ");
	add_plural(out, window->ticks ? window->ticks - 1 : 0, "interval");
	if (window->start_realtime > 0 && window->start_realtime < 1e11 && gmtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%F %H:%M", &tm))
		strbuf_addf(out, ", from %s UTC", text);
	if (window->interrupted)
		strbuf_add_string(out, "; interrupted");
}

void comparison_add_side(struct page *page, const char *label, const struct compared_side *side)
{
	const char *host = snapshot_text(side->snapshot, SUBJECT_HOST, "host.name");
	const char *release = snapshot_text(side->snapshot, SUBJECT_HOST, "kernel.release");
	CLEANUP(strbuf_release) struct strbuf window = STRBUF_INIT;
	struct flow flow = flow_labelled(page, 0, 9, label);

	flow_add(&flow, STYLE_BOLD, side->name);
	if (host && *host)
		flow_addf(&flow, STYLE_PLAIN, " %s %s", page_symbol(page, SYMBOL_DOT), host);
	if (release && *release)
		flow_addf(&flow, STYLE_PLAIN, " %s Linux %s", page_symbol(page, SYMBOL_DOT), release);
	add_window(&window, snapshot_window_get(side->snapshot));
	flow_addf(&flow, STYLE_DIM, " %s %s", page_symbol(page, SYMBOL_DOT), window.buf);
	flow_end(&flow);
}

void comparison_add_identity(struct page *page, const struct identity_difference *identity, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct flow flow = flow_begin(page, 0);

		flow_add(&flow, STYLE_YELLOW, page_symbol(page, SYMBOL_ALARM));
		flow_addf(&flow, STYLE_YELLOW, " not the same %s:", identity[i].name);
		flow_addf(&flow, STYLE_PLAIN, " %s %s %s", identity[i].before ? identity[i].before : "not known",
			  page_symbol(page, SYMBOL_ARROW), identity[i].after ? identity[i].after : "not known");
		flow_end(&flow);
	}
}

/* Two blanks after what is on the line, or on a line of its own. */
static void add_apart(struct flow *flow, enum style style, const char *text)
{
	bool fits = flow->column + 2 + display_width(text) <= flow->page->width;

	flow_gap(flow, fits ? 2 : flow->page->width);
	flow_phrase(flow, style, text);
}

static const struct {
	const char *label;
	size_t offset;
} cells[] = {
	{ .label = "p50", .offset = offsetof(struct distribution, p50), },
	{ .label = "p95", .offset = offsetof(struct distribution, p95), },
	{ .label = "max", .offset = offsetof(struct distribution, max), },
	{ .label = "mean", .offset = offsetof(struct distribution, mean), },
};

struct rows {
	char *texts[2][ARRAY_SIZE(cells)];
	unsigned int width;		/* of the widest cell, with its label and what separates it from the next */
	size_t shown;			/* cells that fit side by side */
};

static void rows_fill(struct rows *rows, const struct distribution *const values[2], struct dimension dimension,
		      bool ratio, unsigned int room)
{
	rows->width = 12;
	for (size_t row = 0; row < 2; row++) {
		for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
			CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
			double value;

			memcpy(&value, (const char *)values[row] + cells[i].offset, sizeof(value));
			quantity_format(&text, value, dimension, ratio);
			rows->width = MAX(rows->width, display_width(text.buf) + 8);
			rows->texts[row][i] = strbuf_steal(&text);
		}
	}
	rows->shown = rows->width * ARRAY_SIZE(cells) - 2 <= room ? ARRAY_SIZE(cells) : ARRAY_SIZE(cells) - 1;
}

static void rows_release(struct rows *rows)
{
	for (size_t row = 0; row < 2; row++)
		for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
			free(rows->texts[row][i]);
}

static void add_row(struct flow *flow, const struct rows *rows, size_t row)
{
	unsigned int start = flow->indent;

	for (size_t i = 0; i < rows->shown; i++) {
		unsigned int column = start + (unsigned int)i * rows->width;

		if (column + rows->width - 2 > flow->page->width)
			flow_gap(flow, flow->page->width);
		else if (flow->column < column)
			flow_gap(flow, column - flow->column);
		flow_phrase(flow, STYLE_DIM, cells[i].label);
		flow_gap(flow, 1);
		flow_phrase(flow, STYLE_PLAIN, rows->texts[row][i]);
	}
}

void comparison_add_distributions(struct page *page, unsigned int indent, const struct interval_comparison *values,
				  struct dimension dimension, bool ratio)
{
	const struct distribution *const both[2] = { &values->before, &values->after };
	CLEANUP(rows_release) struct rows rows = { 0 };

	rows_fill(&rows, both, dimension, ratio, page->width > indent + 8 ? page->width - indent - 8 : 0);
	for (size_t row = 0; row < 2; row++) {
		struct flow flow = flow_labelled(page, indent, indent + 8, row == 0 ? "before" : "after");

		if (both[row]->count == 0)
			flow_add(&flow, STYLE_PLAIN, "not measured");
		else
			add_row(&flow, &rows, row);
		flow_end(&flow);
	}
}

/* ---- settings ---- */

/* "block sda", before the first difference of each subject. */
static void add_subject(struct page *page, enum subject_kind kind, const char *subject)
{
	struct flow flow = flow_begin(page, 1);

	flow_add(&flow, STYLE_DIM, subject_kind_name(kind));
	if (*subject)
		flow_addf(&flow, STYLE_DIM, " %s", subject);
	flow_end(&flow);
}

/* Cut after VALUE_COLUMNS characters, never inside one. */
static void add_value(struct flow *flow, enum style style, const char *text)
{
	size_t length = strlen(text), end = 0;
	CLEANUP(free_ptr) char *cut = NULL;
	uint32_t code;

	for (unsigned int n = 0; end < length && n < VALUE_COLUMNS; n++)
		end += MAX(utf8_decode(text + end, length - end, &code), (size_t)1);
	cut = xstrndup(text, end);
	flow_add(flow, style, *cut ? cut : "(empty)");
	if (end < length)
		flow_add(flow, STYLE_DIM, "…");
}

static void add_origin(struct page *page, const struct setting_difference *difference)
{
	const char *before = difference->before.origin, *after = difference->after.origin;
	struct flow flow;

	if (!*before && !*after)
		return;
	flow = flow_begin(page, INDENT);
	flow_add(&flow, STYLE_DIM, *before ? before : after);
	if (*before && *after && !streq(before, after))
		flow_addf(&flow, STYLE_DIM, " %s %s", page_symbol(page, SYMBOL_ARROW), after);
	flow_end(&flow);
}

static void add_setting(struct page *page, const struct setting_difference *difference)
{
	struct flow flow = flow_begin(page, MARGIN);

	flow.indent = INDENT;
	flow_add(&flow, STYLE_BOLD, difference->key);
	flow_gap(&flow, 2);
	add_value(&flow, STYLE_PLAIN, difference->before.text);
	flow_addf(&flow, STYLE_DIM, " %s ", page_symbol(page, SYMBOL_ARROW));
	add_value(&flow, STYLE_PLAIN, difference->after.text);
	if (difference->nature == NATURE_VOLATILE)
		flow_add(&flow, STYLE_DIM, "  (changes by itself)");
	flow_end(&flow);
	add_origin(page, difference);
}

static void add_heading(struct page *page, bool empty, const char *text, const char *aside)
{
	page_blank(page);
	page_heading(page, text, aside);
	if (!empty)
		page_rule(page);
}

static void add_settings(struct page *page, const struct comparison *comparison)
{
	CLEANUP(strbuf_release) struct strbuf heading = STRBUF_INIT, aside = STRBUF_INIT;

	if (comparison->n_settings == 0)
		strbuf_add_string(&heading, "No setting differs");
	else
		add_plural(&heading, comparison->n_settings, "setting");
	if (comparison->n_settings > 0)
		strbuf_add_string(&heading, comparison->n_settings == 1 ? " differs" : " differ");
	strbuf_add_string(&aside, "of ");
	add_count(&aside, comparison->settings_compared);
	if (comparison->settings_volatile && !comparison->all) {
		strbuf_add_string(&aside, "; ");
		add_count(&aside, comparison->settings_volatile);
		strbuf_add_string(&aside, " that change by themselves are left out");
	}
	add_heading(page, comparison->n_settings == 0, heading.buf, aside.buf);
	for (size_t i = 0; i < comparison->n_settings; i++) {
		const struct setting_difference *difference = &comparison->settings[i];

		if (i == 0 || difference->kind != difference[-1].kind ||
		    !streq(difference->subject, difference[-1].subject))
			add_subject(page, difference->kind, difference->subject);
		add_setting(page, difference);
	}
}

/* ---- subjects ---- */

static void add_subjects(struct page *page, const struct comparison *comparison)
{
	CLEANUP(strbuf_release) struct strbuf heading = STRBUF_INIT, aside = STRBUF_INIT;

	if (comparison->n_subjects == 0)
		strbuf_add_string(&heading, "No subject");
	else
		add_plural(&heading, comparison->n_subjects, "subject");
	strbuf_add_string(&heading, " came or went");
	strbuf_add_string(&aside, "beside ");
	add_count(&aside, comparison->subjects_compared);
	strbuf_add_string(&aside, " that are in both");
	if (comparison->subjects_volatile && !comparison->all) {
		strbuf_add_string(&aside, "; ");
		add_count(&aside, comparison->subjects_volatile);
		strbuf_add_string(&aside, comparison->subjects_volatile == 1 ? " process" : " processes");
		strbuf_add_string(&aside, " left out");
	}
	add_heading(page, comparison->n_subjects == 0, heading.buf, aside.buf);
	for (size_t i = 0; i < comparison->n_subjects; i++) {
		const struct subject_difference *difference = &comparison->subjects[i];
		CLEANUP(strbuf_release) struct strbuf has = STRBUF_INIT;
		struct flow flow = flow_begin(page, MARGIN);

		flow.indent = INDENT;
		flow_phrase(&flow, STYLE_BOLD, difference->appeared ? "came" : "went");
		flow_gap(&flow, 2);
		flow_addf(&flow, STYLE_PLAIN, "%s %s", subject_kind_name(difference->kind), difference->subject);
		add_plural(&has, difference->settings, "setting");
		strbuf_add_string(&has, ", ");
		add_plural(&has, difference->metrics, "metric");
		add_apart(&flow, STYLE_DIM, has.buf);
		flow_end(&flow);
	}
}

/* ---- metrics ---- */

static void add_change(struct flow *flow, const struct metric_difference *difference)
{
	const struct interval_comparison *values = &difference->values;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (values->change == CHANGE_UNKNOWN) {
		flow_addf(flow, STYLE_DIM, "  %s", values->why);
		return;
	}
	comparison_add_signed(&text, values->difference, difference->dimension, difference->ratio);
	add_apart(flow, values->change == CHANGE_NONE ? STYLE_DIM : STYLE_BOLD, text.buf);
	if (isnan(values->low) || values->low == values->high)
		return;
	strbuf_reset(&text);
	comparison_add_signed(&text, values->low, difference->dimension, difference->ratio);
	strbuf_add_string(&text, " to ");
	comparison_add_signed(&text, values->high, difference->dimension, difference->ratio);
	add_apart(flow, STYLE_DIM, text.buf);
	if (values->change == CHANGE_NONE)
		add_apart(flow, STYLE_DIM, "within noise");
}

static void add_metric(struct page *page, const struct metric_difference *difference)
{
	struct flow flow = flow_begin(page, MARGIN);

	flow.indent = INDENT;
	if (*difference->subject)
		flow_addf(&flow, STYLE_DIM, "%s %s ", subject_kind_name(difference->kind), difference->subject);
	flow_add(&flow, STYLE_BOLD, difference->key);
	add_change(&flow, difference);
	flow_end(&flow);
	comparison_add_distributions(page, INDENT, &difference->values, difference->dimension, difference->ratio);
}

static void add_metrics(struct page *page, const struct comparison *comparison)
{
	CLEANUP(strbuf_release) struct strbuf heading = STRBUF_INIT, aside = STRBUF_INIT, more = STRBUF_INIT;
	size_t shown = comparison->all ? comparison->n_metrics : MIN(comparison->n_metrics, (size_t)METRICS_SHOWN);

	if (!comparison->windows) {
		add_heading(page, false, "Metrics were not compared", "");
		page_paragraph(page, MARGIN, STYLE_PLAIN,
			       "Both snapshots need a measured window for that: keisoku capture --window 60s");
		return;
	}
	if (comparison->metrics_changed == 0)
		strbuf_add_string(&heading, "No metric");
	else
		add_plural(&heading, comparison->metrics_changed, "metric");
	strbuf_add_string(&heading, " changed beyond noise");
	strbuf_add_string(&aside, "of ");
	add_count(&aside, comparison->metrics_compared);
	if (comparison->metrics_small) {
		strbuf_add_string(&aside, "; ");
		add_count(&aside, comparison->metrics_small);
		strbuf_add_string(&aside, " by less than 1 %");
	}
	if (comparison->metrics_unknown) {
		strbuf_add_string(&aside, "; for ");
		add_count(&aside, comparison->metrics_unknown);
		strbuf_add_string(&aside, " the windows are too short to tell");
	}
	add_heading(page, shown == 0, heading.buf, aside.buf);
	for (size_t i = 0; i < shown; i++)
		add_metric(page, &comparison->metrics[i]);
	if (shown < comparison->n_metrics) {
		add_count(&more, comparison->n_metrics - shown);
		strbuf_add_string(&more, " more, that changed less: --all");
		page_paragraph(page, MARGIN, STYLE_DIM, more.buf);
	}
	if (shown > 0) {
		page_blank(page);
		page_paragraph(page, 0, STYLE_DIM,
			       "Per interval; the change is the shift of the values, with the range in which it lies with 95 % "
			       "confidence. Of the metrics called changed, about 5 % may be chance.");
	}
}

void comparison_write_text(FILE *out, const struct comparison *comparison, struct page *page)
{
	comparison_add_side(page, "before", &comparison->before);
	comparison_add_side(page, "after", &comparison->after);
	comparison_add_identity(page, comparison->identity, comparison->n_identity);
	add_settings(page, comparison);
	add_subjects(page, comparison);
	add_metrics(page, comparison);
	fwrite(page->text.buf, 1, page->text.len, out);
}
