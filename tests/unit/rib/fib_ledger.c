/* rib/fib: the ledger - who holds what, the loss rule, the order of operations, ids. */
#include <errno.h>

#include "tests/unit/rib/ledger_bed.h"

static void a_live_member_remains(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "12", "");
	add_group(f, 2, "123", "");
	expect_ops(f, "+G1:1,2 +G2:1,2,3");
	struct ledger_loss loss = ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1");
	assert_int_equal(loss.gateways, 1);
	assert_int_equal(loss.groups, 0);
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_SET);
}

static void the_fallback_comes_first(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 4);
	add_group(f, 1, "12", "34");
	kops_clear(&f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "-g1");
	struct ledger_loss loss = ledger_session_down(&f->l, 2, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "=G1:3,4 -g2");
	assert_int_equal(loss.groups, 1);
	/* the fallback is the live set now, and there is no other */
	ledger_session_down(&f->l, 3, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g3");
	ledger_session_down(&f->l, 4, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g4");
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
}

static void the_dead_leave_the_fallback_too(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "1", "23");
	kops_clear(&f->k);
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g2");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1 +g3t =G1:3t");
}

static void two_gateways_of_one_session(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 1, .gateway = 2, .own = 1}, &f->k);
	ledger_release(&f->l, &(struct fib_hold){.incarnation = 2, .gateway = 2});
	add_group(f, 1, "12", "3");
	kops_clear(&f->k);
	struct ledger_loss loss = ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	assert_int_equal(loss.gateways, 2);
	assert_int_equal(f->k.n, 4);
	assert_int_equal(f->k.op[0].kind, KOP_GATEWAY_SET); /* a twin */
	assert_int_equal(f->k.op[1].kind, KOP_GROUP_REPLACE);
}

static void another_holder_keeps_it(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 9, .gateway = 1, .own = 0}, &f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "");
	ledger_session_down(&f->l, 9, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "-g1");
}

static void bfd_kills_the_peers_own_address(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 9, .gateway = 1, .own = 0}, &f->k);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 9, .gateway = 2, .own = 0}, &f->k);
	/* 9's peer is neither of them: BFD says nothing about what others hold */
	ledger_session_down(&f->l, 9, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "");
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 8, .gateway = 1, .own = 0}, &f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1");
}

static void bfd_after_the_session(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 1);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 9, .gateway = 1, .own = 0}, &f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1");
	/* and once is enough */
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "");
}

static void hold_after_the_death_is_void(void **state)
{
	struct fixture *f = *state;
	struct fib_gateway g = {.gateway = 5, .ifindex = 1, .addr = addr_v4(1)};
	struct fib_hold h = {.incarnation = 50, .gateway = 5, .own = 1};
	ledger_session_down(&f->l, 50, FIB_CAUSE_SESSION, &f->k);
	ledger_gateway(&f->l, &g, &f->k);
	expect_ops(f, "+g5");
	ledger_hold(&f->l, &h, &f->k);
	expect_ops(f, "-g5");
	add_group(f, 1, "5", "");
	expect_ops(f, "");
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
}

/* bfd tells fib of a death before bgp: another session comes to hold the gateway in between. */
static void hold_of_a_dead_gateway_is_told(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	struct gateway *g = handles_find(&f->l.gateways, 1);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	assert_false(f->l.untold || g->untold);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 1, .gateway = 1}, &f->k);
	assert_false(f->l.untold || g->untold);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 2, .gateway = 1}, &f->k);
	assert_true(f->l.untold && g->untold);
	expect_ops(f, "-g1");
	g->untold = false;
	g->told = true;
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 3, .gateway = 1}, &f->k);
	assert_false(g->untold);
}

