/* SPDX-License-Identifier: Apache-2.0 */
/* Another value for every tunable of a snapshot that can be set, to try plans with:
 *
 *   propose SNAPSHOT up|down [ROUND]
 *
 * prints the requests of one round as `keisoku plan` takes them, one a line; without ROUND the number of rounds; with
 * "kinds" the kind of each and its name as a plan has it.  Of each entry of the registry there is one, of one subject.
 * Settings that move each other are in different rounds.  stderr: what cannot be proposed, and why. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../cli/knowledge.h"
#include "../../core/parse.h"
#include "../../core/strbuf.h"
#include "../read-file.h"

#define ROUNDS_MAX 24

struct proposal {
	const struct entry *entry;
	const struct subject *subject;
	const char *key;
	char *text;
	unsigned int round;
};

struct proposals {
	struct proposal *items;
	size_t count, capacity;
	bool up;
};

/* ---- values ---- */

static bool in_range(const struct entry *entry, int64_t value)
{
	return !entry->has_range ||
	       (value >= entry->range_min && (value < 0 || (uint64_t)value <= entry->range_max));
}

/* Half or double of it, or the next number where that leaves the range. */
static bool propose_number(const struct entry *entry, const char *raw, bool up, struct strbuf *out)
{
	int64_t now, next[4];

	if (parse_i64(raw, &now) < 0 || now > INT64_MAX / 4 || now < INT64_MIN / 4)
		return false;
	next[0] = up ? 2 * now : now / 2;
	next[1] = up ? now + 1 : now - 1;
	next[2] = up ? now - 1 : now + 1;
	next[3] = up ? now / 2 : 2 * now;
	for (size_t i = 0; i < ARRAY_SIZE(next); i++) {
		if (next[i] == now || !in_range(entry, next[i]) || (!entry->has_range && next[i] < 0))
			continue;
		strbuf_addf(out, "%" PRId64, next[i]);
		return true;
	}
	return false;
}

/* All of them halved or doubled, which keeps their order; the format has one range for all. */
static bool propose_numbers(const struct entry *entry, const char *raw, bool up, struct strbuf *out)
{
	bool changed = false;

	for (const char *at = raw; *at; ) {
		char word[32];
		size_t length;
		int64_t now, next;

		at += strspn(at, " \t");
		length = strcspn(at, " \t");
		if (length == 0 || length >= sizeof(word))
			break;
		memcpy(word, at, length);
		word[length] = '\0';
		if (parse_i64(word, &now) < 0 || now < 0 || now > INT64_MAX / 4)
			return false;
		next = up ? 2 * now : now / 2;
		if (!in_range(entry, next))
			next = now;
		changed |= next != now;
		strbuf_addf(out, "%s%" PRId64, out->len > 0 ? " " : "", next);
		at += length;
	}
	return changed;
}

