/* SPDX-License-Identifier: Apache-2.0 */
/* A unified difference, as diff -u and git write it:
 *
 *	--- a/files/etc/sysctl.d/60-web.conf
 *	+++ b/files/etc/sysctl.d/60-web.conf
 *	@@ -1,2 +1,3 @@
 *	 # web servers
 *	-net.core.somaxconn = 1024
 *	+net.core.somaxconn = 4096
 *	+vm.swappiness = 10
 *
 * Of each file the old and the new text are read by the reader of its form, and only what differs is proposed.  A difference
 * holds only a part of its files; where the file stands below the current directory, as it was or as it will be, the whole is
 * read, since a document cannot be understood from its middle. */
#include "../core/parse.h"
#include "../core/root.h"
#include "reader.h"

#define HUNKS_MAX 100000

struct piece {			/* a line of a hunk; text lent from the difference */
	char sign;			/* ' ', '-', '+' */
	const char *text;
	size_t length;			/* without the newline */
};

struct hunk {
	uint64_t old_start, new_start;	/* line numbers, from 1; of an empty side the line before */
	uint64_t old_count, new_count;
	size_t first, count;		/* pieces */
};

struct changed_file {
	struct strbuf old_path, new_path;	/* "": there is none */
	struct hunk *hunks;
	size_t n_hunks, hunks_capacity;
	struct piece *pieces;
	size_t n_pieces, pieces_capacity;
	size_t header_line;		/* of the difference, from 0 */
	bool moved, copied;		/* from old_path to new_path, as git says */
};

struct differing {
	struct reading *reading;
	const struct proposed_text *text;
	struct changed_file file;
	size_t line;			/* of the difference, from 0 */
	size_t files, unknown;
	bool begun;			/* the head of a file was there */
};

/* ---- the old or the new text of a file ---- */

struct side {
	struct strbuf text;
	unsigned int *lines;
	size_t count, capacity;
};

static void side_release(struct side *side)
{
	strbuf_release(&side->text);
	free(side->lines);
}

static void side_add(struct side *side, const char *text, size_t length, uint64_t line)
{
	strbuf_add(&side->text, text, length);
	strbuf_add_char(&side->text, '\n');
	GROW(side->lines, side->capacity, side->count + 1);
	/* A head that lies may say 0. */
	side->lines[side->count++] = line == 0 ? 1 : line > UINT32_MAX ? UINT32_MAX : (unsigned int)line;
}

static bool is_on(const struct piece *piece, bool fresh)
{
	return piece->sign == ' ' || piece->sign == (fresh ? '+' : '-');
}

/* The lines that the difference shows of one side. */
static void side_of_hunks(const struct changed_file *file, bool fresh, struct side *side)
{
	for (size_t i = 0; i < file->n_hunks; i++) {
		const struct hunk *hunk = &file->hunks[i];
		uint64_t line = fresh ? hunk->new_start : hunk->old_start;

		for (size_t j = 0; j < hunk->count; j++) {
			const struct piece *piece = &file->pieces[hunk->first + j];

			if (is_on(piece, fresh))
				side_add(side, piece->text, piece->length, line++);
		}
	}
}

struct whole {				/* a file's lines, lent from its text */
	struct strbuf text;
	const char **lines;
	size_t *lengths;
	size_t count, lines_capacity, lengths_capacity;
};

static void whole_release(struct whole *whole)
{
	strbuf_release(&whole->text);
	free(whole->lines);
	free(whole->lengths);
}

static void whole_split(struct whole *whole)
{
	const char *at = whole->text.buf, *end = at + whole->text.len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		GROW(whole->lines, whole->lines_capacity, whole->count + 1);
		GROW(whole->lengths, whole->lengths_capacity, whole->count + 1);
		whole->lines[whole->count] = at;
		whole->lengths[whole->count++] = (size_t)((newline ? newline : end) - at);
		at = newline ? newline + 1 : end;
	}
}

