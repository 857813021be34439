/* SPDX-License-Identifier: Apache-2.0 */
/* What modules, tmpfiles.d, udev, boot loaders, fstab, the kubelet and cloud-init will have set after boot. */
#include "boot-tree.h"

extern const struct probe probe_boot_module, probe_boot_tmpfiles, probe_boot_udev, probe_boot_cmdline, probe_boot_fstab,
	probe_boot_node;

/* ---- modules ---- */

static void modules_are_loaded_by_lists_and_get_the_last_option(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/modules-load.d/net.conf", "# for the firewall\nnf-conntrack\n\ntcp_bbr\nnot a module\n");
	tree_write(tree, "/usr/lib/modules-load.d/net.conf", "dummy\n");
	tree_write(tree, "/etc/modprobe.d/a.conf", "options nf_conntrack hashsize=1024 \\\n  acct=1\nblacklist pcspkr\n");
	tree_write(tree, "/usr/lib/modprobe.d/b.conf",
		   "options nf_conntrack hashsize=65536\noptions loop path=\"/a b\" max_loop=8\ninstall dccp /bin/false\nfrobnicate x\n"
		   "alias a b\n");
	begin(tree);
	assert_boot(tree, &probe_boot_module,
		    "masked = /usr/lib/modules-load.d/net.conf (/etc/modules-load.d/net.conf)\n"
		    "wins module.nf_conntrack.loaded=true /etc/modules-load.d/net.conf:2\n"
		    "wins module.tcp_bbr.loaded=true /etc/modules-load.d/net.conf:4\n"
		    "invalid = /etc/modules-load.d/net.conf:5 (one module a line, without parameters)\n"
		    "shadowed module.nf_conntrack.hashsize=1024 /etc/modprobe.d/a.conf:1 (/usr/lib/modprobe.d/b.conf:1)\n"
		    "wins module.nf_conntrack.acct=1 /etc/modprobe.d/a.conf:1\n"
		    "wins module.pcspkr.blacklist=true /etc/modprobe.d/a.conf:3\n"
		    "wins module.nf_conntrack.hashsize=65536 /usr/lib/modprobe.d/b.conf:1\n"
		    "wins module.loop.path=\"/a b\" /usr/lib/modprobe.d/b.conf:2\n"
		    "wins module.loop.max_loop=8 /usr/lib/modprobe.d/b.conf:2\n"
		    "unresolved module.dccp.loaded=/bin/false /usr/lib/modprobe.d/b.conf:3 (a command runs in place of loading the "
		    "module)\n"
		    "invalid = /usr/lib/modprobe.d/b.conf:4 (modprobe.d knows no such command, or the name of a module is missing)\n");
}

static void a_hidden_list_is_masked_by_its_namesake(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/modules-load.d/net.conf", "dummy\n");
	tree_write(tree, "/run/modules-load.d/net.conf", "loop\n");
	tree_write(tree, "/etc/modules-load.d/net.conf", "");
	begin(tree);
	/* A system that has not booted will have another /run. */
	assert_boot(tree, &probe_boot_module,
		    "masked = /usr/lib/modules-load.d/net.conf (/etc/modules-load.d/net.conf)\n");
	tree_write(tree, "/proc/version", "Linux version 6.1.0\n");
	begin(tree);
	assert_boot(tree, &probe_boot_module,
		    "masked = /usr/lib/modules-load.d/net.conf (/etc/modules-load.d/net.conf)\n"
		    "masked = /run/modules-load.d/net.conf (/etc/modules-load.d/net.conf)\n");
}

static void a_link_to_etc_modules_is_followed(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/modules", "loop\n");
	tree_directory(tree, "/etc/modules-load.d");
	tree_link(tree, "/etc/modules-load.d/modules.conf", "../modules");
	tree_link(tree, "/etc/modules-load.d/null.conf", "/dev/null");
	begin(tree);
	assert_boot(tree, &probe_boot_module, "wins module.loop.loaded=true /etc/modules-load.d/modules.conf:1\n"
					      "ignored = /etc/modules-load.d/null.conf (a link to /dev/null)\n");
}

static void a_module_that_is_built_in_reads_no_options(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/lib/modules/6.1.0/modules.builtin", "kernel/drivers/block/loop.ko\nkernel/net/nf-thing.ko\n");
	tree_write(tree, "/etc/modprobe.d/a.conf", "options loop max_loop=8\noptions nf_thing x=1\noptions op y=1\n");
	begin(tree);
	assert_boot(tree, &probe_boot_module,
		    "ignored module.loop.max_loop=8 /etc/modprobe.d/a.conf:1 (the module is built into the kernel: only the kernel "
		    "command line gives it parameters)\n"
		    "ignored module.nf_thing.x=1 /etc/modprobe.d/a.conf:2 (the module is built into the kernel: only the kernel "
		    "command line gives it parameters)\n"
		    "wins module.op.y=1 /etc/modprobe.d/a.conf:3\n");
}

