/* SPDX-License-Identifier: Apache-2.0 */
/* apply.sh, rollback.sh and verify.sh: the actions of a plan as one plain block each, then the shell functions that all
 * plans share, and the script's own part, which ends by calling main: a truncated script does nothing. */
#include "plan-script.h"

#include "../core/quote.h"
#include "plan.h"

#define COMMENT_WIDTH 100

struct script {
	const struct plan *plan;
	struct strbuf out;
};

/* ---- comments ---- */

/* Words, wrapped; each line begins with lead. */
static void add_comment(struct strbuf *out, const char *first, const char *lead, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	size_t column = strlen(first);
	const char *word;

	if (!text || !*text)
		return;
	quote_terminal(&safe, text, strlen(text));
	strbuf_add_string(out, first);
	for (word = safe.buf; *word;) {
		size_t length = strcspn(word, " ");

		if (column > strlen(first) && column + 1 + length > COMMENT_WIDTH) {
			strbuf_addf(out, "\n%s", lead);
			column = strlen(lead);
		} else if (word != safe.buf) {
			strbuf_add_char(out, ' ');
			column++;
		}
		strbuf_add(out, word, length);
		column += length;
		word += length;
		word += strspn(word, " ");
	}
	strbuf_add_char(out, '\n');
}

static void add_labelled(struct strbuf *out, const char *label, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;

	if (!text || !*text)
		return;
	strbuf_addf(&all, "%s%s", label, text);
	add_comment(out, "#    ", "#    ", all.buf);
}

static void add_class_names(struct strbuf *out, unsigned int classes)
{
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;

	for (unsigned int bit = 0; bit < CHANGE_CLASS_COUNT; bit++)
		if (classes & (1U << bit))
			strbuf_addf(&names, "%s%s", names.len ? ", " : "", change_class_name(bit));
	add_labelled(out, "Class: ", names.buf);
}

static void add_explanation(struct strbuf *out, const struct action *action)
{
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT;

	plan_describe(action, &title);
	strbuf_addf(&first, "# %u. ", action->number);
	add_comment(out, first.buf, "#    ", title.buf);
	for (size_t i = 0; i < action->n_reasons; i++) {
		const struct finding *finding = action->reasons[i].finding;
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (!finding) {
			add_labelled(out, "", "Asked for on the command line; nothing was measured for it.");
			continue;
		}
		strbuf_addf(&text, "%s (%s).", finding->title, finding->id);
		if (!streq(action->reasons[i].to, action->write.value))
			strbuf_addf(&text, " It asked for %s; this goes farther and satisfies it too.",
				    action->reasons[i].to);
		add_labelled(out, "", text.buf);
		add_labelled(out, "", finding->because);
		add_labelled(out, "Side effects: ", finding->side_effects);
	}
	add_labelled(out, "", action->kept_with);
	for (size_t i = 0; i < action->n_hazards; i++)
		add_labelled(out, "Careful: ", action->hazards[i]);
	add_labelled(out, "Takes effect: ", action->takes_effect);
	add_labelled(out, "Writing it ", action->write_effect);
	add_class_names(out, action->classes);
	add_labelled(out, "To last: ", action->persist_note);
}

/* ---- actions ---- */

static void add_words(struct strbuf *out, const char *const *words)
{
	for (; *words; words++) {
		strbuf_add_char(out, ' ');
		quote_word(out, *words);
	}
	strbuf_add_char(out, '\n');
}

/* One line of the script for each command. */
static void add_commands(struct strbuf *out, const char *verb, const char *commands)
{
	while (*commands) {
		size_t length = strcspn(commands, "\n");

		strbuf_addf(out, "\t%s %.*s\n", verb, (int)length, commands);
		commands += length + (commands[length] == '\n');
	}
}

static void add_setting(struct strbuf *out, const struct action *action)
{
	const struct plan_write *write = &action->write;
	const char *reads = !write->reads ? "-" : streq(write->reads, write->value) ? NULL : write->reads;
	bool by_file = !write->set;

	if (!action_is_live(action)) {
		strbuf_add_string(out, "\tat_boot");
		add_words(out, (const char *const[]){ action->key, action->from, write->value, NULL });
		return;
	}
	if (write->show)
		add_commands(out, "shown_by", write->show);
	if (write->show) {
		strbuf_add_string(out, "\tshown");
		add_words(out, (const char *const[]){ action->key, action->from, write->value, reads, NULL });
	} else {
		strbuf_addf(out, "\t%s", write->choice ? by_file ? "choice" : "reading_choice" :
					 by_file       ? "setting" :
							 "reading");
		add_words(out, (const char *const[]){ action->key, write->path, action->from, write->value,
						      write->choice ? NULL : reads, NULL });
	}
	if (write->set)
		add_commands(out, "set_by", write->set);
	if (write->leaves) {
		strbuf_add_string(out, "\tleaves");
		add_words(out, (const char *const[]){ write->leaves, NULL });
	}
	if (action->loads) {
		strbuf_add_string(out, "\tloads");
		add_words(out, (const char *const[]){ action->loads, NULL });
	}
}

