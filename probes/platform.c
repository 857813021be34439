/* SPDX-License-Identifier: Apache-2.0 */
/* What this host is: a machine, a virtual one, a container; whose cloud it is in; and which
 * programs own its settings, so that a change is made with them and not against them. */
#include "platform.h"

#include <errno.h>
#include <unistd.h>

#include "../core/parse.h"
#include "cpu.h"
#include "probe.h"
#include "setting-file.h"

#define DMI "/sys/class/dmi/id"
#define WANTS "/etc/systemd/system/multi-user.target.wants"
#define GRAPHICAL "/etc/systemd/system/graphical.target.wants"

/* Processes looked at for managers. */
#define PROCESSES_MAX 4096

/* clang-format off */
/* A field of the firmware's that begins with text; the first row that holds decides.  NULL: any. */
struct dmi_row {
	const char *vendor, *product, *bios, *name;
};

static const struct dmi_row virtual_machines[] = {
	{ .vendor = "Amazon EC2",            .name = "kvm" },
	{ .product = "Google Compute Engine", .name = "kvm" },
	{ .vendor = "Microsoft Corporation", .product = "Virtual Machine", .name = "hyperv" },
	{ .vendor = "VMware",                .name = "vmware" },
	{ .product = "VMware",               .name = "vmware" },
	{ .vendor = "innotek GmbH",          .name = "virtualbox" },
	{ .product = "VirtualBox",           .name = "virtualbox" },
	{ .vendor = "Xen",                   .name = "xen" },
	{ .product = "HVM domU",             .name = "xen" },
	{ .vendor = "Parallels",             .name = "parallels" },
	{ .vendor = "Apple Inc.", .product = "Apple Virtualization", .name = "apple" },
	{ .product = "KVM",                  .name = "kvm" },
	{ .product = "OpenStack",            .name = "kvm" },
	{ .product = "KubeVirt",             .name = "kvm" },
	{ .product = "RHEV",                 .name = "kvm" },
	{ .product = "Alibaba Cloud ECS",    .name = "kvm" },
	{ .vendor = "Nutanix", .product = "AHV", .name = "kvm" },
	{ .vendor = "QEMU",                  .name = "qemu" },
	{ .bios = "BHYVE",                   .name = "bhyve" },
	{ .product = "BHYVE",                .name = "bhyve" },
	{ .bios = "Xen",                     .name = "xen" },
	{ .vendor = "Bochs",                 .name = "bochs" },
};

static const struct dmi_row clouds[] = {
	{ .vendor = "Amazon EC2",     .name = "amazon" },
	{ .vendor = "Google",         .product = "Google Compute Engine", .name = "google" },
	{ .vendor = "Alibaba Cloud",  .name = "alibaba" },
	{ .vendor = "Tencent Cloud",  .name = "tencent" },
	{ .vendor = "DigitalOcean",   .name = "digitalocean" },
	{ .vendor = "Hetzner",        .name = "hetzner" },
	{ .vendor = "Scaleway",       .name = "scaleway" },
	{ .vendor = "Linode",         .name = "linode" },
	{ .vendor = "Akamai",         .name = "linode" },
	{ .vendor = "Vultr",          .name = "vultr" },
	{ .vendor = "UpCloud",        .name = "upcloud" },
	{ .vendor = "Exoscale",       .name = "exoscale" },
	{ .vendor = "OVHcloud",       .name = "ovh" },
	{ .vendor = "OpenStack",      .name = "openstack" },
	{ .product = "OpenStack",     .name = "openstack" },
};

/* Clouds whose machines are named only by their asset tag. */
static const struct {
	const char *tag, *name;
} tagged_clouds[] = {
	{ "7783-7084-3265-9085-8269-3286-77", "microsoft" },
	{ "OracleCloud.com",                  "oracle" },
	{ "Amazon EC2",                       "amazon" },
};

/* A guest of these has a clock source of its own. */
static const struct {
	const char *clock, *name;
} clocks[] = {
	{ "kvm-clock",                   "kvm" },
	{ "xen",                         "xen" },
	{ "hyperv_clocksource_tsc_page", "hyperv" },
	{ "hyperv_clocksource_msr",      "hyperv" },
};

