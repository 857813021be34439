/* SPDX-License-Identifier: Apache-2.0 */
#include "timestamp.h"

#include <errno.h>

#define DAY_SEC 86400

static bool is_leap(uint64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool day_begin(uint64_t year, uint64_t month, uint64_t day, double *ret_sec)
{
	static const uint16_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	uint64_t leap, past;
	int64_t days;

	if (year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	leap = is_leap(year);
	if (day > (uint64_t)(before[month] - before[month - 1]) + (month == 2 ? leap : 0))
		return false;
	past = year > 0 ? year - 1 : 0;			/* whole years, 1 to past; the year 0 was a leap year */
	days = (int64_t)(year * 365 + past / 4 - past / 100 + past / 400 + (year > 0)) - 719528;
	days += before[month - 1] + (month > 2 ? (int64_t)leap : 0) + (int64_t)day - 1;
	*ret_sec = (double)days * DAY_SEC;
	return true;
}

/* Exactly count digits. */
static bool scan_digits(const char **cursor, size_t count, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++) {
		char c = (*cursor)[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (uint64_t)(c - '0');
	}
	*cursor += count;
	*ret_value = value;
	return true;
}

static bool scan_char(const char **cursor, char c)
{
	if (**cursor != c)
		return false;
	++*cursor;
	return true;
}

/* ".25", ",25": any number of digits. */
static bool scan_fraction(const char **cursor, double *ret_value)
{
	const char *c = *cursor;
	double scale = 1, value = 0;

	if (*c != '.' && *c != ',')
		return false;
	for (c++; *c >= '0' && *c <= '9'; c++) {
		scale /= 10;
		value += (*c - '0') * scale;
	}
	if (c == *cursor + 1)
		return false;
	*cursor = c;
	*ret_value = value;
	return true;
}

/* "07:39", "07:39:49.25".  A leap second is the last one of its minute. */
static bool scan_clock(const char **cursor, double *ret_sec)
{
	uint64_t hour, minute, second = 0;
	const char *c = *cursor;
	double fraction = 0;

	if (!scan_digits(&c, 2, &hour) || !scan_char(&c, ':') || !scan_digits(&c, 2, &minute))
		return false;
	if (scan_char(&c, ':')) {
		if (!scan_digits(&c, 2, &second))
			return false;
		(void)scan_fraction(&c, &fraction);
	}
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*ret_sec = (double)(hour * 3600 + minute * 60 + MIN(second, (uint64_t)59)) + fraction;
	*cursor = c;
	return true;
}

/* "Z", "+01:00", "+0100", "+01": how far ahead of UTC. */
static bool scan_zone(const char **cursor, double *ret_sec)
{
	uint64_t hours, minutes = 0;
	const char *c = *cursor;
	bool west;

	*ret_sec = 0;
	if (scan_char(cursor, 'Z') || scan_char(cursor, 'z'))
		return true;
	west = *c == '-';
	if ((*c != '+' && *c != '-') || (c++, !scan_digits(&c, 2, &hours)))
		return false;
	if (scan_char(&c, ':') ? !scan_digits(&c, 2, &minutes) : (*c >= '0' && *c <= '9' && !scan_digits(&c, 2, &minutes)))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	*ret_sec = (double)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	*cursor = c;
	return true;
}

bool timestamp_scan(const char **cursor, double *ret_sec, bool *ret_has_zone)
{
	double begin, clock = 0, ahead = 0;
	uint64_t year, month, day;
	const char *c = *cursor, *after;

	*ret_has_zone = false;
	if (!scan_digits(&c, 4, &year) || !scan_char(&c, '-') || !scan_digits(&c, 2, &month) || !scan_char(&c, '-') ||
	    !scan_digits(&c, 2, &day) || !day_begin(year, month, day, &begin))
		return false;
	after = c;
	if ((*after == 'T' || *after == 't' || *after == ' ') && (after++, scan_clock(&after, &clock))) {
		*ret_has_zone = scan_zone(&after, &ahead);
		c = after;
	}
	*ret_sec = begin + clock - ahead;
	*cursor = c;
	return true;
}

int timestamp_parse(const char *text, double *ret_sec)
{
	bool has_zone;
	double sec;

	if (!timestamp_scan(&text, &sec, &has_zone) || !has_zone || *text != '\0')
		return -EINVAL;
	*ret_sec = sec;
	return 0;
}
