/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster as a snapshot, for rules that judge what manifests say: workloads "NAMESPACE/KIND/NAME", their containers
 * "NAMESPACE/KIND/NAME/CONTAINER" and nodes, each setting with the file and line where it stands.
 *
 * What an object may say and does not is absent, at the place where it could be said; what it says wrongly is kept as it stands.  What
 * other objects say of a workload (autoscaler, disruption budget, LimitRange, ResourceQuota) are settings of the workload or container, with
 * the place of that object. */
#include <errno.h>
#include <inttypes.h>

#include "../core/parse.h"
#include "../core/selector.h"
#include "../core/strbuf.h"
#include "reader.h"

#define OF_NAMESPACE_MAX 200	/* objects of one kind in one namespace that are looked at */

/* Objects of one kind by namespace: their numbers, those of a namespace side by side. */
struct shelf {
	uint32_t *items, *first;	/* of namespace n: items[first[n]] to items[first[n + 1]] */
};

struct filling {
	const struct cluster *cluster;
	struct snapshot *snapshot;
	struct symbols namespaces;
	struct shelf limit_ranges, quotas, budgets;
	uint32_t *autoscaler_of;	/* by workload; CLUSTER_NONE */
	int64_t *pods_of;		/* by budget: of all workloads that it is about; -1: not known */
	subject_id subject;		/* whose settings are put */
	const char *file;		/* of the object they are from */
	uint32_t line;			/* where they stand when they are not there */
	struct strbuf origin, key, text;
};

/* ---- putting ---- */

static const char *origin_at(struct filling *filling, const char *file, uint32_t line)
{
	strbuf_reset(&filling->origin);
	strbuf_add_string(&filling->origin, file ? file : "");
	if (line > 0)
		strbuf_addf(&filling->origin, ":%" PRIu32, line);
	return filling->origin.buf;
}

static void put(struct filling *filling, uint32_t line, const char *key, const char *text)
{
	snapshot_set_string(filling->snapshot, filling->subject, key, text,
			    origin_at(filling, filling->file, line ? line : filling->line));
}

static void put_absent(struct filling *filling, const char *key)
{
	snapshot_set_absent(filling->snapshot, filling->subject, key, -ENOENT, origin_at(filling, filling->file, filling->line));
}

static void put_text(struct filling *filling, const char *key, const char *text)
{
	if (text && *text)
		put(filling, 0, key, text);
	else
		put_absent(filling, key);
}

static void put_bool(struct filling *filling, const char *key, bool value)
{
	put(filling, 0, key, value ? "true" : "false");
}

/* What is below 0 is not known, or not said. */
static void put_number(struct filling *filling, const char *key, int64_t number)
{
	char text[24];

	if (number < 0) {
		put_absent(filling, key);
		return;
	}
	snprintf(text, sizeof(text), "%" PRId64, number);
	put(filling, 0, key, text);
}

static void put_quantity(struct filling *filling, const char *key, const struct quantity *quantity)
{
	strbuf_reset(&filling->text);
	quantity_print(&filling->text, quantity);
	put(filling, 0, key, filling->text.buf);
}

/* As it stands, also where that is no quantity. */
static void put_amount(struct filling *filling, const char *key, const struct amount *amount)
{
	if (!amount->given)
		put_absent(filling, key);
	else if (amount->text)
		put(filling, amount->line, key, amount->text);
	else
		put_quantity(filling, key, &amount->quantity);
}

static const char *key_of(struct filling *filling, const char *prefix, const char *name)
{
	strbuf_reset(&filling->key);
	strbuf_add_string(&filling->key, prefix);
	strbuf_add_string(&filling->key, name);
	return filling->key.buf;
}

static void put_amounts(struct filling *filling, const char *prefix, const struct amounts *amounts, enum resource last)
{
	for (enum resource r = RESOURCE_CPU; r <= last; r++)
		put_amount(filling, key_of(filling, prefix, resource_name(r)), &amounts->of[r]);
	for (uint32_t i = 0; i < amounts->n_others; i++)
		put_amount(filling, key_of(filling, prefix, amounts->others[i].name), &amounts->others[i].amount);
}

