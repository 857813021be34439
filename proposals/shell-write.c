/* SPDX-License-Identifier: Apache-2.0 */
/* What a script writes, and where to: files of /proc/sys and /sys, and files of configuration. */
#include <fnmatch.h>
#include <stdarg.h>

#include "../core/quote.h"
#include "shell-run.h"

unsigned int shell_line(const struct shell_run *run, unsigned int line)
{
	return proposed_text_line(run->given, line > 0 ? line - 1 : 0);
}

/* ---- items ---- */

struct proposed shell_item(const struct shell_run *run, const struct shell_node *node, const char *via, struct strbuf *text)
{
	strbuf_reset(text);
	strbuf_add(text, node->source, strnlen(node->source, node->length));
	strbuf_truncate(text, strcspn(text->buf, "\n"));
	return (struct proposed){
		.path = run->given->path,
		.line = shell_line(run, node->line),
		.last_line = shell_line(run, node->last_line),
		.text = text->buf,
		.form = run->given->form ? run->given->form : "shell",
		.via = via,
		.kind = SUBJECT_KIND_HOST,
		.when = run->given->when ? run->given->when : PROPOSED_NOW,
		.optional = run->optional || run->given->optional,
	};
}

/* Before its own condition comes the one that the whole text has. */
static void tell_condition(const struct shell_run *run, struct strbuf *out)
{
	if (run->given->condition)
		strbuf_add_string(out, run->given->condition);
	if (out->len > 0 && run->condition.len > 0)
		strbuf_add_string(out, "; ");
	strbuf_add_string(out, run->condition.buf);
}

/* Items from first on were added by whoever reads a file or a write: what holds for all that this place does. */
static void mend(struct shell_run *run, size_t first)
{
	CLEANUP(strbuf_release) struct strbuf condition = STRBUF_INIT, why = STRBUF_INIT;
	struct proposal *proposal = run->reading->proposal;

	tell_condition(run, &condition);
	if (run->ended && run->failed)
		strbuf_addf(&why, "line %u fails, and with set -e the script ends there, before this", run->ended);
	else if (run->ended)
		strbuf_addf(&why, "the script ends at line %u, before this", run->ended);
	else if (run->uncalled && run->function)
		strbuf_addf(&why, "%s is not run by anything that is proposed", run->function);
	else if (run->carriage)
		strbuf_add_string(&why, "the lines end with a carriage return, which the shell takes for a part of the last word");
	for (size_t i = first; i < proposal->count; i++) {
		struct proposed *item = &proposal->items[i];

		if (condition.len > 0 && !*item->condition)
			item->condition = arena_strdup(&proposal->arena, condition.buf);
		if (why.len == 0 || (item->fate != PROPOSED_SETS && !run->ended))
			continue;
		item->fate = run->uncalled && !run->ended ? PROPOSED_UNCLEAR : PROPOSED_BROKEN;
		item->why = arena_strdup(&proposal->arena, why.buf);
		item->instead = run->carriage && !run->ended && !run->uncalled ? "lines that end with a line feed alone" : "";
	}
}

#define SAID_BEFORE 50	/* items that are looked at */

/* A loop or a function comes by the same line again: what is not understood there is said once. */
static bool is_said(const struct proposal *proposal, const struct proposed *item)
{
	size_t first = proposal->count > SAID_BEFORE ? proposal->count - SAID_BEFORE : 0;

	if (item->fate == PROPOSED_SETS)
		return false;
	for (size_t i = proposal->count; i-- > first;) {
		const struct proposed *said = &proposal->items[i];

		if (said->line == item->line && said->fate == item->fate && streq(said->key, item->key ? item->key : "") &&
		    streq(said->value, item->value ? item->value : "") && streq(said->subject, item->subject ? item->subject : "") &&
		    streq(said->why, item->why ? item->why : "") && streq(said->path, item->path))
			return true;
	}
	return false;
}

