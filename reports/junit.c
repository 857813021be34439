/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit XML for CI servers: a suite for each pack or policy, a case for each finding, and first of all a suite for the run
 * itself, so that a report without findings is one that passed and a broken rule is an error.
 *
 * There is no one JUnit format.  What is written is valid for the schemas of Ant (as published by Windy Road) and of
 * Jenkins: no attribute on the outermost element, no time zone, one outcome a case.  A report without a live window has no
 * time, and the schema demands one: it is then that of the epoch. */
#include "../core/quote.h"

#include "layout.h"
#include "phrase.h"
#include "reporter.h"
#include "text-finding.h"

enum outcome { PASSED, FAILURE, SKIPPED, ERROR, OUTCOME_COUNT };

/* What the baseline has too is no failure. */
static enum outcome outcome_of(const struct finding *finding)
{
	static const enum outcome outcomes[STATUS_COUNT] = {
		[STATUS_RECOMMEND] = FAILURE,
		[STATUS_SUSPECT] = SKIPPED,
		[STATUS_UNMEASURED] = SKIPPED,
		[STATUS_ELSEWHERE] = SKIPPED,
		[STATUS_SATISFIED] = PASSED,
		[STATUS_NOT_APPLICABLE] = SKIPPED,
		[STATUS_UNREADABLE] = ERROR,
		[STATUS_WAIVED] = SKIPPED,
	};

	return finding->in_baseline && finding->status == STATUS_RECOMMEND ? SKIPPED : outcomes[finding->status];
}

static void write_text(FILE *out, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf quoted = STRBUF_INIT;

	if (text)
		quote_html(&quoted, text, strlen(text));
	fwrite(quoted.buf, 1, quoted.len, out);
}

static void write_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	write_text(out, value);
	fputc('"', out);
}

/* Text that keeps its lines. */
static void write_lines(FILE *out, const char *text)
{
	for (; *text; text += *text == '\n') {
		CLEANUP(strbuf_release) struct strbuf quoted = STRBUF_INIT;
		size_t length = strcspn(text, "\n");

		quote_html(&quoted, text, length);
		fwrite(quoted.buf, 1, quoted.len, out);
		text += length;
		if (*text)
			fputc('\n', out);
	}
}

/* The suites: their names, and which one each finding belongs to. */
struct suites {
	char **names;
	size_t count, capacity;
	size_t *of;		/* index of the suite by index of the finding */
};

static void suites_release(struct suites *suites)
{
	for (size_t i = 0; i < suites->count; i++)
		free(suites->names[i]);
	free(suites->names);
	free(suites->of);
}

static size_t suites_find(struct suites *suites, const char *name)
{
	for (size_t i = 0; i < suites->count; i++)
		if (streq(suites->names[i], name))
			return i;
	GROW(suites->names, suites->capacity, suites->count + 1);
	suites->names[suites->count] = xstrdup(name);
	return suites->count++;
}

static void suites_collect(struct suites *suites, const struct finding_list *findings)
{
	CLEANUP(strbuf_release) struct strbuf pack = STRBUF_INIT;

	suites->of = xcalloc(findings->count + 1, sizeof(*suites->of));
	for (size_t i = 0; i < findings->count; i++) {
		strbuf_reset(&pack);
		if (findings->items[i].review)
			strbuf_add_string(&pack, findings->items[i].sites[0].path);
		else
			phrase_pack(&pack, &findings->items[i]);
		suites->of[i] = suites_find(suites, pack.buf);
	}
}

static void begin_suite(FILE *out, const struct report *report, size_t id, const char *name,
			const size_t counts[OUTCOME_COUNT])
{
	CLEANUP(strbuf_release) struct strbuf time = STRBUF_INIT, package = STRBUF_INIT;
	const char *host = report_host_text(report, "host.name");

	phrase_time(&time, report_time(report));
	strbuf_addf(&package, "keisoku.%s", report->command);
	fprintf(out, " <testsuite id=\"%zu\"", id);
	write_attribute(out, "name", name);
	write_attribute(out, "package", package.buf);
	write_attribute(out, "timestamp", time.buf);
	write_attribute(out, "hostname", host ? host : "localhost");
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"0\">\n",
		counts[PASSED] + counts[FAILURE] + counts[SKIPPED] + counts[ERROR], counts[FAILURE], counts[ERROR],
		counts[SKIPPED]);
}

