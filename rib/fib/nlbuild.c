#include "rib/fib/nlbuild.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

void nlbuild_reset(struct nl_msg *m, uint32_t seq)
{
	*nlmsg_hdr(m) =
		(struct nlmsghdr){.nlmsg_len = (uint32_t)nlmsg_total_size(0), .nlmsg_seq = seq};
}

/* The header and the fixed part. */
static bool msg_begin(struct nl_msg *m, int type, int flags, void *fixed, size_t len)
{
	return nlmsg_put(m, 0, nlmsg_hdr(m)->nlmsg_seq, type, 0, NLM_F_REQUEST | flags) &&
	       nlmsg_append(m, fixed, len, NLMSG_ALIGNTO) == 0;
}

static bool put_u32(struct nl_msg *m, int type, uint32_t v)
{
	return nla_put_u32(m, type, v) == 0;
}

static bool put_addr(struct nl_msg *m, int type, const struct addr *a)
{
	return nla_put(m, type, (int)addr_bytes(a->family), a->b) == 0;
}

static bool put_gateway(struct nl_msg *m, const struct kop *op, uint8_t protocol)
{
	struct nhmsg f = {.nh_family = (uint8_t)addr_family_af(op->addr.family),
		.nh_protocol = protocol,
		.nh_flags = op->onlink ? RTNH_F_ONLINK : 0};
	return msg_begin(m, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL, &f, sizeof(f)) &&
	       put_u32(m, NHA_ID, op->id) && put_u32(m, NHA_OIF, op->ifindex) &&
	       put_addr(m, NHA_GATEWAY, &op->addr);
}

static bool put_members(struct nl_msg *m, const struct kop_member *from, size_t n)
{
	struct nlattr *a = nla_reserve(m, NHA_GROUP, (int)(n * sizeof(struct nexthop_grp)));
	struct nexthop_grp *member = a ? nla_data(a) : NULL;

	for (size_t i = 0; member && i < n; i++)
		member[i] = (struct nexthop_grp){
			.id = from[i].id, .weight = (uint8_t)(from[i].weight - 1)};
	return member;
}

static bool put_group(
	struct nl_msg *m, const struct kops *k, const struct kop *op, uint8_t protocol)
{
	int flags = op->kind == KOP_GROUP_SET ? NLM_F_CREATE | NLM_F_EXCL : NLM_F_REPLACE;
	struct nhmsg f = {.nh_family = AF_UNSPEC, .nh_protocol = protocol};
	return msg_begin(m, RTM_NEWNEXTHOP, flags, &f, sizeof(f)) && put_u32(m, NHA_ID, op->id) &&
	       put_members(m, k->member + op->member_at, op->member_n);
}

bool nlbuild_nexthop_del(struct nl_msg *m, uint32_t id)
{
	struct nhmsg f = {.nh_family = AF_UNSPEC};
	return msg_begin(m, RTM_DELNEXTHOP, 0, &f, sizeof(f)) && put_u32(m, NHA_ID, id);
}

bool nlbuild_kop(struct nl_msg *m, const struct kops *k, size_t i, uint8_t protocol)
{
	const struct kop *op = &k->op[i];
	switch (op->kind) {
	case KOP_GATEWAY_SET:
		return put_gateway(m, op, protocol);
	case KOP_GROUP_SET:
	case KOP_GROUP_REPLACE:
		return put_group(m, k, op, protocol);
	case KOP_GATEWAY_DEL:
	case KOP_GROUP_DEL:
		break;
	}
	return nlbuild_nexthop_del(m, op->id);
}

/* The gateway of a route of that family: of the other one as `via`. */
static bool put_via(struct nl_msg *m, enum addr_family family, const struct addr *a)
{
	uint8_t via[sizeof(struct rtvia) + 16];
	const struct rtvia head = {.rtvia_family = (uint16_t)addr_family_af(a->family)};
	size_t len = addr_bytes(a->family);

	if (a->family == family)
		return put_addr(m, RTA_GATEWAY, a);
	memcpy(via, &head, sizeof(head));
	memcpy(via + sizeof(head), a->b, len);
	return nla_put(m, RTA_VIA, (int)(sizeof(head) + len), via) == 0;
}

