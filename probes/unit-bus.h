/* SPDX-License-Identifier: Apache-2.0 */
/* Asking systemd over the system bus, never for longer than a bounded time: a quarter of a second for a call, after three
 * calls in a row without an answer no more, and two seconds in all. */
#ifndef KEISOKU_UNIT_BUS_H
#define KEISOKU_UNIT_BUS_H

#include "../core/arena.h"

struct unit_bus;

/* -ENOENT no bus or no libsystemd, -ETIMEDOUT, or what sd-bus says. */
int unit_bus_open(struct unit_bus **ret_bus);
void unit_bus_free(struct unit_bus *bus);
DEFINE_FREE_PTR(unit_bus)

/* Adds the names of the active services and slices, at most max in names. */
int unit_bus_list(struct unit_bus *bus, struct symbols *names, uint32_t max);

/* Calls handler for every property that has a number, a string or several strings (once for each).  A number of all
 * ones is "infinity". */
typedef void unit_bus_handler(void *context, const char *property, const char *value);
int unit_bus_properties(struct unit_bus *bus, const char *unit, unit_bus_handler *handler, void *context);

#endif
