/* SPDX-License-Identifier: Apache-2.0 */
/* One line for each finding, for spreadsheets and scripts: RFC 4180, UTF-8, every field in quotes.  Columns are only ever
 * added, at the end.  Commands are one field with a line for each. */
#include "../core/quote.h"

#include "phrase.h"
#include "reporter.h"

static void add_line(struct strbuf *out, const struct finding *finding)
{
	uint32_t line = finding->n_sites ? finding->sites[0].line : 0;

	if (line)
		strbuf_addf(out, "%u", line);
}

static void add_file(struct strbuf *out, const struct finding *finding)
{
	if (finding->n_sites)
		strbuf_add_string(out, finding->sites[0].path);
}

enum part { PART_KEY, PART_FROM, PART_TO };

/* One part of all changes, with "; " between them. */
static void add_part(struct strbuf *out, const struct finding *finding, enum part part)
{
	for (size_t i = 0; i < finding->n_changes; i++) {
		const struct change *change = &finding->changes[i];
		const char *const parts[] = {
			[PART_KEY] = change->key, [PART_FROM] = change->from, [PART_TO] = change->to,
		};

		strbuf_addf(out, "%s%s", i ? "; " : "", parts[part] ? parts[part] : "");
	}
}

static void add_keys(struct strbuf *out, const struct finding *finding)
{
	add_part(out, finding, PART_KEY);
	if (!out->len && finding->values && finding->values->key)
		strbuf_add_string(out, finding->values->key);
}

static void add_from(struct strbuf *out, const struct finding *finding)
{
	add_part(out, finding, PART_FROM);
}

static void add_to(struct strbuf *out, const struct finding *finding)
{
	add_part(out, finding, PART_TO);
}

static void add_apply(struct strbuf *out, const struct finding *finding)
{
	phrase_commands(out, finding, offsetof(struct change, apply), false);
}

static void add_rollback(struct strbuf *out, const struct finding *finding)
{
	phrase_commands(out, finding, offsetof(struct change, rollback), true);
}

static void add_verify(struct strbuf *out, const struct finding *finding)
{
	phrase_commands(out, finding, offsetof(struct change, verify), false);
}

static void add_status(struct strbuf *out, const struct finding *finding)
{
	strbuf_add_string(out, status_name(finding->status));
}

static void add_in_baseline(struct strbuf *out, const struct finding *finding)
{
	strbuf_add_string(out, finding->in_baseline ? "yes" : "no");
}

static void add_severity(struct strbuf *out, const struct finding *finding)
{
	strbuf_add_string(out, severity_name(finding->severity));
}

static void add_confidence(struct strbuf *out, const struct finding *finding)
{
	strbuf_add_string(out, confidence_name(finding->confidence));
}

static void add_references(struct strbuf *out, const struct finding *finding)
{
	for (size_t i = 0; finding->references && i < finding->references->count; i++)
		strbuf_addf(out, "%s%s", i ? "; " : "", finding->references->items[i]);
}

static void add_verdict(struct strbuf *out, const struct finding *finding)
{
	if (finding->review)
		strbuf_add_string(out, review_verdict_name(finding->review->verdict));
}

static void add_remarks(struct strbuf *out, const struct finding *finding)
{
	for (size_t i = 0; finding->review && i < finding->review->n_remarks; i++)
		strbuf_addf(out, "%s%s", i ? "; " : "", finding->review->remarks[i]);
}

/* A column is a text of the finding, one of the values that an audit compares, one of a review, or made of several. */
struct column {
	const char *name;
	void (*add)(struct strbuf *out, const struct finding *finding);
	size_t text, value, review;	/* 1 + the offset of a const char * */
};

#define TEXT(member) (1 + offsetof(struct finding, member))
#define VALUE(member) (1 + offsetof(struct finding_values, member))
#define REVIEW(member) (1 + offsetof(struct finding_review, member))

