/* SPDX-License-Identifier: Apache-2.0 */
/* What commands do, as far as it matters here: a table of those that are known. */
#include "../core/parse.h"
#include "shell-tools.h"

void shell_print(struct shell_run *run, const struct shell_value *value, unsigned int line)
{
	if (run->out)
		shell_stream_add(run->out, value, line, 0);
}

void shell_print_unknown(struct shell_run *run, const char *why)
{
	if (!run->out)
		return;
	run->out->unknown = true;
	run->out->why = why;
}

static unsigned int line_of(const struct shell_run *run, const struct shell_call *call)
{
	return shell_line(run, call->node->line);
}

/* What remains of a call after its first words. */
static void call_rest(struct shell_run *run, const struct shell_call *call, size_t first)
{
	struct shell_values rest;
	struct shell_call inner = *call;

	if (first >= call->arguments->count)
		return;
	rest = (struct shell_values){ .items = call->arguments->items + first, .count = call->arguments->count - first };
	inner.arguments = &rest;
	shell_call(run, &inner);
}

/* ---- what prints ---- */

/* "\n", "\t", "\\", "\0101": as echo -e and printf have them; marks stay beside. */
static void add_unescaped(struct shell_value *to, const struct shell_value *from)
{
	static const char names[] = "abefnrtv\\", values[] = "\a\b\033\f\n\r\t\v\\";

	for (size_t i = 0; i < from->text.len; i++) {
		char c = from->text.buf[i], next = i + 1 < from->text.len ? from->text.buf[i + 1] : '\0';
		const char *name = c == '\\' && next ? strchr(names, next) : NULL;

		if (name)
			c = values[name - names];
		shell_value_add(to, &c, 1, (enum shell_mark)from->marks.buf[i]);
		i += name != NULL;
	}
}

/* bash: -n, -e, -E in any order; dash knows -n only and prints the others. */
static size_t echo_options(const struct shell_run *run, const struct shell_call *call, bool *newline, bool *escapes)
{
	size_t i = 1;

	*newline = true;
	*escapes = run->dialect == SHELL_POSIX;
	for (; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i), *letters = run->dialect == SHELL_BASH ? "neE" : "n";

		if (word[0] != '-' || !word[1] || word[1 + strspn(word + 1, letters)])
			break;
		for (word++; *word; word++) {
			*newline &= *word != 'n';
			*escapes = *word == 'n' ? *escapes : *word == 'e';
		}
	}
	return i;
}

static void run_echo(struct shell_run *run, const struct shell_call *call)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT, plain = SHELL_VALUE_INIT;
	bool newline, escapes;

	for (size_t i = echo_options(run, call, &newline, &escapes), first = i; i < call->arguments->count; i++) {
		if (i > first)
			shell_value_add_string(&plain, " ");
		shell_value_add_value(&plain, &call->arguments->items[i]);
	}
	if (escapes)
		add_unescaped(&value, &plain);
	else
		shell_value_add_value(&value, &plain);
	if (newline)
		shell_value_add_string(&value, "\n");
	shell_print(run, &value, line_of(run, call));
}

/* Adds one directive of a format and returns what follows it; NULL: one that is not known here. */
static const char *print_directive(const char *at, const struct shell_value *argument, struct shell_value *value)
{
	static const char known[] = "sdib%u";

	if (!at[1] || !strchr(known, at[1]))
		return NULL;
	if (at[1] == '%')
		shell_value_add_string(value, "%");
	else if (argument && at[1] == 'b')
		add_unescaped(value, argument);
	else if (argument)
		shell_value_add_value(value, argument);
	return at + 2;
}

