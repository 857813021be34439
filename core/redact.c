/* SPDX-License-Identifier: Apache-2.0 */
/* Redaction: what tells whose machine it is becomes a placeholder, the same text always the same one, so that a
 * redacted snapshot still shows which things belong together.
 *
 * Found by what it looks like, anywhere: IP addresses (not loopback and unspecified), MAC addresses, UUIDs, long
 * hexadecimal ids, mail addresses, names below /home, servers of mounts.  Found by where it stands: the host's and domain's name (and then
 * anywhere else), serial numbers, command lines, examples of kernel messages, comments beside sysctls. */
#include <errno.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "boot.h"
#include "snapshot-store.h"
#include "strbuf.h"

struct look {
	const char *placeholder;
	const char *pattern;	/* what is replaced is group 1, or the whole match */
	pcre2_code *code;
};

struct redaction {
	struct snapshot *snapshot;
	struct symbols known;		/* "placeholder\0text" → number */
	uint32_t *numbers;		/* by symbol */
	size_t numbers_capacity;
	struct symbols placeholders;
	uint32_t used[16];		/* by symbol of the placeholder */
	char *hosts[2];
	pcre2_match_data *match;
};

/* clang-format off */
static struct look looks[] = {
	{ "mail",    "[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+", NULL },
	{ "uuid",    "\\b[0-9A-Fa-f]{8}[-_][0-9A-Fa-f]{4}[-_][0-9A-Fa-f]{4}[-_][0-9A-Fa-f]{4}[-_][0-9A-Fa-f]{12}\\b", NULL },
	{ "id",      "(?<![0-9A-Za-z])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{32,128}(?![0-9A-Za-z])", NULL },
	{ "mac",     "(?<![0-9A-Fa-f:])(?!00:00:00:00:00:00)(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])", NULL },
	{ "address", "(?<![0-9.])(?!127\\.|0\\.0\\.0\\.0|255\\.255\\.)(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}"
		     "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?![0-9.])", NULL },
	{ "address", "(?<![0-9A-Fa-f:.])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|"
		     "[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6}::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,5})?)"
		     "(?![0-9A-Fa-f:])", NULL },
	{ "user",    "/home/([^/\\s\"']+)", NULL },
	/* server:/export of NFS, //server/share of SMB */
	{ "host",    "^(?!(?:address|host)-\\d+:)([A-Za-z0-9][A-Za-z0-9.-]*):/", NULL },
	{ "host",    "^//(?!(?:address|host)-\\d+/)([A-Za-z0-9][A-Za-z0-9.-]*)/", NULL },
};

/* Settings whose whole value goes. */
static const struct { const char *key, *placeholder; } whole_values[] = {
	{ "address",           "mac" },
	{ "cmdline",           "command-line" },
	{ "fstab.line",        "line" },
	{ "host.boot_id",      "boot" },
	{ "host.machine",      "machine" },
	{ "host.name",         "host" },
	{ "kernel.domainname", "domain" },
	{ "kernel.hostname",   "host" },
	{ "serial",            "serial" },
	{ "wwid",              "serial" },
};
/* clang-format on */

static void add_placeholder(struct redaction *redaction, struct strbuf *out, const char *placeholder, const char *text,
			    size_t length)
{
	CLEANUP(strbuf_release) struct strbuf both = STRBUF_INIT;
	uint32_t kind = symbols_intern(&redaction->placeholders, placeholder, strlen(placeholder));
	uint32_t before = redaction->known.count, symbol;

	strbuf_addf(&both, "%s=", placeholder);
	strbuf_add(&both, text, length);
	symbol = symbols_intern(&redaction->known, both.buf, both.len);
	GROW(redaction->numbers, redaction->numbers_capacity, redaction->known.count);
	if (symbol == before)
		redaction->numbers[symbol] = ++redaction->used[kind];
	strbuf_addf(out, "%s-%u", placeholder, redaction->numbers[symbol]);
}

