/* SPDX-License-Identifier: Apache-2.0 */
#include "boot.h"

#include <fnmatch.h>

#include "json.h"
#include "parse.h"

enum field {
	FIELD_FATE, FIELD_SOURCE, FIELD_LOADER, FIELD_KIND, FIELD_SUBJECT, FIELD_KEY, FIELD_VALUE, FIELD_PATH, FIELD_LINE,
	FIELD_WHY, FIELD_PATTERN, FIELD_FLAGS, FIELD_TEXT, FIELD_COUNT,
};

#define TEXT_MAX 4096	/* of the line's text; more is cut */

/* Patterns that one /proc/sys would have been matched against.  A host has tens of them; with more, what they would set is not
 * known, since each key would have to meet each of them. */
#define PATTERNS_MAX 8000

struct pattern {
	const struct boot_line *line;
	char *swapped;			/* its key with "." and "/" exchanged */
	size_t literal;			/* bytes before its first wildcard */
};

struct boot {
	struct symbols names;		/* every string: most repeat */
	struct boot_line *lines;
	size_t count, capacity;
	const struct boot_line **index;	/* by kind, subject, key, then order; made when it is asked for */
	size_t indexed;
	struct pattern *patterns;	/* in order; of the index too, as these: */
	size_t n_patterns, patterns_capacity;
	const struct boot_line **unread;	/* files that could not be read */
	size_t n_unread, unread_capacity;
	bool truncated;
	char *loaders;			/* that run at boot, in their order, with blanks between them */
	bool has_loader[BOOT_SIDES_MAX];	/* of loader_names: there is a line of it */
};

static const char *const loader_names[BOOT_SIDES_MAX] = { BOOT_SYSTEMD, BOOT_PROCPS, BOOT_PROCPS_OLD, BOOT_TUNED };

static const char *const fate_names[BOOT_FATE_COUNT] = {
	[BOOT_WINS] = "wins",	    [BOOT_SHADOWED] = "shadowed", [BOOT_MASKED] = "masked",	    [BOOT_EXCLUDED] = "excluded",
	[BOOT_INVALID] = "invalid", [BOOT_IGNORED] = "ignored",	  [BOOT_UNRESOLVED] = "unresolved",
};

const char *boot_fate_name(enum boot_fate fate)
{
	return fate_names[fate];
}

struct boot *boot_new(void)
{
	return xcalloc(1, sizeof(struct boot));
}

static void forget_index(struct boot *boot)
{
	for (size_t i = 0; i < boot->n_patterns; i++)
		free(boot->patterns[i].swapped);
	free(boot->index);
	boot->index = NULL;
	boot->n_patterns = boot->n_unread = 0;
}

void boot_free(struct boot *boot)
{
	if (!boot)
		return;
	forget_index(boot);
	free(boot->patterns);
	free(boot->unread);
	symbols_release(&boot->names);
	free(boot->lines);
	free(boot->loaders);
	free(boot);
}

static const char *keep_name(struct boot *boot, const char *text)
{
	uint32_t name;

	if (!text || !*text)
		return "";
	name = symbols_intern(&boot->names, text, strlen(text));
	return boot->names.names[name];
}

bool boot_add(struct boot *boot, const struct boot_line *line)
{
	if (boot->count == BOOT_LINES_MAX) {
		boot->truncated = true;
		return false;
	}
	GROW(boot->lines, boot->capacity, boot->count + 1);
	boot->lines[boot->count++] = (struct boot_line){
		.source = keep_name(boot, line->source),
		.loader = keep_name(boot, line->loader),
		.kind = line->kind,
		.subject = keep_name(boot, line->subject),
		.key = keep_name(boot, line->key),
		.value = keep_name(boot, line->value),
		.path = keep_name(boot, line->path),
		.line = line->line,
		.text = keep_name(boot, line->text),
		.fate = line->fate,
		.why = keep_name(boot, line->why),
		.pattern = keep_name(boot, line->pattern),
		.optional = line->optional,
	};
	boot->indexed = 0;
	for (size_t i = 0; line->loader && *line->loader && i < ARRAY_SIZE(loader_names); i++)
		boot->has_loader[i] |= streq(line->loader, loader_names[i]);
	return true;
}

size_t boot_count(const struct boot *boot)
{
	return boot->count;
}

const struct boot_line *boot_at(const struct boot *boot, size_t index)
{
	return &boot->lines[index];
}

