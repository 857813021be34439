/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../probes/cpu.h"

extern const struct probe probe_cpu;

#define CPU "/sys/devices/system/cpu"

static void write_cpu(const struct tree *tree, unsigned int cpu, const char *threads,
		      const char *package)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, CPU "/cpu%u/topology/thread_siblings_list", cpu);
	tree_write(tree, path.buf, threads);
	strbuf_reset(&path);
	strbuf_addf(&path, CPU "/cpu%u/topology/core_siblings_list", cpu);
	tree_write(tree, path.buf, package);
}

/* Two sockets of two cores of two threads, numbered as x86 does. */
static void a_host_tells_how_its_processors_hang_together(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, CPU "/online", "0-7\n");
	tree_write(tree, CPU "/present", "0-7\n");
	tree_write(tree, CPU "/possible", "0-15\n");
	for (unsigned int i = 0; i < 8; i++) {
		static const char *const threads[] = { "0,4\n", "1,5\n", "2,6\n", "3,7\n" };

		write_cpu(tree, i, threads[i % 4], i % 4 < 2 ? "0-1,4-5\n" : "2-3,6-7\n");
	}
	tree_read(tree, &probe_cpu);

	assert_setting(tree, HOST, "", "cpu.online", "8");
	assert_setting(tree, HOST, "", "cpu.online_list", "0-7");
	assert_setting(tree, HOST, "", "cpu.possible", "16");
	assert_setting(tree, HOST, "", "cpu.sockets", "2");
	assert_setting(tree, HOST, "", "cpu.cores", "4");
	assert_setting(tree, HOST, "", "cpu.threads_per_core", "2");
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_CPU), 8);
}

static void a_topology_with_holes_is_unknown(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, CPU "/online", "0-1\n");
	write_cpu(tree, 0, "0\n", "0-1\n");
	tree_read(tree, &probe_cpu);

	assert_setting(tree, HOST, "", "cpu.online", "2");
	assert_setting(tree, HOST, "", "cpu.cores", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "cpu.sockets", ABSENCE(ABSENT));
}

static void frequency_settings_belong_to_each_processor(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, CPU "/online", "0,2\n");
	tree_write(tree, CPU "/cpu0/cpufreq/scaling_governor", "powersave\n");
	tree_write(tree, CPU "/cpu0/cpufreq/scaling_available_governors",
		   "performance powersave \n");
	tree_write(tree, CPU "/cpu0/cpufreq/scaling_max_freq", "3700000\n");
	tree_write(tree, CPU "/cpu2/cpufreq/scaling_governor", "performance\n");
	tree_write(tree, CPU "/cpu0/thermal_throttle/core_throttle_count", "12\n");
	tree_write(tree, CPU "/intel_pstate/no_turbo", "0\n");
	tree_write(tree, CPU "/intel_pstate/status", "active\n");
	tree_read(tree, &probe_cpu);

	assert_setting(tree, CPU, "0", "scaling_governor", "powersave");
	assert_setting(tree, CPU, "0", "scaling_max_freq", "3700000");
	assert_setting(tree, CPU, "0", "energy_performance_preference", ABSENCE(ABSENT));
	assert_setting(tree, CPU, "0", "thermal_throttle.core_throttle_count", "12");
	assert_setting(tree, CPU, "2", "scaling_governor", "performance");
	assert_setting(tree, CPU, "1", "scaling_governor", NULL);
	assert_setting(tree, HOST, "", "intel_pstate.no_turbo", "0");
	assert_setting(tree, HOST, "", "cpufreq.boost", ABSENCE(ABSENT));
	assert_origin(tree, tree_subject(tree, SUBJECT_KIND_CPU, "0"), "scaling_governor",
		      CPU "/cpu0/cpufreq/scaling_governor");
}

static void a_virtual_machine_without_cpufreq_says_so_once(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, CPU "/online", "0-1\n");
	tree_read(tree, &probe_cpu);

	assert_setting(tree, CPU, "1", "scaling_governor", ABSENCE(ABSENT));
	assert_setting(tree, CPU, "1", "scaling_max_freq", NULL);
	assert_setting(tree, CPU, "1", "thermal_throttle.core_throttle_count", NULL);
}

static void cpuinfo_counts_where_sys_was_not_saved(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/cpuinfo",
		   "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Gold "
		   "6130 CPU @ 2.10GHz\n"
		   "flags\t\t: fpu vme\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\n\n");
	tree_read(tree, &probe_cpu);

	assert_setting(tree, HOST, "", "cpu.online", "2");
	assert_origin(tree, SUBJECT_HOST, "cpu.online", "/proc/cpuinfo");
	assert_setting(tree, HOST, "", "cpu.online_list", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "cpu.present", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "cpu.vendor", "GenuineIntel");
	assert_setting(tree, HOST, "", "cpu.model", "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz");
	assert_setting(tree, HOST, "", "cpu.cores", ABSENCE(ABSENT));
}

static void arm_names_its_processors_by_number(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, CPU "/online", "0\n");
	tree_write(
		tree, "/proc/cpuinfo",
		"processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd atomics\nCPU "
		"implementer\t: 0x41\n"
		"CPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n");
	tree_read(tree, &probe_cpu);

	assert_setting(tree, HOST, "", "cpu.vendor", "0x41");
	assert_setting(tree, HOST, "", "cpu.model", "0xd0c");
}

