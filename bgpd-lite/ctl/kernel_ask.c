#include "bgpd-lite/ctl/kernel_ask.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum {
	PATIENCE_S = 5,
	DATAGRAM_MAX = 64 * 1024,
	NEXTHOP_ID_FIRST = 1000000000, /* the defaults of [kernel] */
	NEXTHOP_ID_LAST = 1999999999,
};

struct nl_msg *kernel_question(int type, int flags, void *body, size_t len)
{
	struct nl_msg *q = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);

	if (q && nlmsg_append(q, body, len, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(q);
		return NULL;
	}
	return q;
}

/* A new message has room for a page. */
void kernel_question_add(struct nl_msg *q, int type, const void *value, size_t len)
{
	if (q)
		nla_put(q, type, (int)len, value);
}

static int read_datagram(int fd, bool dump, kernel_answer_fn *take, void *arg, bool *more)
{
	static _Alignas(8) uint8_t datagram[DATAGRAM_MAX];
	struct nlmsghdr *m = (void *)datagram;
	struct nlread_error error;
	ssize_t n = recv(fd, datagram, sizeof(datagram), 0);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int left = (int)n; nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
		if (m->nlmsg_type == NLMSG_ERROR)
			return nlread_error(m, &error) ? -error.error : -EPROTO;
		if (m->nlmsg_type == NLMSG_DONE) {
			*more = false;
			return -nlread_done(m);
		}
		if (!take(m, arg) || !dump) {
			*more = false;
			return 0;
		}
	}
	return 0;
}

static int ask_socket(struct nl_sock *s, struct nl_msg *q, kernel_answer_fn *take, void *arg)
{
	bool more = true, dump = (nlmsg_hdr(q)->nlmsg_flags & NLM_F_DUMP) != 0;
	struct timeval limit = {.tv_sec = PATIENCE_S};
	int one = 1, result = 0, fd;

	errno = 0;
	if (nl_connect(s, NETLINK_ROUTE) < 0)
		return errno ? -errno : -EPROTO;
	fd = nl_socket_get_fd(s);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	if (nl_send_auto(s, q) < 0)
		return errno ? -errno : -EPROTO;
	while (result == 0 && more)
		result = read_datagram(fd, dump, take, arg, &more);
	return result;
}

int kernel_ask(struct nl_msg *q, kernel_answer_fn *take, void *arg)
{
	struct nl_sock *s = nl_socket_alloc();
	int result = q && s ? ask_socket(s, q, take, arg) : -ENOMEM;

	nl_socket_free(s);
	nlmsg_free(q);
	return result;
}

static uint8_t family_of(enum addr_family f)
{
	return f == ADDR_V6 ? AF_INET6 : AF_INET;
}

/* ---- one route ---- */

static bool take_route(struct nlmsghdr *m, void *arg)
{
	struct nlread_route *out = arg;
	if (!nlread_route(m, out))
		*out = (struct nlread_route){0};
	return false;
}

int kernel_match(struct addr a, uint32_t oif, struct nlread_route *out)
{
	struct rtmsg body = {.rtm_family = family_of(a.family),
		.rtm_dst_len = (uint8_t)addr_bits(a.family),
		.rtm_flags = RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE};
	struct nl_msg *q = kernel_question(RTM_GETROUTE, 0, &body, sizeof(body));
	struct nlread_route found = {0};

	kernel_question_add(q, RTA_DST, a.b, addr_bits(a.family) / 8);
	if (oif)
		kernel_question_add(q, RTA_OIF, &oif, sizeof(oif));
	int result = kernel_ask(q, take_route, &found);
	if (result == 0 && found.prefix.addr.family == ADDR_NONE)
		result = -EPROTO;
	if (result == 0)
		*out = found;
	return result;
}

/* ---- all of one prefix ---- */

struct search {
	struct prefix prefix;
	uint32_t table;
	struct nlread_route *out;
	size_t n;
	size_t max;
};

