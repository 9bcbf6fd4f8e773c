/* Route leaking: whose paths win, what follows when lists, paths, VRFs change, and what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/trial.h"
#include "tests/unit/rib/bed.h"

enum {
	PREFIXES = 300,
	HALF = PREFIXES / 2, /* the first, which are imported */
};

static struct filter *first_half(void)
{
	struct filter_rule rules[HALF];
	for (uint32_t i = 0; i < HALF; i++)
		rules[i] = (struct filter_rule){
			.prefix = pfx_n(i), .ge = 24, .le = 24, .permit = true, .line = i + 1};
	return filter_of(rules, HALF);
}

static void leak(struct bed *b, struct filter *list)
{
	bed_leak(b, list);
	filter_put(list);
	bed_rest(b);
}

static void announce_all(struct bed *b, unsigned n, struct path_spec s)
{
	bed_peer_up(b, n, b->all);
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, n, &p, s);
	}
	bed_rest(b);
}

static void expect(struct bed *b, uint32_t i, unsigned live, unsigned fallback)
{
	struct prefix p = pfx_n(i);
	bed_expect_in(b, BED_LEAK_TABLE, &p, live, fallback);
}

static struct bed *bed_leaking(void)
{
	struct bed *b = bed_new();
	leak(b, first_half());
	announce_all(b, 0, (struct path_spec){0});
	announce_all(b, 1, (struct path_spec){0});
	assert_int_equal(b->fib->routes_n, PREFIXES + HALF);
	return b;
}

static void test_what_the_list_permits(void **state)
{
	struct bed *b = bed_leaking();
	struct prefix p = pfx_n(0);
	(void)state;

	expect(b, 0, 3, 0);
	expect(b, HALF, 0, 0);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->groups_n, 1); /* shared with the VRF that gives it */
	bed_withdraw(b, 0, &p);
	bed_rest(b);
	expect(b, 0, 2, 0);
	bed_withdraw(b, 1, &p);
	bed_rest(b);
	expect(b, 0, 0, 0);
	bed_peer_down(b, 0, FIB_CAUSE_BFD);
	bed_rest(b);
	expect(b, 1, 2, 0);
	uint64_t ops = b->fib->route_ops;
	leak(b, filter_everything()); /* another list writes only what it permits more */
	assert_int_equal(b->fib->route_ops, ops + PREFIXES - HALF);
	leak(b, filter_le("20.0.0.0/24", 24));
	assert_int_equal(b->fib->routes_n, PREFIXES - 1);
	bed_wait(b, 3000);
	bed_check(b);
	bed_free(b);
}

/* Whatever its attributes; the others stand behind it. */
static void test_the_vrfs_own_paths_win(void **state)
{
	struct bed *b = bed_leaking();
	(void)state;

	announce_all(b, BED_OTHER, (struct path_spec){.local_pref = 1, .as_path_length = 9});
	expect(b, 0, 1 << BED_OTHER, 3);
	expect(b, HALF, 1 << BED_OTHER, 0);
	bed_peer_down(b, BED_OTHER, FIB_CAUSE_BFD);
	expect(b, 0, 3, 0); /* by fib alone */
	bed_wait(b, 3000);
	expect(b, 0, 3, 0);
	expect(b, HALF, 0, 0);
	bed_check(b);
	bed_free(b);
}

/* Two VRFs that import each other's: what came from one never comes back to it. */
static void test_nothing_is_leaked_on(void **state)
{
	struct bed *b = bed_leaking();
	const struct rib_import back = {4, b->all};
	struct prefix p = pfx_n(0);
	(void)state;

	rib_vrf_imports(b->rib, 3, &back, 1);
	bed_rest(b);
	bed_expect(b, &p, 3, 0);
	expect(b, 0, 3, 0);
	for (unsigned n = 0; n < 2; n++)
		bed_peer_down(b, n, FIB_CAUSE_SESSION);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 0);
	announce_all(b, BED_OTHER, (struct path_spec){0});
	bed_expect(b, &p, 1 << BED_OTHER, 0);
	expect(b, 0, 1 << BED_OTHER, 0);
	assert_int_equal(b->fib->routes_n, 2 * PREFIXES);
	bed_check(b);
	rib_vrf_imports(b->rib, 3, NULL, 0);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_check(b);
	bed_free(b);
}

struct seen_why {
	struct rib *rib;
	enum rib_why why;
};

static void why_of(void *arg, const struct rib_route_view *v)
{
	struct seen_why *x = arg;
	struct rib_path_reason reason;

	assert_int_equal(v->vrf, 4);
	assert_true(v->paths_n > 0);
	rib_path_explain(x->rib, v, 0, &reason);
	assert_int_equal(v->paths[0].vrf, 3);
	assert_string_equal(v->paths[0].vrf_name, "red");
	assert_true(reason.has_leak);
	assert_int_equal(reason.leak.permit, v->paths[0].why != RIB_WHY_IMPORT_VRF);
	x->why = v->paths[0].why;
}

