/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../core/json.h"
#include "report-fixture.h"
#include "skip.h"

extern const struct reporter reporter_json;

/* The last value of a key, and how often each was seen. */
struct seen {
	const char *key;	/* looked for */
	char value[4096];
	size_t count, strings_with_control;
	bool next;
};

static int see(void *context, enum json_type type, const char *text, size_t length, unsigned int depth)
{
	struct seen *seen = context;

	(void)depth;
	if (type == JSON_KEY) {
		seen->next = strlen(seen->key) == length && memcmp(seen->key, text, length) == 0;
		return 0;
	}
	if (seen->next && length < sizeof(seen->value)) {
		memcpy(seen->value, text ? text : "", text ? length : 0);
		seen->value[text ? length : 0] = '\0';
		seen->count++;
	}
	seen->next = false;
	return 0;
}

static struct seen look_for(const char *text, const char *key)
{
	struct seen seen = { .key = key };
	struct diag diag = DIAG_INIT;

	assert_int_equal(json_parse("report", text, strlen(text), see, &seen, &diag), 0);
	diag_release(&diag);
	return seen;
}

static void a_report_is_one_json_document_with_every_finding(void **state)
{
	struct report_fixture fixture;
	struct seen seen;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, false);
	text = fixture_write(&reporter_json, &fixture.report);
	seen = look_for(text, "format");
	assert_string_equal(seen.value, "keisoku-report");
	seen = look_for(text, "confidence");
	assert_int_equal(seen.count, ARRAY_SIZE(fixture.items));
	seen = look_for(text, "not_applicable");
	assert_string_equal(seen.value, "5");
	seen = look_for(text, "unpersist");
	assert_true(seen.count >= 1);
	seen = look_for(text, "intervals");
	assert_string_equal(seen.value, "30");
	free(text);
	fixture_release(&fixture);
}

static void hostile_text_is_escaped_and_kept(void **state)
{
	struct report_fixture fixture;
	struct seen seen;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, true, true);
	fixture_make_hostile(&fixture);
	text = fixture_write(&reporter_json, &fixture.report);
	assert_true(utf8_valid(text, strlen(text)));
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c >= ' ' || *c == '\n');
	seen = look_for(text, "title");
	assert_non_null(strstr(seen.value, "\033[31m$(reboot)<b>\"'\\\n\t\xef\xbf\xbd"));
	/* The raw value is not UTF-8: it is there byte for byte. */
	assert_int_equal(look_for(text, "from").count, 0);
	assert_int_equal(look_for(text, "from64").count, ARRAY_SIZE(fixture.items));
	free(text);
	fixture_release(&fixture);
}

static void what_is_not_a_number_is_null(void **state)
{
	struct report_fixture fixture;
	char *text;

	(void)state;
	fixture_init(&fixture, 80, false, false);
	text = fixture_write(&reporter_json, &fixture.report);
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	assert_non_null(strstr(text, "\"share\": null"));
	free(text);
	fixture_release(&fixture);
}

/* With python3-jsonschema: the reports above, as docs/report.schema.json wants them. */
static void every_report_is_valid_against_its_schema(void **state)
{
	static const char command[] =
		"exec /usr/bin/python3 -c 'import json,sys,jsonschema; schema = json.load(open(\"docs/report.schema.json\"));"
		" jsonschema.Draft202012Validator.check_schema(schema);"
		" jsonschema.Draft202012Validator(schema).validate(json.load(sys.stdin))'";
	static const struct finding_list empty = FINDING_LIST_INIT;

	(void)state;
	if (access("docs/report.schema.json", R_OK) != 0 ||
	    system("/usr/bin/python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null") != 0)
		skip_because("python3-jsonschema is not installed");
	for (int i = 0; i < 3; i++) {
		struct report_fixture fixture;
		FILE *pipe;

		fixture_init(&fixture, 80, false, false);
		if (i == 1)
			fixture_make_hostile(&fixture);
		if (i == 1)
			for (size_t j = 0; j < ARRAY_SIZE(fixture.items); j++)
				fixture.items[j].use_kind = "errors";
		if (i == 2)
			fixture.report = (struct report){ .command = "advise", .findings = &empty };
		pipe = popen(command, "we");
		assert_non_null(pipe);
		assert_int_equal(reporter_json.write(pipe, &fixture.report), 0);
		assert_int_equal(pclose(pipe), 0);
		fixture_release(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_one_json_document_with_every_finding),
		cmocka_unit_test(hostile_text_is_escaped_and_kept),
		cmocka_unit_test(what_is_not_a_number_is_null),
		cmocka_unit_test(every_report_is_valid_against_its_schema),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
