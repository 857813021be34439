/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one rule.  Every mistake of a rule is reported, not only the first; a rule with one is left out. */
#include "rule.h"

#include <errno.h>
#include <math.h>

#include "../core/parse.h"
#include "../core/strbuf.h"

/* clang-format off */
static const char *const rule_keys[] = {
	"id", "title", "about", "where", "where_note", "use", "when", "held", "window", "elsewhere", "set", "to",
	"direction", "changes", "already", "advise", "severity", "because", "evidence", "side_effects",
	"takes_effect_note", "verify", "load", "threshold_note", "references", NULL,
};
static const char *const line_keys[] = {
	"id", "title", "about", "where", "where_note", "key", "must", "to", "judge", "advise", "severity", "because", "evidence",
	"breaks", "takes_effect_note", "references", NULL,
};
static const char *const judged_names[] = {
	[JUDGED_BOTH] = "both", [JUDGED_RUNNING] = "running", [JUDGED_BOOT] = "boot", NULL,
};
static const char *const use_keys[] = { "resource", "kind", NULL };
static const char *const change_keys[] = { "set", "to", "direction", NULL };
static const char *const said_keys[] = { "when", "say", NULL };
static const char *const use_kinds[] = { "utilisation", "saturation", "errors", NULL };
static const char *const directions[] = {
	[DIRECTION_ANY] = "any", [DIRECTION_RAISE] = "raise", [DIRECTION_LOWER] = "lower", NULL,
};
/* clang-format on */

struct loader {
	const struct registry *registry;
	const struct node *node;
	struct rule *rule;
	struct diag *diag;
	bool bad;
};

#define complain(loader, at, ...)                                                                                     \
	do {                                                                                                           \
		struct place place_ = node_place(at);                                                                  \
		(void)diag_error((loader)->diag, &place_, __VA_ARGS__);                                                \
		(loader)->bad = true;                                                                                  \
	} while (0)

static const char *load_text(struct loader *loader, const struct node *mapping, const char *key, bool required)
{
	const char *text = NULL;
	int r = node_get_text(mapping, key, loader->diag, &text);

	if (r == -ENOENT && required)
		complain(loader, mapping, "%s: %s is missing", loader->rule->id ? loader->rule->id : "rule", key);
	else if (r < 0 && r != -ENOENT)
		loader->bad = true;
	else if (r == 0 && !*text)
		complain(loader, node_get(mapping, key), "%s: expected text, found nothing", key);
	return text;
}

/* Position of text in names, or -1 after a complaint. */
static int find_name(struct loader *loader, const struct node *node, const char *key, const char *const names[])
{
	CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;

	for (int i = 0; names[i]; i++) {
		if (node->kind == NODE_SCALAR && streq(node->text, names[i]))
			return i;
		strbuf_addf(&known, "%s%s", i > 0 ? ", " : "", names[i]);
	}
	complain(loader, node, "%s: expected one of %s; found '%s'", key, known.buf,
		 node->kind == NODE_SCALAR ? node->text : "a list or mapping");
	return -1;
}

static struct expr_scope scope_of(const struct loader *loader)
{
	const struct rule *rule = loader->rule;

	return (struct expr_scope){
		.registry = loader->registry,
		.about = rule->about,
		.target = rule->n_changes == 1 ? rule->changes[0].tunable : NULL,
	};
}

static struct program *load_program(struct loader *loader, const struct node *node, const struct expr_scope *scope,
				    const char *key, enum value_type wanted)
{
	struct program *program = NULL;
	char found[96];

	if (!node)
		return NULL;
	if (expr_compile(scope, node, loader->diag, &program) < 0) {
		loader->bad = true;
		return NULL;
	}
	if (wanted != VALUE_UNKNOWN && program_type(program).type != wanted)
		complain(loader, node, "%s: expected a condition, found %s", key,
			 expr_type_describe(program_type(program), found, sizeof(found)));
	return program;
}

static void load_template(struct loader *loader, const struct node *mapping, const char *key,
			  const struct expr_scope *scope, struct text *text)
{
	const struct node *node = node_get(mapping, key);

	if (node && text_compile(scope, node, loader->diag, text) < 0)
		loader->bad = true;
}

