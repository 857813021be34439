/* SPDX-License-Identifier: Apache-2.0 */
/* What modules of Ansible set.  A module that writes a file of the host hands its text to the reader of that file; one that runs
 * commands hands them to the shell's. */
#include "../core/quote.h"
#include "../probes/sysctl-line.h"
#include "ansible.h"

/* ---- what they have in common ---- */

static struct proposal *proposal_of(struct ansible *ansible)
{
	return ansible->document.reading->proposal;
}

static const char *owned(struct ansible *ansible, const struct strbuf *text)
{
	return arena_strndup(&ansible->document.arena, text->buf, text->len);
}

static unsigned int line_of(struct ansible *ansible, const struct ansible_value *value)
{
	return document_line(&ansible->document, value->node);
}

static struct proposed item_of(struct ansible *ansible, const struct ansible_task *task, const struct node *node)
{
	struct proposed item = document_item(&ansible->document, node);

	item.via = task->module;
	item.condition = ansible->condition;
	item.optional |= ansible->optional;
	item.when = item.when ? item.when : PROPOSED_NOW;
	return item;
}

static void add_item(struct ansible *ansible, const struct ansible_task *task, const struct node *node, enum proposed_fate fate,
		     const char *why, const char *instead)
{
	struct proposed item = item_of(ansible, task, node);

	item.fate = fate;
	item.why = why;
	item.instead = instead;
	(void)proposal_add(proposal_of(ansible), &item);
}

static void add_unclear(struct ansible *ansible, const struct ansible_task *task, const struct node *node, const char *format, ...)
	FORMAT_PRINTF(4, 5);

static void add_unclear(struct ansible *ansible, const struct ansible_task *task, const struct node *node, const char *format, ...)
{
	const struct proposal *proposal = proposal_of(ansible);
	const struct proposed *last = proposal->count > 0 ? &proposal->items[proposal->count - 1] : NULL;
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&why, format, arguments);
	va_end(arguments);
	/* A loop says it once. */
	if (last && last->fate == PROPOSED_UNCLEAR && last->line == document_line(&ansible->document, node) &&
	    streq(last->why, why.buf))
		return;
	add_item(ansible, task, node, PROPOSED_UNCLEAR, why.buf, "");
}

static bool has_template(const char *text)
{
	return strstr(text, "{{") || strstr(text, "{%");
}

/* Templates as they are written, where words stand for them. */
static const char *written_again(struct ansible *ansible, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	if (!has_template(text))
		return text;
	while (*text) {
		const struct unknown *found = NULL;

		for (size_t i = 0; i < MIN(ansible->n_unknown, (size_t)ANSIBLE_UNKNOWN_MAX) && *text == '{'; i++)
			if (starts_with(text, ansible->unknown[i].word))
				found = &ansible->unknown[i];
		if (found) {
			strbuf_add_string(&out, found->written);
			text += strlen(found->word);
		} else {
			strbuf_add_char(&out, *text++);
		}
	}
	return arena_strndup(&proposal_of(ansible)->arena, out.buf, out.len);
}

/* A value that a template was left in is not known. */
static void doubt_templates(struct ansible *ansible, size_t since)
{
	struct proposal *proposal = proposal_of(ansible);

	for (size_t i = since; i < proposal->count; i++) {
		struct proposed *item = &proposal->items[i];

		if (item->fate == PROPOSED_UNCLEAR)
			continue;
		if (!has_template(item->value) && !has_template(item->key) && !has_template(item->subject) &&
		    !(item->fate == PROPOSED_BROKEN && has_template(item->text)))
			continue;
		item->fate = PROPOSED_UNCLEAR;
		item->key = written_again(ansible, item->key);
		item->value = written_again(ansible, item->value);
		item->subject = written_again(ansible, item->subject);
		item->why = "what the template becomes is known only when the playbook runs";
	}
}

static void finish(struct ansible *ansible, size_t since)
{
	doubt_templates(ansible, since);
	document_show_source(&ansible->document, since);
}

static void set_common(struct ansible *ansible, const struct ansible_task *task, struct proposed_text *inner)
{
	inner->via = task->module;
	inner->optional |= ansible->optional;
	inner->condition = ansible->condition;
}

