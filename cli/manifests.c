/* SPDX-License-Identifier: Apache-2.0 */
/* What the pods of a cluster ask of the kernel: read by those who know sysctls and commands, put beside the other settings. */
#include "manifests.h"

#include "../clusters/reader.h"
#include "../core/strbuf.h"
#include "../proposals/kubernetes.h"

struct asking {
	const struct cluster *cluster;
	const struct registry *registry;
	struct snapshot *snapshot;
	const struct workload *workload;
	struct kubernetes_pod pod;
};

/* Keys that belong together, with the line of the first. */
struct words {
	struct strbuf text;
	unsigned int line;
};

static void add_word(struct words *words, const struct proposed *item)
{
	if (!*item->key || strpbrk(item->key, " \t\n,"))
		return;
	if (!words->text.len)
		words->line = item->line;
	strbuf_addf(&words->text, "%s%s", words->text.len ? " " : "", item->key);
}

static void put_words(const struct asking *asking, subject_id subject, const char *key, struct words *words)
{
	CLEANUP(free_ptr) char *origin = xasprintf("%s:%u", asking->pod.path, words->line);

	if (words->text.len)
		snapshot_set_string(asking->snapshot, subject, key, words->text.buf, origin);
	strbuf_release(&words->text);
}

/* A value that is none in YAML either has a better way to write it; on the others depends which kubelets take them. */
static void ask_pod(const struct asking *asking, subject_id subject)
{
	struct words refused = { .text = STRBUF_INIT }, unsafe = refused, newer = refused, no_text = refused;
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;

	kubernetes_pod_sysctls(&proposal, asking->registry, &asking->pod);
	for (size_t i = 0; i < proposal.count; i++) {
		const struct proposed *item = &proposal.items[i];

		if (item->fate == PROPOSED_BROKEN)
			add_word(*item->instead ? &no_text : &refused, item);
		else if (item->fate == PROPOSED_SETS && *item->condition)
			add_word(starts_with(item->condition, "Kubernetes ") ? &newer : &unsafe, item);
	}
	put_words(asking, subject, "sysctls.refused", &refused);
	put_words(asking, subject, "sysctls.unsafe", &unsafe);
	put_words(asking, subject, "sysctls.newer", &newer);
	put_words(asking, subject, "sysctls.no_text", &no_text);
}

static bool is_of_node(const struct proposed *item)
{
	return item->fate == PROPOSED_SETS && item->kind != SUBJECT_KIND_WORKLOAD && item->kind != SUBJECT_KIND_CONTAINER;
}

static void ask_container(const struct asking *asking, const struct workload_container *container)
{
	const struct kubernetes_container commands = {
		.command = container->command, .args = container->args, .lifecycle = container->lifecycle, .security = container->security,
		.mounts = container->mounts,
	};
	CLEANUP(free_ptr) char *name = xasprintf("%s/%s", asking->pod.name, container->name);
	subject_id subject = snapshot_find_subject(asking->snapshot, SUBJECT_KIND_CONTAINER, name);
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	struct words words = { .text = STRBUF_INIT };

	if (subject == SUBJECT_NONE || (!container->command && !container->args && !container->lifecycle))
		return;
	kubernetes_container_commands(&proposal, asking->registry, &asking->pod, &commands);
	for (size_t i = 0; i < proposal.count; i++)
		if (is_of_node(&proposal.items[i]))
			add_word(&words, &proposal.items[i]);
	put_words(asking, subject, "node_settings", &words);
}

static void ask_workload(struct asking *asking)
{
	const struct workload *workload = asking->workload;
	CLEANUP(free_ptr) char *name = xasprintf("%s/%s/%s", *workload->namespace ? workload->namespace : "default", workload->kind,
						 workload->name);
	subject_id subject = snapshot_find_subject(asking->snapshot, SUBJECT_KIND_WORKLOAD, name);

	asking->pod = (struct kubernetes_pod){
		.path = workload->place.file ? workload->place.file : "", .name = name,
		.security = workload->security, .volumes = workload->volumes,
		.host_network = workload->host_network, .host_ipc = workload->host_ipc, .host_pid = workload->host_pid,
	};
	if (subject == SUBJECT_NONE)
		return;
	if (workload->security)
		ask_pod(asking, subject);
	for (uint32_t i = 0; i < workload->n_containers; i++)
		ask_container(asking, &asking->cluster->containers[workload->first_container + i]);
}

struct snapshot *manifests_snapshot(struct cluster *cluster, const struct registry *registry)
{
	struct asking asking = { .cluster = cluster, .registry = registry, .snapshot = snapshot_new() };

	cluster_join(cluster);
	cluster_settings(cluster, asking.snapshot);
	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		asking.workload = &cluster->workloads[i];
		ask_workload(&asking);
	}
	return asking.snapshot;
}
