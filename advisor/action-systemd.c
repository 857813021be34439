/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroup attributes, unit properties and resource limits: what systemd owns on most hosts.
 *
 * A cgroup file of a unit is written through systemd, which would otherwise write its own value again; the names and
 * meanings are those of systemd.resource-control(5). */
#include "action.h"

#include "../core/parse.h"
#include "rule.h"

/* How the text of a cgroup file becomes the value of a property; false: it has no exact form. */
typedef bool property_form(const struct target *target, const char *value, struct strbuf *out);

static bool form_number(const struct target *target, const char *value, struct strbuf *out)
{
	uint64_t number;

	(void)target;
	if (streq(value, "max") || streq(value, "-1")) {
		strbuf_add_string(out, "infinity");
		return true;
	}
	if (parse_u64(value, &number) < 0)
		return false;
	strbuf_add_string(out, value);
	return true;
}

/* CPUQuota= has two decimals of a percent. */
static bool form_quota(const char *quota_text, const char *period_text, struct strbuf *out)
{
	uint64_t quota, period, permyriad;

	if (streq(quota_text, "max") || streq(quota_text, "-1"))
		return true;		/* empty: no quota */
	if (parse_u64(quota_text, &quota) < 0 || parse_u64(period_text, &period) < 0 || period == 0 || quota == 0 ||
	    quota > UINT64_MAX / 10000 || quota * 10000 % period != 0)
		return false;
	permyriad = quota * 10000 / period;
	strbuf_addf(out, "%llu", (unsigned long long)(permyriad / 100));
	if (permyriad % 100)
		strbuf_addf(out, ".%02llu", (unsigned long long)(permyriad % 100));
	strbuf_add_char(out, '%');
	return true;
}

/* "50000 100000": systemd keeps its own period, so only its usual one keeps its meaning. */
static bool form_cpu_max(const struct target *target, const char *value, struct strbuf *out)
{
	const char *cursor = value, *word;
	CLEANUP(strbuf_release) struct strbuf quota = STRBUF_INIT, period = STRBUF_INIT;
	size_t length;

	(void)target;
	if (!next_word(&cursor, &word, &length))
		return false;
	strbuf_add(&quota, word, length);
	if (next_word(&cursor, &word, &length))
		strbuf_add(&period, word, length);
	else
		strbuf_add_string(&period, "100000");
	return streq(period.buf, "100000") && form_quota(quota.buf, period.buf, out);
}

static bool form_cfs_quota(const struct target *target, const char *value, struct strbuf *out)
{
	const char *period = action_sibling(target, "cpu.cfs_period_us");

	return period && streq(period, "100000") && form_quota(value, period, out);
}

/* "default 100" */
static bool form_weight(const struct target *target, const char *value, struct strbuf *out)
{
	if (starts_with(value, "default ") && !strchr(value, '\n'))
		value += 8;
	return !streq(value, "max") && form_number(target, value, out);
}

static bool form_set(const struct target *target, const char *value, struct strbuf *out)
{
	(void)target;
	if (!action_printable(value))
		return false;
	strbuf_add_string(out, value);
	return true;
}

struct property {
	const char *attribute;		/* cgroup file */
	const char *name;		/* systemd property */
	property_form *form;
};

/* clang-format off */
static const struct property properties[] = {
	{ .attribute = "cpu.cfs_quota_us",      .name = "CPUQuota",           .form = form_cfs_quota, },
	{ .attribute = "cpu.max",               .name = "CPUQuota",           .form = form_cpu_max, },
	{ .attribute = "cpu.weight",            .name = "CPUWeight",          .form = form_weight, },
	{ .attribute = "cpuset.cpus",           .name = "AllowedCPUs",        .form = form_set, },
	{ .attribute = "cpuset.mems",           .name = "AllowedMemoryNodes", .form = form_set, },
	{ .attribute = "io.weight",             .name = "IOWeight",           .form = form_weight, },
	{ .attribute = "memory.high",           .name = "MemoryHigh",         .form = form_number, },
	{ .attribute = "memory.limit_in_bytes", .name = "MemoryMax",          .form = form_number, },
	{ .attribute = "memory.low",            .name = "MemoryLow",          .form = form_number, },
	{ .attribute = "memory.max",            .name = "MemoryMax",          .form = form_number, },
	{ .attribute = "memory.min",            .name = "MemoryMin",          .form = form_number, },
	{ .attribute = "memory.swap.max",       .name = "MemorySwapMax",      .form = form_number, },
	{ .attribute = "memory.zswap.max",      .name = "MemoryZSwapMax",     .form = form_number, },
	{ .attribute = "pids.max",              .name = "TasksMax",           .form = form_number, },
};
/* clang-format on */

