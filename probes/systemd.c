/* SPDX-License-Identifier: Apache-2.0 */
#include "systemd.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "../core/base.h"

static const struct function {
	const char *name;
	size_t offset;
} functions[] = {
#define X(function) { #function, offsetof(struct systemd, function) },
	SYSTEMD_FUNCTIONS(X)
#undef X
};

static bool library_resolve(void *handle, struct systemd *library)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *address = dlsym(handle, functions[i].name);

		if (!address)
			return false;
		memcpy((char *)library + functions[i].offset, &address, sizeof(address));
	}
	return true;
}

const struct systemd *systemd_library(void)
{
	static struct systemd library;
	static enum { UNTRIED, LOADED, MISSING } state;
	void *handle;

	if (state != UNTRIED)
		return state == LOADED ? &library : NULL;
	state = MISSING;
	handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return NULL;
	if (!library_resolve(handle, &library)) {
		dlclose(handle);
		return NULL;
	}
	state = LOADED;
	return &library;
}
