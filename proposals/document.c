/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

#include <regex.h>
#include <stdarg.h>

#include "../core/parse.h"

#define SOURCE_MAX 300		/* characters of a line that are shown */

void document_find_lines(struct document *document)
{
	const char *at = document->text->text, *end = at + document->text->length;

	while (at <= end) {
		const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

		GROW(document->lines, document->lines_capacity, document->n_lines + 1);
		document->lines[document->n_lines++] = at;
		at = newline ? newline + 1 : end + 1;
	}
}

static bool is_chart(const struct proposed_text *text)
{
	return memmem(text->text, text->length, "{{-", 3) || memmem(text->text, text->length, "{{ .Values", 10) ||
	       memmem(text->text, text->length, "{{ include", 10);
}

static void report(struct document *document, const struct diag *diag)
{
	for (size_t i = 0; i < diag->count; i++) {
		const struct diag_entry *entry = &diag->entries[i];
		const struct node at = { .kind = NODE_SCALAR, .line = MAX(entry->place.line, 1U), .text = "" };
		struct place place = { .file = document->text->path, .line = document_line(document, &at),
				       .column = entry->place.column };

		if (entry->level == DIAG_WARNING)
			(void)diag_warning(&document->reading->proposal->diag, &place, "%s", entry->message);
		else if (is_chart(document->text))
			document_unclear(document, &at, "it is a template of manifests: fill it in first, as helm template does (%s)",
					 entry->message);
		else
			document_unclear(document, &at, "%s", entry->message);
	}
}

void document_open(struct document *document, struct reading *reading, const struct proposed_text *text, const char *form)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	*document = (struct document){ .reading = reading, .text = text, .form = text->form ? text->form : form };
	document_find_lines(document);
	(void)node_parse_foreign(&document->arena, text->text, text->length, &diag, &document->roots);
	report(document, &diag);
}

void document_release(struct document *document)
{
	arena_release(&document->arena);
	free(document->lines);
}

unsigned int document_line(const struct document *document, const struct node *node)
{
	return proposed_text_line(document->text, node->line > 0 ? node->line - 1 : 0);
}

/* The line of the text that stands at a line of what was given. */
static size_t line_index(const struct document *document, unsigned int line)
{
	const struct proposed_text *text = document->text;
	size_t low = 0, high;

	if (!text->lines || text->n_lines == 0)
		return line >= text->first ? line - text->first : 0;
	high = text->n_lines;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (text->lines[middle] < line)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *document_source(struct document *document, unsigned int line)
{
	size_t index = line_index(document, line), length, end;
	const char *at;

	if (index >= document->n_lines)
		return "";
	at = document->lines[index];
	end = (size_t)(document->text->text + document->text->length - at);
	length = strnlen(at, MIN(end, SOURCE_MAX));
	for (size_t i = 0; i < length; i++)
		if (at[i] == '\n' || at[i] == '\r')
			length = i;
	while (length > 0 && (*at == ' ' || *at == '\t')) {
		at++;
		length--;
	}
	/* A character is not cut in two. */
	while (length == SOURCE_MAX && length > 0 && ((unsigned char)at[length] & 0xc0) == 0x80)
		length--;
	return arena_strndup(&document->arena, at, length);
}

struct proposed document_item(struct document *document, const struct node *node)
{
	unsigned int line = document_line(document, node);

	return (struct proposed){
		.path = document->text->path, .line = line, .last_line = line, .text = document_source(document, line),
		.form = document->form, .via = document->text->via, .kind = SUBJECT_KIND_HOST, .when = document->text->when,
		.optional = document->text->optional, .condition = document->text->condition,
	};
}

void document_unclear(struct document *document, const struct node *node, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct proposed item = document_item(document, node);
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&why, format, arguments);
	va_end(arguments);
	item.fate = PROPOSED_UNCLEAR;
	item.why = why.buf;
	(void)proposal_add(document->reading->proposal, &item);
}

struct proposed_text document_inner_text(struct document *document, const struct node *node, const char *text)
{
	struct proposed_text inner = *document->text;
	size_t n = node->kind == NODE_SCALAR && node->detail ? node->detail->n_lines : 1;
	unsigned int *lines = arena_alloc(&document->arena, n * sizeof(*lines));

	lines[0] = document_line(document, node);
	for (size_t i = 0; node->kind == NODE_SCALAR && node->detail && i < n; i++)
		lines[i] = proposed_text_line(document->text, node->detail->lines[i] - 1);
	inner.text = text;
	inner.length = strlen(text);
	inner.lines = lines;
	inner.n_lines = n;
	inner.form = document->form;
	inner.file = NULL;
	return inner;
}