static bool propose_switch(const char *raw, struct strbuf *out)
{
	static const char *const pairs[][2] = {
		{ "0", "1" }, { "N", "Y" }, { "n", "y" }, { "off", "on" }, { "no", "yes" }, { "disabled", "enabled" },
		{ "false", "true" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		for (size_t side = 0; side < 2; side++) {
			if (!streq(raw, pairs[i][side]))
				continue;
			strbuf_add_string(out, pairs[i][1 - side]);
			return true;
		}
	}
	return false;
}

/* The word after the one in brackets, or before it. */
static bool propose_offered(const char *raw, bool up, struct strbuf *out)
{
	const char *words[32];
	size_t lengths[32], count = 0, chosen = SIZE_MAX;

	for (const char *at = raw; *at && count < ARRAY_SIZE(words); ) {
		at += strspn(at, " \t");
		words[count] = at;
		lengths[count] = strcspn(at, " \t");
		if (lengths[count] == 0)
			break;
		at += lengths[count];
		if (*words[count] == '[') {
			chosen = count;
			words[count]++;
			lengths[count] -= 2;
		}
		count++;
	}
	if (chosen == SIZE_MAX || count < 2)
		return false;
	chosen = (chosen + (up ? 1 : count - 1)) % count;
	strbuf_add(out, words[chosen], lengths[chosen]);
	return true;
}

/* Values that cannot be told from the range alone; none: not to be set here. */
struct choice {
	const char *key;		/* "*": anything */
	const char *up, *down;
	const char *why;
	const char *subject;		/* only of that one: others cannot; NULL: of any */
};

/* clang-format off */
static const struct choice choices[] = {
	{ .key = "cpu.smt.control",             .why = "the processor has no threads", },
	{ .key = "hugepages.hugepages-1048576kB*", .why = "a page of 1 GiB is as much as all memory", },
	{ .key = "hugepages-1048576kB*",        .why = "a page of 1 GiB is as much as all memory", },
	{ .key = "io_poll*",                    .why = "only drivers with queues to poll have it", },
	{ .key = "discard_max_bytes",           .why = "bounded by what the device can do", },
	{ .key = "kernel.nmi_watchdog",         .why = "there is no performance counter for it", },
	{ .key = "kernel.auto_msgmni",          .why = "writes are dropped", },
	{ .key = "kernel.random.*",             .why = "writes are dropped", },
	{ .key = "options.nobarrier",           .why = "after it the data of the guest would be at risk", },
	{ .key = "channels.combined",           .up = "2", .down = "1", .subject = "eth0", },
	{ .key = "channels.*x",                 .up = "2", .down = "1", .subject = "veth1", },
	{ .key = "coalesce.rx_frames",          .up = "16", .down = "4", .subject = "tap0", },
	{ .key = "coalesce.*",                  .why = "no driver for an emulated device has it", },
	{ .key = "offload.*ro",                 .up = "off", .down = "off", .subject = "eth1", },
	{ .key = "offload.*so",                 .up = "off", .down = "off", .subject = "eth1", },
	{ .key = "qdisc",                       .up = "fq", .down = "pfifo_fast", .subject = "eth1", },
	{ .key = "threaded",                    .up = "1", .down = "1", .subject = "eth1", },
	{ .key = "scaling_governor",            .up = "performance", .down = "powersave", },
	{ .key = "scaling_min_freq",            .up = "1500000", .down = "1500000", .why = "2, 1.5 and 1 GHz", },
	{ .key = "scaling_max_freq",            .up = "1500000", .down = "1000000", },
	{ .key = "kernel.msgmni",               .up = "32001", .down = "16000", .why = "at most 32768 without ipcmni_extend", },
	{ .key = "kernel.sem",                  .up = "32000 2048000000 1000 32001", .down = "16000 512000000 250 16000",
	  .why = "the last at most 32768", },
	{ .key = "kernel.core_pattern",         .up = "core.%p", .down = "core.%e.%p", },
	{ .key = "kernel.shmall",               .up = "18446744073692774390", .down = "4194304", },
	{ .key = "kernel.shmmax",               .up = "18446744073692774390", .down = "68719476736", },
	{ .key = "net.core.default_qdisc",      .up = "pfifo_fast", .down = "pfifo_fast", },
	{ .key = "net.core.max_skb_frags",      .up = "16", .down = "8", .why = "at most 17 in this kernel", },
	{ .key = "net.core.mem_pcpu_rsv",       .up = "512", .down = "300", .why = "256 is the least", },
	{ .key = "net.core.netdev_budget_usecs", .up = "16000", .down = "9000", .why = "8000 is the least at 250 Hz", },
	{ .key = "net.ipv4.ip_local_port_range", .up = "40000 64000", .down = "16000 30001", },
	{ .key = "net.ipv4.ping_group_range",   .up = "0 2000", .down = "0 100", },
	{ .key = "net.ipv4.tcp_allowed_congestion_control", .up = "reno", .down = "reno cubic", },
	{ .key = "net.ipv4.tcp_congestion_control", .up = "reno", .down = "bbr", },
	{ .key = "net.ipv4.tcp_ecn",            .up = "1", .down = "0", .why = "0 to 2 in this kernel", },
	{ .key = "net.ipv4.tcp_rmem",           .up = "8192 262144 12582912", .down = "4096 65536 3145728", },
	{ .key = "net.ipv6.conf.*.mtu",         .up = "1400", .down = "1300", .why = "at most that of the device", },
	{ .key = "*.locktime",                  .up = "200", .down = "50", .why = "rounded to ticks of the kernel", },
	{ .key = "vm.dirty_bytes",              .up = "268435456", .down = "67108864", },
	{ .key = "vm.mmap_rnd_bits",            .up = "30", .down = "29", .why = "28 to 32 on x86-64", },
	{ .key = "vm.percpu_pagelist_high_fraction", .up = "16", .down = "8", .why = "0, or at least 8", },
	{ .key = "thp.khugepaged.max_ptes_none", .up = "500", .down = "64", .why = "at most 511 with pages of 4 KiB", },
	{ .key = "thp.khugepaged.max_ptes_shared", .up = "500", .down = "64", .why = "at most 511 with pages of 4 KiB", },
	{ .key = "cpu.max",                     .up = "150000 100000", .down = "50000 100000", },
	{ .key = "memory.high",                 .up = "1073741824", .down = "536870912", },
	{ .key = "memory.max",                  .up = "1073741824", .down = "536870912", },
	{ .key = "memory.swap.high",            .up = "1073741824", .down = "536870912", },
	{ .key = "memory.swap.max",             .up = "1073741824", .down = "536870912", },
	{ .key = "pids.max",                    .up = "20000", .down = "10000", },
	{ .key = "cgroup.max.depth",            .up = "20", .down = "10", },
	{ .key = "cgroup.max.descendants",      .up = "200", .down = "100", },
	{ .key = "rx-0.rps_cpus",               .up = "1", .down = "1", },
	{ .key = "write_cache",                 .up = "write through", .down = "write through", },
	{ .key = "options.discard",             .up = "true", .down = "true", },
	{ .key = "options.commit",              .up = "30", .down = "5", },
	{ .key = "cpuset.cpus",                 .up = "0", .down = "0", },
	{ .key = "cpuset.mems",                 .up = "0", .down = "0", },
	{ .key = "io.max",                      .up = "259:0 rbps=1048576", .down = "259:0 wiops=100", },
	{ .key = "io.bfq.weight",               .up = "default 200", .down = "default 50", },
	{ .key = "io.weight",                   .up = "default 200", .down = "default 50", },
	{ .key = "net.ipv4.ip_local_reserved_ports", .up = "8080", .down = "9000-9100,50000", },
	{ .key = "net.core.flow_limit_cpu_bitmap", .up = "1", .down = "1", },
	{ .key = "net.netfilter.nf_log.*",      .why = "no module that logs is loaded", },
	{ .key = "lru_gen.enabled",             .up = "0x0007", .down = "0x0001", },
	{ .key = "tx-0.xps_cpus",               .up = "1", .down = "1", },
	{ .key = "tx-0.xps_rxqs",               .up = "1", .down = "1", },
	{ .key = "clocksource.current_clocksource", .up = "acpi_pm", .down = "hpet", },
	{ .key = "memory.soft_limit_in_bytes",  .up = "1073741824", .down = "536870912", },
	{ .key = "memory.kmem.tcp.limit_in_bytes", .up = "1073741824", .down = "536870912", },
	{ .key = "memory.kmem.limit_in_bytes",  .why = "writes are ignored since 5.16", },
	{ .key = "memory.use_hierarchy",        .why = "it is on for good", },
	{ .key = "memory.oom_control",          .up = "1", .down = "1", },
	{ .key = "cpu.cfs_quota_us",            .up = "150000", .down = "50000", },
	{ .key = "blkio.throttle.*_device",     .up = "259:0 1048576", .down = "259:0 524288", },
};
/* clang-format on */

static bool is_key(const struct choice *choice, const char *key)
{
	const char *star = strchr(choice->key, '*');
	size_t before = star ? (size_t)(star - choice->key) : 0;

	if (!star)
		return streq(key, choice->key);
	return strncmp(key, choice->key, before) == 0 && ends_with(key + before, star + 1);
}

static const struct choice *choice_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
		if (is_key(&choices[i], key))
			return &choices[i];
	return NULL;
}

