/* SPDX-License-Identifier: Apache-2.0 */
/* Puts files out of the page cache, without any setting of the machine and without privilege: what is dirty is written, then
 * POSIX_FADV_DONTNEED.  Directories are walked and no link is followed.  Says what stayed (another program may map it).
 * Names and inodes stay in memory; a file system mounted anew has none of them.
 *
 *   cool PATH... */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned long files;
static unsigned long long bytes, resident;

static unsigned long long bytes_resident(int fd, size_t size)
{
	static unsigned char pages[1 << 16];
	size_t page = (size_t)sysconf(_SC_PAGESIZE), step = page * sizeof(pages);
	unsigned long long count = 0;

	for (size_t at = 0; at < size; at += step) {
		size_t length = size - at < step ? size - at : step;
		void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)at);

		if (map == MAP_FAILED)
			break;
		if (mincore(map, length, pages) == 0)
			for (size_t i = 0; i * page < length; i++)
				count += pages[i] & 1;
		munmap(map, length);
	}
	return count * page;
}

static int cool(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	int fd;

	(void)walk;
	if (kind != FTW_F || !S_ISREG(st->st_mode) || st->st_size == 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	(void)fdatasync(fd);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	files++;
	bytes += (unsigned long long)st->st_size;
	resident += bytes_resident(fd, (size_t)st->st_size);
	(void)close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], cool, 32, FTW_PHYS | FTW_MOUNT) != 0) {
			fprintf(stderr, "cool: %s: %s\n", argv[i], strerror(errno));
			return 1;
		}
	fprintf(stderr, "%lu files, %llu of %llu KiB stayed in memory\n", files, resident >> 10, bytes >> 10);
	return 0;
}
