/* SPDX-License-Identifier: Apache-2.0 */
/* Why a container has the wrong CPU request or limit.
 *
 * A container that is throttled uses less than it would: its usage says what the limit lets through, so what it
 * waited is added, and its request is never lowered.  The share of periods alone says little (one of a thousand
 * threads that waits a millisecond marks its period), the time alone neither (it is summed over CPUs): both count.
 * Documentation/scheduler/sched-bwc.rst.
 *
 * Time that tasks waited because of the quota is in the cgroup's own cpu.pressure, "full" among it
 * (kernel/sched/psi.c: "throttled by the cgroup cpu.max configuration"), and is taken off before anything is said
 * of the node. */
#include "rightsize-making.h"

#include "heap.h"

#define THROTTLED_SHARE 0.05		/* of the periods in which it ran */
#define THROTTLED_WORST 0.25		/* of those of its worst pod */
#define THROTTLED_LOST 0.01		/* seconds waited per second */
#define THROTTLED_HARD 0.25		/* where CPUThrottlingHigh of kubernetes-mixin warns */
#define LEAST_PERIODS 1000		/* 100 s of running: fewer say nothing */
#define AT_START 0.8			/* of what was throttled */
/* It waited twice as long as it ran: then the waiting is that of many threads at once, and says how many there are
 * rather than how much they do. */
#define DEMAND_MOST 3.0
#define HEADROOM 1.2
#define WORTH 1.05			/* times the limit: less would change little of what it waits */
#define PRESSURE 0.10			/* of the time somebody waited for a CPU: worth a word */
#define NODE_BUSY 0.80
#define IDLE_CORES 0.005		/* a process that only waits for events uses some of it … */
#define IDLE_MOST 0.05			/* … and now and then a probe is run in it */
#define IDLE_RATIO 10

struct cpu_facts {
	const struct usage_series *cpu;
	double most, mean;			/* cores */
	double throttled, worst, lost;		/* shares; seconds a second; NAN */
	const char *worst_pod;
	double start;				/* the share of the throttled periods that fell into the start of pods; NAN */
	double pressure, contention;		/* shares of the time; contention: without what its own quota causes; NAN */
	double threads;
	bool thin;				/* too few periods */
};

static void pods_evidence(struct sizing_view *view, const struct usage_series *cpu)
{
	const struct usage_pods *pods = cpu ? cpu->pods_seen : NULL;

	if (!pods)
		return;
	if (pods->compared > 1)
		view_evidence(view, "p95(cpu) of the busiest pod", EVIDENCE_USE, pods->busiest_p95, cpu);
	view_evidence(view, "mean(cpu) of the busiest hour", EVIDENCE_USE, pods->hour_most, cpu);
	if (pods->started && pods->start_max > 2 * pods->later_max)
		view_evidence(view, "max(cpu) while it starts", EVIDENCE_USE, pods->start_max, cpu);
}

static void throttling_facts(struct sizing_view *view, struct cpu_facts *facts)
{
	const struct usage_series *periods = view_series(view, USAGE_CPU_PERIODS),
				  *throttled = view_series(view, USAGE_CPU_THROTTLED_PERIODS);
	const struct usage_series *lost = view_series(view, USAGE_CPU_THROTTLED_SEC);

	facts->throttled = periods && throttled && periods->increase > 0
				   ? fmin(throttled->increase / periods->increase, 1)
				   : NAN;
	facts->worst = usage_worst_throttled(view->usage, view->row->container, &facts->worst_pod);
	facts->lost = usage_rate(lost);
	facts->thin = periods && periods->increase < LEAST_PERIODS;
	facts->start = throttled && throttled->increase > 0 ? throttled->start_increase / throttled->increase : NAN;
	view_evidence(view, "cpu.throttled_periods / cpu.periods", EVIDENCE_SHARE, facts->throttled, throttled);
	if (throttled && throttled->pods > 1)
		view_evidence(view, "greatest of a pod", EVIDENCE_SHARE, facts->worst, throttled);
	view_evidence(view, "rate(cpu.throttled_seconds)", EVIDENCE_RATE, facts->lost, lost);
}

