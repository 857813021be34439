/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>

#include "../core/parse.h"
#include "../core/quote.h"
#include "../core/strbuf.h"
#include "cli.h"

struct option_row {
	const char *name;
	char letter;
	const char *argument;	/* NULL: a switch */
	const char *help;
};

/* clang-format off */
static const struct option_row option_rows[] = {
	[OPTION_ABOUT]      = { "about", 0, "SUBJECT", "the subject of keys that name none: sda, \"block sda\", "
				"/system.slice/x.service" },
	[OPTION_AFTER]      = { "after", 0, "FILE", "judge this snapshot instead of measuring" },
	[OPTION_ALL]        = { "all", 'a', NULL, "leave nothing out: what is satisfied, does not apply or did not change" },
	[OPTION_CASES]      = { "cases", 0, "DIR", "cases of the rules, one ID.yaml each; default: tests/rules" },
	[OPTION_CGROUP]     = { "cgroup", 0, "PATH", "watch this control group (repeat); default: all" },
	[OPTION_CGROUP_MAX] = { "cgroup-max", 0, "N", "watch at most N control groups (1000)" },
	[OPTION_COLOUR]     = { "color", 0, "WHEN", "auto, always or never" },
	[OPTION_FAIL_ON]    = { "fail-on", 0, "SEVERITY", "exit 1 when something is recommended at or above low, medium, "
				"high or critical" },
	[OPTION_FILE]       = { "file", 'o', "FILE", "write to FILE; default: standard output" },
	[OPTION_FORBID]     = { "forbid", 0, "CLASS", "leave such changes out of the plan (repeat): one-way, reboot-to-undo, "
				"write-has-side-effect, new-objects-only, per-namespace, needs-module" },
	[OPTION_INTERVAL]   = { "interval", 'i', "TIME", "sample every TIME (1s)" },
	[OPTION_JOURNAL]    = { "journal", 0, "FILE", "read kernel messages from this journal file or directory" },
	[OPTION_NETNS]      = { "netns", 0, "PID|FILE", "measure in this network namespace" },
	[OPTION_NO_WINDOW]  = { "no-window", 0, NULL, "do not measure: use the counters since boot" },
	[OPTION_OUTPUT]     = { "output", 'O', "FORMAT[=FILE]", "text or json (diff: markdown too), to standard output or FILE (repeat)" },
	[OPTION_PID]        = { "pid", 'p', "PID", "describe this process and measure in its network namespace (repeat)" },
	[OPTION_PLAN]       = { "plan", 'P', "DIR", "write what is recommended as a plan with scripts into the new directory DIR" },
	[OPTION_QUIET]      = { "quiet", 'q', NULL, "no progress bar and no remarks" },
	[OPTION_REDACT]     = { "redact", 0, NULL, "replace names, addresses, serials and command lines" },
	[OPTION_ROOT]       = { "root", 'r', "DIR", "read an image, a captured tree or an unpacked sosreport" },
	[OPTION_RULE]       = { "rule", 0, "ID", "judge by this rule only" },
	[OPTION_RULES]      = { "rules", 0, "DIR|FILE", "read rules and registry entries from there too (repeat)" },
	[OPTION_SAVE]       = { "save", 's', "FILE", "save the snapshot" },
	[OPTION_SNAPSHOT]   = { "snapshot", 'S', "FILE", "judge a saved snapshot instead of this host" },
	[OPTION_SOURCES]    = { "sources", 0, "DIR", "the kernel's sources: do the files referred to exist?" },
	[OPTION_TREE]       = { "tree", 't', "DIR", "copy the files that probes read into the new directory DIR" },
	[OPTION_WAIVERS]    = { "waivers", 0, "FILE", "findings that are accepted (repeat)" },
	[OPTION_WIDTH]      = { "width", 0, "N", "columns of text; default: the terminal's, or 80" },
	[OPTION_WINDOW]     = { "window", 'w', "TIME", "measure for TIME" },
};
/* clang-format on */

int talk_error(enum exit_status status, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	quote_terminal(&safe, text.buf, text.len);
	fprintf(stderr, "keisoku: %s\n", safe.buf);
	return status;
}

void print_diag(FILE *out, const struct diag *diag)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < diag->count; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		strbuf_reset(&text);
		if (entry->place.file)
			quote_terminal(&text, entry->place.file, strlen(entry->place.file));
		if (entry->place.line)
			strbuf_addf(&text, ":%u", entry->place.line);
		if (entry->place.line && entry->place.column)
			strbuf_addf(&text, ":%u", entry->place.column);
		strbuf_addf(&text, "%s%s: ", text.len ? ": " : "keisoku: ",
			    entry->level == DIAG_ERROR ? "error" : "warning");
		quote_terminal(&text, entry->message, strlen(entry->message));
		fprintf(out, "%s\n", text.buf);
	}
	if (diag->dropped)
		fprintf(out, "keisoku: and %zu more messages\n", diag->dropped);
}

