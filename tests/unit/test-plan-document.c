/* SPDX-License-Identifier: Apache-2.0 */
/* plan.json read back: nothing in it is trusted. */
#include "test.h"

#include <errno.h>

#include "../../core/json.h"
#include "../../core/plan-document.h"
#include "../../core/strbuf.h"

#define HEAD "\"format\": \"keisoku-plan\", \"version\": 1, \"id\": \"0123456789abcdef\", \"snapshot\": \"snapshot.json\""
#define ACTION                                                                                                        \
	"\"number\": 1, \"key\": \"sda depth\", \"setting\": \"depth\", \"from\": \"8\", \"to\": \"16\","              \
	"\"subject\": {\"kind\": \"block\", \"name\": \"sda\"}"

static void a_plan_is_read(void **state)
{
	static const char text[] =
		"{" HEAD ", \"host\": {\"name\": \"h\", \"machine\": null, \"kernel\": \"6\"}, \"actions\": [{" ACTION
		", \"live\": true, \"from_text\": \"8\", \"to_text\": null, \"takes_effect\": \"live\","
		"\"write\": {\"reads_back\": \"16\", \"choice\": true, \"set\": null}, \"reasons\": [{\"finding\": \"r@sda\","
		"\"rule\": \"r\", \"title\": \"t\", \"criterion\": \"rate(x) == 0/s\"}, {\"finding\": null, \"rule\": null}]}]}";
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct plan_document plan;
	const struct planned_action *action;

	(void)state;
	assert_int_equal(plan_document_load(&arena, "plan.json", text, strlen(text), &diag, &plan), 0);
	assert_string_equal(plan.id, "0123456789abcdef");
	assert_string_equal(plan.snapshot, "snapshot.json");
	assert_string_equal(plan.host, "h");
	assert_null(plan.machine);
	assert_int_equal(plan.n_actions, 1);
	action = &plan.actions[0];
	assert_int_equal(action->number, 1);
	assert_int_equal(action->kind, SUBJECT_KIND_BLOCK);
	assert_string_equal(action->subject, "sda");
	assert_string_equal(action->reads_back, "16");
	assert_true(action->live && action->choice);
	assert_string_equal(action->to_text, "16");
	assert_int_equal(action->n_reasons, 2);
	assert_string_equal(action->reasons[0].criterion, "rate(x) == 0/s");
	assert_string_equal(action->reasons[0].criterion_node->text, "rate(x) == 0/s");
	assert_null(action->reasons[1].rule);
}

static void text_that_is_not_utf8_comes_as_base64(void **state)
{
	static const char text[] =
		"{" HEAD ", \"actions\": [{\"number\": 2, \"key\": \"k\", \"setting\": \"s\", \"from64\": \"/wo=\", \"to\": \"1\","
		"\"subject\": {\"kind\": \"host\", \"name\": \"\"}}]}";
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct plan_document plan;

	(void)state;
	assert_int_equal(plan_document_load(&arena, "plan.json", text, strlen(text), &diag, &plan), 0);
	assert_string_equal(plan.actions[0].from, "\xff\n");
	assert_string_equal(plan.actions[0].subject, "");
	assert_null(plan.actions[0].reads_back);
	assert_false(plan.actions[0].live);
}

