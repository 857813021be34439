/* SPDX-License-Identifier: Apache-2.0 */
/* Values of playbooks: variables whose values stand in the same text, and templates that only name such a variable.
 *
 *	value: "{{ item.value }}"	known in a loop over a list that is written down
 *	value: "{{ ansible_memtotal_mb * 1024 }}"	not known before it runs */
#include <ctype.h>

#include "../core/parse.h"
#include "ansible.h"

#define TEMPLATES_MAX 20000
#define TEMPLATE_DEPTH 8
#define BINDINGS_MAX 10000

void ansible_bind(struct ansible *ansible, const char *name, const struct node *node)
{
	if (ansible->n_bindings == BINDINGS_MAX)
		return;
	GROW(ansible->bindings, ansible->bindings_capacity, ansible->n_bindings + 1);
	ansible->bindings[ansible->n_bindings++] = (struct binding){ .name = name, .node = node };
}

void ansible_bind_all(struct ansible *ansible, const struct node *mapping)
{
	for (uint32_t i = 0; mapping && mapping->kind == NODE_MAPPING && i + 1 < mapping->count; i += 2)
		ansible_bind(ansible, mapping->items[i].text, &mapping->items[i + 1]);
}

/* ---- expressions ---- */

static size_t name_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n;
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const struct node *find_binding(const struct ansible *ansible, const char *name, size_t length)
{
	for (size_t i = ansible->n_bindings; i-- > 0;)
		if (strncmp(ansible->bindings[i].name, name, length) == 0 && ansible->bindings[i].name[length] == '\0')
			return ansible->bindings[i].node;
	return NULL;
}

static const struct node *member(const struct node *node, const char *name, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	uint64_t index;

	strbuf_add(&key, name, length);
	if (node->kind == NODE_SEQUENCE && parse_u64(key.buf, &index) == 0)
		return index < node->count ? &node->items[index] : NULL;
	return document_get(node, key.buf);
}

/* ".name", ".0", "['name']", "[0]". */
static const struct node *walk_members(const struct node *node, const char **at)
{
	while (node && (**at == '.' || **at == '[')) {
		const char *name = *at + 1;
		size_t length;

		if (**at == '.') {
			length = name_length(name);
			*at = name + length;
		} else if (*name == '\'' || *name == '"') {
			const char *end = strchr(name + 1, *name);

			if (!end || end[1] != ']')
				return NULL;
			length = (size_t)(end - ++name);
			*at = end + 2;
		} else {
			length = name_length(name);
			if (name[length] != ']')
				return NULL;
			*at = name + length + 1;
		}
		node = length > 0 ? member(node, name, length) : NULL;
	}
	return node;
}

/* Filters that leave a plain value as it is. */
static bool only_plain_filters(const char *at)
{
	static const char *const plain[] = { "string", "int", "trim", "quote", "list" };

	while (*at == '|') {
		const char *name = skip_blanks(at + 1);
		size_t length = name_length(name);
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
			known |= strlen(plain[i]) == length && strncmp(plain[i], name, length) == 0;
		if (!known && strncmp(name, "default(", 8) == 0 && strchr(name, ')')) {
			known = true;
			length = (size_t)(strchr(name, ')') - name) + 1;
		}
		if (!known)
			return false;
		at = skip_blanks(name + length);
	}
	return *at == '\0';
}

const struct node *ansible_lookup(struct ansible *ansible, const char *expression)
{
	const char *at = skip_blanks(expression);
	size_t length = name_length(at);
	const struct node *node;

	if (length == 0 || ++ansible->templates > TEMPLATES_MAX)
		return NULL;
	node = find_binding(ansible, at, length);
	at += length;
	node = walk_members(node, &at);
	return node && only_plain_filters(skip_blanks(at)) ? node : NULL;
}

/* The text between the braces that begin at text; NULL: they do not end. */
static char *expression_at(const char *text, const char **ret_end)
{
	const char *end = strstr(text + 2, "}}");

	if (!end)
		return NULL;
	*ret_end = end + 2;
	return xstrndup(text + 2, (size_t)(end - text) - 2);
}