/* A member of a tree that is a plain text, as it stands, or what stands for it where it is left out. */
static void put_member(struct filling *filling, const struct node *mapping, const char *member, const char *key, const char *otherwise)
{
	const struct node *value = mapping && mapping->kind == NODE_MAPPING ? node_get(mapping, member) : NULL;

	if (value && value->kind == NODE_SCALAR)
		put(filling, value->line, key, value->text);
	else if (otherwise)
		put(filling, mapping ? mapping->line : 0, key, otherwise);
	else
		put_absent(filling, key);
}

/* ---- what holds in a namespace ---- */

static uint32_t namespace_number(const struct filling *filling, const char *namespace)
{
	return symbols_find(&filling->namespaces, namespace, strlen(namespace));
}

/* names: of the namespaces of count objects, one every size bytes. */
static void shelf_fill(struct filling *filling, struct shelf *shelf, const void *objects, size_t size, size_t offset, uint32_t count)
{
	uint32_t namespaces = filling->namespaces.count;
	uint32_t *fill = xcalloc((size_t)namespaces + 1, sizeof(*fill));

	shelf->items = xcalloc((size_t)count + 1, sizeof(*shelf->items));
	shelf->first = xcalloc((size_t)namespaces + 1, sizeof(*shelf->first));
	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < count; i++) {
			const char *name = *(const char *const *)((const char *)objects + i * size + offset);
			uint32_t number = namespace_number(filling, name);

			if (number == SYMBOL_NONE)
				continue;
			if (pass == 0)
				shelf->first[number + 1]++;
			else
				shelf->items[shelf->first[number] + fill[number]++] = i;
		}
		for (uint32_t n = 0; pass == 0 && n < namespaces; n++)
			shelf->first[n + 1] += shelf->first[n];
	}
	free(fill);
}

#define SHELVE(filling, shelf, objects, count) \
	shelf_fill(filling, shelf, objects, sizeof(*(objects)), offsetof(__typeof__(*(objects)), namespace), count)

/* Those of a namespace, at most OF_NAMESPACE_MAX. */
static uint32_t shelf_get(const struct filling *filling, const struct shelf *shelf, const char *namespace, const uint32_t **ret_items)
{
	uint32_t number = namespace_number(filling, namespace);

	if (number == SYMBOL_NONE)
		return 0;
	*ret_items = shelf->items + shelf->first[number];
	return MIN(shelf->first[number + 1] - shelf->first[number], (uint32_t)OF_NAMESPACE_MAX);
}

/* ---- what becomes of requests and limits when the pod is made ---- */

static void default_amount(struct amount *amount, const struct amount *from)
{
	if (!amount->given && from->given && !from->wrong)
		*amount = *from;
}

/* SetDefaults_Pod(): a limit without a request is the request too. */
static void admit(const struct filling *filling, const char *namespace, struct resources *resources)
{
	const uint32_t *ranges = NULL;
	uint32_t count = shelf_get(filling, &filling->limit_ranges, namespace, &ranges);

	for (enum resource r = RESOURCE_CPU; r <= RESOURCE_EPHEMERAL_STORAGE; r++) {
		default_amount(&resources->requests.of[r], &resources->limits.of[r]);
		for (uint32_t i = 0; i < count; i++)
			limit_range_admit(&filling->cluster->limit_ranges[ranges[i]], r, resources);
	}
}

static void put_admitted(struct filling *filling, const char *prefix, const struct amounts *amounts)
{
	for (enum resource r = RESOURCE_CPU; r <= RESOURCE_EPHEMERAL_STORAGE; r++) {
		const char *key = key_of(filling, prefix, resource_name(r));

		if (amounts->of[r].given && !amounts->of[r].wrong)
			put_quantity(filling, key, &amounts->of[r].quantity);
		else
			put_absent(filling, key);
	}
}

static void tighten(const struct amount *amount, bool upper, const struct amount **tightest)
{
	int order;

	if (!amount->given || amount->wrong)
		return;
	order = *tightest ? quantity_compare(&amount->quantity, &(*tightest)->quantity) : 0;
	if (!*tightest || (upper ? order < 0 : order > 0))
		*tightest = amount;
}

static void put_bound(struct filling *filling, const char *prefix, enum resource resource, const struct amount *amount)
{
	const char *key = key_of(filling, prefix, resource_name(resource));

	if (amount)
		put_quantity(filling, key, &amount->quantity);
	else
		put_absent(filling, key);
}

