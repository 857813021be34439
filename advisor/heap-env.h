/* SPDX-License-Identifier: Apache-2.0 */
/* The environment and the words of the command line that a container starts with, as far as its manifest tells them.
 *
 * $(NAME) is replaced as the kubelet does it: by variables that stand before, $$ is $, and what is not known stays as it is
 * (third_party/forked/golang/expansion/expand.go).  resourceFieldRef is followed (pkg/api/v1/resource/helpers.go: rounded up, a limit that
 * is not set is what the node has). */
#ifndef KEISOKU_HEAP_ENV_H
#define KEISOKU_HEAP_ENV_H

#include "heap.h"

struct heap_variable {
	const char *name, *value;	/* value NULL: it comes from elsewhere */
	const char *from;		/* "secretKeyRef" …; NULL */
	bool follows_memory, follows_cpu;	/* made of a limit */
};

struct heap_env {
	struct heap_variable *variables;	/* of several of one name the last counts */
	size_t count;
	bool others;			/* envFrom brings ones that cannot be seen */
};

struct heap_words {
	const char **words;
	size_t count;
	bool shell;			/* they were a script of sh -c */
	bool command;			/* the manifest names the program; else the image does */
	const char *unknown;		/* a variable of the script that cannot be seen; NULL */
	bool follows_memory, follows_cpu;
};

void heap_env_read(const struct workload_container *container, const struct heap_given *given, struct arena *arena, struct heap_env *ret_env);
const struct heap_variable *heap_env_find(const struct heap_env *env, const char *name);	/* NULL */

/* Text as a shell or a JVM splits it: at white space, without quotes. */
void heap_split(const char *text, struct arena *arena, struct heap_words *words);
void heap_words_read(const struct workload_container *container, const struct heap_env *env, struct arena *arena,
		     struct heap_words *ret_words);
/* The last component of a path: "java" of "/opt/jdk/bin/java". */
const char *heap_base_name(const char *path);

/* The number of the word after program where that is started by one of them, not merely named; 0: it is not. */
size_t heap_find_program(const struct heap_words *words, const char *program);

/* What is taken beside a heap whose size is known: some bytes, and a share of it. */
void heap_beside(struct heap *heap, double bytes, double share);

/* The JVM's part of heap_read(), and what it is told by.  advisor/heap-java.c */
bool heap_java_is(const struct heap_env *env, const struct heap_words *words);
void heap_java_read(const struct heap_env *env, const struct heap_words *words, const struct heap_given *given, struct arena *arena,
		    struct heap *heap);

#endif
