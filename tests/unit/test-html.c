/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <nettle/sha2.h>

#include "../../core/json.h"
#include "../../core/quote.h"
#include "../../reports/html-parts.h"
#include "report-fixture.h"

extern const struct reporter reporter_html;

/* ---- text from outside ---- */

static void every_character_that_means_something_is_escaped(void **state)
{
	static const struct {
		const char *text, *html;
	} cases[] = {
		{ "", "" },
		{ "vm.swappiness", "vm.swappiness" },
		{ "<script>alert(1)</script>", "&#60;script&#62;alert(1)&#60;/script&#62;" },
		{ "a & b &amp; c", "a &#38; b &#38;amp; c" },
		{ "\" onload=\"x", "&#34; onload=&#34;x" },
		{ "' onload='x", "&#39; onload=&#39;x" },
		{ "</title><style>", "&#60;/title&#62;&#60;style&#62;" },
		{ "]]> --> <!--", "]]&#62; --&#62; &#60;!--" },
		{ "\033[31m\a\r", "\\x1b[31m\\x07\\x0d" },
		{ "\xff<\xc3", "\\xff&#60;\\xc3" },
		{ "\xc3\xa4\xe6\xb8\xac", "\xc3\xa4\xe6\xb8\xac" },
		{ "evil\xe2\x80\xaegnp.exe", "evil\\u{202e}gnp.exe" },
		{ "zero\xe2\x80\x8bwidth", "zero\\u{200b}width" },
		{ "\xef\xbf\xbe\xef\xb7\x90\xf0\x9f\xbf\xbf", "\\u{fffe}\\u{fdd0}\\u{1ffff}" },
		{ "\xc2\x85\xef\xbb\xbf", "\\u{0085}\\u{feff}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		quote_html(&out, cases[i].text, strlen(cases[i].text));
		assert_string_equal(out.buf, cases[i].html);
	}
}

static void white_space_is_one_blank_and_a_number_keeps_its_unit(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	html_text(&out, "one\n\t two 10 % of 4 KiB, 3 files");
	assert_string_equal(out.buf, "one two 10&nbsp;% of 4&nbsp;KiB, 3 files");
}

static void a_long_name_is_cut_between_two_characters_and_says_so(void **state)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT, out = STRBUF_INIT;

	(void)state;
	strbuf_add_char(&name, 'x');
	for (size_t i = 0; i < 5000; i++)
		strbuf_add_string(&name, "\xe6\xb8\xac");
	html_text(&out, name.buf);
	assert_true(utf8_valid(out.buf, out.len));
	assert_null(strstr(out.buf, "\\x"));
	assert_true(ends_with(out.buf, "… (11001 bytes more)"));
	strbuf_reset(&out);
	html_code(&out, NULL, name.buf);
	assert_true(utf8_valid(out.buf, out.len));
	assert_true(ends_with(out.buf, "…</code>"));
}

static void a_key_may_break_behind_a_dot_but_not_inside_an_entity(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	html_code(&out, "key", "a.<b>/c");
	assert_string_equal(out.buf, "<code class=\"key\">a.<wbr>&#60;b&#62;/<wbr>c</code>");
}

static void commands_keep_every_byte_and_line(void **state)
{
	CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT, out = STRBUF_INIT;

	(void)state;
	html_commands(&out, "echo  'a  b' >/x\nrm -f \"/y\"\n");
	assert_string_equal(out.buf, "<pre><code>echo  &#39;a  b&#39; &#62;/x\nrm -f &#34;/y&#34;</code></pre>");
	strbuf_add_repeated(&command, 'x', 20000);
	strbuf_reset(&out);
	html_commands(&out, command.buf);
	assert_non_null(strstr(out.buf, command.buf));
}

/* ---- the page as a whole ---- */

static bool is_void(const char *name)
{
	static const char *const names[] = { "meta", "br", "wbr" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(names[i], name))
			return true;
	return false;
}

static bool is_known(const char *name)
{
	static const char *const names[] = {
		"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "nav", "section", "article", "h1",
		"h2", "h3", "p", "a", "b", "strong", "small", "span", "div", "code", "pre", "ul", "li", "dl", "dt", "dd", "table",
		"thead", "tbody", "tr", "th", "td", "details", "summary", "svg", "desc", "path", "rect", "br", "wbr",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(names[i], name))
			return true;
	return false;
}

