/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of its corpus, so that each crash ever found stays a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *bytes;
	size_t size;

	if (!file)
		return -1;
	bytes = malloc(16 << 20);
	size = bytes ? fread(bytes, 1, 16 << 20, file) : 0;
	fclose(file);

	/* An exact copy, so that a read past the end is a read past an allocation. */
	uint8_t *exact = malloc(size ? size : 1);
	if (!bytes || !exact)
		abort();
	for (size_t i = 0; i < size; i++)
		exact[i] = (uint8_t)bytes[i];
	free(bytes);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int count = 0;
	struct dirent **names;
	int n;

	if (argc != 2)
		return 2;
	n = scandir(argv[1], &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char path[4096];

		if (names[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]->d_name);
			printf("%s %u - %s\n", replay_file(path) == 0 ? "ok" : "not ok", ++count, names[i]->d_name);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (count == 0) {
		printf("not ok 1 - the corpus %s is empty\n", argv[1]);
		count = 1;
	}
	printf("1..%u\n", count);
	return 0;
}
