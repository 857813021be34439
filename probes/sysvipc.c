/* SPDX-License-Identifier: Apache-2.0 */
/* How much System V shared memory and how many semaphores there are, to be held against kernel.shmall, kernel.shmmni and
 * kernel.sem: /proc/sysvipc/shm and /proc/sysvipc/sem, as ipcs(1) reads them.  They show the IPC namespace of whoever
 * reads.
 *
 *	       key      shmid perms                  size  cpid  lpid nattch   uid   gid …
 *	1599231217          3   600              16777216  1201  1433      7   112   119 …
 *
 * They are read once and not at every tick: a look at a set of semaphores makes its users take the slower of two locks for
 * a while. */
#include "sysvipc.h"

#include <errno.h>

#include "../core/parse.h"
#include "probe.h"

#define SYSVIPC_MAX (16U << 20)		/* 32768 rows of 150 bytes are 5 MiB; ipcmni_extend allows more */

static const struct sysvipc_file {
	const char *path, *rows_key, *sum_key;
} sysvipc_files[] = {
	{ "/proc/sysvipc/shm", "sysvipc.shm.segments", "sysvipc.shm.size" },
	{ "/proc/sysvipc/sem", "sysvipc.sem.sets", "sysvipc.sem.semaphores" },
};

static bool row_amount(const char *line, uint64_t *ret_amount)
{
	const char *word;
	size_t length;

	for (size_t i = 0; i < 4; i++)
		if (!next_word(&line, &word, &length))
			return false;
	return scan_u64(&word, ret_amount) && *word == ' ';
}

int sysvipc_parse(const char *text, struct sysvipc_table *ret_table)
{
	struct sysvipc_table table = { 0 };
	const char *header = text, *word, *line;
	size_t length;

	if (!next_word(&header, &word, &length) || length != 3 || memcmp(word, "key", 3) != 0)
		return -EBADMSG;
	for (line = strchr(text, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		uint64_t amount;

		if (!strchr(line + 1, '\n') || !row_amount(line + 1, &amount))
			return -EBADMSG;
		table.rows++;
		table.sum += MIN(amount, UINT64_MAX - table.sum);
	}
	if (!line)
		return -EBADMSG;
	*ret_table = table;
	return 0;
}

static void sysvipc_read_file(const struct root *root, struct snapshot *snapshot, const struct sysvipc_file *file)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct sysvipc_table table;
	int r;

	r = root_read_limit(root, file->path, SYSVIPC_MAX, &text);
	if (r == 0)
		r = sysvipc_parse(text.buf, &table);
	if (r < 0) {
		snapshot_set_absent(snapshot, SUBJECT_HOST, file->rows_key, r, file->path);
		snapshot_set_absent(snapshot, SUBJECT_HOST, file->sum_key, r, file->path);
		return;
	}
	snapshot_setf(snapshot, SUBJECT_HOST, file->rows_key, file->path, "%llu", (unsigned long long)table.rows);
	snapshot_setf(snapshot, SUBJECT_HOST, file->sum_key, file->path, "%llu", (unsigned long long)table.sum);
}

static int sysvipc_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	(void)options;
	for (size_t i = 0; i < ARRAY_SIZE(sysvipc_files); i++)
		sysvipc_read_file(root, snapshot, &sysvipc_files[i]);
	return 0;
}

static const char *const sysvipc_paths[] = { "/proc/sysvipc/shm", "/proc/sysvipc/sem", NULL };

const struct probe probe_sysvipc = {
	.name = "sysvipc",
	.summary = "System V shared memory and semaphores in use",
	.paths = sysvipc_paths,
	.read = sysvipc_read,
};
