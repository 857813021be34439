/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of expressions. */
#include "expr-compiler.h"

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
		type.frequency = (a.frequency || b.frequency) && literal;
		return expr_emit(compiler, ast, OP_MULTIPLY, type, children, 2);
	}
	type.dimension = dimension_divide(a.dimension, b.dimension);
	/* A part of the same thing is a share; half of a percentage is a percentage. */
	type.ratio = dimension_equal(type.dimension, none) && ((!literal && !b.ratio) || (a.ratio && !b.ratio));
	type.frequency = a.frequency && literal;
	return expr_emit(compiler, ast, OP_DIVIDE, type, children, 2);
}

int expr_compile_arithmetic(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *left = ast_at(compiler, ast_child(compiler, ast, 0));
	const struct ast *right = ast_at(compiler, ast_child(compiler, ast, 1));
	struct expr_type type;
	uint16_t children[2];
	int r;

	r = expr_compile_children(compiler, ast, 0, children, 2);
	for (int i = 0; i < 2 && r >= 0; i++)
		r = expr_need_type(compiler, i == 0 ? left : right, children[i], VALUE_NUMBER, binary_symbols[ast->binary]);
	if (r < 0)
		return r;
	if (ast->binary == BINARY_MULTIPLY || ast->binary == BINARY_DIVIDE)
		return compile_product(compiler, ast, children);

	type = compiler->ops[children[0]].type;
	r = expr_unify(compiler, right, ast->binary == BINARY_ADD ? "add" : "subtract", left, &type, right,
			  compiler->ops[children[1]].type);
	if (r < 0)
		return r;
	return expr_emit(compiler, ast, ast->binary == BINARY_ADD ? OP_ADD : OP_SUBTRACT, type, children, 2);
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

		if (!expr_is_plain_literal(literal) || (literal->number != 0 && literal->number != 1) ||
		    compiler->ops[children[1 - i]].type.type != VALUE_BOOL)
			continue;
		op = expr_emit(compiler, literal, OP_BOOL, type_bool, NULL, 0);
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
		return expr_emit(compiler, ast, equal ? OP_EQUAL_TEXT : OP_NOT_EQUAL_TEXT, type_bool, children, 2);
	}
	if (a.type == VALUE_BOOL && b.type == VALUE_BOOL)
		return expr_emit(compiler, ast, equal ? OP_EQUAL_BOOL : OP_NOT_EQUAL_BOOL, type_bool, children, 2);
	r = expr_unify(compiler, right, "compare", left, &a, right, b);
	if (r < 0)
		return r;
	return expr_emit(compiler, ast, equal ? OP_EQUAL : OP_NOT_EQUAL, type_bool, children, 2);
}

int expr_compile_comparison(struct compiler *compiler, const struct ast *ast)
{
	static const enum op_code codes[] = {
		[BINARY_LESS] = OP_LESS, [BINARY_LESS_EQUAL] = OP_LESS_EQUAL,
		[BINARY_GREATER] = OP_GREATER, [BINARY_GREATER_EQUAL] = OP_GREATER_EQUAL,
	};
	const struct ast *right = ast_at(compiler, ast_child(compiler, ast, 1));
	struct expr_type type;
	uint16_t children[2];
	int r;

	r = expr_compile_children(compiler, ast, 0, children, 2);
	if (r < 0)
		return r;
	if (ast->binary == BINARY_EQUAL || ast->binary == BINARY_NOT_EQUAL)
		return compile_equality(compiler, ast, children);
	type = compiler->ops[children[0]].type;
	r = expr_unify(compiler, right, "compare", ast_at(compiler, ast->first), &type, right,
			  compiler->ops[children[1]].type);
	if (r < 0)
		return r;
	return expr_emit(compiler, ast, codes[ast->binary], type_bool, children, 2);
}

/* x in ["a", "b"]: the items become further children. */
static int compile_in_literal(struct compiler *compiler, const struct ast *ast, const struct ast *list)
{
	const struct ast *left = ast_at(compiler, ast->first), *item;
	uint16_t children[EXPR_LIST_MAX + 1];
	struct expr_type type;
	char found[96];
	int op, count, r = 0;

	op = expr_compile_node(compiler, ast->first);
	if (op < 0)
		return op;
	children[0] = (uint16_t)op;
	type = compiler->ops[op].type;
	if (type.type != VALUE_TEXT && type.type != VALUE_NUMBER)
		return fail(compiler, left, "in: expected text or a number, found %s",
			    expr_type_describe(type, found, sizeof(found)));
	if (list->count == 0)
		return fail(compiler, list, "the list is empty");
	count = expr_compile_children(compiler, list, 0, children + 1, EXPR_LIST_MAX);
	if (count < 0)
		return count;
	item = ast_at(compiler, list->first);
	for (int i = 1; i <= count && r == 0; i++, item = ast_at(compiler, item->next)) {
		if (type.type == VALUE_NUMBER)
			r = expr_unify(compiler, item, "compare", left, &type, item, compiler->ops[children[i]].type);
		else
			r = expr_need_type(compiler, item, children[i], VALUE_TEXT, "in");
		if (r == 0 && type.type == VALUE_TEXT)
			r = check_enum_value(compiler, &compiler->ops[children[0]], item);
	}
	if (r < 0)
		return r;
	return expr_emit(compiler, ast, type.type == VALUE_NUMBER ? OP_IN_NUMBERS : OP_IN_TEXTS, type_bool, children,
		    (size_t)count + 1);
}