/* ---- the text form ---- */

static void add_byte(struct strbuf *out, char byte)
{
	switch (byte) {
	case '\t': strbuf_add_string(out, "\\t"); break;
	case '\n': strbuf_add_string(out, "\\n"); break;
	case '\\': strbuf_add_string(out, "\\\\"); break;
	default: strbuf_add_char(out, byte);
	}
}

/* A byte that is no UTF-8 costs itself, not the text of all other lines. */
static void add_field(struct strbuf *out, const char *text, size_t max)
{
	size_t length = strnlen(text, max), step;
	uint32_t code;

	if (streq(text, "."))
		strbuf_add_char(out, '\\');
	if (length == 0)
		strbuf_add_char(out, '.');
	for (size_t i = 0; i < length; i += step) {
		step = (unsigned char)text[i] < 0x80 ? 1 : utf8_decode(text + i, length - i, &code);
		if (step == 0)
			strbuf_addf(out, "\\x%02x", (unsigned char)text[i]);
		else if (step == 1)
			add_byte(out, text[i]);
		else
			strbuf_add(out, text + i, step);
		step += step == 0;
	}
}

static bool same_but_loader(const struct boot_line *a, const struct boot_line *b)
{
	return a->fate == b->fate && a->kind == b->kind && a->line == b->line && a->optional == b->optional &&
	       streq(a->source, b->source) && streq(a->subject, b->subject) && streq(a->key, b->key) &&
	       streq(a->value, b->value) && streq(a->path, b->path) && streq(a->why, b->why) &&
	       streq(a->pattern, b->pattern) && streq(a->text, b->text);
}

static void add_record(const struct boot_line *line, const char *loaders, struct strbuf *out)
{
	const char *const before[] = { boot_fate_name(line->fate), line->source, loaders, subject_kind_name(line->kind),
				       line->subject, line->key, line->value, line->path };
	const char *const after[] = { line->why, line->pattern, line->optional ? "-" : "" };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		add_field(out, before[i], SIZE_MAX);
		strbuf_add_char(out, '\t');
	}
	strbuf_addf(out, "%u", line->line);
	for (size_t i = 0; i < ARRAY_SIZE(after); i++) {
		strbuf_add_char(out, '\t');
		add_field(out, after[i], SIZE_MAX);
	}
	strbuf_add_char(out, '\t');
	add_field(out, line->text, TEXT_MAX);
	strbuf_add_char(out, '\n');
}

void boot_format(const struct boot *boot, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf loaders = STRBUF_INIT;

	for (size_t i = 0, next; i < boot->count; i = next) {
		strbuf_reset(&loaders);
		strbuf_add_string(&loaders, boot->lines[i].loader);
		for (next = i + 1; next < boot->count && same_but_loader(&boot->lines[i], &boot->lines[next]); next++)
			strbuf_addf(&loaders, ",%s", boot->lines[next].loader);
		add_record(&boot->lines[i], loaders.buf, out);
	}
}

/* "xff": a byte that is no UTF-8. */
static bool take_hex(const char *text, const char *end, struct strbuf *out)
{
	char digits[3] = { 0 };
	uint64_t byte;

	if (*text != 'x' || end - text < 3)
		return false;
	memcpy(digits, text + 1, 2);
	if (strspn(digits, "0123456789abcdef") != 2 || parse_hex(digits, &byte) < 0 || byte < 0x80)
		return false;
	strbuf_add_char(out, (char)byte);
	return true;
}

/* Takes one field of the record that ends at end; *cursor moves past its tab. */
static void take_field(const char **cursor, const char *end, struct strbuf *out)
{
	const char *c = *cursor;

	strbuf_reset(out);
	if (end - c >= 1 && *c == '.' && (c + 1 == end || c[1] == '\t'))
		c++;
	for (; c < end && *c != '\t'; c++) {
		if (*c == '\0')
			continue;
		if (*c != '\\' || c + 1 == end) {
			strbuf_add_char(out, *c);
			continue;
		}
		c++;
		if (take_hex(c, end, out))
			c += 2;
		else if (*c)
			strbuf_add_char(out, *c == 't' ? '\t' : *c == 'n' ? '\n' : *c);
	}
	*cursor = c < end ? c + 1 : end;
}

