/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <errno.h>
#include <nettle/nettle-meta.h>

const char digest_differs[] = "its bytes are not those of its digest: it is damaged, or was changed";

#define EXPECTED_MAX 64

struct digest {
	const struct nettle_hash *hash;
	void *context;
	uint8_t expected[EXPECTED_MAX];
};

/* The algorithms of the image format. */
static const struct nettle_hash *const hashes[] = { &nettle_sha256, &nettle_sha512 };

static bool read_hex(const char *hex, uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 2 * count; i++) {
		const char *digit = hex[i] ? strchr(digits, hex[i]) : NULL;

		if (!digit)
			return false;
		bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | (digit - digits));
	}
	return hex[2 * count] == '\0';
}

/* name: "sha256/3f5a…" */
static const struct nettle_hash *hash_of_name(const char *name, uint8_t *expected)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		size_t length = strlen(hashes[i]->name);

		if (strncmp(name, hashes[i]->name, length) == 0 && name[length] == '/' &&
		    read_hex(name + length + 1, expected, hashes[i]->digest_size))
			return hashes[i];
	}
	return NULL;
}

const char *digest_name(const char *path)
{
	const char *slash = strchr(path, '/');
	uint8_t expected[EXPECTED_MAX];

	if (slash && starts_with(slash + 1, "blobs/"))
		path = slash + 1;
	if (!starts_with(path, "blobs/"))
		return NULL;
	path += strlen("blobs/");
	return hash_of_name(path, expected) ? path : NULL;
}

struct digest *digest_of_path(const char *path)
{
	const char *name = digest_name(path);
	struct digest *digest;

	if (!name)
		return NULL;
	digest = xcalloc(1, sizeof(*digest));
	digest->hash = hash_of_name(name, digest->expected);
	digest->context = xcalloc(1, digest->hash->context_size);
	digest->hash->init(digest->context);
	return digest;
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	free(digest->context);
	free(digest);
}

void digest_update(struct digest *digest, const void *bytes, size_t length)
{
	digest->hash->update(digest->context, length, bytes);
}

bool digest_matches(struct digest *digest)
{
	uint8_t found[sizeof(digest->expected)];

	digest->hash->digest(digest->context, digest->hash->digest_size, found);
	return memcmp(found, digest->expected, digest->hash->digest_size) == 0;
}

int digest_check(const char *path, const void *bytes, size_t length)
{
	CLEANUP(digest_free_ptr) struct digest *digest = digest_of_path(path);

	if (!digest)
		return 0;
	digest_update(digest, bytes, length);
	return digest_matches(digest) ? 0 : -EBADMSG;
}

/* ---- while a stream is read ---- */

struct digested_stream {
	struct stream stream;
	struct stream *source;
	struct digest *digest;
};

static ssize_t digested_next(struct stream *stream, const void **ret_bytes)
{
	struct digested_stream *digested = (struct digested_stream *)stream;
	ssize_t n = stream_next(digested->source, ret_bytes);

	if (n < 0)
		return stream_fail(stream, (int)n, "%s", digested->source->why.buf);
	if (n > 0)
		digest_update(digested->digest, *ret_bytes, (size_t)n);
	return n;
}

struct stream *stream_digested(struct stream *source, struct digest *digest)
{
	struct digested_stream *digested = stream_new(sizeof(*digested), source->budget);

	digested->stream.next = digested_next;
	digested->source = source;
	digested->digest = digest;
	return &digested->stream;
}

int stream_check_digest(struct stream *stream)
{
	const void *bytes;
	ssize_t n;

	do
		n = stream_next(stream, &bytes);
	while (n > 0);
	if (n < 0)
		return (int)n;
	return digest_matches(((struct digested_stream *)stream)->digest) ? 0 : -EBADMSG;
}