static void write_property(FILE *out, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(out, "   <property name=\"%s\"", name);
	write_attribute(out, "value", value);
	fputs("/>\n", out);
}

static void begin_case(FILE *out, const char *suite, const char *class, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;

	strbuf_addf(&full, "keisoku.%s.%s", suite, class);
	fputs("  <testcase", out);
	write_attribute(out, "classname", full.buf);
	write_attribute(out, "name", name);
	fputs(" time=\"0\"", out);
}

/* Everything that the report for people says of it. */
static void write_body(FILE *out, const struct finding *finding, const struct report *report)
{
	const struct finding_list one = { .items = (struct finding *)finding, .count = 1 };
	struct report alone = *report;
	CLEANUP(page_release) struct page page = { .text = STRBUF_INIT };

	alone.findings = &one;
	page_init(&page, 100, false, true);
	if (finding->review)
		text_review_item(&page, &alone, finding);
	else
		(report_is_audit(report) ? text_found : text_recommendation)(&page, &alone, finding, 0);
	write_lines(out, page.text.buf);
}

/* "60-web.conf:3: overridden, vm.swappiness 60 → 10" */
static void add_proposed(struct strbuf *out, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	phrase_review_key(&key, finding);
	phrase_site(out, &finding->sites[0]);
	strbuf_addf(out, ": %s", review_verdict_name(finding->review->verdict));
	if (key.len)
		strbuf_addf(out, ", %s %s → %s", key.buf, review_from(finding), review_to(finding));
}

/* "net.core.somaxconn 128 → 4,096: 12.4 connections per second …" */
static void add_message(struct strbuf *out, const struct report *report, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	if (finding->review)
		add_proposed(out, finding);
	else if (finding_is_new(finding))
		phrase_changes(out, finding);
	else
		strbuf_add_string(out, finding->in_baseline ? "in the baseline already" :
							      phrase_status_in(report, finding->status));
	phrase_why(&why, finding);
	/* "not known" of an audit begins that way already. */
	if (out->len && starts_with(why.buf, out->buf))
		strbuf_reset(out);
	strbuf_addf(out, "%s%s", out->len && why.len ? ": " : "", why.buf);
}

/* The rules of a policy have its name in front. */
static const char *rule_in(const char *suite, const char *rule)
{
	size_t length = strlen(suite);

	return starts_with(rule, suite) && rule[length] == '/' ? rule + length + 1 : rule;
}

static void write_case(FILE *out, const struct report *report, const struct finding *finding, const char *suite)
{
	static const char *const elements[OUTCOME_COUNT] = {
		[FAILURE] = "failure", [SKIPPED] = "skipped", [ERROR] = "error",
	};
	enum outcome outcome = outcome_of(finding);
	CLEANUP(strbuf_release) struct strbuf message = STRBUF_INIT;

	begin_case(out, suite, rule_in(suite, finding->rule), finding->id);
	if (outcome == PASSED) {
		fputs("/>\n", out);
		return;
	}
	add_message(&message, report, finding);
	fprintf(out, ">\n   <%s", elements[outcome]);
	if (outcome != SKIPPED)
		write_attribute(out, "type", outcome == ERROR ? (finding->review ? "unclear" : "unreadable") :
							severity_name(finding->severity));
	write_attribute(out, "message", message.buf);
	fputc('>', out);
	if (outcome == FAILURE)
		write_body(out, finding, report);
	fprintf(out, "</%s>\n  </testcase>\n", elements[outcome]);
}

