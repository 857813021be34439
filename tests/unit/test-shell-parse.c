/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of the shell. */
#include "../../proposals/shell-parse.h"
#include "test.h"

/* ---- a tree as text: (list (cmd 'echo' "$x" >file)) ---- */

static void show_node(const struct shell_node *node, struct strbuf *out);

static void show_parts(const struct shell_part *part, struct strbuf *out)
{
	static const char *const operators[] = { "", "#length", "-", "=", "?", "+", "#", "##", "%", "%%", "other" };

	for (; part; part = part->next) {
		if (part->quoted)
			strbuf_add_char(out, '"');
		switch ((enum shell_part_kind)part->kind) {
		case SHELL_PART_TEXT:
			strbuf_add(out, part->text, part->length);
			break;
		case SHELL_PART_QUOTED:
			strbuf_addf(out, "'%.*s'", (int)part->length, part->text);
			break;
		case SHELL_PART_PARAMETER:
			strbuf_addf(out, "${%.*s%s%s", (int)part->length, part->text, part->colon ? ":" : "",
				    operators[part->operator]);
			show_parts(part->word, out);
			strbuf_add_char(out, '}');
			break;
		case SHELL_PART_COMMAND:
		case SHELL_PART_PROCESS:
			strbuf_add_string(out, part->kind == SHELL_PART_COMMAND ? "$" : "<");
			show_node(part->script, out);
			break;
		case SHELL_PART_ARITHMETIC:
			strbuf_addf(out, "$((%.*s))", (int)part->length, part->text);
			break;
		}
	}
}

static void show_words(const struct shell_word *word, struct strbuf *out)
{
	for (; word; word = word->next) {
		strbuf_add_char(out, ' ');
		show_parts(word->parts, out);
	}
}

static void show_redirections(const struct shell_redirection *redirection, struct strbuf *out)
{
	static const char *const names[] = { "<", ">", ">|", ">>", "<>", "<<", "<<<", "<&", ">&", "&>", "&>>" };

	for (; redirection; redirection = redirection->next) {
		strbuf_add_char(out, ' ');
		if (redirection->descriptor >= 0)
			strbuf_addf(out, "%d", redirection->descriptor);
		strbuf_add_string(out, names[redirection->kind]);
		show_parts(redirection->word->parts, out);
		if (redirection->body) {
			strbuf_addf(out, "%s@%u[", redirection->literal ? "literal" : "", redirection->body->line);
			show_parts(redirection->body, out);
			strbuf_add_char(out, ']');
		}
	}
}

static void show_assignments(const struct shell_assignment *assignment, struct strbuf *out)
{
	for (; assignment; assignment = assignment->next) {
		strbuf_addf(out, " %s%s=%s", assignment->name, assignment->append ? "+" : "", assignment->array ? "(" : "");
		show_words(assignment->value, out);
		strbuf_add_string(out, assignment->array ? ")" : "");
	}
}

static void show_node(const struct shell_node *node, struct strbuf *out)
{
	static const char *const kinds[] = { "cmd", "pipe", "list", "subshell", "group", "if", "while", "until", "for", "for((",
					     "select", "case", "function", "[[", "((" };
	static const char *const joins[] = { "", "&& ", "|| " };

	if (!node)
		return;
	strbuf_addf(out, "(%s%s%s", node->negated ? "! " : "", joins[node->join], kinds[node->kind]);
	if (node->name)
		strbuf_addf(out, " =%s", node->name);
	show_assignments(node->assignments, out);
	show_words(node->words, out);
	for (const struct shell_branch *branch = node->branches; branch; branch = branch->next) {
		strbuf_add_string(out, " {");
		show_words(branch->patterns, out);
		strbuf_add_string(out, " } ");
		show_node(branch->body, out);
	}
	for (const struct shell_node *child = node->children; child; child = child->next) {
		strbuf_add_char(out, ' ');
		show_node(child, out);
	}
	for (size_t i = 0; i < 3; i++) {
		const struct shell_node *part[] = { node->condition, node->body, node->otherwise };

		strbuf_add_string(out, part[i] ? " " : "");
		show_node(part[i], out);
	}
	show_redirections(node->redirections, out);
	strbuf_add_string(out, node->background ? " &)" : ")");
}

struct tree {
	const char *text, *expected;
};

static void assert_tree(enum shell_dialect dialect, const struct tree *tree)
{
	CLEANUP(shell_parser_free_ptr) struct shell_parser *parser = shell_parser_new(tree->text, strlen(tree->text), dialect);
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct shell_node *node;

	while ((node = shell_parser_next(parser, &arena))) {
		strbuf_add_string(&out, out.len > 0 ? "; " : "");
		show_node(node, &out);
	}
	if (shell_parser_error(parser))
		strbuf_addf(&out, "! %u: %s", shell_parser_error(parser)->line, shell_parser_error(parser)->why);
	assert_string_equal(out.buf, tree->expected);
}

