/* SPDX-License-Identifier: Apache-2.0 */
/* Where what runs, what boot leaves behind and what the kernel does by itself differ, and lines of files that do nothing.
 *
 * One question after the other is asked of each key that a file sets or that runs otherwise than the kernel would have it;
 * a key has at most one answer, the first of the table. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

#include "../core/owner.h"
#include "../core/parse.h"
#include "audit-making.h"
#include "compare.h"

#define SITES_MAX 8		/* lines of one finding */
#define NEAREST_MAX 50		/* unknown keys for which a name like it is looked for */

enum drift {
	DRIFT_OUT_OF_RANGE, DRIFT_RENAMED, DRIFT_REMOVED, DRIFT_UNKNOWN_KEY, DRIFT_DEAD_LINE, DRIFT_INVALID_LINE,
	DRIFT_UNREAD_FILE, DRIFT_LOADERS_DISAGREE, DRIFT_SHADOWED_VENDOR, DRIFT_SHADOWED, DRIFT_ONE_WAY, DRIFT_LOST_AT_BOOT,
	DRIFT_RUNTIME_ONLY, DRIFT_UNRESOLVED, DRIFT_COUNT,
};

/* clang-format off */
static const struct drift_class classes[DRIFT_COUNT] = {
	[DRIFT_OUT_OF_RANGE] = { .name = "out-of-range", .severity = SEVERITY_HIGH,
		.title = "A line sets a value that the kernel refuses",
		.because = "The write fails at boot, and the setting stays what it was: whoever wrote the line believes otherwise.",
		.advice = "Write a value that the kernel takes, or take the line out" },
	[DRIFT_RENAMED] = { .name = "renamed", .severity = SEVERITY_MEDIUM,
		.title = "A line sets a key that has another name by now",
		.because = "Under the old name nothing is set, or only as long as the kernel keeps the old name.",
		.advice = "Write the line with the name that this kernel has" },
	[DRIFT_REMOVED] = { .name = "removed", .severity = SEVERITY_MEDIUM,
		.title = "A line sets a key that kernels do not have any more, or do not act on",
		.because = "The line does nothing; what it was written for has to be reached otherwise, or is not needed any more.",
		.advice = "Take the line out" },
	[DRIFT_UNKNOWN_KEY] = { .name = "unknown-key", .severity = SEVERITY_MEDIUM,
		.title = "A line sets a key that this kernel does not have",
		.because = "It is misspelt, or of another kernel. The loader says so in its log, and goes on.",
		.advice = "Correct the name, or take the line out; a line that may fail begins with \"-\"" },
	[DRIFT_DEAD_LINE] = { .name = "dead-line", .severity = SEVERITY_MEDIUM,
		.title = "A line sets a key whose module is not there when it is read",
		.because = "The key comes with a kernel module that nothing loads before the sysctls are applied. When the module comes later, it "
		"comes with its own default.",
		.advice = "Name the module in a file of /etc/modules-load.d: those are loaded before the sysctls are applied" },
	[DRIFT_INVALID_LINE] = { .name = "invalid-line", .severity = SEVERITY_MEDIUM,
		.title = "A line cannot be read by the program that is to apply it",
		.because = "It is passed over, at best with a message in the log of the boot.",
		.advice = "Correct the line or take it out" },
	[DRIFT_UNREAD_FILE] = { .name = "unread-file", .severity = SEVERITY_MEDIUM,
		.title = "A line stands in a file that is not read at boot",
		.because = "What it says is not in force after boot, whatever a person who reads the file believes.",
		.advice = "Move the line into a file that is read, such as /etc/sysctl.d/NAME.conf, or take it out" },
	[DRIFT_LOADERS_DISAGREE] = { .name = "loaders-disagree", .severity = SEVERITY_MEDIUM,
		.title = "Programs that apply the same files end with different values",
		.because = "They read the files in different orders: the value depends on whether the host booted or somebody ran sysctl --system "
		"since.",
		.advice = "Leave one line for this key, or make them say the same" },
	[DRIFT_SHADOWED_VENDOR] = { .name = "shadowed-by-vendor", .severity = SEVERITY_MEDIUM,
		.title = "A line of the administrator loses against one that a package brought",
		.because = "Files are read in the order of their names, whatever directory they stand in: the file of the package comes later.",
		.advice = "Rename the administrator's file so that it sorts after the other, or mask that one with a link to /dev/null in "
		"/etc" },
	[DRIFT_SHADOWED] = { .name = "shadowed-line", .severity = SEVERITY_LOW,
		.title = "Two lines of the administrator set different values, and one of them does nothing",
		.because = "The one that is read last counts. Whoever edits the other changes nothing.",
		.advice = "Leave the line that is meant, and take the other out" },
	[DRIFT_ONE_WAY] = { .name = "one-way", .severity = SEVERITY_MEDIUM,
		.title = "What runs cannot be changed to what the files say without a reboot",
		.because = "The setting goes one way only while the kernel runs; until the next boot the file is not in force.",
		.advice = "Reboot when it suits, or make the file say what runs" },
	[DRIFT_LOST_AT_BOOT] = { .name = "lost-at-boot", .severity = SEVERITY_MEDIUM,
		.title = "A setting runs with another value than the next boot will give it",
		.because = "What was tested is not what comes back after a reboot.",
		.advice = "Decide which value is meant: write the one that runs into the file, or apply the file, with sysctl -p or systemd-tmpfiles --create" },
	[DRIFT_RUNTIME_ONLY] = { .name = "runtime-only", .severity = SEVERITY_LOW,
		.title = "A setting was changed by hand or by a program, and no file sets it",
		.because = "No file that is read at boot sets it, so the kernel's default comes back unless the same program sets it again.",
		.advice = "Write it into a file of /etc/sysctl.d if it is meant to last" },
	[DRIFT_UNRESOLVED] = { .name = "unresolved-line", .severity = SEVERITY_LOW,
		.title = "What a line sets after boot cannot be known from here",
		.because = "Something that it depends on was not captured.",
		.advice = "Look at it on the host itself" },
};
/* clang-format on */

