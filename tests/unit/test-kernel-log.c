/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "skip.h"

#include <dirent.h>
#include <sys/wait.h>

#include "../../core/node.h"
#include "../../core/registry.h"
#include "../../probes/log-text.h"

extern const struct sampler sampler_kernel_log;

/* ---- one message ---- */

static void records_of_kmsg_are_taken_apart(void **context)
{
	static const struct { const char *record; int result; unsigned int facility; uint64_t sequence; const char *text; }
	cases[] = {
		{ "6,339,5140900,-;NET: Registered protocol family 10\n SUBSYSTEM=net\n", 0, 0, 339,
		  "NET: Registered protocol family 10" },
		{ "4,1021,99,-,caller=T123;a;b\n", 0, 0, 1021, "a;b" },
		{ "30,5,1,-;systemd[1]: Started x\n", 0, 3, 5, "systemd[1]: Started x" },
		{ "6,1,1,c;tab\\x09and \\x5cbackslash\\x0anext\n", 0, 0, 1, "tab\tand \\backslash\nnext" },
		{ "6,1,1,-;not \\xZZ an escape \\x1", 0, 0, 1, "not \\xZZ an escape \\x1" },
		{ "6,18446744073709551615,1,-;\n", 0, 0, UINT64_MAX, "" },
		{ "6,18446744073709551616,1,-;x\n", -EBADMSG, 0, 0, NULL },
		{ "6,1,1,-\n;x\n", -EBADMSG, 0, 0, NULL },
		{ "6,1,;x\n", -EBADMSG, 0, 0, NULL },
		{ "", -EBADMSG, 0, 0, NULL },
		{ "garbage", -EBADMSG, 0, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_ptr) char *record = xstrdup(cases[i].record);
		struct kmsg_record found;

		assert_int_equal(kmsg_parse(record, strlen(record), &found), cases[i].result);
		if (cases[i].result < 0)
			continue;
		assert_int_equal(found.facility, cases[i].facility);
		assert_true(found.sequence == cases[i].sequence);
		assert_int_equal(found.length, strlen(cases[i].text));
		assert_memory_equal(found.text, cases[i].text, found.length);
	}
}

static void lines_are_stripped_to_what_the_kernel_said(void **context)
{
	static const struct { const char *line, *text; } cases[] = {
		{ "[    1.234567] usb 1-1: new device", "usb 1-1: new device" },
		{ "[123456.789012] x", "x" },
		{ "[    1.234567][  T123] x", "x" },
		{ "[    1.234567] [   C0] x", "[   C0] x" },
		{ "[Sun Nov 22 16:45:13 2026] x", "x" },
		{ "[Sun Nov  2 16:45:13 2026] x", "x" },
		{ "[    1.234567 <    0.000020>] x", "x" },
		{ "<6>[    1.234567] x", "x" },
		{ "kern  :warn  : [    1.234567] x", "x" },
		{ "user  :warn  : [    1.234567] x", NULL },
		{ "Nov 22 16:45:13 host kernel: [    1.234567] x", "x" },
		{ "Nov  2 16:45:13 host kernel: x", "x" },
		{ "2026-11-22T16:45:13.123456+00:00 host kernel: [    1.234567] x", "x" },
		{ "2026-11-22T16:45:13.123456+00:00 host sshd[12]: x", NULL },
		{ "Nov 22 16:45:13 host sshd[12]: the kernel: x", NULL },
		{ "Nov 22 16:45:13 host app: a kernel: Out of memory: Killed process 1 (x)", NULL },
		{ "no time at all", "no time at all" },
		{ "[drm] Initialized", "[drm] Initialized" },
		{ "[    1.0] [Hardware Error]: x", "[Hardware Error]: x" },
		{ "[    1.0] x \r\n", "x" },
		{ "[    1.0] ", NULL },
		{ "[]", "[]" },
		{ "[", "[" },
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text;
		size_t length;
		bool found = log_line_parse(cases[i].line, strlen(cases[i].line), &text, &length);

		assert_int_equal(found, cases[i].text != NULL);
		if (!found)
			continue;
		assert_int_equal(length, strlen(cases[i].text));
		assert_memory_equal(text, cases[i].text, length);
	}
}

/* ---- patterns of rules/log against what kernels say ---- */

struct knowledge {
	struct arena arena;
	struct registry *registry;
	struct log_pattern patterns[64];
	struct probe_options options;
};