/* Whether the file is what one side says, wherever the difference shows it. */
static bool whole_is(const struct whole *whole, const struct changed_file *file, bool fresh)
{
	for (size_t i = 0; i < file->n_hunks; i++) {
		const struct hunk *hunk = &file->hunks[i];
		uint64_t line = fresh ? hunk->new_start : hunk->old_start;

		for (size_t j = 0; j < hunk->count; j++) {
			const struct piece *piece = &file->pieces[hunk->first + j];

			if (!is_on(piece, fresh))
				continue;
			if (line == 0 || line > whole->count || whole->lengths[line - 1] != piece->length ||
			    memcmp(whole->lines[line - 1], piece->text, piece->length) != 0)
				return false;
			line++;
		}
	}
	return true;
}

static void add_lines(const struct whole *whole, uint64_t from, uint64_t to, struct side *side)
{
	for (uint64_t line = from; line < to && line <= whole->count; line++)
		side_add(side, whole->lines[line - 1], whole->lengths[line - 1], side->count + 1);
}

/* One side of the whole file; have: which side the whole is. */
static void side_of_whole(const struct whole *whole, const struct changed_file *file, bool have, bool fresh, struct side *side)
{
	uint64_t at = 1;

	for (size_t i = 0; i < file->n_hunks && have != fresh; i++) {
		const struct hunk *hunk = &file->hunks[i];
		uint64_t start = have ? hunk->new_start : hunk->old_start, count = have ? hunk->new_count : hunk->old_count;

		start += count == 0;
		add_lines(whole, at, start, side);
		for (size_t j = 0; j < hunk->count; j++)
			if (is_on(&file->pieces[hunk->first + j], fresh))
				side_add(side, file->pieces[hunk->first + j].text, file->pieces[hunk->first + j].length,
					 side->count + 1);
		at = MAX(at, start + count);
	}
	add_lines(whole, at, whole->count + 1, side);
}

/* ---- reading both sides ---- */

static bool is_document(const char *path)
{
	return ends_with(path, ".yaml") || ends_with(path, ".yml") || ends_with(path, ".json");
}

static const char *path_of(const struct changed_file *file)
{
	return file->new_path.len ? file->new_path.buf : file->old_path.buf;
}

/* One hunk that begins a file which was not there, or ends one, shows all of it. */
static bool shows_all(const struct changed_file *file)
{
	return (!file->old_path.len || !file->new_path.len) && file->n_hunks == 1;
}

static void read_side(struct differing *differing, const struct side *side, const char *path, struct proposal *proposal)
{
	const struct reader *reader = reader_recognise(path, side->text.buf, side->text.len);
	struct reading reading = *differing->reading;
	struct proposed_text text = {
		.path = path, .text = side->text.buf, .length = side->text.len, .first = 1,
		.lines = side->lines, .n_lines = side->count,
	};

	reading.proposal = proposal;
	reading.depth++;
	if (side->count > 0 && reader && !streq(reader->name, "diff"))
		reader->read(reader, &reading, &text);
}

static void propose(struct differing *differing, const struct side *old, const struct side *fresh)
{
	CLEANUP(proposal_release) struct proposal before = PROPOSAL_INIT, after = PROPOSAL_INIT;
	const struct side *longer = fresh->count > 0 ? fresh : old;
	const struct changed_file *file = &differing->file;
	const char *path = path_of(file), *old_path = file->moved ? file->old_path.buf : path;
	const struct reader *reader = reader_recognise(path, longer->text.buf, longer->text.len);

	if ((!reader || streq(reader->name, "diff")) &&
	    !(file->moved && reader_recognise(old_path, old->text.buf, old->text.len))) {
		differing->unknown++;
		return;
	}
	if (!file->copied)
		read_side(differing, old, old_path, &before);
	read_side(differing, fresh, path, &after);
	proposal_difference(&before, &after, differing->reading->proposal);
}

