/* SPDX-License-Identifier: Apache-2.0 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../advisor/plan-making.h"
#include "../../core/root.h"
#include "test.h"

static const char rules[] =
	"- {id: setting-follows, title: t, about: host, severity: low, when: vm.swappiness == 10, set: net.ipv4.tcp_fin_timeout,\n"
	"   to: 30s, direction: lower, because: b, references: [r]}\n"
	"- {id: measured-follows, title: t, about: host, severity: low, window: 30s,\n"
	"   when: vm.swappiness == 10 and total(vmstat.pswpin) >= 0, set: vm.vfs_cache_pressure, to: '50%',\n"
	"   direction: lower, because: b, references: [r]}\n";

static const char metrics[] = "vmstat.pswpin: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n";

struct fixture {
	struct arena arena;
	struct registry *registry;
	struct rulebook *rulebook;
	struct snapshot *snapshot;
	struct plan *plan;
	struct finding_list findings;
	struct change changes[8];
	size_t n_changes;
	unsigned int forbidden;
};

static void load(struct fixture *fixture, enum entry_class class, const char *name, const char *text, size_t length)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	assert_int_equal(node_parse(&fixture->arena, name, text, length, &diag, &documents), 0);
	assert_int_equal(registry_load(fixture->registry, class, documents, &diag), 0);
}

/* The registry as it is shipped: its constraints are what is tested. */
static void load_registry(struct fixture *fixture)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	char here[4096];
	glob_t found;

	assert_non_null(realpath(".", here));
	assert_int_equal(root_open("/", &root), 0);
	assert_int_equal(glob("rules/tunables/*.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;

		strbuf_addf(&path, "%s/%s", here, found.gl_pathv[i]);
		assert_int_equal(root_read(root, path.buf, &text), 0);
		load(fixture, ENTRY_TUNABLE, found.gl_pathv[i], arena_strndup(&fixture->arena, text.buf, text.len), text.len);
	}
	globfree(&found);
	load(fixture, ENTRY_METRIC, "metrics.yaml", metrics, strlen(metrics));
	(void)registry_check(fixture->registry, &diag);
	for (size_t i = 0; i < diag.count; i++)
		assert_null(strstr(diag.entries[i].message, "is no tunable"));
}

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	fixture->registry = registry_new();
	fixture->snapshot = snapshot_new();
	fixture->plan = plan_new();
	load_registry(fixture);
	fixture->rulebook = rulebook_new(fixture->registry);
	snapshot_set_string(fixture->snapshot, SUBJECT_HOST, "host.machine", "0123456789abcdef0123456789abcdef", NULL);
	snapshot_set_string(fixture->snapshot, SUBJECT_HOST, "page_size", "4096", NULL);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	plan_free(fixture->plan);
	free(fixture->findings.items);
	rulebook_free(fixture->rulebook);
	snapshot_free(fixture->snapshot);
	registry_free(fixture->registry);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

/* "KEY=RAW" lines, of the host or of a subject. */
static void settings(struct fixture *fixture, subject_id subject, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n"), key = strcspn(text, "=");
		CLEANUP(free_ptr) char *name = xstrndup(text, key);
		CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;

		strbuf_addf(&origin, "/x/%s", name);
		snapshot_set(fixture->snapshot, subject, name, text + key + 1, length - key - 1, origin.buf);
		text += length + (text[length] == '\n');
	}
}

/* Actions in order, then what was left out, then conflicts. */
static const char *summary(struct fixture *fixture)
{
	const struct plan *plan = fixture->plan;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < plan->n_actions; i++) {
		assert_int_equal(plan->actions[i].number, i + 1);
		strbuf_addf(&text, "%s%s=%s", i ? "; " : "", plan->actions[i].key, plan->actions[i].write.value);
	}
	for (size_t i = 0; i < plan->n_left_out; i++)
		strbuf_addf(&text, " -%s", plan->left_out[i].key);
	for (size_t i = 0; i < plan->n_conflicts; i++)
		strbuf_addf(&text, " !%s", plan->conflicts[i].key);
	return arena_strdup(&fixture->arena, text.buf);
}

/* "KEY=VALUE" lines that somebody asks for. */
static const char *ask(struct fixture *fixture, const char *about, const char *text)
{
	struct plan_options options = { .forbidden = fixture->forbidden };
	struct plan_request requests[8];
	size_t count = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

		assert_int_equal(plan_request_parse(fixture->registry, fixture->snapshot, about,
						    arena_strndup(&fixture->arena, text, length), &fixture->arena,
						    &requests[count++], &why), 0);
		text += length + (text[length] == '\n');
	}
	plan_make_asked(fixture->rulebook, fixture->snapshot, requests, count, &options, fixture->plan);
	return summary(fixture);
}

static void find(struct fixture *fixture, const char *id, const char *key, const char *to)
{
	struct change *change = &fixture->changes[fixture->n_changes++];
	struct finding_list *list = &fixture->findings;
	const char *from = snapshot_text(fixture->snapshot, SUBJECT_HOST, key);

	*change = (struct change){
		.tunable = registry_find(fixture->registry, key), .subject = SUBJECT_HOST, .key = key, .from = from, .to = to,
	};
	assert_non_null(change->tunable);
	assert_non_null(from);
	GROW(list->items, list->capacity, list->count + 1);
	list->items[list->count++] = (struct finding){
		.id = id, .rule = id, .title = id, .status = STATUS_RECOMMEND, .changes = change, .n_changes = 1,
	};
}

