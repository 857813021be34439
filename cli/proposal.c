/* SPDX-License-Identifier: Apache-2.0 */
#include "proposal.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "../core/strbuf.h"
#include "../proposals/reader.h"

#define DIRECTORY_DEPTH_MAX 16
#define DIRECTORY_FILES_MAX 20000

struct proposing {
	const struct reader *as;	/* NULL: each file's own */
	struct reading reading;
	size_t files, unknown;		/* of directories: read, and known to no reader */
};

/* named: on the command line, so it must mean something. */
static int read_text(struct proposing *proposing, const char *path, const struct strbuf *text, bool named)
{
	const struct reader *reader = proposing->as ? proposing->as : reader_recognise(path, text->buf, text->len);
	struct proposed_text given = { .path = path, .text = text->buf, .length = text->len, .first = 1 };

	proposing->files++;
	if (reader)
		reader->read(reader, &proposing->reading, &given);
	else if (!named)
		proposing->unknown++;
	else if (strspn(text->buf, " \t\r\n") < text->len)
		read_unclear(&proposing->reading, &given, 0, "nobody knows this form; --as FORM says which it is");
	return 0;
}

static int read_file(struct proposing *proposing, const char *path, bool named)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = input_read(path, PROPOSED_TEXT_MAX, &text);

	if (r == -EFBIG)
		return talk_error(EXIT_INPUT, "%s: has more than %zu bytes", path, PROPOSED_TEXT_MAX);
	if (r == -ETIMEDOUT)
		return talk_error(EXIT_INPUT, "%s: nobody writes to it", path);
	if (r < 0)
		return talk_error(EXIT_INPUT, "%s: %s", path, strerror(-r));
	return read_text(proposing, path, &text, named);
}

static int keep_entry(const struct dirent *entry)
{
	return !streq(entry->d_name, ".") && !streq(entry->d_name, "..") && !streq(entry->d_name, ".git");
}

/* Links are not followed: what they lead to is not part of the change. */
static int read_directory(struct proposing *proposing, const char *path, unsigned int depth)
{
	struct dirent **entries;
	int count = scandir(path, &entries, keep_entry, alphasort), status = 0;

	if (count < 0)
		return talk_error(EXIT_INPUT, "%s: %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		CLEANUP(free_ptr) char *below = xasprintf("%s%s%s", path, ends_with(path, "/") ? "" : "/", entries[i]->d_name);
		struct stat st;
		int r = 0;

		free(entries[i]);
		if (status != 0 || lstat(below, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DIRECTORY_DEPTH_MAX)
			r = read_directory(proposing, below, depth + 1);
		else if (S_ISREG(st.st_mode) && proposing->files < DIRECTORY_FILES_MAX)
			r = read_file(proposing, below, false);
		status = r > status ? r : status;
	}
	free(entries);
	return status;
}

static int read_change(struct proposing *proposing, const char *path)
{
	struct stat st;

	if (!streq(path, "-") && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return read_directory(proposing, path, 0);
	return read_file(proposing, path, true);
}

/* What differs between two files. */
static int read_difference(struct proposing *proposing, const char *old, const char *fresh)
{
	CLEANUP(proposal_release) struct proposal before = PROPOSAL_INIT, after = PROPOSAL_INIT;
	struct proposal *out = proposing->reading.proposal;
	int status;

	proposing->reading.proposal = &before;
	status = read_change(proposing, old);
	proposing->reading.proposal = &after;
	if (status == 0)
		status = read_change(proposing, fresh);
	proposing->reading.proposal = out;
	if (status == 0)
		proposal_difference(&before, &after, out);
	return status;
}

static int talk_forms(const char *name)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; readers[i]; i++)
		strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", readers[i]->name);
	return talk_error(EXIT_USAGE, "--as: expected one of %s, found '%s'", text.buf, name);
}

int read_proposal(const struct arguments *arguments, const struct registry *registry, struct proposal *proposal)
{
	struct proposing proposing = { .reading = { .proposal = proposal, .registry = registry } };
	const struct text_list *changes = &arguments->positional, *old = &arguments->old;
	int status = 0;

	if (arguments->as && !(proposing.as = reader_find(arguments->as)))
		return talk_forms(arguments->as);
	if (old->count > changes->count)
		return talk_error(EXIT_USAGE, "--old: there are %zu of them for %zu changes", old->count, changes->count);
	for (size_t i = 0; i < changes->count && status == 0; i++)
		status = i < old->count ? read_difference(&proposing, old->items[i], changes->items[i]) :
					  read_change(&proposing, changes->items[i]);
	if (status != 0)
		return status;
	if (proposing.unknown > 0)
		(void)diag_warning(&proposal->diag, NULL, "%zu of %zu files are in no form that is known, and were not looked at",
				   proposing.unknown, proposing.files);
	if (proposal->left_out > 0)
		(void)diag_warning(&proposal->diag, NULL, "%zu more settings are proposed than are looked at", proposal->left_out);
	return 0;
}
