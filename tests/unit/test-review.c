/* SPDX-License-Identifier: Apache-2.0 */
/* Which verdict a proposed setting gets, on which host. */
#include "../../advisor/review.h"

#include "../../core/boot.h"
#include "registry-world.h"

static const char tunables[] =
	"net.core.somaxconn: {kind: sysctl, type: integer, range: 0..2147483647, default: 4096, scope: net-namespace, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r]}\n"
	"vm.swappiness: {kind: sysctl, type: integer, range: 0..200, default: 60, scope: global, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r], inert_when: kernel.panic_on_oom == 1, hazards: [{when: proposed > 150, say: It swaps early}, {refused: yes, when: proposed == 199, say: Not 199}]}\n"
	"vm.dirty_ratio: {kind: sysctl, type: integer, unit: percent, range: 0..100, default: 20, scope: global, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r], inert_when: 'vm.dirty_bytes > 0B'}\n"
	"vm.dirty_bytes: {kind: sysctl, type: integer, unit: B, range: 0..9223372036854775807, default: 0, scope: global,\n"
	"  takes_effect: live, reversible: yes, summary: s, references: [r]}\n"
	"kernel.panic_on_oom: {kind: sysctl, type: integer, range: 0..2, default: 0, scope: global, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r], hazards: [{when: proposed == 2, say: Every OOM ends the host, danger: yes}]}\n"
	"net.ipv4.tcp_tw_recycle: {kind: sysctl, type: integer, range: 0..1, default: 0, scope: net-namespace, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r], obsolete: removed in 4.12}\n"
	"net.netfilter.nf_conntrack_max: {kind: sysctl, type: integer, range: 0..2147483647, default: 262144, scope: global,\n"
	"  takes_effect: live, reversible: yes, summary: s, references: [r], module: nf_conntrack}\n"
	"kernel.printk: {kind: sysctl, type: list, fields: [a, b, c, d], scope: global, takes_effect: live, reversible: yes, summary: s,\n"
	"  references: [r]}\n"
	"block.scheduler: {kind: block-queue, type: enum, values: [none, mq-deadline, bfq], scope: device, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r]}\n";

static const char metrics[] =
	"netstat.TcpExt.ListenOverflows: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n";

static const char rules[] =
	"- id: accept-queue\n"
	"  title: Connections are dropped\n"
	"  about: host\n"
	"  severity: high\n"
	"  when: rate(netstat.TcpExt.ListenOverflows) > 0/s\n"
	"  window: 30s\n"
	"  set: net.core.somaxconn\n"
	"  to: max(4096, 2 * current)\n"
	"  direction: raise\n"
	"  already: it is high\n"
	"  because: '{rate(netstat.TcpExt.ListenOverflows)} are dropped'\n"
	"  references: [r]\n";

struct host {
	struct world *world;
	struct rulebook *rulebook;
	struct snapshot *snapshot;
	struct proposal proposal;
	struct finding_list findings;
};

static void set(struct host *host, const char *key, const char *raw)
{
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;

	strbuf_addf(&origin, "/proc/sys/%s", key);
	snapshot_set_string(host->snapshot, SUBJECT_HOST, key, raw, origin.buf);
}

/* A window of 40 s in which so many connections were refused each second. */
static void measure(struct host *host, uint64_t refused)
{
	series_id id = snapshot_series(host->snapshot, SUBJECT_HOST, "netstat.TcpExt.ListenOverflows",
				       strlen("netstat.TcpExt.ListenOverflows"), METRIC_COUNTER, 0);

	snapshot_window(host->snapshot)->interval_sec = 1;
	for (int tick = 0; tick <= 40; tick++) {
		snapshot_tick_begin(host->snapshot, tick, tick, 1e9 + tick);
		snapshot_counter(host->snapshot, id, 100 + (uint64_t)tick * refused);
		snapshot_tick_end(host->snapshot);
	}
}