static void a_module_that_the_kernel_does_not_have_is_not_loaded(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/lib/modules/6.1.0/modules.builtin", "kernel/drivers/block/loop.ko\n");
	tree_write(tree, "/lib/modules/6.1.0/modules.dep",
		   "kernel/net/nf-conntrack.ko.xz: kernel/lib/crc.ko.xz\nkernel/lib/crc.ko.xz:\n");
	tree_write(tree, "/lib/modules/6.1.0/modules.alias", "# Aliases\nalias ip_conntrack nf_conntrack\nalias pci:v1 x\n");
	tree_write_bytes(tree, "/lib/modules/6.1.0/modules.builtin.modinfo", "loop.license=GPL\0loop.alias=block-major-7", 42);
	tree_write(tree, "/etc/modprobe.d/a.conf", "alias mine crc\n");
	tree_write(tree, "/etc/modules-load.d/a.conf", "loop\nnf_conntrack\nip_conntrack\ncrc\nmine\nlp\nconntrack\n");
	begin(tree);
	assert_boot(tree, &probe_boot_module,
		    "wins module.loop.loaded=true /etc/modules-load.d/a.conf:1\n"
		    "wins module.nf_conntrack.loaded=true /etc/modules-load.d/a.conf:2\n"
		    "shadowed module.crc.loaded=true /etc/modules-load.d/a.conf:2 (/etc/modules-load.d/a.conf:4)\n"
		    "wins module.ip_conntrack.loaded=true /etc/modules-load.d/a.conf:3\n"
		    "wins module.crc.loaded=true /etc/modules-load.d/a.conf:4\n"
		    "wins module.mine.loaded=true /etc/modules-load.d/a.conf:5\n"
		    "ignored module.lp.loaded=true /etc/modules-load.d/a.conf:6 (the kernel that is installed has no such module)\n"
		    "ignored module.conntrack.loaded=true /etc/modules-load.d/a.conf:7 (the kernel that is installed has no such "
		    "module)\n");
	assert_string_equal("6.1.0", snapshot_text(tree->snapshot, SUBJECT_HOST, "modules.release"));
	assert_string_equal("loop", snapshot_text(tree->snapshot, SUBJECT_HOST, "modules.builtin"));
	/* Of two kernels it is not known which one boots. */
	tree_directory(tree, "/lib/modules/6.1.1");
	tree_write(tree, "/etc/modules-load.d/a.conf", "lp\n");
	begin(tree);
	assert_boot(tree, &probe_boot_module, "wins module.lp.loaded=true /etc/modules-load.d/a.conf:1\n");
}

static void names_that_are_values_are_those_of_modules(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/lib/modules/6.1.0/modules.builtin", "kernel/net/ipv4/tcp_cubic.ko\nkernel/block/mq-deadline.ko\n");
	tree_write(tree, "/lib/modules/6.1.0/modules.dep",
		   "kernel/net/sched/sch_fq.ko.xz:\nkernel/block/bfq.ko: kernel/lib/x.ko\nkernel/lib/x.ko:\n");
	begin(tree);
	assert_boot(tree, &probe_boot_module, "");
	assert_string_equal("tcp_cubic mq_deadline sch_fq bfq", snapshot_text(tree->snapshot, SUBJECT_HOST, "modules.values"));
}

/* ---- tmpfiles.d ---- */

static void of_lines_for_one_path_the_first_is_carried_out(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/tmpfiles.d/a.conf",
		   "w /proc/sys/vm/swappiness - - - - 10\n"
		   "w! /proc/sys/vm/swappiness - - - - 11\n"
		   "w+ /proc/sys/vm/dirty_ratio - - - - 1\n"
		   "w+ /proc/sys/vm/dirty_ratio - - - - 2\n"
		   "d /run/x 0755 root root - -\n"
		   "f /proc/sys/vm/laptop_mode - - - - 7\n"
		   "w- \"/sys/block/sd*/queue/scheduler\" - - - - none\n"
		   "w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise\\n\n"
		   "w /proc/sys/kernel/hostname - - - - %H\n"
		   "w /proc/sys/kernel/core_pattern - - - - core.%%p\\q\n");
	tree_write(tree, "/usr/lib/tmpfiles.d/b.conf", "w /proc/sys/vm/swappiness - - - - 60\n");
	begin(tree);
	assert_boot(tree, &probe_boot_tmpfiles,
		    "ignored vm.laptop_mode=7 /etc/tmpfiles.d/a.conf:6 (f leaves a file alone that is there; w writes into it)\n"
		    "wins vm.swappiness=10 /etc/tmpfiles.d/a.conf:1\n"
		    "shadowed vm.swappiness=11 /etc/tmpfiles.d/a.conf:2 (/etc/tmpfiles.d/a.conf:1)\n"
		    "shadowed vm.dirty_ratio=1 /etc/tmpfiles.d/a.conf:3 (/etc/tmpfiles.d/a.conf:4)\n"
		    "wins vm.dirty_ratio=2 /etc/tmpfiles.d/a.conf:4\n"
		    "wins block:sd* scheduler=none /etc/tmpfiles.d/a.conf:7\n"
		    "wins /sys/kernel/mm/transparent_hugepage/enabled=madvise /etc/tmpfiles.d/a.conf:8\n"
		    "unresolved kernel.hostname= /etc/tmpfiles.d/a.conf:9 (a specifier stands for something of the running system)\n"
		    "invalid kernel.core_pattern=core.%p /etc/tmpfiles.d/a.conf:10 (an escape in the argument that there is not)\n"
		    "shadowed vm.swappiness=60 /usr/lib/tmpfiles.d/b.conf:1 (/etc/tmpfiles.d/a.conf:1)\n");
}

