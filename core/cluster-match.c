/* SPDX-License-Identifier: Apache-2.0 */
/* Names of pods: what they tell about who made them. */
#include "cluster-index.h"

#include "strbuf.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* The length of name without "-LAST", where LAST is of at least min and at most max of these characters; 0: it has no such end. */
static size_t without_end(const char *name, size_t length, const char *characters, size_t min, size_t max)
{
	size_t end = length;

	while (end > 0 && name[end - 1] != '-')
		end--;
	if (end < 2 || length - end < min || length - end > max)
		return 0;
	for (size_t i = end; i < length; i++)
		if (!strchr(characters, name[i]))
			return 0;
	return end - 1;
}

/* How controllers name pods: <name>-<template hash>-<5> and so on.  pkg/controller/controller_utils.go,
 * staging/src/k8s.io/apiserver/pkg/storage/names/generate.go */
enum end_kind { END_NONE, END_RANDOM, END_HASH, END_ORDINAL, END_SCHEDULE };

static const struct end {
	const char *characters;
	size_t min, max;
} ends[] = {
	[END_RANDOM] = { LETTERS DIGITS, 5, 5 },
	[END_HASH] = { LETTERS DIGITS, 1, 10 },
	[END_ORDINAL] = { DIGITS, 1, 9 },
	[END_SCHEDULE] = { DIGITS, 8, 10 },	/* minutes since 1970; before Kubernetes 1.21 seconds */
};

static const struct pod_naming {
	const char *kind;
	enum end_kind last, before;	/* the last end, and the one before it */
} namings[] = {
	/* clang-format off */
	{ "CronJob",               END_RANDOM,  END_SCHEDULE },
	{ "DaemonSet",             END_RANDOM,  END_NONE },
	{ "Deployment",            END_RANDOM,  END_HASH },
	{ "DeploymentConfig",      END_RANDOM,  END_ORDINAL },
	{ "Job",                   END_RANDOM,  END_NONE },
	{ "Job",                   END_RANDOM,  END_ORDINAL },
	{ "Pod",                   END_NONE,    END_NONE },
	{ "ReplicaSet",            END_RANDOM,  END_NONE },
	{ "ReplicationController", END_RANDOM,  END_NONE },
	{ "Rollout",               END_RANDOM,  END_HASH },
	{ "StatefulSet",           END_ORDINAL, END_NONE },
	/* clang-format on */
};

static size_t strip(const char *name, size_t length, enum end_kind kind)
{
	return kind == END_NONE ? length : without_end(name, length, ends[kind].characters, ends[kind].min, ends[kind].max);
}

static const char *known_name(const struct cluster *cluster, const char *text, size_t length)
{
	uint32_t number = symbols_find(&cluster->names, text, length);

	return number == SYMBOL_NONE ? NULL : cluster->names.names[number];
}

uint32_t cluster_find_workload(const struct cluster *cluster, const char *namespace, const char *kind, const char *name)
{
	const struct cluster_index *index = cluster->index;

	return !index ? CLUSTER_NONE :
			index_find(&index->workloads, known_name(cluster, namespace, strlen(namespace)),
				   known_name(cluster, kind, strlen(kind)), known_name(cluster, name, strlen(name)));
}

uint32_t cluster_find_pod(const struct cluster *cluster, const char *namespace, const char *name)
{
	const struct cluster_index *index = cluster->index;

	return !index ? CLUSTER_NONE :
			index_find(&index->pods, known_name(cluster, namespace, strlen(namespace)),
				   known_name(cluster, name, strlen(name)), NULL);
}

uint32_t cluster_find_node(const struct cluster *cluster, const char *name)
{
	const struct cluster_index *index = cluster->index;

	return !index ? CLUSTER_NONE : index_find(&index->nodes, known_name(cluster, name, strlen(name)), NULL, NULL);
}

uint32_t cluster_find_runtime_class(const struct cluster *cluster, const char *name)
{
	const struct cluster_index *index = cluster->index;

	return !index ? CLUSTER_NONE : index_find(&index->runtime_classes, known_name(cluster, name, strlen(name)), NULL, NULL);
}

uint32_t cluster_find_container(const struct cluster *cluster, uint32_t workload, const char *container)
{
	const struct cluster_index *index = cluster->index;

	return !index ? CLUSTER_NONE :
			index_find(&index->containers, index_number(workload),
				   known_name(cluster, container, strlen(container)), NULL);
}