static void words_are_made_of_what_is_quoted_and_what_is_expanded(void **state)
{
	static const struct tree trees[] = {
		{ "a'b c'\"d\"\\e", "(cmd a'b c''''d''e')" },
		{ "echo \"\" ''", "(cmd echo '' '')" },
		{ "echo \"a\\\"b\\c\"", "(cmd echo '''a''\"''b''\\c')" },
		{ "echo $x${y}\"$z\"$12", "(cmd echo ${x}${y}''\"${z}${1}2)" },
		{ "echo ${a:-b c} ${a-} ${a%.*} ${#a} ${a##*/}", "(cmd echo ${a:-b c} ${a-} ${a%.*} ${a#length} ${a##*/})" },
		{ "echo \"${a:-'b'}\" \"${a#'b'}\"", "(cmd echo ''\"${a:-''b''} ''\"${a#'b'})" },
		{ "echo ${a/b/c} ${!a} ${a[1]} ${a:1:2}", "(cmd echo ${aother/b/c} ${other!a} ${aother[1]} ${aother:1:2})" },
		{ "echo $(ls a) `ls \\`b\\``", "(cmd echo $(cmd ls a) $(cmd ls $(cmd b)))" },
		{ "echo $((1 + (2))) $((a);(b))", "(cmd echo $((1 + (2))) $(list (subshell (cmd a)) (subshell (cmd b))))" },
		{ "echo $'a\\tb\\x41\\101\\'' $\"x\"", "(cmd echo 'a\tbAA'' '''x')" },
		{ "diff <(a) >(b)", "(cmd diff <(cmd a) <(cmd b))" },
		{ "echo a\\\nb c\\\n d", "(cmd echo ab c d)" },
		{ "echo a#b # c", "(cmd echo a#b)" },
		{ "echo $ $% \"$\"", "(cmd echo $ $% '''$')" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		assert_tree(SHELL_BASH, &trees[i]);
}

static void commands_are_joined_and_nested(void **state)
{
	static const struct tree trees[] = {
		{ "a; b & c\nd", "(list (cmd a) (cmd b &) (cmd c)); (cmd d)" },
		{ "a && b || c", "(list (cmd a) (&& cmd b) (|| cmd c))" },
		{ "! a | b |\n c", "(! pipe (cmd a) (cmd b) (cmd c))" },
		{ "x=1 y+=2 z=(a b) c d=e", "(cmd x= 1 y+= 2 z=( a b) c d=e)" },
		{ "declare -a x=(1 2)", "(cmd x=( 1 2) declare -a)" },
		{ "( a; b ) > c", "(subshell (list (cmd a) (cmd b)) >c)" },
		{ "{ a; } 2>&1", "(group (cmd a) 2>&1)" },
		{ "if a; then b; elif c; then d; else e; fi", "(if (cmd a) (cmd b) (if (cmd c) (cmd d) (cmd e)))" },
		{ "while read x; do a; done < b", "(while (cmd read x) (cmd a) <b)" },
		{ "for x in a *; do b; done", "(for =x a * (cmd b))" },
		{ "for x; do b; done", "(for =x (cmd b))" },
		{ "for ((i=0; i<3; i++)); do b; done", "(for(( (cmd b))" },
		{ "case $x in a|b) c ;; (*) d; esac", "(case ${x} { a b } (cmd c) { * } (cmd d))" },
		{ "f() { a; }; function g { b; }", "(list (function =f (group (cmd a))) (function =g (group (cmd b))))" },
		{ "[[ -f a && $b =~ ^(c|d e)$ ]] && ((x > 1))", "(list ([[) (&& (())" },
		{ "[[ $a =~ ^b$|^c$ ]] && d", "(list ([[) (&& cmd d))" },
		{ "eval local x=(\\${a[@]})\nb", "(cmd x=( '$'{a[@]}) eval local); (cmd b)" },
		{ "shopt -s extglob\nls a@(b|c*)d !(e)", "(cmd shopt -s extglob); (cmd ls a@(b|c*)d !(e))" },
		{ "#!/bin/bash -O extglob\nls a@(b)", "(cmd ls a@(b))" },
		{ "time a", "(cmd a)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		assert_tree(SHELL_BASH, &trees[i]);
}

static void redirections_and_here_documents_keep_their_lines(void **state)
{
	static const struct tree trees[] = {
		{ "a >b >>c 2>d <e 3<>f >|g 2>&- &>h <<<i", "(cmd a >b >>c 2>d <e 3<>f >|g 2>&- &>h <<<i)" },
		{ "2 >a", "(cmd 2 >a)" },
		{ "cat <<A <<'B'\n$x\nA\n$y\nB\nd", "(cmd cat <<A@2[\"${x}'\n'] <<'B'literal@4['$y\n']); (cmd d)" },
		{ "cat <<-A | b\n\t1\n\tA\nc", "(pipe (cmd cat <<A@2['1\n']) (cmd b)); (cmd c)" },
		{ "cat <<A\n1\\\n2\nA", "(cmd cat <<A@2['1''2\n'])" },
		{ "cat <<A\n$(for x in a\ndo b; done)\nA\nc", "(cmd cat <<A@2[\"$(for =x a (cmd b))'\n']); (cmd c)" },
		{ "cat <<A\nx", "(cmd cat <<A@2['x'])" },
		{ "if a; then cat <<A; fi\n1\nA\nb", "(if (cmd a) (cmd cat <<A@2['1\n'])); (cmd b)" },
		{ "x=$(cat <<A\n1\nA\n)", "(cmd x= $(cmd cat <<A@2['1\n']))" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		assert_tree(SHELL_BASH, &trees[i]);
}

static void what_only_bash_knows_is_something_else_in_sh(void **state)
{
	static const struct tree trees[] = {
		{ "a &> b", "(list (cmd a &) (cmd >b))" },
		{ "[[ a ]]", "(cmd [[ a ]])" },
		{ "echo $'a'", "(cmd echo $'a')" },
		{ "a=(1)", "! 1: '(1' stands where a word, a redirection or the end of the command is expected" },
		{ "function f", "(cmd function f)" },
		{ "a <<< b", "! 1: a word is expected after <<" },
		{ "((a))", "(subshell (subshell (cmd a)))" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		assert_tree(SHELL_POSIX, &trees[i]);
}

static void what_stands_before_an_error_is_kept_and_the_error_has_its_line(void **state)
{
	static const struct tree trees[] = {
		{ "a\nb\n\necho 'x\ny\n", "(cmd a); (cmd b)! 4: the quotation that ' begins is not closed" },
		{ "a\n\nif b; then\nc\n", "(cmd a)! 3: 'fi' is missing: the text ends before it" },
		{ "a\nfi\nb", "(cmd a)! 2: 'fi' stands where a command is expected" },
		{ "for x in a\nb\ndone", "! 2: 'b' stands where 'do' is expected" },
		{ "a | \n", "! 2: a command is missing: the text ends before it" },
		{ "a >\nb", "! 1: a word is expected after >" },
		{ "echo $(a", "! 1: the parenthesis that $( begins is not closed" },
		{ "echo ${a", "! 1: the brace that ${ begins is not closed" },
		{ "if a; then\r\nb\r\nfi\r\n", "! 1: 'then' is missing: the text ends before it" },
		{ "a;; b", "! 1: ';' stands where ';', '&' or a new line is expected" },
		{ "a(b)", "! 1: 'b' stands where ')' is expected" },
		{ "# needs shopt -s extglob, extglob\nls a@(b)", "! 2: '(b' stands where a word, a redirection or the end of the command is expected" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		assert_tree(SHELL_BASH, &trees[i]);
}

/* Texts of PIECE, count times. */
static void deep_and_large_texts_are_bounded_and_quick(void **state)
{
	static const struct {
		const char *piece;
		size_t count;
		const char *why;	/* NULL: it is fine */
	} cases[] = {
		{ "(", 100000, "nested more than 200 deep" },
		{ "$(", 100000, "nested more than 200 deep" },
		{ "\"${x:-", 100000, "nested more than 200 deep" },
		{ "$((", 100000, "nested more than 200 deep" },
		{ "if a; then ", 100000, "nested more than 200 deep" },
		{ "if a; then b; el", 100000, "nested more than 200 deep" },
		{ "`", 100001, "not closed" },
		{ ">a ", 1000000, NULL },
		{ "cat <<A ", 10000, NULL },
		{ "x", 5000000, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		CLEANUP(shell_parser_free_ptr) struct shell_parser *parser = NULL;

		for (size_t n = 0; n < cases[i].count; n++)
			strbuf_add_string(&text, cases[i].piece);
		parser = shell_parser_new(text.buf, text.len, SHELL_BASH);
		while (shell_parser_next(parser, &arena))
			;
		if (!cases[i].why) {
			assert_null(shell_parser_error(parser));
			continue;
		}
		assert_non_null(shell_parser_error(parser));
		assert_non_null(strstr(shell_parser_error(parser)->why, cases[i].why));
	}
}

static void zero_bytes_are_left_out_and_counted(void **state)
{
	static const char text[] = "ec\0ho\0 a";
	CLEANUP(shell_parser_free_ptr) struct shell_parser *parser = shell_parser_new(text, sizeof(text) - 1, SHELL_POSIX);
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	show_node(shell_parser_next(parser, &arena), &out);
	assert_string_equal(out.buf, "(cmd echo a)");
	assert_int_equal(shell_parser_zeros(parser), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_made_of_what_is_quoted_and_what_is_expanded),
		cmocka_unit_test(commands_are_joined_and_nested),
		cmocka_unit_test(redirections_and_here_documents_keep_their_lines),
		cmocka_unit_test(what_only_bash_knows_is_something_else_in_sh),
		cmocka_unit_test(what_stands_before_an_error_is_kept_and_the_error_has_its_line),
		cmocka_unit_test(deep_and_large_texts_are_bounded_and_quick),
		cmocka_unit_test(zero_bytes_are_left_out_and_counted),
	};

	return RUN_TESTS(tests);
}
