/* SPDX-License-Identifier: Apache-2.0 */
/* Variables, and what words expand to as far as it is known. */
#include <fnmatch.h>

#include "../core/parse.h"
#include "shell-run.h"

/* ---- variables ---- */

static void variable_release(struct shell_variable *variable)
{
	shell_value_release(&variable->value);
	shell_values_release(&variable->elements);
	*variable = (struct shell_variable){ .value = SHELL_VALUE_INIT };
}

void shell_variables_release(struct shell_run *run)
{
	for (size_t i = 0; i < run->names.count && i < run->n_variables; i++)
		variable_release(&run->variables[i]);
	for (size_t i = 0; i < run->n_changes; i++)
		variable_release(&run->changes[i].before);
	free(run->variables);
	free(run->changes);
	symbols_release(&run->names);
}

/* The variable itself, after what it was is remembered; it is empty and set. */
static struct shell_variable *change(struct shell_run *run, const char *name)
{
	uint32_t symbol = symbols_intern(&run->names, name, strcspn(name, "["));
	size_t before = run->n_variables;
	struct shell_variable *variable;

	GROW(run->variables, run->n_variables, (size_t)symbol + 1);
	for (size_t i = before; i < run->n_variables; i++)
		run->variables[i] = (struct shell_variable){ .value = SHELL_VALUE_INIT };
	variable = &run->variables[symbol];
	if (run->branches > 0) {
		GROW(run->changes, run->changes_capacity, run->n_changes + 1);
		run->changes[run->n_changes++] = (struct shell_change){ .symbol = symbol, .before = *variable };
		*variable = (struct shell_variable){ .value = SHELL_VALUE_INIT };
	} else {
		variable_release(variable);
	}
	variable->set = true;
	return variable;
}

/* What is in a variable is no pattern until it is expanded. */
static void store(struct shell_value *to, const struct shell_value *from)
{
	size_t start = to->marks.len;

	shell_value_add_value(to, from);
	for (size_t i = start; i < to->marks.len; i++)
		if (to->marks.buf[i] == MARK_LITERAL || to->marks.buf[i] == MARK_EXPANDED)
			to->marks.buf[i] = MARK_PLAIN;
}

void shell_set(struct shell_run *run, const char *name, const struct shell_value *value)
{
	CLEANUP(shell_value_release) struct shell_value copy = SHELL_VALUE_INIT;

	if (strchr(name, '[') || value->text.len > SHELL_VARIABLE_MAX) {
		shell_set_unknown(run, name);
		return;
	}
	store(&copy, value);
	store(&change(run, name)->value, &copy);
}

void shell_set_unknown(struct shell_run *run, const char *name)
{
	struct shell_variable *variable = change(run, name);

	shell_value_add(&variable->value, "$", 1, MARK_UNKNOWN);
	shell_value_add(&variable->value, name, strcspn(name, "["), MARK_UNKNOWN);
}

void shell_unset(struct shell_run *run, const char *name)
{
	change(run, name)->set = false;
}

const struct shell_variable *shell_get(struct shell_run *run, const char *name, size_t length)
{
	uint32_t symbol = symbols_find(&run->names, name, length);

	if (symbol == SYMBOL_NONE || symbol >= run->n_variables || !run->variables[symbol].set)
		return NULL;
	return &run->variables[symbol];
}

size_t shell_branch(struct shell_run *run)
{
	run->branches++;
	return run->n_changes;
}

void shell_join(struct shell_run *run, size_t mark, bool subshell)
{
	run->branches--;
	while (subshell && run->n_changes > mark) {
		struct shell_change *last = &run->changes[--run->n_changes];

		variable_release(&run->variables[last->symbol]);
		run->variables[last->symbol] = last->before;
	}
	/* Only after this branch it is not known which values they have; within an outer one that stays remembered. */
	for (size_t i = run->n_changes; i > mark; i--) {
		struct shell_variable *variable = &run->variables[run->changes[i - 1].symbol];

		if (!shell_value_known(&variable->value) && variable->elements.count == 0)
			continue;
		variable_release(variable);
		variable->set = true;
		shell_value_add(&variable->value, "$", 1, MARK_UNKNOWN);
		shell_value_add(&variable->value, run->names.names[run->changes[i - 1].symbol],
				run->names.lengths[run->changes[i - 1].symbol], MARK_UNKNOWN);
	}
	while (run->branches == 0 && run->n_changes > 0)
		variable_release(&run->changes[--run->n_changes].before);
}

