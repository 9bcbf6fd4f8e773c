/* rib/fib: the question for a route, and which nexthop of the answer is taken; cut and bent ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include "rib/fib/nlbuild.h"
#include "rib/fib/nlread.h"

static const struct addr gw1 = {.family = ADDR_V4, .b = {192, 0, 2, 1}};
static const struct addr gw2 = {.family = ADDR_V4, .b = {192, 0, 2, 2}};

static struct nl_msg *route(uint8_t af, unsigned flags)
{
	struct rtmsg f = {.rtm_family = af, .rtm_type = RTN_UNICAST, .rtm_flags = flags};
	struct nl_msg *m = nlmsg_alloc();
	assert_non_null(m);
	assert_non_null(nlmsg_put(m, 0, 1, RTM_NEWROUTE, 0, 0));
	assert_int_equal(nlmsg_append(m, &f, sizeof(f), NLMSG_ALIGNTO), 0);
	return m;
}

static void put_via(struct nl_msg *m, const char *text)
{
	struct addr a;
	uint8_t via[2 + 16];
	uint16_t af = AF_INET6;
	assert_true(addr_parse(text, &a));
	memcpy(via, &af, sizeof(af));
	memcpy(via + 2, a.b, 16);
	assert_int_equal(nla_put(m, RTA_VIA, sizeof(via), via), 0);
}

static void put_gateway(struct nl_msg *m, struct addr a)
{
	assert_int_equal(nla_put(m, RTA_GATEWAY, 4, a.b), 0);
}

static struct nlread_hop read_hop(struct nl_msg *m)
{
	struct nlread_hop h;
	assert_true(nlread_hop(nlmsg_hdr(m), &h));
	nlmsg_free(m);
	return h;
}

static void one_nexthop(void **state)
{
	(void)state;
	struct addr v6;
	struct nl_msg *m = route(AF_INET, 0);
	put_gateway(m, gw1);
	nla_put_u32(m, RTA_OIF, 7);
	struct nlread_hop h = read_hop(m);
	assert_true(h.ifindex == 7 && addr_equal(h.gateway, gw1) && !h.onlink);

	m = route(AF_INET, RTNH_F_ONLINK);
	put_via(m, "fe80::1");
	nla_put_u32(m, RTA_OIF, 7);
	h = read_hop(m);
	assert_true(addr_parse("fe80::1", &v6));
	assert_true(h.ifindex == 7 && addr_equal(h.gateway, v6) && h.onlink);

	m = route(AF_INET, 0); /* the whole network is on the link */
	nla_put_u32(m, RTA_OIF, 7);
	h = read_hop(m);
	assert_true(h.ifindex == 7 && h.gateway.family == ADDR_NONE);

	m = route(AF_INET, RTNH_F_LINKDOWN);
	put_gateway(m, gw1);
	nla_put_u32(m, RTA_OIF, 7);
	assert_int_equal(read_hop(m).ifindex, 0);
}

static size_t put_hop(uint8_t *at, unsigned char flags, int ifindex, struct addr gateway)
{
	struct rtattr a = {.rta_type = RTA_GATEWAY, .rta_len = RTA_LENGTH(4)};
	struct rtnexthop h = {.rtnh_len = sizeof(h) + RTA_LENGTH(4),
		.rtnh_flags = flags,
		.rtnh_ifindex = ifindex};
	memcpy(at, &h, sizeof(h));
	memcpy(at + sizeof(h), &a, sizeof(a));
	memcpy(at + sizeof(h) + sizeof(a), gateway.b, 4);
	return h.rtnh_len;
}