static void replace_look(struct redaction *redaction, const struct look *look, struct strbuf *text)
{
	CLEANUP(strbuf_release) struct strbuf result = STRBUF_INIT;
	size_t at = 0;

	while (at < text->len) {
		const size_t *bounds = pcre2_get_ovector_pointer(redaction->match);
		int n = pcre2_match(look->code, (PCRE2_SPTR)text->buf, text->len, at, 0, redaction->match, NULL);
		size_t group = n > 1 ? 2 : 0;

		if (n <= 0 || bounds[group + 1] <= at)
			break;
		strbuf_add(&result, text->buf + at, bounds[group] - at);
		add_placeholder(redaction, &result, look->placeholder, text->buf + bounds[group],
				bounds[group + 1] - bounds[group]);
		at = bounds[group + 1];
	}
	if (at == 0)
		return;
	strbuf_add(&result, text->buf + at, text->len - at);
	strbuf_release(text);
	*text = result;
	result = (struct strbuf)STRBUF_INIT;
}

static bool is_name_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

static void replace_host(struct redaction *redaction, const char *host, struct strbuf *text)
{
	CLEANUP(strbuf_release) struct strbuf result = STRBUF_INIT;
	size_t length = strlen(host), at = 0;
	const char *found;

	while ((found = memmem(text->buf + at, text->len - at, host, length)) != NULL) {
		size_t offset = (size_t)(found - text->buf);
		bool whole = (offset == 0 || !is_name_character(found[-1])) && !is_name_character(found[length]);

		strbuf_add(&result, text->buf + at, offset - at);
		if (whole)
			add_placeholder(redaction, &result, "host", host, length);
		else
			strbuf_add(&result, found, length);
		at = offset + length;
	}
	if (at == 0)
		return;
	strbuf_add(&result, text->buf + at, text->len - at);
	strbuf_release(text);
	*text = result;
	result = (struct strbuf)STRBUF_INIT;
}

static const char *redact_text(struct redaction *redaction, const char *raw, size_t length, size_t *ret_length)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_add(&text, raw, length);
	for (size_t i = 0; i < ARRAY_SIZE(redaction->hosts); i++)
		if (redaction->hosts[i])
			replace_host(redaction, redaction->hosts[i], &text);
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		replace_look(redaction, &looks[i], &text);
	*ret_length = text.len;
	if (text.len == length && memcmp(text.buf, raw, length) == 0)
		return raw;
	return arena_strndup(&redaction->snapshot->arena, text.buf, text.len);
}

static const char *redact_string(struct redaction *redaction, const char *text)
{
	size_t length;

	return redact_text(redaction, text, strlen(text), &length);
}

/* What follows "#" or ";" in a line of configuration is the words of whoever wrote it. */
static const char *cut_comment(struct redaction *redaction, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf result = STRBUF_INIT;
	size_t length = strcspn(text, "#;");

	if (text[length] == '\0')
		return text;
	strbuf_add(&result, text, length);
	strbuf_add_string(&result, "# comment");
	return arena_strndup(&redaction->snapshot->arena, result.buf, result.len);
}

static const char *placeholder_of_key(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(whole_values); i++)
		if (streq(whole_values[i].key, key))
			return whole_values[i].placeholder;
	return ends_with(key, ".example") ? "message" : ends_with(key, ".cmdline") ? "command-line" : NULL;
}

static const char *redact_value(struct redaction *redaction, const char *key, const char *value)
{
	const char *placeholder = placeholder_of_key(key);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!placeholder || !*value)
		return redact_string(redaction, value);
	add_placeholder(redaction, &text, placeholder, value, strlen(value));
	return arena_strndup(&redaction->snapshot->arena, text.buf, text.len);
}

/* Lines of configuration (boot.h): what they give to a key is redacted as the key's own value is. */
static void redact_boot(struct redaction *redaction, struct setting *setting)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new(), *redacted = boot_new();
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)boot_parse(boot, setting->raw, setting->raw_length);
	for (size_t i = 0; i < boot_count(boot); i++) {
		struct boot_line line = *boot_at(boot, i);

		line.text = placeholder_of_key(line.key) ? redact_value(redaction, line.key, line.text)
							 : redact_string(redaction, cut_comment(redaction, line.text));
		line.value = redact_value(redaction, line.key, cut_comment(redaction, line.value));
		line.subject = redact_string(redaction, line.subject);
		line.path = redact_string(redaction, line.path);
		line.why = redact_string(redaction, line.why);
		(void)boot_add(redacted, &line);
	}
	boot_format(redacted, &text);
	setting->raw = arena_strndup(&redaction->snapshot->arena, text.buf, text.len);
	setting->raw_length = (uint32_t)text.len;
}

