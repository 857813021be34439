/* SPDX-License-Identifier: Apache-2.0 */
/* The properties of systemd's services and slices that are known here. */
#ifndef KEISOKU_UNIT_PROPERTY_H
#define KEISOKU_UNIT_PROPERTY_H

#include "unit-file.h"

enum { UNIT_SERVICE = 1, UNIT_SLICE = 2, UNIT_BOTH = UNIT_SERVICE | UNIT_SLICE };

/* UNIT_SERVICE, UNIT_SLICE, or 0 for a unit of another type; of its name, and of a section of its file. */
unsigned int unit_sections(const char *name);
unsigned int unit_section(const char *section);

struct unit_property {
	const char *name;	/* on the bus, and the key here */
	const char *soft;	/* resource limits: the property of the soft half */
	const char *directive;	/* in unit files */
	enum unit_value kind;
	unsigned int sections;
	bool unset_is_absent;	/* on the bus UINT64_MAX means that nothing was set, not that there is no limit */
};

#define UNIT_PROPERTIES 10
extern const struct unit_property unit_properties[UNIT_PROPERTIES];

/* What an assignment comes to: value, and soft where the property has one.  Both empty: it takes back what was assigned
 * before.  -EINVAL, -ERANGE (soft above hard): systemd ignores it; a resource limit cannot be taken back. */
int unit_property_parse(const struct unit_property *property, const char *text, struct strbuf *soft, struct strbuf *value);

/* Why, in words. */
const char *unit_property_error(int error);

#endif
