/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl(8) and sed -i. */
#include "../core/quote.h"
#include "../probes/sysctl-line.h"
#include "shell-tools.h"

struct sysctl_options {
	bool write, load, system, optional, reads;
	size_t first;			/* word that is no option */
};

/* -w, -p [FILE…], -e, -q and the like, also several letters in one. */
static void sysctl_option(const char *word, struct sysctl_options *options)
{
	static const struct {
		const char *name;
		char letter;
	} longs[] = {
		{ "--write", 'w' }, { "--load", 'p' }, { "--system", 's' }, { "--ignore", 'e' }, { "--all", 'a' }, { "--pattern", 'r' },
	};
	char letters[2] = "";

	if (word[1] == '-') {
		for (size_t i = 0; i < ARRAY_SIZE(longs); i++)
			if (starts_with(word, longs[i].name))
				letters[0] = longs[i].letter;
	}
	for (const char *at = word[1] == '-' ? letters : word + 1; *at; at++) {
		options->write |= *at == 'w';
		options->load |= *at == 'p' || *at == 'f';
		options->system |= *at == 's';
		options->optional |= *at == 'e';
		options->reads |= *at == 'a' || *at == 'A' || *at == 'X';
	}
}

static void add_sysctl(struct shell_run *run, const struct shell_call *call, const struct shell_value *word, const char *why,
		       const char *instead)
{
	CLEANUP(sysctl_line_release) struct sysctl_line line = SYSCTL_LINE_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT, text = STRBUF_INIT;
	struct proposed item = shell_item(run, call->node, "sysctl -w", &text);
	size_t before = run->reading->proposal->count;
	bool named;

	sysctl_line_parse(SYSCTL_PROCPS, word->text.buf, word->text.len, &line);
	named = sysctl_key_of_path(line.path.buf, &key);
	if (line.kind != SYSCTL_LINE_ASSIGN || !named) {
		item.fate = PROPOSED_BROKEN;
		item.why = line.kind == SYSCTL_LINE_INVALID ? line.why : "the name leaves /proc/sys or names nothing";
	} else if (why) {
		item.fate = PROPOSED_BROKEN;
		item.why = why;
		item.instead = instead;
	} else if (shell_value_has(word, MARK_EACH)) {
		item.pattern = strpbrk(key.buf, "*?[") != NULL;
	} else if (shell_value_known(word) && strpbrk(key.buf, "*?[")) {
		item.fate = PROPOSED_BROKEN;
		item.why = "sysctl does not expand a pattern: it looks for a key of this very name";
	}
	item.key = key.buf;
	item.value = line.value.buf;
	if (!shell_value_known(word) && item.fate == PROPOSED_SETS) {
		CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;

		shell_value_add_value(&value, word);
		shell_add_setting(run, call->node, "sysctl -w", SUBJECT_KIND_HOST, NULL, key.buf, &value);
		if (run->reading->proposal->count > before)
			run->reading->proposal->items[before].value = arena_strdup(&run->reading->proposal->arena, line.value.buf);
		return;
	}
	shell_add(run, call->node, &item);
}

/* Whether a word can be the name of a key: then it is read. */
static bool is_key(const char *word)
{
	return strpbrk(word, "./") && !strchr("0123456789.-", *word);
}

/* The value of KEY=A B C, or of KEY = A, as one word. */
static void tell_assignment(const struct shell_call *call, size_t first, size_t end, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	const char *word = shell_argument(call, first);
	size_t name = strcspn(word, "=");

	if (word[name] == '=')
		strbuf_add_string(&value, word + name + 1);
	for (size_t i = first + 1; i < end; i++) {
		const char *more = shell_argument(call, i);

		if (value.len == 0 && *more == '=')
			more++;
		if (value.len > 0 && *more)
			strbuf_add_char(&value, ' ');
		strbuf_add_string(&value, more);
	}
	strbuf_addf(out, "sysctl -w %.*s=", (int)name, word);
	quote_word(out, value.buf);
}