static void paths_become_the_keys_of_their_subjects(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/tmpfiles.d/a.conf",
		   "w /proc/sys/net/ipv4/conf/eth0.100/rp_filter - - - - 0\n"
		   "w /sys/class/net/eth0/tx_queue_len - - - - 5000\n"
		   "w /sys/module/zswap/parameters/enabled - - - - Y\n"
		   "w /sys/fs/cgroup/system.slice/cpu.weight - - - - 200\n"
		   "w /sys/fs/cgroup/cpu,cpuacct/work/cpu.shares - - - - 2048\n"
		   "w /sys/block/sda/device/timeout - - - - 60\n"
		   "w /sys/block/sda/bdi/read_ahead_kb - - - - 512\n"
		   "w /sys/class/net/eth0/queues/rx-0/rps_cpus - - - - f\n"
		   "w /proc/sys/../sys/vm/swappiness - - - - 1\n"
		   "w /etc/motd - - - - hello\n");
	begin(tree);
	assert_boot(tree, &probe_boot_tmpfiles,
		    "wins net.ipv4.conf.eth0/100.rp_filter=0 /etc/tmpfiles.d/a.conf:1\n"
		    "wins interface:eth0 tx_queue_len=5000 /etc/tmpfiles.d/a.conf:2\n"
		    "wins module.zswap.enabled=Y /etc/tmpfiles.d/a.conf:3\n"
		    "wins cgroup:/system.slice cpu.weight=200 /etc/tmpfiles.d/a.conf:4\n"
		    "wins cgroup:/work cpu.shares=2048 /etc/tmpfiles.d/a.conf:5\n"
		    "wins block:sda device.timeout=60 /etc/tmpfiles.d/a.conf:6\n"
		    "wins block:sda read_ahead_kb=512 /etc/tmpfiles.d/a.conf:7\n"
		    "wins interface:eth0 rx-0.rps_cpus=f /etc/tmpfiles.d/a.conf:8\n");
}

/* ---- udev ---- */

#define SCHEDULER "/etc/udev/rules.d/60-scheduler.rules"

static void rules_are_tried_on_the_devices_that_were_captured(void **state)
{
	struct tree *tree = *state;
	subject_id disk;

	tree_write(tree, SCHEDULER,
		   "ACTION==\"add|change\", SUBSYSTEM==\"block\", KERNEL==\"sd[a-z]|vd*\", ATTR{queue/rotational}==\"0\", \\\n"
		   "  ATTR{queue/scheduler}=\"none\"\n"
		   "ACTION==\"add|change\", KERNEL==\"sd[a-z]\", ATTR{queue/rotational}==\"1\", ATTR{queue/scheduler}=\"bfq\"\n"
		   "ACTION==\"remove\", SUBSYSTEM==\"block\", ATTR{queue/read_ahead_kb}=\"4\"\n"
		   "SUBSYSTEM==\"block\", KERNEL==\"sdb\", ATTR{device/vendor}==\"ACME*\", ATTR{queue/nr_requests}=\"64\"\n"
		   "SUBSYSTEM==\"block\", KERNEL!=\"sd?\", ATTR{queue/nr_requests}=\"32\"\n");
	begin(tree);
	disk = snapshot_subject(tree->snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");
	snapshot_set_string(tree->snapshot, disk, "rotational", "0", NULL);
	disk = snapshot_subject(tree->snapshot, SUBJECT_KIND_BLOCK, "sdb", "/sys/block/sdb/queue");
	snapshot_set_string(tree->snapshot, disk, "rotational", "1", NULL);
	assert_boot(tree, &probe_boot_udev,
		    "wins block:sda scheduler=none " SCHEDULER ":1\n"
		    "wins block:sdb scheduler=bfq " SCHEDULER ":3\n"
		    "unresolved block:sdb nr_requests=64 " SCHEDULER ":5 (it depends on ATTR{device/vendor})\n");
}

static void without_devices_the_pattern_of_their_name_is_kept(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, SCHEDULER,
		   "SUBSYSTEM==\"block\", KERNEL==\"sd*|nvme*n*\", ATTR{queue/read_ahead_kb}=\"4096\"\n"
		   "SUBSYSTEM==\"block\", KERNEL==\"sd*\", ATTR{queue/rotational}==\"1\", ATTR{queue/scheduler}=\"bfq\"\n"
		   "SUBSYSTEM==\"net\", ACTION==\"add\", KERNEL==\"eth0\", ATTR{tx_queue_len}=\"5000\", "
		   "SYSCTL{net/ipv4/conf/$name/rp_filter}=\"2\"\n"
		   "SUBSYSTEM==\"module\", KERNEL==\"zswap\", ATTR{parameters/enabled}=\"1\"\n"
		   "SUBSYSTEM==\"net\", RUN+=\"/usr/lib/systemd/systemd-sysctl --prefix=/net/ipv4/conf/$name\"\n"
		   "SUBSYSTEM==\"net\", RUN+=\"/usr/sbin/ethtool -G $name rx 4096\"\n"
		   "KERNEL==\"x\" ATTR{queue/scheduler}=none\n");
	begin(tree);
	assert_boot(tree, &probe_boot_udev,
		    "invalid = " SCHEDULER ":7 (expected KEY==\"VALUE\" or KEY=\"VALUE\", with commas between)\n"
		    "wins block:sd* read_ahead_kb=4096 " SCHEDULER ":1\n"
		    "wins block:nvme*n* read_ahead_kb=4096 " SCHEDULER ":1\n"
		    "unresolved block:sd* scheduler=bfq " SCHEDULER ":2 (it depends on ATTR{queue/rotational})\n"
		    "wins interface:eth0 tx_queue_len=5000 " SCHEDULER ":3\n"
		    "wins net.ipv4.conf.eth0.rp_filter=2 " SCHEDULER ":3\n"
		    "wins module.zswap.enabled=1 " SCHEDULER ":4\n"
		    "unresolved = " SCHEDULER ":6 (a program is run, which may set anything)\n");
}

