/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration a kernel was built with: /proc/config.gz or /boot/config-RELEASE.  Lines are
 * "CONFIG_HZ=250", "CONFIG_DEFAULT_TCP_CONG="bbr"" and "# CONFIG_SCHEDSTATS is not set". */
#include <errno.h>
#include <zlib.h>

#include "kernel.h"

#define PREFIX "CONFIG_"

/* Sorted. */
static const char *const options[] = {
	"ARM64_16K_PAGES",
	"ARM64_4K_PAGES",
	"ARM64_64K_PAGES",
	"BLK_CGROUP",
	"BLK_CGROUP_IOCOST",
	"BLK_CGROUP_IOLATENCY",
	"BLK_DEV_THROTTLING",
	"BLK_WBT",
	"BLK_WBT_MQ",
	"BPF_JIT",
	"BPF_JIT_ALWAYS_ON",
	"BPF_UNPRIV_DEFAULT_OFF",
	"BRIDGE_NETFILTER",
	"CFS_BANDWIDTH",
	"CGROUPS",
	"COMPACTION",
	"CPUSETS",
	"CPU_FREQ",
	"CPU_IDLE",
	"DEFAULT_NET_SCH",
	"DEFAULT_TCP_CONG",
	"FAIR_GROUP_SCHED",
	"HARDENED_USERCOPY",
	"HUGETLBFS",
	"HZ",
	"INIT_ON_ALLOC_DEFAULT_ON",
	"INIT_ON_FREE_DEFAULT_ON",
	"IOMMU_DEFAULT_DMA_STRICT",
	"IOSCHED_BFQ",
	"IO_URING",
	"IP_VS",
	"IRQ_TIME_ACCOUNTING",
	"KSM",
	"KVM",
	"LDISC_AUTOLOAD",
	"LEGACY_TIOCSTI",
	"LEGACY_VSYSCALL_NONE",
	"LRU_GEN",
	"LRU_GEN_ENABLED",
	"MEMCG",
	"MQ_IOSCHED_DEADLINE",
	"MQ_IOSCHED_KYBER",
	"NET_SCH_FQ",
	"NET_SCH_FQ_CODEL",
	"NF_CONNTRACK",
	"NF_CONNTRACK_PROCFS",
	"NO_HZ_FULL",
	"NO_HZ_IDLE",
	"NUMA",
	"NUMA_BALANCING",
	"NUMA_BALANCING_DEFAULT_ENABLED",
	"OVERLAY_FS",
	"PAGE_SIZE_16KB",
	"PAGE_SIZE_4KB",
	"PAGE_SIZE_64KB",
	"PANIC_ON_OOPS",
	"PANIC_TIMEOUT",
	"PREEMPT",
	"PREEMPT_DYNAMIC",
	"PREEMPT_LAZY",
	"PREEMPT_NONE",
	"PREEMPT_RT",
	"PREEMPT_VOLUNTARY",
	"PSI",
	"PSI_DEFAULT_DISABLED",
	"RANDOMIZE_KSTACK_OFFSET_DEFAULT",
	"RCU_NOCB_CPU",
	"RPS",
	"SCHEDSTATS",
	"SCHED_AUTOGROUP",
	"SCHED_CORE",
	"SCHED_DEBUG",
	"SCHED_SMT",
	"SECURITY_DMESG_RESTRICT",
	"SLAB_MERGE_DEFAULT",
	"SMP",
	"SWAP",
	"TASKSTATS",
	"TASK_DELAY_ACCT",
	"TCP_CONG_BBR",
	"TCP_CONG_CUBIC",
	"TRANSPARENT_HUGEPAGE",
	"TRANSPARENT_HUGEPAGE_ALWAYS",
	"TRANSPARENT_HUGEPAGE_MADVISE",
	"TRANSPARENT_HUGEPAGE_NEVER",
	"UCLAMP_TASK",
	"VIRT_CPU_ACCOUNTING_GEN",
	"X86_AMD_PSTATE",
	"X86_INTEL_PSTATE",
	"XPS",
	"ZRAM",
	"ZSWAP",
	"ZSWAP_DEFAULT_ON",
};

