/* SPDX-License-Identifier: Apache-2.0 */
/* What limits.conf, systemd's own configuration and its unit files leave in force after boot. */
#include "boot-tree.h"

extern const struct probe probe_limits, probe_unit;

/* ---- limits.conf ---- */

static void of_lines_for_one_domain_and_half_the_last_one_counts(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/security/limits.conf", "# comment\n* soft nofile 1024\n*\t-\tnofile\t4096\n@db.admin hard nproc 64k # many\n");
	tree_write(tree, "/etc/security/limits.d/20-b.conf", "* soft nofile 65536\nbob hard maxlogins 2\nbob soft maxlogins 4\n");
	tree_write(tree, "/etc/security/limits.d/100-a.conf", "* soft nofile 2048\n");
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "shadowed limits.conf.*.soft.nofile=1024 /etc/security/limits.conf:2 "
		    "(/etc/security/limits.d/20-b.conf:1)\n"
		    "shadowed limits.conf.*.soft.nofile=4096 /etc/security/limits.conf:3 "
		    "(/etc/security/limits.d/20-b.conf:1)\n"
		    "wins limits.conf.*.hard.nofile=4096 /etc/security/limits.conf:3\n"
		    "wins limits.conf.@db/admin.hard.nproc=64 /etc/security/limits.conf:4\n"
		    "shadowed limits.conf.*.soft.nofile=2048 /etc/security/limits.d/100-a.conf:1 "
		    "(/etc/security/limits.d/20-b.conf:1)\n"
		    "wins limits.conf.*.soft.nofile=65536 /etc/security/limits.d/20-b.conf:1\n"
		    "shadowed limits.conf.bob.soft.maxlogins=2 /etc/security/limits.d/20-b.conf:2 "
		    "(/etc/security/limits.d/20-b.conf:3)\n"
		    "shadowed limits.conf.bob.hard.maxlogins=2 /etc/security/limits.d/20-b.conf:2 "
		    "(/etc/security/limits.d/20-b.conf:3)\n"
		    "wins limits.conf.bob.soft.maxlogins=4 /etc/security/limits.d/20-b.conf:3\n"
		    "wins limits.conf.bob.hard.maxlogins=4 /etc/security/limits.d/20-b.conf:3\n");
}

static void what_pam_limits_cannot_read_is_said(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/security/limits.conf",
		   "* soft nofile\n* both nofile 5\n* soft files 5\n* hard nofile many\n* soft rttime 100\n% - nproc 5\n"
		   "@1:x - nproc 5\n* -\nbob - nonewprivs 2\n* soft nice -5\n* hard nofile unlimited\n:1000 soft core 0\n");
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "invalid = /etc/security/limits.conf:1 (expected DOMAIN TYPE ITEM VALUE)\n"
		    "invalid limits.conf.*.soft.nofile= /etc/security/limits.conf:2 (the type is none of soft, hard and "
		    "-)\n"
		    "invalid limits.conf.*.hard.nofile= /etc/security/limits.conf:2 (the type is none of soft, hard and "
		    "-)\n"
		    "invalid = /etc/security/limits.conf:3 (pam_limits knows no such item)\n"
		    "invalid limits.conf.*.hard.nofile= /etc/security/limits.conf:4 (no value that pam_limits can read)\n"
		    "unresolved = /etc/security/limits.conf:5 (only pam_limits since 1.7.1 knows this item)\n"
		    "invalid limits.conf.%.soft.nproc= /etc/security/limits.conf:6 (% is there for maxlogins of all, of "
		    "a group, or of the number of a group)\n"
		    "invalid limits.conf.%.hard.nproc= /etc/security/limits.conf:6 (% is there for maxlogins of all, of "
		    "a group, or of the number of a group)\n"
		    "invalid limits.conf.@1:x.soft.nproc= /etc/security/limits.conf:7 (no range of numbers of users or "
		    "groups)\n"
		    "invalid limits.conf.@1:x.hard.nproc= /etc/security/limits.conf:7 (no range of numbers of users or "
		    "groups)\n"
		    "invalid = /etc/security/limits.conf:8 (a user, a group or a range can be exempt, and nothing else)\n"
		    "invalid limits.conf.bob.soft.nonewprivs= /etc/security/limits.conf:9 (no value that pam_limits can "
		    "read)\n"
		    "invalid limits.conf.bob.hard.nonewprivs= /etc/security/limits.conf:9 (no value that pam_limits can "
		    "read)\n"
		    "wins limits.conf.*.soft.nice=-5 /etc/security/limits.conf:10\n"
		    "wins limits.conf.*.hard.nofile=unlimited /etc/security/limits.conf:11\n"
		    "wins limits.conf.:1000.soft.core=0 /etc/security/limits.conf:12\n");
}

