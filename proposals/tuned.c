/* SPDX-License-Identifier: Apache-2.0 */
/* A profile of TuneD: tuned.conf, with the profiles that it includes as far as they stand beside its own directory.
 *
 *	[main]
 *	include=throughput-performance
 *	[sysctl]
 *	vm.swappiness=10
 *	[disk]
 *	devices=sd*
 *	readahead=>4096
 *
 * It is put into a root of its own and read as TuneD reads it (probes/tuned-profile.h); what each option of each plugin sets is
 * told here.  Functions and scripts are not run. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/parse.h"
#include "../core/root.h"
#include "../core/scratch.h"
#include "../probes/python-config.h"
#include "../probes/sysctl-line.h"
#include "../probes/tuned-profile.h"
#include "reader.h"

#define PROFILES_MAX 32
#define TAKEN_MAX 1000			/* arguments of the kernel that are taken away again */
#define BOTH (PROPOSED_NOW | PROPOSED_BOOT)

struct tuning {
	struct reading *reading;
	const struct proposed_text *text;
	struct scratch *scratch;
	char *name;			/* of the profile */
	char *beside;			/* directory of profiles that it stands in */
	char *profiles[PROFILES_MAX];	/* that were put into the root */
	size_t n_profiles;
	size_t first;			/* item of the proposal that is the profile's */
	size_t n_taken;
};

/* ---- the root ---- */

