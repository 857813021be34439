/* SPDX-License-Identifier: Apache-2.0 */
/* Streams, what bytes are, and the entries of tar archives. */
#include "../../core/tarball.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "tar.h"
#include "test.h"

struct magic_case {
	const char *bytes;
	size_t length;
	enum magic_kind kind;
};

static void bytes_tell_what_they_are(void **state)
{
	static const char zeros[4096];
#define BYTES(text) text, sizeof(text) - 1
	static const struct magic_case cases[] = {
		{ BYTES(""), MAGIC_NOTHING },
		{ BYTES("\x1f\x8b\x08"), MAGIC_GZIP },
		{ BYTES("BZh9"), MAGIC_BZIP2 },
		{ BYTES("\xfd" "7zXZ\0"), MAGIC_XZ },
		{ BYTES("\x28\xb5\x2f\xfd"), MAGIC_ZSTD },
		{ BYTES("\x04\x22\x4d\x18"), MAGIC_LZ4 },
		{ BYTES(" \n{\"format\""), MAGIC_JSON },
		{ BYTES("[1]"), MAGIC_JSON },
		{ BYTES("   "), MAGIC_UNKNOWN },
		{ BYTES("vm.swappiness = 1"), MAGIC_UNKNOWN },
		{ BYTES("PK\3\4"), MAGIC_OTHER },
		{ zeros, 511, MAGIC_UNKNOWN },
		{ zeros, 512, MAGIC_TAR },
	};
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT, disk = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(magic_of(cases[i].bytes, cases[i].length)->kind, cases[i].kind);
	tar_add(&tar, &(struct tar_entry){ .name = "etc/", .type = '5' });
	assert_int_equal(magic_of(tar.buf, tar.len)->kind, MAGIC_TAR);
	tar.buf[0] ^= 1;		/* the checksum does not fit */
	assert_int_equal(magic_of(tar.buf, tar.len)->kind, MAGIC_UNKNOWN);
	strbuf_add(&disk, zeros, 1080);
	strbuf_add(&disk, "\x53\xef", 2);
	assert_int_equal(magic_of(disk.buf, disk.len)->kind, MAGIC_OTHER);
	assert_string_equal(magic_of(disk.buf, disk.len)->name, "an ext2, ext3 or ext4 file system");
}

static void paths_are_made_plain(void **state)
{
	static const struct {
		const char *path, *plain;
		int error;
		bool absolute;
	} cases[] = {
		{ "etc/fstab", "etc/fstab", 0, false },
		{ "./etc//fstab/", "etc/fstab", 0, false },
		{ "/etc/./fstab", "etc/fstab", 0, true },
		{ "./", "", 0, false },
		{ "", "", 0, false },
		{ "..", "", -EXDEV, false },
		{ "a/../b", "", -EXDEV, false },
		{ "/../etc/passwd", "", -EXDEV, true },
		{ "...", "...", 0, false },
		{ "a..b/..c", "a..b/..c", 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;
		bool absolute;

		assert_int_equal(path_make_plain(cases[i].path, &plain, &absolute), cases[i].error);
		assert_int_equal(absolute, cases[i].absolute);
		if (cases[i].error == 0)
			assert_string_equal(plain.buf, cases[i].plain);
	}
}

static void paths_longer_or_deeper_than_linux_allows_are_none(void **state)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, plain = STRBUF_INIT;
	bool absolute;

	strbuf_add_repeated(&path, 'n', 256);
	assert_int_equal(path_make_plain(path.buf, &plain, &absolute), -ENAMETOOLONG);
	strbuf_reset(&path);
	for (int i = 0; i < CHANGE_DEPTH_MAX + 1; i++)
		strbuf_add_string(&path, "d/");
	assert_int_equal(path_make_plain(path.buf, &plain, &absolute), -ENAMETOOLONG);
	strbuf_truncate(&path, 2 * CHANGE_DEPTH_MAX);
	assert_int_equal(path_make_plain(path.buf, &plain, &absolute), 0);
}

/* ---- entries ---- */

static int describe(void *context, struct change *change, struct stream *content)
{
	static const char *const kinds[] = {
		[CHANGE_FILE] = "file", [CHANGE_DIRECTORY] = "directory", [CHANGE_LINK] = "link",
		[CHANGE_HARD_LINK] = "hard", [CHANGE_OTHER] = "other",
	};
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct strbuf *said = context;
	int r = 0;

	strbuf_addf(said, "%s%s %s", said->len ? ", " : "", kinds[change->kind], change->path);
	if (change->kind == CHANGE_LINK || change->kind == CHANGE_HARD_LINK)
		strbuf_addf(said, " -> %s", change->target);
	if (change->kind == CHANGE_FILE) {
		r = stream_read_all(content, 1 << 20, &text);
		strbuf_addf(said, "=%.*s", (int)text.len, text.buf);
	}
	return r;
}

struct outcome {
	int r;
	struct strbuf said, why;
	struct left_out left;
};

