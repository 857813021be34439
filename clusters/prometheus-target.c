/* SPDX-License-Identifier: Apache-2.0 */
#include "prometheus.h"

#include <math.h>

const char *series_label_value(const struct series_label *labels, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(labels[i].name, name))
			return labels[i].value;
	return "";
}

static void target_init(struct prometheus *prometheus, struct target *target, const struct series_name *name)
{
	*target = (struct target){ .container = cluster_match_container(prometheus->cluster, name->namespace, name->pod, name->container),
				   .known_pod = cluster_find_pod(prometheus->cluster, name->namespace, name->pod), .first_sec = NAN, .last_sec = NAN, .sampled_sec = { -INFINITY, -INFINITY },
				   .limit = NAN, .restarts = NAN, .kill_sec = -INFINITY };
	if (target->container == CLUSTER_NONE)
		usage_note_unmatched(prometheus->usage, name->namespace, name->pod, name->container);
	else
		target->pod = arena_strdup(&prometheus->arena, name->pod);
}

uint32_t target_of_labels(struct prometheus *prometheus, const struct series_label *labels, size_t n)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	uint32_t before = prometheus->target_keys.count, number;
	struct series_name name;

	series_name_of_labels(labels, n, &name);
	if (!series_of_container(&name))
		return UINT32_MAX;
	strbuf_add(&key, name.namespace, strlen(name.namespace) + 1);
	strbuf_add(&key, name.pod, strlen(name.pod) + 1);
	strbuf_add_string(&key, name.container);
	number = symbols_intern(&prometheus->target_keys, key.buf, key.len);
	if (number == before) {
		GROW(prometheus->targets, prometheus->targets_capacity, (size_t)number + 1);
		target_init(prometheus, &prometheus->targets[number], &name);
	}
	return prometheus->targets[number].container == CLUSTER_NONE ? UINT32_MAX : number;
}
