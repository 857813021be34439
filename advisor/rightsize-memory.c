/* SPDX-License-Identifier: Apache-2.0 */
/* Why a container has the wrong memory request or limit.
 *
 * What the working set holds of file pages that were used twice (active_file) and of reclaimable slab can be
 * dropped.  The kernel drops it before it kills, so a working set that sits at the limit need not mean that the
 * limit is too low: what cannot be dropped decides (Documentation/admin-guide/ cgroup-v2.rst, memory.stat). Reading
 * again what was dropped costs time, and is counted: refaults tell whether the cache is needed. */
#include "rightsize-making.h"

#include "heap.h"

#define HEAP_NEAR 0.9			/* of the limit */
#define REFAULTS 100.0			/* pages a second: the cache that it has is too small for it */
#define PRESSURE 0.10
#define STRETCHES 2			/* so many times it grew until it was restarted */

struct memory_facts {
	const struct usage_series *set;
	double peak;			/* of the working set */
	double hard, cache;		/* see memory_hard_need(); NAN */
	double kills;
	double floor;			/* what it had at a kill; NAN */
	double pressure;		/* share of the time something waited for memory; NAN */
	double at_limit;		/* how often it ran into its limit; NAN */
	double refaults;		/* a second; NAN */
	double restarts;
};

static double increase_of(const struct usage_series *series)
{
	return series ? series->increase : NAN;
}

static void gauge_evidence(struct sizing_view *view, const char *expression, enum usage_metric metric)
{
	const struct usage_series *series = view_series(view, metric);

	view_evidence(view, expression, EVIDENCE_USE, series && series->samples ? series->max : NAN, series);
}

static void memory_facts(struct sizing_view *view, struct memory_facts *facts)
{
	const struct usage_series *kills = view_series(view, USAGE_OOM_KILLS),
				  *at_limit = view_series(view, USAGE_MEMORY_MAX_EVENTS);
	const struct usage_series *pressure = view_series(view, USAGE_PSI_MEMORY_SEC),
				  *refaults = view_series(view, USAGE_REFAULTS);
	const struct usage_series *restarts = view_series(view, USAGE_RESTARTS);

	*facts = (struct memory_facts){ .set = view_series(view, USAGE_MEMORY_WORKING_SET), .peak = NAN, .cache = NAN };
	if (facts->set && facts->set->samples)
		facts->peak = facts->set->max;
	facts->hard = memory_hard_need(view->usage, view->row->container, &facts->cache);
	facts->kills = fmax(usage_oom_count(view->usage, view->row->container), kills ? round(kills->increase) : 0);
	facts->floor = usage_last_oom_memory(view->usage, view->row->container, NULL);
	facts->pressure = usage_rate(pressure);
	facts->at_limit = increase_of(at_limit);
	facts->refaults = usage_rate(refaults);
	facts->restarts = restarts ? restarts->increase : 0;
	view_evidence(view, "max(memory.working_set)", EVIDENCE_USE, facts->peak, facts->set);
	view_evidence(view, "p95(memory.working_set)", EVIDENCE_USE, usage_percentile(facts->set, 0.95), facts->set);
	gauge_evidence(view, "max(memory.anon)", USAGE_MEMORY_ANON);
	gauge_evidence(view, "max(memory.active_file)", USAGE_MEMORY_ACTIVE_FILE);
	gauge_evidence(view, "max(memory.slab_reclaimable)", USAGE_MEMORY_SLAB_RECLAIMABLE);
	gauge_evidence(view, "max(memory.shmem)", USAGE_MEMORY_SHMEM);
	gauge_evidence(view, "max(memory.swap)", USAGE_MEMORY_SWAP);
	if (facts->kills > 0 || kills)
		view_evidence(view, "OOM kills", EVIDENCE_COUNT_OF, facts->kills, kills);
	view_evidence(view, "memory at an OOM kill", EVIDENCE_USE, facts->floor, NULL);
	view_evidence(view, "memory.max_events", EVIDENCE_COUNT_OF, facts->at_limit, at_limit);
	view_evidence(view, "rate(pressure.memory.some)", EVIDENCE_SHARE, facts->pressure, pressure);
	view_evidence(view, "rate(memory.refaults)", EVIDENCE_RATE, facts->refaults, refaults);
}

