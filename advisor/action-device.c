/* SPDX-License-Identifier: Apache-2.0 */
/* Settings with a command of their own: mount options and network interfaces; and those that live elsewhere. */
#include "action.h"

#include "rule.h"

/* mount(8) */

/* Switches whose opposite is not the word with "no" in front. */
struct opposite {
	const char *on, *off;
};

/* clang-format off */
static const struct opposite opposites[] = {
	{ .on = "async",       .off = "sync", },
	{ .on = "atime",       .off = "noatime", },
	{ .on = "diratime",    .off = "nodiratime", },
	{ .on = "noatime",     .off = "relatime", },	/* what the kernel does unless told */
	{ .on = "nodiratime",  .off = "diratime", },
	{ .on = "relatime",    .off = "strictatime", },
	{ .on = "ro",          .off = "rw", },
	{ .on = "rw",          .off = "ro", },
	{ .on = "strictatime", .off = "relatime", },
	{ .on = "sync",        .off = "async", },
};
/* clang-format on */

static bool is_off(const char *value)
{
	return streq(value, "0") || streq(value, "off") || streq(value, "no") ||
	       streq(value, "false");
}

/* The word for mount -o: "options.noatime" = 1 → noatime; "options.commit" = 30 → commit=30; "atime" = relatime. */
static void mount_option(const struct target *target, const char *value, struct strbuf *out)
{
	static const char prefix[] = "options.";
	const char *name = target->key;

	if (!starts_with(name, prefix)) {
		strbuf_add_string(out, value);
		return;
	}
	name += strlen(prefix);
	if (target->entry->format != FORMAT_BOOL && *value && !streq(value, "true") && !is_off(value)) {
		strbuf_addf(out, "%s=%s", name, value);
		return;
	}
	if (target->entry->format != FORMAT_BOOL && streq(value, "0")) {
		strbuf_addf(out, "%s=0", name);
		return;
	}
	if (!is_off(value)) {
		strbuf_add_string(out, name);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(opposites); i++) {
		if (streq(name, opposites[i].on)) {
			strbuf_add_string(out, opposites[i].off);
			return;
		}
	}
	strbuf_addf(out, "%s%s", starts_with(name, "no") ? "" : "no", starts_with(name, "no") ? name + 2 : name);
}

static void remount(const struct target *target, const char *option, struct strbuf *out)
{
	strbuf_add_string(out, "mount -o ");
	/* mount(8) keeps the options it finds, and noatime beside relatime wins. */
	action_wordf(out, "remount,%s%s", starts_with(option, "relatime") ? "atime," : "", option);
	strbuf_add_char(out, ' ');
	action_word(out, target->name);
	strbuf_add_char(out, '\n');
}

static void mount_write(const struct target *target, const char *value, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf option = STRBUF_INIT;

	/* Some options are only read when the file system is first mounted. */
	if (target->entry->takes_effect != EFFECT_LIVE && target->entry->takes_effect != EFFECT_REMOUNT)
		return;
	mount_option(target, value, &option);
	remount(target, option.buf, out);
}

static bool is_on(const struct target *target, const char *key)
{
	const char *value = action_sibling(target, key);

	return value && !is_off(value);
}

/* One of four words says how access times are kept.  The kernel shows none of them for strictatime. */
static void mount_restore(const struct target *target, struct strbuf *out)
{
	static const char *const family[] = { "options.noatime", "options.relatime", "options.strictatime",
					      "options.nodiratime", "options.atime", "options.diratime" };
	CLEANUP(strbuf_release) struct strbuf option = STRBUF_INIT;
	const char *mode = is_on(target, "options.noatime")  ? "noatime" :
			   is_on(target, "options.relatime") ? "relatime" :
								"strictatime";

	for (size_t i = 0; i < ARRAY_SIZE(family); i++) {
		if (!streq(target->key, family[i]))
			continue;
		strbuf_addf(&option, "%s,%s", mode, is_on(target, "options.nodiratime") ? "nodiratime" : "diratime");
		remount(target, option.buf, out);
		return;
	}
	mount_write(target, target->now, out);
}

/* Of opposites the kernel lists these; what else is off is not listed at all: async, barrier, nodiscard. */
static bool is_listed(const char *option)
{
	static const char *const shown[] = { "noatime", "nodiratime", "relatime", "ro", "rw" };

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (streq(option, shown[i]))
			return true;
	return false;
}

