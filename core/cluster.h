/* SPDX-License-Identifier: Apache-2.0 */
/* What a Kubernetes cluster runs and what it was given: workloads down to containers, the pods that stand for them, nodes, and
 * the objects that bound or move requests.  Filled by clusters/, judged by advisor/rightsize*.c and by rules, written by reports.
 *
 * Everything is numbered from 0 in the order it was read and lives until the cluster is freed: strings and trees in its arena.
 * Strings may hold anything.  What is rarely there and looked at by few is kept as the tree it was written as (struct node, as
 * clusters/object.h prunes it): node_get() and node_place() work on it.  A tree that was not there is NULL; a string "".
 *
 * Pods of one workload are joined: a ReplicaSet's pods belong to its Deployment, a Job's to its CronJob.  A pod that nothing owns
 * is its own workload (kind "Pod").  Of a workload whose object was not given but whose pods were, a workload is made of the newest
 * pod (from_pods), and of a Deployment or CronJob that was not given, but whose ReplicaSets or Jobs were, of the newest of these.  A
 * namespace is "" where a manifest leaves it to whoever applies it. */
#ifndef KEISOKU_CLUSTER_H
#define KEISOKU_CLUSTER_H

#include "arena.h"
#include "diag.h"
#include "node.h"
#include "quantity.h"

#define CLUSTER_NONE UINT32_MAX

enum resource { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_EPHEMERAL_STORAGE, RESOURCE_PODS, RESOURCE_COUNT };
const char *resource_name(enum resource resource);		/* "cpu" … */
int resource_parse(const char *name, enum resource *ret_resource);	/* -EINVAL: another one */

/* Where something stands.  line 0: not known (of a pod in a dump, or what was measured). */
struct cluster_place {
	const char *file;
	uint32_t line, column;
};

/* One line of resources. */
struct amount {
	bool given;
	bool wrong;			/* given, and no quantity: text says what, quantity is 0 */
	bool unknown;			/* not given, and nobody could see whether there is one */
	struct quantity quantity;
	const char *text;		/* as it stands: "500m" */
	uint32_t line, column;		/* of the value, in the file of its object */
};

struct named_amount {			/* hugepages-2Mi, nvidia.com/gpu, requests.cpu of a quota … */
	const char *name;
	struct amount amount;
};

struct amounts {
	struct amount of[RESOURCE_COUNT];
	struct named_amount *others;
	uint32_t n_others;
};

struct resources {
	struct amounts requests, limits;
	uint32_t line, column;		/* of the mapping "resources"; 0: not there */
};

enum container_type {
	CONTAINER_APP,
	CONTAINER_INIT,
	CONTAINER_SIDECAR,		/* an init container with restartPolicy: Always */
	CONTAINER_EPHEMERAL,
};
const char *container_type_name(enum container_type type);	/* "app", "init", "sidecar", "ephemeral" */

struct workload_container {
	uint32_t workload;
	const char *name, *image;
	enum container_type type;
	struct resources resources;
	/* env: those with a value that concern memory, CPU or threads, and all others whose value is a plain text of at most
	 * 4 KiB; command and args; livenessProbe, readinessProbe, startupProbe, lifecycle, securityContext, resizePolicy. */
	const struct node *env, *env_from, *command, *args, *probes[3], *lifecycle, *security, *resize_policy;
	const struct node *ports;	/* those with a hostPort; with hostNetwork all */
	const struct node *mounts;	/* volumeMounts of a container that is privileged */
	uint32_t line, column;		/* of the container's mapping */
	uint32_t position;		/* in its list: containers[position] */
};
enum { PROBE_LIVENESS, PROBE_READINESS, PROBE_STARTUP };

