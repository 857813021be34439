/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../core/boot.h"
#include "../../core/json.h"
#include "../../reports/page.h"

static const char tunables[] =
	"net.core.somaxconn: {kind: sysctl, type: integer, unit: count, range: 0..2147483647, scope: net-namespace,\n"
	"  takes_effect: new-objects, reversible: yes, default: [{since: '5.4', value: 4096}, {value: 128}],\n"
	"  inert_when: [{when: 'false', say: never here}], summary: Ceiling of the accept queue of a listener,\n"
	"  hazards: [{when: proposed < 128, say: short queues}], references: ['listen(2)', net.rst]}\n"
	"block.scheduler: {kind: block-queue, type: enum, values: [none, bfq], scope: device, takes_effect: live,\n"
	"  reversible: yes, reads_back: bracketed, summary: I/O scheduler, references: [r]}\n";
static const char metrics[] =
	"netstat.TcpExt.ListenOverflows: {kind: counter, unit: count, source: '/proc/net/netstat',\n"
	"  meaning: The accept queue was full, misleads: ListenDrops counts these too, references: [r]}\n";
static const char rules[] =
	"- {id: tcp-accept-queue-overflow, title: Accept queues are full, about: host, severity: high, window: 30s,\n"
	"   use: {resource: network, kind: saturation}, when: rate(netstat.TcpExt.ListenOverflows) > 0/s,\n"
	"   set: net.core.somaxconn, to: 2 * current, because: 'They are full: {x}', references: ['listen(2)'],\n"
	"   elsewhere: [{when: 'any(listener, self.backlog < 1)', say: The listener asked for less}]}\n"
	"- {id: slow-disk, title: Reads wait, about: block, severity: low, when: self.scheduler == \"none\",\n"
	"   evidence: [net.core.somaxconn], set: self.scheduler, to: '\"bfq\"', because: x, references: [r]}\n"
	"- {id: not-concerned, title: Something else, about: host, severity: low, when: xnet.core.somaxconn > 1,\n"
	"   advise: x, because: x, references: [r]}\n";

struct fixture {
	struct arena arena;
	struct registry *registry;
	struct snapshot *snapshot;
	const struct node *rules[3];
	struct finding items[3];
	struct finding_list findings;
	struct why why;
	struct page page;
};

static const struct node *parse(struct fixture *fixture, const char *text)
{
	struct diag diag = DIAG_INIT;
	const struct node *documents;

	assert_int_equal(node_parse(&fixture->arena, "t.yaml", text, strlen(text), &diag, &documents), 0);
	return documents;
}

static const char *never_inert(void *context, const struct entry *entry, subject_id subject)
{
	(void)subject;
	return context && streq(entry->id, "net.core.somaxconn") ? context : NULL;
}

