/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence from kernel messages: how often each pattern of rules/log was said since boot and in the window, and what was
 * said first (the setting KEY.example).
 *
 * On a host the journal is asked, and where it has nothing of this boot /dev/kmsg; in a tree, text.  Messages are
 * anybody's text, at any rate: patterns match with limits, and a tick takes a bounded number of messages.
 *
 * PCRE2 runs without its compiler: nearly all patterns are anchored and fail at once, so that 27 of them take 0.7 µs a
 * message, and compiled 1.1. */
#include "kernel-log.h"

#include <errno.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define HISTORY_MESSAGES 200000
#define HISTORY_BYTES (32U << 20)
#define TICK_MESSAGES 10000
#define TICK_BYTES (4U << 20)
#define MATCH_LENGTH_MAX 2048		/* of a message; the kernel's own limit is 1024 */
#define EXAMPLE_MAX 512
#define MATCH_LIMIT 20000
#define MATCH_DEPTH 200
#define MATCH_HEAP_KIB 256

struct watched {
	const char *key;		/* lent, as all options are */
	pcre2_code *code;
	uint64_t count;
	series_id series;
	char *example;
	bool example_told, limit_noted;
};

struct kernel_log {
	struct log_feed feed;		/* first: the sources give it back */
	struct watched *watched;
	size_t n_watched;
	pcre2_match_data *match_data;
	pcre2_match_context *match_context;
	const struct log_source *source;
	void *source_state;
	struct snapshot *snapshot;
	bool noted_incomplete, noted_flood, noted_lost, noted_error;
};

/* ---- messages ---- */

static void note(struct kernel_log *log, bool *noted, const char *text)
{
	struct place place = { .file = log->feed.origin };

	if (!*noted)
		(void)diag_warning(snapshot_notes(log->snapshot), &place, "%s", text);
	*noted = true;
}

static bool matches(struct kernel_log *log, struct watched *watched, const char *line, size_t length)
{
	int r = pcre2_match(watched->code, (PCRE2_SPTR)line, length, 0, 0, log->match_data, log->match_context);
	struct place place = { .file = log->feed.origin };

	if (r >= 0 || r == PCRE2_ERROR_NOMATCH)
		return r >= 0;
	if (!watched->limit_noted)
		(void)diag_warning(snapshot_notes(log->snapshot), &place,
				   "the pattern of %s takes too long on some message, which was left out", watched->key);
	watched->limit_noted = true;
	return false;
}

static void take_line(struct kernel_log *log, const char *line, size_t length)
{
	size_t looked_at = MIN(length, MATCH_LENGTH_MAX);

	for (size_t i = 0; i < log->n_watched; i++) {
		struct watched *watched = &log->watched[i];

		if (!matches(log, watched, line, looked_at))
			continue;
		watched->count++;
		if (!watched->example)
			watched->example = xstrndup(line, MIN(looked_at, EXAMPLE_MAX));
	}
}

/* A message may hold several lines, each of which a text file would show as one. */
static void take_message(struct log_feed *feed, const char *text, size_t length)
{
	struct kernel_log *log = (struct kernel_log *)feed;

	while (length > 0) {
		const char *newline = memchr(text, '\n', length);
		size_t line = newline ? (size_t)(newline - text) : length;

		take_line(log, text, line);
		line += newline ? 1 : 0;
		text += line;
		length -= line;
	}
}

static void forget_messages(struct log_feed *feed)
{
	struct kernel_log *log = (struct kernel_log *)feed;

	for (size_t i = 0; i < log->n_watched; i++) {
		log->watched[i].count = 0;
		free(log->watched[i].example);
		log->watched[i].example = NULL;
	}
	feed->incomplete = false;
}

static int read_source(struct kernel_log *log, uint32_t messages, size_t bytes)
{
	log->feed.messages_left = messages;
	log->feed.bytes_left = bytes;
	log->feed.cut_short = log->feed.lost = false;
	return log->source->read(log->source_state, &log->feed);
}

/* ---- patterns ---- */

static void watch(struct kernel_log *log, const struct log_pattern *pattern)
{
	struct place place = { .file = pattern->key };
	PCRE2_UCHAR message[128] = "";
	pcre2_code *code;
	PCRE2_SIZE at;
	int error;

	code = pcre2_compile((PCRE2_SPTR)pattern->pattern, PCRE2_ZERO_TERMINATED,
			     PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL);
	if (!code) {
		(void)pcre2_get_error_message(error, message, sizeof(message));
		(void)diag_warning(snapshot_notes(log->snapshot), &place, "not a pattern: %s at character %zu",
				   (const char *)message, (size_t)at + 1);
		snapshot_metric_absent(log->snapshot, SUBJECT_HOST, pattern->key, -EINVAL, NULL);
		return;
	}
	log->watched[log->n_watched++] = (struct watched){
		.key = pattern->key, .code = code, .series = SERIES_NONE,
	};
}

