/* rib/fib: rtnetlink bytes, built and read; cut and bent ones; the view of the host; tables. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include "rib/fib/hostview.h"
#include "lib/wire.h"
#include "rib/fib/nlbuild.h"
#include "rib/fib/nlread.h"
#include "rib/fib/tables.h"

/* The message, where it is one and the only one. */
static struct nlmsghdr *only_message(void *bytes, size_t len)
{
	struct nlmsghdr *m = bytes;
	int left = (int)len;
	assert_true(nlmsg_ok(m, left));
	nlmsg_next(m, &left);
	assert_true(left <= 0);
	return m;
}

static struct nl_msg *empty_message(uint32_t seq)
{
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	assert_non_null(m);
	nlbuild_reset(m, seq);
	return m;
}

static struct nlmsghdr *built(struct nl_msg *m)
{
	return only_message(nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len);
}

static void route_there_and_back(void **state)
{
	(void)state;
	struct nl_msg *b = empty_message(7);
	struct nlbuild_route r = {.table = 70000,
		.metric = 20,
		.nh_id = 5,
		.protocol = 186,
		.prefix = prefix_make(addr_v4(0x0a010200), 24),
		.source = addr_v4(0x0a090909)};
	struct nlread_route out;
	assert_true(nlbuild_route_set(b, &r));
	struct nlmsghdr *m = built(b);
	assert_int_equal(m->nlmsg_type, RTM_NEWROUTE);
	assert_int_equal(m->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE);
	assert_int_equal(m->nlmsg_seq, 7);
	assert_true(nlread_route(m, &out));
	assert_true(prefix_equal(out.prefix, r.prefix));
	assert_int_equal(out.table, 70000);
	assert_int_equal(out.metric, 20);
	assert_int_equal(out.nh_id, 5);
	assert_int_equal(out.protocol, 186);
	assert_int_equal(out.type, RTN_UNICAST);
	assert_true(addr_equal(out.source, r.source));
	nlbuild_reset(b, 8);
	r.source = (struct addr){0};
	assert_true(nlbuild_route_set(b, &r) && nlread_route(built(b), &out));
	assert_int_equal(out.source.family, ADDR_NONE);
	nlmsg_free(b);
}

