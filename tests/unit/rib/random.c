/* Random events on the RIB against an oracle (world.h). RIB_SEED=N runs one seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/rib/world.h"

static void test_random(void **state)
{
	const char *one = getenv("RIB_SEED");
	uint32_t first = one ? (uint32_t)atoi(one) : 1, last = one ? first : 60;

	for (uint32_t seed = first; seed <= last; seed++) {
		print_message("seed %u\n", seed);
		world_run_seed(seed, 4000, 400);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
