/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../core/json.h"
#include "../../reports/layout.h"
#include "report-fixture.h"

extern const struct reporter reporter_text;

static const unsigned int widths[] = { 60, 80, 120, 200 };

/* Lines that hold a command may be of any width. */
static bool is_command(const char *line, size_t length)
{
	static const char *const starts[] = { "sysctl ", "echo ", "rm -f ", "cat ", "v=$(", "keisoku advise" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (memmem(line, length, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static void assert_fits(const char *text, unsigned int width)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

		strbuf_add(&line, text, length);
		if (!is_command(text, length) && display_width(line.buf) > width)
			fail_msg("%u columns, not %u: %s", display_width(line.buf), width, line.buf);
		text += length + (text[length] == '\n');
	}
}

/* What each line looks like: every combination of width, colour and characters. */
static void every_look(void (*check)(struct report_fixture *fixture, const char *text))
{
	for (size_t i = 0; i < ARRAY_SIZE(widths) * 4; i++) {
		struct report_fixture fixture;
		char *text;

		fixture_init(&fixture, widths[i / 4], i & 1, i & 2);
		text = fixture_write(&reporter_text, &fixture.report);
		check(&fixture, text);
		free(text);
		fixture_release(&fixture);
	}
}

static void check_fits(struct report_fixture *fixture, const char *text)
{
	assert_fits(text, fixture->report.width);
}

static void no_line_but_a_command_is_wider_than_the_page(void **state)
{
	(void)state;
	every_look(check_fits);
}

static void check_whole(struct report_fixture *fixture, const char *text)
{
	const struct change *change = fixture_change;

	assert_non_null(strstr(text, change->apply));
	assert_non_null(strstr(text, change->rollback));
	assert_non_null(strstr(text, change->verify));
	assert_non_null(strstr(text, change->persist));
	assert_non_null(strstr(text, change->unpersist));
	assert_non_null(strstr(text, "keisoku advise --window 60s"));
	assert_non_null(strstr(text, "12.4/s"));
	assert_non_null(strstr(text, "web-1"));
}

static void commands_are_never_broken(void **state)
{
	(void)state;
	every_look(check_whole);
}

static void check_escapes(struct report_fixture *fixture, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!fixture->report.colour)
			assert_int_not_equal(*c, '\033');
		if (!fixture->report.unicode)
			assert_true((unsigned char)*c < 0x80);
	}
	assert_true(utf8_valid(text, strlen(text)));
}

static void without_colour_no_escape_and_without_unicode_only_ascii(void **state)
{
	(void)state;
	every_look(check_escapes);
}

/* Without "ESC [ … m". */
static void strip_colour(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		if (*from == '\033') {
			from += strcspn(from, "m");
			from += *from == 'm';
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static void colour_changes_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		struct report_fixture plain, coloured;
		char *text, *other;

		fixture_init(&plain, widths[i], false, true);
		fixture_init(&coloured, widths[i], true, true);
		text = fixture_write(&reporter_text, &plain.report);
		other = fixture_write(&reporter_text, &coloured.report);
		assert_string_not_equal(text, other);
		strip_colour(other);
		assert_string_equal(text, other);
		free(text);
		free(other);
		fixture_release(&plain);
		fixture_release(&coloured);
	}
}

/* Our own escape sequences are "ESC [ digits m"; the enemy's must not be among them. */
static void assert_harmless(const char *text)
{
	assert_true(utf8_valid(text, strlen(text)));
	assert_null(strstr(text, "\xe2\x80\xae"));
	for (const char *c = text; *c; c++) {
		assert_true((unsigned char)*c >= ' ' || *c == '\n' || *c == '\033');
		if (*c == '\033')
			assert_int_equal(c[1], '[');
	}
}

static void hostile_text_ends_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(widths) * 4; i++) {
		struct report_fixture fixture;
		char *text;

		fixture_init(&fixture, widths[i / 4], i & 1, i & 2);
		fixture_make_hostile(&fixture);
		fixture.report.show_all = true;
		text = fixture_write(&reporter_text, &fixture.report);
		assert_harmless(text);
		if (!(i & 1))
			assert_null(strchr(text, '\033'));
		free(text);
		fixture_release(&fixture);
	}
}