/* The narrowest bounds of all LimitRanges of the namespace. */
static void put_bounds(struct filling *filling, const char *namespace)
{
	const uint32_t *ranges = NULL;
	uint32_t count = shelf_get(filling, &filling->limit_ranges, namespace, &ranges);

	for (enum resource r = RESOURCE_CPU; r <= RESOURCE_EPHEMERAL_STORAGE; r++) {
		const struct amount *min = NULL, *max = NULL, *ratio = NULL;

		for (uint32_t i = 0; i < count; i++) {
			const struct limit_range *range = &filling->cluster->limit_ranges[ranges[i]];

			for (uint32_t n = 0; n < range->n_items; n++) {
				if (range->items[n].type != LIMIT_RANGE_CONTAINER)
					continue;
				tighten(&range->items[n].min.of[r], false, &min);
				tighten(&range->items[n].max.of[r], true, &max);
				tighten(&range->items[n].max_ratio.of[r], true, &ratio);
			}
		}
		put_bound(filling, "limit_range.min.", r, min);
		put_bound(filling, "limit_range.max.", r, max);
		put_bound(filling, "limit_range.ratio.", r, ratio);
	}
}

/* ---- containers ---- */

static const struct {
	const char *name;
	unsigned int number;
} probes_of_containers[] = {
	{ "liveness", PROBE_LIVENESS }, { "readiness", PROBE_READINESS }, { "startup", PROBE_STARTUP },
};

static const char *handler_of(const struct node *probe)
{
	static const char *const handlers[][2] = {
		{ "exec", "exec" }, { "httpGet", "http" }, { "tcpSocket", "tcp" }, { "grpc", "grpc" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if (node_get(probe, handlers[i][0]))
			return handlers[i][1];
	return "none";
}

/* SetDefaults_Probe() of pkg/apis/core/v1/defaults.go; there 0 is as good as left out. */
static void put_probe(struct filling *filling, const char *name, const struct node *probe)
{
	static const struct {
		const char *member, *key, *otherwise;
	} members[] = {
		{ "timeoutSeconds", "timeout", "1" }, { "periodSeconds", "period", "10" }, { "failureThreshold", "failures", "3" },
		{ "initialDelaySeconds", "delay", "0" },
	};
	bool given = probe && probe->kind == NODE_MAPPING;

	strbuf_reset(&filling->key);
	strbuf_addf(&filling->key, "%s.handler", name);
	if (given)
		put(filling, probe->line, filling->key.buf, handler_of(probe));
	else
		put_absent(filling, filling->key.buf);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct node *value = given ? node_get(probe, members[i].member) : NULL;

		strbuf_reset(&filling->key);
		strbuf_addf(&filling->key, "%s.%s", name, members[i].key);
		if (!given)
			put_absent(filling, filling->key.buf);
		else if (value && value->kind == NODE_SCALAR && *value->text && !streq(value->text, "0") && !streq(value->text, "null"))
			put(filling, value->line, filling->key.buf, value->text);
		else
			put(filling, probe->line, filling->key.buf, members[i].otherwise);
	}
}

static const char *subject_name(struct filling *filling, const struct workload *workload)
{
	strbuf_reset(&filling->text);
	strbuf_addf(&filling->text, "%s/%s/%s", *workload->namespace ? workload->namespace : "default", workload->kind, workload->name);
	return filling->text.buf;
}

/* admitted: what becomes of its resources. */
static void fill_container(struct filling *filling, const struct workload *workload, const char *workload_name,
			   const struct workload_container *container, const struct resources *admitted)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	strbuf_addf(&name, "%s/%s", workload_name, container->name);
	filling->subject = snapshot_subject(filling->snapshot, SUBJECT_KIND_CONTAINER, name.buf, "");
	if (filling->subject == SUBJECT_NONE)
		return;
	filling->line = container->line ? container->line : workload->place.line;
	put_text(filling, "workload", workload_name);
	put_text(filling, "name", container->name);
	put_text(filling, "image", container->image);
	put_text(filling, "type", container_type_name(container->type));
	put_member(filling, container->security, "privileged", "privileged", "false");
	for (size_t i = 0; i < ARRAY_SIZE(probes_of_containers); i++)
		put_probe(filling, probes_of_containers[i].name, container->probes[probes_of_containers[i].number]);
	if (container->resources.line)
		filling->line = container->resources.line;
	put_amounts(filling, "requests.", &container->resources.requests, RESOURCE_EPHEMERAL_STORAGE);
	put_amounts(filling, "limits.", &container->resources.limits, RESOURCE_EPHEMERAL_STORAGE);
	put_admitted(filling, "admitted.requests.", &admitted->requests);
	put_admitted(filling, "admitted.limits.", &admitted->limits);
	put_bounds(filling, workload->namespace);
}

