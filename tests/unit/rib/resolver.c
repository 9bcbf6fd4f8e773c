/* rib/resolver: next hops of interest, users and answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "rib/resolver.h"

static void users(void **state)
{
	(void)state;
	struct resolver x = {0};
	struct fib_resolve was;
	uint16_t a = resolver_get(&x, 3, addr_v4(1)), b = resolver_get(&x, 4, addr_v4(1));

	assert_true(a && b && a != b); /* the same address in two VRFs */
	assert_int_equal(resolver_get(&x, 3, addr_v4(1)), a);
	assert_int_equal(resolver_at(&x, a)->users, 2);
	assert_false(resolver_put(&x, a, &was));
	assert_true(resolver_put(&x, a, &was));
	assert_true(was.vrf_ifindex == 3 && addr_equal(was.addr, addr_v4(1)) && !was.present);
	assert_int_equal(
		resolver_get(&x, 5, addr_v4(2)), a); /* its slot again, with nothing in it */
	assert_int_equal(resolver_at(&x, a)->is.way, FIB_WAY_ASKED);
	assert_int_equal(resolver_at(&x, b)->users, 1);
	resolver_clear(&x);
}

static void limit(void **state)
{
	(void)state;
	struct resolver x = {0};
	struct fib_resolve was;

	for (uint32_t i = 0; i < FIB_RESOLVE_MAX; i++)
		assert_int_equal(resolver_get(&x, 0, addr_v4(i)), i + 1);
	assert_int_equal(resolver_get(&x, 0, addr_v4(FIB_RESOLVE_MAX)), 0);
	assert_int_equal(resolver_get(&x, 0, addr_v4(7)), 8);
	assert_false(resolver_put(&x, 8, &was));
	assert_true(resolver_put(&x, 8, &was));
	assert_int_equal(resolver_get(&x, 0, addr_v4(FIB_RESOLVE_MAX)), 8);
	for (uint16_t i = FIB_RESOLVE_MAX; i; i--)
		assert_true(resolver_put(&x, i, &was));
	assert_int_equal(x.top, 0);
	resolver_clear(&x);
}

static void answers(void **state)
{
	(void)state;
	struct resolver x = {0};
	struct fib_resolved m = {.vrf_ifindex = 3,
		.addr = addr_v4(1),
		.way = FIB_WAY_FOUND,
		.ifindex = 7,
		.gateway = addr_v4(2),
		.len = 24};

	assert_int_equal(resolver_answer(&x, &m), 0); /* nobody asked */
	uint16_t slot = resolver_get(&x, 3, addr_v4(1));
	assert_int_equal(resolver_answer(&x, &m), slot);
	assert_int_equal(resolver_answer(&x, &m), 0); /* nothing new */
	m.len = 25;
	assert_int_equal(resolver_answer(&x, &m), slot);
	struct fib_resolved bad[4] = {m, m, m, m};
	bad[0].ifindex = 0;
	bad[1].gateway.family = 9;
	bad[2].len = 33;
	bad[3].way = FIB_WAY_HOST + 1;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(resolver_answer(&x, &bad[i]), 0);
	assert_int_equal(resolver_at(&x, slot)->is.len, 25);
	m = (struct fib_resolved){.vrf_ifindex = 3, .addr = addr_v4(1), .way = FIB_WAY_NONE};
	assert_int_equal(resolver_answer(&x, &m), slot);
	resolver_clear(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users),
		cmocka_unit_test(limit),
		cmocka_unit_test(answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
