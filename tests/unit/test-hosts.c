/* SPDX-License-Identifier: Apache-2.0 */
/* Whole hosts (tests/hosts/): on healthy ones all rules together are silent, and not because they see nothing; on sick ones
 * the diagnosis comes first and nothing wrong beneath it; and following the advice comes to an end. */
#include <string.h>

#include "../../advisor/audit.h"
#include "../../advisor/case.h"
#include "../../advisor/compose.h"
#include "../../core/boot.h"
#include "../../core/parse.h"
#include "rule-files.h"

#define LAYERS "/tests/hosts/layers"

static const char *const healthy_keys[] = { "note", "from", "settings", "rates", "intervals", "gauges", "totals", "sums",
					    "absent", "unreadable", "kernel", "window", "subjects", "unmeasured",
					    NULL };
static const char *const sick_keys[] = { "note", "from", "settings", "rates", "intervals", "gauges", "totals", "sums",
					 "absent", "unreadable", "kernel", "window", "subjects", "first", "also", NULL };

/* A host that is judged. */
struct host {
	struct knowledge *knowledge;
	const char *name;
	const struct node *node;
	struct diag diag;
	struct composer *composer;
	struct snapshot *snapshot;
	struct finding_list findings;
	unsigned int failures;
};

/* How often each rule was satisfied on healthy hosts. */
static size_t *satisfied;

static const struct node *find_layer(void *context, const char *name)
{
	struct knowledge *knowledge = context;
	CLEANUP(free_ptr) char *path = xasprintf(LAYERS "/%s.yaml", name);
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents = read_yaml(knowledge, path, &diag);

	print_diag(&diag);
	return documents && documents->count == 1 ? &documents->items[0] : NULL;
}

static void host_release(struct host *host)
{
	finding_list_release(&host->findings);
	composer_free(host->composer);
	diag_release(&host->diag);
}

/* more: YAML that stands on top; NULL: nothing */
static bool host_compose(struct host *host, const char *path, const char *const *keys, const char *more)
{
	const struct node *top;
	struct layers layers = { find_layer, host->knowledge };
	struct evaluate_options options = { .keep_all = true };
	const struct node *documents = read_yaml(host->knowledge, path, &host->diag);
	bool good = documents && documents->count == 1 && documents->items[0].kind == NODE_MAPPING;

	host->name = path + 1;
	if (good) {
		host->node = &documents->items[0];
		host->composer = composer_new(host->knowledge->registry, &host->diag);
		good = node_check_keys(host->node, keys, &host->diag) == 0;
		composer_add(host->composer, host->node, &layers);
		if (more && node_parse(&host->knowledge->arena, "more", more, strlen(more), &host->diag, &top) == 0)
			composer_add(host->composer, &top->items[0], NULL);
		good = composer_finish(host->composer, &host->snapshot) == 0 && good;
	}
	if (!good) {
		print_error("%s is no host\n", host->name);
		print_diag(&host->diag);
		host->failures++;
		return false;
	}
	evaluate(host->knowledge->rulebook, host->snapshot, &options, &host->diag, &host->findings);
	return true;
}

static void complain(struct host *host, const struct finding *finding, const char *what)
{
	host->failures++;
	print_error("%s: %s: %s %s: %s\n", host->name, what, status_name(finding->status), finding->id,
		    finding->reason ? finding->reason : "");
	for (size_t i = 0; i < finding->n_changes; i++)
		print_error("    %s: %s -> %s\n", finding->changes[i].key, finding->changes[i].from, finding->changes[i].to);
	for (size_t i = 0; i < finding->n_missing; i++)
		print_error("    missing %s: %s\n", finding->missing[i].key, finding->missing[i].why);
}

/* What a report begins with: something is, may be or seems wrong. */
static bool speaks(const struct finding *finding)
{
	return finding->status == STATUS_RECOMMEND || finding->status == STATUS_SUSPECT ||
	       finding->status == STATUS_ELSEWHERE;
}

static void each_host(struct knowledge *knowledge, const char *directory, const char *const *keys, const char *more,
		      void (*check)(struct host *), size_t *ret_hosts, unsigned int *ret_failures)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	assert_int_equal(root_list(knowledge->root, directory, &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(free_ptr) char *path = xasprintf("%s/%s", directory, list.entries[i].name);
		CLEANUP(host_release) struct host host = { .knowledge = knowledge };

		if (host_compose(&host, path, keys, more))
			check(&host);
		*ret_failures += host.failures;
		(*ret_hosts)++;
	}
}

