/* rib/fib/neighbors.c in a fib process over the fake kernel: what is told of neighbours' entries.
 */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/fib/fib.h"
#include "tests/unit/fib/fake_edges.h"

enum {
	LINK = 2,
	OTHER_LINK = 3,
	NOTHING_TOLD = 99,
};

static struct fib *fib;
static struct fake_kernel *kernel;

/* ---- a fib process ---- */

static void push(const void *packet, size_t len)
{
	assert_true(fake_pipe_put(&fake_edges.to_fib[0], packet, len));
	while (fake_edges.to_fib[0].n || fib->bulk.busy)
		fib_serve(fib, FIB_READY_BULK);
}

static int begin(void **state)
{
	struct fib_msg_config m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_CONFIG, 1},
		.nexthop_id_first = 1000,
		.nexthop_id_last = 2000,
		.route_protocol = 186,
		.nexthop_protocol = 2};
	(void)state;
	log_init("fib", (enum log_level)0);
	kernel = fake_kernel_new();
	fake_edges = (struct fake_edges){
		.kernel = kernel, .now_ns = 1000000000000, .to_bgp = {.room = SIZE_MAX}};
	fake_edges.to_fib[0].room = SIZE_MAX;
	fib = fib_new(FAKE_BULK_FD, FAKE_URGENT_FD, FAKE_BFD_FD, -1);
	assert_int_equal(fib_start(fib), 0);
	push(&m, sizeof(m));
	return 0;
}

static int end(void **state)
{
	(void)state;
	fib_free(fib);
	fake_edges_clear();
	fake_kernel_free(kernel);
	return 0;
}

static struct addr v4(uint8_t last)
{
	return addr_v4(0xc0000200u + last);
}

static struct addr v6(uint8_t last)
{
	uint8_t b[16] = {0xfe, 0x80};
	b[15] = last;
	return addr_from_bytes(ADDR_V6, b);
}

static void watch(uint32_t ifindex, struct addr a, bool present, bool probe)
{
	struct {
		struct chan_head head;
		struct fib_watch_neighbor is;
	} m = {{FIB_CHANNEL_VERSION, FIB_MSG_NEIGHBOR, 1},
		{.ifindex = ifindex, .addr = a, .present = present, .probe = probe}};
	push(&m, sizeof(m));
}

static void hear(void)
{
	if (fake_fd_waits(fib->kernel.neighbors.fd))
		fib_serve(fib, FIB_READY_NEIGHBORS);
}

/* The one state that was told since, which must be about this entry; NOTHING_TOLD: none was. */
static unsigned told_of(uint32_t ifindex, struct addr a)
{
	unsigned is = NOTHING_TOLD;
	struct fake_packet *p;
	outbox_flush(&fib->out, &fib->view);
	while ((p = fake_pipe_take(&fake_edges.to_bgp))) {
		const struct chan_head *head = (const void *)p->bytes;
		const struct fib_neighbor_state *m = (const void *)(head + 1);
		if (head->type == FIB_MSG_NEIGHBOR_STATE) {
			assert_int_equal(is, NOTHING_TOLD);
			assert_int_equal(m->ifindex, ifindex);
			assert_true(addr_equal(m->addr, a));
			is = m->state;
		}
		free(p);
	}
	return is;
}

static unsigned told(void)
{
	return told_of(LINK, v4(1));
}

static void set(uint16_t state)
{
	fake_neighbor_set(kernel, LINK, v4(1), state);
	hear();
}

/* No entry: zeros. */
static struct fake_neighbor entry(uint32_t ifindex, struct addr a)
{
	for (size_t i = 0; i < kernel->neighbor_n; i++)
		if (kernel->neighbor[i].ifindex == ifindex &&
			addr_equal(kernel->neighbor[i].addr, a))
			return kernel->neighbor[i];
	return (struct fake_neighbor){0};
}

static unsigned asked(uint32_t ifindex, struct addr a)
{
	return entry(ifindex, a).asked;
}

static int wait_ms(void)
{
	return neighbors_wait_ms(&fib->neighbors, fake_edges.now_ns / 1000000);
}