struct proposed_text document_inner(struct document *document, const struct node *node)
{
	return document_inner_text(document, node, node->text);
}

struct proposed_text document_made_text(struct document *document, unsigned int line, const char *text)
{
	struct proposed_text inner = *document->text;
	unsigned int *lines = arena_alloc(&document->arena, sizeof(*lines));

	lines[0] = line;
	inner.text = text;
	inner.length = strlen(text);
	inner.lines = lines;
	inner.n_lines = 1;
	inner.form = document->form;
	inner.file = NULL;
	return inner;
}

void document_show_source(struct document *document, size_t since)
{
	struct proposal *proposal = document->reading->proposal;

	for (size_t i = since; i < proposal->count; i++)
		proposal->items[i].text = arena_strdup(&proposal->arena, document_source(document, proposal->items[i].line));
}

/* ---- commands ---- */

static bool is_written(const struct proposal *proposal, size_t count, const struct proposed *item)
{
	for (size_t i = count; i-- > 0;)
		if (*proposal->items[i].file && starts_with(item->why, proposal->items[i].file) &&
		    item->why[strlen(proposal->items[i].file)] == ' ')
			return true;
	return false;
}

/* "sysctl -p FILE" of a file that was written outside of the script is no mystery. */
static void drop_written(struct proposal *proposal, size_t since)
{
	size_t kept = since, searches = 0;

	for (size_t i = since; i < proposal->count; i++) {
		const struct proposed *item = &proposal->items[i];
		bool applies = item->fate == PROPOSED_UNCLEAR && starts_with(item->via, "sysctl -") && !*item->key;

		if (!applies || searches++ >= 100 || !is_written(proposal, since, item))
			proposal->items[kept++] = *item;
	}
	proposal->count = kept;
}

/* "RUN: sysctl -w" */
static void place_command(struct proposal *proposal, struct proposed *item, const char *via, unsigned int when)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s%s%s", via, *item->via ? ": " : "", item->via);
	item->via = arena_strndup(&proposal->arena, text.buf, text.len);
	if (item->when == 0 || item->when & PROPOSED_NOW)
		item->when |= when;
}

void document_run_shell(struct document *document, struct proposed_text inner, const char *shell, const char *via, unsigned int when)
{
	struct proposal *proposal = document->reading->proposal;
	size_t since = proposal->count;

	inner.via = NULL;
	inner.when = 0;
	if (document->reading->depth >= READING_DEPTH_MAX)
		return;
	document->reading->depth++;
	read_shell(document->reading, &inner, shell);
	document->reading->depth--;
	drop_written(proposal, since);
	for (size_t i = since; i < proposal->count; i++)
		place_command(proposal, &proposal->items[i], via, when);
	document_show_source(document, since);
}

static void apply_files(struct proposal *proposal, size_t since, const char *file)
{
	for (size_t i = since; i < proposal->count; i++)
		if (proposal->items[i].fate != PROPOSED_REMOVED && is_sysctl_file(proposal->items[i].file) &&
		    (!file || streq(proposal->items[i].file, file)))
			proposal->items[i].when |= PROPOSED_NOW;
}

bool document_apply_sysctl(struct document *document, size_t since, const char *command)
{
	static const char *const all[] = { "sysctl --system", "restart systemd-sysctl", "/systemd-sysctl", "restart procps" };
	CLEANUP(strbuf_release) struct strbuf bare = STRBUF_INIT;
	CLEANUP(free_ptr) char *name = NULL;
	const char *reload;

	for (const char *c = command; *c; c++)
		if (*c != '\'' && *c != '"')
			strbuf_add_char(&bare, *c);
	command = bare.buf;
	reload = strstr(command, "sysctl -p");
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (strstr(command, all[i])) {
			apply_files(document->reading->proposal, since, NULL);
			return true;
		}
	if (!reload)
		return false;
	reload += strlen("sysctl -p");
	reload += strspn(reload, " ");
	name = xstrndup(reload, strcspn(reload, " \t\n;|&><'\""));
	apply_files(document->reading->proposal, since, *name ? name : "/etc/sysctl.conf");
	return true;
}

const struct node *document_get(const struct node *node, const char *key)
{
	return node && node->kind == NODE_MAPPING ? node_get(node, key) : NULL;
}

const char *document_text(const struct node *node, const char *key)
{
	const struct node *value = document_get(node, key);

	return value && value->kind == NODE_SCALAR ? value->text : NULL;
}

/* ---- what plain scalars are ---- */

struct word {
	const char *text;
	enum scalar_type type;
	const char *value;
};

