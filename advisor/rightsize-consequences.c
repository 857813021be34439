/* SPDX-License-Identifier: Apache-2.0 */
/* What surrounds a container: first what bounds its proposal, until nothing changes any more; then what is too small to be worth it goes; then
 * what follows from the rest is told.  So nothing is told of a change that is not made. */
#include "rightsize.h"

#include "../core/strbuf.h"
#include "workload-view.h"

void sizing_consequence(struct rightsizing *rightsizing, struct sizing *sizing, enum consequence_kind kind, enum consequence_weight weight,
			const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct consequence *list = sizing->consequences;
	size_t count = sizing->n_consequences, at = 0;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	for (size_t i = 0; i < count; i++)
		if (list[i].kind == kind && list[i].weight == weight && streq(list[i].text, text.buf))
			return;

	/* Room for 4, 8, 16 …: there are few. */
	if (count == 0 || (count >= 4 && (count & (count - 1)) == 0)) {
		list = arena_alloc(&rightsizing->arena, MAX(count * 2, 4) * sizeof(*list));
		if (count)
			memcpy(list, sizing->consequences, count * sizeof(*list));
	}
	while (at < count && list[at].weight >= weight)
		at++;
	memmove(&list[at + 1], &list[at], (count - at) * sizeof(*list));
	list[at] = (struct consequence){ .kind = kind, .weight = weight, .text = arena_strdup(&rightsizing->arena, text.buf) };
	sizing->consequences = list;
	sizing->n_consequences = count + 1;
}

void rightsize_consequences(struct rightsizing *rightsizing)
{
	struct cluster_view all;

	cluster_view_make(&all, rightsizing);
	for (uint32_t i = 0; i < rightsizing->cluster->n_workloads; i++) {
		struct workload_view view;

		if (!workload_view_make(&view, &all, i))
			continue;
		for (uint32_t c = 0; c < view.workload->n_containers; c++) {
			if (!view.rows[c])
				continue;
			view.rows[c]->qos_now = view.now.qos;
			view.rows[c]->qos_then = view.then.qos;
		}
		workload_view_release(&view);
	}
	cluster_view_release(&all);
}
