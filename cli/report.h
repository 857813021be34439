/* SPDX-License-Identifier: Apache-2.0 */
/* What commands share that judge a host and write reports of it. */
#ifndef KEISOKU_CLI_REPORT_H
#define KEISOKU_CLI_REPORT_H

#include "../advisor/advisor.h"
#include "../reports/reporter.h"
#include "cli.h"

/* --output of one run over one input or several.  To one file several reports go only in a format that can hold them; a
 * "%" in FILE stands for the name of the input, and makes one file for each. */
struct report_outputs {
	const struct arguments *arguments;
	struct report_output *items;
	size_t count;
	size_t inputs;			/* that are to come: a report for each */
	size_t written;			/* inputs so far */
	struct text_list names;		/* of inputs, as they were used in file names; owned */
};

/* 0 or EXIT_USAGE after a message: before anything is measured, because a mistake must not cost half a minute. */
int report_outputs_begin(struct report_outputs *outputs, const struct arguments *arguments, size_t inputs);
/* Of how many findings its reporters draw charts. */
size_t report_outputs_courses(const struct report_outputs *outputs);
/* input: its path, for names of files; NULL: this host.  0 or an exit status after a message. */
int report_outputs_write(struct report_outputs *outputs, struct report *report, const char *input);
int report_outputs_end(struct report_outputs *outputs);
void report_outputs_release(struct report_outputs *outputs);

/* Fills counts of settings and metrics. */
void report_count_settings(const struct snapshot *snapshot, struct report *report);

/* Of --waivers.  0 or an exit status after a message; mistakes inside go to diag. */
int load_waivers(const struct arguments *arguments, struct arena *arena, struct waivers *waivers, struct diag *diag);

/* --plan of findings, by the rules of rulebook. */
int write_plan(const struct arguments *arguments, struct rulebook *rulebook, struct snapshot *snapshot,
	       const struct finding_list *findings);

/* A text report on a terminal has the diagnostics in it; once is enough for the person there. */
bool text_on_terminal(const struct arguments *arguments);

/* Whether something is asked for, at or above --fail-on, that was not there before. */
bool report_fails(const struct arguments *arguments, const struct finding_list *findings);

#endif
