/* SPDX-License-Identifier: Apache-2.0 */
/* Samplers and rules/metrics are two halves: every metric that is sampled has an entry of its kind, and every entry that
 * names one metric of the host is sampled, or recorded as absent. */
#include "tree.h"

#include "../../core/node.h"
#include "../../core/registry.h"

struct knowledge {
	struct arena arena;
	struct diag diag;
	struct registry *registry;
};

static void knowledge_read(struct knowledge *knowledge)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	*knowledge = (struct knowledge){ .arena = ARENA_INIT, .diag = DIAG_INIT, .registry = registry_new() };
	assert_int_equal(root_open("rules/metrics", &root), 0);
	assert_int_equal(root_list(root, "/", &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(free_ptr) char *path = xasprintf("/%s", list.entries[i].name);
		const struct node *documents;

		if (!ends_with(path, ".yaml"))
			continue;
		assert_int_equal(root_read(root, path, &text), 0);
		assert_int_equal(node_parse(&knowledge->arena, path, text.buf, text.len, &knowledge->diag, &documents), 0);
		assert_int_equal(registry_load(knowledge->registry, ENTRY_METRIC, documents, &knowledge->diag), 0);
	}
}

static void knowledge_release(struct knowledge *knowledge)
{
	registry_free(knowledge->registry);
	diag_release(&knowledge->diag);
	arena_release(&knowledge->arena);
}

/* Two ticks of every sampler, of this host or of a tree with nothing in it. */
static struct snapshot *sample(struct root *root)
{
	static const struct probe_options options = { .cgroup_max = 16 };
	struct snapshot *snapshot = snapshot_new();
	void *states[64] = { NULL };

	for (size_t i = 0; samplers[i]; i++)
		assert_int_equal(samplers[i]->open(root, &options, snapshot, &states[i]), 0);
	for (int tick = 0; tick < 2; tick++) {
		snapshot_tick_begin(snapshot, tick, tick, tick);
		for (size_t i = 0; samplers[i]; i++)
			samplers[i]->tick(states[i], snapshot);
		snapshot_tick_end(snapshot);
	}
	for (size_t i = 0; samplers[i]; i++)
		samplers[i]->close(states[i]);
	return snapshot;
}

static void every_sampled_metric_of_this_host_has_an_entry_of_its_kind(void **context)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct knowledge knowledge;
	size_t wrong = 0;

	knowledge_read(&knowledge);
	assert_int_equal(root_open("/", &root), 0);
	snapshot = sample(root);
	assert_true(snapshot_series_count(snapshot) > 100);
	for (size_t i = 0; i < snapshot_series_count(snapshot); i++) {
		const struct series *series = snapshot_series_at(snapshot, i);
		const char *key = snapshot_key_name(snapshot, series->key);
		enum subject_kind kind = snapshot_subject_get(snapshot, series->subject)->kind;
		const struct entry *entry = registry_find_key(knowledge.registry, kind, key);

		if (entry && entry->class == ENTRY_METRIC && entry->metric_kind == series->kind)
			continue;
		print_message("# %s %s: %s\n", subject_kind_name(kind), key, entry ? "of another kind" : "no entry");
		wrong++;
	}
	assert_int_equal(wrong, 0);
	knowledge_release(&knowledge);
}

/* Some of this host's are not in a tree with nothing in it: they belong to subjects that are not there. */
static void every_entry_of_the_host_is_sampled_or_said_to_be_absent(void **context)
{
	/* Documented one by one because of their kind or unit, and of no use to a rule. */
	static const char *const only_documented[] = { "vmstat.", "netstat.", "snmp.", "sockstat.", "meminfo.", "conntrack.",
						       "neighbour." };
	CLEANUP(snapshot_free_ptr) struct snapshot *nothing = NULL, *here = NULL;
	CLEANUP(root_free_ptr) struct root *live = NULL;
	struct knowledge knowledge;
	size_t wrong = 0;
	struct tree tree;

	knowledge_read(&knowledge);
	tree_begin(&tree);
	nothing = sample(tree.root);
	tree_end(&tree);
	assert_int_equal(root_open("/", &live), 0);
	here = sample(live);
	for (size_t i = 0; i < registry_total(knowledge.registry); i++) {
		const struct entry *entry = registry_at(knowledge.registry, i);
		bool known = snapshot_get(nothing, SUBJECT_HOST, entry->key) || snapshot_get(here, SUBJECT_HOST, entry->key) ||
			     snapshot_metric(here, SUBJECT_HOST, entry->key);

		if (entry->about != SUBJECT_KIND_HOST || strchr(entry->id, '*') || known)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(only_documented); j++)
			known |= starts_with(entry->id, only_documented[j]);
		if (known)
			continue;
		print_message("# %s: nobody samples it\n", entry->id);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	knowledge_release(&knowledge);
}

static void every_entry_says_what_it_means_and_where_that_is_written(void **context)
{
	struct knowledge knowledge;
	size_t specific = 0;

	knowledge_read(&knowledge);
	for (size_t i = 0; i < registry_total(knowledge.registry); i++) {
		const struct entry *entry = registry_at(knowledge.registry, i);

		specific += !strchr(entry->id, '*');
		if (!entry->meaning || strlen(entry->meaning) < 10 || entry->references.count == 0 || !entry->source)
			fail_msg("%s lacks a meaning, a source or a reference", entry->id);
	}
	assert_true(specific >= 90);
	knowledge_release(&knowledge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sampled_metric_of_this_host_has_an_entry_of_its_kind),
		cmocka_unit_test(every_entry_of_the_host_is_sampled_or_said_to_be_absent),
		cmocka_unit_test(every_entry_says_what_it_means_and_where_that_is_written),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
