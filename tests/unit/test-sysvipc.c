/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../probes/sysvipc.h"

extern const struct probe probe_sysvipc;

#define SHM_HEADER "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid\n"
#define SEM_HEADER "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"

static void rows_are_counted_and_the_fourth_column_is_summed(void **state)
{
	static const struct { const char *text; uint64_t rows, sum; } cases[] = {
		{ SHM_HEADER, 0, 0 },
		{ SHM_HEADER "1599231217          3   600              16777216  1201  1433      7   112   119   112   119\n", 1,
		  16777216 },
		{ SHM_HEADER "1599231217          3   600              16777216  1201  1433      7   112   119   112   119\n"
			     "         0         32  1600                    56     1     1      0     0     0     0     0\n", 2, 16777272 },
		{ SEM_HEADER "-123456789      32769   600         17   112   119   112   119 1700000000 1700000000\n", 1, 17 },
		{ SHM_HEADER "0 0 600 18446744073709551615 1\n0 1 600 2 1\n", 2, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sysvipc_table table;

		assert_int_equal(sysvipc_parse(cases[i].text, &table), 0);
		assert_int_equal(table.rows, cases[i].rows);
		assert_int_equal(table.sum, cases[i].sum);
	}
}

static void what_is_not_such_a_table_is_told(void **state)
{
	static const char *const cases[] = {
		"", "\n", "key", "keys shmid\n", "0 0 600 16777216 1\n", SHM_HEADER "0 0 600 16777216 1",
		SHM_HEADER "0 0 600 16777216\n", SHM_HEADER "0 0 600\n", SHM_HEADER "\n", SHM_HEADER "0 0 600 -1 1\n",
		SHM_HEADER "0 0 600 99999999999999999999 1\n", SHM_HEADER "0 0 600 16x 1\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sysvipc_table table;

		assert_int_equal(sysvipc_parse(cases[i], &table), -EBADMSG);
	}
}

static void both_tables_become_facts_of_the_host(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sysvipc/shm", SHM_HEADER "7 3 600 16777216 1201 1433\n8 4 600 4096 1201 1433\n");
	tree_write(tree, "/proc/sysvipc/sem", SEM_HEADER "7 3 600 17 112 119\n");
	tree_read(tree, &probe_sysvipc);

	assert_setting(tree, HOST, "", "sysvipc.shm.segments", "2");
	assert_setting(tree, HOST, "", "sysvipc.shm.size", "16781312");
	assert_setting(tree, HOST, "", "sysvipc.sem.sets", "1");
	assert_setting(tree, HOST, "", "sysvipc.sem.semaphores", "17");
}

static void a_kernel_without_them_is_not_a_host_that_uses_none(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sysvipc/sem", "nonsense\n");
	tree_read(tree, &probe_sysvipc);

	assert_setting(tree, HOST, "", "sysvipc.shm.segments", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "sysvipc.shm.size", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "sysvipc.sem.sets", ABSENCE(UNPARSABLE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_counted_and_the_fourth_column_is_summed),
		cmocka_unit_test(what_is_not_such_a_table_is_told),
		tree_test(both_tables_become_facts_of_the_host),
		tree_test(a_kernel_without_them_is_not_a_host_that_uses_none),
	};

	return RUN_TESTS(tests);
}
