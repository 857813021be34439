/* SPDX-License-Identifier: Apache-2.0 */
/* Values that name a kernel module.  The kernel asks modprobe for it when the value is written (tcp_ca_find_autoload() and
 * qdisc_set_default() do), and nobody takes it out again when the value goes: that is part of the way back. */
#include "action.h"

#include "rule.h"

struct module_value {
	enum subject_kind about;
	const char *key;
	const char *prefix;		/* of the module */
	const char *option;		/* of the kernel configuration, as the snapshot has it */
	const char *built_in[6];	/* values that are part of every kernel that has the key */
};

/* clang-format off */
static const struct module_value module_values[] = {
	{ .about = SUBJECT_KIND_HOST,      .key = "net.core.default_qdisc",          .prefix = "sch_", .option = "config.NET_SCH_",
	  .built_in = { "bfifo", "mq", "noqueue", "pfifo", "pfifo_fast" }, },
	{ .about = SUBJECT_KIND_HOST,      .key = "net.ipv4.tcp_congestion_control", .prefix = "tcp_", .option = "config.TCP_CONG_",
	  .built_in = { "reno" }, },
	{ .about = SUBJECT_KIND_INTERFACE, .key = "qdisc",                           .prefix = "sch_", .option = "config.NET_SCH_",
	  .built_in = { "bfifo", "mq", "noqueue", "pfifo", "pfifo_fast" }, },
};
/* clang-format on */

static bool is_built_in(const struct module_value *row, const struct snapshot *snapshot, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf option = STRBUF_INIT;
	const char *built;

	for (size_t i = 0; i < ARRAY_SIZE(row->built_in) && row->built_in[i]; i++)
		if (streq(row->built_in[i], value))
			return true;
	strbuf_add_string(&option, row->option);
	for (const char *c = value; *c; c++)
		strbuf_add_char(&option, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
	built = snapshot_text(snapshot, SUBJECT_HOST, option.buf);
	return built && streq(built, "y");
}

const char *action_module_of_value(const struct snapshot *snapshot, const struct entry *entry, const char *key,
				   const char *value, struct arena *arena)
{
	if (!*value || value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(module_values); i++) {
		const struct module_value *row = &module_values[i];

		if (entry->about == row->about && streq(key, row->key))
			return is_built_in(row, snapshot, value) ? NULL :
								   arena_formatf(arena, "%s%s", row->prefix, value);
	}
	return NULL;
}

unsigned int action_classes(const struct snapshot *snapshot, const struct change *change, struct arena *arena)
{
	unsigned int classes = change_classes(change->tunable);

	if (action_module_of_value(snapshot, change->tunable, action_setting_key(change), change->to, arena))
		classes |= CHANGE_NEEDS_MODULE;
	return classes;
}

/* systemd-modules-load.service comes before systemd-sysctl.service.  In an initramfs neither knows of these files unless it
 * was built with them. */
void action_persist_module(const struct target *target, const char *module, bool autoloaded, struct lasting *out)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	if (!action_plain(module)) {
		action_note(out, "its module's name cannot be written in a modules-load.d file");
		return;
	}
	if (target->subject != SUBJECT_HOST)
		strbuf_addf(&name, "%s-", target->name);
	strbuf_add_string(&name, target->key);
	if (!action_plain(name.buf))
		return;
	action_line(out, "/etc/modules-load.d", name.buf, "conf", module);
	if (autoloaded) {
		action_note(out, "the kernel loads the module %s when the value is written; it is named in modules-load.d too, "
				 "which comes before sysctl.d at boot. After going back it stays loaded while something uses "
				 "it: modprobe -r refuses then", module);
	} else {
		char *path = arena_strdup(out->arena, target->key);

		for (char *c = path; *c; c++)
			*c = *c == '.' ? '/' : *c;
		action_note(out, "the key is there only while the module %s is loaded: modules-load.d has it loaded before "
				 "systemd-sysctl runs. A module that is taken out and loaded again starts with its own default; "
				 "where that happens, a udev rule sets it each time: ACTION==\"add\", SUBSYSTEM==\"module\", "
				 "KERNEL==\"%s\", RUN+=\"/usr/lib/systemd/systemd-sysctl --prefix=/%s\"",
			    module, module, path);
	}
}