static void add_coupled(struct strbuf *out, const struct action *action)
{
	for (size_t i = 0; i < action->n_coupled; i++) {
		const struct plan_coupled *coupled = &action->coupled[i];

		if (coupled->show) {
			add_commands(out, "shown_by", coupled->show);
			strbuf_add_string(out, "\tmoves_shown");
			add_words(out, (const char *const[]){ coupled->key, coupled->reads, NULL });
			continue;
		}
		strbuf_addf(out, "\t%s", coupled->choice ? "moves_choice" : "moves");
		add_words(out, (const char *const[]){ coupled->key, coupled->path, coupled->reads, NULL });
	}
}

/* Writing what was measured is what happens unless something else is said. */
static bool restores_plainly(const struct action *action)
{
	return action->n_restore == 1 && !action->restore[0].set && streq(action->restore[0].path, action->path) &&
	       streq(action->restore[0].value, action->from);
}

static void add_restore(struct strbuf *out, const struct action *action)
{
	if (action_is_live(action) && action->n_restore == 0) {
		strbuf_addf(out, "\tno_way_back '%s'\n", action->classes & CHANGE_ONE_WAY ? "it cannot be undone" :
											   "only a reboot undoes it");
		return;
	}
	for (size_t i = 0; i < action->n_restore && !restores_plainly(action); i++) {
		const struct plan_write *write = &action->restore[i];

		if (write->set) {
			add_commands(out, "back_by", write->set);
			continue;
		}
		strbuf_add_string(out, "\tback");
		add_words(out, (const char *const[]){ write->path, write->value, NULL });
	}
}

static void add_lines(struct strbuf *out, const char *content)
{
	while (*content) {
		size_t length = strcspn(content, "\n");
		CLEANUP(free_ptr) char *line = xstrndup(content, length);

		strbuf_add_string(out, " \\\n\t\t");
		quote_word(out, line);
		content += length + (content[length] == '\n');
	}
	strbuf_add_char(out, '\n');
}

static void add_file(struct strbuf *out, const struct plan_file *file)
{
	if (file->kind == PLAN_FILE_WHOLE) {
		strbuf_add_string(out, plan_file_is_ours(file) ? "\town_file " : "\tnew_file ");
		quote_word(out, file->path);
		add_lines(out, file->content);
	} else {
		const char *first = file->old_line ? file->old_line : file->new_line;
		const char *second = file->old_line ? file->new_line : NULL;

		strbuf_addf(out, "\t%s", !file->old_line ? "add_line" : file->new_line ? "change_line" : "drop_line");
		add_words(out, (const char *const[]){ file->path, first, second, NULL });
	}
	if (file->reload)
		strbuf_addf(out, "\treload %s\n", file->reload);
}

static void add_action(struct strbuf *out, const struct action *action)
{
	add_explanation(out, action);
	strbuf_addf(out, "action_%u() {\n", action->number);
	add_setting(out, action);
	add_coupled(out, action);
	add_restore(out, action);
	for (size_t i = 0; i < action->n_files; i++)
		add_file(out, &action->files[i]);
	strbuf_add_string(out, "}\n\n");
}

/* ---- the script ---- */

static void add_tool(struct strbuf *tools, const char *tool)
{
	CLEANUP(strbuf_release) struct strbuf padded = STRBUF_INIT, wanted = STRBUF_INIT;

	if (!tool)
		return;
	strbuf_addf(&padded, " %s ", tools->buf);
	strbuf_addf(&wanted, " %s ", tool);
	if (!strstr(padded.buf, wanted.buf))
		strbuf_addf(tools, "%s%s", tools->len ? " " : "", tool);
}

static void add_assignment(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, "%s=", name);
	quote_word(out, value ? value : "");
	strbuf_add_char(out, '\n');
}

