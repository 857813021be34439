/* SPDX-License-Identifier: Apache-2.0 */
/* Build time: checks the YAML of the built-in knowledge and writes it as constant trees of packed nodes.
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

struct packing {
	struct node_packed *nodes;
	size_t count, capacity;
	struct symbols texts;		/* each text once */
	uint32_t *offsets;		/* of each text, by its number */
	size_t offsets_capacity;
	uint32_t size;			/* of all texts, each with its zero byte */
};

static uint32_t pack_text(struct packing *packing, const char *text)
{
	uint32_t before = packing->texts.count;
	uint32_t number = symbols_intern(&packing->texts, text, strlen(text));

	if (number == before) {
		GROW(packing->offsets, packing->offsets_capacity, number + 1U);
		packing->offsets[number] = packing->size;
		packing->size += packing->texts.lengths[number] + 1;
	}
	return packing->offsets[number];
}

/* Puts node at number; the items of a collection are neighbours, in a place of their own. */
static int pack_node(struct packing *packing, const struct node *node, size_t number, struct diag *diag)
{
	struct place place = node_place(node);
	size_t first = packing->count;
	int r = 0;

	if (node->count > UINT16_MAX || node->line > UINT16_MAX || node->column > UINT16_MAX)
		return diag_error(diag, &place, "more than %d lines, columns or items", UINT16_MAX);
	packing->nodes[number] = (struct node_packed){
		.at = node->kind == NODE_SCALAR ? pack_text(packing, node->text) : (uint32_t)first,
		.count = (uint16_t)node->count, .line = (uint16_t)node->line, .column = (uint16_t)node->column,
		.kind = node->kind, .quoted = node->quoted,
	};
	packing->count += node->count;
	GROW(packing->nodes, packing->capacity, packing->count);
	for (size_t i = 0; i < node->count && r == 0; i++)
		r = pack_node(packing, &node->items[i], first + i, diag);
	return r;
}

static void write_packing(FILE *out, const struct packing *packing)
{
	fputs("static const struct node_packed nodes[] = {\n", out);
	for (size_t i = 0; i < packing->count; i++) {
		const struct node_packed *node = &packing->nodes[i];

		fprintf(out, "{%" PRIu32 ",%u,%u,%u,%u,%u},\n", node->at, node->count, node->line, node->column, node->kind,
			node->quoted);
	}
	fputs("};\nstatic const char texts[] =\n", out);
	for (uint32_t i = 0; i < packing->texts.count; i++) {
		write_c_string(out, packing->texts.names[i]);
		fputs("\"\\0\"\n", out);
	}
	fputs("\"\";\n", out);
}

static void packing_release(struct packing *packing)
{
	free(packing->nodes);
	free(packing->offsets);
	symbols_release(&packing->texts);
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

static int embed_file(struct packing *packing, const struct root *root, const char *file, size_t number,
		      struct arena *arena, struct registry *registry, struct diag *diag)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct place place = { .file = file };
	const struct node *documents;
	enum entry_class class;
	int r;

	strbuf_addf(&path, "/%s", file);
	r = root_read(root, path.buf, &text);
	if (r < 0)
		return diag_error(diag, &place, "cannot read: %s", strerror(-r));
	r = node_parse(arena, file, text.buf, text.len, diag, &documents);
	if (r < 0)
		return r;
	if (class_of(file, &class) == 0)
		(void)registry_load(registry, class, documents, diag);
	return pack_node(packing, documents, number, diag);
}

int main(int argc, char **argv)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(registry_free_ptr) struct registry *registry = registry_new();
	CLEANUP(packing_release) struct packing packing = { 0 };
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
	packing.count = (size_t)argc - 3;
	GROW(packing.nodes, packing.capacity, packing.count + 1);
	for (int i = 3; i < argc; i++)
		(void)embed_file(&packing, root, argv[i], (size_t)i - 3, &arena, registry, &diag);
	(void)registry_check(registry, &diag);
	print_diag(&diag);
	fputs("/* Written by embed. */\n#include \"../core/node.h\"\n#include \"../cli/knowledge.h\"\n", out);
	if (diag.errors == 0)
		write_packing(out, &packing);
	fputs("static const char *const files[] = {\n", out);
	for (int i = 3; i < argc; i++) {
		write_c_string(out, argv[i]);
		fputs(",\n", out);
	}
	fputs("NULL};\nconst struct node_builtin knowledge_builtin = { files, nodes, texts };\n", out);
	if (fclose(out) != 0 || diag.errors > 0) {
		(void)remove(argv[2]);
		return 1;
	}
	return 0;
}
