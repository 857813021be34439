/* SPDX-License-Identifier: Apache-2.0 */
/* The files of control groups: the first byte says which, the rest is its text. */
#include <stdint.h>
#include <stdlib.h>

#include "../../probes/cgroup-files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cgroup_metric_file *file;
	uint64_t values[CGROUP_FIELDS_MAX];
	uint32_t found;
	char *text;
	bool bad;

	if (size == 0)
		return 0;
	file = &cgroup_metric_files[data[0] % n_cgroup_metric_files];
	text = xstrndup((const char *)data + 1, size - 1);
	found = cgroup_metric_parse(file, text, values, &bad);
	if (found >> file->n_fields)
		abort();
	free(text);
	return 0;
}
