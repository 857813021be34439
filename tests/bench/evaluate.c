/* SPDX-License-Identifier: Apache-2.0 */
/* What it costs to judge a host by all rules, and hosts with many disks and control groups.  From the top of the sources:
 *
 *   evaluate [rules]
 *
 * Times and counts evaluate(): binding the rules to the snapshot is part of it, composing the snapshot is not.  A healthy host
 * makes no findings, so its allocations are those of judging alone; their number must be the same however many subjects there
 * are.  Then the same with every group waiting for its disk, which a rule finds of each, and with metrics that are absent:
 * keeping findings takes memory.
 * Exit status 1 when allocations grow, or when a judgement on the largest host takes three times as long as on a tenth of it.
 * With "rules" the time of each rule is listed. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../advisor/compose.h"
#include "../../cli/knowledge.h"
#include "../../core/root.h"

#define ROUNDS 7
#define LAYERS "/tests/hosts/layers"

/* ---- allocations ---- */

#if defined(__SANITIZE_ADDRESS__)
#define COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTED 0
#endif
#endif
#ifndef COUNTED
#define COUNTED 1
#endif

static unsigned long allocations, allocated_bytes;

#if COUNTED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* Every caller in the process comes here, libraries too. */
void *malloc(size_t size)
{
	allocations++;
	allocated_bytes += size;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	allocated_bytes += count * size;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	allocated_bytes += size;
	return __libc_realloc(old, size);
}
#endif

/* ---- hosts ---- */

enum state { HEALTHY, SUFFERING, BLIND };

struct size {
	unsigned int disks, groups;
	enum state state;
};

struct bench {
	struct arena arena;
	struct root *root;
	struct knowledge knowledge;
	struct diag diag;
};

static const struct node *read_document(struct bench *bench, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct node *documents;

	if (root_read_limit(bench->root, path, NODE_TEXT_MAX, &text) < 0 ||
	    node_parse(&bench->arena, path, text.buf, text.len, &bench->diag, &documents) < 0)
		return NULL;
	return &documents->items[0];
}

static const struct node *find_layer(void *context, const char *name)
{
	CLEANUP(free_ptr) char *path = xasprintf(LAYERS "/%s.yaml", name);

	return read_document(context, path);
}

static const struct {
	const char *name, *more;
} states[] = {
	[HEALTHY] = { "healthy", "{}\n" },
	[SUFFERING] = { "waiting", "{subjects: {cgroup: {\"*\": {rates: {psi.io.some.total: 600000}}}}}\n" },
	[BLIND] = { "blind  ", "{absent: [psi.io.some.total, psi.memory.some.total, psi.cpu.some.total], subjects: {cgroup: {\"*\":"
		    " {absent: [psi.io.some.total, psi.memory.some.total, psi.cpu.some.total, psi.cpu.full.total,"
		    " cpu.nr_throttled, io.cost.qos, io.max, memory.events.max]}},"
		    " block: {\"*\": {absent: [scheduler, class, read_ios, io_ticks]}}}}\n" },
};

static void add_text(struct bench *bench, struct composer *composer, const char *text)
{
	struct layers layers = { find_layer, bench };
	const struct node *documents;

	if (node_parse(&bench->arena, "host", text, strlen(text), &bench->diag, &documents) < 0)
		exit(2);
	composer_add(composer, &documents->items[0], &layers);
}

static struct composer *compose(struct bench *bench, const struct size *size, struct snapshot **ret)
{
	struct composer *composer = composer_new(bench->knowledge.registry, &bench->diag);
	CLEANUP(free_ptr) char *text = xasprintf("{from: [debian-12, server-2s, cgroup-v2], subjects: {block: {\"sd{1..%u}\": {}},"
						 " cgroup: {\"/many.slice/{1..%u}.service\": {}}}}\n", size->disks, size->groups);
	const struct node *many = read_document(bench, "/tests/bench/many.yaml");

	if (!many)
		exit(2);
	add_text(bench, composer, text);
	composer_add(composer, many, NULL);
	add_text(bench, composer, "{from: [database]}\n");
	add_text(bench, composer, states[size->state].more);
	if (composer_finish(composer, ret) < 0) {
		fprintf(stderr, "%s\n", bench->diag.count > 0 ? bench->diag.entries[0].message : "no host");
		exit(2);
	}
	return composer;
}

/* ---- the cost ---- */

struct cost {
	double seconds;			/* the fastest round */
	unsigned long allocations, bytes;
	size_t findings, pairs;
};

