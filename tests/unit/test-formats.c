/* SPDX-License-Identifier: Apache-2.0 */
/* The formats for other programs.  What their own validators say of them is in tests/cli/test-formats.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../core/json.h"
#include "../../reports/phrase.h"
#include "report-fixture.h"

extern const struct reporter reporter_sarif, reporter_junit, reporter_markdown, reporter_csv, reporter_prometheus;

static const struct reporter *const formats[] = {
	&reporter_sarif, &reporter_junit, &reporter_markdown, &reporter_csv, &reporter_prometheus,
};

static size_t count_of(const char *text, const char *needle)
{
	size_t count = 0;

	for (const char *c = strstr(text, needle); c; c = strstr(c + 1, needle))
		count++;
	return count;
}

static void hostile_text_is_harmless_in_every_format(void **state)
{
	struct report_fixture fixture;

	(void)state;
	fixture_init(&fixture, 80, true, true);
	fixture_make_hostile(&fixture);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		char *text = fixture_write(formats[i], &fixture.report);

		assert_true(utf8_valid(text, strlen(text)));
		for (const char *c = text; *c; c++)
			assert_true(((unsigned char)*c >= ' ' && *c != 0x7f) || *c == '\n' || *c == '\r');
		free(text);
	}
	fixture_release(&fixture);
}

static void a_report_of_nothing_is_written_in_every_format(void **state)
{
	static const struct finding_list none = FINDING_LIST_INIT;
	static const struct report report = { .command = "audit", .findings = &none };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		char *text = fixture_write(formats[i], &report);

		assert_true(strlen(text) > 100);
		free(text);
	}
}

static void sarif_has_results_for_what_is_known_and_notifications_for_the_rest(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, false);
	text = fixture_write(&reporter_sarif, &fixture.report);
	assert_int_equal(count_of(text, "\"ruleIndex\""), 6);	/* results */
	assert_int_equal(count_of(text, "\"associatedRule\""), 3);
	assert_int_equal(count_of(text, "\"kind\": \"fail\""), 4);
	assert_int_equal(count_of(text, "\"kind\": \"review\""), 1);
	assert_int_equal(count_of(text, "\"kind\": \"informational\""), 1);
	assert_int_equal(count_of(text, "\"suppressions\""), 1);
	assert_int_equal(count_of(text, "security-severity"), 0);
	assert_int_equal(count_of(text, "baselineState"), 0);
	free(text);
	fixture_release(&fixture);
}

static void sarif_places_a_finding_at_its_line_or_at_what_was_read(void **state)
{
	static struct finding_site odd = { .path = "/etc/a b/\xff%\n.conf", .line = 1 };
	static struct evidence evidence[] = {
		{ .expression = "", .source = "/proc/net/netstat, TcpExt ListenDrops" },
		{ .expression = "", .source = "/etc/fstab:3" },
		{ .expression = "", .source = "the kernel log" },
	};
	static const struct {
		struct finding finding;
		const char *uri;
	} cases[] = {
		{ { .sites = fixture_sites, .n_sites = 2 }, "etc/sysctl.d/99-site.conf" },
		{ { .sites = &odd, .n_sites = 1 }, "etc/a%20b/%FF%25%0A.conf" },
		{ { .evidence = &evidence[0], .n_evidence = 1 }, "proc/net/netstat" },
		{ { .evidence = &evidence[1], .n_evidence = 1 }, "etc/fstab" },
		{ { .evidence = &evidence[2], .n_evidence = 1 }, "etc/os-release" },
		{ { 0 }, "etc/os-release" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct finding finding = cases[i].finding;
		const struct finding_list list = { .items = &finding, .count = 1 };
		const struct report report = { .command = "audit", .findings = &list };
		CLEANUP(free_ptr) char *expected = xasprintf("\"uri\": \"%s\"", cases[i].uri);
		char *text;

		finding.id = "r@host";
		finding.rule = "r";
		finding.title = "t";
		text = fixture_write(&reporter_sarif, &report);
		assert_non_null(strstr(text, expected));
		free(text);
	}
}

static void sarif_tells_what_is_new_only_beside_a_baseline(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, false);
	fixture.items[1].in_baseline = true;
	text = fixture_write(&reporter_sarif, &fixture.report);
	assert_int_equal(count_of(text, "\"baselineState\": \"unchanged\""), 1);
	assert_int_equal(count_of(text, "\"baselineState\": \"new\""), 5);
	free(text);
	fixture_release(&fixture);
}

