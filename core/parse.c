/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int parse_u64(const char *text, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!is_digit(*text))
		return -EINVAL;
	for (; is_digit(*text); text++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return -ERANGE;
	if (*text != '\0')
		return -EINVAL;
	*ret_value = value;
	return 0;
}

int parse_i64(const char *text, int64_t *ret_value)
{
	bool negative = *text == '-';
	uint64_t magnitude;
	int r;

	r = parse_u64(text + negative, &magnitude);
	if (r < 0)
		return r;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return 0;
}

int parse_hex(const char *text, uint64_t *ret_value)
{
	const char *cursor = text;
	uint64_t value;

	if (cursor[0] == '0' && (cursor[1] == 'x' || cursor[1] == 'X'))
		cursor += 2;
	if (!scan_hex(&cursor, &value))
		return hex_digit(*cursor) < 0 ? -EINVAL : -ERANGE;
	if (*cursor != '\0')
		return -EINVAL;
	*ret_value = value;
	return 0;
}

/* strtod() follows the locale, but the program never calls setlocale(): the locale is "C". */
int parse_real(const char *text, double *ret_value)
{
	const char *c = text + (*text == '-' || *text == '+');
	double value;
	char *end;

	if (!is_digit(*c) && !(*c == '.' && is_digit(c[1])))
		return -EINVAL;
	if (c[0] == '0' && (c[1] == 'x' || c[1] == 'X'))
		return -EINVAL;
	errno = 0;
	value = strtod(text, &end);
	if (*end != '\0')
		return -EINVAL;
	if (isinf(value))
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int parse_duration_msec(const char *text, uint64_t *ret_msec)
{
	static const struct {
		const char *suffix;
		double msec;
	} suffixes[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "sec", 1000 }, { "m", 60e3 }, { "min", 60e3 }, { "h", 3600e3 },
		{ "d", 86400e3 },
	};
	size_t digits = strspn(text, "0123456789.");
	CLEANUP(free_ptr) char *number = xstrndup(text, digits);
	double value;
	int r;

	r = parse_real(number, &value);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (!streq(text + digits, suffixes[i].suffix))
			continue;
		if (value * suffixes[i].msec > 1e15)
			return -ERANGE;
		*ret_msec = (uint64_t)llround(value * suffixes[i].msec);
		return 0;
	}
	return -EINVAL;
}

bool next_word(const char **cursor, const char **ret_word, size_t *ret_length)
{
	const char *c = *cursor;

	while (is_blank(*c))
		c++;
	*ret_word = c;
	while (*c != '\0' && *c != '\n' && !is_blank(*c))
		c++;
	*ret_length = (size_t)(c - *ret_word);
	*cursor = c;
	return *ret_length > 0;
}

unsigned int word_distance(const char *a, const char *b, unsigned int limit)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned int row[128];

	if (n >= ARRAY_SIZE(row) || m >= ARRAY_SIZE(row) || (n > m ? n - m : m - n) > limit)
		return limit + 1;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned int cost = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(cost, MIN(row[j - 1], row[j]) + 1);
		}
	}
	return MIN(row[m], limit + 1);
}

bool next_line(const char **cursor)
{
	const char *newline = strchr(*cursor, '\n');

	*cursor = newline ? newline + 1 : *cursor + strlen(*cursor);
	return **cursor != '\0';
}

bool scan_u64(const char **cursor, uint64_t *ret_value)
{
	const char *c = *cursor;
	uint64_t value = 0;

	if (!is_digit(*c))
		return false;
	/* 19 digits always fit. */
	for (int n = 0; is_digit(*c) && n < 19; n++, c++)
		value = value * 10 + (uint64_t)(*c - '0');
	for (; is_digit(*c); c++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
			return false;
	*cursor = c;
	*ret_value = value;
	return true;
}

bool scan_hex(const char **cursor, uint64_t *ret_value)
{
	const char *c = *cursor;
	uint64_t value = 0;

	if (hex_digit(*c) < 0)
		return false;
	for (; hex_digit(*c) >= 0; c++) {
		if (value >> 60)
			return false;
		value = value << 4 | (uint64_t)hex_digit(*c);
	}
	*cursor = c;
	*ret_value = value;
	return true;
}

int version_compare(const char *a, const char *b)
{
	for (;; a++, b++) {
		unsigned long x = strtoul(a, (char **)&a, 10), y = strtoul(b, (char **)&b, 10);

		if (x != y || *a != '.' || *b != '.')
			return x < y ? -1 : x > y ? 1 : (*a == '.') - (*b == '.');
	}
}

bool same_words(const char *a, const char *b)
{
	for (;;) {
		size_t n, m;

		a += strspn(a, " \t\n");
		b += strspn(b, " \t\n");
		n = strcspn(a, " \t\n");
		m = strcspn(b, " \t\n");
		if (n != m || memcmp(a, b, n) != 0)
			return false;
		if (n == 0)
			return true;
		a += n;
		b += m;
	}
}