static void first_that_is_alive(void **state)
{
	(void)state;
	static const struct {
		unsigned char flags[2];
		uint32_t ifindex;
	} rows[] = {{{0, 0}, 3}, {{RTNH_F_DEAD, 0}, 4}, {{RTNH_F_LINKDOWN, RTNH_F_ONLINK}, 4},
		{{RTNH_F_DEAD, RTNH_F_DEAD}, 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t hops[64];
		size_t len = put_hop(hops, rows[i].flags[0], 3, gw1);
		len += put_hop(hops + len, rows[i].flags[1], 4, gw2);
		struct nl_msg *m = route(AF_INET, 0);
		nla_put(m, RTA_MULTIPATH, (int)len, hops);
		struct nlread_hop h = read_hop(m);
		assert_int_equal(h.ifindex, rows[i].ifindex);
		if (h.ifindex)
			assert_true(addr_equal(h.gateway, h.ifindex == 3 ? gw1 : gw2));
		assert_int_equal(h.onlink, rows[i].flags[1] == RTNH_F_ONLINK);
	}
}

/* Every length and every single bent byte of a message with all of it, in memory of its own size:
 * only that it stays inside is asked (ASan sees the rest). */
static void cut_and_bent(void **state)
{
	(void)state;
	uint8_t hops[64];
	size_t len = put_hop(hops, RTNH_F_DEAD, 3, gw1);
	len += put_hop(hops + len, 0, 4, gw2);
	struct nl_msg *m = route(AF_INET, 0);
	put_via(m, "fe80::1");
	nla_put(m, RTA_MULTIPATH, (int)len, hops);
	size_t whole = nlmsg_hdr(m)->nlmsg_len;
	static struct nlread_route r;
	struct nlread_hop h;

	for (size_t n = NLMSG_HDRLEN; n <= whole; n++)
		for (size_t at = NLMSG_HDRLEN; at < n; at++) {
			uint8_t *copy = malloc(n);
			memcpy(copy, nlmsg_hdr(m), n);
			((struct nlmsghdr *)copy)->nlmsg_len = (uint32_t)n;
			copy[at] ^= (uint8_t)(1u << (at + n) % 8);
			nlread_hop((struct nlmsghdr *)copy, &h);
			nlread_route((struct nlmsghdr *)copy, &r);
			free(copy);
		}
	nlmsg_free(m);
}

static void question(void **state)
{
	(void)state;
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	nlbuild_reset(m, 5);
	assert_true(nlbuild_route_get(m, gw1, 9, true));
	const struct nlmsghdr *h = nlmsg_hdr(m);
	const struct rtmsg *f = nlmsg_data(h);
	assert_int_equal(h->nlmsg_type, RTM_GETROUTE);
	assert_int_equal(h->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(f->rtm_dst_len, 32); /* a strict kernel refuses another one */
	assert_true(f->rtm_flags & RTM_F_FIB_MATCH);
	nlmsg_free(m);
}

static void neighbor_questions(void **state)
{
	(void)state;
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	struct nlread_neighbor n;

	for (int known = 0; known < 2; known++) {
		nlbuild_reset(m, 5);
		assert_true(nlbuild_neighbor_probe(m, 7, gw1, known));
		struct nlmsghdr *h = nlmsg_hdr(m);
		const struct ndmsg *f = nlmsg_data(h);
		assert_int_equal(f->ndm_state, known ? NUD_PROBE : NUD_NONE);
		assert_int_equal(f->ndm_flags, known ? 0 : NTF_USE); /* never a state of ours */
		assert_int_equal(h->nlmsg_flags, NLM_F_REQUEST | (known ? 0 : NLM_F_CREATE));
		assert_true(nlread_neighbor(h, &n));
		assert_true(n.ifindex == 7 && addr_equal(n.addr, gw1) && !n.gone);
		h->nlmsg_type = RTM_DELNEIGH;
		assert_true(nlread_neighbor(h, &n) && n.gone && !n.reachable);
	}
	nlbuild_reset(m, 6);
	assert_true(nlbuild_neighbor_get(m, 7, gw1));
	assert_int_equal(nlmsg_hdr(m)->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	nlmsg_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_nexthop),
		cmocka_unit_test(first_that_is_alive),
		cmocka_unit_test(cut_and_bent),
		cmocka_unit_test(question),
		cmocka_unit_test(neighbor_questions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
