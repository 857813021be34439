/* SPDX-License-Identifier: Apache-2.0 */
/* How each kind of tunable is written, checked and made to last.  Inside the advisor; advisor.h has action_commands().
 *
 * An actuator only composes text: it is given one setting and a value and adds complete, quoted shell commands, each on
 * a line of its own.  Every word that came from outside passes through action_word(). */
#ifndef KEISOKU_ACTION_H
#define KEISOKU_ACTION_H

#include "../core/owner.h"
#include "../core/plan.h"
#include "../core/quote.h"
#include "advisor.h"

/* One setting that can be written. */
struct target {
	const struct snapshot *snapshot;
	const struct entry *entry;
	subject_id subject;
	const char *name;	/* of the subject: "sda", "/data", "/system.slice/x.service" */
	const char *key;	/* without "*": "scheduler", "net.ipv4.conf.eth0.rp_filter" */
	const char *path;	/* the file it was read from; "" when it is none */
	const char *raw;	/* as the kernel shows it now; "" when it was not read */
	const char *now;	/* the same as it would be written */
	struct arena *arena;
};

#define ACTION_FILES_MAX 8
#define ACTION_DETAILS_MAX 4

/* The half that survives a reboot, and its way back: as commands and as files. */
struct lasting {
	struct strbuf persist, unpersist;
	struct strbuf note;
	struct plan_file files[ACTION_FILES_MAX];
	size_t n_files;
	const struct action *earlier;	/* of a plan: what is written before this; NULL: nothing is known of it */
	size_t n_earlier;
	struct arena *arena;
	const char *owner;		/* as in struct action */
	enum plan_form form;		/* set only where the files do not say it */
	bool never;			/* nothing would make it last */
	struct plan_kubelet kubelet;
};

typedef void action_take_moved(void *context, subject_id subject, const char *key);

struct actuator {
	/* Commands that give the running setting this value; nothing when there is no live way. */
	void (*write)(const struct target *target, const char *value, struct strbuf *out);
	/* Puts back what was captured, where that is not one write for each key of the group; NULL, or nothing
	 * added: it is. */
	void (*restore)(const struct target *target, struct strbuf *out);
	/* Where what the file shows is not what is written into it: the lines that give back what was captured after value was
	 * written, each one write.  Nothing: it is one write of the captured text.  NULL: always. */
	void (*lines_back)(const struct target *target, const char *value, struct strbuf *out);
	/* Prints the value; its exit status says whether it is the wanted one. */
	void (*verify)(const struct target *target, const char *value, struct strbuf *out);
	void (*persist)(const struct target *target, const char *value, struct lasting *out);
	/* What else writing it may move, beside the group that the registry names: takes settings, which are looked at and
	 * given back after it.  NULL: nothing. */
	void (*moves)(const struct target *target, action_take_moved *take, void *context);
	/* What is only looked at, because giving back the setting gives it back too: at most ACTION_DETAILS_MAX.  NULL: nothing. */
	size_t (*details)(const struct target *target, struct plan_coupled *out);
	/* Where commands, not its file, set it: adds set, show and tool.  NULL: its file does, if it has one. */
	void (*plan)(const struct target *target, const char *value, struct plan_write *out);
};

extern const struct actuator actuator_sysctl, actuator_block_queue, actuator_sysfs, actuator_huge_pages,
	actuator_cpu_frequency, actuator_module_parameter, actuator_kernel_command_line;
extern const struct actuator actuator_mount_option, actuator_network_interface;
extern const struct actuator actuator_cgroup, actuator_systemd_unit, actuator_resource_limit;
extern const struct actuator actuator_container_resource, actuator_kubelet;

/* One shell word, whatever is in text: quoted; with control characters, bad UTF-8 or bidirectional marks it becomes
 * "$(printf '%b' '…')", so that the line stays one line and can be shown on any terminal. */
void action_word(struct strbuf *out, const char *text);
void action_wordf(struct strbuf *out, const char *format, ...) FORMAT_PRINTF(2, 3);

/* "echo VALUE > PATH" */
void action_echo(struct strbuf *out, const char *value, const char *path);

/* Letters, digits and _.:@/+- only, and no "-" in front: means itself in every configuration file and pattern. */
bool action_plain(const char *text);
/* One printable line without quotes, backslash or percent sign. */
bool action_printable(const char *text);

