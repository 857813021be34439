/* SPDX-License-Identifier: Apache-2.0 */
#include "knowledge.h"

#include <dirent.h>
#include <errno.h>

#include "../core/root.h"
#include "../core/strbuf.h"

enum file_kind { FILE_ENTRY, FILE_RULE, FILE_USE, FILE_POLICY };

/* Entries are the values of a document, a rule is one; few of them are looked at after they are loaded. */
static const unsigned int packed_levels[] = { [FILE_ENTRY] = 2, [FILE_RULE] = 1, [FILE_USE] = 0, [FILE_POLICY] = 0 };

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
	{ "policies/", FILE_POLICY, ENTRY_FACT },
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

/* In no folder that says what it holds, a policy says so itself. */
static const struct folder *folder_of_file(const struct knowledge_file *file)
{
	static const struct folder policy = { "", FILE_POLICY, ENTRY_FACT };
	const struct folder *folder = folder_of(file->name);
	const struct node *first = file->documents->count > 0 ? &file->documents->items[0] : NULL;

	if (!*folder->name && first && first->kind == NODE_MAPPING && node_get(first, "policy"))
		return &policy;
	return folder;
}

/* name: as whoever asked for it writes it, for messages. */
static int gather_file(struct knowledge *knowledge, struct gathered *gathered, const struct root *root, const char *path,
		       const char *name, struct diag *diag)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
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
		CLEANUP(free_ptr) char *name = xasprintf("%s%s", root->path, below);

		r = 0;
		if (entry->type == DT_DIR && depth < DEPTH_MAX)
			r = gather_directory(knowledge, gathered, root, below, depth + 1, diag);
		else if (entry->type != DT_DIR && ends_with(entry->name, ".yaml"))
			r = gather_file(knowledge, gathered, root, below, name, diag);
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
	r = gather_file(knowledge, gathered, root, name, path, diag);
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

static bool wanted(const struct folder *folder, enum knowledge_part part, enum file_kind kind)
{
	return folder->kind == kind && (part != KNOWLEDGE_MESSAGES || folder->class == ENTRY_LOG);
}

static int load_file(struct knowledge *knowledge, const struct folder *folder, const struct node *documents,
		     struct diag *diag)
{
	if (folder->kind == FILE_ENTRY)
		return registry_load(knowledge->registry, folder->class, documents, diag);
	if (folder->kind == FILE_POLICY)
		return policies_load(knowledge->policies, documents, diag);
	if (folder->kind == FILE_RULE)
		return rulebook_load_rules(knowledge->rulebook, documents, diag);
	return rulebook_load_use(knowledge->rulebook, documents, diag);
}

/* Mistakes are told in diag. */
static void load_kind(struct knowledge *knowledge, const struct gathered *gathered, enum knowledge_part part,
		      enum file_kind kind, struct diag *diag)
{
	for (size_t i = 0; knowledge_builtin.files[i]; i++) {
		const struct folder *folder = folder_of(knowledge_builtin.files[i]);

		if (wanted(folder, part, kind))
			(void)load_file(knowledge, folder,
					node_builtin_documents(&knowledge->arena, i, packed_levels[kind]), diag);
	}
	for (size_t i = 0; i < gathered->count; i++) {
		const struct folder *folder = folder_of_file(&gathered->files[i]);

		if (wanted(folder, part, kind))
			(void)load_file(knowledge, folder, gathered->files[i].documents, diag);
	}
}

int knowledge_load(struct knowledge *knowledge, enum knowledge_part part, const char *const *directories,
		   size_t n_directories, struct diag *diag)
{
	static const char *const standard[] = { "/usr/share/keisoku", "/etc/keisoku" };
	struct gathered gathered = { 0 };
	size_t errors = diag->errors;

	*knowledge = (struct knowledge){ .registry = registry_new() };
	node_set_builtin(&knowledge_builtin);
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++)
		(void)gather(knowledge, &gathered, standard[i], false, diag);
	for (size_t i = 0; i < n_directories; i++)
		(void)gather(knowledge, &gathered, directories[i], true, diag);

	load_kind(knowledge, &gathered, part, FILE_ENTRY, diag);
	if (part != KNOWLEDGE_MESSAGES)
		(void)registry_check(knowledge->registry, diag);
	if (part == KNOWLEDGE_RULES || part == KNOWLEDGE_ALL) {
		knowledge->rulebook = rulebook_new(knowledge->registry);
		/* What is built in has passed the tests: only what was added may be wrong. */
		if (gathered.count > 0)
			(void)rulebook_compile_registry(knowledge->rulebook, diag);
		load_kind(knowledge, &gathered, part, FILE_RULE, diag);
		load_kind(knowledge, &gathered, part, FILE_USE, diag);
	}
	if (part == KNOWLEDGE_POLICIES || part == KNOWLEDGE_ALL) {
		knowledge->policies = policies_new(knowledge->registry);
		load_kind(knowledge, &gathered, part, FILE_POLICY, diag);
	}
	free(gathered.files);
	return diag->errors > errors ? -EINVAL : 0;
}

void knowledge_release(struct knowledge *knowledge)
{
	policies_free(knowledge->policies);
	rulebook_free(knowledge->rulebook);
	registry_free(knowledge->registry);
	arena_release(&knowledge->arena);
	*knowledge = (struct knowledge){ 0 };
}
