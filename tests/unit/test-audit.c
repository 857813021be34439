/* SPDX-License-Identifier: Apache-2.0 */
/* Audits: what a host runs with, what its files say, what its kernel would do and what a policy wants. */
#include "registry-world.h"

#include <errno.h>

#include "../../advisor/audit.h"
#include "../../core/boot.h"
#include "../../core/strbuf.h"

#define SYSCTL "kind: sysctl, scope: global, takes_effect: live, reversible: yes, summary: s, references: [x]"
static const char yaml_tunables[] =
	"vm.swappiness: {" SYSCTL ", type: integer, unit: percent, range: 0..200, default: 60}\n"
	"vm.dirty_bytes: {" SYSCTL ", type: integer, unit: B, range: 0.., default: 0}\n"
	"vm.min_free_kbytes: {" SYSCTL ", type: integer, unit: kB, default: from the size of memory}\n"
	"vm.new: {" SYSCTL ", type: integer, default: [{since: \"6.0\", value: 2}, {value: 1}]}\n"
	"vm.gone: {" SYSCTL ", type: integer, default: 0, obsolete: removed in 6.0}\n"
	"vm.idle: {" SYSCTL ", type: integer, default: 0, obsolete: 'since 6.6, ignored'}\n"
	"vm.small: {" SYSCTL ", type: integer, unit: us, range: 2000.., default: 0}\n"
	"vm.old: {" SYSCTL ", type: integer, default: 0, obsolete: an older name of vm.new}\n"
	"fs.nr_open: {" SYSCTL ", type: integer, default: 1048576}\n"
	"kernel.counts: {" SYSCTL ", type: integer, default: 0, volatile: yes}\n"
	"net.ipv4.conf.*.rp_filter: {" SYSCTL ", type: integer, range: 0..2, default: 0}\n"
	"kernel.levels: {" SYSCTL ", type: list, fields: [a, b, c]}\n"
	"net.table_max: {" SYSCTL ", type: integer, default: 1000, module: table}\n"
	"kernel.locked: {kind: sysctl, scope: global, takes_effect: live, reversible: reboot-to-undo, summary: s, references: [x],\n"
	"  type: integer, range: 0..1, default: 0}\n"
	"block.scheduler: {kind: block-queue, type: enum, scope: device, takes_effect: live, reversible: yes, summary: s,\n"
	"  references: [x]}\n";
static const char yaml_facts[] = "kernel.cmdline: {type: text, source: /proc/cmdline, summary: s}\n"
				 "platform.container: {type: text, source: x, summary: s}\n";
static const char yaml_metrics[] = "vmstat.x: {kind: counter, unit: count, source: x, meaning: x, references: [x]}\n";

/* Lines refer to the policies that they are from. */
static struct policies *kept;

static int end(void **state)
{
	policies_free(kept);
	kept = NULL;
	return teardown(state);
}

static int setup(void **state)
{
	*state = world_new(yaml_tunables, yaml_facts, yaml_metrics);
	return 0;
}

/* "wins systemd-sysctl vm.swappiness 10 /etc/sysctl.d/1.conf", with what else matters by name. */
#define LINE(fate_, loader_, key_, value_, path_, ...)                                                                \
	{ .source = "sysctl", .fate = fate_, .loader = loader_, .key = key_, .value = value_, .path = path_, .line = 1,         \
	  .text = key_ " = " value_, __VA_ARGS__ }
#define MINE "/etc/sysctl.d/50-mine.conf"
#define OTHER "/etc/sysctl.d/60-other.conf"
#define VENDOR "/usr/lib/sysctl.d/70-vendor.conf"

struct host {
	const char *running[8][2];	/* settings: key, raw */
	const char *absent[4];
	struct boot_line lines[6];
	bool image;			/* no kernel runs in it */
};

static struct snapshot *make_host(const struct host *host)
{
	struct snapshot *snapshot = snapshot_new();
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();