/* A configuration file of its own with that one line: directory/90-keisoku-NAME.suffix.  One file for each setting,
 * so that writing it twice changes nothing and removing it takes back just this.  name and line must be printable. */
void action_line(struct lasting *out, const char *directory, const char *name, const char *suffix, const char *line);
/* The same with another beginning of its name: "zz-keisoku-". */
void action_line_named(struct lasting *out, const char *directory, const char *stem, const char *name,
		       const char *suffix, const char *line);

/* A whole file of ours; reload may be NULL. */
void action_file(struct lasting *out, const char *path, const char *content, const char *reload, const char *tool);

/* What a line of somebody else's file will be by the time of this change: an earlier action may have changed it. */
const char *action_line_now(const struct lasting *out, const char *path, const char *line);

/* "/etc/sysctl.conf:12": 12; 0: it names none. */
uint32_t action_line_number(const char *place);

/* A sentence of the note; several are separated by semicolons. */
void action_note(struct lasting *out, const char *format, ...) FORMAT_PRINTF(2, 3);

/* The key of a change without its subject; what it shows now as it would be written; the key that writing this one sets to
 * zero, or NULL. */
const char *action_setting_key(const struct change *change);
const char *action_now(const struct snapshot *snapshot, const struct change *change, struct arena *arena);
const char *action_twin(const char *key);
/* Whether its twin is 0 once it is written over from. */
bool action_zeroes_twin(const char *key, const char *from, const char *to);

/* What the kernel will show after value was written; NULL when that is not known exactly. */
const char *action_reads_back(const struct target *target, const char *value);

/* Compares the file (or the output of command, when that is given) with what value reads back as. */
void action_verify_file(const struct target *target, const char *value, struct strbuf *out);
void action_verify_command(const char *command, const char *wanted, struct strbuf *out);

/* A udev rule that sets an attribute of the subject. */
void action_udev(const struct target *target, const char *subsystem, const char *attribute, const char *value,
		 struct lasting *out);

/* The module that the kernel loads when this value is written ("tcp_bbr"); NULL: none, or it is built in.
 * advisor/action-module.c */
const char *action_module_of_value(const struct snapshot *snapshot, const struct entry *entry, const char *key,
				   const char *value, struct arena *arena);
/* change_classes() of the tunable, and those that this value adds. */
unsigned int action_classes(const struct snapshot *snapshot, const struct change *change, struct arena *arena);
/* Has the module loaded at boot, before the setting is made. */
void action_persist_module(const struct target *target, const char *module, bool autoloaded, struct lasting *out);

/* Has a file system mounted with this option: "noatime", "commit=30".  advisor/action-fstab.c */
void action_persist_mount(const struct target *target, const char *option, struct lasting *out);

/* The queueing discipline at the root of an interface: whether it can be given back, by which commands, and what to look at
 * beside its kind.  advisor/action-qdisc.c */
bool action_qdisc_comes_back(const struct target *target);
void action_qdisc_restore(const struct target *target, struct strbuf *out);
size_t action_qdisc_details(const struct target *target, struct plan_coupled *out);

/* Of actions in their order: those that change one line of a file change it one after the other. */
void action_chain_files(struct plan *plan);

/* What of a key the last word of saptune is, or may be: lines are all that set it, the one that counts last. */
enum saptune_part { SAPTUNE_NONE, SAPTUNE_SURELY, SAPTUNE_PERHAPS };
/* Has saptune set it, where it sets it now.  advisor/action-saptune.c */
enum saptune_part action_persist_saptune(const struct target *target, const char *value, const struct owner_line *lines,
					 size_t count, struct lasting *out);

/* Of a control group of a pod: the kubelet's field, or why there is none.  advisor/action-kubelet.c */
void action_persist_pod(const struct target *target, const char *value, struct lasting *out);
/* Of all actions: a field of the kubelet holds for every pod of the node, so it has one value. */
void action_settle_kubelet(struct plan *plan);

/* Has the next boot give the kernel NAME=VALUE; false, and nothing but notes added, where it is not known how.
 * advisor/action-loader.c */
bool action_persist_parameter(const struct target *target, const char *name, const char *value, struct lasting *out);

/* The raw text of a sibling setting, or NULL. */
static inline const char *action_sibling(const struct target *target, const char *key)
{
	return snapshot_text(target->snapshot, target->subject, key);
}

#endif
