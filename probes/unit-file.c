/* SPDX-License-Identifier: Apache-2.0 */
#include "unit-file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#include "../core/parse.h"

#define BLANKS " \t\r\n"

void unit_file_release(struct unit_file *file)
{
	strbuf_release(&file->section);
	strbuf_release(&file->key);
	strbuf_release(&file->value);
	strbuf_release(&file->joined);
}

static bool line_is_comment(const char *line)
{
	line += strspn(line, BLANKS);
	return *line == '#' || *line == ';';
}

/* The length of the line at the cursor, which moves on. */
static size_t skip_line(struct unit_file *file)
{
	size_t length = strcspn(file->cursor, "\n");

	file->cursor += length + (file->cursor[length] == '\n');
	file->next_line++;
	return length;
}

/* A whole logical line into joined, empty for a comment; comments may also stand between its parts. */
static bool take_logical_line(struct unit_file *file)
{
	bool continues = true;

	strbuf_reset(&file->joined);
	file->line = file->next_line;
	file->raw = file->cursor;
	file->raw_length = strcspn(file->cursor, "\n");
	if (!*file->cursor)
		return false;
	if (line_is_comment(file->cursor)) {
		(void)skip_line(file);
		return true;
	}
	while (continues && *file->cursor) {
		const char *line = file->cursor;
		size_t length = skip_line(file);

		if (file->next_line - file->line > 1 && line_is_comment(line))
			continue;
		continues = length > 0 && line[length - 1] == '\\';
		strbuf_add(&file->joined, line, length - continues);
		if (continues)
			strbuf_add_char(&file->joined, ' ');
	}
	strbuf_trim(&file->joined);
	return true;
}

static void set_trimmed(struct strbuf *out, const char *text, size_t length)
{
	strbuf_reset(out);
	strbuf_add(out, text, length);
	strbuf_trim(out);
}

bool unit_file_next(struct unit_file *file)
{
	while (!file->broken && take_logical_line(file)) {
		const char *text = file->joined.buf, *equals;
		size_t length = file->joined.len;

		if (text[0] == '[' && text[length - 1] == ']') {
			set_trimmed(&file->section, text + 1, length - 2);
			continue;
		}
		file->broken = text[0] == '[';
		if (file->broken)
			return false;
		equals = memchr(text, '=', length);
		if (!equals || equals == text)
			continue;
		set_trimmed(&file->key, text, (size_t)(equals - text));
		set_trimmed(&file->value, equals + 1, length - (size_t)(equals + 1 - text));
		return true;
	}
	return false;
}

void unit_paths_add(struct unit_paths *paths, const char *path)
{
	GROW(paths->items, paths->capacity, paths->count + 1);
	paths->items[paths->count++] = xstrdup(path);
}

void unit_paths_release(struct unit_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i]);
	free(paths->items);
	*paths = (struct unit_paths)UNIT_PATHS_INIT;
}

const char *unit_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int compare_base_names(const void *a, const void *b)
{
	return strcmp(unit_base_name(*(char *const *)a), unit_base_name(*(char *const *)b));
}

static bool name_is_taken(const struct unit_paths *paths, size_t first, const char *name)
{
	for (size_t i = first; i < paths->count; i++)
		if (streq(unit_base_name(paths->items[i]), name))
			return true;
	return false;
}

int unit_dropins_add(const struct root *root, const struct unit_paths *directories, struct unit_paths *paths)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	size_t first = paths->count;
	int result = 0;

	for (size_t i = 0; i < directories->count; i++) {
		CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

		if (root_list(root, directories->items[i], &list) < 0)
			continue;	/* most of the possible directories are not there */
		for (size_t j = 0; j < list.count; j++) {
			const char *name = list.entries[j].name;

			if (!ends_with(name, ".conf") || list.entries[j].type == DT_DIR ||
			    name_is_taken(paths, first, name))
				continue;
			if (paths->count - first == UNIT_DROPINS_MAX) {
				result = -E2BIG;
				break;
			}
			strbuf_reset(&path);
			strbuf_addf(&path, "%s/%s", directories->items[i], name);
			unit_paths_add(paths, path.buf);
		}
	}
	if (paths->count > first)
		qsort(paths->items + first, paths->count - first, sizeof(paths->items[0]), compare_base_names);
	return result;
}

