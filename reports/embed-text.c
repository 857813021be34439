/* SPDX-License-Identifier: Apache-2.0 */
/* Build time: text files as constant strings.
 *
 *   embed-text OUTPUT NAME=FILE…      each without its first paragraph, which is for whoever reads it in the tree */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../core/strbuf.h"

static int read_file(const char *path, struct strbuf *text)
{
	FILE *in = fopen(path, "re");
	char buffer[4096];
	size_t n;

	if (!in)
		return -errno;
	while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0)
		strbuf_add(text, buffer, n);
	return fclose(in) == 0 ? 0 : -EIO;
}

static void write_string(FILE *out, const char *text)
{
	fputs("\t\"", out);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '\n')
			fputs(c[1] ? "\\n\"\n\t\"" : "\\n", out);
		else if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c == '?' || *c < 0x20 || *c >= 0x7f)
			fprintf(out, "\\%03o", *c);
		else
			fputc(*c, out);
	}
	fputs("\"", out);
}

static int embed(FILE *out, const char *argument)
{
	const char *path = strchr(argument, '=');
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *body;
	int r;

	if (!path)
		return -EINVAL;
	r = read_file(path + 1, &text);
	if (r < 0)
		return r;
	body = strstr(text.buf, "\n\n");
	if (!body)
		return -EINVAL;
	fprintf(out, "const char %.*s[] =\n", (int)(path - argument), argument);
	write_string(out, body + 2);
	fputs(";\n", out);
	return 0;
}

int main(int argc, char **argv)
{
	FILE *out = argc > 2 ? fopen(argv[1], "we") : NULL;

	if (!out) {
		fprintf(stderr, "embed-text: cannot write %s\n", argc > 1 ? argv[1] : "nothing");
		return 1;
	}
	fputs("/* Made by reports/embed-text.c. */\n#include \"plan-script.h\"\n\n", out);
	for (int i = 2; i < argc; i++) {
		int r = embed(out, argv[i]);

		if (r < 0) {
			fprintf(stderr, "embed-text: %s: %s\n", argv[i], strerror(-r));
			(void)fclose(out);
			return 1;
		}
	}
	return fclose(out) == 0 ? 0 : 1;
}
