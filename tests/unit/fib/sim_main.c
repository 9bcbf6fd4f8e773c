/*
 * Random schedules in the simulator (sim.h).
 *
 *   test-fib-sim                       as many as a test run takes (what failed once is in cases.c)
 *   test-fib-sim FIRST LAST [FAULTS]   these seeds; FAULTS as bits, else by the seed
 *   test-fib-sim SEED                  one seed, with a trace
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/fib/sim.h"

enum {
	STEPS = 200,
	SEEDS = SIM_SANITIZED ? 500 : 10000,
};

/* Each kind of fault alone, and all together. */
static unsigned faults_of(uint32_t seed)
{
	static const unsigned faults[] = {SIM_SESSIONS, SIM_SESSIONS | SIM_LINKS_FLAP,
		SIM_SESSIONS | SIM_FOREIGN, SIM_SESSIONS | SIM_ERRORS, SIM_SESSIONS | SIM_LOSSES,
		SIM_SESSIONS | SIM_RESTARTS, SIM_SESSIONS | SIM_VRFS,
		SIM_ALL & ~(SIM_ERRORS | SIM_LOSSES), SIM_ALL, SIM_ALL};
	return faults[seed % 10] | (seed / 10 % 4 ? 0 : SIM_FALLTHROUGH) |
	       (seed / 40 % 2 ? SIM_POLICIES : 0) | (seed / 80 % 4 ? 0 : SIM_PLAIN) |
	       (seed / 20 % 3 ? 0 : SIM_FAR) | (seed / 160 % 3 ? 0 : SIM_MODES) |
	       (seed / 10 % 2 ? SIM_JOIN : 0);
}

/* Without objects, nothing says whose the routes of a table are that was left before a start. */
static unsigned able(unsigned faults)
{
	bool left = faults & (SIM_PLAIN | SIM_MODES) && faults & SIM_RESTARTS;
	return left ? faults & ~(unsigned)SIM_VRFS : faults;
}

static bool run_seed(uint32_t seed, unsigned faults, bool trace)
{
	struct sim *s = sim_new(seed, faults);
	s->trace = trace;
	bool good = sim_run(s, STEPS);
	if (!good)
		printf("seed %u faults %u: %s\n", seed, faults, s->why);
	sim_free(s);
	return good;
}

int main(int argc, char **argv)
{
	uint32_t first = 1, last = SEEDS, failed = 0;
	clock_t began = clock();

	log_init("fib", (enum log_level)0);
	if (argc > 1)
		first = last = (uint32_t)atoi(argv[1]);
	if (argc > 2)
		last = (uint32_t)atoi(argv[2]);
	if (argc == 2)
		log_init("fib", LOG_LEVEL_INFO);
	for (uint32_t seed = first; seed <= last && failed < 20; seed++)
		failed += !run_seed(seed,
			argc > 3 ? (unsigned)atoi(argv[3]) : able(faults_of(seed)), argc == 2);
	printf("%u schedules, %u failed, %.1f s\n", last - first + 1, failed,
		(double)(clock() - began) / CLOCKS_PER_SEC);
	return failed != 0;
}
