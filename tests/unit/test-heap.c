/* SPDX-License-Identifier: Apache-2.0 */
/* What runtimes take for their heap and threads, from what a manifest sets.  Sources: JDK 21 arguments.cpp and java(1), Go's package runtime, nodejs.org
 * cli.html, .NET's garbage collector configuration; the kubelet's expansion.go and resource/helpers.go. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../advisor/heap.h"
#include "../../core/strbuf.h"

#define MIB (1LL << 20)
#define GIB (1LL << 30)

struct reading {
	struct arena arena;
	struct diag diag;
	struct heap heap;
};

/* container: YAML of a container's env, command and args. */
static void read_container(struct reading *reading, const char *container, const struct heap_given *given)
{
	struct workload_container made = { .name = "app", .image = "" };
	const struct node *documents, *root, *image;

	memset(reading, 0, sizeof(*reading));
	assert_int_equal(node_parse_foreign(&reading->arena, container, strlen(container), &reading->diag, &documents), 0);
	root = &documents->items[0];
	if (root->kind == NODE_MAPPING) {
		made.env = node_get(root, "env");
		made.env_from = node_get(root, "envFrom");
		made.command = node_get(root, "command");
		made.args = node_get(root, "args");
		image = node_get(root, "image");
		made.image = image ? image->text : "";
	}
	heap_read(&made, given, &reading->arena, &reading->heap);
}

static void reading_release(struct reading *reading)
{
	arena_release(&reading->arena);
	diag_release(&reading->diag);
}

#define LIMIT(bytes) { .memory_limit = (bytes), .memory_request = -1, .cpu_limit = -1, .cpu_request = -1, .node_memory = -1, .node_cpu = -1 }

struct heap_case {
	const char *container;
	int64_t limit;
	enum heap_runtime runtime;
	int64_t most;
	bool follows;
	const char *setting;		/* how it begins */
};

static void check_cases(const struct heap_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct heap_given given = LIMIT(cases[i].limit);
		struct reading reading;

		read_container(&reading, cases[i].container, &given);
		if (reading.heap.runtime != cases[i].runtime || reading.heap.most != cases[i].most ||
		    reading.heap.follows != cases[i].follows || strncmp(reading.heap.setting, cases[i].setting, strlen(cases[i].setting)))
			fail_msg("%s at %lld: %s %lld %s '%s'", cases[i].container, (long long)cases[i].limit,
				 heap_runtime_name(reading.heap.runtime), (long long)reading.heap.most,
				 reading.heap.follows ? "follows" : "fixed", reading.heap.setting);
		reading_release(&reading);
	}
}

