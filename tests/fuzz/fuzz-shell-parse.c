/* SPDX-License-Identifier: Apache-2.0 */
/* A script as both kinds of shell read it: every part of the tree stands in the text, and lines only go on. */
#include <stdlib.h>

#include "../../proposals/shell-parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t lines;

static void check_line(uint32_t line)
{
	if (line == 0 || line > lines)
		abort();
}

static void check_node(const struct shell_node *node);

static void check_parts(const struct shell_part *part)
{
	for (; part; part = part->next) {
		check_line(part->line);
		if (part->kind == SHELL_PART_PARAMETER || part->kind == SHELL_PART_ARITHMETIC)
			check_parts(part->word);
		else if (part->kind == SHELL_PART_COMMAND || part->kind == SHELL_PART_PROCESS)
			check_node(part->script);
	}
}

static void check_words(const struct shell_word *word)
{
	for (; word; word = word->next) {
		check_line(word->line);
		if (word->length == 0)
			abort();
		check_parts(word->parts);
	}
}

static void check_node(const struct shell_node *node)
{
	for (; node; node = node->next) {
		check_line(node->line);
		check_line(node->last_line);
		check_words(node->words);
		for (const struct shell_assignment *assignment = node->assignments; assignment; assignment = assignment->next)
			check_words(assignment->value);
		for (const struct shell_redirection *at = node->redirections; at; at = at->next) {
			check_words(at->word);
			check_parts(at->body);
		}
		for (const struct shell_branch *branch = node->branches; branch; branch = branch->next) {
			check_words(branch->patterns);
			check_node(branch->body);
		}
		check_node(node->children);
		check_node(node->condition);
		check_node(node->body);
		check_node(node->otherwise);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lines = 1;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	for (int dialect = SHELL_POSIX; dialect <= SHELL_BASH; dialect++) {
		CLEANUP(shell_parser_free_ptr) struct shell_parser *parser =
			shell_parser_new((const char *)data, size, (enum shell_dialect)dialect);
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		const struct shell_node *node;

		while ((node = shell_parser_next(parser, &arena)))
			check_node(node);
		if (shell_parser_error(parser))
			check_line(shell_parser_error(parser)->line);
	}
	return 0;
}
