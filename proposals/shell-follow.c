/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the commands of a script: each branch, each turn of a loop whose words are known, each call of a function. */
#include <fnmatch.h>

#include "../core/quote.h"
#include "shell-run.h"

#define CONDITION_MAX 160	/* characters of a condition that are told */

/* ---- conditions ---- */

size_t shell_condition(struct shell_run *run, const char *before, const char *text, size_t length)
{
	size_t mark = run->condition.len, n = 0;

	while (n < length && n < CONDITION_MAX && text[n] != '\n')
		n++;
	if (mark < 4 * CONDITION_MAX) {
		strbuf_add_string(&run->condition, mark > 0 ? "; " : "");
		strbuf_addf(&run->condition, "%s %.*s%s", before, (int)n, text, n < length ? " …" : "");
	}
	return mark;
}

void shell_uncondition(struct shell_run *run, size_t mark)
{
	strbuf_truncate(&run->condition, MIN(mark, run->condition.len));
}

/* "[ $(id -u) = 0 ] || exit 1" is no condition worth telling. */
static bool asks_for_root(const char *text, size_t length)
{
	static const char *const words[] = { "id -u", "EUID", "UID", "whoami", "$USER", "id -nu" };
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;

	strbuf_add(&copy, text, MIN(length, CONDITION_MAX));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(copy.buf, words[i]))
			return true;
	return false;
}

/* Carries out node as a branch that may not be taken; what comes later depends on it when the branch leaves the script. */
static void follow_branch(struct shell_run *run, const struct shell_node *node, const char *before, const char *otherwise,
			  const char *text, size_t length)
{
	size_t mark = shell_branch(run), condition = shell_condition(run, before, text, length);
	bool conditional = run->conditional, left = run->left;

	run->conditional = true;
	run->left = false;
	shell_follow(run, node);
	shell_uncondition(run, condition);
	if (run->left && !asks_for_root(text, length))
		(void)shell_condition(run, otherwise, text, length);
	run->conditional = conditional;
	run->left |= left;
	shell_join(run, mark, false);
}

/* ---- lists ---- */

/* "|| true": a failure before it goes unnoticed. */
static bool is_harmless(const struct shell_node *node)
{
	static const char *const names[] = { "true", ":", "echo", "printf", "logger", "warn", "log" };

	if (!node || node->join != SHELL_OR || node->kind != SHELL_COMMAND || !node->words || node->redirections)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (node->words->length == strlen(names[i]) && memcmp(node->words->source, names[i], node->words->length) == 0)
			return true;
	return false;
}

static void follow_list(struct shell_run *run, const struct shell_node *list)
{
	const struct shell_node *first = list->children;

	for (const struct shell_node *node = list->children; node && !run->exhausted; node = node->next) {
		bool optional = run->optional;

		run->optional |= is_harmless(node->next);
		if (node->join == SHELL_THEN) {
			first = node;
			shell_follow(run, node);
		} else {
			/* The condition is what stands before: a && b depends on a, c in a && b || c on both. */
			const char *end = node->source;
			size_t length = (size_t)(end - first->source);

			while (length > 0 && strchr(" \t\n&|\\", first->source[length - 1]))
				length--;
			follow_branch(run, node, node->join == SHELL_AND ? "if" : "unless",
				      node->join == SHELL_AND ? "unless" : "if", first->source, length);
		}
		run->optional = optional;
	}
}

static void follow_subshell(struct shell_run *run, const struct shell_node *body)
{
	size_t mark = shell_branch(run), condition = run->condition.len;
	unsigned int ended = run->ended;
	bool left = run->left;

	shell_follow(run, body);
	shell_join(run, mark, true);
	shell_uncondition(run, condition);
	run->ended = ended;
	run->left = left;
}

/* What one prints the next one reads. */
static void follow_pipeline(struct shell_run *run, const struct shell_node *pipeline)
{
	const struct shell_stream *in = run->in;
	struct shell_stream *out = run->out, between[2] = { SHELL_STREAM_INIT, SHELL_STREAM_INIT };
	size_t turn = 0;

	if (!pipeline->children->next) {
		shell_follow(run, pipeline->children);
		return;
	}
	for (const struct shell_node *node = pipeline->children; node; node = node->next, turn ^= 1) {
		shell_stream_release(&between[turn]);
		run->out = node->next ? &between[turn] : out;
		follow_subshell(run, node);
		run->in = &between[turn];
	}
	run->in = in;
	run->out = out;
	shell_stream_release(&between[0]);
	shell_stream_release(&between[1]);
}

