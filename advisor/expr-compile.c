/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of an expression into a program: every key found in the registry, every type and dimension checked. */
#include "expr-internal.h"

#include <stdio.h>

#include "../core/strbuf.h"

struct compiler {
	struct expr_scope scope;
	const struct expr_source *source;
	const struct ast_tree *tree;
	struct op ops[EXPR_NODES_MAX * 2];
	uint16_t op_count;
	uint16_t children[EXPR_NODES_MAX * 2];
	uint16_t child_count;
	struct program_uses uses;
	unsigned int in_interval, in_subjects, in_frozen;
	struct { uint16_t op; } terms[EXPR_NODES_MAX];
	uint16_t term_count;
	unsigned int quiet_terms;	/* inside a term: what it holds is not one of its own */
};

static int compile(struct compiler *compiler, uint16_t index);

static const struct ast *ast_at(const struct compiler *compiler, uint16_t index)
{
	return &compiler->tree->nodes[index];
}

static uint16_t ast_child(const struct compiler *compiler, const struct ast *ast, unsigned int nth)
{
	uint16_t child = ast->first;

	while (nth-- > 0)
		child = ast_at(compiler, child)->next;
	return child;
}

#define ast_text(compiler, ast) (int)MIN((ast)->length, 60U), (compiler)->source->text + (ast)->offset
#define fail(compiler, ast, ...) expr_error((compiler)->source, (ast)->offset, __VA_ARGS__)

/* ---- types ---- */

static const struct expr_type type_bool = { .type = VALUE_BOOL };
static const struct expr_type type_text = { .type = VALUE_TEXT };
static const struct expr_type type_plain = { .type = VALUE_NUMBER };
static const struct expr_type type_ratio = { .type = VALUE_NUMBER, .ratio = true };

const char *expr_type_describe(struct expr_type type, char *buffer, size_t size)
{
	char dimension[64];

	switch (type.type) {
	case VALUE_BOOL:
		snprintf(buffer, size, "true or false");
		break;
	case VALUE_TEXT:
		snprintf(buffer, size, "text");
		break;
	case VALUE_NUMBER:
		snprintf(buffer, size, "%s",
			 type.scaled ? "percent" : dimension_describe(type.dimension, dimension, sizeof(dimension)));
		break;
	case VALUE_LIST:
		if (type.item == VALUE_TEXT)
			snprintf(buffer, size, "a list of words");
		else
			snprintf(buffer, size, "a list of %s",
				 dimension_equal(type.dimension, (struct dimension){ 0 })
					 ? "numbers"
					 : dimension_describe(type.dimension, dimension, sizeof(dimension)));
		break;
	case VALUE_UNKNOWN:
		snprintf(buffer, size, "nothing");
		break;
	}
	return buffer;
}

static bool unit_text_is_ratio(const char *text)
{
	static const char *const names[] = { "%", "percent", "permille", "per10000", "ratio" };

	for (size_t i = 0; text && i < ARRAY_SIZE(names); i++)
		if (streq(names[i], text))
			return true;
	return false;
}

struct expr_type expr_type_of_entry(const struct entry *entry)
{
	struct expr_type type = { .type = VALUE_NUMBER, .dimension = entry->unit.dimension };

	type.ratio = unit_text_is_ratio(entry->unit_text);
	type.scaled = type.ratio && entry->unit.scale < 1;
	if (entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG)
		return type;

	switch (entry->format) {
	case FORMAT_BOOL:
		return type_bool;
	case FORMAT_TEXT:
	case FORMAT_ENUM:
		return type_text;
	case FORMAT_LIST:
		type.type = VALUE_LIST;
		type.item = VALUE_NUMBER;
		return type;
	case FORMAT_WORDS:
		return (struct expr_type){ .type = VALUE_LIST, .item = VALUE_TEXT };
	case FORMAT_HEX:
		return type_plain;
	case FORMAT_INTEGER:
	case FORMAT_REAL:
		break;
	}
	return type;
}

/* A rate: per second.  Seconds per second are a share of the time. */
static struct expr_type type_per_second(struct expr_type type)
{
	static const struct dimension second = { .seconds = 1 }, none = { 0 };

	type.ratio = type.dimension.seconds == 1;
	type.scaled = false;
	type.dimension = dimension_divide(type.dimension, second);
	type.ratio = type.ratio && dimension_equal(type.dimension, none);
	return type;
}

static bool is_plain_literal(const struct ast *ast)
{
	return (ast->kind == AST_NUMBER && !ast->has_unit);
}

static const char *dimension_hint(struct dimension a, struct dimension b)
{
	static const struct dimension none = { 0 };

	if (dimension_equal(a, none) || dimension_equal(b, none))
		return "; write the unit";
	if (dimension_equal(dimension_multiply(a, (struct dimension){ .bytes = 1, .pages = -1 }), b) ||
	    dimension_equal(dimension_multiply(b, (struct dimension){ .bytes = 1, .pages = -1 }), a))
		return "; multiply pages by page_size";
	if (dimension_equal(dimension_multiply(a, (struct dimension){ .seconds = -1 }), b) ||
	    dimension_equal(dimension_multiply(b, (struct dimension){ .seconds = -1 }), a))
		return "; one of them is per second";
	return "";
}

/* Both must be numbers of one dimension; verb: "compare", "add".  *into becomes the type of both together. */
static int unify_numbers(struct compiler *compiler, const struct ast *at, const char *verb, const struct ast *left,
			 struct expr_type *into, const struct ast *right, struct expr_type other)
{
	char a[96], b[96];

	if (into->type != other.type || (into->type != VALUE_NUMBER))
		return fail(compiler, at, "cannot %s %s with %s", verb, expr_type_describe(*into, a, sizeof(a)),
			    expr_type_describe(other, b, sizeof(b)));
	if (!dimension_equal(into->dimension, other.dimension))
		return fail(compiler, at, "cannot %s %s with %s%s", verb, expr_type_describe(*into, a, sizeof(a)),
			    expr_type_describe(other, b, sizeof(b)), dimension_hint(into->dimension, other.dimension));
	if ((into->scaled && is_plain_literal(right)) || (other.scaled && is_plain_literal(left))) {
		const struct ast *literal = into->scaled ? right : left;

		return fail(compiler, literal, "cannot %s percent with a plain number: write %.*s%%", verb,
			    ast_text(compiler, literal));
	}
	into->ratio = into->ratio || other.ratio;
	into->scaled = into->scaled || other.scaled;
	return 0;
}