/* "65536", "+7", "0x10", "0b11", "0o17" and "017" (octal): as strtoull() reads them, and with nothing behind. */
static int integer_parse(const char *text, uint64_t *ret_value)
{
	static const struct {
		const char *prefix;
		unsigned int base;
	} prefixes[] = { { "0x", 16 }, { "0b", 2 }, { "0o", 8 }, { "0", 8 } };
	const char *digits = text + (*text == '+');
	unsigned int base = 10;
	uint64_t value = 0;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncasecmp(digits, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0 &&
		    digits[strlen(prefixes[i].prefix)]) {
			base = prefixes[i].base;
			digits += strlen(prefixes[i].prefix);
			break;
		}
	if (!*digits)
		return -EINVAL;
	for (; *digits; digits++) {
		int letter = tolower((unsigned char)*digits);
		unsigned int digit = isdigit(letter) ? (unsigned int)(letter - '0') : (unsigned int)(letter - 'a' + 10);

		if (!isxdigit(letter) || digit >= base)
			return -EINVAL;
		if (value > (UINT64_MAX - digit) / base)
			return -ERANGE;
		value = value * base + digit;
	}
	*ret_value = value;
	return 0;
}

/* The digits behind a point, as a part of one. */
static double fraction_scan(const char **cursor)
{
	const char *begin = *cursor;
	double fraction = 0;

	for (; **cursor >= '0' && **cursor <= '9'; (*cursor)++)
		fraction = fraction * 10 + (**cursor - '0');
	for (; begin < *cursor; begin++)
		fraction /= 10;
	return fraction;
}

/* "1.5G", "512": one number with its suffix, which comes after *suffix of the table; both move on. */
static int size_scan(const char **cursor, size_t *suffix, uint64_t *ret_bytes)
{
	static const char suffixes[] = "EPTGMKB";
	const char *end = *cursor + (**cursor == '+');
	uint64_t whole, factor = 1;
	double fraction = 0;
	size_t i = *suffix;

	if (!scan_u64(&end, &whole))
		return -EINVAL;
	if (*end == '.') {
		end++;
		fraction = fraction_scan(&end);
	}
	end += strspn(end, " \t");
	while (suffixes[i] && suffixes[i] != *end)
		i++;
	if (i > strlen(suffixes))
		return -EINVAL;
	for (size_t power = i; power + 2 < sizeof(suffixes); power++)
		factor *= 1024;
	if (whole > UINT64_MAX - 1 || whole + (fraction > 0) > UINT64_MAX / factor)
		return -ERANGE;
	*ret_bytes = whole * factor + (uint64_t)(fraction * (double)factor);
	*cursor = end + (suffixes[i] != '\0');
	*suffix = i + 1;
	return 0;
}

static int size_parse(const char *text, struct strbuf *out)
{
	uint64_t total = 0, part;
	size_t suffix = 0;

	do {
		if (suffix > strlen("EPTGMKB") || size_scan(&text, &suffix, &part) < 0 || part > UINT64_MAX - 1 - total)
			return -EINVAL;
		total += part;
		text += strspn(text, " \t");
	} while (*text);
	strbuf_addf(out, "%" PRIu64, total);
	return 0;
}

/* "20%", "12.5%": of a percent there are hundredths. */
static int percent_parse(const char *text, double *ret_percent)
{
	const char *point = strchr(text, '.');
	CLEANUP(free_ptr) char *number = NULL;

	text += *text == '+';
	if (!ends_with(text, "%") || (point && (strlen(point) > strlen(".25%") || strlen(point) < strlen(".2%"))))
		return -EINVAL;
	number = xstrndup(text, strlen(text) - 1);
	if (number[strspn(number, "0123456789.")] || parse_real(number, ret_percent) < 0 || *ret_percent > 1e9)
		return -EINVAL;
	return 0;
}

