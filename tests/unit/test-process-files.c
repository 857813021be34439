/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <signal.h>
#include <sys/wait.h>

extern const struct sampler sampler_process_files;

static void write_fds(struct tree *tree, const char *pid, unsigned int count)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	tree_mkdir(tree, path);
	for (unsigned int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%u", pid, i);
		tree_write(tree, path, "");
	}
}

static void descriptors_are_counted_at_every_tick(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	(void)snapshot_subject(tree.snapshot, SUBJECT_KIND_PROCESS, "7 (server)", "/proc/7");
	write_fds(&tree, "7", 3);
	tree_open(&tree, &sampler_process_files, NULL);
	tree_tick(&tree);
	write_fds(&tree, "7", 5);
	tree_tick(&tree);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_PROCESS, "7 (server)", "fds")->first, 3);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_PROCESS, "7 (server)", "fds")->last, 5);
	tree_end(&tree);
}

static void a_process_that_is_gone_has_no_count(void **context)
{
	const struct setting *setting;
	struct tree tree;

	tree_begin(&tree);
	(void)snapshot_subject(tree.snapshot, SUBJECT_KIND_PROCESS, "7 (server)", "/proc/7");
	tree_open(&tree, &sampler_process_files, NULL);
	tree_tick(&tree);
	assert_null(tree_metric(&tree, SUBJECT_KIND_PROCESS, "7 (server)", "fds"));
	setting = snapshot_get(tree.snapshot, snapshot_kind_get(tree.snapshot, SUBJECT_KIND_PROCESS, 0), "fds");
	assert_non_null(setting);
	assert_int_equal(setting->absence, ABSENT);
	tree_end(&tree);
}

static void where_they_are_many_they_are_counted_now_and_then(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	(void)snapshot_subject(tree.snapshot, SUBJECT_KIND_PROCESS, "7 (server)", "/proc/7");
	write_fds(&tree, "7", 4097);
	tree_open(&tree, &sampler_process_files, NULL);
	for (unsigned int i = 0; i < 11; i++)
		tree_tick(&tree);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_PROCESS, "7 (server)", "fds")->samples, 2);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_PROCESS, "7 (server)", "fds")->last, 4097);
	tree_end(&tree);
}

static void this_process_is_counted_on_a_live_root(void **context)
{
	struct tree tree;
	char path[32];

	tree_begin(&tree);
	root_free(tree.root);
	assert_int_equal(root_open("/", &tree.root), 0);
	snprintf(path, sizeof(path), "/proc/%d", (int)getpid());
	(void)snapshot_subject(tree.snapshot, SUBJECT_KIND_PROCESS, "1 (me)", path);
	tree_open(&tree, &sampler_process_files, NULL);
	tree_tick(&tree);
	assert_true(tree_metric(&tree, SUBJECT_KIND_PROCESS, "1 (me)", "fds")->last >= 3);
	assert_true(tree_metric(&tree, SUBJECT_KIND_PROCESS, "1 (me)", "fds")->last < 1000);
	tree_end(&tree);
}

static void a_process_that_ends_before_the_first_tick_is_absent_and_not_unmeasured(void **context)
{
	struct tree tree;
	char path[32];
	pid_t child;

	tree_begin(&tree);
	root_free(tree.root);
	assert_int_equal(root_open("/", &tree.root), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d", (int)child);
	(void)snapshot_subject(tree.snapshot, SUBJECT_KIND_PROCESS, "1 (child)", path);
	tree_open(&tree, &sampler_process_files, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	tree_tick(&tree);
	assert_null(tree_metric(&tree, SUBJECT_KIND_PROCESS, "1 (child)", "fds"));
	assert_int_equal(snapshot_get(tree.snapshot, snapshot_kind_get(tree.snapshot, SUBJECT_KIND_PROCESS, 0), "fds")->absence,
			 ABSENT);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_are_counted_at_every_tick),
		cmocka_unit_test(a_process_that_is_gone_has_no_count),
		cmocka_unit_test(where_they_are_many_they_are_counted_now_and_then),
		cmocka_unit_test(a_process_that_ends_before_the_first_tick_is_absent_and_not_unmeasured),
		cmocka_unit_test(this_process_is_counted_on_a_live_root),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
