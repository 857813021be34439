/* SPDX-License-Identifier: Apache-2.0 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../advisor/action.h"
#include "../../core/root.h"

static const char yaml[] =
	"vm.swappiness: {kind: sysctl, type: integer, range: 0..200, scope: global, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"vm.dirty_ratio: {kind: sysctl, type: integer, unit: percent, range: 0..100, scope: global, takes_effect: live,\n"
	"  reversible: yes, coupled: [vm.dirty_bytes], summary: s, references: [r]}\n"
	"vm.dirty_bytes: {kind: sysctl, type: integer, unit: B, range: '0..', scope: global, takes_effect: live,\n"
	"  reversible: yes, coupled: [vm.dirty_ratio], summary: s, references: [r]}\n"
	"vm.min_free_kbytes: {kind: sysctl, type: integer, unit: KiB, range: '0..', scope: global, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r]}\n"
	"vm.overcommit_ratio: {kind: sysctl, type: integer, unit: percent, range: '0..', scope: global,\n"
	"  takes_effect: live, reversible: yes, coupled: [vm.overcommit_kbytes], summary: s, references: [r]}\n"
	"vm.overcommit_kbytes: {kind: sysctl, type: integer, unit: KiB, range: '0..', scope: global,\n"
	"  takes_effect: live, reversible: yes, coupled: [vm.overcommit_ratio], summary: s, references: [r]}\n"
	"kernel.kexec_load_disabled: {kind: sysctl, type: bool, scope: global, takes_effect: live,\n"
	"  reversible: reboot-to-undo, summary: s, references: [r]}\n"
	"limits.system.DefaultLimitNOFILESoft: {kind: systemd-unit, type: integer, range: '0..', scope: process,\n"
	"  takes_effect: restart, reversible: yes, summary: s, references: [r]}\n"
	"limits.conf.*.soft.nofile: {kind: resource-limit, type: integer, range: '0..', scope: process,\n"
	"  takes_effect: restart, reversible: yes, summary: s, references: [r]}\n"
	"vm.nr_hugepages: {kind: huge-pages, type: integer, range: '0..', scope: global, takes_effect: live,\n"
	"  reversible: yes, reads_back: what could be had, summary: s, references: [r]}\n"
	"net.core.rps_sock_flow_entries: {kind: sysctl, type: integer, range: '0..', scope: global, takes_effect: live,\n"
	"  reversible: yes, reads_back: power-of-2, summary: s, references: [r]}\n"
	"net.ipv4.tcp_rmem: {kind: sysctl, type: list, unit: B, fields: [min, default, max], scope: net-namespace,\n"
	"  takes_effect: new-objects, reversible: yes, reads_back: tabs, summary: s, references: [r]}\n"
	"net.ipv4.tcp_congestion_control: {kind: sysctl, type: text, scope: net-namespace, takes_effect: new-objects,\n"
	"  reversible: yes, summary: s, references: [r],\n"
	"  coupled: [net.ipv4.tcp_congestion_control, net.ipv4.tcp_allowed_congestion_control]}\n"
	"net.ipv4.tcp_allowed_congestion_control: {kind: sysctl, type: words, scope: net-namespace,\n"
	"  takes_effect: new-objects, reversible: yes, summary: s, references: [r]}\n"
	"net.ipv4.conf.*.rp_filter: {kind: sysctl, type: integer, range: 0..2, scope: net-namespace, takes_effect: live,\n"
	"  reversible: yes, coupled: [net.ipv4.conf.*.log_martians], summary: s, references: [r]}\n"
	"net.ipv4.conf.*.log_martians: {kind: sysctl, type: bool, scope: net-namespace, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r]}\n"
	"net.ipv4.ip_forward: {kind: sysctl, type: bool, scope: net-namespace, takes_effect: live, reversible: yes,\n"
	"  coupled: [net.ipv4.conf.all.log_martians], summary: s, references: [r]}\n"
	"net.netfilter.nf_conntrack_max: {kind: sysctl, type: integer, range: '0..', scope: global, takes_effect: live,\n"
	"  reversible: yes, module: nf_conntrack, summary: s, references: [r]}\n"
	"thp.enabled: {kind: thp, type: enum, values: [always, madvise, never], scope: global, takes_effect: live,\n"
	"  reversible: yes, reads_back: bracketed, coupled: [vm.min_free_kbytes], summary: s, references: [r],\n"
	"  path: /sys/kernel/mm/transparent_hugepage/enabled}\n"
	"module.nvme.poll_queues: {kind: module-parameter, type: integer, range: '0..', scope: global,\n"
	"  takes_effect: module-load, reversible: yes, summary: s, references: [r],\n"
	"  path: /sys/module/nvme/parameters/poll_queues}\n"
	"module.kvm.halt_poll: {kind: module-parameter, type: bool, scope: global, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r], path: /sys/module/kvm/parameters/halt_poll}\n"
	"module.virtio_net.napi_tx: {kind: module-parameter, type: bool, scope: global, takes_effect: new-objects,\n"
	"  reversible: yes, summary: s, references: [r], path: /sys/module/virtio_net/parameters/napi_tx}\n"
	"cmdline.mitigations: {kind: kernel-command-line, type: text, scope: global, takes_effect: reboot,\n"
	"  reversible: yes, summary: s, references: [r]}\n"
	"block.scheduler: {kind: block-queue, type: enum, scope: device, takes_effect: live, reversible: yes,\n"
	"  reads_back: bracketed, summary: s, references: [r]}\n"
	"block.read_ahead_kb: {kind: block-queue, type: integer, unit: KiB, range: '0..', scope: device,\n"
	"  takes_effect: live, reversible: yes, reads_back: page-multiple, summary: s, references: [r]}\n"
	"cpu.scaling_governor: {kind: cpu-frequency, type: text, scope: device, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"mount.options.noatime: {kind: mount-option, type: bool, scope: mount, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"mount.options.nobarrier: {kind: mount-option, type: bool, scope: mount, takes_effect: remount, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"mount.options.commit: {kind: mount-option, type: integer, range: '0..', unit: s, scope: mount,\n"
	"  takes_effect: live, reversible: yes, summary: s, references: [r]}\n"
	"interface.mtu: {kind: network-interface, type: integer, range: '68..', scope: device, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r]}\n"
	"interface.ring.rx: {kind: network-interface, type: integer, range: '1..', scope: device, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r]}\n"
	"interface.qdisc: {kind: network-interface, type: text, scope: device, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"interface.rps_cpus: {kind: network-interface, type: hex, scope: device, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"cgroup.cpu.max: {kind: cgroup, type: text, scope: cgroup, takes_effect: live, reversible: yes, summary: s,\n"
	"  references: [r]}\n"
	"cgroup.io.max: {kind: cgroup, type: text, scope: cgroup, takes_effect: live, reversible: yes, summary: s,\n"
	"  references: [r]}\n"
	"cgroup.io.weight: {kind: cgroup, type: text, scope: cgroup, takes_effect: live, reversible: yes, summary: s,\n"
	"  references: [r]}\n"
	"cgroup.blkio.throttle.read_bps_device: {kind: cgroup, type: text, scope: cgroup, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r]}\n"
	"cgroup.memory.oom_control: {kind: cgroup, type: text, scope: cgroup, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"cgroup.memory.high: {kind: cgroup, type: text, scope: cgroup, takes_effect: live, reversible: yes, summary: s,\n"
	"  reads_back: page-multiple, references: [r]}\n"
	"unit.LimitNOFILE: {kind: systemd-unit, type: text, scope: process, takes_effect: restart, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"unit.LimitNOFILESoft: {kind: systemd-unit, type: text, scope: process, takes_effect: restart, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"unit.CPUQuotaPerSecUSec: {kind: systemd-unit, type: text, scope: cgroup, takes_effect: live, reversible: yes,\n"
	"  summary: s, reads_back: as time, references: [r]}\n"
	"interface.coalesce.rx_usecs: {kind: network-interface, type: integer, range: '0..', unit: us, scope: device,\n"
	"  takes_effect: live, reversible: yes, summary: s, references: [r]}\n"
	"interface.features.gro: {kind: network-interface, type: bool, scope: device, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [r]}\n"
	"process.limit.nofile: {kind: resource-limit, type: words, scope: process, takes_effect: live, reversible: yes,\n"
	"  summary: s, references: [r]}\n"
	"container.requests.cpu: {kind: container-resource, type: text, scope: cgroup, takes_effect: restart,\n"
	"  reversible: yes, summary: s, references: [r]}\n";

struct fixture {
	struct arena arena;
	struct registry *registry;
	struct snapshot *snapshot;
	struct change change;
};

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	struct diag diag = DIAG_INIT;
	const struct node *documents;

	fixture->registry = registry_new();
	fixture->snapshot = snapshot_new();
	if (node_parse(&fixture->arena, "t.yaml", yaml, strlen(yaml), &diag, &documents) < 0 ||
	    registry_load(fixture->registry, ENTRY_TUNABLE, documents, &diag) < 0 ||
	    registry_check(fixture->registry, &diag) < 0) {
		for (size_t i = 0; i < diag.count; i++)
			print_error("%u:%u: %s\n", diag.entries[i].place.line, diag.entries[i].place.column,
				    diag.entries[i].message);
		return -1;
	}
	diag_release(&diag);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	registry_free(fixture->registry);
	snapshot_free(fixture->snapshot);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

static void host_set(struct fixture *fixture, const char *key, const char *value)
{
	snapshot_set_string(fixture->snapshot, SUBJECT_HOST, key, value, NULL);
}

static void change_it(struct fixture *fixture, const char *id, subject_id subject, const char *key, const char *from,
		      const char *to)
{
	fixture->change = (struct change){
		.tunable = registry_find(fixture->registry, id),
		.subject = subject,
		.key = key,
		.from = from,
		.to = to,
	};
	assert_non_null(fixture->change.tunable);
	action_commands(fixture->snapshot, fixture->registry, &fixture->change, &fixture->arena);
}

/* A host setting: captured as from, then changed. */
static void change_host(struct fixture *fixture, const char *key, const char *from, const char *to)
{
	host_set(fixture, key, from);
	change_it(fixture, key, SUBJECT_HOST, key, from, to);
}

