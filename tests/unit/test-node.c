/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/node.h"

#include <errno.h>

#include "../../core/strbuf.h"
#include "test.h"

static int parse(struct arena *arena, const char *text, struct diag *diag, const struct node **ret)
{
	return node_parse(arena, "t.yaml", text, strlen(text), diag, ret);
}

static void documents_become_trees_with_places(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents, *map, *list;

	assert_int_equal(parse(&arena, "a: 1\nb: [x, 'y']\n---\n- {c: d}\n", &diag, &documents), 0);
	assert_int_equal(documents->count, 2);
	map = &documents->items[0];
	assert_int_equal(map->kind, NODE_MAPPING);
	assert_string_equal(node_get(map, "a")->text, "1");
	list = node_get(map, "b");
	assert_int_equal(list->count, 2);
	assert_int_equal(list->line, 2);
	assert_int_equal(list->column, 4);
	assert_false(list->items[0].quoted);
	assert_true(list->items[1].quoted);
	assert_string_equal(node_get(&documents->items[1].items[0], "c")->text, "d");
	assert_null(node_get(map, "z"));
}

static void scalars_keep_their_text(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	assert_int_equal(parse(&arena, "a: 1943835e4453\nb: 088486363806\nc: no\nd: ~\n", &diag, &documents), 0);
	assert_string_equal(node_get(&documents->items[0], "a")->text, "1943835e4453");
	assert_string_equal(node_get(&documents->items[0], "b")->text, "088486363806");
	assert_string_equal(node_get(&documents->items[0], "c")->text, "no");
	assert_string_equal(node_get(&documents->items[0], "d")->text, "~");
}

static void what_libyaml_lets_through_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
		unsigned int line, column;
	} cases[] = {
		{ "a: &x [*x]\n", "anchors and tags", 1, 4 },
		{ "a: &x 1\n", "anchors and tags", 1, 4 },
		{ "a: 1\nb: *x\n", "aliases", 2, 4 },
		{ "a: !!python/object 1\n", "anchors and tags", 1, 4 },
		{ "%YAML 1.1\n---\na: 1\n", "directives", 1, 1 },
		{ "a: 1\nb: 2\na: 3\n", "duplicate key 'a', first at line 1", 3, 1 },
		{ "[1, 2]: x\n", "a key must be plain text", 1, 1 },
		{ "a: [1\n", "not YAML", 0, 0 },
		{ "a: \"\\0\"\n", "zero byte", 1, 4 },
		{ "\t- x\n", "not YAML", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		const struct node *documents;

		assert_int_equal(parse(&arena, cases[i].text, &diag, &documents), -EINVAL);
		assert_says(&diag, cases[i].message);
		assert_string_equal(diag.entries[0].place.file, "t.yaml");
		if (cases[i].line) {
			assert_int_equal(diag.entries[0].place.line, cases[i].line);
			assert_int_equal(diag.entries[0].place.column, cases[i].column);
		}
	}
}

static void depth_and_number_are_bounded(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct node *documents;

	strbuf_add_repeated(&text, '[', 10000);
	assert_int_equal(parse(&arena, text.buf, &diag, &documents), -EINVAL);
	assert_says(&diag, "nested too deeply");

	diag_release(&diag);
	strbuf_reset(&text);
	strbuf_add_char(&text, '[');
	for (unsigned int i = 0; i < NODE_COUNT_MAX + 1; i++)
		strbuf_add_string(&text, "1,");
	strbuf_add_char(&text, ']');
	assert_int_equal(parse(&arena, text.buf, &diag, &documents), -EINVAL);
	assert_says(&diag, "too many nodes");
}

static void an_unknown_key_names_the_nearest(void **state)
{
	static const char *const allowed[] = { "summary", "severity", NULL };
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	assert_int_equal(parse(&arena, "sumary: x\nzzzzz: 1\nseverity: y\n", &diag, &documents), 0);
	assert_int_equal(node_check_keys(&documents->items[0], allowed, &diag), -EINVAL);
	assert_int_equal(diag.count, 2);
	assert_string_equal(diag.entries[0].message, "unknown key 'sumary'; did you mean 'summary'?");
	assert_string_equal(diag.entries[1].message, "unknown key 'zzzzz'");
}

