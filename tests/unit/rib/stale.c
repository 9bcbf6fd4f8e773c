/* Graceful restart of a peer: paths that stay stale, that are announced again, that go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/rib/bed.h"

enum {
	PREFIXES = 1000,
	V4 = 1,
	V6 = 2,
};

static void announce_some(struct bed *b, uint32_t first, uint32_t n, uint32_t med)
{
	for (uint32_t i = first; i < first + n; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, 0, &p, (struct path_spec){.med = med});
	}
}

static struct bed *begin(void)
{
	struct bed *b = bed_new();
	bed_peer_up(b, 0, b->all);
	announce_some(b, 0, PREFIXES, 1);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	return b;
}

static struct rib_peer like_before(const struct bed *b)
{
	return (struct rib_peer){.vrf = 3,
		.incarnation = b->life[0],
		.address = bed_peer_address(0),
		.ifindex = 2,
		.local_as = 64512,
		.remote_as = 65001,
		.ebgp = true,
		.router_id = addr_v4(0x01000000)};
}

static void counts_are(struct bed *b, uint32_t received, uint32_t stale)
{
	struct rib_peer_counts c;
	rib_peer_count(b->rib, b->peer[0], &c);
	assert_int_equal(c.received, received);
	assert_int_equal(c.stale, stale);
}

static void test_nothing_changes_while_stale(void **state)
{
	struct bed *b = begin();
	uint64_t routes = b->fib->route_ops, groups = b->fib->group_ops;

	rib_peer_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 5000);
	counts_are(b, PREFIXES, PREFIXES);
	struct rib_peer p = like_before(b);
	assert_true(rib_peer_back(b->rib, b->peer[0], &p, V4));
	announce_some(b, 0, PREFIXES, 1);
	counts_are(b, PREFIXES, 0);
	rib_peer_drop_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 5000);
	counts_are(b, PREFIXES, 0);
	assert_int_equal(b->fib->route_ops, routes);
	assert_int_equal(b->fib->group_ops, groups);
	bed_check(b);
	bed_free(b);
}

static void test_what_is_not_announced_again_goes_at_the_end(void **state)
{
	struct bed *b = begin();
	uint64_t routes = b->fib->route_ops;
	struct rib_peer p = like_before(b);

	rib_peer_stale(b->rib, b->peer[0], V4);
	assert_true(rib_peer_back(b->rib, b->peer[0], &p, V4));
	announce_some(b, 0, 900, 1);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	rib_peer_drop_stale(b->rib, b->peer[0], V6); /* another family's End-of-RIB */
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	rib_peer_drop_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 900);
	assert_int_equal(b->fib->route_ops, routes + 100);
	counts_are(b, 900, 0);
	bed_check(b);
	bed_free(b);
}

static void test_second_loss_takes_the_first_stale_set(void **state)
{
	struct bed *b = begin();
	struct rib_peer p = like_before(b);

	rib_peer_stale(b->rib, b->peer[0], V4);
	assert_true(rib_peer_back(b->rib, b->peer[0], &p, V4));
	announce_some(b, 0, 300, 1);
	rib_peer_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 300);
	counts_are(b, 300, 300);
	bed_check(b);
	bed_free(b);
}

static void test_family_that_is_not_kept(void **state)
{
	for (int at_return = 0; at_return < 2; at_return++) {
		struct bed *b = begin();
		struct rib_peer p = like_before(b);
		rib_peer_stale(b->rib, b->peer[0], at_return ? V4 : V6);
		if (at_return)
			assert_true(rib_peer_back(b->rib, b->peer[0], &p, V6));
		bed_wait(b, 3000);
		assert_int_equal(b->fib->routes_n, 0);
		counts_are(b, 0, 0);
		bed_check(b);
		bed_free(b);
	}
}

static void test_another_speaker_is_refused(void **state)
{
	struct bed *b = begin();
	struct rib_peer same = like_before(b), p[4] = {same, same, same, same};

	p[0].router_id = addr_v4(1);
	p[1].remote_as++;
	p[2].incarnation++;
	p[3].ifindex++;
	rib_peer_stale(b->rib, b->peer[0], V4);
	for (int i = 0; i < 4; i++)
		assert_false(rib_peer_back(b->rib, b->peer[0], &p[i], V4));
	assert_true(rib_peer_back(b->rib, b->peer[0], &same, V4));
	bed_free(b);
}