static int need_type(struct compiler *compiler, const struct ast *ast, int op, enum value_type wanted,
		     const char *where)
{
	char found[96];
	struct expr_type type = compiler->ops[op].type;

	if (type.type == wanted)
		return 0;
	return fail(compiler, ast, "%s: expected %s, found %s", where,
		    wanted == VALUE_BOOL ? "a condition" : wanted == VALUE_NUMBER ? "a number" : "text",
		    expr_type_describe(type, found, sizeof(found)));
}

/* ---- emission ---- */

/* Adds an op for ast over children; its number, or -EINVAL. */
static int emit(struct compiler *compiler, const struct ast *ast, enum op_code code, struct expr_type type,
		const uint16_t *children, size_t count)
{
	struct op *op;

	if (compiler->op_count >= ARRAY_SIZE(compiler->ops) ||
	    compiler->child_count + count + 1 > ARRAY_SIZE(compiler->children))
		return fail(compiler, ast, "the expression has more than %d parts", EXPR_NODES_MAX);

	op = &compiler->ops[compiler->op_count];
	*op = (struct op){
		.code = code,
		.type = type,
		.offset = ast->offset,
		.length = ast->length,
		.children = compiler->child_count,
		.count = (uint16_t)count,
		.symbol = SYMBOL_NONE,
		.uptime = SYMBOL_NONE,
	};
	for (size_t i = 0; i < count; i++) {
		compiler->children[compiler->child_count++] = children[i];
		op->slots_differ = op->slots_differ || compiler->ops[children[i]].slots_differ;
	}
	return compiler->op_count++;
}

static void add_term(struct compiler *compiler, int op)
{
	const struct op *added = &compiler->ops[op];

	if (compiler->quiet_terms > 0 || compiler->in_frozen > 0)
		return;
	for (uint16_t i = 0; i < compiler->term_count; i++) {
		const struct op *other = &compiler->ops[compiler->terms[i].op];

		if (other->length == added->length && memcmp(compiler->source->text + other->offset,
							      compiler->source->text + added->offset, added->length) == 0)
			return;
	}
	if (compiler->term_count < ARRAY_SIZE(compiler->terms))
		compiler->terms[compiler->term_count++].op = (uint16_t)op;
}

/* Compiles every child of ast from number first on; their count, or -EINVAL. */
static int compile_children(struct compiler *compiler, const struct ast *ast, unsigned int first, uint16_t *ops,
			    size_t max)
{
	size_t count = 0;

	for (uint16_t child = ast_child(compiler, ast, first); child; child = ast_at(compiler, child)->next) {
		int op;

		if (count >= max)
			return fail(compiler, ast, "more than %zu items", max);
		op = compile(compiler, child);
		if (op < 0)
			return op;
		ops[count++] = (uint16_t)op;
	}
	return (int)count;
}

/* ---- keys ---- */

struct key {
	const char *text;		/* without "self." */
	size_t length;
	bool self;
};

static struct key key_of(const struct compiler *compiler, const struct ast *ast)
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