static void pressure_facts(struct sizing_view *view, struct cpu_facts *facts)
{
	const struct usage_series *some = view_series(view, USAGE_PSI_CPU_SEC),
				  *full = view_series(view, USAGE_PSI_CPU_FULL_SEC);
	double own = isnan(facts->lost) ? 0 : facts->lost;

	facts->pressure = usage_rate(some);
	/* No more than the time in which all of it stood still, where that is known. */
	if (full && !isnan(usage_rate(full)))
		own = fmin(own, usage_rate(full));
	facts->contention = fmax(facts->pressure - fmin(own, facts->pressure), 0);
	if (isnan(facts->pressure))
		facts->contention = NAN;
	view_evidence(view, "rate(pressure.cpu.some)", EVIDENCE_SHARE, facts->pressure, some);
	view_evidence(view, "the same without its own quota", EVIDENCE_SHARE, facts->contention, some);
}

static void cpu_facts(struct sizing_view *view, struct cpu_facts *facts)
{
	const struct usage_series *threads = view_series(view, USAGE_THREADS);

	*facts = (struct cpu_facts){ .cpu = view_series(view, USAGE_CPU), .threads = threads ? threads->max : NAN };
	facts->most = facts->cpu && facts->cpu->samples ? facts->cpu->max : NAN;
	facts->mean = usage_mean(facts->cpu);
	view_evidence(view, "p95(cpu)", EVIDENCE_USE, usage_percentile(facts->cpu, 0.95), facts->cpu);
	view_evidence(view, "max(cpu)", EVIDENCE_USE, facts->most, facts->cpu);
	view_evidence(view, "mean(cpu)", EVIDENCE_USE, facts->mean, facts->cpu);
	pods_evidence(view, facts->cpu);
	throttling_facts(view, facts);
	pressure_facts(view, facts);
	view_evidence(view, "max(threads)", EVIDENCE_COUNT_OF, facts->threads, threads);
}

static bool is_throttled(const struct sizing_view *view, const struct cpu_facts *facts)
{
	if (view_limit(view) < 0 || isnan(facts->throttled))
		return false;
	if (facts->throttled < THROTTLED_SHARE && !(facts->worst >= THROTTLED_WORST))
		return false;
	return isnan(facts->lost) ? facts->throttled >= THROTTLED_HARD : facts->lost >= THROTTLED_LOST;
}

static enum severity throttling_severity(const struct sizing_view *view, const struct cpu_facts *facts)
{
	if (workload_is_batch(view->workload))
		return SEVERITY_LOW;		/* it takes longer, and nobody waits for an answer */
	return facts->throttled >= THROTTLED_HARD || facts->worst >= 2 * THROTTLED_WORST ? SEVERITY_HIGH
											 : SEVERITY_MEDIUM;
}

/* What it would have used, from its highest usage and how long it waited for each second that it ran. */
static double unthrottled_use(const struct cpu_facts *facts)
{
	double waited = facts->mean > 0 && !isnan(facts->lost) ? facts->lost / facts->mean : 0;

	return facts->most * fmin(1 + waited, DEMAND_MOST);
}

static const char *throttling_because(const struct sizing_view *view, const struct cpu_facts *facts, double use)
{
	const char *worst =
		facts->worst > facts->throttled && facts->worst_pod
			? arena_formatf(view->arena, " (%s in %.0f %%)", facts->worst_pod, facts->worst * 100)
			: "";

	return arena_formatf(
		view->arena,
		"throttled in %.1f %% of the periods%s, %s; it used up to %s, and would have used about %s",
		facts->throttled * 100, worst,
		isnan(facts->lost) ? "for a time that was not measured"
				   : arena_formatf(view->arena, "%.2f s of each second", facts->lost),
		use_text(view->arena, RESOURCE_CPU, facts->most), use_text(view->arena, RESOURCE_CPU, use));
}

