/* SPDX-License-Identifier: Apache-2.0 */
#include "quantity.h"

#include <errno.h>

#include "parse.h"
#include "strbuf.h"

#define NANO ((__int128)1000000000)
#define DIGITS_MAX 38				/* 10^38 is the greatest power of ten in 127 bits */

static const __int128 binary_bound = (__int128)INT64_MAX * NANO;

/* suffixer of apimachinery/pkg/api/resource/suffix.go */
static const struct suffix {
	char text[3];
	enum quantity_format format;
	int exponent;				/* of two or of ten */
} suffixes[] = {
	/* clang-format off */
	{ "n",  QUANTITY_DECIMAL_SI, -9 },
	{ "u",  QUANTITY_DECIMAL_SI, -6 },
	{ "m",  QUANTITY_DECIMAL_SI, -3 },
	{ "",   QUANTITY_DECIMAL_SI,  0 },
	{ "k",  QUANTITY_DECIMAL_SI,  3 },
	{ "M",  QUANTITY_DECIMAL_SI,  6 },
	{ "G",  QUANTITY_DECIMAL_SI,  9 },
	{ "T",  QUANTITY_DECIMAL_SI, 12 },
	{ "P",  QUANTITY_DECIMAL_SI, 15 },
	{ "E",  QUANTITY_DECIMAL_SI, 18 },
	{ "Ki", QUANTITY_BINARY_SI,  10 },
	{ "Mi", QUANTITY_BINARY_SI,  20 },
	{ "Gi", QUANTITY_BINARY_SI,  30 },
	{ "Ti", QUANTITY_BINARY_SI,  40 },
	{ "Pi", QUANTITY_BINARY_SI,  50 },
	{ "Ei", QUANTITY_BINARY_SI,  60 },
	/* clang-format on */
};

static const struct suffix *suffix_find(enum quantity_format format, int exponent)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (suffixes[i].format == format && suffixes[i].exponent == exponent)
			return &suffixes[i];
	return NULL;
}

/* "Ki", "e3", "E-3": ±(2^31 − 1) at most. */
static int parse_suffix(const char *text, struct suffix *ret)
{
	const char *digits;
	int64_t exponent;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (streq(text, suffixes[i].text)) {
			*ret = suffixes[i];
			return 0;
		}
	}
	if (text[0] != 'e' && text[0] != 'E')
		return -EINVAL;
	digits = text[1] == '+' ? text + 2 : text + 1;
	if ((text[1] == '+' && digits[0] == '-') || parse_i64(digits, &exponent) < 0)
		return -EINVAL;
	if (exponent > INT32_MAX || exponent < -INT32_MAX)
		return -EINVAL;
	*ret = (struct suffix){ .format = QUANTITY_DECIMAL_EXPONENT, .exponent = (int)exponent };
	return 0;
}

struct digits {				/* "12.5": before and after the point */
	const char *whole, *fraction;
	size_t n_whole, n_fraction;
};

static size_t count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

static unsigned int digit_at(const struct digits *digits, size_t i)
{
	if (i < digits->n_whole)
		return (unsigned int)(digits->whole[i] - '0');
	i -= digits->n_whole;
	return i < digits->n_fraction ? (unsigned int)(digits->fraction[i] - '0') : 0;
}

static bool append_digit(__int128 *value, unsigned int digit)
{
	return !__builtin_mul_overflow(*value, 10, value) && !__builtin_add_overflow(*value, (__int128)digit, value);
}

/* The first `before` digits are billionths; a digit behind them that is not zero rounds up. */
static __int128 decimal_nano(const struct digits *digits, int64_t before)
{
	int64_t n = (int64_t)(digits->n_whole + digits->n_fraction);
	__int128 nano = 0;

	for (int64_t i = 0; i < before && (i < n || nano != 0); i++)
		if (!append_digit(&nano, digit_at(digits, (size_t)i)))
			return QUANTITY_NANO_MAX;
	for (int64_t i = MAX(before, 0); i < n; i++)
		if (digit_at(digits, (size_t)i) != 0)
			return MIN(nano + 1, QUANTITY_NANO_MAX);
	return MIN(nano, QUANTITY_NANO_MAX);
}

/* The fraction from its end on: rounding up at every step is rounding up once. */
static __int128 binary_nano(const struct digits *digits, int exponent)
{
	__int128 unit = NANO << exponent, nano = 0, part = 0;

	for (size_t i = 0; i < digits->n_whole; i++)
		if (!append_digit(&nano, digit_at(digits, i)))
			return binary_bound;
	if (__builtin_mul_overflow(nano, unit, &nano))
		return binary_bound;
	for (size_t i = digits->n_fraction; i > 0; i--)
		part = ((digits->fraction[i - 1] - '0') * unit + part + 9) / 10;
	if (__builtin_add_overflow(nano, part, &nano))
		return binary_bound;
	return MIN(nano, binary_bound);
}