static const struct property *property_of(const char *attribute)
{
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (streq(attribute, properties[i].attribute))
			return &properties[i];
	return NULL;
}

/* A directory or file name of its own: no slash, not a dot in front, nothing a unit name cannot hold. */
static bool is_unit_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9') &&
		    !strchr(":-_.\\@", *c))
			return false;
	return *name && *name != '.';
}

/* "/system.slice/nginx.service" → "nginx.service".  The units of a user's own systemd are out of reach, and those of
 * the kubelet are the kubelet's. */
static const char *unit_of_cgroup(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (!ends_with(name, ".service") && !ends_with(name, ".slice") && !ends_with(name, ".scope"))
		return NULL;
	if (!is_unit_name(name) || *name == '-' || strstr(path, "kubepods"))
		return NULL;
	if (strstr(path, "/user@") && strstr(path, ".service/"))
		return NULL;
	return name;
}

struct assignment {		/* NAME=VALUE of a unit; name NULL: the file is written instead */
	const char *unit, *name;
	struct strbuf value;
};

#define ASSIGNMENT_INIT { .value = STRBUF_INIT }

static void assignment_release(struct assignment *assignment)
{
	strbuf_release(&assignment->value);
}

static void cgroup_assignment(const struct target *target, const char *value, struct assignment *assignment)
{
	const struct property *property = property_of(target->key);

	assignment->unit = unit_of_cgroup(target->name);
	if (assignment->unit && property && property->form(target, value, &assignment->value))
		assignment->name = property->name;
}

static void set_property(const struct assignment *assignment, bool runtime, struct strbuf *out)
{
	strbuf_addf(out, "systemctl set-property %s", runtime ? "--runtime " : "");
	action_word(out, assignment->unit);
	strbuf_add_char(out, ' ');
	action_wordf(out, "%s=%s", assignment->name, assignment->value.buf);
	strbuf_add_char(out, '\n');
}

static void cgroup_write(const struct target *target, const char *value, struct strbuf *out)
{
	CLEANUP(assignment_release) struct assignment assignment = ASSIGNMENT_INIT;

	cgroup_assignment(target, value, &assignment);
	if (assignment.name)
		set_property(&assignment, true, out);
	else if (*target->path == '/')
		action_echo(out, value, target->path);
}

/* Files with one line for each device.  A write adds or changes the line of one, and this takes it away again. */
struct per_device {
	const char *attribute, *nothing;
};

/* clang-format off */
static const struct per_device per_device[] = {
	{ .attribute = "blkio.throttle.read_bps_device",   .nothing = "0", },
	{ .attribute = "blkio.throttle.read_iops_device",  .nothing = "0", },
	{ .attribute = "blkio.throttle.write_bps_device",  .nothing = "0", },
	{ .attribute = "blkio.throttle.write_iops_device", .nothing = "0", },
	{ .attribute = "io.bfq.weight",                    .nothing = "default", },
	{ .attribute = "io.latency",                       .nothing = "target=0", },
	{ .attribute = "io.max",                           .nothing = "rbps=max wbps=max riops=max wiops=max", },
	{ .attribute = "io.weight",                        .nothing = "default", },
};
/* clang-format on */