/* false: no reader knows the file. */
static bool write_file(struct ansible *ansible, const struct ansible_task *task, struct proposed_text inner, const char *file,
		       enum text_use use, unsigned int when)
{
	size_t since = proposal_of(ansible)->count;

	set_common(ansible, task, &inner);
	inner.file = file;
	inner.use = use;
	/* A file of sysctl is applied by whoever says so, later. */
	inner.when = when ? when : is_sysctl_file(file) ? PROPOSED_BOOT : 0;
	ansible->iterations += inner.length / 1000;
	if (!read_host_file(ansible->document.reading, &inner))
		return false;
	finish(ansible, since);
	return true;
}

/* Files that were written before are applied. */
static void note_applied(struct ansible *ansible, const char *command)
{
	if (ansible->applies < 1000 && document_apply_sysctl(&ansible->document, ansible->start, command))
		ansible->applies++;
}

/* ---- sysctl ---- */

static const char *why_not_as_written(struct ansible *ansible, const struct ansible_value *value)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	const char *digits = value->written + strspn(value->written, "+-");
	/* "262_144" and "0x10" are what was meant. */
	bool meant = value->type == SCALAR_INTEGER && !strchr(digits, ':') && !(digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9');

	if ((value->type != SCALAR_INTEGER && value->type != SCALAR_REAL) || meant || streq(digits, value->text))
		return NULL;
	strbuf_addf(&why, "YAML reads %s as the number %s, and that is what is set", value->written, value->text);
	return owned(ansible, &why);
}

static const char *in_quotes(struct ansible *ansible, const char *name, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf instead = STRBUF_INIT;

	strbuf_addf(&instead, "%s: \"%s\"", name, text);
	return owned(ansible, &instead);
}

static void break_since(struct ansible *ansible, size_t since, const char *why, const char *instead)
{
	struct proposal *proposal = proposal_of(ansible);

	for (size_t i = since; why && i < proposal->count; i++) {
		struct proposed *item = &proposal->items[i];

		if (item->fate != PROPOSED_SETS)
			continue;
		item->fate = PROPOSED_BROKEN;
		item->why = arena_strdup(&proposal->arena, why);
		item->instead = arena_strdup(&proposal->arena, instead);
	}
}

/* "yes", "True", "on" are written as 1, as the module has it. */
static const char *truth_as_number(const char *text)
{
	static const char *const yes[] = { "yes", "true", "on", "y", "t", "1.0" }, *const no[] = { "no", "false", "off", "n", "f", "0.0" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0)
			return "1";
		if (strcasecmp(text, no[i]) == 0)
			return "0";
	}
	return text;
}

static void set_sysctl(struct ansible *ansible, const struct ansible_task *task, const struct ansible_value *name,
		       const struct ansible_value *value, const char *file)
{
	bool now = ansible_argument_true(ansible, task, "reload", true) || ansible_argument_true(ansible, task, "sysctl_set", false);
	bool optional = ansible_argument_true(ansible, task, "ignoreerrors", false);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t since = proposal_of(ansible)->count;
	bool known = is_sysctl_file(file), was_optional = ansible->optional;
	unsigned int when = (now ? PROPOSED_NOW : 0) | (known ? PROPOSED_BOOT : 0);

	strbuf_addf(&text, "%s = %s", name->text, truth_as_number(value->text));
	ansible->optional |= optional;
	(void)write_file(ansible, task, document_made_text(&ansible->document, line_of(ansible, value), owned(ansible, &text)),
			 "/etc/sysctl.conf", TEXT_LINE, when ? when : PROPOSED_NOW);
	ansible->optional = was_optional;
	for (size_t i = since; i < proposal_of(ansible)->count; i++) {
		struct proposed *item = &proposal_of(ansible)->items[i];

		item->file = arena_strdup(&proposal_of(ansible)->arena, file);
		item->line = line_of(ansible, name);
		if (item->last_line < item->line || item->last_line > item->line + 10)
			item->last_line = item->line;
	}
	document_show_source(&ansible->document, since);
	break_since(ansible, since, why_not_as_written(ansible, value), in_quotes(ansible, "value", value->written));
	if (when == 0)
		break_since(ansible, since, "no program reads this file at boot, and it is not applied now", "reload: true");
}

