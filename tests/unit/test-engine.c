/* SPDX-License-Identifier: Apache-2.0 */
/* Statuses, quality of evidence, waivers, and what is wrong with a bad rule. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../advisor/case.h"

#define SYSCTL "summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"

static const char tunables_yaml[] =
	"net.core.somaxconn: {kind: sysctl, type: integer, range: 0..65535, takes_effect: restart, summary: s, scope: global, reversible: yes, references: [r],\n"
	"  hazards: [{when: proposed > 10000, say: memory}, {when: proposed < 1, say: never}]}\n"
	"vm.dirty_ratio: {kind: sysctl, type: integer, unit: percent, range: 0..100, inert_when: vm.dirty_bytes > 0B, " SYSCTL
	"vm.dirty_bytes: {kind: sysctl, type: integer, unit: B, " SYSCTL
	"vm.background: {kind: sysctl, type: integer, unit: percent, inert_when: [{when: vm.dirty_bytes > 0B, say: bytes rule}], " SYSCTL
	"vm.switch: {kind: sysctl, type: bool, " SYSCTL
	"net.rmem: {kind: sysctl, type: list, unit: B, fields: [min, default, max], " SYSCTL
	"block.scheduler: {kind: block-queue, type: enum, values: [none, bfq, mq-deadline, kyber], " SYSCTL
	"block.nr_requests: {kind: block-queue, type: integer, range: 4.., " SYSCTL
	"net.old: {kind: sysctl, type: text, " SYSCTL
	"net.ipv4.conf.*.rp_filter: {kind: sysctl, type: integer, range: 0..2, " SYSCTL;
static const char facts_yaml[] = "block.rotational: {type: bool, summary: s, source: s}\n"
				 "page_size: {type: integer, unit: B/page, summary: s, source: s}\n";
static const char metrics_yaml[] =
	"overflows: {kind: counter, unit: count, source: /proc/net/netstat, meaning: m, references: [r]}\n"
	"frozen: {kind: counter, unit: count, source: s, meaning: m, frozen_when: vm.switch == 0, references: [r]}\n"
	"dirty: {kind: gauge, unit: page, source: s, meaning: m, references: [r]}\n"
	"uptime: {kind: gauge, unit: s, source: s, meaning: m, references: [r]}\n"
	"block.io_ticks: {kind: counter, unit: ms, source: s, meaning: m, references: [r]}\n";

#define REST "severity: high, because: b, references: [r]"
static const char rules_yaml[] =
	"- id: accept\n"
	"  title: Queues overflow\n"
	"  about: host\n"
	"  use: {resource: network, kind: saturation}\n"
	"  when: rate(overflows) > 0/s\n"
	"  held: 10%\n"
	"  window: 30s\n"
	"  set: net.core.somaxconn\n"
	"  to: clamp(2 * current, 4096, 65535)\n"
	"  direction: raise\n"
	"  already: The ceiling is already {current}\n"
	"  severity: high\n"
	"  because: \"{rate(overflows)} find {current} too few; {proposed|count} is better {{really}}\"\n"
	"  takes_effect_note: restart it\n"
	"  verify: rate(overflows) == 0/s\n"
	"  references: [r]\n"
	"- {id: whole, title: t, about: host, when: rate(overflows) > 1/s, window: 30s, set: net.core.somaxconn, to: 4096, direction: raise, " REST "}\n"
	"- {id: peak, title: t, about: host, when: p95(rate(overflows)) > 1/s, window: 30s, set: net.core.somaxconn, to: 4096, direction: raise, " REST "}\n"
	"- {id: order, title: t, about: host, when: vm.background >= vm.dirty_ratio, set: vm.background, to: vm.dirty_ratio / 2, direction: lower, " REST "}\n"
	"- {id: gauge, title: t, about: host, when: dirty > 100pages, window: 10s, set: vm.dirty_ratio, to: 10%, direction: lower, " REST "}\n"
	"- {id: mixed, title: t, about: host, when: rate(overflows) > 5/s and vm.switch == 0, window: 10s, set: vm.switch, to: true, " REST "}\n"
	"- {id: stopped, title: t, about: host, when: rate(frozen) > 0/s, window: 10s, set: vm.switch, to: true, " REST "}\n"
	"- {id: beyond, title: t, about: host, when: vm.dirty_ratio > 0%, set: vm.dirty_ratio, to: 2 * 80%, direction: raise, " REST "}\n"
	"- {id: listed, title: t, about: host, when: 'net.rmem[max] < 1MiB', set: net.rmem, to: '[current[min], current[default], 1MiB]', direction: raise, " REST "}\n"
	"- {id: both, title: t, about: host, when: vm.switch == 1, changes: [{set: net.core.somaxconn, to: 4096, direction: raise}, {set: vm.dirty_ratio, to: 10%, direction: any}], " REST "}\n"
	"- {id: counsel, title: t, about: host, when: rate(overflows) > 0/s, window: 10s, advise: 'Move away; {rate(overflows)} is much', " REST "}\n"
	"- {id: blame, title: t, about: host, when: rate(overflows) > 0/s, window: 10s, elsewhere: [{when: vm.switch == 1, say: 'the switch is on since {rate(overflows)}'}], set: net.core.somaxconn, to: 4096, direction: raise, severity: high, because: '{proposed} not {current}, {proposed|plain} alone', references: [r]}\n"
	"- {id: disk, title: t, about: block, where: self.rotational, where_note: only disks that spin, when: rate(self.io_ticks) > 80%, window: 10s, set: self.scheduler, to: '\"bfq\"', " REST "}\n"
	"- {id: pattern, title: t, about: host, when: net.ipv4.conf.all.rp_filter == 0, set: net.ipv4.conf.all.rp_filter, to: 2, direction: raise, " REST "}\n"
	"- {id: joined, title: t, about: host, when: dirty > 100pages and rate(overflows) > 0/s, held: 10%, window: 10s, set: net.core.somaxconn, to: 4096, direction: raise, " REST "}\n"
	"- {id: seldom, title: t, about: host, when: total(overflows) > 5000, window: 10s, set: net.core.somaxconn, to: 4096, direction: raise, " REST "}\n"
	"- {id: ever, title: t, about: host, when: total(overflows) > 10, window: 10s, set: net.core.somaxconn, to: 4096, direction: raise, " REST "}\n";

struct fixture {
	struct arena arena;
	struct registry *registry;
	struct rulebook *rulebook;
};

static const struct node *parse(struct fixture *fixture, const char *yaml)
{
	const struct node *documents = NULL;
	struct diag diag = DIAG_INIT;

	if (node_parse(&fixture->arena, "t.yaml", yaml, strlen(yaml), &diag, &documents) < 0)
		fail_msg("%u: %s", diag.entries[0].place.line, diag.entries[0].message);
	return documents;
}

static void must(int r, const struct diag *diag)
{
	if (r < 0)
		fail_msg("%u:%u: %s", diag->entries[0].place.line, diag->entries[0].place.column, diag->entries[0].message);
}

static int setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	struct diag diag = DIAG_INIT;

	fixture->registry = registry_new();
	must(registry_load(fixture->registry, ENTRY_TUNABLE, parse(fixture, tunables_yaml), &diag), &diag);
	must(registry_load(fixture->registry, ENTRY_FACT, parse(fixture, facts_yaml), &diag), &diag);
	must(registry_load(fixture->registry, ENTRY_METRIC, parse(fixture, metrics_yaml), &diag), &diag);
	must(registry_check(fixture->registry, &diag), &diag);
	fixture->rulebook = rulebook_new(fixture->registry);
	must(rulebook_compile_registry(fixture->rulebook, &diag), &diag);
	must(rulebook_load_rules(fixture->rulebook, parse(fixture, rules_yaml), &diag), &diag);
	diag_release(&diag);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	rulebook_free(fixture->rulebook);
	registry_free(fixture->registry);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

static void each_status_is_reached(void **state)
{
	static const struct { const char *rule, *yaml; } cases[] = {
		{ "accept", "{name: fires, settings: {net.core.somaxconn: 128}, rates: {overflows: 12}, expect: recommend, to: {net.core.somaxconn: 4096}}" },
		{ "accept", "{name: short, settings: {net.core.somaxconn: 128}, window: 12s, rates: {overflows: 12}, expect: suspect}" },
		{ "accept", "{name: few, settings: {net.core.somaxconn: 128}, window: 5s, rates: {overflows: 12}, expect: suspect}" },
		{ "accept", "{name: since boot, settings: {net.core.somaxconn: 128}, window: none, totals: {overflows: 12}, expect: suspect}" },
		{ "accept", "{name: zero since boot, settings: {net.core.somaxconn: 128}, window: none, totals: {overflows: 0}, expect: satisfied}" },
		{ "accept", "{name: rare, settings: {net.core.somaxconn: 128}, intervals: {overflows: [38*0, 2*50]}, expect: satisfied}" },
		{ "accept", "{name: just often enough, settings: {net.core.somaxconn: 128}, intervals: {overflows: [36*0, 4*50]}, expect: recommend}" },
		{ "accept", "{name: silent, settings: {net.core.somaxconn: 128}, rates: {overflows: 0}, expect: satisfied}" },
		{ "accept", "{name: not measured, settings: {net.core.somaxconn: 128}, expect: unmeasured, missing: [overflows]}" },
		{ "accept", "{name: not there, settings: {net.core.somaxconn: 128}, absent: [overflows], expect: unmeasured, missing: [overflows]}" },
		{ "accept", "{name: forbidden, settings: {net.core.somaxconn: 128}, unreadable: [overflows], expect: unreadable, missing: [overflows]}" },
		{ "accept", "{name: already, settings: {net.core.somaxconn: 65535}, rates: {overflows: 12}, expect: elsewhere}" },
		{ "accept", "{name: value unreadable, unreadable: [net.core.somaxconn], rates: {overflows: 12}, expect: unreadable, missing: [net.core.somaxconn]}" },
		{ "accept", "{name: value not captured, rates: {overflows: 12}, expect: unmeasured, missing: [net.core.somaxconn]}" },
		{ "accept", "{name: no such tunable, absent: [net.core.somaxconn], rates: {overflows: 12}, expect: not-applicable}" },
		{ "whole", "{name: average since boot, settings: {net.core.somaxconn: 128}, window: none, totals: {overflows: 12}, expect: unmeasured, missing: [overflows]}" },
		{ "whole", "{name: high since boot, settings: {net.core.somaxconn: 128}, window: none, rates: {overflows: 7}, expect: suspect}" },
		{ "whole", "{name: boundary, settings: {net.core.somaxconn: 128}, rates: {overflows: 1}, expect: satisfied}" },
		{ "peak", "{name: no intervals, settings: {net.core.somaxconn: 128}, window: none, rates: {overflows: 7}, expect: unmeasured, missing: [overflows]}" },
		{ "peak", "{name: one in ten, settings: {net.core.somaxconn: 128}, intervals: {overflows: [36*0, 4*50]}, expect: recommend}" },
		{ "order", "{name: swapped, settings: {vm.dirty_ratio: 10, vm.background: 20, vm.dirty_bytes: 0}, window: none, expect: recommend, to: {vm.background: 5}}" },
		{ "order", "{name: right, settings: {vm.dirty_ratio: 20, vm.background: 10, vm.dirty_bytes: 0}, window: none, expect: satisfied}" },
		{ "order", "{name: inert, settings: {vm.dirty_ratio: 0, vm.background: 20, vm.dirty_bytes: 4096}, window: none, expect: not-applicable}" },
		{ "order", "{name: perhaps inert, settings: {vm.dirty_ratio: 10, vm.background: 20}, window: none, expect: suspect}" },
		{ "order", "{name: garbage, settings: {vm.dirty_ratio: ten, vm.background: 20, vm.dirty_bytes: 0}, expect: unreadable, missing: [vm.dirty_ratio]}" },
		{ "order", "{name: one unknown, settings: {vm.dirty_ratio: 10, vm.dirty_bytes: 0}, expect: unmeasured, missing: [vm.background]}" },
		{ "gauge", "{name: over, settings: {vm.dirty_ratio: 20, vm.dirty_bytes: 0}, gauges: {dirty: 200}, expect: recommend, to: {vm.dirty_ratio: 10}}" },
		{ "gauge", "{name: read once, settings: {vm.dirty_ratio: 20, vm.dirty_bytes: 0}, window: none, gauges: {dirty: 200}, expect: suspect}" },
		{ "gauge", "{name: read once and fine, settings: {vm.dirty_ratio: 20, vm.dirty_bytes: 0}, window: none, gauges: {dirty: 50}, expect: satisfied}" },
		{ "gauge", "{name: already lower, settings: {vm.dirty_ratio: 5, vm.dirty_bytes: 0}, gauges: {dirty: 200}, expect: elsewhere}" },
		{ "mixed", "{name: the setting decides, settings: {vm.switch: 1}, window: none, totals: {overflows: 12}, expect: satisfied}" },
		{ "mixed", "{name: false and unknown, settings: {vm.switch: 1}, expect: satisfied}" },
		{ "mixed", "{name: true and unknown, settings: {vm.switch: 0}, expect: unmeasured, missing: [overflows]}" },
		{ "mixed", "{name: a switch, settings: {vm.switch: 0}, rates: {overflows: 9}, expect: recommend, to: {vm.switch: 1}}" },
		{ "stopped", "{name: frozen, settings: {vm.switch: 0}, rates: {frozen: 9}, expect: unmeasured, missing: [frozen]}" },
		{ "stopped", "{name: counting, settings: {vm.switch: 1}, rates: {frozen: 9}, expect: elsewhere}" },
		{ "beyond", "{name: cut to the range, settings: {vm.dirty_ratio: 20, vm.dirty_bytes: 0}, expect: suspect, to: {vm.dirty_ratio: 100}}" },
		{ "listed", "{name: a list, settings: {net.rmem: \"4096\\t65536\\t131072\"}, expect: recommend, to: {net.rmem: 4096 65536 1048576}}" },
		{ "listed", "{name: large, settings: {net.rmem: 4096 65536 1048576}, expect: satisfied}" },
		{ "both", "{name: two, settings: {vm.switch: 1, net.core.somaxconn: 128, vm.dirty_ratio: 20, vm.dirty_bytes: 0}, expect: recommend, to: {net.core.somaxconn: 4096, vm.dirty_ratio: 10}}" },
		{ "both", "{name: one is inert, settings: {vm.switch: 1, net.core.somaxconn: 128, vm.dirty_ratio: 0, vm.dirty_bytes: 4096}, expect: recommend, to: {net.core.somaxconn: 4096}}" },
		{ "both", "{name: both there, settings: {vm.switch: 1, net.core.somaxconn: 8192, vm.dirty_ratio: 10, vm.dirty_bytes: 0}, expect: elsewhere}" },
		{ "counsel", "{name: advice, rates: {overflows: 3}, expect: recommend}" },
		{ "blame", "{name: another cause, settings: {net.core.somaxconn: 128, vm.switch: 1}, rates: {overflows: 3}, expect: elsewhere}" },
		{ "blame", "{name: not excluded, settings: {net.core.somaxconn: 128}, rates: {overflows: 3}, expect: suspect}" },
		{ "blame", "{name: excluded, settings: {net.core.somaxconn: 128, vm.switch: 0}, rates: {overflows: 3}, expect: recommend}" },
		{ "disk", "{name: each, subjects: {block: {sda: {settings: {rotational: 1, scheduler: 'none [mq-deadline] bfq'}, rates: {io_ticks: 900}},\n"
			  "  sdb: {settings: {rotational: 1, scheduler: '[none] bfq'}, rates: {io_ticks: 100}},\n"
			  "  sdc: {settings: {rotational: 1, scheduler: '[none] kyber'}, rates: {io_ticks: 900}},\n"
			  "  sdd: {settings: {rotational: 1, scheduler: 'none [bfq]'}, rates: {io_ticks: 900}},\n"
			  "  sde: {settings: {scheduler: 'none [bfq]'}, rates: {io_ticks: 900}},\n"
			  "  sdf: {rates: {io_ticks: 900}}, sdg: {settings: {rotational: 1, scheduler: 'none [mq-deadline] bfq'}},\n"
			  "  sdh: {settings: {rotational: 1}, rates: {io_ticks: 900}}, sdi: {settings: {rotational: perhaps, scheduler: 'none [bfq]'}},\n"
			  "  nvme0n1: {settings: {rotational: 0, scheduler: '[none] bfq'}, rates: {io_ticks: 900}}}},\n"
			  "  expect: {sda: recommend, sdb: satisfied, sdc: not-applicable, sdd: elsewhere, sde: not-applicable, sdf: unmeasured, sdg: unmeasured, sdh: not-applicable, sdi: unreadable, nvme0n1: not-applicable}, to: {sda: {scheduler: bfq}}}" },
		{ "pattern", "{name: one of many, settings: {net.ipv4.conf.all.rp_filter: 0}, expect: recommend, to: {net.ipv4.conf.all.rp_filter: 2}}" },
		{ "joined", "{name: unknown in the intervals that matter, settings: {net.core.somaxconn: 128}, intervals: {dirty: [54*0, 6*200]}, expect: unmeasured, missing: [overflows]}" },
		{ "joined", "{name: unknown in too few to matter, settings: {net.core.somaxconn: 128}, intervals: {dirty: [55*0, 5*200]}, expect: satisfied}" },
		{ "ever", "{name: since boot by choice, settings: {net.core.somaxconn: 128}, totals: {overflows: 11}, expect: suspect}" },
		{ "ever", "{name: seldom since boot, settings: {net.core.somaxconn: 128}, totals: {overflows: 9}, expect: satisfied}" },
	};
	struct fixture *fixture = *state;
	unsigned int failures = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct case_result result;
		int r = case_run(fixture->rulebook, fixture->registry, cases[i].rule,
				 &parse(fixture, cases[i].yaml)->items[0], &diag, &why, &result);

		if (r == 0)
			continue;
		failures++;
		print_error("%s: %s%s\n", cases[i].rule, why.buf, diag.count > 0 ? diag.entries[0].message : "");
	}
	assert_int_equal(failures, 0);
}

static void a_case_that_is_not_met_says_what_was_found(void **state)
{
	static const struct { const char *rule, *yaml, *why; } cases[] = {
		{ "accept", "{name: a, settings: {net.core.somaxconn: 128}, expect: recommend}",
		  "t.yaml:1: case 'a', host: expected recommend, got unmeasured: not known: overflows (not measured)\n" },
		{ "accept", "{name: a, settings: {net.core.somaxconn: 128}, rates: {overflows: 12}, expect: recommend, to: {net.core.somaxconn: 5}}",
		  "t.yaml:1: case 'a', host: expected net.core.somaxconn to become '5', got '4096'\n" },
		{ "order", "{name: a, settings: {vm.dirty_ratio: 10, vm.dirty_bytes: 0}, expect: unmeasured, missing: [vm.dirty_ratio]}",
		  "t.yaml:1: case 'a', host: expected vm.dirty_ratio to be missing, got unmeasured: not known: vm.background (not captured)\n" },
		{ "disk", "{name: a, subjects: {block: {sda: {settings: {rotational: 0}}}}, expect: {sda: satisfied}}",
		  "t.yaml:1: case 'a', block sda: expected satisfied, got not-applicable: only disks that spin\n" },
		{ "endless", "{name: a, settings: {vm.background: 10, vm.dirty_bytes: 0}, expect: recommend}",
		  "t.yaml:1: case 'a', host: recommends again and again, at last: recommend: rests on settings alone; vm.background: 50 → 51\n" },
	};
	static const char endless[] =
		"{id: endless, title: t, about: host, when: vm.background > 0%, set: vm.background, to: current + 1%, direction: raise, " REST "}";
	struct fixture *fixture = *state;
	CLEANUP(rulebook_free_ptr) struct rulebook *rulebook = rulebook_new(fixture->registry);
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	must(rulebook_load_rules(rulebook, parse(fixture, rules_yaml), &diag), &diag);
	must(rulebook_load_rules(rulebook, parse(fixture, endless), &diag), &diag);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		struct case_result result;

		assert_int_equal(case_run(rulebook, fixture->registry, cases[i].rule,
					  &parse(fixture, cases[i].yaml)->items[0], &diag, &why, &result), 1);
		assert_string_equal(why.buf, cases[i].why);
	}
	assert_int_equal(diag.count, 0);
}

static void a_case_that_makes_no_sense_is_refused(void **state)
{
	static const struct { const char *yaml, *message; } cases[] = {
		{ "{name: a}", "expected a case: {name: …, settings: …, expect: …}" },
		{ "{name: a, expect: fires}", "expect: 'fires' is no status" },
		{ "{name: a, expect: recommend, setings: {}}", "unknown key 'setings'; did you mean 'settings'?" },
		{ "{name: a, expect: recommend, settings: {vm.nothing: 5}}", "unknown key 'vm.nothing' of a host" },
		{ "{name: a, expect: recommend, settings: {overflows: 5}}",
		  "'overflows' is a metric: give it in rates, intervals, gauges or totals" },
		{ "{name: a, expect: recommend, rates: {vm.dirty_ratio: 5}}", "'vm.dirty_ratio' is a setting: give it in settings" },
		{ "{name: a, expect: recommend, rates: {dirty: 5}}", "rates: 'dirty' is a gauge" },
		{ "{name: a, expect: recommend, gauges: {overflows: 5}}", "gauges: 'overflows' is a counter" },
		{ "{name: a, expect: recommend, rates: {overflows: many}}", "rates: expected a number for overflows" },
		{ "{name: a, expect: recommend, intervals: {overflows: [x*5]}}", "intervals: expected a number, or 20*0 for twenty of them" },
		{ "{name: a, expect: recommend, window: 10s, intervals: {overflows: [20*5]}}", "intervals: 20 of them for overflows in a window of 10" },
		{ "{name: a, expect: recommend, window: long}", "window: expected whole seconds like 30s, or none" },
		{ "{name: a, expect: recommend, absent: [vm.nothing]}", "absent: unknown key 'vm.nothing'" },
		{ "{name: a, expect: recommend, subjects: {disk: {}}}", "subjects: expected {KIND: {NAME: {settings: …}}}" },
		{ "{name: a, expect: {sda: recommend}}", "expect: no subject 'sda'" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct case_result result;

		assert_int_equal(case_run(fixture->rulebook, fixture->registry, "accept",
					  &parse(fixture, cases[i].yaml)->items[0], &diag, &why, &result), -EINVAL);
		assert_string_equal(diag.entries[0].message, cases[i].message);
	}
}

static void a_rule_needs_a_case_that_fires_and_one_that_does_not(void **state)
{
	static const char fires[] = "[{name: a, settings: {net.core.somaxconn: 128}, rates: {overflows: 12}, expect: recommend}]";
	static const char silent[] = "[{name: a, settings: {net.core.somaxconn: 128}, rates: {overflows: 0}, expect: satisfied}]";
	struct fixture *fixture = *state;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf second = STRBUF_INIT;
	size_t count;

	assert_int_equal(cases_run(fixture->rulebook, fixture->registry, "accept", parse(fixture, fires), &diag, &first, &count), 1);
	assert_string_equal(first.buf, "accept: no case in which the rule stays silent\n");
	assert_int_equal(cases_run(fixture->rulebook, fixture->registry, "accept", parse(fixture, silent), &diag, &second, &count), 1);
	assert_string_equal(second.buf, "accept: no case in which the rule fires\n");
}

/* A host with overflows at 12 a second for the given number of intervals; negative: no window. */
static struct snapshot *make_host(int intervals, double rate)
{
	struct snapshot *snapshot = snapshot_new();
	series_id overflows = snapshot_series(snapshot, SUBJECT_HOST, "overflows", 9, METRIC_COUNTER, 0);
	series_id uptime = snapshot_series(snapshot, SUBJECT_HOST, "uptime", 6, METRIC_GAUGE, 0);

