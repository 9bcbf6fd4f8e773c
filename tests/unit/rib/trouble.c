/* The RIB when things go wrong: links, gateways that the kernel refuses, route errors, BFD, tables
 * that vanish, the cap on groups. */
#include <errno.h>
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
	FEW = 20, /* where every order of events is tried */
};

static void announce_some(struct bed *b, unsigned n, struct path_spec s, uint32_t prefixes)
{
	for (uint32_t i = 0; i < prefixes; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, n, &p, s);
	}
}

static void announce_all(struct bed *b, unsigned n, struct path_spec s)
{
	announce_some(b, n, s, PREFIXES);
}

static struct bed *bed_with(unsigned peers)
{
	struct bed *b = bed_new();

	for (unsigned n = 0; n < BED_PEERS; n++)
		if (peers & 1u << n) {
			bed_peer_up(b, n, b->all);
			announce_all(b, n, (struct path_spec){0});
		}
	bed_wait(b, 3000);
	bed_check(b);
	return b;
}

static void test_link_down_up(void **state)
{
	struct bed *b = bed_with(3);
	struct prefix p = pfx_n(1);
	uint64_t ops = b->fib->route_ops;

	bed_link(b, 2, false);
	bed_expect(b, &p, 2, 0);
	bed_wait(b, 5000);
	assert_int_equal(b->fib->route_ops, ops);
	bed_check(b);
	bed_link(b, 3, false); /* the last one: the kernel flushes */
	bed_wait(b, 5000);
	assert_int_equal(b->fib->routes_n, 0);
	assert_int_equal(b->fib->route_ops, ops);
	b->fib->dead_link = 0;
	bed_link(b, 2, true);
	bed_rest(b);
	bed_expect(b, &p, 1, 0);
	assert_int_equal(b->fib->route_ops, ops + PREFIXES);
	bed_link(b, 3, true);
	bed_wait(b, 5000);
	bed_expect(b, &p, 3, 0);
	bed_check(b);
	bed_free(b);
}

/* The kernel took the gateways before anyone heard of the link. */
static void test_gateway_lost_first(void **state)
{
	struct bed *b = bed_with(3);
	struct prefix p = pfx_n(1);

	b->fib->dead_link = 2;
	fake_link_down(b->fib, 2);
	fake_hear(b->fib);
	bed_wait(b, 10000);
	bed_expect(b, &p, 2, 0);
	bed_check(b);
	b->fib->dead_link = 0;
	bed_wait(b, 31000); /* found by trying, with a back-off */
	bed_expect(b, &p, 3, 0);
	bed_check(b);
	bed_free(b);
}

/* Active and standby, and the ways the kernel takes the active's object with the group. */
enum loss {
	LOSS_LINK,
	LOSS_OBJECT,
	LOSS_GROUP,
	LOSSES
};
enum step {
	STEP_HEAR,
	STEP_ANSWER,
	STEP_LINK,
	STEP_BFD,
	STEP_SESSION,
	STEP_DECIDE,
	STEPS
};

static void take_step(struct bed *b, enum step step, bool link)
{
	switch (step) {
	case STEP_HEAR:
		fake_hear(b->fib);
		break;
	case STEP_ANSWER:
		fake_answer(b->fib, 100, b->now_ms);
		break;
	case STEP_LINK:
		if (link)
			bed_link_told(b, 2, false);
		break;
	case STEP_BFD:
	case STEP_SESSION:
		if (b->peer[0] != RIB_NO_PEER)
			bed_peer_down(b, 0, step == STEP_BFD ? FIB_CAUSE_BFD : FIB_CAUSE_SESSION);
		break;
	case STEP_DECIDE:
		rib_run(b->rib, 100000, b->now_ms);
		fake_take(b->fib, 1000);
		break;
	case STEPS:
		break;
	}
}

