/* SPDX-License-Identifier: Apache-2.0 */
/* A report made by hand: one finding of every status, and a hostile twin of it whose every text is dangerous. */
#ifndef KEISOKU_REPORT_FIXTURE_H
#define KEISOKU_REPORT_FIXTURE_H

#include <math.h>

#include "../../reports/reporter.h"
#include "hostile-text.h"

struct report_fixture {
	struct snapshot *snapshot;
	struct finding_list findings;
	struct finding items[9];
	struct use_row use[7];
	struct diag notes;
	struct report report;
};

static const char *const fixture_references[] = { "Documentation/admin-guide/sysctl/net.rst", "listen(2)" };
static const struct string_list fixture_reference_list = { .items = (const char **)fixture_references, .count = 2 };
static const char *const fixture_hazards[] = { "below the backlog that a listener asks for it has no effect" };

static struct evidence fixture_evidence[] = {
	{ .expression = "rate(netstat.TcpExt.ListenOverflows)", .value = "12.4/s", .known = true, .number = 12.4,
	  .basis = BASIS_LIVE, .window_sec = 30.02, .samples = 30, .share = 28.0 / 30, .source = "/proc/net/netstat" },
	{ .expression = "p95(rate(netstat.TcpExt.ListenDrops))", .value = "15/s", .known = true, .number = 15,
	  .basis = BASIS_LIVE, .window_sec = 30.02, .samples = 30, .share = 28.0 / 30, .source = "/proc/net/netstat" },
	{ .expression = "net.core.somaxconn", .value = "128", .known = true, .number = 128, .basis = BASIS_SETTING,
	  .share = NAN, .source = "/proc/sys/net/core/somaxconn" },
};
static struct evidence fixture_boot_evidence[] = {
	{ .expression = "total(vmstat.allocstall_normal)", .value = "1,204", .known = true, .number = 1204,
	  .basis = BASIS_SINCE_BOOT, .window_sec = 273000, .share = NAN, .source = "/proc/vmstat" },
};
static struct missing fixture_missing[] = {
	{ .key = "netstat.TcpExt.TCPFoo", .why = "absent",
	  .how = "a kernel with it, or a snapshot from one" },
	{ .key = "conntrack.search_restart", .why = "unreadable: Permission denied", .how = "run as root" },
};
static struct missing fixture_missing_2[] = {
	{ .key = "sda io_ticks", .why = "frozen: queue/iostats is 0", .how = "echo 1 > /sys/block/sda/queue/iostats" },
	{ .key = "conntrack.drop", .why = "unreadable: Permission denied", .how = "run as root" },
};
static struct change fixture_change[] = {
	{ .key = "net.core.somaxconn", .from = "128", .to = "4096", .from_text = "128", .to_text = "4,096",
	  .apply = "sysctl -w net.core.somaxconn=4096", .rollback = "sysctl -w net.core.somaxconn=128",
	  .verify = "v=$(sysctl -n net.core.somaxconn); echo \"$v\"; [ \"$v\" = 4096 ]",
	  .persist = "echo 'net.core.somaxconn = 4096' > /etc/sysctl.d/90-keisoku-net.core.somaxconn.conf",
	  .unpersist = "rm -f /etc/sysctl.d/90-keisoku-net.core.somaxconn.conf",
	  .persist_note = "a file of a sysctl.d directory whose name sorts after 90-keisoku wins over it",
	  .hazards = fixture_hazards, .n_hazards = 1 },
};
static struct change fixture_changes[] = {
	{ .key = "sda scheduler", .from = "[none] mq-deadline", .to = "mq-deadline", .from_text = "none",
	  .to_text = "mq-deadline", .apply = "echo mq-deadline > /sys/block/sda/queue/scheduler",
	  .rollback = "echo none > /sys/block/sda/queue/scheduler",
	  .verify = "cat /sys/block/sda/queue/scheduler; grep -qF '[mq-deadline]' /sys/block/sda/queue/scheduler",
	  .persist_note = "not kept: no udev here" },
	{ .key = "sda nr_requests", .from = "64", .to = "256", .apply = "echo 256 > /sys/block/sda/queue/nr_requests",
	  .rollback = "echo 64 > /sys/block/sda/queue/nr_requests", .persist_note = "not kept: no udev here" },
};

