/* SPDX-License-Identifier: Apache-2.0 */
/* What containers used, from the control groups that a kubelet makes for them, of a snapshot that was measured on their node:
 *
 *	/kubepods/burstable/podc9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e/ID				cgroupfs driver
 *	/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podc9ac5bf5_….slice/cri-containerd-ID.scope	systemd driver
 *	/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podc9ac5bf5_….slice/…		a root of its own
 *
 * Guaranteed pods are directly below kubepods.  Whose a group is comes from the ids in the pods' status, else from what the kubelet probe
 * found on the node (pod_namespace, pod_name, container_name).  The sandbox of a pod has a group too, and no name.
 * kubernetes pkg/kubelet/cm/cgroup_manager_linux.go, pkg/kubelet/cm/pod_container_manager_linux.go */
#include <errno.h>

#include "../core/cgroup-name.h"
#include "../core/parse.h"
#include "../core/strbuf.h"
#include "series.h"

#define SOURCE "control groups"

/* What a group's path says. */
struct group_name {
	char uid[CGROUP_POD_UID_MAX + 1], id[CGROUP_CONTAINER_ID_LENGTH + 1];	/* "" */
	bool is_pod, is_container;	/* itself, not one above it */
};

struct group {				/* of a container */
	subject_id subject;
	struct group_name name;
	const char *namespace, *pod, *container;	/* "" where not known */
	uint32_t number;		/* in cluster.containers; CLUSTER_NONE */
	double began_sec;		/* NAN: before the window */
};

struct pod_group {
	const char *uid;
	subject_id subject;		/* SUBJECT_NONE: only its containers were seen */
	uint32_t first, named;		/* a named group + 1; how many different names there are */
	double oom_kills;		/* of its containers */
};

struct tree {
	struct usage *usage;
	struct cluster *cluster;
	const struct snapshot *snapshot;
	const struct window *window;
	double *ends;			/* of the slots, since 1970 */
	const char *node;
	struct group *groups;
	size_t n_groups, groups_capacity;
	struct symbols uids;
	struct pod_group *pods;		/* by symbol */
	size_t pods_capacity;
	struct symbols ids;		/* of containers: their groups */
	uint32_t *group_of_id;
	size_t group_of_id_capacity;
};

static void tree_release(struct tree *tree)
{
	symbols_release(&tree->uids);
	symbols_release(&tree->ids);
	free(tree->ends);
	free(tree->groups);
	free(tree->pods);
	free(tree->group_of_id);
}

/* ---- names ---- */

/* A container is the first group with an id below its pod's: the ids above belong to a node that is a container itself. */
static struct group_name group_name_parse(const char *path)
{
	CLEANUP(strbuf_release) struct strbuf component = STRBUF_INIT;
	struct group_name name = { .uid = "", .id = "" };

	for (const char *c = path; *c == '/';) {
		size_t length = strcspn(++c, "/");

		strbuf_reset(&component);
		strbuf_add(&component, c, length);
		name.is_pod = name.is_container = false;
		if (cgroup_pod_uid(component.buf, name.uid)) {
			name.is_pod = true;
			name.id[0] = '\0';
		} else if (name.uid[0] && !name.id[0]) {
			name.is_container = cgroup_container_id(component.buf, name.id);
		}
		c += length;
	}
	return name;
}

static const char *text_or_empty(const struct snapshot *snapshot, subject_id subject, const char *key)
{
	const char *text = snapshot_text(snapshot, subject, key);

	return text ? text : "";
}

static struct pod_group *pod_of(struct tree *tree, const char *uid)
{
	uint32_t known = tree->uids.count, symbol = symbols_intern(&tree->uids, uid, strlen(uid));

	if (symbol == known) {
		GROW(tree->pods, tree->pods_capacity, symbol + 1);
		tree->pods[symbol] = (struct pod_group){ .uid = tree->uids.names[symbol], .subject = SUBJECT_NONE };
	}
	return &tree->pods[symbol];
}

static void group_add(struct tree *tree, subject_id subject, const struct group_name *name)
{
	const struct snapshot *snapshot = tree->snapshot;
	uint32_t known = tree->ids.count, symbol = symbols_intern(&tree->ids, name->id, strlen(name->id));

	GROW(tree->groups, tree->groups_capacity, tree->n_groups + 1);
	tree->groups[tree->n_groups] = (struct group){
		.subject = subject,
		.name = *name,
		.namespace = text_or_empty(snapshot, subject, "pod_namespace"),
		.pod = text_or_empty(snapshot, subject, "pod_name"),
		.container = text_or_empty(snapshot, subject, "container_name"),
		.number = CLUSTER_NONE,
		.began_sec = NAN,
	};
	if (symbol == known) {
		GROW(tree->group_of_id, tree->group_of_id_capacity, symbol + 1);
		tree->group_of_id[symbol] = (uint32_t)tree->n_groups;
	}
	tree->n_groups++;
}

