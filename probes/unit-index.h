/* SPDX-License-Identifier: Apache-2.0 */
/* The unit files below a root, as systemd finds them: fragment, drop-ins, aliases, templates.  systemd.unit(5). */
#ifndef KEISOKU_UNIT_INDEX_H
#define KEISOKU_UNIT_INDEX_H

#include "config-file.h"
#include "probe.h"
#include "unit-property.h"

#define UNITS_MAX 4096
#define UNIT_FILES_MAX 10000	/* read for all units together: one of them may be a drop-in of every unit */
#define UNIT_BYTES_MAX (64U << 20)
#define UNIT_DIRECTORIES 13

struct unit_alias {
	char *name, *target;
};

/* The unit directories, each listed once.  /run of a system that has not booted is empty. */
struct unit_index {
	const struct root *root;
	bool run_is_lost, lib_is_link;
	struct root_list lists[UNIT_DIRECTORIES];
	bool listed[UNIT_DIRECTORIES];
	struct unit_alias *aliases;
	size_t n_aliases, aliases_capacity;
	struct symbols alias_names;
	struct symbols names;		/* units to describe */
	size_t files;			/* found so far, by unit_index_find() */
	bool truncated;
};

/* The files that make up a unit, in the order in which they are read. */
struct unit_sources {
	struct unit_paths files;
	bool has_fragment;		/* the first one is the unit's own, the others are drop-ins */
	bool masked;
};

void unit_index_init(struct unit_index *index, const struct root *root);
void unit_index_release(struct unit_index *index);

/* Adds to index->names every unit that has a file or a drop-in, with templates or without, and every one that has a
 * control group in the snapshot. */
void unit_index_add_files(struct unit_index *index, bool templates);
void unit_index_add_cgroups(struct unit_index *index, const struct snapshot *snapshot);

/* Known after unit_index_add_files(). */
bool unit_index_is_alias(const struct unit_index *index, const char *name);

/* sources is empty before; unit_paths_release() its files afterwards. */
void unit_index_find(struct unit_index *index, const char *name, struct unit_sources *sources);

/* Every file that could be the unit's own, the one that counts first after those that are lost; and every drop-in, in the
 * order in which they are read.  What generators write below /run is written again at boot; the rest of it is lost. */
void unit_index_fragments(struct unit_index *index, const char *name, struct config_files *fragments);
void unit_index_dropins(struct unit_index *index, const char *name, struct config_files *dropins);

#endif
