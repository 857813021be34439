/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the registry, and what they refer to. */
#include <errno.h>

#include "../core/parse.h"
#include "lint-internal.h"

/* ---- references ---- */

static const char *const source_folders[] = {
	"Documentation", "arch", "block", "certs", "crypto", "drivers", "fs", "include", "init", "io_uring", "ipc", "kernel",
	"lib", "mm", "net", "samples", "scripts", "security", "sound", "tools", "usr", "virt", NULL,
};

/* "mm/vmscan.c", "Documentation/ABI/stable/sysfs-block" */
static bool is_source_path(const char *text)
{
	size_t first = strcspn(text, "/");

	if (text[first] != '/' || strstr(text, "..") || strstr(text, "//") || ends_with(text, "/"))
		return false;
	for (const char *c = text; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+", *c))
			return false;
	for (size_t i = 0; source_folders[i]; i++)
		if (strlen(source_folders[i]) == first && memcmp(source_folders[i], text, first) == 0)
			return true;
	return false;
}

/* "listen(2)", "systemd.exec(5)", "openssl-req(1ssl)" */
static bool is_man_page(const char *text)
{
	size_t name = strcspn(text, "("), length = strlen(text);

	if (name == 0 || text[name] != '(' || length < name + 3 || text[length - 1] != ')')
		return false;
	for (size_t i = 0; i < name; i++)
		if (strchr(" /,;", text[i]))
			return false;
	return text[name + 1] >= '1' && text[name + 1] <= '9' && length - name <= 8;
}

static bool is_address(const char *text)
{
	return (starts_with(text, "https://") || starts_with(text, "http://")) && strchr(text + 8, '.') &&
	       !strpbrk(text, " \"<>");
}

static void lint_reference(struct linter *linter, const struct node *node)
{
	const struct lint_options *options = linter->options;

	if (node->kind != NODE_SCALAR)
		return;
	if (!is_source_path(node->text)) {
		if (!is_man_page(node->text) && !is_address(node->text))
			lint_error(linter, node, "references: expected Documentation/…, a file of the kernel's sources, NAME(SECTION) "
						 "or an address, found '%s'", node->text);
		return;
	}
	if (options->exists && !options->exists(options->context, node->text))
		lint_error(linter, node, "references: '%s' is not in the kernel's sources", node->text);
}

void lint_references(struct linter *linter, const struct node *references)
{
	if (!references)
		return;
	if (references->kind == NODE_SCALAR)
		lint_reference(linter, references);
	for (uint32_t i = 0; references->kind == NODE_SEQUENCE && i < references->count; i++)
		lint_reference(linter, &references->items[i]);
}

/* ---- defaults ---- */

static bool in_range(const struct entry *entry, const struct value *value)
{
	long double number = unit_from_base(value->number, &entry->unit);

	return value->type != VALUE_NUMBER || !entry->has_range ||
	       (number >= (long double)entry->range_min && (number <= (long double)entry->range_max || value->number > 1e30L));
}

static bool is_known_value(const struct entry *entry, const char *text)
{
	for (size_t i = 0; i < entry->values.count; i++)
		if (streq(entry->values.items[i], text))
			return true;
	return entry->values.count == 0;
}

static bool is_number(const struct entry *entry)
{
	return entry->format == FORMAT_INTEGER || entry->format == FORMAT_REAL || entry->format == FORMAT_LIST ||
	       entry->format == FORMAT_HEX || entry->format == FORMAT_QUANTITY;
}

/* A value, an expression, or text in words.  0 may well be what cannot be written: it is off then. */
static void lint_default(struct linter *linter, const struct entry *entry, const struct node *node)
{
	struct expr_scope scope = { .registry = linter->registry, .about = entry->about, .settings_only = true };
	CLEANUP(program_free_ptr) struct program *program = NULL;
	struct expr_type wanted = expr_type_of_entry(entry);
	struct value value;
	char a[96], b[96];

	if (node->kind != NODE_SCALAR) {
		lint_error(linter, node, "default: expected a value, an expression or text");
		return;
	}
	if (default_is_words(node->text))
		return;
	value = value_of_setting(entry, node->text, strlen(node->text));
	if (value.number != 0 && !in_range(entry, &value))
		lint_error(linter, node, "default: %s is outside the range of %s", node->text, entry->id);
	if (entry->format == FORMAT_ENUM && value.type == VALUE_TEXT && !is_known_value(entry, node->text) &&
	    !strchr(node->text, ' '))
		lint_error(linter, node, "default: '%s' is not a value of %s", node->text, entry->id);
	if (value.type != VALUE_UNKNOWN || !is_number(entry))
		return;
	if (expr_compile(&scope, node, linter->diag, &program) == 0 && program_type(program).type != VALUE_LIST &&
	    !dimension_equal(program_type(program).dimension, wanted.dimension))
		lint_error(linter, node, "default: %s is in %s, found %s", entry->id, expr_type_describe(wanted, a, sizeof(a)),
			   expr_type_describe(program_type(program), b, sizeof(b)));
}

static bool is_version(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 3)
		return false;
	return !text[digits] || (text[digits] == '.' && is_version(text + digits + 1));
}

