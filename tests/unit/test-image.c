/* SPDX-License-Identifier: Apache-2.0 */
/* Archives and images as roots, and the documents that say which layers an image has. */
#include "../../core/image.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/image-manifest.h"
#include "../../core/image-wanted.h"
#include "../../core/scratch.h"
#include "tar.h"
#include "test.h"

static const char *const some_globs[] = {
	"/etc/sysctl.d/*.conf", "/usr/lib/sysctl.d/*.conf", "/lib/sysctl.d/*.conf", "/proc/meminfo", "/boot/*", "!/proc/kcore", NULL,
};
static const char *const *const globs[] = { some_globs };

struct opened {
	struct root *root;
	struct diag notes;
	struct strbuf why;
	int r;
};

static void opened_release(struct opened *opened)
{
	root_free(opened->root);
	diag_release(&opened->notes);
	strbuf_release(&opened->why);
}

static void open_bytes(const struct strbuf *bytes, struct opened *opened)
{
	const struct image_source source = { .name = "image.tar", .globs = globs, .n_globs = 1 };
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(bytes->buf, bytes->len, &budget);

	*opened = (struct opened){ .why = STRBUF_INIT };
	opened->r = image_open(&source, stream, -1, &opened->notes, &opened->why, &opened->root);
}

static void open_entries(const struct tar_entry *entries, struct opened *opened)
{
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT;

	tar_add_all(&tar, entries);
	tar_end(&tar);
	open_bytes(&tar, opened);
}

/* text NULL: it is not there. */
static void expect_file(const struct opened *opened, const char *path, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;

	if (opened->r != 0)
		fail_msg("%d: %s", opened->r, opened->why.buf);
	assert_int_equal(root_read(opened->root, path, &found), text ? 0 : -ENOENT);
	if (text)
		assert_string_equal(found.buf, text);
}