const struct node *ansible_resolve(struct ansible *ansible, const struct node *node)
{
	for (unsigned int depth = 0; node && node->kind == NODE_SCALAR && depth < TEMPLATE_DEPTH; depth++) {
		const char *at = skip_blanks(node->text), *end;
		CLEANUP(free_ptr) char *expression = starts_with(at, "{{") ? expression_at(at, &end) : NULL;

		if (!expression || *skip_blanks(end))
			return depth ? node : NULL;
		node = ansible_lookup(ansible, expression);
	}
	return node && node->kind != NODE_SCALAR ? node : NULL;
}

/* ---- texts ---- */

/* Without blanks it stays one word of a shell, and what holds it afterwards is known not to be known. */
static void add_unknown(struct ansible *ansible, struct strbuf *out, const char *text, size_t length)
{
	struct unknown *unknown = &ansible->unknown[ansible->n_unknown++ % ANSIBLE_UNKNOWN_MAX];
	size_t before = out->len;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (isalnum(c) || strchr("_.{}[]", c))
			strbuf_add_char(out, (char)c);
		else if (c != ' ' && c != '\t' && c != '\n')
			strbuf_add_char(out, '_');
	}
	unknown->word = arena_strndup(&ansible->document.arena, out->buf + before, out->len - before);
	unknown->written = arena_strndup(&ansible->document.arena, text, length);
}

static bool fill(struct ansible *ansible, const char *text, unsigned int depth, struct strbuf *out);

static bool fill_expression(struct ansible *ansible, const char *begin, const char *end, const char *expression,
			    unsigned int depth, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	const struct node *node = ansible_lookup(ansible, expression);

	if (node && node->kind == NODE_SCALAR && depth < TEMPLATE_DEPTH && out->len < ANSIBLE_TEXT_MAX &&
	    !(node->detail && streq(node->detail->tag, "!vault"))) {
		(void)scalar_value(node, &value);
		return fill(ansible, value.buf, depth + 1, out);
	}
	add_unknown(ansible, out, begin, (size_t)(end - begin));
	return false;
}

static bool fill(struct ansible *ansible, const char *text, unsigned int depth, struct strbuf *out)
{
	bool known = !strstr(text, "{%");

	while (*text) {
		const char *open = strstr(text, "{{"), *end;
		CLEANUP(free_ptr) char *expression = open ? expression_at(open, &end) : NULL;

		if (!expression) {
			strbuf_add_string(out, text);
			return known && !open;
		}
		strbuf_add(out, text, (size_t)(open - text));
		known &= fill_expression(ansible, open, end, expression, depth, out);
		text = end;
	}
	return known;
}

bool ansible_fill(struct ansible *ansible, const char *text, const char **ret_text)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	bool known;

	*ret_text = text;
	if (!strstr(text, "{{") && !strstr(text, "{%"))
		return true;
	known = fill(ansible, text, 0, &out);
	*ret_text = arena_strndup(&ansible->document.arena, out.buf, out.len);
	return known;
}

struct ansible_value ansible_value(struct ansible *ansible, const struct node *node)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	const struct node *resolved = ansible_resolve(ansible, node);
	struct ansible_value result = { .given = true, .node = node, .text = "", .written = "" };

	if (resolved)
		result.node = node = resolved;
	if (node->kind != NODE_SCALAR)
		return result;
	result.written = node->text;
	if (node->detail && streq(node->detail->tag, "!vault")) {
		result.text = "!vault";
		return result;
	}
	result.type = scalar_value(node, &value);
	result.text = arena_strdup(&ansible->document.arena, value.buf);
	result.known = node->detail && streq(node->detail->tag, "!unsafe") ? true : ansible_fill(ansible, result.text, &result.text);
	return result;
}

/* ---- arguments of modules ---- */

/* One word of "name='a b' value={{ x }}": quotes and braces hold blanks together. */
static size_t word_length(const char *text, const char *last_close)
{
	char quote = '\0';
	size_t n = 0;

	for (; text[n]; n++) {
		if (quote) {
			quote = text[n] == quote ? '\0' : quote;
		} else if (text[n] == '\'' || text[n] == '"') {
			quote = text[n];
		} else if (text[n] == '{' && text[n + 1] == '{' && text + n < last_close) {
			n = (size_t)(strstr(text + n, "}}") - text) + 1;
		} else if (strchr(" \t\r\n", text[n])) {
			break;
		}
	}
	return n;
}

