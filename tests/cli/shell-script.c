/* SPDX-License-Identifier: Apache-2.0 */
/* shell-script syntax sh|bash FILE: parses a script and says what is wrong with it, as sh -n does.
 * shell-script words sh|bash FILE: the words of each printf in it, "[a][b]", one command a line.
 * shell-script items sh|bash FILE: what it sets. */
#include <stdio.h>

#include "../../proposals/shell-run.h"

static bool read_file(const char *path, struct strbuf *text)
{
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file)
		return false;
	do {
		strbuf_reserve(text, 65536);
		n = fread(text->buf + text->len, 1, 65536, file);
		text->len += n;
		text->buf[text->len] = '\0';
	} while (n > 0);
	return fclose(file) == 0;
}

static int show_syntax(const struct strbuf *text, enum shell_dialect dialect)
{
	CLEANUP(shell_parser_free_ptr) struct shell_parser *parser = shell_parser_new(text->buf, text->len, dialect);
	const struct shell_error *error;
	bool more = true;

	while (more) {
		struct arena arena = ARENA_INIT;

		more = shell_parser_next(parser, &arena) != NULL;
		arena_release(&arena);
	}
	error = shell_parser_error(parser);
	if (error)
		printf("%u: %s\n", error->line, error->why);
	return error ? 2 : 0;
}

/* What the script prints, as it is known before it runs. */
static int show_output(const struct strbuf *text, enum shell_dialect dialect)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(shell_stream_release) struct shell_stream out = SHELL_STREAM_INIT;
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = "script", .text = text->buf, .length = text->len, .first = 1 };
	struct shell_run run = {
		.reading = &reading, .given = &given, .condition = STRBUF_INIT, .directory = STRBUF_INIT, .dialect = dialect, .out = &out,
	};

	shell_follow_text(&run, text->buf, text->len, &given, false);
	fwrite(out.value.text.buf, 1, out.value.text.len, stdout);
	printf("%s", shell_stream_known(&out) ? "" : "?\n");
	free(run.functions);
	strbuf_release(&run.condition);
	strbuf_release(&run.directory);
	shell_variables_release(&run);
	return 0;
}

static int show_items(const struct strbuf *text, const char *shell)
{
	static const char *const fates[] = { "sets", "removed", "broken", "unclear" };
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = "script", .text = text->buf, .length = text->len, .first = 1 };

	read_shell(&reading, &given, shell);
	for (size_t i = 0; i < proposal.count; i++) {
		const struct proposed *item = &proposal.items[i];

		printf("%u-%u %s %s%s%s %s=%s [%s]%s%s%s%s%s%s%s%s%s%s%s%s%s%s\n", item->line, item->last_line, fates[item->fate],
		       subject_kind_name(item->kind), *item->subject ? " " : "", item->subject, item->key, item->value, item->via,
		       item->when & PROPOSED_NOW ? " now" : "", item->when & PROPOSED_BOOT ? " boot" : "", item->pattern ? " pattern" : "",
		       item->spread == SPREAD_ONE ? " one" : "", item->optional ? " optional" : "", item->appended ? " appended" : "",
		       *item->file ? " file:" : "", item->file, *item->condition ? " condition:" : "", item->condition,
		       *item->why ? " why:" : "", item->why, *item->instead ? " instead:" : "", item->instead);
	}
	printf("%zu items%s\n", proposal.count, proposal.left_out > 0 ? ", some left out" : "");
	return 0;
}

int main(int argc, char **argv)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	enum shell_dialect dialect;

	if (argc != 4 || !read_file(argv[3], &text))
		return 3;
	dialect = streq(argv[2], "bash") ? SHELL_BASH : SHELL_POSIX;
	if (streq(argv[1], "syntax"))
		return show_syntax(&text, dialect);
	return streq(argv[1], "items") ? show_items(&text, argv[2]) : show_output(&text, dialect);
}
