/* SPDX-License-Identifier: Apache-2.0 */
#include "unit-property.h"

#include <errno.h>

/* clang-format off */
const struct unit_property unit_properties[UNIT_PROPERTIES] = {
	{ "CPUQuotaPerSecUSec", NULL, "CPUQuota", UNIT_VALUE_QUOTA, UNIT_BOTH, false },
	{ "CPUWeight", NULL, "CPUWeight", UNIT_VALUE_CPU_WEIGHT, UNIT_BOTH, true },
	{ "IOWeight", NULL, "IOWeight", UNIT_VALUE_WEIGHT, UNIT_BOTH, true },
	{ "LimitMEMLOCK", "LimitMEMLOCKSoft", "LimitMEMLOCK", UNIT_VALUE_SIZE, UNIT_SERVICE, false },
	{ "LimitNOFILE", "LimitNOFILESoft", "LimitNOFILE", UNIT_VALUE_COUNT, UNIT_SERVICE, false },
	{ "LimitNPROC", "LimitNPROCSoft", "LimitNPROC", UNIT_VALUE_COUNT, UNIT_SERVICE, false },
	{ "MemoryHigh", NULL, "MemoryHigh", UNIT_VALUE_SIZE_SHARE, UNIT_BOTH, false },
	{ "MemoryMax", NULL, "MemoryMax", UNIT_VALUE_SIZE_SHARE, UNIT_BOTH, false },
	{ "OOMScoreAdjust", NULL, "OOMScoreAdjust", UNIT_VALUE_ADJUST, UNIT_SERVICE, false },
	{ "TasksMax", NULL, "TasksMax", UNIT_VALUE_SHARE, UNIT_BOTH, false },
};
/* clang-format on */

unsigned int unit_sections(const char *name)
{
	if (ends_with(name, ".service"))
		return UNIT_SERVICE;
	return ends_with(name, ".slice") ? UNIT_SLICE : 0;
}

unsigned int unit_section(const char *section)
{
	if (streq(section, "Service"))
		return UNIT_SERVICE;
	return streq(section, "Slice") ? UNIT_SLICE : 0;
}

/* A limit of no bytes or no tasks is out of range; of no percent of all tasks it is not. */
static bool is_nothing(enum unit_value kind, const char *text)
{
	bool percent = ends_with(text, "%");

	if (kind != UNIT_VALUE_SIZE_SHARE && (kind != UNIT_VALUE_SHARE || percent))
		return false;
	return strspn(text, "0.") == strlen(text) - percent;
}

int unit_property_parse(const struct unit_property *property, const char *text, struct strbuf *soft, struct strbuf *value)
{
	int r;

	strbuf_reset(soft);
	strbuf_reset(value);
	if (property->soft)
		return unit_limit_parse(property->kind, text, soft, value);
	if (!*text)
		return 0;
	r = unit_value_parse(property->kind, text, value);
	if (r < 0)
		return r;
	return is_nothing(property->kind, value->buf) ? -EINVAL : 0;
}

const char *unit_property_error(int error)
{
	return error == -ERANGE ? "the soft limit is above the hard one" : "a value that systemd ignores";
}