	snapshot_set_string(snapshot, SUBJECT_HOST, "net.core.somaxconn", "128", "/proc/sys/net/core/somaxconn");
	snapshot_window(snapshot)->interval_sec = 1;
	for (int i = 0; i <= intervals || i == 0; i++) {
		snapshot_tick_begin(snapshot, i, i, i);
		snapshot_counter(snapshot, overflows, (uint64_t)(1000 + rate * i));
		snapshot_gauge(snapshot, uptime, 5000 + i);
		snapshot_tick_end(snapshot);
	}
	return snapshot;
}

static const struct finding *judge(struct fixture *fixture, const struct snapshot *snapshot, const char *rule,
				   const struct waivers *waivers, struct diag *diag, struct finding_list *list)
{
	struct evaluate_options options = { .only_rule = rule, .keep_all = true, .waivers = waivers, .today = 20000 };

	evaluate(fixture->rulebook, snapshot, &options, diag, list);
	assert_int_equal(list->count, 1);
	return &list->items[0];
}

static void a_finding_carries_its_numbers_and_where_they_came_from(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 12);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding = judge(*state, snapshot, "accept", NULL, &diag, &list);

	assert_string_equal(finding->id, "accept@host");
	assert_int_equal(finding->status, STATUS_RECOMMEND);
	assert_int_equal(list.counts[STATUS_RECOMMEND], 1);
	assert_int_equal(finding->confidence, CONFIDENCE_HIGH);
	assert_string_equal(finding->confidence_reason, "measured for 60 s in 60 intervals, held in 100 % of them");
	assert_string_equal(finding->because, "12/s find 128 too few; 4,096 count is better {really}");
	assert_string_equal(finding->takes_effect, "restart: restart it");
	assert_string_equal(finding->verify_measure, "rate(overflows) == 0/s");
	assert_string_equal(finding->resource, "network");
	assert_null(finding->next_step);

	assert_int_equal(finding->n_evidence, 1);
	assert_string_equal(finding->evidence[0].expression, "rate(overflows)");
	assert_string_equal(finding->evidence[0].value, "12/s");
	assert_int_equal(finding->evidence[0].basis, BASIS_LIVE);
	assert_int_equal(finding->evidence[0].samples, 60);
	assert_true(fabs(finding->evidence[0].window_sec - 60) < 1e-9);
	assert_true(fabs(finding->evidence[0].share - 1) < 1e-9);
	assert_string_equal(finding->evidence[0].source, "/proc/net/netstat");

	assert_int_equal(finding->n_changes, 1);
	assert_string_equal(finding->changes[0].key, "net.core.somaxconn");
	assert_string_equal(finding->changes[0].from, "128");
	assert_string_equal(finding->changes[0].to, "4096");
	assert_string_equal(finding->changes[0].to_text, "4,096");
	assert_int_equal(finding->changes[0].n_hazards, 0);
	assert_non_null(finding->changes[0].apply);
	assert_non_null(finding->changes[0].rollback);
}

