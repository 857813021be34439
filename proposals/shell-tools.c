/* SPDX-License-Identifier: Apache-2.0 */
/* Programs whose arguments are settings. */
#include "shell-tools.h"

#include <ctype.h>
#include <fnmatch.h>

#include "../core/parse.h"
#include "../core/quote.h"

void shell_tell_words(const struct shell_call *call, size_t first, struct strbuf *out)
{
	for (size_t i = first; i < call->arguments->count && out->len < 200; i++) {
		strbuf_add_string(out, i > first ? " " : "");
		strbuf_add_string(out, shell_argument(call, i));
	}
}

static void unclear_command(struct shell_run *run, const struct shell_call *call, const char *why)
{
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;

	shell_tell_words(call, 0, &words);
	shell_unclear(run, call->node, shell_argument(call, 0), "%s: %s", words.buf, why);
}

static const struct shell_value *argument_at(const struct shell_call *call, size_t index)
{
	return index < call->arguments->count ? &call->arguments->items[index] : NULL;
}

/* The piece of a value from start on. */
static void tail_of(const struct shell_value *value, size_t start, struct shell_value *out)
{
	strbuf_add(&out->text, value->text.buf + start, value->text.len - start);
	strbuf_add(&out->marks, value->marks.buf + start, value->marks.len - start);
}

/* ---- pairs of a name and a value: "rx 4096 tx 4096" ---- */

struct pair_name {
	const char *name, *key;
};

static const char *pair_key(const struct pair_name *names, const char *name)
{
	for (; names->name; names++)
		if (streq(names->name, name))
			return names->key;
	return NULL;
}

static const struct pair_name link_names[] = {
	{ "mtu", "mtu" }, { "txqueuelen", "tx_queue_len" }, { "txqlen", "tx_queue_len" }, { "qlen", "tx_queue_len" },
	{ NULL, NULL },
};

/* unknown: whether a name that is not in the table is said. */
static void add_pairs(struct shell_run *run, const struct shell_call *call, size_t first, const struct pair_name *names,
		      const struct shell_value *interface, bool unknown)
{
	for (size_t i = first; i + 1 < call->arguments->count; i++) {
		const char *key = pair_key(names, shell_argument(call, i));

		if (key)
			shell_add_setting(run, call->node, shell_argument(call, 0), SUBJECT_KIND_INTERFACE, interface, key,
					  argument_at(call, i + 1));
		else if (unknown)
			shell_unclear(run, call->node, shell_argument(call, 0), "%s is no setting that is known here",
				      shell_argument(call, i));
		i += key || unknown;
	}
}

static const struct pair_name ring_names[] = {
	{ "rx", "ring.rx" }, { "tx", "ring.tx" }, { "rx-mini", "ring.rx_mini" }, { "rx-jumbo", "ring.rx_jumbo" }, { NULL, NULL },
};
static const struct pair_name channel_names[] = {
	{ "rx", "channels.rx" }, { "tx", "channels.tx" }, { "combined", "channels.combined" }, { "other", "channels.other" },
	{ NULL, NULL },
};
static const struct pair_name coalesce_names[] = {
	{ "adaptive-rx", "coalesce.adaptive_rx" }, { "adaptive-tx", "coalesce.adaptive_tx" },
	{ "rx-usecs", "coalesce.rx_usecs" },	   { "tx-usecs", "coalesce.tx_usecs" },
	{ "rx-frames", "coalesce.rx_frames" },	   { "tx-frames", "coalesce.tx_frames" },
	{ NULL, NULL },
};
static const struct pair_name offload_names[] = {
	{ "gro", "offload.gro" },     { "generic-receive-offload", "offload.gro" },
	{ "gso", "offload.gso" },     { "generic-segmentation-offload", "offload.gso" },
	{ "tso", "offload.tso" },     { "tcp-segmentation-offload", "offload.tso" },
	{ "lro", "offload.lro" },     { "large-receive-offload", "offload.lro" },
	{ "rx", "offload.rx" },	      { "rx-checksumming", "offload.rx" },
	{ "tx", "offload.tx" },	      { "tx-checksumming", "offload.tx" },
	{ "sg", "offload.sg" },	      { "scatter-gather", "offload.sg" },
	{ "ntuple", "offload.ntuple" }, { "ntuple-filters", "offload.ntuple" },
	{ "rxhash", "offload.rxhash" }, { "receive-hashing", "offload.rxhash" },
	{ NULL, NULL },
};

