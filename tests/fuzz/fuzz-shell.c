/* SPDX-License-Identifier: Apache-2.0 */
/* A script, followed: each item stands in a line of it, says why it sets nothing, and the text alone decides what comes out. */
#include <stdlib.h>

#include "../../proposals/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct proposal *proposal, size_t lines)
{
	for (size_t i = 0; i < proposal->count; i++) {
		const struct proposed *item = &proposal->items[i];

		if (item->line == 0 || item->line > lines || item->last_line < item->line || item->last_line > lines)
			abort();
		if (item->fate != PROPOSED_SETS && !*item->why)
			abort();
		if (item->fate == PROPOSED_SETS && (!*item->key || *item->why))
			abort();
		if (item->spread == SPREAD_ONE && !*item->spread_why)
			abort();
		if (item->when == 0 || !*item->form)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const shells[] = { "sh", "bash" };
	CLEANUP(free_ptr) char *text = xmalloc(size + 1);
	struct proposed_text given = { .path = "tune.sh", .text = text, .length = size, .first = 1 };
	size_t lines = 1;

	/* Each file that is written costs a directory. */
	if (size > 4096)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
		struct reading reading = { .proposal = &proposal };

		read_shell(&reading, &given, shells[i]);
		if (reading.depth != 0)
			abort();
		check(&proposal, lines);
	}
	return 0;
}