static int put_profile(const struct tuning *tuning, const char *name, const char *text, size_t length)
{
	CLEANUP(free_ptr) char *directory = xasprintf("etc/tuned/%s", name), *path = xasprintf("etc/tuned/%s/tuned.conf", name);
	CLEANUP(close_fd) int fd = -1;

	if (mkdirat(tuning->scratch->fd, directory, 0700) < 0)
		return -errno;
	fd = openat(tuning->scratch->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

static int put_line(const struct tuning *tuning, const char *path, const char *line)
{
	CLEANUP(close_fd) int fd = openat(tuning->scratch->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line) ? 0 : -EIO;
}

static bool is_put(const struct tuning *tuning, const char *name)
{
	for (size_t i = 0; i < tuning->n_profiles; i++)
		if (streq(tuning->profiles[i], name))
			return true;
	return false;
}

/* One path component. */
static bool is_name(const char *name)
{
	return *name && *name != '.' && !strpbrk(name, "/\n\t ${}") && strlen(name) < 100;
}

static int put_with_includes(struct tuning *tuning, const char *name, const char *text, size_t length);

static void put_included(struct tuning *tuning, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(free_ptr) char *path = xasprintf("/%s/tuned.conf", name);

	if (!is_name(name) || is_put(tuning, name) || !tuning->beside || root_open(tuning->beside, &root) < 0 ||
	    root_read(root, path, &text) < 0)
		return;
	(void)put_with_includes(tuning, name, text.buf, text.len);
}

static int put_with_includes(struct tuning *tuning, const char *name, const char *text, size_t length)
{
	CLEANUP(config_release) struct config config = { 0 };
	const char *include;
	int r;

	if (tuning->n_profiles == PROFILES_MAX)
		return -E2BIG;
	r = put_profile(tuning, name, text, length);
	if (r < 0)
		return r;
	tuning->profiles[tuning->n_profiles++] = xstrdup(name);
	config_parse(text, length, NULL, &config);
	include = config_get(&config, "main", "include");
	while (include && *include) {
		size_t n = strcspn(include, ",; \t\r\n");
		CLEANUP(free_ptr) char *one = xstrndup(*include == '-' ? include + 1 : include, *include == '-' && n > 0 ? n - 1 : n);

		put_included(tuning, one);
		include += n + strspn(include + n, ",; \t\r\n");
	}
	return 0;
}

static int make_root(struct tuning *tuning)
{
	CLEANUP(free_ptr) char *line = xasprintf("%s\n", tuning->name);
	int r = scratch_new(&tuning->scratch);

	if (r < 0)
		return r;
	if (mkdirat(tuning->scratch->fd, "etc", 0700) < 0 || mkdirat(tuning->scratch->fd, "etc/tuned", 0700) < 0)
		return -errno;
	r = put_line(tuning, "etc/tuned/active_profile", line);
	return r < 0 ? r : put_with_includes(tuning, tuning->name, tuning->text->text, tuning->text->length);
}

/* ---- what options set ---- */

static void common(const struct tuning *tuning, const struct tuned_option *option, const char *path, const char *via,
		   const char *file, struct proposed *item)
{
	bool own = streq(option->path, file);
	unsigned int line = own && option->number > 0 ? proposed_text_line(tuning->text, option->number - 1) : option->number;

	*item = (struct proposed){
		.path = path, .line = line, .last_line = line, .text = option->text, .form = "tuned", .via = via,
		.kind = SUBJECT_KIND_HOST, .when = BOTH, .file = file, .file_line = option->number,
		.value = option->value, .optional = tuning->text->optional, .condition = tuning->text->condition,
	};
	if (option->unresolved || strstr(option->value, "${")) {
		item->fate = PROPOSED_UNCLEAR;
		item->why = option->unresolved ? option->unresolved : "it takes a variable that nothing which was given sets";
	}
}

static bool next_device(const char **cursor, char **ret_name)
{
	static const char separators[] = ",; \t\n";
	size_t n;

	*cursor += strspn(*cursor, separators);
	n = strcspn(*cursor, separators);
	free(*ret_name);
	*ret_name = xstrndup(*cursor, n);
	*cursor += n;
	return n > 0;
}

/* "sd*, !sdb, nvme0n1": items for each name, without those that are taken out; "!sdb" alone: for all others.  The loopback
 * interface is no device of hardware, and left alone. */
static void add_devices(struct tuning *tuning, const struct tuned_option *option, struct proposed *item)
{
	CLEANUP(strbuf_release) struct strbuf where = STRBUF_INIT;
	CLEANUP(free_ptr) char *name = NULL;
	bool named = false;

	if (item->kind == SUBJECT_KIND_INTERFACE)
		strbuf_add_string(&where, "name!=lo");
	for (const char *at = option->devices ? option->devices : ""; next_device(&at, &name);)
		if (*name == '!')
			strbuf_addf(&where, "%sname!=%s", where.len > 0 ? "\n" : "", name + 1);
		else
			named = true;
	item->where = where.buf;
	for (const char *at = named ? option->devices : "*"; next_device(&at, &name);) {
		item->subject = name;
		item->pattern = strpbrk(name, "*?[") != NULL;
		if (*name != '!')
			(void)proposal_add(tuning->reading->proposal, item);
	}
}

/* ">4096": only where it is lower now.  What is no whole number is written with the sign. */
static void take_modifier(struct proposed *item)
{
	int64_t number;

	if ((*item->value != '>' && *item->value != '<') || !item->value[1])
		return;
	item->bound = *item->value == '>' ? BOUND_RAISES : BOUND_LOWERS;
	item->value++;
	if (item->fate == PROPOSED_SETS && strchr(item->value, ' ') && parse_i64(item->value, &number) < 0) {
		item->fate = PROPOSED_BROKEN;
		item->why = "TuneD compares single whole numbers only, and writes the sign before others too";
	}
}

/* "4096", "8192 s" (sectors): KiB. */
static void read_readahead(struct proposed *item, struct strbuf *value)
{
	char *end;
	unsigned long long number = strtoull(item->value, &end, 10);

	end += strspn(end, " ");
	if (end == item->value || (*end && !streq(end, "s"))) {
		item->fate = PROPOSED_UNCLEAR;
		item->why = "expected KiB, or sectors followed by s";
		return;
	}
	strbuf_addf(value, "%llu", *end ? number / 2 : number);
	item->value = value->buf;
}

static void set_unclear_because(struct tuning *tuning, struct proposed *item, const char *why)
{
	item->fate = PROPOSED_UNCLEAR;
	item->key = "";
	item->why = why;
	(void)proposal_add(tuning->reading->proposal, item);
}

static void set_unclear(struct tuning *tuning, const struct tuned_option *option, struct proposed *item)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	if (streq(option->type, "script"))
		strbuf_add_string(&why, "a script of the profile is run; review it as a change of its own");
	else
		strbuf_addf(&why, "what the plugin %s sets with %s is not known", option->type, option->key);
	set_unclear_because(tuning, item, why.buf);
}

static void set_sysctl(struct tuning *tuning, const struct tuned_option *option, struct proposed *item)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, key = STRBUF_INIT;

	take_modifier(item);
	strbuf_add_string(&path, option->key);
	sysctl_swap_separators(&path);
	if (!sysctl_key_of_path(path.buf, &key)) {
		item->fate = PROPOSED_BROKEN;
		item->why = "the name leaves /proc/sys or names nothing";
	}
	item->key = key.buf;
	item->pattern = strpbrk(key.buf, "*?[") != NULL;
	(void)proposal_add(tuning->reading->proposal, item);
}