/* ---- loops ---- */

/* What a loop changes that turns an unknown number of times is not known within it. */
static void forget_changed(struct shell_run *run, const struct shell_node *node)
{
	for (; node; node = node->next) {
		for (const struct shell_assignment *at = node->assignments; at; at = at->next)
			shell_set_unknown(run, at->name);
		if (node->kind == SHELL_FOR || node->kind == SHELL_SELECT)
			shell_set_unknown(run, node->name);
		for (const struct shell_branch *branch = node->branches; branch; branch = branch->next)
			forget_changed(run, branch->body);
		forget_changed(run, node->children);
		forget_changed(run, node->condition);
		forget_changed(run, node->body);
		forget_changed(run, node->otherwise);
	}
}

static bool is_command(const struct shell_node *node, const char *name)
{
	return node && node->kind == SHELL_COMMAND && node->words && node->words->length == strlen(name) &&
	       memcmp(node->words->source, name, node->words->length) == 0;
}

/* while read -r a b: the line that begins at start, to its variables. */
static void read_line(struct shell_run *run, const struct shell_node *read, const char *line, size_t length)
{
	const struct shell_variable *ifs = shell_get(run, "IFS", 3);
	const char *separators = " \t";
	size_t at = 0;

	for (const struct shell_assignment *assignment = read->assignments; assignment; assignment = assignment->next)
		if (streq(assignment->name, "IFS") && assignment->value && assignment->value->parts)
			separators = assignment->value->parts->length == 1 ? assignment->value->parts->text : separators;
	if (ifs && shell_value_known(&ifs->value) && ifs->value.text.len > 0)
		separators = ifs->value.text.buf;
	for (const struct shell_word *word = read->words->next; word; word = word->next) {
		CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
		CLEANUP(free_ptr) char *name = xstrndup(word->source, word->length);
		size_t end;

		if (*name == '-')
			continue;
		while (at < length && strchr(" \t", line[at]))
			at++;
		end = at;
		while (end < length && (!word->next ? true : *separators == '=' || *separators == ':' || *separators == ','
								     ? line[end] != *separators
								     : !strchr(" \t", line[end])))
			end++;
		shell_value_add(&value, line + at, end - at, MARK_PLAIN);
		shell_set(run, name, &value);
		at = end + (end < length);
	}
}

/* Each line of what is read, where it is known; false: it is not. */
static bool follow_lines(struct shell_run *run, const struct shell_node *node)
{
	const struct shell_stream *in = run->in;
	const char *at, *end;

	if (!in || !shell_stream_known(in) || !is_command(node->condition, "read"))
		return false;
	at = in->value.text.buf;
	end = at + in->value.text.len;
	run->in = NULL;
	while (at < end && !run->exhausted) {
		const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;

		read_line(run, node->condition, at, (size_t)(stop - at));
		shell_follow(run, node->body);
		at = newline ? newline + 1 : end;
	}
	run->in = in;
	return true;
}

static void follow_while(struct shell_run *run, const struct shell_node *node)
{
	const struct shell_stream *in = run->in;

	if (follow_lines(run, node))
		return;
	forget_changed(run, node->body);
	run->in = NULL;
	shell_follow(run, node->condition);
	follow_branch(run, node->body, node->kind == SHELL_WHILE ? "while" : "until", "after", node->condition->source,
		      node->condition->length);
	run->in = in;
}

static void follow_for(struct shell_run *run, const struct shell_node *node)
{
	CLEANUP(shell_values_release) struct shell_values values = { 0 };

	if (node->kind == SHELL_FOR && node->has_in)
		shell_expand_words(run, node->words, &values);
	else if (node->kind == SHELL_FOR && run->arguments)
		for (size_t i = 1; i < run->arguments->count; i++) {
			struct shell_value *added = shell_values_add(&values);

			if (added)
				shell_value_add_value(added, &run->arguments->items[i]);
		}
	else {
		forget_changed(run, node->body);
		if (node->name)
			shell_set_unknown(run, node->name);
		follow_branch(run, node->body, "for each of", "after", node->source, node->length);
		return;
	}
	if (values.count == SHELL_VALUES_MAX)
		shell_unclear(run, node, "a loop", "the loop has more than %d turns", SHELL_VALUES_MAX);
	for (size_t i = 0; i < values.count && !run->exhausted; i++) {
		shell_set(run, node->name, &values.items[i]);
		shell_follow(run, node->body);
	}
}

