/* SPDX-License-Identifier: Apache-2.0 */
/* For those who write rules: what there is, and whether it is right. */
#include <errno.h>
#include <sys/stat.h>

#include "../core/strbuf.h"
#include "rules.h"

#define CASES_DEFAULT "tests/rules"

/* clang-format off */
static const struct rules_action {
	const char *name;
	int (*run)(struct rules_run *run);
	size_t min_ids;
	bool needs_cases, needs_whole;	/* needs_whole: rules with mistakes are no use */
	bool tells_mistakes;		/* itself, as its report */
} actions[] = {
	{ .name = "list",   .run = rules_list },
	{ .name = "show",   .run = rules_show, .min_ids = 1 },
	{ .name = "lint",   .run = rules_lint, .tells_mistakes = true },
	{ .name = "test",   .run = rules_test, .needs_cases = true, .needs_whole = true },
	{ .name = "mutate", .run = rules_mutate, .needs_cases = true, .needs_whole = true },
};
/* clang-format on */

static const struct rules_action *find_action(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (streq(actions[i].name, name))
			return &actions[i];
	return NULL;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool rules_own_file(const struct arguments *arguments, const char *file)
{
	for (size_t i = 0; file && i < arguments->rules.count; i++) {
		const char *from = arguments->rules.items[i];
		size_t length = strlen(from);

		if (starts_with(file, from) && (strchr("/", file[length]) || ends_with(from, "/")))
			return true;
	}
	return arguments->rules.count == 0;
}

static int choose(struct rules_run *run)
{
	const struct arguments *arguments = run->arguments;
	const struct rulebook *rulebook = run->knowledge.rulebook;
	size_t count = rulebook_count(rulebook);

	run->all = arguments->positional.count < 2;
	run->chosen = xcalloc(count + 1, sizeof(*run->chosen));
	for (size_t i = 0; run->all && i < count; i++)
		run->chosen[i] = rules_own_file(arguments, node_file(rulebook_rule_node(rulebook, i)));
	for (size_t i = 1; i < arguments->positional.count; i++) {
		bool found = false;

		for (size_t j = 0; j < count; j++)
			if (streq(rulebook_rule_id(rulebook, j), arguments->positional.items[i]))
				found = run->chosen[j] = true;
		if (!found)
			return talk_error(EXIT_USAGE, "no rule is called '%s'; see keisoku rules list",
					  arguments->positional.items[i]);
	}
	return 0;
}

static int choose_cases(struct rules_run *run, bool needed)
{
	run->cases = run->arguments->cases;
	if (!run->cases && is_directory(CASES_DEFAULT))
		run->cases = CASES_DEFAULT;
	if (run->cases && !is_directory(run->cases))
		return talk_error(EXIT_INPUT, "cannot read %s: %s", run->cases, strerror(errno == 0 ? ENOTDIR : errno));
	if (!run->cases && needed)
		return talk_error(EXIT_USAGE, "there is no directory " CASES_DEFAULT " here: say with --cases DIR where the "
					      "cases are, one ID.yaml for each rule");
	return 0;
}

const struct node *rules_read_yaml(struct rules_run *run, const char *directory, const char *name, struct arena *arena,
				   struct diag *diag)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s.yaml", directory, name);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct place place = { .file = path };
	const struct node *documents;
	int r;

	r = input_read(path, NODE_TEXT_MAX, &text);
	if (r == -ENOENT)
		return NULL;
	if (r < 0) {
		(void)diag_error(diag, &place, "cannot read: %s", strerror(-r));
		return NULL;
	}
	return node_parse(arena, path, text.buf, text.len, diag, &documents) < 0 ? NULL : documents;
}

static int run_action(struct rules_run *run, const struct rules_action *action)
{
	int r = choose(run);

	if (r == 0)
		r = choose_cases(run, action->needs_cases);
	if (r != 0)
		return r;
	if (!run->loaded && action->needs_whole)
		return talk_error(EXIT_INPUT, "%s: not while rules have mistakes", action->name);
	return action->run(run);
}

static int run_rules(const struct arguments *arguments)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct rules_run run = { .arguments = arguments, .diag = &diag };
	const struct rules_action *action = find_action(arguments->positional.items[0]);
	int status;

	if (!action)
		return talk_error(EXIT_USAGE, "rules: expected list, show, lint, test or mutate, found '%s'",
				  arguments->positional.items[0]);
	if (arguments->positional.count - 1 < action->min_ids)
		return talk_error(EXIT_USAGE, "rules %s: expected the id of a rule; see keisoku rules list", action->name);
	run.loaded = knowledge_load(&run.knowledge, KNOWLEDGE_ALL, arguments->rules.items, arguments->rules.count,
				    &diag) == 0;
	if (!action->tells_mistakes)
		talk_diag(&diag);
	status = run_action(&run, action);
	free(run.chosen);
	knowledge_release(&run.knowledge);
	return status == EXIT_OK && !run.loaded && !action->tells_mistakes ? EXIT_INPUT : status;
}

static const enum option_id options[] = { OPTION_RULES, OPTION_CASES, OPTION_SOURCES, OPTION_COLOUR, OPTION_WIDTH, OPTION_END };

const struct command command_rules = {
	.name = "rules",
	.arguments = "list|show|lint|test|mutate [OPTION]... [ID]...",
	.summary = "rules, and whether they are right",
	.description = "For those who write rules. Without an ID all of them, and all policies; with\n"
		       "--rules only those read from there.\n\n"
		       "  list    one rule a line, by pack\n"
		       "  show    a rule as a person reads it\n"
		       "  lint    finds mistakes of type, unit and reference, conditions that always or\n"
		       "          never hold, tunables that could not be put back, contradictions\n"
		       "  test    runs the cases of rules, and says which cases are missing\n"
		       "  mutate  makes small mistakes in rules, and lists those that no case notices\n\n"
		       "Exit status: 0; 1 mistakes were found; 2 wrong usage; 3 unreadable input.",
	.options = options,
	.min_positional = 1,
	.max_positional = 1024,
	.run = run_rules,
};
