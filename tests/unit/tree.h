/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: a small file system tree in a directory of its own, and the ticks of a sampler over it. */
#ifndef KEISOKU_TEST_TREE_H
#define KEISOKU_TEST_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../probes/probe.h"

struct tree {
	char path[32];
	struct root *root;
	struct snapshot *snapshot;
	const struct sampler *sampler;
	void *state;
	double now;			/* the next tick's time */
};

static inline void tree_begin(struct tree *tree)
{
	*tree = (struct tree){ .path = "/tmp/keisoku-test-XXXXXX", .now = 100 };
	assert_non_null(mkdtemp(tree->path));
	assert_int_equal(root_open(tree->path, &tree->root), 0);
	tree->snapshot = snapshot_new();
	snapshot_window(tree->snapshot)->interval_sec = 1;
}

/* Makes a directory and those above it. */
static inline void tree_mkdir(struct tree *tree, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;

	strbuf_addf(&full, "%s%s", tree->path, path);
	for (char *p = full.buf + strlen(tree->path) + 1; ; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		assert_true(mkdir(full.buf, 0755) == 0 || errno == EEXIST);
		*p = c;
		if (c == '\0')
			break;
	}
}

static inline void tree_write_bytes(struct tree *tree, const char *path, const void *bytes, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;
	CLEANUP(free_ptr) char *directory = xstrdup(path);
	int fd;

	*strrchr(directory, '/') = '\0';
	if (*directory)
		tree_mkdir(tree, directory);
	strbuf_addf(&full, "%s%s", tree->path, path);
	fd = open(full.buf, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	assert_int_equal(close(fd), 0);
}

static inline void tree_write(struct tree *tree, const char *path, const char *text)
{
	tree_write_bytes(tree, path, text, strlen(text));
}

static inline int tree_remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

/* A file, or a directory with all that is in it. */
static inline void tree_remove(struct tree *tree, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;

	strbuf_addf(&full, "%s%s", tree->path, path);
	assert_int_equal(nftw(full.buf, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void tree_open(struct tree *tree, const struct sampler *sampler, const struct probe_options *options)
{
	static const struct probe_options none;

	tree->sampler = sampler;
	assert_int_equal(sampler->open(tree->root, options ? options : &none, tree->snapshot, &tree->state), 0);
}

/* One tick, a second after the one before. */
static inline void tree_tick(struct tree *tree)
{
	snapshot_tick_begin(tree->snapshot, tree->now, tree->now, 1e9 + tree->now);
	tree->sampler->tick(tree->state, tree->snapshot);
	snapshot_tick_end(tree->snapshot);
	tree->now++;
}

static inline void tree_end(struct tree *tree)
{
	if (tree->sampler)
		tree->sampler->close(tree->state);
	snapshot_free(tree->snapshot);
	root_free(tree->root);
	tree_remove(tree, "");
}

static inline const struct series *tree_metric(struct tree *tree, enum subject_kind kind, const char *name,
					       const char *key)
{
	subject_id subject = kind == SUBJECT_KIND_HOST ? SUBJECT_HOST
						       : snapshot_find_subject(tree->snapshot, kind, name);

	return subject == SUBJECT_NONE ? NULL : snapshot_metric(tree->snapshot, subject, key);
}

/* A value as a test expects it. */
struct expected {
	enum subject_kind kind;
	const char *name;		/* of the subject; NULL: the host */
	const char *key;
	double value;
};

static inline void tree_expect_last(struct tree *tree, const struct expected *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct series *series = tree_metric(tree, expected[i].kind, expected[i].name, expected[i].key);

		if (!series)
			fail_msg("%s of %s is not there", expected[i].key, expected[i].name ? expected[i].name : "host");
		else if (series->last != expected[i].value)
			fail_msg("%s of %s is %g, expected %g", expected[i].key,
				 expected[i].name ? expected[i].name : "host", series->last, expected[i].value);
	}
}

static inline void tree_expect_host(struct tree *tree, const char *key, double last)
{
	const struct expected expected = { SUBJECT_KIND_HOST, NULL, key, last };

	tree_expect_last(tree, &expected, 1);
}

static inline double tree_delta(struct tree *tree, const char *key)
{
	const struct series *series = tree_metric(tree, SUBJECT_KIND_HOST, NULL, key);

	assert_non_null(series);
	return series->delta;
}

/* The host's key has no series, and the snapshot says why. */
static inline void tree_expect_absent(struct tree *tree, const char *key, enum absence absence)
{
	const struct setting *setting = snapshot_get(tree->snapshot, SUBJECT_HOST, key);

	assert_null(tree_metric(tree, SUBJECT_KIND_HOST, NULL, key));
	if (!setting)
		fail_msg("nothing is said about %s", key);
	assert_int_equal(setting->absence, absence);
}

/* Whether some note of the capture has text in it. */
static inline bool tree_noted(struct tree *tree, const char *text)
{
	const struct diag *notes = snapshot_notes(tree->snapshot);

	for (size_t i = 0; i < notes->count; i++)
		if (strstr(notes->entries[i].message, text))
			return true;
	return false;
}

#endif
