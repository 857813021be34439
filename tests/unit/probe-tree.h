/* SPDX-License-Identifier: Apache-2.0 */
/* A root file system made for one test in a directory of its own, and what a probe read from it. */
#ifndef KEISOKU_PROBE_TREE_H
#define KEISOKU_PROBE_TREE_H

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../probes/probe.h"

struct tree {
	char path[64];
	struct root *root;
	struct snapshot *snapshot;
};

static inline int tree_setup(void **state)
{
	struct tree *tree = xcalloc(1, sizeof(*tree));

	memcpy(tree->path, "/tmp/keisoku-test-XXXXXX", sizeof("/tmp/keisoku-test-XXXXXX"));
	*state = tree;
	return mkdtemp(tree->path) ? 0 : -1;
}

static inline int tree_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int tree_teardown(void **state)
{
	struct tree *tree = *state;

	root_free(tree->root);
	snapshot_free(tree->snapshot);
	(void)nftw(tree->path, tree_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(tree);
	return 0;
}

/* The path below the tree, its directories made. */
static inline void tree_path(const struct tree *tree, const char *path, struct strbuf *full)
{
	strbuf_reset(full);
	strbuf_addf(full, "%s%s", tree->path, path);
	for (char *slash = full->buf + strlen(tree->path) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)mkdir(full->buf, 0755);
		*slash = '/';
	}
}

static inline void tree_write_bytes(const struct tree *tree, const char *path, const char *bytes, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;
	int fd;

	tree_path(tree, path, &full);
	fd = open(full.buf, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length)
		fail_msg("cannot write %s", full.buf);
	(void)close(fd);
}

static inline void tree_write(const struct tree *tree, const char *path, const char *text)
{
	tree_write_bytes(tree, path, text, strlen(text));
}

static inline void tree_directory(const struct tree *tree, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;

	tree_path(tree, path, &full);
	if (mkdir(full.buf, 0755) < 0 && errno != EEXIST)
		fail_msg("cannot make %s", full.buf);
}

static inline void tree_link(const struct tree *tree, const char *path, const char *target)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;

	tree_path(tree, path, &full);
	if (symlink(target, full.buf) < 0)
		fail_msg("cannot link %s", full.buf);
}

/* Runs the probe once more into the same snapshot. */
static inline void tree_read_more(struct tree *tree, const struct probe *probe, const struct probe_options *options)
{
	if (!tree->root)
		assert_int_equal(root_open(tree->path, &tree->root), 0);
	if (!tree->snapshot)
		tree->snapshot = snapshot_new();
	assert_int_equal(probe->read(tree->root, options, tree->snapshot), 0);
}

static inline void tree_read(struct tree *tree, const struct probe *probe)
{
	static const struct probe_options options;

	tree_read_more(tree, probe, &options);
}

static inline subject_id tree_subject(const struct tree *tree, enum subject_kind kind, const char *name)
{
	return kind == SUBJECT_KIND_HOST ? SUBJECT_HOST : snapshot_find_subject(tree->snapshot, kind, name);
}

/* expected: the text; NULL: nobody looked for it; ABSENCE(…): why there is none. */
#define ABSENCE(what) ("\1" #what)

static inline void assert_setting_at(const struct tree *tree, enum subject_kind kind, const char *name, const char *key,
				     const char *expected, const char *file, int line)
{
	static const char *const absences[] = {
		[ABSENT] = ABSENCE(ABSENT), [UNREADABLE] = ABSENCE(UNREADABLE), [UNSUPPORTED] = ABSENCE(UNSUPPORTED),
		[UNPARSABLE] = ABSENCE(UNPARSABLE),
	};
	subject_id subject = tree_subject(tree, kind, name);
	const struct setting *setting = subject == SUBJECT_NONE ? NULL : snapshot_get(tree->snapshot, subject, key);
	const char *found = !setting ? NULL : setting->absence == PRESENT ? setting->raw : absences[setting->absence];

	if ((!found && !expected) || (found && expected && streq(found, expected)))
		return;
	print_error("%s '%s' %s: expected '%s', found '%s'\n", subject_kind_name(kind), name, key,
		    expected ? expected : "(nothing)", found ? found : "(nothing)");
	_fail(file, line);
}

#define assert_setting(tree, kind, name, key, expected)                                                               \
	assert_setting_at(tree, SUBJECT_KIND_##kind, name, key, expected, __FILE__, __LINE__)

static inline void assert_origin(const struct tree *tree, subject_id subject, const char *key, const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
	const struct setting *setting = snapshot_get(tree->snapshot, subject, key);

	assert_non_null(setting);
	setting_origin(tree->snapshot, setting, &origin);
	assert_string_equal(origin.buf, expected);
}

/* Whether a note of the capture holds text. */
static inline bool tree_noted(const struct tree *tree, const char *text)
{
	const struct diag *notes = snapshot_notes(tree->snapshot);

	for (size_t i = 0; i < notes->count; i++)
		if (strstr(notes->entries[i].message, text))
			return true;
	return false;
}

#define tree_test(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

#endif