static const char *plan_findings(struct fixture *fixture)
{
	struct plan_options options = { .forbidden = fixture->forbidden };

	plan_make(fixture->rulebook, fixture->snapshot, &fixture->findings, &options, fixture->plan);
	return summary(fixture);
}

/* ---- several findings, one setting ---- */

static void findings_that_agree_or_go_the_same_way_are_one_action(void **state)
{
	static const struct {
		const char *key, *now, *one, *two, *plan;
	} cases[] = {
		{ "net.core.somaxconn", "128", "4096", "4096", "net.core.somaxconn=4096" },
		{ "net.core.somaxconn", "128", "4096", "8192", "net.core.somaxconn=8192" },
		{ "net.core.somaxconn", "128", "8192", "4096", "net.core.somaxconn=8192" },
		{ "vm.swappiness", "60", "20", "10", "vm.swappiness=10" },
		{ "vm.swappiness", "60", "10", "20", "vm.swappiness=10" },
		{ "net.ipv4.tcp_rmem", "4096\t131072\t6291456", "4096 131072 16777216", "4096 131072 33554432",
		  "net.ipv4.tcp_rmem=4096 131072 33554432" },
	};
	struct fixture *fixture;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *own;

		(void)state;
		assert_int_equal(set_up(&own), 0);
		fixture = own;
		snapshot_set_string(fixture->snapshot, SUBJECT_HOST, cases[i].key, cases[i].now, "/x/y");
		find(fixture, "one", cases[i].key, cases[i].one);
		find(fixture, "two", cases[i].key, cases[i].two);
		assert_string_equal(plan_findings(fixture), cases[i].plan);
		assert_int_equal(fixture->plan->actions[0].n_reasons, 2);
		assert_string_equal(fixture->plan->actions[0].reasons[1].to, cases[i].two);
		(void)tear_down(&own);
	}
}