const char *ethtool_key(const char *what, const char *name)
{
	static const struct {
		const char *what;
		const struct pair_name *names;
	} groups[] = { { "ring", ring_names }, { "channels", channel_names }, { "coalesce", coalesce_names }, { "features", offload_names } };

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (streq(groups[i].what, what))
			return pair_key(groups[i].names, name);
	return NULL;
}

/* ethtool -G eth0 rx 4096 tx 4096 */
void shell_run_ethtool(struct shell_run *run, const struct shell_call *call)
{
	static const struct {
		const char *name;
		const struct pair_name *names;	/* NULL: it sets something that is not known here */
	} options[] = {
		{ "-G", ring_names },	     { "--set-ring", ring_names },   { "-L", channel_names }, { "--set-channels", channel_names },
		{ "-C", coalesce_names },    { "--coalesce", coalesce_names }, { "-K", offload_names }, { "--offload", offload_names },
		{ "--features", offload_names }, { "-A", NULL },	     { "-s", NULL },	      { "-U", NULL },
		{ "-N", NULL },		     { "-X", NULL },		     { "--set-priv-flags", NULL }, { "--set-eee", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!streq(options[i].name, shell_argument(call, 1)) || call->arguments->count < 4)
			continue;
		if (options[i].names)
			add_pairs(run, call, 3, options[i].names, argument_at(call, 2), true);
		else
			unclear_command(run, call, "it sets what is not judged here");
		return;
	}
	shell_print_unknown(run, "ethtool");
}

static bool has_word(const struct shell_call *call, const char *word)
{
	for (size_t i = 1; i < call->arguments->count; i++)
		if (streq(shell_argument(call, i), word))
			return true;
	return false;
}

/* ip link set dev eth0 mtu 9000 txqueuelen 10000 */
void shell_run_ip(struct shell_run *run, const struct shell_call *call)
{
	size_t i = 1;

	while (*shell_argument(call, i) == '-')
		i++;
	if (starts_with("link", shell_argument(call, i)) && *shell_argument(call, i) && streq(shell_argument(call, i + 1), "set")) {
		i += 2 + streq(shell_argument(call, i + 2), "dev");
		add_pairs(run, call, i + 1, link_names, argument_at(call, i), false);
	} else if (has_word(call, "initcwnd") || has_word(call, "initrwnd") || has_word(call, "quickack")) {
		unclear_command(run, call, "settings of routes are not judged here");
	} else {
		shell_print_unknown(run, "ip");
	}
}

void shell_run_ifconfig(struct shell_run *run, const struct shell_call *call)
{
	if (call->arguments->count > 3)
		add_pairs(run, call, 2, link_names, argument_at(call, 1), false);
	shell_print_unknown(run, "ifconfig");
}

/* tc qdisc replace dev eth0 root fq maxrate 1gbit */
void shell_run_tc(struct shell_run *run, const struct shell_call *call)
{
	const struct shell_value *interface = NULL;
	const char *verb = shell_argument(call, 2);
	bool root = false;

	shell_print_unknown(run, "tc");
	if (!streq(verb, "add") && !streq(verb, "replace") && !streq(verb, "change") && !streq(verb, "del"))
		return;
	if (!streq(shell_argument(call, 1), "qdisc") || streq(verb, "del")) {
		unclear_command(run, call, "classes, filters and qdiscs that are taken away are not judged here");
		return;
	}
	for (size_t i = 3; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i);

		if (streq(word, "dev"))
			interface = argument_at(call, ++i);
		else if (streq(word, "handle") || streq(word, "parent"))
			i++;
		else if (streq(word, "root"))
			root = true;
		else if (root && interface) {
			shell_add_setting(run, call->node, "tc", SUBJECT_KIND_INTERFACE, interface, "qdisc", argument_at(call, i));
			return;
		}
	}
	unclear_command(run, call, "only the qdisc at the root of an interface is judged here");
}

/* ---- disks and processors ---- */

