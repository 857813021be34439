/* SPDX-License-Identifier: Apache-2.0 */
/* Sysctls, and files of /sys that are like them: keys that the kernel does not have or does not take, and values that will not be
 * there after boot. */
#include "drift.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "../core/owner.h"
#include "../core/parse.h"

#define NEAREST_MAX 200		/* unknown keys for which a name like it is looked for */

/* vm.dirty_bytes reads 0 where vm.dirty_ratio counts, and refuses it: nobody loses by that line. */
static bool holds_anyway(const struct keyed *keyed, const char *value)
{
	if (keyed_is_present(keyed))
		return drift_same_raw(keyed->entry, keyed->running->raw, value);
	return keyed->kernel_default && drift_same_raw(keyed->entry, keyed->kernel_default, value);
}

static bool ask_out_of_range(struct keyed *keyed)
{
	const struct boot_line *line = keyed_winner(keyed);
	const char *refusal = line ? value_refusal(keyed->auditing, keyed->entry, line->value, &keyed->auditing->findings->arena) : NULL;

	if (!refusal || holds_anyway(keyed, line->value))
		return false;
	keyed_add_site(keyed, line);
	keyed_say(keyed, "%s.", refusal);
	return true;
}

/* "an older name of net.netfilter.nf_conntrack_max", "/sys/kernel/debug/sched/… since 5.13", "moved to …" */
static bool is_renamed(const char *obsolete)
{
	const char *word = strcspn(obsolete, " ") > 4 && memchr(obsolete, '.', strcspn(obsolete, " ")) ? obsolete : NULL;

	return strstr(obsolete, "older name") || starts_with(obsolete, "moved to") || *obsolete == '/' || word;
}

/* Of "since 6.6, ignored" and "gone between 6.5 and 6.8" the first release; "": none. */
static const char *release_of(const char *obsolete)
{
	static const char *const words[] = { "since ", "in ", "between ", "from " };
	const char *first = "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (const char *at = obsolete; (at = strstr(at, words[i]));) {
			at += strlen(words[i]);
			if (*at >= '1' && *at <= '9' && (!*first || at < first))
				first = at;
		}
	return first;
}

/* An older kernel has the key and acts on it. */
static bool is_obsolete_here(const struct keyed *keyed, const char *obsolete)
{
	const struct snapshot *snapshot = keyed->auditing->snapshot;
	const char *release = snapshot_text(snapshot, SUBJECT_HOST, "kernel.release"), *since = release_of(obsolete);
	CLEANUP(free_ptr) char *version = xstrndup(since, strspn(since, "0123456789."));

	release = release ? release : snapshot_text(snapshot, SUBJECT_HOST, "modules.release");
	return !release || !*version || version_compare(release, version) >= 0;
}

/* A key that still works under its old name is nobody's fault; one that is gone is not there. */
static bool ask_obsolete(struct keyed *keyed, bool renamed)
{
	const struct boot_line *line = keyed_winner(keyed);
	const char *obsolete = keyed->entry ? keyed->entry->obsolete : NULL;

	if (!line || line->optional || !obsolete || is_renamed(obsolete) != renamed || (renamed && keyed_is_present(keyed)))
		return false;
	if (!keyed_is_absent(keyed) && !keyed_is_present(keyed) && !strstr(obsolete, "removed") && !strstr(obsolete, "without effect") &&
	    !strstr(obsolete, "ignored") && !renamed)
		return false;
	/* Kernels keep older names for long: that one is gone has to be seen. */
	if (!is_obsolete_here(keyed, obsolete) || (strstr(obsolete, "older name") && !keyed_is_absent(keyed)) ||
	    (keyed_is_present(keyed) && (starts_with(obsolete, "gone") || starts_with(obsolete, "removed"))))
		return false;
	keyed_add_site(keyed, line);
	keyed_say(keyed, "%s: %s.", keyed->key, obsolete);
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

const char *drift_nearest_key(const struct keyed *keyed)
{
	const struct registry *registry = keyed->auditing->registry;
	const char *nearest = NULL;
	size_t best = 3, length = strlen(keyed->key);

	if (++keyed->auditing->unknown_keys > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < registry_total(registry); i++) {
		const struct entry *entry = registry_at(registry, i);
		size_t d, other = strlen(entry->key);

		if (other + best <= length || length + best <= other)
			continue;
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
	const struct boot_line *line = keyed_winner(keyed);
	const char *nearest;

	if (!line || line->optional || keyed_is_present(keyed) || drift_is_of_interface(keyed->key) || *keyed->key == '/' ||
	    (!streq(line->source, "sysctl") && !streq(line->source, "tmpfiles")) ||
	    (keyed->entry && keyed->entry->module))
		return false;
	if (keyed->running && keyed->running->absence != ABSENT)
		return false;
	if (keyed->entry && !keyed_is_absent(keyed))
		return false;
	nearest = keyed->entry ? NULL : drift_nearest_key(keyed);
	if (!keyed_is_absent(keyed) && !nearest)
		return false;
	keyed_add_site(keyed, line);
	if (nearest)
		keyed_say(keyed, "There is no %s; is %s meant?", keyed->key, nearest);
	else
		keyed_say(keyed, "This kernel has no %s.", keyed->key);
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
	const struct boot_line *line = keyed_winner(keyed);
	const char *module = keyed->entry ? keyed->entry->module : NULL;

	if (!line || line->optional || !module || keyed->auditing->contained || is_loaded_at_boot(keyed, module) ||
	    !streq(line->source, "sysctl"))
		return false;
	/* It runs as written: something loads the module early enough, or applies the files again. */
	if (keyed_is_present(keyed) && drift_same_raw(keyed->entry, keyed->running->raw, line->value))
		return false;
	keyed_add_site(keyed, line);
	if (keyed_is_present(keyed))
		keyed_say(keyed, "%s came with the module %s after the files had been applied, and is %s.", keyed->key, module,
		    keyed->running->raw);
	else
		keyed_say(keyed, "%s comes with the module %s, which no file of modules-load.d names.", keyed->key, module);
	return true;
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
	const struct boot_line *line = keyed_winner(keyed);
	bool cannot_go_back = keyed->entry && keyed->entry->class == ENTRY_TUNABLE && keyed->entry->reversible != REVERSIBLE_YES;

	if (!line || one_way != cannot_go_back || !keyed_runs_otherwise(keyed, line->value) || is_set_by_program(keyed) ||
	    drift_is_of_interface(keyed->key))
		return false;
	keyed_add_site(keyed, line);
	keyed_say(keyed, "%s runs as %s, and %s says %s.", keyed->key, keyed->running->raw, keyed_place(keyed, line), line->value);
	return true;
}

static bool ask_one_way(struct keyed *keyed)
{
	return ask_lost(keyed, true);
}

bool ask_lost_at_boot(struct keyed *keyed)
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
	    !entry || entry->class != ENTRY_TUNABLE || entry->kind != KIND_SYSCTL || entry->obsolete || !keyed->kernel_default ||
	    entry->coupled.count > 0 || is_usual(keyed) || is_namespaced(keyed) ||
	    boot_is_parameter(snapshot_text(keyed->auditing->snapshot, SUBJECT_HOST, "kernel.cmdline"), keyed->key) ||
	    !keyed_runs_otherwise(keyed, keyed->kernel_default))
		return false;
	keyed_say(keyed, "%s is %s; without a file the kernel makes it %s.", keyed->key, keyed->running->raw,
	    keyed->kernel_default);
	return true;
}