static void the_last_word_about_the_heap_of_a_jvm_counts(void **state)
{
	/* clang-format off */
	static const struct heap_case cases[] = {
		/* set_heap_size() takes the beginning for the end where that is more. */
		{ "{command: [java, -Xms2g, A]}", 4 * GIB, HEAP_JVM, 2 * GIB, false, "-Xms2g (command)" },
		{ "{command: [java, -Xms512m, A]}", 4 * GIB, HEAP_JVM, GIB, true, "a quarter" },
		{ "{command: [java, -Xms3g, '-XX:MaxRAMPercentage=50', A]}", 4 * GIB, HEAP_JVM, 3 * GIB, false, "-Xms3g (command)" },
		{ "{command: [java, -Xms2g, -Xmx2g, A]}", 4 * GIB, HEAP_JVM, 2 * GIB, false, "-Xmx2g" },
		{ "command: [java, -Xmx512m, -jar, a.jar]", GIB, HEAP_JVM, 512 * MIB, false, "-Xmx512m (command)" },
		{ "command: [java, -Xmx512m, -Xmx1G, -jar, a.jar]", GIB, HEAP_JVM, GIB, false, "-Xmx1G" },
		{ "command: [java, '-XX:MaxHeapSize=1073741824', A]", GIB, HEAP_JVM, GIB, false, "-XX:MaxHeapSize=" },
		/* Behind the archive words are the program's. */
		{ "command: [java, -jar, a.jar, -Xmx512m]", GIB, HEAP_JVM, 256 * MIB, true, "a quarter" },
		{ "command: [java, -cp, -Xmx1k, -Xmx512m, Main, -Xmx1g]", GIB, HEAP_JVM, 512 * MIB, false, "-Xmx512m" },
		{ "{args: [-jar, a.jar], env: [{name: JAVA_TOOL_OPTIONS, value: -Xmx300m}]}", GIB, HEAP_JVM, 300 * MIB, false, "-Xmx300m (JAVA_TOOL_OPTIONS)" },
		/* JAVA_TOOL_OPTIONS < JDK_JAVA_OPTIONS < command line < _JAVA_OPTIONS */
		{ "{command: [java, -Xmx3m, A], env: [{name: JAVA_TOOL_OPTIONS, value: -Xmx1m}, {name: JDK_JAVA_OPTIONS, value: -Xmx2m}]}", GIB, HEAP_JVM, 3 * MIB, false, "-Xmx3m" },
		{ "{env: [{name: JDK_JAVA_OPTIONS, value: -Xmx2m}, {name: JAVA_TOOL_OPTIONS, value: -Xmx1m}]}", GIB, HEAP_JVM, 2 * MIB, false, "-Xmx2m" },
		{ "{command: [java, -Xmx3m, A], env: [{name: _JAVA_OPTIONS, value: -Xmx4m}]}", GIB, HEAP_JVM, 4 * MIB, false, "-Xmx4m" },
		{ "{env: [{name: JAVA_OPTS, value: '-Xms1m -Xmx5m'}, {name: CATALINA_OPTS, value: -Xmx6m}]}", GIB, HEAP_JVM, 6 * MIB, false, "-Xmx6m (CATALINA_OPTS)" },
		/* Of two variables of one name the later one is there. */
		{ "{env: [{name: JAVA_OPTS, value: -Xmx5m}, {name: JAVA_OPTS, value: -Xmx7m}]}", GIB, HEAP_JVM, 7 * MIB, false, "-Xmx7m" },
		/* No JVM reads JAVA_OPTS itself. */
		{ "{command: [java, -jar, a.jar], env: [{name: JAVA_OPTS, value: -Xmx5m}]}", GIB, HEAP_JVM, 256 * MIB, true, "a quarter" },
		{ "{command: [sh, -c, 'exec java $JAVA_OPTS -jar a.jar'], env: [{name: JAVA_OPTS, value: -Xmx5m}]}", GIB, HEAP_JVM, 5 * MIB, false, "-Xmx5m" },
		{ "{command: [/bin/bash, -euc, 'java ${JAVA_OPTS} -Xmx8m -jar a.jar'], env: [{name: JAVA_OPTS, value: -Xmx5m}]}", GIB, HEAP_JVM, 8 * MIB, false, "-Xmx8m" },
		{ "{command: [sh, -c], args: ['java -Xmx${HEAP:-9m} -jar a.jar']}", GIB, HEAP_JVM, 9 * MIB, false, "-Xmx9m" },
		{ "{command: [sh, -c, 'which java && java -Xmx9m -jar a.jar']}", GIB, HEAP_JVM, 9 * MIB, false, "-Xmx9m" },
		{ "{command: [sh, -c, 'java -jar a.jar'], env: [{name: JAVA_OPTS, value: -Xmx5m}]}", GIB, HEAP_JVM, 256 * MIB, true, "a quarter" },
		/* A share of the limit; -Xmx wins over it wherever it stands. */
		{ "command: [java, '-XX:MaxRAMPercentage=75.0', -jar, a.jar]", GIB, HEAP_JVM, 768 * MIB, true, "-XX:MaxRAMPercentage=75.0" },
		{ "command: [java, '-XX:MaxRAMPercentage=75', -jar, a.jar]", 2 * GIB, HEAP_JVM, 1536 * MIB, true, "-XX:MaxRAMPercentage=75" },
		{ "command: [java, -Xmx100m, '-XX:MaxRAMPercentage=75', -jar, a.jar]", GIB, HEAP_JVM, 100 * MIB, false, "-Xmx100m" },
		{ "command: [java, '-XX:MaxRAMFraction=2', -jar, a.jar]", GIB, HEAP_JVM, 512 * MIB, true, "-XX:MaxRAMFraction=2" },
		{ "command: [java, '-XX:MaxRAM=2g', '-XX:MaxRAMPercentage=50', A]", 4 * GIB, HEAP_JVM, GIB, true, "-XX:MaxRAMPercentage=50" },
		/* Defaults: half of a small memory, then 124 MiB, then a quarter, then 30 GiB. */
		{ "command: [java, A]", 128 * MIB, HEAP_JVM, 64 * MIB, true, "a quarter" },
		{ "command: [java, A]", 400 * MIB, HEAP_JVM, 96 * MIB * 13 / 10, true, "a quarter" },
		{ "command: [java, A]", 4 * GIB, HEAP_JVM, GIB, true, "a quarter" },
		{ "command: [java, A]", 256 * GIB, HEAP_JVM, 30 * GIB, true, "a quarter" },
		{ "command: [java, '-XX:MaxRAMPercentage=25', A]", 256 * GIB, HEAP_JVM, 64 * GIB, true, "-XX:MaxRAMPercentage" },
		{ "command: [java, A]", -1, HEAP_JVM, -1, true, "a quarter of the node" },
		{ "command: [java, '-XX:-UseContainerSupport', A]", GIB, HEAP_JVM, -1, false, "-XX:-UseContainerSupport" },
		{ "command: [java, '-XX:-UseContainerSupport', '-XX:+UseContainerSupport', A]", GIB, HEAP_JVM, 256 * MIB, true, "a quarter" },
		{ "image: registry.example:5000/base/eclipse-temurin:21@sha256:0", GIB, HEAP_JVM, 256 * MIB, true, "a quarter" },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

static void other_runtimes_are_read_in_their_own_words(void **state)
{
	/* clang-format off */
	static const struct heap_case cases[] = {
		{ "env: [{name: GOMEMLIMIT, value: 900MiB}]", GIB, HEAP_GO, 900 * MIB, false, "GOMEMLIMIT=900MiB" },
		{ "env: [{name: GOMEMLIMIT, value: '1073741824'}]", GIB, HEAP_GO, GIB, false, "GOMEMLIMIT=1073741824" },
		{ "env: [{name: GOMEMLIMIT, value: 1073741824B}]", GIB, HEAP_GO, GIB, false, "GOMEMLIMIT=1073741824B" },
		{ "env: [{name: GOMEMLIMIT, value: 8388608TiB}]", GIB, HEAP_GO, -1, false, "" },
		{ "env: [{name: GOMEMLIMIT, value: 'off'}]", GIB, HEAP_GO, -1, false, "" },
		{ "env: [{name: GOMEMLIMIT, value: 900Mi}]", GIB, HEAP_GO, -1, false, "" },
		{ "env: [{name: GOMEMLIMIT, value: 1G}]", GIB, HEAP_GO, -1, false, "" },
		{ "env: [{name: GOGC, value: '50'}]", GIB, HEAP_GO, -1, false, "" },
		{ "env: [{name: NODE_OPTIONS, value: --enable-source-maps --max-old-space-size=400}]", GIB, HEAP_NODE, 400 * MIB, false, "--max-old-space-size=400 (NODE_OPTIONS)" },
		{ "{command: [node, --max_old_space_size=300, server.js], env: [{name: NODE_OPTIONS, value: --max-old-space-size=400}]}", GIB, HEAP_NODE, 300 * MIB, false, "--max_old_space_size=300 (command)" },
		{ "command: [node, server.js]", GIB, HEAP_NODE, -1, false, "" },
		/* Named, not started. */
		{ "args: [--role, node]", GIB, HEAP_NO_RUNTIME, -1, false, "" },
		{ "args: [--language, java, --port=80]", GIB, HEAP_NO_RUNTIME, -1, false, "" },
		{ "env: [{name: DOTNET_GCHeapHardLimit, value: '10000000'}]", GIB, HEAP_DOTNET, 256 * MIB, false, "DOTNET_GCHeapHardLimit=10000000" },
		{ "env: [{name: DOTNET_GCHeapHardLimitPercent, value: '32'}]", GIB, HEAP_DOTNET, 512 * MIB, true, "DOTNET_GCHeapHardLimitPercent=32 (hexadecimal: 50 %)" },
		{ "env: [{name: COMPlus_GCHeapHardLimit, value: '0x8000000'}]", GIB, HEAP_DOTNET, 128 * MIB, false, "COMPlus_" },
		{ "command: [dotnet, a.dll]", GIB, HEAP_DOTNET, 768 * MIB, true, "three quarters" },
		{ "command: [dotnet, a.dll]", -1, HEAP_DOTNET, -1, false, "" },
		{ "{}", GIB, HEAP_NO_RUNTIME, -1, false, "" },
		{ "null", GIB, HEAP_NO_RUNTIME, -1, false, "" },
		{ "command: [nginx]", GIB, HEAP_NO_RUNTIME, -1, false, "" },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

static void settings_made_of_the_limit_follow_it(void **state)
{
	/* clang-format off */
	static const struct heap_case cases[] = {
		{ "env: [{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}]", GIB, HEAP_GO, GIB, true, "GOMEMLIMIT=1073741824" },
		{ "env: [{name: M, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}, {name: GOMEMLIMIT, value: $(M)MiB}]", GIB + 1, HEAP_GO, 1025 * MIB, true, "GOMEMLIMIT=1025MiB" },
		{ "{command: [java, -Xmx$(M)m, A], env: [{name: M, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 2Mi}}}]}", GIB, HEAP_JVM, 512 * MIB, true, "-Xmx512m" },
		/* Only what stands before is replaced; $$ is one $. */
		{ "env: [{name: GOMEMLIMIT, value: $(M)MiB}, {name: M, value: '5'}]", GIB, HEAP_GO, -1, false, "" },
		{ "{command: [java, -Xmx$$(M)m, A], env: [{name: M, value: '5'}]}", GIB, HEAP_JVM, 256 * MIB, true, "a quarter" },
		/* Of another container nothing is known. */
		{ "env: [{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory, containerName: other}}}]", GIB, HEAP_GO, -1, false, "" },
		{ "env: [{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}]", -1, HEAP_GO, -1, false, "" },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

static void a_limit_that_is_not_there_is_what_the_node_has(void **state)
{
	struct heap_given given = HEAP_GIVEN_NONE;
	struct reading reading;

	given.node_memory = 8 * GIB;
	read_container(&reading, "command: [java, A]", &given);
	assert_int_equal(reading.heap.most, 2 * GIB);
	reading_release(&reading);
	read_container(&reading, "env: [{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}]", &given);
	assert_int_equal(reading.heap.most, 8 * GIB);
	reading_release(&reading);
}

static void processors_are_set_or_follow_the_quota(void **state)
{
	/* clang-format off */
	static const struct {
		const char *container;
		int64_t cpu_limit, threads;
		bool follows;
	} cases[] = {
		{ "command: [java, A]", 1500, 2, true },
		{ "command: [java, A]", 1000, 1, true },
		{ "command: [java, A]", -1, -1, false },
		{ "command: [java, '-XX:ActiveProcessorCount=4', A]", 1500, 4, false },
		{ "command: [java, '-XX:-UseContainerSupport', A]", 1500, -1, false },
		{ "env: [{name: GOMAXPROCS, value: '8'}]", 1500, 8, false },
		{ "env: [{name: GOMAXPROCS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]", 1500, 2, true },
		{ "env: [{name: GOMAXPROCS, value: '0'}]", 1500, -1, false },
		{ "env: [{name: GOMEMLIMIT, value: 1GiB}]", 1500, -1, false },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct heap_given given = HEAP_GIVEN_NONE;
		struct reading reading;

		given.cpu_limit = cases[i].cpu_limit;
		read_container(&reading, cases[i].container, &given);
		if (reading.heap.threads != cases[i].threads || reading.heap.threads_follow != cases[i].follows)
			fail_msg("%s: %lld", cases[i].container, (long long)reading.heap.threads);
		reading_release(&reading);
	}
}

static void what_cannot_be_seen_is_a_doubt(void **state)
{
	/* clang-format off */
	static const struct {
		const char *container;
		const char *doubt;	/* NULL: none */
	} cases[] = {
		{ "command: [java, -jar, a.jar]", NULL },
		{ "args: [-Xmx1g]", "the image's own command" },
		{ "{command: [java, A], envFrom: [{configMapRef: {name: a}}]}", "envFrom" },
		{ "{command: [java, A], env: [{name: JAVA_TOOL_OPTIONS, valueFrom: {configMapKeyRef: {name: a, key: b}}}]}", "JAVA_TOOL_OPTIONS comes from a configMapKeyRef" },
		{ "command: [java, '@options', A]", "@options" },
		{ "command: [java, '-XX:VMOptionsFile=/etc/x', A]", "-XX:VMOptionsFile=/etc/x" },
		{ "command: [sh, -c, java $HEAP -jar a.jar]", "HEAP of its script" },
		{ "env: [{name: GOMEMLIMIT, valueFrom: {secretKeyRef: {name: a, key: b}}}]", "GOMEMLIMIT comes from a secretKeyRef" },
		{ "env: [{name: GOMEMLIMIT, value: 1GiB}]", "whether it was built with Go 1.25" },
		{ "env: [{name: GOMEMLIMIT, value: 1GiB}, {name: GOMAXPROCS, value: '2'}]", NULL },
		{ "command: [node, a.js]", "how much of its memory" },
		{ "command: [dotnet, a.dll]", "runtimeconfig.json" },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct heap_given given = LIMIT(GIB);
		struct reading reading;
		const char *doubt;

		read_container(&reading, cases[i].container, &given);
		doubt = reading.heap.doubt;
		if (!doubt != !cases[i].doubt || (doubt && !starts_with(doubt, cases[i].doubt)))
			fail_msg("%s: '%s'", cases[i].container, doubt ? doubt : "none");
		reading_release(&reading);
	}
}

static void what_the_runtime_refuses_is_told(void **state)
{
	/* clang-format off */
	static const struct {
		const char *container;
		const char *broken;	/* how it begins; NULL: nothing is */
	} cases[] = {
		{ "command: [java, -Xmx512Mi, A]", "-Xmx512Mi (command) is no value" },
		{ "command: [java, -Xmx, A]", "-Xmx (command) is no value" },
		{ "command: [java, '-XX:MaxRAMPercentage=100', A]", NULL },
		{ "command: [java, '-XX:MaxRAMPercentage=101', A]", "-XX:MaxRAMPercentage=101" },
		{ "{command: [java, A], env: [{name: JAVA_OPTS, value: -Xmx1g}]}", "no JVM reads JAVA_OPTS" },
		{ "env: [{name: GOMEMLIMIT, value: 512Mi}]", "GOMEMLIMIT=512Mi is no value Go takes" },
		{ "env: [{name: NODE_OPTIONS, value: --max-old-space-size=1g}]", "--max-old-space-size=1g" },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct heap_given given = LIMIT(GIB);
		struct reading reading;
		const char *broken;

		read_container(&reading, cases[i].container, &given);
		broken = reading.heap.broken;
		if (!broken != !cases[i].broken || (broken && !starts_with(broken, cases[i].broken)))
			fail_msg("%s: '%s'", cases[i].container, broken ? broken : "none");
		reading_release(&reading);
	}
}

static void what_a_jvm_takes_beside_its_heap_is_reckoned_from_what_is_capped(void **state)
{
	/* clang-format off */
	static const struct {
		const char *container;
		int64_t beside;
	} cases[] = {
		{ "command: [java, -Xmx1000m, A]", 228 * MIB },
		{ "command: [java, -Xmx1000m, '-XX:MaxMetaspaceSize=100m', A]", 228 * MIB },
		{ "command: [java, -Xmx1000m, '-XX:MaxMetaspaceSize=100m', '-XX:MaxDirectMemorySize=400m', A]", 600 * MIB },
		{ "command: [java, -Xmx1000m, '-XX:ReservedCodeCacheSize=240m', A]", 340 * MIB },
		{ "env: [{name: GOMEMLIMIT, value: 1000MiB}]", 50 * MIB },
		{ "env: [{name: NODE_OPTIONS, value: --max-old-space-size=1000}]", 164 * MIB },
		{ "command: [nginx]", -1 },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct heap_given given = LIMIT(4 * GIB);
		struct reading reading;

		read_container(&reading, cases[i].container, &given);
		if (reading.heap.beside != cases[i].beside)
			fail_msg("%s: %lld", cases[i].container, (long long)reading.heap.beside);
		reading_release(&reading);
	}
}

static void values_that_double_each_other_stay_small(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct heap_given given = LIMIT(GIB);
	struct reading reading;

	strbuf_add_string(&text, "env:\n- {name: A0, value: -Xmx1m -Xmx2m}\n");
	for (int i = 1; i < 60; i++)
		strbuf_addf(&text, "- {name: A%d, value: $(A%d) $(A%d)}\n", i, i - 1, i - 1);
	strbuf_add_string(&text, "- {name: JAVA_OPTS, value: $(A59)}\n");
	read_container(&reading, text.buf, &given);
	assert_int_equal(reading.heap.runtime, HEAP_JVM);
	assert_true(reading.arena.total < 64 * MIB);
	reading_release(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_word_about_the_heap_of_a_jvm_counts),
		cmocka_unit_test(other_runtimes_are_read_in_their_own_words),
		cmocka_unit_test(settings_made_of_the_limit_follow_it),
		cmocka_unit_test(a_limit_that_is_not_there_is_what_the_node_has),
		cmocka_unit_test(processors_are_set_or_follow_the_quota),
		cmocka_unit_test(what_cannot_be_seen_is_a_doubt),
		cmocka_unit_test(what_the_runtime_refuses_is_told),
		cmocka_unit_test(what_a_jvm_takes_beside_its_heap_is_reckoned_from_what_is_capped),
		cmocka_unit_test(values_that_double_each_other_stay_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