static struct finding_site fixture_sites[] = {
	{ .path = "/etc/sysctl.d/99-site.conf", .line = 3, .last_line = 3, .text = "net.core.somaxconn = 128" },
	{ .path = "/usr/lib/sysctl.d/50-default.conf" },
};
static const struct finding_values fixture_values = {
	.key = "net.core.somaxconn", .running = "128", .boot = "128", .kernel_default = "4,096", .wanted = "4,096", .drift = "shadowed-line",
};

static void fixture_findings(struct report_fixture *fixture, subject_id sda)
{
	struct finding *items = fixture->items;

	items[0] = (struct finding){
		.id = "tcp-accept-queue-overflow@host", .rule = "tcp-accept-queue-overflow",
		.title = "Connections are dropped because accept queues are full at the somaxconn ceiling",
		.subject = SUBJECT_HOST, .subject_name = "host", .status = STATUS_RECOMMEND, .severity = SEVERITY_HIGH,
		.confidence = CONFIDENCE_HIGH, .confidence_reason = "held in 28 of 30 intervals of a live window",
		.resource = "network", .use_kind = "saturation", .reason = "the evidence holds",
		.because = "12.4 connections per second found the accept queue full while the ceiling was 128; clients see "
			   "them as delays of one second and more, because the handshake is repeated.",
		.side_effects = "Longer queues hide a slow server and hold more memory per listener",
		.takes_effect = "for new objects: listeners read it in listen(2); restart or reload the service",
		.verify_measure = "rate(netstat.TcpExt.ListenOverflows) == 0/s",
		.evidence = fixture_evidence, .n_evidence = 3, .changes = fixture_change, .n_changes = 1,
		.references = &fixture_reference_list, .place = { "packs/tcp/tcp-accept-queue-overflow.yaml", 2, 3 },
		.sites = fixture_sites, .n_sites = 2, .values = &fixture_values,
	};
	items[1] = (struct finding){
		.id = "block-scheduler@block sda", .rule = "block-scheduler", .title = "Readers wait behind writers",
		.subject = sda, .subject_name = "block sda", .status = STATUS_RECOMMEND, .severity = SEVERITY_MEDIUM,
		.confidence = CONFIDENCE_MEDIUM, .because = "Reads took 40 ms while writes were queued.",
		.evidence = fixture_evidence, .n_evidence = 1, .changes = fixture_changes, .n_changes = 2,
		.takes_effect = "live",
	};
	items[2] = (struct finding){
		.id = "memory-too-small@host", .rule = "memory-too-small", .title = "The workload does not fit into memory",
		.subject = SUBJECT_HOST, .subject_name = "host", .status = STATUS_RECOMMEND, .severity = SEVERITY_CRITICAL,
		.confidence = CONFIDENCE_LOW, .advice = "Move to a larger instance or give the workload less to do",
		.because = "The kernel killed 3 processes.", .evidence = fixture_boot_evidence, .n_evidence = 1,
	};
	items[3] = (struct finding){
		.id = "direct-reclaim@host", .rule = "direct-reclaim", .title = "Allocations wait for reclaim",
		.subject = SUBJECT_HOST, .subject_name = "host", .status = STATUS_SUSPECT, .severity = SEVERITY_LOW,
		.reason = "only counters since boot, which say nothing about now",
		.evidence = fixture_boot_evidence, .n_evidence = 1, .changes = fixture_change, .n_changes = 1,
		.next_step = "keisoku advise --window 60s",
	};
	items[4] = (struct finding){
		.id = "conntrack-full@host", .rule = "conntrack-full", .title = "The connection tracking table is full",
		.subject = SUBJECT_HOST, .subject_name = "host", .status = STATUS_UNMEASURED, .severity = SEVERITY_HIGH,
		.missing = fixture_missing, .n_missing = 2, .reason = "evidence is missing",
	};
	items[5] = (struct finding){
		.id = "disk-busy@block sda", .rule = "disk-busy", .title = "A disk is busy", .subject = sda,
		.subject_name = "block sda", .status = STATUS_UNMEASURED, .severity = SEVERITY_LOW,
		.missing = fixture_missing_2, .n_missing = 2, .reason = "evidence is missing",
	};
	items[6] = (struct finding){
		.id = "cpu-throttled@cgroup /a", .rule = "cpu-throttled", .title = "A quota throttles", .subject = sda,
		.subject_name = "cgroup /a", .status = STATUS_ELSEWHERE, .severity = SEVERITY_MEDIUM,
		.reason = "The quota is as wide as the machine; the parent throttles", .because = "Throttled 40 % of the time",
		.evidence = fixture_evidence, .n_evidence = 1,
	};
	items[7] = (struct finding){
		.id = "kptr@host", .rule = "kptr", .title = "t", .subject = SUBJECT_HOST, .subject_name = "host",
		.status = STATUS_UNREADABLE, .reason = "kernel.kptr_restrict: Permission denied",
	};
	items[8] = (struct finding){
		.id = "swap@host", .rule = "swap", .title = "Swap is used", .subject = SUBJECT_HOST, .subject_name = "host",
		.status = STATUS_WAIVED, .waiver = "batch host, may swap (ops, until 2027-01-31)",
	};
}