static bool parse_fate(const char *name, enum boot_fate *ret_fate)
{
	for (size_t i = 0; i < BOOT_FATE_COUNT; i++)
		if (streq(fate_names[i], name)) {
			*ret_fate = (enum boot_fate)i;
			return true;
		}
	return false;
}

static void add_for_loaders(struct boot *boot, struct boot_line *line, char *loaders)
{
	char *rest = loaders, *loader;

	while ((loader = strsep(&rest, ","))) {
		line->loader = loader;
		(void)boot_add(boot, line);
	}
}

static bool parse_record(struct boot *boot, const char *text, const char *end)
{
	struct strbuf fields[FIELD_COUNT];
	struct boot_line line = { 0 };
	uint64_t number;
	bool good;

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		fields[i] = (struct strbuf)STRBUF_INIT;
		take_field(&text, end, &fields[i]);
	}
	good = parse_fate(fields[FIELD_FATE].buf, &line.fate) && fields[FIELD_SOURCE].len > 0 &&
	       subject_kind_parse(fields[FIELD_KIND].buf, &line.kind) == 0 &&
	       parse_u64(fields[FIELD_LINE].buf, &number) == 0 && number <= UINT32_MAX;
	if (good) {
		line.line = (unsigned int)number;
		line.source = fields[FIELD_SOURCE].buf;
		line.subject = fields[FIELD_SUBJECT].buf;
		line.key = fields[FIELD_KEY].buf;
		line.value = fields[FIELD_VALUE].buf;
		line.path = fields[FIELD_PATH].buf;
		line.why = fields[FIELD_WHY].buf;
		line.pattern = fields[FIELD_PATTERN].buf;
		line.optional = streq(fields[FIELD_FLAGS].buf, "-");
		line.text = fields[FIELD_TEXT].buf;
		strbuf_add_char(&fields[FIELD_LOADER], '\0');
		add_for_loaders(boot, &line, fields[FIELD_LOADER].buf);
	}
	for (size_t i = 0; i < FIELD_COUNT; i++)
		strbuf_release(&fields[i]);
	return good;
}

/* Patterns and files that could not be read are about any key; what they say is excluded or unresolved. */
static bool may_be_about(const char *text, const char *end, const char *key)
{
	return !key || starts_with(text, fate_names[BOOT_UNRESOLVED]) || starts_with(text, fate_names[BOOT_EXCLUDED]) ||
	       memmem(text, (size_t)(end - text), key, strlen(key));
}

static size_t parse_about(struct boot *boot, const char *text, size_t length, const char *key)
{
	const char *end = text + length;
	size_t bad = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;

		if (stop > text && may_be_about(text, stop, key) && !parse_record(boot, text, stop))
			bad++;
		text = stop + 1;
	}
	return bad;
}

size_t boot_parse(struct boot *boot, const char *text, size_t length)
{
	return parse_about(boot, text, length, NULL);
}

void boot_store(const struct boot *boot, struct snapshot *snapshot, const char *name, const char *origin)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT, text = STRBUF_INIT;

	if (boot->truncated)
		(void)diag_warning(snapshot_notes(snapshot), NULL, "more than %d lines of %s; the rest is not seen",
				   BOOT_LINES_MAX, name);
	if (boot->count == 0)
		return;
	strbuf_addf(&key, BOOT_PREFIX "%s", name);
	boot_format(boot, &text);
	snapshot_set(snapshot, SUBJECT_HOST, key.buf, text.buf, text.len, origin);
}

/* A key with characters that are written otherwise in records is looked for in all of them. */
struct boot *boot_read_about(const struct snapshot *snapshot, const char *key)
{
	struct boot *boot = boot_new();
	const char *loaders;

	if (key && strpbrk(key, "\t\n\\"))
		key = NULL;
	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(snapshot, i);

		if (setting->subject == SUBJECT_HOST && setting->absence == PRESENT &&
		    starts_with(snapshot_key_name(snapshot, setting->key), BOOT_PREFIX))
			(void)parse_about(boot, setting->raw, setting->raw_length, key);
	}
	loaders = snapshot_text(snapshot, SUBJECT_HOST, BOOT_LOADERS);
	boot->loaders = xstrdup(loaders ? loaders : BOOT_SYSTEMD);
	return boot;
}

struct boot *boot_read(const struct snapshot *snapshot)
{
	return boot_read_about(snapshot, NULL);
}

/* ---- lines of a key ---- */

