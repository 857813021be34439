/* SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"

#include <ctype.h>
#include <errno.h>

#include "../core/parse.h"
#include "heap-env.h"

#define MIB (1LL << 20)

/* clang-format off */
static const char *const runtime_names[HEAP_RUNTIME_COUNT] = {
	[HEAP_NO_RUNTIME] = "",
	[HEAP_JVM]        = "JVM",
	[HEAP_GO]         = "Go",
	[HEAP_NODE]       = "Node.js",
	[HEAP_DOTNET]     = ".NET",
};

/* What tells a runtime where nothing of its own is set: the program, or the name of an image that is nothing but that runtime. */
static const struct {
	enum heap_runtime runtime;
	const char *name;
	bool image;
} runtime_signs[] = {
	{ HEAP_DOTNET, "aspnet",          true,  },
	{ HEAP_DOTNET, "dotnet",          false, },
	{ HEAP_JVM,    "amazoncorretto",  true,  },
	{ HEAP_JVM,    "eclipse-temurin", true,  },
	{ HEAP_JVM,    "jetty",           true,  },
	{ HEAP_JVM,    "openjdk",         true,  },
	{ HEAP_JVM,    "sapmachine",      true,  },
	{ HEAP_JVM,    "tomcat",          true,  },
	{ HEAP_NODE,   "node",            false, },
	{ HEAP_NODE,   "node",            true,  },
	{ HEAP_NODE,   "npm",             false, },
	{ HEAP_NODE,   "yarn",            false, },
};

static const struct {
	enum heap_runtime runtime;
	const char *name;
} runtime_variables[] = {
	{ HEAP_DOTNET, "COMPlus_GCHeapHardLimit"        },
	{ HEAP_DOTNET, "COMPlus_GCHeapHardLimitPercent" },
	{ HEAP_DOTNET, "DOTNET_GCHeapHardLimit"         },
	{ HEAP_DOTNET, "DOTNET_GCHeapHardLimitPercent"  },
	{ HEAP_DOTNET, "DOTNET_RUNNING_IN_CONTAINER"    },
	{ HEAP_GO,     "GOGC"                           },
	{ HEAP_GO,     "GOMAXPROCS"                     },
	{ HEAP_GO,     "GOMEMLIMIT"                     },
	{ HEAP_NODE,   "NODE_ENV"                       },
	{ HEAP_NODE,   "NODE_OPTIONS"                   },
};
/* clang-format on */

const char *heap_runtime_name(enum heap_runtime runtime)
{
	return runtime_names[runtime];
}

void heap_beside(struct heap *heap, double bytes, double share)
{
	if (heap->most < 0)
		return;
	heap->beside = (int64_t)MIN(bytes + share * (double)heap->most, 4e18);
	heap->beside_share = share;
}

/* "registry.example:5000/library/tomcat:10@sha256:…": is it name? */
static bool image_is(const char *image, const char *name)
{
	const char *base;
	size_t length;

	base = heap_base_name(image ? image : "");
	length = strcspn(base, ":@");
	return length == strlen(name) && memcmp(base, name, length) == 0;
}

static enum heap_runtime find_runtime(const struct workload_container *container, const struct heap_env *env, const struct heap_words *words)
{
	if (heap_java_is(env, words))
		return HEAP_JVM;
	for (size_t i = 0; i < ARRAY_SIZE(runtime_variables); i++)
		if (heap_env_find(env, runtime_variables[i].name))
			return runtime_variables[i].runtime;
	for (size_t i = 0; i < ARRAY_SIZE(runtime_signs); i++)
		if (runtime_signs[i].image ? image_is(container->image, runtime_signs[i].name) : heap_find_program(words, runtime_signs[i].name))
			return runtime_signs[i].runtime;
	return HEAP_NO_RUNTIME;
}

/* The value of a variable; NULL when it is not there or not known, which is then said in heap->doubt. */
static const struct heap_variable *read_variable(const struct heap_env *env, const char *name, struct arena *arena, struct heap *heap)
{
	const struct heap_variable *variable = heap_env_find(env, name);

	if (variable && !variable->value)
		heap->doubt = arena_formatf(arena, "%s comes from a %s", name, variable->from);
	else if (!variable && env->others && !heap->doubt)
		heap->doubt = "envFrom may bring settings";
	return variable && variable->value && *variable->value ? variable : NULL;
}

