/* SPDX-License-Identifier: Apache-2.0 */
#include "rightsize-making.h"

#include "../core/strbuf.h"
#include "../core/unit.h"

#define HOUR_SEC 3600.0
#define DAY_SEC 86400.0

const char *duration_text(struct arena *arena, double sec)
{
	if (sec >= 2 * DAY_SEC)
		return arena_formatf(arena, "%.1f days", sec / DAY_SEC);
	if (sec >= 2 * HOUR_SEC)
		return arena_formatf(arena, "%.1f hours", sec / HOUR_SEC);
	if (sec >= 120)
		return arena_formatf(arena, "%.0f minutes", sec / 60);
	return arena_formatf(arena, "%.0f seconds", sec);
}

const char *use_text(struct arena *arena, enum resource resource, double use)
{
	static const struct dimension bytes = { .bytes = 1 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (isnan(use))
		return "unknown";
	if (resource == RESOURCE_CPU) {
		if (use >= 10)
			return arena_formatf(arena, "%.1f CPUs", use);
		return use > 0 && use < 0.001 ? "less than 1m" : arena_formatf(arena, "%.0fm", use * 1000);
	}
	quantity_format(&text, use, bytes, false);
	return arena_strdup(arena, text.buf);
}