static const struct word words[] = {
	{ "", SCALAR_NULL, "" },	  { "~", SCALAR_NULL, "" },	    { "null", SCALAR_NULL, "" },
	{ "Null", SCALAR_NULL, "" },	  { "NULL", SCALAR_NULL, "" },	    { "yes", SCALAR_BOOL, "True" },
	{ "Yes", SCALAR_BOOL, "True" },	  { "YES", SCALAR_BOOL, "True" },   { "true", SCALAR_BOOL, "True" },
	{ "True", SCALAR_BOOL, "True" },  { "TRUE", SCALAR_BOOL, "True" },  { "on", SCALAR_BOOL, "True" },
	{ "On", SCALAR_BOOL, "True" },	  { "ON", SCALAR_BOOL, "True" },    { "no", SCALAR_BOOL, "False" },
	{ "No", SCALAR_BOOL, "False" },	  { "NO", SCALAR_BOOL, "False" },   { "false", SCALAR_BOOL, "False" },
	{ "False", SCALAR_BOOL, "False" },{ "FALSE", SCALAR_BOOL, "False" },{ "off", SCALAR_BOOL, "False" },
	{ "Off", SCALAR_BOOL, "False" },  { "OFF", SCALAR_BOOL, "False" },
};

static bool add_digit(uint64_t *number, unsigned int base, char c)
{
	unsigned int digit = c >= '0' && c <= '9' ? (unsigned int)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 :
			     c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10 : 99;

	return digit < base && !__builtin_mul_overflow(*number, base, number) && !__builtin_add_overflow(*number, digit, number);
}

/* "1_000", "010" (octal), "0x1f", "0b11", "1:30" (sixty times one, and thirty). */
static bool integer_value(const char *text, struct strbuf *value)
{
	const char *sign = *text == '-' ? "-" : "", *digits = text + (*text == '-' || *text == '+');
	unsigned int base = 10;
	uint64_t number = 0, part = 0;
	bool sixties = false, some = false;

	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'b')) {
		base = digits[1] == 'x' ? 16 : 2;
		digits += 2;
	} else if (digits[0] == '0' && digits[1]) {
		base = 8;
		digits++;
	}
	if (*digits == '_')
		return false;
	for (; *digits; digits++) {
		if (*digits == '_')
			continue;
		if (*digits == ':' && base == 10 && some) {
			if (__builtin_add_overflow(number, part, &number) || __builtin_mul_overflow(number, 60, &number))
				return false;
			sixties = true;
			part = 0;
			some = false;
			continue;
		}
		if (!add_digit(&part, base, *digits) || (sixties && part > 59))
			return false;
		some = true;
	}
	if (!some || __builtin_add_overflow(number, part, &number))
		return false;
	strbuf_addf(value, "%s%llu", number ? sign : "", (unsigned long long)number);
	return true;
}

/* "1.10" is 1.1. */
static void print_real(const char *text, struct strbuf *value)
{
	size_t length = strlen(text), point = strcspn(text, ".");

	if (strspn(text, "0123456789") == point && strspn(text + point + 1, "0123456789") == length - point - 1)
		while (length > point + 2 && text[length - 1] == '0')
			length--;
	strbuf_reset(value);
	strbuf_add(value, text, length);
}

enum scalar_type scalar_value(const struct node *node, struct strbuf *value)
{
	const char *text = node->text;
	const char *tag = node->detail ? node->detail->tag : "";
	double real;

	strbuf_reset(value);
	if (node->quoted || *tag) {
		strbuf_add_string(value, text);
		return SCALAR_TEXT;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(words[i].text, text)) {
			strbuf_add_string(value, words[i].value);
			return words[i].type;
		}
	if (integer_value(text, value))
		return SCALAR_INTEGER;
	strbuf_reset(value);
	strbuf_add_string(value, text);
	if (strchr(text, '.') && parse_real(text + (*text == '+'), &real) == 0) {
		print_real(text + (*text == '+'), value);
		return SCALAR_REAL;
	}
	return SCALAR_TEXT;
}

const char *scalar_type_name(enum scalar_type type)
{
	static const char *const names[] = {
		[SCALAR_TEXT] = "text", [SCALAR_BOOL] = "a truth value", [SCALAR_INTEGER] = "a number",
		[SCALAR_REAL] = "a number", [SCALAR_NULL] = "nothing",
	};

	return names[type];
}

bool text_has_line(const char *text, size_t length, const char *pattern)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const char *end = text + length;
	bool found = false;
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	while (text < end && !found) {
		const char *newline = memchr(text, '\n', (size_t)(end - text)), *stop = newline ? newline : end;

		strbuf_reset(&line);
		strbuf_add(&line, text, MIN((size_t)(stop - text), (size_t)1000));
		found = regexec(&regex, line.buf, 0, NULL, 0) == 0;
		text = stop + 1;
	}
	regfree(&regex);
	return found;
}