	if (!host->image) {
		snapshot_set_string(snapshot, SUBJECT_HOST, "kernel.ostype", "Linux", "/proc/sys/kernel/ostype");
		snapshot_set_string(snapshot, SUBJECT_HOST, "kernel.release", "6.1.0-13-amd64", "/proc/sys/kernel/osrelease");
	}
	for (size_t i = 0; i < ARRAY_SIZE(host->running) && host->running[i][0]; i++)
		snapshot_set_string(snapshot, SUBJECT_HOST, host->running[i][0], host->running[i][1], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(host->absent) && host->absent[i]; i++)
		snapshot_set_absent(snapshot, SUBJECT_HOST, host->absent[i], -ENOENT, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(host->lines) && host->lines[i].source; i++)
		assert_true(boot_add(boot, &host->lines[i]));
	boot_store(boot, snapshot, "test", NULL);
	return snapshot;
}

static struct rulebook *compile(struct world *world, const char *yaml, const char *id)
{
	struct policies *policies = policies_new(world->registry);
	struct rulebook *lines;

	policies_free(kept);
	kept = policies;
	if (yaml)
		assert_int_equal(policies_load(policies, parse(world, yaml), &world->diag), 0);
	if (id)
		assert_int_equal(policies_choose(policies, id), 0);
	(void)policies_compile(policies, &world->diag, &lines);
	return lines;
}

/* What an audit without a policy finds: "lost-at-boot@vm.swappiness" each, in its order. */
static void describe(const struct finding_list *findings, struct strbuf *out)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].status != STATUS_SATISFIED)
			strbuf_addf(out, "%s%s%s", out->len ? " " : "",
				    findings->items[i].status == STATUS_UNMEASURED ? "?" : "", findings->items[i].id);
}

static void check_host(struct world *world, const struct host *host, const char *expected)
{
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(host);
	CLEANUP(rulebook_free_ptr) struct rulebook *lines = compile(world, NULL, NULL);
	struct audit_options options = { 0 };

	audit(lines, snapshot, &options, &findings);
	describe(&findings, &found);
	assert_string_equal(found.buf, expected);
}