/* ---- if, case ---- */

static void follow_if(struct shell_run *run, const struct shell_node *node)
{
	const struct shell_node *condition = node->condition;
	bool optional = run->optional;

	run->optional = true;
	shell_follow(run, condition);
	run->optional = optional;
	follow_branch(run, node->body, "if", "unless", condition->source, condition->length);
	if (node->otherwise)
		follow_branch(run, node->otherwise, "unless", "if", condition->source, condition->length);
}

enum match { MATCH_NO, MATCH_YES, MATCH_UNKNOWN };

/* Whether a branch is taken, where its patterns and the word are known. */
static enum match branch_matches(struct shell_run *run, const struct shell_branch *branch, const struct shell_value *word)
{
	enum match match = MATCH_NO;

	if (!shell_value_known(word) || shell_value_has(word, MARK_EACH) || word->text.len > 4096)
		return MATCH_UNKNOWN;
	for (const struct shell_word *at = branch->patterns; at && match != MATCH_YES; at = at->next) {
		CLEANUP(shell_value_release) struct shell_value pattern = SHELL_VALUE_INIT;
		bool quoted = false;

		shell_expand_text(run, at->parts, &pattern);
		for (size_t i = 0; i < pattern.text.len; i++)
			quoted |= pattern.marks.buf[i] == MARK_PLAIN && strchr("*?[\\", pattern.text.buf[i]);
		if (!shell_value_known(&pattern) || quoted || pattern.text.len > 256)
			match = MATCH_UNKNOWN;
		else if (fnmatch(pattern.text.buf, word->text.buf, 0) == 0)
			match = match == MATCH_UNKNOWN ? MATCH_UNKNOWN : MATCH_YES;
	}
	return match;
}

static void follow_case(struct shell_run *run, const struct shell_node *node)
{
	CLEANUP(shell_value_release) struct shell_value word = SHELL_VALUE_INIT;

	shell_expand_text(run, node->words->parts, &word);
	for (const struct shell_branch *branch = node->branches; branch; branch = branch->next) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		enum match match = branch_matches(run, branch, &word);

		if (match == MATCH_YES) {
			shell_follow(run, branch->body);
			return;
		}
		if (!branch->body || match == MATCH_NO)
			continue;
		strbuf_addf(&text, "%.*s is", (int)MIN(node->words->length, CONDITION_MAX), node->words->source);
		for (const struct shell_word *pattern = branch->patterns; pattern && text.len < CONDITION_MAX; pattern = pattern->next)
			strbuf_addf(&text, " %.*s%s", (int)MIN(pattern->length, CONDITION_MAX), pattern->source,
				    pattern->next ? " or" : "");
		follow_branch(run, branch->body, "if", "unless", text.buf, text.len);
	}
}

/* ---- functions ---- */

static struct shell_function *function_find(struct shell_run *run, const char *name)
{
	for (size_t i = run->n_functions; i-- > 0;)
		if (streq(run->functions[i].name, name))
			return &run->functions[i];
	return NULL;
}

#define FUNCTIONS_MAX 1000

static void define(struct shell_run *run, const struct shell_node *node)
{
	struct shell_function *function = function_find(run, node->name);

	if (!function) {
		if (run->n_functions == FUNCTIONS_MAX) {
			shell_unclear(run, node, "a function", "more than %d functions are defined", FUNCTIONS_MAX);
			return;
		}
		GROW(run->functions, run->functions_capacity, run->n_functions + 1);
		function = &run->functions[run->n_functions++];
		function->active = 0;
	}
	*function = (struct shell_function){ .name = node->name, .body = node->body, .active = function->active };
}

