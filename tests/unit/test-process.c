/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include <sys/epoll.h>

#include "../../probes/process.h"

extern const struct probe probe_process;

#define STAT_TAIL                                                                                                     \
	" S 1 1174 1174 0 -1 4194560 100 0 0 0 5 6 0 0 20 -5 7 0 1234 9999 250 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 " \
	"0 0 3 0 0 0\n"
#define LIMITS                                                                                                        \
	"Limit                     Soft Limit           Hard Limit           Units     \n"                            \
	"Max open files            1024                 524288               files     \n"                            \
	"Max locked memory         8388608              unlimited            bytes     \n"                            \
	"Max processes             96365                96365                processes \n"

static void write_process(struct tree *tree, unsigned int pid, const char *comm, unsigned int rss_kb)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	snprintf(text, sizeof(text), "%u (%s)" STAT_TAIL, pid, comm);
	tree_write(tree, path, text);
	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	snprintf(text, sizeof(text), "Name:\t%s\nVmRSS:\t%8u kB\nVmSwap:\t      12 kB\nMems_allowed_list:\t0-1\n", comm,
		 rss_kb);
	tree_write(tree, path, text);
}

static void a_chosen_process_is_described(void **state)
{
	const pid_t pids[] = { 1174, 99 };
	const struct probe_options options = { .pids = pids, .n_pids = 2 };
	struct tree *tree = *state;

	write_process(tree, 1174, "ja) (va", 2048);
	tree_write(tree, "/proc/1174/limits", LIMITS);
	tree_write(tree, "/proc/1174/oom_score_adj", "-500\n");
	tree_write(tree, "/proc/1174/cgroup", "4:memory:/a\n1:cpu,cpuacct:/b\n0::/\n");
	tree_write(tree, "/proc/1174/maps", "one\ntwo\nthree\n");
	tree_write_bytes(tree, "/proc/1174/cmdline", "/usr/bin/java\0-Xmx4g\0-Dpassword=x", 34);
	tree_read_more(tree, &probe_process, &options);

	assert_setting(tree, PROCESS, "1174 (ja) (va)", "comm", "ja) (va");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "nice", "-5");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "threads", "7");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "policy", "batch");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "limit.nofile", "1024 524288");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "limit.nofile.soft", "1024");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "limit.memlock.hard", "unlimited");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "limit.stack", ABSENCE(ABSENT));
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "oom_score_adj", "-500");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "oom_score", ABSENCE(ABSENT));
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "rss", "2048");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "mems_allowed", "0-1");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "cgroup", "/a");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "maps", "3");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "command", "java");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "jvm.heap_max", "4294967296");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "cmdline", "/usr/bin/java -Xmx4g -Dpassword=x");
	assert_setting(tree, PROCESS, "1174 (ja) (va)", "fds.epoll", NULL);
	assert_true(tree_noted(tree, "cannot read process 99"));
}

static void without_choice_the_largest_twelve_are_described_without_their_command_lines(void **state)
{
	struct tree *tree = *state;

	for (unsigned int i = 1; i <= 20; i++)
		write_process(tree, i, "worker", i * 100);
	write_process(tree, 21, "kthreadd", 0);
	tree_write(tree, "/proc/20/cmdline", "worker --password=x");
	tree_write(tree, "/proc/meminfo", "MemTotal: 1 kB\n");
	tree_read(tree, &probe_process);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_PROCESS), 12);
	assert_setting(tree, PROCESS, "9 (worker)", "rss", "900");
	assert_setting(tree, PROCESS, "8 (worker)", "rss", NULL);
	assert_setting(tree, PROCESS, "20 (worker)", "command", "worker");
	assert_setting(tree, PROCESS, "20 (worker)", "cmdline", NULL);
}

static void threads_of_a_user_are_summed_over_all_his_processes(void **state)
{
	const pid_t pids[] = { 10, 20, 40 };
	const struct probe_options options = { .pids = pids, .n_pids = 3 };
	struct tree *tree = *state;

	write_process(tree, 10, "a", 100);
	tree_write(tree, "/proc/10/status", "Name:\ta\nUid:\t1000\t0\t0\t0\nVmRSS:\t 8 kB\nThreads:\t7\n");
	write_process(tree, 20, "b", 100);
	tree_write(tree, "/proc/20/status", "Name:\tb\nUid:\t33\t33\t33\t33\nThreads:\t2\n");
	tree_write(tree, "/proc/30/status", "Name:\tc\nUid:\t1000\t1000\t1000\t1000\nThreads:\t5\n");
	tree_write(tree, "/proc/31/status", "Name:\tc\nUid:\t1000\t1000\t1000\t1000\nThreads:\tx\n");
	tree_write(tree, "/proc/32/status", "Threads:\t5\n");
	write_process(tree, 40, "d", 100);
	tree_write(tree, "/proc/40/status", "Name:\td\nThreads:\t2\n");
	tree_read_more(tree, &probe_process, &options);

	assert_setting(tree, PROCESS, "10 (a)", "uid", "1000");
	assert_setting(tree, PROCESS, "10 (a)", "user_threads", "12");
	assert_setting(tree, PROCESS, "20 (b)", "user_threads", "2");
	assert_setting(tree, PROCESS, "40 (d)", "uid", ABSENCE(ABSENT));
	assert_setting(tree, PROCESS, "40 (d)", "user_threads", NULL);
}

