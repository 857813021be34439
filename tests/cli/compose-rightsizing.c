/* SPDX-License-Identifier: Apache-2.0 */
/* compose-rightsizing FORMAT plain|hostile|empty|many [WIDTH]: a rightsizing made by hand, for validators that are programs of their
 * own; with the format "patches" each file after a line "==> PATH". */
#include <stdio.h>

#include "../../core/parse.h"
#include "../unit/rightsizing-fixture.h"

#define MANY 3000

static void make_many(struct rightsizing_fixture *fixture)
{
	size_t count = fixture->rightsizing.n_rows;

	for (size_t i = 0; i < MANY; i++)
		fixture_row(fixture, fixture->rightsizing.rows[i % count].container, (int)(i % SIZE_MISSING), (int)(i / 7 % SIZE_MISSING));
}

static void write_patches(const struct rightsizing *rightsizing)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct patch_file *files;
	size_t count = rightsizing_patches(rightsizing, &arena, &files);

	for (size_t i = 0; i < count; i++)
		printf("==> %s\n%s", files[i].path, files[i].text);
}

int main(int argc, char **argv)
{
	const char *format = argc > 2 ? argv[1] : "", *kind = argc > 2 ? argv[2] : "";
	uint64_t width = 80;
	struct rightsizing_fixture fixture;

	if (argc > 3 && parse_u64(argv[3], &width) < 0)
		return 2;
	rightsizing_fixture_init(&fixture, streq(kind, "hostile"));
	if (streq(kind, "empty")) {
		fixture.rightsizing.n_rows = 0;
		fixture.rightsizing.savings = (struct savings){ 0 };
		memset(fixture.rightsizing.counts, 0, sizeof(fixture.rightsizing.counts));
	}
	if (streq(kind, "many"))
		make_many(&fixture);
	if (streq(kind, "labelled"))
		fixture.rightsizing.options.label = "team";
	if (streq(format, "patches")) {
		write_patches(&fixture.rightsizing);
	} else if (find_rightsizing_reporter(format)) {
		CLEANUP(free_ptr) char *text = rightsizing_write(format, &fixture.rightsizing, (unsigned int)width, true);

		fputs(text, stdout);
	} else {
		fprintf(stderr, "usage: compose-rightsizing FORMAT plain|hostile|empty|many|labelled [WIDTH]\n");
		return 2;
	}
	rightsizing_fixture_release(&fixture);
	return fflush(stdout) != 0;
}