/* ---- silence ---- */

static size_t rule_index(const struct knowledge *knowledge, const char *id)
{
	size_t i = 0;

	while (!streq(rulebook_rule_id(knowledge->rulebook, i), id))
		i++;
	return i;
}

/* unmeasured: {RULE: why this host cannot measure it} */
static void check_unmeasured(struct host *host, const struct node *reasons)
{
	for (size_t i = 0; i < host->findings.count; i++) {
		const struct finding *finding = &host->findings.items[i];

		if (finding->status == STATUS_UNMEASURED && (!reasons || !node_get(reasons, finding->rule)))
			complain(host, finding, "add what is missing to tests/hosts/layers");
	}
	for (size_t i = 0; reasons && i + 1 < reasons->count; i += 2) {
		bool found = false;

		for (size_t j = 0; j < host->findings.count; j++)
			found = found || (host->findings.items[j].status == STATUS_UNMEASURED &&
					  streq(host->findings.items[j].rule, reasons->items[i].text));
		if (found)
			continue;
		print_error("%s: %s is measured\n", host->name, reasons->items[i].text);
		host->failures++;
	}
}

static void check_silence(struct host *host)
{
	const struct node *reasons = node_get(host->node, "unmeasured");
	size_t *counts = host->findings.counts;

	for (size_t i = 0; i < host->findings.count; i++) {
		const struct finding *finding = &host->findings.items[i];

		if (finding->status == STATUS_SATISFIED)
			satisfied[rule_index(host->knowledge, finding->rule)]++;
		if (speaks(finding) || finding->status == STATUS_UNREADABLE)
			complain(host, finding, "not silent");
	}
	print_message("# %s: %zu satisfied, %zu not applicable, %zu unmeasured\n", host->name, counts[STATUS_SATISFIED],
		      counts[STATUS_NOT_APPLICABLE], counts[STATUS_UNMEASURED]);
	if (reasons && reasons->kind != NODE_MAPPING) {
		print_error("%s: unmeasured: expected {RULE: reason}\n", host->name);
		host->failures++;
		return;
	}
	check_unmeasured(host, reasons);
}

static void healthy_hosts_get_no_advice_and_every_rule_looked(void **state)
{
	struct knowledge *knowledge = *state;
	unsigned int failures = 0;
	size_t hosts = 0;

	satisfied = xcalloc(rulebook_count(knowledge->rulebook) + 1, sizeof(*satisfied));
	each_host(knowledge, "/tests/hosts/healthy", healthy_keys, NULL, check_silence, &hosts, &failures);
	print_message("# %zu healthy hosts\n", hosts);
	for (size_t i = 0; i < rulebook_count(knowledge->rulebook); i++) {
		if (satisfied[i] > 0)
			continue;
		print_error("%s: no host in tests/hosts/healthy that it is about\n", rulebook_rule_id(knowledge->rulebook, i));
		failures++;
	}
	free(satisfied);
	assert_int_equal(failures, 0);
	assert_true(hosts >= 12);
}

/* The same counters read once, as averages since boot. */
static void check_silence_since_boot(struct host *host)
{
	for (size_t i = 0; i < host->findings.count; i++)
		if (speaks(&host->findings.items[i]))
			complain(host, &host->findings.items[i], "not silent");
}

static void healthy_hosts_that_are_only_looked_at_once_get_no_advice(void **state)
{
	unsigned int failures = 0;
	size_t hosts = 0;

	each_host(*state, "/tests/hosts/healthy", healthy_keys, "{window: none}\n", check_silence_since_boot, &hosts, &failures);
	assert_int_equal(failures, 0);
	assert_true(hosts >= 12);
}

/* ---- audits ---- */

static bool is_in_memory(const struct snapshot *snapshot, subject_id mount)
{
	const char *fstype = snapshot_text(snapshot, mount, "fstype");

	return fstype && streq(fstype, "tmpfs");
}

/* A file that says of every sysctl what it is, the mounts as they are, and an entry of the boot loader with what was booted: as on a
 * host that was set up and rebooted. */