static void add_identity(struct strbuf *out, const struct plan *plan, bool applies)
{
	CLEANUP(strbuf_release) struct strbuf tools = STRBUF_INIT, reload_tools = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf numbers = STRBUF_INIT, live = STRBUF_INIT;

	for (size_t i = 0; i < plan->n_actions; i++) {
		const struct action *action = &plan->actions[i];

		add_tool(&tools, action->write.tool);
		for (size_t w = 0; w < action->n_restore; w++)
			add_tool(&tools, action->restore[w].tool);
		for (size_t f = 0; f < action->n_files; f++)
			add_tool(&reload_tools, action->files[f].tool);
		strbuf_addf(&numbers, "%s%u", numbers.len ? " " : "", action->number);
		if (action_is_live(action))
			strbuf_addf(&live, "%s%u", live.len ? " " : "", action->number);
	}
	add_assignment(out, "plan_id", plan->id);
	add_assignment(out, "plan_host", plan->host ? plan->host : "a host without a name");
	add_assignment(out, "plan_machine", plan->machine);
	add_assignment(out, "plan_kernel", plan->kernel);
	add_assignment(out, "plan_tools", tools.buf);
	add_assignment(out, "plan_persist_tools", reload_tools.buf);
	add_assignment(out, "plan_actions", numbers.buf);
	if (applies)
		add_assignment(out, "plan_live", live.buf);
	strbuf_add_char(out, '\n');
}

static void add_title(struct strbuf *out, const struct plan *plan, const char *does, const char *usage)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s plan %s: %zu change%s to %s (Linux %s), %s.", does, plan->id, plan->n_actions,
		    plan->n_actions == 1 ? "" : "s", plan->host ? plan->host : "a host without a name",
		    plan->kernel ? plan->kernel : "of an unknown release",
		    plan->asked ? "as asked for on the command line; nothing was measured for them" :
				  "which keisoku measured there");
	strbuf_add_string(out, "#!/bin/sh\n");
	add_comment(out, "# ", "# ", text.buf);
	strbuf_addf(out, "#\n%s", usage);
	strbuf_add_string(out, "#\n# What it does is in the blocks below, one for each change; how, in the functions behind "
			       "them.\n# Only coreutils and util-linux are needed, unless plan_tools names more.\n\n");
}

static void add_left_out(struct strbuf *out, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_conflicts; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "Left out: %s, because findings contradict each other: %s.", plan->conflicts[i].key,
			    plan->conflicts[i].reason);
		add_comment(out, "# ", "#    ", text.buf);
	}
	for (size_t i = 0; i < plan->n_left_out; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "Left out: %s to %s: %s.", plan->left_out[i].key, plan->left_out[i].to,
			    plan->left_out[i].reason);
		add_comment(out, "# ", "#    ", text.buf);
	}
	if (plan->n_conflicts + plan->n_left_out > 0)
		strbuf_add_char(out, '\n');
}

static void add_dispatch(struct strbuf *out, const struct plan *plan)
{
	strbuf_add_string(out, "run_action() {\n\tcase $1 in\n");
	for (size_t i = 0; i < plan->n_actions; i++)
		strbuf_addf(out, "\t%u) action_%u ;;\n", plan->actions[i].number, plan->actions[i].number);
	strbuf_add_string(out, "\tesac\n}\n\n");
}

static int script_write(FILE *out, const struct plan *plan, const char *does, const char *usage, const char *own)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	add_title(&text, plan, does, usage);
	add_identity(&text, plan, own == plan_apply_sh);
	add_left_out(&text, plan);
	for (size_t i = 0; i < plan->n_actions; i++)
		add_action(&text, &plan->actions[i]);
	add_dispatch(&text, plan);
	fwrite(text.buf, 1, text.len, out);
	fprintf(out, "%s\n%s\n%s", plan_library_sh, plan_shows_sh, own);
	return 0;
}

static int apply_write(FILE *out, const struct plan *plan)
{
	return script_write(out, plan, "Applies",
			    "#   sh apply.sh --dry-run     says what it would do\n"
			    "#   sh apply.sh               changes the running system, until the next reboot\n"
			    "#   sh apply.sh --persist     and lets it last; --help says what else there is\n",
			    plan_apply_sh);
}

static int rollback_write(FILE *out, const struct plan *plan)
{
	return script_write(out, plan, "Takes back",
			    "#   sh rollback.sh --dry-run  says what it would do\n"
			    "#   sh rollback.sh            gives back what was measured; --help says what else there is\n",
			    plan_rollback_sh);
}

static int verify_write(FILE *out, const struct plan *plan)
{
	return script_write(out, plan, "Looks whether a host is as in",
			    "#   sh verify.sh              changes nothing; exit status 0: all as planned\n",
			    plan_verify_sh);
}

const struct plan_artefact plan_apply = {
	.path = "apply.sh", .summary = "makes the changes", .executable = true, .write = apply_write,
};
const struct plan_artefact plan_rollback = {
	.path = "rollback.sh", .summary = "takes them back", .executable = true, .write = rollback_write,
};
const struct plan_artefact plan_verify = {
	.path = "verify.sh", .summary = "looks whether they are in force", .executable = true, .write = verify_write,
};
