/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that somebody asks for, of subjects with any name and any value: refused, or a plan whose artefacts hold no
 * control characters and whose JSON is one.  The first line is the name of the subjects, the second their value, the
 * others are requests. */
#include <stdio.h>

#include "../../advisor/advisor.h"
#include "../../core/json.h"
#include "../../core/strbuf.h"
#include "../../reports/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUESTS_MAX 16

static const char tunables_yaml[] =
	"vm.swappiness: {kind: sysctl, type: integer, range: 0..200, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.low: {kind: sysctl, type: integer, unit: B, below: [vm.high], coupled: [vm.high], summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.high: {kind: sysctl, type: integer, unit: B, write_effect: e, summary: s, scope: global, takes_effect: live, reversible: no, references: [r]}\n"
	"vm.list: {kind: sysctl, type: list, unit: page, fields: [a, b], ascending: yes, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"net.ipv4.conf.*.rp_filter: {kind: sysctl, type: text, summary: s, scope: net-namespace, takes_effect: live, reversible: yes, references: [r]}\n"
	"block.scheduler: {kind: block-queue, type: enum, reads_back: bracketed, summary: s, scope: device, takes_effect: live, reversible: yes, references: [r]}\n"
	"mount.options.commit: {kind: mount-option, type: text, summary: s, scope: mount, takes_effect: remount, reversible: yes, references: [r]}\n"
	"cgroup.memory.high: {kind: cgroup, type: text, summary: s, scope: cgroup, takes_effect: live, reversible: yes, references: [r]}\n"
	"interface.ring.rx: {kind: network-interface, type: text, summary: s, scope: device, takes_effect: live, reversible: yes, references: [r]}\n"
	"unit.LimitNOFILE: {kind: systemd-unit, type: text, summary: s, scope: process, takes_effect: restart, reversible: yes, references: [r]}\n";

static struct arena world;
static struct registry *registry;
static struct rulebook *rulebook;

static void make_world(void)
{
	const struct node *documents;
	struct diag diag = DIAG_INIT;

	registry = registry_new();
	if (node_parse(&world, "registry", tunables_yaml, strlen(tunables_yaml), &diag, &documents) < 0 ||
	    registry_load(registry, ENTRY_TUNABLE, documents, &diag) < 0 || registry_check(registry, &diag) < 0)
		abort();
	rulebook = rulebook_new(registry);
}

static void add_subjects(struct snapshot *snapshot, const char *name, const char *value)
{
	static const struct {
		enum subject_kind kind;
		const char *key;
	} subjects[] = {
		{ SUBJECT_KIND_BLOCK, "scheduler" },	{ SUBJECT_KIND_MOUNT, "options.commit" },
		{ SUBJECT_KIND_CGROUP, "memory.high" }, { SUBJECT_KIND_INTERFACE, "ring.rx" },
		{ SUBJECT_KIND_UNIT, "LimitNOFILE" },
	};
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, key = STRBUF_INIT;

	strbuf_addf(&path, "/sys/%s", name);
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		snapshot_set_string(snapshot, snapshot_subject(snapshot, subjects[i].kind, name, path.buf),
				    subjects[i].key, value, NULL);
	strbuf_addf(&key, "net.ipv4.conf.%s.rp_filter", name);
	snapshot_set_string(snapshot, SUBJECT_HOST, key.buf, value, path.buf);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.swappiness", "60", "/proc/sys/vm/swappiness");
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.low", "10", "/proc/sys/vm/low");
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.high", "20", "/proc/sys/vm/high");
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.list", "1 2", "/proc/sys/vm/list");
	snapshot_set_string(snapshot, SUBJECT_HOST, "host.name", name, NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "kernel.release", value, NULL);
}

static int any_event(void *context, enum json_type type, const char *text, size_t length, unsigned int depth)
{
	(void)context;
	(void)type;
	(void)text;
	(void)length;
	(void)depth;
	return 0;
}

static void check_text(const char *path, const char *text, size_t length)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t')
			abort();
	if (!utf8_valid(text, length))
		abort();
	if (ends_with(path, ".json") && json_parse(path, text, length, any_event, NULL, &diag) < 0)
		abort();
}

static void write_artefact(const struct plan_artefact *artefact, const struct plan *plan)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; plan_artefact_file(artefact, plan, i, &path); i++) {
		char *text = NULL;
		size_t length = 0;
		FILE *out = open_memstream(&text, &length);

		if (strstr(path.buf, "/../") || path.buf[0] == '/')
			abort();
		if (!out || plan_artefact_write(artefact, out, plan, i) < 0 || fclose(out) != 0)
			abort();
		check_text(path.buf, text, length);
		free(text);
	}
}

static void write_all(const struct plan *plan)
{
	for (size_t i = 0; plan_artefacts[i]; i++)
		write_artefact(plan_artefacts[i], plan);
}

/* The line at *cursor, which moves behind it. */
static char *take_line(struct arena *arena, const char **cursor)
{
	size_t length = strcspn(*cursor, "\n");
	char *line = arena_strndup(arena, *cursor, length);

	*cursor += length + ((*cursor)[length] == '\n');
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(plan_free_ptr) struct plan *plan = plan_new();
	struct plan_options options = { .forbidden = size % 2 ? CHANGE_SIDE_EFFECT : 0 };
	struct plan_request requests[REQUESTS_MAX];
	const char *cursor = arena_strndup(&arena, (const char *)data, strnlen((const char *)data, size));
	const char *name, *value;
	size_t count = 0;

	if (!registry)
		make_world();
	name = take_line(&arena, &cursor);
	value = take_line(&arena, &cursor);
	add_subjects(snapshot, name, value);
	while (*cursor && count < REQUESTS_MAX) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		const char *text = take_line(&arena, &cursor);
		int r = plan_request_parse(registry, snapshot, name, text, &arena, &requests[count], &why);

		if (r == 0)
			count++;
		else if (why.len == 0)
			abort();
	}
	plan_make_asked(rulebook, snapshot, requests, count, &options, plan);
	write_all(plan);
	return 0;
}