static void call_function(struct shell_run *run, struct shell_function *function, const struct shell_call *call)
{
	const struct shell_values *arguments = run->arguments;
	const char *name = run->function;
	unsigned int ended = run->ended;
	size_t index;

	function->called = true;
	if (run->calls == SHELL_CALLS_MAX || function->active == SHELL_AGAIN_MAX) {
		if (!function->told && function->active == SHELL_AGAIN_MAX)
			shell_unclear(run, call->node, "a function", "%s calls itself: it is followed %d deep", function->name, SHELL_AGAIN_MAX);
		else if (!function->told)
			shell_unclear(run, call->node, "a function", "functions call each other more than %d deep", SHELL_CALLS_MAX);
		function->told = true;
		return;
	}
	index = (size_t)(function - run->functions);
	function->active++;
	run->calls++;
	run->arguments = call->arguments;
	run->function = function->name;
	shell_follow(run, function->body);
	run->function = name;
	run->arguments = arguments;
	run->calls--;
	/* It may have defined others. */
	if (run->functions[index].active > 0)
		run->functions[index].active--;
	/* return ends the function, not the script. */
	run->ended = ended;
}

/* ---- simple commands ---- */

static void assign(struct shell_run *run, const struct shell_assignment *assignment)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;

	if (assignment->array) {
		CLEANUP(shell_values_release) struct shell_values values = { 0 };
		struct shell_variable *variable;

		shell_expand_words(run, assignment->value, &values);
		shell_set_unknown(run, assignment->name);
		/* It was set just now, so it is there. */
		variable = (struct shell_variable *)shell_get(run, assignment->name, strcspn(assignment->name, "["));
		if (variable && !assignment->append && values.count > 0) {
			variable->elements = values;
			values = (struct shell_values){ 0 };
		}
		return;
	}
	if (assignment->append) {
		const struct shell_variable *variable = shell_get(run, assignment->name, strlen(assignment->name));

		if (variable)
			shell_value_add_value(&value, &variable->value);
	}
	if (assignment->value)
		shell_expand_text(run, assignment->value->parts, &value);
	shell_set(run, assignment->name, &value);
}