static void find_groups(struct tree *tree)
{
	const struct snapshot *snapshot = tree->snapshot;

	for (uint32_t i = 0; i < snapshot_kind_count(snapshot, SUBJECT_KIND_CGROUP); i++) {
		subject_id subject = snapshot_kind_get(snapshot, SUBJECT_KIND_CGROUP, i);
		struct group_name name = group_name_parse(snapshot_subject_get(snapshot, subject)->name);

		if (name.is_pod)
			pod_of(tree, name.uid)->subject = subject;
		if (name.is_container)
			group_add(tree, subject, &name);
	}
}

/* By the ids in the status of pods. */
static void name_by_status(struct tree *tree)
{
	const struct cluster *cluster = tree->cluster;

	for (uint32_t p = 0; p < cluster->n_pods; p++) {
		const struct cluster_pod *pod = &cluster->pods[p];

		for (uint32_t c = pod->first_container; c < pod->first_container + pod->n_containers; c++) {
			const struct pod_container *container = &cluster->pod_containers[c];
			uint32_t symbol = container->id && *container->id
					? symbols_find(&tree->ids, container->id, strlen(container->id)) : SYMBOL_NONE;
			struct group *group;

			if (symbol == SYMBOL_NONE)
				continue;
			group = &tree->groups[tree->group_of_id[symbol]];
			group->namespace = pod->namespace;
			group->pod = pod->name;
			group->container = container->name;
			group->number = container->container;
		}
	}
}

static bool is_named(const struct group *group)
{
	return *group->pod && *group->container;
}

/* A container that came during the window, in a pod that has only one: it was restarted. */
static void name_restarted(struct tree *tree)
{
	for (size_t i = 0; i < tree->n_groups; i++) {
		struct pod_group *pod = pod_of(tree, tree->groups[i].name.uid);
		const struct group *first = pod->first ? &tree->groups[pod->first - 1] : NULL;

		if (!is_named(&tree->groups[i]))
			continue;
		if (!first)
			pod->first = (uint32_t)i + 1;
		if (!first || !streq(first->container, tree->groups[i].container))
			pod->named++;
	}
	for (size_t i = 0; i < tree->n_groups; i++) {
		struct group *group = &tree->groups[i];
		struct pod_group *pod = pod_of(tree, group->name.uid);

		if (is_named(group) || pod->named != 1 || isnan(group->began_sec))
			continue;
		group->namespace = tree->groups[pod->first - 1].namespace;
		group->pod = tree->groups[pod->first - 1].pod;
		group->container = tree->groups[pod->first - 1].container;
		group->number = tree->groups[pod->first - 1].number;
	}
}

/* ---- time ---- */

static void find_ends(struct tree *tree)
{
	double at = tree->window->start_realtime;

	tree->ends = xcalloc((size_t)tree->window->slot_count + 1, sizeof(tree->ends[0]));
	for (uint32_t i = 0; i < tree->window->slot_count; i++)
		tree->ends[i] = at += tree->window->slot_seconds[i];
}

static double slot_begin(const struct tree *tree, uint32_t slot)
{
	return slot == 0 ? tree->window->start_realtime : tree->ends[slot - 1];
}

static const struct series *metric_of(const struct tree *tree, subject_id subject, const char *key)
{
	const struct series *series = snapshot_metric(tree->snapshot, subject, key);

	return series && !series->frozen && series->samples > 0 ? series : NULL;
}

/* When a group appeared that was not there at the first tick. */
static void find_beginnings(struct tree *tree)
{
	static const char *const keys[] = { "pids.current", "memory.current", "memory.usage_in_bytes" };

	for (size_t i = 0; i < tree->n_groups; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			const struct series *series = metric_of(tree, tree->groups[i].subject, keys[k]);

			if (series && series->first_slot > 0 && series->first_slot < tree->window->slot_count)
				tree->groups[i].began_sec = slot_begin(tree, series->first_slot);
		}
	}
}

/* ---- metrics ---- */