#define CONDITION_MAX 200

/* It holds where either of the two does. */
static void join_conditions(struct proposal *proposal, struct proposed *item, const struct proposed *again)
{
	item->when |= again->when;
	if (!*item->condition || !*again->condition)
		item->condition = "";
	else if (!strstr(item->condition, again->condition) && strlen(item->condition) < CONDITION_MAX)
		item->condition = arena_formatf(&proposal->arena, "%s, or %s", item->condition, again->condition);
}

static bool sets_the_same(const struct proposed *a, const struct proposed *b)
{
	return a->kind == b->kind && a->fate == PROPOSED_SETS && streq(a->key, b->key) && streq(a->subject, b->subject);
}

static bool is_again(struct proposal *proposal, size_t first, const struct proposed *item)
{
	for (size_t i = first; i-- > 0 && first - i <= 10 * SAID_BEFORE;) {
		struct proposed *said = &proposal->items[i];

		if (!sets_the_same(said, item))
			continue;
		if (said->line != item->line || !streq(said->path, item->path) || !streq(said->value, item->value) ||
		    !streq(said->file, item->file))
			return false;
		join_conditions(proposal, said, item);
		return true;
	}
	return false;
}

/* A function that is called again sets again what it has set, and nothing else did in the meantime: that is one item. */
static void drop_repeated(struct shell_run *run, size_t first)
{
	struct proposal *proposal = run->reading->proposal;
	size_t kept = first;

	for (size_t i = first; i < proposal->count; i++)
		if (proposal->items[i].fate != PROPOSED_SETS || !is_again(proposal, first, &proposal->items[i]))
			proposal->items[kept++] = proposal->items[i];
	proposal->count = kept;
}

void shell_add(struct shell_run *run, const struct shell_node *node, struct proposed *item)
{
	size_t first = run->reading->proposal->count;

	(void)node;
	if (is_said(run->reading->proposal, item))
		return;
	item->pattern |= item->subject && strpbrk(item->subject, "*?[");
	(void)proposal_add(run->reading->proposal, item);
	mend(run, first);
	drop_repeated(run, first);
}

void shell_fails(struct shell_run *run, const struct shell_node *node)
{
	if (!run->errexit || run->conditional || run->optional || run->ended)
		return;
	run->failed = true;
	run->ended = shell_line(run, node->line);
}

void shell_unclear(struct shell_run *run, const struct shell_node *node, const char *via, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT, text = STRBUF_INIT;
	struct proposed item = shell_item(run, node, via, &text);
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&why, format, arguments);
	va_end(arguments);
	item.fate = PROPOSED_UNCLEAR;
	item.why = why.buf;
	shell_add(run, node, &item);
}

/* Why a value is not known. */
static void tell_missing(const struct shell_value *value, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf missing = STRBUF_INIT;

	shell_value_missing(value, &missing);
	strbuf_truncate(&missing, MIN(missing.len, 200));
	if (shell_value_has(value, MARK_UNSET))
		strbuf_addf(out, "%s is set nowhere in what is proposed", missing.buf);
	else
		strbuf_addf(out, "what %s is, is known only when it runs", missing.buf);
}

void shell_add_setting(struct shell_run *run, const struct shell_node *node, const char *via, enum subject_kind kind,
		       const struct shell_value *subject, const char *key, const struct shell_value *value)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT, text = STRBUF_INIT;
	struct proposed item = shell_item(run, node, via, &text);

	item.kind = kind;
	item.subject = subject ? subject->text.buf : "";
	item.key = key;
	item.value = value ? value->text.buf : "";
	if ((subject && !shell_value_known(subject)) || (value && !shell_value_known(value))) {
		tell_missing(subject && !shell_value_known(subject) ? subject : value, &why);
		item.fate = PROPOSED_UNCLEAR;
		item.why = why.buf;
	}
	shell_add(run, node, &item);
}

/* ---- files of configuration ---- */