static void junit_fails_only_for_what_is_new(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, false);
	text = fixture_write(&reporter_junit, &fixture.report);
	assert_int_equal(count_of(text, "<failure "), 3);
	assert_int_equal(count_of(text, "<skipped "), 5);
	assert_int_equal(count_of(text, "<error "), 1);
	assert_non_null(strstr(text, "timestamp=\"2023-11-14T22:13:50\""));
	free(text);
	fixture.items[0].in_baseline = true;
	text = fixture_write(&reporter_junit, &fixture.report);
	assert_int_equal(count_of(text, "<failure "), 2);
	assert_non_null(strstr(text, "<skipped message=\"in the baseline already: "));
	free(text);
	fixture_release(&fixture);
}

static void junit_has_an_error_for_each_broken_rule(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, false);
	text = fixture_write(&reporter_junit, &fixture.report);
	assert_non_null(strstr(text, "name=\"every rule was judged\""));
	free(text);
	(void)diag_error(&fixture.notes, &(struct place){ "x.yaml", 3, 1 }, "unknown unit '%s'", "<furlong>");
	text = fixture_write(&reporter_junit, &fixture.report);
	assert_null(strstr(text, "name=\"every rule was judged\""));
	assert_non_null(strstr(text, "<error type=\"diagnostic\" message=\"x.yaml:3: unknown unit "));
	assert_null(strstr(text, "<furlong>"));
	free(text);
	fixture_release(&fixture);
}

/* A promise: scripts name columns by their place. */
static void csv_keeps_its_columns(void **state)
{
	static const char header[] =
		"\"id\",\"rule\",\"pack\",\"title\",\"subject\",\"status\",\"severity\",\"confidence\",\"file\",\"line\",\"key\","
		"\"from\",\"to\",\"running\",\"boot\",\"kernel_default\",\"wanted\",\"drift\",\"measured\",\"why\",\"advice\","
		"\"apply\",\"roll_back\",\"verify\",\"better_when\",\"takes_effect\",\"side_effects\",\"references\",\"waiver\","
		"\"in_baseline\"";
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, false);
	text = fixture_write(&reporter_csv, &fixture.report);
	assert_true(starts_with(text, header));
	assert_int_equal(count_of(text, "\r\n"), 1 + ARRAY_SIZE(fixture.items));
	assert_non_null(strstr(text, "\"/etc/sysctl.d/99-site.conf\",\"3\",\"net.core.somaxconn\",\"128\",\"4096\""));
	/* Undoing goes backwards, a line for each. */
	assert_non_null(strstr(text, "\"echo 64 > /sys/block/sda/queue/nr_requests\necho none > /sys/block/sda/queue/scheduler\""));
	free(text);
	fixture_release(&fixture);
}

static void prometheus_has_a_bounded_number_of_findings(void **state)
{
	static struct finding items[1500];
	const struct finding_list list = { .items = items, .count = ARRAY_SIZE(items) };
	const struct report report = { .command = "audit", .findings = &list };
	char *text;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		items[i] = (struct finding){ .id = xasprintf("r@%zu", i), .rule = "r", .title = "t", .subject_name = "host" };
	text = fixture_write(&reporter_prometheus, &report);
	assert_int_equal(count_of(text, "\nkeisoku_finding{"), 1000);
	assert_non_null(strstr(text, "\nkeisoku_findings_left_out 500\n"));
	assert_null(strstr(text, "timestamp"));		/* nothing was measured: there is none */
	free(text);
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		free((char *)items[i].id);
}

static void prometheus_says_nothing_twice(void **state)
{
	struct finding items[] = {
		{ .id = "r@a", .rule = "r", .title = "t", .subject_name = "a\x1b" },
		{ .id = "r@a", .rule = "r", .title = "t", .subject_name = "a\\x1b" },
	};
	const struct finding_list list = { .items = items, .count = ARRAY_SIZE(items) };
	const struct report report = { .command = "audit", .findings = &list };
	char *text = fixture_write(&reporter_prometheus, &report);

	(void)state;
	assert_int_equal(count_of(text, "\nkeisoku_finding{"), 1);
	assert_non_null(strstr(text, "subject=\"a\\\\x1b\""));
	assert_non_null(strstr(text, "\nkeisoku_findings_left_out 1\n"));
	free(text);
}