/* A metric by its names in v2 and v1; the first that there is counts.  scale: of one of its units in seconds, bytes, counts. */
struct metric_name {
	enum usage_metric metric;
	const char *key;
	double scale;
};

/* clang-format off */
static const struct metric_name metric_names[] = {
	{ USAGE_MEMORY_USAGE,		"memory.current", 1 },
	{ USAGE_MEMORY_USAGE,		"memory.usage_in_bytes", 1 },
	{ USAGE_MEMORY_ANON,		"memory.stat.anon", 1 },
	{ USAGE_MEMORY_ANON,		"memory.stat.total_rss", 1 },
	{ USAGE_MEMORY_ACTIVE_FILE,	"memory.stat.active_file", 1 },
	{ USAGE_MEMORY_ACTIVE_FILE,	"memory.stat.total_active_file", 1 },
	{ USAGE_MEMORY_INACTIVE_FILE,	"memory.stat.inactive_file", 1 },
	{ USAGE_MEMORY_INACTIVE_FILE,	"memory.stat.total_inactive_file", 1 },
	{ USAGE_MEMORY_SLAB_RECLAIMABLE, "memory.stat.slab_reclaimable", 1 },
	{ USAGE_MEMORY_SWAP,		"memory.swap.current", 1 },
	{ USAGE_MEMORY_SWAP,		"memory.stat.total_swap", 1 },
	{ USAGE_THREADS,		"pids.current", 1 },
	{ USAGE_CPU_PERIODS,		"cpu.nr_periods", 1 },
	{ USAGE_CPU_THROTTLED_PERIODS,	"cpu.nr_throttled", 1 },
	{ USAGE_CPU_THROTTLED_SEC,	"cpu.throttled_usec", 1e-6 },
	{ USAGE_CPU_THROTTLED_SEC,	"cpu.throttled_time", 1e-9 },
	{ USAGE_OOM_KILLS,		"memory.events.oom_kill", 1 },
	{ USAGE_OOM_KILLS,		"memory.oom_control.oom_kill", 1 },
	{ USAGE_OOM_EVENTS,		"memory.events.oom", 1 },
	{ USAGE_MEMORY_MAX_EVENTS,	"memory.events.local.max", 1 },
	{ USAGE_MEMORY_MAX_EVENTS,	"memory.events.max", 1 },
	{ USAGE_MEMORY_MAX_EVENTS,	"memory.failcnt", 1 },
	{ USAGE_MEMORY_HIGH_EVENTS,	"memory.events.high", 1 },
	{ USAGE_REFAULTS,		"memory.stat.workingset_refault_file", 1 },
	{ USAGE_REFAULTS,		"memory.stat.total_workingset_refault_file", 1 },
	{ USAGE_PSI_CPU_SEC,		"psi.cpu.some.total", 1e-6 },
	{ USAGE_PSI_CPU_FULL_SEC,	"psi.cpu.full.total", 1e-6 },
	{ USAGE_PSI_MEMORY_SEC,		"psi.memory.some.total", 1e-6 },
	{ USAGE_PSI_MEMORY_FULL_SEC,	"psi.memory.full.total", 1e-6 },
	{ USAGE_PSI_IO_SEC,		"psi.io.some.total", 1e-6 },
	{ USAGE_PSI_IO_FULL_SEC,	"psi.io.full.total", 1e-6 },
};
/* clang-format on */

/* Who is fed: a container, or a node's slice. */
struct fed {
	struct tree *tree;
	subject_id subject;
	uint32_t container;		/* CLUSTER_NONE: a slice */
	const char *pod, *slice;
	bool is_new;			/* it appeared during the window: what its counters began with was counted then */
};

static struct usage_feed *feed_of(const struct fed *fed, enum usage_metric metric)
{
	if (fed->container == CLUSTER_NONE)
		return usage_node_feed(fed->tree->usage, fed->tree->node, fed->slice, metric, SOURCE);
	return usage_feed(fed->tree->usage, fed->container, fed->pod, metric, SOURCE);
}

static const struct metric_name *metric_present(const struct fed *fed, enum usage_metric metric, const struct series **ret_series)
{
	for (size_t i = 0; i < ARRAY_SIZE(metric_names); i++) {
		if (metric_names[i].metric != metric)
			continue;
		*ret_series = metric_of(fed->tree, fed->subject, metric_names[i].key);
		if (*ret_series)
			return &metric_names[i];
	}
	return NULL;
}