static void a_goto_jumps_over_what_it_is_certain_about(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, SCHEDULER,
		   "ACTION!=\"add|change\", GOTO=\"end\"\n"
		   "SUBSYSTEM!=\"block\", GOTO=\"end\"\n"
		   "SUBSYSTEM==\"block\", KERNEL==\"sd*\", ATTR{queue/nr_requests}=\"8\"\n"
		   "ENV{ID_BUS}==\"usb\", GOTO=\"end\"\n"
		   "SUBSYSTEM==\"block\", KERNEL==\"sd*\", ATTR{queue/nr_requests}=\"9\"\n"
		   "ACTION==\"add\", GOTO=\"end\"\n"
		   "SUBSYSTEM==\"block\", KERNEL==\"sd*\", ATTR{queue/nr_requests}=\"10\"\n"
		   "LABEL=\"end\"\n");
	begin(tree);
	assert_boot(tree, &probe_boot_udev,
		    "wins block:sd* nr_requests=8 " SCHEDULER ":3\n"
		    "unresolved block:sd* nr_requests=9 " SCHEDULER ":5 (whether an earlier GOTO jumps over it is not known)\n");
}

static void a_rule_for_disks_that_are_not_there_is_ignored(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, SCHEDULER,
		   "SUBSYSTEM==\"block\", KERNEL==\"sd[a-z]|vd*\", ATTR{queue/scheduler}=\"none\"\n"
		   "SUBSYSTEM==\"block\", KERNEL==\"dm-*\", ATTR{queue/scheduler}=\"none\"\n"
		   "SUBSYSTEM==\"block\", KERNEL==\"nvme*\", ATTR{queue/nr_requests}=\"64\"\n"
		   "SUBSYSTEM==\"block\", ATTR{queue/rotational}==\"1\", ATTR{queue/nr_requests}=\"32\"\n");
	tree_write(tree, "/usr/lib/udev/rules.d/60-x.rules", "SUBSYSTEM==\"block\", KERNEL==\"sd*\", ATTR{queue/scheduler}=\"bfq\"\n");
	begin(tree);
	(void)snapshot_subject(tree->snapshot, SUBJECT_KIND_BLOCK, "nvme0n1", "/sys/block/nvme0n1/queue");
	snapshot_set_string(tree->snapshot, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_BLOCK, "nvme0n1"), "rotational", "0", NULL);
	assert_boot(tree, &probe_boot_udev,
		    "ignored block:sd[a-z]|vd* scheduler=none " SCHEDULER ":1 (no disk here has such a name)\n"
		    "wins block:nvme0n1 nr_requests=64 " SCHEDULER ":3\n");
}

/* ---- the kernel command line ---- */

static void grub_boots_its_first_entry_unless_told(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/boot/grub/grub.cfg",
		   "set default=\"0\"\n"
		   "menuentry 'Debian' --class debian {\n\tlinux\t/vmlinuz-6.1 root=UUID=1 ro quiet sysctl.vm.swappiness=10\n}\n"
		   "submenu 'More' {\nmenuentry 'Debian, recovery' {\n\tlinux /vmlinuz-6.1 root=UUID=1 ro single\n}\n}\n");
	tree_write(tree, "/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet mitigations=off\"\n");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "wins cmdline.root=UUID=1 /boot/grub/grub.cfg:3\n"
		    "wins cmdline.ro= /boot/grub/grub.cfg:3\n"
		    "wins cmdline.quiet= /boot/grub/grub.cfg:3\n"
		    "wins cmdline.sysctl.vm.swappiness=10 /boot/grub/grub.cfg:3\n"
		    "wins vm.swappiness=10 /boot/grub/grub.cfg:3\n");
}