static void pass_ms(uint64_t ms)
{
	fake_edges.now_ns += ms * 1000000;
	fib_serve(fib, 0);
}

/* ---- states ---- */

static const struct {
	uint16_t state;
	uint8_t means;
} states[] = {{NUD_NONE, FIB_NEIGHBOR_NONE}, {NUD_INCOMPLETE, FIB_NEIGHBOR_NONE},
	{NUD_REACHABLE, FIB_NEIGHBOR_GOOD}, {NUD_STALE, FIB_NEIGHBOR_GOOD},
	{NUD_DELAY, FIB_NEIGHBOR_GOOD}, {NUD_PROBE, FIB_NEIGHBOR_GOOD},
	{NUD_PERMANENT, FIB_NEIGHBOR_GOOD}, {NUD_NOARP, FIB_NEIGHBOR_GOOD},
	{NUD_FAILED, FIB_NEIGHBOR_FAILED}};

/* From each to each; what does not change is not told, and failed is failed until it is good. */
static void each_state_after_each(void **state)
{
	size_t n = sizeof(states) / sizeof(states[0]);
	(void)state;
	watch(LINK, v4(1), true, false);
	assert_int_equal(told(), NOTHING_TOLD);
	for (size_t i = 0; i < n * n; i++) {
		uint8_t was = states[i / n].means, is = states[i % n].means;
		bool stays = was == is || (was == FIB_NEIGHBOR_FAILED && !is);
		set(NUD_REACHABLE);
		fake_neighbor_forget(kernel, LINK, v4(1));
		hear();
		set(states[i / n].state);
		outbox_flush(&fib->out, &fib->view);
		fake_edges_clear(); /* what was told so far */
		set(states[i % n].state);
		assert_int_equal(told(), stays ? NOTHING_TOLD : is);
	}
}

/* The entry is looked at when interest in it begins. */
static void it_is_there_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		fake_neighbor_set(kernel, LINK, v4(1), states[i].state);
		watch(LINK, v4(1), true, false);
		assert_int_equal(told(), states[i].means ? states[i].means : NOTHING_TOLD);
		watch(LINK, v4(1), true, true); /* known: no question, nothing new */
		assert_int_equal(told(), NOTHING_TOLD);
		assert_int_equal(asked(LINK, v4(1)), 0);
		watch(LINK, v4(1), false, false);
	}
}

static void the_kernel_is_made_to_ask(void **state)
{
	(void)state;
	watch(LINK, v4(1), true, true); /* no entry */
	assert_int_equal(asked(LINK, v4(1)), 1);
	assert_int_equal(told(), NOTHING_TOLD);
	set(NUD_REACHABLE);
	assert_int_equal(told(), FIB_NEIGHBOR_GOOD);
	fake_neighbor_set(kernel, LINK, v6(1), NUD_STALE);
	watch(LINK, v6(1), true, true); /* is what it knows still right? */
	assert_int_equal(asked(LINK, v6(1)), 1);
	assert_int_equal(entry(LINK, v6(1)).state, NUD_PROBE);
	assert_int_equal(told_of(LINK, v6(1)), FIB_NEIGHBOR_GOOD);
	fake_neighbor_forget(kernel, LINK, v4(1)); /* its last state goes with the message */
	hear();
	assert_int_equal(told(), FIB_NEIGHBOR_NONE);
	fake_neighbor_set(kernel, LINK, v6(1), NUD_FAILED);
	hear();
	assert_int_equal(told_of(LINK, v6(1)), FIB_NEIGHBOR_FAILED);
}

static int refuse(void *ctx, const struct nlmsghdr *m)
{
	return m->nlmsg_type == RTM_NEWNEIGH ? ENETDOWN : 0;
}

/* ---- failed ---- */