/* The slot with the highest value stands for the highest that was seen: where slots were merged, their values are means. */
static uint32_t peak_slot(const struct snapshot *snapshot, const struct series *series, uint32_t n)
{
	uint32_t best = UINT32_MAX;
	double most = -HUGE_VAL;

	for (uint32_t slot = 0; slot < n; slot++) {
		double value = series_slot_value(snapshot, series, slot);

		if (value > most) {
			most = value;
			best = slot;
		}
	}
	return best;
}

static void feed_gauge(const struct fed *fed, struct usage_feed *feed, const struct series *series, double scale)
{
	const struct tree *tree = fed->tree;
	uint32_t n = tree->window->slot_count;
	uint32_t peak = tree->window->merges > 0 ? peak_slot(tree->snapshot, series, n) : UINT32_MAX;

	for (uint32_t slot = 0; slot < n; slot++) {
		double value = series_slot_value(tree->snapshot, series, slot);

		if (slot == peak && isfinite(series->max))
			value = series->max;
		if (!isnan(value))
			usage_gauge(feed, tree->ends[slot], value * scale);
	}
	if (n == 0)
		usage_gauge(feed, tree->window->end_realtime, series->last * scale);
}

static void feed_counter(const struct fed *fed, struct usage_feed *feed, const struct series *series, double scale)
{
	const struct tree *tree = fed->tree;
	uint32_t n = tree->window->slot_count, first = series->first_slot;
	double sum = 0;

	if (n == 0 || first > n)
		return;			/* since nobody knows when */
	if (fed->is_new && first > 0) {
		usage_counter(feed, slot_begin(tree, first - 1), 0);
		sum = series->first;
	}
	usage_counter(feed, slot_begin(tree, first), sum * scale);
	for (uint32_t slot = first; slot < n; slot++) {
		double rate = series_slot_value(tree->snapshot, series, slot);

		if (isnan(rate))
			continue;
		sum += rate * tree->window->slot_seconds[slot];
		usage_counter(feed, tree->ends[slot], sum * scale);
	}
}

/* In a hybrid the tree of v2 counts CPU time too, of groups that may hold no process: the one that counted more is meant. */
static void feed_cpu(const struct fed *fed)
{
	const struct series *v2 = metric_of(fed->tree, fed->subject, "cpu.usage_usec");
	const struct series *v1 = metric_of(fed->tree, fed->subject, "cpuacct.usage");
	double v2_sec = v2 ? v2->delta * 1e-6 : -1, v1_sec = v1 ? v1->delta * 1e-9 : -1;
	const struct series *series = v2_sec >= v1_sec ? v2 : v1;

	if (series && fed->tree->window->slot_count > 0)
		feed_gauge(fed, feed_of(fed, USAGE_CPU), series, series == v2 ? 1e-6 : 1e-9);
}

/* What the kubelet counts when it decides whom to evict: all but the page cache that goes first. */
static void feed_working_set(const struct fed *fed)
{
	const struct tree *tree = fed->tree;
	const struct series *all, *inactive;
	struct usage_feed *feed;

	if (!metric_present(fed, USAGE_MEMORY_USAGE, &all) || !metric_present(fed, USAGE_MEMORY_INACTIVE_FILE, &inactive))
		return;
	feed = feed_of(fed, USAGE_MEMORY_WORKING_SET);
	for (uint32_t slot = 0; slot < tree->window->slot_count; slot++) {
		double value = series_slot_value(tree->snapshot, all, slot) - series_slot_value(tree->snapshot, inactive, slot);

		if (!isnan(value))
			usage_gauge(feed, tree->ends[slot], fmax(value, 0));
	}
	if (tree->window->slot_count == 0)
		usage_gauge(feed, tree->window->end_realtime, fmax(all->last - inactive->last, 0));
}

static void feed_all(const struct fed *fed)
{
	enum usage_metric metric;

	feed_cpu(fed);
	feed_working_set(fed);
	for (size_t i = 0; i < ARRAY_SIZE(metric_names); i++) {
		const struct metric_name *name;
		const struct series *series;

		metric = metric_names[i].metric;
		if (i > 0 && metric_names[i - 1].metric == metric)
			continue;
		name = metric_present(fed, metric, &series);
		if (!name)
			continue;
		if (usage_metric_is_counter(metric))
			feed_counter(fed, feed_of(fed, metric), series, name->scale);
		else
			feed_gauge(fed, feed_of(fed, metric), series, name->scale);
	}
}

/* ---- OOM kills ---- */

