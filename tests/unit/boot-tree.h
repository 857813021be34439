/* SPDX-License-Identifier: Apache-2.0 */
/* Boot lines that a probe makes of a tree. */
#ifndef KEISOKU_BOOT_TREE_H
#define KEISOKU_BOOT_TREE_H

#include "probe-tree.h"

#include "../../core/boot.h"

static inline void begin(struct tree *tree)
{
	root_free(tree->root);
	snapshot_free(tree->snapshot);
	assert_int_equal(0, root_open(tree->path, &tree->root));
	tree->snapshot = snapshot_new();
}

/* Every boot line: "FATE KIND:SUBJECT KEY=VALUE PLACE (WHY)". */
static inline void assert_boot(struct tree *tree, const struct probe *probe, const char *expected)
{
	const struct probe_options options = { 0 };
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	assert_int_equal(0, probe->read(tree->root, &options, tree->snapshot));
	boot = boot_read(tree->snapshot);
	for (size_t i = 0; i < boot_count(boot); i++) {
		const struct boot_line *line = boot_at(boot, i);

		strbuf_addf(&text, "%s ", boot_fate_name(line->fate));
		if (line->kind != SUBJECT_KIND_HOST)
			strbuf_addf(&text, "%s:%s ", subject_kind_name(line->kind), line->subject);
		strbuf_addf(&text, "%s=%s ", line->key, line->value);
		boot_place(line, &text);
		strbuf_addf(&text, "%s%s%s\n", *line->why ? " (" : "", line->why, *line->why ? ")" : "");
	}
	assert_string_equal(expected, text.buf);
}

#endif