static void typed_readers_say_what_was_expected(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents, *map;
	const char *text;
	uint64_t number;
	bool flag;

	assert_int_equal(parse(&arena, "t: [1]\nf: maybe\nn: 1x\ny: yes\n", &diag, &documents), 0);
	map = &documents->items[0];
	assert_int_equal(node_get_text(map, "t", &diag, &text), -EINVAL);
	assert_int_equal(node_get_bool(map, "f", &diag, &flag), -EINVAL);
	assert_int_equal(node_get_u64(map, "n", &diag, &number), -EINVAL);
	assert_int_equal(node_get_text(map, "none", &diag, &text), -ENOENT);
	assert_int_equal(node_get_bool(map, "y", &diag, &flag), 0);
	assert_true(flag);
	assert_int_equal(diag.count, 3);
	assert_string_equal(diag.entries[1].message, "f: expected yes or no, found 'maybe'");
}

/* "a: {b: c, d: [e]}" in the second of two files. */
static void a_packed_mapping_is_there_when_it_is_looked_into(void **state)
{
	static const char *const files[] = { "one.yaml", "two.yaml", NULL };
	static const struct node_packed nodes[] = {
		{ 2, 0, 1, 1, NODE_SEQUENCE, 0 }, { 2, 1, 1, 1, NODE_SEQUENCE, 0 }, { 3, 2, 1, 1, NODE_MAPPING, 0 },
		{ 0, 0, 1, 1, NODE_SCALAR, 0 },	  { 5, 4, 1, 4, NODE_MAPPING, 0 },  { 2, 0, 1, 5, NODE_SCALAR, 0 },
		{ 4, 0, 1, 8, NODE_SCALAR, 1 },	  { 6, 0, 1, 11, NODE_SCALAR, 0 },  { 9, 1, 1, 14, NODE_SEQUENCE, 0 },
		{ 8, 0, 1, 15, NODE_SCALAR, 0 },
	};
	static const struct node_builtin builtin = { files, nodes, "a\0b\0c\0d\0e" };
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	const struct node *documents, *map, *list;

	node_set_builtin(&builtin);
	assert_int_equal(node_builtin_documents(&arena, 0, 2)->count, 0);
	documents = node_builtin_documents(&arena, 1, 0);
	assert_int_equal(documents->items[0].items[1].kind, NODE_MAPPING);
	assert_string_equal(documents->items[0].items[1].items[1].text, "c");

	documents = node_builtin_documents(&arena, 1, 2);
	map = &documents->items[0].items[1];
	assert_int_equal(map->kind, NODE_PACKED);
	assert_string_equal(node_file(map), "two.yaml");
	assert_int_equal(node_place(map).column, 4);
	assert_int_equal(node_unpack(&scratch, map)->count, 4);
	assert_int_equal(map->kind, NODE_PACKED);
	assert_true(node_get(map, "b")->quoted);
	list = node_get(map, "d");
	assert_int_equal(map->kind, NODE_MAPPING);
	assert_int_equal(map->count, 4);
	assert_ptr_equal(list, node_get(map, "d"));
	assert_string_equal(list->items[0].text, "e");
	assert_int_equal(node_place(&list->items[0]).column, 15);
	assert_string_equal(node_place(&list->items[0]).file, "two.yaml");
	assert_ptr_equal(node_unpack(&scratch, map), map);

	documents = node_builtin_documents(&arena, 1, 1);
	assert_int_equal(documents->items[0].kind, NODE_PACKED);
	assert_string_equal(node_open(&documents->items[0])->items[0].text, "a");
	assert_int_equal(documents->items[0].items[1].count, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_become_trees_with_places),
		cmocka_unit_test(scalars_keep_their_text),
		cmocka_unit_test(what_libyaml_lets_through_is_refused_with_its_place),
		cmocka_unit_test(depth_and_number_are_bounded),
		cmocka_unit_test(an_unknown_key_names_the_nearest),
		cmocka_unit_test(typed_readers_say_what_was_expected),
		cmocka_unit_test(a_packed_mapping_is_there_when_it_is_looked_into),
	};

	return RUN_TESTS(tests);
}
