/* SPDX-License-Identifier: Apache-2.0 */
/* `keisoku rules list` and `show`: rules as a person reads them. */
#include "../advisor/lint.h"
#include "../core/quote.h"
#include "../core/strbuf.h"
#include "../reports/page.h"
#include "rules.h"

/* "packs/tcp/x.yaml", "/etc/keisoku/packs/tcp/x.yaml": tcp.  Of a file in no pack the name of its directory. */
static const char *pack_of(const struct node *rule, struct arena *arena)
{
	const char *file = node_file(rule) ? node_file(rule) : "";
	const char *end = strrchr(file, '/'), *start = end;

	while (start && start > file && start[-1] != '/')
		start--;
	return end && end > start ? arena_strndup(arena, start, (size_t)(end - start)) : "";
}

static const char *text_of(const struct node *mapping, const char *key)
{
	const struct node *node = mapping && mapping->kind == NODE_MAPPING ? node_get(mapping, key) : NULL;

	return node && node->kind == NODE_SCALAR ? node->text : "";
}

static void list_rule(const struct node *rule)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	const struct node *use = node_get(rule, "use");

	strbuf_addf(&line, "%-36s %-8s %-9s %s%s%s", text_of(rule, "id"), text_of(rule, "severity"), text_of(rule, "about"),
		    text_of(use, "resource"), use ? ", " : "-", text_of(use, "kind"));
	quote_terminal(&safe, line.buf, line.len);
	printf("  %s\n", safe.buf);
	strbuf_reset(&safe);
	quote_terminal(&safe, text_of(rule, "title"), strlen(text_of(rule, "title")));
	printf("      %s\n", safe.buf);
}

struct listed {
	const char *pack;
	const struct node *rule;
};

/* Rules of a pack are by id already. */
static int compare_listed(const void *a, const void *b)
{
	const struct listed *left = a, *right = b;
	int order = strcmp(left->pack, right->pack);

	return order != 0 ? order : strcmp(text_of(left->rule, "id"), text_of(right->rule, "id"));
}

int rules_list(struct rules_run *run)
{
	const struct rulebook *rulebook = run->knowledge.rulebook;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct listed *listed = arena_alloc(&arena, (rulebook_count(rulebook) + 1) * sizeof(*listed));
	const char *pack = NULL;
	size_t count = 0;

	for (size_t i = 0; i < rulebook_count(rulebook); i++)
		if (run->chosen[i]) {
			const struct node *rule = rulebook_rule_node(rulebook, i);

			listed[count++] = (struct listed){ pack_of(rule, &arena), rule };
		}
	qsort(listed, count, sizeof(*listed), compare_listed);
	for (size_t i = 0; i < count; i++) {
		if (!pack || !streq(pack, listed[i].pack))
			printf("%s%s\n", pack ? "\n" : "", listed[i].pack);
		pack = listed[i].pack;
		list_rule(listed[i].rule);
	}
	return EXIT_OK;
}

static void show_statuses(const struct rulebook *rulebook, size_t index)
{
	unsigned int statuses = rule_statuses(rulebook, index);
	const char *separator = "";

	printf("\nCan be: ");
	for (unsigned int status = 0; status < STATUS_COUNT; status++)
		if (statuses & 1U << status) {
			printf("%s%s", separator, status_name((enum status)status));
			separator = ", ";
		}
	putchar('\n');
}

static void show_cases(struct rules_run *run, const char *id)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents = run->cases ? rules_read_yaml(run, run->cases, id, &arena, &diag) : NULL;

	talk_diag(&diag);
	for (uint32_t i = 0; documents && i < documents->count; i++) {
		const struct node *cases = &documents->items[i];

		for (uint32_t j = 0; cases->kind == NODE_SEQUENCE && j < cases->count; j++) {
			CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
			CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
			const char *expect = text_of(&cases->items[j], "expect");

			strbuf_addf(&line, "  %-14s %s", *expect ? expect : "by subject", text_of(&cases->items[j], "name"));
			quote_terminal(&safe, line.buf, line.len);
			printf("%s%s\n", i == 0 && j == 0 ? "\nCases:\n" : "", safe.buf);
		}
	}
}

int rules_show(struct rules_run *run)
{
	const struct rulebook *rulebook = run->knowledge.rulebook;
	struct report look = { 0 };

	terminal_look(run->arguments, true, &look);
	for (size_t i = 0; i < rulebook_count(rulebook); i++) {
		CLEANUP(page_release) struct page page = { .text = STRBUF_INIT };

		if (!run->chosen[i])
			continue;
		page_init(&page, look.width, look.colour, look.unicode);
		explain_rule(&page, rulebook_rule_node(rulebook, i));
		fwrite(page.text.buf, 1, page.text.len, stdout);
		show_statuses(rulebook, i);
		show_cases(run, rulebook_rule_id(rulebook, i));
	}
	return EXIT_OK;
}
