/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the page of a rightsizing. */
#ifndef KEISOKU_RIGHTSIZE_HTML_H
#define KEISOKU_RIGHTSIZE_HTML_H

#include "../core/rightsizing.h"
#include "../core/strbuf.h"

extern const char rightsize_style_css[];	/* rightsize.css */
extern const char rightsize_script_js[];	/* rightsize.js */

/* rightsize-chart.c: what was used over time and how it is distributed, side by side on one scale with the request and
 * the limit, and below them the numbers as text; nothing when nothing was measured. */
void rightsize_chart(struct strbuf *out, const struct usage_series *series, enum resource resource,
		     const struct sizing *sizing);

#endif
