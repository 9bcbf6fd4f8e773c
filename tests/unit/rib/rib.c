/* The RIB against a model of the fib process: each scenario ends with kernel = f(RIB, filters,
 * liveness). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rib/bed.h"

static void test_one_prefix(void **state)
{
	struct bed *b = bed_new();
	struct prefix p = pfx("203.0.113.0/24");

	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 1, b->all);
	bed_announce(b, 0, &p, (struct path_spec){0});
	bed_rest(b);
	bed_expect(b, &p, 1, 0);
	bed_announce(b, 1, &p, (struct path_spec){0});
	bed_rest(b);
	bed_expect(b, &p, 3, 0);
	bed_withdraw(b, 0, &p);
	bed_rest(b);
	bed_expect(b, &p, 2, 0);
	bed_wait(b, 3000);
	bed_check(b);
	bed_withdraw(b, 1, &p);
	bed_wait(b, 3000);
	bed_expect(b, &p, 0, 0);
	bed_check(b);
	assert_int_equal(b->fib->gateways_n, 0);
	assert_int_equal(b->fib->groups_n, 0);
	bed_free(b);
}

/* A session that is lost takes no route operation where others remain. */
static void loss_of_one(uint32_t prefixes)
{
	struct bed *b = bed_new();

	for (unsigned n = 0; n < 3; n++) {
		bed_peer_up(b, n, b->all);
		for (uint32_t i = 0; i < prefixes; i++) {
			struct prefix p = pfx_n(i);
			bed_announce(b, n, &p, (struct path_spec){0});
		}
	}
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, prefixes);
	bed_wait(b, 5000);
	uint64_t routes = b->fib->route_ops, groups = b->fib->group_ops;
	bed_peer_down(b, 1, FIB_CAUSE_BFD);
	struct prefix p = pfx_n(prefixes / 2);
	bed_expect(b, &p, 5, 0); /* at once */
	bed_wait(b, 5000);
	assert_int_equal(b->fib->route_ops, routes);
	assert_int_equal(b->fib->group_ops, groups);
	assert_int_equal(b->fib->routes_n, prefixes);
	bed_check(b);
	bed_free(b);
}

static void test_loss_10k(void **state)
{
	loss_of_one(10000);
}

static void test_loss_50k(void **state)
{
	loss_of_one(50000);
}

static void test_active_standby(void **state)
{
	struct bed *b = bed_new();
	enum {
		PREFIXES = 1000,
	};

	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 1, b->all);
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, 0, &p, (struct path_spec){.local_pref = 200});
		bed_announce(b, 1, &p, (struct path_spec){.local_pref = 100});
	}
	bed_rest(b);
	struct prefix p = pfx_n(7);
	bed_expect(b, &p, 1, 2);
	uint64_t routes = b->fib->route_ops;
	bed_peer_down(b, 0, FIB_CAUSE_BFD);
	bed_expect(b, &p, 2, 0); /* at once, by the fallback */
	assert_int_equal(b->fib->flushed, 0);
	bed_wait(b, 5000);
	assert_int_equal(b->fib->route_ops, routes);
	bed_check(b);
	bed_peer_down(b, 1, FIB_CAUSE_SESSION);
	bed_wait(b, 5000);
	assert_int_equal(b->fib->route_ops, routes); /* the kernel flushed them */
	assert_int_equal(b->fib->routes_n, 0);
	bed_check(b);
	struct rib_counts c;
	rib_count(b->rib, &c);
	assert_int_equal(c.prefixes + c.paths + c.groups + c.gateways + c.attr_sets, 0);
	bed_free(b);
}

/* Without nexthop objects a gateway that is lost is taken out of each route, and of no other. */
static void test_multipath_loses_a_gateway(void **state)
{
	struct bed *b = bed_new_plain();

	for (unsigned n = 0; n < 3; n++)
		bed_peer_up(b, n, b->all);
	for (uint32_t i = 0; i < 6; i++) {
		struct prefix p = pfx_n(i);
		for (unsigned n = i < 3 ? 0 : 1; n < 3; n++)
			bed_announce(b, n, &p, (struct path_spec){0});
	}
	bed_rest(b);
	bed_check(b);
	uint64_t ops = b->fib->route_ops;
	bed_peer_down(b, 0, FIB_CAUSE_BFD);
	bed_rest(b);
	bed_check(b);
	assert_int_equal(b->fib->route_ops, ops + 3);
	bed_peer_down(b, 1, FIB_CAUSE_SESSION);
	bed_peer_down(b, 2, FIB_CAUSE_BFD);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, 0);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_multipath_loses_a_gateway),
		cmocka_unit_test(test_one_prefix),
		cmocka_unit_test(test_loss_10k),
		cmocka_unit_test(test_loss_50k),
		cmocka_unit_test(test_active_standby),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
