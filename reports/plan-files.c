/* SPDX-License-Identifier: Apache-2.0 */
/* files/: the half of a plan that survives a reboot, as a tree to be copied over the root of a host.  The scripts write
 * one file for each setting, so that each can be taken back alone; here all of one directory are one file. */
#include <nettle/sha2.h>
#include <stdlib.h>

#include "../core/json.h"
#include "../core/quote.h"
#include "../core/strbuf.h"
#include "plan.h"

#define COMMENT_WIDTH 100

void plan_add_comment(struct strbuf *out, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	size_t column = 1;

	if (!text || !*text)
		return;
	quote_terminal(&safe, text, strlen(text));
	strbuf_add_char(out, '#');
	for (const char *word = safe.buf; *word;) {
		size_t length = strcspn(word, " ");

		if (column > 1 && column + 1 + length > COMMENT_WIDTH) {
			strbuf_add_string(out, "\n#");
			column = 1;
		}
		strbuf_add_char(out, ' ');
		strbuf_add(out, word, length);
		column += length + 1;
		word += length;
		word += strspn(word, " ");
	}
	strbuf_add_char(out, '\n');
}

void yaml_quote(struct strbuf *out, const char *text)
{
	size_t length = strlen(text);

	strbuf_add_char(out, '"');
	for (size_t i = 0; i < length;) {
		uint32_t code = 0xfffd;
		size_t size = utf8_decode(text + i, length - i, &code);

		i += size ? size : 1;
		if (code == '"' || code == '\\')
			strbuf_addf(out, "\\%c", (char)code);
		else if (code >= ' ' && code <= '~')
			strbuf_add_char(out, (char)code);
		else if (code == '\n')
			strbuf_add_string(out, "\\n");
		else if (code <= 0xff)
			strbuf_addf(out, "\\x%02x", code);
		else if (code <= 0xffff)
			strbuf_addf(out, "\\u%04x", code);
		else
			strbuf_addf(out, "\\U%08x", code);
	}
	strbuf_add_char(out, '"');
}

/* ---- merging ---- */

static struct merged_file *find_path(const struct merged_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].whole && streq(files->items[i].path, path))
			return &files->items[i];
	return NULL;
}

static struct merged_file *find_directory(const struct merged_files *files, const char *path)
{
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; slash && i < files->count; i++)
		if (!files->items[i].whole && strlen(files->items[i].directory) == (size_t)(slash - path) &&
		    strncmp(files->items[i].directory, path, (size_t)(slash - path)) == 0)
			return &files->items[i];
	return NULL;
}

const struct merged_file *merged_files_find(const struct merged_files *files, const struct plan_file *file)
{
	if (file->kind != PLAN_FILE_WHOLE)
		return NULL;
	return plan_file_is_ours(file) ? find_directory(files, file->path) : find_path(files, file->path);
}

/* "/etc/sysctl.d/90-keisoku-vm.swappiness.conf" → "90-keisoku"; the number decides who wins, so the largest name counts. */
static char *stem_of(const char *path)
{
	static const char mark[] = "keisoku";
	const char *base = strrchr(path, '/') + 1, *end = strstr(base, mark);

	return end ? xstrndup(base, (size_t)(end - base) + strlen(mark)) : xstrdup("90-keisoku");
}

static void name_file(struct merged_file *file, const char *from)
{
	CLEANUP(free_ptr) char *stem = stem_of(from);
	CLEANUP(free_ptr) char *path = NULL;
	const char *suffix = strrchr(from, '.');

	path = xasprintf("%s/%s%s", file->directory, stem, suffix && !strchr(suffix, '/') ? suffix : ".conf");
	if (file->path && strcmp(file->path, path) >= 0)
		return;
	free(file->path);
	file->path = steal_ptr(&path);
}

static struct merged_file *new_file(struct merged_files *files, const char *path)
{
	struct merged_file *file;

	GROW(files->items, files->capacity, files->count + 1);
	file = &files->items[files->count++];
	*file = (struct merged_file){
		.directory = xstrndup(path, (size_t)(strrchr(path, '/') - path)),
		.content = xstrdup("# Written by keisoku.\n"),
	};
	return file;
}

/* Each action has what those before it wrote there too: the last one has all of it. */
static void add_whole(struct merged_files *files, const struct plan_file *from)
{
	struct merged_file *file = find_path(files, from->path);

	if (!file) {
		file = new_file(files, from->path);
		file->whole = true;
		file->path = xstrdup(from->path);
	}
	file->reload = from->reload;
	free(file->content);
	file->content = xasprintf("# Written by keisoku.\n%s", from->content);
}

static void add_file(struct merged_files *files, const struct action *action, const struct plan_file *from)
{
	struct merged_file *file = find_directory(files, from->path);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, title = STRBUF_INIT;

	if (!plan_file_is_ours(from)) {
		add_whole(files, from);
		return;
	}
	file = file ? file : new_file(files, from->path);
	name_file(file, from->path);
	file->reload = from->reload ? from->reload : file->reload;
	plan_describe(action, &title);
	strbuf_add_string(&text, file->content);
	plan_add_comment(&text, title.buf);
	/* Two actions may need one module. */
	if (!strstr(file->content, from->content))
		strbuf_add_string(&text, from->content);
	free(file->content);
	file->content = strbuf_steal(&text);
}

static void hash_file(struct merged_file *file)
{
	struct sha256_ctx context;
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_init(&context);
	sha256_update(&context, strlen(file->content), (const uint8_t *)file->content);
	sha256_digest(&context, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		file->sha256[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		file->sha256[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
}

void merged_files_fill(struct merged_files *files, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_actions; i++)
		for (size_t f = 0; f < plan->actions[i].n_files; f++)
			if (plan->actions[i].files[f].kind == PLAN_FILE_WHOLE &&
			    starts_with(plan->actions[i].files[f].path, "/"))
				add_file(files, &plan->actions[i], &plan->actions[i].files[f]);
	for (size_t i = 0; i < files->count; i++)
		hash_file(&files->items[i]);
}

void merged_files_release(struct merged_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].directory);
		free(files->items[i].path);
		free(files->items[i].content);
	}
	free(files->items);
	*files = (struct merged_files)MERGED_FILES_INIT;
}

/* ---- the artefact ---- */

static bool files_name(const struct plan *plan, size_t index, struct strbuf *out)
{
	CLEANUP(merged_files_release) struct merged_files files = MERGED_FILES_INIT;

	merged_files_fill(&files, plan);
	if (index >= files.count)
		return false;
	strbuf_addf(out, "files%s", files.items[index].path);
	return true;
}

static int files_write(FILE *out, const struct plan *plan, size_t index)
{
	CLEANUP(merged_files_release) struct merged_files files = MERGED_FILES_INIT;

	merged_files_fill(&files, plan);
	fputs(files.items[index].content, out);
	return 0;
}

const struct plan_artefact plan_files = {
	.path = "files",
	.summary = "what makes it last, as a tree: sysctl.d, udev rules, tmpfiles.d, modprobe.d, drop-ins of systemd",
	.name = files_name,
	.write_one = files_write,
};