/* ---- workloads ---- */

/* "2" of 5 pods is 2, "50%" of 5 is 3: GetScaledValueFromIntOrPercent() of apimachinery/pkg/util/intstr, rounding up, as the
 * controller of budgets asks it to.  -1: it says nothing. */
static int64_t scaled(const char *text, int64_t of)
{
	size_t length = strlen(text);
	CLEANUP(free_ptr) char *digits = xstrndup(text, length > 0 && text[length - 1] == '%' ? length - 1 : length);
	uint64_t number;

	if (parse_u64(digits, &number) < 0 || number > INT32_MAX)
		return -1;
	return strlen(digits) == length ? (int64_t)number : ((int64_t)number * of + 99) / 100;
}

/* How many pods may be evicted when all of them are healthy: getExpectedPodCount() and the rest of
 * pkg/controller/disruption/disruption.go. */
static int64_t disruptions_of(const struct disruption_budget *budget, int64_t pods)
{
	int64_t unavailable, available;

	if (pods < 0 || pods > INT32_MAX)
		return -1;
	unavailable = scaled(budget->max_unavailable, pods);
	available = scaled(budget->min_available, pods);
	if (*budget->max_unavailable)
		return unavailable < 0 ? -1 : MIN(unavailable, pods);
	return available < 0 ? -1 : MAX(pods - available, (int64_t)0);
}

static void put_budgets(struct filling *filling, const struct workload *workload)
{
	const struct disruption_budget *budget = NULL;
	const char *file = filling->file;
	uint32_t line = filling->line, matching = 0, count;
	const uint32_t *budgets = NULL;
	int64_t disruptions = -1;

	count = shelf_get(filling, &filling->budgets, workload->namespace, &budgets);
	for (uint32_t i = 0; i < count; i++) {
		const struct disruption_budget *one = &filling->cluster->budgets[budgets[i]];
		int64_t of_one;

		if (!selector_matches(one->selector, workload->pod_labels))
			continue;
		of_one = disruptions_of(one, filling->pods_of[budgets[i]]);
		/* One of which it is not known does not hide one that lets none go. */
		if (matching++ > 0 && disruptions >= 0 && (of_one < 0 || of_one >= disruptions))
			continue;
		budget = one;
		disruptions = of_one;
	}
	if (budget) {
		filling->file = budget->place.file;
		filling->line = budget->place.line;
	}
	put_number(filling, "pdb.count", matching);
	put_text(filling, "pdb", budget ? budget->name : NULL);
	put_text(filling, "pdb.min_available", budget ? budget->min_available : NULL);
	put_text(filling, "pdb.max_unavailable", budget ? budget->max_unavailable : NULL);
	put_number(filling, "pdb.disruptions", disruptions);
	filling->file = file;
	filling->line = line;
}

static void put_utilization(struct filling *filling, const struct hpa_metric *metric)
{
	bool all = streq(metric->type, "Resource");

	if ((!all && !streq(metric->type, "ContainerResource")) || metric->utilization < 0 ||
	    (!streq(metric->resource, "cpu") && !streq(metric->resource, "memory")))
		return;
	strbuf_reset(&filling->key);
	strbuf_addf(&filling->key, "hpa.%s.utilization", metric->resource);
	put_number(filling, filling->key.buf, metric->utilization);
	strbuf_reset(&filling->key);
	strbuf_addf(&filling->key, "hpa.%s.container", metric->resource);
	put_text(filling, filling->key.buf, all ? NULL : metric->container);
}

static void put_autoscaler(struct filling *filling, const struct autoscaler *autoscaler)
{
	static const char *const keys[] = {
		"hpa", "hpa.min_replicas", "hpa.max_replicas", "hpa.cpu.utilization", "hpa.cpu.container", "hpa.memory.utilization",
		"hpa.memory.container",
	};
	const char *file = filling->file;
	uint32_t line = filling->line;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		put_absent(filling, keys[i]);
	if (!autoscaler)
		return;
	filling->file = autoscaler->place.file;
	filling->line = autoscaler->place.line;
	put_text(filling, "hpa", autoscaler->name);
	put_number(filling, "hpa.min_replicas", autoscaler->min_replicas < 0 ? 1 : autoscaler->min_replicas);
	put_number(filling, "hpa.max_replicas", autoscaler->max_replicas);
	for (uint32_t i = 0; i < autoscaler->n_metrics; i++) {
		filling->line = autoscaler->metrics[i].line ? autoscaler->metrics[i].line : autoscaler->place.line;
		put_utilization(filling, &autoscaler->metrics[i]);
	}
	filling->file = file;
	filling->line = line;
}

