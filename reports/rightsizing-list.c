/* SPDX-License-Identifier: Apache-2.0 */
#include "rightsizing.h"

#define RIGHTSIZING_REPORTER(name) extern const struct rightsizing_reporter rightsizing_reporter_##name;
#include "rightsizing-reporter-list.h"
#undef RIGHTSIZING_REPORTER

#define RIGHTSIZING_REPORTER(name) &rightsizing_reporter_##name,
const struct rightsizing_reporter *const rightsizing_reporters[] = {
#include "rightsizing-reporter-list.h"
	NULL,
};
