/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel and the system around it: release, architecture, page size, command line, build
 * configuration, modules and their parameters, security modules, swap areas, and which host this
 * is.
 *
 * Of the machine id, which names an installation for life while a snapshot is made to be passed on,
 * only a hash is kept: a plan is for the host that it was measured on. */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../core/parse.h"
#include "probe.h"
#include "setting-file.h"
#include "swaps.h"

#define CONFIG_MAX (8U << 20)
#define TEXT_MAX (4U << 20)
#define LSMOD "/sos_commands/kernel/lsmod"

static const struct setting_file kernel_files[] = {
	{ "kernel.cmdline", "/proc/cmdline" },
	{ "kernel.lockdown", "/sys/kernel/security/lockdown" },
	{ "kernel.lsm", "/sys/kernel/security/lsm" },
	{ "host.boot_id", "/proc/sys/kernel/random/boot_id" },
};

/* Modules whose presence matters to a rule, and the option that builds them in. */
static const struct module {
	const char *name;
	const char *option;
} modules[] = {
	{ "bfq", "config.IOSCHED_BFQ" },
	{ "br_netfilter", "config.BRIDGE_NETFILTER" },
	{ "ip_vs", "config.IP_VS" },
	{ "kvm", "config.KVM" },
	{ "nf_conntrack", "config.NF_CONNTRACK" },
	{ "overlay", "config.OVERLAY_FS" },
	{ "sch_fq", "config.NET_SCH_FQ" },
	{ "sch_fq_codel", "config.NET_SCH_FQ_CODEL" },
	{ "tcp_bbr", "config.TCP_CONG_BBR" },
	{ "zram", "config.ZRAM" },
};

/* Modules whose parameters are settings. */
static const char *const parameter_modules[] = {
	"cpuidle_haltpoll", "dm_mod",	    "haltpoll", "intel_idle", "kvm",	 "kvm_amd",
	"kvm_intel",	    "nf_conntrack", "nvme",	"nvme_core",  "overlay", "processor",
	"rcupdate",	    "rcutree",	    "scsi_mod", "tcp_cubic",  "tcp_bbr", "virtio_blk",
	"virtio_net",	    "workqueue",    "zswap",
};

static const char *const uname_outputs[] = { "/sos_commands/kernel/uname_-a", "/uname" };

bool uname_release(const char *text, struct strbuf *release)
{
	const char *word;
	size_t length;

	for (int i = 0; i < 3; i++) {
		if (!next_word(&text, &word, &length))
			return false;
	}
	strbuf_reset(release);
	strbuf_add(release, word, length);
	return true;
}

/* "uname -a" ends with the machine, on some systems twice more (processor, platform), and the name
 * of the system. */
bool uname_machine(const char *text, struct strbuf *machine)
{
	const char *word;
	size_t length, words = 0;

	strbuf_reset(machine);
	while (next_word(&text, &word, &length)) {
		if (words >= 4 && length == strlen("GNU/Linux") &&
		    memcmp(word, "GNU/Linux", length) == 0)
			return machine->len > 0;
		if (++words >= 4) {
			strbuf_reset(machine);
			strbuf_add(machine, word, length);
		}
	}
	strbuf_reset(machine);
	return false;
}

/* What a saved uname says, by one of the functions above. */
static const char *from_uname(const struct root *root, bool (*find)(const char *, struct strbuf *),
			      struct strbuf *value)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; root->layout == ROOT_SOSREPORT && i < ARRAY_SIZE(uname_outputs); i++) {
		if (root_read(root, uname_outputs[i], &text) == 0 && find(text.buf, value))
			return uname_outputs[i];
	}
	return NULL;
}

static void read_release(const struct root *root, struct snapshot *snapshot, struct strbuf *release)
{
	static const char path[] = "/proc/sys/kernel/osrelease";
	int r = root_read_line(root, path, release);
	const char *origin = path;

	if (r < 0 || release->len == 0) {
		origin = from_uname(root, uname_release, release);
		if (!origin)
			strbuf_reset(release);
	}
	if (release->len > 0)
		snapshot_set(snapshot, SUBJECT_HOST, "kernel.release", release->buf, release->len,
			     origin);
	else
		snapshot_set_absent(snapshot, SUBJECT_HOST, "kernel.release", r < 0 ? r : -EBADMSG,
				    path);
}

