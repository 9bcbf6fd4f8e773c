/* rib: gateways that do not answer ARP or ND, and BFD that knows better. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/rib/bed.h"

/* Two gateways share the load of a prefix. */
static struct bed *two(struct prefix p)
{
	struct bed *b = bed_new();
	for (unsigned n = 0; n < 2; n++) {
		bed_peer_up(b, n, b->all);
		bed_announce(b, n, &p, (struct path_spec){0});
	}
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 3, 0);
	return b;
}

/* As bgp does: what is lost is told to fib on the urgent channel. True: something was. */
static bool lost(struct bed *b, uint32_t gateway)
{
	if (gateway)
		fake_gateway_down(b->fib, gateway);
	bed_rest(b);
	bed_check(b);
	return gateway != 0;
}

static bool state(struct bed *b, unsigned n, enum fib_neighbor s, bool vouched)
{
	struct fib_neighbor_state m = {
		.ifindex = 2 + n % 4, .addr = bed_peer_address(n), .state = (uint8_t)s};
	return lost(b, rib_neighbor_state(b->rib, &m, vouched));
}

static bool vouch(struct bed *b, unsigned n, bool up)
{
	return lost(b, rib_neighbor_vouch(b->rib, 2 + n % 4, bed_peer_address(n), up));
}

static void failed_and_back(void **arg)
{
	(void)arg;
	struct prefix p = pfx_n(1), q = pfx_n(2);
	struct bed *b = two(p);
	struct rib_gateway_view v[4];

	assert_false(state(b, 0, FIB_NEIGHBOR_GOOD, false));
	assert_false(state(b, 0, FIB_NEIGHBOR_NONE, false)); /* forgotten: says nothing */
	bed_expect(b, &p, 3, 0);
	uint64_t route_ops = b->fib->route_ops;
	assert_true(state(b, 0, FIB_NEIGHBOR_FAILED, false));
	bed_expect(b, &p, 2, 0);
	assert_int_equal(b->fib->route_ops, route_ops); /* the group shrank */
	assert_int_equal(rib_next_hops_down(b->rib, v, 4), 1);
	assert_string_equal(v[0].reason, "it does not answer (ARP, ND)");

	bed_announce(b, 0, &q, (struct path_spec){0}); /* comes while it is silent */
	bed_wait(b, 60000);
	bed_expect(b, &q, 0, 0);
	bed_link(b, 3, false); /* nor does another link's news change it */
	bed_link(b, 3, true);
	bed_rest(b);
	bed_expect(b, &p, 2, 0);
	assert_false(state(b, 0, FIB_NEIGHBOR_GOOD, false));
	bed_expect(b, &p, 3, 0);
	bed_expect(b, &q, 1, 0);
	assert_int_equal(rib_next_hops_down(b->rib, v, 4), 0);
	bed_free(b);
}

static void bfd_knows_better(void **arg)
{
	(void)arg;
	struct prefix p = pfx_n(1);
	struct bed *b = two(p);
	struct rib_gateway_view v[4];

	assert_false(state(b, 0, FIB_NEIGHBOR_FAILED, true));
	bed_expect(b, &p, 3, 0);
	assert_int_equal(rib_gateways(b->rib, v, 4), 2);
	assert_true(v[0].usable);
	assert_string_equal(v[0].reason, "it does not answer (ARP, ND), but its BFD is Up");
	assert_string_equal(v[1].reason, "");
	assert_true(vouch(b, 0, false)); /* nobody says otherwise any more */
	bed_expect(b, &p, 2, 0);
	assert_false(vouch(b, 0, true));
	bed_expect(b, &p, 3, 0);
	assert_false(vouch(b, 1, false)); /* it answers */
	bed_expect(b, &p, 3, 0);
	bed_free(b);
}

/* Asked for once a gateway, given back with its last path (fake_fib.c checks that). */
static void given_back(void **arg)
{
	(void)arg;
	struct prefix p = pfx_n(1);
	struct bed *b = two(p);

	assert_int_equal(b->fib->neighbors_n, 2);
	assert_false(b->fib->neighbors[0].probe);
	assert_true(state(b, 1, FIB_NEIGHBOR_FAILED, false));
	assert_int_equal(b->fib->neighbors_n, 2); /* it may come back */
	bed_withdraw(b, 1, &p);
	bed_peer_down(b, 0, FIB_CAUSE_BFD);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->neighbors_n, 0);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failed_and_back),
		cmocka_unit_test(bfd_knows_better),
		cmocka_unit_test(given_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
