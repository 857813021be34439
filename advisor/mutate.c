/* SPDX-License-Identifier: Apache-2.0 */
/* Mutants are made from the tree of an expression, whose nodes know their place in the text, and are text again: they
 * are read as any rule is. */
#include "mutate.h"

#include <math.h>
#include <stdio.h>

#include "expr-internal.h"
#include "rule.h"

struct mutator {
	const struct node *rule;
	struct arena *arena;
	struct mutant *items;
	size_t count, capacity;
	/* the field being mutated */
	const char *field;
	const struct node *node;
	const struct ast_tree *tree;
	uint16_t parents[EXPR_NODES_MAX + 1];
	size_t first;			/* mutant of the field */
};

/* ---- rules with one thing changed ---- */

/* A copy of a mapping or list in which item index is value; NULL: it (and its key) are left out. */
static const struct node *with_item(struct arena *arena, const struct node *whole, uint32_t index,
				    const struct node *value)
{
	struct node *copy = arena_alloc(arena, sizeof(*copy));
	struct node *items = arena_alloc(arena, (whole->count + 1U) * sizeof(*items));
	uint32_t from = whole->kind == NODE_MAPPING ? index - 1 : index;

	*copy = *whole;
	copy->items = items;
	copy->count = 0;
	for (uint32_t i = 0; i < whole->count; i++) {
		if (!value && i >= from && i <= index)
			continue;
		items[copy->count++] = value && i == index ? *value : whole->items[i];
	}
	return copy;
}

/* Number of the item behind a step of a path: "elsewhere", "[1]", ".when".  *path moves on. */
static bool take_step(const struct node *whole, const char **path, uint32_t *ret_index)
{
	const char *start = **path == '.' ? *path + 1 : *path;
	size_t length;

	if (*start == '[') {
		*ret_index = (uint32_t)strtoul(start + 1, (char **)path, 10);
		*path += 1;
		return whole->kind == NODE_SEQUENCE && *ret_index < whole->count;
	}
	length = strcspn(start, ".[");
	*path = start + length;
	for (uint32_t i = 0; whole->kind == NODE_MAPPING && i + 1 < whole->count; i += 2)
		if (strlen(whole->items[i].text) == length && memcmp(whole->items[i].text, start, length) == 0) {
			*ret_index = i + 1;
			return true;
		}
	return false;
}

/* The rule with value at path, or without it.  NULL: there is no such place. */
static const struct node *with_path(struct arena *arena, const struct node *whole, const char *path,
				    const struct node *value)
{
	const struct node *below;
	uint32_t index;

	if (!take_step(whole, &path, &index))
		return NULL;
	if (!*path)
		return with_item(arena, whole, index, value);
	below = with_path(arena, &whole->items[index], path, value);
	if (!below)
		return NULL;
	/* A list that has become empty goes with its last item. */
	return with_item(arena, whole, index, below->count > 0 ? below : NULL);
}

const struct node *rule_without(const struct node *rule, const char *field, struct arena *arena)
{
	return with_path(arena, node_open(rule), field, NULL);
}

static struct mutant *add_mutant(struct mutator *mutator, const char *field, const struct node *at, const char *from,
				 const char *to, const struct node *value)
{
	struct mutant *mutant;
	const struct node *rule = with_path(mutator->arena, mutator->rule, field, value);

	if (!rule)
		return NULL;
	GROW(mutator->items, mutator->capacity, mutator->count + 1);
	mutant = &mutator->items[mutator->count++];
	*mutant = (struct mutant){
		.field = arena_strdup(mutator->arena, field),
		.from = arena_strdup(mutator->arena, from),
		.to = arena_strdup(mutator->arena, to),
		.place = node_place(at),
		.rule = rule,
	};
	return mutant;
}

/* ---- pieces of an expression ---- */

static const struct ast *node_at(const struct mutator *mutator, uint16_t index)
{
	return &mutator->tree->nodes[index];
}

static size_t occurrences(const char *text, const char *piece, size_t length)
{
	size_t count = 0, total = strlen(text);

	for (size_t i = 0; i + length <= total; i++)
		count += memcmp(text + i, piece, length) == 0;
	return count;
}

/* The expression with length bytes at offset replaced.  What is named is the smallest piece around it, from node index
 * outward, that stands in the expression once. */
