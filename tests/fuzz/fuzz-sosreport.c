/* SPDX-License-Identifier: Apache-2.0 */
/* The output of systemctl and uptime in a sosreport. */
#include "../../probes/sosreport.h"
#include "../../probes/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct root nowhere = { .fd = -1, .layout = ROOT_SOSREPORT };	/* files that units name are not there */
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	uint64_t seconds;

	unit_shown_parse(&nowhere, text, snapshot);
	(void)sosreport_uptime_parse(text, &seconds);
	return 0;
}
