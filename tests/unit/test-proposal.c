/* SPDX-License-Identifier: Apache-2.0 */
/* What is proposed, as its readers understand it. */
#include "../../proposals/reader.h"
#include "test.h"

/* "FATE KIND SUBJECT KEY=VALUE @LINE", one for each item. */
static void describe(const struct proposal *proposal, struct strbuf *out)
{
	static const char *const fates[] = { "sets", "removed", "broken", "unclear" };

	strbuf_reset(out);
	for (size_t i = 0; i < proposal->count; i++) {
		const struct proposed *item = &proposal->items[i];

		strbuf_addf(out, "%s %s%s%s %s=%s @%u\n", fates[item->fate], subject_kind_name(item->kind), *item->subject ? " " : "",
			    item->subject, item->key, item->value, item->line);
	}
}

static void assert_reads(const char *form, const char *path, const char *text, const char *expected)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	const struct reader *reader = reader_recognise(path, text, strlen(text));
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = path, .text = text, .length = strlen(text), .first = 1 };

	assert_non_null(reader);
	assert_string_equal(reader->name, form);
	reader->read(reader, &reading, &given);
	describe(&proposal, &found);
	assert_string_equal(found.buf, expected);
}

static void a_file_that_has_a_place_on_a_host_is_read_as_it_is_there(void **state)
{
	(void)state;
	assert_reads("sysctl.d", "roles/web/files/etc/sysctl.d/60-web.conf",
		     "# more\nnet.core.somaxconn = 4096\n\n-vm.swappiness=10\nnonsense\n",
		     "sets host net.core.somaxconn=4096 @2\n"
		     "sets host vm.swappiness=10 @4\n"
		     "broken host = @5\n");
	assert_reads("udev", "files/60-disk.rules",
		     "ACTION==\"add|change\", KERNEL==\"sd*\", ATTR{queue/scheduler}=\"mq-deadline\"\n",
		     "sets block sd* scheduler=mq-deadline @1\n");
	assert_reads("fstab", "etc/fstab", "/dev/sda1 / ext4 defaults,noatime 0 1\n",
		     "sets mount / options.noatime=true @1\n");
	assert_reads("tmpfiles.d", "thp.conf", "w /sys/kernel/mm/transparent_hugepage/enabled - - - - never\n",
		     "sets host thp.enabled=never @1\n");
	assert_reads("systemd", "host/usr/lib/systemd/system.conf.d/10-files.conf", "[Manager]\nDefaultLimitNOFILE=2048:4096\n",
		     "sets host limits.system.DefaultLimitNOFILE=4096 @2\n"
		     "sets host limits.system.DefaultLimitNOFILESoft=2048 @2\n");
	assert_reads("systemd", "usr/lib/systemd/system/x.service.d/a.conf", "[Service]\nLimitNOFILE=4096\n",
		     "sets unit x.service LimitNOFILE=4096 @2\n"
		     "sets unit x.service LimitNOFILESoft=4096 @2\n");
	assert_reads("modprobe.d", "ct.conf", "options nf_conntrack hashsize=65536\n",
		     "sets host module.nf_conntrack.hashsize=65536 @1\n");
}

/* Their programs pass them over; whoever wrote them believes otherwise. */
static void a_line_that_is_none_of_its_file_is_unclear(void **state)
{
	(void)state;
	assert_reads("udev", "etc/udev/rules.d/60-x.rules",
		     "ACTION==\"add\", KERNEL==\"sd*\", \\\n  ATTR{queue/scheduler}=\"none\"\n# c\nLABEL=\"end\"\ngarbage\n",
		     "sets block sd* scheduler=none @1\n"
		     "unclear host = @5\n");
	assert_reads("tmpfiles.d", "etc/tmpfiles.d/x.conf", "d /run/x 0755\nnonsense\nw %t/x - - - - 1\n", "unclear host = @2\n");
	assert_reads("modprobe.d", "etc/modprobe.d/x.conf", "option loop max_loop=8\nalias a b\n", "broken host = @1\n");
}

