/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of a capture: opens, reads and closes the files named on standard input, one a line, and does nothing with
 * what it read.   floor <LIST */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	static char path[4096], buffer[1 << 16];
	unsigned long files = 0, bytes = 0;

	while (fgets(path, sizeof(path), stdin)) {
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
	fprintf(stderr, "%lu files, %lu bytes\n", files, bytes);
	return 0;
}