/* How many threads its runtime was told to run at once, and by what. */
static const char *threads_setting(const struct sizing_view *view, double *threads)
{
	const struct heap_given given = { .memory_limit = view->row->of[RESOURCE_MEMORY].limit_from,
					  .memory_request = view->row->of[RESOURCE_MEMORY].request_from,
					  .cpu_limit = view->sizing->limit_from,
					  .cpu_request = view->sizing->request_from,
					  .node_memory = -1,
					  .node_cpu = view->nodes->most_cpu_milli };
	struct heap heap;

	heap_read(view->container, &given, view->arena, &heap);
	if (heap.threads > 0 && !heap.threads_follow && heap.threads_setting && *heap.threads_setting) {
		*threads = (double)heap.threads;
		return heap.threads_setting;
	}
	return NULL;
}

static void threads_above_quota(struct sizing_view *view, const struct cpu_facts *facts, double use)
{
	struct sizing *sizing = view->sizing;
	double threads = facts->threads;
	const char *setting = threads_setting(view, &threads);
	const char *what = setting ? arena_formatf(view->arena, " (%s)", setting) : "";

	if (threads * 1000 > 1.5 * (double)view_limit(view)) {
		view_found(view, STATUS_SUSPECT, CAUSE_THREADS_ABOVE_QUOTA, throttling_severity(view, facts), NULL);
		sizing->next_step = arena_formatf(
			view->arena,
			"let it run no more threads at once than its limit of %s feeds, or take the limit away",
			view_text(view, view_limit(view)));
		sizing->because =
			arena_formatf(view->arena, "%s; %.0f threads%s use up a period's quota before it ends",
				      throttling_because(view, facts, use), threads, what);
		return;
	}
	view_found(view, STATUS_ELSEWHERE, CAUSE_LIMIT_TOO_LOW, throttling_severity(view, facts),
		   "it was throttled, but its limit is above what it needs by all that was measured: the bursts "
		   "are shorter than the time between two samples, or the limit was raised since");
	sizing->because = throttling_because(view, facts, use);
	sizing->next_step = "measure again with the limit as it is, at shorter intervals";
}

/* Thin evidence: it says what is wrong, and not how much would be right. */
static void throttled_thinly(struct sizing_view *view, const struct cpu_facts *facts)
{
	view_found(view, STATUS_SUSPECT, CAUSE_LIMIT_TOO_LOW, SEVERITY_MEDIUM,
		   "it is throttled, but too little was measured to say what it needs");
	view->sizing->because = arena_formatf(view->arena, "throttled in %.1f %% of the periods", facts->throttled * 100);
	view->sizing->next_step = "measure its CPU usage for longer";
}

static bool diagnose_throttled(struct sizing_view *view, const struct cpu_facts *facts)
{
	struct sizing *sizing = view->sizing;
	double use = unthrottled_use(facts);
	int64_t limit;

	if (!is_throttled(view, facts) || facts->start >= AT_START)
		return false;
	if (isnan(use)) {
		throttled_thinly(view, facts);
		return true;
	}
	limit = view_size(view, use * HEADROOM);
	if (view->nodes->most_cpu_milli > 0)
		limit = MIN(limit, view->nodes->most_cpu_milli);
	if ((double)limit < (double)view_limit(view) * WORTH) {
		threads_above_quota(view, facts, use);
	} else if (facts->thin || !view->need->known) {
		throttled_thinly(view, facts);
	} else {
		view_found(view, STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, throttling_severity(view, facts), NULL);
		sizing->limit_to = limit;
		sizing->request_to = MAX(sizing->request_from, view_size(view, sizing->target));
		sizing->because = throttling_because(view, facts, use);
	}
	return true;
}

/* Only where the node was seen to be busy: threads of its own also wait for one another. */
static bool diagnose_contention(struct sizing_view *view, const struct cpu_facts *facts)
{
	struct sizing *sizing = view->sizing;
	double node = VIEW_NODE(view, cpu_pressure), busy = VIEW_NODE(view, cpu_used);

	if (!(facts->contention >= PRESSURE) || (!(node >= PRESSURE) && !(busy >= NODE_BUSY)))
		return false;
	if (view->need->known && sizing->request_from < view_size(view, sizing->target))
		return sizing->request_from >= 0 ? diagnose_request_low(view, SEVERITY_HIGH)
						 : diagnose_no_request(view);
	view_found(view, STATUS_ELSEWHERE, CAUSE_NODE_SHORT, SEVERITY_MEDIUM, NULL);
	sizing->because = arena_formatf(view->arena,
					"it waited for a CPU in %.0f %% of the time, not because of its quota, and "
					"used less than it requests",
					facts->contention * 100);
	sizing->next_step = "give the node less to do, or requests to those of its pods that have none";
	return true;
}