/* What a quota counts, each pod of its namespace has to say: scopes narrow that, and such a quota is left out. */
static void put_quotas(struct filling *filling, const struct workload *workload)
{
	static const struct {
		const char *name, *key;
	} counted[] = {
		{ "cpu", "quota.requests.cpu" }, { "requests.cpu", "quota.requests.cpu" }, { "limits.cpu", "quota.limits.cpu" },
		{ "memory", "quota.requests.memory" }, { "requests.memory", "quota.requests.memory" },
		{ "limits.memory", "quota.limits.memory" },
	};
	const uint32_t *quotas = NULL;
	uint32_t count = shelf_get(filling, &filling->quotas, workload->namespace, &quotas);

	for (size_t k = 0; k < ARRAY_SIZE(counted); k++)
		put_absent(filling, counted[k].key);
	for (uint32_t i = 0; i < count; i++) {
		const struct resource_quota *quota = &filling->cluster->quotas[quotas[i]];

		for (uint32_t h = 0; !quota->scopes && !quota->scope_selector && h < quota->n_hard; h++)
			for (size_t k = 0; k < ARRAY_SIZE(counted); k++)
				if (streq(counted[k].name, quota->hard[h].name) && quota->hard[h].amount.given)
					snapshot_set_string(filling->snapshot, filling->subject, counted[k].key,
							    quota->hard[h].amount.text ? quota->hard[h].amount.text : "0",
							    origin_at(filling, quota->place.file, quota->hard[h].amount.line));
	}
}

static void put_sysctls(struct filling *filling, const struct workload *workload)
{
	const struct node *security = workload->security;
	const struct node *list = security && security->kind == NODE_MAPPING ? node_get(security, "sysctls") : NULL;
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;

	for (uint32_t i = 0; list && list->kind == NODE_SEQUENCE && i < list->count; i++) {
		const struct node *name = list->items[i].kind == NODE_MAPPING ? node_get(&list->items[i], "name") : NULL;

		if (name && name->kind == NODE_SCALAR)
			strbuf_addf(&words, "%s%s", words.len ? " " : "", name->text);
	}
	if (words.len)
		put(filling, list->line, "sysctls", words.buf);
	else
		put_absent(filling, "sysctls");
}