static const char *reference_items[] = { "sysctl.d(5)", "sysctl(8)", "modules-load.d(5)", "tuned.conf(5)" };
static const struct string_list references = { reference_items, ARRAY_SIZE(reference_items) };

size_t drift_class_count(void)
{
	return DRIFT_COUNT;
}

const struct drift_class *drift_class_at(size_t index)
{
	return &classes[index];
}

/* One key and all that is known of it. */
struct keyed {
	struct auditing *auditing;
	const char *key;
	const struct entry *entry;		/* may be NULL */
	const struct setting *running;		/* may be NULL */
	const struct boot_line *const *lines;	/* all that are about it, of all loaders */
	size_t n_lines;
	struct boot_outcome outcome;		/* of the loader that counts here */
	const char *kernel_default;		/* may be NULL */
	/* What was found. */
	const struct boot_line *sites[SITES_MAX];
	size_t n_sites;
	const char *detail;			/* a sentence more, about this key */
};

/* ---- values ---- */

static bool same_words(const char *a, const char *b)
{
	for (;;) {
		size_t n, m;

		a += strspn(a, " \t\n");
		b += strspn(b, " \t\n");
		n = strcspn(a, " \t\n");
		m = strcspn(b, " \t\n");
		if (n != m || memcmp(a, b, n) != 0)
			return false;
		if (n == 0)
			return true;
		a += n;
		b += m;
	}
}

static bool same_raw(const struct entry *entry, const char *a, const char *b)
{
	struct value x, y;

	if (same_words(a, b))
		return true;
	if (!entry || entry->class != ENTRY_TUNABLE)
		return false;
	x = value_of_setting(entry, a, strlen(a));
	y = value_of_setting(entry, b, strlen(b));
	return x.type != VALUE_UNKNOWN && value_same(entry, &x, &y);
}

static bool is_present(const struct keyed *keyed)
{
	return keyed->running && keyed->running->absence == PRESENT;
}

/* The kernel was asked for it and does not have it. */
static bool is_absent(const struct keyed *keyed)
{
	if (keyed->running)
		return keyed->running->absence == ABSENT || keyed->running->absence == UNSUPPORTED;
	return keyed->auditing->walked && !keyed->auditing->contained;
}

static const struct boot_line *winner_of(const struct keyed *keyed)
{
	return keyed->outcome.state == BOOT_STATE_SET ? keyed->outcome.line : NULL;
}

static bool counts_here(const struct keyed *keyed, const struct boot_line *line)
{
	return boot_state_applies(keyed->auditing, line->loader);
}

static void add_site(struct keyed *keyed, const struct boot_line *line)
{
	for (size_t i = 0; i < keyed->n_sites; i++)
		if (streq(keyed->sites[i]->path, line->path) && keyed->sites[i]->line == line->line)
			return;
	if (keyed->n_sites < ARRAY_SIZE(keyed->sites))
		keyed->sites[keyed->n_sites++] = line;
}

#define say(keyed, ...) ((keyed)->detail = arena_formatf(&(keyed)->auditing->findings->arena, __VA_ARGS__))

static const char *place_of(const struct keyed *keyed, const struct boot_line *line)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	boot_place(line, &text);
	return arena_strndup(&keyed->auditing->findings->arena, text.buf, text.len);
}

/* ---- the questions ---- */