static void who_is_exempt_has_no_limits(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/security/limits.conf", "@wheel soft nofile 5\n@wheel -\n@wheels soft nofile 6\n");
	tree_write(tree, "/etc/security/limits.d/a.conf", "@wheel hard core 0\n");
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "ignored limits.conf.@wheel.soft.nofile=5 /etc/security/limits.conf:1 (/etc/security/limits.conf:2 "
		    "exempts it from all limits)\n"
		    "wins limits.conf.@wheel.exempt=1 /etc/security/limits.conf:2\n"
		    "wins limits.conf.@wheels.soft.nofile=6 /etc/security/limits.conf:3\n"
		    "ignored limits.conf.@wheel.hard.core=0 /etc/security/limits.d/a.conf:1 (/etc/security/limits.conf:2 "
		    "exempts it from all limits)\n");
}

static void the_vendors_limits_count_where_pam_limits_is_built_to_read_them(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/etc/security/limits.conf", "* soft core 1\n");
	tree_write(tree, "/usr/etc/security/limits.d/10-a.conf", "* hard core 2\n");
	tree_write(tree, "/usr/etc/security/limits.d/20-b.conf", "* hard nofile 3\n");
	tree_write(tree, "/etc/security/limits.d/20-b.conf", "* hard nofile 4\n");
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "unresolved limits.conf.*.soft.core=1 /usr/etc/security/limits.conf:1 (only a pam_limits that is "
		    "built to read files of that directory reads it)\n"
		    "unresolved limits.conf.*.hard.core=2 /usr/etc/security/limits.d/10-a.conf:1 (only a pam_limits that "
		    "is built to read files of that directory reads it)\n"
		    "masked limits.conf.*.hard.nofile=3 /usr/etc/security/limits.d/20-b.conf:1 "
		    "(/etc/security/limits.d/20-b.conf)\n"
		    "wins limits.conf.*.hard.nofile=4 /etc/security/limits.d/20-b.conf:1\n");
	tree_write_bytes(tree, "/usr/lib64/security/pam_limits.so", "\177ELF\0/etc/security/limits.conf\0", 31);
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "ignored limits.conf.*.soft.core=1 /usr/etc/security/limits.conf:1 (this pam_limits is not built to "
		    "read files of that directory)\n"
		    "ignored limits.conf.*.hard.core=2 /usr/etc/security/limits.d/10-a.conf:1 (this pam_limits is not "
		    "built to read files of that directory)\n"
		    "masked limits.conf.*.hard.nofile=3 /usr/etc/security/limits.d/20-b.conf:1 "
		    "(/etc/security/limits.d/20-b.conf)\n"
		    "wins limits.conf.*.hard.nofile=4 /etc/security/limits.d/20-b.conf:1\n");
	tree_write_bytes(tree, "/usr/lib64/security/pam_limits.so", "\177ELF\0/usr/etc/security/limits.conf\0", 35);
	tree_write(tree, "/etc/security/limits.conf", "* soft core 5\n");
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "wins limits.conf.*.soft.core=5 /etc/security/limits.conf:1\n"
		    "masked limits.conf.*.soft.core=1 /usr/etc/security/limits.conf:1 (/etc/security/limits.conf)\n"
		    "wins limits.conf.*.hard.core=2 /usr/etc/security/limits.d/10-a.conf:1\n"
		    "masked limits.conf.*.hard.nofile=3 /usr/etc/security/limits.d/20-b.conf:1 "
		    "(/etc/security/limits.d/20-b.conf)\n"
		    "wins limits.conf.*.hard.nofile=4 /etc/security/limits.d/20-b.conf:1\n");
}

/* ---- system.conf ---- */

