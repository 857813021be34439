/* SPDX-License-Identifier: Apache-2.0 */
#include "knowledge.h"

#include <dirent.h>
#include <errno.h>

#include "../core/root.h"
#include "../core/strbuf.h"

enum file_kind { FILE_ENTRY, FILE_RULE, FILE_USE };

/* clang-format off */
static const struct folder {
	const char *name;
	enum file_kind kind;
	enum entry_class class;
} folders[] = {
	{ "tunables/", FILE_ENTRY, ENTRY_TUNABLE },
	{ "facts/",    FILE_ENTRY, ENTRY_FACT },
	{ "metrics/",  FILE_ENTRY, ENTRY_METRIC },
	{ "log/",      FILE_ENTRY, ENTRY_LOG },
	{ "use/",      FILE_USE,   ENTRY_FACT },
	{ "packs/",    FILE_RULE,  ENTRY_FACT },
};
/* clang-format on */

#define DEPTH_MAX 6

/* A file gathered and parsed, waiting for its turn: entries of all files come before rules of any. */
struct gathered {
	struct knowledge_file *files;
	size_t count, capacity;
};

static const struct folder *folder_of(const char *name)
{
	static const struct folder rule = { "", FILE_RULE, ENTRY_FACT };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (starts_with(name, folders[i].name))
			return &folders[i];
	return &rule;		/* a file directly in a --rules directory, or named itself */
}

static int gather_file(struct knowledge *knowledge, struct gathered *gathered, const struct root *root, const char *path,
		       struct diag *diag)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr) char *name = xasprintf("%s%s", root->path, path);
	struct place place = { .file = name };
	const struct node *documents;
	int r;

	r = root_read_limit(root, path, NODE_TEXT_MAX, &text);
	if (r < 0)
		return diag_error(diag, &place, "cannot read: %s", strerror(-r));
	r = node_parse(&knowledge->arena, name, text.buf, text.len, diag, &documents);
	if (r < 0)
		return r;
	GROW(gathered->files, gathered->capacity, gathered->count + 1);
	gathered->files[gathered->count++] = (struct knowledge_file){
		.name = arena_strdup(&knowledge->arena, path + 1),
		.documents = documents,
	};
	return 0;
}

static int gather_directory(struct knowledge *knowledge, struct gathered *gathered, const struct root *root,
			    const char *path, unsigned int depth, struct diag *diag)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	int result = 0, r;

	r = root_list(root, *path ? path : "/", &list);
	if (r < 0) {
		CLEANUP(free_ptr) char *name = xasprintf("%s%s", root->path, path);
		struct place place = { .file = name };

		return diag_error(diag, &place, "cannot read: %s", strerror(-r));
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct root_entry *entry = &list.entries[i];
		CLEANUP(free_ptr) char *below = xasprintf("%s/%s", path, entry->name);

		r = 0;
		if (entry->type == DT_DIR && depth < DEPTH_MAX)
			r = gather_directory(knowledge, gathered, root, below, depth + 1, diag);
		else if (entry->type != DT_DIR && ends_with(entry->name, ".yaml"))
			r = gather_file(knowledge, gathered, root, below, diag);
		if (r < 0)
			result = r;
	}
	return result;
}

/* A file of --rules FILE.  The folder it stands in says what it holds, as below a directory: "x/tunables/vm.yaml". */
static int gather_named(struct knowledge *knowledge, struct gathered *gathered, const char *path, struct diag *diag)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(free_ptr) char *directory = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	CLEANUP(free_ptr) char *name = xasprintf("/%s", slash ? slash + 1 : path);
	const char *folder = strrchr(directory, '/');
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(free_ptr) char *below = xasprintf("%s%s", folder ? folder + 1 : directory, name);
	struct place place = { .file = path };
	int r;

	r = root_open(*directory ? directory : "/", &root);
	if (r < 0)
		return diag_error(diag, &place, "cannot read: %s", strerror(-r));
	r = gather_file(knowledge, gathered, root, name, diag);
	if (r == 0)
		gathered->files[gathered->count - 1].name = arena_strdup(&knowledge->arena, below);
	return r;
}

static int gather(struct knowledge *knowledge, struct gathered *gathered, const char *directory, bool required,
		  struct diag *diag)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct place place = { .file = directory };
	int r;

	r = root_open(directory, &root);
	if (r == -ENOENT && !required)
		return 0;
	if (r == -ENOTDIR && required)
		return gather_named(knowledge, gathered, directory, diag);
	if (r < 0)
		return diag_error(diag, &place, "cannot read: %s", strerror(-r));
	return gather_directory(knowledge, gathered, root, "", 0, diag);
}

static int load_files(struct knowledge *knowledge, const struct knowledge_file *files, size_t count,
		      enum knowledge_part part, enum file_kind kind, struct diag *diag)
{
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		const struct folder *folder = folder_of(files[i].name);
		int r = 0;

		if (folder->kind != kind || (part == KNOWLEDGE_MESSAGES && folder->class != ENTRY_LOG))
			continue;
		if (kind == FILE_ENTRY)
			r = registry_load(knowledge->registry, folder->class, files[i].documents, diag);
		else if (kind == FILE_RULE)
			r = rulebook_load_rules(knowledge->rulebook, files[i].documents, diag);
		else
			r = rulebook_load_use(knowledge->rulebook, files[i].documents, diag);
		if (r < 0)
			result = r;
	}
	return result;
}

static int load_kind(struct knowledge *knowledge, const struct gathered *gathered, enum knowledge_part part,
		     enum file_kind kind, struct diag *diag)
{
	size_t n_builtin = 0;
	int builtin, others;

	while (knowledge_builtin[n_builtin].name)
		n_builtin++;
	builtin = load_files(knowledge, knowledge_builtin, n_builtin, part, kind, diag);
	others = load_files(knowledge, gathered->files, gathered->count, part, kind, diag);
	return builtin < 0 ? builtin : others;
}

int knowledge_load(struct knowledge *knowledge, enum knowledge_part part, const char *const *directories,
		   size_t n_directories, struct diag *diag)
{
	static const char *const standard[] = { "/usr/share/keisoku", "/etc/keisoku" };
	struct gathered gathered = { 0 };
	size_t errors = diag->errors;

	*knowledge = (struct knowledge){ .registry = registry_new() };
	node_files_builtin(knowledge_names);
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++)
		(void)gather(knowledge, &gathered, standard[i], false, diag);
	for (size_t i = 0; i < n_directories; i++)
		(void)gather(knowledge, &gathered, directories[i], true, diag);

	(void)load_kind(knowledge, &gathered, part, FILE_ENTRY, diag);
	if (part == KNOWLEDGE_RULES) {
		(void)registry_check(knowledge->registry, diag);
		knowledge->rulebook = rulebook_new(knowledge->registry);
		/* What is built in has passed the tests: only what was added may be wrong. */
		if (gathered.count > 0)
			(void)rulebook_compile_registry(knowledge->rulebook, diag);
		(void)load_kind(knowledge, &gathered, part, FILE_RULE, diag);
		(void)load_kind(knowledge, &gathered, part, FILE_USE, diag);
	}
	free(gathered.files);
	return diag->errors > errors ? -EINVAL : 0;
}

void knowledge_release(struct knowledge *knowledge)
{
	rulebook_free(knowledge->rulebook);
	registry_free(knowledge->registry);
	arena_release(&knowledge->arena);
	*knowledge = (struct knowledge){ 0 };
}
