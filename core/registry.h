/* SPDX-License-Identifier: Apache-2.0 */
/* What is known: tunables, facts, metrics, kernel-log patterns, read from YAML (docs/rule-authors-guide.md has the
 * format).  Expressions inside entries stay nodes here; the advisor compiles them.
 *
 * An entry may say "about: host" when its id begins like a kind ("cpu.online", a fact of the host).
 * An entry's id is the key for the host ("vm.swappiness") and KIND.KEY for every other subject ("block.scheduler",
 * "cgroup.memory.high", "interface.mtu").  One component of an id may be "*" and then stands for any one component of
 * the key: "net.ipv4.conf.*.rp_filter"; as the last component it is any rest: "vmstat.*". */
#ifndef KEISOKU_REGISTRY_H
#define KEISOKU_REGISTRY_H

#include "node.h"
#include "snapshot.h"
#include "unit.h"

enum entry_class { ENTRY_TUNABLE, ENTRY_FACT, ENTRY_METRIC, ENTRY_LOG };

/* How the raw text of a setting is read. */
enum value_format {
	FORMAT_INTEGER,
	FORMAT_REAL,
	FORMAT_BOOL,		/* 0/1, y/n, Y/N, on/off, yes/no, true/false, enabled/disabled */
	FORMAT_TEXT,
	FORMAT_ENUM,		/* "a [b] c" reads as b; a plain word reads as itself */
	FORMAT_LIST,		/* numbers separated by white space: "4096 131072 6291456" */
	FORMAT_WORDS,		/* words separated by white space or commas */
	FORMAT_HEX,		/* a hexadecimal mask, commas allowed */
	FORMAT_QUANTITY,	/* of Kubernetes: "250m", "1.5Gi"; of the unit that the entry has: "core", "B", none */
};

enum tunable_kind {		/* selects the actuator */
	KIND_SYSCTL, KIND_BLOCK_QUEUE, KIND_THP, KIND_HUGE_PAGES, KIND_CPU_FREQUENCY, KIND_MODULE_PARAMETER,
	KIND_KERNEL_COMMAND_LINE, KIND_MOUNT_OPTION, KIND_CGROUP, KIND_SYSTEMD_UNIT, KIND_RESOURCE_LIMIT,
	KIND_NETWORK_INTERFACE, KIND_CONTAINER_RESOURCE, KIND_KUBELET, KIND_SYSFS, KIND_COUNT,
};
const char *tunable_kind_name(enum tunable_kind kind);

enum takes_effect {
	EFFECT_LIVE, EFFECT_NEW_OBJECTS, EFFECT_RESTART, EFFECT_REMOUNT, EFFECT_MODULE_LOAD, EFFECT_REBOOT, EFFECT_COUNT,
};
enum reversible { REVERSIBLE_YES, REVERSIBLE_REBOOT, REVERSIBLE_NO, REVERSIBLE_COUNT };
enum scope {
	SCOPE_GLOBAL, SCOPE_NET_NAMESPACE, SCOPE_IPC_NAMESPACE, SCOPE_PID_NAMESPACE, SCOPE_UTS_NAMESPACE,
	SCOPE_USER_NAMESPACE, SCOPE_DEVICE, SCOPE_MOUNT, SCOPE_CGROUP, SCOPE_PROCESS, SCOPE_COUNT,
};
const char *takes_effect_name(enum takes_effect effect);
const char *reversible_name(enum reversible reversible);
const char *scope_name(enum scope scope);

struct string_list {
	const char **items;
	size_t count;
};

struct entry {
	enum entry_class class;
	const char *id;
	enum subject_kind about;
	const char *key;		/* id without "KIND." */
	const char *const *fields;	/* FORMAT_LIST: names of its items, count n_fields; may be NULL */
	size_t n_fields;
	enum value_format format;
	struct unit unit;
	const char *unit_text;
	const char *summary;
	struct place place;
	const char *pack;		/* the file it came from, for `explain` */
	struct string_list references;
	const struct node *node;	/* the whole mapping, for what is compiled later */

	/* tunables */
	enum tunable_kind kind;
	enum scope scope;
	enum takes_effect takes_effect;
	enum reversible reversible;
	bool has_range;
	int64_t range_min;		/* of an integer, in its own unit */
	uint64_t range_max;
	struct string_list values;	/* FORMAT_ENUM: the values known; what is offered is read from the file */
	struct string_list unlimited;	/* raw texts that mean no limit, the one to write first: "-1"; in a cgroup also "max" */
	struct string_list coupled;	/* other ids, restored together, in the order to write them */
	struct string_list below, at_most, within;	/* ids, each with or without "[field]": what it must not pass */
	bool ascending;			/* FORMAT_LIST: no item is smaller than the one before */
	const char *write_effect;	/* what writing does besides setting the value; NULL: nothing */
	const char *module;		/* the key is there only while this module is loaded */
	const char *path;		/* where it is written, if its kind does not say */
	const char *reads_back;		/* how the kernel rounds: "power-of-2", "page-multiple", "bracketed", "tabs", text */
	const char *obsolete;		/* since when and what instead; NULL: current */
	bool secret;			/* never captured */
	bool volatile_value;		/* changes by itself: left out of diffs */

	/* metrics */
	enum metric_kind metric_kind;
	const char *source;		/* file and field */
	const char *meaning;
	const char *misleads;
	const char *since;

	/* log patterns */
	const char *pattern;		/* PCRE2 */
};

struct registry;

struct registry *registry_new(void);
void registry_free(struct registry *registry);
DEFINE_FREE_PTR(registry)

/* Reads the documents of one file; entries override earlier ones with the same id (and class).  Nodes and their strings
 * must outlive the registry.  -EINVAL after diag_error(): the bad entry is left out, the others are kept. */
int registry_load(struct registry *registry, enum entry_class class, const struct node *documents, struct diag *diag);

/* After all files: sorts them, and checks that coupled ids exist.  -EINVAL after diag_error(). */
int registry_check(struct registry *registry, struct diag *diag);

/* By id, then by pattern.  id may be a concrete key ("net.ipv4.conf.eth0.rp_filter"). */
const struct entry *registry_find(const struct registry *registry, const char *id);
const struct entry *registry_find_key(const struct registry *registry, enum subject_kind about, const char *key);
size_t registry_count(const struct registry *registry, enum entry_class class);
size_t registry_total(const struct registry *registry);
const struct entry *registry_at(const struct registry *registry, size_t index);	/* by id, after
													* registry_check() */

#endif
