/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/quote.h"

#include "../../core/json.h"
#include "test.h"

static void shell_words_are_quoted_only_where_needed(void **state)
{
	static const struct {
		const char *text, *quoted;
	} cases[] = {
		{ "vm.swappiness=10", "vm.swappiness=10" },
		{ "", "''" },
		{ "4096\t131072", "'4096\t131072'" },
		{ "it's", "'it'\\''s'" },
		{ "$(reboot)", "'$(reboot)'" },
		{ "-rf", "'-rf'" },
		{ "a\nb", "'a\nb'" },
		{ "~root", "'~root'" },
		{ "`id`;|&", "'`id`;|&'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		quote_shell(&out, cases[i].text, strlen(cases[i].text));
		assert_string_equal(out.buf, cases[i].quoted);
	}
}

static void a_shell_reads_back_what_was_quoted(void **state)
{
	static const char hostile[] = "a'b\"c$(echo x)`echo y`\\ ;&|*?[!\x1b[31m\n#~\xff";
	CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;
	char read[200];
	FILE *pipe;
	size_t n;

	strbuf_add_string(&command, "printf %s ");
	quote_shell(&command, hostile, strlen(hostile));
	pipe = popen(command.buf, "r");
	assert_non_null(pipe);
	n = fread(read, 1, sizeof(read), pipe);
	pclose(pipe);
	assert_int_equal(n, strlen(hostile));
	assert_memory_equal(read, hostile, n);
}

static void a_terminal_gets_no_control_characters(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "plain µs", "plain µs" },
		{ "\x1b[2J", "\\x1b[2J" },
		{ "a\nb\tc", "a\\x0ab\\x09c" },
		{ "\xff\xc0\x80", "\\xff\\xc0\\x80" },
		{ "\xe2\x80\xae" "evil", "\\u{202e}evil" },
		{ "\xc2\x9b", "\\u{009b}" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		quote_terminal(&out, cases[i].text, strlen(cases[i].text));
		assert_string_equal(out.buf, cases[i].shown);
	}
}

static void json_keeps_what_is_text_and_encodes_what_is_not(void **state)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct json json;

	json_begin(&json, out);
	json.compact = true;
	json_open_object(&json);
	json_member_string(&json, "a", "\"\\\n\x01é");
	json_member_raw(&json, "raw", "a\xff" "b", 3);
	json_member_real(&json, "x", 0.1);
	json_member_real(&json, "nan", __builtin_nan(""));
	json_close_object(&json);
	fclose(out);
	assert_string_equal(text, "{\"a\":\"\\\"\\\\\\n\\u0001é\",\"raw64\":\"Yf9i\",\"x\":0.1,\"nan\":null}");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shell_words_are_quoted_only_where_needed),
		cmocka_unit_test(a_shell_reads_back_what_was_quoted),
		cmocka_unit_test(a_terminal_gets_no_control_characters),
		cmocka_unit_test(json_keeps_what_is_text_and_encodes_what_is_not),
	};

	return RUN_TESTS(tests);
}