/* lower-case, digits and hyphens: a promise, and a file name */
static bool id_is_good(const char *id)
{
	for (const char *c = id; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || (*c == '-' && c > id && c[1])))
			return false;
	return *id && strlen(id) <= 80;
}

static void load_identity(struct loader *loader)
{
	struct rule *rule = loader->rule;
	const struct node *about = node_get(loader->node, "about"), *severity = node_get(loader->node, "severity");

	rule->id = load_text(loader, loader->node, "id", true);
	if (rule->id && !id_is_good(rule->id))
		complain(loader, node_get(loader->node, "id"), "id: expected lower-case letters, digits and hyphens, found '%s'",
			 rule->id);
	rule->title = load_text(loader, loader->node, "title", true);
	if (load_text(loader, loader->node, "about", !rule->expects) && subject_kind_parse(about->text, &rule->about) < 0)
		complain(loader, about, "about: '%s' is no kind of subject", about->text);
	if (load_text(loader, loader->node, "severity", true) && severity_parse(severity->text, &rule->severity) < 0)
		complain(loader, severity, "severity: expected one of low, medium, high, critical; found '%s'",
			 severity->text);
	rule->where_note = load_text(loader, loader->node, "where_note", false);
	rule->takes_effect_note = load_text(loader, loader->node, "takes_effect_note", false);
	rule->threshold_note = load_text(loader, loader->node, "threshold_note", false);
}

static void load_use(struct loader *loader)
{
	const struct node *use = node_get(loader->node, "use"), *kind;

	if (!use)
		return;
	if (use->kind != NODE_MAPPING) {
		complain(loader, use, "use: expected {resource: …, kind: …}");
		return;
	}
	if (node_check_keys(use, use_keys, loader->diag) < 0)
		loader->bad = true;
	loader->rule->resource = load_text(loader, use, "resource", true);
	loader->rule->use_kind = load_text(loader, use, "kind", true);
	kind = node_get(use, "kind");
	if (kind)
		(void)find_name(loader, kind, "kind", use_kinds);
}

static void load_references(struct loader *loader)
{
	const struct node *node = node_get(loader->node, "references");
	struct string_list *list = &loader->rule->references;

	if (!node || node->kind != NODE_SEQUENCE || node->count == 0) {
		complain(loader, node ? node : loader->node, "references: expected a list of texts");
		return;
	}
	list->items = xcalloc(node->count, sizeof(*list->items));
	for (size_t i = 0; i < node->count; i++) {
		if (node->items[i].kind != NODE_SCALAR)
			complain(loader, &node->items[i], "references: expected text");
		list->items[list->count++] = node->items[i].text;
	}
}

/* "10%" */
static void load_held(struct loader *loader)
{
	const char *text = load_text(loader, loader->node, "held", false);
	size_t length = text ? strlen(text) : 0;
	CLEANUP(free_ptr) char *number = length > 0 ? xstrndup(text, length - 1) : NULL;
	double percent;

	if (length == 0)
		return;
	if (text[length - 1] != '%' || parse_real(number, &percent) < 0 || !(percent > 0 && percent <= 100))
		complain(loader, node_get(loader->node, "held"), "held: expected a share like 10%%, found '%s'", text);
	else
		loader->rule->held = percent / 100;
}

static void load_window(struct loader *loader)
{
	const char *text = load_text(loader, loader->node, "window", false);
	uint64_t msec;

	if (!text)
		return;
	if (parse_duration_msec(text, &msec) < 0 || msec == 0 || msec > 86400000)
		complain(loader, node_get(loader->node, "window"), "window: expected a duration like 30s, found '%s'", text);
	else
		loader->rule->window_sec = (double)msec / 1000;
}

/* ---- what is changed ---- */