static void run_printf(struct shell_run *run, const struct shell_call *call)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT, format = SHELL_VALUE_INIT;
	size_t next = 2, before;

	if (call->arguments->count < 2 || streq(shell_argument(call, 1), "-v")) {
		shell_print_unknown(run, "printf");
		return;
	}
	add_unescaped(&format, &call->arguments->items[1]);
	/* The format is used again as long as there are arguments. */
	do {
		before = next;
		for (const char *at = format.text.buf; *at;) {
			const struct shell_value *argument =
				next < call->arguments->count ? &call->arguments->items[next] : NULL;

			if (*at != '%') {
				shell_value_add(&value, at, 1, (enum shell_mark)format.marks.buf[at - format.text.buf]);
				at++;
				continue;
			}
			next += at[1] != '%';
			at = print_directive(at, argument, &value);
			if (!at) {
				shell_print_unknown(run, "printf");
				return;
			}
		}
	} while (next < call->arguments->count && next > before && value.text.len < (1U << 20));
	shell_print(run, &value, line_of(run, call));
}

/* cat without files prints what it reads. */
static void run_cat(struct shell_run *run, const struct shell_call *call)
{
	bool standard = call->arguments->count == 1 || streq(shell_argument(call, 1), "-");

	if (!run->out)
		return;
	if (standard && run->in)
		shell_stream_add_stream(run->out, run->in);
	else
		shell_print_unknown(run, "cat");
}

/* tee [-a] FILE…: writes what it reads, and prints it. */
static void run_tee(struct shell_run *run, const struct shell_call *call)
{
	static const struct shell_stream unknown = { .value = SHELL_VALUE_INIT, .unknown = true, .why = "what tee reads from" };
	const struct shell_stream *in = run->in ? run->in : &unknown;
	bool append = false;

	for (size_t i = 1; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i);
		struct shell_target target = { .node = call->node, .path = &call->arguments->items[i], .via = "tee" };

		if (*word == '-' && word[1]) {
			append |= streq(word, "-a") || streq(word, "--append") || streq(word, "-ai");
			continue;
		}
		target.append = append;
		shell_write(run, &target, in);
	}
	if (run->out)
		shell_stream_add_stream(run->out, in);
}

/* ls /sys/block: the names in it. */
/* Whether each name in it is one of what a pattern can stand for: a device, an interface. */
static bool is_listed(const char *path)
{
	return starts_with(path, "/sys/") || starts_with(path, "/proc/sys/net/ipv4/conf") || starts_with(path, "/proc/sys/net/ipv6/conf");
}

static void run_ls(struct shell_run *run, const struct shell_call *call)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
	const struct shell_value *path = NULL;

	for (size_t i = 1; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i);

		if (*word != '-') {
			path = path ? NULL : &call->arguments->items[i];
			if (!path)
				break;
		} else if (!streq(word, "-1")) {
			path = NULL;
			break;
		}
	}
	if (!path || !shell_value_known(path) || !is_listed(path->text.buf) || ends_with(path->text.buf, "*")) {
		const char *slash = path ? strrchr(path->text.buf, '/') : NULL;

		/* "ls -d PATTERN" and "ls PATTERN" print what the pattern matches, as long as these are files. */
		if (slash && shell_value_known(path) && shell_value_has(path, MARK_EACH) && !strchr(slash, '.') &&
		    call->arguments->count == 3 && streq(shell_argument(call, 1), "-d")) {
			shell_print(run, path, line_of(run, call));
			return;
		}
		shell_print_unknown(run, "ls");
		return;
	}
	shell_value_add(&value, "*", 1, MARK_EACH);
	shell_print(run, &value, line_of(run, call));
}

/* seq [FIRST [STEP]] LAST, with whole numbers */
static void run_seq(struct shell_run *run, const struct shell_call *call)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
	int64_t numbers[3] = { 1, 1, 1 };
	size_t n = call->arguments->count - 1;

	for (size_t i = 1; i <= n && n <= 3; i++) {
		size_t place = i == n ? 2 : i == 1 ? 0 : 1;

		if (!shell_value_known(&call->arguments->items[i]) || parse_i64(shell_argument(call, i), &numbers[place]) < 0)
			n = 4;
	}
	if (n < 1 || n > 3 || numbers[1] < 1 || numbers[2] - numbers[0] > 10000 * numbers[1] || numbers[0] < -1000000 ||
	    numbers[2] > 1000000000) {
		shell_print_unknown(run, "seq");
		return;
	}
	for (int64_t at = numbers[0]; at <= numbers[2]; at += numbers[1]) {
		CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;

		strbuf_addf(&number, "%lld\n", (long long)at);
		shell_value_add_string(&value, number.buf);
	}
	shell_print(run, &value, line_of(run, call));
}

