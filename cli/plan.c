/* SPDX-License-Identifier: Apache-2.0 */
/* --plan DIR: the artefacts of a plan, and the snapshot it was made from; --patches DIR: those of a rightsizing. */
#include "../reports/plan.h"

#include "../core/quote.h"
#include "../core/strbuf.h"
#include "../reports/rightsizing.h"
#include "cli.h"
#include "directory.h"

int plan_directory_check(const char *path)
{
	return directory_check("plan", path);
}

/* A file of an artefact; artefact NULL: the snapshot. */
struct artefact_file {
	const struct plan_artefact *artefact;
	size_t index;
};

struct plan_files {
	const struct plan *plan;
	struct artefact_file *items;
	size_t count, capacity;
};

static void plan_file_name(void *context, size_t number, struct strbuf *name, bool *ret_executable)
{
	const struct plan_files *files = context;
	const struct artefact_file *file = &files->items[number];

	*ret_executable = file->artefact && file->artefact->executable;
	if (file->artefact)
		(void)plan_artefact_file(file->artefact, files->plan, file->index, name);
	else
		strbuf_add_string(name, PLAN_SNAPSHOT);
}

static int plan_file_write(void *context, size_t number, FILE *out)
{
	const struct plan_files *files = context;
	const struct artefact_file *file = &files->items[number];

	return file->artefact ? plan_artefact_write(file->artefact, out, files->plan, file->index)
			      : snapshot_save(files->plan->snapshot, out);
}

static void plan_files_add(struct plan_files *files, const struct plan_artefact *artefact, size_t index)
{
	GROW(files->items, files->capacity, files->count + 1);
	files->items[files->count++] = (struct artefact_file){ .artefact = artefact, .index = index };
}

int plan_directory_write(const char *path, const struct plan *plan)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	struct plan_files files = { .plan = plan };
	struct directory_files directory = { .name = plan_file_name, .write = plan_file_write, .context = &files };
	int status;

	for (size_t i = 0; plan_artefacts[i]; i++)
		for (size_t j = 0; plan_artefact_file(plan_artefacts[i], plan, j, &name); j++)
			plan_files_add(&files, plan_artefacts[i], j);
	plan_files_add(&files, NULL, 0);
	directory.count = files.count;
	status = directory_write(path, &directory);
	free(files.items);
	return status;
}

static void patch_file_name(void *context, size_t number, struct strbuf *name, bool *ret_executable)
{
	const struct patch_file *files = context;

	strbuf_add_string(name, files[number].path);
	*ret_executable = files[number].executable;
}

static int patch_file_write(void *context, size_t number, FILE *out)
{
	const struct patch_file *files = context;

	(void)fwrite(files[number].text, 1, files[number].length, out);
	return 0;
}

int patches_directory_check(const char *path)
{
	return directory_check("patches", path);
}

int patches_directory_write(const char *path, const struct rightsizing *rightsizing)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct directory_files directory = { .name = patch_file_name, .write = patch_file_write };
	struct patch_file *files;

	directory.count = rightsizing_patches(rightsizing, &arena, &files);
	directory.context = files;
	return directory_write(path, &directory);
}

static void talk_line(const struct strbuf *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	quote_terminal(&safe, text->buf, text->len);
	fprintf(stderr, "keisoku: %s\n", safe.buf);
}

void plan_talk(const struct plan *plan, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf head = STRBUF_INIT;

	strbuf_addf(&head, "%s: a plan of %zu change%s", path, plan->n_actions, plan->n_actions == 1 ? "" : "s");
	if (plan->n_actions > 0)
		strbuf_addf(&head, "; sh %s/apply.sh --dry-run says what it would do", path);
	talk_line(&head);
	for (size_t i = 0; i < plan->n_actions; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "  %u. ", plan->actions[i].number);
		plan_describe(&plan->actions[i], &text);
		if (plan->actions[i].kept_with)
			strbuf_addf(&text, " (%s)", plan->actions[i].kept_with);
		talk_line(&text);
	}
	for (size_t i = 0; i < plan->n_left_out; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "  left out: %s to %s: %s", plan->left_out[i].key, plan->left_out[i].to,
			    plan->left_out[i].reason);
		talk_line(&text);
	}
	for (size_t i = 0; i < plan->n_conflicts; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "  left out: %s: findings contradict each other, %s", plan->conflicts[i].key,
			    plan->conflicts[i].reason);
		talk_line(&text);
	}
}