static bool ask_out_of_range(struct keyed *keyed)
{
	const struct boot_line *line = winner_of(keyed);
	const struct entry *entry = keyed->entry;

	if (!line || !value_is_refused(entry, line->value))
		return false;
	add_site(keyed, line);
	if (value_of_setting(entry, line->value, strlen(line->value)).type == VALUE_UNKNOWN)
		say(keyed, "\"%s\" is no number.", line->value);
	else
		say(keyed, "%s is not from %lld to %llu.", line->value, (long long)entry->range_min,
		    (unsigned long long)entry->range_max);
	return true;
}

/* "an older name of net.netfilter.nf_conntrack_max", "/sys/kernel/debug/sched/… since 5.13", "moved to …" */
static bool is_renamed(const char *obsolete)
{
	const char *word = strcspn(obsolete, " ") > 4 && memchr(obsolete, '.', strcspn(obsolete, " ")) ? obsolete : NULL;

	return strstr(obsolete, "older name") || starts_with(obsolete, "moved to") || *obsolete == '/' || word;
}

/* A key that still works under its old name is nobody's fault. */
static bool ask_obsolete(struct keyed *keyed, bool renamed)
{
	const struct boot_line *line = winner_of(keyed);
	const char *obsolete = keyed->entry ? keyed->entry->obsolete : NULL;

	if (!line || line->optional || !obsolete || is_renamed(obsolete) != renamed || (renamed && is_present(keyed)))
		return false;
	if (!is_absent(keyed) && !is_present(keyed) && !strstr(obsolete, "removed") && !strstr(obsolete, "without effect") &&
	    !strstr(obsolete, "ignored") && !renamed)
		return false;
	add_site(keyed, line);
	say(keyed, "%s: %s.", keyed->key, obsolete);
	return true;
}

static bool ask_renamed(struct keyed *keyed)
{
	return ask_obsolete(keyed, true);
}

static bool ask_removed(struct keyed *keyed)
{
	return ask_obsolete(keyed, false);
}

/* Of one interface, which may come later: udev applies the lines again then. */
static bool is_of_interface(const char *key)
{
	static const char *const families[] = { "net.ipv4.conf.", "net.ipv6.conf.", "net.ipv4.neigh.", "net.ipv6.neigh.",
						"net.mpls.conf." };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const char *member = key + strlen(families[i]);

		if (starts_with(key, families[i]))
			return !starts_with(member, "all.") && !starts_with(member, "default.");
	}
	return false;
}

/* Edits between two names, as far as they are few. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(a), m = strlen(b);

	if (n >= ARRAY_SIZE(row) || m >= ARRAY_SIZE(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);

			best = above + 1 < best ? above + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			diagonal = above;
			row[j] = best;
		}
	}
	return row[m];
}

static const char *nearest_key(const struct keyed *keyed)
{
	const struct registry *registry = keyed->auditing->registry;
	const char *nearest = NULL;
	size_t best = 3;

	for (size_t i = 0; i < registry_total(registry); i++) {
		const struct entry *entry = registry_at(registry, i);
		size_t d;

		if (entry->class != ENTRY_TUNABLE || entry->kind != KIND_SYSCTL || strchr(entry->key, '*') || entry->obsolete)
			continue;
		d = distance(keyed->key, entry->key);
		if (d < best) {
			best = d;
			nearest = entry->key;
		}
	}
	return nearest;
}

/* Without a running kernel only a name that is almost another one is told: the registry does not have every key. */
static bool ask_unknown_key(struct keyed *keyed)
{
	const struct boot_line *line = winner_of(keyed);
	const char *nearest;

	if (!line || line->optional || is_present(keyed) || is_of_interface(keyed->key) || !streq(line->source, "sysctl") ||
	    (keyed->entry && keyed->entry->module))
		return false;
	if (keyed->running && keyed->running->absence != ABSENT)
		return false;
	if (keyed->entry && !is_absent(keyed))
		return false;
	nearest = keyed->entry || ++keyed->auditing->unknown_keys > NEAREST_MAX ? NULL : nearest_key(keyed);
	if (!is_absent(keyed) && !nearest)
		return false;
	add_site(keyed, line);
	if (nearest)
		say(keyed, "There is no %s; is %s meant?", keyed->key, nearest);
	else
		say(keyed, "This kernel has no %s.", keyed->key);
	return true;
}

/* Whether a file of modules-load.d names it. */
static bool is_loaded_at_boot(const struct keyed *keyed, const char *module)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	strbuf_addf(&key, "module.%s.loaded", module);
	return boot_outcome(keyed->auditing->boot, "", SUBJECT_KIND_HOST, "", key.buf).state == BOOT_STATE_SET;
}

