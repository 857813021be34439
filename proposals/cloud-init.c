/* SPDX-License-Identifier: Apache-2.0 */
/* User-data of cloud-init: #cloud-config, scripts, and several of them in one MIME message or archive.
 *
 *	#cloud-config
 *	bootcmd:				at every boot, early
 *	  - echo 1 > /proc/sys/vm/swappiness
 *	write_files:				once, when the instance boots for the first time
 *	  - {path: /etc/sysctl.d/60-x.conf, content: "vm.swappiness = 1\n"}
 *	runcmd:					once, at the end of that boot
 *	  - [sysctl, --system]
 *
 * A string is a line of a script, a list a command whose words are quoted; all of a list together are one script of sh. */
#include "../core/json.h"
#include "../core/quote.h"
#include "../probes/kernel.h"
#include "document.h"

#define DECODED_MAX ((size_t)1 << 20)
#define PARTS_MAX 100
#define WRITTEN "write_files, once at the first boot"

/* ---- lists of commands ---- */

struct script {
	struct strbuf text;
	unsigned int *lines;
	size_t n_lines, capacity;
};

static void script_release(struct script *script)
{
	strbuf_release(&script->text);
	free(script->lines);
}

static void add_script_line(struct script *script, unsigned int line)
{
	GROW(script->lines, script->capacity, script->n_lines + 1);
	script->lines[script->n_lines++] = line;
}

static void add_text(struct script *script, struct document *document, const struct node *node)
{
	struct proposed_text inner = document_inner(document, node);
	size_t lines = 1;

	for (const char *c = node->text; *c; c++)
		lines += *c == '\n' && c[1];
	for (size_t i = 0; i < lines; i++)
		add_script_line(script, proposed_text_line(&inner, i));
	strbuf_add_string(&script->text, node->text);
	if (script->text.len > 0 && script->text.buf[script->text.len - 1] != '\n')
		strbuf_add_char(&script->text, '\n');
}

static void add_words(struct script *script, struct document *document, const struct node *list)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i].kind != NODE_SCALAR)
			continue;
		(void)scalar_value(&list->items[i], &value);
		/* Each line of the script stands for one of the source. */
		for (char *c = value.buf; *c; c++)
			*c = *c == '\n' ? ' ' : *c;
		strbuf_add_string(&script->text, i ? " " : "");
		quote_shell(&script->text, value.buf, value.len);
	}
	strbuf_add_char(&script->text, '\n');
	add_script_line(script, document_line(document, list->count > 0 ? &list->items[0] : list));
}

/* [echo, 1, ">", /proc/sys/…]: the sign is a word like the others. */
static void say_redirections(struct document *document, const struct node *list, const char *via)
{
	for (uint32_t i = 0; i + 1 < list->count; i++) {
		const char *word = list->items[i].text, *path = list->items[i + 1].text;
		struct proposed item = document_item(document, &list->items[i]);

		if (!streq(word, ">") && !streq(word, ">>") && !streq(word, "|"))
			continue;
		item.via = via;
		item.when = PROPOSED_NOW;
		item.fate = PROPOSED_BROKEN;
		item.why = "a list runs without a shell's signs: this one is an argument of the program";
		item.instead = "the command as one string";
		if (*word == '|' || !read_write(document->reading, &item, path, i > 0 ? list->items[i - 1].text : ""))
			(void)proposal_add(document->reading->proposal, &item);
	}
}

static void read_commands(struct document *document, const struct node *root, const char *key, const char *via, unsigned int when,
			  size_t since)
{
	const struct node *list = document_get(root, key);
	CLEANUP(script_release) struct script script = { .text = STRBUF_INIT };
	struct proposed_text inner = *document->text;

	for (uint32_t i = 0; list && list->kind == NODE_SEQUENCE && i < list->count; i++) {
		const struct node *command = &list->items[i];

		if (command->kind == NODE_SCALAR) {
			add_text(&script, document, command);
		} else if (command->kind == NODE_SEQUENCE) {
			add_words(&script, document, command);
			say_redirections(document, command, via);
		} else {
			document_unclear(document, command, "a command is a string or a list; \": \" in a string without quotes makes a mapping");
		}
	}
	if (script.n_lines == 0)
		return;
	inner.form = document->form;
	inner.text = script.text.buf;
	inner.length = script.text.len;
	inner.lines = script.lines;
	inner.n_lines = script.n_lines;
	inner.file = NULL;
	document_run_shell(document, inner, "sh", via, when);
	(void)document_apply_sysctl(document, since, script.text.buf);
}

