/* SPDX-License-Identifier: Apache-2.0 */
/* Raw text of settings into values and back, and values for people. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "../core/parse.h"
#include "../core/quantity.h"
#include "../core/strbuf.h"
#include "expr.h"

#define NUMBER_MAX 64	/* bytes of a number's text */

/* Fractions of a unit are given by their inverse: 15 % is 15 / 100, exact where 15 * 0.01 is not. */
static long double inverse_of(const struct unit *unit)
{
	long double inverse;

	if (unit->scale >= 1 || unit->scale <= 0)
		return 0;
	inverse = roundl(1 / (long double)unit->scale);
	return fabsl(inverse * unit->scale - 1) < 1e-12L ? inverse : 0;
}

long double unit_to_base(long double number, const struct unit *unit)
{
	long double inverse = inverse_of(unit);

	if (unit->scale == 1)
		return number;
	return inverse > 0 ? number / inverse : number * unit->scale;
}

long double unit_from_base(long double number, const struct unit *unit)
{
	long double inverse = inverse_of(unit);

	return inverse > 0 ? number * inverse : number / unit->scale;
}

bool number_equal(long double a, long double b)
{
	if (a == b)
		return true;
	if (isinf(a) || isinf(b) || (a == floorl(a) && b == floorl(b)))
		return false;
	return fabsl(a - b) <= 1e-12L * fmaxl(fabsl(a), fabsl(b));
}

int number_compare(long double a, long double b)
{
	if (number_equal(a, b))
		return 0;
	return a < b ? -1 : 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
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

/* What a file says when there is no limit: "max" in cgroup v2, and the texts its entry names. */
static bool is_unlimited(const struct entry *entry, const char *text)
{
	if (entry->about == SUBJECT_KIND_CGROUP && streq(text, "max"))
		return true;
	for (size_t i = 0; i < entry->unlimited.count; i++)
		if (streq(entry->unlimited.items[i], text))
			return true;
	return false;
}

/* One number of a setting, in its own unit. */
static bool read_number(const struct entry *entry, const char *text, size_t length, long double *ret_number)
{
	char buffer[NUMBER_MAX];
	double real;
	int64_t negative;
	uint64_t number;

	if (length == 0 || length >= sizeof(buffer))
		return false;
	memcpy(buffer, text, length);
	buffer[length] = '\0';
	if (is_unlimited(entry, buffer))
		*ret_number = INFINITY;
	else if (parse_u64(buffer, &number) == 0)
		*ret_number = (long double)number;
	else if (parse_i64(buffer, &negative) == 0)
		*ret_number = (long double)negative;
	else if (starts_with(buffer, "0x") && parse_hex(buffer, &number) == 0)
		*ret_number = (long double)number;
	else if (entry->format == FORMAT_REAL && parse_real(buffer, &real) == 0)
		*ret_number = real;
	else
		return false;
	return true;
}

static struct value read_bool(const char *text, size_t length)
{
	static const struct { const char *text; bool value; } words[] = {
		{ "0", false }, { "1", true }, { "N", false }, { "Y", true }, { "n", false }, { "y", true },
		{ "off", false }, { "on", true }, { "no", false }, { "yes", true }, { "false", false }, { "true", true },
		{ "disabled", false }, { "enabled", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].text) == length && memcmp(words[i].text, text, length) == 0)
			return (struct value){ .type = VALUE_BOOL, .boolean = words[i].value };
	return (struct value){ .type = VALUE_UNKNOWN };
}

/* "00000000,0000000f": groups of 32 bits, highest first.  More than 64 bits keep their magnitude, not each bit. */
static struct value read_hex(const char *text, size_t length)
{
	long double number = 0;
	size_t i = length > 2 && text[0] == '0' && text[1] == 'x' ? 2 : 0;

	if (i == length || length > 4096)
		return (struct value){ .type = VALUE_UNKNOWN };
	for (; i < length; i++) {
		char c = text[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;

		if (c == ',')
			continue;
		if (digit < 0)
			return (struct value){ .type = VALUE_UNKNOWN };
		number = number * 16 + digit;
	}
	return (struct value){ .type = VALUE_NUMBER, .number = number };
}

/* The next item of a list: *cursor moves behind it. */
static bool next_item(const char *text, size_t length, size_t *cursor, size_t *ret_start, size_t *ret_length)
{
	size_t i = *cursor;

	while (i < length && is_blank(text[i]))
		i++;
	*ret_start = i;
	while (i < length && !is_blank(text[i]))
		i++;
	*ret_length = i - *ret_start;
	*cursor = i;
	return *ret_length > 0;
}

static struct value read_list(const struct entry *entry, const char *text, size_t length)
{
	struct value value = { .type = VALUE_LIST, .text = text, .length = length };
	size_t cursor = 0, start, n, count = 0;
	long double number;