/* The line of raw that begins with this word: "259:0 rbps=1048576 wbps=max riops=max wiops=max" */
static const char *line_of(const char *raw, const char *word, size_t length)
{
	for (; raw; raw = strchr(raw, '\n') ? strchr(raw, '\n') + 1 : NULL)
		if (strncmp(raw, word, length) == 0 && raw[length] == ' ')
			return raw;
	return NULL;
}

static void device_line_back(const struct target *target, const struct per_device *file, const char *value,
			     struct strbuf *out)
{
	size_t length = strcspn(value, " ");
	bool is_device = memchr(value, ':', length) != NULL;
	const char *name = is_device ? value : "default", *line;

	if (!is_device)			/* io.weight: "default 200", or just "200" */
		length = strlen(name);
	line = line_of(target->raw, name, length);
	if (line)
		strbuf_add(out, line, strcspn(line, "\n"));
	else
		strbuf_addf(out, "%.*s %s", (int)length, name, file->nothing);
}

static void cgroup_lines_back(const struct target *target, const char *value, struct strbuf *out)
{
	static const char switched[] = "oom_kill_disable ";
	CLEANUP(assignment_release) struct assignment assignment = ASSIGNMENT_INIT;

	cgroup_assignment(target, value, &assignment);
	if (assignment.name || *target->path != '/')
		return;
	/* memory.oom_control: "oom_kill_disable 0", and counters below it */
	if (streq(target->key, "memory.oom_control") && starts_with(target->raw, switched))
		strbuf_add(out, target->raw + strlen(switched), strcspn(target->raw + strlen(switched), "\n"));
	for (size_t i = 0; i < ARRAY_SIZE(per_device); i++)
		if (streq(target->key, per_device[i].attribute))
			device_line_back(target, &per_device[i], value, out);
}

static void cgroup_plan(const struct target *target, const char *value, struct plan_write *out)
{
	CLEANUP(assignment_release) struct assignment assignment = ASSIGNMENT_INIT;
	CLEANUP(strbuf_release) struct strbuf set = STRBUF_INIT;

	cgroup_assignment(target, value, &assignment);
	if (!assignment.name)
		return;
	set_property(&assignment, true, &set);
	out->set = arena_strdup(target->arena, set.buf);
	out->tool = "systemctl";
	out->leaves = arena_formatf(target->arena, "/run/systemd/system.control/%s.d/50-%s.conf", assignment.unit,
				    assignment.name);
}

static void cgroup_verify(const struct target *target, const char *value, struct strbuf *out)
{
	if (*target->path == '/')
		action_verify_file(target, value, out);
}

static const char *section_of(const char *unit, const char *directive);

/* A percent sign begins a specifier, but not as the last character of a share, which form_quota() made. */
static bool is_directive_value(const char *value)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_add_string(&text, value);
	if (ends_with(text.buf, "%"))
		strbuf_truncate(&text, text.len - 1);
	return action_printable(text.buf);
}

/* The same as a file of its own: unlike set-property it can be told from what an administrator set. */
static void add_drop_in(struct lasting *out, const char *base, const char *unit, const char *directive, const char *value)
{
	const char *section = section_of(unit, directive);

	if (!section || !action_plain(directive) || !is_directive_value(value))
		action_note(out, "its value cannot be written in a drop-in file");
	else
		action_file(out, arena_formatf(out->arena, "%s/%s.d/90-keisoku-%s.conf", base, unit, directive),
			    arena_formatf(out->arena, "[%s]\n%s=%s\n", section, directive, value),
			    "systemctl daemon-reload", "systemctl");
}

static void cgroup_persist(const struct target *target, const char *value, struct lasting *out)
{
	CLEANUP(assignment_release) struct assignment assignment = ASSIGNMENT_INIT;

	cgroup_assignment(target, value, &assignment);
	if (assignment.unit)
		out->owner = "systemd";
	if (strstr(target->name, "kubepods")) {
		action_persist_pod(target, value, out);
	} else if (!assignment.name) {
		action_note(out, "a cgroup is made anew each time: change what makes it");
	} else if (ends_with(assignment.unit, ".scope")) {
		action_note(out, "a scope lives only as long as its processes: change what starts it");
	} else {
		set_property(&assignment, false, &out->persist);
		add_drop_in(out, "/etc/systemd/system", assignment.unit, assignment.name, assignment.value.buf);
		strbuf_add_string(&out->unpersist, "rm -f ");
		action_wordf(&out->unpersist, "/etc/systemd/system.control/%s.d/50-%s.conf", assignment.unit,
			     assignment.name);
		strbuf_add_string(&out->unpersist, " && systemctl daemon-reload\n");
	}
}

