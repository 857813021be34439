/* SPDX-License-Identifier: Apache-2.0 */
#include "prices.h"

#include <errno.h>
#include <math.h>

#include "parse.h"
#include "timestamp.h"

#define GIB (1024.0 * 1024 * 1024)
/* Of one hour of anything that is rented by the hour: above, somebody wrote a year's price or a wrong unit. */
#define PRICE_MAX 1e6
#define NODE_PRICES_MAX 10000

static const char *const price_keys[] = { "currency", "source", "date", "cpu_hour", "gib_hour", "nodes", NULL };
static const char *const node_price_keys[] = { "match", "hour", "cpu_hour", "gib_hour", NULL };

void prices_release(struct prices *prices)
{
	arena_release(&prices->arena);
	*prices = (struct prices)PRICES_INIT;
}

/* "0.0319".  NAN when the key is absent. */
static int get_price(const struct node *mapping, const char *key, struct diag *diag, double *ret_price)
{
	const struct node *node = node_get(mapping, key);
	const char *text;
	struct place place;
	double price;
	int r;

	*ret_price = NAN;
	r = node_get_text(mapping, key, diag, &text);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	place = node_place(node);
	if (parse_real(text, &price) < 0)
		return diag_error(diag, &place, "%s: expected a price like 0.032, found '%s'", key, text);
	if (price < 0)
		return diag_error(diag, &place, "%s: a price cannot be negative", key);
	if (price > PRICE_MAX)
		return diag_error(diag, &place, "%s: %s for one hour is no price; write what one hour costs", key, text);
	*ret_price = price == 0 ? 0 : price;		/* "-0" too */
	return 0;
}

static int get_rates(const struct node *mapping, struct diag *diag, double *ret_cpu_hour, double *ret_gib_hour)
{
	struct place place = node_place(mapping);
	int r = get_price(mapping, "cpu_hour", diag, ret_cpu_hour);
	int result = r < 0 ? r : 0;

	r = get_price(mapping, "gib_hour", diag, ret_gib_hour);
	if (r < 0)
		result = r;
	if (result == 0 && isnan(*ret_cpu_hour) != isnan(*ret_gib_hour))
		return diag_error(diag, &place, "%s without %s: give both, 0 for what costs nothing",
				  isnan(*ret_cpu_hour) ? "gib_hour" : "cpu_hour", isnan(*ret_cpu_hour) ? "cpu_hour" : "gib_hour");
	return result;
}

static int get_match(const struct node *mapping, struct diag *diag, const struct node **ret_match)
{
	const struct node *match = node_get(mapping, "match");
	struct place place = node_place(match ? match : mapping);

	if (!match || match->kind != NODE_MAPPING || match->count == 0)
		return diag_error(diag, &place, "match: expected labels of nodes, as {node.kubernetes.io/instance-type: m5.large}");
	for (size_t i = 0; i + 1 < match->count; i += 2) {
		place = node_place(&match->items[i + 1]);
		if (match->items[i + 1].kind != NODE_SCALAR)
			return diag_error(diag, &place, "%s: expected the value of a label", match->items[i].text);
	}
	*ret_match = match;
	return 0;
}

static int load_node_price(const struct node *node, struct diag *diag, struct node_price *ret_price)
{
	struct place place = node_place(node);
	struct node_price price = { 0 };
	bool rates;
	int result = 0;

	if (node->kind != NODE_MAPPING)
		return diag_error(diag, &place, "expected {match: {LABEL: VALUE}, hour: PRICE}");
	if (node_check_keys(node, node_price_keys, diag) < 0)
		result = -EINVAL;
	if (get_match(node, diag, &price.match) < 0 || get_price(node, "hour", diag, &price.hour) < 0 ||
	    get_rates(node, diag, &price.cpu_hour, &price.gib_hour) < 0)
		return -EINVAL;
	rates = !isnan(price.cpu_hour);
	if (rates == !isnan(price.hour))
		return diag_error(diag, &place, "expected either hour, of the whole node, or cpu_hour and gib_hour");
	*ret_price = price;
	return result;
}

static int load_node_prices(const struct node *list, struct diag *diag, struct prices *prices)
{
	struct place place = node_place(list);
	int result = 0;

	if (list->kind != NODE_SEQUENCE)
		return diag_error(diag, &place, "nodes: expected a list of {match: …, hour: …}");
	if (list->count > NODE_PRICES_MAX)
		return diag_error(diag, &place, "nodes: more than %d prices", NODE_PRICES_MAX);
	prices->nodes = arena_alloc(&prices->arena, list->count * sizeof(*prices->nodes));
	for (size_t i = 0; i < list->count; i++) {
		if (load_node_price(&list->items[i], diag, &prices->nodes[prices->n_nodes]) < 0)
			result = -EINVAL;
		else
			prices->n_nodes++;
	}
	return result;
}

/* "2026-10-01" */
static bool is_day(const char *text)
{
	const char *end = text;
	bool has_zone;
	double sec;

	return timestamp_scan(&end, &sec, &has_zone) && *end == '\0' && end - text == 10;
}