static void remove_sysctl(struct ansible *ansible, const struct ansible_task *task, const struct ansible_value *name, const char *file)
{
	CLEANUP(sysctl_line_release) struct sysctl_line line = SYSCTL_LINE_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, key = STRBUF_INIT;
	struct proposed item = item_of(ansible, task, name->node);

	strbuf_addf(&text, "%s = 0", name->text);
	sysctl_line_parse(SYSCTL_PROCPS, text.buf, text.len, &line);
	item.key = line.kind == SYSCTL_LINE_ASSIGN && sysctl_key_of_path(line.path.buf, &key) ? key.buf : name->text;
	item.file = file;
	item.when = PROPOSED_BOOT;
	item.fate = PROPOSED_REMOVED;
	item.why = "the line is taken out of the file; the running value stays until the next boot";
	(void)proposal_add(proposal_of(ansible), &item);
}

static void run_sysctl(struct ansible *ansible, struct ansible_task *task)
{
	struct ansible_value name = ansible_argument(ansible, task, "name|key"), value = ansible_argument(ansible, task, "value|val");
	struct ansible_value state = ansible_argument(ansible, task, "state");
	struct ansible_value file = ansible_argument(ansible, task, "sysctl_file");
	const char *path = file.given && *file.text ? file.text : "/etc/sysctl.conf";

	if (!name.given || !*name.text) {
		add_item(ansible, task, task->key, PROPOSED_BROKEN, "it has no name, and the module fails", "");
	} else if (state.given && !streq(state.text, "present") && !streq(state.text, "absent")) {
		add_unclear(ansible, task, state.node, "its state is %s", state.text);
	} else if (streq(state.text, "absent")) {
		remove_sysctl(ansible, task, &name, path);
	} else if (!value.given || !*value.text) {
		if (value.given && (!value.known || value.node->kind != NODE_SCALAR))
			add_unclear(ansible, task, value.node, "its value is not known");
		else
			add_item(ansible, task, task->key, PROPOSED_BROKEN, "it has no value, and the module fails", "");
	} else {
		set_sysctl(ansible, task, &name, &value, path);
	}
}

/* ---- files ---- */

static bool is_kernel_file(const char *path)
{
	return starts_with(path, "/proc/") || starts_with(path, "/sys/");
}

/* What replaces a file by another one cannot write these. */
static bool break_kernel_file(struct ansible *ansible, const struct ansible_task *task, const char *path, const char *text)
{
	struct proposed item = item_of(ansible, task, task->key);
	size_t since = proposal_of(ansible)->count;

	if (!is_kernel_file(path) || ansible_argument_true(ansible, task, "unsafe_writes", false))
		return false;
	item.fate = PROPOSED_BROKEN;
	item.why = "the module puts a new file in place of the old one, which cannot be done with files of the kernel";
	item.instead = starts_with(path, "/proc/sys/") ? "ansible.posix.sysctl" : "ansible.builtin.shell with a redirection";
	(void)read_write(ansible->document.reading, &item, path, text);
	doubt_templates(ansible, since);
	return true;
}

static bool may_set(const char *text)
{
	static const char *const words[] = { "sysctl", "/proc/", "/sys/", "net.", "net\\.", "kernel.", "kernel\\.", "vm.", "vm\\.", "fs.", "fs\\." };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(text, words[i]))
			return true;
	return starts_with(text, "{{") || reader_recognise("", text, strlen(text));
}

/* One word, or numbers: a file of the kernel may take them. */
static bool may_be_value(const char *text)
{
	return !text[strcspn(text, " \t")] || !text[strspn(text, "-0123456789 \t\n")];
}

/* An audit rule or a line of PAM, say: whatever file it goes to, it is nothing that is judged. */
static bool writes_no_setting(struct ansible *ansible, const struct ansible_task *task)
{
	static const char *const written[] = { "content", "line", "block", "replace", "regexp", "search_string" };
	bool some = false;

	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		struct ansible_value value = ansible_argument(ansible, task, written[i]);

		if (value.given && (may_set(value.text) || (i == 0 && may_be_value(value.text))))
			return false;
		some |= value.given;
	}
	return some;
}