/* blockdev --setra 4096 /dev/sda: in sectors of 512 bytes */
void shell_run_blockdev(struct shell_run *run, const struct shell_call *call)
{
	CLEANUP(shell_value_release) struct shell_value kb = SHELL_VALUE_INIT;
	CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;
	const struct shell_value *sectors = argument_at(call, 2);
	uint64_t count;

	if (!streq(shell_argument(call, 1), "--setra") || !sectors) {
		shell_print_unknown(run, "blockdev");
		return;
	}
	if (shell_value_known(sectors) && parse_u64(sectors->text.buf, &count) == 0) {
		strbuf_addf(&number, "%llu", (unsigned long long)count / 2);
		shell_value_add_string(&kb, number.buf);
	} else {
		shell_value_add_value(&kb, sectors);
	}
	for (size_t i = 3; i < call->arguments->count; i++) {
		CLEANUP(shell_value_release) struct shell_value device = SHELL_VALUE_INIT;

		tail_of(argument_at(call, i), starts_with(shell_argument(call, i), "/dev/") ? 5 : 0, &device);
		shell_add_setting(run, call->node, "blockdev", SUBJECT_KIND_BLOCK, &device, "read_ahead_kb", &kb);
	}
}

/* cpupower frequency-set -g performance */
void shell_run_cpupower(struct shell_run *run, const struct shell_call *call)
{
	static const struct pair_name names[] = {
		{ "-g", "scaling_governor" }, { "--governor", "scaling_governor" }, { "-d", "scaling_min_freq" },
		{ "--min", "scaling_min_freq" }, { "-u", "scaling_max_freq" },	    { "--max", "scaling_max_freq" },
		{ NULL, NULL },
	};
	CLEANUP(shell_value_release) struct shell_value all = SHELL_VALUE_INIT;
	bool set = has_word(call, "frequency-set") || streq(shell_argument(call, 0), "cpufreq-set");

	shell_value_add(&all, "*", 1, MARK_EACH);
	for (size_t i = 1; set && i + 1 < call->arguments->count; i++) {
		const char *key = pair_key(names, shell_argument(call, i));
		const char *value = shell_argument(call, i + 1);

		if (key && !streq(key, "scaling_governor") && value[strspn(value, "0123456789")])
			unclear_command(run, call, "the frequency is not written in kHz");
		else if (key)
			shell_add_setting(run, call->node, shell_argument(call, 0), SUBJECT_KIND_CPU, &all, key, argument_at(call, i + 1));
	}
	if (has_word(call, "set") || has_word(call, "idle-set"))
		unclear_command(run, call, "it sets what is not judged here");
	shell_print_unknown(run, "cpupower");
}

/* ---- modules ---- */

/* Keys that are there only while a module is loaded. */
static const struct module_keys {
	const char *module, *keys;
} module_keys[] = {
	{ "nf_conntrack", "net.netfilter.nf_conntrack_*" },
	{ "nf_conntrack", "net.nf_conntrack_max" },
	{ "nf_conntrack_ipv4", "net.netfilter.nf_conntrack_*" },
	{ "ip_conntrack", "net.netfilter.nf_conntrack_*" },
	{ "br_netfilter", "net.bridge.*" },
	{ "sunrpc", "sunrpc.*" },
};

/* Settings before that could not be made yet. */
static void came_too_early(struct shell_run *run, const struct shell_call *call, const char *module)
{
	struct proposal *proposal = run->reading->proposal;

	for (size_t n = 0; n < ARRAY_SIZE(module_keys); n++) {
		if (!streq(module_keys[n].module, module))
			continue;
		for (size_t i = 0; i < proposal->count; i++) {
			struct proposed *item = &proposal->items[i];
			CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

			if (item->fate != PROPOSED_SETS || !(item->when & PROPOSED_NOW) || *item->file ||
			    !streq(item->path, run->given->path) || fnmatch(module_keys[n].keys, item->key, 0) != 0)
				continue;
			item->fate = PROPOSED_BROKEN;
			item->late = true;
			strbuf_addf(&text, "the key is there only after %s is loaded, which comes later, at line %u", module,
				    shell_line(run, call->node->line));
			item->why = arena_strdup(&proposal->arena, text.buf);
			strbuf_reset(&text);
			strbuf_addf(&text, "modprobe %s before it", module);
			item->instead = arena_strdup(&proposal->arena, text.buf);
		}
	}
}