/* currency, source and date: a price that cannot be looked up again cannot be defended. */
static int load_origin(const struct node *root, struct diag *diag, struct prices *prices)
{
	const char **const fields[] = { &prices->currency, &prices->source, &prices->date };
	struct place place = node_place(root);
	int result = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		int r = node_get_text(root, price_keys[i], diag, fields[i]);

		if (r == -ENOENT || (r == 0 && !**fields[i]))
			result = diag_error(diag, &place, "prices without %s: currency, source and date are all required",
					    price_keys[i]);
		else if (r < 0)
			result = r;
	}
	if (result < 0)
		return result;
	if (!is_day(prices->date)) {
		place = node_place(node_get(root, "date"));
		return diag_error(diag, &place, "date: expected a day like 2026-10-01, found '%s'", prices->date);
	}
	return 0;
}

static int load(const struct node *documents, const char *file, struct diag *diag, struct prices *prices)
{
	struct place place = { .file = file };
	const struct node *root, *nodes;
	int result = 0;

	if (documents->count != 1 || documents->items[0].kind != NODE_MAPPING) {
		if (documents->count > 0)
			place = node_place(&documents->items[documents->count > 1]);
		return diag_error(diag, &place, "expected one document: {currency: …, source: …, date: …, cpu_hour: …, gib_hour: …}");
	}
	root = &documents->items[0];
	nodes = node_get(root, "nodes");
	place = node_place(root);
	if (node_check_keys(root, price_keys, diag) < 0)
		result = -EINVAL;
	if (load_origin(root, diag, prices) < 0)
		result = -EINVAL;
	if (get_rates(root, diag, &prices->cpu_hour, &prices->gib_hour) < 0)
		result = -EINVAL;
	if (nodes && load_node_prices(nodes, diag, prices) < 0)
		result = -EINVAL;
	if (result == 0 && isnan(prices->cpu_hour) && prices->n_nodes == 0)
		return diag_error(diag, &place, "no price at all: expected cpu_hour and gib_hour, or nodes, or both");
	return result;
}

int prices_parse(const char *file, const char *text, size_t length, struct diag *diag, struct prices *ret_prices)
{
	struct prices prices = PRICES_INIT;
	const struct node *documents;
	int r;

	r = node_parse(&prices.arena, file, text, length, diag, &documents);
	if (r == 0)
		r = load(documents, file, diag, &prices);
	if (r < 0) {
		prices_release(&prices);
		return r;
	}
	*ret_prices = prices;
	return 0;
}

static bool labels_match(const struct node *match, const struct node *labels)
{
	if (!labels || labels->kind != NODE_MAPPING)
		return false;
	for (size_t i = 0; i + 1 < match->count; i += 2) {
		const struct node *label = node_get(labels, match->items[i].text);

		if (!label || label->kind != NODE_SCALAR || !streq(label->text, match->items[i + 1].text))
			return false;
	}
	return true;
}

/* What the machine has is paid for, not only what pods may take of it. */
static double node_amount(const struct cluster_node *node, enum resource resource)
{
	const struct amount *amount = &node->capacity.of[resource];

	if (!amount->given || amount->wrong)
		amount = &node->allocatable.of[resource];
	return amount->given && !amount->wrong && amount->quantity.nano >= 0 ? quantity_real(&amount->quantity) : NAN;
}

/* What applies to a node: a price of it as a whole (else NAN), and prices of its parts (else NAN). */
static void find_price(const struct prices *prices, const struct cluster_node *node, struct node_price *ret_price)
{
	*ret_price = (struct node_price){ .hour = NAN, .cpu_hour = prices->cpu_hour, .gib_hour = prices->gib_hour };
	for (size_t i = 0; i < prices->n_nodes; i++) {
		const struct node_price *price = &prices->nodes[i];

		if (!labels_match(price->match, node->labels))
			continue;
		ret_price->hour = price->hour;
		if (isnan(price->hour)) {
			ret_price->cpu_hour = price->cpu_hour;
			ret_price->gib_hour = price->gib_hour;
		}
		return;
	}
}

double prices_node_hour(const struct prices *prices, const struct cluster_node *node)
{
	struct node_price price;

	find_price(prices, node, &price);
	if (!isnan(price.hour))
		return price.hour;
	return node_amount(node, RESOURCE_CPU) * price.cpu_hour + node_amount(node, RESOURCE_MEMORY) / GIB * price.gib_hour;
}

void prices_node_rates(const struct prices *prices, const struct cluster_node *node, double *ret_cpu_hour, double *ret_byte_hour)
{
	double cpus = node_amount(node, RESOURCE_CPU), bytes = node_amount(node, RESOURCE_MEMORY);
	double hour = prices_node_hour(prices, node), cpu_share, memory_share;
	struct node_price price;

	find_price(prices, node, &price);
	cpu_share = cpus * price.cpu_hour;
	memory_share = bytes / GIB * price.gib_hour;
	if (!(cpu_share + memory_share > 0)) {		/* there is nothing to go by */
		cpu_share = cpus > 0;
		memory_share = bytes > 0;
	}
	hour /= cpu_share + memory_share;
	*ret_cpu_hour = cpus > 0 ? hour * cpu_share / cpus : NAN;
	*ret_byte_hour = bytes > 0 ? hour * memory_share / bytes : NAN;
}
