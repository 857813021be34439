/* SPDX-License-Identifier: Apache-2.0 */
/* A comment on a pull request: what is recommended as a table with file and line, each with its details folded away, then
 * what could not be judged.
 *
 * GitHub takes at most 65,536 characters; what does not fit is left out, whole findings at a time, and counted.  Text is
 * quoted as quote_markdown() does it, so that a name in an image calls nobody and breaks no table. */
#include "../core/json.h"
#include "../core/quote.h"

#include "group.h"
#include "markdown-parts.h"
#include "phrase.h"
#include "reporter.h"

bool comment_add(struct comment *comment, const struct strbuf *piece, size_t limit)
{
	if (comment->text.len + piece->len > MIN(limit, COMMENT_MAX - FOOTER_MAX))
		return false;
	strbuf_add(&comment->text, piece->buf, piece->len);
	return true;
}

/* Length of at most max bytes of text, never half a character. */
static size_t cut(const char *text, size_t max)
{
	size_t length = text ? strlen(text) : 0;

	if (length <= max)
		return length;
	length = max;
	while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	return length;
}

void markdown_text(struct strbuf *out, const char *text, size_t max)
{
	size_t length = cut(text, max);

	quote_markdown(out, text, length);
	strbuf_add_string(out, text && text[length] ? "…" : "");
}

void markdown_code(struct strbuf *out, const char *text, size_t max)
{
	size_t length = cut(text, max);

	quote_markdown_code(out, text, length);
	strbuf_add_string(out, text[length] ? "…" : "");
}

static void add_title(struct strbuf *out, const struct finding *finding)
{
	markdown_text(out, finding->title, CELL_MAX);
	if (finding->subject == SUBJECT_HOST || !finding->subject_name)
		return;
	strbuf_add_string(out, " (");
	markdown_text(out, finding->subject_name, CELL_MAX);
	strbuf_add_char(out, ')');
}

static void add_severity(struct strbuf *out, enum severity severity)
{
	for (const char *c = severity_name(severity); *c; c++)
		strbuf_add_char(out, (char)(*c - 'a' + 'A'));
}

/* The top: what it is about, and the counts. */

static void add_counts(struct strbuf *out, const struct report *report)
{
	const char *separator = "";

	if (report_is_review(report)) {
		markdown_review_counts(out, report);
		return;
	}
	for (size_t i = 0; i < STATUS_COUNT; i++) {
		size_t count = report->findings->counts[i];

		if (count == 0 && i != STATUS_RECOMMEND)
			continue;
		strbuf_addf(out, "%s%s", separator, i == STATUS_RECOMMEND ? "**" : "");
		phrase_count(out, count);
		strbuf_addf(out, " %s%s", phrase_status_in(report, (enum status)i), i == STATUS_RECOMMEND ? "**" : "");
		separator = " · ";
	}
}

static void add_top(struct comment *comment, const struct report *report)
{
	const char *kernel = report_host_text(report, "kernel.release");
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT, host = STRBUF_INIT;

	strbuf_addf(&piece, "## Keisoku %s: ", report->command);
	phrase_host(&host, report);
	markdown_text(&piece, host.buf, CELL_MAX);
	if (kernel) {
		strbuf_add_string(&piece, " · Linux ");
		markdown_text(&piece, kernel, CELL_MAX);
	}
	strbuf_add_string(&piece, "\n\n");
	add_counts(&piece, report);
	strbuf_add_string(&piece, "\n\n");
	phrase_coverage(&piece, report);
	strbuf_add_string(&piece, "\n");
	(void)comment_add(comment, &piece, COMMENT_MAX);
}

/* What is recommended. */

static void add_row(struct strbuf *out, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf where = STRBUF_INIT, change = STRBUF_INIT;

	if (finding->n_sites)
		phrase_site(&where, &finding->sites[0]);
	if (finding->n_changes || !finding->values)
		phrase_changes(&change, finding);
	else
		phrase_values(&change, finding->values);
	strbuf_add_string(out, "| ");
	add_severity(out, finding->severity);
	strbuf_add_string(out, " | ");
	add_title(out, finding);
	strbuf_add_string(out, " | ");
	if (where.len)
		markdown_code(out, where.buf, CELL_MAX);
	strbuf_add_string(out, " | ");
	markdown_text(out, change.buf, CELL_MAX);
	strbuf_add_string(out, " |\n");
}

