#include "rib/fib/nlmsg.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* A message with its header and its fixed part. Returns where it began. */
static size_t msg_begin(
	struct wr *w, uint16_t type, uint16_t flags, uint32_t seq, const void *fixed, size_t len)
{
	size_t at = wr_len(w);
	struct nlmsghdr h = {
		.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = seq};
	wr_bytes(w, &h, sizeof(h));
	wr_bytes(w, fixed, len);
	return at;
}

static void put_u32_at(struct wr *w, size_t at, uint32_t v)
{
	if (!w->err)
		memcpy(w->base + at, &v, sizeof(v));
}

static void msg_end(struct wr *w, size_t at)
{
	put_u32_at(w, at, (uint32_t)(wr_len(w) - at));
}

static void put_attr(struct wr *w, uint16_t type, const void *value, size_t len)
{
	static const uint8_t zero[4];
	struct rtattr a = {.rta_type = type, .rta_len = (uint16_t)(sizeof(a) + len)};
	wr_bytes(w, &a, sizeof(a));
	wr_bytes(w, value, len);
	wr_bytes(w, zero, (4 - len % 4) % 4);
}

static void put_attr_u32(struct wr *w, uint16_t type, uint32_t v)
{
	put_attr(w, type, &v, sizeof(v));
}

static void put_gateway(struct wr *w, uint32_t seq, const struct kop *op, uint8_t protocol)
{
	struct nhmsg m = {.nh_family = (uint8_t)addr_family_af(op->addr.family),
		.nh_protocol = protocol,
		.nh_flags = op->onlink ? RTNH_F_ONLINK : 0};
	size_t at = msg_begin(w, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL, seq, &m, sizeof(m));
	put_attr_u32(w, NHA_ID, op->id);
	put_attr_u32(w, NHA_OIF, op->ifindex);
	put_attr(w, NHA_GATEWAY, op->addr.b, addr_bytes(op->addr.family));
	msg_end(w, at);
}

static void put_group(
	struct wr *w, uint32_t seq, const struct kops *k, const struct kop *op, uint8_t protocol)
{
	uint16_t flags = NLM_F_REPLACE | (op->kind == KOP_GROUP_SET ? NLM_F_CREATE : 0);
	struct nhmsg m = {.nh_family = AF_UNSPEC, .nh_protocol = protocol};
	size_t len = op->member_n * sizeof(struct nexthop_grp);
	struct rtattr a = {.rta_type = NHA_GROUP, .rta_len = (uint16_t)(sizeof(a) + len)};
	size_t at = msg_begin(w, RTM_NEWNEXTHOP, flags, seq, &m, sizeof(m));
	put_attr_u32(w, NHA_ID, op->id);
	wr_bytes(w, &a, sizeof(a));
	for (size_t i = 0; i < op->member_n; i++) {
		struct nexthop_grp member = {.id = k->member[op->member_at + i]};
		wr_bytes(w, &member, sizeof(member));
	}
	msg_end(w, at);
}

void nlmsg_nexthop_del(struct wr *w, uint32_t seq, uint32_t id)
{
	struct nhmsg m = {.nh_family = AF_UNSPEC};
	size_t at = msg_begin(w, RTM_DELNEXTHOP, 0, seq, &m, sizeof(m));
	put_attr_u32(w, NHA_ID, id);
	msg_end(w, at);
}

void nlmsg_kop(struct wr *w, uint32_t seq, const struct kops *k, size_t i, uint8_t protocol)
{
	const struct kop *op = &k->op[i];
	switch (op->kind) {
	case KOP_GATEWAY_SET:
		put_gateway(w, seq, op, protocol);
		break;
	case KOP_GROUP_SET:
	case KOP_GROUP_REPLACE:
		put_group(w, seq, k, op, protocol);
		break;
	case KOP_GATEWAY_DEL:
	case KOP_GROUP_DEL:
		nlmsg_nexthop_del(w, seq, op->id);
		break;
	}
}

static void put_route(struct wr *w, uint32_t seq, uint16_t type, uint16_t flags,
	const struct nlmsg_route *r, uint8_t rtm_type)
{
	struct rtmsg m = {.rtm_family = (uint8_t)addr_family_af(r->prefix.addr.family),
		.rtm_dst_len = r->prefix.len,
		.rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC,
		.rtm_protocol = r->protocol,
		.rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE,
		.rtm_type = rtm_type};
	size_t at = msg_begin(w, type, flags, seq, &m, sizeof(m));
	put_attr(w, RTA_DST, r->prefix.addr.b, addr_bytes(r->prefix.addr.family));
	put_attr_u32(w, RTA_TABLE, r->table);
	if (r->metric)
		put_attr_u32(w, RTA_PRIORITY, r->metric);
	if (r->nh_id)
		put_attr_u32(w, RTA_NH_ID, r->nh_id);
	msg_end(w, at);
}