/* Pieces of a path in /proc/1/cgroup. */
static const struct {
	const char *piece, *name;
} cgroup_pieces[] = {
	{ "/kubepods",       "kubernetes" },
	{ "/libpod-",        "podman" },
	{ "/libpod_parent",  "podman" },
	{ "/docker/",        "docker" },
	{ "/docker-",        "docker" },
	{ "/cri-containerd", "containerd" },
	{ "/lxc.payload",    "lxc" },
	{ "/lxc/",           "lxc" },
};

/* Files that a container engine leaves in the root of its containers. */
static const struct {
	const char *path, *name;
} container_marks[] = {
	{ "/run/secrets/kubernetes.io/serviceaccount",     "kubernetes" },
	{ "/var/run/secrets/kubernetes.io/serviceaccount", "kubernetes" },
	{ "/run/.containerenv",                            "podman" },
	{ "/.dockerenv",                                   "docker" },
};

/* Programs that set what this program would advise on.  comm is cut to 15 characters, as the kernel
 * does. */
static const struct manager {
	const char *key, *comm;
	const char *files[3];	/* one of them: it is configured to run */
} managers[] = {
	{ "manager.auto_cpufreq",   "auto-cpufreq",    { WANTS "/auto-cpufreq.service" } },
	{ "manager.bpftune",        "bpftune",         { WANTS "/bpftune.service" } },
	{ "manager.cloud_init",     "cloud-init",      { "/run/cloud-init/result.json", "/var/lib/cloud/instance" } },
	{ "manager.docker",         "dockerd",         { WANTS "/docker.service" } },
	{ "manager.irqbalance",     "irqbalance",      { WANTS "/irqbalance.service" } },
	{ "manager.ksmtuned",       "ksmtuned",        { WANTS "/ksmtuned.service" } },
	{ "manager.kubelet",        "kubelet",         { WANTS "/kubelet.service", "/var/lib/kubelet/config.yaml" } },
	{ "manager.networkmanager", "NetworkManager",  { WANTS "/NetworkManager.service" } },
	{ "manager.numad",          "numad",           { WANTS "/numad.service" } },
	{ "manager.oomd",           "systemd-oomd",    { WANTS "/systemd-oomd.service" } },
	{ "manager.power_profiles", "power-profiles-", { GRAPHICAL "/power-profiles-daemon.service" } },
	{ "manager.sapconf",        NULL,              { WANTS "/sapconf.service" } },
	{ "manager.saptune",        NULL,              { WANTS "/saptune.service" } },
	{ "manager.systemd",        "systemd",         { "/run/systemd/system" } },
	{ "manager.thermald",       "thermald",        { WANTS "/thermald.service" } },
	{ "manager.tlp",            NULL,              { WANTS "/tlp.service" } },
	{ "manager.tuned",          "tuned",           { WANTS "/tuned.service", "/etc/tuned/active_profile" } },
};
/* clang-format on */

static bool begins(const char *text, const char *prefix)
{
	return !prefix || starts_with(text, prefix);
}

static const char *dmi_match(const struct dmi *dmi, const struct dmi_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (begins(dmi->sys_vendor, rows[i].vendor) &&
		    begins(dmi->product_name, rows[i].product) &&
		    begins(dmi->bios_vendor, rows[i].bios))
			return rows[i].name;
	}
	return NULL;
}

const char *dmi_virtualization(const struct dmi *dmi)
{
	/* Whole machines for rent have the vendor of the virtual ones: "m5.metal",
	 * "c3-highcpu-192-metal". */
	if (ends_with(dmi->product_name, "metal") || strstr(dmi->product_name, ".metal-"))
		return NULL;
	return dmi_match(dmi, virtual_machines, ARRAY_SIZE(virtual_machines));
}

