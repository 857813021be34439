/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups of pods.  The kubelet makes them anew from the pod and from its own configuration, so what makes a setting
 * last is a field of the one or the other: kubelet.config.k8s.io/v1beta1 KubeletConfiguration.  A field of the kubelet holds
 * for every pod of the node; where that would take something from the others it is said, not written. */
#include "action.h"

#include "../core/parse.h"
#include "rule.h"

#define USUAL_PERIOD "100ms"

enum level { LEVEL_NODE, LEVEL_POD, LEVEL_CONTAINER };	/* kubepods.slice and its classes; a pod; a container of it */

static enum level level_of(const struct target *target)
{
	if (action_sibling(target, "container_id"))
		return LEVEL_CONTAINER;
	return action_sibling(target, "pod_uid") ? LEVEL_POD : LEVEL_NODE;
}

/* True: the field is written.  False: a note says why not. */
typedef bool field_maker(const struct target *target, const char *value, struct lasting *out);

static const char *number_or_none(const char *text)
{
	uint64_t number;

	if (streq(text, "max"))
		return "-1";
	return parse_u64(text, &number) == 0 ? text : NULL;
}

static bool is_lower(const char *value, const char *before)
{
	uint64_t x, y;

	if (parse_u64(value, &x) < 0)
		return false;		/* -1: no limit */
	return parse_u64(before, &y) < 0 || x < y;
}

/* A flag of the command line of the kubelet wins over its configuration, and anybody may have written the file. */
static bool is_as_configured(const struct plan_kubelet *kubelet, bool same, struct lasting *out)
{
	if (!same)
		action_note(out, "%s in the configuration of the kubelet is %s, and this group has something else: look for a flag of its "
				 "command line, which wins, or for who wrote the file", kubelet->field, kubelet->before);
	return same;
}

static bool pod_pids(const struct target *target, const char *value, struct lasting *out)
{
	const char *before = out->kubelet.before, *now;

	if (level_of(target) != LEVEL_POD) {
		action_note(out, "the container runtime sets it (pids_limit of CRI-O); podPidsLimit of the kubelet is the limit of the "
				 "pod around it");
		return false;
	}
	out->kubelet.value = number_or_none(value);
	now = number_or_none(target->now);
	if (!out->kubelet.value || !now || !is_as_configured(&out->kubelet, streq(now, before), out))
		return false;
	if (is_lower(out->kubelet.value, before)) {
		action_note(out, "podPidsLimit of the kubelet, now %s, holds for every pod of the node: lower for this one would be lower "
				 "for all, so it is not written", before);
		return false;
	}
	return true;
}

/* "50000 100000": the quota comes of limits.cpu, the period is the kubelet's. */
static bool numbers_of(const char *text, uint64_t *ret_quota, uint64_t *ret_period)
{
	return scan_u64(&text, ret_quota) && *text++ == ' ' && scan_u64(&text, ret_period) && !*text;
}

/* "100ms", "500us", "1s" */
static bool is_duration(const char *text, uint64_t usec)
{
	uint64_t number, unit;

	if (!scan_u64(&text, &number))
		return false;
	unit = streq(text, "us") ? 1 : streq(text, "ms") ? 1000 : streq(text, "s") ? 1000000 : 0;
	return unit > 0 && number <= UINT32_MAX && number * unit == usec;
}

static bool period_field(const struct target *target, uint64_t now, uint64_t period, struct lasting *out)
{
	if (!is_as_configured(&out->kubelet, is_duration(out->kubelet.before, now), out))
		return false;
	if (period < 1000 || period > 1000000) {
		action_note(out, "the kubelet takes a period of 1 ms to 1 s");
		return false;
	}
	out->kubelet.value = period % 1000 ? arena_formatf(target->arena, "%lluus", (unsigned long long)period) :
					     arena_formatf(target->arena, "%llums", (unsigned long long)(period / 1000));
	/* The gate is alpha; the usual period needs none. */
	if (streq(out->kubelet.value, USUAL_PERIOD))
		out->kubelet.gate = NULL;
	return true;
}

static bool quota_comes_of_limits(struct lasting *out)
{
	action_note(out, "it comes of limits.cpu of the containers: change that. cpuCFSQuota: false of the kubelet would take the quota "
			 "from every pod of the node, so it is not written");
	return false;
}

