/* SPDX-License-Identifier: Apache-2.0 */
/* ansible/apply.yml and ansible/rollback.yml: the live values and the lasting files, for many hosts at once.
 *
 * As in the scripts every host is looked at before anything is written, and is left alone where a value or a file is
 * neither as measured nor as planned.  Text from outside is !unsafe: Ansible never takes it for a template. */
#include "../core/json.h"
#include "../core/quote.h"
#include "../core/strbuf.h"
#include "plan-script.h"
#include "plan.h"

struct play {
	const struct plan *plan;
	struct merged_files files;
	struct strbuf out;
	bool back;			/* the way back */
};

static void add_unsafe(struct strbuf *out, const char *text)
{
	strbuf_add_string(out, "!unsafe ");
	yaml_quote(out, text);
}

/* "    - name: 1. vm.swappiness …" */
static void add_name(struct play *play, const char *format, ...) FORMAT_PRINTF(2, 3);
static void add_name(struct play *play, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, safe = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	/* A name is a template even when it is !unsafe. */
	for (char *c = text.buf; *c; c++)
		if (*c == '{' || *c == '}')
			*c = '?';
	quote_terminal(&safe, text.buf, text.len);
	strbuf_add_string(&play->out, "    - name: ");
	yaml_quote(&play->out, safe.buf);
	strbuf_add_char(&play->out, '\n');
}

/* What YAML cannot hold, the scripts can. */
static bool is_text(const char *text)
{
	return !text || utf8_valid(text, strlen(text));
}

static bool write_is_text(const struct plan_write *write)
{
	return is_text(write->path) && is_text(write->value) && is_text(write->set) && is_text(write->show) &&
	       is_text(write->reads);
}

static bool can_be_played(const struct action *action)
{
	bool can = write_is_text(&action->write) && is_text(action->from);

	for (size_t i = 0; i < action->n_restore; i++)
		can = can && write_is_text(&action->restore[i]);
	for (size_t i = 0; i < action->n_coupled; i++)
		can = can && is_text(action->coupled[i].path) && is_text(action->coupled[i].reads);
	return can;
}

static bool is_played(const struct action *action)
{
	return action_is_live(action) && can_be_played(action);
}

/* ---- looking ---- */

static void add_look(struct play *play, const char *name, const char *path, const char *show)
{
	struct strbuf *out = &play->out;

	if (show) {
		CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;

		/* mount_shows and ethtool_shows */
		if (strstr(show, "_shows "))
			strbuf_add_string(&command, plan_shows_sh);
		strbuf_add_string(&command, show);
		strbuf_add_string(out, "      ansible.builtin.shell:\n        cmd: ");
		add_unsafe(out, command.buf);
		strbuf_add_string(out, "\n      changed_when: false\n      check_mode: false\n");
	} else {
		strbuf_add_string(out, "      ansible.builtin.slurp:\n        src: ");
		add_unsafe(out, path);
		strbuf_add_char(out, '\n');
	}
	strbuf_addf(out, "      register: keisoku_%s\n", name);
}

/* What was read, as the plan has it: tabs are blanks, of a choice the word in brackets. */
static void add_now(struct strbuf *out, const char *name, bool choice, bool command)
{
	strbuf_addf(out, "        keisoku_now: \"{{ keisoku_%s.%s | replace('\\t', ' ') | trim%s }}\"\n", name,
		    command ? "stdout" : "content | b64decode",
		    choice ? " | regex_search('\\\\[([^]]*)\\\\]', '\\\\1') | default(['?'], true) | first" : "");
}

static const char *reads(const struct plan_write *write)
{
	return write->reads ? write->reads : write->value;
}

static void add_trimmed(struct strbuf *out, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf trimmed = STRBUF_INIT;

	strbuf_add_string(&trimmed, text);
	strbuf_trim(&trimmed);
	add_unsafe(out, trimmed.buf);
}