/* How often in all, in the window: NAN when nobody counted. */
static double kills_in_window(const struct tree *tree, subject_id subject, bool is_new)
{
	static const char *const keys[] = { "memory.events.oom_kill", "memory.oom_control.oom_kill" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct series *series = metric_of(tree, subject, keys[i]);

		if (series)
			return series->delta + (is_new ? series->first : 0);
	}
	return NAN;
}

/* Settings were read at the beginning: of a group that came later only what the cluster says is known.  NAN: no limit. */
static double limit_of(const struct tree *tree, const struct group *group)
{
	const struct amount *limit = &tree->cluster->containers[group->number].resources.limits.of[RESOURCE_MEMORY];
	const char *text = snapshot_text(tree->snapshot, group->subject, "effective.memory.max");
	double bytes;

	if (text)
		return parse_real(text, &bytes) == 0 ? bytes : NAN;
	return limit->given && !limit->wrong ? quantity_real(&limit->quantity) : NAN;
}

/* What it was allowed, where it met that; else what it used at most. */
static double memory_at_kill(const struct tree *tree, const struct group *group)
{
	static const char *const met[] = { "memory.events.oom", "memory.events.max", "memory.failcnt" };
	const struct series *used = metric_of(tree, group->subject, "memory.current");
	double limit = limit_of(tree, group);

	for (size_t i = 0; i < ARRAY_SIZE(met); i++) {
		const struct series *series = metric_of(tree, group->subject, met[i]);

		if (series && series->last > 0 && !isnan(limit))
			return limit;
	}
	if (!used)
		used = metric_of(tree, group->subject, "memory.usage_in_bytes");
	return used && isfinite(used->max) ? used->max : used ? used->last : NAN;
}

/* One for each interval with kills, and one for those before. */
static void note_kills(struct tree *tree, const struct group *group)
{
	static const char *const keys[] = { "memory.events.oom_kill", "memory.oom_control.oom_kill" };
	const struct series *series = metric_of(tree, group->subject, keys[0]);
	double memory;

	if (!series)
		series = metric_of(tree, group->subject, keys[1]);
	if (!series || (series->delta <= 0 && series->first <= 0 && series->last <= 0))
		return;
	memory = memory_at_kill(tree, group);
	if (series->first > 0 || tree->window->slot_count == 0)
		usage_oom(tree->usage, group->number, group->pod, isnan(group->began_sec) ? tree->window->start_realtime : group->began_sec,
			  memory);
	for (uint32_t slot = 0; slot < tree->window->slot_count; slot++)
		if (series_slot_value(tree->snapshot, series, slot) > 0)
			usage_oom(tree->usage, group->number, group->pod, tree->ends[slot], memory);
}

/* A container whose first process is killed takes its group along before the next tick; in v2 its pod's has counted it. */
static void note_pod_kills(struct tree *tree, const struct pod_group *pod)
{
	double kills = pod->subject == SUBJECT_NONE ? NAN : kills_in_window(tree, pod->subject, false);
	const struct group *group = pod->first ? &tree->groups[pod->first - 1] : NULL;

	if (!(kills - pod->oom_kills > 0) || !group || group->number == CLUSTER_NONE || tree->window->slot_count == 0)
		return;
	if (pod->named > 1) {
		(void)diag_warning(usage_notes(tree->usage), NULL, "pod %s/%s: %.0f OOM kills of a container that was gone before it was "
				   "measured, and nobody knows which of %u", group->namespace, group->pod, kills - pod->oom_kills, pod->named);
		return;
	}
	usage_increase(usage_feed(tree->usage, group->number, group->pod, USAGE_OOM_KILLS, SOURCE), tree->window->start_realtime,
		       tree->window->end_realtime, kills - pod->oom_kills);
	usage_oom(tree->usage, group->number, group->pod, tree->window->end_realtime, memory_at_kill(tree, group));
}

/* ---- restarts ---- */