struct workload {
	const char *namespace, *kind, *name, *api_version;
	const char *owner;		/* "kind/name" that made it and was not given (an operator's object); "" */
	const struct node *labels, *annotations;	/* of its own metadata */
	const struct node *pod_labels, *pod_annotations;	/* of the pod template */
	const struct node *selector;
	/* The pod template's spec, what of it is looked at. */
	const struct node *node_selector, *affinity, *tolerations, *topology_spread, *security, *volumes;
	const char *service_account, *priority_class, *runtime_class, *scheduler, *restart_policy, *node_name, *preemption_policy;
	bool has_priority;
	int64_t priority;
	bool host_network, host_pid, host_ipc;
	struct amounts overhead;	/* of the pod's spec: what admission wrote there */
	struct resources pod_resources;	/* pod-level */
	/* How many of it there are. */
	int64_t replicas;		/* spec: Deployment, StatefulSet …; -1: not said */
	int64_t ready;			/* status; -1: not known */
	int64_t parallelism, completions, active_deadline_sec;	/* jobs; -1 */
	const char *schedule;		/* CronJob; "" */
	bool suspended;
	const struct node *strategy;	/* of updates: maxSurge, maxUnavailable */
	uint32_t first_container, n_containers;	/* in cluster.containers, in the order of the spec: init, app, ephemeral */
	uint32_t first_pod, n_pods;	/* in cluster.pods_by_workload, after cluster_join() */
	uint32_t vpa;			/* in cluster.vpas: the one that targets it, after the join; CLUSTER_NONE */
	bool from_pods;
	struct cluster_place place;
	uint32_t document;		/* number of the YAML document or item in its file, from 0 */
	uint32_t template_line;		/* of the pod spec; 0 */
};

struct pod_container {			/* of status and spec of one pod */
	uint32_t container;		/* in cluster.containers, after the join; CLUSTER_NONE */
	const char *name;
	const char *id;			/* its newest in the status, without "containerd://": 64 hexadecimal digits; "" */
	uint32_t restarts;
	bool oom_killed;		/* lastState or state: terminated with reason OOMKilled */
	bool waiting_crash;		/* CrashLoopBackOff */
	int64_t last_oom_sec;		/* seconds since 1970; 0: never */
	int64_t memory_limit, memory_request;	/* bytes in this pod's own spec; -1 none: what it had at an OOM */
	int64_t cpu_limit, cpu_request;	/* milli */
};

struct cluster_pod {
	const char *namespace, *name, *uid;
	const char *owner_kind, *owner_name;	/* its controller */
	const char *template_hash;	/* label pod-template-hash; "" */
	const char *node_name;		/* "": not scheduled */
	const char *phase;		/* "Running" …; "" */
	const char *qos_class;		/* as its status says; "" */
	const char *reason;		/* of its status: "Evicted", "OutOfcpu" … */
	int64_t start_sec;		/* since 1970; 0 */
	uint32_t workload, node;	/* after the join */
	uint32_t first_container, n_containers;	/* in cluster.pod_containers */
};

struct cluster_node {
	const char *name;
	struct amounts allocatable, capacity;
	const struct node *labels, *taints, *conditions;
	const char *kubelet_version, *container_runtime, *kernel_version, *os_image;
	bool unschedulable;
	bool is_virtual;		/* no kubelet of an ordinary kind */
	struct cluster_place place;
	/* KubeletConfiguration of this node (configz or a file), where it was given: cpuManagerPolicy, kubeReserved … */
	const struct node *kubelet;
};

struct hpa_metric {
	const char *type;		/* "Resource", "ContainerResource", "Pods", "Object", "External" */
	const char *resource, *container;	/* of the first two; "" */
	const char *target_type;	/* "Utilization", "AverageValue", "Value" */
	int64_t utilization;		/* percent; -1 */
	struct amount value;
	int64_t current_utilization;	/* status; -1 */
	uint32_t line;
};

struct autoscaler {			/* HorizontalPodAutoscaler v1, v2*; also KEDA's ScaledObject where it names cpu or memory */
	const char *namespace, *name, *target_kind, *target_name;
	uint32_t workload;		/* after the join; CLUSTER_NONE */
	int64_t min_replicas, max_replicas, current_replicas, desired_replicas;	/* -1: not known */
	struct hpa_metric *metrics;
	uint32_t n_metrics;
	const struct node *behavior;
	struct cluster_place place;
};

struct vpa_container {			/* of resourcePolicy, and of status.recommendation */
	const char *name;		/* "*" in a policy */
	const char *mode;		/* "Auto", "Off"; "" */
	const struct node *controlled_resources;
	const char *controlled_values;	/* "RequestsAndLimits", "RequestsOnly"; "" */
	struct amounts min_allowed, max_allowed;
	struct amounts target, lower_bound, upper_bound, uncapped_target;
	bool recommended;
};

struct vpa {
	const char *namespace, *name, *target_kind, *target_name, *update_mode, *recommender;
	uint32_t workload;
	struct vpa_container *containers;
	uint32_t n_containers;
	struct cluster_place place;
};

