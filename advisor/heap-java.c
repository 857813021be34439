/* SPDX-License-Identifier: Apache-2.0 */
/* What a JVM makes of its flags.  JAVA_TOOL_OPTIONS come first, then JDK_JAVA_OPTIONS, then the command line, then _JAVA_OPTIONS; of the same flag
 * the last counts (arguments.cpp, Arguments::parse; args.c).  JAVA_OPTS and its kin are read by no JVM but by the scripts that start one. */
#include "heap-env.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>

#include "../core/parse.h"

#define MIB (1LL << 20)
#define GIB (1LL << 30)

/* MaxHeapSize on 64 bits, before anything is reckoned: 96 MiB × 1.3. */
#define SMALLEST_DEFAULT_HEAP (96 * MIB * 13 / 10)
/* Without a word about memory the JVM looks at no more than this much of it, and keeps its heap in reach of compressed pointers. */
#define DEFAULT_MAX_RAM (128 * GIB)
#define DEFAULT_HEAP_MAX (30 * GIB)

enum java_flag_type { JAVA_SIZE, JAVA_REAL, JAVA_COUNT, JAVA_ON, JAVA_OFF };
enum java_value {
	COLLECTOR, INITIAL_HEAP, MAX_HEAP, MAX_RAM_SHARE, MIN_RAM_SHARE, MAX_RAM_FRACTION, MAX_RAM, METASPACE, DIRECT, CODE_CACHE, PROCESSORS, CONTAINER, OTHER_FILE,
	JAVA_VALUES,
};

/* clang-format off */
static const struct java_flag {
	const char *prefix;
	enum java_flag_type type;
	enum java_value value;
} java_flags[] = {
	{ "-XX:+UseContainerSupport",    JAVA_ON,    CONTAINER,        },
	{ "-XX:+UseEpsilonGC",           JAVA_ON,    COLLECTOR,        },
	{ "-XX:+UseG1GC",                JAVA_ON,    COLLECTOR,        },
	{ "-XX:+UseParallelGC",          JAVA_ON,    COLLECTOR,        },
	{ "-XX:+UseSerialGC",            JAVA_ON,    COLLECTOR,        },
	{ "-XX:+UseShenandoahGC",        JAVA_ON,    COLLECTOR,        },
	{ "-XX:+UseZGC",                 JAVA_ON,    COLLECTOR,        },
	{ "-XX:-UseContainerSupport",    JAVA_OFF,   CONTAINER,        },
	{ "-XX:ActiveProcessorCount=",   JAVA_COUNT, PROCESSORS,       },
	{ "-XX:Flags=",                  JAVA_ON,    OTHER_FILE,       },
	{ "-XX:InitialHeapSize=",        JAVA_SIZE,  INITIAL_HEAP,     },
	{ "-XX:MaxDirectMemorySize=",    JAVA_SIZE,  DIRECT,           },
	{ "-XX:MaxHeapSize=",            JAVA_SIZE,  MAX_HEAP,         },
	{ "-XX:MaxMetaspaceSize=",       JAVA_SIZE,  METASPACE,        },
	{ "-XX:MaxRAM=",                 JAVA_SIZE,  MAX_RAM,          },
	{ "-XX:MaxRAMFraction=",         JAVA_COUNT, MAX_RAM_FRACTION, },
	{ "-XX:MaxRAMPercentage=",       JAVA_REAL,  MAX_RAM_SHARE,    },
	{ "-XX:MinRAMPercentage=",       JAVA_REAL,  MIN_RAM_SHARE,    },
	{ "-XX:ReservedCodeCacheSize=",  JAVA_SIZE,  CODE_CACHE,       },
	{ "-XX:VMOptionsFile=",          JAVA_ON,    OTHER_FILE,       },
	{ "-XX:MinHeapSize=",            JAVA_SIZE,  INITIAL_HEAP,     },
	{ "-Xms",                        JAVA_SIZE,  INITIAL_HEAP,     },
	{ "-Xmx",                        JAVA_SIZE,  MAX_HEAP,         },
	{ "-ms",                         JAVA_SIZE,  INITIAL_HEAP,     },
	{ "-mx",                         JAVA_SIZE,  MAX_HEAP,         },
	{ "@",                           JAVA_ON,    OTHER_FILE,       },
};