static enum rib_why why(struct bed *b, const char *prefix)
{
	struct seen_why x = {b->rib, RIB_WHY_NO_IMPORT};
	struct prefix p = pfx(prefix);
	assert_true(rib_look(b->rib, 4, &p, why_of, &x));
	return x.why;
}

static void test_the_limits_of_the_vrf_that_imports(void **state)
{
	struct bed *b = bed_leaking();
	struct filter *deny = filter_le("20.0.0.0/23", 24), *all = filter_everything();
	struct prefix inside = pfx("10.0.5.128/25");
	(void)state;

	assert_int_equal(why(b, "20.0.0.0/24"), RIB_USED);
	assert_int_equal(why(b, "20.0.200.0/24"), RIB_WHY_IMPORT_VRF);
	rib_vrf_deny(b->rib, 4, deny);
	bed_rest(b);
	assert_int_equal(why(b, "20.0.0.0/24"), RIB_WHY_DENY_IMPORT);
	expect(b, 0, 0, 0);
	expect(b, 2, 3, 0);
	rib_vrf_deny(b->rib, 4, NULL);
	bed_rest(b);
	expect(b, 0, 3, 0);
	/* what hides a gateway of the VRF that imports, and none of the other's */
	leak(b, all);
	bed_announce(b, 0, &inside, (struct path_spec){0});
	bed_rest(b);
	bed_expect_in(b, BED_LEAK_TABLE, &inside, 1, 0);
	struct rib_peer p = {.name = "near",
		.vrf = 4,
		.incarnation = 999,
		.address = ip("10.0.5.200"),
		.ifindex = 5,
		.local_as = 64512,
		.remote_as = 65077,
		.ebgp = true};
	uint16_t peer = rib_peer_up(b->rib, &p, b->all);
	bed_rest(b);
	assert_int_equal(why(b, "10.0.5.128/25"), RIB_WHY_HIDES_GATEWAY);
	bed_expect_in(b, BED_LEAK_TABLE, &inside, 0, 0);
	bed_expect(b, &inside, 1, 0);
	rib_peer_down(b->rib, peer, FIB_CAUSE_SESSION);
	filter_put(deny);
	bed_wait(b, 3000);
	bed_free(b);
}

/* The VRF's device, then the interface: what it gives is of no use meanwhile. */
static void test_the_other_vrf_goes(void **state)
{
	struct bed *b = bed_leaking();
	struct rib_vrf red = {
		.name = "red", .device = "vrf-red", .maximum_paths = 16, .multipath_relax = true};
	struct rib_vrf blue = {
		.name = "blue", .device = "vrf-b", .maximum_paths = 16, .multipath_relax = true};
	(void)state;

	bed_link(b, 2, false);
	bed_link(b, 3, false);
	bed_rest(b);
	expect(b, 0, 0, 0);
	bed_link(b, 3, true);
	bed_link(b, 2, true);
	bed_rest(b);
	expect(b, 0, 3, 0);
	rib_vrf_set(b->rib, 4, &blue); /* the table is gone, and comes back */
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_leak(b, b->leaks);
	bed_rest(b);
	expect(b, 0, 3, 0);
	rib_vrf_set(b->rib, 3, &red);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, 0);
	bed_free(b);
}

static void seen(void *arg, uint16_t vrf, const struct prefix *p, enum rib_trial_outcome o)
{
	unsigned(*n)[3] = arg;
	(void)p;
	n[vrf == 4][o]++;
}

/* Foretold as it then comes. */
static void test_a_trial(void **state)
{
	struct bed *b = bed_leaking();
	struct rib_import all = {3, b->all};
	struct rib_trial *t = calloc(1, sizeof(*t));
	struct rib_cursor c = {0};
	unsigned n[2][3] = {0};
	(void)state;

	t->imports[4] = &all;
	t->imports_n[4] = 1;
	while (rib_trial_walk(b->rib, t, &c, 7, seen, n))
		;
	assert_int_equal(n[1][RIB_TRIAL_GAINED], PREFIXES - HALF);
	assert_int_equal(n[1][RIB_TRIAL_LOST] + n[1][RIB_TRIAL_CHANGED] + n[0][RIB_TRIAL_LOST], 0);
	t->imports_n[4] = 0;
	memset(n, 0, sizeof(n));
	c = (struct rib_cursor){0};
	while (rib_trial_walk(b->rib, t, &c, 7, seen, n))
		;
	assert_int_equal(n[1][RIB_TRIAL_LOST], HALF);
	assert_int_equal(n[1][RIB_TRIAL_GAINED] + n[0][RIB_TRIAL_GAINED], 0);
	free(t);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_list_permits),
		cmocka_unit_test(test_the_vrfs_own_paths_win),
		cmocka_unit_test(test_nothing_is_leaked_on),
		cmocka_unit_test(test_the_limits_of_the_vrf_that_imports),
		cmocka_unit_test(test_the_other_vrf_goes),
		cmocka_unit_test(test_a_trial),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
