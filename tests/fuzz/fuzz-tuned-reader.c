/* SPDX-License-Identifier: Apache-2.0 */
/* A profile of TuneD and what it sets. */
#include <stdlib.h>
#include <unistd.h>

#include "../../proposals/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(free_ptr) char *text = xmalloc(size + 1);
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = "x/tuned.conf", .text = text, .length = size, .first = 1 };
	const struct reader *reader = reader_find("tuned");

	memcpy(text, data, size);
	text[size] = '\0';
	reader->read(reader, &reading, &given);
	for (size_t i = 0; i < proposal.count; i++)
		if ((proposal.items[i].fate == PROPOSED_UNCLEAR) && !*proposal.items[i].why)
			abort();
	return 0;
}