/* The part of a path before its last slash, or after it. */
static void run_name(struct shell_run *run, const struct shell_call *call)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;
	bool directory = ends_with(shell_argument(call, 0), "dirname");
	const struct shell_value *path = call->arguments->count == 2 ? &call->arguments->items[1] : NULL;
	const char *slash = path && shell_value_known(path) ? strrchr(path->text.buf, '/') : NULL;
	size_t start, end;

	if (!slash || !slash[1]) {
		shell_print_unknown(run, "basename");
		return;
	}
	start = directory ? 0 : (size_t)(slash + 1 - path->text.buf);
	end = directory ? (size_t)(slash - path->text.buf) : path->text.len;
	strbuf_add(&value.text, path->text.buf + start, end - start);
	strbuf_add(&value.marks, path->marks.buf + start, end - start);
	shell_value_add_string(&value, "\n");
	shell_print(run, &value, line_of(run, call));
}

/* ---- what stands before another command ---- */

static const struct prefix {
	const char *name;
	const char *with_value;		/* options whose value is the next word */
	size_t words;			/* that are its own, after the options */
} prefixes[] = {
	{ "sudo", "ugpCcDRTh", 0 }, { "doas", "uC", 0 },     { "nice", "n", 0 },    { "ionice", "cnp", 0 }, { "env", "uCS", 0 },
	{ "nohup", "", 0 },	    { "command", "", 0 },    { "exec", "a", 0 },    { "builtin", "", 0 },   { "time", "fo", 0 },
	{ "timeout", "ks", 1 },	    { "setsid", "", 0 },     { "stdbuf", "ioe", 0 }, { "chrt", "", 1 },	     { "taskset", "", 1 },
	{ "busybox", "", 0 },	    { "unbuffer", "", 0 },   { "flock", "wE", 1 },
	{ "chroot", "", 1 },	    { "nsenter", "tSGNr", 0 },
};

static void run_prefix(struct shell_run *run, const struct shell_call *call)
{
	const char *name = shell_argument(call, 0), *slash = strrchr(name, '/');
	const struct prefix *prefix = NULL;
	size_t i = 1;

	name = slash ? slash + 1 : name;
	for (size_t n = 0; n < ARRAY_SIZE(prefixes); n++)
		if (streq(prefixes[n].name, name))
			prefix = &prefixes[n];
	for (; prefix && i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i);

		if (streq(word, "--")) {
			i++;
			break;
		}
		if (*word == '-' && word[1] && word[1] != '-')
			i += word[2] == '\0' && strchr(prefix->with_value, word[1]);
		else if (streq(word, "--target") || streq(word, "--user"))
			i++;
		else if (*word != '-' && !(shell_name_length(word, strlen(word)) > 0 && strchr(word, '=') &&
					   word[shell_name_length(word, strlen(word))] == '='))
			break;
	}
	call_rest(run, call, i + (prefix ? prefix->words : 0));
	/* What exec starts does not come back. */
	if (streq(name, "exec") && i < call->arguments->count && !run->conditional)
		run->ended = line_of(run, call);
}

/* ---- shells ---- */

/* The lines of a text that is a word of the script: those of the word, as far as it has them. */
static void follow_value(struct shell_run *run, const struct shell_call *call, const struct shell_value *value, bool own)
{
	struct proposed_text text = *run->given;
	size_t n = 1, lines = call->node->last_line - call->node->line + 1;
	CLEANUP(free_ptr) unsigned int *places = NULL;

	for (size_t i = 0; i < value->text.len; i++)
		n += value->text.buf[i] == '\n';
	places = xcalloc(n, sizeof(*places));
	for (size_t i = 0; i < n; i++)
		places[i] = shell_line(run, (value->line ? value->line : call->node->line) + (unsigned int)(lines > 1 ? MIN(i, lines - 1) : 0));
	text.lines = places;
	text.n_lines = n;
	shell_follow_text(run, value->text.buf, value->text.len, &text, own);
}