static bool read_whole(const char *name, struct whole *whole)
{
	CLEANUP(root_free_ptr) struct root *here = NULL;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "/%s", name);
	if (!*name || root_open(".", &here) < 0 || root_read_limit(here, path.buf, PROPOSED_TEXT_MAX, &whole->text) < 0)
		return false;
	whole_split(whole);
	return true;
}

/* The file as it stands below the current directory: 1 it is the new one, 0 the old one, -1 neither. */
static int find_whole(const struct changed_file *file, struct whole *whole)
{
	if (!read_whole(path_of(file), whole)) {
		if (!(file->moved || file->copied) || !read_whole(file->old_path.buf, whole))
			return -1;
		return whole_is(whole, file, false) ? 0 : -1;
	}
	if (whole_is(whole, file, true))
		return 1;
	return whole_is(whole, file, false) ? 0 : -1;
}

/* Its name alone may decide which line has the last word, or whether it is read at all. */
static void tell_moved(struct differing *differing)
{
	const struct changed_file *file = &differing->file;

	if (reader_recognise(file->old_path.buf, "", 0) || reader_recognise(file->new_path.buf, "", 0))
		read_unclear(differing->reading, differing->text, file->header_line,
			     "%s is %s to %s as it is, and the file is not there; review it where the file is", file->old_path.buf,
			     file->moved ? "moved" : "copied", file->new_path.buf);
	else
		differing->unknown++;
}

static void finish_file(struct differing *differing)
{
	struct changed_file *file = &differing->file;
	CLEANUP(side_release) struct side old = { .text = STRBUF_INIT }, fresh = { .text = STRBUF_INIT };
	CLEANUP(whole_release) struct whole whole = { .text = STRBUF_INIT };
	int have;

	if (file->n_hunks == 0 && !file->moved && !file->copied)
		return;
	differing->files++;
	have = shows_all(file) ? -1 : find_whole(file, &whole);
	if (have >= 0) {
		side_of_whole(&whole, file, have == 1, false, &old);
		side_of_whole(&whole, file, have == 1, true, &fresh);
	} else if (file->n_hunks == 0) {
		tell_moved(differing);
		return;
	} else if (!shows_all(file) && is_document(path_of(file))) {
		read_unclear(differing->reading, differing->text, file->header_line,
			     "only a part of %s is in the difference, and the file is not there; review it where the file is", path_of(file));
		return;
	} else {
		side_of_hunks(file, false, &old);
		side_of_hunks(file, true, &fresh);
	}
	propose(differing, &old, &fresh);
}

static void begin_file(struct differing *differing)
{
	struct changed_file *file = &differing->file;

	finish_file(differing);
	strbuf_reset(&file->old_path);
	strbuf_reset(&file->new_path);
	file->n_hunks = file->n_pieces = 0;
	file->moved = file->copied = false;
	file->header_line = differing->line;
}

/* ---- the difference itself ---- */

/* git quotes names with unusual characters as C does. */
static void unquote(const char *text, size_t length, struct strbuf *out)
{
	for (size_t i = 0; i < length && text[i] != '"'; i++) {
		static const char escapes[] = "a\ab\bf\fn\nr\rt\tv\v\"\"\\\\";
		const char *found;
		unsigned int octal = 0, digits = 0;

		if (text[i] != '\\' || i + 1 == length) {
			strbuf_add_char(out, text[i]);
			continue;
		}
		for (i++; digits < 3 && i + digits < length && text[i + digits] >= '0' && text[i + digits] <= '7'; digits++)
			octal = octal * 8 + (unsigned int)(text[i + digits] - '0');
		if (digits > 0) {
			strbuf_add_char(out, (char)octal);
			i += digits - 1;
			continue;
		}
		found = NULL;
		for (const char *escape = escapes; *escape && !found; escape += 2)
			found = *escape == text[i] ? escape + 1 : NULL;
		strbuf_add_char(out, found ? *found : text[i]);
	}
}

