/* SPDX-License-Identifier: Apache-2.0 */
/* The value that a key has when the host has booted: what is written, as far as the kernel takes it, and what other writes
 * make of it.  Where something has to be known for that which is not, there is a reason instead of a value. */
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>

#include "../core/parse.h"
#include "audit-making.h"
#include "value-check.h"

static const char *place_of(const struct boot_line *line, struct arena *arena)
{
	CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;

	boot_place(line, &place);
	return arena_strdup(arena, place.buf);
}

#define SHARE "it is a share of what the machine has"

/* ---- what the kernel refuses ---- */

static bool in_range(const struct entry *entry, long double number)
{
	long double raw = roundl(unit_from_base(number, &entry->unit));	/* 2000 us are 0.002 s, and not quite 2000 again */

	return raw >= (long double)entry->range_min && raw <= (long double)entry->range_max;
}

/* 0x10 and 010 are numbers to the kernel too, and to nobody else. */
static bool is_decimal(const char *text)
{
	text += *text == '-';
	if (text[0] == '0' && text[1])
		return false;
	return *text && text[strspn(text, "0123456789 \t")] == '\0';
}

static bool is_unlimited(const struct entry *entry, const char *text)
{
	for (size_t i = 0; i < entry->unlimited.count; i++)
		if (streq(entry->unlimited.items[i], text))
			return true;
	return false;
}

static const char *refused_number(const struct entry *entry, const char *raw, struct arena *arena)
{
	struct value value = value_of_setting(entry, raw, strlen(raw));

	if (value.type == VALUE_NUMBER && is_decimal(raw) && entry->has_range && !in_range(entry, value.number))
		return arena_formatf(arena, "%s is not from %lld to %llu", raw, (long long)entry->range_min,
				     (unsigned long long)entry->range_max);
	if (value.type == VALUE_UNKNOWN && *raw && !strchr("-0123456789", *raw))
		return arena_formatf(arena, "\"%s\" is no number", raw);
	return NULL;
}

/* Keys whose values are names of modules, and the names that every kernel has.  Writing one loads the module. */
static const struct module_family {
	const char *key, *prefix, *suffix;
	const char *always;
} families[] = {
	{ "net.core.default_qdisc", "sch_", "", "bfifo mq noqueue pfifo pfifo_fast pfifo_head_drop" },
	{ "net.ipv4.tcp_congestion_control", "tcp_", "", "reno" },
	{ "scheduler", "", "", "none" },
	{ "scheduler", "", "_iosched", "none" },
};

static bool has_word(const char *list, const char *word)
{
	const char *cursor = list, *found;
	size_t length;

	while (list && next_word(&cursor, &found, &length))
		if (strlen(word) == length && memcmp(found, word, length) == 0)
			return true;
	return false;
}

static const char *refused_name(const struct auditing *auditing, const char *key, const char *raw, struct arena *arena)
{
	const char *modules = snapshot_text(auditing->snapshot, SUBJECT_HOST, "modules.values"), *missing = NULL;

	for (size_t i = 0; modules && i < ARRAY_SIZE(families); i++) {
		CLEANUP(free_ptr) char *module = xasprintf("%s%s%s", families[i].prefix, raw, families[i].suffix);

		if (!streq(families[i].key, key))
			continue;
		for (char *c = module; *c; c++)
			*c = *c == '-' ? '_' : *c;
		if (has_word(families[i].always, raw) || has_word(modules, module))
			return NULL;
		missing = missing ? missing : arena_formatf(arena, "there is no module %s", module);
	}
	return missing;
}

const char *value_refusal(const struct auditing *auditing, const struct entry *entry, const char *raw, struct arena *arena)
{
	if (!entry || entry->class != ENTRY_TUNABLE || entry->kind != KIND_SYSCTL || is_unlimited(entry, raw))
		return NULL;
	if (entry->format == FORMAT_INTEGER)
		return refused_number(entry, raw, arena);
	return entry->format == FORMAT_TEXT ? refused_name(auditing, entry->key, raw, arena) : NULL;
}

/* Pools of huge pages, which are in one of these files by their size. */
static const struct boot_line *pool_line(const struct auditing *auditing, const char *key)
{
	static const char directory[] = "/sys/kernel/mm/hugepages/hugepages-";

	if (!streq(key, "vm.nr_hugepages") && !streq(key, "vm.nr_hugepages_mempolicy"))
		return NULL;
	for (size_t i = 0; i < boot_count(auditing->boot); i++) {
		const struct boot_line *line = boot_at(auditing->boot, i);

		if ((line->fate == BOOT_WINS || line->fate == BOOT_UNRESOLVED) && starts_with(line->key, directory))
			return line;
	}
	return NULL;
}