static void of_entries_that_could_be_booted_only_what_they_share_is_certain(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/boot/grub2/grub.cfg", "set default=\"${saved_entry}\"\nblscfg\n");
	tree_write(tree, "/boot/grub2/grubenv", "# GRUB Environment Block\nkernelopts=root=/dev/vda1 ro\ntuned_params=nohz=on\n");
	tree_write(tree, "/boot/loader/entries/a.conf", "title A\noptions $kernelopts ${tuned_params} quiet # x\n");
	tree_write(tree, "/boot/loader/entries/b.conf", "title B\noptions $kernelopts\n");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "shadowed cmdline.root=/dev/vda1 /boot/loader/entries/a.conf:2 (/boot/loader/entries/b.conf:2)\n"
		    "shadowed cmdline.ro= /boot/loader/entries/a.conf:2 (/boot/loader/entries/b.conf:2)\n"
		    "unresolved cmdline.nohz=on /boot/loader/entries/a.conf:2 (not every entry of the boot loader has it, and which "
		    "one is booted is not known)\n"
		    "unresolved cmdline.quiet= /boot/loader/entries/a.conf:2 (not every entry of the boot loader has it, and which "
		    "one is booted is not known)\n"
		    "unresolved cmdline.#= /boot/loader/entries/a.conf:2 (not every entry of the boot loader has it, and which one is "
		    "booted is not known)\n"
		    "unresolved cmdline.x= /boot/loader/entries/a.conf:2 (not every entry of the boot loader has it, and which one is "
		    "booted is not known)\n"
		    "wins cmdline.root=/dev/vda1 /boot/loader/entries/b.conf:2\n"
		    "wins cmdline.ro= /boot/loader/entries/b.conf:2\n");
	tree_write(tree, "/boot/grub2/grubenv", "saved_entry=b\nkernelopts=root=/dev/vda2 rw\n");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "wins cmdline.root=/dev/vda2 /boot/loader/entries/b.conf:2\n"
		    "wins cmdline.rw= /boot/loader/entries/b.conf:2\n");
}

#define PROMISED " (grub.cfg is not there yet; made from this file, it will have the argument)\n"

static void without_grub_cfg_what_it_will_be_made_from_counts_and_says_so(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/default/grub", "# x\nGRUB_CMDLINE_LINUX=\"mitigations=off\"\nGRUB_CMDLINE_LINUX_DEFAULT='quiet psi=1'\n");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "wins cmdline.mitigations=off /etc/default/grub:2" PROMISED
		    "wins cmdline.quiet= /etc/default/grub:3" PROMISED
		    "wins cmdline.psi=1 /etc/default/grub:3" PROMISED);
	/* The directory comes after the file, and adds to its variables. */
	tree_write(tree, "/etc/default/grub.d/50-cloud.cfg",
		   "GRUB_CMDLINE_LINUX_DEFAULT=\"${GRUB_CMDLINE_LINUX_DEFAULT} psi=0\"\nGRUB_CMDLINE_LINUX+=\" nosmt\"\n");
	tree_write(tree, "/etc/default/grub.d/60-not.sh", "GRUB_CMDLINE_LINUX=no\n");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "wins cmdline.mitigations=off /etc/default/grub.d/50-cloud.cfg:2" PROMISED
		    "wins cmdline.nosmt= /etc/default/grub.d/50-cloud.cfg:2" PROMISED
		    "wins cmdline.quiet= /etc/default/grub.d/50-cloud.cfg:1" PROMISED
		    "shadowed cmdline.psi=1 /etc/default/grub.d/50-cloud.cfg:1 (/etc/default/grub.d/50-cloud.cfg:1)\n"
		    "wins cmdline.psi=0 /etc/default/grub.d/50-cloud.cfg:1" PROMISED);
	/* Once there is one, nothing else counts, and one without an entry promises nothing. */
	tree_write(tree, "/boot/grub/grub.cfg", "set default=0\n");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline, "");
}

static void what_only_a_shell_can_tell_is_not_known(void **state)
{
	static const char *const lines[] = {
		"GRUB_CMDLINE_LINUX=\"$(cat /x)\"",
		"GRUB_CMDLINE_LINUX=`cat /x`",
		"GRUB_CMDLINE_LINUX=\"$OTHER quiet\"",
		"GRUB_CMDLINE_LINUX=\"${GRUB_CMDLINE_LINUX:+x }quiet\"",
		"GRUB_CMDLINE_LINUX=\"\\$tuned_params\"",
		"GRUB_CMDLINE_LINUX=\"quiet",
		"GRUB_CMDLINE_LINUX=quiet other",
		"if x; then\n  GRUB_CMDLINE_LINUX=quiet\nfi",
		"[ -e /x ] && GRUB_CMDLINE_LINUX=quiet",
	};
	struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(free_ptr) char *text = xasprintf("%s\n", lines[i]);
		CLEANUP(free_ptr) char *expected = xasprintf("unresolved = /etc/default/grub:%d (grub.cfg is not there yet, and only "
							     "a shell can tell what this line will put into it)\n",
							     strchr(lines[i], '\n') ? 2 : 1);

		tree_write(tree, "/etc/default/grub", text);
		begin(tree);
		assert_boot(tree, &probe_boot_cmdline, expected);
	}
}

