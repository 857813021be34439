/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/tcp, tcp6 and the output of ss, line by line. */
#include "../../core/parse.h"
#include "../../probes/listener.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	const char *cursor = text;

	do {
		struct listener listener;

		if (listener_proc_parse(cursor, false, &listener) == 1 || listener_proc_parse(cursor, true, &listener) == 1 ||
		    listener_ss_parse(cursor, &listener) == 1)
			(void)listener_add(snapshot, &listener, "fuzz");
	} while (next_line(&cursor));
	return 0;
}
