/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/registry.h"

#include <errno.h>

#include "test.h"

struct loaded {
	struct arena arena;
	struct diag diag;
	struct registry *registry;
};

static void loaded_release(struct loaded *loaded)
{
	registry_free(loaded->registry);
	diag_release(&loaded->diag);
	arena_release(&loaded->arena);
}

static int load(struct loaded *loaded, enum entry_class class, const char *text)
{
	const struct node *documents;

	if (!loaded->registry)
		loaded->registry = registry_new();
	assert_int_equal(node_parse(&loaded->arena, "t.yaml", text, strlen(text), &loaded->diag, &documents), 0);
	return registry_load(loaded->registry, class, documents, &loaded->diag);
}

#define TUNABLE_REST "scope: global, takes_effect: live, reversible: yes, summary: s, references: [r]}\n"

static void a_tunable_has_all_its_parts(void **state)
{
	CLEANUP(loaded_release) struct loaded loaded = { 0 };
	const struct entry *entry;

	assert_int_equal(load(&loaded, ENTRY_TUNABLE,
			      "vm.dirty_ratio: {kind: sysctl, type: integer, unit: percent, range: 0..100, "
			      "coupled: [vm.dirty_bytes], " TUNABLE_REST
			      "vm.dirty_bytes: {kind: sysctl, type: integer, unit: B, range: 0.., " TUNABLE_REST), 0);
	assert_int_equal(registry_check(loaded.registry, &loaded.diag), 0);
	entry = registry_find(loaded.registry, "vm.dirty_ratio");
	assert_non_null(entry);
	assert_int_equal(entry->kind, KIND_SYSCTL);
	assert_true(entry->has_range && entry->range_min == 0 && entry->range_max == 100);
	assert_true(entry->unit.scale == 0.01);
	assert_string_equal(entry->coupled.items[0], "vm.dirty_bytes");
	assert_true(registry_find(loaded.registry, "vm.dirty_bytes")->range_max == UINT64_MAX);
	assert_int_equal(registry_count(loaded.registry, ENTRY_TUNABLE), 2);
}

static void ids_say_what_they_belong_to(void **state)
{
	CLEANUP(loaded_release) struct loaded loaded = { 0 };

	assert_int_equal(load(&loaded, ENTRY_FACT,
			      "block.rotational: {type: bool, summary: s}\n"
			      "numa-node.cpus: {type: text, summary: s}\n"
			      "cpu.online: {about: host, type: integer, summary: s}\n"
			      "net.ipv4.conf.*.rp_filter: {type: integer, summary: s}\n"
			      "vmstat.*: {type: integer, summary: s}\n"), 0);
	assert_non_null(registry_find_key(loaded.registry, SUBJECT_KIND_BLOCK, "rotational"));
	assert_non_null(registry_find_key(loaded.registry, SUBJECT_KIND_NUMA_NODE, "cpus"));
	assert_non_null(registry_find_key(loaded.registry, SUBJECT_KIND_HOST, "cpu.online"));
	assert_null(registry_find_key(loaded.registry, SUBJECT_KIND_CPU, "online"));
	assert_non_null(registry_find(loaded.registry, "net.ipv4.conf.eth0/100.rp_filter"));
	assert_null(registry_find(loaded.registry, "net.ipv4.conf.eth0.forwarding"));
	assert_non_null(registry_find(loaded.registry, "vmstat.a.b.c"));
	assert_null(registry_find(loaded.registry, "vmstat"));
}

static void a_later_entry_overrides_an_earlier_one(void **state)
{
	CLEANUP(loaded_release) struct loaded loaded = { 0 };

	assert_int_equal(load(&loaded, ENTRY_FACT, "a.*: {type: text, summary: one}\nb: {type: text, summary: one}\n"), 0);
	assert_int_equal(load(&loaded, ENTRY_FACT, "a.*: {type: text, summary: two}\nb: {type: text, summary: two}\n"), 0);
	assert_string_equal(registry_find(loaded.registry, "a.x")->summary, "two");
	assert_string_equal(registry_find(loaded.registry, "b")->summary, "two");
	assert_int_equal(registry_total(loaded.registry), 2);
}

