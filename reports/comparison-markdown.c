/* SPDX-License-Identifier: Apache-2.0 */
/* Two snapshots side by side, for a pull request or a ticket; and the list of formats. */
#include "../core/quote.h"
#include "comparison.h"

static void add_markdown(struct strbuf *out, const char *text)
{
	quote_markdown(out, text, strlen(text));
}

static void add_markdown_subject(struct strbuf *out, enum subject_kind kind, const char *subject)
{
	add_markdown(out, subject_kind_name(kind));
	if (*subject) {
		strbuf_add_char(out, ' ');
		add_markdown(out, subject);
	}
}

static void add_metrics(struct strbuf *out, const struct comparison *comparison)
{
	strbuf_addf(out, "\n## %zu of %zu metrics changed beyond noise\n", comparison->metrics_changed,
		    comparison->metrics_compared);
	if (comparison->n_metrics > 0)
		strbuf_add_string(out, "\n| subject | metric | p50 before | p95 | p50 after | p95 | change | 95 % from | to |\n"
				       "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (size_t i = 0; i < comparison->n_metrics; i++) {
		const struct metric_difference *difference = &comparison->metrics[i];
		const struct interval_comparison *values = &difference->values;
		const double numbers[] = { values->before.p50, values->before.p95, values->after.p50, values->after.p95 };
		const double change[] = { values->difference, values->low, values->high };

		strbuf_add_string(out, "| ");
		add_markdown_subject(out, difference->kind, difference->subject);
		strbuf_add_string(out, " | ");
		add_markdown(out, difference->key);
		for (size_t n = 0; n < ARRAY_SIZE(numbers); n++) {
			strbuf_add_string(out, " | ");
			quantity_format(out, numbers[n], difference->dimension, difference->ratio);
		}
		for (size_t n = 0; n < ARRAY_SIZE(change); n++) {
			strbuf_add_string(out, " | ");
			comparison_add_signed(out, change[n], difference->dimension, difference->ratio);
		}
		strbuf_add_string(out, " |\n");
	}
}

static void add_identity(struct strbuf *out, const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->n_identity; i++) {
		const struct identity_difference *identity = &comparison->identity[i];

		strbuf_addf(out, "- not the same %s: ", identity->name);
		add_markdown(out, identity->before ? identity->before : "not known");
		strbuf_add_string(out, " → ");
		add_markdown(out, identity->after ? identity->after : "not known");
		strbuf_add_char(out, '\n');
	}
}

static void add_settings(struct strbuf *out, const struct comparison *comparison)
{
	strbuf_addf(out, "\n## %zu of %zu settings differ\n", comparison->n_settings, comparison->settings_compared);
	if (comparison->n_settings > 0)
		strbuf_add_string(out, "\n| subject | setting | before | after |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < comparison->n_settings; i++) {
		const struct setting_difference *difference = &comparison->settings[i];

		strbuf_add_string(out, "| ");
		add_markdown_subject(out, difference->kind, difference->subject);
		strbuf_add_string(out, " | ");
		add_markdown(out, difference->key);
		strbuf_add_string(out, " | ");
		add_markdown(out, difference->before.text);
		strbuf_add_string(out, " | ");
		add_markdown(out, difference->after.text);
		strbuf_add_string(out, " |\n");
	}
}

static void add_subjects(struct strbuf *out, const struct comparison *comparison)
{
	strbuf_addf(out, "\n## %zu subjects came or went\n\n", comparison->n_subjects);
	for (size_t i = 0; i < comparison->n_subjects; i++) {
		strbuf_addf(out, "- %s: ", comparison->subjects[i].appeared ? "came" : "went");
		add_markdown_subject(out, comparison->subjects[i].kind, comparison->subjects[i].subject);
		strbuf_add_char(out, '\n');
	}
}

static void write_markdown(FILE *out, const struct comparison *comparison, struct page *page)
{
	struct strbuf *text = &page->text;

	strbuf_add_string(text, "# ");
	add_markdown(text, comparison->before.name);
	strbuf_add_string(text, " → ");
	add_markdown(text, comparison->after.name);
	strbuf_add_string(text, "\n\n");
	add_identity(text, comparison);
	add_settings(text, comparison);
	add_subjects(text, comparison);
	add_metrics(text, comparison);
	fwrite(text->buf, 1, text->len, out);
}

const struct comparison_reporter comparison_reporters[] = {
	{ .name = "text", .write = comparison_write_text, },
	{ .name = "json", .write = comparison_write_json, },
	{ .name = "markdown", .write = write_markdown, },
	{ .name = NULL, },
};
