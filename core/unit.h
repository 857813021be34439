/* SPDX-License-Identifier: Apache-2.0 */
/* Units: a dimension and a scale.  Bytes and pages are different dimensions, so they cannot be compared by accident;
 * multiplying pages by the host's page size (bytes per page) gives bytes.
 *
 * Known units (each may be combined as a/b, a*b, 1/s):
 *   bytes:   B KiB MiB GiB TiB kB(=KiB, as the kernel means it) MB GB (powers of ten) sector (512 B) bit Kbit Mbit Gbit
 *   pages:   page pages
 *   time:    ns us ms cs (centisecond) s min h d tick (USER_HZ, 1/100 s)
 *   cpu:     core cores m (1/1000 of a core)
 *   none:    count (also packets requests tasks files connections …: write count), percent %, permille, ratio,
 *            per10000 (the unit of vm.watermark_*), bool masks
 *   1/time:  Hz kHz MHz GHz  */
#ifndef KEISOKU_UNIT_H
#define KEISOKU_UNIT_H

#include "base.h"

struct dimension {
	int8_t bytes, pages, seconds, cores;	/* exponents */
};

struct unit {
	struct dimension dimension;
	double scale;		/* of one of this unit in base units: bytes, pages, seconds, cores, 1 */
};

extern const struct unit unit_none;	/* a plain number */

static inline bool dimension_equal(struct dimension a, struct dimension b)
{
	return a.bytes == b.bytes && a.pages == b.pages && a.seconds == b.seconds && a.cores == b.cores;
}

struct dimension dimension_multiply(struct dimension a, struct dimension b);
struct dimension dimension_divide(struct dimension a, struct dimension b);

/* "KiB", "pages/s", "B/page", "%", "" (none).  -EINVAL when unknown. */
int unit_parse(const char *text, size_t length, struct unit *ret_unit);

/* For messages: "bytes", "pages/second", "a plain number". buffer of at least 64 bytes; returns it. */
const char *dimension_describe(struct dimension dimension, char *buffer, size_t size);

struct strbuf;

/* A number in base units, as a person reads it: 4.0 KiB, 1.2 GiB/s, 350 µs, 12.5 %, 1,234 (plain).  Percent is chosen
 * when ratio is true.  No locale. */
void quantity_format(struct strbuf *out, double value, struct dimension dimension, bool ratio);

/* The same for a setting, which is what it is: nothing is rounded away.  1,500 B, not 1.46 KiB; 208 KiB; 90 s. */
void quantity_format_exact(struct strbuf *out, double value, struct dimension dimension, bool ratio);
/* Of hertz: 3.6 GHz, not 3,600,000,000 /s. */
void frequency_format(struct strbuf *out, double value);

#endif