static void drop_ins_of_the_manager_come_after_its_main_file(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/systemd/system.conf",
		   "[Manager]\n#DefaultLimitNOFILE=1\nDefaultLimitNOFILE=1024:524288\nDefaultTasksMax=15%\n[Other]\nDefaultTasksMax=7\n");
	tree_write(tree, "/usr/lib/systemd/system.conf", "[Manager]\nDefaultLimitCORE=0\n");
	tree_write(tree, "/usr/lib/systemd/system.conf.d/60-x.conf", "[Manager]\nDefaultLimitNOFILE=1\n");
	tree_write(tree, "/etc/systemd/system.conf.d/60-x.conf", "[Manager]\nDefaultLimitNOFILE=2:1\nDefaultCPUAccounting=on\n");
	tree_write(tree, "/usr/local/lib/systemd/system.conf.d/70-y.conf", "[Manager]\nDefaultLimitNOFILE=2048:65536\nDefaultTasksMax=\n[Manager\nDefaultTasksMax=5\n");
	tree_write(tree, "/etc/systemd/system.conf.d/75-z.conf", "[Manager]\nDefaultOOMScoreAdjust=7\n");
	tree_link(tree, "/etc/systemd/system.conf.d/80.conf", "/dev/null");
	tree_write(tree, "/run/systemd/system.conf.d/80.conf", "[Manager]\nDefaultTasksMax=80\n");
	tree_write(tree, "/usr/lib/systemd/system.conf.d/80.conf", "[Manager]\nDefaultTasksMax=81\n");
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "shadowed limits.system.DefaultLimitNOFILE=524288 /etc/systemd/system.conf:3 "
		    "(/usr/local/lib/systemd/system.conf.d/70-y.conf:2)\n"
		    "shadowed limits.system.DefaultLimitNOFILESoft=1024 /etc/systemd/system.conf:3 "
		    "(/usr/local/lib/systemd/system.conf.d/70-y.conf:2)\n"
		    "shadowed limits.system.DefaultTasksMax=15% /etc/systemd/system.conf:4 "
		    "(/usr/local/lib/systemd/system.conf.d/70-y.conf:3)\n"
		    "invalid limits.system.DefaultTasksMax= /etc/systemd/system.conf:6 (it belongs into the section "
		    "[Manager])\n"
		    "masked limits.system.DefaultLimitCORE=0 /usr/lib/systemd/system.conf:2 (/etc/systemd/system.conf)\n"
		    "masked limits.system.DefaultLimitCORESoft=0 /usr/lib/systemd/system.conf:2 "
		    "(/etc/systemd/system.conf)\n"
		    "masked limits.system.DefaultLimitNOFILE=1 /usr/lib/systemd/system.conf.d/60-x.conf:2 "
		    "(/etc/systemd/system.conf.d/60-x.conf)\n"
		    "masked limits.system.DefaultLimitNOFILESoft=1 /usr/lib/systemd/system.conf.d/60-x.conf:2 "
		    "(/etc/systemd/system.conf.d/60-x.conf)\n"
		    "invalid limits.system.DefaultLimitNOFILE= /etc/systemd/system.conf.d/60-x.conf:2 (the soft limit is "
		    "above the hard one)\n"
		    "invalid limits.system.DefaultLimitNOFILESoft= /etc/systemd/system.conf.d/60-x.conf:2 (the soft "
		    "limit is above the hard one)\n"
		    "wins limits.system.DefaultCPUAccounting=yes /etc/systemd/system.conf.d/60-x.conf:3\n"
		    "wins limits.system.DefaultLimitNOFILE=65536 /usr/local/lib/systemd/system.conf.d/70-y.conf:2\n"
		    "wins limits.system.DefaultLimitNOFILESoft=2048 /usr/local/lib/systemd/system.conf.d/70-y.conf:2\n"
		    "wins limits.system.DefaultTasksMax=infinity /usr/local/lib/systemd/system.conf.d/70-y.conf:3\n"
		    "invalid = /usr/local/lib/systemd/system.conf.d/70-y.conf:4 (the name of a section without its "
		    "bracket: systemd reads the file no further)\n"
		    "ignored limits.system.DefaultOOMScoreAdjust=7 /etc/systemd/system.conf.d/75-z.conf:2 "
		    "(systemd stops reading at /usr/local/lib/systemd/system.conf.d/70-y.conf:4)\n"
		    "masked limits.system.DefaultTasksMax=81 /usr/lib/systemd/system.conf.d/80.conf:2 "
		    "(/etc/systemd/system.conf.d/80.conf)\n");
}