static void set_sysfs(struct tuning *tuning, const struct tuned_option *option, struct proposed *item)
{
	if (read_write(tuning->reading, item, option->key, item->value))
		return;
	item->fate = PROPOSED_UNCLEAR;
	item->key = option->key;
	item->why = "it is no file of /proc/sys or /sys that is known";
	(void)proposal_add(tuning->reading->proposal, item);
}

/* Takes an argument out of what the profile added so far.  false: it is not there. */
static bool take_argument(struct tuning *tuning, const char *key, const char *value)
{
	struct proposal *proposal = tuning->reading->proposal;
	size_t kept = tuning->first;

	for (size_t i = tuning->first; i < proposal->count; i++) {
		const struct proposed *item = &proposal->items[i];

		if (item->fate != PROPOSED_SETS || !streq(item->key, key) || !streq(item->value, value))
			proposal->items[kept++] = *item;
	}
	if (kept == proposal->count)
		return false;
	proposal->count = kept;
	return true;
}

static void add_argument(struct tuning *tuning, struct proposed *item, bool taken)
{
	struct proposed gone = *item;

	if (!taken) {
		(void)proposal_add(tuning->reading->proposal, item);
		return;
	}
	if (item->fate == PROPOSED_SETS && tuning->n_taken++ < TAKEN_MAX && take_argument(tuning, item->key, item->value))
		return;
	gone.fate = PROPOSED_UNCLEAR;
	gone.why = tuning->n_taken > TAKEN_MAX ? "more arguments are taken away than are looked for" :
		   "it takes the argument away from what a profile before it adds, and none that was given adds it";
	(void)proposal_add(tuning->reading->proposal, &gone);
}

/* "isolcpus=1-3 quiet": each argument.  "-quiet" takes one away that was added before; a backslash keeps the sign. */
static void set_command_line(struct tuning *tuning, const struct tuned_option *option, struct proposed *item)
{
	bool taken = *item->value == '-', escaped = *item->value == '\\' && item->value[1] && strchr("\\+-", item->value[1]);
	const char *at = item->value + (taken || escaped || *item->value == '+');
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT, value = STRBUF_INIT;

	item->when = PROPOSED_BOOT;
	if (!starts_with(option->key, "cmdline")) {
		set_unclear(tuning, option, item);
		return;
	}
	at += strspn(at, " \t\n");
	while (*at) {
		size_t n = strcspn(at, " \t\n"), name = strcspn(at, "= \t\n");

		strbuf_reset(&key);
		strbuf_reset(&value);
		strbuf_addf(&key, "cmdline.%.*s", (int)name, at);
		if (name < n)
			strbuf_add(&value, at + name + 1, n - name - 1);
		item->key = key.buf;
		item->value = value.buf;
		add_argument(tuning, item, taken);
		at += n + strspn(at + n, " \t\n");
	}
}

/* "[modules] netconsole=+r port=1": options of a module, perhaps loaded anew. */
static void set_module(struct tuning *tuning, const struct tuned_option *option, struct proposed *item)
{
	const char *at = starts_with(item->value, "+r") ? item->value + 2 : item->value;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT, value = STRBUF_INIT;

	at += *at == ',';
	at += strspn(at, " \t");
	if (*at == '\0') {
		item->fate = PROPOSED_UNCLEAR;
		item->why = "the module is only loaded anew, and takes what modprobe.d says of it then";
		(void)proposal_add(tuning->reading->proposal, item);
	}
	while (*at) {
		size_t n = strcspn(at, " \t"), name = strcspn(at, "= \t");

		strbuf_reset(&key);
		strbuf_reset(&value);
		strbuf_addf(&key, "module.%s.%.*s", option->key, (int)name, at);
		strbuf_add(&value, at + name + (name < n), n - name - (name < n));
		item->key = key.buf;
		item->value = value.buf;
		(void)proposal_add(tuning->reading->proposal, item);
		at += n + strspn(at + n, " \t");
	}
}