/* ---- arithmetic ---- */

struct sum {
	struct shell_run *run;
	const char *at;
	unsigned int depth;
	bool failed;
};

static int64_t sum_level(struct sum *sum, size_t level);

static char sum_peek(struct sum *sum)
{
	sum->at += strspn(sum->at, " \t\n");
	return *sum->at;
}

static int64_t sum_fail(struct sum *sum)
{
	sum->failed = true;
	return 0;
}

static int64_t sum_name(struct sum *sum)
{
	size_t n = shell_name_length(sum->at, strlen(sum->at));
	const struct shell_variable *variable = n > 0 ? shell_get(sum->run, sum->at, n) : NULL;
	int64_t value;

	sum->at += n;
	if (!variable || !shell_value_known(&variable->value) || parse_i64(variable->value.text.buf, &value) < 0)
		return sum_fail(sum);
	return value;
}

static int64_t sum_primary(struct sum *sum)
{
	char c = sum_peek(sum);
	uint64_t number;
	int64_t value;

	if (sum->failed || ++sum->depth > 1000)
		return sum_fail(sum);
	if (c == '(') {
		sum->at++;
		value = sum_level(sum, 0);
		if (sum_peek(sum) != ')')
			return sum_fail(sum);
		sum->at++;
		return value;
	}
	if ((c == '-' || c == '+') && sum->at[1] != c) {
		sum->at++;
		value = sum_primary(sum);
		return c == '-' && value != INT64_MIN ? -value : value;
	}
	if (c == '0' && (sum->at[1] == 'x' || sum->at[1] == 'X')) {
		sum->at += 2;
		return scan_hex(&sum->at, &number) && number <= INT64_MAX ? (int64_t)number : sum_fail(sum);
	}
	/* 010 is eight to a shell: not a number that anybody means. */
	if (c == '0' && sum->at[1] >= '0' && sum->at[1] <= '9')
		return sum_fail(sum);
	if (c >= '0' && c <= '9')
		return scan_u64(&sum->at, &number) && number <= INT64_MAX ? (int64_t)number : sum_fail(sum);
	return sum_name(sum);
}

/* By how tightly they bind. */
static const char *const sum_operators[][5] = {
	{ "<<", ">>" },
	{ "+", "-" },
	{ "*", "/", "%" },
};

static int64_t sum_apply(struct sum *sum, char operator, int64_t left, int64_t right)
{
	int64_t result;
	bool overflow = false;

	switch (operator) {
	case '+':
		overflow = __builtin_add_overflow(left, right, &result);
		break;
	case '-':
		overflow = __builtin_sub_overflow(left, right, &result);
		break;
	case '*':
		overflow = __builtin_mul_overflow(left, right, &result);
		break;
	case '<':
		return left < 0 || right < 0 || right > 62 || left > INT64_MAX >> right ? sum_fail(sum) : left << right;
	case '>':
		return left < 0 || right < 0 || right > 62 ? sum_fail(sum) : left >> right;
	default:
		if (right == 0 || (right == -1 && left == INT64_MIN))
			return sum_fail(sum);
		return operator == '/' ? left / right : left % right;
	}
	return overflow ? sum_fail(sum) : result;
}

static const char *sum_operator(struct sum *sum, size_t level)
{
	(void)sum_peek(sum);
	for (size_t i = 0; i < ARRAY_SIZE(sum_operators[level]) && sum_operators[level][i]; i++) {
		const char *operator = sum_operators[level][i];
		size_t n = strlen(operator);

		if (strncmp(sum->at, operator, n) == 0 && sum->at[n] != '=' && (n == 2 || sum->at[1] != *operator))
			return operator;
	}
	return NULL;
}

static int64_t sum_level(struct sum *sum, size_t level)
{
	const char *operator;
	int64_t left;

	if (level == ARRAY_SIZE(sum_operators))
		return sum_primary(sum);
	left = sum_level(sum, level + 1);
	while (!sum->failed && (operator = sum_operator(sum, level))) {
		sum->at += strlen(operator);
		left = sum_apply(sum, *operator, left, sum_level(sum, level + 1));
	}
	return left;
}