static int set_up(void **state)
{
	struct host *host = xcalloc(1, sizeof(*host));
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	host->world = world_new(tunables, NULL, metrics);
	host->rulebook = rulebook_new(host->world->registry);
	assert_int_equal(rulebook_load_rules(host->rulebook, parse(host->world, rules), &diag), 0);
	host->snapshot = snapshot_new();
	host->proposal = (struct proposal)PROPOSAL_INIT;
	set(host, "kernel.ostype", "Linux");
	set(host, "net.core.somaxconn", "128");
	set(host, "vm.swappiness", "60");
	set(host, "vm.dirty_ratio", "20");
	set(host, "vm.dirty_bytes", "0");
	set(host, "kernel.panic_on_oom", "0");
	*state = host;
	return 0;
}

static int tear_down(void **state)
{
	struct host *host = *state;
	void *world = host->world;

	finding_list_release(&host->findings);
	proposal_release(&host->proposal);
	rulebook_free(host->rulebook);
	snapshot_free(host->snapshot);
	free(host);
	return teardown(&world);
}

static struct proposed *propose(struct host *host, const char *key, const char *value)
{
	struct proposed item = {
		.path = "60-x.conf", .line = (unsigned int)host->proposal.count + 1, .form = "sysctl.d", .via = "", .key = key, .value = value,
		.when = PROPOSED_NOW | PROPOSED_BOOT, .file = "/etc/sysctl.d/60-x.conf",
		.file_line = (unsigned int)host->proposal.count + 1,
	};

	return proposal_add(&host->proposal, &item);
}

/* Verdict and reason of each, one a line. */
static void assert_verdicts(struct host *host, const char *expected)
{
	struct review_options options = { 0 };
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;

	review(host->rulebook, host->snapshot, &host->proposal, &options, &host->findings);
	for (size_t i = 0; i < host->findings.count; i++)
		strbuf_addf(&found, "%s: %s\n", review_verdict_name(host->findings.items[i].review->verdict), host->findings.items[i].reason);
	assert_string_equal(found.buf, expected);
}

static void what_was_measured_argues_for_it(void **state)
{
	struct host *host = *state;

	measure(host, 5);
	propose(host, "net.core.somaxconn", "4096");
	assert_verdicts(host, "supported: 5/s are dropped\n");
	assert_int_equal(host->findings.items[0].status, STATUS_SATISFIED);
	assert_string_equal(host->findings.items[0].changes[0].rollback, "sysctl -w net.core.somaxconn=128");
}

static void less_than_is_asked_for_is_supported_and_said(void **state)
{
	struct host *host = *state;

	measure(host, 5);
	propose(host, "net.core.somaxconn", "512");
	assert_verdicts(host, "supported: 5/s are dropped\n");
	assert_string_equal(host->findings.items[0].review->remarks[0], "what was measured asks for more than this: 4096");
}

static void the_other_way_is_contradicted(void **state)
{
	struct host *host = *state;

	measure(host, 5);
	propose(host, "net.core.somaxconn", "64");
	assert_verdicts(host, "contradicted: what was measured argues for 4096: 5/s are dropped\n");
	assert_int_equal(host->findings.items[0].severity, SEVERITY_HIGH);
}

/* It is enough today: with less, what is measured would ask for more. */
static void what_makes_a_problem_of_what_was_measured_is_contradicted(void **state)
{
	struct host *host = *state;

	set(host, "net.core.somaxconn", "2147483647");
	measure(host, 5);
	propose(host, "net.core.somaxconn", "100");
	assert_verdicts(host, "contradicted: what was measured argues for 2147483647: 5/s are dropped\n");
	assert_string_equal(snapshot_text(host->snapshot, SUBJECT_HOST, "net.core.somaxconn"), "2147483647");
}

static void nothing_measured_asks_for_it(void **state)
{
	struct host *host = *state;

	measure(host, 0);
	propose(host, "net.core.somaxconn", "4096");
	propose(host, "vm.swappiness", "10");
	assert_verdicts(host, "unsupported: it was looked for whether \"Connections are dropped\", and it is not so\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n");
}

