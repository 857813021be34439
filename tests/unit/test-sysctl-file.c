/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../core/owner.h"

extern const struct probe probe_sysctl_file;

static void read_files(struct tree *tree)
{
	const struct probe_options options = { 0 };

	assert_int_equal(0, root_open(tree->path, &tree->root));
	tree->snapshot = snapshot_new();
	assert_int_equal(0, probe_sysctl_file.read(tree->root, &options, tree->snapshot));
}

static const char *lines_of(struct tree *tree, const char *key)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	strbuf_addf(&name, OWNER_LINES "%s", key);
	return snapshot_text(tree->snapshot, SUBJECT_HOST, name.buf);
}

static void files_are_merged_by_name_and_etc_hides_its_namesakes(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/sysctl.d/99-z.conf", "vm.swappiness = 1\n");
	tree_write(tree, "/usr/lib/sysctl.d/50-default.conf", "vm.swappiness = 2\n");
	tree_write(tree, "/etc/sysctl.d/50-default.conf", "# ours\n-vm/swappiness=3\n");
	tree_write(tree, "/etc/sysctl.conf", "vm.swappiness=4");
	read_files(tree);
	assert_string_equal("/etc/sysctl.d/50-default.conf:2\t-vm/swappiness=3\n"
			    "/usr/lib/sysctl.d/99-z.conf:1\tvm.swappiness = 1\n"
			    "/etc/sysctl.conf:1\tvm.swappiness=4", lines_of(tree, "vm.swappiness"));
}

static void tuned_comes_before_what_etc_says_unless_told(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/tuned/active_profile", "site\n");
	tree_write(tree, "/etc/tuned/site/tuned.conf", "[main]\ninclude=base\n[sysctl]\nvm.swappiness=5\n");
	tree_write(tree, "/usr/lib/tuned/base/tuned.conf", "[sysctl]\nvm.swappiness=6\n[vm]\ntransparent_hugepages=never\n");
	tree_write(tree, "/usr/lib/sysctl.d/99-z.conf", "vm.swappiness = 1\n");
	tree_write(tree, "/etc/sysctl.d/10-a.conf", "vm.swappiness = 3\n");
	read_files(tree);
	assert_string_equal("/usr/lib/sysctl.d/99-z.conf:1\tvm.swappiness = 1\n"
			    "/usr/lib/tuned/base/tuned.conf:2\tvm.swappiness=6\n"
			    "/etc/tuned/site/tuned.conf:4\tvm.swappiness=5\n"
			    "/etc/sysctl.d/10-a.conf:1\tvm.swappiness = 3", lines_of(tree, "vm.swappiness"));
	assert_null(lines_of(tree, "transparent_hugepages"));
}

static void tuned_comes_last_where_it_is_told_not_to_apply_files_again(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct tree *tree = *state;
	struct owner owner;

	tree_write(tree, "/etc/tuned/tuned-main.conf", "reapply_sysctl = 0\n");
	tree_write(tree, "/etc/tuned/active_profile", "a\n");
	tree_write(tree, "/etc/tuned/a/tuned.conf", "[main]\ninclude=a\n[sysctl]\nvm.swappiness=5\n");
	tree_write(tree, "/etc/sysctl.d/10-a.conf", "vm.swappiness = 3\n");
	read_files(tree);
	assert_true(owner_find(tree->snapshot, "vm.swappiness", &arena, &owner));
	assert_string_equal("TuneD", owner.name);
	assert_string_equal("/etc/tuned/a/tuned.conf:4", owner.line->place);
	assert_string_equal("vm.swappiness=5", owner.line->text);
}

static void the_kubelet_owns_its_six_keys_where_it_runs(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct tree *tree = *state;
	struct owner owner;

	tree_write(tree, "/etc/sysctl.d/10-a.conf", "kernel.panic = 3\nvm.swappiness = 3\n");
	read_files(tree);
	assert_true(owner_find(tree->snapshot, "kernel.panic", &arena, &owner));
	assert_string_equal("the administrator", owner.name);
	snapshot_set_string(tree->snapshot, SUBJECT_HOST, "manager.kubelet", "running", NULL);
	assert_true(owner_find(tree->snapshot, "kernel.panic", &arena, &owner));
	assert_string_equal("the kubelet", owner.name);
	assert_null(owner.line);
	assert_true(owner_find(tree->snapshot, "vm.swappiness", &arena, &owner));
	assert_string_equal("the administrator", owner.name);
	assert_false(owner_find(tree->snapshot, "vm.dirty_ratio", &arena, &owner));
}

