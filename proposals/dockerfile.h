/* SPDX-License-Identifier: Apache-2.0 */
/* A Dockerfile as its instructions, each with the lines it stands on. */
#ifndef KEISOKU_DOCKERFILE_H
#define KEISOKU_DOCKERFILE_H

#include "document.h"

#define DOCKERFILE_MAX ((size_t)16 << 20)
#define DOCKERFILE_TEXT_MAX ((size_t)1 << 20)

struct dockerfile_script {
	struct strbuf text;
	unsigned int *lines;		/* of each of its lines, in what was given */
	size_t n_lines, capacity;
};

void dockerfile_script_release(struct dockerfile_script *script);
void dockerfile_script_line(struct dockerfile_script *script, unsigned int line);

struct here_document {
	char *name;
	bool quoted;			/* nothing in it is expanded */
	bool tabs;			/* "<<-": tabs at the beginning of lines go */
	struct dockerfile_script script;
};

struct instruction {
	char *name;			/* in capitals */
	char *arguments;		/* on one line, without flags of RUN */
	struct dockerfile_script script;	/* the same for a shell: its lines, and here-documents where they belong */
	unsigned int line;		/* in what was given */
	uint32_t index;			/* in the text, from 1 */
	struct here_document *heres;
	size_t n_heres, heres_capacity;
};

struct dockerfile {
	struct instruction *instructions;
	size_t count, capacity;
	const struct instruction *last_stage;	/* the last FROM, or NULL */
};

void dockerfile_parse(struct dockerfile *file, const struct proposed_text *text);
void dockerfile_release(struct dockerfile *file);

/* The length of the word at text: quotes hold blanks together. */
size_t dockerfile_word(const char *text);

#endif
