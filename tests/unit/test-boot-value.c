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

static const struct value_case {
	const char *key;
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
	{ "net.core.default_qdisc", "fq", { { "modules.network", "sch_fq tcp_bbr" } }, { SETS("net.core.default_qdisc", "fq") } },
	{ "net.core.default_qdisc", "?depends on how it was built", { { "modules.network", "sch_fq tcp_bbr" } },
	  { SETS("net.core.default_qdisc", "nothing") } },
	{ "net.core.default_qdisc", "pfifo", { { "modules.network", "sch_fq" } }, { SETS("net.core.default_qdisc", "pfifo") } },
	{ "net.core.default_qdisc", "nothing", .lines = { SETS("net.core.default_qdisc", "nothing") } },
	{ "net.ipv4.tcp_congestion_control", "?", { { "modules.network", "tcp_bbr" } },
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
};

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
		const char *found;

		boot_state_make(&auditing);
		expectation = boot_expect(&auditing, SUBJECT_HOST, c->key, &arena);
		found = expectation.value ? expectation.value : expectation.why ? expectation.why : "";
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_after_boot_are_those_that_guests_had, setup, teardown),
		cmocka_unit_test_setup_teardown(neighbours_have_no_member_all, setup, teardown),
	};

	return RUN_TESTS(tests);
}
