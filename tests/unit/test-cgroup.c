/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../probes/cgroup.h"

extern const struct probe probe_cgroup;

#define V2_MOUNT "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNTS                                                                                                     \
	"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"                         \
	"35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"                                            \
	"36 31 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"
#define UNIFIED_MOUNT "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
#define ID "4e8f0a7c2d1b3e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7"

static void a_v2_tree_gives_every_group_its_limits(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V2_MOUNT);
	tree_write(tree, "/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
	tree_write(tree, "/sys/fs/cgroup/system.slice/memory.max", "1073741824\n");
	tree_write(tree, "/sys/fs/cgroup/system.slice/cpu.max", "150000 100000\n");
	tree_write(tree, "/sys/fs/cgroup/system.slice/cgroup.events", "populated 1\nfrozen 0\n");
	tree_write(tree, "/sys/fs/cgroup/system.slice/nginx.service/memory.max", "max\n");
	tree_write(tree, "/sys/fs/cgroup/system.slice/nginx.service/memory.high", "805306368\n");
	tree_write(tree, "/sys/fs/cgroup/system.slice/nginx.service/cpu.max", "200000 100000\n");
	tree_write(tree, "/sys/fs/cgroup/system.slice/nginx.service/memory.current", "12345\n");
	tree_read(tree, &probe_cgroup);

	assert_setting(tree, HOST, "", "cgroups.hierarchy", "unified");
	assert_setting(tree, CGROUP, "/", "version", "2");
	assert_setting(tree, CGROUP, "/", "memory.max", ABSENCE(ABSENT));
	assert_setting(tree, CGROUP, "/", "effective.memory.max", "max");
	assert_setting(tree, CGROUP, "/system.slice", "populated", "1");
	assert_setting(tree, CGROUP, "/system.slice/nginx.service", "memory.high", "805306368");
	assert_setting(tree, CGROUP, "/system.slice/nginx.service", "io.max", ABSENCE(ABSENT));
	assert_setting(tree, CGROUP, "/system.slice/nginx.service", "memory.current", NULL);
	assert_setting(tree, CGROUP, "/system.slice/nginx.service", "effective.memory.max", "1073741824");
	assert_setting(tree, CGROUP, "/system.slice/nginx.service", "effective.cpu.quota", "1.5");
	assert_origin(tree, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_CGROUP, "/system.slice"), "cpu.max",
		      "/sys/fs/cgroup/system.slice/cpu.max");
}

static void processors_of_a_cpuset_are_counted(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V2_MOUNT);
	tree_write(tree, "/sys/fs/cgroup/cgroup.controllers", "cpu cpuset\n");
	tree_write(tree, "/sys/fs/cgroup/a/cpuset.cpus.effective", "0-3,8\n");
	tree_write(tree, "/sys/fs/cgroup/a/b/cpuset.cpus.effective", "2\n");
	tree_write(tree, "/sys/fs/cgroup/a/without/cpu.max", "max 100000\n");
	tree_write(tree, "/sys/fs/cgroup/a/broken/cpuset.cpus.effective", "2-x\n");
	tree_write(tree, "/sys/fs/cgroup/none/cpu.max", "max 100000\n");
	tree_read(tree, &probe_cgroup);

	assert_setting(tree, CGROUP, "/a", "effective.cpuset.cpus", "5");
	assert_setting(tree, CGROUP, "/a/b", "effective.cpuset.cpus", "1");
	assert_setting(tree, CGROUP, "/a/without", "effective.cpuset.cpus", "5");
	assert_setting(tree, CGROUP, "/a/broken", "effective.cpuset.cpus", ABSENCE(UNPARSABLE));
	assert_setting(tree, CGROUP, "/none", "effective.cpuset.cpus", NULL);
}