static void read_architecture(const struct root *root, struct snapshot *snapshot)
{
	static const char path[] = "/proc/sys/kernel/arch";
	CLEANUP(strbuf_release) struct strbuf machine = STRBUF_INIT;
	const char *origin = path;
	struct utsname name;
	int r;

	if (root_is_live(root) && uname(&name) == 0) {
		snapshot_set_string(snapshot, SUBJECT_HOST, "kernel.architecture", name.machine,
				    "uname(2)");
		return;
	}
	r = root_read_line(root, path, &machine);
	if (r < 0 || machine.len == 0) {
		origin = from_uname(root, uname_machine, &machine);
		if (!origin) {
			snapshot_set_absent(snapshot, SUBJECT_HOST, "kernel.architecture",
					    r < 0 ? r : -EBADMSG, path);
			return;
		}
	}
	snapshot_set(snapshot, SUBJECT_HOST, "kernel.architecture", machine.buf, machine.len,
		     origin);
}

static uint64_t load_word(const unsigned char *bytes, size_t width, bool big_endian)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | bytes[big_endian ? i : width - 1 - i];
	return value;
}

uint64_t auxv_page_size(const unsigned char *bytes, size_t length)
{
	static const size_t widths[] = { 8, 4 };
	const uint64_t type_page_size = 6; /* AT_PAGESZ */

	for (unsigned int form = 0; form < 4; form++) {
		size_t width = widths[form / 2];

		for (size_t at = 0; at + 2 * width <= length; at += 2 * width) {
			uint64_t size = load_word(bytes + at + width, width, form % 2);

			if (load_word(bytes + at, width, form % 2) == type_page_size &&
			    size >= 4096 && size <= 1 << 20 && (size & (size - 1)) == 0)
				return size;
		}
	}
	return 0;
}

/* The first area of /proc/PID/smaps has "KernelPageSize:        4 kB". */
static uint64_t smaps_page_size(const struct root *root, const char *path)
{
	static const char field[] = "\nKernelPageSize:";
	CLEANUP(close_fd) int fd = -1;
	const char *cursor, *word;
	uint64_t size;
	size_t length;
	char head[4096];
	ssize_t n;

	if (root_open_fd(root, path, 0, &fd) < 0)
		return 0;
	n = pread(fd, head, sizeof(head) - 1, 0);
	if (n <= 0)
		return 0;
	head[n] = '\0';
	cursor = strstr(head, field);
	if (!cursor)
		return 0;
	cursor += strlen(field);
	if (!next_word(&cursor, &word, &length) || !scan_u64(&word, &size) || size < 4 ||
	    size > 1024 || (size & (size - 1)) != 0)
		return 0;
	return size * 1024;
}

/* Build options that settle it, and architectures that have one page size only. */
static const struct page_size_by {
	const char *key;
	const char *value;
	uint64_t size;
} page_sizes[] = {
	{ "config.PAGE_SIZE_4KB", "y", 4096 },	   { "config.PAGE_SIZE_16KB", "y", 16384 },
	{ "config.PAGE_SIZE_64KB", "y", 65536 },   { "config.ARM64_4K_PAGES", "y", 4096 },
	{ "config.ARM64_16K_PAGES", "y", 16384 },  { "config.ARM64_64K_PAGES", "y", 65536 },
	{ "kernel.architecture", "x86_64", 4096 }, { "kernel.architecture", "i686", 4096 },
	{ "kernel.architecture", "i586", 4096 },   { "kernel.architecture", "i386", 4096 },
	{ "kernel.architecture", "s390x", 4096 },  { "kernel.architecture", "riscv64", 4096 },
};

static void read_page_size(const struct root *root, struct snapshot *snapshot)
{
	static const char *const vectors[] = { "/proc/self/auxv", "/proc/1/auxv" };
	static const char *const smaps[] = { "/proc/self/smaps", "/proc/1/smaps" };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *origin = "sysconf(3)";
	uint64_t size = 0;

	if (root_is_live(root))
		size = (uint64_t)MAX(sysconf(_SC_PAGESIZE), 0L);
	for (size_t i = 0; !size && i < ARRAY_SIZE(vectors); i++) {
		origin = vectors[i];
		if (root_read(root, origin, &text) == 0)
			size = auxv_page_size((const unsigned char *)text.buf, text.len);
	}
	for (size_t i = 0; !size && i < ARRAY_SIZE(smaps); i++) {
		origin = smaps[i];
		size = smaps_page_size(root, origin);
	}
	for (size_t i = 0; !size && i < ARRAY_SIZE(page_sizes); i++) {
		const char *value = snapshot_text(snapshot, SUBJECT_HOST, page_sizes[i].key);

		origin = page_sizes[i].key;
		size = value && streq(value, page_sizes[i].value) ? page_sizes[i].size : 0;
	}
	if (size)
		snapshot_setf(snapshot, SUBJECT_HOST, "page_size", origin, "%llu",
			      (unsigned long long)size);
	else
		snapshot_set_absent(snapshot, SUBJECT_HOST, "page_size", -ENOENT, NULL);
}

