/* Adoption: a new life of the RIB over the kernel of the one before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rib/bed.h"

enum {
	PREFIXES = 300,
};

struct ops {
	uint64_t routes;
	uint64_t groups;
	uint64_t flushed;
};

static struct ops ops(const struct bed *b)
{
	return (struct ops){b->fib->route_ops, b->fib->group_ops, b->fib->flushed};
}

static void expect_since(const struct bed *b, struct ops since, unsigned routes, unsigned groups)
{
	assert_int_equal(b->fib->route_ops - since.routes, routes);
	assert_int_equal(b->fib->group_ops - since.groups, groups);
	assert_int_equal(b->fib->flushed, since.flushed);
}

static void peer_with(struct bed *b, unsigned n, uint32_t first, uint32_t end, struct path_spec s)
{
	bed_peer_up(b, n, b->all);
	for (uint32_t i = first; i < end; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, n, &p, s);
	}
	bed_rest(b);
}

/* Peers 0 and 1 share the load, the daemon has restarted. */
static struct bed *bed_restarted(void)
{
	struct bed *b = bed_new();

	for (unsigned n = 0; n < 2; n++)
		peer_with(b, n, 0, PREFIXES, (struct path_spec){0});
	bed_wait(b, 3000);
	bed_check(b);
	bed_restart(b);
	assert_int_equal(rib_adopted(b->rib), PREFIXES);
	return b;
}

static void end(struct bed *b)
{
	rib_adopt_end(b->rib);
	bed_wait(b, 3000);
	assert_int_equal(rib_adopted(b->rib), 0);
	bed_check(b);
}

static void test_the_same_again_costs_nothing(void **state)
{
	struct bed *b = bed_restarted();
	struct ops before = ops(b);
	(void)state;

	for (unsigned n = 0; n < 2; n++) {
		peer_with(b, n, 0, PREFIXES, (struct path_spec){0});
		bed_wait(b, 5000);
	}
	end(b);
	expect_since(b, before, 0, 0);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_free(b);
}

static void test_only_differences_are_written(void **state)
{
	struct bed *b = bed_restarted();
	struct ops before = ops(b);
	struct prefix gone = pfx_n(3), fresh = pfx_n(PREFIXES + 3);
	(void)state;

	for (unsigned n = 0; n < 2; n++)
		peer_with(b, n, 10, PREFIXES + 10, (struct path_spec){0});
	bed_expect(b, &fresh, 3, 0); /* what the kernel did not have does not wait */
	bed_expect(b, &gone, 3, 0);
	expect_since(b, before, 20, 1); /* first with the peer that was first */
	end(b);
	expect_since(b, before, 30, 1);
	bed_expect(b, &gone, 0, 0);
	bed_free(b);
}

static void test_a_gateway_that_does_not_return(void **state)
{
	struct bed *b = bed_restarted();
	struct ops before = ops(b);
	struct prefix p = pfx_n(3);
	(void)state;

	peer_with(b, 0, 0, PREFIXES, (struct path_spec){0});
	bed_wait(b, 60000);
	bed_expect(b, &p, 3, 0);
	expect_since(b, before, 0, 0);
	end(b);
	bed_expect(b, &p, 1, 0);
	expect_since(b, before, PREFIXES, 1);
	bed_free(b);
}

static void test_nobody_returns(void **state)
{
	struct bed *b = bed_restarted();
	(void)state;

	bed_wait(b, 60000);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	end(b);
	assert_int_equal(b->fib->routes_n + b->fib->groups_n + b->fib->gateways_n, 0);
	bed_free(b);
}

static void gateway_lost(struct bed *b, unsigned n)
{
	struct rib_gateway_view v[8];
	size_t have = rib_gateways(b->rib, v, 8);

	for (size_t i = 0; i < have; i++) {
		struct fib_msg_gateway_lost m = {.gateway = v[i].gateway};
		if (!addr_equal(v[i].addr, bed_peer_address(n)))
			continue;
		fake_gateway_down(b->fib, v[i].gateway);
		rib_gateway_lost(b->rib, &m, b->now_ms);
	}
	bed_rest(b);
}

static void test_adopted_gateways_die(void **state)
{
	struct bed *b = bed_restarted();
	struct ops before = ops(b);
	struct prefix p = pfx_n(3), other = pfx_n(PREFIXES - 1);
	(void)state;

	gateway_lost(b, 1);
	bed_expect(b, &p, 1, 0);
	expect_since(b, before, 0, 0);
	peer_with(b, 4, 0, PREFIXES / 2, (struct path_spec){0});
	bed_expect(b, &p, 1, 0);
	expect_since(b, before, 0, 0);
	gateway_lost(b, 0); /* the last: what has a path is decided at once */
	bed_expect(b, &p, 16, 0);
	bed_expect(b, &other, 0, 0);
	end(b);
	assert_int_equal(b->fib->routes_n, PREFIXES / 2);
	bed_free(b);
}