static bool is_many(const struct workload *workload)
{
	static const char *const kinds[] = { "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kinds[i], workload->kind))
			return true;
	return false;
}

/* Left out it is 1: SetDefaults_Deployment() of pkg/apis/apps/v1/defaults.go and the like.  -1: its kind has none. */
static int64_t replicas_of(const struct workload *workload)
{
	if (workload->replicas >= 0)
		return MIN(workload->replicas, (int64_t)INT32_MAX);
	return is_many(workload) ? 1 : -1;
}

static const struct autoscaler *autoscaler_get(const struct filling *filling, uint32_t workload)
{
	uint32_t number = filling->autoscaler_of[workload];

	return number == CLUSTER_NONE ? NULL : &filling->cluster->autoscalers[number];
}

/* The fewest pods there are meant to be: an autoscaler's least, else what the workload says. */
static int64_t pods_meant(const struct filling *filling, uint32_t workload)
{
	const struct autoscaler *autoscaler = autoscaler_get(filling, workload);

	if (!autoscaler)
		return replicas_of(&filling->cluster->workloads[workload]);
	return autoscaler->min_replicas < 0 ? 1 : autoscaler->min_replicas;
}

/* plugin/pkg/admission/priority/admission.go */
static void put_priority(struct filling *filling, const struct workload *workload)
{
	const struct cluster *cluster = filling->cluster;
	int64_t priority = workload->priority;
	bool known = workload->has_priority;
	char text[24];

	for (uint32_t i = 0; !known && *workload->priority_class && i < cluster->n_priority_classes; i++) {
		known = streq(cluster->priority_classes[i].name, workload->priority_class);
		if (known)
			priority = cluster->priority_classes[i].value;
	}
	snprintf(text, sizeof(text), "%" PRId64, priority);
	put_text(filling, "priority", known ? text : NULL);
}

/* Its containers with what admission writes into them: the class, and what the scheduler counts, are of these. */
static struct workload_container *admit_containers(const struct filling *filling, const struct workload *workload)
{
	struct workload_container *containers = xcalloc((size_t)workload->n_containers + 1, sizeof(*containers));

	for (uint32_t i = 0; i < workload->n_containers; i++) {
		containers[i] = filling->cluster->containers[workload->first_container + i];
		if (containers[i].type != CONTAINER_EPHEMERAL)
			admit(filling, workload->namespace, &containers[i].resources);
	}
	return containers;
}

static void put_admitted_pod(struct filling *filling, const struct workload *workload, struct workload_container *containers)
{
	struct cluster cluster = *filling->cluster;
	struct workload admitted = *workload;
	struct quantity cpu, memory;

	cluster.containers = containers;
	admitted.first_container = 0;
	put_text(filling, "qos_class", qos_class_name(workload_qos(&cluster, &admitted)));
	cpu = workload_request(&cluster, &admitted, RESOURCE_CPU);
	memory = workload_request(&cluster, &admitted, RESOURCE_MEMORY);
	put_quantity(filling, "scheduled.cpu", &cpu);
	put_quantity(filling, "scheduled.memory", &memory);
}

/* One without a namespace, which goes to whichever is asked for, beside one that names "default". */
static void tell_same_name(struct filling *filling, const struct workload *workload, const char *name)
{
	struct place place = { workload->place.file, workload->place.line, workload->place.column };

	if (snapshot_find_subject(filling->snapshot, SUBJECT_KIND_WORKLOAD, name) != SUBJECT_NONE)
		(void)diag_warning(snapshot_notes(filling->snapshot), workload->place.file ? &place : NULL,
				   "%s is there with and without its namespace: the last one counts", name);
}

static void fill_workload(struct filling *filling, uint32_t number)
{
	const struct workload *workload = &filling->cluster->workloads[number];
	CLEANUP(free_ptr) struct workload_container *containers = NULL;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	strbuf_add_string(&name, subject_name(filling, workload));
	tell_same_name(filling, workload, name.buf);
	filling->subject = snapshot_subject(filling->snapshot, SUBJECT_KIND_WORKLOAD, name.buf, "");
	if (filling->subject == SUBJECT_NONE)
		return;
	filling->file = workload->place.file;
	filling->line = workload->place.line;
	put_text(filling, "namespace", *workload->namespace ? workload->namespace : "default");
	put_text(filling, "kind", workload->kind);
	put_text(filling, "name", workload->name);
	put_number(filling, "replicas", workload->replicas);
	put_number(filling, "pods", pods_meant(filling, number));
	put_text(filling, "owner", workload->owner);
	containers = admit_containers(filling, workload);
	put_admitted_pod(filling, workload, containers);
	put_text(filling, "priority_class", workload->priority_class);
	put_priority(filling, workload);
	put_text(filling, "restart_policy", workload->restart_policy);
	put_bool(filling, "host_network", workload->host_network);
	put_bool(filling, "host_pid", workload->host_pid);
	put_bool(filling, "host_ipc", workload->host_ipc);
	put_amounts(filling, "requests.", &workload->pod_resources.requests, RESOURCE_MEMORY);
	put_amounts(filling, "limits.", &workload->pod_resources.limits, RESOURCE_MEMORY);
	put_sysctls(filling, workload);
	put_autoscaler(filling, autoscaler_get(filling, number));
	put_quotas(filling, workload);
	put_budgets(filling, workload);
	for (uint32_t i = 0; i < workload->n_containers; i++)
		fill_container(filling, workload, name.buf, &filling->cluster->containers[workload->first_container + i],
			       &containers[i].resources);
}

/* ---- nodes ---- */

static void fill_node(struct filling *filling, const struct cluster_node *node)
{
	filling->subject = snapshot_subject(filling->snapshot, SUBJECT_KIND_NODE, node->name, "");
	if (filling->subject == SUBJECT_NONE)
		return;
	filling->file = node->place.file;
	filling->line = node->place.line;
	put_amounts(filling, "allocatable.", &node->allocatable, RESOURCE_PODS);
	put_amounts(filling, "capacity.", &node->capacity, RESOURCE_PODS);
	put_text(filling, "kubelet_version", node->kubelet_version);
	put_bool(filling, "unschedulable", node->unschedulable);
	put_bool(filling, "virtual", node->is_virtual);
	put_member(filling, node->kubelet, "cpuManagerPolicy", "cpu_manager_policy", NULL);
}

/* ---- all of it ---- */

static void tell_left_out(struct filling *filling, const struct shelf *shelf, const char *what)
{
	for (uint32_t n = 0; n < filling->namespaces.count; n++)
		if (shelf->first[n + 1] - shelf->first[n] > OF_NAMESPACE_MAX)
			(void)diag_warning(snapshot_notes(filling->snapshot), NULL, "of %s in the namespace %s the first %d were looked at",
					   what, filling->namespaces.names[n], OF_NAMESPACE_MAX);
}

static void number_namespaces(struct filling *filling)
{
	for (uint32_t i = 0; i < filling->cluster->n_workloads; i++) {
		const char *name = filling->cluster->workloads[i].namespace;

		(void)symbols_intern(&filling->namespaces, name, strlen(name));
	}
}

static void find_autoscalers(struct filling *filling)
{
	const struct cluster *cluster = filling->cluster;

	filling->autoscaler_of = xcalloc((size_t)cluster->n_workloads + 1, sizeof(*filling->autoscaler_of));
	for (uint32_t i = 0; i < cluster->n_workloads; i++)
		filling->autoscaler_of[i] = CLUSTER_NONE;
	for (uint32_t i = cluster->n_autoscalers; i-- > 0;)
		if (cluster->autoscalers[i].workload < cluster->n_workloads)
			filling->autoscaler_of[cluster->autoscalers[i].workload] = i;
}

static void count_pods_of_budgets(struct filling *filling)
{
	const struct cluster *cluster = filling->cluster;

	filling->pods_of = xcalloc((size_t)cluster->n_budgets + 1, sizeof(*filling->pods_of));
	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		const uint32_t *budgets = NULL;
		uint32_t count = shelf_get(filling, &filling->budgets, cluster->workloads[i].namespace, &budgets);
		int64_t pods = pods_meant(filling, i);

		for (uint32_t b = 0; b < count; b++) {
			int64_t *sum = &filling->pods_of[budgets[b]];

			if (*sum >= 0 && selector_matches(cluster->budgets[budgets[b]].selector, cluster->workloads[i].pod_labels))
				*sum = pods < 0 ? -1 : *sum + pods;
		}
	}
}

