/* SPDX-License-Identifier: Apache-2.0 */
/* Text of an expression into a tree: a lexer with one token of look-ahead, and precedence climbing.
 *
 *   any(block, p95(rate(self.io_ticks)) > 90%) and vm.dirty_bytes == 0B
 *
 * The tree lives in an array that the caller owns, so neither its size nor its depth can run away. */
#include "expr-internal.h"

#include <stdarg.h>
#include <stdio.h>

#include "../core/parse.h"
#include "../core/strbuf.h"

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_NAME, TOKEN_SYMBOL };

struct token {
	enum token_kind kind;
	uint32_t offset, length;
	uint32_t name_offset, name_length;	/* NAME, TEXT: without quotes */
	bool quoted;				/* NAME in backticks: never a keyword */
	bool glued;				/* no white space before it */
	long double number;
	struct unit unit;
	bool has_unit, ratio;
	bool is_binary;				/* an operator between two operands, and how tightly it binds */
	uint8_t level;
	enum binary binary;
};

struct parser {
	const struct expr_source *source;
	struct ast_tree *tree;
	struct token token;
	uint32_t position;
	unsigned int depth;
};

int expr_error(const struct expr_source *source, size_t offset, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf message = STRBUF_INIT;
	struct place place = node_place(source->node);
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&message, format, arguments);
	va_end(arguments);

	/* Where a quoted or a block scalar continues in the file is not known; a plain one stands on its line. */
	if (!source->node->quoted)
		place.column += (unsigned int)(source->offset + offset);
	else if (source->length > 0)
		strbuf_addf(&message, " (at character %zu of '%.*s')", offset + 1, (int)MIN(source->length, 60),
			    source->text);
	return diag_error(source->diag, &place, "%s", message.buf);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word(char c)
{
	return is_letter(c) || is_digit(c);
}

static char char_at(const struct parser *parser, size_t position)
{
	return position < parser->source->length ? parser->source->text[position] : '\0';
}

/* A key: components of letters, digits and _, joined by dots; a minus only inside a component ("vm.page-cluster"). */
static uint32_t key_end(const struct parser *parser, uint32_t position)
{
	while (is_word(char_at(parser, position)) ||
	       ((char_at(parser, position) == '.' || char_at(parser, position) == '-') &&
		is_word(char_at(parser, position + 1))))
		position++;
	return position;
}

static uint32_t word_end(const struct parser *parser, uint32_t position)
{
	while (is_word(char_at(parser, position)))
		position++;
	return position;
}

/* "/s" after a number is a unit, "/page_size" and "/self.x" are divisions. */
static uint32_t divisor_end(const struct parser *parser, uint32_t position)
{
	uint32_t end = key_end(parser, position + 1);
	struct unit unit;

	if (char_at(parser, position) != '/' || !is_letter(char_at(parser, position + 1)) || char_at(parser, end) == '(')
		return position;
	if (unit_parse(parser->source->text + position + 1, end - position - 1, &unit) < 0)
		return position;
	return end;
}

static bool unit_is_ratio(const char *text, size_t length)
{
	static const char *const names[] = { "%", "percent", "permille", "per10000", "ratio" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == length && memcmp(names[i], text, length) == 0)
			return true;
	return false;
}

static int lex_unit(struct parser *parser, struct token *token)
{
	const char *text = parser->source->text;
	uint32_t start = parser->position, end = start;
	int r;

	if (char_at(parser, end) == '%')
		end++;
	else if (is_letter(char_at(parser, end)))
		end = word_end(parser, end);
	end = divisor_end(parser, end);
	token->unit = unit_none;
	if (end == start)
		return 0;

	if (text[start] == '/') {
		/* "2/s" */
		CLEANUP(strbuf_release) struct strbuf unit = STRBUF_INIT;

		strbuf_add_char(&unit, '1');
		strbuf_add(&unit, text + start, end - start);
		r = unit_parse(unit.buf, unit.len, &token->unit);
	} else {
		r = unit_parse(text + start, end - start, &token->unit);
	}
	if (r < 0)
		return expr_error(parser->source, start, "unknown unit '%.*s'", (int)MIN(end - start, 40U), text + start);

	token->has_unit = true;
	token->ratio = unit_is_ratio(text + start, end - start);
	parser->position = end;
	return 0;
}

static int lex_hex(struct parser *parser, struct token *token)
{
	uint64_t number = 0;
	uint32_t start = parser->position;

	parser->position += 2;
	for (int digit; (digit = hex_digit(char_at(parser, parser->position))) >= 0; parser->position++) {
		if (number >> 60)
			return expr_error(parser->source, start, "number too large");
		number = number << 4 | (uint64_t)digit;
	}
	if (parser->position == start + 2)
		return expr_error(parser->source, start, "expected hexadecimal digits after 0x");
	token->number = (long double)number;
	return lex_unit(parser, token);
}

