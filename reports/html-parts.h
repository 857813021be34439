/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of an HTML page.  Every text from outside goes through quote_html() here, and nowhere else into the page. */
#ifndef KEISOKU_HTML_PARTS_H
#define KEISOKU_HTML_PARTS_H

#include "../core/finding.h"
#include "../core/strbuf.h"

extern const char html_style_css[];	/* html.css */

/* A page stays one that a browser opens at once, whatever was found. */
#define HTML_CARDS_MAX 100U		/* recommendations, and suspicions, told in full */
#define HTML_ROWS_MAX 1000U		/* of a table or list */
#define HTML_CHARTS_MAX 6U		/* of one finding */
#define HTML_TEXT_MAX 4000U		/* bytes of one text; commands are never cut */

/* Prose or a name: white space is one blank, a number stays with its unit, what is too long is cut and says so. */
void html_text(struct strbuf *out, const char *text);
void html_textf(struct strbuf *out, const char *format, ...) FORMAT_PRINTF(2, 3);
/* A key, an expression, a path: where it is too long for its place it breaks behind a dot or a slash. */
void html_code(struct strbuf *out, const char *class, const char *text);
/* <TAG class="CLASS">text</TAG>; nothing when text is NULL or empty; class may be NULL. */
void html_element(struct strbuf *out, const char *tag, const char *class, const char *text);
/* Lines to be copied, as they are. */
void html_commands(struct strbuf *out, const char *commands);

/* <dt> and <dd> of a list of facts; nothing when there is no text. */
void html_fact(struct strbuf *out, const char *label, const char *text);
void html_fact_commands(struct strbuf *out, const char *label, const char *commands);
/* "and 12 more; JSON has all" as an element; nothing for 0. */
void html_more(struct strbuf *out, const char *tag, size_t more);

/* An item of a list of notes. */
void html_note(struct strbuf *out, const struct diag_entry *entry);

/* html-chart.c: steps, one for each interval; held marks those in which it is 1 and may be NULL; top: what the height
 * stands for, NAN: the most.  name is the title that is read out. */
void html_course(struct strbuf *out, const struct report *report, const char *name, const struct course *course,
		 const struct course *held, double top);
void html_bar(struct strbuf *out, double ratio, bool alarming);

/* html-use.c */
void html_use(struct strbuf *out, const struct report *report);
/* "Listen queues (utilisation, errors), Memory (saturation)"; nothing when no cell is past its threshold. */
void html_use_alarms(struct strbuf *out, const struct report *report);
/* Cells of the table that are not known, of those that hold something. */
size_t html_use_unknown(const struct report *report, size_t *ret_cells);

/* html-finding.c */
void html_recommendation(struct strbuf *out, const struct report *report, const struct finding *finding, size_t number);
void html_suspect(struct strbuf *out, const struct report *report, const struct finding *finding);
void html_elsewhere(struct strbuf *out, const struct report *report, const struct finding *finding);
void html_waived(struct strbuf *out, const struct report *report, const struct finding *finding);
/* Parts of them: <dt> and <dd> of what was measured, and of where it is documented; a file and its line. */
void html_evidence(struct strbuf *out, const struct report *report, const struct finding *finding);
void html_references(struct strbuf *out, const struct finding *finding);
void html_site(struct strbuf *out, const struct finding_site *site);
/* What an audit found. */
void html_found(struct strbuf *out, const struct report *report, const struct finding *finding, size_t number);
/* A row for each recommendation that is new, up to HTML_ROWS_MAX. */
void html_index(struct strbuf *out, const struct report *report);
/* A line for each that is in the baseline already. */
void html_known(struct strbuf *out, const struct report *report);

/* html-review.c: all that was proposed, in its order. */
void html_review(struct strbuf *out, const struct report *report);

#endif
