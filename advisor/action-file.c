/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that are files: below /proc/sys, below /sys, and the kernel command line. */
#include "action.h"

#include "../core/boot.h"
#include "../core/owner.h"
#include "../core/parse.h"
#include "rule.h"

static const char *entry_text(const struct entry *entry, const char *key)
{
	const struct node *node = entry->node ? node_get(entry->node, key) : NULL;

	return node && node->kind == NODE_SCALAR ? node->text : NULL;
}

/* sysctl(8) */

static void sysctl_write(const struct target *target, const char *value, struct strbuf *out)
{
	strbuf_add_string(out, "sysctl -w ");
	action_wordf(out, "%s=%s", target->key, value);
	strbuf_add_char(out, '\n');
}

static void sysctl_verify(const struct target *target, const char *value, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;

	strbuf_add_string(&command, "sysctl -n ");
	action_word(&command, target->key);
	if (strchr(target->raw, '\t'))
		strbuf_add_string(&command, " | tr '\\t' ' '");
	action_verify_command(command.buf, action_reads_back(target, value), out);
}

/* sysctl.d(5): files of all directories are read in the order of their names, so the name decides who wins.  The first of
 * ours that sorts after everything else that sets the key. */
static const char *sysctl_name(const struct target *target, const struct owner_line *lines, size_t count)
{
	static const char *const stems[] = { "90-keisoku-", "99-zz-keisoku-", "zz-keisoku-", "zzzz-keisoku-" };
	size_t stem = 0;

	for (size_t i = 0; i < count; i++) {
		const char *base = strrchr(lines[i].path, '/') + 1;

		while (stem < ARRAY_SIZE(stems) && strstr(lines[i].path, "/sysctl.d/") && !strstr(base, "keisoku-") &&
		       strcmp(base, arena_formatf(target->arena, "%s%s.conf", stems[stem], target->key)) >= 0)
			stem++;
	}
	return stem < ARRAY_SIZE(stems) ? stems[stem] : NULL;
}