/* modprobe zram num_devices=4 */
void shell_run_modprobe(struct shell_run *run, const struct shell_call *call)
{
	const char *module = NULL;

	for (size_t i = 1; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i), *equals = strchr(word, '=');
		CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
		CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

		if (streq(word, "-r") || streq(word, "--remove"))
			return;
		if (*word == '-')
			continue;
		if (!module) {
			module = word;
			came_too_early(run, call, module);
			continue;
		}
		if (!equals)
			continue;
		tail_of(argument_at(call, i), (size_t)(equals + 1 - word), &value);
		strbuf_addf(&key, "module.%s.%.*s", module, (int)(equals - word), word);
		shell_add_setting(run, call->node, "modprobe", SUBJECT_KIND_HOST, NULL, key.buf, &value);
	}
}

/* ---- systemd ---- */

static void start_unit(struct shell_run *run, const char *unit)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	const char *patterns[1];

	if (starts_with(unit, "systemd-sysctl") || starts_with(unit, "procps")) {
		(void)shell_apply(run, sysctl_files + 1, SYSCTL_FILES - 1);
		return;
	}
	strbuf_addf(&path, "/etc/systemd/system/%s%s", unit, strchr(unit, '.') ? "" : ".service");
	patterns[0] = path.buf;
	(void)shell_apply(run, patterns, 1);
}

/* systemctl set-property nginx.service MemoryMax=1G */
static void set_property(struct shell_run *run, const struct shell_call *call, size_t first)
{
	const struct shell_value *unit = argument_at(call, first);
	unsigned int when = has_word(call, "--runtime") ? PROPOSED_NOW : PROPOSED_NOW | PROPOSED_BOOT;

	for (size_t i = first + 1; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i), *equals = strchr(word, '=');
		CLEANUP(free_ptr) char *key = equals ? xstrndup(word, (size_t)(equals - word)) : NULL;
		CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
		size_t before = run->reading->proposal->count;

		if (!key)
			continue;
		tail_of(argument_at(call, i), (size_t)(equals + 1 - word), &value);
		shell_add_setting(run, call->node, "systemctl set-property", SUBJECT_KIND_UNIT, unit, key, &value);
		if (run->reading->proposal->count > before && !run->given->when)
			run->reading->proposal->items[before].when = when;
	}
}

void shell_run_systemctl(struct shell_run *run, const struct shell_call *call)
{
	size_t i = 1;

	shell_print_unknown(run, "systemctl");
	while (*shell_argument(call, i) == '-')
		i++;
	if (streq(shell_argument(call, i), "set-property")) {
		for (i++; *shell_argument(call, i) == '-';)
			i++;
		set_property(run, call, i);
		return;
	}
	if (!streq(shell_argument(call, i), "restart") && !streq(shell_argument(call, i), "start") &&
	    !streq(shell_argument(call, i), "reload-or-restart") && !has_word(call, "--now"))
		return;
	for (i++; i < call->arguments->count; i++)
		if (*shell_argument(call, i) != '-')
			start_unit(run, shell_argument(call, i));
}

/* service procps restart */
void shell_run_service(struct shell_run *run, const struct shell_call *call)
{
	shell_print_unknown(run, "service");
	if (call->arguments->count > 2)
		start_unit(run, shell_argument(call, 1));
}

/* ---- mounts, swap, limits ---- */

static void add_options(struct shell_run *run, const struct shell_call *call, const struct shell_value *options,
			const struct shell_value *point)
{
	CLEANUP(shell_values_release) struct shell_values values = { 0 };
	CLEANUP(shell_value_release) struct shell_value copy = SHELL_VALUE_INIT;

	shell_value_add_value(&copy, options);
	for (size_t i = 0; i < copy.marks.len; i++)
		if (copy.marks.buf[i] != MARK_UNKNOWN && copy.marks.buf[i] != MARK_UNSET)
			copy.marks.buf[i] = MARK_EXPANDED;
	shell_split(&copy, ",", &values);
	for (size_t i = 0; i < values.count; i++) {
		const char *text = values.items[i].text.buf, *equals = strchr(text, '=');
		CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
		CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

		if (streq(text, "remount") || streq(text, "defaults") || streq(text, "rw") || streq(text, "bind"))
			continue;
		strbuf_addf(&key, "options.%.*s", (int)strcspn(text, "="), text);
		if (equals)
			tail_of(&values.items[i], (size_t)(equals + 1 - text), &value);
		else
			shell_value_add_string(&value, "true");
		shell_add_setting(run, call->node, "mount", SUBJECT_KIND_MOUNT, point, key.buf, &value);
	}
}