/* ---- files ---- */

struct encoding {
	const char *name;
	bool base64, gzip;
};

static const struct encoding encodings[] = {
	{ "b64", true, false },		{ "base64", true, false },	 { "gz", false, true },	      { "gzip", false, true },
	{ "gz+b64", true, true },	{ "gz+base64", true, true },	 { "gzip+b64", true, true },  { "gzip+base64", true, true },
	{ "text/plain", false, false },
};

static bool decode(const char *name, const struct node *content, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf packed = STRBUF_INIT, dense = STRBUF_INIT;
	const char *text = content->text;

	for (size_t i = 0; i < ARRAY_SIZE(encodings); i++) {
		if (strcasecmp(encodings[i].name, name) != 0)
			continue;
		for (const char *c = text; *c; c++)
			if (!strchr(" \t\r\n", *c) || !encodings[i].base64)
				strbuf_add_char(&dense, *c);
		if (!encodings[i].base64)
			strbuf_add(&packed, dense.buf, dense.len);
		else if (base64_decode(dense.buf, dense.len, &packed) < 0)
			return false;
		if (!encodings[i].gzip)
			strbuf_add(out, packed.buf, packed.len);
		else if (kernel_config_inflate(packed.buf, packed.len, DECODED_MAX, out) < 0)
			return false;
		return true;
	}
	return false;
}

static void write_text(struct document *document, struct proposed_text inner, const struct node *file, const char *path)
{
	const char *append = document_text(file, "append");
	size_t since = document->reading->proposal->count;

	inner.via = WRITTEN;
	inner.file = path;
	/* Once for an instance, not again at each boot. */
	inner.use = append && (streq(append, "true") || streq(append, "yes")) ? TEXT_LINE : TEXT_REPLACES;
	inner.when = is_sysctl_file(path) ? PROPOSED_BOOT : 0;
	(void)read_host_file(document->reading, &inner);
	document_show_source(document, since);
}

static void write_file(struct document *document, const struct node *file)
{
	const char *path = document_text(file, "path"), *encoding = document_text(file, "encoding");
	const struct node *content = document_get(file, "content");
	struct proposed item = document_item(document, content ? content : file);
	CLEANUP(strbuf_release) struct strbuf decoded = STRBUF_INIT;
	struct proposed_text inner;

	if (!path || (!host_file_known(path) && !starts_with(path, "/proc/") && !starts_with(path, "/sys/")))
		return;
	if (!content || content->kind != NODE_SCALAR) {
		document_unclear(document, file, "what %s will hold is not part of this file", path);
		return;
	}
	if (encoding && !decode(encoding, content, &decoded)) {
		document_unclear(document, content, "what %s will hold cannot be decoded as %s", path, encoding);
		return;
	}
	inner = encoding && strcasecmp(encoding, "text/plain") != 0 ? document_made_text(document, item.line, decoded.buf) :
								      document_inner(document, content);
	if (encoding)
		inner.length = MAX(decoded.len, inner.length);
	item.via = WRITTEN;
	item.when = PROPOSED_NOW;
	strbuf_trim(&decoded);
	if (host_file_known(path))
		write_text(document, inner, file, path);
	else if (!read_write(document->reading, &item, path, encoding ? decoded.buf : content->text))
		document_unclear(document, file, "what writing %s sets is not known", path);
}

static void write_files(struct document *document, const struct node *root, bool deferred)
{
	const struct node *files = document_get(root, "write_files");

	for (uint32_t i = 0; files && files->kind == NODE_SEQUENCE && i < files->count; i++) {
		const char *defer = document_text(&files->items[i], "defer");

		if ((defer && (streq(defer, "true") || streq(defer, "yes"))) == deferred)
			write_file(document, &files->items[i]);
	}
}

/* ---- mounts ---- */