static void objects_there_and_back(void **state)
{
	(void)state;
	struct nl_msg *b = empty_message(1);
	struct kops k = {0};
	struct addr gw;
	struct nlread_nexthop o;
	assert_true(addr_parse("2001:db8::2", &gw));
	kops_add(&k, (struct kop){.kind = KOP_GATEWAY_SET, .id = 9, .ifindex = 3, .addr = gw});
	kops_add(&k, (struct kop){.kind = KOP_GROUP_SET, .id = 10});
	for (uint32_t i = 0; i < FIB_GROUP_MEMBERS_MAX; i++)
		kops_add_member(&k, (struct kop_member){i + 1, (uint16_t)(i * 2 + 1)});
	assert_true(nlbuild_kop(b, &k, 0, 2));
	assert_true(nlread_nexthop(built(b), &o));
	assert_true(o.id == 9 && o.ifindex == 3 && !o.group && o.protocol == 2);
	assert_true(addr_equal(o.gateway, gw));
	nlbuild_reset(b, 2); /* nothing is left of the one before */
	assert_true(nlbuild_kop(b, &k, 1, 2));
	assert_int_equal(built(b)->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
	assert_true(nlread_nexthop(built(b), &o));
	assert_true(o.group && o.id == 10);
	assert_int_equal(o.member_n, FIB_GROUP_MEMBERS_MAX);
	for (uint32_t i = 0; i < FIB_GROUP_MEMBERS_MAX; i++)
		assert_true(o.member[i].id == i + 1 && o.member[i].weight == i * 2 + 1);
	assert_true(addr_equal(o.gateway, (struct addr){0}));
	nlbuild_reset(b, 3);
	k.op[1].kind = KOP_GROUP_REPLACE; /* never creates */
	assert_true(nlbuild_kop(b, &k, 1, 2));
	assert_int_equal(built(b)->nlmsg_flags, NLM_F_REQUEST | NLM_F_REPLACE);
	nlmsg_free(b);
	kops_free(&k);
}

static bool hops_come_back(const char *prefix, const struct hop *hop, size_t n)
{
	struct nl_msg *b = empty_message(1);
	static struct nlread_route out;
	struct nlbuild_route r = {
		.table = 1001, .metric = 20, .protocol = 186, .hop = hop, .hop_n = n};
	bool host_bits, same;

	assert_true(prefix_parse(prefix, &r.prefix, &host_bits));
	assert_true(nlbuild_route_set(b, &r));
	assert_true(nlread_route(built(b), &out));
	assert_true(prefix_equal(out.prefix, r.prefix));
	same = out.hop_n == n && hops_sum(out.hop, n) == hops_sum(hop, n);
	nlmsg_free(b);
	return same;
}

/* Routes that have their next hops themselves: one alone, several, of the other family, many. */
static void hops_there_and_back(void **state)
{
	(void)state;
	struct hop hop[FIB_GROUP_MEMBERS_MAX] = {{3, addr_v4(0xc0000201), 240, false},
		{4, addr_v4(0xc0000202), 60, false}, {5, {0}, 1, false}};
	assert_true(addr_parse("fe80::1", &hop[2].addr));
	assert_true(hops_come_back("10.1.0.0/24", hop, 1));
	assert_true(hops_come_back("10.1.0.0/24", hop, 3));
	assert_true(hops_come_back("10.1.0.0/24", hop + 2, 1));
	assert_true(hops_come_back("2001:db8:1::/48", hop + 2, 1));
	for (uint32_t i = 0; i < FIB_GROUP_MEMBERS_MAX; i++) {
		assert_true(addr_parse("fe80::1", &hop[i].addr));
		hop[i].ifindex = i + 1;
		hop[i].weight = (uint16_t)(i + 1);
	}
	assert_true(hops_come_back("2001:db8:1::/48", hop, FIB_GROUP_MEMBERS_MAX));
	/* the order says nothing, weights do, but of one alone */
	struct hop turned[] = {hop[1], hop[0]}, other[] = {hop[0], hop[1]};
	assert_int_equal(hops_sum(turned, 2), hops_sum(hop, 2));
	other[1].weight++;
	assert_true(hops_sum(other, 2) != hops_sum(hop, 2));
	assert_int_equal(hops_sum(&other[1], 1), hops_sum(&hop[1], 1));
}

/* Next hops that lie about their length, or are too many: the route is told without them. */
static void odd_hops(void **state)
{
	(void)state;
	static const uint16_t lengths[] = {0, 7, 12, 17, 400, 65535};
	static struct nlread_route out;
	struct hop hop[] = {{3, addr_v4(0xc0000201), 1, false}, {4, addr_v4(0xc0000202), 1, false}};
	struct nlbuild_route r = {.table = 1001, .hop = hop, .hop_n = 2, .protocol = 186};

	r.prefix = prefix_make(addr_v4(0x0a000000), 8);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct nl_msg *b = empty_message(1);
		assert_true(nlbuild_route_set(b, &r));
		struct nlmsghdr *m = built(b);
		struct nlattr *list = nlmsg_find_attr(m, sizeof(struct rtmsg), RTA_MULTIPATH);
		((struct rtnexthop *)nla_data(list))->rtnh_len = lengths[i];
		assert_true(nlread_route(m, &out));
		assert_true(prefix_equal(out.prefix, r.prefix));
		assert_true(out.hop_n < 2);
		nlmsg_free(b);
	}
}

static void message_that_does_not_fit(void **state)
{
	(void)state;
	struct kops k = {0};
	kops_add(&k, (struct kop){.kind = KOP_GROUP_SET, .id = 10});
	for (uint32_t i = 0; i < NLBUILD_MAX / sizeof(struct nexthop_grp); i++)
		kops_add_member(&k, (struct kop_member){i + 1, (uint16_t)(i * 2 + 1)});
	struct nl_msg *b = empty_message(1);
	assert_false(nlbuild_kop(b, &k, 0, 2));
	nlbuild_reset(b, 2);
	assert_true(nlbuild_nexthop_del(b, 6));
	kops_free(&k);
	nlmsg_free(b);
}

/* A message of any kind, by hand. */
struct bytes {
	_Alignas(8) uint8_t b[512];
	struct wr w;
};

static void msg_open(struct bytes *x, uint16_t type, uint16_t flags, const void *fixed, size_t len)
{
	struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = 1};
	x->w = wr_init(x->b, sizeof(x->b));
	wr_bytes(&x->w, &h, sizeof(h));
	wr_bytes(&x->w, fixed, len);
}

