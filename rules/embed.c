/* SPDX-License-Identifier: Apache-2.0 */
/* Build time: checks the YAML of the built-in knowledge and writes it as constant trees of nodes.
 *
 *   embed SOURCE-DIR OUTPUT FILE…      each FILE relative to SOURCE-DIR; its folder says what it holds */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../core/node.h"
#include "../core/registry.h"
#include "../core/root.h"
#include "../core/strbuf.h"

static void print_diag(const struct diag *diag)
{
	for (size_t i = 0; i < diag->count; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		fprintf(stderr, "%s:%u:%u: %s: %s\n", entry->place.file ? entry->place.file : "", entry->place.line,
			entry->place.column, entry->level == DIAG_ERROR ? "error" : "warning", entry->message);
	}
}

static void write_c_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c == '?' || *c < 0x20 || *c >= 0x7f)
			fprintf(out, "\\%03o", *c);
		else
			fputc(*c, out);
	}
	fputc('"', out);
}

/* Children first: each collection is an array with a number, and its parent names it. */
static unsigned int write_items(FILE *out, const struct node *node, unsigned int file, unsigned int *counter)
{
	unsigned int *numbers = xcalloc(node->count, sizeof(*numbers));
	unsigned int number;

	for (size_t i = 0; i < node->count; i++)
		if (node->items[i].count > 0)
			numbers[i] = write_items(out, &node->items[i], file, counter);
	number = ++*counter;
	fprintf(out, "static const struct node n%u[] = {\n", number);
	for (size_t i = 0; i < node->count; i++) {
		const struct node *item = &node->items[i];

		fputc('{', out);
		write_c_string(out, item->text);
		if (item->count > 0)
			fprintf(out, ",n%u,", numbers[i]);
		else
			fputs(",NULL,", out);
		fprintf(out, "%u,%u,%u,%u,%d,%d},\n", item->count, item->line, item->column, file, item->kind, item->quoted);
	}
	fputs("};\n", out);
	free(numbers);
	return number;
}

static int class_of(const char *file, enum entry_class *ret_class)
{
	static const struct {
		const char *folder;
		enum entry_class class;
	} folders[] = {
		{ "tunables/", ENTRY_TUNABLE }, { "facts/", ENTRY_FACT }, { "metrics/", ENTRY_METRIC }, { "log/", ENTRY_LOG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (starts_with(file, folders[i].folder)) {
			*ret_class = folders[i].class;
			return 0;
		}
	return -ENOENT;	/* rules and USE rows: compiled by the program, checked by its tests */
}

static int embed_file(FILE *out, const struct root *root, const char *file, unsigned int number, struct arena *arena,
		      struct registry *registry, struct diag *diag, unsigned int *counter)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct place place = { .file = file };
	const struct node *documents;
	enum entry_class class;
	unsigned int items = 0;
	int r;

	strbuf_addf(&path, "/%s", file);
	r = root_read(root, path.buf, &text);
	if (r < 0)
		return diag_error(diag, &place, "cannot read: %s", strerror(-r));
	r = node_parse(arena, file, text.buf, text.len, diag, &documents);
	if (r < 0)
		return r;
	if (class_of(file, &class) == 0)
		r = registry_load(registry, class, documents, diag);
	fprintf(out, "#define f%u ", number);
	write_c_string(out, file);
	fputc('\n', out);
	if (documents->count > 0)
		items = write_items(out, documents, number, counter);
	fprintf(out, "static const struct node d%u = {\"\",%s%.0u,%u,1,1,%u,NODE_SEQUENCE,0};\n", number,
		items ? "n" : "NULL", items, documents->count, number);
	return r;
}

int main(int argc, char **argv)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(registry_free_ptr) struct registry *registry = registry_new();
	unsigned int counter = 0;
	FILE *out;
	int r;

	if (argc < 3)
		return 2;
	r = root_open(argv[1], &root);
	out = r < 0 ? NULL : fopen(argv[2], "we");
	if (!out) {
		fprintf(stderr, "embed: %s: %s\n", r < 0 ? argv[1] : argv[2], strerror(r < 0 ? -r : errno));
		return 1;
	}
	fputs("/* Written by embed. */\n#include \"../core/node.h\"\n#include \"../cli/knowledge.h\"\n", out);
	for (int i = 3; i < argc; i++)
		(void)embed_file(out, root, argv[i], (unsigned int)i - 2, &arena, registry, &diag, &counter);
	(void)registry_check(registry, &diag);
	fputs("const struct knowledge_file knowledge_builtin[] = {\n", out);
	for (int i = 3; i < argc; i++)
		fprintf(out, "{f%d,&d%d},\n", i - 2, i - 2);
	fputs("{NULL,NULL}};\nconst char *const knowledge_names[] = {\n", out);
	for (int i = 3; i < argc; i++)
		fprintf(out, "f%d,\n", i - 2);
	fputs("NULL};\n", out);
	print_diag(&diag);
	if (fclose(out) != 0 || diag.errors > 0) {
		(void)remove(argv[2]);
		return 1;
	}
	return 0;
}