static void findings_that_contradict_each_other_are_left_out_and_shown(void **state)
{
	static const struct {
		const char *key, *now, *one, *two, *plan;
	} cases[] = {
		{ "vm.swappiness", "60", "10", "100", " !vm.swappiness" },
		{ "net.ipv4.tcp_congestion_control", "cubic", "bbr", "reno", " !net.ipv4.tcp_congestion_control" },
		{ "net.ipv4.tcp_rmem", "4096 131072 6291456", "4096 262144 6291456", "4096 131072 16777216",
		  " !net.ipv4.tcp_rmem" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *fixture;
		void *own;

		assert_int_equal(set_up(&own), 0);
		fixture = own;
		snapshot_set_string(fixture->snapshot, SUBJECT_HOST, cases[i].key, cases[i].now, "/x/y");
		find(fixture, "one", cases[i].key, cases[i].one);
		find(fixture, "two", cases[i].key, cases[i].two);
		assert_string_equal(plan_findings(fixture), cases[i].plan);
		assert_int_equal(fixture->plan->conflicts[0].n_sides, 2);
		(void)tear_down(&own);
	}
}

static void only_recommendations_become_actions(void **state)
{
	struct fixture *fixture = *state;

	settings(fixture, SUBJECT_HOST, "vm.swappiness=60");
	find(fixture, "one", "vm.swappiness", "10");
	fixture->findings.items[0].status = STATUS_SUSPECT;
	assert_string_equal(plan_findings(fixture), "");
}

/* ---- constraints ---- */

struct constraint_case {
	const char *settings, *asked, *plan;
};

/* clang-format off */
static const struct constraint_case constraint_cases[] = {
	/* the partner moves along in proportion, and goes first where the pair grows */
	{ "vm.dirty_ratio=20\nvm.dirty_background_ratio=10\nvm.dirty_bytes=0\nvm.dirty_background_bytes=0", "vm.dirty_ratio=6",
	  "vm.dirty_background_ratio=3; vm.dirty_ratio=6" },
	{ "vm.dirty_ratio=20\nvm.dirty_background_ratio=10\nvm.dirty_bytes=0\nvm.dirty_background_bytes=0", "vm.dirty_ratio=40",
	  "vm.dirty_ratio=40" },
	{ "vm.dirty_ratio=20\nvm.dirty_background_ratio=10\nvm.dirty_bytes=0\nvm.dirty_background_bytes=0",
	  "vm.dirty_background_ratio=30", "vm.dirty_ratio=60; vm.dirty_background_ratio=30" },
	{ "net.ipv4.neigh.default.gc_thresh1=128\nnet.ipv4.neigh.default.gc_thresh2=512\nnet.ipv4.neigh.default.gc_thresh3=1024",
	  "net.ipv4.neigh.default.gc_thresh1=4096",
	  "net.ipv4.neigh.default.gc_thresh3=32768; net.ipv4.neigh.default.gc_thresh2=16384; "
	  "net.ipv4.neigh.default.gc_thresh1=4096" },
	{ "net.ipv4.neigh.default.gc_thresh1=128\nnet.ipv4.neigh.default.gc_thresh2=512\nnet.ipv4.neigh.default.gc_thresh3=1024",
	  "net.ipv4.neigh.default.gc_thresh3=256",
	  "net.ipv4.neigh.default.gc_thresh1=32; net.ipv4.neigh.default.gc_thresh2=128; net.ipv4.neigh.default.gc_thresh3=256" },
	{ "net.core.rmem_default=212992\nnet.core.rmem_max=212992", "net.core.rmem_default=1000000",
	  "net.core.rmem_max=1000000; net.core.rmem_default=1000000" },
	{ "net.core.rmem_default=212992\nnet.core.rmem_max=212992", "net.core.rmem_max=100000",
	  "net.core.rmem_default=100000; net.core.rmem_max=100000" },
	/* both asked for: only their order matters */
	{ "net.core.rmem_default=212992\nnet.core.rmem_max=212992", "net.core.rmem_default=400000\nnet.core.rmem_max=800000",
	  "net.core.rmem_max=800000; net.core.rmem_default=400000" },
	{ "net.core.rmem_default=212992\nnet.core.rmem_max=212992", "net.core.rmem_max=4096\nnet.core.rmem_default=4096",
	  "net.core.rmem_default=4096; net.core.rmem_max=4096" },
	/* both asked for, and both cannot be had */
	{ "net.core.rmem_default=212992\nnet.core.rmem_max=212992", "net.core.rmem_max=100000\nnet.core.rmem_default=400000",
	  " -net.core.rmem_default -net.core.rmem_max" },
	/* writing one of a pair zeroes the other */
	{ "vm.dirty_ratio=20\nvm.dirty_background_ratio=10\nvm.dirty_bytes=0\nvm.dirty_background_bytes=0",
	  "vm.dirty_ratio=40\nvm.dirty_bytes=1073741824", "vm.dirty_ratio=40 -vm.dirty_bytes" },
	{ "vm.overcommit_ratio=50\nvm.overcommit_kbytes=0", "vm.overcommit_kbytes=1000000\nvm.overcommit_ratio=80",
	  "vm.overcommit_kbytes=1000000 -vm.overcommit_ratio" },
	/* zero means that the other one of the pair is in force */
	{ "vm.dirty_ratio=20\nvm.dirty_background_ratio=10\nvm.dirty_bytes=0\nvm.dirty_background_bytes=0",
	  "vm.dirty_background_ratio=20\nvm.dirty_bytes=1073741824",
	  "vm.dirty_background_ratio=20; vm.dirty_bytes=1073741824" },
	{ "vm.dirty_ratio=0\nvm.dirty_background_ratio=0\nvm.dirty_bytes=200000000\nvm.dirty_background_bytes=100000000",
	  "vm.dirty_background_ratio=5", "vm.dirty_background_ratio=5" },
	{ "net.ipv4.ip_local_port_range=32768 60999", "net.ipv4.ip_local_port_range=60000 20000",
	  " -net.ipv4.ip_local_port_range" },
	{ "net.ipv4.tcp_rmem=4096 131072 6291456", "net.ipv4.tcp_rmem=4096 131072 65536", " -net.ipv4.tcp_rmem" },
	{ "kernel.threads-max=30000\nkernel.pid_max=32768", "kernel.threads-max=100000",
	  "kernel.pid_max=100000; kernel.threads-max=100000" },
	/* what was wrong before is not ours to mend */
	{ "net.core.rmem_default=500000\nnet.core.rmem_max=212992", "net.core.rmem_default=600000",
	  "net.core.rmem_default=600000" },
	/* the partner is not known here */
	{ "net.core.rmem_default=212992", "net.core.rmem_default=1000000", "net.core.rmem_default=1000000" },
};
/* clang-format on */

static void constraints_take_the_partner_along_or_leave_the_change_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(constraint_cases); i++) {
		struct fixture *fixture;
		void *own;

		assert_int_equal(set_up(&own), 0);
		fixture = own;
		settings(fixture, SUBJECT_HOST, constraint_cases[i].settings);
		assert_string_equal(ask(fixture, NULL, constraint_cases[i].asked), constraint_cases[i].plan);
		(void)tear_down(&own);
	}
}

static void a_limit_of_its_own_is_not_moved(void **state)
{
	struct fixture *fixture = *state;
	subject_id group = snapshot_subject(fixture->snapshot, SUBJECT_KIND_CGROUP, "/x", "/sys/fs/cgroup/x");

	settings(fixture, group, "memory.high=1000000\nmemory.max=2000000\ncpu.max=50000 100000\ncpu.max.burst=0");
	assert_string_equal(ask(fixture, "/x", "memory.high=4000000\ncpu.max.burst=60000"),
			    " -/x cpu.max.burst -/x memory.high");
}