static void add_guard(struct play *play, const struct action *action)
{
	struct strbuf *out = &play->out;
	char name[16];

	snprintf(name, sizeof(name), "%u", action->number);
	add_name(play, "%u. Look at %s", action->number, action->key);
	add_look(play, name, action->write.path, action->write.show);
	add_name(play, "%u. %s is as measured or as planned", action->number, action->key);
	strbuf_add_string(out, "      ansible.builtin.assert:\n        that: keisoku_now in keisoku_known\n"
			       "        fail_msg: \"it is {{ keisoku_now }}: somebody changed it, so nothing is done\"\n"
			       "        quiet: true\n      vars:\n");
	add_now(out, name, action->write.choice, action->write.show != NULL);
	strbuf_add_string(out, "        keisoku_known: [");
	add_trimmed(out, action->from);
	strbuf_add_string(out, ", ");
	add_trimmed(out, reads(&action->write));
	strbuf_add_string(out, "]\n");
}

static void add_file_guard(struct play *play, size_t index)
{
	const struct merged_file *file = &play->files.items[index];

	add_name(play, "Look at %s", file->path);
	strbuf_add_string(&play->out, "      ansible.builtin.stat:\n        checksum_algorithm: sha256\n        path: ");
	add_unsafe(&play->out, file->path);
	strbuf_addf(&play->out, "\n      register: keisoku_file_%zu\n", index + 1);
	add_name(play, "%s is not somebody else's", file->path);
	strbuf_addf(&play->out,
		    "      ansible.builtin.assert:\n        quiet: true\n        that: not keisoku_file_%zu.stat.exists or "
		    "keisoku_file_%zu.stat.checksum == '%s'\n        fail_msg: it holds something else, so nothing is "
		    "done\n", index + 1, index + 1, file->sha256);
}

static void add_identity(struct play *play)
{
	if (!play->plan->machine)
		return;
	add_name(play, "Read which host it is");
	strbuf_add_string(&play->out, "      ansible.builtin.slurp:\n        src: /etc/machine-id\n"
				      "      register: keisoku_machine\n");
	add_name(play, "It is the one that was measured (or -e keisoku_any_host=true)");
	strbuf_addf(&play->out, "      ansible.builtin.assert:\n        quiet: true\n"
				"        that: (('keisoku ' ~ (keisoku_machine.content | b64decode | trim)) | hash('sha256'))[:32] == '%s'\n"
				"        fail_msg: the plan was made for another host\n"
				"      when: not (keisoku_any_host | default(false) | bool)\n", play->plan->machine);
}

/* ---- changing ---- */

static void add_shell(struct play *play, const struct plan_write *write)
{
	CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;

	if (write->set) {
		strbuf_add_string(&command, "set -e\n");
		strbuf_add_string(&command, write->set);
	} else {
		strbuf_add_string(&command, "printf '%s\\n' ");
		quote_word(&command, write->value);
		strbuf_add_string(&command, " > ");
		quote_word(&command, write->path);
	}
	strbuf_add_string(&play->out, "      ansible.builtin.shell:\n        cmd: ");
	add_unsafe(&play->out, command.buf);
	strbuf_add_char(&play->out, '\n');
}

static const struct merged_file *sysctl_file(const struct play *play, const struct action *action)
{
	for (size_t i = 0; i < action->n_files; i++) {
		const struct merged_file *file = merged_files_find(&play->files, &action->files[i]);

		if (file && streq(file->directory, "/etc/sysctl.d"))
			return file;
	}
	return NULL;
}

static void add_change(struct play *play, const struct action *action)
{
	const struct merged_file *file = sysctl_file(play, action);
	struct strbuf *out = &play->out;
	char name[16];

	snprintf(name, sizeof(name), "%u", action->number);
	add_name(play, "%u. Set %s", action->number, action->key);
	if (file && !action->write.set) {
		strbuf_add_string(out, "      ansible.posix.sysctl:\n        name: ");
		add_unsafe(out, action->setting_key);
		strbuf_add_string(out, "\n        value: ");
		add_unsafe(out, action->write.value);
		strbuf_addf(out, "\n        sysctl_set: true\n        reload: false\n        sysctl_file: ");
		add_unsafe(out, file->path);
		strbuf_add_char(out, '\n');
		return;
	}
	add_shell(play, &action->write);
	strbuf_add_string(out, "      when: keisoku_now != keisoku_wanted\n      vars:\n");
	add_now(out, name, action->write.choice, action->write.show != NULL);
	strbuf_add_string(out, "        keisoku_wanted: ");
	add_trimmed(out, reads(&action->write));
	strbuf_add_char(out, '\n');
}

