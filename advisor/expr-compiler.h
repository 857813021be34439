/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the expression compiler share: types in expr-type.c, keys in expr-key.c, functions in expr-function.c,
 * operators in expr-operator.c, the rest in expr-compile.c.  Functions that compile return the number of an op, or
 * -EINVAL after one message. */
#ifndef KEISOKU_EXPR_COMPILER_H
#define KEISOKU_EXPR_COMPILER_H

#include "../core/strbuf.h"
#include "expr-internal.h"

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
	uint16_t terms[EXPR_NODES_MAX];	/* ops */
	uint16_t term_count;
	unsigned int quiet_terms;	/* inside a term: what it holds is not one of its own */
};

static inline const struct ast *ast_at(const struct compiler *compiler, uint16_t index)
{
	return &compiler->tree->nodes[index];
}

static inline uint16_t ast_child(const struct compiler *compiler, const struct ast *ast, unsigned int nth)
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

/* A rate: per second.  Seconds per second are a share of the time. */
struct expr_type expr_type_per_second(struct expr_type type);
bool expr_is_plain_literal(const struct ast *ast);
/* Both must be numbers of one dimension; verb: "compare", "add".  *into becomes the type of both together. */
int expr_unify(struct compiler *compiler, const struct ast *at, const char *verb, const struct ast *left,
	       struct expr_type *into, const struct ast *right, struct expr_type other);
int expr_need_type(struct compiler *compiler, const struct ast *ast, int op, enum value_type wanted, const char *where);

/* ---- the whole ---- */

int expr_compile_node(struct compiler *compiler, uint16_t index);
/* Compiles every child of ast from number first on; their count. */
int expr_compile_children(struct compiler *compiler, const struct ast *ast, unsigned int first, uint16_t *ops,
			  size_t max);
/* Adds an op for ast over children. */
int expr_emit(struct compiler *compiler, const struct ast *ast, enum op_code code, struct expr_type type,
	      const uint16_t *children, size_t count);
void expr_add_term(struct compiler *compiler, int op);
/* The text of a literal, to be freed. */
const char *expr_copy_text(struct compiler *compiler, const struct ast *ast, size_t *ret_length, bool *ret_owned);

/* ---- keys ---- */

struct key {
	const char *text;		/* without "self." */
	size_t length;
	bool self;
};

static inline bool entry_is_metric(const struct entry *entry)
{
	return entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG;
}

static inline bool entry_is_counter(const struct entry *entry)
{
	return entry->class == ENTRY_LOG || (entry->class == ENTRY_METRIC && entry->metric_kind == METRIC_COUNTER);
}

struct key expr_key_of(const struct compiler *compiler, const struct ast *ast);
/* Finds the entry behind a key node; *ret_name is the key, to be freed. */
int expr_resolve_key(struct compiler *compiler, const struct ast *ast, const struct key *key,
		     const struct entry **ret_entry, char **ret_name);
/* Puts the key into an op; takes name. */
void expr_set_key(struct compiler *compiler, int op, const struct key *key, const struct entry *entry, char *name);
int expr_emit_metric(struct compiler *compiler, const struct ast *ast, enum op_code code, struct expr_type type,
		     const struct key *key, const struct entry *entry, char *name);
int expr_compile_key(struct compiler *compiler, const struct ast *ast);
int expr_compile_index(struct compiler *compiler, const struct ast *ast);

/* ---- functions and operators ---- */

int expr_compile_call(struct compiler *compiler, const struct ast *ast);
int expr_compile_arithmetic(struct compiler *compiler, const struct ast *ast);
int expr_compile_comparison(struct compiler *compiler, const struct ast *ast);
int expr_compile_in(struct compiler *compiler, const struct ast *ast);
int expr_compile_match(struct compiler *compiler, const struct ast *ast);
int expr_compile_logic(struct compiler *compiler, const struct ast *ast, enum op_code code, const char *word);
int expr_compile_negate(struct compiler *compiler, const struct ast *ast);
int expr_compile_if(struct compiler *compiler, const struct ast *ast);

/* ---- programs ---- */

struct program *expr_build_program(const struct compiler *compiler, uint16_t root);
void expr_ops_release(struct op *ops, size_t count);

#endif