static void write_suite(FILE *out, const struct report *report, const struct suites *suites, size_t suite)
{
	const struct finding_list *findings = report->findings;
	size_t counts[OUTCOME_COUNT] = { 0 };

	for (size_t i = 0; i < findings->count; i++)
		if (suites->of[i] == suite)
			counts[outcome_of(&findings->items[i])]++;
	begin_suite(out, report, suite + 1, suites->names[suite], counts);
	fputs("  <properties>\n", out);
	write_property(out, "keisoku.version", KEISOKU_VERSION);
	fputs("  </properties>\n", out);
	for (size_t i = 0; i < findings->count; i++)
		if (suites->of[i] == suite)
			write_case(out, report, &findings->items[i], suites->names[suite]);
	fputs("  <system-out/>\n  <system-err/>\n </testsuite>\n", out);
}

static void write_properties(FILE *out, const struct report *report)
{
	static const char *const keys[] = { "kernel.release", "kernel.architecture", "os.id", "os.version" };

	fputs("  <properties>\n", out);
	write_property(out, "keisoku.version", KEISOKU_VERSION);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		write_property(out, keys[i], report_host_text(report, keys[i]));
	fputs("  </properties>\n", out);
}

static void write_counts(FILE *out, const struct report *report)
{
	fputs("  <system-out>", out);
	if (report_is_review(report)) {
		CLEANUP(strbuf_release) struct strbuf verdicts = STRBUF_INIT;

		phrase_verdicts(&verdicts, report, "\n");
		fprintf(out, "%s</system-out>\n", verdicts.buf);
		return;
	}
	for (size_t i = 0; i < STATUS_COUNT; i++)
		fprintf(out, "%s%zu %s", i ? "\n" : "", report->findings->counts[i], phrase_status_in(report, (enum status)i));
	fputs("</system-out>\n", out);
}

static void write_note(FILE *out, const struct diag_entry *note)
{
	if (note->place.file) {
		write_text(out, note->place.file);
		fprintf(out, note->place.line ? ":%u: " : ": ", note->place.line);
	}
	write_text(out, note->message);
}

/* The run itself: an error for each diagnostic that is one; the others are its talk. */
static void write_run(FILE *out, const struct report *report)
{
	size_t errors = 0, counts[OUTCOME_COUNT] = { 0 };
	const struct diag_entry *note;

	for (size_t i = 0; (note = report_note(report, i)); i++)
		errors += note->level == DIAG_ERROR;
	counts[errors ? ERROR : PASSED] = errors ? errors : 1;
	begin_suite(out, report, 0, "run", counts);
	write_properties(out, report);
	for (size_t i = 0, n = 0; (note = report_note(report, i)); i++) {
		CLEANUP(free_ptr) char *name = NULL;

		if (note->level != DIAG_ERROR)
			continue;
		name = xasprintf("diagnostic %zu", ++n);
		begin_case(out, "run", "diagnostics", name);
		fputs(">\n   <error type=\"diagnostic\" message=\"", out);
		write_note(out, note);
		fputs("\"/>\n  </testcase>\n", out);
	}
	if (!errors) {
		begin_case(out, "run", "diagnostics",
			   report_is_review(report) ? "everything was read" : "every rule was judged");
		fputs("/>\n", out);
	}
	write_counts(out, report);
	fputs("  <system-err>", out);
	for (size_t i = 0; (note = report_note(report, i)); i++) {
		write_note(out, note);
		fputc('\n', out);
	}
	fputs("</system-err>\n </testsuite>\n", out);
}

static int junit_write(FILE *out, const struct report *report)
{
	CLEANUP(suites_release) struct suites suites = { 0 };

	suites_collect(&suites, report->findings);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	write_run(out, report);
	for (size_t i = 0; i < suites.count; i++)
		write_suite(out, report, &suites, i);
	fputs("</testsuites>\n", out);
	return 0;
}

const struct reporter reporter_junit = {
	.name = "junit",
	.summary = "JUnit XML for CI servers: a suite for each pack, a case for each finding",
	.write = junit_write,
};
