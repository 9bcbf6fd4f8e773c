/*
 * One fault at a time, at every place of a fixed scenario: each errno at the n-th request, sends
 * and answers that fail, notifications lost or in another order, dumps interrupted and cut.
 * Whatever it was, in the end the kernel has what the RIB says and nothing else of ours.
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
	PATIENCE_MS = 130000, /* back-off of a minute, audits */
};

enum fault {
	FAULT_NONE,
	FAULT_REQUEST, /* the n-th is refused */
	FAULT_FROM,    /* every one from the n-th on, for some seconds */
	FAULT_SEND,    /* the n-th send fails */
	FAULT_ANSWER,  /* the n-th receive of answers or of a dump fails */
	FAULT_EVENT,   /* the n-th notification is lost, and the socket says so */
	FAULT_ORDER,   /* it changes places with the one behind it */
	FAULT_CUT,     /* the n-th datagram is cut short */
	FAULT_DUMP,    /* the n-th dump is interrupted */
};

static struct {
	enum fault fault;
	uint32_t at, seen;
	int error;
	bool over; /* of FAULT_FROM */
	bool refused_route;
	struct prefix prefix; /* of the route that was refused */
} now;

static bool is_it(enum fault f)
{
	return now.fault == f && ++now.seen == now.at;
}

static int refuse(void *ctx, const struct nlmsghdr *m)
{
	struct nlread_route r;
	bool from = now.fault == FAULT_FROM && !now.over && ++now.seen >= now.at;
	if (!from && !is_it(FAULT_REQUEST))
		return 0;
	if (m->nlmsg_type == RTM_NEWROUTE && nlread_route((struct nlmsghdr *)(uintptr_t)m, &r) &&
		r.metric == SIM_METRIC) {
		now.refused_route = true;
		now.prefix = r.prefix;
	}
	return now.error;
}

static int send_error(void *ctx)
{
	return is_it(FAULT_SEND) ? now.error : 0;
}

static int receive_error(void *ctx, bool event, bool dump)
{
	struct fake_socket *e = fake_event_socket();
	if (!event && is_it(FAULT_ANSWER))
		return now.error;
	if (event && e && e->head && is_it(FAULT_EVENT)) {
		free(fake_socket_take(fake_edges.kernel, e));
		return ENOBUFS;
	}
	if (event && e && e->head && e->head->next && is_it(FAULT_ORDER)) {
		struct fake_datagram *first = e->head, *second = first->next;
		first->next = second->next;
		second->next = first;
		e->head = second;
		e->tail = first->next ? e->tail : first;
	}
	if (dump && is_it(FAULT_DUMP))
		for (size_t i = 0; i < FAKE_SOCKETS; i++)
			fake_edges.kernel->socket[i].dump.interrupted |=
				fake_edges.kernel->socket[i].dump.runs;
	return 0;
}

static size_t cut(void *ctx, size_t len)
{
	return is_it(FAULT_CUT) ? len - 7 : len;
}

/* ---- the scenario ---- */

static void all_say(struct sim *s)
{
	for (unsigned i = 0; i < SIM_PREFIXES; i++) {
		sim_path_say(s, 0, i, i != 5, i % 3 ? 0 : 100);
		sim_path_say(s, 1, i, i != 4, 0);
		sim_path_say(s, 4, i, i % 4 == 0, 0);
	}
}

static void delete_group(struct sim *s)
{
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	uint32_t id = 0;
	for (size_t i = 0; i < s->kernel->nexthop_n; i++)
		if (s->kernel->nexthop[i].group)
			id = s->kernel->nexthop[i].id;
	nlbuild_reset(m, 1);
	nlbuild_nexthop_del(m, id);
	fake_kernel_foreign(s->kernel, nlmsg_hdr(m));
	nlmsg_free(m);
}

static void act(struct sim *s, unsigned step)
{
	static const unsigned up[] = {0, 1, 4};
	switch (step) {
	case 0:
		all_say(s);
		for (unsigned i = 0; i < 3; i++)
			sim_peer_up(s, up[i]);
		break;
	case 1:
		sim_adoption_ends(s);
		break;
	case 2:
		sim_bfd_down(s, 0);
		break;
	case 3:
		sim_bfd_heard(s, 0);
		break;
	case 4:
		sim_peer_up(s, 0);
		break;
	case 5:
		sim_link(s, 3, false);
		break;
	case 6:
		sim_link(s, 3, true);
		break;
	case 7:
		delete_group(s);
		break;
	case 8:
		sim_blue(s, SIM_BLUE + 1);
		break;
	case 9:
		sim_blue(s, 0);
		break;
	case 10:
		sim_restart(s);
		break;
	case 11:
		for (unsigned i = 0; i < 2; i++)
			sim_peer_up(s, up[i]);
		break;
	case 12:
		sim_path_say(s, 0, 7, false, 0);
		sim_path_say(s, 1, 7, false, 0);
		break;
	default:
		sim_wait(s, 26000); /* an audit of everything */
	}
}