const struct actuator actuator_cgroup = {
	.write = cgroup_write,
	.lines_back = cgroup_lines_back,
	.verify = cgroup_verify,
	.persist = cgroup_persist,
	.plan = cgroup_plan,
};

/* A drop-in file of a unit. */

static const char *section_of(const char *unit, const char *directive)
{
	static const char *const sections[][2] = {
		{ ".mount", "Mount" },	 { ".scope", "Scope" }, { ".service", "Service" },
		{ ".slice", "Slice" },	 { ".socket", "Socket" }, { ".swap", "Swap" },
	};

	if (starts_with(directive, "StartLimit"))
		return "Unit";
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (ends_with(unit, sections[i][0]))
			return sections[i][1];
	return NULL;
}

/* Writes directory/90-keisoku-DIRECTIVE.conf.  action_printable() lets no percent sign (a specifier) and no backslash
 * (a line that goes on) through. */
static void drop_in(const char *directory, const char *section, const char *directive, const char *value,
		    struct strbuf *write, struct strbuf *remove)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;

	if (!section || !action_plain(directive) || !action_printable(value))
		return;
	strbuf_addf(&file, "%s/90-keisoku-%s.conf", directory, directive);

	strbuf_add_string(write, "mkdir -p ");
	action_word(write, directory);
	strbuf_addf(write, " && printf '%%s\\n' '[%s]' ", section);
	action_wordf(write, "%s=%s", directive, value);
	strbuf_add_string(write, " > ");
	action_word(write, file.buf);
	strbuf_add_string(write, " && systemctl daemon-reload\n");

	strbuf_add_string(remove, "rm -f ");
	action_word(remove, file.buf);
	strbuf_add_string(remove, " && systemctl daemon-reload\n");
}

static void unit_drop_in(const char *base, const char *unit, const char *directive, const char *value,
			 struct strbuf *write, struct strbuf *remove)
{
	CLEANUP(strbuf_release) struct strbuf directory = STRBUF_INIT;

	if (!is_unit_name(unit) || *unit == '-')
		return;
	strbuf_addf(&directory, "%s/%s.d", base, unit);
	drop_in(directory.buf, section_of(unit, directive), directive, value, write, remove);
}

/* "limits.system.DefaultTasksMax" of the host is DefaultTasksMax= of the manager itself. */
static const char *manager_directive(const struct target *target)
{
	const char *dot = strrchr(target->key, '.');

	return dot ? dot + 1 : target->key;
}

static bool is_infinity(const char *value)
{
	return streq(value, "18446744073709551615") || streq(value, "infinity");
}

static uint64_t limit_number(const char *value)
{
	uint64_t number;

	return parse_u64(value, &number) < 0 ? UINT64_MAX : number;
}

static void add_limit(struct strbuf *out, const char *value)
{
	strbuf_add_string(out, is_infinity(value) ? "infinity" : value);
}

/* LimitNOFILE=1024:524288 has two halves, and LimitNOFILE=1024 sets both.  On the bus the hard one is LimitNOFILE, the
 * soft one LimitNOFILESoft, so the half that stays is taken from the other property; soft above hard is refused. */
static void limit_halves(const struct target *target, const char *value, struct strbuf *out)
{
	bool soft = ends_with(target->key, "Soft");
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const char *other;

	strbuf_add(&key, target->key, strlen(target->key) - (soft ? strlen("Soft") : 0));
	if (!soft)
		strbuf_add_string(&key, "Soft");
	other = action_sibling(target, key.buf);
	if (!other || (soft ? limit_number(other) < limit_number(value) : limit_number(other) > limit_number(value)))
		other = value;

	add_limit(out, soft ? value : other);
	if (limit_number(other) != limit_number(value)) {
		strbuf_add_char(out, ':');
		add_limit(out, soft ? other : value);
	}
}

