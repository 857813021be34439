/* SPDX-License-Identifier: Apache-2.0 */
/* An archive or an image, from its first byte to the root that is made of it. */
#include "../../core/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const some[] = { "/etc/*", "/proc/meminfo", "/lib/sysctl.d/*.conf", "/sys/**/x", NULL };
	static const char *const *const globs[] = { some };
	const struct image_source source = { .name = "fuzz", .globs = globs, .n_globs = 1 };
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT, text = STRBUF_INIT;
	CLEANUP(diag_release) struct diag notes = DIAG_INIT;
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(data, size, &budget);
	CLEANUP(root_free_ptr) struct root *root = NULL;
	int r = image_open(&source, stream, -1, &notes, &why, &root);

	if (r == 0)
		(void)root_read(root, "/etc/fstab", &text);
	else if (why.len == 0)		/* whoever gave it must be told */
		abort();
	return 0;
}
