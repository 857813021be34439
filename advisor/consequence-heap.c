/* SPDX-License-Identifier: Apache-2.0 */
/* Memory limits and the heaps of runtimes, CPU limits and the threads they start. */
#include "heap.h"
#include "workload-view.h"

#define MIB (1LL << 20)

/* A JVM that sees less than two processors, or less than this, collects with one thread (before JDK 27): os::is_server_class_machine(). */
#define SERVER_MEMORY (1792 * MIB)
#define SERVER_MILLI 1000

static enum consequence_kind kind_of(const struct heap *heap)
{
	return heap->runtime == HEAP_JVM ? CONSEQUENCE_JVM : heap->runtime == HEAP_GO ? CONSEQUENCE_GO : CONSEQUENCE_RUNTIME;
}

static struct heap read_heap(struct workload_view *view, const struct sizing_row *row, bool then)
{
	const struct cluster_node *node = view_node(view);
	struct heap_given given = HEAP_GIVEN_NONE;
	struct heap heap;

	given.memory_limit = then ? row->of[RESOURCE_MEMORY].limit_to : row->of[RESOURCE_MEMORY].limit_from;
	given.memory_request = then ? row->of[RESOURCE_MEMORY].request_to : row->of[RESOURCE_MEMORY].request_from;
	given.cpu_limit = then ? row->of[RESOURCE_CPU].limit_to : row->of[RESOURCE_CPU].limit_from;
	given.cpu_request = then ? row->of[RESOURCE_CPU].request_to : row->of[RESOURCE_CPU].request_from;
	if (node) {
		given.node_memory = amount_size(&node->allocatable.of[RESOURCE_MEMORY], RESOURCE_MEMORY);
		given.node_cpu = amount_size(&node->allocatable.of[RESOURCE_CPU], RESOURCE_CPU);
	}
	heap_read(&view->cluster->containers[row->container], &given, &view->arena, &heap);
	return heap;
}

/* How the runtime would be told another bound: "-Xmx614m". */
static const char *advice(struct workload_view *view, const struct heap *heap, int64_t bytes)
{
	const char *hole = strstr(heap->advice, "%s");

	if (!hole || bytes < MIB)
		return NULL;
	return arena_formatf(&view->arena, "%.*s%lld%s", (int)(hole - heap->advice), heap->advice, (long long)(bytes / MIB), hole + 2);
}

/* The heap that goes into a limit with what is then beside it; 0 or less: none does. */
static int64_t heap_within(const struct heap *heap, int64_t limit)
{
	double fixed = (double)heap->beside - heap->beside_share * (double)heap->most;

	return (int64_t)(((double)limit - fixed) / (1 + heap->beside_share));
}

/* A heap of a fixed size must go into the limit with what is beside it. */
void bound_heap(struct workload_view *view, struct sizing_row *row, enum resource resource)
{
	struct arena *arena = &view->rightsizing->arena;
	struct sizing *sizing = &row->of[resource];
	const char *instead;
	struct heap heap;
	int64_t least;

	if (resource != RESOURCE_MEMORY || sizing->limit_to < 0 || sizing->limit_to == sizing->limit_from)
		return;
	heap = read_heap(view, row, true);
	if (heap.most < 0 || heap.follows)
		return;
	least = whole_mib(heap.most + heap.beside);
	/* Where the limit is too small already and is not made smaller, the proposal is no worse than what there is. */
	if (sizing->limit_to >= least || (sizing->limit_from >= 0 && sizing->limit_from < least && sizing->limit_to >= sizing->limit_from))
		return;
	if (sizing->limit_from >= 0 && sizing->limit_from < least)
		least = sizing->limit_from;
	instead = advice(view, &heap, heap_within(&heap, sizing->limit_to));
	sizing_consequence(view->rightsizing, sizing, kind_of(&heap), CONSEQUENCE_CHANGED,
			   "%s lets the %s heap grow to %s, and about %s is taken beside it: the limit is %s, not %s%s%s", heap.setting,
			   heap_runtime_name(heap.runtime), size_text(arena, resource, heap.most), size_text(arena, resource, heap.beside),
			   size_text(arena, resource, least), size_text(arena, resource, sizing->limit_to),
			   instead ? "; with it goes " : "", instead ? instead : "");
	sizing->limit_to = least;
}

static void tell_following_heap(struct workload_view *view, struct sizing_row *row, const struct heap *now, const struct heap *then)
{
	struct sizing *sizing = &row->of[RESOURCE_MEMORY];
	struct arena *arena = &view->rightsizing->arena;
	double anon = view_usage_max(view, row, USAGE_MEMORY_ANON);
	bool less = then->most < now->most, sure = !then->doubt;

	if (now->most < 0 || then->most < 0 || now->most == then->most)
		return;
	if (isnan(anon))
		anon = view_usage_max(view, row, USAGE_MEMORY_WORKING_SET);
	sizing_consequence(view->rightsizing, sizing, kind_of(then),
			   less && sure && anon > (double)then->most ? CONSEQUENCE_WARNING : CONSEQUENCE_NOTE,
			   "the %s heap follows the %s (%s): it may grow to %s instead of %s%s%s%s", heap_runtime_name(then->runtime),
			   now->follows || then->follows ? "limit" : "request", then->setting, size_text(arena, RESOURCE_MEMORY, then->most), size_text(arena, RESOURCE_MEMORY, now->most),
			   less && anon > (double)then->most ? "; look at what lives on after a full collection first" : "",
			   sure ? "" : "; ", sure ? "" : then->doubt);
}