#define DEPTH_MAX 32

struct walk {
	char open[DEPTH_MAX][16];
	size_t depth;
	size_t elements;
};

static void walk_tag(struct walk *walk, const char *tag, size_t length)
{
	bool closes = *tag == '/', empty = tag[length - 1] == '/';
	char name[16] = "";
	size_t n = 0;

	while (closes + n < length && n + 1 < sizeof(name) &&
	       ((tag[closes + n] >= 'a' && tag[closes + n] <= 'z') || (tag[closes + n] >= '1' && tag[closes + n] <= '3'))) {
		name[n] = tag[closes + n];
		n++;
	}
	assert_true(n > 0);
	if (!is_known(name))
		fail_msg("<%.*s> is no element of a report", (int)length, tag);
	walk->elements++;
	if (closes) {
		assert_true(walk->depth > 0);
		assert_string_equal(walk->open[--walk->depth], name);
	} else if (!empty && !is_void(name)) {
		assert_true(walk->depth < DEPTH_MAX);
		memcpy(walk->open[walk->depth++], name, sizeof(name));
	}
	assert_null(memmem(tag, length, " on", 3));
	assert_null(memmem(tag, length, "style=", 6));
	assert_null(memmem(tag, length, "src=", 4));
}

/* Every "<" begins an element that a report has, everything that is opened is closed, no character does harm.  Pages have
 * megabytes: nothing here looks at the rest of one for each tag. */
static void assert_well_formed(const char *text)
{
	struct walk walk = { .depth = 0 };
	const char *at = strstr(text, "<html"), *last = text + strlen(text);

	assert_true(utf8_valid(text, strlen(text)));
	assert_null(strstr(text, "\xe2\x80\xae"));
	for (const char *c = text; *c; c++)
		assert_true(((unsigned char)*c >= ' ' && *c != 0x7f) || *c == '\n' || *c == '\t');
	for (; at && (at = memchr(at, '<', (size_t)(last - at))); at++) {
		const char *end = memchr(at, '>', (size_t)(last - at));

		assert_non_null(end);
		walk_tag(&walk, at + 1, (size_t)(end - at) - 1);
		at = end;
	}
	assert_int_equal(walk.depth, 0);
	assert_true(walk.elements > 50);
}

static void hostile_text_ends_harmless_and_the_page_well_formed(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct report_fixture fixture;
		char *text, *again;

		fixture_init(&fixture, 80, false, true);
		if (i & 1)
			fixture_make_hostile(&fixture);
		fixture.report.show_all = i & 2;
		text = fixture_write(&reporter_html, &fixture.report);
		again = fixture_write(&reporter_html, &fixture.report);
		assert_well_formed(text);
		assert_string_equal(text, again);
		free(text);
		free(again);
		fixture_release(&fixture);
	}
}

static char *plain_report(void)
{
	struct report_fixture fixture;
	char *text;

	fixture_init(&fixture, 80, false, true);
	text = fixture_write(&reporter_html, &fixture.report);
	fixture_release(&fixture);
	return text;
}

/* Of the style sheet as a browser sees it: what stands between its tags. */
static void the_policy_of_the_page_names_the_hash_of_its_style(void **state)
{
	char *text = plain_report();
	const char *begin = strstr(text, "<style>"), *end = strstr(text, "</style>");
	CLEANUP(strbuf_release) struct strbuf policy = STRBUF_INIT;
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;

	(void)state;
	assert_non_null(begin);
	begin += strlen("<style>");
	sha256_init(&context);
	sha256_update(&context, (size_t)(end - begin), (const uint8_t *)begin);
	sha256_digest(&context, sizeof(digest), digest);
	strbuf_add_string(&policy, "content=\"default-src 'none'; style-src 'sha256-");
	base64_encode(&policy, (const char *)digest, sizeof(digest));
	strbuf_add_string(&policy, "';");
	assert_non_null(strstr(text, policy.buf));
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "url("));
	assert_null(strstr(text, "@import"));
	free(text);
}

