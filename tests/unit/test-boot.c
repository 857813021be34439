/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "../../core/boot.h"

/* A line of /etc/sysctl.d/a.conf for the host. */
static void add(struct boot *boot, const char *loader, unsigned int number, enum boot_fate fate, const char *key,
		const char *value)
{
	const struct boot_line line = {
		.source = "sysctl", .loader = loader, .key = key, .value = value, .path = "/etc/sysctl.d/a.conf", .line = number,
		.text = key, .fate = fate, .why = fate == BOOT_WINS ? NULL : "/etc/sysctl.conf:1",
	};

	assert_true(boot_add(boot, &line));
}

static void what_is_stored_is_read_back(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(boot_free_ptr) struct boot *written = boot_new(), *boot = NULL;
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT, again = STRBUF_INIT;
	const struct boot_line odd = {
		.source = "fstab", .kind = SUBJECT_KIND_MOUNT, .subject = ".", .key = "options", .value = "a\tb\nc\\d",
		.path = "/etc/fstab", .line = 7, .fate = BOOT_UNRESOLVED, .why = "\\.", .pattern = "/x*", .optional = true,
	};

	(void)state;
	assert_true(boot_add(written, &odd));
	add(written, BOOT_SYSTEMD, 3, BOOT_WINS, "vm.swappiness", "10");
	add(written, BOOT_PROCPS, 3, BOOT_WINS, "vm.swappiness", "10");
	add(written, BOOT_PROCPS_OLD, 3, BOOT_SHADOWED, "vm.swappiness", "10");
	boot_store(written, snapshot, "test", "sysctl.d");
	assert_string_equal("unresolved\tfstab\t.\tmount\t\\.\toptions\ta\\tb\\nc\\\\d\t/etc/fstab\t7\t\\\\.\t/x*\t-\t.\n"
			    "wins\tsysctl\tsystemd-sysctl,procps\thost\t.\tvm.swappiness\t10\t/etc/sysctl.d/a.conf\t3\t.\t.\t."
			    "\tvm.swappiness\n"
			    "shadowed\tsysctl\tprocps-old\thost\t.\tvm.swappiness\t10\t/etc/sysctl.d/a.conf\t3\t"
			    "/etc/sysctl.conf:1\t.\t.\tvm.swappiness",
			    snapshot_text(snapshot, SUBJECT_HOST, "boot.test"));
	boot = boot_read_about(snapshot, "vm.swappiness");
	assert_int_equal(4, boot_count(boot));		/* of the pattern it is not known */
	boot_free(boot);
	boot = boot_read_about(snapshot, "vm.dirty_ratio");
	assert_int_equal(1, boot_count(boot));
	boot_free(boot);
	boot = boot_read_about(snapshot, "a\\b");
	assert_int_equal(4, boot_count(boot));
	boot_free(boot);
	boot = boot_read(snapshot);
	assert_int_equal(4, boot_count(boot));
	assert_string_equal(".", boot_at(boot, 0)->subject);
	assert_string_equal("a\tb\nc\\d", boot_at(boot, 0)->value);
	assert_string_equal("\\.", boot_at(boot, 0)->why);
	assert_true(boot_at(boot, 0)->optional);
	assert_string_equal("", boot_at(boot, 0)->text);
	assert_string_equal(BOOT_PROCPS, boot_at(boot, 2)->loader);
	boot_format(written, &first);
	boot_format(boot, &again);
	assert_string_equal(first.buf, again.buf);
}

static void bytes_that_are_no_text_cost_only_themselves(void **state)
{
	static const char line[] = "# caf\xe9 \xc3\xa9 \\xff";
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(boot_free_ptr) struct boot *written = boot_new(), *boot = NULL;
	const struct boot_line odd = {
		.source = "sysctl", .loader = BOOT_SYSTEMD, .kind = SUBJECT_KIND_HOST, .key = "vm.a\x80", .value = "\xf0\x9f", .path = "/a",
		.line = 1, .text = line, .fate = BOOT_WINS,
	};

	(void)state;
	assert_true(boot_add(written, &odd));
	boot_store(written, snapshot, "test", NULL);
	assert_string_equal("wins\tsysctl\tsystemd-sysctl\thost\t.\tvm.a\\x80\t\\xf0\\x9f\t/a\t1\t.\t.\t.\t"
			    "# caf\\xe9 \xc3\xa9 \\\\xff",
			    snapshot_text(snapshot, SUBJECT_HOST, "boot.test"));
	boot = boot_read(snapshot);
	assert_string_equal("vm.a\x80", boot_at(boot, 0)->key);
	assert_string_equal("\xf0\x9f", boot_at(boot, 0)->value);
	assert_string_equal(line, boot_at(boot, 0)->text);
}

