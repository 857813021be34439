/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of expressions: found in the registry, or the nearest one named. */
#include "expr-compiler.h"

#include "../core/parse.h"

struct key expr_key_of(const struct compiler *compiler, const struct ast *ast)
{
	struct key key = {
		.text = compiler->source->text + ast->name_offset,
		.length = ast->name_length,
	};

	if (key.length > 5 && memcmp(key.text, "self.", 5) == 0) {
		key.self = true;
		key.text += 5;
		key.length -= 5;
	}
	return key;
}

static const struct entry *nearest_key(const struct registry *registry, enum subject_kind about, const char *key)
{
	unsigned int best = (unsigned int)MIN(strlen(key) / 3 + 1, 6) + 1;
	const struct entry *nearest = NULL;

	for (size_t i = 0; i < registry_total(registry); i++) {
		const struct entry *entry = registry_at(registry, i);
		unsigned int d;

		if (entry->about != about)
			continue;
		d = word_distance(key, entry->key, best - 1);
		if (d < best) {
			best = d;
			nearest = entry;
		}
	}
	return nearest;
}

static int unknown_key(struct compiler *compiler, const struct ast *ast, const struct key *key, const char *name)
{
	enum subject_kind about = key->self ? compiler->scope.about : SUBJECT_KIND_HOST, kind;
	const struct registry *registry = compiler->scope.registry;
	const char *prefix = key->self ? "self." : "";
	CLEANUP(free_ptr) char *first = xstrndup(name, strcspn(name, "."));
	const struct entry *nearest;

	if (!key->self && compiler->scope.about != SUBJECT_KIND_HOST &&
	    registry_find_key(registry, compiler->scope.about, name))
		return fail(compiler, ast, "unknown key '%s' of the host; a %s has it: write self.%s", name,
			    subject_kind_name(compiler->scope.about), name);
	if (!key->self && subject_kind_parse(first, &kind) == 0 && registry_find(registry, name))
		return fail(compiler, ast, "'%s' belongs to each %s: write self.%s in a rule about: %s, or any(%s, …)", name,
			    first, name + strlen(first) + 1, first, first);
	if (key->self && registry_find_key(registry, SUBJECT_KIND_HOST, name))
		return fail(compiler, ast, "a %s has no key '%s'; the host has it: write %s",
			    subject_kind_name(compiler->scope.about), name, name);

	nearest = nearest_key(registry, about, name);
	if (nearest)
		return fail(compiler, ast, "unknown key '%s%s'; the nearest is '%s%s'", prefix, name, prefix, nearest->key);
	if (strchr(name, '-'))
		return fail(compiler, ast, "unknown key '%s%s'; a minus that subtracts has blanks around it", prefix, name);
	return fail(compiler, ast, "unknown key '%s%s'", prefix, name);
}

/* Finds the entry behind a key node; *ret_name is the key, to be freed. */
int expr_resolve_key(struct compiler *compiler, const struct ast *ast, const struct key *key,
		       const struct entry **ret_entry, char **ret_name)
{
	enum subject_kind about = key->self ? compiler->scope.about : SUBJECT_KIND_HOST;
	CLEANUP(free_ptr) char *name = xstrndup(key->text, key->length);
	const struct entry *entry;

	if (strchr(name, '*'))
		return fail(compiler, ast, "'%s' is a pattern; an expression needs one key", name);
	if (streq(name, "self") && !ast->quoted_name)
		return fail(compiler, ast, "expected self.KEY");
	entry = registry_find_key(compiler->scope.registry, about, name);
	if (!entry)
		return unknown_key(compiler, ast, key, name);
	if (entry->secret)
		return fail(compiler, ast, "'%s' is secret: its value is never captured", name);
	*ret_entry = entry;
	*ret_name = steal_ptr(&name);
	return 0;
}

/* Puts the key into an op; takes name. */
void expr_set_key(struct compiler *compiler, int op, const struct key *key, const struct entry *entry, char *name)
{
	struct op *added = &compiler->ops[op];

	added->entry = entry;
	added->self = key->self;
	if (key->self && compiler->in_subjects == 0)
		compiler->uses.self = true;
	if (streq(name, entry->key)) {
		added->key = entry->key;
		free(name);
	} else {
		added->key = name;
		added->key_owned = true;
	}
}

/* The switch that stops a metric from counting is compiled into every program that uses the metric. */
static int compile_frozen(struct compiler *compiler, const struct entry *entry, int metric)
{
	const struct node *node = entry->node ? node_get(entry->node, "frozen_when") : NULL;
	const struct expr_source *saved_source = compiler->source;
	const struct ast_tree *saved_tree = compiler->tree;
	struct expr_scope saved_scope = compiler->scope;
	struct expr_source source;
	struct ast_tree *tree;
	int op, r;

	if (!node || node->kind != NODE_SCALAR || compiler->in_frozen > 0)
		return 0;
	tree = xmalloc(sizeof(*tree));
	source = (struct expr_source){ .text = node->text, .length = strlen(node->text), .node = node,
				       .diag = compiler->source->diag };
	r = expr_parse(&source, tree);
	if (r == 0) {
		compiler->source = &source;
		compiler->tree = tree;
		compiler->scope.about = entry->about;
		compiler->scope.target = NULL;
		compiler->scope.settings_only = true;
		compiler->in_frozen++;
		op = expr_compile_node(compiler, tree->root);
		r = op < 0 ? op : expr_need_type(compiler, ast_at(compiler, tree->root), op, VALUE_BOOL, "frozen_when");
		compiler->in_frozen--;
		compiler->scope = saved_scope;
		compiler->source = saved_source;
		compiler->tree = saved_tree;
		if (r == 0) {
			/* It is evaluated once for the whole window, whatever the slot. */
			compiler->ops[metric].frozen = (uint16_t)(op + 1);
			compiler->ops[metric].text = node->text;
			compiler->ops[metric].text_length = strlen(node->text);
		}
	}
	free(tree);
	return r;
}