static void a_recommendation_tells_everything(void **state)
{
	static const char *const parts[] = {
		"<h1>web-1</h1>", "<title>web-1: 3 recommendations</title>", "1 critical, 1 high, 1 medium", "Measured for 30&nbsp;s",
		"Past the threshold: CPU quota (utilisation, saturation), Memory (saturation), Listen queues",
		"<code class=\"key\">net.<wbr>core.<wbr>somaxconn</code> <span class=\"from\">128</span> → <span class=\"to\">4,096",
		"<b>12.4/s</b>", "over 30 intervals in 30.02&nbsp;s; the condition held in 93&nbsp;% of them", "<dt>because</dt>",
		"sysctl -w net.core.somaxconn=4096", "sysctl -w net.core.somaxconn=128",
		"<dt>verify</dt>", "<dt>persist</dt>", "<dt>unpersist</dt>", "<dt>better when</dt>", "<dt>takes effect</dt>",
		"<dt>side effects</dt>", "<dt>confidence</dt><dd>high: held in 28 of 30 intervals", "<dt>hazards</dt>",
		"href=\"https://docs.kernel.org/admin-guide/sysctl/net.html\"", "listen(2)", "tcp-accept-queue-overflow@host",
		"<th scope=\"col\">Kernel default</th>", "<td data-label=\"Running\">128</td>", "99-site.<wbr>conf:3</code>",
		"<a href=\"#suspected\"><b>1</b> suspected</a>", "<b>22</b> satisfied", "id=\"unmeasured\"", "<dt>run as root</dt>",
		"kernel.kptr_restrict: Permission denied", "batch host, may swap", "unknown key &#39;titel&#39;",
		"Of the 16 values of the table below 2 are not known",
	};
	char *text = plain_report();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strstr(text, parts[i]))
			fail_msg("there is no %s", parts[i]);
	assert_null(strstr(text, "id=\"satisfied\""));
	free(text);
}

static void an_idle_host_is_told_that_nothing_is_recommended(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, true);
	fixture.findings.count = 0;
	memset(fixture.findings.counts, 0, sizeof(fixture.findings.counts));
	fixture.report.n_use = 0;
	fixture.report.notes = NULL;
	text = fixture_write(&reporter_html, &fixture.report);
	assert_well_formed(text);
	assert_non_null(strstr(text, "<strong>Nothing is recommended</strong>.</p>"));
	assert_non_null(strstr(text, "<b>0</b> recommended"));
	assert_null(strstr(text, "id=\"use\""));
	assert_null(strstr(text, "id=\"notes\""));
	free(text);
	fixture_release(&fixture);
}

/* ---- charts ---- */

static double course_values[] = { 0, 20, NAN, 10, 10, 40 };
static double course_held[] = { 0, 1, NAN, 0, 1, 1 };
static const struct course course = { .values = course_values, .count = 6, .least = "0/s", .most = "40/s" };
static const struct course held = { .values = course_held, .count = 6 };

static struct strbuf draw(const struct course *what, const struct course *marks, double top)
{
	struct report_fixture fixture;
	struct strbuf out = STRBUF_INIT;

	fixture_init(&fixture, 80, false, true);
	html_course(&out, &fixture.report, "<rate>", what, marks, top);
	fixture_release(&fixture);
	return out;
}

static void a_chart_is_steps_with_a_hole_where_nothing_is_known(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = draw(&course, &held, NAN);

	(void)state;
	assert_non_null(strstr(out.buf, "<title>&#60;rate&#62;</title>"));
	assert_non_null(strstr(out.buf, "<desc>5 of 6 intervals known, from 0/s to 40/s; the condition held in 3</desc>"));
	assert_non_null(strstr(out.buf, "d=\"M0 38V38.0H167V19.8H333V38M500 38V28.9H667V28.9H833V1.5H1000V38\""));
	assert_non_null(strstr(out.buf, "d=\"M167 40H333V44H167zM667 40H1000V44H667z\""));
}

