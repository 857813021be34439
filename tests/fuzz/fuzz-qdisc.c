/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a queueing discipline: as the kernel tells them, and as a snapshot has them. */
#include "../../core/qdisc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kinds[] = { "bfifo", "codel", "fq", "fq_codel", "htb", "mq", "pfifo", "pfifo_fast" };
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP(strbuf_release) struct strbuf described = STRBUF_INIT, words = STRBUF_INIT;

		/* What was understood can be made again. */
		if (qdisc_describe(kinds[i], data, size, &described) == 0)
			(void)qdisc_words(kinds[i], described.buf, &words);
		(void)qdisc_words(kinds[i], text, &words);
	}
	return 0;
}