static void watch_all(struct kernel_log *log, const struct probe_options *options)
{
	log->watched = xcalloc(MAX(options->n_patterns, 1), sizeof(*log->watched));
	for (size_t i = 0; i < options->n_patterns; i++)
		watch(log, &options->patterns[i]);
	log->match_data = pcre2_match_data_create(1, NULL);
	log->match_context = pcre2_match_context_create(NULL);
	if (!log->match_data || !log->match_context)
		abort();
	(void)pcre2_set_match_limit(log->match_context, MATCH_LIMIT);
	(void)pcre2_set_depth_limit(log->match_context, MATCH_DEPTH);
	(void)pcre2_set_heap_limit(log->match_context, MATCH_HEAP_KIB);
}

/* ---- sources ---- */

static void close_source(struct kernel_log *log)
{
	if (log->source)
		log->source->close(log->source_state);
	log->source = NULL;
}

/* Opens a source and takes what was said before the window.  0, or why there is nothing from it. */
static int try_source(struct kernel_log *log, const struct log_source *source, const struct root *root,
		      const struct probe_options *options)
{
	int r = source->open(root, options, &log->source_state);

	if (r < 0)
		return r;
	log->source = source;
	log->feed.origin = source->name;
	log->feed.incomplete = false;
	r = read_source(log, HISTORY_MESSAGES, HISTORY_BYTES);
	if (r <= 0) {
		close_source(log);
		return r < 0 ? r : -ENODATA;
	}
	if (log->feed.cut_short || log->feed.lost) {
		source->skip(log->source_state);
		log->feed.incomplete = true;
	}
	if (log->feed.incomplete)
		note(log, &log->noted_incomplete, "not all messages since boot are there, or they are too many to count; "
						  "the numbers since boot may be too low");
	return 0;
}

static void find_source(struct kernel_log *log, const struct root *root, const struct probe_options *options)
{
	static const struct log_source *const sources[] = { &log_source_journal, &log_source_kmsg, &log_source_text };
	const char *origin = NULL;
	int error = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		int r = try_source(log, sources[i], root, options);

		if (r == 0)
			return;
		/* The most telling reason: one that was there and could not be read. */
		if (error == -ENOENT || (error == -ENODATA && r != -ENOENT)) {
			error = r;
			origin = sources[i]->name;
		}
		if (r != -ENOENT && options->journal_file && sources[i] == &log_source_journal)
			break;		/* asked for by name: another source would be another machine's */
	}
	for (size_t i = 0; i < log->n_watched; i++)
		snapshot_metric_absent(log->snapshot, SUBJECT_HOST, log->watched[i].key,
				       error == -ENODATA ? -ENOENT : error, origin);
}

/* ---- the sampler ---- */

static void tell_example(struct kernel_log *log, struct watched *watched)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	if (!watched->example || watched->example_told)
		return;
	strbuf_addf(&key, "%s.example", watched->key);
	snapshot_set_string(log->snapshot, SUBJECT_HOST, key.buf, watched->example, log->feed.origin);
	watched->example_told = true;
}

static void sample(struct kernel_log *log)
{
	for (size_t i = 0; i < log->n_watched; i++) {
		struct watched *watched = &log->watched[i];

		if (watched->series == SERIES_NONE)
			watched->series = snapshot_series(log->snapshot, SUBJECT_HOST, watched->key,
							  strlen(watched->key), METRIC_COUNTER, 0);
		snapshot_counter(log->snapshot, watched->series, watched->count);
		tell_example(log, watched);
	}
}

static void kernel_log_tick(void *state, struct snapshot *snapshot)
{
	struct kernel_log *log = state;

	if (!log->source)
		return;
	log->snapshot = snapshot;
	if (read_source(log, TICK_MESSAGES, TICK_BYTES) < 0) {
		note(log, &log->noted_error, "cannot be read any more; messages after this moment are not counted");
		return;			/* a gap: nobody knows what was said */
	}
	if (log->feed.cut_short)
		note(log, &log->noted_flood, "more messages than can be looked at in one interval; their count lags behind");
	if (log->feed.lost) {
		note(log, &log->noted_lost, "messages were overwritten before they could be read; the counts are too low");
		return;
	}
	sample(log);
}

static int kernel_log_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			   void **ret_state)
{
	struct kernel_log *log = xcalloc(1, sizeof(*log));

	log->feed.message = take_message;
	log->feed.new_boot = forget_messages;
	log->snapshot = snapshot;
	watch_all(log, options);
	if (log->n_watched > 0)
		find_source(log, root, options);
	*ret_state = log;
	return 0;
}

static void kernel_log_close(void *state)
{
	struct kernel_log *log = state;

	if (!log)
		return;
	close_source(log);
	for (size_t i = 0; i < log->n_watched; i++) {
		pcre2_code_free(log->watched[i].code);
		free(log->watched[i].example);
	}
	free(log->watched);
	pcre2_match_data_free(log->match_data);
	pcre2_match_context_free(log->match_context);
	free(log);
}

static const char *const kernel_log_paths[] = {
	"/sos_commands/kernel/dmesg",
	"/sos_commands/kernel/dmesg_-T",
	"/var/log/dmesg",
	"/var/log/kern.log",
	NULL,
};

const struct sampler sampler_kernel_log = {
	.name = "kernel-log",
	.summary = "kernel messages that are evidence, from the journal, /dev/kmsg or dmesg",
	.paths = kernel_log_paths,
	.open = kernel_log_open,
	.tick = kernel_log_tick,
	.close = kernel_log_close,
};