/* mount -o remount,noatime /srv; mount -a */
void shell_run_mount(struct shell_run *run, const struct shell_call *call)
{
	static const char *const fstab[] = { "/etc/fstab" };
	const struct shell_value *options = NULL, *point = NULL;

	shell_print_unknown(run, "mount");
	if (has_word(call, "-a") || has_word(call, "--all"))
		(void)shell_apply(run, fstab, 1);
	for (size_t i = 1; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i);

		if (streq(word, "-o") || streq(word, "--options"))
			options = argument_at(call, ++i);
		else if (streq(word, "-t") || streq(word, "-L") || streq(word, "-U"))
			i++;
		else if (*word != '-')
			point = argument_at(call, i);
	}
	if (options && point)
		add_options(run, call, options, point);
}

void shell_run_swap(struct shell_run *run, const struct shell_call *call)
{
	unclear_command(run, call, streq(shell_argument(call, 0), "swapoff") ?
		"it empties areas of swap until the next boot or swapon; whether they are needed is not judged here" :
		"which areas of swap there are is not judged here");
}

void shell_run_ulimit(struct shell_run *run, const struct shell_call *call)
{
	static const struct pair_name names[] = {
		{ "n", "limit.nofile" }, { "u", "limit.nproc" }, { "l", "limit.memlock" }, { "s", "limit.stack" },
		{ "c", "limit.core" },	 { "v", "limit.as" },	 { NULL, NULL },
	};
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct proposed item = shell_item(run, call->node, "ulimit", &text);
	const char *key = NULL;

	for (size_t i = 1; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i);

		if (*word == '-') {
			key = pair_key(names, word + 1 + strspn(word + 1, "SH"));
			continue;
		}
		item.kind = SUBJECT_KIND_PROCESS;
		item.key = key ? key : "";
		item.value = word;
		item.fate = PROPOSED_UNCLEAR;
		item.why = "it holds for this shell and the programs that it starts, and for nothing else";
		item.instead = "LimitNOFILE= and the like in the unit of the service, or a line in /etc/security/limits.d";
		shell_add(run, call->node, &item);
	}
}

/* ---- arguments of the kernel ---- */

/* grubby --update-kernel=ALL --args="a=1 b", rpm-ostree kargs --append=a=1 */
void shell_run_grubby(struct shell_run *run, const struct shell_call *call)
{
	static const char *const options[] = { "--args=", "--append=", "--append-if-missing=" };
	struct proposal *proposal = run->reading->proposal;

	shell_print_unknown(run, "grubby");
	for (size_t i = 1; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i);
		size_t first = proposal->count;

		if (starts_with(word, "--remove-args") || starts_with(word, "--delete"))
			unclear_command(run, call, "arguments that are taken away are not judged here");
		for (size_t n = 0; n < ARRAY_SIZE(options); n++) {
			CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
			CLEANUP(shell_stream_release) struct shell_stream stream = SHELL_STREAM_INIT;
			bool apart = streq(word, "--args") && n == 0;

			if (!starts_with(word, options[n]) && !apart)
				continue;
			tail_of(argument_at(call, apart && i + 1 < call->arguments->count ? i + 1 : i), apart ? 0 : strlen(options[n]),
				&value);
			shell_stream_add(&stream, &value, shell_line(run, call->node->line), 0);
			shell_write_file(run, call->node, "/etc/kernel/cmdline", &stream, TEXT_LINE, shell_argument(call, 0));
		}
		/* Which file holds them is the boot loader's affair. */
		for (; first < proposal->count; first++)
			proposal->items[first].file = "";
	}
}

void shell_run_update_grub(struct shell_run *run, const struct shell_call *call)
{
	(void)call;
	run->grub = true;
}

/* ---- files that take effect ---- */

void shell_run_udevadm(struct shell_run *run, const struct shell_call *call)
{
	static const char *const patterns[] = { "/etc/udev/rules.d/*", "/run/udev/rules.d/*", "/usr/lib/udev/rules.d/*" };

	if (has_word(call, "trigger"))
		(void)shell_apply(run, patterns, ARRAY_SIZE(patterns));
}