static void read_knowledge(struct knowledge *knowledge)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	struct diag diag = DIAG_INIT;
	size_t n = 0;

	*knowledge = (struct knowledge){ .registry = registry_new() };
	CLEANUP(root_free_ptr) struct root *root = NULL;
	assert_int_equal(root_open(".", &root), 0);
	assert_int_equal(root_list(root, "/rules/log", &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
		const struct node *documents;

		strbuf_addf(&path, "/rules/log/%s", list.entries[i].name);
		assert_int_equal(root_read(root, path.buf, &text), 0);
		assert_int_equal(node_parse(&knowledge->arena, path.buf, text.buf, text.len, &diag, &documents), 0);
		assert_int_equal(registry_load(knowledge->registry, ENTRY_LOG, documents, &diag), 0);
	}
	assert_int_equal(diag.count, 0);
	for (size_t i = 0; i < registry_total(knowledge->registry); i++) {
		const struct entry *entry = registry_at(knowledge->registry, i);

		assert_true(n < ARRAY_SIZE(knowledge->patterns));
		knowledge->patterns[n++] = (struct log_pattern){ .key = entry->id, .pattern = entry->pattern };
	}
	knowledge->options = (struct probe_options){ .patterns = knowledge->patterns, .n_patterns = n };
}

static void release_knowledge(struct knowledge *knowledge)
{
	registry_free(knowledge->registry);
	arena_release(&knowledge->arena);
}