static void who_failed_is_asked_for(void **state)
{
	(void)state;
	watch(LINK, v4(1), true, false);
	assert_int_equal(wait_ms(), -1);
	set(NUD_FAILED);
	assert_int_equal(told(), FIB_NEIGHBOR_FAILED);
	assert_int_equal(wait_ms(), NEIGHBORS_PROBE_MS);
	for (unsigned i = 1; i <= 3; i++) {
		pass_ms(NEIGHBORS_PROBE_MS - 1);
		assert_int_equal(asked(LINK, v4(1)), i - 1);
		pass_ms(1);
		assert_int_equal(asked(LINK, v4(1)), i);
		assert_int_equal(wait_ms(), NEIGHBORS_PROBE_MS);
	}
	kernel->refuse = refuse; /* its link is down: it goes on */
	pass_ms(NEIGHBORS_PROBE_MS);
	assert_int_equal(asked(LINK, v4(1)), 3);
	assert_int_equal(wait_ms(), NEIGHBORS_PROBE_MS);
	kernel->refuse = NULL;
	fake_neighbor_forget(kernel, LINK, v4(1));
	hear();
	assert_int_equal(told(), NOTHING_TOLD);
	pass_ms(NEIGHBORS_PROBE_MS);
	assert_int_equal(asked(LINK, v4(1)), 1); /* of a new entry */
	set(NUD_REACHABLE);
	assert_int_equal(told(), FIB_NEIGHBOR_GOOD);
	assert_int_equal(wait_ms(), -1);
}

static void who_is_of_no_interest_any_more(void **state)
{
	(void)state;
	watch(LINK, v4(1), true, false);
	watch(LINK, v4(2), true, false);
	set(NUD_FAILED);
	assert_int_equal(told(), FIB_NEIGHBOR_FAILED);
	watch(LINK, v4(1), false, false);
	assert_int_equal(wait_ms(), -1);
	set(NUD_REACHABLE);
	assert_int_equal(told(), NOTHING_TOLD);
	fake_neighbor_set(kernel, LINK, v4(2), NUD_FAILED);
	hear();
	assert_int_equal(told_of(LINK, v4(2)), FIB_NEIGHBOR_FAILED);
	watch(LINK, v4(2), false, false);
	assert_int_equal(fib->kernel.neighbors.fd, -1); /* the last one closes the socket */
	watch(LINK, v4(2), false, false);               /* not known */
	watch(LINK, v4(1), true, false);
	assert_int_equal(told(), FIB_NEIGHBOR_GOOD);
}

/* ---- whose it is ---- */

static void others_entries(void **state)
{
	(void)state;
	watch(LINK, v4(1), true, false);
	watch(LINK, v6(1), true, false);
	fake_neighbor_set(kernel, OTHER_LINK, v4(1), NUD_FAILED);
	fake_neighbor_set(kernel, OTHER_LINK, v6(1), NUD_REACHABLE);
	fake_neighbor_set(kernel, LINK, v4(2), NUD_FAILED);
	fake_neighbor_set(kernel, LINK, v6(2), NUD_REACHABLE);
	fake_neighbor_forget(kernel, OTHER_LINK, v4(1));
	hear();
	assert_int_equal(told(), NOTHING_TOLD);
	watch(OTHER_LINK, v6(1), true, false); /* the same address is another gateway there */
	assert_int_equal(told_of(OTHER_LINK, v6(1)), FIB_NEIGHBOR_GOOD);
	assert_int_equal(wait_ms(), -1);
}

static void what_the_channel_may_not_say(void **state)
{
	struct addr none = {0}, odd = {.family = 77};
	(void)state;
	watch(LINK, none, true, true);
	watch(LINK, odd, true, true);
	assert_int_equal(fib->neighbors.n, 0);
	assert_int_equal(fib->kernel.neighbors.fd, -1);
	for (uint32_t i = 0; i <= FIB_NEIGHBORS_MAX; i++)
		watch(LINK + i, v4(1), true, false);
	assert_int_equal(fib->neighbors.n, FIB_NEIGHBORS_MAX);
	fake_neighbor_set(kernel, LINK + FIB_NEIGHBORS_MAX, v4(1), NUD_FAILED);
	hear();
	assert_int_equal(told(), NOTHING_TOLD);
}

