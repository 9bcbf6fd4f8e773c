/*
 * Named cases on the simulator (sim.h): what random schedules and faults found once, what had only
 * been reasoned about, and figures that must not depend on the number of prefixes.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fib/sim.h"

enum {
	OTHERS_PROTOCOL = 4,
	A_MINUTE = 60000,
};

static void rest(struct sim *s, uint64_t ms)
{
	uint64_t took;
	if (!sim_rest(s, ms, &took))
		fail_msg("%s", s->why);
}

/* Peer 0 and 1 of VRF red are up and say the prefix with these preferences (255: not). */
static struct sim *begin(unsigned faults, uint8_t first, uint8_t second)
{
	struct sim *s = sim_new(1, faults);
	sim_settle(s);
	for (unsigned i = 0; i < 4; i++) {
		sim_path_say(s, 0, i, first != 255, first);
		sim_path_say(s, 1, i, second != 255, second);
	}
	sim_peer_up(s, 0);
	sim_peer_up(s, 1);
	rest(s, 100);
	sim_wait(s, 3000);
	return s;
}

/* ---- what the kernel refuses, once or for ever ---- */

static struct {
	uint16_t type;
	uint16_t flags; /* that it must have */
	int error;
	unsigned left; /* times */
	unsigned asked;
	struct prefix prefix; /* of a route; any where its family is none */
} wall;

static int refuse(void *ctx, const struct nlmsghdr *m)
{
	struct nlread_route r;
	if (m->nlmsg_type != wall.type || (m->nlmsg_flags & wall.flags) != wall.flags || !wall.left)
		return 0;
	if (wall.prefix.addr.family && (!nlread_route((struct nlmsghdr *)(uintptr_t)m, &r) ||
					       !prefix_equal(r.prefix, wall.prefix)))
		return 0;
	wall.left--;
	wall.asked++;
	return wall.error;
}

static void refuses(struct sim *s, uint16_t type, uint16_t flags, int error, unsigned times)
{
	memset(&wall, 0, sizeof(wall));
	wall.type = type;
	wall.flags = flags;
	wall.error = error;
	wall.left = times;
	s->kernel->refuse = refuse;
}

/* The active gateway is lost and the kernel refuses the replacement by the standby: it is asked
 * again before the object is deleted, which would take the routes along. */
