/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile of TuneD proposes. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../proposals/reader.h"
#include "test.h"

/* "FATE KIND SUBJECT KEY=VALUE @LINE", one for each item. */
static void assert_proposes(const char *path, const char *text, const char *expected)
{
	static const char *const fates[] = { "sets", "removed", "broken", "unclear" };
	static const char *const bounds[] = { "", " raises", " lowers" };
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = path, .text = text, .length = strlen(text), .first = 1 };
	const struct reader *reader = reader_recognise(path, text, strlen(text));

	assert_non_null(reader);
	assert_string_equal(reader->name, "tuned");
	reader->read(reader, &reading, &given);
	for (size_t i = 0; i < proposal.count; i++) {
		const struct proposed *item = &proposal.items[i];

		strbuf_addf(&found, "%s %s%s%s %s=%s @%u%s%s%s%s%s%s%s\n", fates[item->fate], subject_kind_name(item->kind),
			    *item->subject ? " " : "", item->subject, item->key, item->value, item->line, *item->condition ? " " : "",
			    item->condition, bounds[item->bound], *item->where ? " where " : "", item->where,
			    *item->otherwise ? " or " : "", item->otherwise);
	}
	assert_string_equal(found.buf, expected);
}

static void each_plugin_sets_what_it_is_for(void **state)
{
	(void)state;
	assert_proposes("web/tuned.conf",
			"[main]\nsummary=x\n[sysctl]\nvm.swappiness=10\nnet.core.somaxconn=>2048\n[vm]\ntransparent_hugepages=never\n"
			"[cpu]\ngovernor=performance|schedutil\nload_threshold=0.2\nforce_latency=1\n"
			"[disk]\ndevices=sd*, nvme0n1\nreadahead=8192 s\n"
			"[bootloader]\ncmdline_x=skew_tick=1 quiet\n[sysfs]\n/sys/block/sda/queue/rq_affinity=2\n"
			"[modules]\nloop=+r max_loop=8\nkvm=+r\n[scheduler]\nsched_latency_ns=1\nps_blacklist=x\n[script]\nscript=${i:PROFILE_DIR}/x.sh\n",
			"sets host vm.swappiness=10 @4\n"
			"sets host net.core.somaxconn=2048 @5 raises\n"
			"sets host thp.enabled=never @7\n"
			"sets cpu * scaling_governor=performance @9 the first of the alternatives that is offered\n"
			"unclear host =1 @11\n"
			"sets block sd* read_ahead_kb=4096 @14\n"
			"sets block nvme0n1 read_ahead_kb=4096 @14\n"
			"sets host cmdline.skew_tick=1 @16\n"
			"sets host cmdline.quiet= @16\n"
			"sets block sda rq_affinity=2 @18\n"
			"sets host module.loop.max_loop=8 @20\n"
			"unclear host =+r @21\n"
			"sets host kernel.sched_latency_ns=1 @23 or debug.sched.latency_ns\n"
			"unclear host =/etc/tuned/web/x.sh @26\n");
}

static void a_share_of_memory_is_the_ratio_that_the_kernel_has(void **state)
{
	(void)state;
	assert_proposes("web/tuned.conf",
			"[vm]\ndirty_bytes = 40%\ndirty_background_bytes=10 %\n[more]\ntype=vm\ndirty_bytes=67108864\ndirty_ratio=15%\n",
			"sets host vm.dirty_ratio=40 @2\n"
			"sets host vm.dirty_background_ratio=10 @3\n"
			"sets host vm.dirty_bytes=67108864 @6\n"
			"sets host vm.dirty_ratio=15% @7\n");
}

static void an_argument_that_is_taken_away_is_not_proposed(void **state)
{
	(void)state;
	assert_proposes("web/tuned.conf",
			"[bootloader]\ncmdline_a=+nosmt audit=0 quiet\ncmdline_b=-nosmt audit=1\ncmdline_c=\\-x\nskip_grub_config=true\n",
			"sets host cmdline.audit=0 @2\n"
			"sets host cmdline.quiet= @2\n"
			"unclear host cmdline.audit=1 @3\n"
			"sets host cmdline.-x= @4\n"
			"unclear host =true @5\n");
	assert_proposes("intel-sst/tuned.conf", "[bootloader]\ncmdline_intel_sst=-intel_pstate=disable\n",
			"unclear host cmdline.intel_pstate=disable @2\n");
}

static void taking_away_for_ever_ends(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = "web/tuned.conf", .first = 1 };

	(void)state;
	strbuf_add_string(&text, "[bootloader]\ncmdline_a=+");
	for (int i = 0; i < 40000; i++)
		strbuf_add_string(&text, "a ");
	strbuf_add_string(&text, "\ncmdline_b=-");
	for (int i = 0; i < 40000; i++)
		strbuf_add_string(&text, "b ");
	given.text = text.buf;
	given.length = text.len;
	reader_find("tuned")->read(reader_find("tuned"), &reading, &given);
	assert_int_equal(proposal.count, 80000);
	assert_string_equal(proposal.items[79999].why, "more arguments are taken away than are looked for");
}