void nlmsg_route_set(struct wr *w, uint32_t seq, const struct nlmsg_route *r)
{
	put_route(w, seq, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r, RTN_UNICAST);
}

void nlmsg_route_del(struct wr *w, uint32_t seq, const struct nlmsg_route *r)
{
	put_route(w, seq, RTM_DELROUTE, 0, r, RTN_UNSPEC);
}

static struct nlmsg_route default_route(enum addr_family family, uint32_t table, uint8_t protocol)
{
	return (struct nlmsg_route){.table = table,
		.metric = NLMSG_DEFAULT_METRIC,
		.protocol = protocol,
		.prefix = {.addr = {.family = (uint8_t)family}}};
}

void nlmsg_default_set(
	struct wr *w, uint32_t seq, enum addr_family family, uint32_t table, uint8_t protocol)
{
	struct nlmsg_route r = default_route(family, table, protocol);
	put_route(w, seq, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r, RTN_UNREACHABLE);
}

void nlmsg_default_del(
	struct wr *w, uint32_t seq, enum addr_family family, uint32_t table, uint8_t protocol)
{
	struct nlmsg_route r = default_route(family, table, protocol);
	put_route(w, seq, RTM_DELROUTE, 0, &r, RTN_UNREACHABLE);
}

void nlmsg_dump_links(struct wr *w, uint32_t seq)
{
	struct ifinfomsg m = {.ifi_family = AF_UNSPEC};
	size_t at = msg_begin(w, RTM_GETLINK, NLM_F_DUMP, seq, &m, sizeof(m));
	put_attr_u32(w, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	msg_end(w, at);
}

void nlmsg_dump_addresses(struct wr *w, uint32_t seq)
{
	struct ifaddrmsg m = {.ifa_family = AF_UNSPEC};
	msg_end(w, msg_begin(w, RTM_GETADDR, NLM_F_DUMP, seq, &m, sizeof(m)));
}

void nlmsg_dump_nexthops(struct wr *w, uint32_t seq)
{
	struct nhmsg m = {.nh_family = AF_UNSPEC};
	msg_end(w, msg_begin(w, RTM_GETNEXTHOP, NLM_F_DUMP, seq, &m, sizeof(m)));
}

void nlmsg_dump_routes(
	struct wr *w, uint32_t seq, enum addr_family family, uint32_t table, uint8_t protocol)
{
	struct rtmsg m = {.rtm_family = (uint8_t)addr_family_af(family), .rtm_protocol = protocol};
	size_t at = msg_begin(w, RTM_GETROUTE, NLM_F_DUMP, seq, &m, sizeof(m));
	put_attr_u32(w, RTA_TABLE, table);
	msg_end(w, at);
}

static void put_rule(struct wr *w, uint32_t seq, uint16_t type, uint16_t flags,
	const struct fib_rule *r, uint8_t protocol)
{
	struct fib_rule_hdr m = {.family = (uint8_t)addr_family_af(r->family),
		.dst_len = r->to_len,
		.src_len = r->from_len,
		.table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC,
		.action = r->table ? FR_ACT_TO_TBL : FR_ACT_UNREACHABLE};
	size_t at = msg_begin(w, type, flags, seq, &m, sizeof(m));
	put_attr_u32(w, FRA_PRIORITY, r->priority);
	put_attr(w, FRA_PROTOCOL, &protocol, sizeof(protocol));
	if (r->table)
		put_attr_u32(w, FRA_TABLE, r->table);
	if (r->from_len)
		put_attr(w, FRA_SRC, r->from, addr_bytes(r->family));
	if (r->to_len)
		put_attr(w, FRA_DST, r->to, addr_bytes(r->family));
	if (r->mask) {
		put_attr_u32(w, FRA_FWMARK, r->mark);
		put_attr_u32(w, FRA_FWMASK, r->mask);
	}
	msg_end(w, at);
}

void nlmsg_rule_set(struct wr *w, uint32_t seq, const struct fib_rule *r, uint8_t protocol)
{
	put_rule(w, seq, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r, protocol);
}

void nlmsg_rule_del(struct wr *w, uint32_t seq, const struct fib_rule *r, uint8_t protocol)
{
	put_rule(w, seq, RTM_DELRULE, 0, r, protocol);
}

void nlmsg_dump_rules(struct wr *w, uint32_t seq, enum addr_family family)
{
	struct fib_rule_hdr m = {.family = (uint8_t)addr_family_af(family)};
	msg_end(w, msg_begin(w, RTM_GETRULE, NLM_F_DUMP, seq, &m, sizeof(m)));
}

void nlmsg_add_flags(struct wr *w, size_t at, uint16_t flags)
{
	struct nlmsghdr h;
	if (w->err)
		return;
	memcpy(&h, w->base + at, sizeof(h));
	h.nlmsg_flags |= flags;
	memcpy(w->base + at, &h, sizeof(h));
}
