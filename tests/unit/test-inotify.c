/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"
#include "skip.h"

#include <sys/inotify.h>

extern const struct probe probe_inotify;

static void link_fd(const struct tree *tree, unsigned int pid, unsigned int fd, const char *target)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/fd/%u", pid, fd);
	tree_path(tree, path, &full);
	assert_int_equal(symlink(target, full.buf), 0);
}

static void write_status(const struct tree *tree, unsigned int pid, unsigned int uid)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	snprintf(text, sizeof(text), "Name:\tx\nUid:\t0\t%u\t0\t0\nGid:\t0\t0\t0\t0\n", uid);
	tree_write(tree, path, text);
}

static void write_watches(const struct tree *tree, unsigned int pid, unsigned int fd, unsigned int count)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char path[64];

	strbuf_add_string(&text, "pos:\t0\nflags:\t02004000\nmnt_id:\t15\n");
	for (unsigned int i = 0; i < count; i++)
		strbuf_addf(&text, "inotify wd:%x ino:7cc0 sdev:fd00001 mask:fc6 ignored_mask:0 inotify \n", i);
	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%u", pid, fd);
	tree_write(tree, path, text.buf);
}

static void the_user_who_holds_the_most_is_found(void **state)
{
	struct tree *tree = *state;

	for (unsigned int fd = 3; fd < 8; fd++) {	/* five of user 101, in two processes, with few watches */
		unsigned int pid = fd < 5 ? 10 : 20;

		link_fd(tree, pid, fd, "anon_inode:inotify");
		write_status(tree, pid, 101);
		write_watches(tree, pid, fd, 2);
	}
	link_fd(tree, 10, 0, "/dev/null");
	link_fd(tree, 10, 9, "anon_inode:[eventpoll]");
	link_fd(tree, 30, 4, "anon_inode:inotify");	/* one of root, with many */
	write_status(tree, 30, 0);
	write_watches(tree, 30, 4, 3000);
	link_fd(tree, 40, 0, "/dev/null");
	tree_read(tree, &probe_inotify);

	assert_setting(tree, HOST, "", "inotify.instances", "5");
	assert_setting(tree, HOST, "", "inotify.instances.uid", "101");
	assert_setting(tree, HOST, "", "inotify.instances.pid", "20");
	assert_setting(tree, HOST, "", "inotify.watches", "3000");
	assert_setting(tree, HOST, "", "inotify.watches.uid", "0");
}

static void without_any_there_are_none(void **state)
{
	struct tree *tree = *state;

	link_fd(tree, 10, 0, "/dev/null");
	tree_read(tree, &probe_inotify);
	assert_setting(tree, HOST, "", "inotify.instances", "0");
	assert_setting(tree, HOST, "", "inotify.instances.uid", NULL);
	assert_setting(tree, HOST, "", "inotify.watches", "0");
}

static void a_captured_tree_says_nothing(void **state)
{
	struct tree *tree = *state;

	write_status(tree, 10, 0);
	tree_read(tree, &probe_inotify);
	assert_setting(tree, HOST, "", "inotify.instances", NULL);
}

static void a_process_whose_user_is_not_known_makes_the_sum_unknown(void **state)
{
	struct tree *tree = *state;

	link_fd(tree, 10, 3, "anon_inode:inotify");
	tree_write(tree, "/proc/10/status", "Name:\tx\nUid:\tnobody\n");
	tree_read(tree, &probe_inotify);
	assert_setting(tree, HOST, "", "inotify.instances", ABSENCE(UNPARSABLE));
	assert_setting(tree, HOST, "", "inotify.watches", ABSENCE(UNPARSABLE));
}

static void watches_that_cannot_be_read_leave_the_instances(void **state)
{
	struct tree *tree = *state;

	link_fd(tree, 10, 3, "anon_inode:inotify");
	write_status(tree, 10, 0);
	tree_directory(tree, "/proc/10/fdinfo/3");
	tree_read(tree, &probe_inotify);
	assert_setting(tree, HOST, "", "inotify.instances", "1");
	assert_setting(tree, HOST, "", "inotify.watches", ABSENCE(UNREADABLE));
}

static void an_instance_of_this_process_is_seen_on_a_live_root(void **state)
{
	static const struct probe_options options;
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct tree *tree = *state;
	const char *instances;
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd < 0)
		skip_because("inotify cannot be watched here");
	assert_true(inotify_add_watch(fd, "/", IN_CREATE) > 0);
	assert_int_equal(root_open("/", &root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_inotify.read(root, &options, tree->snapshot), 0);
	(void)close(fd);
	instances = snapshot_text(tree->snapshot, SUBJECT_HOST, "inotify.instances");
	if (!instances)		/* others' descriptors are hidden from this user */
		skip_because("inotify cannot be watched here");
	assert_true(atoi(instances) >= 1);
	assert_true(atoi(snapshot_text(tree->snapshot, SUBJECT_HOST, "inotify.watches")) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(the_user_who_holds_the_most_is_found),
		tree_test(without_any_there_are_none),
		tree_test(a_captured_tree_says_nothing),
		tree_test(a_process_whose_user_is_not_known_makes_the_sum_unknown),
		tree_test(watches_that_cannot_be_read_leave_the_instances),
		tree_test(an_instance_of_this_process_is_seen_on_a_live_root),
	};

	return RUN_TESTS(tests);
}
