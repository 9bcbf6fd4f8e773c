/* A VRF whose routes an operator withdrew from the kernel, and what that leaves alone. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rib/listener.h"

enum {
	PREFIXES = 300,
};

static void announce_all(struct bed *b, unsigned n)
{
	bed_peer_up(b, n, b->all);
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, n, &p, (struct path_spec){0});
	}
}

static struct bed *bed_loaded(void)
{
	struct bed *b = bed_new();

	announce_all(b, 0);
	announce_all(b, 1);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(rib_vrf_installed(b->rib, 3), PREFIXES);
	return b;
}

static void keep_state(void *arg, const struct rib_route_view *v)
{
	*(enum rib_state *)arg = v->state;
}

static enum rib_state state_of(struct bed *b, uint32_t i)
{
	struct prefix p = pfx_n(i);
	enum rib_state s = RIB_STATE_NONE;
	assert_true(rib_look(b->rib, 3, &p, keep_state, &s));
	return s;
}

static void test_all_go_and_come_back(void **state)
{
	struct bed *b = bed_loaded();
	struct prefix fresh = pfx_n(PREFIXES), gone = pfx_n(7), other = pfx_n(8);
	uint64_t ops = b->fib->route_ops;
	struct listener l;
	(void)state;

	listener_begin(&l, b->rib, false, b->all);
	bed_rest(b);
	listener_hear(&l);
	bed_flush(b, false, true);
	assert_int_equal(state_of(b, 5), RIB_STATE_WAITING);
	assert_true(rib_run(b->rib, 64, b->now_ms)); /* a slice, not all at once */
	assert_in_range(rib_vrf_installed(b->rib, 3), PREFIXES - 64, PREFIXES);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, 0);
	assert_int_equal(b->fib->route_ops, ops + PREFIXES);
	assert_int_equal(rib_vrf_installed(b->rib, 3), 0);
	assert_int_equal(state_of(b, 5), RIB_STATE_FLUSHED);

	bed_announce(b, 0, &fresh, (struct path_spec){0});
	bed_announce(b, 1, &other, (struct path_spec){.local_pref = 200});
	for (unsigned n = 0; n < 2; n++)
		bed_withdraw(b, n, &gone);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->route_ops, ops + PREFIXES);
	listener_hear(&l); /* others hear of the routes as before */
	assert_non_null(l.has[PREFIXES]);
	assert_null(l.has[7]);
	assert_int_equal(l.has[8]->local_pref, 200);

	bed_flush(b, false, false);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_expect(b, &fresh, 1, 0);
	bed_expect(b, &other, 2, 1);
	bed_expect(b, &gone, 0, 0);
	assert_int_equal(b->fib->route_ops, ops + 2 * PREFIXES);
	listener_end(&l);
	bed_free(b);
}

/* Twice is once; undone while it goes on, and begun again. */
static void test_changes_of_mind(void **state)
{
	struct bed *b = bed_loaded();
	uint64_t ops = b->fib->route_ops;
	(void)state;

	for (unsigned i = 0; i < 5; i++) {
		bed_flush(b, false, i % 2 == 0);
		rib_run(b->rib, 64, b->now_ms);
	}
	bed_flush(b, false, true);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, 0);
	ops = b->fib->route_ops;
	bed_flush(b, false, true);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->route_ops, ops);
	bed_flush(b, false, false);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_free(b);
}

/* What others take out of the kernel is not missed, and an audit writes nothing. */
static void test_healing_leaves_it_alone(void **state)
{
	struct bed *b = bed_loaded();
	uint64_t ops;
	(void)state;

	bed_flush(b, false, true);
	fake_delete_route(b->fib, 5, true); /* while they go */
	fake_delete_route(b->fib, 200, false);
	bed_wait(b, 3000);
	ops = b->fib->route_ops;
	fake_audit(b->fib, SIZE_MAX);
	bed_wait(b, 3000);
	fake_delete_group(b->fib, 0);
	fake_delete_object(b->fib, 0);
	fake_hear(b->fib);
	bed_wait(b, 60000);
	assert_int_equal(b->fib->routes_n, 0);
	assert_int_equal(b->fib->route_ops, ops);
	bed_flush(b, false, false);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_free(b);
}

