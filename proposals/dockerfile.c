/* SPDX-License-Identifier: Apache-2.0 */
/* Dockerfiles and Containerfiles.
 *
 *	FROM debian:12
 *	RUN sysctl -w vm.max_map_count=262144 && \
 *	    echo "fs.file-max = 65536" >> /etc/sysctl.conf
 *	COPY <<EOF /etc/security/limits.d/90-app.conf
 *	* soft nofile 65536
 *	EOF
 *
 * None of these does what it seems to.  A build runs in containers of its own whose /proc/sys is read-only, and an image holds
 * files only; nothing applies files of sysctl.d in a container but systemd in a privileged one (systemd-sysctl.service has
 * ConditionPathIsReadWrite=/proc/sys/net/), and limits.conf is PAM's, which only logins pass.  An image for bootc is a host. */
#include "../core/quote.h"
#include "dockerfile.h"

#define VARIABLES_MAX 200

/* ---- variables ---- */

struct variable {
	char *name, *value;
	unsigned int line;
};

struct build {
	struct document *document;
	const struct dockerfile *file;
	struct variable variables[VARIABLES_MAX];
	size_t n_variables;
	char *shell;			/* of SHELL: "sh", "bash" … */
	bool systemd, host;		/* what the image is for */
	const char *condition;
};

static void set_variable(struct build *build, const char *name, size_t length, const char *value, unsigned int line)
{
	struct variable *variable = NULL;

	for (size_t i = 0; i < build->n_variables; i++)
		if (strncmp(build->variables[i].name, name, length) == 0 && build->variables[i].name[length] == '\0')
			variable = &build->variables[i];
	if (!variable && build->n_variables == VARIABLES_MAX)
		return;
	if (!variable) {
		variable = &build->variables[build->n_variables++];
		variable->name = xstrndup(name, length);
	}
	free(variable->value);
	variable->value = xstrdup(value);
	variable->line = line;
}

static void forget_variables(struct build *build)
{
	for (size_t i = 0; i < build->n_variables; i++) {
		free(build->variables[i].name);
		free(build->variables[i].value);
		build->variables[i].value = NULL;
	}
	build->n_variables = 0;
}

static bool is_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!(text[i] == '_' || (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
		      (i > 0 && text[i] >= '0' && text[i] <= '9')))
			return false;
	return length > 0;
}

static const char *find_variable(const struct build *build, const char *name, size_t length)
{
	for (size_t i = 0; i < build->n_variables; i++)
		if (strncmp(build->variables[i].name, name, length) == 0 && build->variables[i].name[length] == '\0')
			return build->variables[i].value;
	return NULL;
}

/* "$NAME" and "${NAME}"; what is not known stays. */
static void expand(const struct build *build, const char *text, struct strbuf *out)
{
	while (*text && out->len < DOCKERFILE_TEXT_MAX) {
		size_t plain = strcspn(text, "$"), braced, length = 0;
		const char *name, *value;

		strbuf_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		braced = text[1] == '{';
		name = text + 1 + braced;
		while (is_name(name, length + 1) && name[length])
			length++;
		value = length > 0 && (!braced || name[length] == '}') ? find_variable(build, name, length) : NULL;
		if (value) {
			strbuf_add_string(out, value);
			text = name + length + braced;
		} else {
			strbuf_add_char(out, *text++);
		}
	}
}

/* ENV a=1 b="two words"; ENV a one value; ARG a=1. */
static void read_variables(struct build *build, const struct instruction *instruction, bool old_form)
{
	const char *at = instruction->arguments + strspn(instruction->arguments, " \t");
	size_t name = strcspn(at, "= \t");

	if (old_form && at[name] != '=') {
		CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

		expand(build, at + name + strspn(at + name, " \t"), &value);
		if (is_name(at, name))
			set_variable(build, at, name, value.buf, instruction->line);
		return;
	}
	while (*at) {
		size_t length = dockerfile_word(at);
		CLEANUP(strbuf_release) struct strbuf bare = STRBUF_INIT, value = STRBUF_INIT;

		name = strcspn(at, "= \t");
		for (size_t i = name + 1; i < length; i++)
			if (at[i] != '"' && at[i] != '\'')
				strbuf_add_char(&bare, at[i]);
		expand(build, bare.buf, &value);
		if (name < length && is_name(at, name))
			set_variable(build, at, name, value.buf, instruction->line);
		at += length;
		at += strspn(at, " \t");
	}
}

/* ---- what becomes of it ---- */