enum limit_range_type { LIMIT_RANGE_CONTAINER, LIMIT_RANGE_POD, LIMIT_RANGE_CLAIM };

struct limit_range_item {
	enum limit_range_type type;
	struct amounts min, max, default_limit, default_request, max_ratio;
	uint32_t line;
};

struct limit_range {
	const char *namespace, *name;
	struct limit_range_item *items;
	uint32_t n_items;
	struct cluster_place place;
};

struct resource_quota {
	const char *namespace, *name;
	struct named_amount *hard, *used;	/* "requests.cpu", "limits.memory", "cpu", "pods", "count/…" */
	uint32_t n_hard, n_used;
	const struct node *scopes, *scope_selector;
	struct cluster_place place;
};

struct disruption_budget {
	const char *namespace, *name;
	const struct node *selector;
	const char *min_available, *max_unavailable;	/* "2", "50%"; "" */
	int64_t disruptions_allowed;	/* status; -1 */
	struct cluster_place place;
};

struct priority_class {
	const char *name, *preemption_policy;
	int64_t value;
	bool global_default;
	struct cluster_place place;
};

struct runtime_class {
	const char *name, *handler;
	struct amounts overhead;
	const struct node *node_selector, *tolerations;
	struct cluster_place place;
};

/* It does not say of which node it is: of the one whose name its file has, else, if it is the only such one, of all that have none. */
struct kubelet_configuration {
	const struct node *config;
	struct cluster_place place;
};

struct cluster_namespace {
	const char *name;
	const struct node *labels, *annotations;
	struct cluster_place place;
};

/* A file that was read, for patches in its layout and for what is said of it. */
struct cluster_file {
	const char *path;		/* as given; "-" */
	const char *format;		/* "yaml", "json" */
	uint64_t bytes;
	uint32_t objects, ignored;	/* of kinds that mean nothing here */
	bool list;			/* a dump (kind: List), not manifests */
	bool helm;			/* "# Source: chart/templates/x.yaml" comments */
	bool kustomization;
};

struct cluster {
	struct arena arena;
	struct symbols names;		/* strings that repeat: use cluster_name() */
	struct diag diag;		/* what could not be read or understood, with its place */

	/* clang-format off */
	struct workload *workloads;		uint32_t n_workloads;		size_t workloads_capacity;
	struct workload_container *containers;	uint32_t n_containers;		size_t containers_capacity;
	struct cluster_pod *pods;		uint32_t n_pods;		size_t pods_capacity;
	struct pod_container *pod_containers;	uint32_t n_pod_containers;	size_t pod_containers_capacity;
	uint32_t *pods_by_workload;
	struct cluster_node *nodes;		uint32_t n_nodes;		size_t nodes_capacity;
	struct autoscaler *autoscalers;		uint32_t n_autoscalers;		size_t autoscalers_capacity;
	struct vpa *vpas;			uint32_t n_vpas;		size_t vpas_capacity;
	struct limit_range *limit_ranges;	uint32_t n_limit_ranges;	size_t limit_ranges_capacity;
	struct resource_quota *quotas;		uint32_t n_quotas;		size_t quotas_capacity;
	struct disruption_budget *budgets;	uint32_t n_budgets;		size_t budgets_capacity;
	struct priority_class *priority_classes; uint32_t n_priority_classes;	size_t priority_classes_capacity;
	struct runtime_class *runtime_classes;	uint32_t n_runtime_classes;	size_t runtime_classes_capacity;
	struct cluster_namespace *namespaces;	uint32_t n_namespaces;		size_t namespaces_capacity;
	struct cluster_file *files;		uint32_t n_files;		size_t files_capacity;
	/* clang-format on */
	/* KubeletConfiguration objects: cluster_join() gives them to the nodes they are of. */
	struct kubelet_configuration *kubelets;
	uint32_t n_kubelets;
	size_t kubelets_capacity;
	struct cluster_index *index;	/* of names: cluster-index.h */
};

struct cluster *cluster_new(void);
void cluster_free(struct cluster *cluster);
DEFINE_FREE_PTR(cluster)

/* The same text is kept once; NULL is "". */
const char *cluster_name(struct cluster *cluster, const char *text);
const char *cluster_name_of(struct cluster *cluster, const char *text, size_t length);