static void test_refused_fallback_is_asked_again(void **state)
{
	struct sim *s = begin(SIM_SESSIONS, 100, 0);
	refuses(s, RTM_NEWNEXTHOP, NLM_F_REPLACE, ENOMEM, 1);
	sim_watch(s);
	uint64_t routes = s->kernel->route_messages;
	sim_bfd_down(s, 0);
	while (sim_fib_step(s))
		;
	assert_int_equal(wall.asked, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_false(s->absent[0][i]);
	rest(s, 1000);
	assert_int_equal(s->kernel->route_messages, routes);
	sim_free(s);
}

/* It is refused however often: the routes go with the object, and come back by a new group. */
static void test_refused_fallback_for_ever(void **state)
{
	struct sim *s = begin(SIM_SESSIONS, 100, 0);
	refuses(s, RTM_NEWNEXTHOP, NLM_F_REPLACE, ENOMEM, UINT32_MAX);
	sim_bfd_down(s, 0);
	sim_settle(s);
	rest(s, 2000);
	sim_free(s);
}

/* A group is refused, freed, wanted again; its routes are told as refused and the others are not.
 */
static void test_refused_group(void **state)
{
	struct sim *s = begin(SIM_SESSIONS, 0, 0);
	refuses(s, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL, ENOSPC, UINT32_MAX);
	sim_path_say(s, 1, 0, false, 0); /* prefix 0 wants a group of peer 0 alone */
	sim_settle(s);
	assert_true(wall.asked > 0);
	unsigned asked = wall.asked;
	struct prefix p = sim_prefix(1);
	assert_non_null(fake_route(s->kernel, SIM_RED, &p, SIM_METRIC));
	sim_wait(s, A_MINUTE);
	assert_in_range(wall.asked - asked, 5, 80); /* no storm */
	sim_path_say(s, 0, 0, false, 0);            /* nobody wants the group any more */
	rest(s, A_MINUTE);
	sim_path_say(s, 0, 0, true, 0);
	sim_settle(s);
	wall.left = 0;
	rest(s, A_MINUTE);
	sim_free(s);
}

/* Someone deletes a group while bgp frees it, and while bgp moves routes to it. */
static void test_group_flushed_and_freed(void **state)
{
	for (unsigned order = 0; order < 6; order++) {
		struct sim *s = begin(SIM_SESSIONS, 0, 0);
		struct prefix p = sim_prefix(0);
		uint32_t id = fake_route(s->kernel, SIM_RED, &p, SIM_METRIC)->is.nh_id;
		struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
		nlbuild_reset(m, 1);
		nlbuild_nexthop_del(m, id);
		for (unsigned i = 0; i < 4; i++)
			sim_path_say(s, 1, i, false, 0);
		if (order < 3)
			fake_kernel_foreign(s->kernel, nlmsg_hdr(m));
		for (unsigned i = 0; i < order % 3; i++) {
			sim_bgp_run(s, 2);
			sim_fib_step(s);
		}
		if (order >= 3)
			sim_wait(s, 1999); /* about to be freed */
		for (unsigned i = 0; i < 4; i++)
			sim_path_say(s, 1, i, true, 0);
		if (order >= 3)
			fake_kernel_foreign(s->kernel, nlmsg_hdr(m));
		nlmsg_free(m);
		rest(s, 5000);
		sim_wait(s, 5000);
		assert_true(sim_agrees(s));
		sim_free(s);
	}
}

/* One prefix is refused for ever: told with its text, asked for at growing intervals, and the
 * others know nothing of it. */
static void see(void *arg, const struct rib_route_view *v)
{
	const char **text = arg;
	assert_int_equal(v->state, RIB_STATE_FAILED);
	assert_int_equal(v->error, ENOBUFS);
	assert_string_equal(v->error_text, "refused by a test");
	*text = v->error_text;
}

static void test_one_prefix_is_refused(void **state)
{
	struct sim *s = begin(SIM_SESSIONS, 0, 0);
	struct prefix p = sim_prefix(5);
	const char *text = NULL;
	refuses(s, RTM_NEWROUTE, 0, ENOBUFS, UINT32_MAX);
	wall.prefix = p;
	sim_path_say(s, 0, 5, true, 0);
	sim_path_say(s, 0, 6, true, 0);
	sim_settle(s);
	assert_true(rib_look(s->rib, 0, &p, see, &text));
	assert_non_null(text);
	sim_watch(s);
	sim_wait(s, 400000);
	assert_in_range(wall.asked, 10, 14); /* 1 2 4 8 16 32 60 60 60 60 60 */
	assert_false(s->touched[0][6]);
	wall.left = 0;
	rest(s, 61000);
	sim_free(s);
}

/* ---- what is not ours ---- */

static void foreign_object(struct sim *s, uint32_t id, uint32_t member)
{
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	struct kops k = {0};
	kops_add(&k, (struct kop){.kind = member ? KOP_GROUP_SET : KOP_GATEWAY_SET,
			     .id = id,
			     .ifindex = SIM_LINK,
			     .addr = addr_v4(0x0a0002c8)});
	if (member)
		kops_add_member(&k, (struct kop_member){.id = member, .weight = 1});
	nlbuild_reset(m, 1);
	nlbuild_kop(m, &k, 0, OTHERS_PROTOCOL);
	assert_int_equal(fake_kernel_foreign(s->kernel, nlmsg_hdr(m)), 0);
	kops_free(&k);
	nlmsg_free(m);
}

/* Another program has objects and groups with the ids that we are about to give out. */
static void test_ids_are_taken(void **state)
{
	struct sim *s = begin(SIM_FOREIGN, 0, 255);
	uint32_t next = s->fib->ledger.id_next;
	foreign_object(s, 9, 0);
	foreign_object(s, next, 0);
	foreign_object(s, next + 1, 9);
	foreign_object(s, next + 3, 9);
	for (unsigned i = 0; i < 4; i++)
		sim_path_say(s, 1, i, true, 0);
	sim_path_say(s, 2, 0, true, 0);
	sim_peer_up(s, 2);
	rest(s, 35000);
	sim_wait(s, A_MINUTE); /* audits */
	assert_true(sim_agrees(s));
	for (unsigned i = 0; i < 4; i++)
		if (i != 2)
			assert_true(fake_nexthop(s->kernel, next + i)->foreign);
	sim_free(s);
}

/* A route with our protocol through a group of ours, where we have told none of that family. */
static void test_route_that_nobody_wants(void **state)
{
	struct sim *s = begin(SIM_FOREIGN, 0, 0);
	struct prefix first = sim_prefix(0), p = sim_prefix(2);
	struct nlbuild_route r = {.table = SIM_BLUE,
		.metric = SIM_METRIC,
		.nh_id = fake_route(s->kernel, SIM_RED, &first, SIM_METRIC)->is.nh_id,
		.protocol = FAKE_ROUTE_PROTOCOL,
		.prefix = p};
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	nlbuild_reset(m, 1);
	nlbuild_route_set(m, &r);
	assert_int_equal(fake_kernel_foreign(s->kernel, nlmsg_hdr(m)), 0);
	nlmsg_free(m);
	rest(s, 30000);
	assert_null(fake_route(s->kernel, SIM_BLUE, &p, SIM_METRIC));
	sim_free(s);
}

/* Another program's request about the route of a prefix of VRF red. */
static void meddle(struct sim *s, unsigned prefix, bool delete)
{
	struct nlbuild_route r = {.table = SIM_RED,
		.metric = SIM_METRIC,
		.protocol = delete ? FAKE_ROUTE_PROTOCOL : OTHERS_PROTOCOL,
		.prefix = sim_prefix(prefix)};
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	nlbuild_reset(m, 1);
	(delete ? nlbuild_route_del : nlbuild_route_set)(m, &r);
	if (!delete)
		((struct rtmsg *)nlmsg_data(nlmsg_hdr(m)))->rtm_type = RTN_BLACKHOLE;
	assert_int_equal(fake_kernel_foreign(s->kernel, nlmsg_hdr(m)), 0);
	nlmsg_free(m);
}

/* By the event, not by an audit that comes later. */
static void test_route_is_back_at_once(void **state)
{
	struct sim *s = begin(SIM_FOREIGN, 0, 0);
	for (unsigned i = 0; i < 4; i++) {
		meddle(s, i % 4, i < 2);
		assert_false(sim_agrees(s));
		rest(s, 200);
	}
	assert_int_equal(rib_drift(s->rib)->n[FIB_DRIFT_DELETED], 2);
	assert_int_equal(rib_drift(s->rib)->n[FIB_DRIFT_REPLACED], 2);
	sim_free(s);
}

/* Notifications overrun the socket, and real changes are lost inside: the loss of a link, a route
 * that goes, one that is replaced. */
static void test_overrun_is_followed_by_a_resync(void **state)
{
	struct sim *s = begin(SIM_LOSSES, 0, 0);
	fake_event_socket()->room = 1;
	for (unsigned i = 0; i < 5; i++)
		sim_address_set(s, 4, true, i % 2);
	sim_link(s, 2, false);
	fake_event_socket()->room = 0;
	sim_settle(s);
	rest(s, 2000);
	sim_link(s, 2, true);
	rest(s, 2000);
	fake_event_socket()->room = 1;
	sim_address_set(s, 4, true, true);
	meddle(s, 1, true);
	meddle(s, 2, false);
	fake_event_socket()->room = 0;
	rest(s, 2000);
	sim_free(s);
}

/* ---- tables ---- */

/* A VRF gets another table while nobody runs; the groups of its routes are still in use. */
static void test_table_changes_while_nobody_runs(void **state)
{
	struct sim *s = sim_new(1, SIM_VRFS | SIM_RESTARTS);
	sim_settle(s);
	for (unsigned i = 0; i < 4; i++)
		sim_path_say(s, 4, i, true, 0);
	sim_peer_up(s, 4);
	rest(s, 100);
	/* no link goes down with it, as where the configuration names another table */
	s->blue_table = SIM_BLUE + 1;
	struct fib_link device = *fake_link(s->kernel, SIM_VRF_LINK);
	device.vrf_table = SIM_BLUE + 1;
	fake_link_set(s->kernel, &device);
	sim_restart(s);
	sim_settle(s);
	sim_peer_up(s, 4);
	rest(s, 1000);
	for (size_t i = 0; i < s->kernel->route_n; i++)
		assert_int_not_equal(s->kernel->route[i].is.table, SIM_BLUE);
	sim_free(s);
}

/* The kernel refuses to delete the default of a table that is left. */
static void test_default_of_a_left_table_is_refused(void **state)
{
	struct sim *s = begin(SIM_VRFS, 0, 0);
	struct prefix p = {.addr = {.family = ADDR_V4}};
	refuses(s, RTM_DELROUTE, 0, ENOMEM, 3);
	sim_blue(s, 0);
	sim_settle(s);
	assert_non_null(fake_route(s->kernel, SIM_BLUE, &p, NLBUILD_DEFAULT_METRIC));
	rest(s, 5000);
	assert_null(fake_route(s->kernel, SIM_BLUE, &p, NLBUILD_DEFAULT_METRIC));
	assert_int_equal(wall.asked, 3);
	sim_free(s);
}

/* `fallthrough = yes`: the IPv6 table does not exist, and a restart lists it all the same. */
static void test_restart_with_a_table_that_is_not_there(void **state)
{
	struct sim *s = begin(SIM_FALLTHROUGH | SIM_RESTARTS, 0, 0);
	uint64_t changes = s->kernel->changes;
	sim_restart(s);
	sim_settle(s);
	assert_int_equal(s->phase, SIM_ADOPTS);
	sim_peer_up(s, 0);
	sim_peer_up(s, 1);
	rest(s, 1000);
	assert_int_equal(s->kernel->changes, changes);
	sim_free(s);
}

/* ---- links ---- */

/* "Up" comes before "down": what the kernel says last is not what holds. */
static void test_notifications_of_a_link_in_the_wrong_order(void **state)
{
	struct sim *s = begin(SIM_LINKS_FLAP, 0, 0);
	struct fake_socket *e = fake_event_socket();
	sim_link(s, 2, false);
	sim_link(s, 2, true);
	struct fake_datagram *first = e->head, *second = first->next;
	assert_null(second->next);
	e->head = second;
	second->next = first;
	first->next = NULL;
	e->tail = first;
	rest(s, 35000);
	sim_free(s);
}

/* ---- figures ---- */

static void announce_many(struct sim *s, unsigned n, uint32_t prefixes, uint32_t local_pref)
{
	static const uint8_t as_path[] = {2, 1, 0, 0, 0xfd, 0xe9};
	struct attr_view v = {.has_local_pref = true,
		.local_pref = local_pref,
		.as_path = {as_path, sizeof(as_path)}};
	const struct attrs *a =
		attr_get(rib_attrs(s->rib), &v, sim_address(n, false), (struct addr){0});
	for (uint32_t i = 0; i < prefixes; i++) {
		struct prefix p = prefix_make(addr_v4(0x30000000 + (i << 8)), 24);
		assert_int_equal(rib_announce(s->rib, s->peer[n].slot, &p, a), RIB_OK);
	}
	attr_put(rib_attrs(s->rib), a);
}

/* Peers 0 and 1 have prefixes together, with 2 and alone; both are lost in one round. */
static void test_what_has_a_gateway_waits_for_no_other(void **state)
{
	struct sim *s = begin(SIM_SESSIONS, 0, 0);
	for (unsigned n = 0; n < 2; n++)
		for (unsigned i = 0; i < 2; i++) {
			sim_path_say(s, n, 4 + n, true, 0);
			sim_path_say(s, n, 6 + i, true, 100);
		}
	for (unsigned i = 0; i < 4; i++)
		sim_path_say(s, 2, i, true, 0);
	for (unsigned i = 6; i < 8; i++)
		sim_path_say(s, 2, i, true, 0);
	sim_peer_up(s, 2);
	rest(s, 1000);
	sim_wait(s, 5000);
	sim_watch(s);
	sim_bfd_down(s, 0);
	sim_bfd_down(s, 1);
	while (sim_fib_step(s))
		;
	assert_int_equal(s->kernel->walks, 2);
	assert_int_equal(s->kernel->waited, 0);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(s->absent[0][i], i == 4 || i == 5);
	rest(s, 1000);
	sim_free(s);
}

/* The kernel refuses a twin: its group uses the gateway's object. */
static void test_twin_is_refused(void **state)
{
	struct sim *s = begin(SIM_SESSIONS, 0, 0);
	refuses(s, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL, ENOMEM, 1);
	sim_path_say(s, 0, 4, true, 0);
	sim_settle(s);
	assert_int_equal(wall.asked, 1);
	rest(s, 100);
	sim_path_say(s, 0, 5, true, 0);
	rest(s, 100);
	assert_int_equal(wall.asked, 1);
	sim_bfd_down(s, 0);
	rest(s, 1000);
	sim_free(s);
}

/* Another program deletes the twin, and with it the routes of its gateway alone. */
static void test_twin_is_deleted(void **state)
{
	struct sim *s = begin(SIM_FOREIGN, 0, 0);
	struct prefix p = sim_prefix(4);
	sim_path_say(s, 0, 4, true, 0);
	rest(s, 100);
	sim_watch(s);
	uint32_t group = fake_route(s->kernel, SIM_RED, &p, SIM_METRIC)->is.nh_id;
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	nlbuild_reset(m, 1);
	nlbuild_nexthop_del(m, fake_nexthop(s->kernel, group)->member[0].id);
	assert_int_equal(fake_kernel_foreign(s->kernel, nlmsg_hdr(m)), 0);
	nlmsg_free(m);
	assert_null(fake_route(s->kernel, SIM_RED, &p, SIM_METRIC));
	rest(s, 500);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(s->absent[0][i], i == 4);
		assert_int_equal(s->touched[0][i], i == 4);
	}
	sim_free(s);
}