static void add_table(struct comment *comment, const struct report *report)
{
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;
	bool any = false;

	for (size_t i = 0; i < report->findings->count && !any; i++)
		any = finding_is_new(&report->findings->items[i]);
	if (!any)
		return;
	strbuf_add_string(&piece, "\n| severity | finding | where | change |\n| --- | --- | --- | --- |\n");
	(void)comment_add(comment, &piece, TABLE_MAX);
	for (size_t i = 0; i < report->findings->count; i++) {
		if (!finding_is_new(&report->findings->items[i]))
			continue;
		strbuf_reset(&piece);
		add_row(&piece, &report->findings->items[i]);
		if (!comment_add(comment, &piece, TABLE_MAX))
			comment->left_out++;
	}
}

void markdown_field(struct strbuf *out, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	strbuf_addf(out, "- **%s:** ", label);
	markdown_text(out, text, FIELD_MAX);
	strbuf_add_char(out, '\n');
}

/* Longer than any row of them in text. */
static void add_fence(struct strbuf *out, const char *text)
{
	size_t longest = 2, row = 0;

	for (const char *c = text; *c; c++) {
		row = *c == '`' ? row + 1 : 0;
		longest = MAX(longest, row);
	}
	strbuf_add_repeated(out, '`', longest + 1);
}

void markdown_block(struct strbuf *out, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	for (const char *line = text; *line; line += *line == '\n') {
		size_t length = strcspn(line, "\n");

		quote_terminal(&safe, line, length);
		strbuf_add_char(&safe, '\n');
		line += length;
	}
	add_fence(out, safe.buf);
	strbuf_add_string(out, "sh\n");
	strbuf_add_string(out, safe.buf);
	add_fence(out, safe.buf);
	strbuf_add_char(out, '\n');
}

static void add_commands(struct strbuf *out, const struct finding *finding)
{
	static const struct {
		const char *label;
		size_t member;
		bool backwards;
	} kinds[] = {
		{ "Apply", offsetof(struct change, apply), false },
		{ "Roll back", offsetof(struct change, rollback), true },
		{ "Verify", offsetof(struct change, verify), false },
		{ "Persist", offsetof(struct change, persist), false },
		{ "Unpersist", offsetof(struct change, unpersist), true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP(strbuf_release) struct strbuf commands = STRBUF_INIT;

		phrase_commands(&commands, finding, kinds[i].member, kinds[i].backwards);
		if (!commands.len)
			continue;
		strbuf_addf(out, "\n%s:\n\n", kinds[i].label);
		if (commands.len <= COMMANDS_MAX)
			markdown_block(out, commands.buf);
		else
			strbuf_add_string(out, "too long to be shown here.\n");
	}
}

static void add_sites(struct strbuf *out, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_sites; i++) {
		CLEANUP(strbuf_release) struct strbuf site = STRBUF_INIT;

		phrase_site(&site, &finding->sites[i]);
		strbuf_add_string(out, "- **where:** ");
		markdown_code(out, site.buf, FIELD_MAX);
		if (finding->sites[i].text) {
			strbuf_add_char(out, ' ');
			markdown_code(out, finding->sites[i].text, FIELD_MAX);
		}
		strbuf_add_char(out, '\n');
	}
}

void markdown_references(struct strbuf *out, const struct string_list *references)
{
	for (size_t i = 0; references && i < references->count; i++) {
		CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;
		bool linked = phrase_reference_url(&url, references->items[i]);

		strbuf_add_string(out, i ? ", " : "- **see:** ");
		strbuf_add_string(out, linked ? "[" : "");
		markdown_text(out, references->items[i], CELL_MAX);
		if (linked)
			strbuf_addf(out, "](%s)", url.buf);
	}
	strbuf_add_string(out, references && references->count ? "\n" : "");
}