/* "performance|schedutil": the first that the driver offers. */
static void take_first(struct proposed *item, struct strbuf *value)
{
	const char *bar = strchr(item->value, '|');

	if (!bar)
		return;
	strbuf_add(value, item->value, (size_t)(bar - item->value));
	item->value = value->buf;
	item->condition = "the first of the alternatives that is offered";
}

/* Options that set one thing of every device, or of the host. */
static const struct option_map {
	const char *type, *option;
	enum subject_kind kind;
	const char *key;		/* "/": a path of /sys */
} option_maps[] = {
	{ "vm", "transparent_hugepages", SUBJECT_KIND_HOST, "thp.enabled" },
	{ "vm", "transparent_hugepage", SUBJECT_KIND_HOST, "thp.enabled" },
	{ "vm", "transparent_hugepage.defrag", SUBJECT_KIND_HOST, "thp.defrag" },
	{ "vm", "dirty_ratio", SUBJECT_KIND_HOST, "vm.dirty_ratio" },
	{ "vm", "dirty_bytes", SUBJECT_KIND_HOST, "vm.dirty_bytes" },
	{ "vm", "dirty_background_ratio", SUBJECT_KIND_HOST, "vm.dirty_background_ratio" },
	{ "vm", "dirty_background_bytes", SUBJECT_KIND_HOST, "vm.dirty_background_bytes" },
	{ "cpu", "governor", SUBJECT_KIND_CPU, "scaling_governor" },
	{ "cpu", "energy_performance_preference", SUBJECT_KIND_CPU, "energy_performance_preference" },
	{ "cpu", "min_perf_pct", SUBJECT_KIND_HOST, "/sys/devices/system/cpu/intel_pstate/min_perf_pct" },
	{ "cpu", "max_perf_pct", SUBJECT_KIND_HOST, "/sys/devices/system/cpu/intel_pstate/max_perf_pct" },
	{ "cpu", "no_turbo", SUBJECT_KIND_HOST, "/sys/devices/system/cpu/intel_pstate/no_turbo" },
	{ "cpu", "boost", SUBJECT_KIND_HOST, "/sys/devices/system/cpu/cpufreq/boost" },
	{ "disk", "elevator", SUBJECT_KIND_BLOCK, "scheduler" },
	{ "disk", "readahead", SUBJECT_KIND_BLOCK, "read_ahead_kb" },
	{ "net", "mtu", SUBJECT_KIND_INTERFACE, "mtu" },
	{ "net", "txqueuelen", SUBJECT_KIND_INTERFACE, "tx_queue_len" },
	{ "net", "nf_conntrack_hashsize", SUBJECT_KIND_HOST, "/sys/module/nf_conntrack/parameters/hashsize" },
	{ "selinux", "avc_cache_threshold", SUBJECT_KIND_HOST, "/sys/fs/selinux/avc/cache_threshold" },
};

/* Options that only steer TuneD, or set nothing where it does not run. */
static const char *const quiet_options[][2] = {
	{ "cpu", "load_threshold" }, { "cpu", "latency_low" }, { "cpu", "latency_high" }, { "cpu", "sampling_down_factor" },
	{ "scheduler", "ps_whitelist" }, { "scheduler", "ps_blacklist" }, { "scheduler", "cgroup_ps_blacklist" },
	{ "scheduler", "runtime" }, { "scheduler", "isolated_cores" }, { "disk", "dynamic" }, { "net", "dynamic" },
};

static bool is_of_ethtool(const char *option)
{
	return streq(option, "ring") || streq(option, "channels") || streq(option, "coalesce") || streq(option, "features");
}

static bool is_quiet(const struct tuned_option *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(quiet_options); i++)
		if (streq(quiet_options[i][0], option->type) && streq(quiet_options[i][1], option->key))
			return true;
	return false;
}

static const struct option_map *map_find(const struct tuned_option *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_maps); i++)
		if (streq(option_maps[i].type, option->type) && streq(option_maps[i].option, option->key))
			return &option_maps[i];
	return NULL;
}

/* "dirty_bytes=40%" is a share of the memory: the setting that the kernel has for it. */
static const char *share_of(const struct option_map *map, struct proposed *item, struct strbuf *value)
{
	static const char *const shares[][2] = {
		{ "vm.dirty_bytes", "vm.dirty_ratio" }, { "vm.dirty_background_bytes", "vm.dirty_background_ratio" },
	};

	if (!ends_with(item->value, "%"))
		return map->key;
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++)
		if (streq(shares[i][0], map->key)) {
			strbuf_add(value, item->value, strlen(item->value) - 1);
			strbuf_trim(value);
			item->value = value->buf;
			return shares[i][1];
		}
	return map->key;
}