static const char *const script_files[] = {
	"*.sh", "*.bash", "/usr/local/bin/*", "/usr/local/sbin/*", "/usr/bin/*", "/usr/sbin/*", "/opt/*", "/etc/init.d/*",
	"/root/*", "/etc/profile.d/*",
};

/* A file whose lines stand there for everybody: what is in it already is lost when it is written anew. */
static const char *const shared_files[] = {
	"/etc/sysctl.conf", "/etc/security/limits.conf", "/etc/fstab", "/etc/default/grub", "/etc/modules", "/etc/systemd/system.conf",
	"/etc/crontab",
};

static bool matches(const char *path, const char *const *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fnmatch(patterns[i], path, 0) == 0)
			return true;
	return false;
}

bool shell_is_setting(const char *path)
{
	return starts_with(path, "/proc/sys/") || starts_with(path, "/sys/") || host_file_known(path);
}

#define FILES_MAX 1000

static struct shell_file *file_add(struct shell_run *run, const char *path)
{
	struct shell_file *file;

	if (run->n_files == FILES_MAX)
		return NULL;
	GROW(run->files, run->files_capacity, run->n_files + 1);
	file = run->files[run->n_files++] = xmalloc(sizeof(*file));
	*file = (struct shell_file){ .path = xstrdup(path), .text = SHELL_STREAM_INIT };
	file->first = file->end = run->reading->proposal->count;
	return file;
}

/* The reader of a file counted its lines: each is told where it stands, and what is not known is said. */
static void place_lines(struct shell_run *run, size_t first, const struct shell_stream *content)
{
	struct proposal *proposal = run->reading->proposal;
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	size_t *starts = xcalloc(content->n_lines + 1, sizeof(*starts)), n = 0;

	for (size_t at = 0; n < content->n_lines; n++) {
		const char *newline = memchr(content->value.text.buf + at, '\n', content->value.text.len - at);

		starts[n] = at;
		at = newline ? (size_t)(newline - content->value.text.buf) + 1 : content->value.text.len;
	}
	for (size_t i = first; i < proposal->count && n > 0; i++) {
		struct proposed *item = &proposal->items[i];
		size_t index = MIN(item->line > 0 ? item->line - 1 : 0, n - 1);

		if (item->fate != PROPOSED_REMOVED && !shell_stream_line_known(content, starts[index])) {
			struct shell_value line = SHELL_VALUE_INIT;
			size_t end = index + 1 < n ? starts[index + 1] : content->value.text.len;

			strbuf_add(&line.text, content->value.text.buf + starts[index], end - starts[index]);
			strbuf_add(&line.marks, content->value.marks.buf + starts[index], end - starts[index]);
			strbuf_reset(&why);
			tell_missing(&line, &why);
			item->fate = PROPOSED_UNCLEAR;
			item->why = arena_strdup(&proposal->arena, why.buf);
			item->instead = "";
			shell_value_release(&line);
		}
		item->last_line = content->lines[MIN(item->last_line > 0 ? item->last_line - 1 : 0, n - 1)];
		item->line = content->lines[index];
	}
	free(starts);
}

/* A script is kept until something runs it. */
static bool keep_script(struct shell_run *run, const char *path, const struct shell_stream *content)
{
	struct shell_file *file;

	if (!starts_with(content->value.text.buf, "#!") || !strstr(content->value.text.buf, "sh") ||
	    !matches(path, script_files, ARRAY_SIZE(script_files)))
		return false;
	file = file_add(run, path);
	if (file) {
		file->script = true;
		shell_stream_add_stream(&file->text, content);
	}
	return true;
}

