/* SPDX-License-Identifier: Apache-2.0 */
#include "python-config.h"

#include "sysctl-line.h"

struct reading {
	struct config *config;
	struct strbuf section, value;
	bool in_section;
	struct config_entry *option;	/* lines that are indented further go on with it */
	size_t indent;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

static void trim(const char **text, size_t *length)
{
	while (*length > 0 && is_blank(**text)) {
		(*text)++;
		(*length)--;
	}
	while (*length > 0 && is_blank((*text)[*length - 1]))
		(*length)--;
}

/* Where a comment begins; length: nowhere. */
static size_t comment_start(const char *line, size_t length)
{
	size_t first = 0;

	while (first < length && is_blank(line[first]))
		first++;
	if (first < length && (line[first] == '#' || line[first] == ';'))
		return 0;
	for (size_t i = first; i < length; i++)
		if (line[i] == '#' && is_blank(line[i - 1]))
			return i;
	return length;
}

/* The value is kept with its line ends until the option ends. */
static void end_option(struct reading *reading)
{
	struct strbuf *value = &reading->value;

	if (!reading->option)
		return;
	while (value->len > 0 && is_blank(value->buf[value->len - 1]))
		strbuf_truncate(value, value->len - 1);
	free(reading->option->value);
	reading->option->value = xstrndup(value->buf, value->len);
	reading->option = NULL;
}

static void refuse(struct reading *reading, unsigned int number)
{
	if (reading->config->bad_line == 0)
		reading->config->bad_line = number;
}

static void begin_option(struct reading *reading, const struct sysctl_cursor *cursor, const char *text, size_t length)
{
	const char *equals = memchr(text, '=', length);
	struct config *config = reading->config;
	size_t key_length = equals ? (size_t)(equals - text) : 0;
	const char *value = equals ? equals + 1 : text;

	while (key_length > 0 && is_blank(text[key_length - 1]))
		key_length--;
	if (key_length == 0) {
		refuse(reading, cursor->number);
		return;
	}
	if (config->count == CONFIG_ENTRIES_MAX) {
		refuse(reading, cursor->number);
		return;
	}
	length -= (size_t)(value - text);
	trim(&value, &length);
	GROW(config->entries, config->capacity, config->count + 1);
	reading->option = &config->entries[config->count++];
	*reading->option = (struct config_entry){
		.section = xstrdup(reading->section.buf),
		.key = xstrndup(text, key_length),
		.value = xstrdup(""),
		.number = cursor->number,
		.text = xstrndup(cursor->line, cursor->length),
	};
	strbuf_reset(&reading->value);
	strbuf_add(&reading->value, value, length);
}

/* "[sysctl]": up to the last bracket, whatever follows it. */
static bool begin_section(struct reading *reading, const char *text, size_t length)
{
	const char *end = length > 2 ? memrchr(text + 2, ']', length - 2) : NULL;

	if (*text != '[' || !end)
		return false;
	end_option(reading);
	strbuf_reset(&reading->section);
	strbuf_add(&reading->section, text + 1, (size_t)(end - text - 1));
	reading->in_section = true;
	return true;
}

static void read_line(struct reading *reading, const struct sysctl_cursor *cursor)
{
	size_t kept = comment_start(cursor->line, cursor->length), length = kept, indent = 0;
	const char *text = cursor->line;

	trim(&text, &length);
	if (memchr(cursor->line, '\0', cursor->length)) {
		refuse(reading, cursor->number);
		return;
	}
	if (length == 0) {
		if (kept == cursor->length && reading->option)
			strbuf_add_char(&reading->value, '\n');
		return;
	}
	while (indent < cursor->length && is_blank(cursor->line[indent]))
		indent++;
	if (reading->option && indent > reading->indent) {
		strbuf_add_char(&reading->value, '\n');
		strbuf_add(&reading->value, text, length);
		return;
	}
	reading->indent = indent;
	if (begin_section(reading, text, length))
		return;
	end_option(reading);
	if (reading->in_section)
		begin_option(reading, cursor, text, length);
	else
		refuse(reading, cursor->number);
}

void config_parse(const char *text, size_t length, const char *section, struct config *config)
{
	struct sysctl_cursor cursor = SYSCTL_CURSOR(text, length);
	struct reading reading = { .config = config, .section = STRBUF_INIT, .value = STRBUF_INIT, .in_section = section };

	strbuf_add_string(&reading.section, section ? section : "");
	while (config->bad_line == 0 && sysctl_next_line(SYSCTL_TUNED, &cursor))
		read_line(&reading, &cursor);
	end_option(&reading);
	strbuf_release(&reading.section);
	strbuf_release(&reading.value);
}

void config_release(struct config *config)
{
	for (size_t i = 0; i < config->count; i++) {
		free(config->entries[i].section);
		free(config->entries[i].key);
		free(config->entries[i].value);
		free(config->entries[i].text);
	}
	free(config->entries);
}

const struct config_entry *config_find(const struct config *config, const char *section, const char *key)
{
	for (size_t i = config->count; i-- > 0;)
		if (streq(config->entries[i].section, section) && streq(config->entries[i].key, key))
			return &config->entries[i];
	return NULL;
}

const char *config_get(const struct config *config, const char *section, const char *key)
{
	const struct config_entry *entry = config_find(config, section, key);

	return entry ? entry->value : NULL;
}