static void death_before_the_range_is_known(void **state)
{
	struct ledger l = {0};
	struct kops k = {0};
	struct fib_gateway g = {.gateway = 5, .ifindex = 1, .addr = addr_v4(1)};
	(void)state;
	assert_false(ledger_gateway(&l, &(struct fib_gateway){.gateway = 1}, &k));
	ledger_session_down(&l, 50, FIB_CAUSE_BFD, &k);
	ledger_set_range(&l, FIRST, LAST);
	assert_true(ledger_gateway(&l, &g, &k));
	assert_int_equal(k.op[0].id, FIRST);
	ledger_hold(&l, &(struct fib_hold){.incarnation = 50, .gateway = 5}, &k);
	assert_int_equal(k.n, 2);
	assert_int_equal(k.op[1].kind, KOP_GATEWAY_DEL);
	kops_free(&k);
	ledger_free(&l);
}

static void void_hold_beside_a_good_one(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 1);
	ledger_session_down(&f->l, 50, FIB_CAUSE_SESSION, &f->k);
	ledger_session_down(&f->l, 51, FIB_CAUSE_BFD, &f->k);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 50, .gateway = 1, .own = 1}, &f->k);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 51, .gateway = 1, .own = 0}, &f->k);
	expect_ops(f, "");
	/* as if it had come before the death that BFD told */
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 51, .gateway = 1, .own = 1}, &f->k);
	expect_ops(f, "-g1");
}

static void forgotten_incarnation(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 1);
	ledger_session_down(&f->l, 50, FIB_CAUSE_SESSION, &f->k);
	ledger_forget(&f->l, 50);
	ledger_release(&f->l, &(struct fib_hold){.incarnation = 1, .gateway = 1});
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 50, .gateway = 1}, &f->k);
	expect_ops(f, "");
	ledger_session_down(&f->l, 50, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "-g1");
}

static void release_is_no_loss(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 1);
	add_group(f, 1, "1", "");
	expect_ops(f, "+g1t +G1:1t");
	ledger_release(&f->l, &(struct fib_hold){.incarnation = 1, .gateway = 1});
	expect_ops(f, "");
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "");
	ledger_group_free(&f->l, 1, &f->k);
	ledger_gateway_free(&f->l, 1, &f->k);
	expect_ops(f, "-G1 -g1t -g1");
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_REFUSED);
}

static void groups_without_the_dead(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	kops_clear(&f->k);
	add_group(f, 1, "12", "3");
	add_group(f, 2, "1", "3");
	add_group(f, 3, "1", "");
	add_group(f, 4, "", "2");
	add_group(f, 5, "22", "7"); /* twice, unknown */
	expect_ops(f, "+g2t +G1:2t +g3t +G2:3t +G4:2t +G5:2t");
	assert_int_equal(route_to(f, 3), LEDGER_ROUTE_DELETE);
	/* new sets for a group that is there: same id */
	add_group(f, 1, "23", "");
	add_group(f, 2, "1", "");
	expect_ops(f, "=G1:2,3 -G2");
}

static void refused_gateway_leaves_its_groups(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "1", "2");
	add_group(f, 2, "12", "");
	kops_clear(&f->k);
	ledger_group_failed(&f->l, 1, EINVAL);
	ledger_group_failed(&f->l, 2, EINVAL);
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_REFUSED);
	assert_true(ledger_gateway_dead(&f->l, handles_find(&f->l.gateways, 1), false));
	assert_false(ledger_gateway_dead(&f->l, handles_find(&f->l.gateways, 1), false));
	ledger_settle(&f->l, &f->k);
	assert_int_equal(f->k.n, 3);
	assert_int_equal(f->k.op[0].kind, KOP_GATEWAY_SET); /* the twin of 2 */
	assert_int_equal(f->k.op[1].kind, KOP_GROUP_SET);
	assert_int_equal(f->k.op[2].kind, KOP_GROUP_SET);
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_SET);
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_SET);
}