const char *dmi_cloud(const struct dmi *dmi)
{
	const char *name = dmi_match(dmi, clouds, ARRAY_SIZE(clouds));

	for (size_t i = 0; !name && i < ARRAY_SIZE(tagged_clouds); i++) {
		if (streq(dmi->chassis_asset_tag, tagged_clouds[i].tag))
			name = tagged_clouds[i].name;
	}
	/* Amazon's Xen machines: "4.11.amazon". */
	if (!name && ends_with(dmi->bios_version, ".amazon"))
		name = "amazon";
	return name;
}

const char *cgroup_container(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(cgroup_pieces); i++) {
		if (strstr(text, cgroup_pieces[i].piece))
			return cgroup_pieces[i].name;
	}
	return NULL;
}

bool environ_find(const char *text, size_t length, const char *name, const char **ret_value,
		  size_t *ret_length)
{
	const char *end = text + length;
	size_t n = strlen(name);

	while (text < end) {
		const char *zero = memchr(text, '\0', (size_t)(end - text));
		size_t size = (size_t)((zero ? zero : end) - text);

		if (size > n && memcmp(text, name, n) == 0 && text[n] == '=') {
			*ret_value = text + n + 1;
			*ret_length = size - n - 1;
			return true;
		}
		text += size + 1;
	}
	return false;
}

struct platform {
	const struct root *root;
	struct snapshot *snapshot;
	struct dmi dmi;
	struct strbuf dmi_text[5];
	int dmi_result; /* of reading sys_vendor */
	struct strbuf text;
};

static void read_dmi(struct platform *platform)
{
	const struct {
		const char *path;
		const char **field;
	} rows[] = {
		{ DMI "/sys_vendor", &platform->dmi.sys_vendor },
		{ DMI "/product_name", &platform->dmi.product_name },
		{ DMI "/bios_vendor", &platform->dmi.bios_vendor },
		{ DMI "/bios_version", &platform->dmi.bios_version },
		{ DMI "/chassis_asset_tag", &platform->dmi.chassis_asset_tag },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf *text = &platform->dmi_text[i];
		int r = root_read_line(platform->root, rows[i].path, text);

		*text = r < 0 ? (struct strbuf)STRBUF_INIT : *text;
		*rows[i].field = text->buf;
		if (i == 0)
			platform->dmi_result = r;
	}
	snapshot_set_read(platform->snapshot, SUBJECT_HOST, "platform.vendor", platform->dmi_result,
			  platform->dmi.sys_vendor, strlen(platform->dmi.sys_vendor), rows[0].path);
	snapshot_set_read(platform->snapshot, SUBJECT_HOST, "platform.product",
			  platform->dmi_result, platform->dmi.product_name,
			  strlen(platform->dmi.product_name), rows[1].path);
}

static bool file_has(struct platform *platform, const char *path, const char *piece)
{
	return root_read(platform->root, path, &platform->text) == 0 &&
	       strstr(platform->text.buf, piece);
}

static const char *by_clock(struct platform *platform, const char *path)
{
	if (root_read(platform->root, path, &platform->text) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		const char *cursor = platform->text.buf, *word;
		size_t length;

		while (next_word(&cursor, &word, &length)) {
			if (length == strlen(clocks[i].clock) &&
			    memcmp(word, clocks[i].clock, length) == 0)
				return clocks[i].name;
		}
	}
	return NULL;
}

