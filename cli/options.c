/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>

#include "../core/parse.h"
#include "../core/quote.h"
#include "../core/strbuf.h"
#include "cli.h"

/* Where a value goes that is kept as it is; any other is taken by a function. */
enum option_keep { KEEP_CHECKED, KEEP_TEXT, KEEP_LIST, KEEP_FLAG };

struct option_row {
	const char *name;
	char letter;
	const char *argument;	/* NULL: a switch */
	const char *help;
	enum option_keep keep;
	size_t field;		/* of struct arguments */
	int (*take)(struct arguments *arguments, const char *value);	/* KEEP_CHECKED; an exit status */
};

#define TEXT(name) KEEP_TEXT, offsetof(struct arguments, name)
#define LIST(name) KEEP_LIST, offsetof(struct arguments, name)
#define FLAG(name) KEEP_FLAG, offsetof(struct arguments, name)
#define CHECKED(function) KEEP_CHECKED, 0, function

static int take_cgroup_max(struct arguments *arguments, const char *value);
static int take_colour(struct arguments *arguments, const char *value);
static int take_cpu_margin(struct arguments *arguments, const char *value);
static int take_cpu_percentile(struct arguments *arguments, const char *value);
static int take_fail_coverage_below(struct arguments *arguments, const char *value);
static int take_fail_on(struct arguments *arguments, const char *value);
static int take_forbid(struct arguments *arguments, const char *value);
static int take_history(struct arguments *arguments, const char *value);
static int take_interval(struct arguments *arguments, const char *value);
static int take_least_change(struct arguments *arguments, const char *value);
static int take_headroom(struct arguments *arguments, const char *value);
static int take_measure(struct arguments *arguments, const char *value);
static int take_memory_margin(struct arguments *arguments, const char *value);
static int take_memory_percentile(struct arguments *arguments, const char *value);
static int take_min_samples(struct arguments *arguments, const char *value);
static int take_min_window(struct arguments *arguments, const char *value);
static int take_pid(struct arguments *arguments, const char *value);
static int take_prices(struct arguments *arguments, const char *value);
static int take_retries(struct arguments *arguments, const char *value);
static int take_step(struct arguments *arguments, const char *value);
static int take_timeout(struct arguments *arguments, const char *value);
static int take_width(struct arguments *arguments, const char *value);
static int take_window(struct arguments *arguments, const char *value);

