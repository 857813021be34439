/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: tar archives whose headers may say anything. */
#ifndef KEISOKU_TEST_TAR_H
#define KEISOKU_TEST_TAR_H

#include <stdio.h>

#include "../../core/strbuf.h"

#define TAR_BLOCK 512

struct tar_entry {
	const char *name, *target, *text;
	char type;			/* '0' file, '1' hard link, '2' symbolic link, '3' device, '5' directory, '6' pipe; 0: file */
	unsigned long long size;	/* that the header says; 0: that of text */
};

static inline void tar_put(char *field, size_t size, const char *text)
{
	memcpy(field, text, MIN(strlen(text), size));
}

static inline void tar_pad(struct strbuf *tar)
{
	strbuf_add_repeated(tar, '\0', (TAR_BLOCK - tar->len % TAR_BLOCK) % TAR_BLOCK);
}

static inline void tar_add_bytes(struct strbuf *tar, const struct tar_entry *entry, const void *bytes, size_t length)
{
	char header[TAR_BLOCK] = "", number[24];
	unsigned int sum = 0;

	tar_put(header, 100, entry->name);
	tar_put(header + 100, 8, "0000644");
	snprintf(number, sizeof(number), "%011llo", entry->size ? entry->size : (unsigned long long)length);
	tar_put(header + 124, 12, number);
	tar_put(header + 136, 12, "00000000000");
	memset(header + 148, ' ', 8);
	header[156] = entry->type ? entry->type : '0';
	if (entry->target)
		tar_put(header + 157, 100, entry->target);
	tar_put(header + 257, 8, "ustar");
	tar_put(header + 263, 2, "00");
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	snprintf(number, sizeof(number), "%06o", sum);
	tar_put(header + 148, 7, number);
	header[154] = '\0';
	strbuf_add(tar, header, sizeof(header));
	strbuf_add(tar, bytes, length);
	tar_pad(tar);
}

static inline void tar_add(struct strbuf *tar, const struct tar_entry *entry)
{
	tar_add_bytes(tar, entry, entry->text ? entry->text : "", entry->text ? strlen(entry->text) : 0);
}

static inline void tar_add_all(struct strbuf *tar, const struct tar_entry *entries)
{
	for (; entries->name; entries++)
		tar_add(tar, entries);
}

static inline void tar_end(struct strbuf *tar)
{
	strbuf_add_repeated(tar, '\0', 2 * TAR_BLOCK);
}

#endif