static void another_cause_is_told_with_the_numbers(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 12);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding;

	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.switch", "1", NULL);
	finding = judge(*state, snapshot, "blame", NULL, &diag, &list);
	assert_int_equal(finding->status, STATUS_ELSEWHERE);
	assert_string_equal(finding->reason, "the switch is on since 12/s");
	assert_string_equal(finding->because, "4,096 not 128, 4096 alone");
	assert_int_equal(finding->n_changes, 0);
	assert_null(finding->next_step);
}

static void what_was_not_counted_since_boot_has_not_happened(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(-1, 0);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding = judge(*state, snapshot, "ever", NULL, &diag, &list);

	assert_int_equal(finding->status, STATUS_SUSPECT);
	assert_int_equal(finding->confidence, CONFIDENCE_LOW);
	finding_list_release(&list);
	finding = judge(*state, snapshot, "seldom", NULL, &diag, &list);
	assert_int_equal(finding->status, STATUS_SATISFIED);
	assert_int_equal(finding->confidence, CONFIDENCE_HIGH);
	assert_string_equal(finding->confidence_reason, "counted since boot");
	assert_string_equal(finding->reason, "does not hold: total(overflows) > 5000");
}

static void what_no_window_can_tell_asks_for_none(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 12);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding;

	snapshot_set_absent(snapshot, SUBJECT_HOST, "dirty", -ENOENT, NULL);
	finding = judge(*state, snapshot, "gauge", NULL, &diag, &list);
	assert_int_equal(finding->status, STATUS_UNMEASURED);
	assert_string_equal(finding->missing[0].why, "absent");
	assert_string_equal(finding->missing[0].how, "a kernel or a device that has it");
	assert_null(finding->next_step);
}