struct name {
	const char *text;
	size_t length;
};

static int compare_option(const void *key, const void *element)
{
	const struct name *name = key;
	const char *option = *(const char *const *)element;
	int order = strncmp(name->text, option, name->length);

	return order ? order : option[name->length] ? -1 : 0;
}

/* The index of the option, or -1. */
static int find_option(const char *text, size_t length)
{
	struct name name = { .text = text, .length = length };
	const char *const *found =
		bsearch(&name, options, ARRAY_SIZE(options), sizeof(*options), compare_option);

	return found ? (int)(found - options) : -1;
}

struct config {
	struct snapshot *snapshot;
	const char *origin;
	bool seen[ARRAY_SIZE(options)];
	size_t lines; /* of configuration */
	struct strbuf key;
	struct strbuf value;
};

static void keep_option(struct config *config, int index, const char *value, size_t length)
{
	if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
		value++;
		length -= 2;
	}
	strbuf_reset(&config->key);
	strbuf_addf(&config->key, "config.%s", options[index]);
	snapshot_set(config->snapshot, SUBJECT_HOST, config->key.buf, value, length,
		     config->origin);
	config->seen[index] = true;
}

static void parse_line(struct config *config, const char *line, size_t length)
{
	static const char not_set[] = " is not set";
	const char *end = line + length, *name, *equals;
	bool comment = length > 2 && line[0] == '#' && line[1] == ' ';
	int index;

	name = line + (comment ? 2 : 0);
	if ((size_t)(end - name) <= strlen(PREFIX) || memcmp(name, PREFIX, strlen(PREFIX)) != 0)
		return;
	name += strlen(PREFIX);
	if (comment) {
		size_t n = strlen(not_set);

		if ((size_t)(end - name) <= n || memcmp(end - n, not_set, n) != 0)
			return;
		config->lines++;
		index = find_option(name, (size_t)(end - name) - n);
		if (index >= 0)
			keep_option(config, index, "n", 1);
		return;
	}
	equals = memchr(name, '=', (size_t)(end - name));
	if (!equals)
		return;
	config->lines++;
	index = find_option(name, (size_t)(equals - name));
	if (index >= 0)
		keep_option(config, index, equals + 1, (size_t)(end - equals - 1));
}

size_t kernel_config_parse(struct snapshot *snapshot, const char *text, size_t length,
			   const char *origin)
{
	struct config config = {
		.snapshot = snapshot,
		.origin = origin,
		.key = STRBUF_INIT,
		.value = STRBUF_INIT,
	};
	const char *end = text + length;
	size_t found = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);

		parse_line(&config, text, n);
		text += n + (newline ? 1 : 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		found += config.seen[i];
		if (config.seen[i] || config.lines == 0)
			continue;
		strbuf_reset(&config.key);
		strbuf_addf(&config.key, "config.%s", options[i]);
		snapshot_set_absent(snapshot, SUBJECT_HOST, config.key.buf, -ENOENT, origin);
	}
	strbuf_release(&config.key);
	strbuf_release(&config.value);
	return found;
}

int kernel_config_inflate(const char *bytes, size_t length, size_t limit, struct strbuf *text)
{
	z_stream stream = { .next_in = (unsigned char *)bytes,
			    .avail_in = (unsigned int)MIN(length, UINT32_MAX) };
	int r;

	strbuf_reset(text);
	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	do {
		size_t room = MIN((size_t)65536, limit + 1 - text->len);

		strbuf_reserve(text, room);
		stream.next_out = (unsigned char *)text->buf + text->len;
		stream.avail_out = (unsigned int)room;
		r = inflate(&stream, Z_NO_FLUSH);
		text->len += room - stream.avail_out;
		text->buf[text->len] = '\0';
		/* Out of input without an end: truncated. */
		if (r == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)
			r = Z_DATA_ERROR;
	} while (r == Z_OK && text->len <= limit);
	(void)inflateEnd(&stream);
	if (r == Z_STREAM_END && text->len <= limit)
		return 0;
	strbuf_reset(text);
	return r == Z_OK || r == Z_STREAM_END ? -EFBIG : -EBADMSG;
}
