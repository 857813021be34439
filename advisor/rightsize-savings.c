/* SPDX-License-Identifier: Apache-2.0 */
/* What rows cost now and then, and what of it could be saved: DESIGN.md section 10, keisoku-prices(5).
 *
 * Three numbers that are easily taken for one another are kept apart.  The bill is what the nodes cost, used or not.  Requested savings are what
 * requests would sink by; nobody is paid for them.  Realisable savings are nodes that can be given back. */
#include <math.h>

#include "rightsize.h"
#include "rightsize-savings.h"

#define HOURS_A_MONTH 730
#define GIB (1024.0 * 1024 * 1024)

struct costs {				/* of one workload */
	double replicas;		/* NAN: not known */
	double replicas_then;		/* not fewer: what autoscalers make of them */
	double rate[2];			/* of one CPU and one byte, an hour; NAN */
};

struct money {
	struct rightsizing *rightsizing;
	const struct cluster *now;
	const struct prices *prices;
	struct cluster then;		/* the same with the containers as recommended */
	struct costs *costs;		/* of each workload */
};

/* ---- the cluster as recommended ---- */

static void set_request(struct workload_container *container, enum resource resource, int64_t request)
{
	struct amount *amount = &container->resources.requests.of[resource];

	if (request < 0) {
		*amount = (struct amount){ 0 };
		return;
	}
	amount->given = true;
	amount->wrong = amount->unknown = false;
	amount->quantity = resource == RESOURCE_CPU ? quantity_of_milli(request) : quantity_of_bytes(request);
}

struct cluster rightsize_then(const struct rightsizing *rightsizing)
{
	const struct cluster *now = rightsizing_admitted(rightsizing);
	struct cluster then = *now;
	size_t size = then.n_containers * sizeof(*then.containers);

	then.containers = xmalloc(MAX(size, (size_t)1));
	if (size > 0)
		memcpy(then.containers, now->containers, size);
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		const struct sizing_row *row = &rightsizing->rows[i];

		for (enum resource resource = RESOURCE_CPU; resource <= RESOURCE_MEMORY; resource++)
			if (row->of[resource].status == STATUS_RECOMMEND)
				set_request(&then.containers[row->container], resource, row->of[resource].request_to);
	}
	return then;
}

/* ---- replicas and rates ---- */

static double replicas_asked(const struct workload *workload)
{
	if (workload->n_pods > 0)
		return workload->n_pods;
	return workload->replicas >= 0 ? (double)workload->replicas : workload->ready >= 0 ? (double)workload->ready : NAN;
}

struct rates {				/* of one CPU and one byte, an hour */
	double sum[2];
	uint32_t count[2];
};

static void rates_add(struct rates *rates, const double rate[2])
{
	for (size_t i = 0; i < 2; i++) {
		if (isnan(rate[i]))
			continue;
		rates->sum[i] += rate[i];
		rates->count[i]++;
	}
}

static double rates_mean(const struct rates *rates, size_t resource, double otherwise)
{
	return rates->count[resource] > 0 ? rates->sum[resource] / rates->count[resource] : otherwise;
}

static struct rates rates_here(const struct cluster *cluster, const struct workload *workload, double (*of_nodes)[2])
{
	struct rates rates = { 0 };

	for (uint32_t i = 0; i < workload->n_pods; i++) {
		uint32_t node = cluster->pods[cluster->pods_by_workload[workload->first_pod + i]].node;

		if (node < cluster->n_nodes)
			rates_add(&rates, of_nodes[node]);
	}
	return rates;
}

/* On the nodes its pods run on, else on the mean node, else as listed. */
static void find_rates(struct money *money)
{
	const struct cluster *cluster = money->now;
	double listed[2] = { money->prices->cpu_hour, money->prices->gib_hour / GIB };
	CLEANUP(free_ptr) double (*of_nodes)[2] = xcalloc((size_t)cluster->n_nodes + 1, sizeof(*of_nodes));
	struct rates all = { 0 };

	for (uint32_t i = 0; i < cluster->n_nodes; i++) {
		prices_node_rates(money->prices, &cluster->nodes[i], &of_nodes[i][RESOURCE_CPU], &of_nodes[i][RESOURCE_MEMORY]);
		rates_add(&all, of_nodes[i]);
	}
	for (uint32_t w = 0; w < cluster->n_workloads; w++) {
		struct rates here = rates_here(cluster, &cluster->workloads[w], of_nodes);

		for (size_t i = 0; i < 2; i++)
			money->costs[w].rate[i] = rates_mean(&here, i, rates_mean(&all, i, listed[i]));
	}
}