static const char *instead_of(struct build *build, const struct proposed *item)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool own = starts_with(item->key, "net.") || starts_with(item->key, "kernel.shm") || starts_with(item->key, "kernel.msg") ||
		   streq(item->key, "kernel.sem") || starts_with(item->key, "fs.mqueue.");

	if (item->kind != SUBJECT_KIND_HOST || !*item->key || strchr(item->key, '/'))
		return "";
	if (starts_with(item->key, "limits.conf."))
		return "--ulimit where the container is started";
	if (!own)
		return "the setting of the host that runs the container";
	strbuf_addf(&text, "--sysctl %s=", item->key);
	quote_shell(&text, item->value, strlen(item->value));
	strbuf_add_string(&text, " where the container is started");
	return arena_strndup(&build->document->reading->proposal->arena, text.buf, text.len);
}

static const char *why_not(const struct build *build, const struct proposed *item)
{
	if (!*item->file)
		return "a build runs in a container of its own, whose files of the kernel are read-only, and an image keeps none of them";
	if (build->systemd)
		return NULL;
	if (is_sysctl_file(item->file))
		return "nothing in a container applies files of sysctl.d, unless it runs systemd and is privileged";
	if (starts_with(item->file, "/etc/security/"))
		return "a container's program does not pass PAM, which reads limits.conf at logins only";
	return "nothing in a container reads this file: it is for a machine that boots";
}

static const char *systemd_condition(const struct proposed *item)
{
	if (is_sysctl_file(item->file))
		return "the container runs systemd and is privileged";
	if (starts_with(item->file, "/etc/security/"))
		return "somebody logs in to the container through PAM";
	return "the container runs systemd";
}

/* An item that a build makes, as it is in a container of the image. */
static void settle(struct build *build, size_t since)
{
	struct proposal *proposal = build->document->reading->proposal;

	for (size_t i = since; i < proposal->count; i++) {
		struct proposed *item = &proposal->items[i];
		const char *why;

		if (!*item->condition)
			item->condition = arena_strdup(&proposal->arena, build->condition);
		if (item->fate != PROPOSED_SETS)
			continue;
		if (strchr(item->value, '$') || strchr(item->key, '$')) {
			item->fate = PROPOSED_UNCLEAR;
			item->why = "a variable whose value is not known here";
			continue;
		}
		if (*item->file)
			item->when = PROPOSED_BOOT;
		if (*item->file && build->host)
			continue;
		why = why_not(build, item);
		if (why) {
			item->fate = PROPOSED_BROKEN;
			item->why = why;
			item->instead = instead_of(build, item);
		} else if (!*item->condition) {
			item->condition = systemd_condition(item);
		}
	}
	document_show_source(build->document, since);
}

/* ---- RUN, CMD, ENTRYPOINT ---- */

/* Variables first: they stand in the script's environment. */
static void add_variables(const struct build *build, struct dockerfile_script *script)
{
	for (size_t i = 0; i < build->n_variables; i++) {
		const struct variable *variable = &build->variables[i];

		if (strchr(variable->value, '\n') || strchr(variable->value, '$'))
			continue;
		dockerfile_script_line(script, variable->line);
		strbuf_addf(&script->text, "%s=", variable->name);
		quote_shell(&script->text, variable->value, strlen(variable->value));
		strbuf_add_char(&script->text, '\n');
	}
}

static void hand_to_shell(struct build *build, struct dockerfile_script *script, const char *shell, const char *via)
{
	struct proposed_text inner = *build->document->text;

	inner.form = build->document->form;
	inner.text = script->text.buf;
	inner.length = script->text.len;
	inner.lines = script->lines;
	inner.n_lines = script->n_lines;
	inner.file = NULL;
	if (script->n_lines > 0)
		document_run_shell(build->document, inner, shell, via, PROPOSED_NOW);
}

/* ["sysctl", "-w", "vm.swappiness=1"] */
static bool add_exec_form(const struct instruction *instruction, struct dockerfile_script *script, char **ret_shell)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const char *at = instruction->arguments + strspn(instruction->arguments, " \t");
	const struct node *documents, *list;

	if (*at != '[' || node_parse_foreign(&arena, at, strlen(at), &diag, &documents) < 0 || documents->count != 1)
		return false;
	list = &documents->items[0];
	if (list->kind != NODE_SEQUENCE || list->count == 0)
		return false;
	dockerfile_script_line(script, instruction->line);
	if (list->count >= 3 && streq(list->items[1].text, "-c") && ends_with(list->items[0].text, "sh")) {
		*ret_shell = xstrdup(ends_with(list->items[0].text, "bash") ? "bash" : "sh");
		strbuf_add_string(&script->text, list->items[2].text);
	} else {
		for (uint32_t i = 0; i < list->count; i++) {
			strbuf_add_string(&script->text, i ? " " : "");
			quote_shell(&script->text, list->items[i].text, strlen(list->items[i].text));
		}
	}
	strbuf_add_char(&script->text, '\n');
	return true;
}

static void add_script(const struct instruction *instruction, struct dockerfile_script *script)
{
	for (size_t i = 0; i < instruction->script.n_lines; i++)
		dockerfile_script_line(script, instruction->script.lines[i]);
	strbuf_add(&script->text, instruction->script.text.buf, instruction->script.text.len);
}