static void replace(struct mutator *mutator, uint16_t index, uint32_t offset, uint32_t length, const char *by)
{
	const char *text = mutator->node->text;
	CLEANUP(strbuf_release) struct strbuf whole = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf from = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf to = STRBUF_INIT;
	struct node value = *mutator->node;
	const struct ast *ast = node_at(mutator, index);
	struct mutant *mutant;

	while (mutator->parents[index] && occurrences(text, text + ast->offset, ast->length) > 1) {
		index = mutator->parents[index];
		ast = node_at(mutator, index);
	}
	strbuf_add(&from, text + ast->offset, ast->length);
	strbuf_add(&to, text + ast->offset, offset - ast->offset);
	strbuf_add_string(&to, by);
	strbuf_add(&to, text + offset + length, ast->offset + ast->length - offset - length);

	strbuf_add(&whole, text, ast->offset);
	strbuf_add(&whole, to.buf, to.len);
	strbuf_add_string(&whole, text + ast->offset + ast->length);
	value.text = arena_strdup(mutator->arena, whole.buf);

	for (size_t i = mutator->first; i < mutator->count; i++)
		if (streq(mutator->items[i].from, from.buf) && streq(mutator->items[i].to, to.buf))
			return;
	mutant = add_mutant(mutator, mutator->field, mutator->node, from.buf, to.buf, &value);
	if (mutant && !mutator->node->quoted)
		mutant->place.column += ast->offset;
}

/* What stands between two children: an operator with its blanks. */
static void replace_between(struct mutator *mutator, uint16_t index, const struct ast *left, const struct ast *right,
			    const char *by)
{
	const char *text = mutator->node->text;
	uint32_t start = left->offset + left->length, end = right->offset;

	while (start < end && (text[start] == ' ' || text[start] == '\n'))
		start++;
	while (end > start && (text[end - 1] == ' ' || text[end - 1] == '\n'))
		end--;
	replace(mutator, index, start, end - start, by);
}

/* Where a node begins when its parentheses are left aside. */
static uint32_t inner_offset(const struct mutator *mutator, const struct ast *ast)
{
	uint32_t offset = ast->offset;

	while (strchr("( \n", mutator->node->text[offset]))
		offset++;
	return offset;
}

/* ---- operators ---- */

/* clang-format off */
static const struct { const char *others[2]; } binary_mutations[] = {
	[BINARY_ADD]           = { { "-" } },
	[BINARY_SUBTRACT]      = { { "+" } },
	[BINARY_MULTIPLY]      = { { "/" } },
	[BINARY_DIVIDE]        = { { "*" } },
	[BINARY_LESS]          = { { "<=", ">=" } },
	[BINARY_LESS_EQUAL]    = { { "<", ">" } },
	[BINARY_EQUAL]         = { { "!=" } },
	[BINARY_NOT_EQUAL]     = { { "==" } },
	[BINARY_GREATER_EQUAL] = { { ">", "<" } },
	[BINARY_GREATER]       = { { ">=", "<=" } },
	[BINARY_IN]            = { { NULL } },
	[BINARY_MATCH]         = { { NULL } },
};

static const struct { const char *name, *other; } functions[] = {
	{ "min", "max" }, { "max", "min" },
	{ "any", "all" }, { "all", "any" },
	{ "p50", "p95" }, { "p95", "p50" }, { "p99", "p50" },
	{ "mean", "max" }, { "last", "max" },
	{ "rate", "delta" }, { "delta", "total" },
	/* Only the parentheses stay.  Not so floor(): what is set is rounded anyway. */
	{ "next_power_of_2", "" }, { "abs", "" },
};

static const struct { const char *unit, *other; } units[] = {
	{ "%", "permille" }, { "percent", "permille" },
	{ "B", "KiB" }, { "KiB", "MiB" }, { "kB", "MiB" }, { "MiB", "GiB" }, { "GiB", "MiB" }, { "TiB", "GiB" },
	{ "MB", "GB" }, { "GB", "MB" }, { "Kbit", "Mbit" }, { "Mbit", "Gbit" }, { "Gbit", "Mbit" },
	{ "ns", "us" }, { "us", "ms" }, { "ms", "s" }, { "cs", "s" }, { "tick", "s" }, { "s", "ms" }, { "min", "s" },
	{ "h", "min" }, { "d", "h" },
	{ "core", "m" }, { "cores", "m" }, { "m", "core" },
	{ "Hz", "kHz" }, { "kHz", "MHz" }, { "MHz", "GHz" }, { "GHz", "MHz" },
};
/* clang-format on */