static void a_truncated_stat_describes_no_process(void **state)
{
	static const char *const texts[] = { "", "1174", "1174 (a", "1174 a) S", "1174 (a) S 1 2 3",
					     ") 1174 (a", "1 (a) S 1 1 1 0 -1 1 1 1 1 1 1 1 1 1 20 x 1" STAT_TAIL };
	struct process_stat stat;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(process_stat_parse(texts[i], &stat), -EBADMSG);
}

static void the_group_that_limits_memory_is_chosen(void **state)
{
	static const struct {
		const char *text, *path;
	} cases[] = {
		{ "0::/user.slice\n", "/user.slice" },
		{ "1:name=systemd:/s\n0::/u\n", "/u" },
		{ "3:cpu,cpuacct:/c\n0::/u", "/c" },
		{ "0::/u\n9:memory:/m:with:colons\n3:cpu:/c\n", "/m:with:colons" },
		{ "", NULL },
		{ "garbage\n::\n9:memory:relative\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = 0;
		const char *path = process_cgroup_find(cases[i].text, &length);

		if (!cases[i].path) {
			assert_null(path);
			continue;
		}
		assert_int_equal(length, strlen(cases[i].path));
		assert_memory_equal(path, cases[i].path, length);
	}
}

static void heap_flags_of_java_are_understood(void **state)
{
	static const struct {
		const char *cmdline;
		size_t length;
		uint64_t bytes;
		double percent;
	} cases[] = {
		{ "java\0-Xmx512m\0-jar\0x", 20, 512U << 20, 0 },
		{ "java\0-Xmx1g\0-Xmx2G", 19, 2ULL << 30, 0 },
		{ "java\0-XX:MaxHeapSize=1073741824", 32, 1U << 30, 0 },
		{ "java\0-XX:MaxRAMPercentage=75.0", 31, 0, 75 },
		{ "java\0-Xmx\0-Xmx5q\0-Xmx99999999999999t", 37, 0, 0 },
		{ "", 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct process_heap heap;

		process_heap_parse(cases[i].cmdline, cases[i].length, &heap);
		assert_int_equal(heap.bytes, cases[i].bytes);
		assert_true(heap.percent == cases[i].percent);
	}
}

static void a_program_is_named_without_its_path_and_title(void **state)
{
	static const struct {
		const char *cmdline, *command;
	} cases[] = {
		{ "/usr/sbin/nginx", "nginx" }, { "nginx: worker process", "nginx" }, { "postgres: a b", "postgres" },
		{ "-bash", "-bash" },		{ "/", "" },			      { "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length;
		const char *command = process_command_parse(cases[i].cmdline, strlen(cases[i].cmdline), &length);

		assert_int_equal(length, strlen(cases[i].command));
		assert_memory_equal(command, cases[i].command, length);
	}
}

static void this_process_is_described_on_a_live_root(void **state)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct tree *tree = *state;
	const pid_t pid = getpid();
	const struct probe_options options = { .pids = &pid, .n_pids = 1 };
	subject_id subject;
	int epoll;

	epoll = epoll_create1(EPOLL_CLOEXEC);
	assert_true(epoll >= 0);
	assert_int_equal(root_open("/", &root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_process.read(root, &options, tree->snapshot), 0);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_PROCESS), 1);
	subject = snapshot_kind_get(tree->snapshot, SUBJECT_KIND_PROCESS, 0);
	assert_string_equal(snapshot_text(tree->snapshot, subject, "threads"), "1");
	assert_string_equal(snapshot_text(tree->snapshot, subject, "fds.epoll"), "1");
	(void)close(epoll);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_chosen_process_is_described),
		tree_test(without_choice_the_largest_twelve_are_described_without_their_command_lines),
		tree_test(threads_of_a_user_are_summed_over_all_his_processes),
		cmocka_unit_test(a_truncated_stat_describes_no_process),
		cmocka_unit_test(the_group_that_limits_memory_is_chosen),
		cmocka_unit_test(heap_flags_of_java_are_understood),
		cmocka_unit_test(a_program_is_named_without_its_path_and_title),
		tree_test(this_process_is_described_on_a_live_root),
	};

	return RUN_TESTS(tests);
}