/* Stale ones do not count towards the limit, those that are announced again do. */
static void test_limit_counts_what_is_fresh(void **state)
{
	struct bed *b = begin();
	struct rib_peer p = like_before(b);
	const struct attrs *a = bed_attrs(b, 0, (struct path_spec){.med = 1});
	struct prefix fresh = pfx_n(PREFIXES), old = pfx_n(0);

	p.maximum_prefix = 1;
	rib_peer_stale(b->rib, b->peer[0], V4);
	assert_true(rib_peer_back(b->rib, b->peer[0], &p, V4));
	assert_int_equal(rib_announce(b->rib, b->peer[0], &fresh, a), RIB_OK);
	assert_int_equal(rib_announce(b->rib, b->peer[0], &old, a), RIB_LIMIT);
	attr_put(rib_attrs(b->rib), a);
	bed_free(b);
}

static void test_loss_while_stale_takes_all(void **state)
{
	struct bed *b = begin();

	rib_peer_stale(b->rib, b->peer[0], V4);
	bed_peer_down(b, 0, FIB_CAUSE_BFD);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 0);
	bed_check(b);
	bed_free(b);
}

/* ---- long-lived, RFC 9494 ---- */

/* Peer 0 sends a path that wins, one with NO_LLGR, and two that nobody else has. */
static void test_long_lived_paths_are_the_last_choice(void **state)
{
	struct bed *b = bed_new();
	struct prefix both = pfx_n(0), alone = pfx_n(1), not = pfx_n(2), again = pfx_n(3);
	struct rib_peer p = like_before(b);

	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 1, b->all);
	bed_announce(b, 0, &both, (struct path_spec){.local_pref = 300});
	bed_announce(b, 1, &both, (struct path_spec){.as_path_length = 9});
	bed_announce(b, 0, &alone, (struct path_spec){0});
	bed_announce(b, 0, &not, (struct path_spec){.community = 0xffff0007});
	bed_announce(b, 0, &again, (struct path_spec){.local_pref = 300});
	bed_announce(b, 1, &again, (struct path_spec){0});
	rib_peer_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	bed_expect(b, &both, 1, 2);
	bed_expect(b, &not, 1, 0);
	rib_peer_long_lived(b->rib, b->peer[0], V6);
	bed_wait(b, 3000);
	bed_expect(b, &both, 1, 2); /* of another family */
	rib_peer_long_lived(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	bed_expect(b, &both, 2, 1);
	bed_expect(b, &alone, 1, 0);
	bed_expect(b, &not, 0, 0);
	bed_expect(b, &again, 2, 1);
	p.incarnation = b->life[0];
	assert_true(rib_peer_back(b->rib, b->peer[0], &p, V4));
	bed_announce(b, 0, &again, (struct path_spec){.local_pref = 300}); /* the same as before */
	bed_announce(b, 0, &not, (struct path_spec){.community = 0xffff0007});
	bed_wait(b, 3000);
	bed_expect(b, &again, 1, 2);
	bed_expect(b, &not, 1, 0);
	bed_expect(b, &both, 2, 1);
	rib_peer_drop_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	bed_expect(b, &both, 2, 0);
	bed_expect(b, &alone, 0, 0);
	rib_peer_stale(b->rib, b->peer[0], V4); /* begins as usual */
	bed_wait(b, 3000);
	bed_expect(b, &again, 1, 2);
	bed_check(b);
	bed_free(b);
}

static void test_who_says_llgr_stale_is_the_last_choice(void **state)
{
	struct bed *b = bed_new();
	struct prefix p = pfx_n(0);

	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 1, b->all);
	bed_announce(b, 0, &p, (struct path_spec){.local_pref = 300, .community = 0xffff0006});
	bed_announce(b, 1, &p, (struct path_spec){.as_path_length = 9});
	bed_wait(b, 3000);
	bed_expect(b, &p, 2, 1);
	bed_withdraw(b, 1, &p);
	bed_wait(b, 3000);
	bed_expect(b, &p, 1, 0);
	bed_check(b);
	bed_free(b);
}

/* ---- route refresh, RFC 7313 ---- */