static void test_active_standby_gets_its_fallback(void **state)
{
	static const struct path_spec worse = {.as_path_length = 3};
	struct bed *b = bed_new();
	struct prefix p = pfx_n(3), q = pfx_n(PREFIXES + 1);
	(void)state;

	peer_with(b, 0, 0, 2 * PREFIXES, (struct path_spec){0});
	peer_with(b, 1, 0, PREFIXES, worse);
	peer_with(b, 2, PREFIXES, 2 * PREFIXES, worse);
	bed_wait(b, 3000);
	bed_expect(b, &p, 1, 2);
	bed_expect(b, &q, 1, 4);
	bed_restart(b);
	struct ops before = ops(b);
	peer_with(b, 1, 0, PREFIXES, worse);
	peer_with(b, 0, 0, 2 * PREFIXES, (struct path_spec){0});
	peer_with(b, 2, PREFIXES, 2 * PREFIXES, worse);
	end(b);
	expect_since(b, before, 0, 0);
	bed_expect(b, &p, 1, 2);
	bed_expect(b, &q, 1, 4);
	bed_peer_down(b, 0, FIB_CAUSE_BFD);
	bed_expect(b, &p, 2, 0);
	bed_expect(b, &q, 4, 0);
	assert_int_equal(b->fib->flushed, before.flushed);
	bed_wait(b, 3000);
	bed_check(b);
	bed_free(b);
}

static void test_others_delete_while_it_waits(void **state)
{
	struct bed *b = bed_restarted();
	struct ops before = ops(b);
	(void)state;

	fake_delete_route(b->fib, 0, true);
	bed_rest(b);
	expect_since(b, before, 1, 0);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	fake_delete_route(b->fib, 0, false);
	fake_audit(b->fib, SIZE_MAX);
	bed_rest(b);
	expect_since(b, before, 2, 0);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	fake_delete_group(b->fib, 0);
	fake_hear(b->fib);
	bed_rest(b);
	for (unsigned n = 0; n < 2; n++)
		peer_with(b, n, 0, PREFIXES, (struct path_spec){0});
	assert_int_equal(b->fib->routes_n, PREFIXES);
	end(b);
	bed_free(b);
}

static void test_twice(void **state)
{
	struct bed *b = bed_restarted();
	struct ops before = ops(b);
	(void)state;

	peer_with(b, 0, 0, PREFIXES, (struct path_spec){0});
	bed_restart(b);
	assert_int_equal(rib_adopted(b->rib), PREFIXES);
	for (unsigned n = 0; n < 2; n++)
		peer_with(b, n, 0, PREFIXES, (struct path_spec){0});
	end(b);
	expect_since(b, before, 0, 0);
	bed_free(b);
}

/* Found gateways: the kernel is to ask at once, and what it finds is known until they are gone. */
static void test_neighbors(void **state)
{
	(void)state;
	struct bed *b = bed_new();
	struct prefix p = pfx_n(1);
	struct addr a = bed_peer_address(0);

	bed_peer_up(b, 0, b->all);
	bed_announce(b, 0, &p, (struct path_spec){0});
	bed_rest(b);
	assert_int_equal(rib_neighbor(b->rib, 2, a), FIB_NEIGHBOR_NONE);
	bed_restart(b);
	assert_int_equal(b->fib->neighbors_n, 1);
	assert_true(b->fib->neighbors[0].probe);
	assert_true(addr_equal(b->fib->neighbors[0].addr, a));
	struct fib_neighbor_state m = {.ifindex = 2, .addr = a, .state = FIB_NEIGHBOR_GOOD};
	rib_neighbor_state(b->rib, &m, false);
	assert_int_equal(rib_neighbor(b->rib, 2, a), FIB_NEIGHBOR_GOOD);
	assert_int_equal(rib_neighbor(b->rib, 3, a), FIB_NEIGHBOR_NONE);
	m.state = FIB_NEIGHBOR_FAILED + 1; /* nonsense */
	rib_neighbor_state(b->rib, &m, false);
	assert_int_equal(rib_neighbor(b->rib, 2, a), FIB_NEIGHBOR_GOOD);
	rib_adopt_end(b->rib);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->neighbors_n, 0);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_again_costs_nothing),
		cmocka_unit_test(test_only_differences_are_written),
		cmocka_unit_test(test_a_gateway_that_does_not_return),
		cmocka_unit_test(test_nobody_returns),
		cmocka_unit_test(test_adopted_gateways_die),
		cmocka_unit_test(test_active_standby_gets_its_fallback),
		cmocka_unit_test(test_others_delete_while_it_waits),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_neighbors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
