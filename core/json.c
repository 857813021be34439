/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <yajl/yajl_parse.h>

#include "parse.h"

void json_begin(struct json *json, FILE *out)
{
	*json = (struct json){ .out = out, .first = true };
}

static void new_line(struct json *json)
{
	putc_unlocked('\n', json->out);
	for (unsigned int i = 0; i < json->depth; i++)
		putc_unlocked(' ', json->out);
}

/* What goes before any value: a comma after the one before it, and a new line. */
static void before_value(struct json *json)
{
	if (json->after_key) {
		json->after_key = false;
		return;
	}
	if (!json->first)
		putc_unlocked(',', json->out);
	if (json->depth > 0 && !json->compact)
		new_line(json);
	json->first = false;
}

static void open_collection(struct json *json, char c)
{
	before_value(json);
	fputc(c, json->out);
	json->depth++;
	json->first = true;
}

static void close_collection(struct json *json, char c)
{
	json->depth--;
	if (!json->first && !json->compact)
		new_line(json);
	fputc(c, json->out);
	json->first = false;
	if (json->depth == 0 && !json->compact)
		fputc('\n', json->out);
}

void json_open_object(struct json *json)
{
	open_collection(json, '{');
}

void json_close_object(struct json *json)
{
	close_collection(json, '}');
}

void json_open_array(struct json *json)
{
	open_collection(json, '[');
}

void json_close_array(struct json *json)
{
	close_collection(json, ']');
}