static double cpu_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct cost judge(struct bench *bench, const struct snapshot *snapshot, const char *rule, unsigned int rounds)
{
	struct evaluate_options options = { .only_rule = rule };
	struct cost cost = { .seconds = 1e9 };

	for (unsigned int i = 0; i < rounds; i++) {
		CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
		unsigned long count = allocations, bytes = allocated_bytes;
		double start = cpu_now(), took;

		evaluate(bench->knowledge.rulebook, snapshot, &options, &bench->diag, &findings);
		took = cpu_now() - start;
		cost.allocations = allocations - count;
		cost.bytes = allocated_bytes - bytes;
		cost.seconds = took < cost.seconds ? took : cost.seconds;
		cost.findings = findings.count;
		cost.pairs = 0;
		for (size_t k = 0; k < STATUS_COUNT; k++)
			cost.pairs += findings.counts[k];
	}
	return cost;
}

static void list_rules(struct bench *bench, const struct snapshot *snapshot)
{
	struct cost none = judge(bench, snapshot, "", ROUNDS);

	for (size_t i = 0; i < rulebook_count(bench->knowledge.rulebook); i++) {
		const char *id = rulebook_rule_id(bench->knowledge.rulebook, i);
		struct cost cost = judge(bench, snapshot, id, 2);

		printf("%10.1f us %8zu subjects  %s\n", (cost.seconds - none.seconds) * 1e6, cost.pairs, id);
	}
}

/* The table at the head of a report. */
static double judge_use(struct bench *bench, const struct snapshot *snapshot)
{
	double best = 1e9;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		CLEANUP(arena_release) struct arena arena = { 0 };
		double start = cpu_now();
		struct use_row *rows;
		size_t count;

		evaluate_use(bench->knowledge.rulebook, snapshot, &arena, &rows, &count);
		best = cpu_now() - start < best ? cpu_now() - start : best;
	}
	return best;
}

static struct cost run(struct bench *bench, const struct size *size, bool rules)
{
	struct snapshot *snapshot;
	struct composer *composer = compose(bench, size, &snapshot);
	struct cost cost;

	(void)judge(bench, snapshot, NULL, 1);		/* what is compiled when it is first needed */
	cost = judge(bench, snapshot, NULL, ROUNDS);
	printf("%5u disks %6u groups, %s: %7zu judgements %8.2f ms, %5.0f ns each; %lu allocations, %lu bytes, %zu findings\n",
	       size->disks, size->groups, states[size->state].name, cost.pairs, cost.seconds * 1e3,
	       cost.seconds * 1e9 / (double)cost.pairs, cost.allocations, cost.bytes, cost.findings);
	printf("%30sthe USE table %8.2f ms\n", "", judge_use(bench, snapshot) * 1e3);
	if (rules)
		list_rules(bench, snapshot);
	composer_free(composer);
	return cost;
}

int main(int argc, char **argv)
{
	/* The last of each kind is ten times the one before. */
	static const struct size sizes[] = {
		{ 1, 1, HEALTHY },	  { 1000, 1, HEALTHY },	      { 100, 1000, HEALTHY }, { 1000, 10000, HEALTHY },
		{ 100, 1000, SUFFERING }, { 1000, 10000, SUFFERING }, { 100, 1000, BLIND },   { 1000, 10000, BLIND },
	};
	bool rules = argc > 1 && streq(argv[1], "rules"), grows = false, slows = false;
	struct bench bench = { 0 };
	struct cost costs[ARRAY_SIZE(sizes)];

	if (root_open(".", &bench.root) < 0 || knowledge_load(&bench.knowledge, KNOWLEDGE_RULES, NULL, 0, &bench.diag) < 0)
		return 2;
	printf("%zu rules\n", rulebook_count(bench.knowledge.rulebook));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		costs[i] = run(&bench, &sizes[i], rules && i + 1 == ARRAY_SIZE(sizes));
		grows = grows || (COUNTED && sizes[i].state == HEALTHY && costs[i].allocations > costs[0].allocations);
		if (sizes[i].groups == 10000)
			slows = slows || costs[i].seconds * (double)costs[i - 1].pairs >
						 3 * costs[i - 1].seconds * (double)costs[i].pairs;
	}
	knowledge_release(&bench.knowledge);
	root_free(bench.root);
	diag_release(&bench.diag);
	arena_release(&bench.arena);
	if (grows)
		fprintf(stderr, "allocations grow with the number of subjects\n");
	if (slows)
		fprintf(stderr, "a judgement takes longer where there are more subjects\n");
	return grows || slows;
}