static void fill_findings(struct fixture *fixture, subject_id sda)
{
	static struct evidence evidence = { .expression = "rate(x)", .value = "5/s", .known = true };

	fixture->items[0] = (struct finding){ .id = "a@host", .rule = "tcp-accept-queue-overflow", .title = "t",
					      .status = STATUS_RECOMMEND, .reason = "it overflows",
					      .evidence = &evidence, .n_evidence = 1 };
	fixture->items[1] = (struct finding){ .id = "slow-disk@block sda", .rule = "slow-disk", .title = "Reads wait",
					      .subject = sda, .subject_name = "block sda",
					      .status = STATUS_SATISFIED, .reason = "nothing waits" };
	fixture->findings = (struct finding_list){ .items = fixture->items, .count = 2 };
}

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	struct diag diag = DIAG_INIT;
	const struct node *rule_list;
	series_id series;
	subject_id sda;

	fixture->registry = registry_new();
	fixture->snapshot = snapshot_new();
	if (registry_load(fixture->registry, ENTRY_TUNABLE, parse(fixture, tunables), &diag) < 0 ||
	    registry_load(fixture->registry, ENTRY_METRIC, parse(fixture, metrics), &diag) < 0 ||
	    registry_check(fixture->registry, &diag) < 0) {
		for (size_t i = 0; i < diag.count; i++)
			print_error("%s\n", diag.entries[i].message);
		return -1;
	}
	rule_list = &parse(fixture, rules)->items[0];
	for (size_t i = 0; i < 3; i++)
		fixture->rules[i] = &rule_list->items[i];
	snapshot_set_string(fixture->snapshot, SUBJECT_HOST, "net.core.somaxconn", "4096",
			    "/proc/sys/net/core/somaxconn");
	sda = snapshot_subject(fixture->snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");
	snapshot_set_string(fixture->snapshot, sda, "scheduler", "[none] bfq", NULL);
	series = snapshot_series(fixture->snapshot, SUBJECT_HOST, "netstat.TcpExt.ListenOverflows", 30, METRIC_COUNTER, 0);
	for (unsigned int i = 0; i <= 10; i++) {
		snapshot_tick_begin(fixture->snapshot, 1 + i, 1 + i, 1e9);
		snapshot_counter(fixture->snapshot, series, 100 + 5 * i);
		snapshot_tick_end(fixture->snapshot);
	}
	fill_findings(fixture, sda);
	fixture->why = (struct why){ .snapshot = fixture->snapshot, .registry = fixture->registry,
				     .findings = &fixture->findings, .rules = fixture->rules, .n_rules = 3,
				     .inert = never_inert };
	page_init(&fixture->page, 80, false, true);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	page_release(&fixture->page);
	registry_free(fixture->registry);
	snapshot_free(fixture->snapshot);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

static void assert_has(struct fixture *fixture, const char *text)
{
	if (!strstr(fixture->page.text.buf, text))
		fail_msg("'%s' is not in:\n%s", text, fixture->page.text.buf);
}

static void a_tunable_is_explained_from_its_entry(void **state)
{
	struct fixture *fixture = *state;

	explain_entry(&fixture->page, registry_find(fixture->registry, "net.core.somaxconn"));
	assert_has(fixture, "Ceiling of the accept queue of a listener");
	assert_has(fixture, "default        4096 since 5.4; 128 before");
	assert_has(fixture, "range          0..2147483647");
	assert_has(fixture, "inert when     false: never here");
	assert_has(fixture, "hazards        proposed < 128: short queues");
	assert_has(fixture, "see            listen(2), net.rst");
}

static void a_metric_is_explained_with_how_it_misleads(void **state)
{
	struct fixture *fixture = *state;

	explain_entry(&fixture->page, registry_find(fixture->registry, "netstat.TcpExt.ListenOverflows"));
	assert_has(fixture, "\n  The accept queue was full\n");
	assert_has(fixture, "misleads       ListenDrops counts these too");
}

static void a_rule_is_explained_with_its_condition_and_change(void **state)
{
	struct fixture *fixture = *state;

	explain_rule(&fixture->page, fixture->rules[0]);
	assert_has(fixture, "when           rate(netstat.TcpExt.ListenOverflows) > 0/s");
	assert_has(fixture, "sets           net.core.somaxconn");
	assert_has(fixture, "elsewhere if   any(listener, self.backlog < 1): The listener asked for less");
	assert_has(fixture, "resource       network");
}

static void why_a_key_shows_value_origin_and_every_rule_that_looks_at_it(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(why_page(&fixture->page, &fixture->why, "net.core.somaxconn"), 0);
	assert_has(fixture, "value          4096 count");
	assert_has(fixture, "read from      /proc/sys/net/core/somaxconn");
	assert_has(fixture, "Rules that would change it\n  tcp-accept-queue-overflow");
	assert_has(fixture, "recommend: it overflows");
	assert_has(fixture, "Rules that look at it\n  slow-disk");
	assert_null(strstr(fixture->page.text.buf, "not-concerned"));
	assert_null(strstr(fixture->page.text.buf, "inert here"));
}

static void why_a_key_shows_who_sets_it_and_what_each_loader_leaves(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();
	struct boot_line line = {
		.source = "sysctl", .loader = BOOT_PROCPS, .key = "net.core.somaxconn", .value = "1", .text = "a = 1",
		.path = "/etc/sysctl.d/a.conf", .line = 1, .fate = BOOT_SHADOWED, .why = "/etc/sysctl.conf:2",
	};

	assert_true(boot_add(boot, &line));
	line = (struct boot_line){ .source = "sysctl", .loader = BOOT_SYSTEMD, .key = line.key, .value = "1", .text = "a = 1",
				   .path = line.path, .line = 1, .fate = BOOT_WINS };
	assert_true(boot_add(boot, &line));
	line = (struct boot_line){ .source = "sysctl", .loader = BOOT_PROCPS, .key = line.key, .value = "2", .text = "a = 2",
				   .path = "/etc/sysctl.conf", .line = 2, .fate = BOOT_WINS };
	assert_true(boot_add(boot, &line));
	line.loader = BOOT_SYSTEMD;
	line.fate = BOOT_IGNORED;
	line.why = "nobody reads it";
	assert_true(boot_add(boot, &line));
	boot_store(boot, fixture->snapshot, "sysctl", NULL);
	assert_int_equal(why_page(&fixture->page, &fixture->why, "net.core.somaxconn"), 0);
	assert_has(fixture, "set by         /etc/sysctl.d/a.conf:1: a = 1");
	assert_has(fixture, "ignored        /etc/sysctl.conf:2: a = 2 (nobody reads it)");
	assert_has(fixture, "systemd-sysctl 1, by /etc/sysctl.d/a.conf:1");
	assert_has(fixture, "procps         2, by /etc/sysctl.conf:2, before it");
	assert_has(fixture, "procps-old     does not set it");
	assert_null(strstr(fixture->page.text.buf, "tuned"));
}

static void why_a_unit_shows_the_lines_that_set_it_and_those_that_lose(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();
	const struct boot_line lines[] = {
		{ .source = "systemd", .kind = SUBJECT_KIND_UNIT, .subject = "a.service", .key = "TasksMax", .value = "1", .path = "/u/a.service",
		  .line = 2, .text = "TasksMax=1", .fate = BOOT_SHADOWED, .why = "/e/b.conf:3" },
		{ .source = "systemd", .kind = SUBJECT_KIND_UNIT, .subject = "a.service", .key = "TasksMax", .path = "/e/b.conf", .line = 3,
		  .text = "TasksMax=", .fate = BOOT_WINS },
		{ .source = "systemd", .kind = SUBJECT_KIND_UNIT, .subject = "a.service", .key = "LimitNOFILE", .value = "2", .path = "/e/b.conf",
		  .line = 4, .text = "LimitNOFILE=1:2", .fate = BOOT_WINS },
		{ .source = "systemd", .kind = SUBJECT_KIND_UNIT, .subject = "a.service", .key = "LimitNOFILESoft", .value = "1",
		  .path = "/e/b.conf", .line = 4, .text = "LimitNOFILE=1:2", .fate = BOOT_WINS },
		{ .source = "systemd", .kind = SUBJECT_KIND_UNIT, .subject = "b@.service", .key = "TasksMax", .value = "5", .path = "/u/b@.service",
		  .line = 1, .text = "TasksMax=5", .fate = BOOT_MASKED, .why = "/e/b@.service" },
	};
	subject_id unit = snapshot_subject(fixture->snapshot, SUBJECT_KIND_UNIT, "a.service", "");

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_true(boot_add(boot, &lines[i]));
	boot_store(boot, fixture->snapshot, "unit", NULL);
	snapshot_set_absent(fixture->snapshot, unit, "TasksMax", -ENOENT, "/e/b.conf:3");
	assert_int_equal(why_page(&fixture->page, &fixture->why, "a.service TasksMax"), 0);
	assert_has(fixture, "taken back by  /e/b.conf:3: TasksMax=");
	assert_has(fixture, "shadowed       /u/a.service:2: TasksMax=1\n");
	assert_int_equal(why_page(&fixture->page, &fixture->why, "a.service"), 0);
	assert_has(fixture, "shadowed       /u/a.service:2: TasksMax=1 (by /e/b.conf:3)");
	assert_has(fixture, "wins           /e/b.conf:4: LimitNOFILE=1:2");
	assert_null(strstr(strstr(fixture->page.text.buf, "LimitNOFILE=1:2") + 1, "LimitNOFILE=1:2"));
	assert_int_equal(why_page(&fixture->page, &fixture->why, "unit b@.service"), 0);
	assert_has(fixture, "masked         /u/b@.service:1: TasksMax=5 (hidden by /e/b@.service)");
	assert_int_equal(why_page(&fixture->page, &fixture->why, "c.service"), -ENOENT);
}

static void why_an_inert_key_says_what_makes_it_so(void **state)
{
	struct fixture *fixture = *state;

	fixture->why.context = (void *)(uintptr_t)"vm.x > 0";
	assert_int_equal(why_page(&fixture->page, &fixture->why, "net.core.somaxconn"), 0);
	assert_has(fixture, "inert here     vm.x > 0");
}

static void why_a_metric_shows_its_distribution(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(why_page(&fixture->page, &fixture->why, "netstat.TcpExt.ListenOverflows"), 0);
	assert_has(fixture, "since boot     150");
	assert_has(fixture, "measured       p50 5/s, p95 5/s, max 5/s in 10 intervals");
	assert_has(fixture, "tcp-accept-queue-overflow");
}

static void a_subject_and_its_keys_are_found_in_every_form(void **state)
{
	static const char *const names[] = { "block.scheduler", "sda scheduler", "block sda scheduler" };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		page_release(&fixture->page);
		page_init(&fixture->page, 80, false, true);
		assert_int_equal(why_page(&fixture->page, &fixture->why, names[i]), 0);
		assert_has(fixture, "sda scheduler  block");
		assert_has(fixture, "value          [none] bfq");
		assert_has(fixture, "satisfied block sda: nothing waits");
	}
	page_release(&fixture->page);
	page_init(&fixture->page, 80, false, true);
	assert_int_equal(why_page(&fixture->page, &fixture->why, "sda"), 0);
	assert_has(fixture, "scheduler                     [none] bfq");
	assert_has(fixture, "slow-disk");
}

