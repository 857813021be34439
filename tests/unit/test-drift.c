/* SPDX-License-Identifier: Apache-2.0 */
/* Drift of what is no sysctl: disks, modules, arguments of the kernel, mounts, units. */
#include "registry-world.h"

#include "../../advisor/audit.h"
#include "../../core/boot.h"
#include "../../core/strbuf.h"

#define TUNABLE "takes_effect: live, reversible: yes, summary: s, references: [x]"
static const char yaml_tunables[] =
	"block.scheduler: {kind: block-queue, type: enum, values: [none, mq-deadline, bfq], scope: device, reads_back: bracketed, "
	TUNABLE "}\n"
	"block.nr_requests: {kind: block-queue, type: integer, scope: device, reads_back: exact, " TUNABLE "}\n"
	"block.read_ahead_kb: {kind: block-queue, type: integer, unit: KiB, scope: device, reads_back: page-multiple, " TUNABLE "}\n"
	"thp.enabled: {kind: thp, type: enum, values: [always, madvise, never], scope: global, reads_back: bracketed, " TUNABLE "}\n";
static const char yaml_facts[] = "kernel.cmdline: {type: text, source: /proc/cmdline, summary: s}\n"
				 "platform.container: {type: text, source: x, summary: s}\n"
				 "manager.*: {type: text, source: x, summary: s}\n"
				 "mount.fstype: {type: text, source: x, summary: s}\n"
				 "mount.options: {type: text, source: x, summary: s}\n";
static const char yaml_metrics[] = "vmstat.x: {kind: counter, unit: count, source: x, meaning: x, references: [x]}\n";

static int setup(void **state)
{
	*state = world_new(yaml_tunables, yaml_facts, yaml_metrics);
	return 0;
}

struct setting_of {
	enum subject_kind kind;
	const char *name, *key, *raw;
};

struct drift_case {
	const char *expected;
	struct setting_of running[8];
	struct boot_line lines[6];
};

#define HOST(key_, raw_) { SUBJECT_KIND_HOST, "", key_, raw_ }
#define DISK(name_, key_, raw_) { SUBJECT_KIND_BLOCK, name_, key_, raw_ }
#define MOUNT(name_, fstype_, options_)                                                                                \
	{ SUBJECT_KIND_MOUNT, name_, "fstype", fstype_ }, { SUBJECT_KIND_MOUNT, name_, "options", options_ }

#define LINE(fate_, source_, kind_, subject_, key_, value_, path_, ...)                                                \
	{ .fate = fate_, .source = source_, .kind = kind_, .subject = subject_, .key = key_, .value = value_, .path = path_,      \
	  .line = 1, .text = "text", __VA_ARGS__ }
#define RULE(fate, disk, key, value, path, ...) LINE(fate, "udev", SUBJECT_KIND_BLOCK, disk, key, value, path, __VA_ARGS__)
#define OPTION(fate, key, value, path, ...) LINE(fate, "modprobe", SUBJECT_KIND_HOST, "", key, value, path, __VA_ARGS__)
#define LIST(fate_, name, ...)                                                                                          \
	{ .fate = fate_, .source = "modules-load", .kind = SUBJECT_KIND_HOST, .subject = "", .key = "module." name ".loaded",    \
	  .value = "true", .path = "/etc/modules-load.d/a.conf", .line = 1, .text = name, __VA_ARGS__ }
#define ARGUMENT(fate, key, value, ...)                                                                                \
	LINE(fate, "cmdline", SUBJECT_KIND_HOST, "", key, value, "/boot/grub/grub.cfg", __VA_ARGS__)
#define FSTAB(fate, target, key, value, ...) LINE(fate, "fstab", SUBJECT_KIND_MOUNT, target, key, value, "/etc/fstab", __VA_ARGS__)
#define FSTAB_LINE(target, fstype, options)                                                                            \
	FSTAB(BOOT_WINS, target, "fstype", fstype), FSTAB(BOOT_WINS, target, "options", options)