/* "900MiB", "1GiB", "1073741824", "1073741824B": runtime/string.go, parseByteCount().  "512Mi" and "1G" are refused there. */
static int go_size(const char *text, int64_t *ret_bytes)
{
	static const char *const suffixes[] = { "", "KiB", "MiB", "GiB", "TiB" };
	const char *cursor = text;
	uint64_t number;

	if (!scan_u64(&cursor, &number) || number > INT64_MAX)
		return -EINVAL;
	if (streq(cursor, "B"))
		cursor++;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (!streq(cursor, suffixes[i]))
			continue;
		if (number > (uint64_t)INT64_MAX >> (10 * i))
			return -ERANGE;
		*ret_bytes = (int64_t)(number << (10 * i));
		return 0;
	}
	return -EINVAL;
}

static void read_go_memory(const struct heap_variable *variable, struct arena *arena, struct heap *heap)
{
	if (streq(variable->value, "off"))
		return;
	if (go_size(variable->value, &heap->most) < 0) {
		heap->most = -1;
		heap->broken = arena_formatf(arena, "GOMEMLIMIT=%.40s is no value Go takes: the program ends at once", variable->value);
		return;
	}
	heap->soft = true;
	heap->follows = variable->follows_memory;
	heap->advice = "GOMEMLIMIT=%sMiB";
	heap->setting = arena_formatf(arena, "GOMEMLIMIT=%.40s", variable->value);
	/* The bound is of all that the runtime has; go.dev/doc/gc-guide wants 5 to 10 % left for what it does not know of. */
	heap_beside(heap, 0, 0.05);
}

static void read_go(const struct heap_env *env, const struct heap_words *words, const struct heap_given *given, struct arena *arena,
		    struct heap *heap)
{
	const struct heap_variable *memory = read_variable(env, "GOMEMLIMIT", arena, heap);
	const struct heap_variable *threads = read_variable(env, "GOMAXPROCS", arena, heap);
	uint64_t number;

	if (memory)
		read_go_memory(memory, arena, heap);
	if (threads && parse_u64(threads->value, &number) == 0 && number > 0) {
		heap->threads = (int64_t)MIN(number, 1000000U);
		heap->threads_follow = threads->follows_cpu;
		heap->threads_setting = arena_formatf(arena, "GOMAXPROCS=%.20s", threads->value);
	} else if (!heap->doubt) {
		heap->doubt = "whether it was built with Go 1.25 or later, which reads the CPU quota itself";
	}
}

/* "--max-old-space-size=512", "--max_old_space_size=512": MiB.  Of several the last counts. */
static void read_node_word(const char *word, const char *where, struct arena *arena, struct heap *heap)
{
	static const char option[] = "--max-old-space-size=";
	uint64_t mib;

	for (size_t i = 0; i < sizeof(option) - 1; i++)
		if (word[i] != option[i] && !(i > 1 && option[i] == '-' && word[i] == '_'))
			return;
	if (parse_u64(word + sizeof(option) - 1, &mib) < 0 || mib == 0 || mib > INT64_MAX / MIB / 2) {
		heap->broken = arena_formatf(arena, "%.60s (%s) is no size in MiB", word, where);
		return;
	}
	heap->most = (int64_t)mib * MIB;
	heap->setting = arena_formatf(arena, "%.60s (%s)", word, where);
}

static void read_node(const struct heap_env *env, const struct heap_words *words, const struct heap_given *given, struct arena *arena,
		      struct heap *heap)
{
	const struct heap_variable *options = read_variable(env, "NODE_OPTIONS", arena, heap);
	struct heap_words split;

