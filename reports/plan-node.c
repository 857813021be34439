/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes/node/: sysctls of the whole node as a DaemonSet, for clusters whose nodes nobody can reach in another way.  A
 * pod cannot have them, and where nodes are made from images or by cloud-init that is the better place.  It is not part of
 * kubernetes/kustomization.yaml: somebody has to choose it. */
#include "../core/owner.h"
#include "../core/strbuf.h"
#include "plan.h"

static bool only(const char *text, const char *allowed)
{
	for (; *text; text++)
		if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') &&
		    !(*text >= '0' && *text <= '9') && !strchr(allowed, *text))
			return false;
	return true;
}

/* One write there and one back, and nothing else moves. */
static bool is_of_the_node(const struct action *action)
{
	return starts_with(action->path, "/proc/sys/") && action->tunable->scope == SCOPE_GLOBAL && action_is_live(action) &&
	       !action->write.set && action->write.reads && action->n_restore == 1 && action->n_coupled == 0 &&
	       !owner_kubelet_value(action->setting_key) && only(action->path, "_.-/") && only(action->write.value, "_.- ") &&
	       only(action->from, "_.- ") && *action->write.value && *action->from;
}

static bool node_wanted(const struct plan *plan)
{
	for (size_t i = 0; owner_is_active(plan->snapshot, "kubelet") && i < plan->n_actions; i++)
		if (is_of_the_node(&plan->actions[i]))
			return true;
	return false;
}

/* Looks at everything first; what is neither as expected nor as wanted stops it, and the pod shows why. */
static void add_script(struct strbuf *out, const struct plan *plan, bool back)
{
	strbuf_add_string(out,
			  "              now() { tr '\\t' ' ' <\"/host$1\"; }\n"
			  "              check() {\n"
			  "                case $(now \"$1\") in \"$2\" | \"$3\") return ;; esac\n"
			  "                echo \"$1: expected $2, found $(now \"$1\")\" >&2\n"
			  "                exit 1\n"
			  "              }\n"
			  "              write() { [ \"$(now \"$1\")\" = \"$3\" ] || printf '%s\\n' \"$3\" >\"/host$1\"; }\n"
			  "              for step in check write; do\n");
	for (size_t i = 0; i < plan->n_actions; i++) {
		const struct action *action = &plan->actions[back ? plan->n_actions - 1 - i : i];
		const char *from = back ? action->write.reads : action->from, *to = back ? action->from : action->write.value;

		if (is_of_the_node(action))
			strbuf_addf(out, "                $step %s '%s' '%s'\n", action->path, from, to);
	}
	strbuf_add_string(out, "              done\n              while :; do sleep 3600; done\n");
}

static int daemon_set_write(FILE *out, const struct plan *plan, bool back)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	plan_add_comment(&text, back ? "Takes back what daemonset.yaml wrote: apply it, wait until its pods are ready, then delete it." :
				       "Sysctls of whole nodes. rollback.yaml takes them back. Where nodes come from an image or have "
				       "user data, files/ and cloud-init.yaml are the better place.");
	plan_add_comment(&text, "It runs as root without any capability: the files below /proc/sys belong to root, and that is all that "
				"writing them takes. Nothing of the node but /proc/sys is mounted. Any image with a shell will do.");
	strbuf_add_string(&text, "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: keisoku-node\nspec:\n"
				 "  selector:\n    matchLabels:\n      app: keisoku-node\n"
				 "  template:\n    metadata:\n      labels:\n        app: keisoku-node\n    spec:\n"
				 "      # Only nodes like the one that was measured.\n      nodeSelector:\n        keisoku: ");
	yaml_quote(&text, plan->id);
	strbuf_add_string(&text, "\n      automountServiceAccountToken: false\n      terminationGracePeriodSeconds: 0\n"
				 "      containers:\n        - name: sysctl\n          image: busybox:stable\n"
				 "          securityContext:\n            runAsUser: 0\n            allowPrivilegeEscalation: false\n"
				 "            readOnlyRootFilesystem: true\n            capabilities:\n              drop: [ALL]\n"
				 "            seccompProfile:\n              type: RuntimeDefault\n"
				 "          resources:\n            requests: {cpu: 1m, memory: 4Mi}\n            limits: {memory: 16Mi}\n"
				 "          volumeMounts:\n            - name: sysctls\n              mountPath: /host/proc/sys\n"
				 "          command:\n            - /bin/sh\n            - -euc\n            - |\n");
	add_script(&text, plan, back);
	strbuf_add_string(&text, "      volumes:\n        - name: sysctls\n          hostPath:\n            path: /proc/sys\n"
				 "            type: Directory\n");
	fwrite(text.buf, 1, text.len, out);
	return 0;
}

static int set_write(FILE *out, const struct plan *plan)
{
	return daemon_set_write(out, plan, false);
}

static int rollback_write(FILE *out, const struct plan *plan)
{
	return daemon_set_write(out, plan, true);
}

static int kustomization_write(FILE *out, const struct plan *plan)
{
	fprintf(out, "# Choose the nodes first: kubectl label node NAME keisoku=%s\n"
		     "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - daemonset.yaml\n", plan->id);
	return 0;
}

const struct plan_artefact plan_node = {
	.path = "kubernetes/node/daemonset.yaml",
	.summary = "sysctls of whole nodes, only where the nodes cannot be reached in another way",
	.wanted = node_wanted, .write = set_write,
};
const struct plan_artefact plan_node_rollback = {
	.path = "kubernetes/node/rollback.yaml", .summary = "takes those back",
	.wanted = node_wanted, .write = rollback_write,
};
const struct plan_artefact plan_node_kustomization = {
	.path = "kubernetes/node/kustomization.yaml", .summary = "for kubectl apply -k",
	.wanted = node_wanted, .write = kustomization_write,
};