static void fixture_use(struct report_fixture *fixture)
{
	struct use_row *use = fixture->use;

	use[0] = (struct use_row){ "CPU",
		{ "12 %", "of CPU time, p95 23 %", true, false, 0.12 },
		{ "0.4", "runnable per CPU", true, false, NAN }, { "0", "machine checks", true, false, NAN } };
	use[1] = (struct use_row){ "CPU quota",
		{ "98 %", "of /system.slice/web.service", true, true, 0.98 },
		{ "41 %", "of periods throttled in /system.slice/web.service", true, true, NAN }, { 0 } };
	use[2] = (struct use_row){ "Memory",
		{ "71 %", "not available", true, false, 0.71 },
		{ "3.1 %", "of time some task waited for memory", true, true, NAN },
		{ "unknown", "the kernel log could not be read", false, false, NAN } };
	use[3] = (struct use_row){ "Block devices",
		{ "2.0 %", "sda busy; says little of devices that work in parallel", true, false, 0.02 },
		{ "0.1", "requests in flight", true, false, NAN }, { "0", "", true, false, NAN } };
	use[4] = (struct use_row){ "Listen queues",
		{ "100 %", "tcp 0.0.0.0:80", true, true, 1.0 },
		{ "12.4/s", "connections found the queue full", true, true, NAN },
		{ "15/s", "dropped", true, true, NAN } };
	use[5] = (struct use_row){ "Connection tracking",
		{ "unknown", "the module is not loaded", false, false, NAN }, { 0 }, { 0 } };
	use[6] = (struct use_row){ "Swap", { "no swap", NULL, true, false, NAN }, { 0 }, { 0 } };
}