static bool is_measured(const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const struct usage *usage = rightsizing->usage;

	return usage && (usage_get(usage, row->container, USAGE_MEMORY_WORKING_SET) || usage_get(usage, row->container, USAGE_CPU));
}

/* The greatest of its rows that are measured, or that are not: these say only what is asked for. */
static void replicas_of_rows(struct money *money, bool measured)
{
	const struct rightsizing *rightsizing = money->rightsizing;
	CLEANUP(free_ptr) double *most = xcalloc((size_t)money->now->n_workloads + 1, sizeof(*most));

	for (uint32_t w = 0; w < money->now->n_workloads; w++)
		most[w] = -1;
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		const struct sizing_row *row = &rightsizing->rows[i];

		if (isfinite(row->replicas) && is_measured(rightsizing, row) == measured)
			most[row->workload] = MAX(most[row->workload], row->replicas);
	}
	for (uint32_t w = 0; w < money->now->n_workloads; w++)
		if (isnan(money->costs[w].replicas) && most[w] >= 0)
			money->costs[w].replicas = most[w];
}

/* What was measured of any of its containers, else what is asked for. */
static void find_replicas(struct money *money)
{
	const struct rightsizing *rightsizing = money->rightsizing;

	for (uint32_t w = 0; w < money->now->n_workloads; w++)
		money->costs[w].replicas = NAN;
	replicas_of_rows(money, true);
	replicas_of_rows(money, false);
	for (uint32_t w = 0; w < money->now->n_workloads; w++) {
		if (isnan(money->costs[w].replicas))
			money->costs[w].replicas = replicas_asked(&money->now->workloads[w]);
		money->costs[w].replicas_then = money->costs[w].replicas;
	}
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		const struct sizing_row *row = &rightsizing->rows[i];
		double *then = &money->costs[row->workload].replicas_then;

		for (size_t j = 0; j < 2; j++)
			if (row->of[j].status == STATUS_RECOMMEND && isfinite(row->of[j].replicas_then))
				*then = MAX(*then, row->of[j].replicas_then);
	}
}

/* ---- what a row asks for ---- */

static double asked(const struct cluster *cluster, uint32_t container, enum resource resource)
{
	struct quantity quantity = resources_request(&cluster->containers[container].resources, resource);

	return MAX(quantity_real(&quantity), 0.0);
}

static bool runs_along(enum container_type type)
{
	return type == CONTAINER_APP || type == CONTAINER_SIDECAR;
}

/* The init container that asks for most: it pays for what the pod needs above the containers that stay. */
static uint32_t greatest_init(const struct cluster *cluster, const struct workload *workload, enum resource resource)
{
	uint32_t greatest = CLUSTER_NONE;

	for (uint32_t i = 0; i < workload->n_containers; i++) {
		uint32_t container = workload->first_container + i;

		if (cluster->containers[container].type == CONTAINER_INIT &&
		    (greatest == CLUSTER_NONE || asked(cluster, container, resource) > asked(cluster, greatest, resource)))
			greatest = container;
	}
	return greatest;
}

static double init_asks(const struct cluster *cluster, const struct workload *workload, enum resource resource)
{
	struct quantity whole = workload_request(cluster, workload, resource);
	const struct amount *overhead = &workload->overhead.of[resource];
	double rest = quantity_real(&whole);

	if (overhead->given && !overhead->wrong)
		rest -= quantity_real(&overhead->quantity);
	for (uint32_t i = 0; i < workload->n_containers; i++)
		if (runs_along(cluster->containers[workload->first_container + i].type))
			rest -= asked(cluster, workload->first_container + i, resource);
	return MAX(rest, 0.0);
}