/* The first evidence that decides, strongest first; *ret_origin is where it was. */
static const char *find_virtualization(struct platform *platform, const char **ret_origin)
{
	static const char clock_path[] =
		"/sys/devices/system/clocksource/clocksource0/available_clocksource";
	const char *clock, *name;

	*ret_origin = "/proc/sys/kernel/osrelease";
	if (file_has(platform, *ret_origin, "icrosoft"))
		return "wsl";
	*ret_origin = "/proc/xen/capabilities";
	if (file_has(platform, *ret_origin, "control_d"))
		return "none"; /* the first domain of Xen sees the hardware */
	*ret_origin = DMI "/sys_vendor";
	name = dmi_virtualization(&platform->dmi);
	clock = by_clock(platform, clock_path);
	/* QEMU's firmware says QEMU also where KVM runs the processors. */
	if (name && (!clock || !streq(name, "qemu")))
		return name;
	*ret_origin = "/sys/hypervisor/type";
	if (root_read_line(platform->root, *ret_origin, &platform->text) == 0 &&
	    streq(platform->text.buf, "xen"))
		return "xen";
	*ret_origin = clock_path;
	if (clock)
		return clock;
	*ret_origin = "/proc/device-tree/hypervisor/compatible";
	if (root_read(platform->root, *ret_origin, &platform->text) == 0 && platform->text.len > 0)
		return streq(platform->text.buf, "linux,kvm") ? "kvm"
		       : strstr(platform->text.buf, "xen")    ? "xen"
							      : "other";
	*ret_origin = "/proc/sysinfo";
	if (root_read(platform->root, *ret_origin, &platform->text) == 0 &&
	    strstr(platform->text.buf, "VM00 "))
		return strstr(platform->text.buf, "KVM/Linux") ? "kvm" : "zvm";
	return name;
}

/* x86 has a processor flag that every hypervisor shows; elsewhere firmware that names no hypervisor
 * is the best there is; with neither, nothing is known. */
static const char *virtualization_by_flag(struct platform *platform, const char **ret_origin)
{
	*ret_origin = "/proc/cpuinfo";
	if (cpuinfo_read_head(platform->root, &platform->text) == 0 &&
	    cpuinfo_has_word(platform->text.buf, "flags", "fpu"))
		return cpuinfo_has_word(platform->text.buf, "flags", "hypervisor") ? "other"
										   : "none";
	*ret_origin = DMI "/sys_vendor";
	return platform->dmi_result == 0 ? "none" : NULL;
}

static void record_virtualization(struct platform *platform)
{
	const char *origin, *name = find_virtualization(platform, &origin);

	if (!name)
		name = virtualization_by_flag(platform, &origin);
	if (name)
		snapshot_set_string(platform->snapshot, SUBJECT_HOST, "platform.virtualization",
				    name, origin);
	else
		snapshot_set_absent(platform->snapshot, SUBJECT_HOST, "platform.virtualization",
				    -ENOENT, DMI);
}

static void record_cloud(struct platform *platform)
{
	static const char path[] = "/run/cloud-init/cloud-id";
	const char *name = dmi_cloud(&platform->dmi);

	if (name)
		snapshot_set_string(platform->snapshot, SUBJECT_HOST, "platform.cloud", name, DMI);
	else if (root_read_line(platform->root, path, &platform->text) == 0 &&
		 platform->text.len > 0)
		snapshot_set(platform->snapshot, SUBJECT_HOST, "platform.cloud", platform->text.buf,
			     platform->text.len, path);
	else if (platform->dmi_result == 0)
		snapshot_set_string(platform->snapshot, SUBJECT_HOST, "platform.cloud", "none",
				    DMI);
	else
		snapshot_set_absent(platform->snapshot, SUBJECT_HOST, "platform.cloud",
				    platform->dmi_result, DMI);
}

/* The first line of mountinfo begins with the number of a mount; no two namespaces share one. */
static bool first_mount(struct platform *platform, const char *path, struct strbuf *line)
{
	if (root_read_limit(platform->root, path, 16U << 20, line) < 0)
		return false;
	strbuf_truncate(line, strcspn(line->buf, "\n"));
	return line->len > 0;
}

/* Process 2 is kthreadd only where processes are not in a namespace of their own; when file systems
 * are those of process 1 too, this is the host itself, even if its root was unpacked from a
 * container's image, marks and all. */
static bool is_host_itself(struct platform *platform)
{
	CLEANUP(strbuf_release) struct strbuf own = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT;

	if (root_read_line(platform->root, "/proc/2/comm", &platform->text) < 0 ||
	    !streq(platform->text.buf, "kthreadd"))
		return false;
	return first_mount(platform, "/proc/self/mountinfo", &own) &&
	       first_mount(platform, "/proc/1/mountinfo", &first) && streq(own.buf, first.buf);
}

static bool is_word(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') ||
		      text[i] == '-'))
			return false;
	}
	return length > 0 && length < 32;
}