/* A word that names a setting in a command that nobody knows. */
static void call_unknown(struct shell_run *run, const struct shell_call *call)
{
	shell_print_unknown(run, "a command");
	for (size_t i = 0; i < call->arguments->count; i++) {
		const char *path = strpbrk(call->arguments->items[i].text.buf, "/");

		if (!path || !shell_is_setting(path))
			continue;
		shell_unclear(run, call->node, "a command", "what %s does with %s is not known", shell_argument(call, 0), path);
		return;
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void shell_call(struct shell_run *run, const struct shell_call *call)
{
	const char *name = shell_argument(call, 0);
	const struct shell_command *command;
	struct shell_function *function;

	if (call->arguments->count == 0 || run->exhausted)
		return;
	if (!shell_value_known(&call->arguments->items[0])) {
		call_unknown(run, call);
		return;
	}
	function = function_find(run, name);
	command = function ? NULL : shell_command_find(base_name(name));
	if (function) {
		call_function(run, function, call);
	} else if (command) {
		if (command->run)
			command->run(run, call);
		else if (!command->silent)
			shell_print_unknown(run, command->name);
	} else {
		call_unknown(run, call);
		if (strchr(name, '/'))
			shell_run_file(run, call->node, name, 0);
	}
}

static void follow_command(struct shell_run *run, const struct shell_node *node, bool quiet)
{
	CLEANUP(shell_values_release) struct shell_values arguments = { 0 };
	struct shell_call call = { .node = node, .arguments = &arguments, .quiet = quiet };
	bool optional = run->optional;

	shell_expand_words(run, node->words, &arguments);
	/* Before a command they are for that command only, but for those that declare. */
	if (node->assignments && (!node->words || !starts_with(node->source, node->assignments->name)))
		for (const struct shell_assignment *at = node->assignments; at; at = at->next)
			assign(run, at);
	run->optional |= quiet;
	shell_call(run, &call);
	run->optional = optional;
}

/* ---- redirections ---- */

struct redirected {
	struct shell_stream in, out;
	bool has_in, has_out, quiet;
	const struct shell_redirection *target;
};

static bool word_is(const struct shell_word *word, const char *text)
{
	return word->length == strlen(text) && memcmp(word->source, text, word->length) == 0;
}

static bool is_output(const struct shell_redirection *redirection)
{
	switch ((enum shell_redirection_kind)redirection->kind) {
	case SHELL_WRITE:
	case SHELL_CLOBBER:
	case SHELL_APPEND:
	case SHELL_READ_WRITE:
		return redirection->descriptor == 1 || redirection->descriptor == -1;
	case SHELL_WRITE_BOTH:
	case SHELL_APPEND_BOTH:
		return true;
	case SHELL_COPY_OUTPUT:
		return redirection->descriptor < 2 && !strchr("0123456789-$", *redirection->word->source);
	case SHELL_READ:
	case SHELL_HERE_DOCUMENT:
	case SHELL_HERE_STRING:
	case SHELL_COPY_INPUT:
		break;
	}
	return false;
}

static void redirect_input(struct shell_run *run, const struct shell_redirection *redirection, struct redirected *to)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;

	shell_stream_release(&to->in);
	to->has_in = true;
	if (redirection->kind == SHELL_HERE_DOCUMENT) {
		shell_expand_document(run, redirection, &to->in);
	} else if (redirection->kind == SHELL_HERE_STRING) {
		shell_expand_text(run, redirection->word->parts, &value);
		shell_value_add_string(&value, "\n");
		shell_stream_add(&to->in, &value, shell_line(run, redirection->line), 0);
	} else {
		to->in.unknown = true;
		to->in.why = "a file";
	}
}

static void redirect(struct shell_run *run, const struct shell_node *node, struct redirected *to)
{
	for (const struct shell_redirection *at = node->redirections; at; at = at->next) {
		bool input = at->kind == SHELL_HERE_DOCUMENT || at->kind == SHELL_HERE_STRING || at->kind == SHELL_READ;

		if (input && at->descriptor <= 0) {
			redirect_input(run, at, to);
		} else if (is_output(at)) {
			to->has_out = true;
			to->target = at;
		} else if (at->kind == SHELL_COPY_OUTPUT && at->descriptor < 2 && word_is(at->word, "2")) {
			to->has_out = true;
			to->target = NULL;
		}
		to->quiet |= (at->descriptor == 2 || at->kind == SHELL_WRITE_BOTH) && word_is(at->word, "/dev/null");
	}
}

/* sudo echo 1 > /proc/sys/…: the file is opened by the shell before sudo runs. */
static bool is_elevated(const struct shell_node *node)
{
	return is_command(node, "sudo") || is_command(node, "doas");
}

static void write_target(struct shell_run *run, const struct shell_node *node, const struct redirected *to)
{
	CLEANUP(shell_values_release) struct shell_values paths = { 0 };
	CLEANUP(shell_value_release) struct shell_value path = SHELL_VALUE_INIT;
	struct shell_target target = {
		.node = node, .path = &path, .redirection = true, .elevated = is_elevated(node), .via = "a redirection",
		.append = to->target->kind == SHELL_APPEND || to->target->kind == SHELL_APPEND_BOTH,
	};

	/* bash expands the file as it expands a word, and wants it to become exactly one. */
	if (run->dialect == SHELL_BASH)
		shell_expand_word(run, to->target->word, &paths);
	else
		shell_expand_text(run, to->target->word->parts, &path);
	if (run->dialect == SHELL_BASH && paths.count == 1)
		shell_value_add_value(&path, &paths.items[0]);
	else if (run->dialect == SHELL_BASH)
		shell_expand_text(run, to->target->word->parts, &path);
	path.line = to->target->line;
	if (paths.count > 1 && shell_is_setting(paths.items[0].text.buf)) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		struct proposed item = shell_item(run, node, target.via, &text);

		item.fate = PROPOSED_BROKEN;
		item.why = "the redirection names several files: bash calls it ambiguous and carries nothing out";
		item.instead = "for file in …; do echo … > \"$file\"; done";
		shell_add(run, node, &item);
		shell_fails(run, node);
		return;
	}
	shell_write(run, &target, &to->out);
}

static void follow_kind(struct shell_run *run, const struct shell_node *node, bool quiet);

static void follow_redirected(struct shell_run *run, const struct shell_node *node)
{
	struct redirected to = { .in = SHELL_STREAM_INIT, .out = SHELL_STREAM_INIT };
	const struct shell_stream *in = run->in;
	struct shell_stream *out = run->out;

	redirect(run, node, &to);
	if (to.has_in)
		run->in = &to.in;
	if (to.has_out)
		run->out = &to.out;
	follow_kind(run, node, to.quiet);
	run->in = in;
	run->out = out;
	/* exec > file changes where the rest of the script writes; what it prints there is not followed. */
	if (to.target && !(is_command(node, "exec") && !node->words->next))
		write_target(run, node, &to);
	shell_stream_release(&to.in);
	shell_stream_release(&to.out);
}