/* clang-format off */
/* Settings of a group, what is asked of it, and what becomes of that. */
static const struct constraint_case group_cases[] = {
	/* No limit is more than any limit. */
	{ "memory.limit_in_bytes=9223372036854771712\nmemory.memsw.limit_in_bytes=9223372036854771712",
	  "memory.memsw.limit_in_bytes=1073741824",
	  "/x memory.limit_in_bytes=1073741824; /x memory.memsw.limit_in_bytes=1073741824" },
	{ "memory.limit_in_bytes=9223372036854771712\nmemory.memsw.limit_in_bytes=9223372036854771712",
	  "memory.memsw.limit_in_bytes=2147483648\nmemory.limit_in_bytes=1073741824",
	  "/x memory.limit_in_bytes=1073741824; /x memory.memsw.limit_in_bytes=2147483648" },
	{ "memory.limit_in_bytes=1073741824\nmemory.memsw.limit_in_bytes=1073741824", "memory.limit_in_bytes=-1",
	  "/x memory.memsw.limit_in_bytes=-1; /x memory.limit_in_bytes=-1" },
	{ "memory.limit_in_bytes=1073741824\nmemory.memsw.limit_in_bytes=2147483648", "memory.memsw.limit_in_bytes=536870912",
	  "/x memory.limit_in_bytes=536870912; /x memory.memsw.limit_in_bytes=536870912" },
	{ "memory.limit_in_bytes=9223372036854771712", "memory.limit_in_bytes=1073741824",
	  "/x memory.limit_in_bytes=1073741824" },
	/* Each a limit of its own: the one that is off passes nothing. */
	{ "memory.high=1000000\nmemory.max=2000000", "memory.high=max", "/x memory.high=max" },
	/* A group that is idle has no weight. */
	{ "cpu.weight=100\ncpu.idle=0", "cpu.weight=200\ncpu.idle=1", "/x cpu.weight=200 -/x cpu.idle" },
	{ "cpu.weight=100\ncpu.idle=0", "cpu.idle=1\ncpu.weight=200", "/x cpu.idle=1 -/x cpu.weight" },
	{ "cpu.weight=0\ncpu.idle=1", "cpu.weight=200", " -/x cpu.weight" },
	{ "cpu.weight=0\ncpu.idle=1", "cpu.weight=200\ncpu.idle=0", "/x cpu.idle=0 -/x cpu.weight" },
	{ "cpu.shares=3\ncpu.idle=1", "cpu.shares=2048\ncpu.idle=0", "/x cpu.idle=0 -/x cpu.shares" },
	{ "cpu.weight.nice=0\ncpu.idle=0", "cpu.weight.nice=-5\ncpu.idle=1", "/x cpu.weight.nice=-5 -/x cpu.idle" },
	{ "cpu.weight=100\ncpu.idle=0", "cpu.weight=200", "/x cpu.weight=200" },
};
/* clang-format on */

static void what_the_kernel_would_refuse_of_a_group_is_foreseen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(group_cases); i++) {
		struct fixture *fixture;
		void *own;

		assert_int_equal(set_up(&own), 0);
		fixture = own;
		settings(fixture, snapshot_subject(fixture->snapshot, SUBJECT_KIND_CGROUP, "/x", "/sys/fs/cgroup/x"),
			 group_cases[i].settings);
		assert_string_equal(ask(fixture, "/x", group_cases[i].asked), group_cases[i].plan);
		(void)tear_down(&own);
	}
}

static void what_is_left_out_of_a_group_says_why(void **state)
{
	struct fixture *fixture = *state;
	subject_id group = snapshot_subject(fixture->snapshot, SUBJECT_KIND_CGROUP, "/x", "/sys/fs/cgroup/x");

	settings(fixture, group, "cpu.weight=0\ncpu.idle=1");
	assert_string_equal(ask(fixture, "/x", "cpu.weight=200\ncpu.idle=0"), "/x cpu.idle=0 -/x cpu.weight");
	assert_string_equal(fixture->plan->left_out[0].reason, "cpu.idle is 1, and while it is the kernel refuses to set "
							       "cpu.weight: make a plan for this one when it is 0");
}

static void burst_goes_after_a_quota_that_grows_and_before_one_that_shrinks(void **state)
{
	struct fixture *fixture = *state;
	subject_id group = snapshot_subject(fixture->snapshot, SUBJECT_KIND_CGROUP, "/x", "/sys/fs/cgroup/x");

	settings(fixture, group, "cpu.max=50000 100000\ncpu.max.burst=20000");
	assert_string_equal(ask(fixture, "/x", "cpu.max.burst=90000\ncpu.max=100000 100000"),
			    "/x cpu.max=100000 100000; /x cpu.max.burst=90000");
}

static void burst_goes_before_a_quota_that_shrinks(void **state)
{
	struct fixture *fixture = *state;
	subject_id group = snapshot_subject(fixture->snapshot, SUBJECT_KIND_CGROUP, "/x", "/sys/fs/cgroup/x");

	settings(fixture, group, "cpu.max=50000 100000\ncpu.max.burst=20000");
	assert_string_equal(ask(fixture, "/x", "cpu.max=10000 100000\ncpu.max.burst=5000"),
			    "/x cpu.max.burst=5000; /x cpu.max=10000 100000");
}

