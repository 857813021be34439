/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share: their options, how they talk, how they write files. */
#ifndef KEISOKU_CLI_H
#define KEISOKU_CLI_H

#include <stdio.h>
#include <sys/types.h>

#include "../core/plan.h"
#include "../core/root.h"
#include "../core/snapshot.h"
#include "../reports/layout.h"

#define MISTYPED_MAX 2U		/* letters that a name may be away from the one that was meant */

enum exit_status { EXIT_OK = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_INPUT = 3 };

struct text_list {
	const char **items;		/* lent from argv */
	size_t count, capacity;
};

enum colour_choice { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* Of `keisoku rightsize`: where usage comes from, and what is asked of the recommender.  What was not given is NULL, NAN or 0. */
struct rightsize_arguments {
	const char *prometheus, *context, *selector, *namespace, *bearer_token_file, *user_file, *ca, *cert, *key;
	const char *recommender, *prices, *label, *patches;
	struct text_list usages, headers;
	uint64_t history_msec, step_msec, timeout_msec, min_window_msec, min_samples, retries;
	double cpu_percentile, cpu_margin, memory_percentile, memory_margin, least_change, headroom;	/* shares */
	bool has_retries, cpu_limits, insecure, node, server_percentiles;
};

struct arguments {
	uint64_t window_msec, interval_msec;
	bool window_given, interval_given, no_window, all, quiet, redact, has_fail_on;
	const char *plan, *about, *after, *against, *as;
	unsigned int forbidden;		/* enum change_class */
	const char *root, *snapshot, *baseline, *save, *tree, *output_file, *netns, *journal, *only_rule, *cases, *sources;
	struct text_list old, outputs, policies, rules, waivers, cgroups, pids;
	uint32_t cgroup_max;
	unsigned int width;		/* 0: from the terminal */
	enum colour_choice colour;
	enum severity fail_on;
	unsigned int fail_coverage_below;	/* percent; 0: never */
	struct rightsize_arguments rightsize;
	struct text_list positional;
};

enum option_id {
	OPTION_ABOUT, OPTION_AFTER, OPTION_AGAINST, OPTION_ALL, OPTION_AS, OPTION_BASELINE, OPTION_BEARER_TOKEN_FILE, OPTION_CA, OPTION_CASES, OPTION_CERT,
	OPTION_CGROUP, OPTION_CGROUP_MAX, OPTION_COLOUR, OPTION_CONTEXT, OPTION_CPU_LIMITS, OPTION_CPU_MARGIN, OPTION_CPU_PERCENTILE,
	OPTION_FAIL_COVERAGE_BELOW, OPTION_FAIL_ON, OPTION_FILE, OPTION_FORBID, OPTION_HEADER, OPTION_HEADROOM, OPTION_HISTORY, OPTION_INSECURE, OPTION_INTERVAL,
	OPTION_JOURNAL, OPTION_KEY, OPTION_LABEL, OPTION_LEAST_CHANGE, OPTION_MEASURE, OPTION_MEMORY_MARGIN, OPTION_MEMORY_PERCENTILE,
	OPTION_MIN_SAMPLES, OPTION_MIN_WINDOW, OPTION_NAMESPACE, OPTION_NETNS, OPTION_NODE, OPTION_NO_WINDOW, OPTION_OLD, OPTION_OUTPUT,
	OPTION_PATCHES, OPTION_PID, OPTION_PLAN, OPTION_POLICY, OPTION_PRICES, OPTION_PROMETHEUS, OPTION_QUIET, OPTION_RECOMMENDER, OPTION_REDACT,
	OPTION_RETRIES, OPTION_ROOT, OPTION_RULE, OPTION_RULES, OPTION_SAVE, OPTION_SELECTOR, OPTION_SERVER_PERCENTILES, OPTION_SNAPSHOT, OPTION_SOURCES, OPTION_STEP,
	OPTION_TIMEOUT, OPTION_TREE, OPTION_USAGE, OPTION_USER_FILE, OPTION_WAIVERS, OPTION_WIDTH, OPTION_WINDOW, OPTION_END,
};

struct command {
	const char *name;
	const char *arguments;		/* "[OPTION]… KEY" */
	const char *summary;
	const char *description;	/* a paragraph for --help; may hold several lines */
	const enum option_id *options;	/* ends with OPTION_END */
	size_t min_positional, max_positional;
	uint64_t default_window_msec;
	int (*run)(const struct arguments *arguments);	/* an exit status */
};

extern const struct command command_advise, command_audit, command_capture, command_diff, command_explain, command_list, command_plan,
	command_probes, command_review, command_rightsize, command_rules, command_verify, command_why;

/* 0, or EXIT_USAGE after a message on stderr. */
int arguments_parse(const struct command *command, int argc, char **argv, struct arguments *ret);
void arguments_release(struct arguments *arguments);
void command_help(const struct command *command, FILE *out);

/* stderr: "keisoku: …". talk_error() returns status, so that a command can  return talk_error(…); */
int talk_error(enum exit_status status, const char *format, ...) FORMAT_PRINTF(2, 3);
void talk_diag(const struct diag *diag);
/* The same messages as a report. */
void print_diag(FILE *out, const struct diag *diag);

/* Settings and metrics into a new snapshot, as the arguments say: of this host, another root, or a saved file.
 * 0 or an exit status after a message. */
int measure(const struct arguments *arguments, const struct registry *registry, struct snapshot **ret_snapshot);

/* The same of one input named on the command line, whatever it is: see input_open(). */
int open_snapshot(const struct arguments *arguments, const struct registry *registry, const char *path,
		  struct snapshot **ret_snapshot);

struct cluster;

/* The same, and objects of Kubernetes go to cluster, which is still to be joined: *ret_snapshot is then NULL. */
int open_snapshot_or_cluster(const struct arguments *arguments, const struct registry *registry, const char *path, struct cluster *cluster,
			     struct snapshot **ret_snapshot);

/* What a file, a directory or "-" (standard input) holds, told by its bytes: a root to read (a tree, an image, an archive of
 * one, a sosreport), or the text of a snapshot.  Of the two the other is NULL or empty.  notes: what was left out.  0 or an
 * exit status after a message. */
struct input {
	struct root *root;
	struct strbuf snapshot;
	struct cluster *cluster;	/* lent: where objects of Kubernetes go; NULL: they are refused */
	bool is_cluster;		/* they went there, and it is neither of the two; what is wrong with them is in its diag */
};
int input_open(const char *path, struct diag *notes, struct input *ret_input);
int input_open_any(const char *path, struct cluster *cluster, struct diag *notes, struct input *ret_input);
/* Whether a file or directory holds such objects, by a look at how it begins; never of standard input. */
bool input_is_cluster(const char *path);
void input_release(struct input *input);

/* Copies what probes and samplers read from root into a new directory.  0 or an exit status. */
int tree_copy(const struct root *root, const char *directory);

/* --plan DIR: a new directory, or an empty one, that is there whole or not at all.  0 or an exit status after a message. */
int plan_directory_check(const char *path);
int plan_directory_write(const char *path, const struct plan *plan);
/* stderr: what is in it, what was left out and why. */
void plan_talk(const struct plan *plan, const char *path);

/* --patches DIR: the same of the patches of a rightsizing. */
struct rightsizing;
int patches_directory_check(const char *path);
int patches_directory_write(const char *path, const struct rightsizing *rightsizing);

/* A file that is there whole or not at all: written beside its place and renamed.  "-" and NULL: stdout. */
struct output_file {
	FILE *stream;
	char *temporary, *path;
};
int output_open(struct output_file *file, const char *path);	/* negative errno */
int output_close(struct output_file *file);			/* negative errno; renames */
void output_abandon(struct output_file *file);

/* 0 or an exit status after a message. */
int save_snapshot(const char *path, const struct snapshot *snapshot);

/* --output of a command with reports of its own: formats ends with NULL, its first one is "text".  Both: 0 or an exit
 * status after a message.  write is called once for each file, with a page that looks as the file wants it. */
typedef void output_writer(void *context, const char *format, FILE *out, struct page *page);
int outputs_check(const struct arguments *arguments, const char *const *formats);
int outputs_write(const struct arguments *arguments, output_writer *write, void *context);

/* Whole file into text; "-" is stdin.  Negative errno; -EFBIG: it has more than limit bytes. */
int input_read(const char *path, size_t limit, struct strbuf *text);

/* How text looks on stdout. */
void terminal_look(const struct arguments *arguments, bool to_terminal, struct report *report);

#endif
