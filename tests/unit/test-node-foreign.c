/* SPDX-License-Identifier: Apache-2.0 */
/* YAML that somebody else wrote. */
#include <errno.h>

#include "../../core/node.h"
#include "../../core/strbuf.h"
#include "test.h"

static void show_scalar(const struct node *node, struct strbuf *out)
{
	strbuf_addf(out, "%s%s'", node->detail->tag, *node->detail->tag ? " " : "");
	for (const char *c = node->text; *c; c++)
		*c == '\n' ? strbuf_add_string(out, "\\n") : strbuf_add_char(out, *c);
	strbuf_add_string(out, "'@");
	for (uint32_t i = 0; i < node->detail->n_lines; i++)
		strbuf_addf(out, "%s%u", i ? "," : "", node->detail->lines[i]);
}

/* {'key'@1: ['a'@1, !tag 'b\nc'@2,3]} */
static void show(const struct node *node, struct strbuf *out)
{
	if (node->kind == NODE_SCALAR) {
		show_scalar(node, out);
		return;
	}
	strbuf_add_char(out, node->kind == NODE_MAPPING ? '{' : '[');
	for (uint32_t i = 0; i < node->count; i++) {
		if (i > 0)
			strbuf_add_string(out, node->kind == NODE_MAPPING && i % 2 ? ": " : ", ");
		show(&node->items[i], out);
	}
	strbuf_add_char(out, node->kind == NODE_MAPPING ? '}' : ']');
}

static void assert_parses(const char *text, const char *expected)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	const struct node *documents = NULL;

	assert_int_equal(node_parse_foreign(&arena, text, strlen(text), &diag, &documents), 0);
	show(documents, &found);
	assert_string_equal(found.buf, expected);
}

static void each_line_of_a_block_has_its_place(void **state)
{
	(void)state;
	assert_parses("- |\n  a\n  b\n- c\n", "[['a\\nb\\n'@2,3, 'c'@4]]");
	assert_parses("- |\n\n  a\n\n  b\n", "[['\\na\\n\\nb\\n'@2,3,4,5]]");
	assert_parses("- |-  # why\r\n  a\r\n  b\r\n", "[['a\\nb'@2,3]]");
	assert_parses("- >\n  a\n  b\n\n  c\n", "[['a b\\nc\\n'@2,5]]");
	assert_parses("- >-\n\n  a\n    b\n  c\n", "[['\\na\\n  b\\nc'@3,3,4,5]]");
	assert_parses("- !!str &x\n  |\n  a\n  b\n", "[[tag:yaml.org,2002:str 'a\\nb\\n'@3,4]]");
}

static void quoted_and_plain_text_may_hold_lines_too(void **state)
{
	(void)state;
	assert_parses("- \"a\\nb\"\n", "[['a\\nb'@1]]");
	assert_parses("- \"a\\nb\n  c\n\n  d\"\n", "[['a\\nb c\\nd'@1,1,4]]");
	assert_parses("- \"a\\\n  b\\n\\\n  c\"\n", "[['ab\\nc'@1,2]]");
	assert_parses("- 'a\n\n\n  b'\n", "[['a\\n\\nb'@1,3,4]]");
	assert_parses("- a\n\n  b\n- c\n", "[['a\\nb'@1,3, 'c'@4]]");
	assert_parses("\xef\xbb\xbf- \xc3\xbc: |\n    x\n    y\n", "[[{'\xc3\xbc'@1: 'x\\ny\\n'@2,3}]]");
}

static void json_is_yaml(void **state)
{
	(void)state;
	assert_parses("{\"a\":[1,true,null],\n\t\"b\":{\"c\":\"x\\ny\"}}\n",
		      "[{'a'@1: ['1'@1, 'true'@1, 'null'@1], 'b'@2: {'c'@2: 'x\\ny'@2}}]");
}

static void tags_are_kept_and_documents_separate(void **state)
{
	(void)state;
	assert_parses("---\na: !vault |\n  x\n---\n!unsafe b\n...\n", "[{'a'@2: !vault 'x\\n'@3}, !unsafe 'b'@5]");
	assert_parses("%YAML 1.2\n---\na: !Ref [b]\n", "[{'a'@3: ['b'@3]}]");
}