static void hostile_text_is_wrapped_too(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 60, false, true);
	fixture_make_hostile(&fixture);
	for (size_t i = 0; i < ARRAY_SIZE(fixture.items); i++) {
		fixture.items[i].n_changes = 0;
		fixture.items[i].next_step = NULL;
	}
	text = fixture_write(&reporter_text, &fixture.report);
	assert_fits(text, 60);
	free(text);
	fixture_release(&fixture);
}

static char *idle_report(unsigned int width)
{
	struct report_fixture fixture;
	char *text;

	fixture_init(&fixture, width, false, true);
	fixture.findings.count = 0;
	memset(fixture.findings.counts, 0, sizeof(fixture.findings.counts));
	fixture.findings.counts[STATUS_SATISFIED] = 29;
	fixture.report.notes = NULL;
	text = fixture_write(&reporter_text, &fixture.report);
	fixture_release(&fixture);
	return text;
}

static void an_idle_host_is_told_so_on_one_screen(void **state)
{
	char *text = idle_report(80);
	size_t lines = 0;

	(void)state;
	assert_non_null(strstr(text, "Nothing is recommended"));
	assert_non_null(strstr(text, "29 satisfied"));
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	assert_true(lines < 40);
	free(text);
}

static void a_run_without_a_window_says_that_it_cannot_recommend(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, true);
	snapshot_free(fixture.snapshot);
	fixture.snapshot = snapshot_new();
	fixture.report.snapshot = fixture.snapshot;
	text = fixture_write(&reporter_text, &fixture.report);
	assert_non_null(strstr(text, "No window was measured"));
	free(text);
	fixture_release(&fixture);
}

static void what_was_not_measured_is_grouped_by_what_to_do(void **state)
{
	struct report_fixture fixture;
	const char *once;
	char *text;

	(void)state;
	fixture_init(&fixture, 120, false, true);
	text = fixture_write(&reporter_text, &fixture.report);
	once = strstr(text, "  run as root\n    conntrack-full, disk-busy@block sda\n");
	assert_non_null(once);
	assert_null(strstr(once + 10, "run as root"));
	free(text);
	fixture_release(&fixture);
}

static void notes_of_the_capture_stand_with_those_of_the_run(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, true);
	diag_warning(snapshot_notes(fixture.snapshot), &(struct place){ "/proc/net/tcp", 0, 0 }, "2 lines make no sense");
	text = fixture_write(&reporter_text, &fixture.report);
	assert_non_null(strstr(text, "Notes (2)\n  /etc/keisoku/rules/x.yaml:3: unknown key 'titel'\n"
				     "  /proc/net/tcp: 2 lines make no sense\n"));
	free(text);
	fixture_release(&fixture);
}

static void undoing_several_changes_goes_backwards(void **state)
{
	struct report_fixture fixture;
	const char *label, *second, *first;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, true);
	text = fixture_write(&reporter_text, &fixture.report);
	second = strstr(text, "echo 64 > /sys/block/sda/queue/nr_requests");
	first = strstr(text, "echo none > /sys/block/sda/queue/scheduler");
	label = strstr(text, "roll back");
	assert_non_null(label);
	assert_true(second && first && second < first);
	free(text);
	fixture_release(&fixture);
}

static size_t occurrences(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		count++;
	return count;
}

static void coupled_changes_are_rolled_back_with_the_same_commands_once(void **state)
{
	struct report_fixture fixture;
	struct change changes[2] = { fixture_changes[0], fixture_changes[1] };
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, true);
	changes[0].rollback = changes[1].rollback = "echo both as they were";
	fixture.items[1].changes = changes;
	text = fixture_write(&reporter_text, &fixture.report);
	assert_int_equal(occurrences(text, "echo both as they were"), 1);
	free(text);
	fixture_release(&fixture);
}