static const struct drift_case {
	const char *expected;
	struct host host;
} drift_cases[] = {
	/* That an image has no /sys does not mean that its kernel lacks the key. */
	{ "", { .image = true, .absent = { "vm.swappiness" },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE) } } },
	{ "", { .running = { { "vm.swappiness", "60" } } } },
	{ "", { .running = { { "vm.swappiness", "10" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE) } } },
	{ "lost-at-boot@vm.swappiness",
	  { .running = { { "vm.swappiness", "30" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE) } } },
	/* 010 is 8, and not a different text of 10; the same number with blanks is the same. */
	{ "", { .running = { { "vm.swappiness", "10" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", " 10 ", MINE) } } },
	{ "runtime-only@vm.swappiness",
	  { .running = { { "vm.swappiness", "30" }, { "vm.dirty_bytes", "0" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.dirty_bytes", "0", MINE) } } },
	/* No file was read at all: then nobody knows whether one sets it. */
	{ "", { .running = { { "vm.swappiness", "30" } } } },
	/* systemd raises it everywhere. */
	{ "", { .running = { { "fs.nr_open", "1073741816" }, { "vm.dirty_bytes", "0" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.dirty_bytes", "0", MINE) } } },
	/* The default depends on the release, and on what is not known. */
	{ "", { .running = { { "vm.new", "2" }, { "vm.min_free_kbytes", "67584" }, { "vm.dirty_bytes", "0" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.dirty_bytes", "0", MINE) } } },
	{ "runtime-only@vm.new",
	  { .running = { { "vm.new", "1" }, { "vm.dirty_bytes", "0" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.dirty_bytes", "0", MINE) } } },
	{ "", { .running = { { "kernel.counts", "12" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "kernel.counts", "1", MINE) } } },
	{ "one-way@kernel.locked",
	  { .running = { { "kernel.locked", "1" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "kernel.locked", "0", MINE) } } },
	/* Three numbers, of which the line writes the first. */
	{ "", { .running = { { "kernel.levels", "3\t4\t1" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "kernel.levels", "3", MINE) } } },
	{ "lost-at-boot@kernel.levels",
	  { .running = { { "kernel.levels", "7\t4\t1" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "kernel.levels", "3", MINE) } } },
	/* A container engine makes the host a router again when it starts. */
	{ "lost-at-boot@net.ipv4.ip_forward",
	  { .running = { { "net.ipv4.ip_forward", "1" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "net.ipv4.ip_forward", "0", MINE) } } },
	{ "", { .running = { { "net.ipv4.ip_forward", "1" }, { "manager.docker", "running" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "net.ipv4.ip_forward", "0", MINE) } } },
	{ "out-of-range@vm.swappiness",
	  { .running = { { "vm.swappiness", "60" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "201", MINE) } } },
	{ "out-of-range@vm.swappiness",
	  { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "ten", MINE) } } },
	{ "", { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "200", MINE) } } },
	/* The kernel reads hexadecimal and octal. */
	{ "", { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "0x10", MINE) } } },
	{ "removed@vm.gone",
	  { .absent = { "vm.gone" }, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.gone", "1", MINE) } } },
	{ "", { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.old", "1", MINE) } } },
	/* A kernel that still has it, or is older than what the registry says of it. */
	{ "", { .running = { { "vm.gone", "1" } }, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.gone", "1", MINE) } } },
	{ "", { .running = { { "vm.idle", "1" } }, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.idle", "1", MINE) } } },
	{ "removed@vm.idle",
	  { .image = true, .running = { { "kernel.release", "6.12.0-1" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.idle", "1", MINE) } } },
	{ "", { .image = true, .running = { { "modules.release", "5.10.0-1" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.idle", "1", MINE) } } },
	/* The least value is one, and what it is already is lost by nobody. */
	{ "", { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.small", "2000", MINE) } } },
	{ "out-of-range@vm.small", { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.small", "1999", MINE) } } },
	{ "", { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.small", "0", MINE) } } },
	{ "", { .running = { { "vm.small", "0" } }, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.small", "0", MINE) } } },
	{ "renamed@vm.old",
	  { .absent = { "vm.old" }, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.old", "1", MINE) } } },
	{ "", { .running = { { "vm.old", "1" } }, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.old", "1", MINE) } } },
	{ "unknown-key@vm.swapiness", { .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swapiness", "1", MINE) } } },
	{ "unknown-key@vm.swapiness",
	  { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swapiness", "1", MINE) } } },
	/* Without a kernel a name that resembles none is nobody's mistake. */
	{ "", { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "dev.vendor.secret", "1", MINE) } } },
	{ "unknown-key@dev.vendor.secret",
	  { .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "dev.vendor.secret", "1", MINE) } } },
	{ "", { .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "dev.vendor.secret", "1", MINE, .optional = true) } } },
	/* An interface may come later. */
	{ "", { .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "net.ipv4.conf.eth7.rp_filter", "1", MINE) } } },
	{ "dead-line@net.table_max",
	  { .absent = { "net.table_max" }, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "net.table_max", "9", MINE) } } },
	{ "dead-line@net.table_max",
	  { .running = { { "net.table_max", "1000" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "net.table_max", "9", MINE) } } },
	{ "", { .running = { { "net.table_max", "9" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "net.table_max", "9", MINE) } } },
	{ "", { .image = true,
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "net.table_max", "9", MINE),
			   { .source = "modules-load", .fate = BOOT_WINS, .key = "module.table.loaded", .value = "true", .path = "/etc/modules-load.d/t.conf" } } } },
	{ "shadowed-line@vm.swappiness",
	  { .image = true,
	    .lines = { LINE(BOOT_SHADOWED, BOOT_SYSTEMD, "vm.swappiness", "10", MINE, .why = OTHER ":1"),
		       LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "20", OTHER) } } },
	{ "shadowed-by-vendor@vm.swappiness",
	  { .image = true,
	    .lines = { LINE(BOOT_SHADOWED, BOOT_SYSTEMD, "vm.swappiness", "10", MINE, .why = VENDOR ":1"),
		       LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "20", VENDOR) } } },
	/* What a package says is there to be overridden; and saying the same twice harms nobody. */
	{ "", { .image = true,
		.lines = { LINE(BOOT_SHADOWED, BOOT_SYSTEMD, "vm.swappiness", "10", VENDOR, .why = OTHER ":1"),
			   LINE(BOOT_SHADOWED, BOOT_SYSTEMD, "vm.swappiness", "20", MINE, .why = OTHER ":1"),
			   LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "20", OTHER) } } },
	{ "loaders-disagree@vm.swappiness",
	  { .image = true,
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
		       LINE(BOOT_WINS, BOOT_PROCPS, "vm.swappiness", "20", "/etc/sysctl.conf") } } },
	/* procps 3 has an order of its own, which matters where it is installed; there is one of the two. */
	{ "", { .image = true,
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
			   LINE(BOOT_WINS, BOOT_PROCPS, "vm.swappiness", "10", MINE),
			   LINE(BOOT_WINS, BOOT_PROCPS_OLD, "vm.swappiness", "20", OTHER) } } },
	{ "loaders-disagree@vm.swappiness",
	  { .image = true, .running = { { "os.id", "rhel" }, { "os.version", "9.4" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
		       LINE(BOOT_WINS, BOOT_PROCPS, "vm.swappiness", "10", MINE),
		       LINE(BOOT_WINS, BOOT_PROCPS_OLD, "vm.swappiness", "20", OTHER) } } },
	{ "", { .image = true, .running = { { "os.id", "debian" }, { "os.version", "11" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
			   LINE(BOOT_WINS, BOOT_PROCPS, "vm.swappiness", "20", OTHER),
			   LINE(BOOT_WINS, BOOT_PROCPS_OLD, "vm.swappiness", "10", MINE) } } },
	/* What packages alone are at odds about is how the distribution is. */
	{ "", { .image = true,
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", "/usr/lib/sysctl.d/10-a.conf"),
			   LINE(BOOT_WINS, BOOT_PROCPS, "vm.swappiness", "20", VENDOR) } } },
	/* A program that does not set it takes nothing back; one that alone sets it does. */
	{ "", { .image = true,
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
			   LINE(BOOT_WINS, BOOT_PROCPS, "vm.dirty_bytes", "0", MINE),
			   LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.dirty_bytes", "0", MINE) } } },
	{ "loaders-disagree@vm.swappiness",
	  { .image = true,
	    .lines = { LINE(BOOT_WINS, BOOT_PROCPS, "vm.swappiness", "10", MINE),
		       LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.dirty_bytes", "0", MINE) } } },
	/* TuneD has the last word where it runs; the same number written otherwise is no other. */
	{ "loaders-disagree@vm.swappiness",
	  { .image = true, .running = { { BOOT_LOADERS, "systemd-sysctl tuned" } },
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
		       LINE(BOOT_WINS, BOOT_TUNED, "vm.swappiness", "20", "/usr/lib/tuned/x/tuned.conf") } } },
	{ "", { .image = true,
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
			   LINE(BOOT_WINS, BOOT_TUNED, "vm.swappiness", "20", "/usr/lib/tuned/x/tuned.conf") } } },
	{ "", { .image = true, .running = { { BOOT_LOADERS, "systemd-sysctl tuned" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", VENDOR),
			   LINE(BOOT_WINS, BOOT_TUNED, "vm.swappiness", "20", "/etc/tuned/mine/tuned.conf") } } },
	/* What it makes of files that were applied before it is lost by nobody. */
	{ "", { .image = true, .running = { { BOOT_LOADERS, "systemd-sysctl tuned" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
			   LINE(BOOT_IGNORED, BOOT_TUNED, "-vm.swappiness", "10", MINE, .why = "to TuneD the dash belongs to the name") } } },
	{ "", { .image = true, .running = { { BOOT_LOADERS, "systemd-sysctl tuned" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
			   LINE(BOOT_WINS, BOOT_TUNED, "vm.swappiness", " 10", "/usr/lib/tuned/x/tuned.conf") } } },
	{ "unread-file@vm.swappiness",
	  { .image = true,
	    .lines = { LINE(BOOT_IGNORED, BOOT_SYSTEMD, "vm.swappiness", "10", "/etc/sysctl.conf",
			    .why = "systemd-sysctl does not read this file") } } },
	{ "invalid-line@" MINE,
	  { .image = true,
	    .lines = { { .source = "sysctl", .loader = BOOT_SYSTEMD, .fate = BOOT_INVALID, .path = MINE, .line = 3,
			 .why = "no equals sign" },
		       { .source = "sysctl", .loader = BOOT_SYSTEMD, .fate = BOOT_INVALID, .path = MINE, .line = 4,
			 .why = "no equals sign" } } } },
	{ "?unresolved-line@vm.swappiness",
	  { .image = true,
	    .lines = { LINE(BOOT_UNRESOLVED, BOOT_SYSTEMD, "vm.swappiness", "${x}", MINE, .why = "a variable") } } },
	/* tmpfiles.d has no order with sysctl.d: who is the last is not known unless they agree. */
	{ "?unresolved-line@vm.swappiness",
	  { .image = true,
	    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
		       { .source = "tmpfiles", .fate = BOOT_WINS, .key = "vm.swappiness", .value = "20", .path = OTHER, .line = 1 } } } },
	{ "", { .image = true,
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE),
			   { .source = "tmpfiles", .fate = BOOT_WINS, .key = "vm.swappiness", .value = "10", .path = OTHER, .line = 1 } } } },
	/* Whatever a container's files say, the host's kernel runs. */
	{ "", { .running = { { "vm.swappiness", "30" }, { "platform.container", "docker" } },
		.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE) } } },
};

static void each_kind_of_drift_is_found_and_nothing_else(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(drift_cases); i++)
		check_host(*state, &drift_cases[i].host, drift_cases[i].expected);
}

/* ---- policies ---- */

#define SWAPPINESS                                                                                                     \
	"policy:\n  id: base\n  title: t\n  expect:\n"                                                                 \
	"    - {id: swap, title: Little swap, key: vm.swappiness, must: vm.swappiness <= 10%, to: 10%, severity: high,\n"    \
	"       because: 'it is {vm.swappiness}', breaks: nothing, references: [x]}\n"

struct policy_case {
	const char *yaml, *id;
	struct host host;
	enum status status;
	const char *reason, *running, *boot, *drift;	/* NULL: not looked at; "": not there */
};

static const struct policy_case policy_cases[] = {
	{ SWAPPINESS, "base", { .running = { { "vm.swappiness", "10" } },
				.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "5", MINE) } },
	  STATUS_SATISFIED, "it is so now and after the next boot", "10 %", "5 %", "" },
	{ SWAPPINESS, "base", { .running = { { "vm.swappiness", "10" } } },
	  STATUS_RECOMMEND, "it is so now, and the next boot takes it away", "10 %", "60 %", "lost-at-boot" },
	{ SWAPPINESS, "base", { .running = { { "vm.swappiness", "60" } },
				.lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "5", MINE) } },
	  STATUS_RECOMMEND, "it is not so now; the next boot brings it", "60 %", "5 %", "not-applied" },
	{ SWAPPINESS, "base", { .running = { { "vm.swappiness", "60" } } },
	  STATUS_RECOMMEND, "it is not so now, nor after the next boot", "60 %", "60 %", "" },
	{ SWAPPINESS, "base", { .image = true }, STATUS_RECOMMEND, "it will not be so after boot", "", "60 %", "" },
	{ SWAPPINESS, "base", { .image = true, .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "5", MINE) } },
	  STATUS_SATISFIED, "it will be so after boot", "", "5 %", "" },
	{ SWAPPINESS, "base",
	  { .image = true, .lines = { LINE(BOOT_UNRESOLVED, BOOT_SYSTEMD, "vm.swappiness", "x", MINE, .why = "why") } },
	  STATUS_UNMEASURED, NULL, "", "", "" },
	{ SWAPPINESS, "base", { .absent = { "vm.swappiness" } }, STATUS_NOT_APPLICABLE, NULL, "absent", "absent", "" },
	/* Only what runs, only what boot leaves. */
	{ "policy: {id: now, title: t, expect: [{id: a, title: t, key: vm.swappiness, must: vm.swappiness <= 10%, to: 10%,\n"
	  "  judge: running, severity: low, because: b, references: [x]}]}\n",
	  "now", { .running = { { "vm.swappiness", "10" } } }, STATUS_SATISFIED, NULL, "10 %", "60 %", "" },
	{ "policy: {id: then, title: t, expect: [{id: a, title: t, key: vm.swappiness, must: vm.swappiness <= 10%, to: 10%,\n"
	  "  judge: boot, severity: low, because: b, references: [x]}]}\n",
	  "then", { .running = { { "vm.swappiness", "10" } } }, STATUS_RECOMMEND, NULL, "10 %", "60 %", "" },
	/* Where it does not apply. */
	{ "policy: {id: w, title: t, expect: [{id: a, title: t, where: vm.new > 5, key: vm.swappiness, must: vm.swappiness <= 10%,\n"
	  "  to: 10%, severity: low, because: b, references: [x]}]}\n",
	  "w", { .running = { { "vm.swappiness", "60" }, { "vm.new", "2" } } }, STATUS_NOT_APPLICABLE, NULL, NULL, NULL, NULL },
	/* The command line is no tunable, and has advice instead. */
	{ "policy: {id: c, title: t, expect: [{id: a, title: t, key: kernel.cmdline, must: 'kernel.cmdline =~ \"(^| )quiet( |$)\"',\n"
	  "  advise: add quiet, severity: low, because: b, references: [x]}]}\n",
	  "c", { .running = { { "kernel.cmdline", "ro" } } }, STATUS_RECOMMEND, NULL, "ro", "", "" },
	/* Another policy's line, milder here, and with another value. */
	{ SWAPPINESS "---\npolicy: {id: mine, title: t, includes: [base], overrides: [{id: base/swap, must: vm.swappiness <= 30%,\n"
	  "  to: 30%, severity: low}]}\n",
	  "mine", { .running = { { "vm.swappiness", "30" } },
		    .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "30", MINE) } },
	  STATUS_SATISFIED, NULL, "30 %", "30 %", "" },
};

static void same_or_missing(const char *found, const char *expected)
{
	if (expected && *expected)
		assert_string_equal(found ? found : "(nothing)", expected);
	else if (expected)
		assert_null(found);
}

static void lines_of_policies_are_judged_now_and_after_boot(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(policy_cases); i++) {
		const struct policy_case *c = &policy_cases[i];
		CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
		CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(&c->host);
		CLEANUP(rulebook_free_ptr) struct rulebook *lines = compile(world, c->yaml, c->id);
		struct audit_options options = { .keep_all = true, .no_drift = true };
		const struct finding *finding;

		assert_int_equal(world->diag.errors, 0);
		audit(lines, snapshot, &options, &findings);
		assert_int_equal(findings.count, 1);
		finding = &findings.items[0];
		if (finding->status != c->status)
			fail_msg("case %zu: %s, expected %s (%s)", i, status_name(finding->status), status_name(c->status),
				 finding->reason);
		if (c->reason)
			assert_string_equal(finding->reason, c->reason);
		same_or_missing(finding->values->running, c->running);
		same_or_missing(finding->values->boot, c->boot);
		same_or_missing(finding->values->drift, c->drift);
	}
}

static void a_line_left_out_is_not_judged(void **state)
{
	CLEANUP(rulebook_free_ptr) struct rulebook *lines =
		compile(*state, SWAPPINESS "---\npolicy: {id: mine, title: t, includes: [base],\n"
			"  overrides: [{id: base/swap, leave_out: set by an operator}]}\n", "mine");

	assert_int_equal(((struct world *)*state)->diag.errors, 0);
	assert_int_equal(rulebook_count(lines), 0);
}

static void a_running_value_that_is_right_gets_no_command(void **state)
{
	static const struct host host = { .running = { { "vm.swappiness", "10" } } };
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(&host);
	CLEANUP(rulebook_free_ptr) struct rulebook *lines = compile(*state, SWAPPINESS, "base");
	struct audit_options options = { 0 };

	audit(lines, snapshot, &options, &findings);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.items[0].n_changes, 1);
	assert_null(findings.items[0].changes[0].apply);
	assert_null(findings.items[0].changes[0].rollback);
	assert_non_null(findings.items[0].changes[0].persist);
	assert_string_equal(findings.items[0].changes[0].to, "10");
}

static void mistakes_are_told_where_they_stand(void **state)
{
	static const struct {
		const char *yaml, *says;
		unsigned int line;
	} cases[] = {
		{ "policy: {title: t, expect: []}", "id is missing", 1 },
		{ "policy: {id: Bad, title: t, expect: []}", "lower-case", 1 },
		{ "policy: {id: x, expect: []}", "title is missing", 1 },
		{ "policy: {id: x, title: t}", "it wants nothing", 1 },
		{ "rules: []", "expected a policy", 1 },
		{ "- 1", "expected a policy", 1 },
		{ "policy: {id: x, title: t, expect: {}}", "expect: expected a list", 1 },
		{ "policy: {id: x, title: t, expect: [1]}", "expect: expected a mapping", 1 },
		{ "policy: {id: x, title: t, includes: [[]]}", "includes: expected the id", 1 },
		{ "policy:\n  id: x\n  titel: t", "titel", 3 },
		{ "policy:\n  id: x\n  title: t\n  expect:\n  - {id: a}\n  - {id: a}\n", "is there already, in line 5", 6 },
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct policies *policies = policies_new(world->registry);

		assert_int_equal(policies_load(policies, parse(world, cases[i].yaml), &diag), -EINVAL);
		assert_says(&diag, cases[i].says);
		assert_int_equal(diag.entries[0].place.line, cases[i].line);
		policies_free(policies);
	}
}

#define MINIMAL "id: a, title: t, severity: low, because: b, references: [x]"

static void lines_with_mistakes_are_left_out(void **state)
{
	static const struct {
		const char *expect, *says;
	} cases[] = {
		{ "{" MINIMAL ", key: vm.swappiness, must: vm.swappiness <= 10%}", "to or advise is missing" },
		{ "{" MINIMAL ", key: vm.nothing, must: vm.swappiness <= 10%, to: 10%}", "unknown key 'vm.nothing'" },
		{ "{" MINIMAL ", key: vm.swappiness, to: 10%}", "must is missing" },
		{ "{" MINIMAL ", key: vm.swappiness, must: vm.swappiness, to: 10%}", "expected a condition" },
		{ "{" MINIMAL ", key: vm.swappiness, must: vm.swappiness <= 10B, to: 10%}", "" },
		{ "{" MINIMAL ", key: vm.swappiness, must: vm.swappiness <= 10%, to: 10B}", "to: vm.swappiness takes" },
		{ "{" MINIMAL ", key: vm.swappiness, must: rate(vmstat.x) > 1/s, to: 10%}", "" },
		{ "{" MINIMAL ", key: vm.swappiness, must: vm.swappiness <= 10%, to: 10%, when: 1}", "when" },
		{ "{" MINIMAL ", key: vm.swappiness, must: vm.swappiness <= 10%, to: 10%, judge: never}", "judge: expected one of" },
		{ "{" MINIMAL ", key: kernel.cmdline, must: 'kernel.cmdline == \"x\"', to: '\"x\"'}", "is no tunable" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_ptr) char *yaml = xasprintf("policy: {id: p, title: t, expect: [%s]}", cases[i].expect);
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct policies *policies = policies_new(world->registry);
		struct rulebook *lines;

		assert_int_equal(policies_load(policies, parse(world, yaml), &diag), 0);
		assert_int_equal(policies_choose(policies, "p"), 0);
		assert_int_equal(policies_compile(policies, &diag, &lines), -EINVAL);
		assert_says(&diag, cases[i].says);
		assert_int_equal(diag.entries[0].place.line, 1);
		assert_int_equal(rulebook_count(lines), 0);
		rulebook_free(lines);
		policies_free(policies);
	}
}

static void includes_that_cannot_be_followed_are_told(void **state)
{
	static const struct {
		const char *yaml, *says;
	} cases[] = {
		{ "policy: {id: a, title: t, includes: [b]}", "there is no policy 'b'" },
		{ "policy: {id: a, title: t, includes: [a]}", "includes itself" },
		{ "policy: {id: a, title: t, includes: [b, b]}\n---\npolicy: {id: b, title: t, includes: [a, a]}", "includes itself" },
		{ SWAPPINESS "---\npolicy: {id: a, title: t, includes: [base], overrides: [{id: swap, severity: low}]}",
		  "has a line 'swap'" },
		{ SWAPPINESS "---\npolicy: {id: a, title: t, includes: [base], overrides: [{severity: low}]}", "id is missing" },
		{ SWAPPINESS "---\npolicy: {id: a, title: t, includes: [base], overrides: [{id: base/swap, leave_out: ''}]}",
		  "expected the reason" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct policies *policies = policies_new(world->registry);
		struct rulebook *lines;

		assert_int_equal(policies_load(policies, parse(world, cases[i].yaml), &diag), 0);
		assert_int_equal(policies_choose(policies, "a"), 0);
		assert_int_equal(policies_compile(policies, &diag, &lines), -EINVAL);
		assert_says(&diag, cases[i].says);
		rulebook_free(lines);
		policies_free(policies);
	}
}

/* ---- waivers, baseline, coverage ---- */

static void drift_is_waived_by_its_key(void **state)
{
	static const struct host host = { .running = { { "vm.swappiness", "30" } },
					  .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.swappiness", "10", MINE) } };
	struct world *world = *state;
	CLEANUP(waivers_free_ptr) struct waivers *waivers = waivers_new();
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_host(&host);
	CLEANUP(rulebook_free_ptr) struct rulebook *lines = compile(world, NULL, NULL);
	struct audit_options options = { .waivers = waivers, .today = 0 };

	assert_int_equal(waivers_load(waivers,
				      parse(world, "- {id: lost-at-boot, subject: vm.swappiness, reason: r, owner: o, expires: 1970-01-02}\n"
						   "- {id: shadowed-*, subject: '*', reason: r, owner: o, expires: 1970-01-02}\n"),
				      &world->diag), 0);
	audit(lines, snapshot, &options, &findings);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.items[0].status, STATUS_WAIVED);
	assert_string_equal(findings.items[0].waiver, "r (o, until 1970-01-02)");
	audit_waivers_report(waivers, 0, &world->diag);
	assert_int_equal(world->diag.count, 1);
	assert_says(&world->diag, "shadowed-* on * matches no finding");
}

static void only_what_is_new_or_worse_counts_against_a_baseline(void **state)
{
	static const struct host before = { .running = { { "vm.swappiness", "30" } } };
	static const struct host after = { .running = { { "vm.swappiness", "40" }, { "vm.new", "1" } },
					   .lines = { LINE(BOOT_WINS, BOOT_SYSTEMD, "vm.new", "3", MINE) } };
	CLEANUP(finding_list_release) struct finding_list old = FINDING_LIST_INIT;
	CLEANUP(finding_list_release) struct finding_list new = FINDING_LIST_INIT;
	CLEANUP(snapshot_free_ptr) struct snapshot *first = make_host(&before);
	CLEANUP(snapshot_free_ptr) struct snapshot *second = make_host(&after);
	CLEANUP(rulebook_free_ptr) struct rulebook *lines = compile(*state, SWAPPINESS, "base");
	struct audit_options options = { 0 };

	audit(lines, first, &options, &old);
	audit(lines, second, &options, &new);
	audit_compare(&new, &old);
	assert_int_equal(new.count, 3);
	for (size_t i = 0; i < new.count; i++)
		assert_true(new.items[i].in_baseline == streq(new.items[i].id, "base/swap@host"));
	old.items[0].severity = SEVERITY_LOW;
	audit_compare(&new, &old);
	assert_false(new.items[0].in_baseline);
}

static void coverage_counts_what_applies(void **state)
{
	struct finding_list list = FINDING_LIST_INIT;

	(void)state;
	/* Who saw nothing has covered nothing. */
	assert_true(finding_list_coverage(&list) == 0);
	list.counts[STATUS_NOT_APPLICABLE] = 100;
	assert_true(finding_list_coverage(&list) == 0);
	list.counts[STATUS_UNMEASURED] = 1;
	assert_true(finding_list_coverage(&list) == 0);
	list.counts[STATUS_SATISFIED] = 1;
	list.counts[STATUS_RECOMMEND] = 1;
	list.counts[STATUS_UNREADABLE] = 1;
	assert_true(finding_list_coverage(&list) == 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, end)
		TEST(each_kind_of_drift_is_found_and_nothing_else),
		TEST(lines_of_policies_are_judged_now_and_after_boot),
		TEST(a_line_left_out_is_not_judged),
		TEST(a_running_value_that_is_right_gets_no_command),
		TEST(mistakes_are_told_where_they_stand),
		TEST(lines_with_mistakes_are_left_out),
		TEST(includes_that_cannot_be_followed_are_told),
		TEST(drift_is_waived_by_its_key),
		TEST(only_what_is_new_or_worse_counts_against_a_baseline),
		TEST(coverage_counts_what_applies),
	};

	return RUN_TESTS(tests);
}
