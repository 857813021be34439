/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/digest.h"

#include <errno.h>

#include "test.h"

/* The sums of "abc" in FIPS 180-4. */
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA512_ABC "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd" \
		   "454d4423643ce80e2a9ac94fa54ca49f"

static void a_blob_has_the_digest_of_its_name(void **state)
{
	static const struct {
		const char *path, *name;	/* NULL: nothing to check */
		int error;
	} cases[] = {
		{ "blobs/sha256/" SHA256_ABC, "sha256/" SHA256_ABC, 0 },
		{ "layout/blobs/sha256/" SHA256_ABC, "sha256/" SHA256_ABC, 0 },
		{ "blobs/sha512/" SHA512_ABC, "sha512/" SHA512_ABC, 0 },
		{ "blobs/sha256/0a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		  "sha256/0a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", -EBADMSG },
		{ "blobs/sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ae",
		  "sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ae", -EBADMSG },
		{ "blobs/sha256/BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", NULL, 0 },
		{ "blobs/sha256/" SHA256_ABC "0", NULL, 0 },
		{ "blobs/sha256/ba78", NULL, 0 },
		{ "blobs/sha256/" SHA512_ABC, NULL, 0 },
		{ "blobs/sha257/" SHA256_ABC, NULL, 0 },
		{ "blobs/sha256", NULL, 0 },
		{ "a/b/blobs/sha256/" SHA256_ABC, NULL, 0 },
		{ SHA256_ABC "/layer.tar", NULL, 0 },
		{ "index.json", NULL, 0 },
		{ "", NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = digest_name(cases[i].path);

		if (!name != !cases[i].name || (name && !streq(name, cases[i].name)))
			fail_msg("%s: %s", cases[i].path, name ? name : "no name");
		if (digest_check(cases[i].path, "abc", 3) != cases[i].error)
			fail_msg("%s", cases[i].path);
	}
}

static void every_byte_counts_also_those_nobody_read(void **state)
{
	static const char bytes[] = "abc";

	for (size_t length = 0; length <= 3; length++)
		for (size_t looked = 0; looked <= length; looked++) {
			struct stream_budget budget = { 0 };
			CLEANUP(digest_free_ptr) struct digest *digest = digest_of_path("blobs/sha256/" SHA256_ABC);
			CLEANUP(stream_free_ptr) struct stream *source = stream_of_bytes(bytes, length, &budget);
			CLEANUP(stream_free_ptr) struct stream *stream = stream_digested(source, digest);
			const void *seen;
			size_t seen_length;

			assert_int_equal(stream_peek(stream, looked, &seen, &seen_length), 0);
			assert_int_equal(stream_skip(stream, 2), MIN((size_t)2, looked > 0 ? length : 0));
			assert_int_equal(stream_check_digest(stream), length == 3 ? 0 : -EBADMSG);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blob_has_the_digest_of_its_name),
		cmocka_unit_test(every_byte_counts_also_those_nobody_read),
	};

	return RUN_TESTS(tests);
}