static bool put_hop(struct nl_msg *m, enum addr_family family, const struct hop *h)
{
	struct rtnexthop *nh = nlmsg_reserve(m, sizeof(*nh), NLMSG_ALIGNTO);
	size_t at = nh ? (size_t)((uint8_t *)nh - (uint8_t *)nlmsg_hdr(m)) : 0;

	if (!nh)
		return false;
	*nh = (struct rtnexthop){.rtnh_flags = h->onlink ? RTNH_F_ONLINK : 0,
		.rtnh_hops = (uint8_t)(h->weight - 1),
		.rtnh_ifindex = (int)h->ifindex};
	if (!put_via(m, family, &h->addr))
		return false;
	nh->rtnh_len = (uint16_t)(nlmsg_hdr(m)->nlmsg_len - at);
	return true;
}

static bool put_hops(struct nl_msg *m, enum addr_family family, const struct hop *h, size_t n)
{
	if (n == 1)
		return put_u32(m, RTA_OIF, h->ifindex) && put_via(m, family, &h->addr);
	struct nlattr *list = nla_nest_start(m, RTA_MULTIPATH);
	for (size_t i = 0; list && i < n; i++)
		if (!put_hop(m, family, &h[i]))
			return false;
	return list && nla_nest_end(m, list) == 0;
}

static bool put_route(
	struct nl_msg *m, int type, int flags, const struct nlbuild_route *r, uint8_t rtm_type)
{
	struct rtmsg f = {.rtm_family = (uint8_t)addr_family_af(r->prefix.addr.family),
		.rtm_dst_len = r->prefix.len,
		.rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC,
		.rtm_protocol = r->protocol,
		.rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE,
		.rtm_type = rtm_type,
		.rtm_flags = r->hop_n == 1 && r->hop->onlink ? RTNH_F_ONLINK : 0};
	return msg_begin(m, type, flags, &f, sizeof(f)) && put_addr(m, RTA_DST, &r->prefix.addr) &&
	       put_u32(m, RTA_TABLE, r->table) &&
	       (!r->metric || put_u32(m, RTA_PRIORITY, r->metric)) &&
	       (!r->nh_id || put_u32(m, RTA_NH_ID, r->nh_id)) &&
	       (!r->hop_n || put_hops(m, r->prefix.addr.family, r->hop, r->hop_n)) &&
	       (!r->source.family || put_addr(m, RTA_PREFSRC, &r->source));
}

bool nlbuild_route_set(struct nl_msg *m, const struct nlbuild_route *r)
{
	return put_route(m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r, RTN_UNICAST);
}

bool nlbuild_route_del(struct nl_msg *m, const struct nlbuild_route *r)
{
	return put_route(m, RTM_DELROUTE, 0, r, RTN_UNSPEC);
}

static struct nlbuild_route default_route(enum addr_family family, uint32_t table, uint8_t protocol)
{
	return (struct nlbuild_route){.table = table,
		.metric = NLBUILD_DEFAULT_METRIC,
		.protocol = protocol,
		.prefix = {.addr = {.family = (uint8_t)family}}};
}

bool nlbuild_default_set(
	struct nl_msg *m, enum addr_family family, uint32_t table, uint8_t protocol)
{
	struct nlbuild_route r = default_route(family, table, protocol);
	return put_route(m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r, RTN_UNREACHABLE);
}

bool nlbuild_default_del(
	struct nl_msg *m, enum addr_family family, uint32_t table, uint8_t protocol)
{
	struct nlbuild_route r = default_route(family, table, protocol);
	return put_route(m, RTM_DELROUTE, 0, &r, RTN_UNREACHABLE);
}

