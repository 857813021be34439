/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, as their reader understands them. */
#include "reads.h"

#define POD "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n"

static void sysctls_of_a_pod_are_its_own_as_far_as_the_kubelet_takes_them(void **state)
{
	(void)state;
	assert_reads("kubernetes", "pod.yaml",
		     POD "  securityContext:\n"
		     "    sysctls:\n"
		     "      - name: kernel.shm_rmid_forced\n"
		     "        value: \"1\"\n"
		     "      - {name: net.ipv4.tcp_rmem, value: \"4096 131072 6291456\"}\n"
		     "      - {name: net.core.somaxconn, value: \"4096\"}\n"
		     "      - {name: kernel/msgmax, value: '65536'}\n"
		     "      - {name: net.ipv4.ip_local_port_range, value: 1024}\n"
		     "      - {name: vm.swappiness, value: \"1\"}\n"
		     "      - {name: fs.file-max, value: \"1\"}\n"
		     "      - net.core.somaxconn=1\n",
		     "sets workload shop/Pod/web kernel.shm_rmid_forced=1 @7 now\n"
		     "sets workload shop/Pod/web net.ipv4.tcp_rmem=4096 131072 6291456 @9 now"
		     " if:Kubernetes 1.32 or later, or the kubelets' allowedUnsafeSysctls have net.ipv4.tcp_rmem\n"
		     "sets workload shop/Pod/web net.core.somaxconn=4096 @10 now"
		     " if:the kubelets' allowedUnsafeSysctls have net.core.somaxconn\n"
		     "sets workload shop/Pod/web kernel.msgmax=65536 @11 now if:the kubelets' allowedUnsafeSysctls have kernel.msgmax\n"
		     "broken workload shop/Pod/web net.ipv4.ip_local_port_range=1024 @12 now"
		     " why:the value has to be a text, and without quotes YAML makes something else of it: the object is refused\n"
		     "broken workload shop/Pod/web vm.swappiness=1 @13 now"
		     " why:the key belongs to the whole node, and the kubelet refuses the pod\n"
		     "broken workload shop/Pod/web fs.file-max=1 @14 now"
		     " why:the key belongs to the whole node, and the kubelet refuses the pod\n"
		     "unclear host = @15 why:a sysctl of a pod has a name and a value\n");
}

static void a_pod_that_shares_the_nodes_namespaces_has_none_of_its_own(void **state)
{
	(void)state;
	assert_reads("kubernetes", "pod.yaml",
		     POD "  hostNetwork: true\n"
		     "  hostIPC: true\n"
		     "  securityContext:\n"
		     "    sysctls:\n"
		     "      - {name: net.ipv4.tcp_syncookies, value: \"1\"}\n"
		     "      - {name: kernel.shmmax, value: \"1\"}\n",
		     "broken workload shop/Pod/web net.ipv4.tcp_syncookies=1 @9 now"
		     " why:the pod shares the node's network (hostNetwork), and the kubelet refuses it with a sysctl of the network\n"
		     "broken workload shop/Pod/web kernel.shmmax=1 @10 now"
		     " why:the pod shares the node's IPC (hostIPC), and the kubelet refuses it with a sysctl of IPC\n");
}

static void resources_are_settings_of_containers(void **state)
{
	(void)state;
	assert_reads("kubernetes", "web.yaml",
		     "apiVersion: apps/v1\n"
		     "kind: Deployment\n"
		     "metadata: {name: web}\n"
		     "spec:\n"
		     "  template:\n"
		     "    spec:\n"
		     "      initContainers:\n"
		     "        - {name: i, resources: {limits: {cpu: 1}}}\n"
		     "      containers:\n"
		     "        - name: app\n"
		     "          resources: &r\n"
		     "            requests:\n"
		     "              cpu: 250m\n"
		     "              memory: 512Mi\n"
		     "            limits: {memory: 1e9, ephemeral-storage: 2Gi}\n"
		     "        - name: side\n"
		     "          resources: *r\n",
		     "sets container default/Deployment/web/i limits.cpu=1 @8 both\n"
		     "sets container default/Deployment/web/app requests.cpu=250m @13 both\n"
		     "sets container default/Deployment/web/app requests.memory=512Mi @14 both\n"
		     "sets container default/Deployment/web/app limits.memory=1e9 @15 both\n"
		     "sets container default/Deployment/web/app limits.ephemeral-storage=2Gi @15 both\n"
		     "sets container default/Deployment/web/side requests.cpu=250m @13 both\n"
		     "sets container default/Deployment/web/side requests.memory=512Mi @14 both\n"
		     "sets container default/Deployment/web/side limits.memory=1e9 @15 both\n"
		     "sets container default/Deployment/web/side limits.ephemeral-storage=2Gi @15 both\n");
}

