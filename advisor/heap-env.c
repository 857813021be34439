/* SPDX-License-Identifier: Apache-2.0 */
#include "heap-env.h"

#include <ctype.h>

#include "../core/strbuf.h"

/* A manifest is small, and what it expands to must not be large either: $(A)$(A) thirty times over. */
#define VALUE_MAX 16384
#define WORDS_MAX 4096
#define VARIABLES_MAX 1000U
#define NAME_MAX_LENGTH 256

static const char *node_text(const struct node *mapping, const char *key)
{
	const struct node *value = mapping && mapping->kind == NODE_MAPPING ? node_get(mapping, key) : NULL;

	return value && value->kind == NODE_SCALAR ? value->text : NULL;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The first c near text. */
static const char *find_near(const char *text, char c)
{
	return memchr(text, c, strnlen(text, NAME_MAX_LENGTH));
}

const char *heap_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct heap_variable *find_variable(const struct heap_env *env, const char *name, size_t length)
{
	for (size_t i = env->count; i > 0; i--) {
		const struct heap_variable *variable = &env->variables[i - 1];

		if (strncmp(variable->name, name, length) == 0 && variable->name[length] == '\0')
			return variable;
	}
	return NULL;
}

const struct heap_variable *heap_env_find(const struct heap_env *env, const char *name)
{
	return find_variable(env, name, strlen(name));
}

static void add_value(struct strbuf *out, const struct heap_variable *variable, bool *follows_memory, bool *follows_cpu)
{
	if (out->len < VALUE_MAX)
		strbuf_add_string(out, variable->value);
	*follows_memory |= variable->follows_memory;
	*follows_cpu |= variable->follows_cpu;
}

/* "-Xmx$(HEAP)m" */
static const char *expand(const struct heap_env *env, const char *text, struct arena *arena, bool *follows_memory, bool *follows_cpu)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	for (const char *c = text; *c && out.len < VALUE_MAX; c++) {
		const char *end = c[0] == '$' && c[1] == '(' ? find_near(c, ')') : NULL;
		const struct heap_variable *variable = end ? find_variable(env, c + 2, (size_t)(end - c) - 2) : NULL;

		if (c[0] == '$' && c[1] == '$') {
			strbuf_add_char(&out, *c++);
		} else if (variable && variable->value) {
			add_value(&out, variable, follows_memory, follows_cpu);
			c = end;
		} else {
			strbuf_add_char(&out, *c);
		}
	}
	return arena_strndup(arena, out.buf, MIN(out.len, (size_t)VALUE_MAX));
}

/* valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}} */
static void read_resource_field(const struct node *field, const struct workload_container *container, const struct heap_given *given,
				struct arena *arena, struct heap_variable *variable)
{
	/* clang-format off */
	const struct {
		const char *name;
		int64_t value, otherwise;
		bool memory, limit;
	} resources[] = {
		{ "limits.cpu",      given->cpu_limit,      given->node_cpu,    false, true,  },
		{ "limits.memory",   given->memory_limit,   given->node_memory, true,  true,  },
		{ "requests.cpu",    given->cpu_request,    given->cpu_limit,   false, false, },
		{ "requests.memory", given->memory_request, given->memory_limit, true, false, },
	};
	/* clang-format on */
	const char *resource = node_text(field, "resource"), *other = node_text(field, "containerName"), *divided = node_text(field, "divisor");
	struct quantity divisor;
	int64_t by;

	variable->from = "resourceFieldRef";
	if (!resource || (other && *other && !streq(other, container->name)))
		return;
	if (!divided || quantity_parse(divided, &divisor) < 0 || divisor.nano == 0)
		divisor = quantity_of_milli(1000);
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		int64_t value = resources[i].value > 0 ? resources[i].value : resources[i].otherwise;

		if (!streq(resources[i].name, resource))
			continue;
		by = resources[i].memory ? quantity_value(&divisor) : quantity_milli(&divisor);
		if (value < 0 || by <= 0)
			return;
		variable->value = arena_formatf(arena, "%lld", (long long)(value / by + (value % by != 0)));
		variable->follows_memory = resources[i].limit && resources[i].memory;
		variable->follows_cpu = resources[i].limit && !resources[i].memory;
	}
}