	for (; next_item(text, length, &cursor, &start, &n); count++)
		if (!read_number(entry, text + start, n, &number))
			return (struct value){ .type = VALUE_UNKNOWN };
	if (count == 0 || count > 4096)
		return (struct value){ .type = VALUE_UNKNOWN };
	return value;
}

/* "none [mq-deadline] kyber" reads as mq-deadline, "performance" as itself. */
static struct value read_choice(const char *text, size_t length)
{
	const char *open = memchr(text, '[', length), *close;

	if (open) {
		close = memchr(open, ']', length - (size_t)(open - text));
		if (!close || close == open + 1)
			return (struct value){ .type = VALUE_UNKNOWN };
		return (struct value){ .type = VALUE_TEXT, .text = open + 1, .length = (size_t)(close - open - 1) };
	}
	return (struct value){ .type = VALUE_TEXT, .text = text, .length = length };
}

/* "250m", "1.5Gi": in billionths exactly, which 64 bits of a fraction hold up to ten thousand million. */
static struct value read_quantity(const struct entry *entry, const char *text, size_t length)
{
	struct quantity quantity;
	char buffer[NUMBER_MAX];

	if (length == 0 || length >= sizeof(buffer))
		return (struct value){ .type = VALUE_UNKNOWN };
	memcpy(buffer, text, length);
	buffer[length] = '\0';
	if (quantity_parse(buffer, &quantity) < 0)
		return (struct value){ .type = VALUE_UNKNOWN };
	return (struct value){ .type = VALUE_NUMBER, .number = unit_to_base((long double)quantity.nano / 1e9L, &entry->unit) };
}

struct value value_of_setting(const struct entry *entry, const char *raw, size_t length)
{
	struct value value = { .type = VALUE_UNKNOWN };