enum {
	STEPS = 14,
};

static struct sim *begin(enum fault fault, uint32_t at, int error)
{
	struct sim *s = sim_new(1, 0);
	memset(&now, 0, sizeof(now));
	now.fault = fault;
	now.at = at;
	now.error = error;
	s->kernel->refuse = refuse;
	fake_edges.send_error = send_error;
	fake_edges.receive_error = receive_error;
	fake_edges.cut = cut;
	sim_settle(s);
	return s;
}

static void seen(void *arg, const struct rib_route_view *v)
{
	struct rib_route_view *out = arg;
	*out = *v;
}

/* Of one route alone that was refused: it is told with its errno and text; all others are there. */
static void check_refusal(struct sim *s, unsigned step)
{
	struct rib_route_view v = {0};
	if (!now.refused_route || now.fault != FAULT_REQUEST)
		return;
	now.refused_route = false;
	if (!rib_look(s->rib, 0, &now.prefix, seen, &v) || v.state != RIB_STATE_FAILED)
		return; /* meanwhile it is not wanted, or was written anew */
	assert_int_equal(v.error, now.error);
	assert_string_equal(v.error_text, "refused by a test");
	for (unsigned i = 0; i < SIM_PREFIXES; i++) {
		struct prefix p = sim_prefix(i);
		const struct fake_route *r = fake_route(s->kernel, SIM_RED, &p, SIM_METRIC);
		if (!prefix_equal(p, now.prefix) && sim_best(s, 0, i, 0))
			assert_non_null(r);
	}
}

/* How often the fault's occasion came. */
static uint32_t run(enum fault fault, uint32_t at, int error)
{
	struct sim *s = begin(fault, at, error);
	uint64_t took;

	for (unsigned step = 0; step < STEPS; step++) {
		act(s, step);
		sim_settle(s);
		check_refusal(s, step);
	}
	now.over = true;
	if (!sim_rest(s, PATIENCE_MS, &took))
		fail_msg("fault %d at %u errno %d: %s", (int)fault, at, error, s->why);
	uint32_t occasions = now.seen;
	sim_free(s);
	return occasions;
}

static void all_places(enum fault fault, int error)
{
	uint32_t n = run(fault, UINT32_MAX, error);
	assert_true(n > 0);
	for (uint32_t at = 1; at <= n; at += SIM_SANITIZED ? 7 : 1)
		run(fault, at, error);
}

static void test_every_errno_at_every_request(void **state)
{
	static const int list[] = {ENOBUFS, EEXIST, ENETUNREACH, ENOMEM, EINVAL, ENOENT, ESRCH,
		EBUSY, EAGAIN, EINTR, EPERM, E2BIG, EOPNOTSUPP, ENETDOWN, EHOSTUNREACH, ENOSPC,
		EAFNOSUPPORT};
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		all_places(FAULT_REQUEST, list[i]);
}

static void test_everything_is_refused_for_a_while(void **state)
{
	all_places(FAULT_FROM, ENOBUFS);
	all_places(FAULT_FROM, EINVAL);
}

static void test_sends_fail(void **state)
{
	static const int list[] = {ENOBUFS, ENOMEM, EAGAIN, EINTR, EPERM};
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		all_places(FAULT_SEND, list[i]);
}

static void test_answers_are_lost(void **state)
{
	all_places(FAULT_ANSWER, ENOBUFS);
	all_places(FAULT_ANSWER, EINTR);
	all_places(FAULT_ANSWER, EAGAIN);
}

static void test_notifications_are_lost(void **state)
{
	all_places(FAULT_EVENT, 0);
}

static void test_notifications_in_another_order(void **state)
{
	all_places(FAULT_ORDER, 0);
}

static void test_messages_are_cut(void **state)
{
	all_places(FAULT_CUT, 0);
}

static void test_dumps_are_interrupted(void **state)
{
	all_places(FAULT_DUMP, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_errno_at_every_request),
		cmocka_unit_test(test_everything_is_refused_for_a_while),
		cmocka_unit_test(test_sends_fail),
		cmocka_unit_test(test_answers_are_lost),
		cmocka_unit_test(test_notifications_are_lost),
		cmocka_unit_test(test_notifications_in_another_order),
		cmocka_unit_test(test_messages_are_cut),
		cmocka_unit_test(test_dumps_are_interrupted),
	};
	log_init("fib", (enum log_level)0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
