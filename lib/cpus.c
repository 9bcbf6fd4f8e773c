#include "lib/cpus.h"

#include <errno.h>
#include <sched.h>

static int find_last(cpu_set_t *allowed)
{
	if (sched_getaffinity(0, sizeof(*allowed), allowed) < 0)
		return -errno;
	if (CPU_COUNT(allowed) < 2)
		return -ENOENT;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, allowed))
			return cpu;
	return -ENOENT;
}

static int set(const cpu_set_t *cpus)
{
	return sched_setaffinity(0, sizeof(*cpus), cpus) < 0 ? -errno : 0;
}

int cpus_leave_last(void)
{
	cpu_set_t cpus;
	int last = find_last(&cpus);
	if (last < 0)
		return last;
	CPU_CLR(last, &cpus);
	return set(&cpus);
}

int cpus_keep_last(void)
{
	cpu_set_t cpus;
	int last = find_last(&cpus);
	if (last < 0)
		return last;
	CPU_ZERO(&cpus);
	CPU_SET(last, &cpus);
	return set(&cpus);
}