static void add_details(struct strbuf *out, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf changes = STRBUF_INIT, values = STRBUF_INIT, measured = STRBUF_INIT;

	phrase_changes(&changes, finding);
	phrase_values(&values, finding->values);
	phrase_measured(&measured, finding);
	strbuf_add_string(out, "\n<details><summary>");
	add_severity(out, finding->severity);
	strbuf_add_string(out, " · ");
	add_title(out, finding);
	strbuf_add_string(out, "</summary>\n\n");
	markdown_field(out, finding->n_changes ? "change" : "do", changes.buf);
	markdown_field(out, "values", values.buf);
	add_sites(out, finding);
	markdown_field(out, "measured", measured.buf);
	markdown_field(out, "found", phrase_found(finding));
	markdown_field(out, "because", finding->because);
	markdown_field(out, "better when", finding->verify_measure);
	markdown_field(out, "takes effect", finding->takes_effect);
	markdown_field(out, "side effects", finding->side_effects);
	markdown_field(out, "confidence", finding->confidence_reason);
	markdown_references(out, finding->references);
	strbuf_add_string(out, "- **id:** ");
	markdown_code(out, finding->id, FIELD_MAX);
	strbuf_add_char(out, '\n');
	add_commands(out, finding);
	strbuf_add_string(out, "\n</details>\n");
}

static size_t add_all_details(struct comment *comment, const struct report *report)
{
	size_t left_out = 0;

	for (size_t i = 0; i < report->findings->count; i++) {
		CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;

		if (!finding_is_new(&report->findings->items[i]))
			continue;
		/* Once one does not fit those below it would only be the short ones. */
		if (!left_out)
			add_details(&piece, &report->findings->items[i]);
		if (left_out || !comment_add(comment, &piece, DETAILS_MAX))
			left_out++;
	}
	return left_out;
}

/* The rest: a table for each status, folded away. */

static void add_group_rows(struct comment *comment, const struct report *report, enum status status)
{
	CLEANUP(members_release) struct members members = MEMBERS_INIT;

	members_collect(&members, report, status);
	for (size_t i = 0; i < members.count; i++) {
		CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT, names = STRBUF_INIT;

		if (!members_begins_group(&members, i))
			continue;
		members_names(&names, &members, members.items[i].text);
		strbuf_add_string(&piece, "| ");
		markdown_text(&piece, names.buf, FIELD_MAX);
		strbuf_add_string(&piece, " | ");
		markdown_text(&piece, *members.items[i].text ? members.items[i].text : "no reason is known", FIELD_MAX);
		strbuf_add_string(&piece, " |\n");
		if (!comment_add(comment, &piece, COMMENT_MAX - FOOTER_MAX - 20))
			comment->left_out++;
	}
}

static void add_single_rows(struct comment *comment, const struct report *report, enum status status)
{
	for (size_t i = 0; i < report->findings->count; i++) {
		const struct finding *finding = &report->findings->items[i];
		CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT, why = STRBUF_INIT;

		if (finding->status != status || finding_is_new(finding))
			continue;
		phrase_why(&why, finding);
		strbuf_add_string(&piece, "| ");
		add_title(&piece, finding);
		strbuf_add_string(&piece, "<br>");
		markdown_code(&piece, finding->id, CELL_MAX);
		strbuf_add_string(&piece, " | ");
		markdown_text(&piece, why.buf, FIELD_MAX);
		strbuf_add_string(&piece, " |\n");
		if (!comment_add(comment, &piece, COMMENT_MAX - FOOTER_MAX - 20))
			comment->left_out++;
	}
}

struct section {
	enum status status;
	const char *title, *column;
	bool only_all;
	void (*add)(struct comment *comment, const struct report *report, enum status status);
};

