/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of `keisoku rightsize`: one function per format over the finished result. */
#ifndef KEISOKU_REPORT_RIGHTSIZING_H
#define KEISOKU_REPORT_RIGHTSIZING_H

#include "../core/rightsizing.h"
#include "layout.h"

struct rightsizing_reporter {
	const char *name;		/* "text", "csv", "html", "markdown", "json", "sarif" */
	void (*write)(FILE *out, const struct rightsizing *rightsizing, struct page *page);
};
extern const struct rightsizing_reporter *const rightsizing_reporters[];	/* ends with NULL */

/* Files of --patches DIR: strategic-merge patches in the layout of the input files with a kustomization, rollback/ with those that put the
 * originals back, and set-resources.sh and its rollback with `kubectl set resources` lines. */
struct patch_file {
	const char *path;		/* relative, clean */
	const char *text;
	size_t length;
	bool executable;
};
size_t rightsizing_patches(const struct rightsizing *rightsizing, struct arena *arena, struct patch_file **ret_files);

#endif