/* WHERE and CONDITION of each item. */
static void assert_asks(const char *rules, const char *expected)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	const struct reader *reader = reader_find("udev");
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = "60-x.rules", .text = rules, .length = strlen(rules), .first = 1 };

	reader->read(reader, &reading, &given);
	for (size_t i = 0; i < proposal.count; i++)
		strbuf_addf(&found, "@%u %s=%s [%s] [%s]\n", proposal.items[i].line, proposal.items[i].key, proposal.items[i].value,
			    proposal.items[i].where, proposal.items[i].condition);
	assert_string_equal(found.buf, expected);
}

static void what_a_rule_asks_of_a_device_is_kept_for_the_host(void **state)
{
	(void)state;
	assert_asks("ACTION==\"add|change\", KERNEL==\"sd[a-z]\", ATTR{queue/rotational}==\"1\", ATTR{queue/scheduler}=\"bfq\"\n"
		    "# of no bus but this\n"
		    "KERNEL==\"sd*\", ENV{ID_BUS}==\"ata\", ATTR{removable}!=\"1\", \\\n  ATTR{queue/nr_requests}=\"64\"\n"
		    "SUBSYSTEM==\"net\", KERNEL!=\"lo\", ATTR{tx_queue_len}=\"5000\"\n"
		    "ACTION==\"add\", KERNEL==\"sda\", SYSCTL{vm/swappiness}=\"5\"\n",
		    "@1 scheduler=bfq [rotational==1] []\n"
		    "@3 nr_requests=64 [removable!=1] [ENV{ID_BUS}==\"ata\"]\n"
		    "@5 tx_queue_len=5000 [name!=lo] []\n"
		    "@6 vm.swappiness=5 [] []\n");
}

static void no_rule_is_passed_over_without_a_word(void **state)
{
	(void)state;
	assert_reads("udev", "60-x.rules",
		     "KERNEL==\"sda\", ATTR{queue/wbt_lat_usec}+=\"0\"\n"
		     "SUBSYSTEM==\"bdi\", ACTION==\"add\", ATTR{read_ahead_kb}=\"15380\"\n"
		     "SUBSYSTEM==\"cpu\", ATTR{cpufreq/scaling_governor}=\"performance\"\n"
		     "KERNEL==\"sda\", GOTO=\"end\"\n"
		     "KERNEL==\"sdb\", ATTR{queue/nomerges}=\"2\"\n"
		     "LABEL=\"end\"\n"
		     "ACTION==\"remove\", KERNEL==\"sda\", ATTR{queue/nomerges}=\"1\"\n"
		     "KERNEL==\"sd\n",
		     "sets block sda wbt_lat_usec=0 @1\n"
		     "sets cpu * scaling_governor=performance @3\n"
		     "sets block sdb nomerges=2 @5\n"
		     "unclear host = @2\n"
		     "unclear host = @7\n"
		     "unclear host = @8\n");
}

static void a_file_whose_name_nobody_reads_is_broken(void **state)
{
	(void)state;
	assert_reads("sysctl.d", "etc/sysctl.d/60-web", "vm.swappiness = 10\n", "broken host vm.swappiness=10 @1\n");
	assert_reads("udev", "etc/udev/rules.d/60-x.rules.off", "KERNEL==\"sda\", ATTR{queue/nomerges}=\"2\"\n", "broken host = @1\n");
	assert_reads("modprobe.d", "etc/modprobe.d/loop", "options loop max_loop=8\n", "broken host = @1\n");
	assert_reads("udev", "files/60-x.txt", "KERNEL==\"sda\", ATTR{queue/nomerges}=\"2\"\n", "sets block sda nomerges=2 @1\n");
}

static void what_a_unit_sets_and_is_not_judged_is_told(void **state)
{
	(void)state;
	assert_reads("systemd", "etc/systemd/system/x.service.d/50-x.conf",
		     "[Service]\nNice=-5\nTasksMax=100\nEnvironment=CPUWeight=3\nCPUAccounting=yes\nLimitCORE=\\\n infinity\nCPUSchedulingPolicy = fifo\n",
		     "sets unit x.service TasksMax=100 @3\n"
		     "unclear host = @2\n"
		     "unclear host = @6\n"
		     "unclear host = @8\n");
}