static void without_a_measurement_it_takes_one(void **state)
{
	struct host *host = *state;

	propose(host, "net.core.somaxconn", "4096");
	assert_verdicts(host, "unmeasured: what would argue for it was not measured (not known: netstat.TcpExt.ListenOverflows (not measured))\n");
	assert_int_equal(host->findings.items[0].status, STATUS_UNMEASURED);
	assert_int_equal(host->findings.items[0].n_missing, 1);
}

static void what_is_so_already_or_does_nothing_here_has_no_effect(void **state)
{
	struct host *host = *state;

	propose(host, "vm.dirty_ratio", "20");
	propose(host, "kernel.panic_on_oom", "1");
	propose(host, "vm.swappiness", "5");
	assert_verdicts(host, "no-effect: it is so already\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n"
			      "no-effect: it does nothing here: kernel.panic_on_oom == 1\n");
}

/* Writing one of a pair takes the other out of the way. */
static void the_twin_of_what_is_in_force_is_not_inert(void **state)
{
	struct host *host = *state;

	set(host, "vm.dirty_bytes", "1048576");
	propose(host, "vm.dirty_ratio", "5");
	assert_verdicts(host, "unsupported: no measurement that is known argues for this setting by itself\n");
}

/* A snapshot may say that it is there. */
static void what_only_the_kernels_of_rhel_6_have_is_obsolete(void **state)
{
	struct host *host = *state;

	set(host, "/sys/kernel/mm/redhat_transparent_hugepage/enabled", "always");
	propose(host, "/sys/kernel/mm/redhat_transparent_hugepage/enabled", "never");
	assert_verdicts(host, "obsolete: only the kernels of RHEL 6 have it; everywhere else it is /sys/kernel/mm/transparent_hugepage\n");
}

static void of_two_twins_the_later_line_counts(void **state)
{
	struct host *host = *state;

	propose(host, "vm.dirty_bytes", "1048576");
	propose(host, "vm.dirty_ratio", "5");
	assert_verdicts(host, "overridden: 60-x.conf:2 of the same proposal comes later and sets vm.dirty_ratio, which makes this one 0\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n");
	assert_string_equal(host->findings.items[0].review->applied, "0 B");
	assert_string_equal(host->findings.items[0].values->boot, "0 B");
	assert_string_equal(host->findings.items[1].values->boot, "5 %");
}

static void a_twin_that_is_set_to_nothing_takes_nothing_away(void **state)
{
	struct host *host = *state;

	propose(host, "vm.dirty_bytes", "1048576");
	propose(host, "vm.dirty_ratio", "0");
	assert_verdicts(host, "unsupported: no measurement that is known argues for this setting by itself\n"
			      "no-effect: it does nothing here: vm.dirty_bytes > 0B\n");
}

static void what_the_kernel_does_not_take_is_invalid(void **state)
{
	struct host *host = *state;

	propose(host, "vm.dirty_ratio", "400");
	propose(host, "vm.swapiness", "10");
	propose(host, "vm.swappiness", "ten");
	propose(host, "vm.swappiness", "199");
	assert_verdicts(host, "invalid: 400 is outside its range of 0..100\n"
			      "invalid: there is no vm.swapiness; is vm.swappiness meant?\n"
			      "invalid: 'ten' is no value of it (raw, as its file has it, without a unit)\n"
			      "invalid: Not 199\n");
	assert_string_equal(host->findings.items[0].values->boot, "20 %");
}

static void what_went_is_obsolete_and_what_breaks_is_dangerous(void **state)
{
	struct host *host = *state;

	propose(host, "net.ipv4.tcp_tw_recycle", "1");
	propose(host, "kernel.panic_on_oom", "2");
	propose(host, "vm.swappiness", "180");
	assert_verdicts(host, "obsolete: removed in 4.12; this kernel does not have it any more\n"
			      "dangerous: Every OOM ends the host\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n");
	assert_string_equal(host->findings.items[2].review->remarks[0], "It swaps early");
}