static void v1_controllers_meet_in_one_group(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V1_MOUNTS);
	tree_write(tree, "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "50000\n");
	tree_write(tree, "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
	tree_write(tree, "/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n");
	tree_write(tree, "/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
	tree_write(tree, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n");
	tree_write(tree, "/sys/fs/cgroup/memory/a/cgroup.procs", "");
	tree_write(tree, "/sys/fs/cgroup/memory/a/b/cgroup.procs", "1174\n");
	tree_write(tree, "/sys/fs/cgroup/devices/only-devices/cgroup.procs", "1\n");
	tree_read(tree, &probe_cgroup);

	assert_setting(tree, HOST, "", "cgroups.hierarchy", "legacy");
	assert_setting(tree, CGROUP, "/a", "version", "1");
	assert_setting(tree, CGROUP, "/a", "effective.cpu.quota", "0.5");
	assert_setting(tree, CGROUP, "/a/b", "effective.cpu.quota", "0.5");
	assert_setting(tree, CGROUP, "/a", "effective.memory.max", "max");
	assert_setting(tree, CGROUP, "/a", "memory.max", NULL);
	assert_setting(tree, CGROUP, "/a", "populated", "1");
	assert_setting(tree, CGROUP, "/only-devices", "version", NULL);
	assert_origin(tree, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_CGROUP, "/a"), "cpu.cfs_quota_us",
		      "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us");
}

static void a_hybrid_tree_says_which_version_holds_a_group(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V1_MOUNTS UNIFIED_MOUNT);
	tree_write(tree, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4096\n");
	tree_write(tree, "/sys/fs/cgroup/unified/a/cgroup.events", "populated 0\n");
	tree_write(tree, "/sys/fs/cgroup/unified/user.slice/cgroup.events", "populated 1\n");
	tree_directory(tree, "/sys/fs/cgroup/cpu,cpuacct");
	tree_read(tree, &probe_cgroup);

	assert_setting(tree, HOST, "", "cgroups.hierarchy", "hybrid");
	assert_setting(tree, CGROUP, "/a", "version", "1");
	assert_setting(tree, CGROUP, "/a", "effective.memory.max", "4096");
	assert_setting(tree, CGROUP, "/user.slice", "version", "2");
	assert_setting(tree, CGROUP, "/user.slice", "memory.max", NULL);
	assert_setting(tree, CGROUP, "/user.slice", "effective.memory.max", NULL);
	assert_setting(tree, CGROUP, "/user.slice", "populated", "1");
}

static void without_mountinfo_the_directories_tell(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sys/fs/cgroup/cpu,cpuacct/cpu.shares", "1024\n");
	tree_write(tree, "/sys/fs/cgroup/unified/cgroup.controllers", "\n");
	tree_link(tree, "/sys/fs/cgroup/cpu", "cpu,cpuacct");
	tree_read(tree, &probe_cgroup);
	assert_setting(tree, HOST, "", "cgroups.hierarchy", "hybrid");
	assert_setting(tree, CGROUP, "/", "cpu.shares", "1024");
}

static void a_tree_without_control_groups_is_absent_not_none(void **state)
{
	struct tree *tree = *state;

	tree_directory(tree, "/etc");
	tree_read(tree, &probe_cgroup);
	assert_setting(tree, HOST, "", "cgroups.hierarchy", ABSENCE(ABSENT));
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_CGROUP), 0);
}

static void a_host_that_mounts_none_says_none(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\ngarbage\n1 2\n\n");
	tree_read(tree, &probe_cgroup);
	assert_setting(tree, HOST, "", "cgroups.hierarchy", "none");
}