/* clang-format off */
static const struct option_row option_rows[] = {
	[OPTION_ABOUT]      = { "about", 0, "SUBJECT", "the subject of keys that name none: sda, \"block sda\", "
				"/system.slice/x.service", TEXT(about) },
	[OPTION_AFTER]      = { "after", 0, "FILE", "judge this snapshot instead of measuring", TEXT(after) },
	[OPTION_AGAINST]    = { "against", 0, "INPUT", "the host to judge it for: a snapshot, an image, a tree or a sosreport; default: "
				"this host", TEXT(against) },
	[OPTION_ALL]        = { "all", 'a', NULL, "leave nothing out: what is satisfied, does not apply or did not change", FLAG(all) },
	[OPTION_AS]         = { "as", 0, "FORM", "what a change is that its name and text do not tell: shell, sysctl.d, ansible …",
				TEXT(as) },
	[OPTION_BASELINE]   = { "baseline", 0, "SNAPSHOT", "fail only on what is new since this snapshot, tree or image", TEXT(baseline) },
	[OPTION_BEARER_TOKEN_FILE] = { "bearer-token-file", 0, "FILE", "ask Prometheus with the token in FILE",
				TEXT(rightsize.bearer_token_file) },
	[OPTION_CA] = { "ca", 0, "FILE", "certificates that Prometheus' own may be signed with", TEXT(rightsize.ca) },
	[OPTION_CASES]      = { "cases", 0, "DIR", "cases of the rules, one ID.yaml each; default: tests/rules", TEXT(cases) },
	[OPTION_CERT] = { "cert", 0, "FILE", "the certificate to show to Prometheus", TEXT(rightsize.cert) },
	[OPTION_CGROUP]     = { "cgroup", 0, "PATH", "watch this control group (repeat); default: all", LIST(cgroups) },
	[OPTION_CGROUP_MAX] = { "cgroup-max", 0, "N", "watch at most N control groups (1000)", CHECKED(take_cgroup_max) },
	[OPTION_COLOUR]     = { "color", 0, "WHEN", "auto, always or never", CHECKED(take_colour) },
	[OPTION_CONTEXT] = { "context", 0, "NAME", "read the objects of this context of your kubectl, which only gets",
				TEXT(rightsize.context) },
	[OPTION_CPU_LIMITS] = { "cpu-limits", 0, NULL, "propose limits of CPU too; default: only raise those that throttle",
				FLAG(rightsize.cpu_limits) },
	[OPTION_CPU_MARGIN] = { "cpu-margin", 0, "PERCENT", "add that to what CPU needs", CHECKED(take_cpu_margin) },
	[OPTION_CPU_PERCENTILE] = { "cpu-percentile", 0, "PERCENT", "a request of CPU is enough for that share of the time",
				CHECKED(take_cpu_percentile) },
	[OPTION_FAIL_COVERAGE_BELOW] = { "fail-coverage-below", 0, "PERCENT", "exit 1 when less than that share of what applies could "
				"be judged", CHECKED(take_fail_coverage_below) },
	[OPTION_FAIL_ON]    = { "fail-on", 0, "SEVERITY", "exit 1 when something is recommended at or above low, medium, "
				"high or critical", CHECKED(take_fail_on) },
	[OPTION_FILE]       = { "file", 'o', "FILE", "write to FILE; default: standard output", TEXT(output_file) },
	[OPTION_FORBID]     = { "forbid", 0, "CLASS", "leave such changes out of the plan (repeat): one-way, reboot-to-undo, "
				"write-has-side-effect, new-objects-only, per-namespace, needs-module", CHECKED(take_forbid) },
	[OPTION_HEADER] = { "header", 0, "TEXT", "send this header to Prometheus, such as \"X-Scope-OrgID: team\" (repeat)",
				LIST(rightsize.headers) },
	[OPTION_HEADROOM] = { "headroom", 0, "PERCENT", "of each node, left free when savings are packed", CHECKED(take_headroom) },
	[OPTION_HISTORY] = { "window", 'w', "TIME", "ask Prometheus for the usage of so long until now (14d)", CHECKED(take_history) },
	[OPTION_INSECURE] = { "insecure", 0, NULL, "take any certificate of Prometheus", FLAG(rightsize.insecure) },
	[OPTION_INTERVAL]   = { "interval", 'i', "TIME", "sample every TIME (1s)", CHECKED(take_interval) },
	[OPTION_JOURNAL]    = { "journal", 0, "FILE", "read kernel messages from this journal file or directory", TEXT(journal) },
	[OPTION_KEY] = { "key", 0, "FILE", "the key of --cert", TEXT(rightsize.key) },
	[OPTION_LABEL] = { "label", 0, "KEY", "whose a workload is: group by the value of this label too", TEXT(rightsize.label) },
	[OPTION_LEAST_CHANGE] = { "least-change", 0, "PERCENT", "leave out what changes by less than that", CHECKED(take_least_change) },
	[OPTION_MEASURE]    = { "measure", 'w', "TIME", "measure this host for TIME first", CHECKED(take_measure) },
	[OPTION_MEMORY_MARGIN] = { "memory-margin", 0, "PERCENT", "add that to what memory needs", CHECKED(take_memory_margin) },
	[OPTION_MEMORY_PERCENTILE] = { "memory-percentile", 0, "PERCENT", "a request of memory is enough for that share of the time",
				CHECKED(take_memory_percentile) },
	[OPTION_MIN_SAMPLES] = { "min-samples", 0, "N", "below that many samples it is not measured", CHECKED(take_min_samples) },
	[OPTION_MIN_WINDOW] = { "min-window", 0, "TIME", "below that much time it is not measured", CHECKED(take_min_window) },
	[OPTION_NAMESPACE] = { "namespace", 'n', "NAME", "only this namespace", TEXT(rightsize.namespace) },
	[OPTION_NETNS]      = { "netns", 0, "PID|FILE", "measure in this network namespace", TEXT(netns) },
	[OPTION_NODE] = { "node", 0, NULL, "the containers of this node, from its kubelet's control groups", FLAG(rightsize.node) },
	[OPTION_NO_WINDOW]  = { "no-window", 0, NULL, "do not measure: use the counters since boot", FLAG(no_window) },
	[OPTION_OLD]        = { "old", 0, "FILE", "what the first CHANGE replaces: only what differs is judged (repeat for the next)",
				LIST(old) },
	[OPTION_OUTPUT]     = { "output", 'O', "FORMAT[=FILE]", "text or json (diff: markdown too; advise, audit, review, rightsize: html, sarif, junit, "
				"markdown, csv, prometheus too), to standard output or FILE (repeat)",
				LIST(outputs) },
	[OPTION_PATCHES] = { "patches", 0, "DIR", "write what is recommended as patches, and their way back, into the new directory DIR",
				TEXT(rightsize.patches) },
	[OPTION_PID]        = { "pid", 'p', "PID", "describe this process and measure in its network namespace (repeat)", CHECKED(take_pid) },
	[OPTION_PLAN]       = { "plan", 'P', "DIR", "write what is recommended as a plan with scripts into the new directory DIR",
				TEXT(plan) },
	[OPTION_POLICY]     = { "policy", 0, "NAME|FILE", "judge by this policy too (repeat); see keisoku list policies", LIST(policies) },
	[OPTION_PRICES] = { "prices", 0, "FILE", "what CPU and memory cost; see keisoku-prices(5)", CHECKED(take_prices) },
	[OPTION_PROMETHEUS] = { "prometheus", 0, "URL", "ask this server for usage", TEXT(rightsize.prometheus) },
	[OPTION_QUIET]      = { "quiet", 'q', NULL, "no progress bar and no remarks", FLAG(quiet) },
	[OPTION_RECOMMENDER] = { "recommender", 0, "NAME", "percentile (the default) or vpa", TEXT(rightsize.recommender) },
	[OPTION_REDACT]     = { "redact", 0, NULL, "replace names, addresses, serials and command lines", FLAG(redact) },
	[OPTION_RETRIES] = { "retries", 0, "N", "ask Prometheus again so often when it fails (3)", CHECKED(take_retries) },
	[OPTION_ROOT]       = { "root", 'r', "INPUT", "read an image (a directory, a tar, an OCI or Docker archive), a captured tree or "
				"a sosreport", TEXT(root) },
	[OPTION_RULE]       = { "rule", 0, "ID", "judge by this rule only", TEXT(only_rule) },
	[OPTION_RULES]      = { "rules", 0, "DIR|FILE", "read rules and registry entries from there too (repeat)", LIST(rules) },
	[OPTION_SAVE]       = { "save", 's', "FILE", "save the snapshot", TEXT(save) },
	[OPTION_SELECTOR] = { "selector", 0, "MATCHERS", "only series with these labels: 'cluster=\"a\"'", TEXT(rightsize.selector) },
	[OPTION_SNAPSHOT]   = { "snapshot", 'S', "FILE", "judge a saved snapshot instead of this host", TEXT(snapshot) },
	[OPTION_SOURCES]    = { "sources", 0, "DIR", "the kernel's sources: do the files referred to exist?", TEXT(sources) },
	[OPTION_SERVER_PERCENTILES] = { "server-percentiles", 0, NULL, "have Prometheus compute percentiles instead of sending samples",
				FLAG(rightsize.server_percentiles) },
	[OPTION_STEP] = { "step", 0, "TIME", "ask Prometheus for a sample every TIME", CHECKED(take_step) },
	[OPTION_TIMEOUT] = { "timeout", 0, "TIME", "wait so long for an answer of Prometheus (60s) or kubectl (120s)", CHECKED(take_timeout) },
	[OPTION_TREE]       = { "tree", 't', "DIR", "copy the files that probes read into the new directory DIR", TEXT(tree) },
	[OPTION_USAGE] = { "usage", 'u', "FILE", "what containers used: answers of Prometheus, of metrics.k8s.io, kubectl top, CSV, a snapshot of a node (repeat)",
				LIST(rightsize.usages) },
	[OPTION_USER_FILE] = { "user-file", 0, "FILE", "ask Prometheus as the user and with the password in FILE, USER:PASSWORD",
				TEXT(rightsize.user_file) },
	[OPTION_WAIVERS]    = { "waivers", 0, "FILE", "findings that are accepted (repeat)", LIST(waivers) },
	[OPTION_WIDTH]      = { "width", 0, "N", "columns of text; default: the terminal's, or 80", CHECKED(take_width) },
	[OPTION_WINDOW]     = { "window", 'w', "TIME", "measure for TIME", CHECKED(take_window) },
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

/* ---- what is checked ---- */

static int take_cgroup_max(struct arguments *arguments, const char *value)
{
	uint64_t number = 0;
	int r = set_number("cgroup-max", value, 0, 100000, &number);

	arguments->cgroup_max = (uint32_t)number;
	return r;
}

static int take_colour(struct arguments *arguments, const char *value)
{
	return set_colour(value, &arguments->colour);
}

static int take_fail_coverage_below(struct arguments *arguments, const char *value)
{
	uint64_t number = 0;
	int r = set_number("fail-coverage-below", value, 0, 100, &number);

	arguments->fail_coverage_below = (unsigned int)number;
	return r;
}

static int take_fail_on(struct arguments *arguments, const char *value)
{
	arguments->has_fail_on = true;
	if (severity_parse(value, &arguments->fail_on) < 0)
		return bad_value("fail-on", value, "low, medium, high or critical");
	return 0;
}

static int take_forbid(struct arguments *arguments, const char *value)
{
	return set_forbidden(value, &arguments->forbidden);
}

static int take_interval(struct arguments *arguments, const char *value)
{
	int r = set_time("interval", value, &arguments->interval_msec);

	arguments->interval_given = true;
	if (r == 0 && (arguments->interval_msec < 100 || arguments->interval_msec > 60000))
		return bad_value("interval", value, "a time from 100ms to 60s");
	return r;
}

static int take_pid(struct arguments *arguments, const char *value)
{
	uint64_t number = 0;

	list_add(&arguments->pids, value);
	return set_number("pid", value, 1, 4194304, &number);
}

static int take_width(struct arguments *arguments, const char *value)
{
	uint64_t number = 0;
	int r = set_number("width", value, 40, 1000, &number);

	arguments->width = (unsigned int)number;
	return r;
}

static int take_window(struct arguments *arguments, const char *value)
{
	arguments->window_given = true;
	return set_time("window", value, &arguments->window_msec);
}

static int take_measure(struct arguments *arguments, const char *value)
{
	arguments->window_given = true;
	return set_time("measure", value, &arguments->window_msec);
}

/* A share from a number of percent, with or without its sign. */
static int set_percent(const char *name, const char *value, double low, double high, double *ret)
{
	size_t length = strlen(value);
	CLEANUP(free_ptr) char *number = xstrndup(value, length > 0 && value[length - 1] == '%' ? length - 1 : length);
	CLEANUP(free_ptr) char *expected = xasprintf("a number of percent from %g to %g", low, high);

	if (parse_real(number, ret) < 0 || *ret < low || *ret > high)
		return bad_value(name, value, expected);
	*ret /= 100;
	return 0;
}

static int take_cpu_percentile(struct arguments *arguments, const char *value)
{
	return set_percent("cpu-percentile", value, 1, 100, &arguments->rightsize.cpu_percentile);
}

static int take_cpu_margin(struct arguments *arguments, const char *value)
{
	return set_percent("cpu-margin", value, 0, 1000, &arguments->rightsize.cpu_margin);
}

static int take_memory_percentile(struct arguments *arguments, const char *value)
{
	return set_percent("memory-percentile", value, 1, 100, &arguments->rightsize.memory_percentile);
}

static int take_memory_margin(struct arguments *arguments, const char *value)
{
	return set_percent("memory-margin", value, 0, 1000, &arguments->rightsize.memory_margin);
}

static int take_least_change(struct arguments *arguments, const char *value)
{
	return set_percent("least-change", value, 0, 100, &arguments->rightsize.least_change);
}

static int take_headroom(struct arguments *arguments, const char *value)
{
	return set_percent("headroom", value, 0, 90, &arguments->rightsize.headroom);
}

static int set_time_between(const char *name, const char *value, uint64_t low_msec, uint64_t high_msec, const char *expected, uint64_t *ret_msec)
{
	if (parse_duration_msec(value, ret_msec) < 0 || *ret_msec < low_msec || *ret_msec > high_msec)
		return bad_value(name, value, expected);
	return 0;
}

static int take_history(struct arguments *arguments, const char *value)
{
	return set_time_between("window", value, 60000, 1100 * 86400000ULL, "a time from 1m to 1100d such as 14d", &arguments->rightsize.history_msec);
}

static int take_min_window(struct arguments *arguments, const char *value)
{
	return set_time_between("min-window", value, 0, 1100 * 86400000ULL, "a time of at most 1100d such as 7d", &arguments->rightsize.min_window_msec);
}

static int take_step(struct arguments *arguments, const char *value)
{
	return set_time_between("step", value, 1000, 86400000ULL, "a time from 1s to 1d such as 5m", &arguments->rightsize.step_msec);
}

static int take_timeout(struct arguments *arguments, const char *value)
{
	return set_time_between("timeout", value, 100, 3600000ULL, "a time from 100ms to 1h such as 60s", &arguments->rightsize.timeout_msec);
}

static int take_min_samples(struct arguments *arguments, const char *value)
{
	return set_number("min-samples", value, 1, 1000000000, &arguments->rightsize.min_samples);
}

/* Two could be in two currencies; one of them would be passed over. */
static int take_prices(struct arguments *arguments, const char *value)
{
	if (arguments->rightsize.prices)
		return bad_value("prices", value, "one file");
	arguments->rightsize.prices = value;
	return 0;
}

static int take_retries(struct arguments *arguments, const char *value)
{
	arguments->rightsize.has_retries = true;
	return set_number("retries", value, 0, 100, &arguments->rightsize.retries);
}

static int set_option(struct arguments *arguments, enum option_id id, const char *value)
{
	void *field = (char *)arguments + option_rows[id].field;

	switch (option_rows[id].keep) {
	case KEEP_TEXT:
		*(const char **)field = value;
		return 0;
	case KEEP_LIST:
		list_add(field, value);
		return 0;
	case KEEP_FLAG:
		*(bool *)field = true;
		return 0;
	case KEEP_CHECKED:
		break;
	}
	return option_rows[id].take(arguments, value);
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

static int unknown_option(const struct command *command, const char *word)
{
	CLEANUP(free_ptr) char *name = xstrndup(word[1] == '-' ? word + 2 : "", word[1] == '-' ? strcspn(word + 2, "=") : 0);
	unsigned int best = MISTYPED_MAX + 1;
	const char *near = NULL;

	for (int id = 0; *name && id < OPTION_END; id++) {
		unsigned int distance = accepts(command, (enum option_id)id) ? word_distance(name, option_rows[id].name, best - 1) : best;

		if (distance >= best)
			continue;
		best = distance;
		near = option_rows[id].name;
	}
	if (near)
		return talk_error(EXIT_USAGE, "%s: unknown option '%s'; did you mean '--%s'?", command->name, word, near);
	return talk_error(EXIT_USAGE, "%s: unknown option '%s'; see keisoku %s --help", command->name, word, command->name);
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
	ret->rightsize.cpu_percentile = ret->rightsize.cpu_margin = ret->rightsize.memory_percentile = NAN;
	ret->rightsize.memory_margin = ret->rightsize.least_change = ret->rightsize.headroom = NAN;
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
			return unknown_option(command, word);
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
	free(arguments->old.items);
	free(arguments->outputs.items);
	free(arguments->policies.items);
	free(arguments->rules.items);
	free(arguments->waivers.items);
	free(arguments->cgroups.items);
	free(arguments->pids.items);
	free(arguments->rightsize.usages.items);
	free(arguments->rightsize.headers.items);
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