static int read_compressed_config(const struct root *root, const char *path, struct strbuf *text)
{
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	int r = root_read(root, path, &bytes);

	return r < 0 ? r : kernel_config_inflate(bytes.buf, bytes.len, CONFIG_MAX, text);
}

static int read_config_at(const struct root *root, struct snapshot *snapshot, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	if (ends_with(path, ".gz"))
		r = read_compressed_config(root, path, &text);
	else
		r = root_read_limit(root, path, CONFIG_MAX, &text);
	if (r == 0 && kernel_config_parse(snapshot, text.buf, text.len, path) == 0)
		r = -EBADMSG;
	if (r < 0 && r != -ENOENT)
		(void)diag_warning(snapshot_notes(snapshot), &(struct place){ .file = path },
				   "no build configuration: %s", strerror(-r));
	return r;
}

/* A release is part of a path here, and it may come from a file: anything but a plain name is not
 * looked for. */
static bool is_plain_name(const char *name)
{
	return *name && *name != '.' && !name[strcspn(name, "/\n")];
}

static int read_config(const struct root *root, struct snapshot *snapshot, const char *release)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	int r = read_config_at(root, snapshot, "/proc/config.gz");

	if (r < 0 && is_plain_name(release)) {
		strbuf_addf(&path, "/boot/config-%s", release);
		r = read_config_at(root, snapshot, path.buf);
	}
	if (r < 0 && is_plain_name(release)) {
		strbuf_reset(&path);
		strbuf_addf(&path, "/lib/modules/%s/config", release);
		r = read_config_at(root, snapshot, path.buf);
	}
	return r;
}

/* "nf_conntrack 172032 3 nf_nat,nft_ct, Live 0x0000000000000000"; lsmod begins its lines with the
 * name too. */
static bool module_listed(const char *text, const char *name)
{
	const char *word;
	size_t length;

	do {
		if (next_word(&text, &word, &length) && length == strlen(name) &&
		    memcmp(word, name, length) == 0)
			return true;
	} while (next_line(&text));
	return false;
}

/* /sys/module has every module that is loaded and of the built-in ones those with parameters; a
 * kernel without loadable modules has no /proc/modules; so the build configuration decides what
 * neither shows. */
static void read_modules(const struct root *root, struct snapshot *snapshot)
{
	const char *path = "/proc/modules";
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
	bool listed = root_read_limit(root, path, TEXT_MAX, &text) == 0;

	if (!listed && root->layout == ROOT_SOSREPORT &&
	    root_read_limit(root, LSMOD, TEXT_MAX, &text) == 0) {
		path = LSMOD;
		listed = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		const struct module *module = &modules[i];
		const char *built = snapshot_text(snapshot, SUBJECT_HOST, module->option);

		strbuf_reset(&key);
		strbuf_addf(&key, "module.%s.loaded", module->name);
		strbuf_reset(&origin);
		strbuf_addf(&origin, "/sys/module/%s", module->name);
		if (root_exists(root, origin.buf))
			snapshot_set_string(snapshot, SUBJECT_HOST, key.buf, "true", origin.buf);
		else if (listed && module_listed(text.buf, module->name))
			snapshot_set_string(snapshot, SUBJECT_HOST, key.buf, "true", path);
		else if (built && streq(built, "y"))
			snapshot_set_string(snapshot, SUBJECT_HOST, key.buf, "true",
					    module->option);
		else if (built && (listed || streq(built, "n")))
			snapshot_set_string(snapshot, SUBJECT_HOST, key.buf, "false",
					    listed ? path : module->option);
		else
			snapshot_set_absent(snapshot, SUBJECT_HOST, key.buf, -ENOENT, path);
	}
}

static void read_parameters(const struct root *root, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf directory = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf prefix = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(parameter_modules); i++) {
		strbuf_reset(&directory);
		strbuf_addf(&directory, "/sys/module/%s/parameters", parameter_modules[i]);
		strbuf_reset(&prefix);
		strbuf_addf(&prefix, "module.%s.", parameter_modules[i]);
		(void)setting_directory_read(root, snapshot, SUBJECT_HOST, prefix.buf,
					     directory.buf, NULL);
	}
}

