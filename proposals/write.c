/* SPDX-License-Identifier: Apache-2.0 */
/* A write into a file below /proc/sys or /sys. */
#include <fnmatch.h>

#include "../probes/boot-path.h"
#include "reader.h"

#define THP_DIRECTORY "/sys/kernel/mm/transparent_hugepage/"

static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

/* "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled" is thp.hugepages-64kB.enabled. */
static bool name_thp(const char *path, struct strbuf *key)
{
	if (!starts_with(path, THP_DIRECTORY))
		return false;
	strbuf_reset(key);
	strbuf_addf(key, "thp.%s", path + strlen(THP_DIRECTORY));
	for (char *c = key->buf; *c; c++)
		*c = *c == '/' ? '.' : *c;
	return true;
}

/* A file of /sys that belongs to no device, unit or cgroup: the tunable that has this path. */
static void name_host_file(const struct registry *registry, const char *path, struct strbuf *key)
{
	if (name_thp(path, key) || !registry)
		return;
	for (size_t i = 0; i < registry_total(registry); i++) {
		const struct entry *entry = registry_at(registry, i);

		if (entry->class != ENTRY_TUNABLE || entry->about != SUBJECT_KIND_HOST || !entry->path)
			continue;
		if (streq(entry->path, path)) {
			strbuf_reset(key);
			strbuf_add_string(key, entry->key);
			return;
		}
	}
}

void read_file_key(const struct reading *reading, const char *path, struct strbuf *key)
{
	strbuf_reset(key);
	strbuf_add_string(key, path);
	name_host_file(reading->registry, path, key);
}

bool read_write(struct reading *reading, const struct proposed *item, const char *path, const char *value)
{
	CLEANUP(boot_about_release) struct boot_about about = BOOT_ABOUT_INIT;
	struct proposed filled = *item;

	if (!boot_path_about(path, &about))
		return false;
	if (about.kind == SUBJECT_KIND_HOST && about.key.buf[0] == '/')
		read_file_key(reading, path, &about.key);
	filled.kind = about.kind;
	filled.subject = about.subject.buf;
	filled.key = about.key.buf;
	filled.value = value;
	filled.pattern = is_pattern(about.subject.buf) || is_pattern(about.key.buf);
	(void)proposal_add(reading->proposal, &filled);
	return true;
}