static void hazards_of_the_proposed_value_are_told(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 12);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding;

	snapshot_set_string(snapshot, SUBJECT_HOST, "net.core.somaxconn", "8000", NULL);
	finding = judge(*state, snapshot, "accept", NULL, &diag, &list);
	assert_int_equal(finding->changes[0].n_hazards, 1);
	assert_string_equal(finding->changes[0].hazards[0], "memory");
}

static void thin_evidence_says_what_to_run(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *boot = make_host(-1, 0);
	CLEANUP(snapshot_free_ptr) struct snapshot *brief = make_host(12, 12);
	CLEANUP(finding_list_release) struct finding_list first = FINDING_LIST_INIT;
	CLEANUP(finding_list_release) struct finding_list second = FINDING_LIST_INIT;
	CLEANUP(finding_list_release) struct finding_list third = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding = judge(*state, boot, "accept", NULL, &diag, &first);

	assert_int_equal(finding->status, STATUS_SUSPECT);
	assert_int_equal(finding->confidence, CONFIDENCE_LOW);
	assert_int_equal(finding->evidence[0].basis, BASIS_SINCE_BOOT);
	assert_true(finding->evidence[0].window_sec > 4999);
	assert_string_equal(finding->next_step, "keisoku advise --window 60s");
	assert_string_equal(finding->reason, "only averages since boot are known, not what happens now");

	finding = judge(*state, brief, "accept", NULL, &diag, &second);
	assert_int_equal(finding->status, STATUS_SUSPECT);
	assert_string_equal(finding->reason, "measured for 12 s, but the rule needs 30 s");
	assert_string_equal(finding->next_step, "keisoku advise --window 60s");

	finding = judge(*state, boot, "peak", NULL, &diag, &third);
	assert_int_equal(finding->status, STATUS_UNMEASURED);
	assert_string_equal(finding->missing[0].key, "overflows");
	assert_string_equal(finding->missing[0].why, "needs a measured window");
	assert_string_equal(finding->missing[0].how, "keisoku advise --window 30s");
	assert_string_equal(finding->next_step, "keisoku advise --window 30s");
}