static void a_key_of_many_subjects_is_one_list(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned int i = 0; i < 5; i++) {
		char name[] = { 's', 'd', (char)('b' + i), '\0' };

		snapshot_set_string(fixture->snapshot, snapshot_subject(fixture->snapshot, SUBJECT_KIND_BLOCK, name, "/x"),
				    "scheduler", "[bfq]", NULL);
	}
	assert_int_equal(why_page(&fixture->page, &fixture->why, "block.scheduler"), 0);
	assert_has(fixture, "block.scheduler\n");
	assert_has(fixture, "  sda                           [none] bfq\n  sdb                           [bfq]\n");
	assert_has(fixture, "satisfied block sda: nothing waits");
	assert_null(strstr(fixture->page.text.buf, "read from"));
}

static void why_a_rule_shows_its_findings_with_their_evidence(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(why_page(&fixture->page, &fixture->why, "tcp-accept-queue-overflow"), 0);
	assert_has(fixture, "recommend: it overflows");
	assert_has(fixture, "rate(x) = 5/s");
}

static void an_unknown_name_writes_nothing_and_gets_suggestions(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	assert_int_equal(why_page(&fixture->page, &fixture->why, "somaxconn"), -ENOENT);
	assert_int_equal(fixture->page.text.len, 0);
	why_suggest(&fixture->why, "somaxconn", &text);
	assert_string_equal(text.buf, "net.core.somaxconn");
}