static const struct entry *load_target(struct loader *loader, const struct node *set, struct rule_change *change)
{
	enum subject_kind about = SUBJECT_KIND_HOST;
	const struct entry *entry;

	change->key = set->text;
	if (starts_with(set->text, "self.")) {
		change->self = loader->rule->about != SUBJECT_KIND_HOST;
		change->key += strlen("self.");
		about = loader->rule->about;
	}
	entry = registry_find_key(loader->registry, about, change->key);
	if (!entry) {
		bool own = registry_find_key(loader->registry, loader->rule->about, set->text) != NULL;

		complain(loader, set, "set: unknown tunable '%s'%s%s", set->text, own ? "; write self." : "",
			 own ? set->text : "");
		return NULL;
	}
	if (entry->class != ENTRY_TUNABLE) {
		complain(loader, set, "set: '%s' can be read, but is no tunable", set->text);
		return NULL;
	}
	if (strchr(change->key, '*')) {
		complain(loader, set, "set: '%s' is a pattern; a rule sets one key", set->text);
		return NULL;
	}
	return entry;
}

static void load_direction(struct loader *loader, const struct node *mapping, struct rule_change *change)
{
	const struct node *node = node_get(mapping, "direction");
	bool numeric = change->tunable->format == FORMAT_INTEGER || change->tunable->format == FORMAT_REAL ||
		       change->tunable->format == FORMAT_LIST || change->tunable->format == FORMAT_QUANTITY;
	int direction;

	if (!node) {
		if (numeric)
			complain(loader, mapping, "direction is missing: raise, lower or any");
		return;
	}
	direction = find_name(loader, node, "direction", directions);
	if (direction < 0)
		return;
	change->direction = (enum direction)direction;
	if (!numeric && direction != DIRECTION_ANY)
		complain(loader, node, "direction: %s is no number; leave it out", change->tunable->id);
}

/* Whether a proposal is a value of its tunable. */
static void check_proposal(struct loader *loader, const struct node *node, const struct rule_change *change)
{
	const struct entry *entry = change->tunable;
	struct expr_type wanted = expr_type_of_entry(entry), found = program_type(change->to);
	size_t length;
	const char *text = program_literal_text(change->to, &length);
	char a[96], b[96];
	bool fits = wanted.type == found.type && wanted.item == found.item;

	/* A list of words is written as text. */
	if (entry->format == FORMAT_WORDS)
		fits = found.type == VALUE_TEXT;
	if (fits && (found.type == VALUE_NUMBER || (found.type == VALUE_LIST && found.item == VALUE_NUMBER)))
		fits = dimension_equal(wanted.dimension, found.dimension);
	if (!fits) {
		complain(loader, node, "to: %s takes %s, found %s", entry->id, expr_type_describe(wanted, a, sizeof(a)),
			 expr_type_describe(found, b, sizeof(b)));
		return;
	}
	if (wanted.scaled && !found.ratio) {
		complain(loader, node, "to: %s is in percent, found a plain number: write the %% sign", entry->id);
		return;
	}
	if (!text || entry->format != FORMAT_ENUM || entry->values.count == 0)
		return;
	for (size_t i = 0; i < entry->values.count; i++)
		if (strlen(entry->values.items[i]) == length && memcmp(entry->values.items[i], text, length) == 0)
			return;
	complain(loader, node, "to: '%.*s' is not a value of %s", (int)length, text, entry->id);
}

static void load_change(struct loader *loader, const struct node *mapping)
{
	const struct node *set = node_get(mapping, "set"), *to = node_get(mapping, "to");
	struct rule *rule = loader->rule;
	struct rule_change *change = &rule->changes[rule->n_changes];
	struct expr_scope scope;

	if (!set || set->kind != NODE_SCALAR || !to) {
		complain(loader, set ? set : mapping, "set and to belong together: set a key to an expression");
		return;
	}
	if (rule->n_changes >= RULE_CHANGES_MAX) {
		complain(loader, mapping, "more than %d changes", RULE_CHANGES_MAX);
		return;
	}
	*change = (struct rule_change){ 0 };
	change->tunable = load_target(loader, set, change);
	if (!change->tunable)
		return;
	rule->n_changes++;
	load_direction(loader, mapping, change);
	scope = scope_of(loader);
	scope.target = change->tunable;
	change->to = load_program(loader, to, &scope, "to", VALUE_UNKNOWN);
	if (change->to)
		check_proposal(loader, to, change);
}