static void an_entry_that_is_not_made_yet_takes_kernel_cmdline(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/kernel/cmdline", "root=/dev/vda1 ro\nquiet\n");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "wins cmdline.root=/dev/vda1 /etc/kernel/cmdline:1 (an entry of the boot loader is not there yet; made from this "
		    "file, it will have the argument)\n"
		    "wins cmdline.ro= /etc/kernel/cmdline:1 (an entry of the boot loader is not there yet; made from this file, it will "
		    "have the argument)\n"
		    "wins cmdline.quiet= /etc/kernel/cmdline:1 (an entry of the boot loader is not there yet; made from this file, it "
		    "will have the argument)\n");
	/* Of two such files what both say is certain. */
	tree_write(tree, "/etc/kernel/cmdline", "quiet\n");
	tree_write(tree, "/etc/default/grub", "GRUB_CMDLINE_LINUX='quiet psi=1'\n");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "shadowed cmdline.quiet= /etc/default/grub:1 (/etc/kernel/cmdline:1)\n"
		    "unresolved cmdline.psi=1 /etc/default/grub:1 (neither grub.cfg nor an entry of the boot loader is there yet, and "
		    "the files from which they are made differ)\n"
		    "wins cmdline.quiet= /etc/kernel/cmdline:1 (an entry of the boot loader is not there yet; made from this file, it "
		    "will have the argument)\n");
	/* One entry that is there counts for all. */
	tree_write(tree, "/boot/loader/entries/a.conf", "title A\noptions ro\n");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline, "wins cmdline.ro= /boot/loader/entries/a.conf:2\n");
}

static void a_grub_cfg_that_cannot_be_read_leaves_all_unknown(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/default/grub", "GRUB_CMDLINE_LINUX=quiet\n");
	tree_link(tree, "/boot/grub/grub.cfg", "grub.cfg");
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "unresolved = /boot/grub/grub.cfg (it cannot be read: Too many levels of symbolic links)\n");
}

static void put_u32(char *bytes, size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[at + (size_t)i] = (char)(value >> 8 * i);
}

static void a_unified_kernel_image_holds_its_command_line(void **state)
{
	struct tree *tree = *state;
	char image[512] = "MZ";

	put_u32(image, 60, 64);
	memcpy(image + 64, "PE\0\0", 4);
	image[64 + 6] = 2;			/* sections */
	memcpy(image + 88, ".osrel\0\0", 8);
	memcpy(image + 128, ".cmdline", 8);
	put_u32(image, 128 + 8, 24);
	put_u32(image, 128 + 16, 64);
	put_u32(image, 128 + 20, 256);
	memcpy(image + 256, "root=/dev/sda ro psi=1\n\0", 24);
	tree_write_bytes(tree, "/efi/EFI/Linux/a.efi", image, sizeof(image));
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline, "wins cmdline.root=/dev/sda /efi/EFI/Linux/a.efi\n"
					       "wins cmdline.ro= /efi/EFI/Linux/a.efi\n"
					       "wins cmdline.psi=1 /efi/EFI/Linux/a.efi\n");
	put_u32(image, 128 + 20, 4096);
	tree_write_bytes(tree, "/efi/EFI/Linux/a.efi", image, sizeof(image));
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "unresolved = /efi/EFI/Linux/a.efi (its command line cannot be read: Bad message)\n");
	put_u32(image, 128 + 8, 1U << 31);
	put_u32(image, 128 + 16, 1U << 31);
	tree_write_bytes(tree, "/efi/EFI/Linux/a.efi", image, sizeof(image));
	begin(tree);
	assert_boot(tree, &probe_boot_cmdline,
		    "unresolved = /efi/EFI/Linux/a.efi (its command line cannot be read: File too large)\n");
}

/* ---- fstab ---- */