/* One assignment and the words behind it that belong to none; returns what follows. */
static size_t run_assignment(struct shell_run *run, const struct shell_call *call, size_t first)
{
	CLEANUP(strbuf_release) struct strbuf instead = STRBUF_INIT, why = STRBUF_INIT;
	size_t end = first + 1;

	while (end < call->arguments->count && !is_key(shell_argument(call, end)) && *shell_argument(call, end) != '-')
		end++;
	if (end > first + 1) {
		strbuf_addf(&why, "the shell makes words of their own of what follows a blank: sysctl sets the first, and refuses '%s'",
			    shell_argument(call, first + 1));
		tell_assignment(call, first, end, &instead);
	}
	add_sysctl(run, call, &call->arguments->items[first], why.len > 0 ? why.buf : NULL, instead.buf);
	if (why.len > 0)
		shell_fails(run, call->node);
	return end;
}

/* "sysctl -w vm.swappiness = 10", "sysctl -w vm.swappiness 10" */
static size_t run_separated(struct shell_run *run, const struct shell_call *call, size_t first)
{
	CLEANUP(strbuf_release) struct strbuf instead = STRBUF_INIT, text = STRBUF_INIT;
	struct proposed item = shell_item(run, call->node, "sysctl -w", &text);
	size_t end = first + 1;

	while (end < call->arguments->count && !is_key(shell_argument(call, end)))
		end++;
	tell_assignment(call, first, end, &instead);
	item.key = shell_argument(call, first);
	item.value = end > first + 1 ? strchr(instead.buf, '=') + 1 : "";
	item.fate = PROPOSED_BROKEN;
	item.why = "name, equals sign and value have to be one word: nothing is set";
	item.instead = end > first + 1 ? instead.buf : "";
	shell_add(run, call->node, &item);
	shell_fails(run, call->node);
	return end;
}

/* sysctl -p FILE…; "-" is what it reads. */
static void run_load(struct shell_run *run, const struct shell_call *call, size_t first)
{
	static const char *const standard[] = { "/etc/sysctl.conf" };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct proposed item = shell_item(run, call->node, "sysctl -p", &text);

	if (first == call->arguments->count) {
		if (shell_apply(run, standard, 1) > 0)
			return;
		for (size_t i = 0; i < run->n_files; i++) {
			if (!strstr(run->files[i]->path, "/sysctl.d/"))
				continue;
			item.fate = PROPOSED_BROKEN;
			item.file = run->files[i]->path;
			item.why = "without a file sysctl -p reads /etc/sysctl.conf alone: what was written to sysctl.d stays without "
				   "effect until the next boot";
			item.instead = "sysctl --system";
			shell_add(run, call->node, &item);
			return;
		}
		return;
	}
	for (size_t i = first; i < call->arguments->count; i++) {
		const char *file = shell_argument(call, i), *patterns[] = { file };

		if (*file == '-' && file[1])
			continue;
		if ((streq(file, "-") || streq(file, "/dev/stdin")) && run->in && shell_stream_known(run->in)) {
			size_t before = run->reading->proposal->count;

			shell_write_file(run, call->node, "/run/sysctl.d/-", run->in, TEXT_LINE, "sysctl -p");
			for (; before < run->reading->proposal->count; before++) {
				run->reading->proposal->items[before].file = "";
				run->reading->proposal->items[before].when = item.when;
			}
		} else if (shell_apply(run, patterns, 1) == 0) {
			shell_unclear(run, call->node, "sysctl -p", "%s is not part of what is proposed", file);
		}
	}
}