static void redact_setting(struct redaction *redaction, struct setting *setting)
{
	const char *key = snapshot_key_name(redaction->snapshot, setting->key);
	const char *placeholder = placeholder_of_key(key);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t length;

	if (setting->origin)
		setting->origin = redact_string(redaction, setting->origin);
	if (starts_with(key, BOOT_PREFIX)) {
		redact_boot(redaction, setting);
		return;
	}
	if (placeholder && setting->raw_length > 0 && !streq(setting->raw, "(none)")) {
		add_placeholder(redaction, &text, placeholder, setting->raw, setting->raw_length);
		setting->raw = arena_strndup(&redaction->snapshot->arena, text.buf, text.len);
		setting->raw_length = (uint32_t)text.len;
		return;
	}
	setting->raw = redact_text(redaction, setting->raw, setting->raw_length, &length);
	setting->raw_length = (uint32_t)length;
}

/* Names are what subjects are found by, so the index is made anew. */
static void redact_subjects(struct redaction *redaction)
{
	struct snapshot *snapshot = redaction->snapshot;
	struct symbols names = SYMBOLS_INIT;
	struct pair_index index = { 0 };

	for (size_t i = 0; i < snapshot->n_subjects; i++) {
		struct subject *subject = &snapshot->subjects[i];
		const char *name = redact_string(redaction, subject->name);
		uint32_t symbol = symbols_intern(&names, name, strlen(name));
		bool is_new;

		/* Two names can only meet when one already looked like a placeholder. */
		while (pair_index_add(&index, subject->kind, symbol, &is_new), !is_new) {
			CLEANUP(free_ptr) char *other = xasprintf("%s'", names.names[symbol]);

			symbol = symbols_intern(&names, other, strlen(other));
		}
		subject->name = names.names[symbol];
		subject->path = redact_string(redaction, subject->path);
	}
	symbols_release(&snapshot->subject_names);
	snapshot->subject_names = names;
	free(snapshot->subject_index.pairs);
	free(snapshot->subject_index.positions);
	snapshot->subject_index = index;
}

static void remember_host(struct redaction *redaction, size_t slot, const char *key)
{
	const char *name = snapshot_text(redaction->snapshot, SUBJECT_HOST, key);

	/* A short or empty name would be found in everything. */
	if (name && strlen(name) >= 3 && !streq(name, "(none)") && !streq(name, "localhost"))
		redaction->hosts[slot] = xstrdup(name);
}

void snapshot_redact(struct snapshot *snapshot)
{
	struct redaction redaction = { .snapshot = snapshot };

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		int error;
		PCRE2_SIZE offset;

		looks[i].code = pcre2_compile((PCRE2_SPTR)looks[i].pattern, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
		if (!looks[i].code)
			abort();	/* a pattern of ours */
	}
	redaction.match = pcre2_match_data_create(4, NULL);
	remember_host(&redaction, 0, "host.name");
	remember_host(&redaction, 1, "kernel.hostname");

	for (size_t i = 0; i < snapshot->setting_index.count; i++)
		redact_setting(&redaction, &snapshot->settings[i]);
	redact_subjects(&redaction);
	for (size_t i = 0; i < snapshot->notes.count; i++) {
		struct diag_entry *note = &snapshot->notes.entries[i];
		const char *message = redact_string(&redaction, note->message);

		if (message != note->message) {
			free(note->message);
			note->message = xstrdup(message);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		pcre2_code_free(looks[i].code);
		looks[i].code = NULL;
	}
	pcre2_match_data_free(redaction.match);
	symbols_release(&redaction.known);
	symbols_release(&redaction.placeholders);
	free(redaction.numbers);
	free(redaction.hosts[0]);
	free(redaction.hosts[1]);
}
