/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of mounts: the text up to the first zero byte is mountinfo, what follows is fstab. */
#include <stdint.h>
#include <stdlib.h>

#include "../../probes/block.h"
#include "../../probes/mount.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_lines(const char *text)
{
	const char *end = text + strlen(text);

	while (*text) {
		struct mount_line line;
		const char *before = text;

		if (next_mount_line(&text, &line) && line.source + line.source_length > end)
			abort();
		if (text == before)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	struct mount_tables tables = { .mounts = STRBUF_INIT,
				       .mounts_path = "/proc/self/mountinfo",
				       .fstab = STRBUF_INIT };
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t length = zero ? (size_t)(zero - data) : size;
	static struct root *root;

	/* A root without block devices. */
	if (!root && root_open("/proc/self", &root) < 0)
		abort();
	strbuf_add(&tables.mounts, data, length);
	if (zero)
		strbuf_add(&tables.fstab, zero + 1, size - length - 1);
	fuzz_lines(tables.mounts.buf);
	(void)mount_record(root, &tables, snapshot);
	strbuf_release(&tables.mounts);
	strbuf_release(&tables.fstab);
	return 0;
}