static void follow_stream(struct shell_run *run, const struct shell_stream *stream)
{
	struct proposed_text text = *run->given;
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;

	if (stream->n_lines == 0)
		return;
	strbuf_add(&copy, stream->value.text.buf, stream->value.text.len);
	text.lines = stream->lines;
	text.n_lines = stream->n_lines;
	run->in = NULL;
	shell_follow_text(run, copy.buf, copy.len, &text, true);
}

static enum shell_dialect dialect_of(const char *name)
{
	return ends_with(name, "bash") || ends_with(name, "ksh") || ends_with(name, "zsh") ? SHELL_BASH : SHELL_POSIX;
}

/* sh -c 'TEXT', sh FILE, and a script that is read from a pipe. */
static void run_sh(struct shell_run *run, const struct shell_call *call)
{
	enum shell_dialect dialect = run->dialect;
	const struct shell_stream *in = run->in;
	const struct shell_values *arguments = run->arguments;
	size_t i = 1;
	bool text = false;

	shell_print_unknown(run, "a shell");
	for (; i < call->arguments->count && *shell_argument(call, i) == '-' && !text; i++) {
		const char *word = shell_argument(call, i);

		text = word[1] != '-' && strchr(word, 'c');
		i += streq(word, "-o") || streq(word, "-O");
	}
	run->dialect = streq(shell_argument(call, 0), "su") ? run->dialect : dialect_of(shell_argument(call, 0));
	run->arguments = NULL;
	if (text && i < call->arguments->count)
		follow_value(run, call, &call->arguments->items[i], true);
	else if (i < call->arguments->count)
		shell_run_file(run, call->node, shell_argument(call, i), 0);
	else if (in && !in->unknown)
		follow_stream(run, in);
	else if (in)
		shell_unclear(run, call->node, shell_argument(call, 0), "a script is carried out that is known only when it runs");
	run->in = in;
	run->arguments = arguments;
	run->dialect = dialect;
}

/* su [-] USER -c TEXT */
static void run_su(struct shell_run *run, const struct shell_call *call)
{
	for (size_t i = 1; i + 1 < call->arguments->count; i++)
		if (streq(shell_argument(call, i), "-c") || streq(shell_argument(call, i), "--command"))
			follow_value(run, call, &call->arguments->items[i + 1], true);
}

static void run_eval(struct shell_run *run, const struct shell_call *call)
{
	CLEANUP(shell_value_release) struct shell_value text = SHELL_VALUE_INIT;

	for (size_t i = 1; i < call->arguments->count; i++) {
		if (i > 1)
			shell_value_add_string(&text, " ");
		shell_value_add_value(&text, &call->arguments->items[i]);
		text.line = text.line ? text.line : call->arguments->items[i].line;
	}
	shell_print_unknown(run, "eval");
	run->sourced |= !shell_value_known(&text);
	if (shell_value_known(&text))
		follow_value(run, call, &text, false);
	else
		shell_unclear(run, call->node, "eval", "what eval carries out is known only when it runs");
}

/* . FILE */
static void run_source(struct shell_run *run, const struct shell_call *call)
{
	run->sourced = true;
	if (call->arguments->count > 1)
		shell_run_file(run, call->node, shell_argument(call, 1), 0);
}

/* A new file in /tmp, unless a directory or a template says otherwise. */
static void run_mktemp(struct shell_run *run, const struct shell_call *call)
{
	CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;

	for (size_t i = 1; i < call->arguments->count; i++)
		if (*shell_argument(call, i) != '-' || strchr(shell_argument(call, i), 'p')) {
			shell_print_unknown(run, "mktemp");
			return;
		}
	shell_value_add_string(&value, "/tmp/tmp.");
	shell_value_add(&value, "XXXXXXXXXX", 10, MARK_UNKNOWN);
	shell_value_add_string(&value, "\n");
	shell_print(run, &value, line_of(run, call));
}

/* ---- the shell's own ---- */