/* ---- any of them ---- */

static void follow_kind(struct shell_run *run, const struct shell_node *node, bool quiet)
{
	bool optional = run->optional;

	run->optional |= quiet;
	switch ((enum shell_node_kind)node->kind) {
	case SHELL_COMMAND:
		follow_command(run, node, quiet);
		break;
	case SHELL_PIPELINE:
		follow_pipeline(run, node);
		break;
	case SHELL_LIST:
		follow_list(run, node);
		break;
	case SHELL_SUBSHELL:
		follow_subshell(run, node->body);
		break;
	case SHELL_GROUP:
		shell_follow(run, node->body);
		break;
	case SHELL_IF:
		follow_if(run, node);
		break;
	case SHELL_WHILE:
	case SHELL_UNTIL:
		follow_while(run, node);
		break;
	case SHELL_FOR:
	case SHELL_FOR_ARITHMETIC:
	case SHELL_SELECT:
		follow_for(run, node);
		break;
	case SHELL_CASE:
		follow_case(run, node);
		break;
	case SHELL_FUNCTION:
		define(run, node);
		break;
	case SHELL_TEST:
	case SHELL_ARITHMETIC:
		break;
	}
	run->optional = optional;
}

void shell_follow(struct shell_run *run, const struct shell_node *node)
{
	if (!node || run->exhausted)
		return;
	if (++run->steps > SHELL_STEPS_MAX) {
		shell_unclear(run, node, "shell", "loops and calls repeat more than %d commands; what follows is not read",
			      SHELL_STEPS_MAX);
		run->exhausted = true;
		return;
	}
	if (run->depth == SHELL_FOLLOW_MAX) {
		shell_unclear(run, node, "shell", "commands are nested more than %d deep", SHELL_FOLLOW_MAX);
		return;
	}
	run->depth++;
	if (node->redirections)
		follow_redirected(run, node);
	else
		follow_kind(run, node, false);
	run->depth--;
}

/* ---- a text ---- */

/* The line where the shell stops reading, and why. */
static void add_error(struct shell_run *run, const struct shell_error *error)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct shell_node place = { .line = error->line, .last_line = error->noticed, .source = "" };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct proposed item = shell_item(run, &place, "shell", &text);

	strbuf_addf(&why, "the shell stops here and carries out nothing that follows: %s", error->why);
	item.fate = PROPOSED_BROKEN;
	item.why = why.buf;
	shell_add(run, &place, &item);
}

static void call_the_uncalled(struct shell_run *run, size_t first)
{
	struct shell_stream *out = run->out;

	run->out = NULL;
	for (size_t i = first; i < run->n_functions; i++) {
		if (run->functions[i].called)
			continue;
		run->functions[i].called = true;
		run->uncalled = true;
		run->function = run->functions[i].name;
		run->arguments = NULL;
		run->ended = 0;
		shell_follow(run, run->functions[i].body);
		run->function = NULL;
		run->uncalled = false;
	}
	run->out = out;
}

void shell_follow_text(struct shell_run *run, const char *text, size_t length, const struct proposed_text *given, bool own)
{
	CLEANUP(shell_parser_free_ptr) struct shell_parser *parser = shell_parser_new(text, length, run->dialect);
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct proposed_text *outer = run->given;
	size_t functions = run->n_functions, mark = 0;
	unsigned int ended = run->ended;
	const struct shell_node *node;

	if (run->calls == SHELL_CALLS_MAX)
		return;
	run->given = given;
	run->calls++;
	if (own)
		mark = shell_branch(run);
	while (!run->exhausted && (node = shell_parser_next(parser, &arena))) {
		shell_follow(run, node);
		if (!shell_parser_has_functions(parser))
			arena_release(&arena);
	}
	if (shell_parser_error(parser))
		add_error(run, shell_parser_error(parser));
	call_the_uncalled(run, functions);
	run->n_functions = functions;
	if (own) {
		shell_join(run, mark, true);
		run->ended = ended;
	}
	run->calls--;
	run->given = outer;
}
