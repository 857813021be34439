/* SPDX-License-Identifier: Apache-2.0 */
/* compose-report FORMAT plain|hostile|empty|many|moved: a report made by hand, for validators that are programs of their own. */
#include <stdio.h>

#include "../unit/report-fixture.h"

#define MANY 3000

static void make_empty(struct report_fixture *fixture)
{
	static const struct finding_list none = FINDING_LIST_INIT;

	fixture->report = (struct report){ .command = "audit", .findings = &none };
}

/* As many as an image has that nobody ever looked at, each at a line of its own. */
static void make_many(struct report_fixture *fixture)
{
	static struct finding items[MANY];
	static struct finding_site sites[MANY];

	for (size_t i = 0; i < MANY; i++) {
		sites[i] = fixture_sites[0];
		sites[i].line = (uint32_t)i + 1;
		items[i] = fixture->items[i % 3];
		items[i].id = xasprintf("%s-%zu", items[i].id, i);
		items[i].sites = &sites[i];
		items[i].n_sites = 1;
	}
	fixture->findings.items = items;
	fixture->findings.count = MANY;
	fixture->findings.counts[STATUS_RECOMMEND] = MANY;
}

/* The same findings after somebody edited their file. */
static void make_moved(struct report_fixture *fixture)
{
	static struct finding_site sites[2];
	static const struct finding_values values = { .running = "256", .boot = "512", .wanted = "4,096" };

	memcpy(sites, fixture_sites, sizeof(sites));
	sites[0].line += 10;
	fixture->items[0].sites = sites;
	fixture->items[0].values = &values;
	fixture->items[0].because = "13.7 connections per second found the accept queue full.";
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(struct report_fixture *fixture);
	} kinds[] = {
		{ "plain", NULL }, { "hostile", fixture_make_hostile }, { "empty", make_empty }, { "many", make_many },
		{ "moved", make_moved },
	};
	struct report_fixture fixture;
	int status = 2;

	fixture_init(&fixture, 80, false, false);
	for (size_t i = 0; argc == 3 && i < ARRAY_SIZE(kinds); i++)
		if (streq(argv[2], kinds[i].name) && kinds[i].make)
			kinds[i].make(&fixture);
	for (size_t i = 0; argc == 3 && reporters[i]; i++) {
		if (streq(argv[1], reporters[i]->name)) {
			CLEANUP(free_ptr) char *text = fixture_write(reporters[i], &fixture.report);

			status = fputs(text, stdout) < 0 || fflush(stdout) != 0;
		}
	}
	fixture_release(&fixture);
	return status;
}
