/* SPDX-License-Identifier: Apache-2.0 */
/* What a patch of a container says: the same for strategic merge patches and for commands of kubectl. */
#ifndef KEISOKU_RIGHTSIZE_PATCH_H
#define KEISOKU_RIGHTSIZE_PATCH_H

#include "../core/rightsizing.h"
#include "../core/strbuf.h"

/* How objects of a kind hold the specification of their pods. */
struct patch_kind {
	const char *kind, *api_version;
	const char *path;		/* of the pod's specification: "spec.template.spec" */
	const char *command;		/* what kubectl calls it; NULL: its resources cannot be changed while it is there */
};
/* NULL: none that a strategic merge patch is defined for; a list in a patch of such an object would replace the whole
 * list. */
const struct patch_kind *patch_kind_of(const struct workload *workload);

/* Why there is no patch for a row that asks for a change; NULL: there is one, or nothing is asked for. */
const char *row_without_patch(const struct rightsizing *rightsizing, const struct sizing_row *row);
bool row_has_patch(const struct rightsizing *rightsizing, const struct sizing_row *row);

/* A value that a patch writes. */
struct patch_value {
	bool written;
	bool removed;
	struct strbuf text;
};

/* Of requests [0] and limits [1], by resource. */
struct patch_values {
	struct patch_value of[2][2];
	bool clears[2];			/* nothing would be left below requests, limits: the whole mapping goes */
	bool clears_all;		/* nor below resources */
};
/* back: what puts the original there again, exactly as it stood. */
void patch_values_make(struct patch_values *values, const struct rightsizing *rightsizing, const struct sizing_row *row,
		       bool back);
void patch_values_release(struct patch_values *values);

/* "initContainers", "containers" */
const char *patch_list_of(const struct workload_container *container);

/* rightsize-commands.c: a script of kubectl's commands for an order of rows */
void patch_commands(struct strbuf *out, const struct rightsizing *rightsizing, const size_t *rows, size_t count, bool back);

#endif