static bool cpu_max(const struct target *target, const char *value, struct lasting *out)
{
	uint64_t old_quota, old_period, quota, period;

	if (!numbers_of(target->now, &old_quota, &old_period) || !numbers_of(value, &quota, &period) || old_period == period ||
	    old_period == 0 || period == 0 || old_quota > UINT32_MAX || quota > UINT32_MAX || old_period > UINT32_MAX ||
	    period > UINT32_MAX || old_quota * period != quota * old_period)
		return quota_comes_of_limits(out);
	return period_field(target, old_period, period, out);
}

static bool cfs_period(const struct target *target, const char *value, struct lasting *out)
{
	uint64_t now, period;

	return parse_u64(target->now, &now) == 0 && parse_u64(value, &period) == 0 && period_field(target, now, period, out);
}

static bool oom_group(const struct target *target, const char *value, struct lasting *out)
{
	if (level_of(target) != LEVEL_CONTAINER) {
		action_note(out, "the kubelet sets it for containers alone");
		return false;
	}
	out->kubelet.value = streq(value, "1") ? "false" : "true";
	return is_as_configured(&out->kubelet, streq(out->kubelet.before, streq(target->now, "1") ? "false" : "true"), out);
}

static const struct pod_setting {
	const char *attribute;
	const char *why;		/* what makes it last; NULL: make says */
	field_maker *make;
	const char *field, *unset;	/* and what the kubelet takes when nothing says it */
	const char *gate;
} pod_settings[] = {
	{ .attribute = "cpu.cfs_burst_us", .why = "no field of the kubelet or of a pod sets it" },
	{ .attribute = "cpu.cfs_period_us", .make = cfs_period, .field = "cpuCFSQuotaPeriod", .unset = USUAL_PERIOD,
	  .gate = "CustomCPUCFSQuotaPeriod" },
	{ .attribute = "cpu.cfs_quota_us", .why = "it comes of limits.cpu of the containers: change that. cpuCFSQuota: false of the kubelet "
						  "would take the quota from every pod of the node, so it is not written" },
	{ .attribute = "cpu.max", .make = cpu_max, .field = "cpuCFSQuotaPeriod", .unset = USUAL_PERIOD,
	  .gate = "CustomCPUCFSQuotaPeriod" },
	{ .attribute = "cpu.max.burst", .why = "no field of the kubelet or of a pod sets it" },
	{ .attribute = "cpu.shares", .why = "it comes of requests.cpu of the containers: change that" },
	{ .attribute = "cpu.weight", .why = "it comes of requests.cpu of the containers: change that" },
	{ .attribute = "cpuset.cpus", .why = "with cpuManagerPolicy: static the kubelet gives whole CPUs to containers of the class Guaranteed, "
					     "and chooses them itself. The policy changes only on a node that was drained and whose "
					     "cpu_manager_state was removed, so it is not written" },
	{ .attribute = "cpuset.mems", .why = "with memoryManagerPolicy: Static the kubelet chooses the nodes itself. The policy changes only on a "
					     "node that was drained and whose memory_manager_state was removed, so it is not written" },
	{ .attribute = "memory.high", .why = "the kubelet computes it from requests.memory, limits.memory and memoryThrottlingFactor, with the "
					     "feature gate MemoryQoS: the factor holds for every pod, so it is not written" },
	{ .attribute = "memory.limit_in_bytes", .why = "it comes of limits.memory of the containers: change that" },
	{ .attribute = "memory.low", .why = "it comes of requests.memory of the containers, with the feature gate MemoryQoS: change that" },
	{ .attribute = "memory.max", .why = "it comes of limits.memory of the containers: change that" },
	{ .attribute = "memory.memsw.limit_in_bytes", .why = "the kubelet computes it from requests.memory where memorySwap.swapBehavior is "
							     "LimitedSwap; no field has the number" },
	{ .attribute = "memory.min", .why = "it comes of requests.memory of the containers, with the feature gate MemoryQoS: change that" },
	{ .attribute = "memory.oom.group", .make = oom_group, .field = "singleProcessOOMKill", .unset = "false" },
	{ .attribute = "memory.swap.max", .why = "the kubelet computes it from requests.memory where memorySwap.swapBehavior is LimitedSwap; no "
						 "field has the number" },
	{ .attribute = "pids.max", .make = pod_pids, .field = "podPidsLimit", .unset = "-1" },
};