void shell_run_sysctl(struct shell_run *run, const struct shell_call *call)
{
	struct sysctl_options options = { 0 };
	bool optional = run->optional;

	shell_print_unknown(run, "sysctl");
	for (size_t i = 1; i < call->arguments->count; i++)
		if (*shell_argument(call, i) == '-' && shell_argument(call, i)[1])
			sysctl_option(shell_argument(call, i), &options);
	run->optional |= options.optional;
	if (options.system)
		(void)shell_apply(run, sysctl_files, SYSCTL_FILES);
	for (size_t i = 1; i < call->arguments->count && !options.system && !options.reads;) {
		const char *word = shell_argument(call, i);

		if (starts_with(word, "--load=")) {
			const char *patterns[] = { strchr(word, '=') + 1 };

			(void)shell_apply(run, patterns, 1);
			options.load = options.reads = true;
		} else if (*word == '-' && word[1]) {
			i++;
			continue;
		}
		if (options.load)
			break;
		if (strchr(word, '='))
			i = run_assignment(run, call, i);
		else if (options.write && !shell_value_known(&call->arguments->items[i]))
			shell_unclear(run, call->node, "sysctl -w", "what %s sets is known only when it runs", shell_argument(call, i++));
		else if (options.write || streq(shell_argument(call, i + 1), "="))
			i = run_separated(run, call, i);
		else
			i++;
	}
	if (options.load && !options.reads) {
		size_t first = 1;

		while (first < call->arguments->count && *shell_argument(call, first) == '-' && shell_argument(call, first)[1])
			first++;
		run_load(run, call, first);
	}
	run->optional = optional;
}

/* ---- sed -i ---- */

/* The text up to the next delimiter, its backslashes before the delimiter gone; returns what follows it, or NULL. */
static const char *sed_field(const char *at, char delimiter, struct strbuf *out)
{
	for (; *at && *at != delimiter; at++) {
		if (*at == '\\' && at[1] == delimiter)
			at++;
		else if (*at == '\\' && at[1])
			strbuf_add_char(out, *at++);
		strbuf_add_char(out, *at);
	}
	return *at ? at + 1 : NULL;
}

/* What a replacement writes without what it takes over: "\1 a=1" is " a=1"; whether it took something over. */
static bool own_text(const char *replacement, struct strbuf *out)
{
	bool takes = false;

	for (const char *at = replacement; *at; at++) {
		if (*at == '&' || (*at == '\\' && at[1] >= '0' && at[1] <= '9')) {
			takes = true;
			at += *at == '\\';
			continue;
		}
		if (*at == '\\' && at[1])
			at++;
		strbuf_add_char(out, *at);
	}
	return takes;
}

struct edit {
	const char *file;
	const struct shell_call *call;
	const struct shell_value *script;
	bool extended;			/* sed -E */
};

static void add_edit(struct shell_run *run, const struct edit *edit, const char *line, enum text_use use, const char *matching)
{
	CLEANUP(shell_stream_release) struct shell_stream stream = SHELL_STREAM_INIT;
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
	size_t before = run->reading->proposal->count, mark = run->condition.len;
	const char *unknown = strchr(line, '$');

	/* What was not known in the script is not known in the line either. */
	shell_value_add(&value, line, strlen(line),
			shell_value_known(edit->script) || !unknown ? MARK_PLAIN : MARK_UNKNOWN);
	shell_value_add_string(&value, "\n");
	shell_stream_add(&stream, &value, shell_line(run, edit->call->node->line), 0);
	if (matching) {
		CLEANUP(strbuf_release) struct strbuf condition = STRBUF_INIT;

		strbuf_addf(&condition, "a line of %s matches %s", edit->file, matching);
		mark = shell_condition(run, "if", condition.buf, condition.len);
	}
	shell_write_file(run, edit->call->node, edit->file, &stream, use, "sed -i");
	shell_uncondition(run, mark);
	if (run->reading->proposal->count == before)
		shell_unclear(run, edit->call->node, "sed -i", "what it writes to %s sets nothing that is known here: %s", edit->file, line);
}

