/* SPDX-License-Identifier: Apache-2.0 */
/* For targets that read what is proposed. */
#ifndef KEISOKU_FUZZ_PROPOSAL_H
#define KEISOKU_FUZZ_PROPOSAL_H

#include "../../proposals/reader.h"

/* elsewhere: lines are those of other files than the text. */
static inline void read_fuzzed(const char *form, const uint8_t *data, size_t size, bool elsewhere)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = "x", .text = text, .length = strlen(text), .first = 1 };
	unsigned int lines = 2;

	for (size_t i = 0; text[i]; i++)
		lines += text[i] == '\n';
	reader_find(form)->read(reader_find(form), &reading, &given);
	for (size_t i = 0; i < proposal.count; i++)
		if (proposal.items[i].line == 0 || (proposal.items[i].line > lines && !elsewhere) ||
		    proposal.items[i].last_line < proposal.items[i].line)
			abort();
	for (size_t i = 0; i < proposal.count; i++)
		if (proposal.items[i].fate == PROPOSED_UNCLEAR && !*proposal.items[i].why)
			abort();
	if (reading.depth != 0)
		abort();
}

#endif