/* In the order in which they reach the JVM; those of start scripts stand on its command line. */
static const struct java_variable {
	const char *name;
	bool script;
} java_variables[] = {
	{ "JAVA_TOOL_OPTIONS", false },
	{ "JDK_JAVA_OPTIONS",  false },
	{ "JAVA_OPTIONS",      true  },
	{ "JAVA_OPTS",         true  },
	{ "JAVA_OPTS_APPEND",  true  },
	{ "CATALINA_OPTS",     true  },
	{ "JVM_OPTS",          true  },
	{ "ES_JAVA_OPTS",      true  },
	{ "KAFKA_HEAP_OPTS",   true  },
	{ "KAFKA_JVM_PERFORMANCE_OPTS", true },
	{ "KAFKA_OPTS",        true  },
	{ "LS_JAVA_OPTS",      true  },
	{ "SOLR_JAVA_MEM",     true  },
	{ "SERVER_JVMFLAGS",   true  },
};
#define LAST_VARIABLE "_JAVA_OPTIONS"

/* Options of the launcher that take the next word. */
static const char *const launcher_operands[] = {
	"--add-exports", "--add-modules", "--add-opens", "--add-reads", "--class-path", "--describe-module", "--enable-native-access",
	"--limit-modules", "--module-path", "--patch-module", "--source", "--upgrade-module-path", "-classpath", "-cp", "-d", "-p",
};
/* clang-format on */

struct java_settings {
	struct {
		bool given;
		double number;
		const char *text, *where;
	} of[JAVA_VALUES];
	const char *broken, *doubt;
	bool follows_memory, follows_cpu;
};

/* "512m", "1G", "1073741824": bytes. */
static int java_size(const char *text, double *ret_bytes)
{
	static const char suffixes[] = "kmgt";
	const char *cursor = text, *suffix = NULL;
	uint64_t number;

	if (!scan_u64(&cursor, &number))
		return -EINVAL;
	if (*cursor)
		suffix = strchr(suffixes, tolower((unsigned char)*cursor));
	if (*cursor && (!suffix || cursor[1] != '\0'))
		return -EINVAL;
	*ret_bytes = (double)number;
	for (const char *s = suffixes; suffix && s <= suffix; s++)
		*ret_bytes *= 1024;
	return *ret_bytes < 9.2e18 ? 0 : -ERANGE;
}

static int read_number(enum java_flag_type type, const char *text, double *ret_number)
{
	uint64_t number;
	int r = 0;

	switch (type) {
	case JAVA_SIZE:
		return java_size(text, ret_number);
	case JAVA_REAL:
		r = parse_real(text, ret_number);
		return r < 0 || !(*ret_number >= 0 && *ret_number <= 100) ? -EINVAL : 0;
	case JAVA_COUNT:
		r = parse_u64(text, &number);
		if (r == 0)
			*ret_number = (double)number;
		return r;
	case JAVA_ON:
	case JAVA_OFF:
		*ret_number = type == JAVA_ON;
		return 0;
	}
	return -EINVAL;
}

static void read_flag(const char *word, const char *where, struct arena *arena, struct java_settings *settings)
{
	for (size_t i = 0; i < ARRAY_SIZE(java_flags); i++) {
		const struct java_flag *flag = &java_flags[i];
		double number;

		if (!starts_with(word, flag->prefix))
			continue;
		if (read_number(flag->type, word + strlen(flag->prefix), &number) < 0) {
			settings->broken = arena_formatf(arena, "%.60s (%s) is no value the JVM takes", word, where);
			return;
		}
		settings->of[flag->value].given = true;
		settings->of[flag->value].number = number;
		settings->of[flag->value].text = arena_formatf(arena, "%.60s", word);
		settings->of[flag->value].where = where;
		return;
	}
}

static void read_text(const char *text, const char *where, struct arena *arena, struct java_settings *settings)
{
	struct heap_words words;

	heap_split(text, arena, &words);
	for (size_t i = 0; i < words.count; i++)
		read_flag(words.words[i], where, arena, settings);
}