static bool pod_is_idle(const struct sizing_view *view)
{
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		uint32_t number = view->workload->first_container + i;
		const struct usage_series *cpu = usage_get(view->usage, number, USAGE_CPU);

		if (container_stays(&view->cluster->containers[number])
		    && (!(usage_percentile(cpu, 0.95) < IDLE_CORES) || !(usage_percentile(cpu, 1) < IDLE_MOST)))
			return false;
	}
	return true;
}

/* A standby does nothing until the day it is needed. */
static bool diagnose_idle(struct sizing_view *view)
{
	struct sizing *sizing = view->sizing;

	if (view->rightsizing->options.recommender == RECOMMENDER_VPA || workload_is_batch(view->workload)
	    || !container_stays(view->container)
	    || sizing->request_from < IDLE_RATIO * view_size(view, sizing->upper) || !pod_is_idle(view))
		return false;
	view_found(view, STATUS_SUSPECT, CAUSE_IDLE, SEVERITY_LOW, NULL);
	sizing->because = arena_formatf(view->arena, "no container of its pods used more than %s in 95 %% of the time; it requests %s",
					use_text(view->arena, RESOURCE_CPU, IDLE_CORES),
					view_text(view, sizing->request_from));
	sizing->next_step =
		"if it is no standby, scale it to zero or remove it; if it is one, leave it, or measure it at work";
	return true;
}

static bool diagnose_slow_start(struct sizing_view *view, const struct cpu_facts *facts)
{
	struct sizing *sizing = view->sizing;

	if (!is_throttled(view, facts) || !(facts->start >= AT_START))
		return false;
	view_found(view, STATUS_SUSPECT, CAUSE_LIMIT_TOO_LOW, SEVERITY_LOW,
		   "it is throttled while it starts, and hardly afterwards");
	sizing->because = arena_formatf(view->arena,
					"%.0f %% of what was throttled fell into the first %d minutes of its pods",
					facts->start * 100, USAGE_START_SEC / 60);
	sizing->next_step = "if it starts too slowly or startup probes fail, raise or remove the limit; the "
			    "request needs no change";
	return true;
}

static bool diagnose_no_limit(struct sizing_view *view, const struct cpu_facts *facts)
{
	struct sizing *sizing = view->sizing;

	if (!view->rightsizing->options.cpu_limits || sizing->limit_from >= 0 || isnan(facts->most) || !view->need->known)
		return false;
	/* Of a standby, or of what waits for its node, the most that was used says nothing of what it needs. */
	if (sizing->status != STATUS_SATISFIED && !sizing_changes(sizing))
		return false;
	/* Beside another change it comes along. */
	if (!sizing_changes(sizing)) {
		view_found(view, STATUS_RECOMMEND, CAUSE_NO_CPU_LIMIT, SEVERITY_LOW, NULL);
		sizing->because = arena_formatf(view->arena, "it used up to %s",
						use_text(view->arena, RESOURCE_CPU, facts->most));
	}
	sizing->limit_to = MAX(view_size(view, unthrottled_use(facts) * HEADROOM), sizing->request_to);
	return true;
}

static bool diagnose_request(struct sizing_view *view)
{
	return diagnose_unmeasured(view) || diagnose_no_request(view) || diagnose_request_low(view, SEVERITY_MEDIUM)
	       || diagnose_idle(view) || diagnose_request_high(view);
}

void cpu_diagnose(struct sizing_view *view)
{
	struct cpu_facts facts;

	cpu_facts(view, &facts);
	if (!diagnose_throttled(view, &facts) && !diagnose_contention(view, &facts) && !diagnose_request(view))
		(void)diagnose_slow_start(view, &facts);
	(void)diagnose_no_limit(view, &facts);
}