static void fixture_init(struct report_fixture *fixture, unsigned int width, bool colour, bool unicode)
{
	subject_id sda;

	*fixture = (struct report_fixture){ .notes = DIAG_INIT };
	fixture->snapshot = snapshot_new();
	sda = snapshot_subject(fixture->snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");
	snapshot_set_string(fixture->snapshot, SUBJECT_HOST, "host.name", "web-1", NULL);
	snapshot_set_string(fixture->snapshot, SUBJECT_HOST, "kernel.release", "6.1.0-18-amd64", NULL);
	for (unsigned int i = 0; i <= 30; i++) {
		snapshot_tick_begin(fixture->snapshot, 100 + i, 100 + i, 1.7e9 + i);
		snapshot_tick_end(fixture->snapshot);
	}
	fixture_findings(fixture, sda);
	fixture_use(fixture);
	fixture->findings.items = fixture->items;
	fixture->findings.count = ARRAY_SIZE(fixture->items);
	for (size_t i = 0; i < ARRAY_SIZE(fixture->items); i++)
		fixture->findings.counts[fixture->items[i].status]++;
	fixture->findings.counts[STATUS_SATISFIED] = 22;
	fixture->findings.counts[STATUS_NOT_APPLICABLE] = 5;
	diag_warning(&fixture->notes, &(struct place){ "/etc/keisoku/rules/x.yaml", 3, 7 }, "unknown key 'titel'");
	fixture->report = (struct report){
		.snapshot = fixture->snapshot, .command = "advise", .findings = &fixture->findings, .use = fixture->use,
		.n_use = ARRAY_SIZE(fixture->use), .notes = &fixture->notes, .settings_read = 1301,
		.settings_unreadable = 12, .settings_absent = 40, .metrics_read = 812, .rules = 31, .tunables = 140,
		.width = width, .colour = colour, .unicode = unicode,
	};
}

static void fixture_release(struct report_fixture *fixture)
{
	snapshot_free(fixture->snapshot);
	diag_release(&fixture->notes);
}

/* Every text of one finding, and every cell of the table, is what an enemy would write. */
static void fixture_make_hostile(struct report_fixture *fixture)
{
	static const char *const texts[] = { HOSTILE, HOSTILE };
	static const struct string_list list = { .items = (const char **)texts, .count = 2 };
	static struct evidence evidence = { .expression = HOSTILE, .value = HOSTILE, .known = true, .number = NAN,
					    .basis = BASIS_LIVE, .share = NAN, .source = HOSTILE };
	static struct missing missing = { HOSTILE, HOSTILE, HOSTILE };
	static struct change change = { .key = HOSTILE, .from = HOSTILE, .to = HOSTILE, .apply = HOSTILE,
					.rollback = HOSTILE, .verify = HOSTILE, .persist = HOSTILE,
					.unpersist = HOSTILE, .persist_note = HOSTILE, .hazards = texts, .n_hazards = 2 };

	static struct finding_site site = { .path = HOSTILE, .line = 1, .last_line = 2, .text = HOSTILE };
	static const struct finding_values values = { HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE };

	for (size_t i = 0; i < ARRAY_SIZE(fixture->items); i++) {
		enum status status = fixture->items[i].status;

		fixture->items[i] = (struct finding){
			.id = HOSTILE, .rule = HOSTILE, .title = HOSTILE, .subject = fixture->items[i].subject,
			.subject_name = HOSTILE, .status = status, .confidence_reason = HOSTILE, .resource = HOSTILE,
			.use_kind = HOSTILE, .reason = HOSTILE, .because = HOSTILE, .advice = HOSTILE,
			.side_effects = HOSTILE, .takes_effect = HOSTILE, .verify_measure = HOSTILE, .next_step = HOSTILE,
			.evidence = &evidence, .n_evidence = 1, .missing = &missing, .n_missing = 1, .changes = &change,
			.n_changes = 1, .references = &list, .place = { HOSTILE, 1, 1 }, .waiver = HOSTILE,
			.sites = &site, .n_sites = 1, .values = &values,
		};
	}
	for (size_t i = 0; i < ARRAY_SIZE(fixture->use); i++)
		fixture->use[i] = (struct use_row){ HOSTILE, { HOSTILE, HOSTILE, true, true, 0.5 },
						    { HOSTILE, HOSTILE, true, true, NAN },
						    { HOSTILE, HOSTILE, false, false, NAN } };
	diag_error(&fixture->notes, &(struct place){ HOSTILE, 1, 1 }, "%s", HOSTILE);
	snapshot_set_string(fixture->snapshot, SUBJECT_HOST, "host.name", HOSTILE, NULL);
}

/* What a reporter writes; the caller frees. */
static char *fixture_write(const struct reporter *reporter, const struct report *report)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out || reporter->write(out, report) < 0 || fclose(out) != 0)
		abort();
	return text;
}

#endif