/* Of one replica: containers that run along for what they ask, init containers for what they make the pod ask besides. */
static double row_asks(const struct cluster *cluster, const struct sizing_row *row, enum resource resource)
{
	const struct workload *workload = &cluster->workloads[row->workload];
	enum container_type type = cluster->containers[row->container].type;

	if (runs_along(type))
		return asked(cluster, row->container, resource);
	if (type == CONTAINER_INIT && greatest_init(cluster, workload, resource) == row->container)
		return init_asks(cluster, workload, resource);
	return 0;
}

static bool has_pod_level(const struct workload *workload, enum resource resource)
{
	return workload->pod_resources.requests.of[resource].given || workload->pod_resources.limits.of[resource].given;
}

struct row_amounts {			/* of all replicas; NAN: how many is not known */
	double now[2], then[2];
};

static struct row_amounts row_amounts(const struct money *money, const struct sizing_row *row)
{
	const struct workload *workload = &money->now->workloads[row->workload];
	const struct costs *costs = &money->costs[row->workload];
	struct row_amounts amounts;

	for (enum resource resource = RESOURCE_CPU; resource <= RESOURCE_MEMORY; resource++) {
		/* What the pod asks for as a whole does not sink with a container. */
		const struct cluster *then = has_pod_level(workload, resource) ? money->now : &money->then;

		amounts.now[resource] = row_asks(money->now, row, resource) * costs->replicas;
		amounts.then[resource] = row_asks(then, row, resource) * costs->replicas_then;
	}
	return amounts;
}

/* ---- rows ---- */

static double month(double amount, double rate)
{
	return amount == 0 ? 0 : amount * rate * HOURS_A_MONTH;
}

static void price_row(const struct money *money, struct sizing_row *row, double scale)
{
	const struct costs *costs = &money->costs[row->workload];
	struct row_amounts amounts = row_amounts(money, row);

	for (size_t i = 0; i < 2; i++) {
		row->of[i].cost_now = money->prices ? month(amounts.now[i], costs->rate[i]) * scale : NAN;
		row->of[i].cost_then = money->prices ? month(amounts.then[i], costs->rate[i]) * scale : NAN;
	}
}

static double known(double value)
{
	return isnan(value) ? 0 : value;
}

static void price_rows(struct money *money)
{
	struct rightsizing *rightsizing = money->rightsizing;
	double bill = rightsizing->savings.bill, sum = 0, scale = 1;

	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		price_row(money, &rightsizing->rows[i], 1);
		for (size_t j = 0; j < 2; j++)
			sum += known(rightsizing->rows[i].of[j].cost_now);
	}
	/* More may be asked for than the nodes have: the rows still share no more than the bill. */
	if (!(sum > bill) || !(sum > 0))
		return;
	scale = bill / sum;
	for (size_t i = 0; i < rightsizing->n_rows; i++)
		price_row(money, &rightsizing->rows[i], scale);
}

/* ---- groups ---- */

struct member {
	const char *name;
	size_t row;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : (left->row > right->row) - (left->row < right->row);
}

static void group_add(struct saving_group *group, const struct money *money, const struct sizing_row *row)
{
	struct row_amounts amounts = row_amounts(money, row);

	group->containers++;
	group->cpu_now += known(amounts.now[RESOURCE_CPU]);
	group->cpu_then += known(amounts.then[RESOURCE_CPU]);
	group->memory_now += known(amounts.now[RESOURCE_MEMORY]);
	group->memory_then += known(amounts.then[RESOURCE_MEMORY]);
	for (size_t i = 0; i < 2; i++) {
		group->requested_now += known(row->of[i].cost_now);
		group->requested_then += known(row->of[i].cost_then);
	}
}

/* Sorts and sums members of the same name. */
static size_t make_groups(const struct money *money, struct member *members, size_t count, struct saving_group **ret_groups)
{
	struct rightsizing *rightsizing = money->rightsizing;
	struct saving_group *groups = arena_alloc(&rightsizing->arena, MAX(count, (size_t)1) * sizeof(*groups));
	size_t n = 0;

	qsort(members, count, sizeof(*members), compare_members);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !streq(members[i].name, members[i - 1].name))
			groups[n++].name = arena_strdup(&rightsizing->arena, members[i].name);
		group_add(&groups[n - 1], money, &rightsizing->rows[members[i].row]);
	}
	for (size_t i = 0; i < n && !money->prices; i++)
		groups[i].requested_now = groups[i].requested_then = NAN;
	*ret_groups = groups;
	return n;
}