static void a_main_file_of_the_vendor_is_read_by_newer_managers(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/systemd/system.conf", "[Manager]\nDefaultTasksMax=5\n");
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "unresolved limits.system.DefaultTasksMax=5 /usr/lib/systemd/system.conf:2 (before version 256 "
		    "systemd reads this file in /etc only)\n");
	tree_write(tree, "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so", "");
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "unresolved limits.system.DefaultTasksMax=5 /usr/lib/systemd/system.conf:2 (before version 256 systemd "
		    "reads this file in /etc only)\n");
	tree_write(tree, "/usr/lib/systemd/libsystemd-shared-257.4-1.so", "");
	begin(tree);
	assert_boot(tree, &probe_limits,
		    "wins limits.system.DefaultTasksMax=5 /usr/lib/systemd/system.conf:2\n");
}

/* ---- units ---- */

static void of_a_units_files_the_winner_and_all_losers_are_told(void **state)
{
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/systemd/system/db.service", "[Unit]\nTasksMax=1\n[Service]\nLimitNOFILE=1024:4096\nMemoryMax=1G\nOOMScoreAdjust=-500\n");
	tree_write(tree, "/usr/local/lib/systemd/system/db.service", "[Service]\nMemoryMax=3G\nMemoryMax=2G\nCPUQuota=20%\n");
	tree_write(tree, "/usr/lib/systemd/system/db.service.d/10.conf", "[Service]\nLimitNOFILE=8192\nCPUQuota=50%\n");
	tree_write(tree, "/usr/lib/systemd/system/service.d/10.conf", "[Service]\nTasksMax=10\n");
	tree_write(tree, "/etc/systemd/system/db.service.d/90.conf", "[Service]\nLimitNOFILE=\nMemoryMax=\nTasksMax=0\n[Slice]\nCPUWeight=5\n");
	tree_write(tree, "/etc/systemd/system/service.d/00.conf", "[Service]\nTasksMax=500\n");
	begin(tree);
	assert_boot(tree, &probe_unit,
		    "shadowed unit:db.service MemoryMax=3221225472 /usr/local/lib/systemd/system/db.service:2 "
		    "(/etc/systemd/system/db.service.d/90.conf:3)\n"
		    "shadowed unit:db.service MemoryMax=2147483648 /usr/local/lib/systemd/system/db.service:3 "
		    "(/etc/systemd/system/db.service.d/90.conf:3)\n"
		    "shadowed unit:db.service CPUQuotaPerSecUSec=200000 /usr/local/lib/systemd/system/db.service:4 "
		    "(/usr/lib/systemd/system/db.service.d/10.conf:3)\n"
		    "masked unit:db.service TasksMax= /usr/lib/systemd/system/db.service:2 "
		    "(/usr/local/lib/systemd/system/db.service)\n"
		    "masked unit:db.service LimitNOFILE=4096 /usr/lib/systemd/system/db.service:4 "
		    "(/usr/local/lib/systemd/system/db.service)\n"
		    "masked unit:db.service LimitNOFILESoft=1024 /usr/lib/systemd/system/db.service:4 "
		    "(/usr/local/lib/systemd/system/db.service)\n"
		    "masked unit:db.service MemoryMax=1073741824 /usr/lib/systemd/system/db.service:5 "
		    "(/usr/local/lib/systemd/system/db.service)\n"
		    "masked unit:db.service OOMScoreAdjust=-500 /usr/lib/systemd/system/db.service:6 "
		    "(/usr/local/lib/systemd/system/db.service)\n"
		    "wins unit:db.service TasksMax=500 /etc/systemd/system/service.d/00.conf:2\n"
		    "masked unit:db.service TasksMax=10 /usr/lib/systemd/system/service.d/10.conf:2 "
		    "(/usr/lib/systemd/system/db.service.d/10.conf)\n"
		    "wins unit:db.service LimitNOFILE=8192 /usr/lib/systemd/system/db.service.d/10.conf:2\n"
		    "wins unit:db.service LimitNOFILESoft=8192 /usr/lib/systemd/system/db.service.d/10.conf:2\n"
		    "wins unit:db.service CPUQuotaPerSecUSec=500000 /usr/lib/systemd/system/db.service.d/10.conf:3\n"
		    "invalid unit:db.service LimitNOFILE= /etc/systemd/system/db.service.d/90.conf:2 (a value that "
		    "systemd ignores)\n"
		    "invalid unit:db.service LimitNOFILESoft= /etc/systemd/system/db.service.d/90.conf:2 (a value that "
		    "systemd ignores)\n"
		    "wins unit:db.service MemoryMax= /etc/systemd/system/db.service.d/90.conf:3\n"
		    "invalid unit:db.service TasksMax= /etc/systemd/system/db.service.d/90.conf:4 (a value that systemd "
		    "ignores)\n"
		    "invalid unit:db.service CPUWeight= /etc/systemd/system/db.service.d/90.conf:6 (it belongs into the "
		    "section [Service])\n");
	boot = boot_read(tree->snapshot);
	assert_int_equal(boot_outcome(boot, "", SUBJECT_KIND_UNIT, "db.service", "MemoryMax").state, BOOT_STATE_UNSET);
	assert_string_equal(boot_outcome(boot, "", SUBJECT_KIND_UNIT, "db.service", "LimitNOFILE").line->value, "8192");
}

