/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is when a host has booted, from the lines of its files: refused values, keys that move each other, keys that are
 * not there.  Each case is what a guest showed after it had booted. */
#include "registry-world.h"

#include "../../advisor/audit-making.h"

#define SYSCTL "kind: sysctl, scope: global, takes_effect: live, reversible: yes, summary: s, references: [x]"
static const char yaml_tunables[] =
	"vm.swappiness: {" SYSCTL ", type: integer, range: 0..200, default: 60}\n"
	"vm.dirty_ratio: {" SYSCTL ", type: integer, range: 0..100, default: 20}\n"
	"vm.dirty_bytes: {" SYSCTL ", type: integer, range: 8192.., default: 0}\n"
	"vm.new: {" SYSCTL ", type: integer, default: [{since: \"6.5\", value: 2}]}\n"
	"vm.gone: {" SYSCTL ", type: integer, default: 0, obsolete: removed in 6.0}\n"
	"vm.nr_hugepages: {" SYSCTL ", type: integer, default: 0}\n"
	"kernel.panic: {" SYSCTL ", type: integer, default: 0}\n"
	"net.unix.max_dgram_qlen: {" SYSCTL ", type: integer, default: 10}\n"
	"net.core.default_qdisc: {" SYSCTL ", type: text, default: pfifo_fast unless something}\n"
	"net.ipv4.tcp_congestion_control: {" SYSCTL ", type: text, default: cubic}\n"
	"net.ipv4.ip_forward: {" SYSCTL ", type: bool, default: 0}\n"
	"net.ipv4.conf.*.rp_filter: {" SYSCTL ", type: integer, default: 0}\n"
	"net.ipv4.conf.*.accept_redirects: {" SYSCTL ", type: integer, default: 1}\n"
	"net.ipv4.neigh.*.gc_stale_time: {" SYSCTL ", type: integer, default: 60}\n"
	"net.ipv6.conf.*.disable_ipv6: {" SYSCTL ", type: bool, default: 0}\n"
	"net.netfilter.nf_conntrack_max: {" SYSCTL ", type: integer, default: 1000, module: nf_conntrack}\n"
	"thp.enabled: {kind: thp, type: enum, values: [always, madvise, never], default: as built, scope: global, takes_effect: live,\n"
	"  reversible: yes, summary: s, references: [x], path: /sys/kernel/mm/transparent_hugepage/enabled}\n";
static const char yaml_metrics[] = "vmstat.x: {kind: counter, unit: count, source: x, meaning: x, references: [x]}\n";

static int setup(void **state)
{
	*state = world_new(yaml_tunables, NULL, yaml_metrics);
	return 0;
}

#define LINE(source_, loader_, key_, value_, ...)                                                                     \
	{ .source = source_, .loader = loader_, .key = key_, .value = value_, .path = "/etc/" source_, .line = 1,               \
	  .text = key_, .fate = BOOT_WINS, __VA_ARGS__ }
#define SETS(key_, value_) LINE("sysctl", BOOT_SYSTEMD, key_, value_)
#define ARGUMENT(key_, value_) LINE("cmdline", BOOT_KERNEL, key_, value_)
#define CMDLINE(name_, value_) LINE("cmdline", "", "cmdline." name_, value_)
#define LOADS(module_) LINE("modules-load", "", "module." module_ ".loaded", "true")

#define ARGUMENTS_OF_MODULE CMDLINE("dummy.numdummies", "3")
#define MOUNT(target_, options_, text_)                                                                               \
	{ .source = "fstab", .loader = "", .kind = SUBJECT_KIND_MOUNT, .subject = target_, .key = "options", .value = options_,   \
	  .path = "/etc/fstab", .line = 1, .text = text_, .fate = BOOT_WINS }
#define SRV(type_, options_) MOUNT("/srv", options_, "LABEL=srv /srv " type_ " " options_)
#define RULE(source_, subject_, key_, value_, ...)                                                                    \
	{ .source = source_, .loader = "", .kind = SUBJECT_KIND_BLOCK, .subject = subject_, .key = key_, .value = value_,         \
	  .path = "/etc/" source_, .line = 1, .text = key_, __VA_ARGS__ }
#define DISK(source_, subject_, key_, value_) RULE(source_, subject_, key_, value_, .fate = BOOT_WINS)
#define UNIT(key_, value_)                                                                                            \
	{ .source = "systemd", .loader = "", .kind = SUBJECT_KIND_UNIT, .subject = "a.service", .key = key_, .value = value_,     \
	  .path = "/etc/a.service", .line = 1, .text = key_, .fate = BOOT_WINS }