static void write_down(struct host *host)
{
	struct snapshot *snapshot = host->snapshot;
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();
	const char *cursor = snapshot_text(snapshot, SUBJECT_HOST, "kernel.cmdline"), *word;
	unsigned int number = 0;
	size_t length;

	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(snapshot, i);
		const char *key = snapshot_key_name(snapshot, setting->key);
		const struct subject *subject = snapshot_subject_get(snapshot, setting->subject);
		const struct entry *entry = registry_find_key(host->knowledge->registry, subject->kind, key);
		struct boot_line line = { .source = "sysctl", .loader = BOOT_SYSTEMD, .key = key, .value = setting->raw,
					  .path = "/etc/sysctl.d/60-site.conf", .line = ++number, .text = key };

		if (setting->absence != PRESENT)
			continue;
		/* systemd mounts those in memory before any file is read, and nobody writes lines that do nothing. */
		if ((entry && entry->class == ENTRY_TUNABLE && entry->obsolete) ||
		    (subject->kind == SUBJECT_KIND_MOUNT && is_in_memory(snapshot, setting->subject)))
			continue;
		if (subject->kind == SUBJECT_KIND_MOUNT && (streq(key, "options") || streq(key, "fstype")))
			line = (struct boot_line){ .source = "fstab", .kind = subject->kind, .subject = subject->name, .key = key,
						   .value = setting->raw, .path = "/etc/fstab", .line = number };
		else if (!entry || entry->class != ENTRY_TUNABLE || entry->kind != KIND_SYSCTL)
			continue;
		(void)boot_add(boot, &line);
	}
	while (cursor && next_word(&cursor, &word, &length)) {
		CLEANUP(free_ptr) char *key = xasprintf("cmdline.%.*s", (int)strcspn(word, "= "), word);
		CLEANUP(free_ptr) char *argument = xstrndup(word, length);
		const char *equals = strchr(argument, '=');

		(void)boot_add(boot, &(struct boot_line){ .source = "cmdline", .key = key, .value = equals ? equals + 1 : "",
							  .path = "/boot/grub/grub.cfg", .line = 1 });
	}
	boot_store(boot, snapshot, "composed", NULL);
}

static void audit_host(struct host *host, const char *what)
{
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	CLEANUP(rulebook_free_ptr) struct rulebook *lines = NULL;
	struct policies *policies = policies_new(host->knowledge->registry);
	struct audit_options options = { 0 };

	(void)policies_compile(policies, &host->diag, &lines);
	audit(lines, host->snapshot, &options, &findings);
	policies_free(policies);
	for (size_t i = 0; i < findings.count; i++)
		if (findings.items[i].status == STATUS_RECOMMEND)
			complain(host, &findings.items[i], what);
}

static void check_audit(struct host *host)
{
	audit_host(host, "drift without a file");
	write_down(host);
	audit_host(host, "drift from what was written down");
}

static void healthy_hosts_that_are_written_down_do_not_drift(void **state)
{
	unsigned int failures = 0;
	size_t hosts = 0;

	each_host(*state, "/tests/hosts/healthy", healthy_keys, NULL, check_audit, &hosts, &failures);
	assert_int_equal(failures, 0);
	assert_true(hosts >= 12);
}

/* ---- diagnoses ---- */

/* One item of first: or also:. */
struct expected {
	const char *rule, *says;
	enum status status;
};

static bool read_expected(struct host *host, const struct node *node, struct expected *ret)
{
	const struct node *status = node->kind == NODE_MAPPING ? node_get(node, "status") : NULL;
	const struct node *rule = node->kind == NODE_MAPPING ? node_get(node, "rule") : node;
	const struct node *says = node->kind == NODE_MAPPING ? node_get(node, "says") : NULL;

	*ret = (struct expected){ .status = STATUS_RECOMMEND };
	if (!rule || rule->kind != NODE_SCALAR || (status && status_parse(status->text, &ret->status) < 0)) {
		print_error("%s:%u: expected a rule, or {rule: ID, status: …, says: …}\n", host->name, node->line);
		host->failures++;
		return false;
	}
	ret->rule = rule->text;
	ret->says = says ? says->text : NULL;
	return true;
}

static bool is_expected(const struct finding *finding, const struct expected *expected)
{
	return streq(finding->rule, expected->rule) && finding->status == expected->status &&
	       (!expected->says || (finding->reason && strstr(finding->reason, expected->says)));
}