/* Levenshtein's distance, cut off at limit. */
static unsigned int distance(const char *a, const char *b, unsigned int limit)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned int row[128];

	if (n >= ARRAY_SIZE(row) || m >= ARRAY_SIZE(row) || (n > m ? n - m : m - n) > limit)
		return limit + 1;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned int cost = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(cost, MIN(row[j - 1], row[j]) + 1);
		}
	}
	return row[m];
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
		d = distance(key, entry->key, best - 1);
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
static int resolve_key(struct compiler *compiler, const struct ast *ast, const struct key *key,
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

static bool entry_is_metric(const struct entry *entry)
{
	return entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG;
}

static bool entry_is_counter(const struct entry *entry)
{
	return entry->class == ENTRY_LOG || (entry->class == ENTRY_METRIC && entry->metric_kind == METRIC_COUNTER);
}

/* Puts the key into an op; takes name. */
static void set_key(struct compiler *compiler, int op, const struct key *key, const struct entry *entry, char *name)
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
		op = compile(compiler, tree->root);
		r = op < 0 ? op : need_type(compiler, ast_at(compiler, tree->root), op, VALUE_BOOL, "frozen_when");
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

static int emit_metric(struct compiler *compiler, const struct ast *ast, enum op_code code, struct expr_type type,
		       const struct key *key, const struct entry *entry, char *name)
{
	CLEANUP(free_ptr) char *owned = name;
	int op, r;

	if (compiler->scope.settings_only)
		return fail(compiler, ast, "'%s' is a metric; only settings may be used here", name);
	op = emit(compiler, ast, code, type, NULL, 0);
	if (op < 0)
		return op;
	set_key(compiler, op, key, entry, steal_ptr(&owned));
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
	add_term(compiler, op);
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
	op = emit(compiler, ast, proposed ? OP_PROPOSED : OP_CURRENT, expr_type_of_entry(compiler->scope.target), NULL, 0);
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

static int compile_key(struct compiler *compiler, const struct ast *ast)
{
	struct key key = key_of(compiler, ast);
	const struct entry *entry;
	char *name;
	int op, r;

	if (!ast->quoted_name && key.length == 7 && memcmp(key.text, "current", 7) == 0)
		return compile_target(compiler, ast, false);
	if (!ast->quoted_name && key.length == 8 && memcmp(key.text, "proposed", 8) == 0)
		return compile_target(compiler, ast, true);
	r = resolve_key(compiler, ast, &key, &entry, &name);
	if (r < 0)
		return r;

	if (entry_is_counter(entry)) {
		r = fail(compiler, ast, "'%s' is a counter: use rate(%s), delta(%s) or total(%s)", name, name, name, name);
		free(name);
		return r;
	}
	if (entry_is_metric(entry))
		return emit_metric(compiler, ast, OP_GAUGE, expr_type_of_entry(entry), &key, entry, name);

	op = emit(compiler, ast, OP_SETTING, expr_type_of_entry(entry), NULL, 0);
	if (op < 0) {
		free(name);
		return op;
	}
	set_key(compiler, op, &key, entry, name);
	add_term(compiler, op);
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

static int compile_index(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *list = ast_at(compiler, ast_child(compiler, ast, 0));
	uint16_t child;
	struct expr_type type;
	size_t index = 0;
	char found[96];
	int op, r;

	compiler->quiet_terms++;
	op = compile(compiler, ast_child(compiler, ast, 0));
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
	op = emit(compiler, ast, OP_INDEX, type, &child, 1);
	if (op < 0)
		return op;
	compiler->ops[op].index = index;
	compiler->ops[op].entry = compiler->ops[child].entry;
	compiler->ops[op].key = compiler->ops[child].key;
	compiler->ops[op].self = compiler->ops[child].self;
	if (compiler->ops[child].code == OP_SETTING)
		add_term(compiler, op);
	return op;
}

/* ---- functions ---- */

struct function {
	const char *name;
	int (*compile)(struct compiler *compiler, const struct function *function, const struct ast *call);
	enum op_code code;
	unsigned int min, max;		/* arguments */
	size_t parameter;		/* percentiles: 50, 95, 99 */
};

static int compile_metric_function(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	const struct ast *argument = ast_at(compiler, call->first);
	struct expr_type type;
	const struct entry *entry;
	struct key key;
	char *name;
	int r;

	if (argument->kind != AST_KEY)
		return fail(compiler, argument, "%s() takes the key of a counter, found '%.*s'", function->name,
			    ast_text(compiler, argument));
	key = key_of(compiler, argument);
	r = resolve_key(compiler, argument, &key, &entry, &name);
	if (r < 0)
		return r;
	if (!entry_is_counter(entry)) {
		r = fail(compiler, argument, "%s() takes a counter; '%s' is a %s: use it by its key alone", function->name,
			 name, entry_is_metric(entry) ? "gauge" : "setting");
		free(name);
		return r;
	}
	type = expr_type_of_entry(entry);
	if (function->code == OP_RATE)
		type = type_per_second(type);
	return emit_metric(compiler, call, function->code, type, &key, entry, name);
}

static int compile_interval_function(struct compiler *compiler, const struct function *function,
				     const struct ast *call)
{
	const struct ast *argument = ast_at(compiler, call->first);
	bool share = function->code == OP_SHARE;
	struct program_uses outer = compiler->uses;
	struct expr_type type;
	uint16_t child;
	int op, r;

	if (compiler->in_interval > 0)
		return fail(compiler, call, "%s() stands inside another function over intervals", function->name);
	if (compiler->scope.settings_only)
		return fail(compiler, call, "%s() looks at metrics; only settings may be used here", function->name);
	compiler->in_interval++;
	compiler->quiet_terms++;
	compiler->uses.counters = compiler->uses.gauges = false;
	op = compile(compiler, call->first);
	compiler->quiet_terms--;
	compiler->in_interval--;
	if (op < 0)
		return op;
	child = (uint16_t)op;
	r = need_type(compiler, argument, op, share ? VALUE_BOOL : VALUE_NUMBER, function->name);
	if (r < 0)
		return r;
	if (!compiler->ops[child].slots_differ)
		return fail(compiler, argument, "%s() is over the intervals of a measurement, but '%.*s' measures nothing",
			    function->name, ast_text(compiler, argument));
	type = share ? type_ratio : compiler->ops[child].type;
	op = emit(compiler, call, function->code, type, &child, 1);
	if (op < 0)
		return op;
	compiler->ops[op].index = function->parameter;
	compiler->ops[op].slots_differ = false;
	/* last() of a gauge needs no window. */
	compiler->ops[op].constant_true = compiler->uses.counters;
	compiler->uses.counters = compiler->uses.counters || outer.counters;
	compiler->uses.gauges = compiler->uses.gauges || outer.gauges;
	compiler->uses.intervals = true;
	add_term(compiler, op);
	return op;
}

static int compile_subject_body(struct compiler *compiler, uint16_t body, enum subject_kind kind)
{
	struct expr_scope outer = compiler->scope;
	int op;

	compiler->scope.about = kind;
	compiler->scope.target = NULL;
	compiler->in_subjects++;
	compiler->quiet_terms++;
	op = compile(compiler, body);
	compiler->quiet_terms--;
	compiler->in_subjects--;
	compiler->scope = outer;
	return op;
}

static int compile_subject_function(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	const struct ast *name = ast_at(compiler, call->first);
	const struct ast *body = ast_at(compiler, name->next);
	CLEANUP(free_ptr) char *kind_name = NULL;
	enum subject_kind kind;
	struct expr_type type = type_bool;
	uint16_t child;
	int op, r;

	if (name->kind != AST_KEY)
		return fail(compiler, name, "%s() takes a kind of subject first, found '%.*s'", function->name,
			    ast_text(compiler, name));
	kind_name = xstrndup(compiler->source->text + name->name_offset, name->name_length);
	if (subject_kind_parse(kind_name, &kind) < 0 || kind == SUBJECT_KIND_HOST)
		return fail(compiler, name, "'%s' is no kind of subject (cpu, numa-node, block, mount, interface, cgroup, "
			    "unit, process, listener)", kind_name);
	if (compiler->in_subjects > 0)
		return fail(compiler, call, "%s() stands inside another function over subjects", function->name);
	op = compile_subject_body(compiler, name->next, kind);
	if (op < 0)
		return op;
	child = (uint16_t)op;
	r = need_type(compiler, body, op, function->code == OP_SUM ? VALUE_NUMBER : VALUE_BOOL, function->name);
	if (r < 0)
		return r;

	if (function->code == OP_COUNT)
		type = type_plain;
	else if (function->code == OP_SUM)
		type = compiler->ops[child].type;
	op = emit(compiler, call, function->code, type, &child, 1);
	if (op < 0)
		return op;
	compiler->ops[op].index = kind;
	compiler->ops[op].constant_true = compiler->ops[child].code == OP_BOOL && compiler->ops[child].number != 0;
	add_term(compiler, op);
	return op;
}

static int compile_numbers(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	uint16_t children[EXPR_LIST_MAX];
	struct expr_type type;
	const struct ast *first = ast_at(compiler, call->first), *ast;
	int count, r;

	count = compile_children(compiler, call, 0, children, ARRAY_SIZE(children));
	if (count < 0)
		return count;
	r = need_type(compiler, first, children[0], VALUE_NUMBER, function->name);
	if (r < 0)
		return r;
	type = compiler->ops[children[0]].type;
	ast = first;
	for (int i = 1; i < count; i++) {
		const struct ast *previous = first;

		ast = ast_at(compiler, ast->next);
		r = unify_numbers(compiler, ast, "compare", previous, &type, ast, compiler->ops[children[i]].type);
		if (r < 0)
			return r;
	}
	return emit(compiler, call, function->code, type, children, (size_t)count);
}

/* min(e) and max(e) of one argument are over intervals, of more they are the smallest and the largest of them. */
static int compile_extreme(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	static const struct function over_intervals[] = {
		[OP_MIN] = { "min", NULL, OP_INTERVAL_MIN },
		[OP_MAX] = { "max", NULL, OP_INTERVAL_MAX },
	};

	if (call->count == 1)
		return compile_interval_function(compiler, &over_intervals[function->code], call);
	return compile_numbers(compiler, function, call);
}

static int compile_has(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	const struct ast *argument = ast_at(compiler, call->first);
	const struct entry *entry;
	struct key key;
	char *name;
	int op, r;

	if (argument->kind != AST_KEY)
		return fail(compiler, argument, "%s() takes a key first, found '%.*s'", function->name,
			    ast_text(compiler, argument));
	key = key_of(compiler, argument);
	r = resolve_key(compiler, argument, &key, &entry, &name);
	if (r < 0)
		return r;
	op = emit(compiler, call, function->code, type_bool, NULL, 0);
	if (op < 0) {
		free(name);
		return op;
	}
	set_key(compiler, op, &key, entry, name);
	return op;
}

static const char *copy_text(struct compiler *compiler, const struct ast *ast, size_t *ret_length, bool *ret_owned)
{
	const char *text = compiler->source->text + ast->name_offset;
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;

	for (size_t i = 0; i < ast->name_length; i++) {
		if (text[i] == '\\' && i + 1 < ast->name_length && text[i + 1] == '"')
			i++;
		strbuf_add_char(&plain, text[i]);
	}
	*ret_length = plain.len;
	*ret_owned = true;
	return strbuf_steal(&plain);
}

static int compile_offers(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	const struct ast *value = ast_at(compiler, ast_child(compiler, call, 1));
	uint16_t child;
	int op, has, r;

	op = compile(compiler, ast_child(compiler, call, 1));
	if (op < 0)
		return op;
	child = (uint16_t)op;
	r = need_type(compiler, value, op, VALUE_TEXT, function->name);
	if (r < 0)
		return r;
	has = compile_has(compiler, function, call);
	if (has < 0)
		return has;
	if (entry_is_metric(compiler->ops[has].entry))
		return fail(compiler, call, "offers() takes a setting; '%s' is a metric", compiler->ops[has].key);
	compiler->ops[has].children = compiler->child_count;
	compiler->ops[has].count = 1;
	compiler->children[compiler->child_count++] = child;
	return has;
}

static int compile_kernel(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	const struct ast *argument = ast_at(compiler, call->first);
	const char *text = compiler->source->text + argument->name_offset;
	unsigned int parts = 0;
	long double version = 0;
	int op;

	if (argument->kind != AST_TEXT)
		return fail(compiler, argument, "%s() takes a version in quotes, found '%.*s'", function->name,
			    ast_text(compiler, argument));
	for (size_t i = 0; i < argument->name_length && parts < 4; parts++) {
		unsigned int number = 0;
		size_t start = i;

		for (; i < argument->name_length && text[i] >= '0' && text[i] <= '9' && i - start < 4; i++)
			number = number * 10 + (unsigned int)(text[i] - '0');
		if (i == start || (i < argument->name_length && (text[i++] != '.' || i == argument->name_length)))
			parts = 8;
		version = version * 10000 + number;
	}
	if (parts < 1 || parts > 3)
		return fail(compiler, argument, "expected a kernel version like \"5.4\", found '%.*s'",
			    ast_text(compiler, argument));
	for (; parts < 3; parts++)
		version *= 10000;
	op = emit(compiler, call, OP_KERNEL, type_bool, NULL, 0);
	if (op >= 0)
		compiler->ops[op].number = version;
	return op;
}

static const struct function functions[] = {
	/* clang-format off */
	{ "abs",		compile_numbers,		OP_ABS,			1, 1 },
	{ "all",		compile_subject_function,	OP_ALL,			2, 2 },
	{ "any",		compile_subject_function,	OP_ANY,			2, 2 },
	{ "clamp",		compile_numbers,		OP_CLAMP,		3, 3 },
	{ "count",		compile_subject_function,	OP_COUNT,		2, 2 },
	{ "delta",		compile_metric_function,	OP_DELTA,		1, 1 },
	{ "floor",		compile_numbers,		OP_FLOOR,		1, 1 },
	{ "has",		compile_has,			OP_HAS,			1, 1 },
	{ "kernel",		compile_kernel,			OP_KERNEL,		1, 1 },
	{ "last",		compile_interval_function,	OP_LAST,		1, 1 },
	{ "max",		compile_extreme,		OP_MAX,			1, EXPR_LIST_MAX },
	{ "mean",		compile_interval_function,	OP_MEAN,		1, 1 },
	{ "min",		compile_extreme,		OP_MIN,			1, EXPR_LIST_MAX },
	{ "next_power_of_2",	compile_numbers,		OP_NEXT_POWER_OF_2,	1, 1 },
	{ "offers",		compile_offers,			OP_OFFERS,		2, 2 },
	{ "p50",		compile_interval_function,	OP_PERCENTILE,		1, 1, 50 },
	{ "p95",		compile_interval_function,	OP_PERCENTILE,		1, 1, 95 },
	{ "p99",		compile_interval_function,	OP_PERCENTILE,		1, 1, 99 },
	{ "rate",		compile_metric_function,	OP_RATE,		1, 1 },
	{ "round_up",		compile_numbers,		OP_ROUND_UP,		2, 2 },
	{ "share",		compile_interval_function,	OP_SHARE,		1, 1 },
	{ "sum",		compile_subject_function,	OP_SUM,			2, 2 },
	{ "total",		compile_metric_function,	OP_TOTAL,		1, 1 },
	/* clang-format on */
};

static int unknown_function(struct compiler *compiler, const struct ast *call, const char *name)
{
	const char *nearest = NULL;
	unsigned int best = 3;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		unsigned int d = distance(name, functions[i].name, best);

		if (d < best) {
			best = d;
			nearest = functions[i].name;
		}
	}
	return fail(compiler, call, "unknown function '%s'%s%s%s", name, nearest ? "; the nearest is '" : "",
		    nearest ? nearest : "", nearest ? "'" : "");
}

static int compile_call(struct compiler *compiler, const struct ast *ast)
{
	CLEANUP(free_ptr) char *name = xstrndup(compiler->source->text + ast->name_offset, ast->name_length);

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		const struct function *function = &functions[i];

		if (!streq(function->name, name))
			continue;
		if (ast->count < function->min || ast->count > function->max)
			return fail(compiler, ast, "%s() takes %u%s argument%s, found %u", name, function->min,
				    function->max > function->min ? " or more" : "",
				    function->max == 1 ? "" : "s", ast->count);
		return function->compile(compiler, function, ast);
	}
	return unknown_function(compiler, ast, name);
}

/* ---- operators ---- */

static const char *const binary_symbols[] = {
	[BINARY_ADD] = "+", [BINARY_SUBTRACT] = "-", [BINARY_MULTIPLY] = "*", [BINARY_DIVIDE] = "/",
};

static int compile_product(struct compiler *compiler, const struct ast *ast, const uint16_t children[2])
{
	struct expr_type a = compiler->ops[children[0]].type, b = compiler->ops[children[1]].type, type = type_plain;
	bool literal = ast_at(compiler, ast_child(compiler, ast, 0))->kind == AST_NUMBER ||
		       ast_at(compiler, ast_child(compiler, ast, 1))->kind == AST_NUMBER;
	static const struct dimension none = { 0 };

	if (ast->binary == BINARY_MULTIPLY) {
		type.dimension = dimension_multiply(a.dimension, b.dimension);
		/* 2 * 15% is a percentage; 15% of a number of things is a number of things. */
		type.ratio = (a.ratio && (b.ratio || literal)) || (b.ratio && (a.ratio || literal));
		type.ratio = type.ratio && dimension_equal(type.dimension, none);
		return emit(compiler, ast, OP_MULTIPLY, type, children, 2);
	}
	type.dimension = dimension_divide(a.dimension, b.dimension);
	/* A part of the same thing is a share; half of a percentage is a percentage. */
	type.ratio = dimension_equal(type.dimension, none) && ((!literal && !b.ratio) || (a.ratio && !b.ratio));
	return emit(compiler, ast, OP_DIVIDE, type, children, 2);
}

static int compile_arithmetic(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *left = ast_at(compiler, ast_child(compiler, ast, 0));
	const struct ast *right = ast_at(compiler, ast_child(compiler, ast, 1));
	struct expr_type type;
	uint16_t children[2];
	int r;

	r = compile_children(compiler, ast, 0, children, 2);
	for (int i = 0; i < 2 && r >= 0; i++)
		r = need_type(compiler, i == 0 ? left : right, children[i], VALUE_NUMBER, binary_symbols[ast->binary]);
	if (r < 0)
		return r;
	if (ast->binary == BINARY_MULTIPLY || ast->binary == BINARY_DIVIDE)
		return compile_product(compiler, ast, children);

	type = compiler->ops[children[0]].type;
	r = unify_numbers(compiler, right, ast->binary == BINARY_ADD ? "add" : "subtract", left, &type, right,
			  compiler->ops[children[1]].type);
	if (r < 0)
		return r;
	return emit(compiler, ast, ast->binary == BINARY_ADD ? OP_ADD : OP_SUBTRACT, type, children, 2);
}

/* A text compared with an enum must be one of its values: a slip of the pen would never be true. */
static int check_enum_value(struct compiler *compiler, const struct op *setting, const struct ast *literal)
{
	const struct entry *entry = setting->entry;
	CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;
	const char *text = compiler->source->text + literal->name_offset;

	if ((setting->code != OP_SETTING && setting->code != OP_CURRENT && setting->code != OP_PROPOSED) ||
	    literal->kind != AST_TEXT || entry->format != FORMAT_ENUM || entry->values.count == 0)
		return 0;
	for (size_t i = 0; i < entry->values.count; i++) {
		if (strlen(entry->values.items[i]) == literal->name_length &&
		    memcmp(entry->values.items[i], text, literal->name_length) == 0)
			return 0;
		strbuf_addf(&known, "%s%s", i > 0 ? ", " : "", entry->values.items[i]);
	}
	return fail(compiler, literal, "'%.*s' is not a value of %s (%s)", (int)literal->name_length, text, entry->id,
		    known.buf);
}

/* vm.numa_stat == 0: the file of a switch shows 0 and 1, so they may be written for false and true. */
static int compile_switch(struct compiler *compiler, const struct ast *ast, uint16_t children[2])
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct ast *literal = ast_at(compiler, ast_child(compiler, ast, i));
		int op;

		if (!is_plain_literal(literal) || (literal->number != 0 && literal->number != 1) ||
		    compiler->ops[children[1 - i]].type.type != VALUE_BOOL)
			continue;
		op = emit(compiler, literal, OP_BOOL, type_bool, NULL, 0);
		if (op < 0)
			return op;
		compiler->ops[op].number = literal->number;
		children[i] = (uint16_t)op;
	}
	return 0;
}

