/* SPDX-License-Identifier: Apache-2.0 */
/* What looks like objects of Kubernetes, before any of it is read. */
#include <fcntl.h>
#include <fts.h>

#include "reader.h"

#define FILES_MAX 5000		/* of a directory that are looked at */
#define DEPTH_MAX 12

/* "apiVersion: apps/v1" at the beginning of a line. */
static bool has_member(const char *text, size_t length, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text, *end = text + length; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line)), *at = line;
		size_t left = (size_t)((newline ? newline : end) - line);

		if (left > n && memcmp(at, name, n) == 0 && at[n] == ':')
			return true;
		line = newline ? newline + 1 : end;
	}
	return false;
}

static bool is_json(const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && strchr(" \t\r\n", text[i]) && text[i])
		i++;
	return i < length && (text[i] == '{' || text[i] == '[');
}

bool cluster_recognise(const char *text, size_t length)
{
	length = MIN(length, CLUSTER_HEAD);
	if (!is_json(text, length))
		/* Of a list the kind comes last. */
		return has_member(text, length, "apiVersion") && (has_member(text, length, "kind") || has_member(text, length, "items"));
	return memmem(text, length, "apiVersion", strlen("apiVersion")) && memmem(text, length, "kind", strlen("kind")) &&
	       !memmem(text, length, "\"keisoku-snapshot\"", strlen("\"keisoku-snapshot\""));
}

static bool is_manifest(const char *path)
{
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	struct stream_budget budget = { 0 };
	const void *bytes;
	size_t length;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);

	if (fd < 0)
		return false;
	stream = stream_of_fd(fd, &budget);
	return stream_peek(stream, CLUSTER_HEAD, &bytes, &length) == 0 && cluster_recognise(bytes, length);
}

bool cluster_recognise_directory(const char *path)
{
	char *paths[] = { (char *)path, NULL };
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, NULL);
	unsigned int looked = 0;
	bool found = false;
	FTSENT *entry;

	while (walk && !found && looked < FILES_MAX && (entry = fts_read(walk))) {
		if (entry->fts_info == FTS_D && entry->fts_level >= DEPTH_MAX)
			(void)fts_set(walk, entry, FTS_SKIP);
		if (entry->fts_info != FTS_F)
			continue;
		looked++;
		found = (ends_with(entry->fts_name, ".yaml") || ends_with(entry->fts_name, ".yml") || ends_with(entry->fts_name, ".json")) &&
			is_manifest(entry->fts_accpath);
	}
	if (walk)
		(void)fts_close(walk);
	return found;
}