static const char *without_quotes(struct ansible *ansible, const char *text, size_t length)
{
	if (length >= 2 && (*text == '\'' || *text == '"') && text[length - 1] == *text)
		return arena_strndup(&ansible->document.arena, text + 1, length - 2);
	return arena_strndup(&ansible->document.arena, text, length);
}

static bool is_option_of_commands(const char *word, size_t name)
{
	static const char *const options[] = { "creates", "removes", "chdir", "executable", "warn", "stdin", "strip_empty_ends" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strlen(options[i]) == name && strncmp(options[i], word, name) == 0)
			return true;
	return false;
}

static void take_words(struct ansible *ansible, struct ansible_task *task, const char *text, bool free_form)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	const char *last_close = text;

	for (const char *close = text; (close = strstr(close, "}}")); close++)
		last_close = close;
	while (*text) {
		size_t blanks = strspn(text, " \t\r\n"), length = word_length(text + blanks, last_close);
		size_t name = name_length(text + blanks);
		const char *word = text + blanks;
		bool assigns = name > 0 && name < length && word[name] == '=';

		if (assigns && (!free_form || is_option_of_commands(word, name))) {
			GROW(task->pairs, task->pairs_capacity, task->n_pairs + 1);
			task->pairs[task->n_pairs++] = (struct ansible_pair){
				.name = arena_strndup(&ansible->document.arena, word, name),
				.text = without_quotes(ansible, word + name + 1, length - name - 1),
			};
		} else {
			strbuf_add(&raw, text, blanks + length);
		}
		text = word + length;
	}
	task->raw = arena_strndup(&ansible->document.arena, raw.buf, raw.len);
}

void ansible_arguments(struct ansible *ansible, struct ansible_task *task, bool free_form)
{
	task->raw = "";
	if (task->arguments->kind == NODE_SCALAR)
		take_words(ansible, task, task->arguments->text, free_form);
}

/* Of a word of such a line: always a text. */
static struct ansible_value pair_value(struct ansible *ansible, const struct ansible_task *task, const struct ansible_pair *pair)
{
	struct ansible_value value = { .given = true, .node = task->arguments, .written = pair->text, .type = SCALAR_TEXT };
	struct node written = { .kind = NODE_SCALAR, .quoted = true, .text = pair->text };
	const struct node *resolved = ansible_resolve(ansible, &written);

	if (resolved)
		return ansible_value(ansible, resolved);
	value.known = ansible_fill(ansible, pair->text, &value.text);
	return value;
}

static struct ansible_value one_argument(struct ansible *ansible, const struct ansible_task *task, const char *name)
{
	const struct node *node = document_get(task->arguments, name);

	if (!node)
		node = document_get(task->more, name);
	if (node)
		return ansible_value(ansible, node);
	for (size_t i = task->n_pairs; i-- > 0;)
		if (streq(task->pairs[i].name, name))
			return pair_value(ansible, task, &task->pairs[i]);
	return (struct ansible_value){ .text = "", .written = "", .known = true, .node = task->key };
}

struct ansible_value ansible_argument(struct ansible *ansible, const struct ansible_task *task, const char *names)
{
	struct ansible_value value = { 0 };

	do {
		size_t length = strcspn(names, "|");
		CLEANUP(free_ptr) char *name = xstrndup(names, length);

		value = one_argument(ansible, task, name);
		names += length + (names[length] == '|');
	} while (!value.given && *names);
	return value;
}

bool ansible_argument_true(struct ansible *ansible, const struct ansible_task *task, const char *name, bool otherwise)
{
	static const char *const yes[] = { "True", "true", "yes", "on", "1", "y", "t" };
	struct ansible_value value = ansible_argument(ansible, task, name);

	if (!value.given || !value.known)
		return otherwise;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (strcasecmp(yes[i], value.text) == 0)
			return true;
	return false;
}
