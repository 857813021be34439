/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of the kernel probe: the first byte chooses one, the rest is its text. */
#include <stdint.h>
#include <stdlib.h>

#include "../../probes/kernel.h"
#include "../../probes/swaps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_config(const char *bytes, size_t length)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();

	(void)kernel_config_parse(snapshot, bytes, length, "config");
}

static void fuzz_inflate(const char *bytes, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (kernel_config_inflate(bytes, length, 1 << 16, &text) == 0 && text.len > 1 << 16)
		abort();
}

static void fuzz_words(const char *bytes, size_t length)
{
	CLEANUP(free_ptr) char *text = xstrndup(bytes, length);
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	(void)os_release_find(text, "ID", &value);
	(void)uname_release(text, &value);
	(void)uname_machine(text, &value);
}

static void fuzz_vector(const char *bytes, size_t length)
{
	uint64_t page_size = auxv_page_size((const unsigned char *)bytes, length);

	if (page_size & (page_size - 1))
		abort();
}

static void fuzz_swaps(const char *bytes, size_t length)
{
	CLEANUP(free_ptr) char *text = xstrndup(bytes, length);
	struct swap_area area = { .name = STRBUF_INIT };
	const char *cursor = text;

	while (next_swap_area(&cursor, &area) != 0)
		;
	if (*cursor)
		abort();
	strbuf_release(&area.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const char *, size_t) = { fuzz_config, fuzz_inflate,
								 fuzz_words, fuzz_vector,
								 fuzz_swaps };

	if (size > 0)
		parsers[data[0] % ARRAY_SIZE(parsers)]((const char *)data + 1, size - 1);
	return 0;
}