static void add_restore(struct play *play, const struct action *action)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", action->number);
	for (size_t i = 0; i < action->n_restore; i++) {
		add_name(play, "%u. Put %s back", action->number, action->restore[i].key);
		add_shell(play, &action->restore[i]);
		strbuf_add_string(&play->out, "      when: keisoku_now != keisoku_measured\n      vars:\n");
		add_now(&play->out, name, action->write.choice, action->write.show != NULL);
		strbuf_add_string(&play->out, "        keisoku_measured: ");
		add_trimmed(&play->out, action->from);
		strbuf_add_char(&play->out, '\n');
	}
}

/* ---- files ---- */

/* Directories of one unit come and go with what is in them. */
static bool is_of_a_unit(const struct merged_file *file)
{
	return starts_with(file->directory, "/etc/systemd/");
}

static void add_directory(struct play *play, const struct merged_file *file)
{
	add_name(play, "%s is there", file->directory);
	strbuf_add_string(&play->out, "      ansible.builtin.file:\n        state: directory\n        path: ");
	add_unsafe(&play->out, file->directory);
	strbuf_add_char(&play->out, '\n');
}

static void add_reload(struct play *play, const struct merged_file *file, size_t index, const char *when)
{
	if (!file->reload)
		return;
	add_name(play, "What reads %s reads it again", file->path);
	strbuf_add_string(&play->out, "      ansible.builtin.shell:\n        cmd: ");
	add_unsafe(&play->out, file->reload);
	strbuf_addf(&play->out, "\n      when: %skeisoku_file_%zu.stat.exists\n", when, index + 1);
}

static void add_copy(struct play *play, size_t index)
{
	const struct merged_file *file = &play->files.items[index];

	add_directory(play, file);
	add_name(play, "Write %s", file->path);
	strbuf_add_string(&play->out, "      ansible.builtin.copy:\n        mode: \"0644\"\n        dest: ");
	add_unsafe(&play->out, file->path);
	strbuf_add_string(&play->out, "\n        content: ");
	add_unsafe(&play->out, file->content);
	/* Under --check the directory has not been made. */
	strbuf_addf(&play->out, "\n      when: not (ansible_check_mode and not keisoku_file_%zu.stat.exists)\n", index + 1);
	add_reload(play, file, index, "not ");
}

static void add_removal(struct play *play, size_t index)
{
	const struct merged_file *file = &play->files.items[index];

	add_name(play, "Remove %s", file->path);
	strbuf_add_string(&play->out, "      ansible.builtin.file:\n        state: absent\n        path: ");
	add_unsafe(&play->out, file->path);
	strbuf_add_char(&play->out, '\n');
	if (is_of_a_unit(file)) {
		add_name(play, "Remove %s if nothing else is in it", file->directory);
		strbuf_add_string(&play->out, "      ansible.builtin.command:\n        argv: [rmdir, "
					      "--ignore-fail-on-non-empty, ");
		add_unsafe(&play->out, file->directory);
		strbuf_addf(&play->out, "]\n      when: keisoku_file_%zu.stat.exists\n", index + 1);
	}
	add_reload(play, file, index, "");
}

/* One line of a file that belongs to somebody else: all that are equal to it. */
static void add_regular(struct strbuf *out, const char *line)
{
	strbuf_add_char(out, '^');
	for (; *line; line++) {
		if (strchr("\\^$.|?*+()[]{}", *line))
			strbuf_add_char(out, '\\');
		strbuf_add_char(out, *line);
	}
	strbuf_add_char(out, '$');
}

