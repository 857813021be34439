/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory and how many threads the runtime of a container allows itself: what its environment, its arguments and its command say, as the
 * JVM, Go, Node.js and .NET read them.  Pure.
 *
 * JVM: java(1); src/hotspot/share/runtime/arguments.cpp, src/java.base/share/native/libjli/args.c.
 * Go: pkg.go.dev/runtime, "Environment Variables"; go.dev/doc/gc-guide.
 * Node.js: nodejs.org/api/cli.html.  .NET: learn.microsoft.com, "Runtime configuration options for garbage collection". */
#ifndef KEISOKU_HEAP_H
#define KEISOKU_HEAP_H

#include "../core/cluster.h"

enum heap_runtime { HEAP_NO_RUNTIME, HEAP_JVM, HEAP_GO, HEAP_NODE, HEAP_DOTNET, HEAP_RUNTIME_COUNT };
const char *heap_runtime_name(enum heap_runtime runtime);	/* "JVM", "Go" … */

/* What the container is given, now or by a proposal: heaps that follow a limit are asked for with both.  -1: none, or not known. */
struct heap_given {
	int64_t memory_limit, memory_request;	/* bytes */
	int64_t cpu_limit, cpu_request;		/* milli */
	int64_t node_memory, node_cpu;		/* allocatable of its node: what a limit that is not there stands for; bytes, milli */
};

#define HEAP_GIVEN_NONE { -1, -1, -1, -1, -1, -1 }

struct heap {
	enum heap_runtime runtime;	/* told by what is set for it, by its command or its image */
	int64_t most;			/* bytes the heap may grow to; -1: no bound, or not known */
	bool follows;			/* most moves with the container's memory limit */
	bool soft;			/* the runtime only tries to stay below (GOMEMLIMIT) */
	bool by_default;		/* nobody set it */
	int64_t beside;			/* bytes that it takes besides, as reckoned from what is set; -1: most is not known */
	double beside_share;		/* of most that is part of beside: the rest of it does not move with the heap */
	const char *setting;		/* "-Xmx512m (JAVA_TOOL_OPTIONS)", "a quarter of the memory limit, by default"; "" */
	const char *advice;		/* how to say another bound; %s stands for MiB: "-Xmx%sm"; "" */
	int64_t threads;		/* processors it takes itself to have; -1: not known */
	bool threads_follow;		/* they move with the CPU limit */
	const char *threads_setting;	/* "GOMAXPROCS=8", "the quota, rounded up"; "" */
	const char *collector;		/* the flag that names a JVM's collector; NULL: it chooses one itself */
	const char *doubt;		/* what may say otherwise and cannot be seen from here; NULL: nothing */
	const char *broken;		/* a setting that the runtime refuses or does not read; NULL */
};

/* Strings live in arena. */
void heap_read(const struct workload_container *container, const struct heap_given *given, struct arena *arena, struct heap *ret_heap);

#endif