static void set_mapped(struct tuning *tuning, const struct tuned_option *option, const struct option_map *map, struct proposed *item)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	const char *key = map->key;

	/* Those take the sign as a part of the value. */
	if (!starts_with(map->option, "dirty_"))
		take_modifier(item);
	if (streq(map->option, "readahead"))
		read_readahead(item, &value);
	else if (streq(map->type, "vm"))
		key = share_of(map, item, &value);
	else
		take_first(item, &value);
	if (*map->key == '/') {
		(void)read_write(tuning->reading, item, map->key, item->value);
		return;
	}
	item->kind = map->kind;
	item->key = key;
	if (map->kind == SUBJECT_KIND_HOST)
		(void)proposal_add(tuning->reading->proposal, item);
	else
		add_devices(tuning, option, item);
}

/* "sched_latency_ns": until Linux 5.13 a sysctl, since then a file of debugfs; TuneD writes whichever is there. */
static void set_scheduler(struct tuning *tuning, const struct tuned_option *option, struct proposed *item)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT, otherwise = STRBUF_INIT;
	const char *name = option->key + strlen("sched_");

	take_modifier(item);
	strbuf_addf(&key, "kernel.%s", streq(name, "base_slice_ns") ? "sched_min_granularity_ns" : option->key);
	strbuf_addf(&otherwise, "debug.sched.%s", name);
	if (streq(name, "min_granularity_ns"))
		strbuf_add_string(&otherwise, " debug.sched.base_slice_ns");
	item->key = key.buf;
	item->otherwise = otherwise.buf;
	(void)proposal_add(tuning->reading->proposal, item);
}

/* "ring=rx 4096 tx 4096", of all interfaces or some. */
static void set_ethtool(struct tuning *tuning, const struct tuned_option *option, struct proposed *item)
{
	static const char separators[] = ",;: \t\n";
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT, name = STRBUF_INIT;
	const char *at = item->value + strspn(item->value, separators);

	if (item->fate != PROPOSED_SETS) {
		set_unclear_because(tuning, item, item->why);
		return;
	}
	while (*at) {
		size_t n = strcspn(at, separators);

		strbuf_reset(&name);
		strbuf_reset(&value);
		strbuf_add(&name, at, n);
		at += n + strspn(at + n, separators);
		n = strcspn(at, separators);
		strbuf_add(&value, at, n);
		at += n + strspn(at + n, separators);
		item->kind = SUBJECT_KIND_INTERFACE;
		item->key = ethtool_key(option->key, name.buf);
		item->value = value.buf;
		item->fate = item->key && value.len > 0 ? PROPOSED_SETS : PROPOSED_UNCLEAR;
		item->why = item->fate == PROPOSED_SETS ? "" : "it sets what is not judged here";
		add_devices(tuning, option, item);
	}
}

static void set_option(struct tuning *tuning, const struct tuned_option *option, struct proposed *item)
{
	static const struct {
		const char *type;
		void (*set)(struct tuning *tuning, const struct tuned_option *option, struct proposed *item);
	} plugins[] = {
		{ "sysctl", set_sysctl }, { "sysfs", set_sysfs }, { "bootloader", set_command_line }, { "modules", set_module },
	};
	const struct option_map *map = map_find(option);

	for (size_t i = 0; i < ARRAY_SIZE(plugins); i++)
		if (streq(plugins[i].type, option->type)) {
			plugins[i].set(tuning, option, item);
			return;
		}
	if (map)
		set_mapped(tuning, option, map, item);
	else if (streq(option->type, "scheduler") && starts_with(option->key, "sched_"))
		set_scheduler(tuning, option, item);
	else if (streq(option->type, "net") && is_of_ethtool(option->key))
		set_ethtool(tuning, option, item);
	else if (!is_quiet(option))
		set_unclear(tuning, option, item);
}

/* "/etc/tuned/parent/tuned.conf" of the root is BESIDE/parent/tuned.conf. */
static char *path_of(const struct tuning *tuning, const char *path, const char *own)
{
	if (streq(path, own))
		return xstrdup(tuning->text->path);
	return xasprintf("%s/%s", tuning->beside ? tuning->beside : "", path + strlen("/etc/tuned/"));
}