static void read_variable(const struct heap_env *env, const char *name, struct arena *arena, struct java_settings *settings)
{
	const struct heap_variable *variable = heap_env_find(env, name);

	if (!variable)
		return;
	if (!variable->value) {
		settings->doubt = arena_formatf(arena, "%s comes from a %s", name, variable->from);
		return;
	}
	settings->follows_memory |= variable->follows_memory;
	settings->follows_cpu |= variable->follows_cpu;
	read_text(variable->value, name, arena, settings);
}

static bool takes_next_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(launcher_operands); i++)
		if (streq(launcher_operands[i], word))
			return true;
	return false;
}

/* The words of the command line that the JVM reads: behind the class or the archive they are the program's own. */
static void read_words(const struct heap_words *words, struct arena *arena, struct java_settings *settings)
{
	const char *where = words->command ? "command" : "args";
	size_t start = heap_find_program(words, "java");

	for (size_t i = start; i < words->count; i++) {
		const char *word = words->words[i];

		if (start && (streq(word, "-jar") || streq(word, "-m") || (word[0] != '-' && word[0] != '@')))
			break;
		if (start && takes_next_word(word))
			i++;
		else
			read_flag(word, where, arena, settings);
	}
}

/* Whether a variable that only scripts read reaches the JVM: not where the manifest itself starts java. */
static void read_script_variable(const struct heap_env *env, const struct heap_words *words, const char *name, struct arena *arena,
				 struct java_settings *settings)
{
	if (!heap_env_find(env, name))
		return;
	if (words->command && heap_find_program(words, "java")) {
		/* "$JAVA_OPTS" in a script was put in its place already. */
		if (!words->shell)
			settings->broken = arena_formatf(arena, "no JVM reads %s itself, and java is started without a script", name);
		return;
	}
	read_variable(env, name, arena, settings);
}

static void read_settings(const struct heap_env *env, const struct heap_words *words, struct arena *arena, struct java_settings *settings)
{
	for (size_t i = 0; i < ARRAY_SIZE(java_variables); i++) {
		if (java_variables[i].script)
			read_script_variable(env, words, java_variables[i].name, arena, settings);
		else
			read_variable(env, java_variables[i].name, arena, settings);
	}
	settings->follows_memory |= words->follows_memory;
	settings->follows_cpu |= words->follows_cpu;
	read_words(words, arena, settings);
	read_variable(env, LAST_VARIABLE, arena, settings);

	if (!settings->doubt && settings->of[OTHER_FILE].given)
		settings->doubt = arena_formatf(arena, "%s brings flags from a file", settings->of[OTHER_FILE].text);
	if (!settings->doubt && words->unknown)
		settings->doubt = arena_formatf(arena, "%s of its script is not known", words->unknown);
	if (!settings->doubt && env->others)
		settings->doubt = "envFrom may bring flags";
	if (!settings->doubt && !words->command)
		settings->doubt = "the image's own command may bring flags";
}

static double given_or(const struct java_settings *settings, enum java_value value, double otherwise)
{
	return settings->of[value].given ? settings->of[value].number : otherwise;
}

/* Arguments::set_heap_size(), of a JVM that was not told its heap in bytes. */
static int64_t share_of_memory(const struct java_settings *settings, const struct heap_given *given)
{
	bool container = given_or(settings, CONTAINER, 1) != 0;
	bool told = settings->of[MAX_RAM_SHARE].given || settings->of[MIN_RAM_SHARE].given || settings->of[MAX_RAM].given;
	double memory = (double)(container && given->memory_limit > 0 ? given->memory_limit : given->node_memory);
	double share = given_or(settings, MAX_RAM_SHARE, 100.0 / MAX(given_or(settings, MAX_RAM_FRACTION, 4), 1));
	double least, most;

	if (memory <= 0)
		return -1;
	memory = MIN(memory, given_or(settings, MAX_RAM, told ? memory : (double)DEFAULT_MAX_RAM));
	least = memory * given_or(settings, MIN_RAM_SHARE, 50) / 100;
	most = memory * share / 100;
	most = least < (double)SMALLEST_DEFAULT_HEAP ? least : MAX(most, (double)SMALLEST_DEFAULT_HEAP);
	return (int64_t)(told ? most : MIN(most, (double)DEFAULT_HEAP_MAX));
}