/* [/dev/vdb, /data, ext4, "noatime", 0, 2]: fields that are missing come from the third list on. */
static void read_mounts(struct document *document, const struct node *root)
{
	static const char *const defaults[] = { NULL, NULL, "auto", "defaults,nofail,x-systemd.requires=cloud-init.service", "0", "2" };
	const struct node *mounts = document_get(root, "mounts");

	for (uint32_t i = 0; mounts && mounts->kind == NODE_SEQUENCE && i < mounts->count; i++) {
		const struct node *mount = &mounts->items[i];
		CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
		struct proposed_text inner;
		size_t since = document->reading->proposal->count;

		if (mount->kind != NODE_SEQUENCE || mount->count < 2 || streq(mount->items[1].text, "null"))
			continue;
		for (uint32_t n = 0; n < 6; n++) {
			const char *given = n < mount->count && *mount->items[n].text && !streq(mount->items[n].text, "null") ?
						    mount->items[n].text : defaults[n];

			strbuf_addf(&line, "%s%s", n ? " " : "", given ? given : "none");
		}
		inner = document_made_text(document, document_line(document, mount), line.buf);
		inner.via = "mounts";
		inner.file = "/etc/fstab";
		inner.use = TEXT_LINE;
		inner.when = PROPOSED_NOW | PROPOSED_BOOT;
		(void)read_host_file(document->reading, &inner);
		document_show_source(document, since);
	}
	if (document_get(root, "swap"))
		document_unclear(document, document_get(root, "swap"), "a file to swap to is made, which is not judged");
}

static void read_config(struct document *document, const struct node *root)
{
	static const char *const others[] = { "ansible", "chef", "puppet", "salt_minion", "mcollective" };
	size_t since = document->reading->proposal->count;

	read_commands(document, root, "bootcmd", "bootcmd, at every boot", PROPOSED_NOW | PROPOSED_BOOT, since);
	write_files(document, root, false);
	read_mounts(document, root);
	write_files(document, root, true);
	read_commands(document, root, "runcmd", "runcmd, once at the first boot", PROPOSED_NOW, since);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (document_get(root, others[i]))
			document_unclear(document, document_get(root, others[i]), "what %s sets is not part of this file", others[i]);
}

/* ---- parts ---- */

static void read_part(struct reading *reading, const struct proposed_text *text, bool config, unsigned int depth);

/* Before it is filled in it need not be YAML: lines with statements only are left out, and said. */
static char *without_statements(struct reading *reading, const struct proposed_text *text)
{
	char *copy = xstrndup(text->text, text->length);
	size_t line = 0;

	for (char *at = copy; *at; line++) {
		size_t length = strcspn(at, "\n"), blanks = strspn(at, " \t");

		if (starts_with(at + blanks, "{%")) {
			read_unclear(reading, text, line, "a statement of a template: what it repeats or leaves out is known only on the instance");
			memset(at, ' ', length);
		}
		at += length + (at[length] == '\n');
	}
	return copy;
}

static void doubt_templates(struct proposal *proposal, size_t since)
{
	for (size_t i = since; i < proposal->count; i++) {
		struct proposed *item = &proposal->items[i];

		if (item->fate == PROPOSED_UNCLEAR || (!strstr(item->value, "{{") && !strstr(item->key, "{{") && !strstr(item->subject, "{{")))
			continue;
		item->fate = PROPOSED_UNCLEAR;
		item->why = "what the template becomes is known only on the instance";
	}
}

static void read_cloud_config(struct reading *reading, const struct proposed_text *text, bool is_template)
{
	size_t since = reading->proposal->count;
	struct proposed_text given = *text;
	CLEANUP(free_ptr) char *copy = is_template ? without_statements(reading, text) : NULL;
	struct document document;

	if (copy) {
		given.text = copy;
		given.length = strlen(copy);
	}
	document_open(&document, reading, &given, text->form);
	for (uint32_t i = 0; i < document.roots->count; i++)
		read_config(&document, &document.roots->items[i]);
	document_release(&document);
	if (is_template)
		doubt_templates(reading->proposal, since);
}