/* Lines as kernels from 3.10 to 6.18 wrote them, and near misses; key NULL: no pattern may match. */
/* clang-format off */
static const struct { const char *line, *key, *also; } lines[] = {
	{ "Out of memory: Killed process 1834 (stress) total-vm:2101256kB, anon-rss:1867528kB, file-rss:512kB, shmem-rss:0kB, UID:0 pgtables:3712kB oom_score_adj:0", "log.oom_kill", NULL },
	{ "Out of memory (oom_kill_allocating_task): Killed process 5 (a) total-vm:1kB", "log.oom_kill", NULL },
	{ "Out of memory: Kill process 1834 (stress) score 912 or sacrifice child", "log.oom_kill", NULL },
	{ "Memory cgroup out of memory: Killed process 4242 (java) total-vm:4101256kB, anon-rss:1023528kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:2312kB oom_score_adj:936", "log.oom_kill", "log.oom_kill_cgroup" },
	{ "Memory cgroup out of memory: Kill process 4242 (java) score 1936 or sacrifice child", "log.oom_kill", "log.oom_kill_cgroup" },
	{ "Killed process 1834 (stress) total-vm:2101256kB, anon-rss:1867528kB, file-rss:512kB", NULL, NULL },	/* the second line of older kernels */
	{ "stress invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0", NULL, NULL },
	{ "Out of memory and no killable processes...", NULL, NULL },
	{ "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=1,cpuset=/,mems_allowed=0-1,global_oom,task_memcg=/,task=stress,pid=1834,uid=0", "log.oom_kill_policy", NULL },
	{ "oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=db,mems_allowed=1,global_oom,task_memcg=/db,task=mysqld,pid=900,uid=27", "log.oom_kill_policy", NULL },
	{ "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,global_oom,task_memcg=/,task=stress,pid=1834,uid=0", NULL, NULL },
	{ "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=web,mems_allowed=0-1,oom_memcg=/web,task_memcg=/web,task=java,pid=77,uid=0", NULL, NULL },
	{ "oom_reaper: reaped process 1834 (stress), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB", NULL, NULL },
	{ "app: Out of memory: Killed process 1 (x)", NULL, NULL },
	{ "kworker/u8:1: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null),cpuset=/,mems_allowed=0", "log.page_allocation_failure", NULL },
	{ "swapper/0: page allocation failure. order:0, mode:0x20", "log.page_allocation_failure", "log.page_allocation_failure_atomic" },
	{ "swapper/2: page allocation failure: order:0, mode:0x2080020", "log.page_allocation_failure", "log.page_allocation_failure_atomic" },
	{ "swapper/2: page allocation failure: order:1, mode:0x104020", "log.page_allocation_failure", "log.page_allocation_failure_atomic" },
	{ "rsync: page allocation failure: order:0, mode:0x200da", "log.page_allocation_failure", NULL },	/* may wait */
	{ "rsync: page allocation failure: order:1, mode:0x4030", "log.page_allocation_failure", NULL },
	{ "swapper/0: page allocation failure: order:0, mode:0x24", "log.page_allocation_failure", NULL },	/* GFP_DMA32 */
	{ "swapper/0: page allocation failure: order:0, mode:0x21", "log.page_allocation_failure", NULL },
	{ "swapper/0: page allocation failure: order:4, mode:0x20", "log.page_allocation_failure", NULL },
	{ "kswapd0: page allocation failure: order:0, mode:0x20(__GFP_HIGH), nodemask=(null)", "log.page_allocation_failure", NULL },
	{ "ksoftirqd/3: page allocation failure: order:0, mode:0xa20(GFP_ATOMIC), nodemask=(null),cpuset=/,mems_allowed=0", "log.page_allocation_failure", "log.page_allocation_failure_atomic" },
	{ "swapper/1: page allocation failure: order:3, mode:0x40a20(GFP_ATOMIC|__GFP_COMP), nodemask=(null)", "log.page_allocation_failure", "log.page_allocation_failure_atomic" },
	{ "swapper/1: page allocation failure: order:4, mode:0x40a20(GFP_ATOMIC|__GFP_COMP), nodemask=(null)", "log.page_allocation_failure", NULL },
	{ "swapper/0: page allocation failure: order:0, mode:0xa21(GFP_ATOMIC|GFP_DMA), nodemask=(null)", "log.page_allocation_failure", NULL },
	{ "swapper/0: page allocation failure: order:0, mode:0xa24(GFP_ATOMIC|GFP_DMA32), nodemask=(null)", "log.page_allocation_failure", NULL },
	{ "page allocation failure happened", NULL, NULL },
	{ "__vm_enough_memory: pid: 2201, comm: postgres, bytes: 8589934592 not enough memory for the allocation", "log.overcommit_refused", NULL },
	{ "__vm_enough_memory: pid: 2201, comm: postgres, no enough memory for the allocation", "log.overcommit_refused", NULL },
	{ "pid: 2201, comm: postgres, not enough memory for the allocation", NULL, NULL },

	{ "TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies.  Check SNMP counters.", "log.syn_flooding", NULL },
	{ "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:8080. Sending cookies.", "log.syn_flooding", NULL },
	{ "TCP: request_sock_TCPv6: Possible SYN flooding on port [::]:443. Dropping request.", "log.syn_flooding", NULL },
	{ "TCP: Possible SYN flooding on port 80. Sending cookies.", "log.syn_flooding", NULL },
	{ "possible SYN flooding on port 80. Sending cookies.", "log.syn_flooding", NULL },
	{ "TCP: eth0: Driver has suspect GRO implementation, TCP performance may be compromised.", NULL, NULL },
	{ "nf_conntrack: nf_conntrack: table full, dropping packet", "log.conntrack_full", NULL },
	{ "nf_conntrack: table full, dropping packet.", "log.conntrack_full", NULL },
	{ "ip_conntrack: table full, dropping packet.", "log.conntrack_full", NULL },
	{ "nf_conntrack: nf_conntrack: table full in netns 4026532008, dropping packet", "log.conntrack_full", NULL },
	{ "nf_conntrack version 0.5.0 (65536 buckets, 262144 max)", NULL, NULL },
	{ "neighbour: arp_cache: neighbor table overflow!", "log.neighbour_overflow", NULL },
	{ "neighbour: ndisc_cache: neighbor table overflow!", "log.neighbour_overflow", NULL },
	{ "Neighbour table overflow.", "log.neighbour_overflow", NULL },
	{ "ipv4: Neighbour table overflow.", "log.neighbour_overflow", NULL },
	{ "Route cache is full: consider increasing sysctl net.ipv[4|6].route.max_size.", "log.route_cache_full", NULL },
	{ "Route cache is full: consider increasing sysctl net.ipv6.route.max_size.", "log.route_cache_full", NULL },
	{ "net_ratelimit: 22 callbacks suppressed", NULL, NULL },
	{ "TCP: out of memory -- consider tuning tcp_mem", "log.tcp_out_of_memory", NULL },
	{ "TCP: too many orphaned sockets", "log.too_many_orphans", NULL },
	{ "TCP: too many of orphaned sockets", "log.too_many_orphans", NULL },
	{ "TCP: Hash tables configured (established 524288 bind 65536)", NULL, NULL },

	{ "I/O error, dev sda, sector 1953525000 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2", "log.io_error", NULL },
	{ "critical medium error, dev nvme0n1, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2", "log.io_error", NULL },
	{ "blk_update_request: I/O error, dev sdb, sector 104857600 op 0x1:(WRITE) flags 0x800 phys_seg 4 prio class 0", "log.io_error", NULL },
	{ "blk_update_request: critical space allocation error, dev dm-3, sector 8 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 0", "log.io_error", NULL },
	{ "print_req_error: I/O error, dev sda, sector 0", "log.io_error", NULL },
	{ "end_request: I/O error, dev sda, sector 12345", "log.io_error", NULL },
	{ "timeout error, dev sdc, sector 100 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2", "log.io_error", NULL },
	{ "blk_update_request: I/O error, dev fd0, sector 0 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0", NULL, NULL },
	{ "I/O error, dev sr0, sector 0 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2", NULL, NULL },
	{ "operation not supported error, dev loop0, sector 0 op 0x9:(WRITE_ZEROES) flags 0x800800 phys_seg 0 prio class 2", NULL, NULL },
	{ "Buffer I/O error on dev sda1, logical block 12, async page read", NULL, NULL },
	{ "Buffer I/O error on dev sda1, logical block 12, lost async page write", "log.write_lost", NULL },
	{ "Buffer I/O error on device sda1, logical block 12, lost sync page write", "log.write_lost", NULL },
	{ "nvme nvme0: I/O 12 QID 3 timeout, aborting", "log.nvme_timeout", NULL },
	{ "nvme nvme0: I/O 896 (I/O Cmd) QID 6 timeout, aborting", "log.nvme_timeout", NULL },
	{ "nvme nvme1: I/O tag 12 (c00c) opcode 0x2 (I/O Cmd) QID 3 timeout, reset controller", "log.nvme_timeout", NULL },
	{ "nvme nvme1: I/O tag 12 (c00c) QID 3 timeout, completion polled", "log.nvme_timeout", NULL },
	{ "nvme nvme0: Shutdown timeout set to 10 seconds", NULL, NULL },
	{ "EXT4-fs error (device sda1): ext4_lookup:1855: inode #2: comm ls: iget: checksum invalid", "log.ext4_error", NULL },
	{ "EXT4-fs error (device dm-0) in ext4_reserve_inode_write:5764: IO failure", "log.ext4_error", NULL },
	{ "EXT4-fs (sda1): error count since last fsck: 3", NULL, NULL },
	{ "EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.", NULL, NULL },
	{ "EXT4-fs (sda1): Remounting filesystem read-only", "log.remount_read_only", NULL },
	{ "EXT4-fs (sda1): re-mounted. Opts: errors=remount-ro", NULL, NULL },
	{ "XFS (dm-0): Corruption of in-memory data (0x8) detected at xfs_defer_finish (fs/xfs/libxfs/xfs_defer.c:533).  Shutting down filesystem.", "log.xfs_error", NULL },
	{ "XFS (sda2): Metadata corruption detected at xfs_agf_verify+0x10/0x20, xfs_agf block 0x1", "log.xfs_error", NULL },
	{ "XFS (sda2): Metadata I/O Error (0x1) detected at xfs_trans_read_buf_map+0x1 (fs/xfs/xfs_trans_buf.c:296).  Shutting down filesystem.", "log.xfs_error", NULL },
	{ "XFS (sda2): log I/O error -5", "log.xfs_error", NULL },
	{ "XFS (sda2): Internal error XFS_WANT_CORRUPTED_GOTO at line 3505 of file fs/xfs/libxfs/xfs_btree.c.", "log.xfs_error", NULL },
	{ "XFS (sda2): Ending clean mount", NULL, NULL },
	{ "XFS (sda2): User initiated shutdown received.", NULL, NULL },
	{ "BTRFS error (device sdb): bdev /dev/sdb errs: wr 1, rd 0, flush 0, corrupt 0, gen 0", "log.btrfs_error", NULL },
	{ "BTRFS: error (device sdb: state A) in btrfs_commit_transaction:2456: errno=-5 IO failure", "log.btrfs_error", NULL },
	{ "BTRFS info (device sdb): using crc32c (crc32c-intel) checksum algorithm", NULL, NULL },
	{ "VFS: file-max limit 9223372 reached", "log.file_max", NULL },
	{ "VFS: Mounted root (ext4 filesystem) readonly on device 254:0.", NULL, NULL },

	{ "INFO: task jbd2/sda1-8:342 blocked for more than 120 seconds.", "log.hung_task", NULL },
	{ "INFO: task kworker/u8:3:77 blocked in I/O wait for more than 122 seconds.", "log.hung_task", NULL },
	{ "INFO: lockdep is turned off.", NULL, NULL },
	{ "watchdog: BUG: soft lockup - CPU#3 stuck for 26s! [qemu:2211]", "log.soft_lockup", NULL },
	{ "NMI watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [qemu:2211]", "log.soft_lockup", NULL },
	{ "BUG: soft lockup - CPU#0 stuck for 67s! [migration/0:6]", "log.soft_lockup", NULL },
	{ "watchdog: Watchdog detected hard LOCKUP on cpu 4", "log.hard_lockup", NULL },
	{ "NMI watchdog: Watchdog detected hard LOCKUP on cpu 4", "log.hard_lockup", NULL },
	{ "NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.", NULL, NULL },
	{ "rcu: INFO: rcu_sched self-detected stall on CPU", "log.rcu_stall", NULL },
	{ "INFO: rcu_preempt detected stalls on CPUs/tasks:", "log.rcu_stall", NULL },
	{ "rcu: rcu_preempt kthread starved for 5252 jiffies! g7209 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=1",
	  "log.rcu_starved", NULL },
	{ "rcu_sched kthread starved for 2100 jiffies! g18446744073709551016", "log.rcu_starved", NULL },
	{ "rcu: \tUnless rcu_preempt kthread gets sufficient CPU time, OOM is now expected behavior.", NULL, NULL },
	{ "rcu: Hierarchical SRCU implementation.", NULL, NULL },
	{ "sched: RT throttling activated", "log.rt_throttling", NULL },
	{ "[sched_delayed] sched: RT throttling activated", "log.rt_throttling", NULL },
	{ "sched: DL replenish lagged too much", NULL, NULL },
	{ "cgroup: fork rejected by pids controller in /system.slice/x.service", "log.fork_rejected", NULL },
	{ "cgroup: Unknown subsys name 'net_cls'", NULL, NULL },
	{ "perf: interrupt took too long (2526 > 2500), lowering kernel.perf_event_max_sample_rate to 79000", "log.perf_interrupt_slow", NULL },
	{ "perf interrupt took too long (2526 > 2500), lowering kernel.perf_event_max_sample_rate to 50000", "log.perf_interrupt_slow", NULL },
	{ "perf samples too long (2501 > 2500), lowering kernel.perf_event_max_sample_rate to 50000", "log.perf_interrupt_slow", NULL },
	{ "perf: AMD IBS detected (0x000003ff)", NULL, NULL },
	{ "CPU2: Core temperature is above threshold, cpu clock is throttled (total events = 1)", "log.thermal_throttling", NULL },
	{ "mce: CPU2: Package temperature above threshold, cpu clock throttled (total events = 17)", "log.thermal_throttling", NULL },
	{ "CPU2: Core temperature/speed normal (total events = 1)", NULL, NULL },
	{ "clocksource: timekeeping watchdog on CPU3: Marking clocksource 'tsc' as unstable because the skew is too large:", "log.clocksource_unstable", NULL },
	{ "clocksource: timekeeping watchdog on CPU1: hpet read-back delay of 125000ns, attempt 4, marking unstable", "log.clocksource_unstable", NULL },
	{ "clocksource: timekeeping watchdog: Marking clocksource 'tsc' as unstable, because the skew is too large:", "log.clocksource_unstable", NULL },
	{ "Clocksource tsc unstable (delta = -192666187 ns)", "log.clocksource_unstable", NULL },
	{ "tsc: Marking TSC unstable due to check_tsc_sync_source failed", "log.clocksource_unstable", NULL },
	{ "tsc: Marking TSC unstable due to clocksource watchdog", NULL, NULL },	/* follows the first */
	{ "clocksource: Switched to clocksource kvm-clock", NULL, NULL },
	{ "mce: [Hardware Error]: Machine check events logged", "log.machine_check", NULL },
	{ "mce: CPU supports 20 MCE banks", NULL, NULL },
};
/* clang-format on */