void shell_run_tmpfiles(struct shell_run *run, const struct shell_call *call)
{
	static const char *const patterns[] = { "/etc/tmpfiles.d/*", "/run/tmpfiles.d/*", "/usr/lib/tmpfiles.d/*" };

	if (has_word(call, "--create"))
		(void)shell_apply(run, patterns, ARRAY_SIZE(patterns));
}

/* crontab - */
void shell_run_crontab(struct shell_run *run, const struct shell_call *call)
{
	struct shell_stream known = SHELL_STREAM_INIT;

	shell_print_unknown(run, "crontab");
	if (!streq(shell_argument(call, 1), "-") || !run->in)
		return;
	/* "(crontab -l; echo …) | crontab -": what was there before stays. */
	shell_stream_add_stream(&known, run->in);
	known.unknown = false;
	shell_write_file(run, call->node, "/var/spool/cron/crontabs/root", &known, TEXT_APPENDS, "crontab");
	shell_stream_release(&known);
}

/* cp, install, mv, ln: FILE… TARGET */
void shell_run_copy(struct shell_run *run, const struct shell_call *call)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	size_t last = call->arguments->count - 1;
	const char *target = shell_argument(call, last), *from = last > 1 ? shell_argument(call, last - 1) : "";
	const char *slash = strrchr(from, '/');

	if (last < 2 || *from == '-')
		return;
	strbuf_add_string(&path, target);
	if (ends_with(target, "/") || ends_with(target, ".d")) {
		strbuf_add_string(&path, ends_with(target, "/") ? "" : "/");
		strbuf_add_string(&path, slash ? slash + 1 : from);
	}
	/* A copy under a name that nobody reads is a backup. */
	if (is_sysctl_file(path.buf) && strstr(path.buf, "/sysctl.d/") && !ends_with(path.buf, ".conf"))
		return;
	if (host_file_known(path.buf) || starts_with(path.buf, "/proc/sys/") || starts_with(path.buf, "/sys/"))
		shell_unclear(run, call->node, shell_argument(call, 0), "%s becomes %s; what stands in it is not part of what is proposed",
			      from, path.buf);
}

/* ---- what is known, and not understood ---- */

static const char found_unknown[] = "which files there are is known only when it runs";

/* find -exec chmod: it sets nothing, whichever files there are. */
static bool is_harmless(const struct shell_call *call)
{
	for (size_t i = 1; i + 1 < call->arguments->count; i++) {
		const struct shell_command *command;

		if (!starts_with(shell_argument(call, i), "-exec"))
			continue;
		command = shell_command_find(shell_argument(call, i + 1));
		if (!command || command->run)
			return false;
	}
	return true;
}

void shell_run_unclear(struct shell_run *run, const struct shell_call *call)
{
	static const struct {
		const char *name, *word;	/* word: only with it; NULL: always */
		const char *why;
	} reasons[] = {
		{ "tuned-adm", "profile", "what the profile sets stands in files of TuneD" },
		{ "x86_energy_perf_policy", NULL, "it writes registers of the processor" },
		{ "setpci", NULL, "it writes registers of a device" },
		{ "hdparm", NULL, "settings inside of a disk are not judged here" },
		{ "nvme", "set-feature", "settings inside of a disk are not judged here" },
		{ "nvme", "format", "settings inside of a disk are not judged here" },
		{ "kernelstub", NULL, "arguments of the kernel that it adds are not read here" },
		{ "find", "-exec", found_unknown },
		{ "find", "-execdir", found_unknown },
		{ "xargs", "sysctl", "its words are known only when it runs" },
		{ "xargs", "tee", "its words are known only when it runs" },
		{ "xargs", "sh", "its words are known only when it runs" },
		{ "xargs", "bash", "its words are known only when it runs" },
	};
	const char *name = shell_argument(call, 0), *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	shell_print_unknown(run, "a command");
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (streq(reasons[i].name, name) && (!reasons[i].word || has_word(call, reasons[i].word))) {
			if (reasons[i].why != found_unknown || !is_harmless(call))
				unclear_command(run, call, reasons[i].why);
			return;
		}
}
