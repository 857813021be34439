/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/prices.h"

#include <errno.h>
#include <math.h>

#include "../read-file.h"
#include "test.h"

#define HEAD "currency: EUR\nsource: own\ndate: 2026-10-01\n"

static const struct node *tree(struct arena *arena, const char *yaml)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	assert_int_equal(node_parse(arena, "labels.yaml", yaml, strlen(yaml), &diag, &documents), 0);
	return &documents->items[0];
}

static struct amount amount(const char *text)
{
	struct amount amount = { .given = true, .text = text };

	assert_int_equal(quantity_parse(text, &amount.quantity), 0);
	return amount;
}

static void a_price_comes_from_labels_else_from_capacity(void **state)
{
	static const char yaml[] = HEAD "cpu_hour: 0.5\ngib_hour: 0.25\nnodes:\n"
		"  - match: {type: big, kept: spot}\n    hour: 1.5\n"
		"  - match: {type: big}\n    hour: 4\n"
		"  - match: {type: big}\n    hour: 9\n"
		"  - match: {kept: spot}\n    cpu_hour: 0.25\n    gib_hour: 0\n";
	static const struct {
		const char *labels, *cpu, *memory;
		double hour;
	} cases[] = {
		{ "{type: big}", "8", "32Gi", 4 },
		{ "{type: big, kept: spot, other: x}", "8", "32Gi", 1.5 },
		{ "{type: big, kept: on-demand}", "8", "32Gi", 4 },
		{ "{type: small, kept: spot}", "8", "32Gi", 2 },
		{ "{type: small}", "8", "32Gi", 12 },
		{ "{type: small}", "1500m", "512Mi", 0.875 },
		{ "{type: [big]}", "0", "0", 0 },
		{ "[big]", "2", "4Gi", 2 },
		{ "{type: small}", NULL, "4Gi", NAN },
		{ "{type: small}", "2", NULL, NAN },
		{ "{type: big}", NULL, NULL, 4 },
	};
	CLEANUP(prices_release) struct prices prices = PRICES_INIT;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	assert_int_equal(prices_parse("prices.yaml", yaml, strlen(yaml), &diag, &prices), 0);
	assert_int_equal(prices.n_nodes, 4);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cluster_node node = { .labels = tree(&arena, cases[i].labels) };
		double hour;

		if (cases[i].cpu)
			node.capacity.of[RESOURCE_CPU] = amount(cases[i].cpu);
		if (cases[i].memory)
			node.allocatable.of[RESOURCE_MEMORY] = amount(cases[i].memory);
		hour = prices_node_hour(&prices, &node);
		if (isnan(cases[i].hour) ? !isnan(hour) : !(fabs(hour - cases[i].hour) < 1e-9))
			fail_msg("case %zu: %g, expected %g", i, hour, cases[i].hour);
	}
}