/* "ring.rx_max" of the same interface. */
static bool is_possible(const struct snapshot *snapshot, const struct setting *setting, const char *key, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf max_key = STRBUF_INIT;
	const char *max_text;
	uint64_t number, max;

	strbuf_addf(&max_key, "%s_max", key);
	max_text = snapshot_text(snapshot, setting->subject, max_key.buf);
	return !max_text || parse_u64(max_text, &max) < 0 || parse_u64(value, &number) < 0 || number <= max;
}

static bool propose_value(const struct entry *entry, const char *raw, bool up, struct strbuf *out)
{
	switch (entry->format) {
	case FORMAT_INTEGER:
		return propose_number(entry, raw, up, out);
	case FORMAT_LIST:
		return propose_numbers(entry, raw, up, out);
	case FORMAT_BOOL:
		return propose_switch(raw, out);
	case FORMAT_ENUM:
		if (strchr(raw, '['))
			return propose_offered(raw, up, out);
		for (size_t i = 0; i < entry->values.count; i++) {
			const char *value = entry->values.items[up ? i : entry->values.count - 1 - i];

			if (streq(value, raw))
				continue;
			strbuf_add_string(out, value);
			return true;
		}
		return false;
	case FORMAT_REAL:
	case FORMAT_TEXT:
	case FORMAT_WORDS:
	case FORMAT_HEX:
	case FORMAT_QUANTITY:
		return false;
	}
	return false;
}