static int compile_equality(struct compiler *compiler, const struct ast *ast, uint16_t children[2])
{
	const struct ast *left = ast_at(compiler, ast_child(compiler, ast, 0));
	const struct ast *right = ast_at(compiler, ast_child(compiler, ast, 1));
	bool equal = ast->binary == BINARY_EQUAL;
	struct expr_type a, b;
	int r;

	r = compile_switch(compiler, ast, children);
	if (r < 0)
		return r;
	a = compiler->ops[children[0]].type;
	b = compiler->ops[children[1]].type;
	if (a.type == VALUE_TEXT && b.type == VALUE_TEXT) {
		r = check_enum_value(compiler, &compiler->ops[children[0]], right);
		if (r == 0)
			r = check_enum_value(compiler, &compiler->ops[children[1]], left);
		if (r < 0)
			return r;
		return emit(compiler, ast, equal ? OP_EQUAL_TEXT : OP_NOT_EQUAL_TEXT, type_bool, children, 2);
	}
	if (a.type == VALUE_BOOL && b.type == VALUE_BOOL)
		return emit(compiler, ast, equal ? OP_EQUAL_BOOL : OP_NOT_EQUAL_BOOL, type_bool, children, 2);
	r = unify_numbers(compiler, right, "compare", left, &a, right, b);
	if (r < 0)
		return r;
	return emit(compiler, ast, equal ? OP_EQUAL : OP_NOT_EQUAL, type_bool, children, 2);
}