static int refuse_some(void *arg, const struct fib_route *r)
{
	unsigned *n = arg;
	return *n && (*n)-- % 2 ? ENOBUFS : 0;
}

static void test_the_kernel_refuses(void **state)
{
	struct bed *b = bed_loaded();
	unsigned n = 100;
	(void)state;

	b->fib->refuse = refuse_some;
	b->fib->refuse_arg = &n;
	bed_flush(b, false, true);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, 50);
	bed_wait(b, 5000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, 0);
	n = 100;
	bed_flush(b, false, false);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, PREFIXES - 50);
	bed_flush(b, false, true); /* those that failed want no retry now */
	bed_wait(b, 5000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, 0);
	bed_free(b);
}

/* Routes of an earlier life go too, also those that are listed afterwards. */
static void test_of_an_earlier_life(void **state)
{
	struct bed *b = bed_loaded();
	(void)state;

	bed_restart(b);
	assert_int_equal(rib_adopted(b->rib), PREFIXES);
	assert_int_equal(rib_vrf_installed(b->rib, 3), PREFIXES);
	announce_all(b, 0);
	bed_flush(b, false, true);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 0);
	assert_int_equal(rib_adopted(b->rib), 0);
	rib_adopt_end(b->rib);
	bed_wait(b, 3000);
	bed_check(b);
	bed_flush(b, false, false);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_free(b);
}

static struct rib_vrf red(void)
{
	return (struct rib_vrf){
		.name = "red", .table = BED_TABLE, .maximum_paths = 16, .multipath_relax = true};
}

static void test_before_they_are_listed(void **state)
{
	struct bed *b = bed_loaded();
	struct rib_vrf v = red();
	(void)state;

	rib_free(b->rib);
	b->rib = rib_new(43);
	fake_restart(b->fib, b->rib);
	rib_vrf_set(b->rib, 3, &v);
	bed_flush(b, false, true);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	fake_list(b->fib);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, 0);
	bed_free(b);
}

/* The other VRF keeps what it imports from the flushed one; flushed itself, it alone is empty. */
static void test_the_other_vrf(void **state)
{
	struct bed *b = bed_loaded();
	(void)state;

	bed_leak(b, b->all);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 2 * PREFIXES);
	bed_flush(b, false, true);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(rib_vrf_installed(b->rib, 3), 0);
	assert_int_equal(rib_vrf_installed(b->rib, 4), PREFIXES);
	bed_flush(b, false, false);
	bed_flush(b, true, true);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(rib_vrf_installed(b->rib, 3), PREFIXES);
	assert_int_equal(rib_vrf_installed(b->rib, 4), 0);
	bed_flush(b, true, false);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(rib_vrf_installed(b->rib, 4), PREFIXES);
	bed_free(b);
}

/* Another table, the same hold; a VRF that is removed is forgotten. */
static void test_configuration(void **state)
{
	struct bed *b = bed_loaded();
	struct rib_vrf v = red();
	(void)state;

	bed_flush(b, false, true);
	v.table = 1003;
	v.maximum_paths = 1;
	rib_vrf_set(b->rib, 3, &v);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, 0);
	for (unsigned n = 0; n < 2; n++)
		bed_peer_down(b, n, FIB_CAUSE_SESSION);
	rib_vrf_remove(b->rib, 3);
	bed_wait(b, 3000);
	rib_vrf_flush(b->rib, 3, true); /* nobody there */
	v = red();
	rib_vrf_set(b->rib, 3, &v);
	announce_all(b, 0);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_go_and_come_back),
		cmocka_unit_test(test_changes_of_mind),
		cmocka_unit_test(test_healing_leaves_it_alone),
		cmocka_unit_test(test_the_kernel_refuses),
		cmocka_unit_test(test_of_an_earlier_life),
		cmocka_unit_test(test_before_they_are_listed),
		cmocka_unit_test(test_the_other_vrf),
		cmocka_unit_test(test_configuration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
