/* SPDX-License-Identifier: Apache-2.0 */
/* Sysctls of a pod: its own namespaces', set by the kubelet before its containers start.
 *
 *	securityContext:
 *	  sysctls:
 *	    - {name: net.core.somaxconn, value: "4096"}
 *
 * Which ones the kubelet takes without being told: kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/ */
#include "kubernetes.h"

/* since: the release from which on; "" for all that are still in use. */
static const struct {
	const char *key, *since;
} safe_keys[] = {
	{ "kernel.shm_rmid_forced", "" },
	{ "net.ipv4.ip_local_port_range", "" },
	{ "net.ipv4.ip_local_reserved_ports", "" },
	{ "net.ipv4.ip_unprivileged_port_start", "" },
	{ "net.ipv4.ping_group_range", "" },
	{ "net.ipv4.tcp_fin_timeout", "1.29" },
	{ "net.ipv4.tcp_keepalive_intvl", "1.29" },
	{ "net.ipv4.tcp_keepalive_probes", "1.29" },
	{ "net.ipv4.tcp_keepalive_time", "1.29" },
	{ "net.ipv4.tcp_notsent_lowat", "1.37" },
	{ "net.ipv4.tcp_rmem", "1.32" },
	{ "net.ipv4.tcp_slow_start_after_idle", "1.37" },
	{ "net.ipv4.tcp_syncookies", "" },
	{ "net.ipv4.tcp_wmem", "1.32" },
};

bool kubernetes_key_of_ipc(const char *key)
{
	return starts_with(key, "kernel.shm") || starts_with(key, "kernel.msg") || streq(key, "kernel.sem") ||
	       starts_with(key, "fs.mqueue.");
}

bool kubernetes_key_of_network(const struct reading *reading, const char *key)
{
	const struct entry *entry = reading->registry ? registry_find_key(reading->registry, SUBJECT_KIND_HOST, key) : NULL;

	return starts_with(key, "net.") && !(entry && entry->scope == SCOPE_GLOBAL);
}

/* Why a pod with this key does not start; NULL: it does. */
static const char *refused(const struct pod *pod, const char *key)
{
	bool network = starts_with(key, "net."), ipc = kubernetes_key_of_ipc(key);

	if (!network && !ipc)
		return "the key belongs to the whole node, and the kubelet refuses the pod";
	if (network && pod->host_network)
		return "the pod shares the node's network (hostNetwork), and the kubelet refuses it with a sysctl of the network";
	if (ipc && pod->host_ipc)
		return "the pod shares the node's IPC (hostIPC), and the kubelet refuses it with a sysctl of IPC";
	if (network && !kubernetes_key_of_network(pod->document->reading, key))
		return "the key belongs to the whole node and is not there in a network namespace: the containers do not start";
	return NULL;
}

static const char *kubelet_condition(struct pod const *pod, const char *key)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *since = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(safe_keys); i++)
		if (streq(safe_keys[i].key, key))
			since = safe_keys[i].since;
	if (since && !*since)
		return "";
	if (since)
		strbuf_addf(&text, "Kubernetes %s or later, or the kubelets' allowedUnsafeSysctls have %s", since, key);
	else
		strbuf_addf(&text, "the kubelets' allowedUnsafeSysctls have %s", key);
	return arena_strndup(&pod->document->arena, text.buf, text.len);
}

static void read_sysctl(const struct pod *pod, const struct node *sysctl)
{
	const struct node *name = document_get(sysctl, "name"), *value = document_get(sysctl, "value");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, key = STRBUF_INIT, instead = STRBUF_INIT;
	struct proposed item = document_item(pod->document, name ? name : sysctl);
	enum scalar_type type;

	if (!name || !value || name->kind != NODE_SCALAR || value->kind != NODE_SCALAR) {
		document_unclear(pod->document, sysctl, "a sysctl of a pod has a name and a value");
		return;
	}
	strbuf_add_string(&key, name->text);
	for (char *c = key.buf; !strchr(name->text, '.') && *c; c++)
		*c = *c == '/' ? '.' : *c;
	type = scalar_value(value, &text);
	item.via = "securityContext.sysctls";
	item.kind = SUBJECT_KIND_WORKLOAD;
	item.subject = pod->name;
	item.key = key.buf;
	item.value = value->text;
	item.last_line = MAX(item.line, document_line(pod->document, value));
	item.when = pod->when;
	item.condition = kubelet_condition(pod, key.buf);
	item.why = refused(pod, key.buf);
	if (item.why) {
		item.condition = "";
		item.fate = PROPOSED_BROKEN;
	} else if (type != SCALAR_TEXT) {
		item.fate = PROPOSED_BROKEN;
		item.why = "the value has to be a text, and without quotes YAML makes something else of it: the object is refused";
		strbuf_addf(&instead, "value: \"%s\"", value->text);
		item.instead = instead.buf;
	}
	(void)proposal_add(pod->document->reading->proposal, &item);
}

void kubernetes_read_sysctls(const struct pod *pod)
{
	const struct node *sysctls = document_get(document_get(pod->spec, "securityContext"), "sysctls");

	for (uint32_t i = 0; sysctls && sysctls->kind == NODE_SEQUENCE && i < sysctls->count; i++)
		read_sysctl(pod, &sysctls->items[i]);
}