static int compile_comparison(struct compiler *compiler, const struct ast *ast)
{
	static const enum op_code codes[] = {
		[BINARY_LESS] = OP_LESS, [BINARY_LESS_EQUAL] = OP_LESS_EQUAL,
		[BINARY_GREATER] = OP_GREATER, [BINARY_GREATER_EQUAL] = OP_GREATER_EQUAL,
	};
	const struct ast *right = ast_at(compiler, ast_child(compiler, ast, 1));
	struct expr_type type;
	uint16_t children[2];
	int r;

	r = compile_children(compiler, ast, 0, children, 2);
	if (r < 0)
		return r;
	if (ast->binary == BINARY_EQUAL || ast->binary == BINARY_NOT_EQUAL)
		return compile_equality(compiler, ast, children);
	type = compiler->ops[children[0]].type;
	r = unify_numbers(compiler, right, "compare", ast_at(compiler, ast->first), &type, right,
			  compiler->ops[children[1]].type);
	if (r < 0)
		return r;
	return emit(compiler, ast, codes[ast->binary], type_bool, children, 2);
}

/* x in ["a", "b"]: the items become further children. */
static int compile_in_literal(struct compiler *compiler, const struct ast *ast, const struct ast *list)
{
	const struct ast *left = ast_at(compiler, ast->first), *item;
	uint16_t children[EXPR_LIST_MAX + 1];
	struct expr_type type;
	char found[96];
	int op, count, r = 0;

	op = compile(compiler, ast->first);
	if (op < 0)
		return op;
	children[0] = (uint16_t)op;
	type = compiler->ops[op].type;
	if (type.type != VALUE_TEXT && type.type != VALUE_NUMBER)
		return fail(compiler, left, "in: expected text or a number, found %s",
			    expr_type_describe(type, found, sizeof(found)));
	if (list->count == 0)
		return fail(compiler, list, "the list is empty");
	count = compile_children(compiler, list, 0, children + 1, EXPR_LIST_MAX);
	if (count < 0)
		return count;
	item = ast_at(compiler, list->first);
	for (int i = 1; i <= count && r == 0; i++, item = ast_at(compiler, item->next)) {
		if (type.type == VALUE_NUMBER)
			r = unify_numbers(compiler, item, "compare", left, &type, item, compiler->ops[children[i]].type);
		else
			r = need_type(compiler, item, children[i], VALUE_TEXT, "in");
		if (r == 0 && type.type == VALUE_TEXT)
			r = check_enum_value(compiler, &compiler->ops[children[0]], item);
	}
	if (r < 0)
		return r;
	return emit(compiler, ast, type.type == VALUE_NUMBER ? OP_IN_NUMBERS : OP_IN_TEXTS, type_bool, children,
		    (size_t)count + 1);
}