/* A heap that is set, and does not move with the limit. */
static bool fixed_heap(const struct sizing_view *view, struct heap *heap)
{
	const struct heap_given given = { .memory_limit = view->sizing->limit_from,
					  .memory_request = view->sizing->request_from,
					  .cpu_limit = view->row->of[RESOURCE_CPU].limit_from,
					  .cpu_request = view->row->of[RESOURCE_CPU].request_from,
					  .node_memory = view->nodes->most_memory,
					  .node_cpu = view->nodes->most_cpu_milli };

	heap_read(view->container, &given, view->arena, heap);
	return heap->most > 0 && heap->beside >= 0 && !heap->follows && !heap->soft && !heap->by_default;
}

/* near: it was killed, or seen close to its limit. */
static bool diagnose_heap(struct sizing_view *view, const struct memory_facts *facts, bool near)
{
	struct sizing *sizing = view->sizing;
	struct heap heap;
	int64_t whole;

	if (sizing->limit_from <= 0
	    || near != (facts->kills > 0 || facts->peak > HEAP_NEAR * (double)sizing->limit_from)
	    || !fixed_heap(view, &heap))
		return false;
	whole = view_size(view, fmax((double)heap.most + (double)heap.beside, near ? facts->floor * AFTER_KILL : NAN));
	if ((near ? whole : heap.most) <= sizing->limit_from)
		return false;
	sizing->because = arena_formatf(
		view->arena, "%s lets it grow to %s and about %s besides; its limit is %s%s%s",
		heap.setting, use_text(view->arena, RESOURCE_MEMORY, (double)heap.most),
		use_text(view->arena, RESOURCE_MEMORY, (double)heap.beside), view_text(view, sizing->limit_from),
		isnan(facts->peak) ? "" : ", and it was seen at ",
		isnan(facts->peak) ? "" : use_text(view->arena, RESOURCE_MEMORY, facts->peak));
	if (!near) {
		view_found(view, STATUS_SUSPECT, CAUSE_HEAP_ABOVE_LIMIT, SEVERITY_MEDIUM, NULL);
		sizing->next_step = "set the heap below the limit; nothing was seen to come near it yet";
		return true;
	}
	view_found(view, STATUS_RECOMMEND, CAUSE_HEAP_ABOVE_LIMIT,
		   facts->kills > 0 ? SEVERITY_CRITICAL : SEVERITY_HIGH, NULL);
	sizing->limit_to = MAX(whole, sizing->limit_from);
	if (sizing->request_from == sizing->limit_from)
		sizing->request_to = sizing->limit_to;
	return true;
}

/* It grew all its life, or again and again until it was restarted.  What falls back by itself is the collecting of
 * garbage; what is page cache stops at the limit. */
static bool grows_without_end(const struct memory_facts *facts)
{
	const struct usage_pods *pods = facts->set ? facts->set->pods_seen : NULL;
	bool restarted = facts->restarts > 0 || facts->kills > 0;

	if (!pods || (facts->hard < facts->peak * 0.7))
		return false;
	if (restarted)
		return pods->grew + pods->growing >= STRETCHES;
	return pods->grew == 0 && pods->growing > 0 && pods->growing * 2 >= pods->compared;
}

static bool diagnose_growth(struct sizing_view *view, const struct memory_facts *facts)
{
	struct sizing *sizing = view->sizing;
	const struct usage_pods *pods;

	if (!grows_without_end(facts))
		return false;
	pods = facts->set->pods_seen;
	view_evidence(view, "growth(memory.working_set)", EVIDENCE_PER_DAY, pods->growth_per_day, facts->set);
	view_found(view, STATUS_SUSPECT, CAUSE_GROWTH, facts->kills > 0 ? SEVERITY_CRITICAL : SEVERITY_HIGH, NULL);
	sizing->because = arena_formatf(
		view->arena,
		"its least use rose from %s to %s, by %s a day%s; a greater size would only last longer",
		use_text(view->arena, RESOURCE_MEMORY, pods->growth_from),
		use_text(view->arena, RESOURCE_MEMORY, pods->growth_to),
		use_text(view->arena, RESOURCE_MEMORY, pods->growth_per_day),
		facts->kills > 0 ? arena_formatf(view->arena, ", and it was killed %.0f time%s", facts->kills,
						 facts->kills > 1 ? "s" : "")
				 : "");
	sizing->next_step =
		"find what it keeps: a leak, a cache without a bound, or data that grows and has to be planned for";
	return true;
}