static int compare_about(const struct boot_line *a, const struct boot_line *b)
{
	int order = (int)a->kind - (int)b->kind;

	order = order ? order : strcmp(a->subject, b->subject);
	return order ? order : strcmp(a->key, b->key);
}

static int compare_lines(const void *a, const void *b)
{
	const struct boot_line *x = *(const struct boot_line *const *)a, *y = *(const struct boot_line *const *)b;
	int order = compare_about(x, y);

	return order ? order : x < y ? -1 : x > y;
}

static bool is_pattern(const char *key)
{
	return strpbrk(key, "*?[") != NULL;
}

static void swap_separators(const char *key, struct strbuf *out)
{
	strbuf_add_string(out, key);
	for (size_t i = 0; i < out->len; i++)
		out->buf[i] = key[i] == '.' ? '/' : key[i] == '/' ? '.' : key[i];
}

/* Lines that may be about a key without naming it. */
static void index_special(struct boot *boot, const struct boot_line *line)
{
	struct strbuf swapped = STRBUF_INIT;

	if (line->fate == BOOT_UNRESOLVED && !*line->key) {
		GROW(boot->unread, boot->unread_capacity, boot->n_unread + 1);
		boot->unread[boot->n_unread++] = line;
	}
	if ((line->fate != BOOT_UNRESOLVED && line->fate != BOOT_EXCLUDED) || line->kind != SUBJECT_KIND_HOST ||
	    boot->n_patterns > PATTERNS_MAX || !is_pattern(line->key))
		return;
	swap_separators(line->key, &swapped);
	GROW(boot->patterns, boot->patterns_capacity, boot->n_patterns + 1);
	boot->patterns[boot->n_patterns++] = (struct pattern){
		.line = line,
		.literal = strcspn(swapped.buf, "*?[\\"),
		.swapped = strbuf_steal(&swapped),
	};
}

static void make_index(struct boot *boot)
{
	if (boot->indexed == boot->count)
		return;
	forget_index(boot);
	boot->index = xcalloc(boot->count, sizeof(struct boot_line *));
	for (size_t i = 0; i < boot->count; i++) {
		boot->index[i] = &boot->lines[i];
		index_special(boot, &boot->lines[i]);
	}
	qsort(boot->index, boot->count, sizeof(struct boot_line *), compare_lines);
	boot->indexed = boot->count;
}

