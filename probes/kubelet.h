/* SPDX-License-Identifier: Apache-2.0 */
/* Names of logs that a kubelet keeps; the probe's own parsers. */
#ifndef KEISOKU_PROBES_KUBELET_H
#define KEISOKU_PROBES_KUBELET_H

#include "../core/cgroup-name.h"

#define KUBELET_NAME_MAX 253

struct kubelet_name {
	char namespace[KUBELET_NAME_MAX + 1], pod[KUBELET_NAME_MAX + 1], container[KUBELET_NAME_MAX + 1];
};

/* A name in /var/log/containers, in /var/log/pods.  False: it is none of theirs. */
bool kubelet_container_log(const char *name, struct kubelet_name *ret_name, char id[static CGROUP_CONTAINER_ID_LENGTH + 1]);
bool kubelet_pod_log(const char *name, struct kubelet_name *ret_name, char uid[static CGROUP_POD_UID_MAX + 1]);

#endif