/* clang-format off */
static const struct section sections[] = {
	{ .status = STATUS_RECOMMEND, .title = "In the baseline already", .column = "why", .add = add_single_rows, },
	{ .status = STATUS_SUSPECT, .title = "Suspected", .column = "why not more", .add = add_single_rows, },
	{ .status = STATUS_ELSEWHERE, .title = "Elsewhere", .column = "why", .add = add_single_rows, },
	{ .status = STATUS_WAIVED, .title = "Waived", .column = "waiver", .add = add_single_rows, },
	{ .status = STATUS_UNREADABLE, .title = "Not readable", .column = "why", .add = add_group_rows, },
	{ .status = STATUS_UNMEASURED, .title = "Not measured", .column = "what would be needed", .add = add_group_rows, },
	{ .status = STATUS_SATISFIED, .title = "Satisfied", .column = "why", .only_all = true, .add = add_group_rows, },
	{ .status = STATUS_NOT_APPLICABLE, .title = "Not applicable", .column = "why", .only_all = true,
	  .add = add_group_rows, },
};
/* clang-format on */

/* Those that stand in the section of the status; what is new stands above. */
static size_t count_in(const struct report *report, enum status status)
{
	size_t count = 0;

	for (size_t i = 0; i < report->findings->count; i++)
		count += report->findings->items[i].status == status && !finding_is_new(&report->findings->items[i]);
	return count;
}

static void add_section(struct comment *comment, const struct report *report, const struct section *section)
{
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;
	size_t count = count_in(report, section->status);

	if (count == 0 || (section->only_all && !report->show_all))
		return;
	strbuf_addf(&piece, "\n<details><summary>%s (%zu)</summary>\n\n| rule | %s |\n| --- | --- |\n", section->title, count,
		    section->column);
	if (!comment_add(comment, &piece, COMMENT_MAX - FOOTER_MAX - 200)) {
		comment->left_out += count;
		return;
	}
	section->add(comment, report, section->status);
	strbuf_add_string(&comment->text, "\n</details>\n");
}

#define NOTES_MAX 20

static void add_notes(struct comment *comment, const struct report *report)
{
	size_t total = report_notes(report), shown = 0;
	const struct diag_entry *note;
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;

	if (total == 0)
		return;
	strbuf_addf(&piece, "\nNotes (%zu):\n\n", total);
	for (; shown < NOTES_MAX && (note = report_note(report, shown)); shown++) {
		strbuf_add_string(&piece, "- ");
		if (note->place.file) {
			markdown_text(&piece, note->place.file, CELL_MAX);
			strbuf_addf(&piece, note->place.line ? ":%u: " : ": ", note->place.line);
		}
		markdown_text(&piece, note->message, CELL_MAX);
		strbuf_add_char(&piece, '\n');
	}
	if (total > shown)
		strbuf_addf(&piece, "- and %zu more\n", total - shown);
	if (!comment_add(comment, &piece, COMMENT_MAX))
		strbuf_addf(&comment->text, "\n%zu notes are not shown.\n", total);
}

static void add_footer(struct comment *comment, size_t without_details, const char *what)
{
	if (comment->left_out == 0 && without_details == 0)
		return;
	strbuf_add_string(&comment->text, "\nA comment holds 65,536 characters:");
	if (comment->left_out)
		strbuf_addf(&comment->text, " %zu entries are left out%s", comment->left_out, without_details ? "," : "");
	if (without_details)
		strbuf_addf(&comment->text, " %zu %s are without details", without_details, what);
	strbuf_add_string(&comment->text, ". The JSON report (`--output json`) has everything.\n");
}

static int markdown_write(FILE *out, const struct report *report)
{
	struct comment comment = { .text = STRBUF_INIT };
	size_t without_details;

	add_top(&comment, report);
	if (report_is_review(report)) {
		without_details = markdown_review(&comment, report);
	} else {
		add_table(&comment, report);
		without_details = add_all_details(&comment, report);
		for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
			add_section(&comment, report, &sections[i]);
	}
	add_notes(&comment, report);
	add_footer(&comment, without_details, report_is_review(report) ? "settings" : "recommendations");
	fwrite(comment.text.buf, 1, comment.text.len, out);
	strbuf_release(&comment.text);
	return 0;
}

const struct reporter reporter_markdown = {
	.name = "markdown",
	.summary = "for a comment on a pull request, within GitHub's limit of characters",
	.write = markdown_write,
};
