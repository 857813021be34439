/* SPDX-License-Identifier: Apache-2.0 */
#include "magic.h"

#define TAR_BLOCK 512
#define TAR_CHECKSUM_AT 148
#define TAR_CHECKSUM_LENGTH 8

struct mark {
	size_t at;
	const char *bytes;
	size_t length;
	struct magic magic;
};

#define MARK(at, bytes) at, bytes, sizeof(bytes) - 1
#define MOUNT "mount it read-only and give the directory"
#define UNPACK "unpack it and give the directory"

/* clang-format off */
static const struct mark marks[] = {
	{ MARK(0, "\x1f\x8b"),            { MAGIC_GZIP, "gzip data", NULL } },
	{ MARK(0, "BZh"),                 { MAGIC_BZIP2, "bzip2 data", NULL } },
	{ MARK(0, "\xfd" "7zXZ\0"),       { MAGIC_XZ, "xz data", NULL } },
	{ MARK(0, "\x28\xb5\x2f\xfd"),    { MAGIC_ZSTD, "zstd data", NULL } },
	{ MARK(0, "\x04\x22\x4d\x18"),    { MAGIC_LZ4, "lz4 data", NULL } },
	{ MARK(0, "PK\3\4"),              { MAGIC_OTHER, "a zip archive", UNPACK } },
	{ MARK(0, "070701"),              { MAGIC_OTHER, "a cpio archive", UNPACK } },
	{ MARK(0, "070707"),              { MAGIC_OTHER, "a cpio archive", UNPACK } },
	{ MARK(0, "7z\xbc\xaf\x27\x1c"),  { MAGIC_OTHER, "a 7-Zip archive", UNPACK } },
	{ MARK(0, "!<arch>\n"),           { MAGIC_OTHER, "a Debian package or a library", UNPACK } },
	{ MARK(0, "\xed\xab\xee\xdb"),    { MAGIC_OTHER, "an RPM package", UNPACK } },
	{ MARK(0, "hsqs"),                { MAGIC_OTHER, "a SquashFS file system", MOUNT } },
	{ MARK(0, "XFSB"),                { MAGIC_OTHER, "an XFS file system", MOUNT } },
	{ MARK(0, "QFI\xfb"),             { MAGIC_OTHER, "a QCOW2 disk image", "attach it with qemu-nbd --read-only, " MOUNT } },
	{ MARK(0, "KDMV"),                { MAGIC_OTHER, "a VMDK disk image", "attach it read-only, " MOUNT } },
	{ MARK(0, "vhdxfile"),            { MAGIC_OTHER, "a VHDX disk image", "attach it read-only, " MOUNT } },
	{ MARK(0, "LUKS\xba\xbe"),        { MAGIC_OTHER, "an encrypted disk", "open it, " MOUNT } },
	{ MARK(1024, "\xe2\xe1\xf5\xe0"), { MAGIC_OTHER, "an EROFS file system", MOUNT } },
	{ MARK(1080, "\x53\xef"),         { MAGIC_OTHER, "an ext2, ext3 or ext4 file system", MOUNT } },
	{ MARK(512, "EFI PART"),          { MAGIC_OTHER, "a disk image with partitions", "attach it with losetup --read-only --partscan, " MOUNT } },
	{ MARK(32769, "CD001"),           { MAGIC_OTHER, "an ISO image", MOUNT } },
	{ MARK(510, "\x55\xaa"),          { MAGIC_OTHER, "a disk image with partitions", "attach it with losetup --read-only --partscan, " MOUNT } },
};
/* clang-format on */

static const struct magic tar = { MAGIC_TAR, "a tar archive", NULL };
static const struct magic json = { MAGIC_JSON, "JSON", NULL };
static const struct magic nothing = { MAGIC_NOTHING, "an empty file", NULL };
static const struct magic unknown = { MAGIC_UNKNOWN, "neither JSON nor an archive", NULL };

/* The sum of the header's bytes, its own field counted as blanks, in octal: "012731\0 ".  Old tars have no other mark.
 * Some writers added signed bytes. */
static bool tar_checksum_fits(const unsigned char *header)
{
	unsigned int expected = 0, sum = 0;
	int signed_sum = 0;
	bool any = false;

	for (size_t i = TAR_CHECKSUM_AT; i < TAR_CHECKSUM_AT + TAR_CHECKSUM_LENGTH; i++) {
		if (header[i] >= '0' && header[i] <= '7') {
			expected = expected * 8 + (header[i] - '0');
			any = true;
		} else if (any || header[i] != ' ') {
			break;
		}
	}
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		bool own = i >= TAR_CHECKSUM_AT && i < TAR_CHECKSUM_AT + TAR_CHECKSUM_LENGTH;

		sum += own ? ' ' : header[i];
		signed_sum += own ? ' ' : (signed char)header[i];
	}
	return any && (sum == expected || signed_sum == (int)expected);
}

/* The end, at once.  File systems begin like that too, and are known by what follows. */
static bool is_empty_tar(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < TAR_BLOCK && i < length; i++)
		if (bytes[i] != '\0')
			return false;
	return length >= TAR_BLOCK;
}

/* A byte order mark is no JSON, but snapshots say so better themselves. */
static bool is_json(const unsigned char *bytes, size_t length)
{
	size_t i = 0;

	while (i < length && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\n' || bytes[i] == '\r'))
		i++;
	return i < length && (bytes[i] == '{' || bytes[i] == '[');
}

const struct magic *magic_of(const void *bytes, size_t length)
{
	if (length == 0)
		return &nothing;
	if (length >= TAR_BLOCK && tar_checksum_fits(bytes))
		return &tar;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const struct mark *mark = &marks[i];

		if (length >= mark->at + mark->length &&
		    memcmp((const char *)bytes + mark->at, mark->bytes, mark->length) == 0)
			return &mark->magic;
	}
	if (is_empty_tar(bytes, length))
		return &tar;
	return is_json(bytes, length) ? &json : &unknown;
}