/* ---- arguments of the kernel ---- */

/* clang-format off */
/* Those that set a key.  as_is: their value is the key's. */
static const struct parameter {
	const char *key, *name;
	bool as_is;
} parameters[] = {
	{ "kernel.hung_task_panic", "hung_task_panic=", true },
	{ "kernel.nmi_watchdog", "nmi_watchdog=", false },
	{ "kernel.nmi_watchdog", "nowatchdog", false },
	{ "kernel.numa_balancing", "numa_balancing=", false },
	{ "kernel.panic", "panic=", true },
	{ "kernel.panic_on_oops", "oops=panic", false },
	{ "kernel.panic_on_warn", "panic_on_warn", false },
	{ "kernel.panic_print", "panic_print=", false },
	{ "kernel.printk_devkmsg", "printk.devkmsg=", true },	/* and nothing changes it any more */
	{ "kernel.randomize_va_space", "norandmaps", false },
	{ "kernel.sched_schedstats", "schedstats=", false },
	{ "kernel.soft_watchdog", "nosoftlockup", false },
	{ "kernel.soft_watchdog", "nowatchdog", false },
	{ "kernel.softlockup_panic", "softlockup_panic=", true },
	{ "kernel.split_lock_mitigate", "split_lock_detect=", false },
	{ "kernel.task_delayacct", "delayacct", false },
	{ "kernel.traceoff_on_warning", "traceoff_on_warning", false },
	{ "kernel.unprivileged_bpf_disabled", "mitigations=", false },
	{ "kernel.watchdog", "nowatchdog", false },
	{ "kernel.watchdog_cpumask", "nohz_full=", false },
	{ "kernel.watchdog_thresh", "watchdog_thresh=", false },
	{ "thp.enabled", "transparent_hugepage=", true },
	{ "vm.nr_hugepages", "hugepages=", false },
};
/* clang-format on */

/* The last one counts. */
static const struct parameter *find_parameter(const char *line, const char *key, const char **ret_value, size_t *ret_length)
{
	const struct parameter *found = NULL;
	const char *cursor = line, *word;
	size_t length;

	while (line && next_word(&cursor, &word, &length)) {
		for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
			size_t n = strlen(parameters[i].name);

			if (!streq(parameters[i].key, key) || length < n || memcmp(word, parameters[i].name, n) != 0)
				continue;
			found = &parameters[i];
			*ret_value = word + n;
			*ret_length = length - n;
		}
	}
	return found;
}

bool boot_is_parameter(const char *line, const char *key)
{
	CLEANUP(strbuf_release) struct strbuf own = STRBUF_INIT;
	const char *cursor = line, *word, *value;
	size_t length;

	if (find_parameter(line, key, &value, &length))
		return true;
	strbuf_addf(&own, "sysctl.%s=", key);
	while (line && next_word(&cursor, &word, &length))
		if (length >= own.len && memcmp(word, own.buf, own.len) == 0)
			return true;
	return false;
}

/* ---- keys that move each other ---- */

/* Writing one makes something of the other: 0, the same, or 0 when it is switched on. */
enum move_to { TO_ZERO, TO_SAME, TO_ZERO_WHEN_ON, TO_SAME_WHEN_ON };

/* clang-format off */
static const struct move {
	const char *moved, *writer;
	enum move_to to;
} moves[] = {
	{ "net.ipv4.conf.all.accept_redirects", "net.ipv4.conf.all.forwarding", TO_ZERO_WHEN_ON },
	{ "net.ipv4.conf.all.accept_redirects", "net.ipv4.ip_forward", TO_ZERO_WHEN_ON },
	{ "net.ipv4.conf.all.forwarding", "net.ipv4.ip_forward", TO_SAME },
	{ "net.ipv4.conf.default.forwarding", "net.ipv4.conf.all.forwarding", TO_SAME_WHEN_ON },
	{ "net.ipv4.conf.default.forwarding", "net.ipv4.ip_forward", TO_SAME_WHEN_ON },
	{ "net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", TO_SAME },
	{ "net.ipv6.conf.default.disable_ipv6", "net.ipv6.conf.all.disable_ipv6", TO_SAME },
	{ "net.ipv6.conf.default.forwarding", "net.ipv6.conf.all.forwarding", TO_SAME },
	{ "net.ipv6.conf.lo.disable_ipv6", "net.ipv6.conf.all.disable_ipv6", TO_SAME },
	{ "vm.dirty_background_bytes", "vm.dirty_background_ratio", TO_ZERO },
	{ "vm.dirty_background_ratio", "vm.dirty_background_bytes", TO_ZERO },
	{ "vm.dirty_bytes", "vm.dirty_ratio", TO_ZERO },
	{ "vm.dirty_ratio", "vm.dirty_bytes", TO_ZERO },
	{ "vm.nr_hugepages", "vm.nr_hugepages_mempolicy", TO_SAME },
	{ "vm.nr_hugepages_mempolicy", "vm.nr_hugepages", TO_SAME },
	{ "vm.overcommit_kbytes", "vm.overcommit_ratio", TO_ZERO },
	{ "vm.overcommit_ratio", "vm.overcommit_kbytes", TO_ZERO },
};
/* clang-format on */