static void group_rows(struct money *money)
{
	struct rightsizing *rightsizing = money->rightsizing;
	struct savings *savings = &rightsizing->savings;
	CLEANUP(free_ptr) struct member *members = xcalloc(MAX(rightsizing->n_rows, (size_t)1), sizeof(*members));

	for (size_t i = 0; i < rightsizing->n_rows; i++)
		members[i] = (struct member){ money->now->workloads[rightsizing->rows[i].workload].namespace, i };
	savings->n_namespaces = make_groups(money, members, rightsizing->n_rows, &savings->namespaces);
	if (!rightsizing->options.label || !*rightsizing->options.label)
		return;
	savings->label = rightsizing->options.label;
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		const struct workload *workload = &money->now->workloads[rightsizing->rows[i].workload];

		members[i] = (struct member){ workload_label(money->now, workload, savings->label), i };
	}
	savings->n_labels = make_groups(money, members, rightsizing->n_rows, &savings->labels);
}

/* ---- sums ---- */

static void find_bill(struct money *money)
{
	struct savings *savings = &money->rightsizing->savings;
	const struct cluster *cluster = money->now;

	savings->bill = 0;
	savings->bill_of_nodes = cluster->n_nodes > 0;
	for (uint32_t i = 0; i < cluster->n_nodes; i++)
		savings->bill += prices_node_hour(money->prices, &cluster->nodes[i]) * HOURS_A_MONTH;
	for (uint32_t w = 0; w < cluster->n_workloads && !savings->bill_of_nodes; w++) {
		const struct costs *costs = &money->costs[w];

		for (enum resource resource = RESOURCE_CPU; resource <= RESOURCE_MEMORY; resource++) {
			struct quantity request = workload_request(cluster, &cluster->workloads[w], resource);

			savings->bill += known(month(quantity_real(&request) * costs->replicas, costs->rate[resource]));
		}
	}
}

static void sum_rows(struct money *money)
{
	struct savings *savings = &money->rightsizing->savings;

	savings->requested = money->prices ? 0 : NAN;
	for (size_t i = 0; i < savings->n_namespaces && money->prices; i++)
		savings->requested += savings->namespaces[i].requested_now - savings->namespaces[i].requested_then;
}

static void realise(struct money *money)
{
	uint32_t count = money->now->n_workloads;
	CLEANUP(free_ptr) uint32_t *more = xcalloc((size_t)count + 1, sizeof(*more));

	for (uint32_t w = 0; w < count; w++) {
		double pods = money->costs[w].replicas_then - money->costs[w].replicas;

		more[w] = pods > 0 ? (uint32_t)MIN(ceil(pods - 1e-9), 1e6) : 0;
	}
	rightsize_realise(money->rightsizing, &money->then, more, money->prices);
}

void rightsize_savings(struct rightsizing *rightsizing, const struct prices *prices)
{
	struct money money = { .rightsizing = rightsizing, .now = rightsizing_admitted(rightsizing), .prices = prices };
	struct savings *savings = &rightsizing->savings;

	*savings = (struct savings){ .priced = prices != NULL, .hours = HOURS_A_MONTH, .bill = NAN };
	if (prices) {
		savings->currency = arena_strdup(&rightsizing->arena, prices->currency);
		savings->price_source = arena_strdup(&rightsizing->arena, prices->source);
		savings->price_date = arena_strdup(&rightsizing->arena, prices->date);
	}
	money.costs = xcalloc(MAX(money.now->n_workloads, 1U), sizeof(*money.costs));
	money.then = rightsize_then(rightsizing);
	find_replicas(&money);
	if (prices) {
		find_rates(&money);
		find_bill(&money);
	}
	price_rows(&money);
	group_rows(&money);
	sum_rows(&money);
	realise(&money);
	free(money.then.containers);
	free(money.costs);
}