static void markdown_fits_into_a_comment_and_counts_what_does_not(void **state)
{
	static struct finding items[2000];
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, false);
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		items[i] = fixture.items[i % 9];
	fixture.findings.items = items;
	fixture.findings.count = ARRAY_SIZE(items);
	text = fixture_write(&reporter_markdown, &fixture.report);
	assert_in_range(strlen(text), 40000, 65536);
	assert_int_equal(count_of(text, "<details>"), count_of(text, "</details>"));
	assert_non_null(strstr(text, "A comment holds 65,536 characters:"));
	assert_non_null(strstr(text, " recommendations are without details"));
	free(text);
	fixture_release(&fixture);
}

static void markdown_gives_commands_as_they_are(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, false);
	text = fixture_write(&reporter_markdown, &fixture.report);
	assert_non_null(strstr(text, "\n```sh\nsysctl -w net.core.somaxconn=4096\n```\n"));
	assert_non_null(strstr(text, "| HIGH | "));
	assert_non_null(strstr(text, "`/etc/sysctl.d/99-site.conf:3`"));
	assert_non_null(strstr(text, "](https://docs.kernel.org/admin-guide/sysctl/net.html)"));
	assert_null(strstr(text, "A comment holds"));
	free(text);
	fixture_release(&fixture);
}

static void a_pack_is_the_folder_of_a_rule_or_the_name_of_a_policy(void **state)
{
	static const struct finding_values drift = { .drift = "lost-at-boot" };
	static const struct {
		struct finding finding;
		const char *pack;
	} cases[] = {
		{ { .place = { "packs/memory/oom-kill.yaml", 2, 3 } }, "memory" },
		{ { .place = { "/etc/keisoku/packs/site/x.yaml", 2, 3 } }, "site" },
		{ { .place = { "policies/kubelet-node.yaml", 2, 3 } }, "kubelet-node" },
		{ { .place = { "x.yaml", 2, 3 } }, "x" },
		{ { .values = &drift }, "drift" },
		{ { 0 }, "rules" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf pack = STRBUF_INIT;

		phrase_pack(&pack, &cases[i].finding);
		assert_string_equal(pack.buf, cases[i].pack);
	}
}

static void only_addresses_that_are_plain_are_links(void **state)
{
	static const struct {
		const char *reference, *url;
	} cases[] = {
		{ "Documentation/admin-guide/sysctl/vm.rst", "https://docs.kernel.org/admin-guide/sysctl/vm.html" },
		{ "Documentation/../x.rst", NULL },
		{ "Documentation/x)](javascript:y.rst", NULL },
		{ "https://www.kernel.org/doc/", "https://www.kernel.org/doc/" },
		{ "https://a/\" onclick=", NULL },
		{ "javascript:alert(1)", NULL },
		{ "listen(2)", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;

		assert_int_equal(phrase_reference_url(&url, cases[i].reference), cases[i].url != NULL);
		assert_string_equal(url.buf, cases[i].url ? cases[i].url : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_is_harmless_in_every_format),
		cmocka_unit_test(a_report_of_nothing_is_written_in_every_format),
		cmocka_unit_test(sarif_has_results_for_what_is_known_and_notifications_for_the_rest),
		cmocka_unit_test(sarif_places_a_finding_at_its_line_or_at_what_was_read),
		cmocka_unit_test(sarif_tells_what_is_new_only_beside_a_baseline),
		cmocka_unit_test(junit_fails_only_for_what_is_new),
		cmocka_unit_test(junit_has_an_error_for_each_broken_rule),
		cmocka_unit_test(csv_keeps_its_columns),
		cmocka_unit_test(prometheus_has_a_bounded_number_of_findings),
		cmocka_unit_test(prometheus_says_nothing_twice),
		cmocka_unit_test(markdown_fits_into_a_comment_and_counts_what_does_not),
		cmocka_unit_test(markdown_gives_commands_as_they_are),
		cmocka_unit_test(a_pack_is_the_folder_of_a_rule_or_the_name_of_a_policy),
		cmocka_unit_test(only_addresses_that_are_plain_are_links),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