/* The line that leaves the key as it writes it; NULL: none does, and *ret_unknown is the line that keeps that from being known. */
static const struct boot_line *written_by(const struct auditing *auditing, const char *key, struct arena *arena,
					  const struct boot_line **ret_unknown)
{
	const struct entry *entry = registry_find_key(auditing->registry, SUBJECT_KIND_HOST, key);
	struct boot_outcome outcome = boot_state_outcome(auditing, SUBJECT_KIND_HOST, "", key);

	*ret_unknown = outcome.state == BOOT_STATE_UNKNOWN ? outcome.line : NULL;
	if (outcome.state == BOOT_STATE_UNKNOWN)
		return NULL;
	if (outcome.state == BOOT_STATE_SET && !value_refusal(auditing, entry, outcome.line->value, arena))
		return outcome.line;
	outcome = boot_outcome(auditing->boot, BOOT_KERNEL, SUBJECT_KIND_HOST, "", key);
	*ret_unknown = outcome.state == BOOT_STATE_UNKNOWN ? outcome.line : NULL;
	if (outcome.state == BOOT_STATE_SET && !value_refusal(auditing, entry, outcome.line->value, arena))
		return outcome.line;
	return NULL;
}

/* Lines of one loader stand in the order in which they are applied, those of the kernel come before all others; of two
 * loaders else it is not known. */
static int compare_time(const struct boot_line *a, const struct boot_line *b)
{
	bool kernel_a = streq(a->loader, BOOT_KERNEL), kernel_b = streq(b->loader, BOOT_KERNEL);

	if (kernel_a != kernel_b)
		return kernel_a ? -1 : 1;
	if (!streq(a->loader, b->loader) || !*a->loader)
		return 0;
	return a < b ? -1 : 1;
}

static bool is_zero(const char *value)
{
	return streq(value, "0");
}

/* What the last of all writers that move this key makes of it. */
static void expect_moved(const struct auditing *auditing, const char *key, const struct boot_line *own, struct arena *arena,
			 struct expectation *ret)
{
	const struct boot_line *last = own;

	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		const struct boot_line *unknown, *line;
		const char *value;
		int order;

		if (!streq(moves[i].moved, key))
			continue;
		line = written_by(auditing, moves[i].writer, arena, &unknown);
		if (unknown) {
			*ret = (struct expectation){ .why = arena_formatf(arena, "%s moves it, and what that becomes is not known",
									  moves[i].writer) };
			return;
		}
		if (!line || ((moves[i].to == TO_ZERO_WHEN_ON || moves[i].to == TO_SAME_WHEN_ON) && is_zero(line->value)))
			continue;
		order = last ? compare_time(last, line) : -1;
		if (order > 0)
			continue;
		value = moves[i].to == TO_ZERO || moves[i].to == TO_ZERO_WHEN_ON ? "0" : line->value;
		if (order == 0 && !(ret->value && streq(ret->value, value))) {
			*ret = (struct expectation){
				.why = arena_formatf(arena, "%s moves it too, and which of the two comes last is not fixed",
						     moves[i].writer),
			};
			return;
		}
		*ret = (struct expectation){ .value = value, .place = place_of(line, arena) };
		last = line;
	}
}

/* ---- whether it is there ---- */

/* systemd-modules-load leaves those alone. */
static bool is_blacklisted(const struct auditing *auditing, const char *module)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	strbuf_addf(&key, "module.%s.blacklist", module);
	return boot_outcome(auditing->boot, "", SUBJECT_KIND_HOST, "", key.buf).state == BOOT_STATE_SET;
}

