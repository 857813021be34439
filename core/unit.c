/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "strbuf.h"

const struct unit unit_none = { .scale = 1 };

/* clang-format off */
static const struct {
	const char *name;
	struct unit unit;
} units[] = {
	{ "",         { { 0 },            1 } },
	{ "%",        { { 0 },            0.01 } },
	{ "1",        { { 0 },            1 } },
	{ "B",        { { .bytes = 1 },   1 } },
	{ "GB",       { { .bytes = 1 },   1e9 } },
	{ "GHz",      { { .seconds = -1 }, 1e9 } },
	{ "Gbit",     { { .bytes = 1 },   1e9 / 8 } },
	{ "GiB",      { { .bytes = 1 },   0x1p30 } },
	{ "Hz",       { { .seconds = -1 }, 1 } },
	{ "Kbit",     { { .bytes = 1 },   1e3 / 8 } },
	{ "KiB",      { { .bytes = 1 },   0x1p10 } },
	{ "MB",       { { .bytes = 1 },   1e6 } },
	{ "MHz",      { { .seconds = -1 }, 1e6 } },
	{ "Mbit",     { { .bytes = 1 },   1e6 / 8 } },
	{ "MiB",      { { .bytes = 1 },   0x1p20 } },
	{ "TiB",      { { .bytes = 1 },   0x1p40 } },
	{ "bit",      { { .bytes = 1 },   1.0 / 8 } },
	{ "bool",     { { 0 },            1 } },
	{ "core",     { { .cores = 1 },   1 } },
	{ "cores",    { { .cores = 1 },   1 } },
	{ "count",    { { 0 },            1 } },
	{ "cs",       { { .seconds = 1 }, 0.01 } },
	{ "d",        { { .seconds = 1 }, 86400 } },
	{ "h",        { { .seconds = 1 }, 3600 } },
	{ "kB",       { { .bytes = 1 },   0x1p10 } },
	{ "kHz",      { { .seconds = -1 }, 1e3 } },
	{ "m",        { { .cores = 1 },   1e-3 } },
	{ "min",      { { .seconds = 1 }, 60 } },
	{ "ms",       { { .seconds = 1 }, 1e-3 } },
	{ "ns",       { { .seconds = 1 }, 1e-9 } },
	{ "page",     { { .pages = 1 },   1 } },
	{ "pages",    { { .pages = 1 },   1 } },
	{ "per10000", { { 0 },            1e-4 } },
	{ "percent",  { { 0 },            0.01 } },
	{ "permille", { { 0 },            1e-3 } },
	{ "ratio",    { { 0 },            1 } },
	{ "s",        { { .seconds = 1 }, 1 } },
	{ "sector",   { { .bytes = 1 },   512 } },
	{ "tick",     { { .seconds = 1 }, 0.01 } },
	{ "us",       { { .seconds = 1 }, 1e-6 } },
};
/* clang-format on */

struct dimension dimension_multiply(struct dimension a, struct dimension b)
{
	return (struct dimension){ (int8_t)(a.bytes + b.bytes), (int8_t)(a.pages + b.pages),
				   (int8_t)(a.seconds + b.seconds), (int8_t)(a.cores + b.cores) };
}

struct dimension dimension_divide(struct dimension a, struct dimension b)
{
	return (struct dimension){ (int8_t)(a.bytes - b.bytes), (int8_t)(a.pages - b.pages),
				   (int8_t)(a.seconds - b.seconds), (int8_t)(a.cores - b.cores) };
}

static int find_unit(const char *text, size_t length, struct unit *ret_unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) != length || memcmp(units[i].name, text, length) != 0)
			continue;
		*ret_unit = units[i].unit;
		return 0;
	}
	return -EINVAL;
}