static void read_run(struct build *build, const struct instruction *instruction, const char *via)
{
	CLEANUP(dockerfile_script_release) struct dockerfile_script script = { .text = STRBUF_INIT };
	CLEANUP(free_ptr) char *shell = NULL;

	add_variables(build, &script);
	if (!add_exec_form(instruction, &script, &shell))
		add_script(instruction, &script);
	if (strstr(instruction->script.text.buf, "#!/") == instruction->script.text.buf) {
		free(shell);
		shell = xstrdup(strncmp(instruction->script.text.buf, "#!/bin/bash", 11) == 0 ? "bash" : "sh");
	}
	hand_to_shell(build, &script, shell ? shell : build->shell, via);
}

static void run_instruction(struct build *build, const struct instruction *instruction)
{
	size_t since = build->document->reading->proposal->count;

	read_run(build, instruction, "RUN");
	settle(build, since);
}

/* These run when a container starts: /proc/sys can be written to in privileged ones. */
static void start_instruction(struct build *build, const struct instruction *instruction)
{
	struct proposal *proposal = build->document->reading->proposal;
	size_t since = proposal->count;

	if (strstr(instruction->arguments, "sysctl") || strstr(instruction->arguments, "/proc/") || strstr(instruction->arguments, "/sys/"))
		read_run(build, instruction, instruction->name);
	for (size_t i = since; i < proposal->count; i++)
		if (proposal->items[i].fate == PROPOSED_SETS && !*proposal->items[i].condition)
			proposal->items[i].condition = "the container is privileged";
}

/* ---- COPY, ADD ---- */

static void copy_text(struct build *build, const struct here_document *here, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct proposed_text inner = *build->document->text;
	size_t since = build->document->reading->proposal->count;

	if (here->quoted)
		strbuf_add(&text, here->script.text.buf, here->script.text.len);
	else
		expand(build, here->script.text.buf, &text);
	inner.form = build->document->form;
	inner.text = text.buf;
	inner.length = text.len;
	inner.lines = here->script.lines;
	inner.n_lines = here->script.n_lines;
	inner.via = "a here-document of COPY";
	inner.file = path;
	inner.use = TEXT_REPLACES;
	inner.when = PROPOSED_BOOT;
	if (here->script.n_lines > 0)
		(void)read_host_file(build->document->reading, &inner);
	settle(build, since);
}

static void copy_file(struct build *build, const struct instruction *instruction, const char *source, const char *path)
{
	const struct node at = { .kind = NODE_SCALAR, .line = instruction->index, .text = "" };
	struct proposed item = document_item(build->document, &at);
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	item.via = instruction->name;
	item.when = PROPOSED_BOOT;
	item.condition = build->condition;
	item.file = path;
	item.why = build->host ? NULL : why_not(build, &item);
	item.fate = PROPOSED_BROKEN;
	if (!item.why) {
		strbuf_addf(&why, "what %s will hold is in %s, which is not part of this file", path, source);
		item.fate = PROPOSED_UNCLEAR;
		item.why = why.buf;
	}
	(void)proposal_add(build->document->reading->proposal, &item);
}

static void join_path(struct strbuf *out, const char *directory, const char *source)
{
	const char *slash = strrchr(source, '/');

	strbuf_reset(out);
	strbuf_add_string(out, directory);
	if (ends_with(directory, "/"))
		strbuf_add_string(out, slash ? slash + 1 : source);
}

/* COPY [--chmod=…] SOURCE… DESTINATION */
static void copy_instruction(struct build *build, const struct instruction *instruction)
{
	CLEANUP(strbuf_release) struct strbuf destination = STRBUF_INIT, word = STRBUF_INIT, path = STRBUF_INIT;
	const char *last = instruction->arguments;
	size_t length = 0, here = 0;

	for (const char *at = last; *at; at += dockerfile_word(at)) {
		at += strspn(at, " \t");
		if (*at) {
			last = at;
			length = dockerfile_word(at);
		}
	}
	strbuf_add(&word, last, length);
	expand(build, word.buf, &destination);
	for (const char *at = instruction->arguments; *at && at < last; at += dockerfile_word(at)) {
		at += strspn(at, " \t");
		if (at >= last || starts_with(at, "--"))
			continue;
		strbuf_reset(&word);
		strbuf_add(&word, at, dockerfile_word(at));
		if (starts_with(word.buf, "<<") && here < instruction->n_heres) {
			join_path(&path, destination.buf, instruction->heres[here].name);
			copy_text(build, &instruction->heres[here++], path.buf);
		} else {
			join_path(&path, destination.buf, word.buf);
			if (host_file_known(path.buf))
				copy_file(build, instruction, word.buf, path.buf);
		}
	}
}