static void irregular_windows_lower_the_confidence(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 12);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding;

	snapshot_window(snapshot)->interrupted = true;
	snapshot_window(snapshot)->missed = 2;
	snapshot_window(snapshot)->suspended_sec = 7;
	finding = judge(*state, snapshot, "accept", NULL, &diag, &list);
	assert_int_equal(finding->status, STATUS_RECOMMEND);
	assert_int_equal(finding->confidence, CONFIDENCE_MEDIUM);
	assert_string_equal(finding->confidence_reason,
			    "measured for 60 s in 60 intervals, held in 100 % of them, 2 ticks came late, the host slept for "
			    "7 s, the measurement was interrupted");
}

static void satisfied_findings_are_only_counted_unless_asked_for(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 0);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct evaluate_options options = { .only_rule = "accept" };

	evaluate(fixture->rulebook, snapshot, &options, &diag, &list);
	assert_int_equal(list.count, 0);
	assert_int_equal(list.counts[STATUS_SATISFIED], 1);
}

static void findings_are_sorted_by_status_and_severity(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 12);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct evaluate_options options = { .keep_all = true };

	evaluate(fixture->rulebook, snapshot, &options, &diag, &list);
	assert_true(list.count > 8);
	for (size_t i = 1; i < list.count; i++) {
		assert_true(list.items[i - 1].status <= list.items[i].status);
		if (list.items[i - 1].status == list.items[i].status)
			assert_true(list.items[i - 1].severity >= list.items[i].severity);
	}
}

static void inert_is_answered_for_any_tunable(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct entry *ratio = registry_find(fixture->registry, "vm.dirty_ratio");
	const struct entry *background = registry_find(fixture->registry, "vm.background");
	const char *condition = NULL;

	assert_int_equal(rulebook_inert(fixture->rulebook, snapshot, ratio, SUBJECT_HOST, &arena, &condition), INERT_UNKNOWN);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.dirty_bytes", "4096", NULL);
	assert_int_equal(rulebook_inert(fixture->rulebook, snapshot, ratio, SUBJECT_HOST, &arena, &condition), INERT_YES);
	assert_string_equal(condition, "vm.dirty_bytes > 0B");
	assert_int_equal(rulebook_inert(fixture->rulebook, snapshot, background, SUBJECT_HOST, &arena, &condition), INERT_YES);
	assert_string_equal(condition, "bytes rule");
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.dirty_bytes", "0", NULL);
	assert_int_equal(rulebook_inert(fixture->rulebook, snapshot, ratio, SUBJECT_HOST, &arena, &condition), INERT_NO);
}

/* ---- waivers ---- */

static void a_waiver_accepts_a_finding_until_its_day(void **state)
{
	/* 20000 is 2024-10-04 */
	static const struct { const char *yaml; enum status status; const char *warning; } cases[] = {
		{ "[{id: acc*, subject: host, reason: tested, owner: net, expires: 2024-10-04}]", STATUS_WAIVED, NULL },
		{ "[{id: accept, subject: '*', reason: tested, owner: net, expires: 2024-10-03}]", STATUS_RECOMMEND,
		  "the waiver of accept on * expired on 2024-10-03" },
		{ "[{id: accept, subject: sda, reason: tested, owner: net, expires: 2030-01-01}]", STATUS_RECOMMEND, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 12);
		CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		CLEANUP(waivers_free_ptr) struct waivers *waivers = waivers_new();
		const struct finding *finding;

		must(waivers_load(waivers, parse(*state, cases[i].yaml), &diag), &diag);
		finding = judge(*state, snapshot, "accept", waivers, &diag, &list);
		assert_int_equal(finding->status, cases[i].status);
		assert_int_equal(list.counts[cases[i].status], 1);
		if (finding->status == STATUS_WAIVED)
			assert_string_equal(finding->waiver, "tested (net, until 2024-10-04)");
		assert_int_equal(diag.count, cases[i].warning != NULL);
		if (cases[i].warning)
			assert_string_equal(diag.entries[0].message, cases[i].warning);
	}
}

