/* SPDX-License-Identifier: Apache-2.0 */
/* Pages larger than the smallest and what else is below /sys/kernel/mm: transparent huge pages,
 * khugepaged, pools of huge pages, multi-generational LRU, KSM.  Documentation/admin-guide/mm/. */
#include <errno.h>

#include "probe.h"
#include "setting-file.h"

#define MM "/sys/kernel/mm"
#define THP MM "/transparent_hugepage"

/* Page sizes: a dozen at most; beside them in one directory a few files. */
#define SIZES_MAX 64

static const struct setting_file thp_files[] = {
	{ "thp.enabled", THP "/enabled" },
	{ "thp.defrag", THP "/defrag" },
	{ "thp.shmem_enabled", THP "/shmem_enabled" },
	{ "thp.use_zero_page", THP "/use_zero_page" },
	{ "thp.hpage_pmd_size", THP "/hpage_pmd_size" },
	{ "thp.shrink_underused", THP "/shrink_underused" },
	{ "lru_gen.enabled", MM "/lru_gen/enabled" },
	{ "lru_gen.min_ttl_ms", MM "/lru_gen/min_ttl_ms" },
	{ "swap.vma_ra_enabled", MM "/swap/vma_ra_enabled" },
};

/* Writing splits a huge page; there is nothing to read. */
static const char *const pool_actions[] = { "demote", NULL };

/* One directory for each size, "hugepages-64kB": its files under PREFIX.hugepages-64kB. */
static void read_sizes(const struct root *root, struct snapshot *snapshot, const char *parent,
		       const char *prefix)
{
	CLEANUP(root_list_release) struct root_list sizes = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	(void)root_list_limit(root, parent, SIZES_MAX, &sizes);
	for (size_t i = 0; i < sizes.count; i++) {
		if (!starts_with(sizes.entries[i].name, "hugepages-"))
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", parent, sizes.entries[i].name);
		strbuf_reset(&key);
		strbuf_addf(&key, "%s.%s.", prefix, sizes.entries[i].name);
		(void)setting_directory_read(root, snapshot, SUBJECT_HOST, key.buf, path.buf,
					     pool_actions);
	}
}

static int thp_read(const struct root *root, const struct probe_options *options,
		    struct snapshot *snapshot)
{
	(void)options;
	setting_files_read(root, snapshot, thp_files, ARRAY_SIZE(thp_files));
	(void)setting_directory_read(root, snapshot, SUBJECT_HOST, "thp.khugepaged.",
				     THP "/khugepaged", NULL);
	read_sizes(root, snapshot, THP, "thp");
	read_sizes(root, snapshot, MM "/hugepages", "hugepages");
	(void)setting_directory_read(root, snapshot, SUBJECT_HOST, "ksm.", MM "/ksm", NULL);
	return 0;
}

static const char *const thp_paths[] = {
	THP "/enabled",
	THP "/defrag",
	THP "/shmem_enabled",
	THP "/use_zero_page",
	THP "/hpage_pmd_size",
	THP "/shrink_underused",
	THP "/khugepaged/*",
	THP "/hugepages-*/*",
	MM "/hugepages/hugepages-*/*",
	MM "/lru_gen/*",
	MM "/swap/vma_ra_enabled",
	MM "/ksm/*",
	NULL,
};

const struct probe probe_thp = {
	.name = "thp",
	.summary = "transparent huge pages, huge page pools, multi-generational LRU, KSM",
	.paths = thp_paths,
	.read = thp_read,
};
