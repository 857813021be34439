/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of processors and /proc/cpuinfo, and the environment of a process: the first byte chooses.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../../probes/cpu.h"
#include "../../probes/platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_list(const char *text)
{
	uint64_t first, last, count = 0, sum = 0;
	int r = cpu_list_count(text, &count);

	while (next_cpu_range(&text, &first, &last) > 0)
		sum += last - first + 1;
	if (r == 0 && sum != count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	CLEANUP(free_ptr) char *text = NULL;
	const char *found;
	size_t length;

	if (size == 0)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	if (data[0] % 3 == 0) {
		fuzz_list(text);
	} else if (data[0] % 3 == 1) {
		(void)cpuinfo_find(text, "model name", &value);
		(void)cpuinfo_has_word(text, "flags", "hypervisor");
		(void)cgroup_container(text);
	} else if (environ_find((const char *)data + 1, size - 1, "container", &found, &length)) {
		strbuf_add(&value, found, length);
	}
	return 0;
}