static bool container_said(struct platform *platform, struct strbuf *name, const char **ret_origin)
{
	const char *value;
	size_t length;

	*ret_origin = "/proc/1/environ";
	if (root_read(platform->root, *ret_origin, &platform->text) == 0 &&
	    environ_find(platform->text.buf, platform->text.len, "container", &value, &length) &&
	    is_word(value, length)) {
		strbuf_add(name, value, length);
		return true;
	}
	*ret_origin = "/run/systemd/container";
	if (root_read_line(platform->root, *ret_origin, &platform->text) == 0 &&
	    is_word(platform->text.buf, platform->text.len)) {
		strbuf_add(name, platform->text.buf, platform->text.len);
		return true;
	}
	return false;
}

static const char *find_container(struct platform *platform, const char **ret_origin)
{
	const char *name;

	*ret_origin = "/proc/1/cgroup";
	name = root_read(platform->root, *ret_origin, &platform->text) == 0
		       ? cgroup_container(platform->text.buf)
		       : NULL;
	if (name)
		return name;
	for (size_t i = 0; i < ARRAY_SIZE(container_marks); i++) {
		*ret_origin = container_marks[i].path;
		if (root_exists(platform->root, container_marks[i].path))
			return container_marks[i].name;
	}
	return NULL;
}

static void record_container(struct platform *platform)
{
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	const char *origin, *name;

	if (is_host_itself(platform)) {
		snapshot_set_string(platform->snapshot, SUBJECT_HOST, "platform.container", "none",
				    "/proc/2/comm");
		return;
	}
	name = find_container(platform, &origin);
	/* Kubernetes runs containers of every kind; what an engine says of itself is the kind. */
	if (!(name && streq(name, "kubernetes")) && container_said(platform, &said, &origin))
		name = said.buf;
	if (name)
		snapshot_set_string(platform->snapshot, SUBJECT_HOST, "platform.container", name,
				    origin);
	else if (root_exists(platform->root, "/proc/1/cgroup") ||
		 root_exists(platform->root, "/etc"))
		snapshot_set_string(platform->snapshot, SUBJECT_HOST, "platform.container", "none",
				    "/proc/1/cgroup");
	else
		snapshot_set_absent(platform->snapshot, SUBJECT_HOST, "platform.container", -ENOENT,
				    "/proc/1/cgroup");
}

static void mark_running(struct platform *platform, const char *pid, bool *running)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "/proc/%s/comm", pid);
	if (root_read_line(platform->root, path.buf, &platform->text) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++) {
		if (managers[i].comm && streq(managers[i].comm, platform->text.buf))
			running[i] = true;
	}
}

/* The number of processes that were looked at. */
static size_t find_running(struct platform *platform, bool *running)
{
	CLEANUP(root_list_release) struct root_list processes = ROOT_LIST_INIT;
	size_t count = 0;

	(void)root_list(platform->root, "/proc", &processes);
	for (size_t i = 0; i < processes.count; i++) {
		const char *name = processes.entries[i].name;

		if (processes.entries[i].type != DT_DIR || name[strspn(name, "0123456789")])
			continue;
		if (count++ == PROCESSES_MAX) {
			(void)diag_warning(snapshot_notes(platform->snapshot), NULL,
					   "more than %d processes; managers of settings among the "
					   "rest are not seen",
					   PROCESSES_MAX);
			break;
		}
		mark_running(platform, name, running);
	}
	return count;
}

/* A unit that is enabled is a link, and what it leads to may not have been saved. */
static bool is_there(struct platform *platform, const char *path)
{
	return root_exists(platform->root, path) ||
	       root_readlink(platform->root, path, &platform->text) == 0;
}

/* A unit that was masked after it was enabled keeps its link: systemd then does not start it. */
static bool is_masked(struct platform *platform, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf mask = STRBUF_INIT;

	if (!ends_with(path, ".service"))
		return false;
	strbuf_addf(&mask, "/etc/systemd/system%s", strrchr(path, '/'));
	return root_readlink(platform->root, mask.buf, &platform->text) == 0 &&
	       streq(platform->text.buf, "/dev/null");
}