void talk_diag(const struct diag *diag)
{
	print_diag(stderr, diag);
}

static void list_add(struct text_list *list, const char *item)
{
	GROW(list->items, list->capacity, list->count + 1);
	list->items[list->count++] = item;
}

static int bad_value(const char *name, const char *value, const char *expected)
{
	return talk_error(EXIT_USAGE, "--%s: expected %s, found '%s'", name, expected, value);
}

static int set_time(const char *name, const char *value, uint64_t *ret_msec)
{
	if (parse_duration_msec(value, ret_msec) < 0 || *ret_msec > 7 * 86400 * 1000ULL)
		return bad_value(name, value, "a time of at most 7 days such as 500ms, 30s or 5m");
	return 0;
}

static int set_number(const char *name, const char *value, uint64_t low, uint64_t high, uint64_t *ret)
{
	if (parse_u64(value, ret) < 0 || *ret < low || *ret > high) {
		CLEANUP(free_ptr) char *expected = xasprintf("a whole number from %llu to %llu", (unsigned long long)low,
							     (unsigned long long)high);

		return bad_value(name, value, expected);
	}
	return 0;
}

static int set_colour(const char *value, enum colour_choice *ret)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(value, names[i])) {
			*ret = (enum colour_choice)i;
			return 0;
		}
	return bad_value("color", value, "auto, always or never");
}

static int set_forbidden(const char *value, unsigned int *classes)
{
	CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;
	unsigned int class;

	if (change_class_parse(value, &class) == 0) {
		*classes |= class;
		return 0;
	}
	for (unsigned int bit = 0; bit < CHANGE_CLASS_COUNT; bit++)
		strbuf_addf(&known, "%s%s", bit == 0 ? "" : bit + 1 < CHANGE_CLASS_COUNT ? ", " : " or ",
			    change_class_name(bit));
	return bad_value("forbid", value, known.buf);
}

static int set_option(struct arguments *arguments, enum option_id id, const char *value)
{
	const char *name = option_rows[id].name;
	uint64_t number = 0;
	int r = 0;

	switch (id) {
	case OPTION_ABOUT:
		arguments->about = value;
		break;
	case OPTION_AFTER:
		arguments->after = value;
		break;
	case OPTION_ALL:
		arguments->all = true;
		break;
	case OPTION_CASES:
		arguments->cases = value;
		break;
	case OPTION_CGROUP:
		list_add(&arguments->cgroups, value);
		break;
	case OPTION_CGROUP_MAX:
		r = set_number(name, value, 0, 100000, &number);
		arguments->cgroup_max = (uint32_t)number;
		break;
	case OPTION_COLOUR:
		return set_colour(value, &arguments->colour);
	case OPTION_FAIL_ON:
		arguments->has_fail_on = true;
		if (severity_parse(value, &arguments->fail_on) < 0)
			return bad_value(name, value, "low, medium, high or critical");
		break;
	case OPTION_FILE:
		arguments->output_file = value;
		break;
	case OPTION_FORBID:
		return set_forbidden(value, &arguments->forbidden);
	case OPTION_INTERVAL:
		arguments->interval_given = true;
		r = set_time(name, value, &arguments->interval_msec);
		if (r == 0 && (arguments->interval_msec < 100 || arguments->interval_msec > 60000))
			return bad_value(name, value, "a time from 100ms to 60s");
		break;
	case OPTION_JOURNAL:
		arguments->journal = value;
		break;
	case OPTION_NETNS:
		arguments->netns = value;
		break;
	case OPTION_NO_WINDOW:
		arguments->no_window = true;
		break;
	case OPTION_OUTPUT:
		list_add(&arguments->outputs, value);
		break;
	case OPTION_PID:
		r = set_number(name, value, 1, 4194304, &number);
		list_add(&arguments->pids, value);
		break;
	case OPTION_PLAN:
		arguments->plan = value;
		break;
	case OPTION_QUIET:
		arguments->quiet = true;
		break;
	case OPTION_REDACT:
		arguments->redact = true;
		break;
	case OPTION_ROOT:
		arguments->root = value;
		break;
	case OPTION_RULE:
		arguments->only_rule = value;
		break;
	case OPTION_RULES:
		list_add(&arguments->rules, value);
		break;
	case OPTION_SAVE:
		arguments->save = value;
		break;
	case OPTION_SNAPSHOT:
		arguments->snapshot = value;
		break;
	case OPTION_SOURCES:
		arguments->sources = value;
		break;
	case OPTION_TREE:
		arguments->tree = value;
		break;
	case OPTION_WAIVERS:
		list_add(&arguments->waivers, value);
		break;
	case OPTION_WIDTH:
		r = set_number(name, value, 40, 1000, &number);
		arguments->width = (unsigned int)number;
		break;
	case OPTION_WINDOW:
		arguments->window_given = true;
		r = set_time(name, value, &arguments->window_msec);
		break;
	case OPTION_END:
		break;
	}
	return r;
}