/* "a/etc/fstab", "b/etc/fstab<TAB>2026-01-02 …", "/dev/null" */
static void take_path(const char *text, size_t length, const char *prefix, struct strbuf *path)
{
	const char *tab = memchr(text, '\t', length);

	strbuf_reset(path);
	if (length > 0 && *text == '"')
		unquote(text + 1, length - 1, path);
	else
		strbuf_add(path, text, tab ? (size_t)(tab - text) : length);
	strbuf_trim(path);
	if (streq(path->buf, "/dev/null")) {
		strbuf_reset(path);
	} else if (*prefix && starts_with(path->buf, prefix)) {
		CLEANUP(free_ptr) char *rest = xstrdup(path->buf + 2);

		strbuf_reset(path);
		strbuf_add_string(path, rest);
	}
}

/* "12,5", "12" */
static bool take_range(const char **cursor, uint64_t *ret_start, uint64_t *ret_count)
{
	*ret_count = 1;
	if (!scan_u64(cursor, ret_start))
		return false;
	if (**cursor != ',')
		return true;
	(*cursor)++;
	return scan_u64(cursor, ret_count);
}

/* "@@ -1,2 +1,3 @@ section" */
static bool take_hunk(struct differing *differing, const char *text, size_t length)
{
	struct changed_file *file = &differing->file;
	CLEANUP(free_ptr) char *line = xstrndup(text, MIN(length, 200));
	const char *cursor = line + strlen("@@ -");
	struct hunk hunk = { .first = file->n_pieces };

	if (!take_range(&cursor, &hunk.old_start, &hunk.old_count) || !starts_with(cursor, " +"))
		return false;
	cursor += strlen(" +");
	if (!take_range(&cursor, &hunk.new_start, &hunk.new_count) || !starts_with(cursor, " @@") || file->n_hunks == HUNKS_MAX)
		return false;
	GROW(file->hunks, file->hunks_capacity, file->n_hunks + 1);
	file->hunks[file->n_hunks++] = hunk;
	return true;
}

struct left {				/* of the hunk that is being read */
	uint64_t old, fresh;
};

/* A line of a hunk.  false: it is none, and the hunk ends here. */
static bool take_piece(struct differing *differing, struct left *left, const char *text, size_t length)
{
	struct changed_file *file = &differing->file;
	char sign = length > 0 ? *text : ' ';	/* an empty line of context that lost its blank */
	bool old = sign != '+', fresh = sign != '-';

	if (sign == '\\')
		return true;
	if ((sign != ' ' && sign != '-' && sign != '+') || (old && left->old == 0) || (fresh && left->fresh == 0))
		return false;
	GROW(file->pieces, file->pieces_capacity, file->n_pieces + 1);
	file->pieces[file->n_pieces++] =
		(struct piece){ .sign = sign, .text = length > 0 ? text + 1 : text, .length = length > 0 ? length - 1 : 0 };
	file->hunks[file->n_hunks - 1].count++;
	left->old -= old;
	left->fresh -= fresh;
	return true;
}

static bool begins(const char *text, size_t length, const char *with)
{
	size_t n = strlen(with);

	return length >= n && memcmp(text, with, n) == 0;
}

/* "rename from etc/sysctl.d/10-a.conf", "copy to …" */
static bool take_name(struct changed_file *file, const char *text, size_t length)
{
	static const struct {
		const char *word;
		bool moves, to;
	} words[] = { { "rename from ", true, false }, { "rename to ", true, true }, { "copy from ", false, false }, { "copy to ", false, true } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i].word);

		if (!begins(text, length, words[i].word) || file->n_hunks > 0)
			continue;
		take_path(text + n, length - n, "", words[i].to ? &file->new_path : &file->old_path);
		*(words[i].moves ? &file->moved : &file->copied) = true;
		return true;
	}
	return false;
}