static void read_script(struct reading *reading, const struct proposed_text *text, const char *via, unsigned int when)
{
	CLEANUP(free_ptr) char *first = xstrndup(text->text, MIN(text->length, (size_t)200));
	struct document document;

	first[strcspn(first, "\r\n")] = '\0';
	if (starts_with(first, "#!") && !strstr(first, "sh")) {
		read_unclear(reading, text, 0, "it is a program for %s", first + 2);
		return;
	}
	/* Its lines are those of the text; there is no tree in it. */
	document = (struct document){ .reading = reading, .text = text, .form = text->form };
	document_find_lines(&document);
	document_run_shell(&document, *text, strstr(first, "bash") ? "bash" : "sh", via, when);
	document_release(&document);
}

static void read_archive(struct reading *reading, const struct proposed_text *text, unsigned int depth)
{
	struct document document;

	document_open(&document, reading, text, text->form);
	for (uint32_t i = 0; i < document.roots->count; i++) {
		const struct node *root = &document.roots->items[i];

		for (uint32_t n = 0; root->kind == NODE_SEQUENCE && n < MIN(root->count, (uint32_t)PARTS_MAX); n++) {
			const struct node *part = &root->items[n];
			const struct node *content = part->kind == NODE_SCALAR ? part : document_get(part, "content");
			const char *type = document_text(part, "type");
			struct proposed_text inner;

			if (!content || content->kind != NODE_SCALAR)
				continue;
			inner = document_inner(&document, content);
			read_part(reading, &inner, type && strstr(type, "cloud-config"), depth + 1);
		}
	}
	document_release(&document);
}

/* ---- MIME ---- */

struct part {
	const char *text;
	size_t length;
	size_t line;			/* index of its first line */
	bool base64, config;
};

static bool header_has(const char *line, size_t length, const char *name, const char *value)
{
	CLEANUP(free_ptr) char *copy = xstrndup(line, MIN(length, (size_t)1000));

	return strncasecmp(copy, name, strlen(name)) == 0 && strcasestr(copy + strlen(name), value);
}

static void read_mime_part(struct reading *reading, const struct proposed_text *text, const struct part *part, unsigned int depth)
{
	CLEANUP(strbuf_release) struct strbuf dense = STRBUF_INIT, decoded = STRBUF_INIT;
	struct proposed_text inner = *text;
	CLEANUP(free_ptr) unsigned int *lines = NULL;
	CLEANUP(free_ptr) char *copy = xstrndup(part->text, part->length);
	size_t n = 1;

	for (size_t i = 0; i < part->length; i++)
		n += part->text[i] == '\n';
	lines = xcalloc(n, sizeof(*lines));
	for (size_t i = 0; i < n; i++)
		lines[i] = proposed_text_line(text, part->line + (part->base64 ? 0 : i));
	inner.lines = lines;
	inner.n_lines = part->base64 ? 1 : n;
	inner.text = copy;
	inner.length = strlen(copy);
	for (const char *c = copy; part->base64 && *c; c++)
		if (!strchr(" \t\r\n", *c))
			strbuf_add_char(&dense, *c);
	if (part->base64 && base64_decode(dense.buf, dense.len, &decoded) < 0) {
		read_unclear(reading, text, part->line, "a part that cannot be decoded");
		return;
	}
	if (part->base64) {
		inner.text = decoded.buf;
		inner.length = decoded.len;
	}
	read_part(reading, &inner, part->config, depth + 1);
}

static const char *next_line_of(const char *at, const char *end)
{
	const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

	return newline ? newline + 1 : end;
}

