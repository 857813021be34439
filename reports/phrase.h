/* SPDX-License-Identifier: Apache-2.0 */
/* What every report for people says in the same words.  Input text in it is still raw. */
#ifndef KEISOKU_PHRASE_H
#define KEISOKU_PHRASE_H

#include "../core/finding.h"
#include "../core/strbuf.h"

/* "1,301"; "1 setting", "12 settings" */
void phrase_count(struct strbuf *out, size_t count);
void phrase_plural(struct strbuf *out, size_t count, const char *noun);

/* A setting of the host; NULL when it is not known or empty. */
const char *report_host_text(const struct report *report, const char *key);
bool report_is_audit(const struct report *report);
bool report_is_live(const struct report *report);		/* a window was measured */
bool report_is_review(const struct report *report);
bool report_is_of_manifests(const struct report *report);	/* an audit of objects of Kubernetes, which have no host */
void phrase_host(struct strbuf *out, const struct report *report);	/* its name, or what stands for it */
bool report_is_rightsizing(const struct report *report);	/* of containers of a cluster */
/* Findings in the list; findings->counts counts those that are not kept too. */
size_t report_count(const struct report *report, enum status status);
/* Recommended, and in the baseline already: it is named, and counts for nothing. */
bool finding_is_known(const struct finding *finding);
size_t report_known(const struct report *report);		/* of them */
/* What the rule says is the same for each of its subjects, and was said for the first. */
bool report_said_before(const struct report *report, const struct finding *finding);

/* Whole sentences: how long was measured, what was read, why nothing is recommended. */
void phrase_window(struct strbuf *out, const struct report *report);
void phrase_coverage(struct strbuf *out, const struct report *report);
void phrase_nothing(struct strbuf *out, const struct report *report);
const char *phrase_status(enum status status);			/* "recommended", "not measured" */
const char *phrase_status_in(const struct report *report, enum status status);	/* of an audit "found", "not known" */

/* How far a number reaches: "over 30 intervals in 30 s"; nothing for a setting. */
void phrase_basis(struct strbuf *out, const struct evidence *evidence, double share);
/* Whether two numbers reach equally far, so that it need be said only behind the last. */
bool evidence_same_basis(const struct evidence *a, const struct evidence *b);

/* Of all changes of a finding: their classes, and one kind of their commands (the offset of the member in struct change).
 * Undoing goes backwards.  Coupled keys restore each other with the same commands, which are there once. */
void phrase_classes(struct strbuf *out, const struct finding *finding);
void phrase_commands(struct strbuf *out, const struct finding *finding, size_t member, bool backwards);
/* The note on persistence of one change; NULL: none, or it says what the one before said. */
const char *change_note(const struct finding *finding, size_t index);

/* The pack or policy that the rule of a finding stands in: "memory" of packs/memory/oom-kill.yaml, "kubelet" of
 * policies/kubelet.yaml; "drift" of what no rule asks for, "review" of what somebody proposes. */
void phrase_pack(struct strbuf *out, const struct finding *finding);
/* "net.core.somaxconn 128 → 4,096; …", or the advice of a rule without a change. */
void phrase_changes(struct strbuf *out, const struct finding *finding);
/* "vm.swappiness: running 60, after boot 10, kernel default 60, wanted 10 (lost-at-boot)"; nothing for NULL. */
void phrase_values(struct strbuf *out, const struct finding_values *values);
void phrase_site(struct strbuf *out, const struct finding_site *site);	/* "/etc/sysctl.d/99-site.conf:3" */
/* "rate(netstat.TcpExt.ListenOverflows) = 12.4/s (/proc/net/netstat); …" */
void phrase_measured(struct strbuf *out, const struct finding *finding);
/* It asks for something that was not there before. */
bool finding_is_new(const struct finding *finding);
/* What an audit found, where because does not begin with it; NULL: nothing more.  A recommendation has its numbers in
 * because. */
const char *phrase_found(const struct finding *finding);
/* Why it has its status: the numbers where there is a problem, else the reason, the waiver, what to run. */
void phrase_why(struct strbuf *out, const struct finding *finding);

/* ---- of a review ---- */

/* "2 supported · 1 overridden": what there is, in the order of enum review_verdict; separator between them. */
void phrase_verdicts(struct strbuf *out, const struct report *report, const char *separator);
/* What whoever approves or refuses it wants to know first: "Not as it is: 2 of 9 settings do harm, fail or lose to another line
 * (lines 6, 7)"; nothing where nothing is proposed. */
void phrase_review_answer(struct strbuf *out, const struct report *report);
size_t report_verdicts(const struct report *report, enum review_verdict verdict);
void phrase_also(struct strbuf *out, const struct finding *finding);	/* "invalid, obsolete": what holds besides */
/* "block sda scheduler"; nothing when the line is not understood. */
void phrase_review_key(struct strbuf *out, const struct finding *finding);
/* Before and after: "60", "10", "–", "(taken away)". */
const char *review_from(const struct finding *finding);
const char *review_to(const struct finding *finding);
/* "10 now, 60 after boot", where that is not what is proposed; false: it is, or nothing is known. */
bool phrase_becomes(struct strbuf *out, const struct finding *finding);
/* How many findings behind that of the index say the same of other subjects of the same line. */
size_t report_same_below(const struct report *report, size_t index);
/* The verdict leaves the proposed value in force, so that the way back is worth telling. */
bool review_would_apply(const struct finding *finding);
/* Restrained: colour is for what somebody has to do something about, and for what is asked for. */
enum review_tone { TONE_GOOD, TONE_QUIET, TONE_SEVERITY };
enum review_tone review_tone(const struct finding *finding);

/* The address of a page of the kernel's documentation, or of a reference that is one; false: none is known. */
bool phrase_reference_url(struct strbuf *out, const char *reference);

/* Seconds since 1970 at the end of the live window; 0: there was none, and the report has no time. */
double report_time(const struct report *report);
void phrase_time(struct strbuf *out, double realtime);			/* "2027-01-31T10:20:30", UTC */

/* The cells of a row of the USE table by number. */
#define USE_CELLS 3
const struct use_cell *use_row_cell(const struct use_row *row, size_t index);
/* "no swap": nothing to measure, and one word for it. */
bool use_row_is_idle(const struct use_row *row);
/* What the value is.  Without a window everything is since boot, and the report says so once. */
void phrase_use_detail(struct strbuf *out, const struct use_cell *cell, bool live);

/* Diagnostics of this run, then of the capture, as one list. */
size_t report_notes(const struct report *report);		/* those past DIAG_MAX too */
const struct diag_entry *report_note(const struct report *report, size_t index);	/* NULL: no more */

#endif