static const char *destination(struct ansible *ansible, struct ansible_task *task, const char *names)
{
	struct ansible_value path = ansible_argument(ansible, task, names), source = ansible_argument(ansible, task, "src");
	CLEANUP(strbuf_release) struct strbuf joined = STRBUF_INIT;
	const char *slash = strrchr(source.text, '/');

	if (!path.given || !*path.text)
		return NULL;
	if (!path.known && has_template(path.text)) {
		if (!writes_no_setting(ansible, task))
			add_unclear(ansible, task, path.node, "which file it writes is known only when the playbook runs: %s", path.written);
		return NULL;
	}
	if (!ends_with(path.text, "/") || !source.given)
		return path.text;
	strbuf_addf(&joined, "%s%s", path.text, slash ? slash + 1 : source.text);
	if (ends_with(joined.buf, ".j2"))
		strbuf_truncate(&joined, joined.len - 3);
	return owned(ansible, &joined);
}

/* A text in a scalar of the playbook, filled in. */
static struct proposed_text text_of(struct ansible *ansible, const struct ansible_value *value)
{
	if (value->node->kind == NODE_SCALAR)
		return document_inner_text(&ansible->document, value->node, value->text);
	return document_made_text(&ansible->document, line_of(ansible, value), value->text);
}

static void write_value(struct ansible *ansible, struct ansible_task *task, const struct ansible_value *value, const char *path,
			enum text_use use)
{
	struct proposed item = item_of(ansible, task, value->node);

	if (break_kernel_file(ansible, task, path, value->text))
		return;
	if (is_kernel_file(path)) {
		(void)read_write(ansible->document.reading, &item, path, value->text);
		return;
	}
	if (!host_file_known(path))
		return;
	if (strstr(value->text, "{%"))
		add_unclear(ansible, task, value->node, "%s is written by a template with statements", path);
	else
		(void)write_file(ansible, task, text_of(ansible, value), path, use, 0);
}

static bool is_absent(struct ansible *ansible, struct ansible_task *task, const char *path)
{
	struct ansible_value state = ansible_argument(ansible, task, "state");

	if (!streq(state.text, "absent"))
		return false;
	if (host_file_known(path))
		add_unclear(ansible, task, task->key, "it takes lines out of %s, which are not known here", path);
	return true;
}

/* Without "create" the module fails where the file is not there, as one of its own in a directory of them. */
static void write_line(struct ansible *ansible, struct ansible_task *task, const struct ansible_value *value, const char *path)
{
	const char *condition = ansible->condition;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (strstr(path, ".d/") && !ansible_argument_true(ansible, task, "create", false)) {
		strbuf_addf(&text, "%s%s%s is there already (create is not set)", condition, *condition ? " and " : "", path);
		ansible->condition = owned(ansible, &text);
	}
	write_value(ansible, task, value, path, TEXT_LINE);
	ansible->condition = condition;
}

static void run_lineinfile(struct ansible *ansible, struct ansible_task *task)
{
	const char *path = destination(ansible, task, "path|dest|destfile|name");
	struct ansible_value line = ansible_argument(ansible, task, "line|value");

	if (!path || is_absent(ansible, task, path))
		return;
	if (ansible_argument_true(ansible, task, "backrefs", false) && strchr(line.text, '\\') && host_file_known(path))
		add_unclear(ansible, task, line.node, "the new line is made of parts of the old one, which is not known here");
	else if (line.given)
		write_line(ansible, task, &line, path);
}

static void run_blockinfile(struct ansible *ansible, struct ansible_task *task)
{
	const char *path = destination(ansible, task, "path|dest|destfile|name");
	struct ansible_value block = ansible_argument(ansible, task, "block|content");

	if (path && !is_absent(ansible, task, path) && block.given)
		write_line(ansible, task, &block, path);
}

