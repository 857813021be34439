/* SPDX-License-Identifier: Apache-2.0 */
/* org.freedesktop.systemd1(5).  Nothing is started to get an answer: calls carry the no-auto-start flag. */
#include "unit-bus.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "../core/strbuf.h"
#include "systemd.h"

#define BUS_TOTAL_USEC 2000000U
#define BUS_CONNECT_USEC 250000U
#define BUS_LIST_USEC 500000U
#define BUS_CALL_USEC 250000U	/* a millisecond usually; a busy or emulated host takes a hundred */
#define BUS_SILENT_MAX 3

#define MANAGER "org.freedesktop.systemd1"
#define UNIT_PREFIX "/org/freedesktop/systemd1/unit/"

struct unit_bus {
	const struct systemd *lib;
	sd_bus *bus;
	uint64_t deadline_usec;
	unsigned int silent;		/* calls without an answer, in a row */
};

static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* What is left of the time for all, at most limit; 0: nothing. */
static uint64_t time_left(const struct unit_bus *bus, uint64_t limit)
{
	uint64_t now = now_usec();

	return now >= bus->deadline_usec ? 0 : MIN(limit, bus->deadline_usec - now);
}

/* sd_bus_call() would wait a minute and a half for a peer that accepts and then says nothing. */
static int bus_wait_ready(struct unit_bus *bus)
{
	uint64_t end = now_usec() + BUS_CONNECT_USEC;

	for (;;) {
		int r = bus->lib->sd_bus_is_ready(bus->bus);
		uint64_t now = now_usec();

		if (r != 0)
			return r < 0 ? r : 0;
		if (now >= end)
			return -ETIMEDOUT;
		r = bus->lib->sd_bus_process(bus->bus, NULL);
		if (r == 0)
			r = bus->lib->sd_bus_wait(bus->bus, end - now);
		if (r < 0)
			return r;
	}
}

int unit_bus_open(struct unit_bus **ret_bus)
{
	CLEANUP(unit_bus_free_ptr) struct unit_bus *bus = NULL;
	const struct systemd *lib;
	int r;

	if (!getenv("DBUS_SYSTEM_BUS_ADDRESS") && access("/run/dbus/system_bus_socket", F_OK) < 0)
		return -ENOENT;
	lib = systemd_library();
	if (!lib)
		return -ENOENT;
	bus = xcalloc(1, sizeof(*bus));
	bus->lib = lib;
	bus->deadline_usec = now_usec() + BUS_TOTAL_USEC;
	r = lib->sd_bus_open_system(&bus->bus);
	if (r >= 0)
		r = bus_wait_ready(bus);
	if (r < 0)
		return r;
	*ret_bus = steal_ptr(&bus);
	return 0;
}

void unit_bus_free(struct unit_bus *bus)
{
	if (!bus)
		return;
	if (bus->bus)
		(void)bus->lib->sd_bus_close_unref(bus->bus);
	free(bus);
}

static int bus_call(struct unit_bus *bus, sd_bus_message *call, uint64_t limit_usec, sd_bus_message **ret_reply)
{
	uint64_t left = time_left(bus, limit_usec);
	int r;

	if (left == 0 || bus->silent == BUS_SILENT_MAX)
		return -ETIMEDOUT;
	r = bus->lib->sd_bus_message_set_auto_start(call, 0);
	if (r >= 0)
		r = bus->lib->sd_bus_call(bus->bus, call, left, NULL, ret_reply);
	bus->silent = r == -ETIMEDOUT ? bus->silent + 1 : 0;
	return r;
}

int unit_bus_list(struct unit_bus *bus, struct symbols *names, uint32_t max)
{
	static const char *const states[] = { "active", "activating", "reloading", "deactivating", NULL };
	static const char *const patterns[] = { "*.service", "*.slice", NULL };
	const struct systemd *lib = bus->lib;
	sd_bus_message *call = NULL, *reply = NULL;
	const char *name;
	int r;

	r = lib->sd_bus_message_new_method_call(bus->bus, &call, MANAGER, "/org/freedesktop/systemd1",
						MANAGER ".Manager", "ListUnitsByPatterns");
	if (r >= 0)
		r = lib->sd_bus_message_append_strv(call, (char **)(uintptr_t)states);
	if (r >= 0)
		r = lib->sd_bus_message_append_strv(call, (char **)(uintptr_t)patterns);
	if (r >= 0)
		r = bus_call(bus, call, BUS_LIST_USEC, &reply);
	if (r >= 0)
		r = lib->sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
	while (r >= 0 && (r = lib->sd_bus_message_read(reply, "(ssssssouso)", &name, NULL, NULL, NULL, NULL, NULL,
						       NULL, NULL, NULL, NULL)) > 0)
		if (names->count < max)
			(void)symbols_intern(names, name, strlen(name));
	(void)lib->sd_bus_message_unref(call);
	(void)lib->sd_bus_message_unref(reply);
	return r < 0 ? r : 0;
}