/* ---- the others ---- */

static void shell_instruction(struct build *build, const struct instruction *instruction)
{
	free(build->shell);
	build->shell = xstrdup(strstr(instruction->arguments, "bash") ? "bash" : "sh");
}

static void env_instruction(struct build *build, const struct instruction *instruction)
{
	read_variables(build, instruction, true);
}

static void arg_instruction(struct build *build, const struct instruction *instruction)
{
	read_variables(build, instruction, false);
}

static void from_instruction(struct build *build, const struct instruction *instruction)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	forget_variables(build);
	free(build->shell);
	build->shell = xstrdup("sh");
	build->condition = "";
	if (instruction != build->file->last_stage) {
		strbuf_addf(&text, "what is copied from the stage that begins at line %u, or a build of it", instruction->line);
		build->condition = arena_strndup(&build->document->arena, text.buf, text.len);
	}
}

static void onbuild_instruction(struct build *build, const struct instruction *instruction);

static const struct {
	const char *name;
	void (*read)(struct build *build, const struct instruction *instruction);
} instructions[] = {
	{ "ADD", copy_instruction },	 { "ARG", arg_instruction },	{ "CMD", start_instruction }, { "COPY", copy_instruction },
	{ "ENTRYPOINT", start_instruction }, { "ENV", env_instruction }, { "FROM", from_instruction },
	{ "ONBUILD", onbuild_instruction }, { "RUN", run_instruction },	{ "SHELL", shell_instruction },
};

static void read_instruction(struct build *build, const struct instruction *instruction)
{
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++)
		if (streq(instructions[i].name, instruction->name))
			instructions[i].read(build, instruction);
}

static void onbuild_instruction(struct build *build, const struct instruction *instruction)
{
	if (strcasestr(instruction->arguments, "sysctl") || strstr(instruction->arguments, "/etc/")) {
		const struct node at = { .kind = NODE_SCALAR, .line = instruction->index, .text = "" };

		document_unclear(build->document, &at, "it runs in builds of other images");
	}
}

/* What the last stage is for: its name, or what its containers start. */
static void find_purpose(struct build *build)
{
	const struct dockerfile *file = build->file;

	for (size_t i = 0; i < file->count; i++) {
		const struct instruction *instruction = &file->instructions[i];
		const char *arguments = instruction->arguments;

		if (streq(instruction->name, "FROM")) {
			build->host |= strstr(arguments, "bootc") != NULL;
			build->systemd |= strstr(arguments, "systemd") || strstr(arguments, "-init");
		} else if (streq(instruction->name, "LABEL")) {
			build->host |= strstr(arguments, "containers.bootc") != NULL;
		} else if (streq(instruction->name, "CMD") || streq(instruction->name, "ENTRYPOINT")) {
			build->systemd |= strstr(arguments, "systemd") || strstr(arguments, "/sbin/init");
		}
	}
}

static void read_dockerfile(const struct reader *reader, struct reading *reading, const struct proposed_text *text)
{
	CLEANUP(dockerfile_release) struct dockerfile file = { 0 };
	struct document document = { .reading = reading, .text = text, .form = text->form ? text->form : reader->name };
	struct build build = { .document = &document, .file = &file, .condition = "", .shell = xstrdup("sh") };

	if (text->length > DOCKERFILE_MAX) {
		read_unclear(reading, text, 0, "larger than %zu MiB", DOCKERFILE_MAX >> 20);
	} else {
		document_find_lines(&document);
		dockerfile_parse(&file, text);
		find_purpose(&build);
		for (size_t i = 0; i < file.count; i++)
			read_instruction(&build, &file.instructions[i]);
	}
	forget_variables(&build);
	free(build.shell);
	document_release(&document);
}

static unsigned int recognise(const struct reader *reader, const char *path, const char *text, size_t length)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	static const char *const names[] = { "Dockerfile", "Containerfile", "dockerfile" };
	static const char *const suffixes[] = { ".dockerfile", ".Dockerfile", ".containerfile", ".Containerfile" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(name, names[i]) || (starts_with(name, names[i]) && strchr(".-_", name[strlen(names[i])])))
			return MINE;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends_with(name, suffixes[i]))
			return MINE;
	if (text_has_line(text, length, "^FROM[[:blank:]]+[^[:blank:]]+([[:blank:]]+[Aa][Ss][[:blank:]]+[^[:blank:]]+)?[[:blank:]]*$") &&
	    text_has_line(text, length, "^(RUN|COPY|ADD|CMD|ENTRYPOINT|ENV)[[:blank:]]"))
		return MINE_BY_CONTENT;
	return NOT_MINE;
}

const struct reader reader_dockerfile = {
	.name = "dockerfile",
	.summary = "Dockerfiles and Containerfiles",
	.recognise = recognise,
	.read = read_dockerfile,
};