static bool evaluate(struct shell_run *run, const char *text, int64_t *ret_value)
{
	struct sum sum = { .run = run, .at = text };

	*ret_value = sum_level(&sum, 0);
	return !sum.failed && sum_peek(&sum) == '\0';
}

/* ---- parts ---- */

static void expand_parts(struct shell_run *run, const struct shell_part *part, struct shell_value *value);

static void add_source(const struct shell_part *part, struct shell_value *value, enum shell_mark mark)
{
	shell_value_add(value, part->source, part->source_length, mark);
}

/* The value of a variable or command, as it stands in a word. */
static void add_expanded(struct shell_value *to, const struct shell_value *from, bool quoted)
{
	size_t start = to->marks.len;

	shell_value_add_value(to, from);
	for (size_t i = start; i < to->marks.len; i++)
		if (to->marks.buf[i] == MARK_PLAIN || to->marks.buf[i] == MARK_LITERAL || to->marks.buf[i] == MARK_EXPANDED)
			to->marks.buf[i] = quoted ? MARK_PLAIN : MARK_EXPANDED;
}

/* $1 … of a function; false: not known. */
static bool positional(const struct shell_run *run, const struct shell_part *part, const struct shell_value **ret_value)
{
	static const struct shell_value empty = SHELL_VALUE_INIT;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	uint64_t number;

	strbuf_add(&name, part->text, part->length);
	if (parse_u64(name.buf, &number) < 0 || !run->arguments || number == 0)
		return false;
	*ret_value = number < run->arguments->count ? &run->arguments->items[number] : &empty;
	return true;
}

/* NULL: never set. */
static const struct shell_value *find(struct shell_run *run, const struct shell_part *part, bool *ret_known)
{
	const struct shell_variable *variable;
	const struct shell_value *value = NULL;

	*ret_known = true;
	if (positional(run, part, &value))
		return value;
	variable = shell_name_length(part->text, part->length) == part->length ? shell_get(run, part->text, part->length) : NULL;
	if (variable)
		return variable->elements.count > 0 ? &variable->elements.items[0] : &variable->value;
	*ret_known = shell_name_length(part->text, part->length) == part->length;
	return NULL;
}

/* ${name#pattern}: tries every beginning, or end, from the one side or the other. */
static bool cut(const struct shell_value *from, const char *pattern, enum shell_operator operator, size_t *ret_start, size_t *ret_end)
{
	bool prefix = operator == SHELL_PREFIX || operator == SHELL_LONGEST_PREFIX;
	bool longest = operator == SHELL_LONGEST_PREFIX || operator == SHELL_LONGEST_SUFFIX;
	size_t length = from->text.len;

	*ret_start = 0;
	*ret_end = length;
	if (length > 4096 || strlen(pattern) > 256)
		return false;
	for (size_t n = 0; n <= length; n++) {
		CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;
		size_t taken = longest ? length - n : n;

		strbuf_add(&piece, from->text.buf + (prefix ? 0 : length - taken), taken);
		if (fnmatch(pattern, piece.buf, 0) != 0)
			continue;
		*ret_start = prefix ? taken : 0;
		*ret_end = prefix ? length : length - taken;
		return true;
	}
	return true;
}

static void expand_cut(struct shell_run *run, const struct shell_part *part, const struct shell_value *from, struct shell_value *value)
{
	CLEANUP(shell_value_release) struct shell_value pattern = SHELL_VALUE_INIT, left = SHELL_VALUE_INIT;
	size_t start, end;

	expand_parts(run, part->word, &pattern);
	if (!shell_value_known(&pattern) || !shell_value_known(from) ||
	    !cut(from, pattern.text.buf, (enum shell_operator)part->operator, &start, &end)) {
		add_source(part, value, MARK_UNKNOWN);
		return;
	}
	strbuf_add(&left.text, from->text.buf + start, end - start);
	strbuf_add(&left.marks, from->marks.buf + start, end - start);
	add_expanded(value, &left, part->quoted);
}

static void expand_length(const struct shell_part *part, const struct shell_value *from, struct shell_value *value)
{
	CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;

	if (!shell_value_known(from)) {
		add_source(part, value, MARK_UNKNOWN);
		return;
	}
	strbuf_addf(&number, "%zu", from->text.len);
	shell_value_add_string(value, number.buf);
}

