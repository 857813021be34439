/* SPDX-License-Identifier: Apache-2.0 */
/* A script, followed from its first command to its last as far as that can be done without running anything: what its
 * variables hold, what its commands print, which files they write. */
#ifndef KEISOKU_SHELL_RUN_H
#define KEISOKU_SHELL_RUN_H

#include <regex.h>

#include "reader.h"
#include "shell-parse.h"
#include "shell-value.h"

#define SHELL_STEPS_MAX 500000		/* commands that are followed, each as often as a loop or call repeats it */
#define SHELL_CALLS_MAX 20		/* functions and texts in each other */
#define SHELL_AGAIN_MAX 3		/* calls of a function within itself */
#define SHELL_FOLLOW_MAX 400		/* commands in each other */
#define SHELL_FILES_MAX 300		/* files that are read as others read them: each costs a directory */

struct shell_variable {
	bool set;
	struct shell_value value;
	struct shell_values elements;	/* of an array */
};

struct shell_change {			/* of a variable, to be taken back */
	uint32_t symbol;
	struct shell_variable before;
};

struct shell_function {
	const char *name;
	const struct shell_node *body;
	bool called;
	bool told;			/* that it is not followed any deeper */
	unsigned int active;		/* calls that are being followed */
};

/* What was written to a file, so that a command that reads it later is understood. */
struct shell_file {
	char *path;
	size_t first, end;		/* items of the proposal that it made */
	struct shell_stream text;	/* of a script */
	bool script, ran;
	unsigned int line;
};

/* Lines that sed takes out of a file, so that what is appended then stands there once. */
struct shell_deletion {
	char *file;
	regex_t first;			/* of the lines, or of the one that a range begins with */
	bool range;
	bool all;			/* the file was written anew, or removed */
	bool met;			/* such a line was appended afterwards */
	struct proposed said;		/* what is said of it when none is; path NULL: nothing */
};

#define SHELL_DELETIONS_MAX 64

struct shell_run {
	struct reading *reading;
	const struct proposed_text *given;
	enum shell_dialect dialect;

	struct symbols names;
	struct shell_variable *variables;	/* by symbol */
	size_t n_variables;
	struct shell_change *changes;
	size_t n_changes, changes_capacity;
	unsigned int branches;			/* changes are remembered while there are any */

	struct shell_function *functions;
	size_t n_functions, functions_capacity;
	const struct shell_values *arguments;	/* of the function or script; NULL: not known */

	struct shell_file **files;	/* each stays where it is: a script that is followed may write more of them */
	size_t n_files, files_capacity, files_read;

	struct shell_deletion *deletions;	/* of SHELL_DELETIONS_MAX */
	size_t n_deletions;

	struct shell_stream *out;		/* NULL: what is printed goes nowhere that matters */
	const struct shell_stream *in;		/* NULL: not known */
	struct strbuf directory;		/* after cd; "": not known */

	struct strbuf condition;
	bool conditional;			/* in a branch that may not be taken */
	bool left;				/* exit under a condition */
	bool optional;
	unsigned int ended;			/* line of the exit before; 0: none */
	bool failed;				/* it ended because a command fails under set -e */
	bool errexit;
	bool uncalled;				/* in a function, or a script, that nothing calls */
	const char *function;			/* whose body this is; NULL: none */
	bool grub;				/* update-grub was run */
	bool sourced;				/* another file may have set any variable */
	bool carriage;				/* lines end with CR LF */

	size_t steps;
	unsigned int calls, depth;
	bool exhausted;
};

/* A command that is carried out. */
struct shell_call {
	const struct shell_node *node;
	const struct shell_values *arguments;	/* the name first */
	bool quiet;				/* its errors go to /dev/null */
};

static inline const char *shell_argument(const struct shell_call *call, size_t index)
{
	return index < call->arguments->count ? call->arguments->items[index].text.buf : "";
}

/* ---- shell-expand.c ---- */

/* One text, without splitting: an assignment, a file. */
void shell_expand_text(struct shell_run *run, const struct shell_part *parts, struct shell_value *value);
/* Braces, splitting; patterns stay patterns. */
void shell_expand_word(struct shell_run *run, const struct shell_word *word, struct shell_values *values);
/* The words of a command: a pattern stands for each file that it matches. */
void shell_expand_words(struct shell_run *run, const struct shell_word *words, struct shell_values *values);
void shell_expand_document(struct shell_run *run, const struct shell_redirection *redirection, struct shell_stream *stream);

