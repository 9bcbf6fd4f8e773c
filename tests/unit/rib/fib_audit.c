/* rib/fib: the audit of the ledger against what the kernel has. */
#include <errno.h>

#include "rib/fib/audit.h"
#include "tests/unit/rib/ledger_bed.h"

struct lost {
	bool group[10];
	char text[64];
};

static void take_flushed(void *ctx, const struct group *g)
{
	struct lost *l = ctx;
	assert_false(l->group[g->handle]);
	l->group[g->handle] = true;
}

/* Ends the audit; "G3 1 " where group 3 was flushed and gateway 1 is to be told of. */
static void audit_finish(struct fixture *f, const char *expected)
{
	struct lost l = {.text = ""};
	struct gateway *g;
	size_t n = 0, room = sizeof(l.text);
	audit_end(&f->l, &f->k, take_flushed, &l);
	for (uint32_t i = 1; i < 10; i++)
		if (l.group[i])
			n += (size_t)snprintf(l.text + n, room - n, "G%u ", i);
	for (uint32_t i = 1; i < 10; i++)
		if ((g = handles_find(&f->l.gateways, i)) && g->untold) {
			n += (size_t)snprintf(l.text + n, room - n, "%u ", i);
			g->untold = false;
		}
	assert_string_equal(l.text, expected);
}

/* The kernel has gateways (ids as digits behind FIRST) and group ids with members. */
static void kernel_gateway(struct fixture *f, uint32_t n)
{
	struct nlread_nexthop o = {
		.id = FIRST + n - 1, .ifindex = n, .gateway = addr_v4(0x0a000000 + n)};
	audit_object(&f->l, &o, &f->k);
}

enum {
	TWIN = FIRST + 5, /* of gateway 1 */
};

static void kernel_twin(struct fixture *f)
{
	struct nlread_nexthop o = {.id = TWIN, .ifindex = 1, .gateway = addr_v4(0x0a000001)};
	audit_object(&f->l, &o, &f->k);
}

/* A member 6 is the twin. */
static void kernel_group(struct fixture *f, uint32_t id, const char *members)
{
	struct nlread_nexthop o = {.id = id, .group = true};
	struct fib_member m[16];
	o.member_n = members_of(members, m);
	for (size_t i = 0; i < o.member_n; i++)
		o.member[i] = (struct kop_member){FIRST + m[i].gateway - 1, m[i].weight};
	audit_object(&f->l, &o, &f->k);
}

static void audit_expect(struct fixture *f, const char *lost, const char *ops)
{
	audit_finish(f, lost);
	expect_ops(f, ops);
}

/* Gateways 1, 2, 3; groups 1 = {1,2}, id 103; 2 = {1} else {3}, id 104; 3 = {1}, id 106. */
static void audit_fixture(struct fixture *f)
{
	add_gateways(f, 3);
	add_group(f, 1, "12", "");
	add_group(f, 2, "1", "3");
	add_group(f, 3, "1", "");
	expect_ops(f, "+G1:1,2 +g1t +G2:1t +G3:1t");
	audit_begin(&f->l);
}

static void audit_finds_all_well(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	kernel_gateway(f, 1);
	kernel_twin(f);
	kernel_gateway(f, 2);
	kernel_gateway(f, 3);
	kernel_group(f, 103, "12");
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	kernel_group(f, 99, "1");
	kernel_group(f, 150, "1");
	audit_expect(f, "", "");
}

static void audit_finds_a_lost_gateway(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	kernel_gateway(f, 2);
	kernel_gateway(f, 3);
	kernel_group(f, 103, "2");       /* as the kernel left it: nothing to do */
	audit_expect(f, "G2 G3 1 ", ""); /* whatever has its id by now is not ours */
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_SET);
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_DELETE);
	assert_int_equal(route_to(f, 3), LEDGER_ROUTE_DELETE);
}

/* Someone put another gateway into the group, and deleted ours: the routes are still there. */
static void audit_finds_a_lost_gateway_and_its_group(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	kernel_gateway(f, 2);
	kernel_gateway(f, 3);
	kernel_group(f, 103, "2");
	kernel_group(f, 104, "2");
	audit_expect(f, "G3 1 ", "+g3t =G2:3t");
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_SET);
}