int quantity_parse(const char *text, struct quantity *ret_quantity)
{
	bool negative = text[0] == '-';
	struct digits digits = { 0 };
	struct suffix suffix;
	__int128 nano;
	int r;

	if (text[0] == '\0')
		return -EINVAL;
	digits.whole = text + (negative || text[0] == '+');
	digits.n_whole = count_digits(digits.whole);
	digits.fraction = digits.whole + digits.n_whole;
	if (digits.fraction[0] == '.')
		digits.n_fraction = count_digits(++digits.fraction);
	r = parse_suffix(digits.fraction + digits.n_fraction, &suffix);
	if (r < 0)
		return r;
	/* Without a digit its quick way takes "Ki" for zero, its exact one takes nothing. */
	if (digits.n_whole + digits.n_fraction == 0 && suffix.format != QUANTITY_BINARY_SI && suffix.exponent < -9)
		return -EINVAL;
	if (suffix.format == QUANTITY_BINARY_SI)
		nano = binary_nano(&digits, suffix.exponent);
	else
		nano = decimal_nano(&digits, (int64_t)digits.n_whole + suffix.exponent + 9);
	if (suffix.format == QUANTITY_BINARY_SI && nano > 0 && nano < NANO)
		suffix.format = QUANTITY_DECIMAL_SI;
	*ret_quantity = (struct quantity){ .nano = negative ? -nano : nano, .format = suffix.format };
	return 0;
}

static int64_t rounded_up(__int128 nano, __int128 unit)
{
	__int128 value = nano / unit + (nano % unit > 0) - (nano % unit < 0);

	return (int64_t)MAX(MIN(value, INT64_MAX), INT64_MIN);
}

int64_t quantity_value(const struct quantity *quantity)
{
	return rounded_up(quantity->nano, NANO);
}

int64_t quantity_milli(const struct quantity *quantity)
{
	return rounded_up(quantity->nano, NANO / 1000);
}

double quantity_real(const struct quantity *quantity)
{
	return (double)quantity->nano / 1e9;
}

struct quantity quantity_of_milli(int64_t milli)
{
	return (struct quantity){ .nano = (__int128)milli * (NANO / 1000), .format = QUANTITY_DECIMAL_SI };
}

struct quantity quantity_of_bytes(int64_t bytes)
{
	return (struct quantity){ .nano = (__int128)bytes * NANO, .format = QUANTITY_BINARY_SI };
}

int quantity_compare(const struct quantity *a, const struct quantity *b)
{
	return (a->nano > b->nano) - (a->nano < b->nano);
}

void quantity_add(struct quantity *sum, const struct quantity *more)
{
	__int128 nano;

	if (sum->nano == 0)
		sum->format = more->format;
	if (__builtin_add_overflow(sum->nano, more->nano, &nano))
		nano = more->nano > 0 ? QUANTITY_NANO_MAX : -QUANTITY_NANO_MAX;
	sum->nano = MAX(MIN(nano, QUANTITY_NANO_MAX), -QUANTITY_NANO_MAX);
}

static void print_number(struct strbuf *out, unsigned __int128 number)
{
	char text[DIGITS_MAX + 2];
	size_t i = sizeof(text);

	do {
		text[--i] = (char)('0' + (int)(number % 10));
		number /= 10;
	} while (number > 0);
	strbuf_add(out, text + i, sizeof(text) - i);
}

/* As few digits as can be, and an exponent of ten that is a multiple of three. */
static void print_decimal(struct strbuf *out, unsigned __int128 nano, enum quantity_format format)
{
	const struct suffix *suffix;
	int exponent = -9;

	for (; nano % 1000 == 0; nano /= 1000)
		exponent += 3;
	print_number(out, nano);
	suffix = suffix_find(QUANTITY_DECIMAL_SI, exponent);
	if (format == QUANTITY_DECIMAL_SI && suffix)
		strbuf_add_string(out, suffix->text);
	else if (exponent != 0)
		strbuf_addf(out, "e%d", exponent);
}

static bool print_binary(struct strbuf *out, unsigned __int128 nano)
{
	unsigned __int128 number = nano / (unsigned __int128)NANO;
	int exponent = 0;
	const struct suffix *suffix;

	if (nano % (unsigned __int128)NANO != 0 || number < 1024)
		return false;
	for (; number % 1024 == 0; number /= 1024)
		exponent += 10;
	suffix = suffix_find(QUANTITY_BINARY_SI, exponent);
	if (!suffix && exponent > 0)
		return false;
	print_number(out, number);
	strbuf_add_string(out, suffix ? suffix->text : "");
	return true;
}

void quantity_print(struct strbuf *out, const struct quantity *quantity)
{
	unsigned __int128 nano = quantity->nano < 0 ? -(unsigned __int128)quantity->nano : (unsigned __int128)quantity->nano;

	if (nano == 0) {
		strbuf_add_char(out, '0');
		return;
	}
	if (quantity->nano < 0)
		strbuf_add_char(out, '-');
	if (quantity->format == QUANTITY_BINARY_SI && print_binary(out, nano))
		return;
	print_decimal(out, nano, quantity->format == QUANTITY_BINARY_SI ? QUANTITY_DECIMAL_SI : quantity->format);
}