bool nlbuild_dump_links(struct nl_msg *m)
{
	struct ifinfomsg f = {.ifi_family = AF_UNSPEC};
	return msg_begin(m, RTM_GETLINK, NLM_F_DUMP, &f, sizeof(f)) &&
	       put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

bool nlbuild_dump_addresses(struct nl_msg *m)
{
	struct ifaddrmsg f = {.ifa_family = AF_UNSPEC};
	return msg_begin(m, RTM_GETADDR, NLM_F_DUMP, &f, sizeof(f));
}

bool nlbuild_dump_nexthops(struct nl_msg *m)
{
	struct nhmsg f = {.nh_family = AF_UNSPEC};
	return msg_begin(m, RTM_GETNEXTHOP, NLM_F_DUMP, &f, sizeof(f));
}

bool nlbuild_dump_routes(
	struct nl_msg *m, enum addr_family family, uint32_t table, uint8_t protocol)
{
	struct rtmsg f = {.rtm_family = (uint8_t)addr_family_af(family), .rtm_protocol = protocol};
	return msg_begin(m, RTM_GETROUTE, NLM_F_DUMP, &f, sizeof(f)) &&
	       put_u32(m, RTA_TABLE, table);
}

static bool put_rule(
	struct nl_msg *m, int type, int flags, const struct fib_rule *r, uint8_t protocol)
{
	struct fib_rule_hdr f = {.family = (uint8_t)addr_family_af(r->family),
		.dst_len = r->to_len,
		.src_len = r->from_len,
		.table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC,
		.action = r->table ? FR_ACT_TO_TBL : FR_ACT_UNREACHABLE};
	int len = (int)addr_bytes(r->family);
	return msg_begin(m, type, flags, &f, sizeof(f)) && put_u32(m, FRA_PRIORITY, r->priority) &&
	       nla_put_u8(m, FRA_PROTOCOL, protocol) == 0 &&
	       (!r->table || put_u32(m, FRA_TABLE, r->table)) &&
	       (!r->from_len || nla_put(m, FRA_SRC, len, r->from) == 0) &&
	       (!r->to_len || nla_put(m, FRA_DST, len, r->to) == 0) &&
	       (!r->mask || (put_u32(m, FRA_FWMARK, r->mark) && put_u32(m, FRA_FWMASK, r->mask)));
}

bool nlbuild_rule_set(struct nl_msg *m, const struct fib_rule *r, uint8_t protocol)
{
	return put_rule(m, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r, protocol);
}

bool nlbuild_rule_del(struct nl_msg *m, const struct fib_rule *r, uint8_t protocol)
{
	return put_rule(m, RTM_DELRULE, 0, r, protocol);
}

bool nlbuild_dump_rules(struct nl_msg *m, enum addr_family family)
{
	struct fib_rule_hdr f = {.family = (uint8_t)addr_family_af(family)};
	return msg_begin(m, RTM_GETRULE, NLM_F_DUMP, &f, sizeof(f));
}

bool nlbuild_dump_neighbors(struct nl_msg *m)
{
	struct ndmsg f = {.ndm_family = AF_INET6};
	return msg_begin(m, RTM_GETNEIGH, NLM_F_DUMP, &f, sizeof(f));
}

bool nlbuild_route_get(struct nl_msg *m, struct addr dst, uint32_t vrf_ifindex, bool matched)
{
	enum addr_family family = (enum addr_family)dst.family;
	struct rtmsg f = {.rtm_family = (uint8_t)addr_family_af(family),
		.rtm_dst_len = (uint8_t)addr_bits(family),
		.rtm_flags = matched ? RTM_F_FIB_MATCH : 0};
	return msg_begin(m, RTM_GETROUTE, NLM_F_ACK, &f, sizeof(f)) &&
	       nla_put(m, RTA_DST, (int)addr_bytes(family), dst.b) == 0 &&
	       (!vrf_ifindex || put_u32(m, RTA_OIF, vrf_ifindex));
}

static bool put_neighbor(struct nl_msg *m, int type, int flags, struct ndmsg f, struct addr a)
{
	return msg_begin(m, type, flags, &f, sizeof(f)) &&
	       nla_put(m, NDA_DST, (int)addr_bytes((enum addr_family)a.family), a.b) == 0;
}

bool nlbuild_neighbor_get(struct nl_msg *m, uint32_t ifindex, struct addr a)
{
	struct ndmsg f = {.ndm_family = (uint8_t)addr_family_af((enum addr_family)a.family),
		.ndm_ifindex = (int)ifindex};
	return put_neighbor(m, RTM_GETNEIGH, NLM_F_ACK, f, a);
}

bool nlbuild_neighbor_probe(struct nl_msg *m, uint32_t ifindex, struct addr a, bool known)
{
	struct ndmsg f = {.ndm_family = (uint8_t)addr_family_af((enum addr_family)a.family),
		.ndm_ifindex = (int)ifindex,
		.ndm_state = known ? NUD_PROBE : NUD_NONE,
		.ndm_flags = known ? 0 : NTF_USE};
	return put_neighbor(m, RTM_NEWNEIGH, known ? 0 : NLM_F_CREATE, f, a);
}