static void other_settings_of_processors_are_read(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, CPU "/isolated", "\n");
	tree_write(tree, CPU "/nohz_full", "2-3\n");
	tree_write(tree, CPU "/smt/control", "on\n");
	tree_write(tree, CPU "/cpuidle/current_driver", "intel_idle\n");
	tree_write(tree, CPU "/cpuidle/current_governor_ro", "menu\n");
	tree_write(tree, CPU "/vulnerabilities/spectre_v2", "Mitigation: Enhanced IBRS\n");
	tree_write(tree, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
		   "tsc\n");
	tree_write(tree, "/sys/kernel/debug/sched/base_slice_ns", "2800000\n");
	tree_write(tree, "/sys/kernel/debug/sched/numa_balancing/scan_size_mb", "256\n");
	tree_read(tree, &probe_cpu);

	assert_setting(tree, HOST, "", "debug.sched.base_slice_ns", "2800000");
	assert_setting(tree, HOST, "", "debug.sched.latency_ns", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "debug.sched.numa_balancing.scan_size_mb", "256");
	assert_setting(tree, HOST, "", "cpu.isolated", "");
	assert_setting(tree, HOST, "", "cpu.nohz_full", "2-3");
	assert_setting(tree, HOST, "", "cpu.smt.control", "on");
	assert_setting(tree, HOST, "", "cpu.smt.active", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "cpuidle.current_driver", "intel_idle");
	assert_setting(tree, HOST, "", "cpuidle.current_governor", "menu");
	assert_setting(tree, HOST, "", "cpu.vulnerability.spectre_v2", "Mitigation: Enhanced IBRS");
	assert_setting(tree, HOST, "", "clocksource.current_clocksource", "tsc");
	assert_setting(tree, HOST, "", "cpu.online", ABSENCE(ABSENT));
}

static void each_processor_says_whether_it_is_isolated(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, CPU "/online", "0-3\n");
	tree_write(tree, CPU "/isolated", "1,3\n");
	tree_read(tree, &probe_cpu);

	assert_setting(tree, CPU, "0", "is_isolated", "0");
	assert_setting(tree, CPU, "1", "is_isolated", "1");
	assert_setting(tree, CPU, "2", "is_isolated", "0");
	assert_setting(tree, CPU, "3", "is_isolated", "1");
}

static void a_list_printed_as_null_is_empty(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, CPU "/nohz_full", "(null)\n");
	tree_read(tree, &probe_cpu);
	assert_setting(tree, HOST, "", "cpu.nohz_full", "");
}

static void lists_that_make_no_sense_are_unparsable(void **state)
{
	static const char *const lists[] = {
		"garbage\n",	  "0-\n", "3-1\n",   "0,\n", "0-99999999999999999999\n",
		"0-4000000000\n", "-1\n", "0\n1 x\n"
	};
	struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		tree_write(tree, CPU "/online", lists[i]);
		tree_read(tree, &probe_cpu);
		assert_setting(tree, HOST, "", "cpu.online", ABSENCE(UNPARSABLE));
		assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_CPU), 0);
	}
}

static void lists_are_counted(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t count;
	} cases[] = {
		{ "0", 0, 1 },
		{ "0-3", 0, 4 },
		{ "0-1,8,10-11\n", 0, 5 },
		{ "", 0, 0 },
		{ "\n", 0, 0 },
		{ "16383", 0, 1 },
		{ "16384", -EBADMSG, 0 },
		{ "0,,1", -EBADMSG, 0 },
		{ "0 1", -EBADMSG, 0 },
		{ "a", -EBADMSG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t count = 0;

		assert_int_equal(cpu_list_count(cases[i].text, &count), cases[i].result);
		assert_int_equal(count, cases[i].count);
	}
}

static void fields_of_cpuinfo_are_found_by_their_whole_name(void **state)
{
	static const char text[] = "cpu family\t: 6\ncpu\t\t: POWER9\nflags\t\t: fpu "
				   "hypervisor-like sse\nempty\t:\nno colon\n";
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	(void)state;
	assert_true(cpuinfo_find(text, "cpu", &value));
	assert_string_equal(value.buf, "POWER9");
	assert_true(cpuinfo_find(text, "empty", &value));
	assert_string_equal(value.buf, "");
	assert_false(cpuinfo_find(text, "no colon", &value));
	assert_true(cpuinfo_has_word(text, "flags", "sse"));
	assert_false(cpuinfo_has_word(text, "flags", "hypervisor"));
	assert_false(cpuinfo_has_word(text, "Features", "sse"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_host_tells_how_its_processors_hang_together),
		tree_test(a_topology_with_holes_is_unknown),
		tree_test(frequency_settings_belong_to_each_processor),
		tree_test(a_virtual_machine_without_cpufreq_says_so_once),
		tree_test(cpuinfo_counts_where_sys_was_not_saved),
		tree_test(arm_names_its_processors_by_number),
		tree_test(other_settings_of_processors_are_read),
		tree_test(each_processor_says_whether_it_is_isolated),
		tree_test(a_list_printed_as_null_is_empty),
		tree_test(lists_that_make_no_sense_are_unparsable),
		cmocka_unit_test(lists_are_counted),
		cmocka_unit_test(fields_of_cpuinfo_are_found_by_their_whole_name),
	};

	return RUN_TESTS(tests);
}