static const struct series *metric(struct tree *tree, const char *key)
{
	return tree_metric(tree, SUBJECT_KIND_HOST, NULL, key);
}

static void every_pattern_matches_its_lines_and_no_others(void **context)
{
	struct knowledge knowledge;
	bool seen[64] = { false };

	read_knowledge(&knowledge);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		struct tree tree;

		tree_begin(&tree);
		strbuf_addf(&text, "[    0.000000] Linux version 6.1.0\n[   12.345678] %s\n", lines[i].line);
		tree_write(&tree, "/var/log/dmesg", text.buf);
		tree_open(&tree, &sampler_kernel_log, &knowledge.options);
		tree_tick(&tree);
		for (size_t k = 0; k < knowledge.options.n_patterns; k++) {
			const char *key = knowledge.patterns[k].key;
			bool expected = (lines[i].key && streq(key, lines[i].key)) ||
					(lines[i].also && streq(key, lines[i].also));

			assert_non_null(metric(&tree, key));
			if (metric(&tree, key)->last != (expected ? 1 : 0))
				fail_msg("%s %s: %s", key, expected ? "does not match" : "matches", lines[i].line);
			seen[k] = seen[k] || expected;
		}
		tree_end(&tree);
	}
	for (size_t k = 0; k < knowledge.options.n_patterns; k++)
		if (!seen[k])
			fail_msg("no line for %s", knowledge.patterns[k].key);
	release_knowledge(&knowledge);
}

