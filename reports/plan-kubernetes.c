/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes/: sysctls of a network or IPC namespace as a patch of the workload that is to have them, where the node runs
 * a kubelet.  A pod has its own, so what is set on the node never reaches it. */
#include "../core/owner.h"
#include "../core/strbuf.h"
#include "plan.h"

/* The kubelet allows these without being told (since which release is in its documentation). */
static const char *const safe_keys[] = {
	"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
	"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
};

static bool is_safe(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(safe_keys); i++)
		if (streq(safe_keys[i], key))
			return true;
	return false;
}

static bool is_of_a_pod(const struct action *action)
{
	return starts_with(action->path, "/proc/sys/") &&
	       (action->tunable->scope == SCOPE_NET_NAMESPACE || action->tunable->scope == SCOPE_IPC_NAMESPACE);
}

static bool pods_wanted(const struct plan *plan)
{
	for (size_t i = 0; owner_is_active(plan->snapshot, "kubelet") && i < plan->n_actions; i++)
		if (is_of_a_pod(&plan->actions[i]))
			return true;
	return false;
}

static bool is_unsafe(const struct action *action)
{
	return is_of_a_pod(action) && !is_safe(action->setting_key);
}

/* Where a patch of pods needs it, or a setting of their control groups. */
static bool kubelet_wanted(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_actions; i++)
		if (plan->actions[i].kubelet.field ||
		    (owner_is_active(plan->snapshot, "kubelet") && is_unsafe(&plan->actions[i])))
			return true;
	return false;
}

static int patch_write(FILE *out, const struct plan *plan)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_add_string(&text, "# A strategic merge patch: name is that of the target in kustomization.yaml.\n"
				 "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: any\nspec:\n  template:\n    spec:\n"
				 "      securityContext:\n        sysctls:\n");
	for (size_t i = 0; i < plan->n_actions; i++) {
		if (!is_of_a_pod(&plan->actions[i]))
			continue;
		strbuf_add_string(&text, "          - name: ");
		yaml_quote(&text, plan->actions[i].setting_key);
		strbuf_add_string(&text, "\n            value: ");
		yaml_quote(&text, plan->actions[i].write.value);
		strbuf_add_char(&text, '\n');
	}
	fwrite(text.buf, 1, text.len, out);
	return 0;
}

static int kustomization_write(FILE *out, const struct plan *plan)
{
	(void)plan;
	fputs("# A component: list it under components: of the kustomization that has the workload, and narrow the target.\n"
	      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n  - path: pod-sysctls.yaml\n"
	      "    target:\n      kind: Deployment\n", out);
	return 0;
}

/* ---- the configuration of the kubelet ---- */

static void add_item(struct strbuf *out, const char *text, size_t length)
{
	CLEANUP(free_ptr) char *item = xstrndup(text, length);

	strbuf_add_string(out, "\n  - ");
	yaml_quote(out, item);
}

/* "kernel.msg*,net.core.*", as the configuration has it now: a list of a file that is merged takes the place of the other. */
static bool add_configured(struct strbuf *out, const char *list)
{
	bool any = false;

	while (list && *list) {
		size_t length = strcspn(list, ",");

		if (length > 0)
			add_item(out, list, length);
		any |= length > 0;
		list += length + (list[length] == ',');
	}
	return any;
}

static bool is_listed(const char *list, const char *key)
{
	size_t length = strlen(key);

	for (; list && *list; list += strcspn(list, ","), list += *list == ',')
		if (strncmp(list, key, length) == 0 && (list[length] == ',' || !list[length]))
			return true;
	return false;
}

static void add_allowed(struct strbuf *out, const struct plan *plan, bool back)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const char *now = owner_kubelet_field(plan->snapshot, "allowedUnsafeSysctls", &arena);
	bool wanted = false, any;

	for (size_t i = 0; i < plan->n_actions; i++)
		wanted |= is_unsafe(&plan->actions[i]);
	if (!wanted || !owner_is_active(plan->snapshot, "kubelet"))
		return;
	strbuf_add_string(out, "# Without it the kubelet refuses pods that have these sysctls: SysctlForbidden.\nallowedUnsafeSysctls:");
	any = add_configured(out, now);
	for (size_t i = 0; !back && i < plan->n_actions; i++) {
		const char *key = plan->actions[i].setting_key;

		if (!is_unsafe(&plan->actions[i]) || is_listed(now, key))
			continue;
		add_item(out, key, strlen(key));
		any = true;
	}
	strbuf_add_string(out, any ? "\n" : " []\n");
}

static bool is_said(const struct plan *plan, size_t before, const char *name, bool gate)
{
	for (size_t i = 0; i < before; i++) {
		const struct plan_kubelet *kubelet = &plan->actions[i].kubelet;
		const char *said = gate ? kubelet->gate : kubelet->field;

		if (kubelet->field && said && streq(said, name))
			return true;
	}
	return false;
}

static void add_fields(struct strbuf *out, const struct plan *plan, bool back)
{
	bool gates = false;

	for (size_t i = 0; i < plan->n_actions; i++) {
		const struct plan_kubelet *kubelet = &plan->actions[i].kubelet;

		if (kubelet->field && !is_said(plan, i, kubelet->field, false))
			strbuf_addf(out, "%s: %s\n", kubelet->field, back ? kubelet->before : kubelet->value);
	}
	for (size_t i = 0; i < plan->n_actions; i++) {
		const struct plan_kubelet *kubelet = &plan->actions[i].kubelet;

		if (!kubelet->field || !kubelet->gate || is_said(plan, i, kubelet->gate, true))
			continue;
		strbuf_addf(out, "%s  %s: %s\n", gates ? "" : "# Off unless it is asked for: this one is alpha.\nfeatureGates:\n", kubelet->gate, back ? kubelet->gate_before : "true");
		gates = true;
	}
}

static int configuration_write(FILE *out, const struct plan *plan, bool back)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	plan_add_comment(&text, back ? "Takes back what kubelet.yaml says: what was configured before, or what the kubelet takes when nothing is." :
				       "For the kubelets of nodes like the one that was measured; kubelet-rollback.yaml takes it back.");
	plan_add_comment(&text, "To be merged into their configuration, or a file of their --config-dir whose name sorts last and ends in .conf; "
				"restart them. A flag of their command line wins over it. It holds for every pod of the node that is made "
				"afterwards.");
	strbuf_add_string(&text, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n");
	add_allowed(&text, plan, back);
	add_fields(&text, plan, back);
	fwrite(text.buf, 1, text.len, out);
	return 0;
}

static int kubelet_write(FILE *out, const struct plan *plan)
{
	return configuration_write(out, plan, false);
}

static int kubelet_rollback_write(FILE *out, const struct plan *plan)
{
	return configuration_write(out, plan, true);
}

const struct plan_artefact plan_pod_sysctls = {
	.path = "kubernetes/pod-sysctls.yaml", .summary = "sysctls of a namespace for the pods that need them",
	.wanted = pods_wanted, .write = patch_write,
};
const struct plan_artefact plan_kustomization = {
	.path = "kubernetes/kustomization.yaml", .summary = "puts that patch on a workload",
	.wanted = pods_wanted, .write = kustomization_write,
};
const struct plan_artefact plan_kubelet = {
	.path = "kubernetes/kubelet.yaml", .summary = "what the kubelets have to be told: what pods may have, and of their control groups",
	.wanted = kubelet_wanted, .write = kubelet_write,
};
const struct plan_artefact plan_kubelet_rollback = {
	.path = "kubernetes/kubelet-rollback.yaml", .summary = "takes that back",
	.wanted = kubelet_wanted, .write = kubelet_rollback_write,
};
