/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

extern const struct probe probe_thp;

#define MM "/sys/kernel/mm"
#define THP MM "/transparent_hugepage"

static void files_keep_their_names_and_their_text(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, THP "/enabled", "always [madvise] never\n");
	tree_write(tree, THP "/hpage_pmd_size", "2097152\n");
	tree_write(tree, THP "/khugepaged/max_ptes_none", "511\n");
	tree_write(tree, THP "/khugepaged/not_yet_known", "1\n");
	tree_write(tree, THP "/hugepages-64kB/enabled", "always inherit madvise [never]\n");
	tree_write(tree, THP "/hugepages-64kB/stats/anon_fault_alloc", "5\n");
	tree_write(tree, MM "/hugepages/hugepages-2048kB/nr_hugepages", "512\n");
	tree_write(tree, MM "/hugepages/hugepages-1048576kB/demote", "x\n");
	tree_write(tree, MM "/lru_gen/enabled", "0x0007\n");
	tree_write(tree, MM "/ksm/run", "0\n");
	tree_read(tree, &probe_thp);

	assert_setting(tree, HOST, "", "thp.enabled", "always [madvise] never");
	assert_setting(tree, HOST, "", "thp.defrag", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "thp.hpage_pmd_size", "2097152");
	assert_setting(tree, HOST, "", "thp.khugepaged.max_ptes_none", "511");
	assert_setting(tree, HOST, "", "thp.khugepaged.not_yet_known", "1");
	assert_setting(tree, HOST, "", "thp.hugepages-64kB.enabled",
		       "always inherit madvise [never]");
	assert_setting(tree, HOST, "", "thp.hugepages-64kB.stats", NULL);
	assert_setting(tree, HOST, "", "hugepages.hugepages-2048kB.nr_hugepages", "512");
	assert_setting(tree, HOST, "", "hugepages.hugepages-1048576kB.demote", NULL);
	assert_setting(tree, HOST, "", "lru_gen.enabled", "0x0007");
	assert_setting(tree, HOST, "", "lru_gen.min_ttl_ms", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "ksm.run", "0");
	assert_origin(tree, SUBJECT_HOST, "thp.khugepaged.max_ptes_none",
		      THP "/khugepaged/max_ptes_none");
}

static void a_kernel_without_huge_pages_has_none(void **state)
{
	struct tree *tree = *state;

	tree_read(tree, &probe_thp);
	assert_setting(tree, HOST, "", "thp.enabled", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "thp.khugepaged.max_ptes_none", NULL);
	assert_setting(tree, HOST, "", "ksm.run", NULL);
}

static void links_and_directories_are_no_settings(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/shadow", "root:x\n");
	tree_link(tree, MM "/ksm/run", "/etc/shadow");
	tree_link(tree, THP "/enabled", "../../../../../../../../etc/hostname");
	tree_directory(tree, THP "/defrag");
	tree_directory(tree, MM "/ksm/pages_to_scan");
	tree_link(tree, MM "/hugepages/hugepages-2048kB", ".");
	tree_read(tree, &probe_thp);

	assert_setting(tree, HOST, "", "ksm.run", NULL);
	assert_setting(tree, HOST, "", "thp.enabled", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "thp.defrag", ABSENCE(UNREADABLE));
	assert_setting(tree, HOST, "", "ksm.pages_to_scan", NULL);
}

static void sizes_with_other_names_are_left_alone(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, MM "/hugepages/hugepages-$(id)kB/nr_hugepages", "1\n");
	tree_write(tree, MM "/hugepages/small/nr_hugepages", "1\n");
	tree_read(tree, &probe_thp);

	assert_setting(tree, HOST, "", "hugepages.hugepages-$(id)kB.nr_hugepages", "1");
	assert_setting(tree, HOST, "", "hugepages.small.nr_hugepages", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(files_keep_their_names_and_their_text),
		tree_test(a_kernel_without_huge_pages_has_none),
		tree_test(links_and_directories_are_no_settings),
		tree_test(sizes_with_other_names_are_left_alone),
	};

	return RUN_TESTS(tests);
}