static void a_rule_on_several_subjects_explains_itself_once(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 120, false, true);
	fixture.items[2] = fixture.items[1];
	fixture.items[1].side_effects = fixture.items[2].side_effects = "slower writes";
	text = fixture_write(&reporter_text, &fixture.report);
	assert_int_equal(occurrences(text, "slower writes"), 1);
	assert_int_equal(occurrences(text, "\n   apply         echo mq-deadline"), 2);
	free(text);
	fixture_release(&fixture);
}

static void all_rules_are_listed_by_rule_and_reason(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 120, false, true);
	fixture.report.show_all = true;
	for (size_t i = 0; i < ARRAY_SIZE(fixture.items); i++) {
		fixture.items[i].status = i < 6 ? STATUS_SATISFIED : STATUS_NOT_APPLICABLE;
		fixture.items[i].rule = i < 4 ? "same" : fixture.items[i].rule;
		fixture.items[i].reason = i < 4 ? "it does not hold" : "another device";
	}
	text = fixture_write(&reporter_text, &fixture.report);
	assert_int_equal(occurrences(text, "  same (4 subjects): it does not hold\n"), 1);
	assert_int_equal(occurrences(text, "  disk-busy@block sda: another device\n"), 1);
	free(text);
	fixture_release(&fixture);
}

static void wide_and_combining_characters_take_their_columns(void **state)
{
	(void)state;
	assert_int_equal(display_width("計測"), 4);
	assert_int_equal(display_width("e\xcc\x81"), 1);
	assert_int_equal(display_width("caf\xc3\xa9"), 4);
	assert_int_equal(display_width("\033[1mx\033[0m"), 1);
	assert_int_equal(display_width("\xff"), 1);
}

static void the_first_word_keeps_its_blank_however_short(void **state)
{
	CLEANUP(page_release) struct page page;
	struct flow flow;

	(void)state;
	page_init(&page, 40, false, true);
	flow = flow_begin(&page, 2);
	flow.indent = 6;
	flow_add(&flow, STYLE_PLAIN, "3 interfaces are elsewhere and not among these");
	flow_end(&flow);
	assert_string_equal(page.text.buf, "  3 interfaces are elsewhere and not\n      among these\n");
}

static void a_word_longer_than_the_page_is_broken_after_a_separator(void **state)
{
	CLEANUP(page_release) struct page page;

	(void)state;
	page_init(&page, 40, false, true);
	page_paragraph(&page, 4, STYLE_PLAIN, "/sys/fs/cgroup/system.slice/a-service-with-a-name.service");
	assert_string_equal(page.text.buf, "    /sys/fs/cgroup/system.slice/a-\n    service-with-a-name.service\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_line_but_a_command_is_wider_than_the_page),
		cmocka_unit_test(commands_are_never_broken),
		cmocka_unit_test(without_colour_no_escape_and_without_unicode_only_ascii),
		cmocka_unit_test(colour_changes_nothing_else),
		cmocka_unit_test(hostile_text_ends_harmless),
		cmocka_unit_test(hostile_text_is_wrapped_too),
		cmocka_unit_test(an_idle_host_is_told_so_on_one_screen),
		cmocka_unit_test(a_run_without_a_window_says_that_it_cannot_recommend),
		cmocka_unit_test(what_was_not_measured_is_grouped_by_what_to_do),
		cmocka_unit_test(notes_of_the_capture_stand_with_those_of_the_run),
		cmocka_unit_test(undoing_several_changes_goes_backwards),
		cmocka_unit_test(coupled_changes_are_rolled_back_with_the_same_commands_once),
		cmocka_unit_test(a_rule_on_several_subjects_explains_itself_once),
		cmocka_unit_test(all_rules_are_listed_by_rule_and_reason),
		cmocka_unit_test(wide_and_combining_characters_take_their_columns),
		cmocka_unit_test(the_first_word_keeps_its_blank_however_short),
		cmocka_unit_test(a_word_longer_than_the_page_is_broken_after_a_separator),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
