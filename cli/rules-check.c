/* SPDX-License-Identifier: Apache-2.0 */
/* `keisoku rules test` and `mutate`: rules against their cases. */
#include <errno.h>

#include "../advisor/lint.h"
#include "../core/quote.h"
#include "rules.h"

void rules_print_lines(const struct strbuf *text)
{
	for (const char *line = text->buf; *line;) {
		CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
		size_t length = strcspn(line, "\n");

		quote_terminal(&safe, line, length);
		puts(safe.buf);
		line += length + (line[length] == '\n');
	}
}

/* The cases of a rule; NULL after a message. */
static const struct node *read_cases(struct rules_run *run, const char *id, struct arena *arena, struct diag *diag)
{
	size_t errors = diag->errors;
	const struct node *documents = rules_read_yaml(run, run->cases, id, arena, diag);
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s.yaml", run->cases, id);
	struct place place = { .file = path };

	if (!documents && diag->errors == errors)
		(void)diag_error(diag, &place, "the rule %s has no cases", id);
	return documents;
}

/* ---- test ---- */

static struct equivalents *read_equivalents(struct rules_run *run, struct arena *arena, struct diag *diag)
{
	const struct node *list = rules_read_yaml(run, run->cases, EQUIVALENTS_NAME, arena, diag);
	struct equivalents *equivalents = equivalents_new();

	if (list)
		(void)equivalents_load(equivalents, list, diag);
	return equivalents;
}

int rules_test(struct rules_run *run)
{
	CLEANUP(equivalents_free_ptr) struct equivalents *equivalents = NULL;
	CLEANUP(arena_release) struct arena list = ARENA_INIT;
	CLEANUP(diag_release) struct diag mistakes = DIAG_INIT;
	const struct rulebook *rulebook = run->knowledge.rulebook;
	size_t rules = 0, cases = 0, failed = 0;

	equivalents = read_equivalents(run, &list, &mistakes);
	print_diag(stdout, &mistakes);
	for (size_t i = 0; i < rulebook_count(rulebook); i++) {
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		const char *id = rulebook_rule_id(rulebook, i);
		const struct node *documents;
		size_t count = 0;

		if (!run->chosen[i])
			continue;
		documents = read_cases(run, id, &arena, &diag);
		rules++;
		if (documents && cases_run(run->knowledge.rulebook, run->knowledge.registry, id, documents, &diag, &why,
					   &count) == 0)
			rule_check_cases(rulebook, id, documents, equivalents, &diag);
		failed += diag.errors > 0 || why.len > 0;
		cases += count;
		print_diag(stdout, &diag);
		rules_print_lines(&why);
	}
	rules_test_policies(run, &rules, &cases, &failed);
	printf("%zu rules, %zu cases; %zu rules with mistakes\n", rules, cases, failed);
	return failed + mistakes.errors > 0 ? EXIT_FINDINGS : EXIT_OK;
}

/* ---- mutate ---- */

struct tally {
	size_t rules, mutants, noticed, equivalent, survive, failing;
};

struct mutating {
	struct equivalents *equivalents;
	struct tally *tally;
	size_t mistakes;
};

static void mutate_rule(struct rules_run *run, const struct node *rule, const char *id, const struct node *documents,
			struct mutating *mutating, struct diag *diag)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct mutant itself = { .rule = rule };
	struct tally *tally = mutating->tally;
	struct mutant *mutants;
	size_t count;

	tally->rules++;
	if (mutant_judge(run->knowledge.registry, &itself, documents) != MUTANT_SURVIVES) {
		struct place place = node_place(rule);

		(void)diag_error(diag, &place, "%s: not mutated, because its own cases fail: see keisoku rules test", id);
		return;
	}
	count = mutants_of(rule, &arena, &mutants);
	for (size_t i = 0; i < count; i++) {
		enum mutant_fate fate = mutant_judge(run->knowledge.registry, &mutants[i], documents);
		bool listed = equivalents_has(mutating->equivalents, id, &mutants[i], fate);

		tally->mutants += fate != MUTANT_INVALID;
		tally->noticed += fate == MUTANT_NOTICED;
		tally->equivalent += fate == MUTANT_SURVIVES && listed;
		if (fate != MUTANT_SURVIVES || listed)
			continue;
		tally->survive++;
		if (*mutants[i].to)
			(void)diag_error(diag, &mutants[i].place, "%s: %s: no case notices '%s' → '%s'", id, mutants[i].field,
					 mutants[i].from, mutants[i].to);
		else
			(void)diag_error(diag, &mutants[i].place, "%s: %s: no case notices when it is left out: '%s'", id,
					 mutants[i].field, mutants[i].from);
	}
	equivalents_report(mutating->equivalents, id, diag);
}