/* Without a limit of its own it was the node that ran out. */
static bool diagnose_killed_by_node(struct sizing_view *view, const struct memory_facts *facts)
{
	struct sizing *sizing = view->sizing;

	if (view->need->known && sizing->request_from < view_size(view, sizing->lower)) {
		if (sizing->request_from < 0 ? !diagnose_no_request(view)
					     : !diagnose_request_low(view, SEVERITY_CRITICAL))
			return false;
		sizing->severity = SEVERITY_CRITICAL;
		return true;
	}
	view_found(view, STATUS_ELSEWHERE, CAUSE_NODE_SHORT, SEVERITY_HIGH, NULL);
	sizing->because = arena_formatf(view->arena, "killed %.0f time%s without a limit of its own, and it %s",
					facts->kills, facts->kills > 1 ? "s" : "",
					view->need->known ? "used less than it requests"
							  : "was not measured for long enough to say more");
	sizing->next_step = "see what else takes the memory of its nodes";
	return true;
}

/* It was killed, and nothing that was measured comes near its limit: it may be lowered by no means. */
static bool killed_unseen(struct sizing_view *view, const struct memory_facts *facts)
{
	view_found(view, STATUS_SUSPECT, CAUSE_LIMIT_TOO_LOW, SEVERITY_CRITICAL,
		   "it was killed, and what it had then is not known");
	view->sizing->because = arena_formatf(
		view->arena, "killed %.0f time%s; no sample is above %s, and its limit is %s", facts->kills,
		facts->kills > 1 ? "s" : "", use_text(view->arena, RESOURCE_MEMORY, facts->peak),
		view_text(view, view_limit(view)));
	view->sizing->next_step =
		"give a dump of its pods, whose status tells of the kill; measure at shorter intervals";
	return true;
}

static bool diagnose_killed(struct sizing_view *view, const struct memory_facts *facts)
{
	struct sizing *sizing = view->sizing;
	double enough = fmax(facts->floor * AFTER_KILL, view->need->bounds ? sizing->target : sizing->upper);
	int64_t limit, had = view_limit(view);

	if (!(facts->kills > 0))
		return false;
	if (had < 0)
		return diagnose_killed_by_node(view, facts);
	if (isnan(facts->floor))
		enough = fmax(enough * AFTER_KILL, facts->peak * AFTER_KILL);
	if (isnan(enough))
		return killed_unseen(view, facts);
	limit = view_size(view, enough);
	if (limit <= had)
		return isnan(facts->floor) && killed_unseen(view, facts);
	view_found(view, STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, SEVERITY_CRITICAL, NULL);
	sizing->limit_to = limit;
	if (sizing->request_from == sizing->limit_from && sizing->limit_from >= 0)
		sizing->request_to = limit;
	else if (view->need->known)
		sizing->request_to = MAX(sizing->request_from, view_size(view, sizing->lower));
	sizing->confidence = CONFIDENCE_HIGH;
	sizing->confidence_reason = "a kill needs no window";
	sizing->because = arena_formatf(view->arena, "killed %.0f time%s with %s; its limit is %s%s", facts->kills,
					facts->kills > 1 ? "s" : "",
					isnan(facts->floor) ? "a limit that is not known"
							    : use_text(view->arena, RESOURCE_MEMORY, facts->floor),
					view_text(view, had),
					sizing->limit_from < 0 ? ", which admission gave its pods" : "");
	return true;
}

static const char *cache_because(const struct sizing_view *view, const struct memory_facts *facts)
{
	return arena_formatf(
		view->arena,
		"of the working set, up to %s, %s is page cache and slab that can be dropped; it needs %s%s",
		use_text(view->arena, RESOURCE_MEMORY, facts->peak),
		use_text(view->arena, RESOURCE_MEMORY, facts->cache),
		use_text(view->arena, RESOURCE_MEMORY, view->sizing->lower),
		facts->refaults >= REFAULTS ? arena_formatf(
			view->arena,
			"; it reads %.0f pages a second again that it had before, so more cache would be used",
			facts->refaults)
					    : "");
}

static bool diagnose_limit_low(struct sizing_view *view, const struct memory_facts *facts)
{
	struct sizing *sizing = view->sizing;
	int64_t enough = view_size(view, view->need->bounds ? sizing->target : sizing->lower);
	bool felt = facts->at_limit > 0 || facts->pressure >= PRESSURE;

	if (sizing->limit_from < 0 || sizing->limit_from >= enough
	    || view->rightsizing->options.recommender == RECOMMENDER_VPA)
		return false;
	view_found(view, STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, felt ? SEVERITY_HIGH : SEVERITY_MEDIUM, NULL);
	sizing->limit_to = enough;
	sizing->request_to = sizing->request_from == sizing->limit_from ? enough : MAX(sizing->request_from, enough);
	sizing->because = arena_formatf(
		view->arena, "it needs %s, the %s and a margin; its limit is %s%s",
		use_text(view->arena, RESOURCE_MEMORY, sizing->lower), view->need->basis,
		view_text(view, sizing->limit_from),
		facts->at_limit > 0 ? arena_formatf(view->arena, ", which it ran into %.0f times", facts->at_limit)
				    : "");
	return true;
}

