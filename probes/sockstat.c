/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/sockstat and sockstat6: sockets and the memory they hold.  net/ipv4/proc.c, sockstat_seq_show().
 *
 *	sockets: used 17
 *	TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 323
 *
 * Two scopes stand in one line: inuse and tw are of the reader's network namespace; orphan, alloc and mem are of the
 * whole host.  mem is in pages. */
#include <errno.h>

#include "probe.h"
#include "table.h"

enum { FILE_SOCKSTAT, FILE_SOCKSTAT6, FILE_COUNT };

static const char *const sockstat_paths[] = {
	[FILE_SOCKSTAT] = "/proc/net/sockstat",
	[FILE_SOCKSTAT6] = "/proc/net/sockstat6",
	[FILE_COUNT] = NULL,
};

/* clang-format off */
static const struct sockstat_group {
	const char *label;
	const char *prefix;
} sockstat_groups[] = {
	{ "FRAG",     "sockstat.FRAG." },
	{ "FRAG6",    "sockstat.FRAG6." },
	{ "RAW",      "sockstat.RAW." },
	{ "RAW6",     "sockstat.RAW6." },
	{ "TCP",      "sockstat.TCP." },
	{ "TCP6",     "sockstat.TCP6." },
	{ "UDP",      "sockstat.UDP." },
	{ "UDP6",     "sockstat.UDP6." },
	{ "UDPLITE",  "sockstat.UDPLITE." },
	{ "UDPLITE6", "sockstat.UDPLITE6." },
	{ "sockets",  "sockstat.sockets." },
};
/* clang-format on */

static const char *const tcp_wanted[] = { "inuse", "orphan", "tw", "alloc", "mem", NULL };
static const char *const udp_wanted[] = { "inuse", "mem", NULL };
static const char *const sockets_wanted[] = { "used", NULL };
static const char *const frag_wanted[] = { "inuse", "memory", NULL };
static const char *const inuse_wanted[] = { "inuse", NULL };

struct sockstat_state {
	struct sampled_file files[FILE_COUNT];
	struct series_cache caches[FILE_COUNT];
	bool marked;
};

static int sockstat_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			 void **ret_state)
{
	struct sockstat_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	for (size_t i = 0; i < FILE_COUNT; i++) {
		sampled_file_init(&state->files[i], root, sockstat_paths[i]);
		state->caches[i] = (struct series_cache)SERIES_CACHE_INIT(sockstat_paths[i], 64);
	}
	*ret_state = state;
	return 0;
}

static const char *sockstat_prefix(const char *label, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(sockstat_groups); i++)
		if (strlen(sockstat_groups[i].label) == length && memcmp(sockstat_groups[i].label, label, length) == 0)
			return sockstat_groups[i].prefix;
	return NULL;
}

/* " inuse 1 orphan 0\n": names and numbers by turns, up to the end of the line.  Counts over CPUs read without a lock
 * may be negative for a moment; they then say nothing, and are left out. */
static bool sockstat_line(struct series_cache *cache, struct snapshot *snapshot, const char *prefix, const char *cursor)
{
	for (;;) {
		const char *name;
		uint64_t value;
		size_t length;
		bool negative;

		while (scan_is_blank(*cursor))
			cursor++;
		if (*cursor == '\n')
			return true;
		name = cursor;
		length = scan_name_length(name, '\0');
		cursor += length;
		if (length == 0 || *cursor++ != ' ' || !scan_signed(&cursor, &value, &negative) ||
		    (!scan_is_blank(*cursor) && *cursor != '\n'))
			return false;
		if (!negative)
			series_cache_gauge(cache, snapshot, SUBJECT_HOST, prefix, name, length, (double)value);
	}
}

static void sockstat_parse(struct sockstat_state *state, size_t file, struct snapshot *snapshot)
{
	const char *cursor = state->files[file].text.buf;

	series_cache_rewind(&state->caches[file]);
	while (*cursor) {
		size_t length = scan_name_length(cursor, ':');
		const char *prefix = sockstat_prefix(cursor, length);
		const char *line = cursor;

		scan_skip_line(&cursor);
		if (line[length] != ':' ||
		    (prefix && !sockstat_line(&state->caches[file], snapshot, prefix, line + length + 1)))
			sampled_file_note(&state->files[file], snapshot, line, "not names and numbers; left out");
	}
	sampled_file_check_end(&state->files[file], snapshot, cursor);
}

static void sockstat_mark_absent(struct sockstat_state *state, struct snapshot *snapshot)
{
	/* clang-format off */
	static const struct {
		int file;
		const char *prefix;
		const char *const *names;
	} wanted[] = {
		{ FILE_SOCKSTAT,  "sockstat.TCP.",     tcp_wanted },
		{ FILE_SOCKSTAT,  "sockstat.UDP.",     udp_wanted },
		{ FILE_SOCKSTAT,  "sockstat.sockets.", sockets_wanted },
		{ FILE_SOCKSTAT,  "sockstat.FRAG.",    frag_wanted },
		{ FILE_SOCKSTAT6, "sockstat.TCP6.",    inuse_wanted },
		{ FILE_SOCKSTAT6, "sockstat.UDP6.",    inuse_wanted },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		int error = state->files[wanted[i].file].error;

		table_mark_absent(snapshot, SUBJECT_HOST, wanted[i].prefix, wanted[i].names, error < 0 ? error : -ENOENT,
				  sockstat_paths[wanted[i].file]);
	}
}

static void sockstat_tick(void *data, struct snapshot *snapshot)
{
	struct sockstat_state *state = data;

	for (size_t i = 0; i < FILE_COUNT; i++)
		if (sampled_file_read(&state->files[i]) == 0)
			sockstat_parse(state, i, snapshot);
	if (!state->marked)
		sockstat_mark_absent(state, snapshot);
	state->marked = true;
}

static void sockstat_close(void *data)
{
	struct sockstat_state *state = data;

	for (size_t i = 0; i < FILE_COUNT; i++) {
		sampled_file_release(&state->files[i]);
		series_cache_release(&state->caches[i]);
	}
	free(state);
}

const struct sampler sampler_sockstat = {
	.name = "sockstat",
	.summary = "sockets in use, waiting, orphaned, and the memory they hold",
	.paths = sockstat_paths,
	.open = sockstat_open,
	.tick = sockstat_tick,
	.close = sockstat_close,
};