static void propose_option(struct tuning *tuning, const struct tuned_option *option, const char *own)
{
	CLEANUP(free_ptr) char *path = path_of(tuning, option->path, own), *via = xasprintf("[%s]", option->type);
	struct proposed item;

	if (option->shadowed_by)
		return;
	common(tuning, option, path, via, own, &item);
	item.file = option->path;
	if (option->unresolved && *item.value == '\0')
		item.text = option->text;
	set_option(tuning, option, &item);
}

/* Of the profile itself, from 0; of one that it includes there is none. */
static size_t failure_line(const struct tuned *tuned, const char *own)
{
	return tuned->failure_line > 0 && streq(tuned->failure_path, own) ? tuned->failure_line - 1 : 0;
}

static void read_root(struct tuning *tuning)
{
	CLEANUP(free_ptr) char *own = xasprintf("/etc/tuned/%s/tuned.conf", tuning->name);
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct tuned tuned = { 0 };
	int r = root_open(tuning->scratch->path, &root);

	if (r < 0) {
		read_unclear(tuning->reading, tuning->text, 0, "it could not be read: %s", strerror(-r));
		return;
	}
	tuned_read_all(root, &tuned);
	if (tuned.failure)
		read_unclear(tuning->reading, tuning->text, failure_line(&tuned, own), "%s%s", tuned.failure,
			     tuned.unknown ? "" : "; profiles that it includes are read where they stand beside it");
	for (size_t i = 0; i < tuned.count; i++)
		propose_option(tuning, &tuned.options[i], own);
	tuned_release(&tuned);
}

/* "profiles/web/tuned.conf" is the profile web, beside those of "profiles". */
static void find_place(struct tuning *tuning)
{
	const char *path = tuning->text->path, *file = strrchr(path, '/'), *directory;

	if (!file) {
		tuning->name = xstrdup("proposed");
		return;
	}
	directory = memrchr(path, '/', (size_t)(file - path));
	tuning->name = directory ? xstrndup(directory + 1, (size_t)(file - directory - 1)) : xstrndup(path, (size_t)(file - path));
	tuning->beside = directory == path ? xstrdup("/") : directory ? xstrndup(path, (size_t)(directory - path)) : xstrdup(".");
	if (is_name(tuning->name))
		return;
	free(tuning->name);
	tuning->name = xstrdup("proposed");
}

static void read_tuned(const struct reader *reader, struct reading *reading, const struct proposed_text *text)
{
	struct tuning tuning = { .reading = reading, .text = text, .first = reading->proposal->count };
	int r;

	(void)reader;
	find_place(&tuning);
	r = make_root(&tuning);
	if (r < 0)
		read_unclear(reading, text, 0, "it could not be read: %s", strerror(-r));
	else
		read_root(&tuning);
	for (size_t i = 0; i < tuning.n_profiles; i++)
		free(tuning.profiles[i]);
	free(tuning.name);
	free(tuning.beside);
	scratch_free(tuning.scratch);
}

static const char *const plugin_sections[] = {
	"[sysctl]", "[vm]", "[cpu]", "[disk]", "[net]", "[sysfs]", "[bootloader]", "[scheduler]", "[script]", "[modules]",
};

static unsigned int recognise_tuned(const struct reader *reader, const char *path, const char *text, size_t length)
{
	CLEANUP(config_release) struct config config = { 0 };

	(void)reader;
	if (streq(path, "tuned.conf") || ends_with(path, "/tuned.conf"))
		return MINE_BY_NAME;
	if (length > 0 && !memchr(text, '[', length))
		return NOT_MINE;
	config_parse(text, length, NULL, &config);
	for (size_t i = 0; i < config.count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(plugin_sections); j++) {
			const char *section = config.entries[i].section;

			if (strncmp(section, plugin_sections[j] + 1, strlen(section)) == 0 &&
			    plugin_sections[j][strlen(section) + 1] == ']')
				return MINE_BY_CONTENT;
		}
	return NOT_MINE;
}

const struct reader reader_tuned = {
	.name = "tuned",
	.summary = "profiles of TuneD, with those that they include where they stand beside them",
	.recognise = recognise_tuned,
	.read = read_tuned,
};
