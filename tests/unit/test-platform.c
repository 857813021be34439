/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../probes/platform.h"

extern const struct probe probe_platform;

#define DMI "/sys/class/dmi/id"
#define CLOCKS "/sys/devices/system/clocksource/clocksource0/available_clocksource"

static void firmware_names_machine_and_cloud(void **state)
{
	static const struct {
		struct dmi dmi; /* vendor, product, BIOS, its version, asset tag */
		const char *virtualization, *cloud;
	} cases[] = {
		{ { "Amazon EC2", "m6i.large", "Amazon EC2", "1.0", "Amazon EC2" },
		  "kvm",
		  "amazon" },
		{ { "Amazon EC2", "m5.metal", "Amazon EC2", "1.0", "" }, NULL, "amazon" },
		{ { "Xen", "HVM domU", "Xen", "4.11.amazon", "" }, "xen", "amazon" },
		{ { "Google", "Google Compute Engine", "Google", "Google", "" }, "kvm", "google" },
		{ { "Microsoft Corporation", "Virtual Machine", "AMI", "1",
		    "7783-7084-3265-9085-8269-3286-77" },
		  "hyperv",
		  "microsoft" },
		{ { "Microsoft Corporation", "Virtual Machine", "AMI", "1", "1234" },
		  "hyperv",
		  NULL },
		{ { "Microsoft Corporation", "Surface Laptop", "", "", "" }, NULL, NULL },
		{ { "QEMU", "Standard PC (i440FX + PIIX, 1996)", "SeaBIOS", "1",
		    "OracleCloud.com" },
		  "qemu",
		  "oracle" },
		{ { "VMware, Inc.", "VMware Virtual Platform", "Phoenix", "6", "No Asset Tag" },
		  "vmware",
		  NULL },
		{ { "innotek GmbH", "VirtualBox", "innotek GmbH", "VirtualBox", "" },
		  "virtualbox",
		  NULL },
		{ { "Red Hat", "KVM", "SeaBIOS", "1", "" }, "kvm", NULL },
		{ { "OpenStack Foundation", "OpenStack Nova", "SeaBIOS", "1", "" },
		  "kvm",
		  "openstack" },
		{ { "Hetzner", "vServer", "Hetzner", "1", "" }, NULL, "hetzner" },
		{ { "Dell Inc.", "PowerEdge R640", "Dell Inc.", "2.1", "" }, NULL, NULL },
		{ { "", "", "", "", "" }, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *virtualization = dmi_virtualization(&cases[i].dmi),
			   *cloud = dmi_cloud(&cases[i].dmi);

		assert_string_equal(virtualization ? virtualization : "-",
				    cases[i].virtualization ? cases[i].virtualization : "-");
		assert_string_equal(cloud ? cloud : "-", cases[i].cloud ? cases[i].cloud : "-");
	}
}

static void a_machine_of_its_own_is_none(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, DMI "/sys_vendor", "Dell Inc.\n");
	tree_write(tree, DMI "/product_name", "PowerEdge R640\n");
	tree_write(tree, "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme sse2\n");
	tree_write(tree, CLOCKS, "tsc hpet acpi_pm \n");
	tree_read(tree, &probe_platform);

	assert_setting(tree, HOST, "", "platform.virtualization", "none");
	assert_setting(tree, HOST, "", "platform.cloud", "none");
	assert_setting(tree, HOST, "", "platform.vendor", "Dell Inc.");
	assert_setting(tree, HOST, "", "platform.product", "PowerEdge R640");
}