/* The usual reckoning would ask for more, again and again: cache grows into whatever there is. */
static bool diagnose_page_cache(struct sizing_view *view, const struct memory_facts *facts)
{
	struct sizing *sizing = view->sizing;
	int64_t wanted = view_size(view, sizing->upper);
	int64_t given = sizing->limit_from >= 0 ? MIN(sizing->request_from, sizing->limit_from) : sizing->request_from;

	if (!view->need->cache || given < 0 || given >= wanted || given < view_size(view, sizing->lower))
		return false;
	view_found(view, STATUS_ELSEWHERE, CAUSE_PAGE_CACHE,
		   facts->refaults >= REFAULTS ? SEVERITY_MEDIUM : SEVERITY_LOW, NULL);
	sizing->because = cache_because(view, facts);
	if (facts->refaults >= REFAULTS)
		sizing->next_step = "if its reads are too slow, give it more memory and see whether refaults fall";
	return true;
}

static bool diagnose_node_pressure(struct sizing_view *view, const struct memory_facts *facts)
{
	double node = VIEW_NODE(view, memory_pressure);

	if (!(facts->pressure >= PRESSURE) || !(node >= PRESSURE)
	    || view->sizing->request_from < view_size(view, view->sizing->lower))
		return false;
	view_found(view, STATUS_ELSEWHERE, CAUSE_NODE_SHORT, SEVERITY_HIGH, NULL);
	view->sizing->because = arena_formatf(view->arena,
					      "it waited for memory in %.0f %% of the time, and something on its "
					      "node in %.0f %%; it used less than it requests",
					      facts->pressure * 100, node * 100);
	view->sizing->next_step = "see what else takes the memory of its nodes";
	return true;
}

/* What a standby holds says little of what it will hold. */
static bool diagnose_idle_memory(struct sizing_view *view)
{
	struct sizing *sizing = view->sizing;

	if (view->row->of[RESOURCE_CPU].cause != CAUSE_IDLE || sizing->request_from <= view_size(view, sizing->upper))
		return false;
	view_found(view, STATUS_SUSPECT, CAUSE_IDLE, SEVERITY_LOW, NULL);
	sizing->because = view->row->of[RESOURCE_CPU].because;
	sizing->next_step = view->row->of[RESOURCE_CPU].next_step;
	return true;
}

/* One that no node has protects nobody: the node runs out before. */
static bool diagnose_limit_high(struct sizing_view *view)
{
	struct sizing *sizing = view->sizing;

	if (view->nodes->most_memory <= 0 || sizing->limit_from <= view->nodes->most_memory)
		return false;
	view_found(view, STATUS_SUSPECT, CAUSE_LIMIT_TOO_HIGH, SEVERITY_MEDIUM, NULL);
	sizing->because =
		arena_formatf(view->arena, "its limit is %s; the greatest node has %s for pods, and it needs %s",
			      view_text(view, sizing->limit_from), view_text(view, view->nodes->most_memory),
			      use_text(view->arena, RESOURCE_MEMORY, sizing->target));
	sizing->next_step = "set it to what it may take before it should be killed";
	return true;
}

static enum severity low_severity(const struct sizing_view *view, const struct memory_facts *facts)
{
	/* Above its request it is the first to be evicted: pkg/kubelet/eviction/helpers.go, rankMemoryPressure. */
	if (facts->peak > (double)view->sizing->request_from && VIEW_NODE(view, memory_pressure) >= PRESSURE)
		return SEVERITY_HIGH;
	return facts->peak > (double)view->sizing->request_from ? SEVERITY_MEDIUM : SEVERITY_LOW;
}

void memory_diagnose(struct sizing_view *view)
{
	struct memory_facts facts;

	memory_facts(view, &facts);
	(void)(diagnose_heap(view, &facts, true) || diagnose_growth(view, &facts) || diagnose_killed(view, &facts)
	       || diagnose_unmeasured(view) || diagnose_no_request(view) || diagnose_limit_low(view, &facts)
	       || diagnose_node_pressure(view, &facts) || diagnose_request_low(view, low_severity(view, &facts))
	       || diagnose_idle_memory(view) || diagnose_request_high(view) || diagnose_page_cache(view, &facts)
	       || diagnose_heap(view, &facts, false) || diagnose_limit_high(view));
}