static void read_variable(const struct node *item, const struct workload_container *container, const struct heap_given *given,
			  struct arena *arena, struct heap_env *env)
{
	const char *name = node_text(item, "name"), *value = node_text(item, "value");
	const struct node *from = item->kind == NODE_MAPPING ? node_get(item, "valueFrom") : NULL;
	struct heap_variable *variable = &env->variables[env->count];

	if (!name || !*name)
		return;
	*variable = (struct heap_variable){ .name = name };
	if (from && from->kind == NODE_MAPPING && from->count >= 2) {
		variable->from = from->items[0].kind == NODE_SCALAR ? from->items[0].text : "valueFrom";
		if (streq(variable->from, "resourceFieldRef"))
			read_resource_field(&from->items[1], container, given, arena, variable);
	} else {
		variable->value = expand(env, value ? value : "", arena, &variable->follows_memory, &variable->follows_cpu);
	}
	env->count++;
}

void heap_env_read(const struct workload_container *container, const struct heap_given *given, struct arena *arena, struct heap_env *ret_env)
{
	const struct node *list = container->env;

	*ret_env = (struct heap_env){ .others = container->env_from && container->env_from->count > 0 };
	if (!list || list->kind != NODE_SEQUENCE || list->count == 0)
		return;
	ret_env->variables = arena_alloc(arena, MIN(list->count, VARIABLES_MAX) * sizeof(*ret_env->variables));
	ret_env->others |= list->count > VARIABLES_MAX;
	for (uint32_t i = 0; i < MIN(list->count, VARIABLES_MAX); i++)
		read_variable(&list->items[i], container, given, arena, ret_env);
}

static void add_word(struct heap_words *words, size_t *capacity, const char *word)
{
	if (words->count >= WORDS_MAX)
		return;
	GROW(words->words, *capacity, words->count + 1);
	words->words[words->count++] = word;
}

/* Words are gathered on the heap and handed to the arena in one piece. */
static void keep_words(struct heap_words *words, struct arena *arena)
{
	const char **gathered = words->words;

	words->words = words->count ? arena_alloc(arena, words->count * sizeof(*words->words)) : NULL;
	if (words->count)
		memcpy(words->words, gathered, words->count * sizeof(*words->words));
	free(gathered);
}

void heap_split(const char *text, struct arena *arena, struct heap_words *words)
{
	CLEANUP(strbuf_release) struct strbuf word = STRBUF_INIT;
	size_t capacity = 0;
	bool open = false;
	char quote = '\0';

	words->words = NULL;
	words->count = 0;
	for (const char *c = text;; c++) {
		bool blank = *c == '\0' || (!quote && (isspace((unsigned char)*c) || *c == ';' || *c == '&' || *c == '|'));

		if (blank && open)
			add_word(words, &capacity, arena_strdup(arena, word.buf));
		if (*c == '\0')
			break;
		if (blank) {
			strbuf_reset(&word);
			open = false;
			continue;
		}
		open = true;
		if (*c == quote)
			quote = '\0';
		else if (!quote && (*c == '"' || *c == '\''))
			quote = *c;
		else if (*c == '\\' && quote != '\'' && c[1])
			strbuf_add_char(&word, *++c);
		else
			strbuf_add_char(&word, *c);
	}
	keep_words(words, arena);
}

/* "$JAVA_OPTS", "${JAVA_OPTS}", "${HEAP:-512m}" at text: the variable's name, and where what follows begins. */
static const char *shell_variable(const char *text, const char **ret_name, size_t *ret_length, const char **ret_otherwise,
				  size_t *ret_otherwise_length)
{
	bool braces = text[1] == '{';
	const char *name = text + (braces ? 2 : 1), *end = name, *close;

	while (is_name(*end))
		end++;
	*ret_name = name;
	*ret_length = (size_t)(end - name);
	*ret_otherwise = NULL;
	*ret_otherwise_length = 0;
	if (end == name || isdigit((unsigned char)*name))
		return NULL;
	if (!braces)
		return end;
	close = find_near(end, '}');
	if (!close)
		return NULL;
	if (*end == '-' || (end[0] == ':' && end[1] == '-')) {
		*ret_otherwise = end + (*end == '-' ? 1 : 2);
		*ret_otherwise_length = (size_t)(close - *ret_otherwise);
	} else if (*end != '}') {
		return NULL;
	}
	return close + 1;
}

