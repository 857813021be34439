/* SPDX-License-Identifier: Apache-2.0 */
/* A policy, and behind a line "%%" boot lines as a snapshot has them: whatever they say, the audit ends. */
#include <errno.h>

#include "../../advisor/audit.h"
#include "../../advisor/lint.h"
#include "../../core/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SYSCTL "kind: sysctl, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]"
static const char tunables_yaml[] =
	"vm.swappiness: {" SYSCTL ", type: integer, range: 0..200, default: 60}\n"
	"vm.list: {" SYSCTL ", type: list, unit: page, fields: [a, b], default: 1 2}\n"
	"vm.new: {" SYSCTL ", type: integer, default: [{since: \"6.0\", value: 2 * vm.swappiness}, {value: 1}]}\n"
	"vm.old: {" SYSCTL ", type: integer, obsolete: an older name of vm.new}\n"
	"vm.switch: {" SYSCTL ", type: bool, default: 0, module: m}\n"
	"net.ipv4.conf.*.filter: {" SYSCTL ", type: integer, range: 0..2, default: 0}\n"
	"kernel.cmdline2: {" SYSCTL ", type: text, default: x}\n"
	"block.scheduler: {kind: block-queue, type: enum, summary: s, scope: device, takes_effect: live, reversible: yes, references: [r]}\n";
static const char waivers_yaml[] = "- {id: '*', subject: vm.list, reason: r, owner: o, expires: 2100-01-01}\n";

static struct arena world;
static struct registry *registry;
static struct waivers *waivers;

static const struct node *parse(const char *yaml)
{
	const struct node *documents;
	struct diag diag = DIAG_INIT;

	if (node_parse(&world, "registry", yaml, strlen(yaml), &diag, &documents) < 0)
		abort();
	return documents;
}

static void make_world(void)
{
	struct diag diag = DIAG_INIT;

	registry = registry_new();
	waivers = waivers_new();
	if (registry_load(registry, ENTRY_TUNABLE, parse(tunables_yaml), &diag) < 0 || registry_check(registry, &diag) < 0 ||
	    waivers_load(waivers, parse(waivers_yaml), &diag) < 0)
		abort();
}

static void fill(struct snapshot *snapshot, const char *text, size_t length, bool runs)
{
	snapshot_set(snapshot, SUBJECT_HOST, BOOT_PREFIX "fuzz", text, length, NULL);
	(void)snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");
	if (!runs)
		return;
	snapshot_set_string(snapshot, SUBJECT_HOST, "kernel.ostype", "Linux", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "kernel.release", "6.1.0", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.swappiness", "61", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.list", "1\t2", NULL);
	snapshot_set_absent(snapshot, SUBJECT_HOST, "vm.old", -ENOENT, NULL);
	snapshot_set_string(snapshot, 1, "scheduler", "none [bfq]", NULL);
}

static void judge(struct rulebook *lines, const char *text, size_t length, bool runs)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	struct audit_options options = { .waivers = waivers, .today = 20000, .keep_all = true };

	fill(snapshot, text, length, runs);
	audit(lines, snapshot, &options, &findings);
	audit_compare(&findings, &findings);
	for (size_t i = 0; i < findings.count; i++)
		if (!findings.items[i].id || !findings.items[i].rule || !findings.items[i].title)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(policies_free_ptr) struct policies *policies = NULL;
	CLEANUP(rulebook_free_ptr) struct rulebook *lines = NULL;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct lint_options lint = { 0 };
	const char *text = (const char *)data, *split = memmem(data, size, "\n%%\n", 4);
	size_t length = split ? (size_t)(split - text) + 1 : size;
	const struct node *documents;

	if (!registry)
		make_world();
	policies = policies_new(registry);
	if (node_parse(&arena, "fuzz.yaml", text, length, &diag, &documents) == 0) {
		(void)policies_load(policies, documents, &diag);
		for (size_t i = 0; i < policies_count(policies) && i < 8; i++)
			(void)policies_choose(policies, policy_id(policies, i));
	}
	(void)policies_compile(policies, &diag, &lines);
	rulebook_lint_lines(lines, &lint, &diag);
	text = split ? split + 4 : "";
	judge(lines, text, size - (split ? (size_t)(split + 4 - (const char *)data) : size), true);
	judge(lines, text, size - (split ? (size_t)(split + 4 - (const char *)data) : size), false);
	return 0;
}