	trim(&raw, &length);
	if (length > 0 && memchr(raw, '\0', length) && entry->format != FORMAT_TEXT && entry->format != FORMAT_WORDS)
		return value;
	switch (entry->format) {
	case FORMAT_INTEGER:
	case FORMAT_REAL:
		if (!read_number(entry, raw, length, &value.number))
			return value;
		value.type = VALUE_NUMBER;
		value.number = unit_to_base(value.number, &entry->unit);
		return value;
	case FORMAT_BOOL:
		return read_bool(raw, length);
	case FORMAT_HEX:
		return read_hex(raw, length);
	case FORMAT_QUANTITY:
		return read_quantity(entry, raw, length);
	case FORMAT_ENUM:
		return read_choice(raw, length);
	case FORMAT_LIST:
		return read_list(entry, raw, length);
	case FORMAT_TEXT:
	case FORMAT_WORDS:
		value.type = entry->format == FORMAT_TEXT ? VALUE_TEXT : VALUE_LIST;
		value.text = raw;
		value.length = length;
		return value;
	}
	return value;
}

bool value_list_item(const struct entry *entry, const struct value *value, size_t index, long double *ret_number)
{
	size_t cursor = 0, start, n;

	if (value->items) {
		if (index >= value->n_items)
			return false;
		*ret_number = value->items[index];
		return true;
	}
	for (size_t i = 0; next_item(value->text, value->length, &cursor, &start, &n); i++) {
		if (i < index)
			continue;
		if (!read_number(entry, value->text + start, n, ret_number))
			return false;
		*ret_number = unit_to_base(*ret_number, &entry->unit);
		return true;
	}
	return false;
}

size_t value_list_count(const struct value *value)
{
	size_t cursor = 0, start, n, count = 0;

	if (value->items)
		return value->n_items;
	while (next_item(value->text, value->length, &cursor, &start, &n))
		count++;
	return count;
}

static int write_integer(const struct entry *entry, long double number, struct strbuf *out)
{
	if (isinf(number) && number > 0) {
		if (entry->unlimited.count == 0 && entry->about != SUBJECT_KIND_CGROUP)
			return -ERANGE;
		strbuf_add_string(out, entry->unlimited.count > 0 ? entry->unlimited.items[0] : "max");
		return 0;
	}
	number = roundl(unit_from_base(number, &entry->unit));
	if (isnan(number) || number < (long double)INT64_MIN || number > (long double)UINT64_MAX)
		return -ERANGE;
	if (entry->has_range &&
	    (number < (long double)entry->range_min || number > (long double)entry->range_max))
		return -ERANGE;
	if (number < 0)
		strbuf_addf(out, "%" PRId64, (int64_t)number);
	else
		strbuf_addf(out, "%" PRIu64, (uint64_t)number);
	return 0;
}

static int write_list(const struct entry *entry, const struct value *value, struct strbuf *out)
{
	long double number;
	int r;

	for (size_t i = 0; value_list_item(entry, value, i, &number); i++) {
		if (i > 0)
			strbuf_add_char(out, ' ');
		r = write_integer(entry, number, out);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Bytes whole and in binary suffixes, all else in thousandths; rounded up, as Kubernetes does. */
static int write_quantity(const struct entry *entry, long double number, struct strbuf *out)
{
	bool bytes = entry->unit.dimension.bytes == 1;
	long double count = ceill(unit_from_base(number, &entry->unit) * (bytes ? 1 : 1000) * (1 - 1e-15L));
	struct quantity quantity;

	if (fabsl(count) > 9e18L)
		return -ERANGE;
	quantity = bytes ? quantity_of_bytes((int64_t)count) : quantity_of_milli((int64_t)count);
	quantity_print(out, &quantity);
	return 0;
}

static int write_number(const struct entry *entry, const struct value *value, struct strbuf *out)
{
	if (entry->format == FORMAT_INTEGER)
		return write_integer(entry, value->number, out);
	if (!isfinite(value->number))
		return -ERANGE;
	if (entry->format == FORMAT_QUANTITY)
		return write_quantity(entry, value->number, out);
	if (entry->format == FORMAT_REAL) {
		strbuf_addf(out, "%.12Lg", unit_from_base(value->number, &entry->unit));
		return 0;
	}
	if (entry->format != FORMAT_HEX)
		return -EINVAL;
	if (value->number < 0 || value->number > (long double)UINT64_MAX)
		return -ERANGE;
	strbuf_addf(out, "%" PRIx64, (uint64_t)value->number);
	return 0;
}

int value_to_raw(const struct entry *entry, const struct value *value, struct strbuf *out)
{
	switch (value->type) {
	case VALUE_NUMBER:
		return write_number(entry, value, out);
	case VALUE_BOOL:
		if (entry->format != FORMAT_BOOL)
			return -EINVAL;
		strbuf_add_char(out, value->boolean ? '1' : '0');
		return 0;
	case VALUE_TEXT:
		if (entry->format != FORMAT_TEXT && entry->format != FORMAT_ENUM && entry->format != FORMAT_WORDS)
			return -EINVAL;
		if (value->length == 0 || memchr(value->text, '\n', value->length) ||
		    memchr(value->text, '\0', value->length))
			return -EINVAL;
		strbuf_add(out, value->text, value->length);
		return 0;
	case VALUE_LIST:
		if (entry->format != FORMAT_LIST)
			return -EINVAL;
		return write_list(entry, value, out);
	case VALUE_UNKNOWN:
		break;
	}
	return -EINVAL;
}

void value_format(struct strbuf *out, const struct value *value, struct expr_type type)
{
	switch (value->type) {
	case VALUE_UNKNOWN:
		strbuf_add_string(out, "unknown");
		break;
	case VALUE_BOOL:
		strbuf_add_string(out, value->boolean ? "yes" : "no");
		break;
	case VALUE_TEXT:
		strbuf_add(out, value->text, value->length);
		break;
	case VALUE_NUMBER:
		if (isinf(value->number))
			strbuf_add_string(out, "unlimited");
		else if (type.frequency)
			frequency_format(out, (double)value->number);
		else if (type.exact)
			quantity_format_exact(out, (double)value->number, type.dimension, type.ratio);
		else
			quantity_format(out, (double)value->number, type.dimension, type.ratio);
		break;
	case VALUE_LIST:
		if (!value->items)
			strbuf_add(out, value->text, value->length);
		for (size_t i = 0; value->items && i < value->n_items; i++) {
			struct value item = { .type = VALUE_NUMBER, .number = value->items[i] };

			strbuf_add_string(out, i > 0 ? ", " : "");
			value_format(out, &item, type);
		}
		break;
	}
}