void cluster_settings(const struct cluster *cluster, struct snapshot *snapshot)
{
	struct filling filling = {
		.cluster = cluster, .snapshot = snapshot, .subject = SUBJECT_HOST,
		.origin = STRBUF_INIT, .key = STRBUF_INIT, .text = STRBUF_INIT,
	};

	number_namespaces(&filling);
	SHELVE(&filling, &filling.limit_ranges, cluster->limit_ranges, cluster->n_limit_ranges);
	SHELVE(&filling, &filling.quotas, cluster->quotas, cluster->n_quotas);
	SHELVE(&filling, &filling.budgets, cluster->budgets, cluster->n_budgets);
	tell_left_out(&filling, &filling.limit_ranges, "LimitRanges");
	tell_left_out(&filling, &filling.quotas, "ResourceQuotas");
	tell_left_out(&filling, &filling.budgets, "PodDisruptionBudgets");
	find_autoscalers(&filling);
	count_pods_of_budgets(&filling);
	put_number(&filling, "cluster.workloads", cluster->n_workloads);
	put_number(&filling, "cluster.containers", cluster->n_containers);
	put_number(&filling, "cluster.pods", cluster->n_pods);
	put_number(&filling, "cluster.nodes", cluster->n_nodes);
	for (uint32_t i = 0; i < cluster->n_nodes; i++)
		fill_node(&filling, &cluster->nodes[i]);
	for (uint32_t i = 0; i < cluster->n_workloads; i++)
		fill_workload(&filling, i);
	symbols_release(&filling.namespaces);
	free(filling.autoscaler_of);
	free(filling.pods_of);
	free(filling.limit_ranges.items);
	free(filling.limit_ranges.first);
	free(filling.quotas.items);
	free(filling.quotas.first);
	free(filling.budgets.items);
	free(filling.budgets.first);
	strbuf_release(&filling.origin);
	strbuf_release(&filling.key);
	strbuf_release(&filling.text);
}