static void a_waiver_that_matches_nothing_is_reported(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 12);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(waivers_free_ptr) struct waivers *waivers = waivers_new();
	struct evaluate_options options = { .waivers = waivers, .today = 20000 };

	must(waivers_load(waivers, parse(fixture, "[{id: nothing, subject: host, reason: r, owner: o, expires: 2030-01-01}]"),
			  &diag), &diag);
	evaluate(fixture->rulebook, snapshot, &options, &diag, &list);
	assert_int_equal(diag.count, 1);
	assert_string_equal(diag.entries[0].message, "the waiver of nothing on host matches no finding");
	assert_int_equal(diag.entries[0].place.line, 1);
}

static void an_invalid_waiver_is_refused(void **state)
{
	static const struct { const char *yaml, *message; } cases[] = {
		{ "[{id: a, subject: b, reason: c, owner: d}]", "waiver without expires: id, subject, reason, owner and expires are all required" },
		{ "[{id: a, subject: b, reason: '', owner: d, expires: 2030-01-01}]", "waiver without reason: id, subject, reason, owner and expires are all required" },
		{ "[{id: a, subject: b, reason: c, owner: d, expires: 2030-02-29}]", "expires: expected a day like 2026-12-31, found '2030-02-29'" },
		{ "[{id: a, subject: b, reason: c, owner: d, expires: soon}]", "expires: expected a day like 2026-12-31, found 'soon'" },
		{ "[{id: a, subject: b, reason: c, owner: d, expires: 2030-01-01, until: x}]", "unknown key 'until'" },
		{ "[text]", "expected a waiver: {id: …, subject: …, reason: …, owner: …, expires: …}" },
		{ "{id: a}", "expected a list of waivers" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		CLEANUP(waivers_free_ptr) struct waivers *waivers = waivers_new();

		assert_int_equal(waivers_load(waivers, parse(*state, cases[i].yaml), &diag), -EINVAL);
		assert_string_equal(diag.entries[0].message, cases[i].message);
	}
}

/* ---- bad rules ---- */

#define GOOD "id: x, title: t, about: host, severity: low, because: b, references: [r]"

static void a_bad_rule_is_refused_with_its_mistake(void **state)
{
	static const struct { const char *yaml, *message; } cases[] = {
		{ "text", "expected a rule: a mapping with id, title, about, when …" },
		{ "{" GOOD ", when: true, advise: a, wen: x}", "unknown key 'wen'; did you mean 'when'?" },
		{ "{title: t, about: host, severity: low, because: b, references: [r], when: true, advise: a}", "rule: id is missing" },
		{ "{id: X, title: t, about: host, severity: low, because: b, references: [r], when: true, advise: a}",
		  "id: expected lower-case letters, digits and hyphens, found 'X'" },
		{ "{id: x, about: host, severity: low, because: b, references: [r], when: true, advise: a}", "x: title is missing" },
		{ "{id: x, title: t, about: disk, severity: low, because: b, references: [r], when: true, advise: a}",
		  "about: 'disk' is no kind of subject" },
		{ "{id: x, title: t, about: host, severity: bad, because: b, references: [r], when: true, advise: a}",
		  "severity: expected one of low, medium, high, critical; found 'bad'" },
		{ "{id: x, title: t, about: host, severity: low, references: [r], when: true, advise: a}", "x: because is missing" },
		{ "{id: x, title: t, about: host, severity: low, because: b, when: true, advise: a}", "references: expected a list of texts" },
		{ "{" GOOD ", advise: a}", "x: when is missing" },
		{ "{" GOOD ", when: true}", "x: exactly one of set, changes and advise, found 0" },
		{ "{" GOOD ", when: true, advise: a, set: vm.switch, to: true}", "x: exactly one of set, changes and advise, found 2" },
		{ "{" GOOD ", when: true, advise: a, to: 5}", "to: without set" },
		{ "{" GOOD ", when: true, set: vm.switch}", "set and to belong together: set a key to an expression" },
		{ "{" GOOD ", when: true, set: vm.swich, to: true}", "set: unknown tunable 'vm.swich'" },
		{ "{" GOOD ", when: true, set: page_size, to: 5B/page}", "set: 'page_size' can be read, but is no tunable" },
		{ "{" GOOD ", when: true, set: net.core.somaxconn, to: 5}", "direction is missing: raise, lower or any" },
		{ "{" GOOD ", when: true, set: net.core.somaxconn, to: 5, direction: up}",
		  "direction: expected one of any, raise, lower; found 'up'" },
		{ "{" GOOD ", when: true, set: vm.switch, to: true, direction: raise}", "direction: vm.switch is no number; leave it out" },
		{ "{" GOOD ", when: true, set: net.core.somaxconn, to: 5s, direction: any}",
		  "to: net.core.somaxconn takes a plain number, found seconds" },
		{ "{" GOOD ", when: true, set: vm.dirty_ratio, to: 5, direction: any}",
		  "to: vm.dirty_ratio is in percent, found a plain number: write the % sign" },
		{ "{" GOOD ", when: true, set: vm.switch, to: 1}", "to: vm.switch takes true or false, found a plain number" },
		{ "{" GOOD ", when: true, set: 'net.ipv4.conf.*.rp_filter', to: 1, direction: any}",
		  "set: 'net.ipv4.conf.*.rp_filter' is a pattern; a rule sets one key" },
		{ "{" GOOD ", when: 5, advise: a}", "when: expected a condition, found a plain number" },
		{ "{" GOOD ", when: rate(overflows) > 5, window: 10s, advise: a}",
		  "cannot compare number per second with a plain number; write the unit" },
		{ "{" GOOD ", when: rate(overflows) > 5/s, advise: a}", "window is missing: x looks at metrics" },
		{ "{" GOOD ", when: rate(overflows) > 5/s, window: soon, advise: a}", "window: expected a duration like 30s, found 'soon'" },
		{ "{" GOOD ", when: rate(overflows) > 5/s, window: 10s, held: 10, advise: a}", "held: expected a share like 10%, found '10'" },
		{ "{" GOOD ", when: rate(overflows) > 5/s, window: 10s, held: 110%, advise: a}",
		  "held: expected a share like 10%, found '110%'" },
		{ "{" GOOD ", when: vm.switch, held: 10%, advise: a}", "held: the rule measures nothing" },
		{ "{" GOOD ", when: p95(rate(overflows)) > 5/s, window: 10s, held: 10%, advise: a}",
		  "held: counts intervals, but when already speaks of all of them (p95, share …)" },
		{ "{" GOOD ", where: rate(overflows) > 5/s, when: true, advise: a}",
		  "where: says what the subject is; what is measured belongs in when" },
		{ "{" GOOD ", when: true, elsewhere: [{when: true}], advise: a}", "elsewhere: expected {when: …, say: …}" },
		{ "{" GOOD ", when: true, elsewhere: {when: true}, advise: a}", "elsewhere: expected a list of {when: …, say: …}" },
		{ "{" GOOD ", when: true, evidence: overflows, advise: a}", "evidence: expected a list of expressions" },
		{ "{" GOOD ", when: true, use: network, advise: a}", "use: expected {resource: …, kind: …}" },
		{ "{" GOOD ", when: true, use: {resource: r, kind: k}, advise: a}",
		  "kind: expected one of utilisation, saturation, errors; found 'k'" },
		{ "{" GOOD ", when: true, changes: [], advise: a}", "x: exactly one of set, changes and advise, found 2" },
		{ "{" GOOD ", when: true, changes: []}", "changes: expected a list of {set: …, to: …, direction: …}" },
		{ "{" GOOD ", when: true, advise: 'a {'}", "a '{' without '}': write {{ for one brace" },
		{ "{" GOOD ", when: true, advise: 'a }'}", "a '}' without '{': write }} for one brace" },
		{ "{" GOOD ", when: true, advise: 'a {nothing}'}", "unknown key 'nothing' (at character 1 of 'nothing')" },
		{ "{" GOOD ", when: true, advise: 'a {dirty|MiB}'}", "cannot print pages in 'MiB'" },
		{ "{" GOOD ", when: true, advise: 'a {dirty|sheets}'}", "unknown unit 'sheets' after '|'" },
		{ "{" GOOD ", when: true, verify: 5, advise: a}", "verify: expected a condition, found a plain number" },
		{ "{" GOOD ", when: current > 5, advise: a}", "'current' has no meaning here: no single tunable is set" },
		{ "{id: x, title: t, about: block, severity: low, because: b, references: [r], when: true, set: scheduler, to: '\"bfq\"'}",
		  "set: unknown tunable 'scheduler'; write self.scheduler" },
		{ "{id: x, title: t, about: block, severity: low, because: b, references: [r], when: true, set: self.scheduler, to: '\"bqf\"'}",
		  "to: 'bqf' is not a value of block.scheduler" },
	};
	struct fixture *fixture = *state;
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(rulebook_free_ptr) struct rulebook *rulebook = rulebook_new(fixture->registry);
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		int r = rulebook_load_rules(rulebook, parse(fixture, cases[i].yaml), &diag);

		if (r == -EINVAL && diag.count > 0 && streq(diag.entries[0].message, cases[i].message) &&
		    diag.entries[0].place.line == 1 && rulebook_count(rulebook) == 0)
			continue;
		wrong++;
		print_error("%s\n  expected %s\n  got      %s\n", cases[i].yaml, cases[i].message,
			    diag.count > 0 ? diag.entries[0].message : "no message");
	}
	assert_int_equal(wrong, 0);
}

