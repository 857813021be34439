/* SPDX-License-Identifier: Apache-2.0 */
/* What Kubernetes and the container runtimes make of requests and limits. */
#include <math.h>

#include "cluster.h"

static const char *const qos_names[] = {
	[QOS_GUARANTEED] = "Guaranteed",
	[QOS_BURSTABLE] = "Burstable",
	[QOS_BEST_EFFORT] = "BestEffort",
};

const char *qos_class_name(enum qos_class qos)
{
	return qos_names[qos];
}

static __int128 amount_nano(const struct amount *amount)
{
	return amount->given && !amount->wrong ? amount->quantity.nano : 0;
}

/* resourceQOS(): request and limit of CPU and of memory, each not zero and the same as the other: guaranteed. */
static enum qos_class class_of(const __int128 requests[2], const __int128 limits[2])
{
	if (requests[0] != limits[0] || requests[1] != limits[1] || (requests[0] == 0) != (requests[1] == 0))
		return QOS_BURSTABLE;
	return requests[0] == 0 ? QOS_BEST_EFFORT : QOS_GUARANTEED;
}

static enum qos_class resources_qos(const struct resources *resources)
{
	static const enum resource looked_at[2] = { RESOURCE_CPU, RESOURCE_MEMORY };
	__int128 requests[2], limits[2];

	for (size_t i = 0; i < 2; i++) {
		const struct amount *request = &resources->requests.of[looked_at[i]];
		const struct amount *limit = &resources->limits.of[looked_at[i]];

		limits[i] = amount_nano(limit);
		requests[i] = request->given ? amount_nano(request) : limits[i];
	}
	return class_of(requests, limits);
}

/* What stands at the pod level decides alone; what it leaves out of requests is filled in before. */
static enum qos_class pod_level_qos(const struct cluster *cluster, const struct workload *workload)
{
	struct resources resources = workload->pod_resources;
	struct workload bare = *workload;

	bare.overhead = (struct amounts){ 0 };
	bare.runtime_class = "";
	for (size_t i = 0; i < 2; i++) {
		enum resource resource = i == 0 ? RESOURCE_CPU : RESOURCE_MEMORY;
		struct amount *request = &resources.requests.of[resource];

		if (!request->given && (resources.limits.of[RESOURCE_CPU].given || resources.limits.of[RESOURCE_MEMORY].given)) {
			request->quantity = workload_request(cluster, &bare, resource);
			request->given = true;
		}
	}
	return resources_qos(&resources);
}

/* ComputePodQOS() of pkg/apis/core/v1/helper/qos/qos.go */
enum qos_class workload_qos(const struct cluster *cluster, const struct workload *workload)
{
	enum qos_class qos = QOS_BEST_EFFORT;
	bool any = false;

	if (workload->pod_resources.line > 0)
		return pod_level_qos(cluster, workload);
	for (uint32_t i = 0; i < workload->n_containers; i++) {
		const struct workload_container *container = &cluster->containers[workload->first_container + i];
		enum qos_class own;

		if (container->type == CONTAINER_EPHEMERAL)
			continue;
		own = resources_qos(&container->resources);
		if (own == QOS_BURSTABLE || (any && own != qos))
			return QOS_BURSTABLE;
		qos = own;
		any = true;
	}
	return qos;
}

/* MilliCPUToShares(): what is under 2 is 2, and what is beyond the kernel's MAX_SHARES is that. */
uint64_t cpu_shares(int64_t request_milli)
{
	if (request_milli <= 0)
		return 2;
	if (request_milli >= (int64_t)262144 * 1000 / 1024)
		return 262144;
	return MAX((uint64_t)request_milli * 1024 / 1000, 2);
}

uint64_t cpu_weight_old(uint64_t shares)
{
	if (shares == 0)
		return 0;
	return 1 + (MIN(MAX(shares, 2), 262144) - 2) * 9999 / 262142;
}

/* ConvertCPUSharesToCgroupV2Value() of github.com/opencontainers/cgroups: 2, 1024 and 262144 become 1, 100 and 10000. */
uint64_t cpu_weight_new(uint64_t shares)
{
	double l;

	if (shares == 0)
		return 0;
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34));
}

int64_t cpu_quota_usec(int64_t limit_milli, int64_t period_usec)
{
	__int128 quota = (__int128)limit_milli * period_usec / 1000;

	if (limit_milli <= 0)
		return -1;
	return (int64_t)MAX(MIN(quota, INT64_MAX), 1000);
}

#define OOM_GUARANTEED (-997)
#define OOM_BEST_EFFORT 1000

/* GetContainerOOMScoreAdjust() */
int oom_score_adj(enum qos_class qos, int64_t memory_request, int64_t node_memory, bool critical)
{
	__int128 score;

	if (critical || qos == QOS_GUARANTEED)
		return OOM_GUARANTEED;
	if (qos == QOS_BEST_EFFORT || node_memory <= 0)
		return OOM_BEST_EFFORT;
	score = 1000 - (__int128)1000 * memory_request / node_memory;
	return (int)MAX(MIN(score, OOM_BEST_EFFORT - 1), 1000 + OOM_GUARANTEED);
}