static void evidence_is_taken_in_its_order(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "other");

	tree_write(tree, CLOCKS, "tsc kvm-clock acpi_pm \n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "kvm");

	tree_write(tree, DMI "/sys_vendor", "QEMU\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "kvm");

	tree_write(tree, CLOCKS, "tsc\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "qemu");

	tree_write(tree, "/sys/hypervisor/type", "xen\n");
	tree_write(tree, DMI "/sys_vendor", "Some PC\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "xen");

	tree_write(tree, "/proc/xen/capabilities", "control_d\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "none");

	tree_write(tree, "/proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "wsl");
}

static void other_architectures_have_other_witnesses(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sysinfo", "Manufacturer: IBM\nVM00 Control Program: KVM/Linux\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "kvm");
	tree_write(tree, "/proc/sysinfo",
		   "Manufacturer: IBM\nVM00 Control Program: z/VM    6.4.0\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "zvm");
	tree_write_bytes(tree, "/proc/device-tree/hypervisor/compatible", "linux,kvm",
			 sizeof("linux,kvm"));
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.virtualization", "kvm");
}

static void an_empty_tree_says_nothing(void **state)
{
	static const char *const keys[] = { "platform.virtualization",
					    "platform.container",
					    "platform.cloud",
					    "platform.vendor",
					    "manager.tuned",
					    "manager.kubelet",
					    "tuned.profile" };
	struct tree *tree = *state;

	tree_read(tree, &probe_platform);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_setting(tree, HOST, "", keys[i], ABSENCE(ABSENT));
}

/* One mark or line, and what it makes of the tree. */
static void containers_leave_marks(void **state)
{
	static const struct {
		const char *path, *text, *container;
	} cases[] = {
		{ "/.dockerenv", "", "docker" },
		{ "/run/.containerenv", "engine=\"podman-4.3.1\"\n", "podman" },
		{ "/run/secrets/kubernetes.io/serviceaccount/namespace", "default", "kubernetes" },
		{ "/run/systemd/container", "systemd-nspawn\n", "systemd-nspawn" },
		{ "/run/systemd/container", "\033[31mred\n", "none" },
		{ "/proc/1/cgroup", "0::/kubepods.slice/kubepods-burstable.slice/x.scope\n",
		  "kubernetes" },
		{ "/proc/1/cgroup",
		  "12:pids:/docker/4e8f0a7c\n0::/system.slice/containerd.service\n", "docker" },
		{ "/proc/1/cgroup", "0::/machine.slice/libpod-4e8f.scope\n", "podman" },
		{ "/proc/1/cgroup", "0::/init.scope\n", "none" },
		{ "/etc/hostname", "image\n", "none" },
	};
	struct tree *tree = *state;

	tree_directory(tree, "/etc");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

		tree_write(tree, cases[i].path, cases[i].text);
		tree_read(tree, &probe_platform);
		assert_setting(tree, HOST, "", "platform.container", cases[i].container);
		tree_path(tree, cases[i].path, &path);
		assert_int_equal(unlink(path.buf), 0);
		if (ends_with(cases[i].path, "/namespace")) {
			strbuf_truncate(&path, path.len - strlen("/namespace"));
			assert_int_equal(rmdir(path.buf), 0);
		}
	}
}

static void what_an_engine_says_counts_more_than_its_marks(void **state)
{
	static const char environment[] = "PATH=/bin\0xcontainer=no\0container=lxc\0TERM=linux";
	struct tree *tree = *state;

	tree_write(tree, "/.dockerenv", "");
	tree_write_bytes(tree, "/proc/1/environ", environment, sizeof(environment));
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.container", "lxc");

	tree_write(tree, "/proc/1/cgroup", "0::/kubepods/besteffort/pod1/x\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.container", "kubernetes");
}

/* A root file system unpacked from an image, booted on a machine of its own. */
static void marks_do_not_make_a_container_of_a_host(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/.dockerenv", "");
	tree_write(tree, "/proc/2/comm", "kthreadd\n");
	tree_write(tree, "/proc/1/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\n");
	tree_write(tree, "/proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.container", "none");

	/* A container that sees the host's processes has mounts of its own. */
	tree_write(tree, "/proc/self/mountinfo", "500 499 0:40 / / rw - overlay overlay rw\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.container", "docker");

	tree_write(tree, "/proc/2/comm", "bash\n");
	tree_write(tree, "/proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "platform.container", "docker");
}

static void managers_run_or_are_configured_or_neither(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/1/comm", "systemd\n");
	tree_write(tree, "/proc/2/comm", "kthreadd\n");
	tree_write(tree, "/proc/700/comm", "tuned\n");
	tree_write(tree, "/proc/701/comm", "irqbalancer\n");
	tree_write(tree, "/proc/702/comm", "power-profiles-\n");
	tree_write(tree, "/proc/notanumber/comm", "kubelet\n");
	tree_write(tree, "/etc/tuned/active_profile", "throughput-performance\n");
	tree_link(tree, "/etc/systemd/system/multi-user.target.wants/saptune.service",
		  "/usr/lib/systemd/saptune.service");
	tree_read(tree, &probe_platform);

	assert_setting(tree, HOST, "", "manager.tuned", "running");
	assert_setting(tree, HOST, "", "tuned.profile", "throughput-performance");
	assert_setting(tree, HOST, "", "manager.systemd", "running");
	assert_setting(tree, HOST, "", "manager.power_profiles", "running");
	assert_setting(tree, HOST, "", "manager.saptune", "configured");
	assert_setting(tree, HOST, "", "manager.irqbalance", "none");
	assert_setting(tree, HOST, "", "manager.kubelet", "none");
}

static void a_masked_unit_is_not_configured(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/1/comm", "systemd\n");
	tree_write(tree, "/proc/2/comm", "kthreadd\n");
	tree_write(tree, "/proc/3/comm", "kworker\n");
	tree_link(tree, "/etc/systemd/system/graphical.target.wants/power-profiles-daemon.service",
		  "/usr/lib/systemd/system/power-profiles-daemon.service");
	tree_link(tree, "/etc/systemd/system/power-profiles-daemon.service", "/dev/null");
	tree_link(tree, "/etc/systemd/system/multi-user.target.wants/tlp.service",
		  "/usr/lib/systemd/system/tlp.service");
	tree_link(tree, "/etc/systemd/system/tlp.service", "/opt/site/tlp.service");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "manager.power_profiles", "none");
	assert_setting(tree, HOST, "", "manager.tlp", "configured");
}

/* tuned-ppd speaks for TuneD on the bus name of power-profiles-daemon. */
static void the_stand_in_of_tuned_is_not_another_manager(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/1/comm", "systemd\n");
	tree_write(tree, "/proc/700/comm", "tuned\n");
	tree_write(tree, "/proc/701/comm", "tuned-ppd\n");
	tree_link(tree, "/etc/systemd/system/graphical.target.wants/tuned-ppd.service",
		  "/usr/lib/systemd/system/tuned-ppd.service");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "manager.tuned", "running");
	assert_setting(tree, HOST, "", "manager.power_profiles", "none");
}

static void without_processes_only_configuration_is_known(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/tuned/active_profile", "virtual-guest\n");
	tree_read(tree, &probe_platform);
	assert_setting(tree, HOST, "", "manager.tuned", "configured");
	assert_setting(tree, HOST, "", "manager.irqbalance", ABSENCE(ABSENT));
}

static void environments_are_searched_by_whole_names(void **state)
{
	static const char text[] = "A=1\0container=podman\0AA=\0=x\0last";
	const char *value;
	size_t length;

	(void)state;
	assert_true(environ_find(text, sizeof(text) - 1, "container", &value, &length));
	assert_int_equal(length, strlen("podman"));
	assert_memory_equal(value, "podman", length);
	assert_true(environ_find(text, sizeof(text) - 1, "AA", &value, &length));
	assert_int_equal(length, 0);
	assert_false(environ_find(text, sizeof(text) - 1, "last", &value, &length));
	assert_false(environ_find(text, sizeof(text) - 1, "tainer", &value, &length));
	assert_false(environ_find(text, 0, "A", &value, &length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(firmware_names_machine_and_cloud),
		tree_test(a_machine_of_its_own_is_none),
		tree_test(evidence_is_taken_in_its_order),
		tree_test(other_architectures_have_other_witnesses),
		tree_test(an_empty_tree_says_nothing),
		tree_test(containers_leave_marks),
		tree_test(what_an_engine_says_counts_more_than_its_marks),
		tree_test(marks_do_not_make_a_container_of_a_host),
		tree_test(managers_run_or_are_configured_or_neither),
		tree_test(a_masked_unit_is_not_configured),
		tree_test(the_stand_in_of_tuned_is_not_another_manager),
		tree_test(without_processes_only_configuration_is_known),
		cmocka_unit_test(environments_are_searched_by_whole_names),
	};

	return RUN_TESTS(tests);
}