static bool ask_dead_line(struct keyed *keyed)
{
	const struct boot_line *line = winner_of(keyed);
	const char *module = keyed->entry ? keyed->entry->module : NULL;

	if (!line || line->optional || !module || keyed->auditing->contained || is_loaded_at_boot(keyed, module) ||
	    !streq(line->source, "sysctl"))
		return false;
	/* It runs as written: something loads the module early enough, or applies the files again. */
	if (is_present(keyed) && same_raw(keyed->entry, keyed->running->raw, line->value))
		return false;
	add_site(keyed, line);
	if (is_present(keyed))
		say(keyed, "%s came with the module %s after the files had been applied, and is %s.", keyed->key, module,
		    keyed->running->raw);
	else
		say(keyed, "%s comes with the module %s, which no file of modules-load.d names.", keyed->key, module);
	return true;
}

/* A file that is read under another name too, such as /etc/sysctl.conf through a link in /etc/sysctl.d. */
static bool is_read_elsewhere(const struct keyed *keyed, const struct boot_line *line)
{
	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *other = keyed->lines[i];

		if (other->fate != BOOT_IGNORED && other->line == line->line && streq(other->loader, line->loader) &&
		    streq(other->text, line->text) && !streq(other->path, line->path))
			return true;
	}
	return false;
}

/* Lines of this fate whose word is not that of the line which counts. */
static const struct boot_line *find_losers(struct keyed *keyed, enum boot_fate fate)
{
	const struct boot_line *winner = winner_of(keyed), *first = NULL;

	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *line = keyed->lines[i];

		if (line->fate != fate || !counts_here(keyed, line) || line->optional || is_read_elsewhere(keyed, line) ||
		    (winner && same_raw(keyed->entry, line->value, winner->value)))
			continue;
		if (!first)
			first = line;
		add_site(keyed, line);
	}
	return first;
}

static bool ask_invalid_line(struct keyed *keyed)
{
	const struct boot_line *line = find_losers(keyed, BOOT_INVALID);

	if (!line)
		return false;
	if (*line->why)
		say(keyed, "%s: %s.", place_of(keyed, line), line->why);
	return true;
}

static bool ask_unread_file(struct keyed *keyed)
{
	const struct boot_line *line = find_losers(keyed, BOOT_IGNORED);

	if (!line)
		return false;
	if (*line->why)
		say(keyed, "%s: %s.", place_of(keyed, line), line->why);
	return true;
}

static bool ask_loaders_disagree(struct keyed *keyed)
{
	static const char *const loaders[] = { BOOT_SYSTEMD, BOOT_PROCPS };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct boot *boot = keyed->auditing->boot;
	const struct boot_line *first = NULL;
	bool differ = false;

	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++) {
		struct boot_outcome outcome = boot_outcome(boot, loaders[i], SUBJECT_KIND_HOST, "", keyed->key);

		if (outcome.state != BOOT_STATE_SET)
			return false;
		differ |= first && !same_raw(keyed->entry, first->value, outcome.line->value);
		first = first ? first : outcome.line;
		strbuf_addf(&text, "%s%s ends with %s (%s)", i > 0 ? ", " : "", loaders[i], outcome.line->value,
			    place_of(keyed, outcome.line));
		add_site(keyed, outcome.line);
	}
	if (!differ) {
		keyed->n_sites = 0;
		return false;
	}
	say(keyed, "%s.", text.buf);
	return true;
}

static bool is_vendor(const char *path)
{
	return (starts_with(path, "/usr/") && !starts_with(path, "/usr/local/")) || starts_with(path, "/lib/");
}

/* A package's line is there to be overridden; and what a profile of TuneD includes is. */
static bool ask_shadowed_by(struct keyed *keyed, bool vendor)
{
	const struct boot_line *winner = winner_of(keyed);

	if (!winner || is_vendor(winner->path) != vendor)
		return false;
	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *line = keyed->lines[i];

		if (line->fate == BOOT_SHADOWED && streq(line->loader, winner->loader) && !line->optional &&
		    !*line->pattern && !is_vendor(line->path) && !starts_with(line->path, "/run/") &&
		    !same_raw(keyed->entry, line->value, winner->value))
			add_site(keyed, line);
	}
	if (keyed->n_sites == 0)
		return false;
	say(keyed, "%s counts, and says %s.", place_of(keyed, winner), winner->value);
	return true;
}

static bool ask_shadowed_vendor(struct keyed *keyed)
{
	return ask_shadowed_by(keyed, true);
}

static bool ask_shadowed(struct keyed *keyed)
{
	return ask_shadowed_by(keyed, false);
}

/* The kernel may well make something else of a value than what was written. */
static bool reads_back_exactly(const struct entry *entry)
{
	return !entry || !entry->reads_back || streq(entry->reads_back, "exact") || streq(entry->reads_back, "tabs") ||
	       streq(entry->reads_back, "bracketed");
}