static void outcome_release(struct outcome *outcome)
{
	strbuf_release(&outcome->said);
	strbuf_release(&outcome->why);
	left_out_release(&outcome->left);
}

static void read_tar(const struct strbuf *tar, enum tarball_kind kind, struct outcome *outcome)
{
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(tar->buf, tar->len, &budget);

	*outcome = (struct outcome){ .said = STRBUF_INIT, .why = STRBUF_INIT };
	outcome->r = tarball_read(stream, kind, describe, &outcome->said, &outcome->left, &outcome->why);
}

static const struct tar_entry ordinary[] = {
	{ .name = "./", .type = '5' },
	{ .name = "./etc/", .type = '5' },
	{ .name = "./etc/a", .text = "one" },
	{ .name = "./etc/b", .type = '2', .target = "../x" },
	{ .name = "etc/c", .type = '1', .target = "./etc/a" },
	{ .name = "dev/null", .type = '3' },
	{ .name = "run/pipe", .type = '6' },
	{ 0 },
};

static void entries_come_in_their_order(void **state)
{
	CLEANUP(outcome_release) struct outcome outcome = { 0 };
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT;

	tar_add_all(&tar, ordinary);
	tar_end(&tar);
	read_tar(&tar, TARBALL_WHOLE, &outcome);
	assert_int_equal(outcome.r, 0);
	assert_string_equal(outcome.said.buf, "directory , directory etc, file etc/a=one, link etc/b -> ../x, "
			    "hard etc/c -> etc/a, other dev/null, other run/pipe");
}

static void a_target_longer_than_those_before_is_whole(void **state)
{
	static const struct tar_entry entries[] = {
		{ .name = "a", .text = "" },
		{ .name = "b", .type = '1', .target = "a" },
		{ .name = "c", .type = '1', .target = "a/name/of/ninety/bytes/that/no/buffer/holds/which/was/made/for/the/short/name/before/this" },
		{ 0 },
	};
	CLEANUP(outcome_release) struct outcome outcome = { 0 };
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT, expected = STRBUF_INIT;

	strbuf_addf(&expected, "file a=, hard b -> a, hard c -> %s", entries[2].target);
	tar_add_all(&tar, entries);
	tar_end(&tar);
	read_tar(&tar, TARBALL_WHOLE, &outcome);
	assert_int_equal(outcome.r, 0);
	assert_string_equal(outcome.said.buf, expected.buf);
}

static void entries_that_lead_out_are_counted_and_not_given(void **state)
{
	static const struct tar_entry entries[] = {
		{ .name = "../etc/a", .text = "out" },
		{ .name = "/etc/b", .text = "in" },
		{ .name = "c", .type = '1', .target = "../../etc/shadow" },
		{ .name = "d/../../e", .text = "out" },
		{ 0 },
	};
	CLEANUP(outcome_release) struct outcome outcome = { 0 };
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT;

	tar_add_all(&tar, entries);
	tar_end(&tar);
	read_tar(&tar, TARBALL_WHOLE, &outcome);
	assert_int_equal(outcome.r, 0);
	assert_string_equal(outcome.said.buf, "file etc/b=in");
	assert_int_equal(outcome.left.count[LEFT_UPWARD], 3);
	assert_string_equal(outcome.left.first[LEFT_UPWARD], "../etc/a");
	assert_int_equal(outcome.left.count[LEFT_ABSOLUTE], 1);
}

/* Cut at every length: refused, but for the last zeros, which nobody misses. */
static void an_archive_cut_anywhere_is_refused(void **state)
{
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT, cut = STRBUF_INIT;
	size_t whole;

	tar_add_all(&tar, ordinary);
	tar_add(&tar, &(struct tar_entry){ .name = "etc/z", .text = "last" });
	whole = tar.len;
	tar_end(&tar);
	for (size_t length = 0; length < tar.len; length += length % TAR_BLOCK == 1 ? 510 : 1) {
		CLEANUP(outcome_release) struct outcome outcome = { 0 };

		strbuf_reset(&cut);
		strbuf_add(&cut, tar.buf, length);
		read_tar(&cut, TARBALL_WHOLE, &outcome);
		if (length < whole + TAR_BLOCK ? outcome.r != -EBADMSG || outcome.why.len == 0 : outcome.r != 0)
			fail_msg("cut after %zu of %zu bytes: %d %s", length, tar.len, outcome.r, outcome.why.buf);
	}
}

/* umoci leaves the end mark out, and the rest of the last block. */
static void a_layer_needs_no_end_mark(void **state)
{
	CLEANUP(outcome_release) struct outcome outcome = { 0 };
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT;

	tar_add(&tar, &(struct tar_entry){ .name = "etc/a", .text = "one" });
	strbuf_truncate(&tar, TAR_BLOCK + strlen("one"));
	read_tar(&tar, TARBALL_LAYER, &outcome);
	assert_int_equal(outcome.r, 0);
	assert_string_equal(outcome.said.buf, "file etc/a=one");
}