int unit_parse(const char *text, size_t length, struct unit *ret_unit)
{
	struct unit result = unit_none;
	bool divide = false;
	unsigned int factors = 0;

	for (;;) {
		size_t n = 0;
		struct unit factor;
		int r;

		while (n < length && text[n] != '/' && text[n] != '*')
			n++;
		if (++factors > 4)	/* keeps the exponents small */
			return -EINVAL;
		/* "/s" is 1/s; an empty factor anywhere else is a mistake */
		if (n == 0 && length > 0 && (factors > 1 || text[0] != '/'))
			return -EINVAL;
		r = find_unit(text, n, &factor);
		if (r < 0)
			return r;
		result.dimension = divide ? dimension_divide(result.dimension, factor.dimension)
					  : dimension_multiply(result.dimension, factor.dimension);
		result.scale = divide ? result.scale / factor.scale : result.scale * factor.scale;
		if (n == length)
			break;
		divide = text[n] == '/';
		text += n + 1;
		length -= n + 1;
		if (length == 0)
			return -EINVAL;
	}
	*ret_unit = result;
	return 0;
}

static void describe_factor(struct strbuf *out, const char *name, int exponent, bool *any)
{
	if (exponent == 0)
		return;
	strbuf_addf(out, "%s%s", *any ? "·" : "", name);
	if (exponent != 1)
		strbuf_addf(out, "^%d", exponent);
	*any = true;
}

const char *dimension_describe(struct dimension d, char *buffer, size_t size)
{
	static const char *const names[] = { "bytes", "pages", "seconds", "cores" };
	static const char *const singular[] = { "byte", "page", "second", "core" };
	const int exponents[] = { d.bytes, d.pages, d.seconds, d.cores };
	CLEANUP(strbuf_release) struct strbuf above = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf below = STRBUF_INIT;
	bool any_above = false, any_below = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		describe_factor(&above, names[i], MAX(exponents[i], 0), &any_above);
		describe_factor(&below, singular[i], MAX(-exponents[i], 0), &any_below);
	}
	if (!any_above && !any_below)
		snprintf(buffer, size, "a plain number");
	else if (!any_below)
		snprintf(buffer, size, "%s", above.buf);
	else
		snprintf(buffer, size, "%s per %s", any_above ? above.buf : "number", below.buf);
	return buffer;
}

/* 1234567 → 1,234,567; up to three significant decimals where they say something. */
static void add_plain(struct strbuf *out, double value)
{
	char digits[400];
	double magnitude = fabs(value);
	int decimals = magnitude == floor(magnitude) || magnitude >= 1000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 1 ? 2 : 3;
	const char *c = digits;
	size_t whole;

	if (magnitude > 0 && magnitude < 0.0005) {
		strbuf_addf(out, "%.2g", value);
		return;
	}
	snprintf(digits, sizeof(digits), "%.*f", decimals, value);
	if (*c == '-')
		strbuf_add_char(out, *c++);
	whole = strcspn(c, ".");
	for (size_t i = 0; i < whole; i++) {
		if (i > 0 && (whole - i) % 3 == 0)
			strbuf_add_char(out, ',');
		strbuf_add_char(out, c[i]);
	}
	c += whole;
	if (*c != '.')
		return;
	strbuf_add_string(out, c);
	while (out->buf[out->len - 1] == '0')
		strbuf_truncate(out, out->len - 1);
	if (out->buf[out->len - 1] == '.')
		strbuf_truncate(out, out->len - 1);
}

struct prefix {
	double scale;
	const char *name;
};

static void add_scaled(struct strbuf *out, double value, const struct prefix *prefixes, size_t count)
{
	size_t i = 0;

	while (i + 1 < count && fabs(value) < prefixes[i].scale)
		i++;
	if (value == 0)
		i = count - 1;
	add_plain(out, value / prefixes[i].scale);
	strbuf_addf(out, " %s", prefixes[i].name);
}

/* clang-format off */
static const struct prefix byte_prefixes[] = {
	{ 0x1p40, "TiB" }, { 0x1p30, "GiB" }, { 0x1p20, "MiB" }, { 0x1p10, "KiB" }, { 1, "B" },
};
static const struct prefix second_prefixes[] = {
	{ 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "µs" }, { 1e-9, "ns" },
};
static const struct prefix hertz_prefixes[] = {
	{ 1e9, "GHz" }, { 1e6, "MHz" }, { 1e3, "kHz" }, { 1, "Hz" },
};
/* clang-format on */