static void run_copy(struct ansible *ansible, struct ansible_task *task)
{
	const char *path = destination(ansible, task, "dest");
	struct ansible_value content = ansible_argument(ansible, task, "content"), source = ansible_argument(ansible, task, "src");

	if (!path)
		return;
	if (content.given && content.node->kind == NODE_SCALAR)
		write_value(ansible, task, &content, path, TEXT_REPLACES);
	else if (host_file_known(path) || is_kernel_file(path))
		add_unclear(ansible, task, content.given ? content.node : source.node, "what %s will hold is in %s, which is not part of this file",
			    path, source.given ? source.written : "another file");
}

static void run_template(struct ansible *ansible, struct ansible_task *task)
{
	const char *path = destination(ansible, task, "dest|path");
	struct ansible_value source = ansible_argument(ansible, task, "src|url");

	if (path && (host_file_known(path) || is_kernel_file(path)))
		add_unclear(ansible, task, source.node, "%s is made from %s when the playbook runs", path,
			    source.given ? source.written : "another file");
}

static void run_replace(struct ansible *ansible, struct ansible_task *task)
{
	const char *path = destination(ansible, task, "path|dest|destfile|name");

	if (path && host_file_known(path))
		add_unclear(ansible, task, task->key, "what it replaces in %s is not known here", path);
}

static void run_file(struct ansible *ansible, struct ansible_task *task)
{
	struct ansible_value state = ansible_argument(ansible, task, "state");
	const char *path = streq(state.text, "absent") || streq(state.text, "link") ? destination(ansible, task, "path|dest|name") : NULL;

	if (path && host_file_known(path))
		add_unclear(ansible, task, task->key, "it %s %s, whose settings are not known here",
			    streq(state.text, "link") ? "puts a link in place of" : "removes", path);
}

/* "[Service]" and "LimitNOFILE=65536". */
static void run_ini_file(struct ansible *ansible, struct ansible_task *task)
{
	const char *path = destination(ansible, task, "path|dest");
	struct ansible_value section = ansible_argument(ansible, task, "section"), option = ansible_argument(ansible, task, "option");
	struct ansible_value value = ansible_argument(ansible, task, "value|values");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t since = proposal_of(ansible)->count;

	if (!path || !host_file_known(path) || is_absent(ansible, task, path))
		return;
	if (!option.given || !value.given || value.node->kind != NODE_SCALAR) {
		add_unclear(ansible, task, task->key, "which line of %s it writes is not known", path);
		return;
	}
	strbuf_addf(&text, "%s%s%s%s=%s", *section.text ? "[" : "", section.text, *section.text ? "]\n" : "", option.text, value.text);
	(void)write_file(ansible, task, document_made_text(&ansible->document, line_of(ansible, &value), owned(ansible, &text)), path,
			 TEXT_LINE, 0);
	break_since(ansible, since, why_not_as_written(ansible, &value), in_quotes(ansible, "value", value.written));
}

/* ---- lines of particular files ---- */

static void run_limits(struct ansible *ansible, struct ansible_task *task)
{
	struct ansible_value domain = ansible_argument(ansible, task, "domain"), type = ansible_argument(ansible, task, "limit_type");
	struct ansible_value item = ansible_argument(ansible, task, "limit_item"), value = ansible_argument(ansible, task, "value");
	struct ansible_value file = ansible_argument(ansible, task, "dest");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t since = proposal_of(ansible)->count;

	if (!*domain.text || !*type.text || !*item.text || !*value.text) {
		add_item(ansible, task, task->key, PROPOSED_BROKEN, "domain, limit_type, limit_item and value are all needed", "");
		return;
	}
	strbuf_addf(&text, "%s %s %s %s", domain.text, type.text, item.text, value.text);
	if (!write_file(ansible, task, document_made_text(&ansible->document, line_of(ansible, &value), owned(ansible, &text)),
			file.given ? file.text : "/etc/security/limits.conf", TEXT_LINE, 0))
		add_item(ansible, task, file.node, PROPOSED_BROKEN, "pam_limits does not read this file",
			 "dest: /etc/security/limits.d/90-limits.conf");
	break_since(ansible, since, why_not_as_written(ansible, &value), in_quotes(ansible, "value", value.written));
}