static void msg_attr(struct bytes *x, uint16_t type, const void *value, size_t len)
{
	struct rtattr a = {.rta_type = type, .rta_len = (uint16_t)(4 + len)};
	wr_bytes(&x->w, &a, sizeof(a));
	wr_bytes(&x->w, value, len);
	while (wr_len(&x->w) % 4)
		wr_u8(&x->w, 0);
}

static struct nlmsghdr *msg_close(struct bytes *x)
{
	uint32_t len = (uint32_t)wr_len(&x->w);
	memcpy(x->b, &len, 4);
	return only_message(x->b, len);
}

static void extended_ack(void **state)
{
	(void)state;
	struct bytes x;
	struct nlread_error e;
	struct nlmsgerr fixed = {.error = -EINVAL, .msg = {.nlmsg_len = 50}};
	uint8_t original[36] = {0};

	msg_open(&x, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, &fixed, sizeof(fixed));
	msg_attr(&x, NLMSGERR_ATTR_OFFS, &(uint32_t){4}, 4);
	msg_attr(&x, NLMSGERR_ATTR_MSG, "No \x1b route", 11);
	struct nlmsghdr *m = msg_close(&x);
	assert_true(nlread_error(m, &e));
	assert_int_equal(e.error, EINVAL);
	assert_string_equal(e.text, "No ? route");

	/* not capped: the text stands behind the whole request, padded */
	msg_open(&x, NLMSG_ERROR, NLM_F_ACK_TLVS, &fixed, sizeof(fixed));
	wr_bytes(&x.w, original, sizeof(original));
	msg_attr(&x, NLMSGERR_ATTR_MSG, "why", 3);
	m = msg_close(&x);
	assert_true(nlread_error(m, &e));
	assert_string_equal(e.text, "why");

	/* a request longer than the answer; an ACK; a positive error */
	fixed.msg.nlmsg_len = 4000000000u;
	msg_open(&x, NLMSG_ERROR, NLM_F_ACK_TLVS, &fixed, sizeof(fixed));
	m = msg_close(&x);
	assert_true(nlread_error(m, &e));
	assert_string_equal(e.text, "");
	fixed.error = 0;
	msg_open(&x, NLMSG_ERROR, NLM_F_CAPPED, &fixed, sizeof(fixed));
	m = msg_close(&x);
	assert_true(nlread_error(m, &e));
	assert_int_equal(e.error, 0);
	fixed.error = 5;
	msg_open(&x, NLMSG_ERROR, NLM_F_CAPPED, &fixed, sizeof(fixed));
	m = msg_close(&x);
	assert_false(nlread_error(m, &e));
}

static void vrf_link(struct bytes *x, const char *kind)
{
	struct ifinfomsg f = {.ifi_index = 7, .ifi_flags = IFF_UP | IFF_LOWER_UP};
	uint8_t data[8] = {8, 0, IFLA_VRF_TABLE, 0, 100, 0, 0, 0}, info[64] = {0};
	struct wr w = wr_init(info, sizeof(info));
	struct rtattr k = {.rta_type = IFLA_INFO_KIND, .rta_len = (uint16_t)(5 + strlen(kind))};
	struct rtattr d = {.rta_type = IFLA_INFO_DATA | NLA_F_NESTED, .rta_len = 12};
	wr_bytes(&w, &k, 4);
	wr_bytes(&w, kind, strlen(kind) + 1);
	while (wr_len(&w) % 4)
		wr_u8(&w, 0);
	wr_bytes(&w, &d, 4);
	wr_bytes(&w, data, 8);
	msg_open(x, RTM_NEWLINK, 0, &f, sizeof(f));
	msg_attr(x, IFLA_IFNAME, "red", 4);
	msg_attr(x, IFLA_MASTER, &(uint32_t){3}, 4);
	msg_attr(x, 9999, "unknown", 7);
	msg_attr(x, IFLA_LINKINFO | NLA_F_NESTED, info, wr_len(&w));
}