/* The one container that runs for as long as the pod does. */
static uint32_t only_container(const struct cluster *cluster, uint32_t workload)
{
	const struct workload *w = &cluster->workloads[workload];
	uint32_t found = CLUSTER_NONE;

	for (uint32_t i = w->first_container; i < w->first_container + w->n_containers; i++) {
		enum container_type type = cluster->containers[i].type;

		if (type != CONTAINER_APP && type != CONTAINER_SIDECAR)
			continue;
		if (found != CLUSTER_NONE)
			return CLUSTER_NONE;
		found = i;
	}
	return found;
}

uint32_t cluster_container_of(const struct cluster *cluster, uint32_t workload, const char *container)
{
	return container ? cluster_find_container(cluster, workload, container) : only_container(cluster, workload);
}

struct match {
	const char *pod, *container;
	uint32_t workload;		/* the only one so far */
	uint32_t found;			/* its container */
	bool several;
};

static void match_in_namespace(const struct cluster *cluster, const char *namespace, struct match *match)
{
	const struct cluster_index *index = cluster->index;
	size_t length = strlen(match->pod);

	for (size_t i = 0; i < ARRAY_SIZE(namings); i++) {
		size_t stripped = strip(match->pod, length, namings[i].last);
		const char *name, *kind = known_name(cluster, namings[i].kind, strlen(namings[i].kind));
		uint32_t workload, container;

		if (stripped > 0)
			stripped = strip(match->pod, stripped, namings[i].before);
		name = stripped > 0 && kind ? known_name(cluster, match->pod, stripped) : NULL;
		if (!name)
			continue;
		workload = index_find(&index->workloads, namespace, kind, name);
		container = workload == CLUSTER_NONE ? CLUSTER_NONE : cluster_container_of(cluster, workload, match->container);
		if (container == CLUSTER_NONE || workload == match->workload)
			continue;
		match->several = match->workload != CLUSTER_NONE;
		match->workload = workload;
		match->found = container;
		if (match->several)
			return;
	}
}

uint32_t cluster_match_container(const struct cluster *cluster, const char *namespace, const char *pod, const char *container)
{
	uint32_t known = cluster_find_pod(cluster, namespace, pod);
	struct match match = { .pod = pod, .container = container, .workload = CLUSTER_NONE, .found = CLUSTER_NONE };
	const char *own = known_name(cluster, namespace, strlen(namespace)), *unsaid = known_name(cluster, "", 0);

	if (!cluster->index || (container && container[0] == '\0'))
		return CLUSTER_NONE;
	if (known != CLUSTER_NONE && cluster->pods[known].workload != CLUSTER_NONE)
		return cluster_container_of(cluster, cluster->pods[known].workload, container);
	if (own)
		match_in_namespace(cluster, own, &match);
	/* Manifests often leave the namespace to whoever applies them. */
	if (match.found == CLUSTER_NONE && unsaid && unsaid != own)
		match_in_namespace(cluster, unsaid, &match);
	return match.several ? CLUSTER_NONE : match.found;
}

/* "web-6d4cf56db6" of a pod labelled pod-template-hash=6d4cf56db6 */
static size_t without_hash(const char *name, const char *hash)
{
	size_t length = strlen(name), end = strlen(hash);

	if (end == 0 || length <= end + 1 || name[length - end - 1] != '-' || !streq(name + length - end, hash))
		return 0;
	return length - end - 1;
}

void pod_controller(struct cluster *cluster, const struct cluster_pod *pod, const char **ret_kind, const char **ret_name)
{
	const char *kind = pod->owner_kind, *name = pod->owner_name;
	size_t length = 0;

	/* A node owns the image of a pod that its kubelet runs from a file. */
	if (kind[0] == '\0' || streq(kind, "Node")) {
		kind = "Pod";
		name = pod->name;
	} else if (streq(kind, "ReplicaSet")) {
		length = without_hash(name, pod->template_hash);
		kind = length > 0 ? "Deployment" : kind;
	} else if (streq(kind, "Job")) {
		length = strip(name, strlen(name), END_SCHEDULE);
		kind = length > 0 ? "CronJob" : kind;
	}
	*ret_kind = cluster_name(cluster, kind);
	*ret_name = length > 0 ? cluster_name_of(cluster, name, length) : cluster_name(cluster, name);
}
