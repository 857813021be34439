/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts of control groups, limits in their files, and what their names say. */
#include "../../probes/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	CLEANUP(cgroup_mounts_release) struct cgroup_mounts found = { 0 };
	char uid[CGROUP_POD_UID_MAX + 1], id[CGROUP_CONTAINER_ID_LENGTH + 1];
	double value;

	cgroup_mounts_parse(text, &found);
	(void)cgroup_quota_parse(text, &value);
	(void)cgroup_bytes_parse(text, &value);
	(void)cgroup_pod_uid(text, uid);
	(void)cgroup_container_id(text, id);
	return 0;
}