static void links(void **state)
{
	(void)state;
	struct bytes x;
	struct fib_link l;
	vrf_link(&x, "vrf");
	struct nlmsghdr *m = msg_close(&x);
	assert_true(nlread_link(m, &l));
	assert_string_equal(l.name, "red");
	assert_int_equal(l.vrf_table, 100);
	assert_int_equal(l.master, 3);
	assert_int_equal(l.flags, FIB_LINK_UP | FIB_LINK_CARRIER);
	vrf_link(&x, "vlan"); /* attribute 1 of another kind is no table */
	m = msg_close(&x);
	assert_true(nlread_link(m, &l));
	assert_int_equal(l.vrf_table, 0);
	m->nlmsg_type = RTM_DELLINK;
	assert_true(nlread_link(m, &l));
	assert_int_equal(l.flags, FIB_LINK_GONE);
	/* a port that leaves its bridge is told as DELLINK of that family */
	struct ifinfomsg f = {.ifi_family = AF_BRIDGE, .ifi_index = 7};
	msg_open(&x, RTM_DELLINK, 0, &f, sizeof(f));
	m = msg_close(&x);
	assert_false(nlread_link(m, &l));
}

static void addresses(void **state)
{
	(void)state;
	struct bytes x;
	struct fib_address a;
	struct ifaddrmsg f = {.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 4};
	char text[ADDR_TEXT_MAX];
	msg_open(&x, RTM_NEWADDR, 0, &f, sizeof(f));
	msg_attr(&x, IFA_ADDRESS, "\x0a\0\0\2", 4); /* the other end of a point-to-point link */
	msg_attr(&x, IFA_LOCAL, "\x0a\0\0\1", 4);
	msg_attr(&x, IFA_ADDRESS, "\x0a\0\0\2", 4);
	msg_attr(&x, IFA_FLAGS, &(uint32_t){IFA_F_TENTATIVE | IFA_F_PERMANENT}, 4);
	struct nlmsghdr *m = msg_close(&x);
	assert_true(nlread_address(m, &a));
	assert_string_equal(addr_text(a.addr, text), "10.0.0.1");
	assert_int_equal(a.flags, FIB_ADDRESS_TENTATIVE);
	assert_int_equal(a.len, 24);
	m->nlmsg_type = RTM_DELADDR;
	assert_true(nlread_address(m, &a));
	assert_int_equal(a.flags, FIB_ADDRESS_GONE);
	f.ifa_prefixlen = 33;
	msg_open(&x, RTM_NEWADDR, 0, &f, sizeof(f));
	msg_attr(&x, IFA_LOCAL, "\x0a\0\0\1", 4);
	m = msg_close(&x);
	assert_false(nlread_address(m, &a));
	f.ifa_prefixlen = 24;
	msg_open(&x, RTM_NEWADDR, 0, &f, sizeof(f));
	msg_attr(&x, IFA_LOCAL, "\x0a\0\0", 3);
	m = msg_close(&x);
	assert_false(nlread_address(m, &a));
}

static void neighbors(void **state)
{
	(void)state;
	static const uint8_t local[16] = {0xfe, 0x80, [15] = 2};
	static const struct {
		uint16_t state;
		bool reachable;
	} rows[] = {{NUD_REACHABLE, true}, {NUD_STALE, true}, {NUD_DELAY, true}, {NUD_PROBE, true},
		{NUD_PERMANENT, true}, {NUD_INCOMPLETE, false}, {NUD_FAILED, false},
		{NUD_NOARP, false}, {NUD_NONE, false}};
	struct bytes x;
	struct nlread_neighbor n;
	struct ndmsg f = {.ndm_family = AF_INET6, .ndm_ifindex = 4};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f.ndm_state = rows[i].state;
		f.ndm_flags = (uint8_t)(i % 2 ? NTF_ROUTER : 0);
		msg_open(&x, RTM_NEWNEIGH, 0, &f, sizeof(f));
		msg_attr(&x, NDA_LLADDR, "\2\0\0\0\0\1", 6);
		msg_attr(&x, NDA_DST, local, 16);
		assert_true(nlread_neighbor(msg_close(&x), &n));
		assert_int_equal(n.ifindex, 4);
		assert_true(addr_equal(n.addr, addr_from_bytes(ADDR_V6, local)));
		assert_int_equal(n.reachable, rows[i].reachable);
		assert_int_equal(n.router, i % 2);
	}
	msg_open(&x, RTM_NEWNEIGH, 0, &f, sizeof(f));
	msg_attr(&x, NDA_DST, local, 15);
	assert_false(nlread_neighbor(msg_close(&x), &n));
	msg_open(&x, RTM_NEWNEIGH, 0, &f, sizeof(f));
	assert_false(nlread_neighbor(msg_close(&x), &n));
	struct nl_msg *b = empty_message(1);
	assert_true(nlbuild_dump_neighbors(b));
	assert_int_equal(built(b)->nlmsg_type, RTM_GETNEIGH);
	nlmsg_free(b);
}