bool os_release_find(const char *text, const char *name, struct strbuf *value)
{
	size_t n = strlen(name);

	do {
		size_t length = strcspn(text, "\n");

		if (length <= n || memcmp(text, name, n) != 0 || text[n] != '=')
			continue;
		strbuf_reset(value);
		strbuf_add(value, text + n + 1, length - n - 1);
		strbuf_trim(value);
		if (value->len >= 2 && (value->buf[0] == '"' || value->buf[0] == '\'') &&
		    value->buf[value->len - 1] == value->buf[0]) {
			memmove(value->buf, value->buf + 1, value->len - 2);
			strbuf_truncate(value, value->len - 2);
		}
		return true;
	} while (next_line(&text));
	return false;
}

static void read_os(const struct root *root, struct snapshot *snapshot)
{
	static const struct {
		const char *key, *name;
	} fields[] = { { "os.id", "ID" }, { "os.version", "VERSION_ID" } };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	const char *path = "/etc/os-release";
	int r;

	r = root_read(root, path, &text);
	if (r < 0 && root_read(root, "/usr/lib/os-release", &text) == 0) {
		path = "/usr/lib/os-release";
		r = 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (r == 0 && os_release_find(text.buf, fields[i].name, &value))
			snapshot_set(snapshot, SUBJECT_HOST, fields[i].key, value.buf, value.len,
				     path);
		else
			snapshot_set_absent(snapshot, SUBJECT_HOST, fields[i].key,
					    r < 0 ? r : -ENOENT, path);
	}
}

static void read_host_name(const struct root *root, struct snapshot *snapshot)
{
	static const char *const paths[] = { "/proc/sys/kernel/hostname", "/etc/hostname",
					     "/hostname" };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t count = ARRAY_SIZE(paths) - (root->layout == ROOT_SOSREPORT ? 0 : 1);
	int first = 0;

	for (size_t i = 0; i < count; i++) {
		int r = root_read_line(root, paths[i], &text);

		if (r == 0 && text.len > 0) {
			snapshot_set(snapshot, SUBJECT_HOST, "host.name", text.buf, text.len,
				     paths[i]);
			return;
		}
		first = i == 0 ? r : first;
	}
	snapshot_set_absent(snapshot, SUBJECT_HOST, "host.name", first < 0 ? first : -ENOENT,
			    paths[0]);
}