/* What a shell makes of its script's variables.  Good enough to find flags, not to run it. */
static const char *expand_shell(const struct heap_env *env, const char *script, struct arena *arena, struct heap_words *words)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	const char *name, *otherwise, *next;
	size_t length, otherwise_length;

	for (const char *c = script; *c && out.len < VALUE_MAX;) {
		const struct heap_variable *variable;

		next = *c == '$' ? shell_variable(c, &name, &length, &otherwise, &otherwise_length) : NULL;
		if (!next) {
			strbuf_add_char(&out, *c++);
			continue;
		}
		variable = find_variable(env, name, length);
		if (variable && variable->value && (*variable->value || !otherwise))
			add_value(&out, variable, &words->follows_memory, &words->follows_cpu);
		else if (otherwise && !variable && !env->others)
			strbuf_add(&out, otherwise, otherwise_length);
		else
			words->unknown = arena_strndup(arena, name, MIN(length, (size_t)60));
		c = next;
	}
	return arena_strndup(arena, out.buf, MIN(out.len, (size_t)VALUE_MAX));
}

static void add_list(const struct node *list, const struct heap_env *env, struct arena *arena, struct heap_words *words, size_t *capacity)
{
	if (!list || list->kind != NODE_SEQUENCE)
		return;
	for (uint32_t i = 0; i < list->count; i++)
		if (list->items[i].kind == NODE_SCALAR)
			add_word(words, capacity, expand(env, list->items[i].text, arena, &words->follows_memory, &words->follows_cpu));
}

/* "sh -c SCRIPT", "/bin/bash -euxc SCRIPT": the number of the script's word, or 0. */
static size_t find_script(const struct heap_words *words)
{
	static const char *const shells[] = { "ash", "bash", "dash", "ksh", "sh", "zsh" };
	size_t i = 0;

	while (i < ARRAY_SIZE(shells) && (words->count < 3 || !streq(heap_base_name(words->words[0]), shells[i])))
		i++;
	if (i == ARRAY_SIZE(shells))
		return 0;
	for (i = 1; i + 1 < words->count && words->words[i][0] == '-'; i++)
		if (ends_with(words->words[i], "c") && words->words[i][1] != '-')
			return i + 1;
	return 0;
}

void heap_words_read(const struct workload_container *container, const struct heap_env *env, struct arena *arena,
		     struct heap_words *ret_words)
{
	struct heap_words words = { .command = container->command && container->command->count > 0 };
	size_t capacity = 0, script;

	add_list(container->command, env, arena, &words, &capacity);
	add_list(container->args, env, arena, &words, &capacity);
	keep_words(&words, arena);
	script = find_script(&words);
	if (script) {
		words.shell = words.command = true;
		heap_split(expand_shell(env, words.words[script], arena, &words), arena, &words);
	}
	*ret_words = words;
}

/* "exec java -jar …", "tini -- node server.js": the first word, one behind those that start another, or in a script any that is no operand. */
size_t heap_find_program(const struct heap_words *words, const char *program)
{
	size_t found = 0;

	for (size_t i = 0; i < words->count; i++) {
		const char *before = i > 0 ? words->words[i - 1] : "--";

		if (!streq(heap_base_name(words->words[i]), program))
			continue;
		if (!streq(before, "--") && !streq(before, "exec") && (!words->shell || before[0] == '-'))
			continue;
		/* "which java && java -jar …" */
		if (i + 1 < words->count && words->words[i + 1][0] == '-')
			return i + 1;
		found = i + 1;
	}
	return found;
}