/* ---- sources ---- */

static const struct log_pattern patterns[] = {
	{ .key = "log.kill", .pattern = "^Out of memory: Killed process" },
	{ .key = "log.usb", .pattern = "usb" },
};

static const struct probe_options two_patterns = { .patterns = patterns, .n_patterns = ARRAY_SIZE(patterns) };

static void text_is_counted_once_with_its_first_example(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/var/log/dmesg",
		   "[    1.000000] usb 1-1: first\n[    2.000000] usb 1-2: second\n"
		   "[    3.000000] Out of memory: Killed process 7 (a)\n");
	tree_open(&tree, &sampler_kernel_log, &two_patterns);
	tree_tick(&tree);
	tree_tick(&tree);
	assert_true(metric(&tree, "log.usb")->last == 2);
	assert_true(metric(&tree, "log.usb")->delta == 0);
	assert_true(metric(&tree, "log.kill")->last == 1);
	assert_string_equal(snapshot_text(tree.snapshot, SUBJECT_HOST, "log.usb.example"), "usb 1-1: first");
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void report_of_sos_is_preferred_and_the_last_boot_counts(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/var/log/dmesg", "[    1.0] usb\n");
	tree_write(&tree, "/var/log/kern.log",
		   "Nov 21 16:45:13 h kernel: [    0.000000] Linux version 6.1.0\n"
		   "Nov 21 16:45:14 h kernel: [    1.000000] usb old boot\n"
		   "Nov 21 16:45:14 h kernel: [    1.000000] Out of memory: Killed process 7 (a)\n"
		   "Nov 22 16:45:13 h kernel: [    0.000000] Linux version 6.1.0\n"
		   "Nov 22 16:45:15 h kernel: [    1.000000] usb new boot\n"
		   "Nov 22 16:45:15 h sshd[1]: usb from a program\n");
	tree_open(&tree, &sampler_kernel_log, &two_patterns);
	tree_tick(&tree);
	assert_true(metric(&tree, "log.usb")->last == 1);
	assert_true(metric(&tree, "log.kill")->last == 0);
	assert_string_equal(snapshot_text(tree.snapshot, SUBJECT_HOST, "log.usb.example"), "usb new boot");
	tree_end(&tree);

	tree_begin(&tree);
	tree_write(&tree, "/var/log/kern.log", "Nov 22 16:45:15 h kernel: usb\n");
	tree_write(&tree, "/sos_commands/kernel/dmesg", "[    1.0] usb\n[    2.0] usb\n[    3.0] usb\n");
	tree_open(&tree, &sampler_kernel_log, &two_patterns);
	tree_tick(&tree);
	assert_true(metric(&tree, "log.usb")->last == 3);
	tree_end(&tree);
}