static void load_changes(struct loader *loader)
{
	const struct node *changes = node_get(loader->node, "changes"), *set = node_get(loader->node, "set");
	const struct node *advise = node_get(loader->node, "advise");
	unsigned int ways = (changes != NULL) + (set != NULL) + (advise != NULL);

	if (ways != 1) {
		complain(loader, loader->node, "%s: exactly one of set, changes and advise, found %u",
			 loader->rule->id ? loader->rule->id : "rule", ways);
		return;
	}
	if (set) {
		load_change(loader, loader->node);
		return;
	}
	if (node_get(loader->node, "to"))
		complain(loader, node_get(loader->node, "to"), "to: without set");
	if (node_get(loader->node, "direction"))
		complain(loader, node_get(loader->node, "direction"), "direction: without set");
	if (!changes)
		return;
	if (changes->kind != NODE_SEQUENCE || changes->count == 0) {
		complain(loader, changes, "changes: expected a list of {set: …, to: …, direction: …}");
		return;
	}
	for (size_t i = 0; i < changes->count; i++) {
		if (changes->items[i].kind != NODE_MAPPING) {
			complain(loader, &changes->items[i], "changes: expected {set: …, to: …, direction: …}");
			continue;
		}
		if (node_check_keys(&changes->items[i], change_keys, loader->diag) < 0)
			loader->bad = true;
		load_change(loader, &changes->items[i]);
	}
}

/* key, and to: a line says what is to be written, or advises what else is to be done, or both. */
static void load_key(struct loader *loader)
{
	const struct node *key = node_get(loader->node, "key"), *to = node_get(loader->node, "to");
	struct rule *rule = loader->rule;
	struct rule_change *change = &rule->changes[0];
	enum subject_kind about = SUBJECT_KIND_HOST;
	struct expr_scope scope;

	if (!to && !node_get(loader->node, "advise"))
		complain(loader, loader->node, "%s: to or advise is missing: what is to be done", rule->id ? rule->id : "line");
	if (!load_text(loader, loader->node, "key", true))
		return;
	rule->key = key->text;
	if (starts_with(key->text, "self.")) {
		rule->key_self = rule->about != SUBJECT_KIND_HOST;
		rule->key += strlen("self.");
		about = rule->about;
	}
	if (!registry_find_key(loader->registry, about, rule->key)) {
		complain(loader, key, "key: unknown key '%s'", key->text);
		return;
	}
	if (!to)
		return;
	change->tunable = load_target(loader, key, change);
	if (!change->tunable)
		return;
	rule->n_changes = 1;
	scope = scope_of(loader);
	change->to = load_program(loader, to, &scope, "to", VALUE_UNKNOWN);
	if (change->to)
		check_proposal(loader, to, change);
}

static void load_judged(struct loader *loader)
{
	const struct node *node = node_get(loader->node, "judge");
	int judged = node ? find_name(loader, node, "judge", judged_names) : 0;

	loader->rule->judged = judged < 0 ? JUDGED_BOTH : (enum judged)judged;
}

/* ---- conditions ---- */

static void load_where(struct loader *loader)
{
	const struct node *node = node_get(loader->node, "where");
	struct expr_scope scope = scope_of(loader);
	struct program_uses uses;

	loader->rule->where = load_program(loader, node, &scope, "where", VALUE_BOOL);
	if (!loader->rule->where)
		return;
	uses = program_uses(loader->rule->where);
	if (uses.counters || uses.totals || uses.intervals)
		complain(loader, node, "where: says what the subject is; what is measured belongs in when");
}

/* What must hold, of settings alone: an audit measures nothing. */
static void load_must(struct loader *loader)
{
	const struct node *node = node_get(loader->node, "must");
	struct expr_scope scope = scope_of(loader);

	scope.settings_only = true;
	if (!node)
		complain(loader, loader->node, "%s: must is missing", loader->rule->id ? loader->rule->id : "line");
	loader->rule->when = load_program(loader, node, &scope, "must", VALUE_BOOL);
}

