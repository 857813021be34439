/* SPDX-License-Identifier: Apache-2.0 */
#include "../core/strbuf.h"
#include "cli.h"
#include "knowledge.h"

static int copy_tree(const struct arguments *arguments)
{
	const char *path = arguments->root ? arguments->root : "/";
	CLEANUP(diag_release) struct diag notes = DIAG_INIT;
	CLEANUP(input_release) struct input input;
	int status = input_open(path, &notes, &input);

	if (status == 0 && !input.root)
		status = talk_error(EXIT_INPUT, "cannot read %s: --tree copies files, and a snapshot has none", path);
	if (status != 0)
		return status;
	talk_diag(&notes);
	return tree_copy(input.root, arguments->tree);
}

static int run(const struct arguments *arguments)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct output_file file;
	int status, r;

	if (arguments->tree) {
		status = copy_tree(arguments);
		if (status != 0 || !arguments->output_file)
			return status;
	}
	r = knowledge_load(&knowledge, KNOWLEDGE_MESSAGES, arguments->rules.items, arguments->rules.count, &diag);
	talk_diag(&diag);
	status = measure(arguments, knowledge.registry, &snapshot);
	if (status != 0)
		return status;
	if (arguments->redact)
		snapshot_redact(snapshot);
	if (output_open(&file, arguments->output_file) < 0 ||
	    (snapshot_save(snapshot, file.stream) < 0 ? (output_abandon(&file), -1) : output_close(&file)) < 0)
		return talk_error(EXIT_INPUT, "cannot write %s", arguments->output_file ? arguments->output_file
									      : "standard output");
	if (!arguments->quiet)
		talk_diag(snapshot_notes(snapshot));
	return r < 0 ? EXIT_INPUT : EXIT_OK;
}

static const enum option_id options[] = {
	OPTION_FILE, OPTION_ROOT, OPTION_TREE, OPTION_WINDOW, OPTION_INTERVAL, OPTION_REDACT, OPTION_PID, OPTION_CGROUP,
	OPTION_CGROUP_MAX, OPTION_NETNS, OPTION_JOURNAL, OPTION_RULES, OPTION_QUIET, OPTION_END,
};

const struct command command_capture = {
	.name = "capture",
	.arguments = "[OPTION]...",
	.summary = "save the settings and counters of a host as a snapshot",
	.description = "Writes a snapshot as JSON: every setting with its raw text and origin, and every\n"
		       "counter. With --window it also measures. With --tree the files that probes read\n"
		       "are copied instead (and the snapshot too, when --file is given), for a report\n"
		       "made elsewhere: keisoku advise --root DIR.\n\n"
		       "Exit status: 0; 2 wrong usage; 3 something could not be read or written.",
	.options = options,
	.default_window_msec = 0,
	.run = run,
};