int expr_compile_in(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *left = ast_at(compiler, ast->first);
	const struct ast *list = ast_at(compiler, left->next);
	struct expr_type type, item;
	uint16_t children[2];
	char found[96];
	int r;

	if (list->kind == AST_LIST)
		return compile_in_literal(compiler, ast, list);
	r = expr_compile_children(compiler, ast, 0, children, 2);
	if (r < 0)
		return r;
	type = compiler->ops[children[1]].type;
	if (type.type != VALUE_LIST)
		return fail(compiler, list, "in: expected a list, found %s", expr_type_describe(type, found, sizeof(found)));
	item = type;
	item.type = type.item;
	if (item.type == VALUE_NUMBER)
		r = expr_unify(compiler, list, "compare", left, &item, list, compiler->ops[children[0]].type);
	else
		r = expr_need_type(compiler, left, children[0], VALUE_TEXT, "in");
	if (r < 0)
		return r;
	return expr_emit(compiler, ast, item.type == VALUE_NUMBER ? OP_IN_SETTING_NUMBERS : OP_IN_SETTING_WORDS, type_bool,
		    children, 2);
}

int expr_compile_match(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *pattern = ast_at(compiler, ast_child(compiler, ast, 1));
	CLEANUP(free_ptr) char *text = NULL;
	size_t length, where;
	struct regex *regex;
	unsigned char message[128];
	uint16_t child;
	bool owned;
	int op, code, r;

	op = expr_compile_node(compiler, ast->first);
	if (op < 0)
		return op;
	child = (uint16_t)op;
	if (compiler->ops[child].type.type != VALUE_LIST) {
		r = expr_need_type(compiler, ast_at(compiler, ast->first), op, VALUE_TEXT, "=~");
		if (r < 0)
			return r;
	}
	if (pattern->kind != AST_TEXT)
		return fail(compiler, pattern, "=~: expected a regular expression in quotes, found '%.*s'",
			    ast_text(compiler, pattern));

	text = (char *)expr_copy_text(compiler, pattern, &length, &owned);
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

	op = expr_emit(compiler, ast, OP_MATCH, type_bool, &child, 1);
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

int expr_compile_logic(struct compiler *compiler, const struct ast *ast, enum op_code code, const char *word)
{
	uint16_t children[EXPR_NODES_MAX];
	const struct ast *child = ast_at(compiler, ast->first);
	int count, r;

	count = expr_compile_children(compiler, ast, 0, children, ARRAY_SIZE(children));
	for (int i = 0; i < count; i++, child = ast_at(compiler, child->next)) {
		r = expr_need_type(compiler, child, children[i], VALUE_BOOL, word);
		if (r < 0)
			return r;
	}
	return count < 0 ? count : expr_emit(compiler, ast, code, type_bool, children, (size_t)count);
}

int expr_compile_negate(struct compiler *compiler, const struct ast *ast)
{
	struct expr_type type;
	uint16_t child;
	int op, r;

	op = expr_compile_node(compiler, ast->first);
	if (op < 0)
		return op;
	r = expr_need_type(compiler, ast_at(compiler, ast->first), op, VALUE_NUMBER, "-");
	if (r < 0)
		return r;
	child = (uint16_t)op;
	type = compiler->ops[child].type;
	return expr_emit(compiler, ast, OP_NEGATE, type, &child, 1);
}

int expr_compile_if(struct compiler *compiler, const struct ast *ast)
{
	const struct ast *condition = ast_at(compiler, ast->first);
	const struct ast *yes = ast_at(compiler, condition->next), *no = ast_at(compiler, yes->next);
	struct expr_type type, other;
	uint16_t children[3];
	char a[96], b[96];
	int r;

	r = expr_compile_children(compiler, ast, 0, children, 3);
	if (r < 0)
		return r;
	r = expr_need_type(compiler, condition, children[0], VALUE_BOOL, "if");
	if (r < 0)
		return r;
	type = compiler->ops[children[1]].type;
	other = compiler->ops[children[2]].type;
	if (type.type == VALUE_NUMBER) {
		r = expr_unify(compiler, no, "choose between", yes, &type, no, other);
		if (r < 0)
			return r;
	} else if (type.type != other.type || type.item != other.item || type.type == VALUE_LIST) {
		return fail(compiler, no, "cannot choose between %s and %s", expr_type_describe(type, a, sizeof(a)),
			    expr_type_describe(other, b, sizeof(b)));
	}
	return expr_emit(compiler, ast, OP_IF, type, children, 3);
}