static void the_height_of_a_share_is_its_whole(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = draw(&course, NULL, 80);

	(void)state;
	assert_non_null(strstr(out.buf, "H833V19.8H1000"));
	assert_null(strstr(out.buf, "class=\"held\""));
}

static void odd_courses_draw_nothing_wrong(void **state)
{
	static const double nothing[] = { NAN, NAN }, below[] = { -4, 4 }, huge[] = { 1e300, -1e300 };
	static const struct course courses[] = {
		{ .values = nothing, .count = 2, .least = "", .most = "" },
		{ .values = below, .count = 2, .least = "-4", .most = "4" },
		{ .values = huge, .count = 2, .least = "a", .most = "b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(courses); i++) {
		CLEANUP(strbuf_release) struct strbuf out = draw(&courses[i], &held, NAN);

		assert_null(strstr(out.buf, "nan"));
		assert_null(strstr(out.buf, "inf"));
		assert_true(ends_with(out.buf, "</svg>"));
	}
	assert_int_equal(draw(&(struct course){ .count = 0 }, NULL, NAN).len, 0);
	assert_int_equal(draw(&(struct course){ .count = SLOT_MAX + 1 }, NULL, NAN).len, 0);
}

/* ---- bounds ---- */

#define MANY 20000

static struct finding *make_many(const struct report_fixture *fixture, struct finding_list *list)
{
	static double values[SLOT_MAX];
	static const struct course waves = { .values = values, .count = SLOT_MAX, .least = "0", .most = "6" };
	static struct evidence evidence[10];
	struct finding *items = xcalloc(MANY, sizeof(*items));

	for (size_t i = 0; i < SLOT_MAX; i++)
		values[i] = (double)(i * 5 % 7);
	for (size_t i = 0; i < ARRAY_SIZE(evidence); i++) {
		evidence[i] = fixture_evidence[0];
		evidence[i].course = &waves;
	}
	for (size_t i = 0; i < MANY; i++) {
		items[i] = fixture->items[i < MANY / 2 ? 0 : 3];
		items[i].evidence = evidence;
		items[i].n_evidence = ARRAY_SIZE(evidence);
		items[i].held = &waves;
	}
	*list = (struct finding_list){ .items = items, .count = MANY };
	list->counts[STATUS_RECOMMEND] = list->counts[STATUS_SUSPECT] = MANY / 2;
	return items;
}

static void thousands_of_findings_make_a_page_that_opens(void **state)
{
	struct report_fixture fixture;
	struct finding_list list;
	struct finding *items;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, true);
	items = make_many(&fixture, &list);
	fixture.report.findings = &list;
	text = fixture_write(&reporter_html, &fixture.report);
	assert_well_formed(text);
	assert_true(strlen(text) < 6 << 20);
	assert_non_null(strstr(text, "<strong>10,000 recommendations</strong>"));
	assert_non_null(strstr(text, "and 9,000 more; <code>--output json</code> has all"));
	assert_non_null(strstr(text, "The first 100 are told in full"));
	assert_non_null(strstr(text, "and 9,900 more; <code>--output json</code> has all"));
	assert_null(strstr(text, "id=\"r101\""));
	free(text);
	free(items);
	fixture_release(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_that_means_something_is_escaped),
		cmocka_unit_test(white_space_is_one_blank_and_a_number_keeps_its_unit),
		cmocka_unit_test(a_long_name_is_cut_between_two_characters_and_says_so),
		cmocka_unit_test(a_key_may_break_behind_a_dot_but_not_inside_an_entity),
		cmocka_unit_test(commands_keep_every_byte_and_line),
		cmocka_unit_test(hostile_text_ends_harmless_and_the_page_well_formed),
		cmocka_unit_test(the_policy_of_the_page_names_the_hash_of_its_style),
		cmocka_unit_test(a_recommendation_tells_everything),
		cmocka_unit_test(an_idle_host_is_told_that_nothing_is_recommended),
		cmocka_unit_test(a_chart_is_steps_with_a_hole_where_nothing_is_known),
		cmocka_unit_test(the_height_of_a_share_is_its_whole),
		cmocka_unit_test(odd_courses_draw_nothing_wrong),
		cmocka_unit_test(thousands_of_findings_make_a_page_that_opens),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