static void records_that_make_no_sense_are_counted_and_left_out(void **state)
{
	static const char text[] = "wins\tsysctl\t.\thost\t.\tvm.a\t1\t/a\t1\t.\t.\t.\tvm.a=1\n"
				   "\n"
				   "loses\tsysctl\t.\thost\t.\tvm.a\t1\t/a\t1\t.\t.\t.\tx\n"
				   "wins\tsysctl\t.\tplanet\t.\tvm.a\t1\t/a\t1\t.\t.\t.\tx\n"
				   "wins\tsysctl\t.\thost\t.\tvm.a\t1\t/a\t99999999999\t.\t.\t.\tx\n"
				   "wins\n";
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();

	(void)state;
	assert_int_equal(4, boot_parse(boot, text, strlen(text)));
	assert_int_equal(1, boot_count(boot));
}

static void each_loader_has_its_own_winner(void **state)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();
	const struct boot_line *const *lines;

	(void)state;
	add(boot, BOOT_SYSTEMD, 1, BOOT_SHADOWED, "vm.swappiness", "10");
	add(boot, BOOT_SYSTEMD, 2, BOOT_WINS, "vm.swappiness", "20");
	add(boot, BOOT_PROCPS, 1, BOOT_WINS, "vm.swappiness", "10");
	add(boot, BOOT_PROCPS, 2, BOOT_SHADOWED, "vm.swappiness", "20");
	add(boot, BOOT_SYSTEMD, 3, BOOT_WINS, "vm.dirty_ratio", "5");
	add(boot, BOOT_PROCPS, 3, BOOT_WINS, "vm.dirty_ratio", "5");
	assert_int_equal(4, boot_lines(boot, SUBJECT_KIND_HOST, "", "vm.swappiness", &lines));
	assert_int_equal(1, lines[0]->line);
	assert_string_equal(BOOT_PROCPS, lines[3]->loader);
	assert_int_equal(0, boot_lines(boot, SUBJECT_KIND_HOST, "", "vm.swap", &lines));
	assert_int_equal(0, boot_lines(boot, SUBJECT_KIND_MOUNT, "", "vm.swappiness", &lines));
	assert_string_equal("20", boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "vm.swappiness").line->value);
	assert_string_equal("10", boot_outcome(boot, BOOT_PROCPS, SUBJECT_KIND_HOST, "", "vm.swappiness").line->value);
	assert_true(boot_loaders_disagree(boot, "vm.swappiness"));
	assert_false(boot_loaders_disagree(boot, "vm.dirty_ratio"));
	assert_false(boot_loaders_disagree(boot, "vm.other"));
	assert_int_equal(BOOT_STATE_UNSET, boot_outcome(boot, BOOT_TUNED, SUBJECT_KIND_HOST, "", "vm.swappiness").state);
}

static void a_key_that_one_loader_does_not_set_is_a_disagreement_except_with_tuned(void **state)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();

	(void)state;
	add(boot, BOOT_SYSTEMD, 1, BOOT_WINS, "vm.a", "1");
	add(boot, BOOT_TUNED, 1, BOOT_WINS, "vm.b", "1");
	assert_false(boot_loaders_disagree(boot, "vm.a"));
	add(boot, BOOT_PROCPS, 1, BOOT_INVALID, "vm.a", "1");
	assert_true(boot_loaders_disagree(boot, "vm.a"));
	assert_true(boot_loaders_disagree(boot, "vm.b"));
}

static void a_file_that_was_not_read_makes_what_came_before_it_unknown(void **state)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();
	struct boot_outcome outcome;

	(void)state;
	add(boot, BOOT_SYSTEMD, 1, BOOT_WINS, "vm.a", "1");
	add(boot, BOOT_SYSTEMD, 0, BOOT_UNRESOLVED, "", "");
	add(boot, BOOT_SYSTEMD, 2, BOOT_WINS, "vm.b", "2");
	add(boot, BOOT_PROCPS, 1, BOOT_WINS, "vm.a", "1");
	outcome = boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "vm.a");
	assert_int_equal(BOOT_STATE_UNKNOWN, outcome.state);
	assert_int_equal(0, outcome.line->line);
	assert_int_equal(BOOT_STATE_SET, boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "vm.b").state);
	assert_int_equal(BOOT_STATE_UNKNOWN, boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "vm.c").state);
	assert_int_equal(BOOT_STATE_SET, boot_outcome(boot, BOOT_PROCPS, SUBJECT_KIND_HOST, "", "vm.a").state);
}

