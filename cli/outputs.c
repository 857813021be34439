/* SPDX-License-Identifier: Apache-2.0 */
/* --output FORMAT[=FILE], given any number of times, for commands whose reports are their own. */
#include <errno.h>

#include "../core/strbuf.h"
#include "cli.h"

static bool is_known(const char *const *formats, const char *item, size_t length)
{
	for (; *formats; formats++)
		if (strlen(*formats) == length && memcmp(*formats, item, length) == 0)
			return true;
	return false;
}

int outputs_check(const struct arguments *arguments, const char *const *formats)
{
	size_t to_stdout = 0;

	for (size_t i = 0; i < arguments->outputs.count; i++) {
		const char *item = arguments->outputs.items[i];
		size_t length = strcspn(item, "=");

		if (!is_known(formats, item, length)) {
			CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;

			for (const char *const *format = formats; *format; format++)
				strbuf_addf(&known, "%s%s", known.len ? ", " : "", *format);
			return talk_error(EXIT_USAGE, "--output: unknown format '%.*s'; known are %s", (int)length, item,
					  known.buf);
		}
		to_stdout += item[length] == '\0' || streq(item + length, "=-");
	}
	if (to_stdout > 1)
		return talk_error(EXIT_USAGE, "--output: only one format can go to standard output; give the others "
				  "=FILE");
	return 0;
}

static int write_one(const struct arguments *arguments, const char *item, output_writer *write, void *context)
{
	size_t length = strcspn(item, "=");
	CLEANUP(free_ptr) char *format = xstrndup(item, length);
	const char *path = item[length] ? item + length + 1 : NULL;
	CLEANUP(page_release) struct page page = { .text = STRBUF_INIT };
	struct report look = { 0 };
	struct output_file file;
	int r;

	r = output_open(&file, path);
	if (r < 0)
		return talk_error(EXIT_INPUT, "cannot write %s: %s", path, strerror(-r));
	terminal_look(arguments, file.stream == stdout, &look);
	page_init(&page, look.width, look.colour, look.unicode);
	write(context, format, file.stream, &page);
	r = output_close(&file);
	return r < 0 ? talk_error(EXIT_INPUT, "cannot write %s: %s", path ? path : "standard output", strerror(-r)) : 0;
}

int outputs_write(const struct arguments *arguments, output_writer *write, void *context)
{
	int status = 0;

	if (arguments->outputs.count == 0)
		return write_one(arguments, "text", write, context);
	for (size_t i = 0; i < arguments->outputs.count; i++) {
		int r = write_one(arguments, arguments->outputs.items[i], write, context);

		status = r ? r : status;
	}
	return status;
}

int save_snapshot(const char *path, const struct snapshot *snapshot)
{
	struct output_file file;
	int r;

	r = output_open(&file, path);
	if (r == 0) {
		r = snapshot_save(snapshot, file.stream);
		if (r < 0)
			output_abandon(&file);
		else
			r = output_close(&file);
	}
	return r < 0 ? talk_error(EXIT_INPUT, "cannot write %s: %s", path, strerror(-r)) : 0;
}