/* Another program's group has the id: the next attempt takes another one. */
static void a_group_whose_id_is_taken(void **state)
{
	struct fixture *f = *state;
	uint32_t id = 0;
	int error;
	add_gateways(f, 2);
	add_group(f, 1, "12", "");
	assert_int_equal(f->k.op[0].id, FIRST + 2);
	kops_clear(&f->k);
	ledger_group_failed(&f->l, 1, EEXIST);
	assert_int_equal(ledger_route(&f->l, 1, &id, &error), LEDGER_ROUTE_REFUSED);
	assert_int_equal(error, EEXIST);
	assert_null(handles_find(&f->l.group_ids, FIRST + 2));
	ledger_group_tell(&f->l, handles_find(&f->l.groups, 1), &f->k);
	expect_ops(f, "+G1:1,2");
	assert_int_equal(ledger_route(&f->l, 1, &id, &error), LEDGER_ROUTE_SET);
	assert_int_equal(id, FIRST + 3);
}

static void ids_rise_and_end(void **state)
{
	struct fixture *f = *state;
	struct fib_gateway g = {.addr = addr_v4(1)};
	for (uint32_t i = FIRST; i <= LAST; i++) {
		g.gateway = i;
		assert_true(ledger_gateway(&f->l, &g, &f->k));
		assert_int_equal(f->k.op[f->k.n - 1].id, i);
		ledger_gateway_free(&f->l, i, &f->k); /* gives no id back */
	}
	g.gateway = 1000;
	assert_false(ledger_gateway(&f->l, &g, &f->k));
	assert_false(ledger_group(&f->l, 1, NULL, 0, NULL, 0, &f->k));
	assert_true(ledger_id_known(&f->l, LAST));
	assert_false(ledger_id_known(&f->l, LAST + 1));
	assert_false(ledger_id_known(&f->l, FIRST - 1));
	/* the one without an id is dead, and can be freed */
	kops_clear(&f->k);
	ledger_gateway_free(&f->l, 1000, &f->k);
	expect_ops(f, "");
}

static void range_after_earlier_lives(void **state)
{
	uint32_t a, b;
	(void)state;
	assert_true(ledger_choose_range(10, 99, NULL, 0, &a, &b));
	assert_true(a == 10 && b == 99);
	assert_true(ledger_choose_range(10, 99, (uint32_t[]){5, 12, 20, 500}, 4, &a, &b));
	assert_true(a == 21 && b == 99);
	assert_true(ledger_choose_range(10, 99, (uint32_t[]){80, 90}, 2, &a, &b));
	assert_true(a == 10 && b == 79);
	assert_false(ledger_choose_range(10, 99, (uint32_t[]){10, 99}, 2, &a, &b));
	assert_false(ledger_choose_range(0, 99, NULL, 0, &a, &b));
	assert_false(ledger_choose_range(10, 9, NULL, 0, &a, &b));
}

/* --- weights --- */

static void weights_reach_the_kernel(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 4);
	add_group(f, 1, "1*240,2*120", "3*240,4*60");
	expect_ops(f, "+G1:1*240,2*120");
	add_group(f, 1, "1*240,2*120", "3*7,4");
	expect_ops(f, ""); /* another fallback is nothing to the kernel */
	add_group(f, 1, "1*240,2*60", "3*240,4*60");
	expect_ops(f, "=G1:1*240,2*60");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1"); /* the kernel keeps the weight of 2 */
	add_group(f, 1, "2*60", "3*240,4*60");
	expect_ops(f, "");
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "=G1:3*240,4*60 -g2");
}

static void adopted_with_weights(void **state)
{
	struct fixture *f = *state;
	const struct kop_member members[] = {{90, 240}, {91, 16}};
	ledger_adopt_gateway(&f->l, FIB_ADOPTED_FIRST, 90, 1, addr_v4(1));
	ledger_adopt_gateway(&f->l, FIB_ADOPTED_FIRST + 1, 91, 1, addr_v4(2));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 92, members, 2));
	struct fib_member same[] = {{.gateway = FIB_ADOPTED_FIRST, .weight = 240},
		{.gateway = FIB_ADOPTED_FIRST + 1, .weight = 16}};
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST, same, 2, NULL, 0, &f->k));
	assert_int_equal(f->k.n, 0);
	same[1].weight = 18;
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST, same, 2, NULL, 0, &f->k));
	assert_int_equal(f->k.n, 1);
	assert_int_equal(f->k.op[0].kind, KOP_GROUP_REPLACE);
	assert_int_equal(f->k.member[f->k.op[0].member_at + 1].weight, 18);
}