/* Every group of the same pod and name after the first is one. */
static void feed_restarts(struct tree *tree)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(symbols_release) struct symbols seen = SYMBOLS_INIT;
	CLEANUP(free_ptr) uint32_t *counts = NULL, *group_of = NULL;

	counts = xcalloc(tree->n_groups + 1, sizeof(*counts));
	group_of = xcalloc(tree->n_groups + 1, sizeof(*group_of));
	for (size_t i = 0; i < tree->n_groups; i++) {
		const struct group *group = &tree->groups[i];
		uint32_t symbol;

		if (group->number == CLUSTER_NONE)
			continue;
		strbuf_reset(&key);
		strbuf_addf(&key, "%s/%s/%s", group->namespace, group->pod, group->container);
		symbol = symbols_intern(&seen, key.buf, key.len);
		if (counts[symbol]++ == 0)
			group_of[symbol] = (uint32_t)i;
	}
	for (uint32_t i = 0; i < seen.count && tree->window->slot_count > 0; i++) {
		const struct group *group = &tree->groups[group_of[i]];

		usage_increase(usage_feed(tree->usage, group->number, group->pod, USAGE_RESTARTS, SOURCE), tree->window->start_realtime,
			       tree->window->end_realtime, counts[i] - 1);
	}
}

/* ---- a cluster made of what runs on the node ---- */

/* "max 100000", "50000 100000"; v1 has two files.  Milli-cores, -1: none. */
static int64_t own_cpu_limit(const struct tree *tree, subject_id subject)
{
	const char *max = snapshot_text(tree->snapshot, subject, "cpu.max");
	const char *quota = snapshot_text(tree->snapshot, subject, "cpu.cfs_quota_us");
	const char *period = snapshot_text(tree->snapshot, subject, "cpu.cfs_period_us");
	uint64_t usec, of_usec;

	if (max) {
		if (!scan_u64(&max, &usec) || *max++ != ' ' || parse_u64(max, &of_usec) < 0)
			return -1;
	} else if (!quota || !period || parse_u64(quota, &usec) < 0 || parse_u64(period, &of_usec) < 0) {
		return -1;		/* -1 of v1 is no number here */
	}
	if (of_usec == 0 || usec > UINT64_MAX / 1000)
		return -1;
	return (int64_t)MIN(usec * 1000 / of_usec, (uint64_t)INT32_MAX);
}

/* What 1024 shares are a CPU of, rounded up since the kubelet rounded down; 2 are what it gives without a request.  v2 has a weight, which
 * runtimes make of shares in two ways, so nothing can be told from it. */
static int64_t own_cpu_request(const struct tree *tree, subject_id subject)
{
	const char *text = snapshot_text(tree->snapshot, subject, "cpu.shares");
	uint64_t shares;

	if (!text || parse_u64(text, &shares) < 0 || shares <= 2 || shares > 262144)
		return -1;
	return (int64_t)((shares * 1000 + 1023) / 1024);
}

static int64_t own_memory_limit(const struct tree *tree, subject_id subject)
{
	static const char *const keys[] = { "memory.max", "memory.limit_in_bytes" };
	uint64_t bytes;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *text = snapshot_text(tree->snapshot, subject, keys[i]);

		if (text)	/* what v1 has for none is nearly the greatest number that there is */
			return parse_u64(text, &bytes) == 0 && bytes < INT64_MAX - UINT16_MAX ? (int64_t)bytes : -1;
	}
	return -1;
}

/* In whose slice a pod is.  What is guaranteed has requests that are its limits, best effort has none. */
static const char *qos_of(const struct tree *tree, subject_id subject)
{
	const char *path = snapshot_subject_get(tree->snapshot, subject)->name;

	return strstr(path, "besteffort") ? "BestEffort" : strstr(path, "burstable") ? "Burstable" : "Guaranteed";
}

static void make_container(struct tree *tree, const struct group *group)
{
	struct pod_container *container = cluster_add_pod_container(tree->cluster);
	bool is_guaranteed = streq(qos_of(tree, group->subject), "Guaranteed");

	container->name = cluster_name(tree->cluster, group->container);
	container->id = cluster_name(tree->cluster, group->name.id);
	container->cpu_limit = own_cpu_limit(tree, group->subject);
	container->memory_limit = own_memory_limit(tree, group->subject);
	container->cpu_request = is_guaranteed ? container->cpu_limit : own_cpu_request(tree, group->subject);
	container->memory_request = is_guaranteed ? container->memory_limit : -1;
}

/* The containers of one pod, each once: of a restarted one the first, whose settings were read. */
static void make_pod(struct tree *tree, const uint32_t *next, uint32_t first)
{
	struct cluster *cluster = tree->cluster;
	struct cluster_pod *pod = cluster_add_pod(cluster);

	pod->namespace = cluster_name(cluster, tree->groups[first].namespace);
	pod->name = cluster_name(cluster, tree->groups[first].pod);
	pod->uid = cluster_name(cluster, tree->groups[first].name.uid);
	pod->node_name = cluster_name(cluster, tree->node);
	pod->qos_class = cluster_name(cluster, qos_of(tree, tree->groups[first].subject));
	for (uint32_t i = first; i != UINT32_MAX; i = next[i]) {
		bool again = false;

		for (uint32_t before = first; before != i && !again; before = next[before])
			again = streq(tree->groups[before].container, tree->groups[i].container);
		if (!again)
			make_container(tree, &tree->groups[i]);
	}
}

