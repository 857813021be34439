/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that are loaded at boot, before sysctls are applied: modules-load.d(5).  A file in an earlier directory hides its
 * namesakes in later ones; one module a line:
 *
 *	# needed by the bridge of the pods
 *	br-netfilter
 *
 * The kernel takes a hyphen for an underscore. */
#include "../core/boot.h"
#include "../core/parse.h"
#include "probe.h"

#define FILES_MAX 1000
#define NAME_LENGTH_MAX 64	/* of a module; the kernel's own limit is lower */

static const char *const directories[] = {
	"/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d", "/usr/lib/modules-load.d",
	"/lib/modules-load.d",
};

struct named {
	char *name;
	const char *directory;
};

struct modules_load {
	const struct root *root;
	struct boot *boot;
	struct named *files;
	size_t count, capacity;
};

static bool is_hidden(const struct modules_load *load, const char *name)
{
	for (size_t i = 0; i < load->count; i++)
		if (streq(load->files[i].name, name))
			return true;
	return false;
}

static void list_directory(struct modules_load *load, const char *directory)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	(void)root_list_limit(load->root, directory, FILES_MAX, &list);
	for (size_t i = 0; i < list.count && load->count < FILES_MAX; i++) {
		const char *name = list.entries[i].name;

		if (!ends_with(name, ".conf") || is_hidden(load, name))
			continue;
		GROW(load->files, load->capacity, load->count + 1);
		load->files[load->count++] = (struct named){ .name = xstrdup(name), .directory = directory };
	}
}

static void add_line(struct modules_load *load, const char *path, unsigned int number, const char *line, size_t length)
{
	CLEANUP(free_ptr) char *text = xstrndup(line, length);
	CLEANUP(free_ptr) char *module = xstrdup(text);

	for (char *c = module; *c; c++)
		*c = *c == '-' ? '_' : *c;
	(void)boot_add(load->boot, &(struct boot_line){
		.source = "modules-load", .kind = SUBJECT_KIND_HOST, .key = module, .value = module, .path = path, .line = number,
		.text = text, .fate = BOOT_WINS,
	});
}

static void read_file(struct modules_load *load, const struct named *file)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s", file->directory, file->name);
	const char *cursor;
	unsigned int number = 1;

	if (root_read(load->root, path, &text) < 0)
		return;
	cursor = text.buf;
	do {
		size_t length;

		cursor += strspn(cursor, " \t");
		length = strcspn(cursor, " \t\r\n");
		if (length > 0 && length <= NAME_LENGTH_MAX && *cursor != '#' && *cursor != ';')
			add_line(load, path, number, cursor, length);
		number++;
	} while (next_line(&cursor));
}

static int modules_load_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct modules_load load = { .root = root, .boot = boot_new() };

	(void)options;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		list_directory(&load, directories[i]);
	for (size_t i = 0; i < load.count; i++) {
		read_file(&load, &load.files[i]);
		free(load.files[i].name);
	}
	boot_store(load.boot, snapshot, "modules-load", "modules-load.d");
	free(load.files);
	boot_free(load.boot);
	return 0;
}

static const char *const modules_load_paths[] = {
	"/etc/modules",		/* a link of Debian's modules-load.d leads there */
	"/etc/modules-load.d/*",
	"/run/modules-load.d/*",
	"/usr/local/lib/modules-load.d/*",
	"/usr/lib/modules-load.d/*",
	"/lib/modules-load.d/*",
	NULL,
};

const struct probe probe_modules_load = {
	.name = "modules-load",
	.summary = "modules that are loaded before sysctls are applied",
	.paths = modules_load_paths,
	.read = modules_load_read,
};