/* "-", "=" and "+": which of the two it is; the environment is taken to have nothing. */
static bool uses_word(const struct shell_part *part, const struct shell_value *from)
{
	bool there = from && !(part->colon && from->text.len == 0);

	if (part->operator == SHELL_ALTERNATIVE)
		return there;
	return !there && (part->operator == SHELL_DEFAULT || part->operator == SHELL_ASSIGN);
}

static void expand_parameter(struct shell_run *run, const struct shell_part *part, struct shell_value *value)
{
	bool known;
	const struct shell_value *from = find(run, part, &known);

	if (part->operator == SHELL_PLAIN && part->length == 1 && *part->text == '#' && run->arguments) {
		CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;

		strbuf_addf(&number, "%zu", run->arguments->count - 1);
		shell_value_add_string(value, number.buf);
		return;
	}
	if (part->operator == SHELL_OTHER || (!from && !known)) {
		add_source(part, value, MARK_UNKNOWN);
		return;
	}
	if (uses_word(part, from)) {
		CLEANUP(shell_value_release) struct shell_value word = SHELL_VALUE_INIT;

		expand_parts(run, part->word, &word);
		add_expanded(value, &word, part->quoted);
		if (part->operator == SHELL_ASSIGN) {
			CLEANUP(free_ptr) char *name = xstrndup(part->text, part->length);

			shell_set(run, name, &word);
		}
		return;
	}
	if (part->operator == SHELL_ALTERNATIVE)
		return;
	if (!from)
		add_source(part, value, run->sourced || run->uncalled ? MARK_UNKNOWN : MARK_UNSET);
	else if (part->operator == SHELL_LENGTH)
		expand_length(part, from, value);
	else if (part->operator >= SHELL_PREFIX && part->operator <= SHELL_LONGEST_SUFFIX)
		expand_cut(run, part, from, value);
	else
		add_expanded(value, from, part->quoted);
}

static void expand_command(struct shell_run *run, const struct shell_part *part, struct shell_value *value)
{
	CLEANUP(shell_stream_release) struct shell_stream stream = SHELL_STREAM_INIT;
	struct shell_stream *out = run->out;
	unsigned int ended = run->ended;
	size_t mark;

	if (part->kind == SHELL_PART_PROCESS || run->calls == SHELL_CALLS_MAX) {
		add_source(part, value, MARK_UNKNOWN);
		return;
	}
	mark = shell_branch(run);
	run->calls++;
	run->out = &stream;
	if (part->script)
		shell_follow(run, part->script);
	run->out = out;
	run->calls--;
	run->ended = ended;
	shell_join(run, mark, true);
	if (stream.unknown) {
		add_source(part, value, MARK_UNKNOWN);
		return;
	}
	while (stream.value.text.len > 0 && stream.value.text.buf[stream.value.text.len - 1] == '\n')
		shell_value_truncate(&stream.value, stream.value.text.len - 1);
	add_expanded(value, &stream.value, part->quoted);
}

static void expand_arithmetic(struct shell_run *run, const struct shell_part *part, struct shell_value *value)
{
	CLEANUP(shell_value_release) struct shell_value expression = SHELL_VALUE_INIT;
	CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;
	int64_t result;

	expand_parts(run, part->word, &expression);
	if (!shell_value_known(&expression) || !evaluate(run, expression.text.buf, &result)) {
		add_source(part, value, MARK_UNKNOWN);
		return;
	}
	strbuf_addf(&number, "%lld", (long long)result);
	shell_value_add_string(value, number.buf);
}

static void expand_parts(struct shell_run *run, const struct shell_part *part, struct shell_value *value)
{
	if (part && value->text.len == 0)
		value->line = part->line;
	for (; part; part = part->next) {
		if (value->text.len > SHELL_WORD_MAX) {
			shell_value_add(value, "…", strlen("…"), MARK_UNKNOWN);
			return;
		}
		switch ((enum shell_part_kind)part->kind) {
		case SHELL_PART_TEXT:
			shell_value_add(value, part->text, part->length, MARK_LITERAL);
			break;
		case SHELL_PART_QUOTED:
			shell_value_add(value, part->text, part->length, MARK_PLAIN);
			break;
		case SHELL_PART_PARAMETER:
			expand_parameter(run, part, value);
			break;
		case SHELL_PART_COMMAND:
		case SHELL_PART_PROCESS:
			expand_command(run, part, value);
			break;
		case SHELL_PART_ARITHMETIC:
			expand_arithmetic(run, part, value);
			break;
		}
	}
}

