/* Healing: notifications and audits against what the kernel has. */
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

static struct bed *bed_loaded(void)
{
	struct bed *b = bed_new();

	for (unsigned n = 0; n < 2; n++) {
		bed_peer_up(b, n, b->all);
		for (uint32_t i = 0; i < PREFIXES; i++) {
			struct prefix p = pfx_n(i);
			bed_announce(b, n, &p, (struct path_spec){0});
		}
	}
	bed_wait(b, 3000);
	bed_check(b);
	return b;
}

static uint64_t drift(const struct bed *b, enum fib_drift_cause cause)
{
	return rib_drift(b->rib)->n[cause];
}

static uint64_t drift_all(const struct bed *b)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < FIB_DRIFT_N; i++)
		sum += rib_drift(b->rib)->n[i];
	return sum;
}

static void audit(struct bed *b)
{
	fake_audit(b->fib, SIZE_MAX);
	bed_rest(b);
}

static void test_one_deleted_one_replaced(void **state)
{
	struct bed *b = bed_loaded();
	uint64_t ops = b->fib->route_ops;
	(void)state;

	fake_delete_route(b->fib, 5, true);
	bed_rest(b);
	bed_check(b);
	fake_replace_route(b->fib, 99, FAKE_NO_GROUP, true);
	bed_rest(b);
	bed_check(b);
	assert_int_equal(b->fib->route_ops, ops + 2);
	assert_int_equal(drift(b, FIB_DRIFT_DELETED), 1);
	assert_int_equal(drift(b, FIB_DRIFT_REPLACED), 1);
	assert_int_equal(drift_all(b), 2);
	bed_free(b);
}

/* A notification about an older operation than the last is no drift. */
static void test_old_news(void **state)
{
	struct bed *b = bed_loaded();
	struct prefix p = pfx_n(0);
	struct fib_drift m = {.route = {.table = BED_TABLE, .family = ADDR_V4, .len = p.len},
		.cause = FIB_DRIFT_DELETED};
	uint64_t ops = b->fib->route_ops;
	(void)state;

	memcpy(m.route.addr, p.addr.b, 16);
	m.route.group = fake_route_group(b->fib, BED_TABLE, &p) + 1;
	rib_route_drift(b->rib, &m);
	m.cause = FIB_DRIFT_REPLACED;
	m.route.group--;
	rib_route_drift(b->rib, &m);
	m.route.table = 77;
	rib_route_drift(b->rib, &m);
	m.route.family = 9;
	rib_route_drift(b->rib, &m);
	bed_rest(b);
	assert_int_equal(b->fib->route_ops, ops);
	assert_int_equal(drift_all(b), 0);
	bed_free(b);
}

static void test_audit_finds_all_sorts(void **state)
{
	struct bed *b = bed_loaded();
	struct prefix gone = pfx_n(7);
	uint64_t ops = b->fib->route_ops;
	(void)state;

	audit(b);
	assert_int_equal(b->fib->route_ops, ops);
	assert_int_equal(drift_all(b), 0);
	fake_delete_route(b->fib, 1000, false);
	fake_delete_route(b->fib, 2000, false);
	fake_replace_route(b->fib, 3000, FAKE_NO_GROUP, false);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, PREFIXES - 3);
	audit(b);
	bed_check(b);
	assert_int_equal(b->fib->route_ops, ops + 3);
	assert_int_equal(drift(b, FIB_DRIFT_MISSING), 3);
	/* a prefix that is withdrawn, but whose route somebody put back */
	for (unsigned n = 0; n < 2; n++)
		bed_withdraw(b, n, &gone);
	bed_rest(b);
	fake_add_route(b->fib, &gone, 0);
	audit(b);
	assert_int_equal(drift(b, FIB_DRIFT_EXTRA), 1);
	bed_check(b);
	assert_int_equal(drift_all(b), 4);
	bed_free(b);
}

static void test_audit_finds_another_group(void **state)
{
	struct bed *b = bed_loaded();
	struct prefix one = pfx_n(3), two = pfx_n(4);
	(void)state;

	bed_withdraw(b, 0, &one); /* now there are two groups */
	bed_rest(b);
	uint32_t alone = fake_route_group(b->fib, BED_TABLE, &one);
	fake_add_route(b->fib, &two, alone);
	audit(b);
	assert_int_equal(drift(b, FIB_DRIFT_CHANGED), 1);
	assert_int_equal(drift_all(b), 1);
	bed_check(b);
	bed_free(b);
}

/* What was written while the list was made is neither missing nor extra. */
static void test_audit_beside_changes(void **state)
{
	struct bed *b = bed_loaded();
	uint64_t ops;
	(void)state;

	fake_audit(b->fib, 1000);
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i), other = pfx_n(PREFIXES + i);
		if (i % 3 == 0)
			bed_withdraw(b, 0, &p);
		if (i % 3 == 1)
			for (unsigned n = 0; n < 2; n++)
				bed_withdraw(b, n, &p);
		bed_announce(b, 0, &other, (struct path_spec){0});
	}
	fake_audit(b->fib, 100000);
	bed_rest(b);
	ops = b->fib->route_ops;
	audit(b);
	assert_int_equal(b->fib->route_ops, ops);
	assert_int_equal(drift_all(b), 0);
	bed_check(b);
	bed_free(b);
}

static void test_a_broken_audit_misses_nothing(void **state)
{
	struct bed *b = bed_loaded();
	(void)state;

	fake_audit(b->fib, 1000);
	fake_audit_broken(b->fib);
	bed_rest(b);
	assert_int_equal(drift_all(b), 0);
	fake_delete_route(b->fib, 0, false);
	audit(b);
	assert_int_equal(drift(b, FIB_DRIFT_MISSING), 1);
	bed_check(b);
	bed_free(b);
}

/* The table is left while it is being listed: nothing goes there any more. */
static void test_audit_of_a_table_that_vanishes(void **state)
{
	struct bed *b = bed_loaded();
	struct rib_vrf v = {
		.name = "red", .table = 2002, .maximum_paths = 16, .multipath_relax = true};
	(void)state;

	fake_audit(b->fib, 1000);
	fake_delete_route(b->fib, 0, true);
	rib_vrf_set(b->rib, 3, &v);
	bed_rest(b);
	fake_audit(b->fib, SIZE_MAX);
	bed_rest(b);
	assert_int_equal(drift(b, FIB_DRIFT_MISSING) + drift(b, FIB_DRIFT_CHANGED), 0);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_deleted_one_replaced),
		cmocka_unit_test(test_old_news),
		cmocka_unit_test(test_audit_finds_all_sorts),
		cmocka_unit_test(test_audit_finds_another_group),
		cmocka_unit_test(test_audit_beside_changes),
		cmocka_unit_test(test_a_broken_audit_misses_nothing),
		cmocka_unit_test(test_audit_of_a_table_that_vanishes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