static void file_without_kernel_lines_gives_way_to_the_next(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/var/log/kern.log", "Nov 22 16:45:15 h sshd[1]: usb\n");
	tree_write(&tree, "/var/log/dmesg", "[    1.0] usb\n");
	tree_open(&tree, &sampler_kernel_log, &two_patterns);
	tree_tick(&tree);
	assert_true(metric(&tree, "log.usb")->last == 1);
	tree_end(&tree);
}

static void no_log_at_all_is_absent_not_zero(void **context)
{
	const struct setting *setting;
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/var/log/dmesg", "");
	tree_open(&tree, &sampler_kernel_log, &two_patterns);
	tree_tick(&tree);
	assert_null(metric(&tree, "log.usb"));
	setting = snapshot_get(tree.snapshot, SUBJECT_HOST, "log.usb");
	assert_non_null(setting);
	assert_int_equal(setting->absence, ABSENT);
	tree_end(&tree);
}

static void long_lines_binary_and_cut_off_text_do_no_harm(void **context)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct tree tree;

	strbuf_add_repeated(&text, 'a', 300000);
	strbuf_add_string(&text, " usb in the middle of a line nobody believes\n");
	strbuf_add(&text, "\0\xff\xfe\n", 4);
	strbuf_add_string(&text, "[    1.0] usb with a long tail ");
	strbuf_add_repeated(&text, 'b', 5000);
	strbuf_add_string(&text, "\n[    2.0] usb cut o");
	tree_begin(&tree);
	tree_write_bytes(&tree, "/var/log/dmesg", text.buf, text.len);
	tree_open(&tree, &sampler_kernel_log, &two_patterns);
	tree_tick(&tree);
	assert_true(metric(&tree, "log.usb")->last == 2);
	assert_int_equal(strlen(snapshot_text(tree.snapshot, SUBJECT_HOST, "log.usb.example")), 512);
	tree_end(&tree);
}