static bool is_loaded_at_boot(const struct auditing *auditing, const char *module)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	struct boot_outcome outcome;

	strbuf_addf(&key, "module.%s.loaded", module);
	outcome = boot_outcome(auditing->boot, "", SUBJECT_KIND_HOST, "", key.buf);
	return outcome.state == BOOT_STATE_SET && streq(outcome.line->value, "true") && !is_blacklisted(auditing, module);
}

static bool is_built_in(const struct auditing *auditing, const char *module)
{
	return has_word(snapshot_text(auditing->snapshot, SUBJECT_HOST, "modules.builtin"), module);
}

/* "net.ipv4.conf.eth0.rp_filter" */
static bool is_of_other_interface(const char *key)
{
	static const char *const members[] = { "net.ipv4.conf.", "net.ipv6.conf.", "net.ipv4.neigh.", "net.ipv6.neigh." };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *name = key + strlen(members[i]);

		if (starts_with(key, members[i]))
			return !starts_with(name, "all.") && !starts_with(name, "default.") && !starts_with(name, "lo.");
	}
	return false;
}

/* Why a key that a line names may not be there in the kernel of an image; NULL: nothing speaks against it. */
static const char *why_absent(const struct auditing *auditing, const struct entry *entry, const char *key,
			      const struct boot_line *line, struct arena *arena)
{
	if (auditing->walked)
		return NULL;
	if (entry && entry->module && !is_loaded_at_boot(auditing, entry->module) && !is_built_in(auditing, entry->module))
		return arena_formatf(arena, "it comes with the module %s, and nothing loads that at boot for certain", entry->module);
	if (!entry && line && (streq(line->source, "sysctl") || streq(line->source, "tuned") || *key == '/'))
		return "whether the kernel that is booted has it cannot be known here";
	if (is_of_other_interface(key))
		return "whether there is such an interface cannot be known here";
	return NULL;
}

/* A key that the running kernel does not have stays away, whatever a file says, unless a module brings it.  An argument that it was
 * not given may be given the next time. */
static bool is_absent(const struct auditing *auditing, const struct subject *about, const struct entry *entry, const char *key)
{
	subject_id subject = about->kind == SUBJECT_KIND_HOST ? SUBJECT_HOST :
			     snapshot_find_subject(auditing->snapshot, about->kind, about->name);
	const struct setting *setting = subject == SUBJECT_NONE ? NULL : snapshot_get(auditing->snapshot, subject, key);

	/* In an image nothing of the kernel is there. */
	return auditing->walked && setting && (setting->absence == ABSENT || setting->absence == UNSUPPORTED) &&
	       !(entry && entry->module) && !boot_is_argument(key);
}

bool boot_is_argument(const char *key)
{
	return starts_with(key, "cmdline.");
}

/* ---- all of it ---- */