static void warn_emptied(struct shell_run *run, const struct shell_node *node, const char *path, const char *via)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT, text = STRBUF_INIT;
	struct proposed item = shell_item(run, node, via, &text);

	strbuf_addf(&why, "the file is written anew: everything that stands in %s now is lost", path);
	item.file = path;
	item.fate = PROPOSED_BROKEN;
	item.why = why.buf;
	item.instead = is_sysctl_file(path) ? "a file of its own in /etc/sysctl.d" :
		       streq(path, "/etc/security/limits.conf")		     ? "a file of its own in /etc/security/limits.d" :
									       "a line added once, or put in place of another";
	shell_add(run, node, &item);
}

void shell_write_file(struct shell_run *run, const struct shell_node *node, const char *path, const struct shell_stream *content,
		      enum text_use use, const char *via)
{
	struct proposed_text text = {
		.path = run->given->path, .text = content->value.text.buf, .length = content->value.text.len, .first = 1,
		.form = run->given->form ? run->given->form : "shell", .via = via, .file = path, .use = use,
		.optional = run->optional || run->given->optional,
	};
	bool sysctl = is_sysctl_file(path);
	size_t first = run->reading->proposal->count;
	struct shell_file *file;

	if (use == TEXT_REPLACES)
		shell_emptied(run, path);
	/* "grep -q key file || echo key=1 >> file" adds it once. */
	if (use == TEXT_APPENDS && strstr(run->condition.buf, "grep "))
		text.use = TEXT_LINE;
	if (use == TEXT_REPLACES && matches(path, shared_files, ARRAY_SIZE(shared_files)))
		warn_emptied(run, node, path, via);
	if (content->unknown) {
		shell_unclear(run, node, via, "what %s writes to %s is known only when it runs",
			      content->why ? content->why : "the command", path);
		return;
	}
	if (!sysctl && ++run->files_read > SHELL_FILES_MAX) {
		shell_unclear(run, node, via, "more than %d files are written; what is written to %s is not read", SHELL_FILES_MAX, path);
		return;
	}
	if (run->given->when || sysctl)
		text.when = run->given->when ? run->given->when : PROPOSED_BOOT;
	first = run->reading->proposal->count;
	run->reading->depth++;
	if (run->reading->depth <= READING_DEPTH_MAX && !read_host_file(run->reading, &text))
		(void)keep_script(run, path, content);
	run->reading->depth--;
	for (size_t i = first; i < run->reading->proposal->count && use == TEXT_APPENDS; i++) {
		struct proposed *item = &run->reading->proposal->items[i];

		/* "sed -i /key/d file; echo key=1 >> file" leaves one of them. */
		if (item->appended && shell_deleted(run, path, item->text, content->value.text.buf))
			item->once = true;
	}
	place_lines(run, first, content);
	mend(run, first);
	drop_repeated(run, first);
	file = run->reading->proposal->count > first ? file_add(run, path) : NULL;
	if (file)
		file->first = first;
}

/* By its name even a file is read that nobody else would read. */
static void apply_item(struct proposed *item, bool by_name)
{
	if (!by_name || item->fate != PROPOSED_BROKEN || !sysctl_file_is_overlooked(item->file)) {
		item->when |= PROPOSED_NOW;
		return;
	}
	item->fate = PROPOSED_SETS;
	item->why = "";
	item->when = PROPOSED_NOW;
}

size_t shell_apply(struct shell_run *run, const char *const *patterns, size_t count)
{
	struct proposal *proposal = run->reading->proposal;
	size_t applied = 0;

	for (size_t i = 0; i < run->n_files; i++) {
		struct shell_file *file = run->files[i];

		if (!matches(file->path, patterns, count))
			continue;
		for (size_t n = file->first; n < file->end && n < proposal->count; n++)
			apply_item(&proposal->items[n], count == 1 && streq(patterns[0], file->path));
		applied++;
	}
	return applied;
}