static void run_mount(struct ansible *ansible, struct ansible_task *task)
{
	static const struct {
		const char *state;
		unsigned int when;
	} states[] = { { "mounted", PROPOSED_NOW | PROPOSED_BOOT }, { "present", PROPOSED_BOOT }, { "ephemeral", PROPOSED_NOW } };
	struct ansible_value path = ansible_argument(ansible, task, "path|name"), source = ansible_argument(ansible, task, "src");
	struct ansible_value type = ansible_argument(ansible, task, "fstype"), options = ansible_argument(ansible, task, "opts");
	struct ansible_value state = ansible_argument(ansible, task, "state");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	unsigned int when = 0;

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		when |= streq(states[i].state, state.text) ? states[i].when : 0;
	if (when == 0 || !path.given) {
		add_unclear(ansible, task, task->key, "what mount does with the state '%s' is not judged", state.text);
		return;
	}
	strbuf_addf(&text, "%s %s %s %s%s 0 0", *source.text ? source.text : "none", path.text, *type.text ? type.text : "auto",
		    *options.text ? options.text : "defaults", ansible_argument_true(ansible, task, "boot", true) ? "" : ",noauto");
	(void)write_file(ansible, task,
			 document_made_text(&ansible->document, line_of(ansible, options.given ? &options : &path), owned(ansible, &text)),
			 "/etc/fstab", TEXT_LINE, when);
}

static void run_modprobe(struct ansible *ansible, struct ansible_task *task)
{
	struct ansible_value name = ansible_argument(ansible, task, "name"), parameters = ansible_argument(ansible, task, "params");
	struct ansible_value persistent = ansible_argument(ansible, task, "persistent");
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT, text = STRBUF_INIT;
	bool kept = streq(persistent.text, "present");
	unsigned int when = PROPOSED_NOW | (kept ? PROPOSED_BOOT : 0);
	size_t since = proposal_of(ansible)->count;

	if (!name.given || streq(ansible_argument(ansible, task, "state").text, "absent")) {
		add_unclear(ansible, task, task->key, "what taking a module away sets is not judged");
		return;
	}
	strbuf_addf(&file, "/etc/modules-load.d/%s.conf", name.known ? name.text : "unknown");
	(void)write_file(ansible, task, document_made_text(&ansible->document, line_of(ansible, &name), name.text), owned(ansible, &file),
			 TEXT_REPLACES, when);
	if (*parameters.text) {
		strbuf_reset(&file);
		strbuf_addf(&file, "/etc/modprobe.d/%s.conf", name.known ? name.text : "unknown");
		strbuf_addf(&text, "options %s %s", name.text, parameters.text);
		(void)write_file(ansible, task,
				 document_made_text(&ansible->document, line_of(ansible, &parameters), owned(ansible, &text)),
				 owned(ansible, &file), TEXT_REPLACES, when);
	}
	for (size_t i = since; !kept && i < proposal_of(ansible)->count; i++)
		proposal_of(ansible)->items[i].file = "";
}

static void run_blacklist(struct ansible *ansible, struct ansible_task *task)
{
	struct ansible_value name = ansible_argument(ansible, task, "name");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!name.given || streq(ansible_argument(ansible, task, "state").text, "absent")) {
		add_unclear(ansible, task, task->key, "it takes a line out of the list of modules that are not loaded");
		return;
	}
	strbuf_addf(&text, "blacklist %s", name.text);
	(void)write_file(ansible, task, document_made_text(&ansible->document, line_of(ansible, &name), owned(ansible, &text)),
			 "/etc/modprobe.d/blacklist-ansible.conf", TEXT_LINE, 0);
}

/* ---- commands ---- */

static void hand_to_shell(struct ansible *ansible, struct ansible_task *task, struct proposed_text inner, const char *shell)
{
	size_t since = proposal_of(ansible)->count;

	set_common(ansible, task, &inner);
	ansible->iterations += inner.length / 1000;
	document_run_shell(&ansible->document, inner, shell, task->module, PROPOSED_NOW);
	finish(ansible, since);
	note_applied(ansible, inner.text);
}