static bool runs_otherwise(const struct keyed *keyed, const char *raw)
{
	return is_present(keyed) && !keyed->auditing->contained && reads_back_exactly(keyed->entry) && *raw &&
	       !same_raw(keyed->entry, keyed->running->raw, raw);
}

/* What the kubelet sets itself, and what container engines set again when they start. */
static bool is_set_by_program(const struct keyed *keyed)
{
	static const char *const patterns[] = { "net.ipv4.ip_forward", "net.*.forwarding", "net.bridge.*", "net.netfilter.*",
						"net.*.route_localnet" };
	const struct snapshot *snapshot = keyed->auditing->snapshot;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (fnmatch(patterns[i], keyed->key, 0) == 0 &&
		    (owner_is_active(snapshot, "docker") || owner_is_active(snapshot, "kubelet")))
			return true;
	return owner_kubelet_value(keyed->key) && owner_is_active(keyed->auditing->snapshot, "kubelet");
}

static bool ask_lost(struct keyed *keyed, bool one_way)
{
	const struct boot_line *line = winner_of(keyed);
	bool cannot_go_back = keyed->entry && keyed->entry->class == ENTRY_TUNABLE && keyed->entry->reversible != REVERSIBLE_YES;

	if (!line || one_way != cannot_go_back || !runs_otherwise(keyed, line->value) || is_set_by_program(keyed) ||
	    is_of_interface(keyed->key))
		return false;
	add_site(keyed, line);
	say(keyed, "%s runs as %s, and %s says %s.", keyed->key, keyed->running->raw, place_of(keyed, line), line->value);
	return true;
}

static bool ask_one_way(struct keyed *keyed)
{
	return ask_lost(keyed, true);
}

static bool ask_lost_at_boot(struct keyed *keyed)
{
	return ask_lost(keyed, false);
}

/* clang-format off */
/* Keys that programs set on healthy hosts although no file says so. */
static const struct set_by {
	const char *pattern;
	const char *manager;		/* NULL: any host */
} set_by_programs[] = {
	{ "fs.file-max", NULL },		/* systemd, before anything else */
	{ "fs.nr_open", NULL },
	{ "kernel.core_pattern", NULL },	/* systemd-coredump, apport, abrt */
	{ "kernel.core_pipe_limit", NULL },
	{ "kernel.hostname", NULL },
	{ "kernel.domainname", NULL },
	{ "kernel.modprobe", NULL },
	{ "kernel.pid_max", NULL },		/* the kernel, from the number of processors */
	{ "kernel.printk", NULL },		/* quiet on the command line, klogd, dmesg -n */
	{ "kernel.tainted", NULL },
	{ "net.unix.max_dgram_qlen", NULL },	/* systemd */
	{ "vm.min_free_kbytes", NULL },		/* khugepaged */
	{ "net.ipv4.ip_forward", NULL },	/* every container engine, hypervisor and VPN */
	{ "net.ipv4.conf.*", NULL },
	{ "net.ipv6.conf.*", NULL },
	{ "net.bridge.*", NULL },
	{ "net.netfilter.*", NULL },		/* kube-proxy, the size of memory */
	{ "net.nf_conntrack_max", NULL },
	{ "vm.overcommit_memory", "kubelet" },
	{ "vm.panic_on_oom", "kubelet" },
	{ "kernel.panic", "kubelet" },
	{ "kernel.panic_on_oops", "kubelet" },
	{ "kernel.keys.*", "kubelet" },
	{ "kernel.numa_balancing", "numad" },
	{ "net.*", "bpftune" },
	{ "vm.*", "bpftune" },
	{ "*", "tuned" },			/* plug-ins and scripts of its profile */
	{ "*", "saptune" },
	{ "*", "sapconf" },
};
/* clang-format on */

static bool is_usual(const struct keyed *keyed)
{
	for (size_t i = 0; i < ARRAY_SIZE(set_by_programs); i++)
		if (fnmatch(set_by_programs[i].pattern, keyed->key, 0) == 0 &&
		    (!set_by_programs[i].manager ||
		     owner_is_active(keyed->auditing->snapshot, set_by_programs[i].manager)))
			return true;
	return false;
}