/* IPv4 tables are told in the order of addresses. */
static bool take_of_prefix(struct nlmsghdr *m, void *arg)
{
	struct search *s = arg;
	struct nlread_route r;

	if (m->nlmsg_type != RTM_NEWROUTE || !nlread_route(m, &r) || r.table != s->table)
		return true;
	if (prefix_equal(r.prefix, s->prefix) && s->n < s->max)
		s->out[s->n++] = r;
	return r.prefix.addr.family == ADDR_V6 || addr_compare(r.prefix.addr, s->prefix.addr) <= 0;
}

int kernel_routes(const struct prefix *p, uint32_t table, struct nlread_route *out, size_t max)
{
	struct rtmsg body = {.rtm_family = family_of(p->addr.family)};
	struct nl_msg *q = kernel_question(RTM_GETROUTE, NLM_F_DUMP, &body, sizeof(body));
	struct search s = {.prefix = *p, .table = table, .out = out, .max = max};

	kernel_question_add(q, RTA_TABLE, &table, sizeof(table));
	int result = kernel_ask(q, take_of_prefix, &s);
	if (result == -ENOENT) /* there is no such table yet */
		result = 0;
	return result < 0 ? result : (int)s.n;
}

/* ---- nexthop objects ---- */

static bool take_nexthop(struct nlmsghdr *m, void *arg)
{
	struct nlread_nexthop *out = arg;
	if (!nlread_nexthop(m, out))
		*out = (struct nlread_nexthop){0};
	return false;
}

int kernel_nexthop(uint32_t id, struct nlread_nexthop *out)
{
	struct nhmsg body = {0};
	struct nl_msg *q = kernel_question(RTM_GETNEXTHOP, 0, &body, sizeof(body));
	static struct nlread_nexthop found;

	found = (struct nlread_nexthop){0};
	kernel_question_add(q, NHA_ID, &id, sizeof(id));
	int result = kernel_ask(q, take_nexthop, &found);
	if (result == 0 && found.id != id)
		result = -EPROTO;
	if (result == 0)
		*out = found;
	return result;
}

/* ---- how many ---- */

static bool take_count(struct nlmsghdr *m, void *arg)
{
	struct kernel_counts *c = arg;
	struct nlread_route r;
	size_t i = 0;

	if (m->nlmsg_type != RTM_NEWROUTE || !nlread_route(m, &r) || r.type != RTN_UNICAST)
		return true;
	c->routes++;
	c->foreign += r.nh_id < NEXTHOP_ID_FIRST || r.nh_id > NEXTHOP_ID_LAST;
	while (i < c->tables_n && c->tables[i] != r.table)
		i++;
	if (i == c->tables_n && i < c->tables_max)
		c->tables[c->tables_n++] = r.table;
	return true;
}

int kernel_count(uint8_t protocol, struct kernel_counts *c)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	int result = 0;

	for (size_t i = 0; i < 2 && result == 0; i++) {
		struct rtmsg body = {.rtm_family = families[i], .rtm_protocol = protocol};
		struct nl_msg *q = kernel_question(RTM_GETROUTE, NLM_F_DUMP, &body, sizeof(body));
		result = kernel_ask(q, take_count, c);
		if (result == -ENOENT)
			result = 0;
	}
	return result;
}

/* ---- words ---- */

const char *kernel_protocol_text(uint8_t protocol, char out[16])
{
	static const struct {
		uint8_t number;
		const char *name;
	} names[] = {{RTPROT_REDIRECT, "redirect"}, {RTPROT_KERNEL, "kernel"},
		{RTPROT_BOOT, "boot"}, {RTPROT_STATIC, "static"}, {RTPROT_RA, "ra"},
		{RTPROT_DHCP, "dhcp"}, {RTPROT_ZEBRA, "zebra"}, {RTPROT_BIRD, "bird"},
		{RTPROT_BGP, "bgp"}, {RTPROT_OSPF, "ospf"}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == protocol)
			return names[i].name;
	snprintf(out, 16, "%u", protocol);
	return out;
}

const char *kernel_type_text(uint8_t type)
{
	static const char *const names[] = {"unspec", "unicast", "local", "broadcast", "anycast",
		"multicast", "blackhole", "unreachable", "prohibit", "throw", "nat"};
	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}