static int lex_number(struct parser *parser, struct token *token)
{
	uint32_t start = parser->position;
	long double power = 1;
	uint64_t digits = 0;
	bool fraction = false;

	token->kind = TOKEN_NUMBER;
	if (char_at(parser, start) == '0' && (char_at(parser, start + 1) | 0x20) == 'x')
		return lex_hex(parser, token);

	for (;; parser->position++) {
		char c = char_at(parser, parser->position);

		if (c == '.' && !fraction && is_digit(char_at(parser, parser->position + 1))) {
			fraction = true;
			continue;
		}
		if (!is_digit(c))
			break;
		if (digits > (UINT64_MAX - (uint64_t)(c - '0')) / 10)
			return expr_error(parser->source, start, "number too large");
		digits = digits * 10 + (uint64_t)(c - '0');
		power *= fraction ? 10 : 1;
	}
	token->number = (long double)digits / power;
	return lex_unit(parser, token);
}

static int lex_quoted(struct parser *parser, struct token *token, char quote)
{
	uint32_t start = parser->position++;

	while (char_at(parser, parser->position) != quote) {
		if (parser->position >= parser->source->length)
			return expr_error(parser->source, start, "unfinished %s",
					  quote == '"' ? "text: expected a closing \"" : "key: expected a closing backtick");
		if (quote == '"' && char_at(parser, parser->position) == '\\' &&
		    char_at(parser, parser->position + 1) == '"')
			parser->position++;
		parser->position++;
	}
	token->kind = quote == '"' ? TOKEN_TEXT : TOKEN_NAME;
	token->quoted = true;
	token->name_offset = start + 1;
	token->name_length = parser->position - start - 1;
	parser->position++;
	if (token->kind == TOKEN_NAME && token->name_length == 0)
		return expr_error(parser->source, start, "expected a key between the backticks");
	return 0;
}

/* The longer of two that begin alike comes first. */
static const struct { const char *symbol; uint8_t length, level; enum binary binary; } binaries[] = {
	/* clang-format off */
	{ "!=", 2, 0, BINARY_NOT_EQUAL },
	{ "<=", 2, 0, BINARY_LESS_EQUAL },
	{ "==", 2, 0, BINARY_EQUAL },
	{ "=~", 2, 0, BINARY_MATCH },
	{ ">=", 2, 0, BINARY_GREATER_EQUAL },
	{ "*",  1, 2, BINARY_MULTIPLY },
	{ "+",  1, 1, BINARY_ADD },
	{ "-",  1, 1, BINARY_SUBTRACT },
	{ "/",  1, 2, BINARY_DIVIDE },
	{ "<",  1, 0, BINARY_LESS },
	{ ">",  1, 0, BINARY_GREATER },
	/* clang-format on */
};

static void set_binary(struct token *token, size_t index)
{
	token->kind = TOKEN_SYMBOL;
	token->is_binary = true;
	token->binary = binaries[index].binary;
	token->level = binaries[index].level;
}

static int lex_symbol(struct parser *parser, struct token *token)
{
	static const struct { const char *wrong, *hint; } wrong[] = {
		{ "&&", "write 'and'" }, { "||", "write 'or'" }, { "!", "write 'not'" }, { "=", "compare with ==" },
		{ "'", "text stands in double quotes" }, { "?", "write a if condition else b" },
	};
	const char *text = parser->source->text + parser->position;
	size_t left = parser->source->length - parser->position;

	for (size_t i = 0; i < ARRAY_SIZE(binaries); i++) {
		if (binaries[i].length > left || memcmp(binaries[i].symbol, text, binaries[i].length) != 0)
			continue;
		set_binary(token, i);
		parser->position += binaries[i].length;
		return 0;
	}
	if (strchr("()[],", *text)) {
		token->kind = TOKEN_SYMBOL;
		parser->position++;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		size_t n = strlen(wrong[i].wrong);

		if (n <= left && memcmp(wrong[i].wrong, text, n) == 0)
			return expr_error(parser->source, parser->position, "unexpected '%s': %s", wrong[i].wrong,
					  wrong[i].hint);
	}
	if (*text > ' ' && *text < 127)
		return expr_error(parser->source, parser->position, "unexpected '%c'", *text);
	return expr_error(parser->source, parser->position, "unexpected byte 0x%02x", (unsigned char)*text);
}