static void what_is_wrong_is_refused_with_a_reason(void **state)
{
	/* clang-format off */
	static const struct { const char *text, *say; } rows[] = {
		{ "", "JSON" },
		{ "[]", "this is no plan" },
		{ "{}", "this is no plan" },
		{ "{\"format\": \"keisoku-snapshot\"}", "this is no plan" },
		{ "{\"format\": \"keisoku-plan\", \"version\": 2}", "another version" },
		{ "{\"format\": \"keisoku-plan\", \"version\": 1, \"id\": \"0\"}", "snapshot is missing" },
		{ "{\"format\": \"keisoku-plan\", \"version\": 1, \"snapshot\": \"s\"}", "id is missing" },
		{ "{\"format\": \"keisoku-plan\", \"version\": 1, \"id\": 0, \"snapshot\": \"s\"}", "id: expected text" },
		{ "{\"format\": \"keisoku-plan\", \"version\": 1, \"id\": \"0\", \"snapshot\": \"../s\"}", "beside the plan" },
		{ "{\"format\": \"keisoku-plan\", \"version\": 1, \"id\": \"0\", \"snapshot\": \"..\"}", "beside the plan" },
		{ "{\"format\": \"keisoku-plan\", \"version\": 1, \"id\": \"0\", \"snapshot\": \"\"}", "beside the plan" },
		{ "{" HEAD "}", "actions: expected a list" },
		{ "{" HEAD ", \"actions\": {}}", "actions: expected a list" },
		{ "{" HEAD ", \"actions\": [1]}", "list of objects" },
		{ "{" HEAD ", \"actions\": [{}]}", "no number" },
		{ "{" HEAD ", \"actions\": [{\"number\": -1}]}", "no number" },
		{ "{" HEAD ", \"actions\": [{\"number\": 1}]}", "no key" },
		{ "{" HEAD ", \"actions\": [{\"number\": 1, \"key\": 5}]}", "key: expected text" },
		{ "{" HEAD ", \"actions\": [{\"number\": 1, \"key64\": \"!\"}]}", "base64" },
		{ "{" HEAD ", \"actions\": [{\"number\": 1, \"key64\": \"AGEA\"}]}", "base64" },
		{ "{" HEAD ", \"actions\": [{" ACTION ", \"reasons\": 1}]}", "reasons: expected a list" },
		{ "{" HEAD ", \"actions\": [{" ACTION ", \"reasons\": [1]}]}", "list of objects" },
		{ "{" HEAD ", \"actions\": [{" ACTION ", \"write\": 1}]}", "write: expected an object" },
		{ "{" HEAD ", \"actions\": [{" ACTION ", \"number\": 2}]}", "there twice" },
		{ "{" HEAD ", \"host\": 1, \"actions\": []}", "host: expected an object" },
		{ "{" HEAD ", \"actions\": [{\"number\": 1, \"key\": \"a\\u0000b\"}]}", "zero byte" },
		{ "{" HEAD ", \"actions\": [{\"number\": 1, \"key\": \"k\", \"setting\": \"s\", \"from\": \"\", \"to\": \"\","
		  "\"subject\": {\"kind\": \"soul\"}}]}", "no kind of subject" },
		{ "{" HEAD ", \"actions\": [{\"number\": 1, \"key\": \"k\", \"setting\": \"s\", \"from\": \"\", \"to\": \"\"}]}",
		  "no subject" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct plan_document plan;

		if (plan_document_load(&arena, "plan.json", rows[i].text, strlen(rows[i].text), &diag, &plan) != -EINVAL)
			fail_msg("row %zu was read", i);
		assert_says(&diag, rows[i].say);
	}
}

static void what_is_too_much_is_refused(void **state)
{
	CLEANUP(strbuf_release) struct strbuf deep = STRBUF_INIT, wide = STRBUF_INIT, many = STRBUF_INIT;
	const struct { const struct strbuf *text; const char *say; } rows[] = {
		{ &deep, "deeper" }, { &wide, "members" }, { &many, "more than 2000 actions" },
	};

	(void)state;
	strbuf_add_repeated(&deep, '[', 40);
	strbuf_add_repeated(&deep, ']', 40);
	strbuf_add_char(&wide, '{');
	for (unsigned int i = 0; i < 3000; i++)
		strbuf_addf(&wide, "%s\"%u\": 1", i ? "," : "", i);
	strbuf_add_char(&wide, '}');
	strbuf_add_string(&many, "{" HEAD ", \"actions\": [{}");
	for (unsigned int i = 0; i < 2500; i++)
		strbuf_add_string(&many, ",{}");
	strbuf_add_string(&many, "]}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct plan_document plan;

		assert_int_equal(plan_document_load(&arena, "p", rows[i].text->buf, rows[i].text->len, &diag, &plan), -EINVAL);
		assert_says(&diag, rows[i].say);
	}
}

static void json_becomes_a_tree(void **state)
{
	static const char text[] = "{\"a\": [1, \"1\", null, {}], \"n\": null, \"b\": false}";
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *root, *list;

	(void)state;
	assert_int_equal(json_tree(&arena, "j", text, strlen(text), &diag, &root), 0);
	assert_int_equal(root->kind, NODE_MAPPING);
	assert_int_equal(root->count, 4);
	assert_null(node_get(root, "n"));
	list = node_get(root, "a");
	assert_int_equal(list->kind, NODE_SEQUENCE);
	assert_int_equal(list->count, 4);
	assert_false(list->items[0].quoted);
	assert_true(list->items[1].quoted);
	assert_string_equal(list->items[2].text, "");
	assert_int_equal(list->items[3].kind, NODE_MAPPING);
	assert_string_equal(node_get(root, "b")->text, "false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_is_read),
		cmocka_unit_test(text_that_is_not_utf8_comes_as_base64),
		cmocka_unit_test(what_is_wrong_is_refused_with_a_reason),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(json_becomes_a_tree),
	};

	return RUN_TESTS(tests);
}
