/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of a rightsizing.  What the programs that read them say is in tests/cli/test-rightsize-formats.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../core/json.h"
#include "../../reports/rightsize-patch.h"
#include "../../reports/rightsize-phrase.h"
#include "rightsizing-fixture.h"

static size_t count_of(const char *text, const char *needle)
{
	size_t count = 0;

	for (const char *c = strstr(text, needle); c; c = strstr(c + 1, needle))
		count++;
	return count;
}

static char *written(const char *format, bool hostile)
{
	struct rightsizing_fixture fixture;
	char *text;

	rightsizing_fixture_init(&fixture, hostile);
	text = rightsizing_write(format, &fixture.rightsizing, 80, true);
	rightsizing_fixture_release(&fixture);
	return text;
}

static void hostile_text_is_harmless_in_every_format(void **state)
{
	(void)state;
	for (size_t i = 0; rightsizing_reporters[i]; i++) {
		CLEANUP(free_ptr) char *text = written(rightsizing_reporters[i]->name, true);

		assert_true(utf8_valid(text, strlen(text)));
		for (const char *c = text; *c; c++)
			assert_true(((unsigned char)*c >= ' ' && *c != 0x7f) || *c == '\n' || *c == '\r' ||
				    (*c == '\t' && streq(rightsizing_reporters[i]->name, "html")));
		if (!streq(rightsizing_reporters[i]->name, "json"))	/* is data */
			assert_null(strstr(text, "\xe2\x80\xae"));
	}
}

static void nothing_of_the_input_is_an_element_or_script_of_the_page(void **state)
{
	CLEANUP(free_ptr) char *text = written("html", true);

	(void)state;
	assert_int_equal(count_of(text, "<script"), 1);
	assert_int_equal(count_of(text, "<b>\"'"), 0);
	assert_true(count_of(text, "&#60;script") > 10);
}

static void fields_of_a_spreadsheet_are_no_formulas(void **state)
{
	CLEANUP(free_ptr) char *text = written("csv", true);

	(void)state;
	assert_int_equal(count_of(text, "\"=cmd"), 0);
	assert_int_equal(count_of(text, ",=cmd"), 0);
	assert_true(count_of(text, "'=cmd") > 5);
}

static void nothing_is_written_of_nothing_in_every_format(void **state)
{
	(void)state;
	for (size_t i = 0; rightsizing_reporters[i]; i++) {
		struct rightsizing_fixture fixture;

		rightsizing_fixture_init(&fixture, false);
		fixture.rightsizing.n_rows = 0;
		fixture.rightsizing.savings = (struct savings){ 0 };
		memset(fixture.rightsizing.counts, 0, sizeof(fixture.rightsizing.counts));
		{
			CLEANUP(free_ptr) char *text = rightsizing_write(rightsizing_reporters[i]->name, &fixture.rightsizing, 80, false);

			assert_true(strlen(text) > 100);
			assert_null(strstr(text, "USD"));
		}
		rightsizing_fixture_release(&fixture);
	}
}

static void a_page_of_text_is_as_wide_as_asked(void **state)
{
	static const unsigned int widths[] = { 40, 80, 120 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(widths) * 2; i++) {
		struct rightsizing_fixture fixture;
		CLEANUP(free_ptr) char *text = NULL;

		rightsizing_fixture_init(&fixture, i % 2);
		for (size_t n = 0; n < fixture.rightsizing.n_rows * 2; n++)	/* commands are never broken */
			fixture.rightsizing.rows[n / 2].of[n % 2].next_step = NULL;
		text = rightsizing_write("text", &fixture.rightsizing, widths[i / 2], true);
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			assert_true(display_width(line) <= widths[i / 2]);
		rightsizing_fixture_release(&fixture);
	}
}

static void what_follows_stands_in_the_same_block_as_the_change(void **state)
{
	CLEANUP(free_ptr) char *text = written("text", false);
	const char *web = strstr(text, "shop/Deployment/web app"), *next = strstr(text, "shop/Deployment/web proxy");

	(void)state;
	assert_non_null(web);
	assert_non_null(next);
	assert_true(strstr(web, "500m → 180m") < next);
	assert_true(strstr(web, "because  95 % of the time at most 142 m were used of 500 m") < next);
	assert_true(strstr(web, "warning  hpa: with the request of 180m") < next);
	assert_non_null(strstr(text, "run  keisoku rightsize deploy --prometheus URL\n"));
}