#define MINE "/etc/udev/rules.d/50-mine.rules"
#define VENDOR "/usr/lib/udev/rules.d/60-vendor.rules"

static void describe(const struct finding_list *findings, struct strbuf *out)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		if (finding->status == STATUS_SATISFIED)
			continue;
		strbuf_addf(out, "%s%s%s", out->len ? " " : "", finding->status == STATUS_UNMEASURED ? "?" : "", finding->id);
		if (finding->values && (finding->values->running || finding->values->boot))
			strbuf_addf(out, " (%s, %s)", finding->values->running ? finding->values->running : "-",
				    finding->values->boot ? finding->values->boot : "-");
	}
}

static struct snapshot *make_host(const struct drift_case *c)
{
	struct snapshot *snapshot = snapshot_new();
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();

	snapshot_set_string(snapshot, SUBJECT_HOST, "kernel.ostype", "Linux", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(c->running) && c->running[i].key; i++) {
		const struct setting_of *setting = &c->running[i];
		subject_id subject = setting->kind == SUBJECT_KIND_HOST ?
					     SUBJECT_HOST : snapshot_subject(snapshot, setting->kind, setting->name, "");

		snapshot_set_string(snapshot, subject, setting->key, setting->raw, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(c->lines) && c->lines[i].source; i++)
		assert_true(boot_add(boot, &c->lines[i]));
	boot_store(boot, snapshot, "test", NULL);
	return snapshot;
}

static void check(struct world *world, const struct drift_case *cases, size_t count)
{
	size_t failures = 0;

	for (size_t i = 0; i < count; i++) {
		CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
		CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
		CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(&cases[i]);
		CLEANUP(rulebook_free_ptr) struct rulebook *lines = NULL;
		struct policies *policies = policies_new(world->registry);
		struct audit_options options = { 0 };

		(void)policies_compile(policies, &world->diag, &lines);
		audit(lines, snapshot, &options, &findings);
		policies_free(policies);
		describe(&findings, &found);
		if (streq(found.buf, cases[i].expected))
			continue;
		print_error("case %zu: expected \"%s\", found \"%s\"\n", i, cases[i].expected, found.buf);
		failures++;
	}
	assert_int_equal(failures, 0);
}

/* ---- disks ---- */

static const struct drift_case disks[] = {
	{ "", { DISK("sda", "scheduler", "[none] mq-deadline bfq") },
	  { RULE(BOOT_WINS, "sda", "scheduler", "none", MINE) } },
	{ "lost-at-boot@sda scheduler (none mq-deadline [bfq], none)",
	  { DISK("sda", "scheduler", "none mq-deadline [bfq]") },
	  { RULE(BOOT_WINS, "sda", "scheduler", "none", MINE) } },
	/* TuneD sets it when the host has booted, now as then. */
	{ "", { DISK("sda", "scheduler", "none mq-deadline [bfq]"), HOST("manager.tuned", "running") },
	  { RULE(BOOT_WINS, "sda", "scheduler", "none", MINE) } },
	/* What the kernel makes something else of does not differ. */
	{ "", { DISK("sda", "read_ahead_kb", "4096") }, { RULE(BOOT_WINS, "sda", "read_ahead_kb", "4097", MINE) } },
	/* Neither does what was not captured. */
	{ "", { DISK("sda", "nr_requests", "64") }, { RULE(BOOT_WINS, "sda", "device/timeout", "60", MINE) } },
	/* A rule for one disk takes what a rule for all says: that is what it is for. */
	{ "", { DISK("sda", "nr_requests", "64") },
	  { RULE(BOOT_SHADOWED, "sda", "nr_requests", "32", MINE, .pattern = "sd*", .why = MINE ":2"),
	    RULE(BOOT_WINS, "sda", "nr_requests", "64", MINE) } },
	{ "shadowed-line@sda nr_requests (64, 64)",
	  { DISK("sda", "nr_requests", "64") },
	  { RULE(BOOT_SHADOWED, "sda", "nr_requests", "32", MINE, .why = MINE ":2"),
	    RULE(BOOT_WINS, "sda", "nr_requests", "64", MINE) } },
	{ "shadowed-by-vendor@sda scheduler (none mq-deadline [bfq], bfq)",
	  { DISK("sda", "scheduler", "none mq-deadline [bfq]") },
	  { RULE(BOOT_SHADOWED, "sda", "scheduler", "none", MINE, .pattern = "sd*", .why = VENDOR ":1"),
	    RULE(BOOT_WINS, "sda", "scheduler", "bfq", VENDOR, .pattern = "sd*") } },
	{ "", { DISK("sda", "scheduler", "[none] bfq") },
	  { RULE(BOOT_SHADOWED, "sda", "scheduler", "bfq", VENDOR, .pattern = "sd*", .why = MINE ":1"),
	    RULE(BOOT_WINS, "sda", "scheduler", "none", MINE) } },
	/* A file with one rule that fits is a file for many hosts. */
	{ "unmatched-rule@sd* scheduler",
	  { DISK("vda", "scheduler", "[none] bfq") },
	  { RULE(BOOT_IGNORED, "sd*", "scheduler", "none", MINE, .why = "no disk here has such a name") } },
	{ "", { DISK("vda", "scheduler", "[none] bfq") },
	  { RULE(BOOT_IGNORED, "sd*", "scheduler", "bfq", MINE, .why = "no disk here has such a name"),
	    RULE(BOOT_WINS, "vda", "scheduler", "none", MINE) } },
	/* What depends on something that was not captured. */
	{ "?unresolved-line@sda scheduler ([none] bfq, -)",
	  { DISK("sda", "scheduler", "[none] bfq") },
	  { RULE(BOOT_UNRESOLVED, "sda", "scheduler", "bfq", MINE, .why = "it depends on ENV{ID_BUS}") } },
	{ "", { DISK("sda", "scheduler", "[none] bfq") },
	  { RULE(BOOT_UNRESOLVED, "sda", "scheduler", "bfq", VENDOR, .why = "it depends on ENV{ID_BUS}") } },
	/* An image has rules and no disks. */
	{ "", { HOST("os.id", "debian") }, { RULE(BOOT_WINS, "sd*", "scheduler", "bfq", MINE, .pattern = "sd*") } },
	/* A container has neither. */
	{ "", { DISK("sda", "scheduler", "none [bfq]"), HOST("platform.container", "docker") },
	  { RULE(BOOT_WINS, "sda", "scheduler", "none", MINE) } },
};

static void disks_run_as_rules_have_them(void **state)
{
	check(*state, disks, ARRAY_SIZE(disks));
}

/* ---- files of /sys ---- */

#define THP "/sys/kernel/mm/transparent_hugepage/enabled"
#define WRITE(fate, key, value, ...) LINE(fate, "tmpfiles", SUBJECT_KIND_HOST, "", key, value, "/etc/tmpfiles.d/a.conf", __VA_ARGS__)

static const struct drift_case files[] = {
	{ "", { HOST("thp.enabled", "always [madvise] never") }, { WRITE(BOOT_WINS, THP, "madvise") } },
	{ "lost-at-boot@thp.enabled ([always] madvise never, madvise)",
	  { HOST("thp.enabled", "[always] madvise never") }, { WRITE(BOOT_WINS, THP, "madvise") } },
	{ "shadowed-line@thp.enabled (always [madvise] never, madvise)",
	  { HOST("thp.enabled", "always [madvise] never") },
	  { WRITE(BOOT_WINS, THP, "madvise"), WRITE(BOOT_SHADOWED, THP, "never", .why = "/etc/tmpfiles.d/a.conf:1") } },
	/* A file that nothing captured. */
	{ "", { HOST("os.id", "debian") }, { WRITE(BOOT_WINS, "/sys/power/pm_async", "0") } },
	{ "unknown-key@vm.swapiness (-, 5)", { HOST("os.id", "debian") }, { WRITE(BOOT_WINS, "vm.swapiness", "5") } },
	{ "", { HOST("os.id", "debian") }, { WRITE(BOOT_WINS, "vm.swapiness", "5", .optional = true) } },
};

static void files_of_sys_are_what_tmpfiles_writes(void **state)
{
	check(*state, files, ARRAY_SIZE(files));
}

/* ---- modules ---- */

#define MODPROBE "/etc/modprobe.d/a.conf"

static const struct drift_case modules[] = {
	{ "", { HOST("module.zswap.enabled", "Y") }, { OPTION(BOOT_WINS, "module.zswap.enabled", "1", MODPROBE) } },
	{ "lost-at-boot@module.zswap.enabled (N, 1)",
	  { HOST("module.zswap.enabled", "N") }, { OPTION(BOOT_WINS, "module.zswap.enabled", "1", MODPROBE) } },
	{ "lost-at-boot@module.kvm.halt_poll_ns (200000, 0)",
	  { HOST("module.kvm.halt_poll_ns", "200000") }, { OPTION(BOOT_WINS, "module.kvm.halt_poll_ns", "0", MODPROBE) } },
	{ "lost-at-boot@module.zswap.compressor (lzo, zstd)",
	  { HOST("module.zswap.compressor", "lzo") }, { OPTION(BOOT_WINS, "module.zswap.compressor", "zstd", MODPROBE) } },
	/* A list is not shown as it was written. */
	{ "", { HOST("module.nvme.io_queues", "4,4") }, { OPTION(BOOT_WINS, "module.nvme.io_queues", "0x4", MODPROBE) } },
	/* The module is not loaded, or its parameters cannot be read. */
	{ "", { HOST("os.id", "debian") }, { OPTION(BOOT_WINS, "module.zswap.enabled", "1", MODPROBE) } },
	/* The command line comes after files. */
	{ "", { HOST("module.zswap.enabled", "N"), HOST("kernel.cmdline", "ro zswap.enabled=0") },
	  { OPTION(BOOT_WINS, "module.zswap.enabled", "1", MODPROBE) } },
	{ "built-in-module@module.zswap.enabled (N, N)",
	  { HOST("module.zswap.enabled", "N") },
	  { OPTION(BOOT_IGNORED, "module.zswap.enabled", "1", MODPROBE, .why = "the module is built into the kernel") } },
	{ "built-in-module@module.loop.max_loop", { HOST("os.id", "debian") },
	  { OPTION(BOOT_IGNORED, "module.loop.max_loop", "8", MODPROBE, .why = "the module is built into the kernel") } },
	/* It has what it was to get; and what packages say is for many kernels. */
	{ "", { HOST("module.zswap.enabled", "Y") },
	  { OPTION(BOOT_IGNORED, "module.zswap.enabled", "1", MODPROBE, .why = "the module is built into the kernel") } },
	{ "", { HOST("os.id", "debian") },
	  { OPTION(BOOT_IGNORED, "module.bonding.max_bonds", "0", "/usr/lib/modprobe.d/systemd.conf", .why = "built in") } },
	{ "shadowed-line@module.zswap.enabled (Y, Y)",
	  { HOST("module.zswap.enabled", "Y") },
	  { OPTION(BOOT_SHADOWED, "module.zswap.enabled", "N", MODPROBE, .why = MODPROBE ":2"),
	    OPTION(BOOT_WINS, "module.zswap.enabled", "Y", MODPROBE) } },
	{ "", { HOST("os.id", "debian") }, { LIST(BOOT_WINS, "loop") } },
	{ "module-not-loaded@module.lp.loaded", { HOST("os.id", "debian") },
	  { LIST(BOOT_IGNORED, "lp", .why = "the kernel that is installed has no such module") } },
	{ "module-not-loaded@module.dccp.loaded", { HOST("os.id", "debian") },
	  { LIST(BOOT_WINS, "dccp"),
	    OPTION(BOOT_UNRESOLVED, "module.dccp.loaded", "/bin/false", MODPROBE, .why = "a command runs") } },
	{ "module-not-loaded@module.dccp.loaded (-, true)", { HOST("os.id", "debian") },
	  { LIST(BOOT_WINS, "dccp"), OPTION(BOOT_WINS, "module.dccp.blacklist", "true", MODPROBE) } },
	/* What another module needs is loaded although it is denied. */
	{ "", { HOST("os.id", "debian") },
	  { LINE(BOOT_WINS, "modules-load", SUBJECT_KIND_HOST, "", "module.dccp.loaded", "true", "/etc/modules-load.d/a.conf"),
	    OPTION(BOOT_WINS, "module.dccp.blacklist", "true", MODPROBE) } },
	/* A command may load it after all; and what nobody wants to load may be forbidden. */
	{ "", { HOST("os.id", "debian") },
	  { LIST(BOOT_WINS, "dccp"),
	    OPTION(BOOT_UNRESOLVED, "module.dccp.loaded", "/sbin/modprobe -i dccp", MODPROBE, .why = "a command runs") } },
	{ "", { HOST("os.id", "debian") },
	  { OPTION(BOOT_UNRESOLVED, "module.dccp.loaded", "/bin/false", MODPROBE, .why = "a command runs"),
	    OPTION(BOOT_WINS, "module.dccp.blacklist", "true", MODPROBE) } },
};

static void modules_have_the_options_that_they_are_given(void **state)
{
	check(*state, modules, ARRAY_SIZE(modules));
}

/* ---- arguments of the kernel ---- */

static const struct drift_case arguments[] = {
	{ "", { HOST("kernel.cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=1 ro quiet psi=1") },
	  { ARGUMENT(BOOT_WINS, "cmdline.root", "UUID=1"), ARGUMENT(BOOT_WINS, "cmdline.ro", ""),
	    ARGUMENT(BOOT_WINS, "cmdline.psi", "1") } },
	{ "lost-at-boot@cmdline.psi (0, 1)", { HOST("kernel.cmdline", "ro psi=0") },
	  { ARGUMENT(BOOT_WINS, "cmdline.ro", ""), ARGUMENT(BOOT_WINS, "cmdline.psi", "1") } },
	{ "lost-at-boot@cmdline.nosmt (absent, given)", { HOST("kernel.cmdline", "ro") },
	  { ARGUMENT(BOOT_WINS, "cmdline.ro", ""), ARGUMENT(BOOT_WINS, "cmdline.nosmt", "") } },
	{ "runtime-only@cmdline.mitigations (off, absent)", { HOST("kernel.cmdline", "ro mitigations=off -- debug") },
	  { ARGUMENT(BOOT_WINS, "cmdline.ro", "") } },
	/* The last one counts, here as there. */
	{ "", { HOST("kernel.cmdline", "psi=0 psi=1") },
	  { ARGUMENT(BOOT_SHADOWED, "cmdline.psi", "0", .why = "/boot/grub/grub.cfg:1"), ARGUMENT(BOOT_WINS, "cmdline.psi", "1") } },
	/* Which disk is booted, and what nobody knows the next boot of. */
	{ "", { HOST("kernel.cmdline", "root=/dev/vda1 console=ttyS0 systemd.show_status=1 rd.break ostree=/a") },
	  { ARGUMENT(BOOT_WINS, "cmdline.root", "UUID=1") } },
	{ "", { HOST("kernel.cmdline", "ro mitigations=off") },
	  { ARGUMENT(BOOT_WINS, "cmdline.ro", ""), ARGUMENT(BOOT_UNRESOLVED, "cmdline.psi", "1", .why = "not every entry has it") } },
	{ "", { HOST("kernel.cmdline", "ro mitigations=off") },
	  { ARGUMENT(BOOT_WINS, "cmdline.quiet", "", .why = "grub.cfg is not there yet") } },
	{ "", { HOST("kernel.cmdline", "ro mitigations=off") }, { OPTION(BOOT_WINS, "module.a.b", "1", MODPROBE) } },
	{ "", { HOST("os.id", "debian") }, { ARGUMENT(BOOT_WINS, "cmdline.psi", "1") } },
};

static void arguments_of_this_boot_are_those_of_the_next(void **state)
{
	check(*state, arguments, ARRAY_SIZE(arguments));
}

/* ---- mounts ---- */

#define ROOT MOUNT("/", "ext4", "rw,relatime,errors=remount-ro")

static const struct drift_case mounts[] = {
	{ "", { ROOT }, { FSTAB_LINE("/", "ext4", "errors=remount-ro") } },
	{ "", { ROOT, MOUNT("/srv", "xfs", "rw,nosuid,nodev,noexec,noatime,attr2,inode64,logbufs=8,noquota") },
	  { FSTAB_LINE("/srv", "xfs", "noatime,user") } },
	{ "lost-at-boot@/srv options (relatime, noatime)", { ROOT, MOUNT("/srv", "ext4", "rw,relatime") },
	  { FSTAB_LINE("/srv", "ext4", "defaults,noatime") } },
	{ "lost-at-boot@/srv options (noexec,noatime, exec,relatime)", { ROOT, MOUNT("/srv", "ext4", "rw,noexec,noatime") },
	  { FSTAB_LINE("/srv", "ext4", "defaults") } },
	{ "lost-at-boot@/srv options (ro, rw)", { ROOT, MOUNT("/srv", "ext4", "ro,relatime") },
	  { FSTAB_LINE("/srv", "ext4", "defaults,errors=remount-ro") } },
	/* The last of two counts, and "user" forbids what "exec" allows again. */
	{ "", { ROOT, MOUNT("/srv", "ext4", "rw,nosuid,nodev,noatime") },
	  { FSTAB_LINE("/srv", "ext4", "user,exec,relatime,noatime") } },
	{ "", { ROOT, MOUNT("/srv", "ext4", "rw") }, { FSTAB_LINE("/srv", "ext4", "strictatime,x-systemd.growfs,nofail,_netdev") } },
	/* The root keeps what the initramfs mounted it with, and a bind mount what its origin has. */
	{ "", { MOUNT("/", "ext4", "rw,noatime") }, { FSTAB_LINE("/", "ext4", "defaults") } },
	{ "lost-at-boot@/ options (ro, rw)", { MOUNT("/", "ext4", "ro,noatime") }, { FSTAB_LINE("/", "ext4", "defaults") } },
	{ "", { ROOT, MOUNT("/jail", "ext4", "rw,noexec,noatime") }, { FSTAB_LINE("/jail", "none", "bind") } },
	{ "lost-at-boot@/jail options (rw, ro)", { ROOT, MOUNT("/jail", "ext4", "rw,relatime") },
	  { FSTAB_LINE("/jail", "none", "bind,ro") } },
	/* A disc is read-only, and a file system of another kind sets flags by itself. */
	{ "", { ROOT, MOUNT("/cd", "iso9660", "ro,relatime") }, { FSTAB_LINE("/cd", "iso9660", "defaults") } },
	{ "", { ROOT, MOUNT("/x", "fuse.sshfs", "rw,nosuid,nodev,relatime") }, { FSTAB_LINE("/x", "fuse.sshfs", "defaults") } },
	/* Options with values, as far as the kernel shows them. */
	{ "lost-at-boot@/srv options (commit=5, commit=30)", { ROOT, MOUNT("/srv", "ext4", "rw,relatime") },
	  { FSTAB_LINE("/srv", "ext4", "commit=30") } },
	{ "", { ROOT, MOUNT("/srv", "ext4", "rw,relatime,commit=30") }, { FSTAB_LINE("/srv", "ext4", "commit=30,data=ordered") } },
	{ "lost-at-boot@/srv options (no discard, discard)", { ROOT, MOUNT("/srv", "ext4", "rw,relatime") },
	  { FSTAB_LINE("/srv", "ext4", "discard") } },
	{ "", { ROOT, MOUNT("/srv", "btrfs", "rw,relatime,ssd,discard=async,subvol=/a") },
	  { FSTAB_LINE("/srv", "btrfs", "discard,subvol=a") } },
	{ "", { ROOT, MOUNT("/tmp", "tmpfs", "rw,relatime,size=2097152k") }, { FSTAB_LINE("/tmp", "tmpfs", "size=2g") } },
	{ "lost-at-boot@/tmp options (size=1048576k, size=2g)", { ROOT, MOUNT("/tmp", "tmpfs", "rw,relatime,size=1048576k") },
	  { FSTAB_LINE("/tmp", "tmpfs", "size=2g") } },
	{ "", { ROOT, MOUNT("/tmp", "tmpfs", "rw,relatime,size=1048576k") }, { FSTAB_LINE("/tmp", "tmpfs", "size=50%") } },
	/* Another file system stands there. */
	{ "", { ROOT, MOUNT("/srv", "tmpfs", "ro") }, { FSTAB_LINE("/srv", "ext4", "defaults") } },
	/* Nothing does. */
	{ "not-mounted@/srv options (not mounted, defaults)", { ROOT }, { FSTAB_LINE("/srv", "ext4", "defaults") } },
	{ "", { ROOT },
	  { FSTAB(BOOT_WINS, "/srv", "fstype", "ext4"), FSTAB(BOOT_WINS, "/srv", "options", "nofail", .optional = true) } },
	{ "", { ROOT }, { FSTAB(BOOT_IGNORED, "/srv", "options", "noauto", .why = "noauto") } },
	{ "", { ROOT }, { FSTAB_LINE("/srv", "nfs", "noauto,x-systemd.automount") } },
	{ "", { ROOT }, { FSTAB_LINE("/proc", "proc", "defaults") } },
	/* No mount was captured at all, as in an image. */
	{ "", { HOST("os.id", "debian") }, { FSTAB_LINE("/srv", "ext4", "defaults") } },
	/* Two lines, one directory. */
	{ "shadowed-line@/srv options (rw,noatime, noatime)", { ROOT, MOUNT("/srv", "ext4", "rw,noatime") },
	  { FSTAB_LINE("/srv", "ext4", "noatime"), FSTAB(BOOT_SHADOWED, "/srv", "options", "ro", .why = "/etc/fstab:1") } },
	{ "", { MOUNT("/", "overlay", "ro"), HOST("platform.container", "docker") }, { FSTAB_LINE("/srv", "ext4", "defaults") } },
};

static void mounts_have_the_options_of_their_line(void **state)
{
	check(*state, mounts, ARRAY_SIZE(mounts));
}

/* ---- units and limits ---- */

#define UNIT(key_, raw_) { SUBJECT_KIND_UNIT, "db.service", key_, raw_ }
#define PROPERTY(fate, key, value, path, ...) LINE(fate, "systemd", SUBJECT_KIND_UNIT, "db.service", key, value, path, __VA_ARGS__)
#define LIMIT(fate, key, value, path, ...) LINE(fate, "limits", SUBJECT_KIND_HOST, "", key, value, path, __VA_ARGS__)
#define FRAGMENT "/etc/systemd/system/db.service"
#define DROP_IN "/etc/systemd/system/db.service.d/50-a.conf"
#define DROP_IN_2 "/etc/systemd/system/db.service.d/60-b.conf"

static const struct drift_case units[] = {
	{ "", { UNIT("TasksMax", "100") }, { PROPERTY(BOOT_WINS, "TasksMax", "100", DROP_IN) } },
	{ "lost-at-boot@db.service TasksMax (200, 100)",
	  { UNIT("TasksMax", "200") }, { PROPERTY(BOOT_WINS, "TasksMax", "100", DROP_IN) } },
	{ "lost-at-boot@db.service LimitNOFILE (infinity, 8192)",
	  { UNIT("LimitNOFILE", "infinity") }, { PROPERTY(BOOT_WINS, "LimitNOFILE", "8192", DROP_IN) } },
	/* A share of the machine, one that takes back, a size rounded to pages, a unit that does not run. */
	{ "", { UNIT("TasksMax", "200") }, { PROPERTY(BOOT_WINS, "TasksMax", "50%", DROP_IN) } },
	{ "", { UNIT("TasksMax", "200") }, { PROPERTY(BOOT_WINS, "TasksMax", "", DROP_IN) } },
	{ "", { UNIT("MemoryMax", "1048576000") }, { PROPERTY(BOOT_WINS, "MemoryMax", "1048576100", DROP_IN) } },
	{ "", { HOST("os.id", "debian") }, { PROPERTY(BOOT_WINS, "MemoryMax", "1048576100", DROP_IN) } },
	/* A drop-in is there to change a unit file; of two drop-ins one does nothing. */
	{ "", { UNIT("TasksMax", "100") },
	  { PROPERTY(BOOT_SHADOWED, "TasksMax", "50", FRAGMENT, .why = DROP_IN ":1"), PROPERTY(BOOT_WINS, "TasksMax", "100", DROP_IN) } },
	{ "shadowed-line@db.service TasksMax (100, 100)", { UNIT("TasksMax", "100") },
	  { PROPERTY(BOOT_SHADOWED, "TasksMax", "50", DROP_IN, .why = DROP_IN_2 ":1"),
	    PROPERTY(BOOT_WINS, "TasksMax", "100", DROP_IN_2) } },
	{ "invalid-line@db.service TasksMax (100, 100)", { UNIT("TasksMax", "100") },
	  { PROPERTY(BOOT_INVALID, "TasksMax", "lots", DROP_IN, .why = "a value that systemd ignores") } },
	/* limits.conf is for sessions to come: only its lines are compared. */
	{ "", { HOST("limits.conf.*.soft.nofile", "1024") },
	  { LIMIT(BOOT_WINS, "limits.conf.*.soft.nofile", "4096", "/etc/security/limits.conf") } },
	{ "shadowed-line@limits.conf.*.soft.nproc (4096, 4096)", { HOST("limits.conf.*.soft.nproc", "4096") },
	  { LIMIT(BOOT_SHADOWED, "limits.conf.*.soft.nproc", "65536", "/etc/security/limits.conf", .why = "20-nproc.conf:1"),
	    LIMIT(BOOT_WINS, "limits.conf.*.soft.nproc", "4096", "/etc/security/limits.d/20-nproc.conf") } },
	{ "", { UNIT("TasksMax", "200"), HOST("platform.container", "docker") }, { PROPERTY(BOOT_WINS, "TasksMax", "100", DROP_IN) } },
};

static void units_run_with_what_their_files_say(void **state)
{
	check(*state, units, ARRAY_SIZE(units));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(disks_run_as_rules_have_them),
		TEST(files_of_sys_are_what_tmpfiles_writes),
		TEST(modules_have_the_options_that_they_are_given),
		TEST(arguments_of_this_boot_are_those_of_the_next),
		TEST(mounts_have_the_options_of_their_line),
		TEST(units_run_with_what_their_files_say),
	};

	return RUN_TESTS(tests);
}