/* ---- rounds ---- */

/* Settings whose changes together leave what neither leaves alone. */
static const char *const apart[][2] = {
	/* Memory that a huge page gives back stays given back. */
	{ "vm.hugetlb_optimize_vmemmap", "vm.nr_hugepages" },
	{ "vm.hugetlb_optimize_vmemmap", "vm.nr_hugepages_mempolicy" },
	{ "vm.hugetlb_optimize_vmemmap", "hugepages.*.nr_hugepages" },
	{ "vm.hugetlb_optimize_vmemmap", "numa-node.*.nr_hugepages" },
	/* A queue that is taken away takes its settings along. */
	{ "interface.channels.combined", "interface.*" },
	{ "interface.channels.rx", "interface.*" },
	{ "interface.channels.tx", "interface.*" },
};

static bool names(const struct string_list *list, const struct entry *entry)
{
	for (size_t i = 0; i < list->count; i++) {
		size_t length = strcspn(list->items[i], "[");

		if (strncmp(list->items[i], entry->id, length) == 0 && entry->id[length] == '\0')
			return true;
	}
	return false;
}

static bool share_one(const struct string_list *a, const struct string_list *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			if (streq(a->items[i], b->items[j]))
				return true;
	return false;
}

/* "interface.*": every entry that begins so. */
static bool is_of_all(const char *pattern, const char *id)
{
	size_t length = strlen(pattern) - 1;

	return pattern[length] == '*' && strncmp(pattern, id, length) == 0;
}

/* Whether a has a say in what b is, or both in what a third one is. */
static bool moves(const struct entry *a, const struct entry *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(apart); i++)
		if (streq(a->id, apart[i][0]) && (streq(b->id, apart[i][1]) || is_of_all(apart[i][1], b->id)))
			return true;
	return names(&a->coupled, b) || names(&a->below, b) || names(&a->at_most, b) || names(&a->within, b) ||
	       share_one(&a->coupled, &b->coupled);
}

static unsigned int free_round(const struct proposals *proposals, const struct proposal *proposal)
{
	bool taken[ROUNDS_MAX] = { false };

	for (size_t i = 0; i < proposals->count; i++) {
		const struct proposal *other = &proposals->items[i];

		if (other->subject == proposal->subject &&
		    (moves(other->entry, proposal->entry) || moves(proposal->entry, other->entry)))
			taken[other->round] = true;
	}
	for (unsigned int round = 0; round + 1 < ROUNDS_MAX; round++)
		if (!taken[round])
			return round;
	return ROUNDS_MAX - 1;
}

/* Processes come and go; the root of a hierarchy of version 1 shows files that it refuses to change; the options of most
 * file systems are words that their drivers refuse. */
static bool is_ours_to_change(const struct snapshot *snapshot, subject_id id)
{
	const struct subject *subject = snapshot_subject_get(snapshot, id);
	const char *type;

	if (subject->kind == SUBJECT_KIND_MOUNT) {
		type = snapshot_text(snapshot, id, "fstype");
		return type && streq(type, "ext4");
	}
	return subject->kind != SUBJECT_KIND_PROCESS &&
	       (subject->kind != SUBJECT_KIND_CGROUP || !streq(subject->name, "/"));
}

static void consider(struct proposals *proposals, const struct snapshot *snapshot, const struct registry *registry,
		     const struct setting *setting)
{
	const struct subject *subject = snapshot_subject_get(snapshot, setting->subject);
	const char *key = snapshot_key_name(snapshot, setting->key);
	struct proposal proposal = {
		.entry = registry_find_key(registry, subject->kind, key),
		.subject = subject,
		.key = key,
	};
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct choice *choice;

	if (!proposal.entry || proposal.entry->class != ENTRY_TUNABLE || setting->absence != PRESENT ||
	    !is_ours_to_change(snapshot, setting->subject))
		return;
	choice = choice_of(key);
	if (choice && choice->subject && !streq(choice->subject, subject->name))
		return;
	if (choice && !choice->up) {
		fprintf(stderr, "%s %s: %s\n", subject->name, key, choice->why);
		return;
	}
	if (choice && !streq(setting->raw, proposals->up ? choice->up : choice->down))
		strbuf_add_string(&text, proposals->up ? choice->up : choice->down);
	else if (!propose_value(proposal.entry, setting->raw, proposals->up, &text)) {
		fprintf(stderr, "%s %s: no other value to propose for '%s'\n", subject->name, key, setting->raw);
		return;
	}
	if (!is_possible(snapshot, setting, key, text.buf)) {
		fprintf(stderr, "%s %s: '%s' is the most there is\n", subject->name, key, setting->raw);
		return;
	}
	proposal.text = xstrdup(text.buf);
	GROW(proposals->items, proposals->capacity, proposals->count + 1);
	proposals->items[proposals->count++] = proposal;
}

