/* SPDX-License-Identifier: Apache-2.0 */
#include "boot-path.h"

void boot_about_release(struct boot_about *about)
{
	strbuf_release(&about->subject);
	strbuf_release(&about->key);
}

/* "%" stands for the subject's name, one component. */
static const struct place_of {
	const char *before, *after;
	enum subject_kind kind;
} places[] = {
	{ "/sys/block/", "/queue/", SUBJECT_KIND_BLOCK },
	{ "/sys/block/", "/", SUBJECT_KIND_BLOCK },
	{ "/sys/class/block/", "/queue/", SUBJECT_KIND_BLOCK },
	{ "/sys/class/net/", "/", SUBJECT_KIND_INTERFACE },
	{ "/sys/devices/system/cpu/cpufreq/policy", "/", SUBJECT_KIND_CPU },
	{ "/sys/devices/system/cpu/cpu", "/cpufreq/", SUBJECT_KIND_CPU },
};

static bool is_canonical(const char *path)
{
	return *path == '/' && !strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../") &&
	       !ends_with(path, "/") && !ends_with(path, "/..") && !ends_with(path, "/.");
}

/* Dots of a component become slashes, slashes between components dots. */
static void add_sysctl_key(const char *path, struct strbuf *key)
{
	for (; *path; path++)
		strbuf_add_char(key, *path == '/' ? '.' : *path == '.' ? '/' : *path);
}

static bool module_parameter(const char *path, struct strbuf *key)
{
	static const char before[] = "/sys/module/", between[] = "/parameters/";
	const char *name = path + strlen(before), *parameter;

	if (!starts_with(path, before))
		return false;
	parameter = strstr(name, between);
	if (!parameter || strchr(name, '/') != parameter)
		return false;
	strbuf_addf(key, "module.%.*s.%s", (int)(parameter - name), name, parameter + strlen(between));
	return true;
}

/* "queues/rx-0/rps_cpus" of an interface is rx-0.rps_cpus, as its probe has it. */
static void name_queue(struct strbuf *key)
{
	static const char before[] = "queues/";

	if (!starts_with(key->buf, before))
		return;
	for (char *c = key->buf + strlen(before); *c; c++)
		c[-(ptrdiff_t)strlen(before)] = *c == '/' ? '.' : *c;
	strbuf_truncate(key, key->len - strlen(before));
}

static bool of_subject(const char *path, struct boot_about *about)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *name = path + strlen(places[i].before), *slash;

		if (!starts_with(path, places[i].before))
			continue;
		slash = strchr(name, '/');
		if (!slash || slash == name || !starts_with(slash, places[i].after))
			continue;
		about->kind = places[i].kind;
		strbuf_add(&about->subject, name, (size_t)(slash - name));
		strbuf_add_string(&about->key, slash + strlen(places[i].after));
		/* as the probe of disks has "iosched.read_expire" */
		for (char *c = about->key.buf; about->kind == SUBJECT_KIND_BLOCK && *c; c++)
			*c = *c == '/' ? '.' : *c;
		/* The same number in two places. */
		if (about->kind == SUBJECT_KIND_BLOCK && streq(about->key.buf, "bdi.read_ahead_kb")) {
			strbuf_reset(&about->key);
			strbuf_add_string(&about->key, "read_ahead_kb");
		}
		if (about->kind == SUBJECT_KIND_INTERFACE)
			name_queue(&about->key);
		return true;
	}
	return false;
}

/* "/sys/fs/cgroup/system.slice/cpu.weight", "/sys/fs/cgroup/cpu,cpuacct/work/cpu.shares": of version 1 the controller is a
 * directory of its own, which the name of the file repeats. */
static bool of_cgroup(const char *path, struct boot_about *about)
{
	static const char before[] = "/sys/fs/cgroup";
	const char *name = path + strlen(before), *file = strrchr(path, '/') + 1, *dot = strchr(file, '.');
	const char *second;

	if (!starts_with(path, before) || *name != '/' || !dot)
		return false;
	second = strchr(name + 1, '/');
	if (second && (size_t)(second - name - 1) >= (size_t)(dot - file) && memcmp(name + 1, file, (size_t)(dot - file)) == 0 &&
	    (name[1 + (dot - file)] == '/' || name[1 + (dot - file)] == ','))
		name = second;
	about->kind = SUBJECT_KIND_CGROUP;
	if (file - 1 > name)
		strbuf_add(&about->subject, name, (size_t)(file - 1 - name));
	else
		strbuf_add_char(&about->subject, '/');
	strbuf_add_string(&about->key, file);
	return true;
}

bool boot_path_about(const char *path, struct boot_about *about)
{
	static const char sysctl[] = "/proc/sys/";

	strbuf_reset(&about->subject);
	strbuf_reset(&about->key);
	about->kind = SUBJECT_KIND_HOST;
	if (!is_canonical(path))
		return false;
	if (starts_with(path, sysctl)) {
		add_sysctl_key(path + strlen(sysctl), &about->key);
		return true;
	}
	if (!starts_with(path, "/sys/"))
		return false;
	if (!module_parameter(path, &about->key) && !of_subject(path, about) && !of_cgroup(path, about))
		strbuf_add_string(&about->key, path);
	return true;
}
