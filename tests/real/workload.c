/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads that make a host sick in one way each, for a bounded time.  Run in a control group and a network
 * namespace of their own.
 *
 *   workload deaf BACKLOG SECONDS            a listener that never accepts, and clients that knock
 *   workload surge BACKLOG COUNT EVERY-MSEC SECONDS   that many clients at once, taken in only before the next ones come
 *   workload spin THREADS SECONDS            threads that burn CPU
 *   workload burst MSEC EVERY-MSEC SECONDS   burns MSEC of CPU time, then rests, and begins anew every EVERY-MSEC
 *   workload bursts THREADS MSEC EVERY-MSEC SECONDS   that many threads burn MSEC each at once, every EVERY-MSEC
 *   workload hold MIB SECONDS                so much memory of its own, written once
 *   workload reread FILE MIB SECONDS         reads a file again and again, more than fits
 *   workload dirty FILE MIB SECONDS          writes over a file again and again, without fsync
 *   workload spill FILE MIB EVERY-MSEC SECONDS   does so once every EVERY-MSEC
 *   workload short PER-SECOND SECONDS        connections that are opened and closed at once
 *   workload udp SECONDS                     datagrams faster than the receiver reads them
 *   workload flows COUNT SECONDS             datagrams to so many ports, again and again
 *   workload fork COUNT SECONDS              children that sleep, as many as are allowed */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double deadline;

static double clock_seconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double now(void)
{
	return clock_seconds(CLOCK_MONOTONIC);
}

static void set_deadline(const char *seconds)
{
	deadline = now() + atof(seconds);
}

static void sleep_msec(long msec)
{
	struct timespec time = { msec / 1000, msec % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static int fail(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	return 1;
}

/* A socket bound to a free port of the loopback address. */
static int bound_socket(int type, struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof(*address)) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &length) < 0)
		return -1;
	return fd;
}

static int run_deaf(char **argv)
{
	struct sockaddr_in address;
	int listener = bound_socket(SOCK_STREAM, &address);
	int clients[4096];
	size_t n = 0;

	set_deadline(argv[1]);
	if (listener < 0 || listen(listener, atoi(argv[0])) < 0)
		return fail("listen");
	/* Clients stay open: those the queue has no room for try again by themselves. */
	while (now() < deadline) {
		if (n == 4096) {
			for (size_t i = 0; i < n; i++)
				close(clients[i]);
			n = 0;
		}
		clients[n] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (clients[n] >= 0) {
			(void)connect(clients[n], (struct sockaddr *)&address, sizeof(address));
			n++;
		}
		sleep_msec(5);
	}
	return 0;
}

/* Connections wait for accept(2) from one surge to the next. */
static int run_surge(char **argv)
{
	struct sockaddr_in address;
	int listener = bound_socket(SOCK_STREAM | SOCK_NONBLOCK, &address), count = atoi(argv[1]);
	int clients[1024];

	set_deadline(argv[3]);
	if (listener < 0 || count < 0 || count > 1024 || listen(listener, atoi(argv[0])) < 0)
		return fail("listen");
	for (int i = 0; i < count; i++)
		clients[i] = -1;
	while (now() < deadline) {
		for (int fd = accept(listener, NULL, NULL); fd >= 0; fd = accept(listener, NULL, NULL))
			close(fd);
		for (int i = 0; i < count; i++) {
			if (clients[i] >= 0)
				close(clients[i]);
			clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
			if (clients[i] >= 0)
				(void)connect(clients[i], (struct sockaddr *)&address, sizeof(address));
		}
		sleep_msec(atol(argv[2]));
	}
	return 0;
}

static void *spin(void *unused)
{
	volatile unsigned long counter = 0;

	(void)unused;
	while (now() < deadline)
		for (int i = 0; i < 100000; i++)
			counter++;
	return NULL;
}