static void mutate_binary(struct mutator *mutator, uint16_t index)
{
	const struct ast *ast = node_at(mutator, index), *left = node_at(mutator, ast->first);
	const struct ast *right = node_at(mutator, left->next);

	if (ast->binary == BINARY_IN || ast->binary == BINARY_MATCH) {
		uint32_t length = right->offset + right->length - left->offset;
		CLEANUP(free_ptr) char *negated = xasprintf("not (%.*s)", (int)length, mutator->node->text + left->offset);

		replace(mutator, index, left->offset, length, negated);
		return;
	}
	for (size_t i = 0; i < 2 && binary_mutations[ast->binary].others[i]; i++) {
		size_t before = mutator->count;

		replace_between(mutator, index, left, right, binary_mutations[ast->binary].others[i]);
		if (mutator->count > before)
			mutator->items[before].boundary = i == 0 && binary_mutations[ast->binary].others[1];
	}
}

/* "has(x)", "not has(x)": beside what looks at x it says what is true anyway, that the unknown is not so. */
static bool is_guard(const struct mutator *mutator, const struct ast *ast)
{
	if (ast->kind == AST_NOT)
		ast = node_at(mutator, ast->first);
	return ast->kind == AST_CALL && ast->name_length == 3 &&
	       memcmp(mutator->node->text + ast->name_offset, "has", 3) == 0;
}

/* "a and b" becomes "a or b", "b", "a" */
static void mutate_logic(struct mutator *mutator, uint16_t index)
{
	const struct ast *ast = node_at(mutator, index), *before = NULL;

	for (uint16_t child = ast->first; child; child = node_at(mutator, child)->next) {
		const struct ast *here = node_at(mutator, child);
		uint32_t start = before ? before->offset + before->length : here->offset;
		uint32_t end = before ? here->offset + here->length : node_at(mutator, here->next)->offset;

		if (here->next)
			replace_between(mutator, index, here, node_at(mutator, here->next),
					ast->kind == AST_AND ? "or" : "and");
		if (!is_guard(mutator, here))
			replace(mutator, index, start, end - start, "");
		before = here;
	}
}

/* "not x" */
static void mutate_not(struct mutator *mutator, uint16_t index)
{
	const struct ast *ast = node_at(mutator, index);
	uint32_t start = inner_offset(mutator, ast);

	replace(mutator, index, start, node_at(mutator, ast->first)->offset - start, "");
}

/* "a if c else b": the condition is turned round. */
static void mutate_choice(struct mutator *mutator, uint16_t index)
{
	const struct ast *condition = node_at(mutator, node_at(mutator, index)->first);
	CLEANUP(free_ptr) char *negated = xasprintf("not (%.*s)", (int)condition->length,
						    mutator->node->text + condition->offset);

	replace(mutator, index, condition->offset, condition->length, negated);
}

static void mutate_call(struct mutator *mutator, uint16_t index)
{
	const struct ast *ast = node_at(mutator, index);
	const char *name = mutator->node->text + ast->name_offset;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (strlen(functions[i].name) == ast->name_length &&
		    memcmp(functions[i].name, name, ast->name_length) == 0)
			replace(mutator, index, ast->name_offset, ast->name_length, functions[i].other);
}

static void mutate_bool(struct mutator *mutator, uint16_t index)
{
	const struct ast *ast = node_at(mutator, index);
	uint32_t offset = inner_offset(mutator, ast);

	replace(mutator, index, offset, ast->boolean ? 4 : 5, ast->boolean ? "false" : "true");
}

/* ---- numbers ---- */

struct literal {
	uint32_t offset, digits;	/* of the number itself */
	uint32_t unit;			/* bytes of its unit */
	int decimals;
	long double number;		/* as written */
};

static struct literal read_literal(const struct mutator *mutator, const struct ast *ast)
{
	struct literal literal = { .offset = inner_offset(mutator, ast) };
	const char *text = mutator->node->text + literal.offset;
	uint32_t left = ast->offset + ast->length - literal.offset;
	bool hex = left > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
	const char *digits = hex ? "0123456789abcdefABCDEFxX" : "0123456789.";
	char *end;