static void audit_finds_another_object_under_the_id(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	struct nlread_nexthop o = {.id = FIRST, .ifindex = 7, .gateway = addr_v4(1)};
	audit_object(&f->l, &o, &f->k);
	kernel_gateway(f, 2);
	kernel_gateway(f, 3);
	kernel_group(f, 103, "12");
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_finish(f, "1 ");
	/* what leads through the object under our id goes first, the routes of group 3 at the end
	 */
	expect_ops(f, "-g1 +g3t =G2:3t");
	assert_true(ledger_flush(&f->l, &f->k));
	expect_ops(f, "-g1t");
	assert_false(ledger_flush(&f->l, &f->k));
}

/* Both objects have to be ours: else some routes lead elsewhere. */
static void audit_finds_another_object_under_the_twins_id(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	struct nlread_nexthop o = {.id = TWIN, .ifindex = 7, .gateway = addr_v4(1)};
	audit_object(&f->l, &o, &f->k);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_group(f, 103, "12");
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_expect(f, "1 ", "-g1 +g3t =G2:3t");
	assert_true(ledger_flush(&f->l, &f->k));
	expect_ops(f, "-g1t");
}

/* The gateway lives, its groups of one are gone; a new one gets a new twin. */
static void audit_finds_a_lost_twin(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_group(f, 103, "12");
	audit_expect(f, "G2 G3 ", "");
	add_group(f, 4, "1", "");
	assert_int_equal(f->k.op[0].kind, KOP_GATEWAY_SET);
	assert_int_not_equal(f->k.op[0].id, TWIN);
	expect_ops(f, "+g1t +G4:1t");
}

static void audit_finds_a_deleted_group(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_twin(f);
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_expect(f, "G1 ", "");
	/* dead for good, told once; its gateways live */
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
	add_group(f, 1, "12", "3");
	expect_ops(f, "");
	audit_begin(&f->l);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_twin(f);
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_expect(f, "", "");
	add_group(f, 9, "12", "3");
	expect_ops(f, "+G9:1,2");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1 +g3t =G2:3t");
	ledger_group_free(&f->l, 1, &f->k);
	expect_ops(f, "");
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_REFUSED);
}

/* A replacement that the kernel refuses may leave anything behind: what it has is asked for. */
static void a_replaced_group_that_is_gone(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "1", "23");
	kops_clear(&f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1 =G1:2,3");
	/* ENOENT */
	ledger_group_dead(handles_find(&f->l.groups, 1));
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	ledger_session_down(&f->l, 3, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g2 -g3");
	ledger_group_free(&f->l, 1, &f->k);
	expect_ops(f, "");
}

static void audit_mends_groups(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	ledger_group_failed(&f->l, 3, ENOMEM);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_twin(f);
	kernel_group(f, 103, "13"); /* changed by someone */
	kernel_group(f, 104, "6");
	audit_finish(f, "");
	assert_int_equal(f->k.n, 2);
	assert_true(f->k.op[0].handle + f->k.op[1].handle == 1 + 3);
	assert_int_equal(route_to(f, 3), LEDGER_ROUTE_SET);
}

static void audit_deletes_orphans(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	ledger_group_free(&f->l, 3, &f->k);
	kops_clear(&f->k);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_twin(f);
	kernel_group(f, 103, "12");
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_finish(f, "");
	assert_int_equal(f->k.n, 1);
	assert_int_equal(f->k.op[0].kind, KOP_GROUP_DEL);
	assert_int_equal(f->k.op[0].id, 106);
}

static void audit_finds_other_weights(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "1*240,2*120", "");
	add_group(f, 2, "1*60,2", "");
	kops_clear(&f->k);
	audit_begin(&f->l);
	kernel_gateway(f, 1);
	kernel_gateway(f, 2);
	kernel_group(f, 102, "2*120,1*240");
	kernel_group(f, 103, "1,2*60");
	audit_expect(f, "", "=G2:1*60,2");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ledger_setup, ledger_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(audit_finds_all_well),
		TEST(audit_finds_a_lost_gateway),
		TEST(audit_finds_a_lost_gateway_and_its_group),
		TEST(audit_finds_another_object_under_the_id),
		TEST(audit_finds_another_object_under_the_twins_id),
		TEST(audit_finds_a_lost_twin),
		TEST(audit_finds_a_deleted_group),
		TEST(a_replaced_group_that_is_gone),
		TEST(audit_mends_groups),
		TEST(audit_deletes_orphans),
		TEST(audit_finds_other_weights),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
