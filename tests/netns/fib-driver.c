/*
 * For tests/netns/fib_kernel.py; not installed.
 *
 *   fib-driver run BULK_FD URGENT_FD BFD_FD   the fib process on inherited channels
 *   fib-driver floor TABLE N NEXTHOP_ID       N routes 10.0.0.0/24 and on, as fast as batches of
 *                                             rtnetlink messages go; prints seconds and CPU seconds
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "rib/fib/kernel.h"
#include "rib/fib/process.h"

static struct kernel kernel;

static void refused(void *ctx, size_t index, int error, const char *text)
{
	(void)ctx;
	fprintf(stderr, "floor: message %zu: %s (%d)\n", index, text, error);
	exit(1);
}

static double cpu_s(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void add_route(uint32_t table, uint32_t i, uint32_t nh_id)
{
	struct nlbuild_route r = {.table = table,
		.metric = 20,
		.nh_id = nh_id,
		.protocol = 186,
		.prefix = prefix_make(addr_v4((10u << 24) + (i << 8)), 24)};
	kernel_add(&kernel, nlbuild_route_set(kernel_next(&kernel), &r));
}

static int run_floor(uint32_t table, uint32_t n, uint32_t nh_id)
{
	if (kernel_open(&kernel) < 0)
		return 1;
	uint64_t t0 = clock_ns();
	double cpu0 = cpu_s();
	for (uint32_t i = 0; i < n; i++) {
		add_route(table, i, nh_id);
		if (kernel.n == KERNEL_BATCH_MAX)
			kernel_commit(&kernel, refused, NULL);
	}
	kernel_commit(&kernel, refused, NULL);
	printf("%.6f %.6f\n", (double)(clock_ns() - t0) / 1e9, cpu_s() - cpu0);
	kernel_close(&kernel);
	return 0;
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "run") == 0) {
		log_init("fib", LOG_LEVEL_INFO);
		return fib_process_run(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), -1);
	}
	if (argc == 5 && strcmp(argv[1], "floor") == 0)
		return run_floor(number(argv[2]), number(argv[3]), number(argv[4]));
	fprintf(stderr, "usage: fib-driver run BULK URGENT BFD | floor TABLE N NEXTHOP_ID\n");
	return 2;
}