static void load_when(struct loader *loader)
{
	const struct node *node = node_get(loader->node, "when");
	struct expr_scope scope = scope_of(loader);
	struct rule *rule = loader->rule;
	struct program_uses uses;

	if (!node)
		complain(loader, loader->node, "%s: when is missing", rule->id ? rule->id : "rule");
	rule->when = load_program(loader, node, &scope, "when", VALUE_BOOL);
	load_held(loader);
	load_window(loader);
	if (!rule->when)
		return;
	uses = program_uses(rule->when);
	rule->measures = uses.counters || uses.gauges || uses.totals;
	if (rule->measures && rule->window_sec == 0 && !node_get(loader->node, "window"))
		complain(loader, node, "window is missing: %s looks at metrics",
			 rule->id ? rule->id : "the rule");
	if (rule->held > 0 && !rule->measures)
		complain(loader, node_get(loader->node, "held"), "held: the rule measures nothing");
	if (rule->held > 0 && uses.intervals)
		complain(loader, node_get(loader->node, "held"),
			 "held: counts intervals, but when already speaks of all of them (p95, share …)");
}

static void load_elsewhere(struct loader *loader)
{
	const struct node *list = node_get(loader->node, "elsewhere");
	struct expr_scope scope = scope_of(loader);
	struct rule *rule = loader->rule;

	if (!list)
		return;
	if (list->kind != NODE_SEQUENCE || list->count == 0) {
		complain(loader, list, "elsewhere: expected a list of {when: …, say: …}");
		return;
	}
	rule->elsewhere = xcalloc(list->count, sizeof(*rule->elsewhere));
	for (size_t i = 0; i < list->count; i++) {
		const struct node *item = &list->items[i];
		struct said *said = &rule->elsewhere[rule->n_elsewhere++];

		if (item->kind != NODE_MAPPING || !node_get(item, "when") || !node_get(item, "say")) {
			complain(loader, item, "elsewhere: expected {when: …, say: …}");
			continue;
		}
		if (node_check_keys(item, said_keys, loader->diag) < 0)
			loader->bad = true;
		said->when = load_program(loader, node_get(item, "when"), &scope, "when", VALUE_BOOL);
		load_template(loader, item, "say", &scope, &said->say);
	}
}

static void load_evidence(struct loader *loader)
{
	const struct node *list = node_get(loader->node, "evidence");
	struct expr_scope scope = scope_of(loader);
	struct rule *rule = loader->rule;

	if (!list)
		return;
	if (list->kind != NODE_SEQUENCE) {
		complain(loader, list, "evidence: expected a list of expressions");
		return;
	}
	rule->evidence = xcalloc(list->count + 1, sizeof(*rule->evidence));
	for (size_t i = 0; i < list->count; i++) {
		struct program *program = load_program(loader, &list->items[i], &scope, "evidence", VALUE_UNKNOWN);

		if (program)
			rule->evidence[rule->n_evidence++] = program;
	}
}

static void load_texts(struct loader *loader)
{
	struct expr_scope scope = scope_of(loader);
	struct rule *rule = loader->rule;

	if (!node_get(loader->node, "because"))
		complain(loader, loader->node, "%s: because is missing", rule->id ? rule->id : "rule");
	rule->load = load_program(loader, node_get(loader->node, "load"), &scope, "load", VALUE_UNKNOWN);
	if (rule->load && (program_type(rule->load).type != VALUE_NUMBER || !program_is_measured(rule->load)))
		complain(loader, node_get(loader->node, "load"), "load: expected a number that is measured in each interval");
	rule->verify = load_program(loader, node_get(loader->node, "verify"), &scope, "verify", VALUE_BOOL);
	load_template(loader, loader->node, "already", &scope, &rule->already);
	scope.proposed = true;
	load_template(loader, loader->node, "because", &scope, &rule->because);
	load_template(loader, loader->node, "advise", &scope, &rule->advise);
	load_template(loader, loader->node, rule->expects ? "breaks" : "side_effects", &scope, &rule->side_effects);
}