static int compile_in(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *left = ast_at(compiler, ast->first);
	const struct ast *list = ast_at(compiler, left->next);
	struct expr_type type, item;
	uint16_t children[2];
	char found[96];
	int r;

	if (list->kind == AST_LIST)
		return compile_in_literal(compiler, ast, list);
	r = compile_children(compiler, ast, 0, children, 2);
	if (r < 0)
		return r;
	type = compiler->ops[children[1]].type;
	if (type.type != VALUE_LIST)
		return fail(compiler, list, "in: expected a list, found %s", expr_type_describe(type, found, sizeof(found)));
	item = type;
	item.type = type.item;
	if (item.type == VALUE_NUMBER)
		r = unify_numbers(compiler, list, "compare", left, &item, list, compiler->ops[children[0]].type);
	else
		r = need_type(compiler, left, children[0], VALUE_TEXT, "in");
	if (r < 0)
		return r;
	return emit(compiler, ast, item.type == VALUE_NUMBER ? OP_IN_SETTING_NUMBERS : OP_IN_SETTING_WORDS, type_bool,
		    children, 2);
}

static int compile_match(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *pattern = ast_at(compiler, ast_child(compiler, ast, 1));
	CLEANUP(free_ptr) char *text = NULL;
	size_t length, where;
	struct regex *regex;
	unsigned char message[128];
	uint16_t child;
	bool owned;
	int op, code, r;

	op = compile(compiler, ast->first);
	if (op < 0)
		return op;
	child = (uint16_t)op;
	if (compiler->ops[child].type.type != VALUE_LIST) {
		r = need_type(compiler, ast_at(compiler, ast->first), op, VALUE_TEXT, "=~");
		if (r < 0)
			return r;
	}
	if (pattern->kind != AST_TEXT)
		return fail(compiler, pattern, "=~: expected a regular expression in quotes, found '%.*s'",
			    ast_text(compiler, pattern));

	text = (char *)copy_text(compiler, pattern, &length, &owned);
	regex = xcalloc(1, sizeof(*regex));
	regex->code = pcre2_compile((PCRE2_SPTR)text, length, PCRE2_NEVER_BACKSLASH_C, &code, &where, NULL);
	if (!regex->code) {
		free(regex);
		pcre2_get_error_message(code, message, sizeof(message));
		return fail(compiler, pattern, "bad regular expression at character %zu: %s", where + 1, (char *)message);
	}
	/* A pattern that backtracks without end gives up, and the answer is unknown. */
	regex->match = pcre2_match_data_create(1, NULL);
	regex->limits = pcre2_match_context_create(NULL);
	if (!regex->match || !regex->limits)
		abort();
	pcre2_set_match_limit(regex->limits, 20000);
	pcre2_set_depth_limit(regex->limits, 200);
	pcre2_set_heap_limit(regex->limits, 64);

	op = emit(compiler, ast, OP_MATCH, type_bool, &child, 1);
	if (op < 0) {
		pcre2_match_context_free(regex->limits);
		pcre2_match_data_free(regex->match);
		pcre2_code_free(regex->code);
		free(regex);
		return op;
	}
	compiler->ops[op].regex = regex;
	return op;
}