/* A text that another one adds to a file has no lines of its own there. */
static void rules_that_are_added_to_a_file_are_understood_too(void **state)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	struct reading reading = { .proposal = &proposal };
	static const char text[] = "KERNEL==\"sda\", ATTR{queue/rotational}==\"1\", ATTR{queue/nomerges}=\"2\"\n";
	struct proposed_text given = { .path = "x.sh", .text = text, .length = sizeof(text) - 1, .first = 7, .use = TEXT_APPENDS,
				       .file = "/etc/udev/rules.d/60-x.rules" };

	(void)state;
	assert_true(read_host_file(&reading, &given));
	describe(&proposal, &found);
	assert_string_equal(found.buf, "sets block sda nomerges=2 @7\n");
	assert_string_equal(proposal.items[0].where, "rotational==1");
	assert_int_equal(proposal.items[0].file_line, 0);
}

static void what_nobody_knows_has_no_reader(void **state)
{
	static const struct {
		const char *path, *text;
	} cases[] = {
		{ "README.md", "# How to tune\n\nRun it.\n" },
		{ "empty.conf", "" },
		{ "image.bin", "\x7f""ELF\x01\x02" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_null(reader_recognise(cases[i].path, cases[i].text, strlen(cases[i].text)));
}

static void a_path_in_a_repository_stands_for_a_file_of_the_host(void **state)
{
	static const struct {
		const char *path, *file;
	} cases[] = {
		{ "etc/sysctl.d/60-x.conf", "/etc/sysctl.d/60-x.conf" },
		{ "/srv/repo/roles/etc/files/etc/fstab", "/etc/fstab" },
		{ "image/usr/lib/sysctl.d/50-y.conf", "/usr/lib/sysctl.d/50-y.conf" },
		{ "tune.sh", "" },
	};
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(host_file_of(cases[i].path, &file), *cases[i].file != '\0');
		assert_string_equal(file.buf, cases[i].file);
	}
}

static void a_write_below_proc_or_sys_is_a_setting_and_a_glob_a_pattern(void **state)
{
	static const struct {
		const char *path, *expected;
		bool known, pattern;
	} cases[] = {
		{ "/proc/sys/vm/swappiness", "sets host vm.swappiness=1 @3\n", true, false },
		{ "/sys/block/*/queue/scheduler", "sets block * scheduler=1 @3\n", true, true },
		{ "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag", "sets host thp.khugepaged.defrag=1 @3\n", true, false },
		{ "/tmp/x", "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
		CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
		struct reading reading = { .proposal = &proposal };
		struct proposed item = { .path = "x.sh", .line = 3 };

		assert_int_equal(read_write(&reading, &item, cases[i].path, "1"), cases[i].known);
		describe(&proposal, &found);
		assert_string_equal(found.buf, cases[i].expected);
		if (cases[i].known)
			assert_int_equal(proposal.items[0].pattern, cases[i].pattern);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_has_a_place_on_a_host_is_read_as_it_is_there),
		cmocka_unit_test(a_line_that_is_none_of_its_file_is_unclear),
		cmocka_unit_test(what_a_rule_asks_of_a_device_is_kept_for_the_host),
		cmocka_unit_test(no_rule_is_passed_over_without_a_word),
		cmocka_unit_test(a_file_whose_name_nobody_reads_is_broken),
		cmocka_unit_test(what_a_unit_sets_and_is_not_judged_is_told),
		cmocka_unit_test(rules_that_are_added_to_a_file_are_understood_too),
		cmocka_unit_test(what_nobody_knows_has_no_reader),
		cmocka_unit_test(a_path_in_a_repository_stands_for_a_file_of_the_host),
		cmocka_unit_test(a_write_below_proc_or_sys_is_a_setting_and_a_glob_a_pattern),
	};

	return RUN_TESTS(tests);
}
