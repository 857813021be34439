/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include <errno.h>

#include "../core/strbuf.h"

static bool is_file(const char *name)
{
	return strchr(name, '/') || ends_with(name, ".yaml") || ends_with(name, ".yml") || streq(name, "-");
}

static int unknown_policy(const struct policies *policies, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;

	for (size_t i = 0; i < policies_count(policies); i++)
		strbuf_addf(&known, "%s%s", i > 0 ? ", " : "", policy_id(policies, i));
	return talk_error(EXIT_USAGE, "--policy: there is no policy '%s'; known are %s; a file has a slash in its name or ends "
			  "with .yaml", name, known.buf);
}

/* All policies that a file defines. */
static int read_file(struct knowledge *knowledge, const char *path, struct diag *diag, const struct node **ret_documents)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = input_read(path, NODE_TEXT_MAX, &text);

	*ret_documents = NULL;
	if (r < 0)
		return talk_error(EXIT_INPUT, "cannot read %s: %s", path, strerror(-r));
	if (node_parse(&knowledge->arena, path, text.buf, text.len, diag, ret_documents) == 0)
		(void)policies_load(knowledge->policies, *ret_documents, diag);
	return 0;
}

static void choose_all(struct policies *policies, const struct node *documents)
{
	const char *id;

	for (size_t i = 0; documents && (id = policy_document_id(documents, i)) != NULL; i++)
		(void)policies_choose(policies, id);	/* one with mistakes is not there, and was told */
}

int policies_from_arguments(const struct arguments *arguments, struct knowledge *knowledge, struct diag *diag,
			    struct rulebook **ret_lines)
{
	const struct text_list *given = &arguments->policies;
	const struct node **documents = xcalloc(given->count + 1, sizeof(*documents));
	int status = 0;

	/* Files first: what one of them defines may be included by another, or named. */
	for (size_t i = 0; i < given->count && status == 0; i++)
		if (is_file(given->items[i]))
			status = read_file(knowledge, given->items[i], diag, &documents[i]);
	for (size_t i = 0; i < given->count && status == 0; i++) {
		if (is_file(given->items[i]))
			choose_all(knowledge->policies, documents[i]);
		else if (policies_choose(knowledge->policies, given->items[i]) == -ENOENT)
			status = unknown_policy(knowledge->policies, given->items[i]);
	}
	free(documents);
	if (status == 0)
		(void)policies_compile(knowledge->policies, diag, ret_lines);
	return status;
}