static int compile_logic(struct compiler *compiler, const struct ast *ast, enum op_code code, const char *word)
{
	uint16_t children[EXPR_NODES_MAX];
	const struct ast *child = ast_at(compiler, ast->first);
	int count, r;

	count = compile_children(compiler, ast, 0, children, ARRAY_SIZE(children));
	for (int i = 0; i < count; i++, child = ast_at(compiler, child->next)) {
		r = need_type(compiler, child, children[i], VALUE_BOOL, word);
		if (r < 0)
			return r;
	}
	return count < 0 ? count : emit(compiler, ast, code, type_bool, children, (size_t)count);
}

static int compile_negate(struct compiler *compiler, const struct ast *ast)
{
	struct expr_type type;
	uint16_t child;
	int op, r;

	op = compile(compiler, ast->first);
	if (op < 0)
		return op;
	r = need_type(compiler, ast_at(compiler, ast->first), op, VALUE_NUMBER, "-");
	if (r < 0)
		return r;
	child = (uint16_t)op;
	type = compiler->ops[child].type;
	return emit(compiler, ast, OP_NEGATE, type, &child, 1);
}

static int compile_if(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *condition = ast_at(compiler, ast->first);
	const struct ast *yes = ast_at(compiler, condition->next), *no = ast_at(compiler, yes->next);
	struct expr_type type, other;
	uint16_t children[3];
	char a[96], b[96];
	int r;

	r = compile_children(compiler, ast, 0, children, 3);
	if (r < 0)
		return r;
	r = need_type(compiler, condition, children[0], VALUE_BOOL, "if");
	if (r < 0)
		return r;
	type = compiler->ops[children[1]].type;
	other = compiler->ops[children[2]].type;
	if (type.type == VALUE_NUMBER) {
		r = unify_numbers(compiler, no, "choose between", yes, &type, no, other);
		if (r < 0)
			return r;
	} else if (type.type != other.type || type.item != other.item || type.type == VALUE_LIST) {
		return fail(compiler, no, "cannot choose between %s and %s", expr_type_describe(type, a, sizeof(a)),
			    expr_type_describe(other, b, sizeof(b)));
	}
	return emit(compiler, ast, OP_IF, type, children, 3);
}

/* [current[0], 131072B, 16MiB]: what a list-typed tunable is set to.  Only the whole of an expression. */
static int compile_list(struct compiler *compiler, const struct ast *ast)
{
	uint16_t children[EXPR_LIST_MAX];
	const struct ast *first, *item;
	struct expr_type type;
	int count, r;

	if (ast != ast_at(compiler, compiler->tree->root))
		return fail(compiler, ast, "a list stands after in, or is the whole expression");
	if (ast->count == 0)
		return fail(compiler, ast, "the list is empty");
	count = compile_children(compiler, ast, 0, children, ARRAY_SIZE(children));
	if (count < 0)
		return count;
	first = item = ast_at(compiler, ast->first);
	r = need_type(compiler, first, children[0], VALUE_NUMBER, "list");
	if (r < 0)
		return r;
	type = compiler->ops[children[0]].type;
	for (int i = 1; i < count; i++) {
		item = ast_at(compiler, item->next);
		r = unify_numbers(compiler, item, "put in one list", first, &type, item, compiler->ops[children[i]].type);
		if (r < 0)
			return r;
	}
	type.type = VALUE_LIST;
	type.item = VALUE_NUMBER;
	return emit(compiler, ast, OP_MAKE_LIST, type, children, (size_t)count);
}

static int compile_literal(struct compiler *compiler, const struct ast *ast)
{
	struct expr_type type = type_plain;
	int op;

	if (ast->kind == AST_NUMBER) {
		type.dimension = ast->dimension;
		type.ratio = ast->ratio;
		op = emit(compiler, ast, OP_NUMBER, type, NULL, 0);
		if (op >= 0)
			compiler->ops[op].number = ast->number;
		return op;
	}
	if (ast->kind == AST_BOOL) {
		op = emit(compiler, ast, OP_BOOL, type_bool, NULL, 0);
		if (op >= 0)
			compiler->ops[op].number = ast->boolean;
		return op;
	}
	op = emit(compiler, ast, OP_TEXT, type_text, NULL, 0);
	if (op >= 0)
		compiler->ops[op].text = copy_text(compiler, ast, &compiler->ops[op].text_length,
						   &compiler->ops[op].text_owned);
	return op;
}

static int compile(struct compiler *compiler, uint16_t index)
{
	const struct ast *ast = ast_at(compiler, index);

	switch (ast->kind) {
	case AST_NUMBER:
	case AST_TEXT:
	case AST_BOOL:
		return compile_literal(compiler, ast);
	case AST_LIST:
		return compile_list(compiler, ast);
	case AST_KEY:
		return compile_key(compiler, ast);
	case AST_CALL:
		return compile_call(compiler, ast);
	case AST_INDEX:
		return compile_index(compiler, ast);
	case AST_NEGATE:
		return compile_negate(compiler, ast);
	case AST_NOT:
		return compile_logic(compiler, ast, OP_NOT, "not");
	case AST_AND:
		return compile_logic(compiler, ast, OP_AND, "and");
	case AST_OR:
		return compile_logic(compiler, ast, OP_OR, "or");
	case AST_IF:
		return compile_if(compiler, ast);
	case AST_BINARY:
		break;
	}
	if (ast->binary == BINARY_IN)
		return compile_in(compiler, ast);
	if (ast->binary == BINARY_MATCH)
		return compile_match(compiler, ast);
	if (ast->binary <= BINARY_DIVIDE)
		return compile_arithmetic(compiler, ast);
	return compile_comparison(compiler, ast);
}

