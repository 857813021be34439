/* SPDX-License-Identifier: Apache-2.0 */
/* The files of /proc/PID, all from the same text. */
#include "../../probes/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	struct process_limit limit;
	struct process_heap heap;
	struct process_stat stat;
	const char *value;
	size_t length;

	(void)process_stat_parse(text, &stat);
	(void)process_limit_parse(text, "Max open files", &limit);
	(void)process_status_find(text, "VmRSS", &value, &length);
	(void)process_cgroup_find(text, &length);
	process_heap_parse((const char *)data, size, &heap);
	(void)process_command_parse((const char *)data, size, &length);
	return 0;
}