/* s/pattern/replacement/flags; false: it is not clear which line comes out. */
static bool edit_substitute(struct shell_run *run, const struct edit *edit, const char *at)
{
	CLEANUP(strbuf_release) struct strbuf pattern = STRBUF_INIT, replacement = STRBUF_INIT, own = STRBUF_INIT;
	char delimiter = *at;
	bool grub = starts_with(edit->file, "/etc/default/grub"), takes;

	at = delimiter ? sed_field(at + 1, delimiter, &pattern) : NULL;
	at = at ? sed_field(at, delimiter, &replacement) : NULL;
	if (!at)
		return false;
	takes = own_text(replacement.buf, &own);
	/* Arguments of the kernel are added to those that stand there. */
	if (grub && !starts_with(own.buf, "GRUB_CMDLINE_LINUX")) {
		CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
		size_t n = strcspn(own.buf, "\"");

		if (!strstr(pattern.buf, "GRUB_CMDLINE_LINUX") && pattern.buf[strspn(pattern.buf, "\"$")])
			return false;
		strbuf_addf(&line, "GRUB_CMDLINE_LINUX=\"%.*s\"", (int)n, own.buf);
		add_edit(run, edit, line.buf, TEXT_LINE, pattern.buf);
		return true;
	}
	if ((takes && !grub) || own.len == 0)
		return false;
	add_edit(run, edit, own.buf, TEXT_LINE, pattern.buf);
	return true;
}

/* "$ a text", "/pattern/a text", "c\text": a line added, or in place of another. */
static bool edit_line(struct shell_run *run, const struct edit *edit, const char *at, const char *matching)
{
	enum text_use use = *at == 'c' ? TEXT_LINE : TEXT_APPENDS;

	at++;
	at += strspn(at, " \t");
	at += *at == '\\';
	at += strspn(at, " \t\n");
	if (!*at)
		return false;
	add_edit(run, edit, at, use, matching);
	return true;
}

/* ---- /pattern/d ---- */

#define PATTERN_MAX 256

/* Only what takes a time that is bounded: no repetition by number, and nothing that refers back. */
static bool compile(const char *pattern, bool extended, regex_t *regex)
{
	size_t length = strlen(pattern);

	if (length == 0 || length > PATTERN_MAX || strchr(pattern, '{'))
		return false;
	for (const char *at = pattern; *at; at++) {
		if (*at == '\\' && at[1] >= '0' && at[1] <= '9')
			return false;
		at += *at == '\\' && at[1];
	}
	return regcomp(regex, pattern, REG_NOSUB | REG_NEWLINE | (extended ? REG_EXTENDED : 0)) == 0;
}

bool shell_deleted(struct shell_run *run, const char *path, const char *line, const char *whole)
{
	bool found = false;

	for (size_t i = 0; i < run->n_deletions; i++) {
		struct shell_deletion *deletion = &run->deletions[i];

		if (!streq(deletion->file, path) || regexec(&deletion->first, deletion->range ? whole : line, 0, NULL, 0) != 0)
			continue;
		deletion->met = found = true;
	}
	return found;
}

void shell_deletions_tell(struct shell_run *run)
{
	for (size_t i = 0; i < run->n_deletions; i++)
		if (!run->deletions[i].met && run->deletions[i].said.path)
			(void)proposal_add(run->reading->proposal, &run->deletions[i].said);
}

void shell_deletions_release(struct shell_run *run)
{
	for (size_t i = 0; i < run->n_deletions; i++) {
		free(run->deletions[i].file);
		regfree(&run->deletions[i].first);
	}
	free(run->deletions);
}

void shell_emptied(struct shell_run *run, const char *path)
{
	struct shell_deletion deletion = { .met = true };

	for (size_t i = 0; i < run->n_deletions; i++)
		if (run->deletions[i].all && streq(run->deletions[i].file, path))
			return;
	if (run->n_deletions == SHELL_DELETIONS_MAX || regcomp(&deletion.first, "^", REG_NOSUB) != 0)
		return;
	if (!run->deletions)
		run->deletions = xcalloc(SHELL_DELETIONS_MAX, sizeof(*run->deletions));
	deletion.file = xstrdup(path);
	deletion.all = true;
	run->deletions[run->n_deletions++] = deletion;
}

static void tell_edit(struct shell_run *run, const struct edit *edit)
{
	shell_unclear(run, edit->call->node, "sed -i", "what %s does to %s depends on what stands there", edit->script->text.buf,
		      edit->file);
}