static void mutate_one(struct rules_run *run, const struct node *rule, const char *id, const struct node *documents,
		       void *context)
{
	CLEANUP(diag_release) struct diag found = DIAG_INIT;
	struct mutating *mutating = context;

	if (documents)
		mutate_rule(run, rule, id, documents, mutating, &found);
	print_diag(stdout, &found);
	mutating->mistakes += found.errors + !documents;
}

int rules_mutate(struct rules_run *run)
{
	CLEANUP(equivalents_free_ptr) struct equivalents *equivalents = NULL;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct rulebook *rulebook = run->knowledge.rulebook;
	struct tally tally = { 0 };
	struct mutating mutating = { .tally = &tally };

	mutating.equivalents = equivalents = read_equivalents(run, &arena, &diag);
	if (run->all && run->arguments->rules.count == 0)
		equivalents_report_strays(equivalents, rulebook, &diag);
	mutating.mistakes = diag.errors;
	print_diag(stdout, &diag);
	for (size_t i = 0; i < rulebook_count(rulebook); i++) {
		CLEANUP(arena_release) struct arena cases = ARENA_INIT;
		CLEANUP(diag_release) struct diag unread = DIAG_INIT;
		const char *id = rulebook_rule_id(rulebook, i);

		if (!run->chosen[i])
			continue;
		mutate_one(run, rulebook_rule_node(rulebook, i), id, read_cases(run, id, &cases, &unread), &mutating);
		print_diag(stdout, &unread);
	}
	rules_mutate_policies(run, mutate_one, &mutating);
	printf("%zu rules, %zu mutants: %zu noticed, %zu equivalent, %zu survive\n", tally.rules, tally.mutants, tally.noticed,
	       tally.equivalent, tally.survive);
	return mutating.mistakes > 0 ? EXIT_FINDINGS : EXIT_OK;
}

/* ---- lint ---- */

/* Messages about files of --rules only, each once: the rest is not theirs who wrote these. */
static bool is_wanted(const struct rules_run *run, const struct diag *diag, size_t index)
{
	const struct diag_entry *entry = &diag->entries[index];

	for (size_t i = 0; i < index; i++) {
		const struct diag_entry *before = &diag->entries[i];

		if (before->place.line == entry->place.line && before->place.column == entry->place.column &&
		    streq(before->message, entry->message) && before->place.file && entry->place.file &&
		    streq(before->place.file, entry->place.file))
			return false;
	}
	return rules_own_file(run->arguments, entry->place.file);
}

struct lint_context {
	const struct rules_run *run;
	struct root *sources;
};

static bool source_exists(void *context, const char *path)
{
	const struct lint_context *lint = context;
	CLEANUP(free_ptr) char *absolute = xasprintf("/%s", path);

	return root_exists(lint->sources, absolute);
}

static bool wants_file(void *context, const char *file)
{
	const struct lint_context *lint = context;

	return rules_own_file(lint->run->arguments, file);
}

int rules_lint(struct rules_run *run)
{
	CLEANUP(diag_release) struct diag wanted = DIAG_INIT;
	CLEANUP(root_free_ptr) struct root *sources = NULL;
	const char *path = run->arguments->sources;
	struct lint_context context = { .run = run };
	struct lint_options options = { .wants = wants_file, .context = &context, .chosen = run->chosen };
	size_t warnings = 0;
	bool unreadable = false;
	int r;

	if (path) {
		r = root_open(path, &sources);
		if (r < 0)
			return talk_error(EXIT_INPUT, "cannot read %s: %s", path, strerror(-r));
		options.exists = source_exists;
		context.sources = sources;
	}
	(void)rulebook_compile_registry(run->knowledge.rulebook, run->diag);
	rulebook_lint(run->knowledge.rulebook, &options, run->diag);
	rules_lint_policies(run, &options, run->diag);
	for (size_t i = 0; i < run->diag->count; i++) {
		const struct diag_entry *entry = &run->diag->entries[i];

		if (!is_wanted(run, run->diag, i))
			continue;
		unreadable = unreadable || entry->place.line == 0;
		warnings += entry->level == DIAG_WARNING;
		if (entry->level == DIAG_ERROR)
			(void)diag_error(&wanted, &entry->place, "%s", entry->message);
		else
			(void)diag_warning(&wanted, &entry->place, "%s", entry->message);
	}
	print_diag(stdout, &wanted);
	printf("%zu mistakes, %zu warnings\n", wanted.errors, warnings);
	return unreadable ? EXIT_INPUT : wanted.errors > 0 ? EXIT_FINDINGS : EXIT_OK;
}