/* Every byte but letters and digits is written _XX in an object path. */
static void unit_object_path(const char *unit, struct strbuf *path)
{
	strbuf_add_string(path, UNIT_PREFIX);
	for (const char *c = unit; *c; c++) {
		bool digit = *c >= '0' && *c <= '9';

		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (digit && c > unit))
			strbuf_add_char(path, *c);
		else
			strbuf_addf(path, "_%02x", (unsigned char)*c);
	}
}

static int strings_read(struct unit_bus *bus, sd_bus_message *reply, const char *property, unit_bus_handler *handler,
			void *context)
{
	const char *text;
	int r = bus->lib->sd_bus_message_enter_container(reply, 'a', "s");

	while (r >= 0 && (r = bus->lib->sd_bus_message_read_basic(reply, 's', &text)) > 0)
		handler(context, property, text);
	return r < 0 ? r : bus->lib->sd_bus_message_exit_container(reply);
}

static int value_read(struct unit_bus *bus, sd_bus_message *reply, const char *property, const char *type,
		      unit_bus_handler *handler, void *context)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	union {
		const char *text;
		uint64_t t;
		int32_t i;
	} value;
	int r;

	if (strcmp(type, "as") == 0)
		return strings_read(bus, reply, property, handler, context);
	if (strlen(type) != 1 || !strchr("sti", type[0]))
		return bus->lib->sd_bus_message_skip(reply, type);
	r = bus->lib->sd_bus_message_read_basic(reply, type[0], &value);
	if (r < 0)
		return r;
	if (type[0] == 's')
		strbuf_add_string(&text, value.text);
	else if (type[0] == 'i')
		strbuf_addf(&text, "%" PRIi32, value.i);
	else if (value.t == UINT64_MAX)
		strbuf_add_string(&text, "infinity");
	else
		strbuf_addf(&text, "%" PRIu64, value.t);
	handler(context, property, text.buf);
	return 0;
}

/* One entry of a{sv}: 1, 0 at the end. */
static int property_read(struct unit_bus *bus, sd_bus_message *reply, unit_bus_handler *handler, void *context)
{
	const struct systemd *lib = bus->lib;
	const char *property, *type;
	char kind;
	int r;

	r = lib->sd_bus_message_enter_container(reply, 'e', "sv");
	if (r <= 0)
		return r;
	r = lib->sd_bus_message_read_basic(reply, 's', &property);
	if (r >= 0)
		r = lib->sd_bus_message_peek_type(reply, &kind, &type);
	if (r >= 0)
		r = lib->sd_bus_message_enter_container(reply, 'v', type);
	if (r >= 0)
		r = value_read(bus, reply, property, type, handler, context);
	if (r >= 0)
		r = lib->sd_bus_message_exit_container(reply);
	if (r >= 0)
		r = lib->sd_bus_message_exit_container(reply);
	return r < 0 ? r : 1;
}

int unit_bus_properties(struct unit_bus *bus, const char *unit, unit_bus_handler *handler, void *context)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	sd_bus_message *call = NULL, *reply = NULL;
	const struct systemd *lib = bus->lib;
	int r;

	unit_object_path(unit, &path);
	r = lib->sd_bus_message_new_method_call(bus->bus, &call, MANAGER, path.buf,
						"org.freedesktop.DBus.Properties", "GetAll");
	if (r >= 0)
		r = lib->sd_bus_message_append(call, "s", "");
	if (r >= 0)
		r = bus_call(bus, call, BUS_CALL_USEC, &reply);
	if (r >= 0)
		r = lib->sd_bus_message_enter_container(reply, 'a', "{sv}");
	while (r > 0)
		r = property_read(bus, reply, handler, context);
	(void)lib->sd_bus_message_unref(call);
	(void)lib->sd_bus_message_unref(reply);
	return r < 0 ? r : 0;
}
