/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of an expression into a program: every key found in the registry, every type and dimension checked. */
#include "expr-compiler.h"

/* Adds an op for ast over children; its number, or -EINVAL. */
int expr_emit(struct compiler *compiler, const struct ast *ast, enum op_code code, struct expr_type type,
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

void expr_add_term(struct compiler *compiler, int op)
{
	const struct op *added = &compiler->ops[op];

	if (compiler->quiet_terms > 0 || compiler->in_frozen > 0)
		return;
	for (uint16_t i = 0; i < compiler->term_count; i++) {
		const struct op *other = &compiler->ops[compiler->terms[i]];

		if (other->length == added->length && memcmp(compiler->source->text + other->offset,
							      compiler->source->text + added->offset, added->length) == 0)
			return;
	}
	if (compiler->term_count < ARRAY_SIZE(compiler->terms))
		compiler->terms[compiler->term_count++] = (uint16_t)op;
}

/* Compiles every child of ast from number first on; their count, or -EINVAL. */
int expr_compile_children(struct compiler *compiler, const struct ast *ast, unsigned int first, uint16_t *ops,
			    size_t max)
{
	size_t count = 0;

	for (uint16_t child = ast_child(compiler, ast, first); child; child = ast_at(compiler, child)->next) {
		int op;

		if (count >= max)
			return fail(compiler, ast, "more than %zu items", max);
		op = expr_compile_node(compiler, child);
		if (op < 0)
			return op;
		ops[count++] = (uint16_t)op;
	}
	return (int)count;
}

const char *expr_copy_text(struct compiler *compiler, const struct ast *ast, size_t *ret_length, bool *ret_owned)
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
	count = expr_compile_children(compiler, ast, 0, children, ARRAY_SIZE(children));
	if (count < 0)
		return count;
	first = item = ast_at(compiler, ast->first);
	r = expr_need_type(compiler, first, children[0], VALUE_NUMBER, "list");
	if (r < 0)
		return r;
	type = compiler->ops[children[0]].type;
	for (int i = 1; i < count; i++) {
		item = ast_at(compiler, item->next);
		r = expr_unify(compiler, item, "put in one list", first, &type, item, compiler->ops[children[i]].type);
		if (r < 0)
			return r;
	}
	type.type = VALUE_LIST;
	type.item = VALUE_NUMBER;
	return expr_emit(compiler, ast, OP_MAKE_LIST, type, children, (size_t)count);
}

static int compile_literal(struct compiler *compiler, const struct ast *ast)
{
	struct expr_type type = type_plain;
	int op;

	if (ast->kind == AST_NUMBER) {
		type.dimension = ast->dimension;
		type.ratio = ast->ratio;
		op = expr_emit(compiler, ast, OP_NUMBER, type, NULL, 0);
		if (op >= 0)
			compiler->ops[op].number = ast->number;
		return op;
	}
	if (ast->kind == AST_BOOL) {
		op = expr_emit(compiler, ast, OP_BOOL, type_bool, NULL, 0);
		if (op >= 0)
			compiler->ops[op].number = ast->boolean;
		return op;
	}
	op = expr_emit(compiler, ast, OP_TEXT, type_text, NULL, 0);
	if (op >= 0)
		compiler->ops[op].text = expr_copy_text(compiler, ast, &compiler->ops[op].text_length,
						   &compiler->ops[op].text_owned);
	return op;
}

int expr_compile_node(struct compiler *compiler, uint16_t index)
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
		return expr_compile_key(compiler, ast);
	case AST_CALL:
		return expr_compile_call(compiler, ast);
	case AST_INDEX:
		return expr_compile_index(compiler, ast);
	case AST_NEGATE:
		return expr_compile_negate(compiler, ast);
	case AST_NOT:
		return expr_compile_logic(compiler, ast, OP_NOT, "not");
	case AST_AND:
		return expr_compile_logic(compiler, ast, OP_AND, "and");
	case AST_OR:
		return expr_compile_logic(compiler, ast, OP_OR, "or");
	case AST_IF:
		return expr_compile_if(compiler, ast);
	case AST_BINARY:
		break;
	}
	if (ast->binary == BINARY_IN)
		return expr_compile_in(compiler, ast);
	if (ast->binary == BINARY_MATCH)
		return expr_compile_match(compiler, ast);
	if (ast->binary <= BINARY_DIVIDE)
		return expr_compile_arithmetic(compiler, ast);
	return expr_compile_comparison(compiler, ast);
}

int expr_compile_piece(const struct expr_scope *scope, const struct node *text, size_t offset, size_t length,
		       struct diag *diag, struct program **ret_program)
{
	struct expr_source source = { .node = text, .offset = offset, .length = length, .diag = diag };
	/* Too large for the stack together, and used one at a time: expressions are compiled one after the other. */
	static struct compiler compiler;
	static struct ast_tree tree;
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
	root = expr_compile_node(&compiler, tree.root);
	if (root < 0) {
		expr_ops_release(compiler.ops, compiler.op_count);
		return root;
	}
	*ret_program = expr_build_program(&compiler, (uint16_t)root);
	return 0;
}

int expr_compile(const struct expr_scope *scope, const struct node *text, struct diag *diag,
		 struct program **ret_program)
{
	return expr_compile_piece(scope, text, 0, text->kind == NODE_SCALAR ? strlen(text->text) : 0, diag, ret_program);
}