uint32_t action_line_number(const char *place)
{
	const char *colon = strrchr(place, ':');
	uint64_t number;

	return colon && parse_u64(colon + 1, &number) == 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* sysctl(8) reads /etc/sysctl.conf last, whatever other files are called: its line has to go. */
static void take_out_of_sysctl_conf(const struct target *target, struct lasting *out)
{
	const struct owner_line *lines;
	size_t count = owner_lines(target->snapshot, BOOT_PROCPS, target->key, target->arena, &lines);

	for (size_t i = 0; i < count; i++) {
		if (!streq(lines[i].path, "/etc/sysctl.conf"))
			continue;
		if (out->n_files == ACTION_FILES_MAX || !action_printable(lines[i].text) || *lines[i].text == '\0') {
			action_note(out, "take out %s, which sysctl --system reads last", lines[i].place);
			continue;
		}
		out->files[out->n_files++] = (struct plan_file){
			.kind = PLAN_FILE_LINE,
			.path = "/etc/sysctl.conf",
			.old_line = lines[i].text,
			.new_line = arena_formatf(target->arena, "# %s  # by keisoku", lines[i].text),
			.line = action_line_number(lines[i].place),
		};
		action_note(out, "%s is made a comment, because sysctl --system reads that file last", lines[i].place);
	}
}

static bool is_of_tuned(const struct owner_line *line)
{
	return starts_with(line->path, "/etc/tuned/") || starts_with(line->path, "/usr/lib/tuned/");
}

/* TuneD writes what its profile says after sysctl.d was applied, and then sysctl.d once more, unless it is told not to. */
static bool tuned_has_the_last_word(const struct target *target, const struct owner_line *lines, size_t count,
				    struct lasting *out)
{
	const char *again = snapshot_text(target->snapshot, SUBJECT_HOST, "tuned.reapply_sysctl");

	for (size_t i = count; i-- > 0;) {
		if (!is_of_tuned(&lines[i]))
			continue;
		if (again && streq(again, "false")) {
			out->form = PLAN_FORM_TUNED_PROFILE;
			action_note(out, "TuneD sets it in %s after sysctl.d and does not apply that again (reapply_sysctl), so a "
					 "file of sysctl.d would lose: use the profile below tuned/ instead, whose [sysctl] has it",
				    lines[i].place);
			return true;
		}
		action_note(out, "TuneD sets it in %s and applies sysctl.d once more afterwards, so this file wins; or change it "
				 "in a profile of your own that includes the active one (tuned/ in a plan)", lines[i].place);
		return false;
	}
	return false;
}

/* Whoever sets it now is told of; false: what we would write there loses, and why. */
static bool can_win(const struct target *target, const char *value, const struct owner_line *lines, size_t count,
		    struct lasting *out)
{
	const char *kubelet = owner_kubelet_value(target->key);
	bool owned;
	struct owner owner;

	owned = owner_find(target->snapshot, target->key, target->arena, &owner);
	if (owned)
		out->owner = owner.name;
	if (tuned_has_the_last_word(target, lines, count, out))
		return false;
	if (!owned) {
		if (owner_is_active(target->snapshot, "saptune") && !snapshot_text(target->snapshot, SUBJECT_HOST, "saptune.notes"))
			action_note(out, "saptune sets keys by its notes: where NOTE names this one, \"%s = %s\" below [sysctl] in "
					 "/etc/saptune/override/NOTE is its form, and saptune note apply NOTE puts it in force",
				    target->key, value);
		return true;
	}
	if (!owner.line) {
		action_note(out, "%s owns it: %s", owner.name, owner.advice);
		out->never = !kubelet || !streq(kubelet, value);
		return !out->never;
	}
	if (!is_of_tuned(owner.line))
		action_note(out, "%s sets it now in %s%s%s", owner.name, owner.line->place, owner.advice ? ": " : "",
			    owner.advice ? owner.advice : "");
	return true;
}

static void persist_modules(const struct target *target, const char *value, struct lasting *out)
{
	const char *module = entry_text(target->entry, "module");

	if (module)
		action_persist_module(target, module, false, out);
	module = action_module_of_value(target->snapshot, target->entry, target->key, value, target->arena);
	if (module)
		action_persist_module(target, module, true, out);
}

/* A key with * ? [ is a pattern, one that begins with - ignores errors. */
static void sysctl_persist(const struct target *target, const char *value, struct lasting *out)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const char *stem;
	enum saptune_part saptune;
	const struct owner_line *lines;
	size_t count = owner_lines(target->snapshot, NULL, target->key, target->arena, &lines);

	if (!action_plain(target->key) || !action_printable(value)) {
		action_note(out, "its name or value cannot be written in a sysctl.d file");
		return;
	}
	saptune = action_persist_saptune(target, value, lines, count, out);
	if (saptune == SAPTUNE_SURELY) {
		persist_modules(target, value, out);
		return;
	}
	if (saptune == SAPTUNE_NONE && !can_win(target, value, lines, count, out))
		return;
	stem = sysctl_name(target, lines, count);
	strbuf_addf(&line, "%s = %s", target->key, value);
	action_line_named(out, "/etc/sysctl.d", stem ? stem : "zzzz-keisoku-", target->key, "conf", line.buf);
	if (!stem)
		action_note(out, "a file that sorts after every name of ours sets it too: take its line out");
	if (count == 0)
		action_note(out, "a file of a sysctl.d directory whose name sorts after 90-keisoku wins over it");
	take_out_of_sysctl_conf(target, out);
	persist_modules(target, value, out);
}

/* A switch for all interfaces sets that of each (inet_forward_change(), addrconf_fixup_forwarding(), addrconf_disable_ipv6());
 * one that forwards has large packets joined by hardware no longer, and nobody switches that on again (dev_disable_lro()). */
struct for_all {
	const char *key, *of_each;
};

static const struct for_all for_all[] = {
	{ "net.ipv4.conf.all.forwarding", "net.ipv4.conf.*.forwarding" },
	{ "net.ipv4.ip_forward", "net.ipv4.conf.*.forwarding" },
	{ "net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.*.disable_ipv6" },
	{ "net.ipv6.conf.all.forwarding", "net.ipv6.conf.*.forwarding" },
};