/* clang-format off */
/* Parameters of the kernel command line that set a key, and so outlast a boot. */
static const struct set_by_parameter {
	const char *key, *parameter;
} set_by_parameters[] = {
	{ "kernel.hung_task_panic", "hung_task_panic=" },
	{ "kernel.nmi_watchdog", "nmi_watchdog=" },
	{ "kernel.nmi_watchdog", "nowatchdog" },
	{ "kernel.numa_balancing", "numa_balancing=" },
	{ "kernel.panic", "panic=" },
	{ "kernel.panic_on_oops", "oops=panic" },
	{ "kernel.panic_on_warn", "panic_on_warn" },
	{ "kernel.panic_print", "panic_print=" },
	{ "kernel.randomize_va_space", "norandmaps" },
	{ "kernel.sched_schedstats", "schedstats=" },
	{ "kernel.soft_watchdog", "nosoftlockup" },
	{ "kernel.soft_watchdog", "nowatchdog" },
	{ "kernel.softlockup_panic", "softlockup_panic=" },
	{ "kernel.split_lock_mitigate", "split_lock_detect=" },
	{ "kernel.task_delayacct", "delayacct" },
	{ "kernel.traceoff_on_warning", "traceoff_on_warning" },
	{ "kernel.watchdog", "nowatchdog" },
	{ "kernel.watchdog_cpumask", "nohz_full=" },
	{ "kernel.watchdog_thresh", "watchdog_thresh=" },
	{ "vm.nr_hugepages", "hugepages=" },
};
/* clang-format on */

static bool is_parameter(const struct keyed *keyed)
{
	const char *line = snapshot_text(keyed->auditing->snapshot, SUBJECT_HOST, "kernel.cmdline"), *cursor = line, *word;
	CLEANUP(strbuf_release) struct strbuf own = STRBUF_INIT;
	size_t length;

	strbuf_addf(&own, "sysctl.%s=", keyed->key);
	while (cursor && next_word(&cursor, &word, &length)) {
		if (length >= own.len && memcmp(word, own.buf, own.len) == 0)
			return true;
		for (size_t i = 0; i < ARRAY_SIZE(set_by_parameters); i++) {
			size_t n = strlen(set_by_parameters[i].parameter);

			if (streq(set_by_parameters[i].key, keyed->key) && length >= n &&
			    memcmp(word, set_by_parameters[i].parameter, n) == 0)
				return true;
		}
	}
	return false;
}

static bool is_namespaced(const struct keyed *keyed)
{
	const char *namespace = snapshot_text(keyed->auditing->snapshot, SUBJECT_HOST, "network.namespace");

	return namespace && !streq(namespace, "init") && keyed->entry->scope == SCOPE_NET_NAMESPACE;
}

/* Only where files were read at all: an input without them says nothing about what they set. */
static bool ask_runtime_only(struct keyed *keyed)
{
	const struct entry *entry = keyed->entry;

	if (keyed->outcome.state != BOOT_STATE_UNSET || keyed->n_lines > 0 || boot_count(keyed->auditing->boot) == 0 ||
	    !entry || entry->class != ENTRY_TUNABLE || entry->kind != KIND_SYSCTL || !keyed->kernel_default ||
	    entry->coupled.count > 0 || is_usual(keyed) || is_parameter(keyed) || is_namespaced(keyed) ||
	    !runs_otherwise(keyed, keyed->kernel_default))
		return false;
	say(keyed, "%s is %s; without a file the kernel makes it %s.", keyed->key, keyed->running->raw,
	    keyed->kernel_default);
	return true;
}

static bool ask_unresolved(struct keyed *keyed)
{
	const struct boot_line *line = keyed->outcome.line;

	if (keyed->outcome.state != BOOT_STATE_UNKNOWN)
		return false;
	if (line)
		add_site(keyed, line);
	if (line && line->fate == BOOT_WINS)
		say(keyed, "%s sets it, and so does a file of sysctl.d, to another value; which of the two comes last is not fixed.",
		    place_of(keyed, line));
	else if (line && *line->why)
		say(keyed, "%s: %s.", place_of(keyed, line), line->why);
	return true;
}

typedef bool question(struct keyed *keyed);

static question *const questions[DRIFT_COUNT] = {
	[DRIFT_OUT_OF_RANGE] = ask_out_of_range,
	[DRIFT_RENAMED] = ask_renamed,
	[DRIFT_REMOVED] = ask_removed,
	[DRIFT_UNKNOWN_KEY] = ask_unknown_key,
	[DRIFT_DEAD_LINE] = ask_dead_line,
	[DRIFT_INVALID_LINE] = ask_invalid_line,
	[DRIFT_UNREAD_FILE] = ask_unread_file,
	[DRIFT_LOADERS_DISAGREE] = ask_loaders_disagree,
	[DRIFT_SHADOWED_VENDOR] = ask_shadowed_vendor,
	[DRIFT_SHADOWED] = ask_shadowed,
	[DRIFT_ONE_WAY] = ask_one_way,
	[DRIFT_LOST_AT_BOOT] = ask_lost_at_boot,
	[DRIFT_RUNTIME_ONLY] = ask_runtime_only,
	[DRIFT_UNRESOLVED] = ask_unresolved,
};