/* systemd sets these before any file is read. */
static bool is_set_by_init(const char *key)
{
	static const char *const keys[] = { "fs.file-max", "fs.nr_open", "kernel.printk_devkmsg", "net.unix.max_dgram_qlen" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (streq(keys[i], key))
			return true;
	return false;
}

static void expect_default(const struct auditing *auditing, const struct entry *entry, const char *key, struct arena *arena,
			   struct expectation *ret)
{
	const char *line = snapshot_text(auditing->after, SUBJECT_HOST, "kernel.cmdline"), *value;
	const struct parameter *parameter;
	size_t length;

	if (!entry || entry->class != ENTRY_TUNABLE || auditing->contained || boot_is_argument(key))
		return;
	parameter = find_parameter(line, key, &value, &length);
	if (parameter) {
		if (parameter->as_is)
			*ret = (struct expectation){ .value = arena_strndup(arena, value, length), .place = "the kernel's arguments" };
		else
			ret->why = arena_formatf(arena, "it depends on the kernel's argument %s", parameter->name);
		return;
	}
	if (is_set_by_init(key)) {
		ret->why = "systemd sets it when it starts";
		return;
	}
	if (entry->obsolete)
		return;
	ret->value = default_raw(auditing, entry, arena);
	if (ret->value)
		ret->place = EXPECTED_DEFAULT;
	else if (!ret->why)
		ret->why = "no file sets it, and the kernel's own value depends on how it was built or on the machine";
}

/* "kernel.printk = 3" leaves the others of its four numbers as the kernel had them. */
static const char *whole_value(const struct auditing *auditing, const struct entry *entry, const char *key, const char *value,
			       struct arena *arena)
{
	const char *before = entry && entry->class == ENTRY_TUNABLE ? default_raw(auditing, entry, arena) : NULL, *whole;

	before = before ? before : snapshot_text(auditing->snapshot, SUBJECT_HOST, key);
	whole = before ? value_completed(entry, before, value, arena) : NULL;
	return whole ? whole : value;
}

static void expect_host(const struct auditing *auditing, const struct entry *entry, const char *key, struct arena *arena,
			struct expectation *ret)
{
	const struct boot_line *unknown, *line = written_by(auditing, key, arena, &unknown);

	if (unknown && unknown->fate == BOOT_WINS)
		ret->why = arena_formatf(arena, "%s sets it, and so does another line, to another value; which of the two "
					 "comes last is not fixed", place_of(unknown, arena));
	else if (unknown)
		ret->why = *unknown->why ? unknown->why : "a line about it cannot be resolved";
	if (unknown)
		return;
	ret->why = why_absent(auditing, entry, key, line, arena);
	if (ret->why)
		return;
	unknown = pool_line(auditing, key);
	if (unknown) {
		ret->why = arena_formatf(arena, "%s sets the number of pages of one size, and which of the two comes last is not fixed",
					 place_of(unknown, arena));
		return;
	}
	if (line && starts_with(key, "limits.system.") && ends_with(line->value, "%"))
		ret->why = SHARE;
	else if (line)
		*ret = (struct expectation){ .value = whole_value(auditing, entry, key, line->value, arena), .place = place_of(line, arena) };
	else
		expect_default(auditing, entry, key, arena, ret);
	expect_moved(auditing, key, line, arena, ret);
}

/* ---- modules ---- */

/* "module.NAME.PARAMETER": what modprobe.d says, and after it NAME.PARAMETER=… of the command line, which is all that counts for
 * what is built in. */
static void expect_module(const struct auditing *auditing, const char *key, struct arena *arena, struct expectation *ret)
{
	const char *name = key + strlen("module."), *dot = strchr(name, '.');
	CLEANUP(free_ptr) char *module = xstrndup(name, dot ? (size_t)(dot - name) : strlen(name));
	CLEANUP(free_ptr) char *argument = xasprintf("cmdline.%s", name);
	struct boot_outcome outcome = boot_outcome(auditing->boot, "", SUBJECT_KIND_HOST, "", key);
	bool loads = dot && streq(dot, ".loaded"), built_in = is_built_in(auditing, module);

	if (outcome.state == BOOT_STATE_UNKNOWN) {
		ret->why = *outcome.line->why ? outcome.line->why : "a line about it cannot be resolved";
		return;
	}
	if (loads && outcome.state == BOOT_STATE_SET && is_blacklisted(auditing, module)) {
		ret->why = "it is blacklisted, so that no file of modules-load.d loads it; something else may";
		return;
	}
	if (!loads && dot && !streq(dot, ".blacklist") && !auditing->walked) {
		struct boot_outcome given = boot_outcome(auditing->boot, "", SUBJECT_KIND_HOST, "", argument);

		if (given.state == BOOT_STATE_SET)
			outcome = given;
		if (outcome.state == BOOT_STATE_SET && !built_in && !is_loaded_at_boot(auditing, module))
			ret->why = "nothing loads the module at boot for certain";
	}
	if (!ret->why && outcome.state == BOOT_STATE_SET)
		*ret = (struct expectation){ .value = outcome.line->value, .place = place_of(outcome.line, arena) };
}

/* ---- devices ---- */

#define LINES_MAX 64	/* about one key of a device; only the last ones are looked at */

static bool counts(const struct boot_line *line)
{
	return line->fate == BOOT_WINS || line->fate == BOOT_UNRESOLVED;
}

static bool matches(const struct boot_line *line, const struct subject *about, const char *key)
{
	return line->kind == about->kind && streq(line->key, key) && fnmatch(line->subject, about->name, 0) == 0;
}

/* Of the lines about a device, or about all whose names match a pattern, the last one, and the last one of another source. */
static const struct boot_line *last_about(const struct auditing *auditing, const struct subject *about, const char *key,
					  const struct boot_line **ret_other)
{
	const struct boot_line *const *exact, *last = NULL;
	size_t count = boot_lines(auditing->boot, about->kind, about->name, key, &exact), pattern = 0;
	size_t first = count > LINES_MAX ? count - LINES_MAX : 0;

	*ret_other = NULL;
	while (first < count || pattern < auditing->n_patterns) {
		bool takes_exact = first < count && (pattern == auditing->n_patterns || exact[first] <= auditing->patterns[pattern]);
		const struct boot_line *line = takes_exact ? exact[first] : auditing->patterns[pattern];

		/* The name of a device of an image may be a pattern itself. */
		pattern += !takes_exact || (pattern < auditing->n_patterns && exact[first] == auditing->patterns[pattern]);
		first += takes_exact;
		if (!counts(line) || (!takes_exact && !matches(line, about, key)))
			continue;
		if (last && !streq(last->source, line->source))
			*ret_other = last;
		last = line;
	}
	return last;
}

/* A new scheduler begins with settings of its own. */
static bool is_of_scheduler(const char *key)
{
	return streq(key, "nr_requests") || streq(key, "wbt_lat_usec") || starts_with(key, "iosched.");
}

/* Those of which the kernel takes what the device can, and no more. */
static bool is_bounded_by_device(const char *key)
{
	static const char *const keys[] = { "discard_max_bytes", "io_poll", "max_sectors_kb", "nr_requests", "wbt_lat_usec", "write_cache" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (streq(keys[i], key))
			return true;
	return starts_with(key, "iosched.");
}

static void expect_block(const struct auditing *auditing, const struct subject *about, const char *key, struct arena *arena,
			 struct expectation *ret)
{
	const struct boot_line *other, *line = last_about(auditing, about, key, &other), *scheduler, *unused;
	bool captured = snapshot_find_subject(auditing->snapshot, about->kind, about->name) != SUBJECT_NONE;

	if (auditing->many_patterns)
		ret->why = "there are too many patterns of names to hold it against";
	if (!line || ret->why)
		return;
	scheduler = last_about(auditing, about, "scheduler", &unused);
	if (line->fate == BOOT_UNRESOLVED)
		ret->why = *line->why ? line->why : "a line about it cannot be resolved";
	else if (other && (other->fate == BOOT_UNRESOLVED || !streq(other->value, line->value)))
		ret->why = arena_formatf(arena, "%s is about it too, and which of the two comes last is not fixed", place_of(other, arena));
	else if (is_of_scheduler(key) && scheduler && !(streq(scheduler->source, line->source) && scheduler < line))
		ret->why = "the scheduler is set too, and begins with settings of its own";
	else if (!captured && is_bounded_by_device(key))
		ret->why = "how much of it the device takes cannot be known here";
	else if (streq(key, "scheduler"))
		ret->why = refused_name(auditing, key, line->value, arena);
	if (!ret->why)
		*ret = (struct expectation){ .value = line->value, .place = place_of(line, arena) };
}

static void expect_other(const struct auditing *auditing, const struct subject *about, const char *key, struct arena *arena,
			 struct expectation *ret)
{
	struct boot_outcome outcome = boot_state_outcome(auditing, about->kind, about->name, key);

	if (about->kind == SUBJECT_KIND_MOUNT)
		mount_expect(auditing, about->name, starts_with(key, "options.") ? key + strlen("options.") : "", arena, ret);
	else if (about->kind == SUBJECT_KIND_BLOCK)
		expect_block(auditing, about, key, arena, ret);
	else if (outcome.state == BOOT_STATE_SET && about->kind == SUBJECT_KIND_UNIT && ends_with(outcome.line->value, "%"))
		ret->why = SHARE;
	else if (outcome.state == BOOT_STATE_SET)
		*ret = (struct expectation){ .value = outcome.line->value, .place = place_of(outcome.line, arena) };
	else if (outcome.state == BOOT_STATE_UNKNOWN)
		ret->why = *outcome.line->why ? outcome.line->why : "a line about it cannot be resolved";
}

struct expectation boot_expect(const struct auditing *auditing, const struct subject *about, const char *key, struct arena *arena)
{
	const struct entry *entry = registry_find_key(auditing->registry, about->kind, key);
	struct expectation expectation = { 0 };

	if (is_absent(auditing, about, entry, key))
		return (struct expectation){ .why = "the running kernel does not have it" };
	if (about->kind == SUBJECT_KIND_HOST && starts_with(key, "module."))
		expect_module(auditing, key, arena, &expectation);
	else if (about->kind == SUBJECT_KIND_HOST)
		expect_host(auditing, entry, key, arena, &expectation);
	else
		expect_other(auditing, about, key, arena, &expectation);
	return expectation;
}
