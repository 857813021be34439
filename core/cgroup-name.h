/* SPDX-License-Identifier: Apache-2.0 */
/* What the kubelet and container runtimes call the control groups of pods and containers. */
#ifndef KEISOKU_CGROUP_NAME_H
#define KEISOKU_CGROUP_NAME_H

#include "base.h"

#define CGROUP_POD_UID_MAX 36
#define CGROUP_CONTAINER_ID_LENGTH 64

/* What a component of a group's path says of the pod and the container in it; false, and nothing written: nothing. */
bool cgroup_pod_uid(const char *component, char uid[static CGROUP_POD_UID_MAX + 1]);
bool cgroup_container_id(const char *component, char id[static CGROUP_CONTAINER_ID_LENGTH + 1]);

#endif