/* clang-format off */
static const struct column columns[] = {
	{ .name = "id",             .text = TEXT(id), },
	{ .name = "rule",           .text = TEXT(rule), },
	{ .name = "pack",           .add = phrase_pack, },
	{ .name = "title",          .text = TEXT(title), },
	{ .name = "subject",        .text = TEXT(subject_name), },
	{ .name = "status",         .add = add_status, },
	{ .name = "severity",       .add = add_severity, },
	{ .name = "confidence",     .add = add_confidence, },
	{ .name = "file",           .add = add_file, },
	{ .name = "line",           .add = add_line, },
	{ .name = "key",            .add = add_keys, },
	{ .name = "from",           .add = add_from, },
	{ .name = "to",             .add = add_to, },
	{ .name = "running",        .value = VALUE(running), },
	{ .name = "boot",           .value = VALUE(boot), },
	{ .name = "kernel_default", .value = VALUE(kernel_default), },
	{ .name = "wanted",         .value = VALUE(wanted), },
	{ .name = "drift",          .value = VALUE(drift), },
	{ .name = "measured",       .add = phrase_measured, },
	{ .name = "why",            .add = phrase_why, },
	{ .name = "advice",         .text = TEXT(advice), },
	{ .name = "apply",          .add = add_apply, },
	{ .name = "roll_back",      .add = add_rollback, },
	{ .name = "verify",         .add = add_verify, },
	{ .name = "better_when",    .text = TEXT(verify_measure), },
	{ .name = "takes_effect",   .text = TEXT(takes_effect), },
	{ .name = "side_effects",   .text = TEXT(side_effects), },
	{ .name = "references",     .add = add_references, },
	{ .name = "waiver",         .text = TEXT(waiver), },
	{ .name = "in_baseline",    .add = add_in_baseline, },
	{ .name = "verdict",        .add = add_verdict, },
	{ .name = "also",           .add = phrase_also, },
	{ .name = "before",         .review = REVIEW(before), },
	{ .name = "applied",        .review = REVIEW(applied), },
	{ .name = "form",           .review = REVIEW(form), },
	{ .name = "via",            .review = REVIEW(via), },
	{ .name = "condition",      .review = REVIEW(condition), },
	{ .name = "instead",        .review = REVIEW(instead), },
	{ .name = "remarks",        .add = add_remarks, },
};
/* clang-format on */

static void add_text(struct strbuf *out, const void *structure, size_t member)
{
	const char *text = structure ? *(const char *const *)((const char *)structure + member - 1) : NULL;

	strbuf_add_string(out, text ? text : "");
}

/* Lines of one field: each is quoted by itself, and the quotes between them are left out. */
static void add_field(struct strbuf *out, const char *text)
{
	strbuf_add_char(out, '"');
	for (const char *line = text; line; line = strchr(line, '\n')) {
		CLEANUP(strbuf_release) struct strbuf quoted = STRBUF_INIT;

		line += *line == '\n' && line != text;
		quote_csv(&quoted, line, strcspn(line, "\n"));
		strbuf_add_string(out, line == text ? "" : "\n");
		strbuf_add(out, quoted.buf + 1, quoted.len - 2);
	}
	strbuf_add_char(out, '"');
}

/* Only commands have lines of their own; elsewhere the end of a line is a character like another. */
static bool has_lines(const struct column *column)
{
	return column->add == add_apply || column->add == add_rollback || column->add == add_verify;
}

static void add_column(struct strbuf *out, const struct finding *finding, const struct column *column)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (column->add)
		column->add(&text, finding);
	else if (column->text)
		add_text(&text, finding, column->text);
	else if (column->value)
		add_text(&text, finding->values, column->value);
	else
		add_text(&text, finding->review, column->review);
	if (has_lines(column))
		add_field(out, text.buf);
	else
		quote_csv(out, text.buf, text.len);
}

static int csv_write(FILE *out, const struct report *report)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	for (size_t c = 0; c < ARRAY_SIZE(columns); c++)
		fprintf(out, "%s\"%s\"", c ? "," : "", columns[c].name);
	fputs("\r\n", out);
	for (size_t i = 0; i < report->findings->count; i++) {
		strbuf_reset(&line);
		for (size_t c = 0; c < ARRAY_SIZE(columns); c++) {
			strbuf_add_string(&line, c ? "," : "");
			add_column(&line, &report->findings->items[i], &columns[c]);
		}
		strbuf_add_string(&line, "\r\n");
		fwrite(line.buf, 1, line.len, out);
	}
	return 0;
}

const struct reporter reporter_csv = {
	.name = "csv",
	.summary = "one line for each finding, for spreadsheets and scripts",
	.write = csv_write,
};