/* Lends a new one in which nothing is known yet, until the next is added.  A container belongs to the workload, or the pod, that was
 * added last. */
struct workload *cluster_add_workload(struct cluster *cluster);
struct workload_container *cluster_add_container(struct cluster *cluster);
struct cluster_pod *cluster_add_pod(struct cluster *cluster);
struct pod_container *cluster_add_pod_container(struct cluster *cluster);

/* After everything was read: pods to workloads and nodes, autoscalers to their targets; makes workloads of pods whose object was
 * not given; a second object of the same namespace, kind and name replaces the first (a warning).  Once, and again when pods
 * came to what was empty. */
void cluster_join(struct cluster *cluster);

/* After the join.  CLUSTER_NONE when there is none. */
uint32_t cluster_find_workload(const struct cluster *cluster, const char *namespace, const char *kind, const char *name);
uint32_t cluster_find_pod(const struct cluster *cluster, const char *namespace, const char *name);
uint32_t cluster_find_node(const struct cluster *cluster, const char *name);
uint32_t cluster_find_runtime_class(const struct cluster *cluster, const char *name);
uint32_t cluster_find_container(const struct cluster *cluster, uint32_t workload, const char *container);
/* The same; of no name (NULL) the one that alone runs for as long as its pod does. */
uint32_t cluster_container_of(const struct cluster *cluster, uint32_t workload, const char *container);
/* The container (NULL: the only one) that series of a pod belong to, also of a pod that is gone or was never given: by the pod's owner where it is known, else by the
 * way controllers name pods (NAME-<hash>-<5>, NAME-<n>, NAME-<5>, NAME-<minutes>-<5>), taken only where exactly one workload of the
 * namespace has that name and such a container.  CLUSTER_NONE: none or several. */
uint32_t cluster_match_container(const struct cluster *cluster, const char *namespace, const char *pod, const char *container);

/* What a container asks for, limits taken for requests that are not given as admission does; 0: nothing. */
struct quantity resources_request(const struct resources *resources, enum resource resource);

/* Sum over the given: what the scheduler counts for a pod of this workload: the greater of app + sidecar containers and of what
 * init containers need (with the sidecars started before them), or what the pod level says, plus the overhead.  Limits default to
 * requests as admission does it.  doc: pod-overhead, sidecar-containers, pod-level resources. */
struct quantity workload_request(const struct cluster *cluster, const struct workload *workload, enum resource resource);

enum qos_class { QOS_GUARANTEED, QOS_BURSTABLE, QOS_BEST_EFFORT };
const char *qos_class_name(enum qos_class qos);		/* "Guaranteed" … */
/* As Kubernetes computes it for the pods of a workload: pkg/apis/core/v1/helper/qos/qos.go, of requests after defaulting. */
enum qos_class workload_qos(const struct cluster *cluster, const struct workload *workload);

/* Of a LimitRange's item of the type Container: what a container gets that says nothing.  SetDefaults_LimitRangeItem() of
 * pkg/apis/core/v1/defaults.go: max stands in for default, default for defaultRequest, min for the rest.  Not given: nothing. */
struct amount limit_range_default_limit(const struct limit_range_item *item, enum resource resource);
struct amount limit_range_default_request(const struct limit_range_item *item, enum resource resource);
/* What admission writes into a container that does not say it: mergeContainerResources() of
 * plugin/pkg/admission/limitranger/admission.go. */
void limit_range_admit(const struct limit_range *range, enum resource resource, struct resources *resources);
/* The cluster with containers as admission makes them: all of them get what the LimitRanges of their namespace give.  In the arena; the cluster
 * itself where no LimitRange is. */
const struct cluster *cluster_admit(const struct cluster *cluster, struct arena *arena);

/* What the kubelet makes of milli-cores: pkg/kubelet/cm/helpers_linux.go; the two formulas from shares to weight. */
uint64_t cpu_shares(int64_t request_milli);
uint64_t cpu_weight_old(uint64_t shares);
uint64_t cpu_weight_new(uint64_t shares);
int64_t cpu_quota_usec(int64_t limit_milli, int64_t period_usec);	/* 0 or less milli: -1, none */
/* pkg/kubelet/qos/policy.go; node_memory in bytes (capacity), greater than 0.  critical: priority ≥ 2,000,000,000 or a static pod. */
int oom_score_adj(enum qos_class qos, int64_t memory_request, int64_t node_memory, bool critical);

#endif