static bool accepts(const struct command *command, enum option_id id)
{
	for (const enum option_id *option = command->options; *option != OPTION_END; option++)
		if (*option == id)
			return true;
	return false;
}

/* "--name", "--name=value", "-x", "-xvalue".  The id, or -EINVAL. */
static int find_option(const struct command *command, const char *word, const char **ret_value)
{
	*ret_value = NULL;
	for (int id = 0; id < OPTION_END; id++) {
		const struct option_row *row = &option_rows[id];
		size_t length = strlen(row->name);

		if (!accepts(command, (enum option_id)id))
			continue;
		if (word[1] == '-' && strncmp(word + 2, row->name, length) == 0 &&
		    (word[2 + length] == '\0' || word[2 + length] == '=')) {
			if (word[2 + length] == '=')
				*ret_value = word + 3 + length;
			return id;
		}
		if (row->letter && word[1] == row->letter) {
			if (word[2] != '\0')
				*ret_value = word + 2;
			return id;
		}
	}
	return -EINVAL;
}

static int check_combination(const struct command *command, const struct arguments *arguments)
{
	size_t n = arguments->positional.count;

	if (n < command->min_positional || n > command->max_positional)
		return talk_error(EXIT_USAGE, "%s: expected: keisoku %s %s", command->name, command->name,
				  command->arguments);
	if (arguments->root && arguments->snapshot)
		return talk_error(EXIT_USAGE, "--root and --snapshot: give one of them");
	if ((arguments->root || arguments->snapshot) && arguments->window_given)
		return talk_error(EXIT_USAGE, "--window measures this host; it does not go with --root or --snapshot");
	if (arguments->forbidden && !arguments->plan)
		return talk_error(EXIT_USAGE, "--forbid leaves changes out of a plan: give --plan too");
	if (arguments->no_window && arguments->window_given)
		return talk_error(EXIT_USAGE, "--window and --no-window: give one of them");
	if (arguments->window_given && arguments->window_msec > 0 && arguments->window_msec < arguments->interval_msec)
		return talk_error(EXIT_USAGE, "--window is shorter than --interval");
	return 0;
}

int arguments_parse(const struct command *command, int argc, char **argv, struct arguments *ret)
{
	bool only_positional = false;

	*ret = (struct arguments){ .interval_msec = 1000, .window_msec = command->default_window_msec };
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i], *value;
		int id, r;

		if (only_positional || word[0] != '-' || word[1] == '\0') {
			list_add(&ret->positional, word);
			continue;
		}
		if (streq(word, "--")) {
			only_positional = true;
			continue;
		}
		id = find_option(command, word, &value);
		if (id < 0)
			return talk_error(EXIT_USAGE, "%s: unknown option '%s'; see keisoku %s --help", command->name, word,
					  command->name);
		if (option_rows[id].argument && !value) {
			if (++i >= argc)
				return talk_error(EXIT_USAGE, "--%s: expected %s after it", option_rows[id].name,
						  option_rows[id].argument);
			value = argv[i];
		} else if (!option_rows[id].argument && value) {
			return talk_error(EXIT_USAGE, "--%s takes no value", option_rows[id].name);
		}
		r = set_option(ret, (enum option_id)id, value);
		if (r != 0)
			return r;
	}
	return check_combination(command, ret);
}

void arguments_release(struct arguments *arguments)
{
	free(arguments->outputs.items);
	free(arguments->rules.items);
	free(arguments->waivers.items);
	free(arguments->cgroups.items);
	free(arguments->pids.items);
	free(arguments->positional.items);
	*arguments = (struct arguments){ 0 };
}

/* Help text in two columns, wrapped at 79. */
static void help_row(FILE *out, const char *left, const char *right)
{
	const size_t indent = 28, width = 79;
	size_t column = 2 + strlen(left);

	fprintf(out, "  %s", left);
	if (column >= indent) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", (int)(indent - column), "");
	column = indent;
	while (*right) {
		size_t n = strcspn(right, " ");

		if (column > indent && column + 1 + n > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(right, 1, n, out);
		column += n;
		right += n;
		right += strspn(right, " ");
	}
	fputc('\n', out);
}

void command_help(const struct command *command, FILE *out)
{
	fprintf(out, "Usage: keisoku %s %s\n\n%s\n\n", command->name, command->arguments, command->description);
	if (command->options[0] == OPTION_END)
		return;
	fputs("Options:\n", out);
	for (const enum option_id *id = command->options; *id != OPTION_END; id++) {
		const struct option_row *row = &option_rows[*id];
		CLEANUP(strbuf_release) struct strbuf left = STRBUF_INIT;

		if (row->letter)
			strbuf_addf(&left, "-%c, ", row->letter);
		else
			strbuf_add_repeated(&left, ' ', 4);
		strbuf_addf(&left, "--%s", row->name);
		if (row->argument)
			strbuf_addf(&left, " %s", row->argument);
		help_row(out, left.buf, row->help);
	}
	help_row(out, "-h, --help", "this text");
}
