/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../probes/limits-line.h"

extern const struct probe probe_limits;

static void a_line_of_limits_conf_is_read_as_pam_reads_it(void **state)
{
	static const struct {
		const char *text;
		int result;
		const char *domain, *type, *item, *value;
	} cases[] = {
		{ "*               soft    nofile          65536", 1, "*", "soft", "nofile", "65536" },
		{ "@student\tHARD\tNPROC\tUnlimited # many\n* soft core 0", 1, "@student", "hard", "nproc", "unlimited" },
		{ "root - memlock -1 more words", 1, "root", "-", "memlock", "-1" },
		{ "oracle -", 1, "oracle", "-", NULL, NULL },
		{ "# * soft core 0", 0, NULL, NULL, NULL, NULL },
		{ "  \t ", 0, NULL, NULL, NULL, NULL },
		{ "", 0, NULL, NULL, NULL, NULL },
		{ "* soft nofile", -EINVAL, "*", "soft", "nofile", NULL },
		{ "* soft", -EINVAL, "*", "soft", NULL, NULL },
		{ "* both nofile 1", -EINVAL, "*", "both", "nofile", "1" },
		{ "* soft files 1", -EINVAL, "*", "soft", "files", "1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(limits_line_release) struct limits_line line = { 0 };
		assert_int_equal(limits_line_parse(cases[i].text, &line), cases[i].result);
		if (cases[i].result <= 0)
			continue;
		assert_string_equal(line.domain, cases[i].domain);
		assert_string_equal(line.type, cases[i].type);
		if (cases[i].item) {
			assert_string_equal(line.item, cases[i].item);
			assert_string_equal(line.value, cases[i].value);
		} else {
			assert_null(line.item);
		}
	}
}

static void the_last_line_in_the_order_of_reading_counts(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/security/limits.conf", "* soft nofile 1024\n* hard nofile 4096\n* soft nofile 2048\n");
	tree_write(tree, "/etc/security/limits.d/90-b.conf", "# comment\n*\t-\tnofile\t65536\n");
	tree_write(tree, "/etc/security/limits.d/10-a.conf", "* hard nofile 8192\njohn.doe soft nproc unlimited\n");
	tree_write(tree, "/etc/security/limits.d/README", "* soft nofile 1\n");
	tree_read(tree, &probe_limits);
	assert_setting(tree, HOST, "", "limits.conf.*.soft.nofile", "65536");
	assert_setting(tree, HOST, "", "limits.conf.*.hard.nofile", "65536");
	assert_setting(tree, HOST, "", "limits.conf.john/doe.soft.nproc", "unlimited");
	assert_setting(tree, HOST, "", "limits.highest.nofile", "65536");
	assert_origin(tree, SUBJECT_HOST, "limits.highest.nofile", "/etc/security/limits.d/90-b.conf:2");
	assert_origin(tree, SUBJECT_HOST, "limits.conf.*.soft.nofile", "/etc/security/limits.d/90-b.conf:2");
}

static void a_line_that_pam_ignores_is_noted(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/security/limits.conf", "* soft nofile\n@wheel -\n\1\2\3 \377 x y");
	tree_read(tree, &probe_limits);
	assert_true(tree_noted(tree, "pam_limits ignores this line"));
	assert_setting(tree, HOST, "", "limits.conf.@wheel.exempt", "1");
	assert_setting(tree, HOST, "", "limits.conf.*.soft.nofile", NULL);
}

static void the_manager_reads_one_main_file_and_every_drop_in(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/systemd/system.conf",
		   "[Manager]\n#DefaultLimitNOFILE=1\nDefaultLimitNOFILE=1024:524288\nDefaultTasksMax=15%\n"
		   "[Other]\nDefaultLimitNOFILE=7\n");
	tree_write(tree, "/usr/lib/systemd/system.conf", "[Manager]\nDefaultLimitCORE=0\n");
	tree_write(tree, "/usr/lib/systemd/system.conf.d/50-mem.conf", "[Manager]\nDefaultLimitMEMLOCK=8M\n");
	tree_write(tree, "/usr/lib/systemd/system.conf.d/60-x.conf", "[Manager]\nDefaultLimitNOFILE=1\n");
	tree_write(tree, "/etc/systemd/system.conf.d/60-x.conf", "[Manager]\nDefaultLimitNPROC=infinity\n");
	tree_write(tree, "/etc/systemd/user.conf", "[Manager]\nDefaultLimitNOFILE=many\nDefaultLimitSTACK=1G\n"
						   "DefaultLimitSTACK=\nDefaultTasksMax=5\nDefaultTasksMax=\nDefaultOOMScoreAdjust=7\nDefaultOOMScoreAdjust=\n");
	tree_read(tree, &probe_limits);
	assert_setting(tree, HOST, "", "limits.system.DefaultLimitNOFILE", "524288");
	assert_setting(tree, HOST, "", "limits.system.DefaultLimitNOFILESoft", "1024");
	assert_setting(tree, HOST, "", "limits.system.DefaultLimitMEMLOCK", "8388608");
	assert_setting(tree, HOST, "", "limits.system.DefaultLimitNPROC", "infinity");
	assert_setting(tree, HOST, "", "limits.system.DefaultTasksMax", "15%");
	assert_setting(tree, HOST, "", "limits.system.DefaultLimitCORE", NULL);
	assert_setting(tree, HOST, "", "limits.user.DefaultLimitNOFILE", NULL);
	assert_setting(tree, HOST, "", "limits.user.DefaultLimitSTACK", "1073741824");
	assert_setting(tree, HOST, "", "limits.user.DefaultTasksMax", "infinity");
	assert_setting(tree, HOST, "", "limits.user.DefaultOOMScoreAdjust", ABSENCE(ABSENT));
	assert_true(tree_noted(tree, "DefaultLimitNOFILE= has a value that systemd ignores"));
	assert_origin(tree, SUBJECT_HOST, "limits.system.DefaultLimitNOFILE", "/etc/systemd/system.conf:3");
}

static void a_tree_without_configuration_has_no_limits(void **state)
{
	struct tree *tree = *state;

	tree_directory(tree, "/etc");
	tree_read(tree, &probe_limits);
	assert_int_equal(snapshot_setting_count(tree->snapshot), 1);
	assert_setting(tree, HOST, "", "limits.highest.nofile", ABSENCE(ABSENT));
	assert_int_equal(snapshot_notes(tree->snapshot)->count, 0);
}

static void a_link_out_of_the_tree_is_not_followed(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/secret/limits.conf", "* soft nofile 5\n");
	tree_link(tree, "/etc/security/limits.d/a.conf", "../../../../../../secret/limits.conf");
	tree_link(tree, "/etc/security/limits.d/b.conf", "b.conf");
	tree_directory(tree, "/etc/security/limits.d/c.conf");
	tree_read(tree, &probe_limits);
	assert_setting(tree, HOST, "", "limits.conf.*.soft.nofile", "5");
	assert_true(tree_noted(tree, "cannot read it"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_limits_conf_is_read_as_pam_reads_it),
		tree_test(the_last_line_in_the_order_of_reading_counts),
		tree_test(a_line_that_pam_ignores_is_noted),
		tree_test(the_manager_reads_one_main_file_and_every_drop_in),
		tree_test(a_tree_without_configuration_has_no_limits),
		tree_test(a_link_out_of_the_tree_is_not_followed),
	};

	return RUN_TESTS(tests);
}