/* ---- findings ---- */

static void fill_sites(struct auditing *auditing, const struct boot_line *const *lines, size_t count,
		       struct finding *finding)
{
	if (count == 0)
		return;
	finding->sites = arena_alloc(&auditing->findings->arena, count * sizeof(*finding->sites));
	for (size_t i = 0; i < count; i++)
		finding->sites[finding->n_sites++] = audit_site(lines[i], &auditing->findings->arena);
}

static void fill_class(struct auditing *auditing, enum drift class, const char *name, struct finding *finding)
{
	const struct drift_class *row = &classes[class];

	finding->id = arena_formatf(&auditing->findings->arena, "%s@%s", row->name, name);
	finding->rule = row->name;
	finding->title = row->title;
	finding->subject = SUBJECT_HOST;
	finding->subject_name = "host";
	finding->severity = row->severity;
	finding->confidence_reason = "rests on files and settings";
	finding->advice = row->advice;
	finding->references = &references;
}

static void report_drift(struct keyed *keyed, enum drift class)
{
	struct auditing *auditing = keyed->auditing;
	struct arena *arena = &auditing->findings->arena;
	const char *waiver;
	enum status status = audit_waive(auditing, class == DRIFT_UNRESOLVED ? STATUS_UNMEASURED : STATUS_RECOMMEND,
					 classes[class].name, keyed->key, "host", &waiver);
	struct finding *finding = audit_add(auditing, status);

	fill_class(auditing, class, arena_strdup(arena, keyed->key), finding);
	finding->waiver = waiver;
	finding->reason = finding->next_step = keyed->detail;
	finding->because = keyed->detail ? arena_formatf(arena, "%s %s", keyed->detail, classes[class].because)
					 : classes[class].because;
	finding->values = audit_values(auditing, SUBJECT_HOST, keyed->key, NULL, classes[class].name);
	fill_sites(auditing, keyed->sites, keyed->n_sites, finding);
}

/* The four columns of a key with which all is well, for those who want to see everything. */
static void report_agreement(struct keyed *keyed)
{
	struct auditing *auditing = keyed->auditing;
	struct arena *arena = &auditing->findings->arena;
	struct finding *finding = audit_add(auditing, STATUS_SATISFIED);

	if (!finding)
		return;
	finding->id = arena_formatf(arena, "drift@%s", keyed->key);
	finding->rule = "drift";
	finding->title = arena_formatf(arena, "%s is what its file says", keyed->key);
	finding->subject = SUBJECT_HOST;
	finding->subject_name = "host";
	finding->confidence_reason = "rests on files and settings";
	finding->reason = arena_formatf(arena, "%s: no line of it is lost", keyed->key);
	finding->values = audit_values(auditing, SUBJECT_HOST, keyed->key, NULL, NULL);
	if (winner_of(keyed))
		fill_sites(auditing, &keyed->outcome.line, 1, finding);
}

/* A policy that wants something of this key has said so already. */
static bool is_told(const struct auditing *auditing, const char *key, size_t policies)
{
	for (size_t i = 0; i < policies; i++) {
		const struct finding *finding = &auditing->findings->items[i];

		if (finding->status == STATUS_RECOMMEND && finding->values && finding->values->drift &&
		    finding->n_changes > 0 && streq(finding->changes[0].key, key))
			return true;
	}
	return false;
}

static void judge_key(struct auditing *auditing, const char *key, size_t policies)
{
	struct keyed keyed = {
		.auditing = auditing, .key = key,
		.entry = registry_find_key(auditing->registry, SUBJECT_KIND_HOST, key),
		.running = snapshot_get(auditing->snapshot, SUBJECT_HOST, key),
		.outcome = boot_state_outcome(auditing, SUBJECT_KIND_HOST, "", key),
	};
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;

	if (setting_is_volatile(keyed.entry, SUBJECT_KIND_HOST, key) || strpbrk(key, "*?["))
		return;
	keyed.n_lines = boot_lines(auditing->boot, SUBJECT_KIND_HOST, "", key, &keyed.lines);
	if (keyed.entry && keyed.entry->class == ENTRY_TUNABLE)
		keyed.kernel_default = default_raw(auditing, keyed.entry, &arena);
	for (enum drift class = 0; class < DRIFT_COUNT; class++) {
		if (!questions[class](&keyed)) {
			keyed.n_sites = 0;
			continue;
		}
		if (class < DRIFT_ONE_WAY || !is_told(auditing, key, policies))
			report_drift(&keyed, class);
		return;
	}
	if (keyed.n_lines > 0)
		report_agreement(&keyed);
}

/* ---- lines without a key ---- */