static void a_rule_takes_the_place_of_an_earlier_one(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(rulebook_free_ptr) struct rulebook *rulebook = rulebook_new(fixture->registry);
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	must(rulebook_load_rules(rulebook, parse(fixture, "[{" GOOD ", when: true, advise: first}, "
							  "{id: a, title: a, about: host, severity: low, because: b, references: [r], "
							  "when: true, advise: x}]"), &diag), &diag);
	must(rulebook_load_rules(rulebook, parse(fixture, "{id: x, title: second, about: host, severity: low, because: b, "
							  "references: [r], when: true, advise: x}"), &diag), &diag);
	assert_int_equal(rulebook_count(rulebook), 2);
	assert_string_equal(rulebook_rule_id(rulebook, 0), "a");
	assert_string_equal(rulebook_rule_title(rulebook, 1), "second");
}

static void bad_expressions_of_the_registry_are_refused(void **state)
{
	static const struct { enum entry_class class; const char *yaml, *message; } cases[] = {
		{ ENTRY_TUNABLE, "a.b: {kind: sysctl, type: integer, inert_when: 5, " SYSCTL, "a.b: expected a condition, found a plain number" },
		{ ENTRY_TUNABLE, "a.b: {kind: sysctl, type: integer, inert_when: [{say: x}], " SYSCTL,
		  "inert_when: expected a condition, or {when: …, say: …}" },
		{ ENTRY_TUNABLE, "a.b: {kind: sysctl, type: integer, inert_when: proposed > 1, " SYSCTL,
		  "'proposed' is not known here; use current" },
		{ ENTRY_TUNABLE, "a.b: {kind: sysctl, type: integer, hazards: [x], " SYSCTL, "hazards: expected {when: …, say: …}" },
		{ ENTRY_TUNABLE, "a.b: {kind: sysctl, type: integer, hazards: [{when: proposed > 1s, say: x}], " SYSCTL,
		  "cannot compare a plain number with seconds; write the unit" },
		{ ENTRY_METRIC, "a.b: {kind: gauge, unit: count, source: s, meaning: m, references: [r], frozen_when: a.b > 1}\n",
		  "'a.b' is a metric; only settings may be used here" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(registry_free_ptr) struct registry *registry = registry_new();
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		CLEANUP(rulebook_free_ptr) struct rulebook *rulebook = rulebook_new(registry);

		must(registry_load(registry, cases[i].class, parse(*state, cases[i].yaml), &diag), &diag);
		must(registry_check(registry, &diag), &diag);
		assert_int_equal(rulebook_compile_registry(rulebook, &diag), -EINVAL);
		if (!strstr(diag.entries[0].message, cases[i].message))
			fail_msg("expected %s, got %s", cases[i].message, diag.entries[0].message);
	}
}

/* ---- USE ---- */

static const char use_yaml[] =
	"- {resource: Queue, utilisation: {value: dirty / 400pages, ratio: true, say: 'of 400 pages, p95 {p95(dirty)}', alarm: dirty > 100pages},\n"
	"   saturation: {value: rate(overflows), say: overflows}, errors: {value: rate(frozen)}}\n"
	"- {resource: Disks, about: block, none: no disks, utilisation: {value: rate(self.io_ticks), say: busy, ratio: true}}\n";

static void the_use_table_shows_the_worst_subject(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(rulebook_free_ptr) struct rulebook *rulebook = rulebook_new(fixture->registry);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct use_row *rows;
	size_t count;

	must(rulebook_load_use(rulebook, parse(fixture, use_yaml), &diag), &diag);
	evaluate_use(rulebook, snapshot, &arena, &rows, &count);
	assert_int_equal(count, 2);
	assert_string_equal(rows[0].utilisation.value, "unknown");
	assert_false(rows[0].utilisation.known);
	assert_string_equal(rows[0].utilisation.detail, "dirty not measured");
	assert_string_equal(rows[1].utilisation.value, "no disks");
	assert_null(rows[1].saturation.value);

	snapshot_window(snapshot)->interval_sec = 1;
	for (int i = 0; i <= 20; i++) {
		subject_id sda = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "");
		subject_id sdb = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sdb", "");

		snapshot_tick_begin(snapshot, i, i, i);
		snapshot_gauge(snapshot, snapshot_series(snapshot, SUBJECT_HOST, "dirty", 5, METRIC_GAUGE, 0), 200);
		snapshot_counter(snapshot, snapshot_series(snapshot, SUBJECT_HOST, "overflows", 9, METRIC_COUNTER, 0),
				 (uint64_t)(3 * i));
		snapshot_counter(snapshot, snapshot_series(snapshot, sda, "io_ticks", 8, METRIC_COUNTER, 0), (uint64_t)(100 * i));
		snapshot_counter(snapshot, snapshot_series(snapshot, sdb, "io_ticks", 8, METRIC_COUNTER, 0), (uint64_t)(700 * i));
		snapshot_tick_end(snapshot);
	}
	evaluate_use(rulebook, snapshot, &arena, &rows, &count);
	assert_string_equal(rows[0].utilisation.value, "50 %");
	assert_string_equal(rows[0].utilisation.detail, "of 400 pages, p95 200 pages");
	assert_true(rows[0].utilisation.alarming);
	assert_true(fabs(rows[0].utilisation.ratio - 0.5) < 1e-9);
	assert_string_equal(rows[0].saturation.value, "3/s");
	assert_true(isnan(rows[0].saturation.ratio));
	assert_string_equal(rows[1].utilisation.value, "70 %");
	assert_string_equal(rows[1].utilisation.detail, "sdb: busy");
}