/* The text of a command: in one scalar, where lines have their places, or behind options in a line. */
static bool command_text(struct ansible *ansible, struct ansible_task *task, struct proposed_text *inner)
{
	struct ansible_value command = ansible_argument(ansible, task, "cmd|_raw_params");
	const char *filled;

	if (command.given && command.node->kind == NODE_SCALAR) {
		*inner = text_of(ansible, &command);
		return true;
	}
	if (!*task->raw || task->arguments->kind != NODE_SCALAR)
		return false;
	(void)ansible_fill(ansible, task->raw, &filled);
	*inner = document_inner_text(&ansible->document, task->arguments, filled);
	return true;
}

static void run_shell(struct ansible *ansible, struct ansible_task *task)
{
	struct ansible_value program = ansible_argument(ansible, task, "executable");
	struct proposed_text inner;

	if (command_text(ansible, task, &inner))
		hand_to_shell(ansible, task, inner, ends_with(program.text, "bash") ? "bash" : "sh");
	else
		add_unclear(ansible, task, task->key, "which command it runs is not known");
}

/* ">" outside of quotes: it would be a redirection, and is an argument. */
static char shell_sign(const char *command)
{
	char quote = '\0';

	for (const char *c = command; *c; c++) {
		if (*c == '\\' && c[1])
			c++;
		else if (quote)
			quote = *c == quote ? '\0' : quote;
		else if (*c == '\'' || *c == '"')
			quote = *c;
		else if (strchr("><|;*?&", *c))
			return *c;
	}
	return '\0';
}

static void run_without_shell(struct ansible *ansible, struct ansible_task *task, struct proposed_text inner, char sign)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	size_t since = proposal_of(ansible)->count;

	hand_to_shell(ansible, task, inner, "sh");
	if (!sign)
		return;
	if (strchr("*?", sign))
		strbuf_addf(&why, "the command runs without a shell: '%c' stands for itself and matches no file", sign);
	else
		strbuf_addf(&why, "the command runs without a shell: '%c' and what follows are arguments of the program", sign);
	break_since(ansible, since, why.buf, "ansible.builtin.shell");
}

/* [sh, -c, "echo 1 > /proc/sys/…"] */
static void run_argv(struct ansible *ansible, struct ansible_task *task, const struct node *argv)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char sign = '\0';

	for (uint32_t i = 0; i < argv->count && text.len < ANSIBLE_TEXT_MAX; i++) {
		struct ansible_value word = ansible_value(ansible, &argv->items[i]);
		bool bare = streq(word.text, ">") || streq(word.text, ">>") || streq(word.text, "|");

		sign = bare ? *word.text : sign;
		strbuf_add_string(&text, i ? " " : "");
		if (bare)
			strbuf_add_string(&text, word.text);
		else
			quote_shell(&text, word.text, strlen(word.text));
	}
	run_without_shell(ansible, task, document_made_text(&ansible->document, document_line(&ansible->document, argv), owned(ansible, &text)),
			  sign);
}

static void run_command(struct ansible *ansible, struct ansible_task *task)
{
	const struct node *argv = document_get(task->arguments, "argv");
	struct proposed_text inner;

	if (!argv)
		argv = document_get(task->more, "argv");
	if (argv && argv->kind == NODE_SEQUENCE && argv->count > 0)
		run_argv(ansible, task, argv);
	else if (command_text(ansible, task, &inner))
		run_without_shell(ansible, task, inner, shell_sign(inner.text));
	else
		add_unclear(ansible, task, task->key, "which command it runs is not known");
}

static void run_script(struct ansible *ansible, struct ansible_task *task)
{
	struct ansible_value script = ansible_argument(ansible, task, "cmd|_raw_params");

	add_unclear(ansible, task, task->key, "it runs %s, which is not part of this file",
		    script.given ? script.written : task->raw + strspn(task->raw, " "));
}

static void run_service(struct ansible *ansible, struct ansible_task *task)
{
	struct ansible_value name = ansible_argument(ansible, task, "name|service|unit"), state = ansible_argument(ansible, task, "state");

	if ((starts_with(name.text, "systemd-sysctl") || starts_with(name.text, "procps")) &&
	    (streq(state.text, "restarted") || streq(state.text, "reloaded")))
		note_applied(ansible, "sysctl --system");
}

