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
	size_t n_lines;			/* of other people's files, so far */
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

/* ---- what a first run leaves for the next one ---- */

/* Below this directory: what the kernel made of a value that it rounds, and what was not there before. */
static void add_kept_path(struct play *play, const struct action *action, const char *what)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "/var/lib/keisoku/%s/ansible", play->plan->id);
	if (action)
		strbuf_addf(&path, "/%u%s", action->number, what);
	yaml_quote(&play->out, path.buf);
	strbuf_add_char(&play->out, '\n');
}

/* How it reads back is not known before it was written. */
static bool is_rounded(const struct action *action)
{
	return !action->write.reads;
}

static bool keeps(const struct action *action)
{
	return is_played(action) && (is_rounded(action) || action->write.leaves || action->loads);
}

static bool keeps_something(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_actions; i++)
		if (keeps(&plan->actions[i]))
			return true;
	return false;
}

static void add_look_at_kept(struct play *play, const struct action *action)
{
	if (!is_rounded(action))
		return;
	add_name(play, "%u. Look at what an earlier run made of %s", action->number, action->key);
	strbuf_add_string(&play->out, "      ansible.builtin.slurp:\n        src: ");
	add_kept_path(play, action, "");
	strbuf_addf(&play->out, "      register: keisoku_%u_kept\n      failed_when: false\n", action->number);
}

/* An expression: as planned, or as the kernel rounded it in an earlier run. */
static void add_is_planned(struct strbuf *out, const struct action *action)
{
	strbuf_add_string(out, "(keisoku_now == keisoku_wanted");
	if (is_rounded(action))
		strbuf_addf(out, " or ('content' in keisoku_%u_kept and keisoku_now == (keisoku_%u_kept.content | default('') | "
				 "b64decode | trim))", action->number, action->number);
	strbuf_add_char(out, ')');
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

static void add_known(struct play *play, const struct action *action)
{
	struct strbuf *out = &play->out;

	strbuf_add_string(out, "        keisoku_measured: ");
	add_trimmed(out, action->from);
	strbuf_add_string(out, "\n        keisoku_wanted: ");
	add_trimmed(out, reads(&action->write));
	strbuf_add_char(out, '\n');
}

static void add_vars(struct play *play, const struct action *action)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", action->number);
	strbuf_add_string(&play->out, "      vars:\n");
	add_now(&play->out, name, action->write.choice, action->write.show != NULL);
	add_known(play, action);
}

/* What a write may move has to be as measured, as long as the setting itself is: afterwards it may have been moved. */
static void add_coupled_guard(struct play *play, const struct action *action, size_t index)
{
	const struct plan_coupled *coupled = &action->coupled[index];
	struct strbuf *out = &play->out;
	char name[48];

	snprintf(name, sizeof(name), "%u_%zu", action->number, index + 1);
	add_name(play, "%u. Look at %s, which may move with it", action->number, coupled->key);
	add_look(play, name, coupled->path, coupled->show);
	add_name(play, "%u. %s is as measured", action->number, coupled->key);
	strbuf_add_string(out, "      ansible.builtin.assert:\n        that: keisoku_coupled == keisoku_coupled_measured\n"
			       "        fail_msg: \"it is {{ keisoku_coupled }}: somebody changed it, so nothing is done\"\n"
			       "        quiet: true\n      when: keisoku_now == keisoku_measured\n");
	add_vars(play, action);
	strbuf_addf(out, "        keisoku_coupled: \"{{ keisoku_%s.%s | replace('\\t', ' ') | trim%s }}\"\n", name,
		    coupled->show ? "stdout" : "content | b64decode",
		    coupled->choice ? " | regex_search('\\\\[([^]]*)\\\\]', '\\\\1') | default(['?'], true) | first" : "");
	strbuf_add_string(out, "        keisoku_coupled_measured: ");
	add_trimmed(out, coupled->reads);
	strbuf_add_char(out, '\n');
}