/* [{since: "5.4", value: 4096}, {value: 128}]: the first that fits */
static void lint_defaults(struct linter *linter, const struct entry *entry, const struct node *list)
{
	const char *before = NULL;

	for (uint32_t i = 0; i < list->count; i++) {
		const struct node *item = &list->items[i];
		const struct node *value = item->kind == NODE_MAPPING ? node_get(item, "value") : NULL;
		const struct node *since = item->kind == NODE_MAPPING ? node_get(item, "since") : NULL;

		if (!value) {
			lint_error(linter, item, "default: expected {since: VERSION, value: …}");
			continue;
		}
		lint_default(linter, entry, value);
		if (!since && i + 1 < list->count)
			lint_error(linter, item, "default: without since it fits always; those behind it are never looked at");
		if (!since)
			continue;
		if (since->kind != NODE_SCALAR || !is_version(since->text))
			lint_error(linter, since, "since: expected a kernel version like \"5.4\"");
		else if (before && version_compare(since->text, before) >= 0)
			lint_error(linter, since, "since: newer kernels stand first; this one is never looked at");
		before = since->kind == NODE_SCALAR && is_version(since->text) ? since->text : before;
	}
}

/* ---- tunables ---- */

static size_t position_in(const struct string_list *list, const char *id)
{
	size_t i = 0;

	while (i < list->count && !streq(list->items[i], id))
		i++;
	return i;
}

/* That they exist was checked when they were read.  One need not name the other in turn: a scheduler resets its settings,
 * not they the scheduler; and each may be written first when it is what is put back. */
static void lint_coupled(struct linter *linter, const struct entry *entry)
{
	const struct node *list = node_get(entry->node, "coupled");

	for (size_t i = 0; i < entry->coupled.count; i++) {
		const struct entry *other = registry_find(linter->registry, entry->coupled.items[i]);
		const struct node *at = list->kind == NODE_SEQUENCE ? &list->items[i] : list;

		if (position_in(&entry->coupled, entry->coupled.items[i]) < i)
			lint_error(linter, at, "coupled: %s stands there twice", entry->coupled.items[i]);
		if (other && other->class != ENTRY_TUNABLE)
			lint_error(linter, at, "coupled: %s is no tunable", other->id);
	}
}

static void lint_hazards(struct linter *linter, const struct entry *entry)
{
	const struct node *hazards = node_get(entry->node, "hazards");

	for (uint32_t i = 0; hazards && hazards->kind == NODE_SEQUENCE && i < hazards->count; i++) {
		const struct node *when = hazards->items[i].kind == NODE_MAPPING ? node_get(&hazards->items[i], "when") : NULL;
		struct expr_scope scope = { .registry = linter->registry, .about = entry->about, .target = entry,
					    .proposed = true };
		CLEANUP(program_free_ptr) struct program *program = NULL;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct bounds bounds;

		if (!when || expr_compile(&scope, when, &diag, &program) < 0)
			continue;
		bounds = bounds_of(program, program->root);
		if (!bounds.can_hold)
			lint_error(linter, when, "hazards: '%s' never holds", when->text);
	}
}