static void a_partner_of_a_forbidden_class_is_not_moved(void **state)
{
	struct fixture *fixture = *state;

	fixture->forbidden = CHANGE_SIDE_EFFECT;
	settings(fixture, SUBJECT_HOST, "net.core.rmem_default=1\nnet.core.rmem_max=100000\nvm.swappiness=60\nvm.dirty_ratio=20");
	assert_string_equal(ask(fixture, NULL, "vm.swappiness=10\nvm.dirty_ratio=30"), "vm.swappiness=10 -vm.dirty_ratio");
	assert_int_equal(fixture->plan->left_out[0].forbidden, CHANGE_SIDE_EFFECT);
	assert_string_equal(fixture->plan->left_out[0].reason, "forbidden: write-has-side-effect");
}

static void a_partner_goes_when_its_reason_goes(void **state)
{
	struct fixture *fixture = *state;

	fixture->forbidden = CHANGE_NEW_OBJECTS;
	settings(fixture, SUBJECT_HOST, "net.core.rmem_default=212992\nnet.core.rmem_max=212992");
	assert_string_equal(ask(fixture, NULL, "net.core.rmem_default=1000000"), " -net.core.rmem_default");
}

/* ---- order ---- */

static void what_is_moved_by_another_goes_after_it(void **state)
{
	struct fixture *fixture = *state;
	subject_id disk = snapshot_subject(fixture->snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");

	settings(fixture, disk, "nr_requests=64\nscheduler=[none] mq-deadline");
	assert_string_equal(ask(fixture, "sda", "nr_requests=256\nscheduler=mq-deadline"),
			    "sda scheduler=mq-deadline; sda nr_requests=256");
}

static void what_cannot_be_undone_goes_last(void **state)
{
	struct fixture *fixture = *state;

	settings(fixture, SUBJECT_HOST,
		 "kernel.shm_rmid_forced=0\nkernel.modules_disabled=0\nvm.nr_hugepages=0\nvm.swappiness=60");
	assert_string_equal(ask(fixture, NULL, "kernel.shm_rmid_forced=1\nkernel.modules_disabled=1\nvm.nr_hugepages=8\n"
					       "vm.swappiness=10"),
			    "vm.swappiness=10; vm.nr_hugepages=8; kernel.modules_disabled=1; kernel.shm_rmid_forced=1");
	assert_int_equal(fixture->plan->actions[2].n_restore, 0);
	assert_true(fixture->plan->actions[2].classes & CHANGE_REBOOT_TO_UNDO);
	assert_true(fixture->plan->actions[3].classes & CHANGE_ONE_WAY);
}

/* ---- the rest ---- */

static void what_it_may_move_and_could_not_be_read_leaves_it_out(void **state)
{
	struct fixture *fixture = *state;

	settings(fixture, SUBJECT_HOST, "thp.enabled=always [madvise] never");
	snapshot_set_absent(fixture->snapshot, SUBJECT_HOST, "vm.min_free_kbytes", -13, NULL);
	assert_string_equal(ask(fixture, NULL, "thp.enabled=never"), " -thp.enabled");
	assert_non_null(strstr(fixture->plan->left_out[0].reason, "vm.min_free_kbytes"));
}

static void a_pair_is_given_back_by_the_one_that_was_in_force(void **state)
{
	struct fixture *fixture = *state;
	const struct action *action;

	settings(fixture, SUBJECT_HOST, "vm.dirty_ratio=20\nvm.dirty_bytes=0");
	assert_string_equal(ask(fixture, NULL, "vm.dirty_bytes=1073741824"), "vm.dirty_bytes=1073741824");
	action = &fixture->plan->actions[0];
	assert_int_equal(action->n_coupled, 1);
	assert_string_equal(action->coupled[0].key, "vm.dirty_ratio");
	assert_int_equal(action->n_restore, 1);
	assert_string_equal(action->restore[0].key, "vm.dirty_ratio");
	assert_string_equal(action->restore[0].value, "20");
}

static void a_choice_is_compared_by_the_chosen_word(void **state)
{
	struct fixture *fixture = *state;
	const struct action *action;

	settings(fixture, SUBJECT_HOST, "vm.min_free_kbytes=67584\nthp.enabled=always [madvise] never");
	assert_string_equal(ask(fixture, NULL, "thp.enabled=never"), "thp.enabled=never");
	action = &fixture->plan->actions[0];
	assert_true(action->write.choice);
	assert_string_equal(action->from, "madvise");
	assert_string_equal(action->raw, "always [madvise] never");
	assert_string_equal(action->write.reads, "never");
}

static void a_rule_about_settings_joins_the_plan_that_calls_for_it(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	assert_int_equal(node_parse(&fixture->arena, "rules.yaml", rules, strlen(rules), &diag, &documents), 0);
	if (rulebook_load_rules(fixture->rulebook, documents, &diag) < 0)
		fail_msg("%s", diag.entries[0].message);
	settings(fixture, SUBJECT_HOST, "vm.swappiness=60\nnet.ipv4.tcp_fin_timeout=60\nvm.vfs_cache_pressure=100");
	find(fixture, "one", "vm.swappiness", "10");
	/* What rests on measurements has to be measured again. */
	assert_string_equal(plan_findings(fixture), "vm.swappiness=10; net.ipv4.tcp_fin_timeout=30");
	assert_string_equal(snapshot_text(fixture->snapshot, SUBJECT_HOST, "vm.swappiness"), "60");
}

static void a_plan_has_the_same_id_for_the_same_changes_only(void **state)
{
	struct fixture *fixture = *state;
	char first[17];

	settings(fixture, SUBJECT_HOST, "vm.swappiness=60");
	(void)ask(fixture, NULL, "vm.swappiness=10");
	memcpy(first, fixture->plan->id, sizeof(first));
	plan_free(fixture->plan);
	fixture->plan = plan_new();
	(void)ask(fixture, NULL, "vm.swappiness=10");
	assert_string_equal(fixture->plan->id, first);
	plan_free(fixture->plan);
	fixture->plan = plan_new();
	(void)ask(fixture, NULL, "vm.swappiness=20");
	assert_string_not_equal(fixture->plan->id, first);
	assert_int_equal(strlen(first), 16);
}

static void a_redacted_snapshot_names_no_host(void **state)
{
	struct fixture *fixture = *state;

	settings(fixture, SUBJECT_HOST, "vm.swappiness=60\nhost.machine=machine-1");
	(void)ask(fixture, NULL, "vm.swappiness=10");
	assert_null(fixture->plan->machine);
}

static void what_is_no_value_of_a_setting_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "vm.swappiness", "expected KEY=VALUE" },
		{ "vm.swappiness=201", "outside its range of 0..200" },
		{ "vm.swappiness=-1", "outside its range" },
		{ "vm.swappiness=ten", "no value of it" },
		{ "vm.swappiness=", "no value of it" },
		{ "vm.swappiness=10\n", "" },
		{ "vm.nonsense=1", "no such setting" },
		{ "vm.overcommit_memory=1", "not known (unreadable)" },
		{ "thp.enabled=sometimes", "not among what it offers: always [madvise] never" },
		{ "net.ipv4.tcp_rmem=1 2", "has 2 numbers where it has 3" },
		{ "kernel.hostname=x", "no tunable" },
		{ "sdb scheduler=none", "no such setting" },
	};
	struct fixture *fixture = *state;

	settings(fixture, SUBJECT_HOST, "vm.swappiness=60\nthp.enabled=always [madvise] never\n"
					"net.ipv4.tcp_rmem=4096 131072 6291456\nkernel.hostname=h");
	snapshot_set_absent(fixture->snapshot, SUBJECT_HOST, "vm.overcommit_memory", -13, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		struct plan_request request;

		if (plan_request_parse(fixture->registry, fixture->snapshot, NULL, cases[i].text, &fixture->arena, &request,
				       &why) >= 0)
			fail_msg("%s is taken for a value", cases[i].text);
		if (!strstr(why.buf, cases[i].why))
			fail_msg("%s: %s", cases[i].text, why.buf);
	}
}