static void standby_after(enum loss loss, const enum step *steps)
{
	struct bed *b = bed_new();
	struct prefix p = pfx_n(1);
	bool link = loss == LOSS_LINK;

	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 1, b->all);
	announce_some(b, 0, (struct path_spec){.local_pref = 200}, FEW);
	announce_some(b, 1, (struct path_spec){.local_pref = 100}, FEW);
	bed_wait(b, 3000);
	bed_expect(b, &p, 1, 2);
	if (link)
		bed_link_kernel(b, 2, false);
	else
		loss == LOSS_OBJECT ? fake_delete_object(b->fib, 0) : fake_delete_group(b->fib, 0);
	assert_int_equal(b->fib->routes_n, 0);
	for (unsigned i = 0; i < STEPS; i++)
		take_step(b, steps[i], link);
	fake_hear(b->fib);
	bed_link_told(b, 2, !link);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, FEW);
	bed_wait(b, 5000);
	bed_expect(b, &p, 2, 0);
	bed_check(b);
	bed_free(b);
}

/* Calls it for every order of the steps. */
static void orders(enum loss loss, enum step *steps, unsigned from)
{
	if (from == STEPS)
		standby_after(loss, steps);
	for (unsigned i = from; i < STEPS; i++) {
		enum step first = steps[i];
		steps[i] = steps[from];
		steps[from] = first;
		orders(loss, steps, from + 1);
		steps[from] = steps[i];
		steps[i] = first;
	}
}

static void test_kernel_takes_group(void **state)
{
	enum step steps[STEPS];

	for (unsigned i = 0; i < STEPS; i++)
		steps[i] = (enum step)i;
	for (unsigned loss = 0; loss < LOSSES; loss++)
		orders((enum loss)loss, steps, 0);
}

/* Without any session lost: the routes are written again under a new group, at once. */
static void test_group_deleted_by_others(void **state)
{
	struct bed *b = bed_with(3);
	struct prefix p = pfx_n(1);
	uint64_t ops = b->fib->route_ops;

	fake_delete_group(b->fib, 0);
	assert_int_equal(b->fib->routes_n, 0);
	fake_hear(b->fib);
	bed_rest(b);
	bed_expect(b, &p, 3, 0);
	assert_int_equal(b->fib->route_ops, ops + PREFIXES);
	bed_wait(b, 5000);
	assert_int_equal(b->fib->groups_n, 1);
	bed_check(b);
	rib_group_flushed(b->rib, 1); /* freed meanwhile */
	bed_rest(b);
	assert_int_equal(b->fib->route_ops, ops + PREFIXES);
	bed_free(b);
}

static void seen(void *arg, const struct rib_route_view *v)
{
	struct rib_route_view *out = arg;
	static struct rib_path_view paths[16];

	*out = *v;
	memcpy(paths, v->paths, v->paths_n * sizeof(paths[0]));
	out->paths = paths;
}

static void test_gateway_refused(void **state)
{
	struct bed *b = bed_new();
	struct prefix p = pfx_n(1);
	struct rib_route_view v;

	b->fib->refuse_gateways = EINVAL;
	bed_peer_up(b, 0, b->all);
	announce_all(b, 0, (struct path_spec){0});
	bed_wait(b, 500);
	bed_expect(b, &p, 0, 0);
	assert_true(rib_look(b->rib, 3, &p, seen, &v));
	assert_int_equal(v.paths[0].why, RIB_WHY_NEXT_HOP_DOWN);
	assert_string_equal(v.paths[0].why_text, strerror(EINVAL));
	uint64_t served = b->fib->served;
	bed_wait(b, 60000);
	assert_in_range(b->fib->served - served, 1, 60); /* no storm */
	b->fib->refuse_gateways = 0;
	bed_wait(b, 31000);
	bed_expect(b, &p, 1, 0);
	bed_check(b);
	bed_free(b);
}

struct refusal {
	struct prefix prefix;
	int error;
	unsigned asked;
};

static int refuse_one(void *arg, const struct fib_route *r)
{
	struct refusal *x = arg;
	struct prefix p =
		prefix_make(addr_from_bytes((enum addr_family)r->family, r->addr), r->len);

	if (!prefix_equal(p, x->prefix) || !x->error)
		return 0;
	x->asked++;
	return x->error;
}

