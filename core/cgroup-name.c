/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup-name.h"

/* A run of characters of set at the end of text[0..length), in bytes. */
static size_t tail_span(const char *text, size_t length, const char *set)
{
	size_t n = 0;

	while (n < length && memchr(set, text[length - n - 1], strlen(set)))
		n++;
	return n;
}

/* The kubelet names the group of a pod by its uid, with either cgroup driver:
 *	kubepods-burstable-podc9ac5bf5_5f0f_4b2e_8a51_3f0d8c1f7a6e.slice
 *	podc9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e
 * The uid of a static pod is a hash of 32 digits. */
bool cgroup_pod_uid(const char *component, char uid[static CGROUP_POD_UID_MAX + 1])
{
	static const size_t lengths[] = { CGROUP_POD_UID_MAX, 32 };
	size_t length = strlen(component), span;

	if (ends_with(component, ".slice"))
		length -= strlen(".slice");
	span = tail_span(component, length, "0123456789abcdef-_");
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t n = lengths[i], before = span < n ? 0 : length - n;
		const char *start = component + before;

		if (before < 3 || memcmp(start - 3, "pod", 3) != 0 || (before > 3 && start[-4] != '-'))
			continue;
		memcpy(uid, start, n);
		uid[n] = '\0';
		for (char *c = uid; (c = strchr(c, '_')) != NULL;)
			*c = '-';
		return true;
	}
	return false;
}

/* Container runtimes name the group by 64 hexadecimal digits: "docker-ID.scope", "cri-containerd-ID.scope", "ID".
 * The monitor beside it (crio-conmon-ID.scope) is not the container. */
bool cgroup_container_id(const char *component, char id[static CGROUP_CONTAINER_ID_LENGTH + 1])
{
	size_t length = strlen(component), before;

	if (ends_with(component, ".scope"))
		length -= strlen(".scope");
	if (tail_span(component, length, "0123456789abcdef") != CGROUP_CONTAINER_ID_LENGTH)
		return false;
	before = length - CGROUP_CONTAINER_ID_LENGTH;
	if (before > 0 && component[before - 1] != '-' && component[before - 1] != ':')
		return false;
	if (before >= strlen("conmon-") && starts_with(component + before - strlen("conmon-"), "conmon-"))
		return false;
	memcpy(id, component + before, CGROUP_CONTAINER_ID_LENGTH);
	id[CGROUP_CONTAINER_ID_LENGTH] = '\0';
	return true;
}