static void pattern_that_runs_wild_is_stopped_and_noted(void **context)
{
	static const struct log_pattern wild[] = { { .key = "log.wild", .pattern = "(a+)+$" } };
	const struct probe_options options = { .patterns = wild, .n_patterns = 1 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct tree tree;

	strbuf_add_repeated(&text, 'a', 2000);
	strbuf_add_string(&text, "b\n");
	tree_begin(&tree);
	tree_write(&tree, "/var/log/dmesg", text.buf);
	tree_open(&tree, &sampler_kernel_log, &options);
	tree_tick(&tree);
	assert_true(metric(&tree, "log.wild")->last == 0);
	assert_true(tree_noted(&tree, "takes too long"));
	tree_end(&tree);
}

static void broken_pattern_costs_itself_alone(void **context)
{
	static const struct log_pattern broken[] = {
		{ .key = "log.broken", .pattern = "(" },
		{ .key = "log.usb", .pattern = "usb" },
	};
	const struct probe_options options = { .patterns = broken, .n_patterns = 2 };
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/var/log/dmesg", "[    1.0] usb\n");
	tree_open(&tree, &sampler_kernel_log, &options);
	tree_tick(&tree);
	assert_null(metric(&tree, "log.broken"));
	assert_true(metric(&tree, "log.usb")->last == 1);
	assert_true(tree_noted(&tree, "not a pattern"));
	tree_end(&tree);
}

/* ---- the journal ---- */

static const char journal_remote[] = "/lib/systemd/systemd-journal-remote";

static void add_entry(struct strbuf *out, int number, const char *boot, const char *transport, int facility,
		      const char *message)
{
	strbuf_addf(out,
		    "__CURSOR=s=0;i=%x;b=%s;m=%x;t=%x;x=%x\n__REALTIME_TIMESTAMP=%lld\n__MONOTONIC_TIMESTAMP=%d\n"
		    "_BOOT_ID=%s\n_TRANSPORT=%s\nSYSLOG_FACILITY=%d\nPRIORITY=4\nMESSAGE=%s\n\n",
		    (unsigned int)number, boot, (unsigned int)number, (unsigned int)number, (unsigned int)number,
		    1700000000000000LL + number, number, boot, transport, facility, message);
}

static bool write_journal(struct tree *tree, const struct strbuf *export, struct strbuf *path)
{
	CLEANUP(strbuf_release) struct strbuf source = STRBUF_INIT;
	pid_t child;
	int status;

	tree_write_bytes(tree, "/in.export", export->buf, export->len);
	strbuf_addf(&source, "%s/in.export", tree->path);
	strbuf_addf(path, "%s/out.journal", tree->path);
	if (access(journal_remote, X_OK) < 0)
		return false;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		execl(journal_remote, journal_remote, "-o", path->buf, source.buf, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void journal_gives_this_boot_and_what_follows(void **context)
{
	static const char old_boot[] = "11111111111111111111111111111111", boot[] = "22222222222222222222222222222222";
	CLEANUP(strbuf_release) struct strbuf export = STRBUF_INIT, path = STRBUF_INIT;
	struct probe_options options = two_patterns;
	struct tree tree;

	add_entry(&export, 1, old_boot, "kernel", 0, "usb of the boot before");
	for (int i = 2; i < 1000; i++)		/* more than are read from one opening */
		add_entry(&export, i, boot, "kernel", 0, i % 100 == 0 ? "usb 1-1: device" : "nothing of interest");
	add_entry(&export, 1000, boot, "syslog", 0, "usb said by a program");
	add_entry(&export, 1001, boot, "kernel", 3, "usb written to /dev/kmsg by a program");
	add_entry(&export, 1002, boot, "kernel", 0, "Out of memory: Killed process 7 (a)");
	tree_begin(&tree);
	if (!write_journal(&tree, &export, &path)) {
		tree_end(&tree);
		skip_because("systemd-journal-remote made no journal");
	}
	options.journal_file = path.buf;
	tree_open(&tree, &sampler_kernel_log, &options);
	tree_tick(&tree);
	assert_true(metric(&tree, "log.usb")->last == 9);
	assert_true(metric(&tree, "log.kill")->last == 1);
	assert_string_equal(snapshot_text(tree.snapshot, SUBJECT_HOST, "log.kill.example"),
			    "Out of memory: Killed process 7 (a)");

	strbuf_reset(&export);			/* the file grows while it is watched */
	strbuf_reset(&path);
	add_entry(&export, 1003, boot, "kernel", 0, "Out of memory: Killed process 8 (b)");
	assert_true(write_journal(&tree, &export, &path));
	tree_tick(&tree);
	assert_true(metric(&tree, "log.kill")->delta == 1);
	assert_true(metric(&tree, "log.usb")->delta == 0);
	tree_end(&tree);
}

static void file_that_is_no_journal_is_said_to_be_unusable(void **context)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct probe_options options = two_patterns;
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/broken.journal", "LPKSHHRH and then nothing of the kind");
	tree_write(&tree, "/var/log/dmesg", "[    1.0] usb\n");
	strbuf_addf(&path, "%s/broken.journal", tree.path);
	options.journal_file = path.buf;
	tree_open(&tree, &sampler_kernel_log, &options);
	tree_tick(&tree);
	assert_null(metric(&tree, "log.usb"));	/* the dmesg beside it was not asked for */
	assert_non_null(snapshot_get(tree.snapshot, SUBJECT_HOST, "log.usb"));
	tree_end(&tree);
}

static void live_log_is_read_or_said_to_be_unreadable(void **context)
{
	struct snapshot *snapshot = snapshot_new();
	struct root *root;
	void *state;

	assert_int_equal(root_open("/", &root), 0);
	assert_int_equal(sampler_kernel_log.open(root, &two_patterns, snapshot, &state), 0);
	snapshot_tick_begin(snapshot, 1, 1, 1);
	sampler_kernel_log.tick(state, snapshot);
	snapshot_tick_end(snapshot);
	assert_true(snapshot_metric(snapshot, SUBJECT_HOST, "log.usb") ||
		    snapshot_get(snapshot, SUBJECT_HOST, "log.usb"));
	sampler_kernel_log.close(state);
	root_free(root);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_kmsg_are_taken_apart),
		cmocka_unit_test(lines_are_stripped_to_what_the_kernel_said),
		cmocka_unit_test(every_pattern_matches_its_lines_and_no_others),
		cmocka_unit_test(text_is_counted_once_with_its_first_example),
		cmocka_unit_test(report_of_sos_is_preferred_and_the_last_boot_counts),
		cmocka_unit_test(file_without_kernel_lines_gives_way_to_the_next),
		cmocka_unit_test(no_log_at_all_is_absent_not_zero),
		cmocka_unit_test(long_lines_binary_and_cut_off_text_do_no_harm),
		cmocka_unit_test(pattern_that_runs_wild_is_stopped_and_noted),
		cmocka_unit_test(broken_pattern_costs_itself_alone),
		cmocka_unit_test(journal_gives_this_boot_and_what_follows),
		cmocka_unit_test(file_that_is_no_journal_is_said_to_be_unusable),
		cmocka_unit_test(live_log_is_read_or_said_to_be_unreadable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