/* Each entry of the registry once: up takes the last of the subjects that have it, down the first. */
static void keep_one_each(struct proposals *proposals)
{
	size_t kept = 0;

	for (size_t i = 0; i < proposals->count; i++) {
		struct proposal *proposal = &proposals->items[i];
		size_t at = 0;

		while (at < kept && proposals->items[at].entry != proposal->entry)
			at++;
		if (at == kept) {
			proposals->items[kept++] = *proposal;
			continue;
		}
		free(proposals->up ? proposals->items[at].text : proposal->text);
		if (proposals->up)
			proposals->items[at] = *proposal;
	}
	proposals->count = kept;
	for (proposals->count = 0; proposals->count < kept; proposals->count++)
		proposals->items[proposals->count].round = free_round(proposals, &proposals->items[proposals->count]);
}

static void print_name(const struct proposal *proposal)
{
	if (*proposal->subject->name)
		printf("%s ", proposal->subject->name);
	printf("%s", proposal->key);
}

static void print_round(const struct proposals *proposals, unsigned int round)
{
	for (size_t i = 0; i < proposals->count; i++) {
		const struct proposal *proposal = &proposals->items[i];

		if (proposal->round != round)
			continue;
		if (*proposal->subject->name)
			printf("%s ", subject_kind_name(proposal->subject->kind));
		print_name(proposal);
		printf("=%s\n", proposal->text);
	}
}

static bool in_namespace(const struct entry *entry)
{
	return entry->scope >= SCOPE_NET_NAMESPACE && entry->scope <= SCOPE_USER_NAMESPACE;
}

/* "-ring" of what ethtool sets; a qdisc is a kind of its own too. */
static const char *family_of(const struct proposal *proposal)
{
	static const char *const families[] = { "-channels.", "-coalesce.", "-offload.", "-qdisc", "-ring." };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (proposal->entry->kind == KIND_NETWORK_INTERFACE && starts_with(proposal->key, families[i] + 1))
			return families[i];
	return "";
}

static void print_kinds(const struct proposals *proposals)
{
	for (size_t i = 0; i < proposals->count; i++) {
		const struct entry *entry = proposals->items[i].entry;
		const char *family = family_of(&proposals->items[i]);

		printf("%s%s%.*s\t", tunable_kind_name(entry->kind), in_namespace(entry) ? "-of-a-namespace" : "",
		       (int)strcspn(family, "."), family);
		print_name(&proposals->items[i]);
		printf("\n");
	}
}

static void print_count(const struct proposals *proposals)
{
	unsigned int rounds = 0;

	for (size_t i = 0; i < proposals->count; i++)
		if (proposals->items[i].round >= rounds)
			rounds = proposals->items[i].round + 1;
	printf("%u\n", rounds);
}

int main(int argc, char **argv)
{
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct proposals proposals = { .up = argc > 2 && streq(argv[2], "up") };

	if (argc < 3 || read_file(argv[1], &text) < 0)
		return 2;
	if (knowledge_load(&knowledge, KNOWLEDGE_RULES, NULL, 0, &diag) < 0 ||
	    snapshot_load(argv[1], text.buf, text.len, &diag, &snapshot) < 0)
		return 1;
	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++)
		consider(&proposals, snapshot, knowledge.registry, snapshot_setting_at(snapshot, i));
	keep_one_each(&proposals);
	if (argc > 3 && streq(argv[3], "kinds"))
		print_kinds(&proposals);
	else if (argc > 3)
		print_round(&proposals, (unsigned int)strtoul(argv[3], NULL, 10));
	else
		print_count(&proposals);
	for (size_t i = 0; i < proposals.count; i++)
		free(proposals.items[i].text);
	free(proposals.items);
	return 0;
}