size_t utf8_decode(const char *text, size_t length, uint32_t *ret_code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *c = (const unsigned char *)text;
	uint32_t code;
	size_t n;

	if (length == 0)
		return 0;
	n = c[0] < 0x80 ? 1 : c[0] >= 0xc2 && c[0] < 0xe0 ? 2 : (c[0] & 0xf0) == 0xe0 ? 3 : c[0] >= 0xf0 && c[0] < 0xf5 ? 4 : 0;
	if (n == 0 || n > length)
		return 0;
	code = n == 1 ? c[0] : c[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (c[i] & 0x3f);
	}
	if (code < smallest[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*ret_code = code;
	return n;
}

bool utf8_valid(const char *text, size_t length)
{
	while (length > 0) {
		uint32_t code;
		size_t n = (unsigned char)*text < 0x80 ? 1 : utf8_decode(text, length, &code);

		if (n == 0)
			return false;
		text += n;
		length -= n;
	}
	return true;
}

/* What a string may hold as it is: printable ASCII but for the two that mean something in JSON. */
static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void write_special(FILE *out, uint32_t code, const char *text, size_t length)
{
	if (code == '"' || code == '\\')
		fprintf(out, "\\%c", (char)code);
	else if (code == '\n')
		fputs("\\n", out);
	else if (code == '\t')
		fputs("\\t", out);
	else if (code < 0x20 || code == 0x7f || code == 0x2028 || code == 0x2029)
		fprintf(out, "\\u%04x", code);
	else
		fwrite_unlocked(text, 1, length, out);
}

static void write_string(FILE *out, const char *text, size_t length)
{
	putc_unlocked('"', out);
	while (length > 0) {
		uint32_t code = 0;
		size_t n = 0;

		while (n < length && is_plain(text[n]))
			n++;
		if (n > 0) {
			fwrite_unlocked(text, 1, n, out);
		} else {
			n = utf8_decode(text, length, &code);
			if (n > 0)
				write_special(out, code, text, n);
			else
				fputs("\\ufffd", out);
			n = MAX(n, (size_t)1);
		}
		text += n;
		length -= n;
	}
	putc_unlocked('"', out);
}

void json_key(struct json *json, const char *key)
{
	before_value(json);
	write_string(json->out, key, strlen(key));
	fputs(json->compact ? ":" : ": ", json->out);
	json->after_key = true;
}

void json_string_length(struct json *json, const char *text, size_t length)
{
	before_value(json);
	write_string(json->out, text, length);
}

void json_string(struct json *json, const char *text)
{
	json_string_length(json, text, strlen(text));
}

void json_integer(struct json *json, int64_t value)
{
	before_value(json);
	fprintf(json->out, "%" PRId64, value);
}

void json_unsigned(struct json *json, uint64_t value)
{
	before_value(json);
	fprintf(json->out, "%" PRIu64, value);
}

void json_real(struct json *json, double value)
{
	char text[40];

	if (!isfinite(value)) {
		json_null(json);
		return;
	}
	/* Most are whole; printing and reading back as real numbers is what takes time. */
	if (value == floor(value) && fabs(value) < 1e15) {
		json_integer(json, (int64_t)value);
		return;
	}
	before_value(json);
	/* The shortest of the usual precisions that reads back the same. */
	for (int precision = 6; precision <= 17; precision += precision < 15 ? 9 : 1) {
		snprintf(text, sizeof(text), "%.*g", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	fputs(text, json->out);
}

void json_bool(struct json *json, bool value)
{
	before_value(json);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json)
{
	before_value(json);
	fputs("null", json->out);
}

void json_member_string(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	if (text)
		json_string(json, text);
	else
		json_null(json);
}

void json_member_unsigned(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	json_unsigned(json, value);
}

void json_member_real(struct json *json, const char *key, double value)
{
	json_key(json, key);
	json_real(json, value);
}

void json_member_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	json_bool(json, value);
}

void base64_encode(struct strbuf *out, const char *bytes, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		size_t n = MIN(length - i, (size_t)3);
		uint32_t group = 0;

		for (size_t j = 0; j < 3; j++)
			group = group << 8 | (j < n ? (unsigned char)bytes[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			strbuf_add_char(out, j <= n ? digits[group >> (18 - 6 * j) & 63] : '=');
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int base64_decode(const char *text, size_t length, struct strbuf *out)
{
	uint32_t bits = 0;
	int n = 0;

	while (length > 0 && text[length - 1] == '=')
		length--;
	for (size_t i = 0; i < length; i++) {
		int value = base64_value(text[i]);

		if (value < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)value;
		n += 6;
		if (n >= 8) {
			n -= 8;
			strbuf_add_char(out, (char)(bits >> n & 0xff));
		}
	}
	return 0;
}

void json_member_raw(struct json *json, const char *key, const char *bytes, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf encoded = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	if (utf8_valid(bytes, length)) {
		json_key(json, key);
		json_string_length(json, bytes, length);
		return;
	}
	strbuf_addf(&name, "%s64", key);
	base64_encode(&encoded, bytes, length);
	json_member_string(json, name.buf, encoded.buf);
}

/* Reading */

struct reader {
	json_handler *handler;
	void *context;
	unsigned int depth;
	int error;
	const char *problem;
	size_t total_read;
};

static int reader_event(struct reader *reader, enum json_type type, const char *text, size_t length)
{
	if (type == JSON_OBJECT_BEGIN || type == JSON_ARRAY_BEGIN)
		if (++reader->depth > JSON_DEPTH_MAX) {
			reader->problem = "nested too deeply";
			reader->error = -EINVAL;
			return 0;
		}
	reader->error = reader->handler(reader->context, type, text, length, reader->depth);
	if (type == JSON_OBJECT_END || type == JSON_ARRAY_END)
		reader->depth--;
	return reader->error == 0;
}

static int on_null(void *context)
{
	return reader_event(context, JSON_NULL, "null", 4);
}

static int on_bool(void *context, int value)
{
	return reader_event(context, JSON_BOOL, value ? "true" : "false", value ? 4 : 5);
}

static int on_number(void *context, const char *text, size_t length)
{
	return reader_event(context, JSON_NUMBER, text, length);
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
	return reader_event(context, JSON_STRING, (const char *)text, length);
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
	return reader_event(context, JSON_KEY, (const char *)text, length);
}

static int on_object_begin(void *context)
{
	return reader_event(context, JSON_OBJECT_BEGIN, "{", 1);
}

static int on_object_end(void *context)
{
	return reader_event(context, JSON_OBJECT_END, "}", 1);
}

static int on_array_begin(void *context)
{
	return reader_event(context, JSON_ARRAY_BEGIN, "[", 1);
}

static int on_array_end(void *context)
{
	return reader_event(context, JSON_ARRAY_END, "]", 1);
}

static struct place place_of_offset(const char *file, const char *text, size_t offset)
{
	struct place place = { .file = file, .line = 1, .column = 1 };

	for (size_t i = 0; i < offset; i++) {
		place.column = text[i] == '\n' ? 1 : place.column + 1;
		place.line += text[i] == '\n';
	}
	return place;
}

int json_parse(const char *file, const char *text, size_t length, json_handler *handler, void *context,
	       struct diag *diag)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null, .yajl_boolean = on_bool, .yajl_number = on_number, .yajl_string = on_string,
		.yajl_start_map = on_object_begin, .yajl_map_key = on_key, .yajl_end_map = on_object_end,
		.yajl_start_array = on_array_begin, .yajl_end_array = on_array_end,
	};
	struct reader reader = { .handler = handler, .context = context };
	yajl_handle parser = yajl_alloc(&callbacks, NULL, &reader);
	yajl_status status;
	int result = 0;

	status = yajl_parse(parser, (const unsigned char *)text, length);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(parser);
	if (status != yajl_status_ok) {
		struct place place = place_of_offset(file, text, MIN(yajl_get_bytes_consumed(parser), length));

		if (status == yajl_status_client_canceled && reader.error != 0 && !reader.problem) {
			result = reader.error;
		} else if (reader.problem) {
			result = diag_error(diag, &place, "%s", reader.problem);
		} else {
			unsigned char *message = yajl_get_error(parser, 0, NULL, 0);

			message[strcspn((char *)message, "\n")] = '\0';
			result = diag_error(diag, &place, "not JSON: %s", (char *)message);
			yajl_free_error(parser, message);
		}
	}
	yajl_free(parser);
	return result;
}