static void what_cannot_be_understood_above_makes_the_limit_below_unknown(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V2_MOUNT);
	tree_write(tree, "/sys/fs/cgroup/a/memory.max", "lots\n");
	tree_write(tree, "/sys/fs/cgroup/a/cpu.max", "100000\n");
	tree_write(tree, "/sys/fs/cgroup/a/b/memory.max", "4096\n");
	tree_write(tree, "/sys/fs/cgroup/a/cgroup.events", "populated\n");
	tree_read(tree, &probe_cgroup);
	assert_setting(tree, CGROUP, "/a/b", "memory.max", "4096");
	assert_setting(tree, CGROUP, "/a/b", "effective.memory.max", ABSENCE(UNPARSABLE));
	assert_setting(tree, CGROUP, "/a/b", "effective.cpu.quota", ABSENCE(UNPARSABLE));
	assert_setting(tree, CGROUP, "/a", "populated", ABSENCE(UNPARSABLE));
}

static void names_of_groups_are_kept_whatever_is_in_them(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V2_MOUNT);
	tree_write(tree, "/sys/fs/cgroup/$(reboot)\n\033[31m/memory.max", "4096\n");
	tree_read(tree, &probe_cgroup);
	assert_setting(tree, CGROUP, "/$(reboot)\n\033[31m", "memory.max", "4096");
}

static void a_link_does_not_lead_out_of_the_tree_nor_in_circles(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V2_MOUNT);
	tree_directory(tree, "/sys/fs/cgroup/a");
	tree_link(tree, "/sys/fs/cgroup/a/up", "..");
	tree_link(tree, "/sys/fs/cgroup/a/memory.max", "/etc/hostname");
	tree_link(tree, "/sys/fs/cgroup/outside", "/proc");
	tree_read(tree, &probe_cgroup);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_CGROUP), 2);
	assert_null(snapshot_text(tree->snapshot, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_CGROUP, "/a"),
				  "memory.max"));
}

static void a_deep_tree_ends_with_a_note(void **state)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V2_MOUNT);
	strbuf_add_string(&path, "/sys/fs/cgroup");
	for (unsigned int i = 0; i < 40; i++)
		strbuf_add_string(&path, "/d");
	tree_directory(tree, path.buf);
	tree_read(tree, &probe_cgroup);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_CGROUP), 33);
	assert_true(tree_noted(tree, "more than 32 levels deep"));
}

static void many_groups_end_with_a_note(void **state)
{
	const struct probe_options options = { .cgroup_max = 3 };
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V2_MOUNT);
	for (unsigned int i = 0; i < 5; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/sys/fs/cgroup/g%u", i);
		tree_directory(tree, path);
	}
	tree_read_more(tree, &probe_cgroup, &options);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_CGROUP), 3);
	assert_true(tree_noted(tree, "3 control groups beyond the first 3"));
}

static void a_chosen_group_comes_with_those_above_it(void **state)
{
	static const char *const chosen[] = { "/a/b" };
	const struct probe_options options = { .cgroups = chosen, .n_cgroups = 1 };
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V2_MOUNT);
	tree_write(tree, "/sys/fs/cgroup/a/memory.max", "8192\n");
	tree_write(tree, "/sys/fs/cgroup/a/b/memory.max", "max\n");
	tree_directory(tree, "/sys/fs/cgroup/a/bc");
	tree_directory(tree, "/sys/fs/cgroup/other");
	tree_read_more(tree, &probe_cgroup, &options);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_CGROUP), 3);
	assert_setting(tree, CGROUP, "/a/b", "effective.memory.max", "8192");
}