/* "eth0" of "net.ipv4.conf.eth0.forwarding"; *ret_length 0: not such a key. */
static const char *star_of(const char *pattern, const char *key, size_t *ret_length)
{
	size_t before = strcspn(pattern, "*"), after = strlen(pattern + before + 1), length = strlen(key);

	*ret_length = 0;
	if (length > before + after && strncmp(key, pattern, before) == 0 && ends_with(key, pattern + before + 1))
		*ret_length = length - before - after;
	return key + before;
}

/* Those that show something else than the switch for all; the others come back with it. */
static void move_each(const struct target *target, const char *of_each, action_take_moved *take, void *context)
{
	for (size_t i = 0; i < snapshot_setting_count(target->snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(target->snapshot, i);
		const char *key = snapshot_key_name(target->snapshot, setting->key);
		size_t length;

		if (setting->subject != SUBJECT_HOST || setting->absence != PRESENT)
			continue;
		star_of(of_each, key, &length);
		if (length > 0 && !streq(key, target->key) && !streq(setting->raw, target->raw))
			take(context, SUBJECT_HOST, key);
	}
}

/* sysctl writes the dots of a name as slashes. */
static bool is_named(const char *interface, const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (interface[i] != (name[i] == '/' ? '.' : name[i]))
			return false;
	return interface[length] == '\0';
}

static void move_large_receive(const struct target *target, action_take_moved *take, void *context)
{
	size_t v4, v6;
	const char *name = star_of("net.ipv4.conf.*.forwarding", target->key, &v4);
	const char *name6 = star_of("net.ipv6.conf.*.forwarding", target->key, &v6);
	size_t length = v4 ? v4 : v6;

	if (!ends_with(target->key, "forward") && length == 0)
		return;
	name = v4 ? name : name6;
	for (size_t i = 0; i < snapshot_setting_count(target->snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(target->snapshot, i);
		const struct subject *subject = snapshot_subject_get(target->snapshot, setting->subject);
		bool every = length == 0 || (length == 3 && memcmp(name, "all", 3) == 0);

		if (subject->kind == SUBJECT_KIND_INTERFACE && setting->absence == PRESENT && streq(setting->raw, "on") &&
		    streq(snapshot_key_name(target->snapshot, setting->key), "offload.lro") &&
		    (every || is_named(subject->name, name, length)))
			take(context, setting->subject, "offload.lro");
	}
}

static void sysctl_moves(const struct target *target, action_take_moved *take, void *context)
{
	for (size_t i = 0; i < ARRAY_SIZE(for_all); i++)
		if (streq(target->key, for_all[i].key))
			move_each(target, for_all[i].of_each, take, context);
	if (streq(target->key, "net.ipv4.ip_forward") || ends_with(target->key, ".forwarding"))
		move_large_receive(target, take, context);
}

const struct actuator actuator_sysctl = {
	.write = sysctl_write,
	.verify = sysctl_verify,
	.persist = sysctl_persist,
	.moves = sysctl_moves,
};

/* A file below /sys.  Below /proc/sys it is a sysctl, whatever it is about. */

static bool is_sysctl(const struct target *target)
{
	return !*target->path || starts_with(target->path, "/proc/sys/");
}

static void sysfs_write(const struct target *target, const char *value, struct strbuf *out)
{
	if (is_sysctl(target) && target->entry->about == SUBJECT_KIND_HOST)
		sysctl_write(target, value, out);
	else if (*target->path)
		action_echo(out, value, target->path);
}

static void sysfs_verify(const struct target *target, const char *value, struct strbuf *out)
{
	if (is_sysctl(target) && target->entry->about == SUBJECT_KIND_HOST)
		sysctl_verify(target, value, out);
	else if (*target->path)
		action_verify_file(target, value, out);
}

/* tmpfiles.d(5), type w: "%" starts a specifier, blanks end a field. */
static void tmpfiles_persist(const struct target *target, const char *value, struct lasting *out)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	if (!action_plain(target->path) || !action_printable(value)) {
		action_note(out, "its path or value cannot be written in a tmpfiles.d file");
		return;
	}
	strbuf_addf(&line, "w %s - - - - %s", target->path, value);
	action_line(out, "/etc/tmpfiles.d", target->path + strspn(target->path, "/"), "conf", line.buf);
}

static void sysfs_persist(const struct target *target, const char *value, struct lasting *out)
{
	const struct owner_line *lines;
	size_t count;

	if (is_sysctl(target) && target->entry->about == SUBJECT_KIND_HOST) {
		sysctl_persist(target, value, out);
		return;
	}
	count = owner_lines(target->snapshot, NULL, target->path, target->arena, &lines);
	if (action_persist_saptune(target, value, lines, count, out) == SAPTUNE_SURELY)
		return;
	if (*target->path)
		tmpfiles_persist(target, value, out);
	else
		action_note(out, "where its file is was not captured");
}

/* What plug-ins of TuneD set ([vm] transparent_hugepages=) was not read. */
static void plain_sysfs_persist(const struct target *target, const char *value, struct lasting *out)
{
	bool tuned = owner_is_active(target->snapshot, "tuned");

	sysfs_persist(target, value, out);
	if (tuned && out->n_files > 0 && starts_with(out->files[0].path, "/etc/tmpfiles.d/"))
		action_note(out, "TuneD tunes this host after tmpfiles.d: where its profile sets this too, use the one below tuned/ "
				 "in a plan instead");
}

const struct actuator actuator_sysfs = {
	.write = sysfs_write,
	.verify = sysfs_verify,
	.persist = plain_sysfs_persist,
};

/* The write succeeds even if fewer pages could be had (Documentation/admin-guide/mm/hugetlbpage.rst). */
static void huge_pages_verify(const struct target *target, const char *value, struct strbuf *out)
{
	struct entry exact = *target->entry;
	struct target checked = *target;

	exact.reads_back = NULL;
	checked.entry = &exact;
	sysfs_verify(&checked, value, out);
}

static void huge_pages_persist(const struct target *target, const char *value, struct lasting *out)
{
	sysfs_persist(target, value, out);
	action_note(out, "fewer pages than asked for may be had once memory is fragmented: verify reads them back; "
			 "hugepages= on the kernel command line takes them earliest");
}

const struct actuator actuator_huge_pages = {
	.write = sysfs_write,
	.verify = huge_pages_verify,
	.persist = huge_pages_persist,
};

/* udev(7): a name with * ? [ ] | is a pattern, and the value is between double quotes. */
void action_udev(const struct target *target, const char *subsystem, const char *attribute, const char *value,
		 struct lasting *out)
{
	/* udev itself gives an interface its name: what comes as "add" is still eth0, then comes "move" with the new one. */
	const char *actions = streq(subsystem, "net") ? "add|change|move" : "add|change";
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT, line = STRBUF_INIT;

	if (!action_plain(target->name) || !action_plain(attribute) || !action_printable(value) || strchr(value, '$')) {
		action_note(out, "its name or value cannot be written in a udev rule");
		return;
	}
	strbuf_addf(&name, "%s-%s", target->name, attribute);
	strbuf_addf(&line, "ACTION==\"%s\", SUBSYSTEM==\"%s\", KERNEL==\"%s\", ATTR{%s}=\"%s\"", actions, subsystem,
		    target->name, attribute, value);
	action_line(out, "/etc/udev/rules.d", name.buf, "rules", line.buf);
	out->files[out->n_files - 1].reload = "udevadm control --reload";
	out->files[out->n_files - 1].tool = "udevadm";
	strbuf_add_string(&out->persist, "udevadm control --reload\n");
	strbuf_add_string(&out->unpersist, "udevadm control --reload\n");
}

static void block_queue_persist(const struct target *target, const char *value, struct lasting *out)
{
	CLEANUP(strbuf_release) struct strbuf device = STRBUF_INIT;
	size_t length;

	strbuf_addf(&device, "/sys/block/%s/", target->name);
	length = strncmp(target->path, device.buf, device.len) == 0 ? device.len : 0;
	if (length == 0) {
		action_note(out, "where its file is was not captured");
		return;
	}
	action_udev(target, "block", target->path + length, value, out);
	if (out->persist.len)
		action_note(out, "the name %s may belong to another disk after a reboot: where that can happen, "
				 "match ENV{ID_SERIAL} instead of KERNEL", target->name);
}

const struct actuator actuator_block_queue = {
	.write = sysfs_write,
	.verify = action_verify_file,
	.persist = block_queue_persist,
};

static void cpu_frequency_persist(const struct target *target, const char *value, struct lasting *out)
{
	sysfs_persist(target, value, out);
	if (out->persist.len)
		action_note(out, "TuneD, power-profiles-daemon or cpupower.service, where one of them runs, sets it "
				 "again");
}

const struct actuator actuator_cpu_frequency = {
	.write = sysfs_write,
	.verify = sysfs_verify,
	.persist = cpu_frequency_persist,
};

/* /sys/module/NAME/parameters/PARAMETER */

static bool module_names(const struct target *target, struct strbuf *module, struct strbuf *parameter)
{
	static const char prefix[] = "/sys/module/", middle[] = "/parameters/";
	const char *from = target->path, *split;

	if (!starts_with(from, prefix))
		return false;
	from += strlen(prefix);
	split = strstr(from, middle);
	if (!split)
		return false;
	strbuf_add(module, from, (size_t)(split - from));
	strbuf_add_string(parameter, split + strlen(middle));
	return true;
}

static bool can_be_written(const struct entry *entry)
{
	return entry->takes_effect != EFFECT_MODULE_LOAD && entry->takes_effect != EFFECT_REBOOT;
}

static void module_write(const struct target *target, const char *value, struct strbuf *out)
{
	if (*target->path && can_be_written(target->entry))
		action_echo(out, value, target->path);
}

static void module_persist(const struct target *target, const char *value, struct lasting *out)
{
	CLEANUP(strbuf_release) struct strbuf module = STRBUF_INIT, parameter = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT, line = STRBUF_INIT;

	/* What is there already at boot was made before systemd-tmpfiles runs. */
	if (target->entry->takes_effect == EFFECT_LIVE) {
		sysfs_persist(target, value, out);
		return;
	}
	if (!module_names(target, &module, &parameter)) {
		action_note(out, "which module it belongs to was not captured");
		return;
	}
	if (!action_plain(module.buf) || !action_plain(parameter.buf) || !action_plain(value)) {
		action_note(out, "its name or value cannot be written in a modprobe.d file");
		return;
	}
	strbuf_addf(&name, "%s-%s", module.buf, parameter.buf);
	strbuf_addf(&line, "options %s %s=%s", module.buf, parameter.buf, value);
	action_line(out, "/etc/modprobe.d", name.buf, "conf", line.buf);
	action_note(out, "read when the module is loaded; if it is in the initramfs, rebuild that; if it is built "
			 "in, put %s.%s=%s on the kernel command line instead", module.buf, parameter.buf, value);
}

const struct actuator actuator_module_parameter = {
	.write = module_write,
	.verify = sysfs_verify,
	.persist = module_persist,
};

/* The kernel command line belongs to the boot loader, of which there are many. */

static const char *parameter_name(const struct target *target)
{
	static const char prefix[] = "cmdline.";

	return starts_with(target->key, prefix) ? target->key + strlen(prefix) : target->key;
}

static void command_line_write(const struct target *target, const char *value, struct strbuf *out)
{
	(void)target;
	(void)value;
	(void)out;
}

static void command_line_verify(const struct target *target, const char *value, struct strbuf *out)
{
	strbuf_add_string(out, "cat /proc/cmdline; tr ' ' '\\n' < /proc/cmdline | grep -qxF -e ");
	if (*value)
		action_wordf(out, "%s=%s", parameter_name(target), value);
	else
		action_word(out, parameter_name(target));
	strbuf_add_char(out, '\n');
}

static void command_line_persist(const struct target *target, const char *value, struct lasting *out)
{
	out->owner = "the boot loader";
	if (action_persist_parameter(target, parameter_name(target), value, out))
		return;
	action_note(out, "put %s%s%s on the kernel command line where the boot loader has it (on Debian "
			 "GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub) and reboot; to go back, take it out again",
		    parameter_name(target), *value ? "=" : "", value);
}

const struct actuator actuator_kernel_command_line = {
	.write = command_line_write,
	.verify = command_line_verify,
	.persist = command_line_persist,
};