static void a_key_of_a_module_needs_it_first(void **state)
{
	struct host *host = *state;

	snapshot_set_absent(host->snapshot, SUBJECT_HOST, "net.netfilter.nf_conntrack_max", -2, "/proc/sys/net/netfilter/nf_conntrack_max");
	propose(host, "net.netfilter.nf_conntrack_max", "1048576");
	propose(host, "module.nf_conntrack.loaded", "true");
	propose(host, "net.netfilter.nf_conntrack_max", "524288");
	review(host->rulebook, host->snapshot, &host->proposal, &(struct review_options){ 0 }, &host->findings);
	assert_int_equal(host->findings.items[0].review->verdict, REVIEW_BROKEN);
	assert_int_equal(host->findings.items[2].review->verdict, REVIEW_UNSUPPORTED);
}

static void of_two_lines_the_later_one_counts(void **state)
{
	struct host *host = *state;

	measure(host, 0);
	propose(host, "vm.swappiness", "10");
	propose(host, "vm.swappiness", "20");
	assert_verdicts(host, "overridden: 60-x.conf:2 of the same proposal comes later and sets 20\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n");
	assert_int_equal(host->findings.items[0].n_sites, 2);
	assert_string_equal(host->findings.items[0].values->boot, "20");
}

/* The host's own files, as its boot lines tell. */
static void host_line_of(struct host *host, const char *path, const char *key, const char *value, enum boot_fate fate)
{
	struct boot *boot = boot_new();
	struct boot_line line = { .source = "sysctl", .loader = BOOT_SYSTEMD, .kind = SUBJECT_KIND_HOST, .key = key, .value = value,
				  .path = path, .line = 7, .text = key, .fate = fate };

	assert_true(boot_add(boot, &line));
	boot_store(boot, host->snapshot, "sysctl", "sysctl.d");
	boot_free(boot);
}

static void host_line(struct host *host, const char *path, const char *value)
{
	host_line_of(host, path, "vm.swappiness", value, BOOT_WINS);
}

static void a_file_of_the_host_whose_name_sorts_later_has_the_last_word(void **state)
{
	struct host *host = *state;

	host_line(host, "/etc/sysctl.d/99-site.conf", "30");
	propose(host, "vm.swappiness", "10");
	assert_verdicts(host, "overridden: /etc/sysctl.d/99-site.conf:7 has the last word at boot and sets 30\n");
	assert_string_equal(host->findings.items[0].review->applied, "10");
	assert_string_equal(host->findings.items[0].values->boot, "30");
}