static subject_id subject(struct fixture *fixture, enum subject_kind kind, const char *name, const char *path,
			  const char *key, const char *value)
{
	subject_id id = snapshot_subject(fixture->snapshot, kind, name, path);

	snapshot_set_string(fixture->snapshot, id, key, value, NULL);
	return id;
}

/* Status of a shell that reads commands from text; with -n it only parses them. */
static int shell(const char *option, const char *text)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl("/bin/sh", "sh", option, text, (char *)NULL);
		_exit(126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* By standard input: longer than an argument may be. */
static void assert_parses_text(const char *text)
{
	FILE *pipe = popen("sh -n", "we");

	assert_non_null(pipe);
	fputs(text, pipe);
	assert_int_equal(pclose(pipe), 0);
}

static void assert_parses(const char *commands)
{
	if (commands)
		assert_int_equal(shell("-nc", commands), 0);
}

static void assert_all_parse(const struct change *change)
{
	assert_parses(change->apply);
	assert_parses(change->rollback);
	assert_parses(change->verify);
	assert_parses(change->persist);
	assert_parses(change->unpersist);
}

static void a_sysctl_is_written_undone_checked_and_kept(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;

	change_host(fixture, "vm.swappiness", "60", "10");
	assert_string_equal(change->apply, "sysctl -w vm.swappiness=10");
	assert_string_equal(change->rollback, "sysctl -w vm.swappiness=60");
	assert_string_equal(change->verify, "v=$(sysctl -n vm.swappiness); echo \"$v\"; [ \"$v\" = 10 ]");
	assert_string_equal(change->persist,
			    "echo 'vm.swappiness = 10' > /etc/sysctl.d/90-keisoku-vm.swappiness.conf");
	assert_string_equal(change->unpersist, "rm -f /etc/sysctl.d/90-keisoku-vm.swappiness.conf");
	assert_non_null(strstr(change->persist_note, "sorts after 90-keisoku wins"));
	assert_all_parse(change);
}

static void a_vector_is_one_quoted_word_and_compared_without_tabs(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;

	change_host(fixture, "net.ipv4.tcp_rmem", "4096\t131072\t6291456", "4096 131072 16777216");
	assert_string_equal(change->apply, "sysctl -w 'net.ipv4.tcp_rmem=4096 131072 16777216'");
	assert_string_equal(change->rollback, "sysctl -w 'net.ipv4.tcp_rmem=4096 131072 6291456'");
	assert_string_equal(change->verify, "v=$(sysctl -n net.ipv4.tcp_rmem | tr '\\t' ' '); echo \"$v\"; "
					    "[ \"$v\" = '4096 131072 16777216' ]");
	assert_all_parse(change);
}

/* The dirty limits and the commit limit each have two names, of which one is in force. */
static void rolling_back_writes_the_twin_that_was_in_force(void **state)
{
	static const struct {
		const char *key, *ratio, *amount, *twin_ratio, *twin_amount, *to, *rollback;
	} cases[] = {
		{ "vm.dirty_bytes", "vm.dirty_ratio", "vm.dirty_bytes", "20", "0", "67108864",
		  "sysctl -w vm.dirty_ratio=20" },
		{ "vm.dirty_ratio", "vm.dirty_ratio", "vm.dirty_bytes", "20", "0", "10",
		  "sysctl -w vm.dirty_ratio=20" },
		{ "vm.dirty_ratio", "vm.dirty_ratio", "vm.dirty_bytes", "0", "8192", "10",
		  "sysctl -w vm.dirty_bytes=8192" },
		/* Writing the ratio it already has would leave the amount in force. */
		{ "vm.dirty_bytes", "vm.dirty_ratio", "vm.dirty_bytes", "0", "0", "67108864",
		  "sysctl -w vm.dirty_ratio=1\nsysctl -w vm.dirty_ratio=0" },
		{ "vm.overcommit_kbytes", "vm.overcommit_ratio", "vm.overcommit_kbytes", "50", "0", "4096",
		  "sysctl -w vm.overcommit_ratio=50" },
		{ "vm.overcommit_ratio", "vm.overcommit_ratio", "vm.overcommit_kbytes", "0", "4096", "80",
		  "sysctl -w vm.overcommit_kbytes=4096" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		host_set(fixture, cases[i].ratio, cases[i].twin_ratio);
		host_set(fixture, cases[i].amount, cases[i].twin_amount);
		change_it(fixture, cases[i].key, SUBJECT_HOST, cases[i].key,
			  streq(cases[i].key, cases[i].ratio) ? cases[i].twin_ratio : cases[i].twin_amount,
			  cases[i].to);
		assert_string_equal(fixture->change.rollback, cases[i].rollback);
	}
}

static void a_twin_that_was_not_captured_is_said_and_not_guessed(void **state)
{
	struct fixture *fixture = *state;

	change_host(fixture, "vm.dirty_bytes", "0", "67108864");
	assert_string_equal(fixture->change.rollback, "# not restored, because it was not captured: vm.dirty_ratio");
}

static void a_coupled_group_is_restored_in_the_order_of_its_entry(void **state)
{
	struct fixture *fixture = *state;

	host_set(fixture, "net.ipv4.tcp_allowed_congestion_control", "reno cubic");
	change_host(fixture, "net.ipv4.tcp_congestion_control", "cubic", "bbr");
	assert_string_equal(fixture->change.rollback,
			    "sysctl -w net.ipv4.tcp_congestion_control=cubic\n"
			    "sysctl -w 'net.ipv4.tcp_allowed_congestion_control=reno cubic'");
}

static void a_coupled_key_of_another_kind_is_restored_in_its_own_way(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;

	host_set(fixture, "vm.min_free_kbytes", "67584");
	snapshot_set_string(fixture->snapshot, SUBJECT_HOST, "thp.enabled", "[always] madvise never",
			    "/sys/kernel/mm/transparent_hugepage/enabled");
	change_it(fixture, "thp.enabled", SUBJECT_HOST, "thp.enabled", "[always] madvise never", "madvise");
	assert_string_equal(change->apply, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
	assert_string_equal(change->rollback, "echo always > /sys/kernel/mm/transparent_hugepage/enabled\n"
					      "sysctl -w vm.min_free_kbytes=67584");
	assert_string_equal(change->verify, "cat /sys/kernel/mm/transparent_hugepage/enabled; grep -qF '[madvise]' "
					    "/sys/kernel/mm/transparent_hugepage/enabled");
	assert_string_equal(change->persist,
			    "echo 'w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise' > "
			    "/etc/tmpfiles.d/90-keisoku-sys-kernel-mm-transparent_hugepage-enabled.conf");
	assert_all_parse(change);
}

static void a_coupled_key_that_may_not_be_read_is_named(void **state)
{
	struct fixture *fixture = *state;

	snapshot_set_absent(fixture->snapshot, SUBJECT_HOST, "net.ipv4.tcp_allowed_congestion_control", -13, NULL);
	change_host(fixture, "net.ipv4.tcp_congestion_control", "cubic", "bbr");
	assert_string_equal(fixture->change.rollback,
			    "sysctl -w net.ipv4.tcp_congestion_control=cubic\n"
			    "# not restored, because it could not be read: net.ipv4.tcp_allowed_congestion_control");
}

static void a_pattern_keeps_its_interface_and_that_of_its_group(void **state)
{
	struct fixture *fixture = *state;

	host_set(fixture, "net.ipv4.conf.eth0/100.log_martians", "0");
	host_set(fixture, "net.ipv4.conf.eth0/100.rp_filter", "1");
	change_it(fixture, "net.ipv4.conf.*.rp_filter", SUBJECT_HOST, "net.ipv4.conf.eth0/100.rp_filter", "1", "2");
	assert_string_equal(fixture->change.apply, "sysctl -w net.ipv4.conf.eth0/100.rp_filter=2");
	assert_string_equal(fixture->change.rollback, "sysctl -w net.ipv4.conf.eth0/100.rp_filter=1\n"
						      "sysctl -w net.ipv4.conf.eth0/100.log_martians=0");
}

static void a_group_may_name_one_of_a_pattern(void **state)
{
	struct fixture *fixture = *state;

	host_set(fixture, "net.ipv4.ip_forward", "0");
	host_set(fixture, "net.ipv4.conf.all.log_martians", "1");
	change_host(fixture, "net.ipv4.ip_forward", "0", "1");
	assert_string_equal(fixture->change.rollback, "sysctl -w net.ipv4.ip_forward=0\n"
						      "sysctl -w net.ipv4.conf.all.log_martians=1");
}

static void what_the_kernel_rounds_is_compared_rounded(void **state)
{
	struct fixture *fixture = *state;
	subject_id sda = subject(fixture, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue", "read_ahead_kb", "128");

	change_host(fixture, "net.core.rps_sock_flow_entries", "0", "30000");
	assert_non_null(strstr(fixture->change.verify, "[ \"$v\" = 32768 ]"));

	change_it(fixture, "block.read_ahead_kb", sda, "sda read_ahead_kb", "128", "1001");
	assert_null(strstr(fixture->change.verify, "[ \"$v\""));	/* the page size is not known */
	host_set(fixture, "page_size", "4096");
	change_it(fixture, "block.read_ahead_kb", sda, "sda read_ahead_kb", "128", "1001");
	assert_non_null(strstr(fixture->change.verify, "[ \"$v\" = 1000 ]"));
}

static void huge_pages_are_read_back_because_the_write_never_fails(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;

	change_host(fixture, "vm.nr_hugepages", "0", "512");
	assert_string_equal(change->apply, "sysctl -w vm.nr_hugepages=512");
	assert_string_equal(change->verify, "v=$(sysctl -n vm.nr_hugepages); echo \"$v\"; [ \"$v\" = 512 ]");
	assert_non_null(strstr(change->persist_note, "hugepages="));
}

static void a_module_that_loads_later_is_noted(void **state)
{
	struct fixture *fixture = *state;

	change_host(fixture, "net.netfilter.nf_conntrack_max", "65536", "262144");
	assert_non_null(strstr(fixture->change.persist_note, "nf_conntrack"));
	assert_non_null(strstr(fixture->change.persist_note, "modules-load.d"));
}

static void a_scheduler_is_the_bracketed_word_and_kept_by_udev(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;
	subject_id sda = subject(fixture, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue", "scheduler",
				 "none [bfq] mq-deadline");

	change_it(fixture, "block.scheduler", sda, "sda scheduler", "none [bfq] mq-deadline", "mq-deadline");
	assert_string_equal(change->apply, "echo mq-deadline > /sys/block/sda/queue/scheduler");
	assert_string_equal(change->rollback, "echo bfq > /sys/block/sda/queue/scheduler");
	assert_non_null(strstr(change->persist, "'ACTION==\"add|change\", SUBSYSTEM==\"block\", KERNEL==\"sda\", "
						"ATTR{queue/scheduler}=\"mq-deadline\"' > "
						"/etc/udev/rules.d/90-keisoku-sda-queue-scheduler.rules"));
	assert_non_null(strstr(change->unpersist, "udevadm control --reload"));
	assert_all_parse(change);
}

static void a_module_parameter_goes_to_modprobe(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;

	change_host(fixture, "module.nvme.poll_queues", "0", "2");
	assert_null(change->apply);
	assert_null(change->rollback);
	assert_non_null(strstr(change->persist, "'options nvme poll_queues=2' > /etc/modprobe.d/90-keisoku-nvme-poll_queues.conf"));
	assert_non_null(strstr(change->persist_note, "nvme.poll_queues=2"));

	change_host(fixture, "module.kvm.halt_poll", "Y", "0");
	assert_string_equal(change->apply, "echo 0 > /sys/module/kvm/parameters/halt_poll");
	assert_string_equal(change->rollback, "echo Y > /sys/module/kvm/parameters/halt_poll");
	assert_non_null(strstr(change->verify, "[ \"$v\" = N ]"));
	assert_non_null(strstr(change->persist, "/etc/tmpfiles.d/"));
	assert_all_parse(change);

	/* Devices that are there at boot are made before systemd-tmpfiles runs. */
	change_host(fixture, "module.virtio_net.napi_tx", "Y", "0");
	assert_string_equal(change->apply, "echo 0 > /sys/module/virtio_net/parameters/napi_tx");
	assert_non_null(strstr(change->persist, "'options virtio_net napi_tx=0' > /etc/modprobe.d/"));
	assert_all_parse(change);
}

static void the_kernel_command_line_is_only_described(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;

	change_host(fixture, "cmdline.mitigations", "auto", "auto,nosmt");
	assert_null(change->apply);
	assert_null(change->rollback);
	assert_null(change->persist);
	assert_non_null(strstr(change->persist_note, "mitigations=auto,nosmt"));
	assert_all_parse(change);
}

static void a_mount_option_is_remounted_and_its_opposite_known(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;
	subject_id data = subject(fixture, SUBJECT_KIND_MOUNT, "/srv/my data", "", "options.noatime", "0");

	snapshot_set_string(fixture->snapshot, data, "options.commit", "5", NULL);
	change_it(fixture, "mount.options.noatime", data, "/srv/my data options.noatime", "0", "1");
	assert_string_equal(change->apply, "mount -o remount,noatime '/srv/my data'");
	assert_string_equal(change->rollback, "mount -o remount,strictatime,diratime '/srv/my data'");
	assert_null(change->persist);
	assert_non_null(strstr(change->persist_note, "/etc/fstab"));
	change_it(fixture, "mount.options.commit", data, "/srv/my data options.commit", "5", "30");
	assert_string_equal(change->apply, "mount -o remount,commit=30 '/srv/my data'");
	assert_all_parse(change);
}

static void access_times_are_restored_in_one_word(void **state)
{
	struct fixture *fixture = *state;
	subject_id data = subject(fixture, SUBJECT_KIND_MOUNT, "/data", "", "options.noatime", "false");

	snapshot_set_string(fixture->snapshot, data, "options.relatime", "true", NULL);
	snapshot_set_string(fixture->snapshot, data, "options.nodiratime", "true", NULL);
	change_it(fixture, "mount.options.noatime", data, "/data options.noatime", "false", "true");
	assert_string_equal(fixture->change.rollback, "mount -o remount,atime,relatime,nodiratime /data");
}

static void an_option_that_is_off_is_verified_by_its_absence(void **state)
{
	struct fixture *fixture = *state;
	subject_id data = subject(fixture, SUBJECT_KIND_MOUNT, "/data", "", "options.nobarrier", "true");

	snapshot_set_string(fixture->snapshot, data, "options.noatime", "true", NULL);
	change_it(fixture, "mount.options.nobarrier", data, "/data options.nobarrier", "true", "0");
	assert_string_equal(fixture->change.apply, "mount -o remount,barrier /data");
	assert_non_null(strstr(fixture->change.verify, "! findmnt"));
	assert_non_null(strstr(fixture->change.verify, "-e nobarrier"));
	assert_all_parse(&fixture->change);
	change_it(fixture, "mount.options.noatime", data, "/data options.noatime", "true", "0");
	assert_null(strstr(fixture->change.verify, "! findmnt"));
	assert_non_null(strstr(fixture->change.verify, "-e relatime"));
}

static void what_cannot_be_undone_has_no_rollback_and_says_so(void **state)
{
	struct fixture *fixture = *state;

	change_host(fixture, "kernel.kexec_load_disabled", "0", "1");
	assert_string_equal(fixture->change.apply, "sysctl -w kernel.kexec_load_disabled=1");
	assert_null(fixture->change.rollback);
	assert_non_null(strstr(fixture->change.persist_note, "only a reboot undoes it"));
}

static void a_default_of_systemd_itself_is_kept_in_its_configuration(void **state)
{
	struct fixture *fixture = *state;

	host_set(fixture, "limits.system.DefaultLimitNOFILE", "524288");
	change_host(fixture, "limits.system.DefaultLimitNOFILESoft", "1024", "4096");
	assert_null(fixture->change.apply);
	assert_non_null(strstr(fixture->change.persist, "'[Manager]' DefaultLimitNOFILE=4096:524288 > "
							"/etc/systemd/system.conf.d/90-keisoku-DefaultLimitNOFILE.conf"));
	assert_all_parse(&fixture->change);
}

static void a_limit_of_sessions_is_a_line_of_limits_conf(void **state)
{
	struct fixture *fixture = *state;

	host_set(fixture, "limits.conf.@web/users.soft.nofile", "1024");
	change_it(fixture, "limits.conf.*.soft.nofile", SUBJECT_HOST, "limits.conf.@web/users.soft.nofile", "1024",
		  "4096");
	assert_null(fixture->change.apply);
	assert_string_equal(fixture->change.persist, "echo '@web.users soft nofile 4096' > "
						     "/etc/security/limits.d/90-keisoku-soft-nofile.conf");
}

static void an_interface_setting_has_its_own_program(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;
	subject_id eth0 = subject(fixture, SUBJECT_KIND_INTERFACE, "eth0", "/sys/class/net/eth0", "mtu", "1500");

	snapshot_set_string(fixture->snapshot, eth0, "ring.rx", "256", "ethtool");
	snapshot_set_string(fixture->snapshot, eth0, "qdisc", "fq_codel", "netlink");
	snapshot_set_string(fixture->snapshot, eth0, "rps_cpus", "0", "/sys/class/net/eth0/queues/rx-0/rps_cpus");

	change_it(fixture, "interface.mtu", eth0, "eth0 mtu", "1500", "9000");
	assert_string_equal(change->apply, "ip link set dev eth0 mtu 9000");
	assert_string_equal(change->rollback, "ip link set dev eth0 mtu 1500");
	assert_non_null(strstr(change->persist, "SUBSYSTEM==\"net\", KERNEL==\"eth0\", ATTR{mtu}=\"9000\""));

	change_it(fixture, "interface.ring.rx", eth0, "eth0 ring.rx", "256", "4096");
	assert_string_equal(change->apply, "ethtool -G eth0 rx 4096");
	assert_string_equal(change->verify, "ethtool -g eth0");
	assert_null(change->persist);
	assert_non_null(change->persist_note);

	change_it(fixture, "interface.coalesce.rx_usecs", eth0, "eth0 coalesce.rx_usecs", "3", "50");
	assert_string_equal(change->apply, "ethtool -C eth0 rx-usecs 50");
	change_it(fixture, "interface.features.gro", eth0, "eth0 features.gro", "0", "1");
	assert_string_equal(change->apply, "ethtool -K eth0 gro on");

	change_it(fixture, "interface.qdisc", eth0, "eth0 qdisc", "fq_codel", "fq");
	assert_string_equal(change->apply, "tc qdisc replace dev eth0 root fq");

	change_it(fixture, "interface.rps_cpus", eth0, "eth0 rps_cpus", "0", "f");
	assert_string_equal(change->apply, "echo f > /sys/class/net/eth0/queues/rx-0/rps_cpus");
	/* its name is given to it by udev, which says "move" then */
	assert_non_null(strstr(change->persist, "'ACTION==\"add|change|move\", SUBSYSTEM==\"net\", KERNEL==\"eth0\", "
						"ATTR{queues/rx-0/rps_cpus}=\"f\"'"));
	assert_all_parse(change);
}

static void the_cgroup_of_a_unit_is_written_through_systemd(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;
	subject_id web = subject(fixture, SUBJECT_KIND_CGROUP, "/system.slice/web.service",
				 "/sys/fs/cgroup/system.slice/web.service", "cpu.max", "50000 100000");

	snapshot_set_string(fixture->snapshot, web, "memory.high", "max", NULL);
	change_it(fixture, "cgroup.cpu.max", web, "/system.slice/web.service cpu.max", "50000 100000", "150000 100000");
	assert_string_equal(change->apply, "systemctl set-property --runtime web.service CPUQuota=150%");
	assert_string_equal(change->rollback, "systemctl set-property --runtime web.service CPUQuota=50%");
	assert_string_equal(change->persist, "systemctl set-property web.service CPUQuota=150%");
	assert_string_equal(change->unpersist, "rm -f /etc/systemd/system.control/web.service.d/50-CPUQuota.conf && "
					       "systemctl daemon-reload");

	change_it(fixture, "cgroup.cpu.max", web, "/system.slice/web.service cpu.max", "max 100000", "12340 100000");
	assert_string_equal(change->apply, "systemctl set-property --runtime web.service CPUQuota=12.34%");
	assert_string_equal(change->rollback, "systemctl set-property --runtime web.service CPUQuota=");

	change_it(fixture, "cgroup.memory.high", web, "/system.slice/web.service memory.high", "max", "1073741824");
	assert_string_equal(change->apply, "systemctl set-property --runtime web.service MemoryHigh=1073741824");
	assert_string_equal(change->rollback, "systemctl set-property --runtime web.service MemoryHigh=infinity");
	assert_all_parse(change);
}

static void any_other_cgroup_is_written_as_a_file(void **state)
{
	static const char *const names[] = { "/batch", "/kubepods.slice/kubepods-pod1.slice",
					     "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service" };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(strbuf_release) struct strbuf wanted = STRBUF_INIT, path = STRBUF_INIT;
		subject_id id;

		strbuf_addf(&path, "/sys/fs/cgroup%s", names[i]);
		strbuf_addf(&wanted, "echo '60000 100000' > %s/cpu.max", path.buf);
		id = subject(fixture, SUBJECT_KIND_CGROUP, names[i], path.buf, "cpu.max", "50000 100000");
		change_it(fixture, "cgroup.cpu.max", id, names[i], "50000 100000", "60000 100000");
		assert_string_equal(fixture->change.apply, wanted.buf);
		assert_null(fixture->change.persist);
		assert_non_null(fixture->change.persist_note);
	}
}

/* A write changes the line of one device, and an empty one none. */
static void a_cgroup_file_with_a_line_for_each_device_is_given_back_by_its_line(void **state)
{
	static const struct {
		const char *key, *from, *to, *back;
	} cases[] = {
		{ "io.max", "", "259:0 rbps=1048576", "259:0 rbps=max wbps=max riops=max wiops=max" },
		{ "io.max", "8:0 rbps=max wbps=9 riops=max wiops=max\n259:0 rbps=7 wbps=max riops=max wiops=max",
		  "259:0 wbps=1", "259:0 rbps=7 wbps=max riops=max wiops=max" },
		{ "io.max", "259:01 rbps=7 wbps=max riops=max wiops=max", "259:0 wbps=1",
		  "259:0 rbps=max wbps=max riops=max wiops=max" },
		{ "io.weight", "default 100", "default 200", "default 100" },
		{ "io.weight", "default 100\n8:0 50", "200", "default 100" },
		{ "io.weight", "default 100\n8:0 50", "259:0 200", "259:0 default" },
		{ "blkio.throttle.read_bps_device", "", "259:0 1048576", "259:0 0" },
		{ "blkio.throttle.read_bps_device", "259:0 5", "259:0 1048576", "259:0 5" },
		{ "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3", "1", "0" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *key = cases[i].key;
		CLEANUP(strbuf_release) struct strbuf wanted = STRBUF_INIT, name = STRBUF_INIT, id = STRBUF_INIT;
		subject_id batch;

		strbuf_addf(&name, "/batch %s", key);
		strbuf_addf(&id, "cgroup.%s", key);
		if (strchr(cases[i].back, ' '))
			strbuf_addf(&wanted, "echo '%s' > /sys/fs/cgroup/batch/%s", cases[i].back, key);
		else
			strbuf_addf(&wanted, "echo %s > /sys/fs/cgroup/batch/%s", cases[i].back, key);
		batch = subject(fixture, SUBJECT_KIND_CGROUP, "/batch", "/sys/fs/cgroup/batch", key, cases[i].from);
		change_it(fixture, id.buf, batch, name.buf, cases[i].from, cases[i].to);
		assert_string_equal(fixture->change.rollback, wanted.buf);
	}
}

/* systemd would replace the period by its own. */
static void a_quota_with_another_period_is_written_as_a_file(void **state)
{
	struct fixture *fixture = *state;
	subject_id web = subject(fixture, SUBJECT_KIND_CGROUP, "/web.service", "/sys/fs/cgroup/web.service", "cpu.max",
				 "5000 10000");

	change_it(fixture, "cgroup.cpu.max", web, "/web.service cpu.max", "5000 10000", "6000 10000");
	assert_string_equal(fixture->change.apply, "echo '6000 10000' > /sys/fs/cgroup/web.service/cpu.max");
}

static void the_half_of_a_limit_that_stays_is_written_with_the_other(void **state)
{
	static const struct {
		const char *key, *hard, *soft, *from, *to, *wanted;
	} cases[] = {
		{ "LimitNOFILESoft", "524288", "1024", "1024", "65536", "LimitNOFILE=65536:524288" },
		{ "LimitNOFILESoft", "4096", "1024", "1024", "65536", "LimitNOFILE=65536" },
		{ "LimitNOFILESoft", "infinity", "1024", "1024", "2048", "LimitNOFILE=2048:infinity" },
		{ "LimitNOFILE", "524288", "1024", "524288", "1048576", "LimitNOFILE=1024:1048576" },
		{ "LimitNOFILE", "524288", "1024", "524288", "512", "LimitNOFILE=512" },
		{ "LimitNOFILE", "524288", "1024", "524288", "18446744073709551615", "LimitNOFILE=1024:infinity" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_ptr) char *id = xasprintf("unit.%s", cases[i].key);
		CLEANUP(free_ptr) char *name = xasprintf("web.service %s", cases[i].key);
		subject_id web = subject(fixture, SUBJECT_KIND_UNIT, "web.service", "", "LimitNOFILE", cases[i].hard);

		snapshot_set_string(fixture->snapshot, web, "LimitNOFILESoft", cases[i].soft, NULL);
		change_it(fixture, id, web, name, cases[i].from, cases[i].to);
		assert_non_null(strstr(fixture->change.apply, cases[i].wanted));
		assert_non_null(strstr(fixture->change.apply, "/web.service.d/90-keisoku-LimitNOFILE.conf"));
		assert_null(strstr(fixture->change.apply, "Soft"));
	}
	change_it(fixture, "unit.LimitNOFILESoft", snapshot_find_subject(fixture->snapshot, SUBJECT_KIND_UNIT, "web.service"),
		  "web.service LimitNOFILESoft", "1024", "65536");
	assert_non_null(strstr(fixture->change.rollback, "LimitNOFILE=1024:524288"));
}

static void a_property_of_a_unit_becomes_a_drop_in(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;
	subject_id web = subject(fixture, SUBJECT_KIND_UNIT, "web.service", "", "LimitNOFILE", "1024");

	change_it(fixture, "unit.LimitNOFILE", web, "web.service LimitNOFILE", "1024", "65536");
	assert_string_equal(change->apply,
			    "mkdir -p /run/systemd/system/web.service.d && printf '%s\\n' '[Service]' LimitNOFILE=65536 > "
			    "/run/systemd/system/web.service.d/90-keisoku-LimitNOFILE.conf && systemctl daemon-reload");
	assert_string_equal(change->unpersist, "rm -f /etc/systemd/system/web.service.d/90-keisoku-LimitNOFILE.conf "
					       "&& systemctl daemon-reload");
	assert_string_equal(change->verify, "v=$(systemctl show --value -p LimitNOFILE -- web.service); echo \"$v\"; "
					    "[ \"$v\" = 65536 ]");
	assert_all_parse(change);
}

static void soft_and_hard_limit_of_a_unit_are_one_directive(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;
	subject_id web = subject(fixture, SUBJECT_KIND_UNIT, "web.service", "", "LimitNOFILE", "524288");

	snapshot_set_string(fixture->snapshot, web, "LimitNOFILESoft", "1024", NULL);
	change_it(fixture, "unit.LimitNOFILESoft", web, "web.service LimitNOFILESoft", "1024", "65536");
	assert_non_null(strstr(change->apply, "LimitNOFILE=65536:524288"));
	assert_non_null(strstr(change->rollback, "LimitNOFILE=1024:524288"));
	change_it(fixture, "unit.LimitNOFILE", web, "web.service LimitNOFILE", "524288", "1048576");
	assert_non_null(strstr(change->persist, "LimitNOFILE=1024:1048576"));
}

static void a_quota_in_microseconds_a_second_becomes_a_percentage(void **state)
{
	struct fixture *fixture = *state;
	subject_id web = subject(fixture, SUBJECT_KIND_UNIT, "web.service", "", "CPUQuotaPerSecUSec", "infinity");

	change_it(fixture, "unit.CPUQuotaPerSecUSec", web, "web.service CPUQuotaPerSecUSec", "infinity", "1500000");
	assert_string_equal(fixture->change.apply, "systemctl set-property --runtime web.service CPUQuota=150%");
	assert_string_equal(fixture->change.rollback, "systemctl set-property --runtime web.service CPUQuota=");
}

static void a_limit_of_a_process_is_set_by_its_number(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change = &fixture->change;
	subject_id web = subject(fixture, SUBJECT_KIND_PROCESS, "712 (nginx; reboot)", "/proc/712", "limit.nofile",
				 "1024 524288");

	snapshot_set_string(fixture->snapshot, web, "cgroup", "/system.slice/nginx.service", NULL);
	change_it(fixture, "process.limit.nofile", web, "712 (nginx; reboot) limit.nofile", "1024 524288",
		  "65536 524288");
	assert_string_equal(change->apply, "prlimit --pid 712 --nofile=65536:524288");
	assert_string_equal(change->rollback, "prlimit --pid 712 --nofile=1024:524288");
	assert_non_null(strstr(change->persist, "/etc/systemd/system/nginx.service.d/90-keisoku-LimitNOFILE.conf"));
	assert_all_parse(change);
}

static void a_container_is_changed_in_its_manifest(void **state)
{
	struct fixture *fixture = *state;
	subject_id app = subject(fixture, SUBJECT_KIND_CONTAINER, "web/app", "", "requests.cpu", "100m");

	change_it(fixture, "container.requests.cpu", app, "web/app requests.cpu", "100m", "250m");
	assert_null(fixture->change.apply);
	assert_null(fixture->change.persist);
	assert_non_null(strstr(fixture->change.persist_note, "manifest"));
}

static const char *const hostile[] = {
	"x'; reboot; '", "$(reboot)", "`reboot`", "a b", "-rf", "a\"b", "a\\b", "a\nb", "a\tb", "\033[31mred\033[0m",
	"\xff\xfe", "caf\xc3\xa9", "\xe2\x80\xaereversed", "a%sb", "*", "~", "#x", "!x", "&", "|", ">f", "a\\0101",
};

/* sh itself says what the word is. */
static void every_word_reaches_a_command_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT, shown = STRBUF_INIT;
		char output[64];
		size_t length;
		FILE *pipe;

		strbuf_add_string(&command, "printf '%s' ");
		action_word(&command, hostile[i]);
		assert_null(strchr(command.buf, '\n'));
		quote_terminal(&shown, command.buf, command.len);
		assert_string_equal(shown.buf, command.buf);	/* nothing in it that a terminal would not show */

		pipe = popen(command.buf, "re");
		assert_non_null(pipe);
		length = fread(output, 1, sizeof(output) - 1, pipe);
		output[length] = '\0';
		assert_int_equal(pclose(pipe), 0);
		assert_string_equal(output, hostile[i]);
	}
}

static void hostile_names_end_in_commands_that_parse_on_one_line(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, shown = STRBUF_INIT, key = STRBUF_INIT;
		subject_id id;

		strbuf_addf(&path, "/sys/block/%s/queue", hostile[i]);
		id = subject(fixture, SUBJECT_KIND_BLOCK, hostile[i], path.buf, "scheduler", "[none]");
		change_it(fixture, "block.scheduler", id, hostile[i], "[none]", "bfq");
		assert_all_parse(&fixture->change);
		assert_non_null(fixture->change.apply);
		assert_null(strchr(fixture->change.apply, '\n'));
		quote_terminal(&shown, fixture->change.apply, strlen(fixture->change.apply));
		assert_string_equal(shown.buf, fixture->change.apply);

		id = subject(fixture, SUBJECT_KIND_CGROUP, hostile[i], path.buf, "memory.high", "max");
		change_it(fixture, "cgroup.memory.high", id, hostile[i], "max", hostile[i]);
		assert_all_parse(&fixture->change);
		id = subject(fixture, SUBJECT_KIND_INTERFACE, hostile[i], path.buf, "ring.rx", "256");
		change_it(fixture, "interface.ring.rx", id, hostile[i], "256", hostile[i]);
		assert_all_parse(&fixture->change);
		id = subject(fixture, SUBJECT_KIND_MOUNT, hostile[i], "", "options.noatime", "0");
		change_it(fixture, "mount.options.noatime", id, hostile[i], "0", "1");
		assert_all_parse(&fixture->change);
		id = subject(fixture, SUBJECT_KIND_UNIT, hostile[i], "", "LimitNOFILE", "1");
		change_it(fixture, "unit.LimitNOFILE", id, hostile[i], "1", hostile[i]);
		assert_all_parse(&fixture->change);
		assert_null(fixture->change.persist);

		strbuf_addf(&key, "net.ipv4.conf.%s.rp_filter", hostile[i]);
		host_set(fixture, key.buf, "0");
		change_it(fixture, "net.ipv4.conf.*.rp_filter", SUBJECT_HOST, key.buf, "0", "1");
		assert_all_parse(&fixture->change);
	}
}

static void a_name_that_no_command_can_keep_gets_none(void **state)
{
	struct fixture *fixture = *state;
	subject_id id = subject(fixture, SUBJECT_KIND_MOUNT, "/mnt/\n", "", "options.noatime", "0");

	change_it(fixture, "mount.options.noatime", id, "x", "0", "1");
	assert_null(fixture->change.apply);
	assert_null(fixture->change.rollback);
	assert_null(fixture->change.persist);
	assert_non_null(fixture->change.persist_note);
}

/* Written twice it is there once, and it comes out again without a trace. */
static void a_persistent_line_is_idempotent_and_removable(void **state)
{
	char directory[] = "/tmp/keisoku-action-XXXXXX";
	CLEANUP(strbuf_release) struct strbuf script = STRBUF_INIT;
	struct arena arena = ARENA_INIT;
	struct lasting lasting = {
		.persist = STRBUF_INIT, .unpersist = STRBUF_INIT, .note = STRBUF_INIT, .arena = &arena,
	};

	(void)state;
	assert_non_null(mkdtemp(directory));
	action_line(&lasting, directory, "net.ipv4.conf.eth0/100.rp_filter", "conf", "a = `b` $(c) #");
	strbuf_addf(&script, "set -e; %s%s[ \"$(cat %s/90-keisoku-net.ipv4.conf.eth0-100.rp_filter.conf)\" = "
			     "'a = `b` $(c) #' ]\n%srmdir %s\n",
		    lasting.persist.buf, lasting.persist.buf, directory, lasting.unpersist.buf, directory);
	assert_int_equal(shell("-c", script.buf), 0);
	strbuf_release(&lasting.persist);
	strbuf_release(&lasting.unpersist);
	strbuf_release(&lasting.note);
	arena_release(&arena);
}

/* A key with "x" for each "*". */
static const char *filled(struct arena *arena, const char *pattern)
{
	char *text = arena_strdup(arena, pattern);

	for (char *c = text; *c; c++)
		if (*c == '*')
			*c = 'x';
	return text;
}

static void load_file(struct fixture *fixture, const char *path, struct registry *registry)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;
	char *directory = get_current_dir_name();

	assert_int_equal(root_open(directory, &root), 0);
	free(directory);
	assert_true(root_read(root, path, &text) >= 0);
	assert_int_equal(node_parse(&fixture->arena, path, text.buf, text.len, &diag, &documents), 0);
	assert_int_equal(registry_load(registry, ENTRY_TUNABLE, documents, &diag), 0);
}