static void devices_that_are_left_out_are_none_of_it(void **state)
{
	(void)state;
	assert_proposes("web/tuned.conf", "[disk]\ndevices=!sdb\nelevator=none\n[net]\nring=rx 4096, tx:512\nchannels=bogus 4\nmtu=>9000\n",
			"sets block * scheduler=none @3 where name!=sdb\n"
			"sets interface * ring.rx=4096 @5 where name!=lo\n"
			"sets interface * ring.tx=512 @5 where name!=lo\n"
			"unclear interface * =4 @6 where name!=lo\n"
			"sets interface * mtu=9000 @7 raises where name!=lo\n");
	assert_proposes("web/tuned.conf", "[disk]\ndevices_udev_regex=ID_BUS=ata\nreadahead=4096\n",
			"unclear block * read_ahead_kb=4096 @3\n");
}

static void what_only_tuned_could_tell_is_unclear(void **state)
{
	(void)state;
	assert_proposes("web/tuned.conf",
			"[variables]\ninclude=/etc/tuned/web-variables.conf\n[sysctl]\nvm.swappiness=${swappiness}\n"
			"net.ipv4.tcp_rmem=>4096 131072 33554432\n[scheduler]\nsched_min_granularity_ns=3000000\n",
			"unclear host vm.swappiness=${swappiness} @4\n"
			"broken host net.ipv4.tcp_rmem=4096 131072 33554432 @5 raises\n"
			"sets host kernel.sched_min_granularity_ns=3000000 @7 or debug.sched.min_granularity_ns debug.sched.base_slice_ns\n");
}

static void variables_that_double_each_other_end(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = "web/tuned.conf", .first = 1 };

	(void)state;
	strbuf_add_string(&text, "[variables]\nv0=12345678\n");
	for (int i = 1; i < 60; i++)
		strbuf_addf(&text, "v%d=${v%d}${v%d}\n", i, i - 1, i - 1);
	strbuf_add_string(&text, "[sysctl]\nvm.swappiness=${v59}\n");
	given.text = text.buf;
	given.length = text.len;
	reader_find("tuned")->read(reader_find("tuned"), &reading, &given);
	assert_int_equal(proposal.count, 1);
	assert_string_equal(proposal.items[0].key, "vm.swappiness");
	assert_true(strlen(proposal.items[0].value) <= 1 << 17);
}

static void functions_and_conditions_are_not_guessed(void **state)
{
	(void)state;
	assert_proposes("web/tuned.conf",
			"[variables]\nn=7\n[sysctl]\nvm.swappiness=${n}\nvm.dirty_ratio=${f:exec:reboot}\n"
			"[vm.arm]\ntype=vm\nuname_regex=aarch64\ntransparent_hugepages=never\n",
			"sets host vm.swappiness=7 @4\n"
			"unclear host vm.dirty_ratio=${f:exec:reboot} @5\n"
			"unclear host thp.enabled=never @9\n");
	/* What is not included is one line; what the profile says itself holds whatever that is. */
	assert_proposes("web/tuned.conf", "[main]\nsummary=x\ninclude=${f:virt_check:a:b}\n[sysctl]\nvm.swappiness=7\n",
			"unclear host = @3\n"
			"sets host vm.swappiness=7 @5\n");
}

static void what_python_refuses_is_applied_by_nobody(void **state)
{
	(void)state;
	assert_proposes("web/tuned.conf", "[sysctl]\nvm.swappiness=10\n[sysctl\nx\n", "unclear host = @3\n");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void profiles_that_are_included_are_read_beside_it_and_nowhere_else(void **state)
{
	static const char child[] = "[main]\ninclude=parent\n[sysctl]\nvm.swappiness=10\n";
	char directory[] = "/tmp/keisoku-tuned-XXXXXX";
	CLEANUP(free_ptr) char *before = getcwd(NULL, 0);

	(void)state;
	assert_proposes("child/tuned.conf", child, "unclear host = @1\n");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(mkdir("parent", 0755), 0);
	write_file("parent/tuned.conf", "[disk]\ndevices=sda\nelevator=bfq\n");
	assert_proposes("child/tuned.conf", "[main]\ninclude=parent\n[disk]\nreadahead=64\n",
			"sets block * scheduler=bfq @3\n"
			"sets block * read_ahead_kb=64 @4\n");
	write_file("parent/tuned.conf", "[sysctl]\nvm.swappiness=60\nvm.dirty_ratio=5\n");
	assert_proposes("child/tuned.conf", child,
			"sets host vm.dirty_ratio=5 @3\n"
			"sets host vm.swappiness=10 @4\n");
	assert_proposes("child/tuned.conf", "[main]\ninclude=../parent\n[sysctl]\nvm.swappiness=1\n", "unclear host = @1\n");
	assert_int_equal(unlink("parent/tuned.conf"), 0);
	assert_int_equal(rmdir("parent"), 0);
	assert_int_equal(chdir(before), 0);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_plugin_sets_what_it_is_for),
		cmocka_unit_test(a_share_of_memory_is_the_ratio_that_the_kernel_has),
		cmocka_unit_test(an_argument_that_is_taken_away_is_not_proposed),
		cmocka_unit_test(taking_away_for_ever_ends),
		cmocka_unit_test(devices_that_are_left_out_are_none_of_it),
		cmocka_unit_test(what_only_tuned_could_tell_is_unclear),
		cmocka_unit_test(variables_that_double_each_other_end),
		cmocka_unit_test(functions_and_conditions_are_not_guessed),
		cmocka_unit_test(what_python_refuses_is_applied_by_nobody),
		cmocka_unit_test(profiles_that_are_included_are_read_beside_it_and_nowhere_else),
	};

	return RUN_TESTS(tests);
}
