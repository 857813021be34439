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

static void without_files_nobody_owns_anything(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct tree *tree = *state;
	struct owner owner;

	read_files(tree);
	assert_int_equal(0, snapshot_setting_count(tree->snapshot));
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
		TEST(without_files_nobody_owns_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