/* machine-id(5) asks not to show the id itself to others.  A fresh image has none yet, or "uninitialized". */
static void read_machine(const struct root *root, struct snapshot *snapshot)
{
	static const char path[] = "/etc/machine-id", salt[] = "keisoku ";
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, hash = STRBUF_INIT;
	struct sha256_ctx context;
	uint8_t digest[16];
	int r;

	r = root_read_line(root, path, &text);
	if (r == 0 && (text.len != 32 || strspn(text.buf, "0123456789abcdef") != 32))
		r = -ENOENT;
	if (r < 0) {
		snapshot_set_absent(snapshot, SUBJECT_HOST, "host.machine", r, path);
		return;
	}
	sha256_init(&context);
	sha256_update(&context, strlen(salt), (const uint8_t *)salt);
	sha256_update(&context, text.len, (const uint8_t *)text.buf);
	sha256_digest(&context, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		strbuf_addf(&hash, "%02x", digest[i]);
	snapshot_set(snapshot, SUBJECT_HOST, "host.machine", hash.buf, hash.len, path);
}

/* The highest priority of the areas of one sort; INT64_MIN: there are none. */
static void set_priority(struct snapshot *snapshot, const char *key, int64_t priority, const char *path)
{
	if (priority == INT64_MIN)
		snapshot_set_absent(snapshot, SUBJECT_HOST, key, -ENOENT, path);
	else
		snapshot_setf(snapshot, SUBJECT_HOST, key, path, "%lld", (long long)priority);
}

static void read_swaps(const struct root *root, struct snapshot *snapshot)
{
	static const char path[] = "/proc/swaps";
	static const char *const keys[] = { "swap.devices", "swap.kinds", "swap.size", "swap.zram.priority",
					    "swap.disk.priority" };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf kinds = STRBUF_INIT;
	struct swap_area area = { .name = STRBUF_INIT };
	int64_t zram = INT64_MIN, disk = INT64_MIN;
	uint64_t size = 0;
	size_t count = 0;
	const char *cursor;
	int r;

	r = root_read(root, path, &text);
	cursor = text.buf;
	if (r == 0 && !starts_with(cursor, "Filename"))
		r = -EBADMSG;
	while (r == 0 && (r = next_swap_area(&cursor, &area)) > 0) {
		strbuf_addf(&kinds, "%s%s", count++ ? " " : "", area.kind);
		size += MIN(area.size_kib, UINT64_MAX - size);
		if (streq(area.kind, "zram"))
			zram = MAX(zram, area.priority);
		else
			disk = MAX(disk, area.priority);
		r = 0;
	}
	strbuf_release(&area.name);
	if (r < 0) {
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			snapshot_set_absent(snapshot, SUBJECT_HOST, keys[i], r, path);
		return;
	}
	snapshot_setf(snapshot, SUBJECT_HOST, keys[0], path, "%zu", count);
	snapshot_set(snapshot, SUBJECT_HOST, keys[1], kinds.buf, kinds.len, path);
	snapshot_setf(snapshot, SUBJECT_HOST, keys[2], path, "%llu", (unsigned long long)size);
	set_priority(snapshot, keys[3], zram, path);
	set_priority(snapshot, keys[4], disk, path);
}

static int kernel_read(const struct root *root, const struct probe_options *options,
		       struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf release = STRBUF_INIT;

	(void)options;
	read_release(root, snapshot, &release);
	read_architecture(root, snapshot);
	setting_files_read(root, snapshot, kernel_files, ARRAY_SIZE(kernel_files));
	(void)read_config(root, snapshot, release.buf);
	read_page_size(root, snapshot);
	read_modules(root, snapshot);
	read_parameters(root, snapshot);
	read_os(root, snapshot);
	read_host_name(root, snapshot);
	read_machine(root, snapshot);
	read_swaps(root, snapshot);
	return 0;
}

/* Of the modules' directories those that are read; the parameters of others may be secrets. */
static const char *const kernel_paths[] = {
	"/proc/sys/kernel/osrelease",
	"/proc/sys/kernel/arch",
	"/proc/sys/kernel/hostname",
	"/proc/sys/kernel/random/boot_id",
	"/proc/cmdline",
	"/sys/kernel/security/lockdown",
	"/sys/kernel/security/lsm",
	"/proc/self/auxv",
	"/proc/config.gz",
	"/boot/config-*",
	"/lib/modules/*/config",
	"/proc/modules",
	"/proc/swaps",
	"/etc/os-release",
	"/usr/lib/os-release",
	"/etc/hostname",
	"/etc/machine-id",
	"/hostname",
	"/uname",
	"/sos_commands/kernel/uname_-a",
	LSMOD,
	"/sys/module/bfq/initstate",
	"/sys/module/br_netfilter/initstate",
	"/sys/module/ip_vs/initstate",
	"/sys/module/sch_fq/initstate",
	"/sys/module/sch_fq_codel/initstate",
	"/sys/module/tcp_bbr/initstate",
	"/sys/module/zram/initstate",
	"/sys/module/cpuidle_haltpoll/parameters/*",
	"/sys/module/dm_mod/parameters/*",
	"/sys/module/haltpoll/parameters/*",
	"/sys/module/intel_idle/parameters/*",
	"/sys/module/kvm/parameters/*",
	"/sys/module/kvm_amd/parameters/*",
	"/sys/module/kvm_intel/parameters/*",
	"/sys/module/nf_conntrack/parameters/*",
	"/sys/module/nvme/parameters/*",
	"/sys/module/nvme_core/parameters/*",
	"/sys/module/overlay/parameters/*",
	"/sys/module/processor/parameters/*",
	"/sys/module/rcupdate/parameters/*",
	"/sys/module/rcutree/parameters/*",
	"/sys/module/scsi_mod/parameters/*",
	"/sys/module/tcp_cubic/parameters/*",
	"/sys/module/tcp_bbr/parameters/*",
	"/sys/module/virtio_blk/parameters/*",
	"/sys/module/virtio_net/parameters/*",
	"/sys/module/workqueue/parameters/*",
	"/sys/module/zswap/parameters/*",
	NULL,
};

const struct probe probe_kernel = {
	.name = "kernel",
	.summary = "release, architecture, page size, command line, build configuration, modules, "
		   "swap areas",
	.paths = kernel_paths,
	.read = kernel_read,
};
