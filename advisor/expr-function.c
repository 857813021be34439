/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of expressions: a table, and one way to compile each kind. */
#include "expr-compiler.h"

#include "../core/parse.h"

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
	key = expr_key_of(compiler, argument);
	r = expr_resolve_key(compiler, argument, &key, &entry, &name);
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
		type = expr_type_per_second(type);
	return expr_emit_metric(compiler, call, function->code, type, &key, entry, name);
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
	op = expr_compile_node(compiler, call->first);
	compiler->quiet_terms--;
	compiler->in_interval--;
	if (op < 0)
		return op;
	child = (uint16_t)op;
	r = expr_need_type(compiler, argument, op, share ? VALUE_BOOL : VALUE_NUMBER, function->name);
	if (r < 0)
		return r;
	if (!compiler->ops[child].slots_differ)
		return fail(compiler, argument, "%s() is over the intervals of a measurement, but '%.*s' measures nothing",
			    function->name, ast_text(compiler, argument));
	type = share ? type_ratio : compiler->ops[child].type;
	op = expr_emit(compiler, call, function->code, type, &child, 1);
	if (op < 0)
		return op;
	compiler->ops[op].index = function->parameter;
	compiler->ops[op].slots_differ = false;
	/* last() of a gauge needs no window. */
	compiler->ops[op].constant_true = compiler->uses.counters;
	compiler->uses.counters = compiler->uses.counters || outer.counters;
	compiler->uses.gauges = compiler->uses.gauges || outer.gauges;
	compiler->uses.intervals = true;
	expr_add_term(compiler, op);
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
	op = expr_compile_node(compiler, body);
	compiler->quiet_terms--;
	compiler->in_subjects--;
	compiler->scope = outer;
	return op;
}

/* The first argument of a function that looks at other subjects: "block" for all of them, "self.container" for those that belong to
 * the subject itself. */
static int subject_kind_argument(struct compiler *compiler, const struct function *function, const struct ast *call,
				 enum subject_kind *ret_kind, bool *ret_own)
{
	static const char self[] = "self.";
	const struct ast *name = ast_at(compiler, call->first);
	CLEANUP(free_ptr) char *kind_name = NULL;

	if (name->kind != AST_KEY)
		return fail(compiler, name, "%s() takes a kind of subject first, found '%.*s'", function->name,
			    ast_text(compiler, name));
	kind_name = xstrndup(compiler->source->text + name->name_offset, name->name_length);
	*ret_own = starts_with(kind_name, self);
	if (subject_kind_parse(kind_name + (*ret_own ? strlen(self) : 0), ret_kind) < 0 || *ret_kind == SUBJECT_KIND_HOST)
		return fail(compiler, name, "'%s' is no kind of subject (cpu, numa-node, block, mount, interface, cgroup, "
			    "unit, process, listener, workload, container, node; self.container)", kind_name);
	if (*ret_own && !snapshot_owns(compiler->scope.about, *ret_kind))
		return fail(compiler, name, "'%s': of a %s nothing like that is its own; a workload has containers", kind_name,
			    subject_kind_name(compiler->scope.about));
	/* The containers of the workload that at() found are few. */
	if (compiler->in_subjects > (*ret_own ? 1U : 0U))
		return fail(compiler, call, "%s() stands inside another function over subjects", function->name);
	return 0;
}

static int compile_subject_function(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	const struct ast *name = ast_at(compiler, call->first);
	const struct ast *body = ast_at(compiler, name->next);
	enum subject_kind kind;
	struct expr_type type = type_bool;
	bool own, number = function->code == OP_SUM || function->code == OP_SMALLEST || function->code == OP_LARGEST;
	uint16_t child;
	int op, r;

	r = subject_kind_argument(compiler, function, call, &kind, &own);
	if (r < 0)
		return r;
	op = compile_subject_body(compiler, name->next, kind);
	if (op < 0)
		return op;
	child = (uint16_t)op;
	r = expr_need_type(compiler, body, op, number ? VALUE_NUMBER : VALUE_BOOL, function->name);
	if (r < 0)
		return r;

	if (function->code == OP_COUNT)
		type = type_plain;
	else if (number)
		type = compiler->ops[child].type;
	op = expr_emit(compiler, call, function->code, type, &child, 1);
	if (op < 0)
		return op;
	compiler->ops[op].index = kind;
	compiler->ops[op].self = own;
	compiler->uses.self |= own && compiler->in_subjects == 0;
	compiler->ops[op].constant_true = compiler->ops[child].code == OP_BOOL && compiler->ops[child].number != 0;
	expr_add_term(compiler, op);
	return op;
}

