/* SPDX-License-Identifier: Apache-2.0 */
/* Points of time in text, of the Gregorian calendar, as seconds since 1970.  Nothing depends on the time zone of this host. */
#ifndef KEISOKU_TIMESTAMP_H
#define KEISOKU_TIMESTAMP_H

#include "base.h"

/* As RFC 3339 has it: "2026-11-23T07:39:49Z", "2026-11-23 08:39:49.25+01:00".  The whole text; -EINVAL. */
int timestamp_parse(const char *text, double *ret_sec);

/* The same at the start of *cursor, which moves past it; the time of day and its zone may be missing: midnight, and UTC.
 * "2026-11-23", "2026-11-23 07:39", "2026-11-23T07:39:49+0000".  False, and nothing moved: there is none. */
bool timestamp_scan(const char **cursor, double *ret_sec, bool *ret_has_zone);

/* When a day begins in UTC; false: there is no such day. */
bool day_begin(uint64_t year, uint64_t month, uint64_t day, double *ret_sec);

#endif