/* Whether two decimals say all of it. */
static bool is_exact(double value)
{
	double hundredths = round(value * 100);

	if (fabs(value) >= 100)		/* shown with one decimal, and from 1000 on with none */
		hundredths = fabs(value) >= 1000 ? round(value) * 100 : round(value * 10) * 10;
	return fabs(hundredths / 100 - value) <= fabs(value) * 1e-12;
}

/* In the largest unit that says all of it; false: none does. */
static bool add_exact(struct strbuf *out, double value, const struct prefix *prefixes, size_t count)
{
	for (size_t i = 0; value != 0 && i < count; i++) {
		if (fabs(value) < prefixes[i].scale || !is_exact(value / prefixes[i].scale))
			continue;
		add_plain(out, round(value / prefixes[i].scale * 100) / 100);
		strbuf_addf(out, " %s", prefixes[i].name);
		return true;
	}
	return false;
}

void quantity_format_exact(struct strbuf *out, double value, struct dimension dimension, bool ratio)
{
	static const struct dimension bytes = { .bytes = 1 }, seconds = { .seconds = 1 };
	bool done = false;

	if (isfinite(value) && dimension_equal(dimension, bytes))
		done = add_exact(out, value, byte_prefixes, ARRAY_SIZE(byte_prefixes));
	else if (isfinite(value) && dimension_equal(dimension, seconds))
		done = add_exact(out, value, second_prefixes, ARRAY_SIZE(second_prefixes));
	if (!done)
		quantity_format(out, value, dimension, ratio);
}

void frequency_format(struct strbuf *out, double value)
{
	if (!isfinite(value))
		quantity_format(out, value, unit_none.dimension, false);
	else if (!add_exact(out, value, hertz_prefixes, ARRAY_SIZE(hertz_prefixes)))
		add_scaled(out, value, hertz_prefixes, ARRAY_SIZE(hertz_prefixes));
}

void quantity_format(struct strbuf *out, double value, struct dimension dimension, bool ratio)
{
	/* Up to two of a unit are shown in the smaller one. */
	static const double second_from[] = { 2 * 86400, 2 * 3600, 120, 1, 1e-3, 1e-6, 1e-9 };
	struct dimension per_second = dimension;
	char name[64];

	per_second.seconds++;
	if (!isfinite(value)) {
		strbuf_add_string(out, isnan(value) ? "unknown" : value > 0 ? "unlimited" : "-unlimited");
	} else if (dimension_equal(dimension, unit_none.dimension)) {
		add_plain(out, ratio ? value * 100 : value);
		strbuf_add_string(out, ratio ? " %" : "");
	} else if (dimension_equal(dimension, (struct dimension){ .bytes = 1 })) {
		add_scaled(out, value, byte_prefixes, ARRAY_SIZE(byte_prefixes));
	} else if (dimension_equal(dimension, (struct dimension){ .seconds = 1 })) {
		size_t i = 0;

		while (i + 1 < ARRAY_SIZE(second_from) && fabs(value) < second_from[i])
			i++;
		if (value == 0)
			i = 3;
		add_plain(out, value / second_prefixes[i].scale);
		strbuf_addf(out, " %s", second_prefixes[i].name);
	} else if (dimension_equal(dimension, (struct dimension){ .pages = 1 })) {
		add_plain(out, value);
		strbuf_add_string(out, value == 1 ? " page" : " pages");
	} else if (dimension_equal(dimension, (struct dimension){ .cores = 1 })) {
		add_plain(out, value);
		strbuf_add_string(out, value == 1 ? " core" : " cores");
	} else if (dimension.seconds == -1 && !dimension_equal(dimension, (struct dimension){ .bytes = -1 })) {
		quantity_format(out, value, per_second, false);
		strbuf_add_string(out, "/s");
	} else {
		add_plain(out, value);
		strbuf_addf(out, " %s", dimension_describe(dimension, name, sizeof(name)));
	}
}