void shell_run_file(struct shell_run *run, const struct shell_node *node, const char *path, unsigned int when)
{
	(void)node;
	for (size_t i = run->n_files; i-- > 0;) {
		struct shell_file *file = run->files[i];
		struct proposed_text text = *run->given;

		if (!file->script || !streq(file->path, path) || file->ran)
			continue;
		file->ran = true;
		text.text = file->text.value.text.buf;
		text.length = file->text.value.text.len;
		text.lines = file->text.lines;
		text.n_lines = file->text.n_lines;
		text.when = when ? when : run->given->when;
		shell_follow_text(run, text.text, text.length, &text, true);
		return;
	}
}

/* ---- files of /proc and /sys ---- */

/* What a file of the kernel is given: one write, without the end of its line. */
static void written_value(const struct shell_stream *content, struct shell_value *value)
{
	shell_value_add_value(value, &content->value);
	while (value->text.len > 0 && value->text.buf[value->text.len - 1] == '\n')
		shell_value_truncate(value, value->text.len - 1);
}

static void tell_loop(const char *path, const char *value, struct strbuf *out)
{
	strbuf_addf(out, "for file in %s; do echo ", path);
	quote_word(out, value);
	strbuf_add_string(out, " > \"$file\"; done");
}

/* What becomes of a redirection whose file is a pattern, or looks like one. */
static void judge_pattern(const struct shell_run *run, const struct shell_target *target, struct proposed *item,
			  struct strbuf *instead, const char *value)
{
	bool pattern = shell_value_is_pattern(target->path);
	const char *path = target->path->text.buf;

	if (!pattern && (!strpbrk(path, "*?[") || shell_value_has(target->path, MARK_EACH)))
		return;
	if (pattern && run->dialect == SHELL_BASH) {
		item->spread = SPREAD_ONE;
		item->spread_why = "the redirection wants exactly one file: with several bash calls it ambiguous and carries "
				   "nothing out, with none it opens a file with this very name";
		tell_loop(path, value, instead);
		item->instead = instead->buf;
		return;
	}
	item->fate = PROPOSED_BROKEN;
	item->why = pattern ? "sh does not expand a pattern after a redirection: it opens the file with this very name"
			    : "within quotes nothing is expanded: the file with this very name is opened";
	tell_loop(path, value, instead);
	item->instead = instead->buf;
}

static void judge_elevated(const struct shell_target *target, struct proposed *item, struct strbuf *instead, const char *value)
{
	if (!target->elevated || item->fate != PROPOSED_SETS)
		return;
	item->fate = PROPOSED_BROKEN;
	item->why = "the file is opened by the shell that calls sudo, which is not root: it is refused before sudo begins";
	strbuf_reset(instead);
	strbuf_add_string(instead, "echo ");
	quote_word(instead, value);
	strbuf_addf(instead, " | sudo tee %s%s", target->append ? "-a " : "", target->path->text.buf);
	item->instead = instead->buf;
}

static void write_kernel(struct shell_run *run, const struct shell_target *target, const char *path,
			 const struct shell_stream *content)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT, instead = STRBUF_INIT, text = STRBUF_INIT;
	struct proposed item = shell_item(run, target->node, target->via, &text);
	size_t first = run->reading->proposal->count;

	written_value(content, &value);
	if (!shell_value_known(target->path) || content->unknown || !shell_value_known(&value)) {
		item.fate = PROPOSED_UNCLEAR;
		if (!shell_value_known(target->path))
			tell_missing(target->path, &why);
		else if (!content->unknown)
			tell_missing(&value, &why);
		else
			strbuf_addf(&why, "what %s writes there is known only when it runs", content->why ? content->why : "it");
		item.why = why.buf;
	} else if (target->redirection) {
		judge_pattern(run, target, &item, &instead, value.text.buf);
		judge_elevated(target, &item, &instead, value.text.buf);
	}
	if (!read_write(run->reading, &item, path, value.text.buf)) {
		shell_unclear(run, target->node, target->via, "%s is no file of a setting that is known here", path);
		return;
	}
	mend(run, first);
	drop_repeated(run, first);
	if (item.fate == PROPOSED_BROKEN)
		shell_fails(run, target->node);
}