static void lines_of_fstab_are_mounts_with_their_options(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/fstab",
		   "# <file system> <mount point>\n"
		   "UUID=1 / ext4 errors=remount-ro 0 1\n"
		   "/dev/sdb1 /srv\\040data xfs noatime,nofail 0 2\n"
		   "/dev/sdc1 /mnt ext4 noauto 0 0\n"
		   "/dev/sdd1 /mnt/auto ext4 noauto,x-systemd.automount 0 0\n"
		   "//nas/x /x cifs username=a,password=b 0 0\n"
		   "/dev/sda2 none swap sw 0 0\n"
		   "/dev/sda3 none swap pri=5 0 0\n"
		   "tmpfs /tmp tmpfs\n"
		   "broken\n"
		   "/dev/sdb2 /srv\\040data ext4 defaults 0 2\n");
	begin(tree);
	assert_boot(tree, &probe_boot_fstab,
		    "wins mount:/ fstype=ext4 /etc/fstab:2\n"
		    "wins mount:/ options=errors=remount-ro /etc/fstab:2\n"
		    "wins mount:/srv data fstype=xfs /etc/fstab:3\n"
		    "wins mount:/srv data options=noatime,nofail /etc/fstab:3\n"
		    "ignored mount:/mnt fstype=ext4 /etc/fstab:4 (noauto: it is mounted when somebody asks for it)\n"
		    "ignored mount:/mnt options=noauto /etc/fstab:4 (noauto: it is mounted when somebody asks for it)\n"
		    "wins mount:/mnt/auto fstype=ext4 /etc/fstab:5\n"
		    "wins mount:/mnt/auto options=noauto,x-systemd.automount /etc/fstab:5\n"
		    "wins mount:/x fstype=cifs /etc/fstab:6\n"
		    "unresolved mount:/x options= /etc/fstab:6 (its options hold a password and were left out)\n"
		    "wins swap./dev/sda2=/dev/sda2 /etc/fstab:7\n"
		    "wins swap./dev/sda3=/dev/sda3 /etc/fstab:8\n"
		    "wins mount:/tmp fstype=tmpfs /etc/fstab:9\n"
		    "wins mount:/tmp options=defaults /etc/fstab:9\n"
		    "invalid = /etc/fstab:10 (expected DEVICE DIRECTORY TYPE OPTIONS)\n"
		    "shadowed mount:/srv data fstype=ext4 /etc/fstab:11 (/etc/fstab:3)\n"
		    "shadowed mount:/srv data options=defaults /etc/fstab:11 (/etc/fstab:3)\n");
}

static void without_systemd_the_last_line_is_on_top(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/inittab", "::sysinit:/sbin/openrc sysinit\n");
	tree_write(tree, "/etc/fstab", "/dev/sda /a ext4 ro\n/dev/sdb /a ext4 rw\n");
	begin(tree);
	assert_boot(tree, &probe_boot_fstab,
		    "shadowed mount:/a fstype=ext4 /etc/fstab:1 (/etc/fstab:2)\n"
		    "shadowed mount:/a options=ro /etc/fstab:1 (/etc/fstab:2)\n"
		    "wins mount:/a fstype=ext4 /etc/fstab:2\n"
		    "wins mount:/a options=rw /etc/fstab:2\n");
}

static void a_mount_is_named_as_the_kernel_shows_it(void **state)
{
	struct tree *tree = *state;

	tree_directory(tree, "/data/home");
	tree_link(tree, "/home", "/data/home");
	tree_link(tree, "/data/home/me", "you");
	tree_link(tree, "/loop", "loop");
	tree_write(tree, "/etc/fstab", "/dev/sda /home ext4\n/dev/sdb /home/me/x/ ext4\n/dev/sdc /loop ext4\n/dev/sdd / ext4\n");
	begin(tree);
	assert_boot(tree, &probe_boot_fstab,
		    "wins mount:/data/home fstype=ext4 /etc/fstab:1\n"
		    "wins mount:/data/home options=defaults /etc/fstab:1\n"
		    "wins mount:/data/home/you/x fstype=ext4 /etc/fstab:2\n"
		    "wins mount:/data/home/you/x options=defaults /etc/fstab:2\n"
		    "wins mount:/loop fstype=ext4 /etc/fstab:3\n"
		    "wins mount:/loop options=defaults /etc/fstab:3\n"
		    "wins mount:/ fstype=ext4 /etc/fstab:4\n"
		    "wins mount:/ options=defaults /etc/fstab:4\n");
}

static void a_unit_of_the_administrators_takes_the_place_of_a_line(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/fstab", "/dev/sda /srv/my-data ext4\n/dev/sdb /x ext4\n");
	tree_write(tree, "/etc/systemd/system/srv-my\\x2ddata.mount", "[Mount]\n");
	tree_write(tree, "/etc/systemd/system/x.mount.d/10.conf", "[Mount]\n");
	begin(tree);
	assert_boot(tree, &probe_boot_fstab,
		    "ignored mount:/srv/my-data fstype=ext4 /etc/fstab:1 (/etc/systemd/system/srv-my\\x2ddata.mount takes its place)\n"
		    "ignored mount:/srv/my-data options=defaults /etc/fstab:1 (/etc/systemd/system/srv-my\\x2ddata.mount takes its "
		    "place)\n"
		    "unresolved mount:/x fstype=ext4 /etc/fstab:2 (files in /etc/systemd/system/x.mount.d change the unit that is made "
		    "from it)\n"
		    "unresolved mount:/x options=defaults /etc/fstab:2 (files in /etc/systemd/system/x.mount.d change the unit that is "
		    "made from it)\n");
}

/* ---- the kubelet and cloud-init ---- */

