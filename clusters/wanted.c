/* SPDX-License-Identifier: Apache-2.0 */
/* What object*.c looks at, of all kinds at once: the kind of an object may come after what is in it.  Whatever is not here is
 * passed over while a large text is parsed: managedFields, data of ConfigMaps, schemas, images of nodes. */
#include "tree.h"

#define ALL(key) { key, sizeof(key) - 1, NULL }
#define BELOW(key, list) { key, sizeof(key) - 1, list }
#define END { NULL, 0, NULL }

static const struct wanted owner[] = { ALL("controller"), ALL("kind"), ALL("name"), END };

static const struct wanted metadata[] = {
	ALL("annotations"), ALL("generateName"), ALL("labels"), ALL("name"), ALL("namespace"), BELOW("ownerReferences", owner),
	ALL("uid"), END,
};

static const struct wanted port[] = { ALL("containerPort"), ALL("hostIP"), ALL("hostPort"), ALL("protocol"), END };

static const struct wanted mount[] = { ALL("mountPath"), ALL("name"), END };

static const struct wanted container[] = {
	ALL("args"), ALL("command"), ALL("env"), ALL("envFrom"), ALL("image"), ALL("lifecycle"), ALL("livenessProbe"), ALL("name"),
	BELOW("ports", port), ALL("readinessProbe"), ALL("resizePolicy"), ALL("resources"), ALL("restartPolicy"), ALL("securityContext"), ALL("startupProbe"),
	BELOW("volumeMounts", mount), END,
};

static const struct wanted volume[] = {
	ALL("emptyDir"), ALL("ephemeral"), ALL("hostPath"), ALL("name"), ALL("persistentVolumeClaim"), END,
};

static const struct wanted template[];
static const struct wanted job_template[];

/* Of every kind that has a spec, and of pods inside of templates. */
static const struct wanted spec[] = {
	ALL("activeDeadlineSeconds"), ALL("affinity"), ALL("behavior"), ALL("completions"), BELOW("containers", container),
	BELOW("ephemeralContainers", container), ALL("hard"), ALL("hostIPC"), ALL("hostNetwork"), ALL("hostPID"),
	BELOW("initContainers", container), BELOW("jobTemplate", job_template), ALL("limits"), ALL("maxReplicaCount"),
	ALL("maxReplicas"), ALL("maxUnavailable"), ALL("metrics"), ALL("minAvailable"), ALL("minReplicaCount"), ALL("minReplicas"),
	ALL("nodeName"), ALL("nodeSelector"), ALL("overhead"), ALL("parallelism"), ALL("preemptionPolicy"), ALL("priority"),
	ALL("priorityClassName"), ALL("recommenders"), ALL("replicas"), ALL("resourcePolicy"), ALL("resources"),
	ALL("restartPolicy"), ALL("runtimeClassName"), ALL("scaleTargetRef"), ALL("schedule"), ALL("schedulerName"),
	ALL("scopeSelector"), ALL("scopes"), ALL("securityContext"), ALL("selector"), ALL("serviceAccount"),
	ALL("serviceAccountName"), ALL("strategy"), ALL("suspend"), ALL("taints"), ALL("targetCPUUtilizationPercentage"),
	ALL("targetRef"), BELOW("template", template), ALL("tolerations"), ALL("topologySpreadConstraints"), ALL("triggers"),
	ALL("unschedulable"), ALL("updatePolicy"), ALL("updateStrategy"), BELOW("volumes", volume), ALL("workloadRef"), END,
};

static const struct wanted template_metadata[] = { ALL("annotations"), ALL("labels"), END };
static const struct wanted template[] = { BELOW("metadata", template_metadata), BELOW("spec", spec), END };
static const struct wanted job_template[] = { BELOW("spec", spec), END };

static const struct wanted terminated[] = { ALL("finishedAt"), ALL("reason"), END };
static const struct wanted waiting[] = { ALL("reason"), END };
static const struct wanted state[] = { BELOW("terminated", terminated), BELOW("waiting", waiting), END };

static const struct wanted container_status[] = {
	ALL("containerID"), BELOW("lastState", state), ALL("name"), ALL("restartCount"), BELOW("state", state), END,
};

static const struct wanted condition[] = { ALL("reason"), ALL("status"), ALL("type"), END };

static const struct wanted node_info[] = {
	ALL("containerRuntimeVersion"), ALL("kernelVersion"), ALL("kubeletVersion"), ALL("osImage"), END,
};

static const struct wanted status[] = {
	ALL("allocatable"), ALL("capacity"), BELOW("conditions", condition), BELOW("containerStatuses", container_status),
	ALL("currentCPUUtilizationPercentage"), ALL("currentMetrics"), ALL("currentReplicas"), ALL("desiredNumberScheduled"),
	ALL("desiredReplicas"), ALL("disruptionsAllowed"), BELOW("ephemeralContainerStatuses", container_status), ALL("hard"),
	BELOW("initContainerStatuses", container_status), BELOW("nodeInfo", node_info), ALL("numberReady"), ALL("phase"),
	ALL("qosClass"), ALL("ready"), ALL("readyReplicas"), ALL("reason"), ALL("recommendation"), ALL("replicas"),
	ALL("startTime"), ALL("used"), END,
};

/* A KubeletConfiguration has no spec. */
const struct wanted wanted_of_object[] = {
	ALL("apiVersion"), ALL("items"), ALL("kind"), BELOW("metadata", metadata), BELOW("spec", spec), BELOW("status", status),
	BELOW("template", template),
	/* PriorityClass, RuntimeClass */
	ALL("globalDefault"), ALL("handler"), ALL("overhead"), ALL("preemptionPolicy"), ALL("scheduling"), ALL("value"),
	/* KubeletConfiguration */
	ALL("allowedUnsafeSysctls"), ALL("cgroupDriver"), ALL("cgroupsPerQOS"), ALL("cpuCFSQuota"), ALL("cpuCFSQuotaPeriod"),
	ALL("cpuManagerPolicy"), ALL("cpuManagerPolicyOptions"), ALL("enforceNodeAllocatable"), ALL("evictionHard"),
	ALL("evictionMinimumReclaim"), ALL("evictionSoft"), ALL("failSwapOn"), ALL("featureGates"), ALL("kubeReserved"),
	ALL("kubeReservedCgroup"), ALL("kubeletconfig"), ALL("maxPods"), ALL("memoryManagerPolicy"), ALL("memorySwap"),
	ALL("memoryThrottlingFactor"), ALL("podPidsLimit"), ALL("podsPerCore"), ALL("protectKernelDefaults"), ALL("reservedMemory"),
	ALL("reservedSystemCPUs"), ALL("singleProcessOOMKill"), ALL("systemReserved"), ALL("systemReservedCgroup"),
	ALL("topologyManagerPolicy"), ALL("topologyManagerPolicyOptions"), ALL("topologyManagerScope"), END,
};
