/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../probes/sosreport.h"

static void time_up_is_read_in_each_form_that_uptime_prints(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t seconds;
	} cases[] = {
		{ " 17:03:31 up 40 min,  0 user,  load average: 0.09, 0.09, 0.02\n", 0, 2400 },
		{ " 17:03:31 up  2:14,  1 user,  load average: 0.09", 0, 8040 },
		{ " 17:03:31 up 1 day,  2:14,  1 user,  load average: 0.09", 0, 94440 },
		{ " 17:03:31 up 300 days, 5 min, 12 users,  load average: 0.09", 0, 25920300 },
		{ " 17:03:31 up 7 days", 0, 604800 },
		{ " 17:03:31 up ", -EBADMSG, 0 },
		{ " 17:03:31 up 2:99, 1 user", -EBADMSG, 0 },
		{ " 17:03:31 up 99999999999999999999 days", -EBADMSG, 0 },
		{ "uptime: command not found\n", -EBADMSG, 0 },
		{ "", -EBADMSG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t seconds = 0;

		assert_int_equal(sosreport_uptime_parse(cases[i].text, &seconds), cases[i].result);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void output_of_commands_stands_for_files(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct tree *tree = *state;

	tree_write(tree, "/sos_commands/kernel/sysctl_-a",
		   "fs.aio-nr = 7\nfs.file-nr = 623\t0\t2466177\nnet.ipv4.conf.eth0/100.rp_filter = 2\n");
	tree_write(tree, "/uptime", " 17:03:31 up 40 min,  0 user,  load average: 0.09, 0.09, 0.02\n");
	assert_int_equal(root_open(tree->path, &tree->root), 0);
	assert_int_equal(sosreport_read(tree->root, "/proc/sys/fs/file-nr", &text), 0);
	assert_string_equal(text.buf, "623\t0\t2466177\n");
	assert_int_equal(sosreport_read(tree->root, "/proc/sys/net/ipv4/conf/eth0.100/rp_filter", &text), 0);
	assert_string_equal(text.buf, "2\n");
	assert_int_equal(sosreport_read(tree->root, "/proc/uptime", &text), 0);
	assert_string_equal(text.buf, "2400.00 0.00\n");
	assert_int_equal(sosreport_read(tree->root, "/proc/sys/fs/file", &text), -ENOENT);
	assert_int_equal(sosreport_read(tree->root, "/proc/vmstat", &text), -ENOENT);
}

static void a_tree_that_is_no_sosreport_has_no_such_output(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct tree *tree = *state;

	tree_write(tree, "/uptime", " 17:03:31 up 40 min,  0 user\n");
	assert_int_equal(root_open(tree->path, &tree->root), 0);
	assert_int_equal(sosreport_read(tree->root, "/proc/uptime", &text), -ENOENT);
}

static void counters_since_boot_have_a_time_in_a_sosreport(void **state)
{
	extern const struct sampler sampler_stat;
	static const struct probe_options options;
	struct tree *tree = *state;
	const struct series *uptime;
	void *data = NULL;

	tree_write(tree, "/sos_commands/host/uptime", " 17:03:31 up 40 min,  0 user,  load average: 0.09, 0.09, 0.02\n");
	assert_int_equal(root_open(tree->path, &tree->root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(sampler_stat.open(tree->root, &options, tree->snapshot, &data), 0);
	snapshot_tick_begin(tree->snapshot, 1, 1, 1);
	sampler_stat.tick(data, tree->snapshot);
	snapshot_tick_end(tree->snapshot);
	sampler_stat.close(data);
	uptime = snapshot_metric(tree->snapshot, SUBJECT_HOST, "uptime");
	assert_non_null(uptime);
	assert_true(uptime->last == 2400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_up_is_read_in_each_form_that_uptime_prints),
		tree_test(output_of_commands_stands_for_files),
		tree_test(a_tree_that_is_no_sosreport_has_no_such_output),
		tree_test(counters_since_boot_have_a_time_in_a_sosreport),
	};

	return RUN_TESTS(tests);
}