static void the_kubelet_says_what_it_is_told(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/var/lib/kubelet/config.yaml",
		   "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nprotectKernelDefaults: true\n"
		   "evictionHard:\n  memory.available: 100Mi\nallowedUnsafeSysctls: [net.core.*, kernel.msg*]\n");
	begin(tree);
	assert_boot(tree, &probe_boot_node,
		    "wins kubelet.apiVersion=kubelet.config.k8s.io/v1beta1 /var/lib/kubelet/config.yaml:1\n"
		    "wins kubelet.kind=KubeletConfiguration /var/lib/kubelet/config.yaml:2\n"
		    "wins kubelet.protectKernelDefaults=true /var/lib/kubelet/config.yaml:3\n"
		    "wins kubelet.evictionHard.memory.available=100Mi /var/lib/kubelet/config.yaml:5\n"
		    "wins kubelet.allowedUnsafeSysctls=net.core.*,kernel.msg* /var/lib/kubelet/config.yaml:6\n");
	tree_write(tree, "/var/lib/kubelet/config.yaml", "kind: [\n");
	begin(tree);
	assert_boot(tree, &probe_boot_node,
		    "invalid = /var/lib/kubelet/config.yaml (it is not YAML as it is wanted here)\n");
}

static void cloud_init_is_named_and_not_believed(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/cloud/cloud.cfg.d/50-site.cfg",
		   "#cloud-config\nwrite_files:\n- path: /etc/sysctl.d/50-site.conf\n  content: |\n    # x\n    vm.swappiness = 10\n"
		   "- path: /etc/modprobe.d/a.conf\n  content: options loop max_loop=8\n- path: /root/x\n  content: y\n"
		   "runcmd:\n- [sysctl, -w, vm.dirty_ratio=5]\n- echo hello\nbootcmd:\n- modprobe tcp_bbr\n");
	begin(tree);
	assert_boot(tree, &probe_boot_node,
		    "unresolved vm.swappiness=10 /etc/cloud/cloud.cfg.d/50-site.cfg:4 (cloud-init writes /etc/sysctl.d/50-site.conf on "
		    "the first boot, and it counts from the next one on)\n"
		    "unresolved = /etc/cloud/cloud.cfg.d/50-site.cfg:7 (cloud-init writes /etc/modprobe.d/a.conf on the first boot, and "
		    "it counts from the next one on)\n"
		    "unresolved = /etc/cloud/cloud.cfg.d/50-site.cfg:15 (bootcmd of cloud-init runs a command, which may set "
		    "anything)\n"
		    "unresolved = /etc/cloud/cloud.cfg.d/50-site.cfg:12 (runcmd of cloud-init runs a command, which may set "
		    "anything)\n");
}

static void a_root_without_any_of_them_has_no_boot_lines(void **state)
{
	struct tree *tree = *state;

	begin(tree);
	assert_boot(tree, &probe_boot_module, "");
	assert_boot(tree, &probe_boot_tmpfiles, "");
	assert_boot(tree, &probe_boot_udev, "");
	assert_boot(tree, &probe_boot_cmdline, "");
	assert_boot(tree, &probe_boot_fstab, "");
	assert_boot(tree, &probe_boot_node, "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(modules_are_loaded_by_lists_and_get_the_last_option),
		TEST(a_hidden_list_is_masked_by_its_namesake),
		TEST(a_link_to_etc_modules_is_followed),
		TEST(a_module_that_is_built_in_reads_no_options),
		TEST(of_lines_for_one_path_the_first_is_carried_out),
		TEST(paths_become_the_keys_of_their_subjects),
		TEST(rules_are_tried_on_the_devices_that_were_captured),
		TEST(without_devices_the_pattern_of_their_name_is_kept),
		TEST(a_goto_jumps_over_what_it_is_certain_about),
		TEST(grub_boots_its_first_entry_unless_told),
		TEST(of_entries_that_could_be_booted_only_what_they_share_is_certain),
		TEST(without_grub_cfg_what_it_will_be_made_from_counts_and_says_so),
		TEST(what_only_a_shell_can_tell_is_not_known),
		TEST(an_entry_that_is_not_made_yet_takes_kernel_cmdline),
		TEST(a_grub_cfg_that_cannot_be_read_leaves_all_unknown),
		TEST(a_unified_kernel_image_holds_its_command_line),
		TEST(a_module_that_the_kernel_does_not_have_is_not_loaded),
		TEST(names_that_are_values_are_those_of_modules),
		TEST(a_rule_for_disks_that_are_not_there_is_ignored),
		TEST(lines_of_fstab_are_mounts_with_their_options),
		TEST(without_systemd_the_last_line_is_on_top),
		TEST(a_mount_is_named_as_the_kernel_shows_it),
		TEST(a_unit_of_the_administrators_takes_the_place_of_a_line),
		TEST(the_kubelet_says_what_it_is_told),
		TEST(cloud_init_is_named_and_not_believed),
		TEST(a_root_without_any_of_them_has_no_boot_lines),
	};

	return RUN_TESTS(tests);
}