	literal.digits = (uint32_t)MIN(strspn(text, digits), left);
	literal.number = hex ? (long double)strtoull(text, &end, 16) : strtold(text, &end);
	for (uint32_t i = literal.digits; !hex && i > 0 && memchr(text, '.', literal.digits) && text[i - 1] != '.'; i--)
		literal.decimals++;
	while (literal.digits + literal.unit < left && !strchr(") \n", text[literal.digits + literal.unit]))
		literal.unit++;
	return literal;
}

static void put_number(struct mutator *mutator, uint16_t index, const struct literal *literal, long double number,
		       int decimals)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%.*Lf", decimals, number);
	while (decimals > 0 && text.buf[text.len - 1] == '0')
		strbuf_truncate(&text, text.len - 1);
	if (decimals > 0 && text.buf[text.len - 1] == '.')
		strbuf_truncate(&text, text.len - 1);
	replace(mutator, index, literal->offset, literal->digits, text.buf);
}

/* "/s" becomes "/min"; otherwise the unit its neighbour. */
static void mutate_unit(struct mutator *mutator, uint16_t index, const struct literal *literal)
{
	uint32_t start = literal->offset + literal->digits;
	const char *unit = mutator->node->text + start;

	if (literal->unit >= 2 && memcmp(unit + literal->unit - 2, "/s", 2) == 0) {
		replace(mutator, index, start + literal->unit - 2, 2, "/min");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].unit) == literal->unit && memcmp(units[i].unit, unit, literal->unit) == 0)
			replace(mutator, index, start, literal->unit, units[i].other);
}

static void mutate_number(struct mutator *mutator, uint16_t index)
{
	struct literal literal = read_literal(mutator, node_at(mutator, index));

	if (literal.decimals == 0)
		put_number(mutator, index, &literal, literal.number + 1, 0);
	/* Nothing of anything is nothing. */
	if (literal.number == 0)
		return;
	put_number(mutator, index, &literal, literal.number * 2, literal.decimals);
	/* What is whole stays whole: half of what is rounded anyway would be the same again. */
	if (literal.decimals == 0)
		put_number(mutator, index, &literal, floorl(literal.number / 2), 0);
	else
		put_number(mutator, index, &literal, literal.number / 2, literal.decimals + 1);
	mutate_unit(mutator, index, &literal);
}

/* ---- fields ---- */

static void mutate_node(struct mutator *mutator, uint16_t index)
{
	static void (*const mutations[])(struct mutator *, uint16_t) = {
		[AST_NUMBER] = mutate_number, [AST_BOOL] = mutate_bool, [AST_CALL] = mutate_call,
		[AST_NOT] = mutate_not, [AST_AND] = mutate_logic, [AST_OR] = mutate_logic,
		[AST_BINARY] = mutate_binary, [AST_IF] = mutate_choice,
	};
	enum ast_kind kind = node_at(mutator, index)->kind;

	if (kind < ARRAY_SIZE(mutations) && mutations[kind])
		mutations[kind](mutator, index);
	for (uint16_t child = node_at(mutator, index)->first; child; child = node_at(mutator, child)->next) {
		mutator->parents[child] = index;
		mutate_node(mutator, child);
	}
}

static void mutate_expression(struct mutator *mutator, const char *field, const struct node *node)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct expr_source source = { .node = node, .diag = &diag };
	static struct ast_tree tree;

	if (!node || node->kind != NODE_SCALAR)
		return;
	source.text = node->text;
	source.length = strlen(node->text);
	if (expr_parse(&source, &tree) < 0)
		return;
	mutator->field = field;
	mutator->node = node;
	mutator->tree = &tree;
	mutator->first = mutator->count;
	mutator->parents[tree.root] = 0;
	mutate_node(mutator, tree.root);
}

/* text: what names it, in case it is more than a text. */
static void leave_out(struct mutator *mutator, const char *field, const struct node *node, const struct node *text)
{
	if (node && text && text->kind == NODE_SCALAR)
		(void)add_mutant(mutator, field, node, text->text, "", NULL);
}

