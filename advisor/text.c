/* SPDX-License-Identifier: Apache-2.0 */
/* Text of rules with expressions in braces:
 *
 *   "{rate(netstat.TcpExt.ListenOverflows)} connections per second; {current} allowed, {self.limit|MiB} used"
 *
 * Two braces are one brace. */
#include <errno.h>
#include <math.h>

#include "../core/strbuf.h"
#include "rule.h"

static struct text_part *add_part(struct text *text)
{
	GROW(text->parts, text->capacity, text->count + 1);
	text->parts[text->count] = (struct text_part){ .literal = "" };
	return &text->parts[text->count++];
}

static void add_literal(struct text *text, const char *literal, size_t length)
{
	struct text_part *part;

	if (length == 0)
		return;
	part = add_part(text);
	part->literal = literal;
	part->length = length;
}

/* The closing brace of the expression that starts at position; a brace in quotes is text.  *ret_bar is the last "|". */
static bool find_end(const char *text, size_t position, size_t *ret_end, size_t *ret_bar)
{
	char quote = '\0';

	*ret_bar = 0;
	for (size_t i = position; text[i]; i++) {
		if (quote) {
			if (text[i] == '\\' && text[i + 1] == '"')
				i++;
			else if (text[i] == quote)
				quote = '\0';
		} else if (text[i] == '"' || text[i] == '`') {
			quote = text[i];
		} else if (text[i] == '|') {
			*ret_bar = i;
		} else if (text[i] == '}') {
			*ret_end = i;
			return true;
		}
	}
	return false;
}

static struct place place_inside(const struct node *node, size_t offset)
{
	struct place place = node_place(node);

	if (!node->quoted)
		place.column += (unsigned int)offset;
	return place;
}

static int compile_unit(const struct node *node, size_t offset, size_t length, struct diag *diag,
			struct text_part *part)
{
	struct place place = place_inside(node, offset);
	struct expr_type type = program_type(part->program);
	char found[96];

	part->unit_name = node->text + offset;
	part->length = length;
	part->has_unit = true;
	part->plain = length == strlen("plain") && memcmp(part->unit_name, "plain", length) == 0;
	if (part->plain || (length == strlen("number") && memcmp(part->unit_name, "number", length) == 0)) {
		part->unit = unit_none;
		part->length = 0;
	} else if (unit_parse(node->text + offset, length, &part->unit) < 0)
		return diag_error(diag, &place, "unknown unit '%.*s' after '|'", (int)length, node->text + offset);
	if (type.type != VALUE_NUMBER || !dimension_equal(type.dimension, part->unit.dimension))
		return diag_error(diag, &place, "cannot print %s in '%.*s'", expr_type_describe(type, found, sizeof(found)),
				  (int)length, node->text + offset);
	return 0;
}

static int compile_braces(const struct expr_scope *scope, const struct node *node, size_t position, size_t end,
			  size_t bar, struct diag *diag, struct text *text)
{
	size_t stop = bar ? bar : end;
	struct program *program;
	struct text_part *part;
	int r;

	r = expr_compile_piece(scope, node, position, stop - position, diag, &program);
	if (r < 0)
		return r;
	part = add_part(text);
	part->program = program;
	return bar ? compile_unit(node, bar + 1, end - bar - 1, diag, part) : 0;
}

int text_compile(const struct expr_scope *scope, const struct node *node, struct diag *diag, struct text *text)
{
	struct place place = node_place(node);
	const char *string = node->text;
	size_t start = 0, end, bar;
	int r;

	if (node->kind != NODE_SCALAR)
		return diag_error(diag, &place, "expected text, found a %s", node->kind == NODE_MAPPING ? "mapping" : "list");
	for (size_t i = 0; string[i];) {
		if (string[i] != '{' && string[i] != '}') {
			i++;
			continue;
		}
		place = place_inside(node, i);
		if (string[i + 1] == string[i]) {
			add_literal(text, string + start, i + 1 - start);
			start = i += 2;
			continue;
		}
		if (string[i] == '}')
			return diag_error(diag, &place, "a '}' without '{': write }} for one brace");
		add_literal(text, string + start, i - start);
		if (!find_end(string, i + 1, &end, &bar))
			return diag_error(diag, &place, "a '{' without '}': write {{ for one brace");
		r = compile_braces(scope, node, i + 1, end, bar, diag, text);
		if (r < 0)
			return r;
		start = i = end + 1;
	}
	add_literal(text, string + start, strlen(string + start));
	/* There are a thousand, kept as long as the rules, and most are one literal. */
	text->parts = xrealloc(text->parts, text->count * sizeof(*text->parts));
	text->capacity = text->count;
	return 0;
}

void text_release(struct text *text)
{
	for (size_t i = 0; i < text->count; i++)
		program_free(text->parts[i].program);
	free(text->parts);
	*text = (struct text){ 0 };
}

void text_bind(struct text *text, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < text->count; i++)
		if (text->parts[i].program)
			program_bind(text->parts[i].program, snapshot);
}

static void expand_part(const struct text_part *part, struct expr_context *context, struct strbuf *out)
{
	struct value value = program_evaluate(part->program, context);

	if (!part->has_unit || value.type != VALUE_NUMBER) {
		value_format(out, &value, program_type(part->program));
		return;
	}
	if (part->plain && isfinite(value.number)) {
		strbuf_addf(out, "%.15Lg", value.number);
		return;
	}
	value.number = unit_from_base(value.number, &part->unit);
	value_format(out, &value, (struct expr_type){ .type = VALUE_NUMBER });
	if (part->length > 0)
		strbuf_addf(out, " %.*s", (int)part->length, part->unit_name);
}

void text_expand(const struct text *text, struct expr_context *context, struct strbuf *out)
{
	for (size_t i = 0; i < text->count; i++) {
		if (text->parts[i].program)
			expand_part(&text->parts[i], context, out);
		else
			strbuf_add(out, text->parts[i].literal, text->parts[i].length);
	}
}