static void run_set(struct shell_run *run, const struct shell_call *call)
{
	for (size_t i = 1; i < call->arguments->count; i++) {
		const char *word = shell_argument(call, i);

		if (streq(word, "--"))
			break;
		if (*word == '-' && strchr(word, 'e') && word[1] != '-')
			run->errexit = true;
		if (streq(word, "+e"))
			run->errexit = false;
	}
}

static void run_cd(struct shell_run *run, const struct shell_call *call)
{
	const struct shell_value *to = call->arguments->count == 2 ? &call->arguments->items[1] : NULL;

	if (to && shell_value_known(to) && *to->text.buf == '/') {
		strbuf_reset(&run->directory);
		strbuf_add_string(&run->directory, to->text.buf);
	} else if (to && shell_value_known(to) && run->directory.len > 0 && run->directory.len < 4096 &&
		   !starts_with(to->text.buf, "-") && !starts_with(to->text.buf, "..")) {
		strbuf_addf(&run->directory, "/%s", to->text.buf);
	} else {
		strbuf_reset(&run->directory);
	}
}

static void run_exit(struct shell_run *run, const struct shell_call *call)
{
	if (run->conditional)
		run->left = true;
	else if (!run->ended)
		run->ended = line_of(run, call);
}

/* export, local, declare, readonly: "name=value" and names. */
static void run_declare(struct shell_run *run, const struct shell_call *call)
{
	for (size_t i = 1; i < call->arguments->count; i++) {
		const struct shell_value *word = &call->arguments->items[i];
		size_t n = shell_name_length(word->text.buf, word->text.len);
		CLEANUP(free_ptr) char *name = xstrndup(word->text.buf, n);
		CLEANUP(shell_value_release) struct shell_value value = SHELL_VALUE_INIT;

		if (n == 0 || word->text.buf[n] != '=')
			continue;
		strbuf_add(&value.text, word->text.buf + n + 1, word->text.len - n - 1);
		strbuf_add(&value.marks, word->marks.buf + n + 1, word->marks.len - n - 1);
		shell_set(run, name, &value);
	}
}

static void run_read(struct shell_run *run, const struct shell_call *call)
{
	for (size_t i = 1; i < call->arguments->count; i++)
		if (shell_name_length(shell_argument(call, i), strlen(shell_argument(call, i))) > 0)
			shell_set_unknown(run, shell_argument(call, i));
}

static void run_unset(struct shell_run *run, const struct shell_call *call)
{
	for (size_t i = 1; i < call->arguments->count; i++)
		if (*shell_argument(call, i) != '-' && *shell_argument(call, i))
			shell_unset(run, shell_argument(call, i));
}

/* Positional parameters move: they are not followed. */
static void run_shift(struct shell_run *run, const struct shell_call *call)
{
	(void)call;
	run->arguments = NULL;
}

/* ---- the table ---- */