static void tell_fixed_heap(struct workload_view *view, struct sizing_row *row, const struct heap *heap)
{
	struct sizing *sizing = &row->of[RESOURCE_MEMORY];
	struct arena *arena = &view->rightsizing->arena;
	const char *instead;

	if (sizing->limit_to < 0 || heap->most + heap->beside <= sizing->limit_to)
		return;
	instead = advice(view, heap, heap_within(heap, sizing->limit_to));
	sizing_consequence(view->rightsizing, sizing, kind_of(heap), CONSEQUENCE_WARNING,
			   "%s lets the %s heap grow to %s, and about %s is taken beside it: more than the limit of %s%s%s", heap->setting,
			   heap_runtime_name(heap->runtime), size_text(arena, RESOURCE_MEMORY, heap->most),
			   size_text(arena, RESOURCE_MEMORY, heap->beside), size_text(arena, RESOURCE_MEMORY, sizing->limit_to),
			   instead ? "; with it goes " : "", instead ? instead : "");
}

static void tell_threads(struct workload_view *view, struct sizing_row *row, const struct heap *now, const struct heap *then)
{
	struct sizing *sizing = &row->of[RESOURCE_CPU];
	struct arena *arena = &view->rightsizing->arena;

	if (!sizing_changes(sizing) || sizing->limit_to == sizing->limit_from)
		return;
	if (then->runtime == HEAP_GO && then->threads < 0 && sizing->limit_to > 0)
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_GO, CONSEQUENCE_NOTE,
				   "without GOMAXPROCS a program built with Go before 1.25 runs on as many threads as its node has CPUs, later ones on "
				   "as many as the limit, rounded up: which it is cannot be seen from outside");
	if (then->threads < 0)
		return;
	if (then->threads_follow && now->threads >= 0 && now->threads != then->threads)
		sizing_consequence(view->rightsizing, sizing, kind_of(then), CONSEQUENCE_NOTE,
				   "the %s takes itself to have %lld processors instead of %lld (%s): its pools of threads change with it",
				   heap_runtime_name(then->runtime), (long long)then->threads, (long long)now->threads, then->threads_setting);
	else if (!then->threads_follow && sizing->limit_to > 0 && then->threads * 1000 > sizing->limit_to)
		sizing_consequence(view->rightsizing, sizing, kind_of(then), CONSEQUENCE_WARNING,
				   "%s is more than the limit of %s feeds: busy threads are throttled together; %lld would go with it",
				   then->threads_setting, size_text(arena, RESOURCE_CPU, sizing->limit_to),
				   (long long)((sizing->limit_to + 999) / 1000));
}

/* Without a limit JDKs before 19 (11.0.17, 17.0.5) took shares for processors: JDK-8281181. */
static void tell_shares(struct workload_view *view, struct sizing_row *row, const struct heap *then)
{
	struct sizing *sizing = &row->of[RESOURCE_CPU];
	int64_t was = (MAX(sizing->request_from, 1) + 999) / 1000, is = (MAX(sizing->request_to, 1) + 999) / 1000;

	if (then->runtime != HEAP_JVM || then->threads >= 0 || sizing->limit_to > 0 || !sizing_changes(sizing) || was == is)
		return;
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_JVM, CONSEQUENCE_NOTE,
			   "without a CPU limit a JDK older than 11.0.17 or 17.0.5 takes itself to have %lld processors instead of %lld, by its request",
			   (long long)is, (long long)was);
}

static bool is_server(int64_t milli, int64_t memory)
{
	return (milli < 0 || milli > SERVER_MILLI) && (memory < 0 || memory >= SERVER_MEMORY);
}

static void tell_collector(struct workload_view *view, struct sizing_row *row, const struct heap *heap)
{
	struct sizing *cpu = &row->of[RESOURCE_CPU], *memory = &row->of[RESOURCE_MEMORY];
	bool was = is_server(cpu->limit_from, memory->limit_from), is = is_server(cpu->limit_to, memory->limit_to);
	struct sizing *told = is_server(cpu->limit_to, -1) == is_server(cpu->limit_from, -1) ? memory : cpu;

	if (heap->runtime != HEAP_JVM || heap->collector || was == is || !sizing_changes(told))
		return;
	sizing_consequence(view->rightsizing, told, CONSEQUENCE_JVM, was ? CONSEQUENCE_WARNING : CONSEQUENCE_NOTE,
			   "below 2 processors or 1792Mi a JVM before 27 that is not told its collector takes the serial one: here %s",
			   was ? "from now on" : "no longer");
}

void tell_heap(struct workload_view *view)
{
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		struct sizing_row *row = view->rows[i];
		struct heap now, then;

		if (!row || !(sizing_changes(&row->of[RESOURCE_CPU]) || sizing_changes(&row->of[RESOURCE_MEMORY])))
			continue;
		now = read_heap(view, row, false);
		then = read_heap(view, row, true);
		if (then.runtime == HEAP_NO_RUNTIME)
			continue;
		if (sizing_changes(&row->of[RESOURCE_MEMORY]))
			tell_following_heap(view, row, &now, &then);
		if (sizing_changes(&row->of[RESOURCE_MEMORY]) && then.most >= 0 && !then.follows)
			tell_fixed_heap(view, row, &then);
		if (then.broken)
			sizing_consequence(view->rightsizing, &row->of[RESOURCE_MEMORY], kind_of(&then), CONSEQUENCE_NOTE, "%s", then.broken);
		tell_threads(view, row, &now, &then);
		tell_shares(view, row, &then);
		tell_collector(view, row, &then);
	}
}