/* Of sysctls all that is lost matters.  Other readers have rules and programs that depend on a hundred things: there only what
 * they cannot read. */
static bool is_of_file(const struct auditing *auditing, const struct boot_line *line)
{
	bool sysctl = streq(line->source, "sysctl") || streq(line->source, "tuned");

	if (*line->key || line->optional || !*line->path || !boot_state_applies(auditing, line->loader))
		return false;
	return line->fate == BOOT_INVALID || (sysctl && (line->fate == BOOT_UNRESOLVED || line->fate == BOOT_IGNORED));
}

static int compare_lines(const void *a, const void *b)
{
	const struct boot_line *x = *(const struct boot_line *const *)a, *y = *(const struct boot_line *const *)b;
	int order = strcmp(x->path, y->path);

	if (order != 0)
		return order;
	if (x->fate != y->fate)
		return x->fate < y->fate ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* All lines of one file that cannot be read, or the file as a whole that nobody reads: one finding. */
static void report_file(struct auditing *auditing, const struct boot_line *const *lines, size_t count)
{
	const struct boot_line *first = lines[0];
	enum drift class = first->fate == BOOT_INVALID ? DRIFT_INVALID_LINE :
				 first->fate == BOOT_IGNORED ? DRIFT_UNREAD_FILE : DRIFT_UNRESOLVED;
	struct arena *arena = &auditing->findings->arena;
	const char *waiver;
	enum status status = audit_waive(auditing, class == DRIFT_UNRESOLVED ? STATUS_UNMEASURED : STATUS_RECOMMEND,
					 classes[class].name, first->path, "host", &waiver);
	struct finding *finding = audit_add(auditing, status);

	fill_class(auditing, class, arena_strdup(arena, first->path), finding);
	finding->waiver = waiver;
	finding->reason = finding->next_step = *first->why ? arena_strdup(arena, first->why) : NULL;
	finding->because = arena_formatf(arena, "%s%s%s", first->why, *first->why ? ". " : "", classes[class].because);
	fill_sites(auditing, lines, count < SITES_MAX ? count : SITES_MAX, finding);
}

static void judge_files(struct auditing *auditing)
{
	const struct boot_line **lines = NULL;
	size_t count = 0, capacity = 0, end;

	for (size_t i = 0; i < boot_count(auditing->boot); i++) {
		const struct boot_line *line = boot_at(auditing->boot, i);

		if (!is_of_file(auditing, line))
			continue;
		GROW(lines, capacity, count + 1);
		lines[count++] = line;
	}
	if (count > 0)
		qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && lines[end]->fate == lines[i]->fate; end++)
			if (!streq(lines[end]->path, lines[i]->path))
				break;
		report_file(auditing, lines + i, end - i);
	}
	free(lines);
}

/* ---- all of them ---- */

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every key of the host that a line assigns or that runs and could have been assigned, each once. */
static size_t collect_keys(const struct auditing *auditing, const char ***ret_keys)
{
	const struct snapshot *now = auditing->snapshot;
	const char **keys = NULL;
	size_t count = 0, capacity = 0, unique = 0;

	for (size_t i = 0; i < boot_count(auditing->boot); i++) {
		const struct boot_line *line = boot_at(auditing->boot, i);

		if (line->kind != SUBJECT_KIND_HOST || *line->subject || !*line->key ||
		    (!streq(line->source, "sysctl") && !streq(line->source, "tuned")))
			continue;
		GROW(keys, capacity, count + 1);
		keys[count++] = line->key;
	}
	for (size_t i = 0; i < snapshot_setting_count(now); i++) {
		const struct setting *setting = snapshot_setting_at(now, i);
		const char *key = snapshot_key_name(now, setting->key);
		const struct entry *entry;

		if (setting->subject != SUBJECT_HOST || setting->absence != PRESENT)
			continue;
		entry = registry_find_key(auditing->registry, SUBJECT_KIND_HOST, key);
		if (!entry || entry->class != ENTRY_TUNABLE ||
		    (entry->kind != KIND_SYSCTL && entry->kind != KIND_THP && entry->kind != KIND_SYSFS))
			continue;
		GROW(keys, capacity, count + 1);
		keys[count++] = key;
	}
	if (count > 0)
		qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < count; i++)
		if (unique == 0 || !streq(keys[unique - 1], keys[i]))
			keys[unique++] = keys[i];
	*ret_keys = keys;
	return unique;
}

void drift_judge(struct auditing *auditing)
{
	const char **keys;
	size_t policies = auditing->findings->count, count = collect_keys(auditing, &keys);

	for (size_t i = 0; i < count; i++)
		judge_key(auditing, keys[i], policies);
	free(keys);
	judge_files(auditing);
}
