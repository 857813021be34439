/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include <dlfcn.h>

bool library_load(const char *file, const struct library_function *functions, size_t count,
		  void *table)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; handle && i < count; i++) {
		void *address = dlsym(handle, functions[i].name);

		if (!address) {
			dlclose(handle);
			return false;
		}
		memcpy((char *)table + functions[i].offset, &address, sizeof(address));
	}
	return handle != NULL;
}