/* ---- where to ---- */

/* "//" and "/./" are one slash; a relative path begins where cd went. */
static void plain_path(const struct shell_run *run, const char *text, struct strbuf *path)
{
	strbuf_reset(path);
	if (*text != '/' && run->directory.len > 0) {
		strbuf_add_string(path, run->directory.buf);
		strbuf_add_char(path, '/');
	}
	for (const char *at = text; *at; at++) {
		if (path->len > 0 && path->buf[path->len - 1] == '/') {
			if (*at == '/')
				continue;
			if (at[0] == '.' && at[1] == '/') {
				at++;
				continue;
			}
		}
		strbuf_add_char(path, *at);
	}
}

/* $disk and nothing else; a name in capitals may be one of the environment. */
static bool is_unset(const struct shell_value *path)
{
	for (size_t i = 0; i < path->text.len; i++)
		if (path->marks.buf[i] != MARK_UNSET || (path->text.buf[i] >= 'A' && path->text.buf[i] <= 'Z'))
			return false;
	return true;
}

/* > $file, where nothing is known of the file's name. */
static bool write_nowhere(struct shell_run *run, const struct shell_target *target, const struct shell_stream *content)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT, text = STRBUF_INIT;
	struct proposed item = shell_item(run, target->node, target->via, &text);
	const struct shell_value *path = target->path;
	char mark = path->marks.len > 0 ? path->marks.buf[0] : '\0';

	if (path->text.len > 0 && mark != MARK_UNKNOWN && mark != MARK_UNSET)
		return false;
	if (shell_stream_known(content))
		written_value(content, &value);
	item.value = value.text.buf;
	item.fate = PROPOSED_UNCLEAR;
	if (path->text.len == 0 || is_unset(path)) {
		item.fate = PROPOSED_BROKEN;
		strbuf_addf(&why, "the redirection has no file: %s is empty", path->text.len > 0 ? path->text.buf : "its name");
		if (path->text.len > 0)
			strbuf_add_string(&why, ", nothing in what is proposed sets it");
		item.instead = "the name of the file, or the loop that sets it";
	} else {
		tell_missing(path, &why);
	}
	item.why = why.buf;
	shell_add(run, target->node, &item);
	if (item.fate == PROPOSED_BROKEN)
		shell_fails(run, target->node);
	return true;
}

static const char *const unjudged[] = { "/proc/*", "/dev/cpu_dma_latency", "/dev/cpu/*" };

void shell_write(struct shell_run *run, const struct shell_target *target, const struct shell_stream *content)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	if (write_nowhere(run, target, content))
		return;
	plain_path(run, target->path->text.buf, &path);
	if (starts_with(path.buf, "/proc/sys/") || starts_with(path.buf, "/sys/")) {
		write_kernel(run, target, path.buf, content);
		return;
	}
	if (matches(path.buf, unjudged, ARRAY_SIZE(unjudged))) {
		shell_unclear(run, target->node, target->via, "%s is no file of a setting that is known here", path.buf);
		return;
	}
	if (!host_file_known(path.buf) && !matches(path.buf, script_files, ARRAY_SIZE(script_files)))
		return;
	if (!shell_value_known(target->path)) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

		tell_missing(target->path, &why);
		shell_unclear(run, target->node, target->via, "%s", why.buf);
		return;
	}
	if (target->elevated && host_file_known(path.buf)) {
		CLEANUP(strbuf_release) struct strbuf instead = STRBUF_INIT, text = STRBUF_INIT;
		CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
		struct proposed item = shell_item(run, target->node, target->via, &text);

		item.file = path.buf;
		written_value(content, &value);
		item.value = value.text.buf;
		judge_elevated(target, &item, &instead, value.text.buf);
		shell_add(run, target->node, &item);
		return;
	}
	shell_write_file(run, target->node, path.buf, content, target->append ? TEXT_APPENDS : TEXT_REPLACES, target->via);
}