/* ---- programs ---- */

static void ops_release(struct op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct regex *regex = ops[i].regex;

		if (ops[i].key_owned)
			free((char *)ops[i].key);
		if (ops[i].text_owned)
			free((char *)ops[i].text);
		free(ops[i].memo);
		if (regex) {
			pcre2_match_context_free(regex->limits);
			pcre2_match_data_free(regex->match);
			pcre2_code_free(regex->code);
			free(regex);
		}
	}
}

static struct program *build_program(const struct compiler *compiler, uint16_t root)
{
	struct program *program = xcalloc(1, sizeof(*program));

	program->op_count = compiler->op_count;
	program->ops = xcalloc(compiler->op_count, sizeof(*program->ops));
	memcpy(program->ops, compiler->ops, compiler->op_count * sizeof(*program->ops));
	program->child_count = compiler->child_count;
	program->children = xcalloc(compiler->child_count + 1U, sizeof(*program->children));
	memcpy(program->children, compiler->children, compiler->child_count * sizeof(*program->children));
	program->text = xstrndup(compiler->source->text, compiler->source->length);
	program->root = root;
	program->uses = compiler->uses;
	for (uint16_t i = 0; i < program->op_count; i++)
		if (program->ops[i].code >= OP_ANY && program->ops[i].code <= OP_SUM)
			program->ops[i].memo = xcalloc(1, sizeof(struct memo));

	program->term_count = compiler->term_count;
	program->terms = xcalloc(compiler->term_count + 1U, sizeof(*program->terms));
	for (uint16_t i = 0; i < compiler->term_count; i++) {
		struct program *term = &program->terms[i];

		*term = *program;
		term->terms = NULL;
		term->term_count = 0;
		term->root = compiler->terms[i].op;
		term->text = xstrndup(program->text + program->ops[term->root].offset, program->ops[term->root].length);
	}
	return program;
}

int expr_compile_piece(const struct expr_scope *scope, const struct node *text, size_t offset, size_t length,
		       struct diag *diag, struct program **ret_program)
{
	struct expr_source source = { .node = text, .offset = offset, .length = length, .diag = diag };
	/* Too large for the stack together, and used one at a time: expressions are compiled one after the other. */
	static _Thread_local struct compiler compiler;
	static _Thread_local struct ast_tree tree;
	int root;

	if (text->kind != NODE_SCALAR) {
		struct place place = node_place(text);

		return diag_error(diag, &place, "expected an expression, found a %s",
				  text->kind == NODE_MAPPING ? "mapping" : "list");
	}
	source.text = text->text + offset;
	root = expr_parse(&source, &tree);
	if (root < 0)
		return root;

	compiler.scope = *scope;
	compiler.source = &source;
	compiler.tree = &tree;
	compiler.op_count = compiler.child_count = compiler.term_count = 0;
	compiler.uses = (struct program_uses){ 0 };
	compiler.in_interval = compiler.in_subjects = compiler.in_frozen = compiler.quiet_terms = 0;
	root = compile(&compiler, tree.root);
	if (root < 0) {
		ops_release(compiler.ops, compiler.op_count);
		return root;
	}
	*ret_program = build_program(&compiler, (uint16_t)root);
	return 0;
}

int expr_compile(const struct expr_scope *scope, const struct node *text, struct diag *diag,
		 struct program **ret_program)
{
	return expr_compile_piece(scope, text, 0, text->kind == NODE_SCALAR ? strlen(text->text) : 0, diag, ret_program);
}

void program_free(struct program *program)
{
	if (!program)
		return;
	for (size_t i = 0; i < program->term_count; i++)
		free((char *)program->terms[i].text);
	free(program->terms);
	ops_release(program->ops, program->op_count);
	free(program->ops);
	free(program->children);
	free((char *)program->text);
	free(program);
}

struct expr_type program_type(const struct program *program)
{
	return program->ops[program->root].type;
}

struct program_uses program_uses(const struct program *program)
{
	return program->uses;
}

size_t program_terms(const struct program *program)
{
	return program->term_count;
}

const struct program *program_term(const struct program *program, size_t index)
{
	return &program->terms[index];
}

const char *program_text(const struct program *program)
{
	return program->text;
}

const char *program_literal_text(const struct program *program, size_t *ret_length)
{
	const struct op *op = &program->ops[program->root];

	if (op->code != OP_TEXT)
		return NULL;
	*ret_length = op->text_length;
	return op->text;
}

static const struct op *first_key(const struct program *program, uint16_t index)
{
	const struct op *op = &program->ops[index];

	if (op->entry)
		return op;
	for (uint16_t i = 0; i < op->count; i++) {
		const struct op *found = first_key(program, program->children[op->children + i]);

		if (found)
			return found;
	}
	return NULL;
}

const struct entry *program_entry(const struct program *program, const char **ret_key, bool *ret_self)
{
	const struct op *op = first_key(program, program->root);

	if (!op)
		return NULL;
	if (ret_key)
		*ret_key = op->key;
	if (ret_self)
		*ret_self = op->self;
	return op->entry;
}

const struct entry *program_term_entry(const struct program *program, size_t index)
{
	return program_entry(program_term(program, index), NULL, NULL);
}

void program_bind(struct program *program, const struct snapshot *snapshot)
{
	for (uint16_t i = 0; i < program->op_count; i++) {
		struct op *op = &program->ops[i];

		op->sight.subject = SUBJECT_NONE;
		if (op->memo)
			op->memo->valid = false;
		if (op->code == OP_KERNEL)
			op->symbol = snapshot_key_find(snapshot, "kernel.osrelease");
		else if (op->key && op->code != OP_INDEX)
			op->symbol = snapshot_key_find(snapshot, op->key);
		if (op->code == OP_RATE)
			op->uptime = snapshot_key_find(snapshot, "uptime");
	}
}
