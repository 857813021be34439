/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON, and reading it as events in constant memory (libyajl). */
#ifndef KEISOKU_JSON_H
#define KEISOKU_JSON_H

#include <stdio.h>

#include "diag.h"
#include "strbuf.h"

/* The writer indents by one space per level and puts commas itself.  Bytes that are not UTF-8 become U+FFFD in
 * json_string(); json_raw_member() keeps them exactly by writing "KEY64": base64 instead of "KEY". */
struct json {
	FILE *out;
	unsigned int depth;
	bool first;		/* nothing written on this level yet */
	bool after_key;
	bool compact;		/* no white space */
};

void json_begin(struct json *json, FILE *out);
void json_open_object(struct json *json);
void json_close_object(struct json *json);
void json_open_array(struct json *json);
void json_close_array(struct json *json);
void json_key(struct json *json, const char *key);
void json_string(struct json *json, const char *text);
void json_string_length(struct json *json, const char *text, size_t length);
void json_integer(struct json *json, int64_t value);
void json_unsigned(struct json *json, uint64_t value);
void json_real(struct json *json, double value);	/* shortest text that reads back the same; NAN, inf: null */
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* key: value in one call; text NULL: null */
void json_member_string(struct json *json, const char *key, const char *text);
void json_member_unsigned(struct json *json, const char *key, uint64_t value);
void json_member_real(struct json *json, const char *key, double value);
void json_member_bool(struct json *json, const char *key, bool value);
void json_member_raw(struct json *json, const char *key, const char *bytes, size_t length);

void base64_encode(struct strbuf *out, const char *bytes, size_t length);
/* Adds what text stands for to out; -EINVAL when it is no base64. */
int base64_decode(const char *text, size_t length, struct strbuf *out);

bool utf8_valid(const char *text, size_t length);
/* Length in bytes of the valid UTF-8 sequence at text, 0 when there is none; *ret_code its code point. */
size_t utf8_decode(const char *text, size_t length, uint32_t *ret_code);

/* A JSON value as a tree of nodes would be; for documents of known, small size (snapshots are streamed instead). */
enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_OBJECT_BEGIN, JSON_OBJECT_END, JSON_ARRAY_BEGIN,
		 JSON_ARRAY_END, JSON_KEY };

/* Called for every event with the path depth; text and length are lent.  A negative errno stops the parse. */
typedef int json_handler(void *context, enum json_type type, const char *text, size_t length, unsigned int depth);

#define JSON_DEPTH_MAX 64
/* -EINVAL after diag_error() with line and column. */
int json_parse(const char *file, const char *text, size_t length, json_handler *handler, void *context,
	       struct diag *diag);

/* The whole document as a tree, for documents of known, small size.  Nodes live in arena and have no line.  A member that is
 * null is left out; a number and a bool keep their text; text is quoted.  Bounded as node_parse() is; duplicate keys and
 * zero bytes are errors. */
struct arena;
struct node;
int json_tree(struct arena *arena, const char *file, const char *text, size_t length, struct diag *diag,
	      const struct node **ret_root);

#endif