static void a_size_that_lies_is_damage(void **state)
{
	CLEANUP(outcome_release) struct outcome outcome = { 0 };
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT;

	tar_add(&tar, &(struct tar_entry){ .name = "etc/a", .text = "one", .size = 0777777777 });
	tar_end(&tar);
	read_tar(&tar, TARBALL_WHOLE, &outcome);
	assert_int_equal(outcome.r, -EBADMSG);
	assert_non_null(strstr(outcome.why.buf, "'etc/a'"));
}

static void what_follows_garbage_is_not_read(void **state)
{
	CLEANUP(outcome_release) struct outcome outcome = { 0 };
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT;

	tar_add(&tar, &(struct tar_entry){ .name = "etc/a", .text = "one" });
	strbuf_add_repeated(&tar, 'x', TAR_BLOCK);
	tar_add(&tar, &(struct tar_entry){ .name = "etc/b", .text = "two" });
	tar_end(&tar);
	read_tar(&tar, TARBALL_WHOLE, &outcome);
	assert_int_equal(outcome.r, -EBADMSG);
	assert_string_equal(outcome.said.buf, "file etc/a=one");
}

/* ---- streams ---- */

static void deflate_text(const void *bytes, size_t length, struct strbuf *out)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	strbuf_reserve(out, deflateBound(&z, length) + 64);
	z.next_in = (unsigned char *)(uintptr_t)bytes;
	z.avail_in = (unsigned int)length;
	z.next_out = (unsigned char *)out->buf;
	z.avail_out = (unsigned int)(deflateBound(&z, length) + 64);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len = z.total_out;
	(void)deflateEnd(&z);
}

static void what_was_looked_at_is_still_read(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes("abcdef", 6, &budget);
	const void *bytes;
	size_t length;

	assert_int_equal(stream_peek(stream, 3, &bytes, &length), 0);
	assert_true(length >= 3);
	assert_memory_equal(bytes, "abc", 3);
	assert_int_equal(stream_skip(stream, 2), 2);
	assert_int_equal(stream_read_all(stream, 100, &text), 0);
	assert_string_equal(text.buf, "cdef");
	assert_int_equal(stream->passed, 6);
}

static void a_stream_longer_than_its_limit_is_too_large(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes("abcdef", 6, &budget);

	assert_int_equal(stream_read_all(stream, 5, &text), -EFBIG);
}

static void gzip_is_read_and_a_bomb_is_not(void **state)
{
	static const size_t sizes[] = { 1 << 20, 400 << 20 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CLEANUP(strbuf_release) struct strbuf packed = STRBUF_INIT, why = STRBUF_INIT;
		CLEANUP(free_ptr) char *zeros = xcalloc(1, sizes[i]);
		struct stream_budget budget = { 0 };
		CLEANUP(stream_free_ptr) struct stream *source = NULL;
		CLEANUP(stream_free_ptr) struct stream *stream = NULL;
		const void *bytes;
		uint64_t total = 0;
		ssize_t n;

		deflate_text(zeros, sizes[i], &packed);
		source = stream_of_bytes(packed.buf, packed.len, &budget);
		assert_int_equal(stream_decompress(source, MAGIC_GZIP, &why, &stream), 0);
		while ((n = stream_next(stream, &bytes)) > 0)
			total += (uint64_t)n;
		assert_int_equal(n, i == 0 ? 0 : -EFBIG);
		if (i == 0)
			assert_int_equal(total, sizes[i]);
		else
			assert_non_null(strstr(stream->why.buf, "expands more than 100 times"));
	}
}

static void gzip_that_is_cut_is_damaged(void **state)
{
	CLEANUP(strbuf_release) struct strbuf packed = STRBUF_INIT, why = STRBUF_INIT, text = STRBUF_INIT;
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *source = NULL;
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;

	deflate_text("the quick brown fox", 19, &packed);
	source = stream_of_bytes(packed.buf, packed.len - 12, &budget);
	if (stream_decompress(source, MAGIC_GZIP, &why, &stream) == 0)
		assert_int_equal(stream_read_all(stream, 1000, &text), -EBADMSG);
	assert_true(why.len > 0 || stream->why.len > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_tell_what_they_are),
		cmocka_unit_test(paths_are_made_plain),
		cmocka_unit_test(paths_longer_or_deeper_than_linux_allows_are_none),
		cmocka_unit_test(entries_come_in_their_order),
		cmocka_unit_test(a_target_longer_than_those_before_is_whole),
		cmocka_unit_test(entries_that_lead_out_are_counted_and_not_given),
		cmocka_unit_test(an_archive_cut_anywhere_is_refused),
		cmocka_unit_test(a_layer_needs_no_end_mark),
		cmocka_unit_test(a_size_that_lies_is_damage),
		cmocka_unit_test(what_follows_garbage_is_not_read),
		cmocka_unit_test(what_was_looked_at_is_still_read),
		cmocka_unit_test(a_stream_longer_than_its_limit_is_too_large),
		cmocka_unit_test(gzip_is_read_and_a_bomb_is_not),
		cmocka_unit_test(gzip_that_is_cut_is_damaged),
	};

	return RUN_TESTS(tests);
}