/* Requests until fib has answered the loss of peer 0, and those that follow. */
static void loss_of(uint32_t prefixes, bool standby, uint64_t *repair, uint64_t *later)
{
	struct sim *s = sim_new(1, SIM_SESSIONS);
	sim_settle(s);
	sim_peer_up(s, 0);
	sim_peer_up(s, 1);
	announce_many(s, 0, prefixes, 200);
	announce_many(s, 1, prefixes, standby ? 100 : 200);
	sim_wait(s, 5000);
	uint64_t before = s->kernel->messages, routes = s->kernel->route_messages;
	sim_bfd_down(s, 0);
	while (sim_fib_step(s))
		;
	*repair = s->kernel->messages - before;
	size_t left = s->kernel->route_n;
	assert_true(left >= prefixes);
	before = s->kernel->messages;
	sim_bfd_heard(s, 0);
	sim_wait(s, 1000);
	*later = s->kernel->messages - before;
	assert_int_equal(s->kernel->route_n, left);
	assert_int_equal(s->kernel->route_messages, routes);
	sim_free(s);
}

static void test_messages_of_a_loss(void **state)
{
	for (unsigned standby = 0; standby < 2; standby++) {
		uint64_t repair[2], later[2];
		loss_of(10, standby, &repair[0], &later[0]);
		loss_of(5000, standby, &repair[1], &later[1]);
		/* the object; and the standby's twin, the group, the active one's twin */
		assert_int_equal(repair[0], standby ? 4 : 1);
		assert_int_equal(repair[1], repair[0]);
		assert_int_equal(later[1], later[0]);
	}
}