static void aliases_and_merge_keys_are_what_they_name(void **state)
{
	(void)state;
	assert_parses("a: &x {k: 1, l: 2}\nb: *x\n", "[{'a'@1: {'k'@1: '1'@1, 'l'@1: '2'@1}, 'b'@2: {'k'@1: '1'@1, 'l'@1: '2'@1}}]");
	assert_parses("- &x {k: 1, l: 2}\n- {<<: *x, k: 3}\n", "[[{'k'@1: '1'@1, 'l'@1: '2'@1}, {'k'@2: '3'@2, 'l'@1: '2'@1}]]");
}

static void of_several_merged_mappings_the_first_counts(void **state)
{
	(void)state;
	assert_parses("- &x {k: 1}\n- &y {k: 2, m: 3}\n- <<: [*x, *y]\n  z: 4\n",
		      "[[{'k'@1: '1'@1}, {'k'@2: '2'@2, 'm'@2: '3'@2}, {'z'@4: '4'@4, 'k'@1: '1'@1, 'm'@2: '3'@2}]]");
}

static void a_key_that_is_there_twice_counts_once_and_is_said(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const char *text = "a: 1\nb: 2\na: 3\n";
	const struct node *documents;

	(void)state;
	assert_int_equal(node_parse_foreign(&arena, text, strlen(text), &diag, &documents), 0);
	assert_string_equal(node_get(&documents->items[0], "a")->text, "3");
	assert_int_equal(documents->items[0].count, 4);
	assert_says(&diag, "'a' is there twice, first at line 1");
	assert_int_equal(diag.entries[0].place.line, 3);
	assert_int_equal(diag.errors, 0);
}

static void what_cannot_be_a_tree_is_refused_and_what_came_before_stays(void **state)
{
	static const struct {
		const char *text, *message;
		size_t documents;
		unsigned int line;
	} cases[] = {
		{ "a: &x\n  b: *x\n", "an alias of what it stands in", 0, 2 },
		{ "a: 1\n---\nb: *y\n", "has no such name", 1, 3 },
		{ "a: &x 1\n---\nb: *x\n", "has no such name", 1, 3 },
		{ "a: 1\n---\nb: [\n", "not YAML", 1, 4 },
		{ "{{ x }}: {{ y\n", "not YAML", 0, 2 },
		{ "a: \"\\0\"\n", "a zero byte", 0, 1 },
		{ "a: \xff\n", "not YAML", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		const struct node *documents = NULL;

		assert_int_equal(node_parse_foreign(&arena, cases[i].text, strlen(cases[i].text), &diag, &documents), -EINVAL);
		assert_says(&diag, cases[i].message);
		assert_int_equal(diag.entries[0].place.line, cases[i].line);
		assert_int_equal(documents->count, cases[i].documents);
	}
}

static void assert_refused(const struct strbuf *text, const char *message)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	assert_int_equal(node_parse_foreign(&arena, text->buf, text->len, &diag, &documents), -EINVAL);
	assert_says(&diag, message);
}

static void what_grows_without_end_is_refused(void **state)
{
	CLEANUP(strbuf_release) struct strbuf laughs = STRBUF_INIT, deep = STRBUF_INIT, tower = STRBUF_INIT;

	(void)state;
	strbuf_add_string(&laughs, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (unsigned int i = 1; i < 20; i++) {
		strbuf_addf(&laughs, "a%u: &a%u [", i, i);
		for (unsigned int n = 0; n < 9; n++)
			strbuf_addf(&laughs, "%s*a%u", n ? ", " : "", i - 1);
		strbuf_add_string(&laughs, "]\n");
	}
	assert_refused(&laughs, "too many nodes");
	strbuf_add_repeated(&deep, '[', 5000);
	assert_refused(&deep, "nested too deeply");
	strbuf_add_string(&tower, "- &a0 [x]\n");
	for (unsigned int i = 1; i < 200; i++)
		strbuf_addf(&tower, "- &a%u [*a%u]\n", i, i - 1);
	assert_refused(&tower, "nested too deeply");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_of_a_block_has_its_place),
		cmocka_unit_test(quoted_and_plain_text_may_hold_lines_too),
		cmocka_unit_test(json_is_yaml),
		cmocka_unit_test(tags_are_kept_and_documents_separate),
		cmocka_unit_test(aliases_and_merge_keys_are_what_they_name),
		cmocka_unit_test(of_several_merged_mappings_the_first_counts),
		cmocka_unit_test(a_key_that_is_there_twice_counts_once_and_is_said),
		cmocka_unit_test(what_cannot_be_a_tree_is_refused_and_what_came_before_stays),
		cmocka_unit_test(what_grows_without_end_is_refused),
	};

	return RUN_TESTS(tests);
}