static const char *drift_of(struct tree *tree)
{
	return snapshot_text(tree->snapshot, SUBJECT_HOST, "sysctl.drift");
}

static void a_value_that_is_not_what_the_last_line_says_is_drift(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/sysctl.d/10-a.conf", "vm.swappiness = 30\nnet.core.somaxconn = 1024\n");
	tree_write(tree, "/etc/sysctl.d/99-b.conf", "# ours\nvm.swappiness = 10 # was 30\nnet.ipv4.tcp_rmem=1 2 3\n");
	tree_write(tree, "/proc/sys/vm/swappiness", "60\n");
	tree_write(tree, "/proc/sys/net/core/somaxconn", "1024\n");
	tree_write(tree, "/proc/sys/net/ipv4/tcp_rmem", "1\t2\t4\n");
	read_files(tree);
	assert_string_equal("net.ipv4.tcp_rmem is 1 2 4, not 1 2 3 (/etc/sysctl.d/99-b.conf:3); "
			    "vm.swappiness is 60, not 10 (/etc/sysctl.d/99-b.conf:2)", drift_of(tree));
}

static void what_differs_only_in_writing_is_no_drift(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysctl.d/99-b.conf",
		   "vm.swappiness = 0x0a\nvm.max_map_count = 0100\nnet.ipv4.tcp_rmem = 1   2\t3 ; a\nvm.dirty_ratio = ${x}\n"
		   "net.core.wmem_max = 5\nvm.min_free_kbytes = 5\nnet.core.rmem_max =\n");
	tree_write(tree, "/proc/sys/vm/swappiness", "10\n");
	tree_write(tree, "/proc/sys/vm/max_map_count", "64\n");
	tree_write(tree, "/proc/sys/vm/min_free_kbytes", "6\n");
	tree_write(tree, "/proc/sys/vm/dirty_ratio", "20\n");
	tree_write(tree, "/proc/sys/net/core/rmem_max", "7\n");
	tree_write(tree, "/proc/sys/net/ipv4/tcp_rmem", "1\t2\t3\n");
	read_files(tree);
	assert_string_equal("none", drift_of(tree));
}

static void what_tuned_says_last_is_not_compared(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/tuned/active_profile", "a\n");
	tree_write(tree, "/etc/tuned/a/tuned.conf", "[sysctl]\nvm.swappiness=5\nvm.dirty_ratio=40\n");
	tree_write(tree, "/etc/sysctl.d/10-a.conf", "vm.dirty_ratio = 30\n");
	tree_write(tree, "/proc/sys/vm/swappiness", "60\n");
	tree_write(tree, "/proc/sys/vm/dirty_ratio", "40\n");
	read_files(tree);
	assert_string_equal("vm.dirty_ratio is 40, not 30 (/etc/sysctl.d/10-a.conf:1)", drift_of(tree));
}

static void secrets_are_left_out_of_their_lines(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysctl.d/a.conf",
		   "net.ipv4.tcp_fastopen_key = 1-2-3-4\nnet.ipv6.conf.eth0.stable_secret = 2001:db8::1\n");
	read_files(tree);
	assert_string_equal("/etc/sysctl.d/a.conf:1\tnet.ipv4.tcp_fastopen_key = (left out)",
			    lines_of(tree, "net.ipv4.tcp_fastopen_key"));
	assert_string_equal("/etc/sysctl.d/a.conf:2\tnet.ipv6.conf.eth0.stable_secret = (left out)",
			    lines_of(tree, "net.ipv6.conf.eth0.stable_secret"));
}

static void without_files_nobody_owns_anything(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct tree *tree = *state;
	struct owner owner;

	read_files(tree);
	assert_int_equal(1, snapshot_setting_count(tree->snapshot));
	assert_string_equal("none", drift_of(tree));
	assert_false(owner_find(tree->snapshot, "vm.swappiness", &arena, &owner));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_merged_by_name_and_etc_hides_its_namesakes),
		TEST(tuned_comes_before_what_etc_says_unless_told),
		TEST(tuned_comes_last_where_it_is_told_not_to_apply_files_again),
		TEST(the_kubelet_owns_its_six_keys_where_it_runs),
		TEST(a_value_that_is_not_what_the_last_line_says_is_drift),
		TEST(what_differs_only_in_writing_is_no_drift),
		TEST(what_tuned_says_last_is_not_compared),
		TEST(secrets_are_left_out_of_their_lines),
		TEST(without_files_nobody_owns_anything),
	};

	return RUN_TESTS(tests);
}
