/* SPDX-License-Identifier: Apache-2.0 */
#include "uki.h"

#include <errno.h>
#include <unistd.h>

#define SECTIONS_MAX 96			/* as many as Windows loads */
#define SECTION_SIZE 40

static uint32_t little_endian(const unsigned char *bytes, unsigned int count)
{
	uint32_t value = 0;

	while (count-- > 0)
		value = value << 8 | bytes[count];
	return value;
}

static int read_at(int fd, uint64_t offset, void *bytes, size_t count)
{
	ssize_t n = pread(fd, bytes, count, (off_t)offset);

	return n < 0 ? -errno : (size_t)n < count ? -EBADMSG : 0;
}

/* Virtual size (without padding) at 8, size in the file at 16, place in the file at 20. */
static int read_section(int fd, const unsigned char *section, size_t limit, struct strbuf *text)
{
	uint32_t size = MIN(little_endian(section + 8, 4), little_endian(section + 16, 4));
	int r;

	if (size > limit)
		return -EFBIG;
	strbuf_reset(text);
	strbuf_add_repeated(text, '\0', size);
	r = size ? read_at(fd, little_endian(section + 20, 4), text->buf, size) : 0;
	strbuf_truncate(text, r < 0 ? 0 : strnlen(text->buf, size));
	return r;
}

int uki_cmdline(int fd, size_t limit, struct strbuf *text)
{
	unsigned char dos[64], pe[24], section[SECTION_SIZE];
	uint64_t header, sections;
	uint32_t count;
	int r = read_at(fd, 0, dos, sizeof(dos));

	if (r < 0)
		return r;
	header = little_endian(dos + 60, 4);
	r = memcmp(dos, "MZ", 2) == 0 ? read_at(fd, header, pe, sizeof(pe)) : -EBADMSG;
	if (r < 0 || memcmp(pe, "PE\0\0", 4) != 0)
		return r < 0 ? r : -EBADMSG;
	count = little_endian(pe + 6, 2);
	sections = header + sizeof(pe) + little_endian(pe + 20, 2);
	for (uint32_t i = 0; i < count && i < SECTIONS_MAX; i++) {
		r = read_at(fd, sections + (uint64_t)i * SECTION_SIZE, section, sizeof(section));
		if (r < 0)
			return r;
		if (memcmp(section, ".cmdline", 8) == 0)
			return read_section(fd, section, limit, text);
	}
	return -ENODATA;
}
