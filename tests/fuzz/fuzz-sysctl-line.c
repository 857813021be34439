/* SPDX-License-Identifier: Apache-2.0 */
/* A sysctl.d file, line by line, as each of its readers takes it; then who wins.  The same text as a command line. */
#include <stdlib.h>

#include "../../probes/sysctl-cmdline.h"
#include "../../probes/sysctl-resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(enum sysctl_loader loader, const char *text, size_t size, struct boot *boot)
{
	CLEANUP(sysctl_resolver_free_ptr) struct sysctl_resolver *resolver = sysctl_resolver_new(loader, NULL);
	CLEANUP(sysctl_line_release) struct sysctl_line line = SYSCTL_LINE_INIT;
	struct sysctl_cursor cursor = SYSCTL_CURSOR(text, size);
	const char *before = text;

	while (sysctl_next_line(loader, &cursor)) {
		if (cursor.line != before || cursor.line + cursor.length > cursor.next || cursor.next <= cursor.line)
			abort();
		before = cursor.next;
		sysctl_line_parse(loader, cursor.line, cursor.length, &line);
		if (line.kind == SYSCTL_LINE_ASSIGN && (line.path.len == 0 || strlen(line.path.buf) != line.path.len))
			abort();
		if (line.value.len > cursor.length || memchr(line.value.buf, '\n', line.value.len))
			abort();
		(void)sysctl_resolver_line(resolver, &line, &(struct sysctl_place){
			.path = "/etc/sysctl.d/a.conf", .number = cursor.number, .text = cursor.line, .length = cursor.length });
	}
	if (before != text + size)
		abort();
	sysctl_resolver_finish(resolver, boot);
}

/* Whoever wins, there is one winner for a key and loader, and what it shadows names it. */
static void check(struct boot *boot)
{
	for (size_t i = 0; i < boot_count(boot) && i < 200; i++) {
		const struct boot_line *line = boot_at(boot, i), *const *lines;
		size_t winners = 0;

		if (!*line->key)
			continue;
		for (size_t n = boot_lines(boot, line->kind, line->subject, line->key, &lines); n-- > 0;)
			winners += lines[n]->fate == BOOT_WINS && streq(lines[n]->loader, line->loader);
		if (winners > 1 || (line->fate == BOOT_SHADOWED && !*line->why))
			abort();
	}
}

static void read_as_cmdline(const char *text)
{
	CLEANUP(cmdline_argument_release) struct cmdline_argument argument = CMDLINE_ARGUMENT_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const char *cursor = text;

	while (cmdline_next(&cursor, &argument)) {
		if (argument.text + argument.length != cursor || (!argument.has_value && argument.value.len > 0))
			abort();
		if (sysctl_cmdline_key(argument.name.buf, &key) && key.len == 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xmalloc(size + 1);
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();

	memcpy(text, data, size);
	text[size] = '\0';
	for (enum sysctl_loader loader = SYSCTL_SYSTEMD; loader < SYSCTL_LOADER_COUNT; loader++)
		read_as(loader, text, size, boot);
	check(boot);
	read_as_cmdline(text);
	return 0;
}
