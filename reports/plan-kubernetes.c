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

static bool unsafe_wanted(const struct plan *plan)
{
	for (size_t i = 0; owner_is_active(plan->snapshot, "kubelet") && i < plan->n_actions; i++)
		if (is_of_a_pod(&plan->actions[i]) && !is_safe(plan->actions[i].setting_key))
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

static int kubelet_write(FILE *out, const struct plan *plan)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_add_string(&text, "# To be merged into the configuration of the kubelets whose nodes run the patched pods; restart "
				 "them.\n# Without it they refuse such pods: SysctlForbidden.\n"
				 "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
				 "allowedUnsafeSysctls:\n");
	for (size_t i = 0; i < plan->n_actions; i++) {
		if (!is_of_a_pod(&plan->actions[i]) || is_safe(plan->actions[i].setting_key))
			continue;
		strbuf_add_string(&text, "  - ");
		yaml_quote(&text, plan->actions[i].setting_key);
		strbuf_add_char(&text, '\n');
	}
	fwrite(text.buf, 1, text.len, out);
	return 0;
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
	.path = "kubernetes/kubelet.yaml", .summary = "what the kubelets have to allow for it",
	.wanted = unsafe_wanted, .write = kubelet_write,
};
