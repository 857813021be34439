/* SPDX-License-Identifier: Apache-2.0 */
/* Which pod and which container a control group belongs to, from the names of the logs that the kubelet keeps on its node, whichever the
 * container runtime is; nothing is read of the logs themselves.
 *
 *	/var/log/containers/web-7d9f8c6b5d-x2x8z_shop_app-8b2d…64 hexadecimal digits….log
 *	/var/log/pods/shop_web-7d9f8c6b5d-x2x8z_c9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e/app/0.log
 *
 * kubernetes pkg/kubelet/kuberuntime/legacy.go (logSymlink), pkg/kubelet/kuberuntime/helpers.go (BuildPodLogsDirectory) */
#include <errno.h>

#include "../core/cgroup-name.h"
#include "kubelet.h"
#include "probe.h"

#define CONTAINER_LOGS "/var/log/containers"
#define POD_LOGS "/var/log/pods"
#define LOGS_MAX 50000

static bool is_name(const char *text, size_t length)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";

	for (size_t i = 0; i < length; i++)
		if (!memchr(characters, text[i], sizeof(characters) - 1))
			return false;
	return length > 0 && length <= KUBELET_NAME_MAX;
}

/* Names hold no "_".  The next part of name up to end, which it may not reach. */
static bool take_part(const char **name, const char *end, char part[static KUBELET_NAME_MAX + 1])
{
	const char *underscore = memchr(*name, '_', (size_t)(end - *name));
	size_t length = underscore ? (size_t)(underscore - *name) : 0;

	if (!underscore || !is_name(*name, length))
		return false;
	memcpy(part, *name, length);
	part[length] = '\0';
	*name = underscore + 1;
	return true;
}

bool kubelet_container_log(const char *name, struct kubelet_name *ret_name, char id[static CGROUP_CONTAINER_ID_LENGTH + 1])
{
	static const char suffix[] = ".log";
	size_t length = strlen(name), behind = CGROUP_CONTAINER_ID_LENGTH + strlen(suffix);
	const char *end = name + length - behind - 1;

	if (length <= behind + 1 || !ends_with(name, suffix) || *end != '-' ||
	    strspn(end + 1, "0123456789abcdef") != CGROUP_CONTAINER_ID_LENGTH)
		return false;
	if (!take_part(&name, end, ret_name->pod) || !take_part(&name, end, ret_name->namespace) ||
	    !is_name(name, (size_t)(end - name)))
		return false;
	memcpy(ret_name->container, name, (size_t)(end - name));
	ret_name->container[end - name] = '\0';
	memcpy(id, end + 1, CGROUP_CONTAINER_ID_LENGTH);
	id[CGROUP_CONTAINER_ID_LENGTH] = '\0';
	return true;
}

bool kubelet_pod_log(const char *name, struct kubelet_name *ret_name, char uid[static CGROUP_POD_UID_MAX + 1])
{
	const char *end = name + strlen(name);

	if (!take_part(&name, end, ret_name->namespace) || !take_part(&name, end, ret_name->pod) || !is_name(name, (size_t)(end - name)) ||
	    end - name > CGROUP_POD_UID_MAX)
		return false;
	memcpy(uid, name, (size_t)(end - name) + 1);
	ret_name->container[0] = '\0';
	return true;
}

/* The groups of the snapshot by what their names say of them. */
struct groups {
	struct snapshot *snapshot;
	struct symbols ids;
	uint32_t *first, *next;		/* by symbol: a position among groups + 1; by that position the next one */
	size_t first_capacity;
};

static void groups_release(struct groups *groups)
{
	symbols_release(&groups->ids);
	free(groups->first);
	free(groups->next);
}

/* By key, "container_id" or "pod_uid".  How many there are. */
static size_t groups_find(struct groups *groups, const char *key)
{
	uint32_t count = snapshot_kind_count(groups->snapshot, SUBJECT_KIND_CGROUP);

	groups->next = xcalloc((size_t)count + 1, sizeof(groups->next[0]));
	for (uint32_t i = 0; i < count; i++) {
		subject_id subject = snapshot_kind_get(groups->snapshot, SUBJECT_KIND_CGROUP, i);
		const char *id = snapshot_text(groups->snapshot, subject, key);
		uint32_t known = groups->ids.count, symbol;

		if (!id || !snapshot_text(groups->snapshot, subject, "pod_uid"))
			continue;
		symbol = symbols_intern(&groups->ids, id, strlen(id));
		GROW(groups->first, groups->first_capacity, symbol + 1);
		groups->next[i] = symbol == known ? 0 : groups->first[symbol];
		groups->first[symbol] = i + 1;
	}
	return groups->ids.count;
}

static void groups_name(struct groups *groups, const char *id, const struct kubelet_name *name, const char *origin)
{
	uint32_t symbol = symbols_find(&groups->ids, id, strlen(id));

	for (uint32_t i = symbol == SYMBOL_NONE ? 0 : groups->first[symbol]; i != 0; i = groups->next[i - 1]) {
		subject_id subject = snapshot_kind_get(groups->snapshot, SUBJECT_KIND_CGROUP, i - 1);

		snapshot_set_string(groups->snapshot, subject, "pod_namespace", name->namespace, origin);
		snapshot_set_string(groups->snapshot, subject, "pod_name", name->pod, origin);
		if (name->container[0])
			snapshot_set_string(groups->snapshot, subject, "container_name", name->container, origin);
	}
}

static int list(const struct root *root, struct snapshot *snapshot, const char *path, struct root_list *names)
{
	const struct place place = { .file = path };
	int r = root_list_limit(root, path, LOGS_MAX, names);

	if (r < 0 && r != -ENOENT)
		(void)diag_warning(snapshot_notes(snapshot), &place, "pods and containers cannot be named: %s", strerror(-r));
	return r;
}

static void name_containers(const struct root *root, struct snapshot *snapshot)
{
	CLEANUP(root_list_release) struct root_list names = ROOT_LIST_INIT;
	CLEANUP(groups_release) struct groups groups = { .snapshot = snapshot };
	char id[CGROUP_CONTAINER_ID_LENGTH + 1];
	struct kubelet_name name;

	if (groups_find(&groups, "container_id") == 0 || list(root, snapshot, CONTAINER_LOGS, &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (kubelet_container_log(names.entries[i].name, &name, id))
			groups_name(&groups, id, &name, CONTAINER_LOGS);
}

static void name_pods(const struct root *root, struct snapshot *snapshot)
{
	CLEANUP(root_list_release) struct root_list names = ROOT_LIST_INIT;
	CLEANUP(groups_release) struct groups groups = { .snapshot = snapshot };
	char uid[CGROUP_POD_UID_MAX + 1];
	struct kubelet_name name;

	if (groups_find(&groups, "pod_uid") == 0 || list(root, snapshot, POD_LOGS, &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (kubelet_pod_log(names.entries[i].name, &name, uid))
			groups_name(&groups, uid, &name, POD_LOGS);
}

static int kubelet_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	(void)options;
	name_pods(root, snapshot);
	name_containers(root, snapshot);
	return 0;
}

static const char *const kubelet_paths[] = {
	"?" CONTAINER_LOGS "/*",
	"?" POD_LOGS "/*/*/*",
	NULL,
};

const struct probe probe_kubelet = {
	.name = "kubelet",
	.summary = "names of the pods and containers that control groups belong to",
	.paths = kubelet_paths,
	.read = kubelet_read,
};