/* at(block, self.device, …): one subject, found by its name. */
static int compile_at(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	const struct ast *kind_ast = ast_at(compiler, call->first), *name = ast_at(compiler, kind_ast->next);
	enum subject_kind kind;
	uint16_t children[2];
	bool own;
	int op, r;

	r = subject_kind_argument(compiler, function, call, &kind, &own);
	if (r < 0)
		return r;
	if (own)
		return fail(compiler, kind_ast, "at() finds a subject by its name: a kind without self.");
	compiler->quiet_terms++;
	op = expr_compile_node(compiler, kind_ast->next);
	compiler->quiet_terms--;
	if (op < 0)
		return op;
	r = expr_need_type(compiler, name, op, VALUE_TEXT, function->name);
	if (r < 0)
		return r;
	children[0] = (uint16_t)op;
	op = compile_subject_body(compiler, name->next, kind);
	if (op < 0)
		return op;
	children[1] = (uint16_t)op;
	op = expr_emit(compiler, call, function->code, compiler->ops[op].type, children, ARRAY_SIZE(children));
	if (op < 0)
		return op;
	compiler->ops[op].index = kind;
	expr_add_term(compiler, op);
	return op;
}

static int compile_numbers(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	uint16_t children[EXPR_LIST_MAX];
	struct expr_type type;
	const struct ast *first = ast_at(compiler, call->first), *ast;
	int count, r;

	count = expr_compile_children(compiler, call, 0, children, ARRAY_SIZE(children));
	if (count < 0)
		return count;
	r = expr_need_type(compiler, first, children[0], VALUE_NUMBER, function->name);
	if (r < 0)
		return r;
	type = compiler->ops[children[0]].type;
	ast = first;
	for (int i = 1; i < count; i++) {
		const struct ast *previous = first;

		ast = ast_at(compiler, ast->next);
		r = expr_unify(compiler, ast, "compare", previous, &type, ast, compiler->ops[children[i]].type);
		if (r < 0)
			return r;
	}
	return expr_emit(compiler, call, function->code, type, children, (size_t)count);
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
	key = expr_key_of(compiler, argument);
	r = expr_resolve_key(compiler, argument, &key, &entry, &name);
	if (r < 0)
		return r;
	if (function->code == OP_VALID && entry_is_metric(entry)) {
		r = fail(compiler, call, "valid() takes a setting; '%s' is a metric", name);
		free(name);
		return r;
	}
	op = expr_emit(compiler, call, function->code, type_bool, NULL, 0);
	if (op < 0) {
		free(name);
		return op;
	}
	expr_set_key(compiler, op, &key, entry, name);
	return op;
}

static int compile_offers(struct compiler *compiler, const struct function *function, const struct ast *call)
{
	const struct ast *value = ast_at(compiler, ast_child(compiler, call, 1));
	uint16_t child;
	int op, has, r;

	op = expr_compile_node(compiler, ast_child(compiler, call, 1));
	if (op < 0)
		return op;
	child = (uint16_t)op;
	r = expr_need_type(compiler, value, op, VALUE_TEXT, function->name);
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
	op = expr_emit(compiler, call, OP_KERNEL, type_bool, NULL, 0);
	if (op >= 0)
		compiler->ops[op].number = version;
	return op;
}

static const struct function functions[] = {
	/* clang-format off */
	{ "abs",		compile_numbers,		OP_ABS,			1, 1 },
	{ "all",		compile_subject_function,	OP_ALL,			2, 2 },
	{ "any",		compile_subject_function,	OP_ANY,			2, 2 },
	{ "at",			compile_at,			OP_AT,			3, 3 },
	{ "clamp",		compile_numbers,		OP_CLAMP,		3, 3 },
	{ "count",		compile_subject_function,	OP_COUNT,		2, 2 },
	{ "delta",		compile_metric_function,	OP_DELTA,		1, 1 },
	{ "floor",		compile_numbers,		OP_FLOOR,		1, 1 },
	{ "has",		compile_has,			OP_HAS,			1, 1 },
	{ "kernel",		compile_kernel,			OP_KERNEL,		1, 1 },
	{ "largest",		compile_subject_function,	OP_LARGEST,		2, 2 },
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
	{ "smallest",		compile_subject_function,	OP_SMALLEST,		2, 2 },
	{ "sum",		compile_subject_function,	OP_SUM,			2, 2 },
	{ "total",		compile_metric_function,	OP_TOTAL,		1, 1 },
	{ "valid",		compile_has,			OP_VALID,		1, 1 },
	/* clang-format on */
};

static int unknown_function(struct compiler *compiler, const struct ast *call, const char *name)
{
	const char *nearest = NULL;
	unsigned int best = 3;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		unsigned int d = word_distance(name, functions[i].name, best);

		if (d < best) {
			best = d;
			nearest = functions[i].name;
		}
	}
	return fail(compiler, call, "unknown function '%s'%s%s%s", name, nearest ? "; the nearest is '" : "",
		    nearest ? nearest : "", nearest ? "'" : "");
}

int expr_compile_call(struct compiler *compiler, const struct ast *ast)
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
