/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "skip.h"
#include "test.h"

static char directory[64];

static void put(const char *path, const char *text)
{
	char full[256];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", directory, path);
	file = fopen(full, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", directory, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static void make_link(const char *target, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", directory, path);
	assert_int_equal(symlink(target, full), 0);
}

static int setup(void **state)
{
	char full[256];

	snprintf(directory, sizeof(directory), "/tmp/keisoku-root-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	make("/etc");
	make("/etc/d");
	put("/etc/hostname", "inside\n");
	put("/etc/d/b", "b");
	put("/etc/d/a", "a");
	make_link("/etc/hostname", "/absolute");
	make_link("../../../../../../../../etc/hostname", "/etc/up");
	make_link("loop", "/loop");
	make_link("/proc/self/root/etc/passwd", "/magic");
	make_link("etc", "/etc-link");
	snprintf(full, sizeof(full), "%s/fifo", directory);
	return mkfifo(full, 0644);
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static void links_stay_inside_the_root(void **state)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	static const char *const paths[] = { "/etc/hostname", "/absolute", "/etc/up", "/../../etc/hostname",
					     "/etc-link/hostname", "/etc/../etc/./hostname" };

	assert_int_equal(root_open(directory, &root), 0);
	assert_int_equal(root->layout, ROOT_TREE);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(root_read(root, paths[i], &text), 0);
		assert_string_equal(text.buf, "inside\n");
	}
	assert_true(root_read(root, "/magic", &text) < 0);
	assert_int_equal(root_read(root, "/loop", &text), -ELOOP);
}

/* Kernels before 5.6 and some containers have no openat2(): here a filter says so. */
static bool refuse_openat2(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* The number of the first thing that is not as it must be; 0: all is. */
static int read_without_openat2(void)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	static const char *const inside[] = { "/etc/hostname", "/absolute", "/etc/up", "/../../etc/hostname",
					      "/etc-link/hostname", "/etc/../etc/./hostname" };

	if (!refuse_openat2())
		return 77;
	if (root_open(directory, &root) != 0)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (root_read(root, inside[i], &text) != 0 || !streq(text.buf, "inside\n"))
			return 10 + (int)i;
	if (root_read(root, "/magic", &text) >= 0)
		return 2;
	if (root_read(root, "/loop", &text) != -ELOOP || root_read(root, "/none", &text) != -ENOENT ||
	    root_read(root, "/etc", &text) != -EISDIR || root_read(root, "/fifo", &text) != -EINVAL)
		return 3;
	if (root_readlink(root, "/absolute", &text) != 0 || !streq(text.buf, "/etc/hostname"))
		return 4;
	return 0;
}

static void links_stay_inside_the_root_without_openat2_too(void **state)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(read_without_openat2());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip_because("no seccomp filter can be set here");
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void only_regular_files_are_read_and_nothing_blocks(void **state)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int fd;

	assert_int_equal(root_open(directory, &root), 0);
	assert_int_equal(root_read(root, "/fifo", &text), -EINVAL);
	assert_int_equal(root_read(root, "/etc", &text), -EISDIR);
	assert_int_equal(root_read(root, "/none", &text), -ENOENT);
	assert_int_equal(root_read(root, "/etc/hostname/x", &text), -ENOTDIR);
	assert_int_equal(root_open_fd(root, "/etc", O_DIRECTORY, &fd), 0);
	assert_int_equal(root_read_at(root, fd, "hostname", &text), 0);
	assert_string_equal(text.buf, "inside\n");
	assert_int_equal(root_read_at(root, fd, "../etc/hostname", &text), -EINVAL);
	assert_int_equal(root_read_at(root, fd, "up", &text), -ELOOP);
	close(fd);
}

static void a_file_past_the_limit_is_refused_whole(void **state)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	assert_int_equal(root_open(directory, &root), 0);
	assert_int_equal(root_read_limit(root, "/etc/hostname", 6, &text), -EFBIG);
	assert_int_equal(text.len, 0);
	assert_int_equal(root_read_limit(root, "/etc/hostname", 7, &text), 0);
}

static void a_directory_is_listed_in_order(void **state)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	assert_int_equal(root_open(directory, &root), 0);
	assert_int_equal(root_list(root, "/etc/d", &list), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.entries[0].name, "a");
	assert_int_equal(list.entries[0].type, DT_REG);
	assert_int_equal(root_list(root, "/etc/hostname", &list), -ENOTDIR);
	assert_int_equal(list.count, 0);
}

static void links_can_be_read_as_links(void **state)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;

	assert_int_equal(root_open(directory, &root), 0);
	assert_int_equal(root_readlink(root, "/absolute", &target), 0);
	assert_string_equal(target.buf, "/etc/hostname");
	assert_int_equal(root_readlink(root, "/etc/hostname", &target), -EINVAL);
	assert_int_equal(root_readlink(root, "/none", &target), -ENOENT);
	assert_true(root_exists(root, "/absolute"));
	assert_false(root_exists(root, "/none"));
}

static void the_live_root_reads_proc(void **state)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	assert_int_equal(root_open("/", &root), 0);
	assert_true(root_is_live(root));
	assert_int_equal(root_read_line(root, "/proc/sys/kernel/ostype", &text), 0);
	assert_string_equal(text.buf, "Linux");
	assert_int_equal(root_open("/proc/no-such", &root), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_stay_inside_the_root),
		cmocka_unit_test(links_stay_inside_the_root_without_openat2_too),
		cmocka_unit_test(only_regular_files_are_read_and_nothing_blocks),
		cmocka_unit_test(a_file_past_the_limit_is_refused_whole),
		cmocka_unit_test(a_directory_is_listed_in_order),
		cmocka_unit_test(links_can_be_read_as_links),
		cmocka_unit_test(the_live_root_reads_proc),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