static void test_route_refused(void **state)
{
	struct bed *b = bed_new();
	struct refusal x = {.prefix = pfx_n(7), .error = ENOBUFS};
	struct rib_route_view v;
	struct rib_counts c;

	b->fib->refuse = refuse_one;
	b->fib->refuse_arg = &x;
	bed_peer_up(b, 0, b->all);
	announce_all(b, 0, (struct path_spec){0});
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, PREFIXES - 1); /* the others are there */
	assert_true(rib_look(b->rib, 3, &x.prefix, seen, &v));
	assert_int_equal(v.state, RIB_STATE_FAILED);
	assert_int_equal(v.error, ENOBUFS);
	assert_string_equal(v.error_text, "refused: 105");
	bed_wait(b, 400000);
	assert_in_range(x.asked, 10, 14); /* 1 2 4 8 16 32 60 60 60 60 60 */
	x.error = 0;
	bed_wait(b, 61000);
	rib_count(b->rib, &c);
	assert_int_equal(c.failed, 0);
	assert_true(rib_look(b->rib, 3, &x.prefix, seen, &v));
	assert_int_equal(v.state, RIB_STATE_INSTALLED);
	assert_string_equal(v.error_text, "");
	bed_check(b);
	bed_free(b);
}

static void test_delete_refused(void **state)
{
	struct bed *b = bed_with(1);
	struct refusal x = {.prefix = pfx_n(7), .error = ENOMEM};

	b->fib->refuse = refuse_one;
	b->fib->refuse_arg = &x;
	bed_withdraw(b, 0, &x.prefix);
	bed_rest(b);
	bed_expect(b, &x.prefix, 1, 0);
	x.error = 0;
	bed_wait(b, 2000);
	bed_expect(b, &x.prefix, 0, 0);
	bed_check(b);
	assert_false(rib_look(b->rib, 3, &x.prefix, seen, &(struct rib_route_view){0}));
	bed_free(b);
}

/* BFD to a gateway fails: who else goes through it loses it too, until its session is back. */
static void test_bfd_kills_for_all(void **state)
{
	struct bed *b = bed_new();
	struct prefix p = pfx_n(1);

	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 4, b->all);
	announce_all(b, 0, (struct path_spec){0});
	announce_all(b, 4, (struct path_spec){.next_hop = addr_u32(bed_peer_address(0))});
	bed_wait(b, 3000);
	bed_expect(b, &p, 1, 0);
	bed_peer_down(b, 0, FIB_CAUSE_BFD);
	bed_wait(b, 60000);
	bed_expect(b, &p, 0, 0);
	bed_check(b);
	bed_peer_up(b, 0, b->all);
	bed_rest(b);
	bed_expect(b, &p, 1, 0);
	bed_peer_down(b, 0, FIB_CAUSE_SESSION); /* its BFD is well: the other keeps it */
	bed_wait(b, 3000);
	bed_expect(b, &p, 1, 0);
	bed_check(b);
	bed_peer_up(b, 0, b->all);
	bed_announce(b, 0, &p, (struct path_spec){0});
	bed_rest(b);
	bed_peer_down(b, 0, FIB_CAUSE_BFD);
	bed_wait(b, 200000);
	bed_expect(b, &p, 0, 0);
	bed_wait(b, 200000); /* the session never came back */
	bed_expect(b, &p, 1, 0);
	bed_check(b);
	bed_free(b);
}

/* The second session's hold is still on its way when the first one's end reaches fib. */
static void test_hold_too_late(void **state)
{
	struct bed *b = bed_new();
	struct prefix p = pfx_n(1);

	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 4, b->all);
	bed_announce(b, 0, &p, (struct path_spec){0});
	bed_rest(b);
	bed_announce(b, 4, &p, (struct path_spec){.next_hop = addr_u32(bed_peer_address(0))});
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	bed_wait(b, 3000);
	bed_expect(b, &p, 1, 0);
	bed_check(b);
	bed_free(b);
}

static void set_vrf(struct bed *b, const char *device, uint32_t table)
{
	struct rib_vrf v = {.name = "red", .table = table, .maximum_paths = 16};
	v.multipath_relax = true;
	snprintf(v.device, sizeof(v.device), "%s", device);
	rib_vrf_set(b->rib, 3, &v);
}

static void vrf_device(struct bed *b, uint32_t ifindex, uint32_t table, uint32_t flags)
{
	struct fib_link l = {.ifindex = ifindex, .vrf_table = table, .flags = flags | 3};
	strcpy(l.name, "vrf-red");
	host_link_set(rib_host(b->rib), &l);
	for (uint32_t i = 2; i < 6; i++) {
		struct fib_link port = *host_link_by_index(rib_host(b->rib), i);
		port.master = flags & FIB_LINK_GONE ? 0 : ifindex;
		host_link_set(rib_host(b->rib), &port);
	}
	rib_links_changed(b->rib);
}