void shell_expand_text(struct shell_run *run, const struct shell_part *parts, struct shell_value *value)
{
	expand_parts(run, parts, value);
}

/* ---- words ---- */

/* "$@" and "${array[@]}" standing alone are as many words as there are; false: it is neither. */
static bool expand_all(struct shell_run *run, const struct shell_word *word, struct shell_values *values)
{
	const struct shell_part *part = word->parts;
	const struct shell_values *all = NULL;
	size_t first = 0;

	while (part && part->kind == SHELL_PART_QUOTED && part->length == 0)
		part = part->next;
	if (!part || part->kind != SHELL_PART_PARAMETER || part->next)
		return false;
	if (part->operator == SHELL_PLAIN && part->length == 1 && strchr("@*", *part->text)) {
		all = run->arguments;
		first = 1;
	} else if (part->operator == SHELL_OTHER && part->source_length > 4 && part->length > 0) {
		const struct shell_variable *variable = shell_get(run, part->text, part->length);
		const char *end = part->source + part->source_length - 4;

		if (variable && variable->elements.count > 0 && (memcmp(end, "[@]}", 4) == 0 || memcmp(end, "[*]}", 4) == 0) &&
		    part->source_length == part->length + 6)
			all = &variable->elements;
	}
	if (!all)
		return false;
	for (size_t i = first; i < all->count; i++) {
		struct shell_value *added = shell_values_add(values);

		if (added)
			shell_value_add_value(added, &all->items[i]);
	}
	return true;
}

static const char *separators(struct shell_run *run)
{
	const struct shell_variable *ifs = shell_get(run, "IFS", 3);

	return ifs && shell_value_known(&ifs->value) ? ifs->value.text.buf : " \t\n";
}

static bool has_quotes(const struct shell_part *part)
{
	for (; part; part = part->next)
		if (part->kind == SHELL_PART_QUOTED)
			return true;
	return false;
}

void shell_expand_word(struct shell_run *run, const struct shell_word *word, struct shell_values *values)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
	CLEANUP(shell_values_release) struct shell_values braces = { 0 };
	size_t before = values->count;

	if (expand_all(run, word, values))
		return;
	expand_parts(run, word->parts, &value);
	value.line = word->line;
	if (run->dialect == SHELL_BASH && memchr(value.text.buf, '{', value.text.len)) {
		shell_braces(&value, &braces);
		for (size_t i = 0; i < braces.count; i++)
			shell_split(&braces.items[i], separators(run), values);
	} else {
		shell_split(&value, separators(run), values);
	}
	/* "" is a word, an empty $x is none. */
	if (values->count == before && has_quotes(word->parts)) {
		struct shell_value *empty = shell_values_add(values);

		if (empty)
			empty->line = word->line;
	}
}

/* A pattern stands for each file that it matches. */
static void match_each(struct shell_value *value)
{
	if (!shell_value_is_pattern(value))
		return;
	for (size_t i = 0; i < value->text.len; i++)
		if ((value->marks.buf[i] == MARK_LITERAL || value->marks.buf[i] == MARK_EXPANDED) &&
		    strchr("*?[]", value->text.buf[i]))
			value->marks.buf[i] = MARK_EACH;
}

void shell_expand_words(struct shell_run *run, const struct shell_word *words, struct shell_values *values)
{
	size_t first = values->count, counted = first, length = 0;

	for (; words && length < SHELL_WORDS_MAX; words = words->next) {
		shell_expand_word(run, words, values);
		for (; counted < values->count; counted++)
			length += values->items[counted].text.len;
	}
	if (words || values->count == SHELL_VALUES_MAX)
		shell_values_cut(values);
	for (size_t i = first; i < values->count; i++)
		match_each(&values->items[i]);
}

void shell_expand_document(struct shell_run *run, const struct shell_redirection *redirection, struct shell_stream *stream)
{
	for (const struct shell_part *part = redirection->body; part; part = part->next) {
		CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
		struct shell_part alone = *part;
		bool raw = part->kind == SHELL_PART_TEXT || part->kind == SHELL_PART_QUOTED;

		alone.next = NULL;
		expand_parts(run, &alone, &value);
		shell_stream_add(stream, &value, shell_line(run, part->line), raw ? 1 : 0);
	}
}