static int advance(struct parser *parser)
{
	struct token token = { .glued = true };
	char c;
	int r;

	for (; (c = char_at(parser, parser->position)) == ' ' || c == '\t' || c == '\n' || c == '\r'; parser->position++)
		token.glued = false;
	token.offset = parser->position;

	if (parser->position >= parser->source->length) {
		token.kind = TOKEN_END;
		r = 0;
	} else if (is_digit(c)) {
		r = lex_number(parser, &token);
	} else if (c == '"' || c == '`') {
		r = lex_quoted(parser, &token, c);
	} else if (is_letter(c)) {
		token.kind = TOKEN_NAME;
		token.name_offset = parser->position;
		parser->position = key_end(parser, parser->position);
		token.name_length = parser->position - token.name_offset;
		token.binary = BINARY_IN;
		token.is_binary = token.name_length == 2 && memcmp(parser->source->text + token.name_offset, "in", 2) == 0;
		r = 0;
	} else {
		r = lex_symbol(parser, &token);
	}
	if (r < 0)
		return r;

	token.length = parser->position - token.offset;
	parser->token = token;
	return 0;
}

static inline bool token_is(const struct parser *parser, const char *text)
{
	const struct token *token = &parser->token;
	const char *found = parser->source->text + token->offset;

	return (token->kind == TOKEN_SYMBOL || (token->kind == TOKEN_NAME && !token->quoted)) && *found == *text &&
	       token->length == strlen(text) && memcmp(found, text, token->length) == 0;
}

static bool token_is_keyword(const struct parser *parser)
{
	static const char *const keywords[] = { "and", "or", "not", "in", "if", "else" };

	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (parser->token.kind == TOKEN_NAME && token_is(parser, keywords[i]))
			return true;
	return false;
}

static int unexpected(const struct parser *parser, const char *expected)
{
	const struct token *token = &parser->token;

	if (token->kind == TOKEN_END)
		return expr_error(parser->source, token->offset, "expected %s, found the end of the expression", expected);
	return expr_error(parser->source, token->offset, "expected %s, found '%.*s'", expected,
			  (int)MIN(token->length, 40U), parser->source->text + token->offset);
}

static int expect(struct parser *parser, const char *symbol, const char *expected)
{
	if (!token_is(parser, symbol))
		return unexpected(parser, expected);
	return advance(parser);
}

/* Adds a node; its number, or -EINVAL. */
static int add_node(struct parser *parser, enum ast_kind kind, uint32_t offset)
{
	struct ast_tree *tree = parser->tree;
	struct ast *node;

	if (tree->count >= EXPR_NODES_MAX)
		return expr_error(parser->source, offset, "the expression has more than %d parts", EXPR_NODES_MAX);
	node = &tree->nodes[++tree->count];
	*node = (struct ast){ .kind = kind, .offset = offset, .depth = 1 };
	return tree->count;
}

static int add_child(struct parser *parser, int parent, int child)
{
	struct ast *node = &parser->tree->nodes[parent];
	uint16_t *link = &node->first;

	while (*link)
		link = &parser->tree->nodes[*link].next;
	*link = (uint16_t)child;
	node->count++;
	if (node->depth <= parser->tree->nodes[child].depth)
		node->depth = (uint8_t)(parser->tree->nodes[child].depth + 1);
	if (node->depth > EXPR_DEPTH_MAX)
		return expr_error(parser->source, node->offset, "the expression is nested deeper than %d", EXPR_DEPTH_MAX);
	return 0;
}

/* The node ends where the last token taken ended. */
static int finish_node(struct parser *parser, int node, uint32_t end)
{
	parser->tree->nodes[node].length = end - parser->tree->nodes[node].offset;
	return node;
}

static int parse_expression(struct parser *parser);

static uint32_t node_end(const struct parser *parser, int node)
{
	return parser->tree->nodes[node].offset + parser->tree->nodes[node].length;
}

/* Expressions separated by commas up to close; the closing symbol is taken. Its end, or -EINVAL. */
static int parse_arguments(struct parser *parser, int parent, const char *close, const char *expected)
{
	int end, child, r;

	while (!token_is(parser, close)) {
		if (parser->tree->nodes[parent].count > 0) {
			r = expect(parser, ",", expected);
			if (r < 0)
				return r;
		}
		child = parse_expression(parser);
		if (child < 0)
			return child;
		r = add_child(parser, parent, child);
		if (r < 0)
			return r;
	}
	end = (int)(parser->token.offset + parser->token.length);
	r = advance(parser);
	return r < 0 ? r : end;
}