/* ---- others ---- */

static void run_include(struct ansible *ansible, struct ansible_task *task)
{
	struct ansible_value name = ansible_argument(ansible, task, "file|name|_raw_params");

	add_unclear(ansible, task, task->key, "what it brings in is not part of this file: %s",
		    name.given ? name.written : *task->raw ? task->raw + strspn(task->raw, " ") : task->module);
}

/* From here on; with a condition it may be or not. */
static void run_set_fact(struct ansible *ansible, struct ansible_task *task)
{
	if (!*ansible->condition) {
		ansible_bind_all(ansible, task->arguments);
		return;
	}
	for (uint32_t i = 0; task->arguments->kind == NODE_MAPPING && i + 1 < task->arguments->count; i += 2)
		ansible_bind(ansible, task->arguments->items[i].text, NULL);
}

static void run_nothing(struct ansible *ansible, struct ansible_task *task)
{
}

struct module {
	const char *name;		/* without its collection */
	void (*run)(struct ansible *ansible, struct ansible_task *task);
	bool free_form;
};

static const struct module modules[] = {
	{ "sysctl", run_sysctl },
	{ "lineinfile", run_lineinfile },
	{ "blockinfile", run_blockinfile },
	{ "copy", run_copy },
	{ "template", run_template },
	{ "get_url", run_template },
	{ "assemble", run_template },
	{ "synchronize", run_template },
	{ "replace", run_replace },
	{ "file", run_file },
	{ "ini_file", run_ini_file },
	{ "pam_limits", run_limits },
	{ "mount", run_mount },
	{ "modprobe", run_modprobe },
	{ "kernel_blacklist", run_blacklist },
	{ "shell", run_shell, true },
	{ "raw", run_shell, true },
	{ "command", run_command, true },
	{ "script", run_script, true },
	{ "service", run_service },
	{ "systemd", run_service },
	{ "systemd_service", run_service },
	{ "set_fact", run_set_fact },
	{ "include", run_include, true },
	{ "include_tasks", run_include, true },
	{ "import_tasks", run_include, true },
	{ "include_role", run_include },
	{ "import_role", run_include },
	{ "import_playbook", run_include, true },
};

/* They install, look, ask and wait: none of them sets what is judged here. */
static const char *const without_settings[] = {
	"add_host", "apt", "apt_key", "apt_repository", "archive", "assert", "async_status", "authorized_key", "cron", "debconf",
	"debug", "dnf", "fail", "fetch", "find", "firewalld", "gather_facts", "getent", "git", "group", "group_by", "hostname",
	"include_vars", "iptables", "known_hosts", "locale_gen", "meta", "package", "package_facts", "pause", "ping", "pip",
	"reboot", "rpm_key", "seboolean", "sefcontext", "selinux", "service_facts", "set_stats", "setup", "slurp", "stat", "timezone", "unarchive", "uri",
	"user", "wait_for", "wait_for_connection", "yum", "yum_repository", "zypper",
};

static const char *short_name(const char *module)
{
	const char *dot = strrchr(module, '.');

	return dot ? dot + 1 : module;
}

static const struct module *module_find(const char *name)
{
	static const struct module nothing = { "", run_nothing, true };

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (streq(modules[i].name, name))
			return &modules[i];
	for (size_t i = 0; i < ARRAY_SIZE(without_settings); i++)
		if (streq(without_settings[i], name))
			return &nothing;
	return NULL;
}

bool ansible_module_known(const char *name)
{
	return module_find(short_name(name)) != NULL;
}

void ansible_run_module(struct ansible *ansible, struct ansible_task *task)
{
	const struct module *module = module_find(short_name(task->module));

	if (!module) {
		add_unclear(ansible, task, task->key, "what the module %s sets is not known", task->module);
		return;
	}
	ansible_arguments(ansible, task, module->free_form);
	module->run(ansible, task);
	free(task->pairs);
	task->pairs = NULL;
	task->n_pairs = task->pairs_capacity = 0;
}