static void add_guard(struct play *play, const struct action *action)
{
	struct strbuf *out = &play->out;
	char name[16];

	snprintf(name, sizeof(name), "%u", action->number);
	add_name(play, "%u. Look at %s", action->number, action->key);
	add_look(play, name, action->write.path, action->write.show);
	add_look_at_kept(play, action);
	add_name(play, "%u. %s is as measured or as planned", action->number, action->key);
	strbuf_add_string(out, "      ansible.builtin.assert:\n        that: keisoku_now == keisoku_measured or ");
	add_is_planned(out, action);
	strbuf_add_string(out, "\n        fail_msg: \"it is {{ keisoku_now }}: somebody changed it, so nothing is "
			       "done\"\n        quiet: true\n");
	add_vars(play, action);
	for (size_t i = 0; !play->back && i < action->n_coupled; i++)
		add_coupled_guard(play, action, i);
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

/* A task that notes what was not there before: only then does it go again. */
static void add_note(struct play *play, const struct action *action, const char *path, const char *what)
{
	struct strbuf *out = &play->out;

	add_name(play, "%u. Look whether %s is there", action->number, path);
	strbuf_add_string(out, "      ansible.builtin.stat:\n        path: ");
	add_unsafe(out, path);
	strbuf_addf(out, "\n      register: keisoku_%u_before\n", action->number);
	add_name(play, "%u. Note that it is not", action->number);
	strbuf_add_string(out, "      ansible.builtin.copy:\n        content: \"\"\n        mode: \"0644\"\n        dest: ");
	add_kept_path(play, action, what);
	strbuf_addf(out, "      when: not keisoku_%u_before.stat.exists and keisoku_now == keisoku_measured\n"
			 "        and not ansible_check_mode\n", action->number);
	add_vars(play, action);
}

static const char *module_path(const struct play *play, const struct action *action, struct strbuf *path)
{
	(void)play;
	strbuf_addf(path, "/sys/module/%s", action->loads);
	return path->buf;
}

static void add_notes(struct play *play, const struct action *action)
{
	CLEANUP(strbuf_release) struct strbuf module = STRBUF_INIT;

	if (action->write.leaves)
		add_note(play, action, action->write.leaves, ".leaves");
	if (action->loads)
		add_note(play, action, module_path(play, action, &module), ".loads");
}

/* What the kernel made of it is as planned for the next run. */
static void add_keep(struct play *play, const struct action *action)
{
	struct strbuf *out = &play->out;
	char name[32];

	if (!is_rounded(action))
		return;
	snprintf(name, sizeof(name), "%u_after", action->number);
	add_name(play, "%u. Look at what the kernel made of it", action->number);
	add_look(play, name, action->write.path, action->write.show);
	strbuf_add_string(out, "      when: not ansible_check_mode\n");
	add_name(play, "%u. Keep it for the next run", action->number);
	strbuf_addf(out, "      ansible.builtin.copy:\n        content: \"{{ keisoku_now }}\"\n        mode: \"0644\"\n"
			 "        dest: ");
	add_kept_path(play, action, "");
	strbuf_add_string(out, "      when: not ansible_check_mode\n      vars:\n");
	add_now(out, name, action->write.choice, action->write.show != NULL);
}

static void add_change(struct play *play, const struct action *action)
{
	const struct merged_file *file = sysctl_file(play, action);
	struct strbuf *out = &play->out;

	add_notes(play, action);
	add_name(play, "%u. Set %s", action->number, action->key);
	if (file && !action->write.set && !is_rounded(action)) {
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
	strbuf_add_string(out, "      when: not ");
	add_is_planned(out, action);
	strbuf_add_char(out, '\n');
	add_vars(play, action);
	add_keep(play, action);
}

/* A file that systemctl left, and a module that writing the value loaded. */
static void add_clean_up(struct play *play, const struct action *action)
{
	struct strbuf *out = &play->out;
	const char *what = action->write.leaves ? ".leaves" : ".loads";

	if (!action->write.leaves && !action->loads)
		return;
	add_name(play, "%u. Look whether something was left behind", action->number);
	strbuf_add_string(out, "      ansible.builtin.stat:\n        path: ");
	add_kept_path(play, action, what);
	strbuf_addf(out, "      register: keisoku_%u_left\n", action->number);
	add_name(play, "%u. Take it away", action->number);
	strbuf_add_string(out, "      ansible.builtin.shell:\n        cmd: ");
	if (action->write.leaves) {
		CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;

		strbuf_add_string(&command, "rm -f -- ");
		quote_word(&command, action->write.leaves);
		strbuf_add_string(&command, " && systemctl daemon-reload");
		add_unsafe(out, command.buf);
	} else {
		CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;

		/* What is in use stays. */
		strbuf_add_string(&command, "modprobe -r ");
		quote_word(&command, action->loads);
		strbuf_add_string(&command, " || true");
		add_unsafe(out, command.buf);
	}
	strbuf_addf(out, "\n      when: keisoku_%u_left.stat.exists\n", action->number);
}

static void add_restore(struct play *play, const struct action *action)
{
	if (action->n_restore == 0) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "%u. %s stays: %s.", action->number, action->key,
			    action->classes & CHANGE_ONE_WAY ? "it cannot be undone" : "only a reboot undoes it");
		strbuf_add_string(&play->out, "    ");
		plan_add_comment(&play->out, text.buf);
	}
	for (size_t i = 0; i < action->n_restore; i++) {
		add_name(play, "%u. Put %s back", action->number, action->restore[i].key);
		add_shell(play, &action->restore[i]);
		strbuf_add_string(&play->out, "      when: keisoku_now != keisoku_measured\n");
		add_vars(play, action);
	}
	add_clean_up(play, action);
}

static void add_kept_directory(struct play *play)
{
	if (!keeps_something(play->plan))
		return;
	add_name(play, play->back ? "Nothing of it is left to be kept" : "There is a place for what the next run has to know");
	strbuf_addf(&play->out, "      ansible.builtin.file:\n        state: %s\n        path: ",
		    play->back ? "absent" : "directory\n        mode: \"0700\"");
	add_kept_path(play, NULL, "");
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
	strbuf_addf(&play->out, "\n      register: keisoku_line_%zu\n", ++play->n_lines);
	if (!file->reload)
		return;
	add_name(play, "What reads %s reads it again", file->path);
	strbuf_add_string(&play->out, "      ansible.builtin.shell:\n        cmd: ");
	add_unsafe(&play->out, file->reload);
	strbuf_addf(&play->out, "\n      when: keisoku_line_%zu is changed\n", play->n_lines);
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
	if (!back)
		add_kept_directory(&play);
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
	if (back)
		add_kept_directory(&play);
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