static const struct pod_setting *pod_setting_of(const char *attribute)
{
	for (size_t i = 0; i < ARRAY_SIZE(pod_settings); i++)
		if (streq(attribute, pod_settings[i].attribute))
			return &pod_settings[i];
	return NULL;
}

static bool is_word(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9') && *c != '-')
			return false;
	return *text;
}

/* What is to be put back; NULL when it cannot be. */
static const char *configured(const struct target *target, const char *field, const char *unset)
{
	const char *value = owner_kubelet_field(target->snapshot, field, target->arena);

	return !value ? unset : is_word(value) ? value : NULL;
}

static bool fill_field(const struct target *target, const struct pod_setting *setting, const char *value, struct lasting *out)
{
	out->kubelet = (struct plan_kubelet){
		.field = setting->field, .before = configured(target, setting->field, setting->unset), .gate = setting->gate,
	};
	if (setting->gate)
		out->kubelet.gate_before = configured(target, arena_formatf(target->arena, "featureGates.%s", setting->gate), "false");
	if (!out->kubelet.before || (setting->gate && !out->kubelet.gate_before)) {
		action_note(out, "%s in the configuration of the kubelet is not what it can be, so it is not touched", setting->field);
		return false;
	}
	return setting->make(target, value, out) && out->kubelet.value;
}

void action_persist_pod(const struct target *target, const char *value, struct lasting *out)
{
	const struct pod_setting *setting = pod_setting_of(target->key);

	out->owner = "the kubelet";
	if (level_of(target) == LEVEL_NODE) {
		action_note(out, "the kubelet writes this file: it computes what all pods together may have from the capacity of the node less "
				 "kubeReserved and systemReserved");
		return;
	}
	if (!setting || setting->why) {
		action_note(out, "the kubelet makes this group anew for each pod: %s",
			    setting ? setting->why : "no field of the kubelet or of a pod sets it");
		return;
	}
	if (!fill_field(target, setting, value, out)) {
		out->kubelet.field = NULL;
		if (!out->note.len)
			action_note(out, "the kubelet makes this group anew for each pod, and takes no such value");
		return;
	}
	out->form = PLAN_FORM_KUBELET_CONFIGURATION;
	action_note(out, "%s: %s in the configuration of the kubelet makes it last (kubernetes/kubelet.yaml in a plan), for every pod of "
			 "the node that is made after the kubelet was restarted", out->kubelet.field, out->kubelet.value);
}

/* ---- one value for all ---- */

static bool is_limit(const struct plan_kubelet *kubelet)
{
	return streq(kubelet->field, "podPidsLimit");
}

/* The highest limit lets each have what it wants. */
static void raise_limit(struct plan *plan, struct plan_kubelet *kubelet)
{
	for (size_t i = 0; i < plan->n_actions; i++) {
		const struct plan_kubelet *other = &plan->actions[i].kubelet;

		if (other->field && is_limit(other) && is_lower(kubelet->value, other->value))
			kubelet->value = other->value;
	}
}

static bool is_wanted_otherwise(const struct plan *plan, const struct plan_kubelet *kubelet)
{
	for (size_t i = 0; i < plan->n_actions; i++) {
		const struct plan_kubelet *other = &plan->actions[i].kubelet;

		if (other->field && streq(other->field, kubelet->field) && !streq(other->value, kubelet->value))
			return true;
	}
	return false;
}

void action_settle_kubelet(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_actions; i++) {
		struct action *action = &plan->actions[i];

		if (action->kubelet.field && is_limit(&action->kubelet))
			raise_limit(plan, &action->kubelet);
		else if (action->kubelet.field && is_wanted_otherwise(plan, &action->kubelet))
			action->form = PLAN_FORM_BY_HAND;
	}
	for (size_t i = 0; i < plan->n_actions; i++) {
		struct action *action = &plan->actions[i];

		if (!action->kubelet.field || action->form != PLAN_FORM_BY_HAND)
			continue;
		action->persist_note = arena_formatf(&plan->arena, "other actions want another %s of the kubelet, which has one for "
								   "all pods of the node, so it is not written", action->kubelet.field);
		action->kubelet.field = NULL;
	}
}