static void quantities_that_are_none_or_mean_something_else_are_broken(void **state)
{
	static const struct {
		const char *resources, *expected;
	} cases[] = {
		{ "limits: {memory: 1GB}", "limits.memory=1GB @7 both why:1GB is no quantity, and the object is refused\n" },
		{ "limits: {memory: 512m}", "limits.memory=512m @7 both why:m stands for thousandths: it is 0.512 bytes\n" },
		{ "limits: {cpu: -1}", "limits.cpu=-1 @7 both why:-1 is negative, and the object is refused\n" },
		{ "limits: {cpu: one}", "limits.cpu=one @7 both why:one is no quantity, and the object is refused\n" },
		{ "limits: {cpu: .}", "limits.cpu=. @7 both why:. is no quantity, and the object is refused\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_ptr) char *text = xasprintf(POD "  containers:\n    - name: app\n      resources: {%s}\n", cases[i].resources);
		CLEANUP(free_ptr) char *expected = xasprintf("broken container shop/Pod/web/app %s", cases[i].expected);

		assert_reads("kubernetes", "x.yaml", text, expected);
	}
	assert_reads("kubernetes", "x.yaml",
		     POD "  containers:\n    - name: a\n      resources: {requests: {cpu: 200m}, limits: {cpu: \"0.1\"}}\n",
		     "broken container shop/Pod/web/a requests.cpu=200m @7 both"
		     " why:it asks for more than its limit of 0.1, and the object is refused\n"
		     "sets container shop/Pod/web/a limits.cpu=0.1 @7 both\n");
}

static void a_containers_command_sets_the_pods_or_the_nodes(void **state)
{
	(void)state;
	assert_reads("kubernetes", "pod.yaml",
		     POD "  initContainers:\n"
		     "    - name: sysctl\n"
		     "      securityContext: {privileged: true}\n"
		     "      command:\n"
		     "        - sh\n"
		     "        - -c\n"
		     "        - |\n"
		     "          sysctl -w vm.max_map_count=262144\n"
		     "          sysctl -w net.core.somaxconn=1024\n"
		     "    - name: weak\n"
		     "      command: [sysctl, -w, vm.max_map_count=262144]\n"
		     "    - name: weaker\n"
		     "      command: [sysctl]\n"
		     "      args: [-w, net.core.somaxconn=1024]\n"
		     "    - name: odd\n"
		     "      args: [-c, sysctl -w a.b=1]\n"
		     "    - name: arguments\n"
		     "      securityContext: {privileged: true}\n"
		     "      args: [sh, -c, sysctl -w vm.swappiness=1]\n"
		     "  containers:\n"
		     "    - {name: app, command: [nginx, -g, daemon off]}\n",
		     "sets host vm.max_map_count=262144 @12 now if:on nodes where shop/Pod/web runs\n"
		     "sets workload shop/Pod/web net.core.somaxconn=1024 @13 now\n"
		     "broken host vm.max_map_count=262144 @15 now"
		     " why:files of the kernel are read-only in a container that is not privileged\n"
		     "broken host net.core.somaxconn=1024 @17 now"
		     " why:files of the kernel are read-only in a container that is not privileged\n"
		     "unclear host = @20 why:the image says which program gets these arguments\n"
		     "sets host vm.swappiness=1 @23 now if:on nodes where shop/Pod/web runs\n");
}

static void a_pod_of_the_nodes_namespaces_sets_the_nodes(void **state)
{
	(void)state;
	assert_reads("kubernetes", "tune.yaml",
		     "apiVersion: apps/v1\n"
		     "kind: DaemonSet\n"
		     "metadata: {name: tune}\n"
		     "spec:\n"
		     "  template:\n"
		     "    spec:\n"
		     "      hostPID: true\n"
		     "      volumes: [{name: etc, hostPath: {path: /etc}}]\n"
		     "      containers:\n"
		     "        - name: a\n"
		     "          securityContext: {privileged: true}\n"
		     "          command: [nsenter, -t, \"1\", -n, --, sysctl, -w, net.core.somaxconn=9]\n"
		     "        - name: b\n"
		     "          securityContext: {privileged: true}\n"
		     "          command: [nsenter, -t, \"1\", -m, --, sysctl, -w, net.core.somaxconn=9]\n"
		     "        - name: c\n"
		     "          securityContext: {privileged: true}\n"
		     "          volumeMounts: [{name: etc, mountPath: /host/etc}]\n"
		     "          command: [bash, -c, \"echo vm.swappiness=1 > /host/etc/sysctl.d/60-x.conf\"]\n"
		     "        - name: d\n"
		     "          securityContext: {privileged: true}\n"
		     "          command: [bash, -c, \"echo vm.swappiness=1 > /etc/sysctl.d/60-x.conf\"]\n",
		     "sets host net.core.somaxconn=9 @12 both if:on nodes where default/DaemonSet/tune runs\n"
		     "sets workload default/DaemonSet/tune net.core.somaxconn=9 @15 both\n"
		     "sets host vm.swappiness=1 @19 boot file:/etc/sysctl.d/60-x.conf if:on nodes where default/DaemonSet/tune runs\n"
		     "broken host vm.swappiness=1 @22 boot file:/etc/sysctl.d/60-x.conf"
		     " why:the file is the container's own and goes away with it\n");
}

static void a_kubelet_configuration_has_the_keys_of_a_snapshot(void **state)
{
	(void)state;
	assert_reads("kubernetes", "kubelet.yaml",
		     "apiVersion: kubelet.config.k8s.io/v1beta1\n"
		     "kind: KubeletConfiguration\n"
		     "protectKernelDefaults: true\n"
		     "evictionHard:\n"
		     "  memory.available: 100Mi\n"
		     "allowedUnsafeSysctls:\n"
		     "  - net.core.*\n"
		     "  - kernel.msg*\n",
		     "sets host kubelet.protectKernelDefaults=true @3 boot\n"
		     "sets host kubelet.evictionHard.memory.available=100Mi @5 boot\n"
		     "sets host kubelet.allowedUnsafeSysctls=net.core.*,kernel.msg* @6 boot\n");
	assert_reads("kubernetes", "kubelet.json",
		     "{\"apiVersion\": \"kubelet.config.k8s.io/v1beta1\", \"kind\": \"KubeletConfiguration\",\n"
		     "\"allowedUnsafeSysctls\": [\"vm.*\"]}\n",
		     "broken host kubelet.allowedUnsafeSysctls=vm.* @2 boot"
		     " why:it has a key that belongs to the whole node, and the kubelet does not start\n");
}

static void lists_hold_objects_and_other_objects_set_nothing(void **state)
{
	(void)state;
	assert_reads("kubernetes", "dump.json",
		     "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n"
		     "{\"kind\": \"Service\", \"metadata\": {\"name\": \"x\"}},\n"
		     "{\"kind\": \"CronJob\", \"metadata\": {\"name\": \"y\"}, \"spec\": {\"jobTemplate\": {\"spec\": {\"template\": {\"spec\":\n"
		     "{\"containers\": [{\"name\": \"c\", \"resources\": {\"limits\": {\"cpu\": \"2\"}}}]}}}}}}]}\n",
		     "sets container default/CronJob/y/c limits.cpu=2 @4 both\n");
}

static void texts_whose_use_is_not_told_are_shown_and_not_judged(void **state)
{
	(void)state;
	assert_reads("kubernetes", "map.yaml",
		     "apiVersion: v1\n"
		     "kind: ConfigMap\n"
		     "data:\n"
		     "  60-x.conf: |\n"
		     "    # more\n"
		     "    vm.swappiness = 1\n"
		     "  readme: hello\n"
		     "---\n"
		     "apiVersion: kustomize.config.k8s.io/v1beta1\n"
		     "kind: Kustomization\n"
		     "resources: [a.yaml]\n",
		     "unclear host vm.swappiness=1 @6 why:it is data of a ConfigMap: who applies it, and where, is not told here\n"
		     "unclear host = @9 why:what it makes of the manifests it names is not judged: give the output of kustomize build\n");
}

static void a_template_of_manifests_is_told_from_manifests(void **state)
{
	(void)state;
	assert_reads("kubernetes", "templates/web.yaml",
		     "apiVersion: v1\nkind: Pod\nspec:\n{{- if .Values.x }}\n  hostNetwork: true\n{{- end }}\n",
		     "unclear host = @5 why:it is a template of manifests: fill it in first, as helm template does "
		     "(not YAML: could not find expected ':')\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sysctls_of_a_pod_are_its_own_as_far_as_the_kubelet_takes_them),
		cmocka_unit_test(a_pod_that_shares_the_nodes_namespaces_has_none_of_its_own),
		cmocka_unit_test(resources_are_settings_of_containers),
		cmocka_unit_test(quantities_that_are_none_or_mean_something_else_are_broken),
		cmocka_unit_test(a_containers_command_sets_the_pods_or_the_nodes),
		cmocka_unit_test(a_pod_of_the_nodes_namespaces_sets_the_nodes),
		cmocka_unit_test(a_kubelet_configuration_has_the_keys_of_a_snapshot),
		cmocka_unit_test(lists_hold_objects_and_other_objects_set_nothing),
		cmocka_unit_test(texts_whose_use_is_not_told_are_shown_and_not_judged),
		cmocka_unit_test(a_template_of_manifests_is_told_from_manifests),
	};

	return RUN_TESTS(tests);
}