/* Takes over the rule: ret_rule, or it is freed. */
static int load_end(struct loader *loader, struct rule **ret_rule)
{
	if (loader->bad) {
		rule_free(loader->rule);
		return -EINVAL;
	}
	*ret_rule = loader->rule;
	return 0;
}

int expectation_load(const struct registry *registry, const char *policy, const struct node *node, struct diag *diag,
		     struct rule **ret_rule)
{
	struct loader loader = { .registry = registry, .node = node, .diag = diag };
	struct place place = node_place(node);

	if (node->kind != NODE_MAPPING)
		return diag_error(diag, &place, "expected a line of a policy: a mapping with id, title, key, must …");
	loader.rule = xcalloc(1, sizeof(*loader.rule));
	loader.rule->node = node;
	loader.rule->expects = true;
	if (node_check_keys(node, line_keys, diag) < 0)
		loader.bad = true;
	load_identity(&loader);
	load_references(&loader);
	load_judged(&loader);
	load_key(&loader);
	load_where(&loader);
	load_must(&loader);
	load_evidence(&loader);
	load_texts(&loader);
	if (loader.rule->id) {
		loader.rule->own_id = xasprintf("%s/%s", policy, loader.rule->id);
		loader.rule->id = loader.rule->own_id;
	}
	return load_end(&loader, ret_rule);
}

int rule_load(const struct registry *registry, const struct node *node, struct diag *diag, struct rule **ret_rule)
{
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	struct loader loader = { .registry = registry, .node = node_unpack(&scratch, node), .diag = diag };
	struct place place = node_place(node);

	if (loader.node->kind != NODE_MAPPING)
		return diag_error(diag, &place, "expected a rule: a mapping with id, title, about, when …");
	loader.rule = xcalloc(1, sizeof(*loader.rule));
	loader.rule->node = node;
	if (node_check_keys(loader.node, rule_keys, diag) < 0)
		loader.bad = true;
	load_identity(&loader);
	load_use(&loader);
	load_references(&loader);
	load_changes(&loader);
	load_where(&loader);
	load_when(&loader);
	load_elsewhere(&loader);
	load_evidence(&loader);
	load_texts(&loader);
	return load_end(&loader, ret_rule);
}

void rule_free(struct rule *rule)
{
	if (!rule)
		return;
	program_free(rule->where);
	program_free(rule->when);
	program_free(rule->verify);
	program_free(rule->load);
	for (size_t i = 0; i < rule->n_elsewhere; i++) {
		program_free(rule->elsewhere[i].when);
		text_release(&rule->elsewhere[i].say);
	}
	free(rule->elsewhere);
	for (size_t i = 0; i < rule->n_changes; i++)
		program_free(rule->changes[i].to);
	for (size_t i = 0; i < rule->n_evidence; i++)
		program_free(rule->evidence[i]);
	free(rule->evidence);
	text_release(&rule->already);
	text_release(&rule->advise);
	text_release(&rule->because);
	text_release(&rule->side_effects);
	free(rule->references.items);
	free(rule->own_id);
	free(rule);
}

void rule_bind(struct rule *rule, const struct snapshot *snapshot)
{
	if (rule->where)
		program_bind(rule->where, snapshot);
	program_bind(rule->when, snapshot);
	for (size_t i = 0; i < rule->n_elsewhere; i++) {
		program_bind(rule->elsewhere[i].when, snapshot);
		text_bind(&rule->elsewhere[i].say, snapshot);
	}
	for (size_t i = 0; i < rule->n_changes; i++) {
		program_bind(rule->changes[i].to, snapshot);
		rule->targets[i] = snapshot_key_find(snapshot, rule->changes[i].key);
	}
	for (size_t i = 0; i < rule->n_evidence; i++)
		program_bind(rule->evidence[i], snapshot);
	if (rule->verify)
		program_bind(rule->verify, snapshot);
	if (rule->load)
		program_bind(rule->load, snapshot);
	text_bind(&rule->already, snapshot);
	text_bind(&rule->advise, snapshot);
	text_bind(&rule->because, snapshot);
	text_bind(&rule->side_effects, snapshot);
}
