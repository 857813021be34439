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

typedef void quoter(struct strbuf *out, const char *text, size_t length);

struct quote_case {
	const char *text, *quoted;
};

static void check_quoter(quoter *quote, const struct quote_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		quote(&out, cases[i].text, strlen(cases[i].text));
		assert_string_equal(out.buf, cases[i].quoted);
	}
}

static void xml_gets_neither_markup_nor_what_is_no_character(void **state)
{
	static const struct quote_case cases[] = {
		{ "vm.swappiness = 10", "vm.swappiness = 10" },
		{ "<script>\"&'", "&#60;script&#62;&#34;&#38;&#39;" },
		{ "]]>", "]]&#62;" },
		{ "a\x01\x1b\n\t", "a\\x01\\x1b\\x0a\\x09" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xef\xbf\xbf\xf0\x9f\xbf\xbe", "\\u{ffff}\\u{1fffe}" },
		{ "\xe8\xa8\x88\xe6\xb8\xac", "\xe8\xa8\x88\xe6\xb8\xac" },
	};

	(void)state;
	check_quoter(quote_html, cases, ARRAY_SIZE(cases));
}

static void markdown_is_text_that_links_and_pings_nothing(void **state)
{
	static const struct quote_case cases[] = {
		{ "net.core.somaxconn 128 - 4,096 (a: \"b\")!", "net.core.somaxconn 128 - 4,096 (a: \"b\")!" },
		{ "vm.dirty_ratio", "vm.dirty&#95;ratio" },
		{ "a|b`c\\d", "a&#124;b&#96;c&#92;d" },
		{ "<b>*x*</b>", "&#60;b&#62;&#42;x&#42;&#60;/b&#62;" },
		{ "[a](http://b)", "&#91;a&#93;(http&#58;&#8203;//b)" },
		{ "@team #12 !3", "&#64;&#8203;team &#35;&#8203;12 !&#8203;3" },
		{ "www.a.b", "www&#46;&#8203;a.b" },
		{ "\xff\n# x", "&#92;xff&#92;x0a&#35; x" },
	};

	static const struct quote_case code[] = {
		{ "rule@host", "`rule@host`" },
		{ "<b>*x*</b> http://b", "`<b>*x*</b> http://b`" },
		{ "`|</code>", "<code>&#96;&#124;&#60;/code&#62;</code>" },
		{ "a\n@b", "<code>a&#92;x0a&#64;&#8203;b</code>" },
		{ "", "<code></code>" },
	};

	(void)state;
	check_quoter(quote_markdown, cases, ARRAY_SIZE(cases));
	check_quoter(quote_markdown_code, code, ARRAY_SIZE(code));
}

static void a_field_of_csv_is_no_formula(void **state)
{
	static const struct quote_case cases[] = {
		{ "", "\"\"" },
		{ "a, b", "\"a, b\"" },
		{ "a \"b\"", "\"a \"\"b\"\"\"" },
		{ "-1", "\"-1\"" },
		{ "+2.5", "\"+2.5\"" },
		{ "=1+1", "\"'=1+1\"" },
		{ "  =1+1", "\"'  =1+1\"" },
		{ "-1+cmd|' /C calc'!A0", "\"'-1+cmd|' /C calc'!A0\"" },
		{ "@SUM(A1)", "\"'@SUM(A1)\"" },
		{ "\t=1", "\"\\x09=1\"" },
		{ "\r\n=1", "\"\\x0d\\x0a=1\"" },
		{ "a;=1+1", "\"a;'=1+1\"" },
		{ "a\"=1+1", "\"a\"\"'=1+1\"" },
		{ "\xef\xbc\x9d" "1", "\"'\xef\xbc\x9d" "1\"" },
	};

	(void)state;
	check_quoter(quote_csv, cases, ARRAY_SIZE(cases));
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
		cmocka_unit_test(xml_gets_neither_markup_nor_what_is_no_character),
		cmocka_unit_test(markdown_is_text_that_links_and_pings_nothing),
		cmocka_unit_test(a_field_of_csv_is_no_formula),
		cmocka_unit_test(json_keeps_what_is_text_and_encodes_what_is_not),
	};

	return RUN_TESTS(tests);
}
