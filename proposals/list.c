/* SPDX-License-Identifier: Apache-2.0 */
/* The table of readers, filled from the names in meson.build. */
#include "reader.h"

#define READER(name) extern const struct reader reader_##name;
#include "reader-list.h"
#undef READER

#define READER(name) &reader_##name,
const struct reader *const readers[] = {
#include "reader-list.h"
	NULL,
};