static void a_masked_unit_has_only_losers(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/systemd/system/a.service", "[Service]\nTasksMax=1\n");
	tree_link(tree, "/etc/systemd/system/a.service", "/dev/null");
	tree_write(tree, "/etc/systemd/system/a.service.d/x.conf", "[Service]\nTasksMax=2\n");
	tree_write(tree, "/usr/lib/systemd/system/b.service", "[Service]\nTasksMax=3\n");
	tree_write(tree, "/usr/local/lib/systemd/system/b.service", "");
	begin(tree);
	assert_boot(tree, &probe_unit,
		    "masked unit:a.service TasksMax=1 /usr/lib/systemd/system/a.service:2 (/etc/systemd/system/a.service)\n"
		    "masked unit:a.service TasksMax=2 /etc/systemd/system/a.service.d/x.conf:2 "
		    "(/etc/systemd/system/a.service)\n"
		    "masked unit:b.service TasksMax=3 /usr/lib/systemd/system/b.service:2 "
		    "(/usr/local/lib/systemd/system/b.service)\n");
}

static void templates_prefixes_and_aliases_are_followed(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/systemd/system/pg@.service", "[Service]\nOOMScoreAdjust=-900\nTasksMax=10\n");
	tree_write(tree, "/etc/systemd/system/pg@.service.d/a.conf", "[Service]\nMemoryHigh=1G\n");
	tree_write(tree, "/etc/systemd/system/pg@15.service.d/b.conf", "[Service]\nTasksMax=20\n");
	tree_write(tree, "/usr/lib/systemd/system/app-x-y.service", "[Service]\nTasksMax=1\n");
	tree_write(tree, "/usr/lib/systemd/system/app-.service.d/a.conf", "[Service]\nTasksMax=2\n");
	tree_write(tree, "/usr/lib/systemd/system/app-x-.service.d/a.conf", "[Service]\nTasksMax=3\n");
	tree_write(tree, "/usr/lib/systemd/system/mariadb.service", "[Service]\nType=simple\n");
	tree_link(tree, "/etc/systemd/system/mysql.service", "/usr/lib/systemd/system/mariadb.service");
	tree_write(tree, "/etc/systemd/system/mysql.service.d/a.conf", "[Service]\nLimitNOFILE=16384\n");
	begin(tree);
	assert_boot(tree, &probe_unit,
		    "wins unit:pg@15.service OOMScoreAdjust=-900 /usr/lib/systemd/system/pg@.service:2\n"
		    "shadowed unit:pg@15.service TasksMax=10 /usr/lib/systemd/system/pg@.service:3 "
		    "(/etc/systemd/system/pg@15.service.d/b.conf:2)\n"
		    "wins unit:pg@15.service MemoryHigh=1073741824 /etc/systemd/system/pg@.service.d/a.conf:2\n"
		    "wins unit:pg@15.service TasksMax=20 /etc/systemd/system/pg@15.service.d/b.conf:2\n"
		    "shadowed unit:app-x-y.service TasksMax=1 /usr/lib/systemd/system/app-x-y.service:2 "
		    "(/usr/lib/systemd/system/app-x-.service.d/a.conf:2)\n"
		    "masked unit:app-x-y.service TasksMax=2 /usr/lib/systemd/system/app-.service.d/a.conf:2 "
		    "(/usr/lib/systemd/system/app-x-.service.d/a.conf)\n"
		    "wins unit:app-x-y.service TasksMax=3 /usr/lib/systemd/system/app-x-.service.d/a.conf:2\n"
		    "wins unit:mariadb.service LimitNOFILE=16384 /etc/systemd/system/mysql.service.d/a.conf:2\n"
		    "wins unit:mariadb.service LimitNOFILESoft=16384 /etc/systemd/system/mysql.service.d/a.conf:2\n"
		    "wins unit:pg@.service OOMScoreAdjust=-900 /usr/lib/systemd/system/pg@.service:2\n"
		    "wins unit:pg@.service TasksMax=10 /usr/lib/systemd/system/pg@.service:3\n"
		    "wins unit:pg@.service MemoryHigh=1073741824 /etc/systemd/system/pg@.service.d/a.conf:2\n");
}