static void only_what_is_read_is_kept(void **state)
{
	static const struct tar_entry entries[] = {
		{ .name = "etc/sysctl.d/a.conf", .text = "a" },
		{ .name = "etc/passwd", .text = "all of /etc" },
		{ .name = "usr/bin/program", .text = "program" },
		{ .name = "proc/meminfo", .text = "memory" },
		{ .name = "proc/cpuinfo", .text = "processors" },
		{ .name = "boot/vmlinuz-6.1", .text = "kernel" },
		{ .name = "etc/pipe", .type = '6' },
		{ 0 },
	};
	CLEANUP(opened_release) struct opened opened = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct stat st;

	open_entries(entries, &opened);
	expect_file(&opened, "/etc/sysctl.d/a.conf", "a");
	expect_file(&opened, "/etc/passwd", "all of /etc");
	expect_file(&opened, "/proc/meminfo", "memory");
	expect_file(&opened, "/usr/bin/program", NULL);
	expect_file(&opened, "/proc/cpuinfo", NULL);
	/* There, but too large to be read; and no regular file. */
	assert_int_equal(root_read(opened.root, "/boot/vmlinuz-6.1", &text), -EFBIG);
	assert_int_equal(root_read(opened.root, "/etc/pipe", &text), -EINVAL);
	assert_string_equal(opened.root->path, "image.tar");
	assert_int_equal(stat(opened.root->scratch->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(opened.notes.count, 0);
}

static void the_private_directory_goes_with_the_root(void **state)
{
	static const struct tar_entry entries[] = { { .name = "etc/a", .text = "a" }, { 0 } };
	CLEANUP(free_ptr) char *path = NULL;
	struct opened opened;

	open_entries(entries, &opened);
	assert_int_equal(opened.r, 0);
	path = xstrdup(opened.root->scratch->path);
	assert_int_equal(access(path, F_OK), 0);
	opened_release(&opened);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_root_in_a_directory_of_the_archive_is_found(void **state)
{
	static const struct tar_entry entries[] = {
		{ .name = "sosreport-db1/sos_commands/host/", .type = '5' },
		{ .name = "sosreport-db1/etc/fstab", .text = "fstab" },
		{ .name = "sosreport-db1/proc/meminfo", .text = "memory" },
		{ 0 },
	};
	CLEANUP(opened_release) struct opened opened = { 0 };

	open_entries(entries, &opened);
	expect_file(&opened, "/etc/fstab", "fstab");
	expect_file(&opened, "/proc/meminfo", "memory");
}

/* A pipe comes once: what the link leads to had to be passed over. */
static void what_a_link_leads_to_is_named_when_it_was_not_kept(void **state)
{
	static const struct tar_entry entries[] = {
		{ .name = "opt/b.conf", .text = "b" },
		{ .name = "etc/sysctl.d/b.conf", .type = '2', .target = "../../opt/b.conf" },
		{ 0 },
	};
	CLEANUP(opened_release) struct opened opened = { 0 };

	open_entries(entries, &opened);
	assert_int_equal(opened.r, 0);
	assert_says(&opened.notes, "'opt/b.conf' not read: a link leads to it");
}

static void links_of_directories_lead_where_they_should(void **state)
{
	static const struct tar_entry entries[] = {
		{ .name = "lib", .type = '2', .target = "usr/lib" },
		{ .name = "usr/lib/sysctl.d/a.conf", .text = "a" },
		{ .name = "etc/sysctl.d/b.conf", .type = '2', .target = "/lib/sysctl.d/a.conf" },
		{ 0 },
	};
	CLEANUP(opened_release) struct opened opened = { 0 };

	open_entries(entries, &opened);
	expect_file(&opened, "/lib/sysctl.d/a.conf", "a");
	expect_file(&opened, "/etc/sysctl.d/b.conf", "a");
}

#define MANIFEST "[{\"RepoTags\":[\"node:1\"],\"Layers\":[\"1/layer.tar\",\"2/layer.tar\"]}]"

static void layers_are_applied_in_the_order_of_the_manifest(void **state)
{
	static const struct tar_entry lower[] = {
		{ .name = "etc/a", .text = "lower" }, { .name = "etc/gone", .text = "gone" }, { 0 },
	};
	static const struct tar_entry upper[] = { { .name = "etc/a", .text = "upper" }, { .name = "etc/.wh.gone" }, { 0 } };
	CLEANUP(strbuf_release) struct strbuf tar = STRBUF_INIT, first = STRBUF_INIT, second = STRBUF_INIT;
	CLEANUP(opened_release) struct opened opened = { 0 };

	tar_add_all(&first, lower);
	tar_end(&first);
	tar_add_all(&second, upper);
	tar_end(&second);
	tar_add_bytes(&tar, &(struct tar_entry){ .name = "2/layer.tar" }, second.buf, second.len);
	tar_add_bytes(&tar, &(struct tar_entry){ .name = "1/layer.tar" }, first.buf, first.len);
	tar_add(&tar, &(struct tar_entry){ .name = "manifest.json", .text = MANIFEST });
	tar_end(&tar);
	open_bytes(&tar, &opened);
	expect_file(&opened, "/etc/a", "upper");
	expect_file(&opened, "/etc/gone", NULL);
	expect_file(&opened, "/manifest.json", NULL);
}

static void a_layer_that_cannot_be_read_is_named(void **state)
{
	static const struct tar_entry entries[] = {
		{ .name = "manifest.json", .text = MANIFEST }, { .name = "1/layer.tar", .text = "no tar" }, { 0 },
	};
	CLEANUP(opened_release) struct opened opened = { 0 };

	open_entries(entries, &opened);
	assert_int_equal(opened.r, -EINVAL);
	assert_string_equal(opened.why.buf, "layer 1 of 2 (1/layer.tar): expected a tar archive, found neither JSON nor an archive");
}

static void a_manifest_json_of_another_kind_is_a_file(void **state)
{
	static const struct tar_entry entries[] = {
		{ .name = "manifest.json", .text = "{\"name\": \"an application\"}" }, { .name = "etc/a", .text = "a" }, { 0 },
	};
	CLEANUP(opened_release) struct opened opened = { 0 };

	open_entries(entries, &opened);
	expect_file(&opened, "/etc/a", "a");
}

/* ---- documents ---- */

#define DIGEST(c) "sha256:" c c c c c c c c c c c c c c c c
#define BLOB(c) "blobs/sha256/" c c c c c c c c c c c c c c c c
#define LAYER_TYPE "application/vnd.oci.image.layer.v1.tar+gzip"

struct document {
	const char *path, *text;
};

static int read_document(void *context, const char *path, struct strbuf *text)
{
	for (const struct document *document = context; document->path; document++)
		if (streq(document->path, path)) {
			strbuf_add_string(text, document->text);
			return 0;
		}
	return -ENOENT;
}

struct oci_case {
	const char *index;
	struct document documents[3];
	const char *layers;		/* or the beginning of why */
	int error;
};

static void oci_documents_name_the_layers(void **state)
{
	static const char manifest[] = "{\"layers\": [{\"mediaType\": \"" LAYER_TYPE "\", \"digest\": \"" DIGEST("aaaa")
				       "\", \"size\": 7}, {\"digest\": \"" DIGEST("bbbb") "\"}]}";
	static const struct oci_case cases[] = {
		{ "{\"manifests\": [{\"digest\": \"" DIGEST("1111") "\"}]}", { { BLOB("1111"), manifest } },
		  BLOB("aaaa") "(7) " BLOB("bbbb"), 0 },
		/* This architecture, then Linux; never what nobody knows. */
		{ "{\"manifests\": [{\"digest\": \"" DIGEST("2222") "\", \"platform\": {\"os\": \"unknown\", \"architecture\": "
		  "\"unknown\"}}, {\"digest\": \"" DIGEST("3333") "\", \"platform\": {\"os\": \"linux\", \"architecture\": "
		  "\"s390x\"}}, {\"digest\": \"" DIGEST("1111") "\", \"platform\": {\"os\": \"linux\", \"architecture\": "
		  "\"amd64\"}}]}", { { BLOB("1111"), manifest } }, BLOB("aaaa") "(7) " BLOB("bbbb"), 0 },
		/* An index within the index. */
		{ "{\"manifests\": [{\"mediaType\": \"application/vnd.oci.image.index.v1+json\", \"digest\": \"" DIGEST("4444")
		  "\"}]}", { { BLOB("4444"), "{\"manifests\": [{\"digest\": \"" DIGEST("1111") "\"}]}" },
		  { BLOB("1111"), manifest } }, BLOB("aaaa") "(7) " BLOB("bbbb"), 0 },
		{ "{\"manifests\": []}", { { 0 } }, "index.json: it names no image", -EINVAL },
		{ "{\"manifests\": [{\"digest\": \"" DIGEST("1111") "\"}]}", { { 0 } },
		  "the manifest " BLOB("1111") ": it is not there", -EINVAL },
		{ "{\"manifests\": [{\"digest\": \"../../etc/passwd\"}]}", { { 0 } }, "index.json: expected a digest", -EINVAL },
		{ "{\"manifests\": [{\"digest\": \"sha256:../../etc/passwd00000000000000000000\"}]}", { { 0 } },
		  "index.json: expected a digest", -EINVAL },
		{ "{\"manifests\": [{}]}", { { 0 } }, "index.json: a descriptor without a digest", -EINVAL },
		{ "{\"manifests\": [{\"digest\": \"" DIGEST("1111") "\"}]}", { { BLOB("1111"), "{\"layers\": [1]}" } },
		  BLOB("1111") ": layers: expected descriptors", -EINVAL },
		{ "[]", { { 0 } }, "index.json: expected an image manifest", -EINVAL },
		{ "{", { { 0 } }, "index.json: ", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf index = STRBUF_INIT, why = STRBUF_INIT, found = STRBUF_INIT;
		CLEANUP(image_layers_release) struct image_layers layers = { 0 };
		struct document *documents = (struct document *)(uintptr_t)cases[i].documents;
		int r;

		strbuf_add_string(&index, cases[i].index);
		r = image_oci_index(&index, "amd64", read_document, documents, &layers, &why);
		for (size_t j = 0; j < layers.count && r == 0; j++) {
			strbuf_addf(&found, "%s%s", j ? " " : "", layers.items[j].path);
			if (layers.items[j].has_size)
				strbuf_addf(&found, "(%llu)", (unsigned long long)layers.items[j].size);
		}
		if (r < 0)
			strbuf_add(&found, why.buf, MIN(why.len, strlen(cases[i].layers)));
		assert_string_equal(found.buf, cases[i].layers);
		assert_int_equal(r, cases[i].error);
	}
}

static void docker_manifests_name_the_layers(void **state)
{
	static const struct {
		const char *text, *result;
		int error;
	} cases[] = {
		{ MANIFEST, "1/layer.tar", 0 },
		{ "[{\"Layers\": [\"./x.tar\"]}, {\"Layers\": []}]", "x.tar", 0 },
		{ "[{\"Layers\": [\"../x.tar\"]}]", "manifest.json: the path of layer 1, '../x.tar', leads out of the image", -EINVAL },
		{ "[{\"Layers\": [\"/x.tar\"]}]", "manifest.json: the path of layer 1, '/x.tar', leads out of the image", -EINVAL },
		{ "[{\"Layers\": [{}]}]", "manifest.json: Layers: expected paths", -EINVAL },
		{ "[]", "manifest.json: expected a list of images with their Layers", -ENOENT },
		{ "{\"schemaVersion\": 2}", "manifest.json: expected a list of images with their Layers", -ENOENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;
		CLEANUP(image_layers_release) struct image_layers layers = { 0 };

		strbuf_add_string(&text, cases[i].text);
		assert_int_equal(image_docker_manifest(&text, &layers, &why), cases[i].error);
		assert_string_equal(cases[i].error ? why.buf : layers.items[0].path, cases[i].result);
	}
}

/* ---- what is kept ---- */

static void readers_say_what_is_kept(void **state)
{
	static const struct {
		const char *path;
		bool kept;
	} cases[] = {
		{ "etc/hosts", true },
		{ "etc", true },
		{ "etcetera", false },
		{ "usr/lib/sysctl.d/a.conf", true },
		{ "lib/sysctl.d/a.conf", true },
		{ "usr/lib/other", false },
		{ "proc/meminfo", true },
		{ "proc/meminfo/x", false },
		{ "proc/kcore", false },
		{ "tree/proc/meminfo", true },
		{ "usr/etc/hosts", false },
		{ "a/b/etc/hosts", false },
	};
	struct image_wanted wanted;

	image_wanted_init(&wanted, globs, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (image_wanted_has(&wanted, cases[i].path) != cases[i].kept)
			fail_msg("%s", cases[i].path);
	image_wanted_add(&wanted, "opt/x");
	assert_true(image_wanted_has(&wanted, "opt/x"));
	assert_int_equal(image_wanted_limit("usr/lib/modules/6.1/kernel/fs/xfs.ko.xz"), 0);
	assert_int_equal(image_wanted_limit("boot/initrd.img-6.1"), 0);
	assert_true(image_wanted_limit("usr/lib/systemd/system/initrd-cleanup.service") > 0);
	assert_true(image_wanted_limit("boot/EFI/Linux/a.efi") > image_wanted_limit("etc/fstab"));
	image_wanted_release(&wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_read_is_kept),
		cmocka_unit_test(the_private_directory_goes_with_the_root),
		cmocka_unit_test(a_root_in_a_directory_of_the_archive_is_found),
		cmocka_unit_test(what_a_link_leads_to_is_named_when_it_was_not_kept),
		cmocka_unit_test(links_of_directories_lead_where_they_should),
		cmocka_unit_test(layers_are_applied_in_the_order_of_the_manifest),
		cmocka_unit_test(a_layer_that_cannot_be_read_is_named),
		cmocka_unit_test(a_manifest_json_of_another_kind_is_a_file),
		cmocka_unit_test(oci_documents_name_the_layers),
		cmocka_unit_test(docker_manifests_name_the_layers),
		cmocka_unit_test(readers_say_what_is_kept),
	};

	return RUN_TESTS(tests);
}