/* The address at the cursor, "/pattern/" or "\#pattern#"; returns what follows, NULL: there is none. */
static const char *sed_address(const char *at, struct strbuf *out)
{
	if (*at == '\\' && at[1])
		at++;
	else if (*at != '/')
		return NULL;
	strbuf_reset(out);
	return sed_field(at + 1, *at, out);
}

/* "/a/d", "/a/,/b/d", and several of them; false: something else stands there too. */
static bool edit_delete(struct shell_run *run, const struct edit *edit)
{
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT, last = STRBUF_INIT;
	struct proposal *proposal = run->reading->proposal;
	const char *at = edit->script->text.buf + strspn(edit->script->text.buf, " \t\n;");
	size_t begun = run->n_deletions, before = proposal->count;

	while (*at) {
		struct shell_deletion deletion = { .file = NULL };

		at = sed_address(at, &first);
		if (at && *at == ',') {
			deletion.range = true;
			at++;
			at = *at == '/' || *at == '\\' ? sed_address(at, &last) : at + strspn(at, "$+0123456789");
		}
		if (!at || *at != 'd' || run->n_deletions == SHELL_DELETIONS_MAX || !compile(first.buf, edit->extended, &deletion.first))
			break;
		if (!run->deletions)
			run->deletions = xcalloc(SHELL_DELETIONS_MAX, sizeof(*run->deletions));
		deletion.file = xstrdup(edit->file);
		run->deletions[run->n_deletions++] = deletion;
		at++;
		at += strspn(at, " \t\n;");
	}
	if (!at || *at || run->n_deletions == begun)
		return false;
	/* It is said when it turns out that nothing takes their place. */
	tell_edit(run, edit);
	if (proposal->count > before)
		run->deletions[begun].said = proposal->items[--proposal->count];
	return true;
}

static void edit_file(struct shell_run *run, const struct edit *edit)
{
	CLEANUP(strbuf_release) struct strbuf address = STRBUF_INIT;
	const char *at = edit->script->text.buf + strspn(edit->script->text.buf, " \t");
	bool done = false;

	if (shell_value_known(edit->script) && edit_delete(run, edit))
		return;
	if (*at == '/') {
		at = sed_field(at + 1, '/', &address);
		at = at ? at : "";
	}
	at += strspn(at, "$ \t0123456789");
	if (*at == 's')
		done = edit_substitute(run, edit, at + 1);
	else if (*at == 'a' || *at == 'c' || *at == 'i')
		done = edit_line(run, edit, at, address.len > 0 ? address.buf : NULL);
	if (!done)
		tell_edit(run, edit);
}

#define SCRIPTS_MAX 100

void shell_run_sed(struct shell_run *run, const struct shell_call *call)
{
	const struct shell_value *scripts[SCRIPTS_MAX];
	size_t n_scripts = 0, i = 1;
	bool in_place = false, extended = false, more = false;

	for (; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i);

		if (*word != '-')
			break;
		in_place |= starts_with(word, "-i") || starts_with(word, "--in-place") || streq(word, "-ri") || streq(word, "-Ei");
		extended |= streq(word, "--regexp-extended") || (word[1] != '-' && strpbrk(word, "Er") && !strchr(word, '.'));
		if ((streq(word, "-e") || streq(word, "--expression")) && i + 1 < call->arguments->count) {
			i++;
			more |= n_scripts == ARRAY_SIZE(scripts);
			if (!more)
				scripts[n_scripts++] = &call->arguments->items[i];
		}
	}
	if (!in_place) {
		shell_print_unknown(run, "sed");
		return;
	}
	if (n_scripts == 0 && i < call->arguments->count)
		scripts[n_scripts++] = &call->arguments->items[i++];
	for (; i < call->arguments->count; i++) {
		struct edit edit = { .file = shell_argument(call, i), .call = call, .extended = extended };

		/* Options may also stand behind the script. */
		if (!host_file_known(edit.file))
			continue;
		for (size_t n = 0; n < n_scripts; n++) {
			edit.script = scripts[n];
			edit_file(run, &edit);
		}
		if (more)
			shell_unclear(run, call->node, "sed -i", "of more than %d scripts the others are not read", SCRIPTS_MAX);
	}
}