/* Reads with everything that reads; only that it stays inside is asked (ASan sees the rest). */
static void read_as(struct nlmsghdr *m, uint16_t type, uint16_t flags)
{
	struct nlread_error e;
	struct fib_link l;
	struct fib_address a;
	struct nlread_nexthop n;
	struct nlread_route t;
	struct nlread_neighbor neighbor;
	m->nlmsg_type = type;
	m->nlmsg_flags = flags;
	nlread_link(m, &l);
	nlread_address(m, &a);
	nlread_nexthop(m, &n);
	nlread_route(m, &t);
	nlread_neighbor(m, &neighbor);
	nlread_done(m);
	nlread_error(m, &e);
}

static void read_all(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct nlmsghdr *m = (void *)copy;
	memcpy(copy, bytes, len);
	for (int left = (int)len; nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
		read_as(m, RTM_NEWLINK, 0);
		read_as(m, RTM_DELADDR, 0);
		read_as(m, RTM_NEWNEIGH, 0);
		read_as(m, NLMSG_ERROR, NLM_F_ACK_TLVS);
		read_as(m, NLMSG_ERROR, NLM_F_ACK_TLVS | NLM_F_CAPPED);
	}
	free(copy);
}

/* Each cut, also with a header that knows of it, and each value of each byte. */
static void cut_and_bend(struct bytes *x)
{
	size_t len = wr_len(&x->w);
	for (size_t cut = 0; cut < len; cut++) {
		read_all(x->b, cut);
		uint32_t n = (uint32_t)cut;
		memcpy(x->b, &n, 4);
		read_all(x->b, cut);
		n = (uint32_t)len;
		memcpy(x->b, &n, 4);
	}
	for (size_t at = 0; at < len; at++)
		for (unsigned v = 0; v < 256; v++) {
			uint8_t was = x->b[at];
			x->b[at] = (uint8_t)v;
			read_all(x->b, len);
			x->b[at] = was;
		}
}

static void cut_and_bent(void **state)
{
	(void)state;
	struct bytes x;
	struct fib_link l;
	struct ifaddrmsg f = {.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 4};
	struct rtmsg r = {.rtm_family = AF_INET, .rtm_dst_len = 24};
	struct nlmsgerr e = {.error = -EINVAL, .msg = {.nlmsg_len = 16}};
	msg_open(&x, RTM_NEWADDR, 0, &f, sizeof(f));
	msg_attr(&x, IFA_LOCAL, "\x0a\0\0\1", 4);
	msg_attr(&x, IFA_ADDRESS, "\x0a\0\0\2", 4);
	msg_attr(&x, IFA_FLAGS, &(uint32_t){IFA_F_TENTATIVE}, 4);
	msg_close(&x);
	cut_and_bend(&x);
	msg_open(&x, RTM_NEWROUTE, 0, &r, sizeof(r));
	msg_attr(&x, RTA_DST, "\x0a\0\0\1", 4);
	msg_attr(&x, RTA_NH_ID, &(uint32_t){5}, 4);
	msg_close(&x);
	cut_and_bend(&x);
	msg_open(&x, NLMSG_ERROR, 0, &e, sizeof(e));
	msg_attr(&x, NLMSGERR_ATTR_MSG, "No route", 9);
	msg_close(&x);
	cut_and_bend(&x);
	vrf_link(&x, "vrf");
	msg_close(&x);
	cut_and_bend(&x);
	size_t len = wr_len(&x.w);
	assert_true(nlread_link(only_message(x.b, len), &l));
	/* an attribute that says it is longer than its message */
	uint16_t much = 60000;
	memcpy(x.b + 32, &much, 2);
	assert_false(nlread_link(only_message(x.b, len), &l));
	/* a message of length 0 would be read for ever */
	memset(x.b, 0, 4);
	assert_false(nlmsg_ok((void *)x.b, (int)len));
}

/* --- the view of the host --- */

static struct fib_link link_of(uint32_t ifindex, uint32_t flags)
{
	return (struct fib_link){.ifindex = ifindex, .flags = flags, .name = "x"};
}