static void a_subject_is_named_in_front_or_apart(void **state)
{
	static const char *const names[][2] = {
		{ NULL, "sda scheduler=none" },	     { NULL, "block sda scheduler=none" },
		{ "sda", "scheduler=none" },	     { "block sda", "scheduler=none" },
		{ "sda", "block.scheduler=none" },
	};
	struct fixture *fixture = *state;
	subject_id disk = snapshot_subject(fixture->snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");

	settings(fixture, disk, "scheduler=none [mq-deadline]");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		struct plan_request request = { 0 };

		assert_int_equal(plan_request_parse(fixture->registry, fixture->snapshot, names[i][0], names[i][1],
						    &fixture->arena, &request, &why), 0);
		assert_int_equal(request.subject, disk);
		assert_string_equal(request.key, "scheduler");
		assert_string_equal(request.value, "none");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* ---- processors ---- */

/* How the last action is given back, and what is looked at beside it. */
static const char *way_back(struct fixture *fixture)
{
	const struct action *action = &fixture->plan->actions[fixture->plan->n_actions - 1];
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < action->n_restore; i++) {
		const struct plan_write *write = &action->restore[i];

		strbuf_addf(&text, "%s%s", i ? "; " : "", write->set ? write->set : write->path);
		if (!write->set)
			strbuf_addf(&text, "=%s", write->value);
		strbuf_trim(&text);
	}
	for (size_t i = 0; i < action->n_coupled; i++)
		strbuf_addf(&text, " | %s=%s", action->coupled[i].key, action->coupled[i].reads);
	return arena_strdup(&fixture->arena, text.buf);
}

/* intel_pstate sets the preference with the governor, and refuses any other while that is performance. */
static void a_preference_goes_with_its_governor(void **state)
{
	static const struct {
		const char *governor, *preference, *asked, *plan, *back;
	} cases[] = {
		{ "powersave", "balance_power", "cpu 0 scaling_governor=performance", "0 scaling_governor=performance",
		  "/x/scaling_governor=powersave; /x/energy_performance_preference=balance_power | "
		  "0 energy_performance_preference=balance_power" },
		{ "performance", "performance", "cpu 0 energy_performance_preference=power\ncpu 0 scaling_governor=powersave",
		  "0 scaling_governor=powersave; 0 energy_performance_preference=power",
		  "/x/energy_performance_preference=performance" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *fixture = *state;
		subject_id cpu = snapshot_subject(fixture->snapshot, SUBJECT_KIND_CPU, "0", "/sys/devices/system/cpu/cpu0");
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "scaling_driver=intel_pstate\nscaling_governor=%s\nenergy_performance_preference=%s\n"
				   "scaling_available_governors=performance powersave\n", cases[i].governor, cases[i].preference);
		settings(fixture, cpu, text.buf);
		assert_string_equal(ask(fixture, NULL, cases[i].asked), cases[i].plan);
		assert_string_equal(way_back(fixture), cases[i].back);
		tear_down(state);
		set_up(state);
	}
}

/* ---- interfaces ---- */

static subject_id interface(struct fixture *fixture, const char *name, const char *text)
{
	subject_id id = snapshot_subject(fixture->snapshot, SUBJECT_KIND_INTERFACE, name, "/sys/class/net");

	settings(fixture, id, text);
	return id;
}

static void a_qdisc_is_given_back_only_where_all_of_it_is_known(void **state)
{
	static const char made[] = "qdisc=fq_codel\nqdisc.automatic=false\nqdisc.handle=8001:\nqdisc.filters=false\n"
				   "qdisc.options=limit 500 flows 1024 quantum 1514 target 4999 interval 99999 "
				   "memory_limit 33554432 ecn - drop_batch 64\n";
	static const char again[] = "tc qdisc replace dev eth0 root handle 8001: fq_codel limit 500 flows 1024 quantum 1514 "
				    "target 5000us interval 100000us memory_limit 33554432 noecn drop_batch 64 | "
				    "eth0 qdisc.options=8001: limit 500 flows 1024 quantum 1514 target 4999 interval 99999 "
				    "memory_limit 33554432 ecn - drop_batch 64";
	/* clang-format off */
	static const struct {
		const char *now, *more, *plan, *back;
	} cases[] = {
		{ "qdisc=fq_codel\nqdisc.automatic=true\n", "", "eth0 qdisc=fq",
		  "tc qdisc replace dev eth0 root pfifo\ntc qdisc del dev eth0 root" },
		{ "qdisc=fq_codel\nqdisc.automatic=true\nqdisc.filters=true\n", "", " -eth0 qdisc", NULL },
		{ "qdisc=pfifo_fast\nqdisc.automatic=true\n", "", " -eth0 qdisc", NULL },
		{ "qdisc=mq\nqdisc.automatic=true\nqdisc.leaf=fq_codel\nqdisc.leaf.automatic=true\n", "", "eth0 qdisc=fq",
		  "tc qdisc replace dev eth0 root pfifo\ntc qdisc del dev eth0 root | eth0 qdisc.leaf=fq_codel" },
		{ "qdisc=mq\nqdisc.automatic=true\nqdisc.leaf=pfifo_fast\n", "", " -eth0 qdisc", NULL },
		{ made, "", "eth0 qdisc=fq", again },
		{ made, "qdisc.filters=true\n", " -eth0 qdisc", NULL },
		{ made, "qdisc.handle=1:; reboot\n", " -eth0 qdisc", NULL },
		{ made, "qdisc.options=limit 500; reboot\n", " -eth0 qdisc", NULL },
		{ "qdisc=htb\nqdisc.automatic=false\nqdisc.handle=1:\nqdisc.filters=false\n", "", " -eth0 qdisc", NULL },
		{ "qdisc=mq\nqdisc.automatic=false\nqdisc.handle=1:\nqdisc.filters=false\nqdisc.options=\n"
		  "qdisc.leaf=fq_codel\nqdisc.leaf.automatic=true\n", "", "eth0 qdisc=fq",
		  "tc qdisc replace dev eth0 root handle 1: mq | eth0 qdisc.leaf=fq_codel | eth0 qdisc.options=1:" },
		{ "qdisc=mq\nqdisc.automatic=false\nqdisc.handle=1:\nqdisc.filters=false\nqdisc.options=\n"
		  "qdisc.leaf=fq_codel\nqdisc.leaf.automatic=false\n", "", " -eth0 qdisc", NULL },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *fixture = *state;
		subject_id eth0;

		settings(fixture, SUBJECT_HOST, "net.core.default_qdisc=fq_codel\n");
		eth0 = interface(fixture, "eth0", cases[i].now);
		settings(fixture, eth0, cases[i].more);
		assert_string_equal(ask(fixture, NULL, "interface eth0 qdisc=fq"), cases[i].plan);
		if (cases[i].back)
			assert_string_equal(way_back(fixture), cases[i].back);
		tear_down(state);
		set_up(state);
	}
}

static void queues_that_are_made_anew_get_what_they_had(void **state)
{
	struct fixture *fixture = *state;

	interface(fixture, "veth1", "channels.rx=2\nrx-0.rps_cpus=0\nrx-1.rps_cpus=3\ntx-1.xps_cpus=1\nmtu=1500\n");
	assert_string_equal(ask(fixture, NULL, "interface veth1 channels.rx=1"), "veth1 channels.rx=1");
	assert_string_equal(way_back(fixture), "ethtool -L veth1 rx 2; /x/rx-0.rps_cpus=0; /x/rx-1.rps_cpus=3; /x/tx-1.xps_cpus=1 | "
					       "veth1 rx-0.rps_cpus=0 | veth1 rx-1.rps_cpus=3 | veth1 tx-1.xps_cpus=1");
}

static void segmentation_comes_back_with_each_of_its_features(void **state)
{
	struct fixture *fixture = *state;

	interface(fixture, "eth0", "offload.tso=on\nfeatures.tx-tcp-segmentation=on\nfeatures.tx-tcp-mangleid-segmentation=off\n");
	assert_string_equal(ask(fixture, NULL, "interface eth0 offload.tso=off"), "eth0 offload.tso=off");
	assert_string_equal(way_back(fixture), "ethtool -K eth0 tx-tcp-segmentation on\n"
					       "ethtool -K eth0 tx-tcp-mangleid-segmentation off | "
					       "eth0 features.tx-tcp-segmentation=on | "
					       "eth0 features.tx-tcp-mangleid-segmentation=off");
}

static void a_switch_for_all_interfaces_gives_back_what_one_had(void **state)
{
	/* clang-format off */
	static const struct {
		const char *key, *back;
	} cases[] = {
		{ "net.ipv4.ip_forward",
		  "/x/net.ipv4.ip_forward=0; /x/net.ipv4.conf.eth1.forwarding=1; ethtool -K eth0 lro on; ethtool -K eth.2 lro on | "
		  "net.ipv4.conf.eth1.forwarding=1 | eth0 offload.lro=on | eth.2 offload.lro=on" },
		{ "net.ipv4.conf.eth0.forwarding",
		  "/x/net.ipv4.conf.eth0.forwarding=0; ethtool -K eth0 lro on | eth0 offload.lro=on" },
		{ "net.ipv4.conf.eth/2.forwarding",
		  "/x/net.ipv4.conf.eth/2.forwarding=0; ethtool -K eth.2 lro on | eth.2 offload.lro=on" },
		{ "net.ipv6.conf.all.disable_ipv6",
		  "/x/net.ipv6.conf.all.disable_ipv6=0; /x/net.ipv6.conf.eth1.disable_ipv6=1 | net.ipv6.conf.eth1.disable_ipv6=1" },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *fixture = *state;
		CLEANUP(strbuf_release) struct strbuf request = STRBUF_INIT;

		settings(fixture, SUBJECT_HOST,
			 "net.ipv4.ip_forward=0\nnet.ipv4.conf.eth0.forwarding=0\nnet.ipv4.conf.eth1.forwarding=1\n"
			 "net.ipv4.conf.eth/2.forwarding=0\nnet.ipv6.conf.all.disable_ipv6=0\nnet.ipv6.conf.eth0.disable_ipv6=0\n"
			 "net.ipv6.conf.eth1.disable_ipv6=1\n");
		interface(fixture, "eth0", "offload.lro=on\n");
		interface(fixture, "eth1", "offload.lro=off\n");
		interface(fixture, "eth.2", "offload.lro=on\n");
		strbuf_addf(&request, "%s=1", cases[i].key);
		assert_string_equal(ask(fixture, NULL, request.buf), request.buf);
		assert_string_equal(way_back(fixture), cases[i].back);
		tear_down(state);
		set_up(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_that_agree_or_go_the_same_way_are_one_action),
		cmocka_unit_test(findings_that_contradict_each_other_are_left_out_and_shown),
		TEST(only_recommendations_become_actions),
		cmocka_unit_test(constraints_take_the_partner_along_or_leave_the_change_out),
		TEST(a_limit_of_its_own_is_not_moved),
		cmocka_unit_test(what_the_kernel_would_refuse_of_a_group_is_foreseen),
		TEST(what_is_left_out_of_a_group_says_why),
		TEST(burst_goes_after_a_quota_that_grows_and_before_one_that_shrinks),
		TEST(burst_goes_before_a_quota_that_shrinks),
		TEST(a_partner_of_a_forbidden_class_is_not_moved),
		TEST(a_partner_goes_when_its_reason_goes),
		TEST(what_is_moved_by_another_goes_after_it),
		TEST(what_cannot_be_undone_goes_last),
		TEST(what_it_may_move_and_could_not_be_read_leaves_it_out),
		TEST(a_pair_is_given_back_by_the_one_that_was_in_force),
		TEST(a_choice_is_compared_by_the_chosen_word),
		TEST(a_rule_about_settings_joins_the_plan_that_calls_for_it),
		TEST(a_plan_has_the_same_id_for_the_same_changes_only),
		TEST(a_redacted_snapshot_names_no_host),
		TEST(what_is_no_value_of_a_setting_is_refused_with_the_reason),
		TEST(a_subject_is_named_in_front_or_apart),
		TEST(a_preference_goes_with_its_governor),
		TEST(a_qdisc_is_given_back_only_where_all_of_it_is_known),
		TEST(queues_that_are_made_anew_get_what_they_had),
		TEST(segmentation_comes_back_with_each_of_its_features),
		TEST(a_switch_for_all_interfaces_gives_back_what_one_had),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