/* Parts begin with headers and an empty line, and end at the next boundary. */
static void read_mime(struct reading *reading, const struct proposed_text *text, unsigned int depth)
{
	const char *end = text->text + text->length, *at = text->text, *next;
	const char *name = memmem(at, MIN(text->length, (size_t)4096), "boundary=", 9);
	CLEANUP(strbuf_release) struct strbuf boundary = STRBUF_INIT;
	struct part part = { 0 };
	bool in_headers = false;
	size_t line = 0, parts = 0;

	if (!name) {
		read_unclear(reading, text, 0, "a message of several parts that does not say what separates them");
		return;
	}
	name += 9 + (name[9] == '"');
	strbuf_addf(&boundary, "--%.*s", (int)strcspn(name, "\"\r\n; "), name);
	for (; at < end; at = next, line++) {
		size_t length;

		next = next_line_of(at, end);
		length = (size_t)(next - at);
		if (length >= boundary.len && boundary.len > 2 && memcmp(at, boundary.buf, boundary.len) == 0) {
			part.length = part.text ? (size_t)(at - part.text) : 0;
			if (part.text && parts++ < PARTS_MAX)
				read_mime_part(reading, text, &part, depth);
			part = (struct part){ 0 };
			in_headers = true;
		} else if (in_headers && (*at == '\n' || *at == '\r')) {
			in_headers = false;
			part.text = next;
			part.line = line + 1;
		} else if (in_headers) {
			part.base64 |= header_has(at, length, "Content-Transfer-Encoding:", "base64");
			part.config |= header_has(at, length, "Content-Type:", "text/cloud-config");
		}
	}
}

/* ---- what it begins with ---- */

static bool begins(const struct proposed_text *text, const char *with)
{
	return text->length >= strlen(with) && strncasecmp(text->text, with, strlen(with)) == 0;
}

static void read_part(struct reading *reading, const struct proposed_text *text, bool config, unsigned int depth)
{
	bool is_template = begins(text, "## template: jinja") || begins(text, "## template:jinja");
	const char *newline = memchr(text->text, '\n', text->length);
	bool script_below = is_template && newline && (size_t)(newline + 3 - text->text) <= text->length && memcmp(newline + 1, "#!", 2) == 0;

	if (depth > READING_DEPTH_MAX)
		read_unclear(reading, text, 0, "nested too deeply");
	else if (script_below)
		read_unclear(reading, text, 0, "a script that is a template: what it runs is known only on the instance");
	else if (begins(text, "Content-Type: multipart") || begins(text, "MIME-Version:"))
		read_mime(reading, text, depth);
	else if (begins(text, "#cloud-config-archive"))
		read_archive(reading, text, depth);
	else if (begins(text, "#cloud-boothook"))
		read_script(reading, text, "a boothook, at every boot", PROPOSED_NOW | PROPOSED_BOOT);
	else if (begins(text, "#!"))
		read_script(reading, text, "user-data, once at the first boot", PROPOSED_NOW);
	else if (begins(text, "#include"))
		read_unclear(reading, text, 0, "what it includes is somewhere else");
	else if (begins(text, "#part-handler") || begins(text, "#upstart-job"))
		read_unclear(reading, text, 0, "a program of its own");
	else if (config || is_template || begins(text, "#cloud-config"))
		read_cloud_config(reading, text, is_template);
	else
		read_unclear(reading, text, 0, "cloud-init does not know what this is: it begins with none of its first lines");
}

static void read_cloud_init(const struct reader *reader, struct reading *reading, const struct proposed_text *text)
{
	struct proposed_text given = *text;

	if (!given.form)
		given.form = reader->name;
	read_part(reading, &given, strstr(text->path, "cloud.cfg") != NULL, 0);
}

static unsigned int recognise(const struct reader *reader, const char *path, const char *text, size_t length)
{
	static const char *const first_lines[] = { "#cloud-config", "#cloud-boothook", "## template: jinja", "#include http", "#part-handler" };
	const struct proposed_text given = { .text = text, .length = length };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_SIZE(first_lines); i++)
		if (begins(&given, first_lines[i]))
			return MINE;
	if ((begins(&given, "Content-Type: multipart") || begins(&given, "MIME-Version:")) &&
	    (memmem(text, length, "cloud-", 6) || memmem(text, length, "x-shellscript", 13)))
		return MINE;
	if ((starts_with(name, "user-data") || starts_with(name, "user_data") || starts_with(name, "userdata")) && begins(&given, "#!"))
		return MINE;
	if (ends_with(path, "/cloud.cfg") || (strstr(path, "cloud.cfg.d/") && ends_with(path, ".cfg")))
		return MINE_BY_NAME;
	return NOT_MINE;
}

const struct reader reader_cloud_init = {
	.name = "cloud-init",
	.summary = "user-data and configuration of cloud-init",
	.recognise = recognise,
	.read = read_cloud_init,
};