static void mount_verify(const struct target *target, const char *value, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf option = STRBUF_INIT, command = STRBUF_INIT;
	bool off = is_off(value) && starts_with(target->key, "options.") &&
		   (target->entry->format == FORMAT_BOOL || !streq(value, "0"));

	mount_option(target, value, &option);
	if (off && is_listed(option.buf))
		off = false;
	if (off) {
		strbuf_reset(&option);
		strbuf_add_string(&option, target->key + strlen("options."));
	}
	strbuf_add_string(&command, "findmnt -no OPTIONS ");
	action_word(&command, target->name);
	strbuf_addf(out, "%s; %s%s | tr , '\\n' | grep -qxF -e ", command.buf, off ? "! " : "", command.buf);
	action_word(out, option.buf);
	strbuf_add_char(out, '\n');
}

static void mount_plan(const struct target *target, const char *value, struct plan_write *out)
{
	static const char prefix[] = "options.";
	CLEANUP(strbuf_release) struct strbuf set = STRBUF_INIT, show = STRBUF_INIT;

	out->path = "";
	if (!starts_with(target->key, prefix))
		return;
	mount_write(target, value, &set);
	strbuf_add_string(&show, "mount_shows ");
	action_word(&show, target->name);
	strbuf_add_char(&show, ' ');
	action_word(&show, target->key + strlen(prefix));
	out->set = set.len ? arena_strdup(target->arena, set.buf) : NULL;
	out->show = arena_strdup(target->arena, show.buf);
	out->tool = "mount";
	if (target->entry->format == FORMAT_BOOL)
		out->reads = is_off(value) ? "false" : "true";
}

static void mount_persist(const struct target *target, const char *value, struct lasting *out)
{
	CLEANUP(strbuf_release) struct strbuf option = STRBUF_INIT;

	mount_option(target, value, &option);
	action_persist_mount(target, option.buf, out);
}

const struct actuator actuator_mount_option = {
	.write = mount_write,
	.restore = mount_restore,
	.verify = mount_verify,
	.persist = mount_persist,
	.plan = mount_plan,
};

/* A setting of a network interface: the command that writes it (NAME and VALUE follow as words) and what shows it. */
struct interface_setting {
	const char *key;		/* of the registry; a "." at its end: any key that begins so */
	const char *before, *after;	/* before NAME after VALUE */
	const char *show;		/* show NAME */
	const char *attribute;		/* below /sys/class/net/NAME, for udev; NULL: none */
};

/* clang-format off */
static const struct interface_setting interface_settings[] = {
	{ .key = "channels.", .before = "ethtool -L",           .after = "",     .show = "ethtool -l", },
	{ .key = "coalesce.", .before = "ethtool -C",           .after = "",     .show = "ethtool -c", },
	{ .key = "features.", .before = "ethtool -K",           .after = "",     .show = "ethtool -k", },
	{ .key = "mtu",       .before = "ip link set dev",      .after = "mtu",  .show = "ip link show dev",
	  .attribute = "mtu", },
	{ .key = "offload.",  .before = "ethtool -K",           .after = "",     .show = "ethtool -k", },
	{ .key = "qdisc",     .before = "tc qdisc replace dev", .after = "root", .show = "tc qdisc show dev", },
	{ .key = "ring.",     .before = "ethtool -G",           .after = "",     .show = "ethtool -g", },
	{ .key = "tx_queue_len", .before = "ip link set dev",   .after = "txqueuelen", .show = "ip link show dev",
	  .attribute = "tx_queue_len", },
};
/* clang-format on */

static const struct interface_setting *interface_setting(const struct target *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(interface_settings); i++) {
		const char *key = interface_settings[i].key;
		size_t length = strlen(key);

		if (key[length - 1] == '.' ? strncmp(target->key, key, length) == 0 : streq(target->key, key))
			return &interface_settings[i];
	}
	return NULL;
}

/* The word after the interface: "rx-usecs" of "coalesce.rx_usecs". */
static void add_interface_word(struct strbuf *out, const struct target *target, const struct interface_setting *setting)
{
	size_t length = strlen(setting->key);
	CLEANUP(strbuf_release) struct strbuf word = STRBUF_INIT;

	if (setting->key[length - 1] != '.') {
		strbuf_add_string(out, setting->after);
		return;
	}
	for (const char *c = target->key + length; *c; c++)
		strbuf_add_char(&word, *c == '_' ? '-' : *c);
	action_word(out, word.buf);
}

/* ethtool says on and off. */
static const char *interface_value(const struct target *target, const char *value)
{
	return target->entry->format != FORMAT_BOOL ? value : is_off(value) ? "off" : "on";
}

/* ethtool takes a name that begins with a dash for an option, and so do ip and tc. */
static bool interface_usable(const struct target *target)
{
	return *target->name && *target->name != '-';
}

