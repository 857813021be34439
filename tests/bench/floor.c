/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of a capture: opens, reads and closes the files named in LIST, one a line, and does nothing with
 * what it read.   floor LIST */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	FILE *list = argc == 2 ? fopen(argv[1], "re") : NULL;
	static char path[4096], buffer[1 << 16];
	unsigned long files = 0, bytes = 0;

	if (!list)
		return 2;
	while (fgets(path, sizeof(path), list)) {
		ssize_t n;
		int fd;

		path[strcspn(path, "\n")] = '\0';
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			continue;
		while ((n = read(fd, buffer, sizeof(buffer))) > 0)
			bytes += (unsigned long)n;
		close(fd);
		files++;
	}
	fclose(list);
	fprintf(stderr, "%lu files, %lu bytes\n", files, bytes);
	return 0;
}