static void view_tells_the_newest(void **state)
{
	(void)state;
	struct hostview v = {0};
	struct fib_link l = link_of(5, FIB_LINK_UP), out[4];
	struct fib_address a = {.ifindex = 5, .addr = addr_v4(1), .len = 24}, outa[4];
	hostview_link(&v, &l);
	l.flags = FIB_LINK_UP | FIB_LINK_CARRIER;
	hostview_link(&v, &l);
	l = link_of(2, FIB_LINK_UP);
	hostview_link(&v, &l);
	l = link_of(9, FIB_LINK_UP);
	hostview_link(&v, &l);
	l.flags = FIB_LINK_GONE;
	hostview_link(&v, &l); /* came and went unseen */
	assert_int_equal(hostview_dirty_links(&v, out, 4), 2);
	assert_int_equal(out[0].ifindex, 2);
	assert_int_equal(out[1].flags, FIB_LINK_UP | FIB_LINK_CARRIER);
	hostview_links_told(&v, 1);
	assert_int_equal(hostview_dirty_links(&v, out, 4), 1);
	assert_int_equal(out[0].ifindex, 5);
	hostview_links_told(&v, 1);
	hostview_link(&v, &out[0]); /* nothing new */
	assert_int_equal(hostview_dirty_links(&v, out, 4), 0);
	hostview_address(&v, &a);
	assert_int_equal(hostview_dirty_addresses(&v, outa, 4), 1);
	hostview_addresses_told(&v, 1);
	a.flags = FIB_ADDRESS_GONE;
	hostview_address(&v, &a);
	assert_int_equal(hostview_dirty_addresses(&v, outa, 4), 1);
	hostview_addresses_told(&v, 1);
	assert_int_equal(v.address_n, 0);
	hostview_free(&v);
}

static void view_finds_what_is_gone(void **state)
{
	(void)state;
	struct hostview v = {0};
	struct fib_link l, out[8];
	struct fib_address a = {.ifindex = 2, .addr = addr_v4(1), .len = 24}, outa[8];
	for (uint32_t i = 1; i <= 4; i++) {
		l = link_of(i, FIB_LINK_UP);
		hostview_link(&v, &l);
	}
	hostview_address(&v, &a);
	hostview_links_told(&v, 4);
	hostview_addresses_told(&v, 1);
	hostview_dump_begin(&v);
	l = link_of(1, FIB_LINK_UP);
	hostview_link(&v, &l);
	l = link_of(3, 0);
	hostview_link(&v, &l);
	hostview_dump_end(&v);
	assert_true(v.dirty);
	assert_int_equal(hostview_dirty_links(&v, out, 8), 3);
	assert_int_equal(out[0].ifindex, 2);
	assert_int_equal(out[0].flags, FIB_LINK_GONE);
	assert_int_equal(out[1].flags, 0);
	assert_int_equal(out[2].flags, FIB_LINK_GONE);
	assert_int_equal(hostview_dirty_addresses(&v, outa, 8), 1);
	assert_int_equal(outa[0].flags, FIB_ADDRESS_GONE);
	hostview_links_told(&v, 3);
	assert_int_equal(v.link_n, 2);
	assert_null(hostview_find_link(&v, 2));
	assert_non_null(hostview_find_link(&v, 3));
	hostview_free(&v);
}

static void tables_that_are_ours(void **state)
{
	(void)state;
	struct tables t = {0};
	struct fib_table m = {.table = 100, .present = 1};
	assert_false(tables_allowed(RT_TABLE_LOCAL));
	assert_false(tables_allowed(0));
	assert_true(tables_allowed(RT_TABLE_MAIN));
	assert_null(tables_find(&t, 100));
	tables_set(&t, &m);
	m.unreachable_default = 1;
	tables_set(&t, &m);
	assert_int_equal(t.n, 1);
	assert_int_equal(tables_find(&t, 100)->unreachable_default, 1);
	m.present = 0;
	tables_set(&t, &m);
	assert_null(tables_find(&t, 100));
	tables_set(&t, &m);
	assert_int_equal(t.n, 0);
	tables_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(route_there_and_back),
		cmocka_unit_test(objects_there_and_back),
		cmocka_unit_test(hops_there_and_back),
		cmocka_unit_test(odd_hops),
		cmocka_unit_test(message_that_does_not_fit),
		cmocka_unit_test(extended_ack),
		cmocka_unit_test(links),
		cmocka_unit_test(addresses),
		cmocka_unit_test(neighbors),
		cmocka_unit_test(cut_and_bent),
		cmocka_unit_test(view_tells_the_newest),
		cmocka_unit_test(view_finds_what_is_gone),
		cmocka_unit_test(tables_that_are_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
