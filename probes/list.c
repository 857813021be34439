/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of probes and samplers, filled from the names in meson.build.  probe-list.h is included
 * for each use with PROBE() and SAMPLER() meaning something else. */
#include "probe.h"

#define PROBE(name) extern const struct probe probe_##name;
#define SAMPLER(name) extern const struct sampler sampler_##name;
#include "probe-list.h"
#undef PROBE
#undef SAMPLER

#define PROBE(name) &probe_##name,
#define SAMPLER(name)
const struct probe *const probes[] = {
#include "probe-list.h"
	NULL,
};
#undef PROBE
#undef SAMPLER

#define PROBE(name)
#define SAMPLER(name) &sampler_##name,
const struct sampler *const samplers[] = {
#include "probe-list.h"
	NULL,
};