static const struct value_case {
	const char *key;		/* of the host, or "KIND NAME KEY" */
	const char *expected;		/* "?" and a part of the reason where it is not known; "" where nothing is said */
	const char *settings[3][2];
	struct boot_line lines[4];
} value_cases[] = {
	{ "vm.swappiness", "60", .lines = { { 0 } } },
	{ "vm.swappiness", "10", .lines = { SETS("vm.swappiness", "10") } },
	/* The kernel sets it before systemd, and what systemd writes is refused. */
	{ "vm.swappiness", "33", .lines = { ARGUMENT("vm.swappiness", "33") } },
	{ "vm.swappiness", "10", .lines = { ARGUMENT("vm.swappiness", "33"), SETS("vm.swappiness", "10") } },
	{ "vm.swappiness", "33", .lines = { ARGUMENT("vm.swappiness", "33"), SETS("vm.swappiness", "500") } },
	{ "vm.swappiness", "60", .lines = { SETS("vm.swappiness", "500") } },
	{ "vm.swappiness", "60", .lines = { SETS("vm.swappiness", "ten") } },
	/* A pair of which writing one makes the other 0: the last one counts, and a refused write does nothing. */
	{ "vm.dirty_ratio", "0", .lines = { SETS("vm.dirty_ratio", "40"), SETS("vm.dirty_bytes", "104857600") } },
	{ "vm.dirty_bytes", "104857600", .lines = { SETS("vm.dirty_ratio", "40"), SETS("vm.dirty_bytes", "104857600") } },
	{ "vm.dirty_ratio", "40", .lines = { SETS("vm.dirty_bytes", "104857600"), SETS("vm.dirty_ratio", "40") } },
	{ "vm.dirty_bytes", "0", .lines = { SETS("vm.dirty_bytes", "104857600"), SETS("vm.dirty_ratio", "40") } },
	{ "vm.dirty_ratio", "0", .lines = { SETS("vm.dirty_bytes", "104857600") } },
	{ "vm.dirty_ratio", "40", .lines = { SETS("vm.dirty_ratio", "40"), SETS("vm.dirty_bytes", "0") } },
	{ "vm.dirty_ratio", "40", .lines = { ARGUMENT("vm.dirty_bytes", "104857600"), SETS("vm.dirty_ratio", "40") } },
	{ "vm.dirty_ratio", "?comes last is not fixed",
	  .lines = { SETS("vm.dirty_ratio", "40"), LINE("tmpfiles", "", "vm.dirty_bytes", "104857600") } },
	{ "net.ipv6.conf.default.disable_ipv6", "1", .lines = { SETS("net.ipv6.conf.all.disable_ipv6", "1") } },
	{ "net.ipv6.conf.default.disable_ipv6", "0",
	  .lines = { SETS("net.ipv6.conf.all.disable_ipv6", "1"), SETS("net.ipv6.conf.default.disable_ipv6", "0") } },
	{ "net.ipv4.conf.all.accept_redirects", "0",
	  .lines = { SETS("net.ipv4.conf.all.accept_redirects", "1"), SETS("net.ipv4.ip_forward", "1") } },
	{ "net.ipv4.conf.all.accept_redirects", "1", .lines = { SETS("net.ipv4.ip_forward", "0") } },
	/* Names of modules. */
	{ "net.core.default_qdisc", "fq", { { "modules.values", "sch_fq tcp_bbr" } }, { SETS("net.core.default_qdisc", "fq") } },
	{ "net.core.default_qdisc", "?depends on how it was built", { { "modules.values", "sch_fq tcp_bbr" } },
	  { SETS("net.core.default_qdisc", "nothing") } },
	{ "net.core.default_qdisc", "pfifo", { { "modules.values", "sch_fq" } }, { SETS("net.core.default_qdisc", "pfifo") } },
	{ "net.core.default_qdisc", "nothing", .lines = { SETS("net.core.default_qdisc", "nothing") } },
	{ "net.ipv4.tcp_congestion_control", "?", { { "modules.values", "tcp_bbr" } },
	  { SETS("net.ipv4.tcp_congestion_control", "fq") } },
	/* Keys that may not be there. */
	{ "net.netfilter.nf_conntrack_max", "?module nf_conntrack", .lines = { SETS("net.netfilter.nf_conntrack_max", "5") } },
	{ "net.netfilter.nf_conntrack_max", "5",
	  .lines = { LOADS("nf_conntrack"), SETS("net.netfilter.nf_conntrack_max", "5") } },
	{ "net.netfilter.nf_conntrack_max", "5", { { "modules.builtin", "ext4 nf_conntrack" } },
	  { SETS("net.netfilter.nf_conntrack_max", "5") } },
	{ "vm.nothing_here", "?whether the kernel", .lines = { SETS("vm.nothing_here", "5") } },
	{ "vm.nothing_here", "5", { { "kernel.ostype", "Linux" } }, { SETS("vm.nothing_here", "5") } },
	{ "net.ipv4.conf.eth0.rp_filter", "?such an interface", .lines = { SETS("net.ipv4.conf.eth0.rp_filter", "1") } },
	{ "net.ipv4.conf.lo.rp_filter", "1", .lines = { SETS("net.ipv4.conf.lo.rp_filter", "1") } },
	/* The kernel's own. */
	{ "vm.new", "2", { { "modules.release", "6.5.0-1-amd64" } }, { { 0 } } },
	{ "vm.new", "?", { { "modules.release", "6.1.0-1-amd64" } }, { { 0 } } },
	{ "vm.gone", "", .lines = { { 0 } } },
	{ "net.unix.max_dgram_qlen", "?systemd sets it", .lines = { { 0 } } },
	{ "kernel.panic", "-1", .lines = { CMDLINE("quiet", ""), CMDLINE("panic", "-1") } },
	{ "kernel.panic", "5", .lines = { CMDLINE("panic", "-1"), SETS("kernel.panic", "5") } },
	{ "vm.nr_hugepages", "?hugepages=", .lines = { CMDLINE("hugepages", "16") } },
	{ "thp.enabled", "never", .lines = { CMDLINE("transparent_hugepage", "never") } },
	{ "thp.enabled", "madvise",
	  .lines = { CMDLINE("transparent_hugepage", "never"),
		     LINE("tmpfiles", "", "/sys/kernel/mm/transparent_hugepage/enabled", "madvise") } },
	{ "vm.nr_hugepages", "?which of the two comes last",
	  .lines = { LINE("tmpfiles", "", "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "4") } },
	/* Modules: options reach those that are loaded, the command line has the last word, and blacklisted ones stay away. */
	{ "module.dummy.numdummies", "2", .lines = { LOADS("dummy"), LINE("modprobe", "", "module.dummy.numdummies", "2") } },
	{ "module.dummy.numdummies", "?nothing loads", .lines = { LINE("modprobe", "", "module.dummy.numdummies", "2") } },
	{ "module.dummy.numdummies", "3",
	  .lines = { LOADS("dummy"), LINE("modprobe", "", "module.dummy.numdummies", "2"), ARGUMENTS_OF_MODULE } },
	{ "module.dummy.numdummies", "3", { { "modules.builtin", "dummy" } }, { ARGUMENTS_OF_MODULE } },
	{ "module.dummy.loaded", "true", .lines = { LOADS("dummy") } },
	{ "module.dummy.loaded", "?blacklisted", .lines = { LOADS("dummy"), LINE("modprobe", "", "module.dummy.blacklist", "true") } },
	/* Disks: the last line of a source for their name or a pattern of it; two sources have no order. */
	{ "block vda read_ahead_kb", "256",
	  .lines = { DISK("udev", "vda", "read_ahead_kb", "1024"), DISK("udev", "vd[a-z]", "read_ahead_kb", "256") } },
	{ "block sda read_ahead_kb", "", .lines = { DISK("udev", "vd[a-z]", "read_ahead_kb", "256") } },
	{ "block vda read_ahead_kb", "?comes last",
	  .lines = { DISK("udev", "vda", "read_ahead_kb", "256"), DISK("tmpfiles", "vda", "read_ahead_kb", "512") } },
	{ "block vda rq_affinity", "?it depends on",
	  .lines = { DISK("udev", "vda", "rq_affinity", "2"),
		     RULE("udev", "vd*", "rq_affinity", "1", .fate = BOOT_UNRESOLVED, .why = "it depends on ATTR{x}") } },
	{ "block vda scheduler", "?no module bfq", { { "modules.values", "mq_deadline" } }, { DISK("udev", "vda", "scheduler", "bfq") } },
	{ "block vda scheduler", "mq-deadline", { { "modules.values", "mq_deadline" } },
	  { DISK("udev", "vda", "scheduler", "mq-deadline") } },
	{ "block vda scheduler", "kyber", { { "modules.values", "kyber_iosched" } }, { DISK("udev", "vda", "scheduler", "kyber") } },
	{ "block vda nr_requests", "?how much of it the device takes", .lines = { DISK("udev", "vda", "nr_requests", "64") } },
	{ "block vda nr_requests", "?begins with settings of its own",
	  .lines = { DISK("udev", "vda", "nr_requests", "64"), DISK("udev", "vda", "scheduler", "none") } },
	/* Mounts, as the kernel shows them. */
	{ "mount /srv options.noatime", "true", .lines = { SRV("ext4", "noatime,relatime") } },
	{ "mount /srv options.relatime", "false", .lines = { SRV("ext4", "noatime,relatime") } },
	{ "mount /srv options.relatime", "true", .lines = { SRV("ext4", "noatime,atime") } },
	{ "mount /srv options.strictatime", "true", .lines = { SRV("ext4", "noatime,strictatime") } },
	{ "mount /srv options.noatime", "false", .lines = { SRV("ext4", "noatime,strictatime") } },
	{ "mount /srv options.ro", "false", .lines = { SRV("ext4", "ro,defaults") } },
	{ "mount /srv options.ro", "true", .lines = { SRV("ext4", "defaults,ro") } },
	{ "mount /srv options.lazytime", "true", .lines = { SRV("ext4", "lazytime") } },
	{ "mount /srv options.commit", "17", .lines = { SRV("ext4", "commit=5,commit=17") } },
	{ "mount /srv options.commit", "", .lines = { SRV("ext4", "commit=5") } },
	{ "mount /srv options.nobarrier", "true", .lines = { SRV("ext4", "barrier=0") } },
	{ "mount /srv options.nobarrier", "", .lines = { SRV("ext4", "nobarrier,barrier=1") } },
	{ "mount /srv options.size", "8192k", .lines = { SRV("tmpfs", "size=8M") } },
	{ "mount /srv options.size", "", .lines = { SRV("tmpfs", "size=10%") } },
	{ "mount /srv options.nr_inodes", "1024", .lines = { SRV("tmpfs", "nr_inodes=1k") } },
	{ "mount /srv options.ro", "?its device is there", .lines = { SRV("ext4", "nofail") } },
	{ "mount /srv options.ro", "false", .lines = { SRV("tmpfs", "nofail") } },
	{ "mount /srv options.ro", "?first looks into it", .lines = { SRV("ext4", "noauto,x-systemd.automount") } },
	{ "mount /srv options.ro", "?another directory", .lines = { SRV("none", "bind,ro") } },
	{ "mount /dev/shm options.strictatime", "true",
	  .lines = { MOUNT("/dev/shm", "size=16m", "tmpfs /dev/shm tmpfs size=16m") } },
	{ "mount /dev/shm options.strictatime", "false",
	  .lines = { MOUNT("/dev/shm", "noatime", "tmpfs /dev/shm tmpfs noatime") } },
	{ "mount / options.noatime", "?refuses", .lines = { MOUNT("/", "noatime,data=writeback", "/dev/sda / ext4 noatime") } },
	{ "mount / options.ro", "false", .lines = { CMDLINE("root", "/dev/sda1"), CMDLINE("rw", "") } },
	{ "mount / options.ro", "true", .lines = { CMDLINE("root", "/dev/sda1"), CMDLINE("rw", ""), CMDLINE("ro", "") } },
	{ "mount / options.ro", "true", .lines = { CMDLINE("root", "/dev/sda1") } },
	{ "mount / options.ro", "", .lines = { CMDLINE("rw", "") } },
	{ "mount / options.ro", "false",
	  .lines = { CMDLINE("root", "/dev/sda1"), CMDLINE("ro", ""), MOUNT("/", "noatime", "/dev/sda1 / ext4 noatime") } },
	/* Units. */
	{ "unit a.service TasksMax", "50", .lines = { UNIT("TasksMax", "50") } },
	{ "unit a.service MemoryMax", "?a share", .lines = { UNIT("MemoryMax", "50%") } },
};

/* "block vda scheduler" */
static struct subject subject_of(const char *text, struct arena *arena, const char **ret_key)
{
	const char *name = strchr(text, ' '), *key = name ? strchr(name + 1, ' ') : NULL;
	struct subject about = { .kind = SUBJECT_KIND_HOST, .name = "" };

	*ret_key = key ? key + 1 : text;
	if (!key)
		return about;
	assert_int_equal(0, subject_kind_parse(arena_strndup(arena, text, (size_t)(name - text)), &about.kind));
	about.name = arena_strndup(arena, name + 1, (size_t)(key - name - 1));
	return about;
}

static struct snapshot *make_snapshot(const struct value_case *c)
{
	struct snapshot *snapshot = snapshot_new();
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();

	for (size_t i = 0; i < ARRAY_SIZE(c->settings) && c->settings[i][0]; i++)
		snapshot_set_string(snapshot, SUBJECT_HOST, c->settings[i][0], c->settings[i][1], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(c->lines) && c->lines[i].source; i++)
		assert_true(boot_add(boot, &c->lines[i]));
	boot_store(boot, snapshot, "test", NULL);
	return snapshot;
}

static void values_after_boot_are_those_that_guests_had(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(value_cases); i++) {
		const struct value_case *c = &value_cases[i];
		CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_snapshot(c);
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		struct auditing auditing = { .registry = world->registry, .snapshot = snapshot };
		struct expectation expectation;
		const char *found, *key;
		struct subject about = subject_of(c->key, &arena, &key);

		boot_state_make(&auditing);
		expectation = boot_expect(&auditing, &about, key, &arena);
		found = expectation.value ? expectation.value : expectation.why ? expectation.why : "";
		if (!streq(found, c->expected) && *c->expected != '?')
			print_message("# of %s, case %zu\n", c->key, i);
		if (*c->expected == '?')
			assert_true(!expectation.value && strstr(found, c->expected + 1));
		else
			assert_string_equal(found, c->expected);
		boot_state_release(&auditing);
	}
}

/* There is net.ipv4.neigh.default, and no net.ipv4.neigh.all. */
static void neighbours_have_no_member_all(void **state)
{
	static const struct value_case c = { .key = "" };
	struct world *world = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_snapshot(&c);
	struct auditing auditing = { .registry = world->registry, .snapshot = snapshot };

	boot_state_make(&auditing);
	assert_null(snapshot_get(auditing.after, SUBJECT_HOST, "net.ipv4.neigh.all.gc_stale_time"));
	assert_string_equal(snapshot_text(auditing.after, SUBJECT_HOST, "net.ipv4.neigh.default.gc_stale_time"), "60");
	assert_string_equal(snapshot_text(auditing.after, SUBJECT_HOST, "net.ipv4.conf.all.rp_filter"), "0");
	boot_state_release(&auditing);
}

static void a_pattern_of_names_meets_the_devices_that_are_there(void **state)
{
	static const struct value_case c = {
		.lines = { DISK("tmpfiles", "vd*", "read_ahead_kb", "256"), DISK("tmpfiles", "vdb", "read_ahead_kb", "512") },
	};
	struct world *world = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_snapshot(&c);
	subject_id vda = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "vda", ""),
		   vdb = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "vdb", ""),
		   sda = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "");
	struct auditing auditing = { .registry = world->registry, .snapshot = snapshot };

	boot_state_make(&auditing);
	assert_string_equal(snapshot_text(auditing.after, vda, "read_ahead_kb"), "256");
	assert_string_equal(snapshot_text(auditing.after, vdb, "read_ahead_kb"), "512");
	assert_null(snapshot_get(auditing.after, sda, "read_ahead_kb"));
	boot_state_release(&auditing);
}