static void amounts_are_written_as_kubernetes_does(void **state)
{
	static const struct {
		enum resource resource;
		int64_t amount;
		const char *text;
	} cases[] = {
		{ RESOURCE_CPU, 250, "250m" }, { RESOURCE_CPU, 1000, "1" }, { RESOURCE_CPU, 0, "0" }, { RESOURCE_CPU, -1, "none" },
		{ RESOURCE_MEMORY, 512 * MIB, "512Mi" }, { RESOURCE_MEMORY, 1024 * MIB, "1Gi" }, { RESOURCE_MEMORY, 1000, "1k" },
		{ RESOURCE_MEMORY, -1, "none" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		phrase_amount(&text, cases[i].resource, cases[i].amount);
		assert_string_equal(text.buf, cases[i].text);
	}
}

static void money_has_its_currency_and_sign_and_unknown_is_said(void **state)
{
	static const struct {
		double value;
		bool signed_;
		const char *text;
	} cases[] = {
		{ 1204.4, false, "USD\u00a01,204" }, { 3.2, true, "+USD\u00a03.20" }, { -12, false, "−USD\u00a012.00" }, { 0, true, "USD\u00a00" },
		{ 0.004, true, "USD\u00a00" }, { 99.999, false, "USD\u00a0100" }, { NAN, true, "not known" }, { 1e300, false, "USD\u00a01e+300" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		phrase_money(&text, "USD", cases[i].value, cases[i].signed_);
		assert_string_equal(text.buf, cases[i].text);
	}
}

/* Of memory only the request has a known place, and the limit changes too. */
static void a_change_is_mended_in_place_whole_or_not_at_all(void **state)
{
	CLEANUP(free_ptr) char *text = written("sarif", false);

	(void)state;
	assert_int_equal(count_of(text, "\"fixes\""), 1);
	assert_int_equal(count_of(text, "\"deletedRegion\""), 1);
	assert_non_null(strstr(text, "\"startColumn\": 18"));
	assert_non_null(strstr(text, "\"text\": \"180m\""));
}

/* ---- patches ---- */

struct patches {
	struct rightsizing_fixture fixture;
	struct arena arena;
	struct patch_file *files;
	size_t count;
};

static void patches_init(struct patches *patches, bool hostile)
{
	*patches = (struct patches){ 0 };
	rightsizing_fixture_init(&patches->fixture, hostile);
	patches->count = rightsizing_patches(&patches->fixture.rightsizing, &patches->arena, &patches->files);
}

static void patches_release(struct patches *patches)
{
	arena_release(&patches->arena);
	rightsizing_fixture_release(&patches->fixture);
}

static const char *patch_text(const struct patches *patches, const char *path)
{
	for (size_t i = 0; i < patches->count; i++)
		if (streq(patches->files[i].path, path))
			return patches->files[i].text;
	return NULL;
}

static void patches_have_the_layout_of_the_input(void **state)
{
	struct patches patches;

	(void)state;
	patches_init(&patches, false);
	assert_int_equal(patches.count, 8);
	assert_non_null(patch_text(&patches, "patches/deploy/web.yaml"));
	assert_non_null(patch_text(&patches, "patches/deploy/ops/jobs.yaml"));
	assert_non_null(patch_text(&patches, "rollback/patches/deploy/web.yaml"));
	assert_non_null(patch_text(&patches, "rollback/kustomization.yaml"));
	assert_non_null(patch_text(&patches, "rollback/set-resources.sh"));
	patches_release(&patches);
}

static void suspicions_are_no_patches(void **state)
{
	struct patches patches;
	const char *web;

	(void)state;
	patches_init(&patches, false);
	web = patch_text(&patches, "patches/deploy/web.yaml");
	assert_null(strstr(web, "160Mi"));
	assert_non_null(strstr(web, "cpu: 180m\n"));
	assert_null(patch_text(&patches, "patches/deploy/ops/agent.yaml"));
	patches_release(&patches);
}

static void what_was_not_there_before_is_taken_away_again(void **state)
{
	struct patches patches;

	(void)state;
	patches_init(&patches, false);
	assert_non_null(strstr(patch_text(&patches, "rollback/patches/deploy/ops/jobs.yaml"), "resources: null\n"));
	assert_non_null(strstr(patch_text(&patches, "rollback/patches/deploy/web.yaml"), "cpu: 1000m\n"));
	assert_non_null(strstr(patch_text(&patches, "patches/deploy/web.yaml"), "limits:\n              cpu: null\n"));
	patches_release(&patches);
}

static void kinds_whose_lists_would_be_replaced_have_no_patch(void **state)
{
	struct patches patches;
	const struct rightsizing *rightsizing = &patches.fixture.rightsizing;

	(void)state;
	patches_init(&patches, false);
	assert_null(strstr(patch_text(&patches, "patches/deploy/web.yaml"), "canary"));
	assert_string_equal(row_without_patch(rightsizing, &rightsizing->rows[4]),
			    "no strategic merge patch is defined for objects of its kind and version");
	assert_null(row_without_patch(rightsizing, &rightsizing->rows[3]));
	patches_release(&patches);
}

/* SetDefaults_Pod in pkg/apis/core/v1/defaults.go: a request that is not there is the limit. */
static void a_request_that_came_from_the_limit_is_written_when_the_limit_moves(void **state)
{
	struct rightsizing_fixture fixture;
	struct workload_container *container;
	struct sizing_row *row;
	struct patch_values values;

	(void)state;
	rightsizing_fixture_init(&fixture, false);
	row = &fixture.rightsizing.rows[0];
	container = &fixture.cluster->containers[row->container];
	container->resources.requests.of[RESOURCE_CPU].given = false;
	container->resources.limits.of[RESOURCE_CPU] = fixture_amount(fixture.cluster, "500m", 3);
	row->of[RESOURCE_CPU].request_from = row->of[RESOURCE_CPU].request_to = row->of[RESOURCE_CPU].limit_from = 500;
	row->of[RESOURCE_CPU].limit_to = 1500;
	patch_values_make(&values, &fixture.rightsizing, row, false);
	assert_true(values.of[0][RESOURCE_CPU].written);
	assert_string_equal(values.of[0][RESOURCE_CPU].text.buf, "500m");
	assert_string_equal(values.of[1][RESOURCE_CPU].text.buf, "1500m");
	patch_values_release(&values);
	patch_values_make(&values, &fixture.rightsizing, row, true);
	assert_true(values.of[0][RESOURCE_CPU].removed);
	patch_values_release(&values);
	rightsizing_fixture_release(&fixture);
}

static void other_resources_of_a_container_stay(void **state)
{
	struct rightsizing_fixture fixture;
	static struct named_amount gpu = { .name = "nvidia.com/gpu" };
	struct workload_container *container;
	struct patch_values values;

	(void)state;
	rightsizing_fixture_init(&fixture, false);
	container = &fixture.cluster->containers[fixture.rightsizing.rows[1].container];
	patch_values_make(&values, &fixture.rightsizing, &fixture.rightsizing.rows[1], false);
	assert_false(values.clears[1]);		/* a limit of memory is left */
	patch_values_release(&values);
	container->resources.limits.of[RESOURCE_MEMORY].given = false;
	patch_values_make(&values, &fixture.rightsizing, &fixture.rightsizing.rows[1], false);
	assert_true(values.clears[1]);
	patch_values_release(&values);
	container->resources.limits.others = &gpu;
	container->resources.limits.n_others = 1;
	patch_values_make(&values, &fixture.rightsizing, &fixture.rightsizing.rows[1], false);
	assert_false(values.clears[1]);
	patch_values_release(&values);
	rightsizing_fixture_release(&fixture);
}

static void hostile_paths_stay_below_the_directory_and_names_out_of_scripts(void **state)
{
	struct patches patches;

	(void)state;
	patches_init(&patches, true);
	for (size_t i = 0; i < patches.count; i++) {
		const struct patch_file *file = &patches.files[i];

		assert_true(file->path[0] != '/' && !strstr(file->path, "..") && !strpbrk(file->path, "$`'\"\n <>|"));
		for (const char *c = file->text; *c; c++)
			assert_true((unsigned char)*c >= ' ' || *c == '\n' || *c == '\t');
		if (ends_with(file->path, ".sh"))
			assert_null(strstr(file->text, "\n\texpect "));
	}
	patches_release(&patches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_is_harmless_in_every_format),
		cmocka_unit_test(nothing_of_the_input_is_an_element_or_script_of_the_page),
		cmocka_unit_test(fields_of_a_spreadsheet_are_no_formulas),
		cmocka_unit_test(nothing_is_written_of_nothing_in_every_format),
		cmocka_unit_test(a_page_of_text_is_as_wide_as_asked),
		cmocka_unit_test(what_follows_stands_in_the_same_block_as_the_change),
		cmocka_unit_test(amounts_are_written_as_kubernetes_does),
		cmocka_unit_test(money_has_its_currency_and_sign_and_unknown_is_said),
		cmocka_unit_test(a_change_is_mended_in_place_whole_or_not_at_all),
		cmocka_unit_test(patches_have_the_layout_of_the_input),
		cmocka_unit_test(suspicions_are_no_patches),
		cmocka_unit_test(what_was_not_there_before_is_taken_away_again),
		cmocka_unit_test(kinds_whose_lists_would_be_replaced_have_no_patch),
		cmocka_unit_test(a_request_that_came_from_the_limit_is_written_when_the_limit_moves),
		cmocka_unit_test(other_resources_of_a_container_stay),
		cmocka_unit_test(hostile_paths_stay_below_the_directory_and_names_out_of_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