static void interface_write(const struct target *target, const char *value, struct strbuf *out)
{
	const struct interface_setting *setting = interface_setting(target);

	if (!interface_usable(target))
		return;
	if (!setting) {
		if (*target->path)
			action_echo(out, value, target->path);
		return;
	}
	strbuf_addf(out, "%s ", setting->before);
	action_word(out, target->name);
	strbuf_add_char(out, ' ');
	add_interface_word(out, target, setting);
	strbuf_add_char(out, ' ');
	action_word(out, interface_value(target, value));
	strbuf_add_char(out, '\n');
}

/* How ethtool names what it shows. */
struct interface_label {
	const char *key, *label;
};

/* clang-format off */
static const struct interface_label interface_labels[] = {
	{ .key = "channels.combined",  .label = "Combined", },
	{ .key = "channels.rx",        .label = "RX", },
	{ .key = "channels.tx",        .label = "TX", },
	{ .key = "coalesce.rx_frames", .label = "rx-frames", },
	{ .key = "coalesce.rx_usecs",  .label = "rx-usecs", },
	{ .key = "coalesce.tx_frames", .label = "tx-frames", },
	{ .key = "coalesce.tx_usecs",  .label = "tx-usecs", },
	{ .key = "offload.gro",        .label = "generic-receive-offload", },
	{ .key = "offload.gso",        .label = "generic-segmentation-offload", },
	{ .key = "offload.lro",        .label = "large-receive-offload", },
	{ .key = "offload.tso",        .label = "tcp-segmentation-offload", },
	{ .key = "ring.rx",            .label = "RX", },
	{ .key = "ring.tx",            .label = "TX", },
};
/* clang-format on */

static const char *interface_label(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(interface_labels); i++)
		if (streq(key, interface_labels[i].key))
			return interface_labels[i].label;
	return NULL;
}

/* The kernel makes the files of queues anew when their number changes, with its own defaults in them. */
static void interface_moves(const struct target *target, action_take_moved *take, void *context)
{
	static const char *const of_queues[] = { ".rps_cpus", ".rps_flow_cnt", ".xps_cpus", ".xps_rxqs" };

	if (!starts_with(target->key, "channels."))
		return;
	for (size_t i = 0; i < snapshot_setting_count(target->snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(target->snapshot, i);
		const char *key = snapshot_key_name(target->snapshot, setting->key);

		if (setting->subject != target->subject || setting->absence != PRESENT)
			continue;
		for (size_t suffix = 0; suffix < ARRAY_SIZE(of_queues); suffix++)
			if (ends_with(key, of_queues[suffix]))
				take(context, target->subject, key);
	}
}

/* The features that ethtool's "tso" stands for: it switches all of them that the device has, not only those that were on. */
static const char *const tso_features[] = {
	"features.tx-tcp-segmentation",
	"features.tx-tcp6-segmentation",
	"features.tx-tcp-ecn-segmentation",
	"features.tx-tcp-mangleid-segmentation",
};

static void tso_restore(const struct target *target, struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(tso_features); i++) {
		const char *value = action_sibling(target, tso_features[i]);

		if (!value)
			continue;
		strbuf_add_string(out, "ethtool -K ");
		action_word(out, target->name);
		strbuf_addf(out, " %s %s\n", tso_features[i] + strlen("features."), is_off(value) ? "off" : "on");
	}
}

static size_t tso_details(const struct target *target, struct plan_coupled *out)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tso_features); i++) {
		const char *value = action_sibling(target, tso_features[i]);
		CLEANUP(strbuf_release) struct strbuf show = STRBUF_INIT;

		if (!value)
			continue;
		strbuf_add_string(&show, "ethtool_shows -k ");
		action_word(&show, target->name);
		strbuf_addf(&show, " %s", tso_features[i] + strlen("features."));
		out[count++] = (struct plan_coupled){
			.key = arena_formatf(target->arena, "%s %s", target->name, tso_features[i]),
			.path = "",
			.raw = value,
			.reads = is_off(value) ? "off" : "on",
			.show = arena_strdup(target->arena, show.buf),
		};
	}
	return count;
}

static void interface_restore(const struct target *target, struct strbuf *out)
{
	if (!interface_usable(target))
		return;
	if (streq(target->key, "qdisc"))
		action_qdisc_restore(target, out);
	else if (streq(target->key, "offload.tso"))
		tso_restore(target, out);
}

static size_t interface_details(const struct target *target, struct plan_coupled *out)
{
	if (!interface_usable(target))
		return 0;
	if (streq(target->key, "qdisc"))
		return action_qdisc_details(target, out);
	return streq(target->key, "offload.tso") ? tso_details(target, out) : 0;
}