/* The line DIRECTIVE=VALUE of a property.  D-Bus has microseconds of CPU time in a second where the directive has a
 * percentage, and UINT64_MAX where there is no limit. */
static bool directive_line(const struct target *target, const char *property, const char *value,
			   struct strbuf *directive, struct strbuf *out)
{
	bool soft = ends_with(property, "Soft");

	if (streq(property, "CPUQuotaPerSecUSec")) {
		strbuf_add_string(directive, "CPUQuota");
		return form_quota(is_infinity(value) ? "max" : value, "1000000", out);
	}
	if (starts_with(property, "Limit") || starts_with(property, "DefaultLimit")) {
		strbuf_add(directive, property, strlen(property) - (soft ? strlen("Soft") : 0));
		limit_halves(target, value, out);
		return true;
	}
	strbuf_add_string(directive, property);
	add_limit(out, value);
	return true;
}

static bool is_resource_control(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (streq(name, properties[i].name))
			return true;
	return false;
}

static void unit_set(const struct target *target, const char *value, bool runtime, struct strbuf *write,
		     struct strbuf *remove)
{
	CLEANUP(assignment_release) struct assignment assignment = ASSIGNMENT_INIT;
	CLEANUP(strbuf_release) struct strbuf directive = STRBUF_INIT;

	if (!is_unit_name(target->name) || *target->name == '-' ||
	    !directive_line(target, target->key, value, &directive, &assignment.value))
		return;
	if (!is_resource_control(directive.buf)) {
		unit_drop_in(runtime ? "/run/systemd/system" : "/etc/systemd/system", target->name, directive.buf,
			     assignment.value.buf, write, remove);
		return;
	}
	assignment.unit = target->name;
	assignment.name = directive.buf;
	set_property(&assignment, runtime, write);
	strbuf_add_string(remove, "rm -f ");
	action_wordf(remove, "%s/systemd/system.control/%s.d/50-%s.conf", runtime ? "/run" : "/etc", target->name,
		     directive.buf);
	strbuf_add_string(remove, " && systemctl daemon-reload\n");
}

static const char *manager_directory(const struct target *target)
{
	return starts_with(target->key, "limits.user.") ? "/etc/systemd/user.conf.d" : "/etc/systemd/system.conf.d";
}

static void manager_set(const struct target *target, const char *value, struct strbuf *write, struct strbuf *remove)
{
	CLEANUP(strbuf_release) struct strbuf directive = STRBUF_INIT, text = STRBUF_INIT;

	if (directive_line(target, manager_directive(target), value, &directive, &text))
		drop_in(manager_directory(target), "Manager", directive.buf, text.buf, write, remove);
}

static void unit_write(const struct target *target, const char *value, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf remove = STRBUF_INIT;

	if (target->entry->about == SUBJECT_KIND_UNIT)
		unit_set(target, value, true, out, &remove);
}

static void unit_show(const struct target *target, const char *property, const char *value, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;

	strbuf_add_string(&command, "systemctl show --value -p ");
	action_word(&command, property);
	if (target->entry->about == SUBJECT_KIND_UNIT) {
		strbuf_add_string(&command, " -- ");
		action_word(&command, target->name);
	}
	action_verify_command(command.buf, action_reads_back(target, value), out);
}

static void unit_verify(const struct target *target, const char *value, struct strbuf *out)
{
	bool unit = target->entry->about == SUBJECT_KIND_UNIT;

	unit_show(target, unit ? target->key : manager_directive(target), value, out);
}