/* A hundred lives of each session, with what they say: memory is that of the tenth. */
static void test_memory_comes_back(void **state)
{
	struct sim *s = begin(SIM_SESSIONS, 0, 0);
	struct rib_counts first = {0}, last;
	for (unsigned i = 0; i < 100; i++) {
		for (unsigned n = 0; n < 2; n++)
			i % 2 ? sim_session_down(s, n) : (sim_bfd_down(s, n), sim_bfd_heard(s, n));
		sim_wait(s, 3000);
		sim_peer_up(s, 0);
		sim_peer_up(s, 1);
		rest(s, 1000);
		if (i == 9)
			rib_count(s->rib, &first);
	}
	rib_count(s->rib, &last);
	assert_int_equal(last.bytes, first.bytes);
	assert_int_equal(last.gateways, first.gateways);
	assert_int_equal(s->fib->ledger.ended.n, 0);
	assert_int_equal(s->fib->out.n, 0);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_fallback_is_asked_again),
		cmocka_unit_test(test_refused_fallback_for_ever),
		cmocka_unit_test(test_refused_group),
		cmocka_unit_test(test_group_flushed_and_freed),
		cmocka_unit_test(test_one_prefix_is_refused),
		cmocka_unit_test(test_ids_are_taken),
		cmocka_unit_test(test_route_that_nobody_wants),
		cmocka_unit_test(test_route_is_back_at_once),
		cmocka_unit_test(test_overrun_is_followed_by_a_resync),
		cmocka_unit_test(test_table_changes_while_nobody_runs),
		cmocka_unit_test(test_default_of_a_left_table_is_refused),
		cmocka_unit_test(test_restart_with_a_table_that_is_not_there),
		cmocka_unit_test(test_notifications_of_a_link_in_the_wrong_order),
		cmocka_unit_test(test_what_has_a_gateway_waits_for_no_other),
		cmocka_unit_test(test_twin_is_refused),
		cmocka_unit_test(test_twin_is_deleted),
		cmocka_unit_test(test_messages_of_a_loss),
		cmocka_unit_test(test_memory_comes_back),
	};
	log_init("fib", (enum log_level)0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