static int parse_name(struct parser *parser)
{
	struct token token = parser->token;
	bool value = token_is(parser, "true");
	int node, end, r;

	if (value || token_is(parser, "false")) {
		node = add_node(parser, AST_BOOL, token.offset);
		if (node < 0)
			return node;
		parser->tree->nodes[node].boolean = value;
		r = advance(parser);
		return r < 0 ? r : finish_node(parser, node, token.offset + token.length);
	}
	if (token_is_keyword(parser))
		return unexpected(parser, "a value");

	node = add_node(parser, AST_KEY, token.offset);
	r = node < 0 ? node : advance(parser);
	if (r < 0)
		return r;
	parser->tree->nodes[node].name_offset = token.name_offset;
	parser->tree->nodes[node].name_length = token.name_length;
	parser->tree->nodes[node].quoted_name = token.quoted;
	if (token.quoted || !token_is(parser, "(") || !parser->token.glued)
		return finish_node(parser, node, token.offset + token.length);

	parser->tree->nodes[node].kind = AST_CALL;
	r = advance(parser);
	if (r < 0)
		return r;
	end = parse_arguments(parser, node, ")", "',' or ')'");
	return end < 0 ? end : finish_node(parser, node, (uint32_t)end);
}

static int parse_literal(struct parser *parser)
{
	struct token token = parser->token;
	int node = add_node(parser, token.kind == TOKEN_NUMBER ? AST_NUMBER : AST_TEXT, token.offset);
	struct ast *ast;
	int r;

	if (node < 0)
		return node;
	ast = &parser->tree->nodes[node];
	ast->name_offset = token.name_offset;
	ast->name_length = token.name_length;
	ast->has_unit = token.has_unit;
	ast->ratio = token.ratio;
	ast->dimension = token.unit.dimension;
	if (token.kind == TOKEN_NUMBER)
		ast->number = unit_to_base(token.number, &token.unit);
	r = advance(parser);
	return r < 0 ? r : finish_node(parser, node, token.offset + token.length);
}

static int parse_primary(struct parser *parser)
{
	uint32_t offset = parser->token.offset;
	int node, end, r;

	if (parser->token.kind == TOKEN_NUMBER || parser->token.kind == TOKEN_TEXT)
		return parse_literal(parser);
	if (parser->token.kind == TOKEN_NAME)
		return parse_name(parser);
	if (token_is(parser, "(")) {
		r = advance(parser);
		if (r < 0)
			return r;
		node = parse_expression(parser);
		if (node < 0)
			return node;
		end = (int)(parser->token.offset + parser->token.length);
		r = expect(parser, ")", "')'");
		if (r < 0)
			return r;
		/* The parentheses belong to its text: "(a + b) / c" prints as written. */
		parser->tree->nodes[node].offset = offset;
		return finish_node(parser, node, (uint32_t)end);
	}
	if (token_is(parser, "[")) {
		node = add_node(parser, AST_LIST, offset);
		r = node < 0 ? node : advance(parser);
		if (r < 0)
			return r;
		end = parse_arguments(parser, node, "]", "',' or ']'");
		return end < 0 ? end : finish_node(parser, node, (uint32_t)end);
	}
	return unexpected(parser, "a value");
}

/* KEY[2], KEY[max] */
static int parse_postfix(struct parser *parser)
{
	int node = parse_primary(parser);

	while (node > 0 && token_is(parser, "[") && parser->token.glued) {
		int index, child, end, r;

		index = add_node(parser, AST_INDEX, parser->tree->nodes[node].offset);
		r = index < 0 ? index : add_child(parser, index, node);
		if (r == 0)
			r = advance(parser);
		if (r < 0)
			return r;
		child = parse_primary(parser);
		if (child < 0)
			return child;
		end = (int)(parser->token.offset + parser->token.length);
		r = add_child(parser, index, child);
		if (r == 0)
			r = expect(parser, "]", "']'");
		if (r < 0)
			return r;
		node = finish_node(parser, index, (uint32_t)end);
	}
	return node;
}

static int parse_prefixed(struct parser *parser, enum ast_kind kind, int (*parse_operand)(struct parser *))
{
	int node, child, r;

	node = add_node(parser, kind, parser->token.offset);
	r = node < 0 ? node : advance(parser);
	if (r < 0)
		return r;
	if (++parser->depth > EXPR_DEPTH_MAX)
		return expr_error(parser->source, parser->token.offset, "the expression is nested deeper than %d",
				  EXPR_DEPTH_MAX);
	child = parse_operand(parser);
	parser->depth--;
	if (child < 0)
		return child;
	r = add_child(parser, node, child);
	return r < 0 ? r : finish_node(parser, node, node_end(parser, child));
}

