/* SPDX-License-Identifier: Apache-2.0 */
/* What surrounds a container: first what bounds its proposal, until nothing changes any more; then what is too small to be worth it goes; then
 * what follows from the rest is told.  So nothing is told of a change that is not made. */
#include "rightsize.h"

#include "../core/strbuf.h"
#include "workload-view.h"

void sizing_consequence(struct rightsizing *rightsizing, struct sizing *sizing, enum consequence_kind kind, enum consequence_weight weight,
			const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct consequence *list = sizing->consequences;
	size_t count = sizing->n_consequences, at = 0;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	for (size_t i = 0; i < count; i++)
		if (list[i].kind == kind && list[i].weight == weight && streq(list[i].text, text.buf))
			return;

	/* Room for 4, 8, 16 …: there are few. */
	if (count == 0 || (count >= 4 && (count & (count - 1)) == 0)) {
		list = arena_alloc(&rightsizing->arena, MAX(count * 2, 4) * sizeof(*list));
		if (count)
			memcpy(list, sizing->consequences, count * sizeof(*list));
	}
	while (at < count && list[at].weight >= weight)
		at++;
	memmove(&list[at + 1], &list[at], (count - at) * sizeof(*list));
	list[at] = (struct consequence){ .kind = kind, .weight = weight, .text = arena_strdup(&rightsizing->arena, text.buf) };
	sizing->consequences = list;
	sizing->n_consequences = count + 1;
}

static void (*const bounds[])(struct workload_view *, struct sizing_row *, enum resource) = {
	bound_memory, bound_heap, bound_used_cpu, bound_guaranteed, bound_static_cpu, bound_limit_range, bound_floor,
};

/* Those that take back first, so that the others tell of what is left. */
static void (*const admissions[])(struct workload_view *) = {
	tell_limit_range, tell_vpa, tell_node_fit, tell_daemon_set,
};
static void (*const tellings[])(struct workload_view *) = {
	tell_quota, tell_hpa, tell_qos, tell_heap, tell_static_cpu, tell_job, tell_rollout,
};

/* Kubernetes refuses a limit below its request (ValidateResourceRequirements()); which of both moved decides which gives way. */
static void keep_order(struct sizing *sizing)
{
	if (sizing->limit_to < 0 || sizing->request_to <= sizing->limit_to)
		return;
	if (sizing->request_to != sizing->request_from && sizing->limit_to == sizing->limit_from)
		sizing->limit_to = sizing->request_to;
	else
		sizing->request_to = sizing->limit_to;
}

/* A bound that leaves nothing to change is the answer: what holds it where it is. */
static void settle(struct rightsizing *rightsizing, struct sizing *sizing)
{
	const struct consequence *first = sizing->n_consequences ? &sizing->consequences[0] : NULL;

	if (sizing->status == STATUS_RECOMMEND && !sizing_changes(sizing))
		sizing_withdraw(rightsizing, sizing, first && first->kind == CONSEQUENCE_LIMIT_RANGE ? STATUS_ELSEWHERE : STATUS_SATISFIED,
				first ? first->text : "what is proposed is what there is");
}

static void bound_sizing(struct workload_view *view, struct sizing_row *row, enum resource resource)
{
	struct sizing *sizing = &row->of[resource];

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (sizing->status != STATUS_RECOMMEND)
			return;
		bounds[i](view, row, resource);
		keep_order(sizing);
	}
	settle(view->rightsizing, sizing);
}

static void bound_workload(struct workload_view *view)
{
	for (uint32_t i = 0; i < view->workload->n_containers; i++)
		for (int r = 0; r < 2 && view->rows[i]; r++)
			bound_sizing(view, view->rows[i], r);
}

static struct pod_sums sums_of(const struct pod_shape *shape)
{
	struct pod_sums sums = { .qos = shape->qos };

	memcpy(sums.request, shape->request, sizeof(sums.request));
	memcpy(sums.limit, shape->limit, sizeof(sums.limit));
	return sums;
}

/* Those with rows; and where a quota counts them the others too. */
static void each_workload(struct cluster_view *all, void (*step)(struct workload_view *), bool counted)
{
	for (uint32_t i = 0; i < all->cluster->n_workloads; i++) {
		struct workload_view view;

		if (all->rows.first[i] == CLUSTER_NONE && !(counted && all->quotas.first[all->namespace_of[i]] != CLUSTER_NONE))
			continue;
		workload_view_make(&view, all, i);
		step(&view);
		workload_view_release(&view);
	}
}

static void admit_workload(struct workload_view *view)
{
	for (size_t i = 0; i < ARRAY_SIZE(admissions); i++)
		admissions[i](view);
	view->view->sums[view->number] = (struct workload_sums){ sums_of(&view->now), sums_of(&view->then), view->pods };
}

static void tell_workload(struct workload_view *view)
{
	for (size_t i = 0; i < ARRAY_SIZE(tellings); i++)
		tellings[i](view);
}

void rightsize_consequences(struct rightsizing *rightsizing)
{
	struct cluster_view all;

	cluster_view_make(&all, rightsizing);
	each_workload(&all, bound_workload, false);
	rightsize_least_change(rightsizing);
	each_workload(&all, admit_workload, true);
	quotas_reckon(&all);
	each_workload(&all, tell_workload, false);
	cluster_view_release(&all);
}
