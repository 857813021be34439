/* SPDX-License-Identifier: Apache-2.0 */
/* Two readings of a file, compared. */
#include "../../proposals/reader.h"
#include "test.h"

static void read_lines(const char *text, struct proposal *proposal)
{
	struct reading reading = { .proposal = proposal };
	struct proposed_text given = { .path = "60-x.conf", .text = text, .length = strlen(text), .first = 1,
				       .file = "/etc/sysctl.d/60-x.conf", .use = TEXT_REPLACES };

	assert_true(read_host_file(&reading, &given));
}

/* "FATE KEY=VALUE (BEFORE) WHY @LINE", one for each item. */
static void assert_differs(const char *old_text, const char *new_text, const char *expected)
{
	CLEANUP(proposal_release) struct proposal old = PROPOSAL_INIT, fresh = PROPOSAL_INIT, out = PROPOSAL_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	static const char *const fates[] = { "sets", "removed", "broken", "unclear" };

	read_lines(old_text, &old);
	read_lines(new_text, &fresh);
	proposal_difference(&old, &fresh, &out);
	for (size_t i = 0; i < out.count; i++) {
		const struct proposed *item = &out.items[i];

		if (item->fate == PROPOSED_STANDS)
			continue;
		strbuf_addf(&found, "%s %s=%s (%s)%s%s @%u\n", fates[item->fate], item->key, item->value, item->before,
			    item->fate == PROPOSED_REMOVED && *item->why ? " " : "",
			    item->fate == PROPOSED_REMOVED ? item->why : "", item->line);
	}
	assert_string_equal(found.buf, expected);
}

static void only_what_differs_is_left(void **state)
{
	static const struct {
		const char *old, *fresh, *expected;
	} cases[] = {
		{ "", "", "" },
		{ "vm.swappiness=1\n", "# moved\n\nvm.swappiness = 1\n", "" },
		{ "vm.swappiness=1\n", "vm.swappiness=2\n", "sets vm.swappiness=2 (1) @1\n" },
		{ "", "vm.swappiness=2\n", "sets vm.swappiness=2 () @1\n" },
		{ "vm.swappiness=1\n", "", "removed vm.swappiness=1 (1) @1\n" },
		{ "vm.swappiness=1\nvm.panic_on_oom=1\n", "vm.panic_on_oom=0\n",
		  "removed vm.swappiness=1 (1) @1\nsets vm.panic_on_oom=0 (1) @1\n" },
		{ "kernel.a=1\nkernel.b=2\n", "kernel.b=2\nkernel.a=1\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_differs(cases[i].old, cases[i].fresh, cases[i].expected);
}

static void what_stays_as_it_is_stands_beside_it(void **state)
{
	CLEANUP(proposal_release) struct proposal old = PROPOSAL_INIT, fresh = PROPOSAL_INIT, out = PROPOSAL_INIT;

	(void)state;
	read_lines("vm.swappiness=1\nvm.swappiness=7\n", &old);
	read_lines("vm.swappiness=2\nvm.swappiness=7\n", &fresh);
	proposal_difference(&old, &fresh, &out);
	assert_int_equal(out.count, 2);
	assert_int_equal(out.items[0].fate, PROPOSED_SETS);
	assert_int_equal(out.items[1].fate, PROPOSED_STANDS);
	assert_int_equal(out.items[1].line, 2);
}

static void of_a_setting_that_is_made_twice_the_last_line_counts(void **state)
{
	static const struct {
		const char *old, *fresh, *expected;
	} cases[] = {
		/* A second line is added: the first one counted before. */
		{ "vm.swappiness=1\n", "vm.swappiness=1\nvm.swappiness=2\n", "sets vm.swappiness=2 (1) @2\n" },
		/* One of two goes away. */
		{ "vm.swappiness=1\nvm.swappiness=2\n", "vm.swappiness=2\n",
		  "removed vm.swappiness=1 (1) line 1 still sets it, to 2 @1\n" },
		/* They change places. */
		{ "vm.swappiness=1\nvm.swappiness=2\n", "vm.swappiness=2\nvm.swappiness=1\n", "sets vm.swappiness=1 (2) @2\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_differs(cases[i].old, cases[i].fresh, cases[i].expected);
}

static void what_was_not_understood_is_known_by_its_text(void **state)
{
	(void)state;
	assert_differs("nonsense\n", "x=1\n\nnonsense\n", "sets x=1 () @1\n");
	assert_differs("nonsense\n", "nonsense\nother nonsense\n", "broken = () @2\n");
	assert_differs("nonsense\n", "", "removed = () @1\n");
}

static void many_lines_of_one_setting_are_compared_at_once(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++)
		strbuf_addf(&text, "vm.swappiness=%u\n", i % 7);
	assert_differs(text.buf, text.buf, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_differs_is_left),
		cmocka_unit_test(what_stays_as_it_is_stands_beside_it),
		cmocka_unit_test(of_a_setting_that_is_made_twice_the_last_line_counts),
		cmocka_unit_test(what_was_not_understood_is_known_by_its_text),
		cmocka_unit_test(many_lines_of_one_setting_are_compared_at_once),
	};

	return RUN_TESTS(tests);
}