static void test_vrf_device_goes(void **state)
{
	struct bed *b = bed_new();
	struct prefix p = pfx_n(1);
	struct rib_route_view v;

	set_vrf(b, "vrf-red", 0); /* not there yet */
	bed_peer_up(b, 0, b->all);
	announce_all(b, 0, (struct path_spec){0});
	bed_rest(b);
	assert_int_equal(rib_vrf_table(b->rib, 3), 0);
	assert_int_equal(b->fib->route_ops, 0);
	vrf_device(b, 10, 1001, 0);
	bed_wait(b, 3000);
	bed_expect(b, &p, 1, 0);
	bed_check(b);
	vrf_device(b, 10, 0, FIB_LINK_GONE);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, 0);
	assert_true(rib_look(b->rib, 3, &p, seen, &v));
	assert_int_equal(v.state, RIB_STATE_NONE);
	assert_int_equal(v.paths[0].why, RIB_WHY_NEXT_HOP_UNRESOLVED);
	vrf_device(b, 11, 1002, 0);
	bed_rest(b);
	assert_int_equal(rib_vrf_table(b->rib, 3), 1002);
	assert_true(fake_route_group(b->fib, 1002, &p) != 0);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_free(b);
}

static void test_table_changes(void **state)
{
	struct bed *b = bed_with(3);
	struct prefix p = pfx_n(1);

	set_vrf(b, "", 1002);
	bed_rest(b);
	assert_int_equal(fake_route_group(b->fib, 1001, &p), 0);
	assert_true(fake_route_group(b->fib, 1002, &p) != 0);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	set_vrf(b, "", 1001);
	set_vrf(b, "", 1003);
	set_vrf(b, "", 1001); /* back while the first sweep runs */
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	bed_peer_down(b, 1, FIB_CAUSE_SESSION);
	rib_vrf_remove(b->rib, 3);
	bed_wait(b, 3000);
	struct rib_counts c;
	rib_count(b->rib, &c);
	assert_int_equal(c.prefixes + c.paths + c.groups + c.gateways, 0);
	assert_int_equal(b->fib->routes_n, 0);
	bed_free(b);
}

/* A VRF is renamed: the new one is there before the old one goes, and both want one table. */
static void test_table_handed_over(void **state)
{
	struct bed *b = bed_with(3);
	struct rib_vrf v = {.name = "rot", .table = BED_TABLE, .maximum_paths = 16};

	rib_vrf_set(b->rib, 5, &v);
	bed_wait(b, 1000);
	assert_int_equal(rib_vrf_table(b->rib, 5), 0);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	bed_peer_down(b, 1, FIB_CAUSE_SESSION);
	rib_vrf_remove(b->rib, 3);
	assert_int_equal(rib_vrf_table(b->rib, 3), 0);
	bed_wait(b, 1000);
	assert_int_equal(rib_vrf_table(b->rib, 5), BED_TABLE);
	assert_int_equal(b->fib->routes_n, 0);
	bed_free(b);
}

/* More sets are wanted than groups are allowed. */
static void test_group_cap(void **state)
{
	struct bed *b = bed_new();

	rib_groups_cap(b->rib, 2);
	for (unsigned n = 0; n < 4; n++)
		bed_peer_up(b, n, b->all);
	struct prefix p[5] = {pfx_n(0), pfx_n(1), pfx_n(2), pfx_n(3), pfx_n(4)};
	static const unsigned peers[5] = {1, 2, 4, 3, 15};
	for (unsigned i = 0; i < 5; i++) {
		for (unsigned n = 0; n < 4; n++)
			if (peers[i] & 1u << n)
				bed_announce(b, n, &p[i], (struct path_spec){0});
		bed_rest(b);
	}
	struct rib_route_view v;
	assert_int_equal(b->fib->groups_n, 2);
	bed_expect(b, &p[0], 1, 0);
	bed_expect(b, &p[1], 2, 0);
	bed_expect(b, &p[2], 0, 0); /* no group fits: withheld */
	assert_true(rib_look(b->rib, 3, &p[2], seen, &v));
	assert_int_equal(v.state, RIB_STATE_WAITING);
	bed_expect(b, &p[3], 1, 0); /* takes one that fits */
	bed_expect(b, &p[4], 1, 0);
	bed_withdraw(b, 1, &p[1]);
	bed_wait(b, 10000); /* its group is freed after a while */
	bed_expect(b, &p[2], 4, 0);
	bed_expect(b, &p[3], 1, 0);
	bed_withdraw(b, 2, &p[2]);
	bed_withdraw(b, 0, &p[0]);
	bed_withdraw(b, 0, &p[4]);
	bed_withdraw(b, 2, &p[4]);
	bed_withdraw(b, 3, &p[4]);
	bed_wait(b, 10000);
	bed_expect(b, &p[3], 3, 0);
	bed_expect(b, &p[4], 2, 0);
	bed_check(b);
	bed_free(b);
}