static void test_refresh_drops_what_does_not_come_again(void **state)
{
	struct bed *b = begin();
	uint64_t routes = b->fib->route_ops;

	assert_true(rib_peer_refresh(b->rib, b->peer[0], V4));
	bed_wait(b, 3000);
	counts_are(b, PREFIXES, PREFIXES);
	announce_some(b, 400, PREFIXES - 400, 1);
	announce_some(b, PREFIXES, 50, 1);
	bed_wait(b, 3000);
	counts_are(b, PREFIXES + 50, 400);
	assert_int_equal(b->fib->route_ops, routes + 50);
	rib_peer_drop_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	counts_are(b, PREFIXES - 350, 0);
	assert_int_equal(b->fib->route_ops, routes + 450);
	bed_check(b);
	bed_free(b);
}

static void test_refresh_of_another_family(void **state)
{
	struct bed *b = begin();

	assert_true(rib_peer_refresh(b->rib, b->peer[0], V6));
	counts_are(b, PREFIXES, 0);
	rib_peer_drop_stale(b->rib, b->peer[0], V6);
	bed_wait(b, 3000);
	counts_are(b, PREFIXES, 0);
	bed_free(b);
}

static void test_refresh_that_begins_twice_counts_from_the_last(void **state)
{
	struct bed *b = begin();

	assert_true(rib_peer_refresh(b->rib, b->peer[0], V4));
	announce_some(b, 0, 500, 1);
	assert_true(rib_peer_refresh(b->rib, b->peer[0], V4));
	announce_some(b, 500, 300, 1);
	bed_wait(b, 3000);
	counts_are(b, PREFIXES, 700);
	rib_peer_drop_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	counts_are(b, 300, 0);
	bed_check(b);
	bed_free(b);
}

/* What the neighbour had sent before it was lost is kept, whether it came again or not. */
static void test_loss_in_a_refresh_keeps_all(void **state)
{
	struct bed *b = begin();
	struct rib_peer p = like_before(b);

	assert_true(rib_peer_refresh(b->rib, b->peer[0], V4));
	announce_some(b, 0, 10, 1);
	rib_peer_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	counts_are(b, PREFIXES, PREFIXES);
	assert_true(rib_peer_back(b->rib, b->peer[0], &p, V4));
	announce_some(b, 0, 20, 1);
	rib_peer_drop_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	counts_are(b, 20, 0);
	bed_check(b);
	bed_free(b);
}

/* Epochs are octets: neither many begins nor many whole refreshes mix up old and new. */
static void test_refreshes_without_number(void **state)
{
	struct bed *b = begin();
	unsigned begun = 0;

	for (unsigned i = 0; i < 1000; i++) {
		assert_true(rib_peer_refresh(b->rib, b->peer[0], V4));
		announce_some(b, 0, PREFIXES, 1);
		rib_peer_drop_stale(b->rib, b->peer[0], V4);
	}
	counts_are(b, PREFIXES, 0);
	while (rib_peer_refresh(b->rib, b->peer[0], V4))
		begun++;
	assert_in_range(begun, 100, 255);
	counts_are(b, PREFIXES, PREFIXES);
	announce_some(b, 0, 7, 1);
	rib_peer_drop_stale(b->rib, b->peer[0], V4);
	assert_false(rib_peer_refresh(b->rib, b->peer[0], V4)); /* until those are gone */
	bed_wait(b, 3000);
	counts_are(b, 7, 0);
	assert_true(rib_peer_refresh(b->rib, b->peer[0], V4));
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_changes_while_stale),
		cmocka_unit_test(test_what_is_not_announced_again_goes_at_the_end),
		cmocka_unit_test(test_second_loss_takes_the_first_stale_set),
		cmocka_unit_test(test_family_that_is_not_kept),
		cmocka_unit_test(test_another_speaker_is_refused),
		cmocka_unit_test(test_limit_counts_what_is_fresh),
		cmocka_unit_test(test_loss_while_stale_takes_all),
		cmocka_unit_test(test_long_lived_paths_are_the_last_choice),
		cmocka_unit_test(test_who_says_llgr_stale_is_the_last_choice),
		cmocka_unit_test(test_refresh_drops_what_does_not_come_again),
		cmocka_unit_test(test_refresh_of_another_family),
		cmocka_unit_test(test_refresh_that_begins_twice_counts_from_the_last),
		cmocka_unit_test(test_loss_in_a_refresh_keeps_all),
		cmocka_unit_test(test_refreshes_without_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