static void unit_persist(const struct target *target, const char *value, struct lasting *out)
{
	CLEANUP(strbuf_release) struct strbuf directive = STRBUF_INIT, text = STRBUF_INIT;
	bool unit = target->entry->about == SUBJECT_KIND_UNIT;

	out->owner = "systemd";
	if (unit) {
		unit_set(target, value, false, &out->persist, &out->unpersist);
		if (out->persist.len && directive_line(target, target->key, value, &directive, &text))
			add_drop_in(out, "/etc/systemd/system", target->name, directive.buf, text.buf);
	} else {
		manager_set(target, value, &out->persist, &out->unpersist);
		if (out->persist.len && directive_line(target, manager_directive(target), value, &directive, &text))
			action_file(out, arena_formatf(out->arena, "%s/90-keisoku-%s.conf", manager_directory(target),
						       directive.buf),
				    arena_formatf(out->arena, "[Manager]\n%s=%s\n", directive.buf, text.buf),
				    "systemctl daemon-reload", "systemctl");
		action_note(out, "units started after `systemctl daemon-reexec` have it");
	}
	if (!out->persist.len)
		action_note(out, "its name or value cannot be written in a drop-in file");
}

/* What runs is left alone: a unit is told by its files, and a process may be another one by the time of the change. */
static void next_start_plan(const struct target *target, const char *value, struct plan_write *out)
{
	(void)target;
	(void)value;
	out->path = "";
}

const struct actuator actuator_systemd_unit = {
	.write = unit_write,
	.verify = unit_verify,
	.persist = unit_persist,
	.plan = next_start_plan,
};

/* getrlimit(2) by the names of prlimit(1) and systemd.exec(5). */
struct limit {
	const char *name;	/* prlimit --NAME */
	const char *directive;
};

/* clang-format off */
static const struct limit limits[] = {
	{ .name = "as",         .directive = "LimitAS", },
	{ .name = "core",       .directive = "LimitCORE", },
	{ .name = "cpu",        .directive = "LimitCPU", },
	{ .name = "data",       .directive = "LimitDATA", },
	{ .name = "fsize",      .directive = "LimitFSIZE", },
	{ .name = "locks",      .directive = "LimitLOCKS", },
	{ .name = "memlock",    .directive = "LimitMEMLOCK", },
	{ .name = "msgqueue",   .directive = "LimitMSGQUEUE", },
	{ .name = "nice",       .directive = "LimitNICE", },
	{ .name = "nofile",     .directive = "LimitNOFILE", },
	{ .name = "nproc",      .directive = "LimitNPROC", },
	{ .name = "rss",        .directive = "LimitRSS", },
	{ .name = "rtprio",     .directive = "LimitRTPRIO", },
	{ .name = "rttime",     .directive = "LimitRTTIME", },
	{ .name = "sigpending", .directive = "LimitSIGPENDING", },
	{ .name = "stack",      .directive = "LimitSTACK", },
};
/* clang-format on */

/* Some component of the key names it: "limit.nofile.soft", "rlimit.nofile", "LimitNOFILE". */
static const struct limit *limit_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		size_t length = strlen(limits[i].name);

		if (strncmp(key, limits[i].directive, strlen(limits[i].directive)) == 0)
			return &limits[i];
		for (const char *part = key; part; part = strchr(part, '.') ? strchr(part, '.') + 1 : NULL)
			if (strncmp(part, limits[i].name, length) == 0 && (!part[length] || part[length] == '.'))
				return &limits[i];
	}
	return NULL;
}

/* "1024 524288" is soft and hard, "soft" or "hard" at the end of the key one of them. */
static void limit_value(const struct target *target, const char *value, struct strbuf *out)
{
	if (ends_with(target->key, "soft")) {
		strbuf_addf(out, "%s:", value);
	} else if (ends_with(target->key, "hard")) {
		strbuf_addf(out, ":%s", value);
	} else {
		for (const char *c = value; *c; c++)
			strbuf_add_char(out, *c == ' ' ? ':' : *c);
	}
}

/* The number before " (comm)". */
static bool pid_of(const struct target *target, uint64_t *ret_pid)
{
	const char *cursor = target->name;

	return scan_u64(&cursor, ret_pid) && *cursor == ' ' && *ret_pid > 0;
}