static const char *flag_setting(const struct java_settings *settings, enum java_value value, struct arena *arena)
{
	return arena_formatf(arena, "%s (%s)", settings->of[value].text, settings->of[value].where);
}

/* Where only its beginning was set, and to more than it would grow to: it grows to that. */
static bool begins_above(const struct java_settings *settings, int64_t most)
{
	return settings->of[INITIAL_HEAP].given && (double)most < settings->of[INITIAL_HEAP].number;
}

static void decide_heap(const struct java_settings *settings, const struct heap_given *given, struct arena *arena, struct heap *heap)
{
	static const enum java_value shares[] = { MAX_RAM_SHARE, MAX_RAM_FRACTION, MAX_RAM };

	heap->advice = "-Xmx%sm";
	if (settings->of[MAX_HEAP].given && settings->of[MAX_HEAP].number > 0) {
		heap->most = (int64_t)settings->of[MAX_HEAP].number;
		heap->setting = flag_setting(settings, MAX_HEAP, arena);
		heap->follows = settings->follows_memory;
		if (!heap->follows && begins_above(settings, heap->most) && !heap->broken)
			heap->broken = arena_formatf(arena, "%s is more than %s: the JVM does not start", flag_setting(settings, INITIAL_HEAP, arena),
						     heap->setting);
		return;
	}
	heap->most = share_of_memory(settings, given);
	if (heap->most >= 0 && begins_above(settings, heap->most)) {
		heap->most = (int64_t)settings->of[INITIAL_HEAP].number;
		heap->setting = flag_setting(settings, INITIAL_HEAP, arena);
		heap->follows = settings->follows_memory;
		heap->advice = "-Xms%sm";
		return;
	}
	heap->follows = given_or(settings, CONTAINER, 1) != 0;
	if (!heap->follows) {
		heap->setting = arena_formatf(arena, "%s: reckoned from the memory of the node", flag_setting(settings, CONTAINER, arena));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		if (settings->of[shares[i]].given) {
			heap->setting = flag_setting(settings, shares[i], arena);
			return;
		}
	}
	heap->by_default = true;
	heap->setting = given->memory_limit > 0 ? "a quarter of the memory limit, by default" : "a quarter of the node's memory, by default";
}

static void decide_threads(const struct java_settings *settings, const struct heap_given *given, struct arena *arena, struct heap *heap)
{
	if (settings->of[PROCESSORS].given && settings->of[PROCESSORS].number > 0) {
		heap->threads = (int64_t)MIN(settings->of[PROCESSORS].number, 1e6);
		heap->threads_setting = flag_setting(settings, PROCESSORS, arena);
		heap->threads_follow = settings->follows_cpu;
	} else if (given_or(settings, CONTAINER, 1) != 0 && given->cpu_limit > 0) {
		heap->threads = (given->cpu_limit + 999) / 1000;
		heap->threads_setting = "the CPU limit, rounded up";
		heap->threads_follow = true;
	}
}

/* What was capped in so many words, but not less than what a small JVM takes. */
static double beside_heap(const struct java_settings *settings)
{
	static const enum java_value parts[] = { METASPACE, DIRECT, CODE_CACHE };
	double sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		sum += given_or(settings, parts[i], 0);
	return MIN(MAX(sum, 128.0 * MIB), 4e18);
}

bool heap_java_is(const struct heap_env *env, const struct heap_words *words)
{
	if (heap_env_find(env, LAST_VARIABLE) || heap_find_program(words, "java"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(java_variables); i++)
		if (heap_env_find(env, java_variables[i].name))
			return true;
	for (size_t i = 0; i < words->count; i++)
		if (starts_with(words->words[i], "-Xmx") || starts_with(words->words[i], "-XX:"))
			return true;
	return false;
}

void heap_java_read(const struct heap_env *env, const struct heap_words *words, const struct heap_given *given, struct arena *arena,
		    struct heap *heap)
{
	struct java_settings settings = { .broken = NULL };

	read_settings(env, words, arena, &settings);
	heap->broken = settings.broken;
	decide_heap(&settings, given, arena, heap);
	decide_threads(&settings, given, arena, heap);
	heap_beside(heap, beside_heap(&settings), 0.1);
	heap->collector = settings.of[COLLECTOR].text;
	heap->doubt = settings.doubt;
}
