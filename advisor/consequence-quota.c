/* SPDX-License-Identifier: Apache-2.0 */
/* ResourceQuotas: what is left of them with all that is proposed in their namespace, and while pods of the old and the new kind run side by side.
 * pkg/quota/v1/evaluator/core/pods.go: which names count what, scopes, and that a quota of CPU or memory asks every container for it. */
#include "../core/selector.h"
#include "workload-view.h"

/* clang-format off */
static const struct quota_name {
	const char *name;
	enum resource resource;
	bool limits;
} quota_names[QUOTA_NAMES] = {
	{ "cpu",             RESOURCE_CPU,    false, },
	{ "limits.cpu",      RESOURCE_CPU,    true,  },
	{ "limits.memory",   RESOURCE_MEMORY, true,  },
	{ "memory",          RESOURCE_MEMORY, false, },
	{ "requests.cpu",    RESOURCE_CPU,    false, },
	{ "requests.memory", RESOURCE_MEMORY, false, },
};
/* clang-format on */

static int64_t amount_named(const struct named_amount *list, uint32_t count, const struct quota_name *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (streq(list[i].name, name->name))
			return amount_size(&list[i].amount, name->resource);
	return -1;
}

/* {scopeName: PriorityClass, operator: In, values: [high]} */
static bool class_matches(const struct node *expression, const char *class)
{
	const struct node *values = tree_get(expression, "values");
	const char *operator = tree_text(expression, "operator", "Exists");
	bool listed = false;

	for (uint32_t i = 0; values && values->kind == NODE_SEQUENCE && i < values->count; i++)
		listed |= values->items[i].kind == NODE_SCALAR && streq(values->items[i].text, class);
	if (streq(operator, "In"))
		return *class && listed;
	if (streq(operator, "NotIn"))
		return !listed;
	return streq(operator, "DoesNotExist") ? !*class : *class != '\0';
}

static bool scope_matches(const struct cluster_view *view, const struct workload *workload, enum qos_class qos, const char *scope, const struct node *expression)
{
	bool terminating = streq(workload->kind, "Pod") && workload->active_deadline_sec >= 0;

	if (streq(scope, "BestEffort") || streq(scope, "NotBestEffort"))
		return (qos == QOS_BEST_EFFORT) == streq(scope, "BestEffort");
	if (streq(scope, "Terminating") || streq(scope, "NotTerminating"))
		return terminating == streq(scope, "Terminating");
	if (streq(scope, "PriorityClass"))
		return class_matches(expression, view_priority_class(view, workload));
	return false;
}

/* Whether a quota counts the pods of a workload, which have this QoS class. */
static bool quota_counts(const struct cluster_view *view, const struct resource_quota *quota, const struct workload *workload, enum qos_class qos)
{
	const struct node *expressions = tree_get(quota->scope_selector, "matchExpressions");

	for (uint32_t i = 0; quota->scopes && quota->scopes->kind == NODE_SEQUENCE && i < quota->scopes->count; i++)
		if (quota->scopes->items[i].kind != NODE_SCALAR || !scope_matches(view, workload, qos, quota->scopes->items[i].text, NULL))
			return false;
	for (uint32_t i = 0; expressions && expressions->kind == NODE_SEQUENCE && i < expressions->count; i++)
		if (!scope_matches(view, workload, qos, tree_text(&expressions->items[i], "scopeName", ""), &expressions->items[i]))
			return false;
	return true;
}

/* What a quota counts of one pod. */
static int64_t counted(const struct pod_sums *sums, bool counts, const struct quota_name *name)
{
	return !counts ? 0 : name->limits ? sums->limit[name->resource] : sums->request[name->resource];
}

/* Beyond these numbers it is the same: far too much. */
static int64_t within_amounts(int64_t amount)
{
	return MAX(MIN(amount, AMOUNT_MOST), -AMOUNT_MOST);
}

static bool multiply(int64_t a, int64_t b, int64_t *ret)
{
	return !__builtin_mul_overflow(a, b, ret);
}

/* What a workload adds to a quota by its change, all pods together; 0 when that is beyond all numbers. */
static int64_t added(const struct cluster_view *view, const struct resource_quota *quota, uint32_t workload, const struct quota_name *name)
{
	const struct workload_sums *sums = &view->sums[workload];
	const struct workload *which = &view->cluster->workloads[workload];
	int64_t now = counted(&sums->now, quota_counts(view, quota, which, sums->now.qos), name), by;
	int64_t then = counted(&sums->then, quota_counts(view, quota, which, sums->then.qos), name);

	return sums->pods > 0 && multiply(then - now, sums->pods, &by) ? within_amounts(by) : 0;
}

/* Once the proposals stand: the sum of all changes, and of what there is where a quota does not say what it counted. */
void quotas_reckon(struct cluster_view *view)
{
	const struct cluster *cluster = view->cluster;

	for (uint32_t w = 0; w < cluster->n_workloads; w++) {
		CHAIN_EACH(&view->quotas, view->namespace_of[w], q) {
			const struct resource_quota *quota = &cluster->quotas[q];
			const struct workload_sums *sums = &view->sums[w];

			for (size_t n = 0; n < QUOTA_NAMES; n++) {
				int64_t now = counted(&sums->now, quota_counts(view, quota, &cluster->workloads[w], sums->now.qos), &quota_names[n]);
				struct quota_sums *into = &view->quota_sums[q * QUOTA_NAMES + n];
				int64_t by;

				into->added = within_amounts(into->added + added(view, quota, w, &quota_names[n]));
				if (sums->pods > 0 && multiply(now, sums->pods, &by))
					into->now = within_amounts(into->now + within_amounts(by));
			}
		}
	}
}

