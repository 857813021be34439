/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "../../probes/sysvipc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	struct sysvipc_table table;

	if (sysvipc_parse(text, &table) == 0 && (table.rows > size || (table.rows == 0 && table.sum > 0)))
		abort();
	return 0;
}