/* Groups of each pod in a chain, in the order in which they were found. */
static void make_pods(struct tree *tree)
{
	CLEANUP(free_ptr) uint32_t *next = xcalloc(tree->n_groups + 1, sizeof(*next));
	CLEANUP(free_ptr) uint32_t *first = NULL, *last = NULL;

	first = xcalloc((size_t)tree->uids.count + 1, sizeof(*first));
	last = xcalloc((size_t)tree->uids.count + 1, sizeof(*last));
	for (uint32_t i = 0; i < tree->n_groups; i++) {
		const struct group *group = &tree->groups[i];
		uint32_t pod = (uint32_t)(pod_of(tree, group->name.uid) - tree->pods);

		next[i] = UINT32_MAX;
		if (!is_named(group))
			continue;
		if (first[pod] == 0)
			first[pod] = i + 1;
		else
			next[last[pod] - 1] = i;
		last[pod] = i + 1;
	}
	for (uint32_t pod = 0; pod < tree->uids.count; pod++)
		if (first[pod])
			make_pod(tree, next, first[pod] - 1);
}

/* Where nothing is given, nobody knows: the memory that is requested is written nowhere, and in v2 the CPU neither. */
static void note_unknown(struct tree *tree, const struct group *group)
{
	struct amounts *requests = &tree->cluster->containers[group->number].resources.requests;

	if (!streq(qos_of(tree, group->subject), "Burstable"))
		return;
	requests->of[RESOURCE_MEMORY].unknown = true;
	if (!snapshot_text(tree->snapshot, group->subject, "cpu.shares"))
		requests->of[RESOURCE_CPU].unknown = true;
}

static void make_cluster(struct tree *tree)
{
	struct cluster *cluster = tree->cluster;

	make_pods(tree);
	if (cluster->n_pods == 0)
		return;
	cluster_join(cluster);
	for (size_t i = 0; i < tree->n_groups; i++) {
		struct group *group = &tree->groups[i];

		if (!is_named(group))
			continue;
		group->number = cluster_match_container(cluster, group->namespace, group->pod, group->container);
		if (group->number != CLUSTER_NONE)
			note_unknown(tree, group);
	}
	(void)diag_warning(usage_notes(tree->usage), NULL,
			   "nobody was asked which pods there are: what they request is hardly seen in their control groups, and who owns them "
			   "not at all; the output of `kubectl get pods -A -o yaml` as CLUSTER tells");
}

/* ---- all of it ---- */

static void find_numbers(struct tree *tree)
{
	size_t unnamed = 0, pods_without = 0;

	for (size_t i = 0; i < tree->n_groups; i++) {
		struct group *group = &tree->groups[i];

		if (!is_named(group)) {
			unnamed++;
			continue;
		}
		if (group->number == CLUSTER_NONE)
			group->number = cluster_match_container(tree->cluster, group->namespace, group->pod, group->container);
		if (group->number == CLUSTER_NONE)
			usage_note_unmatched(tree->usage, group->namespace, group->pod, group->container);
	}
	for (uint32_t i = 0; i < tree->uids.count; i++)
		pods_without += tree->pods[i].named == 0;
	/* Each pod has one group without a name: its sandbox. */
	if (unnamed > 0 && pods_without > 0)
		(void)diag_warning(usage_notes(tree->usage), NULL,
				   "the containers of %zu of %u pods have no name; `keisoku capture` on the node itself finds them in "
				   "/var/log/containers, or the status of pods tells them", pods_without, tree->uids.count);
}

static void feed_groups(struct tree *tree)
{
	for (size_t i = 0; i < tree->n_groups; i++) {
		const struct group *group = &tree->groups[i];
		const struct fed fed = {
			.tree = tree, .subject = group->subject, .container = group->number, .pod = group->pod,
			.is_new = !isnan(group->began_sec),
		};
		double kills;

		if (group->number == CLUSTER_NONE)
			continue;
		feed_all(&fed);
		note_kills(tree, group);
		kills = kills_in_window(tree, group->subject, fed.is_new);
		if (!isnan(kills))
			pod_of(tree, group->name.uid)->oom_kills += kills;
	}
	for (uint32_t i = 0; i < tree->uids.count; i++)
		note_pod_kills(tree, &tree->pods[i]);
	feed_restarts(tree);
}