static void drop_ins_without_a_unit_depend_on_what_is_made_at_boot(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/systemd/system/gone.service.d/a.conf", "[Service]\nTasksMax=1\n");
	tree_write(tree, "/etc/systemd/system/old.service.d/a.conf", "[Service]\nTasksMax=2\n");
	tree_write(tree, "/etc/init.d/old", "#!/bin/sh\n");
	tree_write(tree, "/etc/systemd/system/user.slice.d/a.conf", "[Slice]\nTasksMax=3\n");
	tree_write(tree, "/run/systemd/system/user.slice.d/b.conf", "[Slice]\nTasksMax=4\n");
	begin(tree);
	assert_boot(tree, &probe_unit,
		    "unresolved unit:gone.service TasksMax=1 /etc/systemd/system/gone.service.d/a.conf:2 (there is no "
		    "such unit, unless a generator makes it at boot)\n"
		    "wins unit:old.service TasksMax=2 /etc/systemd/system/old.service.d/a.conf:2\n"
		    "wins unit:user.slice TasksMax=3 /etc/systemd/system/user.slice.d/a.conf:2\n");
}

static void what_stands_below_run_is_gone_after_a_reboot(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/version", "Linux version 6.1.0\n");
	tree_write(tree, "/usr/lib/systemd/system/a.service", "[Service]\nTasksMax=1\n");
	tree_write(tree, "/run/systemd/system.control/a.service.d/50-TasksMax.conf", "[Service]\nTasksMax=2\n");
	tree_write(tree, "/usr/lib/systemd/system/a.service.d/50-TasksMax.conf", "[Service]\nTasksMax=3\n");
	tree_write(tree, "/run/systemd/generator.late/b.service", "[Service]\nTasksMax=4\n");
	tree_link(tree, "/run/systemd/system/c.service", "/dev/null");
	tree_write(tree, "/usr/lib/systemd/system/c.service", "[Service]\nTasksMax=5\n");
	tree_write(tree, "/run/systemd/transient/d.service", "[Service]\nTasksMax=6\n");
	tree_write(tree, "/etc/systemd/system/gone.service.d/a.conf", "[Service]\nTasksMax=7\n");
	begin(tree);
	assert_boot(tree, &probe_unit,
		    "shadowed unit:a.service TasksMax=1 /usr/lib/systemd/system/a.service:2 "
		    "(/usr/lib/systemd/system/a.service.d/50-TasksMax.conf:2)\n"
		    "ignored unit:a.service TasksMax=2 /run/systemd/system.control/a.service.d/50-TasksMax.conf:2 (what "
		    "stands below /run is gone after a reboot)\n"
		    "wins unit:a.service TasksMax=3 /usr/lib/systemd/system/a.service.d/50-TasksMax.conf:2\n"
		    "ignored unit:d.service TasksMax=6 /run/systemd/transient/d.service:2 (what stands below /run is "
		    "gone after a reboot)\n"
		    "ignored unit:gone.service TasksMax=7 /etc/systemd/system/gone.service.d/a.conf:2 (there is no such "
		    "unit)\n"
		    "wins unit:c.service TasksMax=5 /usr/lib/systemd/system/c.service:2\n"
		    "wins unit:b.service TasksMax=4 /run/systemd/generator.late/b.service:2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(of_lines_for_one_domain_and_half_the_last_one_counts),
		tree_test(what_pam_limits_cannot_read_is_said),
		tree_test(who_is_exempt_has_no_limits),
		tree_test(the_vendors_limits_count_where_pam_limits_is_built_to_read_them),
		tree_test(drop_ins_of_the_manager_come_after_its_main_file),
		tree_test(a_main_file_of_the_vendor_is_read_by_newer_managers),
		tree_test(of_a_units_files_the_winner_and_all_losers_are_told),
		tree_test(a_masked_unit_has_only_losers),
		tree_test(templates_prefixes_and_aliases_are_followed),
		tree_test(drop_ins_without_a_unit_depend_on_what_is_made_at_boot),
		tree_test(what_stands_below_run_is_gone_after_a_reboot),
	};

	return RUN_TESTS(tests);
}