static int run_spin(char **argv)
{
	int count = atoi(argv[0]);
	pthread_t threads[64];

	set_deadline(argv[1]);
	for (int i = 0; i < count && i < 64; i++)
		if (pthread_create(&threads[i], NULL, spin, NULL) != 0)
			return fail("pthread_create");
	for (int i = 0; i < count && i < 64; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* Sleeps until this MSEC after START. */
static void rest(double start, double msec)
{
	double left = start * 1000 + msec - now() * 1000;

	if (left > 0)
		sleep_msec((long)left);
}

static int run_burst(char **argv)
{
	double cpu = atof(argv[0]) / 1000;
	volatile unsigned long counter = 0;

	set_deadline(argv[2]);
	while (now() < deadline) {
		double start = now(), used = clock_seconds(CLOCK_THREAD_CPUTIME_ID);

		while (clock_seconds(CLOCK_THREAD_CPUTIME_ID) < used + cpu)
			counter++;
		rest(start, atof(argv[1]));
	}
	return 0;
}

static char block[1 << 20];

struct burst {
	double cpu;			/* seconds of each thread */
	pthread_barrier_t begin, end;
};

static void *burst_thread(void *argument)
{
	struct burst *burst = argument;
	volatile unsigned long counter = 0;

	for (;;) {
		double until;

		pthread_barrier_wait(&burst->begin);
		until = clock_seconds(CLOCK_THREAD_CPUTIME_ID) + burst->cpu;
		while (clock_seconds(CLOCK_THREAD_CPUTIME_ID) < until)
			for (int i = 0; i < 1000; i++)
				counter++;
		pthread_barrier_wait(&burst->end);
	}
	return NULL;
}

/* The threads end with the program. */
static int run_bursts(char **argv)
{
	static struct burst burst;
	int count = atoi(argv[0]);
	pthread_t thread;

	burst.cpu = atof(argv[1]) / 1000;
	set_deadline(argv[3]);
	if (count < 1)
		return fail("THREADS");
	pthread_barrier_init(&burst.begin, NULL, (unsigned int)count + 1);
	pthread_barrier_init(&burst.end, NULL, (unsigned int)count + 1);
	for (int i = 0; i < count; i++)
		if (pthread_create(&thread, NULL, burst_thread, &burst) != 0)
			return fail("pthread_create");
	while (now() < deadline) {
		double start = now();

		pthread_barrier_wait(&burst.begin);
		pthread_barrier_wait(&burst.end);
		rest(start, atof(argv[2]));
	}
	return 0;
}

static int run_hold(char **argv)
{
	size_t size = (size_t)atoi(argv[0]) << 20;
	char *memory = malloc(size);

	set_deadline(argv[1]);
	if (!memory)
		return fail("malloc");
	memset(memory, 'x', size);
	while (now() < deadline)
		sleep_msec(100);
	return memory[size / 2] != 'x';
}

static int run_reread(char **argv)
{
	int fd = open(argv[0], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	off_t size = (off_t)atoi(argv[1]) << 20;

	set_deadline(argv[2]);
	if (fd < 0)
		return fail(argv[0]);
	memset(block, 'x', sizeof(block));
	for (off_t at = 0; at < size; at += (off_t)sizeof(block))
		if (pwrite(fd, block, sizeof(block), at) < 0)
			return fail("write");
	if (fsync(fd) < 0)
		return fail("fsync");
	while (now() < deadline)
		for (off_t at = 0; at < size && now() < deadline; at += (off_t)sizeof(block))
			if (pread(fd, block, sizeof(block), at) < 0)
				return fail("read");
	return 0;
}

static int run_dirty(char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	off_t size = (off_t)atoi(argv[1]) << 20;

	set_deadline(argv[2]);
	if (fd < 0)
		return fail(argv[0]);
	while (now() < deadline)
		for (off_t at = 0; at < size && now() < deadline; at += (off_t)sizeof(block))
			if (pwrite(fd, block, sizeof(block), at) < 0)
				return fail("write");
	return 0;
}

static int run_spill(char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	off_t size = (off_t)atoi(argv[1]) << 20;

	set_deadline(argv[3]);
	if (fd < 0)
		return fail(argv[0]);
	while (now() < deadline) {
		double start = now();

		for (off_t at = 0; at < size; at += (off_t)sizeof(block))
			if (pwrite(fd, block, sizeof(block), at) < 0)
				return fail("write");
		rest(start, atof(argv[2]));
	}
	return 0;
}

static int listening;

static void *accept_all(void *unused)
{
	(void)unused;
	while (now() < deadline) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		char byte;

		if (fd < 0)
			continue;
		(void)!read(fd, &byte, 1);	/* the client closes first, and keeps the TIME_WAIT */
		close(fd);
	}
	return NULL;
}

static int run_short(char **argv)
{
	struct timeval timeout = { .tv_usec = 100000 };
	struct sockaddr_in address;
	double rate = atof(argv[0]), start = now();
	unsigned long opened = 0, refused = 0;
	pthread_t thread;

	set_deadline(argv[1]);
	listening = bound_socket(SOCK_STREAM, &address);
	if (listening < 0 || setsockopt(listening, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    listen(listening, 4096) < 0 || pthread_create(&thread, NULL, accept_all, NULL) != 0)
		return fail("listen");
	while (now() < deadline) {
		int fd;

		if ((double)(opened + refused) > (now() - start) * rate) {
			sleep_msec(1);
			continue;
		}
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			opened++;
		else
			refused++;
		close(fd);
	}
	pthread_join(thread, NULL);
	fprintf(stderr, "%lu opened, %lu refused\n", opened, refused);
	return 0;
}

static int run_udp(char **argv)
{
	struct sockaddr_in address;
	int receiver = bound_socket(SOCK_DGRAM, &address), sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	set_deadline(argv[0]);
	if (receiver < 0 || sender < 0)
		return fail("socket");
	while (now() < deadline) {
		for (int i = 0; i < 100; i++)
			(void)sendto(sender, block, 1000, 0, (struct sockaddr *)&address, sizeof(address));
		(void)recv(receiver, block, sizeof(block), MSG_DONTWAIT);
		sleep_msec(10);
	}
	return 0;
}

static int run_flows(char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), count = atoi(argv[0]);

	set_deadline(argv[1]);
	if (sender < 0)
		return fail("socket");
	while (now() < deadline) {
		for (int i = 0; i < count; i++) {
			address.sin_port = htons((uint16_t)(20000 + i));
			(void)sendto(sender, block, 1, 0, (struct sockaddr *)&address, sizeof(address));
		}
		sleep_msec(2000);
	}
	return 0;
}

static int run_fork(char **argv)
{
	int count = atoi(argv[0]);

	set_deadline(argv[1]);
	while (now() < deadline) {
		for (int i = 0; i < count; i++) {
			pid_t child = fork();

			if (child == 0) {
				sleep_msec((long)((deadline - now()) * 1000));
				_exit(0);
			}
		}
		sleep_msec(200);
	}
	while (wait(NULL) > 0)
		continue;
	return 0;
}

/* clang-format off */
static const struct {
	const char *name;
	int arguments;
	int (*run)(char **argv);
} workloads[] = {
	{ "burst",  3, run_burst },
	{ "bursts", 4, run_bursts },
	{ "deaf",   2, run_deaf },
	{ "dirty",  3, run_dirty },
	{ "flows",  2, run_flows },
	{ "fork",   2, run_fork },
	{ "hold",   2, run_hold },
	{ "reread", 3, run_reread },
	{ "short",  2, run_short },
	{ "spill",  4, run_spill },
	{ "spin",   2, run_spin },
	{ "surge",  4, run_surge },
	{ "udp",    1, run_udp },
};
/* clang-format on */

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(workloads) / sizeof(workloads[0]); i++)
		if (strcmp(argv[1], workloads[i].name) == 0 && argc == workloads[i].arguments + 2)
			return workloads[i].run(argv + 2);
	fputs("usage: workload NAME ARGUMENT...\n", stderr);
	return 2;
}