/* A snapshot is a text that somebody sent. */
static void many_lines_and_patterns_end_in_time(void **state)
{
	struct world *world = *state;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();
	struct auditing auditing = { .registry = world->registry, .snapshot = snapshot };
	const struct boot_line lines[] = { DISK("udev", "vd*", "read_ahead_kb", "1"), DISK("tmpfiles", "vda", "read_ahead_kb", "2"),
					   SRV("ext4", "noatime") };

	for (size_t i = 0; i < 60000; i++) {
		CLEANUP(free_ptr) char *key = xasprintf("key%zu", i);
		struct boot_line line = DISK("udev", "vda", key, "1");

		assert_true(boot_add(boot, &lines[i % ARRAY_SIZE(lines)]));
		assert_true(boot_add(boot, &line));
	}
	boot_store(boot, snapshot, "test", NULL);
	(void)snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "vda", "");
	boot_state_make(&auditing);
	assert_true(auditing.many_patterns);
	boot_state_release(&auditing);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_after_boot_are_those_that_guests_had, setup, teardown),
		cmocka_unit_test_setup_teardown(neighbours_have_no_member_all, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pattern_of_names_meets_the_devices_that_are_there, setup, teardown),
		cmocka_unit_test_setup_teardown(many_lines_and_patterns_end_in_time, setup, teardown),
	};

	return RUN_TESTS(tests);
}