/* The node's slices, for what the kubelet reserves for them, and the node itself. */
static void feed_slices(struct tree *tree)
{
	CLEANUP(strbuf_release) struct strbuf slice = STRBUF_INIT;

	for (uint32_t i = 0; i < snapshot_kind_count(tree->snapshot, SUBJECT_KIND_CGROUP); i++) {
		subject_id subject = snapshot_kind_get(tree->snapshot, SUBJECT_KIND_CGROUP, i);

		if (!series_slice(snapshot_subject_get(tree->snapshot, subject)->name, &slice))
			continue;
		feed_all(&(struct fed){ .tree = tree, .subject = subject, .container = CLUSTER_NONE, .pod = "", .slice = slice.buf });
	}
}

/* The pressure of the whole node is the host's; the top group of v2 says nothing of memory either. */
static void feed_host(struct tree *tree)
{
	static const struct { const char *key; enum usage_metric metric; } pressures[] = {
		{ "psi.cpu.some.total", USAGE_PSI_CPU_SEC }, { "psi.memory.some.total", USAGE_PSI_MEMORY_SEC },
		{ "psi.memory.full.total", USAGE_PSI_MEMORY_FULL_SEC }, { "psi.io.some.total", USAGE_PSI_IO_SEC },
		{ "psi.io.full.total", USAGE_PSI_IO_FULL_SEC },
	};
	const struct fed fed = { .tree = tree, .subject = SUBJECT_HOST, .container = CLUSTER_NONE, .pod = "", .slice = "" };
	const struct series *total = metric_of(tree, SUBJECT_HOST, "meminfo.MemTotal");
	const struct series *free = metric_of(tree, SUBJECT_HOST, "meminfo.MemFree");
	const struct series *inactive = metric_of(tree, SUBJECT_HOST, "meminfo.Inactive(file)");
	subject_id top = snapshot_find_subject(tree->snapshot, SUBJECT_KIND_CGROUP, "/");
	bool top_has_pressure = top != SUBJECT_NONE && metric_of(tree, top, "psi.cpu.some.total");
	bool top_has_memory = top != SUBJECT_NONE && (metric_of(tree, top, "memory.usage_in_bytes") || metric_of(tree, top, "memory.current"));

	for (size_t i = 0; i < ARRAY_SIZE(pressures) && !top_has_pressure; i++) {
		const struct series *series = metric_of(tree, SUBJECT_HOST, pressures[i].key);

		if (series)
			feed_counter(&fed, feed_of(&fed, pressures[i].metric), series, 1e-6);
	}
	if (!total || !free || !inactive || top_has_memory)
		return;
	for (uint32_t slot = 0; slot < tree->window->slot_count; slot++) {
		double used = series_slot_value(tree->snapshot, total, slot) - series_slot_value(tree->snapshot, free, slot) -
			      series_slot_value(tree->snapshot, inactive, slot);

		if (!isnan(used))
			usage_gauge(feed_of(&fed, USAGE_MEMORY_WORKING_SET), tree->ends[slot], fmax(used * 1024, 0));
	}
}

static bool is_empty(const struct cluster *cluster)
{
	return cluster->n_workloads == 0 && cluster->n_pods == 0 && cluster->n_nodes == 0;
}

int usage_read_snapshot(struct usage *usage, struct cluster *cluster, const struct snapshot *snapshot)
{
	CLEANUP(tree_release) struct tree tree = {
		.usage = usage, .cluster = cluster, .snapshot = snapshot, .window = snapshot_window_get(snapshot),
		.node = text_or_empty(snapshot, SUBJECT_HOST, "kernel.hostname"),
	};

	find_groups(&tree);
	if (tree.n_groups == 0)
		return diag_error(usage_notes(usage), NULL,
				  "the snapshot has no control groups of a kubelet's containers; expected one of a node of the cluster");
	find_ends(&tree);
	find_beginnings(&tree);
	name_by_status(&tree);
	name_restarted(&tree);
	if (is_empty(cluster))
		make_cluster(&tree);
	find_numbers(&tree);
	feed_groups(&tree);
	feed_slices(&tree);
	feed_host(&tree);
	return 0;
}