static void lint_setting(struct linter *linter, const struct entry *entry)
{
	const struct node *range = node_get(entry->node, "range"), *default_node = node_get(entry->node, "default");
	const struct node *values = node_get(entry->node, "values"), *fields = node_get(entry->node, "fields");

	if (range && entry->format != FORMAT_INTEGER && entry->format != FORMAT_REAL)
		lint_error(linter, range, "range: %s is no number", entry->id);
	if (values && entry->format != FORMAT_ENUM && entry->format != FORMAT_WORDS)
		lint_error(linter, values, "values: %s is no enum", entry->id);
	if (fields && entry->format != FORMAT_LIST)
		lint_error(linter, fields, "fields: %s is no list", entry->id);
	if (default_node && default_node->kind == NODE_SEQUENCE)
		lint_defaults(linter, entry, default_node);
	else if (default_node)
		lint_default(linter, entry, default_node);
}

/* ---- measured things ---- */

static void lint_pattern(struct linter *linter, const struct entry *entry)
{
	const struct node *node = node_get(entry->node, "pattern");
	PCRE2_UCHAR message[128];
	PCRE2_SIZE offset;
	int error;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)entry->pattern, PCRE2_ZERO_TERMINATED, PCRE2_NEVER_UTF, &error, &offset,
					 NULL);

	if (!code) {
		(void)pcre2_get_error_message(error, message, sizeof(message));
		lint_error(linter, node, "pattern: %s at character %zu", (const char *)message, (size_t)offset + 1);
		return;
	}
	pcre2_code_free(code);
}

void lint_entry(struct linter *linter, const struct entry *entry)
{
	lint_references(linter, node_get(entry->node, "references"));
	if (entry->class == ENTRY_TUNABLE) {
		lint_setting(linter, entry);
		lint_coupled(linter, entry);
		lint_hazards(linter, entry);
	}
	if (entry->class == ENTRY_LOG && entry->pattern)
		lint_pattern(linter, entry);
}

/* ---- what a rule sets ---- */

/* Whether there is a way to set it, and one back: tried on a subject such as there are. */
static void check_actuator(struct linter *linter, const struct rule *rule, const struct entry *entry,
			   const struct node *at)
{
	static const char *const names[SUBJECT_KIND_COUNT] = {
		[SUBJECT_KIND_CPU] = "cpu0", [SUBJECT_KIND_NUMA_NODE] = "node0", [SUBJECT_KIND_BLOCK] = "sda",
		[SUBJECT_KIND_MOUNT] = "/data", [SUBJECT_KIND_INTERFACE] = "eth0",
		[SUBJECT_KIND_CGROUP] = "/system.slice/a.service", [SUBJECT_KIND_UNIT] = "a.service",
		[SUBJECT_KIND_PROCESS] = "100 (a)", [SUBJECT_KIND_LISTENER] = "tcp 0.0.0.0:80",
	};
	const char *key = at->text + (starts_with(at->text, "self.") ? strlen("self.") : 0);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct change change = { .tunable = entry, .key = key, .from = "1", .to = "2" };
	const char *name = names[entry->about];

	change.subject = name ? snapshot_subject(snapshot, entry->about, name, "/sys/a") : SUBJECT_HOST;
	snapshot_set_string(snapshot, change.subject, key, "1", "/sys/a/b");
	action_commands(snapshot, linter->registry, &change, &arena);
	if (!change.apply && !change.persist && !node_get(entry->node, "note"))
		lint_error(linter, at, "%s: no command is known that sets %s, and its entry has no note that says why", rule->id,
			   entry->id);
	else if (change.apply && !change.rollback && entry->reversible == REVERSIBLE_YES)
		lint_error(linter, at, "%s: no command is known that puts %s back", rule->id, entry->id);
}

void lint_tunable(struct linter *linter, const struct rule *rule, const struct entry *entry, const struct node *at)
{
	if (entry->format == FORMAT_INTEGER && !entry->has_range)
		lint_error(linter, at, "%s: %s has no range, and what is proposed cannot be checked", rule->id, entry->id);
	if (entry->format == FORMAT_ENUM && entry->values.count == 0)
		lint_error(linter, at, "%s: %s has no values, and what is proposed cannot be checked", rule->id, entry->id);
	if (entry->reversible == REVERSIBLE_NO && !node_get(entry->node, "note"))
		lint_error(linter, at, "%s: %s cannot be put back, and its entry has no note that says why", rule->id, entry->id);
	if (entry->secret)
		lint_error(linter, at, "%s: %s is secret: its value is never captured", rule->id, entry->id);
	check_actuator(linter, rule, entry, at);
}