static void without_rates_only_listed_nodes_have_a_price(void **state)
{
	static const char yaml[] = HEAD "nodes:\n  - {match: {type: big}, hour: 0}\n";
	CLEANUP(prices_release) struct prices prices = PRICES_INIT;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct cluster_node node = { .labels = tree(&arena, "{type: big}") };

	assert_int_equal(prices_parse("prices.yaml", yaml, strlen(yaml), &diag, &prices), 0);
	assert_true(isnan(prices.cpu_hour) && isnan(prices.gib_hour));
	assert_true(prices_node_hour(&prices, &node) == 0);
	node.labels = NULL;
	node.capacity.of[RESOURCE_CPU] = amount("8");
	node.capacity.of[RESOURCE_MEMORY] = amount("8Gi");
	assert_true(isnan(prices_node_hour(&prices, &node)));
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *yaml;
		unsigned int line, column;
		const char *message;		/* part of the first */
	} cases[] = {
		{ "", 0, 0, "expected one document" },
		{ "[]", 1, 1, "expected one document" },
		{ HEAD "cpu_hour: 1\ngib_hour: 1\n---\na: b\n", 7, 1, "expected one document" },
		{ HEAD, 1, 1, "no price at all" },
		{ HEAD "nodes: []\n", 1, 1, "no price at all" },
		{ HEAD "cpu_hour: 1\n", 1, 1, "cpu_hour without gib_hour" },
		{ HEAD "gib_hour: 1\n", 1, 1, "gib_hour without cpu_hour" },
		{ HEAD "cpu_hour: -1\ngib_hour: 1\n", 4, 11, "cannot be negative" },
		{ HEAD "cpu_hour: .nan\ngib_hour: 1\n", 4, 11, "expected a price" },
		{ HEAD "cpu_hour: nan\ngib_hour: 1\n", 4, 11, "expected a price" },
		{ HEAD "cpu_hour: inf\ngib_hour: 1\n", 4, 11, "expected a price" },
		{ HEAD "cpu_hour: 1e400\ngib_hour: 1\n", 4, 11, "expected a price" },
		{ HEAD "cpu_hour: 0x10\ngib_hour: 1\n", 4, 11, "expected a price" },
		{ HEAD "cpu_hour: $0.03\ngib_hour: 1\n", 4, 11, "expected a price" },
		{ HEAD "cpu_hour: 0,03\ngib_hour: 1\n", 4, 11, "expected a price" },
		{ HEAD "cpu_hour: 1e7\ngib_hour: 1\n", 4, 11, "is no price" },
		{ HEAD "cpu_hour: [1]\ngib_hour: 1\n", 4, 11, "expected text" },
		{ HEAD "cpu_hours: 1\ngib_hour: 1\n", 4, 1, "did you mean 'cpu_hour'" },
		{ HEAD "cpu_hour: 1\ncpu_hour: 1\n", 5, 1, "cpu_hour" },
		{ "currency: EUR\nsource: own\ncpu_hour: 1\ngib_hour: 1\n", 1, 1, "prices without date" },
		{ "currency: EUR\ndate: 2026-10-01\ncpu_hour: 1\ngib_hour: 1\n", 1, 1, "prices without source" },
		{ "source: own\ndate: 2026-10-01\ncpu_hour: 1\ngib_hour: 1\n", 1, 1, "prices without currency" },
		{ "currency: ''\nsource: own\ndate: 2026-10-01\ncpu_hour: 1\ngib_hour: 1\n", 1, 1, "prices without currency" },
		{ "currency: EUR\nsource: own\ndate: 2026-02-29\ncpu_hour: 1\ngib_hour: 1\n", 3, 7, "expected a day" },
		{ "currency: EUR\nsource: own\ndate: 2026-02-28 10:00\ncpu_hour: 1\ngib_hour: 1\n", 3, 7, "expected a day" },
		{ "currency: EUR\nsource: own\ndate: october\ncpu_hour: 1\ngib_hour: 1\n", 3, 7, "expected a day" },
		{ HEAD "nodes: {}\n", 4, 8, "expected a list" },
		{ HEAD "nodes: [big]\n", 4, 9, "expected {match" },
		{ HEAD "nodes:\n  - {hour: 1}\n", 5, 5, "match: expected labels" },
		{ HEAD "nodes:\n  - {match: {}, hour: 1}\n", 5, 13, "match: expected labels" },
		{ HEAD "nodes:\n  - {match: big, hour: 1}\n", 5, 13, "match: expected labels" },
		{ HEAD "nodes:\n  - {match: {a: [b]}, hour: 1}\n", 5, 17, "expected the value of a label" },
		{ HEAD "nodes:\n  - {match: {a: b}}\n", 5, 5, "expected either hour" },
		{ HEAD "nodes:\n  - {match: {a: b}, hour: 1, cpu_hour: 1, gib_hour: 1}\n", 5, 5, "expected either hour" },
		{ HEAD "nodes:\n  - {match: {a: b}, cpu_hour: 1}\n", 5, 5, "cpu_hour without gib_hour" },
		{ HEAD "nodes:\n  - {match: {a: b}, hour: 1, month: 1}\n", 5, 30, "unknown key 'month'" },
		{ HEAD "cpu_hour: &a 1\ngib_hour: *a\n", 4, 11, "anchor" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(prices_release) struct prices prices = PRICES_INIT;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		const struct diag_entry *entry;

		assert_int_equal(prices_parse("prices.yaml", cases[i].yaml, strlen(cases[i].yaml), &diag, &prices), -EINVAL);
		assert_null(prices.currency);
		assert_true(diag.count > 0);
		entry = &diag.entries[0];
		if (!strstr(entry->message, cases[i].message) || entry->place.line != cases[i].line ||
		    entry->place.column != cases[i].column)
			fail_msg("case %zu: %u:%u: %s", i, entry->place.line, entry->place.column, entry->message);
		assert_string_equal(entry->place.file, "prices.yaml");
	}
}

static void all_mistakes_are_told_at_once(void **state)
{
	static const char yaml[] = "currency: EUR\ndate: x\ncpu_hour: -1\ngib_hour: a\nnodes: [{match: {a: b}}, {hour: 1}]\n";
	CLEANUP(prices_release) struct prices prices = PRICES_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	assert_int_equal(prices_parse("prices.yaml", yaml, strlen(yaml), &diag, &prices), -EINVAL);
	assert_int_equal(diag.errors, 5);
}

static void the_example_is_what_it_says(void **state)
{
	CLEANUP(prices_release) struct prices prices = PRICES_INIT;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	static const char *const names[] = { "e2-standard-2", "e2-standard-4", "e2-standard-8" };

	assert_int_equal(read_file("packaging/prices/example.yaml", &text), 0);
	assert_int_equal(prices_parse("example.yaml", text.buf, text.len, &diag, &prices), 0);
	assert_int_equal(diag.count, 0);
	assert_string_equal(prices.currency, "USD");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *labels = arena_formatf(&arena, "{node.kubernetes.io/instance-type: %s}", names[i]);
		struct cluster_node node = { .labels = tree(&arena, labels) };
		double whole = prices_node_hour(&prices, &node);

		node.labels = NULL;
		node.capacity.of[RESOURCE_CPU] = amount(arena_formatf(&arena, "%d", 2 << i));
		node.capacity.of[RESOURCE_MEMORY] = amount(arena_formatf(&arena, "%dGi", 8 << i));
		assert_true(fabs(whole - prices_node_hour(&prices, &node)) < 1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_price_comes_from_labels_else_from_capacity),
		cmocka_unit_test(without_rates_only_listed_nodes_have_a_price),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(all_mistakes_are_told_at_once),
		cmocka_unit_test(the_example_is_what_it_says),
	};

	return RUN_TESTS(tests);
}