static void each_mistake_has_its_message_and_costs_only_its_entry(void **state)
{
	static const struct {
		enum entry_class class;
		const char *text, *message;
	} cases[] = {
		{ ENTRY_TUNABLE, "- a\n", "expected a mapping from ids to tunable entries" },
		{ ENTRY_TUNABLE, "a: 1\n", "a: expected a mapping that describes the tunable" },
		{ ENTRY_TUNABLE, "a: {kind: sysctl, typ: integer, " TUNABLE_REST, "unknown key 'typ'; did you mean 'type'?" },
		{ ENTRY_TUNABLE, "a: {kind: sysctl, " TUNABLE_REST, "a: type is missing" },
		{ ENTRY_TUNABLE, "a: {kind: sysctl, type: number, " TUNABLE_REST, "type: expected one of integer, real" },
		{ ENTRY_TUNABLE, "a: {kind: knob, type: integer, " TUNABLE_REST, "kind: expected one of sysctl" },
		{ ENTRY_TUNABLE, "a: {kind: sysctl, type: integer, unit: parsec, " TUNABLE_REST, "unknown unit 'parsec'" },
		{ ENTRY_TUNABLE, "a: {kind: sysctl, type: integer, range: 5, " TUNABLE_REST, "expected MIN..MAX" },
		{ ENTRY_TUNABLE, "a: {kind: sysctl, type: integer, range: 9..1, " TUNABLE_REST, "expected MIN..MAX" },
		{ ENTRY_TUNABLE, "a: {kind: sysctl, type: integer, coupled: [{b: c}], " TUNABLE_REST, "a list of texts" },
		{ ENTRY_TUNABLE, "a: {kind: sysctl, type: integer, secret: perhaps, " TUNABLE_REST, "expected yes or no" },
		{ ENTRY_TUNABLE,
		  "a: {kind: sysctl, type: integer, scope: global, takes_effect: live, reversible: yes, summary: s}\n",
		  "references are missing" },
		{ ENTRY_METRIC, "a: {kind: rate, source: s, meaning: m, references: [r]}\n", "expected one of counter, gauge" },
		{ ENTRY_METRIC, "a: {kind: gauge, meaning: m, references: [r]}\n", "source is missing" },
		{ ENTRY_LOG, "a: {meaning: m, references: [r]}\n", "pattern is missing" },
		{ ENTRY_FACT, "a: {about: block, type: text, summary: s}\n", "about can only be host" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(loaded_release) struct loaded loaded = { 0 };

		assert_int_equal(load(&loaded, cases[i].class, cases[i].text), -EINVAL);
		assert_says(&loaded.diag, cases[i].message);
		assert_int_equal(registry_total(loaded.registry), 0);
		assert_true(loaded.diag.entries[0].place.line > 0);
	}
}

static void coupled_ids_must_be_tunables(void **state)
{
	CLEANUP(loaded_release) struct loaded loaded = { 0 };

	assert_int_equal(load(&loaded, ENTRY_TUNABLE, "a: {kind: sysctl, type: integer, coupled: [b], " TUNABLE_REST), 0);
	assert_int_equal(registry_check(loaded.registry, &loaded.diag), -EINVAL);
	assert_says(&loaded.diag, "a: coupled with 'b', which is no tunable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tunable_has_all_its_parts),
		cmocka_unit_test(ids_say_what_they_belong_to),
		cmocka_unit_test(a_later_entry_overrides_an_earlier_one),
		cmocka_unit_test(each_mistake_has_its_message_and_costs_only_its_entry),
		cmocka_unit_test(coupled_ids_must_be_tunables),
	};

	return RUN_TESTS(tests);
}