static void mutate_direction(struct mutator *mutator, const char *field, const struct node *node)
{
	static const struct { const char *from, *to; } turns[] = { { "raise", "lower" }, { "lower", "raise" } };

	for (size_t i = 0; node && node->kind == NODE_SCALAR && i < ARRAY_SIZE(turns); i++) {
		struct node value = *node;

		value.text = turns[i].to;
		if (streq(node->text, turns[i].from))
			(void)add_mutant(mutator, field, node, turns[i].from, turns[i].to, &value);
	}
}

/* "10%": double and half. */
static void mutate_held(struct mutator *mutator, const struct node *node)
{
	double percent = node && node->kind == NODE_SCALAR ? strtod(node->text, NULL) : 0;
	const double others[] = { percent * 2, percent / 2 };

	for (size_t i = 0; percent > 0 && i < ARRAY_SIZE(others); i++) {
		CLEANUP(free_ptr) char *text = xasprintf("%g%%", others[i]);
		struct node value = *node;

		value.text = arena_strdup(mutator->arena, text);
		(void)add_mutant(mutator, "held", node, node->text, value.text, &value);
	}
}

/* Every item of a list of mappings. */
static void mutate_items(struct mutator *mutator, const char *list, const char *key, bool may_go)
{
	const struct node *node = node_get(mutator->rule, list);

	for (uint32_t i = 0; node && node->kind == NODE_SEQUENCE && i < node->count; i++) {
		const struct node *item = &node->items[i];
		CLEANUP(free_ptr) char *field = xasprintf("%s[%u]", list, i);
		CLEANUP(free_ptr) char *below = xasprintf("%s.%s", field, key);
		CLEANUP(free_ptr) char *direction = xasprintf("%s.direction", field);

		if (item->kind != NODE_MAPPING)
			continue;
		if (may_go && (i > 0 || node->count > 1 || streq(list, "elsewhere")))
			leave_out(mutator, field, item, node_get(item, key));
		mutate_expression(mutator, below, node_get(item, key));
		mutate_direction(mutator, direction, node_get(item, "direction"));
	}
}

size_t mutants_of(const struct node *rule, struct arena *arena, struct mutant **ret_mutants)
{
	struct mutator mutator = { .rule = node_open(rule), .arena = arena };

	leave_out(&mutator, "where", node_get(rule, "where"), node_get(rule, "where"));
	mutate_expression(&mutator, "where", node_get(rule, "where"));
	mutate_expression(&mutator, "when", node_get(rule, "when"));
	mutate_expression(&mutator, "must", node_get(rule, "must"));
	leave_out(&mutator, "held", node_get(rule, "held"), node_get(rule, "held"));
	mutate_held(&mutator, node_get(rule, "held"));
	mutate_items(&mutator, "elsewhere", "when", true);
	mutate_expression(&mutator, "to", node_get(rule, "to"));
	mutate_direction(&mutator, "direction", node_get(rule, "direction"));
	mutate_items(&mutator, "changes", "to", true);

	*ret_mutants = arena_alloc(arena, (mutator.count + 1) * sizeof(**ret_mutants));
	memcpy(*ret_mutants, mutator.items, mutator.count * sizeof(*mutator.items));
	free(mutator.items);
	return mutator.count;
}

enum mutant_fate mutant_judge(const struct registry *registry, const struct mutant *mutant,
			      const struct node *documents)
{
	CLEANUP(rulebook_free_ptr) struct rulebook *rulebook = rulebook_new(registry);
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct node alone = { .kind = NODE_SEQUENCE, .items = mutant->rule, .count = 1 };
	struct case_result result;

	if (node_get(mutant->rule, "must") ? rulebook_load_expectation(rulebook, "policy", mutant->rule, &diag) < 0
					   : rulebook_load_rules(rulebook, &alone, &diag) < 0)
		return MUTANT_INVALID;
	for (uint32_t i = 0; i < documents->count; i++) {
		const struct node *document = &documents->items[i];

		for (uint32_t j = 0; document->kind == NODE_SEQUENCE && j < document->count; j++)
			if (case_run(rulebook, registry, rulebook_rule_id(rulebook, 0), &document->items[j], &diag, &why,
				     &result) != 0)
				return MUTANT_NOTICED;
	}
	return MUTANT_SURVIVES;
}