/* ---- bad messages ---- */

static struct fake_socket *neighbors_socket(void)
{
	for (size_t i = 0; i < FAKE_SOCKETS; i++)
		if ((int)kernel->socket[i].port == fib->kernel.neighbors.fd)
			return &kernel->socket[i];
	return NULL;
}

/* A notification that ends too early is as good as lost: the table says what is. */
static void cut_notifications(void **state)
{
	size_t whole = NLMSG_LENGTH(sizeof(struct ndmsg)) + NLA_HDRLEN + 4;
	(void)state;
	watch(LINK, v4(1), true, false);
	for (size_t len = 1; len <= whole; len++) {
		bool fails = len % 2;
		fake_neighbor_set(kernel, LINK, v4(1), fails ? NUD_FAILED : NUD_REACHABLE);
		assert_int_equal(neighbors_socket()->head->len, whole);
		neighbors_socket()->head->len = len;
		hear();
		assert_int_equal(told(), fails ? FIB_NEIGHBOR_FAILED : FIB_NEIGHBOR_GOOD);
	}
}

/* As the kernel would never send them: attributes of a wrong size, no address, no link. */
static void put_odd(int32_t ifindex, uint8_t family, uint16_t type, size_t address_len)
{
	const uint8_t bytes[32] = {192, 0, 2, 1};
	struct ndmsg f = {.ndm_family = family, .ndm_ifindex = ifindex, .ndm_state = NUD_FAILED};
	struct fake_out o = {0};
	fake_out_message(&o, type, 0, 0, 0, &f, sizeof(f));
	if (address_len)
		fake_out_attr(&o, NDA_DST, bytes, address_len);
	fake_notify(kernel, RTNLGRP_NEIGH, &o);
	hear();
}

static void odd_notifications(void **state)
{
	(void)state;
	watch(LINK, v4(1), true, false);
	put_odd(LINK, AF_INET, RTM_NEWNEIGH, 0);
	for (size_t len = 1; len <= 32; len++)
		if (len != 4)
			put_odd(LINK, AF_INET, RTM_NEWNEIGH, len);
	put_odd(LINK, AF_INET6, RTM_NEWNEIGH, 4);
	put_odd(LINK, 77, RTM_NEWNEIGH, 4);
	put_odd(0, AF_INET, RTM_NEWNEIGH, 4);
	put_odd(-LINK, AF_INET, RTM_NEWNEIGH, 4);
	put_odd(LINK, AF_INET, RTM_GETNEIGH, 4);
	put_odd(LINK, AF_INET, RTM_NEWROUTE, 4);
	assert_int_equal(told(), NOTHING_TOLD);
	put_odd(LINK, AF_INET, RTM_NEWNEIGH, 4);
	assert_int_equal(told(), FIB_NEIGHBOR_FAILED);
}

/* More than the socket holds: all are looked at. */
static void lost_notifications(void **state)
{
	(void)state;
	watch(LINK, v4(1), true, false);
	neighbors_socket()->room = 1;
	fake_neighbor_set(kernel, OTHER_LINK, v4(9), NUD_REACHABLE);
	set(NUD_FAILED);
	assert_int_equal(told(), FIB_NEIGHBOR_FAILED);
	fake_neighbor_set(kernel, OTHER_LINK, v4(9), NUD_STALE);
	set(NUD_STALE);
	assert_int_equal(told(), FIB_NEIGHBOR_GOOD);
	fake_neighbor_set(kernel, OTHER_LINK, v4(9), NUD_STALE);
	fake_neighbor_forget(kernel, LINK, v4(1));
	hear();
	assert_int_equal(told(), FIB_NEIGHBOR_NONE); /* ENOENT */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(each_state_after_each), TEST(it_is_there_before),
		TEST(the_kernel_is_made_to_ask), TEST(who_failed_is_asked_for),
		TEST(who_is_of_no_interest_any_more), TEST(others_entries),
		TEST(what_the_channel_may_not_say), TEST(cut_notifications),
		TEST(odd_notifications), TEST(lost_notifications)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
