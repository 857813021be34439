/* SPDX-License-Identifier: Apache-2.0 */
#include "reporter.h"

#define REPORTER(name) extern const struct reporter reporter_##name;
#include "reporter-list.h"
#undef REPORTER

#define REPORTER(name) &reporter_##name,
const struct reporter *const reporters[] = {
#include "reporter-list.h"
	NULL,
};
