/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled expressions: made of what the compiler gathered, bound to a snapshot, asked what they look at. */
#include "expr-compiler.h"

void expr_ops_release(struct op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct regex *regex = ops[i].regex;

		if (ops[i].key_owned)
			free((char *)ops[i].key);
		if (ops[i].text_owned)
			free((char *)ops[i].text);
		free(ops[i].memos);
		if (regex) {
			pcre2_match_context_free(regex->limits);
			pcre2_match_data_free(regex->match);
			pcre2_code_free(regex->code);
			free(regex);
		}
	}
}

struct program *expr_build_program(const struct compiler *compiler, uint16_t root)
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
		if (program->ops[i].code >= OP_ANY && program->ops[i].code <= OP_LARGEST)
			program->ops[i].memos = xcalloc(program->ops[i].n_memos = 1, sizeof(struct memo));

	program->term_count = compiler->term_count;
	if (compiler->term_count > 0)
		program->terms = xcalloc(compiler->term_count, sizeof(*program->terms));
	for (uint16_t i = 0; i < compiler->term_count; i++) {
		struct program *term = &program->terms[i];

		*term = *program;
		term->terms = NULL;
		term->term_count = 0;
		term->root = compiler->terms[i];
		term->text = xstrndup(program->text + program->ops[term->root].offset, program->ops[term->root].length);
	}
	return program;
}

void program_free(struct program *program)
{
	if (!program)
		return;
	for (size_t i = 0; i < program->term_count; i++)
		free((char *)program->terms[i].text);
	free(program->terms);
	expr_ops_release(program->ops, program->op_count);
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

static void forget_memos(struct op *op, uint32_t slots)
{
	uint32_t count = op->slots_differ ? slots + 1 : 1;

	if (op->n_memos < count)
		op->memos = xrealloc(op->memos, count * sizeof(*op->memos));
	op->n_memos = MAX(op->n_memos, count);
	memset(op->memos, 0, op->n_memos * sizeof(*op->memos));
}

void program_bind(struct program *program, const struct snapshot *snapshot)
{
	for (uint16_t i = 0; i < program->op_count; i++) {
		struct op *op = &program->ops[i];

		op->sight.subject = SUBJECT_NONE;
		if (op->memos)
			forget_memos(op, snapshot_window_get(snapshot)->slot_count);
		if (op->code == OP_KERNEL)
			op->symbol = snapshot_key_find(snapshot, "kernel.osrelease");
		else if (op->key && op->code != OP_INDEX)
			op->symbol = snapshot_key_find(snapshot, op->key);
		if (op->code == OP_RATE)
			op->uptime = snapshot_key_find(snapshot, "uptime");
	}
}
