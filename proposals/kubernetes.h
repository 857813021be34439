/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the reader of manifests have in common. */
#ifndef KEISOKU_KUBERNETES_H
#define KEISOKU_KUBERNETES_H

#include "document.h"

struct pod {
	struct document *document;
	const char *name;		/* NAMESPACE/KIND/NAME */
	const struct node *spec;
	unsigned int when;
	bool host_network, host_ipc, host_pid;
};

bool yaml_true(const struct node *mapping, const char *key);

/* securityContext.sysctls. */
void kubernetes_read_sysctls(const struct pod *pod);
/* Whether a key belongs to a namespace that a pod may have of its own: "net.", "kernel.shm" …, as kubelets tell it. */
bool kubernetes_key_of_network(const struct reading *reading, const char *key);
bool kubernetes_key_of_ipc(const char *key);

/* requests and limits of a container, or of the pod as a whole. */
void kubernetes_read_resources(struct document *document, enum subject_kind kind, const char *subject, const struct node *resources);

/* What a container's commands set, and where. */
void kubernetes_read_commands(const struct pod *pod, const char *subject, const struct node *container);

/* A KubeletConfiguration, or the part of another object that is one. */
void kubernetes_read_kubelet(struct document *document, const struct node *configuration, const char *condition);

/* ---- proposals/kubernetes-pod.c: the same of pods that somebody else has read ---- */

struct kubernetes_pod {
	const char *path;		/* of the manifest */
	const char *name;		/* NAMESPACE/KIND/NAME */
	const struct node *security, *volumes;	/* of the pod's spec; NULL where there are none */
	bool host_network, host_ipc, host_pid;
};

struct kubernetes_container {
	const struct node *command, *args, *lifecycle, *security, *mounts;
};

/* Items as the reader of manifests has them; registry: which keys belong to the whole node. */
void kubernetes_pod_sysctls(struct proposal *proposal, const struct registry *registry, const struct kubernetes_pod *pod);
void kubernetes_container_commands(struct proposal *proposal, const struct registry *registry, const struct kubernetes_pod *pod,
				   const struct kubernetes_container *container);

#endif
