/* SPDX-License-Identifier: Apache-2.0 */
#include "sysctl-cmdline.h"

#include "sysctl-line.h"

/* Parameters with a name of their own that stand for a sysctl. */
static const char *const aliases[][2] = {
	{ "hardlockup_all_cpu_backtrace", "kernel.hardlockup_all_cpu_backtrace" },
	{ "hung_task_panic", "kernel.hung_task_panic" },
	{ "numa_zonelist_order", "vm.numa_zonelist_order" },
	{ "softlockup_all_cpu_backtrace", "kernel.softlockup_all_cpu_backtrace" },
};

void cmdline_argument_release(struct cmdline_argument *argument)
{
	strbuf_release(&argument->name);
	strbuf_release(&argument->value);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool cmdline_next(const char **cursor, struct cmdline_argument *argument)
{
	const char *c = *cursor;
	bool quoted = false;

	strbuf_reset(&argument->name);
	strbuf_reset(&argument->value);
	argument->has_value = false;
	while (is_blank(*c))
		c++;
	argument->text = c;
	for (; *c && (quoted || !is_blank(*c)); c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (*c == '=' && !argument->has_value)
			argument->has_value = true;
		else
			strbuf_add_char(argument->has_value ? &argument->value : &argument->name, *c);
	}
	argument->length = (size_t)(c - argument->text);
	*cursor = c;
	return argument->length > 0 && !(argument->length == 2 && starts_with(argument->text, "--"));
}

/* Every dot becomes a slash, so that a slash separates too. */
bool sysctl_cmdline_key(const char *name, struct strbuf *key)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (streq(aliases[i][0], name)) {
			strbuf_reset(key);
			strbuf_add_string(key, aliases[i][1]);
			return true;
		}
	if (!starts_with(name, "sysctl.") && !starts_with(name, "sysctl/"))
		return false;
	strbuf_add_string(&path, name + strlen("sysctl."));
	for (char *c = path.buf; *c; c++)
		*c = *c == '.' ? '/' : *c;
	return sysctl_key_of_path(path.buf, key);
}