static void record_managers(struct platform *platform)
{
	bool running[ARRAY_SIZE(managers)] = { false };
	/* One process or two is a tree that kept some files of them, not a host. */
	bool seen = find_running(platform, running) > 2;

	for (size_t i = 0; i < ARRAY_SIZE(managers); i++) {
		const struct manager *manager = &managers[i];
		const char *file = NULL;

		for (size_t j = 0; j < ARRAY_SIZE(manager->files) && manager->files[j] && !file;
		     j++)
			file = is_there(platform, manager->files[j]) &&
			       !is_masked(platform, manager->files[j]) ? manager->files[j] : NULL;
		if (running[i])
			snapshot_set_string(platform->snapshot, SUBJECT_HOST, manager->key,
					    "running", "/proc/*/comm");
		else if (file)
			snapshot_set_string(platform->snapshot, SUBJECT_HOST, manager->key,
					    "configured", file);
		else if (seen)
			snapshot_set_string(platform->snapshot, SUBJECT_HOST, manager->key, "none",
					    "/proc/*/comm");
		else
			snapshot_set_absent(platform->snapshot, SUBJECT_HOST, manager->key, -ENOENT,
					    "/proc/*/comm");
	}
	(void)setting_file_read(platform->root, platform->snapshot, SUBJECT_HOST, "tuned.profile",
				"/etc/tuned/active_profile", &platform->text);
}

static int platform_read(const struct root *root, const struct probe_options *options,
			 struct snapshot *snapshot)
{
	struct platform platform = {
		.root = root,
		.snapshot = snapshot,
		.dmi_text = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT },
		.text = STRBUF_INIT,
	};

	(void)options;
	read_dmi(&platform);
	record_virtualization(&platform);
	record_cloud(&platform);
	record_container(&platform);
	record_managers(&platform);
	for (size_t i = 0; i < ARRAY_SIZE(platform.dmi_text); i++)
		strbuf_release(&platform.dmi_text[i]);
	strbuf_release(&platform.text);
	return 0;
}

static const char *const platform_paths[] = {
	DMI "/sys_vendor",
	DMI "/product_name",
	DMI "/bios_vendor",
	DMI "/bios_version",
	DMI "/chassis_asset_tag",
	"/proc/sys/kernel/osrelease",
	"/proc/xen/capabilities",
	"/sys/hypervisor/type",
	"/sys/devices/system/clocksource/clocksource0/available_clocksource",
	"/proc/device-tree/hypervisor/compatible",
	"/proc/sysinfo",
	"/proc/cpuinfo",
	"/run/cloud-init/cloud-id",
	"/run/cloud-init/result.json",
	"/proc/self/mountinfo",
	"/proc/1/mountinfo",
	"/proc/1/cgroup",
	"/run/systemd/container",
	"/run/.containerenv",
	"/.dockerenv",
	"/proc/*/comm",
	"/etc/tuned/active_profile",
	"/etc/systemd/system/*.wants/*.service",
	"/etc/systemd/system/auto-cpufreq.service",
	"/etc/systemd/system/bpftune.service",
	"/etc/systemd/system/docker.service",
	"/etc/systemd/system/irqbalance.service",
	"/etc/systemd/system/ksmtuned.service",
	"/etc/systemd/system/kubelet.service",
	"/etc/systemd/system/NetworkManager.service",
	"/etc/systemd/system/numad.service",
	"/etc/systemd/system/power-profiles-daemon.service",
	"/etc/systemd/system/sapconf.service",
	"/etc/systemd/system/saptune.service",
	"/etc/systemd/system/systemd-oomd.service",
	"/etc/systemd/system/thermald.service",
	"/etc/systemd/system/tlp.service",
	"/etc/systemd/system/tuned.service",
	"/var/lib/kubelet/config.yaml",
	NULL,
};

const struct probe probe_platform = {
	.name = "platform",
	.summary = "machine, virtual machine or container; cloud; which programs own settings",
	.paths = platform_paths,
	.read = platform_read,
};