void shell_set(struct shell_run *run, const char *name, const struct shell_value *value);
void shell_set_unknown(struct shell_run *run, const char *name);
void shell_unset(struct shell_run *run, const char *name);
const struct shell_variable *shell_get(struct shell_run *run, const char *name, size_t length);	/* NULL: never set */
/* Variables that change from now on are known only to this branch … */
size_t shell_branch(struct shell_run *run);
/* … and are as they were after it (a subshell), or not known (a branch that may have been taken). */
void shell_join(struct shell_run *run, size_t mark, bool subshell);
void shell_variables_release(struct shell_run *run);

/* ---- shell-follow.c ---- */

void shell_follow(struct shell_run *run, const struct shell_node *node);
/* A text that is read as a script; its lines stand at line, line + 1 … (step 1), or all at line.  own: in a shell of its own. */
void shell_follow_text(struct shell_run *run, const char *text, size_t length, const struct proposed_text *given, bool own);
/* A command whose words are known. */
void shell_call(struct shell_run *run, const struct shell_call *call);
/* Adds "if …" to the condition; what is returned goes to shell_uncondition(). */
size_t shell_condition(struct shell_run *run, const char *before, const char *text, size_t length);
void shell_uncondition(struct shell_run *run, size_t mark);

/* ---- shell-write.c ---- */

unsigned int shell_line(const struct shell_run *run, unsigned int line);	/* of what was given */
/* Everything that an item has in common with others that this command makes. */
struct proposed shell_item(const struct shell_run *run, const struct shell_node *node, const char *via, struct strbuf *text);
void shell_add(struct shell_run *run, const struct shell_node *node, struct proposed *item);
/* This command fails: with set -e the script ends here. */
void shell_fails(struct shell_run *run, const struct shell_node *node);
void shell_unclear(struct shell_run *run, const struct shell_node *node, const char *via, const char *format, ...)
	FORMAT_PRINTF(4, 5);
/* A setting of a device or unit; value and subject may be unknown. */
void shell_add_setting(struct shell_run *run, const struct shell_node *node, const char *via, enum subject_kind kind,
		       const struct shell_value *subject, const char *key, const struct shell_value *value);
/* What a stream is written to. */
struct shell_target {
	const struct shell_node *node;
	const struct shell_value *path;
	bool append;
	bool redirection;		/* of the shell; otherwise tee and the like */
	bool elevated;			/* the command runs as root, the shell does not: sudo echo … > file */
	const char *via;
};
void shell_write(struct shell_run *run, const struct shell_target *target, const struct shell_stream *content);
/* A file that is known: its new text (or lines added) as if it were written. */
void shell_write_file(struct shell_run *run, const struct shell_node *node, const char *path, const struct shell_stream *content,
		      enum text_use use, const char *via);
/* The files below a directory or of this name take effect now. */
size_t shell_apply(struct shell_run *run, const char *const *patterns, size_t count);
/* Whether a word names a file whose change would be a setting: below /proc/sys or /sys, or a file of configuration. */
bool shell_is_setting(const char *path);
void shell_run_file(struct shell_run *run, const struct shell_node *node, const char *path, unsigned int when);

/* ---- shell-edit.c ---- */

/* Whether sed took such a line, or the range that begins in whole, out of the file before. */
bool shell_deleted(struct shell_run *run, const char *path, const char *line, const char *whole);
/* From now on nothing stands in the file that this script has not put there. */
void shell_emptied(struct shell_run *run, const char *path);
/* Says of the lines that were taken out for good that nobody knows what they were. */
void shell_deletions_tell(struct shell_run *run);
void shell_deletions_release(struct shell_run *run);

/* ---- shell-command.c ---- */

struct shell_command {
	const char *name;
	void (*run)(struct shell_run *run, const struct shell_call *call);
	bool silent;			/* it prints nothing */
};

const struct shell_command *shell_command_find(const char *name);
void shell_print(struct shell_run *run, const struct shell_value *value, unsigned int line);
void shell_print_unknown(struct shell_run *run, const char *why);

#endif