static int range_parse(const char *text, int64_t low, int64_t high, struct strbuf *out)
{
	bool negative = *text == '-' && text[1] != '+';
	uint64_t size;
	int64_t value;

	if (integer_parse(text + negative, &size) < 0 || size > INT32_MAX)
		return -EINVAL;
	value = negative ? -(int64_t)size : (int64_t)size;
	if (value < low || value > high)
		return -EINVAL;
	strbuf_addf(out, "%" PRId64, value);
	return 0;
}

static int bool_parse(const char *text, struct strbuf *out)
{
	static const char *const names[2][6] = { { "0", "no", "n", "false", "f", "off" }, { "1", "yes", "y", "true", "t", "on" } };

	for (size_t value = 0; value < ARRAY_SIZE(names); value++)
		for (size_t i = 0; i < ARRAY_SIZE(names[value]); i++)
			if (strcasecmp(names[value][i], text) == 0) {
				strbuf_add_string(out, names[value][1]);
				return 0;
			}
	return -EINVAL;
}

/* A share of all memory, or of all processes: there is no more than all. */
static int share_parse(const char *text, struct strbuf *out)
{
	double percent;

	if (percent_parse(text, &percent) < 0 || percent > 100)
		return -EINVAL;
	strbuf_add_string(out, text);
	return 0;
}

int unit_value_parse(enum unit_value kind, const char *text, struct strbuf *out)
{
	double percent;
	uint64_t count;

	strbuf_reset(out);
	switch (kind) {
	case UNIT_VALUE_SHARE:
	case UNIT_VALUE_SIZE_SHARE:
		if (ends_with(text, "%"))
			return share_parse(text, out);
		return unit_value_parse(kind == UNIT_VALUE_SHARE ? UNIT_VALUE_COUNT : UNIT_VALUE_SIZE, text, out);
	case UNIT_VALUE_COUNT:
	case UNIT_VALUE_SIZE:
		if (streq(text, "infinity")) {
			strbuf_add_string(out, text);
			return 0;
		}
		if (kind == UNIT_VALUE_SIZE)
			return size_parse(text, out);
		if (integer_parse(text + (*text == '-' && streq(text, "-0")), &count) < 0 || count == UINT64_MAX)
			return -EINVAL;
		strbuf_addf(out, "%" PRIu64, count);
		return 0;
	case UNIT_VALUE_WEIGHT:
	case UNIT_VALUE_CPU_WEIGHT:
		if (kind == UNIT_VALUE_CPU_WEIGHT && streq(text, "idle")) {
			strbuf_add_char(out, '0');
			return 0;
		}
		return range_parse(text, 1, 10000, out);
	case UNIT_VALUE_QUOTA:
		if (percent_parse(text, &percent) < 0 || percent == 0)
			return -EINVAL;
		strbuf_addf(out, "%.0f", percent * 10000);
		return 0;
	case UNIT_VALUE_ADJUST:
		return range_parse(text, -1000, 1000, out);
	case UNIT_VALUE_BOOL:
		return bool_parse(text, out);
	case UNIT_VALUE_TEXT:
		if (!*text)
			return -EINVAL;
		strbuf_add_string(out, text);
		return 0;
	}
	return -EINVAL;
}

static bool is_above(const char *soft, const char *hard)
{
	uint64_t low, high;

	if (streq(hard, "infinity") || parse_u64(hard, &high) < 0)
		return false;
	return streq(soft, "infinity") || (parse_u64(soft, &low) == 0 && low > high);
}

int unit_limit_parse(enum unit_value kind, const char *text, struct strbuf *soft, struct strbuf *hard)
{
	const char *colon = strchr(text, ':');
	CLEANUP(free_ptr) char *first = NULL;
	int r;

	first = xstrndup(text, colon ? (size_t)(colon - text) : strlen(text));
	r = unit_value_parse(kind, first, soft);
	if (r < 0)
		return r;
	r = unit_value_parse(kind, colon ? colon + 1 : text, hard);
	if (r < 0)
		return r;
	return is_above(soft->buf, hard->buf) ? -ERANGE : 0;
}