static void a_pattern_that_was_not_expanded_meets_keys_of_as_many_components(void **state)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();

	(void)state;
	add(boot, BOOT_SYSTEMD, 1, BOOT_UNRESOLVED, "net.ipv4.conf.*.rp_filter", "1");
	add(boot, BOOT_SYSTEMD, 2, BOOT_EXCLUDED, "net.ipv4.conf.all.rp_filter", "1");
	add(boot, BOOT_PROCPS, 1, BOOT_UNRESOLVED, "net.ipv4.conf.*.rp_filter", "1");
	add(boot, BOOT_PROCPS, 2, BOOT_EXCLUDED, "net.ipv4.*.all.*", "");
	assert_string_equal("1", boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "",
					      "net.ipv4.conf.eth0/100.rp_filter").line->value);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(BOOT_STATE_UNSET, boot_outcome(boot, i ? BOOT_SYSTEMD : BOOT_PROCPS, SUBJECT_KIND_HOST, "",
								"net.ipv4.conf.all.rp_filter").state);
	assert_int_equal(BOOT_STATE_UNSET,
			 boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "net.ipv4.conf.a.b.rp_filter").state);
}

static void the_last_loader_that_runs_at_boot_and_sets_it_counts(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(boot_free_ptr) struct boot *written = boot_new(), *boot = NULL, *plain = NULL;

	(void)state;
	add(written, BOOT_SYSTEMD, 1, BOOT_WINS, "vm.a", "1");
	add(written, BOOT_SYSTEMD, 2, BOOT_WINS, "vm.b", "1");
	add(written, BOOT_TUNED, 3, BOOT_WINS, "vm.a", "2");
	add(written, BOOT_PROCPS, 3, BOOT_WINS, "vm.a", "3");
	boot_store(written, snapshot, "test", NULL);
	plain = boot_read(snapshot);
	assert_string_equal("1", boot_effective(plain, "vm.a").line->value);
	snapshot_set_string(snapshot, SUBJECT_HOST, BOOT_LOADERS, "systemd-sysctl tuned", NULL);
	boot = boot_read(snapshot);
	assert_string_equal("2", boot_effective(boot, "vm.a").line->value);
	assert_string_equal("1", boot_effective(boot, "vm.b").line->value);
	assert_int_equal(BOOT_STATE_UNSET, boot_effective(boot, "vm.c").state);
}

/* Each key would have to meet each of them. */
static void with_more_patterns_than_any_host_has_nothing_that_no_line_names_is_known(void **state)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();
	struct boot_outcome outcome;

	add(boot, BOOT_SYSTEMD, 1, BOOT_WINS, "vm.swappiness", "10");
	for (unsigned int i = 0; i < 8000; i++) {
		CLEANUP(free_ptr) char *key = xasprintf("net.ipv4.conf.x%u*.rp_filter", i);

		add(boot, BOOT_SYSTEMD, 2 + i, BOOT_UNRESOLVED, key, "1");
	}
	outcome = boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "net.ipv4.conf.x7999.rp_filter");
	assert_int_equal(outcome.state, BOOT_STATE_SET);
	assert_int_equal(outcome.line->line, 8001);
	assert_int_equal(boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "vm.dirty_ratio").state, BOOT_STATE_UNSET);
	add(boot, BOOT_SYSTEMD, 9000, BOOT_UNRESOLVED, "net.ipv4.conf.y*.rp_filter", "1");
	outcome = boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "vm.dirty_ratio");
	assert_int_equal(outcome.state, BOOT_STATE_UNKNOWN);
	assert_int_equal(outcome.line->line, 9000);
	assert_int_equal(boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "vm.swappiness").state, BOOT_STATE_SET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_stored_is_read_back),
		cmocka_unit_test(bytes_that_are_no_text_cost_only_themselves),
		cmocka_unit_test(records_that_make_no_sense_are_counted_and_left_out),
		cmocka_unit_test(each_loader_has_its_own_winner),
		cmocka_unit_test(a_key_that_one_loader_does_not_set_is_a_disagreement_except_with_tuned),
		cmocka_unit_test(a_file_that_was_not_read_makes_what_came_before_it_unknown),
		cmocka_unit_test(a_pattern_that_was_not_expanded_meets_keys_of_as_many_components),
		cmocka_unit_test(with_more_patterns_than_any_host_has_nothing_that_no_line_names_is_known),
		cmocka_unit_test(the_last_loader_that_runs_at_boot_and_sets_it_counts),
	};

	return RUN_TESTS(tests);
}