static void announce_by(struct bed *b, unsigned n, uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, n, &p, (struct path_spec){0});
	}
}

/* Three groups that losses have made equal: one stays, that with most prefixes, where there is room
 * for no other. */
static void test_equal_groups_are_joined(void **state)
{
	for (unsigned cap = 3; cap <= 4; cap++) {
		struct bed *b = bed_new();
		static struct rib_group_view view[RIB_GROUPS_MAX];
		rib_groups_cap(b->rib, cap);
		for (unsigned n = 0; n < 4; n++)
			bed_peer_up(b, n, b->all);
		announce_by(b, 0, 0, 60);
		announce_by(b, 1, 0, 60);
		announce_by(b, 2, 10, 50);
		announce_by(b, 3, 20, 22);
		bed_wait(b, 5000);
		assert_int_equal(rib_groups(b->rib, view, RIB_GROUPS_MAX), 3);
		uint64_t before = b->fib->route_ops;
		bed_peer_down(b, 2, FIB_CAUSE_BFD);
		bed_peer_down(b, 3, FIB_CAUSE_SESSION);
		bed_wait(b, 5000);
		assert_int_equal(rib_groups(b->rib, view, RIB_GROUPS_MAX), cap == 3 ? 1 : 3);
		assert_int_equal(b->fib->route_ops - before, cap == 3 ? 22 : 0);
		for (uint32_t i = 0; i < 60; i++) {
			struct prefix p = pfx_n(i);
			bed_expect(b, &p, 3, 0);
		}
		bed_check(b);
		bed_free(b);
	}
}

static void test_flap_100(void **state)
{
	struct bed *b = bed_with(3);
	struct rib_counts before, after;
	struct prefix p = pfx_n(1);

	rib_count(b->rib, &before);
	for (unsigned i = 0; i < 100; i++) {
		bed_peer_down(b, 0, i % 2 ? FIB_CAUSE_BFD : FIB_CAUSE_SESSION);
		if (i % 3)
			bed_rest(b);
		bed_peer_up(b, 0, b->all);
		announce_all(b, 0, (struct path_spec){0});
		if (i % 5 == 0)
			bed_wait(b, 2500);
	}
	bed_wait(b, 5000);
	rib_count(b->rib, &after);
	bed_expect(b, &p, 3, 0);
	bed_check(b);
	assert_int_equal(after.paths, before.paths);
	assert_int_equal(after.gateways, before.gateways);
	assert_int_equal(after.groups, before.groups);
	assert_in_range(after.bytes, before.bytes, before.bytes + 40000);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_down_up),
		cmocka_unit_test(test_gateway_lost_first),
		cmocka_unit_test(test_kernel_takes_group),
		cmocka_unit_test(test_group_deleted_by_others),
		cmocka_unit_test(test_gateway_refused),
		cmocka_unit_test(test_route_refused),
		cmocka_unit_test(test_delete_refused),
		cmocka_unit_test(test_bfd_kills_for_all),
		cmocka_unit_test(test_hold_too_late),
		cmocka_unit_test(test_vrf_device_goes),
		cmocka_unit_test(test_table_changes),
		cmocka_unit_test(test_table_handed_over),
		cmocka_unit_test(test_group_cap),
		cmocka_unit_test(test_equal_groups_are_joined),
		cmocka_unit_test(test_flap_100),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