	heap->advice = "--max-old-space-size=%s";
	if (options) {
		heap_split(options->value, arena, &split);
		for (size_t i = 0; i < split.count; i++)
			read_node_word(split.words[i], "NODE_OPTIONS", arena, heap);
		heap->follows = options->follows_memory;
	}
	for (size_t i = 0; i < words->count; i++)
		read_node_word(words->words[i], words->command ? "command" : "args", arena, heap);
	heap->follows |= words->follows_memory;
	heap_beside(heap, 64.0 * MIB, 0.1);
	if (heap->most < 0 && !heap->doubt)
		heap->doubt = "how much of its memory Node.js takes for its heap depends on its version";
}

/* Both names of a setting; the newer one counts. */
static const struct heap_variable *read_dotnet_variable(const struct heap_env *env, const char *name, struct arena *arena, struct heap *heap)
{
	const char *newer = arena_formatf(arena, "DOTNET_%s", name), *older = arena_formatf(arena, "COMPlus_%s", name);

	return read_variable(env, heap_env_find(env, newer) || !heap_env_find(env, older) ? newer : older, arena, heap);
}

/* Values in the environment are hexadecimal: DOTNET_GCHeapHardLimitPercent=50 is 80 %. */
static void read_dotnet(const struct heap_env *env, const struct heap_words *words, const struct heap_given *given, struct arena *arena,
			struct heap *heap)
{
	const struct heap_variable *fixed = read_dotnet_variable(env, "GCHeapHardLimit", arena, heap);
	const struct heap_variable *share = read_dotnet_variable(env, "GCHeapHardLimitPercent", arena, heap);
	uint64_t number;

	if (fixed && parse_hex(fixed->value, &number) == 0 && number > 0 && number <= INT64_MAX) {
		heap->most = (int64_t)number;
		heap->follows = fixed->follows_memory;
		heap->setting = arena_formatf(arena, "%s=%.40s", fixed->name, fixed->value);
		heap->advice = "";
	} else if (share && parse_hex(share->value, &number) == 0 && number > 0 && number <= 100) {
		heap->follows = true;
		heap->most = given->memory_limit > 0 ? (int64_t)((double)given->memory_limit * (double)number / 100) : -1;
		heap->setting = arena_formatf(arena, "%s=%.40s (hexadecimal: %llu %%)", share->name, share->value, (unsigned long long)number);
	} else if (given->memory_limit > 0) {
		heap->follows = heap->by_default = true;
		heap->most = MAX(given->memory_limit / 4 * 3, 20 * MIB);
		heap->setting = "three quarters of the memory limit, by default";
	}
	heap_beside(heap, heap->follows ? 0 : 64.0 * MIB, heap->follows ? 0 : 0.1);
	if (!heap->doubt && heap->by_default)
		heap->doubt = "runtimeconfig.json in the image may say otherwise";
}

/* Amounts that no machine has would overflow what is reckoned from them. */
static struct heap_given bounded(const struct heap_given *given)
{
	const int64_t most = 1LL << 60;

	return (struct heap_given){
		.memory_limit = MIN(given->memory_limit, most),
		.memory_request = MIN(given->memory_request, most),
		.cpu_limit = MIN(given->cpu_limit, most),
		.cpu_request = MIN(given->cpu_request, most),
		.node_memory = MIN(given->node_memory, most),
		.node_cpu = MIN(given->node_cpu, most),
	};
}

void heap_read(const struct workload_container *container, const struct heap_given *given, struct arena *arena, struct heap *ret_heap)
{
	static void (*const readers[HEAP_RUNTIME_COUNT])(const struct heap_env *, const struct heap_words *, const struct heap_given *,
							 struct arena *, struct heap *) = {
		[HEAP_JVM] = heap_java_read, [HEAP_GO] = read_go, [HEAP_NODE] = read_node, [HEAP_DOTNET] = read_dotnet,
	};
	struct heap heap = { .most = -1, .beside = -1, .threads = -1, .setting = "", .advice = "", .threads_setting = "" };
	struct heap_given within = bounded(given);
	struct heap_words words;
	struct heap_env env;

	heap_env_read(container, &within, arena, &env);
	heap_words_read(container, &env, arena, &words);
	heap.runtime = find_runtime(container, &env, &words);
	if (readers[heap.runtime])
		readers[heap.runtime](&env, &words, &within, arena, &heap);
	*ret_heap = heap;
}