static void qdisc_plan(const struct target *target, const char *value, struct plan_write *out)
{
	CLEANUP(strbuf_release) struct strbuf set = STRBUF_INIT, show = STRBUF_INIT;

	if (!interface_usable(target) || !action_qdisc_comes_back(target) || !action_plain(value))
		return;
	interface_write(target, value, &set);
	strbuf_add_string(&show, "qdisc_shows ");
	action_word(&show, target->name);
	out->set = arena_strdup(target->arena, set.buf);
	out->show = arena_strdup(target->arena, show.buf);
	out->tool = "tc";
}

/* What has a file below /sys is written there; for the rest there are ethtool and tc. */
static void interface_plan(const struct target *target, const char *value, struct plan_write *out)
{
	const struct interface_setting *setting = interface_setting(target);
	const char *label = interface_label(target->key);
	CLEANUP(strbuf_release) struct strbuf set = STRBUF_INIT, show = STRBUF_INIT;

	if (*target->path == '/' && (!setting || setting->attribute))
		return;
	out->path = "";
	if (setting && streq(setting->key, "qdisc"))
		qdisc_plan(target, value, out);
	if (!label || !setting || !interface_usable(target))
		return;
	interface_write(target, value, &set);
	strbuf_addf(&show, "ethtool_shows %s ", setting->show + strlen("ethtool "));
	action_word(&show, target->name);
	strbuf_addf(&show, " %s", label);
	out->set = arena_strdup(target->arena, set.buf);
	out->show = arena_strdup(target->arena, show.buf);
	out->tool = "ethtool";
	if (out->reads)
		out->reads = interface_value(target, out->reads);
}

static void interface_verify(const struct target *target, const char *value, struct strbuf *out)
{
	const struct interface_setting *setting = interface_setting(target);

	if (*target->path == '/') {
		action_verify_file(target, value, out);
	} else if (setting && interface_usable(target)) {
		strbuf_addf(out, "%s ", setting->show);
		action_word(out, target->name);
		strbuf_add_char(out, '\n');
	}
}

/* "/sys/class/net/eth0/queues/rx-0/rps_cpus" → "queues/rx-0/rps_cpus" */
static const char *interface_attribute(const struct target *target)
{
	const struct interface_setting *setting = interface_setting(target);
	CLEANUP(strbuf_release) struct strbuf directory = STRBUF_INIT;

	if (setting)
		return setting->attribute;
	strbuf_addf(&directory, "/sys/class/net/%s/", target->name);
	return strncmp(target->path, directory.buf, directory.len) == 0 ? target->path + directory.len : NULL;
}

static void interface_persist(const struct target *target, const char *value, struct lasting *out)
{
	const struct interface_setting *setting = interface_setting(target);
	const char *attribute = interface_attribute(target);

	if (attribute)
		action_udev(target, "net", attribute, value, out);
	else if (setting && streq(setting->key, "qdisc") && !action_qdisc_comes_back(target))
		action_note(out, "the qdisc that is there may have parameters, classes or filters, which were not captured, or is "
				 "another one than the kernel would attach now: it could not be given back");
	else if (setting && streq(setting->key, "qdisc"))
		action_note(out, "net.core.default_qdisc decides for interfaces made later; for this one, run the "
				 "command from whatever brings it up");
	else
		action_note(out, "run the command from whatever brings the interface up (systemd.link(5), "
				 "NetworkManager, ifupdown)");
}

const struct actuator actuator_network_interface = {
	.write = interface_write,
	.restore = interface_restore,
	.verify = interface_verify,
	.persist = interface_persist,
	.plan = interface_plan,
	.moves = interface_moves,
	.details = interface_details,
};

/* Requests and limits of a container stand in its manifest, what the kubelet does in its configuration. */

static void elsewhere_write(const struct target *target, const char *value, struct strbuf *out)
{
	(void)target;
	(void)value;
	(void)out;
}

static void container_persist(const struct target *target, const char *value, struct lasting *out)
{
	action_note(out, "set %s to %s in the manifest that made the container", target->key, value);
}

static void kubelet_persist(const struct target *target, const char *value, struct lasting *out)
{
	action_note(out, "set %s to %s in the configuration of the kubelet (/var/lib/kubelet/config.yaml, or a file of its drop-in "
			 "directory) and restart it", target->key + strlen("kubelet."), value);
}

const struct actuator actuator_kubelet = {
	.write = elsewhere_write,
	.verify = elsewhere_write,
	.persist = kubelet_persist,
};

const struct actuator actuator_container_resource = {
	.write = elsewhere_write,
	.verify = elsewhere_write,
	.persist = container_persist,
};