/* Five seconds of 40/s in a minute of nothing; the fourth second was not sampled. */
static struct snapshot *make_burst(void)
{
	struct snapshot *snapshot = snapshot_new();
	series_id overflows = snapshot_series(snapshot, SUBJECT_HOST, "overflows", 9, METRIC_COUNTER, 0);
	uint64_t count = 1000;

	snapshot_set_string(snapshot, SUBJECT_HOST, "net.core.somaxconn", "128", "/proc/sys/net/core/somaxconn");
	snapshot_window(snapshot)->interval_sec = 1;
	for (int i = 0; i <= 60; i++) {
		count += i > 10 && i <= 20 ? 40 : 0;
		snapshot_tick_begin(snapshot, i, i, i);
		if (i != 4)
			snapshot_counter(snapshot, overflows, count);
		snapshot_tick_end(snapshot);
	}
	return snapshot;
}

static void the_course_of_evidence_is_told_interval_by_interval(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_burst();
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding = judge(fixture, snapshot, "accept", NULL, &diag, &list);
	const struct course *course;

	assert_int_equal(finding->status, STATUS_RECOMMEND);
	assert_null(finding->evidence[0].course);
	evaluate_courses(fixture->rulebook, snapshot, 0, &list);
	assert_null(finding->evidence[0].course);
	evaluate_courses(fixture->rulebook, snapshot, 1, &list);
	course = finding->evidence[0].course;
	assert_non_null(course);
	assert_int_equal(course->count, 60);
	assert_string_equal(course->least, "0/s");
	assert_string_equal(course->most, "40/s");
	assert_true(isnan(course->values[3]));
	assert_true(fabs(course->values[0]) < 1e-9);
	assert_true(fabs(course->values[10] - 40) < 1e-9);
	assert_true(fabs(course->values[19] - 40) < 1e-9);
	assert_true(fabs(course->values[20]) < 1e-9);
	assert_int_equal(finding->held->count, 60);
	assert_true(isnan(finding->held->values[3]));
	assert_true(fabs(finding->held->values[10] - 1) < 1e-9);
	assert_true(fabs(finding->held->values[20]) < 1e-9);
}

/* A condition about the whole window has no answer of its own in an interval, but what it measures has. */
static void a_condition_on_a_percentile_has_a_course_and_holds_in_no_interval_of_its_own(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_burst();
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding = judge(fixture, snapshot, "peak", NULL, &diag, &list);

	assert_int_equal(finding->status, STATUS_RECOMMEND);
	evaluate_courses(fixture->rulebook, snapshot, 1, &list);
	assert_string_equal(finding->evidence[0].course->most, "40/s");
	assert_null(finding->held);
}

static void what_never_moves_has_no_course(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(60, 12);
	CLEANUP(finding_list_release) struct finding_list list = FINDING_LIST_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct finding *finding = judge(fixture, snapshot, "accept", NULL, &diag, &list);

	evaluate_courses(fixture->rulebook, snapshot, 1, &list);
	assert_null(finding->evidence[0].course);
	assert_null(finding->held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_status_is_reached),
		cmocka_unit_test(a_case_that_is_not_met_says_what_was_found),
		cmocka_unit_test(a_case_that_makes_no_sense_is_refused),
		cmocka_unit_test(a_rule_needs_a_case_that_fires_and_one_that_does_not),
		cmocka_unit_test(a_finding_carries_its_numbers_and_where_they_came_from),
		cmocka_unit_test(another_cause_is_told_with_the_numbers),
		cmocka_unit_test(what_was_not_counted_since_boot_has_not_happened),
		cmocka_unit_test(what_no_window_can_tell_asks_for_none),
		cmocka_unit_test(hazards_of_the_proposed_value_are_told),
		cmocka_unit_test(thin_evidence_says_what_to_run),
		cmocka_unit_test(irregular_windows_lower_the_confidence),
		cmocka_unit_test(satisfied_findings_are_only_counted_unless_asked_for),
		cmocka_unit_test(findings_are_sorted_by_status_and_severity),
		cmocka_unit_test(inert_is_answered_for_any_tunable),
		cmocka_unit_test(a_waiver_accepts_a_finding_until_its_day),
		cmocka_unit_test(a_waiver_that_matches_nothing_is_reported),
		cmocka_unit_test(an_invalid_waiver_is_refused),
		cmocka_unit_test(a_bad_rule_is_refused_with_its_mistake),
		cmocka_unit_test(a_rule_takes_the_place_of_an_earlier_one),
		cmocka_unit_test(bad_expressions_of_the_registry_are_refused),
		cmocka_unit_test(the_course_of_evidence_is_told_interval_by_interval),
		cmocka_unit_test(a_condition_on_a_percentile_has_a_course_and_holds_in_no_interval_of_its_own),
		cmocka_unit_test(what_never_moves_has_no_course),
		cmocka_unit_test(the_use_table_shows_the_worst_subject),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