static void an_absent_setting_says_why_it_has_no_value(void **state)
{
	struct fixture *fixture = *state;

	snapshot_set_absent(fixture->snapshot, SUBJECT_HOST, "net.core.somaxconn", -EACCES, "/proc/sys/net/core/somaxconn");
	assert_int_equal(why_page(&fixture->page, &fixture->why, "net.core.somaxconn"), 0);
	assert_has(fixture, "value          unreadable: Permission denied");
}

static void no_line_is_wider_than_the_page_and_hostile_values_are_harmless(void **state)
{
	static const unsigned int widths[] = { 60, 80, 120, 200 };
	static const char *const names[] = { "net.core.somaxconn", "block.scheduler", "sda", "slow-disk",
					     "netstat.TcpExt.ListenOverflows", "\033[31mevil\n" };
	struct fixture *fixture = *state;

	snapshot_set_string(fixture->snapshot, SUBJECT_HOST, "net.core.somaxconn", "\033[2J\xff\xe2\x80\xae", NULL);
	snapshot_set_string(fixture->snapshot,
			    snapshot_subject(fixture->snapshot, SUBJECT_KIND_BLOCK, "\033[31mevil\n", "/\033"), "scheduler",
			    "\a", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(widths) * ARRAY_SIZE(names); i++) {
		struct page page;

		page_init(&page, widths[i / ARRAY_SIZE(names)], false, true);
		assert_int_equal(why_page(&page, &fixture->why, names[i % ARRAY_SIZE(names)]), 0);
		assert_true(utf8_valid(page.text.buf, page.text.len));
		for (const char *line = page.text.buf; *line; line += strcspn(line, "\n") + 1) {
			CLEANUP(strbuf_release) struct strbuf one = STRBUF_INIT;

			strbuf_add(&one, line, strcspn(line, "\n"));
			assert_true(display_width(one.buf) <= page.width);
			assert_null(strpbrk(one.buf, "\033\a\xff"));
		}
		page_release(&page);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tunable_is_explained_from_its_entry),
		TEST(a_metric_is_explained_with_how_it_misleads),
		TEST(a_rule_is_explained_with_its_condition_and_change),
		TEST(why_a_key_shows_value_origin_and_every_rule_that_looks_at_it),
		TEST(why_a_key_shows_who_sets_it_and_what_each_loader_leaves),
		TEST(why_a_unit_shows_the_lines_that_set_it_and_those_that_lose),
		TEST(why_an_inert_key_says_what_makes_it_so),
		TEST(why_a_metric_shows_its_distribution),
		TEST(a_subject_and_its_keys_are_found_in_every_form),
		TEST(a_key_of_many_subjects_is_one_list),
		TEST(why_a_rule_shows_its_findings_with_their_evidence),
		TEST(an_unknown_name_writes_nothing_and_gets_suggestions),
		TEST(an_absent_setting_says_why_it_has_no_value),
		TEST(no_line_is_wider_than_the_page_and_hostile_values_are_harmless),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
