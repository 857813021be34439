/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include <stdarg.h>

#include "../core/strbuf.h"

#define RECOGNISE_MAX ((size_t)64 << 10)

const struct reader *reader_find(const char *name)
{
	for (size_t i = 0; readers[i]; i++)
		if (streq(readers[i]->name, name))
			return readers[i];
	return NULL;
}

const struct reader *reader_recognise(const char *path, const char *text, size_t length)
{
	const struct reader *surest = NULL;
	unsigned int most = NOT_MINE;

	for (size_t i = 0; readers[i]; i++) {
		unsigned int sure = readers[i]->recognise(readers[i], path, text, MIN(length, RECOGNISE_MAX));

		if (sure > most) {
			most = sure;
			surest = readers[i];
		}
	}
	return surest;
}

unsigned int proposed_text_line(const struct proposed_text *text, size_t index)
{
	if (text->lines && text->n_lines > 0)
		return text->lines[MIN(index, text->n_lines - 1)];
	return text->first + (unsigned int)index;
}

/* Directories below which a repository keeps files as a host has them. */
static const char *const host_directories[] = {
	"/etc/", "/usr/lib/", "/usr/local/", "/run/", "/boot/", "/lib/",
};

bool host_file_of(const char *path, struct strbuf *file)
{
	strbuf_reset(file);
	for (size_t i = 0; i < ARRAY_SIZE(host_directories); i++) {
		const char *directory = host_directories[i], *last = NULL, *at = path;

		while ((at = strstr(at, directory)))
			last = at++;
		if (!last && starts_with(path, directory + 1)) {
			strbuf_add_char(file, '/');
			last = path;
		}
		if (last) {
			strbuf_add_string(file, last);
			return true;
		}
	}
	return false;
}

void read_unclear(struct reading *reading, const struct proposed_text *text, size_t line, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct proposed item = {
		.path = text->path, .form = text->form, .via = text->via, .condition = text->condition, .optional = text->optional,
		.when = text->when, .fate = PROPOSED_UNCLEAR, .kind = SUBJECT_KIND_HOST,
	};
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&why, format, arguments);
	va_end(arguments);
	item.line = item.last_line = proposed_text_line(text, line);
	item.why = why.buf;
	(void)proposal_add(reading->proposal, &item);
}