/* Commands without a function set nothing that a review is about; what they print is not known unless they are silent. */
/* clang-format off */
static const struct shell_command commands[] = {
	{ ".", run_source, true },
	{ ":", NULL, true },
	{ "[", NULL, true },
	{ "awk", NULL, false },
	{ "basename", run_name, false },
	{ "bash", run_sh, false },
	{ "blockdev", shell_run_blockdev, false },
	{ "break", NULL, true },
	{ "builtin", run_prefix, false },
	{ "busybox", run_prefix, false },
	{ "cat", run_cat, false },
	{ "cd", run_cd, true },
	{ "chgrp", NULL, true },
	{ "chmod", NULL, true },
	{ "chown", NULL, true },
	{ "chroot", run_prefix, false },
	{ "chrt", run_prefix, false },
	{ "command", run_prefix, false },
	{ "continue", NULL, true },
	{ "cp", shell_run_copy, true },
	{ "cpufreq-set", shell_run_cpupower, false },
	{ "cpupower", shell_run_cpupower, false },
	{ "crontab", shell_run_crontab, false },
	{ "cut", NULL, false },
	{ "dash", run_sh, false },
	{ "date", NULL, false },
	{ "declare", run_declare, true },
	{ "dirname", run_name, false },
	{ "doas", run_prefix, false },
	{ "dracut", NULL, false },
	{ "echo", run_echo, false },
	{ "egrep", NULL, false },
	{ "env", run_prefix, false },
	{ "ethtool", shell_run_ethtool, false },
	{ "eval", run_eval, false },
	{ "exec", run_prefix, false },
	{ "exit", run_exit, true },
	{ "export", run_declare, true },
	{ "false", NULL, true },
	{ "find", shell_run_unclear, false },
	{ "flock", run_prefix, false },
	{ "free", NULL, false },
	{ "grep", NULL, false },
	{ "grub-mkconfig", shell_run_update_grub, false },
	{ "grub2-mkconfig", shell_run_update_grub, false },
	{ "grubby", shell_run_grubby, false },
	{ "hdparm", shell_run_unclear, false },
	{ "head", NULL, false },
	{ "id", NULL, false },
	{ "ifconfig", shell_run_ifconfig, false },
	{ "insmod", shell_run_modprobe, true },
	{ "install", shell_run_copy, true },
	{ "ionice", run_prefix, false },
	{ "ip", shell_run_ip, false },
	{ "kernelstub", shell_run_unclear, false },
	{ "ksh", run_sh, false },
	{ "ln", shell_run_copy, true },
	{ "local", run_declare, true },
	{ "logger", NULL, true },
	{ "losetup", NULL, false },
	{ "ls", run_ls, false },
	{ "lsblk", NULL, false },
	{ "mkdir", NULL, true },
	{ "mktemp", run_mktemp, false },
	{ "modprobe", shell_run_modprobe, true },
	{ "mount", shell_run_mount, false },
	{ "mv", shell_run_copy, true },
	{ "nice", run_prefix, false },
	{ "nohup", run_prefix, false },
	{ "nproc", NULL, false },
	{ "nsenter", run_prefix, false },
	{ "nvme", shell_run_unclear, false },
	{ "printf", run_printf, false },
	{ "read", run_read, true },
	{ "readonly", run_declare, true },
	{ "return", run_exit, true },
	{ "rm", NULL, true },
	{ "rmmod", NULL, true },
	{ "rpm-ostree", shell_run_grubby, false },
	{ "sed", shell_run_sed, false },
	{ "seq", run_seq, false },
	{ "service", shell_run_service, false },
	{ "set", run_set, true },
	{ "setpci", shell_run_unclear, false },
	{ "setsid", run_prefix, false },
	{ "sh", run_sh, false },
	{ "shift", run_shift, true },
	{ "sleep", NULL, true },
	{ "source", run_source, true },
	{ "stat", NULL, false },
	{ "stdbuf", run_prefix, false },
	{ "su", run_su, false },
	{ "sudo", run_prefix, false },
	{ "swapoff", shell_run_swap, true },
	{ "swapon", shell_run_swap, true },
	{ "sync", NULL, true },
	{ "sysctl", shell_run_sysctl, false },
	{ "systemctl", shell_run_systemctl, false },
	{ "systemd-tmpfiles", shell_run_tmpfiles, true },
	{ "tail", NULL, false },
	{ "taskset", run_prefix, false },
	{ "tc", shell_run_tc, false },
	{ "tee", run_tee, false },
	{ "test", NULL, true },
	{ "time", run_prefix, false },
	{ "timeout", run_prefix, false },
	{ "touch", NULL, true },
	{ "tr", NULL, false },
	{ "true", NULL, true },
	{ "tuned-adm", shell_run_unclear, false },
	{ "typeset", run_declare, true },
	{ "udevadm", shell_run_udevadm, true },
	{ "ulimit", shell_run_ulimit, true },
	{ "umask", NULL, true },
	{ "uname", NULL, false },
	{ "unset", run_unset, true },
	{ "update-grub", shell_run_update_grub, false },
	{ "update-grub2", shell_run_update_grub, false },
	{ "wait", NULL, true },
	{ "wc", NULL, false },
	{ "which", NULL, false },
	{ "x86_energy_perf_policy", shell_run_unclear, false },
	{ "xargs", shell_run_unclear, false },
	{ "zsh", run_sh, false },
};
/* clang-format on */

const struct shell_command *shell_command_find(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(commands);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, commands[middle].name);

		if (order == 0)
			return &commands[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
