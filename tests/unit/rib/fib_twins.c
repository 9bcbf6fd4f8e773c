/* rib/fib: the second object of a gateway, for groups of it alone. */
#include <errno.h>

#include "tests/unit/rib/ledger_bed.h"

/* Nothing that has another gateway comes after routes that have none. */
static void what_is_left_goes_last(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "1", "");
	add_group(f, 2, "1", "23");
	add_group(f, 3, "12", "3");
	expect_ops(f, "+g1t +G1:1t +G2:1t +G3:1,2");
	assert_false(ledger_flush(&f->l, &f->k));
	struct ledger_loss loss = ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1 =G2:2,3");
	assert_true(loss.gateways == 1 && loss.groups == 1);
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "+g3t =G3:3t -g2");
	assert_true(ledger_flush(&f->l, &f->k));
	expect_ops(f, "-g1t");
	assert_false(ledger_flush(&f->l, &f->k));
}

/* To give it the twin would cost as much as what the twin saves. */
static void one_left_of_several_keeps_its_object(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "12", "");
	expect_ops(f, "+G1:1,2");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	add_group(f, 1, "2", "");
	expect_ops(f, "-g1");
	add_group(f, 2, "2", "");
	expect_ops(f, "+g2t +G2:2t");
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g2");
	assert_true(ledger_flush(&f->l, &f->k));
	expect_ops(f, "-g2t");
}

static void a_twin_that_is_refused(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "1", "2");
	add_group(f, 2, "1", "");
	expect_ops(f, "+g1t +G1:1t +G2:1t");
	ledger_twin_refused(&f->l, handles_find(&f->l.gateways, 1));
	ledger_group_failed(&f->l, 2, EINVAL);
	ledger_settle(&f->l, &f->k);
	assert_int_equal(f->k.n, 2);
	ledger_settle(&f->l, &f->k);
	assert_int_equal(f->k.n, 2);
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_SET);
	kops_clear(&f->k);
	add_group(f, 3, "1", "");
	expect_ops(f, "+G3:1");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "+g2t =G1:2t -g1");
	assert_false(ledger_flush(&f->l, &f->k));
}

static void a_twin_goes_with_its_last_group(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "1", "");
	add_group(f, 2, "1", "2");
	add_group(f, 3, "2", "");
	expect_ops(f, "+g1t +G1:1t +G2:1t +g2t +G3:2t");
	ledger_group_free(&f->l, 1, &f->k);
	expect_ops(f, "-G1");
	ledger_group_free(&f->l, 2, &f->k);
	expect_ops(f, "-G2 -g1t");
	add_group(f, 4, "1", "");
	expect_ops(f, "+g1t +G4:1t");
}

/* --- adopted twins --- */

/* Gateway 90 and a second object 91 of it, gateway 92. */
static struct gateway *adopt_with_twin(struct fixture *f, bool several)
{
	ledger_adopt_gateway(&f->l, FIB_ADOPTED_FIRST, 90, 1, addr_v4(1));
	struct gateway *g = handles_find(&f->l.gateways, FIB_ADOPTED_FIRST);
	assert_true(ledger_adopt_twin(&f->l, g, 91, several));
	assert_false(ledger_adopt_twin(&f->l, g, 93, several));
	ledger_adopt_gateway(&f->l, FIB_ADOPTED_FIRST + 1, 92, 1, addr_v4(2));
	return g;
}

static void adopted_with_its_twin(void **state)
{
	struct fixture *f = *state;
	const struct kop_member several[] = {{90, 1}, {92, 1}}, one = {91, 1}, old = {90, 1};
	struct gateway *g = adopt_with_twin(f, false);
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 94, several, 2));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST + 1, 95, &one, 1));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST + 2, 96, &old, 1));
	ledger_twins_trim(&f->l, NULL);
	assert_int_equal(g->twin_id, 91);
	assert_true(ledger_gateway_dead(&f->l, g, true));
	ledger_settle(&f->l, &f->k);
	assert_int_equal(f->k.n, 1);
	assert_int_equal(f->k.op[0].id, 90);
	ledger_flush(&f->l, &f->k);
	assert_int_equal(f->k.op[1].id, 91);
}

/* The ids began anew, and the twin has the smaller one. */
static void adopted_with_the_twin_first(void **state)
{
	struct fixture *f = *state;
	const struct kop_member several[] = {{91, 1}, {92, 1}}, one = {90, 1};
	struct gateway *g = adopt_with_twin(f, true);
	assert_true(g->id == 91 && g->twin_id == 90);
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 94, several, 2));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST + 1, 95, &one, 1));
	struct fib_member same[] = {{.gateway = FIB_ADOPTED_FIRST, .weight = 1},
		{.gateway = FIB_ADOPTED_FIRST + 1, .weight = 1}};
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST, same, 2, NULL, 0, &f->k));
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST + 1, same, 1, NULL, 0, &f->k));
	assert_int_equal(f->k.n, 0);
}

/* Not as we leave them: a twin in a group of several, both objects in one, a twin that is unused.
 */
static void adopted_twins_in_disorder(void **state)
{
	struct fixture *f = *state;
	const struct kop_member several[] = {{91, 1}, {92, 1}}, both[] = {{90, 1}, {91, 1}};
	struct gateway *g = adopt_with_twin(f, false);
	assert_false(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 94, both, 2));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 95, several, 2));
	ledger_twins_trim(&f->l, NULL);
	assert_int_equal(g->twin_id, 0);
	assert_false(ledger_id_known(&f->l, 91)); /* the sweep's */
	struct fib_member same[] = {{.gateway = FIB_ADOPTED_FIRST, .weight = 1},
		{.gateway = FIB_ADOPTED_FIRST + 1, .weight = 1}};
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST, same, 2, NULL, 0, &f->k));
	assert_int_equal(f->k.n, 1);
	assert_int_equal(f->k.op[0].kind, KOP_GROUP_REPLACE);
	assert_int_equal(f->k.member[0].id, 90);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ledger_setup, ledger_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_left_goes_last),
		TEST(one_left_of_several_keeps_its_object),
		TEST(a_twin_that_is_refused),
		TEST(a_twin_goes_with_its_last_group),
		TEST(adopted_with_its_twin),
		TEST(adopted_with_the_twin_first),
		TEST(adopted_twins_in_disorder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