static void add_line(struct play *play, const struct plan_file *file)
{
	const char *from = play->back ? file->new_line : file->old_line;
	const char *to = play->back ? file->old_line : file->new_line;
	CLEANUP(strbuf_release) struct strbuf pattern = STRBUF_INIT, text = STRBUF_INIT;

	if (!from || !to || !is_text(from) || !is_text(to))
		return;
	add_regular(&pattern, from);
	for (const char *c = to; *c; c++)
		strbuf_addf(&text, *c == '\\' ? "\\%c" : "%c", *c);
	add_name(play, "%s a line of %s", play->back ? "Put back" : "Change", file->path);
	strbuf_add_string(&play->out, "      ansible.builtin.replace:\n        path: ");
	add_unsafe(&play->out, file->path);
	strbuf_add_string(&play->out, "\n        regexp: ");
	add_unsafe(&play->out, pattern.buf);
	strbuf_add_string(&play->out, "\n        replace: ");
	add_unsafe(&play->out, text.buf);
	strbuf_add_char(&play->out, '\n');
}

/* Two of them may change one line after the other: back they go the other way round. */
static void add_lines(struct play *play)
{
	const struct plan *plan = play->plan;

	for (size_t i = 0; i < plan->n_actions; i++) {
		const struct action *action = &plan->actions[play->back ? plan->n_actions - 1 - i : i];

		for (size_t f = 0; f < action->n_files; f++)
			if (action->files[f].kind == PLAN_FILE_LINE)
				add_line(play, &action->files[play->back ? action->n_files - 1 - f : f]);
	}
}

/* ---- plays ---- */

static void add_head(struct play *play)
{
	struct strbuf *out = &play->out;

	strbuf_add_string(out, "---\n");
	plan_add_comment(out, play->back ? "Takes back what apply.yml did: ansible-playbook -i HOST, ansible/rollback.yml" :
					   "Applies the plan: ansible-playbook -i HOST, ansible/apply.yml; --check says what "
					   "it would do; rollback.yml takes it back.");
	for (size_t i = 0; i < play->plan->n_actions; i++) {
		const struct action *action = &play->plan->actions[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (is_played(action))
			continue;
		strbuf_addf(&text, "%u. %s: %s.", action->number, action->key,
			    action_is_live(action) ? "only by the scripts, because its name or value is not UTF-8" :
						     "at the next boot");
		plan_add_comment(out, text.buf);
	}
	strbuf_addf(out, "- name: \"%s keisoku plan %s\"\n  hosts: all\n  become: true\n  gather_facts: false\n  tasks:\n",
		    play->back ? "Take back" : "Apply", play->plan->id);
}

static int play_write(FILE *out, const struct plan *plan, bool back)
{
	struct play play = { .plan = plan, .files = MERGED_FILES_INIT, .out = STRBUF_INIT, .back = back };

	merged_files_fill(&play.files, plan);
	add_head(&play);
	add_identity(&play);
	for (size_t i = 0; i < plan->n_actions; i++)
		if (is_played(&plan->actions[i]))
			add_guard(&play, &plan->actions[i]);
	for (size_t i = 0; i < play.files.count; i++)
		add_file_guard(&play, i);
	for (size_t i = 0; !back && i < play.files.count; i++)
		add_copy(&play, i);
	for (size_t i = 0; !back && i < plan->n_actions; i++)
		if (is_played(&plan->actions[i]))
			add_change(&play, &plan->actions[i]);
	add_lines(&play);
	for (size_t i = plan->n_actions; back && i-- > 0;)
		if (is_played(&plan->actions[i]))
			add_restore(&play, &plan->actions[i]);
	for (size_t i = play.files.count; back && i-- > 0;)
		add_removal(&play, i);
	fwrite(play.out.buf, 1, play.out.len, out);
	strbuf_release(&play.out);
	merged_files_release(&play.files);
	return 0;
}

static int apply_write(FILE *out, const struct plan *plan)
{
	return play_write(out, plan, false);
}

static int rollback_write(FILE *out, const struct plan *plan)
{
	return play_write(out, plan, true);
}

static bool play_wanted(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_actions; i++)
		if (is_played(&plan->actions[i]) || plan->actions[i].n_files > 0)
			return true;
	return false;
}

const struct plan_artefact plan_ansible_apply = {
	.path = "ansible/apply.yml", .summary = "the same as a playbook, live and lasting", .wanted = play_wanted,
	.write = apply_write,
};
const struct plan_artefact plan_ansible_rollback = {
	.path = "ansible/rollback.yml", .summary = "what takes back what apply.yml did", .wanted = play_wanted,
	.write = rollback_write,
};
