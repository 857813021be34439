/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../advisor/expr.h"
#include "../../core/strbuf.h"

static const char tunables_yaml[] =
	"vm.dirty_bytes: {kind: sysctl, type: integer, unit: B, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.dirty_ratio: {kind: sysctl, type: integer, unit: percent, range: 0..100, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.swappiness: {kind: sysctl, type: integer, range: 0..200, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.page-cluster: {kind: sysctl, type: integer, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.dirty_expire_centisecs: {kind: sysctl, type: integer, unit: cs, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.big: {kind: sysctl, type: integer, unit: B, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.overcommit_memory: {kind: sysctl, type: integer, range: 0..2, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.numa_stat: {kind: sysctl, type: bool, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.garbled: {kind: sysctl, type: integer, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.hidden: {kind: sysctl, type: integer, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.gone: {kind: sysctl, type: integer, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.unseen: {kind: sysctl, type: integer, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"net.ipv4.tcp_mem: {kind: sysctl, type: list, unit: page, fields: [low, pressure, high], summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"net.ipv4.tcp_rmem: {kind: sysctl, type: list, unit: B, fields: [min, default, max], summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"net.ipv4.available: {kind: sysctl, type: words, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"net.ipv4.conf.*.rp_filter: {kind: sysctl, type: integer, summary: s, scope: net-namespace, takes_effect: live, reversible: yes, references: [r]}\n"
	"net.key: {kind: sysctl, type: text, secret: yes, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"kernel.governor: {kind: sysfs, type: enum, values: [performance, powersave], path: /x, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"kernel.mask: {kind: sysfs, type: hex, path: /x, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"block.scheduler: {kind: block-queue, type: enum, summary: s, scope: device, takes_effect: live, reversible: yes, references: [r]}\n"
	"block.nr_requests: {kind: block-queue, type: integer, unit: count, summary: s, scope: device, takes_effect: live, reversible: yes, references: [r]}\n"
	"cgroup.memory.max: {kind: cgroup, type: integer, unit: B, unlimited: [max, \"9223372036854771712\"], summary: s, scope: cgroup, takes_effect: live, reversible: yes, references: [r]}\n"
	"cgroup.cpu.max: {kind: cgroup, type: list, unit: us, fields: [quota, period], summary: s, scope: cgroup, takes_effect: live, reversible: yes, references: [r]}\n"
	"container.requests.cpu: {kind: container-resource, type: quantity, unit: core, summary: s, scope: cgroup, takes_effect: new-objects, reversible: yes, references: [r]}\n"
	"container.requests.memory: {kind: container-resource, type: quantity, unit: B, summary: s, scope: cgroup, takes_effect: new-objects, reversible: yes, references: [r]}\n";
static const char facts_yaml[] =
	"page_size: {type: integer, unit: B/page, summary: s, source: s}\n"
	"model: {type: text, summary: s, source: s}\n"
	"block.rotational: {type: bool, summary: s, source: s}\n"
	"cgroup.version: {type: integer, summary: s, source: s}\n"
	"container.workload: {type: text, summary: s, source: s}\n"
	"workload.replicas: {type: integer, summary: s, source: s}\n";
static const char metrics_yaml[] =
	"steady: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n"
	"burst: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n"
	"zero: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n"
	"stall: {kind: counter, unit: us, source: s, meaning: m, references: [r]}\n"
	"pages: {kind: counter, unit: page, source: s, meaning: m, references: [r]}\n"
	"cold: {kind: counter, unit: count, source: s, meaning: m, references: [r], frozen_when: vm.numa_stat == false}\n"
	"never: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n"
	"level: {kind: gauge, unit: kB, source: s, meaning: m, references: [r]}\n"
	"uptime: {kind: gauge, unit: s, source: s, meaning: m, references: [r]}\n"
	"block.io_ticks: {kind: counter, unit: ms, source: s, meaning: m, references: [r]}\n"
	"block.in_flight: {kind: gauge, unit: count, source: s, meaning: m, references: [r]}\n"
	"cgroup.memory.current: {kind: gauge, unit: B, source: s, meaning: m, references: [r]}\n";

struct fixture {
	struct arena arena;
	struct registry *registry;
	struct snapshot *snapshot;		/* with a window of 20 intervals */
	struct snapshot *still;			/* without one */
};

static void load(struct fixture *fixture, enum entry_class class, const char *yaml)
{
	const struct node *documents;
	struct diag diag = DIAG_INIT;

	assert_int_equal(node_parse(&fixture->arena, "registry", yaml, strlen(yaml), &diag, &documents), 0);
	if (registry_load(fixture->registry, class, documents, &diag) < 0)
		fail_msg("%s", diag.entries[0].message);
	diag_release(&diag);
}

static void settings(struct snapshot *snapshot)
{
	static const struct { const char *key, *raw; } host[] = {
		{ "vm.dirty_bytes", "4096" }, { "vm.dirty_ratio", "20" }, { "vm.swappiness", "60" }, { "vm.page-cluster", "3" },
		{ "vm.dirty_expire_centisecs", "3000" }, { "vm.big", "18446744073709551615" }, { "vm.overcommit_memory", "1" },
		{ "vm.numa_stat", "0" }, { "vm.garbled", "12 monkeys" }, { "net.ipv4.tcp_mem", "100\t200\t300" },
		{ "net.ipv4.tcp_rmem", "4096\t131072\t6291456" }, { "net.ipv4.available", "reno cubic" },
		{ "net.ipv4.conf.eth0/100.rp_filter", "2" }, { "net.ipv4.conf.all.rp_filter", "1" },
		{ "kernel.governor", "powersave" }, { "kernel.mask", "00000000,0000000f" }, { "page_size", "4096" },
		{ "model", "QEMU HARDDISK" }, { "kernel.osrelease", "6.1.0-13-amd64" },
	};
	static const struct { enum subject_kind kind; const char *name, *key, *raw; } others[] = {
		{ SUBJECT_KIND_BLOCK, "sda", "scheduler", "none [mq-deadline] kyber" },
		{ SUBJECT_KIND_BLOCK, "sda", "nr_requests", "64" },
		{ SUBJECT_KIND_BLOCK, "sda", "rotational", "1" },
		{ SUBJECT_KIND_BLOCK, "nvme0n1", "scheduler", "[none] bfq" },
		{ SUBJECT_KIND_BLOCK, "nvme0n1", "rotational", "0" },
		{ SUBJECT_KIND_CGROUP, "/a", "memory.max", "max" },
		{ SUBJECT_KIND_CGROUP, "/a", "cpu.max", "max 100000" },
		{ SUBJECT_KIND_CGROUP, "/b", "memory.max", "1073741824" },
		{ SUBJECT_KIND_CGROUP, "/b", "cpu.max", "50000 100000" },
		{ SUBJECT_KIND_CGROUP, "/v1", "memory.max", "9223372036854771712" },
		{ SUBJECT_KIND_CGROUP, "/v1", "version", "1" },
		{ SUBJECT_KIND_CONTAINER, "shop/web/app", "workload", "shop/web" },
		{ SUBJECT_KIND_CONTAINER, "shop/web/app", "requests.cpu", "1500m" },
		{ SUBJECT_KIND_CONTAINER, "shop/web/app", "requests.memory", "1.5Gi" },
		{ SUBJECT_KIND_CONTAINER, "shop/db/db", "workload", "shop/db" },
		{ SUBJECT_KIND_CONTAINER, "shop/db/db", "requests.cpu", "0.3" },
		{ SUBJECT_KIND_CONTAINER, "shop/web/log", "workload", "shop/web" },
		{ SUBJECT_KIND_CONTAINER, "shop/web/log", "requests.cpu", "100m" },
		{ SUBJECT_KIND_CONTAINER, "shop/web/log", "requests.memory", "64MB" },
		{ SUBJECT_KIND_WORKLOAD, "shop/web", "replicas", "3" },
		{ SUBJECT_KIND_WORKLOAD, "shop/db", "replicas", "1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(host); i++)
		snapshot_set_string(snapshot, SUBJECT_HOST, host[i].key, host[i].raw, NULL);
	snapshot_set_absent(snapshot, SUBJECT_HOST, "vm.hidden", -EACCES, NULL);
	snapshot_set_absent(snapshot, SUBJECT_HOST, "vm.gone", -ENOENT, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		snapshot_set_string(snapshot, snapshot_subject(snapshot, others[i].kind, others[i].name, ""), others[i].key,
				    others[i].raw, NULL);
}

static void sample(struct snapshot *snapshot, const char *key, subject_id subject, enum metric_kind kind, double value)
{
	series_id id = snapshot_series(snapshot, subject, key, strlen(key), kind, 0);

	if (kind == METRIC_COUNTER)
		snapshot_counter(snapshot, id, (uint64_t)value);
	else
		snapshot_gauge(snapshot, id, value);
}

static void measure(struct snapshot *snapshot, unsigned int intervals)
{
	subject_id sda = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "");
	subject_id nvme = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "nvme0n1", "");
	subject_id a = snapshot_subject(snapshot, SUBJECT_KIND_CGROUP, "/a", "");

	snapshot_window(snapshot)->interval_sec = 1;
	for (unsigned int i = 0; i <= intervals; i++) {
		snapshot_tick_begin(snapshot, 50 + i, 50 + i, 1e9 + i);
		sample(snapshot, "steady", SUBJECT_HOST, METRIC_COUNTER, 1000 + 10 * i);
		sample(snapshot, "burst", SUBJECT_HOST, METRIC_COUNTER, i == 20 ? 50 : 0);
		sample(snapshot, "zero", SUBJECT_HOST, METRIC_COUNTER, 0);
		sample(snapshot, "stall", SUBJECT_HOST, METRIC_COUNTER, 1e6 + 250000.0 * i);
		sample(snapshot, "pages", SUBJECT_HOST, METRIC_COUNTER, 100 * i);
		sample(snapshot, "cold", SUBJECT_HOST, METRIC_COUNTER, 7);
		sample(snapshot, "level", SUBJECT_HOST, METRIC_GAUGE, i == 0 ? 10 : i);
		sample(snapshot, "uptime", SUBJECT_HOST, METRIC_GAUGE, 100);
		sample(snapshot, "io_ticks", sda, METRIC_COUNTER, 900 * i);
		sample(snapshot, "io_ticks", nvme, METRIC_COUNTER, 100 * i);
		sample(snapshot, "in_flight", sda, METRIC_GAUGE, 4);
		sample(snapshot, "memory.current", a, METRIC_GAUGE, 4096);
		snapshot_tick_end(snapshot);
	}
}

static int setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	struct diag diag = DIAG_INIT;

	fixture->registry = registry_new();
	load(fixture, ENTRY_TUNABLE, tunables_yaml);
	load(fixture, ENTRY_FACT, facts_yaml);
	load(fixture, ENTRY_METRIC, metrics_yaml);
	assert_int_equal(registry_check(fixture->registry, &diag), 0);
	diag_release(&diag);
	fixture->snapshot = snapshot_new();
	fixture->still = snapshot_new();
	settings(fixture->snapshot);
	settings(fixture->still);
	measure(fixture->snapshot, 20);
	measure(fixture->still, 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	registry_free(fixture->registry);
	snapshot_free(fixture->snapshot);
	snapshot_free(fixture->still);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

static void add_value(struct strbuf *out, const struct value *value, const struct expr_missing *missing)
{
	switch (value->type) {
	case VALUE_BOOL:
		strbuf_add_string(out, value->boolean ? "true" : "false");
		break;
	case VALUE_NUMBER:
		strbuf_addf(out, "%.20Lg", value->number);
		break;
	case VALUE_TEXT:
		strbuf_add(out, value->text, value->length);
		break;
	case VALUE_LIST:
		for (size_t i = 0; i < value->n_items; i++)
			strbuf_addf(out, "%s%.20Lg", i > 0 ? " " : "", value->items[i]);
		if (!value->items)
			strbuf_add(out, value->text, value->length);
		break;
	case VALUE_UNKNOWN:
		strbuf_add_string(out, "unknown:");
		for (size_t i = 0; i < missing->count; i++)
			strbuf_addf(out, " %s", missing->items[i].key);
		break;
	}
}

/* The value of text as text; an error as "error COLUMN: message". */
static char *answer(struct fixture *fixture, const struct snapshot *snapshot, const struct expr_scope *scope,
		    subject_id self, const char *text)
{
	const struct node node = { .kind = NODE_SCALAR, .text = text, .file = node_file_number("rule.yaml"), .line = 7, .column = 1 };
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(program_free_ptr) struct program *program = NULL;
	struct expr_missing missing = { .count = 0 };
	struct diag diag = DIAG_INIT;
	struct expr_context context;
	struct value value;

	if (expr_compile(scope, &node, &diag, &program) < 0) {
		assert_int_equal(diag.count, 1);
		assert_int_equal(diag.entries[0].place.line, 7);
		strbuf_addf(&out, "error %u: %s", diag.entries[0].place.column, diag.entries[0].message);
		diag_release(&diag);
		return strbuf_steal(&out);
	}
	assert_int_equal(diag.count, 0);
	program_bind(program, snapshot);
	expr_context_init(&context, snapshot, self);
	context.missing = &missing;
	if (scope->target) {
		const struct setting *setting = snapshot_get(snapshot, SUBJECT_HOST, scope->target->key);

		context.current = value_of_setting(scope->target, setting->raw, setting->raw_length);
		context.proposed = context.current;
		context.proposed.number *= 2;
	}
	value = program_evaluate(program, &context);
	add_value(&out, &value, &missing);
	return strbuf_steal(&out);
}

struct row {
	const char *text, *answer;
};

static void check_rows(struct fixture *fixture, const struct snapshot *snapshot, enum subject_kind about,
		       const char *subject, const struct row *rows, size_t count)
{
	struct expr_scope scope = { .registry = fixture->registry, .about = about };
	subject_id self = about == SUBJECT_KIND_HOST ? SUBJECT_HOST : snapshot_find_subject(snapshot, about, subject);
	unsigned int wrong = 0;

	assert_int_not_equal(self, SUBJECT_NONE);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(free_ptr) char *got = answer(fixture, snapshot, &scope, self, rows[i].text);

		if (!streq(got, rows[i].answer)) {
			print_error("%s\n  expected %s\n  got      %s\n", rows[i].text, rows[i].answer, got);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

#define CHECK(state, about, subject, rows) \
	check_rows(*(state), ((struct fixture *)*(state))->snapshot, about, subject, rows, ARRAY_SIZE(rows))
#define CHECK_HOST(state, rows) CHECK(state, SUBJECT_KIND_HOST, NULL, rows)

static void literals_have_units(void **state)
{
	static const struct row rows[] = {
		{ "4096", "4096" },
		{ "0x10", "16" },
		{ "0xFFFFFFFFFFFFFFFF", "18446744073709551615" },
		{ "1.5", "1.5" },
		{ "4KiB", "4096" },
		{ "1.5MiB", "1572864" },
		{ "100ms == 0.1s", "true" },
		{ "15% == 15 / 100", "true" },
		{ "15% * 100 == 15", "true" },
		{ "2/s", "2" },
		{ "10MiB/s", "10485760" },
		{ "5pages", "5" },
		{ "250m == 0.25cores", "true" },
		{ "50per10000 == 0.5%", "true" },
		{ "4096B/page", "4096" },
		{ "0x10KiB", "16384" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "\"text\"", "text" },
		{ "\"a \\\"quoted\\\" word\"", "a \"quoted\" word" },
		{ "\"\\d+\"", "\\d+" },
		{ "true", "true" },
		{ "[1, 2, 3]", "1 2 3" },
		{ "4096/page_size", "1" },
		{ "8192B / page_size == 2pages", "true" },
		{ "2/2", "1" },
		{ "10 /2", "5" },
	};

	CHECK_HOST(state, rows);
}

static void operators_bind_as_in_arithmetic(void **state)
{
	static const struct row rows[] = {
		{ "1 + 2 * 3", "7" },
		{ "(1 + 2) * 3", "9" },
		{ "10 - 2 - 3", "5" },
		{ "2 * -3", "-6" },
		{ "-(1 + 2)", "-3" },
		{ "12 / 4 / 3", "1" },
		{ "1 + 1 == 2 and not 1 > 2", "true" },
		{ "true or false and false", "true" },
		{ "not true or true", "true" },
		{ "not not true", "true" },
		{ "1 if true else 2", "1" },
		{ "1 if false else 2 if false else 3", "3" },
		{ "\"a\" == \"a\"", "true" },
		{ "\"a\" != \"a\"", "false" },
		{ "true == false", "false" },
		{ "1 < 2", "true" },
		{ "2 <= 2", "true" },
		{ "2 >= 3", "false" },
		{ "vm.swappiness - 10", "50" },
		{ "vm.page-cluster", "3" },
		{ "1 / 0", "unknown: 1 / 0" },
		{ "1 / 0 > 1 and false", "false" },
		{ "1 / 0 > 1 or true", "true" },
		{ "3 in [1, 2, 3]", "true" },
		{ "\"b\" in [\"a\", \"c\"]", "false" },
		{ "\"abc\" =~ \"^a.c$\"", "true" },
		{ "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\" =~ \"^(a+)+$\"", "unknown: =~" },
	};

	CHECK_HOST(state, rows);
}

static void settings_are_read_by_their_type(void **state)
{
	static const struct row rows[] = {
		{ "vm.dirty_bytes", "4096" },
		{ "vm.dirty_ratio == 20%", "true" },
		{ "vm.dirty_ratio / 2 == 10%", "true" },
		{ "vm.dirty_expire_centisecs == 30s", "true" },
		{ "vm.big", "18446744073709551615" },
		{ "vm.big == 18446744073709551614B", "false" },
		{ "vm.numa_stat", "false" },
		{ "vm.numa_stat == 0", "true" },
		{ "1 == vm.numa_stat", "false" },
		{ "kernel.governor", "powersave" },
		{ "kernel.governor == \"performance\"", "false" },
		{ "kernel.mask", "15" },
		{ "net.ipv4.tcp_mem[2]", "300" },
		{ "net.ipv4.tcp_mem[high]", "300" },
		{ "net.ipv4.tcp_mem[0] * page_size", "409600" },
		{ "net.ipv4.available", "reno cubic" },
		{ "\"cubic\" in net.ipv4.available", "true" },
		{ "\"cub\" in net.ipv4.available", "false" },
		{ "200pages in net.ipv4.tcp_mem", "true" },
		{ "net.ipv4.conf.all.rp_filter", "1" },
		{ "`net.ipv4.conf.eth0/100.rp_filter`", "2" },
		{ "model =~ \"(?i)qemu\"", "true" },
		{ "net.ipv4.available =~ \"bbr\"", "false" },
		{ "self.vm.swappiness", "60" },
		{ "vm.garbled", "unknown: vm.garbled" },
		{ "vm.hidden == 1", "unknown: vm.hidden" },
		{ "vm.gone == 1", "unknown: vm.gone" },
		{ "vm.unseen == 1", "unknown: vm.unseen" },
		{ "vm.hidden == 1 or vm.gone == 1", "unknown: vm.hidden vm.gone" },
		{ "vm.hidden == 1 and vm.swappiness == 1", "false" },
		{ "(vm.hidden == 1 and false) or vm.gone == 1", "unknown: vm.gone" },
		{ "1 if vm.hidden == 1 else 2", "unknown: vm.hidden" },
		{ "has(vm.swappiness)", "true" },
		{ "has(vm.gone)", "false" },
		{ "has(vm.hidden)", "true" },
		{ "has(vm.unseen)", "unknown: vm.unseen" },
		{ "has(net.ipv4.conf.gone.rp_filter)", "false" },
		{ "net.ipv4.conf.gone.rp_filter == 1", "unknown: net.ipv4.conf.gone.rp_filter" },
		{ "has(steady)", "true" },
		{ "kernel(\"5.4\")", "true" },
		{ "kernel(\"6.1\")", "true" },
		{ "kernel(\"6.1.1\")", "false" },
		{ "kernel(\"6.10\")", "false" },
	};

	CHECK_HOST(state, rows);
}

static void metrics_are_per_window(void **state)
{
	static const struct row rows[] = {
		{ "rate(steady)", "10" },
		{ "rate(steady) > 9/s", "true" },
		{ "delta(steady)", "200" },
		{ "total(steady)", "1200" },
		{ "rate(burst)", "2.5" },
		{ "rate(zero) == 0/s", "true" },
		{ "rate(stall) == 25%", "true" },
		{ "delta(stall) == 5s", "true" },
		{ "rate(pages) * page_size", "409600" },
		{ "rate(cold)", "unknown: cold" },
		{ "rate(never)", "unknown: never" },
		{ "has(never)", "false" },
		{ "p50(rate(steady))", "10" },
		{ "p95(rate(burst))", "0" },
		{ "p99(rate(burst))", "50" },
		{ "max(rate(burst))", "50" },
		{ "min(rate(burst))", "0" },
		{ "mean(rate(burst))", "2.5" },
		{ "last(rate(burst))", "50" },
		{ "share(rate(burst) > 0/s) == 5%", "true" },
		{ "share(level > 10kB) == 50%", "true" },
		{ "p50(level) == 10kB", "true" },
		{ "max(level) == 20kB", "true" },
		{ "last(level) == 20kB", "true" },
		{ "level < 11kB and level > 10kB", "true" },
		{ "rate(zero) / rate(zero) > 10%", "unknown: rate(zero) / rate(zero) > 10%" },
		{ "rate(zero) > 0/s and rate(steady) / rate(zero) > 10%", "false" },
		{ "max(rate(steady), rate(burst))", "10" },
	};

	CHECK_HOST(state, rows);
}

static void without_a_window_counters_are_since_boot(void **state)
{
	static const struct row rows[] = {
		{ "rate(steady)", "10" },
		{ "delta(steady)", "1000" },
		{ "total(steady)", "1000" },
		{ "rate(stall) == 1%", "true" },
		{ "level == 10kB", "true" },
		{ "mean(level) == 10kB", "true" },
		{ "last(level) == 10kB", "true" },
		{ "mean(rate(steady))", "10" },
		{ "p95(rate(steady))", "unknown: steady" },
		{ "share(rate(steady) > 0/s)", "unknown: steady" },
		{ "last(rate(steady))", "unknown: steady" },
		{ "max(level)", "unknown: level" },
	};
	struct fixture *fixture = *state;

	check_rows(fixture, fixture->still, SUBJECT_KIND_HOST, NULL, rows, ARRAY_SIZE(rows));
}

static void functions_over_subjects_leave_out_who_does_not_have_it(void **state)
{
	static const struct row rows[] = {
		{ "any(block, self.rotational)", "true" },
		{ "all(block, self.rotational)", "false" },
		{ "count(block, self.rotational)", "1" },
		{ "count(block, true)", "2" },
		{ "count(numa-node, true)", "0" },
		{ "any(numa-node, true)", "false" },
		{ "any(block, self.nr_requests < 100)", "true" },
		{ "all(block, self.nr_requests < 100)", "true" },
		{ "sum(block, self.nr_requests)", "64" },
		{ "sum(block, rate(self.io_ticks)) == 100%", "true" },
		{ "any(block, p95(rate(self.io_ticks)) > 80%)", "true" },
		{ "p95(sum(block, rate(self.io_ticks))) == 100%", "true" },
		{ "count(cgroup, self.memory.max > 2GiB)", "2" },
		{ "any(cgroup, self.memory.current > vm.hidden * 1B)", "unknown: vm.hidden" },
		{ "sum(block, self.in_flight)", "4" },
		{ "any(block, offers(self.scheduler, \"bfq\"))", "true" },
	};

	CHECK_HOST(state, rows);
}

static void quantities_are_read_as_kubernetes_reads_them(void **state)
{
	static const struct row rows[] = {
		{ "at(container, \"shop/web/app\", self.requests.cpu) == 1.5core", "true" },
		{ "at(container, \"shop/web/app\", self.requests.cpu == 1500m)", "true" },
		{ "at(container, \"shop/web/app\", self.requests.memory == 1536MiB)", "true" },
		{ "at(container, \"shop/web/log\", self.requests.memory > 0B)", "unknown: requests.memory" },
		{ "at(container, \"shop/web/log\", valid(self.requests.memory))", "false" },
		{ "at(container, \"shop/web/app\", valid(self.requests.memory))", "true" },
		{ "at(container, \"shop/db/db\", valid(self.requests.memory))", "unknown: requests.memory" },
		{ "at(container, \"shop/db/db\", has(self.requests.cpu))", "true" },
		{ "valid(vm.garbled)", "false" },
		{ "valid(vm.swappiness)", "true" },
		{ "valid(vm.hidden)", "unknown: vm.hidden" },
		{ "valid(vm.gone)", "unknown: vm.gone" },
	};

	CHECK_HOST(state, rows);
}

static void the_smallest_and_the_largest_of_many(void **state)
{
	static const struct row rows[] = {
		{ "largest(container, self.requests.cpu) == 1500m", "true" },
		{ "smallest(container, self.requests.cpu) == 100m", "true" },
		{ "largest(block, self.nr_requests)", "64" },
		{ "largest(numa-node, 5)", "unknown: numa-node" },
		{ "largest(container, self.requests.memory)", "unknown: requests.memory" },
	};

	CHECK_HOST(state, rows);
}

static void a_workload_has_containers_of_its_own(void **state)
{
	static const struct row web[] = {
		{ "count(self.container, true)", "2" },
		{ "count(self.container, self.requests.cpu > 1core)", "1" },
		{ "any(self.container, self.requests.cpu == 300m)", "false" },
		{ "any(container, self.requests.cpu == 300m)", "true" },
		{ "all(self.container, self.requests.cpu >= 100m)", "true" },
		{ "sum(self.container, self.requests.cpu) == 1600m", "true" },
		{ "smallest(self.container, self.requests.cpu) == 100m", "true" },
		{ "self.replicas * sum(self.container, self.requests.cpu) == 4800m", "true" },
	};
	static const struct row db[] = {
		{ "count(self.container, true)", "1" },
		{ "sum(self.container, self.requests.cpu) == 300m", "true" },
	};
	static const struct row of_sibling[] = {
		{ "at(workload, self.workload, count(self.container, true))", "2" },
		{ "at(workload, self.workload, sum(self.container, self.requests.cpu)) == 1600m", "true" },
	};
	struct fixture *fixture = *state;

	check_rows(fixture, fixture->snapshot, SUBJECT_KIND_WORKLOAD, "shop/web", web, ARRAY_SIZE(web));
	check_rows(fixture, fixture->snapshot, SUBJECT_KIND_WORKLOAD, "shop/db", db, ARRAY_SIZE(db));
	check_rows(fixture, fixture->snapshot, SUBJECT_KIND_CONTAINER, "shop/web/log", of_sibling, ARRAY_SIZE(of_sibling));
}

static void one_subject_is_found_by_its_name(void **state)
{
	static const struct row rows[] = {
		{ "at(block, \"sda\", self.nr_requests)", "64" },
		{ "at(block, \"sda\", self.rotational)", "true" },
		{ "at(block, \"sda\", p95(rate(self.io_ticks))) == 90%", "true" },
		{ "p95(at(block, \"sda\", rate(self.io_ticks))) == 90%", "true" },
		{ "at(block, kernel.governor, self.nr_requests)", "unknown: kernel.governor" },
		{ "at(block, \"sdz\", self.nr_requests)", "unknown: at()" },
		{ "at(block, \"\", true)", "unknown: at()" },
		{ "at(disk, \"sda\", true)", "error 4: 'disk' is no kind of subject (cpu, numa-node, block, mount, "
					     "interface, cgroup, unit, process, listener, workload, container, node; self.container)" },
		{ "at(block, 5, true)", "error 11: at: expected text, found a plain number" },
		{ "at(block, \"sda\", any(block, true))",
		  "error 18: any() stands inside another function over subjects" },
		{ "any(block, at(block, \"sda\", true))",
		  "error 12: at() stands inside another function over subjects" },
	};
	static const struct row block[] = {
		{ "at(block, self.scheduler, true)", "unknown: scheduler" },
		{ "at(cgroup, \"/b\", has(self.memory.max)) and self.nr_requests == 64", "true" },
	};

	CHECK_HOST(state, rows);
	CHECK(state, SUBJECT_KIND_BLOCK, "sda", block);
}

static void self_is_the_subject_of_the_rule(void **state)
{
	static const struct row block[] = {
		{ "self.scheduler", "mq-deadline" },
		{ "self.scheduler in [\"none\", \"mq-deadline\"]", "true" },
		{ "offers(self.scheduler, \"none\")", "true" },
		{ "offers(self.scheduler, \"mq-deadline\")", "true" },
		{ "offers(self.scheduler, \"bfq\")", "false" },
		{ "self.rotational == false", "false" },
		{ "rate(self.io_ticks) == 90%", "true" },
		{ "self.nr_requests * vm.swappiness", "3840" },
		{ "scheduler", "error 1: unknown key 'scheduler' of the host; a block has it: write self.scheduler" },
		{ "self.vm.swappiness",
		  "error 1: a block has no key 'vm.swappiness'; the host has it: write vm.swappiness" },
		{ "self.schedular", "error 1: unknown key 'self.schedular'; the nearest is 'self.scheduler'" },
	};
	static const struct row cgroup_a[] = {
		{ "self.memory.max < 1GiB", "false" },
		{ "self.memory.max", "inf" },
		{ "self.cpu.max[quota]", "inf" },
		{ "self.cpu.max[0] / self.cpu.max[1] < 1", "false" },
	};
	static const struct row cgroup_b[] = {
		{ "self.memory.max == 1GiB", "true" },
		{ "self.cpu.max[quota] / self.cpu.max[period] == 50%", "true" },
		{ "self.memory.current > 1B", "unknown: memory.current" },
	};
	static const struct row cgroup_v1[] = {
		{ "self.memory.max", "inf" },
		{ "has(self.memory.max)", "true" },
		{ "has(self.cpu.max)", "false" },
	};

	CHECK(state, SUBJECT_KIND_BLOCK, "sda", block);
	CHECK(state, SUBJECT_KIND_CGROUP, "/a", cgroup_a);
	CHECK(state, SUBJECT_KIND_CGROUP, "/b", cgroup_b);
	CHECK(state, SUBJECT_KIND_CGROUP, "/v1", cgroup_v1);
}

static void plain_functions_calculate(void **state)
{
	static const struct row rows[] = {
		{ "min(3, 1, 2)", "1" },
		{ "max(3KiB, 1MiB)", "1048576" },
		{ "clamp(5, 10, 20)", "10" },
		{ "clamp(50, 10, 20)", "20" },
		{ "clamp(15, 10, 20)", "15" },
		{ "round_up(5000B, 4096B)", "8192" },
		{ "round_up(5, 0)", "unknown: round_up(5, 0)" },
		{ "next_power_of_2(2 * vm.swappiness)", "128" },
		{ "next_power_of_2(128)", "128" },
		{ "next_power_of_2(0)", "1" },
		{ "floor(2.7)", "2" },
		{ "abs(0 - 3)", "3" },
	};

	CHECK_HOST(state, rows);
}

static void each_mistake_is_refused_where_it_stands(void **state)
{
	static const struct row rows[] = {
		{ "", "error 1: expected an expression, found nothing" },
		{ "1 +", "error 4: expected a value, found the end of the expression" },
		{ "1 2", "error 3: expected an operator or the end, found '2'" },
		{ "(1 + 2", "error 7: expected ')', found the end of the expression" },
		{ "\"abc", "error 1: unfinished text: expected a closing \"" },
		{ "`abc", "error 1: unfinished key: expected a closing backtick" },
		{ "``", "error 1: expected a key between the backticks" },
		{ "1 && 2", "error 3: unexpected '&&': write 'and'" },
		{ "1 || 2", "error 3: unexpected '||': write 'or'" },
		{ "!true", "error 1: unexpected '!': write 'not'" },
		{ "1 = 1", "error 3: unexpected '=': compare with ==" },
		{ "'a' == 'a'", "error 1: unexpected ''': text stands in double quotes" },
		{ "1 ; 2", "error 3: unexpected ';'" },
		{ "1 \x01", "error 3: unexpected byte 0x01" },
		{ "5foo", "error 2: unknown unit 'foo'" },
		{ "99999999999999999999", "error 1: number too large" },
		{ "0x", "error 1: expected hexadecimal digits after 0x" },
		{ "1 < 2 < 3", "error 7: comparisons do not chain: write a < b and b < c" },
		{ "and", "error 1: expected a value, found 'and'" },
		{ "1 if true", "error 10: expected 'else', found the end of the expression" },
		{ "vm.swapiness > 1", "error 1: unknown key 'vm.swapiness'; the nearest is 'vm.swappiness'" },
		{ "1 + entirely.other", "error 5: unknown key 'entirely.other'" },
		{ "vm.swappiness-vm.gone_",
		  "error 1: unknown key 'vm.swappiness-vm.gone_'; a minus that subtracts has blanks around it" },
		{ "block.scheduler == \"none\"", "error 1: 'block.scheduler' belongs to each block: write self.scheduler in a "
						 "rule about: block, or any(block, …)" },
		{ "`net.ipv4.conf.*.rp_filter` == 1",
		  "error 1: 'net.ipv4.conf.*.rp_filter' is a pattern; an expression needs one key" },
		{ "net.key == \"x\"", "error 1: 'net.key' is secret: its value is never captured" },
		{ "steady > 1", "error 1: 'steady' is a counter: use rate(steady), delta(steady) or total(steady)" },
		{ "rate(level) > 1kB/s",
		  "error 6: rate() takes a counter; 'level' is a gauge: use it by its key alone" },
		{ "rate(vm.swappiness)",
		  "error 6: rate() takes a counter; 'vm.swappiness' is a setting: use it by its key alone" },
		{ "rate(1 + 2)", "error 6: rate() takes the key of a counter, found '1 + 2'" },
		{ "net.ipv4.tcp_mem[2] < vm.dirty_bytes",
		  "error 23: cannot compare pages with bytes; multiply pages by page_size" },
		{ "vm.dirty_bytes > 5pages", "error 18: cannot compare bytes with pages; multiply pages by page_size" },
		{ "vm.dirty_bytes > 0", "error 18: cannot compare bytes with a plain number; write the unit" },
		{ "rate(steady) > 0", "error 16: cannot compare number per second with a plain number; write the unit" },
		{ "delta(pages) > rate(pages)",
		  "error 16: cannot compare pages with pages per second; one of them is per second" },
		{ "vm.dirty_ratio > 15", "error 18: cannot compare percent with a plain number: write 15%" },
		{ "15 < vm.dirty_ratio", "error 1: cannot compare percent with a plain number: write 15%" },
		{ "1KiB + 1s", "error 8: cannot add bytes with seconds" },
		{ "1KiB - 1", "error 8: cannot subtract bytes with a plain number; write the unit" },
		{ "vm.swappiness == \"60\"", "error 18: cannot compare a plain number with text" },
		{ "vm.numa_stat == 2", "error 17: cannot compare true or false with a plain number" },
		{ "true > 0", "error 8: cannot compare true or false with a plain number" },
		{ "kernel.governor > \"a\"", "error 19: cannot compare text with text" },
		{ "kernel.governor == \"powersafe\"",
		  "error 20: 'powersafe' is not a value of kernel.governor (performance, powersave)" },
		{ "kernel.governor in [\"fast\"]", "error 21: 'fast' is not a value of kernel.governor (performance, powersave)" },
		{ "1 and true", "error 1: and: expected a condition, found a plain number" },
		{ "true or \"x\"", "error 9: or: expected a condition, found text" },
		{ "not 5", "error 5: not: expected a condition, found a plain number" },
		{ "-\"x\"", "error 2: -: expected a number, found text" },
		{ "\"a\" + \"b\"", "error 1: +: expected a number, found text" },
		{ "1 if 2 else 3", "error 6: if: expected a condition, found a plain number" },
		{ "1KiB if true else 1s", "error 19: cannot choose between bytes with seconds" },
		{ "\"a\" if true else 1", "error 18: cannot choose between text and a plain number" },
		{ "5 in 5", "error 6: in: expected a list, found a plain number" },
		{ "5 in []", "error 6: the list is empty" },
		{ "5 in [\"a\"]", "error 7: cannot compare a plain number with text" },
		{ "true in [true]", "error 1: in: expected text or a number, found true or false" },
		{ "1 + [1]", "error 5: a list stands after in, or is the whole expression" },
		{ "[\"a\"]", "error 2: list: expected a number, found text" },
		{ "[1KiB, 1s]", "error 8: cannot put in one list bytes with seconds" },
		{ "model =~ model", "error 10: =~: expected a regular expression in quotes, found 'model'" },
		{ "model =~ \"(\"", "error 10: bad regular expression at character 2: missing closing parenthesis" },
		{ "5 =~ \"5\"", "error 1: =~: expected text, found a plain number" },
		{ "vm.swappiness[0]", "error 1: only a setting that is a list of numbers has items; found a plain number" },
		{ "net.ipv4.tcp_mem[3]", "error 18: 'net.ipv4.tcp_mem' has 3 items, counted from 0" },
		{ "net.ipv4.tcp_mem[maximum]",
		  "error 18: expected the number of an item, counted from 0, or its name, found 'maximum'" },
		{ "net.ipv4.tcp_mem > 5pages", "error 20: cannot compare a list of pages with pages" },
		{ "current > 5", "error 1: 'current' has no meaning here: no single tunable is set" },
		{ "self", "error 1: expected self.KEY" },
		{ "flor(2.5)", "error 1: unknown function 'flor'; the nearest is 'floor'" },
		{ "frobnicate(2.5)", "error 1: unknown function 'frobnicate'" },
		{ "floor()", "error 1: floor() takes 1 argument, found 0" },
		{ "clamp(1, 2)", "error 1: clamp() takes 3 arguments, found 2" },
		{ "clamp(1, 2s, 3)", "error 10: cannot compare a plain number with seconds; write the unit" },
		{ "p95(5)", "error 5: p95() is over the intervals of a measurement, but '5' measures nothing" },
		{ "p95(vm.swappiness)",
		  "error 5: p95() is over the intervals of a measurement, but 'vm.swappiness' measures nothing" },
		{ "p95(p50(level))", "error 5: p50() stands inside another function over intervals" },
		{ "share(level)", "error 7: share: expected a condition, found bytes" },
		{ "p95(level > 1kB)", "error 5: p95: expected a number, found true or false" },
		{ "any(disk, true)", "error 5: 'disk' is no kind of subject (cpu, numa-node, block, mount, interface, cgroup, "
				     "unit, process, listener, workload, container, node; self.container)" },
		{ "any(block, 5)", "error 12: any: expected a condition, found a plain number" },
		{ "sum(block, true)", "error 12: sum: expected a number, found true or false" },
		{ "any(block, any(block, true))", "error 12: any() stands inside another function over subjects" },
		{ "any(self.container, true)", "error 5: 'self.container': of a host nothing like that is its own; a workload has containers" },
		{ "any(container, any(self.container, true))",
		  "error 20: 'self.container': of a container nothing like that is its own; a workload has containers" },
		{ "at(self.container, \"x\", true)", "error 4: 'self.container': of a host nothing like that is its own; a workload has containers" },
		{ "smallest(block, true)", "error 17: smallest: expected a number, found true or false" },
		{ "valid(steady)", "error 1: valid() takes a setting; 'steady' is a metric" },
		{ "any(5, true)", "error 5: any() takes a kind of subject first, found '5'" },
		{ "has(5)", "error 5: has() takes a key first, found '5'" },
		{ "offers(kernel.governor, 5)", "error 25: offers: expected text, found a plain number" },
		{ "offers(level, \"x\")", "error 1: offers() takes a setting; 'level' is a metric" },
		{ "kernel(5.4)", "error 8: kernel() takes a version in quotes, found '5.4'" },
		{ "kernel(\"five\")", "error 8: expected a kernel version like \"5.4\", found '\"five\"'" },
		{ "kernel(\"5.\")", "error 8: expected a kernel version like \"5.4\", found '\"5.\"'" },
	};

	CHECK_HOST(state, rows);
}

static void current_and_proposed_are_the_tunable(void **state)
{
	struct fixture *fixture = *state;
	struct expr_scope scope = {
		.registry = fixture->registry,
		.target = registry_find(fixture->registry, "vm.swappiness"),
		.proposed = true,
	};
	CLEANUP(free_ptr) char *both = answer(fixture, fixture->snapshot, &scope, SUBJECT_HOST, "proposed - current");
	CLEANUP(free_ptr) char *refused = NULL;
	CLEANUP(free_ptr) char *list = NULL;

	assert_string_equal(both, "60");
	scope.proposed = false;
	refused = answer(fixture, fixture->snapshot, &scope, SUBJECT_HOST, "proposed > 1");
	assert_string_equal(refused, "error 1: 'proposed' is not known here; use current");
	scope.target = registry_find(fixture->registry, "net.ipv4.tcp_rmem");
	list = answer(fixture, fixture->snapshot, &scope, SUBJECT_HOST, "[current[min], current[1], max(current[max], 16MiB)]");
	assert_string_equal(list, "4096 131072 16777216");
}

static void metrics_may_be_forbidden(void **state)
{
	struct fixture *fixture = *state;
	struct expr_scope scope = { .registry = fixture->registry, .settings_only = true };
	CLEANUP(free_ptr) char *rate = answer(fixture, fixture->snapshot, &scope, SUBJECT_HOST, "rate(steady) > 0/s");
	CLEANUP(free_ptr) char *gauge = answer(fixture, fixture->snapshot, &scope, SUBJECT_HOST, "level > 0kB");

	assert_string_equal(rate, "error 1: 'steady' is a metric; only settings may be used here");
	assert_string_equal(gauge, "error 1: 'level' is a metric; only settings may be used here");
}

static void depth_and_size_are_bounded(void **state)
{
	struct fixture *fixture = *state;
	struct expr_scope scope = { .registry = fixture->registry };
	CLEANUP(strbuf_release) struct strbuf deep = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf minus = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf sum = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf ands = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf parts = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf longer = STRBUF_INIT;
	struct strbuf *const texts[] = { &deep, &minus, &sum, &ands, &parts, &longer };
	static const char *const messages[] = {
		"nested deeper than 40", "nested deeper than 40", "nested deeper than 40", "", "more than 400 parts",
		"longer than 4096 bytes",
	};

	strbuf_add_repeated(&deep, '(', 2000);
	for (int i = 0; i < 1000; i++)
		strbuf_add_string(&minus, "- ");
	strbuf_add_char(&minus, '1');
	strbuf_add_string(&sum, "1");
	strbuf_add_string(&ands, "true");
	strbuf_add_string(&parts, "true");
	for (int i = 0; i < 100; i++)
		strbuf_add_string(&sum, " + 1");
	for (int i = 0; i < 100; i++)
		strbuf_add_string(&ands, " and true");
	for (int i = 0; i < 420; i++)
		strbuf_add_string(&parts, " or true");
	strbuf_add_repeated(&longer, ' ', 5000);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(free_ptr) char *got = answer(fixture, fixture->snapshot, &scope, SUBJECT_HOST, texts[i]->buf);

		if (*messages[i] ? !strstr(got, messages[i]) : !streq(got, "true"))
			fail_msg("case %zu: %s", i, got);
	}
}

static void a_quoted_expression_names_the_character(void **state)
{
	struct fixture *fixture = *state;
	const struct node node = {
		.kind = NODE_SCALAR, .quoted = true, .text = "vm.swappiness > 5s", .file = node_file_number("rule.yaml"), .line = 3, .column = 9,
	};
	struct expr_scope scope = { .registry = fixture->registry };
	struct program *program = NULL;
	struct diag diag = DIAG_INIT;

	assert_int_equal(expr_compile(&scope, &node, &diag, &program), -EINVAL);
	assert_int_equal(diag.entries[0].place.line, 3);
	assert_int_equal(diag.entries[0].place.column, 9);
	assert_string_equal(diag.entries[0].message, "cannot compare a plain number with seconds; write the unit "
						     "(at character 17 of 'vm.swappiness > 5s')");
	diag_release(&diag);
}

static void what_an_answer_rests_on_is_noted(void **state)
{
	struct fixture *fixture = *state;
	const struct node node = { .kind = NODE_SCALAR, .text = "rate(zero) > 0/s or level > 1GiB", .file = node_file_number("r") };
	struct expr_scope scope = { .registry = fixture->registry };
	CLEANUP(program_free_ptr) struct program *program = NULL;
	struct diag diag = DIAG_INIT;
	struct expr_context context;
	struct value value;

	assert_int_equal(expr_compile(&scope, &node, &diag, &program), 0);
	program_bind(program, fixture->snapshot);
	expr_context_init(&context, fixture->snapshot, SUBJECT_HOST);
	value = program_evaluate(program, &context);
	assert_true(value_is_false(&value));
	assert_true(context.used_live && context.used_gauge && !context.used_since_boot);

	program_bind(program, fixture->still);
	expr_context_init(&context, fixture->still, SUBJECT_HOST);
	value = program_evaluate(program, &context);
	assert_true(value_is_false(&value));
	assert_true(!context.used_live && context.used_since_boot && !context.counters_not_zero);

	assert_int_equal(program_terms(program), 2);
	assert_string_equal(program_text(program_term(program, 0)), "rate(zero)");
	assert_string_equal(program_term_entry(program, 1)->id, "level");
}

static void a_value_becomes_raw_text_in_the_unit_of_its_tunable(void **state)
{
	static const long double items[] = { 1, 2, 3 };
	static const struct { const char *id; struct value value; const char *raw; int r; } cases[] = {
		{ "vm.dirty_ratio", { .type = VALUE_NUMBER, .number = 0.15L }, "15", 0 },
		{ "vm.dirty_ratio", { .type = VALUE_NUMBER, .number = 1.5L }, "", -ERANGE },
		{ "vm.dirty_ratio", { .type = VALUE_NUMBER, .number = -0.5L }, "", -ERANGE },
		{ "vm.dirty_expire_centisecs", { .type = VALUE_NUMBER, .number = 30 }, "3000", 0 },
		{ "vm.big", { .type = VALUE_NUMBER, .number = 18446744073709551615.0L }, "18446744073709551615", 0 },
		{ "vm.big", { .type = VALUE_NUMBER, .number = INFINITY }, "", -ERANGE },
		{ "vm.big", { .type = VALUE_TEXT, .text = "x", .length = 1 }, "", -EINVAL },
		{ "vm.numa_stat", { .type = VALUE_BOOL, .boolean = true }, "1", 0 },
		{ "kernel.governor", { .type = VALUE_TEXT, .text = "performance", .length = 11 }, "performance", 0 },
		{ "kernel.governor", { .type = VALUE_TEXT, .text = "a\nb", .length = 3 }, "", -EINVAL },
		{ "kernel.mask", { .type = VALUE_NUMBER, .number = 255 }, "ff", 0 },
		{ "net.ipv4.tcp_mem", { .type = VALUE_LIST, .items = items, .n_items = 3 }, "1 2 3", 0 },
		{ "cgroup.memory.max", { .type = VALUE_NUMBER, .number = INFINITY }, "max", 0 },
		{ "vm.dirty_ratio", { .type = VALUE_UNKNOWN }, "", -EINVAL },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
		const struct entry *entry = registry_find(fixture->registry, cases[i].id);

		assert_non_null(entry);
		assert_int_equal(value_to_raw(entry, &cases[i].value, &raw), cases[i].r);
		if (cases[i].r == 0)
			assert_string_equal(raw.buf, cases[i].raw);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_have_units),
		cmocka_unit_test(operators_bind_as_in_arithmetic),
		cmocka_unit_test(settings_are_read_by_their_type),
		cmocka_unit_test(metrics_are_per_window),
		cmocka_unit_test(without_a_window_counters_are_since_boot),
		cmocka_unit_test(functions_over_subjects_leave_out_who_does_not_have_it),
		cmocka_unit_test(one_subject_is_found_by_its_name),
		cmocka_unit_test(quantities_are_read_as_kubernetes_reads_them),
		cmocka_unit_test(the_smallest_and_the_largest_of_many),
		cmocka_unit_test(a_workload_has_containers_of_its_own),
		cmocka_unit_test(self_is_the_subject_of_the_rule),
		cmocka_unit_test(plain_functions_calculate),
		cmocka_unit_test(each_mistake_is_refused_where_it_stands),
		cmocka_unit_test(current_and_proposed_are_the_tunable),
		cmocka_unit_test(metrics_may_be_forbidden),
		cmocka_unit_test(depth_and_size_are_bounded),
		cmocka_unit_test(a_quoted_expression_names_the_character),
		cmocka_unit_test(what_an_answer_rests_on_is_noted),
		cmocka_unit_test(a_value_becomes_raw_text_in_the_unit_of_its_tunable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