/* Every tunable there is can be changed, or it is said why not; and what is written can be undone. */
static void every_tunable_has_its_commands_or_a_reason(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(registry_free_ptr) struct registry *registry = registry_new();
	CLEANUP(strbuf_release) struct strbuf script = STRBUF_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	glob_t files;

	assert_int_equal(glob("rules/tunables/*.yaml", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		load_file(fixture, files.gl_pathv[i], registry);
	globfree(&files);
	(void)registry_check(registry, &diag);
	for (size_t i = 0; i < registry_total(registry); i++) {
		const struct entry *entry = registry_at(registry, i);
		const char *key = filled(&fixture->arena, entry->key);
		subject_id id = SUBJECT_HOST;
		struct change change = { .tunable = entry, .key = key, .from = "1", .to = "2" };

		if (entry->about != SUBJECT_KIND_HOST)
			id = snapshot_subject(fixture->snapshot, entry->about,
					      entry->about == SUBJECT_KIND_UNIT	   ? "x.service" :
					      entry->about == SUBJECT_KIND_PROCESS ? "1 (x)" :
										     "x",
					      "/sys/x");
		change.subject = id;
		snapshot_set_string(fixture->snapshot, id, key, "1", NULL);
		action_commands(fixture->snapshot, registry, &change, &fixture->arena);
		if (!change.apply && !change.persist_note)
			fail_msg("%s: no commands and no reason", entry->id);
		if (change.apply && entry->reversible == REVERSIBLE_YES && !change.rollback)
			fail_msg("%s: no way back", entry->id);
		if (!!change.persist != !!change.unpersist)
			fail_msg("%s: kept, but not taken back", entry->id);
		if (!change.persist && !change.persist_note)
			fail_msg("%s: not kept, and no reason", entry->id);
		strbuf_addf(&script, "%s\n%s\n%s\n%s\n%s\n", change.apply ? change.apply : "",
			    change.rollback ? change.rollback : "", change.verify ? change.verify : "",
			    change.persist ? change.persist : "", change.unpersist ? change.unpersist : "");
	}
	assert_true(registry_total(registry) > 400);
	assert_parses_text(script.buf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sysctl_is_written_undone_checked_and_kept),
		TEST(a_vector_is_one_quoted_word_and_compared_without_tabs),
		TEST(rolling_back_writes_the_twin_that_was_in_force),
		TEST(a_twin_that_was_not_captured_is_said_and_not_guessed),
		TEST(a_coupled_group_is_restored_in_the_order_of_its_entry),
		TEST(a_coupled_key_of_another_kind_is_restored_in_its_own_way),
		TEST(a_coupled_key_that_may_not_be_read_is_named),
		TEST(a_pattern_keeps_its_interface_and_that_of_its_group),
		TEST(a_group_may_name_one_of_a_pattern),
		TEST(what_the_kernel_rounds_is_compared_rounded),
		TEST(huge_pages_are_read_back_because_the_write_never_fails),
		TEST(a_module_that_loads_later_is_noted),
		TEST(a_scheduler_is_the_bracketed_word_and_kept_by_udev),
		TEST(a_module_parameter_goes_to_modprobe),
		TEST(the_kernel_command_line_is_only_described),
		TEST(a_mount_option_is_remounted_and_its_opposite_known),
		TEST(an_option_that_is_off_is_verified_by_its_absence),
		TEST(access_times_are_restored_in_one_word),
		TEST(what_cannot_be_undone_has_no_rollback_and_says_so),
		TEST(a_default_of_systemd_itself_is_kept_in_its_configuration),
		TEST(a_limit_of_sessions_is_a_line_of_limits_conf),
		TEST(an_interface_setting_has_its_own_program),
		TEST(the_cgroup_of_a_unit_is_written_through_systemd),
		TEST(any_other_cgroup_is_written_as_a_file),
		TEST(a_cgroup_file_with_a_line_for_each_device_is_given_back_by_its_line),
		TEST(a_quota_with_another_period_is_written_as_a_file),
		TEST(the_half_of_a_limit_that_stays_is_written_with_the_other),
		TEST(a_property_of_a_unit_becomes_a_drop_in),
		TEST(soft_and_hard_limit_of_a_unit_are_one_directive),
		TEST(a_quota_in_microseconds_a_second_becomes_a_percentage),
		TEST(a_limit_of_a_process_is_set_by_its_number),
		TEST(a_container_is_changed_in_its_manifest),
		TEST(hostile_names_end_in_commands_that_parse_on_one_line),
		TEST(a_name_that_no_command_can_keep_gets_none),
		TEST(every_tunable_has_its_commands_or_a_reason),
		cmocka_unit_test(every_word_reaches_a_command_as_it_was),
		cmocka_unit_test(a_persistent_line_is_idempotent_and_removable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