int expr_emit_metric(struct compiler *compiler, const struct ast *ast, enum op_code code, struct expr_type type,
		       const struct key *key, const struct entry *entry, char *name)
{
	CLEANUP(free_ptr) char *owned = name;
	int op, r;

	if (compiler->scope.settings_only)
		return fail(compiler, ast, "'%s' is a metric; only settings may be used here", name);
	op = expr_emit(compiler, ast, code, type, NULL, 0);
	if (op < 0)
		return op;
	expr_set_key(compiler, op, key, entry, steal_ptr(&owned));
	compiler->ops[op].slots_differ = code != OP_TOTAL;
	if (code == OP_TOTAL)
		compiler->uses.totals = true;
	else if (code == OP_GAUGE)
		compiler->uses.gauges = true;
	else
		compiler->uses.counters = true;
	r = compile_frozen(compiler, entry, op);
	if (r < 0)
		return r;
	expr_add_term(compiler, op);
	return op;
}

static int compile_target(struct compiler *compiler, const struct ast *ast, bool proposed)
{
	const char *name = proposed ? "proposed" : "current";
	int op;

	if (!compiler->scope.target)
		return fail(compiler, ast, "'%s' has no meaning here: no single tunable is set", name);
	if (proposed && !compiler->scope.proposed)
		return fail(compiler, ast, "'proposed' is not known here; use current");
	op = expr_emit(compiler, ast, proposed ? OP_PROPOSED : OP_CURRENT, expr_type_of_entry(compiler->scope.target), NULL, 0);
	if (op < 0)
		return op;
	compiler->ops[op].entry = compiler->scope.target;
	compiler->ops[op].key = compiler->scope.target->key;
	if (proposed)
		compiler->uses.proposed = true;
	else
		compiler->uses.current = true;
	return op;
}

int expr_compile_key(struct compiler *compiler, const struct ast *ast)
{
	struct key key = expr_key_of(compiler, ast);
	const struct entry *entry;
	char *name;
	int op, r;

	if (!ast->quoted_name && key.length == 7 && memcmp(key.text, "current", 7) == 0)
		return compile_target(compiler, ast, false);
	if (!ast->quoted_name && key.length == 8 && memcmp(key.text, "proposed", 8) == 0)
		return compile_target(compiler, ast, true);
	r = expr_resolve_key(compiler, ast, &key, &entry, &name);
	if (r < 0)
		return r;

	if (entry_is_counter(entry)) {
		r = fail(compiler, ast, "'%s' is a counter: use rate(%s), delta(%s) or total(%s)", name, name, name, name);
		free(name);
		return r;
	}
	if (entry_is_metric(entry))
		return expr_emit_metric(compiler, ast, OP_GAUGE, expr_type_of_entry(entry), &key, entry, name);

	op = expr_emit(compiler, ast, OP_SETTING, expr_type_of_entry(entry), NULL, 0);
	if (op < 0) {
		free(name);
		return op;
	}
	expr_set_key(compiler, op, &key, entry, name);
	expr_add_term(compiler, op);
	return op;
}

/* The number of an item: KEY[2], KEY[max]. */
static int index_of(struct compiler *compiler, const struct ast *ast, const struct entry *entry, size_t *ret_index)
{
	if (ast->kind == AST_NUMBER && !ast->has_unit && ast->number == (size_t)ast->number) {
		*ret_index = (size_t)ast->number;
		if (entry->n_fields > 0 && *ret_index >= entry->n_fields)
			return fail(compiler, ast, "'%s' has %zu items, counted from 0", entry->key, entry->n_fields);
		return 0;
	}
	for (size_t i = 0; ast->kind == AST_KEY && i < entry->n_fields; i++) {
		if (strlen(entry->fields[i]) == ast->name_length &&
		    memcmp(entry->fields[i], compiler->source->text + ast->name_offset, ast->name_length) == 0) {
			*ret_index = i;
			return 0;
		}
	}
	return fail(compiler, ast, "expected the number of an item, counted from 0%s, found '%.*s'",
		    entry->n_fields > 0 ? ", or its name" : "", ast_text(compiler, ast));
}

int expr_compile_index(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *list = ast_at(compiler, ast_child(compiler, ast, 0));
	uint16_t child;
	struct expr_type type;
	size_t index = 0;
	char found[96];
	int op, r;

	compiler->quiet_terms++;
	op = expr_compile_node(compiler, ast_child(compiler, ast, 0));
	compiler->quiet_terms--;
	if (op < 0)
		return op;
	child = (uint16_t)op;
	type = compiler->ops[child].type;
	if (type.type != VALUE_LIST || type.item != VALUE_NUMBER || !compiler->ops[child].entry)
		return fail(compiler, list, "only a setting that is a list of numbers has items; found %s",
			    expr_type_describe(type, found, sizeof(found)));
	r = index_of(compiler, ast_at(compiler, ast_child(compiler, ast, 1)), compiler->ops[child].entry, &index);
	if (r < 0)
		return r;

	type.type = VALUE_NUMBER;
	type.item = VALUE_UNKNOWN;
	op = expr_emit(compiler, ast, OP_INDEX, type, &child, 1);
	if (op < 0)
		return op;
	compiler->ops[op].index = index;
	compiler->ops[op].entry = compiler->ops[child].entry;
	compiler->ops[op].key = compiler->ops[child].key;
	compiler->ops[op].self = compiler->ops[child].self;
	if (compiler->ops[child].code == OP_SETTING)
		expr_add_term(compiler, op);
	return op;
}