/* --- without objects --- */

static const struct group *of_hops(struct fixture *f, const char *members)
{
	struct fib_member m[16];
	struct hop h[16];
	size_t n = members_of(members, m);
	for (size_t i = 0; i < n; i++)
		h[i] = (struct hop){.ifindex = m[i].gateway,
			.addr = addr_v4(0x0a000000 + m[i].gateway),
			.weight = m[i].weight};
	return ledger_group_of(&f->l, h, n);
}

static void groups_by_their_hops(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "12", "");
	add_group(f, 2, "1*240,2*120,3*60", "");
	add_group(f, 3, "3", "2");
	for (int again = 0; again < 2; again++) {
		assert_int_equal(of_hops(f, "21")->handle, 1);
		assert_int_equal(of_hops(f, "3*60,1*240,2*120")->handle, 2);
		assert_int_equal(of_hops(f, "3")->handle, 3);
		assert_null(of_hops(f, "1"));
		assert_null(of_hops(f, "123"));
		assert_null(of_hops(f, "1*240,2*120"));
		assert_null(of_hops(f, ""));
	}
	ledger_session_down(&f->l, 3, FIB_CAUSE_BFD, &f->k);
	assert_null(of_hops(f, "3*60,1*240,2*120"));
	assert_int_equal(of_hops(f, "1*240,2*120")->handle, 2);
	assert_int_equal(of_hops(f, "2")->handle, 3);
	add_group(f, 3, "1*7", "");
	assert_int_equal(of_hops(f, "1")->handle, 3);
	ledger_group_free(&f->l, 3, &f->k);
	assert_null(of_hops(f, "1"));
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	assert_null(of_hops(f, ""));
}

/* --- the map --- */

static void handles_survive_churn(void **state)
{
	static char there[4096];
	struct handles h = {0};
	uint32_t seed = 1;
	size_t n = 0;
	(void)state;
	memset(there, 0, sizeof(there));
	for (int i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t key = seed >> 20;
		assert_ptr_equal(handles_find(&h, key), there[key] ? &there[key] : NULL);
		if (there[key]) {
			assert_ptr_equal(handles_take(&h, key), &there[key]);
			n--;
		} else {
			handles_put(&h, key, &there[key]);
			n++;
		}
		there[key] = !there[key];
	}
	assert_int_equal(h.n, n);
	size_t walked = 0;
	for (size_t at = 0; handles_next(&h, &at);)
		walked++;
	assert_int_equal(walked, n);
	handles_free(&h);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ledger_setup, ledger_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_live_member_remains),
		TEST(the_fallback_comes_first),
		TEST(the_dead_leave_the_fallback_too),
		TEST(two_gateways_of_one_session),
		TEST(another_holder_keeps_it),
		TEST(bfd_kills_the_peers_own_address),
		TEST(bfd_after_the_session),
		TEST(hold_after_the_death_is_void),
		TEST(hold_of_a_dead_gateway_is_told),
		TEST(death_before_the_range_is_known),
		TEST(void_hold_beside_a_good_one),
		TEST(forgotten_incarnation),
		TEST(release_is_no_loss),
		TEST(groups_without_the_dead),
		TEST(refused_gateway_leaves_its_groups),
		TEST(a_group_whose_id_is_taken),
		TEST(ids_rise_and_end),
		TEST(range_after_earlier_lives),
		TEST(weights_reach_the_kernel),
		TEST(adopted_with_weights),
		TEST(groups_by_their_hops),
		TEST(handles_survive_churn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