static struct sizing *told_sizing(struct workload_view *view, enum resource resource)
{
	struct sizing *found = NULL;

	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		struct sizing *sizing = view->rows[i] ? &view->rows[i]->of[resource] : NULL;

		if (sizing && sizing_changes(sizing) && (!found || sizing->request_to - sizing->request_from > found->request_to - found->request_from))
			found = sizing;
	}
	return found;
}

/* How many pods may run besides during a rolling update, and whether it can do without them. */
static int64_t surge_of(const struct workload_view *view, bool *ret_needed)
{
	const struct node *rolling = tree_get(view->workload->strategy, "rollingUpdate");
	int64_t surge, unavailable;

	*ret_needed = false;
	if (!streq(view->workload->kind, "Deployment") || streq(tree_text(view->workload->strategy, "type", "RollingUpdate"), "Recreate"))
		return 0;
	surge = count_or_share(tree_text(rolling, "maxSurge", "25%"), view->pods, true);
	unavailable = count_or_share(tree_text(rolling, "maxUnavailable", "25%"), view->pods, false);
	/* Where shares of few pods come to none of either, one may be missing: ResolveFenceposts() of pkg/controller/deployment/util. */
	if (surge <= 0)
		return 0;
	*ret_needed = unavailable <= 0;
	return surge;
}

static void tell_headroom(struct workload_view *view, const struct resource_quota *quota, const struct quota_name *name, int64_t hard, int64_t used,
			  const struct quota_sums *sums)
{
	int64_t own = added(view->view, quota, view->number, name), surge, more;
	struct arena *arena = &view->rightsizing->arena;
	struct sizing *sizing = told_sizing(view, name->resource);
	bool needed;

	if (!sizing)
		return;
	if (own > 0 && used + own > hard) {
		view_block(view, name->resource, WAY_UP, CONSEQUENCE_QUOTA,
			   arena_formatf(arena, "ResourceQuota %s has %s of %s left, and %lld pod%s would need %s more", quota->name,
					 size_text(arena, name->resource, MAX(hard - used, 0)), name->name, (long long)view->pods,
					 view->pods == 1 ? "" : "s", size_text(arena, name->resource, own)));
		return;
	}
	if (own > 0 && used + sums->added > hard)
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_QUOTA, CONSEQUENCE_WARNING,
				   "ResourceQuota %s has %s of %s left: enough for these %s more, not for all that is proposed in its namespace (%s more)",
				   quota->name, size_text(arena, name->resource, hard - used), name->name,
				   size_text(arena, name->resource, own), size_text(arena, name->resource, sums->added));
	surge = surge_of(view, &needed);
	if (surge <= 0 || !multiply(counted(&view->view->sums[view->number].then, true, name), surge, &more) || more <= hard - used)
		return;
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_QUOTA, needed ? CONSEQUENCE_WARNING : CONSEQUENCE_NOTE,
			   "the rolling update starts %lld pod%s before old ones go, which takes %s of %s, and ResourceQuota %s has %s left: %s",
			   (long long)surge, surge == 1 ? "" : "s", size_text(arena, name->resource, more), name->name, quota->name,
			   size_text(arena, name->resource, MAX(hard - used, 0)),
			   needed ? "it would wait for ever" : "it goes on only as fast as old ones stop");
}

/* A quota of a resource refuses pods of which one container does not say it. */
static bool misses(const struct pod_shape *shape, const struct quota_name *name)
{
	for (uint32_t i = 0; i < shape->workload.n_containers; i++) {
		const struct resources *resources = &shape->containers[i].resources;

		if (shape->containers[i].type == CONTAINER_EPHEMERAL)
			continue;
		if (!(name->limits ? &resources->limits : &resources->requests)->of[name->resource].given)
			return true;
	}
	return false;
}

void tell_quota(struct workload_view *view)
{
	struct arena *arena = &view->rightsizing->arena;

	CHAIN_EACH(&view->view->quotas, view->namespace, q) {
		const struct resource_quota *quota = &view->cluster->quotas[q];

		for (size_t n = 0; n < QUOTA_NAMES; n++) {
			const struct quota_name *name = &quota_names[n];
			const struct quota_sums *sums = &view->view->quota_sums[q * QUOTA_NAMES + n];
			int64_t hard = amount_named(quota->hard, quota->n_hard, name);
			int64_t used = amount_named(quota->used, quota->n_used, name);

			if (hard < 0 || !quota_counts(view->view, quota, view->workload, view->then.qos))
				continue;
			if (misses(&view->then, name) && !misses(&view->now, name))
				view_block(view, name->resource, WAY_BOTH, CONSEQUENCE_QUOTA,
					   arena_formatf(arena, "ResourceQuota %s counts %s: a pod of which one container does not say it is refused",
							 quota->name, name->name));
			else
				tell_headroom(view, quota, name, hard, used >= 0 ? used : sums->now, sums);
		}
	}
}