/* Debian links it into sysctl.d, until 12; where no line tells, it is not known whether it is read. */
static void sysctl_conf_counts_at_boot_only_where_it_is_read(void **state)
{
	static const struct {
		const char *host, *boot;
		enum boot_fate fate;
		const char *told;
	} cases[] = {
		{ NULL, NULL, BOOT_WINS },
		{ NULL, "10", BOOT_WINS, "true" },
		{ NULL, "60", BOOT_WINS, "false" },
		{ "/etc/sysctl.d/99-sysctl.conf", "10", BOOT_WINS },
		{ "/etc/sysctl.conf", "60", BOOT_IGNORED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *fresh;
		struct host *host;

		assert_int_equal(set_up(&fresh), 0);
		host = fresh;
		if (cases[i].host)
			host_line_of(host, cases[i].host, "vm.dirty_ratio", "20", cases[i].fate);
		if (cases[i].told)
			snapshot_set_string(host->snapshot, SUBJECT_HOST, SYSCTL_CONF_READ, cases[i].told, "/etc/sysctl.d");
		propose(host, "vm.swappiness", "10")->file = "/etc/sysctl.conf";
		review(host->rulebook, host->snapshot, &host->proposal, &(struct review_options){ 0 }, &host->findings);
		if (cases[i].boot)
			assert_string_equal(host->findings.items[0].values->boot, cases[i].boot);
		else
			assert_null(host->findings.items[0].values->boot);
		assert_int_equal(host->findings.items[0].review->n_remarks, cases[i].boot && streq(cases[i].boot, "10") ? 0 : 1);
		assert_int_equal(tear_down(&fresh), 0);
	}
}

static void a_file_that_is_replaced_or_sorts_earlier_has_not(void **state)
{
	static const char *const paths[] = { "/etc/sysctl.d/60-x.conf", "/usr/lib/sysctl.d/60-x.conf", "/usr/lib/sysctl.d/10-vendor.conf" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		void *fresh;
		struct host *host;

		assert_int_equal(set_up(&fresh), 0);
		host = fresh;
		host_line(host, paths[i], "30");
		propose(host, "vm.swappiness", "10");
		assert_verdicts(host, "unsupported: no measurement that is known argues for this setting by itself\n");
		assert_string_equal(host->findings.items[0].values->boot, "10");
		assert_int_equal(tear_down(&fresh), 0);
	}
}

static void a_line_that_stands_is_not_judged_and_may_have_the_last_word(void **state)
{
	struct host *host = *state;

	propose(host, "vm.swappiness", "10");
	propose(host, "vm.swappiness", "20")->fate = PROPOSED_STANDS;
	assert_verdicts(host, "overridden: 60-x.conf:2 of the same proposal comes later and sets 20\n");
}

static void a_line_that_is_taken_away_leaves_another_one_or_the_default(void **state)
{
	struct host *host = *state;

	set(host, "vm.swappiness", "10");
	host_line(host, "/etc/sysctl.d/60-x.conf", "10");
	propose(host, "vm.swappiness", "10")->fate = PROPOSED_REMOVED;
	propose(host, "vm.dirty_ratio", "20")->fate = PROPOSED_REMOVED;
	assert_verdicts(host, "unmeasured: the line is taken away: the next boot makes it 60\n"
			      "no-effect: the line is taken away, and it stays as it is without it\n");
}

static void a_pattern_is_judged_for_each_that_it_matches(void **state)
{
	struct host *host = *state;
	struct proposed *item;

	for (size_t i = 0; i < 2; i++) {
		subject_id disk = snapshot_subject(host->snapshot, SUBJECT_KIND_BLOCK, i ? "sdb" : "sda", "/sys/block/sda/queue");

		snapshot_set_string(host->snapshot, disk, "scheduler", i ? "none [mq-deadline]" : "[none] mq-deadline", NULL);
	}
	item = propose(host, "scheduler", "none");
	item->kind = SUBJECT_KIND_BLOCK;
	item->subject = "sd*";
	item->pattern = true;
	item = propose(host, "scheduler", "noop");
	item->kind = SUBJECT_KIND_BLOCK;
	item->subject = "sda";
	item = propose(host, "scheduler", "none");
	item->kind = SUBJECT_KIND_BLOCK;
	item->subject = "nvme*";
	item->pattern = true;
	item = propose(host, "scheduler", "none");
	item->kind = SUBJECT_KIND_BLOCK;
	item->subject = "sd*";
	item->pattern = true;
	item->spread = SPREAD_ONE;
	item->spread_why = "bash says that it is ambiguous";
	assert_verdicts(host, "no-effect: it is so already\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n"
			      "invalid: 'noop' is not among what it offers: [none] mq-deadline\n"
			      "no-effect: there is no block nvme* here\n"
			      "broken: the pattern matches 2 files here: bash says that it is ambiguous\n");
}

static void what_is_not_understood_is_told_and_counts_against_the_coverage(void **state)
{
	struct host *host = *state;
	struct proposed *item = propose(host, "", "");

	item->fate = PROPOSED_UNCLEAR;
	item->why = "$X is not known";
	propose(host, "vm.swappiness", "10");
	assert_verdicts(host, "unclear: $X is not known\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n");
	assert_true(finding_list_coverage(&host->findings) > 0.49 && finding_list_coverage(&host->findings) < 0.51);
}

static void only_what_is_supported_is_asked_of_a_plan(void **state)
{
	struct host *host = *state;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct plan_request *requests;

	measure(host, 5);
	propose(host, "net.core.somaxconn", "4096");
	propose(host, "vm.swappiness", "10");
	review(host->rulebook, host->snapshot, &host->proposal, &(struct review_options){ 0 }, &host->findings);
	assert_int_equal(review_requests(&host->findings, &arena, &requests), 1);
	assert_string_equal(requests[0].key, "net.core.somaxconn");
	assert_string_equal(requests[0].value, "4096");
}

static void a_list_with_fewer_numbers_writes_the_first_ones(void **state)
{
	struct host *host = *state;

	set(host, "kernel.printk", "7\t4\t1\t7");
	propose(host, "kernel.printk", "3");
	propose(host, "kernel.printk", "5 5");
	propose(host, "kernel.printk", "5 5 1 7 9");
	propose(host, "kernel.printk", "x");
	assert_verdicts(host, "overridden: 60-x.conf:3 of the same proposal comes later and sets 5 5 1 7\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n"
			      "invalid: 'x' is no value of it (raw, as its file has it, without a unit)\n");
	assert_string_equal(host->findings.items[0].values->wanted, "3, 4, 1, 7");
	assert_string_equal(host->findings.items[1].values->wanted, "5, 5, 1, 7");
	assert_string_equal(host->findings.items[2].values->wanted, "5, 5, 1, 7");
	assert_string_equal(host->findings.items[2].changes[0].to, "5 5 1 7");
}

static void what_the_registry_does_not_know_is_written_all_the_same(void **state)
{
	struct host *host = *state;

	set(host, "kernel.core_uses_pid", "0");
	propose(host, "kernel.core_uses_pid", "1");
	propose(host, "kernel.exec-shield", "1");
	propose(host, "net.netfilter.of_a_module", "1");
	assert_verdicts(host, "unsupported: nothing is known of this setting, so nothing that was measured can ask for it\n"
			      "invalid: this kernel does not have kernel.exec-shield\n"
			      "unsupported: nothing is known of this setting, so nothing that was measured can ask for it\n");
	assert_string_equal(host->findings.items[0].review->applied, "1");
	assert_string_equal(host->findings.items[0].values->running, "0");
	assert_null(host->findings.items[1].review->applied);
}

static void of_two_lines_of_sysctl_conf_the_later_one_counts_whoever_reads_it(void **state)
{
	struct host *host = *state;

	propose(host, "net.core.somaxconn", "1024")->file = "/etc/sysctl.conf";
	propose(host, "net.core.somaxconn", "2048")->file = "/etc/sysctl.conf";
	assert_verdicts(host, "overridden: 60-x.conf:2 of the same proposal comes later and sets 2048\n"
			      "unmeasured: what would argue for it was not measured (not known: netstat.TcpExt.ListenOverflows (not measured))\n");
}

static void what_kernels_know_by_another_name_is_taken_for_it(void **state)
{
	struct host *host = *state;
	subject_id disk = snapshot_subject(host->snapshot, SUBJECT_KIND_BLOCK, "sda", "");
	struct proposed *item = propose(host, "scheduler", "deadline");

	snapshot_set_string(host->snapshot, disk, "scheduler", "[none] mq-deadline", "/sys/block/sda/queue/scheduler");
	item->kind = SUBJECT_KIND_BLOCK;
	item->subject = "sd*";
	item->pattern = true;
	item->file = "";
	item = propose(host, "/sys/kernel/mm/redhat_transparent_hugepage/enabled", "never");
	item->file = "";
	assert_verdicts(host, "unsupported: no measurement that is known argues for this setting by itself\n"
			      "obsolete: only the kernels of RHEL 6 have it; everywhere else it is /sys/kernel/mm/transparent_hugepage\n");
	assert_string_equal(host->findings.items[0].review->applied, "mq-deadline");
}

static void a_pattern_of_keys_is_judged_for_each_queue(void **state)
{
	struct host *host = *state;
	subject_id interface = snapshot_subject(host->snapshot, SUBJECT_KIND_INTERFACE, "eth0", "");
	struct proposed *item = propose(host, "rx-*.rps_cpus", "f");

	snapshot_set_string(host->snapshot, interface, "rx-0.rps_cpus", "0", "");
	snapshot_set_string(host->snapshot, interface, "rx-1.rps_cpus", "f", "");
	snapshot_set_string(host->snapshot, interface, "tx-0.xps_cpus", "0", "");
	item->kind = SUBJECT_KIND_INTERFACE;
	item->subject = "eth*";
	item->pattern = true;
	item->file = "";
	assert_verdicts(host, "unsupported: nothing is known of this setting, so nothing that was measured can ask for it\n"
			      "no-effect: it is so already\n");
	assert_string_equal(host->findings.items[0].values->key, "rx-0.rps_cpus");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void a_line_that_only_raises_leaves_what_is_higher(void **state)
{
	struct host *host = *state;

	propose(host, "vm.swappiness", "30")->bound = BOUND_RAISES;
	propose(host, "vm.dirty_ratio", "40")->bound = BOUND_RAISES;
	propose(host, "net.core.somaxconn", "512")->bound = BOUND_LOWERS;
	assert_verdicts(host, "no-effect: the line only raises it, and it is 60 already\n"
			      "unsupported: no measurement that is known argues for this setting by itself\n"
			      "no-effect: the line only lowers it, and it is 128 already\n");
	assert_string_equal(host->findings.items[0].review->applied, "60");
	assert_int_equal(host->findings.items[0].n_changes, 0);
	assert_string_equal(host->findings.items[1].review->applied, "40 %");
}

static subject_id disk(struct host *host, const char *name, const char *rotational)
{
	subject_id subject = snapshot_subject(host->snapshot, SUBJECT_KIND_BLOCK, name, "");

	snapshot_set_string(host->snapshot, subject, "scheduler", "[none] mq-deadline bfq", "/sys");
	if (rotational)
		snapshot_set_string(host->snapshot, subject, "rotational", rotational, "/sys");
	return subject;
}

static void a_line_is_only_for_devices_that_are_as_it_asks(void **state)
{
	struct host *host = *state;
	struct proposed *item;

	disk(host, "sda", "1");
	disk(host, "sdb", "0");
	disk(host, "sdc", NULL);
	item = propose(host, "scheduler", "bfq");
	item->kind = SUBJECT_KIND_BLOCK;
	item->subject = "sd*";
	item->pattern = true;
	item->where = "rotational==1\nname!=sdd";
	item = propose(host, "scheduler", "mq-deadline");
	item->kind = SUBJECT_KIND_BLOCK;
	item->subject = "sda";
	item->where = "rotational==0|2";
	review(host->rulebook, host->snapshot, &host->proposal, &(struct review_options){ 0 }, &host->findings);
	assert_int_equal(host->findings.count, 3);
	assert_string_equal(host->findings.items[0].subject_name, "block sda");
	assert_string_equal(host->findings.items[0].values->boot, "bfq");
	assert_string_equal(host->findings.items[1].subject_name, "block sdc");
	assert_string_equal(host->findings.items[1].review->remarks[0],
			    "it depends on what was not captured: rotational==1, name!=sdd");
	assert_int_equal(host->findings.items[2].review->verdict, REVIEW_NO_EFFECT);
	assert_string_equal(host->findings.items[2].reason, "there is no block sda here that is as the line asks: rotational==0|2");
}

static void a_line_whose_condition_is_open_decides_for_no_other(void **state)
{
	struct host *host = *state;

	propose(host, "vm.swappiness", "10");
	propose(host, "vm.swappiness", "90")->condition = "if it rains";
	review(host->rulebook, host->snapshot, &host->proposal, &(struct review_options){ 0 }, &host->findings);
	assert_string_equal(host->findings.items[0].values->boot, "10");
	assert_string_equal(host->findings.items[1].values->boot, "90");
}

static void of_the_places_of_a_setting_the_one_that_is_there_is_judged(void **state)
{
	struct host *host = *state;

	set(host, "vm.dirty_bytes", "4096");
	propose(host, "kernel.gone", "5")->otherwise = "kernel.gone_too vm.dirty_bytes vm.dirty_ratio";
	propose(host, "vm.swappiness", "5")->otherwise = "vm.dirty_ratio";
	review(host->rulebook, host->snapshot, &host->proposal, &(struct review_options){ 0 }, &host->findings);
	assert_string_equal(host->findings.items[0].values->key, "vm.dirty_bytes");
	assert_string_equal(host->findings.items[1].values->key, "vm.swappiness");
}

/* It stands after 60-x.conf, and before zz.conf, where it is read at all. */
static void who_has_the_last_word_is_open_where_sysctl_conf_may_be_read(void **state)
{
	struct host *host = *state;

	propose(host, "vm.swappiness", "10");
	propose(host, "vm.swappiness", "20")->file = "/etc/sysctl.conf";
	propose(host, "vm.dirty_ratio", "10");
	propose(host, "vm.dirty_ratio", "10")->file = "/etc/sysctl.conf";
	propose(host, "net.core.somaxconn", "512")->file = "/etc/sysctl.conf";
	propose(host, "net.core.somaxconn", "1024")->file = "/etc/sysctl.d/zz.conf";
	review(host->rulebook, host->snapshot, &host->proposal, &(struct review_options){ 0 }, &host->findings);
	assert_null(host->findings.items[0].values->boot);
	assert_null(host->findings.items[1].values->boot);
	assert_string_equal(host->findings.items[2].values->boot, "10 %");
	assert_string_equal(host->findings.items[5].values->boot, "1,024");
}

static void what_is_refused_is_not_told_as_done(void **state)
{
	struct host *host = *state;

	propose(host, "vm.swappiness", "199");
	assert_verdicts(host, "invalid: Not 199\n");
	assert_string_equal(host->findings.items[0].review->applied, "60");
	assert_int_equal(host->findings.items[0].n_changes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_measured_argues_for_it),
		TEST(less_than_is_asked_for_is_supported_and_said),
		TEST(the_other_way_is_contradicted),
		TEST(what_makes_a_problem_of_what_was_measured_is_contradicted),
		TEST(nothing_measured_asks_for_it),
		TEST(without_a_measurement_it_takes_one),
		TEST(what_is_so_already_or_does_nothing_here_has_no_effect),
		TEST(the_twin_of_what_is_in_force_is_not_inert),
		TEST(of_two_twins_the_later_line_counts),
		TEST(what_only_the_kernels_of_rhel_6_have_is_obsolete),
		TEST(a_twin_that_is_set_to_nothing_takes_nothing_away),
		TEST(what_the_kernel_does_not_take_is_invalid),
		TEST(what_went_is_obsolete_and_what_breaks_is_dangerous),
		TEST(a_key_of_a_module_needs_it_first),
		TEST(of_two_lines_the_later_one_counts),
		cmocka_unit_test(sysctl_conf_counts_at_boot_only_where_it_is_read),
		TEST(a_file_of_the_host_whose_name_sorts_later_has_the_last_word),
		cmocka_unit_test(a_file_that_is_replaced_or_sorts_earlier_has_not),
		TEST(a_line_that_stands_is_not_judged_and_may_have_the_last_word),
		TEST(a_line_that_is_taken_away_leaves_another_one_or_the_default),
		TEST(a_pattern_is_judged_for_each_that_it_matches),
		TEST(what_is_not_understood_is_told_and_counts_against_the_coverage),
		TEST(only_what_is_supported_is_asked_of_a_plan),
		TEST(a_list_with_fewer_numbers_writes_the_first_ones),
		TEST(what_kernels_know_by_another_name_is_taken_for_it),
		TEST(a_pattern_of_keys_is_judged_for_each_queue),
		TEST(what_the_registry_does_not_know_is_written_all_the_same),
		TEST(of_two_lines_of_sysctl_conf_the_later_one_counts_whoever_reads_it),
		TEST(a_line_that_only_raises_leaves_what_is_higher),
		TEST(a_line_is_only_for_devices_that_are_as_it_asks),
		TEST(a_line_whose_condition_is_open_decides_for_no_other),
		TEST(of_the_places_of_a_setting_the_one_that_is_there_is_judged),
		TEST(what_is_refused_is_not_told_as_done),
		TEST(who_has_the_last_word_is_open_where_sysctl_conf_may_be_read),
	};

	return RUN_TESTS(tests);
}