static void names_tell_the_pod_and_the_container(void **state)
{
	static const struct {
		const char *component, *uid, *id;
	} cases[] = {
		{ "kubepods-burstable-podc9ac5bf5_5f0f_4b2e_8a51_3f0d8c1f7a6e.slice",
		  "c9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e", "" },
		{ "podc9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e", "c9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e", "" },
		{ "kubepods-pod0123456789abcdef0123456789abcdef.slice", "0123456789abcdef0123456789abcdef", "" },
		{ "kubepods-besteffort.slice", "", "" },
		{ "tripodc9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e", "", "" },
		{ "docker-" ID ".scope", "", ID },
		{ "cri-containerd-" ID ".scope", "", ID },
		{ ID, "", ID },
		{ "kubepods-burstable.slice:cri-containerd:" ID, "", ID },
		{ "crio-conmon-" ID ".scope", "", "" },
		{ "0" ID, "", "" },
		{ "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char uid[CGROUP_POD_UID_MAX + 1] = "", id[CGROUP_CONTAINER_ID_LENGTH + 1] = "";

		assert_int_equal(cgroup_pod_uid(cases[i].component, uid), cases[i].uid[0] != '\0');
		assert_int_equal(cgroup_container_id(cases[i].component, id), cases[i].id[0] != '\0');
		assert_string_equal(uid, cases[i].uid);
		assert_string_equal(id, cases[i].id);
	}
}

static void a_group_inside_a_container_belongs_to_it(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/self/mountinfo", V2_MOUNT);
	tree_directory(tree, "/sys/fs/cgroup/kubepods/podc9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e");
	tree_directory(tree, "/sys/fs/cgroup/kubepods/podc9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e/" ID);
	tree_directory(tree, "/sys/fs/cgroup/kubepods/podc9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e/" ID "/init.scope");
	tree_read(tree, &probe_cgroup);
	assert_setting(tree, CGROUP, "/kubepods/podc9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e/" ID "/init.scope", "container_id",
		       ID);
	assert_setting(tree, CGROUP, "/kubepods/podc9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e/" ID "/init.scope", "pod_uid",
		       "c9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e");
	assert_setting(tree, CGROUP, "/kubepods", "pod_uid", ABSENCE(ABSENT));
}

static void a_mount_point_with_a_blank_is_found(void **state)
{
	CLEANUP(cgroup_mounts_release) struct cgroup_mounts found = { 0 };

	(void)state;
	cgroup_mounts_parse("1 2 0:3 / /a\\040b\\134 rw - cgroup2 cgroup2 rw\n"
			    "1 2 0:3 / /again rw - cgroup2 cgroup2 rw\n"
			    "1 2 0:4 / /no-separator rw cgroup2 cgroup2 rw\n", &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.list[0].path, "/a b\\");
}

static void quotas_are_cores(void **state)
{
	static const struct {
		const char *text;
		int result;
		double cores;
	} cases[] = {
		{ "max 100000", 0, CGROUP_UNLIMITED }, { "50000 100000", 0, 0.5 }, { "400000 100000", 0, 4 },
		{ "50000", -EBADMSG, 0 },	       { "50000 0", -EBADMSG, 0 }, { "", -EBADMSG, 0 },
		{ "99999999999999999999 1", -EBADMSG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double cores = 0;

		assert_int_equal(cgroup_quota_parse(cases[i].text, &cores), cases[i].result);
		assert_true(cores == cases[i].cores);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_v2_tree_gives_every_group_its_limits),
		tree_test(processors_of_a_cpuset_are_counted),
		tree_test(v1_controllers_meet_in_one_group),
		tree_test(a_hybrid_tree_says_which_version_holds_a_group),
		tree_test(without_mountinfo_the_directories_tell),
		tree_test(a_tree_without_control_groups_is_absent_not_none),
		tree_test(a_host_that_mounts_none_says_none),
		tree_test(what_cannot_be_understood_above_makes_the_limit_below_unknown),
		tree_test(names_of_groups_are_kept_whatever_is_in_them),
		tree_test(a_link_does_not_lead_out_of_the_tree_nor_in_circles),
		tree_test(a_deep_tree_ends_with_a_note),
		tree_test(many_groups_end_with_a_note),
		tree_test(a_chosen_group_comes_with_those_above_it),
		tree_test(a_group_inside_a_container_belongs_to_it),
		cmocka_unit_test(names_tell_the_pod_and_the_container),
		cmocka_unit_test(a_mount_point_with_a_blank_is_found),
		cmocka_unit_test(quotas_are_cores),
	};

	return RUN_TESTS(tests);
}