static const char *pages[] = { "sysctl.d(5)", "sysctl(8)", "modules-load.d(5)", "tuned.conf(5)" };
static const struct drift_family family = {
	.references = { pages, ARRAY_SIZE(pages) },
	.questions = {
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
	},
};

/* ---- which keys ---- */

/* tmpfiles.d and rules of udev write files of /proc/sys too. */
static bool is_of_sysctl(const struct boot_line *line)
{
	if (line->kind != SUBJECT_KIND_HOST || *line->subject || drift_is_repeated(line) || strpbrk(line->key, "*?["))
		return false;
	if (streq(line->source, "tmpfiles") || streq(line->source, "udev"))
		return *line->key == '/' || !starts_with(line->key, "module.");
	return streq(line->source, "sysctl") || streq(line->source, "tuned");
}

static bool is_of_file(const struct entry *entry)
{
	return entry && entry->class == ENTRY_TUNABLE &&
	       (entry->kind == KIND_SYSCTL || entry->kind == KIND_THP || entry->kind == KIND_SYSFS);
}

/* What lines name by its path has a key of its own in the registry. */
static void name_path(const struct auditing *auditing, struct drift_about *about)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; *about->key == '/' && i < registry_total(auditing->registry); i++) {
		const struct entry *entry = registry_at(auditing->registry, i);

		if (entry->about == SUBJECT_KIND_HOST && is_of_file(entry) && entry->kind != KIND_SYSCTL &&
		    boot_state_path(entry, entry->key, &path) && streq(path.buf, about->key))
			about->key = entry->key;
	}
}

/* Every key of the host that a line assigns or that runs and could have been assigned, each once. */
void drift_judge_sysctls(struct auditing *auditing)
{
	const struct snapshot *now = auditing->snapshot;
	struct drift_about *abouts;
	size_t count = drift_collect(auditing, is_of_sysctl, &abouts), capacity = count;

	for (size_t i = 0; i < count; i++)
		name_path(auditing, &abouts[i]);
	for (size_t i = 0; i < snapshot_setting_count(now); i++) {
		const struct setting *setting = snapshot_setting_at(now, i);
		const char *key = snapshot_key_name(now, setting->key);

		if (setting->subject != SUBJECT_HOST || setting->absence != PRESENT || strpbrk(key, "*?[") ||
		    !is_of_file(registry_find_key(auditing->registry, SUBJECT_KIND_HOST, key)))
			continue;
		GROW(abouts, capacity, count + 1);
		abouts[count++] = (struct drift_about){ SUBJECT_KIND_HOST, "", key };
	}
	drift_abouts_sort(abouts, &count);
	for (size_t i = 0; i < count; i++)
		drift_ask(auditing, &abouts[i], &family);
	free(abouts);
}