static int parse_unary(struct parser *parser)
{
	if (token_is(parser, "-"))
		return parse_prefixed(parser, AST_NEGATE, parse_unary);
	return parse_postfix(parser);
}

static bool token_binary(const struct parser *parser, uint8_t level, enum binary *ret_binary)
{
	*ret_binary = parser->token.binary;
	return parser->token.is_binary && parser->token.level == level;
}

static int parse_binary(struct parser *parser, uint8_t level)
{
	enum binary binary;
	int left = level == 2 ? parse_unary(parser) : parse_binary(parser, level + 1);

	while (left > 0 && token_binary(parser, level, &binary)) {
		int node, right, r;

		node = add_node(parser, AST_BINARY, parser->tree->nodes[left].offset);
		r = node < 0 ? node : advance(parser);
		if (r < 0)
			return r;
		right = level == 2 ? parse_unary(parser) : parse_binary(parser, level + 1);
		if (right < 0)
			return right;
		parser->tree->nodes[node].binary = binary;
		r = add_child(parser, node, left);
		if (r == 0)
			r = add_child(parser, node, right);
		if (r < 0)
			return r;
		left = finish_node(parser, node, node_end(parser, right));
		if (level == 0 && token_binary(parser, 0, &binary))
			return expr_error(parser->source, parser->token.offset,
					  "comparisons do not chain: write a < b and b < c");
	}
	return left;
}

static int parse_comparison(struct parser *parser)
{
	return parse_binary(parser, 0);
}

static int parse_not(struct parser *parser)
{
	if (token_is(parser, "not"))
		return parse_prefixed(parser, AST_NOT, parse_not);
	return parse_comparison(parser);
}

/* a and b and c: one node with three children */
static int parse_logic(struct parser *parser, enum ast_kind kind, const char *word, int (*parse_operand)(struct parser *))
{
	int first = parse_operand(parser), node, r;

	if (first < 0 || !token_is(parser, word))
		return first;
	node = add_node(parser, kind, parser->tree->nodes[first].offset);
	r = node < 0 ? node : add_child(parser, node, first);
	while (r == 0 && token_is(parser, word)) {
		int child;

		r = advance(parser);
		if (r < 0)
			return r;
		child = parse_operand(parser);
		if (child < 0)
			return child;
		r = add_child(parser, node, child);
		finish_node(parser, node, node_end(parser, child));
	}
	return r < 0 ? r : node;
}

static int parse_and(struct parser *parser)
{
	return parse_logic(parser, AST_AND, "and", parse_not);
}

static int parse_or(struct parser *parser)
{
	return parse_logic(parser, AST_OR, "or", parse_and);
}

/* a if condition else b */
static int parse_choice(struct parser *parser)
{
	int value = parse_or(parser), condition, other, node, r;

	if (value < 0 || !token_is(parser, "if"))
		return value;
	r = advance(parser);
	condition = r < 0 ? r : parse_or(parser);
	if (condition < 0)
		return condition;
	r = expect(parser, "else", "'else'");
	other = r < 0 ? r : parse_expression(parser);
	if (other < 0)
		return other;

	node = add_node(parser, AST_IF, parser->tree->nodes[value].offset);
	r = node < 0 ? node : add_child(parser, node, condition);
	if (r == 0)
		r = add_child(parser, node, value);
	if (r == 0)
		r = add_child(parser, node, other);
	return r < 0 ? r : finish_node(parser, node, node_end(parser, other));
}

static int parse_expression(struct parser *parser)
{
	int node;

	if (++parser->depth > EXPR_DEPTH_MAX)
		return expr_error(parser->source, parser->token.offset, "the expression is nested deeper than %d",
				  EXPR_DEPTH_MAX);
	node = parse_choice(parser);
	parser->depth--;
	return node;
}

int expr_parse(const struct expr_source *source, struct ast_tree *tree)
{
	struct parser parser = { .source = source, .tree = tree };
	int root, r;

	tree->count = 0;
	if (source->length > EXPR_TEXT_MAX)
		return expr_error(source, 0, "the expression is longer than %d bytes", EXPR_TEXT_MAX);
	r = advance(&parser);
	if (r < 0)
		return r;
	if (parser.token.kind == TOKEN_END)
		return expr_error(source, 0, "expected an expression, found nothing");
	root = parse_expression(&parser);
	if (root < 0)
		return root;
	if (parser.token.kind != TOKEN_END)
		return unexpected(&parser, "an operator or the end");
	tree->root = (uint16_t)root;
	return 0;
}