size_t boot_lines(struct boot *boot, enum subject_kind kind, const char *subject, const char *key,
		  const struct boot_line *const **ret_lines)
{
	const struct boot_line wanted = { .kind = kind, .subject = subject, .key = key };
	size_t low = 0, high = boot->count, end;

	*ret_lines = NULL;
	if (boot->count == 0)
		return 0;
	make_index(boot);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_about(boot->index[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < boot->count && compare_about(boot->index[end], &wanted) == 0;)
		end++;
	*ret_lines = boot->index + low;
	return end - low;
}

/* ---- what is left behind ---- */

static bool pattern_matches(const struct pattern *pattern, const char *key)
{
	return strncmp(pattern->swapped, key, pattern->literal) == 0 &&
	       fnmatch(pattern->swapped, key, FNM_PATHNAME | FNM_PERIOD) == 0;
}

/* Where there is no /proc/sys to match patterns against they are kept as they are, and meet their keys here.  Excluding
 * patterns count wherever they stand. */
static struct boot_outcome pattern_outcome(const struct boot *boot, const char *loader, const char *key)
{
	CLEANUP(strbuf_release) struct strbuf swapped = STRBUF_INIT;
	struct boot_outcome outcome = { .state = BOOT_STATE_UNSET };

	if (boot->n_patterns > PATTERNS_MAX)
		return (struct boot_outcome){ .state = BOOT_STATE_UNKNOWN, .line = boot->patterns[PATTERNS_MAX].line };
	if (boot->n_patterns > 0)
		swap_separators(key, &swapped);
	for (size_t i = 0; i < boot->n_patterns; i++) {
		const struct boot_line *line = boot->patterns[i].line;

		if (!streq(line->loader, loader) || !pattern_matches(&boot->patterns[i], swapped.buf))
			continue;
		if (line->fate == BOOT_EXCLUDED)
			return (struct boot_outcome){ .state = BOOT_STATE_UNSET };
		if (line->fate == BOOT_UNRESOLVED)
			outcome = (struct boot_outcome){ .state = BOOT_STATE_SET, .line = line };
	}
	return outcome;
}

/* A file that could not be read may say anything about what comes before it, and about what a pattern sets. */
static const struct boot_line *unread_after(const struct boot *boot, const char *source, const char *loader,
					    const struct boot_line *winner)
{
	for (size_t i = 0; i < boot->n_unread; i++)
		if ((!winner || *winner->pattern || boot->unread[i] >= winner) &&
		    streq(boot->unread[i]->source, source) && streq(boot->unread[i]->loader, loader))
			return boot->unread[i];
	return NULL;
}

/* "MemoryMax=" of a unit: what stands before it is taken back, and the default holds. */
static bool takes_back(const struct boot_line *line)
{
	return streq(line->source, "systemd") && !*line->value;
}

struct boot_outcome boot_outcome(struct boot *boot, const char *loader, enum subject_kind kind, const char *subject,
				 const char *key)
{
	struct boot_outcome outcome = { .state = BOOT_STATE_UNSET };
	const struct boot_line *const *lines, *unread;
	size_t count = boot_lines(boot, kind, subject, key, &lines);
	bool mentioned = false;

	for (size_t i = 0; i < count; i++) {
		if (!streq(lines[i]->loader, loader))
			continue;
		mentioned |= lines[i]->fate == BOOT_EXCLUDED;
		if (lines[i]->fate == BOOT_WINS && takes_back(lines[i]))
			outcome = (struct boot_outcome){ .state = BOOT_STATE_UNSET };
		else if (lines[i]->fate == BOOT_WINS)
			outcome = (struct boot_outcome){ .state = BOOT_STATE_SET, .line = lines[i] };
		else if (lines[i]->fate == BOOT_UNRESOLVED)
			outcome = (struct boot_outcome){ .state = BOOT_STATE_UNKNOWN, .line = lines[i] };
	}
	if (outcome.state == BOOT_STATE_UNSET && !mentioned && kind == SUBJECT_KIND_HOST)
		outcome = pattern_outcome(boot, loader, key);
	if (outcome.state == BOOT_STATE_UNKNOWN || !*loader)
		return outcome;
	unread = unread_after(boot, "sysctl", loader, outcome.line);
	if (unread)
		outcome = (struct boot_outcome){ .state = BOOT_STATE_UNKNOWN, .line = unread };
	return outcome;
}

const char *boot_loaders(const struct boot *boot)
{
	return boot->loaders ? boot->loaders : "";
}

struct boot_outcome boot_effective(struct boot *boot, const char *key)
{
	struct boot_outcome effective = { .state = BOOT_STATE_UNSET };
	const char *cursor = boot_loaders(boot), *word;
	size_t length;

	while (next_word(&cursor, &word, &length)) {
		CLEANUP(free_ptr) char *loader = xstrndup(word, length);
		struct boot_outcome outcome = boot_outcome(boot, loader, SUBJECT_KIND_HOST, "", key);

		if (outcome.state != BOOT_STATE_UNSET)
			effective = outcome;
	}
	return effective;
}

size_t boot_sides(struct boot *boot, const char *key, struct boot_side *ret_sides)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(loader_names); i++) {
		struct boot_outcome outcome;

		if (!boot->has_loader[i])
			continue;
		outcome = boot_outcome(boot, loader_names[i], SUBJECT_KIND_HOST, "", key);
		if (outcome.state == BOOT_STATE_UNKNOWN ||
		    (outcome.state == BOOT_STATE_UNSET && streq(loader_names[i], BOOT_TUNED)))
			continue;
		ret_sides[count++] = (struct boot_side){ .loader = loader_names[i], .outcome = outcome };
	}
	return count;
}

bool boot_loaders_disagree(struct boot *boot, const char *key)
{
	struct boot_side sides[BOOT_SIDES_MAX];
	size_t count = boot_sides(boot, key, sides);

	for (size_t i = 1; i < count; i++) {
		const struct boot_line *first = sides[0].outcome.line, *line = sides[i].outcome.line;

		if (!streq(first ? first->value : "", line ? line->value : ""))
			return true;
	}
	return false;
}

void boot_place(const struct boot_line *line, struct strbuf *out)
{
	strbuf_add_string(out, line->path);
	if (line->line > 0)
		strbuf_addf(out, ":%u", line->line);
}