static void limit_write(const struct target *target, const char *value, struct strbuf *out)
{
	const struct limit *limit = limit_of(target->key);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint64_t pid;

	if (!limit || target->entry->about != SUBJECT_KIND_PROCESS || !pid_of(target, &pid))
		return;
	limit_value(target, value, &text);
	strbuf_addf(out, "prlimit --pid %llu ", (unsigned long long)pid);
	strbuf_addf(out, "--%s=", limit->name);
	action_word(out, text.buf);
	strbuf_add_char(out, '\n');
}

static void limit_verify(const struct target *target, const char *value, struct strbuf *out)
{
	const struct limit *limit = limit_of(target->key);
	uint64_t pid;

	if (!limit)
		return;
	if (target->entry->about == SUBJECT_KIND_UNIT)
		unit_show(target, limit->directive, value, out);
	else if (pid_of(target, &pid))
		strbuf_addf(out, "prlimit --pid %llu --%s\n", (unsigned long long)pid, limit->name);
}

/* "soft hard" is "soft:hard" and "unlimited" is "infinity" in a unit. */
static void limit_directive_value(const char *value, struct strbuf *out)
{
	static const char unlimited[] = "unlimited";

	while (*value) {
		if (strncmp(value, unlimited, strlen(unlimited)) == 0) {
			strbuf_add_string(out, "infinity");
			value += strlen(unlimited);
		} else {
			strbuf_add_char(out, *value == ' ' ? ':' : *value);
			value++;
		}
	}
}

/* limits.conf(5), for login sessions: "limits.conf.@web.soft.nofile"; a dot of the domain is "/" in a key. */
static bool limits_conf_persist(const struct target *target, const char *value, struct lasting *out)
{
	static const char prefix[] = "limits.conf.";
	const char *type = strstr(target->key, ".soft.") ? "soft" : "hard";
	const char *item = strrchr(target->key, '.'), *end;
	CLEANUP(strbuf_release) struct strbuf domain = STRBUF_INIT, line = STRBUF_INIT, name = STRBUF_INIT;

	if (!starts_with(target->key, prefix))
		return false;
	end = strstr(target->key, streq(type, "soft") ? ".soft." : ".hard.");
	for (const char *c = target->key + strlen(prefix); end && c < end; c++)
		strbuf_add_char(&domain, *c == '/' ? '.' : *c);
	if ((!streq(domain.buf, "*") && !action_plain(domain.buf + strspn(domain.buf, "@%"))) || !action_plain(value)) {
		action_note(out, "its name or value cannot be written in a limits.d file");
		return true;
	}
	strbuf_addf(&line, "%s %s %s %s", domain.buf, type, item + 1, value);
	strbuf_addf(&name, "%s-%s", type, item + 1);
	action_line(out, "/etc/security/limits.d", name.buf, "conf", line.buf);
	action_note(out, "sessions opened afterwards have it; services of systemd never see it");
	return true;
}

static void limit_persist(const struct target *target, const char *value, struct lasting *out)
{
	const struct limit *limit = limit_of(target->key);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *unit = NULL, *cgroup = action_sibling(target, "cgroup");

	if (limits_conf_persist(target, value, out))
		return;
	if (target->entry->about == SUBJECT_KIND_UNIT)
		unit = target->name;
	else if (cgroup)
		unit = unit_of_cgroup(cgroup);

	limit_directive_value(value, &text);
	if (limit && unit && ends_with(unit, ".service"))
		unit_drop_in("/etc/systemd/system", unit, limit->directive, text.buf, &out->persist, &out->unpersist);
	if (out->persist.len) {
		out->owner = "systemd";
		add_drop_in(out, "/etc/systemd/system", unit, limit->directive, text.buf);
	}
	if (out->persist.len)
		action_note(out, "the service has it after a restart");
	else
		action_note(out, "set %s= in the unit that starts it, or a line in /etc/security/limits.d for what "
				 "a login session starts", limit ? limit->directive : "the limit");
}

const struct actuator actuator_resource_limit = {
	.write = limit_write,
	.verify = limit_verify,
	.persist = limit_persist,
	.plan = next_start_plan,
};
