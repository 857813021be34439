/* SPDX-License-Identifier: Apache-2.0 */
/* A saved snapshot.  The sum would stop nearly every input, so what gets past the parser is saved and redacted too. */
#include <stdio.h>

#include "../../core/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	if (snapshot_load("fuzz", (const char *)data, size, &diag, &snapshot) == 0) {
		FILE *out = fopen("/dev/null", "we");

		snapshot_redact(snapshot);
		(void)snapshot_save(snapshot, out);
		fclose(out);
	}
	return 0;
}