static void take_line(struct differing *differing, struct left *left, const char *text, size_t length)
{
	struct changed_file *file = &differing->file;
	size_t bare = length > 0 && text[length - 1] == '\r' ? length - 1 : length;

	if (left->old > 0 || left->fresh > 0) {
		if (take_piece(differing, left, text, length))
			return;
		read_unclear(differing->reading, differing->text, differing->line, "the hunk ends before the lines that its head names");
		*left = (struct left){ 0 };
	}
	if (begins(text, bare, "--- ")) {
		bool moved = file->moved && file->n_hunks == 0, copied = file->copied && file->n_hunks == 0;

		if (moved || copied)
			file->moved = file->copied = false;
		begin_file(differing);
		file->moved = moved;
		file->copied = copied;
		take_path(text + 4, bare - 4, "a/", &file->old_path);
	} else if (take_name(file, text, bare)) {
		;
	} else if (begins(text, bare, "diff --cc ") || begins(text, bare, "diff --combined ")) {
		begin_file(differing);
		differing->begun = true;
		read_unclear(differing->reading, differing->text, differing->line,
			     "the difference of a merge from both its parents is not read; give that from one of them: git diff PARENT");
	} else if (begins(text, bare, "+++ ") && file->n_hunks == 0) {
		take_path(text + 4, bare - 4, "b/", &file->new_path);
		differing->begun = true;
	} else if (begins(text, bare, "diff --git ")) {
		begin_file(differing);
		differing->begun = true;
	} else if (begins(text, bare, "@@ -")) {
		if (take_hunk(differing, text, bare))
			*left = (struct left){ file->hunks[file->n_hunks - 1].old_count, file->hunks[file->n_hunks - 1].new_count };
		else
			read_unclear(differing->reading, differing->text, differing->line, "expected @@ -LINE,COUNT +LINE,COUNT @@");
	} else if (begins(text, bare, "GIT binary patch") || begins(text, bare, "Binary files ")) {
		differing->unknown++;
	}
}

static void read_diff(const struct reader *reader, struct reading *reading, const struct proposed_text *text)
{
	struct differing differing = {
		.reading = reading, .text = text, .file = { .old_path = STRBUF_INIT, .new_path = STRBUF_INIT },
	};
	const char *at = text->text, *end = at + text->length;
	struct left left = { 0 };

	(void)reader;
	if (reading->depth >= READING_DEPTH_MAX)
		return;
	for (; at < end; differing.line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		take_line(&differing, &left, at, (size_t)((newline ? newline : end) - at));
		at = newline ? newline + 1 : end;
	}
	if (left.old > 0 || left.fresh > 0)
		read_unclear(reading, text, differing.line, "the difference ends within a hunk");
	finish_file(&differing);
	if (!differing.begun && text->length > 0)
		read_unclear(reading, text, 0, "no file's difference is in it as diff -u or git diff write it");
	if (differing.unknown > 0)
		(void)diag_warning(&reading->proposal->diag, NULL, "%s: %zu changed files are in no form that is known, and were not looked at",
				   text->path, differing.unknown);
	strbuf_release(&differing.file.old_path);
	strbuf_release(&differing.file.new_path);
	free(differing.file.hunks);
	free(differing.file.pieces);
}

/* Both heads of a file, one under the other, and a hunk. */
static unsigned int recognise_diff(const struct reader *reader, const char *path, const char *text, size_t length)
{
	const char *at = text, *end = text + length;
	unsigned int heads = 0;

	(void)reader;
	if (begins(text, length, "diff --git ") || begins(text, length, "diff --cc ") || begins(text, length, "diff --combined "))
		return MINE;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((newline ? newline : end) - at);

		if (begins(at, n, "--- "))
			heads = 1;
		else if (begins(at, n, "+++ ") && heads == 1)
			heads = 2;
		else if (begins(at, n, "@@ -") && heads == 2)
			return MINE;
		else
			heads = 0;
		at = newline ? newline + 1 : end;
	}
	return ends_with(path, ".diff") || ends_with(path, ".patch") ? MINE_BY_NAME : NOT_MINE;
}

const struct reader reader_diff = {
	.name = "diff",
	.summary = "a unified difference of files in any of these forms: only what it changes is judged",
	.recognise = recognise_diff,
	.read = read_diff,
};
