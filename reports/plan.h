/* SPDX-License-Identifier: Apache-2.0 */
/* What `--plan DIR` writes: a plan for programs, as scripts, and in the forms that other programs read.  Each artefact is
 * one file below DIR; a writer decides nothing about the plan and quotes everything for its own format. */
#ifndef KEISOKU_REPORTS_PLAN_H
#define KEISOKU_REPORTS_PLAN_H

#include <stdio.h>

#include "../core/plan.h"

struct strbuf;

struct plan_artefact {
	const char *path;		/* below DIR: "apply.sh", "ansible/apply.yml" */
	const char *summary;
	bool executable;
	bool (*wanted)(const struct plan *plan);		/* NULL: always */
	int (*write)(FILE *out, const struct plan *plan);	/* 0, or a negative errno */
	/* Several files, whose names depend on the plan: path is then their folder.  Adds the path of file index below
	 * DIR; false, and nothing added, when there are no more. */
	bool (*name)(const struct plan *plan, size_t index, struct strbuf *out);
	int (*write_one)(FILE *out, const struct plan *plan, size_t index);
};

extern const struct plan_artefact *const plan_artefacts[];	/* NULL-terminated */

/* The files of an artefact, from index 0 on: replaces path with the one below DIR.  False: there are no more. */
bool plan_artefact_file(const struct plan_artefact *artefact, const struct plan *plan, size_t index, struct strbuf *path);
int plan_artefact_write(const struct plan_artefact *artefact, FILE *out, const struct plan *plan, size_t index);

#define PLAN_SNAPSHOT "snapshot.json"	/* beside them: what the plan was made from, for `keisoku verify` */

/* "vm.dirty_bytes: 0 → 536,870,912" in words for people: from and to as they are shown, ASCII. */
void plan_describe(const struct action *action, struct strbuf *out);

/* ---- what several writers share: reports/plan-files.c ---- */

/* The whole files of all actions, those of ours of one directory in one: what many drop-ins say, one can. */
struct merged_file {
	char *directory;		/* on the host: "/etc/sysctl.d" */
	char *path;			/* "/etc/sysctl.d/90-keisoku.conf" */
	char *content;
	char sha256[65];		/* of content */
	bool whole;			/* the one file of that name, which is not ours, and nothing of other files */
	const char *reload;		/* a command, or NULL */
};

struct merged_files {
	struct merged_file *items;
	size_t count, capacity;
};

#define MERGED_FILES_INIT { 0 }

void merged_files_fill(struct merged_files *files, const struct plan *plan);
void merged_files_release(struct merged_files *files);
/* The one that holds the lines of this file of an action. */
const struct merged_file *merged_files_find(const struct merged_files *files, const struct plan_file *file);

/* "# text", wrapped; nothing in it can end the comment. */
void plan_add_comment(struct strbuf *out, const char *text);

/* A YAML scalar in double quotes, of ASCII characters only, that every parser reads as the same text.  text is UTF-8. */
void yaml_quote(struct strbuf *out, const char *text);

#endif