static size_t next_speaking(const struct finding_list *list, size_t from)
{
	while (from < list->count && !speaks(&list->items[from]))
		from++;
	return from;
}

/* The same rule on several subjects counts once.  Where it ends; the rest must be in also:. */
static size_t check_first(struct host *host, const struct node *first)
{
	const struct finding_list *list = &host->findings;
	size_t at = next_speaking(list, 0);
	struct expected expected;

	for (size_t i = 0; i < first->count; i++) {
		if (!read_expected(host, &first->items[i], &expected))
			continue;
		if (at == list->count || !is_expected(&list->items[at], &expected)) {
			host->failures++;
			print_error("%s: expected %s %s here\n", host->name, status_name(expected.status), expected.rule);
			for (size_t j = 0; j < list->count; j++)
				if (streq(list->items[j].rule, expected.rule))
					complain(host, &list->items[j], "but it is");
			continue;
		}
		while (at < list->count && is_expected(&list->items[at], &expected))
			at = next_speaking(list, at + 1);
	}
	return at;
}

static void check_also(struct host *host, const struct node *also, size_t at)
{
	const struct finding_list *list = &host->findings;
	size_t count = also ? also->count : 0;
	bool *seen = xcalloc(count + 1, sizeof(*seen));
	struct expected expected;

	for (; at < list->count; at = next_speaking(list, at + 1)) {
		bool found = false;

		for (size_t i = 0; i < count && !found; i++)
			found = read_expected(host, &also->items[i], &expected) && is_expected(&list->items[at], &expected) &&
				(seen[i] = true);
		if (!found)
			complain(host, &list->items[at], "not expected");
	}
	for (size_t i = 0; i < count; i++) {
		if (seen[i] || !read_expected(host, &also->items[i], &expected))
			continue;
		host->failures++;
		print_error("%s: also: %s %s is not found\n", host->name, status_name(expected.status), expected.rule);
	}
	free(seen);
}

static void check_diagnosis(struct host *host)
{
	const struct node *first = node_get(host->node, "first"), *also = node_get(host->node, "also");

	if (!first || first->kind != NODE_SEQUENCE || first->count == 0 || (also && also->kind != NODE_SEQUENCE)) {
		print_error("%s: expected first: and also: to be lists of rules\n", host->name);
		host->failures++;
		return;
	}
	check_also(host, also, check_first(host, first));
	for (size_t i = 0; i < host->findings.count; i++)
		if (host->findings.items[i].status == STATUS_UNREADABLE)
			complain(host, &host->findings.items[i], "not expected");
}

static void sick_hosts_get_their_diagnosis_first_and_nothing_wrong_beneath(void **state)
{
	unsigned int failures = 0;
	size_t hosts = 0;

	each_host(*state, "/tests/hosts/sick", sick_keys, NULL, check_diagnosis, &hosts, &failures);
	print_message("# %zu sick hosts\n", hosts);
	assert_int_equal(failures, 0);
	assert_true(hosts >= 40);
}

/* ---- the fixed point ---- */

static void check_fixed_point(struct host *host)
{
	struct evaluate_options options = { 0 };
	CLEANUP(finding_list_release) struct finding_list last = FINDING_LIST_INIT;

	if (settle(host->knowledge->rulebook, host->snapshot, &options, &host->diag, &last) == 0)
		return;
	for (size_t i = 0; i < last.count; i++)
		if (last.items[i].n_changes > 0)
			complain(host, &last.items[i], "recommended again and again");
}

static void following_the_advice_comes_to_an_end(void **state)
{
	unsigned int failures = 0;
	size_t hosts = 0;

	each_host(*state, "/tests/hosts/sick", sick_keys, NULL, check_fixed_point, &hosts, &failures);
	each_host(*state, "/tests/hosts/healthy", healthy_keys, NULL, check_fixed_point, &hosts, &failures);
	assert_int_equal(failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_hosts_get_no_advice_and_every_rule_looked),
		cmocka_unit_test(healthy_hosts_that_are_only_looked_at_once_get_no_advice),
		cmocka_unit_test(healthy_hosts_that_are_written_down_do_not_drift),
		cmocka_unit_test(sick_hosts_get_their_diagnosis_first_and_nothing_wrong_beneath),
		cmocka_unit_test(following_the_advice_comes_to_an_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, read_rules, free_rules);
}
